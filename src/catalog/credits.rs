//! What credits a catalog sells, and at which prices tokens use them up.

use super::Catalog;
use crate::id::{ModelId, QuantityId};
use crate::units::Price;
use crate::word::Every;

/// The terms of a credit plan as a catalog states them (CRD-02, CRD-08, CRD-11).
///
/// What a host needs to subscribe an account of the [ledger](crate::usage) to it; the ledger itself knows no
/// catalog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CreditPlan {
    /// How often credits are issued.
    pub every: Every,
    /// Whole credits issued each period.
    pub credits: Option<u64>,
    /// Whole credits issued each period for each seat, in their place.
    pub per_seat: Option<u64>,
    /// In which steps additional credits are sold; none where they are not.
    pub increment: Option<u64>,
    /// Where consumption pauses, in percent of what was issued; at 100 where nothing is stated.
    pub ceiling_percent: Option<u64>,
    /// Only builders that the customer names may use these credits.
    pub builders_only: bool,
    /// Consumption is counted and never stopped.
    pub unlimited: bool,
    /// Its credits may be used beside those of another plan.
    pub stacks: bool,
}

impl Catalog {
    /// What a token of this pool costs on this model; `None` where the catalog has no price, which denies a run
    /// (CRD-12).
    ///
    /// ```
    /// use tollkeeper::{catalog::Catalog, id::{ModelId, QuantityId}};
    ///
    /// let catalog = Catalog::builtin();
    /// let model: ModelId = catalog.find("anthropic_medium").unwrap_or(ModelId::UNKNOWN);
    /// let output: QuantityId = catalog.find("output").unwrap_or(QuantityId::UNKNOWN);
    /// assert_eq!(catalog.price(model, output).map(|price| price.to_string()).as_deref(), Some("0.15"));
    /// assert_eq!(catalog.price(ModelId::UNKNOWN, output), None);
    /// ```
    pub fn price(&self, model: ModelId, quantity: QuantityId) -> Option<Price> {
        self.name(model)?;
        self.name(quantity)?;
        let row = self.model().models.get(model.position())?;
        row.price.iter().find(|(priced, _)| *priced == quantity.position()).map(|(_, price)| *price)
    }
}

//! Seats: whether add-ons that must have as many as the plan do, and what an increase is invoiced as.
//!
//! A matter of invoices only: nothing here changes who may do what (TRM-01).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Engine;
use crate::catalog::model::AddOn;
use crate::domain::product as product_number;

/// An add-on whose seats are not as many as the plan's.
///
/// `Display` says it in one line, with both figures and what an increase means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeatMismatch {
    /// The plan.
    pub plan: String,
    /// Its seats, if the domain states them.
    pub plan_seats: Option<u64>,
    /// The add-on.
    pub add_on: String,
    /// Its seats, if the domain states them.
    pub add_on_seats: Option<u64>,
    /// Whether both stand on one line of the invoice, that of the plan (TRM-02).
    pub billed_with_plan: bool,
}

impl fmt::Display for SeatMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure =
            |seats: Option<u64>| seats.map_or("no stated number of".to_owned(), |seats| seats.to_string());
        let invoice = match self.billed_with_plan {
            true => "invoiced for both on the line of the plan",
            false => "invoiced on the line of the plan and on that of the add-on",
        };
        write!(
            f,
            "add-on `{}` has {} seats and plan `{}` has {}; they must be equal, and an increase is {invoice}",
            self.add_on,
            figure(self.add_on_seats),
            self.plan,
            figure(self.plan_seats),
        )
    }
}

/// What more seats of the plan mean for one product of the subscription.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeatIncrease {
    /// The plan, or an add-on that must have as many seats.
    pub product: String,
    /// Its seats now, if the domain states them.
    pub from: Option<u64>,
    /// Its seats afterwards.
    pub to: u64,
    /// How many more are invoiced.
    pub more: u64,
    /// The line of the invoice that they stand on: the product's own or the plan's.
    pub line: String,
}

impl Engine {
    /// Every add-on that was bought, must have as many seats as the plan, and has not, in the order of names.
    /// Changes nothing about access (TRM-01, TRM-02).
    ///
    /// An add-on that the plan includes has no seats of its own. Where neither count is stated there is nothing
    /// to compare; where one is, the other is missing and that is reported.
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, domain::Domain, engine::Engine};
    /// let domain = Domain::parse("
    ///     [domain]
    ///     id = 'acme'
    ///     kind = 'organization'
    ///     plan = 'enterprise'
    ///     add_ons = ['key_management']
    ///     [holders]
    ///     super_admin = 1
    ///     [seats]
    ///     enterprise = 110
    ///     key_management = 100
    /// ")?;
    /// let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let mismatches = engine.seat_mismatches();
    /// assert_eq!(
    ///     mismatches.first().map(ToString::to_string).as_deref(),
    ///     Some("add-on `key_management` has 100 seats and plan `enterprise` has 110; they must be equal, and an \
    ///           increase is invoiced for both on the line of the plan")
    /// );
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn seat_mismatches(&self) -> Vec<SeatMismatch> {
        let plan = self.plan_name();
        let plan_seats = self.seats(plan);
        let paired = self.add_ons_with_the_plans_seats().map(|(add_on, row)| SeatMismatch {
            plan: plan.to_owned(),
            plan_seats,
            add_on: add_on.to_owned(),
            add_on_seats: self.seats(add_on),
            billed_with_plan: row.billed_with_plan,
        });
        paired.filter(|pair| pair.plan_seats != pair.add_on_seats).collect()
    }

    /// What it means to raise the seats of the plan to so many: the plan first, then each add-on that must have
    /// as many. Fewer seats are invoiced as nothing; no count goes down by itself (TRM-01, TRM-02).
    pub fn seat_increases(&self, to: u64) -> Vec<SeatIncrease> {
        let plan = self.plan_name();
        let increase = |product: &str, line: &str| {
            let from = self.seats(product);
            let more = to.saturating_sub(from.unwrap_or(0));
            SeatIncrease { product: product.to_owned(), from, to, more, line: line.to_owned() }
        };
        let add_ons = self
            .add_ons_with_the_plans_seats()
            .map(|(add_on, row)| increase(add_on, if row.billed_with_plan { plan } else { add_on }));
        std::iter::once(increase(plan, plan)).chain(add_ons).collect()
    }

    pub(crate) fn plan_name(&self) -> &str {
        self.catalog.model().plans.name(self.resolved.plan)
    }

    fn seats(&self, product: &str) -> Option<u64> {
        self.resolved.seats(product_number(self.catalog.model(), product)?)
    }

    /// Add-ons in force that were bought, not included, and must have as many seats as the plan.
    fn add_ons_with_the_plans_seats(&self) -> impl Iterator<Item = (&str, &AddOn)> {
        let rows = self.catalog.model().add_ons.iter().filter(|(add_on, _, row)| {
            let included = row.included_in.contains(self.resolved.plan);
            row.matches_plan && !included && self.state().has_add_on(*add_on) && self.resolved.bought(*add_on)
        });
        rows.map(|(_, name, row)| (name, row))
    }
}

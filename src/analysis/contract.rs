//! What contract and directory state that does not fit, and no decision depends on.

use serde::{Deserialize, Serialize};

use crate::engine::Engine;

/// What a note on the contract is about; the spellings are public contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ContractCode {
    /// An add-on is stated that the plan does not offer, and no gate asks for it.
    AddOnMuted,
    /// An add-on must have as many seats as the plan, and has not (TRM-01).
    SeatsDiffer,
    /// Seats are stated of a plan or an add-on that the domain does not have.
    SeatsMuted,
    /// A region is stated, but no add-on that gives the domain one of its own is in force.
    RegionMuted,
    /// A limit is stated that nothing asks, as a credit plan without limit is in force (CRD-11).
    LimitMuted,
}

impl ContractCode {
    /// Every code.
    pub const ALL: [Self; 5] =
        [Self::AddOnMuted, Self::SeatsDiffer, Self::SeatsMuted, Self::RegionMuted, Self::LimitMuted];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddOnMuted => "add-on-muted",
            Self::SeatsDiffer => "seats-differ",
            Self::SeatsMuted => "seats-muted",
            Self::RegionMuted => "region-muted",
            Self::LimitMuted => "limit-muted",
        }
    }
}

/// Something that contract and directory state of a domain and that does not fit. No decision depends on it, so no
/// evaluation could show it, as one shows every [`Finding`](super::Finding).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContractNote {
    /// What kind of note it is.
    pub code: ContractCode,
    /// What was found, in one line.
    pub message: String,
}

impl Engine {
    /// What of contract and directory does not fit together and changes no decision: seats that are not as many as the
    /// plan's, and whatever is stated without effect.
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, engine::Engine};
    /// let engine = Engine::parse(&Catalog::builtin(), "
    ///     domain = { id = 'acme', kind = 'workspace', plan = 'starter' }
    ///     residency = { region = 'eu' }
    /// ")?;
    /// let notes: Vec<String> = engine.lint_contract().into_iter().map(|note| note.message).collect();
    /// assert_eq!(notes, ["region `eu` is stated, but no add-on is in force that gives the domain its own"]);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn lint_contract(&self) -> Vec<ContractNote> {
        let domain = self.domain();
        let plan = domain.plan();
        let note = |code, message| ContractNote { code, message };
        let unshown = self.add_ons_not_offered().into_iter().filter(|(_, shown)| shown.is_none());
        let not_offered =
            unshown.map(|(add_on, _)| note(ContractCode::AddOnMuted, not_offered(&add_on, plan)));
        let differ = self.seat_mismatches().into_iter();
        let differ = differ.map(|one| note(ContractCode::SeatsDiffer, one.to_string()));
        let has = |product: &str| product == plan || self.add_ons().any(|add_on| add_on == product);
        let muted = domain.seats().filter(|(product, _)| !has(product)).map(|(product, count)| {
            let message = format!("{count} seats of `{product}` are stated, which the domain does not have");
            note(ContractCode::SeatsMuted, message)
        });
        let region = domain.region().filter(|_| !self.has_residency()).map(|region| {
            let message = format!(
                "region `{region}` is stated, but no add-on is in force that gives the domain its own"
            );
            note(ContractCode::RegionMuted, message)
        });
        let limits = domain.limits().filter_map(|limit| {
            let sold = self.unlimited_by(limit)?;
            let message = format!("limit `{limit}` is stated, but credit plan `{sold}` is without limit");
            Some(note(ContractCode::LimitMuted, message))
        });
        not_offered.chain(differ).chain(muted).chain(region).chain(limits).collect()
    }
}

/// What is said of an add-on that the plan does not offer.
pub(super) fn not_offered(add_on: &str, plan: &str) -> String {
    format!("add-on `{add_on}` is stated, but plan `{plan}` does not offer it")
}

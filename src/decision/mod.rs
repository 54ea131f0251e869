//! Decisions: allow or deny, why, and what the caller must do.
//!
//! A decision speaks ids only; an engine gives it names ([`Engine::record`](crate::engine::Engine::record)).

mod because;
mod reason;
mod verdict;

use std::fmt;

pub use because::Because;
pub use because::Parameter;
pub use reason::{Gate, Reason};
use serde::{Deserialize, Serialize};
pub(crate) use verdict::Verdict;

use crate::id::{DataId, FactId, FallbackId, IdSet, ObligationId, ProviderId, Tag};

/// Allow or deny: what a decision comes down to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "there is no third effect: what is not allowed is denied")]
pub enum Effect {
    /// The request may go ahead, with the obligations that come with it.
    Allow,
    /// It may not.
    Deny,
}

/// The answer to a request.
///
/// `Copy` and at most 64 bytes, so that it can be made and handed on without cost. The effect is derived from
/// the reason; the two cannot disagree. An allow may come with [obligations](Self::obligations): an allow whose
/// obligations the caller does not know is not an allow, which [`knowing`](Self::knowing) turns into code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a decision that nobody looks at allows everything"]
pub struct Decision {
    tag: Tag,
    obligations: u64,
    providers: u64,
    data: u64,
    facts: u64,
    charge: u64,
    because: Because,
    fallback: u16,
    reason: Reason,
}

/// No fallback.
const NONE: u16 = u16::MAX;

impl Decision {
    pub(crate) const fn new(tag: Tag, reason: Reason, because: Because) -> Self {
        let fallback = NONE;
        Self { tag, obligations: 0, providers: 0, data: 0, facts: 0, charge: 0, because, fallback, reason }
    }

    /// What a failing gate comes to.
    pub(crate) const fn of(tag: Tag, verdict: Verdict) -> Self {
        Self::new(tag, verdict.reason(), verdict.because()).with_facts(verdict.fact_bits())
    }

    pub(crate) const fn with_obligations(self, obligations: u64) -> Self {
        Self { obligations: self.obligations | obligations, ..self }
    }

    pub(crate) const fn with_processing(self, providers: u64, data: u64) -> Self {
        Self { providers, data, ..self }
    }

    pub(crate) const fn with_facts(self, facts: u64) -> Self {
        Self { facts, ..self }
    }

    pub(crate) const fn with_charge(self, charge: u64) -> Self {
        Self { charge, ..self }
    }

    pub(crate) fn with_fallback(self, fallback: Option<u16>) -> Self {
        Self { fallback: fallback.unwrap_or(NONE), ..self }
    }

    pub(crate) const fn obligation_bits(&self) -> u64 {
        self.obligations
    }

    pub(crate) const fn provider_bits(&self) -> u64 {
        self.providers
    }

    pub(crate) const fn data_bits(&self) -> u64 {
        self.data
    }

    pub(crate) const fn fact_bits(&self) -> u64 {
        self.facts
    }

    /// Allow or deny.
    pub const fn effect(&self) -> Effect {
        self.reason.effect()
    }

    /// Whether the request may go ahead, with its obligations.
    pub const fn is_allow(&self) -> bool {
        matches!(self.effect(), Effect::Allow)
    }

    /// Whether the request may not go ahead.
    pub const fn is_deny(&self) -> bool {
        !self.is_allow()
    }

    /// Why, as a stable code.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What the reason is about: role, setting, provider and so on, by position in the catalog.
    pub const fn because(&self) -> Because {
        self.because
    }

    /// What the caller must do when it acts on the allow; empty for a deny.
    pub const fn obligations(&self) -> IdSet<ObligationId> {
        IdSet::new(self.tag, self.obligations)
    }

    /// Who gets data when the feature runs, so that each processing step can be logged and shown (AI-17).
    pub const fn providers(&self) -> IdSet<ProviderId> {
        IdSet::new(self.tag, self.providers)
    }

    /// The classes of data that the feature uses (AI-17).
    pub const fn data(&self) -> IdSet<DataId> {
        IdSet::new(self.tag, self.data)
    }

    /// The facts that a `fact-false` or a `missing-fact` is about.
    pub const fn facts(&self) -> IdSet<FactId> {
        IdSet::new(self.tag, self.facts)
    }

    /// What to serve in the place of the denied feature, if there is something (AI-08).
    pub fn fallback(&self) -> Option<FallbackId> {
        (self.fallback != NONE).then(|| FallbackId::new(self.tag, self.fallback))
    }

    /// What an allowed run of a metered feature charges, in the unit of its meter: outputs, or for a priced
    /// meter micro-credits (an estimate, CRD-05). Nothing is charged here; a ledger does that.
    pub const fn charge(&self) -> u64 {
        self.charge
    }

    /// This decision for a caller that knows these obligations: an allow with another one becomes a deny with
    /// `unknown-obligation`.
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, domain::Domain, engine::Engine, decision::Reason};
    /// # use tollkeeper::{id::{FeatureId, IdSet}, request::{Request, Subject}};
    /// # let catalog = Catalog::builtin();
    /// # let text = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'";
    /// # let engine = Engine::compile(&catalog, &Domain::parse(text)?)?;
    /// let editor: FeatureId = catalog.find("smart_editor").unwrap_or(FeatureId::UNKNOWN);
    /// let decision = engine.evaluate(&Request::new(Subject::nobody(), editor));
    /// assert!(decision.is_allow());
    ///
    /// // A caller that would ignore "never present the output as made by a person" must not run the feature.
    /// let careless = decision.knowing(IdSet::empty());
    /// assert_eq!(careless.reason(), Reason::UnknownObligation);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn knowing(self, known: IdSet<ObligationId>) -> Self {
        if self.obligations().is_subset_of(known) {
            return self;
        }
        Self::new(self.tag, Reason::UnknownObligation, Because::NOTHING)
    }

    /// The decision for use with `?`: `Ok` carries the allow with its obligations, `Err` the deny.
    ///
    /// # Errors
    /// [`Denied`], if the decision is a deny.
    pub const fn into_result(self) -> Result<Self, Denied> {
        if self.is_allow() { Ok(self) } else { Err(Denied(self)) }
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decision({:?}: {}", self.effect(), self.reason)?;
        self.because.iter().try_for_each(|(parameter, at)| write!(f, ", {parameter} {at}"))?;
        for (word, bits) in [
            ("facts", self.facts),
            ("obligations", self.obligations),
            ("providers", self.providers),
            ("data", self.data),
        ] {
            if bits != 0 {
                write!(f, ", {word} {bits:#b}")?;
            }
        }
        f.write_str(")")
    }
}

/// A request was denied; the decision says why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("denied: {}", .0.reason())]
#[expect(clippy::exhaustive_structs, reason = "it is the decision, as an error")]
pub struct Denied(pub Decision);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_small() {
        assert!(std::mem::size_of::<Decision>() <= 64, "{}", std::mem::size_of::<Decision>());
    }
}

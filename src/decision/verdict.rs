//! What one gate says no with.

use super::{Because, Reason};

/// Why a gate fails: all that a [`Decision`](super::Decision) needs to deny, in a third of its size.
///
/// Gates hand it through; the decision is built once, when it is known which gate decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Verdict {
    facts: u64,
    because: Because,
    reason: Reason,
}

impl Verdict {
    pub(crate) const fn new(reason: Reason, because: Because) -> Self {
        Self { facts: 0, because, reason }
    }

    /// The same about these facts.
    pub(crate) const fn with_facts(self, facts: u64) -> Self {
        Self { facts, ..self }
    }

    pub(crate) const fn reason(&self) -> Reason {
        self.reason
    }

    pub(crate) const fn because(&self) -> Because {
        self.because
    }

    pub(crate) const fn fact_bits(&self) -> u64 {
        self.facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_small() {
        assert!(std::mem::size_of::<Verdict>() <= 24, "{}", std::mem::size_of::<Verdict>());
        assert!(std::mem::size_of::<Result<Because, Verdict>>() <= 24);
    }
}

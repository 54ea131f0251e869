//! Who watches an evaluation.

use crate::decision::{Because, Gate, Verdict};

/// What one gate came to: passed, with what decided it, or failed, with the reason.
pub(super) type Outcome = Result<Because, Verdict>;

/// Watches an evaluation gate by gate.
pub(super) trait Observer {
    /// Whether every gate is to be asked, even behind one that failed.
    const WATCHES: bool;

    /// From here on, the gates of this permission, held by this role; of neither: those of the whole request.
    fn alternative(&mut self, permission: Option<u16>, role: Option<u16>);

    /// One gate, asked.
    fn gate(&mut self, gate: Gate, outcome: Outcome);

    /// A gate at which nothing is asked.
    fn open(&mut self, gate: Gate);

    /// Whatever was watched is overruled: facts that are not stated could decide otherwise.
    fn undecided(&mut self, verdict: Verdict);

    /// No fact could decide otherwise after all: a later gate denies whatever it is.
    fn settled(&mut self);
}

/// Nobody watches: the evaluation stops at the first gate that fails.
pub(super) struct Nobody;

impl Observer for Nobody {
    const WATCHES: bool = false;

    fn alternative(&mut self, _: Option<u16>, _: Option<u16>) {}
    fn gate(&mut self, _: Gate, _: Outcome) {}
    fn open(&mut self, _: Gate) {}
    fn undecided(&mut self, _: Verdict) {}
    fn settled(&mut self) {}
}

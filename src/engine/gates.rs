//! A conjunction of gates: asked in order, the first that fails decides.

#![expect(
    clippy::inline_always,
    reason = "who does not watch pays for no more than the comparison that a gate is"
)]

use super::evaluate::Evaluation;
use super::observer::{Observer, Outcome};
use crate::catalog::model::Condition;
use crate::catalog::tables::WALK;
use crate::decision::{Because, Gate, Verdict};
use crate::domain::State;

/// Goes on with `?` until a gate fails.
pub(super) type Asked = Result<(), Verdict>;

/// The gates that depend on catalog and domain alone.
const STATIC: [Gate; 4] = [Gate::Plan, Gate::Kind, Gate::Compliance, Gate::Setting];

impl Condition {
    /// The gate that this condition belongs to.
    pub(super) const fn gate(&self) -> Gate {
        match self {
            Self::Plans(_) | Self::AddOns(_) => Gate::Plan,
            Self::Kinds(_) => Gate::Kind,
            Self::Providers(_) | Self::Service(_) | Self::Data(_) => Gate::Compliance,
            Self::Settings(_) => Gate::Setting,
        }
    }
}

/// The gates of one conjunction, asked one after the other.
pub(super) struct Gates<'o, O> {
    pub(super) observer: &'o mut O,
    failed: Option<Verdict>,
}

impl<'o, O: Observer> Gates<'o, O> {
    pub(super) fn new(observer: &'o mut O) -> Self {
        Self { observer, failed: None }
    }

    /// Asks one gate. Breaks if it fails, unless somebody watches: then all gates are asked.
    #[inline(always)]
    pub(super) fn ask(&mut self, gate: Gate, outcome: Outcome) -> Asked {
        match outcome {
            Ok(because) => {
                self.pass(gate, || because);
                Ok(())
            }
            Err(verdict) => self.fail(gate, verdict),
        }
    }

    /// A gate that passes; by what is worked out only if somebody watches.
    #[inline(always)]
    pub(super) fn pass(&mut self, gate: Gate, because: impl FnOnce() -> Because) {
        if O::WATCHES {
            self.observer.gate(gate, Ok(because()));
        }
    }

    /// A gate that fails.
    #[inline(always)]
    pub(super) fn fail(&mut self, gate: Gate, verdict: Verdict) -> Asked {
        if !O::WATCHES {
            return Err(verdict);
        }
        self.observer.gate(gate, Err(verdict));
        self.failed.get_or_insert(verdict);
        Ok(())
    }

    /// Why the first gate failed that did: the one that broke off, or that was noted while watching went on.
    #[inline(always)]
    pub(super) fn conclude(&self, asked: Asked) -> Asked {
        asked?;
        match self.failed {
            Some(verdict) if O::WATCHES => Err(verdict),
            _ => Ok(()),
        }
    }

    /// Asks conditions that were not folded.
    pub(super) fn ask_all<'c>(
        &mut self,
        state: State<'_>,
        conditions: impl IntoIterator<Item = &'c Condition>,
    ) -> Asked {
        conditions.into_iter().try_for_each(|condition| self.ask_one(state, condition))
    }

    /// Asks a condition that was not folded. What it holds by is looked up only if somebody watches.
    pub(super) fn ask_one(&mut self, state: State<'_>, condition: &Condition) -> Asked {
        match condition.holds(&state) {
            true => {
                self.pass(condition.gate(), || state.held_by(condition));
                Ok(())
            }
            false => self.fail(condition.gate(), state.failure(condition)),
        }
    }

    /// Asks the static conditions of a permission or feature that belong to some of the gates. Folded, unless
    /// somebody watches or asks what would be after a change.
    #[inline(always)]
    pub(super) fn ask_static(
        &mut self,
        evaluation: Evaluation<'_>,
        guard: usize,
        conditions: &[Condition],
        asked: (Gate, Gate),
    ) -> Asked {
        if O::WATCHES {
            return self.watch_static(evaluation.state(), conditions, asked);
        }
        let state = evaluation.state();
        let folded = match state.folded(guard) {
            0 => return Ok(()),
            WALK => None,
            number => conditions.get(usize::from(number).saturating_sub(1)),
        };
        let failing = folded.or_else(|| first_failing(evaluation, conditions));
        // Conditions stand in the order of their gates: behind those in question, all of these hold; before them, it
        // was asked before.
        match failing.filter(|condition| (asked.0..=asked.1).contains(&condition.gate())) {
            Some(condition) => Err(state.failure(condition)),
            None => Ok(()),
        }
    }

    fn watch_static(&mut self, state: State<'_>, conditions: &[Condition], asked: (Gate, Gate)) -> Asked {
        for gate in STATIC.into_iter().filter(|gate| asked.0 <= *gate && *gate <= asked.1) {
            let own = || conditions.iter().filter(|condition| condition.gate() == gate);
            if own().next().is_none() {
                self.observer.open(gate);
            }
            self.ask_all(state, own())?;
        }
        Ok(())
    }
}

/// The first condition that fails, where that is not folded.
#[inline(never)]
fn first_failing<'c>(evaluation: Evaluation<'_>, conditions: &'c [Condition]) -> Option<&'c Condition> {
    evaluation.state().failing(conditions)
}

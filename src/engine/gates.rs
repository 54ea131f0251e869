//! A conjunction of gates: asked in order, the first that fails decides.

use std::ops::{ControlFlow, RangeInclusive};

use super::observer::{Observer, Outcome};
use crate::catalog::model::Condition;
use crate::decision::{Gate, Verdict};
use crate::domain::{After, State};

/// Goes on with `?` until a gate fails; breaks with why.
pub(super) type Asked = ControlFlow<Verdict>;

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
    #[inline]
    pub(super) fn ask(&mut self, gate: Gate, outcome: Outcome) -> Asked {
        if O::WATCHES {
            self.observer.gate(gate, outcome);
        }
        match outcome {
            Ok(_) => ControlFlow::Continue(()),
            Err(verdict) => {
                if !O::WATCHES {
                    return ControlFlow::Break(verdict);
                }
                self.failed.get_or_insert(verdict);
                ControlFlow::Continue(())
            }
        }
    }

    /// Asks conditions that were not folded.
    pub(super) fn ask_all<'c>(
        &mut self,
        state: &State<'_>,
        conditions: impl IntoIterator<Item = &'c Condition>,
    ) -> Asked {
        conditions.into_iter().try_for_each(|condition| self.ask(condition.gate(), state.check(condition)))
    }

    /// Asks the static conditions of a permission or feature that belong to some of the gates. Folded, unless
    /// somebody watches or asks what would be after a change.
    pub(super) fn ask_static(
        &mut self,
        state: &State<'_>,
        slot: usize,
        conditions: &[Condition],
        asked: RangeInclusive<Gate>,
    ) -> Asked {
        if O::WATCHES {
            return self.watch_static(state, conditions, &asked);
        }
        let concerned = |condition: &&Condition| asked.contains(&condition.gate());
        if state.after != After::Nothing {
            return self.ask_all(state, conditions.iter().filter(concerned));
        }
        match state.folded(slot) {
            Some(0) => ControlFlow::Continue(()),
            Some(folded) => {
                let failing = conditions.get(usize::from(folded).saturating_sub(1));
                self.ask_all(state, failing.filter(concerned))
            }
            None => self.ask_all(state, conditions.iter().filter(concerned)),
        }
    }

    fn watch_static(
        &mut self,
        state: &State<'_>,
        conditions: &[Condition],
        asked: &RangeInclusive<Gate>,
    ) -> Asked {
        for gate in STATIC.into_iter().filter(|gate| asked.contains(gate)) {
            let own = || conditions.iter().filter(|condition| condition.gate() == gate);
            if own().next().is_none() {
                self.observer.open(gate);
            }
            self.ask_all(state, own())?;
        }
        ControlFlow::Continue(())
    }
}

/// The verdict that broke off, or the first that was noted while watching went on.
pub(super) fn failure<O: Observer>(gates: &Gates<'_, O>, asked: Asked) -> Option<Verdict> {
    match asked {
        ControlFlow::Break(verdict) => Some(verdict),
        ControlFlow::Continue(()) => gates.failed,
    }
}

/// Why the first gate failed that did, or what follows if all passed.
pub(super) fn conclude<O: Observer, T>(
    gates: &Gates<'_, O>,
    asked: Asked,
    allow: impl FnOnce() -> T,
) -> Result<T, Verdict> {
    failure(gates, asked).map_or_else(|| Ok(allow()), Err)
}

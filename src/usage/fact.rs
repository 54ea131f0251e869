//! Facts: what an event changed, stated only to those who ask.
//!
//! Facts are the lines of the ledger: added up they give the balance, which is how a balance is explained.
//! They are stated by the very code that makes the change, so the two cannot disagree.

use crate::units::{MicroCredits, Timestamp};

use super::credits::{Credits, cycle_at, grant_at, grow, shrink};
use super::event::{EventId, OutputId, Reason};
use super::grant::GrantKind;
use super::legs::{self, Leg};
use super::outcome::{Note, Resolution};
use super::period::Period;
use super::plan::{PlanKey, Stop};

/// One thing that an event changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fact {
    /// When it takes effect: the event's instant, or the deadline of a reservation that lapsed.
    pub at: Timestamp,
    /// The event, reservation or charge that it belongs to.
    pub of: EventId,
    /// What changed.
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A grant was issued.
    Issued {
        /// How it came to be.
        kind: GrantKind,
        /// The plan under which alone it is usable.
        plan: PlanKey,
        /// When it is usable.
        period: Period,
        /// How much.
        amount: MicroCredits,
        /// Why, for goodwill.
        reason: Option<Reason>,
    },
    /// A grant was revoked.
    Revoked {
        /// The grant.
        grant: EventId,
        /// Why.
        reason: Reason,
    },
    /// An amount changed its state.
    Posted {
        /// Where.
        source: Source,
        /// From which state to which.
        entry: Entry,
        /// How much.
        amount: MicroCredits,
    },
    /// A reservation was opened.
    Opened {
        /// When it will lapse.
        deadline: Timestamp,
    },
    /// A reservation was resolved.
    Resolved {
        /// How.
        resolution: Resolution,
    },
    /// A charge was changed, for this reason.
    Corrected {
        /// The charge.
        charge: EventId,
        /// Why.
        reason: Reason,
    },
    /// A plan was subscribed to for a term.
    Subscribed {
        /// The plan.
        plan: PlanKey,
        /// The term.
        term: Period,
    },
    /// A plan's term was ended.
    Unsubscribed {
        /// The plan.
        plan: PlanKey,
    },
    /// A threshold was crossed (CRD-11).
    Crossed {
        /// The plan.
        plan: PlanKey,
        /// The threshold in per cent.
        percent: u16,
    },
    /// An output was counted, or was not.
    Output {
        /// The output.
        output: OutputId,
        /// Whether it counts, and why.
        note: Note,
    },
}

/// What an amount is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A grant.
    Grant {
        /// The event that issued it.
        grant: EventId,
    },
    /// No grant: what a plan's period took beyond its grants, and owes (CRD-04).
    Overdraft {
        /// The plan.
        plan: PlanKey,
        /// The period.
        period: Period,
    },
    /// No grant: what an unlimited plan took beyond its grants.
    Unlimited {
        /// The plan.
        plan: PlanKey,
        /// The period.
        period: Period,
    },
}

/// From which state to which an amount goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// From available to reserved.
    Reserve,
    /// From reserved back to what is left.
    Free,
    /// From reserved to consumed.
    Settle,
    /// From available to consumed.
    Charge,
    /// From consumed back to what is left.
    Return,
}

impl Entry {
    /// Moves an amount between two counters.
    pub(super) fn apply(self, amount: u64, reserved: &mut u64, consumed: &mut u64) {
        match self {
            Self::Reserve => grow(reserved, amount),
            Self::Free => shrink(reserved, amount),
            Self::Settle => {
                shrink(reserved, amount);
                grow(consumed, amount);
            }
            Self::Charge => grow(consumed, amount),
            Self::Return => shrink(consumed, amount),
        }
    }

    /// What the entry does to the sum of both.
    pub(super) fn expose(self, amount: u64, exposure: &mut u64) {
        match self {
            Self::Reserve | Self::Charge => grow(exposure, amount),
            Self::Free | Self::Return => shrink(exposure, amount),
            Self::Settle => {}
        }
    }
}

/// The event that a fact belongs to, and when the fact takes effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub(super) at: Timestamp,
    pub(super) of: EventId,
}

impl Cause {
    pub(super) const fn fact(self, change: Change) -> Fact {
        Fact { at: self.at, of: self.of, change }
    }
}

/// Who listens, if anyone: without a listener no fact is made.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) cause: Cause,
    pub(super) list: Option<&'a mut Vec<Fact>>,
}

impl Facts<'_> {
    #[inline]
    pub(super) fn state(&mut self, change: impl FnOnce() -> Change) {
        if let Some(list) = &mut self.list {
            list.push(self.cause.fact(change()));
        }
    }

    #[inline]
    pub(super) fn post(&mut self, credits: &Credits, leg: Leg, entry: Entry) {
        if self.list.is_some() {
            self.state_posted(credits, leg, entry);
        }
    }

    #[cold]
    fn state_posted(&mut self, credits: &Credits, leg: Leg, entry: Entry) {
        if let Some(source) = Source::of(credits, leg.source) {
            self.state(|| Change::Posted { source, entry, amount: MicroCredits::new(leg.amount) });
        }
    }
}

impl Source {
    fn of(credits: &Credits, source: legs::Source) -> Option<Self> {
        match source {
            legs::Source::Grant { position } => {
                grant_at(&credits.grants, position).map(|grant| Self::Grant { grant: grant.event })
            }
            legs::Source::Excess { cycle } => cycle_at(&credits.cycles, cycle).map(|cycle| {
                let (plan, period) = (cycle.plan, cycle.period);
                match cycle.stop {
                    Stop::Unlimited => Self::Unlimited { plan, period },
                    Stop::Hard | Stop::Soft { .. } => Self::Overdraft { plan, period },
                }
            }),
        }
    }
}

//! Outcomes: what applying an event did, or why it did nothing.
//!
//! A *denial* is an answer: it is recorded, and a retry with the same id gets it again, even if credits have
//! arrived since. A *rejection* says that the event itself is wrong or came at the wrong time: nothing is
//! recorded, not one byte of the account changes, and the id stays free.

use crate::units::{MicroCredits, Timestamp};

use super::event::Version;
use super::plan::PlanKey;
use super::wire::{wire_enum, wire_struct};

/// The answer to an event, and the version of the account that it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Receipt {
    /// The version after the event: its place in the log, counted from one.
    pub version: Version,
    /// What it did.
    pub outcome: Outcome,
    /// Whether this is the answer to an earlier delivery of the same event, which alone took effect (USE-07).
    pub repeated: bool,
}

impl Receipt {
    /// What was denied, if it was.
    pub const fn denial(&self) -> Option<Denial> {
        match self.outcome {
            Outcome::Denied { denial } => Some(denial),
            Outcome::Applied { .. } => None,
        }
    }

    /// What was applied, if it was.
    pub const fn applied(&self) -> Option<Applied> {
        match self.outcome {
            Outcome::Applied { applied } => Some(applied),
            Outcome::Denied { .. } => None,
        }
    }
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It took effect.
    Applied {
        /// In this way.
        applied: Applied,
    },
    /// It was refused; of the account nothing has changed but the record of the denial.
    Denied {
        /// For this reason.
        denial: Denial,
    },
}

/// How an event took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Applied {
    /// The credits charged, reserved, issued, given back or revoked.
    pub amount: MicroCredits,
    /// The part of `amount` that no grant covers.
    pub excess: MicroCredits,
    /// Thresholds that this event crossed (CRD-11).
    pub crossed: Crossed,
    /// What else the caller should know.
    pub note: Option<Note>,
}

/// What else the caller should know about an event that took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The output counts on the limit.
    Counted,
    /// The output counts, and no limit is enforced (USE-01).
    CountedUnenforced,
    /// The output counts, and is above the limit though below its ceiling.
    CountedOver,
    /// The output is proactive and does not count until someone follows it up (USE-02).
    UncountedProactive,
    /// The output came after its opt-in had ended, so it does not count (USE-03).
    UncountedOptInEnded,
    /// The output had counted before; nothing was charged.
    AlreadyCounted,
    /// The follow-up waits for its output to arrive.
    Parked,
    /// The usage belongs to a reservation that had lapsed.
    AfterLapse,
    /// The books of its own instant are closed, so it is booked at this one.
    BookedLate {
        /// The instant at which it is booked.
        at: Timestamp,
    },
    /// The grant had been used in part: so much is owed.
    Owed {
        /// What had been consumed or is still reserved.
        amount: MicroCredits,
    },
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Counted => f.write_str("counted"),
            Self::CountedUnenforced => f.write_str("counted, no limit is enforced"),
            Self::CountedOver => f.write_str("counted above the limit"),
            Self::UncountedProactive => f.write_str("proactive, not counted"),
            Self::UncountedOptInEnded => f.write_str("not counted, its opt-in had ended"),
            Self::AlreadyCounted => f.write_str("counted before"),
            Self::Parked => f.write_str("followed up before it arrived"),
            Self::AfterLapse => f.write_str("charged after its reservation had lapsed"),
            Self::BookedLate { at } => write!(f, "booked late, at {at}"),
            Self::Owed { amount } => write!(f, "{amount} are owed"),
        }
    }
}

/// The largest number of thresholds.
pub const THRESHOLD_COUNT_MAX: usize = 8;

/// Thresholds that one event crossed, in per cent, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Crossed {
    /// Zero where no threshold is.
    percents: [u16; THRESHOLD_COUNT_MAX],
}

impl Crossed {
    /// The thresholds, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.percents.iter().copied().filter(|percent| *percent > 0)
    }

    /// Whether none was crossed.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn set(&mut self, position: usize, percent: u16) {
        if let Some(slot) = self.percents.get_mut(position) {
            *slot = percent;
        }
    }
}

/// Why an event was refused for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The model, a used pool or the instant has no price (CRD-12).
    #[error("there is no price for this usage")]
    Unpriced,
    /// No plan is held at the instant (CRD-02).
    #[error("no credit plan is held at this instant")]
    OutsideTerm,
    /// Every plan held is for named builders, and the actor is none (CRD-01).
    #[error("the actor is not named as a builder")]
    NotABuilder,
    /// The credits left, and the ceiling above them if there is one, do not cover the amount (CRD-10,
    /// CRD-11).
    #[error("{short} credits are missing")]
    Insufficient {
        /// How much no grant covers.
        short: MicroCredits,
    },
    /// The limit of outputs is reached (USE-05).
    #[error("the limit of outputs is reached")]
    LimitReached,
}

/// What deciding an event finds, without applying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Verdict {
    /// The version of the account that was asked: pass it to
    /// [`Event::expecting`](super::event::Event::expecting).
    pub version: Version,
    /// The credits that applying it would charge or reserve.
    pub amount: MicroCredits,
    /// Why it would be denied, if it would.
    pub denial: Option<Denial>,
}

/// Why an event was not recorded. The account is exactly as it was (USE-07).
///
/// The order is that in which the faults are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The event belongs to another account.
    #[error("the event belongs to another account")]
    WrongAccount,
    /// The event is older than the window in which ids are remembered, so it may have been counted already.
    #[error("the event is older than {oldest}, the start of the window in which ids are remembered")]
    TooOld {
        /// The oldest instant that is accepted.
        oldest: Timestamp,
    },
    /// The id was used for something else.
    #[error("the id was used for an event that differs in `{field}`")]
    Conflict {
        /// The first field that differs.
        field: &'static str,
    },
    /// The event lies further ahead of the host's clock than clocks may differ.
    #[error("the event is later than {latest}, which is as far ahead as is accepted")]
    FutureSkew {
        /// The latest instant that is accepted.
        latest: Timestamp,
    },
    /// The account has moved on since the decision.
    #[error("the account is at version {}, not at the expected one", .actual.0)]
    Stale {
        /// The version that the account is at.
        actual: Version,
    },
    /// The usage was priced for another instant than that of the event.
    #[error("the usage was priced for another instant than that of the event")]
    PricedElsewhen,
    /// An amount does not fit; nothing is ever cut off at a largest amount.
    #[error("the amounts of the account would not fit")]
    Overflow,
    /// An amount of zero would do nothing.
    #[error("the amount is zero")]
    ZeroAmount,
    /// The books of the instant are closed.
    #[error("the books are closed before {before}")]
    PeriodClosed {
        /// The first instant that is open.
        before: Timestamp,
    },
    /// The plan is not held at the instant, or the schedule has no period there.
    #[error("plan {} has no period at this instant", .plan.number())]
    OutsideTerm {
        /// The plan.
        plan: PlanKey,
    },
    /// The plan is already held in part of the term.
    #[error("plan {} is already held in part of the term", .plan.number())]
    AlreadyHeld {
        /// The plan.
        plan: PlanKey,
    },
    /// What the plan includes was issued for this period before, or a grant by an event of this id.
    #[error("these credits were issued before")]
    AlreadyIssued,
    /// The amount is not sold: it is no multiple of the increment, or nothing is.
    #[error("the amount is not a multiple of the increment in which credits are sold")]
    NotAnIncrement,
    /// No such grant.
    #[error("no grant was issued by this event")]
    UnknownGrant,
    /// The grant was revoked before.
    #[error("the grant was revoked before")]
    AlreadyRevoked,
    /// The deadline is not after the instant up to which the account has come.
    #[error("the deadline has passed")]
    DeadlinePassed,
    /// The deadline is further away than a reservation may be held.
    #[error("the deadline is after {latest}, the longest that a reservation may be held")]
    DeadlineTooFar {
        /// The latest deadline that is accepted.
        latest: Timestamp,
    },
    /// No such reservation is remembered.
    #[error("no reservation was made by this event")]
    UnknownReservation,
    /// The reservation was resolved before, which happens once (CRD-10).
    #[error("the reservation was {resolution} before")]
    AlreadyResolved {
        /// How.
        resolution: Resolution,
    },
    /// Part of the reservation was charged, so the run did happen: settle it.
    #[error("part of the reservation was settled, so it cannot be voided")]
    PartlySettled,
    /// The reservation is open: settle it instead.
    #[error("the reservation is open, so its usage is settled and not recorded")]
    StillOpen,
    /// No such charge is remembered.
    #[error("no charge was made by this event")]
    UnknownCharge,
    /// More is given back than is left of the charge.
    #[error("only {left} of the charge are left to give back")]
    ExceedsOriginal {
        /// What is left of the charge.
        left: MicroCredits,
    },
    /// There is no price for the usage at which a charge should be made again.
    #[error("there is no price at which to charge again")]
    Unpriced,
    /// A reservation of the period is open.
    #[error("a reservation made before this instant is still open")]
    OpenReservations,
    /// No such output is remembered; a retry may succeed once it has arrived.
    #[error("the output is unknown")]
    UnknownOutput,
    /// The output is known with another origin.
    #[error("the output is known with another origin")]
    OutputConflict,
    /// No such opt-in.
    #[error("the opt-in is unknown")]
    UnknownOptIn,
    /// The opt-in has ended.
    #[error("the opt-in has ended")]
    OptInEnded,
    /// The opt-in began before.
    #[error("the opt-in began before")]
    OptInExists,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// Its usage was charged.
    Settled,
    /// It was given up.
    Voided,
    /// Its deadline passed.
    Lapsed,
}

impl std::fmt::Display for Resolution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Settled => "settled",
            Self::Voided => "voided",
            Self::Lapsed => "lapsed",
        })
    }
}

wire_struct!(Receipt { version, outcome, repeated });
wire_enum!(Outcome { 0 Applied { applied }, 1 Denied { denial } });
wire_struct!(Applied { amount, excess, crossed, note });
wire_struct!(Crossed { percents });
wire_enum!(Note {
    0 Counted,
    1 CountedOver,
    2 UncountedProactive,
    3 UncountedOptInEnded,
    4 AlreadyCounted,
    5 Parked,
    6 AfterLapse,
    7 BookedLate { at },
    8 Owed { amount },
    9 CountedUnenforced,
});
wire_enum!(Denial { 0 Unpriced, 1 OutsideTerm, 2 NotABuilder, 3 Insufficient { short }, 4 LimitReached });
wire_enum!(Resolution { 0 Settled, 1 Voided, 2 Lapsed });

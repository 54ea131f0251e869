//! Credit plans: what an organization subscribed to, from when to when, and where consumption stops.

use crate::units::{MicroCredits, Timestamp};

use super::period::{Period, PeriodError, Schedule};
use super::wire::{Malformed, Wire, wire_enum, wire_newtype, wire_struct};

/// The largest number of credit plans that a host can tell apart.
pub const PLAN_COUNT_MAX: u8 = 64;

/// A credit plan: the host's own number for it, such as its position in a list of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanKey(u8);

impl PlanKey {
    /// The plan with this number; `None` from [`PLAN_COUNT_MAX`] on.
    pub const fn new(number: u8) -> Option<Self> {
        if number < PLAN_COUNT_MAX { Some(Self(number)) } else { None }
    }

    /// The host's number.
    pub const fn number(self) -> u8 {
        self.0
    }

    pub(super) fn bit(self) -> Plans {
        Plans(1_u64.checked_shl(u32::from(self.0)).unwrap_or(0))
    }
}

/// A set of plans: those whose grants a charge may burn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Plans(u64);

impl Plans {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, plan: PlanKey) -> bool {
        self.0 & plan.bit().0 != 0
    }

    pub(super) const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Where consumption stops that no grant covers (CRD-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Stop {
    /// At the limit.
    #[default]
    Hard,
    /// At a share of the limit above it, for example 130 %.
    Soft {
        /// The ceiling in per cent of what was issued for the period, or of the limit of outputs.
        ceiling_percent: u16,
    },
    /// Nowhere: everything is counted and nothing denied.
    Unlimited,
}

impl Stop {
    /// Whether `used` may be reached when `limit` is what was granted.
    pub(super) fn admits(self, used: u128, limit: u64) -> bool {
        let percent = match self {
            Self::Unlimited => return true,
            Self::Hard => 100,
            Self::Soft { ceiling_percent } => ceiling_percent.max(100),
        };
        let ceiling = u128::from(limit).saturating_mul(u128::from(percent));
        used.checked_mul(100).is_some_and(|used| used <= ceiling)
    }

    const fn leniency(self) -> u8 {
        match self {
            Self::Unlimited => 0,
            Self::Soft { .. } => 1,
            Self::Hard => 2,
        }
    }
}

/// Who may burn a plan's credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Builders {
    /// Everyone whom the access gates let through.
    #[default]
    Everyone,
    /// Only those whom the organization named.
    Named,
}

/// The terms under which an organization holds a credit plan, from one instant to another.
///
/// ```
/// use tollkeeper::units::MicroCredits;
/// use tollkeeper::usage::period::{Period, Schedule};
/// use tollkeeper::word::Every;
/// use tollkeeper::usage::plan::{PlanKey, Stop, Subscription};
///
/// let start = "2027-01-31T00:00:00Z".parse()?;
/// let term = Period::new(start, "2028-01-31T00:00:00Z".parse()?).ok_or("empty term")?;
/// let pro = PlanKey::new(2).ok_or("too many plans")?;
/// let subscription = Subscription::new(pro, term, Schedule::anchored(start, Every::Quarter))
///     .allowance(MicroCredits::from_credits(5_000_000).ok_or("too many credits")?)
///     .stop(Stop::Soft { ceiling_percent: 130 })
///     .named_builders();
/// assert_eq!(subscription.plan(), pro);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub(super) plan: PlanKey,
    pub(super) term: Period,
    pub(super) schedule: Schedule,
    pub(super) allowance: MicroCredits,
    pub(super) increment: Option<MicroCredits>,
    pub(super) priority: u8,
    pub(super) stop: Stop,
    pub(super) builders: Builders,
}

impl Subscription {
    /// A plan for a term, whose credits are issued in the periods of a schedule (CRD-02). Without more words
    /// it includes no credits, sells none, stops hard and is open to everyone.
    pub const fn new(plan: PlanKey, term: Period, schedule: Schedule) -> Self {
        Self {
            plan,
            term,
            schedule,
            allowance: MicroCredits::ZERO,
            increment: None,
            priority: 0,
            stop: Stop::Hard,
            builders: Builders::Everyone,
        }
    }

    /// The credits included in each period, the same in a short one as in a long one: credits are not
    /// prorated.
    pub const fn allowance(mut self, amount: MicroCredits) -> Self {
        self.allowance = amount;
        self
    }

    /// The step in which more credits are sold (CRD-08).
    pub const fn increment(mut self, amount: MicroCredits) -> Self {
        self.increment = Some(amount);
        self
    }

    /// Where in the burn order the plan's credits stand: lower burns first (CRD-09).
    pub const fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// Where consumption stops that no grant covers (CRD-11).
    pub const fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Only builders named by the organization may burn the plan's credits.
    pub const fn named_builders(mut self) -> Self {
        self.builders = Builders::Named;
        self
    }

    /// The plan.
    pub const fn plan(&self) -> PlanKey {
        self.plan
    }

    /// The term: nothing is used or issued outside it.
    pub const fn term(&self) -> Period {
        self.term
    }

    /// The credit period that contains the instant, cut at the ends of the term.
    ///
    /// # Errors
    ///
    /// [`PeriodError::OutOfRange`] outside the term or the schedule.
    pub fn period_at(&self, at: Timestamp) -> Result<Period, PeriodError> {
        if !self.term.contains(at) {
            return Err(PeriodError::OutOfRange);
        }
        self.schedule.period_at(at)?.intersection(self.term).ok_or(PeriodError::OutOfRange)
    }

    /// Which of several plans takes what no grant covers: the most lenient, then the first in burn order.
    pub(super) const fn excess_rank(&self) -> (u8, u8, u8) {
        (self.stop.leniency(), self.priority, self.plan.0)
    }
}

impl Wire for PlanKey {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Self::new(u8::read(bytes)?).ok_or(Malformed)
    }
}

wire_newtype!(Plans);
wire_enum!(Stop { 0 Hard, 1 Soft { ceiling_percent }, 2 Unlimited });
wire_enum!(Builders { 0 Everyone, 1 Named });
wire_struct!(Subscription { plan, term, schedule, allowance, increment, priority, stop, builders });

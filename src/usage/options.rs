//! Options of an account: the choices that the rules leave open, each with its default.

use super::outcome::THRESHOLD_COUNT_MAX;
use super::wire::{wire_enum, wire_struct};

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;

/// The choices of an account. Durations are in nanoseconds.
///
/// ```
/// use tollkeeper::usage::options::{Late, Options};
///
/// let options = Options::default().late(Late::Reject).thresholds(&[80, 100]);
/// assert_eq!(options.window_nanoseconds(), 35 * 86_400 * 1_000_000_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub(super) window: u64,
    pub(super) skew: u64,
    pub(super) hold: u64,
    /// Ascending; zero where none is.
    pub(super) thresholds: [u16; THRESHOLD_COUNT_MAX],
    pub(super) basis: Basis,
    pub(super) rearm: Rearm,
    pub(super) late: Late,
    pub(super) booking: Booking,
    pub(super) at_limit: AtLimit,
    pub(super) ended_opt_in: EndedOptIn,
    pub(super) early: Early,
}

/// What thresholds are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Basis {
    /// What was consumed.
    #[default]
    Consumed,
    /// What was consumed and what is reserved.
    ConsumedAndReserved,
}

/// Whether a threshold fires again when more credits have brought the share below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rearm {
    /// It fires once a period.
    #[default]
    Never,
    /// It fires again after credits were issued.
    OnIssue,
}

/// What happens to usage whose own books are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Late {
    /// It is booked at the instant up to which the account has come, and the receipt says so.
    #[default]
    BookNow,
    /// It is rejected.
    Reject,
}

/// When a followed-up proactive output counts (USE-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Booking {
    /// In the period of the follow-up.
    #[default]
    AtFollowUp,
    /// In the period of the output.
    AtOutput,
}

/// Whether proactive outputs are still produced at a reached limit (USE-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AtLimit {
    /// They are, uncounted as ever.
    #[default]
    Allow,
    /// They are denied.
    Deny,
}

/// What happens to an output whose opt-in has ended (USE-03).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EndedOptIn {
    /// It is recorded without being counted, and the receipt says so.
    #[default]
    Uncounted,
    /// It is rejected.
    Reject,
}

/// What happens to a follow-up that arrives before its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Early {
    /// It is rejected and may be sent again.
    #[default]
    Reject,
    /// It waits, and counts when the output arrives.
    Park,
}

impl Default for Options {
    /// Ids are remembered for 35 days, longer than any month; events may be five minutes ahead of the host's
    /// clock; a reservation may be held for a day beyond the end of its period; thresholds at 50, 75, 90 and
    /// 100 %.
    fn default() -> Self {
        Self {
            window: 35 * DAY,
            skew: 300 * SECOND,
            hold: DAY,
            thresholds: [50, 75, 90, 100, 0, 0, 0, 0],
            basis: Basis::default(),
            rearm: Rearm::default(),
            late: Late::default(),
            booking: Booking::default(),
            at_limit: AtLimit::default(),
            ended_opt_in: EndedOptIn::default(),
            early: Early::default(),
        }
    }
}

impl Options {
    /// How long events, charges and outputs are remembered: an older event is rejected, never counted twice.
    pub const fn window(mut self, nanoseconds: u64) -> Self {
        self.window = nanoseconds;
        self
    }

    /// How far ahead of the instant at which the host learned of it an event may be.
    pub const fn skew(mut self, nanoseconds: u64) -> Self {
        self.skew = nanoseconds;
        self
    }

    /// How long after the end of its period a reservation may be held.
    pub const fn hold(mut self, nanoseconds: u64) -> Self {
        self.hold = nanoseconds;
        self
    }

    /// The thresholds in per cent, of which the smallest [`THRESHOLD_COUNT_MAX`] above zero are kept
    /// (CRD-11).
    pub fn thresholds(mut self, percents: &[u16]) -> Self {
        let mut percents = percents.to_vec();
        percents.retain(|percent| *percent > 0);
        percents.sort_unstable();
        percents.dedup();
        self.thresholds = [0; THRESHOLD_COUNT_MAX];
        self.thresholds.iter_mut().zip(percents).for_each(|(slot, percent)| *slot = percent);
        self
    }

    /// What thresholds are measured by.
    pub const fn basis(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }

    /// Whether thresholds fire again after credits were issued.
    pub const fn rearm(mut self, rearm: Rearm) -> Self {
        self.rearm = rearm;
        self
    }

    /// What happens to usage whose own books are closed.
    pub const fn late(mut self, late: Late) -> Self {
        self.late = late;
        self
    }

    /// When a followed-up proactive output counts.
    pub const fn booking(mut self, booking: Booking) -> Self {
        self.booking = booking;
        self
    }

    /// Whether proactive outputs are produced at a reached limit.
    pub const fn at_limit(mut self, at_limit: AtLimit) -> Self {
        self.at_limit = at_limit;
        self
    }

    /// What happens to an output whose opt-in has ended.
    pub const fn ended_opt_in(mut self, ended_opt_in: EndedOptIn) -> Self {
        self.ended_opt_in = ended_opt_in;
        self
    }

    /// What happens to a follow-up that arrives before its output.
    pub const fn early(mut self, early: Early) -> Self {
        self.early = early;
        self
    }

    /// The thresholds with their positions, ascending.
    pub(super) fn thresholds_by_position(&self) -> impl Iterator<Item = (usize, u16)> + '_ {
        self.thresholds.iter().copied().take_while(|percent| *percent > 0).enumerate()
    }

    /// How long events are remembered.
    pub const fn window_nanoseconds(&self) -> u64 {
        self.window
    }
}

wire_enum!(Basis { 0 Consumed, 1 ConsumedAndReserved });
wire_enum!(Rearm { 0 Never, 1 OnIssue });
wire_enum!(Late { 0 BookNow, 1 Reject });
wire_enum!(Booking { 0 AtFollowUp, 1 AtOutput });
wire_enum!(AtLimit { 0 Allow, 1 Deny });
wire_enum!(EndedOptIn { 0 Uncounted, 1 Reject });
wire_enum!(Early { 0 Reject, 1 Park });
wire_struct!(Options {
    window,
    skew,
    hold,
    thresholds,
    basis,
    rearm,
    late,
    booking,
    at_limit,
    ended_opt_in,
    early,
});

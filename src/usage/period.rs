//! Periods: the half-open spans of time in which credits are issued and outputs are counted.
//!
//! Every boundary is computed from the anchor, never from the boundary before it (CRD-13): going from one
//! boundary to the next would turn 31 January into 28 February, then into 28 March for ever. Daylight saving
//! and other local rules are the host's: it passes an explicit list of boundaries, so that an update of its
//! time zone rules is an input that one can see.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::units::Timestamp;
use crate::word::Every;

use super::wire::{Malformed, Wire, wire_enum};

/// A half-open span of time: `from` belongs to it, `until` to the next one (CRD-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Period {
    /// The first instant of the period.
    pub from: Timestamp,
    /// The first instant after the period.
    pub until: Timestamp,
}

impl Period {
    /// All of time but its last instant.
    pub(super) const ALWAYS: Self =
        Self { from: Timestamp::from_nanoseconds(i64::MIN), until: Timestamp::from_nanoseconds(i64::MAX) };

    /// The span from `from` to just before `until`; `None` if that is empty.
    pub fn new(from: Timestamp, until: Timestamp) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    /// Whether the instant lies in the period.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// What the two periods share, if they share an instant.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.until.min(other.until))
    }

    /// The length in nanoseconds.
    pub fn nanoseconds(self) -> u64 {
        self.until.nanoseconds().abs_diff(self.from.nanoseconds())
    }

    /// The share of a fee that falls on the rest of the period from `from` on, in the fee's own smallest
    /// unit.
    ///
    /// For fees only: credits are available in full whenever they are bought (CRD-08), and the ledger holds
    /// no money. Before the period the share is the whole fee, after it nothing.
    ///
    /// ```
    /// use tollkeeper::usage::period::{Period, Rounding};
    ///
    /// let (start, end) = ("2027-04-01T00:00:00Z".parse()?, "2027-05-01T00:00:00Z".parse()?);
    /// let bought = "2027-04-21T00:00:00Z".parse()?;
    /// let share = Period::new(start, end).map(|april| april.prorate_fee(1_000, bought, Rounding::Down));
    /// assert_eq!(share, Some(333));
    /// # Ok::<(), tollkeeper::units::TimestampError>(())
    /// ```
    pub fn prorate_fee(self, fee: u64, from: Timestamp, rounding: Rounding) -> u64 {
        let left = match Self::new(from.max(self.from), self.until) {
            Some(rest) => rest.nanoseconds(),
            None => 0,
        };
        let length = u128::from(self.nanoseconds());
        let product = u128::from(fee).saturating_mul(u128::from(left));
        let share = match rounding {
            Rounding::Down => product.checked_div(length),
            Rounding::Up => Some(product.div_ceil(length.max(1))),
        };
        share.and_then(|share| u64::try_from(share).ok()).unwrap_or(fee)
    }
}

/// Which way a share of a fee is rounded to its smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rounding {
    /// To the smaller amount.
    Down,
    /// To the larger amount.
    Up,
}

/// Where periods begin and end.
///
/// ```
/// use tollkeeper::usage::period::{Schedule};
/// use tollkeeper::word::Every;
///
/// let monthly = Schedule::anchored("2027-01-31T00:00:00Z".parse()?, Every::Month);
/// let period = monthly.period_at("2027-03-30T12:00:00Z".parse()?)?;
/// assert_eq!(period.from.to_string(), "2027-02-28T00:00:00Z");
/// assert_eq!(period.until.to_string(), "2027-03-31T00:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(pub(super) Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Anchored { anchor: Timestamp, every: Every },
    Listed { boundaries: Arc<[Timestamp]> },
}

/// Why an instant has no period, or a list of boundaries is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeriodError {
    /// The period, or one of its ends, lies outside the range of time or of the list.
    #[error("the period lies outside the range of the schedule")]
    OutOfRange,
    /// A list of boundaries needs two of them to hold one period.
    #[error("a list of boundaries needs at least two")]
    TooFewBoundaries,
    /// The boundaries must be strictly increasing.
    #[error("boundary {position} is not after the one before it")]
    NotIncreasing {
        /// The position in the list, from zero, of the first boundary out of order.
        position: usize,
    },
}

impl Schedule {
    /// Periods that begin at the anchor and at its day of the month and time of day ever after, in UTC; where
    /// a month is too short, at its last day (CRD-13).
    ///
    /// Periods reach before the anchor as well; what a term allows is the subscription's to say.
    pub const fn anchored(anchor: Timestamp, every: Every) -> Self {
        Self(Kind::Anchored { anchor, every })
    }

    /// Periods between the boundaries of a list, for local midnights and other calendars.
    ///
    /// # Errors
    ///
    /// [`PeriodError::TooFewBoundaries`] and [`PeriodError::NotIncreasing`].
    pub fn listed(boundaries: &[Timestamp]) -> Result<Self, PeriodError> {
        if boundaries.len() < 2 {
            return Err(PeriodError::TooFewBoundaries);
        }
        let pairs = boundaries.iter().zip(boundaries.iter().skip(1));
        match pairs.zip(1..).find(|((earlier, later), _)| earlier >= later) {
            Some((_, position)) => Err(PeriodError::NotIncreasing { position }),
            None => Ok(Self(Kind::Listed { boundaries: boundaries.into() })),
        }
    }

    /// The period that contains the instant, found without a loop over periods.
    ///
    /// # Errors
    ///
    /// [`PeriodError::OutOfRange`] if the list does not reach the instant, or if an end of the period cannot
    /// be expressed as a [`Timestamp`].
    pub fn period_at(&self, at: Timestamp) -> Result<Period, PeriodError> {
        self.index_at(at).and_then(|index| self.period(index))
    }

    /// The number of the period that contains the instant: zero begins at the anchor or the list's first
    /// entry.
    ///
    /// # Errors
    ///
    /// [`PeriodError::OutOfRange`] as for [`Schedule::period_at`].
    pub fn index_at(&self, at: Timestamp) -> Result<i64, PeriodError> {
        let index = match &self.0 {
            Kind::Anchored { anchor, every } => anchored_index(*anchor, *every, at),
            Kind::Listed { boundaries } => listed_index(boundaries, at),
        };
        index.ok_or(PeriodError::OutOfRange)
    }

    /// The period with this number.
    ///
    /// # Errors
    ///
    /// [`PeriodError::OutOfRange`] as for [`Schedule::period_at`].
    pub fn period(&self, index: i64) -> Result<Period, PeriodError> {
        let next = index.checked_add(1).ok_or(PeriodError::OutOfRange)?;
        let ends = self.boundary(index).zip(self.boundary(next));
        ends.and_then(|(from, until)| Period::new(from, until)).ok_or(PeriodError::OutOfRange)
    }

    fn boundary(&self, index: i64) -> Option<Timestamp> {
        match &self.0 {
            Kind::Anchored { anchor, every } => instant(anchored_boundary(civil(*anchor)?, *every, index)?),
            Kind::Listed { boundaries } => boundaries.get(usize::try_from(index).ok()?).copied(),
        }
    }
}

/// The difference in months gives the period up to the day of the month, so one comparison settles it: the
/// boundary after the candidate's lies in a later month than `at` does.
fn anchored_index(anchor: Timestamp, every: Every, at: Timestamp) -> Option<i64> {
    let (anchor, then) = (civil(anchor)?, civil(at)?);
    let months = month_number(then.date()).checked_sub(month_number(anchor.date()))?;
    let candidate = months.div_euclid(every.months());
    if anchored_boundary(anchor, every, candidate)? <= then {
        return Some(candidate);
    }
    candidate.checked_sub(1)
}

fn anchored_boundary(anchor: DateTime, every: Every, index: i64) -> Option<DateTime> {
    let months = month_number(anchor.date()).checked_add(index.checked_mul(every.months())?)?;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12).checked_add(1)?);
    let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
    let day = anchor.day().min(first.days_in_month());
    Some(Date::new(first.year(), first.month(), day).ok()?.to_datetime(anchor.time()))
}

fn listed_index(boundaries: &[Timestamp], at: Timestamp) -> Option<i64> {
    let begun = boundaries.partition_point(|boundary| *boundary <= at);
    if begun >= boundaries.len() {
        return None;
    }
    i64::try_from(begun.checked_sub(1)?).ok()
}

fn civil(at: Timestamp) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(at.nanoseconds())).ok()?;
    Some(Offset::UTC.to_datetime(instant))
}

fn instant(civil: DateTime) -> Option<Timestamp> {
    let instant = Offset::UTC.to_timestamp(civil).ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Timestamp::from_nanoseconds)
}

fn month_number(date: Date) -> i64 {
    let years = i64::from(date.year()).saturating_mul(12);
    years.saturating_add(i64::from(date.month())).saturating_sub(1)
}

impl Wire for Period {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.from.write(bytes);
        self.until.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Self::new(Timestamp::read(bytes)?, Timestamp::read(bytes)?).ok_or(Malformed)
    }
}

impl Wire for Schedule {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        match Kind::read(bytes)? {
            Kind::Listed { boundaries } => Self::listed(&boundaries).map_err(|_| Malformed),
            anchored @ Kind::Anchored { .. } => Ok(Self(anchored)),
        }
    }
}

wire_enum!(Every { 0 Month, 1 Quarter, 2 Year });
wire_enum!(Kind { 0 Anchored { anchor, every }, 1 Listed { boundaries } });

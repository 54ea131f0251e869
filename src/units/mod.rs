//! Units: an instant, an amount of credits and a price, all exact integers.
//!
//! Neither has operators: arithmetic on time and money is checked and says so at the call.

mod price;

use std::fmt;
use std::str::FromStr;

pub use price::{Price, PriceError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant: nanoseconds since 1970-01-01T00:00:00 UTC, always passed in, never read from a clock.
///
/// Written as RFC 3339 in files and requests: `2026-11-21T10:00:00Z`. The range is that of `i64` nanoseconds,
/// 1677 to 2262.
///
/// ```
/// use tollkeeper::units::Timestamp;
///
/// let at: Timestamp = "2026-11-21T11:00:00+01:00".parse()?;
/// assert_eq!(at.to_string(), "2026-11-21T10:00:00Z");
/// # Ok::<(), tollkeeper::units::TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many nanoseconds after (before, if negative) 1970-01-01T00:00:00 UTC.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since 1970-01-01T00:00:00 UTC.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(at) => at.fmt(f),
            Err(_) => write!(f, "{} ns", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

/// The text is no instant in RFC 3339, or lies outside the years 1677 to 2262.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no instant between 1677 and 2262; write it as `2026-11-21T10:00:00Z`")]
#[non_exhaustive]
pub struct TimestampError {
    text: String,
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .and_then(|at| i64::try_from(at.as_nanosecond()).ok())
            .map(Self)
            .ok_or_else(|| TimestampError { text: text.to_owned() })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]" })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An amount of credits in millionths of a credit.
///
/// The smallest charge of a price table is a thousandth of a credit a token, so every charge is a whole number
/// of these and nothing is ever rounded.
///
/// ```
/// use tollkeeper::units::MicroCredits;
///
/// assert_eq!(MicroCredits::new(144_250_000).to_string(), "144.25");
/// assert_eq!(MicroCredits::new(u64::MAX).checked_add(MicroCredits::new(1)), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroCredits(u64);

impl MicroCredits {
    /// No credits.
    pub const ZERO: Self = Self(0);

    /// So many millionths of a credit.
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// So many whole credits; `None` above about 18 trillion.
    pub const fn from_credits(credits: u64) -> Option<Self> {
        match credits.checked_mul(1_000_000) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    /// So many thousandths of a credit, the unit of a [`Price`]; `None` above about 18 quadrillion.
    pub const fn from_thousandths(thousandths: u64) -> Option<Self> {
        match thousandths.checked_mul(1_000) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    /// The amount in millionths of a credit.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, or `None` if it does not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    /// The difference, or `None` if `other` is more.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }
}

impl fmt::Display for MicroCredits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Debug for MicroCredits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MicroCredits({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_at_the_ends_of_their_range_print_and_parse() {
        for nanoseconds in [i64::MIN, -1, 0, 1, i64::MAX] {
            let at = Timestamp::from_nanoseconds(nanoseconds);
            assert_eq!(at.to_string().parse(), Ok(at));
        }
        assert!("2400-01-01T00:00:00Z".parse::<Timestamp>().is_err());
        assert!("2026-11-21".parse::<Timestamp>().is_err());
    }

    #[test]
    fn instants_are_read_as_rfc_3339_has_them() {
        for (text, printed) in [
            ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
            ("2026-11-21t10:00:00z", "2026-11-21T10:00:00Z"),
            ("2026-11-21 10:00:00.5Z", "2026-11-21T10:00:00.5Z"),
            ("2026-11-21T10:00:00.000000001+01:30", "2026-11-21T08:30:00.000000001Z"),
            ("2024-02-29T23:30:00-00:45", "2024-03-01T00:15:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().map(|at| at.to_string()), Ok(printed.to_owned()), "{text}");
        }
        for text in ["2026-02-29T10:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T10:00:00", "10:00:00"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn credits_print_without_needless_zeros() {
        for (micros, text) in [(0, "0"), (5_000, "0.005"), (1_000_000, "1"), (10_000_001, "10.000001")] {
            assert_eq!(MicroCredits::new(micros).to_string(), text);
        }
    }
}

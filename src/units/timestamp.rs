//! An instant, and how it is written.

use std::fmt;
use std::str::FromStr;

use jiff_core::civil::{Date, DateTime, Time};
use jiff_core::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use toml_datetime::Datetime;

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

    /// Date and time of day in UTC.
    pub(crate) fn civil(self) -> Option<DateTime> {
        let (seconds, rest) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let instant = jiff_core::Timestamp::new(seconds, i32::try_from(rest).ok()?).ok()?;
        Some(instant.to_datetime(Offset::UTC))
    }

    /// The instant of a date and time of day; `None` if it lies out of range.
    pub(crate) fn of_civil(civil: DateTime, offset: Offset) -> Option<Self> {
        let instant = civil.to_timestamp(offset).ok()?;
        i64::try_from(instant.as_nanosecond()).ok().map(Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = self.civil() else {
            return write!(f, "{} ns", self.0);
        };
        let (date, time) = (at.date(), at.time());
        write!(f, "{:04}-{:02}-{:02}T", date.year(), date.month(), date.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        if time.subsec_nanosecond() != 0 {
            let digits = format!("{:09}", time.subsec_nanosecond());
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
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
        read(text).ok_or_else(|| TimestampError { text: text.to_owned() })
    }
}

/// The calendar knows every day; the grammar is that of TOML, which has it from RFC 3339.
fn read(text: &str) -> Option<Timestamp> {
    let Datetime { date, time, offset } = text.parse().ok()?;
    let (date, time) = (date?, time?);
    let number = |number: u8| i8::try_from(number).ok();
    let date = Date::new(i16::try_from(date.year).ok()?, number(date.month)?, number(date.day)?).ok()?;
    // A leap second is part of the one before it.
    let second = time.second.unwrap_or(0).min(59);
    let nanosecond = i32::try_from(time.nanosecond.unwrap_or(0)).ok()?;
    let time = Time::new(number(time.hour)?, number(time.minute)?, number(second)?, nanosecond).ok()?;
    let seconds = match offset? {
        toml_datetime::Offset::Z => 0,
        toml_datetime::Offset::Custom { minutes } => i32::from(minutes).checked_mul(60)?,
    };
    Timestamp::of_civil(DateTime::from_parts(date, time), Offset::from_seconds(seconds).ok()?)
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
    fn what_rfc_3339_allows_is_read() {
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
    }

    #[test]
    fn what_says_no_instant_is_refused() {
        for text in [
            "2026-02-29T10:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:60:00Z",
            "2026-11-21T10:00:00",
            "2026-11-21T10:00:00Z[UTC]",
            "10:00:00",
            "20261121T100000Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}

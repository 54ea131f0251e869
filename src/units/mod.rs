//! Units: an instant, an amount of credits and a price, all exact integers.
//!
//! Neither has operators: arithmetic on time and money is checked and says so at the call.

mod price;
mod timestamp;

use std::fmt;

pub use price::{Price, PriceError};
use serde::{Deserialize, Serialize};
pub use timestamp::{Timestamp, TimestampError};

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
    fn credits_print_without_needless_zeros() {
        for (micros, text) in [(0, "0"), (5_000, "0.005"), (1_000_000, "1"), (10_000_001, "10.000001")] {
            assert_eq!(MicroCredits::new(micros).to_string(), text);
        }
    }
}

//! The price of one token, exact to a thousandth of a credit.
//!
//! A thousandth is the finest step that price tables use, and a thousand micro-credits: every charge is a
//! whole number of micro-credits and nothing is ever rounded (CRD-03). A finer price is refused, not
//! approximated.

use std::fmt;
use std::str::FromStr;

use super::MicroCredits;

/// Credits per token, in whole thousandths of a credit.
///
/// Written as a decimal with up to three places.
///
/// ```
/// use tollkeeper::units::Price;
/// use tollkeeper::units::MicroCredits;
///
/// let price: Price = "0.025".parse()?;
/// assert_eq!(price.charge(1_234), Some(MicroCredits::new(30_850_000)));
/// assert!("0.0255".parse::<Price>().is_err());
/// # Ok::<(), tollkeeper::units::PriceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Price(u64);

impl Price {
    /// So many thousandths of a credit per token.
    pub const fn from_thousandths(thousandths: u64) -> Self {
        Self(thousandths)
    }

    /// Thousandths of a credit per token.
    pub const fn thousandths(self) -> u64 {
        self.0
    }

    /// The exact charge for so many tokens, or `None` if it does not fit.
    pub const fn charge(self, tokens: u64) -> Option<MicroCredits> {
        match self.0.checked_mul(tokens) {
            Some(thousandths) => MicroCredits::from_thousandths(thousandths),
            None => None,
        }
    }
}

/// The text is no price: a decimal of credits per token with up to three places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// More than three places: the price could only be charged rounded.
    #[error("price `{text}` has more than three decimal places, so charges would not be exact")]
    TooFine {
        /// The text as given.
        text: String,
    },
    /// No decimal number, or one too large.
    #[error("`{text}` is no price; write credits per token as `0.025`")]
    Malformed {
        /// The text as given.
        text: String,
    },
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let malformed = || PriceError::Malformed { text: text.to_owned() };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(places) {
            return Err(malformed());
        }
        if places.len() > 3 {
            return Err(PriceError::TooFine { text: text.to_owned() });
        }
        let thousandths = format!("{places:0<3}").parse::<u64>().ok();
        let whole = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(1_000));
        whole.zip(thousandths).and_then(|(a, b)| a.checked_add(b)).map(Self).ok_or_else(malformed)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000, self.0 % 1_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:03}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly_or_refused() {
        for (text, thousandths) in [
            ("0.5", Some(500)),
            ("0.005", Some(5)),
            ("1.25", Some(1_250)),
            ("20", Some(20_000)),
            ("0", Some(0)),
            ("0.0005", None),
            ("0.5000", None),
            (".5", None),
            ("5.", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(text.parse::<Price>().ok(), thousandths.map(Price::from_thousandths), "{text}");
        }
    }

    #[test]
    fn a_price_prints_as_it_is_written() {
        for text in ["0", "0.005", "0.5", "1.25", "20"] {
            assert_eq!(text.parse::<Price>().unwrap().to_string(), text);
        }
    }
}

//! Forecasts: when the credits would be used up if usage went on as it did.

use crate::units::{MicroCredits, Timestamp};

use super::account::{Account, earlier};
use super::memory::Held;

/// The instant at which an amount is used up, if so much was consumed in so many nanoseconds and goes on
/// alike.
///
/// Exact to the nanosecond, rounded down. `None` without consumption, or beyond the range of time: an amount
/// that nobody uses does not run out.
///
/// ```
/// use tollkeeper::units::MicroCredits;
/// use tollkeeper::usage::forecast::exhausted_at;
///
/// let day = 86_400_000_000_000;
/// let now = "2027-02-01T00:00:00Z".parse()?;
/// let at = exhausted_at(now, MicroCredits::new(250), MicroCredits::new(100), day);
/// assert_eq!(at, Some("2027-02-03T12:00:00Z".parse()?));
/// assert_eq!(exhausted_at(now, MicroCredits::new(250), MicroCredits::ZERO, day), None);
/// # Ok::<(), tollkeeper::units::TimestampError>(())
/// ```
pub fn exhausted_at(
    now: Timestamp,
    available: MicroCredits,
    consumed: MicroCredits,
    nanoseconds: u64,
) -> Option<Timestamp> {
    let product = u128::from(available.get()).checked_mul(u128::from(nanoseconds))?;
    let left = u64::try_from(product.checked_div(u128::from(consumed.get()))?).ok()?;
    now.nanoseconds().checked_add_unsigned(left).map(Timestamp::from_nanoseconds)
}

impl Account {
    /// When what is available would be used up if charges went on as in so many nanoseconds before; `None`
    /// without charges in that time, or beyond the range of time.
    ///
    /// An estimate that decides nothing (CRD-05). It looks back no further than the window of the account,
    /// which is as far as charges are remembered, and it knows nothing of credits that expire or are issued
    /// before then: the ends of the periods are in [`Account::grants`].
    pub fn forecast(&self, now: Timestamp, nanoseconds: u64) -> Option<Timestamp> {
        let nanoseconds = nanoseconds.min(self.options.window);
        let since = earlier(now, nanoseconds);
        let recent = self.memory.iter().filter(|record| since < record.at && record.at <= now);
        let consumed = recent.fold(0_u64, |sum, record| match &record.held {
            Held::Charge { legs, .. } => sum.saturating_add(legs.sum()),
            Held::Nothing | Held::Reservation { .. } => sum,
        });
        exhausted_at(now, self.balance(now).available, MicroCredits::new(consumed), nanoseconds)
    }
}

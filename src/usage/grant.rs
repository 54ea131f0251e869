//! Grants: credits issued for one period of one plan, and what became of them.
//!
//! A grant keeps what was issued, reserved and consumed. Whether the rest is available, expired or revoked
//! follows from the instant that is asked about, so expiry needs no sweep that could come late or twice.

use crate::units::{MicroCredits, Timestamp};

use super::event::{EventId, Reason};
use super::period::Period;
use super::plan::{PlanKey, Plans};
use super::wire::{wire_enum, wire_nothing, wire_struct};

/// How credits came to be. The order is the burn order at equal priority and expiry: bought credits burn
/// last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GrantKind {
    /// Included in the plan (CRD-02).
    Included,
    /// Given, with a reason.
    Goodwill,
    /// Bought in increments (CRD-08).
    Purchased,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) event: EventId,
    pub(super) issued_at: Timestamp,
    pub(super) kind: GrantKind,
    pub(super) plan: PlanKey,
    pub(super) priority: u8,
    /// From its start the grant is effective, at its end it expires (CRD-06).
    pub(super) period: Period,
    /// The position of its cycle.
    pub(super) cycle: u32,
    pub(super) issued: u64,
    pub(super) reserved: u64,
    pub(super) consumed: u64,
    pub(super) revoked: bool,
    pub(super) reason: Option<Reason>,
    /// The position of the grant that burns after it, if any. Follows from the other grants.
    pub(super) next: Link,
}

/// The position of a grant in the account: a link of the burn order, which is not written down. There is none at that
/// of the last link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link(pub(super) u32);

impl Default for Link {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

/// The burn order (CRD-09): priority, earliest expiry, kind, effective instant; issue order comes with the
/// position in the list.
pub(super) type BurnKey = (u8, Timestamp, GrantKind, Timestamp);

impl Grant {
    pub(super) const fn burn_key(&self) -> BurnKey {
        (self.priority, self.period.until, self.kind, self.period.from)
    }

    /// What is neither reserved nor consumed. The subtraction is exact: no posting takes more than this.
    pub(super) const fn rest(&self) -> u64 {
        self.issued.saturating_sub(self.reserved).saturating_sub(self.consumed)
    }

    /// What a charge of that instant may take, if it may burn these plans.
    pub(super) fn usable(&self, plans: Plans, at: Timestamp) -> u64 {
        let usable = self.period.contains(at) && plans.has(self.plan) && !self.revoked;
        if usable { self.rest() } else { 0 }
    }

    /// The state of the grant at an instant, with the plans held then.
    pub(super) fn balance(&self, at: Timestamp, held: Plans) -> GrantBalance {
        let rest = MicroCredits::new(self.rest());
        let mut balance = GrantBalance {
            grant: self.event,
            kind: self.kind,
            plan: self.plan,
            period: self.period,
            issued: MicroCredits::new(self.issued),
            upcoming: MicroCredits::ZERO,
            available: MicroCredits::ZERO,
            bound: MicroCredits::ZERO,
            reserved: MicroCredits::new(self.reserved),
            consumed: MicroCredits::new(self.consumed),
            expired: MicroCredits::ZERO,
            revoked: MicroCredits::ZERO,
            reason: self.reason.clone(),
        };
        let place = if self.revoked {
            &mut balance.revoked
        } else if at < self.period.from {
            &mut balance.upcoming
        } else if at >= self.period.until {
            &mut balance.expired
        } else if held.has(self.plan) {
            &mut balance.available
        } else {
            &mut balance.bound
        };
        *place = rest;
        balance
    }
}

/// What became of a grant by an instant.
///
/// At every instant, to the micro-credit: issued = upcoming + available + bound + reserved + consumed +
/// expired + revoked. Of `upcoming`, `available`, `bound`, `expired` and `revoked` at most one is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantBalance {
    /// The event that issued it.
    pub grant: EventId,
    /// How it came to be.
    pub kind: GrantKind,
    /// The plan under which alone it is usable.
    pub plan: PlanKey,
    /// When it is usable; it expires at the end.
    pub period: Period,
    /// What was issued.
    pub issued: MicroCredits,
    /// What will be available when the period begins.
    pub upcoming: MicroCredits,
    /// What can be used.
    pub available: MicroCredits,
    /// What could be used if its plan were held.
    pub bound: MicroCredits,
    /// What open reservations hold.
    pub reserved: MicroCredits,
    /// What was charged.
    pub consumed: MicroCredits,
    /// What expired unused (CRD-06).
    pub expired: MicroCredits,
    /// What was withdrawn.
    pub revoked: MicroCredits,
    /// Why it was given, for goodwill.
    pub reason: Option<Reason>,
}

wire_nothing!(Link);
wire_enum!(GrantKind { 0 Included, 1 Goodwill, 2 Purchased });
wire_struct!(Grant {
    event,
    issued_at,
    kind,
    plan,
    priority,
    period,
    cycle,
    issued,
    reserved,
    consumed,
    revoked,
    reason,
    next,
});

//! Cycles: one credit period of one plan, with what no grant covers and the thresholds that fired.

use crate::units::Timestamp;

use super::options::{Basis, Options};
use super::period::Period;
use super::plan::{PlanKey, Stop};
use super::wire::wire_struct;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    pub(super) plan: PlanKey,
    pub(super) period: Period,
    /// The end of the period, or the instant at which the plan was left before it.
    pub(super) left: Timestamp,
    pub(super) stop: Stop,
    /// Whether what the plan includes has been issued.
    pub(super) included: bool,
    /// What its grants hold, revoked ones left out of `issued`.
    pub(super) issued: u64,
    pub(super) reserved: u64,
    pub(super) consumed: u64,
    /// What no grant covers: overdraft, or plain consumption if the plan is unlimited.
    pub(super) excess_reserved: u64,
    pub(super) excess_consumed: u64,
    /// One bit for each threshold that has fired.
    pub(super) fired: u8,
}

impl Cycle {
    pub(super) const fn new(plan: PlanKey, period: Period, stop: Stop) -> Self {
        Self {
            plan,
            period,
            left: period.until,
            stop,
            included: false,
            issued: 0,
            reserved: 0,
            consumed: 0,
            excess_reserved: 0,
            excess_consumed: 0,
            fired: 0,
        }
    }

    pub(super) fn is_of(&self, plan: PlanKey, at: Timestamp) -> bool {
        self.plan == plan && self.period.from <= at && at < self.left
    }

    /// Whether so much more may go uncovered (CRD-11). A soft ceiling counts from what was issued; without it
    /// nothing does.
    pub(super) fn admits_excess(&self, short: u64) -> bool {
        match self.stop {
            Stop::Hard => short == 0,
            Stop::Soft { .. } | Stop::Unlimited => {
                let parts = [self.issued, self.excess_reserved, self.excess_consumed, short];
                self.stop.admits(sum(&parts), self.issued)
            }
        }
    }

    /// Fires the thresholds that the level has reached and that have not fired (CRD-11).
    pub(super) fn cross(&mut self, options: &Options, mut fire: impl FnMut(usize, u16)) {
        if self.stop == Stop::Unlimited {
            return;
        }
        let level = self.level(options.basis);
        for (position, percent) in options.thresholds_by_position() {
            let bit = threshold_bit(position);
            if self.fired & bit != 0 {
                continue;
            }
            if self.has_reached(level, percent) {
                self.fired |= bit;
                fire(position, percent);
            } else if self.issued > 0 {
                // They are in order, so none of those above is reached.
                return;
            }
        }
    }

    /// Arms the thresholds again that the level no longer reaches.
    pub(super) fn rearm(&mut self, options: &Options) {
        let level = self.level(options.basis);
        for (position, percent) in options.thresholds_by_position() {
            if !self.has_reached(level, percent) {
                self.fired &= !threshold_bit(position);
            }
        }
    }

    fn level(&self, basis: Basis) -> u128 {
        match basis {
            Basis::Consumed => sum(&[self.consumed, self.excess_consumed]),
            Basis::ConsumedAndReserved => {
                sum(&[self.consumed, self.excess_consumed, self.reserved, self.excess_reserved])
            }
        }
    }

    /// A share of nothing is undefined: without any credits issued, the first use reaches 100 % and no other.
    fn has_reached(&self, level: u128, percent: u16) -> bool {
        if self.issued == 0 {
            return level > 0 && percent == 100;
        }
        let mark = u128::from(self.issued).saturating_mul(u128::from(percent));
        level.saturating_mul(100) >= mark
    }
}

fn threshold_bit(position: usize) -> u8 {
    u32::try_from(position).ok().and_then(|position| 1_u8.checked_shl(position)).unwrap_or(0)
}

fn sum(parts: &[u64]) -> u128 {
    parts.iter().map(|part| u128::from(*part)).sum()
}

wire_struct!(Cycle {
    plan,
    period,
    left,
    stop,
    included,
    issued,
    reserved,
    consumed,
    excess_reserved,
    excess_consumed,
    fired,
});

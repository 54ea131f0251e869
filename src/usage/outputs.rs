//! Outputs: the words in which a host tells what AI features produced and what people did with it.

use super::event::OptInId;
use super::period::{Period, Schedule};
use super::plan::Stop;
use super::wire::{wire_enum, wire_struct};

/// Why an output was produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A user asked for it: it counts (USE-04).
    Requested,
    /// Nobody asked for it: it counts when someone follows it up (USE-02).
    Proactive,
    /// It comes again and again under an opt-in: it counts while that lasts (USE-03).
    Recurring {
        /// The opt-in.
        opt_in: OptInId,
    },
}

/// What someone did with an output (USE-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Follow {
    /// Took an action that the output recommended.
    Recommended,
    /// Copied or shared it.
    Share,
    /// Opted in to having it again and again, which begins the opt-in.
    OptIn {
        /// The opt-in.
        opt_in: OptInId,
    },
}

/// An organization's limit of outputs (USE-01).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLimit {
    pub(super) schedule: Schedule,
    pub(super) limit: u64,
    pub(super) stop: Stop,
}

impl OutputLimit {
    /// So many outputs in each period of the schedule, and what happens beyond. Where the schedule has no
    /// period there is no room.
    pub const fn new(limit: u64, schedule: Schedule, stop: Stop) -> Self {
        Self { schedule, limit, stop }
    }
}

/// How many outputs were counted in the period around an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputBalance {
    /// The period; without a limit it has no end to speak of.
    pub period: Period,
    /// How many outputs count.
    pub used: u64,
    /// How many are included; `None` if nothing is enforced.
    pub limit: Option<u64>,
}

impl OutputBalance {
    /// How many outputs are left below the limit; `None` if nothing is enforced.
    pub fn remaining(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.used))
    }
}

wire_enum!(Origin { 0 Requested, 1 Proactive, 2 Recurring { opt_in } });
wire_enum!(Follow { 0 Recommended, 1 Share, 2 OptIn { opt_in } });
wire_struct!(OutputLimit { schedule, limit, stop });

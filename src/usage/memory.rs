//! Memory: the events of the declared window, by id, with their answers and their legs.
//!
//! It is what makes an event happen once, and what lets a charge be corrected to the legs it came from. An
//! event older than the window is rejected before it is looked up, so forgetting can never count twice
//! (USE-07).

use crate::units::Timestamp;

use super::credits::Payer;
use super::event::{Body, EventId, Version};
use super::legs::Legs;
use super::outcome::{Outcome, Resolution};
use super::window::{Known, Window};
use super::wire::{Malformed, Wire, wire_enum, wire_struct, write_list};

/// An event and what it did, as far as a repeat or a later event asks for it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: EventId,
    pub(super) at: Timestamp,
    pub(super) body: Body,
    pub(super) outcome: Outcome,
    pub(super) held: Held,
}

/// What an event left behind that later events refer to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    Nothing,
    /// A reservation; `parts` tells whether any of it has been settled.
    Reservation {
        payer: Payer,
        legs: Legs,
        parts: bool,
        resolution: Option<Resolution>,
    },
    /// A charge; the legs are what is still charged.
    Charge {
        payer: Payer,
        legs: Legs,
    },
}

impl Record {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.held, Held::Reservation { resolution: None, .. })
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self.body {
            Body::Reserve { deadline, .. } if self.is_open() => Some(deadline),
            _ => None,
        }
    }
}

/// The events of an account; the number of each is the version that it was applied to.
pub(super) type Memory = Window<Record>;

impl Known for Record {
    #[inline]
    fn id(&self) -> u128 {
        self.id.0
    }
}

impl Memory {
    /// The version of the account: so many events were recorded.
    pub(super) fn version(&self) -> Version {
        Version(self.next())
    }

    /// Forgets records older than the window, in their order. An open reservation is not forgotten, nor is
    /// what came after it.
    pub(super) fn forget_before(&mut self, oldest: Timestamp) {
        self.forget_while(|record| record.at < oldest && !record.is_open());
    }
}

wire_struct!(Record { id, at, body, outcome, held });
wire_enum!(Held {
    0 Nothing,
    1 Reservation { payer, legs, parts, resolution },
    2 Charge { payer, legs },
});

impl Wire for Memory {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.before().write(bytes);
        write_list(self.iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Self::read_after(u64::read(bytes)?, bytes)
    }
}

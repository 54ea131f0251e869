//! Memory: the events of the declared window, by id, with their answers and their legs.
//!
//! It is what makes an event happen once, and what lets a charge be corrected to the legs it came from. An
//! event older than the window is rejected before it is looked up, so forgetting can never count twice
//! (USE-07).

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::units::Timestamp;

use super::credits::Payer;
use super::event::{Body, Event, EventId, Version};
use super::legs::Legs;
use super::outcome::{Receipt, Resolution};
use super::wire::{Malformed, Wire, wire_enum, wire_struct, write_list};

/// An event and what it did.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) event: Event,
    pub(super) receipt: Receipt,
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
        match self.event.body {
            Body::Reserve { deadline, .. } if self.is_open() => Some(deadline),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// In the order in which they were recorded, without gaps.
    records: VecDeque<Record>,
    /// The version of each record; the first record's tells the place of all.
    versions: HashMap<EventId, Version, Fixed>,
}

impl Memory {
    pub(super) fn get(&self, id: EventId) -> Option<&Record> {
        let version = *self.versions.get(&id)?;
        self.records.get(self.place(version)?)
    }

    pub(super) fn get_mut(&mut self, id: EventId) -> Option<&mut Record> {
        let version = *self.versions.get(&id)?;
        let place = self.place(version)?;
        self.records.get_mut(place)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.iter()
    }

    #[inline]
    pub(super) fn push(&mut self, record: Record) {
        self.versions.insert(record.event.id, record.receipt.version);
        self.records.push_back(record);
    }

    /// Forgets records older than the window, in their order. An open reservation is not forgotten, nor is
    /// what came after it.
    pub(super) fn forget_before(&mut self, oldest: Timestamp) {
        while let Some(record) = self.records.front() {
            if record.event.at >= oldest || record.is_open() {
                return;
            }
            self.versions.remove(&record.event.id);
            self.records.pop_front();
        }
    }

    fn place(&self, version: Version) -> Option<usize> {
        let first = self.records.front()?.receipt.version.0;
        usize::try_from(version.0.checked_sub(first)?).ok()
    }
}

/// A hash that is the same on every machine. Ids come from the host; their order in the map is never seen.
pub(super) type Fixed = BuildHasherDefault<FoldHasher>;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FoldHasher(u64);

impl FoldHasher {
    /// An odd constant with well-mixed bits: the fraction of the golden ratio.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    const fn fold(self, word: u64) -> Self {
        Self((self.0.rotate_left(23) ^ word).wrapping_mul(Self::FACTOR))
    }
}

impl Hasher for FoldHasher {
    /// The upper half of a product depends on all bits, the lower only on the lower ones: mix them.
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            *self = self.fold(u64::from(*byte));
        }
    }

    fn write_u128(&mut self, number: u128) {
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
        *self = self.fold(half(number)).fold(half(number >> 64));
    }
}

wire_struct!(Record { event, receipt, held });
wire_enum!(Held {
    0 Nothing,
    1 Reservation { payer, legs, parts, resolution },
    2 Charge { payer, legs },
});

impl Wire for Memory {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(self.records.iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut memory = Self::default();
        for record in Vec::<Record>::read(bytes)? {
            let follows = match memory.records.back() {
                Some(before) => before.receipt.version.0.checked_add(1) == Some(record.receipt.version.0),
                None => true,
            };
            if !follows || memory.versions.contains_key(&record.event.id) {
                return Err(Malformed);
            }
            memory.push(record);
        }
        Ok(memory)
    }
}

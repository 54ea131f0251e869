//! Memory: the events of the declared window, by id, with their answers and their legs.
//!
//! It is what makes an event happen once, and what lets a charge be corrected to the legs it came from. An
//! event older than the window is rejected before it is looked up, so forgetting can never count twice
//! (USE-07).

use std::collections::VecDeque;

use crate::units::Timestamp;

use super::credits::Payer;
use super::event::{Body, EventId, Version};
use super::index::Index;
use super::legs::Legs;
use super::outcome::{Outcome, Resolution};
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

#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// In the order in which they were recorded, without gaps.
    records: VecDeque<Record>,
    /// The version of the account before the first record.
    before: u64,
    index: Index,
}

impl Memory {
    /// No records, of an account at a version.
    pub(super) fn after(version: Version) -> Self {
        Self { before: version.0, ..Self::default() }
    }

    /// The version that an event made, if it is remembered.
    pub(super) fn find(&self, id: EventId) -> Option<Version> {
        let is = |place| self.records.get(place).is_some_and(|record| record.id == id);
        self.index.find(id, self.version_of(1), is).map(|place| self.version_of(place.saturating_add(1)))
    }

    pub(super) fn get(&self, version: Version) -> Option<&Record> {
        self.records.get(self.place(version)?)
    }

    pub(super) fn get_mut(&mut self, version: Version) -> Option<&mut Record> {
        let place = self.place(version)?;
        self.records.get_mut(place)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.iter()
    }

    /// The records with their versions.
    pub(super) fn versions(&self) -> impl Iterator<Item = (Version, &Record)> {
        (1..).map(|count| self.version_of(count)).zip(&self.records)
    }

    /// The version of the account after the last record.
    pub(super) fn version(&self) -> Version {
        self.version_of(self.records.len())
    }

    /// The version that so many of the records made.
    fn version_of(&self, count: usize) -> Version {
        Version(self.before.saturating_add(u64::try_from(count).unwrap_or(u64::MAX)))
    }

    /// Remembers a record as the next version.
    #[inline]
    pub(super) fn push(&mut self, record: Record) {
        let id = record.id;
        self.records.push_back(record);
        self.index.insert(id, self.version());
    }

    /// Forgets records older than the window, in their order. An open reservation is not forgotten, nor is
    /// what came after it.
    pub(super) fn forget_before(&mut self, oldest: Timestamp) {
        let mut count = 0_usize;
        for record in self.records.iter().take_while(|record| record.at < oldest && !record.is_open()) {
            count = count.saturating_add(1);
            self.index.remove(record.id, Version(self.before.saturating_add(1)));
            self.before = self.before.saturating_add(1);
        }
        if count > 0 {
            self.records.drain(..count);
        }
    }

    fn place(&self, version: Version) -> Option<usize> {
        usize::try_from(version.0.checked_sub(self.before)?.checked_sub(1)?).ok()
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
        self.before.write(bytes);
        write_list(self.records.iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut memory = Self::after(Version::read(bytes)?);
        for _ in 0..u64::read(bytes)? {
            let record = Record::read(bytes)?;
            if memory.find(record.id).is_some() {
                return Err(Malformed);
            }
            memory.push(record);
        }
        // The next event needs a version as well.
        if memory.version().0 == u64::MAX { Err(Malformed) } else { Ok(memory) }
    }
}

//! Index: which number the item with an id has.
//!
//! One flat table, eight bytes a slot, searched from the slot that a hash of the id names. A slot keeps the hash,
//! so items are only looked at when theirs is the one asked for; and since items go as fast as they come, removing
//! closes the gap at once and leaves no marks that a later search would have to pass.

use std::num::NonZeroU32;

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// A power of two of them, at most half of them taken; none at first.
    slots: Vec<Option<Slot>>,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    hash: NonZeroU32,
    /// The lower half of the number: fewer than four billion items are remembered at a time.
    number: u32,
}

impl Index {
    pub(super) const EMPTY: Self = Self { slots: Vec::new(), count: 0 };

    /// How far after `first` the number is whose item is the one asked for, among those whose ids have the
    /// same hash.
    #[inline]
    pub(super) fn find(&self, id: u128, first: u64, is: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = hash(id);
        let mut place = self.home(hash);
        while let Some(slot) = self.at(place) {
            if slot.hash == hash {
                let behind = usize::try_from(slot.number.wrapping_sub(low(first))).ok();
                if let Some(found) = behind.filter(|behind| is(*behind)) {
                    return Some(found);
                }
            }
            place = self.after(place);
        }
        None
    }

    /// Adds an item that is not in the index.
    pub(super) fn insert(&mut self, id: u128, number: u64) {
        if self.count.saturating_mul(2) >= self.slots.len() {
            self.grow();
        }
        self.place(Slot { hash: hash(id), number: low(number) });
        self.count = self.count.saturating_add(1);
    }

    /// Removes an item, and moves up those behind it that a search would no longer reach.
    pub(super) fn remove(&mut self, id: u128, number: u64) {
        let slot = Slot { hash: hash(id), number: low(number) };
        let mut gap = self.home(slot.hash);
        while self.at(gap) != Some(slot) {
            if self.at(gap).is_none() {
                return;
            }
            gap = self.after(gap);
        }
        self.count = self.count.saturating_sub(1);
        let mut next = self.after(gap);
        while let Some(moving) = self.at(next) {
            if self.distance(self.home(moving.hash), gap) < self.distance(self.home(moving.hash), next) {
                self.set(gap, Some(moving));
                gap = next;
            }
            next = self.after(next);
        }
        self.set(gap, None);
    }

    fn grow(&mut self) {
        let length = self.slots.len().saturating_mul(2).max(8);
        let slots = std::mem::replace(&mut self.slots, vec![None; length]);
        slots.into_iter().flatten().for_each(|slot| self.place(slot));
    }

    fn place(&mut self, slot: Slot) {
        let mut place = self.home(slot.hash);
        while self.at(place).is_some() {
            place = self.after(place);
        }
        self.set(place, Some(slot));
    }

    /// The place at which a search begins. It ends at a free one, as at least half of them are.
    fn home(&self, hash: NonZeroU32) -> usize {
        usize::try_from(hash.get()).unwrap_or(0) & self.mask()
    }

    fn after(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.mask()
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    fn mask(&self) -> usize {
        self.slots.len().saturating_sub(1)
    }

    fn at(&self, place: usize) -> Option<Slot> {
        self.slots.get(place).copied().flatten()
    }

    fn set(&mut self, place: usize, slot: Option<Slot>) {
        if let Some(taken) = self.slots.get_mut(place) {
            *taken = slot;
        }
    }
}

/// The upper half of a product depends on all bits of an id, whichever of them the host makes differ.
fn hash(id: u128) -> NonZeroU32 {
    /// An odd constant with well-mixed bits: the fraction of the golden ratio.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let [upper, lower] = [id >> 64, id].map(|bits| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0));
    let mixed = (upper.wrapping_mul(FACTOR).rotate_left(32) ^ lower).wrapping_mul(FACTOR);
    NonZeroU32::MIN.saturating_add(u32::try_from(mixed >> 33).unwrap_or(0))
}

fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Every remembered id is found at its place and no other id is, while thousands come and go; with ids
    /// counted up, spread over all bits, and such that many have one hash.
    #[test]
    fn what_is_inserted_is_found_until_it_is_removed() {
        let ids: [fn(u64) -> u128; 4] = [
            u128::from,
            |number| u128::from(number) << 64,
            |number| u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
            |number| u128::from(number % 7) << 57 | u128::from(number) << 120 >> 8,
        ];
        for make in ids {
            let mut index = Index::default();
            let mut items = VecDeque::new();
            let mut first = u64::from(u32::MAX) - 100;
            for number in 0..200 {
                let (id, next) = (make(number), first + items.len() as u64);
                if items.contains(&id) {
                    continue;
                }
                assert_eq!(index.find(id, first, |place| items[place] == id), None);
                index.insert(id, next);
                items.push_back(id);
                if number % 3 == 0 || items.len() > 40 {
                    index.remove(items.pop_front().unwrap(), first);
                    first += 1;
                }
                assert_eq!(index.count, items.len());
                for (place, id) in items.iter().enumerate() {
                    assert_eq!(index.find(*id, first, |place| items[place] == *id), Some(place));
                }
            }
        }
    }
}

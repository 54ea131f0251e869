//! Window: what is remembered for a while, in the order in which it came, and found by its id.
//!
//! A ring of items and an index into it, both flat: in steady state what comes takes the place of what goes, and
//! nothing is allocated. Each item has a number, counted up from the first that ever came, so that whoever found
//! one once finds it again without its id.

use std::collections::VecDeque;

use super::index::Index;
use super::wire::{Malformed, Wire};

/// What has an id of its own.
pub(super) trait Known {
    fn id(&self) -> u128;
}

#[derive(Clone, Debug)]
pub(super) struct Window<T> {
    /// In the order in which they came, without gaps.
    items: VecDeque<T>,
    /// How many came before the first of them.
    before: u64,
    index: Index,
}

impl<T> Window<T> {
    pub(super) const EMPTY: Self = Self { items: VecDeque::new(), before: 0, index: Index::EMPTY };
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<T: Known> Window<T> {
    /// The number of the item with this id, if it is remembered.
    #[inline]
    pub(super) fn find(&self, id: u128) -> Option<u64> {
        let is = |place| self.items.get(place).is_some_and(|item| item.id() == id);
        let place = self.index.find(id, self.before, is)?;
        Some(self.number(place))
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.items.get(self.place(number)?)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let place = self.place(number)?;
        self.items.get_mut(place)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.items.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many came before the items that are remembered.
    pub(super) const fn before(&self) -> u64 {
        self.before
    }

    /// The number that the next item will have: so many have come.
    pub(super) fn next(&self) -> u64 {
        self.number(self.items.len())
    }

    /// Remembers an item that is not in the window.
    #[inline]
    pub(super) fn push(&mut self, item: T) {
        let (id, number) = (item.id(), self.next());
        self.items.push_back(item);
        self.index.insert(id, number);
    }

    /// Forgets the oldest items, as long as they are over.
    pub(super) fn forget_while(&mut self, is_over: impl Fn(&T) -> bool) {
        let mut count = 0_usize;
        for item in self.items.iter().take_while(|item| is_over(item)) {
            self.index.remove(item.id(), self.before);
            self.before = self.before.saturating_add(1);
            count = count.saturating_add(1);
        }
        if count > 0 {
            self.items.drain(..count);
        }
    }

    fn number(&self, place: usize) -> u64 {
        self.before.saturating_add(u64::try_from(place).unwrap_or(u64::MAX))
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.before)?).ok()
    }
}

impl<T: Known + Wire> Window<T> {
    /// Reads a list of items, before which so many came. Their numbers, and that of the next, have to fit.
    pub(super) fn read_after(before: u64, bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut window = Self { before, ..Self::default() };
        for _ in 0..u64::read(bytes)? {
            let item = T::read(bytes)?;
            if window.find(item.id()).is_some() {
                return Err(Malformed);
            }
            window.push(item);
        }
        if window.next() == u64::MAX { Err(Malformed) } else { Ok(window) }
    }
}

//! Window: what is remembered for a while, in the order in which it came, and found by its id.
//!
//! A ring of items, and a flat table of the newest item of each hash, which links to the one before it: in steady
//! state what comes takes the place of what goes, and nothing is allocated. As items go in the order in which they
//! came, a link to one that has gone ends a search, and forgetting leaves the table alone. Each item has a number,
//! counted up from the first that ever came, so that whoever found one once finds it again without its id.

use std::collections::VecDeque;

use super::wire::wire_nothing;

/// What has an id of its own.
pub(super) trait Known {
    fn id(&self) -> u128;
    fn earlier(&self) -> Link;
    fn earlier_mut(&mut self) -> &mut Link;
}

/// The lower half of the number of an item: fewer than four billion are remembered at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Link(u32);

#[derive(Clone, Debug)]
pub(super) struct Window<T> {
    /// In the order in which they came, without gaps.
    items: VecDeque<T>,
    /// How many came before the first of them.
    before: u64,
    /// The newest item of each hash, remembered or gone. A power of two of them, at least twice as many as there
    /// are items; none at first.
    newest: Vec<Link>,
}

impl<T> Window<T> {
    pub(super) const EMPTY: Self = Self::after(0);

    /// An empty one, before which so many came.
    pub(super) const fn after(before: u64) -> Self {
        Self { items: VecDeque::new(), before, newest: Vec::new() }
    }
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
        let mut link = *self.newest.get(home(id, self.newest.len()))?;
        let mut end = self.items.len();
        loop {
            // What does not lie before the one that links to it has gone, however often numbers came round since.
            let place = self.linked(link).filter(|place| *place < end)?;
            let item = self.items.get(place)?;
            if item.id() == id {
                return Some(self.number(place));
            }
            (link, end) = (item.earlier(), place);
        }
    }

    /// Whether an item with this id, or one of the same hash, may be remembered: what a search reads first.
    #[inline]
    pub(super) fn may_know(&self, id: u128) -> bool {
        let newest = self.newest.get(home(id, self.newest.len()));
        newest.and_then(|link| self.linked(*link)).is_some_and(|place| place < self.items.len())
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

    /// Remembers an item with this id, which is not in the window. It is made here, so that it is not copied on the
    /// way to where it is kept.
    #[expect(clippy::inline_always, reason = "so that what is made here is made where it stays")]
    #[inline(always)]
    pub(super) fn push(&mut self, id: u128, make: impl FnOnce(Link) -> T) {
        if self.items.len().saturating_mul(2) >= self.newest.len() {
            self.grow();
        }
        let number = self.next();
        let earlier = link_in(&mut self.newest, number, id);
        self.items.push_back(make(earlier));
    }

    /// Forgets the oldest items, as long as they are over.
    #[inline]
    pub(super) fn forget_while(&mut self, is_over: impl Fn(&T) -> bool) {
        let count = self.items.iter().take_while(|item| is_over(item)).count();
        if count > 0 {
            self.before = self.number(count);
            self.items.drain(..count);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = self.newest.len().saturating_mul(2).max(16);
        self.newest = vec![Link(low(self.before).wrapping_sub(1)); length];
        for (number, item) in (self.before..).zip(&mut self.items) {
            *item.earlier_mut() = link_in(&mut self.newest, number, item.id());
        }
    }

    fn number(&self, place: usize) -> u64 {
        self.before.saturating_add(u64::try_from(place).unwrap_or(u64::MAX))
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.before)?).ok()
    }

    fn linked(&self, link: Link) -> Option<usize> {
        usize::try_from(link.0.wrapping_sub(low(self.before))).ok()
    }
}

/// Makes the item with this number and id the newest of its hash, and returns the one before it.
#[inline]
fn link_in(newest: &mut [Link], number: u64, id: u128) -> Link {
    let home = home(id, newest.len());
    newest.get_mut(home).map_or_else(Link::default, |newest| std::mem::replace(newest, Link(low(number))))
}

/// The place of an id in a table of so many, which are a power of two. The upper half of a product depends on all bits
/// of an id, whichever of them the host makes differ.
#[inline]
fn home(id: u128, length: usize) -> usize {
    /// An odd constant with well-mixed bits: the fraction of the golden ratio.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let [upper, lower] = [id >> 64, id].map(|bits| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0));
    let mixed = (upper.wrapping_mul(FACTOR).rotate_left(32) ^ lower).wrapping_mul(FACTOR);
    usize::try_from(mixed >> 32).unwrap_or(0) & length.saturating_sub(1)
}

fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

wire_nothing!(Link);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Item {
        id: u128,
        earlier: Link,
    }

    impl Known for Item {
        fn id(&self) -> u128 {
            self.id
        }

        fn earlier(&self) -> Link {
            self.earlier
        }

        fn earlier_mut(&mut self) -> &mut Link {
            &mut self.earlier
        }
    }

    /// Every remembered id is found at its number and no other id is, while hundreds come and go and numbers come
    /// round; with ids counted up, spread over all bits, and such that many have one hash.
    #[test]
    fn what_is_remembered_is_found_until_it_is_forgotten() {
        let ids: [fn(u64) -> u128; 4] = [
            u128::from,
            |number| u128::from(number) << 64,
            |number| u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
            |number| u128::from(number % 7) << 57 | u128::from(number) << 120 >> 8,
        ];
        for make in ids {
            let mut window = Window::after(u64::from(u32::MAX) - 100);
            for number in 0..200 {
                let id = make(number);
                if window.find(id).is_some() {
                    continue;
                }
                window.push(id, |earlier| Item { id, earlier });
                if number % 3 == 0 || window.items.len() > 40 {
                    let first = window.items[0];
                    window.forget_while(|item| *item == first);
                    assert_eq!(window.find(first.id), None);
                }
                assert!(window.items.len() * 2 <= window.newest.len());
                for (number, item) in (window.before..).zip(&window.items) {
                    assert_eq!(window.find(item.id), Some(number));
                }
            }
        }
    }

    /// A link is half a number: one that has gone long ago may name an item that came since. The search still ends.
    #[test]
    fn a_link_of_a_former_round_leads_nowhere() {
        let mut window = Window::default();
        (0..4).for_each(|id| window.push(id, |earlier| Item { id, earlier }));
        for stale in 0..4 {
            window.newest.fill(Link(stale));
            window.items.iter_mut().for_each(|item| item.earlier = Link(stale));
            assert_eq!(window.find(9), None);
            window.push(10, |earlier| Item { id: 10, earlier });
            assert_eq!(window.find(10), Some(4));
            assert_eq!(window.items.pop_back().map(|item| item.earlier), Some(Link(stale)));
        }
    }
}

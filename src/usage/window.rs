//! Window: what is remembered for a while, in the order in which it came, and found by its id.
//!
//! A ring of items, and a flat table of the newest item of each hash, which links to the one before it: in steady
//! state what comes takes the place of what goes, and nothing is allocated. As items go in the order in which they
//! came, a link to one that has gone ends a search, and forgetting leaves the table alone. Each item has a number,
//! counted up from the first that ever came, so that whoever found one once finds it again without its id.

use std::ops::Range;

use super::wire::wire_nothing;

/// What has an id of its own.
pub(super) trait Known: Sized {
    /// What stands where there is no item.
    const BLANK: Self;

    fn id(&self) -> u128;
    fn earlier(&self) -> Link;
}

/// The lower half of the number of an item: fewer than four billion are remembered at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link(u32);

impl Link {
    /// That of a blank item, which nobody follows.
    pub(super) const BLANK: Self = Self(0);
}

#[derive(Clone, Debug)]
pub(super) struct Window<T> {
    /// A ring: where no item is, what was forgotten still stands. A power of two of places, none at first.
    items: Vec<T>,
    /// How many came before the first that is remembered.
    before: u64,
    /// How many have come.
    next: u64,
    /// The lower half of a number whose place is the first. When nothing is remembered it is that of the next item, so
    /// that a window that is often empty stays in the memory that it has just read.
    origin: u32,
    /// The newest item of each hash, remembered or gone. Twice as many as there are places for items.
    newest: Vec<Link>,
}

impl<T> Window<T> {
    pub(super) const EMPTY: Self = Self::after(0);

    /// An empty one, before which so many came.
    pub(super) const fn after(before: u64) -> Self {
        Self { items: Vec::new(), before, next: before, origin: low(before), newest: Vec::new() }
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
        let mut end = self.next;
        loop {
            // What does not lie before the one that links to it has gone, however often numbers came round since.
            let number = Some(self.linked(link)).filter(|number| *number < end)?;
            let item = self.get(number)?;
            if item.id() == id {
                return Some(number);
            }
            (link, end) = (item.earlier(), number);
        }
    }

    /// Whether an item with this id, or one of the same hash, may be remembered: what a search reads first.
    #[inline]
    pub(super) fn may_know(&self, id: u128) -> bool {
        let newest = self.newest.get(home(id, self.newest.len()));
        newest.is_some_and(|link| self.linked(*link) < self.next)
    }

    #[inline]
    pub(super) fn get(&self, number: u64) -> Option<&T> {
        if self.remembers(number) { self.items.get(self.place(number)) } else { None }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let place = self.place(number);
        if self.remembers(number) { self.items.get_mut(place) } else { None }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.numbers().filter_map(|number| self.get(number))
    }

    /// The numbers of the items that are remembered.
    pub(super) fn numbers(&self) -> Range<u64> {
        self.before..self.next
    }

    /// Makes place for an item with this id, which is not in the window, to be written over what stands there.
    #[inline]
    pub(super) fn push(&mut self, id: u128) -> Option<(&mut T, Link)> {
        if self.numbers().count() == self.items.len() {
            self.grow();
        }
        let number = self.next;
        self.next = number.saturating_add(1);
        let place = self.place(number);
        Some((self.items.get_mut(place)?, link_in(&mut self.newest, number, id)))
    }

    /// Forgets the oldest items, as long as they are over.
    #[inline]
    pub(super) fn forget_while(&mut self, is_over: impl Fn(&T) -> bool) {
        while self.get(self.before).is_some_and(&is_over) {
            self.before = self.before.saturating_add(1);
        }
        if self.before == self.next {
            self.origin = low(self.next);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = self.items.len().saturating_mul(2).max(4);
        let mut grown = Self {
            items: std::iter::repeat_with(|| T::BLANK).take(length).collect(),
            newest: vec![Link(low(self.before).wrapping_sub(1)); length.saturating_mul(2)],
            ..Self::after(self.before)
        };
        for number in self.numbers() {
            let Some(item) = self.get_mut(number) else { break };
            let Some((slot, _)) = grown.push(item.id()) else { break };
            // Its own link still leads to all before it that a search may ask for: a larger table only tells more apart.
            std::mem::swap(slot, item);
        }
        *self = grown;
    }

    /// The place of the item with this number.
    #[inline]
    fn place(&self, number: u64) -> usize {
        usize::try_from(low(number).wrapping_sub(self.origin)).unwrap_or(0) & self.items.len().wrapping_sub(1)
    }

    #[inline]
    fn remembers(&self, number: u64) -> bool {
        self.numbers().contains(&number)
    }

    /// The number that a link means, if what it means is remembered.
    #[inline]
    fn linked(&self, link: Link) -> u64 {
        self.before.saturating_add(u64::from(link.0.wrapping_sub(low(self.before))))
    }
}

/// Makes the item with this number and id the newest of its hash, and returns the one before it.
#[inline]
fn link_in(newest: &mut [Link], number: u64, id: u128) -> Link {
    let home = home(id, newest.len());
    newest.get_mut(home).map_or(Link::BLANK, |newest| std::mem::replace(newest, Link(low(number))))
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

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
const fn low(number: u64) -> u32 {
    number as u32
}

impl Default for Link {
    fn default() -> Self {
        Self::BLANK
    }
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
        const BLANK: Self = Self { id: 0, earlier: Link::BLANK };

        fn id(&self) -> u128 {
            self.id
        }

        fn earlier(&self) -> Link {
            self.earlier
        }
    }

    fn push(window: &mut Window<Item>, id: u128) {
        let (slot, earlier) = window.push(id).unwrap();
        *slot = Item { id, earlier };
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
                push(&mut window, id);
                let count = window.numbers().count();
                if number % 3 == 0 || count > 40 {
                    let first = *window.iter().next().unwrap();
                    window.forget_while(|item| *item == first);
                    assert_eq!(window.find(first.id), None);
                }
                assert_eq!(window.items.len() * 2, window.newest.len());
                assert_eq!(window.iter().count(), window.numbers().count());
                for (number, item) in window.numbers().zip(window.iter()) {
                    assert_eq!(window.find(item.id), Some(number));
                    assert_eq!(window.get(number), Some(item));
                }
                for number in [window.before - 1, window.next] {
                    assert_eq!(window.get(number), None);
                }
            }
        }
    }

    /// As a plain list does: whatever comes and goes, also all at once, also ids that came before and were forgotten,
    /// and through the growth of a ring that begins in its middle.
    #[test]
    fn a_window_is_a_list_of_which_the_oldest_go() {
        let mut state = 9_u64;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from(state >> 33).unwrap() % below
        };
        let (mut grown, mut wrapped) = (0, 0);
        for before in [0, 3, 1 << 40, u64::from(u32::MAX) - 9] {
            let (mut window, mut list) = (Window::after(before), Vec::new());
            for step in 0..600 {
                let id = u128::from(random(60));
                if window.find(id).is_none() && random(3) > 0 {
                    let places = window.items.len();
                    push(&mut window, id);
                    list.push(id);
                    grown += usize::from(window.items.len() > places && places > 0);
                } else {
                    let most = usize::try_from(random(if step % 50 == 0 { 60 } else { 3 })).unwrap();
                    let gone = list.drain(..list.len().min(most)).collect::<Vec<_>>();
                    window.forget_while(|item| gone.contains(&item.id));
                }
                wrapped += usize::from(window.place(window.next) < window.place(window.before));
                assert_eq!(window.iter().map(|item| item.id).collect::<Vec<_>>(), list);
                assert!(!list.is_empty() || window.place(window.next) == 0);
                for id in 0..60 {
                    let place = list.iter().position(|listed| *listed == id);
                    assert_eq!(window.find(id), place.map(|place| window.before + place as u64));
                    assert!(place.is_none() || window.may_know(id));
                }
            }
        }
        assert!(grown > 8 && wrapped > 200, "{grown} {wrapped}");
    }

    /// A link is half a number: one that has gone long ago may name an item that came since. The search still ends.
    #[test]
    fn a_link_of_a_former_round_leads_nowhere() {
        let mut window = Window::default();
        (0..3).for_each(|id| push(&mut window, id));
        for stale in 0..3 {
            window.newest.fill(Link(stale));
            window.items.iter_mut().for_each(|item| item.earlier = Link(stale));
            assert_eq!(window.find(9), None);
            push(&mut window, 10);
            assert_eq!(window.find(10), Some(3));
            assert_eq!(window.get(3).map(|item| item.earlier), Some(Link(stale)));
            window.next = 3;
        }
    }
}

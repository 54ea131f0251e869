//! Sets of a few things.

use std::ops::Deref;

/// Elements in ascending order, each once. A sorted list: for the few elements of a set, and as they mostly come in
/// this order, it does what a tree does, with a fraction of the code for each type of element.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Ascending<T>(Vec<T>);

impl<T> Default for Ascending<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Ascending<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Ord> Ascending<T> {
    /// Where an element stands, or would stand.
    fn position(&self, element: &T) -> Result<usize, usize> {
        match self.0.last() {
            Some(last) if last < element => Err(self.0.len()),
            _ => self.0.binary_search(element),
        }
    }

    /// Puts an element in; false if it is in already.
    pub(crate) fn insert(&mut self, element: T) -> bool {
        let at = self.position(&element);
        at.map_err(|at| self.0.insert(at, element)).is_err()
    }

    pub(crate) fn contains(&self, element: &T) -> bool {
        self.position(element).is_ok()
    }

    pub(crate) fn retain(&mut self, keeps: impl FnMut(&T) -> bool) {
        self.0.retain(keeps);
    }
}

impl<T: Ord> Extend<T> for Ascending<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        for element in elements {
            self.insert(element);
        }
    }
}

impl<'e, T: Ord + Copy + 'e> Extend<&'e T> for Ascending<T> {
    fn extend<I: IntoIterator<Item = &'e T>>(&mut self, elements: I) {
        self.extend(elements.into_iter().copied());
    }
}

impl<T: Ord> FromIterator<T> for Ascending<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut set = Self::default();
        set.extend(elements);
        set
    }
}

impl<T> IntoIterator for Ascending<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'s, T> IntoIterator for &'s Ascending<T> {
    type Item = &'s T;
    type IntoIter = std::slice::Iter<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_in_order_and_once() {
        let mut set: Ascending<u16> = [3, 1, 4, 1, 5].into_iter().collect();
        assert_eq!(*set, [1, 3, 4, 5]);
        assert!(set.insert(2) && !set.insert(2));
        assert!(set.contains(&4) && !set.contains(&6));
        set.retain(|element| element % 2 == 0);
        assert_eq!(*set, [2, 4]);
    }
}

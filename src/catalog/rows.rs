//! Rows of one kind, numbered in the order of their names.
//!
//! The number of a thing never depends on the order of a file or of a hash map.

use indexmap::IndexSet;

use crate::hash::FixedState;

/// Everything of one kind: position to row, name to position.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    names: IndexSet<Box<str>, FixedState>,
    /// Apart from the names, which a decision never reads.
    rows: Box<[T]>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { names: IndexSet::default(), rows: Box::default() }
    }
}

impl<T> Rows<T> {
    /// Rows out of names in ascending order, none of them twice.
    pub(crate) fn of_sorted<'n>(rows: impl IntoIterator<Item = (&'n str, T)>) -> Self {
        let (names, rows): (_, Vec<T>) = rows.into_iter().map(|(name, row)| (Box::from(name), row)).unzip();
        Self { names, rows: rows.into() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.rows.len()
    }

    #[inline]
    pub(crate) fn get(&self, position: u16) -> Option<&T> {
        self.rows.get(usize::from(position))
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut()
    }

    /// The name at this position; empty where there is none, which no id of this catalog reaches.
    pub(crate) fn name(&self, position: u16) -> &str {
        self.names.get_index(usize::from(position)).map_or("", |name| name)
    }

    pub(crate) fn position(&self, name: &str) -> Option<u16> {
        self.names.get_index_of(name).and_then(|index| u16::try_from(index).ok())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// The rows alone, in order.
    pub(crate) fn rows(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// The rows with their positions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, &str, &T)> {
        (0..=u16::MAX).zip(self.names()).zip(&self.rows).map(|((position, name), row)| (position, name, row))
    }
}

//! Rows of one kind, numbered in the order of their names.
//!
//! The number of a thing never depends on the order of a file or of a hash map.

use std::ops::Deref;

use indexmap::IndexSet;

use crate::hash::FixedState;

/// The names of one kind: position to name, name to position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering(IndexSet<Box<str>, FixedState>);

/// Names in ascending order, none of them twice.
impl<'n> FromIterator<&'n str> for Numbering {
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        Self(names.into_iter().map(Box::from).collect())
    }
}

impl Numbering {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The name at this position; empty where there is none, which no id of this catalog reaches.
    pub(crate) fn name(&self, position: u16) -> &str {
        self.0.get_index(usize::from(position)).map_or("", |name| name)
    }

    #[inline]
    pub(crate) fn position(&self, name: &str) -> Option<u16> {
        self.0.get_index_of(name).and_then(|index| u16::try_from(index).ok())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The names with their positions, in order.
    pub(crate) fn numbered(&self) -> Vec<(&str, u16)> {
        self.names().zip(0..=u16::MAX).collect()
    }
}

/// Everything of one kind: the names, and what is known of each.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    names: Numbering,
    /// Apart from the names, which a decision never reads.
    rows: Box<[T]>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { names: Numbering::default(), rows: Box::default() }
    }
}

impl<T> Deref for Rows<T> {
    type Target = Numbering;

    fn deref(&self) -> &Numbering {
        &self.names
    }
}

impl<T> Rows<T> {
    /// A row for each name, in their order.
    pub(crate) const fn new(names: Numbering, rows: Box<[T]>) -> Self {
        Self { names, rows }
    }

    #[inline]
    pub(crate) fn get(&self, position: u16) -> Option<&T> {
        self.rows.get(usize::from(position))
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut()
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

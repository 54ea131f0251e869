//! What a file states by name.

use std::ops::Deref;

use super::Name;

/// Entries in the order of their names, each name once. A sorted list: entries come in this order anyhow, and for each
/// of the many types of entries a list takes a fraction of the code of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Map<T>(Vec<(Name, T)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Map<T> {
    type Target = [(Name, T)];

    fn deref(&self) -> &[(Name, T)] {
        &self.0
    }
}

impl<'m, T> IntoIterator for &'m Map<T> {
    type Item = &'m (Name, T);
    type IntoIter = std::slice::Iter<'m, (Name, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T> IntoIterator for Map<T> {
    type Item = (Name, T);
    type IntoIter = std::vec::IntoIter<(Name, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A name stated again takes the place of the earlier one.
impl<T> FromIterator<(Name, T)> for Map<T> {
    fn from_iter<I: IntoIterator<Item = (Name, T)>>(entries: I) -> Self {
        let mut map = Self::default();
        entries.into_iter().for_each(|(name, row)| map.insert(name, row));
        map
    }
}

impl<T> Map<T> {
    /// Where a name stands, or would stand.
    fn position(&self, name: &str) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if last.get_ref().as_str() < name => Err(self.0.len()),
            _ => self.0.binary_search_by(|(one, _)| one.get_ref().as_str().cmp(name)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.get_key_value(name).map(|(_, row)| row)
    }

    /// What is stated of a name, with the name as it stands in the file.
    pub(crate) fn get_key_value(&self, name: &str) -> Option<(&Name, &T)> {
        self.0.get(self.position(name).ok()?).map(|(name, row)| (name, row))
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let at = self.position(name).ok()?;
        self.0.get_mut(at).map(|(_, row)| row)
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    pub(crate) fn names(&self) -> Vec<&Name> {
        let mut names = Vec::with_capacity(self.0.len());
        self.0.iter().for_each(|(name, _)| names.push(name));
        names
    }

    pub(crate) fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter().map(|(_, row)| row)
    }

    /// States `row` of a name, in the place of what was stated of it.
    pub(crate) fn insert(&mut self, name: Name, row: T) {
        match self.position(name.get_ref()) {
            Ok(at) => {
                if let Some((_, stated)) = self.0.get_mut(at) {
                    *stated = row;
                }
            }
            Err(at) => self.0.insert(at, (name, row)),
        }
    }

    /// States more of a name.
    pub(crate) fn update(&mut self, name: Name, more: impl FnOnce(&mut T))
    where
        T: Default,
    {
        if let Some(row) = self.get_mut(name.get_ref()) {
            return more(row);
        }
        let mut row = T::default();
        more(&mut row);
        self.insert(name, row);
    }
}

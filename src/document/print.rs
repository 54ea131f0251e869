//! How files are printed: each type to a value, all values to TOML in one way.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Map, Placed, Set, Spanned};

/// A value as it is printed.
#[derive(Debug)]
pub(crate) enum Printed<'f> {
    /// On its own, `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(u64),
    /// A string.
    Text(&'f str),
    /// A string that stands nowhere else.
    Word(String),
    /// An array.
    Array(Vec<Printed<'f>>),
    /// A table, in this order.
    Table(Vec<(&'f str, Printed<'f>)>),
}

/// The text of a whole file.
pub(crate) fn to_toml(file: &dyn Print) -> String {
    // Serializing tables of strings, numbers and arrays cannot fail; an empty text would parse to an error.
    toml::to_string(&file.print()).unwrap_or_default()
}

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_u64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Word(value) => serializer.serialize_str(value),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Table(rows) => serializer.collect_map(rows.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// The rows of a table while it is printed.
#[derive(Default)]
pub(crate) struct Rows<'f>(Vec<(&'f str, Printed<'f>)>);

impl<'f> Rows<'f> {
    /// A key, unless it may be left out.
    pub(crate) fn key(&mut self, key: &'f str, value: &'f dyn Print) {
        if !value.is_default() {
            self.entry(key, value);
        }
    }

    fn entry(&mut self, name: &'f str, value: &'f dyn Print) {
        self.0.extend(value.print().map(|value| (name, value)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn table(self) -> Printed<'f> {
        Printed::Table(self.0)
    }
}

/// What can be printed.
pub(crate) trait Print {
    /// The value; `None` if nothing is stated.
    fn print(&self) -> Option<Printed<'_>>;

    /// Whether a key with this value may be left out.
    fn is_default(&self) -> bool {
        false
    }
}

impl Print for bool {
    fn print(&self) -> Option<Printed<'_>> {
        Some(Printed::Bool(*self))
    }

    fn is_default(&self) -> bool {
        !self
    }
}

impl Print for u64 {
    fn print(&self) -> Option<Printed<'_>> {
        Some(Printed::Number(*self))
    }
}

impl Print for String {
    fn print(&self) -> Option<Printed<'_>> {
        Some(Printed::Text(self))
    }
}

impl<T: Print> Print for Option<T> {
    fn print(&self) -> Option<Printed<'_>> {
        self.as_ref()?.print()
    }
}

impl<T: Print> Print for Spanned<T> {
    fn print(&self) -> Option<Printed<'_>> {
        self.get_ref().print()
    }
}

impl<T: Print> Print for Set<T> {
    fn print(&self) -> Option<Printed<'_>> {
        Some(Printed::Array(self.iter().filter_map(T::print).collect()))
    }

    fn is_default(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Print> Print for Map<T> {
    fn print(&self) -> Option<Printed<'_>> {
        let mut rows = Rows::default();
        self.iter().for_each(|(name, row)| rows.entry(name.get_ref(), row));
        Some(rows.table())
    }

    fn is_default(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Print> Print for Placed<T> {
    fn print(&self) -> Option<Printed<'_>> {
        self.row.print()
    }

    fn is_default(&self) -> bool {
        self.row.is_default()
    }
}

/// A word of an enum, as serde spells it.
pub(crate) fn print_word<T: Serialize>(word: &T) -> Printed<'_> {
    struct Spelt<'w, T>(&'w T);

    impl<T: Serialize> fmt::Display for Spelt<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }
    Printed::Word(Spelt(word).to_string())
}

//! Tables of a file, declared once: the struct, its keys, how it is read and how it is printed.

use super::{Entry, Print, Printed, Read, Rows, Slot, Value};

/// What is read from a table: every key optional, unknown ones refused.
pub(crate) trait Table {
    /// The keys, in the order in which they are printed.
    fn keys(&self) -> &'static [&'static str];

    /// Where the value of a key goes.
    fn slot(&mut self, key: &str) -> Option<&mut dyn Slot>;
}

impl<T: Table + Default> Read for T {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        let mut row = Self::default();
        entry.table(value, &mut row).then_some(row)
    }
}

/// A table that is printed again: what is at its default is left out.
pub(crate) trait PrintedTable {
    /// Prints every key, in order.
    fn print_keys<'f>(&'f self, rows: &mut Rows<'f>);
}

impl<T: PrintedTable> Print for T {
    fn print(&self) -> Option<Printed<'_>> {
        let mut rows = Rows::default();
        self.print_keys(&mut rows);
        Some(rows.table())
    }

    fn is_default(&self) -> bool {
        let mut rows = Rows::default();
        self.print_keys(&mut rows);
        rows.is_empty()
    }
}

/// How a key is spelt where the field is called otherwise.
macro_rules! key {
    ($key:ident) => {
        stringify!($key)
    };
    ($key:ident $name:literal) => {
        $name
    };
}
pub(crate) use key;

/// Says which keys a struct has, and in which field the value of each goes.
macro_rules! keys {
    ($table:ty { $($key:ident $(= $name:literal)?),* $(,)? }) => {
        impl crate::document::Table for $table {
            fn keys(&self) -> &'static [&'static str] {
                &[$(crate::document::key!($key $($name)?)),*]
            }

            fn slot(&mut self, key: &str) -> Option<&mut dyn crate::document::Slot> {
                match key {
                    $(crate::document::key!($key $($name)?) => Some(&mut self.$key),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use keys;

/// Declares one table of a file that is read and printed.
macro_rules! table {
    ($(#[$attribute:meta])* $table:ident {
        $($(#[$key_attribute:meta])* $key:ident $(= $name:literal)?: $type:ty,)*
    }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(default, deny_unknown_fields))]
        pub(crate) struct $table {
            $(
                $(#[$key_attribute])*
                $(#[cfg_attr(feature = "schema", schemars(rename = $name))])?
                #[cfg_attr(feature = "schema", schemars(skip_serializing_if = "crate::document::is_default"))]
                pub(crate) $key: $type,
            )*
        }

        crate::document::keys! { $table { $($key $(= $name)?),* } }

        impl crate::document::PrintedTable for $table {
            fn print_keys<'f>(&'f self, rows: &mut crate::document::Rows<'f>) {
                $(rows.key(crate::document::key!($key $($name)?), &self.$key);)*
            }
        }
    };
}
pub(crate) use table;

/// Declares a whole file: its heading, a table that must be there, and its other tables.
macro_rules! file {
    ($(#[$attribute:meta])* $file:ident {
        $(#[$heading_attribute:meta])* $heading:ident: $heading_type:ty;
        $($(#[$table_attribute:meta])* $table:ident: $type:ty,)*
    }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Debug, Default)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        pub(crate) struct $file {
            $(#[$heading_attribute])*
            pub(crate) $heading: crate::document::Placed<$heading_type>,
            $(
                $(#[$table_attribute])*
                #[cfg_attr(feature = "schema", schemars(default))]
                pub(crate) $table: $type,
            )*
        }

        impl $file {
            /// The tables of the file.
            pub(crate) const TABLES: &'static [&'static str] = &[stringify!($heading), $(stringify!($table)),*];

            /// Reads the shape of `text`; the problems are those of syntax and shape only.
            pub(crate) fn read(text: &str) -> (Self, crate::diagnostic::Problems) {
                let mut document = crate::document::Document::read(text);
                let source = Self::take(&mut document);
                (source, document.finish(Self::TABLES))
            }

            /// Takes the tables of such a file out of a document, which may have others.
            pub(crate) fn take(document: &mut crate::document::Document<'_>) -> Self {
                Self {
                    $heading: document.take(stringify!($heading)),
                    $($table: document.take(stringify!($table)),)*
                }
            }

            /// Canonical TOML: tables in this order, entries in order of name, nothing that stands at its default.
            pub(crate) fn to_toml(&self) -> String {
                crate::document::to_toml(self)
            }
        }

        impl crate::document::PrintedTable for $file {
            fn print_keys<'f>(&'f self, rows: &mut crate::document::Rows<'f>) {
                rows.key(stringify!($heading), &self.$heading);
                $(rows.key(stringify!($table), &self.$table);)*
            }
        }
    };
}
pub(crate) use file;

/// Lets enums stand in files, as the words that serde spells; the word after `=` may be left out.
macro_rules! words {
    ($($word:ty $(= $default:expr)?),* $(,)?) => {$(
        impl crate::document::Read for $word {
            fn read(value: &crate::document::Value<'_>, entry: &mut crate::document::Entry<'_>) -> Option<Self> {
                entry.word(value)
            }
        }

        impl crate::document::Print for $word {
            fn print(&self) -> Option<crate::document::Printed<'_>> {
                Some(crate::document::print_word(self))
            }

            $(fn is_default(&self) -> bool {
                *self == $default
            })?
        }
    )*};
}
pub(crate) use words;

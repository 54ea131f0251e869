//! How files are printed: each type to a value, all values to TOML in one way.

use std::fmt::{self, Write};
use std::slice;

use serde::Serialize;
use toml_writer::TomlWrite;

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
    let mut text = String::new();
    match file.print() {
        Some(Printed::Table(rows)) if write_table(&rows, "", &mut text).is_ok() => text,
        // Nothing else is a file, and writing to a string cannot fail; an empty text would parse to an error.
        _ => String::new(),
    }
}

/// What a table states, with the path of its keys. Values come first, as what follows a header belongs to that.
fn write_table(rows: &[(&str, Printed<'_>)], path: &str, to: &mut String) -> fmt::Result {
    for (key, value) in rows.iter().filter(|(_, value)| value.sections().is_empty()) {
        to.key(*key)?;
        to.push_str(" = ");
        value.write(to)?;
        to.push('\n');
    }
    for (key, value) in rows {
        let mut path = path.to_owned();
        if !path.is_empty() {
            path.push('.');
        }
        path.key(*key)?;
        for section in value.sections() {
            let Printed::Table(rows) = section else { continue };
            let gap = if to.is_empty() { "" } else { "\n" };
            match value {
                Printed::Array(_) => writeln!(to, "{gap}[[{path}]]")?,
                // The headers of the tables in it say enough.
                _ if !rows.is_empty() && rows.iter().all(|(_, row)| !row.sections().is_empty()) => {}
                _ => writeln!(to, "{gap}[{path}]")?,
            }
            write_table(rows, &path, to)?;
        }
    }
    Ok(())
}

impl Printed<'_> {
    /// What stands under headers of its own: a table, or each of an array of tables.
    fn sections(&self) -> &[Self] {
        match self {
            Self::Table(_) => slice::from_ref(self),
            Self::Array(elements) if matches!(elements.first(), Some(Self::Table(_))) => elements,
            _ => &[],
        }
    }

    fn write(&self, to: &mut String) -> fmt::Result {
        match self {
            Self::Bool(value) => to.value(*value),
            Self::Number(value) => to.value(*value),
            Self::Text(value) => to.value(*value),
            Self::Word(value) => to.value(value.as_str()),
            Self::Array(elements) => {
                to.push('[');
                for (index, element) in elements.iter().enumerate() {
                    to.push_str(if index == 0 { "" } else { ", " });
                    element.write(to)?;
                }
                to.push(']');
                Ok(())
            }
            // Elements of an array are all tables or none is.
            Self::Table(_) => Err(fmt::Error),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_printed_with_values_before_sections() {
        use Printed::{Array, Bool, Number, Table, Text, Word};
        let row = |to| Table(vec![("to", Array(vec![Text(to), Text("b'\"\\")])), ("by", Table(vec![]))]);
        let file = Table(vec![
            ("empty", Table(vec![])),
            ("only_sections", Table(vec![("odd key", Table(vec![("x.y", Word("tab\t".to_owned()))]))])),
            ("rows", Array(vec![row("a"), row("é")])),
            ("none", Array(vec![])),
            ("flag", Bool(true)),
            ("section", Table(vec![("rows", Array(vec![Table(vec![])])), ("count", Number(u64::MAX))])),
        ]);
        let Table(rows) = &file else { unreachable!() };
        let mut text = String::new();
        write_table(rows, "", &mut text).unwrap();
        assert_eq!(
            text,
            "\
none = []
flag = true

[empty]

[only_sections.\"odd key\"]
\"x.y\" = \"tab\\t\"

[[rows]]
to = [\"a\", '''b'\"\\''']

[rows.by]

[[rows]]
to = [\"é\", '''b'\"\\''']

[rows.by]

[section]
count = 18446744073709551615

[[section.rows]]
"
        );
    }
}

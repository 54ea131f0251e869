//! A TOML document read entry by entry, so that one mistake never hides another.
//!
//! The syntax is read with recovery. What is read from a value is up to its type ([`read`]); a value with a mistake is
//! noted and left out, and reading goes on.

mod depth;
mod map;
mod print;
mod read;
#[cfg(feature = "schema")]
mod schema;
mod table;

use std::borrow::Cow;
use std::ops::{Deref, DerefMut, Range};

use toml::de::{DeTable, DeValue};

use depth::{DEPTH_MAX, too_deep};
pub(crate) use map::Map;
pub(crate) use print::{Print, Printed, Rows, print_word, to_toml};
pub(crate) use read::{Entry, Read, Slot};
#[cfg(feature = "schema")]
pub(crate) use schema::{Day, Decimal, Length};
pub(crate) use table::{PrintedTable, Table, file, key, keys, table, words};

use crate::diagnostic::{Code, Problems};

/// A value of a file as the parser gives it, with its place.
pub(crate) type Value<'t> = toml::Spanned<DeValue<'t>>;

/// A key of a file as the parser gives it, with its place.
type Key<'t> = toml::Spanned<Cow<'t, str>>;

/// A value of a file with its place, which is no part of what the file states.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Spanned<T>(toml::Spanned<T>);

impl<T> Spanned<T> {
    pub(crate) fn new(at: Range<usize>, value: T) -> Self {
        Self(toml::Spanned::new(at, value))
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.0.span()
    }

    pub(crate) fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

/// A name is looked up by its text.
impl std::borrow::Borrow<str> for Spanned<String> {
    fn borrow(&self) -> &str {
        self.get_ref()
    }
}

/// A name in a file, with its place.
pub(crate) type Name = Spanned<String>;

/// An array of a file whose order means nothing: sorted when read, so that no later step can depend on it.
/// Elements stated twice are kept, to be reported.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Set<T>(Vec<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Set<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: Vec<T> = elements.into_iter().collect();
        elements.sort();
        Self(elements)
    }
}

fn name(key: &Key<'_>) -> Name {
    Spanned::new(key.span(), key.get_ref().as_ref().to_owned())
}

/// Whether a key may be left out of what is serialized.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A table of a file with the place of its name. The place is no part of what the file states.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placed<T> {
    pub(crate) at: Option<Range<usize>>,
    row: T,
}

impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.row
    }
}

impl<T> DerefMut for Placed<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.row
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row
    }
}

/// The top level of a document; tables are taken out one after the other.
pub(crate) struct Document<'t> {
    table: DeTable<'t>,
    pub(crate) problems: Problems,
}

impl<'t> Document<'t> {
    /// Reads the syntax of `text`, noting every mistake.
    pub(crate) fn read(text: &'t str) -> Self {
        let mut problems = Problems::default();
        if let Some(at) = too_deep(text) {
            let message = format!("nested more than {DEPTH_MAX} deep, the file is not read");
            problems.give_up(Code::TooMany, at..at.saturating_add(1), message);
            return Self { table: DeTable::new(), problems };
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            problems.add(Code::Syntax, error.span(), error.message());
        }
        Self { table: table.into_inner(), problems }
    }

    /// Takes out the table of this name; an absent one reads as the default.
    pub(crate) fn take<T: Section>(&mut self, name: &str) -> T {
        match self.table.remove_entry(name) {
            Some((key, value)) => T::read(name, key.span(), &value, &mut self.problems),
            None => T::default(),
        }
    }

    /// Whether a table of this name is left.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Notes whatever was not taken out.
    pub(crate) fn finish(self, known: &[&str]) -> Problems {
        let mut problems = self.problems;
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            let message = format!("unknown table `{name}`");
            let known = known.iter().copied();
            problems.add_unknown(Code::UnknownTable, Some(key.span()), message, name, known);
        }
        problems
    }
}

/// What stands at the top level of a document.
pub(crate) trait Section: Default {
    /// Reads the table of this name, which stands at `at`.
    fn read(name: &str, at: Range<usize>, value: &Value<'_>, problems: &mut Problems) -> Self;
}

/// A table that is an entry as a whole.
impl<T: Table + Default> Section for Placed<T> {
    fn read(_name: &str, at: Range<usize>, value: &Value<'_>, problems: &mut Problems) -> Self {
        let row = Entry::read(&at, value, problems).unwrap_or_default();
        Self { at: Some(at), row }
    }
}

/// A table of entries.
impl<T: Read> Section for Map<T> {
    fn read(name: &str, _at: Range<usize>, value: &Value<'_>, problems: &mut Problems) -> Self {
        let mut map = Self::default();
        entries(name, value, problems, &mut |key, value, problems| {
            let row = Entry::read(&key.span(), value, problems);
            row.into_iter().for_each(|row| map.insert(self::name(key), row));
        });
        map
    }
}

fn entries(
    name: &str,
    value: &Value<'_>,
    problems: &mut Problems,
    read: &mut dyn FnMut(&Key<'_>, &Value<'_>, &mut Problems),
) {
    match value.get_ref().as_table() {
        Some(table) => table.iter().for_each(|(key, value)| read(key, value, problems)),
        None => problems.add(Code::WrongType, Some(value.span()), format!("`{name}` must be a table")),
    }
}

/// An array of tables, each an entry.
impl<T: Read> Section for Vec<Spanned<T>> {
    fn read(name: &str, _at: Range<usize>, value: &Value<'_>, problems: &mut Problems) -> Self {
        let Some(elements) = value.get_ref().as_array() else {
            let message = format!("`{name}` must be an array of tables");
            problems.add(Code::WrongType, Some(value.span()), message);
            return Self::new();
        };
        let mut entries = Self::new();
        for element in elements {
            let at = element.span();
            entries.extend(Entry::read(&at, element, problems).map(|row| Spanned::new(at, row)));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Row {
        label: String,
        plans: Vec<String>,
        count: Option<u64>,
        turn: Option<crate::word::Switch>,
        stop: crate::word::Stop,
    }

    keys! { Row { label, plans, count, turn, stop } }

    fn problems(text: &str) -> Vec<String> {
        let mut document = Document::read(text);
        let _rows: Map<Row> = document.take("rows");
        let diagnostics = document.finish(&["rows"]).into_result(Some(text)).unwrap_err();
        diagnostics.problems().map(ToString::to_string).collect()
    }

    #[test]
    fn one_mistake_never_hides_another() {
        let text = "\
[rows.a]
lable = 'x'
plans = ['p', 3]
count = 'many'
[rows.a]
[rows.b]
count = -1
x = = 1
[row.c]
";
        assert_eq!(
            problems(text),
            [
                "2:1: unknown-key: unknown key `lable`; did you mean `label`?",
                "3:15: wrong-type: expected a string, found integer `3`",
                "4:9: wrong-type: expected a whole number, found string `many`",
                "5:7: syntax: duplicate key",
                "7:9: out-of-range: integer `-1` is out of range, expected a whole number",
                "8:1: unknown-key: unknown key `x`",
                "8:5: syntax: extra `=`, expected nothing",
                "8:7: syntax: unexpected key or value, expected newline, `#`",
                "9:2: unknown-table: unknown table `row`; did you mean `rows`?",
            ]
        );
    }

    #[test]
    fn a_scalar_where_a_table_belongs_is_named() {
        assert_eq!(problems("rows = 3"), ["1:8: wrong-type: `rows` must be a table"]);
        assert_eq!(problems("[rows]\na = 3"), ["2:5: wrong-type: expected a table, found integer `3`"]);
    }

    #[test]
    fn a_value_of_another_type_is_told_how_it_is_written() {
        for (row, said) in [
            ("turn = true", "5: expected a string, one of `off`, `on`, found boolean `true`"),
            ("stop = 1", "5: expected a string, one of `hard`, `soft`, `none`, found integer `1`"),
            ("plans = 'a'", "6: expected an array, found string `a`; put it in brackets: [\"a\"]"),
            ("label = 0.5", "6: expected a string, found floating point `0.5`; write it in quotes: \"0.5\""),
        ] {
            let (column, said) = said.split_once(": ").unwrap();
            let column = column.parse::<usize>().unwrap() + 3;
            assert_eq!(problems(&format!("[rows.a]\n{row}")), [format!("2:{column}: wrong-type: {said}")]);
        }
    }

    #[test]
    fn what_is_found_is_named_in_the_words_of_the_format() {
        for (value, found) in [
            ("'a\tb'", "string `a\\tb`"),
            ("0x1F", "integer `0x1F`"),
            ("1e9", "floating point `1e9`"),
            ("true", "boolean `true`"),
            ("2026-01-31", "a date or time; write it in quotes"),
            ("[]", "an array"),
        ] {
            assert_eq!(
                problems(&format!("[rows]\na = {value}")),
                [format!("2:5: wrong-type: expected a table, found {found}")]
            );
        }
        assert_eq!(
            problems("rows.a = { label = {}, count = 99999999999999999999 }"),
            [
                "1:20: wrong-type: expected a string, found a table",
                "1:32: out-of-range: integer `99999999999999999999` is out of range, expected a whole number",
            ]
        );
    }
}

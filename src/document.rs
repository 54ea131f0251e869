//! A TOML document read entry by entry, so that one mistake never hides another.
//!
//! Deserializing a whole file stops at its first mistake. Here the syntax is read with recovery, and each entry
//! is deserialized on its own; where an entry has a mistake, the offending value is noted, taken out, and the
//! entry read again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut, Range};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::diagnostic::{Code, Problems, did_you_mean};

/// How many mistakes of one entry are reported. Each costs another reading of the entry, so that without an end a
/// large broken entry would take quadratic time.
pub(crate) const ENTRY_PROBLEMS_MAX: usize = 32;

/// A value of a file with its place, which is no part of what the file states.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
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

/// How deep arrays, inline tables and dotted keys go. The parser recurses, so this bounds the stack that a file takes;
/// the header that nests most in a catalog goes six deep.
const DEPTH_MAX: usize = 8;

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

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

/// Declares one table of a file: every key optional, and left out again when printed.
macro_rules! table {
    ($(#[$attribute:meta])* $name:ident { $($(#[$key_attribute:meta])* $key:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$key_attribute])* #[serde(skip_serializing_if = "crate::document::is_default")] pub(crate) $key: $type,)*
        }
    };
}
pub(crate) use table;

/// Whether a key may be left out when a file is printed.
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

impl<T: Serialize> Serialize for Placed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row.serialize(serializer)
    }
}

/// What can be taken from a good value as it stands, several times faster than over serde, which copies it first
/// so that a mistake can be taken out.
pub(crate) trait Plain: DeserializeOwned {
    /// What serde makes of `value`, or `None`: then it is asked, and says what is wrong if anything is.
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self>;
}

impl Plain for bool {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        value.get_ref().as_bool()
    }
}

impl Plain for u64 {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        let number = value.get_ref().as_integer()?;
        Self::from_str_radix(number.as_str(), number.radix()).ok()
    }
}

impl Plain for String {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        value.get_ref().as_str().map(str::to_owned)
    }
}

impl<T: Plain> Plain for Option<T> {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        T::plain(value).map(Some)
    }
}

impl<T: Plain> Plain for Spanned<T> {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        Some(Self::new(value.span(), T::plain(value)?))
    }
}

impl<T: Plain + Ord> Plain for Set<T> {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        value.get_ref().as_array()?.iter().map(T::plain).collect()
    }
}

impl<T: Plain> Plain for BTreeMap<Name, T> {
    fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
        let table = value.get_ref().as_table()?.iter();
        let entry = |key: &toml::Spanned<Cow<'_, str>>, value| {
            Some((Spanned::new(key.span(), key.get_ref().clone().into_owned()), T::plain(value)?))
        };
        table.map(|(key, value)| entry(key, value)).collect()
    }
}

/// Lets a table be taken as it stands, if it has no other keys than these. Only for keys without attributes.
macro_rules! plain_table {
    ($table:ident { $($key:ident),* }) => {
        impl crate::document::Plain for $table {
            fn plain(value: &toml::Spanned<toml::de::DeValue<'_>>) -> Option<Self> {
                let mut row = Self::default();
                for (key, value) in value.get_ref().as_table()? {
                    match key.get_ref().as_ref() {
                        $(stringify!($key) => row.$key = crate::document::Plain::plain(value)?,)*
                        _ => return None,
                    }
                }
                Some(row)
            }
        }
    };
}
pub(crate) use plain_table;

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

    /// Takes out the table of this name as a whole, with its place; an absent one reads as the default.
    pub(crate) fn table<T: DeserializeOwned + Default>(&mut self, name: &str) -> Placed<T> {
        let Some((key, value)) = self.table.remove_entry(name) else { return Placed::default() };
        let row = entry(&key.span(), value, &mut self.problems).unwrap_or_default();
        Placed { at: Some(key.span()), row }
    }

    /// The same for a table that most often is good.
    pub(crate) fn plain_table<T: Plain + Default>(&mut self, name: &str) -> Placed<T> {
        let Some((key, value)) = self.table.remove_entry(name) else { return Placed::default() };
        let row = T::plain(&value).or_else(|| entry(&key.span(), value, &mut self.problems));
        Placed { at: Some(key.span()), row: row.unwrap_or_default() }
    }

    /// Takes out the table of this name as a map, each entry read on its own.
    pub(crate) fn section<T: DeserializeOwned>(&mut self, name: &str) -> BTreeMap<Name, T> {
        let value = self.table.remove(name);
        self.entries(name, value)
    }

    /// The same for a table that most often is good.
    pub(crate) fn plain_section<T: Plain>(&mut self, name: &str) -> BTreeMap<Name, T> {
        let value = self.table.remove(name);
        let plain = value.as_ref().and_then(Plain::plain);
        plain.unwrap_or_else(|| self.entries(name, value))
    }

    fn entries<T: DeserializeOwned>(
        &mut self,
        name: &str,
        value: Option<toml::Spanned<DeValue<'_>>>,
    ) -> BTreeMap<Name, T> {
        let Some(value) = value else { return BTreeMap::new() };
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            self.problems.add(Code::WrongType, Some(span), format!("`{name}` must be a table"));
            return BTreeMap::new();
        };
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            if let Some(row) = entry(&key.span(), value, &mut self.problems) {
                entries.insert(Spanned::new(key.span(), key.into_inner().into_owned()), row);
            }
        }
        entries
    }

    /// Takes out the array of tables of this name, each element read on its own.
    pub(crate) fn rows<T: DeserializeOwned>(&mut self, name: &str) -> Vec<Spanned<T>> {
        let Some(value) = self.table.remove(name) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(elements) = value.into_inner() else {
            self.problems.add(Code::WrongType, Some(span), format!("`{name}` must be an array of tables"));
            return Vec::new();
        };
        let elements = elements.into_iter().filter_map(|element| {
            let span = element.span();
            entry(&span, element, &mut self.problems).map(|row| Spanned::new(span, row))
        });
        elements.collect()
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

/// Where a text nests deeper than files do: found without recursion, before anything is parsed. What stands in strings
/// and comments does not count.
fn too_deep(text: &str) -> Option<usize> {
    let text = text.as_bytes();
    let (mut depth, mut dots, mut at) = (0_usize, 0_usize, 0_usize);
    while let Some(byte) = text.get(at) {
        let rest = || text.get(at..).unwrap_or_default();
        let mut length = 1;
        match byte {
            b'#' => length = until(rest(), |byte| byte == b'\n'),
            b'"' | b'\'' => length = string_length(rest(), *byte),
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' => dots = dots.saturating_add(1),
            b'=' | b',' | b'\n' => dots = 0,
            _ => {}
        }
        if depth.saturating_add(dots) > DEPTH_MAX {
            return Some(at);
        }
        at = at.saturating_add(length);
    }
    None
}

/// How far it is to the next byte that matters, at least one.
fn until(text: &[u8], matters: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| matters(*byte)).unwrap_or(text.len()).max(1)
}

/// The length of a string of TOML, quotes included. One that never ends takes the rest of its line or of the text,
/// which the parser turns down.
fn string_length(text: &[u8], quote: u8) -> usize {
    let delimiter = [quote; 3];
    let (quotes, lines) = if text.starts_with(&delimiter) { (3, true) } else { (1, false) };
    let delimiter = delimiter.get(..quotes).unwrap_or_default();
    let mut at = quotes;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(delimiter) {
            return at.saturating_add(quotes);
        }
        at = match rest {
            [b'\n', ..] if !lines => return at,
            [b'\\', ..] if quote == b'"' => at.saturating_add(2),
            _ => at.saturating_add(until(rest, |byte| byte == quote || byte == b'\\' || byte == b'\n')),
        };
    }
    text.len()
}

/// Deserializes one entry, noting every mistake in it. `None` if what is left after taking the mistakes out
/// makes no entry.
fn entry<T: DeserializeOwned>(
    key: &Range<usize>,
    mut value: toml::Spanned<DeValue<'_>>,
    problems: &mut Problems,
) -> Option<T> {
    let mut last = value.span();
    let mut removed = BTreeSet::new();
    for _ in 0..ENTRY_PROBLEMS_MAX {
        let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(row) => return Some(row),
            Err(error) => error,
        };
        let span = error.span().unwrap_or_else(|| value.span());
        let meant = note(error.message(), &span, &removed, problems);
        let left = remove(&mut value, &span, &mut removed);
        problems.damage(key, meant.iter().chain(&removed));
        if !left {
            return None;
        }
        if span.start > last.start {
            last = span;
        }
    }
    let rest = T::deserialize(ValueDeserializer::from(value));
    if rest.is_err() {
        let message = format!("more than {ENTRY_PROBLEMS_MAX} mistakes in one entry, the rest is not shown");
        problems.add(Code::TooMany, Some(last), message);
    }
    rest.ok()
}

/// Notes what serde says of a value, in the words of the file format rather than in those of Rust. Gives the key
/// back that an unknown one was probably meant to be.
fn note(
    message: &str,
    span: &Range<usize>,
    removed: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let span = Some(span.clone());
    if message.starts_with("unknown field") {
        let name = quoted.next().unwrap_or_default();
        let help = did_you_mean(name, quoted);
        let meant = help.as_ref().and_then(|help| help.split('`').nth(1)).map(str::to_owned);
        problems.add_with_help(Code::UnknownKey, span, format!("unknown key `{name}`"), help);
        return meant;
    } else if message.starts_with("unknown variant") {
        let name = quoted.next().unwrap_or_default();
        let words: Vec<_> = quoted.map(|word| format!("`{word}`")).collect();
        let help = format!("use one of {}", words.join(", "));
        problems.add_with_help(Code::UnknownValue, span, format!("unknown value `{name}`"), Some(help));
    } else if message.starts_with("missing field") {
        let name = quoted.next().unwrap_or_default();
        if !removed.contains(name) {
            problems.add(Code::MissingKey, span, format!("missing key `{name}`"));
        }
    } else if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        let found = found.replace('"', "`");
        let expected = in_toml_words(expected);
        problems.add(Code::WrongType, span, format!("expected {expected}, found {found}"));
    } else if let Some((found, expected)) =
        message.strip_prefix("invalid value: ").and_then(|rest| rest.split_once(", expected "))
    {
        let expected = in_toml_words(expected);
        problems.add(Code::OutOfRange, span, format!("{found} is out of range, expected {expected}"));
    } else {
        problems.add(Code::WrongType, span, message);
    }
    None
}

fn in_toml_words(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number",
        "a sequence" => "an array",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    }
}

/// Takes the key or element at `span` out of `value`; false if nothing below it stands there.
fn remove(
    value: &mut toml::Spanned<DeValue<'_>>,
    span: &Range<usize>,
    removed: &mut BTreeSet<String>,
) -> bool {
    match value.get_mut() {
        DeValue::Array(array) => {
            if array.iter().all(|element| element.span() != *span) {
                return array.iter_mut().any(|element| remove(element, span, removed));
            }
            *array = array.iter().filter(|element| element.span() != *span).cloned().collect();
            true
        }
        DeValue::Table(table) => {
            let key = table
                .iter()
                .find(|(key, value)| key.span() == *span || value.span() == *span)
                .map(|(key, _)| key.get_ref().clone().into_owned());
            match key {
                Some(key) => {
                    table.remove(key.as_str());
                    removed.insert(key);
                    true
                }
                None => table.iter_mut().any(|(_, value)| remove(value, span, removed)),
            }
        }
        _ => false,
    }
}

/// What JSON Schemas say of the types above, for editors.
#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Name, Placed, Set, Spanned};

    /// A type whose schema is written out, each time it is used.
    macro_rules! inline {
        ($(($($generic:tt)*) $type:ty, $name:literal, |$generator:ident| $schema:expr;)*) => {$(
            impl $($generic)* JsonSchema for $type {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }

                fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        )*};
    }

    /// A day, as text.
    pub(crate) struct Day;
    /// Whole hours or days, as text.
    pub(crate) struct Length;
    /// A decimal with at most three places, as text.
    pub(crate) struct Decimal;

    inline! {
        () Name, "Name", |_generator| json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" });
        () Spanned<u64>, "Number", |generator| u64::json_schema(generator);
        () Spanned<Vec<String>>, "Texts", |generator| Vec::<String>::json_schema(generator);
        (<T: JsonSchema>) Set<T>, "Set", |generator| Vec::<T>::json_schema(generator);
        (<T: JsonSchema>) Placed<T>, "Table", |generator| T::json_schema(generator);
        () Day, "Day", |_generator| json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
        () Length, "Length", |_generator| json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*[hd]$" });
        () Decimal, "Decimal", |_generator| json_schema!({
            "type": "string",
            "pattern": "^[0-9]+(\\.[0-9]{1,3})?$",
        });
    }
}
#[cfg(feature = "schema")]
pub(crate) use schema::{Day, Decimal, Length};

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Row {
        label: String,
        plans: Vec<String>,
        count: Option<u32>,
    }

    fn problems(text: &str) -> Vec<String> {
        let mut document = Document::read(text);
        let _rows: BTreeMap<Name, Row> = document.section("rows");
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
}

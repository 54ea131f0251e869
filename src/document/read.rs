//! How the values of a file are read: each type from a value of its own, noting every mistake in it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use toml::de::{DeArray, DeValue};

use super::{Key, Map, Set, Spanned, Table, Value, name};
use crate::diagnostic::{Code, Problems, did_you_mean};

/// How many mistakes of one entry are reported: a longer list helps nobody to mend it.
pub(crate) const ENTRY_PROBLEMS_MAX: usize = 32;

/// What a value of a file can be read into.
pub(crate) trait Read: Sized {
    /// Reads `value`, noting every mistake. `None` if what is left of it makes none of these.
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self>;
}

/// Where the value of a key goes, whatever it is read into.
pub(crate) trait Slot {
    /// Puts there what is read from `value`; false if that is nothing.
    fn fill(&mut self, value: &Value<'_>, entry: &mut Entry<'_>) -> bool;
}

impl<T: Read> Slot for T {
    fn fill(&mut self, value: &Value<'_>, entry: &mut Entry<'_>) -> bool {
        T::read(value, entry).map(|read| *self = read).is_some()
    }
}

/// How the value of a key is read; false if nothing is.
type ReadKey<'r> = dyn FnMut(&mut Entry<'_>, &Key<'_>, &Value<'_>) -> bool + 'r;

/// An entry of a file while it is read: gathers what is wrong with it.
pub(crate) struct Entry<'p> {
    problems: &'p mut Problems,
    /// Where its name stands.
    at: Range<usize>,
    /// The last mistake in the file that was noted.
    last: Range<usize>,
    mistakes: usize,
}

impl<'p> Entry<'p> {
    /// Reads an entry whose name stands at `at`.
    pub(super) fn read<T: Read>(
        at: &Range<usize>,
        value: &Value<'_>,
        problems: &'p mut Problems,
    ) -> Option<T> {
        let mut entry = Self { problems, at: at.clone(), last: value.span(), mistakes: 0 };
        let row = T::read(value, &mut entry);
        row.filter(|_| entry.mistakes <= ENTRY_PROBLEMS_MAX)
    }

    /// Notes a mistake.
    fn mistake(&mut self, code: Code, at: Range<usize>, message: String, help: Option<String>) {
        self.mistakes = self.mistakes.saturating_add(1);
        if self.mistakes <= ENTRY_PROBLEMS_MAX {
            if at.start > self.last.start {
                self.last = at.clone();
            }
            self.problems.add_with_help(code, Some(at), message, help);
        } else if self.mistakes == ENTRY_PROBLEMS_MAX.saturating_add(1) {
            let message =
                format!("more than {ENTRY_PROBLEMS_MAX} mistakes in one entry, the rest is not shown");
            self.problems.add(Code::TooMany, Some(self.last.clone()), message);
        }
    }

    /// Notes that `value` is something else than what belongs there, and reads nothing.
    pub(crate) fn wrong_type<T>(&mut self, value: &Value<'_>, expected: &str) -> Option<T> {
        self.expected(expected, value, None);
        None
    }

    fn expected(&mut self, expected: &str, value: &Value<'_>, help: Option<String>) {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("string `{}`", text.escape_debug()),
            DeValue::Integer(number) => format!("integer `{number}`"),
            DeValue::Float(number) => format!("floating point `{number}`"),
            DeValue::Boolean(value) => format!("boolean `{value}`"),
            DeValue::Datetime(_) => "a date or time; write it in quotes".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.mistake(Code::WrongType, value.span(), format!("expected {expected}, found {found}"), help);
    }

    /// The text of a string.
    pub(crate) fn text<'v>(&mut self, value: &'v Value<'_>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            // No key takes a floating point number: a decimal is read exactly, from text.
            let decimal =
                value.get_ref().as_float().map(|number| format!("write it in quotes: \"{number}\""));
            self.expected("a string", value, decimal);
        }
        text
    }

    fn array<'v, 't>(&mut self, value: &'v Value<'t>) -> Option<&'v DeArray<'t>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            let text = value.get_ref().as_str();
            let help = text.map(|text| format!("put it in brackets: [\"{}\"]", text.escape_debug()));
            self.expected("an array", value, help);
        }
        array
    }

    /// Reads the keys of a table to where they go; false if `value` is none.
    pub(super) fn table(&mut self, value: &Value<'_>, row: &mut dyn Table) -> bool {
        self.keys(value, &mut |entry, key, value| match row.slot(key.get_ref()) {
            Some(slot) => slot.fill(value, entry),
            None => {
                entry.unknown_key(key, row.keys());
                true
            }
        })
    }

    /// Goes through a table, key by key, noting which could not be read; false if `value` is none.
    fn keys(&mut self, value: &Value<'_>, read: &mut ReadKey<'_>) -> bool {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong_type::<()>(value, "a table").is_some();
        };
        for (key, value) in table {
            if !read(self, key, value) {
                self.problems.damage(&self.at, key.get_ref());
            }
        }
        true
    }

    /// Notes a key that a table with the keys `known` does not have.
    fn unknown_key(&mut self, key: &Key<'_>, known: &[&str]) {
        let name = key.get_ref().as_ref();
        let room = self.mistakes < ENTRY_PROBLEMS_MAX;
        let meant = if room { did_you_mean(name, known.iter().copied()) } else { None };
        // What was meant is not missing beside.
        if let Some(meant) = meant.as_ref().and_then(|help| help.split('`').nth(1)) {
            self.problems.damage(&self.at, meant);
        }
        self.mistake(Code::UnknownKey, key.span(), format!("unknown key `{name}`"), meant);
    }

    /// Reads what a text says in a grammar of its own.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&mut self, value: &Value<'_>) -> Option<T> {
        let read = self.text(value)?.parse::<T>();
        if let Err(error) = &read {
            self.mistake(Code::WrongType, value.span(), error.to_string(), None);
        }
        read.ok()
    }

    /// Reads one of the words of an enum, as serde spells them.
    pub(crate) fn word<T: DeserializeOwned>(&mut self, value: &Value<'_>) -> Option<T> {
        let text = value.get_ref().as_str();
        // Of an empty text serde says which words there are.
        let read = T::deserialize(StrDeserializer::<NoSuchWord>::new(text.unwrap_or_default()));
        match read {
            Ok(word) if text.is_some() => Some(word),
            read => self.no_word(value, read.err().map(|NoSuchWord { words }| words)),
        }
    }

    fn no_word<T>(&mut self, value: &Value<'_>, words: Option<&[&str]>) -> Option<T> {
        match words {
            Some(words) if value.get_ref().as_str().is_some() => self.expected_word(words, value),
            Some(words) => self.expected(&format!("a string, {}", one_of(words)), value, None),
            None => self.expected("a string", value, None),
        }
        None
    }

    /// Notes a string that is none of `words`, and reads nothing.
    pub(crate) fn unknown_word<T>(&mut self, value: &Value<'_>, words: &[&str]) -> Option<T> {
        self.expected_word(words, value);
        None
    }

    fn expected_word(&mut self, words: &[&str], value: &Value<'_>) {
        let name = value.get_ref().as_str().unwrap_or_default();
        let help = format!("use {}", one_of(words));
        self.mistake(Code::UnknownValue, value.span(), format!("unknown value `{name}`"), Some(help));
    }
}

fn one_of(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("one of {}", words.join(", "))
}

/// What serde says of a string that is no word of an enum.
#[derive(Debug, thiserror::Error)]
#[error("no such word")]
struct NoSuchWord {
    words: &'static [&'static str],
}

impl serde::de::Error for NoSuchWord {
    fn custom<T: Display>(_message: T) -> Self {
        Self { words: &[] }
    }

    fn unknown_variant(_word: &str, words: &'static [&'static str]) -> Self {
        Self { words }
    }
}

impl Read for bool {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        value.get_ref().as_bool().or_else(|| entry.wrong_type(value, "a boolean"))
    }
}

impl Read for u64 {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        let Some(number) = value.get_ref().as_integer() else {
            return entry.wrong_type(value, "a whole number");
        };
        let read = Self::from_str_radix(number.as_str(), number.radix());
        if read.is_err() {
            let message = format!("integer `{number}` is out of range, expected a whole number");
            entry.mistake(Code::OutOfRange, value.span(), message, None);
        }
        read.ok()
    }
}

impl Read for String {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        entry.text(value).map(str::to_owned)
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        T::read(value, entry).map(Some)
    }
}

impl<T: Read> Read for Spanned<T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        Some(Self::new(value.span(), T::read(value, entry)?))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        Some(entry.array(value)?.iter().filter_map(|element| T::read(element, entry)).collect())
    }
}

impl<T: Read + Ord> Read for Set<T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        let mut elements = Vec::read(value, entry)?;
        elements.sort();
        Some(Self(elements))
    }
}

impl<T: Read> Read for Map<T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        let mut map = Self::default();
        let is_table = entry.keys(value, &mut |entry, key, value| {
            T::read(value, entry).map(|row| map.insert(name(key), row)).is_some()
        });
        is_table.then_some(map)
    }
}

/// A map of requests, which have no places.
impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        let mut map = Self::new();
        let is_table = entry.keys(value, &mut |entry, key, value| {
            let row = T::read(value, entry);
            row.map(|row| map.insert(key.get_ref().as_ref().to_owned(), row)).is_some()
        });
        is_table.then_some(map)
    }
}

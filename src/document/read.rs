//! How the values of a file are read: each type from a value of its own, noting every mistake in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Name, Set, Spanned, Value};
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

    /// Notes that `value` is something else than what belongs there.
    pub(crate) fn wrong_type<T>(&mut self, value: &Value<'_>, expected: &str) -> Option<T> {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("string `{}`", text.escape_debug()),
            DeValue::Integer(number) => format!("integer `{number}`"),
            DeValue::Float(number) => format!("floating point `{number}`"),
            DeValue::Boolean(value) => format!("boolean `{value}`"),
            DeValue::Datetime(_) => "a date or time; write it in quotes".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.mistake(Code::WrongType, value.span(), format!("expected {expected}, found {found}"), None);
        None
    }

    /// The text of a string.
    pub(crate) fn text<'v>(&mut self, value: &'v Value<'_>) -> Option<&'v str> {
        value.get_ref().as_str().or_else(|| self.wrong_type(value, "a string"))
    }

    fn array<'v, 't>(&mut self, value: &'v Value<'t>) -> Option<&'v DeArray<'t>> {
        value.get_ref().as_array().or_else(|| self.wrong_type(value, "an array"))
    }

    pub(super) fn table<'v, 't>(&mut self, value: &'v Value<'t>) -> Option<&'v DeTable<'t>> {
        value.get_ref().as_table().or_else(|| self.wrong_type(value, "a table"))
    }

    /// Reads the value of a key to where it goes.
    pub(super) fn fill(&mut self, slot: &mut dyn Slot, key: &str, value: &Value<'_>) {
        if !slot.fill(value, self) {
            self.problems.damage(&self.at, key);
        }
    }

    /// Notes a key that a table with the keys `known` does not have.
    pub(super) fn unknown_key(&mut self, key: &toml::Spanned<Cow<'_, str>>, known: &[&str]) {
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
        let text = self.text(value)?;
        match T::deserialize(StrDeserializer::<NoSuchWord>::new(text)) {
            Ok(word) => Some(word),
            Err(NoSuchWord { words }) => self.unknown_word(value, words),
        }
    }

    /// Notes a string that is none of `words`.
    pub(crate) fn unknown_word<T>(&mut self, value: &Value<'_>, words: &[&str]) -> Option<T> {
        let name = value.get_ref().as_str().unwrap_or_default();
        let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        let help = format!("use one of {}", words.join(", "));
        self.mistake(Code::UnknownValue, value.span(), format!("unknown value `{name}`"), Some(help));
        None
    }
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

impl<K: From<Name> + Ord, T: Read> Read for BTreeMap<K, T> {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        let mut map = Self::new();
        for (key, value) in entry.table(value)? {
            let name = Spanned::new(key.span(), key.get_ref().as_ref().to_owned());
            match T::read(value, entry) {
                Some(read) => drop(map.insert(K::from(name), read)),
                None => entry.problems.damage(&entry.at, key.get_ref()),
            }
        }
        Some(map)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.into_inner()
    }
}

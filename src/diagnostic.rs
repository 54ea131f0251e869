//! Diagnostics: everything that is wrong with a file, each problem with its place and the likely fix.
//!
//! A file with five mistakes yields five diagnostics, in the order of the file. A problem has a stable code for
//! programs, a one-line message and often a help line for people:
//!
//! ```
//! use tollkeeper::domain::Domain;
//!
//! let text = "[domain]\nid = \"acme\"\nkind = \"organization\"\nplan = \"enterprise\"\nregime = [\"hipaa\"]\n";
//! let error = Domain::parse(text).unwrap_err();
//! assert_eq!(
//!     error.render("acme.toml", text),
//!     "\
//! error[unknown-key]: unknown key `regime`
//!  --> acme.toml:5:1
//!   |
//! 5 | regime = [\"hipaa\"]
//!   | ^^^^^^ did you mean `regimes`?
//! "
//! );
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};

/// What kind of mistake a diagnostic reports: a stable, kebab-case code.
///
/// The spellings are public contract; new codes may be added in a minor version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Code {
    /// The text is no TOML.
    Syntax,
    /// A table that the format does not have.
    UnknownTable,
    /// A key that the table does not have.
    UnknownKey,
    /// A key that the table must have.
    MissingKey,
    /// A value of another type than the key takes.
    WrongType,
    /// A word that is none of those the key takes.
    UnknownValue,
    /// An id outside the grammar `[a-z][a-z0-9_]*`, at most 64 bytes.
    MalformedId,
    /// A name that nothing in the catalog or the file has.
    UnknownName,
    /// The same thing stated twice.
    Duplicate,
    /// Two statements that cannot both hold.
    Contradiction,
    /// Things that refer to each other in a circle.
    Cycle,
    /// More of something than the declared limit.
    TooMany,
    /// A number outside its range, or an amount finer than the ledger keeps.
    OutOfRange,
    /// A provider that does not give a guarantee which the data it is sent demands.
    MissingGuarantee,
    /// A permission that is not available to enable for the role.
    NeverForRole,
    /// A permission that is fixed by the role.
    InherentPermission,
    /// A permission that does not exist for the role.
    NoSuchPermission,
    /// A role that cannot be configured, created or based upon.
    ImmutableRole,
    /// Something that plan and add-ons do not include.
    NotInPlan,
    /// A restriction without anybody left whom it would restrict.
    DanglingRestriction,
    /// A regime without the attestation or add-on that puts it in force.
    RegimeNotInForce,
    /// A counted role whose number of holders is not stated.
    MissingCount,
}

impl Code {
    /// Every code, in the order of the enum.
    pub const ALL: [Self; 22] = [
        Self::Syntax,
        Self::UnknownTable,
        Self::UnknownKey,
        Self::MissingKey,
        Self::WrongType,
        Self::UnknownValue,
        Self::MalformedId,
        Self::UnknownName,
        Self::Duplicate,
        Self::Contradiction,
        Self::Cycle,
        Self::TooMany,
        Self::OutOfRange,
        Self::MissingGuarantee,
        Self::NeverForRole,
        Self::InherentPermission,
        Self::NoSuchPermission,
        Self::ImmutableRole,
        Self::NotInPlan,
        Self::DanglingRestriction,
        Self::RegimeNotInForce,
        Self::MissingCount,
    ];

    /// The stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownTable => "unknown-table",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::UnknownValue => "unknown-value",
            Self::MalformedId => "malformed-id",
            Self::UnknownName => "unknown-name",
            Self::Duplicate => "duplicate",
            Self::Contradiction => "contradiction",
            Self::Cycle => "cycle",
            Self::TooMany => "too-many",
            Self::OutOfRange => "out-of-range",
            Self::MissingGuarantee => "missing-guarantee",
            Self::NeverForRole => "never-for-role",
            Self::InherentPermission => "inherent-permission",
            Self::NoSuchPermission => "no-such-permission",
            Self::ImmutableRole => "immutable-role",
            Self::NotInPlan => "not-in-plan",
            Self::DanglingRestriction => "dangling-restriction",
            Self::RegimeNotInForce => "regime-not-in-force",
            Self::MissingCount => "missing-count",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Where in a text a problem stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// How many characters of that line the problem covers, at least 1.
    pub width: usize,
}

/// Goes through a text once, from place to place: counting from the start each time would take quadratic time.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Cursor<'t> {
    const fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// The place of a span that starts no earlier than those before.
    fn place(&mut self, span: &Range<usize>) -> Place {
        for character in self.text.get(self.at..span.start).unwrap_or("").chars() {
            (self.line, self.column) = match character {
                '\n' => (self.line.saturating_add(1), 1),
                _ => (self.line, self.column.saturating_add(1)),
            };
        }
        self.at = self.at.max(span.start);
        let covered = self.text.get(span.clone()).unwrap_or("").lines().next().unwrap_or("");
        Place { line: self.line, column: self.column, width: covered.chars().count().max(1) }
    }
}

/// One problem of a file or of a domain built in code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of mistake it is.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// The likely fix, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where it stands; nothing for a domain built in code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{}:{}: ", place.line, place.column)?;
        }
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Every problem of one file, in the order of the file; never empty.
///
/// `Display` is one line: how many there are, and the first. Use [`render`](Self::render) to show them all with
/// their source lines, or go through [`problems`](Self::problems).
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics {
    first: Diagnostic,
    rest: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The problems, in the order of the file.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// How many problems there are, at least one.
    pub fn count(&self) -> usize {
        self.rest.len().saturating_add(1)
    }

    /// All problems with the source lines they stand in, as a compiler would show them.
    ///
    /// `name` is how to call the file, `text` what was parsed.
    pub fn render(&self, name: &str, text: &str) -> String {
        let mut lines = Lines::new(text);
        self.problems().map(|problem| render_one(problem, name, &mut lines)).collect::<Vec<_>>().join("\n")
    }
}

fn render_one(problem: &Diagnostic, name: &str, lines: &mut Lines<'_>) -> String {
    let head = format!("error[{}]: {}\n", problem.code, problem.message);
    let help = problem.help.as_deref().unwrap_or("");
    let Some(place) = problem.place else {
        let help = if help.is_empty() { String::new() } else { format!(" = {help}\n") };
        return format!("{head} --> {name}\n{help}");
    };
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let (line, indent) = lines.around(place);
    let carets = "^".repeat(place.width.min(SHOWN_MAX));
    let underline = format!("{gutter} | {indent}{carets} {help}");
    format!(
        "{head}{gutter}--> {name}:{number}:{column}\n{gutter} |\n{number} | {line}\n{underline}\n",
        column = place.column,
        underline = underline.trim_end(),
    )
}

/// How many characters of a source line are shown before and from a problem on.
const SHOWN_MAX: usize = 120;

/// Goes through the source lines once, from problem to problem.
struct Lines<'t> {
    line: usize,
    /// The column, counted from 0, that `rest` starts at.
    column: usize,
    rest: &'t str,
}

impl<'t> Lines<'t> {
    const fn new(text: &'t str) -> Self {
        Self { line: 1, column: 0, rest: text }
    }

    /// The part of a source line around a place, and the blanks that lead to it.
    fn around(&mut self, place: Place) -> (String, String) {
        let at = place.column.saturating_sub(1);
        let start = if at > SHOWN_MAX { at.saturating_sub(SHOWN_MAX / 2) } else { 0 };
        self.go_to(place.line, start);
        let mut line = self.rest.lines().next().unwrap_or("").chars();
        let before: String = line.by_ref().take(at.saturating_sub(self.column)).collect();
        let following: String = line.by_ref().take(SHOWN_MAX).collect();
        let head = if self.column > 0 { "…" } else { "" };
        let tail = if line.next().is_some() { "…" } else { "" };
        let blank = |character: char| if character == '\t' { '\t' } else { ' ' };
        let indent = head.chars().chain(before.chars()).map(blank).collect();
        (format!("{head}{before}{following}{tail}"), indent)
    }

    fn go_to(&mut self, line: usize, column: usize) {
        while self.line < line {
            let Some((_, rest)) = self.rest.split_once('\n') else { break };
            (self.rest, self.line, self.column) = (rest, self.line.saturating_add(1), 0);
        }
        let skipped = column.saturating_sub(self.column);
        let from = self.rest.char_indices().nth(skipped).map_or(self.rest.len(), |(at, _)| at);
        self.rest = self.rest.get(from..).unwrap_or("");
        self.column = self.column.saturating_add(skipped);
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count() {
            1 => self.first.fmt(f),
            count => write!(f, "{count} problems, the first at {}", self.first),
        }
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `unwrap` and a `main` that returns this print: every problem, a line each.
        self.problems().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl Serialize for Diagnostics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.problems())
    }
}

/// How many problems of one text are reported. Whoever has that many is helped more by fixing these first than by
/// a longer list, and finding the likely fix of each takes time.
pub(crate) const PROBLEMS_MAX: usize = 1000;

/// The problems found so far in one text.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<(Option<Range<usize>>, Diagnostic)>,
    /// Keys that entries state in a way that cannot be read, by where the name of the entry stands.
    damaged: BTreeSet<(usize, String)>,
    /// The text was given up: whatever else is found only follows from that.
    given_up: bool,
    more: bool,
}

impl Problems {
    /// Notes a problem at `span` of the text.
    pub(crate) fn add(&mut self, code: Code, span: Option<Range<usize>>, message: impl Into<String>) {
        self.add_with_help(code, span, message, None);
    }

    /// Notes what keeps the text from being read at all.
    pub(crate) fn give_up(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) {
        self.add(code, Some(span), message);
        self.given_up = true;
    }

    /// The entry whose name stands at `entry` states this key, but in a way that cannot be read.
    pub(crate) fn damage(&mut self, entry: &Range<usize>, key: &str) {
        self.damaged.insert((entry.start, key.to_owned()));
    }

    /// Whether the entry whose name stands at `entry` states this key in a way that cannot be read.
    pub(crate) fn is_damaged(&self, entry: &Range<usize>, key: &str) -> bool {
        self.damaged.contains(&(entry.start, key.to_owned()))
    }

    /// Whether something at `span` only follows from a mistake that was noted already.
    fn follows(&self, code: Code, span: Option<&Range<usize>>, message: &str) -> bool {
        let Some(span) = span else { return false };
        let broken = |(at, one): &(Option<Range<usize>>, Diagnostic)| {
            one.code == Code::Syntax && at.as_ref().is_some_and(|at| at.start == span.start)
        };
        match code {
            // The first word that such a message quotes is the key.
            Code::MissingKey => message.split('`').nth(1).is_some_and(|key| self.is_damaged(span, key)),
            Code::UnknownName | Code::MalformedId | Code::WrongType | Code::OutOfRange => {
                self.found.iter().any(broken)
            }
            _ => false,
        }
    }

    /// Notes a name that is none of the candidates, with the one that was probably meant.
    pub(crate) fn add_unknown<'a>(
        &mut self,
        code: Code,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) {
        let help = self.has_room().then(|| did_you_mean(name, candidates));
        self.add_with_help(code, span, message, help.flatten());
    }

    /// Whether another problem would be noted: where none would, looking for its likely fix is wasted.
    pub(crate) fn has_room(&self) -> bool {
        self.found.len() < PROBLEMS_MAX
    }

    /// Notes a problem with its likely fix.
    pub(crate) fn add_with_help(
        &mut self,
        code: Code,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let message = message.into();
        if self.given_up || self.follows(code, span.as_ref(), &message) {
            return;
        }
        if self.has_room() {
            self.found.push((span, Diagnostic { code, message, help, place: None }));
        } else {
            self.more = true;
        }
    }

    /// Nothing wrong, or everything that is, in the order of `text` (without a text: as found).
    pub(crate) fn into_result(self, text: Option<&str>) -> Result<(), Diagnostics> {
        let mut found = self.found;
        found.sort_by_key(|(span, _)| span.as_ref().map_or(usize::MAX, |span| span.start));
        let mut cursor = Cursor::new(text.unwrap_or(""));
        let mut diagnostics = found.into_iter().map(|(span, mut diagnostic)| {
            diagnostic.place = span.filter(|_| text.is_some()).map(|span| cursor.place(&span));
            diagnostic
        });
        let Some(first) = diagnostics.next() else { return Ok(()) };
        let more = self.more.then(|| Diagnostic {
            code: Code::TooMany,
            message: format!("more than {PROBLEMS_MAX} problems, the rest is not shown"),
            help: None,
            place: None,
        });
        Err(Diagnostics { first, rest: diagnostics.chain(more).collect() })
    }
}

/// How many candidates are compared with a misspelt name: comparing takes time, and a catalog with more of one
/// kind is no place where anybody guesses.
const CANDIDATES_MAX: usize = 2000;

/// Names the candidate that `name` was probably meant to be, as a help line.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // No id is longer; comparing is quadratic in the length.
    if name.len() > 256 {
        return None;
    }
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        // Ties go to the first in order, so that the help does not depend on anything else.
        .fold(None, |best: Option<(f64, &str)>, new| match best {
            Some(best) if best.0 >= new.0 => Some(best),
            _ => Some(new),
        })
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "ä = 1\n\tbé = 2\n";
        let start = text.find('b').unwrap();
        let mut cursor = Cursor::new(text);
        assert_eq!(cursor.place(&(start..start + 3)), Place { line: 2, column: 2, width: 2 });
        assert_eq!(cursor.place(&(start..start + 1)), Place { line: 2, column: 2, width: 1 });
        assert_eq!(cursor.place(&(text.len()..text.len())), Place { line: 3, column: 1, width: 1 });
    }

    #[test]
    fn problems_come_in_the_order_of_the_file() {
        let mut problems = Problems::default();
        problems.add(Code::Syntax, Some(4..5), "second");
        problems.add(Code::Syntax, Some(0..1), "first");
        let diagnostics = problems.into_result(Some("a\nb\nc")).unwrap_err();
        let messages: Vec<_> = diagnostics.problems().map(ToString::to_string).collect();
        assert_eq!(messages, ["1:1: syntax: first", "3:1: syntax: second"]);
        assert_eq!(diagnostics.to_string(), "2 problems, the first at 1:1: syntax: first");
    }

    #[test]
    fn only_a_name_that_is_near_is_suggested() {
        assert_eq!(did_you_mean("uplods", ["apps", "uploads"]).as_deref(), Some("did you mean `uploads`?"));
        assert_eq!(did_you_mean("banana", ["apps", "uploads"]), None);
    }
}

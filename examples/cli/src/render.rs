//! What people read: plain text, with colour on a terminal only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::Value;
use tollkeeper::analysis::{
    Answer, Cell, ContractNote, Counts, Diff, DiffKind, Escalation, Finding, Flip, MatrixRecord, Outcome,
    Remedies, Table, Unstated,
};
use tollkeeper::engine::{BecauseValue, Engine, Record};

use crate::args::Colour;

/// Whether to colour.
#[derive(Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    pub(crate) fn of(colour: Colour) -> Self {
        Self(match AutoStream::new(io::stdout(), colour.choice()).current_choice() {
            ColorChoice::Never => false,
            ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => true,
        })
    }

    fn ansi(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn decision(self, sentence: &str) -> String {
        let code = if sentence.starts_with("allow") { "32" } else { "31" };
        let (effect, rest) = sentence.split_once(' ').unwrap_or((sentence, ""));
        format!("{} {rest}", self.ansi(code, effect))
    }

    /// Text of the library, what decides in it coloured.
    pub(crate) fn lines(self, text: &str) -> String {
        let line = |line: &str| match line.trim_start() {
            start if start.starts_with("deny (") || start.starts_with("FAIL") => self.ansi("31", line),
            start if start.starts_with("allow (") => self.ansi("32", line),
            _ => line.to_owned(),
        };
        text.lines().map(|text| line(text) + "\n").collect()
    }

    fn answer(self, answer: Answer, text: &str) -> String {
        let code = match answer {
            Answer::Allow => "32",
            Answer::Deny => "31",
            Answer::Depends => "33",
        };
        self.ansi(code, text)
    }
}

impl Colour {
    /// The same for streams that leave colour out where it does not belong.
    pub(crate) const fn choice(self) -> ColorChoice {
        match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::AlwaysAnsi,
            Self::Never => ColorChoice::Never,
        }
    }
}

/// What a cell says in one word or two.
pub(crate) fn word(cell: &Cell) -> String {
    match cell.answer {
        Answer::Allow => "yes".to_owned(),
        Answer::Deny => "no".to_owned(),
        Answer::Depends => format!("if {}", depends(cell)),
    }
}

/// What a cell depends on.
pub(crate) fn depends(cell: &Cell) -> String {
    let Unstated { facts, unless, email_domain, limits, model, .. } = &cell.unstated;
    let fact = |fact: &String| if unless.contains(fact) { format!("not {fact}") } else { fact.clone() };
    let mut on: Vec<String> = facts.iter().map(fact).collect();
    on.extend(email_domain.then(|| "e-mail domain".to_owned()));
    on.extend(limits.iter().cloned());
    on.extend(model.then(|| "model".to_owned()));
    on.join(", ")
}

/// What the reason of a cell is about, such as role `guest`.
pub(crate) fn because(cell: &Cell) -> String {
    let about = cell.because.iter().map(|(word, value)| {
        let names = match value {
            BecauseValue::One(name) => name.clone(),
            BecauseValue::Many(names) => names.join(", "),
            _ => String::new(),
        };
        format!("{} `{names}`", word.replace('_', " "))
    });
    about.collect::<Vec<_>>().join(", ")
}

/// The tables of a matrix that have something in them.
pub(crate) fn tables(matrix: &MatrixRecord) -> Vec<(&'static str, &Table)> {
    let all = [
        ("Permissions by role", &matrix.permissions),
        ("Features by role", &matrix.features),
        ("Features by switches, for whoever has every role", &matrix.switches),
        ("Who may turn which setting", &matrix.changes),
        ("Who may connect and read through what", &matrix.connectors),
        ("Which data may be stored and processed", &matrix.data),
    ];
    all.into_iter().filter(|(_, table)| !table.rows.is_empty()).collect()
}

pub(crate) fn matrix(matrix: &MatrixRecord, paint: Paint) -> String {
    let mut out = format!("{} at version {}\n", matrix.domain, matrix.version);
    for (title, table) in tables(matrix) {
        let _ = write!(out, "\n{}\n", paint.ansi("1", title));
        text_table(&mut out, table, paint);
    }
    out
}

fn text_table(out: &mut String, table: &Table, paint: Paint) {
    let names = table.rows.iter().map(|row| row.question.to_string().len());
    let first = names.max().unwrap_or(0);
    let width = |column: usize| {
        let cells = table.rows.iter().filter_map(|row| row.cells.get(column)).map(|cell| word(cell).len());
        cells.chain(table.columns.get(column).map(String::len)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let _ = write!(out, "{:first$}", "");
    for (column, width) in table.columns.iter().zip(&widths) {
        let _ = write!(out, "  {column:width$}");
    }
    trim_line(out);
    for row in &table.rows {
        let _ = write!(out, "{:first$}", row.question);
        for (cell, width) in row.cells.iter().zip(&widths) {
            let _ = write!(out, "  {}", paint.answer(cell.answer, &format!("{:width$}", word(cell))));
        }
        trim_line(out);
    }
}

fn trim_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

pub(crate) fn csv(matrix: &MatrixRecord) -> String {
    let mut out = "table,question,column,answer,reason,level,depends_on\n".to_owned();
    for (title, table) in tables(matrix) {
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let level = cell.level.map_or("", |level| level.as_str());
                let answer = match cell.answer {
                    Answer::Allow => "allow",
                    Answer::Deny => "deny",
                    Answer::Depends => "depends",
                };
                let (question, reason) = (row.question.to_string(), cell.reason.to_string());
                let depends = depends(cell);
                let fields = [title, &question, column, answer, &reason, level, &depends];
                let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
                let _ = writeln!(out, "{}", fields.join(","));
            }
        }
    }
    out
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

pub(crate) fn remedies(found: &Remedies) -> String {
    let mut out = String::new();
    for (number, remedy) in found.remedies.iter().enumerate() {
        let _ = writeln!(out, "{}", if number == 0 { "What would lift it:" } else { "or:" });
        for (step, number) in remedy.steps.iter().zip(1..) {
            let _ = writeln!(out, "  {number}. {step}");
        }
    }
    if let Some(deny) = &found.impossible {
        let _ = writeln!(out, "Nothing lifts it: no change gets past `{}`.", deny.reason);
    }
    if !found.complete {
        let _ = writeln!(out, "The search ended before everything was tried.");
    }
    if !found.other_roles.is_empty() {
        let _ = writeln!(out, "In another role it would be allowed:");
        for remedy in &found.other_roles {
            let _ = writeln!(out, "  - {remedy}");
        }
    }
    out
}

/// Where both sides read alike, what differs beside is told of the two decisions about the example.
pub(crate) fn diff((before, after): (&Engine, &Engine), diff: &Diff, paint: Paint) -> String {
    let mut out = String::new();
    for cell in &diff.cells {
        let code = match cell.kind {
            DiffKind::Widened => "32",
            DiffKind::Narrowed => "31",
            _ => "33",
        };
        let kind = paint.ansi(code, &format!("{:11}", cell.kind.as_str()));
        let (old, new) = (side(&cell.old), side(&cell.new));
        let _ = write!(out, "{kind}  {:12}  {}: {old} -> {new}", cell.actor, cell.question);
        if old == new {
            let [old, new] = [before, after].map(|engine| told(&engine.decide(&cell.example)));
            let words: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let differs = |word: &str| old.get(word) != new.get(word);
            // Another reason is about other things.
            let told = |word: &&String| differs(word) && (*word == "reason" || !differs("reason"));
            let differing = words.into_iter().filter(told);
            let side = |told: &BTreeMap<String, String>, word| {
                told.get(word).map_or("none", String::as_str).to_owned()
            };
            let said = differing.map(|word| format!("{word} {} -> {}", side(&old, word), side(&new, word)));
            let _ = write!(out, "; {}", said.collect::<Vec<_>>().join(", "));
        }
        out.push('\n');
    }
    let kinds = [DiffKind::Widened, DiffKind::Narrowed, DiffKind::Moved, DiffKind::ReasonOnly];
    let counts: Vec<String> =
        kinds.iter().map(|kind| format!("{} {}", diff.count(*kind), kind.as_str())).collect();
    let _ = writeln!(out, "{} of {} cells", counts.join(", "), diff.compared);
    out
}

/// What a decision says, by word, but for the domain that was asked.
fn told(record: &Record) -> BTreeMap<String, String> {
    let Ok(Value::Object(mut words)) = serde_json::to_value(record) else { return BTreeMap::new() };
    let because = words.remove("because");
    words.retain(|word, _| word != "domain" && word != "version");
    words.extend(because.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
    words.into_iter().map(|(word, value)| (word, plain(&value))).collect()
}

/// A value as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" and "),
        other => other.to_string(),
    }
}

fn side(cell: &Cell) -> String {
    format!("{} ({})", word(cell), cell.reason)
}

/// What lint finds.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Found<'f> {
    /// What an evaluation shows.
    Finding(&'f Finding),
    /// What no decision depends on.
    Note(&'f ContractNote),
}

pub(crate) fn findings(engine: &Engine, findings: &[Found<'_>], paint: Paint) -> String {
    let mut out = String::new();
    for found in findings {
        let (code, message) = match found {
            Found::Finding(finding) => (finding.code.as_str(), &finding.message),
            Found::Note(note) => (note.code.as_str(), &note.message),
        };
        let _ = writeln!(out, "{}: {message}", paint.ansi("33", code));
        if let Found::Finding(finding) = found {
            let shown = serde_json::to_string(&finding.request).unwrap_or_default();
            let decision = engine.sentence(&engine.evaluate_named(&finding.request));
            let _ = writeln!(out, "  shown by {shown}\n  -> {decision}");
        }
    }
    let _ = match findings.len() {
        0 => writeln!(out, "nothing found"),
        1 => writeln!(out, "1 finding"),
        count => writeln!(out, "{count} findings"),
    };
    out
}

pub(crate) fn escalations(found: &[Escalation]) -> String {
    let mut out = String::new();
    for one in found {
        let Escalation { role, permission, outcome, .. } = one;
        let _ = match outcome {
            Outcome::Held => writeln!(out, "role `{role}` has `{permission}`"),
            Outcome::None => writeln!(out, "no changes that role `{role}` may make lead to `{permission}`"),
            Outcome::Path(path) => {
                let _ = writeln!(out, "role `{role}` reaches `{permission}`:");
                path.iter().zip(1..).try_for_each(|(step, number)| writeln!(out, "  {number}. {step}"))
            }
            _ => writeln!(out, "undecided: role `{role}`, `{permission}`"),
        };
    }
    if found.is_empty() {
        out.push_str("no role can give itself a permission that it does not have\n");
    }
    out
}

pub(crate) fn flip(flip: &Flip) -> String {
    let request = serde_json::to_string(&flip.request).unwrap_or_default();
    let (old, new) = (flip.old.reason, flip.new.reason);
    format!("{:>8}  {}: {old} -> {new}  {request}", flip.number, flip.kind.as_str())
}

pub(crate) fn counts(counts: &Counts) -> String {
    let Counts { requests, deny_to_allow, allow_to_deny, reason_only, unconfirmed, .. } = counts;
    let unchanged = counts.unchanged();
    let mut line = format!(
        "{requests} requests: {unchanged} unchanged, {deny_to_allow} deny to allow, {allow_to_deny} allow to deny, \
         {reason_only} reason only"
    );
    if *unconfirmed > 0 {
        let _ = write!(line, "; {unconfirmed} logged by this version with another decision");
    }
    line
}

//! The commands.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tollkeeper::analysis::{Outcome, Reach, diff};
use tollkeeper::check::{self, EngineError, Report, Suite};
use tollkeeper::decision::Gate;
use tollkeeper::engine::{BecauseValue, Engine, Record};
use tollkeeper::id::{ConnectorId, FactId, FeatureId, ListId, ModelId, PermissionId, SettingId, StandingId};

use crate::args::{Args, Ask, Command, Domain, Domains, Format};
use crate::files::{self, Kind};
use crate::render::{self, Found, Paint};
use crate::replay::{Shown, replayed};
use crate::source::meant;
use crate::{Ending, Failure, html};

/// Where answers go, and in which form.
struct Out<'o, W> {
    to: &'o mut W,
    json: bool,
    paint: Paint,
}

pub(crate) fn run(args: &Args, to: &mut impl Write) -> Result<Ending, Failure> {
    let json = args.output.json;
    let mut out = Out { to, json, paint: Paint::of(args.output.color) };
    match &args.command {
        Command::Evaluate(ask) => evaluate(ask, &mut out),
        Command::Explain(ask) => explain(ask, &mut out),
        Command::Remedies(ask) => remedies(ask, &mut out),
        Command::Matrix { domain, format } => matrix(domain, *format, &mut out),
        Command::Diff { domains } => compare(domains, &mut out),
        Command::Replay { domains, log, counts } => {
            let (old, new) = engines(domains)?;
            replayed(&old, &new, log.as_deref(), Shown { json, counts_only: *counts }, out.to)
        }
        Command::Lint { domain } => lint(domain, &mut out),
        Command::Escalation { domain, role, permission } => {
            escalation(domain, role.as_deref().zip(permission.as_deref()), &mut out)
        }
        Command::Check { suites, missed } => check(suites, *missed, &mut out),
        Command::Schema { format } => {
            writeln!(out.to, "{}", format.format().schema())?;
            Ok(Ending::Fine)
        }
    }
}

impl<W: Write> Out<'_, W> {
    fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(Failure::said)?;
        Ok(writeln!(self.to, "{text}")?)
    }

    /// The same for programs or for people.
    fn show(&mut self, value: &impl Serialize, text: impl FnOnce(Paint) -> String) -> Result<(), Failure> {
        if self.json {
            return self.json(value);
        }
        Ok(write!(self.to, "{}", text(self.paint))?)
    }

    /// A decision for people, and which name was probably meant by one that nothing has.
    fn decision(&mut self, engine: &Engine, ask: &Decided) -> Result<(), Failure> {
        writeln!(self.to, "{}", self.paint.decision(&ask.sentence))?;
        for line in misspelt(engine, &ask.record) {
            writeln!(self.to, "  {line}")?;
        }
        Ok(())
    }
}

const fn ending(fine: bool) -> Ending {
    if fine { Ending::Fine } else { Ending::Finding }
}

fn engines(domains: &Domains) -> Result<(Engine, Engine), Failure> {
    let engine = |path| files::engine_of(&domains.catalog, path);
    Ok((engine(&domains.old)?, engine(&domains.new)?))
}

/// What came of a request.
struct Decided {
    sentence: String,
    record: Record,
}

/// Of a name that nothing has: which, and what was probably meant.
fn misspelt(engine: &Engine, record: &Record) -> Vec<String> {
    if record.reason.gate() != Some(Gate::Known) {
        return Vec::new();
    }
    let said = |(word, value): (&String, &BecauseValue)| {
        let names = match value {
            BecauseValue::One(name) => std::slice::from_ref(name),
            BecauseValue::Many(names) => names,
            _ => &[],
        };
        let word = word.trim_end_matches('s').to_owned();
        let lines = names.iter().map(move |name| match suggestion(engine, &word, name) {
            Some(help) => format!("there is no {word} `{name}`; {help}"),
            None => format!("there is no {word} `{name}`"),
        });
        lines.collect::<Vec<_>>()
    };
    record.because.iter().flat_map(said).collect()
}

/// What was probably meant by a name of this kind.
fn suggestion(engine: &Engine, word: &str, name: &str) -> Option<String> {
    let catalog = engine.catalog();
    match word {
        "role" => meant(name, engine.roles().map(|(role, _)| role)),
        "permission" => meant(name, catalog.all::<PermissionId>().map(|(name, _)| name)),
        "feature" => meant(name, catalog.all::<FeatureId>().map(|(name, _)| name)),
        "setting" => meant(name, catalog.all::<SettingId>().map(|(name, _)| name)),
        "fact" => meant(name, catalog.all::<FactId>().map(|(name, _)| name)),
        "list" => meant(name, catalog.all::<ListId>().map(|(name, _)| name)),
        "standing" => meant(name, catalog.all::<StandingId>().map(|(name, _)| name)),
        "model" => meant(name, catalog.all::<ModelId>().map(|(name, _)| name)),
        "connector" => meant(name, catalog.all::<ConnectorId>().map(|(name, _)| name)),
        _ => None,
    }
}

fn evaluate<W: Write>(ask: &Ask, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let (engine, request) = (files::engine(&ask.domain)?, files::request(ask)?);
    let decision = engine.evaluate_named(&request);
    let decided = Decided { sentence: engine.sentence(&decision), record: engine.decide(&request) };
    if ask.log {
        let line = serde_json::to_string(&engine.log(request)).map_err(Failure::said)?;
        writeln!(out.to, "{line}")?;
    } else if out.json {
        out.json(&decided.record)?;
    } else {
        out.decision(&engine, &decided)?;
        for obligation in decided.record.obligations {
            writeln!(out.to, "  obliges to {obligation}")?;
        }
        for provider in decided.record.providers {
            writeln!(out.to, "  sends data to {provider}")?;
        }
        if let Some(fallback) = decided.record.fallback {
            writeln!(out.to, "  falls back to {fallback}")?;
        }
    }
    Ok(ending(decision.is_allow()))
}

fn explain<W: Write>(ask: &Ask, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let (engine, request) = (files::engine(&ask.domain)?, files::request(ask)?);
    let explanation = engine.explain_named(&request);
    let mut record = explanation.record();
    // Of an unknown name only this one says which.
    record.decision = engine.decide(&request);
    out.show(&record, |paint| {
        let misspelt = misspelt(&engine, &record.decision).into_iter().map(|line| format!("  {line}\n"));
        format!("{}{}", paint.lines(&explanation.to_string()), misspelt.collect::<String>())
    })?;
    Ok(ending(explanation.decision().is_allow()))
}

fn remedies<W: Write>(ask: &Ask, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let (engine, request) = (files::engine(&ask.domain)?, files::request(ask)?);
    let found = engine.remedies_named(&request);
    let decision = engine.evaluate_named(&request);
    if out.json {
        out.json(&found)?;
        return Ok(ending(decision.is_allow()));
    }
    let decided = Decided { sentence: engine.sentence(&decision), record: engine.decide(&request) };
    out.decision(&engine, &decided)?;
    write!(out.to, "{}", render::remedies(&found))?;
    if let ([role], Some(permission)) = (&request.subject.roles[..], &request.action.permission) {
        if let Reach::Never(_) = engine.reach(role, permission) {
            writeln!(out.to, "No setting of this domain ever gives role `{role}` the permission itself.")?;
        }
    }
    Ok(ending(decision.is_allow()))
}

fn matrix<W: Write>(domain: &Domain, format: Format, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let matrix = files::engine(domain)?.matrix().record();
    out.show(&matrix, |paint| match format {
        Format::Text => render::matrix(&matrix, paint),
        Format::Csv => render::csv(&matrix),
        Format::Html => html::page(&matrix),
    })?;
    Ok(Ending::Fine)
}

fn compare<W: Write>(domains: &Domains, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let (old, new) = engines(domains)?;
    let diff = diff(&old, &new);
    out.show(&diff, |paint| render::diff((&old, &new), &diff, paint))?;
    Ok(ending(diff.cells.is_empty()))
}

fn lint<W: Write>(domain: &Domain, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let engine = files::engine(domain)?;
    let (findings, notes) = (engine.lint(), engine.lint_contract());
    let all: Vec<Found<'_>> =
        findings.iter().map(Found::Finding).chain(notes.iter().map(Found::Note)).collect();
    out.show(&all, |paint| render::findings(&engine, &all, paint))?;
    Ok(ending(all.is_empty()))
}

fn escalation<W: Write>(
    domain: &Domain,
    asked: Option<(&str, &str)>,
    out: &mut Out<'_, W>,
) -> Result<Ending, Failure> {
    let engine = files::engine(domain)?;
    let unknown = |word, name| {
        let help = suggestion(&engine, word, name).map(|help| format!("; {help}")).unwrap_or_default();
        Failure::said(format!("there is no {word} `{name}`{help}"))
    };
    let found = match asked {
        Some((role, _)) if engine.role(role).is_none() => return Err(unknown("role", role)),
        Some((_, permission)) if engine.catalog().find::<PermissionId>(permission).is_none() => {
            return Err(unknown("permission", permission));
        }
        Some((role, permission)) => vec![engine.escalation(role, permission)],
        None => engine.escalations(),
    };
    out.show(&found, |_| render::escalations(&found))?;
    Ok(ending(!found.iter().any(|one| matches!(one.outcome, Outcome::Path(_) | Outcome::Undecided))))
}

/// Runs every suite, also behind one that fails or cannot be read; what a suite names is looked for beside it.
fn check<W: Write>(suites: &[PathBuf], missed: bool, out: &mut Out<'_, W>) -> Result<Ending, Failure> {
    let (mut reports, mut broken) = (Vec::new(), Vec::new());
    for path in suites {
        match report(path) {
            Ok(report) => reports.push(report),
            Err(Failure::Said(said)) => broken.push(said),
            Err(other) => return Err(other),
        }
    }
    out.show(&reports, |paint| {
        let text = |report| if missed { format!("{report:#}") } else { format!("{report}") };
        reports.iter().map(|report| paint.lines(&text(report))).collect::<Vec<_>>().join("\n")
    })?;
    if !broken.is_empty() {
        return Err(Failure::Said(broken.join("\n\n")));
    }
    Ok(ending(reports.iter().all(Report::passed)))
}

fn report(path: &Path) -> Result<Report, Failure> {
    let text = files::read(path)?;
    let suite = Suite::parse(&text).map_err(|found| files::broken(Kind::Suite, path, &text, &found))?;
    let beside = |file: &str| path.parent().unwrap_or(Path::new("")).join(file);
    let read = |file: &str| std::fs::read_to_string(beside(file));
    let engine = suite.engine(read).map_err(|error| match error {
        EngineError::Broken { file, problems } => {
            let path = beside(&file);
            let text = files::read(&path).unwrap_or_default();
            let kind = if suite.catalog_file() == Some(&file) { Kind::Catalog } else { Kind::Domain };
            files::broken(kind, &path, &text, &problems)
        }
        EngineError::BrokenInPlace { problems } => files::broken(Kind::Suite, path, &text, &problems),
        EngineError::Unreadable { file, .. } => match files::read(&beside(&file)) {
            Err(Failure::Said(said)) => Failure::Said(format!("{said}, which `{}` names", path.display())),
            _ => Failure::said(format!("`{}`: cannot read `{file}`", path.display())),
        },
        other => Failure::said(format!("`{}`: {other}", path.display())),
    })?;
    Ok(check::run(&suite, &engine))
}

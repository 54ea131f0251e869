//! The commands.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use tollkeeper::analysis::{Logged, Outcome, Reach, diff, replay};
use tollkeeper::check::{self, Report, Suite};
use tollkeeper::id::PermissionId;
use tollkeeper::request::NamedRequest;

use crate::Ending;
use crate::args::{Args, Ask, Command, Common, Format};
use crate::files::{self, Failure};
use crate::html;
use crate::render::{self, Paint};

pub(crate) fn run(args: &Args) -> Result<Ending, Failure> {
    let common = &args.common;
    let paint = Paint::of(common.color);
    match &args.command {
        Command::Evaluate(ask) => evaluate(common, ask, paint),
        Command::Explain(ask) => explain(common, ask),
        Command::Remedies(ask) => remedies(common, ask, paint),
        Command::Matrix { domain, format } => matrix(common, domain, *format, paint),
        Command::Diff { old, new } => compare(common, old, new, paint),
        Command::Replay { old, new, log, counts } => replayed(common, old, new, log.as_deref(), *counts),
        Command::Lint { domain } => lint(common, domain, paint),
        Command::Escalation { domain, role, permission } => {
            escalation(common, domain, role.as_deref().zip(permission.as_deref()))
        }
        Command::Check { suites } => check(common, suites),
        Command::Schema => Err("error: JSON Schemas are not in this version".to_owned()),
    }
}

fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| format!("error: {error}"))?;
    println!("{text}");
    Ok(())
}

/// The same for programs or for people.
fn show(common: &Common, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
    if common.json {
        return json(value);
    }
    print!("{}", text());
    Ok(())
}

const fn ending(fine: bool) -> Ending {
    if fine { Ending::Fine } else { Ending::Finding }
}

fn evaluate(common: &Common, ask: &Ask, paint: Paint) -> Result<Ending, Failure> {
    let (engine, request) = (files::engine(common, &ask.domain)?, files::request(ask)?);
    let decision = engine.evaluate_named(&request);
    if ask.log {
        let line = serde_json::to_string(&engine.log(request)).map_err(|error| format!("error: {error}"))?;
        println!("{line}");
    } else if common.json {
        json(&engine.decide(&request))?;
    } else {
        println!("{}", paint.decision(&engine.sentence(&decision)));
        let record = engine.decide(&request);
        for obligation in record.obligations {
            println!("  obliges to {obligation}");
        }
        for provider in record.providers {
            println!("  sends data to {provider}");
        }
    }
    Ok(ending(decision.is_allow()))
}

fn explain(common: &Common, ask: &Ask) -> Result<Ending, Failure> {
    let (engine, request) = (files::engine(common, &ask.domain)?, files::request(ask)?);
    let explanation = engine.explain_named(&request);
    show(common, &explanation.record(), || explanation.to_string())?;
    Ok(ending(explanation.decision().is_allow()))
}

fn remedies(common: &Common, ask: &Ask, paint: Paint) -> Result<Ending, Failure> {
    let (engine, request) = (files::engine(common, &ask.domain)?, files::request(ask)?);
    let found = engine.remedies_named(&request);
    let allowed = engine.evaluate_named(&request).is_allow();
    if common.json {
        json(&found)?;
        return Ok(ending(allowed));
    }
    println!("{}", paint.decision(&engine.sentence(&engine.evaluate_named(&request))));
    print!("{}", render::remedies(&found));
    if let ([role], Some(permission)) = (&request.subject.roles[..], &request.action.permission) {
        if let Reach::Never(_) = engine.reach(role, permission) {
            println!("No setting of this domain ever gives role `{role}` the permission itself.");
        }
    }
    Ok(ending(allowed))
}

fn matrix(common: &Common, domain: &Path, format: Format, paint: Paint) -> Result<Ending, Failure> {
    let matrix = files::engine(common, domain)?.matrix();
    match format {
        _ if common.json => json(&matrix)?,
        Format::Text => print!("{}", render::matrix(&matrix, paint)),
        Format::Csv => print!("{}", render::csv(&matrix)),
        Format::Html => print!("{}", html::page(&matrix)),
    }
    Ok(Ending::Fine)
}

fn compare(common: &Common, old: &Path, new: &Path, paint: Paint) -> Result<Ending, Failure> {
    let diff = diff(&files::engine(common, old)?, &files::engine(common, new)?);
    show(common, &diff, || render::diff(&diff, paint))?;
    Ok(ending(diff.cells.is_empty()))
}

fn lint(common: &Common, domain: &Path, paint: Paint) -> Result<Ending, Failure> {
    let engine = files::engine(common, domain)?;
    let findings = engine.lint();
    show(common, &findings, || render::findings(&engine, &findings, paint))?;
    Ok(ending(findings.is_empty()))
}

fn escalation(common: &Common, domain: &Path, asked: Option<(&str, &str)>) -> Result<Ending, Failure> {
    let engine = files::engine(common, domain)?;
    let found = match asked {
        Some((role, _)) if engine.role(role).is_none() => {
            return Err(format!("error: unknown role `{role}`"));
        }
        Some((_, permission)) if engine.catalog().find::<PermissionId>(permission).is_none() => {
            return Err(format!("error: unknown permission `{permission}`"));
        }
        Some((role, permission)) => vec![engine.escalation(role, permission)],
        None => engine.escalations(),
    };
    show(common, &found, || render::escalations(&found))?;
    Ok(ending(!found.iter().any(|one| matches!(one.outcome, Outcome::Path(_) | Outcome::Undecided))))
}

/// Runs every suite, also behind one that fails; what a suite names is looked for beside it.
fn check(common: &Common, suites: &[PathBuf]) -> Result<Ending, Failure> {
    let mut reports = Vec::new();
    for path in suites {
        let text = files::read(path)?;
        let suite =
            Suite::parse(&text).map_err(|problems| problems.render(&path.display().to_string(), &text))?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let engine = suite.engine(|file| files::read(&beside.join(file)));
        let engine = engine.map_err(|error| format!("error: `{}`: {error}", path.display()))?;
        reports.push(check::run(&suite, &engine));
    }
    show(common, &reports, || reports.iter().map(ToString::to_string).collect())?;
    Ok(ending(reports.iter().all(Report::passed)))
}

/// One line of a log: a request by itself, or with its decision.
fn logged(line: &str, number: u64) -> Result<Logged, Failure> {
    let wrong = |error| format!("error: line {number} of the log: {error}");
    let value: Value = serde_json::from_str(line).map_err(wrong)?;
    if value.get("request").is_some() {
        return serde_json::from_value(value).map_err(wrong);
    }
    serde_json::from_value::<NamedRequest>(value).map(Logged::from).map_err(wrong)
}

fn replayed(
    common: &Common,
    old: &Path,
    new: &Path,
    log: Option<&Path>,
    counts_only: bool,
) -> Result<Ending, Failure> {
    let (old, new) = (files::engine(common, old)?, files::engine(common, new)?);
    let (log, length): (Box<dyn BufRead>, _) = match log.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let file = File::open(path);
            let file = file.map_err(|error| format!("error: cannot read `{}`: {error}", path.display()))?;
            let length = file.metadata().map(|it| it.len()).ok();
            (Box::new(BufReader::new(file)), length)
        }
        None => (Box::new(io::stdin().lock()), None),
    };
    let mut progress = render::Progress::new(length, io::stderr().is_terminal());
    let mut wrong = None;
    let lines = log.lines().zip(1_u64..).map_while(|(line, number)| {
        let line = line.map_err(|error| format!("error: line {number} of the log: {error}"));
        let logged = line.and_then(|line| {
            progress.read(line.len(), number);
            logged(&line, number)
        });
        logged.map_err(|error| wrong = Some(error)).ok()
    });
    let mut replay = replay(lines, &old, &new);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut failed = None;
    for flip in replay.by_ref() {
        let line = match (counts_only, common.json) {
            (true, _) => continue,
            (_, true) => serde_json::to_string(&flip).unwrap_or_default(),
            (_, false) => render::flip(&flip),
        };
        if let Err(error) = writeln!(out, "{line}") {
            failed = Some(format!("error: cannot write: {error}"));
            break;
        }
    }
    let counts = replay.counts();
    drop(replay);
    progress.finish();
    if let Some(error) = wrong.or(failed) {
        return Err(error);
    }
    let summary = if common.json {
        serde_json::to_string(&counts).unwrap_or_default()
    } else {
        render::counts(&counts)
    };
    writeln!(out, "{summary}").map_err(|error| format!("error: cannot write: {error}"))?;
    Ok(ending(counts.unchanged() == counts.requests && counts.unconfirmed == 0))
}

//! Files read and compiled, requests read; every mistake shown with its line.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use tollkeeper::catalog::Catalog;
use tollkeeper::diagnostic::{Code, Diagnostics};
use tollkeeper::engine::Engine;
use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use tollkeeper::word::Switch;

use crate::Failure;
use crate::args::{Ask, CatalogFile, Domain};
use crate::source::Source;

pub(crate) const STDIN: &str = "standard input";

/// The kinds of file, by the table that each must have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Catalog,
    Domain,
    Suite,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Domain => "domain",
            Self::Suite => "suite",
        }
    }

    /// What a file is, whatever else is wrong with it. A suite may have the tables of a domain in it.
    fn of(text: &str) -> Option<Self> {
        let table: toml::Table = toml::from_str(text).ok()?;
        [Self::Suite, Self::Catalog, Self::Domain].into_iter().find(|kind| table.contains_key(kind.as_str()))
    }
}

/// Why a file cannot be read, and what to do.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::said(match error.kind() {
        io::ErrorKind::IsADirectory => format!("`{path}` is a directory; name a file in it"),
        io::ErrorKind::NotFound => format!("there is no file `{path}`"),
        io::ErrorKind::InvalidData => format!("`{path}` is no text in UTF-8"),
        _ => format!("cannot read `{path}`: {error}"),
    })
}

pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// Everything that is wrong with a file of this kind; that it is one of another kind, if it is.
pub(crate) fn broken(kind: Kind, path: &Path, text: &str, found: &Diagnostics) -> Failure {
    let name = path.display().to_string();
    match Kind::of(text).filter(|is| *is != kind) {
        Some(is) => Failure::said(format!(
            "`{name}` is a {} file, and a {} file is needed here",
            is.as_str(),
            kind.as_str()
        )),
        None => Failure::Said(source(&name, text).diagnostics(found)),
    }
}

pub(crate) fn source<'t>(name: &'t str, text: &'t str) -> Source<'t> {
    Source { name, text, line: 1 }
}

fn catalog(file: &CatalogFile) -> Result<Catalog, Failure> {
    let Some(path) = &file.catalog else { return Ok(Catalog::builtin()) };
    let text = read(path)?;
    Catalog::parse(&text).map_err(|found| broken(Kind::Catalog, path, &text, &found))
}

pub(crate) fn engine(domain: &Domain) -> Result<Engine, Failure> {
    engine_of(&domain.catalog, &domain.domain)
}

pub(crate) fn engine_of(file: &CatalogFile, path: &Path) -> Result<Engine, Failure> {
    let (catalog, text) = (catalog(file)?, read(path)?);
    Engine::parse(&catalog, &text).map_err(|found| {
        let failure = broken(Kind::Domain, path, &text, &found);
        let unknown = found.problems().any(|problem| problem.code == Code::UnknownName);
        match failure {
            Failure::Said(shown) if unknown && file.catalog.is_none() => Failure::Said(format!(
                "{shown}\n\nThese names were looked up in the built-in catalog; --catalog FILE names another."
            )),
            other => other,
        }
    })
}

/// The request that options or JSON state.
pub(crate) fn request(ask: &Ask) -> Result<NamedRequest, Failure> {
    match ask.request.as_deref() {
        Some("-") => parsed(STDIN, &stdin()?),
        Some(json) => parsed("--request", json),
        None => stated(ask),
    }
}

fn parsed(name: &str, json: &str) -> Result<NamedRequest, Failure> {
    if json.trim().is_empty() {
        return Err(Failure::said(format!("{name} is empty, and a request in JSON is needed there")));
    }
    serde_json::from_str(json).map_err(|error| Failure::Said(source(name, json).json(&error)))
}

fn stated(ask: &Ask) -> Result<NamedRequest, Failure> {
    let mut subject = NamedSubject::default();
    (subject.roles, subject.standings) = (ask.role.clone(), ask.standing.clone());
    let mut action = NamedAction::default();
    (action.permission, action.feature) = (ask.permission.clone(), ask.feature.clone());
    if let Some(turn) = &ask.turn {
        action.change = Some(change(turn)?);
    }
    if action == NamedAction::default() {
        return Err(Failure::said("say what is asked for: --permission, --feature, --turn or --request"));
    }
    let mut request = NamedRequest::new(subject, action);
    for fact in &ask.fact {
        let (name, holds) = fact.split_once('=').unwrap_or((fact, "true"));
        let wrong =
            |_| Failure::said(format!("--fact {fact}: a fact is `true` or `false`, as in `{name}=false`"));
        if request.context.facts.insert(name.to_owned(), holds.parse().map_err(wrong)?).is_some() {
            return Err(Failure::said(format!("--fact {name} is given twice")));
        }
    }
    request.context.email_domain.clone_from(&ask.email_domain);
    Ok(request)
}

fn change(turn: &str) -> Result<NamedChange, Failure> {
    let to = |position| match position {
        "on" => Some(Switch::On),
        "off" => Some(Switch::Off),
        _ => None,
    };
    let parts = turn.split_once('=').and_then(|(setting, position)| Some((setting, to(position)?)));
    let Some((setting, to)) = parts else {
        let setting = turn.split('=').next().unwrap_or(turn);
        return Err(Failure::said(format!(
            "--turn {turn}: say which way, as in `{setting}=on` or `{setting}=off`"
        )));
    };
    let mut change = NamedChange::default();
    (change.setting, change.to) = (Some(setting.to_owned()), Some(To::Switch(to)));
    Ok(change)
}

fn stdin() -> Result<String, Failure> {
    say_that_it_waits();
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::said(format!("cannot read {STDIN}: {error}")))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// A command that waits for somebody to type says so.
pub(crate) fn say_that_it_waits() {
    if io::stdin().is_terminal() {
        eprintln!("reading from {STDIN}; end it with Ctrl-D");
    }
}

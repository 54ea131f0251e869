//! Files read and compiled; every mistake shown with its line.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use tollkeeper::word::Switch;

use crate::args::{Ask, Common};

/// What is said when a command cannot be carried out.
pub(crate) type Failure = String;

pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("error: cannot read `{}`: {error}", path.display()))
}

pub(crate) fn catalog(common: &Common) -> Result<Catalog, Failure> {
    let Some(path) = &common.catalog else { return Ok(Catalog::builtin()) };
    let text = read(path)?;
    Catalog::parse(&text).map_err(|problems| problems.render(&path.display().to_string(), &text))
}

pub(crate) fn engine(common: &Common, path: &Path) -> Result<Engine, Failure> {
    let (catalog, text) = (catalog(common)?, read(path)?);
    let compiled = Domain::parse(&text).and_then(|domain| Engine::compile(&catalog, &domain));
    compiled.map_err(|problems| problems.render(&path.display().to_string(), &text))
}

/// The request that options or JSON state.
pub(crate) fn request(ask: &Ask) -> Result<NamedRequest, Failure> {
    if let Some(json) = &ask.request {
        let text = if json == "-" { stdin()? } else { json.clone() };
        return serde_json::from_str(&text).map_err(|error| format!("error: not a request: {error}"));
    }
    let mut subject = NamedSubject::default();
    (subject.roles, subject.standings) = (ask.role.clone(), ask.standing.clone());
    let mut action = NamedAction::default();
    (action.permission, action.feature) = (ask.permission.clone(), ask.feature.clone());
    if let Some(turn) = &ask.turn {
        action.change = Some(change(turn)?);
    }
    if action == NamedAction::default() {
        return Err("error: say what is asked for: --permission, --feature, --turn or --request".to_owned());
    }
    let mut request = NamedRequest::new(subject, action);
    for fact in &ask.fact {
        let (name, holds) = fact.split_once('=').unwrap_or((fact, "true"));
        let holds = holds.parse().map_err(|_| format!("error: `{fact}` is neither true nor false"))?;
        request.context.facts.insert(name.to_owned(), holds);
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
    let (setting, to) = parts.ok_or_else(|| format!("error: `{turn}` is not like `uploads=off`"))?;
    let mut change = NamedChange::default();
    (change.setting, change.to) = (Some(setting.to_owned()), Some(To::Switch(to)));
    Ok(change)
}

fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| format!("error: cannot read standard input: {error}"))?;
    Ok(text)
}

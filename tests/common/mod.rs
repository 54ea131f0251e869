//! What the tests share: customers, tables, and asking an engine in every way that there is.
#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses some of it")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and takes what `json!` makes"
)]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::{Gate, Reason};
use tollkeeper::domain::Domain;
use tollkeeper::engine::{BecauseValue, Engine, ExplanationRecord, Record};
use tollkeeper::request::NamedRequest;

/// A customer of the built-in catalog, as the parts of a domain file.
#[derive(Clone, Copy)]
pub struct Customer<'a> {
    pub kind: &'a str,
    pub plan: &'a str,
    /// More keys of `[domain]`.
    pub heading: &'a str,
    /// The keys of `[holders]`.
    pub holders: &'a str,
    /// More tables.
    pub tables: &'a str,
}

/// An organization with two super admins, on a plan that includes configurable roles.
pub const ORGANIZATION: Customer<'_> = Customer {
    kind: "organization",
    plan: "enterprise_plus",
    heading: "",
    holders: "super_admin = 2",
    tables: "",
};
/// An organization in which nobody is super admin yet.
pub const UNHELD: Customer<'_> = Customer { holders: "super_admin = 0", ..ORGANIZATION };
pub const DIVISION: Customer<'_> = Customer { kind: "division", holders: "", ..ORGANIZATION };
pub const WORKSPACE: Customer<'_> =
    Customer { kind: "workspace", holders: "", plan: "starter", ..ORGANIZATION };

/// What a domain adds to `[domain]` to be under HIPAA, to keep its own keys, or both.
pub const HIPAA: &str = "regimes = ['hipaa']";
pub const KEYS: &str =
    "add_ons = ['key_management']\nattested = ['customer_keys']\nregimes = ['key_management']";
pub const BOTH: &str =
    "add_ons = ['key_management']\nattested = ['customer_keys']\nregimes = ['hipaa', 'key_management']";

impl Customer<'_> {
    pub fn toml(&self) -> String {
        let Self { kind, plan, heading, holders, tables } = self;
        format!(
            "[domain]\nid = 'acme'\nkind = '{kind}'\nplan = '{plan}'\n{heading}\n[holders]\n{holders}\n{tables}\n"
        )
    }

    /// The engine of this customer, who must make sense.
    pub fn engine(&self) -> Engine {
        engine(&Catalog::builtin(), &self.toml())
    }

    /// The codes of everything that is wrong with this customer.
    pub fn codes(&self) -> Vec<String> {
        problems(&self.toml()).into_iter().map(|(_, code)| code).collect()
    }
}

pub fn engine(catalog: &Catalog, text: &str) -> Engine {
    let compiled = Domain::parse(text).and_then(|domain| Engine::compile(catalog, &domain));
    compiled.unwrap_or_else(|problems| panic!("{}", problems.render("domain.toml", text)))
}

/// Everything that is wrong with a domain file of the built-in catalog: `line:column` (or nothing) and code.
pub fn problems(text: &str) -> Vec<(String, String)> {
    let compiled = Domain::parse(text).and_then(|domain| Engine::compile(&Catalog::builtin(), &domain));
    let Err(problems) = compiled else { return Vec::new() };
    let place = |problem: &tollkeeper::diagnostic::Diagnostic| {
        problem.place.map(|place| format!("{}:{}", place.line, place.column)).unwrap_or_default()
    };
    problems.problems().map(|problem| (place(problem), problem.code.to_string())).collect()
}

/// Decides a request, and holds the engine to what is true of every decision: it explains itself, gate after
/// gate, and everything about it survives JSON and TOML (DEC-03, DEC-04, DEC-07).
pub fn decide(engine: &Engine, request: Value) -> Record {
    let request: NamedRequest = serde_json::from_value(request).unwrap();
    let decision = engine.evaluate_named(&request);
    let explanation = engine.explain_named(&request);
    assert_eq!(explanation.decision(), decision, "{request:?}");
    let reason = decision.is_deny().then_some(decision.reason());
    assert_eq!(explanation.fold(), (decision.effect(), reason), "{request:?}\n{explanation}");
    let record = engine.decide(&request);
    assert_eq!((record.effect, record.reason), (decision.effect(), decision.reason()));
    let steps = explanation.record();
    stands_in_order(&steps);
    survives(&request);
    survives(&record);
    survives(&steps);
    record
}

/// The gates of each alternative stand in their order, and each fails with a reason of its own.
fn stands_in_order(explanation: &ExplanationRecord) {
    let position = |gate: &str| Gate::ALL.iter().position(|one| one.as_str() == gate).unwrap();
    let by_alternative = explanation
        .steps
        .chunk_by(|one, next| (&one.permission, &one.role) == (&next.permission, &next.role));
    for steps in by_alternative {
        for pair in steps.windows(2) {
            assert!(position(&pair[0].gate) <= position(&pair[1].gate), "{explanation:#?}");
        }
        for step in steps {
            let gate = step.reason.and_then(Reason::gate).map(Gate::as_str);
            assert!(gate.is_none_or(|gate| gate == step.gate), "{explanation:#?}");
        }
    }
}

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    let toml = toml::to_string(value).unwrap();
    assert_eq!(&toml::from_str::<T>(&toml).unwrap(), value, "{toml}");
}

/// The reason for which somebody with these roles may or may not use a permission; every fact is stated, and
/// none stands in the way.
pub fn reason_for(engine: &Engine, roles: &[&str], permission: &str) -> String {
    let facts = json!({
        "task_access": true, "self_created": true, "draft": false, "via_app": false, "from_email": false,
    });
    decide(
        engine,
        json!({
            "subject": { "roles": roles },
            "action": { "permission": permission },
            "context": { "facts": facts, "email_domain": "partner.example" },
        }),
    )
    .reason
    .to_string()
}

/// The record of a change asked for by somebody with these roles.
pub fn change(engine: &Engine, roles: &[&str], change: Value) -> Record {
    decide(engine, json!({ "subject": { "roles": roles }, "action": { "change": change } }))
}

/// A reason, with a `!` if it comes with the warning that the change cannot be taken back.
pub fn warned(record: &Record) -> String {
    let warned = record.obligations.iter().any(|one| one == "warn_irreversible");
    format!("{}{}", record.reason, if warned { "!" } else { "" })
}

/// What a parameter of the reason names.
pub fn because<'r>(record: &'r Record, parameter: &str) -> Option<&'r str> {
    match record.because.get(parameter) {
        Some(BecauseValue::One(name)) => Some(name),
        _ => None,
    }
}

/// The facts that a reason is about, with `email_domain` if that is not stated.
pub fn facts(record: &Record) -> Vec<&str> {
    let mut named: Vec<&str> = match record.because.get("facts") {
        Some(BecauseValue::Many(facts)) => facts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    named.extend(because(record, "email_domain").map(|_| "email_domain"));
    named
}

/// A table: the words of the heading, and those of each row.
pub struct Table<'t> {
    pub heading: Vec<&'t str>,
    pub rows: Vec<Vec<&'t str>>,
}

impl<'t> Table<'t> {
    pub fn of(text: &'t str) -> Self {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let heading: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
        for row in &rows {
            assert_eq!(row.len(), heading.len(), "{row:?}");
        }
        Self { heading, rows }
    }

    /// Every cell but the first of a row: name of the row, name of the column, content.
    pub fn cells(&self) -> impl Iterator<Item = (&'t str, &'t str, &'t str)> + '_ {
        self.rows.iter().flat_map(|row| {
            let cells = self.heading.iter().zip(row).skip(1);
            cells.map(move |(column, cell)| (row[0], *column, *cell))
        })
    }
}

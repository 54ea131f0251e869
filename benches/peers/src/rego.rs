//! regorus: one Rego policy, the customer as data, on its register machine.

use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};
use serde_json::{Map, json};
use tollkeeper::decision::Reason;
use tollkeeper::word::Trigger;
use tollkeeper_benches::maps::{blocked, reason};
use tollkeeper_benches::product::Product;
use tollkeeper_benches::tenant::{State, word};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::{Answer, Peer, Unknown};

const POLICY: &str = include_str!("product.rego");
const ENTRY: &str = "data.product.reason";

/// Keys of the input, made once: strings are shared.
struct Keys {
    role: Value,
    permission: Value,
    feature: Value,
    setting: Value,
    to: Value,
    so: Value,
    not_so: Value,
    email_domain: Value,
    counts: Value,
    remaining: Value,
    standing: Value,
}

pub struct Rego {
    machines: Vec<RegoVM>,
    keys: Keys,
}

impl Rego {
    pub fn new(workload: &Workload) -> Self {
        let program = program();
        let machine = |state: &State| {
            let mut machine = RegoVM::new();
            machine.load_program(program.clone());
            machine.set_data(Value::from(data(&workload.product, state))).expect("data is an object");
            machine
        };
        Self { machines: workload.states.iter().map(machine).collect(), keys: Keys::new() }
    }

    fn run(&mut self, ask: &Ask) -> Option<Reason> {
        let input = self.keys.input(ask);
        let machine = &mut self.machines[ask.tenant];
        machine.set_input(input);
        let answer = machine.execute_entry_point_by_index(0).expect("the policy has no errors");
        let code = answer.as_string().ok()?;
        Reason::ALL.iter().copied().find(|reason| reason.as_str() == &**code)
    }
}

fn program() -> Arc<Program> {
    let mut engine = Engine::new();
    engine.add_policy("product.rego".to_owned(), POLICY.to_owned()).expect("the policy parses");
    let entry: Rc<str> = ENTRY.into();
    let policy = engine.compile_with_entrypoint(&entry).expect("the policy compiles");
    Compiler::compile_from_policy(&policy, &[ENTRY]).expect("the policy compiles for the machine")
}

/// A set that a rule looks members up in.
fn set<'n>(names: impl IntoIterator<Item = &'n String>) -> serde_json::Value {
    names.into_iter().map(|name| (name.clone(), json!(true))).collect::<Map<_, _>>().into()
}

fn data(product: &Product, state: &State) -> serde_json::Value {
    let permissions =
        product.permissions.iter().filter(|(_, row)| row.restricts.is_none()).map(|(name, row)| {
            let mut value = json!({ "reads": product.reads(name), "needs": row.needs, "exempt": row.exempt });
            if let Some((fact, other)) = row.instead.iter().next() {
                value["instead_fact"] = json!(fact);
                value["instead"] = json!(other);
            }
            if let Some(other) = &row.otherwise {
                value["otherwise"] = json!(other);
            }
            if let Some((restriction, _)) = product.restriction(name) {
                value["restriction"] = json!(restriction);
            }
            (name.clone(), value)
        });
    let roles = state.roles.iter().map(|(name, role)| {
        let cells = role.cells.iter().map(|(name, cell)| (name.clone(), json!(reason(*cell).as_str())));
        (name.clone(), json!({ "base": role.base, "cells": cells.collect::<Map<_, _>>() }))
    });
    let blocked = blocked(product, state);
    let restricted = product.permissions.iter().filter(|(_, row)| {
        row.restricts.is_some() && row.setting.as_ref().is_some_and(|setting| state.settings[setting])
    });
    let metered = product.features.iter().filter(|(_, row)| row.meter.is_some());
    let authority = product.settings.keys().map(|name| {
        let by = |to: bool| {
            let authority = &state.authority[&(name.clone(), to)];
            let (roles, standings) = (set(&authority.roles), set(&authority.standings));
            json!({ "roles": roles, "standings": standings, "refusal": authority.refusal.as_str() })
        };
        (name.clone(), json!({ "on": by(true), "off": by(false) }))
    });
    json!({
        "permissions": permissions.collect::<Map<_, _>>(),
        "roles": roles.collect::<Map<_, _>>(),
        "blocked": blocked.iter().map(|(name, reason)| (name.clone(), json!(reason.as_str()))).collect::<Map<_, _>>(),
        "trusted": set(&state.tenant.trusted),
        "restricted": set(restricted.map(|(name, _)| name)),
        "metered": set(metered.map(|(name, _)| name)),
        "has_limit": state.tenant.limit.is_some(),
        "locked": set(state.tenant.locked.keys()),
        "authority": authority.collect::<Map<_, _>>(),
    })
}

impl Keys {
    fn new() -> Self {
        Self {
            role: "role".into(),
            permission: "permission".into(),
            feature: "feature".into(),
            setting: "setting".into(),
            to: "to".into(),
            so: "so".into(),
            not_so: "not_so".into(),
            email_domain: "email_domain".into(),
            counts: "counts".into(),
            remaining: "remaining".into(),
            standing: "standing".into(),
        }
    }

    fn input(&self, ask: &Ask) -> Value {
        let mut input = Value::new_object();
        let object = input.as_object_mut().expect("it is an object");
        object.insert(self.role.clone(), ask.role.as_str().into());
        match &ask.what {
            What::Permission(name) => {
                object.insert(self.permission.clone(), name.as_str().into());
                for (key, holds) in [(&self.so, true), (&self.not_so, false)] {
                    let mut facts = Value::new_object();
                    let stated = ask.facts.iter().filter(|(_, so)| *so == holds);
                    let map = facts.as_object_mut().expect("it is an object");
                    map.extend(stated.map(|(name, _)| (name.as_str().into(), true.into())));
                    object.insert(key.clone(), facts);
                }
                if let Some(domain) = ask.email_domain {
                    object.insert(self.email_domain.clone(), domain.into());
                }
            }
            What::Feature(name, trigger) => {
                let counts = matches!(trigger, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring);
                object.insert(self.feature.clone(), name.as_str().into());
                object.insert(self.counts.clone(), counts.into());
                if let Some(remaining) = ask.remaining {
                    object.insert(self.remaining.clone(), remaining.into());
                }
            }
            What::Setting(name, to) => {
                object.insert(self.setting.clone(), name.as_str().into());
                object.insert(self.to.clone(), word(*to).into());
                if let Some(standing) = &ask.standing {
                    object.insert(self.standing.clone(), standing.as_str().into());
                }
            }
        }
        input
    }
}

impl Peer for Rego {
    fn name(&self) -> &'static str {
        "regorus, register machine"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        self.run(ask).map_or(Answer { allow: false, reason: None }, Answer::because)
    }

    fn unknown(&mut self, what: Unknown) -> String {
        if what == Unknown::Organization {
            return "there is no data to ask with".to_owned();
        }
        let name =
            |unknown: Unknown, known: &str| if what == unknown { "nobody_knows" } else { known }.to_owned();
        let ask = Ask {
            tenant: 0,
            role: name(Unknown::Role, "admin"),
            standing: None,
            what: What::Permission(name(Unknown::Permission, "create_teams")),
            facts: Vec::new(),
            email_domain: None,
            remaining: None,
        };
        self.run(&ask).map_or_else(|| "undefined".to_owned(), |reason| format!("deny: {reason}"))
    }
}

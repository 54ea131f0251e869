//! Remedies that a check expects, and whether they are among those that the engine finds.

use std::fmt;

use serde::Serialize;

use crate::analysis::{Actor, Made, Remedies, Remedy, Step};
use crate::request::{NamedChange, To, form};

/// What a check expects to lift a deny.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExpectedRemedy {
    /// Nothing: no change can pass the gate.
    Impossible,
    /// These steps, in whatever order: one of the remedies that are found consists of them.
    Steps(Vec<ExpectedStep>),
}

form! {
    /// One step of an expected remedy: one key beside `by` and `holds`.
    ///
    /// ```toml
    /// { change = { setting = "uploads", to = "on" }, by = "super_admin" }   # `by` left out: whoever makes it
    /// { ask = "admin" }                       # somebody else asks
    /// { fact = "via_app", holds = true }      # a fact is so, or is not; left out, it is
    /// { email_domain = "partner.example" }
    /// { model = "standard" }
    /// { balance = "ai_outputs" }              # the limit covers the charge
    /// { plan = "enterprise" }
    /// { add_on = "key_management" }
    /// { vacate = "contractor" }               # nobody holds the role any more
    /// ```
    ExpectedStep {
        /// The role or standing of whoever makes the change; left out, whoever it is.
        by: Option<String>,
        /// A change of the domain, or of the role of the subject.
        change: Option<NamedChange>,
        /// The role or standing of somebody else who asks.
        ask: Option<String>,
        /// A fact that must be so, or must not be so.
        fact: Option<String>,
        /// Whether the fact must be so; left out, it must.
        holds: Option<bool>,
        /// The e-mail domain that the person concerned must have.
        email_domain: Option<String>,
        /// A model that must be selected.
        model: Option<String>,
        /// A limit whose balance must cover the charge.
        balance: Option<String>,
        /// The plan that the domain must be on.
        plan: Option<String>,
        /// An add-on that the domain must have.
        add_on: Option<String>,
        /// A role that nobody may hold any more.
        vacate: Option<String>,
    }
}

impl ExpectedRemedy {
    /// Whether it is among the remedies that were found.
    pub(super) fn is_met_by(&self, found: &Remedies) -> bool {
        match self {
            Self::Impossible => found.impossible.is_some(),
            Self::Steps(steps) => found.remedies.iter().any(|remedy| are_met_by(steps, remedy)),
        }
    }
}

fn are_met_by(expected: &[ExpectedStep], remedy: &Remedy) -> bool {
    remedy.steps.iter().all(|step| expected.iter().any(|one| one.is_met_by(step)))
        && expected.iter().all(|one| remedy.steps.iter().any(|step| one.is_met_by(step)))
}

impl ExpectedStep {
    /// What is wrong with the keys that are stated together.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let Self { by, change, ask, fact, holds, email_domain, model, balance, plan, add_on, vacate } = self;
        let names = [ask, fact, email_domain, model, balance, plan, add_on, vacate];
        let stated = names.iter().filter(|name| name.is_some()).count();
        if stated.saturating_add(usize::from(change.is_some())) != 1 {
            return Some(
                "a step states one of `change`, `ask`, `fact`, `email_domain`, `model`, `balance`, `plan`, \
                 `add_on`, `vacate`",
            );
        }
        match (by, change, holds, fact) {
            (Some(_), None, ..) => Some("only a step with `change` states `by`"),
            (.., Some(_), None) => Some("only a step with `fact` states `holds`"),
            _ => None,
        }
    }

    fn is_met_by(&self, step: &Step) -> bool {
        let is = |stated: &Option<String>, name: &str| stated.as_deref() == Some(name);
        match step {
            Step::Change(made) | Step::Assign(made) => {
                self.change.as_ref().is_some_and(|change| same(change, &made.change))
                    && self.by.as_deref().is_none_or(|by| by == made.by.name())
            }
            Step::Ask { by, .. } => is(&self.ask, by.name()),
            Step::Fact { fact, holds } => is(&self.fact, fact) && self.holds.unwrap_or(true) == *holds,
            Step::EmailDomain(domain) => is(&self.email_domain, domain),
            Step::Model(model) => is(&self.model, model),
            Step::Balance(limit) => is(&self.balance, limit),
            Step::Plan(plan) => is(&self.plan, plan),
            Step::AddOn(add_on) => is(&self.add_on, add_on),
            Step::Vacate(role) => is(&self.vacate, role),
        }
    }

    /// The step as the engine would name it; nothing if no key is stated.
    fn step(&self) -> Option<Step> {
        let Self { by, change, ask, fact, holds, email_domain, model, balance, plan, add_on, vacate } = self;
        let change =
            change.clone().map(|change| Step::Change(made(by.as_deref().unwrap_or("anybody"), change)));
        let ask = ask.clone().map(|by| Step::Ask { by: Actor::Role(by), given: Vec::new() });
        let fact = fact.clone().map(|fact| Step::Fact { fact, holds: holds.unwrap_or(true) });
        let named = [
            email_domain.clone().map(Step::EmailDomain),
            model.clone().map(Step::Model),
            balance.clone().map(Step::Balance),
            plan.clone().map(Step::Plan),
            add_on.clone().map(Step::AddOn),
            vacate.clone().map(Step::Vacate),
        ];
        [change, ask, fact].into_iter().chain(named).flatten().next()
    }
}

fn made(by: &str, change: NamedChange) -> Made {
    let (given, obligations) = (Vec::new(), Vec::new());
    Made { by: Actor::Role(by.to_owned()), change, given, obligations, from_above: false }
}

/// Whether two changes come to the same: the entries of a list are a set.
fn same(one: &NamedChange, other: &NamedChange) -> bool {
    sorted(one) == sorted(other)
}

fn sorted(change: &NamedChange) -> NamedChange {
    let mut change = change.clone();
    if let Some(To::Entries(entries)) = &mut change.to {
        entries.iter_mut().for_each(|entry| entry.make_ascii_lowercase());
        entries.sort();
        entries.dedup();
    }
    change
}

/// What was found, in one line.
pub(super) fn summary(found: &Remedies) -> String {
    if !found.remedies.is_empty() {
        let remedies: Vec<String> = found.remedies.iter().map(Remedy::to_string).collect();
        return remedies.join(", or: ");
    }
    match &found.impossible {
        Some(stuck) => format!("impossible: no change gets past `{}`", stuck.reason),
        None if found.complete => "none needed: it is allowed".to_owned(),
        None => "none found before the search gave up".to_owned(),
    }
}

impl fmt::Display for ExpectedRemedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible => f.write_str("impossible"),
            Self::Steps(steps) => {
                let steps = steps.iter().filter_map(ExpectedStep::step).collect();
                Remedy { steps }.fmt(f)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::Switch;

    /// Each kind of step, written in a suite: met by itself only.
    #[test]
    fn a_step_is_met_by_the_step_it_names_and_by_no_other() {
        let change = |list: &str| NamedChange {
            list: Some("trusted".to_owned()),
            to: Some(To::Entries(vec![list.to_owned(), "a.example".to_owned()])),
            ..NamedChange::default()
        };
        let assign = NamedChange { assign_role: Some("admin".to_owned()), ..NamedChange::default() };
        let turn = NamedChange {
            setting: Some("apps".to_owned()),
            to: Some(To::Switch(Switch::On)),
            ..NamedChange::default()
        };
        let table = [
            ("change = { setting = 'apps', to = 'on' }", Step::Change(made("admin", turn))),
            (
                "change = { list = 'trusted', to = ['a.example', 'B.example'] }",
                Step::Change(made("admin", change("b.example"))),
            ),
            ("change = { assign_role = 'admin' }\nby = 'owner'", Step::Assign(made("owner", assign.clone()))),
            ("change = { assign_role = 'admin' }\nby = 'guest'", Step::Assign(made("guest", assign))),
            ("ask = 'admin'", Step::Ask { by: Actor::Role("admin".to_owned()), given: Vec::new() }),
            ("fact = 'draft'", Step::Fact { fact: "draft".to_owned(), holds: true }),
            ("fact = 'draft'\nholds = false", Step::Fact { fact: "draft".to_owned(), holds: false }),
            ("email_domain = 'same'", Step::EmailDomain("same".to_owned())),
            ("model = 'same'", Step::Model("same".to_owned())),
            ("balance = 'same'", Step::Balance("same".to_owned())),
            ("plan = 'same'", Step::Plan("same".to_owned())),
            ("add_on = 'same'", Step::AddOn("same".to_owned())),
            ("vacate = 'same'", Step::Vacate("same".to_owned())),
        ];
        for (row, (text, _)) in table.iter().enumerate() {
            let expected: ExpectedStep = toml::from_str(text).unwrap();
            assert_eq!(expected.problem(), None, "{text}");
            for (column, (_, step)) in table.iter().enumerate() {
                assert_eq!(expected.is_met_by(step), row == column, "{text}: {step}");
            }
            // Where the actor is stated, what is expected reads like what is found.
            let shown = expected.step().unwrap().to_string();
            assert!(shown == table[row].1.to_string() || shown.starts_with("`anybody`"), "{shown}");
        }
    }
}

//! Steps: what somebody does, or what becomes true, on the way to an allow.

use serde::{Deserialize, Serialize};

use crate::analysis::circumstances::{AMPLE, on_model};
use crate::analysis::question::Actor;
use crate::engine::{Engine, Holders};
use crate::request::{NamedAction, NamedChange, NamedRequest};

/// One step of a remedy: a change that somebody may make, or something that must become true.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// A change of the domain.
    Change(Made),
    /// The subject receives another role.
    Assign(Made),
    /// Somebody else asks for it.
    Ask {
        /// Who may.
        by: Actor,
        /// What must be so of them, beyond what the request states.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        given: Vec<String>,
    },
    /// A fact must be so, or must not be so, and be stated.
    Fact {
        /// The fact.
        fact: String,
        /// Whether it must be so.
        holds: bool,
    },
    /// The person concerned has an e-mail domain of a list, and it is stated; this one for example.
    EmailDomain(String),
    /// A model is selected, with an estimate of tokens; this one for example.
    Model(String),
    /// The balance of a limit covers the charge: it is stated, the next period begins, or more is bought.
    Balance(String),
    /// The domain is on this plan.
    Plan(String),
    /// The domain has this add-on.
    AddOn(String),
    /// Nobody holds this role any more.
    Vacate(String),
}

/// A change, and the weakest actor who may make it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Made {
    /// Who may make it: of those who are there, the one that holds the fewest permissions.
    pub by: Actor,
    /// The change.
    pub change: NamedChange,
    /// What must be so of the actor, such as being verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// What goes with the change, such as a warning that its actor cannot take it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<String>,
    /// Nobody in a domain of this kind holds the actor's role: it takes somebody from above.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub from_above: bool,
}

impl Made {
    /// The change as a request of its actor.
    pub fn request(&self) -> NamedRequest {
        let action = NamedAction { change: Some(self.change.clone()), ..NamedAction::default() };
        let mut request = NamedRequest::new(self.by.subject(), action);
        request.context.facts.extend(self.given.iter().map(|fact| (fact.clone(), true)));
        request
    }
}

impl Step {
    /// What is once the step is taken: the engine and the request then. `None` if the step cannot be taken there:
    /// the change is denied to its actor, or nobody is there who could take it.
    pub fn take(&self, engine: &Engine, request: &NamedRequest) -> Option<(Engine, NamedRequest)> {
        let actor = match self {
            Self::Change(made) | Self::Assign(made) => Some(&made.by),
            Self::Ask { by, .. } => Some(by),
            _ => None,
        };
        if actor.is_some_and(|actor| nobody_is(engine, actor)) {
            return None;
        }
        let compile = |domain| Engine::compile(engine.catalog(), &domain).ok();
        let mut then = request.clone();
        let next = match self {
            Self::Change(made) => compile(engine.apply_named(&made.request()).ok()?.domain)?,
            Self::Assign(made) => {
                let to = made.change.assign_role.clone()?;
                then.subject.roles = vec![to];
                compile(engine.apply_named(&made.request()).ok()?.domain)?
            }
            Self::Plan(plan) => compile(engine.domain().on_plan(plan))?,
            Self::AddOn(add_on) => compile(engine.domain().with_add_on(add_on))?,
            Self::Vacate(role) => compile(engine.domain().with_holders(role, 0))?,
            Self::Ask { by, given } => {
                let id = then.subject.id.take();
                then.subject = by.subject();
                then.subject.id = id;
                then.context.facts.extend(given.iter().map(|fact| (fact.clone(), true)));
                engine.clone()
            }
            Self::Fact { fact, holds } => {
                then.context.facts.insert(fact.clone(), *holds);
                engine.clone()
            }
            Self::EmailDomain(domain) => {
                then.context.email_domain = Some(domain.clone());
                engine.clone()
            }
            Self::Model(model) => {
                then = on_model(&[engine], &then, model);
                engine.clone()
            }
            Self::Balance(limit) => {
                then.context.used.remove(limit);
                then.context.remaining.insert(limit.clone(), AMPLE);
                engine.clone()
            }
        };
        Some((next, then))
    }
}

/// Whether it is known that nobody holds a role that is counted here.
fn nobody_is(engine: &Engine, actor: &Actor) -> bool {
    match actor {
        Actor::Role(name) => engine.role(name).is_none_or(|role| engine.holders(role) == Holders::Counted(0)),
        Actor::Standing(_) | Actor::Anybody => false,
    }
}

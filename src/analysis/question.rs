//! Questions and their answers: what a cell of a matrix holds.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::circumstances::possible;
use crate::catalog::Bind;
use crate::decision::{Effect, Reason};
use crate::engine::{BecauseValue, Engine};
use crate::id::{FeatureId, PermissionId, SettingId, StandingId};
use crate::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use crate::word::{Level, Switch};

/// Who may ask: a role, or a standing that is no role.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Actor {
    /// Somebody with this role.
    Role(String),
    /// Somebody with this standing, and no role.
    Standing(String),
}

impl Actor {
    /// Whoever this is, as the subject of a request.
    pub fn subject(&self) -> NamedSubject {
        let mut subject = NamedSubject::default();
        match self {
            Self::Role(role) => subject.roles.push(role.clone()),
            Self::Standing(standing) => subject.standings.push(standing.clone()),
        }
        subject
    }

    /// The name of the role or standing.
    pub fn name(&self) -> &str {
        match self {
            Self::Role(name) | Self::Standing(name) => name,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What can be asked of every role: a row of a matrix.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Question {
    /// To use a permission.
    Permission(String),
    /// To run a feature, asked for by a person.
    Feature(String),
    /// To turn a setting.
    Turn {
        /// The setting.
        setting: String,
        /// Its new position.
        to: Switch,
    },
}

impl Question {
    /// The action that is asked for.
    pub fn action(&self) -> NamedAction {
        let mut action = NamedAction::default();
        match self {
            Self::Permission(permission) => action.permission = Some(permission.clone()),
            Self::Feature(feature) => action.feature = Some(feature.clone()),
            Self::Turn { setting, to } => {
                action.change = Some(turn(setting.clone(), *to));
            }
        }
        action
    }

    /// The question, asked by somebody, without circumstances.
    pub fn asked_by(&self, subject: NamedSubject) -> NamedRequest {
        NamedRequest::new(subject, self.action())
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(name) | Self::Feature(name) => f.pad(name),
            Self::Turn { setting, to } => f.pad(&format!("{setting} {}", to.as_str())),
        }
    }
}

/// Allow, deny, or that what is not stated decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a cell is three-valued")]
pub enum Answer {
    /// Denied, whatever the circumstances.
    Deny,
    /// What is [not stated](Unstated) decides.
    Depends,
    /// Allowed, whatever the circumstances.
    Allow,
}

/// What an answer depends on that was not stated.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Unstated {
    /// Facts that decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Whether the e-mail domain of the person concerned decides.
    #[serde(skip_serializing_if = "crate::document::is_default")]
    pub email_domain: bool,
    /// Limits whose balance decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// Whether the selected model, with an estimate of tokens, decides.
    #[serde(skip_serializing_if = "crate::document::is_default")]
    pub model: bool,
}

/// The answer to a question, with what decided it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cell {
    /// Allow, deny, or depends.
    pub answer: Answer,
    /// The reason that evaluating the question as it stands gives.
    pub reason: Reason,
    /// What the reason is about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub because: BTreeMap<String, BecauseValue>,
    /// The level that decided, where a setting or a role's permission did; none where the catalog leaves no choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What the answer depends on.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub unstated: Unstated,
}

impl Engine {
    /// The three-valued answer to a request that leaves circumstances open, with what decided it.
    ///
    /// `Allow` and `Deny` hold however the facts that are not stated turn out; else what decides is named.
    ///
    /// ```
    /// # use tollkeeper::{analysis::{Actor, Answer, Question}, catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let delete_tasks = Question::Permission("delete_tasks".to_owned());
    /// let cell = engine.cell(&delete_tasks.asked_by(Actor::Role("member".to_owned()).subject()));
    /// assert_eq!(cell.answer, Answer::Depends);
    /// assert_eq!(cell.unstated.facts, ["draft", "task_access"]);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn cell(&self, request: &NamedRequest) -> Cell {
        let record = self.decide(request);
        let unstated = self.unstated(request, record.reason);
        let answer = match (record.effect, unstated == Unstated::default()) {
            (Effect::Allow, _) => Answer::Allow,
            (Effect::Deny, true) => Answer::Deny,
            (Effect::Deny, false) => Answer::Depends,
        };
        let level = self.level(request);
        Cell { answer, reason: record.reason, because: record.because, level, unstated }
    }

    /// What could lift a deny by being stated.
    fn unstated(&self, request: &NamedRequest, reason: Reason) -> Unstated {
        let mut unstated = Unstated::default();
        let reads = self.reads_named(request);
        match reason {
            Reason::MissingFact => {
                let decision = self.evaluate_named(request);
                let facts = decision.facts().iter();
                unstated.facts =
                    facts.filter_map(|fact| self.catalog().name(fact)).map(str::to_owned).collect();
                unstated.email_domain = self
                    .record(&decision)
                    .because
                    .contains_key(crate::decision::Parameter::EmailDomain.as_str());
            }
            Reason::BalanceUnknown => {
                let limits = reads.limits.iter();
                unstated.limits =
                    limits.filter_map(|it| self.catalog().name(*it)).map(str::to_owned).collect();
            }
            Reason::Unpriced | Reason::ProviderBarred if reads.model && request.action.model.is_none() => {
                unstated.model = possible(self, request);
            }
            _ => {}
        }
        unstated
    }

    /// The level that decided: what the reason names, else that of the last gate on the way that has one.
    fn level(&self, request: &NamedRequest) -> Option<Level> {
        let explanation = self.explain_named(request).record();
        let of = |because: &BTreeMap<String, BecauseValue>| match because.get("level") {
            Some(BecauseValue::One(name)) => Level::ALL.into_iter().find(|level| level.as_str() == name),
            _ => None,
        };
        let decision = &explanation.decision;
        let role = match decision.because.get("role") {
            Some(BecauseValue::One(role)) => Some(role),
            _ => None,
        };
        of(&decision.because).or_else(|| {
            let mut steps = explanation.steps.iter().rev();
            let on_the_way = |step: &&crate::engine::StepRecord| {
                decision.effect == Effect::Allow && (step.role.is_none() || step.role.as_ref() == role)
            };
            steps.by_ref().filter(on_the_way).find_map(|step| of(&step.because))
        })
    }

    /// Every permission that is an action of its own, in the order of names.
    pub(super) fn permission_questions(&self) -> Vec<Question> {
        let nobody = NamedSubject::default();
        let all = names::<PermissionId>(self).map(Question::Permission);
        // A restriction is no action.
        let action = |it: &Question| {
            let decision = self.evaluate_named(&it.asked_by(nobody.clone()));
            decision.reason() != Reason::MalformedRequest
        };
        all.filter(action).collect()
    }

    pub(super) fn feature_questions(&self) -> Vec<Question> {
        names::<FeatureId>(self).map(Question::Feature).collect()
    }

    pub(super) fn turn_questions(&self) -> Vec<Question> {
        let both = |setting: String| {
            [Switch::Off, Switch::On].map(|to| Question::Turn { setting: setting.clone(), to })
        };
        names::<SettingId>(self).flat_map(both).collect()
    }

    /// Every role, those of the catalog first.
    pub(super) fn role_actors(&self) -> Vec<Actor> {
        self.roles().map(|(role, _)| Actor::Role(role.to_owned())).collect()
    }

    /// Every role, then every standing.
    pub(super) fn actors(&self) -> Vec<Actor> {
        let mut actors = self.role_actors();
        actors.extend(names::<StandingId>(self).map(Actor::Standing));
        actors
    }
}

/// The names of a kind of thing, in order.
pub(super) fn names<T: Bind>(engine: &Engine) -> impl Iterator<Item = String> {
    engine.catalog().all::<T>().map(|(name, _)| name.to_owned())
}

/// A setting to a position.
pub(super) fn turn(setting: String, to: Switch) -> NamedChange {
    NamedChange { setting: Some(setting), to: Some(To::Switch(to)), ..NamedChange::default() }
}

/// A permission of a role to a position.
pub(super) fn give(role: String, permission: String, to: Switch) -> NamedChange {
    let (role, permission) = (Some(role), Some(permission));
    NamedChange { role, permission, to: Some(To::Switch(to)), ..NamedChange::default() }
}

/// Somebody with every role: what is denied to them is denied to everybody.
pub(super) fn everybody(engine: &Engine) -> NamedSubject {
    let roles = engine.roles().map(|(role, _)| role.to_owned()).collect();
    NamedSubject { roles, ..NamedSubject::default() }
}

//! Questions and their answers: what a cell of a matrix holds.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::circumstances::{certain, possible};
use crate::catalog::Bind;
use crate::decision::{Effect, Parameter, Reason};
use crate::engine::{BecauseValue, Engine, Record, Step};
use crate::id::{ConnectorId, DataId, FeatureId, ModeId, ObjectId, PermissionId, SettingId, StandingId};
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
    /// Whoever it is: somebody with neither role nor standing.
    Anybody,
}

impl Actor {
    /// Whoever this is, as the subject of a request.
    pub fn subject(&self) -> NamedSubject {
        let mut subject = NamedSubject::default();
        match self {
            Self::Role(role) => subject.roles.push(role.clone()),
            Self::Standing(standing) => subject.standings.push(standing.clone()),
            Self::Anybody => {}
        }
        subject
    }

    /// The name of the role or standing.
    pub fn name(&self) -> &str {
        match self {
            Self::Role(name) | Self::Standing(name) => name,
            Self::Anybody => "anybody",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What can be asked of everybody: a row of a matrix.
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
    /// To connect a connector.
    Connect {
        /// The connector.
        connector: String,
        /// How it is connected.
        mode: String,
    },
    /// To disconnect a connector.
    Disconnect(String),
    /// To read an object of a type through a connector, however it is connected.
    Read {
        /// The connector.
        connector: String,
        /// The type of object.
        object: String,
    },
    /// To store or process a class of data at all.
    Store(String),
    /// To process a class of data for a feature.
    Process {
        /// The feature.
        feature: String,
        /// The class of data.
        data: String,
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
            Self::Connect { connector, mode } => {
                (action.connect, action.mode) = (Some(connector.clone()), Some(mode.clone()));
            }
            Self::Disconnect(connector) => action.disconnect = Some(connector.clone()),
            Self::Read { connector, object } => {
                (action.read, action.through) = (Some(object.clone()), Some(connector.clone()));
            }
            Self::Store(data) => action.store = Some(data.clone()),
            Self::Process { feature, data } => {
                (action.process, action.feature) = (Some(data.clone()), Some(feature.clone()));
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
            Self::Connect { connector, mode } => f.pad(&format!("connect {connector} {mode}")),
            Self::Disconnect(connector) => f.pad(&format!("disconnect {connector}")),
            Self::Read { connector, object } => f.pad(&format!("read {object} through {connector}")),
            Self::Store(data) => f.pad(&format!("store {data}")),
            Self::Process { feature, data } => f.pad(&format!("process {data} for {feature}")),
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
        let unstated = self.unstated(request, &record);
        let answer = match (record.effect, unstated == Unstated::default()) {
            (_, false) => Answer::Depends,
            (Effect::Allow, true) => Answer::Allow,
            (Effect::Deny, true) => Answer::Deny,
        };
        let level = self.level(request, &record);
        Cell { answer, reason: record.reason, because: record.because, level, unstated }
    }

    /// What could turn the answer by being stated.
    fn unstated(&self, request: &NamedRequest, record: &Record) -> Unstated {
        let mut unstated = Unstated::default();
        let names = |value: Option<&BecauseValue>| match value {
            Some(BecauseValue::Many(names)) => names.clone(),
            _ => Vec::new(),
        };
        let no_model = request.action.model.is_none() && request.action.feature.is_some();
        match record.reason {
            Reason::MissingFact => {
                unstated.facts = names(record.because.get("facts"));
                unstated.email_domain = record.because.contains_key(Parameter::EmailDomain.as_str());
            }
            Reason::BalanceUnknown => {
                let limits = self.reads_named(request).limits;
                let limits = limits.iter().filter_map(|it| self.catalog().name(*it));
                unstated.limits = limits.map(str::to_owned).collect();
            }
            Reason::Unpriced | Reason::ProviderBarred if no_model && self.reads_named(request).model => {
                unstated.model = possible(self, request);
            }
            // Whoever runs the model that is selected may be barred yet.
            Reason::FeatureOn if no_model && self.reads_named(request).model => {
                unstated.model = !certain(self, request);
            }
            _ => {}
        }
        unstated
    }

    /// The level that decided: what the reason names, else that of the last gate on the way that has one.
    fn level(&self, request: &NamedRequest, record: &Record) -> Option<Level> {
        if let Some(BecauseValue::One(name)) = record.because.get(Parameter::Level.as_str()) {
            return Level::ALL.into_iter().find(|level| level.as_str() == name);
        }
        if record.effect == Effect::Deny {
            return None;
        }
        let explanation = self.explain_named(request);
        let role = explanation.decision().because().get(Parameter::Role);
        let on_the_way = |step: &&Step| step.role.is_none() || step.role == role;
        let mut steps = explanation.steps().iter().rev().filter(on_the_way);
        let level = steps.find_map(|step| step.because.get(Parameter::Level))?;
        Level::ALL.get(usize::from(level)).copied()
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

    /// To connect in every mode there is, to disconnect, and to read every type of object.
    pub(super) fn connector_questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        for connector in names::<ConnectorId>(self) {
            let connect = names::<ModeId>(self)
                .map(|mode| Question::Connect { connector: connector.clone(), mode })
                .filter(|it| {
                    let decision = self.evaluate_named(&it.asked_by(NamedSubject::default()));
                    decision.reason() != Reason::UnknownMode
                });
            questions.extend(connect);
            questions.push(Question::Disconnect(connector.clone()));
            let read = |object| Question::Read { connector: connector.clone(), object };
            questions.extend(names::<ObjectId>(self).map(read));
        }
        questions
    }

    /// To store every class of data, and to process for every feature the classes that it declares.
    pub(super) fn data_questions(&self) -> Vec<Question> {
        let catalog = self.catalog();
        let mut questions: Vec<Question> = names::<DataId>(self).map(Question::Store).collect();
        for (feature, id) in catalog.all::<FeatureId>() {
            let declared = catalog.data_of(id).iter().filter_map(|data| catalog.name(data));
            questions.extend(
                declared.map(|data| Question::Process { feature: feature.to_owned(), data: data.to_owned() }),
            );
        }
        questions
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

//! Questions: what can be asked of everybody, a row of a matrix; and whoever asks.

use std::fmt;
use std::slice;

use serde::{Deserialize, Serialize};

use crate::catalog::Bind;
use crate::decision::Reason;
use crate::domain::Change;
use crate::engine::Engine;
use crate::id::{
    ConnectorId, DataId, FeatureId, ModeId, ObjectId, PermissionId, RoleId, SettingId, StandingId,
};
use crate::request::{
    Action, NamedAction, NamedChange, NamedRequest, NamedSubject, Read, Request, Run, Subject, To,
};
use crate::word::Switch;

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

/// Whoever asks, in ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Who {
    Role(RoleId),
    /// Somebody with this standing, and no role.
    Standing(StandingId),
    Anybody,
}

impl Who {
    pub(super) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Role(role) => Subject::role(*role),
            Self::Standing(standing) => Subject::nobody().with_standings(slice::from_ref(standing)),
            Self::Anybody => Subject::nobody(),
        }
    }

    pub(super) fn named(self, engine: &Engine) -> Actor {
        match self {
            Self::Role(role) => Actor::Role(role_name(engine, role)),
            Self::Standing(standing) => {
                Actor::Standing(engine.catalog().name(standing).unwrap_or_default().to_owned())
            }
            Self::Anybody => Actor::Anybody,
        }
    }
}

/// The name of a role, of the catalog or a custom one.
pub(super) fn role_name(engine: &Engine, role: RoleId) -> String {
    engine.roles().find(|(_, id)| *id == role).map(|(name, _)| name.to_owned()).unwrap_or_default()
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
    /// The question whether an action is allowed, if it is one that is asked of everybody.
    pub(super) fn of(engine: &Engine, action: Action<'_>) -> Option<Self> {
        fn name<T: Bind>(engine: &Engine, id: T) -> String {
            engine.catalog().name(id).unwrap_or_default().to_owned()
        }
        Some(match action {
            Action::Permission(permission) => Self::Permission(name(engine, permission)),
            Action::Run(run) => Self::Feature(name(engine, run.feature)),
            Action::Change(Change::Setting { setting, to }) => {
                Self::Turn { setting: name(engine, setting), to }
            }
            Action::Connect { connector, mode } => {
                Self::Connect { connector: name(engine, connector), mode: name(engine, mode) }
            }
            Action::Disconnect { connector } => Self::Disconnect(name(engine, connector)),
            Action::Read(read) => {
                Self::Read { connector: name(engine, read.connector), object: name(engine, read.object) }
            }
            Action::Store(data) => Self::Store(name(engine, data)),
            Action::Process { data, feature, .. } => {
                Self::Process { feature: name(engine, feature), data: name(engine, data) }
            }
            Action::Change(_) | Action::Malformed => return None,
        })
    }

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

/// What is asked of everybody, in ids.
pub(super) type Asked = Action<'static>;

impl Engine {
    /// Every permission that is an action of its own, in the order of names.
    pub(super) fn asked_permissions(&self) -> Vec<Asked> {
        let is_action = |permission: &PermissionId| self.catalog().restricts(*permission).is_none();
        ids(self).filter(is_action).map(Action::Permission).collect()
    }

    pub(super) fn asked_features(&self) -> Vec<Asked> {
        ids::<FeatureId>(self).map(|feature| Action::Run(Run::new(feature))).collect()
    }

    pub(super) fn asked_turns(&self) -> Vec<Asked> {
        let mut asked = Vec::new();
        for setting in ids::<SettingId>(self) {
            asked.extend([Switch::Off, Switch::On].map(|to| Action::Change(Change::Setting { setting, to })));
        }
        asked
    }

    /// To connect in every mode there is, to disconnect, and to read every type of object.
    pub(super) fn asked_connectors(&self) -> Vec<Asked> {
        let mut asked = Vec::new();
        for connector in ids::<ConnectorId>(self) {
            let connect = ids::<ModeId>(self).map(|mode| Action::Connect { connector, mode });
            asked.extend(connect.filter(|action| {
                let decision = self.evaluate(&Request::new(Subject::nobody(), *action));
                decision.reason() != Reason::UnknownMode
            }));
            asked.push(Action::Disconnect { connector });
            asked.extend(ids::<ObjectId>(self).map(|object| Action::Read(Read::new(object, connector))));
        }
        asked
    }

    /// To store every class of data, and to process for every feature the classes that it declares.
    pub(super) fn asked_data(&self) -> Vec<Asked> {
        let mut asked: Vec<Asked> = ids::<DataId>(self).map(Action::Store).collect();
        for feature in ids::<FeatureId>(self) {
            let declared = self.catalog().data_of(feature);
            asked.extend(declared.iter().map(|data| Action::Process { data, feature, model: None }));
        }
        asked
    }

    fn questions(&self, asked: Vec<Asked>) -> Vec<Question> {
        asked.into_iter().filter_map(|action| Question::of(self, action)).collect()
    }

    pub(super) fn permission_questions(&self) -> Vec<Question> {
        self.questions(self.asked_permissions())
    }

    pub(super) fn feature_questions(&self) -> Vec<Question> {
        self.questions(self.asked_features())
    }

    pub(super) fn turn_questions(&self) -> Vec<Question> {
        self.questions(self.asked_turns())
    }

    pub(super) fn connector_questions(&self) -> Vec<Question> {
        self.questions(self.asked_connectors())
    }

    pub(super) fn data_questions(&self) -> Vec<Question> {
        self.questions(self.asked_data())
    }

    /// Whoever has a role: those of the catalog first.
    pub(super) fn whoever_has_a_role(&self) -> Vec<Who> {
        self.roles().map(|(_, role)| Who::Role(role)).collect()
    }

    /// Whoever has a role, then whoever has a standing.
    pub(super) fn whoever(&self) -> Vec<Who> {
        let mut all = self.whoever_has_a_role();
        all.extend(ids::<StandingId>(self).map(Who::Standing));
        all
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

/// The ids of a kind of thing, in the order of names.
fn ids<T: Bind>(engine: &Engine) -> impl Iterator<Item = T> {
    engine.catalog().all::<T>().map(|(_, id)| id)
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

//! Actions: what is asked for.

use crate::domain::Change;
use crate::id::{ConnectorId, DataId, FeatureId, ModeId, ModelId, ObjectId, PermissionId, QuantityId};
use crate::word::{Scope, Trigger};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// To use a permission.
    Permission(PermissionId),
    /// To run a feature.
    Run(Run<'a>),
    /// To process a class of data for a feature, whoever asks (AI-03).
    Process {
        /// The class of data.
        data: DataId,
        /// What it is processed for.
        feature: FeatureId,
        /// The model that processes it, where runs of the feature select one. Not stated, who gets the data is not
        /// stated either.
        model: Option<ModelId>,
    },
    /// To store or process a class of data at all.
    Store(DataId),
    /// To change the domain.
    Change(Change<'a>),
    /// To connect another product to the domain.
    Connect {
        /// The connector.
        connector: ConnectorId,
        /// How it is connected.
        mode: ModeId,
    },
    /// To disconnect it.
    Disconnect {
        /// The connector.
        connector: ConnectorId,
    },
    /// To read an object through a connector.
    Read(Read),
    /// What fits no form; always denied with `malformed-request`.
    Malformed,
}

/// A run of a feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Run<'a> {
    /// The feature.
    pub feature: FeatureId,
    /// Why it runs.
    pub trigger: Trigger,
    /// The model that was selected, where the person selects one.
    pub model: Option<ModelId>,
    /// An estimate of the tokens a priced run will use, by pool.
    pub tokens: &'a [(QuantityId, u64)],
}

impl<'a> Run<'a> {
    /// A run that a person asked for.
    pub const fn new(feature: FeatureId) -> Self {
        Self { feature, trigger: Trigger::Requested, model: None, tokens: &[] }
    }

    /// The same for another trigger.
    pub const fn trigger(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
    }

    /// The same on a model, with an estimate of tokens by pool.
    pub const fn on_model(self, model: ModelId, tokens: &'a [(QuantityId, u64)]) -> Self {
        Self { model: Some(model), tokens, ..self }
    }
}

/// A read of one object through a connector, for the person who searches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Read {
    /// The type of the object.
    pub object: ObjectId,
    /// The connector.
    pub connector: ConnectorId,
    /// How it is connected. Not stated, the read must be permitted in every mode that the plan has.
    pub mode: Option<ModeId>,
    /// Where the search looks.
    pub scope: Scope,
}

impl Read {
    /// A read by a search that looks everywhere.
    pub const fn new(object: ObjectId, connector: ConnectorId) -> Self {
        Self { object, connector, mode: None, scope: Scope::Everything }
    }

    /// The same where it is known how the connector is connected.
    pub const fn mode(self, mode: ModeId) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// The same for a search that looks elsewhere.
    pub const fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }
}

impl From<Read> for Action<'_> {
    fn from(read: Read) -> Self {
        Self::Read(read)
    }
}

impl From<PermissionId> for Action<'_> {
    fn from(permission: PermissionId) -> Self {
        Self::Permission(permission)
    }
}

impl From<FeatureId> for Action<'_> {
    fn from(feature: FeatureId) -> Self {
        Self::Run(Run::new(feature))
    }
}

impl<'a> From<Run<'a>> for Action<'a> {
    fn from(run: Run<'a>) -> Self {
        Self::Run(run)
    }
}

impl<'a> From<Change<'a>> for Action<'a> {
    fn from(change: Change<'a>) -> Self {
        Self::Change(change)
    }
}

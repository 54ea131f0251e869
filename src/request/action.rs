//! Actions: what is asked for.

use crate::domain::Change;
use crate::id::{DataId, FeatureId, ModelId, PermissionId, QuantityId};
use crate::word::Trigger;

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
    },
    /// To store or process a class of data at all.
    Store(DataId),
    /// To change the domain.
    Change(Change<'a>),
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

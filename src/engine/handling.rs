//! Data handling: where each class of data lives, under which key, and who sees it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Engine;
use crate::catalog::model::{Data, Feature, Providers};
use crate::catalog::source::KeySource;
use crate::decision::Decision;
use crate::id::{DataId, FeatureId, ModelId, positions};
use crate::request::{Action, Request, Subject};

/// How a domain handles one class of data (TRM-07), in names.
///
/// Regions come from the catalog and the domain's residency; everything about features is asked of the gates that
/// [`evaluate`](Engine::evaluate) asks, so it cannot disagree with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DataHandling {
    /// The class of data.
    pub data: String,
    /// Whether the domain may store it and have it processed at all (TRM-05).
    pub stored: bool,
    /// Where it lives, if it is stored.
    #[serde(default)]
    pub region: Region,
    /// Whether it is encrypted with the customer's own key, or why not.
    pub customer_key: CustomerKey,
    /// Third parties that get it in clear, as a feature that is permitted here sends it to them.
    pub subprocessors: Vec<String>,
    /// Whether subprocessors that the catalog does not name see it in clear as well: those that the service
    /// itself is provided with, or the provider of a feature that names none.
    pub subprocessors_unnamed: bool,
    /// What every third party must have promised that gets it for a feature (AI-06, TRM-06).
    pub guarantees: Vec<String>,
    /// Features that may process it here; one whose runs select a model, if some model may.
    pub features: Vec<String>,
}

/// Where a class of data lives (TRM-04). Empty where the catalog says nothing, or nothing is stored.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Region {
    /// Before the domain migrates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_migration: Option<String>,
    /// After it has migrated; the same as before where the domain has no region of its own in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_migration: Option<String>,
    /// Now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// Whether a class of data is encrypted with the customer's own key (TRM-02, TRM-03).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomerKey {
    /// It is.
    Covered,
    /// It is not: the key does not cover this class.
    NotCovered,
    /// It is not: this class is shared in clear with the subprocessors that the service is provided with.
    SharedInClear,
    /// It is not: no regime of the domain manages the customer's keys.
    NoKeyManagement,
}

impl CustomerKey {
    /// The spelling in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::NotCovered => "not_covered",
            Self::SharedInClear => "shared_in_clear",
            Self::NoKeyManagement => "no_key_management",
        }
    }

    /// Whether the class is encrypted with the customer's own key.
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::Covered)
    }
}

impl fmt::Display for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Engine {
    /// For every class of data of the catalog: where it lives, under which key, who sees it in clear and which
    /// features may process it in this domain. In the order of names.
    ///
    /// For an organization on Enterprise with the European region and its own keys, migrated, all AI features on:
    ///
    #[doc = include_str!("handling.md")]
    ///
    /// # Example: what a customer's own key covers
    ///
    /// ```
    /// use tollkeeper::{catalog::Catalog, domain::Domain, engine::{CustomerKey, Engine}};
    ///
    /// let domain = Domain::parse("
    ///     [domain]
    ///     id = 'acme'
    ///     kind = 'organization'
    ///     plan = 'enterprise'
    ///     add_ons = ['key_management']
    ///     regimes = ['key_management']
    ///     attested = ['customer_keys']
    ///     [holders]
    ///     super_admin = 1
    /// ")?;
    /// let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let of = |data: &str| engine.data_handling().into_iter().find(|row| row.data == data);
    /// assert_eq!(of("user_content").map(|row| row.customer_key), Some(CustomerKey::Covered));
    /// assert_eq!(of("videos").map(|row| row.customer_key), Some(CustomerKey::NotCovered));
    /// assert_eq!(of("team_names").map(|row| row.customer_key), Some(CustomerKey::SharedInClear));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn data_handling(&self) -> Vec<DataHandling> {
        let model = self.catalog.model();
        model.data.iter().map(|(position, name, row)| self.handling(position, name, row)).collect()
    }

    fn handling(&self, position: u16, name: &str, row: &Data) -> DataHandling {
        let model = self.catalog.model();
        let id = DataId::new(model.tag, position);
        let stored = self.evaluate(&Request::new(Subject::nobody(), Action::Store(id))).is_allow();
        let (mut seen, mut unnamed) = (0, row.customer_key == KeySource::SharedInClear);
        let mut features = Vec::new();
        for (feature, feature_name, feature_row) in model.features.iter() {
            if let Some(providers) = self.processing(position, feature, feature_row) {
                features.push(feature_name.to_owned());
                seen |= providers;
                unnamed |= feature_row.providers == Providers::Unstated;
            }
        }
        let third_party = |provider: &u16| model.providers.get(*provider).is_some_and(|row| row.third_party);
        let subprocessors = positions(seen).filter(third_party);
        let promised = model.source.data.get(name).map(|row| &row.guarantees);
        DataHandling {
            data: name.to_owned(),
            stored,
            region: if stored { self.region(row) } else { Region::default() },
            customer_key: self.customer_key(row),
            subprocessors: subprocessors.map(|provider| model.providers.name(provider).to_owned()).collect(),
            subprocessors_unnamed: unnamed && stored,
            guarantees: promised
                .into_iter()
                .flat_map(|set| set.iter())
                .map(|one| one.get_ref().clone())
                .collect(),
            features,
        }
    }

    /// Who gets a class of data for a feature, if it may be processed for it: on some model, where runs select one.
    fn processing(&self, data: u16, feature: u16, row: &Feature) -> Option<u64> {
        let model = self.catalog.model();
        let ids = (DataId::new(model.tag, data), FeatureId::new(model.tag, feature));
        let selected: Vec<Option<ModelId>> = match row.providers {
            Providers::OfModel => self.catalog.all::<ModelId>().map(|(_, id)| Some(id)).collect(),
            _ => vec![None],
        };
        let process = |model| {
            let action = Action::Process { data: ids.0, feature: ids.1, model };
            self.evaluate(&Request::new(Subject::nobody(), action))
        };
        let decisions = selected.into_iter().map(process);
        decisions
            .filter(Decision::is_allow)
            .map(|decision| decision.provider_bits())
            .reduce(|all, one| all | one)
    }

    /// A term about a class of data prevails over the region of the domain (TRM-08).
    fn region(&self, row: &Data) -> Region {
        let home = self.catalog.model().source.catalog.home.as_ref().map(|home| home.get_ref().clone());
        let stays = row.region.as_ref().map(|region| String::from(&**region));
        let (region, migrated) = self.resolved.residency();
        let own = region.filter(|_| self.has_residency());
        let moves = own.map(str::to_owned);
        let after = own.and(stays).or(moves).or_else(|| home.clone());
        let now = if migrated { after.clone() } else { home.clone() };
        Region { before_migration: home, after_migration: after, now }
    }

    /// Whether an add-on is in force that lets the domain have a region of its own (TRM-04).
    pub fn has_residency(&self) -> bool {
        let add_ons = &self.catalog.model().add_ons;
        add_ons.iter().any(|(add_on, _, row)| row.residency && self.state().has_add_on(add_on))
    }

    fn customer_key(&self, row: &Data) -> CustomerKey {
        if !self.state().regimes().any(|(_, regime)| regime.customer_key) {
            return CustomerKey::NoKeyManagement;
        }
        match row.customer_key {
            KeySource::Covered => CustomerKey::Covered,
            KeySource::NotCovered => CustomerKey::NotCovered,
            KeySource::SharedInClear => CustomerKey::SharedInClear,
        }
    }
}

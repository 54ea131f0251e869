//! The shape of a catalog file: one struct a table, every key of the format, names not yet looked up.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;

use crate::diagnostic::Problems;
use crate::document::{Document, Name, Placed, Set, is_default, table};
use crate::word::{Every, Stop, Switch, Trigger};

/// A map from names of the file.
pub(crate) type Map<T> = BTreeMap<Name, T>;

/// Declares the tables of a catalog once: the struct, what is read and what may be misspelt.
macro_rules! catalog_source {
    ($($section:ident: $row:ty,)*) => {
        /// A whole catalog file.
        #[derive(Clone, PartialEq, Debug, Default, Serialize)]
        pub(crate) struct CatalogSource {
            pub(crate) catalog: Placed<Heading>,
            $(#[serde(skip_serializing_if = "is_default")] pub(crate) $section: Map<$row>,)*
        }

        impl CatalogSource {
            /// Reads the shape of `text`; the problems are those of syntax and shape only.
            pub(crate) fn read(text: &str) -> (Self, Problems) {
                let mut document = Document::read(text);
                let source = Self {
                    catalog: document.table("catalog"),
                    $($section: document.section(stringify!($section)),)*
                };
                (source, document.finish(&["catalog", $(stringify!($section)),*]))
            }
        }
    };
}

catalog_source! {
    kinds: LabelSource,
    plans: PlanSource,
    add_ons: AddOnSource,
    roles: RoleSource,
    role_defaults: RoleDefaultSource,
    standings: StandingSource,
    facts: String,
    obligations: String,
    fallbacks: String,
    lists: ListSource,
    settings: SettingSource,
    changes: ChangesSource,
    permissions: PermissionSource,
    providers: ProviderSource,
    services: ServiceSource,
    regimes: RegimeSource,
    data: DataSource,
    features: FeatureSource,
    meters: MeterSource,
    models: ModelSource,
    credit_plans: CreditPlanSource,
    connectors: ConnectorSource,
}

/// What a role starts with for a configurable permission.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DefaultSource {
    On,
    Off,
    Never,
}

/// How an entry of a list is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MatchSource {
    EmailDomain,
}

/// How a feature uses a service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UseSource {
    Requires,
    Improves,
}

/// Who may change a permission, beside the general rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangerSource {
    Supreme,
}

/// How the seats of an add-on are counted and billed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeatsSource {
    MatchPlan,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BilledSource {
    WithPlan,
}

/// How well the customer's key covers a class of data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeySource {
    Covered,
    #[default]
    NotCovered,
    SharedInClear,
}

/// The providers of a feature: names, or a word in their place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ProvidersSource {
    Named(Set<Name>),
    Unstated,
    OfModel,
}

table! {
    /// `[catalog]`
    Heading { id: Option<Name>, version: Option<Name>, home: Option<Name>, }
}
table! {
    /// `[kinds.X]`
    LabelSource { label: Option<String>, }
}
table! {
    /// `[plans.X]`
    PlanSource { label: Option<String>, limits: Map<LimitSource>, }
}
table! {
    /// A limit, of a plan or of a domain.
    LimitSource {
        limit: Option<u64>,
        every: Option<Every>,
        anchor: Option<Name>,
        stop: Stop,
        ceiling_percent: Option<Spanned<u64>>,
    }
}
table! {
    /// `[add_ons.X]`
    AddOnSource {
        label: Option<String>,
        included_in: Set<Name>,
        offered_on: Set<Name>,
        seats: Option<SeatsSource>,
        billed: Option<BilledSource>,
        residency: bool,
    }
}
table! {
    /// `[roles.X]`
    RoleSource {
        label: Option<String>,
        custom: bool,
        supreme: bool,
        kinds: Set<Name>,
        verified_by: Option<Name>,
        inherent: Set<Name>,
        never: Set<Name>,
    }
}
table! {
    /// `[role_defaults.X]`
    RoleDefaultSource { label: Option<String>, role: Option<Name>, based_on: Set<Name>, }
}
table! {
    /// `[standings.X]`
    StandingSource { label: Option<String>, kinds: Set<Name>, }
}
table! {
    /// `[lists.X]`
    ListSource {
        label: Option<String>,
        #[serde(rename = "match")]
        match_by: Option<MatchSource>,
        change: Set<ChangeSource>,
    }
}
table! {
    /// `[settings.X]`
    SettingSource {
        label: Option<String>,
        default: Option<Switch>,
        requires: Set<Name>,
        plans: Set<Name>,
        add_ons: Set<Name>,
        kinds: Set<Name>,
        change: Set<ChangeSource>,
    }
}
table! {
    /// `[[….change]]`
    ChangeSource {
        roles: Set<Name>,
        standings: Set<Name>,
        permission: Option<Name>,
        plans: Set<Name>,
        add_ons: Set<Name>,
        kinds: Set<Name>,
        to: Set<Switch>,
        when_unheld: Option<Name>,
    }
}
table! {
    /// `[changes.X]`
    ChangesSource {
        permission: Option<Name>,
        roles: Set<Name>,
        add_on: Option<Name>,
        plans: Set<Name>,
        kinds: Set<Name>,
    }
}
table! {
    /// `[permissions.X]`
    PermissionSource {
        category: Option<Name>,
        label: Option<String>,
        default: Map<DefaultSource>,
        setting: Option<Name>,
        plans: Set<Name>,
        add_ons: Set<Name>,
        kinds: Set<Name>,
        needs: Set<Name>,
        exempt: Set<Name>,
        instead: Map<Name>,
        otherwise: Option<Name>,
        restricts: Option<RestrictsSource>,
        change: Option<ChangerSource>,
        obligations: Set<Name>,
    }
}
table! {
    /// `restricts = { … }`
    RestrictsSource { permission: Option<Name>, to: Option<Name>, besides: Set<Name>, }
}
table! {
    /// `[providers.X]`
    ProviderSource {
        label: Option<String>,
        third_party: bool,
        guarantees: Set<Name>,
        obligations: Set<Name>,
    }
}
table! {
    /// `[services.X]`
    ServiceSource { label: Option<String>, provider: Option<Name>, without: Option<Name>, }
}
table! {
    /// `[regimes.X]`
    RegimeSource {
        label: Option<String>,
        bars: BarsSource,
        starts_off: Set<Name>,
        removes: Set<Name>,
        add_on: Option<Name>,
        attested: Set<Name>,
        customer_key: bool,
        obligations: Set<Name>,
    }
}
table! {
    /// `bars = { … }`
    BarsSource {
        providers: Set<Name>,
        services: Set<Name>,
        data: Set<Name>,
        unstated_providers: bool,
    }
}
table! {
    /// `[data.X]`
    DataSource {
        label: Option<String>,
        region: Option<Name>,
        customer_key: Option<KeySource>,
        guarantees: Set<Name>,
    }
}
table! {
    /// `[features.X]`
    FeatureSource {
        label: Option<String>,
        setting: Option<Name>,
        any_setting: Set<Name>,
        plans: Set<Name>,
        add_ons: Set<Name>,
        kinds: Set<Name>,
        providers: Option<ProvidersSource>,
        any_provider: Set<Name>,
        data: Set<Name>,
        services: Map<UsedServiceSource>,
        fallback: Option<Name>,
        meter: Option<Name>,
        permission: Option<Name>,
        beta: bool,
        obligations: Set<Name>,
    }
}
table! {
    /// `services = { X = { … } }`
    UsedServiceSource {
        #[serde(rename = "use")]
        used: Option<UseSource>,
        provider: Option<Name>,
    }
}
table! {
    /// `[meters.X]`
    MeterSource {
        label: Option<String>,
        counts: Set<Trigger>,
        limits: Set<Name>,
        priced: bool,
    }
}
table! {
    /// `[models.X]`
    ModelSource { label: Option<String>, provider: Option<Name>, price: Map<Name>, }
}
table! {
    /// `[credit_plans.X]`
    CreditPlanSource {
        label: Option<String>,
        meter: Option<Name>,
        add_on: Option<Name>,
        plans: Set<Name>,
        every: Option<Every>,
        credits: Option<u64>,
        per_seat: Option<u64>,
        increment: Option<u64>,
        ceiling_percent: Option<u64>,
        builders_only: bool,
        unlimited: bool,
        stacks: bool,
    }
}

table! {
    /// `[connectors.X]`
    ConnectorSource {
        label: Option<String>,
        plans: Set<Name>,
        add_ons: Set<Name>,
        kinds: Set<Name>,
        connect: ConnectSource,
        disconnect: ConnectSource,
        read: Map<Set<Name>>,
        modes: Map<ModeSource>,
        look_back: LookBackSource,
        initial_sync: Option<Name>,
        new_content: Option<Name>,
        permission_sync: Option<Name>,
        obligations: Set<Name>,
    }
}
table! {
    /// `connect = { … }` and `disconnect = { … }`
    ConnectSource {
        needs: Set<Name>,
        unless: Set<Name>,
        obligations: Set<Name>,
        under: Map<Set<Name>>,
    }
}
table! {
    /// `look_back = { … }`
    LookBackSource { within: Option<Name>, fact: Option<Name>, }
}
table! {
    /// `[connectors.X.modes.Y]`
    ModeSource {
        label: Option<String>,
        plans: Set<Name>,
        add_ons: Set<Name>,
        kinds: Set<Name>,
        needs: Set<Name>,
        connect: Set<ChangeSource>,
        read: Map<Set<Name>>,
    }
}

impl Serialize for ProvidersSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Named(names) => names.serialize(serializer),
            Self::Unstated => serializer.serialize_str("unstated"),
            Self::OfModel => serializer.serialize_str("of_model"),
        }
    }
}

impl<'de> Deserialize<'de> for ProvidersSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ProvidersSource;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of providers")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<ProvidersSource, E> {
                match word {
                    "unstated" => Ok(ProvidersSource::Unstated),
                    "of_model" => Ok(ProvidersSource::OfModel),
                    _ => Err(E::unknown_variant(word, &["unstated", "of_model"])),
                }
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, names: A) -> Result<ProvidersSource, A::Error> {
                Set::deserialize(serde::de::value::SeqAccessDeserializer::new(names))
                    .map(ProvidersSource::Named)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

//! Catalogs and domains as they stand in their TOML text: names and nothing but names.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

pub(crate) type Names = BTreeSet<String>;
pub(crate) type Map<T> = BTreeMap<String, T>;

/// Declares a table whose keys may all be left out.
macro_rules! table {
    ($name:ident { $($(#[$attribute:meta])* $key:ident: $type:ty,)* }) => {
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name { $($(#[$attribute])* pub(crate) $key: $type,)* }
    };
}

table! { Catalog {
    plans: Map<Plan>,
    add_ons: Map<AddOn>,
    kinds: Map<toml::Value>,
    roles: Map<Role>,
    standings: Map<Standing>,
    facts: Map<String>,
    lists: Map<List>,
    settings: Map<Setting>,
    changes: Map<Change>,
    role_defaults: Map<RoleDefault>,
    permissions: Map<Permission>,
    providers: Map<Provider>,
    services: Map<Service>,
    regimes: Map<Regime>,
    data: Map<toml::Value>,
    features: Map<Feature>,
    meters: Map<Meter>,
    models: Map<Model>,
    credit_plans: Map<CreditPlan>,
    connectors: Map<Connector>,
} }
table! { Plan { limits: Map<Limit>, } }
table! { Limit { limit: Option<u64>, stop: Option<String>, ceiling_percent: Option<u64>, } }
table! { AddOn { included_in: Names, offered_on: Names, } }
table! { Role {
    custom: bool,
    supreme: bool,
    kinds: Names,
    verified_by: Option<String>,
    inherent: Names,
    never: Names,
} }
table! { RoleDefault { role: Option<String>, } }
table! { Standing { kinds: Names, } }
table! { List { change: Vec<Change>, } }
table! { Setting {
    default: Option<String>,
    requires: Names,
    plans: Names,
    add_ons: Names,
    kinds: Names,
    change: Vec<Change>,
} }
table! { Change {
    roles: Names,
    standings: Names,
    permission: Option<String>,
    plans: Names,
    add_ons: Names,
    add_on: Option<String>,
    kinds: Names,
    to: Names,
    when_unheld: Option<String>,
} }
table! { Permission {
    default: Map<String>,
    setting: Option<String>,
    plans: Names,
    add_ons: Names,
    kinds: Names,
    needs: Names,
    exempt: Names,
    instead: Map<String>,
    otherwise: Option<String>,
    restricts: Option<Restricts>,
    change: Option<String>,
    obligations: Names,
} }
table! { Restricts { permission: String, to: String, besides: Names, } }
table! { Provider { obligations: Names, } }
table! { Service { provider: Option<String>, without: Option<String>, } }
table! { Regime {
    bars: Bars,
    starts_off: Names,
    removes: Names,
    obligations: Names,
} }
table! { Bars { providers: Names, services: Names, data: Names, unstated_providers: bool, } }
table! { Feature {
    setting: Option<String>,
    any_setting: Names,
    plans: Names,
    add_ons: Names,
    kinds: Names,
    providers: Option<Providers>,
    any_provider: Names,
    data: Names,
    services: Map<UsedService>,
    fallback: Option<String>,
    meter: Option<String>,
    permission: Option<String>,
    beta: bool,
    obligations: Names,
} }
table! { UsedService {
    #[serde(rename = "use")]
    used: String,
    provider: Option<String>,
} }
table! { Meter { counts: Names, limits: Names, priced: bool, } }
table! { Model { provider: Option<String>, price: Map<String>, } }
table! { CreditPlan {
    meter: Option<String>,
    add_on: Option<String>,
    plans: Names,
    unlimited: bool,
} }

table! { Connector {
    plans: Names,
    add_ons: Names,
    kinds: Names,
    connect: Connect,
    disconnect: Connect,
    read: Map<Names>,
    modes: Map<Mode>,
    look_back: LookBack,
    initial_sync: Option<String>,
    new_content: Option<String>,
    permission_sync: Option<String>,
    obligations: Names,
} }
table! { Connect { needs: Names, unless: Names, obligations: Names, under: Map<Names>, } }
table! { Mode {
    plans: Names,
    add_ons: Names,
    kinds: Names,
    needs: Names,
    connect: Vec<Change>,
    read: Map<Names>,
} }
table! { LookBack { within: Option<String>, fact: Option<String>, } }

table! { Domain {
    domain: Heading,
    holders: Map<u64>,
    settings: Map<String>,
    locked: Map<String>,
    opt_ins: Map<String>,
    lists: Map<Names>,
    roles: Map<RoleOfDomain>,
    role_defaults: Map<String>,
    limits: Map<Limit>,
} }
table! { Heading { id: String, kind: String, plan: String, add_ons: Names, regimes: Names, } }
table! { RoleOfDomain { based_on: Option<String>, permissions: Map<String>, } }

/// The providers of a feature: names, or `unstated`, or `of_model`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Providers {
    Word(String),
    Named(Names),
}

impl Catalog {
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

impl Domain {
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

//! The shape of a catalog file: one struct a table, every key of the format, names not yet looked up.

use crate::document::{Entry, Name, Print, Printed, Read, Set, Spanned, Value, file, table, words};
use crate::word::{Every, Stop, Switch, Trigger};
use serde::{Deserialize, Serialize};
use toml::de::DeValue;

pub(crate) use crate::document::Map;

file! {
    /// What a product has: plans, roles, permissions, settings, features, and the rules about them.
    CatalogSource {
        /// What the catalog is called.
        catalog: Heading;
        /// The kinds of domain: a company, a workspace, a part of a company.
        kinds: Map<LabelSource>,
        /// What customers subscribe to.
        plans: Map<PlanSource>,
        /// What customers buy beside a plan.
        add_ons: Map<AddOnSource>,
        /// The roles that every domain has; a domain may add custom ones, based on these.
        roles: Map<RoleSource>,
        /// Whom a domain gives which role by default.
        role_defaults: Map<RoleDefaultSource>,
        /// Positions that are no roles, such as who pays.
        standings: Map<StandingSource>,
        /// What the caller of the engine vouches for: a name, and what it means that it is so. At most 64.
        facts: Map<String>,
        /// What an allow may oblige the caller to: a name, and what it means. At most 60.
        obligations: Map<String>,
        /// What is served in the place of a denied feature: a name, and what it means.
        fallbacks: Map<String>,
        /// Lists that a domain keeps, such as trusted e-mail domains.
        lists: Map<ListSource>,
        /// Org-wide switches: of AI, and ceilings over permissions.
        settings: Map<SettingSource>,
        /// Who may make changes that are about no single setting or list: `role_permission`, `create_role`,
        /// `delete_role`, `assign_role`, `opt_in`, `role_default`.
        changes: Map<ChangesSource>,
        /// What roles may do.
        permissions: Map<PermissionSource>,
        /// Who processes data for features. At most 64.
        providers: Map<ProviderSource>,
        /// Services that features use, such as embeddings.
        services: Map<ServiceSource>,
        /// States of compliance that a domain can be in.
        regimes: Map<RegimeSource>,
        /// Classes of data. At most 64.
        data: Map<DataSource>,
        /// AI features.
        features: Map<FeatureSource>,
        /// What counts towards which limits.
        meters: Map<MeterSource>,
        /// Models that a priced run selects from.
        models: Map<ModelSource>,
        /// Credits that are sold: with plans or as add-ons.
        credit_plans: Map<CreditPlanSource>,
        /// Through which the work can be read from elsewhere.
        connectors: Map<ConnectorSource>,
    }
}

/// What a role starts with for a configurable permission.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum DefaultSource {
    /// The role has it until the domain says otherwise.
    On,
    /// The role has it once the domain says so.
    Off,
    /// The role can never be given it.
    Never,
}

/// How an entry of a list is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum MatchSource {
    /// With the e-mail domain of the person concerned: exactly, in upper or lower case.
    EmailDomain,
}

/// How a feature uses a service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum UseSource {
    /// Without the service the feature is denied.
    Requires,
    /// Without the service the feature runs, with the obligation that the service names in `without`.
    Improves,
}

/// Who may change a permission, beside the general rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangerSource {
    /// The supreme role only.
    Supreme,
}

/// How the seats of an add-on are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeatsSource {
    /// As many as the plan has.
    MatchPlan,
}

/// When an add-on is billed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum BilledSource {
    /// In the cycle of the plan.
    WithPlan,
}

/// How well the customer's key covers a class of data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeySource {
    /// Encrypted with the customer's key.
    Covered,
    /// Encrypted, but not with the customer's key.
    #[default]
    NotCovered,
    /// Handed on unencrypted.
    SharedInClear,
}

words! { DefaultSource, MatchSource, UseSource, ChangerSource, SeatsSource, BilledSource, KeySource, Every, Stop = Stop::Hard, Switch, Trigger }

/// The providers of a feature: names, or a word in their place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ProvidersSource {
    Named(Set<Name>),
    Unstated,
    OfModel,
}

table! {
    /// What the catalog is called.
    Heading {
        /// The id of the catalog.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        id: Option<Name>,
        /// The version that the catalog states of itself, in any form.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true), with = "String"))]
        version: Option<Name>,
        /// The region where everything lives before a domain migrates.
        home: Option<Name>,
    }
}
table! {
    /// A kind of domain.
    LabelSource {
        /// The name for people.
        label: Option<String>,
    }
}
table! {
    /// A plan that customers subscribe to.
    PlanSource {
        /// The name for people.
        label: Option<String>,
        /// What the plan limits, by the name of the limit. A domain may have limits of its own.
        limits: Map<LimitSource>,
    }
}
table! {
    /// A limit of usage, of a plan or of a domain.
    LimitSource {
        /// How much there is each period; only with `stop = "none"` may it be left out.
        limit: Option<u64>,
        /// How often it starts anew.
        every: Option<Every>,
        /// The day from which periods are counted, such as `2026-01-31`.
        #[cfg_attr(feature = "schema", schemars(with = "crate::document::Day"))]
        anchor: Option<Name>,
        /// Whether and how it stops usage; left out, `hard`.
        stop: Stop,
        /// Where a soft limit stops, in percent of the limit: 100 or more.
        ceiling_percent: Option<Spanned<u64>>,
    }
}
table! {
    /// Something that customers buy beside a plan.
    AddOnSource {
        /// The name for people.
        label: Option<String>,
        /// The plans that have it without buying it.
        included_in: Set<Name>,
        /// The plans on which it can be bought.
        offered_on: Set<Name>,
        /// How its seats are counted.
        seats: Option<SeatsSource>,
        /// When it is billed.
        billed: Option<BilledSource>,
        /// Whether a domain with it has a region of its own.
        residency: bool,
    }
}
table! {
    /// A role that every domain has.
    RoleSource {
        /// The name for people.
        label: Option<String>,
        /// Whether custom roles may be based on it.
        custom: bool,
        /// Whether it holds every permission but restrictions. Such a role cannot be configured, its holders are
        /// counted, and only a holder appoints another.
        supreme: bool,
        /// The kinds of domain that count its holders; empty, every kind does.
        kinds: Set<Name>,
        /// The fact that lets the first holder be appointed while there is none.
        verified_by: Option<Name>,
        /// Permissions that it always has.
        inherent: Set<Name>,
        /// Permissions that it can never be given.
        never: Set<Name>,
    }
}
table! {
    /// Which role some people get by default.
    RoleDefaultSource {
        /// The name for people.
        label: Option<String>,
        /// The role until a domain says otherwise; one of `based_on`.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        role: Option<Name>,
        /// The roles that a domain may choose from, and those based on them.
        based_on: Set<Name>,
    }
}
table! {
    /// A position that is no role.
    StandingSource {
        /// The name for people.
        label: Option<String>,
        /// The kinds of domain that have it; empty, every kind.
        kinds: Set<Name>,
    }
}
table! {
    /// A list that a domain keeps.
    ListSource {
        /// The name for people.
        label: Option<String>,
        /// How an entry is compared.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        match_by = "match": Option<MatchSource>,
        /// Who may change it: any one of the rules suffices.
        change: Set<ChangeSource>,
    }
}
table! {
    /// An org-wide switch.
    SettingSource {
        /// The name for people.
        label: Option<String>,
        /// The position until a domain says otherwise.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        default: Option<Switch>,
        /// Settings without which it has no effect.
        requires: Set<Name>,
        /// The plans that have it; empty, every plan.
        plans: Set<Name>,
        /// Add-ons any one of which it needs; empty, none.
        add_ons: Set<Name>,
        /// The kinds of domain that have it; empty, every kind.
        kinds: Set<Name>,
        /// Who may turn it: any one of the rules suffices.
        change: Set<ChangeSource>,
    }
}
table! {
    /// Who may make a change: somebody with one of the roles, one of the standings, or the permission.
    #[derive(PartialOrd, Ord)]
    ChangeSource {
        /// Roles that may, and custom roles based on them.
        roles: Set<Name>,
        /// Standings that may.
        standings: Set<Name>,
        /// The permission whose holders may.
        permission: Option<Name>,
        /// The plans on which they may; empty, on every plan.
        plans: Set<Name>,
        /// Add-ons any one of which it takes; empty, none.
        add_ons: Set<Name>,
        /// The kinds of domain in which they may; empty, in every kind.
        kinds: Set<Name>,
        /// The positions that they may turn a setting to; empty, both.
        to: Set<Switch>,
        /// They may only while nobody holds this role.
        when_unheld: Option<Name>,
    }
}
table! {
    /// Who may make a kind of change.
    ChangesSource {
        /// The permission whose holders may.
        permission: Option<Name>,
        /// Roles that may, and custom roles based on them.
        roles: Set<Name>,
        /// The add-on that it takes.
        add_on: Option<Name>,
        /// The plans on which they may; empty, on every plan.
        plans: Set<Name>,
        /// The kinds of domain in which they may; empty, in every kind.
        kinds: Set<Name>,
    }
}
table! {
    /// Something that roles may do.
    PermissionSource {
        /// What it belongs with, for people.
        category: Option<Name>,
        /// The name for people.
        label: Option<String>,
        /// What each role starts with; for a role that is left out it does not exist.
        default: Map<DefaultSource>,
        /// The setting that must be on for anybody to have it.
        setting: Option<Name>,
        /// The plans that have it; empty, every plan.
        plans: Set<Name>,
        /// Add-ons any one of which it needs; empty, none.
        add_ons: Set<Name>,
        /// The kinds of domain that have it; empty, every kind.
        kinds: Set<Name>,
        /// Facts that must be so.
        needs: Set<Name>,
        /// Facts any one of which allows it, whatever settings, roles and other facts say.
        exempt: Set<Name>,
        /// Facts that hand the question to another permission: fact = permission.
        instead: Map<Name>,
        /// A permission that suffices as well.
        otherwise: Option<Name>,
        /// What it restricts, where it is a restriction: on means stricter.
        restricts: Option<RestrictsSource>,
        /// Who may configure it, where the general rule does not hold.
        change: Option<ChangerSource>,
        /// What using it obliges to.
        obligations: Set<Name>,
    }
}
table! {
    /// What a restriction restricts.
    RestrictsSource {
        /// The permission that is restricted.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        permission: Option<Name>,
        /// The list that the person concerned must be on.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        to: Option<Name>,
        /// Facts any one of which lifts the restriction.
        besides: Set<Name>,
    }
}
table! {
    /// Somebody who processes data for features.
    ProviderSource {
        /// The name for people.
        label: Option<String>,
        /// Whether it is somebody else than the product.
        third_party: bool,
        /// What it guarantees, such as keeping nothing; classes of data may demand it.
        guarantees: Set<Name>,
        /// What using it obliges to.
        obligations: Set<Name>,
    }
}
table! {
    /// A service that features use.
    ServiceSource {
        /// The name for people.
        label: Option<String>,
        /// Who provides it, unless a feature says otherwise.
        provider: Option<Name>,
        /// The obligation when a feature runs without it.
        without: Option<Name>,
    }
}
table! {
    /// A state of compliance.
    RegimeSource {
        /// The name for people.
        label: Option<String>,
        /// What may not be used under it.
        bars: BarsSource,
        /// Settings that are off under it until the domain says on.
        starts_off: Set<Name>,
        /// Settings that do not exist under it.
        removes: Set<Name>,
        /// The add-on that a domain needs for it.
        add_on: Option<Name>,
        /// What a domain must have attested for it.
        attested: Set<Name>,
        /// Whether data is encrypted with the customer's key under it.
        customer_key: bool,
        /// What every feature obliges to under it.
        obligations: Set<Name>,
    }
}
table! {
    /// What may not be used under a regime.
    BarsSource {
        /// Providers that may get no data.
        providers: Set<Name>,
        /// Services that may not be used.
        services: Set<Name>,
        /// Classes of data that may not be processed.
        data: Set<Name>,
        /// Whether features whose providers are not stated are barred.
        unstated_providers: bool,
    }
}
table! {
    /// A class of data.
    DataSource {
        /// The name for people.
        label: Option<String>,
        /// The region where it stays, whatever the region of the domain.
        region: Option<Name>,
        /// How well the customer's key covers it; left out, `not_covered`.
        customer_key: Option<KeySource>,
        /// What every third-party provider of a feature that uses it must guarantee.
        guarantees: Set<Name>,
    }
}
table! {
    /// An AI feature.
    FeatureSource {
        /// The name for people.
        label: Option<String>,
        /// The setting that must be on.
        setting: Option<Name>,
        /// Settings any one of which must be on.
        any_setting: Set<Name>,
        /// The plans that have it; empty, every plan.
        plans: Set<Name>,
        /// Add-ons any one of which it needs; empty, none.
        add_ons: Set<Name>,
        /// The kinds of domain that have it; empty, every kind.
        kinds: Set<Name>,
        /// Everybody who gets data; or `unstated`; or `of_model`, whoever runs the model that is selected.
        providers: Option<ProvidersSource>,
        /// Providers any one of which is enough: those that are not barred get data.
        any_provider: Set<Name>,
        /// The classes of data that it uses.
        data: Set<Name>,
        /// The services that it uses.
        services: Map<UsedServiceSource>,
        /// What is served in its place when it is denied.
        fallback: Option<Name>,
        /// The meter on which it counts.
        meter: Option<Name>,
        /// The permission that running it takes.
        permission: Option<Name>,
        /// Whether a domain must opt in to it.
        beta: bool,
        /// What its output obliges to.
        obligations: Set<Name>,
    }
}
table! {
    /// How a feature uses a service.
    UsedServiceSource {
        /// What becomes of the feature without it.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        used = "use": Option<UseSource>,
        /// Who provides it to this feature.
        provider: Option<Name>,
    }
}
table! {
    /// What counts towards limits.
    MeterSource {
        /// The name for people.
        label: Option<String>,
        /// The triggers of a run that count.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        counts: Set<Trigger>,
        /// The limits that must all hold; empty, the one that is called like the meter.
        limits: Set<Name>,
        /// Whether a run costs credits, by model and tokens.
        priced: bool,
    }
}
table! {
    /// A model that a priced run selects.
    ModelSource {
        /// The name for people.
        label: Option<String>,
        /// Who runs it.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        provider: Option<Name>,
        /// Credits a token, by pool of tokens: decimals in quotes with at most three places.
        #[cfg_attr(feature = "schema", schemars(with = "Map<crate::document::Decimal>"))]
        price: Map<Name>,
    }
}
table! {
    /// Credits that are sold: `credits`, `per_seat` or `unlimited`.
    CreditPlanSource {
        /// The name for people.
        label: Option<String>,
        /// The meter whose runs they pay.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        meter: Option<Name>,
        /// The add-on that they come with.
        add_on: Option<Name>,
        /// The plans that they come with.
        plans: Set<Name>,
        /// How often they are issued; left out, each month.
        every: Option<Every>,
        /// How many are issued each time.
        credits: Option<u64>,
        /// How many are issued each time for every seat.
        per_seat: Option<u64>,
        /// The quantity that they are sold in.
        increment: Option<u64>,
        /// Up to where usage goes on beyond them, in percent.
        ceiling_percent: Option<u64>,
        /// Whether only seats of those who build count.
        builders_only: bool,
        /// Whether there is no end of them.
        unlimited: bool,
        /// Whether they add to those of other plans.
        stacks: bool,
    }
}

table! {
    /// Something through which the work can be read from elsewhere.
    ConnectorSource {
        /// The name for people.
        label: Option<String>,
        /// The plans that have it; empty, every plan.
        plans: Set<Name>,
        /// Add-ons any one of which it needs; empty, none.
        add_ons: Set<Name>,
        /// The kinds of domain that have it; empty, every kind.
        kinds: Set<Name>,
        /// What connecting takes.
        connect: ConnectSource,
        /// What disconnecting takes.
        disconnect: ConnectSource,
        /// What can be read through it, and the facts that reading each takes: type of object = facts.
        read: Map<Set<Name>>,
        /// The ways in which it can be connected.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        modes: Map<ModeSource>,
        /// How far back objects are read.
        look_back: LookBackSource,
        /// How long it takes until everything is found for the first time, such as `72h`.
        #[cfg_attr(feature = "schema", schemars(with = "crate::document::Length"))]
        initial_sync: Option<Name>,
        /// How long it takes until something new is found, such as `2h`.
        #[cfg_attr(feature = "schema", schemars(with = "crate::document::Length"))]
        new_content: Option<Name>,
        /// How long it takes until a changed permission is respected, such as `1h`.
        #[cfg_attr(feature = "schema", schemars(with = "crate::document::Length"))]
        permission_sync: Option<Name>,
        /// What reading through it obliges to.
        obligations: Set<Name>,
    }
}
table! {
    /// What connecting or disconnecting takes.
    ConnectSource {
        /// Facts that must be so.
        needs: Set<Name>,
        /// Facts that must not be so.
        unless: Set<Name>,
        /// What it obliges to.
        obligations: Set<Name>,
        /// What it obliges to under a regime: regime = obligations.
        under: Map<Set<Name>>,
    }
}
table! {
    /// How far back objects are read.
    LookBackSource {
        /// Whole hours or days, such as `365d`.
        #[cfg_attr(feature = "schema", schemars(with = "crate::document::Length"))]
        within: Option<Name>,
        /// The fact that says whether an object is within it; left out, the time in the request does.
        fact: Option<Name>,
    }
}
table! {
    /// A way in which a connector can be connected.
    ModeSource {
        /// The name for people.
        label: Option<String>,
        /// The plans that have it; empty, every plan.
        plans: Set<Name>,
        /// Add-ons any one of which it needs; empty, none.
        add_ons: Set<Name>,
        /// The kinds of domain that have it; empty, every kind.
        kinds: Set<Name>,
        /// Facts that reading takes.
        needs: Set<Name>,
        /// Who may connect: any one of the rules suffices. A rule about connecting has no `to`.
        connect: Set<ChangeSource>,
        /// What reading takes besides: type of object = facts.
        read: Map<Set<Name>>,
    }
}

/// The words in the place of providers.
const UNSTATED: &str = "unstated";
const OF_MODEL: &str = "of_model";

impl Read for ProvidersSource {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Array(_) => Set::read(value, entry).map(Self::Named),
            DeValue::String(word) => match word.as_ref() {
                UNSTATED => Some(Self::Unstated),
                OF_MODEL => Some(Self::OfModel),
                _ => entry.unknown_word(value, &[UNSTATED, OF_MODEL]),
            },
            _ => entry.wrong_type(value, "an array of providers"),
        }
    }
}

impl Print for ProvidersSource {
    fn print(&self) -> Option<Printed<'_>> {
        match self {
            Self::Named(names) => names.print(),
            Self::Unstated => Some(Printed::Text(UNSTATED)),
            Self::OfModel => Some(Printed::Text(OF_MODEL)),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ProvidersSource {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Providers".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names = generator.subschema_for::<Set<Name>>();
        schemars::json_schema!({ "anyOf": [names, { "enum": [UNSTATED, OF_MODEL] }] })
    }
}

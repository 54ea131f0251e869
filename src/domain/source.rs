//! The shape of a domain file: one struct a table, names not yet looked up.

use serde::{Deserialize, Serialize};

use crate::catalog::source::{LimitSource, Map};
use crate::diagnostic::Problems;
use crate::document::{Document, Name, Placed, Set, is_default, table};
use crate::word::Switch;

/// What one customer configured, and what contract and directory say of it.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub(crate) struct DomainSource {
    /// Which domain this is: what contract and directory say of it.
    pub(crate) domain: Placed<Heading>,
    /// How many hold a role: role = count. Required for supreme roles of a kind that counts them; a role that is left out counts as held.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) holders: Map<u64>,
    /// The positions that the domain chose: setting = position.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) settings: Map<Switch>,
    /// Positions stated from above, by a parent or a contract: they win, and nobody changes them here.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) locked: Map<Switch>,
    /// Beta features that the domain opted in to, or out of.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) opt_ins: Map<Switch>,
    /// The entries of lists, such as trusted e-mail domains.
    #[cfg_attr(feature = "schema", schemars(default, with = "Map<Vec<String>>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) lists: Map<Set<Name>>,
    /// What roles of the catalog are given, and custom roles.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) roles: Map<RoleSource>,
    /// Which role some people get by default, where it is not that of the catalog.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) role_defaults: Map<Name>,
    /// Limits in the place of those of the plan.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) limits: Map<LimitSource>,
    /// How many seats were bought: of the plan, of each add-on.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) seats: Map<u64>,
    /// Where the data of the domain lives.
    #[cfg_attr(feature = "schema", schemars(default))]
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) residency: Placed<ResidencySource>,
}

table! {
    /// Which domain this is.
    Heading {
        /// What the domain is called.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true), with = "String"))]
        id: Option<Name>,
        /// The kind of domain, of the catalog's `[kinds]`.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        kind: Option<Name>,
        /// The plan, of the catalog's `[plans]`.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        plan: Option<Name>,
        /// The add-ons that were bought.
        add_ons: Set<Name>,
        /// The compliance regimes that are in force.
        regimes: Set<Name>,
        /// What was attested, as regimes demand it.
        attested: Set<Name>,
    }
}
table! {
    /// A role: of the catalog, or a custom one.
    RoleSource {
        /// The role of the catalog that a custom role is based on.
        based_on: Option<Name>,
        /// Which permissions it has: permission = position.
        permissions: Map<Switch>,
    }
}
table! {
    /// Where the data of the domain lives.
    ResidencySource {
        /// The region.
        region: Option<Name>,
        /// Whether everything was moved there.
        migrated: bool,
    }
}

impl DomainSource {
    /// The tables of a domain file.
    pub(crate) const TABLES: [&'static str; 11] = [
        "domain",
        "holders",
        "settings",
        "locked",
        "opt_ins",
        "lists",
        "roles",
        "role_defaults",
        "limits",
        "seats",
        "residency",
    ];

    /// Reads the shape of `text`; the problems are those of syntax and shape only.
    pub(crate) fn read(text: &str) -> (Self, Problems) {
        let mut document = Document::read(text);
        let source = Self::take(&mut document);
        (source, document.finish(&Self::TABLES))
    }

    /// Takes the tables of a domain out of a document, which may have others.
    pub(crate) fn take(document: &mut Document<'_>) -> Self {
        Self {
            domain: document.table("domain"),
            holders: document.section("holders"),
            settings: document.section("settings"),
            locked: document.section("locked"),
            opt_ins: document.section("opt_ins"),
            lists: document.section("lists"),
            roles: document.section("roles"),
            role_defaults: document.section("role_defaults"),
            limits: document.section("limits"),
            seats: document.section("seats"),
            residency: document.table("residency"),
        }
    }
}

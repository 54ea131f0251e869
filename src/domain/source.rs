//! The shape of a domain file: one struct a table, names not yet looked up.

use serde::de::value::{Error as AnyError, StrDeserializer};
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::DeValue;

use crate::catalog::source::{LimitSource, Map};
use crate::diagnostic::Problems;
use crate::document::{Document, Name, Placed, Plain, Set, is_default, plain_table, table};
use crate::word::{Every, Stop, Switch};

/// A whole domain file.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub(crate) struct DomainSource {
    pub(crate) domain: Placed<Heading>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) holders: Map<u64>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) settings: Map<Switch>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) locked: Map<Switch>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) opt_ins: Map<Switch>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) lists: Map<Set<Name>>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) roles: Map<RoleSource>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) role_defaults: Map<Name>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) limits: Map<LimitSource>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) seats: Map<u64>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) residency: Placed<ResidencySource>,
}

table! {
    /// `[domain]`
    Heading {
        id: Option<Name>,
        kind: Option<Name>,
        plan: Option<Name>,
        add_ons: Set<Name>,
        regimes: Set<Name>,
        attested: Set<Name>,
    }
}
table! {
    /// `[roles.X]`
    RoleSource { based_on: Option<Name>, permissions: Map<Switch>, }
}
table! {
    /// `[residency]`
    ResidencySource { region: Option<Name>, migrated: bool, }
}

macro_rules! plain_words {
    ($($word:ty)*) => {$(
        impl Plain for $word {
            fn plain(value: &Spanned<DeValue<'_>>) -> Option<Self> {
                Self::deserialize(StrDeserializer::<AnyError>::new(value.get_ref().as_str()?)).ok()
            }
        }
    )*};
}
plain_words! { Every Stop Switch }

plain_table! { Heading { id, kind, plan, add_ons, regimes, attested } }
plain_table! { RoleSource { based_on, permissions } }
plain_table! { ResidencySource { region, migrated } }
plain_table! { LimitSource { limit, every, anchor, stop, ceiling_percent } }

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
            domain: document.plain_table("domain"),
            holders: document.plain_section("holders"),
            settings: document.plain_section("settings"),
            locked: document.plain_section("locked"),
            opt_ins: document.plain_section("opt_ins"),
            lists: document.plain_section("lists"),
            roles: document.plain_section("roles"),
            role_defaults: document.plain_section("role_defaults"),
            limits: document.plain_section("limits"),
            seats: document.plain_section("seats"),
            residency: document.plain_table("residency"),
        }
    }
}

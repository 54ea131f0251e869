//! The shape of a domain file: one struct a table, names not yet looked up.

use serde::de::value::{Error as AnyError, StrDeserializer};
use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::catalog::source::{LimitSource, Map};
use crate::diagnostic::Problems;
use crate::document::{Document, Name, Placed, Plain, Set, is_default, plain_table, table};
use crate::word::{Every, Stop, Switch};

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
        /// The region, in the words of the contract: a catalog declares none, so that any name is taken.
        region: Option<Name>,
        /// Whether everything was moved there.
        migrated: bool,
    }
}

macro_rules! plain_words {
    ($($word:ty)*) => {$(
        impl Plain for $word {
            fn plain(value: &toml::Spanned<DeValue<'_>>) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXTS: [&str; 6] = [
        include_str!("../../examples/domains/agency.toml"),
        include_str!("../../examples/domains/book_club.toml"),
        include_str!("../../examples/domains/clinic.toml"),
        include_str!("../../examples/domains/hospital_group.toml"),
        include_str!("../../examples/domains/todo.toml"),
        "[domain]\nid = 'a'\nattested = ['b', 'a', 'b']\n[holders]\na = 0x1F\nb = 1_000\nc = 18446744073709551615\n\
         [opt_ins]\na = 'on'\n[limits.a]\nlimit = 3\nevery = 'month'\nanchor = '2026-01-31'\nstop = 'soft'\n\
         ceiling_percent = 120\n[limits]\nb.stop = 'none'\n[residency]\nregion = 'eu'\nmigrated = true\n[seats]\na = 2\n\
         [roles]\n\"x\\u0041\" = { based_on = 'y', permissions.z = 'off' }\n[role_defaults]\na = 'b'\n[locked]\na = 'off'",
    ];

    /// The same over serde alone.
    fn carefully(text: &str) -> (DomainSource, Problems) {
        let mut document = Document::read(text);
        let source = DomainSource {
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
        };
        (source, document.finish(&DomainSource::TABLES))
    }

    /// With every place of every name, and every problem.
    fn shown(read: &(DomainSource, Problems)) -> String {
        format!("{read:?}")
    }

    #[test]
    fn the_short_way_reads_what_serde_reads() {
        for text in TEXTS {
            assert_eq!(shown(&DomainSource::read(text)), shown(&carefully(text)), "{text}");
            assert!(text.contains("0x1F") || DomainSource::read(text).1.into_result(None).is_ok());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_short_way_reads_what_serde_reads_of_broken_files(
            number in 0..TEXTS.len(),
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, "[-a-z0-9'\"=\\[\\]{}., \n]{0,3}"), 1..4),
        ) {
            let mut text: Vec<char> = TEXTS[number].chars().collect();
            for (at, length, new) in edits {
                let at = at.index(text.len());
                let end = at.saturating_add(length).min(text.len());
                text.splice(at..end, new.chars());
            }
            let text: String = text.into_iter().collect();
            prop_assert_eq!(shown(&DomainSource::read(&text)), shown(&carefully(&text)), "{}", text);
        }
    }
}

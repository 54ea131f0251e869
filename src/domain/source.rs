//! The shape of a domain file: one struct a table, names not yet looked up.

use crate::catalog::source::LimitSource;
use crate::document::{Map, Name, Placed, Set, file, table};
use crate::word::Switch;

file! {
    /// What one customer configured, and what contract and directory say of it.
    DomainSource {
        /// Which domain this is: what contract and directory say of it.
        domain: Heading;
        /// How many hold a role: role = count. Required for supreme roles of a kind that counts them; a role that is left out counts as held.
        holders: Map<u64>,
        /// The positions that the domain chose: setting = position.
        settings: Map<Switch>,
        /// Positions stated from above, by a parent or a contract: they win, and nobody changes them here.
        locked: Map<Switch>,
        /// Beta features that the domain opted in to, or out of.
        opt_ins: Map<Switch>,
        /// The entries of lists, such as trusted e-mail domains.
        #[cfg_attr(feature = "schema", schemars(with = "Map<Vec<String>>"))]
        lists: Map<Set<Name>>,
        /// What roles of the catalog are given, and custom roles.
        roles: Map<RoleSource>,
        /// Which role some people get by default, where it is not that of the catalog.
        role_defaults: Map<Name>,
        /// Limits in the place of those of the plan.
        limits: Map<LimitSource>,
        /// How many seats were bought: of the plan, of each add-on.
        seats: Map<u64>,
        /// Where the data of the domain lives.
        residency: Placed<ResidencySource>,
    }
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

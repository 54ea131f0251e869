//! Changes: what can be changed about a domain, as data.
//!
//! A change is a request like any other: it is evaluated, and only an allowed one may be applied. Plan, add-ons,
//! regimes, attestations, seats, limits, residency, holders and locks come from contract and directory; there is
//! no change for them (ADM-07).

use crate::id::{FeatureId, ListId, PermissionId, RoleId, SettingId};
use crate::word::Switch;

/// A change to a domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Change<'a> {
    /// An org-wide setting to a position.
    Setting {
        /// The setting.
        setting: SettingId,
        /// Its new position.
        to: Switch,
    },
    /// A configurable permission of a role to a position.
    RolePermission {
        /// The role.
        role: RoleId,
        /// The permission.
        permission: PermissionId,
        /// Its new position.
        to: Switch,
    },
    /// A list to new entries, all of them.
    List {
        /// The list.
        list: ListId,
        /// Its new entries.
        to: &'a [&'a str],
    },
    /// A new custom role.
    CreateRole {
        /// The name of the new role.
        name: &'a str,
        /// The role of the catalog that it is based on.
        based_on: RoleId,
    },
    /// A custom role away.
    DeleteRole {
        /// The role.
        role: RoleId,
    },
    /// One person from a role (or none) to a role.
    AssignRole {
        /// The role the person receives.
        role: RoleId,
        /// The role the person had.
        from: Option<RoleId>,
    },
    /// Opting in to a beta feature, or out of it.
    OptIn {
        /// The feature.
        feature: FeatureId,
        /// In or out.
        to: Switch,
    },
}

//! Words that catalogs, domains, requests and decisions share.

use serde::{Deserialize, Serialize};

/// A switch: on or off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a switch has two positions")]
pub enum Switch {
    /// Off.
    Off,
    /// On.
    On,
}

impl Switch {
    /// The other position.
    pub const fn reversed(self) -> Self {
        match self {
            Self::Off => Self::On,
            Self::On => Self::Off,
        }
    }

    /// `on` or `off`, as in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
        }
    }
}

/// Why a feature runs.
///
/// Only some triggers count towards a limit; a catalog's meters say which (USE-02, USE-04, AI-18).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trigger {
    /// A person asked for it.
    #[default]
    Requested,
    /// It surfaced without being asked for.
    Proactive,
    /// A person acted on a proactive output that has not counted yet.
    FollowUp,
    /// A person acted on an output that has counted already.
    FollowUpCounted,
    /// A person opted in to it recurring.
    Recurring,
}

/// Where a search looks (CON-11).
///
/// A connector brings what is in its *source* to a search of its *host*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Everywhere.
    #[default]
    Everything,
    /// In the host only: nothing is read through the connector.
    Host,
    /// In the connected source only.
    Source,
}

/// How often a limit or a credit plan starts anew.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Every {
    /// Each month.
    Month,
    /// Every three months.
    Quarter,
    /// Each year.
    Year,
}

impl Every {
    /// How many calendar months that is.
    pub const fn months(self) -> i64 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}

/// Whether and how a limit stops usage (CRD-11).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stop {
    /// At the limit.
    #[default]
    Hard,
    /// At a ceiling above the limit, in percent of it.
    Soft,
    /// Never: usage is counted only.
    None,
}

/// Which level decided the value of a setting or of a role's permission.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// What the catalog says where nobody else does.
    CatalogDefault,
    /// A compliance regime of the domain that starts the setting off.
    Regime,
    /// The domain itself: organization, workspace or division.
    Domain,
    /// Above the domain: a parent or a contract.
    Locked,
    /// The role.
    Role,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 5] = [Self::CatalogDefault, Self::Regime, Self::Domain, Self::Locked, Self::Role];

    /// The spelling in explanations and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CatalogDefault => "catalog_default",
            Self::Regime => "regime",
            Self::Domain => "domain",
            Self::Locked => "locked",
            Self::Role => "role",
        }
    }
}

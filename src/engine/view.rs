//! Views: what an engine knows of its domain, for whoever lists, shows or compares it.

use super::Engine;
use super::record::Names;
use crate::domain::Cell;
use crate::id::{LimitId, ListId, ModelId, PermissionId, QuantityId, RegimeId, RoleId, SettingId};
use crate::request::NamedRequest;
use crate::word::{Level, Stop, Switch};

/// What a setting comes to in a domain, and who decided that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SettingValue {
    /// Its own position; what it requires is not considered.
    pub position: Switch,
    /// The level that decided the position.
    pub level: Level,
    /// The regime that starts the setting off or removes it.
    pub regime: Option<RegimeId>,
    /// Whether a regime removes the setting: whatever depends on it is denied.
    pub absent: bool,
}

/// A limit as the plan or the domain sets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LimitValue {
    /// How much may be used in a period, in the unit of the meter.
    pub limit: u64,
    /// What happens at the limit.
    pub stop: Stop,
    /// How far a soft limit may be exceeded, in percent of it.
    pub ceiling_percent: u64,
}

impl LimitValue {
    /// How much may be used in all before a run is denied; none where nothing is enforced.
    pub fn covers(&self) -> Option<u64> {
        let percent = match self.stop {
            Stop::None => return None,
            Stop::Soft => self.ceiling_percent,
            Stop::Hard => 100,
        };
        let covered = u128::from(self.limit).saturating_mul(u128::from(percent)) / 100;
        Some(u64::try_from(covered).unwrap_or(u64::MAX))
    }
}

/// What a role has of a permission, before any gate of domain or circumstance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RolePermission {
    /// The permission does not exist for the role.
    Absent,
    /// It is not available to enable.
    Never,
    /// It is fixed by the role.
    Inherent,
    /// It is a setting of the role.
    Configurable {
        /// Its position.
        position: Switch,
        /// Whether the catalog's default or the role decided it.
        level: Level,
    },
}

impl RolePermission {
    /// Whether the role holds the permission.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Inherent | Self::Configurable { position: Switch::On, .. })
    }
}

/// How many people hold a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Holders {
    /// So many.
    Counted(u64),
    /// The domain does not say, which counts as held.
    NotStated,
    /// Holders of the role are not counted in this kind of domain: nobody here holds it.
    NotCounted,
}

impl Holders {
    /// Whether somebody in the domain holds the role, as far as it is known.
    pub const fn is_held(self) -> bool {
        !matches!(self, Self::Counted(0) | Self::NotCounted)
    }
}

impl Engine {
    /// Every role with its name: those of the catalog, then the custom ones of the domain, each in the order of
    /// names.
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let names: Vec<_> = engine.roles().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["admin", "guest", "member", "super_admin", "contractor"]);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn roles(&self) -> impl Iterator<Item = (&str, RoleId)> {
        let names = Names::of(self);
        self.state().roles().map(move |role| (names.role(role), self.role_id(role)))
    }

    /// How many hold a role; an id of another catalog or domain is held by nobody.
    pub fn holders(&self, role: RoleId) -> Holders {
        let state = self.state();
        if self.role_id(role.position()) != role || !state.counts(role.position()) {
            return Holders::NotCounted;
        }
        state.holders(role.position()).map_or(Holders::NotStated, Holders::Counted)
    }

    /// What a setting comes to; `None` for an id of another catalog.
    pub fn setting(&self, setting: SettingId) -> Option<SettingValue> {
        let tag = self.catalog.model().tag;
        let now = self.state().setting(setting.position()).filter(|_| setting.is_of(tag))?;
        Some(SettingValue {
            position: now.position,
            level: now.level,
            regime: now.regime.map(|regime| RegimeId::new(tag, regime)),
            absent: now.absent,
        })
    }

    /// What a role has of a permission; nothing of an id of another catalog or domain.
    pub fn role_permission(&self, role: RoleId, permission: PermissionId) -> RolePermission {
        let known = self.role_id(role.position()) == role && permission.is_of(self.catalog.model().tag);
        if !known {
            return RolePermission::Absent;
        }
        let configurable = |position, level| RolePermission::Configurable { position, level };
        match self.state().cell(role.position(), permission.position()) {
            Cell::Absent => RolePermission::Absent,
            Cell::Never => RolePermission::Never,
            Cell::Inherent => RolePermission::Inherent,
            Cell::OffByDefault => configurable(Switch::Off, Level::CatalogDefault),
            Cell::OnByDefault => configurable(Switch::On, Level::CatalogDefault),
            Cell::OffForRole => configurable(Switch::Off, Level::Role),
            Cell::OnForRole => configurable(Switch::On, Level::Role),
        }
    }

    /// How many permissions a role of this engine holds; what restricts it gives it none.
    pub(crate) fn strength(&self, role: RoleId) -> usize {
        let state = self.state();
        let permissions = (0..=u16::MAX).zip(state.model.permissions.rows());
        let permissions = permissions.filter(|(_, row)| row.restricts.is_none());
        permissions.filter(|(position, row)| state.cell_of(role.position(), *position, row).is_on()).count()
    }

    /// The add-ons in force: bought where the plan offers them, or included in it.
    pub fn add_ons(&self) -> impl Iterator<Item = &str> {
        let add_ons = self.catalog.model().add_ons.iter();
        add_ons.filter(|(add_on, _, _)| self.state().has_add_on(*add_on)).map(|(_, name, _)| name)
    }

    /// The entries of a list, lower case and in order; none for an id of another catalog.
    pub fn list(&self, list: ListId) -> impl Iterator<Item = &str> {
        let known = list.is_of(self.catalog.model().tag);
        let entries = if known { self.state().list(list.position()) } else { &[] };
        entries.iter().map(AsRef::as_ref)
    }

    /// A limit, if the plan or the domain sets it; what credits were granted, only the ledger knows.
    pub fn limit(&self, limit: LimitId) -> Option<LimitValue> {
        let set = self.state().limit(limit.position()).filter(|_| limit.is_of(self.catalog.model().tag))?;
        Some(LimitValue { limit: set.limit, stop: set.stop, ceiling_percent: set.ceiling_percent })
    }

    /// The pools of tokens that a model prices; none for an id of another catalog.
    pub fn quantities(&self, model: ModelId) -> impl Iterator<Item = QuantityId> {
        let tag = self.catalog.model().tag;
        let row = self.catalog.model().models.get(model.position()).filter(|_| model.is_of(tag));
        let price = row.map_or(&[][..], |row| &row.price);
        price.iter().map(move |(quantity, _)| QuantityId::new(tag, *quantity))
    }

    /// What a request in names reads; see [`reads`](Self::reads).
    pub fn reads_named(&self, request: &NamedRequest) -> super::Reads {
        self.with_named(request, |request, _| self.reads(request))
    }

    /// What a request in names can be turned by; see [`levers`](Self::levers).
    pub fn levers_named(&self, request: &NamedRequest) -> super::Levers {
        self.with_named(request, |request, _| self.levers(request))
    }
}

//! Domains built in code, with typed ids.

use super::Domain;
use super::source::{DomainSource, ResidencySource};
use crate::catalog::source::{LimitSource, Map};
use crate::catalog::{Bind, Catalog};
use crate::diagnostic::{Code, Diagnostics, Problems};
use crate::document::{Name, Set, Spanned};
use crate::id::{
    AddOnId, FeatureId, KindId, LimitId, ListId, PermissionId, PlanId, RegimeId, RoleDefaultId, RoleId,
    SettingId,
};
use crate::word::{Every, Stop, Switch};

/// A limit on usage, as a domain states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limit {
    /// How much a period may use, in the unit of the meter.
    pub limit: u64,
    /// How often a period starts.
    pub every: Every,
    /// Whether it stops usage.
    pub stop: Stop,
    /// With [`Stop::Soft`]: where usage stops, in percent of the limit, at least 100.
    pub ceiling_percent: Option<u64>,
}

impl Limit {
    /// A limit that stops usage once it is reached.
    pub const fn hard(limit: u64, every: Every) -> Self {
        Self { limit, every, stop: Stop::Hard, ceiling_percent: None }
    }

    /// A limit that stops usage at a ceiling above it.
    pub const fn soft(limit: u64, every: Every, ceiling_percent: u64) -> Self {
        Self { limit, every, stop: Stop::Soft, ceiling_percent: Some(ceiling_percent) }
    }

    /// A limit that is reported, but stops nothing.
    pub const fn counted(limit: u64, every: Every) -> Self {
        Self { limit, every, stop: Stop::None, ceiling_percent: None }
    }
}

/// Builds a [`Domain`] from ids of a catalog.
///
/// # Example: the same domain as a file would state
///
/// ```
/// use tollkeeper::{bind, catalog::Catalog, domain::DomainBuilder, engine::Engine};
/// use tollkeeper::{id::{KindId, PlanId, RoleId, SettingId}, word::Switch};
///
/// bind! { struct Names {
///     organization: KindId = "organization",
///     enterprise: PlanId = "enterprise",
///     super_admin: RoleId = "super_admin",
///     uploads: SettingId = "uploads",
/// } }
/// let catalog = Catalog::builtin();
/// let names = Names::bind(&catalog)?;
/// let domain = DomainBuilder::new(&catalog, "acme", names.organization, names.enterprise)
///     .holders(names.super_admin, 2)
///     .setting(names.uploads, Switch::Off)
///     .build()?;
/// let engine = Engine::compile(&catalog, &domain)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct DomainBuilder<'c> {
    catalog: &'c Catalog,
    source: DomainSource,
    foreign: Vec<String>,
}

impl<'c> DomainBuilder<'c> {
    /// Starts a domain of this kind on this plan.
    pub fn new(catalog: &'c Catalog, id: &str, kind: KindId, plan: PlanId) -> Self {
        let mut this = Self { catalog, source: DomainSource::default(), foreign: Vec::new() };
        this.source.domain.id = Some(name(id));
        this.source.domain.kind = this.name_of(kind);
        this.source.domain.plan = this.name_of(plan);
        this
    }

    /// The domain bought an add-on.
    pub fn add_on(mut self, add_on: AddOnId) -> Self {
        let name = self.name_of(add_on);
        extend(&mut self.source.domain.add_ons, name);
        self
    }

    /// A compliance regime applies.
    pub fn regime(mut self, regime: RegimeId) -> Self {
        let name = self.name_of(regime);
        extend(&mut self.source.domain.regimes, name);
        self
    }

    /// The customer attested something that a regime asks for.
    pub fn attested(mut self, attestation: &str) -> Self {
        extend(&mut self.source.domain.attested, Some(name(attestation)));
        self
    }

    /// How many hold a role of the catalog.
    pub fn holders(mut self, role: RoleId, count: u64) -> Self {
        let name = self.name_of(role);
        insert(&mut self.source.holders, name, count);
        self
    }

    /// A setting at a position.
    pub fn setting(mut self, setting: SettingId, to: Switch) -> Self {
        let name = self.name_of(setting);
        insert(&mut self.source.settings, name, to);
        self
    }

    /// A setting stated from above: it wins and cannot be changed here.
    pub fn locked(mut self, setting: SettingId, to: Switch) -> Self {
        let name = self.name_of(setting);
        insert(&mut self.source.locked, name, to);
        self
    }

    /// The domain opted in to a beta feature.
    pub fn opt_in(mut self, feature: FeatureId) -> Self {
        let name = self.name_of(feature);
        insert(&mut self.source.opt_ins, name, Switch::On);
        self
    }

    /// A list with all its entries.
    pub fn list<'e>(mut self, list: ListId, entries: impl IntoIterator<Item = &'e str>) -> Self {
        let list = self.name_of(list);
        insert(&mut self.source.lists, list, entries.into_iter().map(name).collect());
        self
    }

    /// A configurable permission of a role of the catalog at a position.
    pub fn role_permission(mut self, role: RoleId, permission: PermissionId, to: Switch) -> Self {
        if let (Some(role), Some(permission)) = (self.name_of(role), self.name_of(permission)) {
            self.source.roles.update(role, |row| row.permissions.insert(permission, to));
        }
        self
    }

    /// A custom role, with what it is configured to.
    pub fn custom_role(
        mut self,
        role: &str,
        based_on: RoleId,
        permissions: impl IntoIterator<Item = (PermissionId, Switch)>,
    ) -> Self {
        let based_on = self.name_of(based_on);
        let permissions: Vec<_> =
            permissions.into_iter().filter_map(|(one, to)| Some((self.name_of(one)?, to))).collect();
        self.source.roles.update(name(role), |row| {
            row.based_on = based_on;
            permissions.into_iter().for_each(|(permission, to)| row.permissions.insert(permission, to));
        });
        self
    }

    /// How many hold a custom role.
    pub fn custom_role_holders(mut self, role: &str, count: u64) -> Self {
        self.source.holders.insert(name(role), count);
        self
    }

    /// Whom the domain gives a role, of the catalog or a custom one, by default.
    pub fn role_default(mut self, of: RoleDefaultId, role: &str) -> Self {
        let of = self.name_of(of);
        insert(&mut self.source.role_defaults, of, name(role));
        self
    }

    /// A limit on usage, in the place of the plan's.
    pub fn limit(mut self, limit: LimitId, row: Limit) -> Self {
        let name = self.name_of(limit);
        let row = LimitSource {
            limit: Some(row.limit),
            every: Some(row.every),
            anchor: None,
            stop: row.stop,
            ceiling_percent: row.ceiling_percent.map(|percent| Spanned::new(0..0, percent)),
        };
        insert(&mut self.source.limits, name, row);
        self
    }

    /// How many seats the domain has on a plan.
    pub fn plan_seats(mut self, plan: PlanId, count: u64) -> Self {
        let name = self.name_of(plan);
        insert(&mut self.source.seats, name, count);
        self
    }

    /// How many seats the domain bought of an add-on.
    pub fn add_on_seats(mut self, add_on: AddOnId, count: u64) -> Self {
        let name = self.name_of(add_on);
        insert(&mut self.source.seats, name, count);
        self
    }

    /// Where the customer's data is to live, and whether it has moved there. The region is in the words of the
    /// contract: a catalog declares none, so that any name is taken.
    pub fn residency(mut self, region: &str, migrated: bool) -> Self {
        *self.source.residency = ResidencySource { region: Some(name(region)), migrated };
        self
    }

    /// The domain.
    ///
    /// # Errors
    /// Ids of another catalog. Whether the domain makes sense is checked when an engine is compiled.
    pub fn build(self) -> Result<Domain, Diagnostics> {
        let mut problems = Problems::default();
        for message in self.foreign {
            problems.add(Code::UnknownName, None, message);
        }
        problems.into_result(None)?;
        Ok(Domain::of_source(self.source))
    }

    fn name_of<T: Bind + std::fmt::Debug>(&mut self, id: T) -> Option<Name> {
        let found = self.catalog.name(id);
        if found.is_none() {
            self.foreign.push(format!("id `{id:?}` is not of catalog `{}`", self.catalog.id()));
        }
        found.map(name)
    }
}

fn name(text: &str) -> Name {
    Spanned::new(0..0, text.to_owned())
}

fn extend(names: &mut Set<Name>, name: Option<Name>) {
    *names = names.iter().cloned().chain(name).collect();
}

fn insert<T>(map: &mut Map<T>, name: Option<Name>, value: T) {
    if let Some(name) = name {
        map.insert(name, value);
    }
}

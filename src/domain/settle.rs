//! What is worked out of a domain when it is compiled: what settings, guards and meters come to, tables of its roles,
//! and what few domains state.

use std::hash::Hasher as _;

use super::compact::{Bytes, RoleRow, Section, Stated};
use super::resolved::{CUSTOM_ROLE, NOT_STATED, OFF, ON, Rare, Resolved, SETTLED};
use super::state::{State, permits};
use crate::catalog::model::{ChangeRule, Condition, Limit, Regime};
use crate::catalog::tables::{Grounds, fold};
use crate::catalog::{Model, too_many_cells};
use crate::hash::Fnv;
use crate::id::{RoleId, Tag};
use crate::word::{Level, Switch};

/// The byte that says what a setting comes to: its place in [`SETTLED`].
const fn settled_byte((position, level, absent): (Switch, Level, bool)) -> u8 {
    let on = matches!(position, Switch::On);
    match (level, absent, on) {
        (Level::CatalogDefault, _, false) => 0,
        (Level::CatalogDefault, _, true) => 1,
        (Level::Domain, _, false) => 2,
        (Level::Domain, _, true) => 3,
        // No setting is of a role.
        (Level::Locked | Level::Role, _, false) => 4,
        (Level::Locked | Level::Role, _, true) => 5,
        (Level::Regime, false, _) => 6,
        (Level::Regime, true, false) => 7,
        (Level::Regime, true, true) => 8,
    }
}

/// The length of a domain file is far below what 32 bits count.
fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A domain has no more roles than positions count.
fn small_count(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn put(bytes: &mut [u8], at: usize, byte: u8) {
    if let Some(to) = bytes.get_mut(at) {
        *to = byte;
    }
}

/// Whether plan, add-ons and kind allow a change at all.
pub(super) fn rule_holds(state: State<'_>, rule: Option<&ChangeRule>) -> bool {
    rule.is_some_and(|rule| state.hold(&rule.conditions))
}

impl Resolved {
    /// Looks up what is `stated`, which fits the catalog.
    pub(super) fn of(model: &Model, stated: &[u8]) -> Self {
        let Some(view) = Stated::read(stated) else { return Self::bare(u16::MAX, u16::MAX) };
        let rare = Rare::of(model, &view);
        let sections_at = small(stated.len().saturating_sub(view.sections.len()));
        let Stated { present, kind, plan, .. } = view;
        let states = |sections: &[Section]| sections.iter().any(|section| present & section.bit() != 0);
        let moved = states(&[Section::Regimes, Section::AddOns, Section::Settings, Section::Locked]);
        let of_roles = states(&[Section::Roles, Section::CustomRoles]);
        let untouched = model.tables.untouched(model, kind, plan);
        let settled = model.tables.settled;
        let mut tables = Vec::new();
        let mut custom_roles = 0;
        if moved || of_roles || untouched.is_none() {
            let of_roles = of_roles.then(|| RoleTables::of(model, &view));
            let more = of_roles.as_ref().map_or(0, RoleTables::len_max);
            tables.reserve_exact(settled.saturating_add(more).saturating_add(stated.len()));
            settle(model, &view, &mut tables);
            if let Some(of_roles) = of_roles {
                of_roles.write(&mut tables);
                custom_roles = small_count(of_roles.custom);
            }
            if tables.len() == settled && Some(&*tables) == untouched {
                tables.clear();
            }
        }
        let stated_at = small(tables.len());
        let bytes = match stated_at {
            0 => stated.into(),
            _ => {
                tables.extend_from_slice(stated);
                tables.into()
            }
        };
        Self { bytes, rare, stated_at, sections_at, present, kind, plan, custom_roles }
    }

    fn bare(kind: u16, plan: u16) -> Self {
        let (bytes, rare) = (Box::default(), None);
        Self { bytes, rare, stated_at: 0, sections_at: 0, present: 0, kind, plan, custom_roles: 0 }
    }
}

/// What settings, guards and meters come to, a byte each.
fn settle(model: &Model, stated: &Stated<'_>, tables: &mut Vec<u8>) {
    tables.resize(model.tables.settled, 0);
    let (settings, rest) = tables.split_at_mut(model.settings.len().min(model.tables.settled));
    let mut grounds = Settling::new(model, stated);
    settle_settings(model, stated, &grounds, settings);
    grounds.settings = settings;
    let guards = &model.tables.guards;
    rest.iter_mut().zip(guards).for_each(|(to, conditions)| *to = fold(&grounds, conditions));
    let sold = model.tables.unlimited.iter().filter_map(|position| model.credit_plans.get(*position));
    for sold in sold.filter(|sold| sold.is_in_force(&grounds)) {
        put(rest, guards.len().saturating_add(sold.meter.into()), 1);
    }
}

/// One level after the other, those last that win.
fn settle_settings(model: &Model, stated: &Stated<'_>, grounds: &Settling<'_>, settled: &mut [u8]) {
    for (row, to) in model.settings.rows().zip(settled.iter_mut()) {
        *to = settled_byte((row.default, Level::CatalogDefault, false));
    }
    for setting in grounds.regimes().flat_map(|regime| &regime.starts_off) {
        put(settled, (*setting).into(), settled_byte((Switch::Off, Level::Regime, false)));
    }
    for (section, level) in [(Section::Settings, Level::Domain), (Section::Locked, Level::Locked)] {
        for (setting, to) in stated.switches(section) {
            put(settled, setting.into(), settled_byte((to, level, false)));
        }
    }
    for (row, to) in model.settings.rows().zip(settled.iter_mut()) {
        // A setting that plan or kind do not have stands at its default.
        if fold(grounds, &row.conditions) != 0 {
            *to = settled_byte((row.default, Level::CatalogDefault, false));
        }
    }
    for setting in grounds.regimes().flat_map(|regime| &regime.removes) {
        if let Some(row) = model.settings.get(*setting) {
            put(settled, (*setting).into(), settled_byte((row.default, Level::Regime, true)));
        }
    }
}

/// What a domain states of roles, from which their tables are made.
struct RoleTables<'a> {
    model: &'a Model,
    view: &'a Stated<'a>,
    standard: Bytes<'a>,
    own: Bytes<'a>,
    /// How many custom roles there are.
    custom: usize,
}

impl<'a> RoleTables<'a> {
    fn of(model: &'a Model, view: &'a Stated<'a>) -> Self {
        let (standard, own) = (view.section(Section::Roles), view.section(Section::CustomRoles));
        Self { model, view, standard, own, custom: own_rows(own).count() }
    }

    fn role_count(&self) -> usize {
        self.model.roles.len().saturating_add(self.custom)
    }

    /// How many bytes they take, where a row is made of all that is stated.
    fn len_max(&self) -> usize {
        let rows = self.standard.entries(RoleRow::read).count().saturating_add(self.custom);
        let rows = rows.saturating_mul(self.model.tables.slot_count);
        self.role_count()
            .saturating_mul(2)
            .saturating_add(self.custom.saturating_mul(CUSTOM_ROLE))
            .saturating_add(rows)
    }

    /// Writes for each role the number of its row, for each custom one also base, name and id, then the rows: what
    /// is stated of each permission that can be configured. Nothing where roles are as the catalog has them.
    fn write(&self, tables: &mut Vec<u8>) {
        let Self { model, view, custom, .. } = *self;
        let start = tables.len();
        let roles = self.role_count();
        tables.resize(start.saturating_add(roles.saturating_mul(2)), 0);
        self.write_custom(tables);
        let rule = model.changes.role_permission.as_ref();
        // What the plan does not let a domain configure stands at its default.
        let configurable = too_many_cells(roles, model.permissions.len()).is_none()
            && rule.is_none_or(|rule| fold(&Settling::new(model, view), &rule.conditions) == 0);
        let mut number = 0_u16;
        for (role, row) in self.rows().filter(|_| configurable) {
            if write_row(model, row, tables) {
                number = number.saturating_add(1);
                let at = start.saturating_add(role.saturating_mul(2));
                let [low, high] = number.to_le_bytes();
                put(tables, at, low);
                put(tables, at.saturating_add(1), high);
            }
        }
        if number == 0 && custom == 0 {
            tables.truncate(start);
        }
    }

    fn write_custom(&self, tables: &mut Vec<u8>) {
        let (mut left, mut position) = (self.own, small_count(self.model.roles.len()));
        while !left.is_empty() {
            let name_at = self.own.len().saturating_sub(left.len());
            let Some((name, row)) = left.text().zip(RoleRow::read(&mut left)) else { break };
            tables.extend(row.base.to_le_bytes());
            tables.extend(small(name_at).to_le_bytes());
            tables.extend(custom_role_id(self.model, name, position).to_bits().to_le_bytes());
            position = position.saturating_add(1);
        }
    }

    /// What is stated of each role, with its position.
    fn rows(&self) -> impl Iterator<Item = (usize, RoleRow<'a>)> {
        let standard = self.standard.entries(RoleRow::read).map(|row| (usize::from(row.base), row));
        standard.chain((self.model.roles.len()..).zip(own_rows(self.own)))
    }
}

/// What is stated of the custom roles, without their names.
fn own_rows(own: Bytes<'_>) -> impl Iterator<Item = RoleRow<'_>> {
    own.entries(|bytes| bytes.part().and(RoleRow::read(bytes)))
}

/// Writes what is stated of each permission that can be configured, if anything is.
fn write_row(model: &Model, row: RoleRow<'_>, tables: &mut Vec<u8>) -> bool {
    let start = tables.len();
    tables.resize(start.saturating_add(model.tables.slot_count), NOT_STATED);
    let mut moved = false;
    for (permission, to) in row.permissions() {
        let of = model.permissions.get(permission).filter(|of| of.cell(row.base).is_configurable());
        if let Some(slot) = of.and_then(|of| of.slot) {
            put(tables, start.saturating_add(slot.into()), if to == Switch::On { ON } else { OFF });
            moved = true;
        }
    }
    if !moved {
        tables.truncate(start);
    }
    moved
}

/// A domain as static conditions ask it: what it states, and what its settings come to once that is known.
#[derive(Clone, Copy)]
struct Settling<'a> {
    model: &'a Model,
    kind: u16,
    plan: u16,
    regimes: Bytes<'a>,
    add_ons: Bytes<'a>,
    settings: &'a [u8],
}

impl<'a> Settling<'a> {
    fn new(model: &'a Model, stated: &Stated<'a>) -> Self {
        let Stated { kind, plan, .. } = *stated;
        let (regimes, add_ons) = (stated.section(Section::Regimes), stated.section(Section::AddOns));
        Self { model, kind, plan, regimes, add_ons, settings: &[] }
    }

    fn regimes(&self) -> impl Iterator<Item = &'a Regime> + use<'a> {
        let model = self.model;
        self.regimes.entries(Bytes::position).filter_map(|regime| model.regimes.get(regime))
    }
}

impl Grounds for Settling<'_> {
    fn plan(&self) -> u16 {
        self.plan
    }

    fn kind(&self) -> u16 {
        self.kind
    }

    fn has_add_on(&self, add_on: u16) -> bool {
        let bought = || self.add_ons.entries(Bytes::position).any(|one| one == add_on);
        let row = self.model.add_ons.get(add_on);
        row.is_some_and(|row| {
            row.included_in.contains(self.plan) || row.offered_on.contains(self.plan) && bought()
        })
    }

    fn has_on(&self, setting: u16) -> bool {
        let on = |one: &u16| {
            let byte = self.settings.get(usize::from(*one));
            let settled = byte.and_then(|byte| SETTLED.get(usize::from(*byte)));
            matches!(settled, Some((Switch::On, _, false)))
        };
        self.model.settings.get(setting).is_some_and(|row| row.chain.iter().all(on))
    }

    fn permits(&self, condition: &Condition) -> bool {
        self.regimes.is_empty() || permits(self.model, self.regimes(), condition)
    }
}

impl Rare {
    /// `None` where nothing of it is stated, or nothing that matters.
    fn of(model: &Model, stated: &Stated<'_>) -> Option<Box<Self>> {
        let sections = [Section::Lists, Section::Limits, Section::OptIns, Section::RoleDefaults];
        if sections.iter().all(|section| stated.present & section.bit() == 0) {
            return None;
        }
        let mut lists = Vec::new();
        for (list, entries) in stated.lists().filter(|(_, entries)| !entries.is_empty()) {
            lists.resize(model.lists.len(), Box::default());
            let lower_case = |entry: &str| -> Box<str> { entry.to_ascii_lowercase().into() };
            let mut all = Vec::with_capacity(entries.entries(Bytes::part).count());
            all.extend(entries.entries(Bytes::text).map(lower_case));
            all.sort_unstable();
            all.dedup();
            if let Some(to) = lists.get_mut(usize::from(list)) {
                *to = all.into();
            }
        }
        let mut limits = Vec::with_capacity(stated.limits().count());
        limits.extend(stated.limits().map(|(limit, row)| (limit, Limit::of(&row))));
        let opted_in = stated.switches(Section::OptIns).filter(|(_, to)| *to == Switch::On);
        let this = Self {
            lists: lists.into(),
            limits: limits.into(),
            opt_ins: opted_in.map(|(feature, _)| feature).collect(),
            role_defaults: stated.role_defaults().collect(),
        };
        let empty = this.lists.is_empty()
            && this.limits.is_empty()
            && this.opt_ins.is_empty()
            && this.role_defaults.is_empty();
        (!empty).then(|| Box::new(this))
    }
}

/// The id of a custom role: its position, tagged with its name, so that an id of another domain's role at the
/// same position is foreign here.
fn custom_role_id(model: &Model, name: &str, position: u16) -> RoleId {
    let mut tagged = Fnv::default();
    tagged.write(&model.hash.to_le_bytes());
    tagged.write(name.as_bytes());
    RoleId::new(Tag::of_hash(tagged.finish()), position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::domain::resolved::SETTLED;

    /// The catalog knows what a domain comes to that states nothing, without knowing of domains.
    #[test]
    fn what_a_catalog_says_of_untouched_domains_is_what_they_come_to() {
        for catalog in [
            Catalog::builtin(),
            Catalog::parse(
                "[catalog]\nid = 'a'\nversion = '1'\n[kinds.team]\n[plans.free]\n[plans.paid]\n\
                 [add_ons.more]\nincluded_in = ['paid']\noffered_on = ['free']\n[roles.member]\n\
                 [features.assist]\nadd_ons = ['more']\nproviders = []",
            )
            .unwrap(),
            Catalog::parse(include_str!("../../examples/catalogs/notes.toml")).unwrap(),
            Catalog::parse(include_str!("../../examples/catalogs/records.toml")).unwrap(),
            Catalog::parse(include_str!("../../examples/catalogs/todo.toml")).unwrap(),
        ] {
            let model = catalog.model();
            for (kind, plan) in (0..=u16::MAX)
                .take(model.kinds.len())
                .flat_map(|kind| (0..=u16::MAX).take(model.plans.len()).map(move |plan| (kind, plan)))
            {
                let mut settled = Vec::new();
                settle(model, &Stated { kind, plan, ..Stated::default() }, &mut settled);
                let untouched = model.tables.untouched(model, kind, plan);
                assert_eq!(untouched, Some(&*settled), "{catalog:?} {kind} {plan}");
            }
        }
    }

    /// The figures of the drawing in DESIGN.md.
    #[test]
    fn the_tables_of_the_built_in_catalog_are_as_they_are_drawn() {
        let catalog = Catalog::builtin();
        let model = catalog.model();
        let tables = &model.tables;
        assert_eq!((model.settings.len(), tables.guards.len(), model.meters.len()), (8, 14, 2));
        assert_eq!((model.roles.len(), model.permissions.len(), model.features.len()), (4, 36, 19));
        assert_eq!((model.kinds.len(), model.plans.len(), tables.settled), (3, 8, 24));
        assert_eq!((tables.slot_count, size_of::<Resolved>()), (16, 40));
    }

    #[test]
    fn a_byte_says_what_a_setting_comes_to() {
        for (byte, state) in (0..).zip(SETTLED) {
            assert_eq!(settled_byte(state), byte, "{state:?}");
        }
    }
}

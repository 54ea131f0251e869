//! What is worked out of a domain when it is compiled: what settings, guards and meters come to, tables of its roles,
//! and what few domains state.

use std::hash::Hasher as _;

use super::compact::{Bytes, RoleRow, Section, Stated};
use super::resolved::{CUSTOM_ROLE, NOT_STATED, OFF, ON, Rare, Resolved};
use super::state::State;
use crate::catalog::model::{ChangeRule, Limit};
use crate::catalog::tables::fold;
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
    pub(super) fn of(model: &Model, stated: Vec<u8>) -> Self {
        let Some(view) = Stated::read(&stated) else { return Self::bare(u16::MAX, u16::MAX) };
        let this = Self {
            rare: Rare::of(model, &view),
            stated_at: 0,
            sections_at: small(stated.len().saturating_sub(view.sections.len())),
            present: view.present,
            kind: view.kind,
            plan: view.plan,
            custom_roles: u16::try_from(view.custom_roles().count()).unwrap_or(u16::MAX),
            bytes: stated.into(),
        };
        let roles = this.role_tables(model);
        let moving = [Section::Regimes, Section::AddOns, Section::Settings, Section::Locked];
        let moved = moving.iter().any(|section| this.present & section.bit() != 0);
        let settled = model.tables.settled;
        let untouched = model.tables.untouched(model, this.kind, this.plan);
        if roles.is_empty() && !moved && untouched.is_some() {
            return this;
        }
        let mut this = this.settle(model, &roles);
        if roles.is_empty() && this.bytes.get(..settled) == untouched {
            this.bytes = this.stated().into();
            this.stated_at = 0;
        }
        this
    }

    fn bare(kind: u16, plan: u16) -> Self {
        let (bytes, rare) = (Box::default(), None);
        Self { bytes, rare, stated_at: 0, sections_at: 0, present: 0, kind, plan, custom_roles: 0 }
    }

    /// The same with tables of its own: what settings, guards and meters come to, then those of the roles.
    fn settle(mut self, model: &Model, roles: &[u8]) -> Self {
        let settled = model.tables.settled;
        let stated_at = settled.saturating_add(roles.len());
        let mut bytes = Vec::with_capacity(stated_at.saturating_add(self.stated().len()));
        self.settle_settings(model, &mut bytes);
        bytes.resize(settled, 0);
        bytes.extend_from_slice(roles);
        bytes.extend_from_slice(self.stated());
        self.bytes = bytes.into();
        self.stated_at = small(stated_at);
        // The settings are known now, which guards ask for.
        let settling = State::new(model, &self);
        let guards = model.tables.guards.iter().map(|conditions| fold(&settling, conditions));
        let guards: Vec<u8> = guards.collect();
        let sold = model.tables.unlimited.iter().filter_map(|position| model.credit_plans.get(*position));
        let unlimited = sold.filter(|sold| sold.is_in_force(&settling)).map(|sold| usize::from(sold.meter));
        let unlimited: Vec<usize> = unlimited.filter(|meter| *meter < model.meters.len()).collect();
        let meters = model.settings.len().saturating_add(guards.len());
        self.bytes.iter_mut().skip(model.settings.len()).zip(guards).for_each(|(to, guard)| *to = guard);
        for meter in unlimited {
            put(&mut self.bytes, meters.saturating_add(meter), 1);
        }
        self
    }

    fn settle_settings(&self, model: &Model, settled: &mut Vec<u8>) {
        let state = State::new(model, self);
        let mut stated = self.view().switches(Section::Settings).peekable();
        let mut locked = self.view().switches(Section::Locked).peekable();
        for (setting, _, row) in model.settings.iter() {
            let stated = stated.next_if(|(own, _)| *own == setting);
            let locked = locked.next_if(|(own, _)| *own == setting);
            let by_default = (row.default, Level::CatalogDefault, false);
            let state = if state.regimes().any(|(_, regime)| regime.removes.contains(&setting)) {
                (row.default, Level::Regime, true)
            } else if !state.hold(&row.conditions) {
                // A setting that plan or kind do not have stands at its default.
                by_default
            } else if let Some((_, position)) = locked {
                (position, Level::Locked, false)
            } else if let Some((_, position)) = stated {
                (position, Level::Domain, false)
            } else if state.regimes().any(|(_, regime)| regime.starts_off.contains(&setting)) {
                (Switch::Off, Level::Regime, false)
            } else {
                by_default
            };
            settled.push(settled_byte(state));
        }
    }

    /// For each role the number of its row, for each custom one also base, name and id, then the rows: what is
    /// stated of each permission that can be configured. Nothing where roles are as the catalog has them.
    fn role_tables(&self, model: &Model) -> Vec<u8> {
        let view = self.view();
        let custom = || (0..).zip(view.custom_roles());
        let roles = self.role_count(model);
        let rule = model.changes.role_permission.as_ref();
        // What the plan does not let a domain configure stands at its default.
        let configurable = (self.present & (Section::Roles.bit() | Section::CustomRoles.bit()) != 0)
            && too_many_cells(roles, model.permissions.len()).is_none()
            && rule_holds(State::new(model, self), rule);
        let standard = view.roles().map(|row| (row.base, row));
        let first = model.roles.len();
        let own = custom()
            .filter_map(|(index, (_, row))| Some((u16::try_from(first.checked_add(index)?).ok()?, row)));
        let mut rows = standard.chain(own).filter(|_| configurable).peekable();
        if self.custom_roles == 0 && rows.peek().is_none() {
            return Vec::new();
        }
        let own = usize::from(self.custom_roles).saturating_mul(CUSTOM_ROLE);
        let stated = view.roles().count().saturating_add(self.custom_roles.into());
        let most = stated.saturating_mul(model.tables.slot_count).saturating_add(own);
        let mut tables = Vec::with_capacity(roles.saturating_mul(2).saturating_add(most));
        tables.resize(roles.saturating_mul(2), 0);
        let names = view.section(Section::CustomRoles);
        let (mut name_at, mut left) = (0, names);
        for (index, (name, row)) in custom() {
            let position = u16::try_from(first.saturating_add(index)).unwrap_or(u16::MAX);
            tables.extend(row.base.to_le_bytes());
            tables.extend(small(name_at).to_le_bytes());
            tables.extend(custom_role_id(model, name, position).to_bits().to_le_bytes());
            left.text();
            RoleRow::read(&mut left);
            name_at = names.len().saturating_sub(left.len());
        }
        let mut number = 0_u16;
        for (role, row) in rows {
            let start = tables.len();
            tables.resize(start.saturating_add(model.tables.slot_count), NOT_STATED);
            let mut moved = false;
            for (permission, to) in row.permissions() {
                let of = model.permissions.get(permission).filter(|of| of.cell(row.base).is_configurable());
                if let Some(slot) = of.and_then(|of| of.slot) {
                    let stated = if to == Switch::On { ON } else { OFF };
                    put(&mut tables, start.saturating_add(usize::from(slot)), stated);
                    moved = true;
                }
            }
            if moved {
                number = number.saturating_add(1);
                let at = usize::from(role).saturating_mul(2);
                let [low, high] = number.to_le_bytes();
                put(&mut tables, at, low);
                put(&mut tables, at.saturating_add(1), high);
            } else {
                tables.truncate(start);
            }
        }
        if number == 0 && self.custom_roles == 0 { Vec::new() } else { tables }
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
            let mut entries: Vec<Box<str>> =
                entries.entries(Bytes::text).map(|entry| entry.to_ascii_lowercase().into()).collect();
            entries.sort_unstable();
            entries.dedup();
            if let Some(to) = lists.get_mut(usize::from(list)) {
                *to = entries.into();
            }
        }
        let opted_in = stated.switches(Section::OptIns).filter(|(_, to)| *to == Switch::On);
        let this = Self {
            lists: lists.into(),
            limits: stated.limits().map(|(limit, row)| (limit, Limit::of(&row))).collect(),
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
                let settled = Resolved::bare(kind, plan).settle(model, &[]);
                let untouched = model.tables.untouched(model, kind, plan);
                assert_eq!(untouched, Some(&*settled.bytes), "{catalog:?} {kind} {plan}");
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

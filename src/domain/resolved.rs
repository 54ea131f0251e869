//! A domain in the positions of its catalog: what decisions ask it for.

use std::cmp::Ordering;
use std::hash::Hasher as _;

use super::compact::{Bytes, RoleRow, Section, Stated};
use super::state::State;
use crate::catalog::model::{ChangeRule, Condition, Limit, SoldCredits};
use crate::catalog::tables::{Cell, Domain, WALK, fold};
use crate::catalog::{Model, too_many_cells};
use crate::hash::Fnv;
use crate::id::{RoleId, Tag};
use crate::word::{Level, Switch};

/// The effective state of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SettingState {
    pub(crate) position: Switch,
    pub(crate) level: Level,
    /// The regime that starts it off or, with `absent`, removes it.
    pub(crate) regime: Option<u16>,
    pub(crate) absent: bool,
}

/// A domain, looked up: what it states as bytes, and before that what it comes to where its catalog does not know.
///
/// ```text
///   settled: a byte a setting, a guard and a meter  │ roles: number of its row, base, name, id │ rows │ stated
///   ───── only where not that of every domain of the kind and plan ─────┴──── only where stated ────┘
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    bytes: Box<[u8]>,
    rare: Option<Box<Rare>>,
    stated_at: u32,
    /// Where the sections begin in what is stated.
    sections_at: u32,
    present: u16,
    pub(crate) kind: u16,
    pub(crate) plan: u16,
    custom_roles: u16,
}

/// What few domains state and decisions read.
#[derive(Clone, Debug, Default)]
struct Rare {
    /// By position: lower case, ascending. Empty if no list has an entry.
    lists: Box<[Box<[Box<str>]>]>,
    /// The domain's own.
    limits: Box<[(u16, Limit)]>,
    opt_ins: Box<[u16]>,
    role_defaults: Box<[(u16, u16)]>,
}

/// What a setting comes to, by the byte that says so: position, level, absent. Which regime it is, is looked up.
const SETTLED: [(Switch, Level, bool); 9] = [
    (Switch::Off, Level::CatalogDefault, false),
    (Switch::On, Level::CatalogDefault, false),
    (Switch::Off, Level::Domain, false),
    (Switch::On, Level::Domain, false),
    (Switch::Off, Level::Locked, false),
    (Switch::On, Level::Locked, false),
    (Switch::Off, Level::Regime, false),
    (Switch::Off, Level::Regime, true),
    (Switch::On, Level::Regime, true),
];

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

/// The bytes of a custom role: base, where its name begins in its section, id.
const CUSTOM_ROLE: usize = 2 + 4 + 8;

/// What a row has of a permission.
const NOT_STATED: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

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
pub(super) fn rule_holds(state: &State<'_>, rule: Option<&ChangeRule>) -> bool {
    rule.is_some_and(|rule| state.check_all(&rule.conditions).is_ok())
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
        let settling = Settling { state: State::new(model, &self), regimes: self.has_regimes() };
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
            } else if state.check_all(&row.conditions).is_err() {
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
            && rule_holds(&State::new(model, self), rule);
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
                let configurable = model.tables.cell(model, row.base, permission).is_configurable();
                if let Some(slot) = model.tables.slot(permission).filter(|_| configurable) {
                    let stated = if to == Switch::On { ON } else { OFF };
                    put(&mut tables, start.saturating_add(slot), stated);
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

    /// What the domain states, as bytes.
    pub(crate) fn stated(&self) -> &[u8] {
        self.bytes.get(self.tables_len()..).unwrap_or_default()
    }

    /// How many bytes of tables come before what is stated.
    #[inline]
    fn tables_len(&self) -> usize {
        usize::try_from(self.stated_at).unwrap_or(usize::MAX)
    }

    /// What the domain states, as one reads it; without its id.
    pub(super) fn view(&self) -> Stated<'_> {
        let start = self.tables_len().saturating_add(usize::try_from(self.sections_at).unwrap_or(usize::MAX));
        let sections = Bytes(&self.bytes).from(start);
        Stated { kind: self.kind, plan: self.plan, id: "", present: self.present, sections }
    }

    /// The id of the domain.
    pub(crate) fn id(&self) -> &str {
        Stated::read(self.stated()).map_or("", |stated| stated.id)
    }

    /// A byte of what settings, guards and meters come to.
    #[inline]
    fn settled(&self, model: &Model, at: usize) -> Option<u8> {
        match self.stated_at {
            0 => model.tables.untouched(model, self.kind, self.plan)?.get(at).copied(),
            _ => self.bytes.get(at).copied().filter(|_| at < model.tables.settled),
        }
    }

    /// 0 if all static conditions of a permission or, after those, of a feature hold, else one more than the
    /// position of the first that fails. `None`: the conditions are to be walked.
    #[inline]
    pub(crate) fn folded(&self, model: &Model, slot: usize) -> Option<u8> {
        let guard = model.tables.guard_of(slot)?;
        self.settled(model, model.settings.len().saturating_add(guard)).filter(|folded| *folded != WALK)
    }

    pub(super) fn setting(&self, model: &Model, setting: u16) -> Option<SettingState> {
        let byte = self.settled(model, usize::from(setting))?;
        let (position, level, absent) = *SETTLED.get(usize::from(byte))?;
        let moved = |position: &u16| {
            let regime = model.regimes.get(*position);
            regime.is_some_and(|one| if absent { &one.removes } else { &one.starts_off }.contains(&setting))
        };
        let regime = if level == Level::Regime { self.regimes().find(moved) } else { None };
        Some(SettingState { position, level, regime, absent })
    }

    pub(super) fn is_unlimited(&self, model: &Model, meter: u16) -> bool {
        let meters = model.tables.settled.saturating_sub(model.meters.len());
        let known = usize::from(meter) < model.meters.len();
        known && self.settled(model, meters.saturating_add(usize::from(meter))) == Some(1)
    }

    /// What a role has of a permission: its base's defaults (ROL-06), then what the domain says of it.
    #[inline]
    pub(super) fn cell(&self, model: &Model, role: u16, permission: u16) -> Cell {
        match self.of_role(model, role, permission) {
            Some(OFF) => Cell::OffForRole,
            Some(_) => Cell::OnForRole,
            None => model.tables.cell(model, self.base_of(model, role), permission),
        }
    }

    /// What is stated of a permission for a role, if anything.
    #[inline]
    fn of_role(&self, model: &Model, role: u16, permission: u16) -> Option<u8> {
        let roles = model.tables.settled;
        if self.tables_len() <= roles {
            return None;
        }
        let number = self.word(roles.saturating_add(usize::from(role).saturating_mul(2)))?;
        let row =
            usize::from(number).checked_sub(1).filter(|_| usize::from(role) < self.role_count(model))?;
        let slot = model.tables.slot(permission)?;
        let rows = self.custom_at(model, usize::from(self.custom_roles));
        let row = rows.saturating_add(row.saturating_mul(model.tables.slot_count));
        self.bytes.get(row.saturating_add(slot)).copied().filter(|stated| *stated != NOT_STATED)
    }

    fn word(&self, at: usize) -> Option<u16> {
        self.bytes.get(at..)?.first_chunk().map(|word| u16::from_le_bytes(*word))
    }

    /// Where the bytes of a custom role begin.
    fn custom_at(&self, model: &Model, index: usize) -> usize {
        let numbers = model.tables.settled.saturating_add(self.role_count(model).saturating_mul(2));
        numbers.saturating_add(index.saturating_mul(CUSTOM_ROLE))
    }

    /// Where the bytes of the custom role at this position begin, if there is one.
    #[inline]
    fn custom(&self, model: &Model, role: u16) -> Option<usize> {
        let index = usize::from(role).checked_sub(model.roles.len())?;
        (index < usize::from(self.custom_roles)).then(|| self.custom_at(model, index))
    }

    /// The base of a role: itself, unless it is a custom one.
    #[inline]
    pub(super) fn base_of(&self, model: &Model, role: u16) -> u16 {
        self.custom(model, role).and_then(|at| self.word(at)).unwrap_or(role)
    }

    pub(super) fn custom_role(&self, model: &Model, role: u16) -> Option<RoleId> {
        let id = self.custom(model, role)?.checked_add(6)?;
        self.bytes.get(id..)?.first_chunk().map(|bits| RoleId::of_bits(u64::from_le_bytes(*bits)))
    }

    fn custom_name(&self, model: &Model, role: u16) -> Option<&str> {
        let at = self.custom(model, role)?.checked_add(2)?;
        let start = u32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?);
        self.view().section(Section::CustomRoles).from(usize::try_from(start).ok()?).text()
    }

    /// How many roles there are, custom ones included.
    #[inline]
    pub(super) fn role_count(&self, model: &Model) -> usize {
        model.roles.len().saturating_add(usize::from(self.custom_roles))
    }

    /// The position of a role by name, custom ones included.
    pub(super) fn role_named(&self, model: &Model, name: &str) -> Option<u16> {
        if let Some(role) = model.roles.position(name) {
            return Some(role);
        }
        let first = u16::try_from(model.roles.len()).ok()?;
        let (mut low, mut high) = (first, first.checked_add(self.custom_roles)?);
        // Custom roles are in the order of their names.
        while low < high {
            let middle = low.midpoint(high);
            match self.custom_name(model, middle)?.cmp(name) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => low = middle.checked_add(1)?,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The name of a role, custom ones included.
    pub(super) fn role_name<'n>(&'n self, model: &'n Model, role: u16) -> &'n str {
        self.custom_name(model, role).unwrap_or_else(|| model.roles.name(role))
    }

    /// Regimes of the domain, ascending.
    pub(super) fn regimes(&self) -> impl Iterator<Item = u16> + use<'_> {
        self.view().positions(Section::Regimes)
    }

    pub(super) const fn has_regimes(&self) -> bool {
        self.present & Section::Regimes.bit() != 0
    }

    /// Whether an add-on was bought, with or without effect.
    pub(crate) fn bought(&self, add_on: u16) -> bool {
        self.view().positions(Section::AddOns).any(|one| one == add_on)
    }

    /// Whether an add-on is in force: bought where it is offered, or included in the plan.
    pub(super) fn has_add_on(&self, model: &Model, add_on: u16) -> bool {
        let Some(row) = model.add_ons.get(add_on) else { return false };
        row.included_in.contains(&self.plan) || (row.offered_on.contains(&self.plan) && self.bought(add_on))
    }

    /// The credit plans that the domain has by its plan or bought as an add-on, with their names.
    pub(super) fn credit_plans<'m>(
        &'m self,
        model: &'m Model,
    ) -> impl Iterator<Item = (&'m str, &'m SoldCredits)> {
        let settled = Settling { state: State::new(model, self), regimes: self.has_regimes() };
        let sold = model.credit_plans.iter().map(|(_, name, sold)| (name, sold));
        sold.filter(move |(_, sold)| sold.is_in_force(&settled))
    }

    /// How many hold a role, where that is stated.
    pub(super) fn holders(&self, role: u16) -> Option<u64> {
        let stated = self.view().counts(Section::Holders).find(|(own, _)| *own == u64::from(role));
        stated.map(|(_, count)| count)
    }

    /// How many seats are stated of a plan or, after those, of an add-on.
    pub(crate) fn seats(&self, product: usize) -> Option<u64> {
        let product = u64::try_from(product).ok()?;
        let stated = self.view().counts(Section::Seats).find(|(own, _)| *own == product);
        stated.map(|(_, count)| count)
    }

    /// Where the customer's data is to live, and whether it has moved there.
    pub(crate) fn residency(&self) -> (Option<&str>, bool) {
        self.view().residency()
    }

    /// The entries of a list, lower case, ascending.
    pub(super) fn list(&self, list: u16) -> &[Box<str>] {
        let lists = self.rare.as_ref().map_or(&[][..], |rare| &rare.lists);
        lists.get(usize::from(list)).map_or(&[][..], |entries| entries)
    }

    /// What the domain, or else its plan, states of a limit.
    pub(super) fn limit(&self, model: &Model, limit: u16) -> Option<Limit> {
        let own = self.rare.as_ref().map_or(&[][..], |rare| &rare.limits);
        let of_plan = model.plans.get(self.plan).map_or(&[][..], |plan| &plan.limits);
        own.iter().chain(of_plan).find(|(one, _)| *one == limit).map(|(_, set)| *set)
    }

    pub(super) fn opted_in(&self, feature: u16) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.opt_ins.contains(&feature))
    }

    /// The role that a default of the catalog comes to.
    pub(super) fn default_role(&self, model: &Model, of: u16) -> Option<u16> {
        let row = model.role_defaults.get(of)?;
        let own = self.rare.as_ref().map_or(&[][..], |rare| &rare.role_defaults);
        Some(own.iter().find(|(one, _)| *one == of).map_or(row.role, |(_, role)| *role))
    }
}

/// A domain whose settings are known, as static conditions ask it.
#[derive(Clone, Copy)]
struct Settling<'a> {
    state: State<'a>,
    regimes: bool,
}

impl Domain for Settling<'_> {
    fn plan(&self) -> u16 {
        self.state.domain.plan
    }

    fn kind(&self) -> u16 {
        self.state.domain.kind
    }

    fn has_add_on(&self, add_on: u16) -> bool {
        self.state.has_add_on(add_on)
    }

    fn has_on(&self, setting: u16) -> bool {
        let State { model, domain, .. } = self.state;
        let on = |one: &u16| {
            let byte = domain.settled(model, usize::from(*one));
            let settled = byte.and_then(|byte| SETTLED.get(usize::from(byte)));
            matches!(settled, Some((Switch::On, _, false)))
        };
        model.settings.get(setting).is_some_and(|row| row.chain.iter().all(on))
    }

    fn permits(&self, condition: &Condition) -> bool {
        !self.regimes || self.state.check(condition).is_ok()
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

    /// The catalog knows what a domain comes to that states nothing, without knowing of domains.
    #[test]
    fn what_a_catalog_says_of_untouched_domains_is_what_they_come_to() {
        for catalog in [
            Catalog::builtin(),
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

//! A domain in the positions of its catalog: what decisions ask it for.

#![expect(
    clippy::inline_always,
    reason = "a byte or a cell that a gate asks for is a few loads, fewer than a call"
)]

use std::cmp::Ordering;
use std::hint::black_box;

use super::compact::{Bytes, Section, Stated};
use super::state::State;
use crate::catalog::model::{Cell, Limit, Permission, SoldCredits};
use crate::catalog::tables::WALK;
use crate::catalog::{Model, too_many_cells};
use crate::id::{COUNT_MAX, RoleId};
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
    pub(super) bytes: Box<[u8]>,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) stated_at: u32,
    /// Where the sections begin in what is stated.
    pub(super) sections_at: u32,
    pub(super) present: u16,
    pub(crate) kind: u16,
    pub(crate) plan: u16,
    pub(super) custom_roles: u16,
}

/// What few domains state and decisions read.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare {
    /// By position: lower case, ascending. Empty if no list has an entry.
    pub(super) lists: Box<[Box<[Box<str>]>]>,
    /// The domain's own.
    pub(super) limits: Box<[(u16, Limit)]>,
    pub(super) opt_ins: Box<[u16]>,
    pub(super) role_defaults: Box<[(u16, u16)]>,
}

/// What a setting comes to, by the byte that says so: position, level, absent. Which regime it is, is looked up.
pub(super) const SETTLED: [(Switch, Level, bool); 9] = [
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

/// The bytes of a custom role: base, where its name begins in its section, id.
pub(super) const CUSTOM_ROLE: usize = 2 + 4 + 8;

/// What a row has of a permission.
pub(super) const NOT_STATED: u8 = 0;
pub(super) const OFF: u8 = 1;
pub(super) const ON: u8 = 2;

impl Resolved {
    /// What the domain states, as bytes.
    pub(crate) fn stated(&self) -> &[u8] {
        self.bytes.get(self.tables_len()..).unwrap_or_default()
    }

    /// Has the memory that decisions read fetched, so that several domains are waited for at once.
    #[inline]
    pub(crate) fn fetch(&self) {
        const CACHE_LINE: usize = 64;
        // A decision reads a few lines; of a large domain most would be fetched in vain.
        const LINES_MAX: usize = 8;
        self.bytes.chunks(CACHE_LINE).take(LINES_MAX).for_each(|line| {
            black_box(line.first().copied());
        });
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

    /// A byte of what settings, guards and meters come to; the catalog says at which place.
    #[inline(always)]
    pub(super) fn settled(&self, model: &Model, at: usize) -> Option<u8> {
        match self.stated_at {
            0 => model.tables.untouched(model, self.kind, self.plan)?.get(at).copied(),
            _ => self.bytes.get(at).copied(),
        }
    }

    /// 0 if all static conditions of a permission or feature hold, else one more than the position of the first
    /// that fails, or [`WALK`].
    #[inline(always)]
    pub(crate) fn folded(&self, model: &Model, guard: usize) -> u8 {
        self.settled(model, guard).unwrap_or(WALK)
    }

    /// What a setting comes to: position, level, absent.
    #[inline]
    pub(super) fn setting(&self, model: &Model, setting: u16) -> Option<(Switch, Level, bool)> {
        let byte = self.settled(model, usize::from(setting))?;
        SETTLED.get(usize::from(byte)).copied()
    }

    /// The regime that starts a setting off, or removes it.
    #[inline(never)]
    pub(super) fn regime_of(&self, model: &Model, setting: u16, absent: bool) -> Option<u16> {
        self.regimes().find(|position| {
            let regime = model.regimes.get(*position);
            regime.is_some_and(|one| if absent { &one.removes } else { &one.starts_off }.contains(&setting))
        })
    }

    pub(super) fn is_unlimited(&self, model: &Model, meter: u16) -> bool {
        let meters = model.tables.settled.saturating_sub(model.meters.len());
        let known = usize::from(meter) < model.meters.len();
        known && self.settled(model, meters.saturating_add(usize::from(meter))) == Some(1)
    }

    /// What a role has of a permission: its base's defaults (ROL-06), then what the domain says of it.
    #[inline(always)]
    pub(super) fn cell(&self, model: &Model, role: u16, permission: &Permission) -> Cell {
        match self.of_role(model, role, permission) {
            Some(OFF) => Cell::OffForRole,
            Some(_) => Cell::OnForRole,
            None => permission.cell(self.base_of(model, role)),
        }
    }

    /// What is stated of a permission for a role, if anything.
    #[inline(always)]
    fn of_role(&self, model: &Model, role: u16, permission: &Permission) -> Option<u8> {
        let roles = model.tables.settled;
        if self.tables_len() <= roles {
            return None;
        }
        let slot = usize::from(permission.slot?);
        let number = self.word(roles.saturating_add(usize::from(role).saturating_mul(2)))?;
        let row =
            usize::from(number).checked_sub(1).filter(|_| usize::from(role) < self.role_count(model))?;
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
    #[inline(always)]
    fn custom(&self, model: &Model, role: u16) -> Option<usize> {
        let index = usize::from(role).checked_sub(model.roles.len())?;
        (index < usize::from(self.custom_roles)).then(|| self.custom_at(model, index))
    }

    /// The base of a role: itself, unless it is a custom one.
    #[inline(always)]
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

    /// Whether there are no more roles than can be numbered and tabled.
    pub(super) fn fits(&self, model: &Model) -> bool {
        let roles = self.role_count(model);
        roles <= COUNT_MAX && too_many_cells(roles, model.permissions.len()).is_none()
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
    pub(super) fn regimes(&self) -> impl Iterator<Item = u16> + Clone + use<'_> {
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
        row.included_in.contains(self.plan) || (row.offered_on.contains(self.plan) && self.bought(add_on))
    }

    /// The credit plans that the domain has by its plan or bought as an add-on, with their names.
    pub(super) fn credit_plans<'m>(
        &'m self,
        model: &'m Model,
    ) -> impl Iterator<Item = (&'m str, &'m SoldCredits)> {
        let settled = State::new(model, self);
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
        let among = |rows: &[(u16, Limit)]| rows.iter().find(|(one, _)| *one == limit).map(|(_, set)| *set);
        among(own).or_else(|| among(of_plan))
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

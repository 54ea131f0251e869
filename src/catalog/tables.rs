//! Dense tables over positions: what the engines of a catalog share instead of each holding its own.

use std::collections::BTreeMap;

use super::model::{Condition, Grant, Model, Positions, SoldCredits};
use crate::word::Switch;

/// What a role, standard or custom, has of a permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    Absent,
    Never,
    OffByDefault,
    OffForRole,
    OnByDefault,
    OnForRole,
    Inherent,
}

impl Cell {
    pub(crate) const fn is_on(self) -> bool {
        matches!(self, Self::OnByDefault | Self::OnForRole | Self::Inherent)
    }

    /// Whether a domain can say something else.
    pub(crate) const fn is_configurable(self) -> bool {
        matches!(self, Self::OffByDefault | Self::OffForRole | Self::OnByDefault | Self::OnForRole)
    }

    const fn of(grant: Grant) -> Self {
        match grant {
            Grant::Absent => Self::Absent,
            Grant::Never => Self::Never,
            Grant::Inherent => Self::Inherent,
            Grant::Off => Self::OffByDefault,
            Grant::On => Self::OnByDefault,
        }
    }
}

/// Stands in a guard for every position that does not fit: the conditions are walked instead.
pub(crate) const WALK: u8 = u8::MAX;

/// How many bytes the tables of untouched domains may take. A catalog of more kinds, plans, settings and guards
/// has none, and each engine holds its own.
const UNTOUCHED_MAX: usize = 1 << 20;

/// The tables of a catalog.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// By role, then by permission: what a role has where a domain says nothing.
    cells: Box<[Cell]>,
    /// By permission: its number among those that can be configured for some role.
    slots: Box<[Option<u16>]>,
    /// How many permissions can be configured for some role.
    pub(crate) slot_count: usize,
    /// The different lists of static conditions.
    pub(crate) guards: Box<[Box<[Condition]>]>,
    /// By permission, then by feature: which of the guards it has.
    guard_of: Box<[u32]>,
    /// The credit plans without limit.
    pub(crate) unlimited: Positions,
    /// How many bytes say what settings, guards and meters come to in a domain.
    pub(crate) settled: usize,
    /// By kind, then by plan: those bytes of a domain that states nothing else. Empty where they would be too many.
    untouched: Box<[u8]>,
}

impl Tables {
    pub(super) fn of(model: &Model) -> Self {
        let permissions = || model.permissions.iter().map(|(_, _, row)| row);
        let features = model.features.iter().map(|(_, _, row)| &row.conditions);
        let grant = |role: usize| move |grants: &[Grant]| grants.get(role).copied().unwrap_or(Grant::Absent);
        let cells = (0..model.roles.len())
            .flat_map(|role| permissions().map(move |row| Cell::of(grant(role)(&row.grants))))
            .collect();
        let mut next_slot = 0_u16;
        let slots = permissions().map(|row| {
            let configurable = row.grants.iter().any(|grant| matches!(grant, Grant::On | Grant::Off));
            let slot = configurable.then_some(next_slot);
            next_slot = next_slot.saturating_add(u16::from(configurable));
            slot
        });
        let slots = slots.collect();
        let mut numbers: BTreeMap<&[Condition], u32> = BTreeMap::new();
        let mut guards: Vec<Box<[Condition]>> = Vec::new();
        let mut guard_of = Vec::new();
        for conditions in permissions().map(|row| &row.conditions).chain(features) {
            let number = *numbers.entry(conditions).or_insert_with(|| {
                guards.push(conditions.clone());
                u32::try_from(guards.len().saturating_sub(1)).unwrap_or(u32::MAX)
            });
            guard_of.push(number);
        }
        let unlimited = model.credit_plans.iter().filter(|(_, _, sold)| sold.terms.unlimited);
        let settled = model.settings.len().saturating_add(guards.len()).saturating_add(model.meters.len());
        Self {
            cells,
            slots,
            slot_count: usize::from(next_slot),
            untouched: untouched(model, &guards, settled),
            guards: guards.into(),
            guard_of: guard_of.into(),
            unlimited: unlimited.map(|(position, _, _)| position).collect(),
            settled,
        }
    }

    /// What a role of the catalog has of a permission where a domain says nothing.
    #[inline]
    pub(crate) fn cell(&self, model: &Model, role: u16, permission: u16) -> Cell {
        let row = usize::from(role).saturating_mul(model.permissions.len());
        self.cells.get(row.saturating_add(usize::from(permission))).copied().unwrap_or(Cell::Absent)
    }

    #[inline]
    pub(crate) fn slot(&self, permission: u16) -> Option<usize> {
        self.slots.get(usize::from(permission)).copied().flatten().map(usize::from)
    }

    /// The guard of a permission or, after those, of a feature.
    #[inline]
    pub(crate) fn guard_of(&self, slot: usize) -> Option<usize> {
        self.guard_of.get(slot).and_then(|guard| usize::try_from(*guard).ok())
    }

    /// What settings, guards and meters come to in an untouched domain, if the catalog holds that.
    #[inline]
    pub(crate) fn untouched(&self, model: &Model, kind: u16, plan: u16) -> Option<&[u8]> {
        if usize::from(plan) >= model.plans.len() {
            return None;
        }
        let row = usize::from(kind).saturating_mul(model.plans.len()).saturating_add(usize::from(plan));
        let start = row.saturating_mul(self.settled);
        self.untouched.get(start..start.saturating_add(self.settled))
    }
}

fn untouched(model: &Model, guards: &[Box<[Condition]>], settled: usize) -> Box<[u8]> {
    let (kinds, plans) = (model.kinds.len(), model.plans.len());
    if settled.saturating_mul(kinds).saturating_mul(plans) > UNTOUCHED_MAX {
        return Box::default();
    }
    let plans = || (0..=u16::MAX).take(plans);
    let pairs = (0..=u16::MAX).take(kinds).flat_map(|kind| plans().map(move |plan| (kind, plan)));
    let each = pairs.flat_map(|(kind, plan)| {
        let untouched = Untouched { model, kind, plan };
        let settings = model.settings.iter().map(|(_, _, row)| row.default as u8);
        let guards = guards.iter().map(move |conditions| fold(&untouched, conditions));
        let without_limit = |meter: u16| {
            let mut sold = model.credit_plans.iter().map(|(_, _, sold)| sold);
            sold.any(|sold| sold.terms.unlimited && sold.meter == meter && sold.is_in_force(&untouched))
        };
        let meters = (0..=u16::MAX).take(model.meters.len()).map(|meter| u8::from(without_limit(meter)));
        settings.chain(guards).chain(meters).collect::<Vec<u8>>()
    });
    each.collect()
}

/// What static conditions are decided on.
pub(crate) trait Grounds {
    fn plan(&self) -> u16;
    fn kind(&self) -> u16;
    /// Whether an add-on is in force.
    fn has_add_on(&self, add_on: u16) -> bool;
    /// Whether a setting is in effect, with all that it requires.
    fn has_on(&self, setting: u16) -> bool;
    /// Whether no regime bars what a condition is about.
    fn permits(&self, condition: &Condition) -> bool;
}

/// The guard of conditions: 0 if all hold, else one more than the position of the first that fails.
pub(crate) fn fold(domain: &impl Grounds, conditions: &[Condition]) -> u8 {
    let holds = |condition: &Condition| match condition {
        Condition::Plans(plans) => plans.contains(&domain.plan()),
        Condition::AddOns(add_ons) => add_ons.iter().any(|add_on| domain.has_add_on(*add_on)),
        Condition::Kinds(kinds) => kinds.contains(&domain.kind()),
        Condition::Providers(_) | Condition::Service(_) | Condition::Data(_) => domain.permits(condition),
        Condition::Settings(any) => any.is_empty() || any.iter().any(|setting| domain.has_on(*setting)),
    };
    let failing = conditions.iter().position(|condition| !holds(condition));
    failing.map_or(0, |position| u8::try_from(position.saturating_add(1)).unwrap_or(WALK))
}

/// A domain that states nothing but its kind and plan.
#[derive(Clone, Copy)]
struct Untouched<'m> {
    model: &'m Model,
    kind: u16,
    plan: u16,
}

impl Grounds for Untouched<'_> {
    fn plan(&self) -> u16 {
        self.plan
    }

    fn kind(&self) -> u16 {
        self.kind
    }

    fn has_add_on(&self, add_on: u16) -> bool {
        self.model.add_ons.get(add_on).is_some_and(|row| row.included_in.contains(&self.plan))
    }

    fn has_on(&self, setting: u16) -> bool {
        let settings = &self.model.settings;
        let on = |one: &u16| settings.get(*one).is_some_and(|row| row.default == Switch::On);
        settings.get(setting).is_some_and(|row| row.chain.iter().all(on))
    }

    fn permits(&self, _: &Condition) -> bool {
        true
    }
}

impl SoldCredits {
    /// Whether a domain has the credit plan by its plan or bought it as an add-on.
    pub(crate) fn is_in_force(&self, domain: &impl Grounds) -> bool {
        let bought = self.add_on.is_none_or(|add_on| domain.has_add_on(add_on));
        bought && (self.plans.is_empty() || self.plans.contains(&domain.plan()))
    }
}

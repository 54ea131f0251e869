//! Dense tables over positions: what the engines of a catalog share instead of each holding its own.

#![expect(clippy::inline_always, reason = "whether a condition holds is most often one bit of a word")]

use std::collections::BTreeMap;

use super::model::{Condition, Model, Positions, SoldCredits};
use crate::word::Switch;

/// Stands in a guard for every position that does not fit: the conditions are walked instead.
pub(crate) const WALK: u8 = u8::MAX;

/// How many bytes the tables of untouched domains may take. A catalog of more kinds, plans, settings and guards
/// has none, and each engine holds its own.
const UNTOUCHED_MAX: usize = 1 << 20;

/// The tables of a catalog.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// How many permissions can be configured for some role.
    pub(crate) slot_count: usize,
    /// The different lists of static conditions.
    pub(crate) guards: Box<[Box<[Condition]>]>,
    /// The credit plans without limit.
    pub(crate) unlimited: Positions,
    /// How many bytes say what settings, guards and meters come to in a domain.
    pub(crate) settled: usize,
    /// By kind, then by plan: those bytes of a domain that states nothing else. Empty where they would be too many.
    untouched: Box<[u8]>,
}

impl Tables {
    /// The tables of a model, whose rows are told where in them they stand.
    pub(super) fn derive(model: &mut Model) -> Self {
        let mut slot_count = 0_u16;
        for row in model.permissions.rows_mut() {
            let configurable = row.cells.iter().any(|cell| cell.is_configurable());
            row.slot = configurable.then_some(slot_count);
            slot_count = slot_count.saturating_add(u16::from(configurable));
        }
        let mut guards = Guards { first: model.settings.len(), ..Guards::default() };
        model.permissions.rows_mut().for_each(|row| row.guard = guards.place(&row.conditions));
        model.features.rows_mut().for_each(|row| row.guard = guards.place(&row.conditions));
        let guards = guards.different;
        let unlimited = model.credit_plans.iter().filter(|(_, _, sold)| sold.terms.unlimited);
        let settled = model.settings.len().saturating_add(guards.len()).saturating_add(model.meters.len());
        Self {
            slot_count: usize::from(slot_count),
            unlimited: unlimited.map(|(position, _, _)| position).collect(),
            settled,
            untouched: untouched(model, &guards, settled),
            guards: guards.into(),
        }
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

/// The different lists of static conditions, as they are found.
#[derive(Default)]
struct Guards {
    /// Where the byte of the first one stands.
    first: usize,
    numbers: BTreeMap<Box<[Condition]>, usize>,
    different: Vec<Box<[Condition]>>,
}

impl Guards {
    fn place(&mut self, conditions: &[Condition]) -> usize {
        let number = match self.numbers.get(conditions) {
            Some(number) => *number,
            None => {
                let number = self.different.len();
                self.numbers.insert(conditions.into(), number);
                self.different.push(conditions.into());
                number
            }
        };
        self.first.saturating_add(number)
    }
}

fn untouched(model: &Model, guards: &[Box<[Condition]>], settled: usize) -> Box<[u8]> {
    let (kinds, plans) = (model.kinds.len(), model.plans.len());
    if settled.saturating_mul(kinds).saturating_mul(plans) > UNTOUCHED_MAX {
        return Box::default();
    }
    let mut bytes = Vec::new();
    for kind in (0..=u16::MAX).take(kinds) {
        for plan in (0..=u16::MAX).take(plans) {
            let untouched = Untouched { model, kind, plan };
            let without_limit = |meter: u16| {
                let mut sold = model.credit_plans.rows();
                sold.any(|sold| sold.terms.unlimited && sold.meter == meter && sold.is_in_force(&untouched))
            };
            let meters = (0..=u16::MAX).take(model.meters.len());
            bytes.extend(model.settings.rows().map(|row| row.default as u8));
            bytes.extend(guards.iter().map(|conditions| fold(&untouched, conditions)));
            bytes.extend(meters.map(|meter| u8::from(without_limit(meter))));
        }
    }
    bytes.into()
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

impl Condition {
    /// Whether the condition holds.
    #[inline(always)]
    pub(crate) fn holds(&self, domain: &impl Grounds) -> bool {
        match self {
            Self::Plans(plans) => plans.contains(domain.plan()),
            Self::AddOns(add_ons) => add_ons.iter().any(|add_on| domain.has_add_on(*add_on)),
            Self::Kinds(kinds) => kinds.contains(domain.kind()),
            Self::Providers(_) | Self::Service(_) | Self::Data(_) => domain.permits(self),
            Self::Settings(any) => any.is_empty() || any.iter().any(|setting| domain.has_on(*setting)),
        }
    }
}

/// The guard of conditions: 0 if all hold, else one more than the position of the first that fails.
pub(crate) fn fold(domain: &impl Grounds, conditions: &[Condition]) -> u8 {
    let failing = conditions.iter().position(|condition| !condition.holds(domain));
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
        self.model.add_ons.get(add_on).is_some_and(|row| row.included_in.contains(self.plan))
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
        bought && (self.plans.is_empty() || self.plans.contains(domain.plan()))
    }
}

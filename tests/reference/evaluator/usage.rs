//! Usage: what a run charges, and whether limits cover it. Gate 12.

use tollkeeper::word::Trigger;

use super::{About, Case, Denial, Failure};
use crate::model::{Catalog, Feature, Limit, Meter, Names};

/// What a covered run comes to.
#[derive(Clone, Default)]
pub(super) struct Used<'a> {
    pub(super) charge: u64,
    pub(super) about: About<'a>,
    pub(super) obligations: Option<&'static str>,
}

/// The limits there are: those of meters and those that plans state.
pub(crate) fn limit_names(catalog: &Catalog) -> Names {
    let mut names = Names::new();
    for (name, meter) in &catalog.meters {
        names.extend(limits_of(name, meter).into_iter().map(str::to_owned));
    }
    names.extend(catalog.plans.values().flat_map(|plan| plan.limits.keys().cloned()));
    names
}

/// The limits of a meter; its own name where it names none.
fn limits_of<'a>(name: &'a str, meter: &'a Meter) -> Vec<&'a str> {
    if meter.limits.is_empty() { vec![name] } else { super::strs(&meter.limits).collect() }
}

impl<'a> Case<'a> {
    /// USE-01, USE-02, USE-04, USE-05, CRD-03, CRD-11, CRD-12: the charge and what comes with it. Nothing where a
    /// run does not count.
    pub(super) fn usage(&self, feature: &'a Feature) -> Option<Result<Used<'a>, Denial<'a>>> {
        let name = feature.meter.as_deref()?;
        let meter = &self.catalog.meters[name];
        meter.counts.contains(self.trigger()).then(|| self.charged(name, meter))
    }

    fn charged(&self, name: &'a str, meter: &'a Meter) -> Result<Used<'a>, Denial<'a>> {
        let charge = if meter.priced { self.price()? } else { 1 };
        let mut used = Used { charge, ..Used::default() };
        if charge == 0 {
            return Ok(used);
        }
        let exhausted = if meter.priced { "credits-exhausted" } else { "limit-reached" };
        let mut unknown = None;
        for limit in limits_of(name, meter) {
            let about = vec![("limit", limit)];
            match self.covers(limit, charge, name, meter.priced) {
                Cover::Covered => used.about = about,
                Cover::Exceeded => return Err((exhausted, about)),
                Cover::Unknown => unknown = unknown.or(Some(about)),
                Cover::Unlimited => {}
            }
        }
        if let Some(about) = unknown {
            return Err(("balance-unknown", about));
        }
        used.obligations = used.about.is_empty().then_some("limit_not_enforced");
        Ok(used)
    }

    fn covers(&self, limit: &str, charge: u64, meter: &str, priced: bool) -> Cover {
        let plan = &self.catalog.plans[self.plan()];
        let row = self.domain.limits.get(limit).or_else(|| plan.limits.get(limit));
        // A limit of credits is what was granted, which only the ledger knows; any other that nobody set is none.
        let unset = !priced && row.is_none_or(|row| row.limit.is_none());
        let unstopped = row.is_some_and(|row| row.stop.as_deref() == Some("none"));
        if unset || unstopped || self.unlimited(meter) {
            return Cover::Unlimited;
        }
        let context = &self.request.context;
        let covered = match (context.remaining.get(limit), context.used.get(limit), row) {
            (Some(remaining), _, _) => *remaining >= charge,
            (_, Some(used), Some(Limit { limit: Some(most), stop, ceiling_percent })) => {
                let percent = match stop.as_deref() {
                    Some("soft") => ceiling_percent.unwrap_or(100),
                    _ => 100,
                };
                let after = u128::from(*used) + u128::from(charge);
                after * 100 <= u128::from(*most) * u128::from(percent)
            }
            _ => match self.balance_covers {
                Some(covers) => covers,
                None => return Cover::Unknown,
            },
        };
        if covered { Cover::Covered } else { Cover::Exceeded }
    }

    fn trigger(&self) -> &'static str {
        match self.request.action.trigger.unwrap_or_default() {
            Trigger::Requested => "requested",
            Trigger::Proactive => "proactive",
            Trigger::FollowUp => "follow_up",
            Trigger::FollowUpCounted => "follow_up_counted",
            Trigger::Recurring => "recurring",
            other => panic!("{other:?}"),
        }
    }

    /// CRD-03, CRD-12: tokens times the price of the model, in micro-credits.
    fn price(&self) -> Result<u64, Denial<'a>> {
        const UNPRICED: Failure = "unpriced";
        let action = &self.request.action;
        let Some(model) = action.model.as_deref() else { return Err((UNPRICED, vec![])) };
        if action.tokens.is_empty() {
            return Err((UNPRICED, vec![("model", model)]));
        }
        let mut sum = 0_u64;
        for (pool, tokens) in &action.tokens {
            let price = self.catalog.models[model].price.get(pool);
            let charge = price.and_then(|price| micro_credits(price).checked_mul(*tokens));
            let unpriced = || (UNPRICED, vec![("model", model), ("quantity", pool.as_str())]);
            sum = charge.and_then(|more| sum.checked_add(more)).ok_or_else(unpriced)?;
        }
        Ok(sum)
    }

    /// CRD-14: a credit plan in force that has no limit.
    fn unlimited(&self, meter: &str) -> bool {
        self.catalog.credit_plans.values().any(|plan| {
            plan.unlimited
                && plan.meter.as_deref() == Some(meter)
                && (plan.plans.is_empty() || plan.plans.contains(self.plan()))
                && plan.add_on.as_ref().is_none_or(|add_on| self.add_on(add_on))
        })
    }
}

/// How one limit stands towards a charge.
enum Cover {
    Covered,
    Exceeded,
    Unknown,
    Unlimited,
}

/// CRD-03: a decimal of at most three places, in millionths.
fn micro_credits(price: &str) -> u64 {
    let (whole, places) = price.split_once('.').unwrap_or((price, ""));
    let whole: u64 = whole.parse().expect("digits");
    let millionths: u64 = format!("{places:0<6}").parse().expect("digits");
    whole * 1_000_000 + millionths
}

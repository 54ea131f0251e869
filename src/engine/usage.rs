//! Usage: whether limits cover what a run charges. The last gate: a denied request charges nothing (USE-06).

use super::Engine;
use super::evaluate::Evaluation;
use crate::catalog::CreditPlan;
use crate::catalog::model::{Feature, Limit, Meter};
use crate::decision::{Because, Parameter, Reason, Verdict};
use crate::id::ModelId;
use crate::request::{Balance, Run};
use crate::word::Stop;

/// What a covered run comes to.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) because: Because,
    /// In the unit of the meter: outputs, or micro-credits.
    pub(super) charge: u64,
    pub(super) obligations: u64,
}

/// How one limit stands towards a charge.
enum Cover {
    Covered,
    Exceeded,
    Unknown,
    /// Nothing is set that a charge could exceed.
    Unlimited,
}

/// Asks the limits of a feature's meter. `None`: the feature is not metered, or this trigger does not count.
#[inline]
pub(super) fn ask(
    evaluation: Evaluation<'_>,
    run: &Run<'_>,
    feature: &Feature,
) -> Option<Result<Used, Verdict>> {
    let meter = feature.meter?;
    let row = evaluation.model().meters.get(meter)?;
    row.counts(run.trigger).then(|| charged(evaluation, run, meter, row))
}

fn charged(evaluation: Evaluation<'_>, run: &Run<'_>, position: u16, meter: &Meter) -> Result<Used, Verdict> {
    let charge = if meter.priced { estimate(evaluation, run)? } else { 1 };
    let mut used = Used { because: Because::NOTHING, charge, obligations: 0 };
    if charge == 0 {
        return Ok(used);
    }
    let (mut enforced, mut unknown) = (false, None);
    for limit in &meter.limits {
        let because = Because::one(Parameter::Limit, *limit);
        match cover(evaluation, *limit, charge, position, meter) {
            Cover::Covered => {
                enforced = true;
                used.because = because;
            }
            Cover::Exceeded => {
                let reason = if meter.priced { Reason::CreditsExhausted } else { Reason::LimitReached };
                return Err(Verdict::new(reason, because));
            }
            Cover::Unknown => {
                unknown.get_or_insert(because);
            }
            Cover::Unlimited => {}
        }
    }
    if let Some(because) = unknown {
        return Err(Verdict::new(Reason::BalanceUnknown, because));
    }
    if !enforced {
        used.obligations = evaluation.model().own_obligations.limit_not_enforced;
    }
    Ok(used)
}

/// The price of the stated tokens on the selected model, in micro-credits; never free for want of a price
/// (CRD-12).
fn estimate(evaluation: Evaluation<'_>, run: &Run<'_>) -> Result<u64, Verdict> {
    let because = Because::NOTHING.and_maybe(Parameter::Model, run.model.map(ModelId::position));
    let unpriced = |because| Verdict::new(Reason::Unpriced, because);
    let model = run.model.and_then(|model| evaluation.model().models.get(model.position()));
    let Some(model) = model.filter(|_| !run.tokens.is_empty()) else { return Err(unpriced(because)) };
    let mut sum = 0_u64;
    for (quantity, tokens) in run.tokens {
        let price = model.price.iter().find(|(priced, _)| *priced == quantity.position());
        let charge = price.and_then(|(_, price)| price.charge(*tokens));
        match charge.and_then(|charge| sum.checked_add(charge.get())) {
            Some(more) => sum = more,
            None => return Err(unpriced(because.and(Parameter::Quantity, quantity.position()))),
        }
    }
    Ok(sum)
}

fn cover(evaluation: Evaluation<'_>, limit: u16, charge: u64, meter: u16, row: &Meter) -> Cover {
    let state = evaluation.state();
    let set = state.limit(limit);
    // What a limit of credits comes to is what was granted, which only the ledger knows; of any other limit that
    // nobody set, nothing that is stated can be short (USE-01).
    let nothing_set = set.is_none() && !row.priced;
    if nothing_set || set.is_some_and(|set| set.stop == Stop::None) || state.is_unlimited(meter) {
        return Cover::Unlimited;
    }
    let stated = evaluation.request.context.balances.iter().find(|(one, _)| one.position() == limit);
    let covered = match (stated.map(|(_, balance)| *balance), set) {
        (Some(Balance::Remaining(remaining)), _) => remaining >= charge,
        (Some(Balance::Used(used)), Some(set)) => fits(used, charge, &set),
        (Some(Balance::Used(_)) | None, _) => return Cover::Unknown,
    };
    if covered { Cover::Covered } else { Cover::Exceeded }
}

/// Whether a use and a charge stay within a limit, or within the ceiling of a soft one (CRD-11).
fn fits(used: u64, charge: u64, set: &Limit) -> bool {
    let percent = u128::from(if set.stop == Stop::Soft { set.ceiling_percent } else { 100 });
    let (used, charge, limit) = (u128::from(used), u128::from(charge), u128::from(set.limit));
    // Products of two 64-bit numbers fit; saturating only widens what is compared with a smaller product.
    used.saturating_add(charge).saturating_mul(100) <= limit.saturating_mul(percent)
}

impl Engine {
    /// The credit plans that the domain has by its plan or bought as an add-on, with their names: what a host
    /// subscribes the domain's account of the [ledger](crate::usage) to (CRD-02).
    pub fn credit_plans(&self) -> impl Iterator<Item = (&str, CreditPlan)> {
        self.state().credit_plans().map(|(name, sold)| (name, sold.terms))
    }

    /// The credit plan that keeps a limit from being asked: every meter that counts towards it has one without limit.
    /// `None` where some meter asks it, and for one that is to stop nothing.
    pub(crate) fn unlimited_by(&self, limit: &str) -> Option<&str> {
        let state = self.state();
        let limit = state.model.limits.position(limit)?;
        state.limit(limit).filter(|set| set.stop != Stop::None)?;
        let counting = state.model.meters.iter().filter(|(_, _, row)| row.limits.contains(&limit));
        let mut unlimited = counting.map(|(meter, _, _)| {
            let mut sold = state.credit_plans().filter(|(_, sold)| sold.meter == meter);
            sold.find(|(_, sold)| sold.terms.unlimited).map(|(name, _)| name)
        });
        let first = unlimited.next()??;
        unlimited.all(|another| another.is_some()).then_some(first)
    }
}

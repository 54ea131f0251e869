//! Features: running one, and processing data for one.

#![expect(clippy::inline_always, reason = "one run of a feature is one straight stretch of code")]

use super::evaluate::Evaluation;
use super::gates::{Asked, Gates};
use super::observer::{Observer, Outcome};
use super::permission;
use super::usage;
use crate::catalog::model::{Condition, Feature, Processing, Providers, Regime};
use crate::decision::{Because, Decision, Gate, Parameter, Reason, Verdict};
use crate::domain::State;
use crate::id::{FeatureId, ModelId, bit};
use crate::request::Run;

/// May this subject run this feature (AI-03, AI-21)?
#[inline(always)]
pub(super) fn run<O: Observer>(evaluation: Evaluation<'_>, run: &Run<'_>, observer: &mut O) -> Decision {
    let state = evaluation.state();
    let feature = run.feature.position();
    let Some(row) = evaluation.model().features.get(feature) else {
        return state.deny(Verdict::new(Reason::UnknownFeature, Because::NOTHING));
    };
    match ask(evaluation, run, row, observer) {
        Err(verdict) => state.deny(verdict).with_fallback(row.fallback),
        Ok((charge, obligations)) => {
            let processing = processing(evaluation, feature, row, run.model.map(ModelId::position));
            state
                .decide(Reason::FeatureOn, Because::one(Parameter::Feature, feature))
                .with_processing(processing.providers, row.data)
                .with_obligations(row.obligations | obligations | processing.obligations)
                .with_charge(charge)
        }
    }
}

/// Every gate of a run: what it charges and what that obliges to.
#[inline(always)]
fn ask<O: Observer>(
    evaluation: Evaluation<'_>,
    run: &Run<'_>,
    row: &Feature,
    observer: &mut O,
) -> Result<(u64, u64), Verdict> {
    let mut gates = Gates::new(observer);
    let own = ask_own(evaluation, run, row, &mut gates);
    let blocked = gates.conclude(own);
    if !O::WATCHES {
        blocked?;
    }
    let granted =
        row.permission.map(|permission| permission::is_held(evaluation, permission, gates.observer));
    let last = last_gates(evaluation, run, row, gates.observer);
    if O::WATCHES && blocked.is_err() {
        // Whatever facts would do for the permission.
        observer.settled();
        blocked?;
    }
    let granted = match granted.transpose() {
        Ok(granted) => granted.map_or(0, |allow| allow.obligations),
        Err(deny) => {
            let (deny, settled) = denied(evaluation, row, deny, last.err());
            if settled {
                observer.settled();
            }
            return Err(deny);
        }
    };
    let (charge, obligations) = last?;
    Ok((charge, granted | obligations))
}

/// Gates 2 to 5. Who runs the selected model is known only now; that gate stands before those of the settings.
#[inline(always)]
fn ask_own<O: Observer>(
    evaluation: Evaluation<'_>,
    run: &Run<'_>,
    row: &Feature,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let Some(of_model) = of_model(evaluation, run, row) else {
        return gates.ask_static(evaluation, row.guard, &row.conditions, (Gate::Plan, Gate::Setting));
    };
    gates.ask_static(evaluation, row.guard, &row.conditions, (Gate::Plan, Gate::Compliance))?;
    gates.ask(Gate::Compliance, of_model)?;
    gates.ask_static(evaluation, row.guard, &row.conditions, (Gate::Setting, Gate::Setting))
}

/// A deny by the permission. If facts that are not stated could lift it, but a later gate denies all the same, the
/// ordinary deny is reported and the matter is settled: nothing that the caller could state would help.
#[inline(never)]
fn denied(
    evaluation: Evaluation<'_>,
    row: &Feature,
    deny: Verdict,
    last: Option<Verdict>,
) -> (Verdict, bool) {
    let (Reason::MissingFact, Some(permission)) = (deny.reason(), row.permission) else {
        return (deny, false);
    };
    match last.filter(|last| last.reason() != Reason::BalanceUnknown) {
        None => (deny, false),
        Some(last) => (permission::decide_as_if_false(evaluation, permission).err().unwrap_or(last), true),
    }
}

/// Whether a regime bars who runs the selected model; `None` where no model is to be selected.
#[inline(always)]
fn of_model(evaluation: Evaluation<'_>, run: &Run<'_>, row: &Feature) -> Option<Outcome> {
    if row.providers != Providers::OfModel {
        return None;
    }
    Some(check_model(evaluation.state(), run.model.map(ModelId::position)))
}

/// Whether no regime bars who runs a model. Where none is selected, who gets the data is not stated either: it
/// may be anyone (AI-14).
#[inline(never)]
fn check_model(state: State<'_>, model: Option<u16>) -> Outcome {
    let row = model.and_then(|model| state.model.models.get(model));
    let providers = row.map_or(Providers::Unstated, |row| Providers::All(bit(row.provider)));
    state.check(&Condition::Providers(providers))
}

/// Gates 11 and 12: what is charged and what that obliges to, or the deny.
#[inline(always)]
fn last_gates<O: Observer>(
    evaluation: Evaluation<'_>,
    run: &Run<'_>,
    row: &Feature,
    observer: &mut O,
) -> Result<(u64, u64), Verdict> {
    observer.alternative(None, None);
    let mut gates = Gates::new(observer);
    let opted_in = opted_in(evaluation, run.feature.position(), row);
    if let Some(opted_in) = opted_in {
        gates.ask(Gate::OptIn, opted_in)?;
    }
    let used = usage::ask(evaluation, run, row);
    if let (Some(used), true) = (used, O::WATCHES) {
        gates.observer.gate(Gate::Usage, used.map(|used| used.because));
    }
    opted_in.unwrap_or(Ok(Because::NOTHING))?;
    let beta = if row.beta { evaluation.model().own_obligations.beta_as_is } else { 0 };
    let used = used.transpose()?;
    Ok(used.map_or((0, beta), |used| (used.charge, used.obligations | beta)))
}

/// Whether the domain opted in; `None` where there is nothing to opt in to (AI-20).
#[inline(always)]
fn opted_in(evaluation: Evaluation<'_>, feature: u16, row: &Feature) -> Option<Outcome> {
    let because = Because::one(Parameter::Feature, feature);
    let state = evaluation.state();
    row.beta.then(|| match state.opted_in(feature) {
        true => Ok(because),
        false => Err(Verdict::new(Reason::OptInMissing, because)),
    })
}

/// Who gets data when a feature runs here, and what that obliges to.
#[inline]
fn processing(evaluation: Evaluation<'_>, feature: u16, row: &Feature, model: Option<u16>) -> Processing {
    let state = evaluation.state();
    let unbarred = state.model.unbarred.get(usize::from(feature)).copied().unwrap_or_default();
    match row.providers {
        Providers::OfModel => {
            let model = model.and_then(|model| state.model.models.get(model));
            processed_by(evaluation, row, model.map_or(0, |model| bit(model.provider)), unbarred)
        }
        _ if !state.has_regimes() => unbarred,
        Providers::All(providers) | Providers::Any(providers) => {
            processed_by(evaluation, row, providers, unbarred)
        }
        Providers::Unstated => processed_by(evaluation, row, 0, unbarred),
    }
}

/// Those of these providers, and of those of the services, that no regime bars.
#[inline(never)]
fn processed_by(
    evaluation: Evaluation<'_>,
    row: &Feature,
    providers: u64,
    unbarred: Processing,
) -> Processing {
    let state = evaluation.state();
    let regimes = state.regimes();
    let (barred, mut obligations) = regimes.clone().fold((0, 0), |(barred, obligations), (_, regime)| {
        (barred | regime.providers, obligations | regime.obligations)
    });
    let mut providers = providers & !barred;
    for used in &row.services {
        let provider = used.provider.map_or(0, bit);
        let bars = |(_, regime): (_, &Regime)| regime.services.contains(&used.service);
        if provider & barred != 0 || regimes.clone().any(bars) {
            obligations |= state.model.services.get(used.service).map_or(0, |service| service.without);
        } else {
            providers |= provider;
        }
    }
    let of_providers = match providers == unbarred.providers {
        true => unbarred.obligations,
        false => state.model.provider_obligations(providers),
    };
    Processing { providers, obligations: obligations | of_providers }
}

/// May this class of data be processed for this feature, on this model where one is selected, whoever asks (AI-03)?
#[inline(never)]
pub(super) fn process<O: Observer>(
    evaluation: Evaluation<'_>,
    data: u16,
    feature: u16,
    model: Option<u16>,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let state = evaluation.state();
    let Some(row) = state.model.features.get(feature) else {
        return Err(Verdict::new(Reason::UnknownFeature, Because::NOTHING));
    };
    let declared = || match row.data & bit(data) {
        0 => {
            let because = Because::one(Parameter::Data, data).and(Parameter::Feature, feature);
            Err(Verdict::new(Reason::DataBarred, because))
        }
        class => state.check(&Condition::Data(class)),
    };
    let mut gates = Gates::new(observer);
    // Where all holds that runs of the feature ask for, only what is asked otherwise here is left.
    let all_hold = !O::WATCHES && state.folded(row.guard) == 0;
    let otherwise = |condition: &&Condition| {
        matches!(condition, Condition::Data(_) | Condition::Providers(Providers::OfModel))
    };
    let mut conditions = row.conditions.iter().filter(|condition| !all_hold || otherwise(condition));
    let asked = conditions.try_for_each(|condition| match condition {
        // Of the feature's classes only the one asked about matters.
        Condition::Data(_) => gates.ask(Gate::Compliance, declared()),
        Condition::Providers(Providers::OfModel) => {
            // Some model must be left to select, whether or not one is stated.
            let outcome = state.check(condition).and_then(|_| check_model(state, model));
            gates.ask(Gate::Compliance, outcome)
        }
        condition => gates.ask_one(state, condition),
    });
    let asked = match (asked, opted_in(evaluation, feature, row)) {
        (Ok(()), Some(opted_in)) => gates.ask(Gate::OptIn, opted_in),
        (asked, _) => asked,
    };
    gates.conclude(asked)?;
    let processing = processing(evaluation, feature, row, model);
    let beta = if row.beta { evaluation.model().own_obligations.beta_as_is } else { 0 };
    Ok(state
        .decide(Reason::FeatureOn, Because::one(Parameter::Feature, feature))
        .with_processing(processing.providers, bit(data))
        .with_obligations(processing.obligations | beta))
}

/// May this class of data be stored or processed at all (TRM-05)?
#[inline(never)]
pub(super) fn store<O: Observer>(
    evaluation: Evaluation<'_>,
    data: u16,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let state = evaluation.state();
    let mut gates = Gates::new(observer);
    let asked = gates.ask(Gate::Compliance, state.check(&Condition::Data(bit(data))));
    gates.conclude(asked)?;
    let because = Because::one(Parameter::Data, data);
    Ok(state.decide(Reason::DataPermitted, because).with_processing(0, bit(data)))
}

/// What the feature of a request charges, for reading: the meter's limits, where a run counts.
pub(super) fn metered_limits<'e>(evaluation: Evaluation<'e>, run: &Run<'_>) -> &'e [u16] {
    let row = evaluation.model().features.get(run.feature.position());
    let meter = row.and_then(|row| row.meter).and_then(|meter| evaluation.model().meters.get(meter));
    meter.filter(|meter| meter.counts(run.trigger)).map_or(&[], |meter| &meter.limits)
}

/// Whether the answer to a run depends on the model that is selected.
pub(super) fn reads_model(evaluation: Evaluation<'_>, run: &Run<'_>) -> bool {
    let model = evaluation.model();
    let Some(row) = model.features.get(run.feature.position()) else { return false };
    let meter = row.meter.and_then(|meter| model.meters.get(meter));
    let priced = meter.is_some_and(|meter| meter.priced && meter.counts(run.trigger));
    priced || row.providers == Providers::OfModel
}

/// Whether who gets the data of a feature is known only with the model that is selected.
pub(super) fn is_of_model(evaluation: Evaluation<'_>, feature: FeatureId) -> bool {
    let row = evaluation.model().features.get(feature.position());
    row.is_some_and(|row| row.providers == Providers::OfModel)
}

//! Running: every check of a suite decided, differences noted.

use std::collections::BTreeSet;

use super::coverage::Coverage;
use super::remedy;
use super::report::{Aspect, Failure, Mismatch, Report};
use super::suite::{Check, Expected, Suite, word};
use crate::decision::Gate;
use crate::engine::{Engine, Record};

/// Decides every check of a suite and reports each difference with what was expected.
///
/// A pure function. The engine need not be the one that the suite names: a suite run against a candidate domain
/// says whether the candidate still keeps it.
///
/// ```
/// use tollkeeper::check::{self, Suite};
///
/// let suite = Suite::parse("
///     [suite]
///     name = 'guests'
///     [domain]
///     id = 'acme'
///     kind = 'workspace'
///     plan = 'starter'
///     [[check]]
///     name = 'a guest creates teams'
///     subject = { roles = ['guest'] }
///     action = { permission = 'create_teams' }
///     expect = 'allow'
/// ")?;
/// let report = check::run(&suite, &suite.engine(|_| Err("no other files"))?);
/// assert!(!report.passed());
/// let text = report.to_string();
/// assert!(text.starts_with("suite `guests`, domain `acme`: 1 of 1 checks failed\n"));
/// assert!(text.contains("effect: expected allow, got deny\n"));
/// assert!(text.contains("FAIL  role          never-for-role"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(suite: &Suite, engine: &Engine) -> Report {
    let mut coverage = Coverage::of(engine);
    let (mut failures, mut not_understood) = (Vec::new(), Vec::new());
    for check in suite.checks() {
        match decide(check, engine, &mut coverage) {
            Outcome::Passed => {}
            Outcome::NotUnderstood => not_understood.push(check.name.clone()),
            Outcome::Failed(failure) => failures.push(*failure),
        }
    }
    Report {
        suite: suite.name().to_owned(),
        domain: engine.domain_id().to_owned(),
        version: format!("{:016x}", engine.version()),
        checks: suite.checks().len(),
        failures,
        not_understood,
        coverage,
    }
}

/// What came of a check.
enum Outcome {
    Passed,
    /// Denied as expected, but as it was not understood, which nobody expected.
    NotUnderstood,
    Failed(Box<Failure>),
}

fn decide(check: &Check, engine: &Engine, coverage: &mut Coverage) -> Outcome {
    let explanation = engine.explain_named(&check.request);
    let mut record = explanation.record();
    // Of an unknown name only this one says which.
    record.decision = engine.decide(&check.request);
    coverage.exercise(engine, &check.request, &record);
    let mut mismatches = mismatches(&check.expected, &record.decision);
    if let Some(expected) = &check.expected.remedy {
        let found = engine.remedies_named(&check.request);
        if !expected.is_met_by(&found) {
            let (aspect, expected, got) = (Aspect::Remedy, expected.to_string(), remedy::summary(&found));
            mismatches.push(Mismatch { aspect, expected, got });
        }
    }
    if mismatches.is_empty() {
        let understood = record.decision.reason.gate() != Some(Gate::Known);
        let meant = check.expected.reason.is_some();
        return if understood || meant { Outcome::Passed } else { Outcome::NotUnderstood };
    }
    Outcome::Failed(Box::new(Failure {
        check: check.name.clone(),
        request: check.request.clone(),
        mismatches,
        explanation: record,
        explained: explanation.to_string(),
    }))
}

fn mismatches(expected: &Expected, got: &Record) -> Vec<Mismatch> {
    let reason = expected.reason.map(|reason| differs(Aspect::Reason, reason.as_str(), got.reason.as_str()));
    let fallback = expected.fallback.as_deref();
    let fallback = fallback
        .map(|fallback| differs(Aspect::Fallback, fallback, got.fallback.as_deref().unwrap_or("none")));
    let sets = [
        (Aspect::Obligations, &expected.obligations, &got.obligations),
        (Aspect::Providers, &expected.providers, &got.providers),
        (Aspect::Data, &expected.data, &got.data),
    ];
    let sets = sets.into_iter().map(|(aspect, expected, got)| {
        let got: BTreeSet<String> = got.iter().cloned().collect();
        expected.as_ref().map(|expected| differs(aspect, &listed(expected), &listed(&got)))
    });
    let effect = differs(Aspect::Effect, word(expected.effect), word(got.effect));
    [Some(effect), reason, fallback].into_iter().chain(sets).flatten().flatten().collect()
}

fn differs(aspect: Aspect, expected: &str, got: &str) -> Option<Mismatch> {
    (expected != got).then(|| Mismatch { aspect, expected: expected.to_owned(), got: got.to_owned() })
}

fn listed(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

//! Every engine decides as tollkeeper does, for customers and requests that nobody wrote down.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tollkeeper::decision::{Effect, Reason};
use tollkeeper_benches::workload::Workload;
use tollkeeper_peers::{CedarData, PEERS, Peer, agree};

/// Customers and requests of a case.
const TENANTS: u64 = 8;
const ASKS: usize = 256;

/// Cases of each property. `PROPTEST_CASES` asks for another number.
fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: asked.unwrap_or(cases), failure_persistence: None, ..Config::default() }
}

/// A workload out of any number: both its customers and its requests come from it.
fn workloads() -> impl Strategy<Value = u64> {
    0..u64::MAX - TENANTS
}

/// P17
#[test]
fn cedar_on_the_translated_catalog_decides_the_same_for_random_domains_and_requests() {
    let seen: RefCell<BTreeMap<Reason, usize>> = RefCell::default();
    let mut runner = TestRunner::new(config(500));
    let outcome = runner.run(&workloads(), |first| {
        let workload = Workload::of(first..first + TENANTS, ASKS);
        let mut cedar = CedarData::new(&workload);
        for (index, (ask, reason)) in workload.asks.iter().zip(workload.reasons()).enumerate() {
            let allow = cedar.allows(index, ask);
            let domain = || workload.states[ask.tenant].tenant.to_toml();
            prop_assert_eq!(allow, reason.effect() == Effect::Allow, "{:?} is {}\n{}", ask, reason, domain());
            *seen.borrow_mut().entry(reason).or_default() += 1;
        }
        Ok::<(), TestCaseError>(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    let decisions: usize = seen.values().sum();
    let denials = seen.iter().filter(|(reason, _)| reason.effect() == Effect::Deny).map(|(_, count)| count);
    let denials: usize = denials.sum();
    println!("{decisions} decisions, {denials} of them denials, for {} reasons", seen.len());
    assert!(denials * 4 > decisions && denials * 4 < 3 * decisions, "the stream is mixed");
    assert!(seen.contains_key(&Reason::MissingFact) && seen.len() >= 20, "{seen:?}");
}

#[test]
fn every_engine_decides_the_same_and_gives_no_wrong_reason() {
    let mut runner = TestRunner::new(config(20));
    let outcome = runner.run(&workloads(), |first| {
        let workload = Workload::of(first..first + TENANTS, ASKS);
        let reasons = workload.reasons();
        for make in PEERS {
            agree(&workload, &reasons, make(&workload).as_mut());
        }
        Ok::<(), TestCaseError>(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

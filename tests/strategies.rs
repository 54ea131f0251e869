//! Domains and requests made at random: that they fit, that they reach everything, and properties stated with them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tollkeeper::catalog::Catalog;
use tollkeeper::check::strategies;
use tollkeeper::decision::{Effect, Reason};
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

fn catalogs() -> [Catalog; 4] {
    let parse = |text| Catalog::parse(text).unwrap();
    [
        Catalog::builtin(),
        parse(include_str!("../examples/catalogs/notes.toml")),
        parse(include_str!("../examples/catalogs/todo.toml")),
        // Nothing but what a domain cannot do without.
        parse("[catalog]\nid = 'bare'\nversion = '1'\n[kinds.k]\n[plans.p]"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// P10: what was made at random survives being printed and parsed, and decides the same.
    #[test]
    fn a_printed_domain_decides_as_before(
        (engine, request) in (0..4_usize).prop_flat_map(|catalog| strategies::questions(&catalogs()[catalog])),
    ) {
        let printed = Domain::parse(&engine.domain().to_toml()).unwrap();
        prop_assert_eq!(&printed, &engine.domain());
        let again = Engine::compile(engine.catalog(), &printed).unwrap();
        prop_assert_eq!(again.decide(&request), engine.decide(&request));
        let json = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<tollkeeper::request::NamedRequest>(&json).unwrap(), request.clone());
        let toml = toml::to_string(&request).unwrap();
        prop_assert_eq!(toml::from_str::<tollkeeper::request::NamedRequest>(&toml).unwrap(), request);
    }

    /// P6: the decision is the fold of its explanation.
    #[test]
    fn an_explanation_never_disagrees_with_its_decision(
        (engine, request) in strategies::questions(&Catalog::builtin()),
    ) {
        let explanation = engine.explain_named(&request);
        let decision = explanation.decision();
        let reason = Some(decision.reason()).filter(|reason| reason.effect() == Effect::Deny);
        prop_assert_eq!(explanation.fold(), (decision.effect(), reason));
    }
}

/// Few of those that can come are missed by a few thousand cases: the strategies reach what matters.
#[test]
fn requests_meet_most_reasons() {
    let mut runner = TestRunner::deterministic();
    let mut met = BTreeSet::new();
    for catalog in catalogs() {
        let questions = strategies::questions(&catalog);
        for _ in 0..500 {
            let (engine, request) = questions.new_tree(&mut runner).unwrap().current();
            met.insert(engine.evaluate_named(&request).reason());
        }
    }
    let missed: Vec<_> = Reason::ALL.iter().filter(|reason| !met.contains(reason)).collect();
    assert!(met.len() >= 38, "met {}, missed {missed:?}", met.len());
}

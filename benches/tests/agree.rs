//! Whatever is measured answers alike, or it is not measured.

use tollkeeper::decision::{Effect, Reason};
use tollkeeper_benches::floor::Floor;
use tollkeeper_benches::maps::Maps;
use tollkeeper_benches::workload::{Workload, by_name};

/// The rivals written by hand, against tollkeeper, request by request.
fn agree(workload: &Workload) {
    let (floor, tenants) = Floor::new(&workload.product, &workload.states);
    let maps = Maps::new(&workload.product);
    let map_tenants: Vec<_> =
        workload.states.iter().map(|state| Maps::tenant(&workload.product, state)).collect();
    for (ask, reason) in workload.asks.iter().zip(workload.reasons()) {
        let domain = || workload.states[ask.tenant].tenant.to_toml();
        assert_eq!(floor.by_name(&tenants[ask.tenant], ask), reason, "floor: {ask:?}\n{}", domain());
        assert_eq!(maps.decide(&map_tenants[ask.tenant], ask), reason, "maps: {ask:?}\n{}", domain());
        let engine = &workload.engines[ask.tenant];
        assert_eq!(by_name(&workload.catalog, engine, ask).reason(), reason, "by name: {ask:?}");
        let named = serde_json::from_str(&ask.to_json()).expect("a request prints what is read");
        assert_eq!(engine.evaluate_named(&named).reason(), reason, "from JSON: {ask:?}");
    }
}

#[test]
fn everything_that_is_measured_agrees_on_every_request() {
    agree(&Workload::generate());
}

#[test]
fn and_for_many_other_customers() {
    for first in (100..1100).step_by(100) {
        agree(&Workload::of(first..first + 100, 4096));
    }
}

#[test]
fn the_stream_is_mixed() {
    let workload = Workload::generate();
    let reasons = workload.reasons();
    let denied = reasons.iter().filter(|reason| reason.effect() == Effect::Deny).count();
    assert!((1200..2900).contains(&denied), "{denied}");
    let distinct: std::collections::BTreeSet<Reason> = reasons.into_iter().collect();
    assert!(distinct.len() >= 20, "{distinct:?}");
}

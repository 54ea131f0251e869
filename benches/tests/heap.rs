//! Deciding allocates nothing, and what the engines of the workload hold.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tollkeeper::decision::Decision;
use tollkeeper_benches::heap::{allocations, held};
use tollkeeper_benches::workload::{Workload, compile};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

// One test, so that nothing else allocates while it counts.
#[test]
fn deciding_allocates_nothing() {
    let workload = Workload::generate();
    let requests = workload.requests();
    let mut decisions: Vec<Decision> = Vec::with_capacity(requests.len());
    let count = allocations(|| {
        decisions.extend(requests.iter().map(|(engine, request)| engine.evaluate(request)));
    });
    assert_eq!(count, 0);

    let texts: Vec<String> = workload.states.iter().map(|state| state.tenant.to_toml()).collect();
    let (engines, bytes) = held(|| {
        texts.iter().map(|text| compile(&workload.catalog, text)).collect::<Vec<_>>().into_boxed_slice()
    });
    println!("customers of the workload: {} bytes each", bytes / engines.len());
}

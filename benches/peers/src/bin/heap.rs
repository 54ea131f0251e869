//! Prints how many bytes each engine holds on the heap a customer, one line an engine.
//!
//! The difference between what many and few customers hold, so that what they share counts for none.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tollkeeper_benches::heap::held;
use tollkeeper_benches::workload::{TENANTS, Workload};
use tollkeeper_peers::PEERS;

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let few = Workload::of(0..TENANTS, 0);
    let many = Workload::of(0..5 * TENANTS, 0);
    let more = (4 * TENANTS) as usize;
    for make in PEERS {
        // What is made once for all is made before anything is counted.
        drop(make(&few));
        let (first, second) = (held(|| make(&few)), held(|| make(&many)));
        println!("{}", second.1.saturating_sub(first.1) / more);
    }
}

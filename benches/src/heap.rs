//! How many bytes a thing holds on the heap.
//!
//! A program that asks must count its allocations:
//! `#[global_allocator] static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;`. Programs that take clocks
//! must not, for counting costs those most who allocate most.

use stats_alloc::{INSTRUMENTED_SYSTEM, Region};

/// Makes something; how many bytes more are held since.
pub fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let region = Region::new(&INSTRUMENTED_SYSTEM);
    let made = make();
    let change = region.change();
    (made, change.bytes_allocated.saturating_sub(change.bytes_deallocated))
}

/// Does something; how many allocations that took.
pub fn allocations(run: impl FnOnce()) -> usize {
    let region = Region::new(&INSTRUMENTED_SYSTEM);
    run();
    let change = region.change();
    change.allocations + change.reallocations
}

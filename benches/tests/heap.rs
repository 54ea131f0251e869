//! How many bytes an engine holds, and that deciding allocates nothing.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Decision;
use tollkeeper_benches::heap::{allocations, held};
use tollkeeper_benches::workload::{Workload, compile};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const UNTOUCHED: &str = "domain = { id = 'acme', kind = 'workspace', plan = 'enterprise' }";

/// Ten overrides and two custom roles.
const CONFIGURED: &str = "
[domain]
id = 'acme'
kind = 'organization'
plan = 'enterprise'
add_ons = ['permissions_management']
[holders]
super_admin = 2
[settings]
uploads = 'off'
apps = 'on'
[roles.admin]
permissions = { manage_roles = 'on' }
[roles.member]
permissions = { create_teams = 'off', share_portfolios = 'off', import_files = 'off' }
[roles.contractor]
based_on = 'guest'
permissions = { upload_files = 'off', use_apps = 'off', delete_tasks = 'off' }
[roles.manager]
based_on = 'admin'
permissions = { manage_roles = 'on' }
";

// One test, so that nothing else allocates while it counts.
#[test]
fn an_engine_is_small_and_deciding_allocates_nothing() {
    let workload = Workload::generate();
    let requests = workload.requests();
    let mut decisions: Vec<Decision> = Vec::with_capacity(requests.len());
    let count = allocations(|| {
        decisions.extend(requests.iter().map(|(engine, request)| engine.evaluate(request)));
    });
    assert_eq!(count, 0);

    let catalog = Catalog::builtin();
    for (what, text, most) in [("untouched", UNTOUCHED, 64), ("configured", CONFIGURED, 256)] {
        let (engine, bytes) = held(|| compile(&catalog, text));
        let inline = size_of_val(&engine);
        println!("{what}: {} bytes, {inline} of them inline", bytes + inline);
        assert!(bytes + inline <= most, "{what}: {bytes} + {inline}");
    }
    let texts: Vec<String> = workload.states.iter().map(|state| state.tenant.to_toml()).collect();
    let (engines, bytes) =
        held(|| texts.iter().map(|text| compile(&catalog, text)).collect::<Vec<_>>().into_boxed_slice());
    println!("customers of the workload: {} bytes each", bytes / engines.len());
}

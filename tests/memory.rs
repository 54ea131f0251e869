//! What an engine holds besides the catalog that it shares.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::format_push_string,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its figures are for people"
)]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

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

/// A catalog of many permissions and roles.
fn grown(permissions: usize, roles: usize) -> Catalog {
    let mut text =
        "[catalog]\nid = 'grown'\nversion = '1'\n[kinds.team]\n[plans.free]\n[changes.role_permission]\n\
         roles = ['role_0']\n"
            .to_owned();
    for role in 0..roles {
        text.push_str(&format!("[roles.role_{role}]\ncustom = true\n"));
    }
    for permission in 0..permissions {
        text.push_str(&format!(
            "[permissions.permission_{permission}]\ndefault = {{ role_{} = 'on' }}\n",
            permission % roles
        ));
    }
    Catalog::parse(&text).unwrap_or_else(|error| panic!("{}", error.render("catalog", &text)))
}

// One test, so that nothing else allocates while it counts.
#[test]
fn an_engine_holds_what_its_domain_states_and_little_more() {
    let once = |catalog: &Catalog, text: &str| {
        let region = Region::new(ALLOCATOR);
        let engine =
            Engine::parse(catalog, text).unwrap_or_else(|error| panic!("{}", error.render("", text)));
        let change = region.change();
        let heap = change.bytes_allocated - change.bytes_deallocated;
        println!(
            "{heap} bytes on the heap, {} inline, {} stored",
            size_of_val(&engine),
            engine.to_bytes().len()
        );
        heap + size_of::<Engine>()
    };
    // The least of several, as the thread that waits for this test may allocate meanwhile.
    let held = |catalog: &Catalog, text: &str| (0..3).map(|_| once(catalog, text)).min();
    let builtin = Catalog::builtin();
    assert_eq!(size_of::<Engine>(), 48);
    assert!(held(&builtin, UNTOUCHED) <= Some(64));
    assert!(held(&builtin, CONFIGURED) <= Some(256));
    // More permissions and roles make no untouched domain larger.
    let text = "domain = { id = 'acme', kind = 'team', plan = 'free' }";
    let small = held(&grown(10, 4), text);
    for (permissions, roles) in [(1000, 4), (10, 1000)] {
        assert_eq!(held(&grown(permissions, roles), text), small, "{permissions} {roles}");
    }
}

//! Suites: no text makes a panic, and what is accepted runs.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollkeeper::catalog::Catalog;
use tollkeeper::check::{self, Suite};
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let domain = Domain::parse(include_str!("../../../examples/domains/clinic.toml")).unwrap();
    Engine::compile(&Catalog::builtin(), &domain).unwrap()
});

fuzz_target!(|text: &str| match Suite::parse(text) {
    Err(problems) => assert!(!problems.render("x", text).is_empty()),
    Ok(suite) => assert!(!check::run(&suite, &ENGINE).to_string().is_empty()),
});

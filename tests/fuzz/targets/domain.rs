//! Domains: no text makes a panic, and what is accepted compiles to the same engine once printed.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

fuzz_target!(|text: &str| {
    let compiled = Domain::parse(text).and_then(|domain| Engine::compile(&CATALOG, &domain));
    match compiled {
        Err(problems) => assert!(!problems.render("x", text).is_empty()),
        Ok(engine) => {
            let printed = Domain::parse(&engine.domain().to_toml()).unwrap();
            assert_eq!(printed, engine.domain());
            let stored = Engine::from_bytes(&CATALOG, &engine.to_bytes()).unwrap();
            assert_eq!(stored.domain(), engine.domain());
            assert_eq!(Engine::compile(&CATALOG, &printed).unwrap().version(), engine.version());
        }
    }
});

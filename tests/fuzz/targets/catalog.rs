//! Catalogs: no text makes a panic, and what is accepted survives being printed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollkeeper::catalog::Catalog;

fuzz_target!(|text: &str| match Catalog::parse(text) {
    Err(problems) => assert!(!problems.render("x", text).is_empty()),
    Ok(catalog) => assert_eq!(Catalog::parse(&catalog.to_toml()).unwrap(), catalog),
});

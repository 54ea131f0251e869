//! Stored engines: no bytes make a panic, and what is read is what a domain compiles to.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

/// Form and catalog come first; a version that fits is made from the rest, so that most inputs get past it.
fn signed(stated: &[u8]) -> Vec<u8> {
    let minimal = Domain::parse("domain = { id = '', kind = 'workspace', plan = 'starter' }").unwrap();
    let mut bytes = Engine::compile(&CATALOG, &minimal).unwrap().to_bytes();
    bytes.truncate(9);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes[1..].iter().chain(stated) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    bytes.extend(hash.to_le_bytes());
    bytes.extend(stated);
    bytes
}

fuzz_target!(|stated: &[u8]| {
    let _as_they_are = Engine::from_bytes(&CATALOG, stated);
    let bytes = signed(stated);
    if let Ok(engine) = Engine::from_bytes(&CATALOG, &bytes) {
        assert_eq!(engine.to_bytes(), bytes);
        assert_eq!(Engine::compile(&CATALOG, &engine.domain()).unwrap().to_bytes(), bytes);
    }
});

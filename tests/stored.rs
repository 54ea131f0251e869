//! Engines stored as bytes and read back; the bytes are the identity of what a domain states.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::{BytesError, Engine};

/// Has one of everything that a domain can state something of.
const CATALOG: &str = "
[catalog]
id = 'everything'
version = '1'
[kinds.team]
[kinds.company]
[plans.free]
[plans.paid]
[add_ons.roles]
offered_on = ['free', 'paid']
[add_ons.care]
offered_on = ['free', 'paid']
[roles.member]
custom = true
[roles.reader]
custom = true
[role_defaults.joiners]
role = 'member'
based_on = ['member', 'reader']
[lists.partners]
match = 'email_domain'
[lists.vendors]
match = 'email_domain'
[settings.uploads]
default = 'on'
[settings.sharing]
default = 'off'
[changes.role_permission]
roles = ['member']
add_on = 'roles'
[changes.create_role]
roles = ['member']
add_on = 'roles'
[permissions.read]
default = { member = 'on', reader = 'on' }
[permissions.write]
default = { member = 'on', reader = 'off' }
[regimes.care]
attested = ['signed', 'trained']
[regimes.health]
[features.assist]
beta = true
providers = []
[features.search]
beta = true
providers = []
[meters.runs]
counts = ['requested']
[meters.words]
counts = ['requested']
";

const HEAD: &str = "[domain]\nid = 'x'\nkind = 'team'\nplan = 'free'\n";

fn catalog() -> Catalog {
    static PARSED: LazyLock<Catalog> = LazyLock::new(|| {
        Catalog::parse(CATALOG).unwrap_or_else(|error| panic!("{}", error.render("catalog", CATALOG)))
    });
    PARSED.clone()
}

/// The bytes of the engine of each of the domains.
fn stored() -> &'static [(String, Vec<u8>)] {
    static STORED: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
        let bytes = |text: String| (text.clone(), engine(&catalog(), &text).to_bytes());
        domains().into_iter().map(bytes).collect()
    });
    &STORED
}

fn engine(catalog: &Catalog, text: &str) -> Engine {
    Engine::parse(catalog, text).unwrap_or_else(|error| panic!("{}", error.render("domain", text)))
}

/// Domains that all state something else, each next to those that differ from it least.
fn domains() -> Vec<String> {
    let with = |text: &str| format!("{HEAD}{text}");
    let custom = |text: &str| with(&format!("add_ons = ['roles']\n{text}"));
    let mut domains = vec![
        "[domain]\nid = 'y'\nkind = 'team'\nplan = 'free'".to_owned(),
        "[domain]\nid = 'x'\nkind = 'company'\nplan = 'free'".to_owned(),
        "[domain]\nid = 'x'\nkind = 'team'\nplan = 'paid'".to_owned(),
        with(""),
    ];
    domains.extend(
        [
            "add_ons = ['roles']",
            "add_ons = ['care']",
            "add_ons = ['care', 'roles']",
            "regimes = ['health']",
            "attested = ['signed']",
            "attested = ['trained']",
            "attested = ['signed', 'trained']",
            "attested = ['signed', 'signed']",
            "attested = ['signed', 'trained']\nregimes = ['care']",
            "attested = ['signed', 'trained']\nregimes = ['care', 'health']",
            "[holders]\nmember = 0",
            "[holders]\nmember = 1",
            "[holders]\nreader = 1",
            "[holders]\nmember = 9223372036854775807",
            "[seats]\nfree = 1",
            "[seats]\nroles = 1",
            "[seats]\nroles = 128",
            "[settings]\nuploads = 'on'",
            "[settings]\nuploads = 'off'",
            "[settings]\nsharing = 'on'",
            "[settings]\nsharing = 'on'\nuploads = 'on'",
            "[locked]\nuploads = 'on'",
            "[opt_ins]\nassist = 'on'",
            "[opt_ins]\nassist = 'off'",
            "[opt_ins]\nsearch = 'on'",
            "[lists]\npartners = []",
            "[lists]\nvendors = []",
            "[lists]\npartners = ['a.example']",
            "[lists]\npartners = ['A.example']",
            "[lists]\npartners = ['a.example', 'b.example']",
            "[lists]\npartners = ['a.example', 'a.example']",
            "[roles.member]",
            "[roles.reader]",
            "[roles.member]\npermissions = { write = 'on' }",
            "[roles.member]\npermissions = { write = 'off' }",
            "[roles.member]\npermissions = { read = 'off' }",
            "[role_defaults]\njoiners = 'reader'",
            "[role_defaults]\njoiners = 'member'",
            "[limits.runs]\nstop = 'none'",
            "[limits.words]\nstop = 'none'",
            "[limits.runs]\nlimit = 1",
            "[limits.runs]\nlimit = 1\nevery = 'month'",
            "[limits.runs]\nlimit = 1\nevery = 'quarter'",
            "[limits.runs]\nlimit = 1\nevery = 'year'",
            "[limits.runs]\nlimit = 1\nanchor = '2026-01-31'",
            "[limits.runs]\nlimit = 1\nstop = 'soft'\nceiling_percent = 100",
            "[limits.runs]\nlimit = 1\nstop = 'soft'\nceiling_percent = 101",
            "[limits.runs]\nlimit = 1\nstop = 'none'",
            "[residency]\nregion = 'eu'",
            "[residency]\nregion = 'au'",
            "[residency]\nregion = 'eu'\nmigrated = true",
        ]
        .map(with),
    );
    domains.extend(
        [
            "[roles.clerk]\nbased_on = 'member'",
            "[roles.clerk]\nbased_on = 'reader'",
            "[roles.typist]\nbased_on = 'member'",
            "[roles.clerk]\nbased_on = 'member'\npermissions = { write = 'on' }",
            "[roles.clerk]\nbased_on = 'member'\npermissions = { write = 'off' }",
            "[roles.clerk]\nbased_on = 'member'\n[holders]\nclerk = 1",
            "[roles.clerk]\nbased_on = 'member'\n[role_defaults]\njoiners = 'clerk'",
            "[roles.clerk]\nbased_on = 'member'\n[roles.typist]\nbased_on = 'member'",
        ]
        .map(custom),
    );
    let many: String = (0..300).map(|one| format!("'d{one}.example', ")).collect();
    domains.push(with(&format!("[lists]\npartners = [{many}]")));
    domains
}

// DEC-07
#[test]
fn whatever_a_domain_states_is_read_back_and_makes_it_another_one() {
    let catalog = catalog();
    let mut seen: BTreeMap<Vec<u8>, String> = BTreeMap::new();
    let mut versions = BTreeSet::new();
    for text in domains() {
        let compiled = engine(&catalog, &text);
        let bytes = compiled.to_bytes();
        let read = Engine::from_bytes(&catalog, &bytes).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.domain(), Domain::parse(&text).unwrap(), "{text}");
        assert_eq!(read.domain().to_toml(), compiled.domain().to_toml());
        assert_eq!((read.to_bytes(), read.version()), (bytes.clone(), compiled.version()), "{text}");
        assert_eq!(read.domain_id(), Domain::parse(&text).unwrap().id());
        versions.insert(compiled.version());
        if let Some(other) = seen.insert(bytes, text.clone()) {
            panic!("these have the same bytes:\n{other}\n{text}");
        }
    }
    assert_eq!(versions.len(), seen.len());
}

// DEC-07
#[test]
fn order_layout_and_comments_make_no_other_domain() {
    let one = "[settings]\nuploads = 'on'\nsharing = 'off'\n[domain]\nid = 'x'\nkind = 'team'\nplan = 'free'\n\
               attested = ['trained', 'signed']\nregimes = ['health', 'care']\n[holders]\nreader = 1\nmember = 2";
    let same = "# the same\nholders = { member = 2, reader = 1 }\n\
                domain = { regimes = ['care', 'health'], attested = ['signed', 'trained'], plan = \"free\", \
                kind = 'team', id = \"x\" }\nsettings = { sharing = 'off', uploads = 'on' }";
    let catalog = catalog();
    let (one, same) = (engine(&catalog, one), engine(&catalog, same));
    assert_eq!(one.to_bytes(), same.to_bytes());
    assert_eq!(one.version(), same.version());
    assert_eq!(one.version(), engine(&catalog, &one.domain().to_toml()).version());
}

#[test]
fn bytes_of_something_else_are_refused_by_name() {
    let catalog = catalog();
    let bytes = engine(&catalog, HEAD).to_bytes();
    let read = |catalog: &Catalog, bytes: &[u8]| Engine::from_bytes(catalog, bytes).map(|_| ()).unwrap_err();
    for length in 0..bytes.len() {
        assert_eq!(read(&catalog, &bytes[..length]), BytesError::Damaged, "{length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(read(&catalog, &longer), BytesError::Damaged);
    let mut other = bytes.clone();
    other[0] = 2;
    let form = read(&catalog, &other).to_string();
    assert_eq!(form, "the engine is stored in form 2, this library reads form 1; compile its domain again");
    let builtin = read(&Catalog::builtin(), &bytes);
    assert!(matches!(builtin, BytesError::OtherCatalog { .. }), "{builtin}");
    assert!(!builtin.to_string().contains('\n'));
}

/// The bytes with a version that fits, as somebody would forge them.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let (head, stated) = bytes.split_at_mut(17);
    for byte in head[1..9].iter().chain(&*stated) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    head[9..].copy_from_slice(&hash.to_le_bytes());
    bytes
}

/// Either an error, or an engine that a domain file compiles to as well, to these very bytes.
fn sound(catalog: &Catalog, bytes: &[u8]) -> bool {
    let Ok(engine) = Engine::from_bytes(catalog, bytes) else { return false };
    assert_eq!(engine.to_bytes(), bytes);
    let compiled = Engine::compile(catalog, &engine.domain()).unwrap();
    assert_eq!(compiled.to_bytes(), bytes);
    true
}

/// The roles of bytes multiply with the permissions of a catalog that they were not made for.
#[test]
fn more_cells_than_a_table_may_have_are_refused() {
    let catalog = |permissions: usize| {
        let permissions: String = (0..permissions).map(|number| format!("p{number} = {{}}\n")).collect();
        let text = "[catalog]\nid = 'x'\nversion = '1'\n[kinds.team]\n[plans.free]\n\
                    [roles.a]\ncustom = true\n[changes.create_role]\nroles = ['a']\n";
        Catalog::parse(&format!("{text}[permissions]\n{permissions}")).unwrap()
    };
    let (few, many) = (catalog(1), catalog(4096));
    for (custom, sound) in [(9, true), (4096, false)] {
        let roles: String =
            (0..custom).map(|number| format!("[roles.r{number}]\nbased_on = 'a'\n")).collect();
        let mut bytes = engine(&few, &format!("{HEAD}{roles}")).to_bytes();
        bytes[1..9].copy_from_slice(&engine(&many, HEAD).to_bytes()[1..9]);
        assert_eq!(Engine::from_bytes(&many, &signed(bytes)).is_ok(), sound, "{custom}");
    }
}

#[test]
fn a_changed_bit_is_noticed() {
    let catalog = catalog();
    for (text, bytes) in stored() {
        for bit in 0..bytes.len().min(100) * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Engine::from_bytes(&catalog, &changed).is_err(), "bit {bit} of {text}");
        }
    }
}

/// Many of these fit no domain; some do, and those that do are what they say.
#[test]
fn a_forged_byte_is_refused_or_read_as_it_stands() {
    let catalog = catalog();
    let (mut read, mut refused) = (0, 0);
    for (_, bytes) in stored() {
        for at in 17..bytes.len().min(80) {
            for byte in [0, 1, 2, 3, 4, 7, 8, 0x10, 0x20, 0x40, 0x7F, 0x80, 0xFF] {
                let mut forged = bytes.clone();
                forged[at] = byte;
                if sound(&catalog, &signed(forged)) { read += 1 } else { refused += 1 }
            }
        }
    }
    assert!(read > 1000 && refused > 5000, "{read} read, {refused} refused");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_panic_or_an_engine_that_no_domain_makes(
        number in 0_usize..64,
        cut in 0_usize..64,
        noise in prop::collection::vec(any::<u8>(), 0..12),
        skip in 0_usize..64,
    ) {
        let catalog = catalog();
        let (_, bytes) = &stored()[number % stored().len()];
        let cut = 17 + cut.min(bytes.len() - 17);
        let rest = &bytes[(cut + skip).min(bytes.len())..];
        let spliced = [&bytes[..cut], &noise, rest].concat();
        let _either = sound(&catalog, &spliced);
        let _forged = sound(&catalog, &signed(spliced));
    }
}

//! The ledger's snapshots of fixed histories, byte for byte, and what it says of them.
//!
//! `tests/golden/ledger.txt` has, for every history, the length and a hash of the snapshot after each event, the balance
//! explained at the end, and the bytes of the last snapshot. After a change of the format that is meant:
//! `UPDATE_GOLDEN=1 cargo test --test usage_golden`, then read the difference.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "a test reads files and its environment")]

mod usage_world;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tollkeeper::usage::account::Account;
use tollkeeper::usage::history::History;
use tollkeeper::usage::options::Options;
use usage_world::{ACCOUNT, World};

/// Every kind of event somewhere; what is open, denied, late and beyond a grant too.
const HISTORIES: [(&str, &str); 6] = [
    ("nothing", ""),
    (
        "runs",
        "subscribe plus allow=1000 step=500 @01-31; include plus as g; reserve 300 as r; settle r 320 @01-31T00:10; \
         record m input:1000 output:20 as c @02-02; correct c 10; reprice c m input:10; record late input:5 @03-02; include plus; \
         reserve 5 as open @03-02T09:00; reserve 10 as p; part p 4; void p; reserve 99999",
    ),
    (
        "money",
        "subscribe basic allow=50 @01-31; subscribe plus allow=100 step=50 prio=1; subscribe pro allow=9 stop=soft130 \
         every=quarter open=1; name pro by=ann; include basic; include plus; include pro as q; buy plus 100; gift plus 7.5 \
         as g; record 20 by=ann; revoke g; record 400 by=bob; drop pro by=ann; leave basic @02-05; close 02-01 @04-01",
    ),
    (
        "outputs",
        "limit 3 hard @01-31; produce a requested; produce b proactive; follow b; follow b; produce c proactive; \
         dismiss c; optin i; produce d i; optout i; produce e i; produce f requested; limit none; produce g requested",
    ),
    (
        "periods",
        "subscribe plus allow=100 anchor=01-31 @01-31; include plus within=02-28; include plus within=03-31; look @02-27; \
         record 30 @02-28-; record 30 @02-28; tick @06-01; record 1",
    ),
    (
        "unlimited",
        "subscribe max stop=unlimited @01-31; record 1000000; reserve 5 as r; settle r 6; subscribe plus allow=1 \
         list=01-31,02-14,03-01; include plus; record 2 as late received=02-10",
    ),
];

/// FNV-1a: what changes a byte anywhere shows in the line of its event.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn told(name: &str, script: &str) -> String {
    let mut world = World::new(Options::default());
    world.run(script);
    let (mut account, mut history) = (Account::new(ACCOUNT, Options::default()), History::new());
    let mut text = format!("== {name}\n");
    for (event, receipt) in &world.log {
        let again = history.apply(&mut account, event).unwrap();
        assert_eq!((again.version, again.outcome), (receipt.version, receipt.outcome));
        let bytes = account.snapshot();
        let answer =
            receipt.denial().map_or_else(|| "applied".to_owned(), |denial| format!("denied: {denial}"));
        let (version, length) = (receipt.version.number(), bytes.len());
        writeln!(text, "{version:>3} {length:>5} {:016x} {answer}", hash(&bytes)).unwrap();
    }
    let bytes = account.snapshot();
    assert_eq!(bytes, world.account.snapshot(), "{name}: a history gives the same account again");
    writeln!(text, "{}", history.explain(world.at)).unwrap();
    for line in bytes.chunks(48) {
        line.iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
        text.push('\n');
    }
    text
}

/// P5, P15
#[test]
fn fixed_histories_give_the_snapshots_that_were_written_down() {
    let found: String = HISTORIES.iter().map(|(name, script)| told(name, script)).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ledger.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &found).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    let differing = found.lines().zip(written.lines()).position(|(found, written)| found != written);
    assert!(found == written, "{} differs, first in line {differing:?}", file.display());
}

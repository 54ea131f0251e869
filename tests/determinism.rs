//! The same catalog, domain and request give the same bytes: in every run, on every machine, in whatever order
//! files are written.
//!
//! `tests/golden/NAME.requests.jsonl` has requests; `NAME.jsonl` the version, which all decisions share, then the
//! explanation of each, a line each; `NAME.txt` the same for people. After a change that is
//! meant: `UPDATE_GOLDEN=1 cargo test --test determinism`, then read the difference.

#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test that cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "a test reads files and its environment")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Reason;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::id::{LimitId, PermissionId, RoleId};
use tollkeeper::request::{Balance, NamedRequest, Request, Subject};
use toml::{Table, Value};

const BUILTIN: &str = include_str!("../src/catalog/builtin.toml");
const NOTES: &str = include_str!("../examples/catalogs/notes.toml");

/// Name, catalog, domain.
const WORLDS: [(&str, &str, &str); 2] = [
    ("clinic", BUILTIN, include_str!("../examples/domains/clinic.toml")),
    ("book_club", NOTES, include_str!("../examples/domains/book_club.toml")),
];

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)
}

fn requests(name: &str) -> Vec<String> {
    let text = fs::read_to_string(golden(&format!("{name}.requests.jsonl"))).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Every explanation as JSON, a line each, and as text.
fn explained(catalog: &str, domain: &str, requests: &[String]) -> [String; 2] {
    let engine = Engine::compile(&Catalog::parse(catalog).unwrap(), &Domain::parse(domain).unwrap()).unwrap();
    let version = format!("{:016x}", engine.version());
    let (mut json, mut text) = (format!("{version:?}\n"), String::new());
    for line in requests {
        let request: NamedRequest = serde_json::from_str(line).unwrap();
        let explanation = engine.explain_named(&request);
        let mut record = explanation.record();
        record.decision = engine.decide(&request);
        assert_eq!(record.decision.version, version);
        record.decision.version.clear();
        json += &serde_json::to_string(&record).unwrap();
        json.push('\n');
        writeln!(text, "{}\n{explanation}", serde_json::to_string(&request).unwrap()).unwrap();
    }
    [json, text]
}

/// P5: byte-identical output.
#[test]
fn fixed_requests_get_the_bytes_that_were_written_down() {
    for (name, catalog, domain) in WORLDS {
        let found = explained(catalog, domain, &requests(name));
        for (found, ending) in found.into_iter().zip(["jsonl", "txt"]) {
            let file = golden(&format!("{name}.{ending}"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&file, &found).unwrap();
            }
            let written = fs::read_to_string(&file).unwrap();
            let differing = found.lines().zip(written.lines()).position(|(found, written)| found != written);
            assert!(found == written, "{} differs, first in line {differing:?}", file.display());
        }
    }
}

/// A small generator that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            things.swap(last, usize::try_from(self.0 >> 33).unwrap() % (last + 1));
        }
    }
}

fn key(key: &str) -> String {
    Value::String(key.to_owned()).to_string()
}

/// A value on one line, its keys and elements in another order: no array of these files has an order that counts.
fn inline(value: &Value, dice: &mut Dice) -> String {
    match value {
        Value::Table(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            dice.shuffle(&mut keys);
            let keys: Vec<_> = keys
                .into_iter()
                .map(|(name, value)| format!("{} = {}", key(name), inline(value, dice)))
                .collect();
            format!("{{ {} }}", keys.join(", "))
        }
        Value::Array(elements) => {
            let mut elements: Vec<_> = elements.iter().map(|element| inline(element, dice)).collect();
            dice.shuffle(&mut elements);
            format!("[{}]", elements.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// The same file with every row on a line of its own, all of them mixed.
fn shuffled(text: &str, dice: &mut Dice) -> String {
    let file: Table = text.parse().unwrap();
    let mut lines = Vec::new();
    for (table, rows) in &file {
        for (name, row) in rows.as_table().unwrap() {
            lines.push(format!("{}.{} = {}", key(table), key(name), inline(row, dice)));
        }
    }
    dice.shuffle(&mut lines);
    lines.join("\n")
}

/// The same request with keys, roles and standings in another order.
fn shuffled_request(line: &str, dice: &mut Dice) -> String {
    fn shuffle(value: &mut serde_json::Value, dice: &mut Dice) -> String {
        match value {
            serde_json::Value::Object(object) => {
                let mut keys: Vec<_> = object.iter_mut().collect();
                dice.shuffle(&mut keys);
                let keys: Vec<_> = keys
                    .into_iter()
                    .map(|(key, value)| format!("{key:?}:{}", shuffle(value, dice)))
                    .collect();
                format!("{{{}}}", keys.join(","))
            }
            serde_json::Value::Array(elements) => {
                dice.shuffle(elements);
                let elements: Vec<_> = elements.iter_mut().map(|element| shuffle(element, dice)).collect();
                format!("[{}]", elements.join(","))
            }
            scalar => scalar.to_string(),
        }
    }
    shuffle(&mut serde_json::from_str(line).unwrap(), dice)
}

/// P3: the order of rules, roles and keys is irrelevant.
#[test]
fn files_and_requests_in_another_order_give_the_same_bytes() {
    for (name, catalog, domain) in WORLDS {
        let lines = requests(name);
        let [json, _] = explained(catalog, domain, &lines);
        for seed in 0..12 {
            let mut dice = Dice(seed);
            let (catalog, domain) = (shuffled(catalog, &mut dice), shuffled(domain, &mut dice));
            let lines: Vec<_> = lines.iter().map(|line| shuffled_request(line, &mut dice)).collect();
            let [again, _] = explained(&catalog, &domain, &lines);
            assert!(again == json, "seed {seed} gives other bytes for {name}");
        }
    }
}

/// P3, P6: of several ids that deny, the reason is the same in whatever order they are stated, and the explanation
/// agrees.
#[test]
fn ids_that_nobody_knows_deny_alike_in_whatever_order_they_are_stated() {
    let [(_, catalog, domain), (_, notes, _)] = WORLDS;
    let (catalog, notes) = (Catalog::parse(catalog).unwrap(), Catalog::parse(notes).unwrap());
    let engine = Engine::compile(&catalog, &Domain::parse(domain).unwrap()).unwrap();
    let create_teams: PermissionId = catalog.find("create_teams").unwrap();
    let own: RoleId = catalog.find("member").unwrap();
    let foreign: RoleId = notes.find("writer").unwrap();
    let limits: [LimitId; 2] = [catalog.find("ai_outputs").unwrap(), notes.find("summaries").unwrap()];
    for roles in [
        [RoleId::UNKNOWN, foreign, own],
        [foreign, RoleId::UNKNOWN, own],
        [own, foreign, RoleId::UNKNOWN],
        [foreign, own, RoleId::UNKNOWN],
    ] {
        let request = Request::new(Subject::roles(&roles), create_teams);
        assert_eq!(engine.evaluate(&request).reason(), Reason::UnknownRole);
        assert_eq!(engine.explain(&request).decision(), engine.evaluate(&request));
    }
    let [own_limit, foreign_limit] = limits.map(|limit| (limit, Balance::Remaining(1)));
    let unknown = (LimitId::UNKNOWN, Balance::Used(1));
    for balances in [
        [own_limit, own_limit, foreign_limit, unknown],
        [unknown, foreign_limit, own_limit, own_limit],
        [foreign_limit, own_limit, unknown, own_limit],
    ] {
        let request = Request::new(Subject::role(own), create_teams).balances(&balances);
        assert_eq!(engine.evaluate(&request).reason(), Reason::UnknownLimit);
        let request = Request::new(Subject::role(own), create_teams).balances(&balances[..2]);
        assert!(engine.evaluate(&request).is_deny());
    }
}

/// What iterates in an order of its own each time would show somewhere, some day.
#[test]
fn no_map_of_the_library_has_a_random_seed() {
    fn files(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            let random = ["RandomState", "DefaultHasher", "HashMap::new", "HashSet::new"];
            let of_unknown_seed = ["HashMap<", "HashSet<", "IndexMap<", "IndexSet<"];
            let unknown = of_unknown_seed.iter().any(|map| line.contains(map)) && !line.contains("Fixed");
            let seeded = unknown || random.iter().any(|word| line.contains(word));
            assert!(!seeded, "{}: {line}", file.display());
        }
    }
}

//! The JSON Schemas of the file formats: every file of the examples is valid, every kind of mistake is not, and what a
//! schema lists is what the parser reads.

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test reads files, and stops where one fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use tollkeeper::catalog::Catalog;
use tollkeeper::check::Suite;
use tollkeeper::diagnostic::{Code, Diagnostics};
use tollkeeper::domain::Domain;
use tollkeeper::schema::Format;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(format: Format) -> Value {
    serde_json::from_str(&format.schema()).unwrap()
}

fn validator(format: Format) -> Validator {
    jsonschema::draft7::new(&schema(format)).unwrap()
}

fn value(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[test]
fn every_schema_is_one() {
    for format in Format::ALL {
        assert!(jsonschema::draft7::meta::is_valid(&schema(format)), "{}", format.as_str());
    }
}

#[test]
fn every_file_of_the_examples_is_valid() {
    let folders = [
        (Format::Catalog, "examples/catalogs"),
        (Format::Catalog, "src/catalog"),
        (Format::Domain, "examples/domains"),
        (Format::Suite, "examples/suites"),
    ];
    for (format, folder) in folders {
        let validator = validator(format);
        let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            let read = value(&fs::read_to_string(&file).unwrap());
            let wrong: Vec<String> =
                validator.iter_errors(&read).map(|it| format!("{}: {it}", it.instance_path())).collect();
            assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
        }
    }
    let requests = validator(Format::Request);
    for line in fs::read_to_string(root().join("tests/golden/clinic.requests.jsonl")).unwrap().lines() {
        assert!(requests.is_valid(&serde_json::from_str(line).unwrap()), "{line}");
    }
}

/// A file that is right, and what makes it wrong: the schema refuses each, as the parser does.
#[test]
fn every_kind_of_mistake_is_refused() {
    const CATALOG: &str = "catalog = { id = 'c', version = '1' }\n";
    const DOMAIN: &str = "domain = { id = 'd', kind = 'workspace', plan = 'starter' }\n";
    const SUITE: &str =
        "suite = { name = 's', domain = 'd.toml' }\n[[check]]\nname = 'c'\naction = { store = 'x' }\n";
    const RIGHT: &str = "expect = 'deny'\n";
    let check = format!("{SUITE}{RIGHT}");
    let table = [
        // An unknown table, an unknown key, at any depth.
        (Format::Catalog, CATALOG, "kind = {}"),
        (Format::Catalog, CATALOG, "plans.p = { lable = 'x' }"),
        (Format::Catalog, CATALOG, "regimes.r = { bars = { provider = [] } }"),
        (Format::Catalog, CATALOG, "settings.s = { default = 'on', change = [{ role = ['x'] }] }"),
        (Format::Domain, DOMAIN, "setings = {}"),
        (Format::Domain, DOMAIN, "roles.r = { base = 'x' }"),
        (Format::Suite, &check, "remark = 'x'"),
        (Format::Suite, &check, "remedy = [{ by = 'x', chnge = {} }]"),
        // Words that are none of those that a key takes.
        (Format::Catalog, CATALOG, "settings.s = { default = 'yes' }"),
        (Format::Catalog, CATALOG, "permissions.p = { default = { r = 'always' } }"),
        (Format::Catalog, CATALOG, "features.f = { providers = 'unknown' }"),
        (Format::Catalog, CATALOG, "data.d = { customer_key = 'yes' }"),
        (Format::Domain, DOMAIN, "settings.s = 'never'"),
        (Format::Domain, DOMAIN, "limits.l = { every = 'week' }"),
        (Format::Suite, &check, "reason = 'never-for-rule'"),
        (Format::Suite, &check, "remedy = 'possible'"),
        (Format::Suite, SUITE, "expect = 'maybe'"),
        // Ids outside the grammar.
        (Format::Catalog, CATALOG, "roles.'Admin' = {}"),
        (Format::Catalog, CATALOG, "facts.'a-b' = 'x'"),
        (
            Format::Catalog,
            CATALOG,
            "plans.a0123456789012345678901234567890123456789012345678901234567890123 = {}",
        ),
        (Format::Domain, DOMAIN, "roles.'1st' = { based_on = 'guest' }"),
        // Values of another type.
        (Format::Catalog, CATALOG, "roles.r = { custom = 'yes' }"),
        (Format::Catalog, CATALOG, "roles.r = { inherent = 'p' }"),
        (Format::Domain, DOMAIN, "holders.h = -1"),
        (Format::Domain, DOMAIN, "holders.h = 1.5"),
        (Format::Domain, DOMAIN, "lists.l = 'a.example'"),
        (Format::Suite, &check, "obligations = 'x'"),
        (Format::Suite, &check, "context = { facts = { f = 'true' } }"),
        // Keys that must be there.
        (Format::Catalog, "", "catalog = { id = 'c' }"),
        (Format::Catalog, CATALOG, "settings.s = {}"),
        (Format::Catalog, CATALOG, "lists.l = {}"),
        (Format::Catalog, CATALOG, "models.m = {}"),
        (Format::Domain, "", "settings = {}"),
        (Format::Domain, "", "domain = { id = 'd', kind = 'k' }"),
        (Format::Suite, SUITE, ""),
        (Format::Suite, &check, "[[check]]\nname = 'x'\nexpect = 'deny'"),
        (Format::Suite, &check, "[[table]]\nname = 'x'"),
        // Texts of a certain form.
        (Format::Domain, DOMAIN, "limits.l = { anchor = '31.1.2026' }"),
        (Format::Catalog, CATALOG, "models.m = { provider = 'p', price = { input = '0.0001' } }"),
        (Format::Catalog, CATALOG, "connectors.c = { modes = {}, initial_sync = '3 days' }"),
    ];
    for (format, right, wrong) in table {
        let validator = validator(format);
        let text = format!("{right}{wrong}\n");
        if !right.is_empty() && right != SUITE {
            assert!(validator.is_valid(&value(right)), "{right}");
        }
        assert!(!validator.is_valid(&value(&text)), "{text}");
        assert!(parsed(format, &text).is_err(), "{text}");
    }
}

fn parsed(format: Format, text: &str) -> Result<(), Diagnostics> {
    match format {
        Format::Catalog => Catalog::parse(text).map(drop),
        Format::Domain => {
            let domain = Domain::parse(text)?;
            tollkeeper::engine::Engine::compile(&Catalog::builtin(), &domain).map(drop)
        }
        _ => Suite::parse(text).map(drop),
    }
}

/// A file that has every table and key that a schema lists, made from the schema alone: the parser knows all of it.
#[test]
fn everything_that_a_schema_lists_is_read() {
    for format in [Format::Catalog, Format::Domain, Format::Suite] {
        let schema = schema(format);
        let whole = sample(&schema);
        let wrong: Vec<String> =
            validator(format).iter_errors(&whole).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let text = toml::to_string(&whole).unwrap();
        assert!(text.lines().count() > 20, "{text}");
        // What names refer to is found later, when a domain is compiled.
        let read =
            if format == Format::Domain { Domain::parse(&text).map(drop) } else { parsed(format, &text) };
        let Err(problems) = read else { continue };
        let shape = [Code::Syntax, Code::UnknownTable, Code::UnknownKey, Code::WrongType, Code::UnknownValue];
        let shape: Vec<_> = problems.problems().filter(|it| shape.contains(&it.code)).collect();
        assert!(shape.is_empty(), "{}: {shape:#?}\n{text}", format.as_str());
    }
}

/// A value of a schema, with every key.
fn sample(schema: &Value) -> Value {
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(constant) = schema.get("const").or_else(|| first("enum")) {
        return constant.clone();
    }
    if let Some(way) = first("anyOf").or_else(|| first("oneOf")) {
        return sample(way);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {
            let entry = |(key, schema): (&String, &Value)| (key.clone(), sample(schema));
            let object = |key: &str| schema.get(key).and_then(Value::as_object).into_iter().flatten();
            let mut all: Map<String, Value> = object("properties").map(entry).collect();
            let others = object("patternProperties").map(|(_, schema)| schema);
            let others = others.chain(schema.get("additionalProperties").filter(|it| it.is_object()));
            all.extend(others.map(|schema| ("a".to_owned(), sample(schema))));
            all.into()
        }
        Some("array") => json!([sample(schema.get("items").unwrap_or(&Value::Null))]),
        Some("string") => match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) if pattern.contains("[hd]") => json!("72h"),
            Some(pattern) if pattern.contains("[Tt ]") => json!("2026-11-22T10:00:00Z"),
            Some(pattern) if pattern.contains("-[0-9]{2}$") => json!("2026-01-31"),
            Some(pattern) if pattern.starts_with("^[0-9]+") => json!("0.25"),
            _ => json!("a"),
        },
        Some("integer") => json!(100),
        Some("boolean") => json!(true),
        other => panic!("a schema of type {other:?}: {schema}"),
    }
}

//! Imports in `src` point one way: each module knows those below it and nothing above.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test fails by panicking; a table is as long as it is"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module with the modules that it may import.
const LAYERS: [(&str, &[&str]); 16] = [
    ("ascending", &[]),
    ("id", &[]),
    ("units", &[]),
    ("word", &[]),
    ("hash", &[]),
    ("diagnostic", &[]),
    ("document", &["diagnostic"]),
    ("decision", &["id"]),
    ("catalog", &["ascending", "id", "units", "word", "hash", "diagnostic", "document"]),
    (
        "domain",
        &["ascending", "id", "units", "word", "hash", "diagnostic", "document", "decision", "catalog"],
    ),
    ("request", &["id", "units", "word", "document", "domain"]),
    (
        "engine",
        &[
            "ascending",
            "id",
            "units",
            "word",
            "hash",
            "diagnostic",
            "document",
            "decision",
            "catalog",
            "domain",
            "request",
        ],
    ),
    ("usage", &["id", "units", "word"]),
    (
        "analysis",
        &[
            "ascending",
            "id",
            "units",
            "word",
            "diagnostic",
            "document",
            "decision",
            "catalog",
            "domain",
            "request",
            "engine",
        ],
    ),
    (
        "check",
        &[
            "id",
            "units",
            "word",
            "diagnostic",
            "document",
            "decision",
            "catalog",
            "domain",
            "request",
            "engine",
            "analysis",
        ],
    ),
    ("schema", &["catalog", "check", "domain", "request"]),
];

/// The modules that a line of code imports: what stands behind `crate::`, in braces or not.
fn imported(line: &str) -> Vec<&str> {
    let line = line.split("//").next().unwrap_or("");
    let name =
        |text: &str| text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(text.len());
    let mut found = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group.split([',', '{', '}']).map(|one| {
                let one = one.trim();
                &one[..name(one)]
            })),
            None => found.push(&rest[..name(rest)]),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The lines of a file that are compiled into the library, with their numbers: no tests, which stand last.
fn library_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().take_while(|line| line.trim() != "#[cfg(test)]"))
}

/// Every import that points the wrong way, with its place.
fn offences(module: &str, name: &str, text: &str) -> Vec<String> {
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == module) else {
        return vec![format!(
            "{name}: module `{module}` has no layer; say in tests/imports.rs what it may import"
        )];
    };
    let wrong = |other: &&str| *other != module && !allowed.contains(other);
    library_lines(text)
        .flat_map(|(line, code)| imported(code).into_iter().filter(wrong).map(move |other| (line, other)))
        .map(|(line, other)| format!("{name}:{line}: `{module}` must not import `{other}`"))
        .collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&src, &mut paths);
    paths.sort();
    let mut offending = Vec::new();
    for path in paths {
        let inside = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        let module = inside.split('/').next().unwrap().trim_end_matches(".rs");
        // The root names everything.
        if module != "lib" {
            let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
            offending.extend(offences(module, &format!("src/{inside}"), &text));
        }
    }
    assert!(offending.is_empty(), "\n{}", offending.join("\n"));
}

#[test]
fn an_offending_import_is_named_with_file_and_line() {
    let text = "\
//! See [`crate::engine`].
use crate::id::RoleId;
use crate::{word::Switch, engine::Engine};
pub(crate) fn deep() -> crate::request::Action { todo!() }
#[cfg(test)]
use crate::engine::Engine;
";
    assert_eq!(
        offences("catalog", "src/catalog/x.rs", text),
        [
            "src/catalog/x.rs:3: `catalog` must not import `engine`",
            "src/catalog/x.rs:4: `catalog` must not import `request`",
        ]
    );
    assert_eq!(
        offences("engine", "x", "use crate::usage::Ledger;"),
        ["x:1: `engine` must not import `usage`"]
    );
    assert_eq!(offences("decision", "x", "use crate::catalog::Catalog;").len(), 1);
    assert_eq!(offences("domain", "x", "use crate::request::Request;").len(), 1);
    assert_eq!(offences("usage", "x", "use crate::engine::Engine;").len(), 1);
    assert_eq!(offences("attic", "src/attic.rs", "").len(), 1);
}

#[test]
fn every_layer_stands_above_what_it_imports() {
    for (position, (layer, below)) in LAYERS.iter().enumerate() {
        for other in *below {
            let at = LAYERS.iter().position(|(name, _)| name == other);
            assert!(at.is_some_and(|at| at < position), "{layer} imports {other}");
        }
    }
}

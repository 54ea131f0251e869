//! The citations in this package and the list of rules agree.

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

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every id such as `AB-12` or `ABC-12` that stands by itself in a text, with its line.
fn ids(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for word in line.split(|one: char| !one.is_ascii_alphanumeric() && one != '-') {
            let Some((group, digits)) = word.split_once('-') else { continue };
            let is_group =
                (2..=3).contains(&group.len()) && group.bytes().all(|one| one.is_ascii_uppercase());
            if is_group && digits.len() == 2 && digits.bytes().all(|one| one.is_ascii_digit()) {
                found.push((number, word));
            }
        }
    }
    found
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            files(&path, into);
        } else if matches!(extension, Some("rs" | "toml")) {
            into.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    String::from_utf8(fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_rule_is_explained_once() {
    let text = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules.md"));
    let explained: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("- **")).collect();
    let ids: Vec<&str> = explained.iter().map(|line| line.split_once("** ").unwrap().0).collect();
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), once.len(), "an id stands twice");
    assert!(once.len() > 100, "{}", once.len());
}

#[test]
fn every_id_cited_is_explained_and_every_rule_is_cited_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = read(&root.join("tests/rules.md"));
    let explained: BTreeSet<&str> =
        text.lines().filter_map(|line| Some(line.strip_prefix("- **")?.split_once("**")?.0)).collect();
    let mut paths = Vec::new();
    for folder in ["src", "tests", "examples", "benches"] {
        files(&root.join(folder), &mut paths);
    }
    let mut tested = BTreeSet::new();
    for path in &paths {
        let text = read(path);
        for (line, id) in ids(&text) {
            // This file's own examples of what an id looks like.
            if ["AB-12", "ABC-12"].contains(&id) {
                continue;
            }
            assert!(explained.contains(id), "{}:{line}: {id} is not in tests/rules.md", path.display());
            // A file of the library cites a rule that it keeps; only a test shows that it does.
            if path.components().any(|part| part.as_os_str() == "tests") {
                tested.insert(id.to_owned());
            }
        }
    }
    let untested: Vec<_> = explained.iter().filter(|id| !tested.contains(**id)).collect();
    assert!(untested.is_empty(), "no test cites {untested:?}");
}

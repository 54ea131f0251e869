//! What each command prints on the sample domains, to the byte, and how it ends.
//!
//! `UPDATE_EXPECT=1 cargo test -p tollkeeper-cli` writes the outputs anew.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test starts programs, and stops where one fails"
)]

use std::path::Path;
use std::process::Command;

use expect_test::{ExpectFile, expect_file};

const CLINIC: &str = "examples/domains/clinic.toml";
const CANDIDATE: &str = "examples/domains/clinic_candidate.toml";

/// Runs the command line at the root of the repository: its exit code, then everything it printed.
fn run(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollkeeper"));
    let output = command.args(arguments).current_dir(root).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    format!("exit {code}\n{}{}", text(output.stdout), text(output.stderr))
}

fn check(arguments: &[&str], expected: &ExpectFile) {
    expected.assert_eq(&run(arguments));
}

#[test]
fn evaluate_says_allow_or_deny_and_why() {
    let asked = ["evaluate", CLINIC, "--role", "member", "--feature"];
    check(&[&asked[..], &["smart_status"]].concat(), &expect_file!["golden/evaluate.txt"]);
    check(&[&asked[..], &["smart_editor", "--json"]].concat(), &expect_file!["golden/evaluate.json"]);
    let line = [&asked[..], &["smart_editor", "--json", "--log"]].concat();
    check(&line, &expect_file!["golden/evaluate_log.json"]);
}

#[test]
fn explain_shows_every_gate() {
    let asked =
        ["explain", CLINIC, "--role", "contractor", "--permission", "delete_tasks", "--fact", "task_access"];
    check(&asked, &expect_file!["golden/explain.txt"]);
}

#[test]
fn remedies_say_what_would_have_to_change() {
    let facts = ["--fact", "via_app=false"];
    let uploads = ["remedies", CLINIC, "--role", "member", "--permission", "upload_files"];
    check(&[&uploads[..], &facts].concat(), &expect_file!["golden/remedies.txt"]);
    let never = ["remedies", CLINIC, "--role", "guest", "--permission", "create_teams"];
    check(&never, &expect_file!["golden/remedies_impossible.txt"]);
    check(&[&never[..], &["--json"]].concat(), &expect_file!["golden/remedies.json"]);
}

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    for golden in [include_str!("golden/remedies.txt"), include_str!("golden/remedies_impossible.txt")] {
        let (_, printed) = golden.split_once('\n').unwrap();
        assert!(readme.contains(printed), "not in the README:\n{printed}");
    }
}

#[test]
fn a_matrix_comes_as_text_csv_and_a_page() {
    check(&["matrix", CLINIC], &expect_file!["golden/matrix.txt"]);
    check(&["matrix", CLINIC, "--format", "csv"], &expect_file!["golden/matrix.csv"]);
    check(&["matrix", CLINIC, "--format", "html"], &expect_file!["golden/matrix.html"]);
    let notes = ["matrix", "examples/domains/book_club.toml", "--catalog", "examples/catalogs/notes.toml"];
    check(&notes, &expect_file!["golden/matrix_notes.txt"]);
}

#[test]
fn diff_names_every_cell_that_differs() {
    check(&["diff", CLINIC, CANDIDATE], &expect_file!["golden/diff.txt"]);
    check(&["diff", CLINIC, CLINIC], &expect_file!["golden/diff_same.txt"]);
}

#[test]
fn replay_names_every_request_that_flips() {
    let asked = ["replay", CLINIC, CANDIDATE, "examples/logs/clinic.jsonl"];
    check(&asked, &expect_file!["golden/replay.txt"]);
    check(&[&asked[..], &["--json"]].concat(), &expect_file!["golden/replay.json"]);
    check(&[&asked[..], &["--counts"]].concat(), &expect_file!["golden/replay_counts.txt"]);
}

#[test]
fn lint_shows_each_finding_by_an_evaluation() {
    check(&["lint", CLINIC], &expect_file!["golden/lint.txt"]);
}

#[test]
fn escalation_shows_the_way_or_says_no() {
    check(&["escalation", CLINIC], &expect_file!["golden/escalation.txt"]);
    let no = ["escalation", CLINIC, "--role", "admin", "--permission", "manage_roles"];
    check(&no, &expect_file!["golden/escalation_none.txt"]);
}

#[test]
fn what_cannot_be_asked_is_said_with_place_and_ends_with_two() {
    // A catalog is no domain: every table of it is shown with line and caret.
    check(&["lint", "examples/catalogs/notes.toml"], &expect_file!["golden/error_file.txt"]);
    check(&["lint", "examples/domains/nowhere.toml"], &expect_file!["golden/error_path.txt"]);
    check(&["evaluate", CLINIC, "--role", "member"], &expect_file!["golden/error_request.txt"]);
    check(&["check", "examples/domains/clinic.toml"], &expect_file!["golden/error_check.txt"]);
}

#[test]
fn check_runs_suites_and_ends_with_one_where_a_check_fails() {
    let suites = ["examples/suites/clinic.toml", "examples/suites/book_club.toml"];
    check(&[&["check"][..], &suites].concat(), &expect_file!["golden/check.txt"]);
    let failing = "examples/cli/tests/failing_suite.toml";
    check(&["check", failing], &expect_file!["golden/check_fails.txt"]);
    assert!(run(&["check", failing, suites[0], "--json"]).starts_with("exit 1\n["));
}

#[test]
fn help_teaches() {
    check(&["--help"], &expect_file!["golden/help.txt"]);
}

#[test]
fn json_says_nothing_else_and_colour_needs_to_be_asked_for_without_a_terminal() {
    let json = run(&["matrix", CLINIC, "--json"]);
    let (code, json) = json.split_once('\n').unwrap();
    assert_eq!(code, "exit 0");
    serde_json::from_str::<tollkeeper::analysis::Matrix>(json).unwrap();
    assert!(!run(&["matrix", CLINIC]).contains('\x1b'));
    assert!(run(&["matrix", CLINIC, "--color", "always"]).contains('\x1b'));
}

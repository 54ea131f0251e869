//! What each command prints on the sample domains, to the byte, and how it ends.
//!
//! `UPDATE_EXPECT=1 cargo test -p tollkeeper-cli` writes the outputs anew.

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test starts programs, and stops where one fails"
)]

mod common;

use std::path::PathBuf;

use common::{command, root, run};
use expect_test::{ExpectFile, expect_file};

const CLINIC: &str = "examples/domains/clinic.toml";
const CANDIDATE: &str = "examples/domains/clinic_candidate.toml";
const SUITE: &str = "examples/suites/clinic.toml";

fn check(arguments: &[&str], expected: &ExpectFile) {
    expected.assert_eq(&run(arguments).shown());
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
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
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
    check(&["lint", "examples/domains/hospital_group.toml"], &expect_file!["golden/lint_contract.txt"]);
}

#[test]
fn escalation_shows_the_way_or_says_no() {
    check(&["escalation", CLINIC], &expect_file!["golden/escalation.txt"]);
    let no = ["escalation", CLINIC, "--role", "admin", "--permission", "manage_roles"];
    check(&no, &expect_file!["golden/escalation_none.txt"]);
}

#[test]
fn check_runs_suites_and_ends_with_one_where_a_check_fails() {
    let suites = ["examples/suites/clinic.toml", "examples/suites/book_club.toml"];
    check(&[&["check"][..], &suites].concat(), &expect_file!["golden/check.txt"]);
    let failing = "examples/cli/tests/failing_suite.toml";
    check(&["check", failing], &expect_file!["golden/check_fails.txt"]);
    check(&["check", failing, "--missed"], &expect_file!["golden/check_missed.txt"]);
}

#[test]
fn schema_prints_the_schema_of_a_format() {
    check(&["schema", "domain"], &expect_file!["golden/schema_domain.txt"]);
}

const COMMANDS: [&str; 10] =
    ["evaluate", "explain", "remedies", "matrix", "diff", "replay", "lint", "escalation", "check", "schema"];

#[test]
fn help_teaches() {
    check(&["--help"], &expect_file!["golden/help.txt"]);
    for name in COMMANDS {
        let help = run(&[name, "--help"]).shown();
        ExpectFile { path: format!("golden/help_{name}.txt").into(), ..expect_file!["golden/help.txt"] }
            .assert_eq(&help);
        assert!(help.contains("Exit code: 0"), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
    }
}

/// Every command with an answer that holds, one that does not, and a file that is not there.
#[test]
fn exit_codes_are_those_that_help_states_and_json_is_there_for_every_command() {
    let teams = ["--permission", "create_teams", "--role"];
    let asked =
        |command: &'static str, role: &'static str| [&[command, CLINIC][..], &teams, &[role]].concat();
    let cases: Vec<(i32, Vec<&str>)> = vec![
        (0, asked("evaluate", "member")),
        (1, asked("evaluate", "guest")),
        (2, vec!["evaluate", "nowhere.toml", "--role", "member", "--feature", "x"]),
        (0, asked("explain", "member")),
        (1, asked("explain", "guest")),
        (2, vec!["explain", "nowhere.toml", "--role", "member", "--feature", "x"]),
        (0, asked("remedies", "member")),
        (1, asked("remedies", "guest")),
        (2, vec!["remedies", "nowhere.toml", "--role", "member", "--feature", "x"]),
        (0, vec!["matrix", CLINIC]),
        (2, vec!["matrix", "nowhere.toml"]),
        (0, vec!["diff", CLINIC, CLINIC]),
        (1, vec!["diff", CLINIC, CANDIDATE]),
        (2, vec!["diff", CLINIC, "nowhere.toml"]),
        (0, vec!["replay", CLINIC, CLINIC, "examples/logs/clinic.jsonl"]),
        (1, vec!["replay", CLINIC, CANDIDATE, "examples/logs/clinic.jsonl"]),
        (2, vec!["replay", CLINIC, CANDIDATE, "nowhere.jsonl"]),
        (0, vec!["lint", "examples/domains/todo.toml", "--catalog", "examples/catalogs/todo.toml"]),
        (1, vec!["lint", CLINIC]),
        (2, vec!["lint", "nowhere.toml"]),
        (0, vec!["escalation", CLINIC, "--role", "admin", "--permission", "manage_roles"]),
        (1, vec!["escalation", CLINIC]),
        (2, vec!["escalation", "nowhere.toml"]),
        (0, vec!["check", SUITE]),
        (1, vec!["check", "examples/cli/tests/failing_suite.toml", SUITE]),
        (2, vec!["check", "nowhere.toml"]),
        (0, vec!["schema", "catalog"]),
        (2, vec!["schema", "catalogue"]),
    ];
    for (code, arguments) in &cases {
        let (text, json) = (run(arguments), run(&[&arguments[..], &["--json"]].concat()));
        assert_eq!((text.code, json.code), (*code, *code), "{arguments:?}: {}", text.shown());
        if *code == 2 {
            assert!(text.out.is_empty() && text.err.starts_with("error"), "{arguments:?}: {}", text.shown());
            continue;
        }
        assert_eq!((text.err, json.err), (String::new(), String::new()), "{arguments:?}");
        // A log is replayed as lines, one object each; all else is one value.
        let values: Vec<serde_json::Value> =
            serde_json::Deserializer::from_str(&json.out).into_iter().collect::<Result<_, _>>().unwrap();
        assert!(
            if arguments[0] == "replay" { !values.is_empty() } else { values.len() == 1 },
            "{arguments:?}"
        );
    }
    for name in COMMANDS {
        assert!(cases.iter().any(|(_, arguments)| arguments[0] == name), "{name}");
    }
}

#[test]
fn json_is_what_the_library_reads_again() {
    let json = run(&["matrix", CLINIC, "--json"]).out;
    serde_json::from_str::<tollkeeper::analysis::MatrixRecord>(&json).unwrap();
    let json = run(&["remedies", CLINIC, "--role", "member", "--feature", "smart_editor", "--json"]).out;
    serde_json::from_str::<tollkeeper::analysis::Remedies>(&json).unwrap();
}

#[test]
fn without_a_terminal_there_is_no_colour_unless_asked_for_and_no_progress() {
    for arguments in [
        &["matrix", CLINIC][..],
        &["explain", CLINIC, "--role", "guest", "--permission", "create_teams"],
        &["lint", CANDIDATE],
        &["lint", "examples/catalogs/nowhere.toml"],
    ] {
        assert!(!run(arguments).shown().contains('\x1b'), "{arguments:?}");
    }
    assert!(run(&["matrix", CLINIC, "--color", "always"]).out.contains('\x1b'));
    assert!(run(&["check", CLINIC, "--request", "{}", "--color", "always"]).code == 2);
    assert!(run(&["evaluate", CLINIC, "--request", "{", "--color", "always"]).err.contains('\x1b'));
    let log = made_log("hidden.jsonl");
    assert_eq!(run(&["replay", CLINIC, CANDIDATE, &log, "--counts"]).err, "");
}

/// A log that is replayed for a while.
fn made_log(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let log = std::fs::read_to_string(root().join("examples/logs/clinic.jsonl")).unwrap();
    std::fs::write(&path, log.repeat(1_000)).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// On a terminal: `script` of util-linux makes one.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_there_is_colour_and_progress() {
    let on_a_terminal = |arguments: &[&str], no_colour: bool| {
        let line = [&[env!("CARGO_BIN_EXE_tollkeeper")], arguments].concat().join(" ");
        let mut script = std::process::Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .current_dir(root())
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        if no_colour {
            script.env("NO_COLOR", "1");
        }
        let output = script.stdin(std::process::Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let denied = ["evaluate", CLINIC, "--role", "guest", "--permission", "create_teams"];
    assert!(on_a_terminal(&denied, false).starts_with("\x1b[31mdeny\x1b[0m (never-for-role)"));
    assert!(on_a_terminal(&denied, true).starts_with("deny (never-for-role)"));
    let log = made_log("shown.jsonl");
    let replayed = on_a_terminal(&["replay", CLINIC, CANDIDATE, &log, "--counts"], false);
    assert!(replayed.contains(" %, ") && replayed.contains(" requests, "), "{replayed:?}");
    // Once it is over nothing is left of the bar: the line is erased before the counts.
    let (bar, counts) = replayed.rsplit_once("\x1b[2K").unwrap();
    assert!(bar.contains(" requests, ") && counts.starts_with("6000 requests: "), "{counts:?}");
}

/// The README shows what is printed, to the byte.
#[test]
fn the_transcripts_of_the_readme_are_what_is_printed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let prompt = "$ cargo run -p tollkeeper-cli -- ";
    let mut transcripts = 0;
    for block in readme.split("```text\n").skip(1).filter_map(|it| it.split("```").next()) {
        for transcript in block.split("$ ").skip(1) {
            let typed = format!("$ {}", transcript.replace("\\\n", " "));
            let (line, shown) = typed.split_once('\n').unwrap();
            let Some(line) = line.strip_prefix(prompt) else { panic!("{line}: the prompt is `{prompt}`") };
            let arguments: Vec<&str> = line.split_whitespace().collect();
            let shown = shown.trim_end().to_owned() + "\n";
            let output = command(&arguments).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), shown, "{line}");
            transcripts += 1;
        }
    }
    assert!(transcripts >= 2, "{transcripts} transcripts");
}

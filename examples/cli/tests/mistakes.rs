//! What somebody gets to read who makes a mistake, and that nothing breaks by it.
//!
//! `UPDATE_EXPECT=1 cargo test -p tollkeeper-cli` writes the transcript anew.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test starts programs and writes files, and stops where one fails"
)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use common::{command, root, run, run_with};
use expect_test::expect_file;

const CLINIC: &str = "examples/domains/clinic.toml";
const CANDIDATE: &str = "examples/domains/clinic_candidate.toml";
const SUITE: &str = "examples/suites/clinic.toml";

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// A file made for a test.
fn made(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// The transcript of every mistake that was made on purpose: each names what is wrong, where, and what to do.
#[test]
fn every_mistake_is_answered_with_place_problem_and_fix() {
    let log = text("examples/logs/clinic.jsonl");
    let lines: Vec<&str> = log.lines().collect();
    let broken_log = [&lines[..2], &["{\"action\":"], &lines[2..]].concat().join("\n");
    let old_log = lines[0].replacen("\"subject\"", "\"subjekt\"", 1);
    let typo = text(CLINIC).replacen("add_ons", "addons", 1);
    let suite = text(SUITE).replace("../domains/clinic.toml", "nowhere.toml");
    let in_place = "[suite]\nname = 's'\n[domain]\nid = 'd'\nkind = 'workspace'\nplan = 'startr'\n[[check]]\nname = 'c'\naction = { store = 'x' }\nexpect = 'deny'\n";
    let (typo_file, broken_log) = (made("typo.toml", &typo), made("broken.jsonl", broken_log));
    let windows = made("windows.toml", typo.replace('\n', "\r\n"));
    let (misspelt, latin) = (made("misspelt.jsonl", old_log), made("latin.toml", b"id = \"\xff\""));
    let (suite, in_place) = (made("suite.toml", suite), made("in_place.toml", in_place));
    // Shape and names: whoever mends one sees the other at the same time.
    let mixed = "[domain]\nid = 'acme'\nkind = 'workspce'\nplan = 'starter'\n[settings]\nuploads = true\n";
    let mixed = made("mixed.toml", mixed);
    let suite_of_typos = "[suite]\nname = 's'\n[domain]\nid = 'd'\nkind = 'workspace'\nplan = 'starter'\n[[check]]\nname = 'denied'\nsubject = { roles = ['gust'] }\naction = { permission = 'create_teams' }\nexpect = 'deny'\n[[check]]\nname = 'allowed'\nsubject = { roles = ['membr'] }\naction = { permission = 'create_teams' }\nexpect = 'allow'\n";
    let suite_of_typos = made("suite_of_typos.toml", suite_of_typos);
    let (empty, no_log) = (made("empty.toml", ""), made("empty.jsonl", "\n\n"));
    let teams = ["--permission", "create_teams"];
    let mistakes: Vec<Vec<&str>> = vec![
        // Files.
        vec!["lint", "nowhere.toml"],
        vec!["lint", "examples/domains"],
        vec!["lint", &latin],
        vec!["lint", &empty],
        vec!["lint", &typo_file],
        vec!["lint", &windows],
        vec!["lint", &mixed],
        vec!["lint", "examples/catalogs/notes.toml"],
        vec!["lint", SUITE],
        vec!["lint", CLINIC, "--catalog", CLINIC],
        vec!["lint", "examples/domains/book_club.toml"],
        vec!["check", CLINIC],
        vec!["check", "examples/suites"],
        vec!["check", SUITE, &suite],
        vec!["check", &in_place],
        vec!["check", &suite_of_typos],
        vec!["replay", CLINIC, CANDIDATE, "examples/logs"],
        vec!["replay", CLINIC, CANDIDATE, &broken_log],
        vec!["replay", CLINIC, CANDIDATE, &misspelt],
        vec!["replay", CLINIC, CANDIDATE, &no_log],
        vec!["replay", CLINIC, CANDIDATE],
        // Names.
        vec!["evaluate", CLINIC, "--role", "membr", teams[0], teams[1]],
        vec!["evaluate", CLINIC, "--role", "member", "--permission", "create_temas"],
        vec!["explain", CLINIC, "--role", "member", teams[0], teams[1], "--fact", "drafft"],
        vec!["remedies", CLINIC, "--role", "member", "--feature", "smart_edtor"],
        vec!["escalation", CLINIC, "--role", "membr", teams[0], teams[1]],
        // Requests.
        vec!["evaluate", CLINIC, "--role", "member"],
        vec!["evaluate", CLINIC, "--role", "member", "--turn", "uploads"],
        vec!["evaluate", CLINIC, "--role", "member", teams[0], teams[1], "--fact", "draft=maybe"],
        vec![
            "evaluate",
            CLINIC,
            "--role",
            "member",
            teams[0],
            teams[1],
            "--fact",
            "draft",
            "--fact",
            "draft=false",
        ],
        vec!["evaluate", CLINIC, "--request", "{\"subject\":{\"role\":\"member\"}}"],
        vec!["evaluate", CLINIC, "--request", "{\"subject\":{},\n \"action\":{\"permission\":7}}"],
        vec![
            "evaluate",
            CLINIC,
            "--request",
            "{\"action\":{\"change\":{\"setting\":\"uploads\",\"to\":true}}}",
        ],
        vec!["evaluate", CLINIC, "--request", "role=member"],
        vec!["evaluate", CLINIC, "--request", "-"],
        // Options.
        vec![],
        vec!["explane", CLINIC],
        vec!["diff", CLINIC],
        vec!["escalation", CLINIC, "--role", "member"],
        vec!["matrix", CLINIC, "--format", "pdf"],
        vec!["matrix", CLINIC, "--format", "csv", "--json"],
        vec!["check", SUITE, "--catalog", "examples/catalogs/notes.toml"],
        vec!["schema", "domains"],
    ];
    let mut transcript = String::new();
    for mistake in mistakes {
        let ran = run(&mistake);
        let named = ["evaluate", "explain", "remedies", "check"].iter().any(|it| mistake.first() == Some(it));
        // A request with a name that nothing has is denied; whatever else is wrong cannot be asked.
        assert!(ran.code == 2 || named && ran.code == 1, "{mistake:?}: {}", ran.shown());
        let typed: Vec<String> = mistake.iter().map(|word| quoted(word)).collect();
        let shown = ran.shown().replace("\r\n", "\n");
        let _ = writeln!(transcript, "$ tollkeeper {}\n{shown}", typed.join(" "));
    }
    let transcript = transcript.replace(env!("CARGO_TARGET_TMPDIR"), "TMP");
    expect_file!["golden/mistakes.txt"].assert_eq(&transcript);
}

/// The README shows one, of a file that leads up to its line.
#[test]
fn the_mistake_of_the_readme_is_what_is_printed() {
    let readme = text("README.md");
    let (_, rest) = readme.split_once("```text\nerror[").unwrap();
    let shown = format!("error[{}", rest.split_once("```").unwrap().0);
    let domain = "[domain]\nid = \"acme\"\nkind = \"workspace\"\nplan = \"enterprise_plus\"\n\n\n\n\n\n\
                  [roles.contractor]\nbased_on = \"guest\"\npermissions = { create_teams = \"on\" }\n";
    let file = made("acme.toml", domain);
    assert_eq!(run(&["lint", &file]).err.replace(&file, "acme.toml"), shown);
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=".contains(letter);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

/// Windows line ends and a byte order mark are no mistakes.
#[test]
fn files_from_windows_are_read_like_others() {
    let bom = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let domain = made("bom.toml", bom(&text(CLINIC)));
    assert_eq!(run(&["lint", &domain]).shown(), run(&["lint", CLINIC]).shown());
    let log = made("bom.jsonl", bom(&text("examples/logs/clinic.jsonl")));
    let replayed = |log: &str| run(&["replay", CLINIC, CANDIDATE, log]).shown();
    assert_eq!(replayed(&log), replayed("examples/logs/clinic.jsonl"));
    let request =
        bom("{\"subject\":{\"roles\":[\"member\"]},\n\"action\":{\"permission\":\"create_teams\"}}\n");
    assert_eq!(run_with(&["evaluate", CLINIC, "--request", "-"], &request).code, 0);
}

/// `| head -1`: whoever stops reading ends the command, quietly.
#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let line = text("examples/logs/clinic.jsonl").lines().next().unwrap().to_owned() + "\n";
    let log = made("long.jsonl", line.repeat(20_000));
    let mut replay = command(&["replay", CLINIC, CANDIDATE, &log]);
    let mut child = replay.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(first.contains("deny to allow"), "{first}");
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(141), String::new()));
}

/// A full disk is a failure, said and not panicked about.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    for arguments in
        [&["matrix", CLINIC][..], &["evaluate", CLINIC, "--role", "member", "--feature", "smart_status"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(said.starts_with("error: the answer cannot be written: "), "{said}");
    }
}

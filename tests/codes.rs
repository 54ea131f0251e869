//! The words that are public contract. A word may be added; one that changes or goes breaks programs.

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
use std::fmt::Write as _;

use expect_test::expect;
use tollkeeper::decision::{Gate, Parameter, Reason};
use tollkeeper::diagnostic::Code;

fn lines<T>(all: &[T], line: impl Fn(&T) -> String) -> String {
    let lines: Vec<String> = all.iter().map(line).collect();
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "a word stands twice");
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{}", line.trim_end()).unwrap();
        text
    })
}

fn is_kebab(word: &str) -> bool {
    word.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

// DEC-03
#[test]
fn the_reasons_are_these_with_these_gates() {
    expect![[r"
        inherent
        on-by-default
        on-for-role
        exempt
        decided-by-other-permission
        feature-on
        data-permitted
        authorized-change
        connector-permitted
        unknown-role                 known
        unknown-standing             known
        unknown-permission           known
        unknown-feature              known
        unknown-setting              known
        unknown-list                 known
        unknown-data                 known
        unknown-fact                 known
        unknown-limit                known
        unknown-model                known
        unknown-quantity             known
        unknown-connector            known
        unknown-mode                 known
        unknown-object               known
        foreign-id                   known
        malformed-request            known
        not-in-plan                  plan
        not-for-domain-kind          kind
        provider-barred              compliance
        service-barred               compliance
        data-barred                  compliance
        not-readable                 compliance
        setting-off                  setting
        setting-absent               setting
        setting-locked               setting
        never-for-role               role
        not-granted-to-role          role
        off-for-role                 role-setting
        off-by-default               role-setting
        not-authorized               authority
        needs-role                   authority
        needs-verification           authority
        last-holder                  authority
        role-in-use                  authority
        role-immutable               authority
        invalid-change               authority
        out-of-scope                 facts
        fact-false                   facts
        fact-true                    facts
        missing-fact                 facts
        not-on-list                  list
        list-empty                   list
        opt-in-missing               opt-in
        limit-reached                usage
        credits-exhausted            usage
        unpriced                     usage
        balance-unknown              usage
        unknown-obligation           usage
    "]]
    .assert_eq(&lines(Reason::ALL, |reason| {
        format!("{:<28} {}", reason.as_str(), reason.gate().map_or("", Gate::as_str))
    }));
    assert!(Reason::ALL.iter().all(|reason| is_kebab(reason.as_str())));
}

#[test]
fn the_gates_are_these_in_this_order() {
    expect![[r"
        known
        plan
        kind
        compliance
        setting
        role
        role-setting
        authority
        facts
        list
        opt-in
        usage
    "]]
    .assert_eq(&lines(&Gate::ALL, |gate| gate.as_str().to_owned()));
}

#[test]
fn the_diagnostic_codes_are_these() {
    expect![[r"
        syntax
        unknown-table
        unknown-key
        missing-key
        wrong-type
        unknown-value
        malformed-id
        unknown-name
        duplicate
        contradiction
        cycle
        too-many
        out-of-range
        missing-guarantee
        never-for-role
        inherent-permission
        no-such-permission
        immutable-role
        not-in-plan
        dangling-restriction
        regime-not-in-force
        missing-count
    "]]
    .assert_eq(&lines(&Code::ALL, |code| code.as_str().to_owned()));
    assert!(Code::ALL.iter().all(|code| is_kebab(code.as_str())));
}

#[test]
fn the_parameters_of_reasons_go_by_these_words() {
    expect![[r"
        role
        permission
        decided_by
        despite
        feature
        setting
        level
        provider
        service
        regime
        data
        list
        plan
        add_on
        kind
        standing
        limit
        model
        quantity
        email_domain
        fact
        connector
        mode
        object
    "]]
    .assert_eq(&lines(&Parameter::ALL, |parameter| parameter.as_str().to_owned()));
}

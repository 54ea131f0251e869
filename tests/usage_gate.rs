//! The last gate: whether limits and credits cover what a run would charge.

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

mod common;

use common::{Customer, HIPAA, ORGANIZATION, Table, because, decide};
use serde_json::{Value, json};
use tollkeeper::engine::{Engine, Record};

fn limited(limit: &str) -> Engine {
    let tables = format!("[limits.ai_outputs]\nevery = 'month'\n{limit}");
    Customer { tables: &tables, ..ORGANIZATION }.engine()
}

fn run(engine: &Engine, feature: &str, trigger: &str, context: Value) -> Record {
    let action = json!({ "feature": feature, "trigger": trigger });
    decide(engine, json!({ "subject": { "roles": ["member"] }, "action": action, "context": context }))
}

/// `-`: nothing stated; `u9`: so much used; `r9`: so much remaining.
fn balance(limit: &str, stated: &str) -> Value {
    match stated.split_at(1) {
        ("u", used) => json!({ "used": { limit: used.parse::<u64>().unwrap() } }),
        ("r", left) => json!({ "remaining": { limit: left.parse::<u64>().unwrap() } }),
        _ => json!({}),
    }
}

fn says_unenforced(record: &Record) -> bool {
    record.obligations.iter().any(|one| one == "limit_not_enforced")
}

// USE-01
#[test]
fn without_a_limit_usage_is_counted_and_the_allow_says_so() {
    let engine = ORGANIZATION.engine();
    for (trigger, charge, unenforced) in [
        ("requested", Some(1), true),
        ("recurring", Some(1), true),
        ("follow_up", Some(1), true),
        ("follow_up_counted", None, false),
        ("proactive", None, false),
    ] {
        let record = run(&engine, "smart_editor", trigger, json!({}));
        assert_eq!(record.reason.as_str(), "feature-on", "{trigger}");
        assert_eq!(record.charge.get("ai_outputs").copied(), charge, "{trigger}");
        assert_eq!(says_unenforced(&record), unenforced, "{trigger}");
    }
    // Stating what is left of a limit that nobody set changes nothing: leaving it out must not help.
    for stated in ["r0", "r9", "u9"] {
        let record = run(&engine, "smart_editor", "requested", balance("ai_outputs", stated));
        assert_eq!((record.reason.as_str(), says_unenforced(&record)), ("feature-on", true), "{stated}");
    }
    // A limit that only counts is none that is enforced.
    let record =
        run(&limited("limit = 1\nstop = 'none'"), "smart_editor", "requested", balance("ai_outputs", "u9"));
    assert_eq!((record.reason.as_str(), says_unenforced(&record)), ("feature-on", true));
}

// USE-01 USE-02 USE-04 USE-05 AI-18
#[test]
fn a_reached_limit_stops_what_would_be_charged_and_nothing_else() {
    let table = Table::of(
        "
        stated  requested        recurring        follow_up        follow_up_counted  proactive
        u0      feature-on       feature-on       feature-on       feature-on         feature-on
        u9      feature-on       feature-on       feature-on       feature-on         feature-on
        u10     limit-reached    limit-reached    limit-reached    feature-on         feature-on
        u11     limit-reached    limit-reached    limit-reached    feature-on         feature-on
        r1      feature-on       feature-on       feature-on       feature-on         feature-on
        r0      limit-reached    limit-reached    limit-reached    feature-on         feature-on
        -       balance-unknown  balance-unknown  balance-unknown  feature-on         feature-on
        ",
    );
    let engine = limited("limit = 10");
    for (stated, trigger, expected) in table.cells() {
        let record = run(&engine, "smart_status", trigger, balance("ai_outputs", stated));
        assert_eq!(record.reason.as_str(), expected, "{stated} {trigger}");
        assert!(!says_unenforced(&record), "{stated} {trigger}");
        if expected != "feature-on" {
            assert_eq!(because(&record, "limit"), Some("ai_outputs"));
            assert!(record.charge.is_empty() && record.obligations.is_empty(), "{record:?}");
        }
    }
}

// USE-05: own models draw on no limit.
#[test]
fn only_partner_features_are_metered() {
    let engine = limited("limit = 0");
    for feature in [
        "recommended_projects",
        "priority_inbox",
        "task_recommendations",
        "recommended_teams",
        "top_projects",
    ] {
        let record = run(&engine, feature, "requested", balance("ai_outputs", "u5"));
        assert_eq!((record.reason.as_str(), record.charge.len()), ("feature-on", 0), "{feature}");
    }
    for feature in ["smart_editor", "smart_rules", "ai_chat", "semantic_search"] {
        let record = run(&engine, feature, "requested", balance("ai_outputs", "u5"));
        assert_eq!(record.reason.as_str(), "limit-reached", "{feature}");
    }
}

// CRD-11
#[test]
fn a_soft_limit_stops_at_its_ceiling() {
    let table = Table::of(
        "
        ceiling  used  result
        100      9     feature-on
        100      10    limit-reached
        130      10    feature-on
        130      12    feature-on
        130      13    limit-reached
        135      12    feature-on
        135      13    limit-reached
        139      13    limit-reached
        140      13    feature-on
        ",
    );
    for row in &table.rows {
        let engine = limited(&format!("limit = 10\nstop = 'soft'\nceiling_percent = {}", row[0]));
        let record =
            run(&engine, "smart_editor", "requested", balance("ai_outputs", &format!("u{}", row[1])));
        assert_eq!(record.reason.as_str(), row[2], "{row:?}");
    }
    // The largest numbers do not overflow into an allow.
    let most = i64::MAX;
    let engine = limited(&format!("limit = {most}\nstop = 'soft'\nceiling_percent = 100"));
    for (used, expected) in [
        (u64::MAX, "limit-reached"),
        (most.unsigned_abs(), "limit-reached"),
        (most.unsigned_abs() - 1, "feature-on"),
    ] {
        let record = run(&engine, "smart_editor", "requested", json!({ "used": { "ai_outputs": used } }));
        assert_eq!(record.reason.as_str(), expected, "{used}");
    }
}

// USE-06: whatever access says comes first, and a denied run charges nothing.
#[test]
fn access_is_asked_before_usage() {
    let spent = "[limits.ai_outputs]\nlimit = 1\nevery = 'month'";
    let off = format!("{spent}\n[settings]\nai_partners = 'off'");
    for (customer, expected) in [
        (Customer { tables: spent, ..ORGANIZATION }, "limit-reached"),
        (Customer { tables: &off, ..ORGANIZATION }, "setting-off"),
        (Customer { tables: spent, plan: "personal", ..ORGANIZATION }, "not-in-plan"),
        (Customer { tables: spent, heading: HIPAA, ..ORGANIZATION }, "provider-barred"),
    ] {
        let record = run(&customer.engine(), "smart_editor", "requested", balance("ai_outputs", "u1"));
        assert_eq!(record.reason.as_str(), expected);
        assert!(record.charge.is_empty() && record.obligations.is_empty() && record.providers.is_empty());
    }
}

fn workflow(engine: &Engine, model: &str, tokens: Value, context: Value) -> Record {
    let action = json!({ "feature": "ai_studio_workflows", "model": model, "tokens": tokens });
    decide(engine, json!({ "subject": { "roles": ["member"] }, "action": action, "context": context }))
}

// CRD-03 CRD-12: the estimate is exact, and nothing is free for want of a price.
#[test]
fn a_workflow_costs_its_tokens_times_the_prices_of_its_model() {
    let engine = ORGANIZATION.engine();
    let plenty = || balance("ai_studio_credits", "r1000000000000");
    let table = Table::of(
        "
        model             input  output  query  micro_credits
        openai_small      100    0       0      500000
        openai_small      1000   200     0      15000000
        openai_small      1000   200     10     15050000
        openai_large      1      1       1      250000
        anthropic_medium  1000   100     0      45000000
        anthropic_large   1      0       0      50000
        anthropic_largest 3      3       3      5250000
        ",
    );
    for row in &table.rows {
        let tokens = |at: usize| row[at].parse::<u64>().unwrap();
        let tokens = json!({ "input": tokens(1), "output": tokens(2), "query": tokens(3) });
        let record = workflow(&engine, row[0], tokens, plenty());
        assert_eq!(record.reason.as_str(), "feature-on", "{row:?}");
        assert_eq!(record.charge.get("ai_studio_credits").copied(), row[4].parse().ok(), "{row:?}");
    }
    for (model, tokens, expected) in [
        ("openai_small", json!({}), "unpriced"),
        ("openai_small", json!({ "thought": 3 }), "unknown-quantity"),
        ("openai_huge", json!({ "input": 3 }), "unknown-model"),
        ("openai_small", json!({ "input": u64::MAX }), "unpriced"),
        ("openai_small", json!({ "input": u64::MAX / 5_000, "output": 1 }), "unpriced"),
    ] {
        assert_eq!(
            workflow(&engine, model, tokens.clone(), plenty()).reason.as_str(),
            expected,
            "{model} {tokens}"
        );
    }
}

// CRD-12: a model that prices some pools does not run on others.
#[test]
fn a_pool_without_a_price_is_not_free() {
    let text = tollkeeper::catalog::Catalog::builtin().to_toml();
    let catalog = text.replacen(
        "[models.openai_small.price]\n",
        "[models.openai_small.price]\nthought = \"0.001\"\n",
        1,
    );
    assert_ne!(text, catalog);
    let catalog = tollkeeper::catalog::Catalog::parse(&catalog).unwrap();
    let engine = common::engine(&catalog, &ORGANIZATION.toml());
    let plenty = || balance("ai_studio_credits", "r1000000000");
    let tokens = || json!({ "thought": 3 });
    assert_eq!(workflow(&engine, "openai_small", tokens(), plenty()).reason.as_str(), "feature-on");
    let record = workflow(&engine, "openai_large", tokens(), plenty());
    assert_eq!((record.reason.as_str(), because(&record, "quantity")), ("unpriced", Some("thought")));
}

// CRD-05 CRD-11 CRD-12: credits are what is left of them, and not knowing that is not having them.
#[test]
fn credits_cover_the_estimate_or_the_run_is_denied() {
    let engine = ORGANIZATION.engine();
    let unlimited = Customer { heading: "add_ons = ['ai_studio_max']", ..ORGANIZATION }.engine();
    // An input token of this model is 50,000 micro-credits.
    let table = Table::of(
        "
        tokens  stated   basic              unlimited
        2       r100000  feature-on         feature-on
        2       r99999   credits-exhausted  feature-on
        2       r0       credits-exhausted  feature-on
        2       -        balance-unknown    feature-on
        0       r0       feature-on         feature-on
        ",
    );
    for row in &table.rows {
        let tokens = json!({ "input": row[0].parse::<u64>().unwrap() });
        let context = || balance("ai_studio_credits", row[1]);
        let reason =
            |engine| workflow(engine, "anthropic_large", tokens.clone(), context()).reason.to_string();
        assert_eq!([reason(&engine), reason(&unlimited)], row[2..4], "{row:?}");
    }
}

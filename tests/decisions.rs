//! What is true of every decision: it denies what it does not know, names its reason and explains itself.

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

use common::{Customer, HIPAA, ORGANIZATION, because, decide};
use serde_json::{Value, json};
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::{Decision, Effect, Reason};
use tollkeeper::domain::Change;
use tollkeeper::engine::Engine;
use tollkeeper::id::{
    DataId, FactId, FeatureId, LimitId, ListId, ModelId, PermissionId, QuantityId, RoleId, SettingId,
    StandingId,
};
use tollkeeper::request::{Action, Balance, NamedRequest, Request, Run, Subject};
use tollkeeper::word::Switch;

// DEC-02 DEC-03: each unknown name has a reason of its own, and the record says which name it was.
#[test]
fn unknown_names_are_denied_by_their_own_reason() {
    let engine = ORGANIZATION.engine();
    let workflow = json!({ "feature": "ai_studio_workflows", "model": "openai_small", "tokens": { "x": 1 } });
    for (subject, action, context, reason, word) in [
        (
            json!({ "roles": ["x"] }),
            json!({ "permission": "create_teams" }),
            json!({}),
            "unknown-role",
            "role",
        ),
        (
            json!({ "roles": ["super_admin", "x"] }),
            json!({ "permission": "create_teams" }),
            json!({}),
            "unknown-role",
            "role",
        ),
        (
            json!({ "standings": ["x"] }),
            json!({ "permission": "create_teams" }),
            json!({}),
            "unknown-standing",
            "standing",
        ),
        (json!({}), json!({ "permission": "x" }), json!({}), "unknown-permission", "permission"),
        (json!({}), json!({ "feature": "x" }), json!({}), "unknown-feature", "feature"),
        // Of two, the first one named.
        (
            json!({}),
            json!({ "change": { "assign_role": "x", "from": "y" } }),
            json!({}),
            "unknown-role",
            "role",
        ),
        (
            json!({}),
            json!({ "feature": "ai_studio_workflows", "model": "x" }),
            json!({}),
            "unknown-model",
            "model",
        ),
        (json!({}), workflow, json!({}), "unknown-quantity", "quantity"),
        (json!({}), json!({ "process": "x", "feature": "smart_editor" }), json!({}), "unknown-data", "data"),
        (
            json!({}),
            json!({ "process": "metadata", "feature": "x" }),
            json!({}),
            "unknown-feature",
            "feature",
        ),
        (
            json!({}),
            json!({ "process": "metadata", "feature": "ai_studio_workflows", "model": "x" }),
            json!({}),
            "unknown-model",
            "model",
        ),
        (json!({}), json!({ "store": "x" }), json!({}), "unknown-data", "data"),
        (
            json!({}),
            json!({ "change": { "setting": "x", "to": "on" } }),
            json!({}),
            "unknown-setting",
            "setting",
        ),
        (json!({}), json!({ "change": { "list": "x", "to": [] } }), json!({}), "unknown-list", "list"),
        (
            json!({}),
            json!({ "change": { "role": "x", "permission": "create_teams", "to": "on" } }),
            json!({}),
            "unknown-role",
            "role",
        ),
        (
            json!({}),
            json!({ "change": { "role": "member", "permission": "x", "to": "on" } }),
            json!({}),
            "unknown-permission",
            "permission",
        ),
        (
            json!({}),
            json!({ "change": { "create_role": "y", "based_on": "x" } }),
            json!({}),
            "unknown-role",
            "role",
        ),
        (json!({}), json!({ "change": { "delete_role": "x" } }), json!({}), "unknown-role", "role"),
        (json!({}), json!({ "change": { "assign_role": "x" } }), json!({}), "unknown-role", "role"),
        (
            json!({}),
            json!({ "change": { "assign_role": "member", "from": "x" } }),
            json!({}),
            "unknown-role",
            "role",
        ),
        (
            json!({}),
            json!({ "change": { "opt_in": "x", "to": "on" } }),
            json!({}),
            "unknown-feature",
            "feature",
        ),
        (
            json!({}),
            json!({ "permission": "create_teams" }),
            json!({ "facts": { "x": true } }),
            "unknown-fact",
            "fact",
        ),
        (
            json!({}),
            json!({ "permission": "create_teams" }),
            json!({ "facts": { "x": false } }),
            "unknown-fact",
            "fact",
        ),
        (
            json!({}),
            json!({ "permission": "create_teams" }),
            json!({ "used": { "x": 1 } }),
            "unknown-limit",
            "limit",
        ),
        (
            json!({}),
            json!({ "permission": "create_teams" }),
            json!({ "remaining": { "x": 1 } }),
            "unknown-limit",
            "limit",
        ),
    ] {
        let mut request = json!({ "subject": subject, "action": action, "context": context });
        // Even a super admin is no help.
        if request["subject"] == json!({}) {
            request["subject"] = json!({ "roles": ["super_admin"] });
        }
        let record = decide(&engine, request.clone());
        assert_eq!((record.effect, record.reason.as_str()), (Effect::Deny, reason), "{request}");
        assert_eq!(because(&record, word), Some("x"), "{request}");
    }
}

// DEC-02: what fits no form is denied, whatever its parts would mean.
#[test]
fn what_fits_no_form_is_malformed() {
    let engine = ORGANIZATION.engine();
    for action in [
        json!({}),
        json!({ "permission": "create_teams", "feature": "smart_editor" }),
        json!({ "permission": "create_teams", "trigger": "requested" }),
        json!({ "permission": "create_teams", "model": "openai_small" }),
        json!({ "permission": "create_teams", "store": "metadata" }),
        json!({ "process": "metadata" }),
        json!({ "process": "metadata", "feature": "smart_editor", "trigger": "requested" }),
        json!({ "process": "metadata", "feature": "smart_editor", "model": "openai_small", "tokens": { "input": 1 } }),
        json!({ "process": "metadata", "model": "openai_small" }),
        json!({ "store": "metadata", "model": "openai_small" }),
        json!({ "store": "metadata", "feature": "smart_editor" }),
        json!({ "trigger": "requested" }),
        json!({ "change": {} }),
        json!({ "change": { "to": "on" } }),
        json!({ "change": { "setting": "ml" } }),
        json!({ "change": { "setting": "ml", "to": ["a.example"] } }),
        json!({ "change": { "setting": "ml", "list": "trusted_domains", "to": "on" } }),
        json!({ "change": { "list": "trusted_domains", "to": "on" } }),
        json!({ "change": { "list": "trusted_domains" } }),
        json!({ "change": { "role": "member", "to": "on" } }),
        json!({ "change": { "permission": "create_teams", "to": "on" } }),
        json!({ "change": { "role": "member", "permission": "create_teams" } }),
        json!({ "change": { "create_role": "x" } }),
        json!({ "change": { "create_role": "x", "based_on": "guest", "to": "on" } }),
        json!({ "change": { "delete_role": "x", "from": "guest" } }),
        json!({ "change": { "assign_role": "member", "to": "on" } }),
        json!({ "change": { "opt_in": "smart_editor" } }),
        json!({ "change": { "setting": "ml", "to": "on" }, "permission": "create_teams" }),
    ] {
        let record = decide(&engine, json!({ "subject": { "roles": ["super_admin"] }, "action": action }));
        assert_eq!(record.reason.as_str(), "malformed-request", "{action}");
    }
    // One limit cannot be stated from both ends.
    let record = decide(
        &engine,
        json!({
            "action": { "feature": "smart_editor" },
            "context": { "remaining": { "ai_outputs": 5 }, "used": { "ai_outputs": 5 } },
        }),
    );
    assert_eq!(record.reason.as_str(), "malformed-request");
}

fn id<T: tollkeeper::catalog::Bind>(catalog: &Catalog, name: &str) -> T {
    catalog.find(name).unwrap()
}

/// Evaluates, and holds the explanation to the decision.
fn ask(engine: &Engine, request: Request<'_>) -> Decision {
    let decision = engine.evaluate(&request);
    let explanation = engine.explain(&request);
    assert_eq!(explanation.decision(), decision);
    assert_eq!(explanation.fold(), (decision.effect(), decision.is_deny().then_some(decision.reason())));
    decision
}

// DEC-02: ids that were bound to another catalog mean nothing here, even if the names are the same.
#[test]
fn ids_of_another_catalog_are_foreign() {
    let engine = ORGANIZATION.engine();
    let own = engine.catalog();
    let text = own.to_toml().replacen("version = \"2026.11\"", "version = \"2026.12\"", 1);
    let other = Catalog::parse(&text).unwrap();
    assert_ne!(own.version(), other.version());
    let chief: RoleId = id(own, "super_admin");
    let teams: PermissionId = id(own, "create_teams");
    let editor: FeatureId = id(own, "smart_editor");
    let by_chief = |action: Action<'static>| ask(&engine, Request::new(Subject::role(chief), action));
    let foreign_role: RoleId = id(&other, "super_admin");
    let foreign_standing = [id::<StandingId>(&other, "billing_owner")];
    let foreign_balance = [(id::<LimitId>(&other, "ai_outputs"), Balance::Remaining(5))];
    let foreign_tokens = [(id::<QuantityId>(&other, "input"), 5)];
    let own_model: ModelId = id(own, "openai_small");
    let subject = Subject::role(chief);
    let run = Run::new(id(own, "ai_studio_workflows"));
    let decisions = [
        ask(&engine, Request::new(Subject::role(foreign_role), teams)),
        ask(&engine, Request::new(Subject::roles(&[chief, foreign_role]), teams)),
        ask(&engine, Request::new(subject.with_standings(&foreign_standing), teams)),
        ask(&engine, Request::new(subject, teams).balances(&foreign_balance)),
        ask(&engine, Request::new(subject, teams).fact(id(&other, "draft"), true)),
        ask(
            &engine,
            Request::new(subject, teams).fact(id(own, "draft"), true).fact(id(&other, "draft"), true),
        ),
        ask(&engine, Request::new(subject, teams).fact(id(&other, "draft"), false)),
        ask(&engine, Request::new(subject, run.on_model(own_model, &foreign_tokens))),
        ask(&engine, Request::new(subject, run.on_model(id(&other, "openai_small"), &[]))),
        by_chief(Action::Permission(id(&other, "create_teams"))),
        by_chief(Action::Run(Run::new(id(&other, "smart_editor")))),
        by_chief(Action::Process { data: id(&other, "metadata"), feature: editor, model: None }),
        by_chief(Action::Process {
            data: id(own, "metadata"),
            feature: id(&other, "smart_editor"),
            model: None,
        }),
        by_chief(Action::Process {
            data: id(own, "metadata"),
            feature: editor,
            model: Some(id(&other, "openai_small")),
        }),
        by_chief(Action::Store(id::<DataId>(&other, "metadata"))),
        by_chief(Action::Change(Change::Setting { setting: id::<SettingId>(&other, "ml"), to: Switch::On })),
        by_chief(Action::Change(Change::List { list: id::<ListId>(&other, "trusted_domains"), to: &[] })),
        by_chief(Action::Change(Change::DeleteRole { role: id(&other, "member") })),
        by_chief(Action::Change(Change::AssignRole {
            role: id(own, "member"),
            from: Some(id(&other, "guest")),
        })),
        by_chief(Action::Change(Change::OptIn { feature: id(&other, "smart_editor"), to: Switch::On })),
        by_chief(Action::Change(Change::CreateRole { name: "x", based_on: id(&other, "guest") })),
        by_chief(Action::Change(Change::RolePermission {
            role: id(own, "member"),
            permission: id(&other, "create_teams"),
            to: Switch::On,
        })),
    ];
    for (position, decision) in decisions.into_iter().enumerate() {
        assert_eq!(decision.reason(), Reason::ForeignId, "{position}");
    }
}

// DEC-02: a custom role is at home in its own domain.
#[test]
fn custom_roles_of_another_domain_are_foreign() {
    let engine = |tables| Customer { tables, ..ORGANIZATION }.engine();
    let first = engine("[roles.clerk]\nbased_on = 'admin'");
    let second = engine("[roles.contractor]\nbased_on = 'admin'");
    let without = ORGANIZATION.engine();
    let moved = engine("[roles.agent]\nbased_on = 'guest'\n[roles.clerk]\nbased_on = 'admin'");
    let clerk = first.role("clerk").unwrap();
    let permission: PermissionId = id(first.catalog(), "access_admin_console");
    let by_clerk = || Request::new(Subject::role(clerk), permission);
    assert_eq!(ask(&first, by_clerk()).reason(), Reason::Inherent);
    for other in [&second, &without, &moved] {
        assert_eq!(ask(other, by_clerk()).reason(), Reason::ForeignId);
    }
    assert_eq!(without.role("clerk"), None);
}

// DEC-02: stating a fact both ways, or one limit or pool twice, is no request.
#[test]
fn a_request_that_contradicts_itself_is_malformed() {
    let engine = ORGANIZATION.engine();
    let catalog = engine.catalog();
    let chief = Subject::role(id(catalog, "super_admin"));
    let (draft, teams): (FactId, PermissionId) = (id(catalog, "draft"), id(catalog, "create_teams"));
    let limit: LimitId = id(catalog, "ai_outputs");
    let (model, input): (ModelId, QuantityId) = (id(catalog, "openai_small"), id(catalog, "input"));
    let both_ways = Request::new(chief, teams).fact(draft, true).fact(draft, false);
    let twice = [(limit, Balance::Remaining(5)), (limit, Balance::Remaining(5))];
    let tokens = [(input, 1), (input, 1)];
    let run = Run::new(id(catalog, "ai_studio_workflows")).on_model(model, &tokens);
    for request in [both_ways, Request::new(chief, teams).balances(&twice), Request::new(chief, run)] {
        assert_eq!(ask(&engine, request).reason(), Reason::MalformedRequest, "{request:?}");
    }
    // Saying the same again is no contradiction.
    assert!(ask(&engine, Request::new(chief, teams).fact(draft, true).fact(draft, true)).is_allow());
    // An unknown fact denies, too, whatever else is stated.
    let unknown = Request::new(chief, teams).fact(draft, true).fact(FactId::UNKNOWN, true);
    assert_eq!(ask(&engine, unknown).reason(), Reason::UnknownFact);
}

// DEC-01: the order of a file, and when it is asked, change nothing; not even the version.
#[test]
fn a_decision_depends_on_catalog_domain_and_request_alone() {
    let tables = [
        "[settings]\nuploads = 'off'\napps = 'on'",
        "[roles.clerk]\nbased_on = 'admin'\npermissions = { use_apps = 'off', share_portfolios = 'on' }",
        "[roles.member]\npermissions = { share_portfolios = 'off' }",
        "[lists]\ntrusted_domains = ['b.example', 'a.example']",
    ];
    let reordered = [
        "[lists]\ntrusted_domains = ['a.example', 'b.example']",
        "[roles.member.permissions]\nshare_portfolios = 'off'",
        "[settings]\napps = 'on'\nuploads = 'off'",
        "[roles.clerk]\npermissions = { share_portfolios = 'on', use_apps = 'off' }\nbased_on = 'admin'",
    ];
    let one = Customer { tables: &tables.join("\n"), ..ORGANIZATION }.engine();
    let other = Customer { tables: &reordered.join("\n"), ..ORGANIZATION }.engine();
    assert_eq!(one.version(), other.version());
    for (permission, _) in Catalog::builtin().all::<PermissionId>() {
        for role in ["super_admin", "admin", "member", "guest", "clerk"] {
            let request = |at: &str| {
                json!({
                    "subject": { "id": "u-1", "roles": [role] },
                    "action": { "permission": permission },
                    "resource": { "type": "task", "id": "t-1" },
                    "context": { "at": at },
                })
            };
            let first = decide(&one, request("2026-11-21T10:00:00Z"));
            assert_eq!(first, decide(&other, request("1999-12-31T23:59:59Z")), "{role} {permission}");
        }
    }
    // Another domain is another version.
    assert_ne!(one.version(), ORGANIZATION.engine().version());
}

fn steps(engine: &Engine, request: Value) -> Vec<String> {
    let request: NamedRequest = serde_json::from_value(request).unwrap();
    let record = engine.explain_named(&request).record();
    let text = |step: &tollkeeper::engine::StepRecord| {
        let of = |word: &str| match step.because.get(word) {
            Some(tollkeeper::engine::BecauseValue::One(name)) => format!(" {word}={name}"),
            _ => String::new(),
        };
        let reason = step.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("{} {}{reason}{}{}{}", step.gate, step.outcome, of("setting"), of("level"), of("plan"))
    };
    record.steps.iter().map(text).collect()
}

// DEC-04: every gate in order, with the setting and the level that decided it, also behind the one that failed.
#[test]
fn an_explanation_lists_the_gates_with_what_decided_them() {
    let request = || json!({ "subject": { "roles": ["member"] }, "action": { "permission": "upload_files" }, "context": { "facts": { "via_app": false } } });
    for (tables, level) in [
        ("", "catalog_default"),
        ("[settings]\nuploads = 'on'", "domain"),
        ("[locked]\nuploads = 'on'", "locked"),
        ("[locked]\nuploads = 'on'\n[settings]\nuploads = 'off'", "locked"),
    ] {
        let found = steps(&Customer { tables, ..ORGANIZATION }.engine(), request());
        let expected = [
            "known pass".to_owned(),
            "plan open".to_owned(),
            "kind open".to_owned(),
            "compliance open".to_owned(),
            format!("setting pass setting=uploads level={level}"),
            "role pass".to_owned(),
            "role-setting pass level=catalog_default".to_owned(),
        ];
        assert_eq!(found, expected, "{tables}");
    }
    let closed = "[settings]\nuploads = 'off'\n[roles.member]\npermissions = { upload_files = 'off' }";
    let found = steps(&Customer { tables: closed, ..ORGANIZATION }.engine(), request());
    assert_eq!(
        found[4..],
        [
            "setting fail setting-off setting=uploads level=domain",
            "role pass",
            "role-setting fail off-for-role level=role"
        ]
    );
    let found = steps(
        &Customer { heading: HIPAA, ..ORGANIZATION }.engine(),
        json!({ "action": { "feature": "smart_editor" } }),
    );
    assert_eq!(
        found,
        [
            "known pass",
            "plan pass plan=enterprise_plus",
            "kind open",
            "compliance fail provider-barred",
            "compliance pass",
            "setting fail setting-off setting=ai_partners level=regime",
            "usage pass",
        ]
    );
}

// DEC-04: of alternatives that got equally far, the explanation and the decision name the same one.
#[test]
fn an_explanation_breaks_ties_as_the_decision_does() {
    let catalog = "
        [catalog]
        id = 'ties'
        version = '1'
        [kinds.team]
        [plans.free]
        [roles.low]
        [roles.mid]
        [permissions.knock]
        default = { mid = 'on' }
        otherwise = 'ring'
        [permissions.ring]
        default = { low = 'off' }
        [changes]
        role_permission = { permission = 'knock' }
    ";
    let catalog = Catalog::parse(catalog).unwrap();
    let text =
        "[domain]\nid = 'l'\nkind = 'team'\nplan = 'free'\n[roles.mid]\npermissions = { knock = 'off' }";
    let engine = common::engine(&catalog, text);
    for (roles, expected) in [
        (["low"].as_slice(), "off-by-default"),
        (&["mid"], "off-for-role"),
        (&["low", "mid"], "off-for-role"),
    ] {
        // The permission that was asked for comes before the one that would do as well.
        let record =
            decide(&engine, json!({ "subject": { "roles": roles }, "action": { "permission": "knock" } }));
        assert_eq!(record.reason.as_str(), expected, "{roles:?}");
    }
}

// DEC-06: a caller that does not know an obligation is not allowed.
#[test]
fn an_obligation_that_nobody_knows_turns_an_allow_into_a_deny() {
    let engine = ORGANIZATION.engine();
    let catalog = engine.catalog();
    let names = ["disclose_ai", "human_oversight", "partner_terms", "limit_not_enforced"];
    let decision = ask(&engine, Request::new(Subject::nobody(), id::<FeatureId>(catalog, "smart_editor")));
    let all = names.map(|name| id::<tollkeeper::id::ObligationId>(catalog, name));
    assert_eq!(decision.knowing(all.into_iter().collect()), decision);
    for ignored in all {
        let known = all.into_iter().filter(|one| *one != ignored).collect();
        assert_eq!(decision.knowing(known).reason(), Reason::UnknownObligation, "{ignored:?}");
    }
}

// DEC-04, DEC-07: nothing that decided is lost on the way into a record.
#[test]
fn a_record_names_everything_of_one_kind_that_decided() {
    use tollkeeper::engine::BecauseValue::{Many, One};
    let of = |request: Value, gate: &str, word: &str| {
        let request: NamedRequest = serde_json::from_value(request).unwrap();
        let record = ORGANIZATION.engine().explain_named(&request).record();
        record.steps.iter().find(|step| step.gate == gate).unwrap().because.get(word).cloned()
    };
    let many = |names: [&str; 2]| Some(Many(names.map(str::to_owned).to_vec()));
    for (request, gate, word, expected) in [
        (
            json!({ "action": { "feature": "ai_chat" } }),
            "compliance",
            "provider",
            many(["anthropic", "openai"]),
        ),
        (
            json!({ "action": { "feature": "smart_status" } }),
            "compliance",
            "provider",
            Some(One("anthropic".into())),
        ),
        (
            json!({
                "subject": { "roles": ["member"] }, "action": { "permission": "delete_self_created_tasks" },
                "context": { "facts": { "self_created": true, "task_access": true } }
            }),
            "facts",
            "fact",
            many(["self_created", "task_access"]),
        ),
    ] {
        assert_eq!(of(request.clone(), gate, word), expected, "{request}");
    }
}

// DEC-04: alternatives stand in an order that means something, whatever the roles are called.
#[test]
fn an_explanation_has_the_roles_of_the_catalog_first_then_custom_ones_by_name() {
    let custom = ["auditor", "buyer", "clerk", "driver", "editor", "fellow"];
    let rows: String = custom.iter().map(|name| format!("[roles.{name}]\nbased_on = 'member'\n")).collect();
    let engine = Customer { tables: &rows, ..ORGANIZATION }.engine();
    let roles: Vec<&str> = custom.into_iter().rev().chain(["member", "guest", "admin"]).collect();
    let request = json!({ "subject": { "roles": roles }, "action": { "permission": "use_apps" } });
    let request: NamedRequest = serde_json::from_value(request).unwrap();
    let mut found: Vec<String> =
        engine.explain_named(&request).record().steps.into_iter().filter_map(|step| step.role).collect();
    found.dedup();
    let expected: Vec<&str> = ["admin", "guest", "member"].into_iter().chain(custom).collect();
    assert_eq!(found, expected);
}

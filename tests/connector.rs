//! The connector: who may connect, what may be read through it, and how old that may be.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Reason;
use tollkeeper::domain::Domain;
use tollkeeper::engine::{Engine, Record};
use tollkeeper::id::{ConnectorId, FactId, ModeId, ObjectId, RoleId};
use tollkeeper::request::{NamedRequest, Read, Request, Subject};
use tollkeeper::word::Scope;

fn engine(plan: &str, rest: &str) -> Engine {
    let text = format!(
        "[domain]\nid = 'acme'\nkind = 'organization'\nplan = '{plan}'\n{rest}\n[holders]\nsuper_admin = 2\n"
    );
    Engine::compile(&Catalog::builtin(), &Domain::parse(&text).unwrap()).unwrap()
}

/// A request whose facts are words: `host_owner` is so, `!host_owner` is not.
fn request(role: &str, action: &str, facts: &str) -> NamedRequest {
    let facts = facts.split_whitespace().map(|word| match word.strip_prefix('!') {
        Some(fact) => format!("\"{fact}\":false"),
        None => format!("\"{word}\":true"),
    });
    let facts = facts.collect::<Vec<_>>().join(",");
    let roles = if role.is_empty() { String::new() } else { format!("\"{role}\"") };
    let json =
        format!(r#"{{"subject":{{"roles":[{roles}]}},"action":{action},"context":{{"facts":{{{facts}}}}}}}"#);
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The reason and the facts it names; every explanation on the way folds to its decision.
fn answer(engine: &Engine, request: &NamedRequest) -> String {
    common::decide(engine, serde_json::to_value(request).unwrap());
    let decision = engine.evaluate_named(request);
    let explanation = engine.explain_named(request);
    let reason = decision.is_deny().then(|| decision.reason());
    assert_eq!(explanation.decision(), decision);
    assert_eq!(explanation.fold(), (decision.effect(), reason), "{request:?}\n{explanation}");
    let facts: Vec<&str> = decision.facts().iter().filter_map(|fact| engine.catalog().name(fact)).collect();
    format!("{} {}", decision.reason(), facts.join(" ")).trim_end().to_owned()
}

const ENTERPRISE: &str = r#"{"connect":"notion_ai","mode":"enterprise_account"}"#;
const USER: &str = r#"{"connect":"notion_ai","mode":"user_account"}"#;
const MAY_CONNECT: &str = "host_owner host_plan_eligible !already_connected";

// CON-01 CON-02
#[test]
fn who_connects_depends_on_the_plan_here_and_on_the_mode() {
    for (plan, mode, role, expected) in [
        ("enterprise", ENTERPRISE, "super_admin", "connector-permitted"),
        ("enterprise", ENTERPRISE, "admin", "needs-role"),
        ("enterprise", ENTERPRISE, "member", "needs-role"),
        ("enterprise_plus", ENTERPRISE, "super_admin", "connector-permitted"),
        ("legacy_enterprise", ENTERPRISE, "super_admin", "connector-permitted"),
        ("enterprise", USER, "super_admin", "connector-permitted"),
        ("enterprise", USER, "admin", "connector-permitted"),
        ("enterprise", USER, "member", "needs-role"),
        ("legacy_enterprise", USER, "member", "needs-role"),
        ("starter", ENTERPRISE, "super_admin", "not-in-plan"),
        ("business", ENTERPRISE, "super_admin", "not-in-plan"),
        ("personal", USER, "member", "connector-permitted"),
        ("starter", USER, "member", "connector-permitted"),
        ("advanced", USER, "guest", "connector-permitted"),
        ("starter", USER, "", "needs-role"),
    ] {
        let answer = answer(&engine(plan, ""), &request(role, mode, MAY_CONNECT));
        assert_eq!(answer, expected, "{plan} {mode} {role}");
    }
}

// CON-01 CON-09
#[test]
fn connecting_needs_an_owner_an_eligible_plan_and_no_connection_yet() {
    let engine = engine("enterprise", "");
    for (facts, expected) in [
        ("host_owner host_plan_eligible !already_connected", "connector-permitted"),
        ("!host_owner host_plan_eligible !already_connected", "fact-false host_owner"),
        ("host_owner !host_plan_eligible !already_connected", "fact-false host_plan_eligible"),
        ("host_owner host_plan_eligible already_connected", "fact-true already_connected"),
        ("host_owner host_plan_eligible", "missing-fact already_connected"),
        ("host_owner !already_connected", "missing-fact host_plan_eligible"),
        ("", "missing-fact already_connected host_owner host_plan_eligible"),
        ("already_connected", "fact-true already_connected"),
        ("!host_owner", "fact-false host_owner host_plan_eligible"),
    ] {
        assert_eq!(answer(&engine, &request("admin", USER, facts)), expected, "{facts}");
    }
    // What the actor lacks comes before what is not stated.
    assert_eq!(answer(&engine, &request("member", USER, "")), "needs-role");
}

// CON-12
#[test]
fn connecting_a_regulated_domain_warns_that_the_host_keeps_what_it_reads() {
    let keys = "add_ons = ['key_management']\nregimes = ['key_management']\nattested = ['customer_keys']";
    for (rest, obligations) in [
        ("", &[][..]),
        ("regimes = ['hipaa']", &["connector_outside_regime"]),
        (keys, &["connector_outside_regime"]),
        ("regimes = ['government']\nattested = ['responsibilities']", &[]),
    ] {
        let engine = engine("enterprise", rest);
        for mode in [ENTERPRISE, USER] {
            let record = engine.decide(&request("super_admin", mode, MAY_CONNECT));
            assert_eq!(record.obligations, obligations, "{rest} {mode}");
        }
        let careless = engine.evaluate_named(&request("super_admin", USER, MAY_CONNECT));
        let careless = careless.knowing(tollkeeper::id::IdSet::empty());
        assert_eq!(careless.is_allow(), obligations.is_empty(), "a warning nobody knows is a deny");
    }
}

const SEEN: &str = "already_connected same_person asker_can_see within_look_back";

fn read(object: &str, rest: &str) -> String {
    format!(r#"{{"read":"{object}","through":"notion_ai"{rest}}}"#)
}

// CON-03
#[test]
fn workspaces_users_teams_projects_and_tasks_are_read_and_nothing_else() {
    let engine = engine("enterprise", "");
    for (object, expected) in [
        ("workspace", "connector-permitted"),
        ("user", "connector-permitted"),
        ("team", "connector-permitted"),
        ("project", "connector-permitted"),
        ("task", "connector-permitted"),
        ("portfolio", "unknown-object"),
        ("goal", "unknown-object"),
        ("message", "unknown-object"),
        ("Task", "unknown-object"),
    ] {
        let action = read(object, r#","mode":"enterprise_account""#);
        assert_eq!(answer(&engine, &request("member", &action, SEEN)), expected, "{object}");
    }
}

// CON-04 CON-05 CON-06
#[test]
fn what_an_asker_finds_is_what_the_mode_and_the_asker_may_see() {
    let engine = engine("enterprise", "");
    let (enterprise, user) = (r#","mode":"enterprise_account""#, r#","mode":"user_account""#);
    let rows = [
        // Not the asker's: found by nobody.
        (enterprise, "task", "!asker_can_see connecting_user_can_see in_project", "fact-false asker_can_see"),
        (user, "task", "!asker_can_see connecting_user_can_see in_project", "fact-false asker_can_see"),
        // The asker's, but not the connecting user's, such as a task in a private project.
        (enterprise, "task", "asker_can_see !connecting_user_can_see in_project", "connector-permitted"),
        (
            user,
            "task",
            "asker_can_see !connecting_user_can_see in_project",
            "fact-false connecting_user_can_see",
        ),
        (user, "project", "asker_can_see !connecting_user_can_see", "fact-false connecting_user_can_see"),
        (user, "team", "asker_can_see !connecting_user_can_see", "fact-false connecting_user_can_see"),
        // A private task in no project: by the service token only, whoever sees it.
        (enterprise, "task", "asker_can_see connecting_user_can_see !in_project", "connector-permitted"),
        (user, "task", "asker_can_see connecting_user_can_see !in_project", "fact-false in_project"),
        (
            enterprise,
            "task",
            "!asker_can_see connecting_user_can_see !in_project",
            "fact-false asker_can_see",
        ),
        // Both see it.
        (user, "task", "asker_can_see connecting_user_can_see in_project", "connector-permitted"),
        (user, "project", "asker_can_see connecting_user_can_see", "connector-permitted"),
        // Not stated and it matters; not stated and it does not.
        (user, "task", "asker_can_see connecting_user_can_see", "missing-fact in_project"),
        (user, "project", "asker_can_see", "missing-fact connecting_user_can_see"),
        (enterprise, "task", "asker_can_see", "connector-permitted"),
        // The mode not stated: only what every mode permits.
        ("", "task", "asker_can_see connecting_user_can_see !in_project", "fact-false in_project"),
        ("", "task", "asker_can_see connecting_user_can_see in_project", "connector-permitted"),
    ];
    for (mode, object, facts, expected) in rows {
        let facts = format!("already_connected same_person within_look_back {facts}");
        let answer = answer(&engine, &request("member", &read(object, mode), &facts));
        assert_eq!(answer, expected, "{mode} {object} {facts}");
    }
}

// CON-08
#[test]
fn an_asker_is_the_same_person_on_both_sides() {
    let engine = engine("enterprise", "");
    let action = read("project", r#","mode":"enterprise_account""#);
    for (role, same_person, expected) in [
        ("member", "same_person", "connector-permitted"),
        ("guest", "same_person", "connector-permitted"),
        ("member", "!same_person", "fact-false same_person"),
        ("member", "", "missing-fact same_person"),
        ("", "same_person", "not-granted-to-role"),
        ("stranger", "same_person", "unknown-role"),
    ] {
        let facts = format!("already_connected asker_can_see within_look_back {same_person}");
        assert_eq!(answer(&engine, &request(role, &action, &facts)), expected, "{role} {same_person}");
    }
}

// CON-07
#[test]
fn the_look_back_is_a_year_told_by_a_fact_or_by_times() {
    let engine = engine("enterprise", "");
    let action = read("task", r#","mode":"enterprise_account""#);
    for (fact, touched_at, expected) in [
        ("within_look_back", None, "connector-permitted"),
        ("!within_look_back", None, "fact-false within_look_back"),
        ("", None, "missing-fact within_look_back"),
        ("", Some("2026-11-21T09:00:00Z"), "connector-permitted"),
        ("", Some("2025-11-21T10:00:01Z"), "connector-permitted"),
        // Half-open: exactly 365 days ago is no longer within.
        ("", Some("2025-11-21T10:00:00Z"), "fact-false within_look_back"),
        ("", Some("2020-01-01T00:00:00Z"), "fact-false within_look_back"),
        // The clock of the one who touched it is ahead.
        ("", Some("2026-11-21T10:00:05Z"), "connector-permitted"),
        ("within_look_back", Some("2026-01-01T00:00:00Z"), "connector-permitted"),
        ("within_look_back", Some("2020-01-01T00:00:00Z"), "malformed-request"),
        ("!within_look_back", Some("2026-01-01T00:00:00Z"), "malformed-request"),
    ] {
        let facts = format!("already_connected same_person asker_can_see {fact}");
        let mut request = request("member", &action, &facts);
        request.context.at = Some("2026-11-21T10:00:00Z".parse().unwrap());
        request.context.touched_at = touched_at.map(|at| at.parse().unwrap());
        assert_eq!(answer(&engine, &request), expected, "{fact} {touched_at:?}");
    }
    // A person or a team has no look-back.
    let user = read("user", r#","mode":"enterprise_account""#);
    let facts = "already_connected same_person asker_can_see !within_look_back";
    assert_eq!(answer(&engine, &request("member", &user, facts)), "connector-permitted");
}

// CON-07
#[test]
fn an_allowed_read_says_how_stale_it_may_be() {
    let engine = engine("enterprise", "");
    let action = read("task", r#","mode":"enterprise_account""#);
    let record = engine.decide(&request("member", &action, SEEN));
    assert_eq!(record.obligations, ["may_be_stale"]);
    let json = serde_json::to_string(&record).unwrap();
    let windows = r#""stale":{"initial_sync":"72h","new_content":"2h","permission_sync":"1h"}"#;
    assert!(json.contains(windows), "{json}");
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    let hours = |hours: u64| Some(Duration::from_secs(3600 * hours));
    let staleness = engine.staleness(engine.catalog().find("notion_ai").unwrap()).unwrap();
    assert_eq!(
        [staleness.initial_sync, staleness.new_content, staleness.permission_sync, staleness.look_back],
        [hours(72), hours(2), hours(1), hours(365 * 24)]
    );
    assert_eq!(engine.staleness(ConnectorId::UNKNOWN), None);
    // A deny and a connection have no age.
    assert!(engine.decide(&request("member", &action, "")).stale.is_empty());
    assert!(engine.decide(&request("admin", USER, MAY_CONNECT)).stale.is_empty());
}

// CON-10
#[test]
fn an_owner_disconnects_and_then_nothing_is_found_any_more() {
    let engine = engine("enterprise", "");
    let disconnect = r#"{"disconnect":"notion_ai"}"#;
    for (role, facts, expected) in [
        ("member", "host_owner", "connector-permitted"),
        ("", "host_owner", "connector-permitted"),
        ("super_admin", "!host_owner", "fact-false host_owner"),
        ("super_admin", "", "missing-fact host_owner"),
    ] {
        assert_eq!(answer(&engine, &request(role, disconnect, facts)), expected, "{role} {facts}");
    }
    let record = engine.decide(&request("member", disconnect, "host_owner"));
    assert_eq!(record.obligations, ["unsearchable_at_once"]);
    let after = SEEN.replace("already_connected", "!already_connected");
    for object in ["workspace", "user", "team", "project", "task"] {
        let action = read(object, r#","mode":"enterprise_account""#);
        let answer = answer(&engine, &request("member", &action, &after));
        assert_eq!(answer, "fact-false already_connected", "{object}");
    }
}

// CON-11
#[test]
fn a_search_of_the_host_only_reads_nothing_through_the_connector() {
    let engine = engine("enterprise", "");
    for (scope, expected) in [
        ("", "connector-permitted"),
        (r#","scope":"everything""#, "connector-permitted"),
        (r#","scope":"source""#, "connector-permitted"),
        (r#","scope":"host""#, "out-of-scope"),
    ] {
        let action = read("task", &format!(r#","mode":"enterprise_account"{scope}"#));
        assert_eq!(answer(&engine, &request("member", &action, SEEN)), expected, "{scope}");
    }
}

#[test]
fn names_nobody_knows_and_keys_of_several_forms_are_denied() {
    let engine = engine("enterprise", "");
    for (action, expected) in [
        (r#"{"connect":"notion","mode":"user_account"}"#, "unknown-connector"),
        (r#"{"connect":"notion_ai","mode":"user"}"#, "unknown-mode"),
        (r#"{"disconnect":"notion"}"#, "unknown-connector"),
        (r#"{"read":"task","through":"notion"}"#, "unknown-connector"),
        (r#"{"read":"task","through":"notion_ai","mode":"none"}"#, "unknown-mode"),
        (r#"{"connect":"notion_ai"}"#, "malformed-request"),
        (r#"{"read":"task"}"#, "malformed-request"),
        (r#"{"through":"notion_ai"}"#, "malformed-request"),
        (r#"{"scope":"host"}"#, "malformed-request"),
        (r#"{"disconnect":"notion_ai","mode":"user_account"}"#, "malformed-request"),
        (r#"{"connect":"notion_ai","mode":"user_account","permission":"use_product"}"#, "malformed-request"),
        (r#"{"read":"task","through":"notion_ai","feature":"ai_chat"}"#, "malformed-request"),
    ] {
        assert_eq!(answer(&engine, &request("admin", action, SEEN)), expected, "{action}");
    }
    let record = engine.decide(&request("admin", r#"{"disconnect":"notion"}"#, ""));
    let named = serde_json::to_string(&record.because).unwrap();
    assert_eq!(named, r#"{"connector":"notion"}"#);
}

#[test]
fn a_caller_is_told_which_facts_to_load() {
    let engine = engine("enterprise", "");
    let catalog = engine.catalog();
    let connector: ConnectorId = catalog.find("notion_ai").unwrap();
    let task: ObjectId = catalog.find("task").unwrap();
    let mode = |name: &str| catalog.find::<ModeId>(name).unwrap();
    let reads = |read: Read| {
        let reads = engine.reads(&Request::new(Subject::nobody(), read));
        reads.facts.iter().filter_map(|fact| catalog.name(fact)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        reads(Read::new(task, connector).mode(mode("enterprise_account"))),
        "already_connected asker_can_see same_person within_look_back"
    );
    assert_eq!(
        reads(Read::new(task, connector)),
        "already_connected asker_can_see connecting_user_can_see in_project same_person within_look_back"
    );
}

/// Another product's connector, with other windows, one mode and types of objects of its own.
const WIKI: &str = "
[catalog]
id = 'wiki'
version = '1'
[kinds.team]
[plans.free]
[plans.paid]
[roles.owner]
[roles.reader]
[facts]
linked = 'the wiki is linked'
can_see = 'the reader may see the page'
recent = 'the page was touched lately'
trusted = 'the reader is trusted with links'
[permissions.link]
default = { reader = 'on' }
needs = ['trusted']
[connectors.search]
plans = ['paid']
connect = { unless = ['linked'] }
look_back = { within = '30d', fact = 'recent' }
new_content = '12h'
[connectors.search.read]
page = ['linked', 'can_see', 'recent']
[connectors.search.modes.whole_wiki]
connect = [{ roles = ['owner'] }]
[connectors.archive]
connect = { needs = ['can_see'] }
[connectors.archive.modes.by_permission]
connect = [{ permission = 'link' }]
[connectors.mirror]
[connectors.mirror.read]
attachment = ['can_see']
[connectors.mirror.modes.nightly]
";

#[test]
fn another_connector_with_other_windows_is_another_row_of_a_catalog() {
    let catalog = Catalog::parse(WIKI).unwrap();
    let on = |plan: &str| {
        let text = format!("[domain]\nid = 'w'\nkind = 'team'\nplan = '{plan}'");
        Engine::compile(&catalog, &Domain::parse(&text).unwrap()).unwrap()
    };
    let connect = r#"{"connect":"search","mode":"whole_wiki"}"#;
    let page = r#"{"read":"page","through":"search"}"#;
    for (plan, role, action, facts, expected) in [
        ("paid", "owner", connect, "!linked", "connector-permitted"),
        ("paid", "owner", connect, "linked", "fact-true linked"),
        ("paid", "reader", connect, "!linked", "needs-role"),
        ("free", "owner", connect, "!linked", "not-in-plan"),
        ("paid", "reader", page, "linked can_see recent", "connector-permitted"),
        ("paid", "reader", page, "linked can_see", "missing-fact recent"),
        ("free", "reader", page, "linked can_see recent", "not-in-plan"),
        ("paid", "reader", r#"{"read":"attachment","through":"search"}"#, "can_see", "not-readable"),
        ("paid", "reader", r#"{"read":"attachment","through":"mirror"}"#, "can_see", "connector-permitted"),
        // Nobody is named who may connect it, so nobody may.
        ("paid", "owner", r#"{"connect":"mirror","mode":"nightly"}"#, "", "not-authorized"),
        ("paid", "owner", r#"{"connect":"mirror","mode":"whole_wiki"}"#, "", "unknown-mode"),
    ] {
        let answer = answer(&on(plan), &request(role, action, facts));
        assert_eq!(answer, expected, "{plan} {role} {action} {facts}");
    }
    // Who may connect can hang on a permission, which can hang on a fact that is not stated.
    for (facts, expected) in [
        ("can_see trusted", "connector-permitted"),
        ("can_see", "missing-fact trusted"),
        ("", "missing-fact can_see trusted"),
        ("trusted", "missing-fact can_see"),
        ("!can_see", "fact-false can_see"),
        ("can_see !trusted", "not-authorized"),
    ] {
        let connect = r#"{"connect":"archive","mode":"by_permission"}"#;
        assert_eq!(answer(&on("free"), &request("reader", connect, facts)), expected, "{facts}");
    }
    let record = on("paid").decide(&request("reader", page, "linked can_see recent"));
    assert_eq!(serde_json::to_string(&record.stale).unwrap(), r#"{"new_content":"12h"}"#);
    let unaged = r#"{"read":"attachment","through":"mirror"}"#;
    assert!(on("paid").decide(&request("reader", unaged, "can_see")).obligations.is_empty());
    assert_eq!(Catalog::parse(&catalog.to_toml()).unwrap(), catalog);
}

#[test]
fn mistakes_in_a_connectors_rows_are_reported_at_their_place() {
    let text = WIKI
        .replace("new_content = '12h'", "new_content = 'soon'")
        .replace(
            "{ unless = ['linked'] }",
            "{ unless = ['linked'], needs = ['linked'], under = { hipa = [] } }",
        )
        .replace("[connectors.mirror.modes.nightly]", "")
        .replace(
            "[connectors.search.modes.whole_wiki]",
            "[connectors.search.modes.whole_wiki]\nneeds = ['linked']",
        );
    let problems = Catalog::parse(&text).unwrap_err();
    let lines: Vec<String> =
        problems.problems().map(|one| format!("{}: {}", one.code, one.message)).collect();
    assert_eq!(
        lines,
        [
            "contradiction: fact `linked` is in `needs` and in `unless`",
            "unknown-name: unknown regime `hipa`",
            "out-of-range: `soon` is no length of time",
            "contradiction: the connector is not connected where fact `linked` is so",
            "missing-key: missing key `modes`",
        ]
    );
}

#[test]
fn an_id_of_another_catalog_is_foreign() {
    let engine = engine("enterprise", "");
    let (here, there) = (engine.catalog(), Catalog::parse(WIKI).unwrap());
    let member: RoleId = here.find("member").unwrap();
    let foreign = Read::new(there.find("page").unwrap(), here.find("notion_ai").unwrap());
    let decision = engine.evaluate(&Request::new(Subject::role(member), foreign));
    assert_eq!(decision.reason(), Reason::ForeignId);
    assert_eq!(engine.staleness(there.find("search").unwrap()), None);
}

/// Every fact of the connector, stated so, stated not so, or left out.
fn statements(facts: &[FactId], mut number: usize) -> Vec<(FactId, Option<bool>)> {
    let mut stated = Vec::new();
    for fact in facts {
        stated.push((*fact, [None, Some(false), Some(true)][number % 3]));
        number /= 3;
    }
    stated
}

// CON-04 CON-05 CON-06
#[test]
fn hiding_a_fact_a_mode_or_a_plan_never_helps() {
    let engine = engine("enterprise", "");
    let catalog = engine.catalog();
    let names =
        ["already_connected", "same_person", "asker_can_see", "connecting_user_can_see", "in_project"];
    let facts: Vec<FactId> = names.iter().map(|name| catalog.find(name).unwrap()).collect();
    let connector: ConnectorId = catalog.find("notion_ai").unwrap();
    let modes: Vec<ModeId> = catalog.all().map(|(_, id)| id).collect();
    let member = Subject::role(catalog.find("member").unwrap());
    for (_, object) in catalog.all::<ObjectId>() {
        let ask = |mode: Option<ModeId>, scope: Scope, stated: &[(FactId, Option<bool>)]| {
            let read = Read::new(object, connector).scope(scope);
            let read = mode.map_or(read, |mode| read.mode(mode));
            let request = Request::new(member, read).fact(catalog.find("within_look_back").unwrap(), true);
            let stated = stated.iter().filter_map(|(fact, so)| Some((*fact, (*so)?)));
            let request = stated.fold(request, |request, (fact, so)| request.fact(fact, so));
            let decision = engine.evaluate(&request);
            let reason = decision.is_deny().then(|| decision.reason());
            assert_eq!(engine.explain(&request).fold(), (decision.effect(), reason));
            decision.is_allow()
        };
        for number in 0..3_usize.pow(5) {
            let stated = statements(&facts, number);
            let unstated = ask(None, Scope::Everything, &stated);
            for mode in &modes {
                let allowed = ask(Some(*mode), Scope::Everything, &stated);
                assert!(allowed || !unstated, "{number}");
                assert!(!ask(Some(*mode), Scope::Host, &stated));
                for hidden in 0..stated.len() {
                    let mut less = stated.clone();
                    less[hidden].1 = None;
                    assert!(allowed || !ask(Some(*mode), Scope::Everything, &less), "{number} {hidden}");
                }
            }
        }
    }
}

//! Facts that are true, false or not stated: hiding one never helps, and what is missing is named exactly.

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

use common::{Customer, ORGANIZATION};
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::{Decision, Reason};
use tollkeeper::engine::Engine;
use tollkeeper::id::{FactId, PermissionId, RoleId};
use tollkeeper::request::{Request, Subject};

/// Roles in every state that matters to a permission which reads facts.
const CONFIGURED: &str = "
    [settings]
    apps = 'off'
    [roles.member]
    permissions = { delete_tasks = 'off', import_files = 'off', upload_files = 'off' }
    [roles.guest]
    permissions = { delete_self_created_tasks = 'off', use_apps = 'off' }
    [roles.neither]
    based_on = 'member'
    permissions = { delete_tasks = 'off', delete_self_created_tasks = 'off' }
    [roles.clerk]
    based_on = 'admin'
    permissions = { upload_files = 'off', import_files = 'off' }
";

/// A catalog whose questions read many facts: handed on, excused, and with a second way to be allowed.
const LABYRINTH: &str = "
    [catalog]
    id = 'labyrinth'
    version = '1'
    [kinds.team]
    [plans.free]
    [facts]
    a = 'x'
    b = 'x'
    c = 'x'
    d = 'x'
    e = 'x'
    f = 'x'
    unread = 'x'
    [roles.low]
    [roles.mid]
    [roles.high]
    [roles.bare]
    [settings.closed]
    default = 'off'
    [permissions.enter]
    default = { low = 'off', mid = 'on', high = 'never' }
    needs = ['a']
    exempt = ['b']
    instead = { c = 'pass' }
    otherwise = 'climb'
    [permissions.climb]
    default = { low = 'on', mid = 'off', high = 'on' }
    needs = ['a', 'd']
    otherwise = 'crawl'
    [permissions.crawl]
    default = { low = 'on', mid = 'on' }
    needs = ['e']
    [permissions.pass]
    default = { low = 'on', mid = 'off', high = 'on', bare = 'off' }
    needs = ['f']
    exempt = ['d']
    [permissions.shut]
    default = { low = 'on', mid = 'on' }
    setting = 'closed'
    needs = ['a']
    instead = { b = 'crawl' }
    otherwise = 'crawl'
";

type Stated = Vec<(FactId, Option<bool>)>;

fn decide(engine: &Engine, roles: &[RoleId], permission: PermissionId, stated: &Stated) -> Decision {
    let mut request = Request::new(Subject::roles(roles), permission);
    for (fact, holds) in stated {
        if let Some(holds) = holds {
            request = request.fact(*fact, *holds);
        }
    }
    let decision = engine.evaluate(&request);
    let explanation = engine.explain(&request);
    assert_eq!(explanation.decision(), decision);
    let reason = decision.is_deny().then_some(decision.reason());
    assert_eq!(explanation.fold(), (decision.effect(), reason), "{explanation}");
    decision
}

/// Every way to state the facts, each of them true, false or not at all if `open`.
fn statements(facts: &[FactId], open: bool) -> Vec<Stated> {
    let choices: &[Option<bool>] =
        if open { &[Some(false), Some(true), None] } else { &[Some(false), Some(true)] };
    let mut all: Vec<Stated> = vec![Vec::new()];
    for fact in facts {
        all = all
            .iter()
            .flat_map(|stated| choices.iter().map(|choice| [stated.clone(), vec![(*fact, *choice)]].concat()))
            .collect();
    }
    all
}

/// The completions of a statement.
fn completions(stated: &Stated) -> Vec<Stated> {
    let mut all: Vec<Stated> = vec![Vec::new()];
    for (fact, holds) in stated {
        let choices = holds.map_or(vec![false, true], |holds| vec![holds]);
        all = all
            .iter()
            .flat_map(|one| choices.iter().map(|choice| [one.clone(), vec![(*fact, Some(*choice))]].concat()))
            .collect();
    }
    all
}

/// What a statement must come to, by deciding each of its completions.
fn expected(
    engine: &Engine,
    roles: &[RoleId],
    permission: PermissionId,
    stated: &Stated,
) -> (Reason, Vec<FactId>) {
    let worlds: Vec<(Stated, Decision)> = completions(stated)
        .into_iter()
        .map(|world| (world.clone(), decide(engine, roles, permission, &world)))
        .collect();
    let allows = worlds.iter().filter(|(_, decision)| decision.is_allow()).count();
    // The first completion has every unstated fact false.
    let ordinary = worlds[0].1;
    if allows == 0 || allows == worlds.len() {
        return (ordinary.reason(), ordinary.facts().iter().collect());
    }
    let matters = |index: usize| {
        worlds.iter().any(|(world, decision)| {
            let mut flipped = world.clone();
            flipped[index].1 = flipped[index].1.map(|holds| !holds);
            worlds.iter().any(|(other, by)| *other == flipped && by.effect() != decision.effect())
        })
    };
    let unstated = stated.iter().enumerate().filter(|(_, (_, holds))| holds.is_none());
    let mut missing: Vec<FactId> =
        unstated.filter(|(index, _)| matters(*index)).map(|(_, (fact, _))| *fact).collect();
    missing.sort_unstable();
    (Reason::MissingFact, missing)
}

fn hold(engine: &Engine, roles: &[RoleId], permission: PermissionId) -> usize {
    let catalog = engine.catalog();
    let reads: Vec<FactId> =
        engine.reads(&Request::new(Subject::roles(roles), permission)).facts.iter().collect();
    let unread: Vec<FactId> =
        catalog.all::<FactId>().map(|(_, fact)| fact).filter(|fact| !reads.contains(fact)).collect();
    let all = statements(&reads, true);
    for stated in &all {
        let decision = decide(engine, roles, permission, stated);
        let found = (decision.reason(), decision.facts().iter().collect::<Vec<_>>());
        let permission_name = catalog.name(permission);
        assert_eq!(
            found,
            expected(engine, roles, permission, stated),
            "{permission_name:?} {roles:?} {stated:?}"
        );
        // Hiding a fact never turns a deny into an allow.
        for index in 0..stated.len() {
            let mut hidden = stated.clone();
            hidden[index].1 = None;
            let helped = decision.is_deny() && decide(engine, roles, permission, &hidden).is_allow();
            assert!(!helped, "{permission_name:?} {roles:?} {stated:?}");
        }
        // Facts that are not read change nothing.
        for fact in &unread {
            for holds in [false, true] {
                let more = [stated.clone(), vec![(*fact, Some(holds))]].concat();
                assert_eq!(
                    decide(engine, roles, permission, &more),
                    decision,
                    "{permission_name:?} {fact:?}"
                );
            }
        }
    }
    all.len()
}

// PRM-24 PRM-25 PRM-26 DEC-01 DEC-02
#[test]
fn of_every_permission_and_role_all_statements_of_facts_are_decided_rightly() {
    let mut decided = 0;
    for tables in ["", CONFIGURED] {
        let engine = Customer { tables, ..ORGANIZATION }.engine();
        for role in ["super_admin", "admin", "member", "guest", "neither", "clerk"] {
            let Some(role) = engine.role(role) else { continue };
            for (_, permission) in engine.catalog().all::<PermissionId>() {
                decided += hold(&engine, &[role], permission);
            }
        }
    }
    assert!(decided > 500, "{decided}");
}

// Any role may allow, in each completion another one; and the explanation agrees.
#[test]
fn several_roles_and_many_facts_are_decided_rightly() {
    let catalog = Catalog::parse(LABYRINTH).unwrap();
    let engine = common::engine(&catalog, "[domain]\nid = 'l'\nkind = 'team'\nplan = 'free'");
    let role = |name| engine.role(name).unwrap();
    let (low, mid, high, bare) = (role("low"), role("mid"), role("high"), role("bare"));
    for roles in [&[][..], &[low], &[mid], &[high, bare], &[low, mid], &[mid, high]] {
        for name in ["climb", "crawl", "pass", "shut"] {
            hold(&engine, roles, catalog.find(name).unwrap());
        }
    }
    for roles in [&[low, mid][..], &[high]] {
        hold(&engine, roles, catalog.find("enter").unwrap());
    }
}

// What one asks for is what one is told to load, and nothing else.
#[test]
fn an_engine_says_which_facts_to_load() {
    let engine = ORGANIZATION.engine();
    let catalog = engine.catalog();
    for (permission, facts, email_domain) in [
        ("create_teams", &[][..], false),
        ("invite_guests", &[], true),
        ("delete_tasks", &["draft", "self_created", "task_access"], false),
        ("delete_self_created_tasks", &["self_created", "task_access"], false),
        ("import_files", &["from_email"], false),
        ("upload_files", &["via_app"], false),
        ("use_apps", &[], false),
    ] {
        let request = Request::new(Subject::nobody(), catalog.find::<PermissionId>(permission).unwrap());
        let reads = engine.reads(&request);
        let names: Vec<&str> = reads.facts.iter().filter_map(|fact| catalog.name(fact)).collect();
        assert_eq!((names.as_slice(), reads.email_domain), (facts, email_domain), "{permission}");
    }
}

#[test]
fn an_engine_says_whether_the_selected_model_matters() {
    let engine = ORGANIZATION.engine();
    for (action, model) in [
        (r#"{"feature":"ai_studio_workflows"}"#, true),
        (r#"{"feature":"smart_editor"}"#, false),
        (r#"{"process":"user_content","feature":"ai_studio_workflows"}"#, true),
        (r#"{"process":"user_content","feature":"smart_editor"}"#, false),
    ] {
        let request = serde_json::from_str(&format!(r#"{{"action":{action}}}"#)).unwrap();
        assert_eq!(engine.reads_named(&request).model, model, "{action}");
    }
}

// A change that takes a permission reads what the permission reads.
#[test]
fn authority_by_permission_reads_its_facts() {
    let catalog = "
        [catalog]
        id = 'x'
        version = '1'
        [kinds.team]
        [plans.free]
        [facts]
        on_duty = 'x'
        [roles.guard]
        [permissions.open]
        default = { guard = 'on' }
        needs = ['on_duty']
        [settings.gate]
        default = 'off'
        change = [{ permission = 'open' }]
    ";
    let catalog = Catalog::parse(catalog).unwrap();
    let engine = common::engine(&catalog, "[domain]\nid = 'l'\nkind = 'team'\nplan = 'free'");
    for (facts, expected, missing) in [
        (serde_json::json!({ "on_duty": true }), "authorized-change", &[][..]),
        (serde_json::json!({ "on_duty": false }), "not-authorized", &[]),
        (serde_json::json!({}), "missing-fact", &["on_duty"]),
    ] {
        let record = common::decide(
            &engine,
            serde_json::json!({
                "subject": { "roles": ["guard"] },
                "action": { "change": { "setting": "gate", "to": "on" } },
                "context": { "facts": facts },
            }),
        );
        assert_eq!((record.reason.as_str(), common::facts(&record).as_slice()), (expected, missing));
    }
}

use std::collections::BTreeSet;

use tollkeeper::analysis::{Actor, Outcome, Question};
use tollkeeper::decision::Reason;
use tollkeeper::engine::Engine;
use tollkeeper::request::{NamedAction, NamedChange, NamedRequest};

use super::worlds;

pub(super) fn holds(engine: &Engine, role: &str, permission: &str) -> bool {
    let request =
        Question::Permission(permission.to_owned()).asked_by(Actor::Role(role.to_owned()).subject());
    let reads = engine.reads_named(&request);
    let facts =
        engine.catalog().all::<tollkeeper::id::FactId>().filter(|(_, fact)| reads.facts.contains(*fact));
    let facts: Vec<_> = facts.map(|(name, _)| name.to_owned()).collect();
    let lists = engine.catalog().all::<tollkeeper::id::ListId>();
    let listed = lists.flat_map(|(_, list)| engine.list(list));
    let emails: Vec<&str> = listed.chain(["nowhere.invalid"]).collect();
    (0..1_u32 << facts.len()).any(|bits| {
        emails.iter().any(|email| {
            let mut request = request.clone();
            let stated = facts.iter().enumerate().map(|(at, fact)| (fact.clone(), bits >> at & 1 == 1));
            request.context.facts = stated.collect();
            request.context.email_domain = Some((*email).to_owned());
            let reason = engine.evaluate_named(&request).reason();
            matches!(reason, Reason::Inherent | Reason::OnByDefault | Reason::OnForRole)
        })
    })
}

/// Takes a path step by step, each as the actor is at that moment; the role and domain at its end.
pub(super) fn walk(engine: &Engine, outcome: &Outcome, role: &str) -> (Engine, String) {
    let Outcome::Path(path) = outcome else { panic!("no path") };
    let (mut engine, mut role) = (engine.clone(), role.to_owned());
    for step in path {
        assert_eq!(step.role, role, "the actor is who they have become");
        let applied = engine.apply_named(&step.request()).unwrap_or_else(|denied| panic!("{step}: {denied}"));
        engine = Engine::compile(engine.catalog(), &applied.domain).unwrap();
        if step.assigns_self {
            role = step.change.assign_role.clone().unwrap();
        }
    }
    (engine, role)
}

// design: each step allowed, end state allows; held against every role and permission of the built-in catalog
#[test]
fn every_step_of_an_escalation_is_allowed_and_its_end_has_the_permission() {
    let mut paths = 0;
    for engine in worlds::engines() {
        for (role, _) in engine.roles() {
            for permission in
                ["upload_files", "create_teams", "manage_roles", "control_ai", "access_admin_console"]
            {
                let found = engine.escalation(role, permission);
                assert_ne!(found.outcome, Outcome::Undecided, "{role} {permission}");
                assert_eq!(found.outcome == Outcome::Held, holds(&engine, role, permission));
                if let Outcome::Path(path) = &found.outcome {
                    let (then, became) = walk(&engine, &found.outcome, role);
                    assert!(holds(&then, &became, permission), "{role} {permission}: {path:?}");
                    paths += 1;
                }
            }
        }
    }
    assert!(paths > 1, "{paths}");
}

/// Every domain and role that an actor can get to, by every change of every setting, permission and role there is:
/// slow and obvious, within a number of changes.
pub(super) fn reachable(engine: &Engine, role: &str, changes_max: usize) -> Vec<(Engine, String)> {
    let mut seen = BTreeSet::from([(engine.version(), role.to_owned())]);
    let mut all = vec![(engine.clone(), role.to_owned())];
    let mut layer = all.clone();
    for _ in 0..changes_max {
        let mut next = Vec::new();
        for (engine, role) in &layer {
            for (change, becomes) in changes(engine, role) {
                let mut action = NamedAction::default();
                action.change = Some(change);
                let request = NamedRequest::new(Actor::Role(role.clone()).subject(), action);
                let Ok(applied) = engine.apply_named(&request) else { continue };
                let then = Engine::compile(engine.catalog(), &applied.domain).unwrap();
                let role = becomes.unwrap_or_else(|| role.clone());
                if seen.insert((then.version(), role.clone())) {
                    next.push((then, role));
                }
            }
        }
        all.extend(next.iter().cloned());
        layer = next;
    }
    all
}

fn changes(engine: &Engine, own: &str) -> Vec<(NamedChange, Option<String>)> {
    let json = |value: serde_json::Value| serde_json::from_value::<NamedChange>(value).unwrap();
    let mut all = Vec::new();
    for to in ["off", "on"] {
        for (setting, _) in engine.catalog().all::<tollkeeper::id::SettingId>() {
            all.push((json(serde_json::json!({ "setting": setting, "to": to })), None));
        }
        for (role, _) in engine.roles() {
            for (permission, _) in engine.catalog().all::<tollkeeper::id::PermissionId>() {
                all.push((
                    json(serde_json::json!({ "role": role, "permission": permission, "to": to })),
                    None,
                ));
            }
        }
    }
    for (role, _) in engine.roles() {
        let own = json(serde_json::json!({ "assign_role": role, "from": own }));
        all.push((own, Some(role.to_owned())));
        all.push((json(serde_json::json!({ "delete_role": role })), None));
    }
    all.push((json(serde_json::json!({ "create_role": "fresh", "based_on": "admin" })), None));
    all
}

// "no" is exhaustive: held against a search of all changes there are, two changes far
#[test]
fn a_no_is_so_for_every_sequence_of_two_changes_whatever() {
    for (text, role) in [
        (worlds::UNVERIFIED, "admin"),
        (worlds::UNVERIFIED, "member"),
        (worlds::ORGANIZATION, "admin"),
        (worlds::CONFIGURED, "guest"),
        (worlds::CONFIGURED, "helper"),
        (worlds::WORKSPACE, "admin"),
    ] {
        let engine = worlds::engine(text);
        let states = reachable(&engine, role, 2);
        for permission in ["manage_roles", "create_teams", "upload_files", "control_ai", "invite_guests"] {
            let found = engine.escalation(role, permission).outcome;
            let somewhere = states.iter().any(|(then, became)| holds(then, became, permission));
            let reached = matches!(found, Outcome::Held | Outcome::Path(_));
            assert!(reached || !somewhere, "{role} {permission}: {found:?}");
            if let Outcome::Path(path) = &found {
                assert_eq!(path.len() <= 2, somewhere, "{role} {permission}: the path is among the shortest");
            }
        }
    }
}

// ADM-01, ADM-02: a role that others made powerful is a way up for whoever assigns roles
#[test]
fn the_shortest_way_leads_through_a_role_that_may_more() {
    let engine = worlds::engine(
        "
        domain = { id = 'acme', kind = 'organization', plan = 'enterprise_plus' }
        holders = { super_admin = 2 }
        [roles.admin]
        permissions = { create_teams = 'off' }
        [roles.member]
        permissions = { create_teams = 'off' }
        [roles.boss]
        based_on = 'admin'
        permissions = { manage_roles = 'on', create_teams = 'off' }
        ",
    );
    let steps = |role: &str, permission: &str| match engine.escalation(role, permission).outcome {
        Outcome::Path(path) => path.iter().map(ToString::to_string).collect(),
        other => vec![format!("{other:?}")],
    };
    let assigns = "as `admin`, the actor assigns role `boss` in the place of `admin`, to themselves";
    assert_eq!(steps("admin", "manage_roles"), [assigns]);
    assert_eq!(
        steps("admin", "create_teams"),
        [assigns, "as `boss`, the actor turns `create_teams` on for role `boss`"]
    );
    assert_eq!(steps("member", "create_teams"), ["None"]);
    assert_eq!(steps("admin", "control_ai"), ["None"]);
}

/// Every kind and plan there is, under regimes that leave settings on and off, as untouched as it can be.
fn untouched() -> Vec<String> {
    let catalog = tollkeeper::catalog::Catalog::builtin();
    let mut texts = Vec::new();
    for (kind, _) in catalog.all::<tollkeeper::id::KindId>() {
        for (plan, _) in catalog.all::<tollkeeper::id::PlanId>() {
            for regimes in ["", ", regimes = ['hipaa']"] {
                let holders: &[Option<u64>] =
                    if kind == "organization" { &[Some(0), Some(2)] } else { &[None] };
                texts.extend(holders.iter().map(|holders| {
                    let held = holders.map(|count| format!("holders = {{ super_admin = {count} }}"));
                    let held = held.unwrap_or_default();
                    format!("domain = {{ id = 'it', kind = '{kind}', plan = '{plan}'{regimes} }}\n{held}")
                }));
            }
        }
    }
    texts
}

// ADM-03: nobody raises their own rights to manage roles; whose standing turns the AI switches, gets behind them
#[test]
fn what_untouched_domains_let_whom_escalate_is_known_for_every_kind_and_plan() {
    let texts = untouched();
    // Eight plans: an organization without and with super admins, a workspace, a division; with and without HIPAA.
    assert_eq!(texts.len(), 8 * (2 + 1 + 1) * 2);
    let mut found = std::collections::BTreeMap::<_, BTreeSet<String>>::new();
    for text in &texts {
        for one in worlds::engine(text).escalations() {
            assert!(matches!(one.outcome, Outcome::Path(_)) && one.shortest, "{text}: {one:?}");
            // Only where AI starts off; else it is on for everybody whom the plan gives it.
            assert!(text.contains("hipaa"), "{text}: {one:?}");
            found.entry((one.role, one.standings.join("+"))).or_default().insert(one.permission);
        }
    }
    let found: Vec<String> = found
        .iter()
        .map(|((role, standing), reached)| {
            format!("{role}/{standing}: {}", reached.iter().cloned().collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(
        found,
        [
            "admin/billing_owner: build_ai_workflows, trigger_ai_workflows",
            "admin/workspace_creator: build_ai_workflows, trigger_ai_workflows",
            "guest/billing_owner: trigger_ai_workflows",
            "guest/workspace_creator: trigger_ai_workflows",
            "member/billing_owner: build_ai_workflows, trigger_ai_workflows",
            "member/workspace_creator: build_ai_workflows, trigger_ai_workflows",
            "super_admin/: build_ai_workflows, trigger_ai_workflows",
            "super_admin/billing_owner: build_ai_workflows, trigger_ai_workflows",
            "super_admin/workspace_creator: build_ai_workflows, trigger_ai_workflows",
        ]
    );
}

// Where more states would have to be looked at than the search does, it says so: the way is one, a shorter may exist.
#[test]
fn a_path_that_was_not_shown_to_be_the_shortest_says_so() {
    let chain: Vec<String> = (1..=6)
        .map(|at| {
            let requires = if at < 6 { format!("requires = ['t{}']\n", at + 1) } else { String::new() };
            format!("[settings.t{at}]\ndefault = 'off'\nchange = [{{ roles = ['r'] }}]\n{requires}")
        })
        .collect();
    let catalog = format!(
        "[catalog]\nid = 'chain'\nversion = '1'\n[kinds.k]\n[plans.p]\n[roles.r]\ncustom = true\n{}\
         [permissions.goal]\ndefault = {{ r = 'off' }}\nsetting = 't1'\n\
         [changes]\nrole_permission = {{ roles = ['r'] }}\ncreate_role = {{ roles = ['nobody'] }}\n[roles.nobody]\n",
        chain.concat()
    );
    let roles: String = (0..10).map(|at| format!("[roles.c{at}]\nbased_on = 'r'\n")).collect();
    let domain = format!("domain = {{ id = 'd', kind = 'k', plan = 'p' }}\n{roles}");
    let catalog = tollkeeper::catalog::Catalog::parse(&catalog).unwrap();
    let domain = tollkeeper::domain::Domain::parse(&domain).unwrap();
    let engine = Engine::compile(&catalog, &domain).unwrap();
    let found = engine.escalation("r", "goal");
    let Outcome::Path(path) = &found.outcome else { panic!("{found:?}") };
    assert_eq!((path.len(), found.shortest), (6 + 1, false));
    let (then, became) = walk(&engine, &found.outcome, "r");
    assert!(holds(&then, &became, "goal"));
}

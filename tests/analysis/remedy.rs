use std::collections::BTreeSet;

use tollkeeper::analysis::{Actor, Made, Question, Remedies, Remedy, Step};
use tollkeeper::decision::{Effect, Reason};
use tollkeeper::engine::Engine;
use tollkeeper::id::{FactId, PermissionId, SettingId};
use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, To};
use tollkeeper::word::Switch;

use super::worlds;

/// Every question of a matrix for every role, without circumstances and with every fact false.
fn requests(engine: &Engine) -> Vec<NamedRequest> {
    let matrix = engine.matrix().record();
    let tables = [&matrix.permissions, &matrix.features, &matrix.changes].into_iter();
    let rows: Vec<_> = tables.flat_map(|table| &table.rows).collect();
    let roles: Vec<_> = engine.roles().map(|(role, _)| Actor::Role(role.to_owned())).collect();
    let mut requests = Vec::new();
    for row in rows {
        for role in &roles {
            let open = row.question.asked_by(role.subject());
            let mut closed = open.clone();
            let reads = engine.reads_named(&open);
            let facts = engine.catalog().all::<FactId>().filter(|(_, fact)| reads.facts.contains(*fact));
            closed.context.facts = facts.map(|(name, _)| (name.to_owned(), false)).collect();
            if closed != open {
                requests.push(closed);
            }
            requests.push(open);
        }
    }
    requests
}

fn strength(engine: &Engine, actor: &Actor) -> usize {
    let permissions = engine.catalog().all::<PermissionId>();
    let permissions = permissions.filter(|(_, one)| engine.catalog().restricts(*one).is_none());
    let role = match actor {
        Actor::Role(name) => engine.role(name),
        _ => None,
    };
    role.map_or(0, |role| permissions.filter(|(_, one)| engine.role_permission(role, *one).is_held()).count())
}

pub(super) fn present(engine: &Engine) -> Vec<Actor> {
    let held = |name: &str| engine.role(name).is_some_and(|role| engine.holders(role).is_held());
    let roles = engine.roles().map(|(name, _)| name.to_owned()).filter(|name| held(name));
    let standings = engine.catalog().all::<tollkeeper::id::StandingId>();
    roles.map(Actor::Role).chain(standings.map(|(name, _)| Actor::Standing(name.to_owned()))).collect()
}

/// Authorized: this engine allows the change, and nobody weaker who is there may make it.
fn assert_authorized(now: &Engine, made: &Made) {
    assert!(now.evaluate_named(&made.request()).is_allow(), "{made}");
    for actor in present(now) {
        if made.from_above || strength(now, &actor) < strength(now, &made.by) {
            let mut weaker = made.clone();
            weaker.by = actor;
            assert!(now.evaluate_named(&weaker.request()).is_deny(), "{weaker} would do for {made}");
        }
    }
}

fn outcome(engine: &Engine, request: &NamedRequest, steps: &[Step]) -> Option<Effect> {
    remedy(steps).take(engine, request).map(|record| record.effect)
}

/// What is done, whoever does it.
fn done(remedy: &Remedy) -> BTreeSet<String> {
    let what = |step: &Step| match step {
        Step::Change(made) | Step::Assign(made) => serde_json::to_string(&made.change).unwrap(),
        Step::Ask { .. } => "ask".to_owned(),
        other => serde_json::to_string(other).unwrap(),
    };
    remedy.steps.iter().map(what).collect()
}

fn remedy(steps: &[Step]) -> Remedy {
    let json = serde_json::json!({ "steps": steps });
    serde_json::from_value(json).unwrap()
}

pub(super) fn assert_laws(engine: &Engine, request: &NamedRequest, found: &Remedies) {
    for remedy in &found.remedies {
        let steps = &remedy.steps;
        assert_eq!(outcome(engine, request, steps), Some(Effect::Allow), "sound: {request:?} {remedy}");
        for left_out in 0..steps.len() {
            let mut fewer = steps.clone();
            fewer.remove(left_out);
            assert_ne!(
                outcome(engine, request, &fewer),
                Some(Effect::Allow),
                "minimal: {request:?} {remedy}\n{}\n{:?}",
                engine.explain_named(request),
                found.remedies.iter().map(ToString::to_string).collect::<Vec<_>>()
            );
        }
        let mut state = (engine.clone(), request.clone());
        for step in steps {
            if let Step::Change(made) = step {
                assert_authorized(&state.0, made);
            }
            state = step.take(&state.0, &state.1).unwrap();
        }
    }
    let sizes: Vec<usize> = found.remedies.iter().map(|remedy| remedy.steps.len()).collect();
    assert!(sizes.is_sorted(), "smallest first: {sizes:?}");
    for (at, remedy) in found.remedies.iter().enumerate() {
        let others = found.remedies.iter().enumerate().filter(|(other, _)| *other != at);
        let contained = others.filter(|(_, other)| done(other).is_subset(&done(remedy)));
        assert_eq!(contained.count(), 0, "minimal: {request:?} {remedy}");
    }
}

/// Every change that could be made to settings and roles.
fn every_change(engine: &Engine) -> Vec<NamedChange> {
    let mut changes = Vec::new();
    for (setting, _) in engine.catalog().all::<SettingId>() {
        for to in [Switch::Off, Switch::On] {
            let mut change = NamedChange::default();
            (change.setting, change.to) = (Some(setting.to_owned()), Some(To::Switch(to)));
            changes.push(change);
        }
    }
    for (role, _) in engine.roles() {
        for (permission, _) in engine.catalog().all::<PermissionId>() {
            for to in [Switch::Off, Switch::On] {
                let mut change = NamedChange::default();
                (change.role, change.permission) = (Some(role.to_owned()), Some(permission.to_owned()));
                change.to = Some(To::Switch(to));
                changes.push(change);
            }
        }
    }
    changes
}

/// The domains that one allowed change of settings or roles leads to.
fn successors(engine: &Engine) -> Vec<Engine> {
    let mut versions = BTreeSet::from([engine.version()]);
    let mut engines = Vec::new();
    for change in every_change(engine) {
        for actor in present(engine) {
            let mut action = NamedAction::default();
            action.change = Some(change.clone());
            let Ok(applied) = engine.apply_named(&NamedRequest::new(actor.subject(), action)) else {
                continue;
            };
            let then = Engine::compile(engine.catalog(), &applied.domain).unwrap();
            if versions.insert(then.version()) {
                engines.push(then);
            }
            break;
        }
    }
    engines
}

// DEC-05, P8: exhaustive on the built-in catalog in each of these worlds
#[test]
fn remedies_are_sound_minimal_and_authorized() {
    let (mut lifted, mut impossible) = (0, 0);
    for engine in worlds::engines() {
        for request in requests(&engine) {
            let found = engine.remedies_named(&request);
            assert!(found.complete, "{request:?}");
            if found.decision.effect == Effect::Allow {
                assert!(found.remedies.is_empty() && found.impossible.is_none());
                continue;
            }
            assert_ne!(found.remedies.is_empty(), found.impossible.is_none(), "{request:?}");
            assert_laws(&engine, &request, &found);
            lifted += usize::from(found.impossible.is_none());
            impossible += usize::from(found.impossible.is_some());
        }
    }
    assert!(lifted > 500 && impossible > 300, "{lifted} lifted, {impossible} impossible");
}

// DEC-05: what is called impossible, no change of settings or roles brings about, and what one change does bring
// about is found
#[test]
fn impossible_is_so_for_every_change_that_anybody_may_make() {
    for text in [worlds::CONFIGURED, worlds::UNVERIFIED] {
        let engine = worlds::engine(text);
        let successors = successors(&engine);
        assert!(!successors.is_empty());
        for request in requests(&engine) {
            let found = engine.remedies_named(&request);
            if found.decision.effect == Effect::Allow {
                continue;
            }
            let lifts = successors.iter().any(|then| then.evaluate_named(&request).is_allow());
            assert!(!(lifts && found.impossible.is_some()), "{request:?}");
            let by_change = |step: &Step| matches!(step, Step::Change(_));
            let one =
                found.remedies.iter().any(|remedy| remedy.steps.len() == 1 && by_change(&remedy.steps[0]));
            assert_eq!(lifts, one, "{request:?}");
        }
    }
}

fn found(text: &str, role: &str, question: &Question) -> (Vec<String>, Option<Reason>) {
    let engine = worlds::engine(text);
    let found = engine.remedies_named(&question.asked_by(Actor::Role(role.to_owned()).subject()));
    let remedies = found.remedies.iter().map(ToString::to_string).collect();
    (remedies, found.impossible.map(|decision| decision.reason))
}

#[test]
fn remedies_read_as_what_somebody_does() {
    let permission = |name: &str| Question::Permission(name.to_owned());
    let feature = |name: &str| Question::Feature(name.to_owned());
    let turn = |setting: &str, to| Question::Turn { setting: setting.to_owned(), to };
    let configured = worlds::CONFIGURED;
    let regime = |text: &str| text.replace("'enterprise_plus' }", "'enterprise_plus', regimes = ['hipaa'] }");
    for (text, role, question, remedies, impossible) in [
        // ROL-05
        (configured.to_owned(), "guest", permission("create_teams"), vec![], Some(Reason::NeverForRole)),
        // AI-04: the setting could be turned on, but the provider stays barred
        (
            regime(worlds::ORGANIZATION),
            "member",
            feature("smart_editor"),
            vec![],
            Some(Reason::ProviderBarred),
        ),
        (
            regime(worlds::ORGANIZATION),
            "member",
            feature("smart_status"),
            vec!["`super_admin` turns setting `ai_partners` on"],
            None,
        ),
        (
            configured.to_owned(),
            "helper",
            permission("create_teams"),
            vec!["`admin` turns `create_teams` on for role `helper`"],
            None,
        ),
        // AI-11
        (
            worlds::UNVERIFIED.to_owned(),
            "admin",
            turn("ai_partners", Switch::On),
            vec![
                "`admin` assigns role `super_admin`, once `super_admin_verified` is so; then `super_admin` asks for it",
            ],
            None,
        ),
        // AI-12
        (
            worlds::DIVISION.to_owned(),
            "member",
            feature("priority_inbox"),
            vec!["`super_admin` from above turns setting `ml` on"],
            None,
        ),
        // AI-09
        (
            worlds::WORKSPACE.to_owned(),
            "member",
            turn("ml", Switch::Off),
            vec!["`billing_owner` asks for it"],
            None,
        ),
        // ROL-07
        (
            worlds::UNVERIFIED.to_owned(),
            "admin",
            permission("manage_roles"),
            vec![
                "the domain is on plan `enterprise_plus`; then `admin` assigns role `super_admin`, once `super_admin_verified` is so; then `super_admin` turns `manage_roles` on for role `admin`",
                "the domain is on plan `legacy_enterprise`; then `admin` assigns role `super_admin`, once `super_admin_verified` is so; then `super_admin` turns `manage_roles` on for role `admin`",
                "the domain is on plan `enterprise`; then the domain has add-on `permissions_management`; then `admin` assigns role `super_admin`, once `super_admin_verified` is so; then `super_admin` turns `manage_roles` on for role `admin`",
            ],
            None,
        ),
    ] {
        let (found, stuck) = found(&text, role, &question);
        assert_eq!(
            (found, stuck),
            (remedies.into_iter().map(str::to_owned).collect(), impossible),
            "{question}"
        );
    }
}

// A guest cannot create teams, but a member could be made of one.
/// A setting that restricts is in effect with all that it requires: turning either off lifts what it denies.
#[test]
fn a_restriction_goes_with_what_its_setting_requires() {
    let catalog = "
        [catalog]
        id = 'x'
        version = '1'
        [kinds.team]
        [plans.only]
        [roles.member]
        [roles.boss]
        [lists.partners]
        match = 'email_domain'
        [settings.guests]
        default = 'on'
        change = [{ roles = ['boss'] }]
        [settings.partners_only]
        default = 'on'
        requires = ['guests']
        change = [{ roles = ['boss'] }]
        [permissions.invite]
        default = { member = 'on' }
        [permissions.invite_partners_only]
        restricts = { permission = 'invite', to = 'partners' }
        setting = 'partners_only'
    ";
    let domain = "
        [domain]
        id = 'x'
        kind = 'team'
        plan = 'only'
        [lists]
        partners = ['partner.example']
    ";
    let engine = Engine::parse(&tollkeeper::catalog::Catalog::parse(catalog).unwrap(), domain).unwrap();
    let mut request =
        Question::Permission("invite".to_owned()).asked_by(Actor::Role("member".to_owned()).subject());
    request.context.email_domain = Some("else.example".to_owned());
    let found = engine.remedies_named(&request);
    assert_eq!(found.decision.reason, Reason::NotOnList);
    let remedies: Vec<_> = found.remedies.iter().map(ToString::to_string).collect();
    assert_eq!(remedies, ["`boss` turns setting `partners_only` off", "`boss` turns setting `guests` off"]);
}

/// A fact that the times of a read say otherwise cannot be made so by stating it.
#[test]
fn what_contradicts_the_times_is_no_step() {
    let domain = "
        [domain]
        id = 'x'
        kind = 'organization'
        plan = 'enterprise'
        [holders]
        super_admin = 1
    ";
    let engine = Engine::parse(&tollkeeper::catalog::Catalog::builtin(), domain).unwrap();
    let request = serde_json::json!({
        "subject": { "roles": ["member"] },
        "action": { "read": "task", "through": "notion_ai", "mode": "enterprise_account" },
        "context": {
            "facts": { "same_person": true, "asker_can_see": true, "already_connected": true },
            "at": "2026-11-21T10:00:00Z",
            "touched_at": "2020-01-01T00:00:00Z",
        },
    });
    let found = engine.remedies_named(&serde_json::from_value(request).unwrap());
    assert_eq!(found.impossible.map(|deny| deny.reason), Some(Reason::FactFalse));
}

#[test]
fn another_role_is_named_apart() {
    let engine = worlds::engine(worlds::CONFIGURED);
    let request = Question::Permission("create_teams".into()).asked_by(Actor::Role("guest".into()).subject());
    let found = engine.remedies_named(&request);
    let others: Vec<_> = found.other_roles.iter().map(ToString::to_string).collect();
    assert_eq!(
        others,
        [
            "`admin` assigns role `admin` in the place of `guest`",
            "`admin` assigns role `member` in the place of `guest`",
            "`super_admin` assigns role `super_admin` in the place of `guest`",
        ]
    );
    for remedy in &found.other_roles {
        assert_eq!(remedy.take(&engine, &request).unwrap().effect, Effect::Allow);
    }
}

// USE-02, CRD-12
#[test]
fn usage_waits_for_what_covers_it() {
    let text = format!("{}\n[limits.ai_outputs]\nlimit = 5\nevery = 'month'\n", worlds::WORKSPACE);
    let engine = worlds::engine(&text);
    let mut request =
        Question::Feature("smart_editor".into()).asked_by(Actor::Role("member".into()).subject());
    for used in [None, Some(5)] {
        request.context.used = used.map(|used| ("ai_outputs".to_owned(), used)).into_iter().collect();
        let found = engine.remedies_named(&request);
        assert_laws(&engine, &request, &found);
        assert_eq!(found.remedies.len(), 1);
        assert_eq!(found.remedies[0].steps, [Step::Balance("ai_outputs".to_owned())]);
    }
}

//! The laws of answers beyond yes and no, in random small worlds: the same ones on every machine.
//!
//! The catalogs have what the format can say: several supreme roles, rules by standing and by permission, settings that
//! require others, restrictions, features of models. A failing law names its seed.

use std::collections::BTreeSet;

use tollkeeper::analysis::{Actor, Outcome, Question, Reach, Step, diff, replay};
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Effect;
use tollkeeper::domain::Domain;
use tollkeeper::engine::{Engine, Record};
use tollkeeper::id::{ListId, PermissionId, RoleId, SettingId};
use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, To};
use tollkeeper::word::Switch;

use super::random::Dice;
use super::{escalation, matrix, model, random, remedy};

struct World {
    seed: u64,
    engines: Vec<Engine>,
    requests: Vec<NamedRequest>,
}

/// Sound worlds of these seeds, each with two domains of one catalog.
fn worlds(seeds: std::ops::Range<u64>, requests: usize) -> Vec<World> {
    let worlds: Vec<World> = seeds.filter_map(|seed| world(seed, requests)).collect();
    assert!(worlds.len() > 5, "{} sound worlds", worlds.len());
    worlds
}

fn world(seed: u64, requests: usize) -> Option<World> {
    let mut dice = Dice::new(seed);
    let text = random::catalog(&mut dice);
    let catalog = Catalog::parse(&text).ok()?;
    let read = model::Catalog::read(&text);
    let mut engines = Vec::new();
    for _ in 0..12 {
        let domain = random::domain(&mut dice, &read);
        engines.extend(Engine::compile(&catalog, &Domain::parse(&domain).unwrap()).ok());
    }
    engines.truncate(2);
    let custom = engines.iter().all(|engine| engine.role("c1").is_some());
    let asked = (0..requests).map(|_| random::request(&mut dice, custom, &model::Names::new())).collect();
    (engines.len() == 2).then_some(World { seed, engines, requests: asked })
}

fn said(engine: &Engine, request: &NamedRequest) -> Record {
    let mut record = engine.decide(request);
    record.version.clear();
    record.domain.clear();
    record
}

/// Every setting, permission of a role, and role there is, changed in every way.
fn every_change(engine: &Engine) -> Vec<NamedChange> {
    let json = |value: serde_json::Value| serde_json::from_value::<NamedChange>(value).unwrap();
    let roles: Vec<String> = engine.roles().map(|(role, _)| role.to_owned()).collect();
    let mut changes = Vec::new();
    for to in ["off", "on"] {
        for (setting, _) in engine.catalog().all::<SettingId>() {
            changes.push(json(serde_json::json!({ "setting": setting, "to": to })));
        }
        for role in &roles {
            for (permission, _) in engine.catalog().all::<PermissionId>() {
                changes.push(json(serde_json::json!({ "role": role, "permission": permission, "to": to })));
            }
        }
    }
    changes
}

/// Whether a change takes a permission from a role, which no remedy does.
fn takes_away(engine: &Engine, change: &NamedChange) -> bool {
    let permission = change.permission.as_ref().and_then(|name| engine.catalog().find::<PermissionId>(name));
    let acts = permission.is_some_and(|permission| engine.catalog().restricts(permission).is_none());
    acts && change.to == Some(To::Switch(Switch::Off))
}

/// The domains that one change by somebody who is there leads to.
fn successors(engine: &Engine) -> Vec<Engine> {
    let actors = remedy::present(engine);
    let mut versions = BTreeSet::from([engine.version()]);
    let mut engines = Vec::new();
    for change in every_change(engine).into_iter().filter(|change| !takes_away(engine, change)) {
        let mut action = NamedAction::default();
        action.change = Some(change);
        let applied = actors
            .iter()
            .find_map(|actor| engine.apply_named(&NamedRequest::new(actor.subject(), action.clone())).ok());
        let then = applied.map(|applied| Engine::compile(engine.catalog(), &applied.domain).unwrap());
        engines.extend(then.filter(|then| versions.insert(then.version())));
    }
    engines
}

// P8: sound, minimal, authorized; what one change brings about is found, and what is called impossible none does
#[test]
fn remedies_keep_their_laws_in_random_worlds() {
    let (mut lifted, mut impossible, mut by_one, mut cut) = (0, 0, 0, 0);
    for World { seed, engines, requests } in worlds(0..100, 50) {
        let engine = &engines[0];
        let successors = successors(engine);
        for request in requests {
            let found = engine.remedies_named(&request);
            if found.decision.effect == Effect::Allow {
                assert!(found.complete && found.remedies.is_empty() && found.impossible.is_none());
                continue;
            }
            cut += usize::from(!found.complete);
            assert_eq!(
                found.impossible.is_some(),
                found.complete && found.remedies.is_empty(),
                "seed {seed} {request:?}"
            );
            remedy::assert_laws(engine, &request, &found);
            lifted += usize::from(!found.remedies.is_empty());
            impossible += usize::from(found.impossible.is_some());
            let lifts = successors.iter().any(|then| then.evaluate_named(&request).is_allow());
            let one = found.remedies.iter().any(|one| matches!(one.steps[..], [Step::Change(_)]));
            assert!(
                !lifts || one || !found.complete,
                "seed {seed} {request:?}\n{}",
                engine.explain_named(&request)
            );
            by_one += usize::from(lifts);
        }
    }
    assert!(
        lifted > 200 && by_one > 10 && impossible > 300 && cut * 20 < lifted,
        "{lifted} {by_one} {impossible} {cut}"
    );
}

// P7
#[test]
fn every_cell_equals_its_evaluation_in_random_worlds() {
    let mut turned = 0;
    for World { engines, .. } in worlds(100..120, 0) {
        let matrix = engines[0].matrix().record();
        let roles: Vec<_> = engines[0].roles().map(|(role, _)| Actor::Role(role.to_owned())).collect();
        let actors: Vec<_> = matrix::actors(&engines[0]);
        matrix::assert_table(&engines[0], &matrix.permissions, &roles);
        matrix::assert_table(&engines[0], &matrix.features, &roles);
        matrix::assert_switches(&engines[0], &matrix.switches);
        turned += matrix.switches.columns.len() - 1;
        matrix::assert_table(&engines[0], &matrix.changes, &actors);
        matrix::assert_table(&engines[0], &matrix.connectors, &actors);
        matrix::assert_table(&engines[0], &matrix.data, &[Actor::Anybody]);
    }
    assert!(turned > 10, "{turned} settings turned");
}

// DEC-04: whatever is stated
#[test]
fn the_level_that_decided_is_that_of_the_gates_in_random_worlds() {
    let (mut levels, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for World { seed, engines, requests } in worlds(700..730, 300) {
        for request in requests {
            let cell = engines[0].cell(&request);
            let level = cell.level.map(|level| level.as_str().to_owned());
            assert_eq!(level, matrix::level(&engines[0], &request), "seed {seed}: {request:?}");
            if cell.reason.effect() == Effect::Allow {
                reasons.insert((cell.reason, level.is_some()));
            }
            levels.extend(level);
        }
    }
    assert!(levels.len() >= 5 && reasons.len() >= 12, "{levels:?} {reasons:?}");
}

/// The cell that a request falls into, if it is of one.
fn cell(request: &NamedRequest) -> Option<(Question, Actor)> {
    let NamedAction { permission, feature, process, store, .. } = request.action.clone();
    let question = match (permission, feature, process, store) {
        (Some(permission), None, None, None) => Question::Permission(permission),
        (None, Some(feature), None, None) if request.action.trigger.is_none() => Question::Feature(feature),
        (None, Some(feature), Some(data), None) => Question::Process { feature, data },
        (None, None, None, Some(data)) => Question::Store(data),
        _ => return None,
    };
    let actor = match (&request.subject.roles[..], &request.subject.standings[..], &question) {
        (_, _, Question::Process { .. } | Question::Store(_)) => Actor::Anybody,
        ([role], [], _) => Actor::Role(role.clone()),
        _ => return None,
    };
    Some((question, actor))
}

// P9: what differs for some request differs in its cell, and every cell that is named differs for its example
#[test]
fn a_diff_misses_no_request_of_random_worlds() {
    let (mut differing, mut cells) = (0, 0);
    for World { seed, engines, requests } in worlds(200..240, 150) {
        let (old, new) = (&engines[0], &engines[1]);
        let found = diff(old, new);
        for one in &found.cells {
            assert_ne!(said(old, &one.example), said(new, &one.example), "seed {seed}: {one:?}");
            cells += 1;
        }
        for request in requests {
            let Some((question, actor)) = cell(&request) else { continue };
            // Facts that contradict, names that nobody has, and the like are no cells.
            let known = |engine: &Engine| {
                let gate = engine.evaluate_named(&request).reason().gate();
                gate != Some(tollkeeper::decision::Gate::Known)
            };
            let effects = [old, new].map(|engine| engine.evaluate_named(&request).effect());
            if known(old) && known(new) && effects[0] != effects[1] {
                let named = found.cells.iter().any(|one| (&one.question, &one.actor) == (&question, &actor));
                assert!(named, "seed {seed}: {request:?}");
                differing += 1;
            }
        }
    }
    assert!(differing > 50 && cells > 500, "{differing} {cells}");
}

#[test]
fn a_replay_is_exact_in_random_worlds() {
    for World { engines, requests, .. } in worlds(300..320, 100) {
        let (old, new) = (&engines[0], &engines[1]);
        let differs = requests.iter().filter(|request| said(old, request) != said(new, request));
        let flips: Vec<_> = replay(requests.clone(), old, new).collect();
        assert_eq!(flips.iter().map(|flip| &flip.request).collect::<Vec<_>>(), differs.collect::<Vec<_>>());
        for flip in flips {
            assert_eq!((flip.old, flip.new), (old.decide(&flip.request), new.decide(&flip.request)));
        }
    }
}

// Every finding is shown by an evaluation that anybody can repeat.
#[test]
fn findings_are_shown_by_evaluations_in_random_worlds() {
    let mut codes = BTreeSet::new();
    for World { engines, .. } in worlds(400..480, 0) {
        for engine in &engines {
            for finding in engine.lint() {
                assert_eq!(engine.decide(&finding.request), finding.decision, "{finding:?}");
                codes.insert(finding.code.as_str());
            }
        }
    }
    assert!(codes.len() >= 6, "{codes:?}");
}

// Each step is allowed and the end state allows; "no" is exhaustive: held against every sequence of two changes
#[test]
fn escalations_keep_their_laws_in_random_worlds() {
    let (mut paths, mut none, mut undecided) = (0, 0, 0);
    for World { seed, engines, .. } in worlds(500..540, 0) {
        let engine = &engines[0];
        for (role, _) in engine.roles().collect::<Vec<_>>() {
            let states = escalation::reachable(engine, role, 2);
            for permission in ["q1", "q4", "q6"] {
                let found = engine.escalation(role, permission);
                let held = escalation::holds(engine, role, permission);
                assert_eq!(found.outcome == Outcome::Held, held, "seed {seed} {role} {permission}");
                let somewhere =
                    states.iter().any(|(then, became)| escalation::holds(then, became, permission));
                match &found.outcome {
                    Outcome::Path(path) => {
                        let (then, became) = escalation::walk(engine, &found.outcome, role);
                        assert!(escalation::holds(&then, &became, permission), "seed {seed} {path:?}");
                        assert_eq!(path.len() <= 2, somewhere, "seed {seed} {role} {permission}: {path:?}");
                        paths += 1;
                    }
                    Outcome::None => {
                        assert!(!somewhere, "seed {seed} {role} {permission}");
                        none += 1;
                    }
                    Outcome::Undecided => undecided += 1,
                    _ => {}
                }
            }
        }
    }
    assert!(paths > 20 && none > 50, "{paths} paths, {none} none");
    assert_eq!(undecided, 0);
}

/// Every list with entries, its own if it has some, and without.
fn every_list(engine: &Engine) -> Vec<NamedChange> {
    let mut changes = Vec::new();
    for (list, id) in engine.catalog().all::<ListId>() {
        let mut entries: Vec<String> = engine.list(id).map(str::to_owned).collect();
        if entries.is_empty() {
            entries.push("listed.invalid".to_owned());
        }
        for entries in [entries, Vec::new()] {
            let mut change = NamedChange::default();
            (change.list, change.to) = (Some(list.to_owned()), Some(To::Entries(entries)));
            changes.push(change);
        }
    }
    changes
}

/// Every domain that settings, lists and the permissions of a role can be turned to, whoever may turn them.
fn configurations(engine: &Engine, role: &str) -> Vec<Engine> {
    let mut versions = BTreeSet::from([engine.version()]);
    let mut all = vec![engine.clone()];
    let own = |change: &NamedChange| change.role.as_deref().is_none_or(|of| of == role);
    let changes: Vec<NamedChange> =
        every_change(engine).into_iter().filter(own).chain(every_list(engine)).collect();
    let mut at = 0;
    while at < all.len() && all.len() < 3_000 {
        for change in &changes {
            let then = all[at].preview(change);
            all.extend(then.filter(|then| versions.insert(then.version())));
        }
        at += 1;
    }
    all
}

// Reach equals brute force over every configuration.
#[test]
fn reach_equals_brute_force_in_random_worlds() {
    let mut kinds = [0; 3];
    // In some of these a list decides, in others a setting that can only be turned on together with a permission.
    for World { seed, engines, .. } in worlds(8005..8011, 0).into_iter().chain(worlds(9020..9026, 0)) {
        let engine = &engines[0];
        let roles: Vec<(String, RoleId)> = engine.roles().map(|(role, id)| (role.to_owned(), id)).collect();
        for (role, _) in roles.iter().take(2) {
            let all = configurations(engine, role);
            for permission in ["q1", "q3", "q5"] {
                let held: BTreeSet<bool> =
                    all.iter().map(|then| escalation::holds(then, role, permission)).collect();
                let found = engine.reach(role, permission);
                let kind = match (&found, held.contains(&true), held.contains(&false)) {
                    (Reach::Always, true, false) => 0,
                    (Reach::Never(_), false, true) => 1,
                    (Reach::Configurable(levers), true, true) if !levers.is_empty() => 2,
                    _ => panic!("seed {seed} {role} {permission}: {found:?}, held {held:?}"),
                };
                kinds[kind] += 1;
            }
        }
    }
    assert!(kinds.iter().all(|kind| *kind > 0), "{kinds:?}");
}

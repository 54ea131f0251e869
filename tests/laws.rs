//! What holds of every decision, whatever the catalog, the domain and the request.
//!
//! Most laws are asked of random small worlds, which are the same on every machine; the others of the built-in
//! catalog. Seeds are named in what a failing test says.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test may stop where something is wrong, and is written to be read"
)]

#[path = "reference/model.rs"]
#[allow(dead_code, reason = "shared with the reference evaluator, which reads all of it")]
mod model;
#[path = "reference/random.rs"]
mod random;

use std::collections::{BTreeMap, BTreeSet};

use random::Dice;
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::{Effect, Reason};
use tollkeeper::domain::Domain;
use tollkeeper::engine::{Engine, Record};
use tollkeeper::id::{FactId, FeatureId, LimitId, PermissionId, RoleId, SettingId};
use tollkeeper::request::{Action, NamedAction, NamedRequest, Request, Subject};

const BUILTIN: &str = include_str!("../src/catalog/builtin.toml");

/// One random world with questions.
struct World {
    seed: u64,
    catalog: String,
    domain: String,
    engine: Engine,
    requests: Vec<NamedRequest>,
}

fn engine(catalog: &str, domain: &str) -> Engine {
    let catalog = Catalog::parse(catalog).unwrap_or_else(|why| panic!("{}", why.render("catalog", catalog)));
    Engine::compile(&catalog, &Domain::parse(domain).unwrap())
        .unwrap_or_else(|why| panic!("{}", why.render("domain", domain)))
}

/// The random worlds of these seeds whose catalog and domain are sound.
fn worlds(seeds: std::ops::Range<u64>, requests: usize) -> Vec<World> {
    let mut worlds = Vec::new();
    for seed in seeds.clone() {
        let mut dice = Dice::new(seed);
        let text = random::catalog(&mut dice);
        let Ok(catalog) = Catalog::parse(&text) else { continue };
        let read = model::Catalog::read(&text);
        for _ in 0..3 {
            let domain = random::domain(&mut dice, &read);
            let custom = domain.contains("[roles.c1]");
            let asked =
                (0..requests).map(|_| random::request(&mut dice, custom, &model::Names::new())).collect();
            let Ok(engine) = Engine::compile(&catalog, &Domain::parse(&domain).unwrap()) else { continue };
            worlds.push(World { seed, catalog: text.clone(), domain, engine, requests: asked });
        }
    }
    let count = usize::try_from(seeds.end - seeds.start).unwrap();
    assert!(worlds.len() > count, "{} sound worlds of {count} catalogs", worlds.len());
    worlds
}

fn json(record: &Record) -> String {
    serde_json::to_string(record).unwrap()
}

fn allows(record: &Record) -> bool {
    record.effect == Effect::Allow
}

impl World {
    fn tell(&self, request: &NamedRequest) -> String {
        format!(
            "seed {}\n{}\n{}\n{}",
            self.seed,
            self.catalog,
            self.domain,
            serde_json::to_string(request).unwrap()
        )
    }
}

/// P1, DEC-02: of a catalog that has every name and grants nothing.
#[test]
fn what_nobody_permits_is_denied() {
    let catalog = "[catalog]\nid = 'bare'\nversion = '1'\n[kinds.k1]\n[plans.p1]\n[roles]\nboss = {}\n\
        r1 = {}\nr2 = {}\nr3 = { custom = true }\n[standings]\ns1 = {}\ns2 = {}\n\
        [facts]\nf1 = ''\nf2 = ''\nf3 = ''\nf4 = ''\nf5 = ''\n\
        [lists]\nl1 = { match = 'email_domain' }\nl2 = { match = 'email_domain' }\n\
        [settings]\nt1 = { default = 'on' }\nt2 = { default = 'on' }\nt3 = { default = 'off' }\n\
        t4 = { default = 'off' }\n[permissions]\nq1 = {}\nq2 = {}\nq3 = {}\nq4 = {}\nq5 = {}\nq6 = {}\n\
        x1 = {}\nx2 = {}\n[features]\ne1 = { beta = true }\ne2 = { beta = true }\n";
    let bare = engine(catalog, "[domain]\nid = 'acme'\nkind = 'k1'\nplan = 'p1'");
    let (mut dice, mut denied) = (Dice::new(1), BTreeMap::new());
    for _ in 0..2_000 {
        let request = random::request(&mut dice, false, &model::Names::new());
        let record = bare.decide(&request);
        // A feature that no condition is stated for is there for everybody; whether it was opted into is.
        assert!(!allows(&record), "{request:?}");
        *denied.entry(record.reason).or_insert(0) += 1;
    }
    let known = |(reason, _): &(&Reason, &u32)| reason.gate() != Some(tollkeeper::decision::Gate::Known);
    let past_names: u32 = denied.iter().filter(known).map(|(_, count)| count).sum();
    assert!(past_names > 500, "{denied:?}");
    // Without a role nobody holds anything in the built-in catalog either.
    let builtin = engine(BUILTIN, "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'enterprise'");
    for (name, permission) in builtin.catalog().all::<PermissionId>() {
        assert!(builtin.evaluate(&Request::new(Subject::nobody(), permission)).is_deny(), "{name}");
    }
}

/// P2, ROL-05, AI-04, AI-15, TRM-05
#[test]
fn no_setting_overrides_what_is_never_or_barred() {
    let catalog = Catalog::builtin();
    let settings: Vec<&str> = catalog.all::<SettingId>().map(|(name, _)| name).collect();
    let read = model::Catalog::read(BUILTIN);
    let is_never = |name: &str| {
        let default = read.permissions[name].default.get("guest");
        default.is_some_and(|it| it == "never") || read.roles["guest"].never.contains(name)
    };
    for switches in 0..1_u32 << settings.len() {
        let mut text = "[domain]\nid = 'acme'\nkind = 'organization'\nplan = 'enterprise_plus'\n\
            add_ons = ['key_management']\nregimes = ['hipaa', 'key_management', 'government']\n\
            attested = ['customer_keys', 'responsibilities']\n[holders]\nsuper_admin = 1\n\
            [lists]\ntrusted_domains = ['a.example']\n[roles.auditor]\nbased_on = 'guest'\n[settings]\n"
            .to_owned();
        for (at, setting) in settings.iter().enumerate() {
            text += &format!("{setting} = '{}'\n", if switches >> at & 1 == 1 { "on" } else { "off" });
        }
        let engine = Engine::compile(&catalog, &Domain::parse(&text).unwrap()).unwrap();
        for role in ["guest", "auditor"].map(|name| engine.role(name).unwrap()) {
            for (name, permission) in catalog.all::<PermissionId>().filter(|(name, _)| is_never(name)) {
                assert!(
                    engine.evaluate(&Request::new(Subject::role(role), permission)).is_deny(),
                    "{name}\n{text}"
                );
            }
        }
        let super_admin = Subject::role(catalog.find::<RoleId>("super_admin").unwrap());
        for barred in ["smart_editor", "smart_fields", "ai_chat", "semantic_search", "smart_rules"] {
            let feature: FeatureId = catalog.find(barred).unwrap();
            assert!(engine.evaluate(&Request::new(super_admin, feature)).is_deny(), "{barred}\n{text}");
        }
        let classified = catalog.find("classified").unwrap();
        assert!(engine.evaluate(&Request::new(super_admin, Action::Store(classified))).is_deny(), "{text}");
    }
}

/// The text with tables, keys and arrays in another order.
fn shuffled(text: &str, dice: &mut Dice) -> String {
    fn value(of: &toml::Value, dice: &mut Dice) -> String {
        match of {
            toml::Value::Table(table) => format!("{{ {} }}", entries(table, dice).join(", ")),
            toml::Value::Array(array) => {
                let mut values: Vec<String> = array.iter().map(|one| value(one, dice)).collect();
                dice.shuffle(&mut values);
                format!("[{}]", values.join(", "))
            }
            plain => plain.to_string(),
        }
    }
    fn entries(table: &toml::Table, dice: &mut Dice) -> Vec<String> {
        let mut lines: Vec<String> =
            table.iter().map(|(key, of)| format!("{key} = {}", value(of, dice))).collect();
        dice.shuffle(&mut lines);
        lines
    }
    entries(&text.parse().unwrap(), dice).join("\n")
}

/// P3
#[test]
fn the_order_of_tables_keys_arrays_and_roles_changes_no_byte() {
    for world in worlds(0..15, 25) {
        let mut dice = Dice::new(world.seed + 1);
        let other = engine(&shuffled(&world.catalog, &mut dice), &shuffled(&world.domain, &mut dice));
        for request in &world.requests {
            let mut turned = request.clone();
            dice.shuffle(&mut turned.subject.roles);
            dice.shuffle(&mut turned.subject.standings);
            assert_eq!(
                json(&other.decide(&turned)),
                json(&world.engine.decide(request)),
                "{}",
                world.tell(request)
            );
        }
    }
}

/// P3, of the built-in catalog
#[test]
fn the_order_of_the_built_in_catalog_changes_no_byte() {
    let domain =
        "[domain]\nid = 'acme'\nkind = 'organization'\nplan = 'enterprise_plus'\n[holders]\nsuper_admin = 1";
    let (one, other) = (engine(BUILTIN, domain), engine(&shuffled(BUILTIN, &mut Dice::new(7)), domain));
    assert_eq!(one.version(), other.version());
    for (_, role) in one.catalog().all::<RoleId>() {
        let name = one.catalog().name(role).unwrap();
        for (permission, id) in one.catalog().all::<PermissionId>() {
            let ask = |engine: &Engine, id, role| {
                json(&engine.record(&engine.evaluate(&Request::new(Subject::role(role), id))))
            };
            let (same, as_role) =
                (other.catalog().find(permission).unwrap(), other.catalog().find(name).unwrap());
            assert_eq!(ask(&one, id, role), ask(&other, same, as_role));
        }
    }
}

/// P4, PRM-29: a ceiling opens when it is turned on, a restriction closes.
#[test]
fn each_setting_moves_decisions_one_declared_way() {
    let (mut opened, mut closed) = (0, 0);
    for world in worlds(0..160, 80) {
        let read = model::Catalog::read(&world.catalog);
        let table: toml::Table = world.domain.parse().unwrap();
        let leads_to = |from: &str, to: &str| {
            let mut reached = BTreeSet::from([from.to_owned()]);
            while let Some(more) = reached
                .iter()
                .flat_map(|name| &read.settings[name].requires)
                .find(|name| !reached.contains(*name))
                .cloned()
            {
                reached.insert(more);
            }
            reached.contains(to)
        };
        for setting in read.settings.keys() {
            let depends = |on: Option<&String>| on.is_some_and(|name| leads_to(name, setting));
            let of_restriction =
                read.permissions.values().any(|row| row.restricts.is_some() && depends(row.setting.as_ref()));
            let of_access =
                read.permissions.values().any(|row| row.restricts.is_none() && depends(row.setting.as_ref()))
                    || read.features.values().any(|row| {
                        depends(row.setting.as_ref()) || row.any_setting.iter().any(|it| depends(Some(it)))
                    });
            if of_restriction == of_access {
                continue;
            }
            let with = |to: &str| {
                let mut table = table.clone();
                let settings = table.entry("settings").or_insert_with(|| toml::Table::new().into());
                settings.as_table_mut().unwrap().insert(setting.clone(), to.into());
                let domain = Domain::parse(&toml::to_string(&table).unwrap()).unwrap();
                Engine::compile(world.engine.catalog(), &domain)
            };
            let (Ok(on), Ok(off)) = (with("on"), with("off")) else { continue };
            for request in world.requests.iter().filter(|request| request.action.change.is_none()) {
                let (on, off) = (allows(&on.decide(request)), allows(&off.decide(request)));
                let (wider, narrower) = if of_access { (on, off) } else { (off, on) };
                assert!(wider || !narrower, "{setting}: {}", world.tell(request));
                match (of_access, wider && !narrower) {
                    (true, true) => opened += 1,
                    (false, true) => closed += 1,
                    _ => {}
                }
            }
        }
    }
    assert!(opened > 20 && closed > 5, "{opened} opened, {closed} closed");
}

/// P5, DEC-01
#[test]
fn the_same_question_has_the_same_bytes_whoever_compiled_the_engine() {
    for world in worlds(0..12, 25) {
        let other = engine(&world.catalog, &world.domain);
        for request in &world.requests {
            assert_eq!(
                json(&other.decide(request)),
                json(&world.engine.decide(request)),
                "{}",
                world.tell(request)
            );
            let steps =
                |engine: &Engine| serde_json::to_string(&engine.explain_named(request).record()).unwrap();
            assert_eq!(steps(&other), steps(&world.engine), "{}", world.tell(request));
        }
    }
}

/// P6, DEC-04
#[test]
fn an_explanation_folds_to_the_decision() {
    let mut denied = BTreeMap::new();
    for world in worlds(0..40, 40) {
        for request in &world.requests {
            let record = world.engine.decide(request);
            let explanation = world.engine.explain_named(request);
            assert_eq!(
                explanation.decision(),
                world.engine.evaluate_named(request),
                "{}",
                world.tell(request)
            );
            let (effect, reason) = explanation.fold();
            let expected = (!allows(&record)).then_some(record.reason);
            assert_eq!((effect, reason), (record.effect, expected), "{}\n{explanation}", world.tell(request));
            *denied.entry(record.reason).or_insert(0) += 1;
        }
    }
    assert!(denied.len() > 20, "{denied:?}");
}

/// P10, DEC-07
#[test]
fn what_is_printed_and_parsed_is_equal_and_decides_the_same() {
    for world in worlds(0..12, 25) {
        let catalog = world.engine.catalog();
        let printed = Catalog::parse(&catalog.to_toml()).unwrap();
        assert!(printed == *catalog, "{}", world.catalog);
        let domain = Domain::parse(&world.engine.domain().to_toml()).unwrap();
        assert!(domain == world.engine.domain(), "{}", world.domain);
        let other = Engine::compile(&printed, &domain).unwrap();
        for request in &world.requests {
            let again: NamedRequest = serde_json::from_str(&serde_json::to_string(request).unwrap()).unwrap();
            assert_eq!(again, *request);
            let record = world.engine.decide(request);
            assert_eq!(json(&other.decide(&again)), json(&record), "{}", world.tell(request));
            assert_eq!(serde_json::from_str::<Record>(&json(&record)).unwrap(), record);
        }
    }
    let builtin = Catalog::builtin();
    assert!(Catalog::parse(&builtin.to_toml()).unwrap() == builtin);
}

/// P12
#[test]
fn what_is_not_read_changes_nothing() {
    let (mut facts, mut emails, mut limits, mut read_ones) = (0, 0, 0, 0);
    for world in worlds(0..20, 40) {
        let catalog = world.engine.catalog();
        for asked in &world.requests {
            let reads = world.engine.reads_named(asked);
            let read = |name: &str| catalog.find(name).is_some_and(|fact| reads.facts.contains(fact));
            // What it reads, and no more: each other fact and balance is then put in, either way.
            let mut request = asked.clone();
            request.context.facts.retain(|name, _| read(name));
            read_ones += request.context.facts.len();
            let before = world.engine.evaluate_named(&request);
            let same = |change: &dyn Fn(&mut NamedRequest), count: &mut u32| {
                let mut other = request.clone();
                change(&mut other);
                *count += u32::from(other != request);
                let after = world.engine.evaluate_named(&other);
                // The times that are stated say whether an object is within a window; a fact may contradict them.
                let timed = other.context.at.is_some() && other.context.touched_at.is_some();
                if !timed || after.reason() != Reason::MalformedRequest {
                    assert_eq!(after, before, "{}", world.tell(&other));
                }
            };
            for (name, _) in catalog.all::<FactId>().filter(|(name, _)| !read(name)) {
                for holds in [true, false] {
                    same(&|it| _ = it.context.facts.insert(name.to_owned(), holds), &mut facts);
                }
            }
            if !reads.email_domain {
                for email_domain in [None, Some("a.example".to_owned()), Some("b.example".to_owned())] {
                    same(&|it| it.context.email_domain.clone_from(&email_domain), &mut emails);
                }
            }
            for (name, _) in catalog.all::<LimitId>().filter(|(_, limit)| !reads.limits.contains(limit)) {
                for left in [0, 5_000_000] {
                    let state = |it: &mut NamedRequest| {
                        it.context.used.remove(name);
                        it.context.remaining.insert(name.to_owned(), left);
                    };
                    // Two statements about one limit contradict each other.
                    if !request.context.used.contains_key(name) {
                        same(&state, &mut limits);
                    }
                }
            }
        }
    }
    assert!(
        facts > 1_000 && emails > 500 && limits > 500 && read_ones > 100,
        "{facts} {emails} {limits} {read_ones}"
    );
}

/// Every name that an action states, in its place.
fn names(action: &mut NamedAction) -> Vec<&mut String> {
    let NamedAction {
        permission,
        feature,
        model,
        process,
        store,
        change,
        connect,
        mode,
        disconnect,
        read,
        through,
        ..
    } = action;
    let mut names =
        vec![permission, feature, model, process, store, connect, mode, disconnect, read, through];
    if let Some(change) = change {
        let tollkeeper::request::NamedChange {
            setting,
            role,
            permission,
            list,
            based_on,
            delete_role,
            assign_role,
            from,
            opt_in,
            ..
        } = change;
        names.extend([setting, role, permission, list, based_on, delete_role, assign_role, from, opt_in]);
    }
    names.into_iter().flatten().collect()
}

/// P13, DEC-02
#[test]
fn what_is_unknown_is_denied() {
    let (mut asked, mut reasons) = (0, BTreeSet::new());
    for world in worlds(0..40, 40) {
        for request in world.requests.iter().filter(|request| allows(&world.engine.decide(request))) {
            let mut unknown = vec![];
            let mut with = |change: &dyn Fn(&mut NamedRequest)| {
                let mut other = request.clone();
                change(&mut other);
                unknown.push(other);
            };
            let nope = || "nope".to_owned();
            with(&|it| it.subject.roles.push(nope()));
            with(&|it| it.subject.standings.push(nope()));
            for holds in [true, false] {
                with(&|it| _ = it.context.facts.insert(nope(), holds));
            }
            with(&|it| _ = it.context.remaining.insert(nope(), 9));
            with(&|it| _ = it.context.used.insert(nope(), 9));
            if request.action.model.is_some() && request.action.process.is_none() {
                with(&|it| _ = it.action.tokens.insert(nope(), 0));
            }
            for place in 0..names(&mut request.action.clone()).len() {
                with(&|it| *names(&mut it.action)[place] = nope());
            }
            for other in unknown {
                asked += 1;
                let reason = world.engine.decide(&other).reason;
                assert!(reason.as_str().starts_with("unknown-"), "{reason}: {}", world.tell(&other));
                reasons.insert(reason);
            }
        }
    }
    assert!(asked > 1_000 && reasons.len() >= 14, "{asked} {reasons:?}");
}

/// P14
#[test]
fn hiding_a_fact_neither_helps_nor_loses_an_obligation() {
    let (mut hidden, mut missing) = (0, 0);
    for world in worlds(0..40, 50) {
        for request in &world.requests {
            let stated = world.engine.decide(request);
            // One that contradicts itself states nothing that could be hidden.
            if stated.reason == Reason::MalformedRequest {
                continue;
            }
            let mut hiding = vec![];
            for fact in request.context.facts.keys() {
                let mut less = request.clone();
                less.context.facts.remove(fact);
                hiding.push(less);
            }
            let mut less = request.clone();
            less.context.email_domain = None;
            hiding.push(less.clone());
            less.context.facts.clear();
            hiding.push(less.clone());
            less.context = request.context.clone();
            // A limit that nobody knows denies by its name; that is another law.
            if stated.reason != Reason::UnknownLimit {
                (less.context.remaining, less.context.used) = <_>::default();
                hiding.push(less);
            }
            for less in hiding {
                let answer = world.engine.decide(&less);
                hidden += 1;
                missing += u32::from(answer.reason == Reason::MissingFact);
                if !allows(&answer) {
                    continue;
                }
                assert!(allows(&stated), "{}", world.tell(request));
                let kept = |obligation: &String| answer.obligations.contains(obligation);
                assert!(stated.obligations.iter().all(kept), "{}", world.tell(request));
            }
        }
    }
    assert!(hidden > 10_000 && missing > 100, "{hidden} {missing}");
}

/// Corners where the order of gates, a name that is not stated or a deny by gate 1 decides.
#[test]
fn corners_are_decided_by_the_first_gate_that_fails() {
    for (plan, more, request, reason, fallback) in [
        // Plan and kind stand before what is wrong with a change (ROL-07, ROL-10).
        ("starter", "", r#"{"action":{"change":{"delete_role":"admin"}}}"#, "not-in-plan", None),
        (
            "starter",
            "",
            r#"{"action":{"change":{"create_role":"admin","based_on":"admin"}}}"#,
            "not-in-plan",
            None,
        ),
        (
            "starter",
            "",
            r#"{"action":{"change":{"assign_role":"super_admin"}}}"#,
            "not-for-domain-kind",
            None,
        ),
        // Where no model is selected, who gets the data is not stated (AI-14, CRD-01).
        (
            "enterprise",
            "regimes = [\"hipaa\"]\n[settings]\nai_partners = \"on\"",
            r#"{"action":{"process":"ai_input","feature":"ai_studio_workflows"}}"#,
            "provider-barred",
            None,
        ),
        // However a run is denied, it names its fallback (AI-08).
        (
            "starter",
            "",
            r#"{"subject":{"roles":["nope"]},"action":{"feature":"top_projects"}}"#,
            "unknown-role",
            Some("generic_list"),
        ),
        // A restriction is no action of its own, and its explanation says so.
        ("starter", "", r#"{"action":{"permission":"restrict_guest_invites"}}"#, "malformed-request", None),
    ] {
        let domain = format!("[domain]\nid = \"acme\"\nkind = \"workspace\"\nplan = \"{plan}\"\n{more}");
        let engine = engine(BUILTIN, &domain);
        let request: NamedRequest = serde_json::from_str(request).unwrap();
        let record = engine.decide(&request);
        assert_eq!((record.reason.as_str(), record.fallback.as_deref()), (reason, fallback), "{request:?}");
        assert_eq!(engine.explain_named(&request).fold().1, Some(record.reason), "{request:?}");
    }
}

/// DEC-02: a fact that would decide who may change something is missing, whichever rule reads it.
#[test]
fn a_change_says_which_fact_it_lacks() {
    let catalog = "[catalog]\nid = 'c'\nversion = '1'\n[kinds.k1]\n[plans.p1]\n[roles.r1]\n[facts]\nf1 = 'a fact'\n\
        [permissions.q1]\nneeds = ['f1']\ndefault = { r1 = 'on' }\n[settings.t1]\ndefault = 'on'\n\
        change = [{ permission = 'q1' }]\n";
    let engine = engine(catalog, "[domain]\nid = 'acme'\nkind = 'k1'\nplan = 'p1'");
    for (facts, reason) in [
        ("{}", "missing-fact"),
        (r#"{"f1":false}"#, "not-authorized"),
        (r#"{"f1":true}"#, "authorized-change"),
    ] {
        let request = format!(
            r#"{{"subject":{{"roles":["r1"]}},"action":{{"change":{{"setting":"t1","to":"off"}}}},"context":{{"facts":{facts}}}}}"#
        );
        let request: NamedRequest = serde_json::from_str(&request).unwrap();
        assert_eq!(engine.decide(&request).reason.as_str(), reason, "{facts}");
    }
}

/// Nothing that a regime states is without effect.
#[test]
fn what_a_regime_obliges_to_comes_with_every_run() {
    let catalog = "[catalog]\nid = 'c'\nversion = '1'\n[kinds.k1]\n[plans.p1]\n[obligations]\nlog = 'log it'\n\
        [regimes.g1]\nobligations = ['log']\n[data.d1]\n[features.e1]\ndata = ['d1']\n";
    let engine = engine(catalog, "[domain]\nid = 'acme'\nkind = 'k1'\nplan = 'p1'\nregimes = ['g1']");
    for request in [r#"{"action":{"feature":"e1"}}"#, r#"{"action":{"process":"d1","feature":"e1"}}"#] {
        let request: NamedRequest = serde_json::from_str(request).unwrap();
        assert_eq!(engine.decide(&request).obligations, ["log"]);
    }
}

/// AI-03, AI-04: what no model may run, nothing is processed for.
#[test]
fn nothing_is_processed_for_a_feature_whose_every_model_is_barred() {
    let catalog = "[catalog]\nid = 'c'\nversion = '1'\n[kinds.k1]\n[plans.p1]\n[providers.v1]\n[data.d1]\n\
        [models.n1]\nprovider = 'v1'\n[regimes.g1]\nbars = { providers = ['v1'] }\n\
        [features.e1]\nproviders = 'of_model'\ndata = ['d1']\n";
    let engine = engine(catalog, "[domain]\nid = 'acme'\nkind = 'k1'\nplan = 'p1'\nregimes = ['g1']");
    for request in [r#"{"action":{"feature":"e1"}}"#, r#"{"action":{"process":"d1","feature":"e1"}}"#] {
        let request: NamedRequest = serde_json::from_str(request).unwrap();
        assert_eq!(engine.decide(&request).reason, Reason::ProviderBarred, "{request:?}");
    }
}

/// USE-05, CRD-11: up to the limit and not above it.
#[test]
fn a_limit_covers_the_last_output_and_not_the_next() {
    for (stop, most) in [("stop = 'hard'", 10), ("stop = 'soft'\nceiling_percent = 130", 13)] {
        let limit = format!("[limits.ai_outputs]\nlimit = 10\nevery = 'month'\n{stop}");
        let domain = format!("[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'enterprise'\n{limit}");
        let engine = engine(BUILTIN, &domain);
        for used in 0..=14 {
            let mut request: NamedRequest =
                serde_json::from_str(r#"{"action":{"feature":"smart_editor"}}"#).unwrap();
            request.context.used.insert("ai_outputs".to_owned(), used);
            assert_eq!(allows(&engine.decide(&request)), used < most, "{used} of {limit}");
        }
    }
}

/// ADM-06: who deletes the role by which they may do so cannot make it again.
#[test]
fn deleting_the_role_one_acts_by_is_irreversible() {
    let domain = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'enterprise_plus'\n[holders]\nchief = 0\n\
        [roles.chief]\nbased_on = 'admin'\npermissions = { manage_roles = 'on' }\n";
    let engine = engine(BUILTIN, domain);
    for (roles, warned) in
        [(r#"["chief"]"#, true), (r#"["chief","guest"]"#, true), (r#"["super_admin"]"#, false)]
    {
        let request =
            format!(r#"{{"subject":{{"roles":{roles}}},"action":{{"change":{{"delete_role":"chief"}}}}}}"#);
        let record = engine.decide(&serde_json::from_str(&request).unwrap());
        assert!(allows(&record), "{record:?}");
        assert_eq!(record.obligations.iter().any(|it| it == "warn_irreversible"), warned, "{roles}");
    }
}

//! Applying changes: what an allowed change does to a domain, and that a denied one does nothing.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::arithmetic_side_effects, reason = "a dice has more than no sides")]

use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Reason;
use tollkeeper::domain::{Change, Domain};
use tollkeeper::engine::{Applied, ChangeRecord, Engine};
use tollkeeper::id::{FactId, FeatureId, ListId, PermissionId, RoleId, SettingId, StandingId};
use tollkeeper::request::{Action, NamedRequest, Request, Subject};
use tollkeeper::word::Switch;

const ACME: &str = "
[domain]
id = 'acme'
kind = 'organization'
plan = 'enterprise_plus'
[holders]
super_admin = 2
contractor = 1
[lists]
trusted_domains = ['partner.example']
[roles.contractor]
based_on = 'guest'
";

fn engine(text: &str) -> Engine {
    compiled(&Catalog::builtin(), &Domain::parse(text).unwrap())
}

fn compiled(catalog: &Catalog, domain: &Domain) -> Engine {
    Engine::compile(catalog, domain).unwrap_or_else(|problems| panic!("{problems:?}\n{}", domain.to_toml()))
}

/// A request of the named form: role, change, facts.
fn request(role: &str, change: &str, facts: &str) -> NamedRequest {
    let json = format!(
        r#"{{"subject":{{"id":"u-1","roles":["{role}"]}},"action":{{"change":{change}}},
            "resource":{{"type":"person","id":"u-2"}},
            "context":{{"facts":{facts},"at":"2026-11-21T10:00:00Z"}}}}"#
    );
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Applies one change and gives the lines that are gone from the domain file and those that are new.
fn difference(before: &Domain, after: &Domain) -> String {
    let (before, after) = (before.to_toml(), after.to_toml());
    let without = |one: &str, other: &str, sign: &str| {
        let mut rest: Vec<&str> = other.lines().collect();
        let mut only = Vec::new();
        for line in one.lines() {
            match rest.iter().position(|other| *other == line) {
                Some(at) => drop(rest.remove(at)),
                None => only.push(format!("{sign}{line}")),
            }
        }
        only.retain(|line| line.len() > 1);
        only
    };
    let mut lines = without(&before, &after, "-");
    lines.extend(without(&after, &before, "+"));
    lines.join(" ")
}

// ADM-01 ADM-02 ADM-04 ADM-08 ROL-08 ROL-10
#[test]
fn every_form_of_change_does_what_it_says_and_nothing_else() {
    let engine = engine(ACME);
    for (role, change, expected) in [
        ("super_admin", r#"{"setting":"uploads","to":"off"}"#, r#"+[settings] +uploads = "off""#),
        ("super_admin", r#"{"setting":"uploads","to":"on"}"#, ""),
        (
            "super_admin",
            r#"{"role":"member","permission":"create_teams","to":"off"}"#,
            r#"+[roles.member.permissions] +create_teams = "off""#,
        ),
        ("super_admin", r#"{"role":"member","permission":"create_teams","to":"on"}"#, ""),
        ("super_admin", r#"{"role":"guest","permission":"create_teams","to":"off"}"#, ""),
        (
            "super_admin",
            r#"{"role":"contractor","permission":"upload_files","to":"off"}"#,
            r#"+[roles.contractor.permissions] +upload_files = "off""#,
        ),
        (
            "admin",
            r#"{"list":"trusted_domains","to":["B.example","a.example","b.example"]}"#,
            r#"-trusted_domains = ["partner.example"] +trusted_domains = ["a.example", "b.example"]"#,
        ),
        ("admin", r#"{"list":"trusted_domains","to":["PARTNER.example"]}"#, ""),
        (
            "admin",
            r#"{"list":"trusted_domains","to":[]}"#,
            r#"-trusted_domains = ["partner.example"] +trusted_domains = []"#,
        ),
        (
            "super_admin",
            r#"{"create_role":"auditor","based_on":"member"}"#,
            r#"+auditor = 0 +[roles.auditor] +based_on = "member""#,
        ),
        ("admin", r#"{"assign_role":"member","from":"contractor"}"#, "-contractor = 1 +contractor = 0"),
        ("admin", r#"{"assign_role":"contractor","from":"member"}"#, "-contractor = 1 +contractor = 2"),
        ("admin", r#"{"assign_role":"contractor"}"#, "-contractor = 1 +contractor = 2"),
        ("admin", r#"{"assign_role":"guest","from":"member"}"#, ""),
        ("admin", r#"{"assign_role":"contractor","from":"contractor"}"#, ""),
        (
            "super_admin",
            r#"{"assign_role":"super_admin","from":"admin"}"#,
            "-super_admin = 2 +super_admin = 3",
        ),
        (
            "super_admin",
            r#"{"assign_role":"admin","from":"super_admin"}"#,
            "-super_admin = 2 +super_admin = 1",
        ),
    ] {
        let request = request(role, change, "{}");
        let applied = engine.apply_named(&request).unwrap_or_else(|denied| panic!("{change}: {denied}"));
        assert_eq!(difference(&engine.domain(), &applied.domain), expected, "{role} {change}");
        assert_eq!(applied.domain == engine.domain(), expected.is_empty(), "{change}");
    }
}

// ROL-08
#[test]
fn a_role_is_made_given_taken_back_and_deleted_without_a_trace() {
    let catalog = Catalog::builtin();
    let mut engine = engine(ACME);
    let before = engine.domain();
    for (role, change, allowed) in [
        ("super_admin", r#"{"create_role":"auditor","based_on":"guest"}"#, true),
        ("super_admin", r#"{"create_role":"auditor","based_on":"member"}"#, false),
        ("super_admin", r#"{"role":"auditor","permission":"upload_files","to":"off"}"#, true),
        ("admin", r#"{"assign_role":"auditor","from":"guest"}"#, true),
        ("super_admin", r#"{"delete_role":"auditor"}"#, false),
        ("admin", r#"{"assign_role":"guest","from":"auditor"}"#, true),
        ("super_admin", r#"{"delete_role":"auditor"}"#, true),
        ("super_admin", r#"{"delete_role":"auditor"}"#, false),
    ] {
        let applied = engine.apply_named(&request(role, change, "{}"));
        assert_eq!(applied.is_ok(), allowed, "{change}");
        if let Ok(applied) = applied {
            engine = compiled(&catalog, &applied.domain);
        }
    }
    assert_eq!(engine.domain(), before);
}

// ROL-10 ADM-05
#[test]
fn the_first_super_admin_comes_by_verification_and_the_last_one_stays() {
    let catalog = Catalog::builtin();
    let mut engine = engine(&ACME.replace("super_admin = 2", "super_admin = 0"));
    let appoint = r#"{"assign_role":"super_admin","from":"admin"}"#;
    let demote = r#"{"assign_role":"admin","from":"super_admin"}"#;
    for (role, change, facts, reason, holders) in [
        ("admin", appoint, "{}", "missing-fact", 0),
        ("admin", appoint, r#"{"super_admin_verified":false}"#, "needs-verification", 0),
        ("admin", appoint, r#"{"super_admin_verified":true}"#, "authorized-change", 1),
        ("admin", appoint, r#"{"super_admin_verified":true}"#, "needs-role", 1),
        ("super_admin", demote, "{}", "last-holder", 1),
        ("super_admin", appoint, "{}", "authorized-change", 2),
        ("super_admin", demote, "{}", "authorized-change", 1),
        ("super_admin", r#"{"assign_role":"guest","from":"super_admin"}"#, "{}", "last-holder", 1),
    ] {
        let request = request(role, change, facts);
        let decision = engine.evaluate_named(&request);
        assert_eq!(decision.reason().as_str(), reason, "{role} {change} {facts}");
        if let Ok(applied) = engine.apply_named(&request) {
            engine = compiled(&catalog, &applied.domain);
        }
        let count = format!("super_admin = {holders}\n");
        assert!(engine.domain().to_toml().contains(&count), "{change}: {}", engine.domain().to_toml());
    }
}

#[test]
fn the_record_says_who_what_from_to_and_when() {
    let engine = engine(ACME);
    let applied =
        engine.apply_named(&request("admin", r#"{"list":"trusted_domains","to":["a.example"]}"#, "{}"));
    let applied = applied.unwrap();
    let json = serde_json::to_string(&applied.record).unwrap();
    let version = engine.version();
    assert_eq!(
        json,
        format!(
            "{{\"subject\":{{\"id\":\"u-1\",\"roles\":[\"admin\"]}},\
             \"change\":{{\"list\":\"trusted_domains\",\"to\":[\"a.example\"]}},\
             \"from\":[\"partner.example\"],\
             \"resource\":{{\"type\":\"person\",\"id\":\"u-2\"}},\
             \"at\":\"2026-11-21T10:00:00Z\",\"obligations\":[],\"domain\":\"acme\",\"version\":\"{version:016x}\"}}"
        )
    );
    assert_eq!(serde_json::from_str::<ChangeRecord>(&json).unwrap(), applied.record);
    for (change, from) in [
        (r#"{"setting":"uploads","to":"off"}"#, "\"on\""),
        (r#"{"role":"guest","permission":"create_teams","to":"off"}"#, "\"off\""),
        (r#"{"create_role":"auditor","based_on":"guest"}"#, "null"),
        (r#"{"assign_role":"contractor","from":"guest"}"#, "null"),
    ] {
        let applied = engine.apply_named(&request("super_admin", change, "{}")).unwrap();
        assert_eq!(serde_json::to_string(&applied.record.from).unwrap(), from, "{change}");
        let again: serde_json::Value = serde_json::from_str(change).unwrap();
        assert_eq!(serde_json::to_value(&applied.record.change).unwrap(), again, "{change}");
    }
}

#[test]
fn what_is_no_change_is_malformed_when_applied() {
    let engine = engine(ACME);
    let catalog = engine.catalog();
    let use_product: PermissionId = catalog.find("use_product").unwrap();
    let member: RoleId = catalog.find("member").unwrap();
    let request = Request::new(Subject::role(member), use_product);
    assert!(engine.evaluate(&request).is_allow());
    assert_eq!(engine.apply(&request).unwrap_err().0.reason(), Reason::MalformedRequest);
}

// AI-20
#[test]
fn an_opt_in_is_stated_in_the_domain_and_opens_the_beta() {
    let catalog = Catalog::parse(BETA).unwrap();
    let domain = Domain::parse("[domain]\nid = 'a'\nkind = 'team'\nplan = 'free'").unwrap();
    let engine = compiled(&catalog, &domain);
    let run = serde_json::from_str(r#"{"action":{"feature":"sketch"}}"#).unwrap();
    assert_eq!(engine.evaluate_named(&run).reason(), Reason::OptInMissing);
    let on = r#"{"opt_in":"sketch","to":"on"}"#;
    assert_eq!(engine.apply_named(&request("writer", on, "{}")).unwrap_err().0.reason(), Reason::NeedsRole);
    let applied = engine.apply_named(&request("owner", on, "{}")).unwrap();
    let after = compiled(&catalog, &applied.domain);
    assert_eq!(
        after.decide(&serde_json::from_str(r#"{"action":{"feature":"sketch"}}"#).unwrap()).obligations,
        ["beta_as_is"]
    );
    let off = request("owner", r#"{"opt_in":"sketch","to":"off"}"#, "{}");
    let back = compiled(&catalog, &after.apply_named(&off).unwrap().domain);
    assert_eq!(back.evaluate_named(&run).reason(), Reason::OptInMissing);
    assert_eq!(engine.apply_named(&off).unwrap().domain, domain, "it was out already");
}

const BETA: &str = "
[catalog]
id = 'notes'
version = '1'
[kinds.team]
[plans.free]
[roles.owner]
[roles.writer]
[settings.ai]
default = 'on'
[features.sketch]
setting = 'ai'
beta = true
[changes]
opt_in = { roles = ['owner'] }
";

#[test]
fn a_new_role_whose_defaults_would_restrict_nothing_is_an_invalid_change() {
    let catalog = Catalog::parse(
        "
        [catalog]
        id = 'notes'
        version = '1'
        [kinds.team]
        [plans.free]
        [roles.owner]
        supreme = true
        [roles.writer]
        custom = true
        [roles.editor]
        custom = true
        [lists.friends]
        match = 'email_domain'
        [permissions.invite]
        default = { writer = 'on', editor = 'on' }
        [permissions.friends_only]
        default = { writer = 'on', editor = 'on' }
        restricts = { permission = 'invite', to = 'friends', besides = ['editor'] }
        [changes]
        role_permission = { roles = ['owner'] }
        create_role = { roles = ['owner'] }
        ",
    );
    let catalog = catalog.unwrap();
    let domain = "[domain]\nid = 'a'\nkind = 'team'\nplan = 'free'\n";
    let nobody_left = "[roles.writer.permissions]\ninvite = 'off'\nfriends_only = 'off'\n\
                       [roles.editor.permissions]\nfriends_only = 'off'\n";
    for (rest, base, reason) in [
        ("", "writer", Reason::AuthorizedChange),
        ("", "editor", Reason::AuthorizedChange),
        (nobody_left, "writer", Reason::AuthorizedChange),
        (nobody_left, "editor", Reason::InvalidChange),
    ] {
        let engine = compiled(&catalog, &Domain::parse(&format!("{domain}{rest}")).unwrap());
        let request = request("owner", &format!(r#"{{"create_role":"new","based_on":"{base}"}}"#), "{}");
        assert_eq!(engine.evaluate_named(&request).reason(), reason, "{base} {rest}");
        if let Ok(applied) = engine.apply_named(&request) {
            compiled(&catalog, &applied.domain);
        }
    }
}

/// Numbers that look random and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.throw(from.len())]
    }

    fn switch(&mut self) -> Switch {
        self.pick(&[Switch::On, Switch::Off])
    }
}

/// Everything that changes are thrown from.
struct World {
    catalog: Catalog,
    settings: Vec<SettingId>,
    permissions: Vec<PermissionId>,
    features: Vec<FeatureId>,
    list: ListId,
    standing: StandingId,
    verified: FactId,
}

impl World {
    fn builtin() -> Self {
        let catalog = Catalog::builtin();
        Self {
            settings: catalog.all().map(|(_, id)| id).collect(),
            permissions: catalog.all().map(|(_, id)| id).collect(),
            features: catalog.all().map(|(_, id)| id).collect(),
            list: catalog.find("trusted_domains").unwrap(),
            standing: catalog.find("billing_owner").unwrap(),
            verified: catalog.find("super_admin_verified").unwrap(),
            catalog,
        }
    }

    fn domain(dice: &mut Dice) -> Domain {
        let kind = dice.pick(&["organization", "workspace", "division"]);
        let plan = dice.pick(&["starter", "enterprise", "enterprise_plus"]);
        let holders = dice.throw(3);
        let custom = match plan {
            "enterprise_plus" => {
                "[role_defaults]\nguests = 'contractor'\n[roles.contractor]\nbased_on = 'guest'\n[roles.lead]\nbased_on = 'admin'"
            }
            _ => "",
        };
        let text = format!(
            "[domain]\nid = 'd'\nkind = '{kind}'\nplan = '{plan}'\n[holders]\nsuper_admin = {holders}\n{custom}"
        );
        Domain::parse(&text).unwrap()
    }

    /// Something that somebody tries.
    fn attempt<T>(&self, engine: &Engine, dice: &mut Dice, then: impl FnOnce(&Request<'_>) -> T) -> T {
        let names = ["super_admin", "admin", "member", "guest", "contractor", "lead", "extra"];
        let roles: Vec<RoleId> = names.iter().filter_map(|name| engine.role(name)).collect();
        let lists: [&[&str]; 4] = [&[], &["a.example"], &["B.example", "a.example"], &["no domain"]];
        let change = match dice.throw(8) {
            0 | 1 => Change::Setting { setting: dice.pick(&self.settings), to: dice.switch() },
            2 | 3 => Change::RolePermission {
                role: dice.pick(&roles),
                permission: dice.pick(&self.permissions),
                to: dice.switch(),
            },
            4 => Change::List { list: self.list, to: dice.pick(&lists) },
            5 => match dice.throw(2) {
                0 => Change::CreateRole { name: dice.pick(&names), based_on: dice.pick(&roles) },
                _ => Change::DeleteRole { role: dice.pick(&roles) },
            },
            6 => Change::AssignRole {
                role: dice.pick(&roles),
                from: (dice.throw(4) > 0).then(|| dice.pick(&roles)),
            },
            _ => Change::OptIn { feature: dice.pick(&self.features), to: dice.switch() },
        };
        let standings = [self.standing];
        let standings: &[StandingId] = if dice.throw(4) == 0 { &standings } else { &[] };
        let subject = Subject::role(dice.pick(&roles)).with_standings(standings);
        let mut request = Request::new(subject, change);
        match dice.throw(3) {
            0 => request = request.fact(self.verified, true),
            1 => request = request.fact(self.verified, false),
            _ => {}
        }
        then(&request)
    }
}

fn super_admins(domain: &Domain) -> Option<u64> {
    domain.to_toml().lines().find_map(|line| line.strip_prefix("super_admin = ")?.parse().ok())
}

/// Who may do what: every permission of every role that the catalog has.
fn matrix(engine: &Engine, world: &World) -> Vec<Reason> {
    let roles: Vec<RoleId> = world.catalog.all().map(|(_, id)| id).collect();
    let pairs = roles.iter().flat_map(|role| world.permissions.iter().map(move |one| (*role, *one)));
    pairs.map(|(role, one)| engine.evaluate(&Request::new(Subject::role(role), one)).reason()).collect()
}

// ADM-03 ADM-05 ADM-08 ROL-10
#[test]
fn whatever_is_tried_in_whatever_order_the_laws_of_applying_hold() {
    let world = World::builtin();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut allowed, mut denied) = (0, 0);
    for _ in 0..60 {
        let mut engine = compiled(&world.catalog, &World::domain(&mut dice));
        for _ in 0..60 {
            let before = engine.domain().to_toml();
            let applied = world.attempt(&engine, &mut dice, |request| {
                let decision = engine.evaluate(request);
                match engine.apply(request) {
                    Err(refused) => {
                        // A refusal is the decision itself, and nothing happened.
                        assert_eq!(refused.0, decision);
                        assert!(decision.is_deny());
                        assert_eq!(engine.domain().to_toml(), before);
                        None
                    }
                    Ok(applied) => {
                        assert!(decision.is_allow(), "{request:?}");
                        assert_eq!(applied, engine.apply(request).unwrap(), "the same again");
                        Some((applied, settled(&engine, request)))
                    }
                }
            });
            let Some((Applied { domain, .. }, authority)) = applied else {
                denied += 1;
                continue;
            };
            allowed += 1;
            let was = matrix(&engine, &world);
            let after = compiled(&world.catalog, &domain);
            assert_eq!(matrix(&engine, &world), was, "the old engine is untouched");
            assert_eq!(Domain::parse(&domain.to_toml()).unwrap(), domain, "what is printed parses back");
            let again = compiled(&world.catalog, &Domain::parse(&domain.to_toml()).unwrap());
            assert_eq!(again.version(), after.version());
            assert_eq!(matrix(&again, &world), matrix(&after, &world));
            if super_admins(&engine.domain()).is_some_and(|count| count > 0) {
                assert!(super_admins(&domain).is_some_and(|count| count > 0), "the last one survives");
            }
            assert!(authority, "only what the actor has authority over changed");
            engine = after;
        }
    }
    assert!(allowed > 300 && denied > 300, "{allowed} allowed, {denied} denied");
}

/// Whether only what the change names differs, told from the files.
fn settled(engine: &Engine, request: &Request<'_>) -> bool {
    let Action::Change(change) = request.action else { return false };
    let after = engine.apply(request).unwrap().domain;
    let catalog = engine.catalog();
    let changed = difference(&engine.domain(), &after);
    let named = |text: &str| changed.is_empty() || changed.contains(text);
    match change {
        Change::Setting { setting, .. } => named(catalog.name(setting).unwrap()),
        Change::RolePermission { permission, .. } => named(catalog.name(permission).unwrap()),
        Change::List { list, .. } => named(catalog.name(list).unwrap()),
        Change::CreateRole { name, .. } => named(name),
        Change::DeleteRole { .. } => named("-based_on"),
        _ => !changed.contains('[') && changed.matches('+').count() <= 2,
    }
}

// ADM-02 ADM-03 ADM-04
#[test]
fn no_sequence_of_changes_by_one_actor_reaches_what_the_actor_has_no_authority_over() {
    let world = World::builtin();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    // Actor, and what none of their changes may ever show in the file: switches, roles, super admins.
    for (actor, never) in [
        ("guest", &["[settings]", "[roles", "[lists]", "super_admin = 1", "super_admin = 3"][..]),
        ("member", &["[settings]", "[roles", "[lists]", "super_admin = 1", "super_admin = 3"]),
        ("admin", &["[settings]", "[roles", "super_admin = 1", "super_admin = 3"]),
        (
            "manager",
            &["[settings]", "super_admin = 1", "super_admin = 3", "assign_roles", "manage_roles = \"off\""],
        ),
    ] {
        let manager = match actor {
            "manager" => "[roles.manager]\nbased_on = 'admin'\npermissions = { manage_roles = 'on' }\n",
            _ => "",
        };
        let text = format!(
            "[domain]\nid = 'd'\nkind = 'organization'\nplan = 'enterprise_plus'\n\
             [holders]\nsuper_admin = 2\nmanager = 1\nmember = 50\n{manager}"
        );
        let text = if manager.is_empty() { text.replace("manager = 1\n", "") } else { text };
        let mut engine = engine(&text);
        for _ in 0..800 {
            let role = engine.role(actor).unwrap();
            let applied = world.attempt(&engine, &mut dice, |request| {
                engine.apply(&Request::new(Subject::role(role), request.action).with_context(request.context))
            });
            if let Ok(applied) = applied {
                engine = compiled(&world.catalog, &applied.domain);
            }
            let now = engine.domain().to_toml();
            for text in never {
                assert!(!now.contains(text), "{actor} reached {text}:\n{now}");
            }
        }
    }
}

#[test]
fn the_same_changes_in_the_same_order_give_the_same_bytes() {
    let world = World::builtin();
    let play = || {
        let mut dice = Dice(7);
        let mut engine = engine(ACME);
        for _ in 0..150 {
            let applied = world.attempt(&engine, &mut dice, |request| engine.apply(request));
            if let Ok(applied) = applied {
                engine = compiled(&world.catalog, &applied.domain);
            }
        }
        engine.domain().to_toml()
    };
    let first = play();
    assert_eq!(first, play());
    assert_ne!(first, Domain::parse(ACME).unwrap().to_toml());
}

// ADM-07
#[test]
fn what_comes_from_contract_and_directory_has_no_form_of_change() {
    for key in [
        "plan",
        "add_ons",
        "regimes",
        "attested",
        "seats",
        "limits",
        "residency",
        "holders",
        "locked",
        "kind",
    ] {
        let json = format!(r#"{{"action":{{"change":{{"{key}":"x","to":"on"}}}}}}"#);
        let error = serde_json::from_str::<NamedRequest>(&json).unwrap_err().to_string();
        assert!(error.contains(&format!("unknown field `{key}`")), "{error}");
    }
    let locked = engine(&format!("{ACME}[locked]\nuploads = 'off'"));
    let request = request("super_admin", r#"{"setting":"uploads","to":"on"}"#, "{}");
    assert_eq!(locked.apply_named(&request).unwrap_err().0.reason(), Reason::SettingLocked);
}

// ADM-06 ADM-08
#[test]
fn the_record_carries_the_warning_that_the_actor_cannot_undo_the_change() {
    let nobody = ACME.replace("super_admin = 2", "super_admin = 0");
    let off = nobody.clone() + "[settings]\nml = 'off'";
    for (text, role, change, warned) in [
        (ACME, "super_admin", r#"{"setting":"ml","to":"off"}"#, false),
        (&nobody, "admin", r#"{"setting":"ml","to":"off"}"#, true),
        (&off, "admin", r#"{"setting":"ml","to":"off"}"#, false),
        (ACME, "super_admin", r#"{"assign_role":"admin","from":"super_admin"}"#, false),
        (ACME, "admin", r#"{"list":"trusted_domains","to":[]}"#, false),
    ] {
        let applied = engine(text).apply_named(&request(role, change, "{}")).unwrap();
        let warns = applied.record.obligations.iter().any(|one| one == "warn_irreversible");
        assert_eq!(warns, warned, "{role} {change}");
    }
}

//! Random small catalogs, domains and requests, from a seed that is printed: the same everywhere.

use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use tollkeeper::units::Timestamp;
use tollkeeper::word::{Scope, Switch, Trigger};

use crate::model::{Catalog, Names};

/// A generator of numbers (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).unwrap()
    }

    /// True in so many of a hundred cases.
    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<'n>(&mut self, of: &[&'n str]) -> &'n str {
        of[self.below(of.len())]
    }

    /// Each of these in so many of a hundred cases.
    fn some<'n>(&mut self, of: &[&'n str], percent: usize) -> Vec<&'n str> {
        of.iter().copied().filter(|_| self.percent(percent)).collect()
    }

    /// The line `key = [...]`, in so many of a hundred cases.
    fn array(&mut self, key: &str, of: &[&str], percent: usize) -> String {
        let names = if self.percent(percent) { self.some(of, 60) } else { vec![] };
        if names.is_empty() { String::new() } else { format!("{key} = {names:?}\n") }
    }

    /// The line `key = "..."`, in so many of a hundred cases.
    fn value(&mut self, key: &str, of: &[&str], percent: usize) -> String {
        if !of.is_empty() && self.percent(percent) {
            format!("{key} = \"{}\"\n", self.one(of))
        } else {
            String::new()
        }
    }

    #[allow(dead_code, reason = "the laws shuffle, the reference evaluator does not")]
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    fn switch(&mut self) -> Switch {
        if self.percent(50) { Switch::On } else { Switch::Off }
    }
}

const KINDS: &[&str] = &["k1", "k2"];
const PLANS: &[&str] = &["p1", "p2", "p3"];
const ADD_ONS: &[&str] = &["a1", "a2"];
const ROLES: &[&str] = &["boss", "r1", "r2", "r3"];
const BASES: &[&str] = &["r1", "r2", "r3"];
const STANDINGS: &[&str] = &["s1", "s2"];
const FACTS: &[&str] = &["f1", "f2", "f3", "f4", "f5"];
const OBLIGATIONS: &[&str] = &["o1", "o2", "o3", "o4", "o5", "o6"];
const LISTS: &[&str] = &["l1", "l2"];
const SETTINGS: &[&str] = &["t1", "t2", "t3", "t4"];
/// The first three may route, the others may be what suffices as well; the last one is a restriction.
const PERMISSIONS: &[&str] = &["q1", "q2", "q3", "q4", "q5", "q6"];
const ALL_PERMISSIONS: &[&str] = &["q1", "q2", "q3", "q4", "q5", "q6", "x1", "x2"];
/// What says who may change something: nothing that a list restricts, for whoever acts is not whom it concerns.
const PLAIN: &[&str] = &["q4", "q5", "q6"];
const PROVIDERS: &[&str] = &["v1", "v2", "v3"];
const SERVICES: &[&str] = &["w1", "w2"];
const REGIMES: &[&str] = &["g1", "g2"];
const DATA: &[&str] = &["d1", "d2", "d3"];
const FEATURES: &[&str] = &["e1", "e2", "e3", "e4"];
const METERS: &[&str] = &["m1", "m2"];
const LIMITS: &[&str] = &["m1", "m2", "y1", "y2"];
const MODELS: &[&str] = &["n1", "n2"];
const POOLS: &[&str] = &["input", "output"];
const TRIGGERS: &[&str] = &["requested", "proactive", "follow_up", "follow_up_counted", "recurring"];
const CONNECTORS: &[&str] = &["b1", "b2"];
const MODES: &[&str] = &["h1", "h2", "h3"];
const OBJECTS: &[&str] = &["j1", "j2", "j3"];
const EMAILS: &[&str] = &["a.example", "A.EXAMPLE", "b.example", "-bad", ""];

/// Plans, add-ons and kinds of something.
fn scope(dice: &mut Dice, percent: usize) -> String {
    dice.array("plans", PLANS, percent)
        + &dice.array("add_ons", ADD_ONS, percent)
        + &dice.array("kinds", KINDS, percent)
}

/// Who may change something.
fn rows(dice: &mut Dice, table: &str, key: &str) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(3) {
        let who = dice.array("roles", ROLES, 60)
            + &dice.array("standings", STANDINGS, 50)
            + &dice.value("permission", PLAIN, 40);
        let who = if who.is_empty() { "roles = [\"boss\"]\n".to_owned() } else { who };
        // Connecting has no position.
        let to = if key == "change" { dice.array("to", &["on", "off"], 40) } else { String::new() };
        let when = to + &dice.value("when_unheld", ROLES, 30);
        text += &format!("[[{table}.{key}]]\n{who}{when}{}", scope(dice, 15));
    }
    text
}

fn limit(dice: &mut Dice) -> String {
    let stop = ["", "stop = \"hard\"\n", "stop = \"none\"\n", "stop = \"soft\"\nceiling_percent = 130\n"];
    format!("limit = {}\nevery = \"month\"\n{}", dice.below(12), stop[dice.below(stop.len())])
}

pub(crate) fn catalog(dice: &mut Dice) -> String {
    let mut text = "[catalog]\nid = \"random\"\nversion = \"1\"\n".to_owned();
    for name in KINDS {
        text += &format!("[kinds.{name}]\n");
    }
    for name in PLANS {
        text += &format!("[plans.{name}]\n");
        if dice.percent(30) {
            text += &format!("[plans.{name}.limits.{}]\n{}", dice.one(LIMITS), limit(dice));
        }
    }
    for name in ADD_ONS {
        text += &format!("[add_ons.{name}]\n");
        text += &(dice.array("included_in", PLANS, 40) + &dice.array("offered_on", PLANS, 90));
    }
    for role in ROLES {
        text += &format!("[roles.{role}]\n");
        if *role == "boss" {
            text += "supreme = true\n";
            text += &(dice.array("kinds", KINDS, 60) + &dice.value("verified_by", FACTS, 70));
            text += &dice.array("never", &["q5"], 10);
        } else {
            text += &format!("custom = {}\n", dice.percent(70));
            text += &(dice.array("inherent", &["q1", "q4"], 40) + &dice.array("never", &["q2", "q5"], 30));
        }
    }
    for name in STANDINGS {
        text += &format!("[standings.{name}]\n{}", dice.array("kinds", KINDS, 60));
    }
    text += "[facts]\n";
    text.extend(FACTS.iter().map(|name| format!("{name} = \"a fact\"\n")));
    text += "[obligations]\n";
    text.extend(OBLIGATIONS.iter().map(|name| format!("{name} = \"an obligation\"\n")));
    text += "[fallbacks]\nfb = \"a fallback\"\n";
    for name in LISTS {
        text += &format!(
            "[lists.{name}]\nmatch = \"email_domain\"\n{}",
            rows(dice, &format!("lists.{name}"), "change")
        );
    }
    for (at, name) in SETTINGS.iter().enumerate() {
        text +=
            &format!("[settings.{name}]\ndefault = \"{}\"\n", if dice.percent(70) { "on" } else { "off" });
        text += &dice.array("requires", &SETTINGS[at + 1..], 30);
        text += &scope(dice, 15);
        text += &rows(dice, &format!("settings.{name}"), "change");
    }
    for name in ["role_permission", "create_role", "delete_role", "assign_role", "opt_in"] {
        if dice.percent(90) {
            let who = dice.array("roles", ROLES, 50) + &dice.value("permission", PLAIN, 60);
            let who = if who.is_empty() { "roles = [\"boss\"]\n".to_owned() } else { who };
            text += &format!("[changes.{name}]\n{who}");
            text += &(dice.array("plans", PLANS, 10)
                + &dice.array("kinds", KINDS, 10)
                + &dice.value("add_on", ADD_ONS, 15));
        }
    }
    for (at, name) in PERMISSIONS.iter().enumerate() {
        text += &format!("[permissions.{name}]\n{}", scope(dice, 10));
        let later = &PERMISSIONS[at + 1..];
        let plain: Vec<&str> = later.iter().copied().filter(|name| *name >= "q4").collect();
        text += &(dice.value("setting", SETTINGS, 30)
            + &dice.array("needs", if *name < "q4" { FACTS } else { &FACTS[..3] }, 30));
        text += &(dice.value("otherwise", &plain, 40) + &dice.array("obligations", OBLIGATIONS, 40));
        text += &dice.value("change", &["supreme"], 20);
        if at < 3 {
            text += &dice.array("exempt", FACTS, 25);
            if dice.percent(30) {
                text += &format!("instead = {{ {} = \"{}\" }}\n", dice.one(FACTS), dice.one(later));
            }
        }
        text += &format!("[permissions.{name}.default]\n");
        for role in BASES {
            // What is inherent or never elsewhere makes some catalogs contradict themselves.
            if !["q1", "q2", "q4", "q5"].contains(name) && dice.percent(85) {
                text += &format!("{role} = \"{}\"\n", dice.one(&["on", "on", "off", "never"]));
            }
        }
    }
    for name in ["x1", "x2"] {
        text += &format!("[permissions.{name}]\n{}{}", dice.value("setting", SETTINGS, 50), scope(dice, 10));
        text += &format!(
            "restricts = {{ permission = \"{}\", to = \"{}\", besides = {:?} }}\n",
            "q3",
            dice.one(LISTS),
            dice.some(BASES, 20)
        );
        text += &format!("[permissions.{name}.default]\n");
        for role in BASES {
            if dice.percent(60) {
                text += &format!("{role} = \"off\"\n");
            }
        }
    }
    for name in PROVIDERS {
        text += &format!(
            "[providers.{name}]\nthird_party = {}\n{}",
            dice.percent(50),
            dice.array("obligations", OBLIGATIONS, 40)
        );
    }
    for name in SERVICES {
        text += &format!(
            "[services.{name}]\n{}{}",
            dice.value("provider", PROVIDERS, 80),
            dice.value("without", OBLIGATIONS, 70)
        );
    }
    for name in REGIMES {
        text += &format!("[regimes.{name}]\n");
        text += &(dice.array("starts_off", SETTINGS, 30)
            + &dice.array("removes", SETTINGS, 15)
            + &dice.array("obligations", OBLIGATIONS, 40));
        text += &format!("[regimes.{name}.bars]\nunstated_providers = {}\n", dice.percent(40));
        text += &(dice.array("providers", PROVIDERS, 40)
            + &dice.array("services", SERVICES, 30)
            + &dice.array("data", DATA, 20));
    }
    for name in DATA {
        text += &format!("[data.{name}]\n");
    }
    for name in FEATURES {
        text += &format!("[features.{name}]\n{}", scope(dice, 10));
        text += &match dice.below(3) {
            0 => dice.array("any_setting", SETTINGS, 80),
            _ => dice.value("setting", SETTINGS, 60),
        };
        text += &match dice.below(5) {
            0 => "providers = \"unstated\"\n".to_owned(),
            1 => "providers = \"of_model\"\n".to_owned(),
            2 => dice.array("any_provider", PROVIDERS, 100),
            _ => dice.array("providers", PROVIDERS, 80),
        };
        text += &(dice.array("data", DATA, 90)
            + &dice.value("fallback", &["fb"], 40)
            + &dice.value("meter", METERS, 60));
        text += &(dice.value("permission", PERMISSIONS, 50) + &dice.array("obligations", OBLIGATIONS, 40));
        text += &format!("beta = {}\n", dice.percent(25));
        for service in SERVICES {
            if dice.percent(35) {
                let used = dice.one(&["requires", "improves"]);
                text += &format!(
                    "[features.{name}.services.{service}]\nuse = \"{used}\"\n{}",
                    dice.value("provider", PROVIDERS, 40)
                );
            }
        }
    }
    for name in METERS {
        let counts = dice.some(TRIGGERS, 70);
        let counts = if counts.is_empty() { vec!["requested"] } else { counts };
        text += &format!(
            "[meters.{name}]\ncounts = {counts:?}\npriced = {}\n{}",
            dice.percent(40),
            dice.array("limits", LIMITS, 40)
        );
    }
    // A plan may state any of the limits, each of which some meter has to count.
    text += &format!("[meters.all]\ncounts = [\"requested\"]\nlimits = {LIMITS:?}\n");
    for name in MODELS {
        text += &format!("[models.{name}]\nprovider = \"{}\"\n[models.{name}.price]\n", dice.one(PROVIDERS));
        for pool in POOLS {
            if *pool == "input" || dice.percent(70) {
                text += &format!("{pool} = \"{}\"\n", dice.one(&["0.001", "0.25", "1", "2.5"]));
            }
        }
    }
    if dice.percent(40) {
        text += &format!(
            "[credit_plans.c1]\nmeter = \"{}\"\nevery = \"month\"\n{}",
            dice.one(METERS),
            dice.one(&["unlimited = true\n", "credits = 5\n"])
        );
        text += &match dice.percent(50) {
            true => dice.value("add_on", ADD_ONS, 100),
            false => dice.array("plans", PLANS, 100),
        };
    }
    for name in CONNECTORS {
        text += &connector(dice, name);
    }
    text
}

/// Facts that are needed and others that must not be so: never the same.
fn connect(dice: &mut Dice, table: &str) -> (String, Vec<&'static str>) {
    let needs = dice.some(FACTS, 25);
    let others: Vec<&'static str> = FACTS.iter().copied().filter(|fact| !needs.contains(fact)).collect();
    let unless = dice.some(&others, 25);
    let mut text = format!("[{table}]\nneeds = {needs:?}\nunless = {unless:?}\n");
    text += &dice.array("obligations", OBLIGATIONS, 40);
    if dice.percent(40) {
        text += &format!("under = {{ {} = {:?} }}\n", dice.one(REGIMES), dice.some(OBLIGATIONS, 30));
    }
    (text, unless)
}

fn connector(dice: &mut Dice, name: &str) -> String {
    let table = format!("connectors.{name}");
    let mut text = format!("[{table}]\n{}{}", scope(dice, 10), dice.array("obligations", OBLIGATIONS, 40));
    for window in ["initial_sync", "new_content", "permission_sync"] {
        text += &dice.value(window, &["1h", "2d"], 30);
    }
    if dice.percent(60) {
        text += &format!("[{table}.look_back]\nwithin = \"2d\"\n{}", dice.value("fact", FACTS, 80));
    }
    text += &connect(dice, &format!("{table}.disconnect")).0;
    let (connecting, unless) = connect(dice, &format!("{table}.connect"));
    text += &connecting;
    let may_be_needed: Vec<&str> = FACTS.iter().copied().filter(|fact| !unless.contains(fact)).collect();
    let objects = dice.some(OBJECTS, 70);
    text += &format!("[{table}.read]\n");
    for object in &objects {
        text += &format!("{object} = {:?}\n", dice.some(FACTS, 25));
    }
    for mode in MODES.iter().filter(|mode| **mode == "h1" || dice.percent(50)).collect::<Vec<_>>() {
        let table = format!("{table}.modes.{mode}");
        text += &format!("[{table}]\n{}needs = {:?}\n", scope(dice, 10), dice.some(&may_be_needed, 20));
        text += &format!("[{table}.read]\n");
        for object in &objects {
            if dice.percent(50) {
                text += &format!("{object} = {:?}\n", dice.some(FACTS, 20));
            }
        }
        text += &rows(dice, &table, "connect");
    }
    text
}

pub(crate) fn domain(dice: &mut Dice, catalog: &Catalog) -> String {
    let mut text = format!(
        "[domain]\nid = \"acme\"\nkind = \"{}\"\nplan = \"{}\"\n{}{}",
        dice.one(KINDS),
        dice.one(PLANS),
        dice.array("add_ons", ADD_ONS, 60),
        dice.array("regimes", REGIMES, 60),
    );
    let bases: Vec<&str> = BASES.iter().copied().filter(|base| catalog.roles[*base].custom).collect();
    let custom = dice.percent(50) && !bases.is_empty();
    let base = if custom { dice.one(&bases) } else { "" };
    text += &format!("[holders]\nboss = {}\n", dice.below(3));
    if custom && dice.percent(70) {
        text += &format!("c1 = {}\n", dice.below(2));
    }
    if dice.percent(30) {
        text += &format!("r1 = {}\n", dice.below(2));
    }
    for (table, percent) in [("settings", 40), ("locked", 10)] {
        text += &format!("[{table}]\n");
        for setting in dice.some(SETTINGS, percent) {
            text += &format!("{setting} = \"{}\"\n", dice.switch().as_str());
        }
    }
    text += "[lists]\n";
    for list in LISTS {
        text += &dice.array(list, &["a.example", "B.example"], 60);
    }
    if custom {
        text += &format!("[roles.c1]\nbased_on = \"{base}\"\n");
    }
    for role in BASES.iter().copied().chain(custom.then_some("c1")) {
        text += &format!("[roles.{role}.permissions]\n");
        let configurable = |permission: &&str| {
            let base = if role == "c1" { base } else { role };
            let default = catalog.permissions[*permission].default.get(base);
            default.is_some_and(|it| it != "never") && !catalog.roles[base].never.contains(*permission)
        };
        for permission in [dice.some(&["q3", "q6"], 25), dice.some(&["x1", "x2"], 10)]
            .concat()
            .into_iter()
            .filter(configurable)
        {
            text += &format!("{permission} = \"{}\"\n", dice.switch().as_str());
        }
    }
    if dice.percent(80) {
        text += &format!("[limits.{}]\n{}", dice.one(&["m1", "m2"]), limit(dice));
    }
    text += "[opt_ins]\n";
    for feature in FEATURES.iter().filter(|feature| catalog.features[**feature].beta) {
        if dice.percent(60) {
            text += &format!("{feature} = \"{}\"\n", dice.switch().as_str());
        }
    }
    text
}

fn subject(dice: &mut Dice, custom: bool) -> NamedSubject {
    let mut subject = NamedSubject::default();
    for _ in 0..dice.below(4) {
        let role = if custom && dice.percent(30) { "c1" } else { dice.one(ROLES) };
        if !subject.roles.iter().any(|it| it == role) {
            subject.roles.push(role.to_owned());
        }
    }
    if dice.percent(1) {
        subject.roles.push("nope".to_owned());
    }
    subject.standings = dice.some(STANDINGS, 25).into_iter().map(str::to_owned).collect();
    subject
}

fn change(dice: &mut Dice, custom: bool) -> NamedChange {
    let mut change = NamedChange::default();
    let role =
        |dice: &mut Dice| Some(if custom && dice.percent(30) { "c1" } else { dice.one(ROLES) }.to_owned());
    match dice.below(7) {
        0 => {
            change.setting = Some(dice.one(SETTINGS).to_owned());
            change.to = Some(To::Switch(dice.switch()));
        }
        1 => {
            change.role = role(dice);
            change.permission = Some(dice.one(ALL_PERMISSIONS).to_owned());
            change.to = Some(To::Switch(dice.switch()));
        }
        2 => {
            change.list = Some(dice.one(LISTS).to_owned());
            change.to = Some(To::Entries(dice.some(EMAILS, 25).into_iter().map(str::to_owned).collect()));
        }
        3 => {
            change.create_role = Some(dice.one(&["c1", "c2", "r1", "Bad"]).to_owned());
            change.based_on = role(dice);
        }
        4 => change.delete_role = role(dice),
        5 => {
            change.assign_role = role(dice);
            change.from = if dice.percent(60) { role(dice) } else { None };
        }
        _ => {
            change.opt_in = Some(dice.one(FEATURES).to_owned());
            change.to = Some(To::Switch(dice.switch()));
        }
    }
    change
}

fn action(dice: &mut Dice, custom: bool) -> NamedAction {
    let mut action = NamedAction::default();
    match dice.below(13) {
        0..3 => action.permission = Some(dice.one(ALL_PERMISSIONS).to_owned()),
        3..6 => {
            action.feature = Some(dice.one(FEATURES).to_owned());
            action.trigger = Some(match dice.one(TRIGGERS) {
                "requested" => Trigger::Requested,
                "proactive" => Trigger::Proactive,
                "follow_up" => Trigger::FollowUp,
                "follow_up_counted" => Trigger::FollowUpCounted,
                _ => Trigger::Recurring,
            });
            action.model = dice.percent(60).then(|| dice.one(MODELS).to_owned());
            for pool in dice.some(POOLS, 50) {
                action.tokens.insert(pool.to_owned(), dice.below(3) as u64);
            }
        }
        6 => {
            action.feature = Some(dice.one(FEATURES).to_owned());
            action.process = Some(dice.one(DATA).to_owned());
            action.model = dice.percent(50).then(|| dice.one(MODELS).to_owned());
        }
        7 => action.store = Some(dice.one(DATA).to_owned()),
        10 => {
            action.connect = Some(dice.one(CONNECTORS).to_owned());
            action.mode = Some(dice.one(MODES).to_owned());
        }
        11 if dice.percent(40) => action.disconnect = Some(dice.one(CONNECTORS).to_owned()),
        11 | 12 => {
            action.read = Some(dice.one(OBJECTS).to_owned());
            action.through = Some(dice.one(CONNECTORS).to_owned());
            action.mode = dice.percent(50).then(|| dice.one(MODES).to_owned());
            action.scope = Some([Scope::Everything, Scope::Host, Scope::Source][dice.below(3)])
                .filter(|_| dice.percent(40));
        }
        _ => action.change = Some(change(dice, custom)),
    }
    action
}

/// A request in a domain with or without the custom role, and where these limits are known.
pub(crate) fn request(dice: &mut Dice, custom: bool, limits: &Names) -> NamedRequest {
    let mut request = NamedRequest::new(subject(dice, custom), action(dice, custom));
    for fact in FACTS {
        if dice.percent(55) {
            request.context.facts.insert((*fact).to_owned(), dice.percent(65));
        }
    }
    if dice.percent(50) {
        request.context.email_domain = Some(dice.one(EMAILS).to_owned());
    }
    for time in [&mut request.context.at, &mut request.context.touched_at] {
        let hours = [0, 47, 48, 49][dice.below(4)];
        *time = dice.percent(40).then(|| Timestamp::from_nanoseconds(hours * 3_600_000_000_000));
    }
    for limit in LIMITS {
        let amount = [0, 1, 5, 9, 12, 250_000, 5_000_000, dice.below(12) as u64][dice.below(8)];
        if !limits.contains(*limit) && !dice.percent(1) {
            continue;
        }
        match dice.below(7) {
            0 => _ = request.context.remaining.insert((*limit).to_owned(), amount),
            1 => _ = request.context.used.insert((*limit).to_owned(), amount),
            _ => {}
        }
    }
    request
}

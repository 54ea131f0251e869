//! The small worlds of the built-in catalog: domains as text, and the questions that are asked of each.

use std::collections::BTreeMap;

use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use tollkeeper::units::Timestamp;
use tollkeeper::word::{Scope, Switch, Trigger};

use crate::model::Catalog;

/// Domains that differ in what some actions depend on, and the requests whose answers may differ.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) domains: Vec<String>,
    pub(crate) requests: Vec<NamedRequest>,
}

const KINDS: [&str; 3] = ["organization", "workspace", "division"];
/// The plans that change who may change what; the others are like one of them.
const PLANS_OF_CHANGES: [&str; 5] =
    ["starter", "enterprise", "enterprise_plus", "personal", "legacy_enterprise"];
const SWITCHES: [Switch; 2] = [Switch::Off, Switch::On];
const TRIGGERS: [Trigger; 5] =
    [Trigger::Requested, Trigger::Proactive, Trigger::FollowUp, Trigger::FollowUpCounted, Trigger::Recurring];

/// A domain in the making: the lines of each table.
#[derive(Clone, Default)]
pub(crate) struct Draft {
    kind: String,
    plan: String,
    add_ons: Vec<String>,
    regimes: Vec<String>,
    tables: BTreeMap<String, Vec<String>>,
}

impl Draft {
    fn new(kind: &str, plan: &str) -> Self {
        let draft = Self { kind: kind.to_owned(), plan: plan.to_owned(), ..Self::default() };
        draft.holders("super_admin", (kind == "organization").then_some(2))
    }

    fn add_ons(mut self, names: &[&str]) -> Self {
        self.add_ons.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    fn regimes(mut self, names: &[&str]) -> Self {
        self.regimes.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    fn line(mut self, table: &str, line: &str) -> Self {
        self.tables.entry(table.to_owned()).or_default().push(line.to_owned());
        self
    }

    /// So many holders, in the place of what was said before.
    fn holders(mut self, role: &str, count: Option<u64>) -> Self {
        let lines = self.tables.entry("holders".to_owned()).or_default();
        lines.retain(|line| !line.starts_with(&format!("{role} ")));
        lines.extend(count.map(|count| format!("{role} = {count}")));
        self
    }

    fn setting(self, name: &str, to: Option<&str>) -> Self {
        match to {
            Some(to) => self.line("settings", &format!("{name} = \"{to}\"")),
            None => self,
        }
    }

    fn custom(self, base: Option<&str>) -> Self {
        match base {
            Some(base) => self.line("roles.contractor", &format!("based_on = \"{base}\"")),
            None => self,
        }
    }

    /// Whether a permission can be configured for a role of this domain.
    fn exists(&self, catalog: &Catalog, role: &str, permission: &str) -> bool {
        let base = self.tables.get("roles.contractor").map(|lines| lines.concat());
        let base = match (role, &base) {
            ("contractor", Some(line)) => line.split('"').nth(1).unwrap_or_default(),
            _ => role,
        };
        catalog.permissions[permission].default.get(base).is_some_and(|it| it != "never")
    }

    fn permission(self, role: &str, permission: &str, to: &str) -> Self {
        self.line(&format!("roles.{role}.permissions"), &format!("{permission} = \"{to}\""))
    }

    fn text(&self) -> String {
        let mut text = format!(
            "[domain]\nid = \"acme\"\nkind = \"{}\"\nplan = \"{}\"\nadd_ons = {:?}\nregimes = {:?}\n\
             attested = [\"customer_keys\", \"responsibilities\"]\n",
            self.kind, self.plan, self.add_ons, self.regimes,
        );
        for (table, lines) in &self.tables {
            text += &format!("[{table}]\n{}\n", lines.join("\n"));
        }
        text
    }
}

/// Whether custom roles can be had on a plan, with the add-on.
fn has_roles(plan: &str) -> bool {
    ["enterprise", "enterprise_plus", "legacy_enterprise"].contains(&plan)
}

fn names<T>(map: &BTreeMap<String, T>) -> Vec<&str> {
    map.keys().map(String::as_str).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn subject(roles: &[&str], standings: &[&str]) -> NamedSubject {
    let mut subject = NamedSubject::default();
    subject.roles = owned(roles);
    subject.standings = owned(standings);
    subject
}

/// Nobody, every role, every pair of roles, every standing alone and beside an admin; an unknown role.
fn subjects() -> Vec<NamedSubject> {
    let roles = ["admin", "contractor", "guest", "member", "super_admin"];
    let mut subjects = vec![subject(&[], &[]), subject(&["nope"], &[]), subject(&[], &["nope"])];
    for (at, role) in roles.iter().enumerate() {
        subjects.push(subject(&[role], &[]));
        subjects.extend(roles[at + 1..].iter().map(|other| subject(&[other, role], &[])));
    }
    for standing in ["billing_owner", "workspace_creator"] {
        subjects.push(subject(&[], &[standing]));
        subjects.push(subject(&["admin"], &[standing]));
    }
    subjects.push(subject(&["guest", "nope"], &[]));
    subjects
}

/// One subject a kind of authority.
fn few_subjects() -> Vec<NamedSubject> {
    let mut subjects = vec![subject(&[], &[])];
    subjects
        .extend(["admin", "contractor", "guest", "member", "super_admin"].map(|role| subject(&[role], &[])));
    subjects.push(subject(&["admin", "guest"], &[]));
    subjects.push(subject(&["contractor", "member"], &[]));
    subjects.push(subject(&["member"], &["billing_owner"]));
    subjects.push(subject(&[], &["workspace_creator"]));
    subjects
}

/// The request in every statement of the facts: true, false and not stated.
fn with_facts(request: &NamedRequest, facts: &[&str]) -> Vec<NamedRequest> {
    let mut requests = vec![request.clone()];
    for fact in facts {
        let mut more = Vec::new();
        for request in &requests {
            for holds in [true, false] {
                let mut stated = request.clone();
                stated.context.facts.insert((*fact).to_owned(), holds);
                more.push(stated);
            }
        }
        requests.extend(more);
    }
    requests
}

fn action(fill: impl FnOnce(&mut NamedAction)) -> NamedAction {
    let mut action = NamedAction::default();
    fill(&mut action);
    action
}

fn change(fill: impl FnOnce(&mut NamedChange)) -> NamedAction {
    let mut change = NamedChange::default();
    fill(&mut change);
    action(|action| action.change = Some(change))
}

/// Permissions: every one, by every subject, under every statement of the facts it reads.
pub(crate) fn permissions(catalog: &Catalog) -> Family {
    let mut requests = Vec::new();
    for who in subjects() {
        for permission in names(&catalog.permissions).into_iter().chain(["nope"]) {
            let request =
                NamedRequest::new(who.clone(), action(|it| it.permission = Some(permission.to_owned())));
            let facts: &[&str] = match permission {
                "delete_tasks" => &["task_access", "draft", "self_created"],
                "delete_self_created_tasks" => &["task_access", "self_created"],
                "import_files" => &["from_email"],
                "upload_files" => &["via_app"],
                "use_apps" => &["nope"],
                _ => &[],
            };
            for request in with_facts(&request, facts) {
                if permission == "invite_guests" {
                    for email in ["partner.example", "PARTNER.example", "sub.partner.example", "", "x"] {
                        let mut stated = request.clone();
                        stated.context.email_domain = Some(email.to_owned());
                        requests.push(stated);
                    }
                }
                requests.push(request);
            }
        }
    }
    let mut domains = Vec::new();
    for kind in KINDS {
        for plan in names(&catalog.plans) {
            let bare = Draft::new(kind, plan);
            let with = bare.clone().add_ons(&["permissions_management"]);
            domains.push(bare.clone());
            let bases: &[_] = if has_roles(plan) { &["admin", "member", "guest"] } else { &[] };
            domains.extend(bases.iter().map(|base| with.clone().custom(Some(base))));
            for setting in names(&catalog.settings) {
                for to in ["on", "off"] {
                    for draft in [bare.clone(), with.clone().custom(has_roles(plan).then_some("guest"))] {
                        let trusted = draft.clone().line("lists", "trusted_domains = [\"partner.example\"]");
                        domains.push(trusted.setting(setting, Some(to)));
                        domains.push(draft.clone().line("locked", &format!("{setting} = \"{to}\"")));
                        domains.push(draft.setting(setting, Some(to)));
                    }
                }
            }
        }
    }
    let configurable: Vec<&str> = names(&catalog.permissions)
        .into_iter()
        .filter(|name| !catalog.permissions[*name].default.is_empty())
        .collect();
    let pairs = [
        ("delete_tasks", "delete_self_created_tasks"),
        ("upload_files", "use_apps"),
        ("invite_guests", "restrict_guest_invites"),
        ("manage_roles", "assign_roles"),
    ];
    for (kind, plan) in
        [("organization", "enterprise_plus"), ("division", "enterprise"), ("workspace", "starter")]
    {
        let bare = Draft::new(kind, plan);
        let with = bare.clone().add_ons(&["permissions_management"]);
        for draft in [bare, with.custom(has_roles(plan).then_some("member"))] {
            for role in ["admin", "member", "guest", "contractor"] {
                for permission in &configurable {
                    for to in ["on", "off"] {
                        if draft.exists(catalog, role, permission) {
                            domains.push(draft.clone().permission(role, permission, to));
                        }
                    }
                }
                for other in ["admin", "member", "guest", "contractor"] {
                    for (one, two) in pairs {
                        if !draft.exists(catalog, role, one) || !draft.exists(catalog, other, two) {
                            continue;
                        }
                        for (to_one, to_two) in [("off", "off"), ("off", "on"), ("on", "off"), ("on", "on")] {
                            let both =
                                draft.clone().permission(role, one, to_one).permission(other, two, to_two);
                            domains
                                .push(both.clone().line("lists", "trusted_domains = [\"Partner.Example\"]"));
                            domains.push(both.setting("apps", Some("off")).setting("uploads", Some("off")));
                        }
                    }
                }
            }
        }
    }
    Family { name: "permissions", domains: domains.iter().map(Draft::text).collect(), requests }
}

/// Features: every one, run for every trigger and processed for, in every state of regimes and AI switches.
pub(crate) fn features(catalog: &Catalog) -> Family {
    let mut requests = Vec::new();
    let mut run = |who: &NamedSubject, feature: &str, fill: &dyn Fn(&mut NamedRequest)| {
        let mut request = NamedRequest::new(who.clone(), action(|it| it.feature = Some(feature.to_owned())));
        fill(&mut request);
        requests.push(request);
    };
    let nobody = subject(&[], &[]);
    for feature in names(&catalog.features).into_iter().chain(["nope"]) {
        for who in [&nobody, &subject(&["guest"], &[]), &subject(&["nope"], &[])] {
            run(who, feature, &|_| {});
        }
        for trigger in TRIGGERS {
            run(&subject(&["member"], &[]), feature, &|it| it.action.trigger = Some(trigger));
        }
    }
    for feature in ["smart_editor", "smart_summaries_projects", "smart_fields", "priority_inbox"] {
        for trigger in TRIGGERS {
            for amount in [0, 1, 9, 10, 12, 13] {
                run(&nobody, feature, &|it| {
                    it.action.trigger = Some(trigger);
                    it.context.remaining.insert("ai_outputs".to_owned(), amount);
                });
                run(&nobody, feature, &|it| {
                    it.action.trigger = Some(trigger);
                    it.context.used.insert("ai_outputs".to_owned(), amount);
                });
            }
        }
    }
    for who in [nobody.clone(), subject(&["guest"], &[]), subject(&["guest", "super_admin"], &[])] {
        for model in ["openai_small", "anthropic_medium", "anthropic_largest", "nope"] {
            for tokens in [vec![], vec![("input", 0)], vec![("input", 12), ("output", 3)], vec![("query", 1)]]
            {
                for remaining in [None, Some(0), Some(809_999), Some(810_000), Some(u64::MAX)] {
                    run(&who, "ai_studio_workflows", &|it| {
                        it.action.model = Some(model.to_owned());
                        it.action.tokens = tokens.iter().map(|(pool, n)| ((*pool).to_owned(), *n)).collect();
                        it.context.remaining =
                            remaining.iter().map(|n| ("ai_studio_credits".to_owned(), *n)).collect();
                    });
                }
                run(&who, "ai_studio_workflows", &|it| {
                    it.action.model = Some(model.to_owned());
                    it.action.tokens = tokens.iter().map(|(pool, n)| ((*pool).to_owned(), *n)).collect();
                    it.context.used = BTreeMap::from([("ai_studio_credits".to_owned(), 5)]);
                });
            }
        }
    }
    for who in [nobody, subject(&["guest"], &[]), subject(&["nope"], &[])] {
        for data in names(&catalog.data).into_iter().chain(["nope"]) {
            requests.push(NamedRequest::new(who.clone(), action(|it| it.store = Some(data.to_owned()))));
            if who.roles.is_empty() || data == "user_content" {
                for feature in names(&catalog.features) {
                    // Where no model is selected, one that is named changes nothing.
                    let models = [None, Some("openai_large"), Some("anthropic_medium"), Some("nope")];
                    let models = if feature.starts_with("ai_studio") { &models[..] } else { &models[..2] };
                    for model in models {
                        requests.push(NamedRequest::new(
                            who.clone(),
                            action(|it| {
                                it.process = Some(data.to_owned());
                                it.feature = Some(feature.to_owned());
                                it.model = model.map(str::to_owned);
                            }),
                        ));
                    }
                }
            }
        }
    }
    let mut domains = Vec::new();
    let regimes: [&[&str]; 8] = [
        &[],
        &["hipaa"],
        &["key_management"],
        &["government"],
        &["hipaa", "key_management"],
        &["hipaa", "government"],
        &["key_management", "government"],
        &["hipaa", "key_management", "government"],
    ];
    let states = [None, Some("off"), Some("on")];
    for kind in KINDS {
        for plan in names(&catalog.plans) {
            for set in regimes {
                if set.contains(&"key_management") && !has_roles(plan) {
                    continue;
                }
                let keys: &[&str] = if set.contains(&"key_management") { &["key_management"] } else { &[] };
                let draft = Draft::new(kind, plan).regimes(set).add_ons(keys);
                for ml in states {
                    for partners in states {
                        for studio in states {
                            let draft = draft
                                .clone()
                                .setting("ml", ml)
                                .setting("ai_partners", partners)
                                .setting("ai_studio", studio);
                            domains.push(draft);
                        }
                    }
                }
                let on = draft.setting("ai_partners", Some("on"));
                for locked in ["ml", "ai_partners", "ai_studio"] {
                    domains.push(on.clone().line("locked", &format!("{locked} = \"off\"")));
                }
                for limit in [
                    "limit = 10",
                    "limit = 10\nstop = \"soft\"\nceiling_percent = 130",
                    "limit = 10\nstop = \"none\"",
                ] {
                    let row = format!("{limit}\nevery = \"month\"\nanchor = \"2026-01-31\"");
                    domains.push(
                        on.clone().line("limits.ai_outputs", &row).line("limits.ai_studio_credits", &row),
                    );
                }
                domains.push(on.clone().add_ons(&["ai_studio_max"]));
                domains.push(on.add_ons(&["ai_studio_plus", "ai_studio_pro"]));
            }
        }
    }
    Family { name: "features", domains: domains.iter().map(Draft::text).collect(), requests }
}

/// Every form of change by each of these subjects.
fn change_requests(catalog: &Catalog, subjects: Vec<NamedSubject>) -> Vec<NamedRequest> {
    let roles = ["admin", "contractor", "guest", "member", "super_admin"];
    let mut actions = Vec::new();
    for to in SWITCHES {
        for setting in names(&catalog.settings) {
            actions.push(change(|it| {
                it.setting = Some(setting.to_owned());
                it.to = Some(To::Switch(to));
            }));
        }
        for role in roles {
            for permission in names(&catalog.permissions) {
                actions.push(change(|it| {
                    it.role = Some(role.to_owned());
                    it.permission = Some(permission.to_owned());
                    it.to = Some(To::Switch(to));
                }));
            }
        }
        for feature in ["smart_editor", "nope"] {
            actions.push(change(|it| {
                it.opt_in = Some(feature.to_owned());
                it.to = Some(To::Switch(to));
            }));
        }
    }
    for entries in
        [vec![], vec!["partner.example"], vec!["b.example", "A.example"], vec!["not a domain"], vec![""]]
    {
        actions.push(change(|it| {
            it.list = Some("trusted_domains".to_owned());
            it.to = Some(To::Entries(owned(&entries)));
        }));
    }
    for base in roles.into_iter().chain(["nope"]) {
        for name in ["auditor", "contractor", "admin", "Not an id"] {
            actions.push(change(|it| {
                it.create_role = Some(name.to_owned());
                it.based_on = Some(base.to_owned());
            }));
        }
        actions.push(change(|it| it.delete_role = Some(base.to_owned())));
    }
    let mut requests = Vec::new();
    for who in subjects {
        requests.extend(actions.iter().map(|action| NamedRequest::new(who.clone(), action.clone())));
        for role in roles {
            for from in [None, Some("admin"), Some("contractor"), Some("guest"), Some("super_admin")] {
                let assign = change(|it| {
                    it.assign_role = Some(role.to_owned());
                    it.from = from.map(str::to_owned);
                });
                let request = NamedRequest::new(who.clone(), assign);
                let supreme = role == "super_admin" || from == Some("super_admin");
                requests.extend(with_facts(&request, if supreme { &["super_admin_verified"] } else { &[] }));
            }
        }
    }
    requests
}

/// Changes: every form, by every kind of authority, under every count of holders.
pub(crate) fn changes(catalog: &Catalog) -> Family {
    let requests = change_requests(catalog, few_subjects());
    let mut domains = Vec::new();
    for kind in KINDS {
        let counts: &[Option<u64>] =
            if kind == "organization" { &[Some(0), Some(1), Some(2)] } else { &[None] };
        for plan in PLANS_OF_CHANGES {
            for add_ons in [&[][..], &["permissions_management"]] {
                for count in counts {
                    let draft = Draft::new(kind, plan).add_ons(add_ons).holders("super_admin", *count);
                    domains.push(draft.clone());
                    if !has_roles(plan) || plan == "enterprise" && add_ons.is_empty() {
                        continue;
                    }
                    for (base, holders) in
                        [("admin", None), ("admin", Some(0)), ("member", Some(1)), ("guest", Some(0))]
                    {
                        let custom = draft.clone().custom(Some(base)).holders("contractor", holders);
                        domains.push(custom.clone());
                        if base != "admin" {
                            domains.push(
                                custom.clone().line("role_defaults", &format!("{base}s = \"contractor\"")),
                            );
                        }
                        for permission in ["manage_roles", "assign_roles"] {
                            for to in ["on", "off"] {
                                domains.push(custom.clone().permission("admin", permission, to));
                                if base == "admin" {
                                    domains.push(custom.clone().permission("contractor", permission, to));
                                }
                            }
                        }
                    }
                }
            }
            // What the soundness of restrictions depends on.
            let draft = Draft::new(kind, plan).add_ons(&["permissions_management"]).permission(
                "admin",
                "manage_roles",
                "on",
            );
            domains.push(draft.clone().setting("guest_invites_trusted_only", Some("on")));
            domains.push(draft.clone().regimes(&["hipaa"]));
            for (role, other) in [("guest", "member"), ("member", "guest"), ("member", "admin")] {
                let off = draft.clone().permission(role, "invite_guests", "off");
                domains.push(off.clone());
                domains.push(off.clone().setting("guest_invites_trusted_only", Some("on")));
                domains.push(off.clone().permission(other, "restrict_guest_invites", "on"));
                domains.push(off.permission(other, "invite_guests", "off"));
            }
            for setting in names(&catalog.settings) {
                domains.push(draft.clone().setting(setting, Some("off")));
                domains.push(draft.clone().line("locked", &format!("{setting} = \"on\"")));
            }
            domains.push(draft.line("lists", "trusted_domains = [\"partner.example\"]"));
        }
    }
    Family { name: "changes", domains: domains.iter().map(Draft::text).collect(), requests }
}

/// Changes by holders of configured permissions: every role permission, one at a time.
pub(crate) fn configured_changes(catalog: &Catalog) -> Family {
    let requests = change_requests(catalog, subjects());
    let mut domains = Vec::new();
    let configurable = catalog.permissions.iter().filter(|(_, row)| !row.default.is_empty());
    for (permission, _) in configurable {
        for role in ["admin", "member", "guest", "contractor"] {
            for to in ["on", "off"] {
                for base in ["admin", "guest"] {
                    let draft = Draft::new("organization", "enterprise_plus").custom(Some(base)).permission(
                        "admin",
                        "manage_roles",
                        "on",
                    );
                    let draft = match (role, permission.as_str()) {
                        ("admin", "manage_roles") => continue,
                        _ if !draft.exists(catalog, role, permission) => continue,
                        _ => draft.permission(role, permission, to),
                    };
                    domains.push(draft);
                }
            }
        }
    }
    Family { name: "configured changes", domains: domains.iter().map(Draft::text).collect(), requests }
}

/// The connector: every action on it, under every statement of the facts it looks at.
pub(crate) fn connectors(catalog: &Catalog) -> Family {
    let connector = "notion_ai";
    let row = &catalog.connectors[connector];
    let modes: Vec<Option<&str>> =
        [None, Some("nope")].into_iter().chain(names(&row.modes).into_iter().map(Some)).collect();
    let mut requests = Vec::new();
    let mut ask = |who: &NamedSubject, facts: &[&str], fill: &dyn Fn(&mut NamedAction)| {
        requests.extend(with_facts(&NamedRequest::new(who.clone(), action(fill)), facts));
    };
    let connecting = ["host_owner", "host_plan_eligible", "already_connected"];
    for who in subjects() {
        for mode in &modes {
            ask(&who, &connecting, &|it| {
                it.connect = Some(connector.to_owned());
                it.mode = mode.map(str::to_owned);
            });
        }
        ask(&who, &["host_owner"], &|it| it.disconnect = Some(connector.to_owned()));
        ask(&who, &[], &|it| it.disconnect = Some("nope".to_owned()));
    }
    let reading = [
        "already_connected",
        "same_person",
        "asker_can_see",
        "connecting_user_can_see",
        "within_look_back",
        "in_project",
    ];
    for who in [subject(&[], &[]), subject(&["guest"], &[]), subject(&["nope"], &[])] {
        for mode in &modes {
            for object in names(&row.read).into_iter().chain(["portfolio"]) {
                let facts = if who.roles == ["guest"] { &reading[..] } else { &reading[..2] };
                for scope in [None, Some(Scope::Everything), Some(Scope::Host), Some(Scope::Source)] {
                    // The scope is asked beside the facts.
                    let facts = if scope.is_none() { facts } else { &facts[..1] };
                    ask(&who, facts, &|it| {
                        it.read = Some(object.to_owned());
                        it.through = Some(connector.to_owned());
                        it.mode = mode.map(str::to_owned);
                        it.scope = scope;
                    });
                }
            }
        }
    }
    // Keys of several forms, and of none.
    for (connect, mode, disconnect, read, through) in
        (0..32).map(|keys| (keys & 1 > 0, keys & 2 > 0, keys & 4 > 0, keys & 8 > 0, keys & 16 > 0))
    {
        for besides in [false, true] {
            ask(&subject(&["admin"], &[]), &[], &|it| {
                it.connect = connect.then(|| connector.to_owned());
                it.mode = mode.then(|| "user_account".to_owned());
                it.disconnect = disconnect.then(|| connector.to_owned());
                it.read = read.then(|| "task".to_owned());
                it.through = through.then(|| connector.to_owned());
                it.permission = besides.then(|| "use_apps".to_owned());
            });
        }
    }
    // A read whose times say whether the object is within the look-back, beside the fact that says the same.
    let now = 1_800_000_000_000_000_000_i64;
    let hour = 3_600_000_000_000_i64;
    for age in [-hour, 0, hour, 365 * 24 * hour - 1, 365 * 24 * hour, 400 * 24 * hour] {
        for object in ["task", "team"] {
            let read = action(|it| {
                it.read = Some(object.to_owned());
                it.through = Some(connector.to_owned());
            });
            let mut request = NamedRequest::new(subject(&["member"], &[]), read);
            request.context.at = Some(Timestamp::from_nanoseconds(now));
            request.context.touched_at = Some(Timestamp::from_nanoseconds(now - age));
            requests.extend(with_facts(&request, &reading));
        }
    }
    let mut domains = Vec::new();
    for kind in KINDS {
        for plan in names(&catalog.plans) {
            let bare = Draft::new(kind, plan);
            domains.push(bare.clone());
            domains.push(bare.clone().regimes(&["hipaa", "government"]));
            if has_roles(plan) {
                let with = bare.add_ons(&["permissions_management", "key_management"]);
                for base in ["admin", "member", "guest"] {
                    domains.push(with.clone().custom(Some(base)));
                    domains.push(with.clone().regimes(&["hipaa", "key_management"]).custom(Some(base)));
                }
            }
        }
    }
    Family { name: "connectors", domains: domains.iter().map(Draft::text).collect(), requests }
}

/// Every family of small worlds.
pub(crate) fn all(catalog: &Catalog) -> [Family; 5] {
    [
        permissions(catalog),
        features(catalog),
        changes(catalog),
        configured_changes(catalog),
        connectors(catalog),
    ]
}

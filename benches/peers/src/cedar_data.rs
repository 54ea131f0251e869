//! Cedar with permissions as data: the catalog is entities, three policies say what they mean, and a denial is
//! looked up with policies that are annotated with reasons.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use cedar_policy::{
    Authorizer, Entities, Entity, EntityTypeName, EntityUid, Request, Response, RestrictedExpression,
};
use tollkeeper::decision::Reason;
use tollkeeper_benches::product::{Names, Product};
use tollkeeper_benches::tenant::{Cell, PLANS, Role, State, Tenant};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::cedar::{Annotated, allows, context, kind, reply, strings, uid};
use crate::{Answer, Peer, Reply};

const POLICIES: &str = r#"
// A fact that is not stated counts as false; where it would hand the question on, both must allow.
permit (principal, action == Action::"use", resource) when {
    if resource has instead && context.so.contains(resource.instead_fact) then
        principal.on.contains(resource.instead)
        && principal.org.on.containsAll(resource.instead.settings)
    else
        resource.plans.contains(principal.org.plan)
        && (context.so.containsAny(resource.exempt)
            || (principal.org.on.containsAll(resource.settings)
                && ((principal.on.contains(resource)
                        && context.so.containsAll(resource.needs)
                        && (!(resource has restriction)
                            || !(principal.on.contains(resource.restriction)
                                || principal.org.on.containsAll(resource.restriction.settings))
                            || (context has email_domain
                                && principal.org.trusted.contains(context.email_domain))))
                    || (resource has otherwise
                        && principal.on.contains(resource.otherwise)
                        && context.so.containsAll(resource.otherwise.needs)))))
        && (!(resource has instead)
            || context.not_so.contains(resource.instead_fact)
            || (principal.on.contains(resource.instead)
                && principal.org.on.containsAll(resource.instead.settings)))
};

permit (principal, action == Action::"run", resource) when {
    resource.plans.contains(principal.org.plan)
    && !principal.org.barred_providers.containsAny(resource.providers)
    && !principal.org.barred_services.containsAny(resource.requires)
    && principal.org.on.containsAll(resource.settings)
    && (!resource.metered || !context.counts
        || (if context has remaining then context.remaining >= 1 else !principal.org.has_limit))
};

permit (principal, action in [Action::"turn_on", Action::"turn_off"], resource) when {
    !resource.locked
    && (if action == Action::"turn_on"
        then resource.on_roles.contains(principal.base) || resource.on_standings.containsAny(context.standings)
        else resource.off_roles.contains(principal.base) || resource.off_standings.containsAny(context.standings))
};
"#;

/// The permission that decides where a fact is not stated to hand the question on.
const TARGET: &str = "(if resource has instead && context.so.contains(resource.instead_fact) \
                       then resource.instead else resource)";

/// Policies that a denial is looked up with. They decide nothing: each permits where its reason applies, and the
/// diagnostics of a response name those that do. The lowest rank counts, then the order of reasons.
fn reasons() -> String {
    let mut text = String::new();
    let mut add = |rank: u8, reason: Reason, action: &str, condition: &str| {
        let action = match action {
            "turn" => r#"in [Action::"turn_on", Action::"turn_off"]"#.to_owned(),
            action => format!("== Action::\"{action}\""),
        };
        writeln!(
            text,
            "@rank(\"{rank}\") @reason(\"{reason}\") permit (principal, action {action}, resource) when {{ {condition} }};"
        )
        .expect("a string takes every line");
    };
    // What is not stated counts as false, but if some completion would be allowed, the fact is what is missing.
    let possible = |of: &str| {
        format!(
            "{of}.plans.contains(principal.org.plan) && (!context.not_so.containsAll({of}.exempt) \
             || (principal.org.on.containsAll({of}.settings) \
                 && ((principal.on.contains({of}) && !context.not_so.containsAny({of}.needs) \
                      && (!({restricted}) || (!(context has email_domain) && !principal.org.trusted.isEmpty()) \
                          || (context has email_domain && principal.org.trusted.contains(context.email_domain)))) \
                     || ({of} has otherwise && principal.on.contains({of}.otherwise) \
                         && !context.not_so.containsAny({of}.otherwise.needs)))))",
            restricted = restricted(of)
        )
    };
    let missing = format!(
        "(!(resource has instead && context.so.contains(resource.instead_fact)) && {}) \
         || (resource has instead && !context.not_so.contains(resource.instead_fact) && {})",
        possible("resource"),
        possible("resource.instead")
    );
    add(0, Reason::MissingFact, "use", &missing);
    // Another permission is enough as well: the one that got further is reported.
    let open = format!(
        "{TARGET} has otherwise && {TARGET}.plans.contains(principal.org.plan) \
         && principal.org.on.containsAll({TARGET}.settings) && !principal.fixed.never.contains({TARGET})"
    );
    let absent = format!("principal.fixed.absent.contains({TARGET})");
    let other = format!("{TARGET}.otherwise");
    let off = format!("{open} && {absent} && principal");
    add(1, Reason::OffByDefault, "use", &format!("{off}.off_by_default.contains({other})"));
    add(1, Reason::OffForRole, "use", &format!("{off}.off_for_role.contains({other})"));
    add(
        1,
        Reason::FactFalse,
        "use",
        &format!("{open} && !principal.on.contains({TARGET}) && principal.on.contains({other})"),
    );
    let listed = restricted(TARGET);
    for (reason, condition) in [
        (Reason::NotInPlan, format!("!{TARGET}.plans.contains(principal.org.plan)")),
        (Reason::SettingOff, format!("!principal.org.on.containsAll({TARGET}.settings)")),
        (Reason::NeverForRole, format!("principal.fixed.never.contains({TARGET})")),
        (Reason::NotGrantedToRole, absent),
        (Reason::OffByDefault, format!("principal.off_by_default.contains({TARGET})")),
        (Reason::OffForRole, format!("principal.off_for_role.contains({TARGET})")),
        (Reason::FactFalse, format!("!context.so.containsAll({TARGET}.needs)")),
        (Reason::ListEmpty, format!("{listed} && principal.org.trusted.isEmpty()")),
        (Reason::NotOnList, format!("{listed} && !principal.org.trusted.isEmpty()")),
    ] {
        add(2, reason, "use", &condition);
    }
    let counts = "resource.metered && context.counts";
    for (reason, condition) in [
        (Reason::NotInPlan, "!resource.plans.contains(principal.org.plan)"),
        (Reason::ProviderBarred, "principal.org.barred_providers.containsAny(resource.providers)"),
        (Reason::ServiceBarred, "principal.org.barred_services.containsAny(resource.requires)"),
        (Reason::SettingOff, "!principal.org.on.containsAll(resource.settings)"),
        (Reason::LimitReached, &format!("{counts} && context has remaining")),
        (Reason::BalanceUnknown, &format!("{counts} && !(context has remaining)")),
    ] {
        add(2, reason, "run", condition);
    }
    add(1, Reason::SettingLocked, "turn", "resource.locked");
    for reason in
        [Reason::NotForDomainKind, Reason::NotAuthorized, Reason::NeedsRole, Reason::NeedsVerification]
    {
        let refusal =
            r#"(if action == Action::"turn_on" then resource.on_refusal else resource.off_refusal)"#;
        add(2, reason, "turn", &format!("{refusal} == \"{reason}\""));
    }
    text
}

/// Whether a permission is restricted to a list, for the role or by a setting.
fn restricted(of: &str) -> String {
    format!(
        "{of} has restriction && (principal.on.contains({of}.restriction) \
         || principal.org.on.containsAll({of}.restriction.settings))"
    )
}

/// What stands for a provider that is not stated.
const UNSTATED: &str = "unstated";

struct Kinds {
    base: EntityTypeName,
    role: EntityTypeName,
    permission: EntityTypeName,
    feature: EntityTypeName,
    setting: EntityTypeName,
    organization: EntityTypeName,
}

pub struct CedarData {
    authorizer: Authorizer,
    policies: Annotated,
    reasons: Annotated,
    kinds: Kinds,
    actions: [EntityUid; 4],
    tenants: Vec<Entities>,
    /// What is loaded for a customer that does not exist.
    nobody: Entities,
}

impl CedarData {
    pub fn new(workload: &Workload) -> Self {
        let mut this = Self {
            authorizer: Authorizer::new(),
            policies: Annotated::new(POLICIES),
            reasons: Annotated::new(&reasons()),
            kinds: Kinds {
                base: kind("Base"),
                role: kind("Role"),
                permission: kind("Permission"),
                feature: kind("Feature"),
                setting: kind("Setting"),
                organization: kind("Organization"),
            },
            actions: ["use", "run", "turn_on", "turn_off"].map(|name| uid(&kind("Action"), name)),
            tenants: Vec::new(),
            nobody: Entities::empty(),
        };
        let product = this.product(&workload.product);
        let product = Entities::from_entities(product, None).expect("entities stand once each");
        this.tenants =
            workload.states.iter().map(|state| this.tenant(&workload.product, &product, state)).collect();
        this
    }

    fn product(&self, product: &Product) -> Vec<Entity> {
        let permissions = product.permissions.iter().map(|(name, row)| {
            let link = |name: &str| RestrictedExpression::new_entity_uid(uid(&self.kinds.permission, name));
            let mut attributes = HashMap::from([
                ("plans".to_owned(), names(&plans(&row.plans))),
                ("settings".to_owned(), chain(product, row.setting.as_deref())),
                ("needs".to_owned(), names(&row.needs)),
                ("exempt".to_owned(), names(&row.exempt)),
            ]);
            if let Some((fact, other)) = row.instead.iter().next() {
                attributes.insert("instead".to_owned(), link(other));
                attributes.insert("instead_fact".to_owned(), RestrictedExpression::new_string(fact.clone()));
            }
            if let Some(other) = &row.otherwise {
                attributes.insert("otherwise".to_owned(), link(other));
            }
            if let Some((restriction, _)) = product.restriction(name) {
                attributes.insert("restriction".to_owned(), link(restriction));
            }
            entity(uid(&self.kinds.permission, name), attributes)
        });
        let features = product.features.iter().map(|(name, row)| {
            let unstated = row.providers.are_unstated().then(|| UNSTATED.to_owned());
            let providers: Names = row.providers.named().into_iter().chain(unstated).collect();
            let requires = row.services.iter().filter(|(_, used)| used.how == "requires");
            let attributes = HashMap::from([
                ("plans".to_owned(), names(&plans(&row.plans))),
                ("settings".to_owned(), chain(product, row.setting.as_deref())),
                ("providers".to_owned(), names(&providers)),
                ("requires".to_owned(), strings(requires.map(|(name, _)| name.as_str()))),
                ("metered".to_owned(), RestrictedExpression::new_bool(row.meter.is_some())),
            ]);
            entity(uid(&self.kinds.feature, name), attributes)
        });
        // What is fixed for a role is so for a customer with nothing configured.
        let plain = State::of(product, Tenant::default());
        let bases = plain
            .roles
            .iter()
            .map(|(name, role)| entity(uid(&self.kinds.base, name), self.cells(role, &FIXED).collect()));
        permissions.chain(features).chain(bases).collect()
    }

    /// The permissions of which a role has something, an attribute a kind of it.
    fn cells<'r>(
        &'r self,
        role: &'r Role,
        kinds: &'r [Kind],
    ) -> impl Iterator<Item = (String, RestrictedExpression)> + 'r {
        kinds.iter().map(|(attribute, has)| {
            let names = role.cells.iter().filter(|(_, cell)| has(**cell)).map(|(name, _)| name);
            let links =
                names.map(|name| RestrictedExpression::new_entity_uid(uid(&self.kinds.permission, name)));
            ((*attribute).to_owned(), RestrictedExpression::new_set(links))
        })
    }

    /// The entities of a customer, beside those of the product, which all customers share.
    fn tenant(&self, product: &Product, shared: &Entities, state: &State) -> Entities {
        let tenant = &state.tenant;
        let bars = || tenant.regimes.iter().map(|regime| &product.regimes[regime].bars);
        let unstated = bars().any(|bars| bars.unstated_providers).then_some(UNSTATED);
        let providers = bars().flat_map(|bars| &bars.providers).map(String::as_str).chain(unstated);
        let on = state.settings.iter().filter(|(_, on)| **on);
        let organization = uid(&self.kinds.organization, &tenant.id);
        let attributes = HashMap::from([
            ("plan".to_owned(), RestrictedExpression::new_string(tenant.plan.to_owned())),
            ("on".to_owned(), strings(on.map(|(name, _)| name.as_str()))),
            ("barred_providers".to_owned(), strings(providers)),
            (
                "barred_services".to_owned(),
                strings(bars().flat_map(|bars| &bars.services).map(String::as_str)),
            ),
            ("trusted".to_owned(), strings(tenant.trusted.iter().map(String::as_str))),
            ("has_limit".to_owned(), RestrictedExpression::new_bool(tenant.limit.is_some())),
        ]);
        let link = |uid: EntityUid| RestrictedExpression::new_entity_uid(uid);
        let roles = state.roles.iter().map(|(name, role)| {
            let mut attributes = HashMap::from([
                ("org".to_owned(), link(organization.clone())),
                ("base".to_owned(), RestrictedExpression::new_string(role.base.clone())),
                ("fixed".to_owned(), link(uid(&self.kinds.base, &role.base))),
            ]);
            attributes.extend(self.cells(role, &CELLS));
            entity(uid(&self.kinds.role, name), attributes)
        });
        let settings = state.settings.keys().map(|name| {
            let mut attributes = HashMap::from([(
                "locked".to_owned(),
                RestrictedExpression::new_bool(tenant.locked.contains_key(name)),
            )]);
            for (word, to) in [("on", true), ("off", false)] {
                let authority = &state.authority[&(name.clone(), to)];
                let roles = strings(authority.roles.iter().map(String::as_str));
                attributes.insert(format!("{word}_roles"), roles);
                let standings = strings(authority.standings.iter().map(String::as_str));
                attributes.insert(format!("{word}_standings"), standings);
                let refusal = RestrictedExpression::new_string(authority.refusal.as_str().to_owned());
                attributes.insert(format!("{word}_refusal"), refusal);
            }
            entity(uid(&self.kinds.setting, name), attributes)
        });
        let own = roles.chain(settings).chain([entity(organization.clone(), attributes)]);
        shared.clone().add_entities(own, None).expect("entities stand once each")
    }

    fn entities(&self, ask: &Ask) -> &Entities {
        self.tenants.get(ask.tenant).unwrap_or(&self.nobody)
    }

    fn respond(&self, ask: &Ask) -> (Request, Response) {
        let request = self.request(ask);
        let response = self.policies.respond(&self.authorizer, &request, self.entities(ask));
        (request, response)
    }

    fn request(&self, ask: &Ask) -> Request {
        let [use_permission, run, on, off] = &self.actions;
        let (action, resource) = match &ask.what {
            What::Permission(name) => (use_permission, uid(&self.kinds.permission, name)),
            What::Feature(name, _) => (run, uid(&self.kinds.feature, name)),
            What::Setting(name, to) => (if *to { on } else { off }, uid(&self.kinds.setting, name)),
        };
        let principal = uid(&self.kinds.role, &ask.role);
        Request::new(principal, action.clone(), resource, context(ask), None)
            .expect("there is no schema to break")
    }
}

/// What a role has of a permission: an attribute, and the cells that it is for.
type Kind = (&'static str, fn(Cell) -> bool);

/// What a role has of permissions, one attribute a kind.
const CELLS: [Kind; 3] = [
    ("on", Cell::is_on),
    ("off_by_default", |cell| cell == Cell::OffByDefault),
    ("off_for_role", |cell| cell == Cell::OffForRole),
];

/// What every role of a base has, whoever the customer is.
const FIXED: [Kind; 2] = [("never", |cell| cell == Cell::Never), ("absent", |cell| cell == Cell::Absent)];

/// No plans are all plans.
fn plans(plans: &Names) -> Names {
    match plans.is_empty() {
        true => PLANS.iter().map(|plan| (*plan).to_owned()).collect(),
        false => plans.clone(),
    }
}

fn names(names: &Names) -> RestrictedExpression {
    strings(names.iter().map(String::as_str))
}

fn chain(product: &Product, setting: Option<&str>) -> RestrictedExpression {
    let chain = setting.map(|setting| product.chain(setting)).unwrap_or_default();
    strings(chain.iter().map(String::as_str))
}

fn entity(uid: EntityUid, attributes: HashMap<String, RestrictedExpression>) -> Entity {
    Entity::new(uid, attributes, HashSet::new()).expect("attributes are plain values")
}

impl Peer for CedarData {
    fn name(&self) -> &'static str {
        "Cedar, permissions as data"
    }

    /// Asks a second time after a denial: what no policy permits has no determining policy.
    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        let (request, response) = self.respond(ask);
        if allows(&response) {
            return Answer { allow: true, reason: None };
        }
        let why = self.reasons.respond(&self.authorizer, &request, self.entities(ask));
        Answer { allow: false, reason: self.reasons.reason(&why) }
    }

    fn allows(&mut self, _: usize, ask: &Ask) -> bool {
        allows(&self.respond(ask).1)
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        reply(&self.respond(ask).1)
    }
}

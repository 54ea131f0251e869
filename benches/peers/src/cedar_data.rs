//! Cedar with permissions as data: the catalog is entities, three policies say what they mean.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Decision, Entities, Entity, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use tollkeeper_benches::product::{Names, Product};
use tollkeeper_benches::tenant::{PLANS, State};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::cedar::{context, kind, shown, strings, uid};
use crate::{Answer, Peer, Unknown};

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

/// What stands for a provider that is not stated.
const UNSTATED: &str = "unstated";

struct Kinds {
    role: EntityTypeName,
    permission: EntityTypeName,
    feature: EntityTypeName,
    setting: EntityTypeName,
    organization: EntityTypeName,
}

pub struct CedarData {
    authorizer: Authorizer,
    policies: PolicySet,
    kinds: Kinds,
    actions: [EntityUid; 4],
    tenants: Vec<Entities>,
}

impl CedarData {
    pub fn new(workload: &Workload) -> Self {
        let mut this = Self {
            authorizer: Authorizer::new(),
            policies: POLICIES.parse().expect("the policies above parse"),
            kinds: Kinds {
                role: kind("Role"),
                permission: kind("Permission"),
                feature: kind("Feature"),
                setting: kind("Setting"),
                organization: kind("Organization"),
            },
            actions: ["use", "run", "turn_on", "turn_off"].map(|name| uid(&kind("Action"), name)),
            tenants: Vec::new(),
        };
        let product = this.product(&workload.product);
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
        permissions.chain(features).collect()
    }

    fn tenant(&self, product: &Product, shared: &[Entity], state: &State) -> Entities {
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
            let on = role.cells.iter().filter(|(_, cell)| cell.is_on());
            let on = on.map(|(name, _)| link(uid(&self.kinds.permission, name)));
            let attributes = HashMap::from([
                ("org".to_owned(), link(organization.clone())),
                ("base".to_owned(), RestrictedExpression::new_string(role.base.clone())),
                ("on".to_owned(), RestrictedExpression::new_set(on)),
            ]);
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
            }
            entity(uid(&self.kinds.setting, name), attributes)
        });
        let own = roles.chain(settings).chain([entity(organization.clone(), attributes)]);
        Entities::from_entities(own.chain(shared.iter().cloned()), None).expect("entities stand once each")
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

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        let request = self.request(ask);
        let response = self.authorizer.is_authorized(&request, &self.policies, &self.tenants[ask.tenant]);
        // What no policy permits has no determining policy, so there is no reason to give.
        Answer { allow: response.decision() == Decision::Allow, reason: None }
    }

    fn unknown(&mut self, what: Unknown) -> String {
        if what == Unknown::Organization {
            return "there are no entities to ask with".to_owned();
        }
        let name =
            |unknown: Unknown, known: &str| if what == unknown { "nobody_knows" } else { known }.to_owned();
        let ask = Ask {
            tenant: 0,
            role: name(Unknown::Role, "admin"),
            standing: None,
            what: What::Permission(name(Unknown::Permission, "create_teams")),
            facts: Vec::new(),
            email_domain: None,
            remaining: None,
        };
        shown(&self.authorizer.is_authorized(&self.request(&ask), &self.policies, &self.tenants[0]))
    }
}

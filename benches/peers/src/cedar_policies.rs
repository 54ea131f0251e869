//! Cedar with a policy for each permission, feature and setting, written anew for each customer; what is out of
//! reach for everybody is forbidden, so that those denials have a reason.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use cedar_policy::{Authorizer, Entities, EntityTypeName, Request, Response};
use tollkeeper::decision::Reason;
use tollkeeper_benches::maps::blocked;
use tollkeeper_benches::product::Product;
use tollkeeper_benches::tenant::{Cell, State, word};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::cedar::{Annotated, allows, context, kind, reply, uid};
use crate::{Answer, Peer, Reply};

pub struct CedarPolicies {
    authorizer: Authorizer,
    entities: Entities,
    action: EntityTypeName,
    role: EntityTypeName,
    organization: EntityTypeName,
    tenants: Vec<Annotated>,
    ids: Vec<String>,
    /// What is loaded for a customer that does not exist.
    nobody: Annotated,
}

impl CedarPolicies {
    pub fn new(workload: &Workload) -> Self {
        let states = &workload.states;
        Self {
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
            action: kind("Action"),
            role: kind("Role"),
            organization: kind("Organization"),
            tenants: states.iter().map(|state| policies(&workload.product, state)).collect(),
            ids: states.iter().map(|state| state.tenant.id.clone()).collect(),
            nobody: Annotated::new(""),
        }
    }

    fn respond(&self, ask: &Ask) -> (Response, &Annotated) {
        let action = match &ask.what {
            What::Permission(name) | What::Feature(name, _) => uid(&self.action, name),
            What::Setting(name, to) => uid(&self.action, &format!("{name}:{}", word(*to))),
        };
        let tenant = self.tenants.get(ask.tenant).unwrap_or(&self.nobody);
        let organization = self.ids.get(ask.tenant).map_or("nobody", String::as_str);
        let (principal, resource) = (uid(&self.role, &ask.role), uid(&self.organization, organization));
        let request = Request::new(principal, action, resource, context(ask), None);
        let request = request.expect("there is no schema to break");
        (tenant.respond(&self.authorizer, &request, &self.entities), tenant)
    }
}

fn policies(product: &Product, state: &State) -> Annotated {
    let mut text = String::new();
    let blocked = blocked(product, state);
    for permission in product.askable() {
        if !blocked.contains_key(permission) {
            let when = asked(product, state, permission);
            permit(&mut text, permission, &when);
        } else if product.permissions[permission].instead.values().next().is_some() {
            let (fact, other) = product.permissions[permission].instead.iter().next().expect("there is one");
            let when = format!("context.so.contains(\"{fact}\") && {}", direct(product, state, other));
            permit(&mut text, permission, &when);
        }
    }
    for feature in product.unpriced().filter(|feature| !blocked.contains_key(*feature)) {
        let row = &product.features[feature];
        let without = if state.tenant.limit.is_some() { "false" } else { "true" };
        let covered = format!(
            "!context.counts || (if context has remaining then context.remaining >= 1 else {without})"
        );
        permit(&mut text, feature, if row.meter.is_some() { &covered } else { "true" });
    }
    for ((setting, to), authority) in &state.authority {
        let roles = state.roles.iter().filter(|(_, role)| authority.roles.contains(&role.base));
        let roles = roles.map(|(name, _)| format!("Role::\"{name}\""));
        let roles = roles.collect::<Vec<_>>().join(", ");
        let standings = &authority.standings;
        let when = format!("[{roles}].contains(principal) || {standings:?}.containsAny(context.standings)");
        permit(&mut text, &format!("{setting}:{}", word(*to)), &when);
    }
    forbid_all(&mut text, product, state, &blocked);
    Annotated::new(&text)
}

fn permit(text: &mut String, action: &str, when: &str) {
    writeln!(text, "permit (principal, action == Action::\"{action}\", resource) when {{ {when} }};")
        .expect("a string takes every line");
}

/// What nobody can have, and what a role can never have.
fn forbid_all(text: &mut String, product: &Product, state: &State, blocked: &HashMap<String, Reason>) {
    let mut by_reason: BTreeMap<Reason, Vec<String>> = BTreeMap::new();
    for (name, reason) in blocked {
        // A fact may hand the question to another permission, which is not blocked.
        let may_be_handed_on = product.permissions.get(name).is_some_and(|row| !row.instead.is_empty());
        if !may_be_handed_on {
            by_reason.entry(*reason).or_default().push(name.clone());
        }
    }
    for setting in state.tenant.locked.keys() {
        let both = [true, false].map(|to| format!("{setting}:{}", word(to)));
        by_reason.entry(Reason::SettingLocked).or_default().extend(both);
    }
    let actions = |names: &[String]| {
        let actions = names.iter().map(|name| format!("Action::\"{name}\""));
        actions.collect::<Vec<_>>().join(", ")
    };
    let mut forbid = |reason: Reason, principal: &str, names: &[String]| {
        writeln!(
            text,
            "@reason(\"{reason}\")\nforbid ({principal}, action in [{}], resource);",
            actions(names)
        )
        .expect("a string takes every line");
    };
    for (reason, mut names) in by_reason {
        names.sort();
        forbid(reason, "principal", &names);
    }
    for (role, row) in &state.roles {
        let never = row.cells.iter().filter(|(_, cell)| **cell == Cell::Never);
        let never: Vec<String> = never.map(|(name, _)| name.clone()).collect();
        if !never.is_empty() {
            forbid(Reason::NeverForRole, &format!("principal == Role::\"{role}\""), &never);
        }
    }
}

/// When a permission may be used, whatever hands the question on.
fn asked(product: &Product, state: &State, permission: &str) -> String {
    let own = direct(product, state, permission);
    match product.permissions[permission].instead.iter().next() {
        None => own,
        // Not stated: both must allow.
        Some((fact, other)) => {
            let other = direct(product, state, other);
            format!(
                "if context.so.contains(\"{fact}\") then {other} \
                 else {own} && (context.not_so.contains(\"{fact}\") || {other})"
            )
        }
    }
}

fn direct(product: &Product, state: &State, permission: &str) -> String {
    let row = &product.permissions[permission];
    if blocked(product, state).contains_key(permission) {
        return "false".to_owned();
    }
    let mut alternatives = vec![held(product, state, permission)];
    alternatives.extend(row.otherwise.as_ref().map(|other| held(product, state, other)));
    if !row.exempt.is_empty() {
        alternatives.push(format!("{:?}.containsAny(context.so)", list(&row.exempt)));
    }
    format!("({})", alternatives.join(" || "))
}

fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> Vec<&'n String> {
    names.into_iter().collect()
}

fn held(product: &Product, state: &State, permission: &str) -> String {
    let row = &product.permissions[permission];
    let roles = |permission: &str| {
        let roles = state.roles.iter().filter(|(_, role)| role.cells[permission].is_on());
        roles.map(|(name, _)| format!("Role::\"{name}\"")).collect::<Vec<_>>().join(", ")
    };
    let mut all = vec![format!("[{}].contains(principal)", roles(permission))];
    if !row.needs.is_empty() {
        all.push(format!("context.so.containsAll({:?})", list(&row.needs)));
    }
    if let Some((name, restriction)) = product.restriction(permission) {
        let on = restriction.setting.as_ref().is_some_and(|setting| state.settings[setting]);
        let free = if on { "false".to_owned() } else { format!("![{}].contains(principal)", roles(name)) };
        let trusted = &state.tenant.trusted;
        all.push(format!(
            "({free} || (context has email_domain && {trusted:?}.contains(context.email_domain)))"
        ));
    }
    format!("({})", all.join(" && "))
}

impl Peer for CedarPolicies {
    fn name(&self) -> &'static str {
        "Cedar, a policy per permission"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        let (response, tenant) = self.respond(ask);
        Answer { allow: allows(&response), reason: tenant.reason(&response) }
    }

    fn allows(&mut self, _: usize, ask: &Ask) -> bool {
        allows(&self.respond(ask).0)
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        reply(&self.respond(ask).0)
    }
}

//! A second opinion: decides from names and text alone, slowly and obviously.
//!
//! Whatever is not stated (a fact, the e-mail domain, a balance) is tried in every way, and the answers are
//! laid side by side. Inside of one such case everything is known and a decision is a plain question.

use std::collections::{BTreeMap, BTreeSet};

use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, To};
use tollkeeper::word::{Switch, Trigger};

use crate::model::{Catalog, Change, Domain, Feature, Limit, Names, Permission, Providers, Setting};

/// What is compared with the engine.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) allow: bool,
    pub(crate) reason: String,
    pub(crate) obligations: Names,
    pub(crate) providers: Names,
    pub(crate) data: Names,
    pub(crate) fallback: Option<String>,
    pub(crate) charge: BTreeMap<String, u64>,
}

/// The code of why something fails.
type Failure = &'static str;

/// Every way to fail, gate by gate.
const GATES: [&[Failure]; 12] = [
    &[
        "unknown-role",
        "unknown-standing",
        "unknown-permission",
        "unknown-feature",
        "unknown-setting",
        "unknown-list",
        "unknown-data",
        "unknown-fact",
        "unknown-limit",
        "unknown-model",
        "unknown-quantity",
        "malformed-request",
    ],
    &["not-in-plan"],
    &["not-for-domain-kind"],
    &["provider-barred", "service-barred", "data-barred"],
    &["setting-off", "setting-absent", "setting-locked"],
    &["never-for-role", "not-granted-to-role"],
    &["off-for-role", "off-by-default"],
    &[
        "not-authorized",
        "needs-role",
        "needs-verification",
        "last-holder",
        "role-in-use",
        "role-immutable",
        "invalid-change",
    ],
    &["fact-false", "missing-fact"],
    &["not-on-list", "list-empty"],
    &["opt-in-missing"],
    &["limit-reached", "credits-exhausted", "unpriced", "balance-unknown"],
];

/// The number of the gate that fails in this way, from one.
fn gate(failure: Failure) -> usize {
    GATES.iter().position(|codes| codes.contains(&failure)).expect("a code of some gate") + 1
}

/// The failure of the first gate that fails; inside of one gate the one that was found first.
fn first(failures: &[Failure]) -> Option<Failure> {
    failures.iter().copied().min_by_key(|failure| gate(failure))
}

/// One way in which everything that was not stated may be.
#[derive(Clone, Debug)]
struct Case<'a> {
    catalog: &'a Catalog,
    domain: &'a Domain,
    request: &'a NamedRequest,
    /// The unstated facts that are taken to be true.
    supposed: BTreeSet<&'a str>,
    /// Whether the e-mail domain is on lists, where it is not stated.
    on_lists: Option<bool>,
    /// Whether a balance that is not stated is taken to cover the charge.
    balance_covers: bool,
}

/// How the subject came to hold a permission.
struct Holding {
    reason: Failure,
    obligations: Names,
}

/// Decides the request.
pub(crate) fn decide(catalog: &Catalog, domain: &Domain, request: &NamedRequest) -> Answer {
    let action = &request.action;
    if let Some(failure) = unknown(catalog, domain, request) {
        return deny(catalog, action, failure);
    }
    // DEC-02, design: every completion of what is not stated is decided.
    let facts: Vec<&str> = facts_read(catalog, action)
        .into_iter()
        .filter(|fact| !request.context.facts.contains_key(*fact))
        .collect();
    // An e-mail domain that is not stated is on no list, or on every one that has entries.
    let emails: &[Option<bool>] = match request.context.email_domain {
        Some(_) => &[None],
        None => &[Some(false), Some(true)],
    };
    // A balance is read by runs alone.
    let balances: &[bool] = if action.feature.is_some() { &[true, false] } else { &[true] };
    let mut ordinary = None;
    let mut all_with_balance = true;
    let mut any = false;
    let mut all = true;
    let mut obligations = Names::new();
    for supposition in 0..(1_u64 << facts.len()) {
        for &on_lists in emails {
            for &balance_covers in balances {
                let supposed = facts
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| supposition >> at & 1 == 1)
                    .map(|(_, fact)| *fact);
                let case =
                    Case { catalog, domain, request, supposed: supposed.collect(), on_lists, balance_covers };
                let answer = case.answer();
                any |= answer.allow;
                all &= answer.allow;
                all_with_balance &= answer.allow || !balance_covers;
                obligations.extend(answer.obligations.iter().cloned());
                // The ordinary answer: nothing that is not stated is so, but a balance is not to blame.
                ordinary.get_or_insert(answer);
            }
        }
    }
    let ordinary = ordinary.expect("one case at least");
    match (any, all) {
        (_, true) => Answer { obligations, ..ordinary },
        (false, _) => ordinary,
        _ if all_with_balance => deny(catalog, action, "balance-unknown"),
        _ => deny(catalog, action, "missing-fact"),
    }
}

/// AI-08: a denied run of a feature names its fallback.
fn deny(catalog: &Catalog, action: &NamedAction, failure: Failure) -> Answer {
    let run = action.process.is_none().then_some(action.feature.as_ref()).flatten();
    let fallback = run.and_then(|name| catalog.features.get(name)?.fallback.clone());
    Answer { reason: failure.to_owned(), fallback, ..Answer::default() }
}

// Gate 1.

/// DEC-02: what the catalog does not know, and what fits no form; in the order of a request.
fn unknown(catalog: &Catalog, domain: &Domain, request: &NamedRequest) -> Option<Failure> {
    let mut failures = Vec::new();
    let mut check = |known: bool, failure| {
        if !known {
            failures.push(failure);
        }
    };
    let action = &request.action;
    let context = &request.context;
    let role = |name: &String| catalog.roles.contains_key(name) || domain.roles.contains_key(name);
    check(request.subject.roles.iter().all(role), "unknown-role");
    check(request.subject.standings.iter().all(|it| catalog.standings.contains_key(it)), "unknown-standing");

    check(fits_a_form(action), "malformed-request");
    let role = |name: &Option<String>| name.as_ref().is_none_or(role);
    let permission =
        |name: &Option<String>| name.as_ref().is_none_or(|it| catalog.permissions.contains_key(it));
    let feature = |name: &Option<String>| name.as_ref().is_none_or(|it| catalog.features.contains_key(it));
    let data = |name: &Option<String>| name.as_ref().is_none_or(|it| catalog.data.contains_key(it));
    check(data(&action.process) && data(&action.store), "unknown-data");
    check(permission(&action.permission), "unknown-permission");
    let asked = action.permission.as_ref().and_then(|it| catalog.permissions.get(it));
    // A restriction is no action of its own.
    check(asked.is_none_or(|it| it.restricts.is_none()), "malformed-request");
    check(feature(&action.feature), "unknown-feature");
    check(action.model.as_ref().is_none_or(|it| catalog.models.contains_key(it)), "unknown-model");
    let priced = |pool: &String| catalog.models.values().any(|model| model.price.contains_key(pool));
    check(action.tokens.keys().all(priced), "unknown-quantity");
    if let Some(change) = &action.change {
        check(role(&change.role) && role(&change.delete_role), "unknown-role");
        check(role(&change.assign_role) && role(&change.from) && role(&change.based_on), "unknown-role");
        check(permission(&change.permission), "unknown-permission");
        check(change.setting.as_ref().is_none_or(|it| catalog.settings.contains_key(it)), "unknown-setting");
        check(change.list.as_ref().is_none_or(|it| catalog.lists.contains_key(it)), "unknown-list");
        check(feature(&change.opt_in), "unknown-feature");
    }

    check(context.facts.keys().all(|it| catalog.facts.contains_key(it)), "unknown-fact");
    let limits = limit_names(catalog);
    check(context.remaining.keys().chain(context.used.keys()).all(|it| limits.contains(it)), "unknown-limit");
    check(context.remaining.keys().all(|it| !context.used.contains_key(it)), "malformed-request");
    failures.first().copied()
}

/// Whether the keys of an action are those of exactly one form.
fn fits_a_form(action: &NamedAction) -> bool {
    let keys = [
        action.permission.is_some(),
        action.feature.is_some(),
        action.process.is_some(),
        action.store.is_some(),
        action.change.is_some(),
    ];
    let run_only = action.trigger.is_some() || !action.tokens.is_empty();
    let of_a_feature = run_only || action.model.is_some();
    match keys {
        [true, false, false, false, false] | [false, false, false, true, false] => !of_a_feature,
        [false, true, true, false, false] => !run_only,
        [false, true, false, false, false] => true,
        [false, false, false, false, true] => {
            !of_a_feature && action.change.as_ref().is_some_and(change_fits_a_form)
        }
        _ => false,
    }
}

/// Whether the keys of a change are those of exactly one form.
fn change_fits_a_form(change: &NamedChange) -> bool {
    let keys = [
        change.setting.is_some(),
        change.role.is_some(),
        change.permission.is_some(),
        change.list.is_some(),
        change.create_role.is_some(),
        change.based_on.is_some(),
        change.delete_role.is_some(),
        change.assign_role.is_some(),
        change.opt_in.is_some(),
    ];
    let stated: Vec<usize> = (0..keys.len()).filter(|at| keys[*at]).collect();
    let switch = matches!(change.to, Some(To::Switch(_)));
    let entries = matches!(change.to, Some(To::Entries(_)));
    let from = change.from.is_some();
    match stated.as_slice() {
        [0 | 8] | [1, 2] => switch && !from,
        [3] => entries && !from,
        [4, 5] | [6] => change.to.is_none() && !from,
        [7] => change.to.is_none(),
        _ => false,
    }
}

/// The limits there are: those of meters and those that plans state.
pub(crate) fn limit_names(catalog: &Catalog) -> Names {
    let mut names = Names::new();
    for meter in catalog.meters.keys() {
        names.extend(limits_of(catalog, meter));
    }
    names.extend(catalog.plans.values().flat_map(|plan| plan.limits.keys().cloned()));
    names
}

/// The limits of a meter; its own name where it names none.
fn limits_of(catalog: &Catalog, meter: &str) -> Names {
    let stated = catalog.meters[meter].limits.clone();
    if stated.is_empty() { Names::from([meter.to_owned()]) } else { stated }
}

// Which facts a decision may depend on. More than needed does no harm: what is not read changes nothing.

fn facts_read<'a>(catalog: &'a Catalog, action: &'a NamedAction) -> BTreeSet<&'a str> {
    let mut facts = BTreeSet::new();
    let mut permissions: Vec<&str> = Vec::new();
    permissions.extend(action.permission.as_deref());
    if let (Some(feature), None) = (&action.feature, &action.process) {
        permissions.extend(catalog.features[feature].permission.as_deref());
    }
    if let Some(change) = &action.change {
        let mut rows = rows_of(catalog, change);
        // The warning depends on who may do the reverse.
        if change.create_role.is_some() || change.delete_role.is_some() {
            rows.extend(["create_role", "delete_role"].iter().filter_map(|name| catalog.changes.get(*name)));
        }
        permissions.extend(rows.iter().filter_map(|row| row.permission.as_deref()));
        let roles = change.assign_role.iter().chain(&change.from);
        facts.extend(roles.filter_map(|role| catalog.roles.get(role)?.verified_by.as_deref()));
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = permissions.pop() {
        if seen.insert(name) {
            let permission = &catalog.permissions[name];
            facts.extend(permission.needs.iter().map(String::as_str));
            facts.extend(permission.exempt.iter().map(String::as_str));
            facts.extend(permission.instead.keys().map(String::as_str));
            permissions.extend(permission.instead.values().map(String::as_str));
            permissions.extend(permission.otherwise.as_deref());
        }
    }
    facts
}

/// The rows that say who may make a change, whatever they ask for.
fn rows_of<'a>(catalog: &'a Catalog, change: &NamedChange) -> Vec<&'a Change> {
    if let Some(setting) = &change.setting {
        return catalog.settings[setting].change.iter().collect();
    }
    if let Some(list) = &change.list {
        return catalog.lists[list].change.iter().collect();
    }
    catalog.changes.get(kind_of_change(change)).into_iter().collect()
}

/// The name of the row of `[changes]` for a change.
fn kind_of_change(change: &NamedChange) -> &'static str {
    match change {
        NamedChange { role: Some(_), .. } => "role_permission",
        NamedChange { create_role: Some(_), .. } => "create_role",
        NamedChange { delete_role: Some(_), .. } => "delete_role",
        NamedChange { assign_role: Some(_), .. } => "assign_role",
        _ => "opt_in",
    }
}

/// What a setting is at.
#[derive(PartialEq)]
enum Position {
    On,
    Off,
    Absent,
}

impl<'a> Case<'a> {
    /// The answer where everything is known.
    fn answer(&self) -> Answer {
        let action = &self.request.action;
        match action {
            NamedAction { permission: Some(name), .. } => match self.permission(name) {
                Ok(holding) => allow(holding.reason, holding.obligations),
                Err(failure) => deny(self.catalog, action, failure),
            },
            NamedAction { process: Some(data), feature: Some(feature), .. } => self.process(data, feature),
            NamedAction { feature: Some(feature), .. } => self.run(feature),
            NamedAction { store: Some(data), .. } => self.store(data),
            NamedAction { change: Some(change), .. } => self.change(change),
            _ => deny(self.catalog, action, "malformed-request"),
        }
    }

    fn fact(&self, name: &str) -> bool {
        self.request.context.facts.get(name).copied().unwrap_or_else(|| self.supposed.contains(name))
    }

    // Gates 2 and 3.

    /// Whether an add-on is in force: bought where it is offered, or part of the plan.
    fn add_on(&self, name: &str) -> bool {
        let plan = &self.domain.domain.plan;
        let add_on = &self.catalog.add_ons[name];
        let bought = self.domain.domain.add_ons.contains(name) && add_on.offered_on.contains(plan);
        bought || add_on.included_in.contains(plan)
    }

    /// AI-01, ROL-07: the plan does not include it, or none of the add-ons that it takes is in force.
    fn plan_gate(&self, plans: &Names, add_ons: &Names) -> Option<Failure> {
        let by_plan = plans.is_empty() || plans.contains(&self.domain.domain.plan);
        let by_add_on = add_ons.is_empty() || add_ons.iter().any(|it| self.add_on(it));
        (!by_plan || !by_add_on).then_some("not-in-plan")
    }

    /// ROL-10: it does not exist for this kind of domain.
    fn kind_gate(&self, kinds: &Names) -> Option<Failure> {
        (!kinds.is_empty() && !kinds.contains(&self.domain.domain.kind)).then_some("not-for-domain-kind")
    }

    // Gate 5.

    /// AI-02, AI-04: what is stated from above wins, then what the domain says, then what a regime starts off.
    fn position(&self, name: &str) -> Position {
        let mut regimes = self.domain.domain.regimes.iter().map(|regime| &self.catalog.regimes[regime]);
        if regimes.clone().any(|regime| regime.removes.contains(name)) {
            return Position::Absent;
        }
        // What plan or kind do not have cannot be switched: it is what the catalog says.
        let setting = &self.catalog.settings[name];
        let exists =
            self.plan_gate(&setting.plans, &setting.add_ons).or(self.kind_gate(&setting.kinds)).is_none();
        let stated =
            self.domain.locked.get(name).or_else(|| self.domain.settings.get(name)).filter(|_| exists);
        let on = match stated {
            Some(stated) => stated == "on",
            None if exists && regimes.any(|regime| regime.starts_off.contains(name)) => false,
            None => setting.default.as_deref() == Some("on"),
        };
        if on { Position::On } else { Position::Off }
    }

    /// AI-03, CRD-01: a setting counts as on only with all that it requires.
    fn setting_gate(&self, name: &str) -> Option<Failure> {
        match self.position(name) {
            Position::On => self.catalog.settings[name].requires.iter().find_map(|it| self.setting_gate(it)),
            Position::Off => Some("setting-off"),
            Position::Absent => Some("setting-absent"),
        }
    }

    // Permissions: gates 2 to 10.

    /// Whether the subject may use a permission, and why.
    fn permission(&self, asked: &str) -> Result<Holding, Failure> {
        let permission = &self.catalog.permissions[asked];
        // PRM-26: a fact hands the question to another permission.
        for (fact, other) in &permission.instead {
            if self.fact(fact) {
                let mut holding = self.permission(other)?;
                // What using the permission asked for obliges to is not shaken off by the way.
                holding.obligations.extend(permission.obligations.iter().cloned());
                return Ok(Holding { reason: "decided-by-other-permission", ..holding });
            }
        }
        // PRM-24, PRM-25: a fact exempts from everything but plan, kind and compliance.
        if permission.exempt.iter().any(|fact| self.fact(fact)) {
            let failures: Vec<Failure> =
                [self.plan_gate(&permission.plans, &permission.add_ons), self.kind_gate(&permission.kinds)]
                    .into_iter()
                    .flatten()
                    .collect();
            return match first(&failures) {
                None => Ok(Holding { reason: "exempt", obligations: permission.obligations.clone() }),
                Some(failure) => Err(failure),
            };
        }
        let binding = self.static_gates(permission);
        let roles = self.roles_in_order();
        if roles.is_empty() {
            let mut failures = binding;
            failures.push("not-granted-to-role");
            return Err(first(&failures).expect("at least one"));
        }
        // PRM-24: per role, the permission itself and then what suffices as well.
        let mut nearest: Option<(usize, Holding)> = None;
        let mut furthest: Option<(usize, usize, Failure)> = None;
        for role in roles {
            let mut name = asked;
            for distance in 0.. {
                let permission = &self.catalog.permissions[name];
                let mut failures = binding.clone();
                if distance > 0 {
                    failures.extend(self.static_gates(permission));
                }
                let held = self.role_gates(role, name);
                failures.extend(held.as_ref().err());
                failures
                    .extend(permission.needs.iter().filter(|fact| !self.fact(fact)).map(|_| "fact-false"));
                failures.extend(self.list_gate(role, name));
                let Some(failure) = first(&failures) else {
                    if nearest.as_ref().is_none_or(|(other, _)| distance < *other) {
                        let reason = if distance > 0 {
                            "decided-by-other-permission"
                        } else {
                            held.expect("no gate failed")
                        };
                        nearest =
                            Some((distance, Holding { reason, obligations: permission.obligations.clone() }));
                    }
                    break;
                };
                let further = |(at, other, _): &(usize, usize, Failure)| {
                    gate(failure) > *at || gate(failure) == *at && distance < *other
                };
                if furthest.as_ref().is_none_or(further) {
                    furthest = Some((gate(failure), distance, failure));
                }
                let next = match (gate(failure), failure) {
                    (_, "never-for-role") => None,
                    (6 | 7 | 9, _) => permission.otherwise.as_deref(),
                    _ => None,
                };
                match next {
                    Some(next) => name = next,
                    None => break,
                }
            }
        }
        match (nearest, furthest) {
            (Some((_, holding)), _) => Ok(holding),
            (None, Some((_, _, failure))) => Err(failure),
            (None, None) => unreachable!("every role was asked"),
        }
    }

    /// Gates 2 to 5 of a permission: plan, kind and ceiling.
    fn static_gates(&self, permission: &Permission) -> Vec<Failure> {
        let mut failures = Vec::new();
        failures.extend(self.plan_gate(&permission.plans, &permission.add_ons));
        failures.extend(self.kind_gate(&permission.kinds));
        // PRM-29: no role reopens what the organization closed.
        failures.extend(permission.setting.iter().filter_map(|setting| self.setting_gate(setting)));
        failures
    }

    /// The roles of the subject: those of the catalog by name, then custom ones by name.
    fn roles_in_order(&self) -> Vec<&'a str> {
        let mut roles: Vec<&str> = self.request.subject.roles.iter().map(String::as_str).collect();
        roles.sort_by_key(|role| (!self.catalog.roles.contains_key(*role), *role));
        roles
    }

    /// ROL-06: the role of the catalog that a role is or is based on; none for a role that is gone.
    fn base<'r>(&'r self, role: &'r str) -> Option<&'r str> {
        match self.catalog.roles.contains_key(role) {
            true => Some(role),
            false => self
                .domain
                .roles
                .get(role)?
                .based_on
                .as_deref()
                .filter(|it| self.catalog.roles.contains_key(*it)),
        }
    }

    fn supreme(&self, role: &str) -> bool {
        self.catalog.roles.get(role).is_some_and(|role| role.supreme)
    }

    /// Gates 6 and 7: why a role holds a permission, or why not.
    fn role_gates(&self, role: &str, name: &str) -> Result<Failure, Failure> {
        let Some(base) = self.base(role) else { return Err("not-granted-to-role") };
        // ROL-05, ROL-06: custom roles inherit prohibitions and what is inherent.
        let default = self.catalog.permissions[name].default.get(base).map(String::as_str);
        if self.catalog.roles[base].never.contains(name) || default == Some("never") {
            return Err("never-for-role");
        }
        // PRM-30: a super admin holds every permission.
        if self.supreme(base) || self.catalog.roles[base].inherent.contains(name) {
            return Ok("inherent");
        }
        let Some(default) = default else { return Err("not-granted-to-role") };
        match (self.stated_for_role(role, name), default) {
            (Some("on"), _) => Ok("on-for-role"),
            (Some(_), _) => Err("off-for-role"),
            (None, "on") => Ok("on-by-default"),
            (None, _) => Err("off-by-default"),
        }
    }

    /// ROL-07: what the domain says of a role's permission, where role permissions can be changed at all.
    fn stated_for_role(&self, role: &str, permission: &str) -> Option<&str> {
        let configurable = match self.catalog.changes.get("role_permission") {
            Some(row) => {
                self.plan_gate(&row.plans, &add_ons_of(row)).is_none() && self.kind_gate(&row.kinds).is_none()
            }
            None => false,
        };
        let stated = self.domain.roles.get(role)?.permissions.get(permission)?;
        configurable.then_some(stated.as_str())
    }

    /// PRM-23, PRM-29: a restriction that is on for the organization or for the role.
    fn list_gate(&self, role: &str, name: &str) -> Option<Failure> {
        for (restriction, row) in &self.catalog.permissions {
            let Some(restricts) = row.restricts.as_ref().filter(|it| it.permission == name) else { continue };
            if !self.restricted(role, restriction) {
                continue;
            }
            let none = Names::new();
            let entries = self.domain.lists.get(&restricts.to).unwrap_or(&none);
            if entries.is_empty() {
                return Some("list-empty");
            }
            let stated = self.request.context.email_domain.as_deref().unwrap_or_default();
            let on_list = || entries.iter().any(|entry| entry.eq_ignore_ascii_case(stated));
            if !self.on_lists.unwrap_or_else(on_list) {
                return Some("not-on-list");
            }
        }
        None
    }

    /// Whether a restriction is on, at either level.
    fn restricted(&self, role: &str, restriction: &str) -> bool {
        let row = &self.catalog.permissions[restriction];
        let exists =
            self.plan_gate(&row.plans, &row.add_ons).is_none() && self.kind_gate(&row.kinds).is_none();
        exists
            && (row.setting.as_ref().is_some_and(|setting| self.setting_gate(setting).is_none())
                || self.restricted_by_role(role, restriction))
    }

    fn restricted_by_role(&self, role: &str, restriction: &str) -> bool {
        // PRM-30: a super admin has no role setting.
        !self.supreme(role) && self.role_gates(role, restriction).is_ok()
    }

    // Features.

    fn run(&self, name: &str) -> Answer {
        let feature = &self.catalog.features[name];
        let action = &self.request.action;
        let mut failures = self.feature_gates(feature);
        failures.extend(feature.data.iter().filter_map(|data| self.data_gate(data)));
        failures.extend(self.model_gate(feature));
        // The permission is a question of its own, asked of whatever the feature itself does not fail.
        if let Some(failure) = first(&failures) {
            return deny(self.catalog, action, failure);
        }
        let mut obligations = Names::new();
        // AI-21: a permission that the subject also needs.
        match feature.permission.as_ref().map(|permission| self.permission(permission)) {
            Some(Ok(holding)) => obligations.extend(holding.obligations),
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
        failures.extend(self.opt_in_gate(name));
        // USE-06: every access gate comes before any charge.
        let charge = match self.usage_gate(feature) {
            Ok((charge, more)) => {
                obligations.extend(more);
                charge
            }
            Err(failure) => {
                failures.push(failure);
                0
            }
        };
        if let Some(failure) = first(&failures) {
            return deny(self.catalog, action, failure);
        }
        obligations.extend(feature.obligations.iter().cloned());
        obligations.extend(self.processing_obligations(feature));
        let meter = feature.meter.clone().filter(|_| charge > 0);
        Answer {
            providers: self.providers(feature),
            data: feature.data.clone(),
            charge: meter.into_iter().map(|meter| (meter, charge)).collect(),
            ..allow("feature-on", obligations)
        }
    }

    /// AI-03: processing of a class of data for a feature, on a model where one is selected, whoever asks.
    fn process(&self, data: &str, name: &str) -> Answer {
        let feature = &self.catalog.features[name];
        let mut failures: Vec<Failure> = self.model_gate(feature).into_iter().collect();
        failures.extend(self.feature_gates(feature));
        // Of the classes of the feature only the one asked about matters.
        failures.extend((!feature.data.contains(data)).then_some("data-barred"));
        failures.extend(self.data_gate(data));
        failures.extend(self.opt_in_gate(name));
        if let Some(failure) = first(&failures) {
            return deny(self.catalog, &self.request.action, failure);
        }
        Answer {
            providers: self.providers(feature),
            data: Names::from([data.to_owned()]),
            ..allow("feature-on", self.processing_obligations(feature))
        }
    }

    /// TRM-05: storing or processing a class of data at all.
    fn store(&self, data: &str) -> Answer {
        if let Some(failure) = self.data_gate(data) {
            return deny(self.catalog, &self.request.action, failure);
        }
        Answer { data: Names::from([data.to_owned()]), ..allow("data-permitted", Names::new()) }
    }

    fn regimes(&self) -> impl Iterator<Item = &crate::model::Regime> {
        self.domain.domain.regimes.iter().map(|regime| &self.catalog.regimes[regime])
    }

    /// Gates 2 to 5 of a feature, but for its classes of data.
    fn feature_gates(&self, feature: &Feature) -> Vec<Failure> {
        let mut failures = Vec::new();
        failures.extend(self.plan_gate(&feature.plans, &feature.add_ons));
        failures.extend(self.kind_gate(&feature.kinds));
        failures.extend(self.provider_gate(feature));
        failures.extend(self.service_gate(feature));
        failures.extend(feature.setting.iter().filter_map(|setting| self.setting_gate(setting)));
        // Any of several settings suffices.
        let any: Vec<Option<Failure>> = feature.any_setting.iter().map(|it| self.setting_gate(it)).collect();
        if any.iter().all(Option::is_some) {
            failures.extend(any.first().copied().flatten());
        }
        failures
    }

    fn provider_barred(&self, provider: &str) -> bool {
        self.regimes().any(|regime| regime.bars.providers.contains(provider))
    }

    /// AI-04, AI-13, AI-14: the providers that a feature needs, and those of which one suffices.
    fn provider_gate(&self, feature: &Feature) -> Option<Failure> {
        let barred = |provider: &String| self.provider_barred(provider);
        let fails = match &feature.providers {
            Some(Providers::Named(names)) => names.iter().any(barred),
            // Which model is selected is asked last; some one must be left to select.
            Some(Providers::Word(word)) if word == "of_model" => {
                let mut providers = self.catalog.models.values().filter_map(|model| model.provider.as_ref());
                !self.catalog.models.is_empty() && providers.all(barred)
            }
            Some(Providers::Word(_)) => self.unstated_provider_barred(),
            None => !feature.any_provider.is_empty() && feature.any_provider.iter().all(barred),
        };
        fails.then_some("provider-barred")
    }

    fn unstated_provider_barred(&self) -> bool {
        self.regimes().any(|regime| regime.bars.unstated_providers)
    }

    /// CRD-01: the provider of the selected model; without a model it is not stated.
    fn model_gate(&self, feature: &Feature) -> Option<Failure> {
        let of_model = matches!(&feature.providers, Some(Providers::Word(word)) if word == "of_model");
        let barred = match self.provider_of_model() {
            Some(provider) => self.provider_barred(&provider),
            None => self.unstated_provider_barred(),
        };
        (of_model && barred).then_some("provider-barred")
    }

    fn provider_of_model(&self) -> Option<String> {
        self.catalog.models[self.request.action.model.as_ref()?].provider.clone()
    }

    /// Who makes and keeps what a service gives a feature.
    fn provider_of_service(&self, feature: &Feature, service: &str) -> Option<String> {
        feature.services[service].provider.clone().or_else(|| self.catalog.services[service].provider.clone())
    }

    /// AI-15: whether a feature can have a service.
    fn has_service(&self, feature: &Feature, service: &str) -> bool {
        let provider = self.provider_of_service(feature, service);
        !self.regimes().any(|regime| {
            regime.bars.services.contains(service)
                || provider.as_ref().is_some_and(|provider| regime.bars.providers.contains(provider))
        })
    }

    /// A service that a feature requires needs its provider too.
    fn service_gate(&self, feature: &Feature) -> Option<Failure> {
        let missing = |service: &&String| {
            feature.services[*service].used == "requires" && !self.has_service(feature, service)
        };
        let service = feature.services.keys().find(missing)?;
        let barred = self.regimes().any(|regime| regime.bars.services.contains(service));
        Some(if barred { "service-barred" } else { "provider-barred" })
    }

    fn data_gate(&self, data: &str) -> Option<Failure> {
        self.regimes().any(|regime| regime.bars.data.contains(data)).then_some("data-barred")
    }

    /// AI-17: who gets data when the feature runs.
    fn providers(&self, feature: &Feature) -> Names {
        let mut providers = match &feature.providers {
            Some(Providers::Named(names)) => names.clone(),
            Some(Providers::Word(word)) if word == "of_model" => {
                self.provider_of_model().into_iter().collect()
            }
            _ => Names::new(),
        };
        let barred = |provider: &&String| self.regimes().any(|it| it.bars.providers.contains(*provider));
        providers.extend(feature.any_provider.iter().filter(|it| !barred(it)).cloned());
        for service in feature.services.keys().filter(|service| self.has_service(feature, service)) {
            providers.extend(self.provider_of_service(feature, service));
        }
        providers
    }

    /// AI-15, AI-19, AI-20: what comes with giving data to the providers of a feature. What the feature itself
    /// obliges to is about its output, and comes with a run.
    fn processing_obligations(&self, feature: &Feature) -> Names {
        let mut obligations = Names::new();
        for provider in self.providers(feature) {
            obligations.extend(self.catalog.providers[&provider].obligations.iter().cloned());
        }
        for service in feature.services.keys().filter(|service| !self.has_service(feature, service)) {
            obligations.extend(self.catalog.services[service].without.clone());
        }
        for regime in self.regimes() {
            obligations.extend(regime.obligations.iter().cloned());
        }
        if feature.beta {
            obligations.insert("beta_as_is".to_owned());
        }
        obligations
    }

    /// Gate 11, AI-20.
    fn opt_in_gate(&self, name: &str) -> Option<Failure> {
        let opted_in = self.domain.opt_ins.get(name).is_some_and(|it| it == "on");
        (self.catalog.features[name].beta && !opted_in).then_some("opt-in-missing")
    }

    // Gate 12.

    /// USE-01, USE-02, USE-04, USE-05, CRD-03, CRD-11, CRD-12: the charge and what comes with it.
    fn usage_gate(&self, feature: &Feature) -> Result<(u64, Names), Failure> {
        let Some(name) = &feature.meter else { return Ok((0, Names::new())) };
        let meter = &self.catalog.meters[name];
        let charge = match (meter.counts.contains(self.trigger()), meter.priced) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => self.price()?,
        };
        if charge == 0 {
            return Ok((0, Names::new()));
        }
        let exhausted = if meter.priced { "credits-exhausted" } else { "limit-reached" };
        let mut enforced = false;
        for limit in limits_of(self.catalog, name) {
            if self.unlimited(name) {
                continue;
            }
            let plan = &self.catalog.plans[&self.domain.domain.plan];
            let row = self.domain.limits.get(&limit).or_else(|| plan.limits.get(&limit));
            let unstopped = row.is_some_and(|row| row.stop.as_deref() == Some("none"));
            let unset = row.is_none_or(|row| row.limit.is_none());
            if unstopped || (unset && !meter.priced) {
                continue;
            }
            let context = &self.request.context;
            let covered = match (context.remaining.get(&limit), context.used.get(&limit), row) {
                (Some(remaining), _, _) => Some(*remaining >= charge),
                (_, Some(used), Some(Limit { limit: Some(most), stop, ceiling_percent })) => {
                    let percent = match stop.as_deref() {
                        Some("soft") => ceiling_percent.unwrap_or(100),
                        _ => 100,
                    };
                    let after = u128::from(*used) + u128::from(charge);
                    Some(after * 100 <= u128::from(*most) * u128::from(percent))
                }
                (_, _, Some(Limit { limit: Some(_), .. })) => Some(self.balance_covers),
                _ => Some(self.balance_covers),
            };
            if covered == Some(false) {
                return Err(exhausted);
            }
            enforced = true;
        }
        let said = (!enforced).then(|| "limit_not_enforced".to_owned());
        Ok((charge, said.into_iter().collect()))
    }

    fn trigger(&self) -> &'static str {
        match self.request.action.trigger.unwrap_or_default() {
            Trigger::Requested => "requested",
            Trigger::Proactive => "proactive",
            Trigger::FollowUp => "follow_up",
            Trigger::FollowUpCounted => "follow_up_counted",
            Trigger::Recurring => "recurring",
            other => panic!("{other:?}"),
        }
    }

    /// CRD-03, CRD-12: tokens times the price of the model, in micro-credits.
    fn price(&self) -> Result<u64, Failure> {
        let Some(model) = &self.request.action.model else { return Err("unpriced") };
        if self.request.action.tokens.is_empty() {
            return Err("unpriced");
        }
        let mut sum = 0_u64;
        for (pool, tokens) in &self.request.action.tokens {
            let Some(price) = self.catalog.models[model].price.get(pool) else { return Err("unpriced") };
            let priced = micro_credits(price).checked_mul(*tokens).and_then(|more| sum.checked_add(more));
            sum = priced.ok_or("unpriced")?;
        }
        Ok(sum)
    }

    /// CRD-14: a credit plan in force that has no limit.
    fn unlimited(&self, meter: &str) -> bool {
        self.catalog.credit_plans.values().any(|plan| {
            plan.unlimited
                && plan.meter.as_deref() == Some(meter)
                && (plan.plans.is_empty() || plan.plans.contains(&self.domain.domain.plan))
                && plan.add_on.as_ref().is_none_or(|add_on| self.add_on(add_on))
        })
    }

    // Changes.

    /// ADM: a change is a request like any other.
    fn change(&self, change: &NamedChange) -> Answer {
        if let Some(failure) = first(&self.change_gates(change)) {
            return deny(self.catalog, &self.request.action, failure);
        }
        // ADM-06, ADM-08: derived, and never for a change to the present value.
        let warn = !self.is_present(change) && self.irreversible(change);
        let warning = warn.then(|| "warn_irreversible".to_owned());
        allow("authorized-change", warning.into_iter().collect())
    }

    /// The failures of a change. Inside of the gate of authority: what nobody could do, then who may, then what
    /// the holders of roles and the soundness of the domain do not let anybody do now.
    fn change_gates(&self, change: &NamedChange) -> Vec<Failure> {
        let mut failures = Vec::new();
        if let Some(name) = &change.setting {
            let setting: &Setting = &self.catalog.settings[name];
            failures.extend(self.plan_gate(&setting.plans, &setting.add_ons));
            failures.extend(self.kind_gate(&setting.kinds));
            failures.extend((self.position(name) == Position::Absent).then_some("setting-absent"));
            failures.extend(self.domain.locked.contains_key(name).then_some("setting-locked"));
        }
        if let (Some(role), Some(permission)) = (&change.role, &change.permission) {
            failures.extend(self.role_permission_gates(role, permission, on(change)));
        }
        if let (Some(name), Some(base)) = (&change.create_role, &change.based_on) {
            failures.extend(self.create_role_gates(name, base));
        }
        if let Some(role) = &change.delete_role {
            failures.extend(self.catalog.roles.contains_key(role).then_some("role-immutable"));
        }
        if let Some(name) = &change.opt_in {
            let feature = &self.catalog.features[name];
            failures.extend(self.plan_gate(&feature.plans, &feature.add_ons));
            failures.extend(self.kind_gate(&feature.kinds));
            failures.extend((!feature.beta).then_some("invalid-change"));
        }
        if let Some(To::Entries(entries)) = &change.to {
            failures.extend(entries.iter().any(|entry| !is_email_domain(entry)).then_some("invalid-change"));
        }
        failures.extend(self.authority_gates(change));
        if let Some(role) = &change.delete_role {
            // ROL-08
            failures.extend((self.domain.holders.get(role) != Some(&0)).then_some("role-in-use"));
            // ROL-11: nor while it is what newcomers receive.
            failures.extend(self.domain.role_defaults.values().any(|it| it == role).then_some("role-in-use"));
        }
        if let Some(role) = &change.assign_role {
            failures.extend(self.last_holder_gate(role, change.from.as_deref()));
        }
        // The last of the gate: only what nothing else denies is tried out.
        if failures.is_empty() {
            failures.extend(self.soundness_gate(change));
        }
        failures
    }

    /// Gate 8, with the plan and the kind of the rows: may the subject make this change?
    fn authority_gates(&self, change: &NamedChange) -> Vec<Failure> {
        if let Some(role) = &change.assign_role {
            let from = change.from.as_deref();
            if self.supreme(role) || from.is_some_and(|from| self.supreme(from)) {
                return self.appointment_gates(Some(role), from);
            }
        }
        let rows = rows_of(self.catalog, change);
        let permission = change.role.as_ref().and(change.permission.as_ref());
        if permission.is_some_and(|it| self.catalog.permissions[it].change.is_some()) {
            // ADM-03: nobody raises their own rights. Plan and kind of the rule hold all the same.
            let mut failures: Vec<Failure> = self.scope_gate(&rows).into_iter().collect();
            failures.extend((!self.acts_supremely(None)).then_some("needs-role"));
            return failures;
        }
        let to = match change.to {
            Some(To::Switch(switch)) => Some(switch.as_str()),
            _ => None,
        };
        self.row_gates(&rows, to)
    }

    /// The rows are alternatives; the failure of a subject whom none of them names.
    fn row_gates(&self, rows: &[&Change], to: Option<&str>) -> Vec<Failure> {
        let fitting: Vec<&Change> = rows.iter().copied().filter(|row| self.fits(row, to)).collect();
        if fitting.iter().any(|row| self.matches(row)) {
            return vec![];
        }
        if let Some(failure) = self.scope_gate(rows) {
            return vec![failure];
        }
        vec![if fitting.is_empty() { "not-authorized" } else { self.refusal(&fitting) }]
    }

    /// Gates 2 and 3 of the rows: none is for this plan and kind. The one that got furthest says why.
    fn scope_gate(&self, rows: &[&Change]) -> Option<Failure> {
        let misfit = |row: &&Change| {
            self.plan_gate(&row.plans, &add_ons_of(row)).or_else(|| self.kind_gate(&row.kinds))
        };
        let misfits: Option<Vec<Failure>> = rows.iter().map(misfit).collect();
        misfits?.into_iter().max_by_key(|failure| gate(failure))
    }

    /// Whether a row speaks of this change in this domain.
    fn fits(&self, row: &Change, to: Option<&str>) -> bool {
        self.plan_gate(&row.plans, &add_ons_of(row)).is_none()
            && self.kind_gate(&row.kinds).is_none()
            && (row.to.is_empty() || to.is_some_and(|to| row.to.contains(to)))
            && row.when_unheld.as_ref().is_none_or(|role| self.unheld(role))
    }

    /// AI-11, AI-12, ROL-08: nobody holds the role; a kind that does not count it has no holder, and a count
    /// that is not stated counts as held.
    fn unheld(&self, role: &str) -> bool {
        !self.counted(role) || self.domain.holders.get(role) == Some(&0)
    }

    /// ROL-10: whether this kind of domain has holders of a role.
    fn counted(&self, role: &str) -> bool {
        self.catalog.roles.get(role).is_none_or(|role| self.kind_gate(&role.kinds).is_none())
    }

    /// AI-09, ADM-01, ADM-02, ADM-04: by role, by standing or by permission.
    fn matches(&self, row: &Change) -> bool {
        let subject = &self.request.subject;
        let by_role = subject.roles.iter().any(|role| {
            row.roles.contains(role) || self.base(role).is_some_and(|base| row.roles.contains(base))
        });
        // ROL-09: a standing exists in some kinds of domains only.
        let by_standing = subject.standings.iter().any(|standing| {
            row.standings.contains(standing)
                && self.kind_gate(&self.catalog.standings[standing].kinds).is_none()
        });
        by_role || by_standing || row.permission.as_ref().is_some_and(|it| self.permission(it).is_ok())
    }

    /// Why none of the rows that fit was for the subject.
    fn refusal(&self, fitting: &[&Change]) -> Failure {
        let named = fitting.iter().flat_map(|row| &row.roles);
        if named.clone().any(|role| !self.supreme(role) || !self.unheld(role)) {
            return "needs-role";
        }
        if fitting.iter().any(|row| row.permission.is_some() || !row.standings.is_empty()) {
            return "not-authorized";
        }
        "needs-verification"
    }

    /// ADM-02, ROL-10: supreme roles are appointed and removed by their own kind. The first one nobody could
    /// appoint: it takes the right to assign roles, and verification.
    fn appointment_gates(&self, role: Option<&str>, from: Option<&str>) -> Vec<Failure> {
        let supreme = |role: &&str| self.supreme(role);
        let mut failures: Vec<Failure> = [role, from]
            .into_iter()
            .flatten()
            .filter(supreme)
            .filter_map(|role| self.kind_gate(&self.catalog.roles[role].kinds))
            .collect();
        let rows: Vec<&Change> = self.catalog.changes.get("assign_role").into_iter().collect();
        failures.extend(self.scope_gate(&rows));
        match role.filter(supreme) {
            Some(first) if role != from && self.counted(first) && self.unheld(first) => {
                failures.extend(self.row_gates(&rows, None));
                match &self.catalog.roles[first].verified_by {
                    Some(fact) if !self.fact(fact) => failures.push("needs-verification"),
                    _ => {}
                }
            }
            to => {
                let own = to.or(from.filter(supreme));
                failures.extend((!self.acts_supremely(own)).then_some("needs-role"));
            }
        }
        failures
    }

    /// Whether the subject has this supreme role, or any.
    fn acts_supremely(&self, role: Option<&str>) -> bool {
        let own = &self.request.subject.roles;
        own.iter().any(|own| self.supreme(own) && role.is_none_or(|role| role == own))
    }

    /// ADM-05: the last super admin stays.
    fn last_holder_gate(&self, role: &str, from: Option<&str>) -> Option<Failure> {
        let from = from.filter(|from| self.supreme(from) && *from != role)?;
        match self.domain.holders.get(from) {
            Some(0) => Some("invalid-change"),
            Some(1) => Some("last-holder"),
            _ => None,
        }
    }

    /// ROL-01, ROL-02, PRM-22: what of a role can be changed.
    fn role_permission_gates(&self, role: &str, name: &str, on: bool) -> Vec<Failure> {
        let permission = &self.catalog.permissions[name];
        let mut failures = Vec::new();
        failures.extend(self.plan_gate(&permission.plans, &permission.add_ons));
        failures.extend(self.kind_gate(&permission.kinds));
        let base = self.base(role).unwrap_or(role);
        let default = permission.default.get(base).map(String::as_str);
        let row = &self.catalog.roles[base];
        if self.supreme(base) {
            failures.push("role-immutable");
        } else if row.never.contains(name) || default == Some("never") {
            // Off is what it is already.
            failures.extend(on.then_some("never-for-role"));
        } else if row.inherent.contains(name) {
            failures.push("invalid-change");
        } else if default.is_none() {
            failures.push("not-granted-to-role");
        }
        failures
    }

    /// ROL-06: what a custom role may be based on and called.
    fn create_role_gates(&self, name: &str, base: &str) -> Vec<Failure> {
        let mut failures = Vec::new();
        failures.extend(
            (!self.catalog.roles.get(base).is_some_and(|base| base.custom)).then_some("role-immutable"),
        );
        let taken = self.catalog.roles.contains_key(name) || self.domain.roles.contains_key(name);
        failures.extend((taken || !is_id(name)).then_some("invalid-change"));
        failures
    }

    /// PRM-23: a restriction needs somebody whom it restricts.
    fn soundness_gate(&self, change: &NamedChange) -> Option<Failure> {
        let after = self.after(change);
        let after = Case { domain: &after, ..self.clone() };
        (self.is_sound() && !after.is_sound()).then_some("invalid-change")
    }

    fn is_sound(&self) -> bool {
        let known = || self.catalog.roles.keys().chain(self.domain.roles.keys());
        let roles: BTreeSet<&String> = known().filter(|role| !self.supreme(role)).collect();
        self.catalog.permissions.iter().all(|(name, row)| {
            let Some(restricts) = &row.restricts else { return true };
            let holds = |role: &&&String| self.role_gates(role, &restricts.permission).is_ok();
            let besides =
                |role: &&&String| self.base(role).is_some_and(|base| restricts.besides.contains(base));
            let somebody = roles.iter().filter(holds).any(|role| !besides(&role));
            let for_roles: Vec<&&String> =
                roles.iter().filter(|role| self.restricted_by_role(role, name)).collect();
            let for_all = row.setting.as_ref().is_some_and(|setting| self.setting_gate(setting).is_none());
            let anywhere = for_all || !for_roles.is_empty();
            (!anywhere || somebody) && for_roles.iter().all(holds)
        })
    }

    /// Whether the change is to what is so already.
    fn is_present(&self, change: &NamedChange) -> bool {
        let on = on(change);
        match change {
            NamedChange { setting: Some(name), .. } => (self.position(name) == Position::On) == on,
            NamedChange { role: Some(role), permission: Some(name), .. } => {
                self.role_gates(role, name).is_ok() == on
            }
            NamedChange { list: Some(list), to: Some(To::Entries(entries)), .. } => {
                let now: Names = self
                    .domain
                    .lists
                    .get(list)
                    .into_iter()
                    .flatten()
                    .map(|it| it.to_ascii_lowercase())
                    .collect();
                now == entries.iter().map(|it| it.to_ascii_lowercase()).collect()
            }
            NamedChange { assign_role: Some(role), from: Some(from), .. } => role == from,
            NamedChange { opt_in: Some(feature), .. } => {
                self.domain.opt_ins.get(feature).is_some_and(|it| it == "on") == on
            }
            _ => false,
        }
    }

    /// The domain after a change.
    fn after(&self, change: &NamedChange) -> Domain {
        let mut domain = self.domain.clone();
        let to = match &change.to {
            Some(To::Switch(switch)) => switch.as_str().to_owned(),
            _ => String::new(),
        };
        match change {
            NamedChange { setting: Some(name), .. } => {
                domain.settings.insert(name.clone(), to);
            }
            NamedChange { role: Some(role), permission: Some(permission), .. } => {
                domain.roles.entry(role.clone()).or_default().permissions.insert(permission.clone(), to);
            }
            NamedChange { list: Some(list), to: Some(To::Entries(entries)), .. } => {
                domain.lists.insert(list.clone(), entries.iter().cloned().collect());
            }
            NamedChange { create_role: Some(name), based_on, .. } => {
                domain.roles.entry(name.clone()).or_default().based_on.clone_from(based_on);
            }
            NamedChange { delete_role: Some(name), .. } => {
                domain.roles.remove(name);
                domain.holders.remove(name);
            }
            NamedChange { assign_role: Some(role), from, .. } => {
                if let Some(count) = from.as_ref().and_then(|from| domain.holders.get_mut(from)) {
                    *count = count.saturating_sub(1);
                }
                if let Some(count) = domain.holders.get_mut(role) {
                    *count += 1;
                }
            }
            NamedChange { opt_in: Some(feature), .. } => {
                domain.opt_ins.insert(feature.clone(), to);
            }
            _ => {}
        }
        domain
    }

    /// ADM-06: whether the subject could not take the change back afterwards.
    fn irreversible(&self, change: &NamedChange) -> bool {
        let domain = self.after(change);
        let after = Case { domain: &domain, ..self.clone() };
        let mut reverse = NamedChange::default();
        match change {
            NamedChange { create_role: Some(name), .. } => {
                reverse.delete_role = Some(name.clone());
                // Whoever holds the new role by then is not counted: the rule decides.
                return first(&after.authority_gates(&reverse)).is_some();
            }
            NamedChange { delete_role: Some(name), .. } => {
                reverse.create_role = Some(name.clone());
                reverse.based_on = self.base(name).map(str::to_owned);
            }
            NamedChange { assign_role: Some(role), from, .. } => {
                // Without a former role the reverse is to leave the role.
                let supreme = self.supreme(role) || from.as_ref().is_some_and(|from| self.supreme(from));
                let mut failures = match supreme {
                    true => after.appointment_gates(from.as_deref(), Some(role)),
                    false => after.row_gates(&rows_of(self.catalog, change), None),
                };
                failures.extend(after.last_holder_gate("", Some(role)));
                return first(&failures).is_some();
            }
            NamedChange { list: Some(list), .. } => {
                let before = self.domain.lists.get(list).cloned().unwrap_or_default();
                reverse.list = Some(list.clone());
                reverse.to = Some(To::Entries(before.into_iter().collect()));
            }
            _ => {
                reverse.clone_from(change);
                if let Some(To::Switch(switch)) = change.to {
                    reverse.to = Some(To::Switch(switch.reversed()));
                }
            }
        }
        first(&after.change_gates(&reverse)).is_some()
    }
}

/// Whether a change is to on.
fn on(change: &NamedChange) -> bool {
    matches!(change.to, Some(To::Switch(Switch::On)))
}

fn allow(reason: &str, obligations: Names) -> Answer {
    Answer { allow: true, reason: reason.to_owned(), obligations, ..Answer::default() }
}

/// The add-ons of a row: several of a change row, one of a row of `[changes]`.
fn add_ons_of(row: &Change) -> Names {
    row.add_ons.iter().chain(&row.add_on).cloned().collect()
}

/// CRD-03: a decimal of at most three places, in millionths.
fn micro_credits(price: &str) -> u64 {
    let (whole, places) = price.split_once('.').unwrap_or((price, ""));
    let whole: u64 = whole.parse().expect("digits");
    let millionths: u64 = format!("{places:0<6}").parse().expect("digits");
    whole * 1_000_000 + millionths
}

/// An id of the documented grammar.
fn is_id(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
}

/// PRM-23: labels of letters, digits and hyphens between dots.
fn is_email_domain(entry: &str) -> bool {
    entry.len() <= 253
        && entry.contains('.')
        && entry.split('.').all(|label| {
            let hyphen = label.starts_with('-') || label.ends_with('-');
            !label.is_empty() && !hyphen && label.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
        })
}

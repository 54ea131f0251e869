//! Permissions: gates 2 to 10, what hands a question on, and what suffices as well.

use std::collections::BTreeSet;

use tollkeeper::request::NamedChange;

use super::change::on;
use super::{About, Asked, Case, Denial, Failure, Steps, gate, gate_of, strs};
use crate::model::{Permission, Restricts};

/// How the subject came to hold a permission.
pub(super) struct Held<'a> {
    pub(super) reason: Failure,
    pub(super) about: About<'a>,
    pub(super) obligations: BTreeSet<&'a str>,
}

/// The furthest that any alternative got: the gate, how far it is from what was asked, and why it failed.
type Furthest<'a> = Option<(usize, usize, Denial<'a>)>;

impl<'a> Case<'a> {
    /// Whether the subject may use a permission, and why.
    pub(super) fn permission(&self, asked: &'a str, steps: &mut Steps<'a>) -> Result<Held<'a>, Denial<'a>> {
        // PRM-26: a fact hands the question to another permission. What using the permission asked for obliges to
        // is not shaken off on the way.
        let (mut decider, mut passed_by) = (asked, BTreeSet::new());
        while let Some((_, other)) =
            self.catalog.permissions[decider].instead.iter().find(|(fact, _)| self.fact(fact))
        {
            passed_by.extend(strs(&self.catalog.permissions[decider].obligations));
            decider = other;
        }
        let mut held = self.directly(decider, steps)?;
        if decider != asked {
            let by_itself = self.directly(asked, &mut Steps::default()).err().map(|(failure, _)| failure);
            held.about = by_other(asked, decider, by_itself, &held.about);
            held.reason = "decided-by-other-permission";
            held.obligations.extend(passed_by);
        }
        Ok(held)
    }

    /// The same, where no fact hands the question on.
    fn directly(&self, asked: &'a str, steps: &mut Steps<'a>) -> Result<Held<'a>, Denial<'a>> {
        let row = &self.catalog.permissions[asked];
        steps.turn_to(Some(asked), None);
        let since = steps.len();
        // PRM-24, PRM-25: a fact exempts from everything but plan, kind and compliance.
        let exempt = row.exempt.iter().any(|fact| self.fact(fact));
        self.static_gates(row, exempt, steps);
        let blocked = steps.first_failure(since);
        if exempt {
            let (about, obligations) = (vec![("permission", asked)], strs(&row.obligations).collect());
            return blocked.map_or(Ok(Held { reason: "exempt", about, obligations }), Err);
        }
        let by_role = self.by_roles(asked, steps);
        blocked.map_or(by_role, Err)
    }

    /// PRM-24: per role, the permission itself and then what suffices as well.
    fn by_roles(&self, asked: &'a str, steps: &mut Steps<'a>) -> Result<Held<'a>, Denial<'a>> {
        let roles = self.roles_in_order();
        if roles.is_empty() {
            let denial = ("not-granted-to-role", vec![("permission", asked)]);
            steps.fail(denial.clone());
            return Err(denial);
        }
        let mut nearest: Option<(usize, Held<'a>)> = None;
        let mut furthest: Furthest<'a> = None;
        for role in roles {
            let mut name = asked;
            let mut own = None;
            for distance in 0.. {
                let permission = &self.catalog.permissions[name];
                let denial = match self.alternative(name, role, distance > 0, steps) {
                    Ok(mut held) => {
                        if distance > 0 {
                            held.about = by_other(asked, name, own, &held.about);
                            held.reason = "decided-by-other-permission";
                        }
                        if nearest.as_ref().is_none_or(|(other, _)| distance < *other) {
                            nearest = Some((distance, held));
                        }
                        break;
                    }
                    Err(denial) => denial,
                };
                let (failure, at) = (denial.0, gate_of(denial.0));
                own = own.or(Some(failure));
                let further = |(gate, other, _): &(usize, usize, Denial<'_>)| {
                    at > *gate || at == *gate && distance < *other
                };
                if furthest.as_ref().is_none_or(further) {
                    furthest = Some((at, distance, denial));
                }
                let lacking = ["role", "role-setting", "facts"].map(gate).contains(&at);
                match permission.otherwise.as_deref().filter(|_| lacking && failure != "never-for-role") {
                    Some(next) => name = next,
                    None => break,
                }
            }
        }
        match (nearest, furthest) {
            (Some((_, held)), _) => Ok(held),
            (None, Some((_, _, denial))) => Err(denial),
            (None, None) => unreachable!("every role was asked"),
        }
    }

    /// One permission for one role: gates 6 to 10, and those before of a permission that suffices as well.
    fn alternative(
        &self,
        name: &'a str,
        role: &'a str,
        suffices: bool,
        steps: &mut Steps<'a>,
    ) -> Result<Held<'a>, Denial<'a>> {
        let row = &self.catalog.permissions[name];
        steps.turn_to(Some(name), Some(role));
        let since = steps.len();
        if suffices {
            self.static_gates(row, false, steps);
        }
        let held = self.role_gates(role, name);
        let about = vec![("role", role), ("permission", name)];
        match held {
            Err(failure) if gate_of(failure) == gate("role") => steps.fail((failure, about.clone())),
            Ok("inherent") => steps.ask("role", Ok(about.clone())),
            Ok(reason) | Err(reason) => {
                steps.ask("role", Ok(about.clone()));
                let level = if reason.ends_with("by-default") { "catalog_default" } else { "role" };
                let mut by = about.clone();
                by.push(("level", level));
                steps.ask("role-setting", held.map(|_| by.clone()).map_err(|failure| (failure, by)));
            }
        }
        let lacking = || strs(&row.needs).filter(|fact| !self.fact(fact));
        if !row.needs.is_empty() {
            steps.ask(
                "facts",
                match lacking().next() {
                    // Of what decided, four are told.
                    None => Ok(strs(&row.needs).take(4).map(|fact| ("fact", fact)).collect()),
                    Some(_) => {
                        let facts = lacking().map(|fact| ("facts", fact));
                        Err(("fact-false", [("permission", name)].into_iter().chain(facts).collect()))
                    }
                },
            );
        }
        for (restriction, row) in &self.catalog.permissions {
            if let Some(restricts) = row.restricts.as_ref().filter(|it| it.permission == name) {
                steps.ask_all("list", self.list_gate(role, restriction, row, restricts));
            }
        }
        match (steps.first_failure(since), held) {
            (None, Ok(reason)) => Ok(Held { reason, about, obligations: strs(&row.obligations).collect() }),
            (Some(denial), _) => Err(denial),
            (None, Err(_)) => unreachable!("a role that does not hold it was told so"),
        }
    }

    /// Gates 2 to 5 of a permission: plan, kind and ceiling. No regime bars a permission.
    fn static_gates(&self, row: &'a Permission, exempt: bool, steps: &mut Steps<'a>) {
        steps.ask_all_or_open("plan", self.plan_gate(&row.into()));
        steps.ask_all_or_open("kind", self.kind_gate(&row.kinds));
        steps.ask_all_or_open("compliance", vec![]);
        // PRM-29: no role reopens what the organization closed.
        if !exempt {
            steps.ask_all_or_open("setting", self.settings(row.setting.as_deref().into_iter()));
        }
    }

    /// The roles of the subject: those of the catalog by name, then custom ones by name.
    pub(super) fn roles_in_order(&self) -> Vec<&'a str> {
        let roles: BTreeSet<&str> = self.request.subject.roles.iter().map(String::as_str).collect();
        let (own, custom): (Vec<_>, Vec<_>) =
            roles.into_iter().partition(|role| self.catalog.roles.contains_key(*role));
        [own, custom].concat()
    }

    /// ROL-06: the role of the catalog that a role is or is based on; none for a role that is gone.
    pub(super) fn base<'r>(&'r self, role: &'r str) -> Option<&'r str> {
        if self.catalog.roles.contains_key(role) {
            return Some(role);
        }
        let base = self.domain.roles.get(role)?.based_on.as_deref()?;
        self.catalog.roles.contains_key(base).then_some(base)
    }

    pub(super) fn supreme(&self, role: &str) -> bool {
        self.catalog.roles.get(role).is_some_and(|role| role.supreme)
    }

    /// Gates 6 and 7: why a role holds a permission, or why not.
    pub(super) fn role_gates(&self, role: &str, name: &str) -> Result<Failure, Failure> {
        if let Some(change) = self.as_if.filter(|change| sets(change, role, name)) {
            return if on(change) { Ok("on-for-role") } else { Err("off-for-role") };
        }
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

    /// ROL-07: what the domain says of a role's permission, unless the rule for changing it is for other plans.
    pub(super) fn stated_for_role(&self, role: &str, permission: &str) -> Option<&str> {
        let stated = self.domain.roles.get(role)?.permissions.get(permission)?;
        let rule = self.catalog.changes.get("role_permission");
        rule.is_none_or(|rule| self.in_scope(&rule.into())).then_some(stated.as_str())
    }

    /// PRM-23, PRM-29: a restriction that is on, for the organization or for the role; nothing where it is off.
    fn list_gate(
        &self,
        role: &'a str,
        restriction: &'a str,
        row: &'a Permission,
        restricts: &'a Restricts,
    ) -> Option<Asked<'a>> {
        if !self.in_scope(&row.into()) {
            return None;
        }
        let list = ("list", restricts.to.as_str());
        let about = match row.setting.as_deref().filter(|setting| self.setting(setting).is_ok()) {
            Some(setting) => vec![list, ("setting", setting)],
            None if self.restricted_by_role(role, restriction) => {
                vec![list, ("role", role), ("permission", restriction)]
            }
            None => return None,
        };
        let entries = self.domain.lists.get(&restricts.to);
        let Some(entries) = entries.filter(|entries| !entries.is_empty()) else {
            return Some(Err(("list-empty", about)));
        };
        let stated = self.request.context.email_domain.as_deref().unwrap_or_default();
        let on_list = || entries.iter().any(|entry| entry.eq_ignore_ascii_case(stated));
        let is_on = self.on_lists.unwrap_or_else(on_list);
        Some(if is_on { Ok(about) } else { Err(("not-on-list", about)) })
    }

    pub(super) fn restricted_by_role(&self, role: &str, restriction: &str) -> bool {
        // PRM-30: a super admin has no role setting.
        let as_if = self.as_if.filter(|change| sets(change, role, restriction));
        (as_if.is_some() || !self.supreme(role)) && self.role_gates(role, restriction).is_ok()
    }
}

/// Whether a change is one of this permission of this role.
fn sets(change: &NamedChange, role: &str, permission: &str) -> bool {
    change.role.as_deref() == Some(role) && change.permission.as_deref() == Some(permission)
}

/// What an allow by another permission is about: for which role, and why not by the permission asked for.
fn by_other<'a>(asked: &'a str, decider: &'a str, despite: Option<Failure>, held: &About<'a>) -> About<'a> {
    let despite = despite.map(|failure| ("despite", failure));
    let role = held.iter().copied().find(|(word, _)| *word == "role");
    [("permission", asked), ("decided_by", decider)].into_iter().chain(despite).chain(role).collect()
}

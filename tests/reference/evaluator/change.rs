//! Changes of a domain: who may make one, what it would break, and whether it could be taken back.

use std::collections::BTreeSet;

use tollkeeper::request::{NamedChange, To};
use tollkeeper::word::Switch;

use super::authority::rows_of;
use super::scope::Scope;
use super::{Answer, Asked, Case, Denial, Steps, allow};
use crate::model::{Change, Domain, Names, RoleOfDomain};

impl<'a> Case<'a> {
    /// ADM: a change is a request like any other.
    pub(super) fn change(
        &self,
        change: &'a NamedChange,
        steps: &mut Steps<'a>,
    ) -> Result<Answer<'a>, Denial<'a>> {
        let since = steps.len();
        self.change_gates(change, steps);
        if let Some(denial) = steps.first_failure(since) {
            return Err(denial);
        }
        // ADM-06, ADM-08: derived, and never for a change to the present value.
        let warn = !self.is_present(change) && self.irreversible(change);
        let warning = warn.then_some("warn_irreversible").into_iter().collect();
        Ok(allow("authorized-change", self.may(change).unwrap_or_default(), warning))
    }

    /// The gates of a change. Inside of the gate of authority: what nobody could do, then who may, then what the
    /// holders of roles and the soundness of the domain do not let anybody do now.
    fn change_gates(&self, change: &'a NamedChange, steps: &mut Steps<'a>) {
        let rows = rows_of(self.catalog, change);
        self.scope_gates(change, &rows, steps);
        if let Some(name) = &change.setting {
            steps.ask("setting", self.setting_to_change(name));
        }
        if let (Some(role), Some(permission)) = (&change.role, &change.permission) {
            self.role_permission_gate(role, permission, on(change), steps);
        }
        if let (Some(name), Some(base)) = (&change.create_role, &change.based_on) {
            steps.ask("authority", self.may_be_created(name, base));
        }
        if let Some(role) = &change.delete_role {
            let about = vec![("role", role.as_str())];
            let standard = self.catalog.roles.contains_key(role);
            steps.ask("authority", if standard { Err(("role-immutable", about)) } else { Ok(about) });
        }
        if let Some(feature) = &change.opt_in {
            let about = vec![("feature", feature.as_str())];
            let beta = self.catalog.features[feature].beta;
            steps.ask("authority", if beta { Ok(about) } else { Err(("invalid-change", about)) });
        }
        if let Some(To::Entries(entries)) = &change.to {
            if !entries.iter().all(|entry| is_email_domain(entry)) {
                steps.fail(("invalid-change", vec![]));
            }
        }
        steps.ask(
            "authority",
            match self.has_row_in_scope(&rows) {
                true => self.may(change),
                false => Ok(vec![]),
            },
        );
        if let Some(role) = &change.delete_role {
            // ROL-08, ROL-11: nobody has it, and nobody will by default.
            let about = vec![("role", role.as_str())];
            let free = self.unheld(role) && !self.is_a_default(role);
            steps.ask("authority", if free { Ok(about) } else { Err(("role-in-use", about)) });
        }
        if let Some(role) = &change.assign_role {
            self.holder_gates(role, change.from.as_deref(), steps);
        }
        steps.ask_all("authority", self.soundness(change));
        if let Some(role) = &change.assign_role {
            steps.ask_all("authority", self.verification(role, change.from.as_deref()));
        }
    }

    /// Gates 2 and 3, of the rows and of what is changed.
    fn scope_gates(&self, change: &'a NamedChange, rows: &[&'a Change], steps: &mut Steps<'a>) {
        let own = match change {
            NamedChange { setting: Some(name), .. } => Some((&self.catalog.settings[name]).into()),
            NamedChange { opt_in: Some(name), .. } => Some((&self.catalog.features[name]).into()),
            NamedChange { role: Some(_), permission: Some(name), .. } => {
                Some((&self.catalog.permissions[name]).into())
            }
            _ => None,
        };
        let scopes: Vec<Scope<'a>> = self.scope_of(rows).into_iter().chain(own).collect();
        scopes.iter().for_each(|scope| steps.ask_all("plan", self.plan_gate(scope)));
        scopes.iter().for_each(|scope| steps.ask_all("kind", self.kind_gate(scope.kinds)));
        for role in
            change.assign_role.iter().chain(change.from.iter().filter(|_| change.assign_role.is_some()))
        {
            if self.supreme(role) && !self.counted(role) {
                let kind = ("kind", self.domain.domain.kind.as_str());
                steps.fail(("not-for-domain-kind", vec![("role", role.as_str()), kind]));
            }
        }
    }

    /// Gate 5 of a setting itself: it is there, and it is not stated from above.
    fn setting_to_change(&self, name: &'a str) -> Asked<'a> {
        let position = self.position(name);
        let about = position.about(name);
        match () {
            () if position.absent => Err(("setting-absent", about)),
            () if position.level == "locked" => Err(("setting-locked", about)),
            () => Ok(about),
        }
    }

    /// ROL-01, ROL-02, PRM-22: what of a role can be changed.
    fn role_permission_gate(&self, role: &'a str, name: &'a str, on: bool, steps: &mut Steps<'a>) {
        let about = vec![("role", role), ("permission", name)];
        let base = self.base(role).unwrap_or(role);
        let default = self.catalog.permissions[name].default.get(base).map(String::as_str);
        let row = &self.catalog.roles[base];
        if self.supreme(base) {
            steps.fail(("role-immutable", about));
        } else if row.never.contains(name) || default == Some("never") {
            // Off is what it is already.
            steps.ask("role", if on { Err(("never-for-role", about)) } else { Ok(about) });
        } else if row.inherent.contains(name) {
            steps.fail(("invalid-change", about));
        } else if default.is_none() {
            steps.fail(("not-granted-to-role", about));
        } else {
            steps.ask("role", Ok(about));
        }
    }

    /// ROL-06: what a custom role may be based on and called.
    fn may_be_created(&self, name: &str, base: &'a str) -> Asked<'a> {
        let about = vec![("role", base)];
        if !self.catalog.roles.get(base).is_some_and(|base| base.custom) {
            return Err(("role-immutable", about));
        }
        let taken = self.catalog.roles.contains_key(name) || self.domain.roles.contains_key(name);
        if taken || !is_id(name) { Err(("invalid-change", about)) } else { Ok(about) }
    }

    /// ROL-11: whether newcomers get the role.
    fn is_a_default(&self, role: &str) -> bool {
        let stated = &self.domain.role_defaults;
        let unstated = self.catalog.role_defaults.iter().filter(|(name, _)| !stated.contains_key(*name));
        stated.values().any(|it| it == role)
            || unstated.filter_map(|(_, row)| row.role.as_ref()).any(|it| it == role)
    }

    // Who may.

    /// Whether the subject may make a change, everything else aside.
    fn may(&self, change: &'a NamedChange) -> Asked<'a> {
        let permission = change.role.as_ref().and(change.permission.as_ref());
        if permission.is_some_and(|it| self.catalog.permissions[it].change.is_some()) {
            // ADM-03: nobody raises their own rights.
            return self.acts_supremely(None);
        }
        if let Some(role) = &change.assign_role {
            return self.may_assign(Some(role), change.from.as_deref());
        }
        let to = match &change.to {
            Some(To::Switch(switch)) => Some(switch.as_str()),
            _ => None,
        };
        self.rows(&rows_of(self.catalog, change), to)
    }

    /// ADM-02, ROL-10: supreme roles are appointed and removed by their own kind. The first one nobody could
    /// appoint: it takes the right to assign roles.
    fn may_assign(&self, role: Option<&str>, from: Option<&str>) -> Asked<'a> {
        let rows: Vec<&Change> = self.catalog.changes.get("assign_role").into_iter().collect();
        let Some(supreme) = [role, from].into_iter().flatten().find(|role| self.supreme(role)) else {
            return self.rows(&rows, None);
        };
        let verified = self.catalog.roles.get(supreme).is_some_and(|row| row.verified_by.is_some());
        let first = role == Some(supreme) && role != from && self.unheld(supreme) && verified;
        if first { self.rows(&rows, None) } else { self.acts_supremely(Some(supreme)) }
    }

    /// ADM-05: the last super admin stays.
    fn holder_gates(&self, role: &'a str, from: Option<&'a str>, steps: &mut Steps<'a>) {
        for supreme in [Some(role), from].into_iter().flatten().filter(|it| self.supreme(it)) {
            if from != Some(role) {
                let about = vec![("role", supreme)];
                let leaves = from == Some(supreme);
                steps.ask(
                    "authority",
                    match self.leaving(supreme).filter(|_| leaves) {
                        Some(failure) => Err((failure, about)),
                        None => Ok(about),
                    },
                );
            }
        }
    }

    /// Why nobody can leave a supreme role.
    fn leaving(&self, role: &str) -> Option<&'static str> {
        match self.domain.holders.get(role).filter(|_| self.counted(role)) {
            Some(0) => Some("invalid-change"),
            Some(1) => Some("last-holder"),
            None if !self.counted(role) => Some("invalid-change"),
            _ => None,
        }
    }

    /// ROL-10: the first holder is verified.
    fn verification(&self, role: &'a str, from: Option<&str>) -> Option<Asked<'a>> {
        let first = self.supreme(role) && from != Some(role) && self.unheld(role);
        let fact = self.catalog.roles.get(role)?.verified_by.as_deref().filter(|_| first)?;
        Some(match self.fact(fact) {
            true => Ok(vec![("role", role), ("fact", fact)]),
            false => Err(self.needs_verification(role)),
        })
    }

    // What it leads to.

    /// PRM-23: the restriction that would have nobody left whom it restricts.
    fn soundness(&self, change: &'a NamedChange) -> Option<Asked<'a>> {
        let after = self.after(change);
        // An explanation tells what else is in the way of a change that cannot be made.
        let after = Case { domain: &after, as_if: Some(change), ..self.clone() };
        let unsound = |name: &&String| self.is_sound(name) && !after.is_sound(name);
        let name = self.catalog.permissions.keys().find(unsound)?;
        Some(Err(("invalid-change", vec![("permission", name)])))
    }

    fn is_sound(&self, name: &str) -> bool {
        let row = &self.catalog.permissions[name];
        let Some(restricts) = &row.restricts else { return true };
        let known = || self.catalog.roles.keys().chain(self.domain.roles.keys());
        let gone = self.as_if.and_then(|change| change.delete_role.as_ref());
        let roles: BTreeSet<&String> = known().filter(|role| gone != Some(role)).collect();
        let holds = |role: &&&String| self.role_gates(role, &restricts.permission).is_ok();
        let meant = |role: &&&String| {
            let besides = self.base(role).is_some_and(|base| restricts.besides.contains(base));
            !self.supreme(role) && !besides
        };
        let somebody = roles.iter().filter(holds).any(|role| meant(&role));
        let for_roles: Vec<&&String> =
            roles.iter().filter(|role| self.restricted_by_role(role, name)).collect();
        let for_all = row.setting.as_ref().is_some_and(|setting| self.setting(setting).is_ok());
        let anywhere = for_all || !for_roles.is_empty();
        (!anywhere || somebody) && for_roles.iter().all(holds)
    }

    /// Whether the change is to what is so already.
    fn is_present(&self, change: &NamedChange) -> bool {
        let on = on(change);
        match change {
            NamedChange { setting: Some(name), .. } => self.position(name).on == on,
            NamedChange { role: Some(role), permission: Some(name), .. } => {
                self.role_gates(role, name).is_ok() == on
            }
            NamedChange { list: Some(list), to: Some(To::Entries(entries)), .. } => {
                let now = self.domain.lists.get(list).into_iter().flatten();
                let now: Names = now.map(|it| it.to_ascii_lowercase()).collect();
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
                // A name that is taken stays what it is.
                let new = || RoleOfDomain { based_on: based_on.clone(), ..RoleOfDomain::default() };
                domain.roles.entry(name.clone()).or_insert_with(new);
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
                // Whoever holds the new role by then is not counted: the rule decides.
                reverse.delete_role = Some(name.clone());
                return after.may(&reverse).is_err()
                    || !after.has_row_in_scope(&rows_of(self.catalog, &reverse));
            }
            NamedChange { assign_role: Some(role), from, .. } => {
                // Without a former role the reverse is to leave the role.
                let leaving = after.leaving(role).filter(|_| self.supreme(role));
                return after.may_assign(from.as_deref(), Some(role)).is_err() || leaving.is_some();
            }
            NamedChange { delete_role: Some(name), .. } => {
                reverse.create_role = Some(name.clone());
                reverse.based_on = self.base(name).map(str::to_owned);
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
        let mut steps = Steps::default();
        after.change_gates(&reverse, &mut steps);
        steps.first_failure(0).is_some() || !self.could_give_back(change, &after)
    }

    /// ADM-06: whether somebody who deletes a role could give a new one what this one has beyond its base.
    fn could_give_back(&self, change: &NamedChange, after: &Self) -> bool {
        let Some(role) = &change.delete_role else { return true };
        let base = self.base(role).unwrap_or_default();
        self.catalog.permissions.iter().all(|(name, row)| {
            let default = row.default.get(base).map(String::as_str);
            let Some(stated) = self.stated_for_role(role, name) else { return true };
            if !matches!(default, Some("on" | "off")) || default == Some(stated) {
                return true;
            }
            let mut given = NamedChange::default();
            (given.role, given.permission) = (Some(role.clone()), Some(name.clone()));
            given.to = Some(To::Switch(if stated == "on" { Switch::On } else { Switch::Off }));
            after.may(&given).is_ok()
        })
    }
}

/// Whether a change is to on.
pub(super) fn on(change: &NamedChange) -> bool {
    matches!(change.to, Some(To::Switch(Switch::On)))
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

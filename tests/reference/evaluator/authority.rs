//! Authority: who may make a change, or connect.

use std::collections::BTreeSet;

use tollkeeper::request::NamedChange;

use super::scope::Scope;
use super::{Asked, Case, Denial, Steps, gate_of, strs};
use crate::model::{Catalog, Change};

/// The rows that say who may make a change, whatever they ask for.
pub(super) fn rows_of<'a>(catalog: &'a Catalog, change: &NamedChange) -> Vec<&'a Change> {
    if let Some(setting) = &change.setting {
        return in_order(&catalog.settings[setting].change);
    }
    if let Some(list) = &change.list {
        return in_order(&catalog.lists[list].change);
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

/// The order of a file means nothing: rows stand in the order of what they say.
pub(super) fn in_order(rows: &[Change]) -> Vec<&Change> {
    let mut rows: Vec<&Change> = rows.iter().collect();
    rows.sort_by_cached_key(|row| {
        let Scope { plans, add_ons, kinds } = Scope::from(*row);
        let conditions = [strs(plans).collect::<Vec<_>>(), add_ons, strs(kinds).collect()];
        let conditions: Vec<(usize, Vec<&str>)> =
            conditions.into_iter().enumerate().filter(|(_, names)| !names.is_empty()).collect();
        (conditions, &row.roles, &row.standings, &row.permission, &row.to, &row.when_unheld)
    });
    rows
}

impl<'a> Case<'a> {
    /// The row whose plans and kinds are asked: one in scope, else the one that got furthest.
    pub(super) fn scope_of(&self, rows: &[&'a Change]) -> Option<Scope<'a>> {
        let misfit = |row: &&'a Change| {
            let scope = Scope::from(*row);
            let mut asked = self.plan_gate(&scope).into_iter().chain(self.kind_gate(scope.kinds));
            asked.find_map(Result::err).map(|(failure, _)| gate_of(failure))
        };
        let fitting = rows.iter().find(|row| misfit(row).is_none());
        let furthest = || rows.iter().rev().max_by_key(|row| misfit(row));
        fitting.or_else(furthest).map(|row| Scope::from(*row))
    }

    /// Out of scope there is nobody who may, which is all there is to say.
    pub(super) fn has_row_in_scope(&self, rows: &[&'a Change]) -> bool {
        rows.is_empty() || rows.iter().any(|row| self.in_scope(&Scope::from(*row)))
    }

    /// The rows are alternatives: by what one of them lets the subject do it, or why none does.
    pub(super) fn rows(&self, rows: &[&'a Change], to: Option<&str>) -> Asked<'a> {
        let fitting: Vec<&Change> = rows.iter().copied().filter(|row| self.fits(row, to)).collect();
        match fitting.iter().find_map(|row| self.grant(row)) {
            Some(about) => Ok(vec![about]),
            None => Err(self.refusal(&fitting)),
        }
    }

    /// Whether a row speaks of this change in this domain.
    pub(super) fn fits(&self, row: &'a Change, to: Option<&str>) -> bool {
        self.in_scope(&Scope::from(row))
            && (row.to.is_empty() || to.is_some_and(|to| row.to.contains(to)))
            && row.when_unheld.as_ref().is_none_or(|role| self.unheld(role))
    }

    /// AI-11, AI-12, ROL-08: nobody holds the role; a kind that does not count it has no holder, and a count
    /// that is not stated counts as held.
    pub(super) fn unheld(&self, role: &str) -> bool {
        !self.counted(role) || self.domain.holders.get(role) == Some(&0)
    }

    /// ROL-10: whether this kind of domain has holders of a role.
    pub(super) fn counted(&self, role: &str) -> bool {
        self.catalog.roles.get(role).is_none_or(|role| self.has_kind(&role.kinds))
    }

    /// Whether the subject has this role, or one based on it.
    fn acts_as(&self, role: &str) -> bool {
        self.request.subject.roles.iter().any(|own| own == role || self.base(own) == Some(role))
    }

    /// AI-09, ADM-01, ADM-02, ADM-04: by role, by standing or by permission.
    fn grant(&self, row: &'a Change) -> Option<(&'static str, &'a str)> {
        if let Some(role) = strs(&row.roles).find(|role| self.acts_as(role)) {
            return Some(("role", role));
        }
        // ROL-09: a standing exists in some kinds of domains only.
        let stands_as = |standing: &&str| {
            self.request.subject.standings.iter().any(|own| own == standing)
                && self.has_kind(&self.catalog.standings[*standing].kinds)
        };
        if let Some(standing) = strs(&row.standings).find(stands_as) {
            return Some(("standing", standing));
        }
        let permission = row.permission.as_deref()?;
        self.permission(permission, &mut Steps::default()).is_ok().then_some(("permission", permission))
    }

    /// Why none of the rows that fit was for the subject: the first of what would do.
    fn refusal(&self, fitting: &[&'a Change]) -> Denial<'a> {
        let mut named = fitting.iter().flat_map(|row| strs(&row.roles));
        if let Some(role) = named.clone().find(|role| !self.supreme(role) || !self.unheld(role)) {
            return ("needs-role", vec![("role", role)]);
        }
        if let Some(permission) = fitting.iter().find_map(|row| row.permission.as_deref()) {
            return ("not-authorized", vec![("permission", permission)]);
        }
        if let Some(standing) = fitting.iter().flat_map(|row| strs(&row.standings)).next() {
            return ("not-authorized", vec![("standing", standing)]);
        }
        named.next().map_or(("not-authorized", vec![]), |role| self.needs_verification(role))
    }

    /// AI-11, AI-12: nobody holds the role that could.
    pub(super) fn needs_verification(&self, role: &'a str) -> Denial<'a> {
        let fact = self.catalog.roles[role].verified_by.as_deref().map(|fact| ("fact", fact));
        ("needs-verification", [("role", role)].into_iter().chain(fact).collect())
    }

    /// Whether the subject has this supreme role, or any. One that nobody holds takes verification first.
    pub(super) fn acts_supremely(&self, role: Option<&str>) -> Asked<'a> {
        let all: BTreeSet<&'a str> = self.catalog.roles.keys().map(String::as_str).collect();
        let wanted =
            || all.iter().copied().filter(|one| self.supreme(one) && role.is_none_or(|role| role == *one));
        match wanted().find(|role| self.acts_as(role)) {
            Some(role) => Ok(vec![("role", role)]),
            None => Err(match wanted().find(|role| !self.unheld(role)) {
                Some(role) => ("needs-role", vec![("role", role)]),
                None => match wanted().next() {
                    Some(role) => self.needs_verification(role),
                    None => ("needs-verification", vec![]),
                },
            }),
        }
    }
}

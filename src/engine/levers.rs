//! Levers: the parts of a domain that an answer depends on and that a change can move.

use std::collections::BTreeSet;

use super::Engine;
use super::change;
use super::evaluate::Evaluation;
use crate::catalog::Model;
use crate::catalog::model::{ChangeRule, Condition};
use crate::domain::Change;
use crate::id::{FeatureId, ListId, PermissionId, RoleId, SettingId};
use crate::request::{Action, Request};

/// The parts of a domain that the answer to a request may depend on and that a [`Change`] can move.
///
/// Whatever is not named here can be changed without any effect on the answer. Contract terms such as plan and
/// regimes are no levers: there is no change for them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Levers {
    /// Org-wide settings, with all that they require.
    pub settings: Vec<SettingId>,
    /// Permissions that roles may be given or denied, restrictions included.
    pub permissions: Vec<PermissionId>,
    /// Lists.
    pub lists: Vec<ListId>,
    /// Beta features that the domain may opt in to.
    pub opt_ins: Vec<FeatureId>,
    /// Roles for which it matters how many hold them.
    pub holders: Vec<RoleId>,
}

pub(super) fn levers(engine: &Engine, request: &Request<'_>) -> Levers {
    let evaluation = Evaluation { engine, request, state: engine.state() };
    let model = evaluation.model();
    let mut found = Found::new(model);
    match request.action {
        Action::Permission(permission) => found.permission(permission.position()),
        Action::Run(run) => {
            let row = model.features.get(run.feature.position());
            found.feature(run.feature.position());
            if let Some(permission) = row.and_then(|row| row.permission) {
                found.permission(permission);
            }
        }
        Action::Process { feature, .. } => found.feature(feature.position()),
        Action::Change(change) => found.change(&evaluation, change),
        _ => {}
    }
    found.levers(engine)
}

/// Positions found so far.
struct Found<'e> {
    model: &'e Model,
    settings: BTreeSet<u16>,
    permissions: BTreeSet<u16>,
    lists: BTreeSet<u16>,
    opt_ins: BTreeSet<u16>,
    holders: BTreeSet<u16>,
}

impl<'e> Found<'e> {
    fn new(model: &'e Model) -> Self {
        let (settings, permissions, lists) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { model, settings, permissions, lists, opt_ins: BTreeSet::new(), holders: BTreeSet::new() }
    }

    fn levers(self, engine: &Engine) -> Levers {
        let tag = self.model.tag;
        Levers {
            settings: self.settings.into_iter().map(|one| SettingId::new(tag, one)).collect(),
            permissions: self.permissions.into_iter().map(|one| PermissionId::new(tag, one)).collect(),
            lists: self.lists.into_iter().map(|one| ListId::new(tag, one)).collect(),
            opt_ins: self.opt_ins.into_iter().map(|one| FeatureId::new(tag, one)).collect(),
            holders: self.holders.into_iter().map(|role| engine.role_id(role)).collect(),
        }
    }

    fn setting(&mut self, setting: u16) {
        self.settings.extend(self.model.settings.get(setting).into_iter().flat_map(|row| row.chain.iter()));
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            if let Condition::Settings(any) = condition {
                any.iter().for_each(|setting| self.setting(*setting));
            }
        }
    }

    /// A permission, those that answer in its place, and what restricts it. Each is entered once, so it ends.
    fn permission(&mut self, permission: u16) {
        let Some(row) = self.model.permissions.get(permission) else { return };
        if !self.permissions.insert(permission) {
            return;
        }
        self.conditions(&row.conditions);
        if let Some(restricts) = &row.restricts {
            self.lists.insert(restricts.list);
            row.setting.into_iter().for_each(|setting| self.setting(setting));
        }
        let others = row.otherwise.iter().chain(&row.restricted_by).copied();
        let others: Vec<u16> = others.chain(row.instead.iter().map(|(_, other)| *other)).collect();
        for other in others {
            self.permission(other);
        }
    }

    fn feature(&mut self, feature: u16) {
        let Some(row) = self.model.features.get(feature) else { return };
        self.conditions(&row.conditions);
        if row.beta {
            self.opt_ins.insert(feature);
        }
    }

    fn change(&mut self, evaluation: &Evaluation<'_>, change: Change<'_>) {
        let model = self.model;
        for rule in change::rules(model, change) {
            self.rule(rule);
        }
        match change {
            Change::Setting { setting, .. } => {
                self.restrictions(|row| row.setting == Some(setting.position()));
            }
            Change::RolePermission { permission, .. } => {
                let moved = permission.position();
                self.restrictions(|row| row.restricts.as_ref().is_some_and(|all| all.permission == moved));
                if model.permissions.get(moved).is_some_and(|row| row.restricts.is_some()) {
                    self.permission(moved);
                }
            }
            Change::DeleteRole { role } => {
                self.holders.insert(role.position());
                self.restrictions(|_| true);
            }
            Change::AssignRole { role, from } => {
                let moved = [Some(role), from].into_iter().flatten().map(RoleId::position);
                self.holders.extend(moved.filter(|role| evaluation.state.is_supreme(*role)));
            }
            Change::List { .. } | Change::CreateRole { .. } | Change::OptIn { .. } => {}
        }
    }

    fn rule(&mut self, rule: &ChangeRule) {
        rule.permission.into_iter().for_each(|permission| self.permission(permission));
        self.holders.extend(rule.when_unheld);
        // A role that nobody holds is named by another reason than one that somebody holds.
        self.holders.extend(rule.roles.iter().filter(|role| {
            let row = self.model.roles.get(**role);
            row.is_some_and(|row| row.supreme)
        }));
    }

    /// Restrictions that must restrict somebody after a change, with what they restrict.
    fn restrictions(&mut self, concerned: impl Fn(&crate::catalog::model::Permission) -> bool) {
        let model = self.model;
        let restrictions = model.permissions.iter().filter(|(_, _, row)| row.restricts.is_some());
        for (_, _, row) in restrictions.filter(|(_, _, row)| concerned(row)) {
            if let Some(restricts) = &row.restricts {
                self.permission(restricts.permission);
            }
        }
    }
}

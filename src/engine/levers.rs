//! Levers: the parts of a domain that an answer depends on and that can be moved.

use super::Engine;
use super::change;
use super::connector;
use super::evaluate::Evaluation;
use crate::ascending::Ascending;
use crate::catalog::Model;
use crate::catalog::model::{ChangeRule, Condition};
use crate::domain::Change;
use crate::id::{AddOnId, ConnectorId, FeatureId, ListId, PermissionId, PlanId, RoleId, SettingId};
use crate::request::{Action, Request};

/// The parts of a domain that the answer to a request may depend on and that can be moved: by a [`Change`], or, for
/// plans and add-ons, by the contract.
///
/// Whatever is not named here can be changed without any effect on the answer; what limits come to is not
/// considered. Regimes, locks and the like are no levers: there is no change for them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Levers {
    /// Org-wide settings, with all that they require.
    pub settings: Vec<SettingId>,
    /// Those of the settings that restrict, or that one which restricts requires: on is their stricter position.
    pub restricting: Vec<SettingId>,
    /// Permissions that roles may be given or denied, restrictions included.
    pub permissions: Vec<PermissionId>,
    /// Lists.
    pub lists: Vec<ListId>,
    /// Beta features that the domain may opt in to.
    pub opt_ins: Vec<FeatureId>,
    /// Roles for which it matters how many hold them.
    pub holders: Vec<RoleId>,
    /// Other plans that would count, or on which an add-on that would count is offered.
    pub plans: Vec<PlanId>,
    /// Add-ons that would count and that the present plan offers; those in force are left out.
    pub add_ons: Vec<AddOnId>,
}

pub(super) fn levers(engine: &Engine, request: &Request<'_>) -> Levers {
    found(Evaluation { engine, request }).levers(engine)
}

/// The settings among the levers of a request.
pub(super) fn settings(engine: &Engine, request: &Request<'_>) -> Vec<SettingId> {
    let evaluation = Evaluation { engine, request };
    ids(found(evaluation).settings, |one| SettingId::new(evaluation.model().tag, one))
}

fn found(evaluation: Evaluation<'_>) -> Found<'_> {
    let model = evaluation.model();
    let mut found = Found::new(model);
    match evaluation.request.action {
        Action::Permission(permission) => found.permission(permission.position()),
        Action::Run(run) => {
            let row = model.features.get(run.feature.position());
            found.feature(run.feature.position());
            if let Some(permission) = row.and_then(|row| row.permission) {
                found.permission(permission);
            }
        }
        Action::Process { feature, .. } => found.feature(feature.position()),
        Action::Change(change) => found.change(evaluation, change),
        Action::Connect { connector, .. } => {
            found.connector(connector);
            connector::rules(evaluation).iter().for_each(|rule| found.rule(rule));
        }
        Action::Disconnect { connector } => found.connector(connector),
        Action::Read(read) => found.connector(read.connector),
        Action::Store(_) | Action::Malformed => {}
    }
    found
}

/// The levers of a permission by itself: without the permissions that answer in its place.
pub(super) fn own_levers(engine: &Engine, permission: PermissionId) -> Levers {
    let mut found = Found::new(engine.catalog.model());
    found.alone = true;
    found.permission(permission.position());
    found.levers(engine)
}

fn ids<T>(positions: Ascending<u16>, id: impl Fn(u16) -> T) -> Vec<T> {
    positions.into_iter().map(id).collect()
}

/// Positions found so far.
struct Found<'e> {
    model: &'e Model,
    /// Whether what answers in the place of a permission is left out.
    alone: bool,
    restricting: Ascending<u16>,
    settings: Ascending<u16>,
    permissions: Ascending<u16>,
    lists: Ascending<u16>,
    opt_ins: Ascending<u16>,
    holders: Ascending<u16>,
    plans: Ascending<u16>,
    add_ons: Ascending<u16>,
}

impl<'e> Found<'e> {
    fn new(model: &'e Model) -> Self {
        let none = Ascending::default;
        let (settings, permissions, lists, opt_ins) = (none(), none(), none(), none());
        let (holders, plans, add_ons) = (none(), none(), none());
        let (alone, restricting) = (false, none());
        Self { model, alone, restricting, settings, permissions, lists, opt_ins, holders, plans, add_ons }
    }

    fn levers(mut self, engine: &Engine) -> Levers {
        let tag = self.model.tag;
        let (now, state) = (engine.resolved.plan, engine.state());
        self.add_ons.retain(|add_on| !state.has_add_on(*add_on));
        let row = |add_on: &u16| self.model.add_ons.get(*add_on);
        for row in self.add_ons.iter().filter_map(row) {
            self.plans.extend(row.included_in.iter().chain(row.offered_on.iter()));
        }
        self.plans.retain(|plan| *plan != now);
        self.add_ons.retain(|add_on| row(add_on).is_some_and(|row| row.offered_on.contains(now)));
        Levers {
            plans: ids(self.plans, |one| PlanId::new(tag, one)),
            add_ons: ids(self.add_ons, |one| AddOnId::new(tag, one)),
            restricting: ids(self.restricting, |one| SettingId::new(tag, one)),
            settings: ids(self.settings, |one| SettingId::new(tag, one)),
            permissions: ids(self.permissions, |one| PermissionId::new(tag, one)),
            lists: ids(self.lists, |one| ListId::new(tag, one)),
            opt_ins: ids(self.opt_ins, |one| FeatureId::new(tag, one)),
            holders: ids(self.holders, |role| engine.role_id(role)),
        }
    }

    fn setting(&mut self, setting: u16) {
        self.settings.extend(self.model.chain(setting).iter().copied());
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            match condition {
                Condition::Settings(any) => any.iter().for_each(|setting| self.setting(*setting)),
                Condition::Plans(plans) => self.plans.extend(plans.iter()),
                Condition::AddOns(add_ons) => self.add_ons.extend(add_ons.iter().copied()),
                Condition::Kinds(_)
                | Condition::Providers(_)
                | Condition::Service(_)
                | Condition::Data(_) => {}
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
            let chain = row.setting.into_iter().flat_map(|setting| self.model.chain(setting));
            self.restricting.extend(chain.copied());
        }
        let in_its_place = row.otherwise.iter().copied().chain(row.instead.iter().map(|(_, other)| *other));
        let in_its_place = in_its_place.filter(|_| !self.alone);
        let others: Vec<u16> = in_its_place.chain(row.restricted_by.iter().copied()).collect();
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

    fn connector(&mut self, connector: ConnectorId) {
        let Some(row) = self.model.connectors.get(connector.position()) else { return };
        self.conditions(&row.conditions);
        row.modes.iter().for_each(|(_, mode)| self.conditions(&mode.conditions));
    }

    fn change(&mut self, evaluation: Evaluation<'_>, change: Change<'_>) {
        let model = self.model;
        for rule in change::rules(model, change) {
            self.rule(rule);
        }
        // Plan and kind of what is changed count; whether it is switched off does not.
        let of_what = match change {
            Change::Setting { setting, .. } => {
                model.settings.get(setting.position()).map(|row| &row.conditions)
            }
            Change::RolePermission { permission, .. } => {
                model.permissions.get(permission.position()).map(|row| &row.conditions)
            }
            Change::OptIn { feature, .. } => {
                model.features.get(feature.position()).map(|row| &row.conditions)
            }
            _ => None,
        };
        let of_contract = |condition: &&Condition| !matches!(condition, Condition::Settings(_));
        for condition in of_what.into_iter().flat_map(|conditions| conditions.iter()).filter(of_contract) {
            self.conditions(std::slice::from_ref(condition));
        }
        match change {
            Change::Setting { setting, .. } => {
                let restricts = |by: u16| model.chain(by).contains(&setting.position());
                self.restrictions(|row| row.setting.is_some_and(restricts));
            }
            Change::RolePermission { permission, .. } => {
                let moved = permission.position();
                self.restrictions(|row| row.restricts.as_ref().is_some_and(|all| all.permission == moved));
                if let Some(restricts) = model.permissions.get(moved).and_then(|row| row.restricts.as_ref()) {
                    self.permission(moved);
                    self.permission(restricts.permission);
                }
            }
            Change::DeleteRole { role } => {
                self.holders.insert(role.position());
                self.restrictions(|_| true);
            }
            Change::AssignRole { role, from } => {
                let moved = [Some(role), from].into_iter().flatten().map(RoleId::position);
                self.holders.extend(moved.filter(|role| evaluation.state().is_supreme(*role)));
            }
            Change::List { .. } | Change::CreateRole { .. } | Change::OptIn { .. } => {}
        }
    }

    fn rule(&mut self, rule: &ChangeRule) {
        self.conditions(&rule.conditions);
        rule.permission.into_iter().for_each(|permission| self.permission(permission));
        self.holders.extend(rule.when_unheld);
        // A role that nobody holds is named by another reason than one that somebody holds.
        self.holders.extend(rule.roles.iter().copied().filter(|role| {
            let row = self.model.roles.get(*role);
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

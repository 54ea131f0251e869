//! Moving parts: the parts of a domain that can matter for what somebody may reach, and how each can be moved.

use super::question::{Actor, Question, everybody, give, names, turn};
use super::reach::Lever;
use crate::ascending::Ascending;
use crate::decision::Reason;
use crate::domain::Edit;
use crate::engine::{Engine, Holders, Levers, RolePermission};
use crate::id::{ListId, PermissionId, RoleId, SettingId};
use crate::request::{NamedAction, NamedChange, NamedRequest};
use crate::word::Switch;

/// What goals depend on, and in turn what the authority over every change of that depends on.
#[derive(Default)]
pub(super) struct Moving {
    settings: Ascending<SettingId>,
    /// Those of the settings that restrict: neither position is better for everything.
    restricting: Ascending<SettingId>,
    permissions: Ascending<PermissionId>,
    lists: Ascending<ListId>,
    holders: Ascending<RoleId>,
}

impl Moving {
    pub(super) fn of(engine: &Engine, role: &str, goals: &[Question]) -> Self {
        let mut moving = Self::default();
        for goal in goals {
            let Question::Permission(name) = goal else { continue };
            let permission = engine.catalog().find::<PermissionId>(name);
            permission.into_iter().for_each(|permission| moving.add(engine.own_levers(permission)));
        }
        // Who may make a change is the same for every role that is changed.
        let any_role =
            if role.is_empty() { engine.roles().next().map_or("", |(role, _)| role) } else { role };
        let subject = Actor::Role(role.to_owned()).subject();
        loop {
            let before = moving.size();
            for change in moving.kinds_of_change(engine, any_role) {
                let action = NamedAction { change: Some(change), ..NamedAction::default() };
                moving.add(engine.levers_named(&NamedRequest::new(subject.clone(), action)));
            }
            if moving.size() == before {
                break;
            }
        }
        moving.holders.retain(|role| can_be_emptied(engine, *role));
        moving
    }

    fn add(&mut self, levers: Levers) {
        self.settings.extend(levers.settings);
        self.restricting.extend(levers.restricting);
        self.permissions.extend(levers.permissions);
        self.lists.extend(levers.lists);
        self.holders.extend(levers.holders);
    }

    fn size(&self) -> usize {
        let sizes = [self.settings.len(), self.permissions.len(), self.lists.len(), self.holders.len()];
        sizes.into_iter().fold(self.restricting.len(), usize::saturating_add)
    }

    /// One change of each kind that could matter: who may make it can matter in turn.
    fn kinds_of_change(&self, engine: &Engine, role: &str) -> Vec<NamedChange> {
        let catalog = engine.catalog();
        let settings = self.settings.iter().filter_map(|one| catalog.name(*one));
        let permissions = self.permissions.iter().filter_map(|one| catalog.name(*one));
        let given = permissions.map(|name| give(role.to_owned(), name.to_owned(), Switch::On));
        let lists = self.lists.iter().filter_map(|one| catalog.name(*one));
        let listed = lists.filter_map(|name| Lever::List(name.to_owned()).turned(engine));
        let role = Some(role.to_owned());
        let created = NamedChange {
            create_role: Some("new".to_owned()),
            based_on: role.clone(),
            ..NamedChange::default()
        };
        let assigned = NamedChange { assign_role: role, ..NamedChange::default() };
        let mut changes = vec![created, assigned];
        settings
            .for_each(|name| changes.extend([Switch::Off, Switch::On].map(|to| turn(name.to_owned(), to))));
        changes.extend(given);
        changes.extend(listed);
        changes
    }

    /// Changes that only add: settings on, permissions on and restrictions off, entries on empty lists, and a fresh
    /// custom role on each base, unless it is there already.
    pub(super) fn adding(&self, engine: &Engine) -> Vec<NamedChange> {
        let catalog = engine.catalog();
        let off = |one: &&SettingId| {
            let now = engine.setting(**one);
            !self.restricting.contains(one) && now.is_some_and(|now| now.position == Switch::Off)
        };
        let settings = self.settings.iter().filter(off).filter_map(|one| catalog.name(*one));
        let mut changes: Vec<NamedChange> = settings.map(|name| turn(name.to_owned(), Switch::On)).collect();
        for permission in &self.permissions {
            let Some(name) = catalog.name(*permission) else { continue };
            let to = if catalog.restricts(*permission).is_some() { Switch::Off } else { Switch::On };
            let movable = |role: RoleId| match engine.role_permission(role, *permission) {
                RolePermission::Configurable { position, .. } => position != to,
                _ => false,
            };
            let roles = engine.roles().filter(|(_, role)| movable(*role));
            changes.extend(roles.map(|(role, _)| give(role.to_owned(), name.to_owned(), to)));
        }
        let empty = self.lists.iter().filter(|list| engine.list(**list).next().is_none());
        let empty = empty.filter_map(|list| catalog.name(*list));
        changes.extend(empty.filter_map(|name| Lever::List(name.to_owned()).turned(engine)));
        changes.extend(names::<RoleId>(engine).filter_map(|base| created(engine, base)));
        changes
    }

    /// Changes that add here and take away there: settings that restrict at their other position, and another
    /// holder of a counted role moved away.
    pub(super) fn branching(&self, engine: &Engine) -> Vec<NamedChange> {
        let catalog = engine.catalog();
        let turned = self.restricting.iter().filter_map(|setting| {
            let (name, now) = catalog.name(*setting).zip(engine.setting(*setting))?;
            Some(turn(name.to_owned(), now.position.reversed()))
        });
        let moved = self.holders.iter().filter_map(|role| moved_away(engine, *role));
        turned.chain(moved).collect()
    }
}

fn created(engine: &Engine, base: String) -> Option<NamedChange> {
    let name = format!("new_{base}");
    engine.role(&name).is_none().then(|| NamedChange {
        create_role: Some(name),
        based_on: Some(base),
        ..NamedChange::default()
    })
}

/// A holder of a role moved to another one that is not counted out.
fn moved_away(engine: &Engine, role: RoleId) -> Option<NamedChange> {
    if !matches!(engine.holders(role), Holders::Counted(count) if count > 0) {
        return None;
    }
    let (from, _) = engine.roles().find(|(_, other)| *other == role)?;
    // Best to one that is not counted, so that nothing else moves.
    let uncounted = |other: &RoleId| engine.holders(*other) == Holders::NotStated;
    let others = || engine.roles().filter(|(_, other)| *other != role);
    let (to, _) = others().find(|(_, other)| uncounted(other)).or_else(|| others().next())?;
    let mut change = NamedChange { assign_role: Some(to.to_owned()), ..NamedChange::default() };
    change.from = Some(from.to_owned());
    Some(change)
}

/// Whether the last holder of a role can be moved away at all; else how many hold it makes no difference.
fn can_be_emptied(engine: &Engine, role: RoleId) -> bool {
    if engine.roles().all(|(_, other)| other != role) {
        return false;
    }
    let Some(last) = engine.with(Edit::Holders(role, 1)) else { return true };
    let Some(change) = moved_away(&last, role) else { return false };
    let action = NamedAction { change: Some(change), ..NamedAction::default() };
    last.evaluate_named(&NamedRequest::new(everybody(&last), action)).reason() != Reason::LastHolder
}

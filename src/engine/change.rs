//! Changes: whether the subject may make one, and whether it could be taken back.

use super::authority;
use super::completion::{complete, ordinary};
use super::evaluate::Evaluation;
use super::gates::{Asked, Gates};
use super::observer::{Observer, Outcome};
use super::reads::Reads;
use crate::catalog::model::{Cell, ChangeRule};
use crate::catalog::{Model, is_id};
use crate::decision::{Because, Decision, Gate, Parameter, Reason, Verdict};
use crate::domain::{After, Change, State, is_email_domain};
use crate::id::{COUNT_MAX, PermissionId, RoleId, bit};
use crate::request::Request;
use crate::word::{Level, Switch};

/// Decides a change: every completion of the facts that it reads and the request does not state.
#[inline(never)]
pub(super) fn decide<O: Observer>(
    evaluation: Evaluation<'_>,
    change: Change<'_>,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let facts = &evaluation.request.context.facts;
    let unstated = Reads::of_change(evaluation, change) & !(facts.so | facts.not_so);
    match unstated {
        0 => known(evaluation, change, observer),
        _ => ordinary(evaluation, unstated, &complete(evaluation, unstated), observer),
    }
}

/// The decision where everything is stated. The obligation to warn is derived: the actor could not make the
/// reverse (ADM-06).
pub(super) fn known<O: Observer>(
    evaluation: Evaluation<'_>,
    change: Change<'_>,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let state = evaluation.state();
    let mut gates = Gates::new(observer);
    let in_scope = authority::is_in_scope(state, rules(state.model, change));
    // Out of scope there is nobody who may, which is all there is to say.
    let authority = if in_scope { may(evaluation, change) } else { Ok(Because::NOTHING) };
    let asked = ask(evaluation, change, in_scope, authority, &mut gates);
    gates.conclude(asked)?;
    let allow = state.decide(Reason::AuthorizedChange, authority.unwrap_or_default());
    let irreversible = !is_present(state, change) && !could_reverse(evaluation, change);
    let warn = state.model.own_obligations.warn_irreversible;
    Ok(if irreversible { allow.with_obligations(warn) } else { allow })
}

fn ask<O: Observer>(
    evaluation: Evaluation<'_>,
    change: Change<'_>,
    in_scope: bool,
    authority: Outcome,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = evaluation.state();
    ask_scope(evaluation, change, in_scope, gates)?;
    match change {
        Change::Setting { setting, .. } => ask_setting(evaluation, setting.position(), gates)?,
        Change::RolePermission { role, permission, to } => {
            ask_role_permission(evaluation, role.position(), permission.position(), to, gates)?;
        }
        Change::List { to, .. } if !to.iter().all(|entry| is_email_domain(entry)) => {
            gates.ask(Gate::Authority, Err(Verdict::new(Reason::InvalidChange, Because::NOTHING)))?;
        }
        Change::CreateRole { name, based_on } => {
            gates.ask(Gate::Authority, may_be_created(state, name, based_on.position()))?;
        }
        Change::DeleteRole { role } => gates.ask(Gate::Authority, is_custom(state, role.position()))?,
        Change::OptIn { feature, .. } => gates.ask(Gate::Authority, is_beta(state, feature.position()))?,
        Change::AssignRole { .. } | Change::List { .. } => {}
    }
    let open = authority.err().filter(|deny| deny.reason().gate() == Some(Gate::Facts));
    if open.is_none() {
        gates.ask(Gate::Authority, authority)?;
    }
    match change {
        Change::DeleteRole { role } => gates.ask(Gate::Authority, is_free(state, role.position()))?,
        Change::AssignRole { role, from } => {
            let from = from.map(RoleId::position);
            ask_assignment(evaluation, role.position(), from, gates)?;
        }
        _ => {}
    }
    if let Some(deny) = breaks(state, change) {
        gates.ask(Gate::Authority, Err(deny))?;
    }
    if let Some(deny) = open {
        gates.ask(Gate::Facts, Err(deny))?;
    }
    match change {
        Change::AssignRole { role, from } if from != Some(role) => {
            ask_verified(evaluation, role.position(), gates)
        }
        _ => Ok(()),
    }
}

/// The rules of a change: each one suffices.
pub(super) fn rules<'m>(model: &'m Model, change: Change<'_>) -> &'m [ChangeRule] {
    let changes = &model.changes;
    match change {
        Change::Setting { setting, .. } => {
            model.settings.get(setting.position()).map_or(&[][..], |row| &row.change)
        }
        Change::List { list, .. } => model.lists.get(list.position()).map_or(&[][..], |row| &row.change),
        Change::RolePermission { .. } => changes.role_permission.as_slice(),
        Change::CreateRole { .. } => changes.create_role.as_slice(),
        Change::DeleteRole { .. } => changes.delete_role.as_slice(),
        Change::AssignRole { .. } => changes.assign_role.as_slice(),
        Change::OptIn { .. } => changes.opt_in.as_slice(),
    }
}

/// Gates 2 and 3, of the rules and of what is changed.
fn ask_scope<O: Observer>(
    evaluation: Evaluation<'_>,
    change: Change<'_>,
    in_scope: bool,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = evaluation.state();
    let model = state.model;
    // Of a rule in scope every condition holds, which only who watches wants to see.
    let scope = match in_scope && !O::WATCHES {
        true => &[][..],
        false => authority::scope(state, rules(model, change)),
    };
    let own = match change {
        Change::Setting { setting, .. } => model.settings.get(setting.position()).map(|row| &row.conditions),
        Change::RolePermission { permission, .. } => {
            model.permissions.get(permission.position()).map(|row| &row.conditions)
        }
        Change::OptIn { feature, .. } => model.features.get(feature.position()).map(|row| &row.conditions),
        _ => None,
    };
    let own = own.map_or(&[][..], |own| own);
    for gate in [Gate::Plan, Gate::Kind] {
        for condition in scope.iter().chain(own).filter(|condition| condition.gate() == gate) {
            gates.ask_one(state, condition)?;
        }
    }
    let Change::AssignRole { role, from } = change else { return Ok(()) };
    for role in [Some(role), from].into_iter().flatten().map(RoleId::position) {
        if state.is_supreme(role) && !state.counts(role) {
            let because = Because::one(Parameter::Role, role).and(Parameter::Kind, state.domain.kind);
            gates.ask(Gate::Kind, Err(Verdict::new(Reason::NotForDomainKind, because)))?;
        }
    }
    Ok(())
}

fn ask_setting<O: Observer>(evaluation: Evaluation<'_>, setting: u16, gates: &mut Gates<'_, O>) -> Asked {
    let state = evaluation.state();
    let Some(now) = state.setting(setting) else { return Ok(()) };
    let because = Because::one(Parameter::Setting, setting)
        .and(Parameter::Level, now.level as u16)
        .and_maybe(Parameter::Regime, now.regime);
    gates.ask(
        Gate::Setting,
        if now.absent {
            Err(Verdict::new(Reason::SettingAbsent, because))
        } else if now.level == Level::Locked {
            Err(Verdict::new(Reason::SettingLocked, because))
        } else {
            Ok(because)
        },
    )
}

fn ask_role_permission<O: Observer>(
    evaluation: Evaluation<'_>,
    role: u16,
    permission: u16,
    to: Switch,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = evaluation.state();
    let model = state.model;
    let Some(row) = model.permissions.get(permission) else { return Ok(()) };
    let because = Because::one(Parameter::Role, role).and(Parameter::Permission, permission);
    let deny = |reason| Err(Verdict::new(reason, because));
    if state.is_supreme(role) {
        return gates.ask(Gate::Authority, deny(Reason::RoleImmutable));
    }
    let base = state.base_of(role);
    match row.cell(base) {
        Cell::Absent => gates.ask(Gate::Role, deny(Reason::NotGrantedToRole)),
        Cell::Never if to == Switch::On => gates.ask(Gate::Role, deny(Reason::NeverForRole)),
        Cell::Inherent => gates.ask(Gate::Authority, deny(Reason::InvalidChange)),
        _ => gates.ask(Gate::Role, Ok(because)),
    }
}

fn is_beta(state: State<'_>, feature: u16) -> Outcome {
    let because = Because::one(Parameter::Feature, feature);
    let beta = state.model.features.get(feature).is_some_and(|row| row.beta);
    if beta { Ok(because) } else { Err(Verdict::new(Reason::InvalidChange, because)) }
}

/// What happens to the holders of supreme roles when a person is assigned another role (ROL-10, ADM-02).
fn ask_assignment<O: Observer>(
    evaluation: Evaluation<'_>,
    role: u16,
    from: Option<u16>,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = evaluation.state();
    if from == Some(role) {
        return Ok(());
    }
    for supreme in [Some(role), from].into_iter().flatten().filter(|role| state.is_supreme(*role)) {
        let because = Because::one(Parameter::Role, supreme);
        let left = state.holders(supreme);
        let deny = |reason| Err(Verdict::new(reason, because));
        gates.ask(
            Gate::Authority,
            match left {
                Some(0) if from == Some(supreme) => deny(Reason::InvalidChange),
                Some(1) if from == Some(supreme) => deny(Reason::LastHolder),
                _ => Ok(because),
            },
        )?;
    }
    Ok(())
}

/// Whether the subject may make a change, everything else aside.
fn may(evaluation: Evaluation<'_>, change: Change<'_>) -> Outcome {
    let model = evaluation.model();
    let by_rule = |to| authority::ask(evaluation, rules(model, change), to);
    match change {
        Change::RolePermission { permission, .. }
            if model.permissions.get(permission.position()).is_some_and(|row| row.supreme_change) =>
        {
            acts_supremely(evaluation, None)
        }
        Change::AssignRole { role, from } => {
            may_assign(evaluation, Some(role.position()), from.map(RoleId::position))
        }
        Change::Setting { to, .. } | Change::RolePermission { to, .. } | Change::OptIn { to, .. } => {
            by_rule(Some(to))
        }
        Change::List { .. } | Change::CreateRole { .. } | Change::DeleteRole { .. } => by_rule(None),
    }
}

/// A supreme role is appointed and removed by its own kind only, but for the first holder, who is verified.
fn may_assign(evaluation: Evaluation<'_>, to: Option<u16>, from: Option<u16>) -> Outcome {
    let state = evaluation.state();
    let mut supreme = [to, from].into_iter().flatten().filter(|role| state.is_supreme(*role));
    let rules = state.model.changes.assign_role.as_slice();
    match supreme.next() {
        None => authority::ask(evaluation, rules, None),
        Some(role) if to == from => acts_supremely(evaluation, Some(role)),
        Some(first) if to == Some(first) && state.verified_by(first).is_some() => {
            authority::ask(evaluation, rules, None)
        }
        Some(role) => acts_supremely(evaluation, Some(role)),
    }
}

/// Whether the subject has a supreme role, or this one. A role that nobody holds takes verification, as wherever
/// else it is the one that could.
fn acts_supremely(evaluation: Evaluation<'_>, role: Option<u16>) -> Outcome {
    let state = evaluation.state();
    let wanted = || {
        let supreme = state.roles().filter(|one| state.is_supreme(*one));
        supreme.filter(|one| role.is_none_or(|role| role == *one))
    };
    match wanted().find(|role| evaluation.acts_as(*role)) {
        Some(role) => Ok(Because::one(Parameter::Role, role)),
        None => Err(match wanted().find(|role| state.holders(*role) != Some(0)) {
            Some(role) => Verdict::new(Reason::NeedsRole, Because::one(Parameter::Role, role)),
            None => authority::needs_verification(evaluation, wanted().next()),
        }),
    }
}

/// Whether the first holder of a role is verified.
fn ask_verified<O: Observer>(evaluation: Evaluation<'_>, role: u16, gates: &mut Gates<'_, O>) -> Asked {
    let Some(fact) = evaluation.state().verified_by(role) else { return Ok(()) };
    let because = Because::one(Parameter::Role, role);
    let verified = match evaluation.request.context.facts.so & bit(fact) {
        0 => Err(authority::needs_verification(evaluation, Some(role))),
        _ => Ok(because.and(Parameter::Fact, fact)),
    };
    gates.ask(Gate::Authority, verified)
}

fn may_be_created(state: State<'_>, name: &str, base: u16) -> Outcome {
    let because = Because::one(Parameter::Role, base);
    if !state.model.roles.get(base).is_some_and(|row| row.custom) {
        return Err(Verdict::new(Reason::RoleImmutable, because));
    }
    let full = state.role_count() >= COUNT_MAX;
    if full || !is_id(name) || state.role_named(name).is_some() {
        return Err(Verdict::new(Reason::InvalidChange, because));
    }
    Ok(because)
}

fn is_custom(state: State<'_>, role: u16) -> Outcome {
    let because = Because::one(Parameter::Role, role);
    match state.custom_role(role) {
        Some(_) => Ok(because),
        None => Err(Verdict::new(Reason::RoleImmutable, because)),
    }
}

/// Whether nobody holds a role, nor will by default. A role whose holders are not counted counts as held (ROL-08).
fn is_free(state: State<'_>, role: u16) -> Outcome {
    let because = Because::one(Parameter::Role, role);
    match state.holders(role) {
        Some(0) if !state.is_default_role(role) => Ok(because),
        _ => Err(Verdict::new(Reason::RoleInUse, because)),
    }
}

/// What would be different after a change.
fn after(change: Change<'_>) -> Option<After> {
    Some(match change {
        Change::Setting { setting, to } => After::Setting { setting: setting.position(), to },
        Change::RolePermission { role, permission, to } => {
            After::Cell { role: role.position(), permission: permission.position(), to }
        }
        Change::DeleteRole { role } => After::Without { role: role.position() },
        Change::AssignRole { role, from } => {
            After::Assigned { role: role.position(), from: from.map(RoleId::position) }
        }
        Change::List { .. } | Change::CreateRole { .. } | Change::OptIn { .. } => return None,
    })
}

/// The restriction that would no longer restrict anybody after the change (PRM-23).
fn breaks(state: State<'_>, change: Change<'_>) -> Option<Verdict> {
    let after = after(change);
    let then = State { after: after.as_ref(), ..state };
    let new_role = match change {
        Change::CreateRole { based_on, .. } => Some(based_on.position()),
        _ => None,
    };
    let mut concerned = state.model.restrictions.iter().filter(|one| concerns(state, change, **one));
    let dangling = concerned.find(|restriction| {
        then.dangling(**restriction).is_some()
            || new_role.is_some_and(|base| state.dangling_for_new(**restriction, base))
    })?;
    Some(Verdict::new(Reason::InvalidChange, Because::one(Parameter::Permission, *dangling)))
}

/// Whether a change moves something by which a restriction could be left with nobody to restrict, which it has
/// in every sound domain.
fn concerns(state: State<'_>, change: Change<'_>, restriction: u16) -> bool {
    let row = state.model.permissions.get(restriction);
    match change {
        Change::Setting { setting, to } => {
            let own = row.and_then(|row| state.model.settings.get(row.setting?));
            to == Switch::On && own.is_some_and(|own| own.chain.contains(&setting.position()))
        }
        Change::RolePermission { permission, .. } => {
            let restricted = row.and_then(|row| row.restricts.as_ref()).map(|restricts| restricts.permission);
            permission.position() == restriction || restricted == Some(permission.position())
        }
        Change::CreateRole { .. } | Change::DeleteRole { .. } => true,
        Change::List { .. } | Change::AssignRole { .. } | Change::OptIn { .. } => false,
    }
}

/// Whether a change would leave everything as it is (ADM-08).
pub(super) fn is_present(state: State<'_>, change: Change<'_>) -> bool {
    match change {
        Change::Setting { setting, to } => {
            state.setting(setting.position()).is_some_and(|now| now.position == to)
        }
        Change::RolePermission { role, permission, to } => {
            state.cell(role.position(), permission.position()).is_on() == (to == Switch::On)
        }
        Change::List { list, to } => {
            let now = state.list(list.position());
            let has = |entry: &str| now.iter().any(|one| one.eq_ignore_ascii_case(entry));
            to.iter().all(|entry| has(entry))
                && now.iter().all(|one| to.iter().any(|entry| one.eq_ignore_ascii_case(entry)))
        }
        Change::AssignRole { role, from } => from == Some(role),
        Change::OptIn { feature, to } => state.opted_in(feature.position()) == (to == Switch::On),
        Change::CreateRole { .. } | Change::DeleteRole { .. } => false,
    }
}

/// Whether the subject could configure a new role as this one is, which is gone then.
fn could_configure(evaluation: Evaluation<'_>, then: Evaluation<'_>, role: RoleId) -> bool {
    let state = evaluation.state();
    let base = state.base_of(role.position());
    (0..=u16::MAX).zip(state.model.permissions.rows()).all(|(permission, row)| {
        let on = state.cell_of(role.position(), permission, row).is_on();
        let to = if on { Switch::On } else { Switch::Off };
        let permission = PermissionId::new(state.model.tag, permission);
        on == row.cell(base).is_on() || may(then, Change::RolePermission { role, permission, to }).is_ok()
    })
}

/// Whether the subject could make the reverse of a change once it is made.
fn could_reverse(evaluation: Evaluation<'_>, change: Change<'_>) -> bool {
    let after = after(change);
    let request = Request { after: after.as_ref(), ..*evaluation.request };
    let then = Evaluation { request: &request, ..evaluation };
    let model = evaluation.model();
    match change {
        Change::Setting { setting, to } => may(then, Change::Setting { setting, to: to.reversed() }).is_ok(),
        Change::RolePermission { role, permission, to } => {
            may(then, Change::RolePermission { role, permission, to: to.reversed() }).is_ok()
        }
        Change::OptIn { feature, to } => may(then, Change::OptIn { feature, to: to.reversed() }).is_ok(),
        Change::List { .. } => may(then, change).is_ok(),
        Change::CreateRole { .. } => authority::ask(then, model.changes.delete_role.as_slice(), None).is_ok(),
        Change::DeleteRole { role } => {
            let created = authority::ask(then, model.changes.create_role.as_slice(), None);
            created.is_ok() && could_configure(evaluation, then, role)
        }
        Change::AssignRole { role, from } => {
            let (role, from) = (role.position(), from.map(RoleId::position));
            let state = then.state();
            let last = state.is_supreme(role) && state.holders(role) == Some(1);
            !last && may_assign(then, from, Some(role)).is_ok()
        }
    }
}

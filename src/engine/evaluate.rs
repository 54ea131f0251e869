//! Evaluating: what a request asks for, and gate 1.

#![expect(clippy::inline_always, reason = "gate 1 of what is asked most is one straight stretch of code")]

use super::Engine;
use super::change;
use super::connector;
use super::feature;
use super::observer::Observer;
use super::permission::{self, Held};
use crate::catalog::Model;
use crate::decision::{Because, Decision, Gate, Reason, Verdict};
use crate::domain::{After, Change, State};
use crate::id::{
    ConnectorId, DataId, FeatureId, LimitId, ListId, ModeId, ModelId, ObjectId, PermissionId, QuantityId,
    RoleId, SettingId, StandingId, Tag,
};
use crate::request::{Action, Request, Run};

/// One request on its way through one engine.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'e> {
    pub(super) engine: &'e Engine,
    pub(super) request: &'e Request<'e>,
}

#[inline(always)]
pub(super) fn evaluate<O: Observer>(engine: &Engine, request: &Request<'_>, observer: &mut O) -> Decision {
    let evaluation = Evaluation { engine, request };
    if O::WATCHES || !evaluation.is_plain() {
        return behind(evaluation, evaluation.known(), observer);
    }
    // Most requests are of these two forms; the gates are the same, fewer of them have something to ask.
    match &request.action {
        Action::Permission(permission) => match permission::decide_plain(evaluation, *permission) {
            Some(held) => return settle(evaluation.state(), held),
            None => return behind(evaluation, evaluation.known_permission(*permission), observer),
        },
        Action::Run(run) if evaluation.is_plain_run(run) => return feature::run(evaluation, run, observer),
        _ => {}
    }
    behind(evaluation, evaluation.known_action(), observer)
}

/// What the gates behind the first come to.
#[inline(never)]
fn behind<O: Observer>(evaluation: Evaluation<'_>, first: Result<(), Reason>, observer: &mut O) -> Decision {
    let state = evaluation.state();
    if let Err(reason) = first {
        let verdict = Verdict::new(reason, Because::NOTHING);
        observer.gate(Gate::Known, Err(verdict));
        return state.deny(verdict).with_fallback(evaluation.fallback());
    }
    observer.gate(Gate::Known, Ok(Because::NOTHING));
    match &evaluation.request.action {
        Action::Permission(permission) => {
            settle(state, permission::decide(evaluation, permission.position(), observer))
        }
        Action::Run(run) => feature::run(evaluation, run, observer),
        action => evaluation.decide(action, observer).unwrap_or_else(|verdict| state.deny(verdict)),
    }
}

/// The decision that a permission comes to.
#[inline(always)]
fn settle(state: State<'_>, held: Held) -> Decision {
    match held {
        Ok(allow) => state.decide(allow.reason, allow.because).with_obligations(allow.obligations),
        Err(verdict) => state.deny(verdict),
    }
}

impl Evaluation<'_> {
    /// The actions that are neither of a permission nor a run.
    fn decide<O: Observer>(self, action: &Action<'_>, observer: &mut O) -> Result<Decision, Verdict> {
        match action {
            Action::Process { data, feature, model } => {
                let model = model.map(ModelId::position);
                feature::process(self, data.position(), feature.position(), model, observer)
            }
            Action::Store(data) => feature::store(self, data.position(), observer),
            Action::Change(change) => change::decide(self, *change, observer),
            Action::Connect { .. } => connector::connect(self, observer),
            Action::Disconnect { connector } => connector::disconnect(self, connector.position(), observer),
            Action::Read(read) => connector::read(self, *read, observer),
            // Asked before, or turned away by gate 1.
            Action::Permission(_) | Action::Run(_) | Action::Malformed => {
                Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING))
            }
        }
    }

    /// The decision of an action whose open facts are completed, where none of them is open.
    pub(super) fn known_decision<O: Observer>(self, observer: &mut O) -> Result<Decision, Verdict> {
        match self.request.action {
            Action::Change(change) => change::known(self, change, observer),
            Action::Connect { connector, mode } => {
                connector::known(self, connector.position(), mode.position(), observer)
            }
            _ => Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING)),
        }
    }
}

/// What stands for an unknown name in each kind of id, and the reason it denies with.
trait Known: Copy + PartialEq {
    const STANDS_FOR_UNKNOWN: Self;
    const REASON: Reason;
    fn is_of(self, tag: Tag) -> bool;
}

macro_rules! known {
    ($($id:ident: $reason:ident,)*) => {$(
        impl Known for $id {
            const STANDS_FOR_UNKNOWN: Self = Self::UNKNOWN;
            const REASON: Reason = Reason::$reason;
            fn is_of(self, tag: Tag) -> bool {
                $id::is_of(self, tag)
            }
        }
    )*};
}

known! {
    RoleId: UnknownRole,
    StandingId: UnknownStanding,
    PermissionId: UnknownPermission,
    FeatureId: UnknownFeature,
    SettingId: UnknownSetting,
    ListId: UnknownList,
    DataId: UnknownData,
    LimitId: UnknownLimit,
    ModelId: UnknownModel,
    QuantityId: UnknownQuantity,
    ConnectorId: UnknownConnector,
    ModeId: UnknownMode,
    ObjectId: UnknownObject,
}

fn check<T: Known>(id: T, tag: Tag) -> Result<(), Reason> {
    if id.is_of(tag) { Ok(()) } else { Err(stranger(id)) }
}

/// Why an id is not known here.
#[cold]
fn stranger<T: Known>(id: T) -> Reason {
    if id == T::STANDS_FOR_UNKNOWN { T::REASON } else { Reason::ForeignId }
}

impl<'e> Evaluation<'e> {
    #[inline]
    pub(super) fn model(self) -> &'e Model {
        self.engine.catalog.model()
    }

    /// The domain, as it is or would be.
    #[inline]
    pub(super) fn state(self) -> State<'e> {
        State { after: self.request.after, ..self.engine.state() }
    }

    /// The position of a role of the catalog or of this domain.
    pub(super) fn role(self, id: RoleId) -> Result<u16, Reason> {
        let known = id.is_of(self.model().tag) || self.state().custom_role(id.position()) == Some(id);
        if known { Ok(id.position()) } else { Err(stranger(id)) }
    }

    /// The roles of the subject; unknown ones were turned away by gate 1. Who had a role that is gone has it no more.
    pub(super) fn roles(self) -> impl Iterator<Item = u16> + 'e {
        let roles = self.request.subject.all_roles().iter().map(|role| role.position());
        roles.filter(move |own| !matches!(self.request.after, Some(After::Without { role }) if role == own))
    }

    /// What a run of a known feature falls back to, however it is denied (AI-08).
    fn fallback(self) -> Option<u16> {
        let Action::Run(run) = self.request.action else { return None };
        let known = run.feature.is_of(self.model().tag);
        known.then(|| self.model().features.get(run.feature.position())?.fallback).flatten()
    }

    /// Whether subject and circumstances are no more than they most often are, all of it of this catalog: then
    /// gate 1 has nothing to say of them.
    #[inline(always)]
    fn is_plain(self) -> bool {
        let tag = self.model().tag;
        let Request { subject, context, after, .. } = self.request;
        let balances = match context.balances {
            [] => true,
            [(limit, _)] => limit.is_of(tag),
            _ => false,
        };
        // What the times of a read say can contradict its facts.
        after.is_none()
            && context.touched_at.is_none()
            && balances
            && context.facts.fit(tag)
            && subject.standings().is_empty()
            && subject.only_role().is_some_and(|role| self.role(role).is_ok())
    }

    /// The same of a run.
    #[inline(always)]
    fn is_plain_run(self, run: &Run<'_>) -> bool {
        run.feature.is_of(self.model().tag) && run.model.is_none() && run.tokens.is_empty()
    }

    /// Gate 1: every id is of this catalog or domain, and nothing contradicts itself.
    #[inline(never)]
    fn known(self) -> Result<(), Reason> {
        let tag = self.model().tag;
        let Request { subject, context, .. } = self.request;
        all(subject.all_roles(), |role| self.role(*role).map(|_| ()))?;
        all(subject.standings(), |standing| check(*standing, tag))?;
        self.known_action()?;
        self.known_facts(tag)?;
        all(context.balances, |(limit, _)| check(*limit, tag))?;
        once_each(context.balances)
    }

    #[inline(never)]
    fn known_action(self) -> Result<(), Reason> {
        let tag = self.model().tag;
        match &self.request.action {
            Action::Permission(permission) => self.known_permission(*permission),
            Action::Run(run) => known_run(run, tag),
            Action::Process { data, feature, model } => {
                check(*data, tag).and(check(*feature, tag))?;
                model.map_or(Ok(()), |model| check(model, tag))
            }
            Action::Store(data) => check(*data, tag),
            Action::Change(change) => self.known_change(change, tag),
            Action::Connect { connector, mode } => self.known_mode(*connector, Some(*mode), tag),
            Action::Disconnect { connector } => check(*connector, tag),
            Action::Read(read) => {
                check(read.object, tag)?;
                self.known_mode(read.connector, read.mode, tag)
            }
            Action::Malformed => Err(Reason::MalformedRequest),
        }
    }

    #[inline]
    fn known_permission(self, permission: PermissionId) -> Result<(), Reason> {
        check(permission, self.model().tag)?;
        let row = self.model().permissions.get(permission.position());
        // A restriction is no action of its own.
        let restricts = row.is_some_and(|row| row.restricts.is_some());
        if restricts { Err(Reason::MalformedRequest) } else { Ok(()) }
    }

    fn known_facts(self, tag: Tag) -> Result<(), Reason> {
        let facts = &self.request.context.facts;
        if facts.unknown {
            return Err(Reason::UnknownFact);
        }
        if !facts.are_of(tag) {
            return Err(Reason::ForeignId);
        }
        let facts = connector::facts(self);
        let contradicts_itself = facts.so & facts.not_so != 0;
        if contradicts_itself { Err(Reason::MalformedRequest) } else { Ok(()) }
    }

    /// A mode is known where the connector has it.
    fn known_mode(self, id: ConnectorId, mode: Option<ModeId>, tag: Tag) -> Result<(), Reason> {
        check(id, tag)?;
        let Some(mode) = mode else { return Ok(()) };
        check(mode, tag)?;
        let row = self.model().connectors.get(id.position());
        let has = row.is_some_and(|row| row.modes.iter().any(|(own, _)| *own == mode.position()));
        if has { Ok(()) } else { Err(Reason::UnknownMode) }
    }

    fn known_change(self, change: &Change<'_>, tag: Tag) -> Result<(), Reason> {
        let role = |id: RoleId| self.role(id).map(|_| ());
        match *change {
            Change::Setting { setting, .. } => check(setting, tag),
            Change::RolePermission { role: of, permission, .. } => role(of).and(check(permission, tag)),
            Change::List { list, .. } => check(list, tag),
            Change::CreateRole { based_on, .. } => role(based_on),
            Change::DeleteRole { role: gone } => role(gone),
            Change::AssignRole { role: to, from } => role(to).and(from.map_or(Ok(()), role)),
            Change::OptIn { feature, .. } => check(feature, tag),
        }
    }
}

/// The reason of highest precedence among those of several ids: in whatever order they are stated, it is the same.
fn all<T>(ids: &[T], check: impl Fn(&T) -> Result<(), Reason>) -> Result<(), Reason> {
    match ids.iter().all(|id| check(id).is_ok()) {
        true => Ok(()),
        false => foremost(ids, check),
    }
}

#[cold]
fn foremost<T>(ids: &[T], check: impl Fn(&T) -> Result<(), Reason>) -> Result<(), Reason> {
    ids.iter().filter_map(|id| check(id).err()).min().map_or(Ok(()), Err)
}

/// Whether no id is stated twice.
fn once_each<T: PartialEq, A>(amounts: &[(T, A)]) -> Result<(), Reason> {
    let earlier = |position: usize| amounts.iter().take(position);
    let twice = |(position, (id, _)): (usize, &(T, A))| earlier(position).any(|(other, _)| other == id);
    let repeated = amounts.len() > 1 && amounts.iter().enumerate().any(twice);
    if repeated { Err(Reason::MalformedRequest) } else { Ok(()) }
}

fn known_run(run: &Run<'_>, tag: Tag) -> Result<(), Reason> {
    check(run.feature, tag)?;
    run.model.map_or(Ok(()), |model| check(model, tag))?;
    all(run.tokens, |(quantity, _)| check(*quantity, tag))?;
    once_each(run.tokens)
}

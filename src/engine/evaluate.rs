//! Evaluating: what a request asks for, and gate 1.

use super::Engine;
use super::change;
use super::connector;
use super::feature;
use super::observer::Observer;
use super::permission;
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
    pub(super) state: State<'e>,
}

pub(super) fn evaluate<O: Observer>(engine: &Engine, request: &Request<'_>, observer: &mut O) -> Decision {
    let evaluation = Evaluation { engine, request, state: engine.state() };
    match evaluation.decide(observer) {
        Ok(allow) => allow,
        Err(verdict) => evaluation.state.deny(verdict).with_fallback(evaluation.fallback()),
    }
}

impl Evaluation<'_> {
    fn decide<O: Observer>(&self, observer: &mut O) -> Result<Decision, Verdict> {
        let known = self.known().map_err(|reason| Verdict::new(reason, Because::NOTHING));
        observer.gate(Gate::Known, known.map(|()| Because::NOTHING));
        known?;
        match self.request.action {
            Action::Permission(permission) => {
                let allow = permission::decide(self, permission.position(), observer)?;
                Ok(self.state.decide(allow.reason, allow.because).with_obligations(allow.obligations))
            }
            Action::Run(run) => feature::run(self, run, observer),
            Action::Process { data, feature, model } => {
                let model = model.map(ModelId::position);
                feature::process(self, data.position(), feature.position(), model, observer)
            }
            Action::Store(data) => feature::store(self, data.position(), observer),
            Action::Change(change) => change::decide(self, change, observer),
            Action::Connect { connector, mode } => {
                connector::connect(self, connector.position(), mode.position(), observer)
            }
            Action::Disconnect { connector } => connector::disconnect(self, connector.position(), observer),
            Action::Read(read) => connector::read(self, read, observer),
            // Turned away by gate 1.
            Action::Malformed => Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING)),
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
    if id.is_of(tag) {
        return Ok(());
    }
    Err(if id == T::STANDS_FOR_UNKNOWN { T::REASON } else { Reason::ForeignId })
}

impl<'e> Evaluation<'e> {
    pub(super) const fn model(&self) -> &'e Model {
        self.state.model
    }

    /// The position of a role of the catalog or of this domain.
    pub(super) fn role(&self, id: RoleId) -> Result<u16, Reason> {
        let model = self.model();
        let of_catalog = check(id, model.tag);
        if of_catalog.is_err() && self.state.custom_role(id.position()) == Some(id) {
            return Ok(id.position());
        }
        of_catalog.map(|()| id.position())
    }

    /// The roles of the subject; unknown ones were turned away by gate 1. Who had a role that is gone has it no more.
    pub(super) fn roles(&self) -> impl Iterator<Item = u16> + '_ {
        let roles = self.request.subject.all_roles().iter().map(|role| role.position());
        roles.filter(|own| !matches!(self.state.after, After::Without { role } if role == *own))
    }

    /// What a run of a known feature falls back to, however it is denied (AI-08).
    fn fallback(&self) -> Option<u16> {
        let Action::Run(run) = self.request.action else { return None };
        let known = run.feature.is_of(self.model().tag);
        known.then(|| self.model().features.get(run.feature.position())?.fallback).flatten()
    }

    /// Gate 1: every id is of this catalog or domain, and nothing contradicts itself.
    fn known(&self) -> Result<(), Reason> {
        let tag = self.model().tag;
        let Request { subject, action, context } = self.request;
        all(subject.all_roles().iter().map(|role| self.role(*role).map(|_| ())))?;
        all(subject.standings().iter().map(|standing| check(*standing, tag)))?;
        match action {
            Action::Permission(permission) => {
                check(*permission, tag)?;
                let row = self.model().permissions.get(permission.position());
                // A restriction is no action of its own.
                if row.is_some_and(|row| row.restricts.is_some()) {
                    return Err(Reason::MalformedRequest);
                }
            }
            Action::Run(run) => known_run(run, tag)?,
            Action::Process { data, feature, model } => {
                check(*data, tag).and(check(*feature, tag))?;
                model.map_or(Ok(()), |model| check(model, tag))?;
            }
            Action::Store(data) => check(*data, tag)?,
            Action::Change(change) => self.known_change(change, tag)?,
            Action::Connect { connector, mode } => self.known_mode(*connector, Some(*mode), tag)?,
            Action::Disconnect { connector } => check(*connector, tag)?,
            Action::Read(read) => {
                check(read.object, tag)?;
                self.known_mode(read.connector, read.mode, tag)?;
            }
            Action::Malformed => return Err(Reason::MalformedRequest),
        }
        self.known_facts(tag)?;
        all(context.balances.iter().map(|(limit, _)| check(*limit, tag)))?;
        for (position, (limit, _)) in context.balances.iter().enumerate() {
            if context.balances.iter().take(position).any(|(other, _)| other == limit) {
                return Err(Reason::MalformedRequest);
            }
        }
        Ok(())
    }

    fn known_facts(&self, tag: Tag) -> Result<(), Reason> {
        let facts = &self.request.context.facts;
        if facts.unknown {
            return Err(Reason::UnknownFact);
        }
        if facts.foreign || !facts.so.fits(tag) || !facts.not_so.fits(tag) {
            return Err(Reason::ForeignId);
        }
        let facts = connector::facts(self);
        let contradicts_itself = facts.so & facts.not_so != 0;
        if contradicts_itself { Err(Reason::MalformedRequest) } else { Ok(()) }
    }

    /// A mode is known where the connector has it.
    fn known_mode(&self, id: ConnectorId, mode: Option<ModeId>, tag: Tag) -> Result<(), Reason> {
        check(id, tag)?;
        let Some(mode) = mode else { return Ok(()) };
        check(mode, tag)?;
        let row = self.model().connectors.get(id.position());
        let has = row.is_some_and(|row| row.modes.iter().any(|(own, _)| *own == mode.position()));
        if has { Ok(()) } else { Err(Reason::UnknownMode) }
    }

    fn known_change(&self, change: &Change<'_>, tag: Tag) -> Result<(), Reason> {
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
fn all(checked: impl Iterator<Item = Result<(), Reason>>) -> Result<(), Reason> {
    checked.filter_map(Result::err).min().map_or(Ok(()), Err)
}

fn known_run(run: &Run<'_>, tag: Tag) -> Result<(), Reason> {
    check(run.feature, tag)?;
    run.model.map_or(Ok(()), |model| check(model, tag))?;
    all(run.tokens.iter().map(|(quantity, _)| check(*quantity, tag)))?;
    for (position, (quantity, _)) in run.tokens.iter().enumerate() {
        if run.tokens.iter().take(position).any(|(other, _)| other == quantity) {
            return Err(Reason::MalformedRequest);
        }
    }
    Ok(())
}

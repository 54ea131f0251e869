//! Applying a change: the domain after it, and a record of who changed what.

use super::Engine;
use super::change::is_present;
use super::record::Names;
use crate::decision::{Because, Decision, Denied, Reason};
use crate::domain::{Change, Domain, lower_case};
use crate::id::RoleId;
use crate::request::{Action, NamedChange, NamedRequest, NamedSubject, Request, Resource, To};
use crate::units::Timestamp;
use crate::word::Switch;
use serde::{Deserialize, Serialize};

/// An allowed change, made: the new domain, and what happened.
///
/// The domain it was made from and that domain's engine stay as they are; compile the new one and swap.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Applied {
    /// The domain after the change; equal to the one before if the change was to the present value (ADM-08).
    pub domain: Domain,
    /// Who changed what.
    pub record: ChangeRecord,
}

/// Who changed what, when, and what that obliged to: the line of an audit log, in names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChangeRecord {
    /// Who made it; with an id if the request was one in names and stated it.
    #[serde(rename = "subject")]
    pub who: NamedSubject,
    /// What was changed, and to what: the same form as in a request.
    pub change: NamedChange,
    /// The value before: a position, or the entries of a list. Nothing for roles that are made, deleted or
    /// assigned; there `change` says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<To>,
    /// What the request concerned, carried over, such as the person whose role was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// When: the instant of the request's context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What went with the allow, such as the warning that the actor cannot undo the change (ADM-06).
    #[serde(default)]
    pub obligations: Vec<String>,
    /// The domain.
    pub domain: String,
    /// The content hash of catalog and domain before the change, in hexadecimal: the version that allowed it.
    pub version: String,
}

impl Engine {
    /// Makes a change, if it is allowed: the same decision as [`evaluate`](Self::evaluate), then a new domain.
    ///
    /// Applying the same changes in the same order always gives the same bytes. What is set stays stated, also at
    /// its default: somebody decided it, and a later default does not overrule them. A new role starts with no
    /// holder stated, a deleted one takes its counts and permissions with it, and assigning a role moves one
    /// holder between the roles whose holders are counted.
    ///
    /// # Errors
    /// The deny, and nothing changes: its reason and what that is about say why and who could. What is no change
    /// denies with `malformed-request`.
    ///
    /// # Example: a switch that its actor cannot turn back
    ///
    /// ```
    /// use tollkeeper::{bind, catalog::Catalog, decision::Reason, domain::{Change, Domain}, engine::Engine};
    /// use tollkeeper::{id::{RoleId, SettingId}, request::{Request, Subject}, word::Switch};
    ///
    /// bind! { struct Names { admin: RoleId = "admin", ml: SettingId = "ml" } }
    /// let catalog = Catalog::builtin();
    /// let names = Names::bind(&catalog)?;
    /// let domain = Domain::parse("
    ///     [domain]
    ///     id = 'acme'
    ///     kind = 'organization'
    ///     plan = 'starter'
    ///     [holders]
    ///     super_admin = 0
    /// ")?;
    /// let engine = Engine::compile(&catalog, &domain)?;
    /// let turn = |to| Request::new(Subject::role(names.admin), Change::Setting { setting: names.ml, to });
    ///
    /// let applied = engine.apply(&turn(Switch::Off))?;
    /// assert_eq!(applied.record.obligations, ["warn_irreversible"]);
    ///
    /// let after = Engine::compile(&catalog, &applied.domain)?;
    /// let denied = after.apply(&turn(Switch::On)).unwrap_err();
    /// assert_eq!(denied.0.reason(), Reason::NeedsVerification);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply(&self, request: &Request<'_>) -> Result<Applied, Denied> {
        let Action::Change(change) = request.action else {
            return Err(Denied(self.state().decide(Reason::MalformedRequest, Because::NOTHING)));
        };
        let decision = self.evaluate(request).into_result()?;
        Ok(Applied { domain: self.changed(change), record: self.change_record(request, change, &decision) })
    }

    /// The same for a request in names; the record carries the subject's id and the resource.
    ///
    /// # Errors
    /// As for [`apply`](Self::apply).
    pub fn apply_named(&self, named: &NamedRequest) -> Result<Applied, Denied> {
        let mut applied = self.with_named(named, |request, _| self.apply(request))?;
        applied.record.who.id.clone_from(&named.subject.id);
        applied.record.resource.clone_from(&named.resource);
        Ok(applied)
    }

    /// The domain after an allowed change.
    fn changed(&self, change: Change<'_>) -> Domain {
        if is_present(self.state(), change) {
            return self.domain();
        }
        let changed = self.resolved.domain_with(self.catalog.model(), change);
        changed.unwrap_or_else(|| self.domain())
    }

    fn change_record(&self, request: &Request<'_>, change: Change<'_>, decision: &Decision) -> ChangeRecord {
        let model = self.catalog.model();
        let Request { subject, context, .. } = request;
        let standings = subject.standings().iter();
        ChangeRecord {
            who: NamedSubject {
                id: None,
                roles: subject.all_roles().iter().map(|role| self.role_name(*role).to_owned()).collect(),
                standings: standings.map(|one| model.standings.name(one.position()).to_owned()).collect(),
            },
            change: self.named_change(change),
            from: self.value_before(change),
            resource: None,
            at: context.at,
            obligations: self.record(decision).obligations,
            domain: self.domain_id().to_owned(),
            version: format!("{:016x}", self.version()),
        }
    }

    /// A change in the form of a request.
    pub(super) fn named_change(&self, change: Change<'_>) -> NamedChange {
        let model = self.catalog.model();
        let role = |role: RoleId| Some(self.role_name(role).to_owned());
        let mut named = NamedChange::default();
        match change {
            Change::Setting { setting, to } => {
                named.setting = Some(model.settings.name(setting.position()).to_owned());
                named.to = Some(To::Switch(to));
            }
            Change::RolePermission { role: of, permission, to } => {
                named.role = role(of);
                named.permission = Some(model.permissions.name(permission.position()).to_owned());
                named.to = Some(To::Switch(to));
            }
            Change::List { list, to } => {
                named.list = Some(model.lists.name(list.position()).to_owned());
                named.to = Some(To::Entries(lower_case(to)));
            }
            Change::CreateRole { name, based_on } => {
                named.create_role = Some(name.to_owned());
                named.based_on = role(based_on);
            }
            Change::DeleteRole { role: gone } => named.delete_role = role(gone),
            Change::AssignRole { role: to, from } => {
                named.assign_role = role(to);
                named.from = from.and_then(role);
            }
            Change::OptIn { feature, to } => {
                named.opt_in = Some(model.features.name(feature.position()).to_owned());
                named.to = Some(To::Switch(to));
            }
        }
        named
    }

    /// What a change replaces.
    fn value_before(&self, change: Change<'_>) -> Option<To> {
        let state = self.state();
        let switch = |on: bool| Some(To::Switch(if on { Switch::On } else { Switch::Off }));
        match change {
            Change::Setting { setting, .. } => {
                state.setting(setting.position()).map(|now| To::Switch(now.position))
            }
            Change::RolePermission { role, permission, .. } => {
                switch(state.cell(role.position(), permission.position()).is_on())
            }
            Change::List { list, .. } => {
                let entries = state.list(list.position());
                Some(To::Entries(entries.iter().map(|entry| String::from(&**entry)).collect()))
            }
            Change::OptIn { feature, .. } => switch(state.opted_in(feature.position())),
            Change::CreateRole { .. } | Change::DeleteRole { .. } | Change::AssignRole { .. } => None,
        }
    }

    pub(super) fn role_name(&self, role: RoleId) -> &str {
        Names::of(self).role(role.position())
    }
}

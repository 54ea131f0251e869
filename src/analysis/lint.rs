//! Lint: what in a domain has no effect, or surprises.

use serde::{Deserialize, Serialize};

use super::circumstances::circumstances;
use super::contract::not_offered;
use super::question::{Actor, Question, everybody, give, names};
use crate::decision::{Gate, Reason};
use crate::engine::{BecauseValue, Engine, Holders, Record, RolePermission, SettingValue};
use crate::id::{FeatureId, PermissionId, RoleId, SettingId};
use crate::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use crate::word::{Level, Switch};

/// What a finding is about; the spellings are public contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LintCode {
    /// A role is given a permission that an org-wide setting closes for everybody.
    CeilingMutesRole,
    /// Something is restricted to a list that has no entries, so all of it is denied.
    RestrictedToEmptyList,
    /// A setting is off, and nobody present may turn it on.
    NoWayBack,
    /// A setting is on, somebody present may turn it off, and then nobody present could turn it on again.
    OneWaySwitch,
    /// A setting is on, and regimes bar every feature that depends on it.
    SwitchWithoutFeatures,
    /// A setting is turned on, but another one that it requires is off.
    SettingNeedsAnother,
    /// What the domain states of a role's permission has no effect.
    RoleSettingMuted,
    /// What the domain states of a setting has no effect.
    SettingMuted,
    /// Holders are stated of a role that this kind of domain does not count.
    HoldersNotCounted,
    /// An add-on is stated that the plan does not offer, so that it is not in force.
    AddOnNotOffered,
}

impl LintCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::CeilingMutesRole,
        Self::RestrictedToEmptyList,
        Self::NoWayBack,
        Self::OneWaySwitch,
        Self::SwitchWithoutFeatures,
        Self::SettingNeedsAnother,
        Self::RoleSettingMuted,
        Self::SettingMuted,
        Self::HoldersNotCounted,
        Self::AddOnNotOffered,
    ];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CeilingMutesRole => "ceiling-mutes-role",
            Self::RestrictedToEmptyList => "restricted-to-empty-list",
            Self::NoWayBack => "no-way-back",
            Self::OneWaySwitch => "one-way-switch",
            Self::SwitchWithoutFeatures => "switch-without-features",
            Self::SettingNeedsAnother => "setting-needs-another",
            Self::RoleSettingMuted => "role-setting-muted",
            Self::SettingMuted => "setting-muted",
            Self::HoldersNotCounted => "holders-not-counted",
            Self::AddOnNotOffered => "add-on-not-offered",
        }
    }
}

/// Something in a domain that has no effect, or surprises; with the evaluation that shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of finding it is.
    pub code: LintCode,
    /// What was found, in one line.
    pub message: String,
    /// A request that shows it.
    pub request: NamedRequest,
    /// The decision about that request.
    pub decision: Record,
}

impl Engine {
    /// What in this domain has no effect, or surprises. Nothing here is an error: an engine was made of it.
    ///
    /// ```
    /// # use tollkeeper::{analysis::LintCode, catalog::Catalog, domain::Domain, engine::Engine};
    /// let domain = Domain::parse("
    ///     domain = { id = 'acme', kind = 'organization', plan = 'starter' }
    ///     holders = { super_admin = 2 }
    ///     settings = { guest_invites_trusted_only = 'on' }
    /// ")?;
    /// let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let findings = engine.lint();
    /// assert_eq!(findings.first().map(|one| one.code), Some(LintCode::RestrictedToEmptyList));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.lint_ceilings(&mut findings);
        self.lint_lists(&mut findings);
        for setting in names::<SettingId>(self) {
            let id = self.catalog().find::<SettingId>(&setting);
            if let Some(now) = id.and_then(|id| self.setting(id)) {
                findings.extend(self.lint_turns(&setting, now));
                findings.extend(self.lint_features(&setting, now));
            }
        }
        self.lint_stated(&mut findings);
        self.lint_holders(&mut findings);
        self.lint_add_ons(&mut findings);
        findings.sort_by_key(|finding| finding.code);
        findings
    }

    fn finding(&self, code: LintCode, message: String, request: NamedRequest) -> Finding {
        let decision = self.decide(&request);
        Finding { code, message, request, decision }
    }

    fn lint_ceilings(&self, findings: &mut Vec<Finding>) {
        for (role, permission, _) in self.domain().role_permissions().filter(|(_, _, to)| *to == Switch::On) {
            let question = Question::Permission(permission.to_owned());
            let request = question.asked_by(Actor::Role(role.to_owned()).subject());
            let decision = self.decide(&request);
            if matches!(decision.reason, Reason::SettingOff | Reason::SettingAbsent) {
                let setting = text(&decision, "setting");
                let message =
                    format!("role `{role}` is given `{permission}`, but setting `{setting}` is off for all");
                findings.push(self.finding(LintCode::CeilingMutesRole, message, request));
            }
        }
    }

    fn lint_lists(&self, findings: &mut Vec<Finding>) {
        for question in self.permission_questions() {
            let asked = self.role_actors().into_iter().map(|actor| question.asked_by(actor.subject()));
            let mut asked = asked.flat_map(|request| circumstances(&[self], &request));
            let empty = asked.find(|request| self.evaluate_named(request).reason() == Reason::ListEmpty);
            if let Some(request) = empty {
                let list = text(&self.decide(&request), "list");
                let message = format!("`{question}` is restricted to list `{list}`, which has no entries");
                findings.push(self.finding(LintCode::RestrictedToEmptyList, message, request));
            }
        }
    }

    /// Whether a setting can be turned on by somebody who is there.
    fn lint_turns(&self, setting: &str, now: SettingValue) -> Option<Finding> {
        let turn = |to| Question::Turn { setting: setting.to_owned(), to };
        let present = self.present_actors();
        let on = turn(Switch::On);
        if now.position == Switch::Off {
            let decided_here = matches!(now.level, Level::Domain | Level::Regime) && !now.absent;
            let refusal = self.all_refused(&present, &on).filter(|_| decided_here)?;
            let message = format!("setting `{setting}` is off, and nobody present may turn it on");
            return Some(self.finding(LintCode::NoWayBack, message, refusal));
        }
        let off = turn(Switch::Off);
        let mut asked = present.iter().map(|actor| off.asked_by(actor.subject()));
        let request = asked.find(|request| self.evaluate_named(request).is_allow())?;
        let then = self.preview(request.action.change.as_ref()?)?;
        then.all_refused(&present, &on)?;
        let who = Actor::of(&request.subject)?;
        let message =
            format!("`{who}` may turn setting `{setting}` off, and then nobody present may turn it on");
        Some(self.finding(LintCode::OneWaySwitch, message, request))
    }

    /// The refusal that got furthest, if all of these actors are refused.
    fn all_refused(&self, actors: &[Actor], question: &Question) -> Option<NamedRequest> {
        let mut furthest: Option<(Reason, NamedRequest)> = None;
        for actor in actors {
            let request = question.asked_by(actor.subject());
            let decision = self.evaluate_named(&request);
            if decision.is_allow() {
                return None;
            }
            if furthest.as_ref().is_none_or(|(reason, _)| decision.reason() > *reason) {
                furthest = Some((decision.reason(), request));
            }
        }
        furthest.map(|(_, request)| request)
    }

    /// Whether a setting that is on gives anything.
    fn lint_features(&self, setting: &str, now: SettingValue) -> Option<Finding> {
        let id = self.catalog().find::<SettingId>(setting)?;
        if now.position == Switch::Off || now.absent {
            return None;
        }
        let everybody = everybody(self);
        let asked = names::<FeatureId>(self).map(|it| Question::Feature(it).asked_by(everybody.clone()));
        let asked: Vec<_> = asked.filter(|it| self.levers_named(it).settings.contains(&id)).collect();
        let first = asked.first()?;
        let barred =
            |request: &NamedRequest| self.evaluate_named(request).reason().gate() == Some(Gate::Compliance);
        let all = asked.iter().flat_map(|request| circumstances(&[self], request));
        let open: Vec<NamedRequest> = all.filter(|request| !barred(request)).collect();
        if open.is_empty() {
            let message =
                format!("setting `{setting}` is on, but every feature that depends on it is barred");
            return Some(self.finding(LintCode::SwitchWithoutFeatures, message, first.clone()));
        }
        let stated = now.level == Level::Domain;
        let needs = |request: &&NamedRequest| {
            let decision = self.decide(request);
            decision.reason == Reason::SettingOff && text(&decision, "setting") != setting
        };
        let all_need = stated && open.iter().all(|request| needs(&request));
        let first = open.first().filter(|_| all_need)?;
        let another = text(&self.decide(first), "setting");
        let message = format!("setting `{setting}` is turned on, but it requires `{another}`, which is off");
        Some(self.finding(LintCode::SettingNeedsAnother, message, first.clone()))
    }

    fn lint_stated(&self, findings: &mut Vec<Finding>) {
        for (name, to) in self.domain().settings() {
            let id = self.catalog().find::<SettingId>(name);
            if id.and_then(|id| self.setting(id)).is_none_or(|now| now.level == Level::Domain) {
                continue;
            }
            let mut change = NamedChange::default();
            (change.setting, change.to) = (Some(name.to_owned()), Some(To::Switch(to)));
            let message = format!("what is stated of setting `{name}` has no effect here");
            findings.extend(self.shown_by_change(LintCode::SettingMuted, message, change, |reason| {
                reason.gate() < Some(Gate::Role)
            }));
        }
        for (role, permission, to) in self.domain().role_permissions() {
            let ids = self.role(role).zip(self.catalog().find::<PermissionId>(permission));
            let now = ids.map(|(role, permission)| self.role_permission(role, permission));
            if !matches!(now, Some(RolePermission::Configurable { level: Level::CatalogDefault, .. })) {
                continue;
            }
            let mut change = NamedChange::default();
            (change.role, change.permission) = (Some(role.to_owned()), Some(permission.to_owned()));
            change.to = Some(To::Switch(to));
            let message = format!("what is stated of `{permission}` for role `{role}` has no effect here");
            findings.extend(self.shown_by_change(LintCode::RoleSettingMuted, message, change, |reason| {
                reason.gate() < Some(Gate::Role)
            }));
        }
    }

    fn lint_holders(&self, findings: &mut Vec<Finding>) {
        for (role, _) in self.domain().holders() {
            if self.role(role).is_none_or(|role| self.holders(role) != Holders::NotCounted) {
                continue;
            }
            let change = NamedChange { assign_role: Some(role.to_owned()), ..NamedChange::default() };
            let message = format!("holders of role `{role}` are stated, but this kind of domain has none");
            findings.extend(self.shown_by_change(LintCode::HoldersNotCounted, message, change, |reason| {
                reason == Reason::NotForDomainKind
            }));
        }
    }

    fn lint_add_ons(&self, findings: &mut Vec<Finding>) {
        for (add_on, shown) in self.add_ons_not_offered() {
            let message = not_offered(&add_on, self.domain().plan());
            findings.extend(shown.map(|request| self.finding(LintCode::AddOnNotOffered, message, request)));
        }
    }

    /// The add-ons that are stated and not offered, each with a request that is not in the plan for want of it, if a gate
    /// asks for it.
    pub(super) fn add_ons_not_offered(&self) -> Vec<(String, Option<NamedRequest>)> {
        let domain = self.domain();
        let stated = domain.add_ons().filter(|stated| self.add_ons().all(|add_on| add_on != *stated));
        let wanting = |add_on: &str| {
            self.every_request().find(|request| {
                let decision = self.decide(request);
                decision.reason == Reason::NotInPlan && text(&decision, "add_on") == add_on
            })
        };
        stated.map(|add_on| (add_on.to_owned(), wanting(add_on))).collect()
    }

    /// Everything that can be asked, by somebody with every role: changes of roles first, which add-ons are most
    /// often for.
    fn every_request(&self) -> impl Iterator<Item = NamedRequest> {
        let subject = everybody(self);
        let roles = self.role_actors();
        let given = roles.into_iter().flat_map(|role| {
            let permissions = names::<PermissionId>(self);
            permissions.map(move |permission| give(role.name().to_owned(), permission, Switch::On))
        });
        let changes = given.map(|change| NamedAction { change: Some(change), ..NamedAction::default() });
        let questions = [self.permission_questions(), self.feature_questions(), self.turn_questions()];
        let actions = changes.chain(questions.into_iter().flatten().map(|question| question.action()));
        actions.map(move |action| NamedRequest::new(subject.clone(), action))
    }

    /// A finding that a refused change shows, by the first role for whom it is refused with such a reason.
    fn shown_by_change(
        &self,
        code: LintCode,
        message: String,
        change: NamedChange,
        shows: impl Fn(Reason) -> bool,
    ) -> Option<Finding> {
        let action = NamedAction { change: Some(change), ..NamedAction::default() };
        let mut asked =
            self.role_actors().into_iter().map(|actor| NamedRequest::new(actor.subject(), action.clone()));
        let shown = |request: &NamedRequest| {
            let decision = self.evaluate_named(request);
            decision.is_deny() && shows(decision.reason())
        };
        let request = asked.find(shown)?;
        Some(self.finding(code, message, request))
    }

    /// Roles that somebody holds or may hold, and standings.
    pub(super) fn present_actors(&self) -> Vec<Actor> {
        let role = |name: &str| self.role(name).map(|role: RoleId| self.holders(role).is_held());
        let present = |actor: &Actor| match actor {
            Actor::Role(name) => role(name).unwrap_or(false),
            Actor::Standing(_) | Actor::Anybody => true,
        };
        self.actors().into_iter().filter(present).collect()
    }
}

impl Actor {
    /// The actor that a subject is, if it is one role or one standing.
    pub(super) fn of(subject: &NamedSubject) -> Option<Self> {
        match (&subject.roles[..], &subject.standings[..]) {
            ([role], []) => Some(Self::Role(role.clone())),
            ([], [standing]) => Some(Self::Standing(standing.clone())),
            ([], []) => Some(Self::Anybody),
            _ => None,
        }
    }
}

/// One name out of what a reason is about.
pub(super) fn text(decision: &Record, parameter: &str) -> String {
    match decision.because.get(parameter) {
        Some(BecauseValue::One(name)) => name.clone(),
        _ => String::new(),
    }
}

//! Settings: everything that a settings screen shows.

use serde::{Deserialize, Serialize};

use super::question::{give, names, turn};
use super::remedy::Remedy;
use crate::engine::{Engine, Record, RolePermission};
use crate::id::{FeatureId, ListId, PermissionId, SettingId};
use crate::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, To};
use crate::word::{Level, Switch};

/// What a settings screen shows to somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// Who looks at it.
    pub subject: NamedSubject,
    /// Org-wide settings, in the order of names.
    pub settings: Vec<SettingView>,
    /// What roles have of the permissions that are settings of theirs: by role, then by permission.
    pub role_permissions: Vec<SettingView>,
    /// Lists.
    pub lists: Vec<SettingView>,
    /// Beta features.
    pub opt_ins: Vec<SettingView>,
}

/// Something that can be set: its value, who decided it, and what it can be changed to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SettingView {
    /// The setting, permission, list or feature.
    pub name: String,
    /// The role whose permission it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The value; none of a setting that a regime removes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<To>,
    /// The level that decided it; none for lists and opt-ins, which only the domain states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Each value that it can be changed to. For a list, its present entries stand for any.
    pub changes: Vec<PossibleChange>,
}

/// One value that something can be changed to, and whether the subject may.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PossibleChange {
    /// The value.
    pub to: To,
    /// Whether the subject may.
    pub decision: Record,
    /// Whether a warning is to be shown first: the subject could not take the change back.
    pub warning: bool,
    /// For a deny, what would lift it, where something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

/// The obligation to warn, which every catalog has.
const WARNING: &str = "warn_irreversible";

impl Engine {
    /// Everything that a settings screen shows to a subject: each setting, role permission, list and beta feature
    /// with its value, the level that decided it, and each possible change with its decision, warning and remedy.
    ///
    /// ```
    /// # use tollkeeper::{analysis::Actor, catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let settings = engine.settings(&Actor::Role("admin".to_owned()).subject()).settings;
    /// let partners = settings.iter().find(|setting| setting.name == "ai_partners");
    /// // The clinic has no super admin yet: an admin may turn the switch off, but not on again.
    /// assert!(partners.is_some_and(|it| it.changes.iter().any(|change| change.warning)));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn settings(&self, subject: &NamedSubject) -> Settings {
        Settings {
            subject: subject.clone(),
            settings: names::<SettingId>(self).filter_map(|name| self.setting_view(subject, name)).collect(),
            role_permissions: self.role_permission_views(subject),
            lists: names::<ListId>(self).filter_map(|name| self.list_view(subject, name)).collect(),
            opt_ins: names::<FeatureId>(self).filter_map(|name| self.opt_in_view(subject, &name)).collect(),
        }
    }

    fn setting_view(&self, subject: &NamedSubject, name: String) -> Option<SettingView> {
        let now = self.setting(self.catalog().find::<SettingId>(&name)?)?;
        let changes = switches().map(|to| self.possible(subject, turn(name.clone(), to))).into();
        let value = (!now.absent).then_some(To::Switch(now.position));
        Some(SettingView { name, role: None, value, level: Some(now.level), changes })
    }

    fn role_permission_views(&self, subject: &NamedSubject) -> Vec<SettingView> {
        let mut views = Vec::new();
        for (role, id) in self.roles() {
            for (name, permission) in self.catalog().all::<PermissionId>() {
                let now = self.role_permission(id, permission);
                let RolePermission::Configurable { position, level } = now else { continue };
                let change = |to| self.possible(subject, give(role.to_owned(), name.to_owned(), to));
                views.push(SettingView {
                    name: name.to_owned(),
                    role: Some(role.to_owned()),
                    value: Some(To::Switch(position)),
                    level: Some(level),
                    changes: switches().map(change).into(),
                });
            }
        }
        views
    }

    fn list_view(&self, subject: &NamedSubject, name: String) -> Option<SettingView> {
        let list = self.catalog().find::<ListId>(&name)?;
        let entries = To::Entries(self.list(list).map(str::to_owned).collect());
        let mut change = NamedChange::default();
        (change.list, change.to) = (Some(name.clone()), Some(entries.clone()));
        let changes = vec![self.possible(subject, change)];
        Some(SettingView { name, role: None, value: Some(entries), level: None, changes })
    }

    fn opt_in_view(&self, subject: &NamedSubject, name: &str) -> Option<SettingView> {
        let opt_in = |to| {
            let mut change = NamedChange::default();
            (change.opt_in, change.to) = (Some(name.to_owned()), Some(To::Switch(to)));
            change
        };
        // What a preview does not move is where it is; what is no beta cannot be previewed as one.
        let value = switches()
            .into_iter()
            .find(|to| self.preview(&opt_in(*to)).is_some_and(|then| then.version() == self.version()));
        let both = switches().map(|to| self.preview(&opt_in(to)).is_some());
        let changes = switches().map(|to| self.possible(subject, opt_in(to))).into();
        let view = SettingView {
            name: name.to_owned(),
            role: None,
            value: value.map(To::Switch),
            level: None,
            changes,
        };
        both.into_iter().all(|sound| sound).then_some(view)
    }

    fn possible(&self, subject: &NamedSubject, change: NamedChange) -> PossibleChange {
        let to = change.to.clone().unwrap_or(To::Switch(Switch::Off));
        let action = NamedAction { change: Some(change), ..NamedAction::default() };
        let request = NamedRequest::new(subject.clone(), action);
        let decision = self.decide(&request);
        let warning = decision.obligations.iter().any(|one| one == WARNING);
        let remedy = self.remedies_named(&request).remedies.into_iter().next();
        PossibleChange { to, decision, warning, remedy }
    }
}

const fn switches() -> [Switch; 2] {
    [Switch::Off, Switch::On]
}

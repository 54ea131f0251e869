//! Previews: an engine as it would be after a change.

use super::change::is_present;
use super::{Engine, Levers};
use crate::decision::Gate;
use crate::domain::{Change, Edit};
use crate::id::{PermissionId, SettingId};
use crate::request::{Action, NamedAction, NamedChange, NamedRequest, NamedSubject, Request};

impl Engine {
    /// The engine as it would be after a change, whoever may make it; this one stays as it is.
    ///
    /// For questions of the kind "what if": nobody is authorized by a preview. `None` for what is no change, for
    /// unknown names, and where the domain would not be sound afterwards.
    ///
    /// # Example: what turning AI partners off would mean
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, domain::Domain, engine::Engine, id::FeatureId};
    /// # use tollkeeper::request::{NamedChange, Request, Subject, To};
    /// # use tollkeeper::word::Switch;
    /// # let catalog = Catalog::builtin();
    /// # let text = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'";
    /// # let engine = Engine::compile(&catalog, &Domain::parse(text)?)?;
    /// let mut change = NamedChange::default();
    /// change.setting = Some("ai_partners".to_owned());
    /// change.to = Some(To::Switch(Switch::Off));
    /// let editor: FeatureId = catalog.find("smart_editor").unwrap_or(FeatureId::UNKNOWN);
    /// let request = Request::new(Subject::nobody(), editor);
    /// let then = engine.preview(&change).map(|then| then.evaluate(&request).is_deny());
    /// assert_eq!((engine.evaluate(&request).is_deny(), then), (false, Some(true)));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn preview(&self, change: &NamedChange) -> Option<Self> {
        let action = NamedAction { change: Some(change.clone()), ..NamedAction::default() };
        let named = NamedRequest::new(NamedSubject::default(), action);
        self.with_named(&named, |request, _| {
            let known = self.evaluate(request).reason().gate() != Some(Gate::Known);
            match request.action {
                Action::Change(change) if known => self.with_change(change),
                _ => None,
            }
        })
    }

    /// The levers of a permission by itself: what suffices as well, or decides in its place, is left out.
    pub(crate) fn own_levers(&self, permission: PermissionId) -> Levers {
        super::levers::own_levers(self, permission)
    }

    /// The settings among the levers of a request.
    pub(crate) fn settings_of(&self, request: &Request<'_>) -> Vec<SettingId> {
        super::levers::settings(self, request)
    }

    /// The engine after a change whose ids are of this engine.
    pub(crate) fn with_change(&self, change: Change<'_>) -> Option<Self> {
        if is_present(self.state(), change) {
            return Some(self.clone());
        }
        self.with(Edit::Change(change))
    }

    /// The engine with something stated otherwise; `None` where the domain would not be sound.
    pub(crate) fn with(&self, edit: Edit<'_>) -> Option<Self> {
        let resolved = self.resolved.with(self.catalog.model(), edit)?;
        Some(Self { catalog: self.catalog.clone(), resolved })
    }

    /// The engine after several changes that concern different things, made in whatever order. `None` as for
    /// [`preview`](Self::preview); what is between the changes need not be sound.
    pub(crate) fn with_changes(&self, changes: &[NamedChange]) -> Option<Self> {
        let model = self.catalog.model();
        let mut draft = self.resolved.draft();
        // Roles that are made or deleted come last, as roles are numbered anew then.
        let of_roles = |change: &&NamedChange| change.create_role.is_some() || change.delete_role.is_some();
        for change in changes.iter().filter(|one| !of_roles(one)).chain(changes.iter().filter(of_roles)) {
            let action = NamedAction { change: Some(change.clone()), ..NamedAction::default() };
            let named = NamedRequest::new(NamedSubject::default(), action);
            self.with_named(&named, |request, _| match request.action {
                Action::Change(change) if self.evaluate(request).reason().gate() != Some(Gate::Known) => {
                    draft.edit(model, Edit::Change(change))
                }
                _ => None,
            })?;
        }
        Some(Self { catalog: self.catalog.clone(), resolved: draft.resolved(model)? })
    }
}

//! Previews: an engine as it would be after a change.

use super::{Engine, Levers};
use crate::decision::Gate;
use crate::domain::{Change, Domain};
use crate::id::PermissionId;
use crate::request::{Action, NamedAction, NamedChange, NamedRequest, NamedSubject};

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

    /// The engine after a change whose ids are of this engine.
    pub(crate) fn with_change(&self, change: Change<'_>) -> Option<Self> {
        Self::compile(&self.catalog, &self.changed(change)).ok()
    }

    /// The engine after several changes that concern different things, made in whatever order. `None` as for
    /// [`preview`](Self::preview); what is between the changes need not be sound.
    pub(crate) fn with_changes(&self, changes: &[NamedChange]) -> Option<Self> {
        let mut source = self.domain().source().clone();
        for change in changes {
            let action = NamedAction { change: Some(change.clone()), ..NamedAction::default() };
            let named = NamedRequest::new(NamedSubject::default(), action);
            self.with_named(&named, |request, _| match request.action {
                Action::Change(change) if self.evaluate(request).reason().gate() != Some(Gate::Known) => {
                    self.edit(&mut source, change);
                    Some(())
                }
                _ => None,
            })?;
        }
        Self::compile(&self.catalog, &Domain::of_source(source)).ok()
    }
}

//! Previews: an engine as it would be, and a request in names.

use super::{Engine, Levers};
use crate::catalog::Bind;
use crate::decision::Gate;
use crate::domain::{Change, Domain};
use crate::id::PermissionId;
use crate::request::{
    Action, Balance, Context, NamedAction, NamedChange, NamedContext, NamedRequest, NamedSubject, Read,
    Request, Run,
};

/// Stands for an id that the catalog has no name for: outside the grammar of names, so that it is unknown.
const UNKNOWN: &str = "?";

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

    /// A request in names: the form of logs. Ids that are not of this engine become names that nothing has, so
    /// that the request in names is denied like the one in ids.
    pub fn named(&self, request: &Request<'_>) -> NamedRequest {
        let Request { subject, action, context } = request;
        let subject = NamedSubject {
            id: None,
            roles: subject.all_roles().iter().map(|role| self.known_role(*role)).collect(),
            standings: subject.standings().iter().map(|one| self.name(*one)).collect(),
        };
        let mut named = NamedRequest::new(subject, self.named_action(action));
        named.context = self.named_context(context);
        named
    }

    fn named_action(&self, action: &Action<'_>) -> NamedAction {
        let mut named = NamedAction::default();
        match action {
            Action::Permission(permission) => named.permission = Some(self.name(*permission)),
            Action::Run(run) => self.name_run(run, &mut named),
            Action::Process { data, feature, model } => {
                named.process = Some(self.name(*data));
                named.feature = Some(self.name(*feature));
                named.model = model.map(|model| self.name(model));
            }
            Action::Store(data) => named.store = Some(self.name(*data)),
            Action::Change(change) => named.change = Some(self.known_change(*change)),
            Action::Connect { connector, mode } => {
                named.connect = Some(self.name(*connector));
                named.mode = Some(self.name(*mode));
            }
            Action::Disconnect { connector } => named.disconnect = Some(self.name(*connector)),
            Action::Read(read) => self.name_read(read, &mut named),
            // An action without a key fits no form either.
            Action::Malformed => {}
        }
        named
    }

    fn name_run(&self, run: &Run<'_>, named: &mut NamedAction) {
        named.feature = Some(self.name(run.feature));
        named.trigger = Some(run.trigger).filter(|trigger| *trigger != crate::word::Trigger::default());
        named.model = run.model.map(|model| self.name(model));
        named.tokens = run.tokens.iter().map(|(quantity, count)| (self.name(*quantity), *count)).collect();
    }

    fn name_read(&self, read: &Read, named: &mut NamedAction) {
        named.read = Some(self.name(read.object));
        named.through = Some(self.name(read.connector));
        named.mode = read.mode.map(|mode| self.name(mode));
        named.scope = Some(read.scope).filter(|scope| *scope != crate::word::Scope::default());
    }

    fn named_context(&self, context: &Context<'_>) -> NamedContext {
        let stated = |(name, fact)| Some((String::from(name), context.stated(fact)?));
        let mut facts: std::collections::BTreeMap<_, _> =
            self.catalog.all::<crate::id::FactId>().filter_map(stated).collect();
        if context.facts.unknown || context.facts.foreign {
            facts.insert(UNKNOWN.to_owned(), true);
        }
        let mut named = NamedContext { facts, at: context.at, ..NamedContext::default() };
        named.touched_at = context.touched_at;
        named.email_domain = context.email_domain.map(str::to_owned);
        for (limit, balance) in context.balances {
            match balance {
                Balance::Remaining(left) => named.remaining.insert(self.name(*limit), *left),
                Balance::Used(used) => named.used.insert(self.name(*limit), *used),
            };
        }
        named
    }

    /// A change in names, if its ids are known: those of another catalog must not borrow names of this one.
    fn known_change(&self, change: Change<'_>) -> NamedChange {
        let request = Request::new(crate::request::Subject::nobody(), change);
        let known = self.evaluate(&request).reason().gate() != Some(Gate::Known);
        if known { self.named_change(change) } else { NamedChange::default() }
    }

    fn known_role(&self, role: crate::id::RoleId) -> String {
        let known = self.roles().find(|(_, id)| *id == role);
        known.map_or(UNKNOWN, |(name, _)| name).to_owned()
    }

    fn name<T: Bind>(&self, id: T) -> String {
        self.catalog.name(id).unwrap_or(UNKNOWN).to_owned()
    }
}

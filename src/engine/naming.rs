//! Naming: a request in ids, put in names.

use std::collections::BTreeMap;

use super::Engine;
use crate::catalog::Bind;
use crate::decision::Gate;
use crate::domain::Change;
use crate::id::{FactId, RoleId};
use crate::request::{
    Action, Balance, Context, NamedAction, NamedChange, NamedContext, NamedRequest, NamedSubject, Read,
    Request, Run, Subject,
};
use crate::word::{Scope, Trigger};

/// Stands for an id that the catalog has no name for: outside the grammar of names, so that it is unknown.
const UNKNOWN: &str = "?";

impl Engine {
    /// A request in names: the form of logs. Ids that are not of this engine become names that nothing has, so
    /// that the request in names is denied like the one in ids.
    pub fn named(&self, request: &Request<'_>) -> NamedRequest {
        let Request { subject, action, context, .. } = request;
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
        named.trigger = Some(run.trigger).filter(|trigger| *trigger != Trigger::default());
        named.model = run.model.map(|model| self.name(model));
        named.tokens.extend(run.tokens.iter().map(|(quantity, count)| (self.name(*quantity), *count)));
    }

    fn name_read(&self, read: &Read, named: &mut NamedAction) {
        named.read = Some(self.name(read.object));
        named.through = Some(self.name(read.connector));
        named.mode = read.mode.map(|mode| self.name(mode));
        named.scope = Some(read.scope).filter(|scope| *scope != Scope::default());
    }

    fn named_context(&self, context: &Context<'_>) -> NamedContext {
        let stated = |(name, fact)| Some((String::from(name), context.stated(fact)?));
        let mut facts = BTreeMap::new();
        facts.extend(self.catalog.all::<FactId>().filter_map(stated));
        if context.facts.unknown || !context.facts.are_of(self.catalog.model().tag) {
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
        let request = Request::new(Subject::nobody(), change);
        let known = self.evaluate(&request).reason().gate() != Some(Gate::Known);
        if known { self.named_change(change) } else { NamedChange::default() }
    }

    fn known_role(&self, role: RoleId) -> String {
        let known = self.roles().find(|(_, id)| *id == role);
        known.map_or(UNKNOWN, |(name, _)| name).to_owned()
    }

    fn name<T: Bind>(&self, id: T) -> String {
        self.catalog.name(id).unwrap_or(UNKNOWN).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::decision::Reason;
    use crate::id::{DataId, FeatureId, LimitId, PermissionId, SettingId, StandingId};

    fn clinic() -> Engine {
        let text = include_str!("../../examples/domains/clinic.toml");
        Engine::parse(&Catalog::builtin(), text).unwrap()
    }

    /// A request of every form, and contexts with everything in them.
    const REQUESTS: &str = include_str!("../../tests/golden/clinic.requests.jsonl");

    #[test]
    fn looking_names_up_and_naming_again_gives_the_same_request() {
        let engine = clinic();
        let further = [
            r#"{"action":{"process":"user_content","feature":"ai_chat","model":"claude_haiku"}}"#,
            r#"{"action":{"feature":"smart_editor","trigger":"recurring"},"context":{"used":{"ai_outputs":2}}}"#,
            r#"{"action":{"read":"task","through":"notion_ai","scope":"host"},
                "context":{"at":"2026-01-31T00:00:00Z","touched_at":"2026-01-30T00:00:00Z"}}"#,
            r#"{"subject":{"roles":["guest","contractor"],"standings":["billing_owner"]},"action":{"store":"phi"},
                "context":{"facts":{"draft":true,"via_app":false},"email_domain":"partner.example"}}"#,
            r#"{"action":{"change":{"list":"trusted_domains","to":["a.example"]}}}"#,
            r#"{"action":{"change":{"create_role":"intern","based_on":"guest"}}}"#,
            r#"{"action":{"change":{"delete_role":"contractor"}}}"#,
            r#"{"action":{"change":{"assign_role":"admin","from":"member"}}}"#,
        ];
        let (mut same, mut unknown) = (0, 0);
        for text in REQUESTS.lines().chain(further) {
            let request: NamedRequest = serde_json::from_str(text).unwrap();
            let (again, decision) =
                engine.with_named(&request, |request, _| (engine.named(request), engine.evaluate(request)));
            assert_eq!(engine.evaluate_named(&again), decision, "{text}");
            if decision.reason().gate() == Some(Gate::Known) {
                unknown += 1;
                continue;
            }
            // Who asks about what object is carried, not decided upon.
            let mut stated = request.clone();
            (stated.subject.id, stated.resource) = (None, None);
            assert_eq!(again, stated, "{text}");
            same += 1;
        }
        assert!(same > 60 && unknown > 3, "{same} {unknown}");
    }

    fn foreign<T: Bind>(notes: &Catalog) -> T {
        notes.all::<T>().next().unwrap().1
    }

    #[test]
    fn ids_of_another_catalog_borrow_no_names() {
        let engine = clinic();
        let notes = Catalog::parse(include_str!("../../examples/catalogs/notes.toml")).unwrap();
        let role: RoleId = foreign(&notes);
        let to = crate::word::Switch::Off;
        let fact: FactId = foreign(&notes);
        let balances = [(foreign::<LimitId>(&notes), Balance::Used(1))];
        let own: PermissionId = engine.catalog().find("upload_files").unwrap();
        let somebody = Subject::role(engine.role("member").unwrap());
        let requests = [
            Request::new(Subject::role(role), own),
            Request::new(somebody, foreign::<PermissionId>(&notes)),
            Request::new(somebody, foreign::<FeatureId>(&notes)),
            Request::new(somebody, Change::Setting { setting: foreign::<SettingId>(&notes), to }),
            Request::new(somebody, own).fact(fact, true),
            Request::new(somebody, own).fact(FactId::UNKNOWN, true),
            Request::new(somebody, own).balances(&balances),
            Request::new(somebody, Action::Malformed),
            Request::new(Subject::nobody().with_standings(&[StandingId::UNKNOWN]), own),
            Request::new(somebody, Action::Store(DataId::UNKNOWN)),
        ];
        for request in requests {
            let (decision, named) = (engine.evaluate(&request), engine.named(&request));
            assert_eq!(decision.reason().gate(), Some(Gate::Known), "{request:?}");
            let again = engine.evaluate_named(&named);
            assert_eq!(again.reason().gate(), Some(Gate::Known), "{named:?}");
            if decision.reason() != Reason::ForeignId {
                assert_eq!(again.reason(), decision.reason(), "{named:?}");
            }
        }
    }
}

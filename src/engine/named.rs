//! Requests in names, answered.

use super::record::BecauseValue;
use super::{Engine, Explanation, Record};
use crate::catalog::Bind;
use crate::decision::{Decision, Reason};
use crate::domain::Change;
use crate::id::{
    ConnectorId, DataId, FactId, FeatureId, LimitId, ListId, ModeId, ModelId, ObjectId, PermissionId,
    QuantityId, RoleId, SettingId, StandingId,
};
use crate::request::{
    Action, Balance, Context, NamedAction, NamedChange, NamedRequest, Read, Request, Run, Subject, To,
};

/// Looks names up, and keeps those that nobody knows.
struct Lookup<'e> {
    engine: &'e Engine,
    unknown: Vec<(&'static str, String)>,
}

/// What a request in names comes to that a [`Request`] borrows.
struct Lists<'n> {
    roles: Vec<RoleId>,
    standings: Vec<StandingId>,
    tokens: Vec<(QuantityId, u64)>,
    entries: Vec<&'n str>,
    balances: Vec<(LimitId, Balance)>,
}

macro_rules! lookups {
    ($($method:ident: $id:ident $word:literal,)*) => {$(
        fn $method(&mut self, name: &str) -> $id {
            self.find(name, $word).unwrap_or($id::UNKNOWN)
        }
    )*};
}

impl Lookup<'_> {
    lookups! {
        permission: PermissionId "permission",
        feature: FeatureId "feature",
        model: ModelId "model",
        data: DataId "data",
        setting: SettingId "setting",
        list: ListId "list",
        fact: FactId "fact",
        limit: LimitId "limit",
        quantity: QuantityId "quantity",
        standing: StandingId "standing",
        connector: ConnectorId "connector",
        mode: ModeId "mode",
        object: ObjectId "object",
    }

    fn find<T: Bind>(&mut self, name: &str, word: &'static str) -> Option<T> {
        let id = self.engine.catalog.find(name);
        if id.is_none() {
            self.unknown.push((word, name.to_owned()));
        }
        id
    }

    fn role(&mut self, name: &str) -> RoleId {
        let id = self.engine.role(name);
        if id.is_none() {
            self.unknown.push(("role", name.to_owned()));
        }
        id.unwrap_or(RoleId::UNKNOWN)
    }

    fn lists<'n>(&mut self, named: &'n NamedRequest) -> Lists<'n> {
        let NamedRequest { subject, action, context, .. } = named;
        let remaining = context.remaining.iter().map(|(name, left)| (name, Balance::Remaining(*left)));
        let used = context.used.iter().map(|(name, used)| (name, Balance::Used(*used)));
        Lists {
            roles: subject.roles.iter().map(|name| self.role(name)).collect(),
            standings: subject.standings.iter().map(|name| self.standing(name)).collect(),
            tokens: action.tokens.iter().map(|(name, count)| (self.quantity(name), *count)).collect(),
            entries: match action.change.as_ref().and_then(|change| change.to.as_ref()) {
                Some(To::Entries(entries)) => entries.iter().map(String::as_str).collect(),
                _ => Vec::new(),
            },
            balances: remaining.chain(used).map(|(name, balance)| (self.limit(name), balance)).collect(),
        }
    }

    fn request<'a>(&mut self, named: &'a NamedRequest, lists: &'a Lists<'a>) -> Request<'a> {
        let NamedRequest { action, context, .. } = named;
        let subject = Subject::roles(&lists.roles).with_standings(&lists.standings);
        let facts = context.facts.iter().map(|(name, holds)| (self.fact(name), *holds));
        let facts = facts.fold(Context::default(), |context, (fact, holds)| context.fact(fact, holds));
        let action = self.action(action, &lists.tokens, &lists.entries);
        let mut request = Request::new(subject, action).with_context(facts).balances(&lists.balances);
        request.context.email_domain = context.email_domain.as_deref();
        request.context.at = context.at;
        request.context.touched_at = context.touched_at;
        request
    }

    /// The action, if its keys are those of one form.
    fn action<'a>(
        &mut self,
        action: &'a NamedAction,
        tokens: &'a [(QuantityId, u64)],
        entries: &'a [&'a str],
    ) -> Action<'a> {
        if let Some(action) = self.connector_action(action) {
            return action;
        }
        let run_keys = action.trigger.is_some() || !action.tokens.is_empty();
        let NamedAction { permission, feature, process, store, change, .. } = action;
        match (permission, feature, process, store, change) {
            (None, Some(feature), None, None, None) => Action::Run(Run {
                trigger: action.trigger.unwrap_or_default(),
                model: action.model.as_ref().map(|model| self.model(model)),
                tokens,
                ..Run::new(self.feature(feature))
            }),
            _ if run_keys => Action::Malformed,
            (None, Some(feature), Some(data), None, None) => Action::Process {
                data: self.data(data),
                feature: self.feature(feature),
                model: action.model.as_ref().map(|model| self.model(model)),
            },
            _ if action.model.is_some() => Action::Malformed,
            (Some(permission), None, None, None, None) => Action::Permission(self.permission(permission)),
            (None, None, None, Some(data), None) => Action::Store(self.data(data)),
            (None, None, None, None, Some(change)) => {
                self.change(change, entries).map_or(Action::Malformed, Action::Change)
            }
            _ => Action::Malformed,
        }
    }

    /// The action on a connector, if one of its keys is stated.
    fn connector_action<'a>(&mut self, action: &NamedAction) -> Option<Action<'a>> {
        #[rustfmt::skip]
        let NamedAction {
            permission, feature, trigger, model, tokens, process, store, change,
            connect, mode, disconnect, read, through, scope,
        } = action;
        let of_connector = [connect, mode, disconnect, read, through].into_iter().any(Option::is_some);
        if !of_connector && scope.is_none() {
            return None;
        }
        let others = [permission, feature, model, process, store].into_iter().any(Option::is_some);
        if others || trigger.is_some() || !tokens.is_empty() || change.is_some() {
            return Some(Action::Malformed);
        }
        Some(match (connect, mode, disconnect, read, through, scope) {
            (Some(connector), Some(mode), None, None, None, None) => {
                Action::Connect { connector: self.connector(connector), mode: self.mode(mode) }
            }
            (None, None, Some(connector), None, None, None) => {
                Action::Disconnect { connector: self.connector(connector) }
            }
            (None, mode, None, Some(object), Some(connector), scope) => {
                let read = Read::new(self.object(object), self.connector(connector));
                let read = mode.as_ref().map_or(read, |mode| read.mode(self.mode(mode)));
                Action::Read(read.scope(scope.unwrap_or_default()))
            }
            _ => Action::Malformed,
        })
    }

    /// The change, if its keys are those of one form: one row a form, in the order of the keys.
    #[rustfmt::skip]
    fn change<'a>(&mut self, change: &'a NamedChange, entries: &'a [&'a str]) -> Option<Change<'a>> {
        let NamedChange { setting, role, permission, list, create_role, based_on, .. } = change;
        let NamedChange { delete_role, assign_role, from, opt_in, to, .. } = change;
        let form = (setting, role, permission, list, create_role, based_on, delete_role, assign_role, from, opt_in, to);
        Some(match form {
            (Some(setting), None, None, None, None, None, None, None, None, None, Some(To::Switch(to))) =>
                Change::Setting { setting: self.setting(setting), to: *to },
            (None, Some(role), Some(permission), None, None, None, None, None, None, None, Some(To::Switch(to))) =>
                Change::RolePermission { role: self.role(role), permission: self.permission(permission), to: *to },
            (None, None, None, Some(list), None, None, None, None, None, None, Some(To::Entries(_))) =>
                Change::List { list: self.list(list), to: entries },
            (None, None, None, None, Some(name), Some(based_on), None, None, None, None, None) =>
                Change::CreateRole { name, based_on: self.role(based_on) },
            (None, None, None, None, None, None, Some(role), None, None, None, None) =>
                Change::DeleteRole { role: self.role(role) },
            (None, None, None, None, None, None, None, Some(role), from, None, None) => {
                Change::AssignRole { role: self.role(role), from: from.as_ref().map(|from| self.role(from)) }
            }
            (None, None, None, None, None, None, None, None, None, Some(feature), Some(To::Switch(to))) =>
                Change::OptIn { feature: self.feature(feature), to: *to },
            _ => return None,
        })
    }
}

impl Engine {
    /// Decides a request in names. Unknown names deny with their own reason; a request that fits no form denies
    /// with `malformed-request` (DEC-07).
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, decision::Reason, domain::Domain, engine::Engine};
    /// # let text = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'";
    /// # let engine = Engine::compile(&Catalog::builtin(), &Domain::parse(text)?)?;
    /// let request = serde_json::from_str(r#"{
    ///     "subject": { "roles": ["gust"] },
    ///     "action": { "permission": "create_teams" }
    /// }"#)?;
    /// assert_eq!(engine.evaluate_named(&request).reason(), Reason::UnknownRole);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluate_named(&self, request: &NamedRequest) -> Decision {
        self.with_named(request, |request, _| self.evaluate(request))
    }

    /// Decides a request in names and gives the decision names: what goes over a wire or into a log. The record
    /// of an unknown name names it.
    pub fn decide(&self, request: &NamedRequest) -> Record {
        self.with_named(request, |request, unknown| {
            let decision = self.evaluate(request);
            let mut record = self.record(&decision);
            let word = unknown_word(decision.reason());
            if let Some((word, name)) = unknown.iter().find(|(own, _)| Some(*own) == word) {
                record.because.insert((*word).to_owned(), BecauseValue::One(name.clone()));
            }
            record
        })
    }

    /// Explains a request in names.
    pub fn explain_named(&self, request: &NamedRequest) -> Explanation<'_> {
        self.with_named(request, |request, _| self.explain(request))
    }

    /// Looks the names of a request up and hands the request in ids on.
    pub(crate) fn with_named<T>(
        &self,
        named: &NamedRequest,
        then: impl FnOnce(&Request<'_>, &[(&'static str, String)]) -> T,
    ) -> T {
        let mut lookup = Lookup { engine: self, unknown: Vec::new() };
        let lists = lookup.lists(named);
        then(&lookup.request(named, &lists), &lookup.unknown)
    }
}

/// The word that an unknown name was looked up by.
const fn unknown_word(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::UnknownRole => "role",
        Reason::UnknownStanding => "standing",
        Reason::UnknownPermission => "permission",
        Reason::UnknownFeature => "feature",
        Reason::UnknownSetting => "setting",
        Reason::UnknownList => "list",
        Reason::UnknownData => "data",
        Reason::UnknownFact => "fact",
        Reason::UnknownLimit => "limit",
        Reason::UnknownModel => "model",
        Reason::UnknownQuantity => "quantity",
        Reason::UnknownConnector => "connector",
        Reason::UnknownMode => "mode",
        Reason::UnknownObject => "object",
        _ => return None,
    })
}

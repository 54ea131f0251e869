//! Strategies: domains and requests of a catalog, for properties of one's own.
//!
//! With the feature `proptest`. Examples say what somebody thought of; a property says what must hold for every
//! domain that a customer could configure and every request that could come.
//!
//! # Example: no configuration lets a guest create teams
//!
//! ```
//! use proptest::prelude::*;
//! use tollkeeper::{catalog::Catalog, check::strategies};
//!
//! proptest!(|((engine, mut request) in strategies::questions(&Catalog::builtin()))| {
//!     request.subject.roles = vec!["guest".to_owned()];
//!     request.action = Default::default();
//!     request.action.permission = Some("create_teams".to_owned());
//!     prop_assert!(engine.evaluate_named(&request).is_deny());
//! });
//! ```

use std::collections::BTreeMap;

use crate::catalog::source::{LimitSource, Map};
use crate::catalog::{Catalog, Model};
use crate::diagnostic::{Code, Diagnostics};
use crate::document::{Name, Set, Spanned};
use crate::domain::{Domain, DomainSource};
use crate::engine::Engine;
use crate::request::{NamedAction, NamedChange, NamedContext, NamedRequest, NamedSubject, Resource, To};
use crate::word::{Every, Scope, Stop, Switch, Trigger};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::{BoxedStrategy, Union};

/// A name that no catalog of this module's domains has, unless a catalog chose it: in some requests, so that
/// properties meet names that nobody knows.
const UNKNOWN: &str = "no_such_name";
const CUSTOM_ROLES: [&str; 2] = ["made_here", "made_here_too"];
const EMAIL_DOMAINS: [&str; 3] = ["partner.example", "sub.partner.example", "elsewhere.example"];
const TRIGGERS: [Trigger; 5] =
    [Trigger::Requested, Trigger::Proactive, Trigger::FollowUp, Trigger::FollowUpCounted, Trigger::Recurring];

/// Domains that fit a catalog: every kind and plan, with settings, locks, lists, roles, limits and regimes.
///
/// What does not fit, such as custom roles on a plan without them, is left out again, so that every domain
/// compiles. They shrink towards a domain that states nothing.
pub fn domains(catalog: &Catalog) -> impl Strategy<Value = Domain> + use<> {
    engines(catalog).prop_map(|engine| engine.domain())
}

/// Engines of a catalog, one for each of its [`domains`].
pub fn engines(catalog: &Catalog) -> impl Strategy<Value = Engine> + use<> {
    let catalog = catalog.clone();
    sources(catalog.model())
        .prop_filter_map("some domain fits the catalog", move |source| fitted(&catalog, source))
}

/// An engine of a catalog with a request to it: for properties of any domain.
pub fn questions(catalog: &Catalog) -> impl Strategy<Value = (Engine, NamedRequest)> + use<> {
    engines(catalog).prop_flat_map(|engine| {
        let requests = requests(&engine);
        (Just(engine), requests)
    })
}

/// Requests in the names of an engine's catalog and domain, and now and then in one that nobody knows.
///
/// Every action; subjects with no role, one or several; facts that are true, false and not stated.
pub fn requests(engine: &Engine) -> impl Strategy<Value = NamedRequest> + use<> {
    let names = Names::of(engine);
    let subject =
        (some_of(&names.roles, 2), some_of(&names.standings, 2), option::of("[a-z]{1,3}-[0-9]{1,2}"));
    let subject = subject.prop_map(|(roles, standings, id)| NamedSubject { id, roles, standings });
    let resource = option::of(("[a-z]{1,4}", "[a-z0-9]{1,4}"))
        .prop_map(|resource| resource.map(|(kind, id)| Resource { kind: Some(kind), id: Some(id) }));
    let parts = (subject, actions(&names), resource, contexts(&names));
    parts.prop_map(|(subject, action, resource, context)| NamedRequest { subject, action, resource, context })
}

/// The domain with whatever does not fit left out, compiled.
fn fitted(catalog: &Catalog, mut source: DomainSource) -> Option<Engine> {
    for _ in 0..4 {
        match Engine::compile(catalog, &Domain::of_source(source.clone())) {
            Ok(engine) => return Some(engine),
            Err(problems) => leave_out(&mut source, &problems),
        }
    }
    Engine::compile(catalog, &Domain::of_source(source)).ok()
}

fn leave_out(source: &mut DomainSource, problems: &Diagnostics) {
    for problem in problems.problems() {
        match problem.code {
            Code::NotInPlan => {
                let based_on_nothing = source.roles.iter().filter(|(_, row)| row.based_on.is_none());
                source.roles = based_on_nothing.cloned().collect();
            }
            Code::RegimeNotInForce => source.domain.regimes = Set::default(),
            _ => {
                source.settings = Map::default();
                source.locked = Map::default();
                source.roles = Map::default();
            }
        }
    }
}

/// Domains as a file would state them, fitting or not.
fn sources(model: &Model) -> impl Strategy<Value = DomainSource> + use<> {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let kinds = one_of(&owned(model.kinds.names().collect()));
    let plans = one_of(&owned(model.plans.names().collect()));
    let add_ons = some_of(&owned(model.add_ons.names().collect()), usize::MAX);
    let regimes = some_of(&owned(model.regimes.names().collect()), usize::MAX);
    let attested: Vec<String> = model
        .regimes
        .iter()
        .flat_map(|(_, _, row)| row.attested.iter().map(|name| name.as_ref().to_owned()))
        .collect();
    let settings: Vec<String> = owned(model.settings.names().collect());
    let beta = model.features.iter().filter(|(_, _, row)| row.beta).map(|(_, name, _)| name);
    let counted = model.roles.iter().filter(|(_, _, row)| row.supreme).map(|(_, name, _)| name.to_owned());
    let heading = (kinds, plans, add_ons, regimes);
    let switches = (
        some_with(&settings, switch()),
        some_with(&settings, switch()),
        some_with(&owned(beta.collect()), switch()),
    );
    let lists = some_with(
        &owned(model.lists.names().collect()),
        subsequence(EMAIL_DOMAINS.to_vec(), 0..=EMAIL_DOMAINS.len()),
    );
    let holders = all_with(&counted.collect::<Vec<_>>(), 0..3_u64);
    let limits = some_with(&owned(model.limits.names().collect()), limit());
    let parts = (heading, switches, lists, holders, limits, roles(model));
    parts.prop_map(move |(heading, switches, lists, holders, limits, roles)| {
        let mut source = DomainSource { roles, ..DomainSource::default() };
        source.domain.id = Some(name("generated"));
        source.domain.kind = heading.0.as_deref().map(name);
        source.domain.plan = heading.1.as_deref().map(name);
        source.domain.add_ons = heading.2.iter().map(|add_on| name(add_on)).collect();
        source.domain.regimes = heading.3.iter().map(|regime| name(regime)).collect();
        source.domain.attested = attested.iter().map(|one| name(one)).collect();
        (source.settings, source.locked, source.opt_ins) = switches;
        source.lists = lists
            .into_iter()
            .map(|(list, entries)| (list, entries.into_iter().map(name).collect()))
            .collect();
        (source.holders, source.limits) = (holders, limits);
        source
    })
}

/// What roles are configured to, where a catalog lets them, and custom roles on every base that may be one.
fn roles(model: &Model) -> impl Strategy<Value = Map<crate::domain::source::RoleSource>> + use<> {
    let configurable = |position: u16| -> Vec<String> {
        let open = model.permissions.iter().filter(|(_, _, row)| row.cell(position).is_configurable());
        open.map(|(_, name, _)| name.to_owned()).collect()
    };
    let standard = model.roles.iter().filter(|(_, _, row)| !row.supreme);
    let standard: Vec<_> = standard
        .map(|(position, role, _)| {
            let permissions = some_with(&configurable(position), switch());
            (Just(role.to_owned()), Just(None), permissions).boxed()
        })
        .collect();
    let bases = model.roles.iter().filter(|(_, _, row)| row.custom);
    let bases: Vec<_> = bases
        .map(|(position, role, _)| {
            (Just(Some(name(role))), some_with(&configurable(position), switch())).boxed()
        })
        .collect();
    let custom: Vec<_> = match bases.is_empty() {
        true => Vec::new(),
        false => CUSTOM_ROLES
            .iter()
            .map(|role| {
                let row = Union::new(bases.clone());
                row.prop_map(|(based_on, permissions)| ((*role).to_owned(), based_on, permissions)).boxed()
            })
            .collect(),
    };
    let count = standard.len().saturating_add(custom.len());
    let rows: Vec<_> = standard.into_iter().chain(custom).collect();
    (rows, vec(any::<bool>(), count)).prop_map(|(rows, there)| {
        let rows = rows.into_iter().zip(there).filter(|(_, there)| *there);
        let row = |based_on, permissions| crate::domain::source::RoleSource { based_on, permissions };
        rows.map(|((role, based_on, permissions), _)| (name(&role), row(based_on, permissions))).collect()
    })
}

fn limit() -> impl Strategy<Value = LimitSource> {
    let stop = select(vec![Stop::None, Stop::Hard, Stop::Soft]);
    (amount(), stop, 100..300_u64).prop_map(|(limit, stop, percent)| LimitSource {
        limit: Some(limit),
        every: Some(Every::Month),
        anchor: None,
        stop,
        ceiling_percent: (stop == Stop::Soft).then(|| Spanned::new(0..0, percent)),
    })
}

/// Amounts around what matters, and at both ends.
fn amount() -> impl Strategy<Value = u64> {
    proptest::prop_oneof![4 => 0..20_u64, 1 => Just(u64::MAX), 1 => any::<u64>()]
}

fn switch() -> impl Strategy<Value = Switch> {
    select(vec![Switch::Off, Switch::On])
}

/// The names that requests are made of.
struct Names {
    roles: Vec<String>,
    standings: Vec<String>,
    facts: Vec<String>,
    permissions: Vec<String>,
    features: Vec<String>,
    models: Vec<String>,
    quantities: Vec<String>,
    data: Vec<String>,
    settings: Vec<String>,
    lists: Vec<String>,
    limits: Vec<String>,
    connectors: Vec<String>,
    modes: Vec<String>,
    objects: Vec<String>,
}

impl Names {
    fn of(engine: &Engine) -> Self {
        let model = engine.catalog().model();
        let with_unknown = |names: Vec<&str>| -> Vec<String> {
            names.into_iter().chain([UNKNOWN]).map(str::to_owned).collect()
        };
        Self {
            roles: with_unknown(engine.role_names().collect()),
            standings: model.standings.names().map(str::to_owned).collect(),
            facts: model.facts.names().map(str::to_owned).collect(),
            permissions: with_unknown(model.permissions.names().collect()),
            features: with_unknown(model.features.names().collect()),
            models: with_unknown(model.models.names().collect()),
            quantities: model.quantities.names().map(str::to_owned).collect(),
            data: with_unknown(model.data.names().collect()),
            settings: with_unknown(model.settings.names().collect()),
            lists: with_unknown(model.lists.names().collect()),
            limits: model.limits.names().map(str::to_owned).collect(),
            connectors: with_unknown(model.connectors.names().collect()),
            modes: with_unknown(model.modes.names().collect()),
            objects: with_unknown(model.objects.names().collect()),
        }
    }
}

fn actions(names: &Names) -> impl Strategy<Value = NamedAction> + use<> {
    let run = (
        one_of(&names.features),
        option::of(select(TRIGGERS.to_vec())),
        option::of(one_of(&names.models)),
        some_amounts(&names.quantities),
    );
    let run = run.prop_map(|(feature, trigger, model, tokens)| NamedAction {
        feature,
        trigger,
        model: model.flatten(),
        tokens,
        ..NamedAction::default()
    });
    let process = (one_of(&names.data), one_of(&names.features), option::of(one_of(&names.models)));
    proptest::prop_oneof![
        6 => one_of(&names.permissions)
            .prop_map(|permission| NamedAction { permission, ..NamedAction::default() }),
        4 => run,
        1 => process.prop_map(|(process, feature, model)| NamedAction {
            feature,
            process,
            model: model.flatten(),
            ..NamedAction::default()
        }),
        1 => one_of(&names.data).prop_map(|store| NamedAction { store, ..NamedAction::default() }),
        4 => changes(names).prop_map(|change| NamedAction { change: Some(change), ..NamedAction::default() }),
        2 => connecting(names),
    ]
}

/// To connect, to disconnect and to read through a connector.
fn connecting(names: &Names) -> impl Strategy<Value = NamedAction> + use<> {
    let parts = (one_of(&names.connectors), one_of(&names.modes), one_of(&names.objects), scope());
    (parts, 0..4_u8).prop_map(|((connector, mode, object, scope), form)| match form {
        0 => NamedAction { connect: connector, mode, ..NamedAction::default() },
        1 => NamedAction { disconnect: connector, ..NamedAction::default() },
        2 => NamedAction { read: object, through: connector, ..NamedAction::default() },
        _ => NamedAction { read: object, through: connector, mode, scope, ..NamedAction::default() },
    })
}

fn scope() -> impl Strategy<Value = Option<Scope>> {
    option::of(select(vec![Scope::Everything, Scope::Host, Scope::Source]))
}

fn changes(names: &Names) -> impl Strategy<Value = NamedChange> + use<> {
    let to = || switch().prop_map(|switch| Some(To::Switch(switch)));
    let entries = subsequence(EMAIL_DOMAINS.to_vec(), 0..=EMAIL_DOMAINS.len());
    let entries =
        entries.prop_map(|entries| Some(To::Entries(entries.into_iter().map(str::to_owned).collect())));
    let role = || one_of(&names.roles);
    let custom = select(CUSTOM_ROLES.to_vec()).prop_map(|role| Some(role.to_owned()));
    let setting = (one_of(&names.settings), to());
    let cell = (role(), one_of(&names.permissions), to());
    let change = NamedChange::default;
    proptest::prop_oneof![
        3 => setting.prop_map(move |(setting, to)| NamedChange { setting, to, ..change() }),
        3 => cell.prop_map(move |(role, permission, to)| NamedChange { role, permission, to, ..change() }),
        1 => (one_of(&names.lists), entries)
            .prop_map(move |(list, to)| NamedChange { list, to, ..change() }),
        1 => (custom, role())
            .prop_map(move |(create_role, based_on)| NamedChange { create_role, based_on, ..change() }),
        1 => role().prop_map(move |delete_role| NamedChange { delete_role, ..change() }),
        2 => (role(), option::of(role())).prop_map(move |(assign_role, from)| NamedChange {
            assign_role,
            from: from.flatten(),
            ..change()
        }),
        1 => (one_of(&names.features), to())
            .prop_map(move |(opt_in, to)| NamedChange { opt_in, to, ..change() }),
    ]
}

fn contexts(names: &Names) -> impl Strategy<Value = NamedContext> + use<> {
    let facts = some_with(&names.facts, any::<bool>());
    let email = option::of(select(EMAIL_DOMAINS.to_vec()));
    let instant = || option::of(any::<i64>().prop_map(crate::units::Timestamp::from_nanoseconds));
    let times = (instant(), instant());
    let (remaining, used) = (some_amounts(&names.limits), some_amounts(&names.limits));
    (facts, email, times, remaining, used, any::<bool>()).prop_map(
        |(facts, email, (at, touched_at), remaining, used, from_one_end)| {
            // Both for one limit is malformed: that is met now and then, not most of the time.
            let used = match from_one_end {
                true => used.into_iter().filter(|(limit, _)| !remaining.contains_key(limit)).collect(),
                false => BTreeMap::new(),
            };
            NamedContext {
                facts: facts.into_iter().map(|(fact, holds)| (fact.into_inner(), holds)).collect(),
                email_domain: email.map(str::to_owned),
                at,
                touched_at,
                remaining,
                used,
            }
        },
    )
}

fn name(text: &str) -> Name {
    Spanned::new(0..0, text.to_owned())
}

/// One of the names; none where there is none.
fn one_of(names: &[String]) -> BoxedStrategy<Option<String>> {
    if names.is_empty() { Just(None).boxed() } else { select(names.to_vec()).prop_map(Some).boxed() }
}

/// Some of the names, at most so many.
fn some_of(names: &[String], most: usize) -> impl Strategy<Value = Vec<String>> + use<> {
    subsequence(names.to_vec(), 0..=most.min(names.len()))
}

/// Some of the names, each with a value.
fn some_with<S: Strategy>(names: &[String], values: S) -> impl Strategy<Value = Map<S::Value>> + use<S> {
    let names = names.to_vec();
    vec(option::weighted(0.3, values), names.len()).prop_map(move |values| {
        let stated = names.iter().zip(values);
        stated.filter_map(|(one, value)| Some((name(one), value?))).collect()
    })
}

/// All of the names, each with a value.
fn all_with<S: Strategy>(names: &[String], values: S) -> impl Strategy<Value = Map<S::Value>> + use<S> {
    let names = names.to_vec();
    vec(values, names.len()).prop_map(move |values| names.iter().map(|one| name(one)).zip(values).collect())
}

fn some_amounts(names: &[String]) -> impl Strategy<Value = BTreeMap<String, u64>> + use<> {
    some_with(names, amount())
        .prop_map(|amounts| amounts.into_iter().map(|(name, amount)| (name.into_inner(), amount)).collect())
}

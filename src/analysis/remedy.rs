//! Remedies: what would have to change for a deny to become an allow, and who could change it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::circumstances::{AMPLE, on_model};
use super::question::{Actor, give, names, turn};
use crate::decision::{Gate, Reason};
use crate::engine::{BecauseValue, Engine, Holders, Record, RolePermission, StepRecord};
use crate::id::{AddOnId, ListId, ModelId, PermissionId, PlanId};
use crate::request::{NamedAction, NamedChange, NamedRequest, NamedSubject, Request, To};
use crate::word::Switch;

/// How many steps a remedy has at most.
const STEPS_MAX: usize = 4;

/// How many states a search looks at before it gives up.
const STATES_MAX: usize = 2_000;

/// How many changes deep a search looks for somebody who may make one that nobody may make yet.
const SUPPORT_MAX: usize = 2;

/// What would lift a deny.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Remedies {
    /// The decision as it stands.
    pub decision: Record,
    /// The smallest sets of steps that make it an allow for the same subject; empty for an allow, and where
    /// nothing can.
    pub remedies: Vec<Remedy>,
    /// The deny that no step gets past, where nothing lifts it: a guest never creates teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impossible: Option<Record>,
    /// What would be allowed if the subject had another role, and who could assign it. The subject would then be
    /// somebody else, so these are apart from the remedies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_roles: Vec<Remedy>,
    /// Whether everything within the bounds was searched; `false` only where a search gave up.
    pub complete: bool,
}

/// One set of steps, in an order in which each of them is allowed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Remedy {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step of a remedy: a change that somebody may make, or something that must become true.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// A change of the domain.
    Change(Made),
    /// The subject receives another role.
    Assign(Made),
    /// Somebody else asks for it.
    Ask {
        /// Who may.
        by: Actor,
        /// What must be so of them, beyond what the request states.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        given: Vec<String>,
    },
    /// A fact must be so, or must not be so, and be stated.
    Fact {
        /// The fact.
        fact: String,
        /// Whether it must be so.
        holds: bool,
    },
    /// The person concerned has an e-mail domain of a list, and it is stated; this one for example.
    EmailDomain(String),
    /// A model is selected, with an estimate of tokens; this one for example.
    Model(String),
    /// The balance of a limit covers the charge: it is stated, the next period begins, or more is bought.
    Balance(String),
    /// The domain is on this plan.
    Plan(String),
    /// The domain has this add-on.
    AddOn(String),
    /// Nobody holds this role any more.
    Vacate(String),
}

/// A change, and the weakest actor who may make it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Made {
    /// Who may make it: of those who are there, the one that holds the fewest permissions.
    pub by: Actor,
    /// The change.
    pub change: NamedChange,
    /// What must be so of the actor, such as being verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// What goes with the change, such as a warning that its actor cannot take it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<String>,
    /// Nobody in a domain of this kind holds the actor's role: it takes somebody from above.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub from_above: bool,
}

impl Made {
    /// The change as a request of its actor.
    pub fn request(&self) -> NamedRequest {
        let mut request = asked(self.by.subject(), &self.change);
        request.context.facts = self.given.iter().map(|fact| (fact.clone(), true)).collect();
        request
    }
}

impl Step {
    /// What is once the step is taken: the engine and the request then. `None` if the step cannot be taken there:
    /// the change is denied to its actor, or nobody is there who could take it.
    pub fn take(&self, engine: &Engine, request: &NamedRequest) -> Option<(Engine, NamedRequest)> {
        let actor = match self {
            Self::Change(made) | Self::Assign(made) => Some(&made.by),
            Self::Ask { by, .. } => Some(by),
            _ => None,
        };
        if actor.is_some_and(|actor| engine.nobody_is(actor)) {
            return None;
        }
        let compile = |domain| Engine::compile(engine.catalog(), &domain).ok();
        let mut then = request.clone();
        let next = match self {
            Self::Change(made) => compile(engine.apply_named(&made.request()).ok()?.domain)?,
            Self::Assign(made) => {
                let to = made.change.assign_role.clone()?;
                then.subject.roles = vec![to];
                compile(engine.apply_named(&made.request()).ok()?.domain)?
            }
            Self::Plan(plan) => compile(engine.domain().on_plan(plan))?,
            Self::AddOn(add_on) => compile(engine.domain().with_add_on(add_on))?,
            Self::Vacate(role) => compile(engine.domain().with_holders(role, 0))?,
            Self::Ask { by, given } => {
                let id = then.subject.id.take();
                then.subject = by.subject();
                then.subject.id = id;
                then.context.facts.extend(given.iter().map(|fact| (fact.clone(), true)));
                engine.clone()
            }
            Self::Fact { fact, holds } => {
                then.context.facts.insert(fact.clone(), *holds);
                engine.clone()
            }
            Self::EmailDomain(domain) => {
                then.context.email_domain = Some(domain.clone());
                engine.clone()
            }
            Self::Model(model) => {
                then = on_model(&[engine], &then, model);
                engine.clone()
            }
            Self::Balance(limit) => {
                then.context.used.remove(limit);
                then.context.remaining.insert(limit.clone(), AMPLE);
                engine.clone()
            }
        };
        Some((next, then))
    }
}

impl Remedy {
    /// The decision once all steps are taken in order; `None` if one of them cannot be taken.
    pub fn take(&self, engine: &Engine, request: &NamedRequest) -> Option<Record> {
        let mut state = (engine.clone(), request.clone());
        for step in &self.steps {
            state = step.take(&state.0, &state.1)?;
        }
        Some(state.0.decide(&state.1))
    }

    /// Whether no step can be left out.
    fn is_minimal(&self, engine: &Engine, request: &NamedRequest) -> bool {
        (0..self.steps.len()).all(|left_out| {
            let kept = self.steps.iter().enumerate().filter(|(at, _)| *at != left_out);
            let fewer = Self { steps: kept.map(|(_, step)| step.clone()).collect() };
            fewer.take(engine, request).is_none_or(|then| then.effect == crate::decision::Effect::Deny)
        })
    }
}

impl Engine {
    /// What would make a deny an allow: the smallest sets of steps, each with the weakest actor who may take it, in
    /// an order in which each is allowed; or the deny that nothing gets past (DEC-05).
    ///
    /// Three laws hold: taking the steps gives an allow; leaving one out does not; each change is one that this
    /// engine allows its actor at that moment. What no change can bring about is named as what must become true:
    /// another plan, a fact, a balance, somebody else who asks.
    ///
    /// The search starts from the gates that failed and widens by one step at a time, so the sets it finds first
    /// are the smallest; it looks at most four steps far.
    ///
    /// # Example: a feature that is off, in an organization without a verified super admin
    ///
    /// ```
    /// use tollkeeper::{bind, catalog::Catalog, domain::Domain, engine::Engine};
    /// use tollkeeper::{id::{FeatureId, RoleId}, request::{Request, Subject}};
    ///
    /// bind! { struct Names { member: RoleId = "member", smart_status: FeatureId = "smart_status" } }
    /// let catalog = Catalog::builtin();
    /// let names = Names::bind(&catalog)?;
    /// let domain = Domain::parse("
    ///     domain = { id = 'young', kind = 'organization', plan = 'starter' }
    ///     holders = { super_admin = 0 }
    ///     settings = { ai_partners = 'off' }
    /// ")?;
    /// let engine = Engine::compile(&catalog, &domain)?;
    /// let found = engine.remedies(&Request::new(Subject::role(names.member), names.smart_status));
    /// let steps: Vec<String> = found.remedies.iter().flat_map(|it| &it.steps).map(|it| it.to_string()).collect();
    /// assert_eq!(steps, [
    ///     "`admin` assigns role `super_admin`, once `super_admin_verified` is so",
    ///     "`super_admin` turns setting `ai_partners` on",
    /// ]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remedies(&self, request: &Request<'_>) -> Remedies {
        self.remedies_named(&self.named(request))
    }

    /// The same for a request in names.
    pub fn remedies_named(&self, request: &NamedRequest) -> Remedies {
        let decision = self.decide(request);
        let nothing = Remedies {
            decision,
            remedies: Vec::new(),
            impossible: None,
            other_roles: Vec::new(),
            complete: true,
        };
        if self.evaluate_named(request).is_allow() {
            return nothing;
        }
        let found = smallest(self, request);
        let impossible =
            if found.remedies.is_empty() { found.stuck.filter(|_| found.complete) } else { None };
        let other_roles = Here::of(self).other_roles(request);
        Remedies { remedies: found.remedies, impossible, other_roles, complete: found.complete, ..nothing }
    }

    /// Whether it is known that nobody holds a role that is counted here.
    fn nobody_is(&self, actor: &Actor) -> bool {
        match actor {
            Actor::Role(name) => self.role(name).is_none_or(|role| self.holders(role) == Holders::Counted(0)),
            Actor::Standing(_) => false,
        }
    }

    /// Everybody who could make a change, weakest first: who is there, by how many permissions they hold; then
    /// roles that are held in domains of another kind.
    fn by_strength(&self) -> Vec<(Actor, bool)> {
        let strength = |actor: &Actor| match actor {
            Actor::Standing(_) => 0,
            Actor::Role(name) => self.role(name).map_or(0, |role| {
                let permissions = self.catalog().all::<PermissionId>();
                permissions.filter(|(_, one)| self.role_permission(role, *one).is_held()).count()
            }),
        };
        let mut present = self.present_actors();
        present.sort_by_key(strength);
        let above = self.roles().filter(|(_, role)| self.holders(*role) == Holders::NotCounted);
        let above = above.map(|(name, _)| (Actor::Role(name.to_owned()), true));
        present.into_iter().map(|actor| (actor, false)).chain(above).collect()
    }
}

/// What a search came to.
struct Found {
    remedies: Vec<Remedy>,
    /// The first deny from which no step led on.
    stuck: Option<Record>,
    complete: bool,
}

/// A state of a search: what was done, and what is then.
struct State {
    steps: Vec<Step>,
    engine: Engine,
    request: NamedRequest,
}

/// Breadth first, so that the smallest sets come first.
fn smallest(engine: &Engine, request: &NamedRequest) -> Found {
    let mut found = Found { remedies: Vec::new(), stuck: None, complete: true };
    let mut seen = BTreeSet::from([key(engine, request)]);
    let mut layer = vec![State { steps: Vec::new(), engine: engine.clone(), request: request.clone() }];
    for _ in 0..STEPS_MAX {
        let mut next = Vec::new();
        for state in &layer {
            let steps = Here::of(&state.engine).steps(&state.request);
            if steps.is_empty() && found.stuck.is_none() {
                found.stuck = Some(state.engine.decide(&state.request));
            }
            for step in steps {
                let Some((engine, request)) = step.take(&state.engine, &state.request) else { continue };
                if !seen.insert(key(&engine, &request)) {
                    continue;
                }
                let steps = state.steps.iter().cloned().chain([step]).collect();
                next.push(State { steps, engine, request });
            }
        }
        let (allowed, denied): (Vec<_>, Vec<_>) =
            next.into_iter().partition(|state| state.engine.evaluate_named(&state.request).is_allow());
        let remedies = allowed.into_iter().map(|state| Remedy { steps: state.steps });
        found.remedies = remedies.filter(|remedy| remedy.is_minimal(engine, request)).collect();
        if !found.remedies.is_empty() || denied.is_empty() {
            // Where every way led into what was seen before, the request itself is where it ends.
            found.stuck.get_or_insert_with(|| engine.decide(request));
            return found;
        }
        if seen.len() > STATES_MAX {
            break;
        }
        layer = denied;
    }
    found.complete = layer.iter().all(|state| Here::of(&state.engine).steps(&state.request).is_empty());
    found
}

/// A state as those see it who could do something about a request.
struct Here<'e> {
    engine: &'e Engine,
    /// Weakest first, with whether they are from above.
    actors: Vec<(Actor, bool)>,
}

impl<'e> Here<'e> {
    fn of(engine: &'e Engine) -> Self {
        Self { engine, actors: engine.by_strength() }
    }

    /// What the subject may do in another role, if somebody may assign it.
    fn other_roles(&self, request: &NamedRequest) -> Vec<Remedy> {
        let from = request.subject.roles.first();
        let roles =
            self.engine.roles().filter(|(role, _)| !request.subject.roles.iter().any(|own| own == role));
        let assign = |role: &str| {
            let mut change = NamedChange { assign_role: Some(role.to_owned()), ..NamedChange::default() };
            change.from = from.cloned();
            let step = Step::Assign(self.made(&change)?);
            let (then, request) = step.take(self.engine, request)?;
            then.evaluate_named(&request).is_allow().then(|| Remedy { steps: vec![step] })
        };
        roles.filter_map(|(role, _)| assign(role)).collect()
    }

    /// The steps that could get a request further, from every gate that it fails.
    fn steps(&self, request: &NamedRequest) -> Vec<Step> {
        let explanation = self.engine.explain_named(request).record();
        let failed = explanation.steps.iter().filter_map(|step| Some(Failure::of(step.reason?, step)));
        let decided = Failure { reason: explanation.decision.reason, because: &explanation.decision.because };
        let mut steps: Vec<Step> = Vec::new();
        for failure in [decided].into_iter().chain(failed) {
            let wishes = self.wishes(request, &failure);
            for step in wishes.into_iter().flat_map(|wish| self.granted(wish, SUPPORT_MAX)) {
                if !steps.contains(&step) {
                    steps.push(step);
                }
            }
        }
        steps
    }

    /// What would make a failed gate pass, whoever may do it.
    fn wishes(&self, request: &NamedRequest, failure: &Failure<'_>) -> Vec<Wish> {
        let name = |parameter| failure.name(parameter);
        match failure.reason {
            Reason::NotInPlan => contract(self.engine, request),
            Reason::SettingOff => vec![Wish::Change(turn(name("setting"), Switch::On))],
            Reason::OffForRole | Reason::OffByDefault => {
                vec![Wish::Change(give(name("role"), name("permission"), Switch::On))]
            }
            Reason::NotOnList | Reason::ListEmpty => listed(self.engine, request, failure),
            Reason::OptInMissing => {
                let mut change = NamedChange { opt_in: Some(name("feature")), ..NamedChange::default() };
                change.to = Some(To::Switch(Switch::On));
                vec![Wish::Change(change)]
            }
            Reason::FactFalse => failure.facts(&[true]),
            Reason::FactTrue => failure.facts(&[false]),
            Reason::MissingFact => {
                let mut wishes = failure.facts(&[true, false]);
                if failure.because.contains_key("email_domain") {
                    let lists = self.engine.catalog().all::<ListId>();
                    let entries =
                        lists.filter_map(|(_, list)| self.engine.list(list).next().map(str::to_owned));
                    wishes.extend(entries.map(|entry| Wish::Step(Step::EmailDomain(entry))));
                }
                wishes
            }
            Reason::LimitReached | Reason::CreditsExhausted | Reason::BalanceUnknown => {
                vec![Wish::Step(Step::Balance(name("limit")))]
            }
            Reason::Unpriced | Reason::ProviderBarred if self.engine.reads_named(request).model => {
                names::<ModelId>(self.engine).map(|model| Wish::Step(Step::Model(model))).collect()
            }
            reason if reason.gate() == Some(Gate::Authority) => self.authorized(request, failure),
            _ => Vec::new(),
        }
    }

    /// What would let a change be made: by somebody else, or once something stands in the way no more.
    fn authorized(&self, request: &NamedRequest, failure: &Failure<'_>) -> Vec<Wish> {
        let mut wishes = supports(self.engine, &request.subject.roles, request, failure);
        let others = self.actors.iter().find_map(|(actor, _)| {
            let mut asked = request.clone();
            asked.subject = actor.subject();
            given(self.engine, &mut asked).map(|given| Step::Ask { by: actor.clone(), given })
        });
        match others {
            Some(ask) => wishes.push(Wish::Step(ask)),
            // Nobody may make it: whatever lets somebody.
            None => wishes.extend(self.supporting(request)),
        }
        wishes
    }

    /// Whatever would let one of the actors be allowed a request.
    fn supporting(&self, request: &NamedRequest) -> Vec<Wish> {
        let refused = self.actors.iter().flat_map(|(actor, _)| {
            let mut asked = request.clone();
            asked.subject = actor.subject();
            let deny = self.engine.decide(&asked);
            let failure = Failure { reason: deny.reason, because: &deny.because };
            supports(self.engine, &asked.subject.roles, &asked, &failure)
        });
        refused.collect()
    }

    /// The steps by which a wish comes true or gets nearer: the change, by the weakest actor who may make it; if
    /// nobody may, what would let somebody.
    fn granted(&self, wish: Wish, depth: usize) -> Vec<Step> {
        let change = match wish {
            Wish::Step(step) => return vec![step],
            Wish::Change(change) => change,
        };
        if let Some(made) = self.made(&change) {
            return vec![Step::Change(made)];
        }
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let wishes = self.supporting(&asked(NamedSubject::default(), &change));
        wishes.into_iter().flat_map(|wish| self.granted(wish, depth)).collect()
    }

    /// A change by the weakest actor who may make it, if anybody may.
    fn made(&self, change: &NamedChange) -> Option<Made> {
        self.actors.iter().find_map(|(actor, from_above)| {
            let mut request = asked(actor.subject(), change);
            let given = given(self.engine, &mut request)?;
            let obligations = self.engine.decide(&request).obligations;
            let (by, change) = (actor.clone(), change.clone());
            Some(Made { by, change, given, obligations, from_above: *from_above })
        })
    }
}

/// A change as a request of somebody.
fn asked(subject: NamedSubject, change: &NamedChange) -> NamedRequest {
    let action = NamedAction { change: Some(change.clone()), ..NamedAction::default() };
    NamedRequest::new(subject, action)
}

/// The facts that must be so for a request to be allowed, if that is all it takes.
fn given(engine: &Engine, request: &mut NamedRequest) -> Option<Vec<String>> {
    let decision = engine.evaluate_named(request);
    if decision.is_allow() {
        return Some(Vec::new());
    }
    let facts = decision.facts().iter().filter_map(|fact| engine.catalog().name(fact));
    let facts: Vec<String> = facts.map(str::to_owned).collect();
    if decision.reason() != Reason::MissingFact || facts.is_empty() {
        return None;
    }
    request.context.facts.extend(facts.iter().map(|fact| (fact.clone(), true)));
    engine.evaluate_named(request).is_allow().then_some(facts)
}

/// What would let these roles make a change, by the reason for which they may not.
fn supports(engine: &Engine, roles: &[String], request: &NamedRequest, failure: &Failure<'_>) -> Vec<Wish> {
    let name = |parameter| failure.name(parameter);
    match failure.reason {
        Reason::NotInPlan => contract(engine, request),
        Reason::SettingOff => vec![Wish::Change(turn(name("setting"), Switch::On))],
        Reason::NotAuthorized if failure.because.contains_key("permission") => {
            let give = |role: &String| Wish::Change(give(role.clone(), name("permission"), Switch::On));
            roles.iter().map(give).collect()
        }
        // Somebody must hold the role first: verified, or beside the last holder.
        Reason::NeedsVerification | Reason::LastHolder | Reason::NeedsRole => {
            let role = Actor::Role(name("role"));
            if failure.reason == Reason::NeedsRole && !engine.nobody_is(&role) {
                return Vec::new();
            }
            vec![Wish::Change(NamedChange { assign_role: Some(name("role")), ..NamedChange::default() })]
        }
        Reason::RoleInUse => vec![Wish::Step(Step::Vacate(name("role")))],
        Reason::InvalidChange => every_lever(engine, request),
        _ => Vec::new(),
    }
}

/// Something that should become so: a change, by whoever may make it, or a step that is no change.
enum Wish {
    Change(NamedChange),
    Step(Step),
}

/// A gate that failed, and what that is about.
struct Failure<'f> {
    reason: Reason,
    because: &'f std::collections::BTreeMap<String, BecauseValue>,
}

impl<'f> Failure<'f> {
    fn of(reason: Reason, step: &'f StepRecord) -> Self {
        Self { reason, because: &step.because }
    }

    fn name(&self, parameter: &str) -> String {
        match self.because.get(parameter) {
            Some(BecauseValue::One(name)) => name.clone(),
            _ => String::new(),
        }
    }

    fn facts(&self, ways: &[bool]) -> Vec<Wish> {
        let facts: &[String] = match self.because.get("facts") {
            Some(BecauseValue::Many(facts)) => facts,
            _ => &[],
        };
        let wish = |fact: &String, holds: &bool| Wish::Step(Step::Fact { fact: fact.clone(), holds: *holds });
        facts.iter().flat_map(|fact| ways.iter().map(move |holds| wish(fact, holds))).collect()
    }
}

/// Every plan and add-on under which a request fails for neither; if none does by itself, every plan on which some
/// add-on does.
fn contract(engine: &Engine, request: &NamedRequest) -> Vec<Wish> {
    let plan = engine.plan_name();
    let plans: Vec<Step> = names::<PlanId>(engine).filter(|other| other != plan).map(Step::Plan).collect();
    let alone = plans.iter().cloned().chain(add_ons(engine)).filter(|step| lets(step, engine, request));
    let mut wishes: Vec<Wish> = alone.map(Wish::Step).collect();
    if wishes.is_empty() {
        let with_add_on = |step: &Step| {
            let then = step.take(engine, request);
            then.is_some_and(|(then, request)| add_ons(&then).iter().any(|step| lets(step, &then, &request)))
        };
        wishes.extend(plans.into_iter().filter(with_add_on).map(Wish::Step));
    }
    wishes
}

fn add_ons(engine: &Engine) -> Vec<Step> {
    let domain = engine.domain();
    let bought: Vec<&str> = domain.add_ons().collect();
    names::<AddOnId>(engine).filter(|other| !bought.contains(&other.as_str())).map(Step::AddOn).collect()
}

/// Whether after a step plan and add-ons no longer stand in the way of a request.
fn lets(step: &Step, engine: &Engine, request: &NamedRequest) -> bool {
    let Some((then, request)) = step.take(engine, request) else { return false };
    let steps = then.explain_named(&request).record().steps;
    steps.iter().all(|step| step.reason != Some(Reason::NotInPlan))
}

/// The entry on the list, or the restriction gone.
fn listed(engine: &Engine, request: &NamedRequest, failure: &Failure<'_>) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let list = failure.name("list");
    if let (Some(domain), Some(id)) = (&request.context.email_domain, engine.catalog().find::<ListId>(&list))
    {
        let mut entries: Vec<String> = engine.list(id).map(str::to_owned).collect();
        entries.push(domain.to_ascii_lowercase());
        let change =
            NamedChange { list: Some(list), to: Some(To::Entries(entries)), ..NamedChange::default() };
        wishes.push(Wish::Change(change));
    }
    let setting = failure.name("setting");
    wishes.push(Wish::Change(if setting.is_empty() {
        give(failure.name("role"), failure.name("permission"), Switch::Off)
    } else {
        turn(setting, Switch::Off)
    }));
    wishes
}

/// Every lever of a request at its other position: settings, and what any role has of the permissions.
fn every_lever(engine: &Engine, request: &NamedRequest) -> Vec<Wish> {
    let levers = engine.levers_named(request);
    let mut wishes = Vec::new();
    for setting in levers.settings {
        if let (Some(name), Some(now)) = (engine.catalog().name(setting), engine.setting(setting)) {
            wishes.push(Wish::Change(turn(name.to_owned(), now.position.reversed())));
        }
    }
    for permission in levers.permissions {
        let Some(name) = engine.catalog().name(permission) else { continue };
        for (role, id) in engine.roles() {
            if let RolePermission::Configurable { position, .. } = engine.role_permission(id, permission) {
                wishes.push(Wish::Change(give(role.to_owned(), name.to_owned(), position.reversed())));
            }
        }
    }
    wishes
}

/// Two states with the same key are the same.
fn key(engine: &Engine, request: &NamedRequest) -> String {
    format!("{request:?}\n{}", engine.domain().to_toml())
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`{} ", self.by, if self.from_above { " from above" } else { "" })?;
        write_change(f, &self.change)?;
        write_given(f, &self.given)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(made) | Self::Assign(made) => made.fmt(f),
            Self::Ask { by, given } => {
                write!(f, "`{by}` asks for it")?;
                write_given(f, given)
            }
            Self::Fact { fact, holds: true } => write!(f, "it is so, and stated, that `{fact}`"),
            Self::Fact { fact, holds: false } => write!(f, "it is not so, and stated, that `{fact}`"),
            Self::EmailDomain(domain) => {
                write!(f, "the e-mail domain is stated and on the list, such as `{domain}`")
            }
            Self::Model(model) => write!(f, "model `{model}` is selected, with an estimate of tokens"),
            Self::Balance(limit) => {
                write!(f, "limit `{limit}` covers it: stated, in the next period, or with more bought")
            }
            Self::Plan(plan) => write!(f, "the domain is on plan `{plan}`"),
            Self::AddOn(add_on) => write!(f, "the domain has add-on `{add_on}`"),
            Self::Vacate(role) => write!(f, "nobody holds role `{role}` any more"),
        }
    }
}

fn write_given(f: &mut fmt::Formatter<'_>, given: &[String]) -> fmt::Result {
    given.iter().try_for_each(|fact| write!(f, ", once `{fact}` is so"))
}

/// A change as what somebody does.
pub(super) fn write_change(f: &mut fmt::Formatter<'_>, change: &NamedChange) -> fmt::Result {
    let to = match &change.to {
        Some(To::Switch(to)) => to.as_str().to_owned(),
        Some(To::Entries(entries)) => format!("[{}]", entries.join(", ")),
        None => String::new(),
    };
    let NamedChange { setting, role, permission, list, .. } = change;
    if let Some(setting) = setting {
        return write!(f, "turns setting `{setting}` {to}");
    }
    if let (Some(role), Some(permission)) = (role, permission) {
        return write!(f, "turns `{permission}` {to} for role `{role}`");
    }
    if let Some(list) = list {
        return write!(f, "sets list `{list}` to {to}");
    }
    if let (Some(role), Some(base)) = (&change.create_role, &change.based_on) {
        return write!(f, "creates role `{role}`, based on `{base}`");
    }
    if let Some(role) = &change.delete_role {
        return write!(f, "deletes role `{role}`");
    }
    if let Some(role) = &change.assign_role {
        write!(f, "assigns role `{role}`")?;
        return change.from.iter().try_for_each(|from| write!(f, " in the place of `{from}`"));
    }
    write!(f, "opts {to} to feature `{}`", change.opt_in.as_deref().unwrap_or_default())
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(Step::to_string).collect();
        f.write_str(&steps.join("; then "))
    }
}

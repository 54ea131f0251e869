//! Moves: what could make a failed gate pass, in ids.

use std::cell::OnceCell;

use super::actors::{By, by_strength, granted, weakest};
use crate::analysis::question::Who;
use crate::decision::{Because, Decision, Gate, Parameter, Reason};
use crate::domain::Change;
use crate::engine::{Engine, Holders, Levers, RolePermission, Step};
use crate::id::{
    AddOnId, FactId, FallbackId, FeatureId, IdSet, LimitId, ListId, ModelId, PermissionId, PlanId, RoleId,
    SettingId, Tag, positions,
};
use crate::request::{Action, Request, Subject};
use crate::word::Switch;

/// How many changes deep it is looked for somebody who may make one that nobody may make yet.
const SUPPORT_MAX: usize = 2;

/// One step of a search. Two are the same if the same is done, whoever does it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Move {
    Change(Edit, By),
    Ask(By),
    Fact(FactId, bool),
    EmailDomain(String),
    Model(ModelId),
    Balance(LimitId),
    Plan(PlanId),
    AddOn(AddOnId),
    Vacate(RoleId),
}

/// A change that could be part of a remedy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Edit {
    Setting(SettingId, Switch),
    RolePermission(RoleId, PermissionId, Switch),
    List(ListId, Vec<String>),
    OptIn(FeatureId),
    Assign(RoleId),
}

/// What should become so: a change, by whoever may make it, or a move that is none.
#[derive(Clone, PartialEq)]
enum Wish {
    Change(Edit),
    Move(Move),
}

impl Move {
    /// Whether two moves move the same thing, so that one set of steps never has both.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Change(one, _), Self::Change(other, _)) => one.excludes(other),
            (Self::Fact(one, _), Self::Fact(other, _)) => one == other,
            (Self::Ask(_), Self::Ask(_))
            | (Self::EmailDomain(_), Self::EmailDomain(_))
            | (Self::Model(_), Self::Model(_))
            | (Self::Plan(_), Self::Plan(_)) => true,
            (one, other) => one == other,
        }
    }
}

impl Move {
    /// The facts that are so for whoever asks in the place of the subject.
    pub(super) const fn given(&self) -> Option<IdSet<FactId>> {
        match self {
            Self::Ask(by) => Some(by.given),
            _ => None,
        }
    }

    /// Whether it changes what a request says and nothing of the domain.
    const fn is_circumstance(&self) -> bool {
        match self {
            Self::Change(..) | Self::Plan(_) | Self::AddOn(_) | Self::Vacate(_) => false,
            Self::Ask(_) | Self::Fact(..) | Self::EmailDomain(_) | Self::Model(_) | Self::Balance(_) => true,
        }
    }
}

impl Edit {
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Setting(one, _), Self::Setting(other, _)) => one == other,
            (Self::RolePermission(role, one, _), Self::RolePermission(of, other, _)) => {
                (role, one) == (of, other)
            }
            (Self::List(one, _), Self::List(other, _)) => one == other,
            (one, other) => one == other,
        }
    }

    /// The change that this is, lent: entries of a list are borrowed.
    pub(super) fn lend<T>(&self, then: impl FnOnce(Change<'_>) -> T) -> T {
        match self {
            Self::Setting(setting, to) => then(Change::Setting { setting: *setting, to: *to }),
            Self::RolePermission(role, permission, to) => {
                then(Change::RolePermission { role: *role, permission: *permission, to: *to })
            }
            Self::List(list, entries) => {
                let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
                then(Change::List { list: *list, to: &entries })
            }
            Self::OptIn(feature) => then(Change::OptIn { feature: *feature, to: Switch::On }),
            Self::Assign(role) => then(Change::AssignRole { role: *role, from: None }),
        }
    }
}

/// A gate that failed, and what that is about.
#[derive(Clone, Copy)]
struct Failure {
    reason: Reason,
    because: Because,
    facts: u64,
}

impl Failure {
    fn of(deny: &Decision) -> Self {
        Self { reason: deny.reason(), because: deny.because(), facts: deny.facts().bits() }
    }
}

/// A state as those see it who could do something about its request.
pub(super) struct Here<'s> {
    engine: &'s Engine,
    request: Request<'s>,
    levers: OnceCell<Levers>,
    actors: OnceCell<Vec<(Who, bool)>>,
}

impl<'s> Here<'s> {
    pub(super) fn of(engine: &'s Engine, request: Request<'s>) -> Self {
        Self { engine, request, levers: OnceCell::new(), actors: OnceCell::new() }
    }

    /// A gate of the request itself that nothing gets past, whatever else is moved: what it needs is neither to be
    /// had nor to be bought, and no fact leads around it.
    pub(super) fn hopeless(&self) -> Option<Decision> {
        if matches!(self.request.action, Action::Permission(_)) {
            return None;
        }
        let explanation = self.engine.explain(&self.request);
        let own = explanation.steps().iter().filter(|step| step.of() == (None, None));
        let mut failed = own.filter(|step| step.gate <= Gate::Setting && step.failure().is_some());
        let step = failed.find(|step| {
            let failure = |reason| Failure { reason, because: step.because, facts: 0 };
            step.failure().is_some_and(|reason| self.wishes(failure(reason)).is_empty())
        })?;
        let deny = Decision::new(self.tag(), step.failure()?, step.because);
        Some(deny.with_fallback(explanation.decision().fallback().map(FallbackId::position)))
    }

    /// The moves that could get the request further, from every gate that it fails. None, if the gate that decides
    /// binds the whole request and nothing gets past it: whatever else is moved, it stays denied.
    pub(super) fn moves(&self) -> Vec<Move> {
        let deny = self.engine.evaluate(&self.request);
        let mut moves = self.lifting(Failure::of(&deny));
        moves.extend(self.routing(&deny));
        if moves.is_empty() && deny.reason().gate() <= Some(Gate::Setting) {
            return moves;
        }
        let open = if deny.reason() == Reason::MissingFact { deny.facts() } else { IdSet::empty() };
        let facts: Vec<FactId> = open.iter().collect();
        // Where facts decide that are not stated: what fails however they turn out.
        for number in 0..1_u64 << facts.len() {
            let stated = (0..u64::BITS).zip(&facts).map(|(index, fact)| (*fact, number >> index & 1 == 1));
            let completed = stated.fold(self.request, |request, (fact, holds)| request.fact(fact, holds));
            let wishes = self.behind_failures(&completed);
            moves.extend(self.granted_each(wishes, SUPPORT_MAX));
        }
        moves
    }

    /// What would make the gates pass that a completion of the request fails.
    fn behind_failures(&self, completed: &Request<'_>) -> Vec<Wish> {
        let explanation = self.engine.explain(completed);
        let mut wishes = Vec::new();
        for steps in explanation.steps().chunk_by(|one, next| one.of() == next.of()) {
            let mut of_steps = Vec::new();
            let mut hopeless = false;
            for step in steps {
                let Some(reason) = step.failure() else { continue };
                let own = self.wishes(Failure { reason, because: step.because, facts: step.facts });
                // Facts that are not stated are taken as false in the steps; what they could do stands in the deny.
                let passable = !own.is_empty() || reason == Reason::MissingFact;
                hopeless |= !passable && !self.leads_on(step, reason);
                of_steps.extend(own);
            }
            // An alternative with one gate that nothing gets past is none.
            if !(hopeless && steps.iter().any(|step| step.role.is_some())) {
                wishes.extend(of_steps);
            }
        }
        wishes
    }

    /// Whether another permission is asked after one that fails so: then the gates before are worth passing.
    fn leads_on(&self, step: &Step, reason: Reason) -> bool {
        let row = step.permission.and_then(|one| self.engine.catalog().model().permissions.get(one));
        reason.leads_on() && row.is_some_and(|row| !row.otherwise.is_empty())
    }

    /// Facts that, if they were so, would hand the question to other gates, which may be easier to pass.
    fn routing(&self, deny: &Decision) -> Vec<Move> {
        if !matches!(self.request.action, Action::Permission(_) | Action::Run(_)) {
            return Vec::new();
        }
        let routes = |fact: &FactId| {
            let so = Request { context: self.request.context.restated(*fact, true), ..self.request };
            let then = self.engine.evaluate(&so);
            (then.reason(), then.because()) != (deny.reason(), deny.because())
        };
        // What the deny is about is wished for by itself.
        let open =
            |fact: &FactId| self.request.context.stated(*fact) != Some(true) && !deny.facts().contains(*fact);
        let facts = self.engine.reads(&self.request).facts.iter();
        facts.filter(|fact| open(fact) && routes(fact)).map(|fact| Move::Fact(fact, true)).collect()
    }

    /// What would make a failed gate pass: what does so at once, and changes with whoever may make them.
    fn lifting(&self, failure: Failure) -> Vec<Move> {
        self.granted_each(self.wishes(failure), SUPPORT_MAX)
    }

    fn wishes(&self, failure: Failure) -> Vec<Wish> {
        let Failure { reason, because, facts } = failure;
        match reason {
            Reason::NotInPlan => self.contract(),
            // Another rule may be for this kind of domain, but for another plan.
            Reason::NotForDomainKind
                if matches!(self.request.action, Action::Change(_) | Action::Connect { .. }) =>
            {
                self.contract()
            }
            Reason::SettingOff | Reason::SettingAbsent => self.switched_on(because),
            Reason::OffForRole | Reason::OffByDefault => {
                self.cell(because, Switch::On).map(Wish::Change).into_iter().collect()
            }
            Reason::NotOnList | Reason::ListEmpty => self.listed(because),
            Reason::OptInMissing => {
                let feature = because.get(Parameter::Feature);
                let opt_in = feature.map(|feature| Edit::OptIn(FeatureId::new(self.tag(), feature)));
                opt_in.map(Wish::Change).into_iter().collect()
            }
            Reason::FactFalse => self.stated(facts, &[true]),
            Reason::FactTrue => self.stated(facts, &[false]),
            Reason::MissingFact => {
                let mut moves = self.stated(facts, &[true, false]);
                if because.get(Parameter::EmailDomain).is_some() {
                    let lists = self.engine.catalog().all::<ListId>();
                    let first = lists.filter_map(|(_, list)| self.engine.list(list).next());
                    moves.extend(first.map(|entry| Wish::Move(Move::EmailDomain(entry.to_owned()))));
                }
                moves
            }
            Reason::LimitReached | Reason::CreditsExhausted | Reason::BalanceUnknown => {
                let limit = because.get(Parameter::Limit);
                let balance = limit.map(|limit| Move::Balance(LimitId::new(self.tag(), limit)));
                balance.map(Wish::Move).into_iter().collect()
            }
            Reason::Unpriced | Reason::ProviderBarred if self.engine.reads(&self.request).model => {
                let models = self.engine.catalog().all::<ModelId>();
                models.map(|(_, model)| Wish::Move(Move::Model(model))).collect()
            }
            reason if reason.gate() == Some(Gate::Authority) => self.authorized(failure),
            _ => Vec::new(),
        }
    }

    fn tag(&self) -> Tag {
        self.engine.catalog().model().tag
    }

    fn levers(&self) -> &Levers {
        self.levers.get_or_init(|| self.engine.levers(&self.request))
    }

    fn actors(&self) -> &[(Who, bool)] {
        self.actors.get_or_init(|| by_strength(self.engine))
    }

    fn contract(&self) -> Vec<Wish> {
        contract(self.levers())
    }

    /// The setting on; where one of several would do, each of those that are off. Nothing turns on what is absent.
    fn switched_on(&self, because: Because) -> Vec<Wish> {
        let is_off = |setting: &SettingId| {
            self.engine.setting(*setting).is_some_and(|now| now.position == Switch::Off && !now.absent)
        };
        let own = because.get(Parameter::Setting).map(|setting| SettingId::new(self.tag(), setting));
        let mut settings: Vec<SettingId> = own.into_iter().filter(is_off).collect();
        if let Action::Run(_) | Action::Process { .. } = self.request.action {
            let others = self.levers().settings.iter().copied().filter(is_off);
            settings.extend(others.filter(|other| Some(*other) != own));
        }
        settings.into_iter().map(|setting| Wish::Change(Edit::Setting(setting, Switch::On))).collect()
    }

    fn cell(&self, because: Because, to: Switch) -> Option<Edit> {
        let (role, permission) = because.get(Parameter::Role).zip(because.get(Parameter::Permission))?;
        let permission = PermissionId::new(self.tag(), permission);
        Some(Edit::RolePermission(self.engine.role_id(role), permission, to))
    }

    fn stated(&self, facts: u64, ways: &[bool]) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for fact in positions(facts) {
            let fact = FactId::new(self.tag(), fact);
            wishes.extend(ways.iter().map(|holds| Wish::Move(Move::Fact(fact, *holds))));
        }
        wishes
    }

    /// The entry on the list, or the restriction gone.
    fn listed(&self, because: Because) -> Vec<Wish> {
        let list = because.get(Parameter::List).map(|list| ListId::new(self.tag(), list));
        let entry = list.zip(self.request.context.email_domain).map(|(list, domain)| {
            let entries = self.engine.list(list).map(str::to_owned);
            Edit::List(list, entries.chain([domain.to_ascii_lowercase()]).collect())
        });
        // A setting is in effect with all that it requires, so either of these turned off ends it.
        let gone: Vec<Edit> = match because.get(Parameter::Setting) {
            Some(setting) => {
                let chain = self.engine.catalog().model().chain(setting).iter();
                chain.map(|one| Edit::Setting(SettingId::new(self.tag(), *one), Switch::Off)).collect()
            }
            None => self.cell(because, Switch::Off).into_iter().collect(),
        };
        entry.into_iter().chain(gone).map(Wish::Change).collect()
    }

    /// What would let the request be made: by somebody else, or once something stands in the way no more.
    fn authorized(&self, failure: Failure) -> Vec<Wish> {
        let mut wishes = supports(self.engine, &self.request, failure);
        let passes = |(who, from_above): &(Who, bool)| {
            let asked = Request { subject: who.subject(), ..self.request };
            let granted = granted(self.engine, &asked);
            let (given, obligations) = granted.unwrap_or_else(|| (IdSet::empty(), IdSet::empty()));
            let authority_passes = || self.engine.evaluate(&asked).reason().gate() > Some(Gate::Authority);
            (granted.is_some() || authority_passes()).then_some(By {
                who: *who,
                given,
                obligations,
                from_above: *from_above,
            })
        };
        match self.actors().iter().find_map(passes) {
            Some(by) => wishes.push(Wish::Move(Move::Ask(by))),
            // Nobody may make it: whatever lets somebody.
            None => wishes.extend(self.supporting(self.request)),
        }
        wishes
    }

    /// Whatever would let one of the actors be allowed a request.
    fn supporting(&self, request: Request<'_>) -> Vec<Wish> {
        let mut wishes: Vec<Wish> = Vec::new();
        for (who, _) in self.actors() {
            let asked = Request { subject: who.subject(), ..request };
            let deny = self.engine.evaluate(&asked);
            for wish in supports(self.engine, &asked, Failure::of(&deny)) {
                if !wishes.contains(&wish) {
                    wishes.push(wish);
                }
            }
        }
        wishes
    }

    /// The steps by which a wish comes true or gets nearer: the change, by the weakest actor who may make it; if
    /// nobody may, what would let somebody.
    fn granted(&self, wish: Wish, depth: usize) -> Vec<Move> {
        let edit = match wish {
            Wish::Move(step) => return vec![step],
            Wish::Change(edit) => edit,
        };
        if let Some(by) = edit.lend(|change| weakest(self.engine, self.actors(), change)) {
            return vec![Move::Change(edit, by)];
        }
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let wishes = edit.lend(|change| self.supporting(Request::new(Subject::nobody(), change)));
        // Circumstances are those of the request, not of a change that it takes.
        let lasting = |wish: &Wish| !matches!(wish, Wish::Move(step) if step.is_circumstance());
        self.granted_each(wishes.into_iter().filter(lasting).collect(), depth)
    }

    fn granted_each(&self, wishes: Vec<Wish>, depth: usize) -> Vec<Move> {
        let mut moves = Vec::new();
        wishes.into_iter().for_each(|wish| moves.extend(self.granted(wish, depth)));
        moves
    }
}

/// Plans and add-ons that count for a request.
fn contract(levers: &Levers) -> Vec<Wish> {
    let plans = levers.plans.iter().copied().map(Move::Plan);
    plans.chain(levers.add_ons.iter().copied().map(Move::AddOn)).map(Wish::Move).collect()
}

/// What would let the subject of a request make a change, by the reason for which they may not.
fn supports(engine: &Engine, request: &Request<'_>, failure: Failure) -> Vec<Wish> {
    let tag = engine.catalog().model().tag;
    let Failure { reason, because, .. } = failure;
    let role = because.get(Parameter::Role).map(|role| engine.role_id(role));
    let assign = |role: Option<RoleId>| -> Vec<Wish> {
        role.map(Edit::Assign).map(Wish::Change).into_iter().collect()
    };
    match reason {
        Reason::NotInPlan => contract(&engine.levers(request)),
        Reason::SettingOff => {
            let setting = because.get(Parameter::Setting).map(|setting| SettingId::new(tag, setting));
            let on = setting.map(|setting| Edit::Setting(setting, Switch::On));
            on.map(Wish::Change).into_iter().collect()
        }
        Reason::NotAuthorized => by_permission(engine, request),
        // Somebody must hold the role first: verified, or beside the last holder.
        Reason::NeedsVerification => {
            let mut wishes = by_permission(engine, request);
            wishes.extend(assign(role));
            wishes
        }
        Reason::LastHolder => assign(role),
        Reason::NeedsRole => {
            let mut wishes = by_permission(engine, request);
            wishes.extend(assign(role.filter(|role| engine.holders(*role) == Holders::Counted(0))));
            wishes
        }
        Reason::RoleInUse => {
            let held = role.filter(|role| engine.holders(*role) != Holders::Counted(0));
            held.map(Move::Vacate).map(Wish::Move).into_iter().collect()
        }
        Reason::InvalidChange => restricting(engine, request, because),
        _ => Vec::new(),
    }
}

/// What would let the subject hold a permission that authority over a request can come from.
fn by_permission(engine: &Engine, request: &Request<'_>) -> Vec<Wish> {
    let catalog = engine.catalog();
    let permissions = engine.levers(request).permissions.into_iter();
    let actions = permissions.filter(|permission| catalog.restricts(*permission).is_none());
    let mut wishes = Vec::new();
    for permission in actions {
        let asked = Request { action: permission.into(), ..*request };
        let here = Here::of(engine, asked);
        let deny = engine.evaluate(&asked);
        if deny.is_deny() {
            wishes.extend(here.wishes(Failure::of(&deny)));
        }
        wishes.extend(here.behind_failures(&asked));
    }
    wishes
}

/// What would let a restriction that nobody would be left for be gone, or have somebody left: settings turned,
/// restrictions of roles off, and what they restrict on.
fn restricting(engine: &Engine, request: &Request<'_>, because: Because) -> Vec<Wish> {
    let catalog = engine.catalog();
    let named = because.get(Parameter::Permission).map(|one| PermissionId::new(catalog.model().tag, one));
    if named.and_then(|named| catalog.restricts(named)).is_none() {
        return Vec::new();
    }
    let levers = engine.levers(request);
    let settings = levers.settings.iter().filter_map(|setting| {
        let now = engine.setting(*setting)?;
        Some(Edit::Setting(*setting, now.position.reversed()))
    });
    let cells = levers.permissions.iter().flat_map(|permission| {
        let to = if catalog.restricts(*permission).is_some() { Switch::Off } else { Switch::On };
        let movable = move |(_, role): (&str, RoleId)| match engine.role_permission(role, *permission) {
            RolePermission::Configurable { position, .. } if position != to => {
                Some(Edit::RolePermission(role, *permission, to))
            }
            _ => None,
        };
        engine.roles().filter_map(movable)
    });
    settings.chain(cells).map(Wish::Change).collect()
}

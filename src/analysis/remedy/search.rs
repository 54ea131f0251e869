//! The search for remedies: breadth first over sets of moves, so that the smallest sets come first.

use std::cell::OnceCell;
use std::rc::Rc;

use super::actors::{By, by_strength, weakest};
use super::moves::{Here, Move};
use super::{Made, Remedies, Remedy, Step};
use crate::analysis::circumstances::{AMPLE, with_model, with_tokens};
use crate::analysis::question::role_name;
use crate::ascending::Ascending;
use crate::catalog::Bind;
use crate::decision::{Decision, Gate};
use crate::domain::{Change, Edit};
use crate::engine::{Engine, Record};
use crate::id::{IdSet, InSet, LimitId, QuantityId, RoleId, StandingId};
use crate::request::{Action, Balance, Context, Request, Subject};

/// A state of a search: what was done, and what is then.
#[derive(Clone)]
struct State<'a> {
    start: &'a Engine,
    /// The engine as it has become, if a step changed the domain.
    changed: Option<Rc<Engine>>,
    roles: Vec<RoleId>,
    standings: Vec<StandingId>,
    action: Action<'a>,
    /// Tokens in the place of those that the action states.
    tokens: Option<Vec<(QuantityId, u64)>>,
    context: Context<'a>,
    email_domain: Option<String>,
    balances: Vec<(LimitId, Balance)>,
    path: Vec<Move>,
}

impl<'a> State<'a> {
    fn of(start: &'a Engine, request: &Request<'a>) -> Self {
        Self {
            start,
            changed: None,
            roles: request.subject.all_roles().to_vec(),
            standings: request.subject.standings().to_vec(),
            action: request.action,
            tokens: None,
            context: request.context,
            email_domain: None,
            balances: request.context.balances.to_vec(),
            path: Vec::new(),
        }
    }

    fn engine(&self) -> &Engine {
        self.changed.as_deref().unwrap_or(self.start)
    }

    fn request(&self) -> Request<'_> {
        let action = with_tokens(self.action, self.tokens.as_deref());
        let subject = Subject::roles(&self.roles).with_standings(&self.standings);
        let email_domain = self.email_domain.as_deref().or(self.context.email_domain);
        let context = Context { email_domain, balances: &self.balances, ..self.context };
        Request::new(subject, action).with_context(context)
    }

    fn decide(&self) -> Decision {
        self.engine().evaluate(&self.request())
    }

    /// The moves that lead on from here: none that moves again what was moved before.
    fn here(&self) -> Here<'_> {
        Here::of(self.engine(), self.request())
    }

    fn moves(&self) -> Vec<Move> {
        let mut moves = self.here().moves();
        moves.retain(|step| self.path.iter().all(|taken| !taken.excludes(step)));
        moves
    }

    /// What is once a step is taken; `None` where the domain would not be sound.
    fn after(&self, step: &Move) -> Option<Self> {
        let mut then = self.clone();
        let engine = self.engine();
        let mut moved = |engine: Option<Engine>| -> Option<()> {
            then.changed = Some(Rc::new(engine?));
            Some(())
        };
        match step {
            Move::Change(edit, _) => moved(edit.lend(|change| engine.with_change(change)))?,
            Move::Plan(plan) => moved(engine.with(Edit::Plan(*plan)))?,
            Move::AddOn(add_on) => moved(engine.with(Edit::AddOn(*add_on)))?,
            Move::Vacate(role) => moved(engine.with(Edit::Holders(*role, 0)))?,
            Move::Ask(by) => {
                let subject = by.who.subject();
                then.roles = subject.all_roles().to_vec();
                then.standings = subject.standings().to_vec();
                then.context = by.given.iter().fold(then.context, |context, fact| context.fact(fact, true));
            }
            Move::Fact(fact, holds) => then.context = then.context.restated(*fact, *holds),
            Move::EmailDomain(domain) => then.email_domain = Some(domain.clone()),
            Move::Model(model) => (then.action, then.tokens) = with_model(engine, self.action, *model),
            Move::Balance(limit) => {
                then.balances.retain(|(other, _)| other != limit);
                then.balances.push((*limit, Balance::Remaining(AMPLE)));
            }
        }
        Some(then)
    }

    /// What is once a way is gone again from here; `None` where it cannot be gone, or does not suffice.
    fn retraced(&self, path: &[Move]) -> Option<Self> {
        let mut state = self.clone();
        for step in path {
            let actors = || by_strength(state.engine());
            let step = match step {
                Move::Change(edit, _) => {
                    let by = edit.lend(|change| weakest(state.engine(), &actors(), change))?;
                    Move::Change(edit.clone(), by)
                }
                Move::Ask(by) if actors().iter().all(|(who, _)| *who != by.who) => return None,
                other => other.clone(),
            };
            state = state.after(&step)?;
            state.path.push(step);
        }
        state.decide().is_allow().then_some(state)
    }

    /// A way from here without the steps that can be left out: some only led to what lifts the deny.
    fn shortest(&self, path: Vec<Move>) -> Vec<Move> {
        let fewer = (0..path.len()).find_map(|left_out| {
            let fewer: Vec<Move> = path
                .iter()
                .take(left_out)
                .chain(path.iter().skip(left_out.saturating_add(1)))
                .cloned()
                .collect();
            self.retraced(&fewer)
        });
        fewer.map_or(path, |state| self.shortest(state.path))
    }

    /// The moves on the way to here and one more, whatever their order.
    fn set_with(&self, step: &Move) -> Ascending<Move> {
        self.path.iter().chain([step]).cloned().collect()
    }

    /// What is stated by whoever asks, on the way to here or in one more move: it depends on what comes before, so that
    /// a set of moves with somebody else who asks can lead to more than one state.
    fn given_with(&self, step: &Move) -> u64 {
        let asked = self.path.iter().chain([step]).filter_map(Move::given);
        asked.fold(0, |facts, given| facts | given.bits())
    }
}

/// What would lift a deny, of which this is the record.
pub(super) fn remedies(engine: &Engine, request: &Request<'_>, decision: Record) -> Remedies {
    let search = Search::run(engine, request);
    let remedies: Vec<Remedy> = search.found.into_iter().map(|(_, path)| remedy(engine, &path)).collect();
    let stuck = search.stuck.unwrap_or_else(|| decision.clone());
    let impossible = (remedies.is_empty() && search.complete).then_some(stuck);
    let other_roles = other_roles(engine, request);
    Remedies { decision, remedies, impossible, other_roles, complete: search.complete }
}

/// What a search came to.
struct Search {
    /// Sets of moves, smallest first, with the path that each was found by.
    found: Vec<(Ascending<Move>, Vec<Move>)>,
    /// The first deny from which no step led on, if it is not that of the request as it stands.
    stuck: Option<Record>,
    complete: bool,
}

impl Search {
    fn run(engine: &Engine, request: &Request<'_>) -> Self {
        let mut search = Self { found: Vec::new(), stuck: None, complete: true };
        let mut seen: Ascending<(Ascending<Move>, u64)> = Ascending::default();
        let start = State::of(engine, request);
        let mut layer = vec![start.clone()];
        for _ in 0..Remedies::STEPS_MAX {
            let mut next = Vec::new();
            for state in &layer {
                if let Some(deny) = state.here().hopeless() {
                    search.stuck_at(state, deny);
                    continue;
                }
                let moves = state.moves();
                if moves.is_empty() {
                    search.stuck_at(state, state.decide());
                }
                for step in moves {
                    let set = state.set_with(&step);
                    // A set that contains one that suffices is not minimal.
                    if search.has_part_of(&set) || !seen.insert((set, state.given_with(&step))) {
                        continue;
                    }
                    if seen.len() > Remedies::SETS_MAX {
                        search.complete = false;
                        return search;
                    }
                    let Some(mut then) = state.after(&step) else { continue };
                    then.path.push(step);
                    let decision = then.decide();
                    // What contradicts the rest of the request, as a fact against the times, is no step.
                    if decision.reason().gate() == Some(Gate::Known) {
                        continue;
                    }
                    if decision.is_allow() {
                        search.keep(start.shortest(then.path));
                    } else {
                        next.push(then);
                    }
                }
            }
            if next.is_empty() {
                return search;
            }
            layer = next;
        }
        let over = |state: &State<'_>| state.here().hopeless().is_some() || state.moves().is_empty();
        search.complete = layer.iter().all(over);
        search
    }

    /// Keeps a way of which no step can be left out, in the place of those that have all its steps and more.
    fn keep(&mut self, path: Vec<Move>) {
        let set: Ascending<Move> = path.iter().cloned().collect();
        if !self.has_part_of(&set) {
            self.found.retain(|(other, _)| !is_part_of(&set, other));
            let at = self.found.partition_point(|(other, _)| other.len() <= set.len());
            self.found.insert(at, (set, path));
        }
    }

    fn has_part_of(&self, set: &Ascending<Move>) -> bool {
        self.found.iter().any(|(found, _)| is_part_of(found, set))
    }

    /// Where the request is stuck as it stands, its own record says so, with names that nobody has.
    fn stuck_at(&mut self, state: &State<'_>, deny: Decision) {
        if !state.path.is_empty() || deny.reason() != state.decide().reason() {
            self.stuck.get_or_insert_with(|| state.engine().record(&deny));
        }
    }
}

/// Whether a set has all the moves of another one.
fn is_part_of(part: &Ascending<Move>, set: &Ascending<Move>) -> bool {
    part.iter().all(|step| set.contains(step))
}

/// What the subject may do in another role, if somebody may assign it.
fn other_roles(engine: &Engine, request: &Request<'_>) -> Vec<Remedy> {
    let own = request.subject.all_roles();
    let actors = OnceCell::new();
    // The assignment itself matters only where it matters how many hold a role.
    let counts = !engine.levers(request).holders.is_empty();
    let roles = engine.roles().map(|(_, role)| role).filter(|role| !own.contains(role));
    let assign = |role: RoleId| {
        let change = Change::AssignRole { role, from: own.first().copied() };
        let subject = Subject::roles(std::slice::from_ref(&role)).with_standings(request.subject.standings());
        let asked = Request { subject, ..*request };
        if !counts && engine.evaluate(&asked).is_deny() {
            return None;
        }
        let by = weakest(engine, actors.get_or_init(|| by_strength(engine)), change)?;
        let allowed = !counts || engine.with_change(change)?.evaluate(&asked).is_allow();
        allowed.then(|| Remedy { steps: vec![Step::Assign(made(engine, change, &by))] })
    };
    roles.filter_map(assign).collect()
}

fn remedy(engine: &Engine, path: &[Move]) -> Remedy {
    Remedy { steps: path.iter().map(|step| named(engine, step)).collect() }
}

fn named(engine: &Engine, step: &Move) -> Step {
    let catalog = engine.catalog();
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    match step {
        Move::Change(edit, by) => Step::Change(edit.lend(|change| made(engine, change, by))),
        Move::Ask(by) => Step::Ask { by: by.who.named(engine), given: names(engine, by.given) },
        Move::Fact(fact, holds) => Step::Fact { fact: name(catalog.name(*fact)), holds: *holds },
        Move::EmailDomain(domain) => Step::EmailDomain(domain.clone()),
        Move::Model(model) => Step::Model(name(catalog.name(*model))),
        Move::Balance(limit) => Step::Balance(name(catalog.name(*limit))),
        Move::Plan(plan) => Step::Plan(name(catalog.name(*plan))),
        Move::AddOn(add_on) => Step::AddOn(name(catalog.name(*add_on))),
        Move::Vacate(role) => Step::Vacate(role_name(engine, *role)),
    }
}

/// A change in names, with who makes it.
fn made(engine: &Engine, change: Change<'_>, by: &By) -> Made {
    let change = engine.named(&Request::new(Subject::nobody(), change)).action.change.unwrap_or_default();
    Made {
        by: by.who.named(engine),
        change,
        given: names(engine, by.given),
        obligations: names(engine, by.obligations),
        from_above: by.from_above,
    }
}

fn names<T: InSet + Bind>(engine: &Engine, set: IdSet<T>) -> Vec<String> {
    set.iter().filter_map(|one| engine.catalog().name(one)).map(str::to_owned).collect()
}

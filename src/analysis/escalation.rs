//! Escalation: whether somebody can give themselves a permission by changes they may make.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::circumstances::holds;
use super::moving_parts::Moving;
use super::question::{Question, names};
use super::remedy::write_change;
use crate::ascending::Ascending;
use crate::engine::Engine;
use crate::id::StandingId;
use crate::request::{NamedAction, NamedChange, NamedRequest, NamedSubject};

/// How many states a search looks at before it gives up.
const STATES_MAX: usize = 5_000;

/// Whether somebody can reach a permission that they do not have, by changes they may make.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Escalation {
    /// The role that they have at first; empty for somebody who has standings only.
    pub role: String,
    /// The standings that they have, and keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<String>,
    /// The permission.
    pub permission: String,
    /// What was found.
    pub outcome: Outcome,
    /// Whether no shorter path is possible. `false` where more states would have had to be looked at: the path is one,
    /// and no step of it can be left out, but another may be shorter.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub shortest: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_yes(shortest: &bool) -> bool {
    *shortest
}

/// What a search for an escalation came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// They have the permission as it is.
    Held,
    /// By these changes; each is allowed to the actor when it is made.
    Path(Vec<EscalationStep>),
    /// By no sequence of changes: everything that could matter was tried.
    None,
    /// The search gave up; it may or may not be possible.
    Undecided,
}

/// One change on the way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EscalationStep {
    /// The role that the actor has when making the change; empty for none.
    pub role: String,
    /// The standings that the actor has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<String>,
    /// The change.
    pub change: NamedChange,
    /// Whether it assigns the actor another role.
    pub assigns_self: bool,
}

impl EscalationStep {
    /// The change as a request of the actor.
    pub fn request(&self) -> NamedRequest {
        let action = NamedAction { change: Some(self.change.clone()), ..NamedAction::default() };
        NamedRequest::new(subject(&self.role, &self.standings), action)
    }
}

impl fmt::Display for EscalationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut having: Vec<&str> = self.standings.iter().map(String::as_str).collect();
        having.extend(Some(self.role.as_str()).filter(|role| !role.is_empty()));
        write!(f, "as `{}`, the actor ", having.join("`, `"))?;
        write_change(f, &self.change)?;
        if self.assigns_self { f.write_str(", to themselves") } else { Ok(()) }
    }
}

impl Engine {
    /// The shortest way in which a holder of a role, by changes that each are allowed to them at that moment, gets to
    /// where some circumstances allow them a permission by itself; or an exhaustive no.
    ///
    /// **What is searched.** Only what the answer can depend on: what the permission itself depends on, and in turn
    /// what the authority over every change of that depends on. Of that: each setting on (one that restricts: at
    /// either position), each permission on for each role (a restriction: off), each list with entries, one fresh custom
    /// role on each base, holders of counted roles moved away where that can empty the role, and the actor in any role.
    /// More rights and fewer restrictions never take anything away, so changes the other way lead nowhere that these do
    /// not; settings, role permissions and lists that are not searched change neither the goal nor anybody's authority.
    /// Two fresh roles on the same base give no more than one: the actor has one role at a time, and whatever may be set
    /// on one may be set on the other.
    ///
    /// Nothing is vouched for on the way: a change that needs a fact, such as being verified, is not made.
    ///
    /// A search looks at 5,000 states at most. Where that is not enough to find the shortest path,
    /// [`shortest`](Escalation::shortest) is false; where it is not enough to tell, the outcome is
    /// [`Undecided`](Outcome::Undecided).
    ///
    /// ```
    /// # use tollkeeper::{analysis::Outcome, catalog::Catalog, domain::Domain, engine::Engine};
    /// let domain = Domain::parse("
    ///     domain = { id = 'acme', kind = 'organization', plan = 'enterprise_plus' }
    ///     holders = { super_admin = 2 }
    ///     roles = { admin = { permissions = { create_teams = 'off' } } }
    /// ")?;
    /// let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// // An admin may not create teams, but may assign themselves a role that may.
    /// let Outcome::Path(path) = engine.escalation("admin", "create_teams").outcome else { panic!() };
    /// assert_eq!(path.len(), 1);
    /// assert_eq!(engine.escalation("admin", "manage_roles").outcome, Outcome::None);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn escalation(&self, role: &str, permission: &str) -> Escalation {
        self.escalation_of(role, &[], permission)
    }

    /// The same for somebody who also has standings; with an empty role, for somebody who has nothing else.
    ///
    /// ```
    /// # use tollkeeper::{analysis::Outcome, catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse("
    /// #     domain = { id = 'studio', kind = 'workspace', plan = 'starter' }
    /// #     settings = { ai_studio = 'off' }
    /// # ")?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// // Who pays for a workspace turns its switches, whatever role they have.
    /// let who = (["billing_owner"], "trigger_ai_workflows");
    /// assert!(matches!(engine.escalation_of("guest", &who.0, who.1).outcome, Outcome::Path(_)));
    /// assert_eq!(engine.escalation("guest", who.1).outcome, Outcome::None);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn escalation_of(&self, role: &str, standings: &[&str], permission: &str) -> Escalation {
        let goal = Question::Permission(permission.to_owned());
        let standings: Vec<String> = standings.iter().map(|one| (*one).to_owned()).collect();
        let start = State { engine: self.clone(), role: role.to_owned(), path: Vec::new() };
        let search = Search { moving: Moving::of(self, role, std::slice::from_ref(&goal)), standings };
        let (outcome, shortest) = search.outcome(&start, &goal);
        let (role, permission) = (role.to_owned(), permission.to_owned());
        Escalation { role, standings: search.standings, permission, outcome, shortest }
    }

    /// Every escalation in this domain: each role, and each role with a standing that gives it more, with each
    /// permission that it does not have but can reach, and those that the search gave up on.
    pub fn escalations(&self) -> Vec<Escalation> {
        let roles = self.roles().map(|(role, _)| role.to_owned()).chain([String::new()]);
        let standings: Vec<String> = names::<StandingId>(self).collect();
        let mut found = Vec::new();
        for role in roles {
            let alone = self.escalations_of(&role, &[]);
            let reached: Ascending<String> = alone.iter().map(|one| one.permission.clone()).collect();
            found.extend(alone);
            for standing in &standings {
                let with = self.escalations_of(&role, &[standing]);
                found.extend(with.into_iter().filter(|one| !reached.contains(&one.permission)));
            }
        }
        found
    }

    /// Whatever somebody can reach at all, one search for all permissions tells; then each is looked for by itself.
    fn escalations_of(&self, role: &str, standings: &[&str]) -> Vec<Escalation> {
        let goals = self.permission_questions();
        let owned = standings.iter().map(|one| (*one).to_owned()).collect();
        let search = Search { moving: Moving::of(self, role, &goals), standings: owned };
        let start = State { engine: self.clone(), role: role.to_owned(), path: Vec::new() };
        let (states, complete) = search.closure(&start);
        let reachable = |goal: &&Question| {
            !search.reached(&start, goal)
                && (!complete || states.iter().any(|state| search.reached(state, goal)))
        };
        let asked = goals.iter().filter(reachable);
        let found = asked.map(|goal| self.escalation_of(role, standings, &goal.to_string()));
        found.filter(|one| matches!(one.outcome, Outcome::Path(_) | Outcome::Undecided)).collect()
    }
}

fn subject(role: &str, standings: &[String]) -> NamedSubject {
    let roles = Some(role.to_owned()).filter(|role| !role.is_empty());
    NamedSubject { id: None, roles: roles.into_iter().collect(), standings: standings.to_vec() }
}

/// Where the actor is: what the domain has become, and the role they have.
#[derive(Clone)]
struct State {
    engine: Engine,
    role: String,
    path: Vec<EscalationStep>,
}

impl State {
    fn key(&self) -> (String, u64) {
        (self.role.clone(), self.engine.version())
    }
}

struct Search {
    moving: Moving,
    standings: Vec<String>,
}

impl Search {
    fn reached(&self, state: &State, goal: &Question) -> bool {
        holds(&state.engine, &goal.asked_by(subject(&state.role, &self.standings)))
    }

    fn outcome(&self, start: &State, goal: &Question) -> (Outcome, bool) {
        if self.reached(start, goal) {
            return (Outcome::Held, true);
        }
        let (states, complete) = self.closure(start);
        let Some(reached) = states.iter().find(|state| self.reached(state, goal)) else {
            return (if complete { Outcome::None } else { Outcome::Undecided }, true);
        };
        match self.shortest(start, goal) {
            Some(path) => (Outcome::Path(path), true),
            None => (Outcome::Path(self.shortened(start, goal, reached.path.clone())), false),
        }
    }

    /// Every state worth looking at, with everything done in it that only adds and that the actor may do: what is
    /// reached at all is reached in one of these. And whether there were no more states than are looked at.
    fn closure(&self, start: &State) -> (Vec<State>, bool) {
        let (mut seen, mut states) = (Ascending::default(), Vec::new());
        let mut queue = VecDeque::from([start.clone()]);
        while let Some(mut state) = queue.pop_front() {
            self.saturate(&mut state);
            if !seen.insert(state.key()) {
                continue;
            }
            if seen.len() > STATES_MAX {
                return (states, false);
            }
            queue.extend(self.moves(&state, &self.moving.branching(&state.engine)));
            states.push(state);
        }
        (states, true)
    }

    /// Everything that only adds and that the actor may do, until nothing is left.
    fn saturate(&self, state: &mut State) {
        loop {
            let adding = self.moving.adding(&state.engine);
            let steps: Vec<_> = adding
                .into_iter()
                .map(|change| self.step(state, change))
                .filter(|step| state.allows(step))
                .collect();
            let changes: Vec<NamedChange> = steps.iter().map(|step| step.change.clone()).collect();
            let together = state.engine.with_changes(&changes).filter(|_| !changes.is_empty());
            let Some(engine) = together.filter(|then| then.version() != state.engine.version()) else {
                return;
            };
            state.engine = engine;
            state.path.extend(steps);
        }
    }

    /// Breadth first, so that the first path found is among the shortest; `None` where that takes too many states.
    fn shortest(&self, start: &State, goal: &Question) -> Option<Vec<EscalationStep>> {
        let mut seen: Ascending<_> = [start.key()].into_iter().collect();
        let mut queue = VecDeque::from([start.clone()]);
        while let Some(state) = queue.pop_front() {
            let mut changes = self.moving.adding(&state.engine);
            changes.extend(self.moving.branching(&state.engine));
            for next in self.moves(&state, &changes) {
                if !seen.insert(next.key()) {
                    continue;
                }
                if self.reached(&next, goal) {
                    return Some(next.path);
                }
                if seen.len() > STATES_MAX {
                    return None;
                }
                queue.push_back(next);
            }
        }
        None
    }

    /// A path without the steps that it can do without.
    fn shortened(
        &self,
        start: &State,
        goal: &Question,
        mut path: Vec<EscalationStep>,
    ) -> Vec<EscalationStep> {
        let mut at = 0;
        while at < path.len() {
            let mut fewer = path.clone();
            fewer.remove(at);
            match self.walked(start, &fewer).filter(|end| self.reached(end, goal)) {
                Some(end) => path = end.path,
                None => at = at.saturating_add(1),
            }
        }
        path
    }

    fn walked(&self, start: &State, path: &[EscalationStep]) -> Option<State> {
        let mut state = start.clone();
        for step in path {
            let becomes = step.change.assign_role.as_deref().filter(|_| step.assigns_self);
            state = self.made(&state, step.change.clone(), becomes)?;
        }
        Some(state)
    }

    /// Where these changes lead, and the actor assigning themselves each other role.
    fn moves(&self, state: &State, changes: &[NamedChange]) -> Vec<State> {
        let mut moves: Vec<State> =
            changes.iter().filter_map(|change| self.made(state, change.clone(), None)).collect();
        for (role, _) in state.engine.roles().filter(|(role, _)| *role != state.role) {
            let mut change = NamedChange { assign_role: Some(role.to_owned()), ..NamedChange::default() };
            change.from = Some(state.role.clone()).filter(|from| !from.is_empty());
            moves.extend(self.made(state, change, Some(role)));
        }
        moves
    }

    fn step(&self, state: &State, change: NamedChange) -> EscalationStep {
        let (role, standings) = (state.role.clone(), self.standings.clone());
        EscalationStep { role, standings, change, assigns_self: false }
    }

    /// The state after a change, if it is allowed to the actor.
    fn made(&self, state: &State, change: NamedChange, becomes: Option<&str>) -> Option<State> {
        let step = EscalationStep { assigns_self: becomes.is_some(), ..self.step(state, change) };
        let applied = state.engine.apply_named(&step.request()).ok()?;
        let engine = Engine::compile(state.engine.catalog(), &applied.domain).ok()?;
        let role = becomes.map_or_else(|| state.role.clone(), str::to_owned);
        let path = state.path.iter().cloned().chain([step]).collect();
        Some(State { engine, role, path })
    }
}

impl State {
    fn allows(&self, step: &EscalationStep) -> bool {
        self.engine.evaluate_named(&step.request()).is_allow()
    }
}

//! Escalation: whether somebody can give themselves a permission by changes they may make.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::circumstances::holds;
use super::question::{Actor, Question, give, names, turn};
use super::reach::Lever;
use super::remedy::write_change;
use crate::engine::{Engine, Holders, Levers, RolePermission};
use crate::id::{ListId, PermissionId, RoleId, SettingId};
use crate::request::{NamedAction, NamedChange, NamedRequest};
use crate::word::Switch;

/// How many states are looked at before a search gives up.
const STATES_MAX: usize = 1_500;

/// Whether a holder of a role can reach a permission that the role does not have, by changes they may make.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Escalation {
    /// The role.
    pub role: String,
    /// The permission.
    pub permission: String,
    /// What was found.
    pub outcome: Outcome,
}

/// What a search for an escalation came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The role has the permission as it is.
    Held,
    /// By these changes, as few as possible; each is allowed to the actor when it is made.
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
    /// The role that the actor has when making the change.
    pub role: String,
    /// The change.
    pub change: NamedChange,
    /// Whether it assigns the actor another role.
    pub assigns_self: bool,
}

impl EscalationStep {
    /// The change as a request of the actor.
    pub fn request(&self) -> NamedRequest {
        let action = NamedAction { change: Some(self.change.clone()), ..NamedAction::default() };
        NamedRequest::new(Actor::Role(self.role.clone()).subject(), action)
    }
}

impl fmt::Display for EscalationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "as `{}`, the actor ", self.role)?;
        write_change(f, &self.change)?;
        if self.assigns_self { f.write_str(", to themselves") } else { Ok(()) }
    }
}

impl Engine {
    /// The shortest way in which a holder of a role, by changes that each are allowed to them at that moment, gets to
    /// where some circumstances allow them a permission by itself; or an exhaustive no.
    ///
    /// **What is searched.** Only what the answer can depend on, which [`levers`](Self::levers) names: for the
    /// permission, and in turn for every change of what was found so. Of that: each setting at either position,
    /// each permission of each role on or off, each list with or without entries, one fresh custom role on each
    /// base, custom roles deleted, other holders of counted roles moved away, and the actor in any role. Settings,
    /// role permissions and lists that are not searched change neither the goal nor anybody's authority, so a no is
    /// exhaustive. Two more fresh roles on the same base would not give more than one: the actor has one role at a
    /// time, and whatever may be set on one may be set on the other.
    ///
    /// Nothing is vouched for on the way: a change that needs a fact, such as being verified, is not made.
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
        let search = Search::new(self, role, permission);
        let outcome = search.outcome(self, role);
        Escalation { role: role.to_owned(), permission: permission.to_owned(), outcome }
    }

    /// Every escalation in this domain: each role with each permission that it does not have but can reach, and
    /// those that the search gave up on.
    pub fn escalations(&self) -> Vec<Escalation> {
        let roles: Vec<String> = self.roles().map(|(role, _)| role.to_owned()).collect();
        let permissions = self.permission_questions();
        let all = roles.iter().flat_map(|role| {
            permissions.iter().map(move |permission| self.escalation(role, &permission.to_string()))
        });
        all.filter(|one| matches!(one.outcome, Outcome::Path(_) | Outcome::Undecided)).collect()
    }
}

/// The parts of a domain that can matter.
struct Search {
    goal: Question,
    settings: BTreeSet<SettingId>,
    permissions: BTreeSet<PermissionId>,
    lists: BTreeSet<ListId>,
    holders: BTreeSet<RoleId>,
}

/// Where the actor is: what the domain has become, and the role they have.
#[derive(Clone)]
struct State {
    engine: Engine,
    role: String,
    path: Vec<EscalationStep>,
}

impl Search {
    /// What the goal depends on, and in turn every change of that.
    fn new(engine: &Engine, role: &str, permission: &str) -> Self {
        let goal = Question::Permission(permission.to_owned());
        let actor = Actor::Role(role.to_owned());
        let mut search = Self {
            settings: BTreeSet::new(),
            permissions: BTreeSet::new(),
            lists: BTreeSet::new(),
            holders: BTreeSet::new(),
            goal,
        };
        search.add(engine.levers_named(&search.goal.asked_by(actor.subject())));
        loop {
            let before = search.size();
            for change in search.kinds_of_change(engine, role) {
                let action = NamedAction { change: Some(change), ..NamedAction::default() };
                search.add(engine.levers_named(&NamedRequest::new(actor.subject(), action)));
            }
            if search.size() == before {
                return search;
            }
        }
    }

    fn add(&mut self, levers: Levers) {
        self.settings.extend(levers.settings);
        self.permissions.extend(levers.permissions);
        self.lists.extend(levers.lists);
        self.holders.extend(levers.holders);
    }

    fn size(&self) -> usize {
        let counted = self.lists.len().saturating_add(self.holders.len());
        self.settings.len().saturating_add(self.permissions.len()).saturating_add(counted)
    }

    /// One change of each kind that could matter: who may make it can matter in turn.
    fn kinds_of_change(&self, engine: &Engine, role: &str) -> Vec<NamedChange> {
        let catalog = engine.catalog();
        let settings = self.settings.iter().filter_map(|one| catalog.name(*one));
        let both = |name: &str| [Switch::Off, Switch::On].map(|to| turn(name.to_owned(), to));
        let permissions = self.permissions.iter().filter_map(|one| catalog.name(*one));
        let given = permissions.map(|name| give(role.to_owned(), name.to_owned(), Switch::On));
        let lists = self.lists.iter().filter_map(|one| catalog.name(*one));
        let listed = lists.filter_map(|name| Lever::List(name.to_owned()).turned(engine));
        let role = Some(role.to_owned());
        let created = NamedChange {
            create_role: Some("new".to_owned()),
            based_on: role.clone(),
            ..NamedChange::default()
        };
        let assigned = NamedChange { assign_role: role.clone(), ..NamedChange::default() };
        let deleted = NamedChange { delete_role: role, ..NamedChange::default() };
        // Deleting matters only where a restriction must restrict somebody.
        let deleted = (!self.lists.is_empty()).then_some(deleted);
        let roles = [created, assigned].into_iter().chain(deleted);
        settings.flat_map(both).chain(given).chain(listed).chain(roles).collect()
    }

    fn reached(&self, state: &State) -> bool {
        holds(&state.engine, &self.goal.asked_by(Actor::Role(state.role.clone()).subject()))
    }

    fn outcome(&self, engine: &Engine, role: &str) -> Outcome {
        let start = State { engine: engine.clone(), role: role.to_owned(), path: Vec::new() };
        if self.reached(&start) {
            return Outcome::Held;
        }
        // Where nothing is restricted, more rights and switches on never take anything away; then whether there
        // is a way at all can be told by giving everything that may be given, which visits far fewer states.
        if self.lists.is_empty() && self.search(&start, true) == Outcome::None {
            return Outcome::None;
        }
        self.search(&start, false)
    }

    /// Breadth first: the first path found is among the shortest. `greedy`: before each branch, whatever only adds
    /// is done at once.
    fn search(&self, start: &State, greedy: bool) -> Outcome {
        let mut seen = BTreeSet::new();
        let mut queue = VecDeque::from([start.clone()]);
        while let Some(mut state) = queue.pop_front() {
            if greedy {
                self.saturate(&mut state);
            }
            if !seen.insert((state.role.clone(), state.engine.version())) {
                continue;
            }
            if seen.len() > STATES_MAX {
                return Outcome::Undecided;
            }
            if self.reached(&state) {
                return Outcome::Path(state.path);
            }
            for next in self.moves(&state, greedy) {
                if !greedy && self.reached(&next) {
                    return Outcome::Path(next.path);
                }
                if !seen.contains(&(next.role.clone(), next.engine.version())) {
                    queue.push_back(next);
                }
            }
        }
        Outcome::None
    }

    /// Everything that only adds and that the actor may do, until nothing is left.
    fn saturate(&self, state: &mut State) {
        let mut left: BTreeMap<String, NamedChange> = BTreeMap::new();
        loop {
            left.clear();
            let adding = self.adding(state).into_iter().chain(Self::created(state));
            left.extend(adding.map(|change| (format!("{change:?}"), change)));
            let before = state.engine.version();
            for change in left.values() {
                if let Some(next) = made(state, change.clone(), None) {
                    *state = next;
                }
            }
            if state.engine.version() == before {
                return;
            }
        }
    }

    fn moves(&self, state: &State, greedy: bool) -> Vec<State> {
        let mut moves = Vec::new();
        if !greedy {
            let adding = self.adding(state).into_iter().chain(Self::created(state));
            let taking = if self.lists.is_empty() { Vec::new() } else { self.taking(state) };
            moves.extend(adding.chain(taking).filter_map(|change| made(state, change, None)));
        }
        for (role, _) in state.engine.roles().filter(|(role, _)| *role != state.role) {
            let mut change = NamedChange { assign_role: Some(role.to_owned()), ..NamedChange::default() };
            change.from = Some(state.role.clone());
            moves.extend(made(state, change, Some(role)));
        }
        moves.extend(self.emptied(state).into_iter().filter_map(|change| made(state, change, None)));
        moves
    }

    /// Changes that give: settings and permissions on, entries on empty lists.
    fn adding(&self, state: &State) -> Vec<NamedChange> {
        self.turns(&state.engine, Switch::On)
    }

    /// Changes that take away, which matter only where something is restricted; custom roles deleted among them.
    fn taking(&self, state: &State) -> Vec<NamedChange> {
        let mut changes = self.turns(&state.engine, Switch::Off);
        let roles = state.engine.roles().filter(|(role, _)| *role != state.role);
        changes.extend(
            roles.map(|(role, _)| NamedChange {
                delete_role: Some(role.to_owned()),
                ..NamedChange::default()
            }),
        );
        changes
    }

    fn turns(&self, engine: &Engine, to: Switch) -> Vec<NamedChange> {
        let catalog = engine.catalog();
        let off = to.reversed();
        let is_off = |one: &&SettingId| engine.setting(**one).is_some_and(|now| now.position == off);
        let settings = self.settings.iter().filter(is_off).filter_map(|one| catalog.name(*one));
        let mut changes: Vec<NamedChange> = settings.map(|name| turn(name.to_owned(), to)).collect();
        for permission in &self.permissions {
            let Some(name) = catalog.name(*permission) else { continue };
            let is_off = |role: RoleId| match engine.role_permission(role, *permission) {
                RolePermission::Configurable { position, .. } => position == off,
                _ => false,
            };
            let roles = engine.roles().filter(|(_, role)| is_off(*role));
            changes.extend(roles.map(|(role, _)| give(role.to_owned(), name.to_owned(), to)));
        }
        let is_off = |one: &&ListId| engine.list(**one).next().is_none() == (to == Switch::On);
        let lists = self.lists.iter().filter(is_off).filter_map(|one| catalog.name(*one));
        changes.extend(lists.filter_map(|name| Lever::List(name.to_owned()).turned(engine)));
        changes
    }

    /// A fresh custom role on each base, unless it is there already.
    fn created(state: &State) -> Vec<NamedChange> {
        let fresh = |base: String| {
            let name = format!("new_{base}");
            state.engine.role(&name).is_none().then(|| NamedChange {
                create_role: Some(name),
                based_on: Some(base),
                ..NamedChange::default()
            })
        };
        names::<RoleId>(&state.engine).filter_map(fresh).collect()
    }

    /// Another holder of a role whose number matters, moved away.
    fn emptied(&self, state: &State) -> Vec<NamedChange> {
        let counted = self
            .holders
            .iter()
            .filter(|role| matches!(state.engine.holders(**role), Holders::Counted(count) if count > 0));
        let name =
            |wanted: &RoleId| state.engine.roles().find(|(_, role)| role == wanted).map(|(name, _)| name);
        let moved = counted.filter_map(name).filter_map(|from| {
            let to = state.engine.roles().find(|(role, id)| *role != from && !self.holders.contains(id))?;
            let mut change = NamedChange { assign_role: Some(to.0.to_owned()), ..NamedChange::default() };
            change.from = Some(from.to_owned());
            Some(change)
        });
        moved.collect()
    }
}

/// The state after a change, if it is allowed to the actor.
fn made(state: &State, change: NamedChange, becomes: Option<&str>) -> Option<State> {
    let step = EscalationStep { role: state.role.clone(), change, assigns_self: becomes.is_some() };
    let applied = state.engine.apply_named(&step.request()).ok()?;
    let engine = Engine::compile(state.engine.catalog(), &applied.domain).ok()?;
    let role = becomes.map_or_else(|| state.role.clone(), str::to_owned);
    let path = state.path.iter().cloned().chain([step]).collect();
    Some(State { engine, role, path })
}

//! The engine: a catalog and a domain, compiled; requests in, decisions out.
//!
//! A decision is a few alternatives (most often one), each a conjunction of gates in a fixed order. What depends
//! on catalog and domain alone is folded when the engine is compiled; [`Engine::evaluate`] asks only what is
//! left. [`Engine::explain`] is the same evaluation with an observer.

mod apply;
mod authority;
mod change;
mod compile;
mod completion;
mod connector;
mod evaluate;
mod explain;
mod feature;
mod gates;
mod handling;
mod level;
mod levers;
mod named;
mod naming;
mod observer;
mod permission;
mod preview;
mod reads;
mod record;
mod seats;
mod usage;
mod view;

use std::fmt;

pub use apply::{Applied, ChangeRecord};
pub use compile::BytesError;
pub use connector::Staleness;
pub use explain::{Explanation, ExplanationRecord, Outcome, Step, StepRecord};
pub use handling::{CustomerKey, DataHandling, Region};
pub use levers::Levers;
pub use reads::Reads;
pub use record::{BecauseValue, Record};
pub use seats::{SeatIncrease, SeatMismatch};
pub use view::{Holders, LimitValue, RolePermission, SettingValue};

use crate::catalog::Catalog;
use crate::decision::{Decision, Reason};
use crate::diagnostic::{Diagnostics, Problems};
use crate::domain::{Domain, Resolved, State};
use crate::id::{RoleDefaultId, RoleId};
use crate::request::Request;

/// A catalog and a domain, ready to answer requests.
///
/// Immutable, `Send + Sync` and made to be held by the million: share it behind an `Arc`, and when a domain
/// changes, compile a new one and swap. It needs no cache; evaluating is cheaper than looking one up.
///
/// # Example: an allow and a deny
///
/// ```
/// use tollkeeper::{bind, catalog::Catalog, decision::Reason, domain::Domain, engine::Engine};
/// use tollkeeper::{id::{PermissionId, RoleId}, request::{Request, Subject}};
///
/// bind! { struct Names {
///     member: RoleId = "member",
///     guest: RoleId = "guest",
///     create_teams: PermissionId = "create_teams",
/// } }
/// let catalog = Catalog::builtin();
/// let names = Names::bind(&catalog)?;
/// let domain = Domain::parse("
///     [domain]
///     id = 'acme'
///     kind = 'organization'
///     plan = 'enterprise'
///     [holders]
///     super_admin = 2
/// ")?;
/// let engine = Engine::compile(&catalog, &domain)?;
///
/// let member = engine.evaluate(&Request::new(Subject::role(names.member), names.create_teams));
/// assert!(member.is_allow());
/// let guest = engine.evaluate(&Request::new(Subject::role(names.guest), names.create_teams));
/// assert_eq!(guest.reason(), Reason::NeverForRole);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    catalog: Catalog,
    resolved: Resolved,
}

/// How many engines a batch fetches before it asks them: more than a processor can wait for at once, and few enough
/// to be there still when they are asked.
const FETCHED_AT_ONCE: usize = 32;

impl Engine {
    /// Checks a domain against a catalog and folds everything that no request can change.
    ///
    /// # Errors
    /// Every way in which the domain does not fit the catalog, in the order of its file: unknown names, a
    /// permission turned on for a role that can never hold it, custom roles without the plan for them, a regime
    /// without what it needs, and so on. What plan or kind merely mute is no error.
    pub fn compile(catalog: &Catalog, domain: &Domain) -> Result<Self, Diagnostics> {
        compile::compile(catalog, domain, Problems::default())
    }

    /// Reads a domain file and compiles it: every problem at once, those of its shape with those of its names.
    ///
    /// # Errors
    /// As those of [`Domain::parse`] and of [`compile`](Self::compile) together.
    pub fn parse(catalog: &Catalog, text: &str) -> Result<Self, Diagnostics> {
        let (domain, problems) = Domain::read(text);
        compile::compile(catalog, &domain, problems)
    }

    /// Decides a request. Infallible, without allocation, the same for the same three values on every machine
    /// (DEC-01, DEC-02).
    pub fn evaluate(&self, request: &Request<'_>) -> Decision {
        evaluate::evaluate(self, request, &mut observer::Nobody)
    }

    /// Decides many requests, of many engines: lazily, in their order, each as [`evaluate`](Self::evaluate) does.
    ///
    /// Where so many engines are held that hardly one is in a cache, deciding waits for memory; this waits for
    /// several engines at once. It saves nothing where they are few.
    ///
    /// ```
    /// # use tollkeeper::{bind, catalog::Catalog, domain::Domain, engine::Engine, id::{PermissionId, RoleId}};
    /// # use tollkeeper::request::{Request, Subject};
    /// # bind! { struct Names {
    /// #     member: RoleId = "member",
    /// #     guest: RoleId = "guest",
    /// #     create_teams: PermissionId = "create_teams",
    /// # } }
    /// # let catalog = Catalog::builtin();
    /// # let names = Names::bind(&catalog)?;
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&catalog, &domain)?;
    /// let asked = [names.member, names.guest]
    ///     .map(|role| (&engine, Request::new(Subject::role(role), names.create_teams)));
    /// let allowed: Vec<bool> = Engine::evaluate_all(&asked).map(|decision| decision.is_allow()).collect();
    /// assert_eq!(allowed, [true, false]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluate_all<'a>(asked: &'a [(&'a Self, Request<'a>)]) -> impl Iterator<Item = Decision> + 'a {
        asked.chunks(FETCHED_AT_ONCE).flat_map(|together| {
            together.iter().for_each(|(engine, _)| engine.resolved.fetch());
            together.iter().map(|(engine, request)| engine.evaluate(request))
        })
    }

    /// Decides a request and tells every gate that was asked, in order (DEC-04).
    ///
    /// The same evaluation as [`evaluate`](Self::evaluate), watched; it does not stop at the first gate that
    /// fails, so that everything in the way is seen at once.
    pub fn explain(&self, request: &Request<'_>) -> Explanation<'_> {
        explain::explain(self, request)
    }

    /// What a caller should load before it asks: the facts, the e-mail domain and the balances that the answer
    /// to this request may depend on.
    pub fn reads(&self, request: &Request<'_>) -> Reads {
        reads::reads(self, request)
    }

    /// The parts of the domain that the answer to this request may depend on and that a change can move.
    pub fn levers(&self, request: &Request<'_>) -> Levers {
        levers::levers(self, request)
    }

    /// The catalog.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The domain, in names again: made anew each time, for an engine holds it in fewer bytes. Where only its id
    /// is needed, [`domain_id`](Self::domain_id) is at hand.
    pub fn domain(&self) -> Domain {
        self.resolved.domain(self.catalog.model())
    }

    /// The id of the domain.
    pub fn domain_id(&self) -> &str {
        self.resolved.id()
    }

    /// The id of a role by name: of the catalog, or a custom one of this domain.
    ///
    /// The id of a custom role is good for this engine and for others whose domain has a role of that name at
    /// the same position; anywhere else it denies with `foreign-id`. Look custom roles up again when a domain
    /// changes.
    pub fn role(&self, name: &str) -> Option<RoleId> {
        self.state().role_named(name).map(|position| self.role_id(position))
    }

    /// The role that new members, or whoever the catalog's role default names, receive here (ROL-11).
    pub fn default_role(&self, of: RoleDefaultId) -> Option<RoleId> {
        let known = of.is_of(self.catalog.model().tag);
        let role = self.state().default_role(of.position()).filter(|_| known);
        role.map(|role| self.role_id(role))
    }

    pub(crate) fn role_id(&self, position: u16) -> RoleId {
        let custom = self.state().custom_role(position);
        custom.unwrap_or_else(|| RoleId::new(self.catalog.model().tag, position))
    }

    /// The roles, those of the catalog first, then custom ones.
    pub(crate) fn role_names(&self) -> impl Iterator<Item = &str> {
        let state = self.state();
        state.roles().map(move |role| state.role_name(role))
    }

    /// The reason for which gates 2 to 5 keep a feature from running here, whoever asks.
    pub(crate) fn blocked(&self, feature: u16) -> Option<Reason> {
        let state = self.state();
        let row = state.model.features.get(feature)?;
        state.failing(&row.conditions).map(|condition| state.failure(condition).reason())
    }

    fn state(&self) -> State<'_> {
        State::new(self.catalog.model(), &self.resolved)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({:?}, {:?}, {:016x})", self.catalog, self.domain_id(), self.version())
    }
}

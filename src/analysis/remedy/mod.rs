//! Remedies: what would have to change for a deny to become an allow, and who could change it.

mod actors;
mod moves;
mod search;
mod step;
mod text;

use serde::{Deserialize, Serialize};

pub use step::{Made, Step};
pub(super) use text::write_change;

use crate::engine::{Engine, Record};
use crate::request::{NamedRequest, Request};

/// What would lift a deny.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Remedies {
    /// The decision as it stands.
    pub decision: Record,
    /// Every set of steps that makes it an allow for the same subject and of which no step can be left out, smallest
    /// sets first; empty for an allow, and where nothing can.
    pub remedies: Vec<Remedy>,
    /// The deny that no step gets past, where nothing lifts it: a guest never creates teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impossible: Option<Record>,
    /// What would be allowed if the subject had another role, and who could assign it. The subject would then be
    /// somebody else, so these are apart from the remedies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_roles: Vec<Remedy>,
    /// Whether there are no others: `false` where the search met one of its bounds, [`STEPS_MAX`](Self::STEPS_MAX)
    /// or [`SETS_MAX`](Self::SETS_MAX), and sets it did not look at may do as well.
    pub complete: bool,
}

impl Remedies {
    /// How many steps a remedy has at most.
    pub const STEPS_MAX: usize = 6;

    /// How many sets of steps a search looks at, at most.
    pub const SETS_MAX: usize = 2_000;
}

/// One set of steps, in an order in which each of them is allowed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Remedy {
    /// The steps.
    pub steps: Vec<Step>,
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
}

impl Engine {
    /// What would make a deny an allow: every smallest set of steps, each with the weakest actor who may take it, in
    /// an order in which each is allowed; or the deny that nothing gets past (DEC-05).
    ///
    /// Three laws hold: taking the steps gives an allow; leaving one out does not; each change is one that this
    /// engine allows its actor at that moment. What no change can bring about is named as what must become true:
    /// another plan, a fact, a balance, somebody else who asks.
    ///
    /// The search starts from the gates that failed, looks only at what could make one of them pass, and widens by one
    /// step at a time: the smallest sets come first, and a set that contains one of them is none. It looks at sets of
    /// [`STEPS_MAX`](Remedies::STEPS_MAX) steps at most, and at [`SETS_MAX`](Remedies::SETS_MAX) sets;
    /// [`complete`](Remedies::complete) says whether that was enough. A fact that is stated to be so stays so,
    /// unless a gate fails for it, and no permission is taken from a role, but for one that restricts: that a role
    /// may do with less what it may not do with more, as another permission then suffices, is nothing to advise.
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
        let decision = self.evaluate(request);
        let record = self.record(&decision);
        if decision.is_allow() { allowed(record) } else { search::remedies(self, request, record) }
    }

    /// The same for a request in names.
    pub fn remedies_named(&self, named: &NamedRequest) -> Remedies {
        self.with_named(named, |request, _| {
            // A name that nobody has stands in the record of the request in names only.
            let record = self.decide(named);
            if self.evaluate(request).is_allow() {
                allowed(record)
            } else {
                search::remedies(self, request, record)
            }
        })
    }
}

/// There is nothing to lift.
fn allowed(decision: Record) -> Remedies {
    Remedies { decision, remedies: Vec::new(), impossible: None, other_roles: Vec::new(), complete: true }
}

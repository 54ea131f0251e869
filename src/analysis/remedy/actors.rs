//! Actors: everybody who could make a change, weakest first.

use std::cmp::Ordering;

use crate::analysis::question::Who;
use crate::decision::Reason;
use crate::domain::Change;
use crate::engine::{Engine, Holders};
use crate::id::{FactId, IdSet, ObligationId, StandingId};
use crate::request::Request;

/// How a change is made: by whom, and what must be so of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    pub(super) who: Who,
    pub(super) given: IdSet<FactId>,
    pub(super) obligations: IdSet<ObligationId>,
    /// Nobody in a domain of this kind holds the actor's role.
    pub(super) from_above: bool,
}

/// What is done counts, not who does it: steps are compared without regard to their actors.
impl Ord for By {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl PartialOrd for By {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for By {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for By {}

/// Everybody who could make a change: who is there, by how many permissions they hold; then roles that are held in
/// domains of another kind. Each with whether they are from above.
pub(super) fn by_strength(engine: &Engine) -> Vec<(Who, bool)> {
    let roles = || engine.roles().map(|(_, role)| (role, engine.holders(role)));
    let standings = engine.catalog().all::<StandingId>().map(|(_, standing)| (0, Who::Standing(standing)));
    let present = roles().filter(|(_, holders)| holders.is_held());
    let mut present: Vec<(usize, Who)> =
        present.map(|(role, _)| (engine.strength(role), Who::Role(role))).chain(standings).collect();
    present.sort_by_key(|(strength, _)| *strength);
    let above = roles().filter(|(_, holders)| *holders == Holders::NotCounted);
    let present = present.into_iter().map(|(_, who)| (who, false));
    present.chain(above.map(|(role, _)| (Who::Role(role), true))).collect()
}

/// The weakest of the actors who may make a change, once facts that they vouch for are so.
pub(super) fn weakest(engine: &Engine, actors: &[(Who, bool)], change: Change<'_>) -> Option<By> {
    actors.iter().find_map(|(who, from_above)| {
        let (given, obligations) = granted(engine, &Request::new(who.subject(), change))?;
        Some(By { who: *who, given, obligations, from_above: *from_above })
    })
}

/// The facts that must be so for a request to be allowed, if that is all it takes, and what goes with the allow.
pub(super) fn granted(
    engine: &Engine,
    request: &Request<'_>,
) -> Option<(IdSet<FactId>, IdSet<ObligationId>)> {
    let decision = engine.evaluate(request);
    if decision.is_allow() {
        return Some((IdSet::empty(), decision.obligations()));
    }
    let facts = decision.facts();
    if decision.reason() != Reason::MissingFact || facts.is_empty() {
        return None;
    }
    let then = facts.iter().fold(*request, |request, fact| request.fact(fact, true));
    let decision = engine.evaluate(&then);
    decision.is_allow().then(|| (facts, decision.obligations()))
}

//! Contexts: everything a decision needs from outside.

use crate::id::{FactId, IdSet, LimitId, Tag};
use crate::units::Timestamp;

/// The circumstances of a request, all of them stated by the caller.
///
/// A fact may be true, false or not stated; leaving one out never turns a deny into an allow.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
#[doc(alias = "environment")]
pub struct Context<'a> {
    pub(crate) facts: Facts,
    /// The e-mail domain of the person whom the action concerns, such as an invitee.
    pub email_domain: Option<&'a str>,
    /// When it happens.
    pub at: Option<Timestamp>,
    /// When the object in question was last created, viewed or modified. Together with [`at`](Self::at) it says
    /// whether a connector that looks back so far still reads the object.
    pub touched_at: Option<Timestamp>,
    /// What is left of, or used up of, limits.
    pub balances: &'a [(LimitId, Balance)],
}

/// How a limit stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a balance is seen from one end or the other")]
pub enum Balance {
    /// So much is left, in the unit of the meter: outputs, or micro-credits where it is priced.
    Remaining(u64),
    /// So much is used; compared with the domain's limit.
    Used(u64),
}

impl Context<'_> {
    /// The same with these facts so and those not so, by bits of this catalog.
    pub(crate) fn completed(mut self, tag: Tag, so: u64, not_so: u64) -> Self {
        self.facts.so = IdSet::new(tag, self.facts.so.bits() | so);
        self.facts.not_so = IdSet::new(tag, self.facts.not_so.bits() | not_so);
        self
    }

    /// The caller vouches that a fact is so, or is not so. Saying both makes the request malformed.
    pub fn fact(mut self, fact: FactId, holds: bool) -> Self {
        self.facts.state(fact, holds);
        self
    }

    /// The same with a fact so, or not so, whatever was stated of it.
    pub(crate) fn restated(mut self, fact: FactId, holds: bool) -> Self {
        let others = |set: IdSet<FactId>| set.iter().filter(|other| *other != fact).collect();
        (self.facts.so, self.facts.not_so) = (others(self.facts.so), others(self.facts.not_so));
        self.fact(fact, holds)
    }

    /// What was stated of a fact.
    pub fn stated(&self, fact: FactId) -> Option<bool> {
        let of = |set: IdSet<FactId>| set.contains(fact);
        of(self.facts.so).then_some(true).or_else(|| of(self.facts.not_so).then_some(false))
    }
}

/// Two sets of facts: those that are so and those that are not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) so: IdSet<FactId>,
    pub(crate) not_so: IdSet<FactId>,
    pub(crate) unknown: bool,
    pub(crate) foreign: bool,
}

impl Default for Facts {
    fn default() -> Self {
        Self { so: IdSet::empty(), not_so: IdSet::empty(), unknown: false, foreign: false }
    }
}

impl Facts {
    fn state(&mut self, fact: FactId, holds: bool) {
        let set = if holds { &mut self.so } else { &mut self.not_so };
        match set.with(fact) {
            _ if fact == FactId::UNKNOWN => self.unknown = true,
            Some(with) => *set = with,
            None => self.foreign = true,
        }
    }
}

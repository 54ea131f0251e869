//! Contexts: everything a decision needs from outside.

use crate::id::{FactId, IdSet, LimitId, Tag, bit, parts};
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
        let Facts { so: stated, not_so: stated_not, .. } = self.facts;
        self.facts = Facts { tag, so: stated | so, not_so: stated_not | not_so, ..self.facts };
        self
    }

    /// The caller vouches that a fact is so, or is not so. Saying both makes the request malformed.
    #[inline]
    pub fn fact(mut self, fact: FactId, holds: bool) -> Self {
        self.facts.state(fact, holds);
        self
    }

    /// The same with a fact so, or not so, whatever was stated of it.
    pub(crate) fn restated(mut self, fact: FactId, holds: bool) -> Self {
        let (tag, position) = parts(fact);
        if self.facts.tag == tag {
            self.facts.so &= !bit(position);
            self.facts.not_so &= !bit(position);
        }
        self.fact(fact, holds)
    }

    /// What was stated of a fact.
    pub fn stated(&self, fact: FactId) -> Option<bool> {
        let of = |bits: u64| IdSet::new(self.facts.tag, bits).contains(fact);
        of(self.facts.so).then_some(true).or_else(|| of(self.facts.not_so).then_some(false))
    }
}

/// Facts of one catalog: bits of those that are so, and of those that are not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    tag: Tag,
    pub(crate) so: u64,
    pub(crate) not_so: u64,
    pub(crate) unknown: bool,
    /// One of another catalog than those before it.
    pub(crate) foreign: bool,
    /// One of these two, or one stated both ways.
    odd: bool,
}

impl Facts {
    /// Whether every fact is of this catalog.
    pub(crate) fn are_of(&self, tag: Tag) -> bool {
        !self.foreign && (self.is_empty() || self.tag == tag)
    }

    /// Whether it is plain that every fact is known and of this catalog, and none is stated both ways.
    #[inline]
    pub(crate) fn fit(&self, tag: Tag) -> bool {
        !self.odd && self.are_of(tag)
    }

    const fn is_empty(&self) -> bool {
        self.so | self.not_so == 0
    }

    #[inline]
    fn state(&mut self, fact: FactId, holds: bool) {
        let (tag, position) = parts(fact);
        if fact == FactId::UNKNOWN {
            self.unknown = true;
        } else if self.is_empty() || self.tag == tag {
            self.tag = tag;
            *(if holds { &mut self.so } else { &mut self.not_so }) |= bit(position);
        } else {
            self.foreign = true;
        }
        self.odd |= self.unknown || self.foreign || self.so & self.not_so != 0;
    }
}

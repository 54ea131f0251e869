//! Explanations: a balance as the sum of its lines.
//!
//! Every line says what changed, when, because of which event, and what was available before and after.
//! Nothing is left over: the lines are the facts, and the ends of periods that no event states.

use std::collections::BTreeMap;
use std::fmt;

use crate::units::{MicroCredits, Timestamp};

use super::balance::Balance;
use super::event::{EventId, Reason};
use super::fact::{Change, Entry, Fact, Source};
use super::grant::{Grant, GrantKind, Link};
use super::history::History;
use super::period::Period;
use super::plan::{PlanKey, Plans};

/// A balance and the lines that make it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The lines, in the order of taking effect.
    pub lines: Vec<Line>,
    /// The balance after the last line.
    pub balance: Balance,
}

/// One line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// When it took effect.
    pub at: Timestamp,
    /// The event, reservation or grant that it belongs to.
    pub of: EventId,
    /// What happened.
    pub what: What,
    /// What was available before.
    pub before: MicroCredits,
    /// What was available after.
    pub after: MicroCredits,
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// An event changed something.
    Changed(Change),
    /// The period of a grant began.
    Began,
    /// The period of a grant ended, and so much expired (CRD-06).
    Expired(MicroCredits),
}

impl History {
    /// The balance as it was at an instant: the events that had happened by then, as they are known now. What
    /// was known earlier is `known_at(…).balance(…)`.
    pub fn balance(&self, at: Timestamp) -> Balance {
        let mut book = Book::default();
        for fact in self.facts_until(at) {
            book.enter(&fact);
        }
        book.balance(at)
    }

    /// The balance at an instant, line by line.
    pub fn explain(&self, at: Timestamp) -> Explanation {
        let facts = self.facts_until(at);
        let mut book = Book::default();
        let mut lines = Vec::new();
        let mut before = MicroCredits::ZERO;
        let mut line = |book: &Book, at, of, what| {
            let after = book.balance(at).available;
            lines.push(Line { at, of, what, before, after });
            before = after;
        };
        for (turn, of, what) in turns(&facts, at) {
            match what {
                Turn::Began => line(&book, turn, of, What::Began),
                Turn::Expired if book.rest(of) == MicroCredits::ZERO => {}
                Turn::Expired => line(&book, turn, of, What::Expired(book.rest(of))),
                Turn::Fact(fact) => {
                    book.enter(fact);
                    line(&book, turn, of, What::Changed(fact.change.clone()));
                }
            }
        }
        Explanation { lines, balance: book.balance(at) }
    }
}

enum Turn<'a> {
    Began,
    Expired,
    Fact(&'a Fact),
}

/// The facts, and the ends of the periods of grants between them. At one instant a period ends, the next
/// begins, then events happen.
fn turns(facts: &[Fact], at: Timestamp) -> Vec<(Timestamp, EventId, Turn<'_>)> {
    let mut turns = Vec::new();
    for fact in facts {
        if let Change::Issued { period, .. } = &fact.change {
            if period.from > fact.at && period.from <= at {
                turns.push((period.from, 1, fact.of, Turn::Began));
            }
            if period.until > fact.at && period.until <= at {
                turns.push((period.until, 0, fact.of, Turn::Expired));
            }
        }
        turns.push((fact.at, 2, fact.of, Turn::Fact(fact)));
    }
    turns.sort_by_key(|(at, rank, _, _)| (*at, *rank));
    turns.into_iter().map(|(at, _, of, turn)| (at, of, turn)).collect()
}

/// The sums of facts.
#[derive(Default)]
struct Book {
    grants: BTreeMap<EventId, Grant>,
    terms: Vec<(PlanKey, Period)>,
    /// Reserved and consumed beyond grants.
    overdraft: [u64; 2],
    unlimited: [u64; 2],
}

impl Book {
    fn enter(&mut self, fact: &Fact) {
        match &fact.change {
            Change::Issued { kind, plan, period, amount, reason } => {
                let grant = issued(fact, (*kind, *plan, *period), *amount, reason.clone());
                self.grants.insert(fact.of, grant);
            }
            Change::Revoked { grant, .. } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    grant.revoked = true;
                }
            }
            Change::Posted { source, entry, amount } => self.post(*source, *entry, amount.get()),
            Change::Subscribed { plan, term } => self.terms.push((*plan, *term)),
            Change::Unsubscribed { plan } => self.terms.retain_mut(|(held, term)| {
                let left = *held == *plan && term.contains(fact.at);
                let kept = if left { Period::new(term.from, fact.at) } else { Some(*term) };
                kept.inspect(|kept| *term = *kept).is_some()
            }),
            _ => {}
        }
    }

    fn post(&mut self, source: Source, entry: Entry, amount: u64) {
        let counters = match source {
            Source::Grant { grant } => {
                self.grants.get_mut(&grant).map(|grant| (&mut grant.reserved, &mut grant.consumed))
            }
            Source::Overdraft { .. } => Some(pair(&mut self.overdraft)),
            Source::Unlimited { .. } => Some(pair(&mut self.unlimited)),
        };
        if let Some((reserved, consumed)) = counters {
            entry.apply(amount, reserved, consumed);
        }
    }

    /// What is left of a grant.
    fn rest(&self, grant: EventId) -> MicroCredits {
        let rest = self.grants.get(&grant).filter(|grant| !grant.revoked).map_or(0, Grant::rest);
        MicroCredits::new(rest)
    }

    fn balance(&self, at: Timestamp) -> Balance {
        let held = self.terms.iter().filter(|(_, term)| term.contains(at));
        let held = held.fold(Plans::NONE, |plans, (plan, _)| plans.with(plan.bit()));
        let mut balance = Balance::default();
        for grant in self.grants.values() {
            balance.include(&grant.balance(at, held));
        }
        let [[reserved, overdraft], [unlimited_reserved, unlimited]] = [self.overdraft, self.unlimited];
        balance.excess_reserved = MicroCredits::new(reserved.saturating_add(unlimited_reserved));
        balance.overdraft = MicroCredits::new(overdraft);
        balance.unlimited = MicroCredits::new(unlimited);
        balance
    }
}

const fn pair([reserved, consumed]: &mut [u64; 2]) -> (&mut u64, &mut u64) {
    (reserved, consumed)
}

fn issued(
    fact: &Fact,
    (kind, plan, period): (GrantKind, PlanKey, Period),
    amount: MicroCredits,
    reason: Option<Reason>,
) -> Grant {
    Grant {
        event: fact.of,
        issued_at: fact.at,
        kind,
        plan,
        priority: 0,
        period,
        cycle: 0,
        issued: amount.get(),
        reserved: 0,
        consumed: 0,
        revoked: false,
        reason,
        next: Link::default(),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}  {:>14}  {:>14}  what [of which event]", "when", "change", "available")?;
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        write!(f, "available {}", self.balance.available)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.after.checked_sub(self.before) {
            Some(MicroCredits::ZERO) => String::new(),
            Some(more) => format!("+{more}"),
            None => format!("-{}", self.before.checked_sub(self.after).unwrap_or_default()),
        };
        write!(
            f,
            "{:<20}  {change:>14}  {:>14}  {}",
            self.at.to_string(),
            self.after.to_string(),
            self.what
        )?;
        write!(f, " [{}]", self.of)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(change) => change.fmt(f),
            Self::Began => f.write_str("its period began"),
            Self::Expired(amount) => write!(f, "{amount} expired unused"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issued { kind, plan, period, amount, reason } => {
                let (from, until, plan) = (period.from, period.until, plan.number());
                write!(f, "{amount} {kind} for plan {plan}, {from} to {until}")?;
                reason.as_ref().map_or(Ok(()), |reason| write!(f, ": `{}`", reason.as_str()))
            }
            Self::Revoked { grant, reason } => write!(f, "grant {grant} revoked: `{}`", reason.as_str()),
            Self::Posted { source, entry, amount } => write!(f, "{amount} {entry} {source}"),
            Self::Opened { deadline } => write!(f, "reservation opened until {deadline}"),
            Self::Resolved { resolution } => write!(f, "reservation {resolution}"),
            Self::Corrected { charge, reason } => {
                write!(f, "charge {charge} corrected: `{}`", reason.as_str())
            }
            Self::Subscribed { plan, term } => {
                write!(f, "plan {} held, {} to {}", plan.number(), term.from, term.until)
            }
            Self::Unsubscribed { plan } => write!(f, "plan {} left", plan.number()),
            Self::Crossed { plan, percent } => write!(f, "plan {} reached {percent} %", plan.number()),
            Self::Output { output, note } => write!(f, "output {output}: {note}"),
        }
    }
}

impl fmt::Display for GrantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Included => "included",
            Self::Goodwill => "given",
            Self::Purchased => "bought",
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reserve => "reserved from",
            Self::Free => "freed to",
            Self::Settle => "settled from what was reserved of",
            Self::Charge => "charged to",
            Self::Return => "given back to",
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant { grant } => write!(f, "grant {grant}"),
            Self::Overdraft { plan, .. } => write!(f, "the overdraft of plan {}", plan.number()),
            Self::Unlimited { plan, .. } => write!(f, "unlimited plan {}", plan.number()),
        }
    }
}

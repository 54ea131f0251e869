//! History: the events of an account with what they changed, kept by the host.
//!
//! The account itself keeps only its state and the window in which it recognizes repeats. Whoever needs to
//! explain a balance, or to know what it was at an instant, keeps a history beside it.

use std::collections::BTreeMap;

use crate::units::{MicroCredits, Timestamp};

use super::account::Account;
use super::event::{Body, Event, EventId, Version};
use super::fact::{Change, Entry, Fact, Source};
use super::outcome::{Receipt, Rejected, Resolution};

/// An event, the answer to it and what it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// The answer.
    pub receipt: Receipt,
    /// What it changed, in order.
    pub facts: Vec<Fact>,
}

/// All recorded events of an account, in the order in which they were recorded.
///
/// ```
/// use tollkeeper::usage::account::Account;
/// use tollkeeper::usage::event::{AccountId, Body, Event, EventId};
/// use tollkeeper::usage::history::History;
/// use tollkeeper::usage::options::Options;
///
/// let mut account = Account::new(AccountId::new(7), Options::default());
/// let mut history = History::new();
/// let event = Event::new(account.id(), EventId::new(1), "2027-01-31T00:00:00Z".parse()?, Body::Advance);
/// history.apply(&mut account, &event)?;
/// history.apply(&mut account, &event)?;
/// assert_eq!(history.recorded().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct History {
    recorded: Vec<Recorded>,
}

impl History {
    /// The history of an account on which nothing has happened.
    pub const fn new() -> Self {
        Self { recorded: Vec::new() }
    }

    /// Applies an event to the account and keeps what it changed.
    ///
    /// # Errors
    ///
    /// As for [`Account::apply`]; nothing is kept then.
    pub fn apply(&mut self, account: &mut Account, event: &Event) -> Result<Receipt, Rejected> {
        let mut facts = Vec::new();
        let receipt = account.apply_stating(event, &mut facts)?;
        if !receipt.repeated {
            self.recorded.push(Recorded { event: event.clone(), receipt, facts });
        }
        Ok(receipt)
    }

    /// All recorded events, in order.
    pub fn recorded(&self) -> &[Recorded] {
        &self.recorded
    }

    /// The events recorded after a version: what an export still has to send once everything up to that
    /// version was acknowledged.
    pub fn after(&self, version: Version) -> &[Recorded] {
        let place = self.recorded.partition_point(|recorded| recorded.receipt.version <= version);
        self.recorded.get(place..).unwrap_or_default()
    }

    /// What was known at an instant: only the events that the host had learned of by then.
    #[must_use]
    pub fn known_at(&self, known: Timestamp) -> Self {
        let early = self.recorded.iter().filter(|recorded| recorded.event.received_at() <= known);
        Self { recorded: early.cloned().collect() }
    }

    /// What changed up to an instant, in the order of taking effect. A reservation whose deadline has passed
    /// by then has lapsed, whether or not an event came after it.
    pub(super) fn facts_until(&self, at: Timestamp) -> Vec<Fact> {
        let mut timeline = Timeline::default();
        for recorded in &self.recorded {
            timeline.add(recorded, at);
        }
        timeline.lapse(at);
        timeline.facts.sort_by_key(|fact| fact.at);
        timeline.facts
    }
}

#[derive(Default)]
struct Timeline {
    facts: Vec<Fact>,
    /// When each event took effect.
    effective: BTreeMap<EventId, Timestamp>,
    open: BTreeMap<EventId, Open>,
}

/// An open reservation: when it will lapse, and what it holds.
struct Open {
    deadline: Timestamp,
    holds: Vec<(Source, MicroCredits)>,
}

impl Timeline {
    fn add(&mut self, recorded: &Recorded, at: Timestamp) {
        let event = &recorded.event;
        let of = refers_to(event.body());
        // What settles or corrects takes effect no earlier than what it settles or corrects, whatever the
        // clocks of its senders said.
        let before = of.and_then(|of| self.effective.get(&of).copied());
        let effective = before.map_or(event.at(), |before| before.max(event.at()));
        self.effective.insert(event.id(), effective);
        for fact in &recorded.facts {
            let own = fact.of == event.id();
            let fact_at = if own { effective } else { fact.at };
            let fact = Fact { at: self.issued_by(&fact.change, fact_at), ..fact.clone() };
            if fact.at <= at {
                self.follow(if own { of.unwrap_or(fact.of) } else { fact.of }, &fact.change);
                self.facts.push(fact);
            }
        }
    }

    /// A grant covers its whole period, also usage of before its issue; in a history of instants it does so
    /// from its issue on.
    fn issued_by(&self, change: &Change, at: Timestamp) -> Timestamp {
        match change {
            Change::Posted { source: Source::Grant { grant }, .. } => {
                self.effective.get(grant).map_or(at, |issued| at.max(*issued))
            }
            _ => at,
        }
    }

    /// Keeps account of what open reservations hold.
    fn follow(&mut self, reservation: EventId, change: &Change) {
        match change {
            Change::Opened { deadline } => {
                self.open.insert(reservation, Open { deadline: *deadline, holds: Vec::new() });
            }
            Change::Resolved { .. } => {
                self.open.remove(&reservation);
            }
            Change::Posted { source, entry, amount } => {
                let Some(open) = self.open.get_mut(&reservation) else { return };
                match entry {
                    Entry::Reserve => open.holds.push((*source, *amount)),
                    Entry::Settle => open.release(*source, *amount),
                    Entry::Free | Entry::Charge | Entry::Return => {}
                }
            }
            _ => {}
        }
    }

    fn lapse(&mut self, at: Timestamp) {
        for (of, open) in std::mem::take(&mut self.open) {
            if open.deadline > at {
                continue;
            }
            let fact = |change| Fact { at: open.deadline, of, change };
            let freed = open.holds.iter().filter(|(_, amount)| amount.get() > 0);
            self.facts.extend(freed.map(|(source, amount)| {
                fact(Change::Posted { source: *source, entry: Entry::Free, amount: *amount })
            }));
            self.facts.push(fact(Change::Resolved { resolution: Resolution::Lapsed }));
        }
    }
}

impl Open {
    fn release(&mut self, source: Source, amount: MicroCredits) {
        if let Some((_, held)) = self.holds.iter_mut().find(|(held, _)| *held == source) {
            *held = held.checked_sub(amount).unwrap_or_default();
        }
    }
}

/// The event that an event settles or corrects.
const fn refers_to(body: &Body) -> Option<EventId> {
    match body {
        Body::Settle { reservation, .. }
        | Body::SettlePart { reservation, .. }
        | Body::Void { reservation } => Some(*reservation),
        Body::Correct { charge, .. } | Body::Reprice { charge, .. } => Some(*charge),
        Body::Revoke { grant, .. } => Some(*grant),
        _ => None,
    }
}

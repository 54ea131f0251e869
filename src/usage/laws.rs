//! Laws: what holds for every state that an account can come to.
//!
//! Each law is a name and a test, in one table. Loading checks them all; so may anyone at any time.

use std::collections::{BTreeMap, BTreeSet};

use super::account::Account;
use super::credits::{Credits, cycle_at};
use super::cycle::Cycle;
use super::grant::Grant;
use super::legs::{Legs, Source};
use super::memory::Held;

type Law = (&'static str, fn(&Account) -> bool);

const LAWS: [Law; 11] = [
    ("no grant gives more than was issued", |account| account.credits.grants.iter().all(holds_its_amount)),
    ("all amounts together fit", |account| fits(&account.credits)),
    ("every grant stands in a cycle of its plan", |account| {
        account.credits.grants.iter().all(|grant| {
            cycle_at(&account.credits.cycles, grant.cycle).is_some_and(|cycle| cycle.plan == grant.plan)
        })
    }),
    ("every grant is issued by its own event", |account| {
        let events = account.credits.grants.iter().map(|grant| grant.event).collect::<BTreeSet<_>>();
        events.len() == account.credits.grants.len()
    }),
    ("a cycle is the sum of its grants", |account| cycles_add_up(&account.credits)),
    ("what is reserved is held by open reservations", reservations_add_up),
    ("what was charged was consumed", charges_are_covered),
    ("every open reservation has a deadline to come", |account| {
        account.memory.iter().filter_map(super::memory::Record::deadline).all(|at| Some(at) > account.now)
    }),
    ("no record is of the future", |account| {
        account.memory.iter().all(|record| Some(record.at) <= account.now)
    }),
    ("lists are in order", lists_are_in_order),
    ("outputs count in one period each", |account| account.known_outputs().is_sound()),
];

impl Account {
    /// Checks every law of the ledger: amounts are conserved for each grant, every reserved credit is held by
    /// an open reservation, and lists agree with each other. An account that was only ever changed by events
    /// satisfies them.
    ///
    /// # Errors
    ///
    /// The name of the first law that does not hold.
    pub fn audit(&self) -> Result<(), &'static str> {
        match LAWS.iter().find(|(_, holds)| !holds(self)) {
            Some((law, _)) => Err(law),
            None => Ok(()),
        }
    }
}

fn holds_its_amount(grant: &Grant) -> bool {
    grant.issued > 0 && grant.reserved.checked_add(grant.consumed).is_some_and(|used| used <= grant.issued)
}

fn fits(credits: &Credits) -> bool {
    let issued = credits.grants.iter().map(|grant| u128::from(grant.issued)).sum::<u128>();
    let of_grants = credits.grants.iter().flat_map(|grant| [grant.reserved, grant.consumed]);
    let of_cycles = credits.cycles.iter().flat_map(|cycle| [cycle.excess_reserved, cycle.excess_consumed]);
    let exposure = of_grants.chain(of_cycles).map(u128::from).sum::<u128>();
    issued == u128::from(credits.issued) && exposure == u128::from(credits.exposure)
}

fn cycles_add_up(credits: &Credits) -> bool {
    let mut sums = vec![[0_u128; 3]; credits.cycles.len()];
    for grant in &credits.grants {
        let slot = usize::try_from(grant.cycle).ok().and_then(|cycle| sums.get_mut(cycle));
        let issued = if grant.revoked { 0 } else { grant.issued };
        for (sum, part) in slot.into_iter().flatten().zip([issued, grant.reserved, grant.consumed]) {
            *sum = sum.saturating_add(u128::from(part));
        }
    }
    let stated = |cycle: &Cycle| [cycle.issued, cycle.reserved, cycle.consumed].map(u128::from);
    credits.cycles.iter().zip(sums).all(|(cycle, sum)| stated(cycle) == sum)
}

fn reservations_add_up(account: &Account) -> bool {
    let mut sums = BTreeMap::new();
    for record in account.memory.iter().filter(|record| record.is_open()) {
        if let Held::Reservation { legs, .. } = &record.held {
            add_legs(&mut sums, legs);
        }
    }
    each_source(&account.credits, |source, reserved, _| {
        sums.remove(&source).unwrap_or(0) == u128::from(reserved)
    }) && sums.is_empty()
}

fn charges_are_covered(account: &Account) -> bool {
    let mut sums = BTreeMap::new();
    for record in account.memory.iter() {
        if let Held::Charge { legs, .. } = &record.held {
            add_legs(&mut sums, legs);
        }
    }
    each_source(&account.credits, |source, _, consumed| {
        sums.remove(&source).unwrap_or(0) <= u128::from(consumed)
    }) && sums.is_empty()
}

fn add_legs(sums: &mut BTreeMap<Source, u128>, legs: &Legs) {
    for leg in legs.as_slice() {
        let sum = sums.entry(leg.source).or_default();
        *sum = sum.saturating_add(u128::from(leg.amount));
    }
}

/// Whether a test holds for what is reserved and consumed of every grant and every excess.
fn each_source(credits: &Credits, mut holds: impl FnMut(Source, u64, u64) -> bool) -> bool {
    let grants = (0..)
        .zip(&credits.grants)
        .all(|(position, grant)| holds(Source::Grant { position }, grant.reserved, grant.consumed));
    grants
        && (0..).zip(&credits.cycles).all(|(cycle, state)| {
            holds(Source::Excess { cycle }, state.excess_reserved, state.excess_consumed)
        })
}

fn lists_are_in_order(account: &Account) -> bool {
    let builders = &account.credits.builders;
    let percents = &account.options.thresholds;
    let subscriptions = &account.credits.subscriptions;
    let apart = subscriptions.iter().enumerate().all(|(index, one)| {
        subscriptions
            .iter()
            .skip(index.saturating_add(1))
            .all(|other| one.plan != other.plan || one.term.intersection(other.term).is_none())
    });
    let ascending = percents.iter().zip(percents.iter().skip(1)).all(|(a, b)| *b == 0 || (0 < *a && a < b));
    let sorted = builders.iter().zip(builders.iter().skip(1)).all(|(a, b)| a < b);
    let closed = account.now.map_or(i64::MIN, crate::units::Timestamp::nanoseconds);
    apart && ascending && sorted && account.closed.nanoseconds() <= closed
}

#[cfg(test)]
pub(super) mod tests {
    use crate::units::{MicroCredits, Timestamp};
    use crate::usage::book::Usage;
    use crate::usage::event::{AccountId, ActorId, Body, Event, EventId, Reason};
    use crate::usage::options::Options;
    use crate::usage::period::{Period, Schedule};
    use crate::usage::plan::{PlanKey, Subscription};
    use crate::word::Every;

    use super::*;

    /// One grant of a hundred, of which ten are charged and twenty reserved, and an overdraft of five.
    pub(crate) fn account() -> Account {
        let id = AccountId::new(1);
        let start = Timestamp::from_nanoseconds(0);
        let plan = PlanKey::new(0).unwrap();
        let term = Period::new(start, Timestamp::from_nanoseconds(i64::MAX)).unwrap();
        let subscription = Subscription::new(plan, term, Schedule::anchored(start, Every::Month));
        let usage = |amount| Usage::of_amount(MicroCredits::new(amount));
        let actor = ActorId::new(1);
        let reserve = |amount| Body::Reserve {
            usage: usage(amount),
            actor,
            deadline: Timestamp::from_nanoseconds(1_000),
        };
        let bodies = [
            Body::Subscribe { subscription: subscription.into() },
            Body::Goodwill {
                plan,
                within: start,
                amount: MicroCredits::new(100),
                reason: Reason::new("test").unwrap(),
            },
            reserve(70),
            reserve(20),
            Body::Record { usage: usage(15), actor, after: None },
            Body::Void { reservation: EventId::new(3) },
        ];
        let mut account = Account::new(id, Options::default());
        for (number, body) in (1..).zip(bodies) {
            let receipt = account.apply(&Event::new(id, EventId::new(number), start, body)).unwrap();
            assert_eq!(receipt.denial(), None);
        }
        account
    }

    type Breaks = fn(&mut Account);

    #[test]
    fn every_broken_law_is_found_by_its_name() {
        let broken: [(&str, Breaks); 11] = [
            ("no grant gives more than was issued", |account| account.credits.grants[0].consumed = 81),
            ("all amounts together fit", |account| account.credits.exposure += 1),
            ("every grant stands in a cycle of its plan", |account| account.credits.grants[0].cycle = 7),
            ("every grant is issued by its own event", |account| {
                let mut copy = account.credits.grants[0].clone();
                (copy.reserved, copy.consumed) = (0, 0);
                account.credits.issued += copy.issued;
                account.credits.grants.push(copy);
            }),
            ("a cycle is the sum of its grants", |account| account.credits.cycles[0].issued += 1),
            ("what is reserved is held by open reservations", |account| {
                account.credits.grants[0].reserved += 1;
                account.credits.cycles[0].reserved += 1;
                account.credits.exposure += 1;
            }),
            ("what was charged was consumed", |account| {
                account.credits.grants[0].consumed -= 1;
                account.credits.cycles[0].consumed -= 1;
                account.credits.exposure -= 1;
            }),
            ("every open reservation has a deadline to come", |account| {
                account.now = Some(Timestamp::from_nanoseconds(1_000));
            }),
            ("no record is of the future", |account| {
                account.now = Some(Timestamp::from_nanoseconds(-1));
            }),
            ("lists are in order", |account| {
                let again = account.credits.subscriptions[0].clone();
                account.credits.subscriptions.push(again);
            }),
            ("", |_| ()),
        ];
        for (law, breaks) in broken {
            let mut account = account();
            breaks(&mut account);
            assert_eq!(account.audit().err().unwrap_or_default(), law);
        }
    }
}

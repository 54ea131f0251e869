//! The rules of credits and outputs a second time: slow, obvious, and without a word in common with the
//! ledger.
//!
//! Every micro-credit is one thing in a list, and says where it is. Nothing is summed, stored or derived
//! ahead: whatever is asked is counted by going through the list. Time is small numbers; a period is a
//! thousand long.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;

pub(crate) const MONTH: i64 = 1_000;
pub(crate) const QUARTER: i64 = 3_000;
pub(crate) const END: i64 = 24_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Free,
    Reserved(u128),
    Charged(u128),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    pub(crate) number: u8,
    pub(crate) priority: u8,
    pub(crate) length: i64,
    /// Per cent up to which it may go; 100 is hard, none is unlimited.
    pub(crate) ceiling: Option<u64>,
}

/// Hard, soft, hard with another priority.
pub(crate) const PLANS: [Plan; 3] = [
    Plan { number: 0, priority: 1, length: MONTH, ceiling: Some(100) },
    Plan { number: 1, priority: 0, length: QUARTER, ceiling: Some(130) },
    Plan { number: 2, priority: 0, length: MONTH, ceiling: Some(100) },
];

#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: u128,
    pub(crate) plan: usize,
    pub(crate) period: i64,
    pub(crate) bought: bool,
    pub(crate) revoked: bool,
    pub(crate) units: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Fine { amount: u64, excess: u64 },
    Short(u64),
    Refused,
}

#[derive(Clone, Debug)]
struct Reservation {
    at: i64,
    deadline: i64,
    open: bool,
    parts: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) grants: Vec<Grant>,
    /// What no grant covers: plan and period, and where it is.
    pub(crate) excess: Vec<(usize, i64, Place)>,
    reservations: BTreeMap<u128, Reservation>,
    /// Every unit taken for a charge, in the order of taking: a position in a grant, or none for excess.
    charges: BTreeMap<u128, Vec<Option<(usize, usize)>>>,
    now: i64,
}

impl Model {
    pub(crate) fn issue(
        &mut self,
        id: u128,
        at: i64,
        plan: usize,
        within: i64,
        amount: u64,
        bought: bool,
    ) -> Answer {
        if amount == 0 || !(0..END).contains(&within) {
            return Answer::Refused;
        }
        self.pass(at);
        let period = within / PLANS[plan].length;
        let units = vec![Place::Free; amount as usize];
        self.grants.push(Grant { id, plan, period, bought, revoked: false, units });
        Answer::Fine { amount, excess: 0 }
    }

    pub(crate) fn revoke(&mut self, at: i64, id: u128) -> Answer {
        let Some(place) = self.grants.iter().position(|grant| grant.id == id && !grant.revoked) else {
            return Answer::Refused;
        };
        self.pass(at);
        self.grants[place].revoked = true;
        let left = self.grants[place].units.iter().filter(|unit| **unit == Place::Free).count();
        Answer::Fine { amount: left as u64, excess: 0 }
    }

    pub(crate) fn reserve(&mut self, id: u128, at: i64, amount: u64, deadline: i64) -> Answer {
        let first_end = PLANS.iter().map(|plan| (at / plan.length + 1) * plan.length).min().unwrap();
        if deadline <= self.now.max(at) || deadline > first_end + MONTH {
            return Answer::Refused;
        }
        self.pass(at);
        let free = self.burnable(at).len() as u64;
        let short = amount.saturating_sub(free);
        let (plan, period) = excess_home(at);
        if short > 0 {
            let issued = self.grants.iter().filter(|g| g.plan == plan && g.period == period && !g.revoked);
            let issued: u64 = issued.map(|grant| grant.units.len() as u64).sum();
            let over = self
                .excess
                .iter()
                .filter(|(p, n, place)| (*p, *n) == (plan, period) && *place != Place::Free);
            let ceiling = PLANS[plan].ceiling.unwrap();
            if ceiling == 100 || (issued + over.count() as u64 + short) * 100 > issued * ceiling {
                return Answer::Short(short);
            }
        }
        self.take(at, amount, Place::Reserved(id));
        self.reservations.insert(id, Reservation { at, deadline, open: true, parts: false });
        Answer::Fine { amount, excess: short }
    }

    pub(crate) fn settle(&mut self, id: u128, at: i64, reservation: u128, amount: u64, ends: bool) -> Answer {
        if !self.is_open(reservation, at) {
            return Answer::Refused;
        }
        self.pass(at);
        let made = self.reservations[&reservation].at;
        let mut rest = amount;
        let mut taken = Vec::new();
        let mut excess = 0;
        for (g, u) in self.held_in_order(reservation) {
            if rest > 0 {
                self.grants[g].units[u] = Place::Charged(id);
                taken.push(Some((g, u)));
                rest -= 1;
            }
        }
        for unit in &mut self.excess {
            if unit.2 == Place::Reserved(reservation) && rest > 0 {
                unit.2 = Place::Charged(id);
                taken.push(None);
                excess += 1;
                rest -= 1;
            }
        }
        if ends {
            self.release(reservation);
            self.reservations.get_mut(&reservation).unwrap().open = false;
        } else {
            self.reservations.get_mut(&reservation).unwrap().parts = true;
        }
        let (more, beyond) = self.take(made, rest, Place::Charged(id));
        taken.extend(more);
        self.charges.insert(id, taken);
        Answer::Fine { amount, excess: excess + beyond }
    }

    pub(crate) fn void(&mut self, at: i64, reservation: u128) -> Answer {
        if !self.is_open(reservation, at) || self.reservations[&reservation].parts {
            return Answer::Refused;
        }
        self.pass(at);
        let freed = self.release(reservation);
        self.reservations.get_mut(&reservation).unwrap().open = false;
        Answer::Fine { amount: freed, excess: 0 }
    }

    pub(crate) fn record(&mut self, id: u128, at: i64, amount: u64) -> Answer {
        self.pass(at);
        let (taken, excess) = self.take(at, amount, Place::Charged(id));
        self.charges.insert(id, taken);
        Answer::Fine { amount, excess }
    }

    pub(crate) fn correct(&mut self, at: i64, charge: u128, amount: u64) -> Answer {
        let Some(taken) = self.charges.get(&charge) else { return Answer::Refused };
        if amount == 0 || amount > taken.len() as u64 {
            return Answer::Refused;
        }
        self.pass(at);
        for _ in 0..amount {
            if let Some((g, u)) = self.charges.get_mut(&charge).unwrap().pop().unwrap() {
                self.grants[g].units[u] = Place::Free;
            } else {
                let unit = self.excess.iter().position(|(_, _, place)| *place == Place::Charged(charge));
                self.excess.remove(unit.unwrap());
            }
        }
        Answer::Fine { amount, excess: 0 }
    }

    pub(crate) fn pass(&mut self, at: i64) {
        self.now = self.now.max(at);
        let due = self.reservations.iter().filter(|(_, r)| r.open && r.deadline <= self.now);
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.release(id);
            self.reservations.get_mut(&id).unwrap().open = false;
        }
    }

    /// Available, reserved, consumed, expired, revoked, to come: of one grant at an instant.
    pub(crate) fn count(grant: &Grant, at: i64) -> [u64; 6] {
        let mut counts = [0; 6];
        let length = PLANS[grant.plan].length;
        for unit in &grant.units {
            let place = match unit {
                Place::Reserved(_) => 1,
                Place::Charged(_) => 2,
                Place::Free if grant.revoked => 4,
                Place::Free if at < grant.period * length => 5,
                Place::Free if at >= (grant.period + 1) * length => 3,
                Place::Free => 0,
            };
            counts[place] += 1;
        }
        counts
    }

    pub(crate) fn overdraft(&self) -> u64 {
        self.excess.iter().filter(|(_, _, place)| matches!(place, Place::Charged(_))).count() as u64
    }

    fn is_open(&self, reservation: u128, at: i64) -> bool {
        let now = self.now.max(at);
        self.reservations.get(&reservation).is_some_and(|found| found.open && found.deadline > now)
    }

    fn release(&mut self, reservation: u128) -> u64 {
        let mut freed = 0;
        for unit in self.grants.iter_mut().flat_map(|grant| &mut grant.units) {
            if *unit == Place::Reserved(reservation) {
                *unit = Place::Free;
                freed += 1;
            }
        }
        let before = self.excess.len();
        self.excess.retain(|(_, _, place)| *place != Place::Reserved(reservation));
        freed + (before - self.excess.len()) as u64
    }

    /// Every free unit that a charge of that instant may take, first to last.
    fn burnable(&self, at: i64) -> Vec<(usize, usize)> {
        self.in_order()
            .into_iter()
            .filter(|g| {
                let grant = &self.grants[*g];
                !grant.revoked && at / PLANS[grant.plan].length == grant.period
            })
            .flat_map(|g| (0..self.grants[g].units.len()).map(move |u| (g, u)))
            .filter(|(g, u)| self.grants[*g].units[*u] == Place::Free)
            .collect()
    }

    fn held_in_order(&self, reservation: u128) -> Vec<(usize, usize)> {
        let all = self.in_order().into_iter();
        all.flat_map(|g| (0..self.grants[g].units.len()).map(move |u| (g, u)))
            .filter(|(g, u)| self.grants[*g].units[*u] == Place::Reserved(reservation))
            .collect()
    }

    fn in_order(&self) -> Vec<usize> {
        let mut order = (0..self.grants.len()).collect::<Vec<_>>();
        order.sort_by_key(|g| {
            let grant = &self.grants[*g];
            let plan = PLANS[grant.plan];
            let (from, until) = (grant.period * plan.length, (grant.period + 1) * plan.length);
            (plan.priority, until, grant.bought, from, *g)
        });
        order
    }

    fn take(&mut self, at: i64, amount: u64, to: Place) -> (Vec<Option<(usize, usize)>>, u64) {
        let mut taken = Vec::new();
        for (g, u) in self.burnable(at) {
            if (taken.len() as u64) < amount {
                self.grants[g].units[u] = to;
                taken.push(Some((g, u)));
            }
        }
        let excess = amount - taken.len() as u64;
        let (plan, period) = excess_home(at);
        for _ in 0..excess {
            self.excess.push((plan, period, to));
            taken.push(None);
        }
        (taken, excess)
    }
}

/// The soft plan is the most lenient of the three.
fn excess_home(at: i64) -> (usize, i64) {
    (1, at / PLANS[1].length)
}

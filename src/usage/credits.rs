//! Credits: the grants of an account, and the postings that move amounts between their states.
//!
//! Nothing here can fail or refuse. Whoever posts has checked first that all amounts together fit (see
//! [`Credits::fits`]), which bounds every counter below, so the saturating arithmetic never saturates.

use crate::units::{MicroCredits, Timestamp};

use super::cycle::Cycle;
use super::event::ActorId;
use super::fact::{Change, Entry, Facts};
use super::grant::{Grant, Link};
use super::legs::{Leg, Legs, Source};
use super::options::Options;
use super::outcome::{Crossed, Denial};
use super::period::Period;
use super::plan::{Builders, PlanKey, Plans, Subscription};
use super::wire::wire_struct;

#[derive(Clone, Debug, Default)]
pub(super) struct Credits {
    /// In the order in which they were subscribed.
    pub(super) subscriptions: Vec<Subscription>,
    /// Sorted.
    pub(super) builders: Vec<Builder>,
    /// In the order in which they were issued; legs know them by their position.
    pub(super) grants: Vec<Grant>,
    pub(super) cycles: Vec<Cycle>,
    /// The grant that burns first, which links to the next. Follows from `grants`.
    pub(super) first: Link,
    /// As the first one, or after it: those in between have nothing left, so that no charge need look at them.
    pub(super) start: Link,
    /// The sum of what was issued. Follows from `grants`.
    pub(super) issued: u64,
    /// The sum of what is reserved and consumed, covered or not. Follows from `grants` and `cycles`.
    pub(super) exposure: u64,
    /// Who paid last. Follows from `subscriptions`, and is forgotten when they change.
    pub(super) payers: Option<Payers>,
}

/// Who pays for anybody's run at any instant of a span, so that it need not be found for each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payers {
    span: Period,
    plans: Plans,
    /// When the first of the payer's periods ends.
    end: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Builder {
    pub(super) plan: PlanKey,
    pub(super) actor: ActorId,
}

/// Who pays: the plans whose grants may burn, as of the instant to which the charge belongs. A reservation
/// keeps its payer, so what is settled late still burns the period and the plans of its own day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payer {
    pub(super) at: Timestamp,
    pub(super) plans: Plans,
}

/// Whether a settlement ends its reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Yes,
    No,
}

impl Credits {
    /// The plans held at an instant.
    pub(super) fn held(&self, at: Timestamp) -> Plans {
        self.subscriptions
            .iter()
            .filter(|subscription| subscription.term.contains(at))
            .fold(Plans::NONE, |plans, subscription| plans.with(subscription.plan.bit()))
    }

    /// Who pays for a run of this actor at this instant, and when the first of the payer's periods ends.
    /// Access comes before any charge (CRD-01, USE-06).
    #[inline]
    pub(super) fn payer(&self, actor: ActorId, at: Timestamp) -> Result<(Payer, Timestamp), Denial> {
        match self.payers.filter(|payers| payers.span.contains(at)) {
            Some(Payers { plans, end, .. }) => Ok((Payer { at, plans }, end)),
            None => self.find_payer(actor, at),
        }
    }

    fn find_payer(&self, actor: ActorId, at: Timestamp) -> Result<(Payer, Timestamp), Denial> {
        let (mut plans, mut end) = (Plans::NONE, Timestamp::from_nanoseconds(i64::MAX));
        let mut closed_to_actor = false;
        for subscription in self.subscriptions.iter().filter(|held| held.term.contains(at)) {
            let home = self.find_cycle(subscription, at);
            let Some(period) = home.and_then(|home| self.period_of(home)) else { continue };
            if self.is_open_to(subscription, actor) {
                plans = plans.with(subscription.plan.bit());
                end = end.min(period.until);
            } else {
                closed_to_actor = true;
            }
        }
        match (plans.is_none(), closed_to_actor) {
            (false, _) => Ok((Payer { at, plans }, end)),
            (true, true) => Err(Denial::NotABuilder),
            (true, false) => Err(Denial::OutsideTerm),
        }
    }

    /// Finds ahead who pays around an instant, unless that is known or depends on the actor.
    #[inline]
    pub(super) fn find_payers(&mut self, at: Timestamp) {
        if !self.payers.is_some_and(|payers| payers.span.contains(at)) {
            self.payers = self.payers_at(at);
        }
    }

    /// To be called when a subscription begins or ends.
    pub(super) const fn forget_payers(&mut self) {
        self.payers = None;
    }

    fn payers_at(&self, at: Timestamp) -> Option<Payers> {
        let holding = self.subscriptions.iter().filter(|held| held.term.contains(at));
        if holding.clone().any(|held| held.builders == Builders::Named) {
            return None;
        }
        let plans = holding.fold(Plans::NONE, |plans, held| plans.with(held.plan.bit()));
        let mut payers = Payers { span: Period::ALWAYS, plans, end: Period::ALWAYS.until };
        for subscription in &self.subscriptions {
            let (span, end) = self.constant_around(subscription, at)?;
            payers.span = payers.span.intersection(span)?;
            payers.end = payers.end.min(end);
        }
        (!plans.is_none()).then_some(payers)
    }

    /// The span around an instant in which a subscription pays as it does at that instant, and when its period ends.
    fn constant_around(&self, subscription: &Subscription, at: Timestamp) -> Option<(Period, Timestamp)> {
        let (term, always) = (subscription.term, Period::ALWAYS);
        if at < term.from {
            return Some((Period { until: term.from, ..always }, always.until));
        }
        if term.until <= at {
            return Some((Period { from: term.until, ..always }, always.until));
        }
        match self.find_cycle(subscription, at)? {
            Home::New(period) => Some((period, period.until)),
            Home::Cycle(position) => {
                let cycle = cycle_at(&self.cycles, position)?;
                Some((Period { until: cycle.left, ..cycle.period }, cycle.period.until))
            }
        }
    }

    fn is_open_to(&self, subscription: &Subscription, actor: ActorId) -> bool {
        match subscription.builders {
            Builders::Everyone => true,
            Builders::Named => {
                self.builders.binary_search(&Builder { plan: subscription.plan, actor }).is_ok()
            }
        }
    }

    /// Whether so much more can be recorded without any amount of the account overflowing.
    pub(super) const fn fits(&self, amount: u64) -> bool {
        self.exposure.checked_add(amount).is_some()
    }

    /// What the payer's grants hold for a charge.
    pub(super) fn available(&self, payer: Payer) -> u64 {
        self.in_burn_order()
            .fold(0, |sum, (_, grant)| sum.saturating_add(grant.usable(payer.plans, payer.at)))
    }

    /// Reads the grants and the cycle that were added last. What is returned means nothing.
    #[inline]
    pub(super) fn read_ahead(&self) -> bool {
        let parts =
            |grant: &Grant| (grant.rest() == 0) ^ grant.revoked ^ grant.period.contains(grant.issued_at);
        let grants =
            self.grants.iter().rev().take(2).fold(self.exposure == 0, |read, grant| read ^ parts(grant));
        self.cycles.last().map_or(grants, |cycle| grants ^ (cycle.consumed == 0) ^ (cycle.fired == 0))
    }

    /// Adds the legs by which the payer's grants cover an amount, in burn order, and returns how much they do not.
    #[inline]
    fn cover(&self, payer: Payer, amount: u64, legs: &mut Legs) -> u64 {
        let (mut rest, mut link) = (amount, self.start);
        while rest > 0 {
            let Some((position, grant)) = self.linked(link) else { break };
            link = grant.next;
            let part = grant.usable(payer.plans, payer.at).min(rest);
            if part > 0 {
                rest = rest.saturating_sub(part);
                legs.push(Leg { source: Source::Grant { position }, amount: part });
            }
        }
        rest
    }

    /// Adds the legs by which the payer's grants cover an amount. Returns how much they do not, if that is admitted as
    /// well (CRD-10, CRD-11).
    #[inline]
    pub(super) fn admit(&self, payer: Payer, amount: u64, legs: &mut Legs) -> Result<u64, Denial> {
        let short = self.cover(payer, amount, legs);
        if short == 0 || self.admits_excess(payer, short) {
            return Ok(short);
        }
        Err(Denial::Insufficient { short: MicroCredits::new(short) })
    }

    #[cold]
    fn admits_excess(&self, payer: Payer, short: u64) -> bool {
        self.excess_home(payer).is_some_and(|(subscription, home)| match home {
            Home::Cycle(position) => {
                cycle_at(&self.cycles, position).is_some_and(|cycle| cycle.admits_excess(short))
            }
            Home::New(period) => {
                Cycle::new(subscription.plan, period, subscription.stop).admits_excess(short)
            }
        })
    }

    /// Reserves what was admitted: by these legs, and so much beyond them.
    #[inline]
    pub(super) fn reserve(&mut self, payer: Payer, legs: &mut Legs, short: u64, facts: &mut Facts<'_>) {
        self.skip_exhausted();
        for leg in legs.as_slice() {
            self.post(*leg, Entry::Reserve, facts);
        }
        if short > 0 {
            self.take_excess(payer, short, Entry::Reserve, legs, facts);
        }
    }

    /// Charges an amount to the payer's grants in burn order, and what they do not cover as excess (CRD-04).
    pub(super) fn charge(&mut self, payer: Payer, amount: u64, legs: &mut Legs, facts: &mut Facts<'_>) {
        let (mut rest, mut link) = (amount, self.start);
        while rest > 0 {
            let Some((position, grant)) = self.linked(link) else {
                return self.take_excess(payer, rest, Entry::Charge, legs, facts);
            };
            link = grant.next;
            let part = grant.usable(payer.plans, payer.at).min(rest);
            if part > 0 {
                rest = rest.saturating_sub(part);
                let leg = Leg { source: Source::Grant { position }, amount: part };
                legs.add(leg);
                self.post(leg, Entry::Charge, facts);
            }
        }
    }

    #[cold]
    fn take_excess(
        &mut self,
        payer: Payer,
        amount: u64,
        entry: Entry,
        legs: &mut Legs,
        facts: &mut Facts<'_>,
    ) {
        let Some((subscription, home)) = self.excess_home(payer) else { return };
        let (plan, stop) = (subscription.plan, subscription.stop);
        let cycle = match home {
            Home::Cycle(position) => position,
            Home::New(period) => self.add_cycle(Cycle::new(plan, period, stop)),
        };
        let leg = Leg { source: Source::Excess { cycle }, amount };
        legs.add(leg);
        self.post(leg, entry, facts);
    }

    /// The plan that takes what no grant covers, and its cycle at the payer's instant.
    fn excess_home(&self, payer: Payer) -> Option<(&Subscription, Home)> {
        let payers = self.subscriptions.iter().filter(|subscription| {
            payer.plans.has(subscription.plan) && subscription.term.contains(payer.at)
        });
        let homes = payers.filter_map(|payer_of| Some((payer_of, self.find_cycle(payer_of, payer.at)?)));
        homes.min_by_key(|(subscription, _)| subscription.excess_rank())
    }

    pub(super) fn find_cycle(&self, subscription: &Subscription, at: Timestamp) -> Option<Home> {
        // The newest is nearly always the one.
        let found = self.cycles.iter().rposition(|cycle| cycle.is_of(subscription.plan, at));
        match found.and_then(|position| u32::try_from(position).ok()) {
            Some(position) => Some(Home::Cycle(position)),
            None => subscription.period_at(at).ok().map(Home::New),
        }
    }

    fn period_of(&self, home: Home) -> Option<Period> {
        match home {
            Home::Cycle(position) => cycle_at(&self.cycles, position).map(|cycle| cycle.period),
            Home::New(period) => Some(period),
        }
    }

    pub(super) fn add_cycle(&mut self, cycle: Cycle) -> u32 {
        let position = u32::try_from(self.cycles.len()).unwrap_or(u32::MAX);
        push_exact(&mut self.cycles, cycle);
        position
    }

    /// Adds a grant and gives it its place in the burn order.
    pub(super) fn add_grant(&mut self, grant: Grant) {
        let position = u32::try_from(self.grants.len()).unwrap_or(u32::MAX);
        let key = grant.burn_key();
        if let Some(cycle) = cycle_at_mut(&mut self.cycles, grant.cycle) {
            grow(&mut cycle.issued, grant.issued);
        }
        grow(&mut self.issued, grant.issued);
        push_exact(&mut self.grants, grant);
        let before = self.in_burn_order().take_while(|(_, earlier)| earlier.burn_key() <= key).last();
        let link = match before {
            Some((before, _)) => self.link_of(before),
            None => Some(&mut self.first),
        };
        let next = link.map(|link| std::mem::replace(link, Link(position)));
        if let Some(link) = self.link_of(position) {
            *link = next.unwrap_or_default();
        }
        self.start = self.first;
    }

    /// Links the grants at these positions in this order, and no others.
    pub(super) fn link(&mut self, positions: impl DoubleEndedIterator<Item = u32>) {
        self.first = positions.rev().fold(Link::default(), |next, position| {
            if let Some(link) = self.link_of(position) {
                *link = next;
            }
            Link(position)
        });
        self.start = self.first;
    }

    /// Leaves behind those first in burn order that have nothing left.
    #[inline]
    fn skip_exhausted(&mut self) {
        while let Some((_, grant)) = self.linked(self.start).filter(|(_, grant)| grant.rest() == 0) {
            self.start = grant.next;
        }
    }

    fn link_of(&mut self, position: u32) -> Option<&mut Link> {
        let grant = self.grants.get_mut(usize::try_from(position).ok()?)?;
        Some(&mut grant.next)
    }

    /// The grants with their positions.
    fn in_burn_order(&self) -> impl Iterator<Item = (u32, &Grant)> {
        std::iter::successors(self.linked(self.first), |(_, before)| self.linked(before.next))
    }

    fn linked(&self, link: Link) -> Option<(u32, &Grant)> {
        Some((link.0, grant_at(&self.grants, link.0)?))
    }

    /// Forgets in the burn order, not in the account, what expired before any instant still accepted: a
    /// charge cannot reach it, and the order stays as short as the present is.
    pub(super) fn trim_order(&mut self, oldest: Timestamp) {
        let live = self.in_burn_order().filter(|(_, grant)| grant.period.until > oldest);
        let live = live.map(|(position, _)| position).collect::<Vec<_>>();
        self.link(live.into_iter());
    }

    /// Charges from the legs of a reservation, in their order, and returns what they do not cover. The legs keep what
    /// is not used, unless the reservation ends: then that is freed.
    #[inline]
    pub(super) fn settle(
        &mut self,
        held: &mut Legs,
        amount: u64,
        ends: Ends,
        charged: &mut Legs,
        facts: &mut Facts<'_>,
    ) -> u64 {
        let mut rest = amount;
        for leg in held.as_mut_slice() {
            let part = leg.amount.min(rest);
            if part > 0 {
                leg.amount = leg.amount.saturating_sub(part);
                rest = rest.saturating_sub(part);
                let leg = Leg { source: leg.source, amount: part };
                charged.push(leg);
                self.post(leg, Entry::Settle, facts);
            }
            if ends == Ends::Yes && leg.amount > 0 {
                self.post(*leg, Entry::Free, facts);
            }
        }
        if ends == Ends::Yes {
            held.clear();
        }
        rest
    }

    /// Frees what the legs of a reservation still hold. What comes back to a period that has ended counts as
    /// expired from then on, without another step (CRD-10).
    #[inline]
    pub(super) fn free(&mut self, held: &mut Legs, facts: &mut Facts<'_>) {
        for leg in held.as_slice().iter().filter(|leg| leg.amount > 0) {
            self.post(*leg, Entry::Free, facts);
        }
        held.clear();
    }

    /// Gives back part of a charge, the last leg first; the legs keep what stays charged.
    pub(super) fn give_back(&mut self, charged: &mut Legs, amount: u64, facts: &mut Facts<'_>) {
        let mut rest = amount;
        for leg in charged.as_mut_slice().iter_mut().rev() {
            let part = leg.amount.min(rest);
            if part > 0 {
                leg.amount = leg.amount.saturating_sub(part);
                rest = rest.saturating_sub(part);
                self.post(Leg { source: leg.source, amount: part }, Entry::Return, facts);
            }
        }
    }

    /// Fires the thresholds of the cycles that these legs belong to.
    #[inline]
    pub(super) fn cross(&mut self, legs: &Legs, options: &Options, facts: &mut Facts<'_>) -> Crossed {
        let mut crossed = Crossed::default();
        for leg in legs.as_slice() {
            let cycle = match leg.source {
                Source::Excess { cycle } => Some(cycle),
                Source::Grant { position } => grant_at(&self.grants, position).map(|grant| grant.cycle),
            };
            let Some(cycle) = cycle.and_then(|cycle| cycle_at_mut(&mut self.cycles, cycle)) else { continue };
            let plan = cycle.plan;
            cycle.cross(options, |position, percent| {
                crossed.set(position, percent);
                facts.state(|| Change::Crossed { plan, percent });
            });
        }
        crossed
    }

    /// The only place where an amount changes its state.
    #[inline]
    fn post(&mut self, leg: Leg, entry: Entry, facts: &mut Facts<'_>) {
        let amount = leg.amount;
        match leg.source {
            Source::Grant { position } => {
                let index = usize::try_from(position).unwrap_or(usize::MAX);
                let Some(grant) = self.grants.get_mut(index) else { return };
                if matches!(entry, Entry::Free | Entry::Return) && grant.rest() == 0 {
                    self.start = self.first;
                }
                entry.apply(amount, &mut grant.reserved, &mut grant.consumed);
                if let Some(cycle) = cycle_at_mut(&mut self.cycles, grant.cycle) {
                    entry.apply(amount, &mut cycle.reserved, &mut cycle.consumed);
                }
            }
            Source::Excess { cycle } => {
                if let Some(cycle) = cycle_at_mut(&mut self.cycles, cycle) {
                    entry.apply(amount, &mut cycle.excess_reserved, &mut cycle.excess_consumed);
                }
            }
        }
        entry.expose(amount, &mut self.exposure);
        facts.post(self, leg, entry);
    }
}

/// Where a cycle is, or the period of the one to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    Cycle(u32),
    New(Period),
}

pub(super) fn grant_at(grants: &[Grant], position: u32) -> Option<&Grant> {
    grants.get(usize::try_from(position).ok()?)
}

pub(super) fn cycle_at(cycles: &[Cycle], position: u32) -> Option<&Cycle> {
    cycles.get(usize::try_from(position).ok()?)
}

pub(super) fn cycle_at_mut(cycles: &mut [Cycle], position: u32) -> Option<&mut Cycle> {
    cycles.get_mut(usize::try_from(position).ok()?)
}

/// Adds to a list that grows a few times a period, so that it takes no more memory than it needs: there may be
/// a million accounts.
pub(super) fn push_exact<T>(list: &mut Vec<T>, item: T) {
    list.reserve_exact(1);
    list.push(item);
}

/// Adds to a counter that [`Credits::fits`] bounds.
pub(super) fn grow(counter: &mut u64, by: u64) {
    *counter = counter.saturating_add(by);
}

/// Takes from a counter what was added before.
pub(super) fn shrink(counter: &mut u64, by: u64) {
    *counter = counter.saturating_sub(by);
}

wire_struct!(Builder { plan, actor });
wire_struct!(Payer { at, plans });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::event::EventId;
    use crate::usage::fact::Cause;
    use crate::usage::grant::GrantKind;

    /// Grants of one credit each, with these priorities and ends.
    fn credits(grants: &[(u8, i64)]) -> Credits {
        let at = Timestamp::from_nanoseconds;
        let mut credits = Credits::default();
        for (number, (priority, until)) in (0..).zip(grants) {
            credits.add_grant(Grant {
                event: EventId::new(number),
                issued_at: at(0),
                kind: GrantKind::Included,
                plan: PlanKey::new(0).unwrap(),
                priority: *priority,
                period: Period::new(at(0), at(*until)).unwrap(),
                cycle: 0,
                issued: 1,
                reserved: 0,
                consumed: 0,
                revoked: false,
                reason: None,
                next: Link::default(),
            });
        }
        credits
    }

    #[test]
    fn the_burn_order_is_that_of_the_grants_that_a_charge_can_reach() {
        let mut credits = credits(&[(1, 20), (0, 10), (2, 11), (0, 5), (1, 19)]);
        let order =
            |credits: &Credits| credits.in_burn_order().map(|(position, _)| position).collect::<Vec<_>>();
        assert_eq!(order(&credits), [3, 1, 4, 0, 2]);
        credits.trim_order(Timestamp::from_nanoseconds(10));
        assert_eq!(order(&credits), [4, 0, 2]);
    }

    /// However many of the first have nothing left: what comes back to one of them burns before those after it.
    #[test]
    fn what_comes_back_to_a_grant_burns_in_its_place_again() {
        let at = Timestamp::from_nanoseconds(0);
        let payer = Payer { at, plans: PlanKey::new(0).unwrap().bit() };
        let mut facts = Facts { cause: Cause { at, of: EventId::new(9) }, list: None };
        let mut credits = credits(&[(0, 9), (1, 9), (2, 9), (3, 9)]);
        let source = |position| Source::Grant { position };
        let mut charged = [0, 1, 2].map(|position| {
            let mut legs = Legs::default();
            credits.charge(payer, 1, &mut legs, &mut facts);
            assert_eq!(legs.as_slice(), [Leg { source: source(position), amount: 1 }]);
            legs
        });
        credits.skip_exhausted();
        assert_eq!(credits.start, Link(3));
        credits.give_back(&mut charged[1], 1, &mut facts);
        let mut held = Legs::default();
        assert_eq!(credits.admit(payer, 2, &mut held), Ok(0));
        assert_eq!(held.as_slice().iter().map(|leg| leg.source).collect::<Vec<_>>(), [source(1), source(3)]);
        credits.reserve(payer, &mut held, 0, &mut facts);
        credits.skip_exhausted();
        assert_eq!(credits.start, Link::default());
        credits.free(&mut held, &mut facts);
        assert_eq!(credits.available(payer), 2);
        assert_eq!(credits.admit(payer, 2, &mut held), Ok(0));
    }
}

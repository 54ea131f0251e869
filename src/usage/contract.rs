//! Contract: the events that give and withdraw credits, and the plans they are bound to.

use std::sync::Arc;

use crate::units::{MicroCredits, Timestamp};

use super::account::{Account, Moment, earlier};
use super::credits::{Builder, Home, cycle_at, cycle_at_mut, push_exact, shrink};
use super::cycle::Cycle;
use super::event::{ActorId, EventId, Reason};
use super::fact::{Change, Facts};
use super::grant::{Grant, GrantKind, Link};
use super::memory::Held;
use super::options::Rearm;
use super::outcome::{Applied, Note, Receipt, Rejected};
use super::period::Period;
use super::plan::{PlanKey, Subscription};

/// What is to be issued.
struct Issue<'a> {
    kind: GrantKind,
    amount: MicroCredits,
    reason: Option<&'a Reason>,
}

/// For which plan, priority and cycle something is issued.
struct Place {
    plan: PlanKey,
    priority: u8,
    home: Home,
    cycle: Cycle,
}

impl Account {
    /// What the plans held at an instant include for their periods and what has not been issued: one
    /// [`Body::Include`](super::event::Body::Include) each is due. Issuing is an event like any other, so
    /// that it stands in the log; issuing twice for a period is rejected, so a host may ask as often as it
    /// likes.
    pub fn due(&self, at: Timestamp) -> Vec<(PlanKey, Period)> {
        let held = self.credits.subscriptions.iter().filter(|held| held.term.contains(at));
        let including = held.filter(|held| held.allowance > MicroCredits::ZERO);
        let places = including.filter_map(|held| self.place(held.plan, at).ok());
        places.filter(|place| !place.cycle.included).map(|place| (place.plan, place.cycle.period)).collect()
    }

    pub(super) fn subscribe(
        &mut self,
        moment: Moment<'_>,
        subscription: &Arc<Subscription>,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let (plan, term) = (subscription.plan, subscription.term);
        let overlaps = |held: &Subscription| held.plan == plan && held.term.intersection(term).is_some();
        if self.credits.subscriptions.iter().any(overlaps) {
            return Err(Rejected::AlreadyHeld { plan });
        }
        self.pass(moment, facts);
        self.credits.forget_payers();
        push_exact(&mut self.credits.subscriptions, Subscription::clone(subscription));
        facts.state(|| Change::Subscribed { plan, term });
        Ok(self.applied(moment, Applied::default()))
    }

    /// The term ends at the event; so does the cycle of that instant, while its grants keep their own end.
    pub(super) fn unsubscribe(
        &mut self,
        moment: Moment<'_>,
        plan: PlanKey,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let holds = |held: &Subscription| held.plan == plan && held.term.contains(moment.event.at);
        let position = self.credits.subscriptions.iter().position(holds);
        let position = position.ok_or(Rejected::OutsideTerm { plan })?;
        self.pass(moment, facts);
        self.credits.forget_payers();
        if let Some(held) = self.credits.subscriptions.get_mut(position) {
            if held.term.from < moment.event.at {
                held.term.until = moment.event.at;
            } else {
                self.credits.subscriptions.remove(position);
            }
        }
        for cycle in
            self.credits.cycles.iter_mut().filter(|cycle| cycle.plan == plan && cycle.left > moment.event.at)
        {
            cycle.left = moment.event.at;
        }
        facts.state(|| Change::Unsubscribed { plan });
        Ok(self.applied(moment, Applied::default()))
    }

    pub(super) fn name_builder(
        &mut self,
        moment: Moment<'_>,
        plan: PlanKey,
        actor: ActorId,
        facts: &mut Facts<'_>,
    ) -> Receipt {
        self.pass(moment, facts);
        let builder = Builder { plan, actor };
        if let Err(place) = self.credits.builders.binary_search(&builder) {
            self.credits.builders.insert(place, builder);
        }
        self.applied(moment, Applied::default())
    }

    pub(super) fn drop_builder(
        &mut self,
        moment: Moment<'_>,
        plan: PlanKey,
        actor: ActorId,
        facts: &mut Facts<'_>,
    ) -> Receipt {
        self.pass(moment, facts);
        if let Ok(place) = self.credits.builders.binary_search(&Builder { plan, actor }) {
            self.credits.builders.remove(place);
        }
        self.applied(moment, Applied::default())
    }

    pub(super) fn include(
        &mut self,
        moment: Moment<'_>,
        plan: PlanKey,
        within: Timestamp,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let place = self.place(plan, within)?;
        if place.cycle.included {
            return Err(Rejected::AlreadyIssued);
        }
        let amount = self.subscription_at(plan, within)?.allowance;
        self.issue(moment, place, &Issue { kind: GrantKind::Included, amount, reason: None }, facts)
    }

    pub(super) fn purchase(
        &mut self,
        moment: Moment<'_>,
        plan: PlanKey,
        within: Timestamp,
        amount: MicroCredits,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let increment = self.subscription_at(plan, within)?.increment;
        let in_steps = |step: MicroCredits| amount.get().checked_rem(step.get()) == Some(0);
        if !increment.is_some_and(in_steps) {
            return Err(Rejected::NotAnIncrement);
        }
        let place = self.place(plan, within)?;
        self.issue(moment, place, &Issue { kind: GrantKind::Purchased, amount, reason: None }, facts)
    }

    pub(super) fn goodwill(
        &mut self,
        moment: Moment<'_>,
        (plan, within): (PlanKey, Timestamp),
        amount: MicroCredits,
        reason: &Reason,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let place = self.place(plan, within)?;
        let issue = Issue { kind: GrantKind::Goodwill, amount, reason: Some(reason) };
        self.issue(moment, place, &issue, facts)
    }

    fn issue(
        &mut self,
        moment: Moment<'_>,
        place: Place,
        issue: &Issue<'_>,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        if issue.amount == MicroCredits::ZERO {
            return Err(Rejected::ZeroAmount);
        }
        // Grants outlive the window in which ids are remembered.
        if self.credits.grants.iter().any(|issued| issued.event == moment.event.id) {
            return Err(Rejected::AlreadyIssued);
        }
        self.credits.issued.checked_add(issue.amount.get()).ok_or(Rejected::Overflow)?;
        self.pass(moment, facts);
        let (plan, period) = (place.plan, place.cycle.period);
        let cycle = match place.home {
            Home::Cycle(position) => position,
            Home::New(_) => self.credits.add_cycle(place.cycle),
        };
        self.credits.trim_order(earlier(moment.now, self.options.window));
        self.credits.add_grant(Grant {
            event: moment.event.id,
            issued_at: moment.event.at,
            kind: issue.kind,
            plan,
            priority: place.priority,
            period,
            cycle,
            issued: issue.amount.get(),
            reserved: 0,
            consumed: 0,
            revoked: false,
            reason: issue.reason.cloned(),
            next: Link::default(),
        });
        self.after_issue(cycle, issue.kind);
        facts.state(|| Change::Issued {
            kind: issue.kind,
            plan,
            period,
            amount: issue.amount,
            reason: issue.reason.cloned(),
        });
        Ok(self.applied(moment, Applied { amount: issue.amount, ..Applied::default() }))
    }

    fn after_issue(&mut self, cycle: u32, kind: GrantKind) {
        let Some(cycle) = cycle_at_mut(&mut self.credits.cycles, cycle) else { return };
        cycle.included |= kind == GrantKind::Included;
        if self.options.rearm == Rearm::OnIssue {
            cycle.rearm(&self.options);
        }
    }

    /// Withdraws a grant: what is neither reserved nor consumed is revoked, and so is what comes back later.
    pub(super) fn revoke(
        &mut self,
        moment: Moment<'_>,
        grant: EventId,
        reason: &Reason,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let position = self.credits.grants.iter().position(|issued| issued.event == grant);
        let position = position.ok_or(Rejected::UnknownGrant)?;
        if self.credits.grants.get(position).is_some_and(|issued| issued.revoked) {
            return Err(Rejected::AlreadyRevoked);
        }
        self.pass(moment, facts);
        let credits = &mut self.credits;
        let Some(issued) = credits.grants.get_mut(position) else { return Err(Rejected::UnknownGrant) };
        issued.revoked = true;
        if let Some(cycle) = cycle_at_mut(&mut credits.cycles, issued.cycle) {
            shrink(&mut cycle.issued, issued.issued);
        }
        let left = issued.rest();
        let owed = issued.issued.saturating_sub(left);
        facts.state(|| Change::Revoked { grant, reason: reason.clone() });
        let note = (owed > 0).then_some(Note::Owed { amount: MicroCredits::new(owed) });
        Ok(self.applied(moment, Applied { amount: MicroCredits::new(left), note, ..Applied::default() }))
    }

    pub(super) fn close(
        &mut self,
        moment: Moment<'_>,
        before: Timestamp,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let now = moment.now;
        if before > now {
            return Err(Rejected::FutureSkew { latest: now });
        }
        let holds_open = self.memory.iter().any(|record| match &record.held {
            Held::Reservation { payer, resolution: None, .. } => {
                payer.at < before && record.deadline().is_some_and(|deadline| deadline > now)
            }
            _ => false,
        });
        if holds_open {
            return Err(Rejected::OpenReservations);
        }
        self.pass(moment, facts);
        self.closed = self.closed.max(before);
        Ok(self.applied(moment, Applied::default()))
    }

    fn subscription_at(&self, plan: PlanKey, at: Timestamp) -> Result<&Subscription, Rejected> {
        let holds = |held: &&Subscription| held.plan == plan && held.term.contains(at);
        self.credits.subscriptions.iter().find(holds).ok_or(Rejected::OutsideTerm { plan })
    }

    /// Where credits of a plan for the period around an instant belong.
    fn place(&self, plan: PlanKey, within: Timestamp) -> Result<Place, Rejected> {
        let subscription = self.subscription_at(plan, within)?;
        let home = self.credits.find_cycle(subscription, within).ok_or(Rejected::OutsideTerm { plan })?;
        let cycle = match home {
            Home::New(period) => Cycle::new(plan, period, subscription.stop),
            Home::Cycle(position) => {
                cycle_at(&self.credits.cycles, position).cloned().ok_or(Rejected::OutsideTerm { plan })?
            }
        };
        if cycle.period.until <= self.closed {
            return Err(Rejected::PeriodClosed { before: self.closed });
        }
        Ok(Place { plan, priority: subscription.priority, home, cycle })
    }
}

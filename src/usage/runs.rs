//! Runs: the events that reserve, charge and correct (CRD-03, CRD-04, CRD-05, CRD-10).

use crate::units::{MicroCredits, Timestamp};

use super::account::{Account, Moment, earlier, later};
use super::book::Usage;
use super::credits::{Ends, Payer, grow};
use super::deadlines::Deadline;
use super::event::{ActorId, EventId, Reason};
use super::fact::{Change, Facts};
use super::legs::{Legs, Source};
use super::memory::{Held, Record};
use super::options::Basis;
use super::outcome::{Applied, Crossed, Denial, Note, Outcome, Receipt, Rejected, Resolution};

/// What is still open of a reservation.
struct Open {
    /// The number of its record.
    number: u64,
    /// Whether part of it has been settled.
    parts: bool,
    /// What it holds.
    held: u64,
}

impl Account {
    /// How much a reservation would hold, or why it would be denied.
    pub(super) fn quote(
        &self,
        moment: Moment<'_>,
        usage: &Usage,
        actor: ActorId,
        deadline: Timestamp,
    ) -> Result<Result<u64, Denial>, Rejected> {
        let asked = self.check_reserve(moment, usage, actor, deadline)?;
        Ok(asked.and_then(|(payer, amount)| {
            self.credits_at(moment.now).admit(payer, amount, &mut Legs::default()).map(|_| amount)
        }))
    }

    /// Who would pay for a reservation and how much, whether or not there is enough; or why it would be
    /// denied in any case.
    fn check_reserve(
        &self,
        moment: Moment<'_>,
        usage: &Usage,
        actor: ActorId,
        deadline: Timestamp,
    ) -> Result<Result<(Payer, u64), Denial>, Rejected> {
        check_priced_at(usage, moment.event.at)?;
        if moment.event.at < self.closed {
            return Err(Rejected::PeriodClosed { before: self.closed });
        }
        if deadline <= moment.now {
            return Err(Rejected::DeadlinePassed);
        }
        let (payer, end) = match self.credits.payer(actor, moment.event.at) {
            Ok(payer) => payer,
            Err(denial) => return Ok(Err(denial)),
        };
        let latest = later(end, self.options.hold);
        if deadline > latest {
            return Err(Rejected::DeadlineTooFar { latest });
        }
        let Some(amount) = usage.charge().map(MicroCredits::get) else { return Ok(Err(Denial::Unpriced)) };
        if !self.credits.fits(amount) {
            return Err(Rejected::Overflow);
        }
        Ok(Ok((payer, amount)))
    }

    pub(super) fn reserve(
        &mut self,
        moment: Moment<'_>,
        usage: &Usage,
        actor: ActorId,
        deadline: Timestamp,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        self.credits.find_payers(moment.event.at);
        let asked = self.check_reserve(moment, usage, actor, deadline)?;
        self.pass(moment, facts);
        let mut legs = Legs::default();
        let admitted =
            asked.and_then(|(payer, amount)| Ok((payer, self.credits.admit(payer, amount, &mut legs)?)));
        let (payer, short) = match admitted {
            Ok(admitted) => admitted,
            Err(denial) => return Ok(self.denied(moment, denial)),
        };
        facts.state(|| Change::Opened { deadline });
        self.credits.reserve(payer, &mut legs, short, facts);
        let number = self.memory.next();
        self.deadlines.push(Deadline { at: deadline, reservation: moment.event.id, number });
        let crossed = match self.options.basis {
            Basis::Consumed => Crossed::default(),
            Basis::ConsumedAndReserved => self.credits.cross(&legs, &self.options, facts),
        };
        let applied = applied(&legs, crossed, None);
        let held = Held::Reservation { payer, legs, parts: false, resolution: None };
        Ok(self.record(moment, Outcome::Applied { applied }, held))
    }

    pub(super) fn settle(
        &mut self,
        moment: Moment<'_>,
        reservation: EventId,
        usage: &Usage,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        self.settle_as(moment, reservation, usage, Ends::Yes, facts)
    }

    pub(super) fn settle_part(
        &mut self,
        moment: Moment<'_>,
        reservation: EventId,
        usage: &Usage,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        self.settle_as(moment, reservation, usage, Ends::No, facts)
    }

    fn settle_as(
        &mut self,
        moment: Moment<'_>,
        reservation: EventId,
        usage: &Usage,
        ends: Ends,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        check_priced_at(usage, moment.event.at)?;
        let open = self.check_open(reservation, moment)?;
        // The run has happened and the customer owes it; without a price there is nothing to owe yet, and the
        // reservation stays as it is until the usage comes with one.
        let Some(amount) = usage.charge().map(MicroCredits::get) else {
            self.pass(moment, facts);
            return Ok(self.denied(moment, Denial::Unpriced));
        };
        if !self.credits.fits(amount.saturating_sub(open.held)) {
            return Err(Rejected::Overflow);
        }
        self.pass(moment, facts);
        let Some(record) = self.memory.get_mut(open.number) else {
            return Err(Rejected::UnknownReservation);
        };
        let Held::Reservation { payer, legs, parts, resolution } = &mut record.held else {
            return Err(Rejected::UnknownReservation);
        };
        let (payer, mut charged) = (*payer, Legs::default());
        let beyond = self.credits.settle(legs, amount, ends, &mut charged, facts);
        match ends {
            Ends::No => *parts = true,
            Ends::Yes => {
                *resolution = Some(Resolution::Settled);
                facts.state(|| Change::Resolved { resolution: Resolution::Settled });
            }
        }
        self.credits.charge(payer, beyond, &mut charged, facts);
        self.forget_deadlines();
        Ok(self.charged(moment, payer, charged, None, facts))
    }

    #[expect(clippy::inline_always, reason = "so that the legs are not copied on the way")]
    #[inline(always)]
    fn charged(
        &mut self,
        moment: Moment<'_>,
        payer: Payer,
        legs: Legs,
        note: Option<Note>,
        facts: &mut Facts<'_>,
    ) -> Receipt {
        let crossed = self.credits.cross(&legs, &self.options, facts);
        let applied = applied(&legs, crossed, note);
        self.record(moment, Outcome::Applied { applied }, Held::Charge { payer, legs })
    }

    pub(super) fn void(
        &mut self,
        moment: Moment<'_>,
        reservation: EventId,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let open = self.check_open(reservation, moment)?;
        if open.parts {
            return Err(Rejected::PartlySettled);
        }
        self.pass(moment, facts);
        let Some(record) = self.memory.get_mut(open.number) else {
            return Err(Rejected::UnknownReservation);
        };
        let Held::Reservation { legs, resolution, .. } = &mut record.held else {
            return Err(Rejected::UnknownReservation);
        };
        self.credits.free(legs, facts);
        *resolution = Some(Resolution::Voided);
        facts.state(|| Change::Resolved { resolution: Resolution::Voided });
        self.forget_deadlines();
        Ok(self.applied(moment, Applied { amount: MicroCredits::new(open.held), ..Applied::default() }))
    }

    #[inline]
    fn check_open(&self, reservation: EventId, moment: Moment<'_>) -> Result<Open, Rejected> {
        let number = self.memory.find(reservation).ok_or(Rejected::UnknownReservation)?;
        let record = self.memory.get(number).ok_or(Rejected::UnknownReservation)?;
        let Held::Reservation { resolution, parts, legs, .. } = &record.held else {
            return Err(Rejected::UnknownReservation);
        };
        let is_due = record.deadline().is_some_and(|deadline| deadline <= moment.now);
        match resolution.or(is_due.then_some(Resolution::Lapsed)) {
            Some(resolution) => Err(Rejected::AlreadyResolved { resolution }),
            None => Ok(Open { number, parts: *parts, held: legs.sum() }),
        }
    }

    pub(super) fn record_usage(
        &mut self,
        moment: Moment<'_>,
        usage: &Usage,
        actor: ActorId,
        after: Option<EventId>,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        check_priced_at(usage, moment.event.at)?;
        let lapsed = after.map(|reservation| self.check_resolved(reservation, moment)).transpose()?;
        let booking = self.booking(moment)?;
        let amount = usage.charge().map(MicroCredits::get);
        if !self.credits.fits(amount.unwrap_or(0)) {
            return Err(Rejected::Overflow);
        }
        self.credits.find_payers(booking.at);
        let payer = self.liable(actor, booking.at);
        self.pass(moment, facts);
        let (payer, amount) = match (payer, amount) {
            (Err(denial), _) => return Ok(self.denied(moment, denial)),
            (_, None) => return Ok(self.denied(moment, Denial::Unpriced)),
            (Ok(payer), Some(amount)) => (payer, amount),
        };
        let mut legs = Legs::default();
        self.credits.charge(payer, amount, &mut legs, facts);
        let after_lapse = (lapsed == Some(Resolution::Lapsed)).then_some(Note::AfterLapse);
        Ok(self.charged(moment, payer, legs, booking.note.or(after_lapse), facts))
    }

    /// Who pays for usage that happened. It was for the access gates to stop an actor who is no builder; now
    /// the customer owes it all the same (CRD-04).
    fn liable(&self, actor: ActorId, at: Timestamp) -> Result<Payer, Denial> {
        match self.credits.payer(actor, at) {
            Err(Denial::NotABuilder) => Ok(Payer { at, plans: self.credits.held(at) }),
            payer => payer.map(|(payer, _)| payer),
        }
    }

    fn check_resolved(&self, reservation: EventId, moment: Moment<'_>) -> Result<Resolution, Rejected> {
        match self.check_open(reservation, moment) {
            Ok(_) => Err(Rejected::StillOpen),
            Err(Rejected::AlreadyResolved { resolution: Resolution::Settled }) => {
                Err(Rejected::AlreadyResolved { resolution: Resolution::Settled })
            }
            Err(Rejected::AlreadyResolved { resolution }) => Ok(resolution),
            Err(rejected) => Err(rejected),
        }
    }

    pub(super) fn correct(
        &mut self,
        moment: Moment<'_>,
        charge: EventId,
        amount: MicroCredits,
        reason: &Reason,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let (charged, left) = self.check_charge(charge, moment)?;
        if amount == MicroCredits::ZERO {
            return Err(Rejected::ZeroAmount);
        }
        if amount.get() > left {
            return Err(Rejected::ExceedsOriginal { left: MicroCredits::new(left) });
        }
        self.pass(moment, facts);
        facts.state(|| Change::Corrected { charge, reason: reason.clone() });
        if let Some((_, legs)) = self.memory.get_mut(charged).and_then(charge_legs) {
            self.credits.give_back(legs, amount.get(), facts);
        }
        Ok(self.applied(moment, Applied { amount, ..Applied::default() }))
    }

    pub(super) fn reprice(
        &mut self,
        moment: Moment<'_>,
        charge: EventId,
        usage: &Usage,
        reason: &Reason,
        facts: &mut Facts<'_>,
    ) -> Result<Receipt, Rejected> {
        let (charged, left) = self.check_charge(charge, moment)?;
        let amount = usage.charge().ok_or(Rejected::Unpriced)?;
        let more = amount.get().saturating_sub(left);
        if !self.credits.fits(more) {
            return Err(Rejected::Overflow);
        }
        self.pass(moment, facts);
        facts.state(|| Change::Corrected { charge, reason: reason.clone() });
        let mut crossed = Crossed::default();
        if let Some((payer, legs)) = self.memory.get_mut(charged).and_then(charge_legs) {
            self.credits.give_back(legs, left.saturating_sub(amount.get()), facts);
            self.credits.charge(payer, more, legs, facts);
            crossed = self.credits.cross(legs, &self.options, facts);
        }
        Ok(self.applied(moment, Applied { amount, crossed, ..Applied::default() }))
    }

    /// The number of a charge's record, and what is left of the charge. Its books must be open, and the charge not so
    /// old that it is forgotten as time passes up to this event.
    fn check_charge(&self, charge: EventId, moment: Moment<'_>) -> Result<(u64, u64), Rejected> {
        let number = self.memory.find(charge).ok_or(Rejected::UnknownCharge)?;
        let oldest = earlier(moment.now, self.options.window);
        let record = self.memory.get(number).filter(|record| record.at >= oldest);
        match record.map(|record| &record.held) {
            Some(Held::Charge { payer, .. }) if payer.at < self.closed => {
                Err(Rejected::PeriodClosed { before: self.closed })
            }
            Some(Held::Charge { legs, .. }) => Ok((number, legs.sum())),
            _ => Err(Rejected::UnknownCharge),
        }
    }
}

fn charge_legs(record: &mut Record) -> Option<(Payer, &mut Legs)> {
    match &mut record.held {
        Held::Charge { payer, legs } => Some((*payer, legs)),
        _ => None,
    }
}

/// A price belongs to an instant; one of another day would charge what was never agreed (CRD-03).
fn check_priced_at(usage: &Usage, at: Timestamp) -> Result<(), Rejected> {
    match usage.priced_at() {
        Some(priced_at) if priced_at != at => Err(Rejected::PricedElsewhen),
        _ => Ok(()),
    }
}

#[inline]
fn applied(legs: &Legs, crossed: Crossed, note: Option<Note>) -> Applied {
    let (mut amount, mut excess) = (0_u64, 0_u64);
    for leg in legs.as_slice() {
        grow(&mut amount, leg.amount);
        if let Source::Excess { .. } = leg.source {
            grow(&mut excess, leg.amount);
        }
    }
    Applied { amount: MicroCredits::new(amount), excess: MicroCredits::new(excess), crossed, note }
}

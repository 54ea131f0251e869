//! The account: one organization's ledger, changed by events and by nothing else.

use std::borrow::Cow;

use crate::units::{MicroCredits, Timestamp};

use super::credits::Credits;
use super::deadlines::{Deadline, Deadlines};
use super::event::{AccountId, Body, Event, Version};
use super::fact::{Cause, Change, Fact, Facts};
use super::legs::Legs;
use super::memory::{Held, Memory, Record};
use super::options::{Late, Options};
use super::outcome::{Applied, Denial, Note, Outcome, Receipt, Rejected, Resolution, Verdict};
use super::tally::{Outputs, Step, When};

/// One organization's ledger of credits and outputs.
///
/// A pure state machine: the same events in the same order give the same state, byte for byte, on every
/// machine. It reads no clock; time is that of the events. A copy is a what-if: `clone`, apply, look.
///
/// ```
/// use tollkeeper::units::{MicroCredits, Timestamp};
/// use tollkeeper::usage::account::Account;
/// use tollkeeper::usage::book::Usage;
/// use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId};
/// use tollkeeper::usage::options::Options;
/// use tollkeeper::usage::period::{Period, Schedule};
/// use tollkeeper::word::Every;
/// use tollkeeper::usage::plan::{PlanKey, Subscription};
///
/// let acme = AccountId::new(7);
/// let mut account = Account::new(acme, Options::default());
/// let start: Timestamp = "2027-01-31T00:00:00Z".parse()?;
/// let term = Period::new(start, "2028-01-31T00:00:00Z".parse()?).ok_or("empty")?;
/// let plan = PlanKey::new(0).ok_or("too many")?;
/// let credits = |whole| MicroCredits::from_credits(whole).unwrap_or_default();
/// let subscription = Subscription::new(plan, term, Schedule::anchored(start, Every::Month))
///     .allowance(credits(100));
///
/// let mut log = [
///     Body::Subscribe { subscription: subscription.into() },
///     Body::Include { plan, within: start },
///     Body::Reserve {
///         usage: Usage::of_amount(credits(60)),
///         actor: ActorId::new(1),
///         deadline: "2027-01-31T01:00:00Z".parse()?,
///     },
///     Body::Settle { reservation: EventId::new(3), usage: Usage::of_amount(credits(25)) },
/// ];
/// for (id, body) in (1..).zip(log) {
///     let receipt = account.apply(&Event::new(acme, EventId::new(id), start, body))?;
///     assert_eq!(receipt.denial(), None);
/// }
/// let balance = account.balance(start);
/// assert_eq!(balance.available.to_string(), "75");
/// assert_eq!(balance.consumed.to_string(), "25");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    pub(super) id: AccountId,
    pub(super) options: Options,
    /// The latest instant at which anything happened or was learned of; none before the first event.
    pub(super) now: Option<Timestamp>,
    /// Nothing is booked before this instant any more.
    pub(super) closed: Timestamp,
    pub(super) credits: Credits,
    /// None as long as nothing was said of any.
    pub(super) outputs: Option<Box<Outputs>>,
    pub(super) memory: Memory,
    /// Of reservations; those resolved before stay until it is their turn. Follows from `memory`.
    pub(super) deadlines: Deadlines,
}

impl Account {
    /// An account on which nothing has happened.
    pub fn new(id: AccountId, options: Options) -> Self {
        Self {
            id,
            options,
            now: None,
            closed: Timestamp::from_nanoseconds(i64::MIN),
            credits: Credits::default(),
            outputs: None,
            memory: Memory::default(),
            deadlines: Deadlines::default(),
        }
    }

    /// The organization.
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// How many events were recorded.
    pub fn version(&self) -> Version {
        self.memory.version()
    }

    /// Applies an event, once: a repeated delivery gets the first answer again and changes nothing (USE-07).
    ///
    /// # Errors
    ///
    /// [`Rejected`] if the event is wrong or untimely; then the account is exactly as it was. A refusal for
    /// lack of credits is no error but a recorded [`Denial`].
    #[inline]
    pub fn apply(&mut self, event: &Event) -> Result<Receipt, Rejected> {
        self.apply_to(event, None)
    }

    /// The same, and states what changed: the facts are appended to the list.
    ///
    /// # Errors
    ///
    /// As for [`Account::apply`]; no fact is stated then.
    pub fn apply_stating(&mut self, event: &Event, facts: &mut Vec<Fact>) -> Result<Receipt, Rejected> {
        self.apply_to(event, Some(facts))
    }

    /// Applies all events or none: if one is rejected or denied, the account is exactly as it was. For a run
    /// that needs an output and credits, or several limits at once. It works on a copy of the account.
    ///
    /// # Errors
    ///
    /// [`Refused`] names the first event that was not admitted, and why.
    pub fn apply_all(&mut self, events: &[Event]) -> Result<Vec<Receipt>, Refused> {
        let mut copy = self.clone();
        let mut receipts = Vec::with_capacity(events.len());
        for (position, event) in events.iter().enumerate() {
            let receipt = copy.apply(event).map_err(|rejected| Refused::Rejected { position, rejected })?;
            if let Some(denial) = receipt.denial() {
                return Err(Refused::Denied { position, denial });
            }
            receipts.push(receipt);
        }
        *self = copy;
        Ok(receipts)
    }

    /// Finds what applying the event would do, without applying it. The answer holds for the version it
    /// names; applying checks again, so a decision that has become stale never admits too much (CRD-10).
    ///
    /// Reservations and events of outputs are decided without a copy; any other event is applied to one.
    ///
    /// # Errors
    ///
    /// As for [`Account::apply`].
    pub fn decide(&self, event: &Event) -> Result<Verdict, Rejected> {
        let verdict = |amount, denial| Verdict { version: self.version(), amount, denial };
        if let Some(number) = self.receive(event)? {
            let receipt = self.repeat(event, number)?;
            let amount = receipt.applied().map_or(MicroCredits::ZERO, |applied| applied.amount);
            return Ok(verdict(amount, receipt.denial()));
        }
        if let Body::Reserve { usage, actor, deadline } = &event.body {
            let admitted = self.quote(self.moment(event), usage, *actor, *deadline)?;
            let amount = admitted.map_or(MicroCredits::ZERO, MicroCredits::new);
            return Ok(verdict(amount, admitted.err()));
        }
        if event.body.is_of_outputs() {
            let (step, _) = self.check_outputs(self.moment(event), &event.body)?;
            return Ok(verdict(MicroCredits::ZERO, self.known_outputs().admit(&step).err()));
        }
        let receipt = self.clone().apply(event)?;
        let amount = receipt.applied().map_or(MicroCredits::ZERO, |applied| applied.amount);
        Ok(verdict(amount, receipt.denial()))
    }

    /// Reads what applying the event would read, and does nothing with it. Asked about each event of a batch before
    /// the first of them is applied, many accounts are waited for at once instead of one after the other; of accounts
    /// that the processor has at hand anyway it is a waste.
    ///
    /// ```
    /// # use tollkeeper::usage::{account::Account, event::{AccountId, Body, Event, EventId}, options::Options};
    /// # let at = "2027-01-31T00:00:00Z".parse()?;
    /// # let mut accounts = [1, 2, 3].map(|id| Account::new(AccountId::new(id), Options::default()));
    /// # let event = |id| Event::new(AccountId::new(id), EventId::new(1), at, Body::Advance);
    /// # let mut events = [(2, event(3)), (0, event(1))];
    /// for batch in events.chunks(32) {
    ///     batch.iter().for_each(|(place, event)| accounts[*place].read_ahead(event));
    ///     for (place, event) in batch {
    ///         let receipt = accounts[*place].apply(event)?;
    ///         assert!(!receipt.repeated);
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_ahead(&self, event: &Event) {
        let own = (
            self.now.is_none(),
            self.outputs.is_none(),
            self.options.skew == 0,
            self.deadlines.next().is_none(),
        );
        std::hint::black_box((own, self.memory.read_ahead(event.id), self.credits.read_ahead()));
    }

    fn apply_to(&mut self, event: &Event, list: Option<&mut Vec<Fact>>) -> Result<Receipt, Rejected> {
        if let Some(number) = self.receive(event)? {
            return self.repeat(event, number);
        }
        let mut facts = Facts { cause: Cause { at: event.at, of: event.id }, list };
        self.perform(event, &mut facts)
    }

    /// Checks what every event is held to, and finds the number of its record if it was answered before.
    #[expect(clippy::inline_always, reason = "so that what is found is not handed on in memory")]
    #[inline(always)]
    fn receive(&self, event: &Event) -> Result<Option<u64>, Rejected> {
        if event.account != self.id {
            return Err(Rejected::WrongAccount);
        }
        if let Some(now) = self.now {
            let oldest = earlier(now, self.options.window);
            if event.at < oldest {
                return Err(Rejected::TooOld { oldest });
            }
        }
        if let Some(number) = self.memory.find(event.id) {
            return Ok(Some(number));
        }
        let latest = later(event.received, self.options.skew);
        if event.at > latest {
            return Err(Rejected::FutureSkew { latest });
        }
        match event.expected {
            Some(expected) if expected != self.version() => Err(Rejected::Stale { actual: self.version() }),
            _ => Ok(None),
        }
    }

    /// The answer that was given before, if it was to the same event.
    #[cold]
    fn repeat(&self, event: &Event, number: u64) -> Result<Receipt, Rejected> {
        let (at, body, outcome) = self.memory.told(number).ok_or(Rejected::Conflict { field: "id" })?;
        match event.first_difference(at, &body) {
            Some(field) => Err(Rejected::Conflict { field }),
            None => Ok(Receipt { version: Version(number).next(), outcome, repeated: true }),
        }
    }

    /// Each verb first makes every check that can reject, then lets time pass, then changes the account, and
    /// last records the event.
    #[inline]
    fn perform(&mut self, event: &Event, facts: &mut Facts<'_>) -> Result<Receipt, Rejected> {
        let moment = self.moment(event);
        match &event.body {
            Body::Subscribe { subscription } => self.subscribe(moment, subscription, facts),
            Body::Unsubscribe { plan } => self.unsubscribe(moment, *plan, facts),
            Body::NameBuilder { plan, actor } => Ok(self.name_builder(moment, *plan, *actor, facts)),
            Body::DropBuilder { plan, actor } => Ok(self.drop_builder(moment, *plan, *actor, facts)),
            Body::Include { plan, within } => self.include(moment, *plan, *within, facts),
            Body::Purchase { plan, within, amount } => self.purchase(moment, *plan, *within, *amount, facts),
            Body::Goodwill { plan, within, amount, reason } => {
                self.goodwill(moment, (*plan, *within), *amount, reason, facts)
            }
            Body::Revoke { grant, reason } => self.revoke(moment, *grant, reason, facts),
            Body::Reserve { usage, actor, deadline } => self.reserve(moment, usage, *actor, *deadline, facts),
            Body::Settle { reservation, usage } => self.settle(moment, *reservation, usage, facts),
            Body::SettlePart { reservation, usage } => self.settle_part(moment, *reservation, usage, facts),
            Body::Void { reservation } => self.void(moment, *reservation, facts),
            Body::Record { usage, actor, after } => self.record_usage(moment, usage, *actor, *after, facts),
            Body::Correct { charge, amount, reason } => self.correct(moment, *charge, *amount, reason, facts),
            Body::Reprice { charge, usage, reason } => self.reprice(moment, *charge, usage, reason, facts),
            Body::Close { before } => self.close(moment, *before, facts),
            Body::Advance => {
                self.pass(moment, facts);
                Ok(self.applied(moment, Applied::default()))
            }
            Body::Limit { .. }
            | Body::Produce { .. }
            | Body::FollowUp { .. }
            | Body::Dismiss { .. }
            | Body::OptIn { .. }
            | Body::OptOut { .. } => self.count(moment, &event.body, facts),
        }
    }

    fn count(&mut self, moment: Moment<'_>, body: &Body, facts: &mut Facts<'_>) -> Result<Receipt, Rejected> {
        let (step, late) = self.check_outputs(moment, body)?;
        self.pass(moment, facts);
        Ok(match self.outputs.get_or_insert_default().perform(step, facts) {
            Ok(note) => self.applied(moment, Applied { note: late.or(note), ..Applied::default() }),
            Err(denial) => self.denied(moment, denial),
        })
    }

    fn check_outputs(&self, moment: Moment<'_>, body: &Body) -> Result<(Step, Option<Note>), Rejected> {
        let booking = self.booking(moment)?;
        let when = When { at: moment.event.at, booked: booking.at, closed: self.closed };
        Ok((self.known_outputs().check(when, body, &self.options)?, booking.note))
    }

    pub(super) fn known_outputs(&self) -> &Outputs {
        self.outputs.as_deref().unwrap_or(Outputs::NONE)
    }

    pub(super) fn applied(&mut self, moment: Moment<'_>, applied: Applied) -> Receipt {
        self.record(moment, Outcome::Applied { applied }, Held::Nothing)
    }

    pub(super) fn denied(&mut self, moment: Moment<'_>, denial: Denial) -> Receipt {
        self.record(moment, Outcome::Denied { denial }, Held::Nothing)
    }

    #[expect(clippy::inline_always, reason = "so that a record is not copied on the way to where it is kept")]
    #[inline(always)]
    pub(super) fn record(&mut self, moment: Moment<'_>, outcome: Outcome, held: Held) -> Receipt {
        let Event { id, at, body, .. } = moment.event;
        self.memory.push(*id, *at, body, outcome, held);
        Receipt { version: self.version(), outcome, repeated: false }
    }

    /// Lets time pass up to an event: reservations lapse in the order of their deadlines, then ids (CRD-10),
    /// and what is older than the window is forgotten.
    pub(super) fn pass(&mut self, moment: Moment<'_>, facts: &mut Facts<'_>) {
        let now = moment.now;
        self.now = Some(now);
        while let Some(deadline) = self.deadlines.next().filter(|deadline| deadline.at <= now) {
            self.lapse(deadline, facts);
        }
        let oldest = earlier(now, self.options.window);
        self.memory.forget_before(oldest);
        if let Some(outputs) = &mut self.outputs {
            outputs.forget_before(oldest);
        }
    }

    /// Forgets the next deadlines as long as they are those of reservations resolved before, so that there
    /// are few more of them than open reservations.
    pub(super) fn forget_deadlines(&mut self) {
        while let Some(deadline) = self.deadlines.next() {
            if self.memory.get(deadline.number).is_some_and(Record::is_open) {
                return;
            }
            self.deadlines.pop();
        }
    }

    /// Lapses the next reservation, unless it was resolved before.
    #[cold]
    fn lapse(&mut self, deadline: Deadline, facts: &mut Facts<'_>) {
        self.deadlines.pop();
        let Some(record) = self.memory.get_mut(deadline.number) else { return };
        let Held::Reservation { legs, resolution: resolution @ None, .. } = &mut record.held else { return };
        *resolution = Some(Resolution::Lapsed);
        let cause = std::mem::replace(&mut facts.cause, Cause { at: deadline.at, of: deadline.reservation });
        self.credits.free(legs, facts);
        facts.state(|| Change::Resolved { resolution: Resolution::Lapsed });
        facts.cause = cause;
    }

    fn moment<'e>(&self, event: &'e Event) -> Moment<'e> {
        let latest = event.received.max(event.at);
        let now = self.now.map_or(latest, |now| now.max(latest));
        Moment { event, now }
    }

    /// The credits as they are at an instant, with every reservation lapsed whose deadline is there by then.
    pub(super) fn credits_at(&self, at: Timestamp) -> Cow<'_, Credits> {
        if self.deadlines.next().is_none_or(|deadline| deadline.at > at) {
            return Cow::Borrowed(&self.credits);
        }
        let mut credits = self.credits.clone();
        let due = self.deadlines.iter().filter(|deadline| deadline.at <= at);
        for record in due.filter_map(|deadline| self.memory.get(deadline.number)) {
            if let Held::Reservation { legs, resolution: None, .. } = &record.held {
                let cause = Cause { at, of: record.id };
                credits.free(&mut Legs::clone(legs), &mut Facts { cause, list: None });
            }
        }
        Cow::Owned(credits)
    }

    /// The instant at which something is booked: its own, unless its books are closed.
    pub(super) fn booking(&self, moment: Moment<'_>) -> Result<Booked, Rejected> {
        if moment.event.at >= self.closed {
            return Ok(Booked { at: moment.event.at, note: None });
        }
        match self.options.late {
            Late::Reject => Err(Rejected::PeriodClosed { before: self.closed }),
            Late::BookNow => Ok(Booked { at: moment.now, note: Some(Note::BookedLate { at: moment.now }) }),
        }
    }
}

/// An event, and how far the account will have come with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'e> {
    pub(super) event: &'e Event,
    pub(super) now: Timestamp,
}

/// When something is booked, and the note if that is not when it happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booked {
    pub(super) at: Timestamp,
    pub(super) note: Option<Note>,
}

/// Why none of several events was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// An event would be denied.
    #[error("event {position} would be denied: {denial}")]
    Denied {
        /// The position of the event in the list, from zero.
        position: usize,
        /// Why.
        denial: Denial,
    },
    /// An event is rejected.
    #[error("event {position} is rejected: {rejected}")]
    Rejected {
        /// The position of the event in the list, from zero.
        position: usize,
        /// Why.
        rejected: Rejected,
    },
}

/// So many nanoseconds before the instant, at the earliest the first there is.
pub(super) fn earlier(at: Timestamp, nanoseconds: u64) -> Timestamp {
    Timestamp::from_nanoseconds(at.nanoseconds().saturating_sub_unsigned(nanoseconds))
}

/// So many nanoseconds after the instant, at the latest the last there is.
pub(super) fn later(at: Timestamp, nanoseconds: u64) -> Timestamp {
    Timestamp::from_nanoseconds(at.nanoseconds().saturating_add_unsigned(nanoseconds))
}

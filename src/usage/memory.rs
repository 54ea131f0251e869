//! Memory: the events of the declared window, by id, with their answers and their legs.
//!
//! It is what makes an event happen once, and what lets a charge be corrected to the legs it came from. An
//! event older than the window is rejected before it is looked up, so forgetting can never count twice
//! (USE-07).

use std::collections::VecDeque;
use std::ops::Range;

use crate::units::{MicroCredits, Timestamp};

use super::book::Brief;
use super::credits::Payer;
use super::event::{ActorId, Body, EventId, Version};
use super::legs::Legs;
use super::outcome::{Applied, Crossed, Outcome, Resolution};
use super::window::{Known, Link, Window};
use super::wire::{Malformed, Wire, wire_enum};

/// An event, as far as later events ask for it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: EventId,
    pub(super) at: Timestamp,
    /// The deadline of a reservation; of any other event its instant.
    until: Timestamp,
    pub(super) held: Held,
    /// What was said and answered; none if that is kept as a [`Rest`].
    run: Option<Run>,
    earlier: Link,
}

/// What an event left behind that later events refer to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    Nothing,
    /// A reservation; `parts` tells whether any of it has been settled.
    Reservation {
        payer: Payer,
        legs: Legs,
        parts: bool,
        resolution: Option<Resolution>,
    },
    /// A charge; the legs are what is still charged.
    Charge {
        payer: Payer,
        legs: Legs,
    },
}

/// The body of a run that was admitted, and the answer to it, in half the space: nearly every event is one.
#[derive(Clone, Copy, Debug)]
struct Run {
    kind: Kind,
    usage: Brief,
    excess: MicroCredits,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Reserve { actor: ActorId },
    Settle { reservation: EventId },
    SettlePart { reservation: EventId },
    Record { actor: ActorId },
}

/// The body of any other event, and the answer to it.
#[derive(Clone, Debug)]
struct Rest {
    /// The number of its record.
    number: u64,
    body: Body,
    outcome: Outcome,
}

/// The events of an account; the number of each is the version that it was applied to.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    records: Window<Record>,
    /// In the order of their numbers.
    rest: VecDeque<Rest>,
}

impl Memory {
    /// The version of the account: so many events were recorded.
    pub(super) fn version(&self) -> Version {
        Version(self.next())
    }

    /// The number of the record of the event with this id, if it is remembered.
    #[inline]
    pub(super) fn find(&self, id: EventId) -> Option<u64> {
        self.records.find(id.bits())
    }

    /// The number that the next record will have.
    pub(super) fn next(&self) -> u64 {
        self.records.numbers().end
    }

    pub(super) fn get(&self, number: u64) -> Option<&Record> {
        self.records.get(number)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Record> {
        self.records.get_mut(number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    /// The same with their numbers.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u64, &Record)> {
        self.records.numbers().zip(self.records.iter())
    }

    /// What the event with this number said of which instant, and the answer to it.
    pub(super) fn told(&self, number: u64) -> Option<(Timestamp, Body, Outcome)> {
        let record = self.get(number)?;
        if let Some(run) = &record.run {
            return Some((record.at, run.body(record), run.outcome()));
        }
        let place = self.rest.binary_search_by_key(&number, |rest| rest.number).ok()?;
        self.rest.get(place).map(|rest| (record.at, rest.body.clone(), rest.outcome))
    }

    /// Reads where this event is looked for, and what is forgotten first. What is returned means nothing.
    #[inline]
    pub(super) fn read_ahead(&self, event: EventId) -> bool {
        let parts = |record: &Record| record.is_open() ^ record.run.is_none() ^ (record.at == record.until);
        self.records
            .iter()
            .take(2)
            .fold(self.records.may_know(event.bits()), |read, record| read ^ parts(record))
    }

    /// Remembers an event that is not remembered.
    #[expect(
        clippy::inline_always,
        reason = "so that what is held is not copied on the way to where it is kept"
    )]
    #[inline(always)]
    pub(super) fn push(&mut self, id: EventId, at: Timestamp, body: &Body, outcome: Outcome, held: Held) {
        let number = self.next();
        let Some((record, link)) = self.records.push(id.bits()) else { return };
        // Field by field, each of them: a record that is made as a whole is copied to where it stays.
        let Record { id: own, at: instant, until, held: legs, run, earlier } = record;
        (*own, *instant, *legs, *earlier) = (id, at, held, link);
        *until = if let Body::Reserve { deadline, .. } = body { *deadline } else { at };
        *run = Run::of(at, body, outcome);
        if run.is_none() {
            self.push_rest(number, body, outcome);
        }
    }

    #[cold]
    fn push_rest(&mut self, number: u64, body: &Body, outcome: Outcome) {
        // Most accounts have a few of them, and there may be a million accounts.
        if self.rest.len() == self.rest.capacity() {
            self.rest.reserve_exact((self.rest.len() / 4).saturating_add(1));
        }
        self.rest.push_back(Rest { number, body: body.clone(), outcome });
    }

    /// Forgets records older than the window, in their order. An open reservation is not forgotten, nor is
    /// what came after it.
    #[inline]
    pub(super) fn forget_before(&mut self, oldest: Timestamp) {
        self.records.forget_while(|record| record.at < oldest && !record.is_open());
        while self.rest.front().is_some_and(|rest| rest.number < self.records.numbers().start) {
            self.forget_rest();
        }
    }

    #[cold]
    fn forget_rest(&mut self) {
        self.rest.pop_front();
        // Which happens at most once a window.
        if self.rest.is_empty() {
            self.rest = VecDeque::new();
        }
    }
}

impl Record {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.held, Held::Reservation { resolution: None, .. })
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.is_open().then_some(self.until)
    }
}

impl Run {
    /// None if the event is no run, or says or was answered more than fits.
    #[inline]
    fn of(at: Timestamp, body: &Body, outcome: Outcome) -> Option<Self> {
        let (kind, usage) = match *body {
            Body::Reserve { ref usage, actor, .. } => (Kind::Reserve { actor }, usage),
            Body::Settle { reservation, ref usage } => (Kind::Settle { reservation }, usage),
            Body::SettlePart { reservation, ref usage } => (Kind::SettlePart { reservation }, usage),
            Body::Record { ref usage, actor, after: None } => (Kind::Record { actor }, usage),
            _ => return None,
        };
        let Outcome::Applied { applied: Applied { amount, excess, crossed, note: None } } = outcome else {
            return None;
        };
        if usage.charge() != Some(amount) || crossed != Crossed::default() {
            return None;
        }
        Some(Self { kind, usage: usage.brief(at)?, excess })
    }

    fn body(&self, record: &Record) -> Body {
        let usage = self.usage.usage(record.at);
        match self.kind {
            Kind::Reserve { actor } => Body::Reserve { usage, actor, deadline: record.until },
            Kind::Settle { reservation } => Body::Settle { reservation, usage },
            Kind::SettlePart { reservation } => Body::SettlePart { reservation, usage },
            Kind::Record { actor } => Body::Record { usage, actor, after: None },
        }
    }

    fn outcome(&self) -> Outcome {
        let (amount, excess) = (self.usage.charge, self.excess);
        Outcome::Applied { applied: Applied { amount, excess, ..Applied::default() } }
    }
}

impl Known for Record {
    const BLANK: Self = Self {
        id: EventId::new(0),
        at: Timestamp::from_nanoseconds(0),
        until: Timestamp::from_nanoseconds(0),
        held: Held::Nothing,
        run: None,
        earlier: Link::BLANK,
    };

    #[inline]
    fn id(&self) -> u128 {
        self.id.bits()
    }

    #[inline]
    fn earlier(&self) -> Link {
        self.earlier
    }
}

wire_enum!(Held {
    0 Nothing,
    1 Reservation { payer, legs, parts, resolution },
    2 Charge { payer, legs },
});

impl Wire for Memory {
    fn write(&self, bytes: &mut Vec<u8>) {
        let Range { start, end } = self.records.numbers();
        start.write(bytes);
        end.saturating_sub(start).write(bytes);
        for (number, record) in self.numbered() {
            let Some((at, body, outcome)) = self.told(number) else { continue };
            record.id.write(bytes);
            at.write(bytes);
            body.write(bytes);
            outcome.write(bytes);
            record.held.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut memory = Self { records: Window::after(u64::read(bytes)?), ..Self::default() };
        for _ in 0..u64::read(bytes)? {
            let (id, at) = (EventId::read(bytes)?, Timestamp::read(bytes)?);
            let (body, outcome, held) = (Body::read(bytes)?, Outcome::read(bytes)?, Held::read(bytes)?);
            if memory.find(id).is_some() {
                return Err(Malformed);
            }
            memory.push(id, at, &body, outcome, held);
        }
        // No account comes to half of all numbers, and so none runs out of them.
        if memory.next() > u64::MAX / 2 { Err(Malformed) } else { Ok(memory) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::book::{PriceBook, Tokens, Usage};
    use crate::usage::outcome::Note;

    /// Whatever fits a run or does not: it is told, and written down, as it was.
    #[test]
    fn an_event_is_told_as_it_was_remembered() {
        let (at, later) = (Timestamp::from_nanoseconds(5), Timestamp::from_nanoseconds(6));
        let mut book = PriceBook::new();
        let pools = [0, 1, 2, 3, 4, 5, 6, 7].map(|pool: u8| book.add_pool(&pool.to_string()).unwrap());
        let model = book.add_model("m").unwrap();
        book.add_version(model, at, &pools.map(|pool| (pool, "0.001".parse().unwrap()))).unwrap();
        let priced =
            |pool: usize, count| book.usage(model, &Tokens::none().with(pools[pool], count), at).unwrap();
        let unpriced = book.usage(model, &Tokens::none(), Timestamp::from_nanoseconds(0)).unwrap();
        let elsewhen = book.usage(model, &Tokens::none(), later).unwrap();
        let (plain, mut crossed) = (Applied::default(), Applied::default());
        crossed.crossed.set(7, 100);
        let most = u64::from(u32::MAX);
        let (actor, reservation) = (ActorId::new(1 << 100 | 3), EventId::new(u128::MAX - 1));
        for (usage, applied, fits) in [
            (Usage::of_amount(MicroCredits::new(9)), plain, true),
            (priced(0, most), plain, true),
            (priced(7, most), Applied { excess: MicroCredits::new(1), ..plain }, true),
            (priced(7, most + 1), plain, false),
            (unpriced, plain, false),
            (elsewhen, plain, false),
            (priced(1, 1), Applied { note: Some(Note::AfterLapse), ..plain }, false),
            (priced(1, 1), crossed, false),
        ] {
            let applied = Applied { amount: usage.charge().unwrap_or_default(), ..applied };
            let other = Applied { amount: MicroCredits::new(u64::MAX), ..applied };
            for (body, applied, fits) in [
                (Body::Reserve { usage, actor, deadline: later }, applied, fits),
                (Body::Settle { reservation, usage }, applied, fits),
                (Body::SettlePart { reservation, usage }, applied, fits),
                (Body::Record { usage, actor, after: None }, applied, fits),
                (Body::Settle { reservation, usage }, other, false),
                (Body::Record { usage, actor, after: Some(reservation) }, applied, false),
                (Body::Advance, applied, false),
            ] {
                let mut memory = Memory { records: Window::after(7), ..Memory::default() };
                let outcome = Outcome::Applied { applied };
                memory.push(EventId::new(1), at, &body, outcome, Held::Nothing);
                let (_, told, answer) = memory.told(7).unwrap();
                assert_eq!((bytes(&told), answer), (bytes(&body), outcome));
                assert_eq!(memory.rest.is_empty(), fits, "{body:?}");
            }
        }
    }

    /// An event without a number would be applied and not remembered.
    #[test]
    fn a_memory_that_could_run_out_of_numbers_is_refused() {
        for (before, fits) in
            [(0, true), (u64::MAX / 2, true), (u64::MAX / 2 + 1, false), (u64::MAX - 1, false)]
        {
            let mut bytes = Vec::new();
            Memory { records: Window::after(before), ..Memory::default() }.write(&mut bytes);
            assert_eq!(Memory::read(&mut &*bytes).is_ok(), fits, "{before}");
        }
    }

    /// Equal usages need not have been charged the same, but their bytes are.
    fn bytes(body: &Body) -> Vec<u8> {
        let mut bytes = Vec::new();
        body.write(&mut bytes);
        bytes
    }
}

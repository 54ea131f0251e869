//! Properties of the ledger, held by random logs that are the same in every run (P15).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

mod usage_model;
mod usage_world;

use std::collections::BTreeMap;

use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::Usage;
use tollkeeper::usage::event::{ActorId, Body, Event, EventId, OptInId, OutputId, Reason};
use tollkeeper::usage::fact::{Change, Entry, Source};
use tollkeeper::usage::history::History;
use tollkeeper::usage::options::Options;
use tollkeeper::usage::outcome::{Denial, Note, Outcome};
use tollkeeper::usage::outputs::{Follow, Origin, OutputLimit};
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Stop, Subscription};
use tollkeeper::word::Every;

use usage_model::{Answer, END, MONTH, Model, PLANS, QUARTER};
use usage_world::ACCOUNT;

/// Numbers that look random and are the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        // Mostly recent ones: those are still open.
        let back = self.below(8).min(self.below(64)) as usize;
        items.len().checked_sub(1 + back % items.len().max(1)).and_then(|place| items.get(place)).copied()
    }
}

fn at(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanoseconds(nanoseconds)
}

fn every(length: i64) -> Schedule {
    let boundaries = (0..=END / length).map(|index| at(index * length)).collect::<Vec<_>>();
    Schedule::listed(&boundaries).unwrap()
}

fn options() -> Options {
    Options::default().window(10 * QUARTER as u64).hold(MONTH as u64)
}

fn plan(number: usize) -> PlanKey {
    PlanKey::new(PLANS[number].number).unwrap()
}

/// An account that holds the model's plans, without any credits.
fn account(options: Options) -> Account {
    let mut account = Account::new(ACCOUNT, options);
    for (id, terms) in (1..).zip(PLANS) {
        let term = Period::new(at(0), at(END)).unwrap();
        let stop = match terms.ceiling {
            Some(100) => Stop::Hard,
            Some(percent) => Stop::Soft { ceiling_percent: percent as u16 },
            None => Stop::Unlimited,
        };
        let subscription = Subscription::new(PlanKey::new(terms.number).unwrap(), term, every(terms.length))
            .priority(terms.priority)
            .stop(stop)
            .increment(MicroCredits::new(1));
        let body = Body::Subscribe { subscription: subscription.into() };
        let receipt = account.apply(&Event::new(ACCOUNT, EventId::new(id), at(0), body)).unwrap();
        assert_eq!(receipt.denial(), None);
    }
    account
}

/// A stream of events: mostly sensible, now and then wrong, late, repeated or ahead.
struct Stream {
    random: Random,
    now: i64,
    /// How far an event may be behind.
    late: u64,
    step: u64,
    next: u128,
    grants: Vec<EventId>,
    reservations: Vec<EventId>,
    charges: Vec<EventId>,
}

impl Stream {
    fn new(seed: u64, step: u64, late: u64) -> Self {
        let random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let lists = (Vec::new(), Vec::new(), Vec::new());
        Self {
            random,
            now: 0,
            late,
            step,
            next: 100,
            grants: lists.0,
            reservations: lists.1,
            charges: lists.2,
        }
    }

    fn next(&mut self) -> Event {
        self.now = (self.now + self.random.below(self.step) as i64).min(END - 1);
        let behind = if self.random.below(8) == 0 { self.random.below(self.late) } else { 0 };
        let instant = (self.now - behind as i64).max(0);
        self.next += 1;
        let id = EventId::new(self.next);
        let body = self.body(id, instant);
        Event::new(ACCOUNT, id, at(instant), body)
    }

    fn body(&mut self, id: EventId, instant: i64) -> Body {
        let random = &mut self.random;
        let usage = Usage::of_amount(MicroCredits::new(random.below(30)));
        let actor = ActorId::new(u128::from(random.below(3)));
        let nothing = EventId::new(0);
        let reservation = random.pick(&self.reservations).unwrap_or(nothing);
        let charge = random.pick(&self.charges).unwrap_or(nothing);
        let reason = Reason::new("random").unwrap();
        match random.below(20) {
            0..=1 => {
                self.grants.push(id);
                let number = random.below(3) as usize;
                let within = at((instant + random.below(2_000) as i64 - 500).clamp(0, END - 1));
                let amount = MicroCredits::new(random.below(60));
                if random.below(2) == 0 {
                    Body::Purchase { plan: plan(number), within, amount }
                } else {
                    Body::Goodwill { plan: plan(number), within, amount, reason }
                }
            }
            2..=7 => {
                self.reservations.push(id);
                let deadline = at(instant + random.below(800) as i64);
                Body::Reserve { usage, actor, deadline }
            }
            8..=11 => {
                self.charges.push(id);
                Body::Settle { reservation, usage }
            }
            12..=13 => {
                self.charges.push(id);
                Body::SettlePart { reservation, usage }
            }
            14 => Body::Void { reservation },
            15..=16 => {
                self.charges.push(id);
                Body::Record { usage, actor, after: None }
            }
            17..=18 => Body::Correct { charge, amount: MicroCredits::new(random.below(12)), reason },
            _ if random.below(6) == 0 => {
                Body::Revoke { grant: random.pick(&self.grants).unwrap_or(nothing), reason }
            }
            _ => Body::Advance,
        }
    }
}

#[test]
fn the_ledger_agrees_with_the_model() {
    // P16 for usage: CRD-04 to CRD-11
    let mut admitted = [0_u64; 3];
    for seed in 1..=250 {
        let mut account = account(options());
        let mut model = Model::default();
        let mut stream = Stream::new(seed, 60, 900);
        for _ in 0..160 {
            let event = stream.next();
            let expected = ask(&mut model, &event);
            let found = match account.apply(&event).map(|receipt| receipt.outcome) {
                Ok(Outcome::Applied { applied }) => {
                    Answer::Fine { amount: applied.amount.get(), excess: applied.excess.get() }
                }
                Ok(Outcome::Denied { denial: Denial::Insufficient { short } }) => Answer::Short(short.get()),
                Err(_) => Answer::Refused,
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "seed {seed}: {event:?}");
            admitted[match found {
                Answer::Fine { .. } => 0,
                Answer::Short(_) => 1,
                Answer::Refused => 2,
            }] += 1;
            compare(&account, &model, stream.now, seed);
        }
        compare(&account, &model, stream.now + MONTH, seed);
    }
    // The logs are worth comparing: every kind of answer is common in them.
    assert!(admitted.iter().all(|count| *count > 3_000), "{admitted:?}");
}

fn ask(model: &mut Model, event: &Event) -> Answer {
    let (id, instant) = (event.id().bits(), event.at().nanoseconds());
    let units = |usage: &Usage| usage.charge().unwrap().get();
    match event.body() {
        Body::Purchase { plan, within, amount } => {
            model.issue(id, instant, plan.number().into(), within.nanoseconds(), amount.get(), true)
        }
        Body::Goodwill { plan, within, amount, .. } => {
            model.issue(id, instant, plan.number().into(), within.nanoseconds(), amount.get(), false)
        }
        Body::Reserve { usage, deadline, .. } => {
            model.reserve(id, instant, units(usage), deadline.nanoseconds())
        }
        Body::Settle { reservation, usage } => {
            model.settle(id, instant, reservation.bits(), units(usage), true)
        }
        Body::SettlePart { reservation, usage } => {
            model.settle(id, instant, reservation.bits(), units(usage), false)
        }
        Body::Void { reservation } => model.void(instant, reservation.bits()),
        Body::Record { usage, .. } => model.record(id, instant, units(usage)),
        Body::Correct { charge, amount, .. } => model.correct(instant, charge.bits(), amount.get()),
        Body::Revoke { grant, .. } => model.revoke(instant, grant.bits()),
        Body::Advance => {
            model.pass(instant);
            Answer::Fine { amount: 0, excess: 0 }
        }
        other => panic!("the model knows no {other:?}"),
    }
}

fn compare(account: &Account, model: &Model, instant: i64, seed: u64) {
    let mut passed = model.clone();
    passed.pass(instant);
    let grants = account.grants(at(instant));
    assert_eq!(grants.len(), passed.grants.len());
    for (found, expected) in grants.iter().zip(&passed.grants) {
        let amounts =
            [found.available, found.reserved, found.consumed, found.expired, found.revoked, found.upcoming];
        assert_eq!(amounts.map(MicroCredits::get), Model::count(expected, instant), "seed {seed}: {found:?}");
    }
    assert_eq!(account.balance(at(instant)).overdraft.get(), passed.overdraft(), "seed {seed}");
}

#[test]
fn after_a_million_events_every_grant_still_adds_up() {
    // E133, P15: what facts say was moved is what the grants hold, to the micro-credit.
    let mut account = account(options().window(QUARTER as u64));
    let mut stream = Stream::new(7, 1, 300);
    let mut moved: BTreeMap<EventId, [i128; 3]> = BTreeMap::new();
    let mut facts = Vec::new();
    let mut applied = 0;
    for count in 0..1_000_000_u64 {
        // Time goes on slowly, so that memory is full all along.
        stream.step = if count % 50 == 0 { 3 } else { 1 };
        let event = stream.next();
        // Few grants, much use, as it is in life.
        if matches!(event.body(), Body::Purchase { .. } | Body::Goodwill { .. }) && count % 16 != 0 {
            continue;
        }
        applied += u32::from(account.apply_stating(&event, &mut facts).is_ok());
        for fact in facts.drain(..) {
            match fact.change {
                Change::Issued { amount, .. } => {
                    moved.insert(fact.of, [i128::from(amount.get()), 0, 0]);
                }
                Change::Posted { source: Source::Grant { grant }, entry, amount } => {
                    let amount = i128::from(amount.get());
                    let [free, reserved, consumed] = moved.get_mut(&grant).unwrap();
                    let (from, to) = match entry {
                        Entry::Reserve => (free, reserved),
                        Entry::Free => (reserved, free),
                        Entry::Settle => (reserved, consumed),
                        Entry::Charge => (free, consumed),
                        Entry::Return => (consumed, free),
                        other => panic!("{other:?}"),
                    };
                    *from -= amount;
                    *to += amount;
                    assert!(*from >= 0, "nothing is moved that is not there");
                }
                _ => {}
            }
        }
        if count % 250_000 == 249_999 {
            account.audit().unwrap();
        }
        stream.charges.drain(..stream.charges.len().saturating_sub(200));
        stream.reservations.drain(..stream.reservations.len().saturating_sub(200));
    }
    assert!(applied > 400_000, "{applied}");
    let grants = account.grants(at(stream.now));
    assert!(grants.len() > 3_000, "{}", grants.len());
    for grant in grants {
        let [free, reserved, consumed] = moved[&grant.grant];
        assert_eq!(i128::from(grant.reserved.get()), reserved);
        assert_eq!(i128::from(grant.consumed.get()), consumed);
        let rest = [grant.available, grant.upcoming, grant.bound, grant.expired, grant.revoked];
        assert_eq!(rest.iter().map(|amount| i128::from(amount.get())).sum::<i128>(), free);
        assert_eq!(free + reserved + consumed, i128::from(grant.issued.get()));
    }
}

#[test]
fn a_snapshot_of_any_prefix_and_the_rest_give_the_whole_byte_for_byte() {
    // T10, E84, P15, USE-07
    for seed in 1..=12 {
        let mut whole = account(options().window(2_500));
        let mut stream = Stream::new(seed, 40, 1_500);
        let mut events: Vec<Event> = Vec::new();
        let mut snapshots = Vec::new();
        for _ in 0..240 {
            let event = stream.next();
            let before = whole.snapshot();
            let failed = whole.apply(&event).is_err();
            let after = whole.snapshot();
            assert!(!failed || before == after, "an error changes nothing");
            events.push(event);
            let again = &events[stream.random.below(events.len() as u64) as usize];
            let effect = whole.apply(again);
            if effect.is_ok_and(|receipt| !receipt.repeated) {
                // It failed the first time and succeeds now: part of the log from here on.
                events.push(again.clone());
                snapshots.push(before);
                snapshots.push(after);
            } else {
                assert_eq!(whole.snapshot(), after, "an event twice changes nothing");
                snapshots.push(before);
            }
        }
        for (prefix, snapshot) in snapshots.iter().enumerate().step_by(7) {
            let mut loaded = Account::load(snapshot).unwrap();
            for event in &events[prefix..] {
                // Errors come again as they came.
                let _answer = loaded.apply(event);
            }
            assert_eq!(loaded.snapshot(), whole.snapshot(), "seed {seed}, prefix {prefix}");
        }
    }
}

#[test]
fn a_history_explains_every_balance_it_gives() {
    // CRD-06, CRD-10, P6: the lines add up, and the end of the history is the account.
    for seed in 1..=40 {
        let mut account = account(options());
        let mut history = History::new();
        let mut stream = Stream::new(seed, 60, 900);
        // The subscriptions were made outside this history.
        for (id, terms) in (1..).zip(PLANS) {
            let leave = Body::Unsubscribe { plan: PlanKey::new(terms.number).unwrap() };
            let term = Period::new(at(0), at(END)).unwrap();
            let subscription =
                Subscription::new(PlanKey::new(terms.number).unwrap(), term, every(terms.length));
            let subscription = subscription.increment(MicroCredits::new(1)).priority(terms.priority);
            let subscribe = Body::Subscribe { subscription: subscription.into() };
            for (id, body) in [(50 + id, leave), (60 + id, subscribe)] {
                let event = Event::new(ACCOUNT, EventId::new(id), at(0), body);
                assert_eq!(history.apply(&mut account, &event).unwrap().denial(), None);
            }
        }
        for _ in 0..150 {
            let _answer = history.apply(&mut account, &stream.next());
        }
        for instant in [stream.now, stream.now + 300, stream.now + 5_000] {
            let explanation = history.explain(at(instant));
            assert_eq!(explanation.balance, account.balance(at(instant)), "seed {seed}");
            assert_eq!(history.balance(at(instant)), explanation.balance);
            let mut before = MicroCredits::ZERO;
            for line in &explanation.lines {
                assert_eq!(line.before, before, "seed {seed}: {line}");
                before = line.after;
            }
            assert_eq!(before, explanation.balance.available, "seed {seed}");
        }
    }
}

#[test]
fn periods_tile_four_centuries_from_every_anchor() {
    // T8, E101 to E106, CRD-13
    let midnight = |text: String| -> Timestamp { format!("{text}T00:00:00Z").parse().unwrap() };
    for day in 1..=31_i64 {
        let anchor = midnight(format!("2000-01-{day:02}"));
        for (every, months) in [(Every::Month, 1), (Every::Quarter, 3), (Every::Year, 12)] {
            let schedule = Schedule::anchored(anchor, every);
            let mut before = None;
            for index in -2_400 / months..2_400 / months {
                let period = schedule.period(index).unwrap();
                let (year, month) = (2000 + (index * months).div_euclid(12), (index * months).rem_euclid(12));
                let expected = days_since_epoch(year, month, day.min(days_in(year, month)));
                assert_eq!(
                    period.from.nanoseconds(),
                    expected * 86_400_000_000_000,
                    "{day} {every:?} {index}"
                );
                assert!(before.is_none_or(|until| until == period.from), "they tile");
                let last = at(period.until.nanoseconds() - 1);
                assert_eq!(schedule.index_at(period.from), Ok(index));
                assert_eq!(schedule.index_at(last), Ok(index));
                before = Some(period.until);
            }
        }
    }
}

/// Written out on purpose: months from zero.
fn days_in(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize]
}

fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let years =
        (year - 1970) * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 477;
    years + (0..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1
}

#[test]
fn outputs_agree_with_a_model_that_recounts_everything() {
    // USE-01 to USE-05
    let limit = 20;
    for seed in 1..=300_u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut account = Account::new(ACCOUNT, options());
        let terms = OutputLimit::new(limit, every(MONTH), Stop::Soft { ceiling_percent: 130 });
        let body = Body::Limit { limit: Some(terms.into()) };
        assert_eq!(account.apply(&Event::new(ACCOUNT, EventId::new(1), at(0), body)).unwrap().denial(), None);
        let mut produced: BTreeMap<u128, (Origin, Option<i64>)> = BTreeMap::new();
        let mut opt_ins: BTreeMap<u128, (i64, Option<i64>)> = BTreeMap::new();
        let mut instant = 0;
        for id in 10..260 {
            instant += random.below(30) as i64;
            let (output, opt_in) = (u128::from(random.below(90)), u128::from(random.below(6)));
            let counted = |produced: &BTreeMap<u128, (Origin, Option<i64>)>| {
                let here = |counted: &&(Origin, Option<i64>)| {
                    counted.1.map(|at| at / MONTH) == Some(instant / MONTH)
                };
                produced.values().filter(here).count() as u64
            };
            let room = counted(&produced) < 26;
            let (body, expected) = match random.below(8) {
                0 => {
                    let expected = if opt_ins.contains_key(&opt_in) { "no" } else { "yes" };
                    opt_ins.entry(opt_in).or_insert((instant, None));
                    (Body::OptIn { opt_in: OptInId::new(opt_in) }, expected)
                }
                1 => {
                    let open = opt_ins.get_mut(&opt_in).filter(|(_, until)| until.is_none());
                    let expected = if open.is_some() { "yes" } else { "no" };
                    if let Some((_, until)) = open {
                        *until = Some(instant);
                    }
                    (Body::OptOut { opt_in: OptInId::new(opt_in) }, expected)
                }
                2..=4 => {
                    let origin = [
                        Origin::Requested,
                        Origin::Proactive,
                        Origin::Proactive,
                        Origin::Recurring { opt_in: OptInId::new(opt_in) },
                    ][random.below(4) as usize];
                    let known = produced.get(&output).copied();
                    let expected = match (known, origin) {
                        (Some((before, at)), _) if before == origin => match (at, origin) {
                            (Some(_), _) => "before",
                            (None, Origin::Proactive) => "proactive",
                            (None, _) => "ended",
                        },
                        (Some(_), _) => "no",
                        (None, Origin::Proactive) => "proactive",
                        (None, Origin::Recurring { .. }) if !opt_ins.contains_key(&opt_in) => "no",
                        (None, Origin::Recurring { .. }) if opt_ins[&opt_in].1.is_some() => "ended",
                        (None, _) if room => "counts",
                        (None, _) => "denied",
                    };
                    if known.is_none() && !["no", "denied"].contains(&expected) {
                        produced.insert(output, (origin, (expected == "counts").then_some(instant)));
                    }
                    (Body::Produce { output: OutputId::new(output), origin }, expected)
                }
                5..=6 => {
                    let expected = match produced.get_mut(&output) {
                        None => "no",
                        Some((_, Some(_))) => "before",
                        Some((Origin::Recurring { .. }, None)) => "ended",
                        Some(_) if !room => "denied",
                        Some((_, counted)) => {
                            *counted = Some(instant);
                            "counts"
                        }
                    };
                    (Body::FollowUp { output: OutputId::new(output), action: Follow::Recommended }, expected)
                }
                _ => {
                    let expected = if produced.contains_key(&output) { "yes" } else { "no" };
                    (Body::Dismiss { output: OutputId::new(output) }, expected)
                }
            };
            let answer = account.apply(&Event::new(ACCOUNT, EventId::new(id), at(instant), body.clone()));
            let found = match answer
                .map(|receipt| (receipt.denial(), receipt.applied().and_then(|done| done.note)))
            {
                Err(_) => "no",
                Ok((Some(Denial::LimitReached), _)) => "denied",
                Ok((None, None)) => "yes",
                Ok((None, Some(Note::Counted | Note::CountedOver))) => "counts",
                Ok((None, Some(Note::AlreadyCounted))) => "before",
                Ok((None, Some(Note::UncountedProactive))) => "proactive",
                Ok((None, Some(Note::UncountedOptInEnded))) => "ended",
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "seed {seed}: {body:?}");
            assert_eq!(account.outputs(at(instant)).unwrap().used, counted(&produced), "seed {seed}");
        }
    }
}

#[test]
fn no_bytes_make_loading_panic_and_none_load_to_an_unlawful_account() {
    // P11
    let mut whole = account(options());
    let mut stream = Stream::new(3, 40, 500);
    for _ in 0..60 {
        let _answer = whole.apply(&stream.next());
    }
    let bytes = whole.snapshot();
    for _ in 0..3_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=stream.random.below(4) {
            let place = stream.random.below(damaged.len() as u64) as usize;
            damaged[place] = stream.random.below(256) as u8;
        }
        damaged.truncate(damaged.len() - (stream.random.below(16) as usize).min(damaged.len()));
        assert!(Account::load(&damaged).is_err() || damaged == bytes);
    }
    for length in 0..64 {
        let noise = (0..length).map(|_| stream.random.below(256) as u8).collect::<Vec<_>>();
        assert!(Account::load(&noise).is_err());
    }
}

#[test]
fn charges_that_do_not_share_a_grant_may_come_in_any_order() {
    // E88, P15
    let mut stream = Stream::new(11, 1, 1);
    for _ in 0..50 {
        let amounts = (0..8).map(|_| stream.random.below(40)).collect::<Vec<_>>();
        let run = |order: &[usize]| {
            let mut account = account(options());
            for (id, within) in [(900, 0), (901, 1_500)] {
                let reason = Reason::new("some").unwrap();
                let amount = MicroCredits::new(200);
                let body = Body::Goodwill { plan: plan(0), within: at(within), amount, reason };
                let _answer = account.apply(&Event::new(ACCOUNT, EventId::new(id), at(0), body));
            }
            for index in order {
                let usage = Usage::of_amount(MicroCredits::new(amounts[*index]));
                let body = Body::Record { usage, actor: ActorId::new(1), after: None };
                let instant = if index % 2 == 0 { 10 } else { 1_010 };
                let _answer = account.apply(&Event::new(
                    ACCOUNT,
                    EventId::new(100 + *index as u128),
                    at(instant),
                    body,
                ));
            }
            account.grants(at(1_010))
        };
        assert_eq!(run(&[0, 1, 2, 3, 4, 5, 6, 7]), run(&[7, 2, 5, 0, 3, 6, 1, 4]));
    }
}

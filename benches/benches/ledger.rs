//! What the ledger costs. Absolute figures drift with the machine: compare those of one run.
//!
//! `cargo bench -p tollkeeper-benches --bench ledger`. `TOLLKEEPER_ACCOUNTS` says how many accounts are asked at
//! random; a million by default.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{ModelKey, PoolKey, PriceBook, Tokens, Usage};
use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId, Reason};
use tollkeeper::usage::options::Options;
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Subscription};
use tollkeeper::word::Every;
use tollkeeper_benches::random::Random;

const SECOND: i64 = 1_000_000_000;

fn start() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().expect("an instant")
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_nanoseconds(start().nanoseconds() + seconds * SECOND)
}

/// A book of one model with two pools.
struct Prices {
    book: PriceBook,
    model: ModelKey,
    input: PoolKey,
    output: PoolKey,
}

impl Prices {
    fn new() -> Self {
        let mut book = PriceBook::new();
        let (input, output) =
            (book.add_pool("input").expect("a pool"), book.add_pool("output").expect("a pool"));
        let model = book.add_model("m").expect("a model");
        let prices = [(input, "0.025".parse().expect("a price")), (output, "0.2".parse().expect("a price"))];
        book.add_version(model, start(), &prices).expect("a version");
        Self { book, model, input, output }
    }

    fn usage(&self, inputs: u64, outputs: u64, at: Timestamp) -> Usage {
        let tokens = Tokens::none().with(self.input, inputs).with(self.output, outputs);
        self.book.usage(self.model, &tokens, at).expect("priced")
    }
}

/// An account that never runs dry, with two grants and a window of a minute.
fn account(number: u128) -> Account {
    let mut account = Account::new(AccountId::new(number), Options::default().window(60_000_000_000));
    let plan = PlanKey::new(0).expect("a plan");
    let term = Period::new(start(), after(3 * 365 * 86_400)).expect("a term");
    let subscription = Subscription::new(plan, term, Schedule::anchored(start(), Every::Year));
    let gift = |amount| Body::Goodwill {
        plan,
        within: start(),
        amount: MicroCredits::new(amount),
        reason: Reason::new("bench").expect("a reason"),
    };
    let bodies = [Body::Subscribe { subscription: subscription.into() }, gift(1_000), gift(u64::MAX / 2)];
    for (id, body) in (1..).zip(bodies) {
        let event = Event::new(account.id(), EventId::new(id), start(), body);
        assert_eq!(account.apply(&event).expect("applied").denial(), None);
    }
    account
}

/// Reserves and settles once; `number` counts the pairs of all accounts.
fn pair(account: &mut Account, prices: &Prices, number: u64) {
    let at = after(i64::try_from(number / 20).expect("an instant"));
    let deadline = Timestamp::from_nanoseconds(at.nanoseconds() + SECOND);
    let reservation = EventId::new(1_000 + 2 * u128::from(number));
    let reserve = Body::Reserve { usage: prices.usage(120, 20, at), actor: ActorId::new(1), deadline };
    let settle = Body::Settle { reservation, usage: prices.usage(100, 25, at) };
    for (id, body) in [(reservation, reserve), (EventId::new(reservation.bits() + 1), settle)] {
        let receipt = account.apply(&Event::new(account.id(), id, at, body)).expect("applied");
        assert!(black_box(receipt).denial().is_none());
    }
}

fn price(criterion: &mut Criterion) {
    let prices = Prices::new();
    criterion.bench_function("ledger/price", |bencher| {
        bencher.iter(|| prices.usage(black_box(1_234), black_box(567), after(1)).charge());
    });
}

fn hot(criterion: &mut Criterion) {
    let prices = Prices::new();
    let mut account = account(1);
    let mut number = 0;
    criterion.bench_function("ledger/reserve and settle, hot", |bencher| {
        bencher.iter(|| {
            pair(&mut account, &prices, number);
            number += 1;
        });
    });
}

fn random(criterion: &mut Criterion) {
    let count = std::env::var("TOLLKEEPER_ACCOUNTS").ok().and_then(|text| text.parse().ok());
    let count: usize = count.unwrap_or(1_000_000);
    let prices = Prices::new();
    let mut accounts: Vec<Account> = (0..count as u128).map(account).collect();
    let mut random = Random::new(7);
    let mut number = 0;
    criterion.bench_function("ledger/reserve and settle, accounts at random", |bencher| {
        bencher.iter(|| {
            let which = random.below(count);
            pair(&mut accounts[which], &prices, number);
            number += 1;
        });
    });
}

fn keep(criterion: &mut Criterion) {
    let prices = Prices::new();
    let mut account = account(1);
    (0..1_000).for_each(|number| pair(&mut account, &prices, number));
    let bytes = account.snapshot();
    criterion.bench_function("ledger/snapshot", |bencher| bencher.iter(|| black_box(account.snapshot())));
    criterion.bench_function("ledger/load", |bencher| {
        bencher.iter(|| Account::load(black_box(&bytes)).expect("a snapshot"));
    });
}

criterion_group!(ledger, price, hot, random, keep);
criterion_main!(ledger);

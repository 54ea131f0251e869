//! What the ledger is measured with: a price book, and accounts on which runs are reserved and settled.

use std::hint::black_box;

use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{ModelKey, PoolKey, PriceBook, Tokens, Usage};
use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId, Reason};
use tollkeeper::usage::options::Options;
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Subscription};
use tollkeeper::word::Every;

/// 2027-01-01T00:00:00Z.
const START: i64 = 1_798_761_600 * SECOND;
const SECOND: i64 = 1_000_000_000;
/// How many runs there are in a second, and how many seconds ids are remembered: a busy account remembers
/// 2,400 events.
const RUNS: i64 = 20;
const WINDOW: u64 = 60;

/// So many seconds after the start.
fn after(seconds: i64) -> Timestamp {
    Timestamp::from_nanoseconds(START + seconds * SECOND)
}

/// A book of one model with two pools.
#[derive(Debug)]
pub struct Prices {
    book: PriceBook,
    model: ModelKey,
    input: PoolKey,
    output: PoolKey,
}

impl Prices {
    pub fn new() -> Self {
        let mut book = PriceBook::new();
        let (input, output) =
            (book.add_pool("input").expect("a pool"), book.add_pool("output").expect("a pool"));
        let model = book.add_model("m").expect("a model");
        let prices = [(input, "0.025".parse().expect("a price")), (output, "0.2".parse().expect("a price"))];
        book.add_version(model, after(0), &prices).expect("a version");
        Self { book, model, input, output }
    }

    pub fn tokens(&self, input: u64, output: u64) -> Tokens {
        Tokens::none().with(self.input, input).with(self.output, output)
    }

    #[inline]
    pub fn price(&self, tokens: &Tokens, at: Timestamp) -> Usage {
        self.book.usage(self.model, tokens, at).expect("usage that fits")
    }

    /// Reserves and settles once. `number` is that of the run: it makes the ids and the clock.
    pub fn run(&self, account: &mut Account, number: i64) {
        apply(account, &self.reserve(account.id(), number));
        let (reservation, at) = Self::begin(number);
        let settle = Body::Settle { reservation, usage: self.price(&self.tokens(100, 25), at) };
        apply(account, &Event::new(account.id(), EventId::new(reservation.bits() + 1), at, settle));
    }

    /// The event that reserves for a run.
    #[inline]
    pub fn reserve(&self, account: AccountId, number: i64) -> Event {
        let (reservation, at) = Self::begin(number);
        let deadline = Timestamp::from_nanoseconds(at.nanoseconds() + SECOND);
        let usage = self.price(&self.tokens(120, 20), at);
        let body = Body::Reserve { usage, actor: ActorId::new(1), deadline };
        Event::new(account, reservation, at, body)
    }

    /// The id of the reservation of a run, and when it is.
    fn begin(number: i64) -> (EventId, Timestamp) {
        (EventId::new(1_000 + 2 * number as u128), after(number / RUNS))
    }
}

fn apply(account: &mut Account, event: &Event) {
    let answer = black_box(account.apply(event));
    assert!(answer.is_ok_and(|receipt| receipt.denial().is_none()));
}

impl Default for Prices {
    fn default() -> Self {
        Self::new()
    }
}

/// An account that never runs dry, with two grants.
pub fn account(number: u128) -> Account {
    let mut account = Account::new(AccountId::new(number), Options::default().window(WINDOW * SECOND as u64));
    let plan = PlanKey::new(0).expect("a plan");
    let term = Period::new(after(0), after(3 * 365 * 86_400)).expect("a term");
    let subscription = Subscription::new(plan, term, Schedule::anchored(after(0), Every::Year));
    let gift = |amount| Body::Goodwill {
        plan,
        within: after(0),
        amount: MicroCredits::new(amount),
        reason: Reason::new("bench").expect("a reason"),
    };
    let bodies = [Body::Subscribe { subscription: subscription.into() }, gift(1_000), gift(u64::MAX / 2)];
    for (id, body) in (1..).zip(bodies) {
        let event = Event::new(account.id(), EventId::new(id), after(0), body);
        assert_eq!(account.apply(&event).expect("applied").denial(), None);
    }
    account
}

/// An account that remembers as many events as a busy one does, and the number of its next run.
pub fn busy_account(prices: &Prices) -> (Account, i64) {
    let mut account = account(1);
    let runs = 2 * RUNS * WINDOW as i64;
    (0..runs).for_each(|number| prices.run(&mut account, number));
    (account, runs)
}

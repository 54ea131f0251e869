//! What an account holds, and that an event allocates nothing in steady state: held by counts.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{PriceBook, Tokens, Usage};
use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId, OutputId, Reason};
use tollkeeper::usage::options::Options;
use tollkeeper::usage::outputs::{Follow, Origin, OutputLimit};
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Stop, Subscription};
use tollkeeper::word::Every;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ACCOUNT: AccountId = AccountId::new(7);
const SECOND: i64 = 1_000_000_000;

/// An account of two grants, with a window of a minute.
fn account(start: Timestamp) -> Account {
    let mut account = Account::new(ACCOUNT, Options::default().window(60_000_000_000));
    let plan = PlanKey::new(0).unwrap();
    let term = Period::new(start, "2028-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let schedule = Schedule::anchored(start, Every::Year);
    let subscription = Subscription::new(plan, term, schedule.clone());
    let gift = |amount| Body::Goodwill {
        plan,
        within: start,
        amount: MicroCredits::new(amount),
        reason: Reason::new("steady").unwrap(),
    };
    let limit = OutputLimit::new(u64::MAX, schedule, Stop::Hard);
    let bodies = [
        Body::Subscribe { subscription: subscription.into() },
        gift(1),
        gift(u64::MAX - 1),
        Body::Limit { limit: Some(limit.into()) },
    ];
    for (id, body) in (1..).zip(bodies) {
        let receipt = account.apply(&Event::new(ACCOUNT, EventId::new(id), start, body)).unwrap();
        assert_eq!(receipt.denial(), None);
    }
    account
}

// One test, so that nothing else allocates while it counts.
#[test]
fn an_account_is_small_and_an_event_of_two_grants_allocates_nothing() {
    let start: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    assert!(size_of::<Event>() <= 208 && size_of::<Account>() <= 424);
    // The least of several, as the thread that waits for this test may allocate meanwhile.
    let held = (0..5).map(|_| {
        let region = Region::new(ALLOCATOR);
        let account = account(start);
        let stats = region.change();
        drop(account);
        stats.bytes_allocated - stats.bytes_deallocated
    });
    // A plan, a limit, two grants, and a window of which four events are remembered.
    let held = held.min().unwrap();
    assert!(held <= 2_300, "{held}");
    let mut account = account(start);
    let mut book = PriceBook::new();
    let input = book.add_pool("input").unwrap();
    let model = book.add_model("m").unwrap();
    book.add_version(model, start, &[(input, "0.025".parse().unwrap())]).unwrap();
    let (mut id, reason) = (1_000, Reason::new("again").unwrap());
    let mut round = |account: &mut Account, second: i64| {
        let at = Timestamp::from_nanoseconds(start.nanoseconds() + second * SECOND);
        let deadline = Timestamp::from_nanoseconds(at.nanoseconds() + SECOND * 5 / 2);
        let usage = |tokens| book.usage(model, &Tokens::none().with(input, tokens), at).unwrap();
        let (first, output) = (EventId::new(id), OutputId::new(id));
        let bodies = [
            Body::Reserve { usage: usage(100), actor: ActorId::new(1), deadline },
            Body::Settle { reservation: first, usage: usage(120) },
            Body::Reserve { usage: Usage::of_amount(MicroCredits::new(9)), actor: ActorId::new(1), deadline },
            Body::Record { usage: usage(3), actor: ActorId::new(1), after: None },
            Body::Produce { output, origin: Origin::Proactive },
            Body::FollowUp { output, action: Follow::Share },
            Body::Reserve { usage: usage(100), actor: ActorId::new(1), deadline },
            // Gives the first grant back, so that the next round begins with two.
            Body::Correct {
                charge: EventId::new(id + 1),
                amount: MicroCredits::new(3_000_000),
                reason: reason.clone(),
            },
        ];
        for body in bodies {
            let event = Event::new(ACCOUNT, EventId::new(id), at, body);
            id += 1;
            if !matches!(event.body(), Body::Settle { .. } | Body::Record { .. } | Body::Correct { .. })
                && id > first.bits() + 1
            {
                assert_eq!(account.decide(&event).unwrap().denial, None);
            }
            assert_eq!(account.apply(&event).unwrap().denial(), None);
            assert!(account.apply(&event).unwrap().repeated);
        }
    };
    // Until its tables are twice as large as the window needs, the account grows.
    (0..2_000).for_each(|second| round(&mut account, second));
    let region = Region::new(ALLOCATOR);
    (2_000..4_000).for_each(|second| round(&mut account, second));
    let stats = region.change();
    assert_eq!((stats.allocations, stats.reallocations), (0, 0), "{stats:?}");
    // What is remembered of a run, which is two events, and where it is found.
    let mut account = self::account(start);
    let region = Region::new(ALLOCATOR);
    for id in (1_000..3_000).step_by(2).map(EventId::new) {
        let usage = || book.usage(model, &Tokens::none().with(input, 100), start).unwrap();
        let deadline = Timestamp::from_nanoseconds(start.nanoseconds() + SECOND);
        let reserve = Body::Reserve { usage: usage(), actor: ActorId::new(1), deadline };
        let settle = Body::Settle { reservation: id, usage: usage() };
        for (id, body) in [(id, reserve), (EventId::new(id.bits() + 1), settle)] {
            assert_eq!(account.apply(&Event::new(ACCOUNT, id, start, body)).unwrap().denial(), None);
        }
    }
    let stats = region.change();
    let held = (stats.bytes_allocated - stats.bytes_deallocated) / 1_000;
    assert!(held <= 380, "{held}");
}

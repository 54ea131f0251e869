//! What went wrong elsewhere, one test each: the numbers are those of the reports.

#![expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

mod usage_world;

use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{PriceBook, Tokens, Usage};
use tollkeeper::usage::event::{ActorId, Body, Event, EventId};
use tollkeeper::usage::history::History;
use tollkeeper::usage::options::Options;
use tollkeeper::usage::outcome::{Denial, Rejected};
use tollkeeper::usage::period::Schedule;
use tollkeeper::word::Every;

use usage_world::{ACCOUNT, World, bits, credits, day, tell, tell_all};

fn reserve(id: u128, amount: &str, at: &str, deadline: &str) -> Event {
    let usage = Usage::of_amount(credits(amount));
    let body = Body::Reserve { usage, actor: ActorId::new(1), deadline: day(deadline) };
    Event::new(ACCOUNT, EventId::new(id), day(at), body)
}

fn record(id: u128, amount: &str, at: &str) -> Event {
    let usage = Usage::of_amount(credits(amount));
    let body = Body::Record { usage, actor: ActorId::new(1), after: None };
    Event::new(ACCOUNT, EventId::new(id), day(at), body)
}

/// Every order in which these many askers can each decide, then act.
fn interleavings(left: [usize; 3]) -> Vec<Vec<usize>> {
    if left == [0; 3] {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for asker in 0..3 {
        if left[asker] > 0 {
            let mut rest = left;
            rest[asker] -= 1;
            for mut order in interleavings(rest) {
                order.insert(0, asker);
                all.push(order);
            }
        }
    }
    all
}

#[test]
fn t1_no_interleaving_of_deciding_and_reserving_admits_too_much() {
    // CRD-10, P15
    let mut given = World::new(Options::default());
    given.run("subscribe plus allow=100; include plus");
    for (cost, most) in [("60", 1), ("40", 2), ("100", 1), ("33.4", 2), ("101", 0), ("30", 3)] {
        for strict in [false, true] {
            for order in interleavings([2, 2, 2]) {
                let mut account = given.account.clone();
                let mut decided = [None; 3];
                let mut admitted = 0;
                for asker in order {
                    let event = reserve(100 + asker as u128, cost, "02-01", "02-02");
                    match decided[asker] {
                        None => decided[asker] = Some(account.decide(&event).unwrap()),
                        Some(verdict) => {
                            let event = if strict { event.expecting(verdict.version) } else { event };
                            match account.apply(&event) {
                                Ok(receipt) => admitted += i32::from(receipt.denial().is_none()),
                                Err(rejected) => assert!(matches!(rejected, Rejected::Stale { .. })),
                            }
                        }
                    }
                }
                assert!(admitted <= most, "{cost}");
                assert!(strict || admitted == most, "{cost}");
            }
        }
    }
}

#[test]
fn t2_every_reservation_is_released_at_its_deadline_exactly_once() {
    // CRD-10
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=1000; include plus");
    for number in 0..50 {
        world.run(&format!("reserve 5 until=02-{:02} as r{number}", 2 + number * 7 % 20));
    }
    for date in 2..=22 {
        let at = day(&format!("02-{date:02}"));
        let open = (0..50).filter(|number| 2 + number * 7 % 20 > date).count();
        let expected = MicroCredits::from_credits(5 * open as u64).unwrap();
        assert_eq!(world.account.balance(at).reserved, expected, "read ahead of the events");
        world.run(&format!("tick @02-{date:02}"));
        assert_eq!(world.account.balance(at).reserved, expected);
    }
    world.check("T2", "ok | R0 A1000");
}

#[test]
fn t3_a_failed_settlement_changes_nothing_and_can_be_repeated() {
    // CRD-10, USE-07: each step asserts that a rejection leaves the bytes as they were.
    tell_all(
        &Options::default(),
        &[
            (
                "T3",
                "subscribe plus allow=100; include plus; reserve 60 as r; settle r big input:max",
                "Overflow | R60 C0",
            ),
            (
                "T3b",
                "subscribe plus allow=100; include plus; reserve 60 as r; settle r big input:max as s; settle r 70 as s",
                "ok 70 50% | R0 C70 A30",
            ),
            (
                "T3c",
                "subscribe plus allow=100; include plus; reserve 60 as r; settle q 50",
                "UnknownReservation | R60",
            ),
            (
                "T3d",
                "subscribe plus allow=100; include plus; reserve 60 as r; settle r m input:2 total=3",
                "PoolMismatch { total: 3, sum: 2 } | R60",
            ),
        ],
    );
}

#[test]
fn t4_there_is_no_way_from_a_missing_price_to_an_allow() {
    // CRD-12
    let mut empty = PriceBook::new();
    let input = empty.add_pool("input").unwrap();
    let unpriced = empty.add_model("m").unwrap();
    let mut later = empty.clone();
    later.add_version(unpriced, day("06-01"), &[(input, "1".parse().unwrap())]).unwrap();
    let mut world = World::new(Options::default());
    world.run("subscribe max allow=100 stop=unlimited; include max");
    for (book, name) in [(&PriceBook::new(), "m"), (&empty, "m"), (&empty, "other"), (&later, "m")] {
        for count in [0, 1, u64::MAX] {
            let tokens = Tokens::none().with(input, count);
            let usage = book.usage(book.model(name), &tokens, day("02-01")).unwrap();
            let actor = ActorId::new(1);
            for body in [
                Body::Reserve { usage, actor, deadline: day("02-02") },
                Body::Record { usage, actor, after: None },
            ] {
                let mut account = world.account.clone();
                let event = Event::new(ACCOUNT, EventId::new(99), day("02-01"), body);
                assert_eq!(account.decide(&event).unwrap().denial, Some(Denial::Unpriced));
                assert_eq!(account.apply(&event).unwrap().denial(), Some(Denial::Unpriced));
            }
        }
    }
}

#[test]
fn t5_a_run_that_ended_early_is_charged_for_what_it_used() {
    // CRD-04, CRD-10
    tell(
        "T5",
        Options::default(),
        "subscribe plus allow=100; include plus; reserve 60 as r; settle r m input:200 output:100",
        "ok 25 | R0 C25 A75",
    );
    tell(
        "T5b",
        Options::default(),
        "subscribe plus allow=100; include plus; reserve 60 as r; part r 25; void r",
        "PartlySettled | R35 C25",
    );
}

#[test]
fn t6_an_adjustment_based_on_an_older_version_is_not_applied() {
    // USE-07
    tell_all(
        &Options::default(),
        &[
            (
                "T6",
                "subscribe plus allow=100; include plus; record 60 as c; record 1; correct c 10 expect=1",
                "Stale { actual: Version(4) } | C61",
            ),
            (
                "T6b",
                "subscribe plus allow=100; include plus; record 60 as c; correct c 10 expect=0",
                "ok 10 | C50",
            ),
            (
                "T6c",
                "subscribe plus allow=100; include plus; record 60 as c; correct c 10 expect=0 as d; correct c 10 as d",
                "again 10 | C50",
            ),
        ],
    );
}

#[test]
fn t7_nothing_is_resolved_or_issued_twice() {
    // CRD-02, CRD-10
    tell_all(
        &Options::default(),
        &[
            ("T7", "subscribe plus allow=100; include plus; include plus", "AlreadyIssued | A100"),
            ("T7b", "subscribe plus step=10; buy plus 10 as b; buy plus 10 as b", "again 10 | A10"),
            (
                "T7c",
                "subscribe plus allow=100; include plus; reserve 60 as r; void r; void r",
                "AlreadyResolved { resolution: Voided } | A100",
            ),
        ],
    );
}

#[test]
fn t9_whatever_happens_at_a_boundary_happens_once_in_any_order() {
    // CRD-06, CRD-10
    let steps = [
        "include plus within=02-28 as next",
        "reserve 20 until=03-01 as mine",
        "settle r 25",
        "record 10 as usage",
        "close 02-28",
        "tick",
    ];
    let mut orders = vec![Vec::new()];
    for _ in 0..steps.len() {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                let rest = (0..steps.len()).filter(|step| !order.contains(step)).collect::<Vec<_>>();
                rest.into_iter().map(move |step| [order.clone(), vec![step]].concat())
            })
            .collect();
    }
    assert_eq!(orders.len(), 720);
    for order in orders {
        let mut world = World::new(Options::default());
        world.run("subscribe plus allow=100; include plus as first; reserve 60 until=02-28T01:00 as r @02-28-; tick @02-28");
        for step in order {
            world.run(steps[step]);
        }
        let of = |name: &str| {
            let grants = world.account.grants(day("02-28"));
            grants.into_iter().find(|grant| grant.grant == EventId::new(bits(name))).unwrap()
        };
        let first = of("first");
        assert_eq!(
            (first.consumed, first.expired),
            (credits("25"), credits("75")),
            "the settlement burns its period"
        );
        let next = of("next");
        assert_eq!(next.issued, credits("100"));
        assert!(next.consumed <= credits("10") && next.reserved <= credits("20"));
        let later = world.account.balance(day("02-28"));
        assert_eq!(later.consumed.checked_add(later.overdraft), Some(credits("35")), "charged once");
        assert_eq!(later.issued, credits("200"), "issued once");
    }
}

#[test]
fn t10_a_snapshot_taken_before_a_backdated_event_is_only_a_place_to_go_on_from() {
    // P15
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus; record 5 @02-10");
    let snapshot = world.account.snapshot();
    let late = record(900, "7", "02-01");
    let mut loaded = Account::load(&snapshot).unwrap();
    assert_eq!(loaded.apply(&late).unwrap().denial(), None);
    let _receipt = world.send(&late).unwrap();
    assert_eq!(loaded.snapshot(), world.account.snapshot());
}

#[test]
fn t11_there_is_one_unit_and_sums_return_to_exactly_zero() {
    // CRD-03
    tell_all(
        &Options::default(),
        &[
            (
                "T11",
                "subscribe plus; gift plus 0.000001; record 0.000001",
                "ok 0.000001 50% 75% 90% 100% | A0 C0.000001 O0",
            ),
            (
                "T11b",
                "subscribe plus; gift plus 0.1 as a; gift plus 0.2 as b; reserve 0.3 as r; settle r 0.3",
                "ok 0.3 50% 75% 90% 100% | a.A0 b.A0 A0 O0",
            ),
        ],
    );
}

#[test]
fn t12_token_pools_are_exclusive_and_each_has_a_price() {
    // CRD-12
    let given = "subscribe plus allow=100; include plus;";
    for (when, then) in [
        ("record m input:10 cached:5", "Unpriced | C0"),
        ("record m input:10 cached:5 total=10", "PoolMismatch { total: 10, sum: 15 } | C0"),
        ("record m input:10 total=10", "ok 0.25 | C0.25"),
        ("record m input:10 total=11", "PoolMismatch { total: 11, sum: 10 } | C0"),
    ] {
        tell("T12", Options::default(), &format!("{given} {when}"), then);
    }
}

#[test]
fn t13_what_expires_is_exactly_what_was_left_of_that_grant() {
    // CRD-06
    tell_all(
        &Options::default(),
        &[
            (
                "T13",
                "subscribe basic allow=100; subscribe plus allow=100 every=quarter; include basic as a; include plus as b; record 30; look @02-28",
                "ok 30 | a.C30 a.X70 b.A100 A100 X70",
            ),
            (
                "T13b",
                "subscribe basic allow=100; include basic as a; reserve 1 @02-28",
                "Insufficient { short: MicroCredits(1) } | a.X100",
            ),
            (
                "T13c",
                "subscribe basic step=100; buy basic 100 as a; revoke a; revoke a",
                "AlreadyRevoked | a.V100",
            ),
        ],
    );
}

#[test]
fn t14_a_grant_expires_with_its_period_however_late_it_was_issued() {
    // CRD-06, CRD-08
    tell_all(
        &Options::default(),
        &[
            ("T14", "subscribe plus step=10; buy plus 10 @02-27; look @02-28-", "ok 10 | A10"),
            ("T14b", "subscribe plus step=10; buy plus 10 @02-27; look @02-28", "ok 10 | A0 X10"),
            (
                "T14c",
                "subscribe plus step=10; buy plus 10 as a; record 4 @02-27 received=03-05; look @03-05",
                "ok 4 | a.C4 a.X6 O0",
            ),
        ],
    );
}

#[test]
fn t15_the_same_log_gives_the_same_bytes() {
    // P5, P15
    let tell_once = || {
        let mut world = World::new(Options::default());
        world.run("subscribe plus allow=100; include plus; reserve 60 as r; settle r 70; limit 5 hard; produce o requested");
        world
    };
    let world = tell_once();
    assert_eq!(world.account.snapshot(), tell_once().account.snapshot());
    // Shuffled delays of delivery are another log only in when each event was learned of, not in what it
    // does.
    let mut delayed = Account::new(ACCOUNT, Options::default());
    for (delay, (event, receipt)) in (1..).zip(&world.log) {
        let received =
            Timestamp::from_nanoseconds(event.at().nanoseconds() + delay * 31 % 17 * 1_000_000_000);
        assert_eq!(delayed.apply(&event.clone().received(received)).unwrap().outcome, receipt.outcome);
    }
    assert_eq!(delayed.balance(world.at), world.account.balance(world.at));
}

#[test]
fn t16_an_event_delivered_before_and_after_a_boundary_counts_once_in_the_first_period() {
    // USE-07
    tell(
        "T16",
        Options::default(),
        "subscribe plus allow=100; include plus as a; include plus within=02-28 as b; record 5 as c @02-28-; tick @03-02; record 5 as c @02-28- received=03-02; look @03-02",
        "again 5 | a.C5 b.C0",
    );
}

#[test]
fn t17_an_id_names_an_operation_and_not_an_attempt() {
    // USE-07
    for (when, then) in [
        ("record 5 as c; record 5 as c", "again 5 | C5"),
        ("record 5 as c; record 6 as c", "Conflict { field: \"usage\" } | C5"),
        ("reserve 5 as c; reserve 5 until=02-02 as c", "Conflict { field: \"deadline\" } | R5"),
        ("gift plus 5 as c; gift plus 6 as c", "Conflict { field: \"amount\" }"),
        ("gift plus 5 as c; gift plus 5 within=02-28 as c", "Conflict { field: \"within\" }"),
        ("produce o requested as c; produce p requested as c", "Conflict { field: \"output\" } | used1"),
    ] {
        let script = format!("subscribe plus allow=100; include plus; {when}");
        tell("T17", Options::default(), &script, then);
    }
}

#[test]
fn t18_a_denied_request_consumes_nothing() {
    // USE-06
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus; limit 0 hard");
    let before = (world.account.balance(world.at), world.account.outputs(world.at));
    world.run("reserve 101 as r; produce o requested as p");
    assert_eq!((world.account.balance(world.at), world.account.outputs(world.at)), before);
    let (denied, limit) = (world.log[3].1.denial(), world.log[4].1.denial());
    assert_eq!(
        (denied, limit),
        (Some(Denial::Insufficient { short: credits("1") }), Some(Denial::LimitReached))
    );
    world.run("follow o");
    world.check("T18", "UnknownOutput | used0");
    world.hold_to_the_laws("T18");
}

#[test]
fn t21_a_list_of_boundaries_that_changes_from_tomorrow_leaves_no_hole() {
    // CRD-13
    let old = Schedule::listed(&["01-01", "02-01", "03-01", "04-01"].map(day)).unwrap();
    let new = Schedule::listed(&["02-01", "02-28T23:00", "03-31T22:00"].map(day)).unwrap();
    assert_eq!(old.period_at(day("02-01-")).unwrap().until, new.period_at(day("02-01")).unwrap().from);
    tell_all(
        &Options::default(),
        &[
            (
                "T21",
                "limit 5 hard list=01-01,02-01,03-01 @01-31; produce a requested; limit 5 hard list=02-01,02-28T23:00,03-31T22:00 @02-01; look @01-31",
                "ok | used1",
            ),
            (
                "T21b",
                "limit 5 hard list=01-01,02-01,03-01 @01-31; produce a requested; limit 5 hard list=02-01,02-28T23:00,03-31T22:00 @02-01; produce b requested @02-28T22:59; look @02-28T23:00",
                "ok Counted | used0",
            ),
            (
                "T21c",
                "limit 5 hard list=01-01,02-01,03-01 @01-31; produce a requested @03-01",
                "LimitReached",
            ),
        ],
    );
}

#[test]
fn t22_an_export_goes_on_after_what_was_acknowledged() {
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus; record 1; reserve 500; record 2");
    let mut account = Account::new(ACCOUNT, Options::default());
    let mut history = History::new();
    for (event, _) in &world.log {
        history.apply(&mut account, event).unwrap().denial();
    }
    let mut acknowledged = history.recorded()[0].receipt.version;
    let mut sent = vec![history.recorded()[0].event.id()];
    while let Some(next) = history.after(acknowledged).first() {
        sent.push(next.event.id());
        // A failed attempt acknowledges nothing, and the same entry comes again.
        assert_eq!(history.after(acknowledged)[0].event.id(), next.event.id());
        acknowledged = next.receipt.version;
    }
    assert_eq!(sent, world.log.iter().map(|(event, _)| event.id()).collect::<Vec<_>>());
}

#[test]
fn t23_thresholds_of_an_empty_allotment_have_one_meaning() {
    // CRD-11
    tell_all(
        &Options::default(),
        &[
            ("T23", "subscribe plus; record 1", "ok 1 100% | O1"),
            ("T23b", "subscribe plus; record 1; record 1", "ok 1 | O2"),
            ("T23c", "subscribe plus allow=10; include plus; record 12", "ok 12 50% 75% 90% 100% | O2"),
            ("T23d", "subscribe plus; record 0", "ok | O0"),
            ("T23e", "subscribe plus; gift plus 10 as g; record 1 as c; revoke g; reprice c 0", "ok | C0 O0"),
        ],
    );
}

#[test]
fn t24_no_amount_is_ever_cut_off_at_a_largest_one() {
    // CRD-03
    let mut book = PriceBook::new();
    let pools = ["a", "b"].map(|name| book.add_pool(name).unwrap());
    let model = book.add_model("m").unwrap();
    book.add_version(model, day("01-01"), &pools.map(|pool| (pool, "0.001".parse().unwrap()))).unwrap();
    // A token at this price costs a thousand micro-credits.
    let most = u64::MAX / 1_000;
    let usage = |a, b| {
        let tokens = Tokens::none().with(pools[0], a).with(pools[1], b);
        book.usage(model, &tokens, day("02-01")).map(|usage| usage.charge().unwrap().get())
    };
    assert_eq!(usage(most, 0), Ok(most * 1_000));
    assert!(usage(most + 1, 0).is_err());
    assert!(usage(most, 1).is_err(), "the sum of pools is held to the same bound");
    assert!(usage(u64::MAX, u64::MAX).is_err());
}

#[test]
fn t8_no_anchor_ever_leaves_a_gap() {
    // CRD-13: the whole range is a property of its own; here the anchors that failed elsewhere.
    for anchor in ["2027-01-29", "2027-01-30", "2027-01-31", "2028-02-29"] {
        let schedule = Schedule::anchored(day(anchor), Every::Month);
        for index in -1_200..1_200 {
            let (this, next) = (schedule.period(index).unwrap(), schedule.period(index + 1).unwrap());
            assert_eq!(this.until, next.from, "{anchor} {index}");
        }
    }
}

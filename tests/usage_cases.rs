//! The cases of the usage rules, one row each: number, what happens, what is to be seen.
//!
//! Periods: P1 is 31 January to 28 February 2027, P2 from there to 31 March, unless a row says otherwise.

mod usage_world;

use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::{Account, Refused};
use tollkeeper::usage::book::{PriceBook, Tokens, Usage};
use tollkeeper::usage::event::{AccountId, Body, Event, EventId, OutputId};
use tollkeeper::usage::fact::Change;
use tollkeeper::usage::options::{AtLimit, Basis, Booking, Early, EndedOptIn, Late, Options, Rearm};
use tollkeeper::usage::outcome::{Denial, Rejected, Resolution};
use tollkeeper::usage::outputs::{Follow, Origin};
use tollkeeper::usage::period::{Every, Period, PeriodError, Schedule};
use tollkeeper::usage::plan::Subscription;
use tollkeeper::usage::price::Price;

use usage_world::{ACCOUNT, World, bits, credits, day, plan, tell, tell_all};

/// One plan with so many credits a month, sold in steps of 100.
macro_rules! plus {
    ($allow:literal, $rest:literal) => {
        concat!("subscribe plus allow=", $allow, " step=100; include plus as g;", $rest)
    };
    ($allow:literal, $options:literal, $rest:literal) => {
        concat!("subscribe plus allow=", $allow, " step=100 ", $options, "; include plus as g;", $rest)
    };
}

/// A limit of ten outputs and a proactive one.
macro_rules! o1 {
    ($rest:literal) => {
        concat!("limit 10 hard; produce o1 proactive;", $rest)
    };
}

#[test]
fn outputs_count_once_each_and_only_when_they_should() {
    // USE-01 to USE-05, USE-07
    tell_all(
        &Options::default(),
        &[
            ("E01", o1!(""), "ok UncountedProactive | used0"),
            ("E02", o1!("dismiss o1; look @02-27"), "ok | used0"),
            ("E03", o1!("follow o1"), "ok Counted | used1"),
            ("E04", o1!("follow o1; follow o1"), "ok AlreadyCounted | used1"),
            ("E05", o1!("follow o1; follow o1 @02-01"), "ok AlreadyCounted | used1"),
            ("E07", o1!("follow o1 i1"), "ok Counted | used1"),
            ("E08", o1!("follow o1 i1; produce a i1; produce b i1; produce c i1"), "ok Counted | used4"),
            (
                "E09",
                o1!("follow o1 i1; optout i1 @02-05; produce a i1 @02-06"),
                "ok UncountedOptInEnded | used1",
            ),
            ("E10-", o1!("optin i1; optout i1 @02-05; produce a i1 @02-05-"), "ok Counted | used1"),
            ("E10", o1!("optin i1; optout i1 @02-05; produce a i1 @02-05"), "ok UncountedOptInEnded | used0"),
            (
                "E11",
                "limit 10 hard; optin i1; optin i2; produce o9 i1; produce o9 i1",
                "ok AlreadyCounted | used1",
            ),
            ("E12", "limit 10 hard; produce o1 requested", "ok Counted | used1"),
            ("E12b", "limit 10 hard; produce o1 requested; follow o1", "ok AlreadyCounted | used1"),
            ("E13", "limit 10 hard; follow o1", "UnknownOutput | used0"),
            (
                "E13b",
                "limit 10 hard; follow o1 as f; produce o1 proactive; follow o1 as f",
                "ok Counted | used1",
            ),
            (
                "E15",
                "limit 1 hard; produce a requested; produce o1 proactive",
                "ok UncountedProactive | used1",
            ),
            (
                "E16",
                "limit 1 hard; produce a requested; produce o1 proactive; follow o1",
                "LimitReached | used1",
            ),
            (
                "E16b",
                "limit 1 hard; produce a requested; produce o1 proactive; follow o1; follow o1 @02-28",
                "ok Counted | used1",
            ),
            ("USE-05", "limit 1 hard; produce a requested; produce b requested", "LimitReached | used1"),
            ("USE-05b", "limit 1 hard; optin i; produce a requested; produce b i", "LimitReached | used1"),
            ("USE-05c", "limit 1 hard; produce a requested; follow a", "ok AlreadyCounted | used1"),
            ("E18", o1!("follow o1 @03-05"), "ok Counted | used1"),
            ("E18b", o1!("follow o1 @03-05; look @02-27"), "ok Counted | used0"),
            ("E19", o1!("follow o1 @02-28"), "ok Counted | used1"),
            ("E19b", o1!("follow o1 @02-28; look @02-28-"), "ok Counted | used0"),
            ("E21", o1!("follow o1; produce o2 requested"), "ok Counted | used2"),
            ("E23", o1!("produce o1 requested"), "OutputConflict | used0"),
            ("USE-01", "produce a requested", "ok CountedUnenforced | used1"),
            (
                "USE-01b",
                "limit 1 unlimited; produce a requested; produce b requested",
                "ok CountedUnenforced | used2",
            ),
            ("USE-01c", "limit 0 hard; produce a requested", "LimitReached | used0"),
            (
                "more limit",
                "limit 1 hard; produce a requested; limit 2 hard; produce b requested",
                "ok Counted | used2",
            ),
            (
                "new schedule",
                "limit 1 hard; produce a requested; limit 1 hard every=year; produce b requested",
                "LimitReached | used1",
            ),
            (
                "new schedule later",
                "limit 1 hard; produce a requested; limit 1 hard every=year @02-05; produce b requested",
                "ok Counted | used1",
            ),
            ("unknown opt-in", "produce a i1", "UnknownOptIn | used0"),
            ("opt-in to come", "optin i1 @02-05; produce a i1 @02-04", "UnknownOptIn | used0"),
            ("opt-in twice", "optin i1; optin i1", "OptInExists"),
            ("opt-out twice", "optin i1; optout i1; optout i1", "OptInEnded"),
            (
                "opt-in from an output that counted",
                "produce a requested; follow a i1; produce b i1",
                "ok CountedUnenforced | used2",
            ),
        ],
    );
}

#[test]
fn fifty_people_following_up_one_output_count_once() {
    // E06, USE-02
    let mut world = World::new(Options::default());
    world.run("limit 10 hard; produce o1 proactive");
    for person in 0..50 {
        world.run(&format!("follow o1 as p{}", person * 7 % 50));
        world.run("follow o1 as p0");
    }
    world.check("E06", "again Counted | used1");
    world.hold_to_the_laws("E06");
}

#[test]
fn a_soft_limit_of_outputs_stops_at_its_ceiling() {
    // E17, CRD-11
    let mut world = World::new(Options::default());
    world.run("limit 10 soft130");
    for number in 1..=14 {
        world.run(&format!("produce o{number} proactive; follow o{number}"));
        let then = match number {
            1..=10 => "ok Counted",
            11..=13 => "ok CountedOver",
            _ => "LimitReached | used13",
        };
        world.check("E17", then);
    }
    world.hold_to_the_laws("E17");
}

#[test]
fn choices_about_outputs_do_what_they_say() {
    let default = Options::default;
    for (options, number, script, then) in [
        (default().early(Early::Park), "E14", "limit 9 hard; follow o1", "ok Parked | used0"),
        (
            default().early(Early::Park),
            "E14b",
            "limit 9 hard; follow o1; produce o1 proactive",
            "ok Counted | used1",
        ),
        (
            default().early(Early::Park),
            "E14c",
            "limit 9 hard; follow o1 @02-27; follow o1 @02-27; produce o1 proactive @03-01; look @02-27",
            "ok Counted | used1",
        ),
        (
            default().early(Early::Park),
            "E14d",
            "limit 1 hard; produce a requested; follow o1; produce o1 proactive",
            "ok UncountedProactive | used1",
        ),
        (
            default().booking(Booking::AtOutput),
            "E18c",
            o1!("follow o1 @03-05; look @02-27"),
            "ok Counted | used1",
        ),
        (
            default().booking(Booking::AtOutput),
            "E18d",
            o1!("close 02-28 @03-05; follow o1 @03-05"),
            "PeriodClosed { before: Timestamp(2027-02-28T00:00:00Z) } | used0",
        ),
        (
            default().at_limit(AtLimit::Deny),
            "S1",
            "limit 1 hard; produce a requested; produce o1 proactive",
            "LimitReached | used1",
        ),
        (
            default().ended_opt_in(EndedOptIn::Reject),
            "S3",
            "optin i1; optout i1; produce a i1",
            "OptInEnded | used0",
        ),
    ] {
        tell(number, options, script, then);
    }
}

#[test]
fn usage_costs_exactly_what_its_tokens_cost() {
    // CRD-03, CRD-12
    tell_all(
        &Options::default(),
        &[
            ("E24", plus!("1000", "reserve m input:1234 output:567"), "ok 144.25 | R144.25 A855.75"),
            ("E25", plus!("1000", "record cheap input:1"), "ok 0.005 | C0.005 A999.995"),
            ("E26", plus!("1000", "record m query:10 input:20 output:30"), "ok 6.75 | C6.75"),
            ("E26b", plus!("1000", "record m output:30 query:10 input:20"), "ok 6.75 | C6.75"),
            ("E27", plus!("1000", "reserve 60 as r; settle r m input:0"), "ok | A1000 R0 C0"),
            ("E28", plus!("1000", "reserve nowhere input:1"), "Unpriced | A1000 R0"),
            ("E28b", plus!("1000", "record nowhere input:1"), "Unpriced | A1000 C0"),
            ("E29-", plus!("1000", "every=year", "record late input:1 @03-01-"), "ok 1"),
            ("E29", plus!("1000", "every=year", "record late input:1 @03-01"), "ok 2"),
            ("E29+", plus!("1000", "every=year", "record late input:1 @03-01+"), "ok 2"),
            ("E31", plus!("1000", "reserve m input:1 cached:1"), "Unpriced | R0"),
            ("E31b", plus!("1000", "reserve m input:1 cached:0"), "ok 0.025 | R0.025"),
            (
                "E32",
                plus!("1000", "record m input:2 output:2 total=5"),
                "PoolMismatch { total: 5, sum: 4 } | C0",
            ),
            ("E32b", plus!("1000", "record m input:2 output:2 total=4"), "ok 0.45 | C0.45"),
            ("E33", plus!("1000", "record big input:max"), "Overflow | C0"),
            ("E35", plus!("1000", "reserve m input:1 as r; settle r cheap input:1000"), "ok 5 | C5 R0"),
            ("priced elsewhen", plus!("1000", "record m input:1 priced=01-30"), "PricedElsewhen | C0"),
            (
                "unpriced settle",
                plus!("1000", "reserve 60 as r; settle r nowhere input:1"),
                "Unpriced | R60 C0",
            ),
            (
                "priced later",
                plus!("1000", "reserve 60 as r; settle r nowhere input:1; settle r 5"),
                "ok 5 | R0 C5",
            ),
        ],
    );
}

#[test]
fn a_charge_keeps_its_price_whatever_the_book_learns_later() {
    // E29, E30, T20, CRD-03
    let mut book = PriceBook::new();
    let input = book.add_pool("input").unwrap();
    let model = book.add_model("m").unwrap();
    let price = |text: &str| [(input, text.parse::<Price>().unwrap())];
    let first = book.add_version(model, day("01-01"), &price("1")).unwrap();
    let tokens = Tokens::none().with(input, 10);
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus");
    let before = book.usage(model, &tokens, day("02-10")).unwrap();
    let event = |usage| {
        let body = Body::Record { usage, actor: tollkeeper::usage::event::ActorId::new(1), after: None };
        Event::new(ACCOUNT, EventId::new(bits("c")), day("02-10"), body)
    };
    world.send(&event(before)).unwrap();
    let second = book.add_version(model, day("02-01"), &price("2")).unwrap();
    let after = book.usage(model, &tokens, day("02-10")).unwrap();
    assert_eq!((before.price_version(), after.price_version()), (Some(first), Some(second)));
    assert!(world.send(&event(after)).unwrap().repeated, "a retry is the same usage, priced again or not");
    world.at = day("02-10");
    world.check("E30", "again 10 | C10");
    assert_eq!(book.add_version(model, day("02-01"), &price("3")).ok(), None);
    let reason = tollkeeper::usage::event::Reason::new("price list of february").unwrap();
    let body = Body::Reprice { charge: EventId::new(bits("c")), usage: after, reason };
    world.send(&Event::new(ACCOUNT, EventId::new(9), day("02-11"), body)).unwrap();
    world.check("E30", "ok 20 | C20 A80");
}

#[test]
fn a_price_finer_than_a_thousandth_is_refused() {
    // E34
    assert!("0.0005".parse::<Price>().is_err());
}

#[test]
fn grants_burn_in_one_order() {
    // CRD-08, CRD-09
    let two = "subscribe basic prio=1 allow=50; subscribe plus prio=0 every=quarter allow=50; include basic as a; include plus as b;";
    let ends = "subscribe basic every=quarter allow=50; subscribe plus allow=50; include basic as a; include plus as b;";
    for (number, given, when, then) in [
        ("E36", two, "record 10", "ok 10 | a.C0 b.C10"),
        ("E37", ends, "record 10", "ok 10 | a.C0 b.C10"),
        (
            "E38",
            "subscribe plus allow=50 step=50; buy plus 50 as a; include plus as b;",
            "record 60",
            "ok 60 50% | a.C10 b.C50",
        ),
        (
            "E38b",
            "subscribe plus step=50; buy plus 50 as a; gift plus 50 as b;",
            "record 60",
            "ok 60 50% | a.C10 b.C50",
        ),
        (
            "E39",
            "subscribe plus step=50; buy plus 50 as a; buy plus 50 as b;",
            "record 60",
            "ok 60 50% | a.C50 b.C10",
        ),
        (
            "E40",
            "subscribe plus step=30 allow=50; buy plus 30 as a; include plus as b;",
            "record 70",
            "ok 70 50% 75% | a.C20 b.C50",
        ),
        (
            "E41",
            "subscribe plus step=30 allow=50; buy plus 30 as a; include plus as b;",
            "reserve 90",
            "Insufficient { short: MicroCredits(10) } | a.R0 b.R0 A80",
        ),
        ("E42", "subscribe plus allow=100; include plus;", "look @02-28-", "ok 100 | A100 X0"),
        ("E42b", "subscribe plus allow=100; include plus;", "look @02-28", "ok 100 | A0 X100"),
        (
            "E43",
            "subscribe plus allow=50; include plus as a; include plus within=02-28 as b;",
            "record 10 @02-28",
            "ok 10 | a.C0 b.C10",
        ),
        (
            "E44",
            "subscribe plus allow=50; include plus within=03-31 as c;",
            "reserve 1 @03-01",
            "Insufficient { short: MicroCredits(1) } | A0 U50",
        ),
        (
            "E45",
            "subscribe plus step=50; buy plus 50 as a; leave plus; subscribe pro;",
            "reserve 1",
            "Insufficient { short: MicroCredits(1) } | B50 A0",
        ),
        (
            "E46",
            "subscribe plus step=50; buy plus 50 within=02-28 as a;",
            "reserve 1",
            "Insufficient { short: MicroCredits(1) } | U50",
        ),
        ("E46b", "subscribe plus step=50; buy plus 50 within=02-28 as a;", "reserve 1 @02-28", "ok 1 | a.R1"),
        ("E47", "subscribe plus step=50; buy plus 50 @02-27;", "look @02-28", "ok 50 | A0 X50"),
        ("E48", "subscribe plus step=100;", "buy plus 150", "NotAnIncrement | A0"),
        ("E48b", "subscribe plus;", "buy plus 100", "NotAnIncrement | A0"),
        ("E49", "subscribe plus step=100;", "buy plus 300 @02-15", "ok 300 | A300"),
        (
            "E50",
            "subscribe plus step=50; close 02-28 @03-01;",
            "buy plus 50 within=02-01",
            "PeriodClosed { before: Timestamp(2027-02-28T00:00:00Z) } | A0",
        ),
        (
            "E51",
            "subscribe plus step=50 until=03-31;",
            "buy plus 50 within=03-31",
            "OutsideTerm { plan: PlanKey(1) } | A0",
        ),
        (
            "E54",
            "subscribe plus allow=50; include plus as a; record 10; leave plus @02-10; subscribe pro allow=50; include pro as b;",
            "record 10",
            "ok 10 | a.C10 a.B40 b.C10",
        ),
        (
            "E54b",
            "subscribe plus allow=50; include plus as a; leave plus @02-10; subscribe pro allow=50; include pro as b;",
            "record 10 @02-09",
            "ok 10 | a.C10 b.C0",
        ),
        (
            "E54c",
            "subscribe plus allow=50; include plus as a; leave plus @02-10; subscribe pro allow=50; include pro as b;",
            "look @02-28",
            "ok 50 | a.X50 b.A50",
        ),
        (
            "E55",
            "subscribe plus allow=50; include plus as a; reserve 30 until=02-11 as r; leave plus @02-10; subscribe pro allow=50; include pro as b;",
            "settle r 40",
            "ok 40 50% 75% | a.C40 b.C0",
        ),
        (
            "E56",
            "subscribe pro allow=50; include pro as a; leave pro @02-10; subscribe plus allow=5; include plus as b;",
            "reserve 6",
            "Insufficient { short: MicroCredits(1) } | a.B50",
        ),
        (
            "E57",
            "subscribe basic prio=0 allow=20; subscribe plus prio=1 allow=50; include basic as a; include plus as b;",
            "reserve 30",
            "ok 30 | a.R20 b.R10",
        ),
        (
            "E57b",
            "subscribe basic allow=20; subscribe pro open=named prio=1 allow=50; include basic as a; include pro as b;",
            "reserve 30",
            "Insufficient { short: MicroCredits(10) }",
        ),
        (
            "E57c",
            "subscribe basic allow=20; subscribe pro open=named prio=1 allow=50; include basic as a; include pro as b; name pro by=eve;",
            "reserve 30 by=eve",
            "ok 30 | a.R20 b.R10",
        ),
        (
            "E58",
            "subscribe pro open=named allow=50; include pro as a; name pro by=eve; reserve 10 by=eve as r; drop pro by=eve;",
            "settle r 20",
            "ok 20 | a.C20",
        ),
        (
            "E58b",
            "subscribe pro open=named allow=50; include pro as a; name pro by=eve; reserve 10 by=eve as r; drop pro by=eve;",
            "reserve 1 by=eve",
            "NotABuilder | R10",
        ),
        ("E58c", "subscribe pro open=named allow=50; include pro as a;", "record 10 by=eve", "ok 10 | a.C10"),
        ("E59", "subscribe plus step=50;", "buy plus 0", "ZeroAmount | A0"),
        ("E59b", "subscribe plus;", "include plus", "ZeroAmount | A0"),
        ("E60", "subscribe plus;", "reserve 0.000001", "Insufficient { short: MicroCredits(0.000001) } | A0"),
        ("E60b", "subscribe plus stop=soft130;", "reserve 1", "Insufficient { short: MicroCredits(1) } | A0"),
        ("E60c", "subscribe plus;", "record 1", "ok 1 100% | O1"),
        ("E60d", "subscribe plus; record 1;", "record 1", "ok 1 | O2"),
        ("E61", "subscribe plus;", "reserve 0", "ok | R0"),
        ("E63", "subscribe max stop=unlimited;", "record 1000000", "ok 1000000 | N1000000 O0"),
        (
            "E63b",
            "subscribe max stop=unlimited;",
            "reserve 1000000 as r; settle r 2000000",
            "ok 2000000 | N2000000 E0",
        ),
        ("E63c", "subscribe max stop=unlimited allow=10; include max;", "record 15", "ok 15 | C10 N5"),
        ("CRD-02", "subscribe plus allow=50; include plus;", "include plus", "AlreadyIssued | A50"),
        ("CRD-02b", "subscribe plus allow=50;", "subscribe plus @02-01", "AlreadyHeld { plan: PlanKey(1) }"),
        ("no plan", "", "reserve 1", "OutsideTerm"),
    ] {
        tell(number, Options::default(), &format!("{given} {when}"), then);
    }
}

#[test]
fn a_charge_of_forty_grants_spills_in_the_same_order() {
    // E62, CRD-09
    let mut world = World::new(Options::default());
    world.run("subscribe plus step=1");
    (0..40).for_each(|number| world.run(&format!("buy plus 1 as g{number}")));
    world.run("reserve 39.5 as r");
    world.check("E62", "ok 39.5 | g0.R1 g38.R1 g39.R0.5 A0.5");
    world.run("settle r 20");
    world.check("E62", "ok 20 50% | g19.C1 g20.A1 C20 A20 R0");
    world.run("reserve 20 as s; void s");
    world.check("E62", "ok 20 | A20 R0");
    world.hold_to_the_laws("E62");
}

#[test]
fn an_event_of_another_organization_is_refused() {
    // E52, E53, CRD-07: there is no event that names two organizations.
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=50; include plus");
    let foreign = Event::new(AccountId::new(2), EventId::new(1), world.at, Body::Advance);
    assert_eq!(world.send(&foreign), Err(Rejected::WrongAccount));
}

#[test]
fn reservations_resolve_once_and_settle_for_what_was_used() {
    // CRD-04, CRD-05, CRD-10, CRD-11
    tell_all(
        &Options::default(),
        &[
            (
                "E64",
                plus!("100", "reserve 60; reserve 60"),
                "Insufficient { short: MicroCredits(20) } | A40 R60",
            ),
            ("E65", plus!("100", "reserve 60 as r; settle r 25"), "ok 25 | C25 A75 R0"),
            ("E66", plus!("100", "reserve 60 as r; settle r 80"), "ok 80 50% 75% | C80 A20 R0"),
            ("E67", plus!("100", "reserve 60 as r; settle r 150"), "ok 150 50% 75% 90% 100% | C100 O50 A0"),
            (
                "E67b",
                plus!("100", "reserve 60 as r; settle r 150; reserve 1"),
                "Insufficient { short: MicroCredits(1) } | O50",
            ),
            ("E68", plus!("100", "stop=soft130", "reserve 130"), "ok 130 | R100 E30"),
            (
                "E68b",
                plus!("100", "stop=soft130", "reserve 130.000001"),
                "Insufficient { short: MicroCredits(30.000001) } | R0",
            ),
            (
                "E68c",
                plus!("100", "stop=soft130", "record 90; reserve 41"),
                "Insufficient { short: MicroCredits(31) } | C90 R0",
            ),
            ("E68d", plus!("100", "stop=soft130", "record 90; reserve 40"), "ok 40 | C90 R10 E30"),
            (
                "E68e",
                plus!("100", "stop=soft130", "record 90; reserve 40; reserve 0.1"),
                "Insufficient { short: MicroCredits(0.1) } | E30",
            ),
            (
                "E68f",
                plus!("100", "stop=soft130", "reserve 130 as r; settle r 500"),
                "ok 500 50% 75% 90% 100% | C100 O400 E0 R0",
            ),
            ("E69", plus!("100", "reserve 60 as r; settle r 25 as s; settle r 25 as s"), "again 25 | C25"),
            (
                "E69b",
                plus!("100", "reserve 60 as r; settle r 25; settle r 25"),
                "AlreadyResolved { resolution: Settled } | C25",
            ),
            (
                "E70",
                plus!("100", "reserve 60 as r; settle r 25; void r"),
                "AlreadyResolved { resolution: Settled } | C25",
            ),
            (
                "E71",
                plus!("100", "reserve 60 as r; void r; settle r 25"),
                "AlreadyResolved { resolution: Voided } | C0 A100",
            ),
            ("E71b", plus!("100", "reserve 60 as r; void r; record 25 after=r"), "ok 25 | C25 A75"),
            ("E72", plus!("100", "settle r 25"), "UnknownReservation | C0"),
            ("E73", plus!("100", "reserve 60 until=02-01 as r; settle r 25 @02-01-"), "ok 25 | C25 R0"),
            (
                "E73b",
                plus!("100", "reserve 60 until=02-01 as r; settle r 25 @02-01"),
                "AlreadyResolved { resolution: Lapsed } | C0 R0 A100",
            ),
            ("E73c", plus!("100", "reserve 60 until=02-01 as r; look @02-01-"), "ok 60 | R60 A40"),
            (
                "E74",
                plus!("100", "reserve 60 until=02-01 as r; record 25 after=r @02-02"),
                "ok 25 AfterLapse | C25 R0 A75",
            ),
            ("E74b", plus!("100", "reserve 60 as r; record 25 after=r"), "StillOpen | R60"),
            (
                "E74c",
                plus!("100", "reserve 60 as r; settle r 5; record 25 after=r"),
                "AlreadyResolved { resolution: Settled } | C5",
            ),
            ("E79", plus!("100", "reserve 60 until=03-01T00:00"), "ok 60 | R60"),
            (
                "E79b",
                plus!("100", "reserve 60 until=03-01T00:00+"),
                "DeadlineTooFar { latest: Timestamp(2027-03-01T00:00:00Z) } | R0",
            ),
            ("deadline now", plus!("100", "reserve 60 until=01-31"), "DeadlinePassed | R0"),
            ("E80", plus!("100", "reserve 30 as r; part r 10; part r 10; part r 15"), "ok 15 | C35 R0 A65"),
            ("E80b", plus!("100", "reserve 30 as r; part r 10; settle r 0"), "ok | C10 R0 A90"),
            ("E80c", plus!("100", "reserve 30 until=02-01 as r; part r 10; tick @02-01"), "ok | C10 R0 A90"),
            ("T5", plus!("100", "reserve 30 as r; part r 10; void r"), "PartlySettled | C10 R20"),
            (
                "E81",
                plus!("100", "reserve 150 as r; buy plus 100; reserve 150 as r"),
                "Insufficient { short: MicroCredits(50) } | A200",
            ),
            ("E81b", plus!("100", "reserve 150 as r; buy plus 100; reserve 150 as s"), "ok 150 | R150 A50"),
            ("E83", plus!("100", "record 60 expect=0"), "ok 60 50% | C60"),
            ("E83b", plus!("100", "record 60 expect=1"), "Stale { actual: Version(2) } | C0"),
        ],
    );
}

#[test]
fn what_is_reserved_over_a_boundary_stays_with_its_period() {
    // CRD-06, CRD-10
    let given = "subscribe plus allow=100; include plus as a; include plus within=02-28 as b; reserve 60 until=02-28T12:00 as r @02-28-;";
    for (number, when, then) in [
        ("E76", "settle r 25 @02-28", "ok 25 | a.C25 a.X75 b.C0 b.A100"),
        ("E77", "void r @02-28", "ok 60 | a.X100 a.A0 b.A100"),
        ("E77b", "tick @02-28T12:00", "ok | a.X100 a.R0 b.A100"),
        ("E78", "settle r 90 @02-28", "ok 90 50% 75% 90% | a.C90 a.X10 b.C0"),
        ("E78b", "settle r 130 @02-28", "ok 130 50% 75% 90% 100% | a.C100 b.C0 O30 A100"),
        ("E117", "settle r 25 @02-28; include plus", "AlreadyIssued | a.C25 b.A100"),
    ] {
        tell(number, Options::default(), &format!("{given} {when}"), then);
    }
}

#[test]
fn reservations_lapse_in_the_order_of_their_deadlines_then_ids() {
    // E75, T2, CRD-10
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus");
    world.run("reserve 1 until=02-03 as c; reserve 2 until=02-02 as b; reserve 3 until=02-02 as a");
    world.facts.clear();
    world.run("record 0 @02-05");
    let lapsed =
        world.facts.iter().filter(|fact| fact.change == Change::Resolved { resolution: Resolution::Lapsed });
    let found = lapsed.map(|fact| (fact.of, fact.at)).collect::<Vec<_>>();
    let lapse = |name: &str, at: &str| (EventId::new(bits(name)), day(at));
    assert_eq!(found, [lapse("a", "02-02"), lapse("b", "02-02"), lapse("c", "02-03")]);
    world.check("E75", "ok | R0 A100");
    world.hold_to_the_laws("E75");
}

#[test]
fn of_several_limits_none_is_touched_when_one_denies() {
    // E82, T19
    let mut world = World::new(Options::default());
    world.run("limit 5 hard; subscribe plus allow=10; include plus");
    let produce = Body::Produce { output: OutputId::new(1), origin: Origin::Requested };
    let reserve = |amount| Body::Reserve {
        usage: Usage::of_amount(credits(amount)),
        actor: tollkeeper::usage::event::ActorId::new(1),
        deadline: day("02-02"),
    };
    let pair = |amount| {
        [produce.clone(), reserve(amount)]
            .map(|body| Event::new(ACCOUNT, EventId::new(bits(body.name())), day("02-01"), body))
    };
    let before = world.account.snapshot();
    let short = Denial::Insufficient { short: credits("1") };
    assert_eq!(world.account.apply_all(&pair("11")), Err(Refused::Denied { position: 1, denial: short }));
    assert_eq!(world.account.snapshot(), before);
    assert_eq!(world.account.apply_all(&pair("10")).map(|receipts| receipts.len()), Ok(2));
    world.check("E82", "ok 10 | used1 R10");
}

#[test]
fn a_decision_says_what_applying_would_do() {
    // E83, T1
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus");
    let reserve = |id, amount| {
        let usage = Usage::of_amount(credits(amount));
        let body =
            Body::Reserve { usage, actor: tollkeeper::usage::event::ActorId::new(1), deadline: day("02-02") };
        Event::new(ACCOUNT, EventId::new(id), day("02-01"), body)
    };
    let verdict = world.account.decide(&reserve(901, "60")).unwrap();
    assert_eq!((verdict.denial, verdict.amount), (None, credits("60")));
    world.send(&reserve(902, "60")).unwrap();
    let stale = world.account.apply(&reserve(901, "60").expecting(verdict.version));
    assert_eq!(stale, Err(Rejected::Stale { actual: world.account.version() }));
    let checked_again = world.account.apply(&reserve(901, "60")).unwrap();
    assert_eq!(checked_again.denial(), Some(Denial::Insufficient { short: credits("20") }));
}

#[test]
fn events_count_once_whenever_they_arrive() {
    // CRD-04, CRD-06, USE-07
    let closed =
        "subscribe plus allow=100; include plus as a; include plus within=02-28 as b; close 02-28 @03-01;";
    for (options, number, script, then) in [
        (
            Options::default(),
            "E85",
            plus!("100", "record 10 as c; record 11 as c"),
            "Conflict { field: \"usage\" } | C10",
        ),
        (
            Options::default(),
            "E85b",
            plus!("100", "record 10 as c; record 10 as c @02-01"),
            "Conflict { field: \"at\" } | C10",
        ),
        (
            Options::default(),
            "E85c",
            plus!("100", "record 10 as c; tick as c"),
            "Conflict { field: \"body\" } | C10",
        ),
        (
            Options::default(),
            "E85d",
            plus!("100", "record 10 as c; record 10 by=eve as c"),
            "Conflict { field: \"actor\" } | C10",
        ),
        (
            Options::default(),
            "E88",
            plus!("100", "record 10 @02-01T10:00; record 20 @02-01T09:00"),
            "ok 20 | C30 A70",
        ),
        (
            Options::default(),
            "E89",
            "subscribe plus allow=100; include plus as a; include plus within=02-28 as b; tick @03-01; record 30 @02-27; look @03-01",
            "ok 30 | a.C30 a.X70 b.A100",
        ),
        (
            Options::default(),
            "E91",
            plus!("100", "tick @02-01; record 1 @02-01T00:05 received=02-01"),
            "ok 1 | C1",
        ),
        (
            Options::default(),
            "E91b",
            plus!("100", "tick @02-01; record 1 @02-01T00:05+ received=02-01"),
            "FutureSkew { latest: Timestamp(2027-02-01T00:05:00Z) } | C0",
        ),
        (
            Options::default(),
            "E92",
            "subscribe plus allow=100; include plus as a; include plus within=02-28 as b; record 5 as c @02-28-; tick @02-28; record 5 as c @02-28-; look @02-28",
            "again 5 | a.C5 b.C0",
        ),
    ] {
        tell(number, options, script, then);
    }
    tell(
        "E90",
        Options::default(),
        &format!("{closed} record 30 @02-27; look @03-01"),
        "ok 30 BookedLate { at: Timestamp(2027-03-01T00:00:00Z) } | a.C0 b.C30",
    );
    tell(
        "E90b",
        Options::default().late(Late::Reject),
        &format!("{closed} record 30 @02-27; look @03-01"),
        "PeriodClosed { before: Timestamp(2027-02-28T00:00:00Z) } | a.C0 b.C0",
    );
    tell(
        "E90c",
        Options::default(),
        &format!("{closed} reserve 30 @02-27 until=03-02"),
        "PeriodClosed { before: Timestamp(2027-02-28T00:00:00Z) } | R0",
    );
}

//! The cases of the usage rules, one row each: number, what happens, what is to be seen.
//!
//! Periods: P1 is 31 January to 28 February 2027, P2 from there to 31 March, unless a row says otherwise.

mod usage_world;

use tollkeeper::units::Price;
use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::{Account, Refused};
use tollkeeper::usage::book::{PriceBook, Tokens, Usage};
use tollkeeper::usage::event::{AccountId, Body, Event, EventId, OutputId};
use tollkeeper::usage::fact::Change;
use tollkeeper::usage::history::History;
use tollkeeper::usage::options::{AtLimit, Basis, Booking, Early, EndedOptIn, Late, Options, Rearm};
use tollkeeper::usage::outcome::{Denial, Rejected, Resolution};
use tollkeeper::usage::outputs::Origin;
use tollkeeper::usage::period::{Period, PeriodError, Schedule};
use tollkeeper::usage::plan::Subscription;
use tollkeeper::word::Every;

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
    // USE-01, USE-02, USE-03, USE-04, USE-05, USE-07
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
            (
                "late under the limit of its day",
                "limit 1 hard; limit 9 hard every=year @02-05; produce a requested @02-01; produce b requested",
                "LimitReached | used1",
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
            default().early(Early::Park),
            "two that wait",
            "limit 9 hard; follow o1; follow o2; produce o1 proactive; produce o2 proactive",
            "ok Counted | used2",
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
fn outputs_are_forgotten_with_their_window() {
    // USE-07: the window of 35 days reaches from 7 March back to 31 January.
    let park = || Options::default().early(Early::Park);
    for (options, number, given, remembered, forgotten) in [
        (
            Options::default(),
            "output",
            "produce a requested; tick @WHEN; follow a",
            "ok AlreadyCounted",
            "UnknownOutput",
        ),
        (
            Options::default(),
            "opt-in",
            "optin i; tick @WHEN; produce a i",
            "ok CountedUnenforced",
            "ok CountedUnenforced",
        ),
        (
            Options::default(),
            "ended opt-in",
            "optin i; optout i; tick @WHEN; produce a i",
            "ok UncountedOptInEnded",
            "UnknownOptIn",
        ),
        (
            park(),
            "parked",
            "follow a; tick @WHEN; produce a proactive",
            "ok CountedUnenforced",
            "ok UncountedProactive",
        ),
    ] {
        tell(number, options.clone(), &given.replace("WHEN", "03-07"), remembered);
        tell(number, options, &given.replace("WHEN", "03-07+"), forgotten);
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
    let _receipt = world.send(&event(before)).unwrap();
    let second = book.add_version(model, day("02-01"), &price("2")).unwrap();
    let after = book.usage(model, &tokens, day("02-10")).unwrap();
    assert_eq!((before.price_version(), after.price_version()), (Some(first), Some(second)));
    assert!(world.send(&event(after)).unwrap().repeated, "a retry is the same usage, priced again or not");
    world.at = day("02-10");
    world.check("E30", "again 10 | C10");
    assert_eq!(book.add_version(model, day("02-01"), &price("3")).ok(), None);
    let reason = tollkeeper::usage::event::Reason::new("price list of february").unwrap();
    let body = Body::Reprice { charge: EventId::new(bits("c")), usage: after, reason };
    let _receipt = world.send(&Event::new(ACCOUNT, EventId::new(9), day("02-11"), body)).unwrap();
    world.check("E30", "ok 20 | C20 A80");
}

#[test]
fn a_price_finer_than_a_thousandth_is_refused() {
    // E34
    assert!("0.0005".parse::<Price>().is_err());
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
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
        (
            "an id reused after the window",
            "subscribe plus step=50; buy plus 50 as a; tick @03-10;",
            "buy plus 50 as a",
            "AlreadyIssued | a.X50",
        ),
        ("CRD-02b", "subscribe plus allow=50;", "subscribe plus @02-01", "AlreadyHeld { plan: PlanKey(1) }"),
        ("no plan", "", "reserve 1", "OutsideTerm"),
    ] {
        tell(number, Options::default(), &format!("{given} {when}"), then);
    }
}

#[test]
fn outputs_are_kept_without_a_limit_and_forgotten_after_the_window() {
    // USE-01, USE-07
    tell_all(
        &Options::default().early(Early::Park),
        &[
            ("an output", "produce o1 proactive; follow o1", "ok CountedUnenforced | used1"),
            ("an opt-in", "optin i1; produce a i1", "ok CountedUnenforced | used1"),
            ("a follow-up", "follow o1; produce o1 proactive", "ok CountedUnenforced | used1"),
            (
                "a count",
                "produce a requested; tick @04-01; produce b requested",
                "ok CountedUnenforced | used2",
            ),
            (
                "no output",
                "produce a requested; tick @04-01; produce a requested",
                "ok CountedUnenforced | used2",
            ),
        ],
    );
}

/// Who pays is found once and remembered; these are the ways in which it changes.
#[test]
fn who_pays_is_who_holds_a_plan_at_the_instant() {
    // CRD-01, CRD-02, CRD-06
    tell_all(
        &Options::default(),
        &[
            (
                "a plan more",
                "subscribe plus allow=50; include plus as a; reserve 10; subscribe max stop=unlimited; reserve 100",
                "ok 100 | R50 E60",
            ),
            (
                "a plan less",
                "subscribe plus allow=50; include plus as a; reserve 10; leave plus @02-10; reserve 10",
                "OutsideTerm | R0",
            ),
            (
                "a plan left at an instant before",
                "subscribe plus allow=50; include plus as a; reserve 10 until=02-12 @02-11; leave plus @02-10 received=02-11; reserve 10 @02-11",
                "OutsideTerm | R10",
            ),
            (
                "a plan left, after an instant before",
                "subscribe plus allow=50; include plus as a; leave plus @02-10; record 10 @02-09 received=02-10; reserve 10 @02-11",
                "OutsideTerm | C10",
            ),
            (
                "a term that begins",
                "subscribe plus allow=50; include plus as a; subscribe max stop=unlimited from=02-10; reserve 10; reserve 100 @02-10",
                "ok 100 | R50 E50",
            ),
            (
                "a term that has begun",
                "subscribe plus allow=50; include plus as a; subscribe max stop=unlimited from=02-10; record 10 @02-10; record 100 @02-09 received=02-10",
                "ok 100 50% 75% 90% 100% | C50 O60 N0",
            ),
            (
                "a term that ends",
                "subscribe plus allow=50; include plus as a; subscribe max stop=unlimited until=02-10; reserve 10; reserve 100 @02-10",
                "Insufficient { short: MicroCredits(50) } | R0",
            ),
            (
                "a term that has ended",
                "subscribe plus allow=50; include plus as a; subscribe max stop=unlimited until=02-10; record 10 @02-10; record 100 @02-09 received=02-10",
                "ok 100 50% 75% 90% 100% | C50 O0 N60",
            ),
            (
                "a period that ends",
                "subscribe plus allow=50; include plus as a; reserve 10; reserve 10 @02-28",
                "Insufficient { short: MicroCredits(10) } | A0",
            ),
            (
                "a deadline is held against the first period that ends",
                "subscribe plus every=year; subscribe pro allow=50; include pro as a; reserve 10; reserve 10 until=03-02",
                "DeadlineTooFar { latest: Timestamp(2027-03-01T00:00:00Z) } | R10",
            ),
            (
                "whichever plan was first",
                "subscribe pro allow=50; subscribe plus every=year; include pro as a; reserve 10; reserve 10 until=03-02",
                "DeadlineTooFar { latest: Timestamp(2027-03-01T00:00:00Z) } | R10",
            ),
        ],
    );
}

#[test]
fn the_most_lenient_plan_takes_what_no_grant_covers() {
    // CRD-04, CRD-11: whatever the burn order is.
    let two = "subscribe basic prio=0 allow=10; subscribe plus prio=1 allow=10 stop=soft130; include basic as a; include plus as b;";
    let three = "subscribe max prio=2 stop=unlimited;";
    for (number, given, when, then) in [
        ("soft", two, "reserve 23".to_owned(), "ok 23 | a.R10 b.R10 E3"),
        ("no softer", two, "reserve 24".to_owned(), "Insufficient { short: MicroCredits(4) } | R0 E0"),
        ("unlimited", two, format!("{three} record 100"), "ok 100 50% 75% 90% 100% | a.C10 b.C10 N80 O0"),
    ] {
        tell(number, Options::default(), &format!("{given} {when}"), then);
    }
}

#[test]
fn what_no_grant_covers_is_told_by_period() {
    // CRD-04
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=10 stop=soft130; include plus; include plus within=02-28; include plus within=03-31");
    world.run("record 15 @02-01; record 5 @02-28; reserve 12 @03-31");
    let told = world.account.excesses(day("03-31"));
    let told = told.iter().map(|excess| (excess.plan, excess.period.from, excess.reserved, excess.consumed));
    let none = MicroCredits::ZERO;
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(plan("plus"), day("01-31"), none, credits("5")), (plan("plus"), day("03-31"), credits("2"), none)]
    );
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
    let _receipt = world.send(&reserve(902, "60")).unwrap();
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
        "E90 at the boundary",
        Options::default(),
        &format!("{closed} record 30 @02-28"),
        "ok 30 | a.C0 b.C30",
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

#[test]
fn books_close_once_nothing_that_they_cover_is_open() {
    // CRD-10
    tell_all(
        &Options::default(),
        &[
            (
                "open",
                plus!("100", "reserve 5 until=03-01 as r @02-28-; close 02-28 @02-28"),
                "OpenReservations",
            ),
            (
                "settled",
                plus!("100", "reserve 5 until=03-01 as r @02-28-; settle r 5; close 02-28 @02-28"),
                "ok | C5",
            ),
            ("lapsed", plus!("100", "reserve 5 until=02-28 @02-28-; close 02-28 @02-28"), "ok | R0"),
            (
                "of the next",
                plus!("100", "include plus within=02-28; reserve 5 @02-28; close 02-28"),
                "ok | R5",
            ),
            (
                "not yet",
                plus!("100", "close 02-28 @02-28-"),
                "FutureSkew { latest: Timestamp(2027-02-27T23:59:59.999999999Z) }",
            ),
        ],
    );
}

#[test]
fn an_id_counts_in_its_own_account_only() {
    // E86
    let mut world = World::new(Options::default());
    let mut other = Account::new(AccountId::new(2), Options::default());
    let event = |account| Event::new(account, EventId::new(900), day("02-01"), Body::Advance);
    let _receipt = world.send(&event(ACCOUNT)).unwrap();
    assert!(!other.apply(&event(AccountId::new(2))).unwrap().repeated);
}

#[test]
fn an_id_older_than_the_window_is_refused_and_never_counted_again() {
    // E87
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus; record 10 as c; tick @03-07; record 10 as c @01-31; look @03-07");
    world.check("E87", "again 10 | C10");
    world.run("tick @03-07+; record 10 as c @01-31; look @03-07");
    world.check("E87", "TooOld { oldest: Timestamp(2027-01-31T00:00:00.000000001Z) } | C10");
    world.run("record 10 as d @01-31");
    world.check("E87", "TooOld { oldest: Timestamp(2027-01-31T00:00:00.000000001Z) } | C10");
}

#[test]
fn corrections_and_revocations_undo_exactly_what_was_done() {
    // CRD-04, CRD-06
    let two = "subscribe plus; gift plus 4 as a; gift plus 6 as b; record 10 as c;";
    for (number, given, when, then) in [
        ("E93", two, "correct c 5", "ok 5 | a.C4 b.C1 b.A5"),
        ("E93b", two, "correct c 8", "ok 8 | a.C2 a.A2 b.C0 b.A6"),
        ("E93c", two, "correct c 5; correct c 3", "ok 3 | a.C2 b.C0"),
        ("E93d", two, "correct c 10", "ok 10 | a.C0 b.C0 A10"),
        ("E94", two, "correct c 5 @02-28", "ok 5 | b.X5 A0 X5"),
        ("E95", two, "correct c 10.000001", "ExceedsOriginal { left: MicroCredits(10) } | C10"),
        ("E95b", two, "correct c 6; correct c 5", "ExceedsOriginal { left: MicroCredits(4) } | C4"),
        ("E95c", two, "correct nothing 5", "UnknownCharge | C10"),
        (
            "E95d",
            two,
            "close 02-28 @02-28; correct c 5",
            "PeriodClosed { before: Timestamp(2027-02-28T00:00:00Z) } | C10",
        ),
        (
            "overdraft first",
            "subscribe plus; gift plus 4 as a; record 10 as c;",
            "correct c 7",
            "ok 7 | O0 a.C3 a.A1",
        ),
        (
            "E97",
            "subscribe plus step=100; buy plus 100 as a; record 30;",
            "revoke a",
            "ok 70 Owed { amount: MicroCredits(30) } | a.V70 a.C30 A0",
        ),
        (
            "E96",
            "subscribe plus step=100; buy plus 100 as a; record 30; revoke a;",
            "revoke a",
            "AlreadyRevoked | a.V70",
        ),
        (
            "E96b",
            "subscribe plus step=100; buy plus 100 as a; reserve 30 as r; revoke a;",
            "void r",
            "ok 30 | a.V100 a.R0 A0",
        ),
        ("E96c", "subscribe plus;", "revoke a", "UnknownGrant"),
        ("reprice down", two, "reprice c 3", "ok 3 | a.C3 b.C0"),
        ("reprice up", two, "gift plus 5 as d; reprice c 13", "ok 13 | a.C4 b.C6 d.C3"),
        ("reprice unpriced", two, "reprice c nowhere input:1", "Unpriced | C10"),
        (
            "correct a reservation",
            "subscribe plus; gift plus 4; reserve 1 as r;",
            "correct r 1",
            "UnknownCharge | R1",
        ),
    ] {
        tell(number, Options::default(), &format!("{given} {when}"), then);
    }
}

#[test]
fn a_calendar_counts_from_its_anchor() {
    // CRD-13
    let rows: [(&str, &str, Every, &[&str]); 9] = [
        (
            "E101",
            "2027-01-31",
            Every::Month,
            &["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"],
        ),
        ("E101b", "2028-01-31", Every::Month, &["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        (
            "E102",
            "2027-11-30",
            Every::Quarter,
            &["2027-11-30", "2028-02-29", "2028-05-30", "2028-08-30", "2028-11-30", "2029-02-28"],
        ),
        ("E103", "2027-08-31", Every::Quarter, &["2027-08-31", "2027-11-30", "2028-02-29", "2028-05-31"]),
        ("E103b", "2026-08-31", Every::Quarter, &["2026-08-31", "2026-11-30", "2027-02-28", "2027-05-31"]),
        ("E104", "2028-02-29", Every::Month, &["2028-02-29", "2028-03-29", "2028-04-29"]),
        ("E104b", "2028-12-29", Every::Month, &["2028-12-29", "2029-01-29", "2029-02-28", "2029-03-29"]),
        (
            "E105",
            "2028-02-29",
            Every::Year,
            &["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
        ),
        (
            "E107",
            "2027-01-31T23:59",
            Every::Month,
            &["2027-01-31T23:59", "2027-02-28T23:59", "2027-03-31T23:59"],
        ),
    ];
    for (number, anchor, every, boundaries) in rows {
        let schedule = Schedule::anchored(day(anchor), every);
        for (index, pair) in (0..).zip(boundaries.windows(2)) {
            let period = Period::new(day(pair[0]), day(pair[1])).unwrap();
            assert_eq!(schedule.period(index), Ok(period), "{number}");
            let last = Timestamp::from_nanoseconds(period.until.nanoseconds() - 1);
            assert_eq!(schedule.period_at(period.from), Ok(period), "{number}");
            assert_eq!(schedule.period_at(last), Ok(period), "{number}");
            assert_eq!(schedule.index_at(last), Ok(index), "{number}");
        }
    }
}

#[test]
fn a_calendar_reaches_to_the_ends_of_time_and_no_further() {
    let at = Timestamp::from_nanoseconds;
    let last_nanosecond = at(day("2027-01-31T23:59").nanoseconds() + 59_999_999_999);
    let precise = Schedule::anchored(last_nanosecond, Every::Month);
    assert_eq!(precise.period(0).unwrap().until, precise.period(1).unwrap().from, "E107");
    let leap = |text| {
        Schedule::anchored(day(text), Every::Month).period(0).unwrap().nanoseconds() / 86_400_000_000_000
    };
    // A month from 1 February is as long as February.
    assert_eq!(
        [leap("1900-02-01"), leap("2000-02-01"), leap("2100-02-01"), leap("2028-02-01")],
        [28, 29, 28, 29],
        "E108"
    );
    let monthly = Schedule::anchored(day("01-31"), Every::Month);
    assert_eq!(monthly.index_at(day("01-31-")), Ok(-1), "E109");
    assert_eq!(monthly.period_at(day("01-31-")).unwrap().from, day("2026-12-31"), "E109");
    for anchor in [i64::MIN, -1, 0, i64::MAX] {
        for every in [Every::Month, Every::Quarter, Every::Year] {
            let schedule = Schedule::anchored(at(anchor), every);
            assert_eq!(schedule.period_at(at(i64::MAX)), Err(PeriodError::OutOfRange), "E110");
            assert_eq!(schedule.period(i64::MAX), Err(PeriodError::OutOfRange), "E110");
            assert_eq!(schedule.period(i64::MIN), Err(PeriodError::OutOfRange), "E110");
            assert!(
                schedule.index_at(at(i64::MIN)).is_ok() && schedule.index_at(at(i64::MAX)).is_ok(),
                "E110"
            );
        }
    }
    assert!(Schedule::anchored(at(i64::MIN), Every::Month).period_at(at(i64::MIN)).is_ok(), "E110");
}

#[test]
fn a_list_of_boundaries_is_taken_as_it_is_or_refused() {
    // E111, E112: the days around changes of summer time have 23 and 25 hours.
    let list = ["2027-03-27T23:00", "2027-03-28T22:00", "2027-10-30T22:00", "2027-10-31T23:00"].map(day);
    let schedule = Schedule::listed(&list).unwrap();
    let hours = |index| schedule.period(index).unwrap().nanoseconds() / 3_600_000_000_000;
    assert_eq!([hours(0), hours(2)], [23, 25]);
    assert_eq!(schedule.period_at(day("2027-03-28T12:00")).unwrap().from, list[0]);
    assert_eq!(schedule.index_at(list[1]), Ok(1));
    assert_eq!(schedule.period_at(list[3]), Err(PeriodError::OutOfRange));
    assert_eq!(schedule.period_at(day("2027-01-01")), Err(PeriodError::OutOfRange));
    assert_eq!(Schedule::listed(&list[..1]), Err(PeriodError::TooFewBoundaries));
    assert_eq!(Schedule::listed(&[list[1], list[0]]), Err(PeriodError::NotIncreasing { position: 1 }));
    assert_eq!(
        Schedule::listed(&[list[0], list[1], list[1]]),
        Err(PeriodError::NotIncreasing { position: 2 })
    );
}

#[test]
fn terms_cut_periods_and_periods_never_cut_credits() {
    // CRD-02, CRD-06
    for (number, script, then) in [
        (
            "E109",
            "subscribe plus allow=100; include plus within=01-30",
            "OutsideTerm { plan: PlanKey(1) } | A0",
        ),
        (
            "E113",
            "subscribe plus allow=100 list=01-31,02-28,03-31 until=02-28; subscribe plus allow=100 from=02-28 list=02-28,03-30T22:00,04-30T22:00 until=04-30T22:00; include plus as a; include plus within=02-28 as b; look @03-30T22:00-",
            "ok 100 | a.X100 b.A100",
        ),
        (
            "E113b",
            "subscribe plus allow=100 list=01-31,02-28,03-31 until=02-28; subscribe plus allow=100 from=02-28 list=02-28,03-30T22:00,04-30T22:00 until=04-30T22:00; include plus as a; include plus within=02-28 as b; look @03-30T22:00",
            "ok 100 | a.X100 b.X100",
        ),
        (
            "E114",
            "subscribe plus allow=100; include plus as a; leave plus @02-10; subscribe plus allow=100; include plus as b; look @02-28",
            "ok 100 | a.X100 b.A100",
        ),
        (
            "E114b",
            "subscribe plus allow=100; include plus as a; leave plus @02-10; subscribe plus allow=100; include plus as b; record 120 @02-10",
            "ok 120 50% 75% 90% 100% | a.C100 b.C20",
        ),
        (
            "E114c",
            "subscribe plus allow=100; include plus as a; leave plus @02-10; subscribe plus allow=100 anchor=01-31; include plus as b; look @02-28",
            "ok 100 | a.X100 b.X100",
        ),
        ("E115", "subscribe plus allow=100 until=02-10; include plus; look @02-10-", "ok 100 | A100"),
        ("E115b", "subscribe plus allow=100 until=02-10; include plus; look @02-10", "ok 100 | A0 X100"),
        ("E115c", "subscribe plus allow=100 until=02-10; include plus; record 1 @02-10", "OutsideTerm | C0"),
        ("E115d", "subscribe plus allow=100 until=02-10; include plus; reserve 1 @02-10", "OutsideTerm | R0"),
        (
            "E116",
            "subscribe pro allow=100 every=quarter; include pro as a; include pro within=05-01 as b; include pro within=08-01 as c; look @05-01",
            "ok 100 | a.X100 b.A100 c.U100",
        ),
    ] {
        tell(number, Options::default(), script, then);
    }
}

#[test]
fn thresholds_fire_once_a_period() {
    // CRD-11
    let ten = "subscribe plus allow=10 step=10; include plus;";
    let both = Options::default().basis(Basis::ConsumedAndReserved);
    let rearm = Options::default().rearm(Rearm::OnIssue);
    for (options, number, when, then) in [
        (Options::default(), "E118", "record 10", "ok 10 50% 75% 90% 100%"),
        (Options::default(), "E119", "record 7.4; record 0.1", "ok 0.1 75%"),
        (Options::default(), "E119b", "record 7.499999", "ok 7.499999 50%"),
        (Options::default(), "E120", "record 7.5 as c; correct c 1.5; record 2", "ok 2"),
        (Options::default(), "E121", "record 9; buy plus 10; record 9", "ok 9"),
        (rearm, "E121b", "record 9; buy plus 10; record 9", "ok 9 50% 75% 90%"),
        (Options::default(), "E122", "reserve 9.5", "ok 9.5"),
        (both.clone(), "E122b", "reserve 9.5", "ok 9.5 50% 75% 90%"),
        (both, "E122c", "reserve 9.5 as r; settle r 10", "ok 10 100%"),
        (Options::default(), "E123", "include plus within=02-28; record 10; record 5 @02-28", "ok 5 50%"),
        (Options::default().thresholds(&[120, 80, 80, 0]), "CRD-11", "record 12", "ok 12 80% 120%"),
        (Options::default(), "T23", "record 8; record 1000", "ok 1000 90% 100%"),
    ] {
        tell(number, options, &format!("{ten} {when}"), then);
    }
}

#[test]
fn a_forecast_is_exact_or_none() {
    // CRD-05
    let day_length = 86_400_000_000_000;
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=650; include plus");
    assert_eq!(world.account.forecast(day("02-04"), 4 * day_length), None, "E124");
    world
        .run("record 100 @02-01; record 100 @02-02; record 100 @02-03; record 150 as c @02-04; correct c 50");
    assert_eq!(world.account.balance(day("02-04")).available, credits("250"));
    assert_eq!(world.account.forecast(day("02-04"), 4 * day_length), Some(day("02-06T12:00")), "E125");
    assert_eq!(world.account.forecast(day("02-20"), day_length), None, "E124");
    assert_eq!(world.account.forecast(Timestamp::from_nanoseconds(i64::MAX), day_length), None);
}

#[test]
fn a_what_if_on_a_copy_is_what_applying_would_do() {
    // E126
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=500; include plus");
    let before = world.account.snapshot();
    let events = (0..1_000).map(|number| {
        let usage = Usage::of_amount(credits("0.75"));
        let body = Body::Record { usage, actor: tollkeeper::usage::event::ActorId::new(1), after: None };
        Event::new(ACCOUNT, EventId::new(5_000 + number), day("02-01"), body)
    });
    let events = events.collect::<Vec<_>>();
    let mut copy = world.account.clone();
    let simulated = events.iter().map(|event| copy.apply(event)).collect::<Vec<_>>();
    assert_eq!(world.account.snapshot(), before);
    let real = events.iter().map(|event| world.account.apply(event)).collect::<Vec<_>>();
    assert_eq!(simulated, real);
    assert_eq!(world.account.snapshot(), copy.snapshot());
    assert_eq!(copy.balance(day("02-01")).overdraft, credits("250"));
}

#[test]
fn amounts_never_saturate() {
    // CRD-03
    let most = format!("{}.{:06}", u64::MAX / 1_000_000, u64::MAX % 1_000_000);
    for (number, script, then) in [
        (
            "E131",
            format!("subscribe plus; gift plus {most}; gift plus 0.000001"),
            format!("Overflow | A{most}"),
        ),
        ("E131b", format!("subscribe plus; record {most}; record 0.000001"), format!("Overflow | O{most}")),
        (
            "E132",
            format!("subscribe plus; gift plus {most}; record 1 ; reserve 2; look"),
            "ok 2 | C1 R2".to_owned(),
        ),
        (
            "E132b",
            format!("subscribe plus; gift plus {most} as a; record {most} as c; correct c 1; record 1"),
            "ok 1 | A0".to_owned(),
        ),
        (
            "E132c",
            format!("subscribe plus; gift plus {most} as a; record 5; look @02-28"),
            "ok 5 | A0 C5".to_owned(),
        ),
        (
            "E131c",
            format!("subscribe plus; reserve 0 as r; record {most}; settle r 0.000001"),
            format!("Overflow | O{most}"),
        ),
        (
            "E132d",
            format!("subscribe plus; gift plus {most} as a; reserve {most} as r; settle r {most}"),
            format!("ok {most} 50% 75% 90% 100% | C{most} O0"),
        ),
        (
            "T24",
            format!("subscribe plus stop=unlimited; reserve {most}; reserve 1"),
            format!("Overflow | E{most}"),
        ),
    ] {
        tell(number, Options::default(), &script, &then);
    }
}

#[test]
fn a_balance_is_known_as_of_any_instant() {
    // E98, E99, E100
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus; gift plus 20 as gift @02-05; reserve 30 until=02-08 as r @02-06");
    world.run("record 10 @02-07; record 5 @02-04 received=02-09");
    let at = |text| world.account.balance(day(text));
    assert_eq!(at("02-28-").available, credits("105"), "E100: what lapses has lapsed");
    assert_eq!((at("02-28").available, at("02-28").expired), (MicroCredits::ZERO, credits("105")), "E100");

    let mut account = Account::new(ACCOUNT, Options::default());
    let mut history = History::new();
    for (event, receipt) in &world.log {
        assert_eq!(history.apply(&mut account, event).unwrap().outcome, receipt.outcome);
    }
    for (number, instant, available) in [
        ("before all", "01-30", "0"),
        ("E99 at the issue", "01-31", "100"),
        ("late usage counts when it happened", "02-04", "95"),
        ("just before the gift", "02-05-", "95"),
        ("E99 at the gift", "02-05", "115"),
        ("reserved", "02-06", "85"),
        ("charged", "02-07", "75"),
        ("just before the lapse", "02-08-", "75"),
        ("lapsed", "02-08", "105"),
        ("expired", "02-28", "0"),
    ] {
        assert_eq!(history.balance(day(instant)).available, credits(available), "{number}");
    }
    let earlier = history.known_at(day("02-04"));
    assert_eq!(earlier.balance(day("02-05")).available, credits("100"), "E99: not known yet");
    assert_eq!(history.after(account.version()).len(), 0);

    let explanation = history.explain(day("02-28"));
    assert_eq!(explanation.balance, account.balance(day("02-28")));
    let gift = explanation.lines.iter().find(|line| line.of == EventId::new(bits("gift"))).unwrap();
    assert!(gift.what.to_string().contains("`a reason`"), "E98: {gift}");
    for pair in explanation.lines.windows(2) {
        assert_eq!(pair[0].after, pair[1].before, "no line is missing");
    }
}

#[test]
fn what_will_have_lapsed_is_told_as_it_is_once_it_has() {
    // CRD-10: of a reservation that is used up nothing is freed, so no line says so.
    let mut world = World::new(Options::default());
    world.run("subscribe plus allow=100; include plus; reserve 5 until=02-01 as r; part r 5; reserve 7 until=02-01; tick @02-01");
    let mut account = Account::new(ACCOUNT, Options::default());
    let mut history = History::new();
    let mut explain = |(event, _): &(Event, _)| {
        assert_eq!(history.apply(&mut account, event).unwrap().denial(), None);
        history.explain(day("02-01"))
    };
    let told = world.log.iter().map(&mut explain).collect::<Vec<_>>();
    let [.., ahead, lapsed] = &told[..] else { panic!("{}", told.len()) };
    assert_eq!(ahead, lapsed);
    assert_eq!(lapsed.lines.iter().filter(|line| line.what.to_string().contains("freed to")).count(), 1);
}

#[test]
fn a_snapshot_is_refused_for_any_flipped_bit() {
    // E134
    let mut world = World::new(Options::default());
    world.run("limit 10 soft130; produce o1 proactive; follow o1 i1; subscribe plus allow=100 stop=soft130; include plus");
    world.run(
        "gift plus 5; record 50 as c; reserve 30 as r; part r 10; correct c 5; settle r 90; reserve 1 as s",
    );
    let bytes = world.account.snapshot();
    assert_eq!(Account::load(&bytes).unwrap().snapshot(), bytes);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Account::load(&damaged).is_err(), "E134: bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(Account::load(&bytes[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn a_snapshot_has_the_same_bytes_on_every_machine() {
    // E135: the bytes of this log, by a sum of its own.
    let mut world = World::new(Options::default());
    world.run(
        "limit 10 hard; produce o1 proactive; follow o1; subscribe plus allow=100; include plus; record 10",
    );
    let bytes = world.account.snapshot();
    let sum = bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    expect_test::expect!["883 edbd9c8086918200"].assert_eq(&format!("{} {sum:x}", bytes.len()));
}

#[test]
fn a_subscription_says_where_an_instant_falls() {
    let term = Period::new(day("01-31"), day("03-10")).unwrap();
    let subscription = Subscription::new(plan("plus"), term, Schedule::anchored(day("01-31"), Every::Month));
    let cut = Period::new(day("02-28"), day("03-10")).unwrap();
    assert_eq!(subscription.period_at(day("03-01")), Ok(cut));
    assert_eq!(subscription.period_at(day("03-10")), Err(PeriodError::OutOfRange));
}

#[test]
fn what_plans_include_is_due_until_it_is_issued() {
    // CRD-02
    let mut world = World::new(Options::default());
    world.run("subscribe basic allow=5 every=quarter; subscribe plus allow=100; subscribe pro");
    let due = |world: &World, at: &str| {
        world.account.due(day(at)).into_iter().map(|(plan, _)| plan.number()).collect::<Vec<_>>()
    };
    assert_eq!(due(&world, "01-31"), [0, 1]);
    world.run("include plus");
    assert_eq!(due(&world, "02-28-"), [0]);
    assert_eq!(due(&world, "02-28"), [0, 1]);
    world.run("include basic @02-28; include plus");
    assert!(due(&world, "03-30").is_empty());
}

#[test]
fn accounts_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Account>();
    shared::<PriceBook>();
    shared::<Event>();
    shared::<Rejected>();
}

#[test]
fn a_charge_that_is_forgotten_by_then_is_not_corrected() {
    // USE-07: what an answer says was given back was given back.
    let day = 86_400_000_000_000;
    tell_all(
        &Options::default().window(day),
        &[
            (
                "in the window",
                "subscribe plus allow=100; include plus; record 10 as c; correct c 5 @02-01",
                "ok 5 | A95 C5",
            ),
            (
                "after it",
                "subscribe plus allow=100; include plus; record 10 as c; correct c 5 @02-01T00:01",
                "UnknownCharge | A90 C10",
            ),
            (
                "priced again",
                "subscribe plus allow=100; include plus; record 10 as c; reprice c 5 @02-01T00:01",
                "UnknownCharge | A90 C10",
            ),
            (
                "held by an open reservation",
                "subscribe plus allow=100; include plus; reserve 1 until=02-03; record 10 as c; correct c 5 @02-01T00:01",
                "UnknownCharge | A89 R1 C10",
            ),
        ],
    );
}

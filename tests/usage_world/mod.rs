//! A small world to tell cases in: a script of steps, one account, and what is to be seen at the end.
//!
//! Steps are separated by `;`. A step is a verb, its arguments, options as `key=value`, a name for its event
//! after `as`, and an instant after `@` (month and day of 2027, or a date, each with an optional time of day;
//! a `-` or `+` at the end is one nanosecond before or after). Without an instant a step happens when the one
//! before it did. What is to be seen is the answer to the last step, then amounts: `A` available, `U`
//! upcoming, `B` bound, `R` reserved, `C` consumed, `X` expired, `V` revoked, `O` overdraft, `E` reserved
//! beyond grants, `N` consumed under an unlimited plan, `used` outputs.
//!
//! Every script is also held to the laws that hold for all: the audit passes after each step, a rejected
//! event leaves every byte as it was, every event sent again gets the same answer, and a snapshot loads to
//! the same.

#![allow(dead_code, reason = "each test program uses its part")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;

use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{PoolKey, PriceBook, Tokens, Usage, UsageError};
use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId, OptInId, OutputId, Reason};
use tollkeeper::usage::fact::Fact;
use tollkeeper::usage::options::Options;
use tollkeeper::usage::outcome::{Receipt, Rejected};
use tollkeeper::usage::outputs::{Follow, Origin, OutputLimit};
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Stop, Subscription};
use tollkeeper::word::Every;

pub(crate) const ACCOUNT: AccountId = AccountId::new(0xACC0);
pub(crate) const NANOSECOND: i64 = 1;

pub(crate) struct World {
    pub(crate) account: Account,
    pub(crate) at: Timestamp,
    pub(crate) log: Vec<(Event, Receipt)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) book: PriceBook,
    names: BTreeMap<String, EventId>,
    next: u128,
    last: String,
}

/// Runs a script and compares what is to be seen.
pub(crate) fn tell(number: &str, options: Options, script: &str, then: &str) {
    let mut world = World::new(options);
    world.run(script);
    world.check(number, then);
    world.hold_to_the_laws(number);
}

/// Runs a table of scripts: number, what happens, what is to be seen.
pub(crate) fn tell_all(options: &Options, rows: &[(&str, &str, &str)]) {
    for (number, script, then) in rows {
        tell(number, options.clone(), script, then);
    }
}

pub(crate) fn day(text: &str) -> Timestamp {
    let (text, shift) = match text.as_bytes().last() {
        Some(b'-') => (&text[..text.len() - 1], -NANOSECOND),
        Some(b'+') => (&text[..text.len() - 1], NANOSECOND),
        _ => (text, 0),
    };
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let date = if date.len() == 5 { format!("2027-{date}") } else { date.to_owned() };
    let at: Timestamp = format!("{date}T{time}:00Z").parse().unwrap();
    Timestamp::from_nanoseconds(at.nanoseconds() + shift)
}

pub(crate) fn credits(text: &str) -> MicroCredits {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let micros = whole.parse::<u64>().unwrap() * 1_000_000 + format!("{part:0<6}").parse::<u64>().unwrap();
    MicroCredits::new(micros)
}

pub(crate) fn plan(name: &str) -> PlanKey {
    let number = ["basic", "plus", "pro", "max"].iter().position(|plan| *plan == name).unwrap();
    PlanKey::new(u8::try_from(number).unwrap()).unwrap()
}

pub(crate) fn stop(text: &str) -> Stop {
    match text {
        "hard" => Stop::Hard,
        "unlimited" => Stop::Unlimited,
        soft => Stop::Soft { ceiling_percent: soft.strip_prefix("soft").unwrap().parse().unwrap() },
    }
}

pub(crate) fn every(text: &str) -> Every {
    match text {
        "month" => Every::Month,
        "quarter" => Every::Quarter,
        "year" => Every::Year,
        other => panic!("every `{other}`"),
    }
}

/// Any text stands for the same id wherever it is written.
pub(crate) fn bits(text: &str) -> u128 {
    text.bytes().fold(1, |bits, byte| bits * 257 + u128::from(byte))
}

/// Pools `query`, `input`, `output`, `cached`; model `m` with the first three priced, `big` at the largest
/// price, `late` with a second version from 1 March, `cheap` at half a hundredth.
pub(crate) fn book() -> PriceBook {
    let mut book = PriceBook::new();
    let pools = ["query", "input", "output", "cached"].map(|name| book.add_pool(name).unwrap());
    let start = day("2026-01-01");
    let mut add = |model: &str, from: Timestamp, prices: [&str; 3]| {
        let key = book.add_model(model).unwrap();
        let prices: Vec<_> = pools.into_iter().zip(prices.map(|price| price.parse().unwrap())).collect();
        book.add_version(key, from, &prices).unwrap()
    };
    add("m", start, ["0.025", "0.025", "0.2"]);
    add("cheap", start, ["0.005", "0.005", "0.05"]);
    add("big", start, ["1250", "1250", "1250"]);
    add("late", start, ["1", "1", "1"]);
    add("late", day("03-01"), ["2", "2", "2"]);
    book
}

impl World {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            account: Account::new(ACCOUNT, options),
            at: day("01-31"),
            log: Vec::new(),
            facts: Vec::new(),
            book: book(),
            names: BTreeMap::new(),
            next: 1,
            last: String::new(),
        }
    }

    pub(crate) fn run(&mut self, script: &str) {
        for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
            self.step(step);
        }
    }

    fn step(&mut self, step: &str) {
        let mut words = Vec::new();
        let mut options = BTreeMap::new();
        let mut name = None;
        let mut parts = step.split_whitespace();
        while let Some(part) = parts.next() {
            if let Some(at) = part.strip_prefix('@') {
                self.at = day(at);
            } else if part == "as" {
                name = parts.next();
            } else if let Some((key, value)) = part.split_once('=') {
                options.insert(key, value);
            } else {
                words.push(part);
            }
        }
        if words == ["look"] {
            return;
        }
        let body = match self.body(&words, &options) {
            Ok(body) => body,
            Err(error) => {
                self.last = format!("{error:?}");
                return;
            }
        };
        let id = name.map_or_else(
            || {
                self.next += 1;
                EventId::new(self.next)
            },
            |name| EventId::new(bits(name)),
        );
        if let Some(name) = name {
            self.names.insert(name.to_owned(), id);
        }
        let mut event = Event::new(ACCOUNT, id, self.at, body);
        if let Some(received) = options.get("received") {
            event = event.received(day(received));
        }
        if let Some(version) = options.get("expect") {
            let behind = version.parse::<usize>().unwrap();
            let version = self.log.get(self.log.len() - behind - 1).unwrap().1.version;
            event = event.expecting(version);
        }
        let _answer = self.send(&event);
    }

    pub(crate) fn send(&mut self, event: &Event) -> Result<Receipt, Rejected> {
        let before = self.account.snapshot();
        let decided = self.account.decide(event);
        assert_eq!(self.account.snapshot(), before, "deciding changes nothing");
        let mut loaded = Account::load(&before).unwrap();
        let answer = self.account.apply_stating(event, &mut self.facts);
        self.account.audit().unwrap();
        assert_eq!(loaded.apply(event), answer, "what is not written down decides nothing");
        assert_eq!(loaded.snapshot(), self.account.snapshot());
        assert_eq!(decided.map(|verdict| verdict.denial), answer.map(|receipt| receipt.denial()));
        match answer {
            Ok(receipt) => {
                if !receipt.repeated {
                    self.log.push((event.clone(), receipt));
                }
                self.last = render(&receipt);
            }
            Err(rejected) => {
                assert_eq!(self.account.snapshot(), before, "a rejection changes nothing: {rejected}");
                self.last = format!("{rejected:?}");
            }
        }
        answer
    }

    fn body(&self, words: &[&str], options: &BTreeMap<&str, &str>) -> Result<Body, UsageError> {
        let reason = Reason::new("a reason").unwrap();
        let within = options.get("within").map_or(self.at, |within| day(within));
        let actor = ActorId::new(options.get("by").map_or(1, |actor| bits(actor)));
        let id = |name: &str| EventId::new(bits(name));
        Ok(match words {
            ["subscribe", name] => {
                Body::Subscribe { subscription: subscription(plan(name), self.at, options).into() }
            }
            ["leave", name] => Body::Unsubscribe { plan: plan(name) },
            ["name", name] => Body::NameBuilder { plan: plan(name), actor },
            ["drop", name] => Body::DropBuilder { plan: plan(name), actor },
            ["include", name] => Body::Include { plan: plan(name), within },
            ["buy", name, amount] => Body::Purchase { plan: plan(name), within, amount: credits(amount) },
            ["gift", name, amount] => {
                Body::Goodwill { plan: plan(name), within, amount: credits(amount), reason }
            }
            ["revoke", grant] => Body::Revoke { grant: id(grant), reason },
            ["reserve", usage @ ..] => {
                let hour = Timestamp::from_nanoseconds(self.at.nanoseconds() + 3_600_000_000_000);
                let deadline = options.get("until").map_or(hour, |until| day(until));
                Body::Reserve { usage: self.usage(usage, options)?, actor, deadline }
            }
            ["settle", of, usage @ ..] => {
                Body::Settle { reservation: id(of), usage: self.usage(usage, options)? }
            }
            ["part", of, usage @ ..] => {
                Body::SettlePart { reservation: id(of), usage: self.usage(usage, options)? }
            }
            ["void", of] => Body::Void { reservation: id(of) },
            ["record", usage @ ..] => {
                let after = options.get("after").map(|after| id(after));
                Body::Record { usage: self.usage(usage, options)?, actor, after }
            }
            ["correct", charge, amount] => {
                Body::Correct { charge: id(charge), amount: credits(amount), reason }
            }
            ["reprice", charge, usage @ ..] => {
                Body::Reprice { charge: id(charge), usage: self.usage(usage, options)?, reason }
            }
            ["close", before] => Body::Close { before: day(before) },
            ["tick"] => Body::Advance,
            ["limit", "none"] => Body::Limit { limit: None },
            ["limit", count, stopping] => {
                let limit =
                    OutputLimit::new(count.parse().unwrap(), schedule(self.at, options), stop(stopping));
                Body::Limit { limit: Some(limit.into()) }
            }
            ["produce", output, origin] => Body::Produce {
                output: OutputId::new(bits(output)),
                origin: match *origin {
                    "requested" => Origin::Requested,
                    "proactive" => Origin::Proactive,
                    opt_in => Origin::Recurring { opt_in: OptInId::new(bits(opt_in)) },
                },
            },
            ["follow", output] => {
                Body::FollowUp { output: OutputId::new(bits(output)), action: Follow::Share }
            }
            ["follow", output, opt_in] => {
                let action = Follow::OptIn { opt_in: OptInId::new(bits(opt_in)) };
                Body::FollowUp { output: OutputId::new(bits(output)), action }
            }
            ["dismiss", output] => Body::Dismiss { output: OutputId::new(bits(output)) },
            ["optin", opt_in] => Body::OptIn { opt_in: OptInId::new(bits(opt_in)) },
            ["optout", opt_in] => Body::OptOut { opt_in: OptInId::new(bits(opt_in)) },
            other => panic!("no step {other:?}"),
        })
    }

    /// An amount, or `model pool:count …`.
    fn usage(&self, words: &[&str], options: &BTreeMap<&str, &str>) -> Result<Usage, UsageError> {
        if let [amount] = words {
            if amount.as_bytes().first().is_some_and(u8::is_ascii_digit) {
                return Ok(Usage::of_amount(credits(amount)));
            }
        }
        let mut tokens = Tokens::none();
        for word in &words[1..] {
            let (name, count) = word.split_once(':').unwrap();
            let pool: PoolKey = self.book.pool(name).unwrap();
            let count = if count == "max" { u64::MAX } else { count.parse().unwrap() };
            tokens = tokens.with(pool, count);
        }
        if let Some(total) = options.get("total") {
            tokens = tokens.with_total(total.parse().unwrap());
        }
        let at = options.get("priced").map_or(self.at, |at| day(at));
        self.book.usage(self.book.model(words[0]), &tokens, at)
    }

    pub(crate) fn check(&self, number: &str, then: &str) {
        let (answer, amounts) = then.split_once('|').unwrap_or((then, ""));
        assert_eq!(self.last, answer.trim(), "{number}: the answer");
        let balance = self.account.balance(self.at);
        let pairs = amounts.split_whitespace().collect::<Vec<_>>();
        for token in pairs {
            if let Some(used) = token.strip_prefix("used") {
                let outputs = self.account.outputs(self.at).unwrap();
                assert_eq!(outputs.used.to_string(), used, "{number}: used");
                continue;
            }
            if token.starts_with(char::is_lowercase) {
                self.check_grant(number, token);
                continue;
            }
            let (letter, expected) = token.split_at(1);
            let found = match letter {
                "A" => balance.available,
                "U" => balance.upcoming,
                "B" => balance.bound,
                "R" => balance.reserved,
                "C" => balance.consumed,
                "X" => balance.expired,
                "V" => balance.revoked,
                "O" => balance.overdraft,
                "E" => balance.excess_reserved,
                "N" => balance.unlimited,
                other => panic!("no amount `{other}`"),
            };
            assert_eq!(found.to_string(), expected, "{number}: {letter} in {balance:?}");
        }
    }

    /// `name.A5`: an amount of the grant that the event of this name issued.
    fn check_grant(&self, number: &str, token: &str) {
        let (name, amount) = token.split_once('.').unwrap();
        let grants = self.account.grants(self.at);
        let grant = grants.iter().find(|grant| grant.grant == EventId::new(bits(name))).unwrap();
        let (letter, expected) = amount.split_at(1);
        let found = match letter {
            "A" => grant.available,
            "B" => grant.bound,
            "R" => grant.reserved,
            "C" => grant.consumed,
            "X" => grant.expired,
            "V" => grant.revoked,
            "U" => grant.upcoming,
            other => panic!("no amount `{other}`"),
        };
        assert_eq!(found.to_string(), expected, "{number}: {token} in {grant:?}");
    }

    pub(crate) fn hold_to_the_laws(&mut self, number: &str) {
        let bytes = self.account.snapshot();
        let mut loaded = Account::load(&bytes).unwrap();
        for (event, receipt) in &self.log {
            for account in [&mut self.account, &mut loaded] {
                let again = match account.apply(event) {
                    Err(Rejected::TooOld { .. }) => continue,
                    again => again.unwrap(),
                };
                assert!(again.repeated, "{number}");
                assert_eq!((again.version, again.outcome), (receipt.version, receipt.outcome), "{number}");
                assert_eq!(account.snapshot(), bytes, "{number}: repeating changes nothing");
            }
        }
    }
}

fn subscription(plan: PlanKey, at: Timestamp, options: &BTreeMap<&str, &str>) -> Subscription {
    let until = options.get("until").map_or(day("2028-01-31"), |until| day(until));
    let from = options.get("from").map_or(at, |from| day(from));
    let term = Period::new(from, until).unwrap();
    let mut subscription = Subscription::new(plan, term, schedule(from, options));
    for (key, value) in options {
        subscription = match *key {
            "allow" => subscription.allowance(credits(value)),
            "step" => subscription.increment(credits(value)),
            "prio" => subscription.priority(value.parse().unwrap()),
            "stop" => subscription.stop(stop(value)),
            "open" => subscription.named_builders(),
            _ => subscription,
        };
    }
    subscription
}

fn schedule(at: Timestamp, options: &BTreeMap<&str, &str>) -> Schedule {
    if let Some(list) = options.get("list") {
        let boundaries = list.split(',').map(day).collect::<Vec<_>>();
        return Schedule::listed(&boundaries).unwrap();
    }
    let anchor = options.get("anchor").map_or(at, |anchor| day(anchor));
    Schedule::anchored(anchor, options.get("every").map_or(Every::Month, |text| every(text)))
}

/// `ok`, then what is worth knowing; or the denial.
fn render(receipt: &Receipt) -> String {
    if let Some(denial) = receipt.denial() {
        return format!("{denial:?}");
    }
    let applied = receipt.applied().unwrap();
    let mut text = if receipt.repeated { "again" } else { "ok" }.to_owned();
    if applied.amount != MicroCredits::ZERO {
        text += &format!(" {}", applied.amount);
    }
    if let Some(note) = applied.note {
        text += &format!(" {note:?}");
    }
    for percent in applied.crossed.iter() {
        text += &format!(" {percent}%");
    }
    text
}

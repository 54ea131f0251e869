//! A quarter of one organization's AI usage, told event by event.
//!
//! Run it with `cargo run --example credits`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{PriceBook, Tokens};
use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId, OutputId, Reason};
use tollkeeper::usage::history::History;
use tollkeeper::usage::options::Options;
use tollkeeper::usage::outcome::Receipt;
use tollkeeper::usage::outputs::{Follow, Origin, OutputLimit};
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Stop, Subscription};
use tollkeeper::word::Every;

const DAY: u64 = 86_400_000_000_000;

/// The account and its history, with ids counted up as a host would take them from its own records.
struct Story {
    account: Account,
    history: History,
    next: u128,
}

impl Story {
    fn new() -> Self {
        let account = Account::new(AccountId::new(0xACE), Options::default());
        Self { account, history: History::new(), next: 1 }
    }

    /// Applies what happened, prints the answer and returns the id that later events refer to.
    fn tell(&mut self, at: &str, words: &str, body: Body) -> Result<EventId, Box<dyn Error>> {
        let id = EventId::new(self.next);
        self.next = self.next.checked_add(1).ok_or("too many events")?;
        let at: Timestamp = at.parse()?;
        let event = Event::new(self.account.id(), id, at, body);
        let receipt = self.history.apply(&mut self.account, &event)?;
        println!("{at}  #{id:<3} {words:<40} {}", answer(&receipt));
        Ok(id)
    }
}

fn answer(receipt: &Receipt) -> String {
    let Some(applied) = receipt.applied() else {
        return receipt.denial().map_or_else(String::new, |denial| format!("denied: {denial}"));
    };
    let mut parts = Vec::new();
    if applied.amount != MicroCredits::ZERO {
        parts.push(applied.amount.to_string());
    }
    if applied.excess != MicroCredits::ZERO {
        parts.push(format!("{} of it beyond every grant", applied.excess));
    }
    parts.extend(applied.crossed.iter().map(|percent| format!("{percent} % reached")));
    parts.extend(applied.note.map(|note| note.to_string()));
    parts.join(", ")
}

fn credits(whole: u64) -> MicroCredits {
    MicroCredits::from_credits(whole).unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut story = Story::new();
    let actor = ActorId::new(1);

    // What the host looks up once: plans are its own numbers, models and token pools the price book's.
    let plus = PlanKey::new(1).ok_or("too many plans")?;
    let mut book = PriceBook::new();
    let (input, output) = (book.add_pool("input")?, book.add_pool("output")?);
    let model = book.add_model("large")?;
    let start: Timestamp = "2027-01-31T09:00:00Z".parse()?;
    book.add_version(model, start, &[(input, "0.025".parse()?), (output, "0.2".parse()?)])?;
    let usage = |inputs, outputs, at: &str| -> Result<_, Box<dyn Error>> {
        Ok(book.usage(model, &Tokens::none().with(input, inputs).with(output, outputs), at.parse()?)?)
    };

    println!(
        "The contract: 1000 credits a month from 31 January, more in steps of 500; 3 AI outputs a month.\n"
    );
    let monthly = Schedule::anchored(start, Every::Month);
    let term = Period::new(start, "2027-04-30T09:00:00Z".parse()?).ok_or("empty term")?;
    let subscription = Subscription::new(plus, term, monthly.clone()).allowance(credits(1_000));
    let subscription = subscription.increment(credits(500)).into();
    let limit = Some(OutputLimit::new(3, monthly.clone(), Stop::Hard).into());
    let at = "2027-01-31T09:00:00Z";
    story.tell(at, "subscribe to plus", Body::Subscribe { subscription })?;
    story.tell(at, "limit of three outputs a month", Body::Limit { limit })?;
    story.tell(at, "issue what the plan includes", Body::Include { plan: plus, within: start })?;

    println!("\nA run reserves an estimate and is charged for what it used, which is more.\n");
    let at = "2027-02-02T10:00:00Z";
    let deadline = "2027-02-02T11:00:00Z".parse()?;
    let estimate = usage(12_000, 1_000, at)?;
    let run = story.tell(at, "reserve for a run", Body::Reserve { usage: estimate, actor, deadline })?;
    let at = "2027-02-02T10:04:00Z";
    let actual = usage(14_000, 2_000, at)?;
    let charge = story.tell(at, "settle the run", Body::Settle { reservation: run, usage: actual })?;
    let at = "2027-02-03T08:00:00Z";
    let reason = Reason::new("the model returned one answer twice").ok_or("no reason")?;
    let amount = credits(50);
    story.tell(at, "give part of the charge back", Body::Correct { charge, amount, reason })?;

    println!("\nA summary nobody asked for is free until someone acts on it.\n");
    let summary = OutputId::new(1);
    let (origin, action) = (Origin::Proactive, Follow::Share);
    story.tell("2027-02-05T07:00:00Z", "proactive summary", Body::Produce { output: summary, origin })?;
    story.tell("2027-02-05T09:00:00Z", "someone copies it", Body::FollowUp { output: summary, action })?;
    story.tell(
        "2027-02-05T09:05:00Z",
        "someone else shares it",
        Body::FollowUp { output: summary, action },
    )?;

    println!("\nThe credits run low; the organization buys more, usable in full until the period ends.\n");
    let at = "2027-02-10T10:00:00Z";
    let record = |usage| Body::Record { usage, actor, after: None };
    story.tell(at, "a long day of runs", record(usage(4_000, 1_000, at)?))?;
    let at = "2027-02-12T10:00:00Z";
    let now: Timestamp = at.parse()?;
    let amount = credits(500);
    story.tell(at, "buy one increment", Body::Purchase { plan: plus, within: now, amount })?;
    match story.account.forecast(now, 10 * DAY) {
        Some(end) => println!("{:28}If usage goes on as in the last ten days, that lasts until {end}.", ""),
        None => println!("{:28}Nothing was used in the last ten days.", ""),
    }
    let at = "2027-02-20T10:00:00Z";
    let deadline = "2027-02-20T11:00:00Z".parse()?;
    let too_much = usage(40_000, 2_000, at)?;
    story.tell(
        at,
        "reserve for a run that is too large",
        Body::Reserve { usage: too_much, actor, deadline },
    )?;
    story.tell(at, "a run that fits", record(usage(10_000, 500, at)?))?;

    println!("\nThe period ends on 28 February at nine, not on 3 March; what is left expires with it.\n");
    let march: Timestamp = "2027-02-28T09:00:00Z".parse()?;
    for (name, instant) in
        [("a nanosecond before", march.nanoseconds().saturating_sub(1)), ("at the end", march.nanoseconds())]
    {
        let balance = story.account.balance(Timestamp::from_nanoseconds(instant));
        println!("{:28}{name}: {} available, {} expired", "", balance.available, balance.expired);
    }
    let at = "2027-02-28T09:00:00Z";
    story.tell(at, "issue what the plan includes", Body::Include { plan: plus, within: march })?;
    let april = monthly.period_at("2027-04-01T00:00:00Z".parse()?)?;
    println!("{:28}The period after begins at {}: it counts from the anchor.", "", april.from);

    println!("\nThe balance on 1 March, line by line:\n");
    println!("{}", story.history.explain("2027-03-01T00:00:00Z".parse()?));

    let bytes = story.account.snapshot();
    let loaded = Account::load(&bytes)?;
    println!(
        "\nSnapshot: {} bytes, loaded and audited, at version {}.",
        bytes.len(),
        loaded.version().number()
    );
    Ok(())
}

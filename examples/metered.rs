//! The loop of a metered feature: decide, reserve, run, settle.
//!
//! Engine and ledger do not know each other. The host turns the ledger's balance into the context of a request,
//! and the decision's charge into a reservation; what the run really used is settled afterwards.
//!
//! `cargo run --example metered`

#![expect(clippy::print_stdout, reason = "an example shows its output")]

use std::error::Error;

use tollkeeper::bind;
use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;
use tollkeeper::id::{FeatureId, LimitId, ModelId, QuantityId, RoleId};
use tollkeeper::request::{Balance, Request, Run, Subject};
use tollkeeper::units::{MicroCredits, Timestamp};
use tollkeeper::usage::account::Account;
use tollkeeper::usage::book::{PriceBook, Tokens};
use tollkeeper::usage::event::{AccountId, ActorId, Body, Event, EventId};
use tollkeeper::usage::options::Options;
use tollkeeper::usage::period::{Period, Schedule};
use tollkeeper::usage::plan::{PlanKey, Stop, Subscription};

bind! { struct Names {
    member: RoleId = "member",
    workflows: FeatureId = "ai_studio_workflows",
    credits: LimitId = "ai_studio_credits",
    model: ModelId = "anthropic_medium",
    input: QuantityId = "input",
    output: QuantityId = "output",
} }

const DOMAIN: &str = "
[domain]
id = 'paper_kite'
kind = 'organization'
plan = 'starter'
[holders]
super_admin = 1
";

/// What three runs are estimated to use, and what they use: input and output tokens.
const RUNS: [(&str, [u64; 2], [u64; 2]); 3] = [
    ("sort the inbox", [400_000, 20_000], [350_000, 25_000]),
    ("summarize the year", [900_000, 40_000], [1_000_000, 60_000]),
    ("do it all again", [900_000, 40_000], [0, 0]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::builtin();
    let names = Names::bind(&catalog)?;
    let engine = Engine::parse(&catalog, DOMAIN)?;
    let start: Timestamp = "2026-11-01T00:00:00Z".parse()?;
    let end: Timestamp = "2027-11-01T00:00:00Z".parse()?;

    // Once: the prices of the catalog go into the book, the credit plans of the domain onto the account.
    let mut book = PriceBook::new();
    let (input, output) = (book.add_pool("input")?, book.add_pool("output")?);
    let model = book.add_model("anthropic_medium")?;
    let price = |quantity| catalog.price(names.model, quantity).ok_or("no price");
    book.add_version(model, start, &[(input, price(names.input)?), (output, price(names.output)?)])?;

    let mut account = Account::new(AccountId::new(1), Options::default());
    let mut ids = (1..).map(EventId::new);
    let mut happen = |account: &mut Account, at: Timestamp, body: Body| -> Result<_, Box<dyn Error>> {
        let id = ids.next().ok_or("no ids left")?;
        let receipt = account.apply(&Event::new(account.id(), id, at, body))?;
        // A denial is recorded by the ledger; here it would mean that the balance was not as stated.
        Ok((id, receipt.applied().ok_or("denied by the ledger")?.amount))
    };
    for ((name, terms), number) in engine.credit_plans().zip(0..) {
        let plan = PlanKey::new(number).ok_or("too many plans")?;
        let allowance = MicroCredits::from_credits(terms.credits.unwrap_or(0)).ok_or("too many credits")?;
        println!("plan `{name}`: {allowance} credits each {:?}", terms.every);
        let term = Period::new(start, end).ok_or("empty term")?;
        let subscription = Subscription::new(plan, term, Schedule::anchored(start, terms.every))
            .allowance(allowance)
            .stop(if terms.unlimited { Stop::Unlimited } else { Stop::Hard });
        happen(&mut account, start, Body::Subscribe { subscription: subscription.into() })?;
        happen(&mut account, start, Body::Include { plan, within: start })?;
    }

    let actor = ActorId::new(17);
    for ((what, estimate, used), hour) in RUNS.into_iter().zip(9..) {
        let at: Timestamp = format!("2026-11-02T{hour:02}:00:00Z").parse()?;
        let deadline: Timestamp = format!("2026-11-02T{hour:02}:30:00Z").parse()?;
        let available = account.available_to(actor, at);
        println!("\n{at} {what}: {available} credits are available");

        // Decide: access first, then whether the balance covers the estimate.
        let tokens = [(names.input, estimate[0]), (names.output, estimate[1])];
        let run = Run::new(names.workflows).on_model(names.model, &tokens);
        let balances = [(names.credits, Balance::Remaining(available.get()))];
        let request = Request::new(Subject::role(names.member), run).at(at).balances(&balances);
        let decision = engine.evaluate(&request);
        println!("  {}", engine.sentence(&decision));
        if decision.is_deny() {
            continue;
        }

        // Reserve what the decision charges, run, settle what was used; more than reserved is charged too.
        let count = |[inputs, outputs]: [u64; 2]| Tokens::none().with(input, inputs).with(output, outputs);
        let usage = book.usage(model, &count(estimate), at)?;
        assert_eq!(usage.charge().map(MicroCredits::get), Some(decision.charge()));
        let (reservation, reserved) = happen(&mut account, at, Body::Reserve { usage, actor, deadline })?;
        let usage = book.usage(model, &count(used), at)?;
        let (_, charged) = happen(&mut account, at, Body::Settle { reservation, usage })?;
        println!("  reserved {reserved}, charged {charged}");
    }
    Ok(())
}

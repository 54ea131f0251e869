//! One hot path, so many times: for instruction counts (`benches/callgrind`) and profilers.
//!
//! `hot <path> <rounds>`: a round is every request of the stream that the path is about.

use std::hint::black_box;
use std::time::Instant;

use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;
use tollkeeper_benches::floor::Floor;
use tollkeeper_benches::ledger::{Prices, account, busy_account};
use tollkeeper_benches::maps::Maps;
use tollkeeper_benches::random::Random;
use tollkeeper_benches::workload::{Ask, Workload, by_name};

/// An error is no figure.
const SOUND: &str = "a domain of the workload is sound";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "mixed".to_owned());
    let rounds: usize = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    match path.strip_prefix("ledger-") {
        Some(part) => ledger(&path, part, rounds),
        None => engine(&path, rounds),
    }
}

/// Pricing, or runs that are reserved and settled on one account or on one of 4,000; as many of them a round.
fn ledger(path: &str, part: &str, rounds: usize) {
    const COUNT: usize = 4_000;
    let prices = Prices::new();
    let (mut busy, next) = busy_account(&prices);
    let numbers: Vec<_> = (next..).take(COUNT * rounds).collect();
    match part {
        "cold" => {
            let mut accounts: Vec<_> = (0..COUNT as u128).map(account).collect();
            let mut random = Random::new(7);
            let mut runs = (0..).map(|number| (random.below(COUNT), number));
            runs.by_ref()
                .take(3 * COUNT)
                .for_each(|(place, number)| prices.run(&mut accounts[place], number));
            let runs: Vec<_> = runs.take(COUNT * rounds).collect();
            measured(path, 1, &runs, |(place, number)| prices.run(&mut accounts[*place], *number));
        }
        "price" => {
            let at = "2027-02-01T09:00:00Z".parse().expect("an instant");
            let tokens: Vec<_> = numbers.iter().map(|number| prices.tokens(*number as u64, 567)).collect();
            measured(path, 1, &tokens, |tokens| prices.price(tokens, at));
        }
        _ => measured(path, 1, &numbers, |number| prices.run(&mut busy, *number)),
    }
}

fn engine(path: &str, rounds: usize) {
    let workload = Workload::generate();
    let Workload { product, catalog, states, engines, asks, .. } = &workload;
    let wanted = |ask: &Ask| match path {
        "permission" => ask.is_permission(),
        "feature" => ask.is_feature(),
        "change" => !ask.is_permission() && !ask.is_feature(),
        _ => true,
    };
    let requests: Vec<_> = asks
        .iter()
        .zip(workload.requests())
        .filter(|(ask, _)| wanted(ask))
        .map(|(_, request)| request)
        .collect();
    match path {
        "floor" => {
            let (floor, tenants) = Floor::new(product, states);
            let asks: Vec<_> = asks.iter().map(|ask| (tenants[ask.tenant], floor.look_up(ask))).collect();
            measured(path, rounds, &asks, |(tenant, ask)| floor.decide(tenant, ask));
        }
        "floor-name" => {
            let (floor, tenants) = Floor::new(product, states);
            measured(path, rounds, asks, |ask| floor.by_name(&tenants[ask.tenant], ask));
        }
        "maps" => {
            let maps = Maps::new(product);
            let tenants: Vec<_> = states.iter().map(|state| Maps::tenant(product, state)).collect();
            measured(path, rounds, asks, |ask| maps.decide(&tenants[ask.tenant], ask));
        }
        "name" => measured(path, rounds, asks, |ask| by_name(catalog, &engines[ask.tenant], ask)),
        "json" => {
            let texts: Vec<_> = asks.iter().map(|ask| (&engines[ask.tenant], ask.to_json())).collect();
            measured(path, rounds, &texts, |(engine, text)| {
                let request: NamedRequest = serde_json::from_str(text).expect("a request of the workload");
                engine.evaluate_named(&request)
            });
        }
        "explain" => measured(path, rounds, &requests, |(engine, request)| engine.explain(request)),
        "remedies" => {
            let denied = requests.iter().filter(|(engine, request)| engine.evaluate(request).is_deny());
            // A search takes so much longer than a decision that some of them tell as much as all.
            let denied: Vec<_> = denied.step_by(8).copied().collect();
            measured(path, rounds, &denied, |(engine, request)| engine.remedies(request));
        }
        "matrix" => measured(path, rounds, engines, |engine| engine.matrix().permissions().count()),
        "matrix-names" => measured(path, rounds, engines, |engine| engine.matrix().record()),
        "compile" => {
            let domains: Vec<_> = engines.iter().map(|engine| engine.domain()).collect();
            measured(path, rounds, &domains, |domain| Engine::compile(catalog, domain).expect(SOUND));
        }
        "stored" => {
            let stored: Vec<Vec<u8>> = engines.iter().map(Engine::to_bytes).collect();
            measured(path, rounds, &stored, |bytes| Engine::from_bytes(catalog, bytes).expect(SOUND));
        }
        "parse" | "load" => {
            let texts: Vec<String> = states.iter().map(|state| state.tenant.to_toml()).collect();
            match path {
                "parse" => measured(path, rounds, &texts, |text| Domain::parse(text).expect(SOUND)),
                _ => measured(path, rounds, &texts, |text| {
                    Engine::compile(catalog, &Domain::parse(text).expect(SOUND)).expect(SOUND)
                }),
            }
        }
        _ => measured(path, rounds, &requests, |(engine, request)| engine.evaluate(request)),
    }
}

/// What is counted: nothing but the path itself, and the loop around it.
#[inline(never)]
fn measured<T, R>(path: &str, rounds: usize, inputs: &[T], mut run: impl FnMut(&T) -> R) {
    let start = Instant::now();
    for _ in 0..rounds {
        for input in inputs {
            black_box(run(black_box(input)));
        }
    }
    let count = rounds * inputs.len();
    println!("{path} {count} {:.1} ns", start.elapsed().as_nanos() as f64 / count as f64);
}

//! What decisions cost beside the floor: both measured in turns, in one run, on the same requests in the same order.
//!
//! `cargo run --release -p tollkeeper-benches --bin ratios` prints one table. Nanoseconds drift with the machine, so
//! the ratio is the figure. `TOLLKEEPER_ENGINES` says how many engines are asked at random, a million by default;
//! 0 leaves those rows out.

use std::hint::black_box;
use std::time::Instant;

use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::{NamedRequest, Request};
use tollkeeper_benches::floor::{Floor, FloorAsk, FloorTenant};
use tollkeeper_benches::growth;
use tollkeeper_benches::random::Random;
use tollkeeper_benches::workload::{Ask, Workload, by_name};

/// How often each side of a row runs.
const ROUNDS: usize = 41;

fn main() {
    println!("| what | ns | beside it | ns | ratio |");
    println!("|---|--:|---|--:|--:|");
    let workload = Workload::generate();
    let (floor, tenants) = Floor::new(&workload.product, &workload.states);
    for (ask, reason) in workload.asks.iter().zip(workload.reasons()) {
        assert_eq!(floor.by_name(&tenants[ask.tenant], ask), reason, "{ask:?}");
    }
    stream(&workload, &floor, &tenants);
    grow();
    let engines = std::env::var("TOLLKEEPER_ENGINES").ok().and_then(|count| count.parse().ok());
    match engines.unwrap_or(1_000_000) {
        0 => {}
        count => many(&workload, &floor, &tenants, count),
    }
}

/// Which requests of the workload a row is about.
type Wanted = fn(&Ask) -> bool;

/// The requests of the workload, one after the other.
fn stream(workload: &Workload, floor: &Floor, tenants: &[FloorTenant]) {
    let Workload { catalog, engines, asks, .. } = workload;
    let requests = workload.requests();
    let numbered: Vec<(FloorTenant, FloorAsk)> =
        asks.iter().map(|ask| (tenants[ask.tenant], floor.look_up(ask))).collect();
    let kinds: [(&str, Wanted); 4] = [
        ("by id, mixed", |_| true),
        ("by id, permissions", Ask::is_permission),
        ("by id, features", Ask::is_feature),
        ("by id, changes of settings", |ask| !ask.is_permission() && !ask.is_feature()),
    ];
    for (name, wanted) in kinds {
        let chosen: Vec<usize> = (0..asks.len()).filter(|at| wanted(&asks[*at])).collect();
        let ours: Vec<(&Engine, Request<'_>)> = chosen.iter().map(|at| requests[*at]).collect();
        let theirs: Vec<(FloorTenant, FloorAsk)> = chosen.iter().map(|at| numbered[*at]).collect();
        row(
            name,
            each(&ours, |(engine, request)| engine.evaluate(request)),
            "floor",
            each(&theirs, |(tenant, ask)| floor.decide(tenant, ask)),
        );
    }
    row(
        "in a batch",
        batch(&requests),
        "one by one",
        each(&requests, |(engine, request)| engine.evaluate(request)),
    );
    row(
        "by name",
        each(asks, |ask| by_name(catalog, &engines[ask.tenant], ask)),
        "floor by name",
        each(asks, |ask| floor.by_name(&tenants[ask.tenant], ask)),
    );
    let texts: Vec<(&Engine, String)> =
        asks.iter().map(|ask| (&engines[ask.tenant], ask.to_json())).collect();
    row(
        "from JSON text",
        each(&texts, |(engine, text)| {
            let request: NamedRequest = serde_json::from_str(text).expect("a request of the workload");
            engine.evaluate_named(&request)
        }),
        "floor by name",
        each(asks, |ask| floor.by_name(&tenants[ask.tenant], ask)),
    );
    row(
        "explain",
        each(&requests, |(engine, request)| engine.explain(request)),
        "evaluate",
        each(&requests, |(engine, request)| engine.evaluate(request)),
    );
}

/// The same requests of catalogs that grow, beside the smallest.
fn grow() {
    const SMALLEST: (usize, usize) = (10, 4);
    for (permissions, roles) in [(100, 4), (1_000, 4), (10_000, 4), (10, 100), (10, 1_000), (10, 10_000)] {
        let (engine, small) = (growth::engine(permissions, roles), growth::engine(SMALLEST.0, SMALLEST.1));
        let requests = growth::requests(&engine, permissions, roles, 1024);
        let few = growth::requests(&small, SMALLEST.0, SMALLEST.1, 1024);
        row(
            &format!("{permissions} permissions, {roles} roles"),
            each(&requests, |request| engine.evaluate(request)),
            "10 permissions, 4 roles",
            each(&few, |request| small.evaluate(request)),
        );
    }
}

/// Many engines in one process, asked in random order: what a decision costs when nothing is in a cache.
fn many(workload: &Workload, floor: &Floor, tenants: &[FloorTenant], count: usize) {
    let kinds = workload.engines.len();
    let count = count / kinds * kinds;
    let domains: Vec<Domain> = workload.engines.iter().map(|engine| engine.domain().clone()).collect();
    let engines: Vec<Engine> = (0..count)
        .map(|number| {
            let domain = &domains[number % kinds];
            Engine::compile(&workload.catalog, domain).expect("a domain of the workload")
        })
        .collect();
    let floors: Vec<FloorTenant> = (0..count).map(|number| tenants[number % kinds]).collect();
    let requests: Vec<Request<'_>> = workload.typed.iter().map(|typed| typed.request()).collect();
    let asks: Vec<FloorAsk> = workload.asks.iter().map(|ask| floor.look_up(ask)).collect();
    let mut random = Random::new(2);
    // A request fits any engine that was made from the same customer. Whoever asks has it at hand: what is at random is
    // the engine.
    let order: Vec<(usize, usize)> = (0..1 << 16)
        .map(|_| {
            let request = random.below(requests.len());
            (random.below(count / kinds) * kinds + workload.asks[request].tenant, request)
        })
        .collect();
    let ours: Vec<(usize, Request<'_>)> =
        order.iter().map(|(at, request)| (*at, requests[*request])).collect();
    let theirs: Vec<(usize, FloorAsk)> = order.iter().map(|(at, request)| (*at, asks[*request])).collect();
    row(
        &format!("{count} engines, independent"),
        each(&ours, |(engine, request)| engines[*engine].evaluate(request)),
        "floor",
        each(&theirs, |(tenant, ask)| floor.decide(&floors[*tenant], ask)),
    );
    // Which engine is asked depends on the last answer: it cannot be fetched ahead.
    let then = |engine: usize, last: bool| (engine + usize::from(last) * kinds) % count;
    row(
        &format!("{count} engines, dependent"),
        chained(&ours, |(engine, request), last| engines[then(*engine, last)].evaluate(request).is_allow()),
        "floor",
        chained(&theirs, |(tenant, ask), last| {
            let reason = floor.decide(&floors[then(*tenant, last)], ask);
            reason.effect() == tollkeeper::decision::Effect::Allow
        }),
    );
    let asked: Vec<(&Engine, Request<'_>)> =
        ours.iter().map(|(engine, request)| (&engines[*engine], *request)).collect();
    row(
        &format!("{count} engines, in a batch"),
        batch(&asked),
        "one by one",
        each(&asked, |(engine, request)| engine.evaluate(request)),
    );
}

/// The same of a batch.
fn batch(asked: &[(&Engine, Request<'_>)]) -> impl FnMut() -> f64 {
    move || {
        let start = Instant::now();
        for decision in Engine::evaluate_all(black_box(asked)) {
            let _ = black_box(decision);
        }
        start.elapsed().as_nanos() as f64 / asked.len() as f64
    }
}

/// Nanoseconds of one input, over all of them.
fn each<T, R>(inputs: &[T], run: impl Fn(&T) -> R) -> impl FnMut() -> f64 {
    move || {
        let start = Instant::now();
        for input in inputs {
            black_box(run(black_box(input)));
        }
        start.elapsed().as_nanos() as f64 / inputs.len() as f64
    }
}

/// The same where each waits for the answer to the one before.
fn chained<T>(inputs: &[T], run: impl Fn(&T, bool) -> bool) -> impl FnMut() -> f64 {
    move || {
        let start = Instant::now();
        let last = inputs.iter().fold(false, |last, input| run(black_box(input), last));
        black_box(last);
        start.elapsed().as_nanos() as f64 / inputs.len() as f64
    }
}

/// Prints the medians of both sides, which run in turns.
fn row(ours: &str, mut run: impl FnMut() -> f64, theirs: &str, mut beside: impl FnMut() -> f64) {
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (run(), beside())).collect();
    let of_ours = median(rounds.iter().map(|(ours, _)| *ours));
    let of_theirs = median(rounds.iter().map(|(_, theirs)| *theirs));
    let ratio = median(rounds.iter().map(|(ours, theirs)| ours / theirs));
    println!("| {ours} | {of_ours:.1} | {theirs} | {of_theirs:.1} | {ratio:.2} |");
}

fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = of.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

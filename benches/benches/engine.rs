//! What everything costs. Absolute figures drift with the machine: compare those of one run.
//!
//! `cargo bench -p tollkeeper-benches`; a part of it: `cargo bench -p tollkeeper-benches -- evaluate`.
//! The bin `ratios` measures decisions in turns with the floor, which is what to compare.
//! `TOLLKEEPER_ENGINES` says how many engines are asked at random; a million by default.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tollkeeper::engine::Engine;
use tollkeeper::request::{NamedRequest, Request};
use tollkeeper_benches::floor::Floor;
use tollkeeper_benches::growth;
use tollkeeper_benches::maps::Maps;
use tollkeeper_benches::random::Random;
use tollkeeper_benches::workload::{Ask, Workload, by_name};

/// All answer alike before a clock starts.
fn workload() -> Workload {
    let workload = Workload::generate();
    let (floor, tenants) = Floor::new(&workload.product, &workload.states);
    let maps = Maps::new(&workload.product);
    for (ask, reason) in workload.asks.iter().zip(workload.reasons()) {
        let state = &workload.states[ask.tenant];
        assert_eq!(floor.by_name(&tenants[ask.tenant], ask), reason, "{ask:?}");
        assert_eq!(maps.decide(&Maps::tenant(&workload.product, state), ask), reason, "{ask:?}");
    }
    workload
}

/// Runs a whole stream a time; criterion divides by its length.
fn stream<T, R>(criterion: &mut Criterion, name: &str, inputs: &[T], run: impl Fn(&T) -> R) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function("stream", |bencher| {
        bencher.iter(|| inputs.iter().for_each(|input| drop(black_box(run(black_box(input))))));
    });
    group.finish();
}

fn evaluate(criterion: &mut Criterion) {
    let workload = workload();
    let Workload { product, catalog, states, engines, asks, .. } = &workload;
    let requests = workload.requests();
    let of_kind = |wanted: fn(&Ask) -> bool| -> Vec<_> {
        asks.iter().zip(&requests).filter(|(ask, _)| wanted(ask)).map(|(_, request)| *request).collect()
    };
    let run = |(engine, request): &(&Engine, Request<'_>)| engine.evaluate(request);
    stream(criterion, "evaluate/mixed", &requests, run);
    stream(criterion, "evaluate/permission", &of_kind(Ask::is_permission), run);
    stream(criterion, "evaluate/feature", &of_kind(Ask::is_feature), run);
    let both: Vec<_> = of_kind(Ask::is_permission).into_iter().zip(of_kind(Ask::is_feature)).collect();
    stream(criterion, "evaluate/both", &both, |(permission, feature)| (run(permission), run(feature)));
    stream(criterion, "evaluate/name", asks, |ask| by_name(catalog, &engines[ask.tenant], ask));
    let texts: Vec<_> = asks.iter().map(|ask| (&engines[ask.tenant], ask.to_json())).collect();
    stream(criterion, "evaluate/json", &texts, |(engine, text)| {
        let request: NamedRequest = serde_json::from_str(text).expect("a request of the workload");
        engine.evaluate_named(&request)
    });
    stream(criterion, "explain", &requests, |(engine, request)| engine.explain(request));

    let (floor, tenants) = Floor::new(product, states);
    let numbered: Vec<_> = asks.iter().map(|ask| (tenants[ask.tenant], floor.look_up(ask))).collect();
    stream(criterion, "floor/number", &numbered, |(tenant, ask)| floor.decide(tenant, ask));
    stream(criterion, "floor/name", asks, |ask| floor.by_name(&tenants[ask.tenant], ask));
    let maps = Maps::new(product);
    let tenants: Vec<_> = states.iter().map(|state| Maps::tenant(product, state)).collect();
    stream(criterion, "maps", asks, |ask| maps.decide(&tenants[ask.tenant], ask));
}

/// Answers beyond yes and no: what a help desk asks, one question at a time, and what a settings page asks at once.
fn answers(criterion: &mut Criterion) {
    let workload = workload();
    let requests = workload.requests();
    let denied = |(engine, request): &&(&Engine, Request<'_>)| engine.evaluate(request).is_deny();
    let denies: Vec<_> = requests.iter().filter(denied).copied().collect();
    stream(criterion, "remedies", &denies, |(engine, request)| engine.remedies(request));
    stream(criterion, "matrix", &workload.engines, |engine| engine.matrix().permissions().count());
    stream(criterion, "matrix-names", &workload.engines, |engine| engine.matrix().record());
}

fn grow(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth");
    let sizes = [(10, 4), (100, 4), (1_000, 4), (10_000, 4), (10, 100), (10, 1_000), (10, 10_000)];
    for (permissions, roles) in sizes {
        let engine = growth::engine(permissions, roles);
        let requests = growth::requests(&engine, permissions, roles, 1024);
        let name = format!("{permissions} permissions, {roles} roles");
        group.throughput(Throughput::Elements(requests.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| requests.iter().for_each(|request| _ = black_box(engine.evaluate(request))));
        });
    }
    group.finish();
}

/// Many engines in one process, asked in random order: what a decision costs when nothing is in a cache.
fn many(criterion: &mut Criterion) {
    let count = std::env::var("TOLLKEEPER_ENGINES").ok().and_then(|count| count.parse().ok());
    let count: usize = count.unwrap_or(1_000_000);
    let workload = workload();
    let stored: Vec<Vec<u8>> = workload.engines.iter().map(Engine::to_bytes).collect();
    let engines: Vec<Engine> = (0..count)
        .map(|number| {
            let stored = &stored[number % stored.len()];
            Engine::from_bytes(&workload.catalog, stored).expect("an engine of the workload")
        })
        .collect();
    let typed = &workload.typed;
    let mut random = Random::new(2);
    // A request fits any engine that was made from the same customer.
    let kinds = workload.engines.len();
    let order: Vec<(usize, usize)> = (0..1 << 16)
        .map(|_| {
            let request = random.below(typed.len());
            let engine = random.below(count / kinds) * kinds + workload.asks[request].tenant;
            (engine, request)
        })
        .collect();
    let requests: Vec<Request<'_>> = typed.iter().map(|typed| typed.request()).collect();
    let mut group = criterion.benchmark_group(format!("{count} engines"));
    group.throughput(Throughput::Elements(order.len() as u64));
    group.bench_function("independent", |bencher| {
        bencher.iter(|| {
            for (engine, request) in &order {
                let _ = black_box(engines[*engine].evaluate(&requests[*request]));
            }
        });
    });
    group.bench_function("dependent", |bencher| {
        bencher.iter(|| {
            let mut last = 0;
            for (engine, request) in &order {
                // Which engine is asked depends on the last answer: it cannot be fetched ahead.
                let engine = (engine + last * kinds) % (count / kinds * kinds);
                last = usize::from(black_box(engines[engine].evaluate(&requests[*request])).is_allow());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, evaluate, answers, grow, many);
criterion_main!(benches);

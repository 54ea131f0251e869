//! One hot path, so many times: for instruction counts (`benches/callgrind`) and profilers.
//!
//! `hot <path> <rounds>`: a round is all 4,096 requests of the stream, or as many compilations.

use std::hint::black_box;

use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper_benches::floor::Floor;
use tollkeeper_benches::maps::Maps;
use tollkeeper_benches::workload::{Ask, Workload, by_name};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "mixed".to_owned());
    let rounds: usize = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let workload = Workload::generate();
    let wanted = |ask: &Ask| match path.as_str() {
        "permission" => ask.is_permission(),
        "feature" => ask.is_feature(),
        "change" => !ask.is_permission() && !ask.is_feature(),
        _ => true,
    };
    let indexes: Vec<usize> =
        (0..workload.asks.len()).filter(|index| wanted(&workload.asks[*index])).collect();
    let requests = workload.requests();
    let (floor, tenants) = Floor::new(&workload.product, &workload.states);
    let floor_asks: Vec<_> = workload.asks.iter().map(|ask| floor.look_up(ask)).collect();
    let maps = Maps::new(&workload.product);
    let map_tenants: Vec<_> =
        workload.states.iter().map(|state| Maps::tenant(&workload.product, state)).collect();
    let domains: Vec<Domain> = workload.engines.iter().map(|engine| engine.domain().clone()).collect();
    let texts: Vec<String> = workload.states.iter().map(|state| state.tenant.to_toml()).collect();
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        for index in &indexes {
            let ask = &workload.asks[*index];
            match path.as_str() {
                "mixed" | "permission" | "feature" | "change" => {
                    let (engine, request) = &requests[*index];
                    let _ = black_box(engine.evaluate(black_box(request)));
                }
                "floor" => {
                    black_box(floor.decide(&tenants[ask.tenant], black_box(&floor_asks[*index])));
                }
                "maps" => {
                    black_box(maps.decide(&map_tenants[ask.tenant], black_box(ask)));
                }
                "name" => {
                    let _ =
                        black_box(by_name(&workload.catalog, &workload.engines[ask.tenant], black_box(ask)));
                }
                "explain" => {
                    let (engine, request) = &requests[*index];
                    black_box(engine.explain(black_box(request)));
                }
                "compile" => {
                    let domain = black_box(&domains[index % domains.len()]);
                    black_box(Engine::compile(&workload.catalog, domain)).expect("a domain of the workload");
                }
                "load" => {
                    let domain =
                        Domain::parse(black_box(&texts[index % texts.len()])).expect("of the workload");
                    black_box(Engine::compile(&workload.catalog, &domain)).expect("a domain of the workload");
                }
                "nothing" => {}
                _ => panic!("no such path: {path}"),
            }
        }
    }
    let count = (rounds * indexes.len()).max(1) as f64;
    println!("{path}: {:.1} ns", start.elapsed().as_nanos() as f64 / count);
}

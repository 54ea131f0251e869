//! A million engines in one process, from stored domains: how long it takes and what it holds.
//!
//! `cargo run --release -p tollkeeper-benches --bin million [toml|bytes] [count]`: one way a run, for memory that was
//! freed and is used again would count as none.

use std::time::Instant;

use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;
use tollkeeper_benches::product::Product;
use tollkeeper_benches::tenant::Tenant;

/// How many different customers there are; their stored domains are read again and again.
const CUSTOMERS: u64 = 4096;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let from = arguments.next().unwrap_or_else(|| "toml".to_owned());
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000_usize);
    let (catalog, product) = (Catalog::builtin(), Product::builtin());
    let texts: Vec<String> =
        (0..CUSTOMERS).map(|number| Tenant::generate(&product, number).to_toml()).collect();
    let engine = |text: &String| Engine::parse(&catalog, text).expect("a domain of the workload");
    let bytes: Vec<Vec<u8>> = texts.iter().map(|text| engine(text).to_bytes()).collect();
    println!(
        "{CUSTOMERS} customers: {} bytes of TOML each, {} stored",
        texts.iter().map(String::len).sum::<usize>() / texts.len(),
        bytes.iter().map(Vec::len).sum::<usize>() / bytes.len(),
    );
    match from.as_str() {
        "bytes" => build("from bytes", count, &bytes, |bytes| {
            Engine::from_bytes(&catalog, bytes).expect("an engine wrote them")
        }),
        _ => build("from TOML", count, &texts, engine),
    }
}

/// Builds so many engines and holds them all.
fn build<T>(what: &str, count: usize, inputs: &[T], engine: impl Fn(&T) -> Engine) {
    let mut engines = Vec::with_capacity(count);
    let before = resident();
    let start = Instant::now();
    engines.extend(inputs.iter().cycle().take(count).map(engine));
    let seconds = start.elapsed().as_secs_f64();
    let held = resident().zip(before).map(|(after, before)| (after - before) * 1024 / count as u64);
    let held = held.map_or("unknown".to_owned(), |bytes| format!("{bytes} bytes"));
    println!("{what}: {count} engines in {seconds:.2} s, {held} resident each");
}

/// How many kilobytes of memory the process has, where the system says so.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

//! What it costs to read domains, compile them, and store engines. Compare figures of one run.
//!
//! `cargo bench -p tollkeeper-benches --bench domains`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper_benches::growth;
use tollkeeper_benches::workload::Workload;

/// Runs over all inputs a time; criterion divides by their number.
fn each<T, R>(criterion: &mut Criterion, name: &str, inputs: &[T], run: impl Fn(&T) -> R) {
    let mut group = criterion.benchmark_group("domains");
    group.throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| inputs.iter().for_each(|input| drop(black_box(run(black_box(input))))));
    });
    group.finish();
}

fn domains(criterion: &mut Criterion) {
    let Workload { catalog, states, engines, .. } = Workload::generate();
    let texts: Vec<String> = states.iter().map(|state| state.tenant.to_toml()).collect();
    let parsed: Vec<Domain> = engines.iter().map(Engine::domain).collect();
    let stored: Vec<Vec<u8>> = engines.iter().map(Engine::to_bytes).collect();
    // An error is no figure.
    let sound = "a domain of the workload is sound";
    each(criterion, "toml/syntax-alone", &texts, |text| drop(toml::de::DeTable::parse(text).expect(sound)));
    each(criterion, "toml/parse", &texts, |text| Domain::parse(text).expect(sound));
    each(criterion, "toml/engine", &texts, |text| Engine::parse(&catalog, text).expect(sound));
    each(criterion, "compile", &parsed, |domain| Engine::compile(&catalog, domain).expect(sound));
    each(criterion, "to-bytes", &engines, Engine::to_bytes);
    each(criterion, "from-bytes", &stored, |bytes| Engine::from_bytes(&catalog, bytes).expect(sound));
}

/// Compiling costs what a domain states, not what its catalog has.
fn growing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("domains/growth");
    for (permissions, roles) in
        [(10, 4), (100, 4), (1_000, 4), (10_000, 4), (10, 100), (10, 1_000), (10, 10_000)]
    {
        let catalog: Catalog = growth::engine(permissions, roles).catalog().clone();
        let text = "domain = { id = 'grown', kind = 'team', plan = 'free' }\nroles.role_0.permissions = \
                    { permission_0 = 'on' }";
        let domain = Domain::parse(text).expect("the file is sound");
        let name = format!("{permissions} permissions, {roles} roles");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| Engine::compile(&catalog, black_box(&domain)).expect("the domain fits"));
        });
    }
    group.finish();
}

criterion_group!(benches, domains, growing);
criterion_main!(benches);

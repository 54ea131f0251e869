//! What the ledger costs. Absolute figures drift with the machine: compare those of one run.
//!
//! `cargo bench -p tollkeeper-benches --bench ledger`. `TOLLKEEPER_ACCOUNTS` says how many accounts are asked at
//! random; a million by default, which takes 2.5 GB. Reserving and settling includes pricing both; a batch is 32
//! runs; `snapshot` and `load` are of an account that remembers 2,400 events. Instructions: `benches/callgrind
//! ledger-price ledger-run`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tollkeeper::units::Timestamp;
use tollkeeper::usage::account::Account;
use tollkeeper::usage::event::{AccountId, Event};
use tollkeeper_benches::ledger::{Prices, account, busy_account};
use tollkeeper_benches::random::Random;

/// So many events are read ahead before the first of them is applied.
const BATCH: usize = 32;

fn price(criterion: &mut Criterion) {
    let prices = Prices::new();
    let at: Timestamp = "2027-02-01T09:00:00Z".parse().expect("an instant");
    let tokens = prices.tokens(1_234, 567);
    criterion.bench_function("ledger/price", |bencher| {
        bencher.iter(|| prices.price(black_box(&tokens), black_box(at)));
    });
}

fn hot(criterion: &mut Criterion) {
    let prices = Prices::new();
    let (mut account, mut number) = busy_account(&prices);
    criterion.bench_function("ledger/reserve and settle, hot", |bencher| {
        bencher.iter(|| {
            prices.run(&mut account, number);
            number += 1;
        });
    });
}

fn random(criterion: &mut Criterion) {
    let count = std::env::var("TOLLKEEPER_ACCOUNTS").ok().and_then(|text| text.parse().ok());
    let count: usize = count.unwrap_or(1_000_000);
    let prices = Prices::new();
    let mut accounts: Vec<Account> = (0..count as u128).map(account).collect();
    let mut random = Random::new(7);
    let mut number = 0;
    criterion.bench_function("ledger/reserve and settle, accounts at random", |bencher| {
        bencher.iter(|| {
            prices.run(&mut accounts[random.below(count)], number);
            number += 1;
        });
    });
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("reserve and settle, a batch of accounts at random, read ahead", |bencher| {
        let events = || -> [_; BATCH] {
            std::array::from_fn(|_| {
                let place = random.below(count);
                number += 1;
                (place, number, prices.reserve(AccountId::new(place as u128), number))
            })
        };
        let apply = |batch: [(usize, i64, Event); BATCH]| {
            batch.iter().for_each(|(place, _, event)| accounts[*place].read_ahead(event));
            batch.iter().for_each(|(place, number, _)| prices.run(&mut accounts[*place], *number));
        };
        bencher.iter_batched(events, apply, BatchSize::SmallInput);
    });
}

fn keep(criterion: &mut Criterion) {
    let prices = Prices::new();
    let (account, _) = busy_account(&prices);
    let bytes = account.snapshot();
    criterion.bench_function("ledger/snapshot", |bencher| bencher.iter(|| black_box(account.snapshot())));
    criterion.bench_function("ledger/load", |bencher| {
        bencher.iter(|| Account::load(black_box(&bytes)).expect("a snapshot"));
    });
}

criterion_group!(ledger, price, hot, random, keep);
criterion_main!(ledger);

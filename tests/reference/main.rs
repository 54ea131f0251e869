//! The engine against a separately written evaluator that is slow and obvious.
//!
//! `cargo test --test reference` asks a slice. Every small world of the built-in catalog and thousands of
//! random catalogs take a few minutes on one core: `cargo test --release --test reference -- --ignored --nocapture`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test may stop where something is wrong, and is written to be read"
)]

mod evaluator;
mod model;
mod random;
mod worlds;

use std::collections::BTreeMap;

use evaluator::Answer;
use model::{Catalog, Domain};
use tollkeeper::engine::{Engine, Record};
use tollkeeper::request::NamedRequest;

/// The text of the built-in catalog.
const BUILTIN: &str = include_str!("../../src/catalog/builtin.toml");

/// What the engine said, in the terms of the comparison.
fn answer_of(record: Record) -> Answer {
    Answer {
        allow: matches!(record.effect, tollkeeper::decision::Effect::Allow),
        reason: record.reason.as_str().to_owned(),
        obligations: record.obligations.into_iter().collect(),
        providers: record.providers.into_iter().collect(),
        data: record.data.into_iter().collect(),
        fallback: record.fallback,
        charge: record.charge,
    }
}

/// How much was compared, and where the two disagreed.
#[derive(Default)]
struct Tally {
    domains: u64,
    refused: u64,
    refusals: BTreeMap<String, u64>,
    decisions: u64,
    by_reason: BTreeMap<String, u64>,
    disagreements: BTreeMap<String, (u64, String)>,
}

impl Tally {
    fn compare(
        &mut self,
        catalog: &Catalog,
        domain: &Domain,
        text: &str,
        engine: &Engine,
        request: &NamedRequest,
    ) {
        let ours = evaluator::decide(catalog, domain, request);
        let theirs = answer_of(engine.decide(request));
        self.decisions += 1;
        match self.by_reason.get_mut(&ours.reason) {
            Some(count) => *count += 1,
            None => drop(self.by_reason.insert(ours.reason.clone(), 1)),
        }
        if ours != theirs {
            let kind = if ours.reason == theirs.reason {
                format!("both {}", ours.reason)
            } else {
                format!("reference {}, engine {}", ours.reason, theirs.reason)
            };
            let example = || {
                let request = serde_json::to_string(request).unwrap();
                format!("{text}\n{request}\nreference {ours:?}\nengine {theirs:?}")
            };
            self.disagreements.entry(kind).or_insert_with(|| (0, example())).0 += 1;
        }
    }

    fn compare_domain(
        &mut self,
        catalog: &Catalog,
        compiled: &tollkeeper::catalog::Catalog,
        text: &str,
        requests: &[NamedRequest],
    ) {
        let engine =
            tollkeeper::domain::Domain::parse(text).and_then(|domain| Engine::compile(compiled, &domain));
        let engine = match engine {
            Ok(engine) => engine,
            Err(why) => {
                self.refused += 1;
                let codes: Vec<String> = why.problems().map(|problem| format!("{problem}")).collect();
                *self.refusals.entry(codes.join("; ")).or_default() += 1;
                return;
            }
        };
        self.domains += 1;
        let domain = Domain::read(text);
        for request in requests {
            self.compare(catalog, &domain, text, &engine, request);
        }
    }

    /// Compares so many requests in each of so many domains of a random catalog; whether it was accepted.
    fn compare_random(&mut self, seed: u64, domains: u32, requests: u32) -> bool {
        let mut dice = random::Dice::new(seed);
        let text = random::catalog(&mut dice);
        let compiled = match tollkeeper::catalog::Catalog::parse(&text) {
            Ok(compiled) => compiled,
            Err(why) => {
                let codes: Vec<String> = why.problems().map(|problem| problem.code.to_string()).collect();
                *self.refusals.entry(codes.join(" ")).or_default() += 1;
                return false;
            }
        };
        let catalog = Catalog::read(&text);
        let limits = evaluator::limit_names(&catalog);
        for _ in 0..domains {
            let domain = random::domain(&mut dice, &catalog);
            let custom = domain.contains("[roles.c1]");
            let requests: Vec<NamedRequest> =
                (0..requests).map(|_| random::request(&mut dice, custom, &limits)).collect();
            let before: u64 = self.disagreements.values().map(|(count, _)| count).sum();
            self.compare_domain(&catalog, &compiled, &domain, &requests);
            let after: u64 = self.disagreements.values().map(|(count, _)| count).sum();
            if after > before {
                for (_, example) in
                    self.disagreements.values_mut().filter(|(_, it)| !it.contains("[catalog]"))
                {
                    *example += &format!("\nseed {seed}\n{text}");
                }
            }
        }
        true
    }

    fn assert_agreement(&self) {
        let told: Vec<String> = self
            .disagreements
            .iter()
            .map(|(kind, (count, example))| format!("{count} × {kind}\n{example}"))
            .collect();
        assert!(told.is_empty(), "{}", told.join("\n\n"));
    }
}

/// Compares one domain in so many of every family.
fn small_worlds(strides: [usize; 4]) -> Tally {
    let catalog = Catalog::read(BUILTIN);
    let compiled = tollkeeper::catalog::Catalog::builtin();
    let mut tally = Tally::default();
    for (family, stride) in worlds::all(&catalog).into_iter().zip(strides) {
        let before = tally.decisions;
        for text in family.domains.iter().step_by(stride) {
            tally.compare_domain(&catalog, &compiled, text, &family.requests);
        }
        println!(
            "{}: {} domains × {} requests, {} decisions",
            family.name,
            family.domains.len().div_ceil(stride),
            family.requests.len(),
            tally.decisions - before
        );
    }
    println!("{} decisions in {} domains ({} refused)", tally.decisions, tally.domains, tally.refused);
    println!("{:#?} {:#?}", tally.by_reason, tally.refusals);
    tally
}

#[test]
fn engine_and_reference_agree_on_a_slice_of_the_small_worlds() {
    // Primes, so that no dimension of the worlds stands still.
    let tally = small_worlds([1_499, 211, 97, 307]);
    tally.assert_agreement();
    assert!(tally.decisions > 10_000, "{}", tally.decisions);
}

#[test]
#[ignore = "minutes, in release"]
fn engine_and_reference_agree_on_every_small_world() {
    let tally = small_worlds([1; 4]);
    tally.assert_agreement();
    assert!(tally.decisions >= 10_000_000, "{}", tally.decisions);
}

/// Compares random worlds of seeds `from..to`, and tells how many catalogs were accepted.
fn random_worlds(seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    let count = seeds.end - seeds.start;
    let accepted = seeds.filter(|seed| tally.compare_random(*seed, 8, 60)).count();
    println!("{accepted} of {count} catalogs accepted");
    println!("{} decisions in {} domains ({} refused)", tally.decisions, tally.domains, tally.refused);
    println!("{:#?} {:#?}", tally.by_reason, tally.refusals);
    assert!(accepted as u64 * 10 > count * 9, "{accepted} of {count}");
    tally
}

#[test]
fn engine_and_reference_agree_on_random_catalogs() {
    random_worlds(0..40).assert_agreement();
}

#[test]
#[ignore = "minutes, in release"]
fn engine_and_reference_agree_on_many_random_catalogs() {
    random_worlds(1_000..6_000).assert_agreement();
}

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
use std::thread;

use evaluator::{Answer, Because, Explanation, Step};
use model::{Catalog, Domain};
use tollkeeper::decision::Reason;
use tollkeeper::engine::{BecauseValue, Engine, ExplanationRecord, Record, StepRecord};
use tollkeeper::request::NamedRequest;

/// The text of the built-in catalog.
const BUILTIN: &str = include_str!("../../src/catalog/builtin.toml");

/// What the engine said, in the terms of the comparison.
fn answer_of(record: &Record) -> Answer<'_> {
    Answer {
        allow: matches!(record.effect, tollkeeper::decision::Effect::Allow),
        reason: record.reason.as_str(),
        because: because_of(&record.because),
        obligations: record.obligations.iter().map(String::as_str).collect(),
        providers: record.providers.iter().map(String::as_str).collect(),
        data: record.data.iter().map(String::as_str).collect(),
        fallback: record.fallback.as_deref(),
        charge: record.charge.iter().map(|(meter, amount)| (meter.as_str(), *amount)).collect(),
        stale: record.stale.iter().map(|(name, window)| (name.as_str(), window.as_str())).collect(),
    }
}

fn because_of(because: &BTreeMap<String, BecauseValue>) -> Because<'_> {
    because.iter().map(|(word, value)| (word.as_str(), names_of(value))).collect()
}

fn names_of(value: &BecauseValue) -> Vec<&str> {
    match value {
        BecauseValue::One(name) => vec![name.as_str()],
        BecauseValue::Many(names) => names.iter().map(String::as_str).collect(),
        other => panic!("{other:?}"),
    }
}

fn explanation_of(record: &ExplanationRecord) -> Explanation<'_> {
    Explanation {
        steps: record.steps.iter().map(step_of).collect(),
        undecided: because_of(&record.undecided),
    }
}

fn step_of(step: &StepRecord) -> Step<'_> {
    Step {
        gate: &step.gate,
        outcome: &step.outcome,
        reason: step.reason.map(Reason::as_str),
        permission: step.permission.as_deref(),
        role: step.role.as_deref(),
        because: because_of(&step.because),
    }
}

/// In the long runs, of so many decisions one is explained as well: a prime, so that every kind has its turn.
const EXPLAIN_EVERY: u64 = 7;

/// How much was compared, and where the two disagreed.
struct Tally {
    explain_every: u64,
    domains: u64,
    refused: u64,
    refusals: BTreeMap<String, u64>,
    decisions: u64,
    explanations: u64,
    steps: u64,
    by_reason: BTreeMap<String, u64>,
    disagreements: BTreeMap<String, (u64, String)>,
}

impl Tally {
    fn explaining(explain_every: u64) -> Self {
        Self {
            explain_every,
            domains: 0,
            refused: 0,
            refusals: BTreeMap::new(),
            decisions: 0,
            explanations: 0,
            steps: 0,
            by_reason: BTreeMap::new(),
            disagreements: BTreeMap::new(),
        }
    }

    fn compare(
        &mut self,
        catalog: &Catalog,
        domain: &Domain,
        text: &str,
        engine: &Engine,
        request: &NamedRequest,
    ) {
        let ours = evaluator::decide(catalog, domain, request);
        let record = engine.decide(request);
        let theirs = answer_of(&record);
        self.decisions += 1;
        match self.by_reason.get_mut(ours.reason) {
            Some(count) => *count += 1,
            None => drop(self.by_reason.insert(ours.reason.to_owned(), 1)),
        }
        let mut disagree = |kind: String, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
            let example = || {
                let request = serde_json::to_string(request).unwrap();
                format!("{text}\n{request}\nreference {ours:#?}\nengine {theirs:#?}")
            };
            self.disagreements.entry(kind).or_insert_with(|| (0, example())).0 += 1;
        };
        if ours.reason != theirs.reason {
            disagree(format!("reference {}, engine {}", ours.reason, theirs.reason), &ours, &theirs);
        } else if ours != theirs {
            disagree(format!("both {}", ours.reason), &ours, &theirs);
        }
        if self.decisions % self.explain_every != 0 {
            return;
        }
        self.explanations += 1;
        let record = engine.explain_named(request).record();
        let theirs = explanation_of(&record);
        let ours = evaluator::explain(catalog, domain, request, &ours);
        self.steps += ours.steps.len() as u64;
        if ours != theirs {
            let differing = ours.steps.iter().zip(&theirs.steps).find(|(ours, theirs)| ours != theirs);
            let at = differing.map_or("its length", |(ours, _)| ours.gate);
            disagree(format!("the explanation of {}, at {at}", record.decision.reason), &ours, &theirs);
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
                let codes: std::collections::BTreeSet<&str> =
                    why.problems().map(|problem| problem.code.as_str()).collect();
                *self.refusals.entry(Vec::from_iter(codes).join(" ")).or_default() += 1;
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

    fn add(&mut self, other: Self) {
        self.domains += other.domains;
        self.refused += other.refused;
        self.decisions += other.decisions;
        self.explanations += other.explanations;
        self.steps += other.steps;
        for (codes, count) in other.refusals {
            *self.refusals.entry(codes).or_default() += count;
        }
        for (reason, count) in other.by_reason {
            *self.by_reason.entry(reason).or_default() += count;
        }
        for (kind, (count, example)) in other.disagreements {
            self.disagreements.entry(kind).or_insert((0, example)).0 += count;
        }
    }

    fn tell(&self) {
        let Self { decisions, explanations, steps, domains, refused, .. } = self;
        println!("{decisions} decisions in {domains} domains ({refused} refused)");
        println!("{explanations} of them explained, {steps} gates");
        println!("{:#?} {:#?}", self.by_reason, self.refusals);
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

/// What each worker comes to, given its number and how many there are.
fn in_parallel<T: Send>(work: impl Fn(usize, usize) -> T + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = (0..workers).map(|at| scope.spawn(move || work(at, workers))).collect();
        started.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

/// Compares one domain in so many of every family.
fn small_worlds(strides: [usize; 5], explain_every: u64) -> Tally {
    let catalog = Catalog::read(BUILTIN);
    let compiled = tollkeeper::catalog::Catalog::builtin();
    let mut tally = Tally::explaining(explain_every);
    for (family, stride) in worlds::all(&catalog).into_iter().zip(strides) {
        let before = tally.decisions;
        let domains: Vec<&String> = family.domains.iter().step_by(stride).collect();
        for part in in_parallel(|worker, workers| {
            let mut tally = Tally::explaining(explain_every);
            for text in domains.iter().skip(worker).step_by(workers) {
                tally.compare_domain(&catalog, &compiled, text, &family.requests);
            }
            tally
        }) {
            tally.add(part);
        }
        println!(
            "{}: {} domains × {} requests, {} decisions",
            family.name,
            domains.len(),
            family.requests.len(),
            tally.decisions - before
        );
        // Few of its domains may contradict themselves: what is refused is not compared.
        let asked = (domains.len() * family.requests.len()) as u64;
        assert!((tally.decisions - before) * 100 >= asked * 99, "{} is refused", family.name);
    }
    tally.tell();
    tally
}

/// P16
#[test]
fn engine_and_reference_agree_on_a_slice_of_the_small_worlds() {
    // Primes, so that no dimension of the worlds stands still.
    let tally = small_worlds([4_001, 401, 211, 601, 79], 7);
    tally.assert_agreement();
    assert!(tally.decisions > 10_000, "{}", tally.decisions);
}

/// P16
#[test]
#[ignore = "minutes, in release"]
fn engine_and_reference_agree_on_every_small_world() {
    let tally = small_worlds([1; 5], EXPLAIN_EVERY);
    tally.assert_agreement();
    assert!(tally.decisions >= 10_000_000, "{}", tally.decisions);
}

/// Compares random worlds of seeds `from..to`, and tells how many catalogs were accepted.
fn random_worlds(seeds: std::ops::Range<u64>, explain_every: u64) -> Tally {
    let mut tally = Tally::explaining(explain_every);
    let count = seeds.end - seeds.start;
    let mut accepted = 0;
    for (part, sound) in in_parallel(|worker, workers| {
        let mut tally = Tally::explaining(explain_every);
        let own = seeds.clone().skip(worker).step_by(workers);
        let sound = own.filter(|seed| tally.compare_random(*seed, 8, 60)).count();
        (tally, sound)
    }) {
        tally.add(part);
        accepted += sound;
    }
    println!("{accepted} of {count} catalogs accepted");
    tally.tell();
    assert!(accepted as u64 * 10 > count * 9, "{accepted} of {count}");
    // Most of their domains make sense, and what is decided there is mixed.
    let Tally { domains, refused, decisions, ref by_reason, .. } = tally;
    assert!(domains > refused && decisions == 60 * domains, "{domains} domains, {refused} refused");
    assert!(by_reason.len() > 40, "{by_reason:#?}");
    tally
}

/// P16
#[test]
fn engine_and_reference_agree_on_random_catalogs() {
    random_worlds(0..40, 1).assert_agreement();
}

/// P16
#[test]
#[ignore = "minutes, in release"]
fn engine_and_reference_agree_on_many_random_catalogs() {
    random_worlds(1_000..6_000, EXPLAIN_EVERY).assert_agreement();
}

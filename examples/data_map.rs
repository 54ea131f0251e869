//! Where each class of data of a domain lives, whether the customer's own key covers it, and who sees it.
//!
//! `cargo run --example data_map`, or with the path of a domain file of your own behind `--`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example reads a file and shows its output"
)]

use std::error::Error;
use std::{env, fs};

use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::{CustomerKey, DataHandling, Engine};

fn main() -> Result<(), Box<dyn Error>> {
    let text = match env::args().nth(1) {
        Some(path) => fs::read_to_string(path)?,
        None => include_str!("domains/hospital_group.toml").to_owned(),
    };
    let engine = Engine::compile(&Catalog::builtin(), &Domain::parse(&text)?)?;
    println!("Domain `{}`\n", engine.domain().id());
    println!(
        "{:<24} {:<9} {:<21} third parties that see it in clear",
        "data", "lives in", "customer's own key"
    );
    for row in engine.data_handling() {
        let lives = if row.stored { row.region.now.as_deref().unwrap_or("-") } else { "refused" };
        println!("{:<24} {lives:<9} {:<21} {}", row.data, key(row.customer_key), third_parties(&row));
    }

    println!("\nAI features that may process it\n");
    for row in engine.data_handling().iter().filter(|row| !row.features.is_empty()) {
        println!("{}\n    {}", row.data, row.features.join(", "));
    }

    let mismatches = engine.seat_mismatches();
    if !mismatches.is_empty() {
        println!("\nSeats that do not match\n");
        for mismatch in &mismatches {
            println!("{mismatch}");
        }
    }
    Ok(())
}

const fn key(key: CustomerKey) -> &'static str {
    match key {
        CustomerKey::Covered => "yes",
        CustomerKey::NotCovered => "no: not covered",
        CustomerKey::SharedInClear => "no: shared in clear",
        CustomerKey::NoKeyManagement => "no: no own keys",
        _ => "unknown",
    }
}

fn third_parties(row: &DataHandling) -> String {
    let unnamed = row.subprocessors_unnamed.then(|| "others, not named".to_owned());
    let all: Vec<String> = row.subprocessors.iter().cloned().chain(unnamed).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

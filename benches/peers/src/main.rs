//! Asks every engine the same 4,096 requests; prints what that takes as a Markdown table.
//!
//! `--quick` asserts that all answer alike and takes no clocks.

use std::hint::black_box;
use std::time::Instant;

use tollkeeper_benches::workload::{Ask, Workload};
use tollkeeper_peers::{Peer, Unknown, agree, all};

/// Rounds that are timed; the median counts.
const ROUNDS: usize = 15;

type Column = (&'static str, fn(&Ask) -> bool);

const COLUMNS: [Column; 4] = [
    ("permission", Ask::is_permission),
    ("feature", Ask::is_feature),
    ("change", |ask| !ask.is_permission() && !ask.is_feature()),
    ("mixed", |_| true),
];

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let workload = Workload::generate();
    let reasons = workload.reasons();
    let mut peers = all(&workload);
    let agreements: Vec<_> = peers.iter_mut().map(|peer| agree(&workload, &reasons, peer.as_mut())).collect();
    println!("{} engines agree on {} requests.\n", peers.len(), workload.asks.len());
    println!("| asked about an unknown … | organization | role | permission |\n|---|---|---|---|");
    for peer in &mut peers {
        let answers =
            [Unknown::Organization, Unknown::Role, Unknown::Permission].map(|what| peer.unknown(what));
        println!("| {} | {} |", peer.name(), answers.join(" | "));
    }
    println!("\n| denials with their exact reason | share |\n|---|--:|");
    for (peer, agreement) in peers.iter().zip(&agreements) {
        println!("| {} | {} % |", peer.name(), agreement.with_reason * 100 / agreement.denials);
    }
    if quick {
        return;
    }
    println!("\n| ns a decision (× tollkeeper with typed ids) | permission | feature | change | mixed |");
    println!("|---|--:|--:|--:|--:|");
    let times: Vec<[f64; 4]> = peers
        .iter_mut()
        .map(|peer| COLUMNS.map(|(_, wanted)| median(&workload, peer.as_mut(), wanted)))
        .collect();
    let own = times[1];
    for (peer, times) in peers.iter().zip(times) {
        let cells = times.iter().zip(own).map(|(time, own)| format!("{time:.1} ({:.2})", time / own));
        println!("| {} | {} |", peer.name(), cells.collect::<Vec<_>>().join(" | "));
    }
}

/// The median over rounds of what one request takes.
fn median(workload: &Workload, peer: &mut dyn Peer, wanted: fn(&Ask) -> bool) -> f64 {
    let asks: Vec<(usize, &Ask)> = workload.asks.iter().enumerate().filter(|(_, ask)| wanted(ask)).collect();
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for (index, ask) in &asks {
                black_box(peer.decide(black_box(*index), black_box(ask)));
            }
            start.elapsed().as_nanos() as f64 / asks.len() as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

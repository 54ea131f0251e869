//! Asks every engine the same 4,096 requests; prints what that takes as a Markdown table.
//!
//! `cargo run --release -p tollkeeper-peers`. With `-- --quick` it asserts that all answer alike and takes no clocks.

use std::process::{Command, Stdio};

use cpu_time::ThreadTime;
use tollkeeper_benches::workload::{Ask, Workload};
use tollkeeper_peers::{Agreement, OWN, PEERS, Timed, Unknown, agree, ask_unknown};

/// Rounds that are timed, in processor time; the median counts. All engines run in every round, so that a machine
/// that drifts is as slow for one as for another.
const ROUNDS: usize = 15;

/// How often what is fast is repeated within a round, so that the clock's own cost does not show.
const REPEATS: [usize; PEERS.len()] = [50, 50, 20, 20, 10, 1, 1, 1, 1, 1];

type Run = for<'a> fn(&mut (dyn Timed + 'a), &[(usize, &Ask)]);

/// What is timed: a heading, the requests, and whether reasons are asked for.
type Column = (&'static str, fn(&Ask) -> bool, Run);

const COLUMNS: [Column; 3] = [
    ("permission check", Ask::is_permission, |peer, asks| peer.allow_all(asks)),
    ("AI feature check", Ask::is_feature, |peer, asks| peer.allow_all(asks)),
    ("both, with reasons", |ask| ask.is_permission() || ask.is_feature(), |peer, asks| peer.decide_all(asks)),
];

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let workload = Workload::generate();
    let reasons = workload.reasons();
    let mut peers = PEERS.map(|make| make(&workload));
    let agreements = peers.each_mut().map(|peer| agree(&workload, &reasons, peer.as_mut()));
    println!("{} engines agree on {} requests.", peers.len(), workload.asks.len());
    if quick {
        return;
    }
    let heaps = heaps();
    let times = times(&workload, &mut peers);
    println!(
        "\nNanoseconds a decision, median of {ROUNDS} rounds, and × {}; the share of denials with an exact reason; \
         bytes on the heap a customer; what is said about a name that does not exist.\n",
        peers[OWN].name()
    );
    let columns = COLUMNS.map(|(heading, ..)| heading).join(" | ");
    println!("| | {columns} | exact reasons | heap | organization | role | permission |");
    println!("|---|--:|--:|--:|--:|--:|---|---|---|");
    for (number, peer) in peers.iter_mut().enumerate() {
        let cells: Vec<String> = (0..COLUMNS.len())
            .map(|column| {
                format!("{:.1} ({:.1}×)", times[number][column], times[number][column] / times[OWN][column])
            })
            .collect();
        let said = Unknown::ALL.map(|unknown| ask_unknown(peer.as_mut(), unknown).to_string());
        println!(
            "| {} | {} | {} | {} | {} |",
            peer.name(),
            cells.join(" | "),
            share(agreements[number]),
            heaps[number],
            said.join(" | ")
        );
    }
}

fn share(agreement: Agreement) -> String {
    match agreement.with_reason {
        0 => "none".to_owned(),
        with => format!("{} %", with * 100 / agreement.denials),
    }
}

/// What each engine holds a customer, from the program that counts allocations: this one must not, for counting
/// costs those most who allocate most.
fn heaps() -> Vec<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "tollkeeper-peers", "--bin", "heap"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.stderr(Stdio::inherit()).output().expect("cargo can be run");
    assert!(output.status.success(), "the program that counts allocations fails");
    String::from_utf8(output.stdout).expect("it prints text").lines().map(str::to_owned).collect()
}

/// The median over rounds of what one request takes, for each engine and column.
fn times(
    workload: &Workload,
    peers: &mut [Box<dyn Timed + '_>; PEERS.len()],
) -> [[f64; COLUMNS.len()]; PEERS.len()] {
    let streams = COLUMNS.map(|(_, wanted, _)| {
        workload.asks.iter().enumerate().filter(|(_, ask)| wanted(ask)).collect::<Vec<(usize, &Ask)>>()
    });
    let mut rounds = PEERS.map(|_| COLUMNS.map(|_| Vec::with_capacity(ROUNDS)));
    for _ in 0..ROUNDS {
        for (number, peer) in peers.iter_mut().enumerate() {
            for (column, (_, _, run)) in COLUMNS.iter().enumerate() {
                let start = ThreadTime::now();
                (0..REPEATS[number]).for_each(|_| run(peer.as_mut(), &streams[column]));
                let requests = REPEATS[number] * streams[column].len();
                rounds[number][column].push(start.elapsed().as_nanos() as f64 / requests as f64);
            }
        }
    }
    rounds.map(|columns| {
        columns.map(|mut rounds| {
            rounds.sort_by(f64::total_cmp);
            rounds[ROUNDS / 2]
        })
    })
}

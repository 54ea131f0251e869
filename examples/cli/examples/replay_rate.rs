//! How fast a decision log is replayed, and that its length takes no memory.
//!
//! `cargo run --release -p tollkeeper-cli --example replay_rate` makes ten million lines of a log, one after the other,
//! parses each as the command line does, and puts it to two engines. A number as argument makes as many instead.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a measurement shows its result")]

use std::error::Error;
use std::time::Instant;

use tollkeeper::analysis::{Actor, Logged, Question, replay};
use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(10_000_000), |count| count.parse())?;
    let catalog = Catalog::builtin();
    let compile = |text| Engine::compile(&catalog, &Domain::parse(text)?);
    let old = compile(include_str!("../../domains/clinic.toml"))?;
    let new = compile(include_str!("../../domains/clinic_candidate.toml"))?;
    let mut lines = Vec::new();
    for permission in ["create_teams", "delete_tasks", "upload_files", "invite_guests", "view_roles"] {
        for role in ["admin", "member", "guest", "contractor"] {
            let question = Question::Permission(permission.to_owned());
            let logged = old.log(question.asked_by(Actor::Role(role.to_owned()).subject()));
            lines.push(serde_json::to_string(&logged)?);
        }
    }
    let log = lines.iter().cycle().take(count);
    let log = log.filter_map(|line| serde_json::from_str::<Logged>(line).ok());
    let (start, before) = (Instant::now(), resident());
    let mut replay = replay(log, &old, &new);
    let flips = replay.by_ref().count();
    let seconds = start.elapsed().as_secs_f64();
    let requests = replay.counts().requests;
    #[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
    let rate = requests as f64 / seconds;
    println!("{requests} logged decisions, {flips} flips, {seconds:.1} s, {rate:.0} a second");
    println!("resident memory before {before}, after {}", resident());
    Ok(())
}

/// What the system says of resident memory, where it says so.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or("unknown".to_owned(), |size| size.trim().to_owned())
}

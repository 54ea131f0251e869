//! Answers beyond yes and no keep their laws: equal to pointwise evaluation, sound, minimal, authorized.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where a step fails"
)]

mod diff;
mod escalation;
mod laws;
mod lint;
mod matrix;
#[path = "../reference/model.rs"]
#[allow(dead_code, reason = "shared with the reference evaluator, which reads all of it")]
mod model;
#[path = "../reference/random.rs"]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::format_push_string,
    clippy::too_many_lines,
    reason = "shared with the reference evaluator; text is put together to be read"
)]
mod random;
mod reach;
mod remedy;
mod replay;
mod settings;
mod worlds;

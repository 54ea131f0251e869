//! Answers beyond yes and no keep their laws: equal to pointwise evaluation, sound, minimal, authorized.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where a step fails"
)]

mod diff;
mod escalation;
mod lint;
mod matrix;
mod reach;
mod remedy;
mod replay;
mod settings;
mod worlds;

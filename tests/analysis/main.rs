//! Answers beyond yes and no keep their laws: equal to pointwise evaluation, sound, minimal, authorized.

mod diff;
mod escalation;
mod lint;
mod matrix;
mod reach;
mod remedy;
mod replay;
mod settings;
mod worlds;

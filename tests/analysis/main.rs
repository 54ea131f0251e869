//! Answers beyond yes and no keep their laws: equal to pointwise evaluation, sound, minimal, authorized.

mod diff;
mod lint;
mod matrix;
mod reach;
mod replay;
mod worlds;

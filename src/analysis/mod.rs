//! Answers beyond yes and no: what is in the way, who could change it, what a change would mean.
//!
//! Everything here asks the one evaluator through methods of [`Engine`](crate::engine::Engine) and knows no
//! rule of its own: whatever it lists, compares or finds is an evaluation that can be repeated. It speaks names, but
//! for a matrix until it is recorded, since what it finds goes to screens, files and logs. The methods stand on the
//! engine: `engine.matrix()`, `engine.remedies(…)`, `engine.lint()` and so on; what takes two engines is a function
//! here.
//!
//! | question | answer |
//! |---|---|
//! | who may do what? | [`Matrix`], [`Engine::who_can`](crate::engine::Engine::who_can), [`Engine::what_can`](crate::engine::Engine::what_can) |
//! | what would have to change, and who could change it? | [`Remedies`] |
//! | what does a settings screen show? | [`Settings`] |
//! | what differs between two domains? | [`diff`] |
//! | which logged decisions would have been different? | [`replay`] |
//! | what in this domain has no effect, or surprises? | [`Finding`], [`ContractNote`] |
//! | can a role give itself a permission? | [`Escalation`] |
//! | is that ever configurable? | [`Reach`] |

mod answer;
mod circumstances;
mod contract;
mod diff;
mod escalation;
mod lint;
mod matrix;
mod moving_parts;
mod question;
mod reach;
mod remedy;
mod replay;
mod settings;

pub use answer::{Answer, Answered, Cell, Unstated};
pub use contract::{ContractCode, ContractNote};
pub use diff::{CellDiff, Diff, DiffKind, diff};
pub use escalation::{Escalation, EscalationStep, Outcome};
pub use lint::{Finding, LintCode};
pub use matrix::{Matrix, MatrixRecord, Row, Table};
pub use question::{Actor, Question};
pub use reach::{Lever, Reach};
pub use remedy::{Made, Remedies, Remedy, Step};
pub use replay::{Counts, Flip, FlipKind, Logged, Replay, replay};
pub use settings::{PossibleChange, SettingView, Settings};

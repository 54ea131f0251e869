//! Usage: an exact ledger of AI outputs and credits, without a clock, a database or a server.

pub mod account;
pub mod balance;
pub mod book;
pub mod event;
pub mod explain;
pub mod fact;
pub mod forecast;
pub mod grant;
pub mod history;
pub mod options;
pub mod outcome;
pub mod outputs;
pub mod period;
pub mod plan;
pub mod price;
pub mod snapshot;

mod contract;
mod credits;
mod cycle;
mod laws;
mod legs;
mod memory;
mod runs;
mod wire;

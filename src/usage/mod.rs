//! Usage: an exact ledger of AI outputs and credits, without a clock, a database or a server.
//!
//! Providers of AI features charge by what a model reads and writes, against credits that an organization was
//! given or bought for a period. Kept by hand, that goes wrong at the edges: month ends, retries, runs that
//! cost more than was estimated, reservations that nobody released, prices that nobody set. Here each of
//! these is a rule, and the ledger is a pure function of its log: the same events give the same bytes
//! everywhere.
//!
//! ```text
//!  a run:      usage ──► decide ──► reserve ──► (the model runs) ──► settle
//!                        pure       holds       may take longer       charges what was used,
//!                                   credits     than it should        frees the rest, owes what is missing
//!
//!  a grant:    issued = upcoming or available or expired or revoked, + reserved + consumed
//! ```
//!
//! With the engine, the loop is *decide, reserve, run, settle*: the host states what [`available_to`] answers as the
//! balance of a request, reserves what the decision charges, and settles what the run used.
//! `cargo run --example metered` shows it whole.
//!
//! [`available_to`]: account::Account::available_to
//!
//! | to do | with |
//! |---|---|
//! | say when periods begin and end | [`period::Schedule`] |
//! | say what tokens cost, and price usage | [`book::PriceBook`], [`book::Usage`], [`Price`](crate::units::Price) |
//! | say under which terms a plan is held | [`plan::Subscription`] |
//! | say what happened | [`event::Event`] |
//! | ask, then let it happen | [`account::Account::decide`], [`account::Account::apply`] |
//! | know what came of it | [`outcome::Receipt`], or [`outcome::Rejected`] |
//! | read what is there | [`account::Account::balance`], [`account::Account::forecast`] |
//! | explain how it came about | [`history::History`], [`explain::Explanation`] |
//! | keep it | [`account::Account::snapshot`], [`account::Account::load`] |
//!
//! What is used is recorded even where nothing covers it: an estimate gates a run and never caps its charge
//! (CRD-04, CRD-05). What is missing denies: a price, a plan, a period, a builder's name (CRD-12). Time is
//! that of the events, so nothing expires or lapses because a program happened to run; asked about an
//! instant, the ledger says what holds then.
//!
//! The ledger knows nothing of features, roles or settings: whether someone may run something at all is
//! decided before, and what was denied there is no event here (USE-06). It holds no money and moves no
//! credits between organizations, plans or periods (CRD-07).

// The words of the ledger.
pub mod period;

pub mod book;

pub mod plan;

pub mod event;

pub mod outcome;

pub mod options;

// The ledger, and how it is read.
pub mod account;

pub mod grant;

pub mod outputs;

pub mod balance;

pub mod forecast;

pub mod fact;

pub mod history;

pub mod explain;

pub mod snapshot;

// How it works: the verbs, what they post to, what is remembered, what always holds.
mod contract;
mod runs;

mod credits;
mod cycle;
mod deadlines;
mod legs;
mod memory;
mod tally;

mod window;

mod laws;
mod wire;

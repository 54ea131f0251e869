//! `tollkeeper`: ask a policy domain who may do what, why not, and what would change that.
//!
//! File access, colour and progress live here; what is answered comes from the library.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "file access lives here")]

mod args;
mod files;
mod html;
mod render;
mod run;

use std::process::ExitCode;

use clap::Parser as _;

/// How a command ended. The numbers are what scripts test.
#[derive(Clone, Copy)]
enum Ending {
    /// What was asked for holds: allowed, nothing found, nothing flipped.
    Fine = 0,
    /// It does not: denied, findings, flips, an escalation.
    Finding = 1,
    /// The question could not be asked: a file, a name or a request is wrong.
    Failure = 2,
}

fn main() -> ExitCode {
    let ending = match run::run(&args::Args::parse()) {
        Ok(ending) => ending,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            Ending::Failure
        }
    };
    ExitCode::from(ending as u8)
}

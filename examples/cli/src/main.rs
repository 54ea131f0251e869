//! `tollkeeper`: ask a policy domain who may do what, why not, and what would change that.
//!
//! File access, colour and progress live here; what is answered comes from the library.

#![expect(clippy::print_stderr, reason = "a command line prints")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "file access lives here")]

mod args;
mod files;
mod html;
mod render;
mod replay;
mod run;
mod source;

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::Parser as _;

/// How a command ended. The numbers are what scripts test.
#[derive(Clone, Copy)]
enum Ending {
    /// What was asked for holds: allowed, nothing found, nothing flipped.
    Fine = 0,
    /// It does not: denied, findings, flips, an escalation.
    Finding = 1,
    /// The question could not be asked: a file or an option is wrong.
    Failure = 2,
    /// Whoever read the output stopped reading: what shells say of a program that a closed pipe ended.
    Unread = 141,
}

/// Why a command could not be carried out.
enum Failure {
    /// What is wrong with what was asked, for people.
    Said(String),
    /// The answer could not be written.
    Output(io::Error),
}

impl Failure {
    fn said(message: impl std::fmt::Display) -> Self {
        Self::Said(format!("error: {message}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn main() -> ExitCode {
    let args = args::Args::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let said = |message: &str| {
        let mut errors = AutoStream::new(io::stderr(), args.output.color.choice());
        // If nobody can be told what went wrong, the exit code still says so.
        let _ = writeln!(errors, "{}", message.trim_end());
        Ending::Failure
    };
    let ended = run::run(&args, &mut out).and_then(|ending| {
        out.flush()?;
        Ok(ending)
    });
    let ending = match ended {
        Ok(ending) => ending,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ending::Unread,
        Err(Failure::Output(error)) => said(&format!("error: the answer cannot be written: {error}")),
        Err(Failure::Said(message)) => {
            // What was answered so far comes before what went wrong.
            let _ = out.flush();
            said(&message)
        }
    };
    ExitCode::from(ending as u8)
}

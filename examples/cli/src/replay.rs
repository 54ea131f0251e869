//! `replay`: a log read line by line, and how far it has come.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tollkeeper::analysis::{Logged, replay};
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

use crate::files::{STDIN, say_that_it_waits, unreadable};
use crate::source::Source;
use crate::{Ending, Failure, render};

/// How often a bar says how many requests there were: at every so many.
const LINES: u64 = 1000;

/// What is printed.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) json: bool,
    pub(crate) counts_only: bool,
}

pub(crate) fn replayed(
    old: &Engine,
    new: &Engine,
    log: Option<&Path>,
    shown: Shown,
    out: &mut impl Write,
) -> Result<Ending, Failure> {
    let mut log = Log::open(log)?;
    let (bar, name) = (log.bar.clone(), log.name.clone());
    let mut wrong = None;
    let lines = std::iter::from_fn(|| {
        log.next().unwrap_or_else(|error| {
            wrong = Some(error);
            None
        })
    });
    let mut replay = replay(lines, old, new);
    // Lines that come between a bar and itself have to make room for it.
    let together = !bar.is_hidden() && io::stdout().is_terminal();
    for flip in replay.by_ref().filter(|_| !shown.counts_only) {
        let line = if shown.json { json(&flip)? } else { render::flip(&flip) };
        if together {
            bar.suspend(|| writeln!(out, "{line}").and_then(|()| out.flush()))?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    let counts = replay.counts();
    drop(replay);
    bar.finish_and_clear();
    if let Some(error) = wrong {
        return Err(error);
    }
    if counts.requests == 0 {
        return Err(Failure::said(format!("{name} has no requests, so that nothing was replayed")));
    }
    writeln!(out, "{}", if shown.json { json(&counts)? } else { render::counts(&counts) })?;
    let same = counts.unchanged() == counts.requests && counts.unconfirmed == 0;
    Ok(if same { Ending::Fine } else { Ending::Finding })
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::said)
}

/// A log that is being read.
struct Log {
    name: String,
    lines: Box<dyn BufRead>,
    line: String,
    number: u64,
    bar: ProgressBar,
}

impl Log {
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let (name, line, number) = (STDIN.to_owned(), String::new(), 0);
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            say_that_it_waits();
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{spinner} {msg}"));
            bar.set_message("0 requests");
            return Ok(Self { name, lines: Box::new(io::stdin().lock()), line, number, bar });
        };
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let about = file.metadata().map_err(|error| unreadable(path, &error))?;
        if about.is_dir() {
            return Err(unreadable(path, &io::ErrorKind::IsADirectory.into()));
        }
        let bar = ProgressBar::new(about.len());
        bar.set_message("0 requests");
        bar.set_style(style("{bar:30} {percent:>3} %, {msg}, {eta} left").progress_chars("━╸─"));
        Ok(Self {
            name: path.display().to_string(),
            lines: Box::new(BufReader::new(file)),
            line,
            number,
            bar,
        })
    }

    /// The next request; nothing at the end.
    fn next(&mut self) -> Result<Option<Logged>, Failure> {
        loop {
            self.line.clear();
            let read = self.lines.read_line(&mut self.line);
            self.number = self.number.saturating_add(1);
            let read = read.map_err(|error| {
                let (name, number) = (&self.name, self.number);
                Failure::said(match error.kind() {
                    io::ErrorKind::InvalidData => format!("line {number} of {name} is no text in UTF-8"),
                    _ => format!("cannot read line {number} of {name}: {error}"),
                })
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.bar.inc(u64::try_from(read).unwrap_or(0));
            if self.number % LINES == 0 {
                self.bar.set_message(format!("{} requests", self.number));
            }
            let line = self.line.trim_start_matches('\u{feff}').trim_end();
            if !line.is_empty() {
                return logged(line).map(Some).map_err(|error| self.wrong(line, &error));
            }
        }
    }

    fn wrong(&self, line: &str, error: &serde_json::Error) -> Failure {
        let number = usize::try_from(self.number).unwrap_or(usize::MAX);
        Failure::Said(Source { name: &self.name, text: line, line: number }.json(error))
    }
}

/// A style that is a constant of this program.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// One line of a log: a request with its decision, or a request by itself.
fn logged(line: &str) -> Result<Logged, serde_json::Error> {
    #[derive(Deserialize)]
    struct Probe {
        request: Option<IgnoredAny>,
    }
    serde_json::from_str(line).or_else(|error| {
        if serde_json::from_str::<Probe>(line)?.request.is_some() {
            return Err(error);
        }
        serde_json::from_str::<NamedRequest>(line).map(Logged::from)
    })
}

//! Reports: which checks failed, and why what came came.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use crate::decision::Gate;
use crate::engine::{BecauseValue, ExplanationRecord};
use crate::request::NamedRequest;

/// What came of a suite.
///
/// `Display` is for people: every failed check with the differences and the explanation, then how much was covered;
/// `{:#}` lists also what was not.
/// Serialized, it is for programs.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[must_use = "a report that nobody looks at hides failed checks"]
#[non_exhaustive]
pub struct Report {
    /// The name of the suite.
    pub suite: String,
    /// The domain that was asked.
    pub domain: String,
    /// The content hash of catalog and domain, in hexadecimal.
    pub version: String,
    /// How many checks there were.
    pub checks: usize,
    /// The checks that failed, in the order of the suite.
    pub failures: Vec<Failure>,
    /// The checks that passed and prove nothing of the domain: denied as not understood, a misspelt name perhaps, where
    /// no reason is expected. A check that means it states its reason.
    pub not_understood: Vec<String>,
    /// What the suite exercised, and what it did not.
    pub coverage: Coverage,
}

/// A check that failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The name of the check.
    pub check: String,
    /// What was asked.
    pub request: NamedRequest,
    /// Each difference between what was expected and what came; never empty.
    pub mismatches: Vec<Mismatch>,
    /// The decision that came, with every gate.
    pub explanation: ExplanationRecord,
    /// The explanation for people.
    #[serde(skip)]
    pub explained: String,
}

/// One difference between what was expected and what came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// In what they differ.
    pub aspect: Aspect,
    /// What the check expects.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// What a check may expect of a decision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Aspect {
    /// Allow or deny.
    Effect,
    /// The reason.
    Reason,
    /// What the caller must do.
    Obligations,
    /// Who gets data.
    Providers,
    /// Which classes of data.
    Data,
    /// What is served in the place of a denied feature.
    Fallback,
    /// What would turn a deny into an allow.
    Remedy,
}

impl Aspect {
    /// The key of a check that states it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Reason => "reason",
            Self::Obligations => "obligations",
            Self::Providers => "providers",
            Self::Data => "data",
            Self::Fallback => "fallback",
            Self::Remedy => "remedy",
        }
    }
}

impl Report {
    /// Whether every check came out as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// What the suite exercised, and what it did not.
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The report for use with `?` in a test: `Err` prints every failed check.
    ///
    /// # Errors
    /// [`Failed`], if a check failed.
    pub fn into_result(self) -> Result<Self, Failed> {
        if self.passed() { Ok(self) } else { Err(Failed(Box::new(self))) }
    }
}

/// Some checks of a suite failed; the report says which.
///
/// `Display` is one line. `Debug`, which a test that returns it prints, is the whole report.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {} checks of suite `{}` failed", .0.failures.len(), .0.checks, .0.suite)]
#[expect(clippy::exhaustive_structs, reason = "it is the report, as an error")]
pub struct Failed(pub Box<Report>);

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.0)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, domain, checks, failures, not_understood, coverage, .. } = self;
        match failures.len() {
            0 => writeln!(f, "suite `{suite}`, domain `{domain}`: all {checks} checks passed")?,
            failed => writeln!(f, "suite `{suite}`, domain `{domain}`: {failed} of {checks} checks failed")?,
        }
        failures.iter().try_for_each(|failure| write!(f, "\n{failure}"))?;
        if !not_understood.is_empty() {
            writeln!(
                f,
                "\ndenied as not understood, whatever the domain says; correct the names or state the reason:"
            )?;
            not_understood.iter().try_for_each(|check| writeln!(f, "  {check}"))?;
        }
        if f.alternate() { write!(f, "\n{coverage:#}") } else { write!(f, "\n{coverage}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FAILED: {}", self.check)?;
        self.mismatches.iter().try_for_each(|mismatch| writeln!(f, "  {mismatch}"))?;
        let decision = &self.explanation.decision;
        if decision.reason.gate() == Some(Gate::Known) {
            let unknown = |(word, name): (&String, &BecauseValue)| match name {
                BecauseValue::One(name) => writeln!(f, "  there is no {word} `{name}`"),
                BecauseValue::Many(_) => Ok(()),
            };
            decision.because.iter().try_for_each(unknown)?;
        }
        self.explained.lines().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.aspect.as_str(), self.expected, self.got)
    }
}

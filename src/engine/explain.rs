//! Explaining: every gate that was asked, in order.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Engine;
use super::evaluate;
use super::observer::{Observer, Outcome as Asked};
use super::record::{BecauseValue, Names};
use crate::decision::{Because, Decision, Effect, Gate, Reason, Verdict};
use crate::request::{Request, Subject};

/// Every gate that a request met: passed or failed, and what decided it.
///
/// Made by the same evaluation as the decision, so it cannot disagree with it: [`fold`](Self::fold) gives the
/// decision back. `Display` renders it for a terminal; [`record`](Self::record) is the form in names, for JSON
/// and TOML.
#[derive(Clone, Debug)]
pub struct Explanation<'e> {
    engine: &'e Engine,
    decision: Decision,
    steps: Vec<Step>,
    undecided: Option<Verdict>,
}

/// One gate of an explanation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Step {
    /// Which gate was asked.
    pub gate: Gate,
    /// What it came to.
    pub outcome: Outcome,
    /// What decided it: the setting and its level, the role, the plan.
    pub because: Because,
    /// The position of the permission whose gate it is; none for the gates of a feature or a change.
    pub(crate) permission: Option<u16>,
    /// The position of the role whose gate it is. Steps of several roles, or of several permissions that would
    /// do, are alternatives: one that passes all suffices.
    pub(crate) role: Option<u16>,
    pub(crate) facts: u64,
}

impl Step {
    /// The reason of a gate that failed.
    pub(crate) fn failure(&self) -> Option<Reason> {
        match self.outcome {
            Outcome::Fail(reason) => Some(reason),
            Outcome::Pass | Outcome::Open => None,
        }
    }

    /// What the gate belongs to.
    pub(crate) const fn of(&self) -> (Option<u16>, Option<u16>) {
        (self.permission, self.role)
    }
}

/// What a gate came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The condition holds.
    Pass,
    /// Nothing is asked at this gate.
    Open,
    /// The condition does not hold: the reason for a deny.
    Fail(Reason),
}

/// How many gates a request usually meets at most; a list of so many steps does not grow.
const STEPS_USUAL: usize = 16;

pub(super) fn explain<'e>(engine: &'e Engine, request: &Request<'_>) -> Explanation<'e> {
    // In whatever order the roles are stated, the explanation is the same: those of the catalog, then custom ones.
    let mut roles = request.subject.all_roles().to_vec();
    roles.sort_unstable_by_key(|role| (role.position(), *role));
    roles.dedup();
    let subject = Subject::roles(&roles).with_standings(request.subject.standings());
    let request = Request { subject, ..*request };
    let mut watcher = Watcher { steps: Vec::with_capacity(STEPS_USUAL), ..Watcher::default() };
    let decision = evaluate::evaluate(engine, &request, &mut watcher);
    Explanation { engine, decision, steps: watcher.steps, undecided: watcher.undecided }
}

/// Writes every gate down.
#[derive(Default)]
struct Watcher {
    steps: Vec<Step>,
    undecided: Option<Verdict>,
    permission: Option<u16>,
    role: Option<u16>,
}

impl Watcher {
    fn step(&mut self, gate: Gate, outcome: Outcome, because: Because, facts: u64) {
        let Self { permission, role, .. } = *self;
        self.steps.push(Step { gate, outcome, because, permission, role, facts });
    }
}

impl Observer for Watcher {
    const WATCHES: bool = true;

    fn alternative(&mut self, permission: Option<u16>, role: Option<u16>) {
        (self.permission, self.role) = (permission, role);
    }

    fn gate(&mut self, gate: Gate, outcome: Asked) {
        match outcome {
            Ok(because) => self.step(gate, Outcome::Pass, because, 0),
            Err(deny) => self.step(gate, Outcome::Fail(deny.reason()), deny.because(), deny.fact_bits()),
        }
    }

    fn open(&mut self, gate: Gate) {
        self.step(gate, Outcome::Open, Because::NOTHING, 0);
    }

    fn undecided(&mut self, verdict: Verdict) {
        self.undecided = Some(verdict);
    }

    fn settled(&mut self) {
        self.undecided = None;
    }
}

impl Explanation<'_> {
    /// The decision.
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// Every gate that was asked, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The effect, and the reason of a deny, worked out from the steps alone: the law that an explanation keeps.
    ///
    /// Steps that belong to no role must all pass. Steps of a role under one permission are an alternative: one
    /// that passes all suffices, and if none does, the one that got furthest gives the reason. Facts that are
    /// not stated overrule all of it where they could decide otherwise.
    pub fn fold(&self) -> (Effect, Option<Reason>) {
        if let Some(undecided) = self.undecided {
            return (Effect::Deny, Some(undecided.reason()));
        }
        // Access first: the gates of the whole request, then the alternatives; usage after all access.
        let late = |step: &&Step| step.gate >= Gate::OptIn;
        let early: Vec<&Step> = self.steps.iter().filter(|step| step.role.is_none() && !late(step)).collect();
        // A permission that a feature takes is asked after the feature's own gates, whichever those are.
        let early = early.chunk_by(|one, next| one.permission == next.permission).find_map(|steps| {
            steps.iter().filter(|step| step.failure().is_some()).min_by_key(|step| step.gate)?.failure()
        });
        let reason = early
            .or_else(|| self.fold_alternatives())
            .or_else(|| self.steps.iter().filter(late).find_map(Step::failure));
        (reason.map_or(Effect::Allow, |_| Effect::Deny), reason)
    }

    /// The reason of the alternative that got furthest, if none passed; of several the nearest to the permission
    /// asked for, then that of the first role.
    fn fold_alternatives(&self) -> Option<Reason> {
        let alternatives = self.steps.chunk_by(|one, next| one.of() == next.of());
        let mut furthest: Option<(Reason, (u16, u16))> = None;
        let mut last: Option<(u16, u16)> = None;
        for steps in alternatives {
            let Some(role) = steps.first().and_then(|step| step.role) else { continue };
            let link = match last {
                Some((link, of)) if of == role => link.saturating_add(1),
                _ => 0,
            };
            last = Some((link, role));
            let failed = steps.iter().find_map(Step::failure)?;
            let further = |(reason, rank): (Reason, _)| {
                failed.gate() > reason.gate() || failed.gate() == reason.gate() && (link, role) < rank
            };
            if furthest.is_none_or(further) {
                furthest = Some((failed, (link, role)));
            }
        }
        furthest.map(|(reason, _)| reason)
    }

    /// The explanation in names, for JSON and TOML.
    pub fn record(&self) -> ExplanationRecord {
        let names = Names::of(self.engine);
        let step = |step: &Step| StepRecord {
            gate: step.gate.as_str().to_owned(),
            outcome: match step.outcome {
                Outcome::Pass => "pass".to_owned(),
                Outcome::Open => "open".to_owned(),
                Outcome::Fail(_) => "fail".to_owned(),
            },
            reason: step.failure(),
            permission: step.permission.map(|permission| names.permission(permission).to_owned()),
            role: step.role.map(|role| names.role(role).to_owned()),
            because: names.because(step.because, step.facts),
        };
        ExplanationRecord {
            decision: self.engine.record(&self.decision),
            undecided: self
                .undecided
                .map(|undecided| names.because(undecided.because(), undecided.fact_bits()))
                .unwrap_or_default(),
            steps: self.steps.iter().map(step).collect(),
        }
    }
}

/// An explanation in names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExplanationRecord {
    /// The decision.
    pub decision: super::Record,
    /// What is not stated and could decide otherwise.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub undecided: BTreeMap<String, BecauseValue>,
    /// Every gate that was asked, in order.
    pub steps: Vec<StepRecord>,
}

/// One gate of an explanation, in names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StepRecord {
    /// The gate.
    pub gate: String,
    /// `pass`, `fail` or `open`.
    pub outcome: String,
    /// The reason, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The permission whose gate it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// The role whose gate it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What decided it.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub because: BTreeMap<String, BecauseValue>,
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Names::of(self.engine);
        writeln!(f, "{}", self.engine.sentence(&self.decision))?;
        if self.undecided.is_some() {
            writeln!(f, " (facts that are not stated are taken as false below)")?;
        }
        for steps in self.steps.chunk_by(|one, next| one.of() == next.of()) {
            if let Some(step) = steps.first() {
                write_heading(f, &names, step)?;
            }
            let open = |step: &Step| step.outcome == Outcome::Open;
            for same in steps.chunk_by(|one, next| open(one) && open(next)) {
                match same {
                    [step] if !open(step) => self.write_step(f, &names, step)?,
                    gates => {
                        let gates: Vec<_> = gates.iter().map(|step| step.gate.as_str()).collect();
                        writeln!(f, "  -     nothing asked by {}", gates.join(", "))?;
                    }
                }
            }
        }
        if let Some(undecided) = self.undecided {
            let because = names.because_text(undecided.because(), undecided.fact_bits());
            writeln!(f, "  FAIL  {:<13} {}: {because}  <- decides", Gate::Facts, undecided.reason())?;
        }
        Ok(())
    }
}

impl Explanation<'_> {
    fn write_step(&self, f: &mut fmt::Formatter<'_>, names: &Names<'_>, step: &Step) -> fmt::Result {
        let because = names.because_text(step.because, step.facts);
        match step.outcome {
            Outcome::Fail(reason) => {
                let decides = reason == self.decision.reason() && step.because == self.decision.because();
                let arrow = if decides { "  <- decides" } else { "" };
                let because = if because.is_empty() { because } else { format!(": {because}") };
                writeln!(f, "  FAIL  {:<13} {reason}{because}{arrow}", step.gate)
            }
            Outcome::Pass | Outcome::Open if !because.is_empty() => {
                writeln!(f, "  pass  {:<13} {because}", step.gate)
            }
            Outcome::Pass | Outcome::Open if step.gate == Gate::Compliance => {
                writeln!(f, "  pass  {:<13} no regime bars it", step.gate)
            }
            Outcome::Pass | Outcome::Open => writeln!(f, "  pass  {}", step.gate),
        }
    }
}

fn write_heading(f: &mut fmt::Formatter<'_>, names: &Names<'_>, step: &Step) -> fmt::Result {
    match (step.permission, step.role) {
        (None, _) => Ok(()),
        (Some(permission), None) => writeln!(f, " permission `{}`", names.permission(permission)),
        (Some(permission), Some(role)) => {
            writeln!(f, " permission `{}` for role `{}`", names.permission(permission), names.role(role))
        }
    }
}

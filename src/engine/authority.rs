//! Authority: who may make a change.

use std::cmp::Reverse;

use super::evaluate::Evaluation;
use super::observer::{Nobody, Outcome};
use super::permission;
use crate::catalog::model::{ChangeRule, Condition};
use crate::decision::{Because, Parameter, Reason, Verdict};
use crate::domain::State;
use crate::word::Switch;

/// Whether one of these rules lets the subject make a change (to this position, where there is one).
///
/// Rules are alternatives. The reason of a deny is that of the rule that got furthest: one that fits plan and
/// kind, this position and who holds what; then it names the role, permission or standing that would do.
pub(super) fn ask(evaluation: Evaluation<'_>, rules: &[ChangeRule], to: Option<Switch>) -> Outcome {
    let mut open: Option<Verdict> = None;
    let mut wanted = Wanted::default();
    for rule in rules.iter().filter(|rule| fits(evaluation, rule, to)) {
        if let Some(because) = grant(evaluation, rule) {
            return Ok(because);
        }
        wanted.note(evaluation.state(), rule);
        let Some(permission) = rule.permission else { continue };
        match permission::is_held(evaluation, permission, &mut Nobody) {
            Ok(_) => return Ok(Because::one(Parameter::Permission, permission)),
            // The facts that decide whether it is held, where they are not stated.
            Err(deny) if deny.reason() == Reason::MissingFact => {
                let all = open.get_or_insert(deny);
                *all = all.with_facts(all.fact_bits() | deny.fact_bits());
            }
            Err(_) => {}
        }
    }
    Err(open.unwrap_or_else(|| wanted.refusal(evaluation)))
}

/// Whether some rule is for this plan and kind; where there is none, nobody may.
pub(super) fn is_in_scope(state: State<'_>, rules: &[ChangeRule]) -> bool {
    rules.is_empty() || rules.iter().any(|rule| state.hold(&rule.conditions))
}

/// The plans and kinds that the rules ask for: those of a rule in scope, else of the one that got furthest.
pub(super) fn scope<'r>(state: State<'_>, rules: &'r [ChangeRule]) -> &'r [Condition] {
    // A rule in scope fails at no gate; of rules that got equally far, the first.
    let progress = |rule: &&ChangeRule| {
        let failing = state.failing(&rule.conditions).map(Condition::gate);
        Reverse((failing.is_none(), failing))
    };
    rules.iter().min_by_key(progress).map_or(&[], |rule| &rule.conditions)
}

/// Whether a rule is for this domain, this position and the present holders, whoever asks.
#[inline]
fn fits(evaluation: Evaluation<'_>, rule: &ChangeRule, to: Option<Switch>) -> bool {
    let state = evaluation.state();
    state.hold(&rule.conditions)
        && (rule.to.is_empty() || to.is_some_and(|to| rule.to.contains(&to)))
        && rule.when_unheld.is_none_or(|role| state.holders(role) == Some(0))
}

/// Whether one of these rules names the subject, or a permission that they may hold.
pub(super) fn may_name(evaluation: Evaluation<'_>, rules: &[ChangeRule]) -> bool {
    let names = |rule: &ChangeRule| {
        rule.permission.is_some()
            || rule.roles.iter().any(|role| evaluation.acts_as(*role))
            || rule.standings.iter().any(|standing| evaluation.stands_as(*standing))
    };
    rules.iter().any(names)
}

/// The role or standing of the subject by which a rule lets them make the change.
fn grant(evaluation: Evaluation<'_>, rule: &ChangeRule) -> Option<Because> {
    let role = rule.roles.iter().copied().find(|role| evaluation.acts_as(*role));
    let standing = || rule.standings.iter().copied().find(|standing| evaluation.stands_as(*standing));
    let by_role = role.map(|role| Because::one(Parameter::Role, role));
    by_role.or_else(|| standing().map(|standing| Because::one(Parameter::Standing, standing)))
}

/// What would do for a change that the subject may not make: of each kind the first that a rule names.
#[derive(Default)]
struct Wanted {
    fits: bool,
    role: Option<u16>,
    permission: Option<u16>,
    standing: Option<u16>,
    /// A role that nobody holds.
    unheld: Option<u16>,
}

impl Wanted {
    fn note(&mut self, state: State<'_>, rule: &ChangeRule) {
        let can_be_held = |role: &u16| !state.is_supreme(*role) || state.holders(*role) != Some(0);
        self.fits = true;
        self.role = self.role.or_else(|| rule.roles.iter().copied().find(can_be_held));
        self.permission = self.permission.or(rule.permission);
        self.standing = self.standing.or(rule.standings.first().copied());
        self.unheld = self.unheld.or(rule.roles.first().copied());
    }

    /// Why nobody like the subject may, and who could.
    fn refusal(self, evaluation: Evaluation<'_>) -> Verdict {
        let not_authorized = |because| Verdict::new(Reason::NotAuthorized, because);
        match self {
            Self { fits: false, .. } => not_authorized(Because::NOTHING),
            Self { role: Some(role), .. } => {
                Verdict::new(Reason::NeedsRole, Because::one(Parameter::Role, role))
            }
            Self { permission: Some(permission), .. } => {
                not_authorized(Because::one(Parameter::Permission, permission))
            }
            Self { standing: Some(standing), .. } => {
                not_authorized(Because::one(Parameter::Standing, standing))
            }
            Self { unheld, .. } => needs_verification(evaluation, unheld),
        }
    }
}

/// Nobody holds the role that could; it takes verification to be its first holder (AI-11, AI-12).
pub(super) fn needs_verification(evaluation: Evaluation<'_>, role: Option<u16>) -> Verdict {
    let row = role.and_then(|role| evaluation.model().roles.get(role));
    let because = Because::NOTHING
        .and_maybe(Parameter::Role, role)
        .and_maybe(Parameter::Fact, row.and_then(|row| row.verified_by));
    Verdict::new(Reason::NeedsVerification, because)
}

impl Evaluation<'_> {
    /// Whether the subject has this role, or one based on it: a rule that names a base role means both.
    pub(super) fn acts_as(&self, role: u16) -> bool {
        self.roles().any(|own| own == role || self.state().base_of(own) == role)
    }

    fn stands_as(&self, standing: u16) -> bool {
        let row = self.model().standings.get(standing);
        let counts =
            row.is_some_and(|row| row.kinds.is_empty() || row.kinds.contains(self.state().domain.kind));
        counts && self.request.subject.standings().iter().any(|own| own.position() == standing)
    }
}

//! Completions: what a request leaves open, in every way it may be.
//!
//! A fact that is not stated is neither so nor not so. Every completion is decided: if all allow, it is an allow; if
//! none does, the ordinary deny with those facts false; if some do, `missing-fact` names each fact that matters.

use super::evaluate::Evaluation;
use super::observer::{Nobody, Observer};
use crate::decision::{Because, Decision, Reason, Verdict};
use crate::id::{bit, positions};

/// How many unstated facts are completed. The permissions of a rule read six at most, so that more takes rules by
/// several permissions; then whatever is denied with all of them false is denied for want of them.
const COMPLETED_MAX: u32 = 12;

/// Of the unstated facts those that are so in the completion of this number: one bit each.
pub(super) fn so_in(unstated: u64, number: usize) -> u64 {
    let so = (0..usize::BITS).zip(positions(unstated)).filter(|(index, _)| number >> index & 1 == 1);
    so.fold(0, |bits, (_, fact)| bits | bit(fact))
}

/// Of so many open things, one bit each, those that matter: whatever, changed alone in some completion, changes the
/// effect.
pub(super) fn mattering(count: u32, allows: impl Fn(usize) -> bool) -> usize {
    let matters =
        |index: &u32| (0..1_usize << count).any(|number| allows(number) != allows(number ^ (1 << index)));
    (0..count).filter(matters).fold(0, |bits, index| bits | 1 << index)
}

/// What the completions of unstated facts come to.
pub(super) enum Completed {
    /// All allow, with these obligations between them: hiding a fact hides none.
    Allowed { obligations: u64 },
    /// None allows.
    Denied,
    /// It depends on these facts.
    Open { facts: u64 },
}

/// Decides every completion of the unstated facts.
pub(super) fn complete(evaluation: Evaluation<'_>, unstated: u64) -> Completed {
    let count = unstated.count_ones();
    if count > COMPLETED_MAX {
        return Completed::Open { facts: unstated };
    }
    let worlds = 1_usize << count;
    // One bit a completion.
    let mut allowing = [0_u64; (1 << COMPLETED_MAX) / 64];
    let (mut allowed, mut obligations) = (0_usize, 0);
    for number in 0..worlds {
        let allow = decide(evaluation, unstated, number, &mut Nobody);
        if let Some((allow, word)) = allow.ok().zip(allowing.get_mut(number / 64)) {
            *word |= 1 << (number % 64);
            allowed = allowed.saturating_add(1);
            obligations |= allow.obligation_bits();
        }
    }
    let allows = |number: usize| allowing.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1);
    match allowed {
        0 => Completed::Denied,
        all if all == worlds => Completed::Allowed { obligations },
        _ => Completed::Open { facts: so_in(unstated, mattering(count, allows)) },
    }
}

/// The decision with the unstated facts false, unless it depends on them.
pub(super) fn ordinary<O: Observer>(
    evaluation: Evaluation<'_>,
    unstated: u64,
    completed: &Completed,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let ordinary = decide(evaluation, unstated, 0, observer);
    match *completed {
        Completed::Allowed { obligations } => ordinary.map(|allow| allow.with_obligations(obligations)),
        Completed::Denied => ordinary,
        Completed::Open { facts } => {
            let missing = Verdict::new(Reason::MissingFact, Because::NOTHING).with_facts(facts);
            observer.undecided(missing);
            Err(missing)
        }
    }
}

/// The decision in the completion of this number.
fn decide<O: Observer>(
    evaluation: Evaluation<'_>,
    unstated: u64,
    number: usize,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let so = so_in(unstated, number);
    let context = evaluation.request.context.completed(evaluation.model().tag, so, unstated & !so);
    let request = evaluation.request.with_context(context);
    Evaluation { request: &request, ..evaluation }.known_decision(observer)
}

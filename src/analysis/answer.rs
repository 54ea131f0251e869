//! Answers: what a cell of a matrix holds, in ids and in names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::circumstances::{barring, certain, is_without_model, possible};
use crate::catalog::Bind;
use crate::decision::{Decision, Effect, Gate, Parameter, Reason};
use crate::engine::{BecauseValue, Engine};
use crate::request::{NamedRequest, Request};
use crate::word::Level;

/// Allow, deny, or that what is not stated decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a cell is three-valued")]
pub enum Answer {
    /// Denied, whatever the circumstances.
    Deny,
    /// What is [not stated](Unstated) decides.
    Depends,
    /// Allowed, whatever the circumstances.
    Allow,
}

/// What an answer depends on that was not stated.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Unstated {
    /// Facts that decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Those of the facts that must not be so: were one so, it would be denied however the rest turns out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// Whether the e-mail domain of the person concerned decides.
    #[serde(skip_serializing_if = "crate::document::is_default")]
    pub email_domain: bool,
    /// Limits whose balance decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// Whether the selected model, with an estimate of tokens, decides.
    #[serde(skip_serializing_if = "crate::document::is_default")]
    pub model: bool,
}

/// The answer to a question, with what decided it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cell {
    /// Allow, deny, or depends.
    pub answer: Answer,
    /// The reason that evaluating the question as it stands gives.
    pub reason: Reason,
    /// What the reason is about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub because: BTreeMap<String, BecauseValue>,
    /// The level that decided, where a setting or a role's permission did; none where the catalog leaves no choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What the answer depends on.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub unstated: Unstated,
}

/// The answer to a question, in ids: what a [`Cell`] says in names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Answered {
    /// Allow, deny, or depends.
    pub answer: Answer,
    /// The decision about the question as it stands.
    pub decision: Decision,
    /// The level that decided, where a setting or a role's permission did; none where the catalog leaves no choice.
    pub level: Option<Level>,
    /// Whether the selected model decides.
    model: bool,
}

impl Engine {
    /// The three-valued answer to a request that leaves circumstances open, with what decided it.
    ///
    /// `Allow` and `Deny` hold however the facts that are not stated turn out; else what decides is named.
    ///
    /// ```
    /// # use tollkeeper::{analysis::{Actor, Answer, Question}, catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let delete_tasks = Question::Permission("delete_tasks".to_owned());
    /// let cell = engine.cell(&delete_tasks.asked_by(Actor::Role("member".to_owned()).subject()));
    /// assert_eq!(cell.answer, Answer::Depends);
    /// assert_eq!(cell.unstated.facts, ["draft", "task_access"]);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn cell(&self, request: &NamedRequest) -> Cell {
        let named = |request: &Request<'_>, _: &[_]| self.named_cell(request, &self.answered(request));
        let mut cell = self.with_named(request, named);
        if cell.reason.gate() == Some(Gate::Known) {
            // A name that nobody has stands in the record of the request in names only.
            cell.because = self.decide(request).because;
        }
        cell
    }

    /// The same in ids.
    pub(super) fn answered(&self, request: &Request<'_>) -> Answered {
        let decision = self.evaluate(request);
        let model = self.depends_on_model(request, decision.reason());
        let open = match decision.reason() {
            Reason::MissingFact => {
                !decision.facts().is_empty() || decision.because().get(Parameter::EmailDomain).is_some()
            }
            Reason::BalanceUnknown => !self.reads(request).limits.is_empty(),
            _ => model,
        };
        let answer = match decision.effect() {
            _ if open => Answer::Depends,
            Effect::Allow => Answer::Allow,
            Effect::Deny => Answer::Deny,
        };
        Answered { answer, decision, level: self.level(request.action, &decision), model }
    }

    /// Whether the model decides that is to be selected.
    fn depends_on_model(&self, request: &Request<'_>, reason: Reason) -> bool {
        let reads = || is_without_model(&request.action) && self.reads(request).model;
        match reason {
            Reason::Unpriced | Reason::ProviderBarred if reads() => possible(self, request),
            // Whoever runs the model that is selected may be barred yet.
            Reason::FeatureOn if reads() => !certain(self, request),
            _ => false,
        }
    }

    /// An answer to a request in names.
    pub(super) fn named_cell(&self, request: &Request<'_>, answered: &Answered) -> Cell {
        let Answered { answer, decision, level, model } = *answered;
        let mut unstated = Unstated { model, ..Unstated::default() };
        match decision.reason() {
            Reason::MissingFact => {
                unstated.facts = names(self, decision.facts().iter());
                unstated.unless = names(self, barring(self, request, decision.facts()).into_iter());
                unstated.email_domain = decision.because().get(Parameter::EmailDomain).is_some();
            }
            Reason::BalanceUnknown => unstated.limits = names(self, self.reads(request).limits.into_iter()),
            _ => {}
        }
        Cell { answer, reason: decision.reason(), because: self.because(&decision), level, unstated }
    }
}

fn names<T: Bind>(engine: &Engine, ids: impl Iterator<Item = T>) -> Vec<String> {
    ids.filter_map(|id| engine.catalog().name(id)).map(str::to_owned).collect()
}

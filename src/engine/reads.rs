//! What a caller should load before it asks.

use super::Engine;
use super::authority;
use super::change;
use super::connector;
use super::evaluate::Evaluation;
use super::feature;
use crate::catalog::model::ChangeRule;
use crate::domain::Change;
use crate::id::{FactId, IdSet, LimitId, bit};
use crate::request::{Action, Request};

/// What the answer to a request may depend on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Reads {
    /// Facts that matter; all others change nothing, unless they contradict the times of the request.
    pub facts: IdSet<FactId>,
    /// Whether the e-mail domain of the person concerned matters.
    pub email_domain: bool,
    /// Limits whose balance matters.
    pub limits: Vec<LimitId>,
    /// Whether the selected model matters; to a run with an estimate of tokens.
    pub model: bool,
}

pub(super) fn reads(engine: &Engine, request: &Request<'_>) -> Reads {
    let evaluation = Evaluation { engine, request };
    let model = evaluation.model();
    let mut reads = Reads::nothing(evaluation);
    match request.action {
        Action::Permission(permission) => reads.permission(engine, Some(permission.position())),
        Action::Run(run) => {
            let row = model.features.get(run.feature.position());
            reads.permission(engine, row.and_then(|row| row.permission));
            let limits = feature::metered_limits(evaluation, &run);
            reads.model = feature::reads_model(evaluation, &run);
            reads.limits = limits.iter().map(|limit| LimitId::new(model.tag, *limit)).collect();
        }
        Action::Change(change) => reads.change(evaluation, change),
        Action::Connect { .. } | Action::Disconnect { .. } | Action::Read(_) => {
            for rule in connector::rules(evaluation) {
                reads.permission(engine, rule.permission);
            }
            reads.fact_bits(engine, connector::fact_reads(evaluation));
        }
        Action::Process { feature, .. } => reads.model = feature::is_of_model(evaluation, feature),
        Action::Store(_) | Action::Malformed => {}
    }
    reads
}

impl Engine {
    /// Whether it may matter that it is this subject who asks. Processing data, disconnecting, and a feature that takes
    /// no permission ask for no role; and whom no rule about a change names is told what anybody else is whom none
    /// names.
    pub(crate) fn asks_who(&self, request: &Request<'_>) -> bool {
        let evaluation = Evaluation { engine: self, request };
        match request.action {
            Action::Run(run) => {
                let row = evaluation.model().features.get(run.feature.position());
                row.is_none_or(|row| row.permission.is_some())
            }
            Action::Process { .. } | Action::Store(_) | Action::Disconnect { .. } | Action::Malformed => {
                false
            }
            Action::Connect { .. } => authority::may_name(evaluation, connector::rules(evaluation)),
            Action::Change(change @ Change::Setting { .. }) => {
                authority::may_name(evaluation, change::rules(evaluation.model(), change))
            }
            Action::Permission(_) | Action::Change(_) | Action::Read(_) => true,
        }
    }
}

impl Reads {
    fn nothing(evaluation: Evaluation<'_>) -> Self {
        let facts = IdSet::new(evaluation.model().tag, 0);
        Self { facts, email_domain: false, limits: Vec::new(), model: false }
    }

    fn fact_bits(&mut self, engine: &Engine, bits: u64) {
        self.facts = IdSet::new(engine.catalog.model().tag, self.facts.bits() | bits);
    }

    fn permission(&mut self, engine: &Engine, permission: Option<u16>) {
        let row = permission.and_then(|permission| engine.catalog.model().permissions.get(permission));
        let Some(row) = row else { return };
        self.fact_bits(engine, row.reads);
        self.email_domain |= row.reads_list;
    }

    /// The facts that a change depends on.
    pub(super) fn of_change(evaluation: Evaluation<'_>, change: Change<'_>) -> u64 {
        let model = evaluation.model();
        let rules = rules_of_change(evaluation, change);
        rules.into_iter().fold(verifying(evaluation, change), |bits, rules| bits | model.reads(rules))
    }

    fn change(&mut self, evaluation: Evaluation<'_>, change: Change<'_>) {
        self.fact_bits(evaluation.engine, verifying(evaluation, change));
        for rule in rules_of_change(evaluation, change).into_iter().flatten() {
            self.permission(evaluation.engine, rule.permission);
        }
    }
}

/// The rules of a change, and those of its reverse where they are others: the warning depends on them.
fn rules_of_change<'e>(evaluation: Evaluation<'e>, change: Change<'_>) -> [&'e [ChangeRule]; 3] {
    let model = evaluation.model();
    let changes = &model.changes;
    let [reverse, further] = match change {
        Change::CreateRole { .. } => [changes.delete_role.as_slice(), &[]],
        Change::DeleteRole { .. } => [changes.create_role.as_slice(), changes.role_permission.as_slice()],
        _ => [&[][..], &[]],
    };
    [change::rules(model, change), reverse, further]
}

/// The fact that verifies the first holder of a role.
fn verifying(evaluation: Evaluation<'_>, change: Change<'_>) -> u64 {
    let Change::AssignRole { role, .. } = change else { return 0 };
    evaluation.state().verified_by(role.position()).map_or(0, bit)
}

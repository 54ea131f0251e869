//! The difference between two domains, cell by cell.

use serde::{Deserialize, Serialize};

use super::answer::Cell;
use super::circumstances::{circumstances, with_balances};
use super::question::{Actor, Question};
use crate::ascending::Ascending;
use crate::decision::Effect;
use crate::engine::{Engine, Record};
use crate::request::NamedRequest;

/// What differs between two domains: who may do more, less, or the same for another reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Diff {
    /// The version of the old catalog and domain.
    pub old: String,
    /// The version of the new ones.
    pub new: String,
    /// How many cells were compared.
    pub compared: usize,
    /// The cells that differ: by question, then by actor.
    pub cells: Vec<CellDiff>,
}

/// One cell that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CellDiff {
    /// What is asked.
    pub question: Question,
    /// Who asks.
    pub actor: Actor,
    /// In which way it differs.
    pub kind: DiffKind,
    /// The old answer.
    pub old: Cell,
    /// The new answer.
    pub new: Cell,
    /// A request that the two decide differently.
    pub example: NamedRequest,
}

/// In which way a cell differs, over all circumstances.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiffKind {
    /// Some circumstances are allowed that were denied, none the other way.
    Widened,
    /// Some circumstances are denied that were allowed, none the other way.
    Narrowed,
    /// Some are allowed that were denied, and some denied that were allowed.
    Moved,
    /// The effect is the same everywhere; reason, obligations or who gets data differ.
    ReasonOnly,
}

impl DiffKind {
    /// The spelling in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Moved => "moved",
            Self::ReasonOnly => "reason only",
        }
    }
}

impl Diff {
    /// How many cells differ in this way.
    pub fn count(&self, kind: DiffKind) -> usize {
        self.cells.iter().filter(|cell| cell.kind == kind).count()
    }
}

/// Compares two domains, or two catalogs: every permission and feature for every role, every turn of a setting and
/// every use of a connector for every role and standing, and what data is stored and processed for which feature.
///
/// A cell is compared in all circumstances that either engine reads: each fact both ways, each entry of a list, each
/// model, and balances on either side of where one of the two stops a run. What only one of the two has is denied by the other as unknown.
///
/// # Example: what another plan would bring
///
/// ```
/// use tollkeeper::{analysis::{diff, DiffKind}, catalog::Catalog, domain::Domain, engine::Engine};
///
/// let catalog = Catalog::builtin();
/// let now = Domain::parse("domain = { id = 'acme', kind = 'workspace', plan = 'personal' }")?;
/// let (old, new) = (Engine::compile(&catalog, &now)?, Engine::compile(&catalog, &now.on_plan("starter"))?);
/// let diff = diff(&old, &new);
/// assert!(diff.count(DiffKind::Widened) > 0);
/// assert_eq!(diff.count(DiffKind::Narrowed), 0);
/// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
/// ```
pub fn diff(old: &Engine, new: &Engine) -> Diff {
    let roles = either(old, new, Engine::role_actors);
    let actors = either(old, new, Engine::actors);
    let anybody: Ascending<Actor> = [Actor::Anybody].into_iter().collect();
    let asked: [(Questions, _); 5] = [
        (Engine::permission_questions, &roles),
        (Engine::feature_questions, &roles),
        (Engine::turn_questions, &actors),
        (Engine::connector_questions, &actors),
        (Engine::data_questions, &anybody),
    ];
    let (mut compared, mut cells) = (0_usize, Vec::new());
    for (questions, actors) in asked {
        for question in &either(old, new, questions) {
            compared = compared.saturating_add(actors.len());
            cells.extend(actors.iter().filter_map(|actor| cell(old, new, question, actor)));
        }
    }
    let (old, new) = (format!("{:016x}", old.version()), format!("{:016x}", new.version()));
    Diff { old, new, compared, cells }
}

type Questions = fn(&Engine) -> Vec<Question>;

/// What one of two engines has, or both.
fn either<T: Ord>(old: &Engine, new: &Engine, of: fn(&Engine) -> Vec<T>) -> Ascending<T> {
    of(old).into_iter().chain(of(new)).collect()
}

fn cell(old: &Engine, new: &Engine, question: &Question, actor: &Actor) -> Option<CellDiff> {
    let request = question.asked_by(actor.subject());
    let (mut widened, mut narrowed, mut other) = (None, None, None);
    for request in with_balances(&[old, new], &circumstances(&[old, new], &request)) {
        let (before, after) = (old.decide(&request), new.decide(&request));
        let first = match (before.effect, after.effect) {
            (Effect::Deny, Effect::Allow) => &mut widened,
            (Effect::Allow, Effect::Deny) => &mut narrowed,
            _ if same(&before, &after) => continue,
            _ => &mut other,
        };
        first.get_or_insert(request);
    }
    let (kind, example) = match (widened, narrowed, other) {
        (Some(example), None, _) => (DiffKind::Widened, example),
        (None, Some(example), _) => (DiffKind::Narrowed, example),
        (Some(example), Some(_), _) => (DiffKind::Moved, example),
        (None, None, Some(example)) => (DiffKind::ReasonOnly, example),
        (None, None, None) => return None,
    };
    let (question, actor) = (question.clone(), actor.clone());
    Some(CellDiff { question, actor, kind, old: old.cell(&request), new: new.cell(&request), example })
}

/// Whether two decisions say the same, whatever domain and version made them.
pub(super) fn same(old: &Record, new: &Record) -> bool {
    let unversioned = |record: &Record| {
        let mut record = record.clone();
        record.version.clear();
        record.domain.clear();
        record
    };
    unversioned(old) == unversioned(new)
}

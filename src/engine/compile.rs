//! Compiling: a domain checked against a catalog, its static gates folded.

use std::hash::Hasher;

use super::Engine;
use crate::catalog::Catalog;
use crate::catalog::model::Condition;
use crate::diagnostic::{Diagnostics, Problems};
use crate::domain::{Domain, Resolved, State};
use crate::hash::Fnv;

/// Stands in a fold for every position that does not fit: the conditions are walked instead.
pub(super) const WALK: u8 = u8::MAX;

/// Compiles a domain; `problems` are those that reading it met.
pub(super) fn compile(
    catalog: &Catalog,
    domain: &Domain,
    mut problems: Problems,
) -> Result<Engine, Diagnostics> {
    let model = catalog.model();
    let resolved = Resolved::of(domain, model, &mut problems);
    problems.into_result(domain.text())?;
    let state = State::new(model, &resolved);
    let permissions = model.permissions.iter().map(|(_, _, row)| &row.conditions);
    let features = model.features.iter().map(|(_, _, row)| &row.conditions);
    let blocks = permissions.chain(features).map(|conditions| fold(&state, conditions)).collect();
    let mut version = Fnv::default();
    version.write(&model.hash.to_le_bytes());
    version.write(&domain.hash().to_le_bytes());
    Ok(Engine {
        catalog: catalog.clone(),
        domain: domain.clone(),
        blocks,
        version: version.finish(),
        resolved,
    })
}

/// 0 if all conditions hold, else one more than the position of the first that fails.
fn fold(state: &State<'_>, conditions: &[Condition]) -> u8 {
    let failing = conditions.iter().position(|condition| state.check(condition).is_err());
    failing.map_or(0, |position| u8::try_from(position.saturating_add(1)).unwrap_or(WALK))
}

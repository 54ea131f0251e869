//! Levels: who configured what an allow rests on.

use super::{Engine, permission};
use crate::catalog::model::Condition;
use crate::decision::{Decision, Gate, Parameter};
use crate::domain::{Change, State};
use crate::request::{Action, Run};
use crate::word::Level;

impl Engine {
    /// The level that decided: what the reason of a deny names; of what an allow names, that by which its last gate
    /// passed.
    pub(crate) fn level(&self, action: Action<'_>, decision: &Decision) -> Option<Level> {
        let (state, because) = (self.state(), decision.because());
        if decision.is_deny() {
            return Level::ALL.get(usize::from(because.get(Parameter::Level)?)).copied();
        }
        match action {
            Action::Permission(asked) => {
                // Whom a fact exempts is asked neither for a role nor for a setting.
                let role = because.get(Parameter::Role)?;
                let decider = because.get(Parameter::DecidedBy).unwrap_or(asked.position());
                let row = state.model.permissions.get(decider)?;
                let of_role = permission::level(state.cell_of(role, decider, row));
                of_role.or_else(|| of_settings(state, &row.conditions))
            }
            Action::Run(Run { feature, .. }) | Action::Process { feature, .. } => {
                of_settings(state, &state.model.features.get(feature.position())?.conditions)
            }
            Action::Change(Change::Setting { setting, .. }) => Some(state.setting(setting.position())?.level),
            _ => None,
        }
    }
}

/// The level of the last setting that is on among conditions that hold.
fn of_settings(state: State<'_>, conditions: &[Condition]) -> Option<Level> {
    let mut settings = conditions.iter().rev().filter(|condition| condition.gate() == Gate::Setting);
    let level = settings.find_map(|condition| state.check(condition).ok()?.get(Parameter::Level))?;
    Level::ALL.get(usize::from(level)).copied()
}

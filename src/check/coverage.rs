//! Coverage: what a suite exercised of a catalog and a domain, and what it did not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decision::{Gate, Reason};
use crate::engine::{BecauseValue, Engine, ExplanationRecord, StepRecord};
use crate::request::{NamedAction, NamedChange, NamedRequest};

/// What checks exercised, and what they did not.
///
/// A gate counts once it was reached: behind a gate that failed, nothing decides. A cell (a role × a permission)
/// counts once it was reached as well; a permission, a setting or a role also once it was asked about or changed.
/// The state of a feature is what catalog and domain make of it, whoever asks: `open`, or the reason that blocks
/// it. One domain gives each feature one state; [`and`](Self::and) joins the coverage of suites for several.
///
/// `Display` gives the shares, `{:#}` also everything that was missed.
///
/// ```
/// use tollkeeper::check::{self, Suite};
///
/// let suite = Suite::parse("
///     [suite]
///     name = 'teams'
///     [domain]
///     id = 'acme'
///     kind = 'workspace'
///     plan = 'starter'
///     [[table]]
///     name = 'who creates teams'
///     subjects = ['member', 'guest']
///     permissions.create_teams = ['on-by-default', 'never-for-role']
/// ")?;
/// let report = check::run(&suite, &suite.engine(|_| Err("no other files"))?);
/// let coverage = report.coverage();
/// assert!(coverage.cells.exercised.contains("guest × create_teams"));
/// assert!(coverage.cells.missed.contains("admin × create_teams"));
/// assert!(coverage.reasons.exercised.contains("never-for-role"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Coverage {
    /// The gates that were reached.
    pub gates: Covered,
    /// The reasons that decided. `foreign-id` and `unknown-obligation`, which no request in names can meet, are not
    /// counted.
    pub reasons: Covered,
    /// Role × permission, custom roles included.
    pub cells: Covered,
    /// Feature × what the domain makes of it.
    pub feature_states: Covered,
    /// The permissions of the catalog.
    pub permissions: Covered,
    /// The features of the catalog.
    pub features: Covered,
    /// The settings of the catalog.
    pub settings: Covered,
    /// The roles of the catalog and the custom roles of the domain.
    pub roles: Covered,
    /// The connectors of the catalog.
    pub connectors: Covered,
}

/// What of one kind was exercised, and what was not.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Covered {
    /// What was.
    pub exercised: BTreeSet<String>,
    /// What was not.
    pub missed: BTreeSet<String>,
}

impl Covered {
    fn of(all: impl IntoIterator<Item = String>) -> Self {
        Self { exercised: BTreeSet::new(), missed: all.into_iter().collect() }
    }

    /// Takes note of something; what does not exist cannot be exercised.
    fn exercise(&mut self, name: &str) {
        if let Some(name) = self.missed.take(name) {
            self.exercised.insert(name);
        }
    }

    /// How many there are, exercised or not.
    pub fn count(&self) -> usize {
        self.exercised.len().saturating_add(self.missed.len())
    }

    fn and(&mut self, other: Self) {
        self.exercised.extend(other.exercised);
        self.missed.extend(other.missed);
        self.missed.retain(|name| !self.exercised.contains(name));
    }
}

/// How a cell or a feature's state is written.
fn pair(one: &str, other: &str) -> String {
    format!("{one} × {other}")
}

impl Coverage {
    /// Everything there is, nothing exercised yet.
    pub(super) fn of(engine: &Engine) -> Self {
        let model = engine.catalog().model();
        let owned = |names: Vec<&str>| Covered::of(names.into_iter().map(str::to_owned));
        // A restriction is no action of its own: no check can ask for one.
        let asked_for = model.permissions.iter().filter(|(_, _, row)| row.restricts.is_none());
        let asked_for: Vec<&str> = asked_for.map(|(_, name, _)| name).collect();
        let roles: Vec<&str> = engine.role_names().collect();
        let cells = roles.iter().flat_map(|role| asked_for.iter().map(|permission| pair(role, permission)));
        let features = model.features.names();
        let in_names = |reason: &&Reason| !matches!(reason, Reason::ForeignId | Reason::UnknownObligation);
        Self {
            gates: owned(Gate::ALL.iter().map(|gate| gate.as_str()).collect()),
            reasons: owned(Reason::ALL.iter().filter(in_names).map(|reason| reason.as_str()).collect()),
            cells: Covered::of(cells),
            feature_states: Covered::of(features.map(|feature| pair(feature, state(engine, feature)))),
            permissions: owned(model.permissions.names().collect()),
            features: owned(model.features.names().collect()),
            settings: owned(model.settings.names().collect()),
            roles: owned(roles),
            connectors: owned(model.connectors.names().collect()),
        }
    }

    /// Takes note of one request and of what came of it.
    pub(super) fn exercise(&mut self, engine: &Engine, request: &NamedRequest, came: &ExplanationRecord) {
        self.reasons.exercise(came.decision.reason.as_str());
        // A request that was not understood exercised nothing that it names.
        if came.decision.reason.gate() == Some(Gate::Known) {
            self.gates.exercise(Gate::Known.as_str());
            return;
        }
        for role in &request.subject.roles {
            self.roles.exercise(role);
        }
        self.action(engine, &request.action);
        self.named_in(&came.decision.because);
        self.named_in(&came.undecided);
        self.steps(&came.steps);
        if came.decision.reason == Reason::MissingFact {
            self.gates.exercise(Gate::Facts.as_str());
        }
    }

    fn action(&mut self, engine: &Engine, action: &NamedAction) {
        if let Some(permission) = &action.permission {
            self.permissions.exercise(permission);
        }
        if let Some(feature) = &action.feature {
            self.features.exercise(feature);
            self.feature_states.exercise(&pair(feature, state(engine, feature)));
        }
        if let Some(change) = &action.change {
            self.change(change);
        }
        for connector in [&action.connect, &action.disconnect, &action.through].into_iter().flatten() {
            self.connectors.exercise(connector);
        }
    }

    fn change(&mut self, change: &NamedChange) {
        let NamedChange {
            setting, role, permission, delete_role, assign_role, from, opt_in, based_on, ..
        } = change;
        for role in [role, delete_role, assign_role, from, based_on].into_iter().flatten() {
            self.roles.exercise(role);
        }
        if let Some(setting) = setting {
            self.settings.exercise(setting);
        }
        if let Some(permission) = permission {
            self.permissions.exercise(permission);
        }
        if let Some(feature) = opt_in {
            self.features.exercise(feature);
        }
    }

    /// What decided: the setting, the permission that a fact handed the question to.
    fn named_in(&mut self, because: &BTreeMap<String, BecauseValue>) {
        for (word, value) in because {
            let BecauseValue::One(name) = value else { continue };
            match word.as_str() {
                "setting" => self.settings.exercise(name),
                "permission" | "decided_by" => self.permissions.exercise(name),
                "role" => self.roles.exercise(name),
                _ => {}
            }
        }
    }

    /// The gates up to the first that failed: for the whole request, then for each alternative.
    fn steps(&mut self, steps: &[StepRecord]) {
        let whose = |step: &StepRecord| (step.permission.clone(), step.role.clone());
        for alternative in steps.chunk_by(|one, next| whose(one) == whose(next)) {
            let mut failed = false;
            for step in alternative.iter().filter(|step| step.outcome != "open") {
                self.step(step);
                failed = step.reason.is_some();
                if failed {
                    break;
                }
            }
            let of_all = alternative.first().is_some_and(|step| step.role.is_none());
            if failed && of_all {
                return;
            }
        }
    }

    fn step(&mut self, step: &StepRecord) {
        self.gates.exercise(&step.gate);
        self.named_in(&step.because);
        if let Some(permission) = &step.permission {
            self.permissions.exercise(permission);
        }
        if let (Some(role), Some(permission)) = (&step.role, &step.permission) {
            self.cells.exercise(&pair(role, permission));
        }
    }

    /// What either of two exercised: for suites that cover one catalog together.
    pub fn and(mut self, other: Self) -> Self {
        let Self {
            gates,
            reasons,
            cells,
            feature_states,
            permissions,
            features,
            settings,
            roles,
            connectors,
        } = other;
        self.gates.and(gates);
        self.reasons.and(reasons);
        self.cells.and(cells);
        self.feature_states.and(feature_states);
        self.permissions.and(permissions);
        self.features.and(features);
        self.settings.and(settings);
        self.roles.and(roles);
        self.connectors.and(connectors);
        self
    }

    /// Each kind by its name, in the order of reports.
    pub fn kinds(&self) -> [(&'static str, &Covered); 9] {
        [
            ("gates", &self.gates),
            ("reasons", &self.reasons),
            ("role × permission", &self.cells),
            ("feature × state", &self.feature_states),
            ("permissions", &self.permissions),
            ("features", &self.features),
            ("settings", &self.settings),
            ("roles", &self.roles),
            ("connectors", &self.connectors),
        ]
    }
}

/// What catalog and domain make of a feature, whoever asks.
fn state(engine: &Engine, feature: &str) -> &'static str {
    let position = engine.catalog().model().features.position(feature);
    let blocked = position.and_then(|feature| engine.blocked(feature));
    blocked.map_or("open", Reason::as_str)
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "covered:")?;
        for (kind, covered) in self.kinds() {
            writeln!(f, "  {kind:<18} {:>5} of {}", covered.exercised.len(), covered.count())?;
            if f.alternate() {
                covered.missed.iter().try_for_each(|name| writeln!(f, "      missed {name}"))?;
            }
        }
        Ok(())
    }
}

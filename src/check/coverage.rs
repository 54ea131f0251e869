//! Coverage: what a suite exercised of a catalog and a domain, and what it did not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decision::{Gate, Reason};
use crate::engine::{BecauseValue, Engine, ExplanationRecord, Record, StepRecord};
use crate::request::{NamedContext, NamedRequest};

/// Declares the parts of a coverage: field, name in reports, and the words by which reasons and requests speak of it.
macro_rules! parts {
    ($(#[$attribute:meta])* $struct:ident { $($(#[$doc:meta])* $part:ident: $name:literal $(, $word:literal)*;)* }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $struct {
            $($(#[$doc])* pub $part: Covered,)*
        }

        impl $struct {
            const COUNT: usize = [$($name),*].len();

            /// What either of two exercised: for suites that cover one catalog together.
            pub fn and(mut self, other: Self) -> Self {
                $(self.$part.and(other.$part);)*
                self
            }

            /// Each part by its name, in the order of reports.
            pub fn parts(&self) -> [(&'static str, &Covered); Self::COUNT] {
                [$(($name, &self.$part)),*]
            }

            /// Takes note of what goes by this word; what is no row of the catalog, such as a level, is none.
            fn note(&mut self, word: &str, name: &str) {
                match word {
                    $($($word => self.$part.exercise(name),)*)*
                    _ => {}
                }
            }
        }
    };
}

parts! {
    /// What checks exercised, and what they did not.
    ///
    /// A gate counts once it was reached: behind a gate that failed, nothing decides. A cell (a role × a permission)
    /// counts once it was reached as well. The state of a feature is what catalog and domain make of it, whoever
    /// asks: `open`, or the reason that blocks it. A row of the catalog counts once it was asked about or changed, a
    /// gate that was reached decided by it, or the decision named it; a fact or a limit that is stated counts where
    /// the answer depends on it.
    ///
    /// One domain has one kind and one plan and gives each feature one state; [`and`](Self::and) joins the coverage
    /// of suites for several. Role defaults and credit plans decide nothing by themselves and are not counted.
    ///
    /// `Display` gives the shares of what there is, `{:#}` also everything that was missed.
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
    Coverage {
        /// The gates that were reached.
        gates: "gates";
        /// The reasons that decided. `foreign-id` and `unknown-obligation`, which no request in names can meet, are
        /// not counted.
        reasons: "reasons";
        /// Role × permission, custom roles included.
        cells: "role × permission";
        /// Feature × what the domain makes of it.
        feature_states: "feature × state";
        /// The permissions.
        permissions: "permissions", "permission", "decided_by";
        /// The features.
        features: "features", "feature";
        /// The settings.
        settings: "settings", "setting";
        /// The roles, custom ones of the domain included.
        roles: "roles", "role";
        /// The connectors.
        connectors: "connectors", "connector";
        /// The kinds of domain.
        domain_kinds: "kinds", "kind";
        /// The plans.
        plans: "plans", "plan";
        /// The add-ons.
        add_ons: "add-ons", "add_on";
        /// The standings.
        standings: "standings", "standing";
        /// The facts.
        facts: "facts", "fact", "facts";
        /// The lists.
        lists: "lists", "list";
        /// The regimes.
        regimes: "regimes", "regime";
        /// Who gets data.
        providers: "providers", "provider";
        /// The services that features use.
        services: "services", "service";
        /// The classes of data.
        data: "data", "data";
        /// The models that can be selected.
        models: "models", "model";
        /// The pools of tokens.
        quantities: "quantities", "quantity";
        /// The meters.
        meters: "meters";
        /// The limits.
        limits: "limits", "limit";
        /// The ways to connect.
        modes: "modes", "mode";
        /// The types of objects that are read.
        objects: "objects", "object";
        /// The obligations.
        obligations: "obligations";
        /// What is served in the place of a denied feature.
        fallbacks: "fallbacks";
    }
}

/// What of one part was exercised, and what was not.
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
        // A restriction is no action of its own: no check can ask for one.
        let asked_for = model.permissions.iter().filter(|(_, _, row)| row.restricts.is_none());
        let asked_for: Vec<&str> = asked_for.map(|(_, name, _)| name).collect();
        let roles: Vec<&str> = engine.role_names().collect();
        let cells = roles.iter().flat_map(|role| asked_for.iter().map(|permission| pair(role, permission)));
        let features = model.features.names();
        let in_names = |reason: &&Reason| !matches!(reason, Reason::ForeignId | Reason::UnknownObligation);
        let rows = |names: &mut dyn Iterator<Item = &str>| Covered::of(names.map(str::to_owned));
        Self {
            gates: rows(&mut Gate::ALL.iter().map(|gate| gate.as_str())),
            reasons: rows(&mut Reason::ALL.iter().filter(in_names).map(|reason| reason.as_str())),
            cells: Covered::of(cells),
            feature_states: Covered::of(features.map(|feature| pair(feature, state(engine, feature)))),
            permissions: rows(&mut model.permissions.names()),
            features: rows(&mut model.features.names()),
            settings: rows(&mut model.settings.names()),
            roles: rows(&mut engine.role_names()),
            connectors: rows(&mut model.connectors.names()),
            domain_kinds: rows(&mut model.kinds.names()),
            plans: rows(&mut model.plans.names()),
            add_ons: rows(&mut model.add_ons.names()),
            standings: rows(&mut model.standings.names()),
            facts: rows(&mut model.facts.names()),
            lists: rows(&mut model.lists.names()),
            regimes: rows(&mut model.regimes.names()),
            providers: rows(&mut model.providers.names()),
            services: rows(&mut model.services.names()),
            data: rows(&mut model.data.names()),
            models: rows(&mut model.models.names()),
            quantities: rows(&mut model.quantities.names()),
            meters: rows(&mut model.meters.names()),
            limits: rows(&mut model.limits.names()),
            modes: rows(&mut model.modes.names()),
            objects: rows(&mut model.objects.names()),
            obligations: rows(&mut model.obligations.names()),
            fallbacks: rows(&mut model.fallbacks.names()),
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
        self.asked(engine, request);
        self.stated(engine, request);
        self.decided_by(&came.decision.because);
        self.decided_by(&came.undecided);
        self.steps(&came.steps);
        if came.decision.reason == Reason::MissingFact {
            self.gates.exercise(Gate::Facts.as_str());
        }
        let Record { obligations, providers, data, fallback, charge, .. } = &came.decision;
        obligations.iter().for_each(|name| self.obligations.exercise(name));
        providers.iter().for_each(|name| self.providers.exercise(name));
        data.iter().for_each(|name| self.data.exercise(name));
        fallback.iter().for_each(|name| self.fallbacks.exercise(name));
        charge.keys().for_each(|name| self.meters.exercise(name));
    }

    /// What the request asks about.
    fn asked(&mut self, engine: &Engine, request: &NamedRequest) {
        let NamedRequest { subject, action, .. } = request;
        let change = action.change.clone().unwrap_or_default();
        let named = [
            ("permission", &action.permission),
            ("feature", &action.feature),
            ("model", &action.model),
            ("data", &action.process),
            ("data", &action.store),
            ("connector", &action.connect),
            ("connector", &action.disconnect),
            ("connector", &action.through),
            ("mode", &action.mode),
            ("object", &action.read),
            ("setting", &change.setting),
            ("role", &change.role),
            ("permission", &change.permission),
            ("list", &change.list),
            ("role", &change.based_on),
            ("role", &change.delete_role),
            ("role", &change.assign_role),
            ("role", &change.from),
            ("feature", &change.opt_in),
        ];
        for (word, name) in named {
            name.iter().for_each(|name| self.note(word, name));
        }
        subject.roles.iter().for_each(|role| self.roles.exercise(role));
        subject.standings.iter().for_each(|standing| self.standings.exercise(standing));
        action.tokens.keys().for_each(|quantity| self.quantities.exercise(quantity));
        if let Some(feature) = &action.feature {
            self.feature_states.exercise(&pair(feature, state(engine, feature)));
        }
    }

    /// What the request states and the answer depends on.
    fn stated(&mut self, engine: &Engine, request: &NamedRequest) {
        let NamedContext { facts, remaining, used, .. } = &request.context;
        let reads = engine.with_named(request, |request, _| engine.reads(request));
        let catalog = engine.catalog();
        let read = reads.facts.iter().filter_map(|fact| catalog.name(fact));
        read.filter(|fact| facts.contains_key(*fact)).for_each(|fact| self.facts.exercise(fact));
        let limits = reads.limits.into_iter().filter_map(|limit| catalog.name(limit));
        let stated = |limit: &&str| remaining.contains_key(*limit) || used.contains_key(*limit);
        limits.filter(stated).for_each(|limit| self.limits.exercise(limit));
    }

    /// What decided: the setting, the regime and whom it bars, the permission that a fact handed the question to.
    fn decided_by(&mut self, because: &BTreeMap<String, BecauseValue>) {
        for (word, value) in because {
            match value {
                BecauseValue::One(name) => self.note(word, name),
                BecauseValue::Many(names) => names.iter().for_each(|name| self.note(word, name)),
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
        self.decided_by(&step.because);
        if let Some(permission) = &step.permission {
            self.permissions.exercise(permission);
        }
        if let (Some(role), Some(permission)) = (&step.role, &step.permission) {
            self.cells.exercise(&pair(role, permission));
        }
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
        for (part, covered) in self.parts().into_iter().filter(|(_, covered)| covered.count() > 0) {
            writeln!(f, "  {part:<18} {:>5} of {}", covered.exercised.len(), covered.count())?;
            if f.alternate() {
                covered.missed.iter().try_for_each(|name| writeln!(f, "      missed {name}"))?;
            }
        }
        Ok(())
    }
}

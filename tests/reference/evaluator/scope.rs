//! What depends on catalog and domain alone: plans, kinds, settings, regimes. Gates 2 to 5.

use super::change::on;
use super::{About, Asked, Case, strs};
use crate::model::{Change, Connector, Feature, Mode, Names, Permission, Regime, Setting};

/// Plans, add-ons and kinds of something.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub(super) plans: &'a Names,
    pub(super) add_ons: Vec<&'a str>,
    pub(super) kinds: &'a Names,
}

macro_rules! scopes {
    ($($row:ident)*) => {$(
        impl<'a> From<&'a $row> for Scope<'a> {
            fn from(row: &'a $row) -> Self {
                Self { plans: &row.plans, add_ons: strs(&row.add_ons).collect(), kinds: &row.kinds }
            }
        }
    )*};
}
scopes! { Permission Feature Setting Connector Mode }

impl<'a> From<&'a Change> for Scope<'a> {
    fn from(row: &'a Change) -> Self {
        // Several add-ons of a change row, one of a row of `[changes]`.
        let add_ons = strs(&row.add_ons).chain(row.add_on.as_deref()).collect();
        Self { plans: &row.plans, add_ons, kinds: &row.kinds }
    }
}

/// What a setting is at, and what decided that.
pub(super) struct Position<'a> {
    pub(super) on: bool,
    pub(super) absent: bool,
    pub(super) level: &'static str,
    regime: Option<&'a str>,
}

impl<'a> Position<'a> {
    pub(super) fn about(&self, setting: &'a str) -> About<'a> {
        let regime = self.regime.map(|regime| ("regime", regime));
        [("setting", setting), ("level", self.level)].into_iter().chain(regime).collect()
    }
}

impl<'a> Case<'a> {
    pub(super) fn plan(&self) -> &'a str {
        &self.domain.domain.plan
    }

    /// Whether an add-on is in force: bought where it is offered, or part of the plan.
    pub(super) fn add_on(&self, name: &str) -> bool {
        let add_on = &self.catalog.add_ons[name];
        let bought = self.domain.domain.add_ons.contains(name) && add_on.offered_on.contains(self.plan());
        bought || add_on.included_in.contains(self.plan())
    }

    /// AI-01, ROL-07: whether the plan includes it, and whether one of the add-ons that it takes is in force.
    pub(super) fn plan_gate(&self, scope: &Scope<'a>) -> Vec<Asked<'a>> {
        let mut asked = Vec::new();
        let plan = ("plan", self.plan());
        if !scope.plans.is_empty() {
            let included = scope.plans.contains(self.plan());
            asked.push(if included { Ok(vec![plan]) } else { Err(("not-in-plan", vec![plan])) });
        }
        if let Some(first) = scope.add_ons.first() {
            asked.push(match scope.add_ons.iter().find(|add_on| self.add_on(add_on)) {
                Some(add_on) => Ok(vec![("add_on", *add_on)]),
                None => Err(("not-in-plan", vec![plan, ("add_on", *first)])),
            });
        }
        asked
    }

    /// ROL-10: whether it exists for this kind of domain.
    pub(super) fn kind_gate(&self, kinds: &Names) -> Vec<Asked<'a>> {
        if kinds.is_empty() {
            return vec![];
        }
        let about = vec![("kind", self.domain.domain.kind.as_str())];
        vec![if self.has_kind(kinds) { Ok(about) } else { Err(("not-for-domain-kind", about)) }]
    }

    pub(super) fn has_kind(&self, kinds: &Names) -> bool {
        kinds.is_empty() || kinds.contains(&self.domain.domain.kind)
    }

    /// Whether plan, add-ons and kind are those of the domain.
    pub(super) fn in_scope(&self, scope: &Scope<'a>) -> bool {
        self.plan_gate(scope).iter().all(Result::is_ok) && self.has_kind(scope.kinds)
    }

    // Settings.

    /// What a setting is at; after a change that is taken as made, what that says.
    pub(super) fn position(&self, name: &str) -> Position<'a> {
        let now = self.position_now(name);
        match self.as_if.filter(|change| change.setting.as_deref() == Some(name)) {
            Some(change) => Position { on: on(change), ..now },
            None => now,
        }
    }

    /// AI-02, AI-04: what is stated from above wins, then what the domain says, then what a regime starts off.
    fn position_now(&self, name: &str) -> Position<'a> {
        let setting = &self.catalog.settings[name];
        let default = Position {
            on: setting.default.as_deref() == Some("on"),
            absent: false,
            level: "catalog_default",
            regime: None,
        };
        let mut regimes = self.regimes();
        if let Some((regime, _)) = regimes.clone().find(|(_, row)| row.removes.contains(name)) {
            return Position { absent: true, level: "regime", regime: Some(regime), ..default };
        }
        // What plan or kind do not have cannot be switched: it is what the catalog says.
        if !self.in_scope(&setting.into()) {
            return default;
        }
        if let Some(stated) = self.domain.locked.get(name) {
            return Position { on: stated == "on", level: "locked", ..default };
        }
        if let Some(stated) = self.domain.settings.get(name) {
            return Position { on: stated == "on", level: "domain", ..default };
        }
        match regimes.find(|(_, row)| row.starts_off.contains(name)) {
            Some((regime, _)) => Position { on: false, level: "regime", regime: Some(regime), ..default },
            None => default,
        }
    }

    /// AI-03, CRD-01: a setting counts as on only with all that it requires.
    pub(super) fn setting(&self, name: &'a str) -> Asked<'a> {
        let position = self.position(name);
        let about = position.about(name);
        if position.absent {
            return Err(("setting-absent", about));
        }
        if !position.on {
            return Err(("setting-off", about));
        }
        for required in strs(&self.catalog.settings[name].requires) {
            self.setting(required)?;
        }
        Ok(about)
    }

    /// Any of several settings suffices; of none nothing is asked.
    pub(super) fn settings(&self, any: impl Iterator<Item = &'a str>) -> Vec<Asked<'a>> {
        let asked: Vec<Asked<'a>> = any.map(|setting| self.setting(setting)).collect();
        let decides = asked.iter().find(|one| one.is_ok()).or(asked.first());
        decides.cloned().into_iter().collect()
    }

    // Regimes.

    pub(super) fn regimes(&self) -> impl Iterator<Item = (&'a str, &'a Regime)> + Clone + use<'a> {
        let catalog = self.catalog;
        strs(&self.domain.domain.regimes).map(move |regime| (regime, &catalog.regimes[regime]))
    }

    /// AI-04: the first regime that bars a provider.
    pub(super) fn barring(&self, provider: &str) -> Option<&'a str> {
        self.regimes().find(|(_, row)| row.bars.providers.contains(provider)).map(|(regime, _)| regime)
    }

    /// AI-14: a provider that nobody states is barred only where a regime says so.
    pub(super) fn unstated_provider(&self) -> Asked<'a> {
        match self.regimes().find(|(_, row)| row.bars.unstated_providers) {
            Some((regime, _)) => Err(("provider-barred", vec![("regime", regime)])),
            None => Ok(vec![]),
        }
    }

    /// TRM-05: whether no regime bars any of these classes of data.
    pub(super) fn data_gate<'n: 'a>(&self, classes: &(impl Iterator<Item = &'n str> + Clone)) -> Asked<'a> {
        for (regime, row) in self.regimes() {
            if let Some(class) = classes.clone().find(|class| row.bars.data.contains(*class)) {
                return Err(("data-barred", vec![("data", class), ("regime", regime)]));
            }
        }
        Ok(vec![])
    }
}

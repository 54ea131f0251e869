//! The state of a domain: what settings, regimes and roles come to, now or after one change.

use super::resolved::{Resolved, SettingState};
use crate::catalog::Model;
use crate::catalog::model::{
    Cell, Condition, Limit, Permission, Providers, Regime, SoldCredits, UsedService,
};
use crate::catalog::tables::{Grounds, WALK};
use crate::decision::{Because, Decision, Parameter, Reason, Verdict};
use crate::id::{RoleId, bit, positions};
use crate::word::{Level, Switch};

/// A domain as one asks it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State<'e> {
    pub(crate) model: &'e Model,
    pub(crate) domain: &'e Resolved,
    pub(crate) after: Option<&'e After>,
}

/// What would be different, so that a change can be judged by where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum After {
    /// A setting at another position.
    Setting { setting: u16, to: Switch },
    /// A permission of a role at another position.
    Cell { role: u16, permission: u16, to: Switch },
    /// A person in another role.
    Assigned { role: u16, from: Option<u16> },
    /// A role gone.
    Without { role: u16 },
}

/// Where a restriction is on that restricts nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dangling {
    Setting,
    Role(u16),
}

impl Grounds for State<'_> {
    #[inline]
    fn plan(&self) -> u16 {
        self.domain.plan
    }

    #[inline]
    fn kind(&self) -> u16 {
        self.domain.kind
    }

    #[inline(never)]
    fn has_add_on(&self, add_on: u16) -> bool {
        self.domain.has_add_on(self.model, add_on)
    }

    #[inline(never)]
    fn has_on(&self, setting: u16) -> bool {
        let on = |one: &u16| matches!(self.settled(*one), Some((Switch::On, _, false)));
        self.model.settings.get(setting).is_some_and(|row| row.chain.iter().all(on))
    }

    #[inline(never)]
    fn permits(&self, condition: &Condition) -> bool {
        !self.has_regimes() || permits(self.model, self.regimes().map(|(_, row)| row), condition)
    }
}

impl<'e> State<'e> {
    pub(crate) const fn new(model: &'e Model, domain: &'e Resolved) -> Self {
        Self { model, domain, after: None }
    }

    /// A decision of this catalog.
    pub(crate) const fn decide(self, reason: Reason, because: Because) -> Decision {
        Decision::new(self.model.tag, reason, because)
    }

    /// The deny that a failing gate comes to.
    pub(crate) const fn deny(self, verdict: Verdict) -> Decision {
        Decision::of(self.model.tag, verdict)
    }

    /// Whether one static condition holds; what decided it, or why it fails.
    pub(crate) fn check(self, condition: &Condition) -> Result<Because, Verdict> {
        if condition.holds(&self) { Ok(self.held_by(condition)) } else { Err(self.failure(condition)) }
    }

    /// What decided a static condition that holds.
    pub(crate) fn held_by(self, condition: &Condition) -> Because {
        match condition {
            Condition::Plans(_) => Because::one(Parameter::Plan, self.domain.plan),
            Condition::AddOns(add_ons) => {
                let held = add_ons.iter().copied().find(|one| self.has_add_on(*one));
                Because::NOTHING.and_maybe(Parameter::AddOn, held)
            }
            Condition::Kinds(_) => Because::one(Parameter::Kind, self.domain.kind),
            Condition::Providers(Providers::All(named) | Providers::Any(named)) => {
                positions(*named).fold(Because::NOTHING, |all, one| all.and(Parameter::Provider, one))
            }
            Condition::Providers(Providers::Unstated | Providers::OfModel) | Condition::Data(_) => {
                Because::NOTHING
            }
            Condition::Service(used) => Because::one(Parameter::Service, used.service),
            Condition::Settings(any) => {
                let on = any.iter().find_map(|setting| self.check_setting(*setting).ok());
                on.unwrap_or(Because::NOTHING)
            }
        }
    }

    /// Why a static condition fails that does.
    #[inline]
    pub(crate) fn failure(self, condition: &Condition) -> Verdict {
        let (plan, kind) = (self.domain.plan, self.domain.kind);
        match condition {
            Condition::Plans(_) => Verdict::new(Reason::NotInPlan, Because::one(Parameter::Plan, plan)),
            Condition::AddOns(add_ons) => {
                let because = Because::one(Parameter::Plan, plan);
                let because = because.and_maybe(Parameter::AddOn, add_ons.first().copied());
                Verdict::new(Reason::NotInPlan, because)
            }
            Condition::Kinds(_) => {
                Verdict::new(Reason::NotForDomainKind, Because::one(Parameter::Kind, kind))
            }
            Condition::Providers(providers) => self.barring(*providers),
            Condition::Service(used) => self.barring_service(*used),
            Condition::Data(classes) => self.barring_data(*classes),
            Condition::Settings(any) => self.failing_setting(any),
        }
    }

    /// The first failure of settings of which none is on.
    #[inline(never)]
    fn failing_setting(self, any: &[u16]) -> Verdict {
        let first = any.iter().find_map(|setting| self.check_setting(*setting).err());
        first.unwrap_or(Verdict::new(Reason::SettingOff, Because::NOTHING))
    }

    /// Whether all of these conditions hold.
    #[inline]
    pub(crate) fn hold(self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| condition.holds(&self))
    }

    /// The first of these conditions that fails.
    pub(crate) fn failing(self, conditions: &[Condition]) -> Option<&Condition> {
        conditions.iter().find(|condition| !condition.holds(&self))
    }

    /// Whether a setting is in effect, with all that it requires.
    pub(crate) fn check_setting(self, setting: u16) -> Result<Because, Verdict> {
        let mut own = Because::one(Parameter::Setting, setting);
        for link in self.model.chain(setting) {
            let Some(state) = self.setting(*link) else { continue };
            let because = Because::one(Parameter::Setting, *link)
                .and(Parameter::Level, state.level as u16)
                .and_maybe(Parameter::Regime, state.regime);
            if state.absent {
                return Err(Verdict::new(Reason::SettingAbsent, because));
            }
            if state.position == Switch::Off {
                return Err(Verdict::new(Reason::SettingOff, because));
            }
            if *link == setting {
                own = because;
            }
        }
        Ok(own)
    }

    /// The state of one setting by itself.
    #[inline]
    pub(crate) fn setting(self, setting: u16) -> Option<SettingState> {
        let (position, level, absent) = self.settled(setting)?;
        let moved = level == Level::Regime;
        let regime = if moved { self.domain.regime_of(self.model, setting, absent) } else { None };
        Some(SettingState { position, level, regime, absent })
    }

    #[inline]
    fn settled(self, setting: u16) -> Option<(Switch, Level, bool)> {
        let (position, level, absent) = self.domain.setting(self.model, setting)?;
        match self.after {
            Some(After::Setting { setting: changed, to }) if *changed == setting => {
                Some((*to, Level::Domain, absent))
            }
            _ => Some((position, level, absent)),
        }
    }

    /// The regimes of the domain.
    pub(crate) fn regimes(self) -> impl Iterator<Item = (u16, &'e Regime)> + Clone + use<'e> {
        let Self { model, domain, .. } = self;
        domain.regimes().filter_map(move |position| Some((position, model.regimes.get(position)?)))
    }

    /// Which provider is barred, and by which regime.
    #[inline(never)]
    fn barring(self, providers: Providers) -> Verdict {
        let regimes = self.regimes();
        let of_regimes = regimes.clone().map(|(_, row)| row);
        let provider = positions(barred(self.model, of_regimes, providers)).next();
        let bars = |row: &Regime| match provider {
            Some(provider) => row.providers & bit(provider) != 0,
            None => row.unstated_providers,
        };
        let regime = regimes.clone().find(|(_, row)| bars(row)).map(|(regime, _)| regime);
        let because = Because::NOTHING.and_maybe(Parameter::Provider, provider);
        Verdict::new(Reason::ProviderBarred, because.and_maybe(Parameter::Regime, regime))
    }

    #[inline(never)]
    fn barring_service(self, used: UsedService) -> Verdict {
        match self.regimes().find(|(_, row)| row.services.contains(&used.service)) {
            Some((regime, _)) => {
                let because = Because::one(Parameter::Service, used.service).and(Parameter::Regime, regime);
                Verdict::new(Reason::ServiceBarred, because)
            }
            None => self.barring(Providers::All(used.provider.map_or(0, bit))),
        }
    }

    #[inline(never)]
    fn barring_data(self, classes: u64) -> Verdict {
        let barred =
            self.regimes().find_map(|(regime, row)| Some((positions(row.data & classes).next()?, regime)));
        let because = barred.map_or(Because::NOTHING, |(class, regime)| {
            Because::one(Parameter::Data, class).and(Parameter::Regime, regime)
        });
        Verdict::new(Reason::DataBarred, because)
    }

    /// What a role has of a permission.
    pub(crate) fn cell(self, role: u16, permission: u16) -> Cell {
        let row = self.model.permissions.get(permission);
        row.map_or(Cell::Absent, |row| self.cell_of(role, permission, row))
    }

    /// The same of a permission whose row is at hand.
    #[inline]
    pub(crate) fn cell_of(self, role: u16, permission: u16, row: &Permission) -> Cell {
        match self.after {
            Some(After::Without { role: gone }) if *gone == role => Cell::Absent,
            Some(After::Cell { role: changed, permission: of, to })
                if (*changed, *of) == (role, permission) =>
            {
                if *to == Switch::On {
                    Cell::OnForRole
                } else {
                    Cell::OffForRole
                }
            }
            _ => self.domain.cell(self.model, role, row),
        }
    }

    /// How many hold a role. `None`: not stated, which counts as held. A kind of domain that does not count the
    /// role has no holder.
    pub(crate) fn holders(self, role: u16) -> Option<u64> {
        if !self.counts(role) {
            return Some(0);
        }
        let now = self.domain.holders(role)?;
        match self.after {
            Some(After::Assigned { role: to, from }) if Some(*to) != *from => {
                let now = if *to == role { now.saturating_add(1) } else { now };
                Some(if *from == Some(role) { now.saturating_sub(1) } else { now })
            }
            _ => Some(now),
        }
    }

    /// Whether this kind of domain counts the holders of a role.
    pub(crate) fn counts(self, role: u16) -> bool {
        let row = self.model.roles.get(role);
        row.is_none_or(|row| row.kinds.is_empty() || row.kinds.contains(self.domain.kind))
    }

    /// The fact that verifies whoever would be the first to hold a role; none where it is held, and where only the
    /// contract names the first one.
    pub(crate) fn verified_by(self, role: u16) -> Option<u16> {
        let row = self.model.roles.get(role).filter(|_| self.holders(role) == Some(0));
        row.and_then(|row| row.verified_by)
    }

    /// Whether a role is supreme.
    pub(crate) fn is_supreme(self, role: u16) -> bool {
        self.model.roles.get(role).is_some_and(|row| row.supreme)
    }

    /// Where a restriction would be on without anybody left whom it restricts (PRM-23): org-wide, when only
    /// roles that it is not meant for may do what it restricts; for a role, also when that role may not.
    pub(crate) fn dangling(self, restriction: u16) -> Option<Dangling> {
        let row = self.model.permissions.get(restriction)?;
        let restricts = row.restricts.as_ref()?;
        let may = |role: u16| self.cell(role, restricts.permission).is_on();
        let somebody = self.roles().any(|role| {
            let meant = !self.is_supreme(role) && !restricts.besides.contains(&self.base_of(role));
            meant && may(role)
        });
        if !somebody && row.setting.is_some_and(|setting| self.check_setting(setting).is_ok()) {
            return Some(Dangling::Setting);
        }
        let on = |role: &u16| self.cell(*role, restriction).is_on();
        self.roles().filter(on).find(|role| !somebody || !may(*role)).map(Dangling::Role)
    }

    /// Whether a new role, which starts with the defaults of its base, would have a restriction on with nothing
    /// for it to restrict.
    pub(crate) fn dangling_for_new(self, restriction: u16, base: u16) -> bool {
        let Some(row) = self.model.permissions.get(restriction) else { return false };
        let Some(restricts) = &row.restricts else { return false };
        let starts_on = |permission: u16| {
            self.model.permissions.get(permission).is_some_and(|row| row.cell(base).is_on())
        };
        let may = starts_on(restricts.permission);
        let meant = |role: u16| !self.is_supreme(role) && !restricts.besides.contains(&self.base_of(role));
        let somebody = self.roles().any(|role| meant(role) && self.cell(role, restricts.permission).is_on());
        starts_on(restriction) && !(may && (somebody || meant(base)))
    }

    /// Whether an add-on is in force: bought where it is offered, or included in the plan.
    pub(crate) fn has_add_on(self, add_on: u16) -> bool {
        self.domain.has_add_on(self.model, add_on)
    }

    /// Whether the domain has any regime.
    pub(crate) const fn has_regimes(self) -> bool {
        self.domain.has_regimes()
    }

    /// The entries of a list, lower case, ascending.
    pub(crate) fn list(self, list: u16) -> &'e [Box<str>] {
        self.domain.list(list)
    }

    /// What the domain, or else its plan, states of a limit.
    pub(crate) fn limit(self, limit: u16) -> Option<Limit> {
        self.domain.limit(self.model, limit)
    }

    /// Whether a credit plan in force is without limit for a meter.
    pub(crate) fn is_unlimited(self, meter: u16) -> bool {
        self.domain.is_unlimited(self.model, meter)
    }

    /// The credit plans that the domain has by its plan or bought as an add-on, with their names.
    pub(crate) fn credit_plans(self) -> impl Iterator<Item = (&'e str, &'e SoldCredits)> + use<'e> {
        self.domain.credit_plans(self.model)
    }

    /// Whether the domain opted in to a feature.
    pub(crate) fn opted_in(self, feature: u16) -> bool {
        self.domain.opted_in(feature)
    }

    /// The role that a default of the catalog comes to.
    pub(crate) fn default_role(self, of: u16) -> Option<u16> {
        self.domain.default_role(self.model, of)
    }

    /// Whether somebody is given this role by default.
    pub(crate) fn is_default_role(self, role: u16) -> bool {
        let defaults = (0..=u16::MAX).take(self.model.role_defaults.len());
        defaults.filter_map(|of| self.default_role(of)).any(|given| given == role)
    }

    /// The id of the custom role at this position, if there is one.
    pub(crate) fn custom_role(self, role: u16) -> Option<RoleId> {
        self.domain.custom_role(self.model, role)
    }

    /// The base of a role: itself, unless it is a custom one.
    pub(crate) fn base_of(self, role: u16) -> u16 {
        self.domain.base_of(self.model, role)
    }

    /// How many roles there are, custom ones included.
    pub(crate) fn role_count(self) -> usize {
        self.domain.role_count(self.model)
    }

    /// The position of a role by name, custom ones included.
    pub(crate) fn role_named(self, name: &str) -> Option<u16> {
        self.domain.role_named(self.model, name)
    }

    /// The name of a role, custom ones included.
    pub(crate) fn role_name(self, role: u16) -> &'e str {
        self.domain.role_name(self.model, role)
    }

    /// 0 if all static conditions of a permission or feature hold, else one more than the position of the first
    /// that fails, or [`WALK`](crate::catalog::tables::WALK).
    #[inline]
    pub(crate) fn folded(self, guard: usize) -> u8 {
        match self.after {
            None => self.domain.folded(self.model, guard),
            Some(_) => WALK,
        }
    }

    /// Every role, custom ones included.
    pub(crate) fn roles(self) -> impl Iterator<Item = u16> + use<'e> {
        let after = self.after;
        let all = (0..=u16::MAX).take(self.role_count());
        all.filter(move |role| !matches!(after, Some(After::Without { role: gone }) if gone == role))
    }
}

/// Whether none of the regimes bars what a condition is about.
pub(super) fn permits<'m>(
    model: &Model,
    mut regimes: impl Iterator<Item = &'m Regime>,
    condition: &Condition,
) -> bool {
    match condition {
        Condition::Providers(Providers::Unstated) => !regimes.any(|row| row.unstated_providers),
        Condition::Providers(providers) => barred(model, regimes, *providers) == 0,
        Condition::Service(used) => {
            let provider = used.provider.map_or(0, bit);
            regimes.all(|row| row.providers & provider == 0 && !row.services.contains(&used.service))
        }
        Condition::Data(classes) => regimes.all(|row| row.data & classes == 0),
        Condition::Plans(_) | Condition::AddOns(_) | Condition::Kinds(_) | Condition::Settings(_) => true,
    }
}

/// The providers of which one would have to be left, and none is; or one must not be barred, and is.
fn barred<'m>(model: &Model, regimes: impl Iterator<Item = &'m Regime>, providers: Providers) -> u64 {
    let barred = regimes.fold(0, |bits, row| bits | row.providers);
    let of_models = || model.models.rows().fold(0, |bits, row| bits | bit(row.provider));
    let unless_one_is_left = |any: u64| if any & !barred == 0 { any } else { 0 };
    match providers {
        Providers::All(all) => all & barred,
        Providers::Any(any) => unless_one_is_left(any),
        // Some model must be left to select; which one is asked when a request selects it.
        Providers::OfModel => unless_one_is_left(of_models()),
        Providers::Unstated => 0,
    }
}

//! The state of a domain: what settings, regimes and roles come to, now or after one change.

use super::resolved::{Resolved, SettingState};
use crate::catalog::Model;
use crate::catalog::model::{Condition, Grant, Limit, Providers, Regime, Setting, SoldCredits, UsedService};
use crate::catalog::tables::Cell;
use crate::decision::{Because, Decision, Parameter, Reason, Verdict};
use crate::id::{RoleId, bit, positions};
use crate::word::{Level, Switch};

/// A domain as one asks it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State<'e> {
    pub(crate) model: &'e Model,
    pub(crate) domain: &'e Resolved,
    pub(crate) after: After,
}

/// What would be different, so that a change can be judged by where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum After {
    /// Nothing: the domain as it is.
    #[default]
    Nothing,
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

impl<'e> State<'e> {
    pub(crate) const fn new(model: &'e Model, domain: &'e Resolved) -> Self {
        Self { model, domain, after: After::Nothing }
    }

    /// A decision of this catalog.
    pub(crate) const fn decide(&self, reason: Reason, because: Because) -> Decision {
        Decision::new(self.model.tag, reason, because)
    }

    /// The deny that a failing gate comes to.
    pub(crate) const fn deny(&self, verdict: Verdict) -> Decision {
        Decision::of(self.model.tag, verdict)
    }

    /// Whether one static condition holds; what decided it, or why it fails.
    pub(crate) fn check(&self, condition: &Condition) -> Result<Because, Verdict> {
        let (plan, kind) = (self.domain.plan, self.domain.kind);
        match condition {
            Condition::Plans(plans) => match plans.contains(&plan) {
                true => Ok(Because::one(Parameter::Plan, plan)),
                false => Err(Verdict::new(Reason::NotInPlan, Because::one(Parameter::Plan, plan))),
            },
            Condition::AddOns(add_ons) => match add_ons.iter().find(|one| self.has_add_on(**one)) {
                Some(add_on) => Ok(Because::one(Parameter::AddOn, *add_on)),
                None => {
                    let because = Because::one(Parameter::Plan, plan);
                    let because = because.and_maybe(Parameter::AddOn, add_ons.first().copied());
                    Err(Verdict::new(Reason::NotInPlan, because))
                }
            },
            Condition::Kinds(kinds) => match kinds.contains(&kind) {
                true => Ok(Because::one(Parameter::Kind, kind)),
                false => Err(Verdict::new(Reason::NotForDomainKind, Because::one(Parameter::Kind, kind))),
            },
            Condition::Providers(providers) => self.check_providers(*providers),
            Condition::Service(used) => self.check_service(*used),
            Condition::Data(classes) => self.check_data(*classes),
            Condition::Settings(any) => self.check_settings(any),
        }
    }

    /// The first of these conditions that fails.
    pub(crate) fn check_all(&self, conditions: &[Condition]) -> Result<(), Verdict> {
        conditions.iter().try_for_each(|condition| self.check(condition).map(|_| ()))
    }

    /// Whether a setting is in effect, with all that it requires.
    pub(crate) fn check_setting(&self, setting: u16) -> Result<Because, Verdict> {
        let chain = self.model.settings.get(setting).map_or(&[][..], |row: &Setting| &row.chain);
        let mut own = Because::one(Parameter::Setting, setting);
        for link in chain {
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
    pub(crate) fn setting(&self, setting: u16) -> Option<SettingState> {
        let now = self.domain.setting(self.model, setting)?;
        match self.after {
            After::Setting { setting: changed, to } if changed == setting => {
                Some(SettingState { position: to, level: Level::Domain, ..now })
            }
            _ => Some(now),
        }
    }

    fn check_settings(&self, any: &[u16]) -> Result<Because, Verdict> {
        let mut first_failure = None;
        for setting in any {
            match self.check_setting(*setting) {
                Ok(because) => return Ok(because),
                Err(failure) => {
                    first_failure.get_or_insert(failure);
                }
            }
        }
        first_failure.map_or(Ok(Because::NOTHING), Err)
    }

    /// The regimes of the domain.
    pub(crate) fn regimes(&self) -> impl Iterator<Item = (u16, &'e Regime)> + use<'e> {
        let Self { model, domain, .. } = *self;
        domain.regimes().filter_map(move |position| Some((position, model.regimes.get(position)?)))
    }

    /// The providers that some regime bars.
    pub(crate) fn barred_providers(&self) -> u64 {
        self.regimes().fold(0, |bits, (_, regime)| bits | regime.providers)
    }

    /// Whether no regime bars whom a feature sends data to.
    pub(crate) fn check_providers(&self, providers: Providers) -> Result<Because, Verdict> {
        let barred = self.barred_providers();
        let first_barred = match providers {
            Providers::All(all) => positions(all & barred).next(),
            Providers::Any(any) => positions(any).next().filter(|_| any & !barred == 0),
            // Some model must be left to select; which one is asked when a request selects it.
            Providers::OfModel => {
                let all = self.model.models.iter().fold(0, |bits, (_, _, row)| bits | bit(row.provider));
                positions(all).next().filter(|_| all & !barred == 0)
            }
            Providers::Unstated => {
                return match self.regimes().find(|(_, row)| row.unstated_providers) {
                    Some((regime, _)) => {
                        Err(Verdict::new(Reason::ProviderBarred, Because::one(Parameter::Regime, regime)))
                    }
                    None => Ok(Because::NOTHING),
                };
            }
        };
        let Some(provider) = first_barred else {
            let named = match providers {
                Providers::All(named) | Providers::Any(named) => named,
                Providers::Unstated | Providers::OfModel => 0,
            };
            return Ok(positions(named).fold(Because::NOTHING, |all, one| all.and(Parameter::Provider, one)));
        };
        let regime = self.regimes().find(|(_, row)| row.providers & bit(provider) != 0);
        let because = Because::one(Parameter::Provider, provider);
        let because = because.and_maybe(Parameter::Regime, regime.map(|(regime, _)| regime));
        Err(Verdict::new(Reason::ProviderBarred, because))
    }

    /// Whether no regime bars a service or who runs it.
    pub(crate) fn check_service(&self, used: UsedService) -> Result<Because, Verdict> {
        let service = Because::one(Parameter::Service, used.service);
        if let Some((regime, _)) = self.regimes().find(|(_, row)| row.services.contains(&used.service)) {
            return Err(Verdict::new(Reason::ServiceBarred, service.and(Parameter::Regime, regime)));
        }
        let provider = used.provider.map_or(0, bit);
        self.check_providers(Providers::All(provider)).map(|_| service)
    }

    /// Whether no regime bars any of these classes of data.
    pub(crate) fn check_data(&self, classes: u64) -> Result<Because, Verdict> {
        let barred =
            self.regimes().find_map(|(regime, row)| Some((regime, positions(row.data & classes).next()?)));
        match barred {
            None => Ok(Because::NOTHING),
            Some((regime, class)) => {
                let because = Because::one(Parameter::Data, class).and(Parameter::Regime, regime);
                Err(Verdict::new(Reason::DataBarred, because))
            }
        }
    }

    /// What a role has of a permission.
    #[inline]
    pub(crate) fn cell(&self, role: u16, permission: u16) -> Cell {
        if matches!(self.after, After::Without { role: gone } if gone == role) {
            return Cell::Absent;
        }
        if let After::Cell { role: changed, permission: of, to } = self.after {
            if (changed, of) == (role, permission) {
                return if to == Switch::On { Cell::OnForRole } else { Cell::OffForRole };
            }
        }
        self.domain.cell(self.model, role, permission)
    }

    /// How many hold a role. `None`: not stated, which counts as held. A kind of domain that does not count the
    /// role has no holder.
    pub(crate) fn holders(&self, role: u16) -> Option<u64> {
        if !self.counts(role) {
            return Some(0);
        }
        let now = self.domain.holders(role)?;
        match self.after {
            After::Assigned { role: to, from } if Some(to) != from => {
                let now = if to == role { now.saturating_add(1) } else { now };
                Some(if from == Some(role) { now.saturating_sub(1) } else { now })
            }
            _ => Some(now),
        }
    }

    /// Whether this kind of domain counts the holders of a role.
    pub(crate) fn counts(&self, role: u16) -> bool {
        let row = self.model.roles.get(role);
        row.is_none_or(|row| row.kinds.is_empty() || row.kinds.contains(&self.domain.kind))
    }

    /// Whether a role is supreme.
    pub(crate) fn is_supreme(&self, role: u16) -> bool {
        self.model.roles.get(role).is_some_and(|row| row.supreme)
    }

    /// Where a restriction would be on without anybody left whom it restricts (PRM-23): org-wide, when only
    /// roles that it is not meant for may do what it restricts; for a role, also when that role may not.
    pub(crate) fn dangling(&self, restriction: u16) -> Option<Dangling> {
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
    pub(crate) fn dangling_for_new(&self, restriction: u16, base: u16) -> bool {
        let Some(row) = self.model.permissions.get(restriction) else { return false };
        let Some(restricts) = &row.restricts else { return false };
        let starts_on = |permission: u16| {
            let row = self.model.permissions.get(permission);
            let grant = row.and_then(|row| row.grants.get(usize::from(base)));
            matches!(grant, Some(Grant::On | Grant::Inherent))
        };
        let may = starts_on(restricts.permission);
        let meant = |role: u16| !self.is_supreme(role) && !restricts.besides.contains(&self.base_of(role));
        let somebody = self.roles().any(|role| meant(role) && self.cell(role, restricts.permission).is_on());
        starts_on(restriction) && !(may && (somebody || meant(base)))
    }

    /// Whether an add-on is in force: bought where it is offered, or included in the plan.
    pub(crate) fn has_add_on(&self, add_on: u16) -> bool {
        self.domain.has_add_on(self.model, add_on)
    }

    /// Whether the domain has any regime.
    pub(crate) const fn has_regimes(&self) -> bool {
        self.domain.has_regimes()
    }

    /// The entries of a list, lower case, ascending.
    pub(crate) fn list(&self, list: u16) -> &'e [Box<str>] {
        self.domain.list(list)
    }

    /// What the domain, or else its plan, states of a limit.
    pub(crate) fn limit(&self, limit: u16) -> Option<Limit> {
        self.domain.limit(self.model, limit)
    }

    /// Whether a credit plan in force is without limit for a meter.
    pub(crate) fn is_unlimited(&self, meter: u16) -> bool {
        self.domain.is_unlimited(self.model, meter)
    }

    /// The credit plans that the domain has by its plan or bought as an add-on, with their names.
    pub(crate) fn credit_plans(&self) -> impl Iterator<Item = (&'e str, &'e SoldCredits)> + use<'e> {
        self.domain.credit_plans(self.model)
    }

    /// Whether the domain opted in to a feature.
    pub(crate) fn opted_in(&self, feature: u16) -> bool {
        self.domain.opted_in(feature)
    }

    /// The role that a default of the catalog comes to.
    pub(crate) fn default_role(&self, of: u16) -> Option<u16> {
        self.domain.default_role(self.model, of)
    }

    /// Whether somebody is given this role by default.
    pub(crate) fn is_default_role(&self, role: u16) -> bool {
        let defaults = (0..=u16::MAX).take(self.model.role_defaults.len());
        defaults.filter_map(|of| self.default_role(of)).any(|given| given == role)
    }

    /// The id of the custom role at this position, if there is one.
    pub(crate) fn custom_role(&self, role: u16) -> Option<RoleId> {
        self.domain.custom_role(self.model, role)
    }

    /// The base of a role: itself, unless it is a custom one.
    pub(crate) fn base_of(&self, role: u16) -> u16 {
        self.domain.base_of(self.model, role)
    }

    /// How many roles there are, custom ones included.
    pub(crate) fn role_count(&self) -> usize {
        self.domain.role_count(self.model)
    }

    /// The position of a role by name, custom ones included.
    pub(crate) fn role_named(&self, name: &str) -> Option<u16> {
        self.domain.role_named(self.model, name)
    }

    /// The name of a role, custom ones included.
    pub(crate) fn role_name(&self, role: u16) -> &'e str {
        self.domain.role_name(self.model, role)
    }

    /// 0 if all static conditions of a permission or, after those, of a feature hold, else one more than the
    /// position of the first that fails. `None`: they are to be walked.
    #[inline]
    pub(crate) fn folded(&self, slot: usize) -> Option<u8> {
        self.domain.folded(self.model, slot)
    }

    /// Every role, custom ones included.
    pub(crate) fn roles(&self) -> impl Iterator<Item = u16> + use<'e> {
        let after = self.after;
        let all = (0..=u16::MAX).take(self.role_count());
        all.filter(move |role| !matches!(after, After::Without { role: gone } if gone == *role))
    }
}

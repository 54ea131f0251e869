//! A domain in the positions of a catalog, or every way in which it does not fit.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Domain;
use super::source::{DomainSource, RoleSource};
use super::state::{Dangling, State};
use crate::catalog::model::{ChangeRule, Condition, Grant, Limit, Permission, SoldCredits};
use crate::catalog::source::Map;
use crate::catalog::{Model, Rows, is_id, limit, too_many_cells};
use crate::diagnostic::{Code, Problems, did_you_mean};
use crate::document::Name;
use crate::hash::Fnv;
use crate::id::{COUNT_MAX, RoleId, Tag};
use crate::word::{Level, Switch};

/// The effective state of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SettingState {
    pub(crate) position: Switch,
    pub(crate) level: Level,
    /// The regime that starts it off or, with `absent`, removes it.
    pub(crate) regime: Option<u16>,
    pub(crate) absent: bool,
}

/// A custom role; its position follows those of the catalog's roles.
#[derive(Clone, Debug)]
pub(crate) struct CustomRole {
    pub(crate) name: Box<str>,
    pub(crate) base: u16,
    pub(crate) id: RoleId,
}

/// A domain, looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) kind: u16,
    pub(crate) plan: u16,
    /// Bought where they are offered, or included in the plan.
    pub(crate) add_ons: Box<[u16]>,
    pub(crate) regimes: Box<[u16]>,
    /// Holders of roles, by position of the role. A role that is not there counts as held.
    pub(crate) holders: BTreeMap<u16, u64>,
    pub(crate) settings: Box<[SettingState]>,
    /// Lower case, ascending.
    pub(crate) lists: Box<[Box<[Box<str>]>]>,
    pub(crate) custom_roles: Box<[CustomRole]>,
    /// What the domain says of roles: role, permission, position. Empty where the plan mutes it.
    pub(crate) overrides: Vec<Override>,
    /// The role that each default of the catalog comes to.
    pub(crate) role_defaults: Box<[u16]>,
    pub(crate) limits: Vec<(u16, Limit)>,
    /// Meters for which a credit plan in force is without limit.
    pub(crate) unlimited: Box<[u16]>,
    pub(crate) opt_ins: Box<[u16]>,
    /// By role, then by permission.
    pub(crate) cells: Box<[Cell]>,
}

/// Role, permission, position.
type Override = (u16, u16, Switch);

/// What a role, standard or custom, has of a permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    Absent,
    Never,
    OffByDefault,
    OffForRole,
    OnByDefault,
    OnForRole,
    Inherent,
}

impl Cell {
    pub(crate) const fn is_on(self) -> bool {
        matches!(self, Self::OnByDefault | Self::OnForRole | Self::Inherent)
    }

    fn of(grant: Grant) -> Self {
        match grant {
            Grant::Absent => Self::Absent,
            Grant::Never => Self::Never,
            Grant::Inherent => Self::Inherent,
            Grant::Off => Self::OffByDefault,
            Grant::On => Self::OnByDefault,
        }
    }
}

/// What every role has: its base's defaults (ROL-06), then what the domain says of it.
fn cells(model: &Model, domain: &Resolved) -> Box<[Cell]> {
    let bases =
        (0..=u16::MAX).take(model.roles.len()).chain(domain.custom_roles.iter().map(|role| role.base));
    let defaults = |base: u16| {
        let grant =
            move |row: &Permission| row.grants.get(usize::from(base)).copied().unwrap_or(Grant::Absent);
        model.permissions.iter().map(move |(_, _, row)| Cell::of(grant(row)))
    };
    let mut cells: Box<[Cell]> = bases.flat_map(defaults).collect();
    for (role, permission, to) in &domain.overrides {
        let index = cell_index(model, *role, *permission);
        if let Some(cell) = cells.get_mut(index) {
            *cell = match to {
                Switch::On => Cell::OnForRole,
                Switch::Off => Cell::OffForRole,
            };
        }
    }
    cells
}

pub(crate) fn cell_index(model: &Model, role: u16, permission: u16) -> usize {
    usize::from(role).saturating_mul(model.permissions.len()).saturating_add(usize::from(permission))
}

impl Resolved {
    /// Looks up everything that `domain` names, noting what does not fit.
    pub(crate) fn of(domain: &Domain, model: &Model, problems: &mut Problems) -> Self {
        let source = domain.source();
        let mut resolver = Resolver { model, problems };
        let mut this = resolver.heading(source);
        this.settings = resolver.settings(source, &this);
        this.lists = resolver.lists(source);
        (this.custom_roles, this.overrides) = resolver.roles(source, &this);
        this.holders = resolver.holders(source, &this);
        this.role_defaults = resolver.role_defaults(source, &this);
        this.limits = resolver.limits(source, &this);
        this.unlimited = unlimited(model, &this);
        this.opt_ins = resolver.opt_ins(source);
        resolver.contract(source);
        this.cells = cells(model, &this);
        resolver.restrictions(source, &this);
        this
    }

    /// The credit plans that the domain has by its plan or bought as an add-on, with their names.
    pub(crate) fn credit_plans<'m>(
        &'m self,
        model: &'m Model,
    ) -> impl Iterator<Item = (&'m str, &'m SoldCredits)> {
        let sold = model.credit_plans.iter().map(|(_, name, sold)| (name, sold));
        sold.filter(|(_, sold)| {
            let bought = sold.add_on.is_none_or(|add_on| self.add_ons.contains(&add_on));
            bought && (sold.plans.is_empty() || sold.plans.contains(&self.plan))
        })
    }

    /// The base of a role: itself, unless it is a custom one.
    pub(crate) fn base_of(&self, model: &Model, role: u16) -> u16 {
        self.custom(model, role).map_or(role, |custom| custom.base)
    }

    /// How many roles there are, custom ones included.
    pub(crate) fn role_count(&self, model: &Model) -> usize {
        model.roles.len().saturating_add(self.custom_roles.len())
    }

    /// The custom role at this position, if there is one.
    pub(crate) fn custom(&self, model: &Model, role: u16) -> Option<&CustomRole> {
        usize::from(role).checked_sub(model.roles.len()).and_then(|index| self.custom_roles.get(index))
    }

    /// The position of a role by name, custom ones included.
    pub(crate) fn role_named(&self, model: &Model, name: &str) -> Option<u16> {
        model.roles.position(name).or_else(|| {
            let index = self.custom_roles.binary_search_by(|role| (*role.name).cmp(name)).ok()?;
            u16::try_from(model.roles.len().checked_add(index)?).ok()
        })
    }

    /// The name of a role, custom ones included.
    pub(crate) fn role_name<'n>(&'n self, model: &'n Model, role: u16) -> &'n str {
        self.custom(model, role).map_or_else(|| model.roles.name(role), |custom| &custom.name)
    }
}

/// The id of a custom role: its position, tagged with its name, so that an id of another domain's role at the
/// same position is foreign here.
fn custom_role_id(model: &Model, name: &str, position: u16) -> RoleId {
    let mut tagged = model.hash.to_le_bytes().to_vec();
    tagged.extend_from_slice(name.as_bytes());
    RoleId::new(Tag::of_hash(Fnv::of(&tagged)), position)
}

/// Looks names up, noting what does not fit.
struct Resolver<'m, 'p> {
    model: &'m Model,
    problems: &'p mut Problems,
}

impl Resolver<'_, '_> {
    fn add(&mut self, code: Code, at: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.problems.add_with_help(code, place(at), message, help);
    }

    fn find<T>(&mut self, rows: &Rows<T>, name: &Name, what: &str) -> Option<u16> {
        let position = rows.position(name.get_ref());
        if position.is_none() {
            let message = format!("unknown {what} `{}`", shown(name));
            let at = place(name.span());
            self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), rows.names());
        }
        position
    }

    fn find_all<T>(&mut self, rows: &Rows<T>, names: &[Name], what: &str) -> Vec<u16> {
        for (name, next) in names.iter().zip(names.iter().skip(1)) {
            if name == next {
                self.add(
                    Code::Duplicate,
                    next.span(),
                    format!("{what} `{}` is named twice", shown(next)),
                    None,
                );
            }
        }
        names.iter().filter_map(|name| self.find(rows, name, what)).collect()
    }

    fn heading(&mut self, source: &DomainSource) -> Resolved {
        let heading = &source.domain;
        for (key, value) in [("id", &heading.id), ("kind", &heading.kind), ("plan", &heading.plan)] {
            if value.is_none() {
                let message = format!("missing key `{key}` of table `domain`");
                self.problems.add(Code::MissingKey, heading.at.clone(), message);
            }
        }
        let model = self.model;
        let kind = heading.kind.as_ref().and_then(|name| self.find(&model.kinds, name, "kind"));
        let plan = heading.plan.as_ref().and_then(|name| self.find(&model.plans, name, "plan"));
        let (kind, plan) = (kind.unwrap_or(u16::MAX), plan.unwrap_or(u16::MAX));
        let bought = self.find_all(&model.add_ons, &heading.add_ons, "add-on");
        let in_force = model.add_ons.iter().filter(|(add_on, _, row)| {
            row.included_in.contains(&plan) || (bought.contains(add_on) && row.offered_on.contains(&plan))
        });
        let add_ons: Box<[u16]> = in_force.map(|(add_on, _, _)| add_on).collect();
        let regimes = self.find_all(&model.regimes, &heading.regimes, "regime");
        self.attestations(source);
        for name in heading.regimes.iter() {
            self.regime_in_force(source, name, &add_ons);
        }
        Resolved { kind, plan, add_ons, regimes: regimes.into(), ..Resolved::default() }
    }

    fn attestations(&mut self, source: &DomainSource) {
        let mut known: Vec<&str> = self
            .model
            .regimes
            .iter()
            .flat_map(|(_, _, row)| row.attested.iter().map(AsRef::as_ref))
            .collect();
        known.sort_unstable();
        for name in source.domain.attested.iter() {
            if !known.contains(&name.get_ref().as_str()) {
                let message = format!("no regime asks for the attestation `{}`", shown(name));
                let (at, known) = (place(name.span()), known.iter().copied());
                self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), known);
            }
        }
    }

    /// A regime needs its add-on and what must be attested for it (TRM-02, TRM-05).
    fn regime_in_force(&mut self, source: &DomainSource, name: &Name, add_ons: &[u16]) {
        let model = self.model;
        let Some(row) = model.regimes.position(name.get_ref()).and_then(|at| model.regimes.get(at)) else {
            return;
        };
        if let Some(add_on) = row.add_on.filter(|add_on| !add_ons.contains(add_on)) {
            let add_on = model.add_ons.name(add_on);
            let message = format!("regime `{}` needs add-on `{add_on}`, which is not in force", shown(name));
            let help = format!("add `{add_on}` to `add_ons` on a plan that offers it");
            self.add(Code::RegimeNotInForce, name.span(), message, Some(help));
        }
        let attested = &source.domain.attested;
        for needed in
            row.attested.iter().filter(|one| !attested.iter().any(|name| **name.get_ref() == ***one))
        {
            let message = format!("regime `{}` needs the attestation `{needed}`", shown(name));
            let help = format!("state `attested = [\"{needed}\"]` once that is so");
            self.add(Code::RegimeNotInForce, name.span(), message, Some(help));
        }
    }

    fn holders(&mut self, source: &DomainSource, domain: &Resolved) -> BTreeMap<u16, u64> {
        let mut holders = BTreeMap::new();
        for (name, count) in &source.holders {
            if let Some(role) = domain.role_named(self.model, name.get_ref()) {
                holders.insert(role, *count);
            } else if !source.roles.contains_key(name.get_ref().as_str()) {
                let custom = source.roles.keys().map(|name| name.get_ref().as_str());
                let (at, roles) = (place(name.span()), self.model.roles.names().chain(custom));
                let message = format!("unknown role `{}`", shown(name));
                self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), roles);
            }
        }
        for (role, name, row) in self.model.roles.iter() {
            if row.supreme && row.kinds.contains(&domain.kind) && !source.holders.contains_key(name) {
                let at = source.domain.kind.as_ref().map_or(0..0, Name::span);
                let message = format!("this kind of domain must say how many hold role `{name}`");
                let help = format!("add `[holders]` with `{name} = 0` or how many there are");
                self.add(Code::MissingCount, at, message, Some(help));
                holders.insert(role, 0);
            }
        }
        holders
    }

    fn settings(&mut self, source: &DomainSource, domain: &Resolved) -> Box<[SettingState]> {
        for name in source.settings.keys().chain(source.locked.keys()) {
            self.find(&self.model.settings, name, "setting");
        }
        let states = self.model.settings.iter().map(|(setting, name, row)| {
            let state = State::new(self.model, domain);
            let regimes = || state.regimes();
            let by_default = SettingState {
                position: row.default,
                level: Level::CatalogDefault,
                regime: None,
                absent: false,
            };
            if let Some((regime, _)) = regimes().find(|(_, regime)| regime.removes.contains(&setting)) {
                return SettingState {
                    level: Level::Regime,
                    regime: Some(regime),
                    absent: true,
                    ..by_default
                };
            }
            // A setting that plan or kind do not have stands at its default.
            if state.check_all(&row.conditions).is_err() {
                return by_default;
            }
            if let Some(position) = source.locked.get(name) {
                return SettingState { position: *position, level: Level::Locked, ..by_default };
            }
            if let Some(position) = source.settings.get(name) {
                return SettingState { position: *position, level: Level::Domain, ..by_default };
            }
            match regimes().find(|(_, regime)| regime.starts_off.contains(&setting)) {
                Some((regime, _)) => SettingState {
                    position: Switch::Off,
                    level: Level::Regime,
                    regime: Some(regime),
                    absent: false,
                },
                None => by_default,
            }
        });
        states.collect()
    }

    fn lists(&mut self, source: &DomainSource) -> Box<[Box<[Box<str>]>]> {
        for (name, entries) in &source.lists {
            self.find(&self.model.lists, name, "list");
            for entry in entries.iter().filter(|entry| !is_email_domain(entry.get_ref())) {
                let message = format!("`{}` is no e-mail domain", shown(entry));
                let help = "write what follows the `@`, such as `partner.example`".to_owned();
                self.add(Code::UnknownValue, entry.span(), message, Some(help));
            }
        }
        let lists = self.model.lists.names().map(|name| {
            let entries = source.lists.get(name).map_or(&[][..], |entries| entries);
            let mut entries: Vec<Box<str>> =
                entries.iter().map(|entry| entry.get_ref().to_ascii_lowercase().into()).collect();
            entries.sort_unstable();
            entries.dedup();
            entries.into()
        });
        lists.collect()
    }

    fn roles(&mut self, source: &DomainSource, domain: &Resolved) -> (Box<[CustomRole]>, Vec<Override>) {
        let model = self.model;
        let most = COUNT_MAX.saturating_sub(model.roles.len());
        let mut custom: Vec<CustomRole> = Vec::new();
        let mut overrides = Vec::new();
        let configurable = rule_holds(model, domain, model.changes.role_permission.as_ref());
        for (name, row) in &source.roles {
            let (role, base) = if let Some(role) = model.roles.position(name.get_ref()) {
                self.standard_role(name, row, role);
                (role, role)
            } else {
                let Some(base) = self.custom_role(name, row, domain) else { continue };
                let position = model.roles.len().saturating_add(custom.len());
                let Ok(position) = u16::try_from(position) else { continue };
                let id = custom_role_id(model, name.get_ref(), position);
                custom.push(CustomRole { name: name.get_ref().as_str().into(), base, id });
                (position, base)
            };
            let supreme = model.roles.get(role).is_some_and(|row| row.supreme);
            let stated = if supreme { Vec::new() } else { self.permissions(name, row, base) };
            // What the plan does not let a domain configure stands at its default.
            if configurable {
                overrides.extend(stated.into_iter().map(|(permission, to)| (role, permission, to)));
            }
        }
        let own = |name: &&Name| model.roles.position(name.get_ref()).is_none();
        if let Some(over) = source.roles.keys().filter(own).nth(most) {
            let (at, count) = (over.span(), source.roles.keys().filter(own).count());
            let message = format!("{count} custom roles, at most {most} are possible");
            self.add(Code::TooMany, at, message, None);
        }
        let roles = model.roles.len().saturating_add(custom.len());
        if let Some(message) = too_many_cells(roles, model.permissions.len()) {
            self.problems.add(Code::TooMany, None, message);
            return (Box::default(), Vec::new());
        }
        (custom.into(), overrides)
    }

    fn standard_role(&mut self, name: &Name, row: &RoleSource, role: u16) {
        if let Some(based_on) = &row.based_on {
            let message = format!("role `{}` is the catalog's own and is based on nothing", shown(name));
            self.add(Code::Contradiction, based_on.span(), message, Some("leave `based_on` out".to_owned()));
        }
        if self.model.roles.get(role).is_some_and(|row| row.supreme) {
            let message = format!("role `{}` cannot be configured", shown(name));
            let help = "it holds every permission; org-wide settings bind it".to_owned();
            self.add(Code::ImmutableRole, name.span(), message, Some(help));
        }
    }

    /// The base of a custom role, if it may have one.
    fn custom_role(&mut self, name: &Name, row: &RoleSource, domain: &Resolved) -> Option<u16> {
        let model = self.model;
        if !is_id(name.get_ref()) {
            let message = format!("`{}` is no id", shown(name));
            let help =
                "an id is a lower case letter, then letters, digits and `_`, at most 64 bytes".to_owned();
            self.add(Code::MalformedId, name.span(), message, Some(help));
        }
        let Some(based_on) = &row.based_on else {
            let message = format!("role `{}` is not in the catalog and says no `based_on`", shown(name));
            let help = did_you_mean(name.get_ref(), model.roles.names());
            let help = help.or_else(|| Some("a custom role states the role it is based on".to_owned()));
            self.add(Code::MissingKey, name.span(), message, help);
            return None;
        };
        if !rule_holds(model, domain, model.changes.create_role.as_ref()) {
            let plan = model.plans.name(domain.plan);
            let message =
                format!("plan `{plan}` and its add-ons do not allow the custom role `{}`", shown(name));
            let add_on = model.changes.create_role.as_ref().and_then(|rule| {
                rule.conditions.iter().find_map(|condition| match condition {
                    Condition::AddOns(add_ons) => add_ons.first().copied(),
                    _ => None,
                })
            });
            let help = add_on.map(|add_on| format!("it takes add-on `{}`", model.add_ons.name(add_on)));
            self.add(Code::NotInPlan, name.span(), message, help);
        }
        let base = self.find(&model.roles, based_on, "role")?;
        if !model.roles.get(base).is_some_and(|row| row.custom) {
            let bases =
                model.roles.iter().filter(|(_, _, row)| row.custom).map(|(_, name, _)| format!("`{name}`"));
            let message = format!("no custom role can be based on `{}`", shown(based_on));
            let help = format!("base it on {}", bases.collect::<Vec<_>>().join(", "));
            self.add(Code::ImmutableRole, based_on.span(), message, Some(help));
            return None;
        }
        Some(base)
    }

    /// What a role is configured to, where that is possible (PRM-21, PRM-22).
    fn permissions(&mut self, role: &Name, row: &RoleSource, base: u16) -> Vec<(u16, Switch)> {
        let model = self.model;
        let mut stated = Vec::new();
        for (name, to) in &row.permissions {
            let Some(position) = self.find(&model.permissions, name, "permission") else { continue };
            let grants = model.permissions.get(position).map_or(&[][..], |row| &row.grants);
            let (permission, role, kind) = (shown(name), shown(role), model.roles.name(base));
            match grants.get(usize::from(base)) {
                Some(Grant::On | Grant::Off) => stated.push((position, *to)),
                Some(Grant::Never) if *to == Switch::Off => {}
                Some(Grant::Never) => {
                    let message = format!("`{permission}` is not available to enable for role `{role}`");
                    let help = format!("no {kind} can ever hold it; leave it out");
                    self.add(Code::NeverForRole, name.span(), message, Some(help));
                }
                Some(Grant::Inherent) => {
                    let message =
                        format!("`{permission}` is inherent for role `{role}` and not configurable");
                    self.add(Code::InherentPermission, name.span(), message, Some("leave it out".to_owned()));
                }
                Some(Grant::Absent) | None => {
                    let message = format!("`{permission}` does not exist for role `{role}`");
                    let has = model
                        .roles
                        .iter()
                        .zip(grants)
                        .filter(|(_, grant)| matches!(grant, Grant::On | Grant::Off));
                    let has: Vec<_> = has.map(|((_, name, _), _)| format!("`{name}`")).collect();
                    let help =
                        (!has.is_empty()).then(|| format!("it exists for roles based on {}", has.join(", ")));
                    self.add(Code::NoSuchPermission, name.span(), message, help);
                }
            }
        }
        stated
    }

    /// Whom the domain gives which role by default (ROL-11).
    fn role_defaults(&mut self, source: &DomainSource, domain: &Resolved) -> Box<[u16]> {
        let model = self.model;
        for name in source.role_defaults.keys() {
            self.find(&model.role_defaults, name, "role default");
        }
        let roles = model.role_defaults.iter().map(|(_, name, row)| {
            let Some(stated) = source.role_defaults.get(name) else { return row.role };
            let Some(role) = domain.role_named(model, stated.get_ref()) else {
                let names = model.roles.names().chain(domain.custom_roles.iter().map(|role| &*role.name));
                let help = did_you_mean(stated.get_ref(), names);
                self.add(Code::UnknownName, stated.span(), format!("unknown role `{}`", shown(stated)), help);
                return row.role;
            };
            if !row.based_on.contains(&domain.base_of(model, role)) {
                let bases: Vec<_> =
                    row.based_on.iter().map(|base| format!("`{}`", model.roles.name(*base))).collect();
                let message = format!("`{}` cannot be given by default to `{name}`", shown(stated));
                let help = format!("name a role that is, or is based on, {}", bases.join(" or "));
                self.add(Code::Contradiction, stated.span(), message, Some(help));
            }
            role
        });
        roles.collect()
    }

    fn limits(&mut self, source: &DomainSource, domain: &Resolved) -> Vec<(u16, Limit)> {
        let mut limits: BTreeMap<u16, Limit> =
            self.model.plans.get(domain.plan).map_or(&[][..], |plan| &plan.limits).iter().copied().collect();
        for (name, row) in &source.limits {
            let position = self.find(&self.model.limits, name, "limit");
            let limit = limit(row, name.span(), self.problems);
            if let Some(position) = position {
                limits.insert(position, limit);
            }
            if let Some(anchor) = &row.anchor {
                if !is_anchor(anchor.get_ref()) {
                    let message = format!("`{}` is no day", shown(anchor));
                    let help = "write it as `2026-01-31` or as `2026-01-31T00:00:00Z`".to_owned();
                    self.add(Code::OutOfRange, anchor.span(), message, Some(help));
                }
            }
        }
        limits.into_iter().collect()
    }

    fn opt_ins(&mut self, source: &DomainSource) -> Box<[u16]> {
        let mut opted_in = Vec::new();
        for (name, to) in &source.opt_ins {
            let Some(feature) = self.find(&self.model.features, name, "feature") else { continue };
            if !self.model.features.get(feature).is_some_and(|row| row.beta) {
                let message = format!("feature `{}` is no beta and needs no opt-in", shown(name));
                self.add(Code::Contradiction, name.span(), message, Some("leave it out".to_owned()));
            }
            if *to == Switch::On {
                opted_in.push(feature);
            }
        }
        opted_in.into()
    }

    /// A restriction needs somebody left whom it restricts (PRM-23).
    fn restrictions(&mut self, source: &DomainSource, domain: &Resolved) {
        let state = State::new(self.model, domain);
        for restriction in &self.model.restrictions {
            let Some(dangling) = state.dangling(*restriction) else { continue };
            let Some(row) = self.model.permissions.get(*restriction) else { continue };
            let name = self.model.permissions.name(*restriction);
            let (at, wrong) = match dangling {
                Dangling::Setting => {
                    let setting = row.setting.map_or("", |setting| self.model.settings.name(setting));
                    let key = |map: &Map<Switch>| map.get_key_value(setting).map(|(key, _)| key.span());
                    let at = key(&source.locked).or_else(|| key(&source.settings));
                    (at, format!("setting `{setting}` is on, but nobody whom it would restrict may do it"))
                }
                Dangling::Role(role) => {
                    let role = domain.role_name(self.model, role);
                    let row = source.roles.get(role);
                    let key =
                        row.and_then(|row| row.permissions.get_key_value(name)).map(|(key, _)| key.span());
                    (
                        key,
                        format!("`{name}` is on for role `{role}`, but there is nothing for it to restrict"),
                    )
                }
            };
            let restricted = row.restricts.as_ref().map_or(0, |restricts| restricts.permission);
            let help = format!("turn `{}` on, or this off", self.model.permissions.name(restricted));
            self.add(Code::DanglingRestriction, at.unwrap_or(0..0), wrong, Some(help));
        }
    }

    /// What comes from the contract and decides nothing here, but must name something.
    fn contract(&mut self, source: &DomainSource) {
        for name in source.seats.keys() {
            if self.model.plans.position(name.get_ref()).is_none() {
                let candidates = self.model.plans.names().chain(self.model.add_ons.names());
                if self.model.add_ons.position(name.get_ref()).is_none() {
                    let message = format!("unknown plan or add-on `{}`", shown(name));
                    let at = place(name.span());
                    self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), candidates);
                }
            }
        }
        if source.residency.migrated && source.residency.region.is_none() {
            let message = "missing key `region` of table `residency`";
            self.problems.add(Code::MissingKey, source.residency.at.clone(), message);
        }
    }
}

/// Meters of which a credit plan in force has no limit.
fn unlimited(model: &Model, domain: &Resolved) -> Box<[u16]> {
    let sold = domain.credit_plans(model).filter(|(_, sold)| sold.terms.unlimited);
    sold.map(|(_, sold)| sold.meter).collect()
}

/// Whether plan, add-ons and kind allow a change at all.
fn rule_holds(model: &Model, domain: &Resolved, rule: Option<&ChangeRule>) -> bool {
    rule.is_some_and(|rule| State::new(model, domain).check_all(&rule.conditions).is_ok())
}

/// A name built in code has no place.
fn place(at: Range<usize>) -> Option<Range<usize>> {
    Some(at).filter(|at| at.end > 0)
}

/// A name as it is shown in a message: no control or invisible character gets through.
fn shown(name: &Name) -> String {
    let plain = |one: char| one.is_ascii_graphic() || one.is_alphanumeric();
    let escaped = name.get_ref().chars().map(|one| match plain(one) {
        true => one.to_string(),
        false => one.escape_default().to_string(),
    });
    escaped.collect()
}

/// The part of an e-mail address behind the `@`: ASCII labels with a dot between them.
pub(crate) fn is_email_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

fn is_anchor(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() || text.parse::<crate::units::Timestamp>().is_ok()
}

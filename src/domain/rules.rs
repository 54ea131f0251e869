//! What must hold of a domain as a whole: of its parts together, and of them with its catalog.

use std::ops::Range;

use super::compact::RoleRow;
use super::names::{place, shown};
use super::resolved::Resolved;
use super::settle::rule_holds;
use super::source::DomainSource;
use super::state::{Dangling, State};
use crate::catalog::Model;
use crate::catalog::model::{Cell, Condition};
use crate::catalog::source::Map;
use crate::diagnostic::{Code, Problems};
use crate::document::Name;
use crate::word::Switch;

/// Notes what does not hold, at the places that `source` knows.
pub(super) fn check(
    domain: &Resolved,
    model: &Model,
    source: Option<&DomainSource>,
    problems: &mut Problems,
) {
    let state = State::new(model, domain);
    let mut rules = Rules { model, domain, state, source, problems };
    rules.regimes();
    rules.supreme_roles();
    rules.roles();
    rules.role_defaults();
    rules.opt_ins();
    rules.restrictions();
}

struct Rules<'a, 'p> {
    model: &'a Model,
    domain: &'a Resolved,
    state: State<'a>,
    source: Option<&'a DomainSource>,
    problems: &'p mut Problems,
}

/// Where a key of a map stands.
fn key<T>(map: &Map<T>, name: &str) -> Option<Range<usize>> {
    map.get_key_value(name).map(|(key, _)| key.span())
}

impl Rules<'_, '_> {
    fn add(
        &mut self,
        code: Code,
        at: impl FnOnce(&DomainSource) -> Option<Range<usize>>,
        message: String,
        help: Option<String>,
    ) {
        let at = self.source.and_then(at).and_then(place);
        self.problems.add_with_help(code, at, message, help);
    }

    /// Whether this key of the heading states what could not be understood: what is missing there follows from that.
    fn in_doubt(&self, key: &str) -> bool {
        let at = self.source.map(|source| source.domain.at.clone().unwrap_or_default());
        at.is_some_and(|at| self.problems.is_damaged(&at, key))
    }

    /// A regime needs its add-on and what must be attested for it (TRM-02, TRM-05).
    fn regimes(&mut self) {
        let model = self.model;
        let (bought, attested) = (!self.in_doubt("add_ons"), !self.in_doubt("attested"));
        for (regime, row) in self.state.regimes() {
            let name = model.regimes.name(regime);
            let at = |source: &DomainSource| {
                source.domain.regimes.iter().find(|one| one.get_ref() == name).map(Name::span)
            };
            if let Some(add_on) = row.add_on.filter(|add_on| bought && !self.state.has_add_on(*add_on)) {
                let add_on = model.add_ons.name(add_on);
                let message = format!("regime `{name}` needs add-on `{add_on}`, which is not in force");
                let help = format!("add `{add_on}` to `add_ons` on a plan that offers it");
                self.add(Code::RegimeNotInForce, at, message, Some(help));
            }
            for needed in &row.attested {
                if attested && !self.domain.view().attested().any(|one| *one == **needed) {
                    let message = format!("regime `{name}` needs the attestation `{needed}`");
                    let help = format!("state `attested = [\"{needed}\"]` once that is so");
                    self.add(Code::RegimeNotInForce, at, message, Some(help));
                }
            }
        }
    }

    /// Where a supreme role is counted, somebody must say how many hold it.
    fn supreme_roles(&mut self) {
        for (role, name, row) in self.model.roles.iter() {
            let counted = row.supreme && row.kinds.contains(self.domain.kind);
            if counted && self.domain.holders(role).is_none() {
                let at = |source: &DomainSource| source.domain.kind.as_ref().map(Name::span);
                let message = format!("this kind of domain must say how many hold role `{name}`");
                let help = format!("add `[holders]` with `{name} = 0` or how many there are");
                self.add(Code::MissingCount, at, message, Some(help));
            }
        }
    }

    fn roles(&mut self) {
        let (model, domain) = (self.model, self.domain);
        for row in domain.view().roles() {
            if self.state.is_supreme(row.base) {
                let name = model.roles.name(row.base);
                let message = format!("role `{name}` cannot be configured");
                let help = "it holds every permission; org-wide settings bind it".to_owned();
                self.add(Code::ImmutableRole, |source| key(&source.roles, name), message, Some(help));
            } else {
                self.permissions(None, row);
            }
        }
        let custom = domain.view().custom_roles();
        let create = model.changes.create_role.as_ref();
        let allowed = domain.custom_roles == 0 || rule_holds(self.state, create) || self.in_doubt("add_ons");
        for (name, row) in custom {
            if !allowed {
                self.no_custom_role(name);
            }
            match model.roles.get(row.base) {
                Some(base) if base.custom => self.permissions(Some(name), row),
                Some(_) => self.no_base(name, row.base),
                None => {}
            }
        }
    }

    fn no_custom_role(&mut self, name: &str) {
        let model = self.model;
        let plan = model.plans.name(self.domain.plan);
        let message = format!("plan `{plan}` and its add-ons do not allow the custom role `{}`", shown(name));
        let add_on = model.changes.create_role.as_ref().and_then(|rule| {
            rule.conditions.iter().find_map(|condition| match condition {
                Condition::AddOns(add_ons) => add_ons.first().copied(),
                _ => None,
            })
        });
        let help = add_on.map(|add_on| format!("it takes add-on `{}`", model.add_ons.name(add_on)));
        self.add(Code::NotInPlan, |source| key(&source.roles, name), message, help);
    }

    fn no_base(&mut self, name: &str, base: u16) {
        let roles = &self.model.roles;
        let bases = roles.iter().filter(|(_, _, row)| row.custom).map(|(_, name, _)| format!("`{name}`"));
        let help = format!("base it on {}", bases.collect::<Vec<_>>().join(", "));
        let message = format!("no custom role can be based on `{}`", roles.name(base));
        let at = |source: &DomainSource| source.roles.get(name)?.based_on.as_ref().map(Name::span);
        self.add(Code::ImmutableRole, at, message, Some(help));
    }

    /// What a role, custom or of the catalog, is configured to must be possible (PRM-21, PRM-22).
    fn permissions(&mut self, custom: Option<&str>, row: RoleRow<'_>) {
        let model = self.model;
        let of = |position: u16| model.permissions.get(position);
        let configurable = |(position, _): &(u16, Switch)| {
            of(*position).is_some_and(|permission| permission.cell(row.base).is_configurable())
        };
        for (position, to) in row.permissions().filter(|one| !configurable(one)) {
            let role = custom.unwrap_or_else(|| model.roles.name(row.base));
            let permission = model.permissions.name(position);
            let at = |source: &DomainSource| key(&source.roles.get(role)?.permissions, permission);
            let cells = of(position).map_or(&[][..], |of| &of.cells);
            let shown = || shown(role);
            match cells.get(usize::from(row.base)) {
                Some(Cell::OffByDefault | Cell::OffForRole | Cell::OnByDefault | Cell::OnForRole) => {}
                Some(Cell::Never) if to == Switch::Off => {}
                Some(Cell::Never) => {
                    let message = format!("`{permission}` is not available to enable for role `{}`", shown());
                    let help = format!("no {} can ever hold it; leave it out", model.roles.name(row.base));
                    self.add(Code::NeverForRole, at, message, Some(help));
                }
                Some(Cell::Inherent) => {
                    let message =
                        format!("`{permission}` is inherent for role `{}` and not configurable", shown());
                    self.add(Code::InherentPermission, at, message, Some("leave it out".to_owned()));
                }
                Some(Cell::Absent) | None => {
                    let message = format!("`{permission}` does not exist for role `{}`", shown());
                    let has = model.roles.iter().zip(cells).filter(|(_, cell)| cell.is_configurable());
                    let has: Vec<_> = has.map(|((_, name, _), _)| format!("`{name}`")).collect();
                    let help =
                        (!has.is_empty()).then(|| format!("it exists for roles based on {}", has.join(", ")));
                    self.add(Code::NoSuchPermission, at, message, help);
                }
            }
        }
    }

    /// Whom the domain gives which role by default (ROL-11).
    fn role_defaults(&mut self) {
        let model = self.model;
        for (of, role) in self.domain.view().role_defaults() {
            let Some(row) = model.role_defaults.get(of) else { continue };
            let base = self.state.base_of(role);
            if !row.based_on.contains(&base) && usize::from(base) < model.roles.len() {
                let bases: Vec<_> =
                    row.based_on.iter().map(|base| format!("`{}`", model.roles.name(*base))).collect();
                let name = model.role_defaults.name(of);
                let role = shown(self.state.role_name(role));
                let message = format!("`{role}` cannot be given by default to `{name}`");
                let help = format!("name a role that is, or is based on, {}", bases.join(" or "));
                let at = |source: &DomainSource| source.role_defaults.get(name).map(Name::span);
                self.add(Code::Contradiction, at, message, Some(help));
            }
        }
    }

    fn opt_ins(&mut self) {
        let model = self.model;
        for (feature, _) in self.domain.view().switches(super::compact::Section::OptIns) {
            if !model.features.get(feature).is_some_and(|row| row.beta) {
                let name = model.features.name(feature);
                let message = format!("feature `{name}` is no beta and needs no opt-in");
                let at = |source: &DomainSource| key(&source.opt_ins, name);
                self.add(Code::Contradiction, at, message, Some("leave it out".to_owned()));
            }
        }
    }

    /// A restriction needs somebody left whom it restricts (PRM-23).
    fn restrictions(&mut self) {
        let model = self.model;
        for restriction in &model.restrictions {
            let Some(dangling) = self.state.dangling(*restriction) else { continue };
            let Some(row) = model.permissions.get(*restriction) else { continue };
            let name = model.permissions.name(*restriction);
            let restricted = row.restricts.as_ref().map_or(0, |restricts| restricts.permission);
            let help = Some(format!("turn `{}` on, or this off", model.permissions.name(restricted)));
            match dangling {
                Dangling::Setting => {
                    let setting = row.setting.map_or("", |setting| model.settings.name(setting));
                    let at = |source: &DomainSource| {
                        key(&source.locked, setting).or_else(|| key(&source.settings, setting))
                    };
                    let message =
                        format!("setting `{setting}` is on, but nobody whom it would restrict may do it");
                    self.add(Code::DanglingRestriction, at, message, help);
                }
                Dangling::Role(role) => {
                    let role = self.state.role_name(role);
                    let at = |source: &DomainSource| key(&source.roles.get(role)?.permissions, name);
                    let message =
                        format!("`{name}` is on for role `{role}`, but there is nothing for it to restrict");
                    self.add(Code::DanglingRestriction, at, message, help);
                }
            }
        }
    }
}

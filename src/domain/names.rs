//! Names to positions: what a domain states written down in those of a catalog, noting what has none.

use std::ops::Range;

use super::compact::{Section, Writer};
use super::source::{DomainSource, RoleSource};
use crate::ascending::Ascending;
use crate::catalog::source::Map;
use crate::catalog::{Model, Numbering, is_id, limit, too_many_cells};
use crate::diagnostic::{Code, Problems, did_you_mean};
use crate::document::Name;
use crate::id::COUNT_MAX;
use crate::word::Switch;

/// Stands for a name that is unknown and was noted.
const UNKNOWN: u16 = u16::MAX;

/// What is stated of a role: its position in the catalog, unless it is a custom one; its name.
type Stated<'s> = (Option<u16>, &'s Name, &'s RoleSource);

/// What `source` states, in positions. Good for an engine only if nothing was noted.
pub(super) fn write(source: &DomainSource, model: &Model, problems: &mut Problems) -> Vec<u8> {
    let heading = &source.domain;
    let mut lookup = Lookup { model, problems };
    for (key, value) in [("id", &heading.id), ("kind", &heading.kind), ("plan", &heading.plan)] {
        if value.is_none() {
            let message = format!("missing key `{key}` of table `domain`");
            lookup.problems.add(Code::MissingKey, heading.at.clone(), message);
        }
    }
    let kind = heading.kind.as_ref().and_then(|name| lookup.find(&model.kinds, name, "kind"));
    let plan = heading.plan.as_ref().and_then(|name| lookup.find(&model.plans, name, "plan"));
    if plan.is_none() || heading.add_ons.iter().any(|name| model.add_ons.position(name.get_ref()).is_none()) {
        // What was bought is in doubt.
        lookup.problems.damage(&heading.at.clone().unwrap_or_default(), "add_ons");
    }
    let id = heading.id.as_ref().map_or("", |id| id.get_ref());
    let mut to = Writer::new(kind.unwrap_or(UNKNOWN), plan.unwrap_or(UNKNOWN), id);
    let roles = lookup.stated_roles(source);
    let custom = lookup.custom_names(&roles);
    lookup.names(&mut to, Section::Regimes, &model.regimes, &heading.regimes, "regime");
    lookup.names(&mut to, Section::AddOns, &model.add_ons, &heading.add_ons, "add-on");
    lookup.holders(&mut to, source, &custom);
    lookup.switches(&mut to, Section::OptIns, &model.features, &source.opt_ins, "feature");
    lookup.limits(&mut to, source);
    lookup.switches(&mut to, Section::Settings, &model.settings, &source.settings, "setting");
    lookup.switches(&mut to, Section::Locked, &model.settings, &source.locked, "setting");
    lookup.role_defaults(&mut to, source, &custom);
    lookup.roles(&mut to, &roles);
    lookup.custom_roles(&mut to, &roles, &custom);
    lookup.lists(&mut to, source);
    lookup.seats(&mut to, source);
    lookup.attested(&mut to, source);
    lookup.residency(&mut to, source);
    to.finish()
}

/// Looks names up, noting what is not there and what can be said of a value alone.
struct Lookup<'m, 'p> {
    model: &'m Model,
    problems: &'p mut Problems,
}

impl Lookup<'_, '_> {
    fn add(&mut self, code: Code, at: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.problems.add_with_help(code, place(at), message, help);
    }

    #[inline]
    fn find(&mut self, rows: &Numbering, name: &Name, what: &str) -> Option<u16> {
        let position = rows.position(name.get_ref());
        if position.is_none() {
            self.unknown(rows, name, what);
        }
        position
    }

    #[cold]
    fn unknown(&mut self, rows: &Numbering, name: &Name, what: &str) {
        let (at, message) = (place(name.span()), format!("unknown {what} `{}`", shown(name.get_ref())));
        self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), rows.names());
    }

    fn names(&mut self, to: &mut Writer, section: Section, rows: &Numbering, names: &[Name], what: &str) {
        let start = to.open();
        let mut last: Option<&Name> = None;
        for name in names {
            if last == Some(name) {
                let message = format!("{what} `{}` is named twice", shown(name.get_ref()));
                self.add(Code::Duplicate, name.span(), message, None);
            } else if let Some(position) = self.find(rows, name, what) {
                to.number(position);
            }
            last = Some(name);
        }
        to.close_section(section, start);
    }

    fn switches(
        &mut self,
        to: &mut Writer,
        section: Section,
        rows: &Numbering,
        switches: &Map<Switch>,
        what: &str,
    ) {
        let start = to.open();
        for (name, position) in switches {
            if let Some(found) = self.find(rows, name, what) {
                to.switch(found, *position);
            }
        }
        to.close_section(section, start);
    }

    /// The roles that something is stated of, those of the catalog with their position.
    fn stated_roles<'s>(&self, source: &'s DomainSource) -> Vec<Stated<'s>> {
        let position = |name: &Name| self.model.roles.position(name.get_ref());
        source.roles.iter().map(|(name, row)| (position(name), name, row)).collect()
    }

    /// The names of the custom roles, in order: those that say what they are based on.
    fn custom_names<'s>(&mut self, roles: &[Stated<'s>]) -> Vec<&'s str> {
        let model = self.model;
        let own = || roles.iter().filter(|(position, _, _)| position.is_none());
        let based = own().filter(|(_, _, row)| row.based_on.is_some());
        let mut custom: Vec<&str> = based.map(|(_, name, _)| name.get_ref().as_str()).collect();
        let most = COUNT_MAX.saturating_sub(model.roles.len());
        if custom.len() > most {
            custom.truncate(most);
            let at = own().map(|(_, name, _)| name.span()).nth(most);
            let message = format!("{} custom roles, at most {most} are possible", own().count());
            self.add(Code::TooMany, at.unwrap_or(0..0), message, None);
        }
        let roles = model.roles.len().saturating_add(custom.len());
        if let Some(message) = too_many_cells(roles, model.permissions.len()) {
            self.problems.add(Code::TooMany, None, message);
        }
        custom
    }

    fn role(&self, custom: &[&str], name: &str) -> Option<u16> {
        self.model.roles.position(name).or_else(|| {
            let index = custom.binary_search(&name).ok()?;
            u16::try_from(self.model.roles.len().checked_add(index)?).ok()
        })
    }

    fn holders(&mut self, to: &mut Writer, source: &DomainSource, custom: &[&str]) {
        let mut holders: Vec<(u64, u64)> = Vec::with_capacity(source.holders.len());
        for (name, count) in &source.holders {
            if let Some(role) = self.role(custom, name.get_ref()) {
                holders.push((role.into(), *count));
            } else if !source.roles.contains_key(name.get_ref().as_str()) {
                let own = source.roles.iter().map(|(name, _)| name.get_ref().as_str());
                let (at, roles) = (place(name.span()), self.model.roles.names().chain(own));
                let message = format!("unknown role `{}`", shown(name.get_ref()));
                self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), roles);
            }
        }
        let start = to.open();
        write_counts(to, holders);
        to.close_section(Section::Holders, start);
    }

    fn limits(&mut self, to: &mut Writer, source: &DomainSource) {
        let start = to.open();
        for (name, row) in &source.limits {
            let position = self.find(&self.model.limits, name, "limit");
            limit(row, name.span(), self.problems);
            if let Some(anchor) = row.anchor.as_ref().filter(|anchor| !is_anchor(anchor.get_ref())) {
                let message = format!("`{}` is no day", shown(anchor.get_ref()));
                let help = "write it as `2026-01-31` or as `2026-01-31T00:00:00Z`".to_owned();
                self.add(Code::OutOfRange, anchor.span(), message, Some(help));
            }
            if let Some(position) = position {
                to.number(position);
                to.limit(row);
            }
        }
        to.close_section(Section::Limits, start);
    }

    fn role_defaults(&mut self, to: &mut Writer, source: &DomainSource, custom: &[&str]) {
        let start = to.open();
        for (name, stated) in &source.role_defaults {
            let of = self.find(&self.model.role_defaults, name, "role default");
            let role = self.role(custom, stated.get_ref());
            if role.is_none() && of.is_some() {
                let names = self.model.roles.names().chain(custom.iter().copied());
                let help = did_you_mean(stated.get_ref(), names);
                let message = format!("unknown role `{}`", shown(stated.get_ref()));
                self.add(Code::UnknownName, stated.span(), message, help);
            }
            if let (Some(of), Some(role)) = (of, role) {
                to.number(of);
                to.number(role);
            }
        }
        to.close_section(Section::RoleDefaults, start);
    }

    /// What is configured of the catalog's roles.
    fn roles(&mut self, to: &mut Writer, roles: &[Stated<'_>]) {
        let start = to.open();
        for (role, name, row) in roles {
            let Some(role) = *role else { continue };
            if let Some(based_on) = &row.based_on {
                let message =
                    format!("role `{}` is the catalog's own and is based on nothing", shown(name.get_ref()));
                let help = Some("leave `based_on` out".to_owned());
                self.add(Code::Contradiction, based_on.span(), message, help);
            }
            to.number(role);
            let supreme = self.model.roles.get(role).is_some_and(|row| row.supreme);
            self.permissions(to, row.permissions.iter().filter(|_| !supreme));
        }
        to.close_section(Section::Roles, start);
    }

    fn custom_roles(&mut self, to: &mut Writer, roles: &[Stated<'_>], custom: &[&str]) {
        let model = self.model;
        let start = to.open();
        for (_, name, row) in roles.iter().filter(|(role, _, _)| role.is_none()) {
            if !is_id(name.get_ref()) {
                let message = format!("`{}` is no id", shown(name.get_ref()));
                let help =
                    "an id is a lower case letter, then letters, digits and `_`, at most 64 bytes".to_owned();
                self.add(Code::MalformedId, name.span(), message, Some(help));
            }
            let Some(based_on) = &row.based_on else {
                self.based_on_nothing(name);
                continue;
            };
            let base = self.find(&model.roles, based_on, "role").unwrap_or(UNKNOWN);
            if custom.binary_search(&name.get_ref().as_str()).is_ok() {
                to.text(name.get_ref());
                to.number(base);
                self.permissions(to, row.permissions.iter().filter(|_| base != UNKNOWN));
            }
        }
        to.close_section(Section::CustomRoles, start);
    }

    fn based_on_nothing(&mut self, name: &Name) {
        let message =
            format!("role `{}` is not in the catalog and says no `based_on`", shown(name.get_ref()));
        let help = did_you_mean(name.get_ref(), self.model.roles.names());
        let help = help.or_else(|| Some("a custom role states the role it is based on".to_owned()));
        self.add(Code::MissingKey, name.span(), message, help);
    }

    fn permissions<'s>(&mut self, to: &mut Writer, permissions: impl Iterator<Item = &'s (Name, Switch)>) {
        let start = to.open();
        for (name, position) in permissions {
            if let Some(permission) = self.find(&self.model.permissions, name, "permission") {
                to.switch(permission, *position);
            }
        }
        to.close(start);
    }

    fn lists(&mut self, to: &mut Writer, source: &DomainSource) {
        let start = to.open();
        for (name, entries) in &source.lists {
            let position = self.find(&self.model.lists, name, "list");
            for entry in entries.iter().filter(|entry| !is_email_domain(entry.get_ref())) {
                let message = format!("`{}` is no e-mail domain", shown(entry.get_ref()));
                let help = "write what follows the `@`, such as `partner.example`".to_owned();
                self.add(Code::UnknownValue, entry.span(), message, Some(help));
            }
            if let Some(position) = position {
                to.number(position);
                let start = to.open();
                entries.iter().for_each(|entry| to.text(entry.get_ref()));
                to.close(start);
            }
        }
        to.close_section(Section::Lists, start);
    }

    /// Seats of plans, then of add-ons: they decide nothing here, but must be of something.
    fn seats(&mut self, to: &mut Writer, source: &DomainSource) {
        let mut seats: Vec<(u64, u64)> = Vec::with_capacity(source.seats.len());
        for (name, count) in &source.seats {
            let Some(product) = product(self.model, name.get_ref()) else {
                let candidates = self.model.plans.names().chain(self.model.add_ons.names());
                let message = format!("unknown plan or add-on `{}`", shown(name.get_ref()));
                let at = place(name.span());
                self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), candidates);
                continue;
            };
            seats.push((product as u64, *count));
        }
        let start = to.open();
        write_counts(to, seats);
        to.close_section(Section::Seats, start);
    }

    fn attested(&mut self, to: &mut Writer, source: &DomainSource) {
        let start = to.open();
        for name in source.domain.attested.iter() {
            if !asks_for(self.model, name.get_ref()) {
                let asked = self.model.regimes.rows().flat_map(|row| row.attested.iter());
                let known: Ascending<&str> = asked.map(AsRef::as_ref).collect();
                let message = format!("no regime asks for the attestation `{}`", shown(name.get_ref()));
                let at = place(name.span());
                self.problems.add_unknown(Code::UnknownName, at, message, name.get_ref(), known);
            }
            to.text(name.get_ref());
        }
        to.close_section(Section::Attested, start);
    }

    fn residency(&mut self, to: &mut Writer, source: &DomainSource) {
        let residency = &source.residency;
        if residency.migrated && residency.region.is_none() {
            let message = "missing key `region` of table `residency`";
            self.problems.add(Code::MissingKey, residency.at.clone(), message);
        }
        let start = to.open();
        if residency.migrated || residency.region.is_some() {
            to.byte(u8::from(residency.migrated));
            residency.region.iter().for_each(|region| to.text(region.get_ref()));
        }
        to.close_section(Section::Residency, start);
    }
}

/// Counts, in the order of what is counted.
pub(super) fn write_counts(to: &mut Writer, mut counts: Vec<(u64, u64)>) {
    counts.sort_unstable();
    for (of, count) in counts {
        to.number(of);
        to.number(count);
    }
}

/// The number of a plan or, after those, of an add-on.
pub(crate) fn product(model: &Model, name: &str) -> Option<usize> {
    let add_on =
        || model.add_ons.position(name).map(|add_on| model.plans.len().saturating_add(add_on.into()));
    model.plans.position(name).map(usize::from).or_else(add_on)
}

/// Whether some regime asks for an attestation.
pub(super) fn asks_for(model: &Model, attestation: &str) -> bool {
    model.regimes.rows().any(|row| row.attested.iter().any(|asked| **asked == *attestation))
}

/// A name built in code has no place.
pub(super) fn place(at: Range<usize>) -> Option<Range<usize>> {
    Some(at).filter(|at| at.end > 0)
}

/// A name as it is shown in a message: no control or invisible character gets through.
pub(super) fn shown(name: &str) -> String {
    let plain = |one: char| one.is_ascii_graphic() || one.is_alphanumeric();
    let escaped = name.chars().map(|one| match plain(one) {
        true => one.to_string(),
        false => one.escape_default().to_string(),
    });
    escaped.collect()
}

/// The part of an e-mail address behind the `@`: ASCII labels with a dot between them.
pub(crate) fn is_email_domain(text: &str) -> bool {
    let (mut dotted, mut last) = (false, b'.');
    for byte in text.bytes() {
        let fits = match (last, byte) {
            // A label neither starts nor ends with a hyphen, and is not empty.
            (b'.' | b'-', b'.') | (b'.', b'-') => false,
            (_, b'.' | b'-') => true,
            _ => byte.is_ascii_alphanumeric(),
        };
        if !fits {
            return false;
        }
        dotted |= byte == b'.';
        last = byte;
    }
    text.len() <= 253 && dotted && last != b'.' && last != b'-'
}

/// Whether a text is a day or a time.
pub(super) fn is_anchor(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() || text.parse::<crate::units::Timestamp>().is_ok()
}

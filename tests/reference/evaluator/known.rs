//! Gate 1: what the catalog does not know, and what fits no form. And what an action reads.

use std::collections::BTreeSet;

use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, To};

use super::authority::rows_of;
use super::connector;
use super::{Denial, Failure, limit_names};
use crate::model::{Catalog, Domain};

/// DEC-02: the first of what nobody knows or what fits no form, in the order of a request.
pub(super) fn unknown<'a>(
    catalog: &'a Catalog,
    domain: &'a Domain,
    request: &'a NamedRequest,
) -> Option<Denial<'a>> {
    Unknown { catalog, domain, found: None }.of_request(request)
}

/// Looks for the first name that nobody knows.
struct Unknown<'a> {
    catalog: &'a Catalog,
    domain: &'a Domain,
    found: Option<Denial<'a>>,
}

macro_rules! looks_up {
    ($($method:ident: $table:ident, $word:literal, $failure:literal;)*) => {$(
        fn $method(&mut self, names: impl IntoIterator<Item = &'a String>) {
            let catalog = self.catalog;
            self.check(names, |name| catalog.$table.contains_key(name), $word, $failure);
        }
    )*};
}

impl<'a> Unknown<'a> {
    looks_up! {
        standings: standings, "standing", "unknown-standing";
        permissions: permissions, "permission", "unknown-permission";
        features: features, "feature", "unknown-feature";
        settings: settings, "setting", "unknown-setting";
        lists: lists, "list", "unknown-list";
        data: data, "data", "unknown-data";
        models: models, "model", "unknown-model";
        facts: facts, "fact", "unknown-fact";
        connectors: connectors, "connector", "unknown-connector";
    }

    fn check(
        &mut self,
        names: impl IntoIterator<Item = &'a String>,
        known: impl Fn(&String) -> bool,
        word: &'static str,
        failure: Failure,
    ) {
        let unknown = names.into_iter().find(|name| !known(name));
        let unknown = unknown.map(|name| (failure, vec![(word, name.as_str())]));
        self.found = self.found.take().or(unknown);
    }

    fn roles(&mut self, names: impl IntoIterator<Item = &'a String>) {
        let (catalog, domain) = (self.catalog, self.domain);
        let known = |name: &String| catalog.roles.contains_key(name) || domain.roles.contains_key(name);
        self.check(names, known, "role", "unknown-role");
    }

    fn malformed(&mut self, is: bool) {
        if is && self.found.is_none() {
            self.found = Some(("malformed-request", vec![]));
        }
    }

    fn of_request(mut self, request: &'a NamedRequest) -> Option<Denial<'a>> {
        let NamedRequest { subject, action, context, .. } = request;
        self.roles(&subject.roles);
        self.standings(&subject.standings);
        self.malformed(!fits_a_form(action));
        if self.found.is_some() {
            return self.found;
        }
        self.of_action(action);
        if let Some(change) = &action.change {
            self.of_change(change);
        }
        self.facts(context.facts.keys());
        self.malformed(connector::contradicts_its_times(self.catalog, request));
        let limits = limit_names(self.catalog);
        let stated = context.remaining.keys().chain(context.used.keys());
        self.check(stated, |name| limits.contains(name), "limit", "unknown-limit");
        self.malformed(context.remaining.keys().any(|it| context.used.contains_key(it)));
        self.found
    }

    fn of_action(&mut self, action: &'a NamedAction) {
        let catalog = self.catalog;
        self.data(action.process.iter().chain(&action.store));
        self.permissions(&action.permission);
        let asked = action.permission.as_ref().and_then(|it| catalog.permissions.get(it));
        // A restriction is no action of its own.
        self.malformed(asked.is_some_and(|it| it.restricts.is_some()));
        self.features(&action.feature);
        self.models(&action.model);
        let priced = |pool: &String| catalog.models.values().any(|model| model.price.contains_key(pool));
        self.check(action.tokens.keys(), priced, "quantity", "unknown-quantity");
        let read = |object: &String| catalog.connectors.values().any(|row| row.read.contains_key(object));
        self.check(&action.read, read, "object", "unknown-object");
        self.connectors(action.connect.iter().chain(&action.disconnect).chain(&action.through));
        let modes = |name: &String| catalog.connectors.values().any(|row| row.modes.contains_key(name));
        if modes(action.mode.as_ref().unwrap_or(&String::new())) {
            // Another connector has it: the name is known, and there is nothing to tell.
            let of = action.connect.as_ref().or(action.through.as_ref());
            let row = of.and_then(|of| catalog.connectors.get(of));
            let has = row.zip(action.mode.as_ref()).is_none_or(|(row, mode)| row.modes.contains_key(mode));
            self.found = self.found.take().or((!has).then(|| ("unknown-mode", vec![])));
        }
        self.check(&action.mode, modes, "mode", "unknown-mode");
    }

    fn of_change(&mut self, change: &'a NamedChange) {
        self.roles(change.role.iter().chain(&change.delete_role));
        self.roles(change.assign_role.iter().chain(&change.from).chain(&change.based_on));
        self.permissions(&change.permission);
        self.settings(&change.setting);
        self.lists(&change.list);
        self.features(&change.opt_in);
    }
}

/// Whether the keys of an action are those of exactly one form.
fn fits_a_form(action: &NamedAction) -> bool {
    let keys = [
        ("permission", action.permission.is_some()),
        ("feature", action.feature.is_some()),
        ("trigger", action.trigger.is_some()),
        ("model", action.model.is_some()),
        ("tokens", !action.tokens.is_empty()),
        ("process", action.process.is_some()),
        ("store", action.store.is_some()),
        ("change", action.change.is_some()),
        ("connect", action.connect.is_some()),
        ("mode", action.mode.is_some()),
        ("disconnect", action.disconnect.is_some()),
        ("read", action.read.is_some()),
        ("through", action.through.is_some()),
        ("scope", action.scope.is_some()),
    ];
    let stated: BTreeSet<&str> = keys.into_iter().filter(|(_, stated)| *stated).map(|(key, _)| key).collect();
    // What a form states, and what it may state besides.
    let forms: [(&[&str], &[&str]); 8] = [
        (&["permission"], &[]),
        (&["feature"], &["trigger", "model", "tokens"]),
        (&["feature", "process"], &["model"]),
        (&["store"], &[]),
        (&["change"], &[]),
        (&["connect", "mode"], &[]),
        (&["disconnect"], &[]),
        (&["read", "through"], &["mode", "scope"]),
    ];
    let fits = |(needed, optional): &(&[&str], &[&str])| {
        needed.iter().all(|key| stated.contains(key))
            && stated.iter().all(|key| needed.contains(key) || optional.contains(key))
    };
    forms.iter().any(fits) && action.change.as_ref().is_none_or(change_fits_a_form)
}

/// Whether the keys of a change are those of exactly one form.
fn change_fits_a_form(change: &NamedChange) -> bool {
    let keys = [
        change.setting.is_some(),
        change.role.is_some(),
        change.permission.is_some(),
        change.list.is_some(),
        change.create_role.is_some(),
        change.based_on.is_some(),
        change.delete_role.is_some(),
        change.assign_role.is_some(),
        change.opt_in.is_some(),
    ];
    let stated: Vec<usize> = (0..keys.len()).filter(|at| keys[*at]).collect();
    let switch = matches!(change.to, Some(To::Switch(_)));
    let entries = matches!(change.to, Some(To::Entries(_)));
    let from = change.from.is_some();
    match stated.as_slice() {
        [0 | 8] | [1, 2] => switch && !from,
        [3] => entries && !from,
        [4, 5] | [6] => change.to.is_none() && !from,
        [7] => change.to.is_none(),
        _ => false,
    }
}

/// Which facts a decision may depend on. More than needed does no harm: what is not read changes nothing.
pub(super) fn facts_read<'a>(catalog: &'a Catalog, action: &'a NamedAction) -> BTreeSet<&'a str> {
    let mut facts = connector::facts_read(catalog, action);
    let mut permissions: Vec<&str> = Vec::new();
    permissions.extend(action.permission.as_deref());
    if let (Some(feature), None) = (&action.feature, &action.process) {
        permissions.extend(catalog.features[feature].permission.as_deref());
    }
    if let (Some(connector), Some(mode)) = (&action.connect, &action.mode) {
        let rows = &catalog.connectors[connector].modes[mode].connect;
        permissions.extend(rows.iter().filter_map(|row| row.permission.as_deref()));
    }
    if let Some(change) = &action.change {
        let mut rows = rows_of(catalog, change);
        // The warning depends on who may do the reverse.
        if change.create_role.is_some() || change.delete_role.is_some() {
            rows.extend(["create_role", "delete_role"].iter().filter_map(|name| catalog.changes.get(*name)));
        }
        permissions.extend(rows.iter().filter_map(|row| row.permission.as_deref()));
        let roles = change.assign_role.iter().chain(&change.from);
        facts.extend(roles.filter_map(|role| catalog.roles.get(role)?.verified_by.as_deref()));
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = permissions.pop() {
        if seen.insert(name) {
            let permission = &catalog.permissions[name];
            facts.extend(permission.needs.iter().map(String::as_str));
            facts.extend(permission.exempt.iter().map(String::as_str));
            facts.extend(permission.instead.keys().map(String::as_str));
            permissions.extend(permission.instead.values().map(String::as_str));
            permissions.extend(permission.otherwise.as_deref());
        }
    }
    facts
}

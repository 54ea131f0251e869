//! Connectors: connecting, disconnecting and reading through one.

use std::collections::{BTreeMap, BTreeSet};

use tollkeeper::request::{NamedAction, NamedRequest};
use tollkeeper::word::Scope as SearchScope;

use super::authority::in_order;
use super::{About, Answer, Asked, Case, Denial, Open, Steps, allow, strs};
use crate::model::{Catalog, Change, Connect, Connector, Mode};

/// Whether the action is one on a connector.
pub(super) fn concerns(action: &NamedAction) -> bool {
    action.connect.is_some() || action.disconnect.is_some() || action.read.is_some()
}

/// The facts that connecting, disconnecting or reading looks at.
pub(super) fn facts_read<'a>(catalog: &'a Catalog, action: &'a NamedAction) -> BTreeSet<&'a str> {
    let mut facts = BTreeSet::new();
    let of = action.connect.as_ref().or(action.disconnect.as_ref()).or(action.through.as_ref());
    let Some(row) = of.map(|of| &catalog.connectors[of]) else { return facts };
    if let (Some(_), Some(mode)) = (&action.connect, &action.mode) {
        facts.extend(strs(&row.connect.needs).chain(strs(&row.connect.unless)));
        facts.extend(strs(&row.modes[mode].needs));
    }
    if action.disconnect.is_some() {
        facts.extend(strs(&row.disconnect.needs).chain(strs(&row.disconnect.unless)));
    }
    if let Some(object) = &action.read {
        let of_modes = row.modes.values().filter_map(|mode| mode.read.get(object));
        facts.extend(of_modes.chain(row.read.get(object)).flat_map(strs));
    }
    facts
}

/// CON-07: whether the two times of a read say something else than the fact that they stand for.
pub(super) fn contradicts_its_times(catalog: &Catalog, request: &NamedRequest) -> bool {
    let times = by_times(catalog, request);
    times.is_some_and(|(fact, holds)| request.context.facts.get(fact).is_some_and(|stated| *stated != holds))
}

/// CON-07: the fact of the look-back, where two times state it. The window is half-open.
pub(super) fn by_times<'a>(catalog: &'a Catalog, request: &NamedRequest) -> Option<(&'a str, bool)> {
    request.action.read.as_ref()?;
    let look_back = &catalog.connectors.get(request.action.through.as_ref()?)?.look_back;
    let (fact, within) = (look_back.fact.as_deref()?, look_back.within.as_deref()?);
    let (at, touched_at) = (request.context.at?, request.context.touched_at?);
    let age = i128::from(at.nanoseconds()) - i128::from(touched_at.nanoseconds());
    Some((fact, age < hours(within) * 3_600_000_000_000))
}

/// A length of time in days or hours.
fn hours(text: &str) -> i128 {
    let (count, unit) = text.split_at(text.len() - 1);
    count.parse::<i128>().expect("digits") * if unit == "d" { 24 } else { 1 }
}

impl<'a> Case<'a> {
    /// CON-01, CON-02, CON-09: whether the subject may connect in this mode.
    pub(super) fn connect(
        &self,
        connector: &'a str,
        mode: &'a str,
        steps: &mut Steps<'a>,
    ) -> Result<Answer<'a>, Denial<'a>> {
        let row = &self.catalog.connectors[connector];
        let of_mode = &row.modes[mode];
        let rows = in_order(&of_mode.connect);
        let since = steps.len();
        let scopes = [row.into(), of_mode.into()].into_iter().chain(self.scope_of(&rows));
        let scopes: Vec<super::scope::Scope<'a>> = scopes.collect();
        scopes.iter().for_each(|scope| steps.ask_all("plan", self.plan_gate(scope)));
        scopes.iter().for_each(|scope| steps.ask_all("kind", self.kind_gate(scope.kinds)));
        let needs: BTreeSet<&str> = strs(&row.connect.needs).chain(strs(&of_mode.needs)).collect();
        let about = vec![("connector", connector)];
        let held = self.hold(&needs, &strs(&row.connect.unless).collect(), about);
        match self.authority_is_open(&rows) {
            // What facts would decide who may stands with the facts.
            Some(facts) => steps.ask("facts", with_missing(held, facts)),
            None => {
                let somebody = self.has_row_in_scope(&rows);
                steps.ask("authority", if somebody { self.rows(&rows, None) } else { Ok(vec![]) });
                steps.ask("facts", held);
            }
        }
        let about = vec![("connector", connector), ("mode", mode)];
        steps.first_failure(since).map_or_else(|| Ok(self.permitted(&row.connect, about)), Err)
    }

    /// In an explanation: the facts that are not stated and decide whether a permission that would do is held.
    fn authority_is_open(&self, rows: &[&'a Change]) -> Option<Vec<&'a str>> {
        if self.balance_covers.is_some() || !self.has_row_in_scope(rows) {
            return None;
        }
        let open = Open::of(self.catalog, self.request);
        let may = |number: u64| {
            let case = Self { supposed: open.supposed(number), balance_covers: Some(true), ..self.clone() };
            case.rows(rows, None).is_ok()
        };
        let may: Vec<bool> = (0..1_u64 << open.facts.len()).map(may).collect();
        let decides = |(at, fact): (usize, &&'a str)| {
            (0..may.len()).any(|number| may[number] != may[number ^ 1 << at]).then_some(*fact)
        };
        let facts: Vec<&str> = open.facts.iter().enumerate().filter_map(decides).collect();
        (!facts.is_empty()).then_some(facts)
    }

    /// CON-10: whether the subject may disconnect.
    pub(super) fn disconnect(
        &self,
        connector: &'a str,
        steps: &mut Steps<'a>,
    ) -> Result<Answer<'a>, Denial<'a>> {
        let row = &self.catalog.connectors[connector].disconnect;
        let about = vec![("connector", connector)];
        let held = self.hold(&strs(&row.needs).collect(), &strs(&row.unless).collect(), about);
        steps.ask("facts", held.clone());
        held.map(|about| self.permitted(row, about))
    }

    /// CON-12: what comes with connecting, more of it under some regimes.
    fn permitted(&self, row: &'a Connect, about: About<'a>) -> Answer<'a> {
        let mut obligations: BTreeSet<&str> = strs(&row.obligations).collect();
        for (regime, _) in self.regimes() {
            obligations.extend(row.under.get(regime).into_iter().flat_map(strs));
        }
        allow("connector-permitted", about, obligations)
    }

    /// CON-03 to CON-08, CON-11: whether an object of this type may be read for this subject.
    pub(super) fn read(
        &self,
        object: &'a str,
        connector: &'a str,
        steps: &mut Steps<'a>,
    ) -> Result<Answer<'a>, Denial<'a>> {
        let action = &self.request.action;
        let row = &self.catalog.connectors[connector];
        let about = || vec![("object", object), ("connector", connector)];
        let wanted: Vec<&Mode> = match &action.mode {
            Some(mode) => vec![&row.modes[mode]],
            None => row.modes.values().collect(),
        };
        let usable: Vec<&Mode> =
            wanted.iter().copied().filter(|mode| self.in_scope(&(*mode).into())).collect();
        let since = steps.len();
        // Where the domain can be connected in none of the modes, they say why not.
        let blocking = if usable.is_empty() { &wanted[..] } else { &[] };
        let scopes: Vec<super::scope::Scope<'a>> =
            [row.into()].into_iter().chain(blocking.iter().map(|mode| (*mode).into())).collect();
        scopes.iter().for_each(|scope| steps.ask_all("plan", self.plan_gate(scope)));
        scopes.iter().for_each(|scope| steps.ask_all("kind", self.kind_gate(scope.kinds)));
        let readable = row.read.contains_key(object);
        steps.ask("compliance", if readable { Ok(about()) } else { Err(("not-readable", about())) });
        // CON-08: the asker is a user here.
        steps.ask(
            "role",
            match self.roles_in_order().first() {
                Some(role) => Ok(vec![("role", *role)]),
                None => Err(("not-granted-to-role", about())),
            },
        );
        let hosts_only = matches!(action.scope, Some(SearchScope::Host));
        steps.ask("facts", if hosts_only { Err(("out-of-scope", about())) } else { Ok(about()) });
        // Without a mode: what every mode that the domain can have asks for.
        let of_modes = usable.iter().filter_map(|mode| mode.read.get(object));
        let needs = of_modes.chain(row.read.get(object)).flat_map(strs).collect();
        steps.ask("facts", self.hold(&needs, &BTreeSet::new(), about()));
        if let Some(denial) = steps.first_failure(since) {
            return Err(denial);
        }
        let stale = windows(row);
        let mut obligations: BTreeSet<&str> = strs(&row.obligations).collect();
        obligations.extend((!stale.is_empty()).then_some("may_be_stale"));
        let mode = action.mode.as_deref().map(|mode| ("mode", mode));
        let about = about().into_iter().chain(mode).collect();
        Ok(Answer { stale, ..allow("connector-permitted", about, obligations) })
    }

    /// Whether these facts are so and those are not. What is known to be in the way says why; an explanation says
    /// what is missing where nothing is.
    fn hold(&self, needs: &BTreeSet<&'a str>, unless: &BTreeSet<&'a str>, about: About<'a>) -> Asked<'a> {
        let stated = |fact: &&str| self.stated(fact);
        let denial = |failure, facts: Vec<&'a str>| {
            let facts = facts.into_iter().map(|fact| ("facts", fact));
            Err((failure, about.iter().copied().chain(facts).collect()))
        };
        let lacking = || needs.iter().copied().filter(|fact| stated(fact) != Some(true)).collect();
        let in_the_way =
            |so: &dyn Fn(&&'a str) -> bool| unless.iter().copied().filter(so).collect::<Vec<&'a str>>();
        if needs.iter().any(|fact| stated(fact) == Some(false)) {
            return denial("fact-false", lacking());
        }
        let known = in_the_way(&|fact| stated(fact) == Some(true));
        if !known.is_empty() {
            return denial("fact-true", known);
        }
        let open: BTreeSet<&str> =
            needs.union(unless).copied().filter(|fact| stated(fact).is_none()).collect();
        if self.balance_covers.is_none() && !open.is_empty() {
            return denial("missing-fact", open.into_iter().collect());
        }
        let is_so = |fact: &&str| stated(fact).unwrap_or_else(|| self.supposed.contains(*fact));
        if !needs.iter().all(is_so) {
            return denial("fact-false", lacking());
        }
        let supposed = in_the_way(&|fact| is_so(fact));
        if supposed.is_empty() { Ok(about) } else { denial("fact-true", supposed) }
    }

    /// What the request says of a fact, by itself or by its times.
    fn stated(&self, fact: &str) -> Option<bool> {
        match by_times(self.catalog, self.request) {
            Some((by_times, holds)) if by_times == fact => Some(holds),
            _ => self.request.context.facts.get(fact).copied(),
        }
    }
}

/// What a missing fact of an action on a connector is about, besides the facts: nothing where only who may is open.
pub(super) fn about_missing<'a>(catalog: &'a Catalog, action: &'a NamedAction, facts: &[&str]) -> About<'a> {
    let Some(connector) = action.connect.as_ref().or(action.disconnect.as_ref()).or(action.through.as_ref())
    else {
        return vec![];
    };
    let own = facts_read(catalog, action);
    let object = action.read.as_deref().map(|object| ("object", object));
    match facts.iter().any(|fact| own.contains(fact)) {
        true => object.into_iter().chain([("connector", connector.as_str())]).collect(),
        false => vec![],
    }
}

/// The facts of an action, with those that decide who may.
fn with_missing<'a>(held: Asked<'a>, facts: Vec<&'a str>) -> Asked<'a> {
    let mut facts: BTreeSet<&str> = facts.into_iter().collect();
    let about = match held {
        Ok(_) => vec![],
        Err(("missing-fact", about)) => about,
        Err(denial) => return Err(denial),
    };
    facts.extend(about.iter().filter(|(word, _)| *word == "facts").map(|(_, fact)| fact));
    let rest = about.into_iter().filter(|(word, _)| *word != "facts");
    Err(("missing-fact", rest.chain(facts.into_iter().map(|fact| ("facts", fact))).collect()))
}

/// CON-07: how old what is read may be.
fn windows(row: &Connector) -> BTreeMap<&str, &str> {
    let windows = [
        ("initial_sync", &row.initial_sync),
        ("new_content", &row.new_content),
        ("permission_sync", &row.permission_sync),
    ];
    windows.into_iter().filter_map(|(name, window)| Some((name, window.as_deref()?))).collect()
}

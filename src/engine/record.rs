//! Decisions in names: the form of logs, JSON and TOML.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::{Engine, connector};
use crate::catalog::Model;
use crate::decision::{Because, Decision, Effect, Parameter, Reason};
use crate::domain::State;
use crate::id::positions;
use crate::word::Level;

/// A decision in names, with the domain and the version it was made by: stable, serializable, for logs.
///
/// ```
/// # use tollkeeper::{catalog::Catalog, domain::Domain, engine::Engine};
/// # use tollkeeper::{id::{PermissionId, RoleId}, request::{Request, Subject}};
/// # let catalog = Catalog::builtin();
/// # let text = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'";
/// # let engine = Engine::compile(&catalog, &Domain::parse(text)?)?;
/// # let guest = catalog.find("guest").unwrap_or(RoleId::UNKNOWN);
/// # let create_teams = catalog.find("create_teams").unwrap_or(PermissionId::UNKNOWN);
/// let decision = engine.evaluate(&Request::new(Subject::role(guest), create_teams));
/// let json = serde_json::to_string(&engine.record(&decision))?;
/// assert!(json.starts_with(
///     r#"{"effect":"deny","reason":"never-for-role","because":{"permission":"create_teams","role":"guest"}"#
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Record {
    /// Allow or deny.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// What the reason is about.
    #[serde(default)]
    pub because: BTreeMap<String, BecauseValue>,
    /// What the caller must do when it acts on the allow.
    #[serde(default)]
    pub obligations: Vec<String>,
    /// Who gets data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// Which classes of data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<String>,
    /// What to serve in the place of a denied feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// What an allowed run charges, by meter, in the unit of the meter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub charge: BTreeMap<String, u64>,
    /// How old what is read through a connector may be: each window by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stale: BTreeMap<String, String>,
    /// The domain that was asked.
    pub domain: String,
    /// The content hash of catalog and domain, in hexadecimal.
    pub version: String,
}

/// What a parameter of a reason names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum BecauseValue {
    /// One thing.
    One(String),
    /// Several: facts, or the providers that no regime bars.
    Many(Vec<String>),
}

impl BecauseValue {
    fn and(&mut self, name: String) {
        match self {
            Self::One(first) => *self = Self::Many(vec![std::mem::take(first), name]),
            Self::Many(names) => names.push(name),
        }
    }
}

impl Engine {
    /// A decision of this engine in names.
    pub fn record(&self, decision: &Decision) -> Record {
        let names = Names::of(self);
        let model = self.catalog.model();
        let obligations = positions(decision.obligation_bits());
        let providers = positions(decision.provider_bits());
        let data = positions(decision.data_bits());
        Record {
            effect: decision.effect(),
            reason: decision.reason(),
            because: self.because(decision),
            obligations: obligations.map(|position| model.obligations.name(position).to_owned()).collect(),
            providers: providers.map(|position| model.providers.name(position).to_owned()).collect(),
            data: data.map(|position| model.data.name(position).to_owned()).collect(),
            fallback: decision
                .fallback()
                .map(|fallback| model.fallbacks.name(fallback.position()).to_owned()),
            charge: names.charge(decision),
            stale: connector::stale(model, decision),
            domain: self.domain_id().to_owned(),
            version: format!("{:016x}", self.version()),
        }
    }

    /// What the reason of a decision of this engine is about, in names.
    pub(crate) fn because(&self, decision: &Decision) -> BTreeMap<String, BecauseValue> {
        Names::of(self).because(decision.because(), decision.fact_bits())
    }

    /// A decision of this engine as one line for people: effect, reason, what it means and what it is about.
    pub fn sentence(&self, decision: &Decision) -> String {
        let because = Names::of(self).because_text(decision.because(), decision.fact_bits());
        let effect = if decision.is_allow() { "allow" } else { "deny" };
        let because = if because.is_empty() { because } else { format!(": {because}") };
        let meaning = decision.reason().meaning().trim_end_matches('.');
        let mut letters = meaning.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        let meaning: String = first.into_iter().chain(letters).collect();
        format!("{effect} ({}): {meaning}{because}", decision.reason())
    }
}

/// Gives positions their names.
#[derive(Clone, Copy)]
pub(super) struct Names<'e> {
    model: &'e Model,
    state: State<'e>,
}

impl<'e> Names<'e> {
    pub(super) fn of(engine: &'e Engine) -> Self {
        Self { model: engine.catalog.model(), state: engine.state() }
    }

    pub(super) fn permission(&self, position: u16) -> &'e str {
        self.model.permissions.name(position)
    }

    pub(super) fn role(&self, position: u16) -> &'e str {
        self.state.role_name(position)
    }

    fn name(&self, parameter: Parameter, position: u16) -> &'e str {
        let model = self.model;
        match parameter {
            Parameter::Role => self.role(position),
            Parameter::Permission | Parameter::DecidedBy => model.permissions.name(position),
            Parameter::Despite => Reason::ALL.get(usize::from(position)).map_or("", |reason| reason.as_str()),
            Parameter::Feature => model.features.name(position),
            Parameter::Setting => model.settings.name(position),
            Parameter::Level => Level::ALL.get(usize::from(position)).map_or("", |level| level.as_str()),
            Parameter::Provider => model.providers.name(position),
            Parameter::Service => model.services.name(position),
            Parameter::Regime => model.regimes.name(position),
            Parameter::Data => model.data.name(position),
            Parameter::List => model.lists.name(position),
            Parameter::Plan => model.plans.name(position),
            Parameter::AddOn => model.add_ons.name(position),
            Parameter::Kind => model.kinds.name(position),
            Parameter::Standing => model.standings.name(position),
            Parameter::Limit => model.limits.name(position),
            Parameter::Model => model.models.name(position),
            Parameter::Quantity => model.quantities.name(position),
            Parameter::EmailDomain => "not_stated",
            Parameter::Fact => model.facts.name(position),
            Parameter::Connector => model.connectors.name(position),
            Parameter::Mode => model.modes.name(position),
            Parameter::Object => model.objects.name(position),
        }
    }

    /// The parameters of a reason by their words, facts included. What goes by one word stands together.
    pub(super) fn because(&self, because: Because, facts: u64) -> BTreeMap<String, BecauseValue> {
        let mut named = BTreeMap::new();
        for (parameter, position) in because.iter() {
            let name = self.name(parameter, position).to_owned();
            match named.entry(parameter.as_str().to_owned()) {
                Entry::Vacant(free) => {
                    free.insert(BecauseValue::One(name));
                }
                Entry::Occupied(mut taken) => taken.get_mut().and(name),
            }
        }
        if facts != 0 {
            let facts = positions(facts).map(|fact| self.model.facts.name(fact).to_owned());
            named.insert("facts".to_owned(), BecauseValue::Many(facts.collect()));
        }
        named
    }

    /// The same for people.
    pub(super) fn because_text(&self, because: Because, facts: u64) -> String {
        let named = because
            .iter()
            .map(|(parameter, position)| format!("{parameter} `{}`", self.name(parameter, position)));
        let facts = positions(facts).map(|fact| format!("fact `{}`", self.model.facts.name(fact)));
        named.chain(facts).collect::<Vec<_>>().join(", ")
    }

    fn charge(&self, decision: &Decision) -> BTreeMap<String, u64> {
        let feature = decision.because().get(Parameter::Feature).filter(|_| decision.charge() > 0);
        let row = feature.and_then(|feature| self.model.features.get(feature));
        let meter = row.and_then(|row| row.meter);
        let mut charge = BTreeMap::new();
        charge.extend(meter.map(|meter| (self.model.meters.name(meter).to_owned(), decision.charge())));
        charge
    }
}

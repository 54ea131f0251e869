//! From the shape of a catalog file to a validated model, or to every problem at once.

mod changes;
mod features;
mod permissions;

use super::credits::CreditPlan;
use super::graph::{self, Broken};
use super::model::{
    AddOn, AiModel, Condition, Data, Limit, List, Meter, Model, Plan, Positions, Provider, Regime, Role,
    RoleDefault, Service, Setting, SoldCredits, Standing,
};
use super::rows::{Numbering, Rows};
use super::source::{
    AddOnSource, BilledSource, CatalogSource, CreditPlanSource, LimitSource, Map, MeterSource, ModelSource,
    ProviderSource, RegimeSource, RoleDefaultSource, RoleSource, SeatsSource,
};
use crate::ascending::Ascending;
use crate::diagnostic::{Code, Diagnostics, Problems, did_you_mean};
use crate::document::{Name, Set};
use crate::hash::Fnv;
use crate::id::{CELLS_MAX, COUNT_MAX, Tag, bit};
use crate::units::Price;
use crate::word::{Every, Stop, Switch};
use std::ops::Range;

/// Things that live as bits of a word.
const BITS_MAX: usize = 64;
/// How many things of a circle are shown.
const CIRCLE_SHOWN_MAX: usize = 8;
/// How many facts one question may read: all their completions are decided.
const READS_MAX: u32 = 6;

/// What an engine obliges to by itself, whatever the catalog.
pub(crate) const ENGINE_OBLIGATIONS: [(&str, &str); 4] = [
    ("beta_as_is", "the feature is a beta: as it is, without warranty, it may be withdrawn"),
    ("limit_not_enforced", "usage is counted, but no limit is set that it could reach"),
    ("may_be_stale", "what is read may be as old as the decision says"),
    ("warn_irreversible", "say before the change that the one who makes it cannot undo it"),
];

/// Checks `source`; `text` is what it was read from, for places.
pub(crate) fn validate(source: CatalogSource, problems: Problems, text: &str) -> Result<Model, Diagnostics> {
    let mut checker = Checker { problems };
    let names = Names::of(&source, &mut checker);
    let model = checker.model(&source, names);
    checker.problems.into_result(Some(text))?;
    let hash = Fnv::of(source.to_toml().as_bytes());
    Ok(Model { source, hash, tag: Tag::of_hash(hash), ..model }.derived())
}

/// The names of everything, before anything refers to them.
pub(super) struct Names {
    kinds: Numbering,
    plans: Numbering,
    add_ons: Numbering,
    roles: Numbering,
    standings: Numbering,
    pub(super) facts: Numbering,
    pub(super) obligations: Numbering,
    fallbacks: Numbering,
    lists: Numbering,
    settings: Numbering,
    permissions: Numbering,
    providers: Numbering,
    services: Numbering,
    data: Numbering,
    meters: Numbering,
    limits: Numbering,
    quantities: Numbering,
    pub(super) regimes: Numbering,
    pub(super) modes: Numbering,
    pub(super) objects: Numbering,
}

impl Names {
    fn of(source: &CatalogSource, checker: &mut Checker) -> Self {
        // Nothing in the file refers to these; their names are ids all the same.
        checker.names(&source.features.names(), "features", COUNT_MAX);
        checker.names(&source.models.names(), "models", COUNT_MAX);
        checker.names(&source.credit_plans.names(), "credit plans", COUNT_MAX);
        Self {
            kinds: checker.names(&source.kinds.names(), "kinds", COUNT_MAX),
            plans: checker.names(&source.plans.names(), "plans", COUNT_MAX),
            add_ons: checker.names(&source.add_ons.names(), "add-ons", COUNT_MAX),
            roles: checker.names(&source.roles.names(), "roles", COUNT_MAX),
            standings: checker.names(&source.standings.names(), "standings", COUNT_MAX),
            facts: checker.names(&source.facts.names(), "facts", BITS_MAX),
            obligations: checker.obligations(&source.obligations),
            fallbacks: checker.names(&source.fallbacks.names(), "fallbacks", COUNT_MAX),
            lists: checker.names(&source.lists.names(), "lists", COUNT_MAX),
            settings: checker.names(&source.settings.names(), "settings", COUNT_MAX),
            permissions: checker.names(&source.permissions.names(), "permissions", COUNT_MAX),
            providers: checker.names(&source.providers.names(), "providers", BITS_MAX),
            services: checker.names(&source.services.names(), "services", COUNT_MAX),
            data: checker.names(&source.data.names(), "data classes", BITS_MAX),
            meters: checker.names(&source.meters.names(), "meters", COUNT_MAX),
            limits: checker.limits(source),
            quantities: checker
                .mentioned(source.models.values().map(|model| model.price.names()).collect(), "quantities"),
            regimes: checker.names(&source.regimes.names(), "regimes", COUNT_MAX),
            modes: checker
                .mentioned(source.connectors.values().map(|row| row.modes.names()).collect(), "modes"),
            objects: checker
                .mentioned(source.connectors.values().map(|row| row.read.names()).collect(), "objects"),
        }
    }
}

/// Reads rows, noting what is wrong with them.
pub(super) struct Checker {
    pub(super) problems: Problems,
}

impl Checker {
    /// The names of a section, in order.
    fn names(&mut self, names: &[&Name], what: &str, most: usize) -> Numbering {
        if let Some(over) = names.get(most) {
            let message = format!("{} {what}, at most {most} are possible", names.len());
            self.problems.add(Code::TooMany, Some(over.span()), message);
        }
        for name in names {
            self.grammar(name);
        }
        numbering(names)
    }

    /// The catalog's obligations with those that every engine has.
    fn obligations(&mut self, section: &Map<String>) -> Numbering {
        for (name, _) in section {
            if ENGINE_OBLIGATIONS.iter().any(|(own, _)| own == name.get_ref()) {
                let message = format!("obligation `{name}` is there in every catalog", name = name.get_ref());
                self.problems.add(Code::Duplicate, Some(name.span()), message);
            }
        }
        let room = BITS_MAX.saturating_sub(ENGINE_OBLIGATIONS.len());
        let names = section.names();
        self.names(&names, "obligations", room);
        let own = ENGINE_OBLIGATIONS.iter().map(|(name, _)| *name);
        let all: Ascending<&str> = names.iter().map(|name| name.get_ref().as_str()).chain(own).collect();
        all.into_iter().collect()
    }

    /// Every limit of a meter; a meter without a list of limits has one of its own name. One that no meter counts
    /// towards would never hold.
    fn limits(&mut self, source: &CatalogSource) -> Numbering {
        let mut mentions = Vec::new();
        for (name, row) in &source.meters {
            mentions.push(match row.limits.is_empty() {
                true => vec![name],
                false => row.limits.iter().collect(),
            });
        }
        self.mentioned(mentions, "limits")
    }

    /// Names that are declared by being mentioned.
    fn mentioned(&mut self, mentions: Vec<Vec<&Name>>, what: &str) -> Numbering {
        let names: Ascending<&Name> = mentions.into_iter().flatten().collect();
        self.names(&names, what, COUNT_MAX)
    }

    pub(super) fn grammar(&mut self, name: &Name) {
        if !is_id(name.get_ref()) {
            self.problems.add_with_help(
                Code::MalformedId,
                Some(name.span()),
                format!("`{}` is no id", name.get_ref().escape_debug()),
                Some(
                    "an id is a lower case letter, then letters, digits and `_`, at most 64 bytes".to_owned(),
                ),
            );
        }
    }

    pub(super) fn missing(&mut self, at: Range<usize>, key: &str) {
        self.problems.add(Code::MissingKey, Some(at), format!("missing key `{key}`"));
    }

    pub(super) fn contradiction(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.problems.add(Code::Contradiction, Some(at), message);
    }

    pub(super) fn find(&mut self, rows: &Numbering, name: &Name, what: &str) -> Option<u16> {
        let position = rows.position(name.get_ref());
        if position.is_none() {
            let message = format!("unknown {what} `{}`", name.get_ref());
            let likely = || did_you_mean(name.get_ref(), rows.names()).unwrap_or_else(|| declare(what));
            let help = self.problems.has_room().then(likely);
            self.problems.add_with_help(Code::UnknownName, Some(name.span()), message, help);
        }
        position
    }

    pub(super) fn find_maybe(&mut self, rows: &Numbering, name: Option<&Name>, what: &str) -> Option<u16> {
        name.and_then(|name| self.find(rows, name, what))
    }

    fn find_all(&mut self, rows: &Numbering, names: &Set<Name>, what: &str) -> Positions {
        for (name, next) in names.iter().zip(names.iter().skip(1)) {
            if name == next {
                let message = format!("{what} `{}` is named twice", next.get_ref());
                self.problems.add(Code::Duplicate, Some(next.span()), message);
            }
        }
        names.iter().filter_map(|name| self.find(rows, name, what)).collect()
    }

    pub(super) fn bits(&mut self, rows: &Numbering, names: &Set<Name>, what: &str) -> u64 {
        self.find_all(rows, names, what).iter().fold(0, |bits, position| bits | bit(*position))
    }

    /// Names that are nowhere declared, such as guarantees.
    fn plain(&mut self, names: &Set<Name>) -> Box<[Box<str>]> {
        for name in names.iter() {
            self.grammar(name);
        }
        names.iter().map(|name| name.get_ref().as_str().into()).collect()
    }

    fn model(&mut self, source: &CatalogSource, names: Names) -> Model {
        self.heading(source);
        let settings = self.settings(source, &names);
        let permissions = self.permissions(source, &names);
        Model {
            plans: self.rows(&source.plans, |this, _, row| this.plan(&row.limits, &names)),
            add_ons: self.rows(&source.add_ons, |this, _, row| this.add_on(row, &names)),
            roles: self.rows(&source.roles, |this, name, row| this.role(name, row, &names)),
            role_defaults: self
                .rows(&source.role_defaults, |this, name, row| this.role_default(name, row, &names)),
            standings: self.rows(&source.standings, |this, _, row| Standing {
                kinds: this.find_all(&names.kinds, &row.kinds, "kind").into(),
            }),
            lists: self.rows(&source.lists, |this, name, row| {
                if row.match_by.is_none() {
                    this.missing(name.span(), "match");
                }
                List { change: this.change_rules(name, &row.change, &names) }
            }),
            providers: self.rows(&source.providers, |this, _, row| this.provider(row, &names)),
            services: self.rows(&source.services, |this, _, row| {
                this.find_maybe(&names.providers, row.provider.as_ref(), "provider");
                let without = this.find_maybe(&names.obligations, row.without.as_ref(), "obligation");
                Service { without: without.map_or(0, bit) }
            }),
            regimes: self.rows(&source.regimes, |this, _, row| this.regime(row, &names)),
            data: self.rows(&source.data, |this, _, row| {
                for name in row.guarantees.iter().chain(&row.region) {
                    this.grammar(name);
                }
                let region = row.region.as_ref().map(|region| region.get_ref().as_str().into());
                Data { region, customer_key: row.customer_key.unwrap_or_default() }
            }),
            connectors: self.rows(&source.connectors, |this, name, row| this.connector(name, row, &names)),
            features: self.rows(&source.features, |this, name, row| {
                this.guarantees(source, row);
                this.feature(name, row, &names, source)
            }),
            meters: self.rows(&source.meters, |this, name, row| this.meter(name, row, &names)),
            models: self.rows(&source.models, |this, name, row| this.ai_model(name, row, &names)),
            credit_plans: self
                .rows(&source.credit_plans, |this, name, row| this.credit_plan(name, row, &names)),
            changes: self.changes(source, &names),
            settings,
            permissions,
            kinds: names.kinds,
            facts: names.facts,
            obligations: names.obligations,
            fallbacks: names.fallbacks,
            limits: names.limits,
            quantities: names.quantities,
            modes: names.modes,
            objects: names.objects,
            ..Model::default()
        }
    }

    fn add_on(&mut self, row: &AddOnSource, names: &Names) -> AddOn {
        AddOn {
            included_in: self.find_all(&names.plans, &row.included_in, "plan").into(),
            offered_on: self.find_all(&names.plans, &row.offered_on, "plan").into(),
            matches_plan: row.seats == Some(SeatsSource::MatchPlan),
            billed_with_plan: row.billed == Some(BilledSource::WithPlan),
            residency: row.residency,
        }
    }

    fn role(&mut self, name: &Name, row: &RoleSource, names: &Names) -> Role {
        if row.custom && row.supreme {
            self.contradiction(name.span(), "custom roles cannot be based on a supreme role");
        }
        Role {
            custom: row.custom,
            supreme: row.supreme,
            kinds: self.find_all(&names.kinds, &row.kinds, "kind").into(),
            verified_by: self.find_maybe(&names.facts, row.verified_by.as_ref(), "fact"),
        }
    }

    fn role_default(&mut self, name: &Name, row: &RoleDefaultSource, names: &Names) -> RoleDefault {
        let role = self.required(name, row.role.as_ref(), "role");
        let role = self.find_maybe(&names.roles, role, "role").unwrap_or(u16::MAX);
        let based_on = self.find_all(&names.roles, &row.based_on, "role");
        if role != u16::MAX && !based_on.contains(&role) {
            self.contradiction(name.span(), "`role` must be one of `based_on`");
        }
        RoleDefault { role, based_on }
    }

    fn provider(&mut self, row: &ProviderSource, names: &Names) -> Provider {
        for guarantee in row.guarantees.iter() {
            self.grammar(guarantee);
        }
        let third_party = row.third_party;
        Provider { third_party, obligations: self.bits(&names.obligations, &row.obligations, "obligation") }
    }

    fn regime(&mut self, row: &RegimeSource, names: &Names) -> Regime {
        Regime {
            obligations: self.bits(&names.obligations, &row.obligations, "obligation"),
            providers: self.bits(&names.providers, &row.bars.providers, "provider"),
            services: self.find_all(&names.services, &row.bars.services, "service"),
            data: self.bits(&names.data, &row.bars.data, "data class"),
            unstated_providers: row.bars.unstated_providers,
            starts_off: self.find_all(&names.settings, &row.starts_off, "setting"),
            removes: self.find_all(&names.settings, &row.removes, "setting"),
            add_on: self.find_maybe(&names.add_ons, row.add_on.as_ref(), "add-on"),
            attested: self.plain(&row.attested),
            customer_key: row.customer_key,
        }
    }

    fn meter(&mut self, name: &Name, row: &MeterSource, names: &Names) -> Meter {
        if row.counts.is_empty() {
            self.missing(name.span(), "counts");
        }
        let own = names.limits.position(name.get_ref());
        Meter {
            counts: row.counts.iter().fold(0, |bits, trigger| bits | bit(*trigger as u16)),
            limits: match row.limits.is_empty() {
                true => own.into_iter().collect(),
                false => self.find_all(&names.limits, &row.limits, "limit"),
            },
            priced: row.priced,
        }
    }

    fn ai_model(&mut self, name: &Name, row: &ModelSource, names: &Names) -> AiModel {
        if row.provider.is_none() {
            self.missing(name.span(), "provider");
        }
        AiModel {
            provider: self
                .find_maybe(&names.providers, row.provider.as_ref(), "provider")
                .unwrap_or(u16::MAX),
            price: row
                .price
                .iter()
                .filter_map(|(quantity, price)| {
                    Some((names.quantities.position(quantity.get_ref())?, self.price(price)?))
                })
                .collect(),
        }
    }

    fn credit_plan(&mut self, name: &Name, row: &CreditPlanSource, names: &Names) -> SoldCredits {
        if row.meter.is_none() {
            self.missing(name.span(), "meter");
        }
        if row.unlimited == (row.credits.is_some() || row.per_seat.is_some()) {
            let message = "a credit plan issues `credits` or `per_seat`, or is `unlimited`";
            self.contradiction(name.span(), message);
        }
        SoldCredits {
            meter: self.find_maybe(&names.meters, row.meter.as_ref(), "meter").unwrap_or(u16::MAX),
            add_on: self.find_maybe(&names.add_ons, row.add_on.as_ref(), "add-on"),
            plans: self.find_all(&names.plans, &row.plans, "plan").into(),
            terms: CreditPlan {
                every: row.every.unwrap_or(Every::Month),
                credits: row.credits,
                per_seat: row.per_seat,
                increment: row.increment,
                ceiling_percent: row.ceiling_percent,
                builders_only: row.builders_only,
                unlimited: row.unlimited,
                stacks: row.stacks,
            },
        }
    }

    fn heading(&mut self, source: &CatalogSource) {
        for (key, value) in [("id", &source.catalog.id), ("version", &source.catalog.version)] {
            if value.is_none() {
                let message = format!("missing key `{key}` of table `catalog`");
                self.problems.add(Code::MissingKey, source.catalog.at.clone(), message);
            }
        }
        for name in source.catalog.id.iter().chain(&source.catalog.home) {
            self.grammar(name);
        }
    }

    fn rows<S, T>(&mut self, section: &Map<S>, mut row: impl FnMut(&mut Self, &Name, &S) -> T) -> Rows<T> {
        let mut rows = Vec::with_capacity(section.len());
        section.iter().for_each(|(name, source)| rows.push(row(self, name, source)));
        Rows::new(numbering(&section.names()), rows.into())
    }

    fn plan(&mut self, limits: &Map<LimitSource>, names: &Names) -> Plan {
        let limits = limits.iter().filter_map(|(name, row)| {
            let limit = limit(row, name.span(), &mut self.problems);
            Some((self.find(&names.limits, name, "limit")?, limit))
        });
        Plan { limits: limits.collect() }
    }

    /// Gates 2 and 3, which may stand on many things.
    pub(super) fn scope(
        &mut self,
        plans: &Set<Name>,
        add_ons: &Set<Name>,
        kinds: &Set<Name>,
        names: &Names,
    ) -> Vec<Condition> {
        let plans = self.find_all(&names.plans, plans, "plan");
        let add_ons = self.find_all(&names.add_ons, add_ons, "add-on");
        let kinds = self.find_all(&names.kinds, kinds, "kind");
        [
            (!plans.is_empty()).then_some(Condition::Plans(plans.into())),
            (!add_ons.is_empty()).then_some(Condition::AddOns(add_ons)),
            (!kinds.is_empty()).then_some(Condition::Kinds(kinds.into())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn settings(&mut self, source: &CatalogSource, names: &Names) -> Rows<Setting> {
        let requires: Vec<Positions> = source
            .settings
            .values()
            .map(|row| self.find_all(&names.settings, &row.requires, "setting"))
            .collect();
        let chains = self.chains(&source.settings.names(), &requires, "setting", "requires");
        let mut chains = chains.into_iter();
        self.rows(&source.settings, |this, name, row| {
            if row.default.is_none() {
                this.missing(name.span(), "default");
            }
            let own = names.settings.position(name.get_ref());
            Setting {
                default: row.default.unwrap_or(Switch::Off),
                chain: own.into_iter().chain(chains.next().unwrap_or_default()).collect(),
                conditions: this.scope(&row.plans, &row.add_ons, &row.kinds, names).into(),
                change: this.change_rules(name, &row.change, names),
            }
        })
    }

    /// For each thing, all that it leads to; what makes that impossible is a problem.
    fn chains(&mut self, keys: &[&Name], next: &[Positions], what: &str, key: &str) -> Vec<Positions> {
        let name = |node: &usize| keys.get(*node).copied();
        match graph::chains(next) {
            Ok(chains) => return chains,
            Err(Broken::Circles(circles)) => {
                for circle in circles {
                    let names: Vec<&Name> = circle.iter().filter_map(name).collect();
                    let shown = |name: &&Name| format!("`{}`", name.get_ref());
                    let mut path: Vec<_> = names.iter().take(CIRCLE_SHOWN_MAX).map(shown).collect();
                    if names.len() > CIRCLE_SHOWN_MAX {
                        path.push("…".to_owned());
                    }
                    path.extend(names.first().map(shown));
                    let message = format!("{what} {} leads back to itself by `{key}`", path.join(" → "));
                    self.problems.add(Code::Cycle, names.first().map(|name| name.span()), message);
                }
            }
            Err(Broken::TooLong(node)) => {
                let message = format!("{what} leads to more than {} others by `{key}`", graph::CHAIN_MAX);
                self.problems.add(Code::TooMany, name(&node).map(Name::span), message);
            }
        }
        vec![Positions::default(); next.len()]
    }

    fn required<'n>(&mut self, at: &Name, name: Option<&'n Name>, key: &str) -> Option<&'n Name> {
        if name.is_none() {
            self.missing(at.span(), key);
        }
        name
    }

    fn price(&mut self, text: &Name) -> Option<Price> {
        let price = text.get_ref().parse().ok();
        if price.is_none() {
            self.problems.add_with_help(
                Code::OutOfRange,
                Some(text.span()),
                format!("`{}` is no price", text.get_ref()),
                Some("write credits a token with at most three places, such as `0.025`".to_owned()),
            );
        }
        price
    }
}

/// Names in ascending order, numbered.
fn numbering(names: &[&Name]) -> Numbering {
    names.iter().map(|name| name.get_ref().as_str()).collect()
}

/// How a catalog comes to know a name of this kind.
fn declare(what: &str) -> String {
    let table = match what {
        "limit" => return "let a meter have it among its `limits`".to_owned(),
        "data class" => "data".to_owned(),
        _ => format!("{}s", what.replace('-', "_")),
    };
    format!("declare it in the table `[{table}]`")
}

/// What to say of more roles × permissions than there may be.
pub(crate) fn too_many_cells(roles: usize, permissions: usize) -> Option<String> {
    let cells = roles.saturating_mul(permissions);
    (cells > CELLS_MAX).then(|| {
        format!(
            "{roles} roles × {permissions} permissions make {cells} cells, at most {CELLS_MAX} are possible"
        )
    })
}

/// A limit with its ceiling, if both make sense together.
pub(crate) fn limit(row: &LimitSource, at: Range<usize>, problems: &mut Problems) -> Limit {
    match (row.stop, &row.ceiling_percent) {
        (Stop::Soft, None) => {
            let message = "a soft limit needs `ceiling_percent`";
            problems.add(Code::MissingKey, Some(at.clone()), message);
        }
        (Stop::Soft, Some(ceiling)) if *ceiling.get_ref() < 100 => {
            let message = "a ceiling below 100 percent would stop before the limit";
            problems.add(Code::OutOfRange, Some(ceiling.span()), message);
        }
        (Stop::Hard | Stop::None, Some(ceiling)) => {
            let message = "`ceiling_percent` belongs to `stop = \"soft\"`";
            problems.add(Code::Contradiction, Some(ceiling.span()), message);
        }
        _ => {}
    }
    if row.limit.is_none() && row.stop != Stop::None {
        problems.add(Code::MissingKey, Some(at), "missing key `limit`");
    }
    Limit::of(row)
}

/// Whether a text follows the grammar of ids: `[a-z][a-z0-9_]*`, at most 64 bytes.
pub(crate) fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 64
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_lower_case_ascii() {
        for good in ["a", "a1_b", &"a".repeat(64)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "1a", "_a", "A", "a-b", "a.b", "é", "a\u{200b}", &"a".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}

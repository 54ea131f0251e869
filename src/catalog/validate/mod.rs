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
use super::rows::Rows;
use super::source::{
    AddOnSource, BilledSource, CatalogSource, CreditPlanSource, LimitSource, Map, MeterSource, ModelSource,
    ProviderSource, RegimeSource, RoleDefaultSource, RoleSource, SeatsSource,
};
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
    kinds: Rows<()>,
    plans: Rows<()>,
    add_ons: Rows<()>,
    roles: Rows<()>,
    standings: Rows<()>,
    pub(super) facts: Rows<()>,
    pub(super) obligations: Rows<()>,
    fallbacks: Rows<()>,
    lists: Rows<()>,
    settings: Rows<()>,
    permissions: Rows<()>,
    providers: Rows<()>,
    services: Rows<()>,
    data: Rows<()>,
    meters: Rows<()>,
    limits: Rows<()>,
    quantities: Rows<()>,
    pub(super) regimes: Rows<()>,
    pub(super) modes: Rows<()>,
    pub(super) objects: Rows<()>,
}

impl Names {
    fn of(source: &CatalogSource, checker: &mut Checker) -> Self {
        // Nothing in the file refers to these; their names are ids all the same.
        checker.names(&source.features, "features", COUNT_MAX);
        checker.names(&source.models, "models", COUNT_MAX);
        checker.names(&source.credit_plans, "credit plans", COUNT_MAX);
        Self {
            kinds: checker.names(&source.kinds, "kinds", COUNT_MAX),
            plans: checker.names(&source.plans, "plans", COUNT_MAX),
            add_ons: checker.names(&source.add_ons, "add-ons", COUNT_MAX),
            roles: checker.names(&source.roles, "roles", COUNT_MAX),
            standings: checker.names(&source.standings, "standings", COUNT_MAX),
            facts: checker.names(&source.facts, "facts", BITS_MAX),
            obligations: checker.obligations(&source.obligations),
            fallbacks: checker.names(&source.fallbacks, "fallbacks", COUNT_MAX),
            lists: checker.names(&source.lists, "lists", COUNT_MAX),
            settings: checker.names(&source.settings, "settings", COUNT_MAX),
            permissions: checker.names(&source.permissions, "permissions", COUNT_MAX),
            providers: checker.names(&source.providers, "providers", BITS_MAX),
            services: checker.names(&source.services, "services", COUNT_MAX),
            data: checker.names(&source.data, "data classes", BITS_MAX),
            meters: checker.names(&source.meters, "meters", COUNT_MAX),
            limits: checker.limits(source),
            quantities: checker
                .mentioned(source.models.values().flat_map(|model| model.price.keys()), "quantities"),
            regimes: checker.names(&source.regimes, "regimes", COUNT_MAX),
            modes: checker.mentioned(source.connectors.values().flat_map(|row| row.modes.keys()), "modes"),
            objects: checker.mentioned(source.connectors.values().flat_map(|row| row.read.keys()), "objects"),
        }
    }
}

/// Reads rows, noting what is wrong with them.
pub(super) struct Checker {
    pub(super) problems: Problems,
}

impl Checker {
    /// The names of a section, in order.
    fn names<T>(&mut self, section: &Map<T>, what: &str, most: usize) -> Rows<()> {
        self.at_most(section.len(), most, what, section.keys().nth(most));
        for name in section.keys() {
            self.grammar(name);
        }
        Rows::of_sorted(section.keys().map(|name| (name.get_ref().as_str(), ())))
    }

    /// The catalog's obligations with those that every engine has.
    fn obligations(&mut self, section: &Map<String>) -> Rows<()> {
        for name in section.keys() {
            if ENGINE_OBLIGATIONS.iter().any(|(own, _)| own == name.get_ref()) {
                let message = format!("obligation `{name}` is there in every catalog", name = name.get_ref());
                self.problems.add(Code::Duplicate, Some(name.span()), message);
            }
        }
        let room = BITS_MAX.saturating_sub(ENGINE_OBLIGATIONS.len());
        self.names(section, "obligations", room);
        let own = ENGINE_OBLIGATIONS.iter().map(|(name, _)| *name);
        let mut all: Vec<&str> = section.keys().map(|name| name.get_ref().as_str()).chain(own).collect();
        all.sort_unstable();
        all.dedup();
        Rows::of_sorted(all.into_iter().map(|name| (name, ())))
    }

    /// Every limit of a meter; a meter without a list of limits has one of its own name. One that no meter counts
    /// towards would never hold.
    fn limits(&mut self, source: &CatalogSource) -> Rows<()> {
        let own = source.meters.iter().filter(|(_, row)| row.limits.is_empty()).map(|(name, _)| name);
        let of_meters = source.meters.values().flat_map(|meter| meter.limits.iter());
        self.mentioned(own.chain(of_meters), "limits")
    }

    /// Names that are declared by being mentioned.
    fn mentioned<'n>(&mut self, names: impl Iterator<Item = &'n Name>, what: &str) -> Rows<()> {
        let mut names: Vec<&Name> = names.collect();
        names.sort();
        names.dedup();
        self.at_most(names.len(), COUNT_MAX, what, names.get(COUNT_MAX).copied());
        for name in &names {
            self.grammar(name);
        }
        Rows::of_sorted(names.into_iter().map(|name| (name.get_ref().as_str(), ())))
    }

    fn at_most(&mut self, count: usize, most: usize, what: &str, first_over: Option<&Name>) {
        if count > most {
            let message = format!("{count} {what}, at most {most} are possible");
            self.problems.add(Code::TooMany, first_over.map(Name::span), message);
        }
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

    pub(super) fn find<T>(&mut self, rows: &Rows<T>, name: &Name, what: &str) -> Option<u16> {
        let position = rows.position(name.get_ref());
        if position.is_none() {
            let message = format!("unknown {what} `{}`", name.get_ref());
            let likely = || did_you_mean(name.get_ref(), rows.names()).unwrap_or_else(|| declare(what));
            let help = self.problems.has_room().then(likely);
            self.problems.add_with_help(Code::UnknownName, Some(name.span()), message, help);
        }
        position
    }

    pub(super) fn find_maybe<T>(&mut self, rows: &Rows<T>, name: Option<&Name>, what: &str) -> Option<u16> {
        name.and_then(|name| self.find(rows, name, what))
    }

    fn find_all<T>(&mut self, rows: &Rows<T>, names: &Set<Name>, what: &str) -> Positions {
        for (name, next) in names.iter().zip(names.iter().skip(1)) {
            if name == next {
                let message = format!("{what} `{}` is named twice", next.get_ref());
                self.problems.add(Code::Duplicate, Some(next.span()), message);
            }
        }
        names.iter().filter_map(|name| self.find(rows, name, what)).collect()
    }

    pub(super) fn bits(&mut self, rows: &Rows<()>, names: &Set<Name>, what: &str) -> u64 {
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
        let rows: Vec<_> =
            section.iter().map(|(name, source)| (name.get_ref().as_str(), row(self, name, source))).collect();
        Rows::of_sorted(rows)
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
        let chains = self.chains(&source.settings, &requires, "setting", "requires");
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
    fn chains<S>(&mut self, section: &Map<S>, next: &[Positions], what: &str, key: &str) -> Vec<Positions> {
        let keys: Vec<&Name> = section.keys().collect();
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

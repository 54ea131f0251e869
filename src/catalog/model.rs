//! What a validated catalog knows: every name looked up, every derived table made.
//!
//! Things refer to each other by position in their [`Rows`]; sets of facts, providers, data classes and
//! obligations are bits of a word.

use std::cmp::Ordering;

use super::credits::CreditPlan;
use super::rows::{Numbering, Rows};
use super::source::{CatalogSource, KeySource, LimitSource};
use super::tables::Tables;
use crate::id::{Tag, bit, positions};
use crate::units::Price;
use crate::word::{Stop, Switch, Trigger};

/// Positions in ascending order.
pub(crate) type Positions = Box<[u16]>;

/// Positions to find one among: a word has bits for nearly all that there ever are, and a list has the rest.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Members {
    low: u64,
    rest: Positions,
}

impl Members {
    #[inline]
    pub(crate) fn contains(&self, position: u16) -> bool {
        match bit(position) {
            0 => self.rest.contains(&position),
            bit => self.low & bit != 0,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.low == 0 && self.rest.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> {
        positions(self.low).chain(self.rest.iter().copied())
    }
}

impl PartialOrd for Members {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Members {
    /// As lists of positions compare.
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl From<Positions> for Members {
    fn from(all: Positions) -> Self {
        let low = all.iter().fold(0, |bits, position| bits | bit(*position));
        Self { low, rest: all.into_iter().filter(|position| bit(*position) == 0).collect() }
    }
}

/// A validated catalog.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) source: CatalogSource,
    pub(crate) hash: u64,
    pub(crate) tag: Tag,
    pub(crate) kinds: Numbering,
    pub(crate) plans: Rows<Plan>,
    pub(crate) add_ons: Rows<AddOn>,
    pub(crate) roles: Rows<Role>,
    pub(crate) role_defaults: Rows<RoleDefault>,
    pub(crate) standings: Rows<Standing>,
    pub(crate) facts: Numbering,
    pub(crate) obligations: Numbering,
    pub(crate) fallbacks: Numbering,
    pub(crate) lists: Rows<List>,
    pub(crate) settings: Rows<Setting>,
    pub(crate) permissions: Rows<Permission>,
    pub(crate) providers: Rows<Provider>,
    pub(crate) services: Rows<Service>,
    pub(crate) regimes: Rows<Regime>,
    pub(crate) data: Rows<Data>,
    pub(crate) features: Rows<Feature>,
    pub(crate) meters: Rows<Meter>,
    pub(crate) limits: Numbering,
    pub(crate) models: Rows<AiModel>,
    pub(crate) quantities: Numbering,
    pub(crate) credit_plans: Rows<SoldCredits>,
    pub(crate) connectors: Rows<Connector>,
    pub(crate) modes: Numbering,
    pub(crate) objects: Numbering,
    pub(crate) changes: Changes,
    pub(crate) own_obligations: OwnObligations,
    /// Permissions that restrict another one.
    pub(crate) restrictions: Positions,
    /// By feature: who gets data where no regime bars anybody.
    pub(crate) unbarred: Box<[Processing]>,
    pub(crate) tables: Tables,
}

impl Model {
    /// The same with the tables that follow from its rows.
    pub(crate) fn derived(self) -> Self {
        let own = |name: &str| self.obligations.position(name).map_or(0, bit);
        let own_obligations = OwnObligations {
            beta_as_is: own("beta_as_is"),
            may_be_stale: own("may_be_stale"),
            limit_not_enforced: own("limit_not_enforced"),
            warn_irreversible: own("warn_irreversible"),
        };
        let restrictions = self.permissions.iter().filter(|(_, _, row)| row.restricts.is_some());
        let restrictions = restrictions.map(|(position, _, _)| position).collect();
        let unbarred = self.features.rows().map(|row| self.unbarred(row)).collect();
        let mut this = Self { own_obligations, restrictions, unbarred, ..self };
        this.tables = Tables::derive(&mut this);
        this
    }

    fn unbarred(&self, feature: &Feature) -> Processing {
        let own = match feature.providers {
            Providers::All(providers) | Providers::Any(providers) => providers,
            Providers::Unstated | Providers::OfModel => 0,
        };
        let of_services = feature.services.iter().filter_map(|used| used.provider);
        let providers = of_services.fold(own, |providers, provider| providers | bit(provider));
        Processing { providers, obligations: self.provider_obligations(providers) }
    }

    /// A setting with all that it requires, itself first.
    pub(crate) fn chain(&self, setting: u16) -> &[u16] {
        self.settings.get(setting).map_or(&[], |row| &row.chain)
    }

    /// Every fact that the permissions of these rules may read.
    pub(crate) fn reads(&self, rules: &[ChangeRule]) -> u64 {
        let permissions = rules.iter().filter_map(|rule| self.permissions.get(rule.permission?));
        permissions.fold(0, |bits, row| bits | row.reads)
    }

    /// What sending data to these providers obliges to.
    pub(crate) fn provider_obligations(&self, providers: u64) -> u64 {
        let rows = positions(providers).filter_map(|provider| self.providers.get(provider));
        rows.fold(0, |obligations, row| obligations | row.obligations)
    }
}

/// The bits of the obligations that every catalog has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OwnObligations {
    pub(crate) beta_as_is: u64,
    pub(crate) may_be_stale: u64,
    pub(crate) limit_not_enforced: u64,
    pub(crate) warn_irreversible: u64,
}

/// Who gets data when a feature runs, and what that obliges to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Processing {
    pub(crate) providers: u64,
    pub(crate) obligations: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) limits: Vec<(u16, Limit)>,
}

/// A limit as a plan or a domain states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limit {
    pub(crate) limit: u64,
    pub(crate) stop: Stop,
    pub(crate) ceiling_percent: u64,
}

impl Limit {
    pub(crate) fn of(row: &LimitSource) -> Self {
        Self {
            limit: row.limit.unwrap_or(0),
            stop: row.stop,
            ceiling_percent: row.ceiling_percent.as_ref().map_or(100, |ceiling| *ceiling.get_ref()),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct AddOn {
    pub(crate) included_in: Members,
    pub(crate) offered_on: Members,
    /// It takes as many seats as the plan.
    pub(crate) matches_plan: bool,
    /// It stands on the same line of the invoice as the plan.
    pub(crate) billed_with_plan: bool,
    /// With it, a domain has a region of its own.
    pub(crate) residency: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Role {
    pub(crate) custom: bool,
    pub(crate) supreme: bool,
    /// The kinds of domain in which holders are counted; empty means every kind.
    pub(crate) kinds: Members,
    pub(crate) verified_by: Option<u16>,
}

/// Whom a domain gives a role by default.
#[derive(Debug, Default)]
pub(crate) struct RoleDefault {
    pub(crate) role: u16,
    /// The roles it may be, or be based on.
    pub(crate) based_on: Positions,
}

#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) kinds: Members,
}

#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) change: Box<[ChangeRule]>,
}

#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) default: Switch,
    /// What it requires, directly or not, itself first.
    pub(crate) chain: Positions,
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) change: Box<[ChangeRule]>,
}

/// Who may change something, and when.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct ChangeRule {
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) roles: Positions,
    pub(crate) standings: Positions,
    pub(crate) permission: Option<u16>,
    /// Empty: to any value.
    pub(crate) to: Box<[Switch]>,
    pub(crate) when_unheld: Option<u16>,
}

/// The rules for changes that are not of a setting or a list.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) role_permission: Option<ChangeRule>,
    pub(crate) create_role: Option<ChangeRule>,
    pub(crate) delete_role: Option<ChangeRule>,
    pub(crate) assign_role: Option<ChangeRule>,
    pub(crate) opt_in: Option<ChangeRule>,
}

/// What a role, standard or custom, has of a permission. A catalog says what each starts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    /// The permission does not exist for the role.
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

    /// Whether a domain can say something else.
    pub(crate) const fn is_configurable(self) -> bool {
        matches!(self, Self::OffByDefault | Self::OffForRole | Self::OnByDefault | Self::OnForRole)
    }
}

#[derive(Debug)]
pub(crate) struct Permission {
    pub(crate) category: Option<Box<str>>,
    /// Gates 2 to 5, in order.
    pub(crate) conditions: Box<[Condition]>,
    /// Where the byte stands that says what they come to in a domain.
    pub(crate) guard: usize,
    /// By base role: what it has of the permission where a domain says nothing.
    pub(crate) cells: Box<[Cell]>,
    /// Its number among those that can be configured for some role.
    pub(crate) slot: Option<u16>,
    pub(crate) setting: Option<u16>,
    pub(crate) needs: u64,
    pub(crate) exempt: u64,
    pub(crate) instead: Box<[(u16, u16)]>,
    /// The permissions asked after this one, nearest first.
    pub(crate) otherwise: Positions,
    pub(crate) restricts: Option<Restricts>,
    pub(crate) restricted_by: Positions,
    pub(crate) supreme_change: bool,
    pub(crate) obligations: u64,
    /// Every fact that a question about this permission may read.
    pub(crate) reads: u64,
    /// Whether such a question may read a list.
    pub(crate) reads_list: bool,
    /// Whether it asks for nothing but static conditions and a role.
    pub(crate) is_plain: bool,
}

impl Permission {
    /// What a role based on this one has where a domain says nothing.
    #[inline]
    pub(crate) fn cell(&self, base: u16) -> Cell {
        self.cells.get(usize::from(base)).copied().unwrap_or(Cell::Absent)
    }
}

#[derive(Debug)]
pub(crate) struct Restricts {
    pub(crate) permission: u16,
    pub(crate) list: u16,
    pub(crate) besides: Positions,
}

#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) third_party: bool,
    pub(crate) obligations: u64,
}

#[derive(Debug)]
pub(crate) struct Service {
    /// The obligation of a feature that runs without it.
    pub(crate) without: u64,
}

#[derive(Debug)]
pub(crate) struct Regime {
    pub(crate) providers: u64,
    pub(crate) services: Positions,
    pub(crate) data: u64,
    pub(crate) unstated_providers: bool,
    pub(crate) starts_off: Positions,
    pub(crate) removes: Positions,
    pub(crate) add_on: Option<u16>,
    pub(crate) attested: Box<[Box<str>]>,
    /// What comes with every run of a feature, and with processing for one.
    pub(crate) obligations: u64,
    /// Data is encrypted with the customer's own key.
    pub(crate) customer_key: bool,
}

/// Whom a feature sends data to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Providers {
    /// All of these, possibly none.
    All(u64),
    /// At least one of these.
    Any(u64),
    /// Somebody the product's documents do not name.
    Unstated,
    /// Whoever runs the model that the request selects.
    OfModel,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct UsedService {
    pub(crate) service: u16,
    pub(crate) provider: Option<u16>,
    pub(crate) required: bool,
}

#[derive(Debug)]
pub(crate) struct Feature {
    /// Gates 2 to 5, in order.
    pub(crate) conditions: Box<[Condition]>,
    /// Where the byte stands that says what they come to in a domain.
    pub(crate) guard: usize,
    pub(crate) providers: Providers,
    pub(crate) data: u64,
    pub(crate) services: Box<[UsedService]>,
    pub(crate) fallback: Option<u16>,
    pub(crate) meter: Option<u16>,
    pub(crate) permission: Option<u16>,
    pub(crate) beta: bool,
    pub(crate) obligations: u64,
}

#[derive(Debug)]
pub(crate) struct Meter {
    /// One bit a trigger.
    pub(crate) counts: u64,
    pub(crate) limits: Positions,
    pub(crate) priced: bool,
}

impl Meter {
    /// Whether a run with this trigger counts.
    pub(crate) fn counts(&self, trigger: Trigger) -> bool {
        self.counts & bit(trigger as u16) != 0
    }
}

#[derive(Debug)]
pub(crate) struct AiModel {
    pub(crate) provider: u16,
    /// By quantity.
    pub(crate) price: Box<[(u16, Price)]>,
}

#[derive(Debug)]
pub(crate) struct SoldCredits {
    pub(crate) meter: u16,
    pub(crate) add_on: Option<u16>,
    pub(crate) plans: Members,
    pub(crate) terms: CreditPlan,
}

/// A class of data.
#[derive(Debug)]
pub(crate) struct Data {
    /// Where it stays, whatever the region of the domain.
    pub(crate) region: Option<Box<str>>,
    /// Silence claims no protection.
    pub(crate) customer_key: KeySource,
}

/// A bridge over which another product reads what a domain has.
#[derive(Debug)]
pub(crate) struct Connector {
    /// Gates 2 and 3, in order.
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) connect: Connect,
    pub(crate) disconnect: Connect,
    /// The types of objects it reads, and the facts that reading one needs in every mode.
    pub(crate) read: Box<[(u16, u64)]>,
    pub(crate) modes: Box<[(u16, Mode)]>,
    pub(crate) look_back: Option<LookBack>,
    pub(crate) initial_sync: Option<Window>,
    pub(crate) new_content: Option<Window>,
    pub(crate) permission_sync: Option<Window>,
    pub(crate) obligations: u64,
}

/// What connecting or disconnecting takes.
#[derive(Debug, Default)]
pub(crate) struct Connect {
    /// Facts that must be so.
    pub(crate) needs: u64,
    /// Facts that must not be so.
    pub(crate) unless: u64,
    pub(crate) obligations: u64,
    /// Further obligations under a regime.
    pub(crate) under: Box<[(u16, u64)]>,
}

/// One way to connect.
#[derive(Debug)]
pub(crate) struct Mode {
    /// Gates 2 and 3, in order.
    pub(crate) conditions: Box<[Condition]>,
    /// Facts that connecting needs besides the connector's.
    pub(crate) needs: u64,
    /// Who may connect.
    pub(crate) connect: Box<[ChangeRule]>,
    /// Facts that reading an object of a type needs besides the connector's.
    pub(crate) read: Box<[(u16, u64)]>,
}

/// How far back a connector reads.
#[derive(Debug)]
pub(crate) struct LookBack {
    pub(crate) within: Window,
    /// The fact that says so where no times are stated.
    pub(crate) fact: Option<u16>,
}

/// A length of time, with its text.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) text: Box<str>,
    pub(crate) hours: u32,
}

/// One static condition: gates 2 to 5. The order of the variants is the order of the gates.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Condition {
    /// The domain is on one of these plans.
    Plans(Members),
    /// One of these add-ons is in force.
    AddOns(Positions),
    /// The domain is of one of these kinds.
    Kinds(Members),
    /// No regime bars the providers.
    Providers(Providers),
    /// No regime bars the service or who runs it.
    Service(UsedService),
    /// No regime bars any of these classes of data.
    Data(u64),
    /// One of these settings is on, with all that it requires.
    Settings(Positions),
}

//! The floor: the same decisions with the same reasons from precomputed masks, for this product alone.
//!
//! It knows one product, gives no obligations and does not say what a reason is about. No engine that knows a
//! product from a file can be expected to be faster.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use tollkeeper::decision::{Effect, Reason};
use tollkeeper::word::Trigger;

use crate::product::{Names, Product};
use crate::tenant::{Cell, State};
use crate::workload::{Ask, What};

/// FNV-1a: for short names faster than what the standard library defends against floods with.
#[derive(Clone, Copy)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

type Numbers = HashMap<String, u8, BuildHasherDefault<Fnv>>;

const NONE: u8 = u8::MAX;

/// What a role has of a permission, by: inherent, never, exists, on, by role.
const HELD: [Reason; 32] = {
    let mut held = [Reason::NotGrantedToRole; 32];
    let mut index = 4;
    while index < 32 {
        held[index] = match (index >> 2, index & 3) {
            (4.., _) => Reason::Inherent,
            (2.., _) => Reason::NeverForRole,
            (_, 3) => Reason::OnForRole,
            (_, 2) => Reason::OnByDefault,
            (_, 1) => Reason::OffForRole,
            _ => Reason::OffByDefault,
        };
        index += 1;
    }
    held
};

/// Standard and custom roles that a customer has, by number.
const ROLES: usize = 6;

#[derive(Clone, Copy, Default)]
struct Permission {
    reads: u8,
    needs: u8,
    exempt: u8,
    instead: u8,
    instead_to: u8,
    otherwise: u8,
    restricted: bool,
}

impl Permission {
    /// Whether it depends on the role alone.
    fn is_plain(&self) -> bool {
        self.needs == 0 && !self.restricted
    }
}

#[derive(Clone, Copy)]
struct Authority {
    roles: u8,
    standings: u8,
    refusal: Reason,
}

/// What holds for every customer of the product.
pub struct Floor {
    permissions: Vec<Permission>,
    /// By base role, one bit a permission.
    inherent: [u64; ROLES],
    never: [u64; ROLES],
    /// By base role, one bit a configurable permission.
    exists: [u16; ROLES],
    metered: u32,
    authorities: Vec<[Authority; 16]>,
    trusted: Vec<Vec<String>>,
    configurable: u8,
    restriction: u8,
    permission_numbers: Numbers,
    feature_numbers: Numbers,
    setting_numbers: Numbers,
    fact_numbers: Numbers,
    role_numbers: Numbers,
    standing_numbers: Numbers,
}

/// One customer.
#[derive(Clone, Copy)]
pub struct FloorTenant {
    blocked: u64,
    /// Of those, the ones that the plan does not have.
    outside_plan: u64,
    /// One bit a configurable permission.
    on: [u16; ROLES],
    by_role: [u16; ROLES],
    base: [u8; ROLES],
    not_in_plan: u32,
    provider_barred: u32,
    service_barred: u32,
    setting_off: u32,
    restricted_by_setting: bool,
    has_limit: bool,
    locked: u8,
    authority: u8,
    trusted: u8,
}

/// A request in numbers.
#[derive(Clone, Copy)]
pub struct FloorAsk {
    pub role: u8,
    pub standings: u8,
    pub what: FloorWhat,
    pub so: u8,
    pub stated: u8,
    pub email_domain: Option<&'static str>,
    pub remaining: Option<u64>,
}

#[derive(Clone, Copy)]
pub enum FloorWhat {
    Permission(u8),
    Feature(u8, Trigger),
    Setting(u8, bool),
}

#[derive(Clone, Copy)]
enum Email {
    Stated(&'static str),
    Assumed(bool),
}

fn numbers<'n>(names: impl IntoIterator<Item = &'n str>) -> Numbers {
    (0..).zip(names).map(|(number, name)| (name.to_owned(), number)).collect()
}

fn mask(of: &Numbers, names: &Names) -> u8 {
    names.iter().fold(0, |bits, name| bits | 1 << of[name])
}

impl Floor {
    /// The floor for these customers.
    pub fn new(product: &Product, states: &[State]) -> (Self, Vec<FloorTenant>) {
        let is_configurable = |name: &&String| !product.permissions[*name].default.is_empty();
        let (configurable, fixed): (Vec<&String>, Vec<&String>) =
            product.permissions.keys().partition(is_configurable);
        let permission_numbers = numbers(configurable.iter().chain(&fixed).map(|name| name.as_str()));
        // Those that permissions read: a byte has eight bits.
        let facts: Names = product.permissions.keys().flat_map(|name| product.reads(name)).collect();
        let fact_numbers = numbers(facts.iter().map(String::as_str));
        let restriction = product.permissions.iter().find(|(_, row)| row.restricts.is_some());
        let mut floor = Self {
            permissions: vec![Permission::default(); product.permissions.len()],
            inherent: [0; ROLES],
            never: [0; ROLES],
            exists: [0; ROLES],
            metered: 0,
            authorities: Vec::new(),
            trusted: Vec::new(),
            configurable: configurable.len() as u8,
            restriction: permission_numbers[restriction.expect("the product has one").0],
            feature_numbers: numbers(product.unpriced()),
            setting_numbers: numbers(product.settings.keys().map(String::as_str)),
            role_numbers: numbers(["admin", "contractor", "guest", "manager", "member", "super_admin"]),
            standing_numbers: numbers(product.standings.keys().map(String::as_str)),
            permission_numbers,
            fact_numbers,
        };
        for (name, row) in &product.permissions {
            let number = &floor.permission_numbers;
            let instead = row.instead.iter().next();
            let restricted = product.restriction(name).is_some();
            floor.permissions[usize::from(number[name])] = Permission {
                reads: if row.restricts.is_some() {
                    0
                } else {
                    mask(&floor.fact_numbers, &product.reads(name))
                },
                needs: mask(&floor.fact_numbers, &row.needs),
                exempt: mask(&floor.fact_numbers, &row.exempt),
                instead: instead.map_or(0, |(fact, _)| 1 << floor.fact_numbers[fact]),
                instead_to: instead.map_or(NONE, |(_, other)| number[other]),
                otherwise: row.otherwise.as_ref().map_or(NONE, |other| number[other]),
                restricted,
            };
        }
        for (role, row) in &product.roles {
            let slot = usize::from(floor.role_numbers[role]);
            for (name, permission) in &product.permissions {
                let number = floor.permission_numbers[name];
                if row.inherent.contains(name) || (row.supreme && permission.restricts.is_none()) {
                    floor.inherent[slot] |= 1 << number;
                }
                let default = permission.default.get(role).map(String::as_str);
                if row.never.contains(name) || default == Some("never") {
                    floor.never[slot] |= 1 << number;
                }
                if default.is_some() {
                    floor.exists[slot] |= 1 << number;
                }
            }
        }
        for (feature, number) in &floor.feature_numbers {
            floor.metered |= u32::from(product.features[feature].meter.is_some()) << number;
        }
        let tenants = states.iter().map(|state| floor.tenant(product, state)).collect();
        (floor, tenants)
    }

    fn tenant(&mut self, product: &Product, state: &State) -> FloorTenant {
        let tenant = &state.tenant;
        let mut this = FloorTenant {
            blocked: 0,
            outside_plan: 0,
            on: [0; ROLES],
            by_role: [0; ROLES],
            base: [NONE; ROLES],
            not_in_plan: 0,
            provider_barred: 0,
            service_barred: 0,
            setting_off: 0,
            restricted_by_setting: false,
            has_limit: tenant.limit.is_some(),
            locked: tenant.locked.keys().fold(0, |bits, name| bits | 1 << self.setting_numbers[name]),
            authority: self.authorities.len() as u8,
            trusted: self.trusted.len() as u8,
        };
        self.trusted.push(tenant.trusted.clone());
        self.authorities.push(std::array::from_fn(|slot| self.authority(product, state, slot)));
        for (role, row) in &state.roles {
            let slot = usize::from(self.role_numbers[role]);
            this.base[slot] = self.role_numbers[&row.base];
            for (name, cell) in &row.cells {
                let number = self.permission_numbers[name];
                if number < self.configurable {
                    this.on[slot] |= u16::from(cell.is_on()) << number;
                    this.by_role[slot] |=
                        u16::from(matches!(cell, Cell::OnForRole | Cell::OffForRole)) << number;
                }
            }
        }
        let is_off = |setting: &String| product.chain(setting).iter().any(|link| !state.settings[link]);
        for (name, row) in &product.permissions {
            let bit = 1 << self.permission_numbers[name];
            let in_plan = row.plans.is_empty() || row.plans.contains(tenant.plan);
            this.outside_plan |= if in_plan { 0 } else { bit };
            match &row.setting {
                Some(setting) if row.restricts.is_some() => this.restricted_by_setting = !is_off(setting),
                Some(setting) if is_off(setting) || !in_plan => this.blocked |= bit,
                _ => {}
            }
        }
        let regimes = || tenant.regimes.iter().map(|name| &product.regimes[name].bars);
        let barred = |provider: &String| regimes().any(|bars| bars.providers.contains(provider));
        for (name, number) in &self.feature_numbers {
            let (row, bit) = (&product.features[name], 1 << number);
            if !row.plans.contains(tenant.plan) {
                this.not_in_plan |= bit;
            }
            let unstated = row.providers.are_unstated() && regimes().any(|bars| bars.unstated_providers);
            if unstated || row.providers.named().iter().any(barred) {
                this.provider_barred |= bit;
            }
            if row.services.iter().any(|(service, used)| {
                used.how == "requires" && regimes().any(|bars| bars.services.contains(service))
            }) {
                this.service_barred |= bit;
            }
            if row.setting.as_ref().is_some_and(is_off) {
                this.setting_off |= bit;
            }
        }
        this
    }

    fn authority(&self, product: &Product, state: &State, slot: usize) -> Authority {
        let name = product.settings.keys().nth(slot / 2).expect("eight settings, two positions each");
        let authority = &state.authority[&(name.clone(), slot % 2 == 1)];
        let of_base = |role: &&String| authority.roles.contains(&state.roles[*role].base);
        let roles = state.roles.keys().filter(of_base).map(|role| self.role_numbers[role]);
        let standings = authority.standings.iter().map(|standing| self.standing_numbers[standing]);
        Authority {
            roles: roles.fold(0, |bits, role| bits | 1 << role),
            standings: standings.fold(0, |bits, standing| bits | 1 << standing),
            refusal: authority.refusal,
        }
    }

    /// A request with every name looked up.
    pub fn look_up(&self, ask: &Ask) -> FloorAsk {
        let (mut so, mut stated) = (0, 0);
        for (fact, holds) in &ask.facts {
            let bit = 1 << self.fact_numbers[fact];
            stated |= bit;
            so |= if *holds { bit } else { 0 };
        }
        FloorAsk {
            role: self.role_numbers[&ask.role],
            standings: ask.standing.as_ref().map_or(0, |name| 1 << self.standing_numbers[name]),
            what: match &ask.what {
                What::Permission(name) => FloorWhat::Permission(self.permission_numbers[name]),
                What::Feature(name, trigger) => FloorWhat::Feature(self.feature_numbers[name], *trigger),
                What::Setting(name, to) => FloorWhat::Setting(self.setting_numbers[name], *to),
            },
            so,
            stated,
            email_domain: ask.email_domain,
            remaining: ask.remaining,
        }
    }

    /// Decides by name.
    pub fn by_name(&self, tenant: &FloorTenant, ask: &Ask) -> Reason {
        self.decide(tenant, &self.look_up(ask))
    }

    /// Decides by number.
    #[inline]
    pub fn decide(&self, tenant: &FloorTenant, ask: &FloorAsk) -> Reason {
        match ask.what {
            FloorWhat::Permission(number) => {
                let row = &self.permissions[usize::from(number)];
                let email = match ask.email_domain {
                    Some(email_domain) => Email::Stated(email_domain),
                    None => Email::Assumed(false),
                };
                let open = row.reads & !ask.stated != 0 || (row.restricted && ask.email_domain.is_none());
                if open {
                    self.open(tenant, ask, number)
                } else {
                    self.known(tenant, ask.role, number, ask.so, email)
                }
            }
            FloorWhat::Feature(number, trigger) => self.feature(tenant, number, trigger, ask.remaining),
            FloorWhat::Setting(number, to) => self.setting(tenant, ask, number, to),
        }
    }

    /// Every completion of what is not stated.
    #[cold]
    fn open(&self, tenant: &FloorTenant, ask: &FloorAsk, number: u8) -> Reason {
        let row = &self.permissions[usize::from(number)];
        let unstated = row.reads & !ask.stated;
        let (mut allow, mut deny) = (false, false);
        let mut facts = 0_u8;
        loop {
            for on_list in [false, true] {
                let email = ask.email_domain.map_or(Email::Assumed(on_list), Email::Stated);
                let reason = self.known(tenant, ask.role, number, ask.so | facts, email);
                if reason.effect() == Effect::Allow { allow = true } else { deny = true }
            }
            facts = facts.wrapping_sub(unstated) & unstated;
            if facts == 0 {
                break;
            }
        }
        if allow && deny {
            return Reason::MissingFact;
        }
        let email = ask.email_domain.map_or(Email::Assumed(false), Email::Stated);
        self.known(tenant, ask.role, number, ask.so, email)
    }

    #[inline]
    fn known(&self, tenant: &FloorTenant, role: u8, number: u8, so: u8, email: Email) -> Reason {
        let row = &self.permissions[usize::from(number)];
        if row.instead & so != 0 {
            let reason = self.direct(tenant, role, row.instead_to, so, email);
            return if reason.effect() == Effect::Allow { Reason::DecidedByOtherPermission } else { reason };
        }
        self.direct(tenant, role, number, so, email)
    }

    #[inline]
    fn direct(&self, tenant: &FloorTenant, role: u8, number: u8, so: u8, email: Email) -> Reason {
        let row = &self.permissions[usize::from(number)];
        if row.exempt & so != 0 {
            return Reason::Exempt;
        }
        if tenant.blocked >> number & 1 != 0 {
            let outside = tenant.outside_plan >> number & 1 != 0;
            return if outside { Reason::NotInPlan } else { Reason::SettingOff };
        }
        let own = self.held(tenant, role, number, row, so, email);
        if row.otherwise == NONE || own.effect() == Effect::Allow || own == Reason::NeverForRole {
            return own;
        }
        let other_row = &self.permissions[usize::from(row.otherwise)];
        let other = self.held(tenant, role, row.otherwise, other_row, so, email);
        match other.effect() {
            Effect::Allow => Reason::DecidedByOtherPermission,
            Effect::Deny if other.gate() > own.gate() => other,
            Effect::Deny => own,
        }
    }

    #[inline]
    fn held(
        &self,
        tenant: &FloorTenant,
        role: u8,
        number: u8,
        row: &Permission,
        so: u8,
        email: Email,
    ) -> Reason {
        let slot = usize::from(role);
        let base = usize::from(tenant.base[slot]);
        // A table instead of branches that nobody can predict.
        let has = |mask: u64, place: usize| usize::from(mask >> number & 1 != 0) << place;
        let index = has(self.inherent[base], 4)
            | has(self.never[base], 3)
            | has(self.exists[base].into(), 2)
            | has(tenant.on[slot].into(), 1)
            | has(tenant.by_role[slot].into(), 0);
        let reason = HELD[index];
        if row.is_plain() || reason.effect() == Effect::Deny {
            return reason;
        }
        if row.needs & !so != 0 {
            return Reason::FactFalse;
        }
        let restricted = || tenant.restricted_by_setting || tenant.on[slot] >> self.restriction & 1 != 0;
        if row.restricted && restricted() {
            let trusted = &self.trusted[usize::from(tenant.trusted)];
            if trusted.is_empty() {
                return Reason::ListEmpty;
            }
            let on_list = match email {
                Email::Stated(domain) => trusted.iter().any(|one| one.eq_ignore_ascii_case(domain)),
                Email::Assumed(on_list) => on_list,
            };
            if !on_list {
                return Reason::NotOnList;
            }
        }
        reason
    }

    #[inline]
    fn feature(&self, tenant: &FloorTenant, number: u8, trigger: Trigger, remaining: Option<u64>) -> Reason {
        let has = |mask: u32| mask >> number & 1 != 0;
        if has(tenant.not_in_plan | tenant.provider_barred | tenant.service_barred | tenant.setting_off) {
            return if has(tenant.not_in_plan) {
                Reason::NotInPlan
            } else if has(tenant.provider_barred) {
                Reason::ProviderBarred
            } else if has(tenant.service_barred) {
                Reason::ServiceBarred
            } else {
                Reason::SettingOff
            };
        }
        let counts = matches!(trigger, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring);
        if has(self.metered) && counts {
            match remaining {
                Some(0) => return Reason::LimitReached,
                None if tenant.has_limit => return Reason::BalanceUnknown,
                _ => {}
            }
        }
        Reason::FeatureOn
    }

    #[inline]
    fn setting(&self, tenant: &FloorTenant, ask: &FloorAsk, number: u8, to: bool) -> Reason {
        if tenant.locked >> number & 1 != 0 {
            return Reason::SettingLocked;
        }
        let authority =
            &self.authorities[usize::from(tenant.authority)][usize::from(number) * 2 + usize::from(to)];
        if authority.roles >> ask.role & 1 != 0 || authority.standings & ask.standings != 0 {
            Reason::AuthorizedChange
        } else {
            authority.refusal
        }
    }
}

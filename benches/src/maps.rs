//! What people write by hand: nested hash maps with owned strings, asked with strings.

use std::collections::{HashMap, HashSet};

use tollkeeper::decision::{Effect, Reason};
use tollkeeper::word::Trigger;

use crate::product::Product;
use crate::tenant::{Cell, State};
use crate::workload::{Ask, What};

/// What holds for every customer of the product.
pub struct Maps {
    permissions: HashMap<String, PermissionMaps>,
    metered: HashSet<String>,
}

struct PermissionMaps {
    reads: Vec<String>,
    needs: Vec<String>,
    exempt: Vec<String>,
    instead: HashMap<String, String>,
    otherwise: Option<String>,
    restriction: Option<String>,
}

/// One customer.
pub struct TenantMaps {
    /// Why a permission or feature is blocked for everybody.
    blocked: HashMap<String, Reason>,
    roles: HashMap<String, RoleMaps>,
    locked: HashSet<String>,
    authority: HashMap<String, [AuthorityMaps; 2]>,
    trusted: HashSet<String>,
    restricted: HashSet<String>,
    has_limit: bool,
}

struct RoleMaps {
    base: String,
    cells: HashMap<String, Reason>,
}

struct AuthorityMaps {
    roles: HashSet<String>,
    standings: HashSet<String>,
    refusal: Reason,
}

/// Facts and e-mail domain of one completion of a request.
struct World<'a> {
    so: HashSet<&'a str>,
    email_domain: Result<&'a str, bool>,
}

impl Maps {
    pub fn new(product: &Product) -> Self {
        let permissions = product.permissions.iter().map(|(name, row)| {
            let row = PermissionMaps {
                reads: if row.restricts.is_some() {
                    Vec::new()
                } else {
                    product.reads(name).into_iter().collect()
                },
                needs: row.needs.iter().cloned().collect(),
                exempt: row.exempt.iter().cloned().collect(),
                instead: row.instead.clone().into_iter().collect(),
                otherwise: row.otherwise.clone(),
                restriction: product.restriction(name).map(|(name, _)| name.to_owned()),
            };
            (name.clone(), row)
        });
        let metered = product.features.iter().filter(|(_, row)| row.meter.is_some());
        Self { permissions: permissions.collect(), metered: metered.map(|(name, _)| name.clone()).collect() }
    }

    pub fn tenant(product: &Product, state: &State) -> TenantMaps {
        let tenant = &state.tenant;
        let roles = state.roles.iter().map(|(role, row)| {
            let cells = row.cells.iter().filter(|(_, cell)| **cell != Cell::Absent);
            let cells = cells.map(|(name, cell)| (name.clone(), reason(*cell))).collect();
            (role.clone(), RoleMaps { base: row.base.clone(), cells })
        });
        let authority = |name: &String, to: bool| {
            let authority = &state.authority[&(name.clone(), to)];
            AuthorityMaps {
                roles: authority.roles.iter().cloned().collect(),
                standings: authority.standings.iter().cloned().collect(),
                refusal: authority.refusal,
            }
        };
        let authorities = product
            .settings
            .keys()
            .map(|name| (name.clone(), [authority(name, false), authority(name, true)]));
        TenantMaps {
            blocked: blocked(product, state),
            roles: roles.collect(),
            locked: tenant.locked.keys().cloned().collect(),
            authority: authorities.collect(),
            trusted: tenant.trusted.iter().cloned().collect(),
            restricted: product
                .permissions
                .iter()
                .filter(|(_, row)| {
                    row.restricts.is_some() && row.setting.as_ref().is_some_and(|on| state.settings[on])
                })
                .map(|(name, _)| name.clone())
                .collect(),
            has_limit: tenant.limit.is_some(),
        }
    }

    pub fn decide(&self, tenant: &TenantMaps, ask: &Ask) -> Reason {
        let Some(role) = tenant.roles.get(&ask.role) else { return Reason::UnknownRole };
        match &ask.what {
            What::Permission(name) => self.permission(tenant, role, name, ask),
            What::Feature(name, trigger) => self.feature(tenant, name, *trigger, ask.remaining),
            What::Setting(name, to) => setting(tenant, role, name, *to, ask),
        }
    }

    fn permission(&self, tenant: &TenantMaps, role: &RoleMaps, name: &str, ask: &Ask) -> Reason {
        let Some(row) = self.permissions.get(name) else { return Reason::UnknownPermission };
        let stated = |fact: &&String| ask.facts.iter().any(|(name, _)| name == *fact);
        let open: Vec<&String> = row.reads.iter().filter(|fact| !stated(fact)).collect();
        let so = || ask.facts.iter().filter(|(_, so)| *so).map(|(name, _)| name.as_str());
        let world = |number: usize, on_list: bool| {
            let assumed = open.iter().enumerate().filter(move |(index, _)| number >> index & 1 == 1);
            let assumed = assumed.map(|(_, name)| name.as_str());
            World { so: so().chain(assumed).collect(), email_domain: ask.email_domain.ok_or(on_list) }
        };
        let ordinary = self.known(tenant, role, name, row, &world(0, false));
        if open.is_empty() && (row.restriction.is_none() || ask.email_domain.is_some()) {
            return ordinary;
        }
        let completions = (0..1 << open.len()).flat_map(|number| [(number, false), (number, true)]);
        let differs = |(number, on_list)| {
            self.known(tenant, role, name, row, &world(number, on_list)).effect() != ordinary.effect()
        };
        if completions.into_iter().any(differs) { Reason::MissingFact } else { ordinary }
    }

    fn known(
        &self,
        tenant: &TenantMaps,
        role: &RoleMaps,
        name: &str,
        row: &PermissionMaps,
        world: &World<'_>,
    ) -> Reason {
        for (fact, other) in &row.instead {
            if world.so.contains(fact.as_str()) {
                let reason = self.direct(tenant, role, other, &self.permissions[other], world);
                return if allows(reason) { Reason::DecidedByOtherPermission } else { reason };
            }
        }
        self.direct(tenant, role, name, row, world)
    }

    fn direct(
        &self,
        tenant: &TenantMaps,
        role: &RoleMaps,
        name: &str,
        row: &PermissionMaps,
        world: &World<'_>,
    ) -> Reason {
        if row.exempt.iter().any(|fact| world.so.contains(fact.as_str())) {
            return Reason::Exempt;
        }
        if let Some(blocked) = tenant.blocked.get(name) {
            return *blocked;
        }
        let own = held(tenant, role, name, row, world);
        match &row.otherwise {
            Some(other) if !allows(own) && own != Reason::NeverForRole => {
                let reason = held(tenant, role, other, &self.permissions[other], world);
                match allows(reason) {
                    true => Reason::DecidedByOtherPermission,
                    false if reason.gate() > own.gate() => reason,
                    false => own,
                }
            }
            _ => own,
        }
    }

    fn feature(&self, tenant: &TenantMaps, name: &str, trigger: Trigger, remaining: Option<u64>) -> Reason {
        if let Some(blocked) = tenant.blocked.get(name) {
            return *blocked;
        }
        let counts = matches!(trigger, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring);
        if counts && self.metered.contains(name) {
            match remaining {
                Some(0) => return Reason::LimitReached,
                None if tenant.has_limit => return Reason::BalanceUnknown,
                _ => {}
            }
        }
        Reason::FeatureOn
    }
}

fn allows(reason: Reason) -> bool {
    reason.effect() == Effect::Allow
}

/// What a role has of a permission, as a reason.
pub fn reason(cell: Cell) -> Reason {
    match cell {
        Cell::Absent => Reason::NotGrantedToRole,
        Cell::Never => Reason::NeverForRole,
        Cell::OffByDefault => Reason::OffByDefault,
        Cell::OffForRole => Reason::OffForRole,
        Cell::OnByDefault => Reason::OnByDefault,
        Cell::OnForRole => Reason::OnForRole,
        Cell::Inherent => Reason::Inherent,
    }
}

fn held(tenant: &TenantMaps, role: &RoleMaps, name: &str, row: &PermissionMaps, world: &World<'_>) -> Reason {
    let reason = role.cells.get(name).copied().unwrap_or(Reason::NotGrantedToRole);
    if !allows(reason) {
        return reason;
    }
    if row.needs.iter().any(|fact| !world.so.contains(fact.as_str())) {
        return Reason::FactFalse;
    }
    if let Some(restriction) = &row.restriction {
        let by_role = role.cells.get(restriction).is_some_and(|reason| allows(*reason));
        if by_role || tenant.restricted.contains(restriction) {
            if tenant.trusted.is_empty() {
                return Reason::ListEmpty;
            }
            let on_list = |domain: &str| tenant.trusted.contains(&domain.to_ascii_lowercase());
            if !world.email_domain.map_or_else(|assumed| assumed, on_list) {
                return Reason::NotOnList;
            }
        }
    }
    reason
}

fn setting(tenant: &TenantMaps, role: &RoleMaps, name: &str, to: bool, ask: &Ask) -> Reason {
    if tenant.locked.contains(name) {
        return Reason::SettingLocked;
    }
    let Some(authority) = tenant.authority.get(name).map(|by_position| &by_position[usize::from(to)]) else {
        return Reason::UnknownSetting;
    };
    let by_standing = ask.standing.as_ref().is_some_and(|standing| authority.standings.contains(standing));
    if by_standing || authority.roles.contains(&role.base) {
        Reason::AuthorizedChange
    } else {
        authority.refusal
    }
}

/// What plan, regimes and settings block, with the first reason.
pub fn blocked(product: &Product, state: &State) -> HashMap<String, Reason> {
    let tenant = &state.tenant;
    let is_off = |setting: &String| product.chain(setting).iter().any(|link| !state.settings[link]);
    let regimes = || tenant.regimes.iter().map(|name| &product.regimes[name].bars);
    let barred = |provider: &String| regimes().any(|bars| bars.providers.contains(provider));
    let mut blocked = HashMap::new();
    for (name, row) in product.permissions.iter().filter(|(_, row)| row.restricts.is_none()) {
        if !row.plans.is_empty() && !row.plans.contains(tenant.plan) {
            blocked.insert(name.clone(), Reason::NotInPlan);
        } else if row.setting.as_ref().is_some_and(is_off) {
            blocked.insert(name.clone(), Reason::SettingOff);
        }
    }
    for (name, row) in &product.features {
        let unstated = row.providers.are_unstated() && regimes().any(|bars| bars.unstated_providers);
        let service_barred = |(service, used): (&String, &crate::product::Use)| {
            used.how == "requires" && regimes().any(|bars| bars.services.contains(service))
        };
        if !row.plans.contains(tenant.plan) {
            blocked.insert(name.clone(), Reason::NotInPlan);
        } else if unstated || row.providers.named().iter().any(barred) {
            blocked.insert(name.clone(), Reason::ProviderBarred);
        } else if row.services.iter().any(service_barred) {
            blocked.insert(name.clone(), Reason::ServiceBarred);
        } else if row.setting.as_ref().is_some_and(is_off) {
            blocked.insert(name.clone(), Reason::SettingOff);
        }
    }
    blocked
}

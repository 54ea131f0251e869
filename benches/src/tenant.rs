//! Customers, generated from a number, and what their configuration comes to in plain data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::product::{Names, Product, Rule};
use crate::random::Random;

/// A customer's configuration, as a domain file states it.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    pub id: String,
    pub kind: &'static str,
    pub plan: &'static str,
    pub add_ons: Names,
    pub regimes: Names,
    pub attested: Names,
    /// Super admins of an organization.
    pub holders: u64,
    pub settings: BTreeMap<String, bool>,
    pub locked: BTreeMap<String, bool>,
    pub trusted: Vec<String>,
    pub roles: BTreeMap<String, TenantRole>,
    /// AI outputs a month.
    pub limit: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct TenantRole {
    pub based_on: Option<String>,
    pub permissions: BTreeMap<String, bool>,
}

/// Plans as often as customers are on them; every plan that matters to a rule is among them.
pub const PLANS: [&str; 8] = [
    "personal",
    "starter",
    "advanced",
    "enterprise",
    "enterprise",
    "enterprise",
    "enterprise_plus",
    "business",
];

impl Tenant {
    /// The customer with this number: of every kind and plan, most of them with something configured.
    pub fn generate(product: &Product, number: u64) -> Self {
        let mut random = Random::new(number);
        let mut tenant = Self {
            id: format!("tenant_{number}"),
            kind: random.pick(&["organization", "organization", "workspace", "division"]),
            plan: random.pick(&PLANS),
            holders: random.below(3) as u64,
            ..Self::default()
        };
        for add_on in ["permissions_management", "key_management"] {
            if product.add_ons[add_on].offered_on.contains(tenant.plan) && random.percent(70) {
                tenant.add_ons.insert(add_on.to_owned());
            }
        }
        for (name, regime) in &product.regimes {
            let has = regime.add_on.as_ref().is_none_or(|add_on| tenant.in_force(product).contains(add_on));
            if has && random.percent(35) {
                tenant.regimes.insert(name.clone());
                tenant.attested.extend(regime.attested.clone());
            }
        }
        for setting in product.settings.keys() {
            let on = random.percent(65);
            match random.below(10) {
                0..4 => tenant.settings.insert(setting.clone(), on),
                4 => tenant.locked.insert(setting.clone(), on),
                _ => None,
            };
        }
        if random.percent(60) {
            tenant.trusted = vec!["partner.example".to_owned(), "friends.example".to_owned()];
        }
        tenant.limit = random.percent(50).then_some(1000);
        tenant.configure_roles(product, &mut random);
        tenant
    }

    fn configure_roles(&mut self, product: &Product, random: &mut Random) {
        for role in ["admin", "member", "guest"] {
            let row = TenantRole { based_on: None, permissions: overrides(product, role, 15, random) };
            if !row.permissions.is_empty() {
                self.roles.insert(role.to_owned(), row);
            }
        }
        if self.in_force(product).contains("permissions_management") {
            for (role, base) in [("contractor", "guest"), ("manager", "admin")] {
                if random.percent(70) {
                    let permissions = overrides(product, base, 25, random);
                    let row = TenantRole { based_on: Some(base.to_owned()), permissions };
                    self.roles.insert(role.to_owned(), row);
                }
            }
        }
    }

    /// The add-ons that the customer has, bought or included.
    pub fn in_force(&self, product: &Product) -> Names {
        let included = product.add_ons.iter().filter(|(_, row)| row.included_in.contains(self.plan));
        included.map(|(name, _)| name.clone()).chain(self.add_ons.iter().cloned()).collect()
    }

    /// The domain file.
    pub fn to_toml(&self) -> String {
        let list = |names: &Names| format!("{:?}", names.iter().collect::<Vec<_>>());
        let mut text = String::from("[domain]\n");
        let mut line = |line: String| writeln!(text, "{line}").expect("a string takes every line");
        line(format!("id = \"{}\"\nkind = \"{}\"\nplan = \"{}\"", self.id, self.kind, self.plan));
        line(format!("add_ons = {}\nregimes = {}", list(&self.add_ons), list(&self.regimes)));
        line(format!("attested = {}", list(&self.attested)));
        if self.kind == "organization" {
            line(format!("[holders]\nsuper_admin = {}", self.holders));
        }
        for (table, settings) in [("settings", &self.settings), ("locked", &self.locked)] {
            line(format!("[{table}]"));
            settings.iter().for_each(|(name, on)| line(format!("{name} = \"{}\"", word(*on))));
        }
        line(format!("[lists]\ntrusted_domains = {:?}", self.trusted));
        for (role, row) in &self.roles {
            line(format!("[roles.{role}]"));
            row.based_on.iter().for_each(|base| line(format!("based_on = \"{base}\"")));
            let permissions = row.permissions.iter().map(|(name, on)| format!("{name} = \"{}\"", word(*on)));
            line(format!("permissions = {{ {} }}", permissions.collect::<Vec<_>>().join(", ")));
        }
        if let Some(limit) = self.limit {
            line(format!("[limits.ai_outputs]\nlimit = {limit}\nevery = \"month\""));
        }
        text
    }
}

/// A switch as files spell it.
pub fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Who may invite stays as it is, so that a restriction of invites always has somebody to restrict.
fn overrides(product: &Product, base: &str, percent: usize, random: &mut Random) -> BTreeMap<String, bool> {
    let configurable = product.permissions.iter().filter(|(name, row)| {
        let default = row.default.get(base).is_some_and(|default| default != "never");
        default && *name != "invite_guests" && (base == "member" || row.restricts.is_none())
    });
    let mut overrides = BTreeMap::new();
    for (name, _) in configurable {
        if random.percent(percent) {
            overrides.insert(name.clone(), random.percent(50));
        }
    }
    overrides
}

/// What a role has of a permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    Absent,
    Never,
    OffByDefault,
    OffForRole,
    OnByDefault,
    OnForRole,
    Inherent,
}

impl Cell {
    pub fn is_on(self) -> bool {
        matches!(self, Self::OnByDefault | Self::OnForRole | Self::Inherent)
    }
}

/// A role with everything it has.
#[derive(Clone, Debug)]
pub struct Role {
    pub base: String,
    pub cells: BTreeMap<String, Cell>,
}

/// Who may turn a setting to one position here, and what everybody else is told.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Base roles.
    pub roles: Vec<String>,
    pub standings: Vec<String>,
    pub refusal: tollkeeper::decision::Reason,
}

/// What the configuration of a customer comes to: a plain fold, as every service makes one when it loads a row
/// from its database.
#[derive(Clone, Debug)]
pub struct State {
    pub tenant: Tenant,
    pub roles: BTreeMap<String, Role>,
    pub settings: BTreeMap<String, bool>,
    /// By setting and position.
    pub authority: BTreeMap<(String, bool), Authority>,
}

impl State {
    pub fn of(product: &Product, tenant: Tenant) -> Self {
        let standard = product.roles.keys().map(|role| (role.clone(), role.clone()));
        let custom =
            tenant.roles.iter().filter_map(|(role, row)| Some((role.clone(), row.based_on.clone()?)));
        let configurable = tenant.in_force(product).contains("permissions_management");
        let roles = standard.chain(custom).map(|(role, base)| {
            let stated = tenant.roles.get(&role).filter(|_| configurable).map(|row| &row.permissions);
            let cells = product.permissions.keys().map(|name| {
                let stated = stated.and_then(|permissions| permissions.get(name));
                (name.clone(), cell(product, &base, name, stated.copied()))
            });
            (role, Role { cells: cells.collect(), base })
        });
        let settings = product.settings.iter().map(|(name, row)| {
            let stated = tenant.locked.get(name).or_else(|| tenant.settings.get(name)).copied();
            let starts_off = tenant.regimes.iter().any(|one| product.regimes[one].starts_off.contains(name));
            (name.clone(), stated.unwrap_or(!starts_off && row.default == "on"))
        });
        Self {
            roles: roles.collect(),
            settings: settings.collect(),
            authority: product
                .settings
                .keys()
                .flat_map(|name| {
                    [true, false].map(|to| ((name.clone(), to), authority(product, &tenant, name, to)))
                })
                .collect(),
            tenant,
        }
    }
}

fn cell(product: &Product, base: &str, permission: &str, stated: Option<bool>) -> Cell {
    let role = &product.roles[base];
    let row = &product.permissions[permission];
    if role.inherent.contains(permission) || (role.supreme && row.restricts.is_none()) {
        return Cell::Inherent;
    }
    if role.never.contains(permission) {
        return Cell::Never;
    }
    match (row.default.get(base).map(String::as_str), stated) {
        (None, _) => Cell::Absent,
        (Some("never"), _) => Cell::Never,
        (_, Some(true)) => Cell::OnForRole,
        (_, Some(false)) => Cell::OffForRole,
        (Some("on"), None) => Cell::OnByDefault,
        (Some(_), None) => Cell::OffByDefault,
    }
}

fn authority(product: &Product, tenant: &Tenant, setting: &str, to: bool) -> Authority {
    use tollkeeper::decision::Reason;
    let unheld = |role: &str| {
        let kinds = &product.roles[role].kinds;
        (!kinds.is_empty() && !kinds.contains(tenant.kind)) || tenant.holders == 0
    };
    let fits = |rule: &&Rule| {
        (rule.kinds.is_empty() || rule.kinds.contains(tenant.kind))
            && (rule.to.is_empty() || rule.to.contains(word(to)))
            && rule.when_unheld.as_ref().is_none_or(|role| unheld(role))
    };
    let rules: Vec<&Rule> = product.settings[setting].change.iter().filter(fits).collect();
    let roles: Vec<String> = rules.iter().flat_map(|rule| rule.roles.clone()).collect();
    let stated: Vec<String> = rules.iter().flat_map(|rule| rule.standings.clone()).collect();
    let counts = |standing: &String| {
        let kinds = &product.standings[standing].kinds;
        kinds.is_empty() || kinds.contains(tenant.kind)
    };
    let refusal = if roles.iter().any(|role| !product.roles[role].supreme || !unheld(role)) {
        Reason::NeedsRole
    } else if rules.is_empty() || !stated.is_empty() {
        if rules.is_empty() { Reason::NotForDomainKind } else { Reason::NotAuthorized }
    } else {
        Reason::NeedsVerification
    };
    Authority { roles, standings: stated.into_iter().filter(counts).collect(), refusal }
}

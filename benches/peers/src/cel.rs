//! CEL: one expression for each permission, feature and change, shared by all customers; a customer is data.
//!
//! An expression answers with a reason. Data is borrowed through a resolver, as its documentation advises for values
//! that outlive a request.

use std::collections::HashMap;
use std::sync::Arc;

use cel::common::types::{CelBool, CelInt, CelMap, CelMapKey, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, Program, Value};
use tollkeeper::decision::{Gate, Reason};
use tollkeeper::word::Trigger;
use tollkeeper_benches::maps::{blocked, reason};
use tollkeeper_benches::product::{Names, Product};
use tollkeeper_benches::tenant::{State, word};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::{Answer, Peer, Reply, reason_of};

pub struct Cel<'w> {
    env: Arc<Env>,
    permissions: HashMap<&'w str, Program>,
    features: HashMap<&'w str, Program>,
    changes: HashMap<(&'w str, bool), Program>,
    shared: Shared<'w>,
    tenants: Vec<Tenant<'w>>,
}

/// What every customer has in common.
struct Shared<'w> {
    /// How far a denial got, by its reason.
    progress: CelMap<'w>,
    truth: CelBool,
    falsehood: CelBool,
}

struct Tenant<'w> {
    roles: HashMap<&'w str, Role<'w>>,
    blocked: CelMap<'w>,
    restricted: CelMap<'w>,
    trusted: CelMap<'w>,
    has_limit: bool,
    locked: CelMap<'w>,
    authority: CelMap<'w>,
}

struct Role<'w> {
    base: &'w str,
    on: CelMap<'w>,
    off: CelMap<'w>,
}

impl<'w> Cel<'w> {
    pub fn new(workload: &'w Workload) -> Self {
        let product = &workload.product;
        let env = Arc::new(Env::stdlib());
        let compile = |text: String| env.compile(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let gates = (0..).zip(Gate::ALL.map(Some));
        let progress = gates.flat_map(|(number, gate)| {
            let of_gate = Reason::ALL.iter().filter(move |reason| reason.gate() == gate);
            of_gate.map(move |reason| (reason.as_str(), CelInt::from(number)))
        });
        let changes =
            product.settings.keys().flat_map(|name| [(name.as_str(), true), (name.as_str(), false)]);
        Self {
            permissions: product.askable().map(|name| (name, compile(permission(product, name)))).collect(),
            features: product.unpriced().map(|name| (name, compile(feature(product, name)))).collect(),
            changes: changes.map(|(name, to)| ((name, to), compile(change(name, to)))).collect(),
            shared: Shared { progress: map(progress), truth: true.into(), falsehood: false.into() },
            tenants: workload.states.iter().map(|state| Tenant::new(workload, state)).collect(),
            env,
        }
    }

    fn ask(&self, ask: &Ask) -> Result<Reason, String> {
        let program = match &ask.what {
            What::Permission(name) => self.permissions.get(name.as_str()),
            What::Feature(name, _) => self.features.get(name.as_str()),
            What::Setting(name, to) => self.changes.get(&(name.as_str(), *to)),
        };
        let program = program.ok_or("there is no expression for it")?;
        let tenant = self.tenants.get(ask.tenant);
        let scope = Scope { shared: &self.shared, tenant, ask };
        let mut context = Context::with_env(self.env.clone());
        context.set_variable_resolver(&scope);
        let answer = Value::resolve_val(program.expression(), &context);
        let answer = answer.map_err(|error: ExecutionError| error.to_string())?;
        let code = answer.downcast_ref::<CelString>().ok_or("it is no string")?;
        reason_of(code.inner()).ok_or_else(|| "it is no reason".to_owned())
    }
}

fn map<'w, V: Val + 'w>(entries: impl IntoIterator<Item = (&'w str, V)>) -> CelMap<'w> {
    let entries = entries
        .into_iter()
        .map(|(name, value)| (CelMapKey::from(name), Box::new(value) as Box<dyn Val + 'w>));
    entries.collect::<HashMap<_, _>>().into()
}

fn set<'w>(names: impl IntoIterator<Item = &'w String>) -> CelMap<'w> {
    map(names.into_iter().map(|name| (name.as_str(), CelBool::from(true))))
}

impl<'w> Tenant<'w> {
    fn new(workload: &'w Workload, state: &'w State) -> Self {
        let product = &workload.product;
        let code = |reason: Reason| CelString::from(reason.as_str());
        let roles = state.roles.iter().map(|(name, row)| {
            let cells = |on: bool| {
                let cells = row.cells.iter().filter(move |(_, cell)| cell.is_on() == on);
                map(cells.map(|(name, cell)| (name.as_str(), code(reason(*cell)))))
            };
            (name.as_str(), Role { base: &row.base, on: cells(true), off: cells(false) })
        });
        let blocked = blocked(product, state);
        let names = product.permissions.keys().chain(product.features.keys());
        let blocked = names.filter_map(|name| Some((name.as_str(), code(*blocked.get(name)?))));
        let restricted = product.permissions.iter().filter(|(_, row)| {
            row.restricts.is_some() && row.setting.as_ref().is_some_and(|setting| state.settings[setting])
        });
        let authority = product.settings.keys().map(|name| {
            let by = |to: bool| {
                let authority = &state.authority[&(name.clone(), to)];
                let mut by =
                    map([("roles", set(&authority.roles)), ("standings", set(&authority.standings))])
                        .into_inner();
                by.insert(CelMapKey::from("refusal"), Box::new(code(authority.refusal)));
                CelMap::from(by)
            };
            (name.as_str(), map([("on", by(true)), ("off", by(false))]))
        });
        Self {
            roles: roles.collect(),
            blocked: map(blocked),
            restricted: set(restricted.map(|(name, _)| name)),
            trusted: set(&state.tenant.trusted),
            has_limit: state.tenant.limit.is_some(),
            locked: set(state.tenant.locked.keys()),
            authority: map(authority),
        }
    }
}

/// What an expression can name.
struct Scope<'a> {
    shared: &'a Shared<'a>,
    tenant: Option<&'a Tenant<'a>>,
    ask: &'a Ask,
}

impl VariableResolver for Scope<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let truth = |so: bool| {
            let Shared { truth, falsehood, .. } = self.shared;
            Some(CowVal::Borrowed(if so { truth } else { falsehood } as &dyn Val))
        };
        let data = |map: &'b CelMap<'b>| Some(CowVal::Borrowed(map as &(dyn Val + 'b)));
        let text = |text: &'b str| Some(CowVal::owned(CelString::from(text)));
        let fact = |name: &str| self.ask.facts.iter().find(|(fact, _)| fact == name).map(|(_, so)| *so);
        if let Some((how, name)) = name.split_once("__") {
            return match how {
                "so" => truth(fact(name) == Some(true)),
                "may" => truth(fact(name) != Some(false)),
                _ => truth(fact(name).is_some()),
            };
        }
        let tenant = self.tenant?;
        match name {
            "on" => data(&tenant.roles.get(self.ask.role.as_str())?.on),
            "off" => data(&tenant.roles.get(self.ask.role.as_str())?.off),
            "base" => text(tenant.roles.get(self.ask.role.as_str())?.base),
            "blocked" => data(&tenant.blocked),
            "restricted" => data(&tenant.restricted),
            "trusted" => data(&tenant.trusted),
            "locked" => data(&tenant.locked),
            "authority" => data(&tenant.authority),
            "progress" => data(&self.shared.progress),
            "has_limit" => truth(tenant.has_limit),
            "has_trusted" => truth(!tenant.trusted.is_empty()),
            "has_email" => truth(self.ask.email_domain.is_some()),
            "email" => Some(CowVal::owned(CelString::from(self.ask.email_domain?.to_ascii_lowercase()))),
            "standing" => text(self.ask.standing.as_deref().unwrap_or_default()),
            "has_remaining" => truth(self.ask.remaining.is_some()),
            "remaining" => Some(CowVal::owned(CelInt::from(i64::try_from(self.ask.remaining?).ok()?))),
            "counts" => truth(matches!(
                self.ask.what,
                What::Feature(_, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring)
            )),
            _ => None,
        }
    }
}

/// One way to complete what is not stated: nothing of it is so, or all of it may be.
#[derive(Clone, Copy)]
struct World {
    /// The prefix of facts.
    so: &'static str,
    /// Whether the e-mail domain is on the list.
    on_list: &'static str,
}

const LEAST: World = World { so: "so__", on_list: "(has_email ? email in trusted : false)" };
const MOST: World = World { so: "may__", on_list: "(has_email ? email in trusted : true)" };

fn permission(product: &Product, name: &str) -> String {
    let mut stated: Vec<String> = product.reads(name).iter().map(|fact| format!("said__{fact}")).collect();
    stated.extend(product.restriction(name).map(|_| "has_email".to_owned()));
    let least = World::reason(LEAST, product, name);
    if stated.is_empty() {
        return least;
    }
    let (stated, any, every) = (stated.join(" && "), MOST.allows(product, name), LEAST.allows(product, name));
    format!("({stated}) ? ({least}) : ({any}) == ({every}) ? ({least}) : 'missing-fact'")
}

impl World {
    fn all(self, facts: &Names) -> String {
        let facts: Vec<String> = facts.iter().map(|fact| format!("{}{fact}", self.so)).collect();
        if facts.is_empty() { "true".to_owned() } else { format!("({})", facts.join(" && ")) }
    }

    fn any(self, facts: &Names) -> String {
        let facts: Vec<String> = facts.iter().map(|fact| format!("{}{fact}", self.so)).collect();
        if facts.is_empty() { "false".to_owned() } else { format!("({})", facts.join(" || ")) }
    }

    fn reason(self, product: &Product, name: &str) -> String {
        let direct = self.direct(product, name);
        let Some((fact, other)) = product.permissions[name].instead.iter().next() else { return direct };
        let (allows, other) = (self.direct_allows(product, other), self.direct(product, other));
        format!("{}{fact} ? (({allows}) ? 'decided-by-other-permission' : ({other})) : ({direct})", self.so)
    }

    fn allows(self, product: &Product, name: &str) -> String {
        let direct = self.direct_allows(product, name);
        let Some((fact, other)) = product.permissions[name].instead.iter().next() else { return direct };
        format!("{}{fact} ? ({}) : ({direct})", self.so, self.direct_allows(product, other))
    }

    fn direct(self, product: &Product, name: &str) -> String {
        let row = &product.permissions[name];
        let own = self.held(product, name);
        let held = match &row.otherwise {
            None => own,
            Some(other) => {
                let (has, other_has) = (self.holds(product, name), self.holds(product, other));
                let other = self.held(product, other);
                format!(
                    "({has}) ? ({own}) : ({own}) == 'never-for-role' ? 'never-for-role' : \
                     ({other_has}) ? 'decided-by-other-permission' : \
                     progress[{other}] > progress[{own}] ? ({other}) : ({own})"
                )
            }
        };
        let unless_blocked = format!("'{name}' in blocked ? blocked['{name}'] : ({held})");
        match row.exempt.is_empty() {
            true => unless_blocked,
            false => format!("{} ? 'exempt' : ({unless_blocked})", self.any(&row.exempt)),
        }
    }

    fn direct_allows(self, product: &Product, name: &str) -> String {
        let row = &product.permissions[name];
        let other = row.otherwise.as_ref().map(|other| format!(" || ({})", self.holds(product, other)));
        let held = format!("({}){}", self.holds(product, name), other.unwrap_or_default());
        format!("{} || ('{name}' in blocked ? false : ({held}))", self.any(&row.exempt))
    }

    fn held(self, product: &Product, name: &str) -> String {
        let on = format!("on['{name}']");
        let listed = match product.restriction(name) {
            None => on,
            Some((restriction, _)) => format!(
                "('{restriction}' in restricted || '{restriction}' in on) ? \
                 (has_trusted ? ({} ? {on} : 'not-on-list') : 'list-empty') : {on}",
                self.on_list
            ),
        };
        let needs = &product.permissions[name].needs;
        let met = match needs.is_empty() {
            true => listed,
            false => format!("{} ? ({listed}) : 'fact-false'", self.all(needs)),
        };
        format!("'{name}' in on ? ({met}) : off['{name}']")
    }

    fn holds(self, product: &Product, name: &str) -> String {
        let needs = self.all(&product.permissions[name].needs);
        let listed = product.restriction(name).map(|(restriction, _)| {
            format!(
                " && (('{restriction}' in restricted || '{restriction}' in on) ? \
                 (has_trusted && {}) : true)",
                self.on_list
            )
        });
        format!("'{name}' in on && {needs}{}", listed.unwrap_or_default())
    }
}

fn feature(product: &Product, name: &str) -> String {
    let covered = match product.features[name].meter {
        None => "'feature-on'",
        Some(_) => {
            "counts ? (has_remaining ? (remaining == 0 ? 'limit-reached' : 'feature-on') \
             : has_limit ? 'balance-unknown' : 'feature-on') : 'feature-on'"
        }
    };
    format!("'{name}' in blocked ? blocked['{name}'] : ({covered})")
}

fn change(name: &str, to: bool) -> String {
    let by = format!("authority['{name}']['{}']", word(to));
    format!(
        "'{name}' in locked ? 'setting-locked' : \
         base in {by}['roles'] || standing in {by}['standings'] ? 'authorized-change' : {by}['refusal']"
    )
}

impl Peer for Cel<'_> {
    fn name(&self) -> &'static str {
        "cel"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        Answer::because(self.ask(ask).expect("every expression has an answer"))
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        self.ask(ask).map_or_else(Reply::error, |reason| Answer::because(reason).into())
    }
}

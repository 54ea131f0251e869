//! The requests that everything is measured with: 4,096 of them, of every kind, in names and in ids.

use tollkeeper::catalog::{Bind, Catalog};
use tollkeeper::decision::{Decision, Reason};
use tollkeeper::domain::{Change, Domain};
use tollkeeper::engine::Engine;
use tollkeeper::id::{FactId, FeatureId, LimitId, PermissionId, RoleId, SettingId, StandingId};
use tollkeeper::request::{Action, Balance, Request, Run, Subject};
use tollkeeper::word::{Switch, Trigger};

use crate::product::Product;
use crate::random::Random;
use crate::tenant::{State, Tenant, word};

/// How many requests the stream has.
pub const ASKS: usize = 4096;

/// How many customers ask.
pub const TENANTS: u64 = 16;

/// The e-mail domains that invites go to; the first is on every list of trusted ones.
const EMAIL_DOMAINS: [&str; 3] = ["partner.example", "Friends.example", "elsewhere.example"];

/// A request in names, as any engine could be asked it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Which customer's.
    pub tenant: usize,
    pub role: String,
    pub standing: Option<String>,
    pub what: What,
    /// Facts that are stated, in the order of their names.
    pub facts: Vec<(String, bool)>,
    pub email_domain: Option<&'static str>,
    /// Outputs that are left, where the caller knows.
    pub remaining: Option<u64>,
}

#[derive(Clone, Debug)]
pub enum What {
    Permission(String),
    Feature(String, Trigger),
    Setting(String, bool),
}

impl Ask {
    pub fn is_permission(&self) -> bool {
        matches!(self.what, What::Permission(_))
    }

    pub fn is_feature(&self) -> bool {
        matches!(self.what, What::Feature(..))
    }

    /// The request as it stands in a log or comes over a wire.
    pub fn to_json(&self) -> String {
        let action = match &self.what {
            What::Permission(name) => serde_json::json!({ "permission": name }),
            What::Feature(name, trigger) => serde_json::json!({ "feature": name, "trigger": trigger }),
            What::Setting(name, to) => serde_json::json!({ "change": { "setting": name, "to": word(*to) } }),
        };
        let facts: serde_json::Map<_, _> =
            self.facts.iter().map(|(name, so)| (name.clone(), (*so).into())).collect();
        let mut context = serde_json::json!({ "facts": facts });
        if let Some(email_domain) = self.email_domain {
            context["email_domain"] = email_domain.into();
        }
        if let Some(remaining) = self.remaining {
            context["remaining"] = serde_json::json!({ "ai_outputs": remaining });
        }
        let standings: Vec<_> = self.standing.iter().collect();
        let subject = serde_json::json!({ "roles": [self.role], "standings": standings });
        serde_json::json!({ "subject": subject, "action": action, "context": context }).to_string()
    }
}

/// The whole workload.
#[derive(Debug)]
pub struct Workload {
    pub product: Product,
    pub catalog: Catalog,
    pub states: Vec<State>,
    pub engines: Vec<Engine>,
    pub asks: Vec<Ask>,
    pub typed: Vec<Typed>,
}

impl Workload {
    /// The same workload whenever and wherever it is made.
    pub fn generate() -> Self {
        Self::of(0..TENANTS, ASKS)
    }

    /// A workload of these customers.
    pub fn of(numbers: std::ops::Range<u64>, asks: usize) -> Self {
        let product = Product::builtin();
        let catalog = Catalog::builtin();
        let mut random = Random::new(numbers.start);
        let tenants = numbers.map(|number| Tenant::generate(&product, number));
        let states: Vec<State> = tenants.map(|tenant| State::of(&product, tenant)).collect();
        let engines: Vec<Engine> =
            states.iter().map(|state| compile(&catalog, &state.tenant.to_toml())).collect();
        let names = Askable::of(&product);
        let asks: Vec<Ask> = (0..asks).map(|_| ask(&product, &names, &states, &mut random)).collect();
        let typed = asks.iter().map(|ask| Typed::of(&catalog, &engines[ask.tenant], ask)).collect();
        Self { product, catalog, states, engines, asks, typed }
    }

    /// The engine that a request goes to, with the request.
    pub fn requests(&self) -> Vec<(&Engine, Request<'_>)> {
        let engine = |ask: &Ask| &self.engines[ask.tenant];
        self.asks.iter().zip(&self.typed).map(|(ask, typed)| (engine(ask), typed.request())).collect()
    }

    /// What tollkeeper answers.
    pub fn decisions(&self) -> Vec<Decision> {
        self.requests().iter().map(|(engine, request)| engine.evaluate(request)).collect()
    }

    /// Why, for each request.
    pub fn reasons(&self) -> Vec<Reason> {
        self.decisions().iter().map(Decision::reason).collect()
    }
}

/// Compiles a domain that is known to be sound.
pub fn compile(catalog: &Catalog, text: &str) -> Engine {
    let domain = Domain::parse(text).unwrap_or_else(|error| panic!("{}", error.render("domain", text)));
    Engine::compile(catalog, &domain).unwrap_or_else(|error| panic!("{}", error.render("domain", text)))
}

/// What can be asked about.
struct Askable<'p> {
    permissions: Vec<&'p str>,
    configurable: Vec<&'p str>,
    features: Vec<&'p str>,
}

impl<'p> Askable<'p> {
    fn of(product: &'p Product) -> Self {
        let configurable = product.askable().filter(|name| !product.permissions[*name].default.is_empty());
        Self {
            permissions: product.askable().collect(),
            configurable: configurable.collect(),
            features: product.unpriced().collect(),
        }
    }
}

fn ask(product: &Product, names: &Askable<'_>, states: &[State], random: &mut Random) -> Ask {
    let tenant = random.below(states.len());
    let roles: Vec<&String> = states[tenant].roles.keys().collect();
    let mut ask = Ask {
        tenant,
        role: random.pick(&roles).clone(),
        standing: None,
        what: What::Permission(String::new()),
        facts: Vec::new(),
        email_domain: None,
        remaining: None,
    };
    match random.below(100) {
        0..50 => {
            // Most of them about what can be configured, which is what services ask about most.
            let among = if random.percent(70) { &names.configurable } else { &names.permissions };
            let permission = random.pick(among);
            for fact in product.reads(permission) {
                if random.percent(85) {
                    ask.facts.push((fact, random.percent(60)));
                }
            }
            if product.restriction(permission).is_some() && random.percent(80) {
                ask.email_domain = Some(random.pick(&EMAIL_DOMAINS));
            }
            ask.what = What::Permission(permission.to_owned());
        }
        50..90 => {
            let trigger = random.pick(&[Trigger::Requested, Trigger::Proactive, Trigger::FollowUp]);
            ask.what = What::Feature(random.pick(&names.features).to_owned(), trigger);
            // Where no limit is set there is no balance to load.
            let limited = states[tenant].tenant.limit.is_some();
            ask.remaining = (limited && random.percent(80)).then(|| random.below(4) as u64);
        }
        _ => {
            let settings: Vec<&String> = product.settings.keys().collect();
            ask.what = What::Setting(random.pick(&settings).clone(), random.percent(50));
            let standings: Vec<&String> = product.standings.keys().collect();
            ask.standing = random.percent(30).then(|| random.pick(&standings).clone());
        }
    }
    ask
}

/// A request in ids, with everything that it borrows.
#[derive(Clone, Debug)]
pub struct Typed {
    pub role: RoleId,
    pub standings: Vec<StandingId>,
    pub action: TypedAction,
    pub facts: Vec<(FactId, bool)>,
    pub email_domain: Option<&'static str>,
    pub balances: Vec<(LimitId, Balance)>,
}

#[derive(Clone, Copy, Debug)]
pub enum TypedAction {
    Permission(PermissionId),
    Feature(FeatureId, Trigger),
    Setting(SettingId, Switch),
}

fn id<T: Bind>(catalog: &Catalog, name: &str) -> T {
    catalog.find(name).unwrap_or_else(|| panic!("`{name}` is in the catalog"))
}

impl Typed {
    pub fn of(catalog: &Catalog, engine: &Engine, ask: &Ask) -> Self {
        Self {
            role: engine.role(&ask.role).expect("the role is the customer's"),
            standings: ask.standing.iter().map(|name| id(catalog, name)).collect(),
            action: match &ask.what {
                What::Permission(name) => TypedAction::Permission(id(catalog, name)),
                What::Feature(name, trigger) => TypedAction::Feature(id(catalog, name), *trigger),
                What::Setting(name, to) => {
                    TypedAction::Setting(id(catalog, name), if *to { Switch::On } else { Switch::Off })
                }
            },
            facts: ask.facts.iter().map(|(name, so)| (id(catalog, name), *so)).collect(),
            email_domain: ask.email_domain,
            balances: ask
                .remaining
                .iter()
                .map(|left| (id(catalog, "ai_outputs"), Balance::Remaining(*left)))
                .collect(),
        }
    }

    pub fn request(&self) -> Request<'_> {
        let subject = Subject::role(self.role).with_standings(&self.standings);
        let action: Action<'_> = match self.action {
            TypedAction::Permission(permission) => permission.into(),
            TypedAction::Feature(feature, trigger) => Run::new(feature).trigger(trigger).into(),
            TypedAction::Setting(setting, to) => Change::Setting { setting, to }.into(),
        };
        let request = Request::new(subject, action).balances(&self.balances);
        let request = self.facts.iter().fold(request, |request, (fact, so)| request.fact(*fact, *so));
        self.email_domain.map_or(request, |email_domain| request.email_domain(email_domain))
    }
}

/// Asks tollkeeper with names only, as a service does that keeps no ids: every name is looked up each time.
pub fn by_name(catalog: &Catalog, engine: &Engine, ask: &Ask) -> Decision {
    let standing = ask.standing.as_deref().map(|name| catalog.find(name).unwrap_or(StandingId::UNKNOWN));
    let balance = ask
        .remaining
        .map(|left| (catalog.find("ai_outputs").unwrap_or(LimitId::UNKNOWN), Balance::Remaining(left)));
    let role = engine.role(&ask.role).unwrap_or(RoleId::UNKNOWN);
    let action: Action<'_> = match &ask.what {
        What::Permission(name) => catalog.find(name).unwrap_or(PermissionId::UNKNOWN).into(),
        What::Feature(name, trigger) => {
            Run::new(catalog.find(name).unwrap_or(FeatureId::UNKNOWN)).trigger(*trigger).into()
        }
        What::Setting(name, to) => {
            let to = if *to { Switch::On } else { Switch::Off };
            Change::Setting { setting: catalog.find(name).unwrap_or(SettingId::UNKNOWN), to }.into()
        }
    };
    let subject = Subject::role(role).with_standings(standing.as_slice());
    let mut request = Request::new(subject, action).balances(balance.as_slice());
    for (name, so) in &ask.facts {
        request = request.fact(catalog.find(name).unwrap_or(FactId::UNKNOWN), *so);
    }
    request.context.email_domain = ask.email_domain;
    engine.evaluate(&request)
}

//! casbin: role-based access control, an enforcer a customer.
//!
//! Its page on performance asks for few rules, permissions granted to roles and shards of customers: each customer
//! has an enforcer with one rule for each way in which something is allowed, and what a role has is its groups.
//! Circumstances are words that a custom function looks for. The cached enforcer is left out: it keeps decisions
//! by a hash of the request, and a stream that repeats would measure that map. So is its explanation: it names
//! rules that matched, and a denial is that none did.

use std::collections::{BTreeSet, HashMap};

use casbin::rhai::{Dynamic, ImmutableString};
use casbin::{CoreApi, DefaultModel, EnforceContext, Enforcer, MgmtApi};
use tokio::runtime::{Builder, Runtime};
use tollkeeper::decision::Reason;
use tollkeeper::word::Trigger;
use tollkeeper_benches::maps::blocked;
use tollkeeper_benches::product::Product;
use tollkeeper_benches::tenant::{State, word};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::{Answer, Peer, Reply};

const MODEL: &str = include_str!("casbin.conf");

/// The group of every role.
const ANYONE: &str = "anyone";

pub struct Casbin {
    tenants: Vec<Enforcer>,
    /// What is loaded for a customer that does not exist.
    nobody: Enforcer,
}

impl Casbin {
    pub fn new(workload: &Workload) -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime of this thread");
        let tenants = workload.states.iter();
        let tenants = tenants.map(|state| enforcer(&runtime, &Rules::of(&workload.product, state)));
        Self { tenants: tenants.collect(), nobody: enforcer(&runtime, &Rules::default()) }
    }

    fn enforce(&self, ask: &Ask) -> casbin::Result<bool> {
        let enforcer = self.tenants.get(ask.tenant).unwrap_or(&self.nobody);
        let (sub, facts) = (ask.role.as_str().into(), facts(ask));
        let (section, arguments): (_, Vec<Dynamic>) = match &ask.what {
            What::Permission(name) => ("", vec![sub, name.as_str().into(), facts]),
            What::Feature(name, _) => ("2", vec![name.as_str().into(), facts]),
            What::Setting(name, to) => ("3", vec![sub, change(name, *to).into(), facts]),
        };
        enforcer.enforce_with_context(EnforceContext::new(section), arguments)
    }
}

fn enforcer(runtime: &Runtime, rules: &Rules) -> Enforcer {
    let build = async {
        let mut enforcer = Enforcer::new(DefaultModel::from_str(MODEL).await?, ()).await?;
        enforcer.add_function("stated", casbin::function_map::OperatorFunction::Arg2(stated));
        for (section, rules) in ["p", "p2", "p3"].into_iter().zip(&rules.sections) {
            enforcer.add_named_policies(section, rules.iter().cloned().collect()).await?;
        }
        enforcer.add_grouping_policies(rules.groups.iter().cloned().collect()).await?;
        casbin::Result::Ok(enforcer)
    };
    runtime.block_on(build).expect("the model and its rules are sound")
}

/// Whether a request states every word that a rule asks for.
fn stated(facts: Dynamic, when: Dynamic) -> Dynamic {
    let words = |value: Dynamic| value.into_immutable_string().unwrap_or_default();
    let (facts, when): (ImmutableString, ImmutableString) = (words(facts), words(when));
    when.split(' ').all(|word| facts.split(' ').any(|fact| fact == word)).into()
}

/// The circumstances of a request in words.
fn facts(ask: &Ask) -> Dynamic {
    let mut words = String::new();
    let mut word = |sign: &str, name: &str| words.extend([" ", sign, name]);
    for (name, so) in &ask.facts {
        word(if *so { "+" } else { "-" }, name);
    }
    if let Some(domain) = ask.email_domain {
        word("@", &domain.to_ascii_lowercase());
    }
    if let Some(standing) = &ask.standing {
        word("=", standing);
    }
    if let What::Feature(_, trigger) = &ask.what {
        let counts = matches!(trigger, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring);
        match ask.remaining {
            _ if !counts => word("", "uncounted"),
            None => word("", "unstated"),
            Some(0) => {}
            Some(_) => word("", "left"),
        }
    }
    words.into()
}

fn change(setting: &str, to: bool) -> String {
    format!("{setting}:{}", word(to))
}

/// The rules of each section, and what role is in what group.
#[derive(Default)]
struct Rules {
    sections: [BTreeSet<Vec<String>>; 3],
    groups: BTreeSet<Vec<String>>,
}

/// A way to a permission: the group that has it, and what must be stated.
struct Way {
    group: String,
    when: Vec<String>,
}

impl Rules {
    fn of(product: &Product, state: &State) -> Self {
        let mut rules = Self::default();
        let blocked = blocked(product, state);
        for role in state.roles.keys() {
            rules.group(role, ANYONE);
        }
        for permission in product.askable() {
            rules.permission(product, state, &blocked, permission);
        }
        for feature in product.unpriced().filter(|feature| !blocked.contains_key(*feature)) {
            let unlimited = state.tenant.limit.is_none().then_some("unstated");
            let words = match product.features[feature].meter {
                Some(_) => ["uncounted", "left"].into_iter().chain(unlimited).collect(),
                None => vec![""],
            };
            rules.sections[1].extend(words.iter().map(|word| vec![feature.to_owned(), (*word).to_owned()]));
        }
        for ((setting, to), authority) in &state.authority {
            if state.tenant.locked.contains_key(setting) {
                continue;
            }
            for base in &authority.roles {
                rules.grant(2, &change(setting, *to), &format!("base:{base}"), &[]);
            }
            for standing in &authority.standings {
                rules.grant(2, &change(setting, *to), ANYONE, &[format!("={standing}")]);
            }
        }
        for (role, row) in &state.roles {
            rules.group(role, &format!("base:{}", row.base));
        }
        rules
    }

    fn group(&mut self, role: &str, group: &str) {
        self.groups.insert(vec![role.to_owned(), group.to_owned()]);
    }

    fn grant(&mut self, section: usize, action: &str, group: &str, when: &[String]) {
        self.sections[section].insert(vec![action.to_owned(), group.to_owned(), when.join(" ")]);
    }

    fn permission(
        &mut self,
        product: &Product,
        state: &State,
        blocked: &HashMap<String, Reason>,
        permission: &str,
    ) {
        let own = self.ways(product, state, blocked, permission);
        let Some((fact, other)) = product.permissions[permission].instead.iter().next() else {
            own.iter().for_each(|way| self.grant(0, permission, &way.group, &way.when));
            return;
        };
        let others = self.ways(product, state, blocked, other);
        for (sign, ways) in [("-", &own), ("+", &others)] {
            for way in ways {
                let when: Vec<_> = way.when.iter().cloned().chain([format!("{sign}{fact}")]).collect();
                self.grant(0, permission, &way.group, &when);
            }
        }
        // Whatever the fact is, both allow.
        for (own, other) in own.iter().flat_map(|own| others.iter().map(move |other| (own, other))) {
            let both = format!("{}&{}", own.group, other.group);
            let has =
                |role: &str, group: &str| self.groups.contains(&vec![role.to_owned(), group.to_owned()]);
            let holders: Vec<&String> =
                state.roles.keys().filter(|role| has(role, &own.group) && has(role, &other.group)).collect();
            let when: Vec<_> = own.when.iter().chain(&other.when).cloned().collect();
            self.grant(0, permission, &both, &when);
            holders.into_iter().for_each(|role| self.group(role, &both));
        }
    }

    /// Every way to a permission itself; no two of them are needed together.
    fn ways(
        &mut self,
        product: &Product,
        state: &State,
        blocked: &HashMap<String, Reason>,
        permission: &str,
    ) -> Vec<Way> {
        let row = &product.permissions[permission];
        let exempt = row.exempt.iter();
        let mut ways: Vec<Way> =
            exempt.map(|fact| Way { group: ANYONE.to_owned(), when: vec![format!("+{fact}")] }).collect();
        if !blocked.contains_key(permission) {
            ways.extend(self.held(product, state, permission));
            ways.extend(row.otherwise.iter().flat_map(|other| self.held(product, state, other)));
        }
        ways
    }

    fn held(&mut self, product: &Product, state: &State, permission: &str) -> Vec<Way> {
        let restriction = product.restriction(permission);
        let by_setting = restriction
            .and_then(|(_, row)| row.setting.as_ref())
            .is_some_and(|setting| state.settings[setting]);
        let listed = format!("{permission}@");
        for (role, row) in state.roles.iter().filter(|(_, row)| row.cells[permission].is_on()) {
            let by_role = restriction.is_some_and(|(name, _)| row.cells[name].is_on());
            self.group(role, if by_setting || by_role { &listed } else { permission });
        }
        let needs: Vec<String> =
            product.permissions[permission].needs.iter().map(|fact| format!("+{fact}")).collect();
        let way = |group: &str, domain: Option<&String>| Way {
            group: group.to_owned(),
            when: needs.iter().cloned().chain(domain.map(|domain| format!("@{domain}"))).collect(),
        };
        let mut ways = vec![way(permission, None)];
        if restriction.is_some() {
            ways.extend(state.tenant.trusted.iter().map(|domain| way(&listed, Some(domain))));
        }
        ways
    }
}

impl Peer for Casbin {
    fn name(&self) -> &'static str {
        "casbin"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        Answer { allow: self.enforce(ask).expect("every request fits the model"), reason: None }
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        self.enforce(ask).map_or_else(Reply::error, |allow| Answer { allow, reason: None }.into())
    }
}

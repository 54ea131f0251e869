//! regorus: one Rego policy, the customer as data, on its register machine.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};
use tollkeeper::decision::Reason;
use tollkeeper::word::Trigger;
use tollkeeper_benches::maps::{blocked, reason};
use tollkeeper_benches::product::{Permission, Product};
use tollkeeper_benches::tenant::{Role, State, word};
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::{Answer, Peer, Reply, reason_of};

const POLICY: &str = include_str!("product.rego");

/// One entry point a kind of question.
const ENTRIES: [&str; 3] =
    ["data.product.permission_reason", "data.product.feature_reason", "data.product.setting_reason"];

/// Keys of the input, made once: strings are shared.
struct Keys {
    role: Value,
    permission: Value,
    feature: Value,
    setting: Value,
    to: Value,
    so: Value,
    not_so: Value,
    email_domain: Value,
    counts: Value,
    remaining: Value,
    standing: Value,
}

pub struct Rego {
    machine: RegoVM,
    tenants: Vec<Value>,
    /// What is loaded for a customer that does not exist.
    nobody: Value,
    keys: Keys,
}

impl Rego {
    pub fn new(workload: &Workload) -> Self {
        let mut machine = RegoVM::new();
        machine.load_program(program());
        let mut documents = Documents::new(&workload.product);
        let tenants = workload.states.iter().map(|state| documents.tenant(state)).collect();
        Self { machine, tenants, nobody: Value::new_object(), keys: Keys::new() }
    }

    fn run(&mut self, ask: &Ask) -> Option<Reason> {
        let data = self.tenants.get(ask.tenant).unwrap_or(&self.nobody);
        self.machine.set_data(data.clone()).expect("data is an object");
        self.machine.set_input(self.keys.input(ask));
        let entry = match ask.what {
            What::Permission(_) => 0,
            What::Feature(..) => 1,
            What::Setting(..) => 2,
        };
        let answer = self.machine.execute_entry_point_by_index(entry).expect("the policy has no errors");
        reason_of(answer.as_string().ok()?)
    }
}

fn program() -> Arc<Program> {
    let mut engine = Engine::new();
    engine.add_policy("product.rego".to_owned(), POLICY.to_owned()).expect("the policy parses");
    let entry: Rc<str> = ENTRIES[0].into();
    let policy = engine.compile_with_entrypoint(&entry).expect("the policy compiles");
    Compiler::compile_from_policy(&policy, &ENTRIES).expect("the policy compiles for the machine")
}

/// Builds documents in which equal strings and equal objects are shared, as values are counted references.
struct Documents<'w> {
    product: &'w Product,
    strings: HashMap<String, Value>,
    objects: BTreeSet<Value>,
    permissions: Value,
    plain: Value,
    metered: Value,
}

impl<'w> Documents<'w> {
    fn new(product: &'w Product) -> Self {
        let mut this = Self {
            product,
            strings: HashMap::new(),
            objects: BTreeSet::new(),
            permissions: Value::Null,
            plain: Value::Null,
            metered: Value::Null,
        };
        let is_plain = |name: &str| product.reads(name).is_empty() && product.restriction(name).is_none();
        let plain =
            product.permissions.iter().filter(|(name, row)| row.restricts.is_none() && is_plain(name));
        this.plain = this.set(plain.map(|(name, _)| name));
        let askable = product.permissions.iter().filter(|(_, row)| row.restricts.is_none());
        let permissions: Vec<_> = askable.map(|(name, row)| (name, this.permission(name, row))).collect();
        this.permissions = this.object(permissions);
        let metered = product.features.iter().filter(|(_, row)| row.meter.is_some());
        this.metered = this.set(metered.map(|(name, _)| name));
        this
    }

    fn text(&mut self, text: &str) -> Value {
        self.strings.entry(text.to_owned()).or_insert_with(|| text.into()).clone()
    }

    fn object<K: AsRef<str>>(&mut self, entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        let mut value = Value::new_object();
        let object = value.as_object_mut().expect("it is an object");
        object.extend(entries.into_iter().map(|(key, value)| (self.text(key.as_ref()), value)));
        match self.objects.get(&value) {
            Some(equal) => equal.clone(),
            None => {
                self.objects.insert(value.clone());
                value
            }
        }
    }

    /// A set that a rule looks members up in.
    fn set<'n>(&mut self, names: impl IntoIterator<Item = &'n String>) -> Value {
        self.object(names.into_iter().map(|name| (name, true.into())))
    }

    fn list<'n>(&mut self, names: impl IntoIterator<Item = &'n String>) -> Value {
        names.into_iter().map(|name| self.text(name)).collect::<Vec<Value>>().into()
    }

    fn permission(&mut self, name: &str, row: &Permission) -> Value {
        let mut entries = vec![
            ("reads", self.list(&self.product.reads(name))),
            ("needs", self.list(&row.needs)),
            ("exempt", self.list(&row.exempt)),
        ];
        if let Some((fact, other)) = row.instead.iter().next() {
            entries.extend([("instead_fact", self.text(fact)), ("instead", self.text(other))]);
        }
        if let Some(other) = &row.otherwise {
            entries.push(("otherwise", self.text(other)));
        }
        if let Some((restriction, _)) = self.product.restriction(name) {
            entries.push(("restriction", self.text(restriction)));
        }
        self.object(entries)
    }

    fn tenant(&mut self, state: &State) -> Value {
        let product = self.product;
        let roles: Vec<_> = state.roles.iter().map(|(name, role)| (name, self.role(role))).collect();
        let blocked = blocked(product, state);
        let blocked: Vec<_> =
            blocked.iter().map(|(name, reason)| (name, self.text(reason.as_str()))).collect();
        let restricted = product.permissions.iter().filter(|(_, row)| {
            row.restricts.is_some() && row.setting.as_ref().is_some_and(|setting| state.settings[setting])
        });
        let settings = product.settings.keys();
        let authority: Vec<_> = settings.map(|name| (name, self.authority(state, name))).collect();
        let data = [
            ("permissions", self.permissions.clone()),
            ("plain", self.plain.clone()),
            ("metered", self.metered.clone()),
            ("roles", self.object(roles)),
            ("blocked", self.object(blocked)),
            ("trusted", self.set(&state.tenant.trusted)),
            ("restricted", self.set(restricted.map(|(name, _)| name))),
            ("has_limit", state.tenant.limit.is_some().into()),
            ("locked", self.set(state.tenant.locked.keys())),
            ("authority", self.object(authority)),
        ];
        self.object(data)
    }

    fn role(&mut self, role: &Role) -> Value {
        let cells: Vec<_> =
            role.cells.iter().map(|(name, cell)| (name, self.text(reason(*cell).as_str()))).collect();
        let entries = [("base", self.text(&role.base)), ("cells", self.object(cells))];
        self.object(entries)
    }

    fn authority(&mut self, state: &State, setting: &str) -> Value {
        let by = [("on", true), ("off", false)].map(|(word, to)| {
            let authority = &state.authority[&(setting.to_owned(), to)];
            let entries = [
                ("roles", self.set(&authority.roles)),
                ("standings", self.set(&authority.standings)),
                ("refusal", self.text(authority.refusal.as_str())),
            ];
            (word, self.object(entries))
        });
        self.object(by)
    }
}

impl Keys {
    fn new() -> Self {
        Self {
            role: "role".into(),
            permission: "permission".into(),
            feature: "feature".into(),
            setting: "setting".into(),
            to: "to".into(),
            so: "so".into(),
            not_so: "not_so".into(),
            email_domain: "email_domain".into(),
            counts: "counts".into(),
            remaining: "remaining".into(),
            standing: "standing".into(),
        }
    }

    fn input(&self, ask: &Ask) -> Value {
        let mut input = Value::new_object();
        let object = input.as_object_mut().expect("it is an object");
        object.insert(self.role.clone(), ask.role.as_str().into());
        match &ask.what {
            What::Permission(name) => {
                object.insert(self.permission.clone(), name.as_str().into());
                for (key, holds) in [(&self.so, true), (&self.not_so, false)] {
                    let mut facts = Value::new_object();
                    let stated = ask.facts.iter().filter(|(_, so)| *so == holds);
                    let map = facts.as_object_mut().expect("it is an object");
                    map.extend(stated.map(|(name, _)| (name.as_str().into(), true.into())));
                    object.insert(key.clone(), facts);
                }
                if let Some(domain) = ask.email_domain {
                    object.insert(self.email_domain.clone(), domain.into());
                }
            }
            What::Feature(name, trigger) => {
                let counts = matches!(trigger, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring);
                object.insert(self.feature.clone(), name.as_str().into());
                object.insert(self.counts.clone(), counts.into());
                if let Some(remaining) = ask.remaining {
                    object.insert(self.remaining.clone(), remaining.into());
                }
            }
            What::Setting(name, to) => {
                object.insert(self.setting.clone(), name.as_str().into());
                object.insert(self.to.clone(), word(*to).into());
                if let Some(standing) = &ask.standing {
                    object.insert(self.standing.clone(), standing.as_str().into());
                }
            }
        }
        input
    }
}

impl Peer for Rego {
    fn name(&self) -> &'static str {
        "regorus, register machine"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        self.run(ask).map_or(Answer { allow: false, reason: None }, Answer::because)
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        self.decide(0, ask).into()
    }
}

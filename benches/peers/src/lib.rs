//! Other engines on the same work as tollkeeper: one trait, one file an engine.
//!
//! Each is written as its documentation advises. What they share is the plain data of
//! [`tollkeeper_benches::tenant`]: add-ons in force, effective settings, what each role has. Every customer is a
//! store of its own in every engine, made when the customer's configuration is loaded.

mod casbin;
mod cedar;
mod cedar_data;
mod cedar_policies;
mod cel;
mod hand;
mod own;
mod rego;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

pub use casbin::Casbin;
pub use cedar_data::CedarData;
pub use cedar_policies::CedarPolicies;
pub use cel::Cel;
pub use hand::{FloorById, FloorByName, NestedMaps};
pub use own::{ById, ByName};
pub use rego::Rego;
use tollkeeper::decision::{Effect, Reason};
use tollkeeper_benches::workload::{Ask, What, Workload};

/// What an engine answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    pub allow: bool,
    /// Why, where the engine can tell.
    pub reason: Option<Reason>,
}

impl Answer {
    /// An answer with its reason.
    pub fn because(reason: Reason) -> Self {
        Self { allow: reason.effect() == Effect::Allow, reason: Some(reason) }
    }
}

/// The reason with this code, for engines that answer with a string.
pub(crate) fn reason_of(code: &str) -> Option<Reason> {
    static CODES: LazyLock<HashMap<&str, Reason>> =
        LazyLock::new(|| Reason::ALL.iter().map(|reason| (reason.as_str(), *reason)).collect());
    CODES.get(code).copied()
}

/// What an engine says to a question that it may not understand, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    what: &'static str,
    /// What it says of the trouble, if anything.
    told: Option<String>,
}

impl Reply {
    pub fn error(told: impl ToString) -> Self {
        Self { what: "error", told: Some(told.to_string()) }
    }

    /// An answer beside which something is told in another way than by a reason.
    pub fn beside(answer: Answer, told: Option<String>) -> Self {
        Self { told, ..answer.into() }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let what = if answer.allow { "allow" } else { "deny" };
        Self { what, told: answer.reason.map(|reason| format!("`{reason}`")) }
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.told {
            Some(told) => write!(formatter, "{}: {told}", self.what),
            None => write!(formatter, "{}, without a word", self.what),
        }
    }
}

/// Something to ask about that nobody has heard of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    Organization,
    Role,
    Permission,
}

impl Unknown {
    pub const ALL: [Self; 3] = [Self::Organization, Self::Role, Self::Permission];

    /// May an admin create teams? With one name that does not exist.
    fn ask(self) -> Ask {
        let name =
            |unknown: Self, known: &str| if self == unknown { "nobody_knows" } else { known }.to_owned();
        Ask {
            tenant: if self == Self::Organization { usize::MAX } else { 0 },
            role: name(Self::Role, "admin"),
            standing: None,
            what: What::Permission(name(Self::Permission, "create_teams")),
            facts: Vec::new(),
            email_domain: None,
            remaining: None,
        }
    }
}

/// An engine on the workload.
pub trait Peer {
    fn name(&self) -> &'static str;

    /// Answers a request of the workload, with the reason if it can tell; `index` is its place in the stream.
    fn decide(&mut self, index: usize, ask: &Ask) -> Answer;

    /// The effect alone, where that costs less.
    fn allows(&mut self, index: usize, ask: &Ask) -> bool {
        self.decide(index, ask).allow
    }

    /// Answers a request with names that it may not know. The number of a customer that is none asks with what is
    /// loaded for a customer that does not exist.
    fn reply(&mut self, ask: &Ask) -> Reply;
}

/// Makes an engine with the customers of a workload.
pub type Make = for<'w> fn(&'w Workload) -> Box<dyn Timed + 'w>;

/// Every engine, the fastest first.
pub const PEERS: [Make; 10] = [
    |workload| Box::new(FloorById::new(workload)),
    |workload| Box::new(ById::new(workload)),
    |workload| Box::new(FloorByName::new(workload)),
    |workload| Box::new(ByName::new(workload)),
    |workload| Box::new(NestedMaps::new(workload)),
    |workload| Box::new(Cel::new(workload)),
    |workload| Box::new(Rego::new(workload)),
    |workload| Box::new(CedarData::new(workload)),
    |workload| Box::new(CedarPolicies::new(workload)),
    |workload| Box::new(Casbin::new(workload)),
];

/// The place of tollkeeper with typed ids among [`PEERS`], which the others are compared with.
pub const OWN: usize = 1;

/// Loops over requests, compiled for each engine by itself, so that none pays for being one of many.
pub trait Timed: Peer {
    fn allow_all(&mut self, asks: &[(usize, &Ask)]);
    fn decide_all(&mut self, asks: &[(usize, &Ask)]);
}

impl<P: Peer> Timed for P {
    fn allow_all(&mut self, asks: &[(usize, &Ask)]) {
        for (index, ask) in asks {
            std::hint::black_box(self.allows(*index, ask));
        }
    }

    fn decide_all(&mut self, asks: &[(usize, &Ask)]) {
        for (index, ask) in asks {
            std::hint::black_box(self.decide(*index, ask));
        }
    }
}

/// What an engine says when it is asked with a name that does not exist.
pub fn ask_unknown(peer: &mut (impl Peer + ?Sized), unknown: Unknown) -> Reply {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let reply = catch_unwind(AssertUnwindSafe(|| peer.reply(&unknown.ask())));
    std::panic::set_hook(hook);
    reply.unwrap_or_else(|payload| {
        let told = payload.downcast_ref::<String>().cloned();
        let told = told.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
        Reply { what: "panics", told }
    })
}

/// How an engine stands towards tollkeeper on a whole stream.
#[derive(Clone, Copy, Default, Debug)]
pub struct Agreement {
    pub denials: usize,
    pub with_reason: usize,
}

/// Asserts that an engine answers as tollkeeper does: every effect, and every reason that it gives.
pub fn agree(workload: &Workload, reasons: &[Reason], peer: &mut (impl Peer + ?Sized)) -> Agreement {
    let mut agreement = Agreement::default();
    for (index, (ask, reason)) in workload.asks.iter().zip(reasons).enumerate() {
        let answer = peer.decide(index, ask);
        let domain = || workload.states[ask.tenant].tenant.to_toml();
        let allow = reason.effect() == Effect::Allow;
        assert_eq!(answer.allow, allow, "{}: {ask:?} is {reason}\n{}", peer.name(), domain());
        assert_eq!(peer.allows(index, ask), allow, "{}: {ask:?} is {reason}\n{}", peer.name(), domain());
        if !allow {
            agreement.denials += 1;
            agreement.with_reason += usize::from(answer.reason.is_some());
        }
        if let Some(given) = answer.reason {
            assert_eq!(given, *reason, "{}: {ask:?}\n{}", peer.name(), domain());
        }
    }
    agreement
}

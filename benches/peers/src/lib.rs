//! Other engines on the same work as tollkeeper: one trait, one file an engine.
//!
//! Each is written as its documentation advises. What they share is the plain data of
//! [`tollkeeper_benches::tenant`]: add-ons in force, effective settings, what each role has.

mod cedar;
mod cedar_data;
mod cedar_policies;
mod hand;
mod own;
mod rego;

pub use cedar_data::CedarData;
pub use cedar_policies::CedarPolicies;
pub use hand::{FloorById, FloorByName, NestedMaps};
pub use own::{ById, ByName};
pub use rego::Rego;
use tollkeeper::decision::{Effect, Reason};
use tollkeeper_benches::workload::{Ask, Workload};

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

/// Something to ask about that nobody has heard of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    Organization,
    Role,
    Permission,
}

/// An engine on the workload.
pub trait Peer {
    fn name(&self) -> &'static str;

    /// Answers a request of the workload; `index` is its place in the stream.
    fn decide(&mut self, index: usize, ask: &Ask) -> Answer;

    /// What it answers when asked whether an admin may create teams, with one name that it does not know.
    fn unknown(&mut self, what: Unknown) -> String;
}

/// Every engine, the fastest first.
pub fn all(workload: &Workload) -> Vec<Box<dyn Peer + '_>> {
    vec![
        Box::new(FloorById::new(workload)),
        Box::new(ById::new(workload)),
        Box::new(FloorByName::new(workload)),
        Box::new(ByName::new(workload)),
        Box::new(NestedMaps::new(workload)),
        Box::new(Rego::new(workload)),
        Box::new(CedarData::new(workload)),
        Box::new(CedarPolicies::new(workload)),
    ]
}

/// How an engine stands towards tollkeeper on a whole stream.
#[derive(Clone, Copy, Default, Debug)]
pub struct Agreement {
    pub denials: usize,
    pub with_reason: usize,
}

/// Asserts that an engine answers as tollkeeper does: every effect, and every reason that it gives.
pub fn agree(workload: &Workload, reasons: &[Reason], peer: &mut dyn Peer) -> Agreement {
    let mut agreement = Agreement::default();
    for (index, (ask, reason)) in workload.asks.iter().zip(reasons).enumerate() {
        let answer = peer.decide(index, ask);
        let domain = || workload.states[ask.tenant].tenant.to_toml();
        let allow = reason.effect() == Effect::Allow;
        assert_eq!(answer.allow, allow, "{}: {ask:?} is {reason}\n{}", peer.name(), domain());
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

//! tollkeeper itself, by id and by name.

use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;
use tollkeeper::id::{PermissionId, RoleId};
use tollkeeper::request::{Request, Subject};
use tollkeeper_benches::workload::{Ask, Workload, by_name};

use crate::{Answer, Peer, Unknown};

/// With ids that were looked up when the service started.
pub struct ById<'w> {
    requests: Vec<(&'w Engine, Request<'w>)>,
    workload: &'w Workload,
}

impl<'w> ById<'w> {
    pub fn new(workload: &'w Workload) -> Self {
        Self { requests: workload.requests(), workload }
    }
}

impl Peer for ById<'_> {
    fn name(&self) -> &'static str {
        "tollkeeper, typed ids"
    }

    fn decide(&mut self, index: usize, _: &Ask) -> Answer {
        let (engine, request) = &self.requests[index];
        Answer::because(engine.evaluate(request).reason())
    }

    fn unknown(&mut self, what: Unknown) -> String {
        unknown(self.workload, what)
    }
}

/// With every name looked up each time.
pub struct ByName<'w> {
    workload: &'w Workload,
}

impl<'w> ByName<'w> {
    pub fn new(workload: &'w Workload) -> Self {
        Self { workload }
    }
}

impl Peer for ByName<'_> {
    fn name(&self) -> &'static str {
        "tollkeeper, by name"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        let Workload { catalog, engines, .. } = self.workload;
        Answer::because(by_name(catalog, &engines[ask.tenant], ask).reason())
    }

    fn unknown(&mut self, what: Unknown) -> String {
        unknown(self.workload, what)
    }
}

fn unknown(workload: &Workload, what: Unknown) -> String {
    let name = |unknown: Unknown, known: &'static str| if what == unknown { "nobody_knows" } else { known };
    if what == Unknown::Organization {
        return "there is no engine to ask".to_owned();
    }
    let (catalog, engine): (&Catalog, _) = (&workload.catalog, &workload.engines[0]);
    let role = engine.role(name(Unknown::Role, "admin")).unwrap_or(RoleId::UNKNOWN);
    let permission = catalog.find(name(Unknown::Permission, "create_teams")).unwrap_or(PermissionId::UNKNOWN);
    let decision = engine.evaluate(&Request::new(Subject::role(role), permission));
    format!("deny: {}", decision.reason())
}

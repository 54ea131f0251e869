//! tollkeeper itself, by id and by name.

use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;
use tollkeeper_benches::workload::{Ask, Typed, Workload, by_name, compile};

use crate::{Answer, Peer, Reply};

/// An engine a customer, all of one catalog.
struct Engines<'w> {
    catalog: &'w Catalog,
    engines: Vec<Engine>,
}

impl<'w> Engines<'w> {
    fn new(workload: &'w Workload) -> Self {
        let compile =
            |state: &tollkeeper_benches::tenant::State| compile(&workload.catalog, &state.tenant.to_toml());
        Self { catalog: &workload.catalog, engines: workload.states.iter().map(compile).collect() }
    }

    fn decide(&self, ask: &Ask) -> Answer {
        Answer::because(by_name(self.catalog, &self.engines[ask.tenant], ask).reason())
    }

    fn reply(&self, ask: &Ask) -> Reply {
        match self.engines.get(ask.tenant) {
            Some(_) => self.decide(ask).into(),
            None => Reply::error("there is no engine to ask"),
        }
    }
}

/// With ids that were looked up when the service started; a request is put together from them each time.
pub struct ById<'w> {
    engines: Engines<'w>,
    typed: &'w [Typed],
}

impl<'w> ById<'w> {
    pub fn new(workload: &'w Workload) -> Self {
        Self { engines: Engines::new(workload), typed: &workload.typed }
    }
}

impl Peer for ById<'_> {
    fn name(&self) -> &'static str {
        "tollkeeper, typed ids"
    }

    fn decide(&mut self, index: usize, ask: &Ask) -> Answer {
        let request = self.typed[index].request();
        Answer::because(self.engines.engines[ask.tenant].evaluate(&request).reason())
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        self.engines.reply(ask)
    }
}

/// With every name looked up each time.
pub struct ByName<'w> {
    engines: Engines<'w>,
}

impl<'w> ByName<'w> {
    pub fn new(workload: &'w Workload) -> Self {
        Self { engines: Engines::new(workload) }
    }
}

impl Peer for ByName<'_> {
    fn name(&self) -> &'static str {
        "tollkeeper, by name"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        self.engines.decide(ask)
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        self.engines.reply(ask)
    }
}

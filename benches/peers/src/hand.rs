//! What is written by hand: the floor, and nested hash maps.

use tollkeeper_benches::floor::{Floor, FloorAsk, FloorTenant};
use tollkeeper_benches::maps::{Maps, TenantMaps};
use tollkeeper_benches::tenant::State;
use tollkeeper_benches::workload::{Ask, What, Workload};

use crate::{Answer, Peer, Unknown};

pub struct FloorById {
    floor: Floor,
    tenants: Vec<FloorTenant>,
    asks: Vec<FloorAsk>,
}

impl FloorById {
    pub fn new(workload: &Workload) -> Self {
        let (floor, tenants) = Floor::new(&workload.product, &workload.states);
        let asks = workload.asks.iter().map(|ask| floor.look_up(ask)).collect();
        Self { floor, tenants, asks }
    }
}

impl Peer for FloorById {
    fn name(&self) -> &'static str {
        "the floor, by number"
    }

    fn decide(&mut self, index: usize, ask: &Ask) -> Answer {
        Answer::because(self.floor.decide(&self.tenants[ask.tenant], &self.asks[index]))
    }

    fn unknown(&mut self, _: Unknown) -> String {
        "cannot be asked".to_owned()
    }
}

pub struct FloorByName {
    floor: Floor,
    tenants: Vec<FloorTenant>,
}

impl FloorByName {
    pub fn new(workload: &Workload) -> Self {
        let (floor, tenants) = Floor::new(&workload.product, &workload.states);
        Self { floor, tenants }
    }
}

impl Peer for FloorByName {
    fn name(&self) -> &'static str {
        "the floor, by name"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        Answer::because(self.floor.by_name(&self.tenants[ask.tenant], ask))
    }

    fn unknown(&mut self, _: Unknown) -> String {
        "panics".to_owned()
    }
}

pub struct NestedMaps {
    maps: Maps,
    tenants: Vec<TenantMaps>,
}

impl NestedMaps {
    pub fn new(workload: &Workload) -> Self {
        let tenant = |state: &State| Maps::tenant(&workload.product, state);
        Self { maps: Maps::new(&workload.product), tenants: workload.states.iter().map(tenant).collect() }
    }
}

impl Peer for NestedMaps {
    fn name(&self) -> &'static str {
        "nested hash maps"
    }

    fn decide(&mut self, _: usize, ask: &Ask) -> Answer {
        Answer::because(self.maps.decide(&self.tenants[ask.tenant], ask))
    }

    fn unknown(&mut self, what: Unknown) -> String {
        if what == Unknown::Organization {
            return "there is no map to ask".to_owned();
        }
        let name =
            |unknown: Unknown, known: &str| if what == unknown { "nobody_knows" } else { known }.to_owned();
        let ask = Ask {
            tenant: 0,
            role: name(Unknown::Role, "admin"),
            standing: None,
            what: What::Permission(name(Unknown::Permission, "create_teams")),
            facts: Vec::new(),
            email_domain: None,
            remaining: None,
        };
        format!("deny: {}", self.maps.decide(&self.tenants[0], &ask))
    }
}

//! What is written by hand: the floor, and nested hash maps.

use tollkeeper_benches::floor::{Floor, FloorAsk, FloorTenant};
use tollkeeper_benches::maps::{Maps, TenantMaps};
use tollkeeper_benches::tenant::State;
use tollkeeper_benches::workload::{Ask, Workload};

use crate::{Answer, Peer, Reply};

pub struct FloorById {
    floor: Floor,
    tenants: Vec<FloorTenant>,
    asks: Vec<(usize, FloorAsk)>,
}

impl FloorById {
    pub fn new(workload: &Workload) -> Self {
        let (floor, tenants) = Floor::new(&workload.product, &workload.states);
        let asks = workload.asks.iter().map(|ask| (ask.tenant, floor.look_up(ask))).collect();
        Self { floor, tenants, asks }
    }
}

impl Peer for FloorById {
    fn name(&self) -> &'static str {
        "the floor, by number"
    }

    fn decide(&mut self, index: usize, _: &Ask) -> Answer {
        let (tenant, ask) = &self.asks[index];
        Answer::because(self.floor.decide(&self.tenants[*tenant], ask))
    }

    fn reply(&mut self, ask: &Ask) -> Reply {
        let ask = (self.floor.look_up(ask), &self.tenants[ask.tenant]);
        Answer::because(self.floor.decide(ask.1, &ask.0)).into()
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

    fn reply(&mut self, ask: &Ask) -> Reply {
        self.decide(0, ask).into()
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

    fn reply(&mut self, ask: &Ask) -> Reply {
        match self.tenants.get(ask.tenant) {
            Some(_) => self.decide(0, ask).into(),
            None => Reply::error("there is no map to ask"),
        }
    }
}

//! Where a run begins: nodes, settings, seed and date. Together with the commands it determines everything.
//!
//! Simplification until there is a quorum: `trio` has one controller, 101, of its three.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::ids::NodeId;
use crate::time::{SimDuration, SimTime};

/// What a node is (`process.roles`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Roles {
    Broker,
    Controller,
    Combined,
}

impl Roles {
    pub const fn is_broker(self) -> bool {
        !matches!(self, Roles::Controller)
    }

    pub const fn is_controller(self) -> bool {
        !matches!(self, Roles::Broker)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeSpec {
    pub id: NodeId,
    pub roles: Roles,
    pub rack: Option<Arc<str>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// The preset that it was made from, for people.
    pub preset: Arc<str>,
    pub nodes: Vec<NodeSpec>,
    /// Keys of server.properties that are not the defaults, for every node.
    pub server_config: Arc<BTreeMap<String, String>>,
    pub seed: u64,
    pub start: SimTime,
    /// One-way latency between machines.
    pub latency: SimDuration,
}

/// Half a millisecond: two machines of one data centre.
const LATENCY: SimDuration = SimDuration::from_micros(500);

pub const PRESETS: [&str; 3] = ["solo", "dev", "trio"];

impl Scenario {
    /// A preset by its name; None if there is no such preset.
    pub fn preset(name: &str) -> Option<Scenario> {
        let node = |id, roles| NodeSpec { id: NodeId(id), roles, rack: None };
        let nodes = match name {
            "solo" => vec![node(1, Roles::Combined)],
            "dev" => vec![node(0, Roles::Combined)],
            "trio" => {
                let brokers = (1..=3).map(|id| node(id, Roles::Broker));
                brokers.chain([node(101, Roles::Controller)]).collect()
            }
            _ => return None,
        };
        let mut scenario = Scenario {
            preset: Arc::from(name),
            nodes,
            server_config: Arc::default(),
            seed: 1,
            start: SimTime::DEFAULT_START,
            latency: LATENCY,
        };
        let (factor, min_isr) = if name == "trio" { ("3", "2") } else { ("1", "1") };
        scenario.set_internal_topics(factor, min_isr);
        Some(scenario)
    }

    fn set_internal_topics(&mut self, factor: &str, min_isr: &str) {
        let rows = [
            ("offsets.topic.replication.factor", factor),
            ("transaction.state.log.replication.factor", factor),
            ("share.coordinator.state.topic.replication.factor", factor),
            ("transaction.state.log.min.isr", min_isr),
            ("share.coordinator.state.topic.min.isr", min_isr),
        ];
        for (key, value) in rows {
            self.set_server(key, value);
        }
    }

    pub fn set_server(&mut self, key: &str, value: &str) {
        Arc::make_mut(&mut self.server_config).insert(key.to_string(), value.to_string());
    }

    /// Replaces the nodes by `brokers` dedicated brokers 1.. and `controllers` dedicated controllers 101..
    pub fn set_size(&mut self, brokers: u32, controllers: u32) {
        let node = |id: u32, roles| NodeSpec { id: NodeId(id as i32), roles, rack: None };
        let brokers = (1..=brokers).map(|id| node(id, Roles::Broker));
        self.nodes = brokers.chain((101..101 + controllers).map(|id| node(id, Roles::Controller))).collect();
    }

    /// Gives the brokers racks, in turn.
    pub fn set_racks(&mut self, racks: &[Arc<str>]) {
        let brokers = self.nodes.iter_mut().filter(|node| node.roles.is_broker());
        for (node, rack) in brokers.zip(racks.iter().cycle()) {
            node.rack = Some(rack.clone());
        }
    }

    pub fn brokers(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().filter(|node| node.roles.is_broker()).map(|node| node.id)
    }

    pub fn controllers(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().filter(|node| node.roles.is_controller()).map(|node| node.id)
    }
}

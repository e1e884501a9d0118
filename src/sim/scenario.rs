//! Where a run begins: nodes, settings, seed and date. Together with the commands it determines everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kafka::ids::NodeId;
use crate::time::{SimDuration, SimTime};

/// What a node is (`process.roles`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NodeSpec {
    pub id: NodeId,
    pub roles: Roles,
    pub rack: Option<Arc<str>>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

/// Bounds of what can be asked for.
const MAX_NODES: usize = 1_000;
const EARLIEST_START: SimTime = SimTime::from_micros(365 * 86_400_000_000);
const LATEST_START: SimTime = SimTime::from_micros(7_258_118_400_000_000);
const MAX_LATENCY: SimDuration = SimDuration::from_millis(500);

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
                brokers.chain((101..=103).map(|id| node(id, Roles::Controller))).collect()
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

    /// Whether a cluster can be made of it; presets always can.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub fn check(&self) -> Result<(), &'static str> {
        let ids: BTreeSet<NodeId> = self.nodes.iter().map(|node| node.id).collect();
        if ids.len() < self.nodes.len() || ids.iter().any(|id| id.0 < 0) {
            return Err("node.id must be different for every node, and not negative");
        }
        if self.nodes.len() > MAX_NODES {
            return Err("it has too many nodes");
        }
        if self.brokers().next().is_none() || self.controllers().next().is_none() {
            return Err("it needs a broker and a controller");
        }
        if !(EARLIEST_START..=LATEST_START).contains(&self.start) {
            return Err("it must start between 1971 and 2199");
        }
        if self.latency > MAX_LATENCY {
            return Err("its latency is too long for brokers to register");
        }
        Ok(())
    }

    pub fn brokers(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().filter(|node| node.roles.is_broker()).map(|node| node.id)
    }

    pub fn controllers(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().filter(|node| node.roles.is_controller()).map(|node| node.id)
    }
}

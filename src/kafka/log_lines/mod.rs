//! Log lines as real processes print them: a view of the journal's events. Nothing is kept for them; going back in time
//! takes them back.
//!
//! Simplifications: only what the simulation does is logged. The lines about threads, reapers, purgatories, quotas,
//! metrics, coordinators and the metadata loader and the values of configs at start-up are left out; so are those about the recovery of a log's producers. Work that takes no virtual time took `0 ms`. Directories are
//! `/brokers/N`; all hosts have the address 127.0.0.1. Sets and maps are printed in the order of their names. Files that
//! go are named one by one, and each segment below the log start has a line. Without fetch sessions a lost fetch has
//! `sessionId=INVALID, epoch=FINAL`. Every fetcher has the number 0.

mod broker;
mod client;
mod controller;
mod fetchers;
mod partition;
mod quorum;
mod records;
mod wording;

pub use wording::{Level, LogLine, Wording};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::dead_address::DeadAddress;
use crate::kafka::event::Event;
use crate::kafka::event::detail::LifecycleStep;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition, Uuid};
use crate::time::SimTime;

/// Where a node listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    pub host: Arc<str>,
    pub port: u16,
    pub rack: Option<Arc<str>>,
}

/// What log lines name and what never changes in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    pub id: Uuid,
    /// Every node's first listener.
    pub nodes: BTreeMap<NodeId, Address>,
}

impl Cluster {
    /// `broker-1:9092`.
    fn host_port(&self, node: NodeId) -> String {
        if let Some(dead) = DeadAddress::of_node(node) {
            return format!("{}:{}", dead.host(), dead.port());
        }
        self.nodes.get(&node).map_or_else(String::new, |address| format!("{}:{}", address.host, address.port))
    }

    /// `broker-1/127.0.0.1:9092` (`InetSocketAddress.toString`).
    fn socket(&self, node: NodeId) -> String {
        if let Some(dead) = DeadAddress::of_node(node) {
            // Java does not look up the name of an address in numbers.
            let host = Some(dead.host()).filter(|host| host != "127.0.0.1").unwrap_or_default();
            return format!("{host}/127.0.0.1:{}", dead.port());
        }
        let text = |address: &Address| format!("{}/127.0.0.1:{}", address.host, address.port);
        self.nodes.get(&node).map_or_else(String::new, text)
    }

    /// `broker-1:9092 (id: 1 rack: null isFenced: false)` (`Node.toString`).
    fn node(&self, node: NodeId) -> String {
        let rack = self.nodes.get(&node).and_then(|address| address.rack.clone());
        format!("{} (id: {node} rack: {} isFenced: false)", self.host_port(node), rack.as_deref().unwrap_or("null"))
    }
}

/// Reads the events of one process in order and writes its log.
#[derive(Clone, Debug)]
pub struct Scribe {
    cluster: Arc<Cluster>,
    /// The process as a client: `Producer clientId=shop`.
    client: String,
    /// True from the moment that a broker serves for the first time.
    serves: bool,
    shuts_down: bool,
    /// Partitions that the broker follows from now on, and how many of them have not had their line yet.
    follows: Arc<[TopicPartition]>,
    still_to_follow: u32,
    fetchers: fetchers::Fetchers,
}

impl Scribe {
    pub fn new(cluster: Arc<Cluster>) -> Scribe {
        Scribe {
            cluster,
            client: String::new(),
            serves: false,
            shuts_down: false,
            follows: Arc::default(),
            still_to_follow: 0,
            fetchers: fetchers::Fetchers::default(),
        }
    }

    /// The lines that the process prints for its next event.
    pub fn write(&mut self, at: SimTime, process: ProcessId, event: &Event) -> Vec<LogLine> {
        self.notice(event);
        match process {
            ProcessId::Node(node) => {
                if let Event::QuorumNoted { note, .. } = event {
                    return quorum::lines(&self.cluster, node, note);
                }
                let lines = self.controller_lines(at, node, event).or_else(|| self.partition_lines(node, event));
                let lines = lines.or_else(|| self.broker_lines(at, node, event));
                lines.or_else(|| self.client_lines(at, event)).unwrap_or_default()
            }
            ProcessId::Client(_) => self.client_lines(at, event).unwrap_or_default(),
        }
    }

    /// Keeps what later lines depend on.
    fn notice(&mut self, event: &Event) {
        self.fetchers.notice(event);
        let group = |group_id: &Option<Arc<str>>| group_id.as_deref().unwrap_or("null").to_string();
        match event {
            Event::ProducerCreated { client_id, .. } => self.client = format!("Producer clientId={client_id}"),
            Event::ConsumerCreated { client_id, group_id, .. } => {
                self.client = format!("Consumer clientId={client_id}, groupId={}", group(group_id));
            }
            Event::AdminCreated { client_id, .. } => self.client = format!("AdminClient clientId={client_id}"),
            Event::BrokerBooted { .. } => (self.serves, self.shuts_down) = (false, false),
            Event::LifecycleChanged { to: LifecycleStep::ShutdownBegun, .. } => self.shuts_down = true,
            Event::RolesAssigned { leads: false, tps, .. } => {
                self.still_to_follow = tps.len() as u32;
                self.follows = tps.clone();
            }
            Event::PartitionFollowed { .. } => self.still_to_follow = self.still_to_follow.saturating_sub(1),
            _ => {}
        }
    }
}

/// Every wording that there is.
pub fn table() -> impl Iterator<Item = &'static Wording> {
    [broker::TABLE, client::TABLE, controller::TABLE, partition::TABLE, quorum::TABLE].into_iter().flatten()
}

/// `/brokers/1`: where a broker keeps its logs.
fn directory(broker: NodeId) -> String {
    format!("/brokers/{broker}")
}

/// `a, b`, as Java and Scala print what a collection holds.
fn joined<T: ToString>(items: impl IntoIterator<Item = T>, between: &str) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(between)
}

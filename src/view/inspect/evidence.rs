//! What the inspector reads, and the questions that several of its pages ask.

use crate::kafka::broker::partition::Leading;
use crate::kafka::ids::{ClientIndex, NodeId, ProcessId, TopicPartition};
use crate::kafka::image::{MetadataImage, PartitionRegistration};
use crate::kafka::log::PartitionLog;
use crate::kafka::topic_config::{self, Effective};
use crate::sim::journal::{Entry, Journal};
use crate::sim::ledger::Ledger;
use crate::sim::slots::ClientSlot;
use crate::sim::world::World;
use crate::time::SimTime;
use crate::view::clock::moment;
use crate::view::hit::Target;
use crate::view::project::newest_image;
use crate::view::scene::{BrokerCard, Row, Scene};
use crate::view::words::Words;

/// The run at one moment, and the picture of it.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    pub world: &'a World,
    pub journal: &'a Journal,
    pub ledger: &'a Ledger,
    pub scene: &'a Scene,
    pub words: Words,
}

impl<'a> Evidence<'a> {
    pub fn row(&self, row: u32) -> Option<&'a Row> {
        self.scene.rows.get(row as usize)
    }

    pub fn tp(&self, row: u32) -> Option<TopicPartition> {
        self.row(row).map(|row| TopicPartition::new(row.topic.as_str(), row.partition))
    }

    pub fn row_of(&self, tp: &TopicPartition) -> Option<u32> {
        let found = self.scene.rows.iter().position(|row| row.partition == tp.partition && *row.topic == *tp.topic);
        found.map(|row| row as u32)
    }

    /// Microseconds since the start of the run.
    pub fn us(&self, at: SimTime) -> i64 {
        at.micros_from(self.world.start())
    }

    /// `00:12.384`.
    pub fn clock(&self, at: SimTime) -> String {
        moment(self.us(at))
    }

    pub fn image(&self) -> Option<&'a MetadataImage> {
        newest_image(self.world)
    }

    pub fn registration(&self, tp: &TopicPartition) -> Option<&'a PartitionRegistration> {
        self.image()?.partition(&tp.topic, tp.partition)
    }

    pub fn log(&self, tp: &TopicPartition, broker: i32) -> Option<&'a PartitionLog> {
        Some(&self.world.disk(NodeId(broker))?.logs.get(tp)?.log)
    }

    /// What the leader of a partition knows of its followers, while its process runs.
    pub fn leading(&self, tp: &TopicPartition) -> Option<(i32, &'a Leading)> {
        let leader = self.registration(tp)?.leader?;
        let leading = self.world.broker(leader)?.partitions.get(tp)?.leading()?;
        Some((leader.0, leading))
    }

    /// The log that counts: the leader's, or the longest one while nobody leads.
    pub fn leader_log(&self, tp: &TopicPartition) -> Option<(i32, &'a PartitionLog)> {
        let registration = self.registration(tp)?;
        if let Some(log) = registration.leader.and_then(|leader| Some((leader.0, self.log(tp, leader.0)?))) {
            return Some(log);
        }
        let logs = registration.replicas.iter().filter_map(|replica| Some((replica.0, self.log(tp, replica.0)?)));
        logs.max_by_key(|(_, log)| log.log_end_offset())
    }

    pub fn card(&self, broker: i32) -> Option<&'a BrokerCard> {
        self.scene.brokers.iter().find(|card| card.id == broker)
    }

    /// The journal from the newest entry back.
    pub fn back(&self) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.journal.iter().rev()
    }

    pub fn client(&self, name: &str) -> Option<(ClientIndex, &'a ClientSlot)> {
        self.world.client_named(name)
    }

    pub fn name(&self, process: ProcessId) -> String {
        match process {
            ProcessId::Node(node) if self.card(node.0).is_some() => self.words.place_broker(node),
            ProcessId::Node(node) => self.words.place_controller(node),
            ProcessId::Client(_) => self.world.name_of(process).to_string(),
        }
    }

    /// The process as something that can be selected.
    pub fn target_of(&self, process: ProcessId) -> Option<Target> {
        match process {
            ProcessId::Node(node) if self.card(node.0).is_some() => Some(Target::Broker(node.0)),
            ProcessId::Node(node) => Some(Target::Controller(node.0)),
            ProcessId::Client(_) => self.client_target(&self.world.name_of(process)),
        }
    }

    /// A client by its name, if it has a card on the stage.
    pub fn client_target(&self, name: &str) -> Option<Target> {
        if self.scene.producers.iter().any(|card| card.name == name) {
            return Some(Target::Producer(name.to_owned()));
        }
        let consumes = self.scene.consumers.iter().any(|card| card.name == name);
        consumes.then(|| Target::Consumer(name.to_owned()))
    }

    /// A topic's config with its effective value and the place that it comes from.
    pub fn topic_config(&self, topic: &str, key: &str) -> Option<Effective> {
        let image = self.image()?;
        let overrides = image.topic_overrides(topic);
        let all = topic_config::effective(&overrides, image, None, &self.world.scenario.server_config);
        all.into_iter().find(|config| config.name == key)
    }

    /// Where a config's value comes from, in words.
    pub fn source(&self, source: i8) -> &'static str {
        match source {
            topic_config::SOURCE_TOPIC => self.words.inspect_from_topic(),
            topic_config::SOURCE_CLUSTER_DEFAULT => self.words.inspect_from_cluster(),
            topic_config::SOURCE_STATIC => self.words.inspect_from_server(),
            _ => self.words.inspect_from_default(),
        }
    }

    /// `min.insync.replicas`, but never more than there are replicas, as the leader counts it.
    pub fn effective_min_isr(&self, row: &Row) -> i32 {
        row.min_isr.min(row.replicas.len() as i32)
    }

    pub fn is_cut(&self, a: i32, b: i32) -> bool {
        self.scene.cuts.contains(&(a.min(b), a.max(b)))
    }
}

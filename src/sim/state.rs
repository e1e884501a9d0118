//! The cluster as `sim state` and the page's `snapshot()` show it: one shape, keys in a fixed order.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::image::{MetadataImage, TopicImage};

use super::slots::ClientSlot;
use super::world::World;

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ClusterState {
    pub time_ms: i64,
    pub step: u64,
    pub seed: u64,
    pub controller: ControllerState,
    pub brokers: Vec<BrokerState>,
    pub topics: Vec<TopicState>,
    /// Groups come later.
    pub groups: Vec<()>,
    pub producers: Vec<ProducerState>,
    pub consumers: Vec<ConsumerState>,
    /// Transactions come later.
    pub transactions: Vec<()>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ControllerState {
    pub active: Option<i32>,
    pub epoch: i32,
    pub voters: Vec<i32>,
    pub quorum: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BrokerState {
    pub id: i32,
    pub state: &'static str,
    pub fenced: bool,
    pub rack: Option<Arc<str>>,
    pub epoch: i64,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TopicState {
    pub name: Arc<str>,
    pub internal: bool,
    pub config: BTreeMap<Arc<str>, Arc<str>>,
    pub partitions: Vec<PartitionState>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PartitionState {
    pub id: i32,
    pub leader: Option<i32>,
    pub leader_epoch: i32,
    pub partition_epoch: i32,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub elr: Vec<i32>,
    pub last_known_elr: Vec<i32>,
    pub logs: Vec<LogState>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LogState {
    pub broker: i32,
    pub log_start_offset: i64,
    pub log_end_offset: i64,
    pub high_watermark: i64,
    pub last_stable_offset: i64,
    pub bytes: i64,
    pub segments: Vec<i64>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ProducerState {
    pub name: Arc<str>,
    pub producer_id: Option<i64>,
    pub epoch: Option<i16>,
    pub acked: u64,
    pub failed: u64,
    pub in_flight: u32,
    pub buffered: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ConsumerState {
    pub name: Arc<str>,
    pub group: Option<Arc<str>>,
    pub state: &'static str,
    pub assignment: Vec<String>,
    pub positions: BTreeMap<String, i64>,
    pub delivered: u64,
    pub processed: u64,
}

/// The metadata as people should see them: the active controller's, else the newest that a running broker has.
pub fn metadata(world: &World) -> Option<&MetadataImage> {
    let controller = world.active_controller().map(|controller| &controller.image);
    let newest = world.nodes.keys().filter_map(|id| world.broker(*id)).map(|broker| &broker.image);
    controller.or_else(|| newest.max_by_key(|image| image.next_offset))
}

pub fn state(world: &World) -> ClusterState {
    let image = metadata(world);
    let clients = || world.clients.values();
    ClusterState {
        time_ms: world.micros().div_euclid(1_000),
        step: world.step,
        seed: world.scenario.seed,
        controller: controller_state(world),
        brokers: broker_states(world, image),
        topics: image
            .map(|image| image.topics.values().map(|t| topic_state(world, image, t)).collect())
            .unwrap_or_default(),
        groups: Vec::new(),
        producers: sorted_by_name(clients().filter_map(producer_state).collect(), |p| p.name.clone()),
        consumers: sorted_by_name(clients().filter_map(consumer_state).collect(), |c| c.name.clone()),
        transactions: Vec::new(),
    }
}

/// Sorted, and of several of one name only the newest, which stands for it.
fn sorted_by_name<T>(rows: Vec<T>, name: impl Fn(&T) -> Arc<str>) -> Vec<T> {
    rows.into_iter().map(|row| (name(&row), row)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Who leads the controllers, and whether they can decide.
pub fn controller_state(world: &World) -> ControllerState {
    let active = world.active_controller();
    let voters: Vec<i32> = world.scenario.controllers().map(|id| id.0).collect();
    let running = world.scenario.controllers().filter(|id| world.nodes[id].node().is_some() && !world.nodes[id].frozen);
    ControllerState {
        active: active.map(|controller| controller.id.0),
        epoch: active.map_or(0, |controller| controller.epoch()),
        quorum: running.count() * 2 > voters.len(),
        voters,
    }
}

fn broker_states(world: &World, image: Option<&MetadataImage>) -> Vec<BrokerState> {
    let row = |id: NodeId| {
        let slot = &world.nodes[&id];
        let registration = image.and_then(|image| image.brokers.get(&id));
        BrokerState {
            id: id.0,
            state: slot.state_name(),
            fenced: registration.is_none_or(|registration| registration.fenced),
            rack: slot.spec.rack.clone(),
            epoch: registration.map_or(-1, |registration| registration.epoch.0),
        }
    };
    let mut brokers: Vec<_> = world.scenario.brokers().map(row).collect();
    brokers.sort_by_key(|broker| broker.id);
    brokers
}

fn topic_state(world: &World, image: &MetadataImage, topic: &TopicImage) -> TopicState {
    let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
    let partitions = topic.partitions.iter().map(|(number, partition)| PartitionState {
        id: *number,
        leader: partition.leader.map(|leader| leader.0),
        leader_epoch: partition.leader_epoch.0,
        partition_epoch: partition.partition_epoch.0,
        replicas: ids(&partition.replicas),
        isr: ids(&partition.isr),
        elr: ids(&partition.elr),
        last_known_elr: ids(&partition.last_known_elr),
        logs: log_states(world, &TopicPartition::new(topic.name.clone(), *number)),
    });
    TopicState {
        name: topic.name.clone(),
        internal: crate::kafka::topic_name::is_internal(&topic.name),
        config: image.topic_overrides(&topic.name),
        partitions: partitions.collect(),
    }
}

fn log_states(world: &World, tp: &TopicPartition) -> Vec<LogState> {
    let row = |id: &NodeId| {
        let log = &world.disk(*id)?.logs.get(tp)?.log;
        Some(LogState {
            broker: id.0,
            log_start_offset: log.log_start_offset(),
            log_end_offset: log.log_end_offset(),
            high_watermark: log.high_watermark(),
            last_stable_offset: log.last_stable_offset(),
            bytes: log.size_in_bytes(),
            segments: log.segments().map(|segment| segment.base_offset()).collect(),
        })
    };
    world.nodes.keys().filter_map(row).collect()
}

fn producer_state(slot: &ClientSlot) -> Option<ProducerState> {
    let app = slot.producer()?;
    let identity = app.producer.idempotence.identity;
    let running = slot.is_running();
    Some(ProducerState {
        name: slot.name.clone(),
        producer_id: identity.map(|(id, _)| id.0),
        epoch: identity.map(|(_, epoch)| epoch.0),
        acked: app.counters.acked,
        failed: app.counters.failed,
        in_flight: if running { app.producer.requests_in_flight() } else { 0 },
        buffered: if running { app.producer.buffered_records() } else { 0 },
    })
}

fn consumer_state(slot: &ClientSlot) -> Option<ConsumerState> {
    let app = slot.consumer()?;
    let positions = &app.consumer.positions;
    let known = positions.iter().filter_map(|(tp, position)| Some((tp.to_string(), position.offset?)));
    Some(ConsumerState {
        name: slot.name.clone(),
        group: None,
        state: slot.state_name(),
        assignment: positions.keys().map(ToString::to_string).collect(),
        positions: known.collect(),
        delivered: app.counters.delivered,
        processed: app.counters.processed,
    })
}

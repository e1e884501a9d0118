//! Controllers, brokers and partitions.

use crate::kafka::controller::metadata_log::decode_batch;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::kafka::image::{PartitionRegistration, RESOURCE_TOPIC, TopicImage};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::sim::slots::NodeState as SlotState;
use crate::view::scene::{BrokerCard, ControlStrip, Lane, NodeState, Place, Role, Row, Voter};

use super::{Projection, records};

/// A batch of one NoOp record is this large.
const NO_OP_BYTES: i32 = 61 + 12;
/// How many batches of the metadata log are looked through for one that says something.
const METADATA_BATCHES: usize = 20_000;

impl Projection<'_> {
    pub(super) fn control_strip(&self) -> ControlStrip {
        let nodes = self.world.nodes.values().filter(|slot| slot.spec.roles.is_controller());
        let voters =
            nodes.map(|slot| Voter { id: slot.spec.id.0, up: slot.node().is_some() && !slot.frozen }).collect();
        let Some(active) = self.world.active_controller() else {
            return ControlStrip { voters, ..ControlStrip::default() };
        };
        let batches = active.log().log.active_segment().batches();
        // NoOp records, twice a second, only say that time passes; the newest that says something is shown.
        let telling = batches.iter().rev().take(METADATA_BATCHES);
        let said = telling
            .filter(|placed| placed.batch.size_in_bytes() > NO_OP_BYTES)
            .take(8)
            .find_map(|placed| decode_batch(&placed.batch).iter().rev().find_map(|record| self.describe(record)));
        ControlStrip {
            voters,
            active: Some(active.id.0),
            epoch: active.epoch(),
            last_record: said,
            end_offset: active.log().next_offset(),
        }
    }

    /// A metadata record in a few words, with the name that Kafka gives it.
    fn describe(&self, record: &MetadataRecord) -> Option<String> {
        let tp = |id, partition: i32| {
            let name = self.image.and_then(|image| image.topic_names.get(id));
            name.map_or_else(|| format!("?-{partition}"), |name| format!("{name}-{partition}"))
        };
        let list = |ids: &[NodeId]| ids.iter().map(NodeId::to_string).collect::<Vec<_>>().join(",");
        let text = match record {
            MetadataRecord::NoOp(_) => return None,
            MetadataRecord::Topic(topic) => format!("Topic {}", topic.name),
            MetadataRecord::Partition(partition) => format!(
                "Partition {} replicas=[{}]",
                tp(&partition.topic_id, partition.partition_id),
                list(&partition.replicas)
            ),
            MetadataRecord::PartitionChange(change) => {
                let mut text = format!("PartitionChange {}", tp(&change.topic_id, change.partition_id));
                if let Some(isr) = &change.isr {
                    text.push_str(&format!(" isr=[{}]", list(isr)));
                }
                if change.leader.0 != -2 {
                    text.push_str(&format!(" leader={}", change.leader));
                }
                text
            }
            MetadataRecord::RegisterBroker(broker) => format!("RegisterBroker {}", broker.broker_id),
            MetadataRecord::BrokerRegistrationChange(change) => {
                let what = match change.fenced {
                    1 => " fenced",
                    -1 => " unfenced",
                    _ => "",
                };
                format!("BrokerRegistrationChange {}{what}", change.broker_id)
            }
            MetadataRecord::ProducerIds(ids) => {
                format!("ProducerIds broker={} next={}", ids.broker_id, ids.next_producer_id)
            }
            MetadataRecord::Config(config) => format!("Config {} {}", config.resource_name, config.name),
            other => {
                let name = format!("{other:?}");
                name.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
            }
        };
        Some(text)
    }

    pub(super) fn brokers(&self) -> Vec<BrokerCard> {
        let slots = self.world.nodes.values().filter(|slot| slot.spec.roles.is_broker());
        slots
            .map(|slot| {
                let id = slot.spec.id;
                let registration = self.image.and_then(|image| image.brokers.get(&id));
                let slowed = self.world.network.slowness().find(|(process, _)| *process == ProcessId::Node(id));
                BrokerCard {
                    id: id.0,
                    state: match &slot.state {
                        _ if slot.frozen => NodeState::Frozen,
                        SlotState::Up(_) => NodeState::Up,
                        SlotState::Stopping(_) => NodeState::Draining,
                        SlotState::Crashed(_) => NodeState::Killed,
                        SlotState::Stopped(_) => NodeState::Stopped,
                    },
                    fenced: registration.is_none_or(|registration| registration.fenced),
                    slowed_us: slowed.map(|(_, extra)| extra.as_micros()),
                    rack: slot.spec.rack.as_ref().map(|rack| rack.to_string()),
                    combined: slot.spec.roles.is_controller(),
                }
            })
            .collect()
    }

    pub(super) fn rows(&mut self) -> Vec<Row> {
        let Some(image) = self.image else { return Vec::new() };
        let topics = image.topics.values().filter(|topic| !topic.name.starts_with("__"));
        let all = topics
            .flat_map(|topic| topic.partitions.iter().map(move |(number, partition)| (topic, *number, partition)));
        all.map(|(topic, number, partition)| self.row_of(topic, number, partition)).collect()
    }

    fn row_of(&mut self, topic: &TopicImage, number: i32, partition: &PartitionRegistration) -> Row {
        let tp = TopicPartition::new(topic.name.clone(), number);
        let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
        let leader = partition.leader;
        let answers = |id: NodeId| self.world.nodes.get(&id).is_some_and(|slot| slot.node().is_some() && !slot.frozen);
        let leader_silent = leader.is_some_and(|leader| !answers(leader));
        let mut lanes = Vec::new();
        for replica in &partition.replicas {
            lanes.extend(self.lane(&tp, *replica, leader == Some(*replica)));
        }
        Row {
            topic: topic.name.to_string(),
            partition: number,
            leader: leader.map(|node| node.0),
            leader_silent,
            leader_epoch: partition.leader_epoch.0,
            replicas: ids(&partition.replicas),
            isr: ids(&partition.isr),
            elr: ids(&partition.elr),
            min_isr: self.min_isr(&topic.name),
            lanes,
        }
    }

    fn lane(&mut self, tp: &TopicPartition, replica: NodeId, leads: bool) -> Option<Lane> {
        let log = &self.world.disk(replica)?.logs.get(tp)?.log;
        let up = self.world.broker(replica).is_some();
        Some(Lane {
            broker: replica.0,
            role: match (up, leads) {
                (true, true) => Role::Leader,
                (true, false) => Role::Follower,
                (false, _) => Role::Offline,
            },
            log_start_offset: log.log_start_offset(),
            high_watermark: log.high_watermark(),
            log_end_offset: log.log_end_offset(),
            segments: log.segments().map(|segment| segment.base_offset()).collect(),
            tiles: records::tiles(log, self.marks),
        })
    }

    fn min_isr(&self, topic: &str) -> i32 {
        const KEY: &str = "min.insync.replicas";
        let overrides = self.image.and_then(|image| image.configs.get(&(RESOURCE_TOPIC, topic.into())));
        let set = overrides.and_then(|overrides| overrides.get(KEY)).map(|text| &**text);
        let server = self.world.scenario.server_config.get(KEY).map(String::as_str);
        set.or(server).and_then(|text| text.trim().parse().ok()).unwrap_or(1)
    }

    /// Cut links between a client and a node.
    pub(super) fn client_cuts(&self) -> Vec<(Place, Place)> {
        let pairs = self.world.network.cuts().filter_map(|pair| match pair {
            (client @ ProcessId::Client(_), node @ ProcessId::Node(_))
            | (node @ ProcessId::Node(_), client @ ProcessId::Client(_)) => {
                Some((self.place(client), self.place(node)))
            }
            _ => None,
        });
        pairs.collect()
    }

    /// Cut links between nodes, the smaller id first.
    pub(super) fn cuts(&self) -> Vec<(i32, i32)> {
        let nodes = self.world.network.cuts().filter_map(|pair| match pair {
            (ProcessId::Node(a), ProcessId::Node(b)) => Some((a.0.min(b.0), a.0.max(b.0))),
            _ => None,
        });
        nodes.collect()
    }
}

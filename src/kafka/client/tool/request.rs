//! What the tools are asked for, and what they tell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pattern::TopicPattern;
use super::{ConfigsItem, ConfigsRequest, DescribeLogDirs, LogDirsItem};
use crate::kafka::errors::KafkaException;
use crate::kafka::ids::{NodeId, TopicPartition, Uuid};
use crate::time::SimTime;

/// What a tool is asked to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ToolRequest {
    /// The name of the process: its `client.id` if the line gives one, else the tool's name without `kafka-`.
    pub name: String,
    /// `client.id`, as requests and log lines carry it.
    pub client_id: String,
    /// The brokers that the tool is pointed at, and addresses where nobody listens ([`DeadAddress`]); empty: any broker.
    ///
    /// [`DeadAddress`]: crate::kafka::dead_address::DeadAddress
    pub bootstrap: Vec<NodeId>,
    /// Client configs that differ from the defaults, by Kafka's keys.
    pub config: BTreeMap<String, String>,
    pub work: ToolWork,
}

/// The tools.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ToolWork {
    Topics(TopicsAction),
    ConsoleProduce(ConsoleProduce),
    ConsoleConsume(ConsoleConsume),
    GetOffsets(GetOffsets),
    /// kafka-delete-records: below which offset each partition's records go; -1 is the high watermark.
    DeleteRecords(Vec<(TopicPartition, i64)>),
    ElectLeaders(ElectLeaders),
    Reassign(ReassignPartitions),
    Configs(ConfigsRequest),
    LogDirs(DescribeLogDirs),
    /// kafka-metadata-quorum describe; with the id of the cluster, which is asked for before.
    DescribeQuorum {
        with_cluster: bool,
    },
}

/// The controller quorum as its leader describes it.
#[derive(Clone, PartialEq, Debug)]
pub struct QuorumDescription {
    /// Empty if it was not asked for.
    pub cluster_id: String,
    pub leader: NodeId,
    pub leader_epoch: i32,
    pub high_watermark: i64,
    pub voters: Vec<QuorumReplicaState>,
    pub observers: Vec<QuorumReplicaState>,
}

/// How far a voter or an observer is; times in ms since the epoch, -1 when unknown.
#[derive(Clone, PartialEq, Debug)]
pub struct QuorumReplicaState {
    pub id: NodeId,
    pub directory_id: Uuid,
    pub log_end_offset: i64,
    pub last_fetch_ms: i64,
    pub last_caught_up_ms: i64,
    /// `CONTROLLER://controller-101:9093`; observers have none.
    pub endpoints: Vec<String>,
}

/// kafka-reassign-partitions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReassignPartitions {
    pub action: ReassignAction,
    /// The replicas that each partition shall have.
    pub targets: Vec<(TopicPartition, Vec<NodeId>)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReassignAction {
    /// `additional`: beside what is under way.
    Execute {
        additional: bool,
    },
    Verify,
    Cancel,
    List,
}

/// What kafka-reassign-partitions tells.
#[derive(Clone, PartialEq, Debug)]
pub enum ReassignItem {
    /// The replicas before.
    Current(Vec<(TopicPartition, Vec<NodeId>)>),
    Started(Vec<TopicPartition>),
    Status(Vec<(TopicPartition, ReassignState)>),
    /// Empty: nothing of it was under way.
    Cancelled(Vec<TopicPartition>),
    ClearingBrokers(Vec<NodeId>),
    ClearingTopics(Vec<String>),
    /// What is under way: replicas, those being added, those being removed.
    Ongoing(Vec<(TopicPartition, [Vec<NodeId>; 3])>),
}

/// How far a partition's reassignment has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReassignState {
    Completed,
    GoesOn,
    Inactive { current: Vec<NodeId>, target: Vec<NodeId> },
}

/// kafka-leader-election.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ElectLeaders {
    /// True: any live replica may lead; false: the preferred one.
    pub unclean: bool,
    /// None: all partitions that need it.
    pub partitions: Option<Vec<TopicPartition>>,
}

/// kafka-topics: exactly one action (`TopicCommand`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum TopicsAction {
    Create(CreateTopic),
    List { topics: Option<TopicPattern>, exclude_internal: bool },
    Describe(DescribeTopics),
    Alter(AlterTopics),
    Delete { topics: TopicPattern, if_exists: bool },
}

/// `--create`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CreateTopic {
    pub name: String,
    /// None: the broker's `num.partitions`.
    pub partitions: Option<i32>,
    /// None: the broker's `default.replication.factor`.
    pub replication_factor: Option<i16>,
    /// Replicas of each partition; empty: the controller places them.
    pub assignment: Vec<Vec<i32>>,
    pub configs: BTreeMap<String, String>,
    pub if_not_exists: bool,
}

/// `--describe`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DescribeTopics {
    pub topics: Option<TopicPattern>,
    pub topic_id: Option<Uuid>,
    pub exclude_internal: bool,
    pub if_exists: bool,
    /// `--partition-size-limit-per-response`, 2000 unless given.
    pub partition_limit: i32,
}

/// `--alter`: more partitions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AlterTopics {
    pub topics: TopicPattern,
    pub partitions: i32,
    pub assignment: Vec<Vec<i32>>,
    pub if_exists: bool,
}

/// kafka-console-producer: the records read from standard input, in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConsoleProduce {
    pub records: Vec<ProduceRecord>,
    /// A line that could not be read ends the tool after the records before it.
    pub failure: Option<KafkaException>,
    /// `--sync`: waits for each record's answer, and ends at the first that fails.
    pub sync: bool,
}

/// A header of a record: its name, and its value or null.
pub type ToolHeader = (String, Option<Vec<u8>>);

/// A record to send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProduceRecord {
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<ToolHeader>,
}

/// kafka-console-consumer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConsoleConsume {
    pub source: ConsumeSource,
    /// None: goes on until it is stopped.
    pub max_messages: Option<i32>,
    /// Ends when no record came for so many milliseconds; none: never.
    pub timeout_ms: Option<i64>,
}

/// Where a console consumer reads.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ConsumeSource {
    /// `--topic T`: all its partitions.
    Topic(String),
    /// `--include RE`: all partitions of the topics that match.
    Include(TopicPattern),
    /// `--topic T --partition N`, from an offset.
    Partition(TopicPartition, StartOffset),
}

/// `--offset`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum StartOffset {
    Earliest,
    Latest,
    At(i64),
}

/// kafka-get-offsets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GetOffsets {
    /// A partition is asked for if one of these takes it.
    pub rules: Vec<PartitionRule>,
    pub exclude_internal: bool,
    /// The timestamp of the request: -1 latest, -2 earliest, -3 max-timestamp, -4 earliest-local, -5 latest-tiered,
    /// -6 earliest-pending-upload, else milliseconds.
    pub timestamp: i64,
}

/// Topics and, of these, partitions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PartitionRule {
    pub topics: TopicPattern,
    pub partitions: PartitionSet,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PartitionSet {
    /// `--partitions 0,2`; an empty list takes all.
    Listed(Vec<i32>),
    /// From the first (inclusive) to the second (exclusive).
    Range(i32, i32),
}

impl PartitionRule {
    pub fn takes(&self, tp: &TopicPartition) -> bool {
        self.topics.takes(&tp.topic)
            && match &self.partitions {
                PartitionSet::Listed(listed) => listed.is_empty() || listed.contains(&tp.partition),
                PartitionSet::Range(low, high) => (*low..*high).contains(&tp.partition),
            }
    }
}

/// One thing that a tool had to tell, in the order in which it told it.
#[derive(Clone, PartialEq, Debug)]
pub enum ToolItem {
    TopicCreated(String),
    /// `--list`, sorted.
    TopicNames(Vec<String>),
    TopicDescribed(TopicDescription),
    Consumed(ConsumedRecord),
    /// A partition's offset, in the order in which kafka-get-offsets prints.
    OffsetFound(TopicPartition, i64),
    /// A partition that kafka-get-offsets skips.
    OffsetSkipped(TopicPartition, KafkaException),
    /// A record of an asynchronous console producer that was not stored. Sizes are none for null.
    SendFailed {
        at: SimTime,
        topic: String,
        key_size: Option<i32>,
        value_size: Option<i32>,
        error: KafkaException,
    },
    /// The low watermark of each partition that kafka-delete-records was given.
    RecordsDeleted(Vec<(TopicPartition, Result<i64, KafkaException>)>),
    /// What became of each partition that kafka-leader-election was given, or found.
    LeadersElected(Vec<(TopicPartition, Result<(), KafkaException>)>),
    Reassign(ReassignItem),
    Configs(ConfigsItem),
    LogDirs(LogDirsItem),
    QuorumDescribed(QuorumDescription),
    /// A line that the client's own logger wrote.
    Logged(LogLine),
}

/// A log4j entry of a client at WARN or above.
#[derive(Clone, PartialEq, Debug)]
pub struct LogLine {
    pub at: SimTime,
    pub level: Level,
    pub message: String,
    /// Full class name of the logger.
    pub logger: &'static str,
    pub error: Option<KafkaException>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Warn,
    Error,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }
}

/// A topic as `--describe` sees it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TopicDescription {
    pub name: String,
    pub topic_id: Uuid,
    /// Configs that are not defaults, in the order in which Kafka prints them.
    pub configs: Vec<(String, String)>,
    pub min_insync_replicas: i32,
    pub partitions: Vec<PartitionDescription>,
    /// Brokers that are registered and unfenced.
    pub live_brokers: Vec<NodeId>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct PartitionDescription {
    pub partition: i32,
    pub leader: Option<NodeId>,
    pub replicas: Vec<NodeId>,
    pub isr: Vec<NodeId>,
    /// None where the answer does not tell: a topic asked for by its id.
    pub elr: Option<Vec<NodeId>>,
    pub last_known_elr: Option<Vec<NodeId>>,
    /// Replicas being added and removed, while a reassignment goes on.
    pub reassignment: Option<(Vec<NodeId>, Vec<NodeId>)>,
}

/// A record that poll() returned.
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumedRecord {
    pub tp: TopicPartition,
    pub offset: i64,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    pub log_append_time: bool,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<ToolHeader>,
}

/// How a tool ended.
#[derive(Clone, PartialEq, Debug)]
pub enum ToolEnd {
    Succeeded,
    /// An exception that the tool did not catch, or that it reports as its failure.
    Failed(KafkaException),
    /// `sim close`: SIGTERM, status 143.
    Closed,
    /// `sim crash`: SIGKILL, status 137.
    Crashed,
    /// The simulation cannot do this yet: one line.
    NotYet(String),
}

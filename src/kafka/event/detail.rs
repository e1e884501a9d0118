//! What log lines need to know of an event beyond its fields: numbers and records as they were at the moment.

use std::sync::Arc;

use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::ids::{LeaderEpoch, NodeId, PartitionEpoch, ProducerEpoch, ProducerId, TopicPartition, Uuid};
use crate::kafka::image::PartitionRegistration;
use crate::kafka::protocol::metadata_records::PartitionChangeRecord;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::topics::CreatableTopic;
use crate::kafka::protocol::{ApiKey, Channel};
use crate::kafka::record::{Record, TimestampType};
use crate::time::SimDuration;

use super::told::{Tell, Told};

/// What a replica of the metadata log notes of itself; states and messages as they print themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QuorumNote {
    /// From one state to another; durable: the file `quorum-state` is written on the way. There is none at the start.
    Transition {
        from: Option<Arc<str>>,
        to: Arc<str>,
        durable: bool,
    },
    Started {
        voters: Arc<str>,
        bootstrap: Arc<[NodeId]>,
    },
    StopBegun,
    Stopped,
    FetchTimedOut,
    /// Too few have answered whether they would vote.
    PreVoteTimedOut {
        election: String,
    },
    /// Too few have voted.
    ElectionLost,
    VoteAnswered {
        request: String,
        epoch: i32,
        granted: bool,
    },
    NoMajority {
        timeout_ms: u64,
        fetched: String,
        voters: String,
    },
    FetchRefused {
        replica: String,
        offset: i64,
        err: ErrorCode,
    },
    LeaderCommits {
        offset: String,
        epoch: i32,
        index: u32,
        voters: String,
    },
    FollowerCommits {
        offset: String,
        epoch: i32,
    },
}

impl Tell for Arc<QuorumNote> {
    fn tell(&self) -> Told {
        Told::Hidden
    }
}

/// A metadata record that was appended, with what was known before it.
#[derive(Clone, PartialEq, Debug)]
pub struct AppendedRecord {
    pub record: MetadataRecord,
    pub offset: i64,
    /// The topic of a partition, or of a topic that goes.
    pub topic: Option<Arc<str>>,
    /// The partition before a change of it.
    pub before: Option<PartitionRegistration>,
    /// True if the broker that a registration names had registered before.
    pub known_broker: bool,
    /// How many partitions lose their eligible leaders by a ClearElrRecord.
    pub cleared: u32,
    /// True of a change of a registration that is as it says already.
    pub changes_nothing: bool,
}

impl AppendedRecord {
    /// A record of which nothing else is known.
    pub fn new(record: MetadataRecord, offset: i64) -> AppendedRecord {
        AppendedRecord {
            record,
            offset,
            topic: None,
            before: None,
            known_broker: false,
            cleared: 0,
            changes_nothing: false,
        }
    }
}

impl Tell for Arc<AppendedRecord> {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(self.record.schema_name()))
    }
}

/// A record as the application that got it logs it; None if it logs none.
#[derive(Clone, PartialEq, Debug)]
pub struct Logged(pub Option<Arc<LoggedRecord>>);

/// What `ConsumerRecord.toString` shows beyond partition and offset.
#[derive(Clone, PartialEq, Debug)]
pub struct LoggedRecord {
    pub leader_epoch: LeaderEpoch,
    pub timestamp_type: TimestampType,
    pub record: Record,
}

impl Tell for Logged {
    fn tell(&self) -> Told {
        Told::Hidden
    }
}

/// The answer to a CreateTopics request, topic by topic.
#[derive(Clone, PartialEq, Debug)]
pub struct CreateTopicsDecision {
    pub validate_only: bool,
    pub topics: Vec<(CreatableTopic, Option<ApiError>)>,
}

impl Tell for Arc<CreateTopicsDecision> {
    fn tell(&self) -> Told {
        let result = |(topic, error): &(CreatableTopic, Option<ApiError>)| {
            (topic.name.clone(), error.as_ref().map_or(ErrorCode::None, |error| error.code)).tell()
        };
        Told::List(self.topics.iter().map(result).collect())
    }
}

/// The answer to a DeleteTopics request for one topic.
#[derive(Clone, PartialEq, Debug)]
pub struct TopicDeletion {
    pub topic_id: Uuid,
    pub name: Option<Arc<str>>,
    pub err: ErrorCode,
}

impl Tell for TopicDeletion {
    fn tell(&self) -> Told {
        (self.name.clone().unwrap_or_else(|| Arc::from(self.topic_id.to_string())), self.err).tell()
    }
}

/// Why partitions change (the first word of the controller's log line).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occasion {
    Fenced,
    Unfenced,
    UncleanShutdown,
    ControlledShutdown,
}

impl Tell for Occasion {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(match self {
            Occasion::Fenced => "fenced",
            Occasion::Unfenced => "unfenced",
            Occasion::UncleanShutdown => "unclean shutdown",
            Occasion::ControlledShutdown => "controlled shutdown",
        }))
    }
}

/// A choice of a leader that was not in the ISR.
#[derive(Clone, PartialEq, Debug)]
pub struct LeaderChoice {
    pub topic_id: Uuid,
    pub before: PartitionRegistration,
    /// The change as far as it was decided when the leader was chosen.
    pub change: PartitionChangeRecord,
}

/// What a broker does first with the metadata: it reads its logs.
#[derive(Clone, PartialEq, Debug)]
pub struct LogLoading {
    /// The last metadata offset and its epoch.
    pub offset: i64,
    pub epoch: LeaderEpoch,
    pub after_clean_shutdown: bool,
    pub logs: Vec<LoadedLog>,
}

/// A log as it was read from the disk.
#[derive(Clone, PartialEq, Debug)]
pub struct LoadedLog {
    pub tp: TopicPartition,
    pub topic_id: Uuid,
    pub log_start_offset: i64,
    pub log_end_offset: i64,
    pub segments: u32,
}

/// A step in the life of a broker (`BrokerLifecycleManager`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LifecycleStep {
    /// It has replayed the metadata log up to its registration.
    CaughtUp,
    /// The controller has not unfenced it yet.
    StillFenced,
    Unfenced,
    ShutdownBegun,
    /// The controller has not let it go yet.
    ShutdownPending,
    ShutdownGranted,
}

impl Tell for LifecycleStep {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(match self {
            LifecycleStep::CaughtUp => "caught up",
            LifecycleStep::StillFenced => "still fenced",
            LifecycleStep::Unfenced => "unfenced",
            LifecycleStep::ShutdownBegun => "shutdown begun",
            LifecycleStep::ShutdownPending => "shutdown pending",
            LifecycleStep::ShutdownGranted => "shutdown granted",
        }))
    }
}

/// How a broker came to have a partition.
#[derive(Clone, PartialEq, Debug)]
pub struct PartitionOpening {
    pub topic_id: Uuid,
    /// True when the partition was added to a topic that the broker knew already.
    pub of_known_topic: bool,
    /// True when the log is new, too.
    pub new_log: bool,
    /// The topic's overrides, when the log is new.
    pub properties: Vec<(Arc<str>, Arc<str>)>,
    pub high_watermark: i64,
}

/// Why a segment went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeletionCause {
    Time,
    Size,
    StartOffset,
}

impl Tell for DeletionCause {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(match self {
            DeletionCause::Time => "time",
            DeletionCause::Size => "size",
            DeletionCause::StartOffset => "start_offset",
        }))
    }
}

/// Why a log starts later (`LogStartOffsetIncrementReason`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartReason {
    SegmentDeletion,
    ClientDeletion,
    LeaderIncrement,
}

impl Tell for StartReason {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(match self {
            StartReason::SegmentDeletion => "segment deletion",
            StartReason::ClientDeletion => "client delete records request",
            StartReason::LeaderIncrement => "leader offset increment",
        }))
    }
}

/// A segment that went, with the limit that it broke and the size of the log without it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeletedSegmentDetail {
    pub base_offset: i64,
    pub size: i32,
    pub last_modified_ms: i64,
    /// -1 without records.
    pub largest_timestamp_ms: i64,
    /// `retention.ms`, `retention.bytes`, or the log start offset.
    pub limit: i64,
    pub log_size_after: i64,
}

/// A role that a replica took.
#[derive(Clone, PartialEq, Debug)]
pub struct RoleChange {
    pub topic_id: Uuid,
    pub log_end_offset: i64,
    pub partition_epoch: PartitionEpoch,
    pub high_watermark: i64,
    pub isr: Vec<NodeId>,
    /// The leader and the leader epoch that this process knew before.
    pub before: Option<(Option<NodeId>, LeaderEpoch)>,
    pub recovering: bool,
}

/// The end of a connection, or of an attempt.
#[derive(Clone, PartialEq, Debug)]
pub struct Disconnection {
    pub channel: Channel,
    /// True if it never stood.
    pub attempt: bool,
    pub cause: DisconnectCause,
    /// The place of the node among the bootstrap servers, when it is known by that only.
    pub bootstrap: Option<u32>,
    pub cancelled: Vec<CancelledRequest>,
    /// True while the client knows no node but its bootstrap servers.
    pub bootstrapping: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisconnectCause {
    Peer,
    RequestTimeout,
    SetupTimeout { after: SimDuration },
}

/// A request that lost its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CancelledRequest {
    pub api: ApiKey,
    pub correlation_id: i32,
    pub age: SimDuration,
    pub timeout_ms: i64,
}

/// A produce request that did not succeed and will be tried again.
#[derive(Clone, PartialEq, Debug)]
pub struct FailedAttempt {
    pub correlation_id: i32,
    pub attempts_left: i32,
    pub message: Option<Arc<str>>,
}

/// A batch of an idempotent producer that was refused for good.
#[derive(Clone, PartialEq, Debug)]
pub struct BatchRefusal {
    pub identity: (ProducerId, ProducerEpoch),
    pub err: ErrorCode,
}

/// What a consumer knows of a position that the leader's log does not have.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Truncation {
    /// The epoch of the last record before the position.
    pub offset_epoch: LeaderEpoch,
    pub leader: NodeId,
    pub leader_epoch: LeaderEpoch,
    /// `auto.offset.reset` names a place, so that the consumer goes on by itself.
    pub resets: bool,
    /// Where that epoch, or the one before it that the leader knows, ends there.
    pub diverges_at: Option<(i64, LeaderEpoch)>,
}

/// Where a seek goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeekTo {
    Offset(i64),
    Beginning,
    End,
}

impl Tell for SeekTo {
    fn tell(&self) -> Told {
        match self {
            SeekTo::Offset(offset) => Told::Number(*offset),
            SeekTo::Beginning => Told::Text(Arc::from("beginning")),
            SeekTo::End => Told::Text(Arc::from("end")),
        }
    }
}

impl Tell for (Arc<str>, Arc<str>) {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(format!("{}={}", self.0, self.1)))
    }
}

impl Tell for (TopicPartition, Uuid) {
    fn tell(&self) -> Told {
        self.0.tell()
    }
}

impl Tell for Channel {
    fn tell(&self) -> Told {
        let number = |thread: &u8| format!("fetcher {thread}");
        Told::Text(match self {
            Channel::Client => Arc::from("client"),
            Channel::Bootstrap => Arc::from("bootstrap"),
            Channel::Coordinator => Arc::from("coordinator"),
            Channel::Fetcher(thread) => Arc::from(number(thread)),
            Channel::Raft => Arc::from("raft"),
            Channel::Heartbeat => Arc::from("heartbeat"),
            Channel::Forwarding => Arc::from("forwarding"),
            Channel::Registration => Arc::from("registration"),
        })
    }
}

macro_rules! for_log_lines_only {
    ($($type:ty),*) => { $(impl Tell for Arc<$type> {
        fn tell(&self) -> Told { Told::Hidden }
    })* };
}
for_log_lines_only!(
    DeletedSegmentDetail,
    LeaderChoice,
    LogLoading,
    PartitionOpening,
    RoleChange,
    Disconnection,
    FailedAttempt,
    BatchRefusal,
    Truncation
);

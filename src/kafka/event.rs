//! Facts: what has happened, in the past tense. Handlers emit them; the journal keeps them; lessons, the page and the
//! log lines read them. An event never causes anything.
//!
//! Names and fields are the goal language's where it has the event; `field = "x"` gives the name that goals use.

pub mod detail;
pub mod told;

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{
    BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, ProcessId, ProducerEpoch, ProducerId, Rid, TopicPartition, Uuid,
};
use crate::kafka::protocol::Channel;
use crate::kafka::record::Bytes;
use crate::time::SimDuration;

use detail::*;
use told::{Tell, Told};

/// Why the sender took a batch out of the accumulator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchReason {
    Full,
    Linger,
    Flush,
    Close,
    Memory,
    Retry,
}

impl BatchReason {
    pub const fn name(self) -> &'static str {
        match self {
            BatchReason::Full => "full",
            BatchReason::Linger => "linger",
            BatchReason::Flush => "flush",
            BatchReason::Close => "close",
            BatchReason::Memory => "memory",
            BatchReason::Retry => "retry",
        }
    }
}

/// Why a client asks for metadata.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetadataCause {
    Bootstrap,
    Disconnect,
    Error,
    Expired,
    Topic,
}

impl MetadataCause {
    pub const fn name(self) -> &'static str {
        match self {
            MetadataCause::Bootstrap => "bootstrap",
            MetadataCause::Disconnect => "disconnect",
            MetadataCause::Error => "error",
            MetadataCause::Expired => "expired",
            MetadataCause::Topic => "topic",
        }
    }
}

impl Tell for BatchReason {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(self.name()))
    }
}

impl Tell for MetadataCause {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(self.name()))
    }
}

fn derived(name: &str, find: impl Fn(&str) -> Option<Told>) -> Option<Told> {
    if name == "tp" {
        let (Told::Text(topic), Told::Number(partition)) = (find("topic")?, find("partition")?) else { return None };
        return Some(TopicPartition::new(topic, i32::try_from(partition).ok()?).tell());
    }
    let Told::Text(tp) = find("tp")? else { return None };
    let tp = TopicPartition::parse(&tp)?;
    match name {
        "topic" => Some(tp.topic.tell()),
        "partition" => Some(tp.partition.tell()),
        _ => None,
    }
}

macro_rules! events {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $alias:literal) => { $alias };
    ($($(#[$doc:meta])* $name:ident { $($field:ident $(= $alias:literal)?: $type:ty),* $(,)? })*) => {
        /// One fact.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Event {
            $($(#[$doc])* $name { $($field: $type),* },)*
        }

        impl Event {
            /// Every name that an event can have.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            pub const fn name(&self) -> &'static str {
                match self { $(Event::$name { .. } => stringify!($name),)* }
            }

            /// The fields with the names that goals use, in the order of declaration; what only log lines show is left
            /// out.
            pub fn fields(&self) -> Vec<(&'static str, Told)> {
                let mut fields = match self {
                    $(Event::$name { $($field),* } => vec![$((events!(@name $field $($alias)?), $field.tell())),*],)*
                };
                fields.retain(|(_, value)| *value != Told::Hidden);
                fields
            }

            /// A field by its name. Goals may also ask an event of a partition for its `topic` and its `partition`, and
            /// one of a topic and a partition for its `tp`.
            pub fn field(&self, name: &str) -> Option<Told> {
                let fields = self.fields();
                let find = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
                find(name).or_else(|| derived(name, find))
            }
        }
    };
}

events! {
    // The world.
    /// A process began to run.
    ProcessStarted { process: ProcessId }
    /// A process died without notice (SIGKILL). Brokers and consumers have events of their own for it.
    ProcessCrashed { process: ProcessId }
    BrokerKilled { broker: NodeId }
    /// A machine crashed; what was on its disk survives.
    MachineCrashed { node: NodeId }
    /// Records that were on no disk when the machine crashed, from an offset to another (exclusively).
    UnflushedLost { broker: NodeId, tp: TopicPartition, from: i64, to: i64 }
    /// A machine crashed, and its disk is lost.
    DiskDestroyed { broker: NodeId }
    ConsumerCrashed { client = "c": ProcessId }
    /// A process ended in order.
    ProcessStopped { process: ProcessId }
    /// A broker ended in order after the controller had taken its leaderships.
    ControlledShutdown { broker: NodeId }
    ProcessFrozen { process: ProcessId }
    ProcessThawed { process: ProcessId }
    /// The link between two processes was cut (a black hole), or is whole again.
    LinkCut { a: ProcessId, b: ProcessId }
    LinkHealed { a: ProcessId, b: ProcessId }
    ConnectionOpened { client = "c": ProcessId, server: ProcessId, channel: Channel }
    ConnectionLost { client = "c": ProcessId, server: ProcessId, channel: Channel }

    // The controller.
    /// A controller's process begins.
    ControllerBooted { node: NodeId }
    /// A controller that starts again has read a metadata record of this type.
    MetadataReplayed { record = "type": Arc<AppendedRecord> }
    ControllerElected { node: NodeId, epoch: i32, next_offset: i64, empty: bool }
    /// The active controller is it no more.
    ControllerRenounced { node: NodeId }
    /// A voter of the controller quorum is something else from now on, or the same in another epoch.
    QuorumRoleChanged { node: NodeId, role: Arc<str>, epoch: i32, leader: Option<NodeId> }
    /// A voter was asked for its vote, or (before the epoch is raised) whether it would give it.
    VoteDecided { node: NodeId, candidate: NodeId, epoch: i32, pre_vote: bool, granted: bool }
    /// The first time in its epoch that a leader knows what is committed.
    QuorumHighWatermarkKnown { node: NodeId, epoch: i32, high_watermark: i64 }
    /// A replica of the metadata log has cut off what the leader does not have.
    QuorumLogTruncated { node: NodeId, to: i64 }
    /// What a replica of the metadata log writes into its process's log.
    QuorumNoted { node: NodeId, note: Arc<QuorumNote> }
    /// The active controller appended a metadata record of this type. `NoOpRecord`s, two a second, are left out.
    MetadataAppended { record = "type": Arc<AppendedRecord> }
    /// The controller has decided a CreateTopics or DeleteTopics request.
    CreateTopicsDecided { decision = "topics": Arc<CreateTopicsDecision> }
    DeleteTopicsDecided { topics: Arc<[TopicDeletion]> }
    BrokerRegistered { broker: NodeId, epoch: BrokerEpoch, incarnation: Uuid, previous: Option<Uuid>, cleaned: u32 }
    /// A broker's registration was refused.
    RegistrationDenied { broker: NodeId, err: ErrorCode }
    /// A broker's process was started and it is unfenced now.
    BrokerUp { broker: NodeId, registered_at: i64 }
    /// A broker's session expired.
    BrokerFenced { broker: NodeId, epoch: BrokerEpoch }
    /// The session expired of a broker that was fenced already: it went in order.
    FencedSessionExpired { broker: NodeId, epoch: BrokerEpoch }
    /// The controller lets a broker go: at once, or when its leaderships have moved.
    ShutdownRequested { broker: NodeId, fenced: bool, immediate: bool }
    ShutdownGranted { broker: NodeId, lowest_active_offset: i64, shutdown_offset: i64 }
    /// So many partitions change because of what a broker did.
    PartitionsChanging { broker: NodeId, occasion: Occasion, count: u32 }
    /// Chosen outside of the ISR: from the eligible leader replicas, or uncleanly.
    LeaderChosen { tp: TopicPartition, leader: NodeId, clean: bool, choice: Arc<LeaderChoice> }
    /// The controller committed a new ISR for a partition.
    PartitionChanged { tp: TopicPartition, isr: Arc<[NodeId]> }
    TopicCreated { topic: Arc<str>, partitions: i32 }
    TopicDeleted { topic: Arc<str> }
    PartitionsAdded { topic: Arc<str>, partitions: i32 }
    ConfigChanged { topic: Arc<str>, key: Arc<str>, value: Option<Arc<str>> }
    LeaderElected { tp: TopicPartition, leader: NodeId, clean: bool, preferred: bool }
    /// A partition has no leader from now on.
    Leaderless { tp: TopicPartition }
    /// A replica that left the ISR was put into the eligible leader replicas.
    AddedToElr { tp: TopicPartition, broker: NodeId }
    ProducerIdsAllocated { broker: NodeId, first: i64, count: i32 }

    // The broker.
    /// A broker's process begins; the epoch is the one that a clean shutdown left.
    BrokerBooted { broker: NodeId, incarnation: Uuid, clean_epoch: Option<BrokerEpoch> }
    /// The broker has the cluster's metadata for the first time in its life, and reads its logs.
    LogsLoaded { broker: NodeId, loading: Arc<LogLoading> }
    LifecycleChanged { broker: NodeId, to: LifecycleStep }
    /// One of the broker's channels to the active controller goes to this node from now on.
    ControllerFound { broker: NodeId, node: NodeId }
    /// The controller refused a heartbeat.
    HeartbeatRefused { broker: NodeId, err: ErrorCode }
    RegistrationAnswered { broker: NodeId, epoch: BrokerEpoch, err: ErrorCode }
    /// New metadata give these partitions a role on the broker.
    RolesAssigned { broker: NodeId, leads: bool, tps: Arc<[TopicPartition]> }
    /// The broker has the partition from now on, with the log that it found or made.
    PartitionOpened { broker: NodeId, tp: TopicPartition, opening: Arc<PartitionOpening> }
    PartitionLed { broker: NodeId, tp: TopicPartition, leader_epoch: LeaderEpoch, role: Arc<RoleChange> }
    /// The broker holds the partition and does not lead it; the leader is none when nobody does.
    PartitionFollowed {
        broker: NodeId, tp: TopicPartition, leader: Option<NodeId>, leader_epoch: LeaderEpoch, role: Arc<RoleChange>,
    }
    TopicConfigApplied { broker: NodeId, topic: Arc<str>, config: Arc<[(Arc<str>, Arc<str>)]> }
    /// Logs of a deleted topic are marked; each with the id in the name of its directory.
    LogsDeleted { broker: NodeId, logs: Arc<[(TopicPartition, Uuid)]> }
    /// A leader asks the controller to change the ISR.
    AlterPartition { broker: NodeId, tp: TopicPartition, isr: Arc<[NodeId]> }
    /// A leader leaves replicas out of the ISR that it proposes, because they lag.
    IsrShrinkProposed {
        broker: NodeId,
        tp: TopicPartition,
        isr: Arc<[NodeId]>,
        lagging: Arc<[NodeId]>,
        high_watermark: i64,
        log_end_offset: i64,
    }
    /// A leader took a new ISR as committed.
    IsrUpdated { broker: NodeId, tp: TopicPartition, isr: Arc<[NodeId]>, partition_epoch: PartitionEpoch }
    /// A follower appended batches that it fetched.
    Replicated { broker: NodeId, tp: TopicPartition, base_offset: i64, last_offset: i64 }
    /// A replica cut its log back to this end offset.
    LogTruncated { broker: NodeId, tp: TopicPartition, to: i64 }
    /// An empty log of a follower begins earlier than it was to: in front of the batch that holds the leader's start.
    LogRestarted { broker: NodeId, tp: TopicPartition, first_offset: i64, log_start_offset: i64 }
    /// A produce request with acks=all waits in purgatory for the high watermark.
    ProduceHeld { broker: NodeId, source: ProcessId }
    SegmentRolled { broker: NodeId, tp: TopicPartition, base_offset = "base": i64, producers: u32 }
    /// The log of a partition starts later.
    LogStartAdvanced { broker: NodeId, tp: TopicPartition, log_start_offset: i64, reason: StartReason }
    /// A leader deletes an old segment because of retention.
    SegmentDeleted {
        tp: TopicPartition, base_offset = "base": i64, reason: DeletionCause, broker: NodeId,
        detail: Arc<DeletedSegmentDetail>,
    }
    /// A broker compacted the log of a partition: of so many records it kept so many.
    LogCompacted { broker: NodeId, tp: TopicPartition, records_read: u32, records_kept: u32 }
    /// Files of deleted segments are gone from the disk.
    FilesDeleted { broker: NodeId, tp: TopicPartition, files: Arc<[Arc<str>]> }
    /// A leader has appended a batch.
    BatchAppended {
        broker: NodeId, tp: TopicPartition, base_offset: i64, last_offset: i64, bytes: i32, client = "p": Arc<str>,
    }
    /// A leader has appended one data record to its log.
    Appended {
        client = "p": Arc<str>, broker: NodeId, tp: TopicPartition, offset: i64, producer_id: ProducerId,
        rid: Option<Rid>,
    }
    /// A leader could not append a batch, for a reason that brokers log.
    AppendFailed { broker: NodeId, tp: TopicPartition, topic_id: Uuid, err: ErrorCode, message: Option<Arc<str>> }
    HighWatermarkAdvanced { broker: NodeId, tp: TopicPartition, high_watermark: i64 }
    /// A leader recognised a batch by its sequence as already appended and answered success.
    DuplicateBatch { client = "p": Arc<str>, tp: TopicPartition, broker: NodeId }
    OutOfOrderSequence { client = "p": Arc<str>, tp: TopicPartition, broker: NodeId }
    /// A fetch waits in purgatory for more bytes.
    FetchHeld { broker: NodeId, source = "c": ProcessId }
    /// A broker asks the controller for topics that a client wants and that do not exist.
    AutoCreateSent { broker: NodeId, topics: Arc<[Arc<str>]> }

    // All clients.
    ProducerCreated { client = "p": ProcessId, client_id: Arc<str>, idempotent: bool }
    ConsumerCreated { client = "c": ProcessId, client_id: Arc<str>, group_id = "g": Option<Arc<str>> }
    AdminCreated { client = "c": ProcessId, client_id: Arc<str> }
    /// The application called close().
    CloseCalled { client = "c": ProcessId, timeout_ms: i64 }
    /// A connection to a node ended or could not be made.
    NodeDisconnected { client = "c": ProcessId, node: NodeId, how: Arc<Disconnection> }
    MetadataRequest { client = "c": ProcessId, to: NodeId, cause: MetadataCause }
    /// A metadata response named topics with errors.
    MetadataErrors { client = "c": ProcessId, correlation_id: i32, errors: Arc<[(Arc<str>, ErrorCode)]> }
    ClusterIdLearned { client = "c": ProcessId, cluster_id: Arc<str> }

    // The producer.
    /// The application called send(), with these serialized bytes.
    RecordSent { client = "p": ProcessId, rid: Rid, topic: Arc<str>, key: Option<Bytes>, value: Option<Bytes> }
    PartitionerInvoked { client = "p": ProcessId, topic: Arc<str> }
    StickyRun { client = "p": ProcessId, tp: TopicPartition, bytes: i32 }
    RecordBuffered { client = "p": ProcessId, rid: Rid, tp: TopicPartition }
    BatchSent {
        client = "p": ProcessId, tp: TopicPartition, reason: BatchReason, age: SimDuration, records: i32, bytes: i32,
    }
    ProduceRequest { client = "p": ProcessId, to: NodeId, acks: i16 }
    Acked { client = "p": ProcessId, tp: TopicPartition, offset: i64, rid: Rid, latency: SimDuration }
    /// The producer puts a batch back for another attempt after this error.
    Retry { client = "p": ProcessId, tp: TopicPartition, err: ErrorCode, attempt: Arc<FailedAttempt> }
    /// A produce request of this batch ended with this error.
    ProduceError {
        client = "p": ProcessId, tp: TopicPartition, err: ErrorCode, message: Option<Arc<str>>, will_retry: bool,
    }
    /// One send ended with an exception; so many produce requests had carried it.
    SendFailed {
        client = "p": ProcessId, topic: Arc<str>, partition: Option<i32>, rid: Rid, exception = "err": Arc<str>,
        message: Arc<str>, age: SimDuration, requests = "attempts": u32,
    }
    AppBlocked { client = "p": ProcessId, duration: SimDuration }
    /// The producer has another id or epoch: from a broker, or raised by itself; both -1 when an id is used up.
    ProducerIdAssigned { client = "p": ProcessId, producer_id: ProducerId, epoch: ProducerEpoch }
    /// A batch was too large for the leader; its records go out in smaller ones.
    BatchSplit { client = "p": ProcessId, tp: TopicPartition, err: ErrorCode, into: u32, attempt: Arc<FailedAttempt> }
    /// A batch that was sent is lost for good, so that the sequences behind it cannot be used.
    SequenceGapFound { client = "p": ProcessId, tp: TopicPartition, last_acked: i32, next: i32 }
    /// A batch is numbered anew in a new epoch.
    SequenceReset { client = "p": ProcessId, tp: TopicPartition, from: i32, to: i32 }
    /// A batch was given up because a leader misses the one before it.
    SequenceRefused { client = "p": ProcessId, tp: TopicPartition, base_sequence: i32, refusal: Arc<BatchRefusal> }

    // The consumer.
    /// The application called assign().
    AssignCalled { client = "c": ProcessId, tps: Arc<[TopicPartition]> }
    /// The application called seek(), seekToBeginning() or seekToEnd().
    SeekCalled { client = "c": ProcessId, tp: TopicPartition, to: SeekTo }
    /// A position without an offset got one by `auto.offset.reset`, or because a seek named a place and no offset.
    OffsetReset { client = "c": ProcessId, tp: TopicPartition, offset: i64, leader: Option<NodeId>, leader_epoch: i32 }
    /// A position lies outside the log, and `auto.offset.reset` applies.
    OffsetOutOfRange {
        client = "c": ProcessId, tp: TopicPartition, position: i64, offset_epoch: Option<LeaderEpoch>,
        leader: Option<NodeId>, leader_epoch: i32,
    }
    /// The leader's log ends before a consumer's position: what lay there was cut off. The consumer goes on at `to`.
    TruncationDetected {
        client = "c": ProcessId, tp: TopicPartition, position: i64, to: Option<i64>, how: Arc<Truncation>,
    }
    FetchFailed { client = "c": ProcessId, tp: TopicPartition, err: ErrorCode }
    /// A fetch request got no answer because its connection went away.
    FetchLost { client = "c": ProcessId, node: NodeId }
    RecordsFetched { client = "c": ProcessId, tp: TopicPartition, fetch_offset: i64, records: i32, bytes: i32 }
    /// poll() returned this record to the application, which logs it if it is one that does.
    Delivered {
        client = "c": ProcessId, tp: TopicPartition, offset: i64, rid: Option<Rid>,
        logged: Logged,
    }
    Processed { client = "c": ProcessId, tp: TopicPartition, offset: i64, rid: Option<Rid> }
    /// A client method threw in the application.
    ExceptionThrown { client = "c": ProcessId, exception = "type": Arc<str>, message: Arc<str> }

    // Commands and tools.
    /// A producer's configuration was changed; it restarts with it.
    ProducerReconfigured { client = "p": ProcessId }
    /// A configuration was refused.
    ConfigRejected { client = "c": ProcessId, message: Arc<str> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_names_that_goals_use() {
        let tp = TopicPartition::new("orders", 2);
        let event = Event::DuplicateBatch { client: Arc::from("shop"), tp: tp.clone(), broker: NodeId(1) };
        let names: Vec<&str> = event.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!((event.name(), names), ("DuplicateBatch", vec!["p", "tp", "broker"]));
        assert_eq!(event.field("partition"), Some(Told::Number(2)));
        assert_eq!(event.field("topic"), Some(Told::Text(Arc::from("orders"))));
        assert_eq!(event.field("g"), None);
    }

    #[test]
    fn what_only_log_lines_show_is_no_field() {
        let attempt = Arc::new(FailedAttempt { correlation_id: 5, attempts_left: 2, message: None });
        let client = ProcessId::Node(NodeId(1));
        let retry = Event::Retry { client, tp: TopicPartition::new("a", 0), err: ErrorCode::NetworkException, attempt };
        assert_eq!(retry.field("err"), Some(Told::Text(Arc::from("NETWORK_EXCEPTION"))));
        assert_eq!(retry.field("attempt"), None);
    }
}

//! Facts: what has happened, in the past tense. Handlers emit them; the journal keeps them; lessons, the page and the
//! log lines read them. An event never causes anything.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, ProcessId, ProducerEpoch, ProducerId, Rid, TopicPartition};
use crate::time::SimDuration;

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

/// One fact. Names and fields follow the goal language's vocabulary where it has the event.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    // The world.
    /// A process began to run.
    ProcessStarted {
        process: ProcessId,
    },
    /// A process died without notice (SIGKILL).
    ProcessCrashed {
        process: ProcessId,
    },
    /// A process ended in order.
    ProcessStopped {
        process: ProcessId,
    },
    ProcessFrozen {
        process: ProcessId,
    },
    ProcessThawed {
        process: ProcessId,
    },
    /// The link between two processes was cut (a black hole), or is whole again.
    LinkCut {
        a: ProcessId,
        b: ProcessId,
    },
    LinkHealed {
        a: ProcessId,
        b: ProcessId,
    },
    ConnectionOpened {
        client: ProcessId,
        server: ProcessId,
    },
    ConnectionLost {
        client: ProcessId,
        server: ProcessId,
    },

    // The controller.
    ControllerElected {
        node: NodeId,
        epoch: i32,
    },
    BrokerRegistered {
        broker: NodeId,
        epoch: BrokerEpoch,
    },
    BrokerUnfenced {
        broker: NodeId,
    },
    BrokerFenced {
        broker: NodeId,
    },
    TopicCreated {
        topic: Arc<str>,
        partitions: i32,
    },
    TopicDeleted {
        topic: Arc<str>,
    },
    PartitionsAdded {
        topic: Arc<str>,
        partitions: i32,
    },
    ConfigChanged {
        topic: Arc<str>,
        key: Arc<str>,
        value: Option<Arc<str>>,
    },
    LeaderElected {
        tp: TopicPartition,
        leader: NodeId,
        clean: bool,
        preferred: bool,
    },
    PartitionLeaderless {
        tp: TopicPartition,
    },
    ProducerIdsAllocated {
        broker: NodeId,
        first: i64,
        count: i32,
    },

    // The broker.
    PartitionLed {
        broker: NodeId,
        tp: TopicPartition,
        leader_epoch: LeaderEpoch,
    },
    SegmentRolled {
        broker: NodeId,
        tp: TopicPartition,
        base_offset: i64,
    },
    /// A leader has appended a batch.
    BatchAppended {
        broker: NodeId,
        tp: TopicPartition,
        base_offset: i64,
        last_offset: i64,
        bytes: i32,
        client: Arc<str>,
    },
    /// A leader has appended one data record to its log.
    Appended {
        broker: NodeId,
        tp: TopicPartition,
        offset: i64,
        rid: Option<Rid>,
        producer_id: ProducerId,
        client: Arc<str>,
    },
    HighWatermarkAdvanced {
        broker: NodeId,
        tp: TopicPartition,
        high_watermark: i64,
    },
    /// A leader recognised a batch by its sequence as already appended and answered success.
    DuplicateBatch {
        broker: NodeId,
        tp: TopicPartition,
        client: Arc<str>,
    },
    OutOfOrderSequence {
        broker: NodeId,
        tp: TopicPartition,
        client: Arc<str>,
    },
    /// A fetch waits in purgatory for more bytes.
    FetchHeld {
        broker: NodeId,
        source: ProcessId,
    },

    // The producer.
    RecordSent {
        client: ProcessId,
        rid: Rid,
        topic: Arc<str>,
    },
    PartitionerInvoked {
        client: ProcessId,
        topic: Arc<str>,
    },
    StickyRun {
        client: ProcessId,
        tp: TopicPartition,
        bytes: i32,
    },
    RecordBuffered {
        client: ProcessId,
        rid: Rid,
        tp: TopicPartition,
    },
    BatchSent {
        client: ProcessId,
        tp: TopicPartition,
        reason: BatchReason,
        age: SimDuration,
        records: i32,
        bytes: i32,
    },
    ProduceRequest {
        client: ProcessId,
        to: NodeId,
        acks: i16,
    },
    Acked {
        client: ProcessId,
        tp: TopicPartition,
        offset: i64,
        rid: Rid,
        latency: SimDuration,
    },
    Retry {
        client: ProcessId,
        tp: TopicPartition,
        err: ErrorCode,
    },
    ProduceError {
        client: ProcessId,
        tp: TopicPartition,
        err: ErrorCode,
    },
    SendFailed {
        client: ProcessId,
        topic: Arc<str>,
        partition: Option<i32>,
        rid: Rid,
        exception: Arc<str>,
        message: Arc<str>,
        age: SimDuration,
    },
    AppBlocked {
        client: ProcessId,
        duration: SimDuration,
    },
    ProducerIdAssigned {
        client: ProcessId,
        producer_id: ProducerId,
        epoch: ProducerEpoch,
    },
    MetadataRequest {
        client: ProcessId,
        to: NodeId,
        cause: MetadataCause,
    },
    /// A metadata response named topics with errors (`NetworkClient` logs a warning).
    MetadataErrors {
        client: ProcessId,
        correlation_id: i32,
        errors: Arc<[(Arc<str>, ErrorCode)]>,
    },

    // The consumer.
    Assigned {
        client: ProcessId,
        partitions: Arc<[TopicPartition]>,
    },
    OffsetReset {
        client: ProcessId,
        tp: TopicPartition,
        offset: i64,
    },
    RecordsFetched {
        client: ProcessId,
        tp: TopicPartition,
        fetch_offset: i64,
        records: i32,
        bytes: i32,
    },
    /// poll() returned this record to the application.
    Delivered {
        client: ProcessId,
        tp: TopicPartition,
        offset: i64,
        rid: Option<Rid>,
    },
    Processed {
        client: ProcessId,
        tp: TopicPartition,
        offset: i64,
        rid: Option<Rid>,
    },
    /// A client method threw in the application.
    ExceptionThrown {
        client: ProcessId,
        exception: Arc<str>,
        message: Arc<str>,
    },

    // Commands and tools.
    /// A configuration was refused.
    ConfigRejected {
        client: ProcessId,
        message: Arc<str>,
    },
}

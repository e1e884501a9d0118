//! Events with their fields. A row made by `later` is checked like any other and matches nothing yet.

use super::EventRow;

const fn now(name: &'static str, fields: Fields) -> EventRow {
    EventRow { name, fields, interval: false, built: true, later_fields: &[] }
}

const fn later(name: &'static str, fields: Fields) -> EventRow {
    EventRow { name, fields, interval: false, built: false, later_fields: &[] }
}

type Fields = &'static [(&'static str, &'static str)];

impl EventRow {
    const fn interval(self) -> EventRow {
        EventRow { interval: true, ..self }
    }

    const fn without(self, later_fields: &'static [&'static str]) -> EventRow {
        EventRow { later_fields, ..self }
    }
}

pub const EVENTS: &[EventRow] = &[
    // Producer.
    now(
        "Appended",
        &[
            ("p", "client"),
            ("broker", "node"),
            ("tp", "tp"),
            ("topic", "topic"),
            ("partition", "num"),
            ("offset", "num"),
            ("key", "str"),
            ("value", "str"),
            ("producer_id", "num"),
        ],
    ),
    now("PartitionerInvoked", &[("p", "client"), ("topic", "topic")]),
    now("StickyRun", &[("p", "client"), ("tp", "tp"), ("bytes", "num")]),
    now(
        "BatchSent",
        &[
            ("p", "client"),
            ("tp", "tp"),
            ("reason", "enum(full|linger|flush|close|memory)"),
            ("age", "dur"),
            ("codec", "enum(none|gzip|snappy|lz4|zstd)"),
            ("ratio", "num"),
        ],
    )
    .without(&["codec", "ratio"]),
    now("ProduceRequest", &[("p", "client"), ("to", "node"), ("acks", "num")]),
    now(
        "Acked",
        &[("p", "client"), ("tp", "tp"), ("topic", "topic"), ("value", "str"), ("latency", "dur"), ("copies", "num")],
    )
    .without(&["copies"]),
    now("Retry", &[("p", "client"), ("err", "wire_error")]),
    now("ProduceError", &[("p", "client"), ("tp", "tp"), ("err", "wire_error")]),
    now("SendFailed", &[("p", "client"), ("tp", "tp"), ("err", "exception"), ("age", "dur"), ("attempts", "num")]),
    later("GetThrew", &[("p", "client"), ("cause", "exception")]),
    later("CallbackRan", &[("p", "client"), ("thread", "str"), ("in_order", "bool")]),
    later("SenderBlocked", &[("p", "client"), ("duration", "dur")]).interval(),
    now("AppBlocked", &[("p", "client"), ("duration", "dur")]).interval(),
    later("ConfigRejected", &[("c", "client"), ("key", "str")]),
    now("ProducerReconfigured", &[("p", "client")]),
    now("DuplicateBatch", &[("p", "client"), ("tp", "tp")]),
    now("OutOfOrderSequence", &[("p", "client"), ("tp", "tp")]),
    now(
        "MetadataRequest",
        &[("c", "client"), ("to", "node"), ("cause", "enum(bootstrap|disconnect|error|expired|topic)")],
    ),
    later("Throttled", &[("c", "client"), ("duration", "dur"), ("kind", "enum(produce|fetch|request)")]),
    later("AuthFailed", &[("c", "client")]),
    later("BenchDone", &[("acks", "str"), ("throughput", "num"), ("p50", "dur")]),
    // Log and replication.
    now("SegmentDeleted", &[("tp", "tp"), ("base", "num"), ("reason", "enum(time|size|start_offset)")]),
    now("LogCompacted", &[("tp", "tp")]),
    later("LogTruncated", &[("broker", "node"), ("tp", "tp"), ("to", "num")]),
    later("AlterPartition", &[("broker", "node"), ("tp", "tp")]),
    now("PartitionChanged", &[("tp", "tp"), ("isr", "list<num>")]),
    now("LeaderElected", &[("tp", "tp"), ("leader", "node"), ("clean", "bool"), ("preferred", "bool")]),
    now("Leaderless", &[("topic", "topic"), ("tp", "tp"), ("duration", "dur")]).interval(),
    later("AddedToElr", &[("tp", "tp"), ("broker", "node")]),
    // Brokers and controllers.
    now("BrokerKilled", &[("broker", "node")]),
    now("BrokerUp", &[("broker", "node")]),
    now("BrokerFenced", &[("broker", "node")]),
    now("BrokersDown", &[("count", "num"), ("duration", "dur")]).interval(),
    later("DiskDestroyed", &[("broker", "node")]),
    now("ControlledShutdown", &[("broker", "node")]),
    now("MetadataAppended", &[("type", "str")]),
    later("MetadataCommitted", &[]),
    later("VoteDenied", &[("candidate", "node")]),
    later("QuorumLost", &[]),
    later("AdminError", &[("err", "wire_error")]),
    // Consumer.
    later("Subscribed", &[("c", "client")]),
    later("PollCalled", &[("c", "client")]),
    later("PollReturned", &[("c", "client"), ("count", "num")]),
    later("FetchRequest", &[("c", "client"), ("to", "node"), ("tp", "tp")]),
    later("FetchResponse", &[("c", "client"), ("records", "num")]),
    later("FetchWait", &[("c", "client"), ("duration", "dur")]),
    now(
        "Delivered",
        &[
            ("c", "client"),
            ("g", "group"),
            ("tp", "tp"),
            ("offset", "num"),
            ("p", "client"),
            ("delay", "dur"),
            ("times", "num"),
        ],
    )
    .without(&["g"]),
    later("DeserializationError", &[("c", "client"), ("g", "group"), ("tp", "tp"), ("offset", "num")]),
    now("OffsetOutOfRange", &[("c", "client"), ("g", "group"), ("tp", "tp"), ("gap", "num")]).without(&["g", "gap"]),
    now("TruncationDetected", &[("c", "client")]),
    now("ConsumerCrashed", &[("c", "client"), ("g", "group")]).without(&["g"]),
    now("CloseCalled", &[("c", "client")]),
    later("AppFrozen", &[("c", "client")]),
    later("AppError", &[("app", "str"), ("type", "exception")]),
    later("AppCrashed", &[("app", "str")]),
    later("PartitionsForCalled", &[("c", "client"), ("partitions", "num")]),
    later("SeekOnAssign", &[("c", "client")]),
    later("PollTimeoutExpired", &[("c", "client"), ("g", "group")]),
    later("ProcessingFailed", &[("g", "group"), ("tp", "tp"), ("offset", "num")]),
    later("RetrySucceeded", &[("g", "group"), ("tp", "tp"), ("offset", "num")]),
    later("Skipped", &[("g", "group"), ("tp", "tp"), ("offset", "num"), ("commit", "str")]),
    // Groups.
    later("FindCoordinator", &[("g", "group")]),
    later("CoordinatorChanged", &[("g", "group")]),
    later("AssignmentComputed", &[("g", "group"), ("by", "str")]),
    later(
        "Assignment",
        &[
            ("g", "group"),
            ("assignor", "enum(range|roundrobin|sticky|cooperative-sticky|uniform)"),
            ("counts", "list<num>"),
        ],
    ),
    later(
        "RebalanceStarted",
        &[
            ("g", "group"),
            (
                "reason",
                "enum(member_joined|member_left|session_timeout|poll_timeout|metadata_changed|subscription_changed|follow_up)",
            ),
        ],
    ),
    later(
        "RebalanceCompleted",
        &[("g", "group"), ("mode", "enum(eager|cooperative|consumer|share)"), ("moved", "num")],
    ),
    later("RebalanceBarrierWait", &[("g", "group"), ("c", "client"), ("duration", "dur")]).interval(),
    later("Revoked", &[("g", "group"), ("c", "client"), ("tp", "tp")]),
    later("Assigned", &[("g", "group"), ("c", "client"), ("tp", "tp")]),
    later("PartitionUnowned", &[("g", "group"), ("tp", "tp"), ("moved", "bool"), ("duration", "dur")]).interval(),
    later("MemberLeft", &[("g", "group"), ("c", "client"), ("reason", "enum(close|poll_timeout|unsubscribe)")]),
    later(
        "MemberRemoved",
        &[
            ("g", "group"),
            ("c", "client"),
            ("instance", "str"),
            ("reason", "enum(session_timeout|rebalance_timeout|replaced)"),
        ],
    ),
    later("MemberRestarted", &[("g", "group"), ("c", "client")]),
    later("RollingRestartStarted", &[("g", "group")]),
    later("RollingRestartDone", &[("g", "group")]),
    later("Fenced", &[("g", "group"), ("c", "client"), ("err", "wire_error")]),
    later(
        "Committed",
        &[
            ("g", "group"),
            ("c", "client"),
            ("tp", "tp"),
            ("offset", "num"),
            ("auto", "bool"),
            ("during", "enum(poll|close|rebalance|call)"),
            ("commit", "str"),
            ("txn", "bool"),
        ],
    ),
    later("CommitOnRevoke", &[("g", "group"), ("c", "client")]),
    later("CommitFailed", &[("g", "group"), ("c", "client")]),
    later("CommittedBackwards", &[("g", "group"), ("tp", "tp")]),
    later("OffsetsReset", &[("g", "group"), ("tp", "tp"), ("to", "num")]),
    // Transactions.
    later("TxnMarker", &[("tp", "tp"), ("type", "enum(COMMIT|ABORT)")]),
    later("TxnAborted", &[("id", "str"), ("reason", "enum(client|timeout|fenced|admin)")]),
    later("ProducerFenced", &[("id", "str"), ("victim", "client")]),
    // Effects and tools.
    later("StaleEffectRejected", &[("store", "store"), ("key", "str")]),
    later("SchemaRejected", &[("subject", "str")]),
    later("PushToyOverflow", &[]),
    now("FaultInjected", &[("verb", "str")]),
    now("ErrorLogged", &[("node", "str")]),
    now("LogLine", &[("node", "str"), ("text", "str")]),
    later("ScenarioDone", &[("name", "str")]),
    later("ChaosFinished", &[("seed", "num"), ("changed_settings", "num")]),
    later("Redriven", &[("from", "topic"), ("to", "topic"), ("count", "num")]),
    later("BurrowVerdict", &[("g", "group"), ("status", "enum(OK|WARN|STALL|STOP|REWIND|ERR)")]),
    // Learner.
    later("OffsetsListed", &[("topic", "topic")]),
    later("GroupDescribed", &[("g", "group")]),
    later("KeysLocated", &[("topic", "topic")]),
    later("LogsViewed", &[("node", "str"), ("grep", "str")]),
    later("HistoryViewed", &[("p", "client")]),
    later("TimelineViewed", &[("tp", "tp")]),
    later("MetricsViewed", &[("c", "client")]),
    later("InternalTopicViewed", &[("topic", "topic"), ("partition", "num")]),
    later("AuditRan", &[("topic", "topic")]),
    later("CapacityViewed", &[("rate", "num"), ("disk_tb", "num")]),
    later("Sniffed", &[("c", "client"), ("cleartext", "bool")]),
    later("NoteWritten", &[("id", "str")]),
];

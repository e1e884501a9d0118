//! Object types with their fields, and the configs that goals can read.

/// An object type with its fields and their types.
pub const OBJECTS: &[(&str, &[(&str, &str)])] = &[
    ("Topic", &[("exists", "bool"), ("partitions", "num"), ("rf", "num"), ("config", "config<topic>")]),
    (
        "Record",
        &[
            ("rid", "num"),
            ("key", "str"),
            ("value", "str"),
            ("value_len", "num"),
            ("headers", "map<str>"),
            ("ts", "time"),
            ("ts_type", "enum(CreateTime|LogAppendTime)"),
            ("partition", "num"),
            ("leader_epoch", "num"),
        ],
    ),
    ("Broker", &[("state", "enum(up|crashed|stopped|frozen)")]),
    ("Controller", &[("active", "num"), ("epoch", "num"), ("quorum", "bool")]),
    (
        "Producer",
        &[
            ("acked", "num"),
            ("succeeded", "num"),
            ("failed", "num"),
            ("in_flight", "num"),
            ("producer_id", "num"),
            ("topic", "topic"),
            ("config", "config<producer>"),
            ("byte_rate", "num"),
            ("p99", "dur"),
            ("baseline_p99", "dur"),
        ],
    ),
    (
        "Consumer",
        &[
            ("state", "enum(running|frozen|stopped|crashed)"),
            ("assignment", "list<tp>"),
            ("position", "map<num>"),
            ("lag", "num"),
            ("delivered_first", "num"),
            ("processed", "num"),
            ("buffered_bytes", "num"),
            ("delivered_open_txn", "num"),
        ],
    ),
    (
        "Group",
        &[
            ("type", "enum(classic|consumer|share)"),
            ("state", "enum(Empty|PreparingRebalance|CompletingRebalance|Assigning|Reconciling|Stable|Dead)"),
            ("generation", "num"),
            ("members", "num"),
            ("static_members", "num"),
            ("idle", "num"),
            ("owner", "map<client>"),
            ("partitions_per_member", "list<num>"),
            ("members_with_deliveries", "num"),
            ("committed", "map<num>"),
            ("lag", "map<num>"),
            ("lag_total", "num"),
            ("lag_max", "num"),
            ("lag_slope", "num"),
            ("coordinator", "num"),
            ("config", "config<consumer>"),
        ],
    ),
    (
        "Transaction",
        &[
            ("state", "enum(Empty|Ongoing|PrepareCommit|PrepareAbort|CompleteCommit|CompleteAbort|Dead)"),
            ("owner", "client"),
        ],
    ),
    ("Quota", &[("request_percentage", "num")]),
    ("Subject", &[("versions", "num")]),
    ("Scene", &[("wires", "num"), ("hub_wires", "num")]),
];

/// Whose configs, which keys, and their types.
pub const CONFIGS: &[(&str, &[(&str, &str)])] = &[
    ("topic", &[("retention.bytes", "num"), ("cleanup.policy", "str"), ("min.insync.replicas", "num")]),
    ("producer", &[("linger.ms", "num"), ("enable.idempotence", "bool"), ("acks", "str")]),
    ("consumer", &[("max.poll.records", "num"), ("process.ms", "num")]),
];

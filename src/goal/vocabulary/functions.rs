//! Functions of state and the names that stand without arguments.

use super::Function;

const fn now(name: &'static str, params: Params, returns: &'static str) -> Function {
    Function { name, params, returns, built: true }
}

const fn later(name: &'static str, params: Params, returns: &'static str) -> Function {
    Function { name, params, returns, built: false }
}

type Params = &'static [(&'static str, &'static str)];

pub const FUNCTIONS: &[Function] = &[
    now("topic", &[("t", "topic")], "Topic"),
    now("leader", &[("tp", "tp")], "num"),
    now("leaders", &[("t", "topic")], "set<num>"),
    now("replicas", &[("tp", "tp")], "list<num>"),
    now("isr", &[("tp", "tp")], "list<num>"),
    now("racks", &[("tp", "tp")], "set<str>"),
    now("effective_min_isr", &[("tp", "tp")], "num"),
    now("leo", &[("tp", "tp"), ("b", "node?")], "num"),
    now("hw", &[("tp", "tp"), ("b", "node?")], "num"),
    now("lso", &[("tp", "tp")], "num"),
    now("start", &[("tp", "tp")], "num"),
    now("leo_sum", &[("t", "topic")], "num"),
    now("bytes", &[("tp", "tp")], "num"),
    now("segments", &[("tp", "tp")], "list<num>"),
    now("rec", &[("tp", "tp"), ("offset", "num")], "Record"),
    now("last_rec", &[("tp", "tp")], "Record"),
    now("any_rec", &[("t", "topic"), ("f", "lambda<Record>")], "bool"),
    now("all_recs", &[("t", "topic"), ("f", "lambda<Record>")], "bool"),
    now("all_partitions", &[("t", "topic"), ("f", "lambda<tp>")], "bool"),
    now("partitions_of", &[("t", "topic"), ("key", "str")], "set<num>"),
    now("count_key", &[("t", "topic"), ("key", "str")], "num"),
    now("count_value", &[("t", "topic"), ("value", "str")], "num"),
    now("metadata_lag", &[("node", "node")], "num"),
    now("broker", &[("id", "node")], "Broker"),
    now("brokers_up", &[], "num"),
    now("prod", &[("p", "client")], "Producer"),
    now("cons", &[("c", "client")], "Consumer"),
    later("grp", &[("g", "group")], "Group"),
    later("coordinator_partition", &[("g", "group")], "num"),
    later("txn", &[("id", "str")], "Transaction"),
    later("principal", &[("c", "client")], "str"),
    later("quota", &[("c", "client")], "Quota"),
    later("metric", &[("c", "client"), ("name", "str")], "num"),
    later("registry", &[("subject", "str")], "Subject"),
    later("state", &[("store", "store"), ("key", "str")], "str"),
    now("answered", &[("id", "prediction")], "bool"),
    now("since", &[("x", "event|time")], "dur"),
    now("round", &[("n", "num"), ("goal", "bool")], "bool"),
];

/// Names with their types.
pub const NAMES: &[(&str, &str)] = &[
    ("now", "time"),
    ("elapsed", "dur"),
    ("ctl", "Controller"),
    ("scene", "Scene"),
    ("H", "History"),
    ("H0", "History"),
    ("L", "Ledger"),
    ("L0", "Ledger"),
];

/// Metrics that [`super::metric_names`] allows as the second argument of `metric`.
pub const CLIENT_METRICS: &[&str] = &["records-lag-max"];

/// Metrics of the ledger.
pub const METRICS: &[Function] = &[
    now("acked_lost", &[("t", "topic"), ("p", "client?")], "num"),
    later("lost_after_success", &[("t", "topic")], "num"),
    now("dup_in_log", &[("t", "topic")], "num"),
    later("reordered", &[("t", "topic"), ("key", "str")], "num"),
    later("lost_record", &[("tp", "tp"), ("offset", "num")], "Record"),
    later("unnoticed_failures", &[("p", "client")], "num"),
    later("max_in_flight", &[("p", "client")], "num"),
    now("max_share", &[("t", "topic")], "num"),
    now("share_of_leader", &[("t", "topic"), ("b", "node")], "num"),
    later("max_lag", &[("g", "group")], "num"),
    later("max_lso_gap", &[("tp", "tp")], "num"),
    later("produce_availability", &[("t", "topic")], "num"),
    later("processed_all", &[("g", "group"), ("t", "topic")], "bool"),
    later("reprocessed", &[("g", "group")], "num"),
    later("reprocessed_reasons", &[("g", "group")], "set<str>"),
    later("skipped", &[("g", "group")], "num"),
    later("effect_order", &[("g", "group"), ("key", "str")], "list<str>"),
    later("effect_misorder", &[("g", "group"), ("key", "str?")], "num"),
    later("effects_dup", &[("store", "store")], "num"),
    later("dup_outputs", &[("input", "topic"), ("output", "topic")], "num"),
    later("missing_outputs", &[("input", "topic"), ("output", "topic")], "num"),
    later("aborted_delivered", &[("c", "client")], "num"),
];

/// Metrics that may stand behind `within`.
pub const WINDOWED_METRICS: &[&str] = &["max_share", "share_of_leader"];

/// Queries of a history window.
pub const QUERIES: &[Function] = &[
    now("any", &[("E", "pattern")], "bool"),
    now("none", &[("E", "pattern")], "bool"),
    now("count", &[("E", "pattern")], "num"),
    now("distinct", &[("E", "pattern.field")], "num"),
    now("min", &[("E", "pattern.field")], "field"),
    now("max", &[("E", "pattern.field")], "field"),
    now("avg", &[("E", "pattern.field")], "field"),
    now("first", &[("E", "pattern")], "event"),
    now("last", &[("E", "pattern")], "event"),
    now("seq", &[("E", "pattern...")], "bool"),
    now("span", &[("A", "pattern"), ("B", "pattern")], "dur"),
    now("max_gap", &[("E", "pattern")], "dur"),
    now("within", &[("d", "dur")], "History"),
    now("after", &[("E", "pattern")], "History"),
    now("during", &[("E", "pattern")], "History"),
];

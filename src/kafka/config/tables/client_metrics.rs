//! Keys of the client-metrics subscription (`ClientMetricsConfigs`, Apache Kafka 4.3.1), in the order in which Kafka checks them.

use crate::kafka::config::key::Importance::Medium;
use crate::kafka::config::key::Type::{Int, List};
use crate::kafka::config::key::{ConfigKey, key, text};
use crate::kafka::config::validator::{ANY, list};

#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static CLIENT_METRICS: &[ConfigKey] = &[
    key("interval.ms", Int, text("300000"), Medium, ANY),
    key("match", List, text(""), Medium, list(&[], true, false)),
    key("metrics", List, text(""), Medium, list(&[], true, false)),
];

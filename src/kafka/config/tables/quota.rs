//! Keys of quotas (`QuotaConfig`, Apache Kafka 4.3.1), one table for each kind of entity, in the order in which Kafka
//! checks them.

use crate::kafka::config::key::Importance::Medium;
use crate::kafka::config::key::Type::{Double, Int, Long, String};
use crate::kafka::config::key::{ConfigKey, NULL, key, text};
use crate::kafka::config::validator::{ANY, range};

/// What a broker may copy, in bytes a second.
#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static BROKER_QUOTAS: &[ConfigKey] = &[
    key("follower.replication.throttled.rate", Long, text("9223372036854775807"), Medium, range("0", "")),
    key("leader.replication.throttled.rate", Long, text("9223372036854775807"), Medium, range("0", "")),
    key("replica.alter.log.dirs.io.max.bytes.per.second", Long, text("9223372036854775807"), Medium, range("0", "")),
];

/// Of a user, a client id or both.
#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static CLIENT_QUOTAS: &[ConfigKey] = &[
    key("consumer_byte_rate", Long, text("9223372036854775807"), Medium, ANY),
    key("controller_mutation_rate", Double, text("2.147483647E9"), Medium, ANY),
    key("producer_byte_rate", Long, text("9223372036854775807"), Medium, ANY),
    key("request_percentage", Double, text("2.147483647E9"), Medium, ANY),
];

/// Of a user: its credentials too.
#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static USER_CONFIGS: &[ConfigKey] = &[
    key("SCRAM-SHA-256", String, NULL, Medium, ANY),
    key("SCRAM-SHA-512", String, NULL, Medium, ANY),
    key("consumer_byte_rate", Long, text("9223372036854775807"), Medium, ANY),
    key("controller_mutation_rate", Double, text("2.147483647E9"), Medium, ANY),
    key("producer_byte_rate", Long, text("9223372036854775807"), Medium, ANY),
    key("request_percentage", Double, text("2.147483647E9"), Medium, ANY),
];

/// Of an address.
#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static IP_QUOTAS: &[ConfigKey] = &[
    key("connection_creation_rate", Int, text("2147483647"), Medium, range("0", "")),
];

//! Keys of the topic (`LogConfig`, Apache Kafka 4.3.1), in the order in which Kafka checks them.

use crate::kafka::config::key::Importance::Medium;
use crate::kafka::config::key::Type::{Boolean, Double, Int, List, Long, String};
use crate::kafka::config::key::{ConfigKey, NULL, key, text};
use crate::kafka::config::validator::{ANY, GZIP_LEVEL, THROTTLED_REPLICAS, list, one_of, range};

#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static TOPIC: &[ConfigKey] = &[
    key("segment.bytes", Int, text("1073741824"), Medium, range("1048576", "")).synonyms(&[("log.segment.bytes", 1)]),
    key("segment.ms", Long, text("604800000"), Medium, range("1", "")).synonyms(&[("log.roll.ms", 1), ("log.roll.hours", 3600000)]),
    key("segment.jitter.ms", Long, text("0"), Medium, range("0", "")).synonyms(&[("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", 3600000)]),
    key("segment.index.bytes", Int, text("10485760"), Medium, range("4", "")).synonyms(&[("log.index.size.max.bytes", 1)]),
    key("flush.messages", Long, text("9223372036854775807"), Medium, range("1", "")).synonyms(&[("log.flush.interval.messages", 1)]),
    key("flush.ms", Long, text("9223372036854775807"), Medium, range("0", "")).synonyms(&[("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)]),
    key("retention.bytes", Long, text("-1"), Medium, ANY).synonyms(&[("log.retention.bytes", 1)]),
    key("retention.ms", Long, text("604800000"), Medium, range("-1", "")).synonyms(&[("log.retention.ms", 1), ("log.retention.minutes", 60000), ("log.retention.hours", 3600000)]),
    key("max.message.bytes", Int, text("1048588"), Medium, range("0", "")).synonyms(&[("message.max.bytes", 1)]),
    key("index.interval.bytes", Int, text("4096"), Medium, range("0", "")).synonyms(&[("log.index.interval.bytes", 1)]),
    key("delete.retention.ms", Long, text("86400000"), Medium, range("0", "")).synonyms(&[("log.cleaner.delete.retention.ms", 1)]),
    key("min.compaction.lag.ms", Long, text("0"), Medium, range("0", "")).synonyms(&[("log.cleaner.min.compaction.lag.ms", 1)]),
    key("max.compaction.lag.ms", Long, text("9223372036854775807"), Medium, range("1", "")).synonyms(&[("log.cleaner.max.compaction.lag.ms", 1)]),
    key("file.delete.delay.ms", Long, text("60000"), Medium, range("0", "")).synonyms(&[("log.segment.delete.delay.ms", 1)]),
    key("min.cleanable.dirty.ratio", Double, text("0.5"), Medium, range("0", "1")).synonyms(&[("log.cleaner.min.cleanable.ratio", 1)]),
    key("cleanup.policy", List, text("delete"), Medium, list(&["compact", "delete"], true, false)).synonyms(&[("log.cleanup.policy", 1)]),
    key("unclean.leader.election.enable", Boolean, text("false"), Medium, ANY).synonyms(&[("unclean.leader.election.enable", 1)]),
    key("min.insync.replicas", Int, text("1"), Medium, range("1", "")).synonyms(&[("min.insync.replicas", 1)]),
    key("compression.type", String, text("producer"), Medium, one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])).synonyms(&[("compression.type", 1)]),
    key("compression.gzip.level", Int, text("-1"), Medium, GZIP_LEVEL).synonyms(&[("compression.gzip.level", 1)]),
    key("compression.lz4.level", Int, text("9"), Medium, range("1", "17")).synonyms(&[("compression.lz4.level", 1)]),
    key("compression.zstd.level", Int, text("3"), Medium, range("-131072", "22")).synonyms(&[("compression.zstd.level", 1)]),
    key("preallocate", Boolean, text("false"), Medium, ANY).synonyms(&[("log.preallocate", 1)]),
    key("message.timestamp.type", String, text("CreateTime"), Medium, one_of(&["CreateTime", "LogAppendTime"])).synonyms(&[("log.message.timestamp.type", 1)]),
    key("message.timestamp.before.max.ms", Long, text("9223372036854775807"), Medium, range("0", "")).synonyms(&[("log.message.timestamp.before.max.ms", 1)]),
    key("message.timestamp.after.max.ms", Long, text("3600000"), Medium, range("0", "")).synonyms(&[("log.message.timestamp.after.max.ms", 1)]),
    key("leader.replication.throttled.replicas", List, text(""), Medium, THROTTLED_REPLICAS),
    key("follower.replication.throttled.replicas", List, text(""), Medium, THROTTLED_REPLICAS),
    key("remote.storage.enable", Boolean, text("false"), Medium, ANY),
    key("local.retention.ms", Long, text("-2"), Medium, range("-2", "")).synonyms(&[("log.local.retention.ms", 1)]),
    key("local.retention.bytes", Long, text("-2"), Medium, range("-2", "")).synonyms(&[("log.local.retention.bytes", 1)]),
    key("remote.log.copy.disable", Boolean, text("false"), Medium, ANY),
    key("remote.log.delete.on.disable", Boolean, text("false"), Medium, ANY),
    key("internal.segment.bytes", Int, NULL, Medium, ANY).internal(),
];

//! Keys of the group (`GroupConfig`, Apache Kafka 4.3.1), in the order in which Kafka checks them.

use crate::kafka::config::key::Importance::Medium;
use crate::kafka::config::key::Type::{Boolean, Int, String};
use crate::kafka::config::key::{ConfigKey, key, text};
use crate::kafka::config::validator::{ANY, SHARE_AUTO_OFFSET_RESET, one_of, range};

#[rustfmt::skip] // one key a line
pub(in crate::kafka::config) static GROUP: &[ConfigKey] = &[
    key("consumer.session.timeout.ms", Int, text("45000"), Medium, range("1", "")).synonyms(&[("group.consumer.session.timeout.ms", 1)]),
    key("consumer.heartbeat.interval.ms", Int, text("5000"), Medium, range("1", "")).synonyms(&[("group.consumer.heartbeat.interval.ms", 1)]),
    key("consumer.assignment.interval.ms", Int, text("1000"), Medium, range("0", "")).synonyms(&[("group.consumer.assignment.interval.ms", 1)]),
    key("share.session.timeout.ms", Int, text("45000"), Medium, range("1", "")).synonyms(&[("group.share.session.timeout.ms", 1)]),
    key("share.heartbeat.interval.ms", Int, text("5000"), Medium, range("1", "")).synonyms(&[("group.share.heartbeat.interval.ms", 1)]),
    key("share.record.lock.duration.ms", Int, text("30000"), Medium, range("1000", "")).synonyms(&[("group.share.record.lock.duration.ms", 1)]),
    key("share.delivery.count.limit", Int, text("5"), Medium, range("2", "")).synonyms(&[("group.share.delivery.count.limit", 1)]),
    key("share.partition.max.record.locks", Int, text("2000"), Medium, range("100", "")).synonyms(&[("group.share.partition.max.record.locks", 1)]),
    key("share.auto.offset.reset", String, text("latest"), Medium, SHARE_AUTO_OFFSET_RESET),
    key("share.isolation.level", String, text("read_uncommitted"), Medium, one_of(&["read_committed", "read_uncommitted"])),
    key("share.renew.acknowledge.enable", Boolean, text("true"), Medium, ANY),
    key("share.assignment.interval.ms", Int, text("1000"), Medium, range("0", "")).synonyms(&[("group.share.assignment.interval.ms", 1)]),
    key("streams.session.timeout.ms", Int, text("45000"), Medium, range("1", "")).synonyms(&[("group.streams.session.timeout.ms", 1)]),
    key("streams.heartbeat.interval.ms", Int, text("5000"), Medium, range("1", "")).synonyms(&[("group.streams.heartbeat.interval.ms", 1)]),
    key("streams.num.standby.replicas", Int, text("0"), Medium, range("0", "")).synonyms(&[("group.streams.num.standby.replicas", 1)]),
    key("streams.initial.rebalance.delay.ms", Int, text("3000"), Medium, range("0", "")).synonyms(&[("group.streams.initial.rebalance.delay.ms", 1)]),
    key("streams.assignment.interval.ms", Int, text("1000"), Medium, range("0", "")).synonyms(&[("group.streams.assignment.interval.ms", 1)]),
];

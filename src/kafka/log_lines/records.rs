//! Metadata records and registrations as their `toString` writes them.

use std::fmt::Display;

use super::joined;
use crate::kafka::ids::NodeId;
use crate::kafka::image::PartitionRegistration;
use crate::kafka::protocol::brokers::{BrokerFeature, BrokerListener};
use crate::kafka::protocol::metadata_records::{
    BrokerRegistrationChangeRecord, PartitionChangeRecord, PartitionRecord, RegisterBrokerRecord,
    RegisterControllerRecord,
};
use crate::kafka::protocol::topics::CreatableTopic;

/// `[1, 2]`.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    format!("[{}]", joined(items, ", "))
}

/// The list, or `null`.
fn optional<T: ToString>(items: &Option<Vec<T>>) -> String {
    items.as_ref().map_or_else(|| "null".to_string(), |items| list(items.iter().map(T::to_string)))
}

fn or_null(value: &Option<impl Display>) -> String {
    value.as_ref().map_or_else(|| "null".to_string(), ToString::to_string)
}

pub(super) fn register_broker(record: &RegisterBrokerRecord) -> String {
    let end_point = |listener: &BrokerListener| {
        let BrokerListener { name, host, port, security_protocol } = listener;
        format!("BrokerEndpoint(name='{name}', host='{host}', port={port}, securityProtocol={security_protocol})")
    };
    let feature = |feature: &BrokerFeature| {
        let BrokerFeature { name, min_supported_version: min, max_supported_version: max } = feature;
        format!("BrokerFeature(name='{name}', minSupportedVersion={min}, maxSupportedVersion={max})")
    };
    format!(
        "RegisterBrokerRecord(brokerId={}, isMigratingZkBroker={}, incarnationId={}, brokerEpoch={}, endPoints={}, \
         features={}, rack={}, fenced={}, inControlledShutdown={}, logDirs={}, cordonedLogDirs={})",
        record.broker_id,
        record.is_migrating_zk_broker,
        record.incarnation_id,
        record.broker_epoch,
        list(record.end_points.iter().map(end_point)),
        list(record.features.iter().map(feature)),
        // Text that is there stands in quotes.
        record.rack.as_ref().map_or_else(|| "null".to_string(), |rack| format!("'{rack}'")),
        record.fenced,
        record.in_controlled_shutdown,
        list(&record.log_dirs),
        optional(&record.cordoned_log_dirs),
    )
}

pub(super) fn registration_change(record: &BrokerRegistrationChangeRecord) -> String {
    format!(
        "BrokerRegistrationChangeRecord(brokerId={}, brokerEpoch={}, fenced={}, inControlledShutdown={}, logDirs={}, \
         cordonedLogDirs={})",
        record.broker_id,
        record.broker_epoch,
        record.fenced,
        record.in_controlled_shutdown,
        list(&record.log_dirs),
        optional(&record.cordoned_log_dirs),
    )
}

/// `ControllerRegistration.toString`, of the record that makes it.
pub(super) fn controller_registration(record: &RegisterControllerRecord) -> String {
    let listener = |listener: &BrokerListener| {
        let BrokerListener { name, host, port, .. } = listener;
        format!("Endpoint(listenerName='{name}', securityProtocol=PLAINTEXT, host='{host}', port={port})")
    };
    let feature = |feature: &BrokerFeature| {
        format!("{}: {}-{}", feature.name, feature.min_supported_version, feature.max_supported_version)
    };
    format!(
        "ControllerRegistration(id={}, incarnationId={}, zkMigrationReady={}, listeners={}, supportedFeatures={{{}}})",
        record.controller_id,
        record.incarnation_id,
        record.zk_migration_ready,
        list(record.end_points.iter().map(listener)),
        joined(record.features.iter().map(feature), ", "),
    )
}

pub(super) fn registration(partition: &PartitionRegistration) -> String {
    format!(
        "PartitionRegistration(replicas={}, directories={}, isr={}, removingReplicas={}, addingReplicas={}, elr={}, \
         lastKnownElr={}, leader={}, leaderRecoveryState={}, leaderEpoch={}, partitionEpoch={})",
        list(&partition.replicas),
        list(&partition.directories),
        list(&partition.isr),
        list(&partition.removing_replicas),
        list(&partition.adding_replicas),
        list(&partition.elr),
        list(&partition.last_known_elr),
        leader(partition),
        recovery(partition.leader_recovery_state),
        partition.leader_epoch,
        partition.partition_epoch,
    )
}

fn leader(partition: &PartitionRegistration) -> i32 {
    partition.leader.map_or(-1, |leader| leader.0)
}

/// `LeaderRecoveryState`.
fn recovery(state: i8) -> &'static str {
    if state == 1 { "RECOVERING" } else { "RECOVERED" }
}

pub(super) fn partition_change(record: &PartitionChangeRecord) -> String {
    format!(
        "PartitionChangeRecord(partitionId={}, topicId={}, isr={}, leader={}, replicas={}, removingReplicas={}, \
         addingReplicas={}, leaderRecoveryState={}, directories={}, eligibleLeaderReplicas={}, lastKnownElr={})",
        record.partition_id,
        record.topic_id,
        optional(&record.isr),
        record.leader,
        optional(&record.replicas),
        optional(&record.removing_replicas),
        optional(&record.adding_replicas),
        record.leader_recovery_state,
        optional(&record.directories),
        optional(&record.eligible_leader_replicas),
        optional(&record.last_known_elr),
    )
}

/// What a change makes different: `isr: [1] -> [], leader: 1 -> -1` (`PartitionRegistration.diff`).
pub(super) fn difference(before: &PartitionRegistration, after: &PartitionRegistration) -> String {
    let row =
        |name: &str, before: String, after: String| (before != after).then(|| format!("{name}: {before} -> {after}"));
    let nodes = |name: &str, field: fn(&PartitionRegistration) -> &Vec<NodeId>| {
        row(name, list(field(before)), list(field(after)))
    };
    let rows = [
        nodes("replicas", |partition| &partition.replicas),
        row("directories", list(&before.directories), list(&after.directories)),
        nodes("isr", |partition| &partition.isr),
        nodes("removingReplicas", |partition| &partition.removing_replicas),
        nodes("addingReplicas", |partition| &partition.adding_replicas),
        row("leader", leader(before).to_string(), leader(after).to_string()),
        row(
            "leaderRecoveryState",
            recovery(before.leader_recovery_state).to_string(),
            recovery(after.leader_recovery_state).to_string(),
        ),
        row("leaderEpoch", before.leader_epoch.to_string(), after.leader_epoch.to_string()),
        nodes("elr", |partition| &partition.elr),
        nodes("lastKnownElr", |partition| &partition.last_known_elr),
        row("partitionEpoch", before.partition_epoch.to_string(), after.partition_epoch.to_string()),
    ];
    joined(rows.into_iter().flatten(), ", ")
}

pub(super) fn new_partition(record: &PartitionRecord) -> String {
    registration(&PartitionRegistration::from_record(record))
}

pub(super) fn creatable_topic(topic: &CreatableTopic) -> String {
    let assignments = topic.assignments.iter().map(|assignment| {
        let brokers = list(&assignment.broker_ids);
        format!("CreatableReplicaAssignment(partitionIndex={}, brokerIds={brokers})", assignment.partition_index)
    });
    let configs = topic.configs.iter().map(|config| {
        let value = config.value.as_ref().map(|value| format!("'{value}'"));
        format!("CreatableTopicConfig(name='{}', value={})", config.name, or_null(&value))
    });
    format!(
        "CreatableTopic(name='{}', numPartitions={}, replicationFactor={}, assignments={}, configs={})",
        topic.name,
        topic.num_partitions,
        topic.replication_factor,
        list(assignments),
        list(configs),
    )
}

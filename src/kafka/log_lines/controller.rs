//! The active controller: how it became active, what it decided, what it replayed.

use super::broker::{started_line, version_lines};
use super::records;
use super::wording::{Level, LogLine, Wording, wordings};
use super::{Scribe, joined};
use crate::kafka::event::Event;
use crate::kafka::event::detail::{AppendedRecord, CreateTopicsDecision, LeaderChoice, Occasion, TopicDeletion};
use crate::kafka::ids::NodeId;
use crate::kafka::image::{RESOURCE_BROKER, RESOURCE_CLIENT_METRICS, RESOURCE_GROUP, RESOURCE_TOPIC};
use crate::kafka::java::double_text;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::protocol::client_quotas::QuotaEntity;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::time::SimTime;

wordings! {
    STARTING = Info "kafka.server.ControllerServer" "[ControllerServer id={}] Starting controller";
    PERIODIC_TASK = Info "org.apache.kafka.controller.PeriodicTaskControlManager" "[QuorumController id={}] Registering periodic task {} to run every {} ms";
    CREATING = Info "org.apache.kafka.controller.QuorumController" "[QuorumController id={}] Creating new QuorumController with clusterId {}";
    BECOMING_ACTIVE = Info "org.apache.kafka.controller.QuorumController" "[QuorumController id={}] Becoming the active controller at epoch {}, next write offset {}.";
    ACTIVATION = Warn "org.apache.kafka.controller.QuorumController" "[QuorumController id={}] Performing controller activation.";
    FIRST_ACTIVATION = Warn "org.apache.kafka.controller.QuorumController" "[QuorumController id={}] Performing controller activation. The metadata log appears to be empty. Appending 6 bootstrap record(s) in metadata transaction at metadata.version 4.3-IV0 from bootstrap source 'the binary bootstrap metadata file: /controllers/{}/bootstrap.checkpoint'.";
    ACTIVATED_TASKS = Info "org.apache.kafka.controller.PeriodicTaskControlManager" "[QuorumController id={}] Activated periodic tasks: {}";
    DEACTIVATED_TASKS = Info "org.apache.kafka.controller.PeriodicTaskControlManager" "[QuorumController id={}] Deactivated periodic tasks: {}";
    TOPICS_CREATED = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] {}CreateTopics result(s): {}";
    TOPICS_DELETED = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] DeleteTopics result(s): {}";
    FENCING = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] Fencing broker {} at epoch {} because its session has timed out.";
    CHANGING = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] {}: changing {} partition(s)";
    FIRST_REGISTRATION = Info "org.apache.kafka.controller.ClusterControlManager" "[QuorumController id={}] No previous registration found for broker {}. New incarnation ID is {}.  Generated {} record(s) to clean up previous incarnations. New broker epoch is {}.";
    NEW_INCARNATION = Info "org.apache.kafka.controller.ClusterControlManager" "[QuorumController id={}] Registering a new incarnation of broker {}. Previous incarnation ID was {}; new incarnation ID is {}. Generated {} record(s) to clean up previous incarnations. Broker epoch will become {}.";
    DUPLICATE_BROKER = Info "org.apache.kafka.controller.QuorumController" "[QuorumController id={}] registerBroker: event failed with DuplicateBrokerRegistrationException in 0 microseconds. Exception message: {}";
    UNFENCING = Info "org.apache.kafka.controller.BrokerHeartbeatManager" "[QuorumController id={}] The request from broker {} to unfence has been granted because it has caught up with the offset of its register broker record {}.";
    SHUTDOWN_ASKED = Info "org.apache.kafka.controller.BrokerHeartbeatManager" "[QuorumController id={}] {} broker {} has requested and been granted {} shutdown.";
    SHUTDOWN_GRANTED = Info "org.apache.kafka.controller.BrokerHeartbeatManager" "[QuorumController id={}] The request from broker {} to shut down has been granted since the lowest active offset {} is now greater than the broker's controlled shutdown offset {}.";
    NEW_LEADER = Info "org.apache.kafka.controller.PartitionChangeBuilder" "Setting new leader for topicId {}, partition {} to {} using {}. Previous partition: {}, change record: {}";
    REPLAYED_FIRST_REGISTRATION = Info "org.apache.kafka.controller.ClusterControlManager" "[QuorumController id={}] Replayed initial RegisterBrokerRecord for broker {}: {}";
    REPLAYED_REGISTRATION = Info "org.apache.kafka.controller.ClusterControlManager" "[QuorumController id={}] Replayed RegisterBrokerRecord establishing a new incarnation of broker {}: {}";
    REPLAYED_REGISTRATION_CHANGE = Info "org.apache.kafka.controller.ClusterControlManager" "[QuorumController id={}] Replayed BrokerRegistrationChangeRecord modifying the registration for broker {}: {}";
    REPLAYED_CONTROLLER = Info "org.apache.kafka.controller.ClusterControlManager" "[QuorumController id={}] Replayed RegisterControllerRecord containing {}.";
    REPLAYED_TOPIC = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] Replayed TopicRecord for topic {} with topic ID {}.";
    REPLAYED_REMOVAL = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] Replayed RemoveTopicRecord for topic {} with ID {}.";
    REPLAYED_PARTITION = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] Replayed PartitionRecord for new partition {}-{} with topic ID {} and {}.";
    UNCLEAN_CHANGE = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] UNCLEAN partition change for {}-{} with topic ID {}: {}";
    REMOVED_ELRS = Info "org.apache.kafka.controller.ReplicationControlManager" "[QuorumController id={}] Removed ELRs from {} partitions of topic {}.";
    REPLAYED_CONFIG = Info "org.apache.kafka.controller.ConfigurationControlManager" "[QuorumController id={}] Replayed ConfigRecord for ConfigResource(type={}, name='{}') which set configuration {} to {}";
    REPLAYED_QUOTA = Info "org.apache.kafka.controller.ClientQuotaControlManager" "[QuorumController id={}] Replayed ClientQuotaRecord for ClientQuotaEntity(entries={}) setting {} to {}.";
    REPLAYED_QUOTA_REMOVAL = Info "org.apache.kafka.controller.ClientQuotaControlManager" "[QuorumController id={}] Replayed ClientQuotaRecord for ClientQuotaEntity(entries={}) removing {}.";
    REPLAYED_VERSION = Info "org.apache.kafka.controller.FeatureControlManager" "[QuorumController id={}] Replayed a FeatureLevelRecord setting metadata.version to {}";
    REPLAYED_FEATURE = Info "org.apache.kafka.controller.FeatureControlManager" "[QuorumController id={}] Replayed a FeatureLevelRecord setting feature {} to {}";
    REPLAYED_PRODUCER_IDS = Info "org.apache.kafka.controller.ProducerIdControlManager" "[QuorumController id={}] Replaying ProducerIdsRecord ProducerIdsRecord(brokerId={}, brokerEpoch={}, nextProducerId={})";
    REPLAYED_BEGIN = Info "org.apache.kafka.controller.OffsetControlManager" "[QuorumController id={}] Replayed BeginTransactionRecord(name='{}') at offset {}.";
    REPLAYED_END = Info "org.apache.kafka.controller.OffsetControlManager" "[QuorumController id={}] Replayed EndTransactionRecord() at offset {}.";
}

/// The controller's periodic tasks, in the order in which they are registered, with their periods in milliseconds.
const TASKS: [(&str, i64); 6] = [
    ("writeNoOpRecord", 500),
    ("maybeFenceStaleBroker", 1_125),
    ("electPreferred", 300_000),
    ("electUnclean", 300_000),
    ("expireDelegationTokens", 3_600_000),
    ("generatePeriodicPerformanceMessage", 60_000),
];

impl Scribe {
    pub(super) fn controller_lines(&self, at: SimTime, id: NodeId, event: &Event) -> Option<Vec<LogLine>> {
        Some(match event {
            Event::ControllerElected { epoch, next_offset, empty, .. } => {
                election_lines(at, id, *epoch, *next_offset, *empty)
            }
            Event::ControllerRenounced { .. } => vec![DEACTIVATED_TASKS.with(&[&id, &task_names()])],
            Event::ControllerBooted { .. } => self.begin_lines(id),
            Event::MetadataReplayed { record } => replay_lines(id, record),
            Event::MetadataAppended { record } => {
                let mut lines = replay_lines(id, record);
                // The bootstrap records are the only transaction: with its end a new cluster's controller is ready.
                if matches!(record.record, MetadataRecord::EndTransaction(_)) {
                    lines.extend(active_lines(at, id));
                }
                lines
            }
            Event::CreateTopicsDecided { decision } => vec![creation_line(id, decision)],
            Event::DeleteTopicsDecided { topics } => vec![deletion_line(id, topics)],
            Event::LeaderChosen { tp, leader, clean, choice } => {
                vec![choice_line(tp.partition, *leader, *clean, choice)]
            }
            event => vec![session_line(id, event)?],
        })
    }

    fn begin_lines(&self, id: NodeId) -> Vec<LogLine> {
        let mut lines = vec![STARTING.with(&[&id])];
        lines.extend(TASKS.iter().map(|(task, period)| PERIODIC_TASK.with(&[&id, task, period])));
        lines.push(CREATING.with(&[&id, &self.cluster.id]));
        lines
    }
}

fn election_lines(at: SimTime, id: NodeId, epoch: i32, next_offset: i64, empty: bool) -> Vec<LogLine> {
    let mut lines = vec![BECOMING_ACTIVE.with(&[&id, &epoch, &next_offset])];
    lines.push(if empty { FIRST_ACTIVATION.with(&[&id, &id]) } else { ACTIVATION.with(&[&id]) });
    // On a new cluster the bootstrap records come between.
    if !empty {
        lines.extend(active_lines(at, id));
    }
    lines
}

fn task_names() -> String {
    let mut names = TASKS.map(|(task, _)| task);
    names.sort_unstable();
    names.join(", ")
}

/// The end of a controller's start.
fn active_lines(at: SimTime, id: NodeId) -> Vec<LogLine> {
    let mut lines = vec![ACTIVATED_TASKS.with(&[&id, &task_names()])];
    lines.extend(version_lines(at));
    lines.push(started_line(id));
    lines
}

/// What the controller says of brokers that come, stay away and go.
fn session_line(id: NodeId, event: &Event) -> Option<LogLine> {
    Some(match event {
        Event::BrokerRegistered { broker, epoch, incarnation, previous: None, cleaned } => {
            FIRST_REGISTRATION.with(&[&id, broker, incarnation, cleaned, epoch])
        }
        Event::BrokerRegistered { broker, epoch, incarnation, previous: Some(previous), cleaned } => {
            NEW_INCARNATION.with(&[&id, broker, previous, incarnation, cleaned, epoch])
        }
        Event::RegistrationDenied { err, .. } => DUPLICATE_BROKER.with(&[&id, &duplicate_text(*err)?]),
        Event::BrokerUp { broker, registered_at } => UNFENCING.with(&[&id, broker, registered_at]),
        Event::BrokerFenced { broker, epoch } | Event::FencedSessionExpired { broker, epoch } => {
            FENCING.with(&[&id, broker, epoch])
        }
        Event::ShutdownRequested { broker, fenced, immediate } => {
            let state = if *fenced { "Fenced" } else { "Unfenced" };
            let kind = if *immediate { "an immediate" } else { "a controlled" };
            SHUTDOWN_ASKED.with(&[&id, &state, broker, &kind])
        }
        Event::ShutdownGranted { broker, lowest_active_offset, shutdown_offset } => {
            SHUTDOWN_GRANTED.with(&[&id, broker, lowest_active_offset, shutdown_offset])
        }
        Event::PartitionsChanging { broker, occasion, count } => {
            let occasion = match occasion {
                Occasion::Fenced => "handleBrokerFenced".to_string(),
                Occasion::Unfenced => "handleBrokerUnfenced".to_string(),
                Occasion::UncleanShutdown => "handleBrokerUncleanShutdown".to_string(),
                Occasion::ControlledShutdown => format!("enterControlledShutdown[{broker}]"),
            };
            CHANGING.with(&[&id, &occasion, count])
        }
        _ => return None,
    })
}

/// The message of the exception, for the error that has a line.
fn duplicate_text(err: crate::kafka::errors::ErrorCode) -> Option<&'static str> {
    (err == crate::kafka::errors::ErrorCode::DuplicateBrokerRegistration).then_some(
        "Another broker is registered with that broker id. If the broker was recently restarted this should self-resolve \
         once the heartbeat manager expires the broker's session.",
    )
}

fn creation_line(id: NodeId, decision: &CreateTopicsDecision) -> LogLine {
    let prefix = if decision.validate_only { "Validate-only " } else { "" };
    let rows = decision.topics.iter().map(|(topic, error)| {
        let result = match error {
            None => "SUCCESS".to_string(),
            Some(error) => format!("{} ({})", error.code.name(), error.message()),
        };
        format!("{}: {result}", records::creatable_topic(topic))
    });
    TOPICS_CREATED.with(&[&id, &prefix, &joined(rows, ", ")])
}

fn deletion_line(id: NodeId, topics: &[TopicDeletion]) -> LogLine {
    let rows = topics.iter().map(|topic| {
        let result = if topic.err.is_none() { "SUCCESS" } else { topic.err.name() };
        format!("{{id: {}, name: {}, result: {result}}}", topic.topic_id, topic.name.as_deref().unwrap_or("null"))
    });
    TOPICS_DELETED.with(&[&id, &joined(rows, ", ")])
}

fn choice_line(partition: i32, leader: NodeId, clean: bool, choice: &LeaderChoice) -> LogLine {
    let how = if clean { "ELR" } else { "an unclean election" };
    let (before, change) = (records::registration(&choice.before), records::partition_change(&choice.change));
    NEW_LEADER.with(&[&choice.topic_id, &partition, &leader, &how, &before, &change])
}

fn replay_lines(id: NodeId, appended: &AppendedRecord) -> Vec<LogLine> {
    let topic = appended.topic.as_deref().unwrap_or("?");
    let line = match &appended.record {
        MetadataRecord::RegisterBroker(record) => {
            let wording = if appended.known_broker { REPLAYED_REGISTRATION } else { REPLAYED_FIRST_REGISTRATION };
            wording.with(&[&id, &record.broker_id, &records::register_broker(record)])
        }
        // A change that changes nothing: a broker that has gone in order is fenced again when its session ends.
        MetadataRecord::BrokerRegistrationChange(_) if appended.changes_nothing => return Vec::new(),
        MetadataRecord::BrokerRegistrationChange(record) => {
            REPLAYED_REGISTRATION_CHANGE.with(&[&id, &record.broker_id, &records::registration_change(record)])
        }
        MetadataRecord::RegisterController(record) => {
            REPLAYED_CONTROLLER.with(&[&id, &records::controller_registration(record)])
        }
        MetadataRecord::Topic(record) => REPLAYED_TOPIC.with(&[&id, &record.name, &record.topic_id]),
        MetadataRecord::RemoveTopic(record) => REPLAYED_REMOVAL.with(&[&id, &topic, &record.topic_id]),
        MetadataRecord::Partition(record) => {
            let registration = records::new_partition(record);
            REPLAYED_PARTITION.with(&[&id, &topic, &record.partition_id, &record.topic_id, &registration])
        }
        MetadataRecord::PartitionChange(record) => {
            // Only a partition that recovers from an unclean election is worth a line.
            let Some(before) = &appended.before else { return Vec::new() };
            let mut after = before.clone();
            after.merge(record);
            if after.leader_recovery_state == 0 {
                return Vec::new();
            }
            let difference = records::difference(before, &after);
            UNCLEAN_CHANGE.with(&[&id, &topic, &record.partition_id, &record.topic_id, &difference])
        }
        MetadataRecord::Config(record) => {
            let kind = match record.resource_type {
                RESOURCE_TOPIC => "TOPIC",
                RESOURCE_BROKER => "BROKER",
                RESOURCE_CLIENT_METRICS => "CLIENT_METRICS",
                RESOURCE_GROUP => "GROUP",
                _ => "UNKNOWN",
            };
            let value = record.value.as_deref().unwrap_or("null");
            REPLAYED_CONFIG.with(&[&id, &kind, &record.resource_name, &record.name, &value])
        }
        MetadataRecord::ClientQuota(record) => {
            let mut parts: Vec<&QuotaEntity> = record.entity.iter().collect();
            sort_as_hash_map(&mut parts, 16, |part| &part.entity_type);
            let name = |part: &QuotaEntity| part.entity_name.as_deref().unwrap_or("null").to_string();
            let parts = joined(parts.into_iter().map(|part| format!("{}={}", part.entity_type, name(part))), ", ");
            let entity = format!("{{{parts}}}");
            match record.remove {
                true => REPLAYED_QUOTA_REMOVAL.with(&[&id, &entity, &record.key]),
                false => REPLAYED_QUOTA.with(&[&id, &entity, &record.key, &double_text(record.value)]),
            }
        }
        MetadataRecord::FeatureLevel(record) if &*record.name == "metadata.version" => {
            REPLAYED_VERSION.with(&[&id, &"4.3-IV0"])
        }
        MetadataRecord::FeatureLevel(record) => REPLAYED_FEATURE.with(&[&id, &record.name, &record.feature_level]),
        MetadataRecord::ProducerIds(record) => {
            REPLAYED_PRODUCER_IDS.with(&[&id, &record.broker_id, &record.broker_epoch, &record.next_producer_id])
        }
        MetadataRecord::BeginTransaction(record) => {
            REPLAYED_BEGIN.with(&[&id, &record.name.as_deref().unwrap_or("null"), &appended.offset])
        }
        MetadataRecord::EndTransaction(_) => REPLAYED_END.with(&[&id, &appended.offset]),
        MetadataRecord::ClearElr(record) => REMOVED_ELRS.with(&[&id, &appended.cleared, &record.topic_name]),
        MetadataRecord::UnregisterBroker(_) | MetadataRecord::NoOp(_) => return Vec::new(),
    };
    vec![line]
}

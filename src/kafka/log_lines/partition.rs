//! What a broker does with its partitions and their logs.

use std::sync::Arc;

use super::fetchers::Followed;
use super::wording::{Level, LogLine, Wording, wordings};
use super::{Scribe, directory, joined};
use crate::kafka::errors::ApiError;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{DeletedSegmentDetail, DeletionCause, PartitionOpening, RoleChange, StartReason};
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};

wordings! {
    TO_LEADERS = Info "state.change.logger" "[Broker id={}] Transitioning {} partition(s) to local leaders.";
    TO_FOLLOWERS = Info "state.change.logger" "[Broker id={}] Transitioning {} partition(s) to local followers.";
    REMOVED_FETCHER = Info "kafka.server.ReplicaFetcherManager" "[ReplicaFetcherManager on broker {}] Removed fetcher for partitions Set({})";
    REMOVED_ALTER_DIRS = Info "kafka.server.ReplicaAlterLogDirsManager" "[ReplicaAlterLogDirsManager on broker {}] Removed fetcher for partitions Set({})";
    STOPPED_FETCHERS = Info "state.change.logger" "[Broker id={}] Stopped fetchers as part of {} for {} partitions";
    ADDED_FETCHER = Info "kafka.server.ReplicaFetcherManager" "[ReplicaFetcherManager on broker {}] Added fetcher to broker {} for partitions HashMap({})";
    FETCHER_STARTS = Info "kafka.server.ReplicaFetcherThread" "[ReplicaFetcherThread-0-{}]: Starting";
    FETCHER_SHUTS_DOWN = Info "kafka.server.ReplicaFetcherThread" "[ReplicaFetcherThread-0-{}]: Shutting down";
    FETCHER_STOPPED = Info "kafka.server.ReplicaFetcherThread" "[ReplicaFetcherThread-0-{}]: Stopped";
    FETCHER_IS_DOWN = Info "kafka.server.ReplicaFetcherThread" "[ReplicaFetcherThread-0-{}]: Shutdown completed";
    FETCHER_TRUNCATES = Info "kafka.server.ReplicaFetcherThread" "[ReplicaFetcher replicaId={}, leaderId={}, fetcherId=0] Truncating partition {} with TruncationState(offset={}, completed=true) due to local high watermark {}";
    NOTHING_TO_TRUNCATE = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[UnifiedLog partition={}, dir={}] Truncating to {} has no effect as the largest offset in the log is {}";
    TRUNCATING = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[UnifiedLog partition={}, dir={}] Truncating to offset {}";
    ISR_UPDATED = Info "kafka.cluster.Partition" "[Partition {} broker={}] ISR updated to {}  and version updated to {}";
    STARTED_FETCHERS = Info "state.change.logger" "[Broker id={}] Started fetchers as part of become-follower for {} partitions";
    CREATING_PARTITION = Info "state.change.logger" "[Broker id={}] Creating new partition {} with topic id {}.";
    MISSING_PARTITION = Error "state.change.logger" "[Broker id={}] Expected partition {} with topic id {} to exist, but it was missing. Creating...";
    LOADING_NEW_LOG = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[LogLoader partition={}, dir={}] Loading producer state till offset 0";
    CREATED_LOG = Info "kafka.log.LogManager" "Created log for partition {} in {}/{} with properties {}";
    NO_HIGH_WATERMARK = Info "kafka.cluster.Partition" "[Partition {} broker={}] No checkpointed highwatermark is found for partition {}";
    LOG_LOADED = Info "kafka.cluster.Partition" "[Partition {} broker={}] Log loaded for partition {} with initial high watermark {}";
    RECOVERED = Info "state.change.logger" "[Broker id={}] The topic partition {} was marked as RECOVERING. Marking the topic partition as RECOVERED.";
    LEADS = Info "state.change.logger" "[Broker id={}] Leader {} with topic id Some({}) starts at leader epoch {} from offset {} with partition epoch {}, high watermark {}, ISR [{}], adding replicas [] and removing replicas [] . Previous leader {} and previous leader epoch was {}.";
    FOLLOWS = Info "state.change.logger" "[Broker id={}] Follower {} starts at leader epoch {} from offset {} with partition epoch {} and high watermark {}. Current leader is {}. Previous leader {} and previous leader epoch was {}.";
    TOPIC_CONFIG = Info "kafka.server.metadata.DynamicConfigPublisher" "[DynamicConfigPublisher broker id={}] Updating topic {} with new configuration : {}";
    DELETING = Info "state.change.logger" "[Broker id={}] Deleting {} partition(s).";
    RENAMED = Info "kafka.log.LogManager" "Log for partition {} is renamed to {}/{}.{}-delete and is scheduled for deletion";
    ROLLED = Info "org.apache.kafka.storage.internals.log.LocalLog" "[LocalLog partition={}, dir={}/{}] Rolled new log segment at offset {} in 0 ms.";
    WROTE_SNAPSHOT = Info "org.apache.kafka.storage.internals.log.ProducerStateManager" "[ProducerStateManager partition={}] Wrote producer snapshot at offset {} with {} producer ids in 0 ms.";
    LOG_START = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[UnifiedLog partition={}, dir={}] Incremented log start offset to {} due to {}";
    DELETING_BY_SIZE = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[UnifiedLog partition={}, dir={}] Deleting segment {} due to log retention size {} breach. Log size after deletion will be {}.";
    DELETING_BY_TIME = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[UnifiedLog partition={}, dir={}] Deleting segment {} due to log retention time {}ms breach based on the largest record timestamp in the segment";
    DELETING_BELOW_START = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[UnifiedLog partition={}, dir={}] Deleting segments due to log start offset {} breach: {}";
    DELETED_FILE = Info "org.apache.kafka.storage.internals.log.LogSegment" "Deleted {} {}/{}/{}.";
    DELETED_SNAPSHOT = Info "org.apache.kafka.storage.internals.log.SnapshotFile" "Deleted producer state snapshot {}/{}/{}";
    LOG_RESTARTED = Info "kafka.cluster.Partition" "[Partition {} broker={}] Unexpected offset in append to {}. First offset {} is less than log start offset {}. Since this is the first record to be appended to the follower's log, will start the log from offset {}.";
    APPEND_FAILED = Error "kafka.server.ReplicaManager" "[ReplicaManager broker={}] Error processing append operation on partition {}:{}";
    AUTO_CREATION = Info "kafka.server.DefaultAutoTopicCreationManager" "Sent auto-creation request for Set({}) to the active controller.";
}

impl Scribe {
    pub(super) fn partition_lines(&self, id: NodeId, event: &Event) -> Option<Vec<LogLine>> {
        Some(match event {
            Event::RolesAssigned { leads: true, tps, .. } => {
                vec![TO_LEADERS.with(&[&id, &tps.len()]), REMOVED_FETCHER.with(&[&id, &joined(tps.iter(), ", ")])]
            }
            Event::RolesAssigned { tps, .. } => vec![TO_FOLLOWERS.with(&[&id, &tps.len()])],
            Event::PartitionOpened { tp, opening, .. } => opening_lines(id, tp, opening),
            Event::PartitionLed { tp, leader_epoch, role, .. } => leader_lines(id, tp, *leader_epoch, role),
            Event::PartitionFollowed { tp, leader, leader_epoch, role, .. } => {
                let mut lines = vec![follower_line(id, tp, *leader, *leader_epoch, role)];
                if self.still_to_follow == 0 {
                    lines.extend(self.after_following(id));
                }
                lines
            }
            Event::IsrUpdated { tp, isr, partition_epoch, .. } => {
                vec![ISR_UPDATED.with(&[tp, &id, &joined(isr.iter(), ","), partition_epoch])]
            }
            Event::LogTruncated { tp, to, .. } => vec![TRUNCATING.with(&[tp, &directory(id), to])],
            Event::TopicConfigApplied { topic, config, .. } => {
                let config = joined(config.iter().map(|(key, value)| format!("{key} -> {value}")), ",");
                vec![TOPIC_CONFIG.with(&[&id, topic, &config])]
            }
            Event::LogsDeleted { logs, .. } => deletion_lines(id, logs),
            Event::SegmentRolled { tp, base_offset, producers, .. } => {
                let mut lines = vec![ROLLED.with(&[tp, &directory(id), tp, base_offset])];
                if *producers > 0 {
                    lines.push(WROTE_SNAPSHOT.with(&[tp, base_offset, producers]));
                }
                lines
            }
            Event::LogStartAdvanced { tp, log_start_offset, reason, .. } => {
                let reason = match reason {
                    StartReason::SegmentDeletion => "segment deletion",
                    StartReason::ClientDeletion => "client delete records request",
                    StartReason::LeaderIncrement => "leader offset increment",
                };
                vec![LOG_START.with(&[tp, &directory(id), log_start_offset, &reason])]
            }
            Event::SegmentDeleted { tp, reason, detail, .. } => deleted_segment_line(id, tp, *reason, detail),
            Event::FilesDeleted { tp, files, .. } => files.iter().map(|file| deleted_file_line(id, tp, file)).collect(),
            Event::LogRestarted { tp, first_offset, log_start_offset, .. } => {
                vec![LOG_RESTARTED.with(&[tp, &id, tp, first_offset, log_start_offset, first_offset])]
            }
            Event::AppendFailed { tp, topic_id, err, message, .. } => {
                let error = ApiError { code: *err, message: message.as_deref().map(str::to_string) };
                vec![APPEND_FAILED.thrown(&[&id, topic_id, tp], error.exception().to_string())]
            }
            Event::AutoCreateSent { topics, .. } => vec![AUTO_CREATION.with(&[&joined(topics.iter(), ", ")])],
            _ => return None,
        })
    }

    /// Behind the last partition that the broker follows from now on: its fetchers.
    fn after_following(&self, id: NodeId) -> Vec<LogLine> {
        let (names, count) = (joined(self.follows.iter(), ", "), self.follows.len());
        let removed = REMOVED_FETCHER.with(&[&id, &names]);
        if self.shuts_down {
            let stopped = STOPPED_FETCHERS.with(&[&id, &"controlled shutdown", &count]);
            return vec![removed, REMOVED_ALTER_DIRS.with(&[&id, &names]), stopped];
        }
        let stopped = STOPPED_FETCHERS.with(&[&id, &"become-follower", &count]);
        let mut lines = vec![removed, stopped];
        lines.extend(self.fetchers.added().into_iter().flat_map(|(leader, is_new, rows)| {
            let row = |followed: &Followed| format!("{} -> {}", followed.tp, self.initial_state(leader, followed));
            let added = ADDED_FETCHER.with(&[&id, &leader, &joined(rows.iter().map(|followed| row(followed)), ", ")]);
            let starts = is_new.then(|| FETCHER_STARTS.with(&[&leader]));
            starts.into_iter().chain([added]).collect::<Vec<_>>()
        }));
        lines.push(STARTED_FETCHERS.with(&[&id, &count]));
        for leader in self.fetchers.idle() {
            lines.extend([FETCHER_SHUTS_DOWN, FETCHER_STOPPED, FETCHER_IS_DOWN].map(|line| line.with(&[&leader])));
        }
        // A log without leader epochs is cut to its high watermark, as before Kafka had them.
        for Followed { tp, leader, .. } in self.fetchers.empty() {
            lines.push(FETCHER_TRUNCATES.with(&[&id, leader, tp, &0, &0]));
            lines.push(NOTHING_TO_TRUNCATE.with(&[tp, &directory(id), &0, &-1]));
        }
        lines
    }

    /// Where the fetching of a partition begins (`InitialFetchState`).
    fn initial_state(&self, leader: NodeId, followed: &Followed) -> String {
        let address = self.cluster.host_port(leader);
        let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
        let Followed { topic_id, leader_epoch, log_end_offset, .. } = followed;
        let end_point = format!("BrokerEndPoint[id={leader}, host={host}, port={port}]");
        format!("InitialFetchState(Some({topic_id}),{end_point},{leader_epoch},{log_end_offset})")
    }
}

fn opening_lines(id: NodeId, tp: &TopicPartition, opening: &PartitionOpening) -> Vec<LogLine> {
    let dir = directory(id);
    let created = if opening.of_known_topic { MISSING_PARTITION } else { CREATING_PARTITION };
    let mut lines = vec![created.with(&[&id, tp, &opening.topic_id])];
    if opening.new_log {
        let properties = joined(opening.properties.iter().map(|(key, value)| format!("{key}={value}")), ", ");
        lines.push(LOADING_NEW_LOG.with(&[tp, &dir]));
        lines.push(CREATED_LOG.with(&[tp, &dir, tp, &format!("{{{properties}}}")]));
        lines.push(NO_HIGH_WATERMARK.with(&[tp, &id, tp]));
    }
    lines.push(LOG_LOADED.with(&[tp, &id, tp, &opening.high_watermark]));
    lines
}

/// `None` and -1, or `Some(1)` and the epoch: -1 is no leader.
fn previous(role: &RoleChange) -> (String, i32) {
    match role.before {
        None => ("None".to_string(), -1),
        Some((leader, epoch)) => (format!("Some({})", leader.map_or(-1, |leader| leader.0)), epoch.0),
    }
}

fn leader_lines(id: NodeId, tp: &TopicPartition, epoch: LeaderEpoch, role: &Arc<RoleChange>) -> Vec<LogLine> {
    let (leader, leader_epoch) = previous(role);
    let leads = LEADS.with(&[
        &id,
        tp,
        &role.topic_id,
        &epoch,
        &role.log_end_offset,
        &role.partition_epoch,
        &role.high_watermark,
        &joined(&role.isr, ","),
        &leader,
        &leader_epoch,
    ]);
    if role.recovering { vec![RECOVERED.with(&[&id, tp]), leads] } else { vec![leads] }
}

fn follower_line(
    id: NodeId,
    tp: &TopicPartition,
    current: Option<NodeId>,
    epoch: LeaderEpoch,
    role: &Arc<RoleChange>,
) -> LogLine {
    let (leader, leader_epoch) = previous(role);
    FOLLOWS.with(&[
        &id,
        tp,
        &epoch,
        &role.log_end_offset,
        &role.partition_epoch,
        &role.high_watermark,
        &current.map_or(-1, |leader| leader.0),
        &leader,
        &leader_epoch,
    ])
}

fn deleted_segment_line(
    id: NodeId,
    tp: &TopicPartition,
    cause: DeletionCause,
    detail: &DeletedSegmentDetail,
) -> Vec<LogLine> {
    let segment = format!(
        "LogSegment(baseOffset={}, size={}, lastModifiedTime={}, largestRecordTimestamp={})",
        detail.base_offset, detail.size, detail.last_modified_ms, detail.largest_timestamp_ms
    );
    let dir = directory(id);
    match cause {
        DeletionCause::Size => {
            vec![DELETING_BY_SIZE.with(&[tp, &dir, &segment, &detail.limit, &detail.log_size_after])]
        }
        DeletionCause::Time => vec![DELETING_BY_TIME.with(&[tp, &dir, &segment, &detail.limit])],
        DeletionCause::StartOffset => vec![DELETING_BELOW_START.with(&[tp, &dir, &detail.limit, &segment])],
    }
}

/// The words for a file are those of its kind.
fn deleted_file_line(id: NodeId, tp: &TopicPartition, file: &str) -> LogLine {
    let dir = directory(id);
    let kind = match file.trim_end_matches(".deleted").rsplit('.').next() {
        Some("snapshot") => return DELETED_SNAPSHOT.with(&[&dir, tp, &file]),
        Some("index") => "offset index",
        Some("timeindex") => "time index",
        Some("txnindex") => "transaction index",
        _ => "log",
    };
    DELETED_FILE.with(&[&kind, &dir, tp, &file])
}

fn deletion_lines(id: NodeId, logs: &[(TopicPartition, Uuid)]) -> Vec<LogLine> {
    let names = joined(logs.iter().map(|(tp, _)| tp), ", ");
    let mut lines = vec![
        DELETING.with(&[&id, &logs.len()]),
        REMOVED_FETCHER.with(&[&id, &names]),
        REMOVED_ALTER_DIRS.with(&[&id, &names]),
    ];
    let renamed =
        |(tp, log): &(TopicPartition, Uuid)| RENAMED.with(&[tp, &directory(id), tp, &format!("{:032x}", log.0)]);
    lines.extend(logs.iter().map(renamed));
    lines
}

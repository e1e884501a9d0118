//! Producers, consumers and admin clients, and every client's connections, those of brokers to their controller among
//! them.

use super::broker::{farewell_lines, version_lines};
use super::wording::{Level, LogLine, Wording, wordings};
use super::{Scribe, joined};
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::event::Event;
use crate::kafka::event::detail::{
    CancelledRequest, DisconnectCause, Disconnection, FailedAttempt, Logged, LoggedRecord, SeekTo, Truncation,
};
use crate::kafka::ids::{LeaderEpoch, NodeId, ProcessId, TopicPartition};
use crate::kafka::protocol::Channel;
use crate::kafka::record::{Bytes, Header};
use crate::time::SimTime;

wordings! {
    IDEMPOTENT = Info "org.apache.kafka.clients.producer.KafkaProducer" "[{}] Instantiated an idempotent producer.";
    CLOSING_PRODUCER = Info "org.apache.kafka.clients.producer.KafkaProducer" "[{}] Closing the Kafka producer with timeoutMillis = {} ms.";
    CLUSTER_ID = Info "org.apache.kafka.clients.Metadata" "[{}] Cluster ID: {}";
    INVALID_TOPICS = Error "org.apache.kafka.clients.Metadata" "[{}] Metadata response reported invalid topics [{}]";
    METADATA_ISSUE = Warn "org.apache.kafka.clients.NetworkClient" "[{}] The metadata response from the cluster reported a recoverable issue with correlation id {} : {}";
    NODE_DISCONNECTED = Info "org.apache.kafka.clients.NetworkClient" "[{}] Node {} disconnected.";
    NOT_ESTABLISHED = Warn "org.apache.kafka.clients.NetworkClient" "[{}] Connection to node {} ({}) could not be established. Node may not be available.";
    BOOTSTRAP_DISCONNECTED = Warn "org.apache.kafka.clients.NetworkClient" "[{}] Bootstrap broker {} (id: {} rack: null isFenced: false) disconnected";
    REQUEST_TIMEOUT = Info "org.apache.kafka.clients.NetworkClient" "[{}] Disconnecting from node {} due to request timeout.";
    SETUP_TIMEOUT = Info "org.apache.kafka.clients.NetworkClient" "[{}] Disconnecting from node {} due to socket connection setup timeout. The timeout value is {} ms.";
    CANCELLED = Info "org.apache.kafka.clients.NetworkClient" "[{}] Cancelled in-flight {} request with correlation id {} due to node {} being disconnected (elapsed time since creation: {}ms, elapsed time since send: {}ms, throttle time: 0ms, request timeout: {}ms)";
    PRODUCER_ID = Info "org.apache.kafka.clients.producer.internals.TransactionManager" "[{}] ProducerId set to {} with epoch {}";
    RETRYING = Warn "org.apache.kafka.clients.producer.internals.Sender" "[{}] Got error produce response with correlation id {} on topic-partition {}, retrying ({} attempts left). Error: {}";
    SPLITTING = Warn "org.apache.kafka.clients.producer.internals.Sender" "[{}] Got error produce response in correlation id {} on topic-partition {}, splitting and retrying ({} attempts left). Error: {}";
    SEQUENCE_GAP = Info "org.apache.kafka.clients.producer.internals.TransactionManager" "[{}] No inflight batches remaining for {}, last ack'd sequence for partition is {}, next sequence is {}. Going to bump epoch and reset sequence numbers.";
    SEQUENCE_REFUSED = Error "org.apache.kafka.clients.producer.internals.TransactionManager" "[{}] The broker returned {} for topic-partition {} with producerId {}, epoch {}, and sequence number {}";
    SEQUENCE_RESET = Info "org.apache.kafka.clients.producer.internals.ProducerBatch" "Resetting sequence number of batch with current sequence {} for partition {} to {}";
    INVALID_METADATA = Warn "org.apache.kafka.clients.producer.internals.Sender" "[{}] Received invalid metadata error in produce request on partition {} due to {} Going to request metadata update now";
    UNKNOWN_TOPIC_PRODUCED = Warn "org.apache.kafka.clients.producer.internals.Sender" "[{}] Received unknown topic or partition error in produce request on partition {}. The topic-partition may not exist or the user may not have Describe access to it";
    ASSIGNED = Info "org.apache.kafka.clients.consumer.internals.ClassicKafkaConsumer" "[{}] Assigned to partition(s): {}";
    SEEKING = Info "org.apache.kafka.clients.consumer.internals.ClassicKafkaConsumer" "[{}] Seeking to offset {} for partition {}";
    SEEKING_TO = Info "org.apache.kafka.clients.consumer.internals.SubscriptionState" "[{}] Seeking to AutoOffsetResetStrategy{type={}} offset of partition {}";
    RESETTING = Info "org.apache.kafka.clients.consumer.internals.SubscriptionState" "[{}] Resetting offset for partition {} to position FetchPosition{offset={}, offsetEpoch=Optional.empty, currentLeader=LeaderAndEpoch{leader={}, epoch={}}}.";
    OUT_OF_RANGE = Info "org.apache.kafka.clients.consumer.internals.FetchCollector" "[{}] Fetch position FetchPosition{offset={}, offsetEpoch={}, currentLeader=LeaderAndEpoch{leader={}, epoch={}}} is out of range for partition {}, resetting offset";
    TRUNCATED_TO = Info "org.apache.kafka.clients.consumer.internals.SubscriptionState" "[{}] Truncation detected for partition {} at offset {}, resetting offset to the first offset known to diverge {}";
    TRUNCATED = Info "org.apache.kafka.clients.consumer.internals.SubscriptionState" "[{}] Truncation detected for partition {} at offset {}, resetting offset";
    TRUNCATED_AND_STUCK_AT = Warn "org.apache.kafka.clients.consumer.internals.SubscriptionState" "[{}] Truncation detected for partition {} at offset {} (the end offset from the broker is {}), but no reset policy is set";
    TRUNCATED_AND_STUCK = Warn "org.apache.kafka.clients.consumer.internals.SubscriptionState" "[{}] Truncation detected for partition {} at offset {}, but no reset policy is set";
    UNKNOWN_TOPIC_FETCHED = Warn "org.apache.kafka.clients.consumer.internals.FetchCollector" "[{}] Received unknown topic or partition error in fetch for partition {}";
    FETCH_LOST = Info "org.apache.kafka.clients.FetchSessionHandler" "[{}] Error sending fetch request (sessionId=INVALID, epoch=FINAL) to node {}:";
}

/// What an application logs of a record that it got: its own line, not Kafka's.
const CONSUMED: Wording = Wording { level: Level::Info, logger: "application", text: "{}" };

/// `ConsumerRecord.toString`.
fn consumer_record(tp: &TopicPartition, offset: i64, logged: &LoggedRecord) -> String {
    let LoggedRecord { leader_epoch, timestamp_type, record } = logged;
    let text = |field: &Option<Bytes>| match field {
        Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        None => "null".to_string(),
    };
    let size = |field: &Option<Bytes>| field.as_ref().map_or(-1, |bytes| bytes.len() as i32);
    let header = |header: &Header| {
        let bytes = |bytes: &Bytes| format!("[{}]", joined(bytes.iter().map(|byte| *byte as i8), ", "));
        let value = header.value.as_ref().map_or_else(|| "null".to_string(), bytes);
        format!("RecordHeader(key = {}, value = {value})", header.key)
    };
    format!(
        "ConsumerRecord(topic = {}, partition = {}, leaderEpoch = {leader_epoch}, offset = {offset}, {} = {}, \
         deliveryCount = null, serialized key size = {}, serialized value size = {}, headers = RecordHeaders(headers = \
         [{}], isReadOnly = false), key = {}, value = {})",
        tp.topic,
        tp.partition,
        timestamp_type.name(),
        record.timestamp_ms,
        size(&record.key),
        size(&record.value),
        joined(record.headers.iter().map(header), ", "),
        text(&record.key),
        text(&record.value)
    )
}

impl Scribe {
    pub(super) fn client_lines(&self, at: SimTime, event: &Event) -> Option<Vec<LogLine>> {
        let me = &self.client;
        Some(match event {
            Event::ProducerCreated { idempotent, .. } => {
                let kind = idempotent.then(|| IDEMPOTENT.with(&[me]));
                kind.into_iter().chain(version_lines(at)).collect()
            }
            Event::ConsumerCreated { .. } | Event::AdminCreated { .. } => version_lines(at).to_vec(),
            Event::CloseCalled { timeout_ms, .. } if me.starts_with("Producer") => {
                vec![CLOSING_PRODUCER.with(&[me, timeout_ms])]
            }
            Event::ProcessStopped { .. } => self.farewell(),
            // An admin client keeps its own metadata and says nothing of them.
            Event::ClusterIdLearned { .. } | Event::MetadataErrors { .. } if self.is_admin() => Vec::new(),
            Event::ClusterIdLearned { cluster_id, .. } => vec![CLUSTER_ID.with(&[me, cluster_id])],
            Event::MetadataErrors { correlation_id, errors, .. } => {
                let all = joined(errors.iter().map(|(topic, error)| format!("{topic}={}", error.name())), ", ");
                let invalid = errors.iter().filter(|(_, error)| *error == ErrorCode::InvalidTopicException);
                let invalid: Vec<_> = invalid.map(|(topic, _)| topic).collect();
                let mut lines = vec![METADATA_ISSUE.with(&[me, correlation_id, &format!("{{{all}}}")])];
                if !invalid.is_empty() {
                    lines.push(INVALID_TOPICS.with(&[me, &joined(invalid, ", ")]));
                }
                lines
            }
            Event::NodeDisconnected { client, node, how } => self.disconnect_lines(*client, *node, how),
            Event::Delivered { tp, offset, logged: Logged(Some(logged)), .. } => {
                vec![CONSUMED.with(&[&consumer_record(tp, *offset, logged)])]
            }
            event => return self.producer_lines(event).or_else(|| self.consumer_lines(event)),
        })
    }

    fn is_admin(&self) -> bool {
        self.client.starts_with("AdminClient")
    }

    /// The end of a client that was closed.
    fn farewell(&self) -> Vec<LogLine> {
        let Some((kind, rest)) = self.client.split_once(" clientId=") else { return Vec::new() };
        let app = match kind {
            "Producer" => "kafka.producer",
            "Consumer" => "kafka.consumer",
            _ => "kafka.admin.client",
        };
        // A consumer's prefix goes on with its group.
        let id = rest.rsplit_once(", groupId=").map_or(rest, |(id, _)| id);
        farewell_lines(app, id).to_vec()
    }

    /// The order of `NetworkClient`: the connection, the attempt, what was in flight, the bootstrap server.
    fn disconnect_lines(&self, client: ProcessId, node: NodeId, how: &Disconnection) -> Vec<LogLine> {
        let me = match client {
            ProcessId::Client(_) => self.client.clone(),
            ProcessId::Node(broker) => controller_client(broker, how.channel),
        };
        // Kafka numbers bootstrap servers from -1 downwards.
        let number = how.bootstrap.map_or(node.0, |place| -1 - place as i32);
        let mut lines = vec![match how.cause {
            DisconnectCause::Peer => NODE_DISCONNECTED.with(&[&me, &number]),
            DisconnectCause::RequestTimeout => REQUEST_TIMEOUT.with(&[&me, &number]),
            DisconnectCause::SetupTimeout { after } => SETUP_TIMEOUT.with(&[&me, &number, &after.as_millis()]),
        }];
        if how.attempt && how.cause == DisconnectCause::Peer {
            lines.push(NOT_ESTABLISHED.with(&[&me, &number, &self.cluster.socket(node)]));
        }
        lines.extend(how.cancelled.iter().map(|request| cancelled_line(&me, number, request)));
        if how.bootstrap.is_some() && how.bootstrapping && !self.is_admin() {
            lines.push(BOOTSTRAP_DISCONNECTED.with(&[&me, &self.cluster.host_port(node), &number]));
        }
        lines
    }

    fn producer_lines(&self, event: &Event) -> Option<Vec<LogLine>> {
        let me = &self.client;
        Some(match event {
            Event::ProducerIdAssigned { producer_id, epoch, .. } => vec![PRODUCER_ID.with(&[me, producer_id, epoch])],
            Event::Retry { tp, err, attempt, .. } => {
                let error = error_text(*err, attempt);
                let retrying = RETRYING.with(&[me, &attempt.correlation_id, tp, &attempt.attempts_left, &error]);
                [retrying].into_iter().chain(self.metadata_line(tp, *err, attempt.message.as_deref())).collect()
            }
            Event::BatchSplit { tp, err, attempt, .. } => {
                let error = error_text(*err, attempt);
                vec![SPLITTING.with(&[me, &attempt.correlation_id, tp, &attempt.attempts_left, &error])]
            }
            Event::SequenceGapFound { tp, last_acked, next, .. } => {
                vec![SEQUENCE_GAP.with(&[me, tp, last_acked, next])]
            }
            Event::SequenceReset { tp, from, to, .. } => vec![SEQUENCE_RESET.with(&[from, tp, to])],
            Event::SequenceRefused { tp, base_sequence, refusal, .. } => {
                let exception = ApiError::new(refusal.err).exception();
                let (producer_id, epoch) = refusal.identity;
                vec![SEQUENCE_REFUSED.with(&[me, &exception, tp, &producer_id, &epoch, base_sequence])]
            }
            // One that is tried again has its lines with the new attempt.
            Event::ProduceError { tp, err, message, will_retry: false, .. } => {
                self.metadata_line(tp, *err, message.as_deref()).into_iter().collect()
            }
            _ => return None,
        })
    }

    /// An error that says that the client's metadata are old.
    fn metadata_line(&self, tp: &TopicPartition, err: ErrorCode, message: Option<&str>) -> Option<LogLine> {
        if !err.is_invalid_metadata() {
            return None;
        }
        if err == ErrorCode::UnknownTopicOrPartition {
            return Some(UNKNOWN_TOPIC_PRODUCED.with(&[&self.client, tp]));
        }
        let error = ApiError { code: err, message: message.map(str::to_string) };
        Some(INVALID_METADATA.with(&[&self.client, tp, &error.exception()]))
    }

    fn consumer_lines(&self, event: &Event) -> Option<Vec<LogLine>> {
        let me = &self.client;
        Some(vec![match event {
            Event::AssignCalled { tps, .. } => ASSIGNED.with(&[me, &joined(tps.iter(), ", ")]),
            Event::SeekCalled { tp, to: SeekTo::Offset(offset), .. } => SEEKING.with(&[me, offset, tp]),
            Event::SeekCalled { tp, to: SeekTo::Beginning, .. } => SEEKING_TO.with(&[me, &"earliest", tp]),
            Event::SeekCalled { tp, to: SeekTo::End, .. } => SEEKING_TO.with(&[me, &"latest", tp]),
            Event::OffsetReset { tp, offset, leader, leader_epoch, .. } => {
                RESETTING.with(&[me, tp, offset, &self.leader(*leader), leader_epoch])
            }
            Event::OffsetOutOfRange { tp, position, offset_epoch, leader, leader_epoch, .. } => {
                let epoch = offset_epoch.map_or("Optional.empty".to_string(), |epoch| format!("Optional[{epoch}]"));
                OUT_OF_RANGE.with(&[me, position, &epoch, &self.leader(*leader), leader_epoch, tp])
            }
            Event::TruncationDetected { tp, position, how, .. } => self.truncation_line(tp, *position, how),
            Event::FetchFailed { tp, err: ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId, .. } => {
                UNKNOWN_TOPIC_FETCHED.with(&[me, tp])
            }
            Event::FetchLost { node, .. } => {
                let exception = "org.apache.kafka.common.errors.DisconnectException";
                FETCH_LOST.thrown(&[me, node], exception.to_string())
            }
            _ => return None,
        }])
    }

    fn truncation_line(&self, tp: &TopicPartition, position: i64, how: &Truncation) -> LogLine {
        let leader = self.leader(Some(how.leader));
        let place = |(offset, epoch): (i64, LeaderEpoch)| {
            let current = format!("LeaderAndEpoch{{leader={leader}, epoch={}}}", how.leader_epoch);
            format!("FetchPosition{{offset={offset}, offsetEpoch=Optional[{epoch}], currentLeader={current}}}")
        };
        let (me, from) = (&self.client, place((position, how.offset_epoch)));
        match how.diverges_at {
            Some(end) if how.resets => TRUNCATED_TO.with(&[me, tp, &from, &place(end)]),
            None if how.resets => TRUNCATED.with(&[me, tp, &from]),
            Some((offset, epoch)) => {
                let end = format!("OffsetAndMetadata{{offset={offset}, leaderEpoch={epoch}, metadata=''}}");
                TRUNCATED_AND_STUCK_AT.with(&[me, tp, &from, &end])
            }
            None => TRUNCATED_AND_STUCK.with(&[me, tp, &from]),
        }
    }

    /// `Optional[broker-1:9092 (id: 1 rack: null isFenced: false)]`.
    fn leader(&self, leader: Option<NodeId>) -> String {
        leader.map_or_else(|| "Optional.empty".to_string(), |leader| format!("Optional[{}]", self.cluster.node(leader)))
    }
}

/// Brokers have a client of its own name for each kind of traffic to the controller.
fn controller_client(broker: NodeId, channel: Channel) -> String {
    match channel {
        Channel::Heartbeat => format!("NodeToControllerChannelManager id={broker} name=heartbeat"),
        Channel::Forwarding => format!("NodeToControllerChannelManager id={broker} name=forwarding"),
        Channel::Registration => format!("NodeToControllerChannelManager id={broker} name=registration"),
        _ => format!("RaftManager id={broker}"),
    }
}

/// `formatErrMsg` of the sender.
fn error_text(err: ErrorCode, attempt: &FailedAttempt) -> String {
    let name = err.name();
    attempt.message.as_ref().map_or_else(|| name.to_string(), |text| format!("{name}. Error Message: {text}"))
}

fn cancelled_line(me: &str, number: i32, request: &CancelledRequest) -> LogLine {
    let age = request.age.as_millis();
    let api = in_capitals(request.api.name());
    CANCELLED.with(&[&me, &api, &request.correlation_id, &number, &age, &age, &request.timeout_ms])
}

/// `INIT_PRODUCER_ID` of `InitProducerId` (`ApiKeys`).
fn in_capitals(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_are_named_as_in_kafkas_enum() {
        assert_eq!(in_capitals("InitProducerId"), "INIT_PRODUCER_ID");
        assert_eq!(in_capitals("Fetch"), "FETCH");
    }
}

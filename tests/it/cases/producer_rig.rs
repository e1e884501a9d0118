//! A producer whose brokers answer by hand, as the mock clients of Kafka's own tests do.

use std::collections::VecDeque;
use std::sync::Arc;

use super::spec_clients::settings;
use highwater::kafka::client::producer::{Completion, Producer, ProducerRecord};
use highwater::kafka::effects::{Action, Effects};
use highwater::kafka::errors::ErrorCode;
use highwater::kafka::event::Event;
use highwater::kafka::ids::{ClientIndex, LeaderEpoch, NodeId, ProcessId, ProducerEpoch, ProducerId, Uuid};
use highwater::kafka::protocol::metadata::*;
use highwater::kafka::protocol::produce::*;
use highwater::kafka::protocol::producer_ids::InitProducerIdResponse;
use highwater::kafka::protocol::versions::ApiVersionsResponse;
use highwater::kafka::protocol::{Body, Channel, Message, Request, Response};
use highwater::kafka::record::RecordBatch;
use highwater::rng::Rng;
use highwater::time::{SimDuration, SimTime};

const TOPIC_ID: Uuid = Uuid(7);

/// A produce request that waits for its answer.
#[derive(Clone)]
pub struct Waiting {
    pub node: NodeId,
    correlation_id: i32,
    /// By partition.
    pub batches: Vec<(i32, RecordBatch)>,
}

pub struct Rig {
    pub producer: Producer,
    pub now: SimTime,
    pub waiting: VecDeque<Waiting>,
    pub ends: Vec<Completion>,
    pub events: Vec<Event>,
    /// Leader and leader epoch of each partition of the topic `t`.
    pub leaders: Vec<(Option<NodeId>, LeaderEpoch)>,
    /// What the next InitProducerId gets.
    pub identity: (ProducerId, ProducerEpoch),
    fx: Effects,
}

/// What a leader answers for one partition.
pub fn row(index: i32, error_code: ErrorCode, base_offset: i64) -> PartitionProduceResponse {
    PartitionProduceResponse {
        index,
        error_code,
        base_offset,
        log_append_time_ms: -1,
        log_start_offset: if error_code == ErrorCode::None { 0 } else { -1 },
        record_errors: Vec::new(),
        error_message: None,
        current_leader: LeaderIdAndEpoch { leader_id: NodeId(-1), leader_epoch: LeaderEpoch(-1) },
    }
}

impl Rig {
    /// A topic `t` of `partitions` partitions that node 1 leads, and a producer with these settings beyond `linger.ms=0`.
    pub fn new(partitions: usize, pairs: &[(&str, &str)]) -> Rig {
        let pairs: Vec<(&str, &str)> = [("linger.ms", "0")].into_iter().chain(pairs.iter().copied()).collect();
        let me = ProcessId::Client(ClientIndex(0));
        let mut rig = Rig {
            producer: Producer::new(me, settings(&pairs), vec![NodeId(1)], Rng::new(1)),
            now: SimTime::DEFAULT_START,
            waiting: VecDeque::new(),
            ends: Vec::new(),
            events: Vec::new(),
            leaders: vec![(Some(NodeId(1)), LeaderEpoch(0)); partitions],
            identity: (ProducerId(1_000), ProducerEpoch(0)),
            fx: Effects::default(),
        };
        rig.wake();
        rig
    }

    /// `send()` of a value to a partition.
    pub fn send(&mut self, partition: i32, value: &str) {
        let record = ProducerRecord {
            object: None,
            topic: Arc::from("t"),
            partition: Some(partition),
            timestamp_ms: None,
            key: None,
            value: Some(Arc::from(value.as_bytes())),
            headers: Vec::new(),
        };
        self.producer.send(self.now, record, &mut self.fx);
        self.pump();
    }

    /// Several sends that fall into one batch, as far as there is room.
    pub fn send_together(&mut self, partition: i32, values: &[&str]) {
        let linger = std::mem::replace(&mut self.producer.settings.linger_ms, 1);
        values.iter().for_each(|value| self.send(partition, value));
        self.advance(1);
        self.producer.settings.linger_ms = linger;
    }

    pub fn advance(&mut self, millis: i64) {
        let end = self.now + SimDuration::from_config_ms(millis);
        while let Some(wake) = self.producer.poll_timeout(self.now).filter(|wake| wake.at <= end) {
            self.now = self.now.max(wake.at);
            self.wake();
        }
        self.now = end;
    }

    fn wake(&mut self) {
        self.producer.handle_timeout(self.now, &mut self.fx);
        self.pump();
    }

    /// Answers the oldest request with these rows.
    pub fn answer(&mut self, partition_responses: Vec<PartitionProduceResponse>) {
        let request = self.waiting.pop_front().expect("a request waits");
        let responses = vec![TopicProduceResponse { topic_id: TOPIC_ID, partition_responses }];
        let response = ProduceResponse { responses, throttle_time_ms: 0, node_endpoints: Vec::new() };
        self.reply(request.node, Channel::Client, request.correlation_id, response.into());
        self.pump();
    }

    /// Answers all partitions of the oldest request alike.
    pub fn answer_all(&mut self, code: ErrorCode, base_offset: i64) {
        let rows = self.waiting[0].batches.iter().map(|(partition, _)| row(*partition, code, base_offset)).collect();
        self.answer(rows);
    }

    /// The node goes away, and with it what waits there.
    pub fn disconnect(&mut self, node: i32) {
        self.waiting.retain(|request| request.node != NodeId(node));
        let peer = ProcessId::Node(NodeId(node));
        self.producer.handle_disconnect(self.now, peer, Channel::Client, &mut self.fx);
        self.pump();
    }

    fn reply(&mut self, node: NodeId, channel: Channel, correlation_id: i32, response: Response) {
        let message = Message { channel, correlation_id, body: Body::Response(response) };
        self.producer.handle_message(self.now, ProcessId::Node(node), message, &mut self.fx);
    }

    /// Does what the producer asks for until it asks for nothing more.
    fn pump(&mut self) {
        loop {
            self.events.append(&mut self.fx.events);
            self.ends.extend(self.producer.take_completions());
            let actions = std::mem::take(&mut self.fx.actions);
            if actions.is_empty() {
                return;
            }
            for action in actions {
                self.act(action);
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { to, channel } => {
                self.producer.handle_connected(self.now, to, channel, &mut self.fx);
            }
            Action::Send { to: ProcessId::Node(node), message } => self.serve(node, message),
            Action::Disconnect { to: ProcessId::Node(node), .. } => {
                self.waiting.retain(|request| request.node != node);
            }
            _ => {}
        }
    }

    fn serve(&mut self, node: NodeId, message: Message) {
        let Message { channel, correlation_id, body: Body::Request { request, .. } } = message else { return };
        let response: Response = match request {
            Request::ApiVersions(_) => ApiVersionsResponse {
                error_code: ErrorCode::None,
                api_keys: Vec::new(),
                throttle_time_ms: 0,
                supported_features: Vec::new(),
                finalized_features_epoch: -1,
                finalized_features: Vec::new(),
                zk_migration_ready: false,
            }
            .into(),
            Request::Metadata(_) => self.metadata().into(),
            Request::InitProducerId(_) => InitProducerIdResponse {
                throttle_time_ms: 0,
                error_code: ErrorCode::None,
                producer_id: self.identity.0,
                producer_epoch: self.identity.1,
            }
            .into(),
            Request::Produce(request) => {
                let rows = request.topic_data.into_iter().flat_map(|topic| topic.partition_data);
                let batch =
                    |row: PartitionProduceRequest| (row.index, row.records.expect("records travel").0.remove(0));
                self.waiting.push_back(Waiting { node, correlation_id, batches: rows.map(batch).collect() });
                return;
            }
            other => panic!("a producer does not ask for {:?}", other.api()),
        };
        self.reply(node, channel, correlation_id, response);
    }

    fn metadata(&self) -> MetadataResponse {
        let broker = |id| MetadataResponseBroker { node_id: NodeId(id), host: "h".into(), port: 9092, rack: None };
        let partition = |(index, (leader, leader_epoch)): (i32, &(Option<NodeId>, LeaderEpoch))| {
            let leader_id = leader.unwrap_or(NodeId(-1));
            MetadataResponsePartition {
                error_code: if leader.is_some() { ErrorCode::None } else { ErrorCode::LeaderNotAvailable },
                partition_index: index,
                leader_id,
                leader_epoch: *leader_epoch,
                replica_nodes: vec![NodeId(1), NodeId(2)],
                isr_nodes: vec![NodeId(1), NodeId(2)],
                offline_replicas: Vec::new(),
            }
        };
        MetadataResponse {
            throttle_time_ms: 0,
            brokers: vec![broker(1), broker(2)],
            cluster_id: Some("c".into()),
            controller_id: NodeId(1),
            topics: vec![MetadataResponseTopic {
                error_code: ErrorCode::None,
                name: Some("t".into()),
                topic_id: TOPIC_ID,
                is_internal: false,
                partitions: (0..).zip(&self.leaders).map(partition).collect(),
                topic_authorized_operations: 0,
            }],
            error_code: ErrorCode::None,
        }
    }

    /// Epoch and first sequence of each batch that waits, oldest request first.
    pub fn sequences(&self) -> Vec<(i16, i32)> {
        let batches = self.waiting.iter().flat_map(|request| &request.batches);
        batches.map(|(_, batch)| (batch.producer_epoch().0, batch.base_sequence())).collect()
    }

    /// How the sends have ended, in order: the offset, or the exception's simple name.
    pub fn results(&self) -> Vec<Result<i64, String>> {
        let told = |end: &Completion| end.result.clone().map_err(|error| error.class.simple_name().to_string());
        self.ends.iter().map(told).collect()
    }

    /// How often each kind of event was told.
    pub fn count(&self, name: &str) -> usize {
        self.events.iter().filter(|event| event.name() == name).count()
    }

    pub fn epoch(&self) -> i16 {
        self.producer.idempotence.current().epoch.0
    }

    /// The records of the oldest request's only batch, as text.
    pub fn values(&self) -> Vec<String> {
        let records = self.waiting[0].batches[0].1.records().expect("a good batch");
        let text = |bytes: Option<Arc<[u8]>>| String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
        records.into_iter().map(|stored| text(stored.record.value)).collect()
    }
}

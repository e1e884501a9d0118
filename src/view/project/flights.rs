//! Parcels on their way, what waits in purgatory, and what comes next.

use std::collections::BTreeMap;

use crate::kafka::broker::Broker;
use crate::kafka::effects::WakeReason;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition, Uuid};
use crate::kafka::protocol::wire::Records;
use crate::kafka::protocol::{ApiKey, Body, Channel, Message, Request, Response};
use crate::sim::network::{Envelope, Parcel};
use crate::view::scene::{Flight, FlightKind, FlightState, KeyMark, NextEvent, Upcoming};

use super::{Projection, records};

/// One partition's share of a message.
struct Share {
    row: Option<u32>,
    kind: FlightKind,
    label: String,
    marks: Vec<KeyMark>,
    records: u32,
    error: Option<String>,
}

impl Share {
    fn plain(row: Option<u32>, kind: FlightKind, label: impl Into<String>) -> Share {
        Share { row, kind, label: label.into(), marks: Vec::new(), records: 0, error: None }
    }
}

impl Projection<'_> {
    pub(super) fn flights(&mut self) -> Vec<Flight> {
        let world = self.world;
        let mut found = Vec::new();
        for envelope in world.network.in_flight() {
            self.envelope(envelope, FlightState::Flying, &mut found);
        }
        for envelope in world.network.stuck() {
            self.envelope(envelope, FlightState::Stuck, &mut found);
        }
        self.held(&mut found);
        found
    }

    fn envelope(&mut self, envelope: &Envelope, state: FlightState, found: &mut Vec<Flight>) {
        let Parcel::Message(message) = &envelope.parcel else { return };
        let start = self.world.start();
        let sent_us = envelope.sent_at.micros_from(start);
        let arrives_us = envelope.deliver_at.micros_from(start).max(sent_us);
        for share in self.shares(message) {
            found.push(Flight {
                message: envelope.id.0,
                kind: share.kind,
                state,
                from: self.place(envelope.from),
                to: self.place(envelope.to),
                row: share.row,
                sent_us,
                arrives_us: if state == FlightState::Stuck { sent_us } else { arrives_us },
                label: share.label,
                marks: share.marks,
                records: share.records,
                error: share.error,
            });
        }
    }

    /// A message by partition where it speaks of partitions in sight; else as a whole, on the control wire.
    fn shares(&mut self, message: &Message) -> Vec<Share> {
        let api = message.api();
        let shares = match (&message.body, message.channel) {
            (_, Channel::Raft) => Vec::new(),
            (Body::Request { request: Request::Produce(request), .. }, _) => {
                let parts = request.topic_data.iter().flat_map(|topic| {
                    topic.partition_data.iter().map(|part| (topic.topic_id, part.index, part.records.as_ref()))
                });
                let parts: Vec<_> = parts.collect();
                parts
                    .into_iter()
                    .map(|(topic, index, data)| self.data(FlightKind::Produce, topic, index, data))
                    .collect()
            }
            (Body::Response(Response::Produce(response)), _) => {
                let parts = response.responses.iter().flat_map(|topic| {
                    topic.partition_responses.iter().map(|part| (topic.topic_id, part.index, part.error_code))
                });
                parts
                    .map(|(topic, index, error)| Share {
                        error: named(error),
                        ..Share::plain(self.row_by_id(topic, index), FlightKind::Ack, "ack")
                    })
                    .collect()
            }
            (Body::Request { request: Request::Fetch(request), .. }, _) => {
                let parts = request.topics.iter().flat_map(|topic| {
                    topic.partitions.iter().map(|part| (topic.topic_id, part.partition, part.fetch_offset))
                });
                parts
                    .map(|(topic, index, offset)| {
                        Share::plain(self.row_by_id(topic, index), FlightKind::Fetch, format!("{offset}?"))
                    })
                    .collect()
            }
            (Body::Response(Response::Fetch(response)), _) => {
                let parts = response.responses.iter().flat_map(|topic| {
                    let id = topic.topic_id;
                    topic
                        .partitions
                        .iter()
                        .map(move |part| (id, part.partition_index, part.records.as_ref(), part.error_code))
                });
                let parts: Vec<_> = parts.collect();
                let any = parts.iter().any(|(_, _, data, error)| has_records(*data) || *error != ErrorCode::None);
                let told = |(_, _, data, error): &(Uuid, i32, Option<&Records>, ErrorCode)| {
                    !any || has_records(*data) || *error != ErrorCode::None
                };
                let parts: Vec<_> = parts.into_iter().filter(told).collect();
                parts
                    .into_iter()
                    .map(|(topic, index, data, error)| Share {
                        error: named(error),
                        ..self.data(FlightKind::Records, topic, index, data)
                    })
                    .collect()
            }
            _ => Vec::new(),
        };
        let visible: Vec<Share> = shares.into_iter().filter(|share| share.row.is_some()).collect();
        if !visible.is_empty() {
            return visible;
        }
        let kind = if api == ApiKey::BrokerHeartbeat { FlightKind::Heartbeat } else { FlightKind::Control };
        vec![Share::plain(None, kind, api.name())]
    }

    /// Records on their way; a response without any says so.
    fn data(&mut self, kind: FlightKind, topic: Uuid, index: i32, data: Option<&Records>) -> Share {
        let batches = data.map(|data| data.0.as_slice()).unwrap_or_default();
        let marks: Vec<KeyMark> = batches.iter().flat_map(|batch| records::marks_of(batch, self.marks)).collect();
        let row = self.row_by_id(topic, index);
        let label = if marks.is_empty() { "×0".to_owned() } else { String::new() };
        Share { records: marks.len() as u32, marks, ..Share::plain(row, kind, label) }
    }

    fn row_by_id(&self, topic: Uuid, partition: i32) -> Option<u32> {
        let name = self.image?.topic_names.get(&topic)?;
        self.row(&TopicPartition::new(name.clone(), partition))
    }

    /// What waits at a broker: fetches for more bytes, answers of acks=all for the high watermark.
    fn held(&self, found: &mut Vec<Flight>) {
        for id in self.world.nodes.keys() {
            let Some(broker) = self.world.broker(*id) else { continue };
            for held in broker.held_fetches() {
                let parts = held.request.topics.iter().flat_map(|topic| {
                    topic.partitions.iter().map(|part| (topic.topic_id, part.partition, part.fetch_offset))
                });
                for (topic, partition, offset) in parts {
                    let asked = |row| (row, FlightKind::Fetch, format!("{offset}?"), 0);
                    let flight = self.row_by_id(topic, partition).map(asked);
                    found.extend(flight.map(|shown| self.waiting(held.caller.process, *id, shown)));
                }
            }
            self.held_acks(*id, broker, found);
        }
    }

    /// One a row and producer, with the number of requests that wait.
    fn held_acks(&self, id: NodeId, broker: &Broker, found: &mut Vec<Flight>) {
        let mut waiting: BTreeMap<(u32, ProcessId), u32> = BTreeMap::new();
        for held in broker.held_produces() {
            for row in held.awaited.iter().filter_map(|awaited| self.row(&awaited.tp)) {
                *waiting.entry((row, held.caller.process)).or_default() += 1;
            }
        }
        for ((row, process), count) in waiting {
            let label = if count > 1 { format!("ack ×{count}") } else { "ack".to_owned() };
            let flight = self.waiting(process, id, (row, FlightKind::Ack, label, count));
            found.push(Flight { from: flight.to.clone(), to: flight.from.clone(), ..flight });
        }
    }

    /// Something of a process that waits at a broker. Its number is made of what it is, so that it stays the same.
    fn waiting(&self, asker: ProcessId, at: NodeId, shown: (u32, FlightKind, String, u32)) -> Flight {
        let (row, kind, label, records) = shown;
        let asked_by = match asker {
            ProcessId::Node(id) => u64::from(id.0.unsigned_abs()) << 1,
            ProcessId::Client(index) => u64::from(index.0) << 1 | 1,
        };
        Flight {
            message: u64::MAX
                ^ (u64::from(row) << 32 | (asked_by & 0x3fff_ffff) << 1 | u64::from(kind == FlightKind::Ack)),
            kind,
            state: FlightState::Held,
            from: self.place(asker),
            to: self.node_place(at),
            row: Some(row),
            sent_us: self.world.micros(),
            arrives_us: self.world.micros(),
            label,
            marks: Vec::new(),
            records,
            error: None,
        }
    }

    pub(super) fn next(&self) -> Option<NextEvent> {
        let start = self.world.start();
        let delivery = self.world.network.in_flight().next();
        let wake = self.world.next_wake();
        match (delivery, wake) {
            (Some(envelope), wake) if wake.is_none_or(|(at, _, _)| envelope.deliver_at <= at) => {
                let what = match &envelope.parcel {
                    Parcel::Message(message) if message.is_request() => message.api().name().to_owned(),
                    Parcel::Message(message) => format!("{} response", message.api().name()),
                    Parcel::Connect => "SYN".to_owned(),
                    Parcel::Accept => "SYN ACK".to_owned(),
                    Parcel::Reset => "RST".to_owned(),
                };
                let place = self.place(envelope.to);
                let at_us = envelope.deliver_at.micros_from(start);
                let about = self.about(&envelope.parcel);
                Some(NextEvent { at_us, what: Upcoming::Delivery { what, about, place } })
            }
            (_, Some((at, process, reason))) => {
                let what = Upcoming::Timer { what: reason_name(reason).to_owned(), place: self.place(process) };
                Some(NextEvent { at_us: at.micros_from(start), what })
            }
            (_, None) => None,
        }
    }
}

impl Projection<'_> {
    /// The partition that a message speaks of, if it is a single one in sight.
    fn about(&self, parcel: &Parcel) -> Option<String> {
        let Parcel::Message(message) = parcel else { return None };
        let named: Vec<(Uuid, i32)> = match &message.body {
            Body::Request { request: Request::Produce(request), .. } => {
                let topics = request.topic_data.iter();
                topics.flat_map(|topic| topic.partition_data.iter().map(|part| (topic.topic_id, part.index))).collect()
            }
            Body::Response(Response::Produce(response)) => {
                let topics = response.responses.iter();
                let parts = topics.flat_map(|it| it.partition_responses.iter().map(|part| (it.topic_id, part.index)));
                parts.collect()
            }
            Body::Request { request: Request::Fetch(request), .. } => {
                let topics = request.topics.iter();
                topics.flat_map(|topic| topic.partitions.iter().map(|part| (topic.topic_id, part.partition))).collect()
            }
            Body::Response(Response::Fetch(response)) => {
                let topics = response.responses.iter();
                let parts = topics.flat_map(|it| it.partitions.iter().map(|part| (it.topic_id, part.partition_index)));
                parts.collect()
            }
            _ => Vec::new(),
        };
        let [(topic, partition)] = named.as_slice() else { return None };
        self.row_by_id(*topic, *partition)?;
        let name = self.image?.topic_names.get(topic)?;
        Some(format!("{name}-{partition}"))
    }
}

fn has_records(data: Option<&Records>) -> bool {
    data.is_some_and(|data| !data.0.is_empty())
}

fn named(error: ErrorCode) -> Option<String> {
    (error != ErrorCode::None).then(|| error.name().to_owned())
}

/// A reason to wake up, by the config that sets its time where there is one.
fn reason_name(reason: WakeReason) -> &'static str {
    match reason {
        WakeReason::Startup => "startup",
        WakeReason::Linger => "linger.ms",
        WakeReason::BatchReady => "batch",
        WakeReason::RetryBackoff => "retry.backoff.ms",
        WakeReason::DeliveryTimeout => "delivery.timeout.ms",
        WakeReason::RequestTimeout => "request.timeout.ms",
        WakeReason::ReconnectBackoff => "reconnect.backoff.ms",
        WakeReason::ConnectionSetupTimeout => "socket.connection.setup.timeout.ms",
        WakeReason::MetadataRefresh => "metadata.max.age.ms",
        WakeReason::MaxBlock => "max.block.ms",
        WakeReason::FetchMaxWait => "fetch.max.wait.ms",
        WakeReason::FetchBackoff => "fetch back-off",
        WakeReason::Poll => "poll()",
        WakeReason::Processing => "process()",
        WakeReason::Heartbeat => "broker.heartbeat.interval.ms",
        WakeReason::SessionTimeout => "broker.session.timeout.ms",
        WakeReason::MetadataIdle => "metadata.max.idle.interval.ms",
        WakeReason::Load => "send()",
        WakeReason::ToolTimeout => "timeout",
        WakeReason::BrokerWork => "work",
        WakeReason::Election => "leader.imbalance.check.interval.seconds",
        WakeReason::IsrCheck => "replica.lag.time.max.ms",
        WakeReason::FetchRetry => "replica.fetch.backoff.ms",
        WakeReason::QuorumElection => "controller.quorum.election.timeout.ms",
        WakeReason::QuorumTimeout => "controller.quorum.fetch.timeout.ms",
    }
}

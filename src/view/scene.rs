//! [`Scene`]: everything the picture shows at one moment, as plain data.
//!
//! A scene is a pure function of the world and the playhead ([`super::project`]); drawing is a pure function of the scene
//! ([`super::picture`]). Times are microseconds since the start of the run, negative during the boot.

use serde::Serialize;

/// The whole picture at one moment.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Scene {
    /// The playhead: microseconds since the start of the run.
    pub now_us: i64,
    /// How many events of the world lie behind the playhead.
    pub step: u64,
    pub control: ControlStrip,
    pub brokers: Vec<BrokerCard>,
    /// One row a partition, in the order of the picture.
    pub rows: Vec<Row>,
    pub producers: Vec<ProducerCard>,
    pub consumers: Vec<ConsumerCard>,
    /// Record keys by first appearance.
    pub keys: Vec<KeyLegend>,
    pub flights: Vec<Flight>,
    /// The pairs of nodes whose link is cut, smaller id first.
    pub cuts: Vec<(i32, i32)>,
    /// The clients and nodes whose link is cut.
    pub client_cuts: Vec<(Place, Place)>,
    /// What happens next, and when.
    pub next: Option<NextEvent>,
    /// Rates by row; empty unless time runs so fast that single messages cannot be followed.
    pub flux: Vec<Flux>,
}

/// Records per second of virtual time in one row.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Flux {
    pub appended: f64,
    pub fetched: f64,
}

/// The mark of a record key: a hue doubled by a glyph. Hue 0 with glyph 0 is "no key".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Hash, PartialOrd, Ord)]
pub struct KeyMark {
    /// 1 to 8, or 0 for a record without a key.
    pub hue: u8,
    /// 1 to 8, or 0 for a record without a key.
    pub glyph: u8,
}

/// A key and the mark it has for the whole run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KeyLegend {
    pub key: String,
    pub mark: KeyMark,
}

/// The strip of the controllers above the brokers.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ControlStrip {
    pub voters: Vec<Voter>,
    pub active: Option<i32>,
    pub epoch: i32,
    /// The newest record of `__cluster_metadata`, in a few words: `PartitionChange orders-0 isr=[1,2]`.
    pub last_record: Option<String>,
    /// End offset of the metadata log.
    pub end_offset: i64,
}

/// A controller node.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Voter {
    pub id: i32,
    pub up: bool,
}

/// What a broker is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum NodeState {
    #[default]
    Up,
    /// Crashed; its disk is kept.
    Killed,
    /// Shut down in an orderly way.
    Stopped,
    /// The whole process stands still.
    Frozen,
    /// Reading its log after a crash.
    Recovering,
    /// Moving its leaders away before it stops.
    Draining,
}

impl NodeState {
    /// Whether there is no process any more.
    pub fn is_down(self) -> bool {
        matches!(self, NodeState::Killed | NodeState::Stopped)
    }

    /// Whether the process answers anything.
    pub fn serves(self) -> bool {
        matches!(self, NodeState::Up | NodeState::Draining)
    }
}

/// A broker.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct BrokerCard {
    pub id: i32,
    pub state: NodeState,
    pub fenced: bool,
    /// The delay that `sim slow` added, in microseconds.
    pub slowed_us: Option<u64>,
    pub rack: Option<String>,
    /// Also a controller (combined mode).
    pub combined: bool,
}

/// A partition: one row through the whole picture.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Row {
    pub topic: String,
    pub partition: i32,
    /// The leader that the metadata name, also while its process is down and no other is elected.
    pub leader: Option<i32>,
    /// The leader is down or stands still: whoever asks it gets no answer.
    pub leader_silent: bool,
    pub leader_epoch: i32,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub elr: Vec<i32>,
    pub min_isr: i32,
    pub lanes: Vec<Lane>,
}

impl Row {
    /// `orders-0`.
    pub fn tp(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }

    /// The lane that sets the row's window: the leader's, or the longest log while there is no leader.
    pub fn reference(&self) -> Option<&Lane> {
        self.lane_of(self.leader).or_else(|| self.lanes.iter().max_by_key(|lane| lane.log_end_offset))
    }

    /// The leader's lane.
    pub fn lane_of(&self, broker: Option<i32>) -> Option<&Lane> {
        self.lanes.iter().find(|lane| Some(lane.broker) == broker)
    }

    /// Fewer in-sync replicas than replicas.
    pub fn under_replicated(&self) -> bool {
        self.isr.len() < self.replicas.len()
    }

    /// How much the row needs attention: a leader that is missing or silent, or writes refused, is worse than a replica
    /// that lags.
    pub fn trouble(&self) -> Tone {
        if self.leader.is_none() || self.leader_silent || self.below_min_isr() {
            Tone::Failing
        } else if self.under_replicated() {
            Tone::Lagging
        } else {
            Tone::Plain
        }
    }

    /// The leader refuses what this producer writes: acks=all needs `min.insync.replicas` in sync.
    pub fn refuses(&self, producer: Option<&ProducerCard>) -> bool {
        let all = producer.is_some_and(|producer| producer.acks_all);
        all && self.leader.is_some() && !self.leader_silent && self.below_min_isr()
    }

    /// Fewer in-sync replicas than `min.insync.replicas`.
    pub fn below_min_isr(&self) -> bool {
        (self.isr.len() as i64) < i64::from(self.min_isr)
    }
}

/// A replica's role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Role {
    Leader,
    #[default]
    Follower,
    /// Its broker is down; the disk may be kept.
    Offline,
}

/// One replica of a partition on one broker.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Lane {
    pub broker: i32,
    pub role: Role,
    pub log_start_offset: i64,
    pub high_watermark: i64,
    pub log_end_offset: i64,
    /// Base offsets of the segments, ascending.
    pub segments: Vec<i64>,
    /// The newest records of the log, ascending; at most [`TILES`].
    pub tiles: Vec<Tile>,
}

/// How many records of a lane a scene holds: more than any screen shows at once.
pub const TILES: u32 = 64;

/// A record in a log.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Tile {
    pub offset: i64,
    pub mark: KeyMark,
    pub kind: TileKind,
    /// Base offset of the batch that holds it.
    pub batch: i64,
    /// The first bytes of the key as text; `None` for a null key.
    pub key: Option<String>,
    pub value: Option<String>,
}

/// What a tile stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum TileKind {
    #[default]
    Record,
    /// A null value.
    Tombstone,
    CommitMarker,
    AbortMarker,
}

/// A client's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum ClientState {
    #[default]
    Running,
    Frozen,
    Crashed,
    Closed,
}

/// A producer.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ProducerCard {
    pub name: String,
    pub state: ClientState,
    /// Its config in a few words: `acks=all linger.ms=5`.
    pub config: String,
    /// It waits for all replicas in sync (`acks=all`).
    pub acks_all: bool,
    /// The bytes that the serializer made of the last key.
    pub serialized: Vec<u8>,
    /// The partition that the partitioner chose last.
    pub partitioned: Option<i32>,
    /// A steady load runs.
    pub loaded: bool,
    pub acked: u64,
    pub failed: u64,
    pub queues: Vec<Queue>,
}

/// A producer's accumulator for one row.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Queue {
    /// Index into [`Scene::rows`].
    pub row: u32,
    /// Marks of the records in the open batch.
    pub open: Vec<KeyMark>,
    /// Records that wait in batches which are closed but not sent.
    pub waiting: u32,
    pub bytes: u32,
    /// `linger.ms` in microseconds, and how long the oldest record has waited.
    pub linger_us: u64,
    pub waited_us: u64,
    /// Batches sent and kept until their answer is here.
    pub kept: Vec<KeptBatch>,
}

/// A batch that the producer keeps until it is acknowledged.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct KeptBatch {
    pub marks: Vec<KeyMark>,
    pub records: u32,
    /// Sequence number of its first record; `None` without idempotence.
    pub base_sequence: Option<i32>,
    pub state: KeptState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum KeptState {
    #[default]
    AwaitingAck,
    AckOnItsWay,
    /// Waits for its next attempt; the number of attempts so far.
    Retrying(u32),
}

/// A consumer.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ConsumerCard {
    pub name: String,
    pub state: ClientState,
    pub group: Option<String>,
    pub delivered: u64,
    pub positions: Vec<Position>,
}

/// Where a consumer stands in one row.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Position {
    /// Index into [`Scene::rows`].
    pub row: u32,
    /// The next offset that `poll()` returns; `None` until it is known.
    pub position: Option<i64>,
    pub committed: Option<i64>,
    pub paused: bool,
    /// Records delivered in each of the last slices of time, oldest first (the bars under the scale).
    pub delivered: Vec<u32>,
}

/// Somewhere a message comes from or goes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub enum Place {
    Broker(i32),
    Controller(i32),
    /// Index into [`Scene::producers`].
    Producer(u32),
    /// Index into [`Scene::consumers`].
    Consumer(u32),
    /// A command-line tool, which has no card.
    Tool(String),
}

/// What a message is, for its shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum FlightKind {
    /// Records on their way to a leader.
    Produce,
    /// The answer to a produce request.
    Ack,
    /// Asks for records from an offset.
    Fetch,
    /// Records on their way to whoever asked.
    Records,
    /// Everything else: metadata, registration, heartbeats, tools.
    Control,
    /// A heartbeat: a beat in the wire.
    Heartbeat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum FlightState {
    #[default]
    Flying,
    /// Waits at the broker (purgatory).
    Held,
    /// Sent into a link that is cut.
    Stuck,
}

/// A message on its way, or one partition's share of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Flight {
    /// Identity of the message in the run.
    pub message: u64,
    pub kind: FlightKind,
    pub state: FlightState,
    pub from: Place,
    pub to: Place,
    /// The row it runs along; `None` takes the control wire.
    pub row: Option<u32>,
    pub sent_us: i64,
    /// When it arrives; for a held or stuck one, when it was sent.
    pub arrives_us: i64,
    /// What its capsule says: `46?`, `NOT_ENOUGH_REPLICAS`, `Metadata`.
    pub label: String,
    pub marks: Vec<KeyMark>,
    pub records: u32,
    /// Name of the error it carries.
    pub error: Option<String>,
}

impl Flight {
    /// How far along its path it is at `now_us`: 0 when sent, 1 on arrival; `None` before or after.
    pub fn progress(&self, now_us: f64) -> Option<f64> {
        let span = (self.arrives_us - self.sent_us) as f64;
        let gone = now_us - self.sent_us as f64;
        if gone < 0.0 || gone > span {
            return None;
        }
        Some(if span > 0.0 { gone / span } else { 1.0 })
    }
}

/// What the world does next.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct NextEvent {
    pub at_us: i64,
    pub what: Upcoming,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub enum Upcoming {
    /// A message arrives: its name, the partition if it speaks of a single one, and where.
    Delivery {
        what: String,
        about: Option<String>,
        place: Place,
    },
    /// A process wakes up for a reason such as `linger.ms`.
    Timer {
        what: String,
        place: Place,
    },
    Command,
}

/// The row of the timeline that an event belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Track {
    Produce,
    Replicate,
    Consume,
    Control,
}

/// How loud an event is on the timeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Tone {
    Plain,
    /// An ISR change: amber.
    Lagging,
    /// A fault: red.
    Failing,
}

/// One event as the timeline and the list show it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EventLine {
    /// Its place among all events of the run.
    pub number: u64,
    /// The step of the simulation that brought it; several events may share one.
    pub step: u64,
    pub at_us: i64,
    pub track: Track,
    pub tone: Tone,
    /// Kafka's name for it, `BatchAppended`.
    pub name: String,
    /// Its fields, `orders-0 base_offset=46 records=2`.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flight_is_nowhere_before_it_is_sent_and_after_it_arrived() {
        let flight = Flight {
            message: 1,
            kind: FlightKind::Fetch,
            state: FlightState::Flying,
            from: Place::Consumer(0),
            to: Place::Broker(1),
            row: Some(0),
            sent_us: 100,
            arrives_us: 300,
            label: "0?".into(),
            marks: Vec::new(),
            records: 0,
            error: None,
        };
        assert_eq!(flight.progress(99.0), None);
        assert_eq!(flight.progress(150.0), Some(0.25));
        assert_eq!(flight.progress(300.0), Some(1.0));
        assert_eq!(flight.progress(301.0), None);
    }
}

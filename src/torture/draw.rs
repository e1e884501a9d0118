//! Schedules from seeds.

use crate::rng::Rng;

/// Console lines for a fresh cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub brokers: u32,
    /// One, or three.
    pub controllers: u32,
    /// Topics and clients: never left out when a schedule is made shorter.
    pub opening: Vec<String>,
    /// Faults, work and time.
    pub body: Vec<String>,
    /// Everything is mended, and has time to come to rest.
    pub closing: Vec<String>,
}

/// A kind of line that a schedule may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Kill,
    KillLeader,
    Stop,
    Freeze,
    Cut,
    CutClient,
    Isolate,
    Slow,
    Controller,
    Quorum,
    CutQuorum,
    PowerOff,
    Blackout,
    Destroy,
    Elect,
    Grow,
    DeleteRecords,
    CrashClient,
    Reassign,
}

const KINDS: [Kind; 19] = [
    Kind::Kill,
    Kind::KillLeader,
    Kind::Stop,
    Kind::Freeze,
    Kind::Cut,
    Kind::CutClient,
    Kind::Isolate,
    Kind::Slow,
    Kind::Controller,
    Kind::Quorum,
    Kind::CutQuorum,
    Kind::PowerOff,
    Kind::Blackout,
    Kind::Destroy,
    Kind::Elect,
    Kind::Grow,
    Kind::DeleteRecords,
    Kind::CrashClient,
    Kind::Reassign,
];

struct Producer {
    name: String,
    line: String,
    topic: &'static str,
}

const TOPICS: [&str; 2] = ["a", "b"];

/// Who there is.
#[derive(Clone, Copy)]
struct Nodes {
    brokers: u32,
    controllers: u32,
}

impl Nodes {
    fn controllers(self) -> impl Iterator<Item = u32> {
        101..101 + self.controllers
    }

    fn all(self) -> impl Iterator<Item = u32> {
        (1..=self.brokers).chain(self.controllers())
    }

    fn any_controller(self, rng: &mut Rng) -> u32 {
        101 + rng.below(self.controllers)
    }
}

impl Schedule {
    /// The schedule of a seed.
    pub fn draw(seed: u64) -> Schedule {
        let mut rng = Rng::stream(seed, "torture");
        let brokers = 2 + rng.below(4);
        let controllers = [1, 3, 3][rng.below(3) as usize];
        let nodes = Nodes { brokers, controllers };
        let mut opening = Vec::new();
        let topics = 1 + rng.below(2);
        for topic in TOPICS.iter().take(topics as usize) {
            opening.push(topic_line(&mut rng, topic, brokers));
        }
        opening.push("sim advance 1s".to_string());
        let producers: Vec<Producer> = (0..1 + rng.below(3)).map(|n| producer(&mut rng, n, topics)).collect();
        opening.extend(producers.iter().map(|producer| producer.line.clone()));
        opening.extend(producers.iter().map(|producer| load(&mut rng, producer, 300)));
        if rng.below(2) == 0 {
            opening.push("sim client add reader --consumer --topics a auto.offset.reset=earliest".to_string());
        }
        let kinds = swarm(&mut rng);
        let mut body = Vec::new();
        for _ in 0..4 + rng.below(16) {
            body.extend(event(&mut rng, &kinds, nodes, &producers, topics));
            body.push(format!("sim advance {}ms", pause(&mut rng)));
        }
        let mut closing = vec!["sim heal all".to_string()];
        for node in nodes.all() {
            closing.push(format!("sim thaw {node}"));
            closing.push(format!("sim start {node}"));
        }
        closing.extend((1..=brokers).map(|node| format!("sim slow broker {node} off")));
        // A broker that was told to stop and found no controller stops only now.
        closing.push("sim advance 60s".to_string());
        closing.extend(nodes.all().map(|node| format!("sim start {node}")));
        closing.extend(producers.iter().map(|producer| format!("sim load stop {}", producer.name)));
        // Longer than the longest fetch time-out, session, delivery time-out and ISR lag one after the other.
        closing.push("sim advance 240s".to_string());
        Schedule { seed, brokers, controllers, opening, body, closing }
    }

    /// The lines between the fresh cluster and the last look.
    pub fn lines(&self) -> impl Iterator<Item = &String> {
        self.opening.iter().chain(&self.body).chain(&self.closing)
    }

    /// A script for `highwater console --keep-going`.
    pub fn script(&self) -> String {
        let Schedule { seed, brokers, controllers, .. } = self;
        let first = format!("sim new --preset trio --brokers {brokers} --controllers {controllers} --seed {seed}\n");
        let lines: String = self.lines().map(|line| format!("{line}\n")).collect();
        format!("{first}{lines}sim check\n")
    }
}

fn topic_line(rng: &mut Rng, topic: &str, brokers: u32) -> String {
    let factor = 1 + rng.below(brokers.min(3));
    let min_isr = 1 + rng.below(factor);
    let unclean = rng.below(5) == 0;
    format!(
        "kafka-topics --create --topic {topic} --partitions {} --replication-factor {factor} --config \
         min.insync.replicas={min_isr} --config unclean.leader.election.enable={unclean}",
        1 + rng.below(2)
    )
}

fn producer(rng: &mut Rng, number: u32, topics: u32) -> Producer {
    let name = format!("p{number}");
    let topic = TOPICS[rng.below(topics) as usize];
    let acks = ["all", "all", "1", "0"][rng.below(4) as usize];
    let mut line = format!("sim client add {name} --producer acks={acks}");
    if acks == "all" && rng.below(3) == 0 {
        line.push_str(" enable.idempotence=false");
    }
    for (key, values) in [
        ("linger.ms", &["0", "5", "50"][..]),
        ("delivery.timeout.ms", &["120000", "6000"]),
        ("batch.size", &["16384", "200"]),
    ] {
        if rng.below(2) == 0 {
            let value = values[rng.below(values.len() as u32) as usize];
            line.push_str(&format!(" {key}={value}"));
            if key == "delivery.timeout.ms" && value == "6000" {
                line.push_str(" request.timeout.ms=3000");
            }
        }
    }
    Producer { name, line, topic }
}

/// Up to so many records, in a burst or spread over a while.
fn load(rng: &mut Rng, producer: &Producer, most: u32) -> String {
    let (count, every) = (1 + rng.below(most), [1, 10, 100, 400][rng.below(4) as usize]);
    let Producer { name, topic, .. } = producer;
    format!("sim produce {name} --topic {topic} --keys k1,k2,k3 --count {count} --every {every}ms")
}

/// About half of the kinds, at least one.
fn swarm(rng: &mut Rng) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = KINDS.into_iter().filter(|_| rng.below(2) == 0).collect();
    if rng.below(4) != 0 {
        // A lost disk ends most promises: it is rare, so that the others are put to the test.
        kinds.retain(|kind| *kind != Kind::Destroy);
    }
    if kinds.is_empty() {
        kinds.push(KINDS[rng.below(KINDS.len() as u32) as usize]);
    }
    kinds
}

/// Milliseconds between two lines: a race, a fetch, a session, the lag after which a replica leaves the ISR.
fn pause(rng: &mut Rng) -> u32 {
    match rng.below(12) {
        0..=2 => 1 + rng.below(20),
        3..=5 => 20 + rng.below(700),
        6..=8 => 700 + rng.below(4_000),
        9 | 10 => 4_000 + rng.below(12_000),
        _ => 30_000 + rng.below(20_000),
    }
}

/// A fault, the end of one, or more work.
fn event(rng: &mut Rng, kinds: &[Kind], nodes: Nodes, producers: &[Producer], topics: u32) -> Vec<String> {
    let brokers = nodes.brokers;
    let node = 1 + rng.below(brokers);
    match rng.below(10) {
        0..=2 => {
            let producer = &producers[rng.below(producers.len() as u32) as usize];
            vec![load(rng, producer, 60)]
        }
        3 => vec![format!("sim start {node}"), format!("sim thaw {node}")],
        4 if rng.below(2) == 0 => vec!["sim heal all".to_string()],
        4 => nodes.controllers().map(|node| format!("sim thaw {node}")).collect(),
        5 => nodes.all().map(|node| format!("sim start {node}")).collect(),
        _ => {
            let kind = kinds[rng.below(kinds.len() as u32) as usize];
            let topic = TOPICS[rng.below(topics) as usize];
            match kind {
                Kind::DeleteRecords => delete_records(rng, topic),
                Kind::Reassign => reassign(rng, topic, brokers),
                // Two of three, which is too many; or the only one.
                Kind::Quorum => {
                    let (spared, way) =
                        (nodes.any_controller(rng), ["kill", "freeze", "power-off"][rng.below(3) as usize]);
                    let struck = nodes.controllers().filter(|id| nodes.controllers == 1 || *id != spared);
                    struck.map(|id| format!("sim {way} {id}")).collect()
                }
                // One of the controllers is alone, or one way is missing.
                Kind::CutQuorum => {
                    let (one, other) = (nodes.any_controller(rng), nodes.any_controller(rng));
                    let ends = nodes.controllers().filter(|id| *id != one && (other == one || *id == other));
                    ends.map(|id| format!("sim cut {one} {id}")).collect()
                }
                // Every machine, as when the power of a room fails.
                Kind::Blackout => {
                    let all = nodes.all().map(|id| format!("sim power-off {id}"));
                    let back = nodes.all().map(|id| format!("sim start {id}"));
                    all.chain([format!("sim advance {}ms", pause(rng))]).chain(back).collect()
                }
                _ => vec![fault(rng, kind, node, nodes, producers, topics)],
            }
        }
    }
}

fn delete_records(rng: &mut Rng, topic: &str) -> Vec<String> {
    let offset = i64::from(rng.below(30)) - 1;
    let json = format!(r#"{{"version":1,"partitions":[{{"topic":"{topic}","partition":0,"offset":{offset}}}]}}"#);
    vec![
        format!("printf '{json}' > /delete.json"),
        "kafka-delete-records --offset-json-file /delete.json &".to_string(),
    ]
}

fn reassign(rng: &mut Rng, topic: &str, brokers: u32) -> Vec<String> {
    let first = rng.below(brokers);
    let count = 1 + rng.below(brokers.min(3));
    let replicas: Vec<String> = (0..count).map(|n| (1 + (first + n) % brokers).to_string()).collect();
    let json = format!(
        r#"{{"version":1,"partitions":[{{"topic":"{topic}","partition":0,"replicas":[{}]}}]}}"#,
        replicas.join(",")
    );
    vec![
        format!("printf '{json}' > /move.json"),
        "kafka-reassign-partitions --reassignment-json-file /move.json --execute &".to_string(),
    ]
}

fn fault(rng: &mut Rng, kind: Kind, node: u32, nodes: Nodes, producers: &[Producer], topics: u32) -> String {
    let brokers = nodes.brokers;
    let topic = TOPICS[rng.below(topics) as usize];
    let client = &producers[rng.below(producers.len() as u32) as usize].name;
    let other = 1 + (node + rng.below(brokers - 1)) % brokers;
    match kind {
        Kind::Kill => format!("sim kill {node}"),
        Kind::KillLeader => format!("sim kill leader:{topic}-0"),
        Kind::Stop => format!("sim stop {node}"),
        Kind::Freeze => format!("sim freeze {node}"),
        Kind::Cut => format!("sim cut {node} {other}"),
        Kind::CutClient => format!("sim cut {client} {node}"),
        Kind::Isolate => format!("sim isolate {node}"),
        Kind::Slow => format!("sim slow broker {node} {}ms", [20, 300, 2_000][rng.below(3) as usize]),
        Kind::Controller => {
            let way = ["kill", "stop", "freeze"][rng.below(3) as usize];
            format!("sim {way} {}", nodes.any_controller(rng))
        }
        Kind::PowerOff => format!("sim power-off {node}"),
        Kind::Destroy => format!("sim destroy {node}"),
        Kind::Elect => {
            let election = ["preferred", "unclean"][usize::from(rng.below(4) == 0)];
            format!("kafka-leader-election --election-type {election} --all-topic-partitions &")
        }
        Kind::Grow => format!("kafka-topics --alter --topic {topic} --partitions {} &", 2 + rng.below(3)),
        // The others are more than one line.
        _ => {
            format!("sim {} {client}", ["crash", "close", "start"][rng.below(3) as usize])
        }
    }
}

//! A typist with a seed: writes scripts of console lines, good and bad, and of commands as a page would give them.

use std::fmt;
use std::sync::Arc;

use highwater::kafka::client::producer::application::SendMode;
use highwater::kafka::ids::{ClientIndex, NodeId, ProcessId, TopicPartition};
use highwater::rng::Rng;
use highwater::sim::command::{ClientCall, Command};
use highwater::time::SimDuration;

#[derive(Clone, PartialEq, Debug)]
pub enum Entry {
    Line(String),
    Command(Command),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Line(line) => f.write_str(line),
            Entry::Command(command) => write!(f, "command {}", serde_json::to_string(command).map_err(|_| fmt::Error)?),
        }
    }
}

/// The script of a seed: it begins with a topic and clients, so that most of the rest means something.
pub fn script(seed: u64) -> Vec<Entry> {
    let mut typist = Typist { rng: Rng::stream(seed, "typist") };
    let mut entries = Vec::new();
    for opening in typist.opening() {
        entries.push(Entry::Line(opening));
    }
    for _ in 0..typist.between(6, 18) {
        let line = typist.line();
        entries.push(match typist.rng.below(20) {
            0 => Entry::Line(typist.spoiled(&line)),
            1 => Entry::Command(typist.command()),
            _ => Entry::Line(line),
        });
    }
    entries
}

struct Typist {
    rng: Rng,
}

const TOPICS: &[&str] = &["orders", "orders", "orders", "t.a", "clicks"];
const PRODUCERS: &[&str] = &["shop", "web", "zip"];
const CONSUMERS: &[&str] = &["reader", "late", "hand"];
const NODES: &[&str] =
    &["1", "2", "3", "1", "2", "3", "101", "leader:orders-0", "$(leader orders-1)", "$(controller)", "all"];

impl Typist {
    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.rng.below(words.len() as u32) as usize]
    }

    /// Both ends are possible.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.rng.below(high - low + 1)
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.rng.below(n) == 0
    }

    fn time(&mut self) -> String {
        match self.rng.below(4) {
            0 => format!("{}ms", self.between(1, 60)),
            1 => format!("{}ms", self.between(100, 900)),
            2 => format!("{}s", self.between(1, 3)),
            _ => format!("{}.{}s", self.between(0, 5), self.between(1, 9)),
        }
    }

    fn client(&mut self) -> &'static str {
        if self.one_in(2) { self.pick(PRODUCERS) } else { self.pick(CONSUMERS) }
    }

    fn process(&mut self) -> &'static str {
        if self.one_in(3) { self.pick(NODES) } else { self.client() }
    }

    fn tp(&mut self) -> String {
        format!("{}-{}", self.pick(TOPICS), self.between(0, 3))
    }

    fn opening(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.one_in(4) {
            let (preset, seed) = (self.pick(&["solo", "dev", "trio"]), self.between(1, 999));
            lines.push(format!("sim new --preset {preset} --seed {seed}"));
        }
        if !self.one_in(4) {
            let partitions = self.between(1, 4);
            lines
                .push(format!("kafka-topics --create --topic orders --partitions {partitions}{}", self.topic_config()));
        }
        let name = self.pick(PRODUCERS);
        lines.push(format!("sim client add {name} --producer{}", self.producer_config()));
        let name = self.pick(CONSUMERS);
        lines.push(format!("sim client add {name} --consumer --topics orders{}", self.consumer_config()));
        if self.one_in(2) {
            lines.push(self.load());
        }
        lines
    }

    fn topic_config(&mut self) -> &'static str {
        self.pick(&[
            "",
            "",
            "",
            " --replication-factor 1",
            " --config retention.ms=1000 --config segment.ms=500",
            " --config segment.bytes=1048576",
            " --config message.timestamp.type=LogAppendTime",
            " --config max.message.bytes=300",
            " --config compression.type=gzip",
            " --config nonsense=1",
        ])
    }

    fn producer_config(&mut self) -> String {
        let choices = [
            "linger.ms=0",
            "linger.ms=30",
            "batch.size=200",
            "batch.size=0",
            "acks=0",
            "acks=1",
            "acks=all",
            "enable.idempotence=false",
            "enable.idempotence=true",
            "max.in.flight.requests.per.connection=1",
            "retries=0",
            "retries=2",
            "compression.type=gzip",
            "compression.type=snappy",
            "compression.type=lz4",
            "buffer.memory=900",
            "max.block.ms=300",
            "request.timeout.ms=400",
            "delivery.timeout.ms=1500",
            "max.request.size=200",
            "partitioner.ignore.keys=true",
            "acks=maybe",
        ];
        self.some_of(&choices)
    }

    fn consumer_config(&mut self) -> String {
        let choices = [
            "auto.offset.reset=earliest",
            "auto.offset.reset=none",
            "auto.offset.reset=by_duration:PT1S",
            "process.ms=15",
            "poll=manual",
            "max.poll.records=3",
            "fetch.min.bytes=400",
            "fetch.max.wait.ms=50",
            "max.partition.fetch.bytes=150",
            "request.timeout.ms=700",
            "check.crcs=maybe",
        ];
        self.some_of(&choices)
    }

    fn some_of(&mut self, choices: &[&str]) -> String {
        let mut text = String::new();
        for _ in 0..self.rng.below(4) {
            text = format!("{text} {}", self.pick(choices));
        }
        text
    }

    fn load(&mut self) -> String {
        let (name, topic) = (self.pick(PRODUCERS), self.pick(TOPICS));
        let (rate, lasts) = (self.between(1, 120), self.time());
        let extra = self.pick(&["", " --size 40", " --size 400", " --profile mixed", " --profile orders"]);
        format!("sim load {name} --topic {topic} --rate {rate} --for {lasts}{extra}")
    }

    fn line(&mut self) -> String {
        match self.rng.below(24) {
            0..=4 => format!("sim advance {}", self.time()),
            5 | 6 => self.produce(),
            7 | 8 => self.load(),
            9 | 10 => self.lives(),
            11 | 12 => self.faults(),
            13 => self.clients(),
            14 | 15 => self.calls(),
            16 => self.travel(),
            17 | 18 => self.topics(),
            19 | 20 => self.tools(),
            21 => self.looks(),
            22 => format!("sim step {}", self.between(1, 200)),
            _ => format!("{} ; {}", self.faults(), self.produce()),
        }
    }

    fn produce(&mut self) -> String {
        let (name, topic) = (self.pick(PRODUCERS), self.pick(TOPICS));
        let count = self.between(1, 30);
        let extra = self.pick(&[
            "",
            " --keys a,b,c",
            " --key k --every 2ms",
            " --null --key k",
            " --header h=v",
            " --partition 0",
            " --partition 7",
            " --timestamp 1767225600500",
            " --size 500",
            " --mode sync",
            " --mode forget",
        ]);
        let wait = self.pick(&["", "", " --wait sent", " --wait appended", " --wait acked"]);
        format!("sim produce {name} --topic {topic} --count {count}{extra}{wait}")
    }

    fn lives(&mut self) -> String {
        match self.rng.below(10) {
            0 | 1 => format!("sim kill {}", self.pick(NODES)),
            2 => format!("sim stop {}", self.pick(NODES)),
            3 | 4 => format!("sim start {}", self.pick(NODES)),
            5 => "sim start 1 2 3".to_string(),
            6 => format!("sim start {}", self.client()),
            7 => format!("sim close {}", self.client()),
            8 => format!("sim crash {}", self.client()),
            _ => format!("sim kill {0} ; sim advance {1} ; sim start {0}", self.between(1, 3), self.time()),
        }
    }

    fn faults(&mut self) -> String {
        match self.rng.below(9) {
            0 | 1 => format!("sim cut {} {}", self.process(), self.process()),
            2 => format!("sim heal {} {}", self.process(), self.process()),
            3 => "sim heal all".to_string(),
            4 => format!("sim isolate {}", self.between(1, 3)),
            5 => format!("sim slow broker {} {}", self.between(1, 3), self.time()),
            6 => format!("sim slow broker {} off", self.between(1, 3)),
            7 => format!("sim freeze {}", self.process()),
            _ => format!("sim thaw {}", self.process()),
        }
    }

    fn clients(&mut self) -> String {
        match self.rng.below(5) {
            0 => format!("sim client add {} --producer{}", self.pick(PRODUCERS), self.producer_config()),
            1 => {
                let (name, topic) = (self.pick(CONSUMERS), self.pick(TOPICS));
                format!("sim client add {name} --consumer --topics {topic}{}", self.consumer_config())
            }
            2 => {
                let (name, tp) = (self.pick(CONSUMERS), self.tp());
                format!("sim client add {name} --consumer --assign {tp}{}", self.consumer_config())
            }
            3 => format!("sim client {} set{}", self.pick(PRODUCERS), self.producer_config()),
            _ => format!("sim client {} set{}", self.pick(CONSUMERS), self.consumer_config()),
        }
    }

    fn calls(&mut self) -> String {
        let (name, tp) = (self.pick(CONSUMERS), self.tp());
        match self.rng.below(9) {
            0 => format!("sim client {name} poll --timeout {}", self.time()),
            1 => format!("sim client {name} seek {tp} {}", self.between(0, 60)),
            2 => format!("sim client {name} seek {tp} beginning"),
            3 => format!("sim client {name} seek {tp} end"),
            4 => format!("sim client {name} pause {tp}"),
            5 => format!("sim client {name} resume {tp}"),
            6 => format!("sim client {name} assign {tp},{}", self.tp()),
            7 => format!("sim client {} flush", self.pick(PRODUCERS)),
            _ => format!("sim load stop {}", self.pick(PRODUCERS)),
        }
    }

    fn travel(&mut self) -> String {
        match self.rng.below(6) {
            0 => "sim checkpoint here".to_string(),
            1 => "sim restore here".to_string(),
            2 | 3 => format!("sim seek {}", self.time()),
            _ => "sim undo".to_string(),
        }
    }

    fn topics(&mut self) -> String {
        let topic = self.pick(TOPICS);
        match self.rng.below(6) {
            0 | 1 => format!(
                "kafka-topics --create --topic {topic} --partitions {}{}",
                self.between(0, 5),
                self.topic_config()
            ),
            2 => format!("kafka-topics --delete --topic {topic}"),
            3 => {
                format!("kafka-topics --delete --topic {topic} ; kafka-topics --create --topic {topic} --partitions 2")
            }
            4 => format!("kafka-topics --alter --topic {topic} --partitions {}", self.between(1, 6)),
            _ => format!("kafka-topics --describe --topic {topic}"),
        }
    }

    fn tools(&mut self) -> String {
        let topic = self.pick(TOPICS);
        match self.rng.below(7) {
            0 | 1 => format!("printf 'x\\ny:z\\n\\n' | kafka-console-producer --topic {topic}"),
            2 => format!(
                "printf 'k:v\\nbad\\n' | kafka-console-producer --topic {topic} --reader-property parse.key=true \
                 --reader-property key.separator=:"
            ),
            3 => format!(
                "kafka-console-consumer --topic {topic} --from-beginning --max-messages {} --timeout-ms {}",
                self.between(1, 20),
                self.between(100, 1500)
            ),
            4 => format!("kafka-console-consumer --topic {topic} --partition 0 --offset 2 --timeout-ms 900 &"),
            5 => {
                format!("kafka-get-offsets --topic {topic} --time {}", self.pick(&["-1", "-2", "-3", "1767225601000"]))
            }
            _ => format!("kafka-dump-log --files /brokers/1/{topic}-0/00000000000000000000.log --print-data-log"),
        }
    }

    fn looks(&mut self) -> String {
        let (process, tp) = (self.process(), self.tp());
        match self.rng.below(8) {
            0 => "sim state".to_string(),
            1 => "sim events --grep Acked".to_string(),
            2 => format!("sim logs {process}"),
            3 => "cat > /notes".to_string(),
            4 => format!("sim step --until hw:{tp}={} --for 2s", self.between(1, 20)),
            5 => format!("sim step --until leader:{tp}=none --for 3s"),
            6 => "sim step --until idle --for 2s".to_string(),
            _ => "! sim step --until event:SendFailed --for 1s".to_string(),
        }
    }

    /// A line with something wrong: a character changed, dropped or doubled, a word lost or moved.
    fn spoiled(&mut self, line: &str) -> String {
        let mut characters: Vec<char> = line.chars().collect();
        for _ in 0..self.between(1, 3) {
            let place = self.rng.below(characters.len() as u32) as usize;
            match self.rng.below(5) {
                0 => {
                    characters[place] = *self.rng_choice(&[
                        '\'', '"', '\\', '$', '(', '|', '&', ';', '!', '<', '>', '-', ',', '=', 'é', '\u{0}', ' ',
                    ])
                }
                1 => characters.insert(place, *self.rng_choice(&['-', ' ', '"', '$', ')', '한', ':', '.'])),
                2 => characters.truncate(place + 1),
                3 if characters[place] != 's' => drop(characters.remove(place)),
                _ => characters.rotate_left(place),
            }
            if characters.is_empty() {
                return String::new();
            }
        }
        characters.into_iter().collect()
    }

    fn rng_choice<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.rng.below(items.len() as u32) as usize]
    }

    /// A process by its id, which may not exist.
    fn process_id(&mut self) -> ProcessId {
        match self.rng.below(3) {
            0 => ProcessId::Client(ClientIndex(self.rng.below(6))),
            _ => ProcessId::Node(NodeId(*self.rng_choice(&[1, 2, 3, 101, 7, -1]))),
        }
    }

    /// A command as it stands in a recording, sensible or not.
    fn command(&mut self) -> Command {
        let (process, other) = (self.process_id(), self.process_id());
        let name: Arc<str> = Arc::from(self.client());
        let node = NodeId(*self.rng_choice(&[1, 2, 3, 101, 9]));
        let extra = SimDuration::from_millis(u64::from(self.rng.below(300)));
        let tp = TopicPartition::new(self.pick(&["orders", "", "no such"]), self.rng.below(5) as i32 - 1);
        match self.rng.below(14) {
            0 => Command::Cut { a: process, b: other },
            1 => Command::Heal { a: process, b: other },
            2 => Command::Freeze { process },
            3 => Command::Thaw { process },
            4 => Command::Slow { process, extra: Some(extra) },
            5 => Command::Kill { node },
            6 => Command::Start { node },
            7 => Command::Stop { node },
            8 => Command::Interrupt { name: Arc::from(self.pick(&["console-consumer", "topics", "shop"])) },
            9 => Command::Call { name, call: ClientCall::Assign(vec![tp.clone(), tp]) },
            10 => Command::Call { name, call: ClientCall::Seek { tp, offset: i64::from(self.rng.below(9)) - 3 } },
            11 => Command::WriteFile { path: Arc::from(self.pick(&["/a", "", "/brokers/1"])), bytes: Arc::from(*b"x") },
            12 => Command::StopLoad { name },
            _ => self.odd_job(name),
        }
    }

    fn odd_job(&mut self, name: Arc<str>) -> Command {
        let mut job = super::job(self.pick(&["orders", "", "bad topic", "__consumer_offsets", ".."]), &["k"], 3, 1);
        job.partition = *self.rng_choice(&[None, Some(-1), Some(i32::MAX), Some(0)]);
        job.timestamp_ms = *self.rng_choice(&[None, Some(-1), Some(-5), Some(i64::MAX), Some(0)]);
        job.size = *self.rng_choice(&[None, Some(0), Some(2_000_000), Some(u32::MAX)]);
        job.count = *self.rng_choice(&[None, Some(0), Some(1), Some(u64::MAX), Some(40)]);
        job.every = *self.rng_choice(&[SimDuration::ZERO, SimDuration::MAX, SimDuration::from_millis(3)]);
        job.mode = *self.rng_choice(&[SendMode::Sync, SendMode::Forget]);
        job.is_load = self.one_in(2);
        Command::Produce { name, job }
    }
}

//! What real clusters did under faults, and ours in the same place.
//!
//! `tests/live/AREA/NAME.json` is a recording of Apache Kafka 4.3.1; `NAME.console` beside it says in
//! console lines what was done there. `== N` stands behind what belongs to step N of the recording: what it observed is
//! looked for here. Words behind it begin paths of observations that are left aside; `~` begins a line that may fail.
//! `# aside: WORDS` names whose records the recording stopped following too early. At the end `final`, `client_events` and the records of the metadata log are compared.
//!
//! Where two recordings of one scenario differ, either of them will do. `HIGHWATER_SCENARIO=WORD` plays only those whose
//! names have the word.

mod facts;
mod lines;
mod records;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use highwater::kafka::ids::{NodeId, TopicPartition};
use highwater::kafka::image::MetadataImage;
use highwater::shell::Shell;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::time::SimDuration;
use serde_json::Value;

use crate::cases::listed::assert_told;
use lines::{Kinds, Lines};

/// Scenarios that do not hold, and why.
const LISTED: &[(&str, &str)] = &[
    ("unregister-broker", "not yet: kafka-cluster"),
    ("zz-elr-cleared-by-config-then-topic-deleted", "a fault of 4.3.1 itself that is not copied"),
];

struct Play {
    timeline: Timeline,
    shell: Shell<'static>,
    recording: Value,
    /// What the last tools printed, and where the journal was, since the mark before.
    printed: String,
    mark: u64,
    /// Where the metadata log was when the cluster stood.
    begin: i64,
    /// Who led the controllers at the beginning, and in which epoch.
    led: (Option<NodeId>, i32),
    /// Whose records the recording stopped following too early: `# aside:` of the script.
    aside: Vec<String>,
    compared: u32,
    wrong: Vec<String>,
}

impl Play {
    /// The recorded cluster, with its topics and clients.
    fn new(recording: Value, script: &str) -> Play {
        let mut scenario = Scenario::preset("trio").expect("the preset exists");
        for node in &mut scenario.nodes {
            node.rack = ["a", "b", "c"].get((node.id.0 - 1) as usize).map(|rack| (*rack).into());
        }
        scenario.set_server("auto.leader.rebalance.enable", "false");
        for set in ["controller_config", "broker_1_config"] {
            for (key, value) in recording["setup"][set].as_object().into_iter().flatten() {
                scenario.set_server(key, &plain(value));
            }
        }
        let timeline = Timeline::new(scenario);
        let shell = Shell::new(&[]);
        let (printed, wrong) = (String::new(), Vec::new());
        let asides = script.lines().filter_map(|line| line.strip_prefix("# aside: "));
        let (led, aside) = ((None, 0), asides.map(str::to_string).collect());
        let mut play = Play { timeline, shell, recording, printed, mark: 0, begin: 0, led, aside, compared: 0, wrong };
        play.line("sim advance 3s", &[]);
        let controller = play.timeline.world().active_controller().expect("the cluster stands");
        play.begin = controller.log().next_offset();
        play.led = play.quorum();
        play.set_up(script);
        play
    }

    /// Topics and clients of the recording; a client that the script itself adds comes later.
    fn set_up(&mut self, script: &str) {
        let setup = self.recording["setup"].clone();
        if setup.get("broker_1_config").is_some() {
            // Broker 1 was restarted with it.
            self.line("sim stop 1", &[]);
            self.line("sim start 1", &[]);
            self.line("sim step --until event:BrokerUp{broker:1} --for 60s", &[]);
        }
        for (topic, made) in setup["topics"].as_object().into_iter().flatten() {
            let rows = made["assignments"].as_array().expect("a list of partitions");
            let row = |row: &Value| row.as_array().expect("a list").iter().map(plain).collect::<Vec<_>>().join(":");
            let assignment = rows.iter().map(row).collect::<Vec<_>>().join(",");
            let configs = made["configs"].as_object().expect("a map").iter();
            let configs: String = configs.map(|(key, value)| format!(" --config {key}={}", plain(value))).collect();
            self.line(
                &format!("kafka-topics --create --topic {topic} --replica-assignment {assignment}{configs}"),
                &[],
            );
        }
        for (client, made) in setup["clients"].as_object().into_iter().flatten() {
            if script.contains(&format!("sim client add {client} ")) {
                continue;
            }
            let configs = made["configs"].as_object().expect("a map").iter();
            let configs: String = configs.map(|(key, value)| format!(" {key}={}", plain(value))).collect();
            let kind =
                if made["type"] == "producer" { "--producer" } else { "--consumer --assign orders-0 poll=manual" };
            self.line(&format!("sim client add {client} {kind}{configs}"), &[]);
        }
        self.line("sim advance 1s", &[]);
    }

    fn line(&mut self, line: &str, document: &[String]) {
        let (line, may_fail) = line.strip_prefix("~ ").map_or((line, false), |rest| (rest, true));
        let output = self.shell.run_with(&mut self.timeline, line, document).output;
        self.printed += &format!("{}{}", output.stdout_text(), output.stderr);
        if let Some(nodes) = line.strip_prefix("sim stop ") {
            nodes.split_whitespace().for_each(|node| self.wait_for_end(node));
        }
        if output.status != 0 && !may_fail {
            self.wrong.push(format!("{line}: {}{}", output.stdout_text(), output.stderr));
        }
    }

    /// A recorded shutdown is over when its process has ended.
    fn wait_for_end(&mut self, node: &str) {
        let id = NodeId(node.parse().expect("a node's number"));
        let end = self.timeline.world().now + SimDuration::from_secs(60);
        while self.timeline.world().nodes[&id].node().is_some() {
            assert!(self.timeline.next_at().is_some_and(|at| at <= end), "node {node} does not end");
            self.timeline.step();
        }
    }

    /// Everything that the recording saw after a step.
    fn at_mark(&mut self, words: &str) {
        let mut words = words.split_whitespace();
        let number: usize = words.next().and_then(|word| word.parse().ok()).expect("== NUMBER");
        let aside: Vec<&str> = words.collect();
        let observed = self.recording["steps"][number]["observe"].clone();
        self.look(&format!("steps/{number}/observe"), &aside, &observed);
        self.printed.clear();
        self.mark = self.timeline.journal().len();
    }

    fn play(&mut self, script: &str) {
        let mut lines = script.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        while let Some(line) = lines.next() {
            if let Some(words) = line.strip_prefix("== ") {
                self.at_mark(words);
            } else if let Some((head, _)) = line.split_once(" <<EOF") {
                let document: Vec<String> =
                    lines.by_ref().take_while(|line| *line != "EOF").map(str::to_string).collect();
                self.line(&format!("{head} <<EOF"), &document);
            } else {
                self.line(line, &[]);
            }
        }
        self.timeline.check().unwrap_or_else(|violation| self.wrong.push(violation.to_string()));
    }

    fn end(&mut self) {
        let expected = self.recording["final"].clone();
        self.look("final", &[], &expected);
        self.compare_client_events();
        self.compare_metadata_records();
    }

    /// Who leads the controllers, and in which epoch.
    fn quorum(&self) -> (Option<NodeId>, i32) {
        let leader = self.timeline.world().active_controller();
        leader.map_or((None, self.led.1), |leader| (Some(leader.raft.id), leader.raft.epoch()))
    }

    /// What the active controller knows of the cluster; without one, what the first broker that runs knows.
    fn image(&self) -> Option<&MetadataImage> {
        let world = self.timeline.world();
        let brokers = || world.nodes.keys().find_map(|id| world.broker(*id)).map(|broker| &broker.image);
        world.active_controller().map(|controller| &controller.image).or_else(brokers)
    }

    fn tp(topic: &str, partition: i32) -> TopicPartition {
        TopicPartition::new(topic, partition)
    }

    fn leader_log(&self, tp: &TopicPartition) -> Option<&highwater::kafka::log::PartitionLog> {
        let leader = self.image()?.partition(&tp.topic, tp.partition)?.leader?;
        self.log(leader, tp)
    }

    fn log(&self, broker: NodeId, tp: &TopicPartition) -> Option<&highwater::kafka::log::PartitionLog> {
        self.timeline.world().disk(broker)?.logs.get(tp).map(|stored| &stored.log)
    }
}

/// A value as it is written in a config.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    found.sort();
    found
}

/// A recording beside its script; None if it has none.
fn play(path: &Path, kinds: &Kinds) -> Option<(Play, Lines)> {
    let recorded = std::fs::read_to_string(path).expect("a recording is UTF-8");
    // Here the first controller leads at the start.
    let roles = [("{{active}}", "101"), ("{{standby1}}", "102"), ("{{standby2}}", "103")];
    let unquoted = roles.iter().fold(recorded, |text, (role, id)| text.replace(&format!("\"{role}\""), id));
    let recorded = roles.iter().fold(unquoted, |text, (role, id)| text.replace(role, id));
    let recording: Value = serde_json::from_str(&recorded).expect("a recording is JSON");
    let script = std::fs::read_to_string(path.with_extension("console")).ok()?;
    let mut play = Play::new(recording, &script);
    play.play(&script);
    // A script that ends early says where.
    if !script.contains("# later:") {
        play.end();
    }
    let lines = play.compare_lines(kinds);
    Some((play, lines))
}

/// What came of the scenarios of an area.
#[derive(Default)]
struct Figures {
    held: u32,
    listed: BTreeMap<&'static str, u32>,
    compared: u32,
    lines: Lines,
    wrong: Vec<String>,
}

impl Figures {
    /// A scenario holds, or it is listed: one that is listed and holds has to leave the list.
    fn add(&mut self, name: &str, played: Option<(Play, Lines)>) {
        let played = played.map(|(play, lines)| {
            self.lines.held += lines.held;
            self.lines.left_out += lines.left_out;
            self.lines.missing.extend(lines.missing.into_iter().map(|line| format!("{name}: {line}")));
            play
        });
        let listed = LISTED.iter().find(|(later, _)| *later == name).map(|(_, why)| *why);
        match (played, listed) {
            (Some(play), None) if play.wrong.is_empty() => {
                self.held += 1;
                self.compared += play.compared;
            }
            (Some(play), None) => self.wrong.push(format!("{name}\n  {}", play.wrong.join("\n  "))),
            (Some(play), Some(_)) if play.wrong.is_empty() => self.wrong.push(format!("{name} is listed and holds")),
            (None, None) => self.wrong.push(format!("{name} has no script")),
            (_, Some(why)) => *self.listed.entry(why).or_default() += 1,
        }
    }
}

fn run_area(area: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live").join(area);
    let only = std::env::var("HIGHWATER_SCENARIO").unwrap_or_default();
    let paths = recordings(&folder);
    let name = |path: &PathBuf| path.file_stem().expect("it has a name").to_string_lossy().into_owned();
    let chosen: Vec<&PathBuf> = paths.iter().filter(|path| name(path).contains(&only)).collect();
    let mut figures = Figures::default();
    let kinds = Kinds::new();
    // Each scenario is a world of its own; two at a time are played.
    let (even, odd): (Vec<_>, Vec<_>) = chosen.iter().enumerate().partition(|(place, _)| place % 2 == 0);
    let played = std::thread::scope(|scope| {
        let kinds = &kinds;
        let part =
            |rows: Vec<(usize, &&PathBuf)>| rows.into_iter().map(|(_, path)| (name(path), play(path, kinds))).collect();
        let other = scope.spawn(move || -> Vec<(String, Option<(Play, Lines)>)> { part(odd) });
        let mut rows: Vec<(String, Option<(Play, Lines)>)> = part(even);
        rows.extend(other.join().expect("it plays to its end"));
        rows
    });
    played.into_iter().for_each(|(name, play)| figures.add(&name, play));
    let (listed, total): (u32, usize) = (figures.listed.values().sum(), chosen.len());
    let listed_names =
        LISTED.iter().filter(|(name, _)| paths.iter().any(|path| path.ends_with(format!("{name}.json"))));
    println!("live {area} held={} listed={listed} total={total} facts={}", figures.held, figures.compared);
    let Lines { held, left_out, missing } = &figures.lines;
    println!("live {area} log lines held={held} left_out={left_out} missing={}", missing.len());
    missing.iter().for_each(|line| println!("  {line}"));
    // Elections and heartbeats fall a little otherwise, and some topics are not those of the scenario.
    let allowed = if area == "kraft" { 14 } else { 40 };
    assert!(missing.len() <= allowed, "{} recorded log lines of {area} do not come any more", missing.len());
    figures.listed.iter().for_each(|(why, count)| println!("  {count} listed: {why}"));
    if only.is_empty() {
        assert_told(&format!("live/{area}"), &listed_names.map(|(_, why)| *why).collect(), true);
    }
    assert!(figures.wrong.is_empty(), "{}", figures.wrong.join("\n"));
}

#[test]
fn replication_goes_as_in_real_clusters_under_faults() {
    run_area("replication");
}

#[test]
fn controllers_go_as_in_real_clusters_under_faults() {
    run_area("kraft");
}

//! What nodes leave on their disks when they stop and when they are killed, and what lines can do with it.

use super::Console;

const LOG: &str = "/brokers/1/orders-0";

fn names(console: &mut Console, folder: &str) -> Vec<String> {
    console.ok(&format!("ls {folder}")).lines().map(str::to_string).collect()
}

fn with_records() -> Console {
    let mut console = Console::trio();
    console.ok("sim produce shop --topic orders --partition 0 --count 3 --wait acked");
    console
}

#[test]
fn an_orderly_stop_closes_the_logs() {
    let mut console = with_records();
    let snapshot = "00000000000000000003.snapshot".to_string();
    assert!(!names(&mut console, LOG).contains(&snapshot));
    console.ok("sim stop 1 ; sim advance 2s");
    assert!(names(&mut console, LOG).contains(&snapshot), "the state of producers goes to a snapshot");
    let shown = console.ok(&format!("kafka-dump-log --files {LOG}/{snapshot}"));
    assert!(shown.contains("lastSequence: 2 lastOffset: 2"), "{shown}");
    let shown = console.ok(&format!("kafka-dump-log --files {LOG}/00000000000000000000.timeindex"));
    assert!(shown.contains("offset: 2"), "the time index gets its final entry: {shown}");
    let shown = console.ok(&format!("kafka-dump-log --files {LOG}/00000000000000000000.index"));
    assert!(shown.contains("is empty."), "what the index did not need is cut off: {shown}");
    let metadata = names(&mut console, "/brokers/1/__cluster_metadata-0");
    assert!(metadata.iter().any(|name| name.ends_with(".snapshot")), "{metadata:?}");
}

#[test]
fn producers_go_on_after_a_clean_start_and_after_a_crash() {
    for (ends, begins) in [("sim stop 1", "sim start 1"), ("sim kill 1", "sim start 1")] {
        let mut console = with_records();
        console.ok(&format!("{ends} ; sim advance 2s ; {begins}"));
        console.ok("sim step --until leader:orders-0=1 --for 60s");
        console.ok("sim produce shop --topic orders --partition 0 --count 2 --wait acked");
        assert_eq!(console.ok("kafka-get-offsets --topic-partitions orders:0"), "orders:0:5\n", "{ends}");
        console.ok("sim check");
        let state = console.state();
        let log = &state["topics"][0]["partitions"][0]["logs"][0];
        assert_eq!(log["high_watermark"], log["log_end_offset"], "{ends}");
    }
}

#[test]
fn a_killed_broker_recovers_its_log() {
    let mut console = with_records();
    console.ok("sim kill 1 ; sim advance 1s");
    let before = names(&mut console, LOG);
    assert!(!before.contains(&"00000000000000000003.snapshot".to_string()), "{before:?}");
    console.ok("sim start 1 ; sim advance 15s");
    let after = names(&mut console, LOG);
    assert!(after.contains(&"00000000000000000003.snapshot".to_string()), "recovery writes a snapshot: {after:?}");
}

#[test]
fn directories_of_nodes_are_only_looked_at() {
    let mut console = with_records();
    let before = console.digest();
    for path in ["/brokers/1/orders-0/00000000000000000000.log", "/brokers/1/x", "/controllers/101/x", "//brokers/x"] {
        let refused = format!("{path}: the directories of nodes can only be looked at\n");
        assert_eq!(console.fails(&format!("kafka-topics --create --topic new > {path}")), refused);
    }
    assert_eq!(console.digest(), before, "the command did not run either");
    console.ok("kafka-topics --list > brokers");
    assert_eq!(console.ok("cat brokers"), "orders\n");
}

#[test]
fn nobody_makes_the_metadata_log_as_a_topic() {
    let mut console = Console::trio();
    let output = console.type_line("kafka-topics --create --topic __cluster_metadata");
    assert_eq!(output.status, 1);
    let said = "Error while executing topic command : Creation of internal topic __cluster_metadata is prohibited.";
    assert!(output.stdout_text().contains(said), "{}", output.stdout_text());
    console.type_line("printf 'a\\n' | kafka-console-producer --topic __cluster_metadata --max-block-ms 1000");
    assert_eq!(console.ok("kafka-topics --list"), "orders\n", "nor does a producer that names it");
}

#[test]
fn undo_behind_a_jump_takes_the_jump_back() {
    let mut console = Console::trio();
    console.ok("sim checkpoint a");
    console.ok("sim produce shop --topic orders --count 3 --wait acked ; sim advance 1s");
    let there = console.digest();
    for jump in ["sim restore a", "sim seek 0ms"] {
        console.ok(jump);
        assert_ne!(console.digest(), there);
        console.ok("sim undo");
        assert_eq!(console.digest(), there, "{jump}");
    }
    console.ok("sim produce shop --topic orders --wait acked");
    console.ok("sim undo");
    assert_eq!(console.digest(), there, "else the last line that acted is taken back");
}

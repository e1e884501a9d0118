//! Tools that are pointed somewhere, that end by themselves, and what they cannot speak yet.

use super::Console;

#[test]
fn a_port_where_nobody_listens_refuses_until_the_time_is_over() {
    let mut console = Console::trio();
    for address in ["127.0.0.1:1", "broker-1:1234", "localhost:1"] {
        let output = console.type_line(&format!("kafka-get-offsets --bootstrap-server {address} --topic orders"));
        assert_eq!(output.status, 1, "{address}");
        let host = address
            .strip_prefix("127.0.0.1")
            .map_or_else(|| address.replace(':', "/127.0.0.1:"), |port| format!("/127.0.0.1{port}"));
        let refused = format!("Connection to node -1 ({host}) could not be established. Node may not be available.");
        assert!(output.stderr.contains(&refused), "{address}: {}", output.stderr);
        assert!(output.stderr.contains("Timed out waiting for a node assignment. Call: listTopics"), "{address}");
    }
    assert_eq!(
        console.ok("kafka-get-offsets --bootstrap-server broker-2:1,broker-2:9092 --topic orders").lines().count(),
        3
    );
}

#[test]
fn a_name_that_does_not_resolve_is_warned_of() {
    let mut console = Console::trio();
    let output = console.type_line("kafka-topics --list --bootstrap-server broker-9:9092,broker-1:9092");
    assert_eq!((output.status, output.stdout_text().as_str()), (0, "orders\n"));
    let warned = "WARN Couldn't resolve server broker-9:9092 from bootstrap.servers as DNS resolution failed for broker-9 \
                  (org.apache.kafka.clients.ClientUtils)";
    assert!(output.stderr.contains(warned), "{}", output.stderr);
    let failed = console.fails("kafka-topics --list --bootstrap-server nosuch.invalid:9092");
    assert!(failed.contains("No resolvable bootstrap urls given in bootstrap.servers"), "{failed}");
}

#[test]
fn other_protocols_than_plain_text_are_not_spoken_yet() {
    let mut console = Console::trio();
    for line in [
        "printf 'a\\n' | kafka-console-producer --topic orders --command-property security.protocol=SSL",
        "kafka-console-consumer --topic orders --timeout-ms 100 --command-property security.protocol=SASL_PLAINTEXT",
        "sim client add p --producer security.protocol=SSL",
    ] {
        let before = console.digest();
        let said = console.fails(line);
        assert!(said.starts_with("not yet: security.protocol="), "{line}: {said}");
        assert_eq!(console.digest(), before, "{line}");
    }
}

#[test]
fn closing_a_background_tool_that_has_ended_is_no_error() {
    let mut console = Console::trio();
    console.ok("sim produce shop --topic orders --partition 0 --count 2 --wait acked");
    let tool = "kafka-console-consumer --topic orders --partition 0 --offset earliest --max-messages 2";
    console.ok(&format!("{tool} --command-property client.id=c9 &"));
    console.ok("sim advance 3s ; sim close c9");
    let said = console.fails("sim close c8");
    assert!(said.starts_with("there is no client c8"), "{said}");
}

#[test]
fn a_log_directory_shows_what_a_real_node_has() {
    let mut console = Console::trio();
    let mut list = |folder: &str| console.ok(&format!("ls {folder}"));
    let broker = list("/brokers/1");
    let names: Vec<&str> = broker.lines().collect();
    assert_eq!(
        names,
        [
            ".lock",
            "__cluster_metadata-0",
            "bootstrap.checkpoint",
            "cleaner-offset-checkpoint",
            "log-start-offset-checkpoint",
            "meta.properties",
            "orders-0",
            "recovery-point-offset-checkpoint",
            "replication-offset-checkpoint",
        ]
    );
    let controller = list("/controllers/101");
    let names: Vec<&str> = controller.lines().collect();
    assert_eq!(names, [".lock", "__cluster_metadata-0", "bootstrap.checkpoint", "meta.properties"]);
    assert!(list("/controllers/101/__cluster_metadata-0").contains("00000000000000000000-0000000000.checkpoint\n"));
    let meta = console.ok("cat /brokers/1/meta.properties");
    assert!(meta.starts_with("#\n#") && meta.ends_with("node.id=1\nversion=1\n"), "{meta}");
    assert_eq!(console.ok("cat /brokers/1/replication-offset-checkpoint"), "0\n1\norders 0 0\n");
    assert_eq!(console.ok("cat /brokers/1/recovery-point-offset-checkpoint"), "", "nothing was checkpointed yet");
    console.ok("sim stop 1 ; sim advance 2s");
    let stopped = console.ok("ls /brokers/1");
    assert!(stopped.starts_with(".kafka_cleanshutdown\n") && !stopped.contains(".lock"), "{stopped}");
    assert!(console.ok("cat /brokers/1/.kafka_cleanshutdown").starts_with("{\"version\":0,\"brokerEpoch\":"));
    assert_eq!(console.ok("cat /brokers/1/recovery-point-offset-checkpoint"), "0\n1\norders 0 0\n");
}

#[test]
fn snapshots_of_the_metadata_log_are_dumped() {
    let mut console = Console::trio();
    let folder = "/controllers/101/__cluster_metadata-0";
    let shown = console
        .ok(&format!("kafka-dump-log --files {folder}/00000000000000000000-0000000000.checkpoint --deep-iteration"));
    assert!(shown.contains("\nSnapshot end offset: 0, epoch: 0\n"), "{shown}");
    assert!(shown.contains(" SnapshotHeader {\"version\":0,\"lastContainedLogTimestamp\":0}\n"), "{shown}");
    assert!(shown.contains("\"voterId\":101") && shown.contains(" SnapshotFooter {\"version\":0}\n"), "{shown}");
    let shown = console.ok("kafka-dump-log --files /brokers/1/bootstrap.checkpoint --cluster-metadata-decoder");
    assert!(shown.contains("KRaft bootstrap snapshot\n") && shown.contains("\"metadata.version\""), "{shown}");
}

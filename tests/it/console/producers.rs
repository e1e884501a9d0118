//! What a producer survives, typed at the console.

use super::Console;

fn solo(lines: &[&str]) -> Console {
    let scenario = super::Scenario::preset("solo").expect("the preset exists");
    let mut console = Console { shell: super::Shell::new(&[]), timeline: super::Timeline::new(scenario) };
    lines.iter().for_each(|line| drop(console.ok(line)));
    console
}

fn ends(console: &mut Console) -> String {
    console.ok("kafka-get-offsets --topic t")
}

#[test]
fn one_record_that_is_too_large_does_not_stop_the_partition() {
    let mut console = solo(&[
        "kafka-topics --create --topic t --partitions 1 --config max.message.bytes=300",
        "sim client add p --producer linger.ms=0",
        "sim produce p --topic t --key ok --value x --wait acked",
        "sim produce p --topic t --key big --size 500",
        "sim advance 2s",
        "sim produce p --topic t --key small --value x --wait acked",
        "sim produce p --topic t --key small --value x --wait acked",
    ]);
    assert_eq!(ends(&mut console), "t:0:3\n");
    assert!(!console.ok("sim events --since 0s --grep OutOfOrder").contains("OutOfOrder"));
}

#[test]
fn a_batch_that_is_too_large_arrives_in_parts() {
    let value = "a".repeat(76);
    let mut console = solo(&[
        "kafka-topics --create --topic t --partitions 1 --config max.message.bytes=300",
        "sim client add p --producer linger.ms=20",
        &format!("sim produce p --topic t --keys a,b,c,d,e,f --values {value} --count 6 --wait acked"),
    ]);
    assert_eq!(ends(&mut console), "t:0:6\n");
    let log = console.ok("sim logs p");
    assert!(log.contains("splitting and retrying (2147483647 attempts left). Error: MESSAGE_TOO_LARGE"), "{log}");
}

#[test]
fn batches_that_expired_with_their_broker_leave_the_partition_usable() {
    let mut console = solo(&[
        "kafka-topics --create --topic t --partitions 1",
        "sim client add p --producer linger.ms=0 request.timeout.ms=1000 delivery.timeout.ms=1500",
        "sim produce p --topic t --key ok --value x --wait acked",
        "sim kill 1",
        "sim produce p --topic t --key lost --value x",
        "sim advance 5s",
        "sim start 1",
        "sim advance 15s",
        "sim produce p --topic t --key c --value x --wait acked",
    ]);
    assert_eq!(ends(&mut console), "t:0:2\n");
}

#[test]
fn a_fetch_waits_for_no_more_than_it_may_take() {
    let mut console = solo(&[
        "kafka-topics --create --topic t --partitions 1",
        "sim produce p --topic t --value a --count 100 --size 100 --wait acked",
        "sim client add c --consumer --topics t auto.offset.reset=earliest fetch.min.bytes=50000000 fetch.max.bytes=1000",
        "sim advance 200ms",
    ]);
    assert!(console.ok("sim events --since 0s --grep RecordsFetched").contains("records:100"), "nothing was held back");
}

/// Twice the batch size is negative in Java: the thread of the application never comes back.
#[test]
fn a_batch_size_of_a_gibibyte_hangs_the_application_and_not_the_simulation() {
    let mut console = solo(&[
        "kafka-topics --create --topic t --partitions 1",
        "sim client add p --producer batch.size=1073741824 buffer.memory=9223372036854775807 max.block.ms=100",
        "sim produce p --topic t --value nokey",
        "sim advance 1m",
    ]);
    assert_eq!(ends(&mut console), "t:0:0\n");
    let app = console.timeline.world().client_named("p").and_then(|(_, slot)| slot.producer()).expect("it runs");
    assert!(app.producer.is_blocked());
}

#[test]
fn a_keyed_record_goes_through_whatever_the_batch_size() {
    let mut console = solo(&[
        "kafka-topics --create --topic t --partitions 1",
        "sim client add p --producer batch.size=1073741824 buffer.memory=9223372036854775807",
        "sim produce p --topic t --key k --value x --wait acked",
    ]);
    assert_eq!(ends(&mut console), "t:0:1\n");
}

//! The simulation as a whole: a record's journey, time travel, determinism, random scripts.

mod recordings;
mod scripts;
mod seek;
mod typist;

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater::kafka::client::consumer::application::ConsumerBehaviour;
use highwater::kafka::client::producer::application::{SendJob, SendMode};
use highwater::kafka::ids::{NodeId, ProcessId, TopicPartition};
use highwater::sim::command::{ClientSpec, Command, Reads};
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::time::SimDuration;

fn job(topic: &str, keys: &[&str], count: u64, every_ms: u64) -> SendJob {
    SendJob {
        topic: Arc::from(topic),
        keys: keys.iter().map(|key| Some(Arc::from(*key))).collect(),
        values: Vec::new(),
        null_value: false,
        object: None,
        headers: Vec::new(),
        partition: None,
        timestamp_ms: None,
        size: None,
        count: Some(count),
        every: SimDuration::from_millis(every_ms),
        until: None,
        mode: SendMode::Callback,
        profile: None,
        is_load: false,
    }
}

fn producer(name: &str) -> Command {
    Command::AddClient { name: Arc::from(name), spec: ClientSpec::Producer { config: BTreeMap::new() } }
}

fn produce(name: &str, job: SendJob) -> Command {
    Command::Produce { name: Arc::from(name), job }
}

fn consumer(name: &str, topic: &str) -> Command {
    let config = BTreeMap::from([("auto.offset.reset".to_string(), "earliest".to_string())]);
    let reads = Reads::Topics(vec![Arc::from(topic)]);
    let spec = ClientSpec::Consumer { config, behaviour: ConsumerBehaviour::default(), reads };
    Command::AddClient { name: Arc::from(name), spec }
}

fn trio() -> Timeline {
    Timeline::new(Scenario::preset("trio").expect("the preset exists"))
}

#[test]
fn all_brokers_are_in_service_at_time_zero() {
    for preset in ["solo", "dev", "trio"] {
        let timeline = Timeline::new(Scenario::preset(preset).expect("the preset exists"));
        let state = highwater::sim::state::state(timeline.world());
        assert_eq!(state.time_ms, 0);
        assert!(state.brokers.iter().all(|broker| !broker.fenced && broker.state == "up"), "{preset}: {state:?}");
        assert!(state.controller.active.is_some());
        timeline.check().expect("invariants hold after the boot");
    }
}

/// The topic is made by the producer's metadata request, as in Kafka with auto.create.topics.enable.
#[test]
fn a_record_travels_from_send_to_poll() {
    let mut timeline = trio();
    timeline.do_now(producer("shop")).expect("accepted");
    timeline.do_now(produce("shop", job("orders", &["user123", "order-1"], 3, 2))).expect("accepted");
    timeline.do_now(consumer("reader", "orders")).expect("accepted");
    timeline.run_for(SimDuration::from_secs(3));
    let state = highwater::sim::state::state(timeline.world());
    assert_eq!(state.producers[0].acked, 3, "{state:#?}");
    assert_eq!(state.consumers[0].processed, 3, "{state:#?}");
    timeline.check().expect("invariants hold");
    let leader = state.topics[0].partitions[0].leader.expect("led");
    let log = timeline.world().disk(NodeId(leader)).expect("it has a disk").logs[&TopicPartition::new("orders", 0)]
        .log
        .clone();
    assert_eq!(log.log_end_offset(), 3);
}

fn busy_run() -> Timeline {
    let mut timeline = trio();
    timeline.do_now(producer("shop")).expect("accepted");
    timeline.do_now(produce("shop", job("orders", &["a", "b"], 200, 10))).expect("accepted");
    timeline.run_for(SimDuration::from_millis(700));
    timeline.do_now(consumer("reader", "orders")).expect("accepted");
    timeline.run_for(SimDuration::from_millis(500));
    let leader = highwater::sim::state::state(timeline.world()).topics[0].partitions[0].leader.expect("led");
    timeline.do_now(Command::Kill { node: NodeId(leader) }).expect("accepted");
    timeline.run_for(SimDuration::from_secs(12));
    timeline.do_now(Command::Start { node: NodeId(leader) }).expect("accepted");
    timeline.run_for(SimDuration::from_secs(20));
    timeline
}

#[test]
fn a_killed_leader_comes_back_and_the_sends_end() {
    let timeline = busy_run();
    let state = highwater::sim::state::state(timeline.world());
    timeline.check().expect("invariants hold");
    assert_eq!(state.producers[0].acked, 200, "{state:#?}");
    assert_eq!(state.consumers[0].processed, 200, "{state:#?}");
}

#[test]
fn messages_stuck_in_a_cut_arrive_after_the_heal() {
    let mut timeline = trio();
    timeline.do_now(producer("shop")).expect("accepted");
    timeline.do_now(produce("shop", job("orders", &["a"], 1, 1))).expect("accepted");
    timeline.run_for(SimDuration::from_secs(2));
    let shop = ProcessId::Client(highwater::kafka::ids::ClientIndex(0));
    for broker in 1..=3 {
        timeline.do_now(Command::Cut { a: shop, b: ProcessId::Node(NodeId(broker)) }).expect("accepted");
    }
    timeline.do_now(produce("shop", job("orders", &["a"], 1, 1))).expect("accepted");
    timeline.run_for(SimDuration::from_secs(5));
    assert_eq!(highwater::sim::state::state(timeline.world()).producers[0].acked, 1);
    timeline.do_now(Command::HealAll).expect("accepted");
    timeline.run_for(SimDuration::from_secs(5));
    assert_eq!(highwater::sim::state::state(timeline.world()).producers[0].acked, 2);
    timeline.check().expect("invariants hold");
}

#[test]
fn a_thawed_broker_does_not_answer_old_requests_on_a_new_connection() {
    let mut timeline = Timeline::new(Scenario::preset("solo").expect("a preset"));
    let mut shell = highwater::shell::session::Shell::new(&[]);
    for line in [
        "kafka-topics --create --topic orders --partitions 1",
        "sim client add shop --producer request.timeout.ms=1000 linger.ms=0 delivery.timeout.ms=20000",
        "sim produce shop --topic orders --key a --wait acked",
        "sim freeze 1",
        "sim produce shop --topic orders --key a",
        "sim advance 8s",
        "sim thaw 1",
        "sim advance 3s",
        "sim check",
    ] {
        let outcome = shell.run_line(&mut timeline, line);
        assert_eq!(outcome.output.status, 0, "{line}: {:?}", outcome.output);
    }
}

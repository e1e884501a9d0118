//! Replication as a whole: what followers, ISR, high watermark and elections do when brokers come and go. Each test is a
//! script of console lines; invariants are checked after every step.

use highwater::kafka::event::Event;
use highwater::kafka::ids::{NodeId, TopicPartition};
use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::invariants::HighWatermarks;
use highwater::sim::recording::Recording;
use highwater::sim::scenario::Scenario;
use highwater::sim::state::{PartitionState, state};
use highwater::sim::timeline::Timeline;
use highwater::time::SimDuration;

struct Run {
    timeline: Timeline,
    shell: Shell<'static>,
    high_watermarks: HighWatermarks,
}

impl Run {
    /// Three brokers and `orders-0` with replicas 1, 2 and 3.
    fn new(seed: u64, min_isr: u32) -> Run {
        Run::with(seed, &format!("min.insync.replicas={min_isr}"))
    }

    fn with(seed: u64, configs: &str) -> Run {
        let mut scenario = Scenario::preset("trio").expect("the preset exists");
        scenario.seed = seed;
        let timeline = Timeline::new(scenario);
        let mut run = Run { timeline, shell: Shell::new(&[]), high_watermarks: HighWatermarks::default() };
        run.line(&format!(
            "kafka-topics --bootstrap-server broker-1:9092 --create --topic orders --replica-assignment 1:2:3 --config \
             {configs}"
        ));
        run.advance(1_000);
        run
    }

    fn line(&mut self, line: &str) {
        self.shell.run_line(&mut self.timeline, line);
    }

    /// Lets time pass and checks every invariant after every event.
    fn advance(&mut self, millis: u64) {
        let end = self.timeline.world().now + SimDuration::from_millis(millis);
        while self.timeline.next_at().is_some_and(|at| at <= end) {
            self.timeline.step();
            let number = self.timeline.world().step;
            let checked = self.timeline.check().and_then(|()| self.high_watermarks.check(self.timeline.world()));
            checked.unwrap_or_else(|violation| panic!("after step {number}: {violation}"));
        }
        self.timeline.run_until(end);
    }

    fn partition(&self) -> PartitionState {
        let mut state = state(self.timeline.world());
        let topic = state.topics.iter_mut().find(|topic| &*topic.name == "orders").expect("it was made");
        topic.partitions.remove(0)
    }

    fn shape(&self) -> (Option<i32>, Vec<i32>, Vec<i32>, Vec<i32>) {
        let partition = self.partition();
        (partition.leader, partition.isr, partition.elr, partition.last_known_elr)
    }

    fn acked(&self) -> (u64, u64) {
        let state = state(self.timeline.world());
        state.producers.iter().fold((0, 0), |sum, producer| (sum.0 + producer.acked, sum.1 + producer.failed))
    }

    fn ends(&self) -> Vec<(i32, i64, i64)> {
        self.partition().logs.iter().map(|log| (log.broker, log.log_end_offset, log.high_watermark)).collect()
    }

    fn saw(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.count(wanted) > 0
    }

    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.timeline.journal().iter().filter(|entry| wanted(&entry.event)).count()
    }
}

fn tp() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

#[test]
fn followers_fetch_what_the_leader_has_and_learn_the_high_watermark_later() {
    let mut run = Run::new(1, 2);
    run.line("sim client add p --producer acks=all");
    run.line("sim produce p --topic orders --count 3");
    run.advance(300);
    assert_eq!(run.acked(), (3, 0));
    let ends = run.ends();
    assert!(ends.iter().all(|(_, end, _)| *end == 3), "{ends:?}");
    assert_eq!(ends[0].2, 3);
    run.advance(1_000);
    assert!(run.ends().iter().all(|(_, _, high_watermark)| *high_watermark == 3));
}

#[test]
fn the_first_of_the_isr_leads_when_the_leader_dies_and_the_dead_one_comes_back_as_a_follower() {
    let mut run = Run::new(2, 2);
    run.line("sim client add p --producer acks=all");
    run.line("sim produce p --topic orders --count 5");
    run.advance(500);
    run.line("sim kill 1");
    run.line("sim produce p --topic orders --count 1");
    run.advance(11_000);
    assert_eq!(run.shape(), (Some(2), vec![2, 3], vec![], vec![]));
    assert_eq!((run.acked(), run.partition().leader_epoch), ((6, 0), 1));
    run.line("sim start 1");
    run.advance(6_000);
    assert_eq!(run.shape(), (Some(2), vec![1, 2, 3], vec![], vec![]));
    assert_eq!(run.ends().iter().map(|(_, end, _)| *end).collect::<Vec<_>>(), [6, 6, 6]);
    // Five minutes after the controller's start, its preferred leader leads again.
    run.advance(300_000);
    assert_eq!(run.shape().0, Some(1));
}

#[test]
fn too_few_in_sync_replicas_refuse_acks_all_and_hold_back_what_acks_one_wrote() {
    let mut run = Run::new(3, 2);
    run.line("sim kill 2");
    run.line("sim kill 3");
    run.advance(12_000);
    let (leader, isr, elr, _) = run.shape();
    assert_eq!((leader, isr.len(), elr.len()), (Some(1), 1, 1));
    run.line("sim client add p --producer acks=all retries=0 enable.idempotence=false");
    run.line("sim produce p --topic orders --count 1");
    run.line("sim client add q --producer acks=1");
    run.line("sim produce q --topic orders --count 2");
    run.advance(2_000);
    assert_eq!(run.acked(), (2, 1));
    assert_eq!(run.ends()[0], (1, 2, 0));
    run.line("sim start 2");
    run.advance(8_000);
    assert_eq!(run.ends()[0], (1, 2, 2));
}

#[test]
fn an_acks_one_record_of_a_deposed_leader_is_cut_off() {
    let mut run = Run::new(4, 1);
    run.line("sim client add p --producer acks=1");
    run.line("sim produce p --topic orders --count 2");
    run.advance(1_500);
    run.line("sim freeze 2 3");
    // The fetches that wait at the leader are answered before the record comes.
    run.advance(1_000);
    run.line("sim produce p --topic orders --count 1");
    run.advance(500);
    run.line("sim kill 1");
    run.line("sim thaw 2 3");
    run.advance(12_000);
    assert_eq!(run.shape().0, Some(2));
    run.line("sim client add q --producer acks=all");
    run.line("sim produce q --topic orders --count 1");
    run.advance(1_000);
    run.line("sim start 1");
    run.advance(8_000);
    let cut = |event: &Event| matches!(event, Event::LogTruncated { broker: NodeId(1), to: 2, .. });
    assert!(run.saw(cut));
    assert_eq!(run.ends().iter().map(|(_, end, _)| *end).collect::<Vec<_>>(), [3, 3, 3]);
    let world = run.timeline.world();
    let epochs: Vec<_> = world.disk(NodeId(1)).expect("a disk").logs[&tp()].log.leader_epochs().entries().collect();
    assert_eq!(epochs.iter().map(|(epoch, start)| (epoch.0, *start)).collect::<Vec<_>>(), [(0, 0), (1, 2)]);
}

#[test]
fn a_follower_that_hangs_without_being_fenced_is_taken_out_by_the_leader() {
    let mut run = Run::new(5, 2);
    run.line("sim cut 1 3");
    run.line("sim client add p --producer acks=all delivery.timeout.ms=120000");
    run.line("sim produce p --topic orders --count 1");
    run.advance(25_000);
    assert_eq!((run.acked().0, run.shape().1), (0, vec![1, 2, 3]));
    run.advance(25_000);
    assert_eq!((run.acked().0, run.shape().1), (1, vec![1, 2]));
    assert!(run.saw(|event| matches!(event, Event::IsrShrinkProposed { .. })));
    run.line("sim heal all");
    run.advance(5_000);
    assert_eq!(run.shape().1, [1, 2, 3]);
}

#[test]
fn an_orderly_shutdown_moves_the_leader_before_the_broker_ends() {
    let mut run = Run::new(6, 2);
    run.line("sim client add p --producer acks=all");
    run.line("sim produce p --topic orders --count 200 --every 10ms");
    run.advance(300);
    run.line("sim stop 1");
    run.advance(4_000);
    assert_eq!(run.shape(), (Some(2), vec![2, 3], vec![], vec![]));
    assert_eq!(run.acked(), (200, 0));
    run.line("sim start 1");
    run.advance(15_000);
    assert_eq!(run.shape().1, [1, 2, 3]);
}

#[test]
fn an_eligible_replica_that_shut_down_in_order_is_elected_and_one_that_was_killed_is_not() {
    let mut run = Run::new(7, 2);
    run.line("sim kill 3");
    run.advance(12_000);
    run.line("sim stop 2");
    run.advance(3_000);
    assert_eq!(run.shape(), (Some(1), vec![1], vec![2], vec![]));
    run.line("sim kill 1");
    run.advance(12_000);
    assert_eq!(run.shape(), (None, vec![], vec![1, 2], vec![1]));
    run.line("sim start 3");
    run.advance(5_000);
    assert_eq!(run.shape().0, None);
    run.line("sim start 2");
    run.advance(5_000);
    assert_eq!(run.shape(), (Some(2), vec![2, 3], vec![], vec![]));
}

/// Of each key the last record stays, a tombstone until the second cleaning, on every replica.
#[test]
fn a_compacted_topic_keeps_the_last_record_of_each_key_and_drops_tombstones_later() {
    let config = "cleanup.policy=compact --config segment.ms=1000 --config delete.retention.ms=30000 --config \
                  min.cleanable.dirty.ratio=0.01 --config min.insync.replicas=2";
    let mut run = Run::with(8, config);
    run.line("sim client add p --producer acks=all");
    run.line("sim produce p --topic orders --keys a,b,c --values 1,2,3 --count 30 --every 100ms");
    run.advance(5_000);
    run.line("sim produce p --topic orders --key b --null");
    run.advance(2_000);
    run.line("sim produce p --topic orders --key z --value last");
    run.advance(40_000);
    let keys = |run: &Run, broker: i32| {
        let log = &run.timeline.world().disk(NodeId(broker)).expect("a disk").logs[&tp()].log;
        let batches = log.segments().flat_map(|segment| segment.batches().iter());
        let records = batches.flat_map(|placed| placed.batch.records().expect("it is readable"));
        let key = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        records.map(|stored| key(stored.record.key.as_deref().unwrap_or_default())).collect::<Vec<_>>()
    };
    for broker in 1..=3 {
        assert_eq!(keys(&run, broker), ["a", "c", "b", "z"], "the tombstone stays for a while");
    }
    // What is dirty again brings the second cleaning.
    run.line("sim produce p --topic orders --keys a,c,z --values 7,8,9 --count 3 --every 1500ms");
    run.advance(60_000);
    for broker in 1..=3 {
        assert!(!keys(&run, broker).contains(&"b".to_string()), "the tombstone is gone");
        assert_eq!(run.ends()[0].1, 35);
    }
    assert!(run.count(|event| matches!(event, Event::LogCompacted { .. })) >= 6);
}

/// Brokers die, hang and come back at random while producers send: nothing that acks=all promised is lost but by unclean
/// elections, and whatever happened, the replicas agree in the end.
#[test]
fn random_faults_keep_every_promise() {
    let (mut elections, mut unclean_elections, mut truncations) = (0, 0, 0);
    for seed in 0..12 {
        let (min_isr, unclean) = (1 + seed % 3, seed % 4 == 3);
        println!("seed {seed}: min.insync.replicas={min_isr} unclean.leader.election.enable={unclean}");
        let configs = format!("min.insync.replicas={min_isr} --config unclean.leader.election.enable={unclean}");
        let mut run = Run::with(100 + seed, &configs);
        let mut rng = Rng::stream(seed, "faults");
        run.line("sim client add p --producer acks=all");
        run.line("sim client add q --producer acks=1 linger.ms=0");
        run.line("sim produce p --topic orders --count 400 --every 200ms");
        run.line("sim produce q --topic orders --count 400 --every 190ms");
        for _ in 0..14 {
            let line = fault(&mut rng);
            run.line(&line);
            run.advance(u64::from(200 + rng.below(9_000)));
            for node in 1..=3 {
                if rng.below(3) == 0 {
                    run.line(&format!("sim start {node}"));
                }
            }
        }
        run.line("sim heal all");
        for node in 1..=3 {
            run.line(&format!("sim thaw {node}"));
            run.line(&format!("sim start {node}"));
            run.line(&format!("sim slow broker {node} off"));
        }
        run.advance(60_000);
        let partition = run.partition();
        assert_eq!(partition.isr.len(), 3, "seed {seed}: {partition:?}");
        let ends = run.ends();
        assert!(ends.iter().all(|(_, end, mark)| (*end, *mark) == (ends[0].1, ends[0].1)), "seed {seed}: {ends:?}");
        elections += partition.leader_epoch;
        unclean_elections += run.count(|event| matches!(event, Event::LeaderElected { clean: false, .. }));
        truncations += run.count(|event| matches!(event, Event::LogTruncated { .. }));
        let watched = Recording::of(&run.timeline).watch();
        assert!(watched.is_ok(), "seed {seed}: {:?}", watched.err());
    }
    println!("{elections} epochs, {unclean_elections} unclean elections, {truncations} truncations");
    assert!(elections > 20 && unclean_elections > 0 && truncations > 0, "the faults exercised too little");
}

fn fault(rng: &mut Rng) -> String {
    let broker = 1 + rng.below(3);
    match rng.below(9) {
        0 | 1 => format!("sim kill {broker}"),
        2 => format!("sim stop {broker}"),
        3 => format!("sim freeze {broker}"),
        4 => format!("sim thaw {broker}"),
        5 => format!("sim cut {broker} {}", 1 + broker % 3),
        6 => "sim heal all".to_string(),
        7 => "sim kill leader:orders-0".to_string(),
        _ => format!("sim slow broker {broker} 150ms"),
    }
}

//! The controller quorum as a whole: elections, what is committed, and what brokers do without an active controller. Each
//! test is a script of console lines, watched event by event.

use highwater::kafka::event::Event;
use highwater::kafka::ids::NodeId;
use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::command::Command;
use highwater::sim::recording::Recording;
use highwater::sim::scenario::Scenario;
use highwater::sim::state::{ClusterState, state};
use highwater::sim::timeline::Timeline;
use highwater::sim::watch::WatchedRun;
use highwater::time::SimDuration;

struct Run {
    timeline: Timeline,
    shell: Shell<'static>,
    watched: WatchedRun,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut scenario = Scenario::preset("trio").expect("the preset exists");
        scenario.seed = seed;
        let watched = WatchedRun::new(&scenario).expect("invariants hold after the boot");
        Run { timeline: Timeline::new(scenario), shell: Shell::new(&[]), watched }
    }

    /// Runs a line and says whether it succeeded.
    fn line(&mut self, line: &str) -> bool {
        let output = self.shell.run_line(&mut self.timeline, line).output;
        self.watch();
        output.status == 0
    }

    fn ok(&mut self, line: &str) {
        let output = self.shell.run_line(&mut self.timeline, line).output;
        assert_eq!(output.status, 0, "{line}: {} {}", output.stderr, output.stdout_text());
        self.watch();
    }

    fn file(&mut self, path: &str, text: &str) {
        let command = Command::WriteFile { path: path.into(), bytes: text.as_bytes().into() };
        self.timeline.do_now(command).expect("a file can be written");
    }

    fn advance(&mut self, millis: u64) {
        let end = self.timeline.world().now + SimDuration::from_millis(millis);
        self.timeline.run_until(end);
        self.watch();
    }

    /// Every invariant after every event up to now.
    fn watch(&mut self) {
        let recorded = self.timeline.commands().to_vec();
        let moment = self.timeline.now();
        self.watched.follow(&recorded, moment).unwrap_or_else(|violation| {
            panic!("{violation}\n{}", Recording::of(&self.timeline).to_json());
        });
    }

    fn state(&self) -> ClusterState {
        state(self.timeline.world())
    }

    fn active(&self) -> Option<i32> {
        self.state().controller.active
    }

    fn epoch(&self) -> i32 {
        self.state().controller.epoch
    }

    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.timeline.journal().iter().filter(|entry| wanted(&entry.event)).count()
    }
}

#[test]
fn the_first_controller_is_active_at_time_zero_and_the_others_follow() {
    let run = Run::new(1);
    let controller = run.state().controller;
    assert_eq!((controller.active, controller.epoch), (Some(101), 1));
    assert_eq!(controller.voters, [101, 102, 103]);
    for id in [102, 103] {
        let node = run.timeline.world().nodes[&NodeId(id)].node().expect("it runs");
        let standby = node.controller.as_ref().expect("it is a controller");
        assert_eq!((standby.raft.role().name(), standby.raft.leader()), ("Follower", Some(NodeId(101))));
        assert_eq!(standby.image.brokers.len(), 3, "it replays what is committed");
        assert!(standby.image.controllers.contains_key(&NodeId(id)), "it has registered");
    }
}

#[test]
fn the_death_of_the_active_controller_gives_another_one_in_a_newer_epoch() {
    let mut run = Run::new(1);
    run.ok("kafka-topics --create --topic before --replication-factor 3");
    run.ok("sim kill 101");
    run.advance(4_000);
    let active = run.active().expect("two of three elect");
    assert!(active != 101 && run.epoch() > 1, "{active} in epoch {}", run.epoch());
    run.ok("kafka-topics --create --topic after --replication-factor 3");
    run.ok("sim start 101");
    run.advance(3_000);
    assert_eq!(run.active(), Some(active), "who comes back follows");
    let node = run.timeline.world().nodes[&NodeId(101)].node().expect("it runs");
    let returned = node.controller.as_ref().expect("it is a controller");
    assert!(returned.image.topics.contains_key("after"));
    assert!(run.state().brokers.iter().all(|broker| !broker.fenced), "sessions begin anew with the new controller");
}

#[test]
fn the_death_of_a_standby_changes_nothing() {
    let mut run = Run::new(1);
    run.ok("sim kill 102");
    run.advance(10_000);
    assert_eq!((run.active(), run.epoch()), (Some(101), 1));
    run.ok("kafka-topics --create --topic orders");
    run.ok("sim start 102");
    run.advance(5_000);
    assert_eq!((run.active(), run.epoch()), (Some(101), 1));
}

#[test]
fn an_orderly_stop_hands_the_lead_over_at_once() {
    let mut run = Run::new(1);
    run.ok("sim stop 101");
    run.advance(100);
    let active = run.active().expect("a successor acts at once");
    assert_eq!((active != 101, run.epoch()), (true, 2));
    assert_eq!(run.timeline.world().nodes[&NodeId(101)].state_name(), "stopped");
}

#[test]
fn a_frozen_leader_finds_itself_deposed() {
    let mut run = Run::new(1);
    run.ok("sim freeze 101");
    run.advance(5_000);
    let active = run.active().expect("the others elect");
    assert_ne!(active, 101);
    run.ok("sim thaw 101");
    run.advance(3_000);
    assert_eq!(run.active(), Some(active));
    let node = run.timeline.world().nodes[&NodeId(101)].node().expect("it runs");
    assert_eq!(node.controller.as_ref().map(|it| it.raft.role().name()), Some("Follower"));
}

/// The leader resigns after 1.5 fetch time-outs; the brokers go on with what they know.
#[test]
fn without_a_majority_metadata_stand_still_and_appends_go_on() {
    let mut run = Run::new(1);
    run.ok("kafka-topics --create --topic orders --replica-assignment 1:2:3");
    run.ok("sim produce shop --topic orders --value before --mode sync --wait acked");
    run.ok("sim kill 102 103");
    run.advance(6_000);
    assert_eq!(run.active(), None, "it has resigned");
    run.ok("sim produce shop --topic orders --value a --mode sync --wait acked");
    run.file("admin.properties", "default.api.timeout.ms=5000\nrequest.timeout.ms=3000\n");
    assert!(!run.line("kafka-topics --create --topic never --command-config admin.properties"));
    run.ok("sim kill 3");
    run.advance(15_000);
    assert_eq!(run.state().topics[0].partitions[0].isr, [1, 2, 3], "nobody can fence it");
    run.ok("sim start 102");
    run.advance(15_000);
    assert!(run.active().is_some());
    assert_eq!(run.state().topics[0].partitions[0].isr, [1, 2], "the session ran out with the new controller");
}

/// Nobody raises the epoch as long as the others hear the leader (KIP-996).
#[test]
fn a_voter_that_was_cut_off_does_not_disturb_the_leader() {
    let mut run = Run::new(1);
    run.ok("sim isolate 103");
    run.advance(10_000);
    assert_eq!((run.active(), run.epoch()), (Some(101), 1));
    run.ok("sim heal all");
    run.advance(5_000);
    assert_eq!((run.active(), run.epoch()), (Some(101), 1));
    let asked = |event: &Event| matches!(event, Event::QuorumRoleChanged { node: NodeId(103), role, .. } if &**role == "Prospective");
    assert!(run.count(asked) > 0, "it asked, and was told no");
}

#[test]
fn what_a_deposed_leader_could_not_commit_is_cut_off() {
    let mut run = Run::new(1);
    run.ok("sim cut 101 102 ; sim cut 101 103");
    run.ok("sim advance 100ms");
    // It still counts as active, and appends what nobody fetches.
    run.ok("sim kill 3");
    run.advance(20_000);
    run.ok("sim heal all");
    run.advance(5_000);
    let truncated = |event: &Event| matches!(event, Event::QuorumLogTruncated { node: NodeId(101), .. });
    assert!(run.count(truncated) > 0, "its own records are in nobody else's log");
    assert!(run.active().is_some_and(|active| active != 101));
}

/// Controllers are killed, stopped, frozen and cut off at random; every promise is kept, and once all is well again there
/// is one active controller, whom all brokers know.
#[test]
fn random_faults_of_controllers_keep_every_promise() {
    let (mut elections, mut truncations) = (0, 0);
    for seed in 1..=5 {
        let mut run = Run::new(seed);
        let mut rng = Rng::stream(seed, "faults of controllers");
        run.ok("kafka-topics --create --topic orders --replica-assignment 1:2:3");
        run.file("quick", "default.api.timeout.ms=4000\nrequest.timeout.ms=2000\n");
        for number in 0..25 {
            let line = fault(&mut rng, number);
            run.line(&line);
            run.advance(u64::from(rng.below(4_000)));
        }
        for line in ["sim heal all", "sim thaw 101", "sim thaw 102", "sim thaw 103"] {
            run.line(line);
        }
        for id in [101, 102, 103, 1, 2, 3] {
            run.line(&format!("sim start {id}"));
        }
        run.advance(60_000);
        let state = run.state();
        assert!(state.controller.active.is_some(), "seed {seed}: {:?}", state.controller);
        assert!(state.brokers.iter().all(|broker| !broker.fenced), "seed {seed}: {:?}", state.brokers);
        assert!(run.line("kafka-topics --create --topic last"), "seed {seed}: decisions are made again");
        elections += run.count(|event| matches!(event, Event::ControllerElected { .. })) - 1;
        truncations += run.count(|event| matches!(event, Event::QuorumLogTruncated { .. }));
    }
    assert!(elections > 8 && truncations > 0, "{elections} elections and {truncations} truncations try something");
}

fn fault(rng: &mut Rng, number: u32) -> String {
    let one = 101 + rng.below(3);
    let other = 101 + (one - 101 + 1 + rng.below(2)) % 3;
    let broker = 1 + rng.below(3);
    match rng.below(14) {
        0 | 1 => format!("sim kill {one}"),
        2 | 3 => format!("sim start {one}"),
        4 => format!("sim stop {one}"),
        5 => format!("sim freeze {one}"),
        6 => format!("sim thaw {one}"),
        7 => format!("sim cut {one} {other}"),
        8 => format!("sim isolate {one}"),
        9 => "sim heal all".to_string(),
        10 => format!("sim kill {broker} ; sim advance 1s ; sim start {broker}"),
        11 => format!("sim cut {broker} {one}"),
        _ => format!("kafka-topics --create --topic t{number} --command-config quick"),
    }
}

/// A controller that resigned or starts again after it led does not vote for itself twice, nor in its own old epoch.
#[test]
fn all_controllers_may_start_again_and_elect() {
    let mut run = Run::new(3);
    run.ok("kafka-topics --create --topic orders");
    run.ok("sim kill 101 102 103");
    run.advance(2_000);
    run.ok("sim start 101 102 103");
    run.advance(6_000);
    assert!(run.active().is_some() && run.epoch() > 1);
    assert!(run.state().topics.iter().any(|topic| &*topic.name == "orders"));
}

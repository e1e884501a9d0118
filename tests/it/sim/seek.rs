//! Time travel: a seek to any moment of a long run gives the world that a fresh run has there.

use highwater::kafka::event::Event;
use highwater::kafka::ids::ProcessId;
use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::digest::digest;
use highwater::sim::ledger::{Ledger, Totals};
use highwater::sim::recording::Recording;
use highwater::sim::timeline::{Moment, Timeline};
use highwater::sim::world::World;

use super::trio;

/// User commands, crashes of every kind, and tools in between.
const LONG_RUN: &str = "\
kafka-topics --create --topic orders --partitions 4 --replication-factor 1
sim client add reader --consumer --topics orders auto.offset.reset=earliest process.ms=7
sim client add shop --producer linger.ms=4 batch.size=300
sim client add safe --producer max.in.flight.requests.per.connection=1 linger.ms=0
sim load shop --topic orders --rate 30 --for 25s --profile mixed
sim produce safe --topic orders --keys a,b,c --count 60 --every 90ms --mode sync
sim advance 1500ms
sim kill 1
sim advance 700ms
sim client shop set linger.ms=20 acks=1
sim start 1
sim freeze 2
sim advance 1s
sim thaw 2
sim load shop --topic orders --rate 20 --for 8s
sim slow broker 3 40ms
sim cut safe 3
sim advance 2200ms
sim crash reader
printf 'x\\ny\\nz\\n' | kafka-console-producer --topic orders
sim heal all
sim start reader
sim slow broker 3 off
sim kill 101
sim advance 1s
sim start 101
sim stop 2
sim advance 20s
sim start 2
sim close safe
kafka-get-offsets --topic orders
sim load shop --topic orders --rate 50 --for 12s --size 40
sim advance 6s
sim crash shop
sim start shop
sim load shop --topic orders --rate 15 --for 4s
sim advance 8s
kafka-topics --delete --topic orders
sim advance 2s
";

/// The run, and where its playhead ends.
fn long_run() -> Timeline {
    let mut timeline = trio();
    let mut shell = Shell::new(&[]);
    for line in LONG_RUN.lines() {
        let output = shell.run_line(&mut timeline, line).output;
        assert_eq!(output.status, 0, "{line}: {}", output.stderr);
    }
    timeline
}

/// A place in the run and the digest that a run without any time travel has there.
struct Place {
    moment: Moment,
    digest: String,
    /// Facts and the sums over them up to there.
    facts: u64,
    totals: Totals,
}

/// Runs a recording again on a bare world, event by event, with its commands at their places.
fn fresh_run(recording: &Recording) -> Vec<Place> {
    let (mut world, boot) = World::boot(recording.scenario.clone());
    let mut places = Vec::new();
    let mut given = 0;
    let mut ledger = Ledger::default();
    let mut facts = boot.len() as u64;
    let mut note = |world: &World, commands: u64, events: &[(ProcessId, Event)]| {
        events.iter().for_each(|(_, event)| ledger.enter(event));
        facts += events.len() as u64;
        let moment = Moment { step: world.step, at: world.now, commands };
        places.push(Place { moment, digest: digest(world), facts, totals: ledger.totals() });
    };
    note(&world, 0, &[]);
    loop {
        while let Some(recorded) = recording.commands.get(given as usize).filter(|next| next.step == world.step) {
            world.advance_to(recorded.at);
            let events = world.apply(&recorded.command).expect("it was accepted before");
            given += 1;
            note(&world, given, &events);
        }
        if world.step == recording.end.step {
            world.advance_to(recording.end.at);
            note(&world, given, &[]);
            return places;
        }
        let step = world.step().expect("the recorded run went on");
        note(&world, given, &step.events);
    }
}

fn assert_at(timeline: &Timeline, place: &Place, how: &str) {
    assert_eq!(timeline.now(), place.moment, "{how}");
    let digest = digest(timeline.world());
    assert_eq!(digest, place.digest, "{how}: {:?} of this run, seed 1:\n{LONG_RUN}", place.moment);
    assert_eq!((timeline.journal().len(), timeline.ledger().totals()), (place.facts, place.totals), "{how}");
}

/// Covers every moment between two events or commands of the run: backwards through all of them, then forwards, then
/// 700 jumps.
#[test]
fn seek_gives_at_every_step_what_a_fresh_run_gives() {
    let mut timeline = long_run();
    let recording = Recording::of(&timeline);
    let places = fresh_run(&recording);
    let crashes = LONG_RUN.matches("kill").count() + LONG_RUN.matches("crash").count();
    assert!(places.len() > 4_000 && crashes > 2, "{} moments", places.len());
    assert_at(&timeline, places.last().expect("it has an end"), "the run itself");
    for place in places.iter().rev() {
        timeline.seek(place.moment);
        assert_at(&timeline, place, "backwards");
    }
    for place in &places {
        timeline.seek(place.moment);
        assert_at(&timeline, place, "forwards");
    }
    let mut rng = Rng::stream(3, "jumps");
    for _ in 0..700 {
        let place = &places[rng.below(places.len() as u32) as usize];
        timeline.seek(place.moment);
        assert_at(&timeline, place, "after a jump");
    }
}

//! Recordings and forks: the same commands give the same end, and what is damaged is told in words.

use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::command::Command;
use highwater::sim::digest::digest;
use highwater::sim::recording::{BadRecording, ENGINE, Recording};
use highwater::time::SimDuration;

use super::{busy_run, trio};

#[test]
fn a_recording_replays_to_its_digest_after_a_journey_as_json() {
    let timeline = busy_run();
    let recording = Recording::of(&timeline);
    assert_eq!(recording.engine, env!("CARGO_PKG_VERSION"));
    let read = Recording::from_json(&recording.to_json()).expect("what was written can be read");
    assert_eq!(read, recording);
    let replayed = read.replay().expect("no command is refused");
    assert_eq!(digest(replayed.world()), recording.digest);
    assert!(replayed.journal().iter().eq(timeline.journal().iter()));
    assert_eq!(replayed.ledger(), timeline.ledger());
}

/// Every kind of command that a console line can become.
const EVERY_KIND: &str = "\
kafka-topics --create --topic orders --partitions 2 --replication-factor 1 --config retention.ms=100000
sim client add p --producer acks=all
sim client add c --consumer --topics orders process.ms=2
sim client add m --consumer --assign orders-0,orders-1 poll=manual
sim client p set linger.ms=3 batch.size=
sim produce p --topic orders --keys a,b --count 5 --every 3ms --header h=v --timestamp 1767225600001 --wait acked
sim load p --topic orders --rate 50 --profile orders --for 4s
sim client m poll --timeout 100ms
sim client m seek orders-0 1
sim client m seek orders-0 beginning
sim client m seek orders-1 end
sim client m pause orders-1
sim client m resume orders-1
sim client m assign orders-0
sim client p flush
sim load p --topic orders --rate 10
sim load stop p
sim freeze c
sim freeze 2 3
sim advance 300ms
sim thaw c
sim thaw 2 3
sim cut p 1
sim isolate 3
sim heal p 1
sim heal all
sim slow broker 3 5ms
sim advance 1s
sim kill 1
sim stop 2
sim start 1
sim crash c
sim start c
sim close c
kafka-console-producer --topic orders < /notes
cat > /notes
kafka-topics --list --exclude-internal
kafka-topics --describe --topic 'ord.*,x'
kafka-topics --alter --topic orders --partitions 3
kafka-get-offsets --topic-partitions 'orders:0-1' --time -2
kafka-console-consumer --topic orders --partition 0 --offset 1 --max-messages 1 --timeout-ms 900
kafka-console-consumer --include 'ord.*' --from-beginning --timeout-ms 700
printf 'k:v\\nbad\\n' | kafka-console-producer --topic orders --reader-property parse.key=true --reader-property key.separator=:
kafka-topics --delete --topic orders
sim advance 2s
";

#[test]
fn every_kind_of_command_has_a_form_in_json() {
    let mut timeline = trio();
    let mut shell = Shell::new(&[]);
    for line in EVERY_KIND.lines() {
        // Lines may fail; what counts is the commands that were given.
        shell.run_with(&mut timeline, line, &["a note".to_string()]);
    }
    let recording = Recording::of(&timeline);
    let read = Recording::from_json(&recording.to_json()).expect("what was written can be read");
    assert_eq!(read, recording);
    read.replay().expect("it comes to the same end");
    let kind = |command: &Command| {
        format!("{command:?}").split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_string()
    };
    let given: std::collections::BTreeSet<String> =
        recording.commands.iter().map(|recorded| kind(&recorded.command)).collect();
    let wanted = "AddClient All Call CloseClient CrashClient Cut Freeze Heal HealAll Kill Produce RunTool SetClient Slow \
                  Start StartClient Stop StopLoad Thaw WriteFile";
    assert_eq!(given.into_iter().collect::<Vec<_>>().join(" "), wanted);
}

fn told(text: &str) -> String {
    match Recording::from_json(text).and_then(|recording| recording.replay().map(|_| ())) {
        Ok(()) => "fine".to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_bad_recording_is_told_in_words() {
    let recording = Recording::of(&busy_run());
    let text = recording.to_json();
    assert_eq!(told(&text), "fine");
    assert!(told("").starts_with("this is not a recording: "), "{}", told(""));
    assert!(told(&text[..text.len() / 2]).starts_with("this is not a recording: "));
    assert!(told("{\"engine\":\"0.1.0\"}").contains("missing field"));
    let other = text.replacen(ENGINE, "9.9.9", 1);
    assert!(told(&other).starts_with("this recording was made by engine 9.9.9; this is "), "{}", told(&other));
    let changed = |change: &dyn Fn(&mut Recording)| {
        let mut changed = recording.clone();
        change(&mut changed);
        changed.replay().expect_err("it is not as it was")
    };
    let seed = changed(&|recording| recording.scenario.seed += 1);
    assert!(matches!(seed, BadRecording::Misplaced(_) | BadRecording::OtherEnd { .. }), "{seed}");
    assert_eq!(changed(&|recording| recording.commands[2].step = 1), BadRecording::Misplaced(Some(3)));
    assert_eq!(changed(&|recording| recording.end.step += 1), BadRecording::Misplaced(None));
    assert_eq!(changed(&|recording| recording.end.step = u64::MAX), BadRecording::TooLong);
    assert_eq!(changed(&|recording| recording.end.commands += 1), BadRecording::Misplaced(None));
    assert_eq!(
        changed(&|recording| recording.scenario.nodes.clear()),
        BadRecording::Scenario("it needs a broker and a controller")
    );
    let twice = recording.commands[0].clone();
    let refused = changed(&|recording| recording.commands.insert(1, twice.clone()));
    assert!(matches!(refused, BadRecording::Refused(2, _)), "{refused}");
    let digest = changed(&|recording| recording.digest = "0".repeat(16));
    assert!(matches!(digest, BadRecording::OtherEnd { .. }));
}

/// Single characters of a recording are changed, dropped and doubled. Digits that are changed keep it readable, so
/// the replay has to find out.
#[test]
fn a_damaged_recording_never_panics() {
    let mut timeline = trio();
    let mut shell = Shell::new(&[]);
    for line in EVERY_KIND.lines() {
        shell.run_with(&mut timeline, line, &["a note".to_string()]);
    }
    let text = Recording::of(&timeline).to_json();
    let mut rng = Rng::stream(11, "damage");
    let mut fine = 0;
    for turn in 0..600 {
        let mut bytes = text.clone().into_bytes();
        let digits: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place].is_ascii_digit()).collect();
        for _ in 0..=rng.below(2) {
            match rng.below(4) {
                0 => bytes[rng.below(text.len() as u32) as usize] = b' ' + rng.below(95) as u8,
                1 => drop(bytes.remove(rng.below(text.len() as u32 - 2) as usize)),
                _ => bytes[digits[rng.below(digits.len() as u32) as usize]] = b'0' + rng.below(10) as u8,
            }
        }
        let damaged = String::from_utf8_lossy(&bytes).into_owned();
        let outcome = std::panic::catch_unwind(|| told(&damaged));
        let outcome = outcome.unwrap_or_else(|_| panic!("turn {turn} of stream (11, damage) panicked:\n{damaged}"));
        fine += u32::from(outcome == "fine");
    }
    assert!(fine < 600 / 4, "{fine} damaged recordings went through");
}

/// A fork at many moments in which nothing is done: the world goes on as if nobody had travelled.
#[test]
fn fork_and_do_nothing_equals_no_fork() {
    let later = SimDuration::from_secs(4);
    let whole = busy_run();
    let (end, expected) = (whole.now(), digest(whole.world()));
    let mut rng = Rng::stream(5, "forks");
    for _ in 0..12 {
        let time = whole.world().start() + SimDuration::from_millis(u64::from(rng.below(32_000)));
        // Without a fork: the run up to that moment, and then on without any more commands.
        let mut plain = whole.clone();
        plain.seek_time(time);
        let mut plain = Recording::of(&plain).replay().expect("the first part of the run");
        plain.run_for(later);
        let mut forked = whole.clone();
        forked.seek_time(time);
        let fork = forked.now();
        forked.do_now(Command::HealAll).expect("there is nothing to heal");
        forked.run_for(later);
        assert_eq!(digest(forked.world()), digest(plain.world()), "forked at {fork:?}");
        assert!(forked.journal().iter().eq(plain.journal().iter()), "forked at {fork:?}");
        assert_eq!(forked.ledger(), plain.ledger());
        assert_eq!(forked.left.as_ref().expect("a branch was left").forked_at, fork);
        assert!(forked.return_to_left());
        assert_eq!((forked.now(), digest(forked.world())), (end, expected.clone()));
    }
}

#[test]
fn undo_goes_to_before_the_last_command() {
    let mut timeline = trio();
    timeline.run_for(SimDuration::from_secs(1));
    let before = digest(timeline.world());
    let mut shell = Shell::new(&[]);
    shell.run_line(&mut timeline, "sim kill 2");
    timeline.run_for(SimDuration::from_secs(9));
    shell.run_line(&mut timeline, "sim undo");
    assert_eq!(digest(timeline.world()), before);
    assert!(!timeline.is_in_past() && timeline.commands().is_empty());
}

//! Random command scripts: whatever is typed and clicked, nothing panics and every invariant holds after every event.
//!
//! `HIGHWATER_SCRIPTS=N` runs N of them, `HIGHWATER_SCRIPT=SEED` runs one and prints it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use highwater::shell::Shell;
use highwater::sim::digest::digest;
use highwater::sim::recording::Recording;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::sim::watch::WatchedRun;

use super::typist::{Entry, script};

/// Events that one line may take; then it is interrupted, as by Esc.
const LINE_LIMIT: u64 = 4_000;

/// What a script did.
#[derive(Default)]
struct Figures {
    events: u64,
    accepted: u64,
    refused: u64,
}

/// Where a script went wrong: which entry (from 0), and how.
struct Failure {
    entry: u64,
    what: String,
}

impl Failure {
    /// The rule that was broken, so that shrinking keeps to it.
    fn rule(&self) -> &str {
        self.what.split(':').next().unwrap_or_default()
    }
}

/// Carries out a script on a timeline, and follows it with a watched world of its own.
fn carry_out(entries: &[Entry], reached: &AtomicU64) -> Result<Figures, String> {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("the preset exists"));
    let mut shell = Shell::new(&[]);
    let mut figures = Figures::default();
    let mut shadow = WatchedRun::new(timeline.scenario()).map_err(|found| found.to_string())?;
    for (number, entry) in (0..).zip(entries) {
        reached.store(number, Ordering::Relaxed);
        let good = match entry {
            Entry::Line(line) => {
                shell.begin(&mut timeline, line, &["a line".to_string()]);
                let outcome = shell.go_on(&mut timeline, LINE_LIMIT).or_else(|| shell.interrupt(&mut timeline));
                outcome.is_some_and(|outcome| outcome.output.status == 0)
            }
            Entry::Command(command) => {
                let before = timeline.now();
                let accepted = timeline.do_now(command.clone()).is_ok();
                if !accepted && timeline.now() != before {
                    return Err("a refused command changes nothing: time moved".to_string());
                }
                timeline.run_for(highwater::time::SimDuration::from_millis(20));
                accepted
            }
        };
        figures.accepted += u64::from(good);
        figures.refused += u64::from(!good);
        follow(&timeline, &mut shadow, &mut figures)?;
    }
    let ours = digest(timeline.world());
    if digest(&shadow.world) != ours {
        return Err("a watched world has the same digest: it does not".to_string());
    }
    let recording = Recording::of(&timeline);
    let read =
        Recording::from_json(&recording.to_json()).map_err(|error| format!("a recording can be read: {error}"))?;
    if read != recording {
        return Err("a recording can be read: it is another one".to_string());
    }
    Ok(figures)
}

/// Brings the watched world to where the timeline is; after a move into the past it begins anew.
fn follow(timeline: &Timeline, shadow: &mut WatchedRun, figures: &mut Figures) -> Result<(), String> {
    let now = timeline.now();
    let is_same =
        timeline.scenario() == &*shadow.world.scenario && shadow.moment() <= now && shadow.is_on(timeline.commands());
    if !is_same {
        *shadow = WatchedRun::new(timeline.scenario()).map_err(|found| found.to_string())?;
    }
    let before = shadow.moment().step;
    let followed = shadow.follow(timeline.commands(), now).map_err(|found| found.to_string());
    figures.events += shadow.moment().step - before;
    followed
}

fn run(entries: &[Entry]) -> Result<Figures, Failure> {
    let reached = AtomicU64::new(0);
    let ended = catch_unwind(AssertUnwindSafe(|| carry_out(entries, &reached)));
    let entry = reached.load(Ordering::Relaxed);
    match ended {
        Ok(result) => result.map_err(|what| Failure { entry, what }),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(Failure { entry, what: format!("it panicked: {text}") })
        }
    }
}

/// Drops entries as long as the same rule breaks without them.
fn shrink(mut entries: Vec<Entry>, mut failure: Failure) -> (Vec<Entry>, Failure) {
    entries.truncate(failure.entry as usize + 1);
    let mut place = entries.len();
    while place > 0 {
        place -= 1;
        let mut fewer = entries.clone();
        fewer.remove(place);
        match run(&fewer) {
            Err(other) if other.rule() == failure.rule() => {
                fewer.truncate(other.entry as usize + 1);
                place = place.min(fewer.len());
                (entries, failure) = (fewer, other);
            }
            _ => {}
        }
    }
    (entries, failure)
}

fn told(seed: u64, whole: &[Entry], failure: Failure) -> String {
    let lines = |entries: &[Entry]| entries.iter().map(|entry| format!("  {entry}\n")).collect::<String>();
    let text = format!("script {seed}, entry {}: {}\n{}", failure.entry + 1, failure.what, lines(whole));
    let (few, failure) = shrink(whole.to_vec(), failure);
    format!(
        "{text}shrunk, entry {}: {}\n{}replay: HIGHWATER_SCRIPT={seed} cargo test --test it random_command_scripts\n",
        failure.entry + 1,
        failure.what,
        lines(&few)
    )
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Every `of`-th script, so that two threads share the work.
fn run_share(share: u64, of: u64) {
    let seeds: Vec<u64> = match number("HIGHWATER_SCRIPT") {
        Some(seed) => vec![seed],
        None => (share..number("HIGHWATER_SCRIPTS").unwrap_or(1_000)).step_by(of as usize).collect(),
    };
    let mut figures = Figures::default();
    let mut failures = Vec::new();
    for seed in &seeds {
        let entries = script(*seed);
        if seeds.len() > 1_000 && seed % 500 == share {
            println!("script {seed} ...");
        }
        if seeds.len() == 1 {
            entries.iter().for_each(|entry| println!("{entry}"));
        }
        match run(&entries) {
            Ok(more) => {
                figures.events += more.events;
                figures.accepted += more.accepted;
                figures.refused += more.refused;
            }
            Err(failure) => failures.push(told(*seed, &entries, failure)),
        }
        assert!(failures.len() < 5, "{}", failures.join("\n"));
    }
    println!(
        "scripts {}: {} events watched, {} entries carried out, {} refused, {} scripts failed",
        seeds.len(),
        figures.events,
        figures.accepted,
        figures.refused,
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(seeds.len() < 100 || figures.accepted > figures.refused && figures.refused > 0, "the typist has a cold");
}

#[test]
fn random_command_scripts_never_panic_and_keep_the_invariants_a() {
    run_share(0, 2);
}

#[test]
fn random_command_scripts_never_panic_and_keep_the_invariants_b() {
    run_share(1, 2);
}

//! `torture --schedules N --seed S`: plays random schedules of faults and says what they exercised and broke.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use highwater::kafka::seeded::SeededBug;
use highwater::torture::{Campaign, Finding, Schedule, Tally, play};

const USAGE: &str = "usage: torture [--schedules N] [--seed S] [--jobs J] [--bug NAME | --bugs]";

/// What the command line asks for.
struct Asked {
    schedules: u64,
    seed: u64,
    jobs: u64,
    /// A bug that is planted to see whether it is found.
    bug: Option<SeededBug>,
    /// Every bug in its turn.
    all_bugs: bool,
}

fn main() -> ExitCode {
    let asked = match asked(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if asked.all_bugs {
        return find_bugs(&asked);
    }
    let (tally, findings) = run(&asked);
    for finding in &findings {
        tell(finding);
    }
    println!("{} schedules from seed {}, {} events", asked.schedules, asked.seed, tally.events);
    for (name, times) in tally.counts() {
        println!("{times:>10}  {name}");
    }
    let missing = tally.missing();
    // A handful of schedules need not meet everything.
    let proves_nothing = asked.schedules >= 500 && !missing.is_empty() || tally.events == 0;
    if !missing.is_empty() {
        println!("never seen: {}", missing.join(", "));
    }
    println!("{} violations", findings.len());
    ExitCode::from(u8::from(!findings.is_empty() || proves_nothing))
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let jobs = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let mut asked = Asked { schedules: 200, seed: 1, jobs, bug: None, all_bugs: false };
    while let Some(word) = words.next() {
        if word == "--bugs" {
            asked.all_bugs = true;
            continue;
        }
        if word == "--bug" {
            let name = words.next().unwrap_or_default();
            let known = SeededBug::ALL.into_iter().find(|bug| bug.name() == name);
            asked.bug = Some(known.ok_or_else(|| format!("there is no bug '{name}'"))?);
            continue;
        }
        let place = match word.as_str() {
            "--schedules" => &mut asked.schedules,
            "--seed" => &mut asked.seed,
            "--jobs" => &mut asked.jobs,
            other => return Err(format!("there is no {other}")),
        };
        let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
        *place = value.parse().map_err(|_| format!("{word} needs a number, not '{value}'"))?;
    }
    asked.jobs = asked.jobs.clamp(1, 64);
    Ok(asked)
}

/// Plays all seeds on as many threads as asked for; each schedule is a world of its own.
fn run(asked: &Asked) -> (Tally, Vec<Finding>) {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sender, results) = channel();
    std::thread::scope(|scope| {
        for _ in 0..asked.jobs {
            let sender = sender.clone();
            scope.spawn(|| work(asked, &next, &stop, sender));
        }
        drop(sender);
        let (mut tally, mut findings, mut done) = (Tally::default(), Vec::new(), 0_u64);
        for result in results {
            match result {
                Ok(of_one) => tally.add(&of_one),
                Err(finding) => findings.push(*finding),
            }
            done += 1;
            if done.is_multiple_of(100) {
                eprintln!("{done} of {} schedules, {} violations", asked.schedules, findings.len());
            }
            // Ten ways to break it are enough to begin with.
            stop.store(findings.len() >= 10, Ordering::Relaxed);
        }
        findings.sort_by_key(|finding: &Finding| finding.seed);
        (tally, findings)
    })
}

fn work(asked: &Asked, next: &AtomicU64, stop: &AtomicBool, sender: Sender<Result<Tally, Box<Finding>>>) {
    SeededBug::plant(asked.bug);
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= asked.schedules {
            return;
        }
        let mut campaign = Campaign::default();
        let result = campaign.play(asked.seed + number).map(|()| campaign.tally);
        if sender.send(result).is_err() {
            return;
        }
    }
}

/// Plants every bug in its turn and looks for it; says after how many schedules it was found.
fn find_bugs(asked: &Asked) -> ExitCode {
    let mut missed = 0;
    for bug in SeededBug::ALL {
        SeededBug::plant(Some(bug));
        let found = (0..asked.schedules).find_map(|number| {
            let schedule = Schedule::draw(asked.seed + number);
            let how = match play(&schedule) {
                Ok(_) => return None,
                Err(found) => found.violation.invariant,
            };
            // What breaks without the bug as well says nothing of it.
            SeededBug::plant(None);
            let is_its_work = play(&schedule).is_ok();
            SeededBug::plant(Some(bug));
            is_its_work.then_some((number + 1, how))
        });
        match found {
            Some((schedules, how)) => println!("{:<28} found in schedule {schedules:>5}: {how}", bug.name()),
            None => {
                missed += 1;
                println!("{:<28} not found in {} schedules", bug.name(), asked.schedules);
            }
        }
    }
    println!("{} of {} bugs found", SeededBug::ALL.len() - missed, SeededBug::ALL.len());
    ExitCode::from(u8::from(missed > 0))
}

fn tell(finding: &Finding) {
    let found = &finding.found;
    println!("seed {}: {}", finding.seed, found.violation);
    println!("  after event {}, in line {} of this script (highwater console --keep-going):", found.step, found.line);
    for line in finding.shortest.script().lines() {
        println!("    {line}");
    }
}

//! Playing a schedule: every invariant after every move, and what must be true when everything is mended.

use super::draw::Schedule;
use super::tally::Tally;
use crate::shell::output::Output;
use crate::shell::sim::execute::scenario;
use crate::shell::sim::parse::NewRun;
use crate::shell::waiting::NextMove;
use crate::shell::{LineOutcome, Shell};
use crate::sim::invariants::{self, Violation};
use crate::sim::state::state;
use crate::sim::timeline::Timeline;
use crate::sim::watch::Watch;

/// A broken invariant, and when it was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub violation: Violation,
    /// Events of the simulation before it.
    pub step: u64,
    /// The line during which it was seen, counted from 1; the script's `sim new` is not counted.
    pub line: u32,
}

/// Plays a schedule to its end.
///
/// # Errors
/// The first violation; a check of the engine's own that does not hold is one as well.
pub fn play(schedule: &Schedule) -> Result<Tally, Found> {
    std::panic::catch_unwind(|| play_to_end(schedule)).unwrap_or_else(|_| {
        let detail = "its message stands above".to_string();
        let violation = Violation { invariant: "the engine's own assertions hold", detail };
        Err(Found { violation, step: 0, line: 0 })
    })
}

fn play_to_end(schedule: &Schedule) -> Result<Tally, Found> {
    let new = NewRun {
        preset: Some("trio".to_string()),
        brokers: Some(schedule.brokers),
        controllers: Some(schedule.controllers),
        seed: Some(schedule.seed),
        ..NewRun::default()
    };
    let mut timeline = Timeline::new(scenario(&new).expect("a trio of up to five brokers can be made"));
    let mut shell = Shell::new(&[]);
    let placed = |violation, timeline: &Timeline, line| Found { violation, step: timeline.world().step, line };
    let mut watch = Watch::new(timeline.world()).map_err(|found| placed(found, &timeline, 0))?;
    let mut number = 0;
    for line in schedule.lines() {
        number += 1;
        play_line(&mut shell, &mut timeline, &mut watch, line).map_err(|found| placed(found, &timeline, number))?;
        timeline.check().map_err(|found| placed(found, &timeline, number))?;
    }
    at_rest(&timeline).map_err(|found| placed(found, &timeline, number))?;
    Ok(Tally::of(&timeline))
}

fn play_line(
    shell: &mut Shell<'_>,
    timeline: &mut Timeline,
    watch: &mut Watch,
    line: &str,
) -> Result<LineOutcome, Violation> {
    shell.begin(timeline, line, &[]);
    loop {
        if let Some(NextMove::Question(words)) = shell.next_move() {
            shell.answer(Output::not_yet(words.join(" ")));
        }
        let outcome = shell.make_move(timeline);
        watch.follow(timeline)?;
        invariants::check_cluster(timeline.world())?;
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
    }
}

/// After everything was mended and had time, all replicas are in sync, equal and committed to their end.
fn at_rest(timeline: &Timeline) -> Result<(), Violation> {
    let violated = |detail| Err(Violation { invariant: "a mended cluster comes to rest", detail });
    for topic in state(timeline.world()).topics {
        for partition in &topic.partitions {
            let of = format!("{}-{}", topic.name, partition.id);
            // A reassignment may leave brokers eligible that are no replicas any more: nobody is elected then.
            let stranded = partition.isr.is_empty() && partition.elr.iter().any(|id| !partition.replicas.contains(id));
            if stranded {
                continue;
            }
            if partition.leader.is_none() || partition.isr.len() != partition.replicas.len() {
                return violated(format!("{of}: {partition:?}"));
            }
            let assigned = |broker: i32| partition.replicas.contains(&broker);
            let logs: Vec<_> = partition.logs.iter().filter(|log| assigned(log.broker)).collect();
            let end = logs.iter().map(|log| log.log_end_offset).max().unwrap_or(0);
            if logs.iter().any(|log| (log.log_end_offset, log.high_watermark) != (end, end)) {
                return violated(format!("{of} does not end at {end} everywhere: {logs:?}"));
            }
        }
    }
    Ok(())
}

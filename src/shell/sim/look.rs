//! `sim state`, `events`, `logs`, `check`, `digest`, `goal`, `ledger`: looks that change nothing.

use super::events::{events, logs};
use super::ledger::ledger;
use super::parse::SimLine;
use crate::goal::{self, Goal, Present};
use crate::shell::output::Output;
use crate::sim::digest::digest;
use crate::sim::state::state;
use crate::sim::timeline::Timeline;

pub(super) fn look(timeline: &Timeline, line: &SimLine) -> Result<Output, String> {
    match line {
        SimLine::State => {
            let text = serde_json::to_string(&state(timeline.world())).map_err(|error| error.to_string())?;
            Ok(Output::printed(text + "\n"))
        }
        SimLine::Digest => Ok(Output::printed(digest(timeline.world()) + "\n")),
        SimLine::Check => match timeline.check_history() {
            Ok(()) => Ok(Output::printed("ok\n")),
            Err(violation) => Ok(Output::printed(format!("{violation}\n")).with_status(1)),
        },
        SimLine::Ledger => Ok(Output::printed(ledger(timeline) + "\n")),
        SimLine::Goal(goal) => Ok(goal_line((**goal).clone(), timeline)),
        SimLine::Events(look) => events(timeline, look),
        SimLine::Logs { process, grep } => logs(timeline, process, grep.as_deref()),
        _ => Err("not yet".to_string()),
    }
}

/// `true`, or `false` with what is missing, a line each.
fn goal_line(goal: Goal, timeline: &Timeline) -> Output {
    let (value, why) = goal::look(goal, Present::of(timeline));
    goal_output(value.is_true(), &why)
}

/// What `sim goal` prints: status 1 if the goal is not true.
pub fn goal_output(is_true: bool, why: &[String]) -> Output {
    let mut output = Output::printed(if is_true { "true\n" } else { "false\n" });
    why.iter().for_each(|line| output.out(line));
    output.with_status(i32::from(!is_true))
}

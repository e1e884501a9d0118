//! `sim state`, `events`, `logs`, `check`, `digest`: looks that change nothing.

use super::events::{events, logs};
use super::parse::SimLine;
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
        SimLine::Events(look) => events(timeline, look),
        SimLine::Logs { process, grep } => logs(timeline, process, grep.as_deref()),
        _ => Err("not yet".to_string()),
    }
}

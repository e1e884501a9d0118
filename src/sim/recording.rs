//! A run as data: with the same engine it gives the same end.

use super::command::Refusal;
use super::digest::digest;
use super::scenario::Scenario;
use super::timeline::{Moment, Recorded, Timeline};

/// What replays a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// Version of the crate that made it: another one may give another end.
    pub engine: &'static str,
    pub scenario: Scenario,
    pub commands: Vec<Recorded>,
    pub end: Moment,
    pub digest: String,
}

impl Recording {
    /// Records what led to the playhead.
    pub fn of(timeline: &Timeline) -> Recording {
        let end = timeline.now();
        Recording {
            engine: env!("CARGO_PKG_VERSION"),
            scenario: timeline.scenario().clone(),
            commands: timeline.commands()[..end.commands as usize].to_vec(),
            end,
            digest: digest(timeline.world()),
        }
    }

    /// Runs it again from the boot.
    ///
    /// # Errors
    /// A command that is refused this time.
    pub fn replay(&self) -> Result<Timeline, Refusal> {
        let mut timeline = Timeline::new(self.scenario.clone());
        for recorded in &self.commands {
            let commands = timeline.now().commands;
            timeline.seek(Moment { step: recorded.step, at: recorded.at, commands });
            timeline.do_now(recorded.command.as_ref().clone())?;
        }
        timeline.seek(self.end);
        Ok(timeline)
    }
}

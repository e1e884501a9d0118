//! A run as data: with the same engine it gives the same end.
//!
//! A recording comes from outside (a file, a link), so everything in it is checked before it is believed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::command::Refusal;
use super::digest::digest;
use super::scenario::Scenario;
use super::timeline::{Moment, Recorded, Timeline};

/// What replays a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Version of the crate that made it: another one may give another end.
    pub engine: String,
    pub scenario: Scenario,
    pub commands: Vec<Recorded>,
    pub end: Moment,
    pub digest: String,
}

/// The version of this engine.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Steps of the longest run that is replayed: minutes of work.
const MAX_STEPS: u64 = 20_000_000;

/// Why a recording is not replayed, or not to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadRecording {
    /// It is no recording at all, or one with parts missing.
    Unreadable(String),
    OtherEngine(String),
    Scenario(&'static str),
    TooLong,
    /// The n-th command (from 1) does not belong where the recording says, or the end does not (None).
    Misplaced(Option<u64>),
    /// The n-th command was refused.
    Refused(u64, Refusal),
    /// It ran, and came to another end.
    OtherEnd {
        recorded: String,
        replayed: String,
    },
}

impl fmt::Display for BadRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadRecording::Unreadable(error) => write!(f, "this is not a recording: {error}"),
            BadRecording::OtherEngine(made_by) => {
                write!(
                    f,
                    "this recording was made by engine {made_by}; this is {ENGINE}, which may come to another end"
                )
            }
            BadRecording::Scenario(error) => write!(f, "the recording's cluster cannot be: {error}"),
            BadRecording::TooLong => write!(f, "the recording is longer than {MAX_STEPS} events"),
            BadRecording::Misplaced(Some(number)) => {
                write!(f, "command {number} of the recording does not belong where it stands")
            }
            BadRecording::Misplaced(None) => f.write_str("the recording has another end than its run"),
            BadRecording::Refused(number, refusal) => write!(f, "command {number} of the recording: {refusal}"),
            BadRecording::OtherEnd { recorded, replayed } => {
                write!(f, "the recording ends in {recorded}, its replay in {replayed}")
            }
        }
    }
}

impl std::error::Error for BadRecording {}

impl Recording {
    /// Records what led to the playhead.
    pub fn of(timeline: &Timeline) -> Recording {
        let end = timeline.now();
        Recording {
            engine: ENGINE.to_string(),
            scenario: timeline.scenario().clone(),
            commands: timeline.commands()[..end.commands as usize].to_vec(),
            end,
            digest: digest(timeline.world()),
        }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("every part of a recording has a form in JSON")
    }

    /// # Errors
    /// [`BadRecording::Unreadable`]; whether it can be replayed is seen by [`Self::replay`].
    pub fn from_json(text: &str) -> Result<Recording, BadRecording> {
        serde_json::from_str(text).map_err(|error| BadRecording::Unreadable(error.to_string()))
    }

    /// Runs it again from the boot.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn replay(&self) -> Result<Timeline, BadRecording> {
        self.check()?;
        let mut timeline = Timeline::new(self.scenario.clone());
        for (number, recorded) in (1..).zip(&self.commands) {
            let commands = number - 1;
            let place = Moment { step: recorded.step, at: recorded.at, commands };
            go(&mut timeline, place).ok_or(BadRecording::Misplaced(Some(number)))?;
            let given = timeline.do_now(recorded.command.as_ref().clone());
            given.map_err(|refusal| BadRecording::Refused(number, refusal))?;
        }
        go(&mut timeline, self.end).ok_or(BadRecording::Misplaced(None))?;
        let replayed = digest(timeline.world());
        match replayed == self.digest {
            true => Ok(timeline),
            false => Err(BadRecording::OtherEnd { recorded: self.digest.clone(), replayed }),
        }
    }

    fn check(&self) -> Result<(), BadRecording> {
        if self.engine != ENGINE {
            return Err(BadRecording::OtherEngine(self.engine.clone()));
        }
        self.scenario.check().map_err(BadRecording::Scenario)?;
        let too_long = self.commands.iter().any(|recorded| recorded.step > MAX_STEPS) || self.end.step > MAX_STEPS;
        if too_long { Err(BadRecording::TooLong) } else { Ok(()) }
    }
}

/// Runs to a place; None if the run does not come through it.
fn go(timeline: &mut Timeline, place: Moment) -> Option<()> {
    while timeline.world().step < place.step && timeline.world().next_at().is_some_and(|next| next <= place.at) {
        timeline.step();
    }
    if timeline.world().step == place.step && timeline.now() <= place {
        timeline.seek(place);
    }
    (timeline.now() == place).then_some(())
}

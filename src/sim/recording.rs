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
    /// Of the world at the end; empty where nobody had the time to compute it, and then it is not compared.
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
        Recording { digest: digest(timeline.world()), ..Recording::unsealed(timeline) }
    }

    /// The same without the digest, which takes long in a large world.
    pub fn unsealed(timeline: &Timeline) -> Recording {
        let end = timeline.now();
        Recording {
            engine: ENGINE.to_string(),
            scenario: timeline.scenario().clone(),
            commands: timeline.commands()[..end.commands as usize].to_vec(),
            end,
            digest: String::new(),
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

    /// Whether its run can come through a moment: not behind the end, with exactly the commands given that lie before it.
    pub fn comes_through(&self, moment: Moment) -> bool {
        let given = usize::try_from(moment.commands).unwrap_or(usize::MAX);
        let fits = self.commands.iter().enumerate().all(|(index, recorded)| match index < given {
            true => recorded.step <= moment.step && recorded.at <= moment.at,
            false => recorded.step >= moment.step && recorded.at >= moment.at,
        });
        fits && moment <= self.end
    }

    /// Runs it again from the boot.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn replay(&self) -> Result<Timeline, BadRecording> {
        let mut replay = Replay::begin(self.clone())?;
        while !replay.go_on(u64::MAX)? {}
        Ok(replay.end())
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

/// A recording that is being replayed, in pieces.
pub struct Replay {
    recording: Recording,
    timeline: Timeline,
}

impl Replay {
    /// Boots its cluster.
    ///
    /// # Errors
    /// Why it cannot be replayed.
    pub fn begin(recording: Recording) -> Result<Replay, BadRecording> {
        recording.check()?;
        let timeline = Timeline::new(recording.scenario.clone());
        Ok(Replay { recording, timeline })
    }

    /// Events that have happened, and events in all.
    pub fn progress(&self) -> (u64, u64) {
        (self.timeline.world().step, self.recording.end.step)
    }

    /// Where it has come to, and where it ends.
    pub fn moments(&self) -> (Moment, Moment) {
        (self.timeline.now(), self.recording.end)
    }

    /// Goes on for at most so many events; true at the end.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn go_on(&mut self, events: u64) -> Result<bool, BadRecording> {
        let mut left = events;
        loop {
            let number = self.timeline.now().commands;
            let next = self.recording.commands.get(number as usize).cloned();
            let place = match &next {
                Some(recorded) => Moment { step: recorded.step, at: recorded.at, commands: number },
                None => self.recording.end,
            };
            let wrong = || BadRecording::Misplaced(next.as_ref().map(|_| number + 1));
            if !go(&mut self.timeline, place, &mut left).ok_or_else(wrong)? {
                return Ok(false);
            }
            let Some(recorded) = next else { break };
            let given = self.timeline.do_now(recorded.command.as_ref().clone());
            given.map_err(|refusal| BadRecording::Refused(number + 1, refusal))?;
        }
        if self.recording.digest.is_empty() {
            return Ok(true);
        }
        let replayed = digest(self.timeline.world());
        match replayed == self.recording.digest {
            true => Ok(true),
            false => Err(BadRecording::OtherEnd { recorded: self.recording.digest.clone(), replayed }),
        }
    }

    /// The run as far as it has come.
    pub fn end(self) -> Timeline {
        self.timeline
    }
}

/// Runs to a place with at most `left` events; whether it is there. None if the run does not come through it.
fn go(timeline: &mut Timeline, place: Moment, left: &mut u64) -> Option<bool> {
    while timeline.world().step < place.step && timeline.world().next_at().is_some_and(|next| next <= place.at) {
        if *left == 0 {
            return Some(false);
        }
        *left -= 1;
        timeline.step();
    }
    if timeline.world().step == place.step && timeline.now() <= place {
        timeline.seek(place);
    }
    (timeline.now() == place).then_some(true)
}

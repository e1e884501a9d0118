//! A lesson that was left, as plain data: where the learner stands, and the run that led there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lesson::Lesson;
use super::run::{LessonRun, Standing};
use crate::sim::recording::Recording;
use crate::sim::timeline::{Moment, Timeline};

/// What is written now. Older ones would be read as long as they can be, newer ones are left alone.
pub const VERSION: u32 = 1;

/// A lesson that can be gone on with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bookmark {
    version: u32,
    lesson: String,
    standing: Standing,
    /// The whole branch, also what lies behind the playhead.
    recording: Recording,
    playhead: Moment,
}

/// The one field that is read of a bookmark of any version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Bookmark {
    pub fn of(run: &LessonRun, timeline: &Timeline) -> Bookmark {
        let mut whole = timeline.clone();
        whole.seek(whole.end());
        Bookmark {
            version: VERSION,
            lesson: run.lesson().id.clone(),
            standing: run.copy_of_standing(),
            recording: Recording::of(&whole),
            playhead: timeline.now(),
        }
    }

    /// The id of the lesson.
    pub fn lesson(&self) -> &str {
        &self.lesson
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("every part of a bookmark has a form in JSON")
    }

    /// # Errors
    /// Why it cannot be read: it is no bookmark, or one of a newer version.
    pub fn from_json(text: &str) -> Result<Bookmark, String> {
        let malformed = |error: serde_json::Error| format!("this is not a bookmark: {error}");
        let Versioned { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != VERSION {
            return Err(format!("this bookmark has version {version}; version {VERSION} can be read"));
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// Goes on where the lesson was left. The run is replayed, so it takes as long as it took.
    ///
    /// # Errors
    /// Why it cannot be: the lesson or the engine has changed, or the bookmark contradicts itself.
    pub fn resume(&self, lesson: Arc<Lesson>) -> Result<(LessonRun, Timeline), String> {
        if self.lesson != lesson.id {
            return Err(format!("this bookmark belongs to {}", self.lesson));
        }
        if !self.standing.fits(&lesson) {
            return Err(format!("{} has changed since the bookmark was made", lesson.id));
        }
        let mut timeline = self.recording.replay().map_err(|error| error.to_string())?;
        let standing = self.standing.clone();
        if !self.recording.comes_through(self.playhead)
            || standing.opening > timeline.end().commands
            || standing.step_from.seq > timeline.journal().len()
            || standing.lesson_from > standing.step_from
        {
            return Err("this bookmark is not one of its own run".to_string());
        }
        timeline.set_opening(standing.opening);
        let mut run = LessonRun::standing(lesson, standing, &timeline)?;
        timeline.seek(self.playhead);
        if timeline.now() != self.playhead {
            return Err("this bookmark is not one of its own run".to_string());
        }
        run.observe(&timeline);
        Ok((run, timeline))
    }
}

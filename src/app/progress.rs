//! What a visitor has reached, kept in the browser: pure reading and writing of texts with a version.
//!
//! Two kinds of texts are kept: the progress in all lessons (key [`PROGRESS`]), and for each lesson that was left a
//! bookmark (key `bookmark.L05`). What cannot be read, because it is damaged or from a newer version of this page, is set
//! aside under the first free of nine other keys and never written over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lessons::{Bookmark, LessonRun};

/// What is written now.
pub const VERSION: u32 = 1;
pub const PROGRESS: &str = "progress";

/// The key of a lesson's bookmark.
pub fn bookmark_key(lesson: &str) -> String {
    format!("bookmark.{lesson}")
}

/// The progress in all lessons.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Progress {
    version: u32,
    pub lessons: BTreeMap<String, LessonProgress>,
    /// The lesson that was opened last.
    pub last: Option<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Progress { version: VERSION, lessons: BTreeMap::new(), last: None }
    }
}

/// The progress in one lesson. It never shrinks: taking a lesson again takes nothing away.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LessonProgress {
    /// Most steps that were behind at once, and steps in all.
    pub reached: u32,
    pub steps: u32,
    pub finished: bool,
    /// Whether the run agreed, by prediction; the first answer counts.
    pub predictions: BTreeMap<String, bool>,
}

impl LessonProgress {
    /// Predictions that the run agreed with.
    pub fn right(&self) -> u32 {
        self.predictions.values().filter(|right| **right).count() as u32
    }

    /// Predictions that the run did not agree with.
    pub fn wrong(&self) -> u32 {
        self.predictions.len() as u32 - self.right()
    }
}

impl Progress {
    /// Takes in what was reached elsewhere: the further of both counts, and the first answers stay.
    pub fn join(&mut self, other: &Progress) {
        for (id, there) in &other.lessons {
            let here = self.lessons.entry(id.clone()).or_default();
            here.steps = here.steps.max(there.steps);
            here.reached = here.reached.max(there.reached);
            here.finished |= there.finished;
            for (prediction, right) in &there.predictions {
                here.predictions.entry(prediction.clone()).or_insert(*right);
            }
        }
        self.last = self.last.take().or_else(|| other.last.clone());
    }
}

/// Why a kept text cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    Damaged,
    /// Written by a newer page, in this version.
    Newer(u32),
}

/// The one field that is read of a text of any version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The version of a kept text, whatever else is in it.
fn version_of(text: &str) -> Result<u32, Unreadable> {
    serde_json::from_str(text).map(|Versioned { version }| version).map_err(|_| Unreadable::Damaged)
}

impl Progress {
    /// Reads what was kept.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(text: &str) -> Result<Progress, Unreadable> {
        match version_of(text)? {
            VERSION => serde_json::from_str(text).map_err(|_| Unreadable::Damaged),
            newer if newer > VERSION => Err(Unreadable::Newer(newer)),
            _ => Err(Unreadable::Damaged),
        }
    }

    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("every part of the progress has a form in JSON")
    }

    /// Takes in where a lesson stands. Says whether anything is new.
    pub fn note(&mut self, run: &LessonRun) -> bool {
        let before = self.clone();
        let id = &run.lesson().id;
        self.last = Some(id.clone());
        let steps = run.lesson().steps.len() as u32;
        let lesson = self.lessons.entry(id.clone()).or_default();
        lesson.steps = steps;
        lesson.reached = lesson.reached.min(steps).max(run.step());
        lesson.finished |= run.is_done();
        for prediction in run.lesson().prediction_ids() {
            if let Some(verdict) = run.verdict(&prediction) {
                lesson.predictions.entry(prediction).or_insert(verdict.is_right());
            }
        }
        *self != before
    }
}

/// Reads a bookmark that was kept.
///
/// # Errors
/// Why it cannot be read.
pub fn read_bookmark(text: &str) -> Result<Bookmark, Unreadable> {
    Bookmark::from_json(text).map_err(|_| match version_of(text) {
        Ok(newer) if newer > crate::lessons::bookmark::VERSION => Unreadable::Newer(newer),
        _ => Unreadable::Damaged,
    })
}

/// Where a text that cannot be read is set aside: the first free key, or the last one.
pub fn aside_key(key: &str, stored: impl Fn(&str) -> Option<String>) -> String {
    let keys = (1..=9).map(|number| format!("{key}.aside.{number}"));
    let mut free = keys.filter(|key| stored(key).is_none());
    free.next().unwrap_or_else(|| format!("{key}.aside.9"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_as_it_was_written() {
        let mut progress = Progress::default();
        let mut lesson = LessonProgress { reached: 3, steps: 6, ..LessonProgress::default() };
        lesson.predictions.insert("L05.P1".into(), false);
        lesson.predictions.insert("L05.P2".into(), true);
        assert_eq!((lesson.right(), lesson.wrong()), (1, 1));
        progress.lessons.insert("L05".into(), lesson);
        progress.last = Some("L05".into());
        assert_eq!(Progress::read(&progress.write()), Ok(progress));
    }

    #[test]
    fn damaged_and_newer_texts_are_told_apart() {
        for damaged in ["", "{", "[]", "null", "{\"version\":0}", "{\"version\":1}", "{\"version\":1,\"lessons\":3}"] {
            assert_eq!(Progress::read(damaged), Err(Unreadable::Damaged), "{damaged}");
        }
        assert_eq!(Progress::read("{\"version\":2,\"what\":\"ever\"}"), Err(Unreadable::Newer(2)));
        assert_eq!(read_bookmark("{\"version\":7}").err(), Some(Unreadable::Newer(7)));
        assert_eq!(read_bookmark("{\"version\":1}").err(), Some(Unreadable::Damaged));
    }

    #[test]
    fn what_is_set_aside_is_not_written_over() {
        assert_eq!(aside_key("progress", |_| None), "progress.aside.1");
        let first_is_taken = |key: &str| key.ends_with('1').then(String::new);
        assert_eq!(aside_key("progress", first_is_taken), "progress.aside.2");
        assert_eq!(aside_key("progress", |_| Some(String::new())), "progress.aside.9");
    }
}

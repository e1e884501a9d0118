//! The run on the page: the shell with its timeline, and the playhead.

use crate::view::scene::{EventLine, Scene};

/// What a console line answered.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

/// A cluster, its past, and where the playhead stands.
#[derive(Default)]
pub struct Run {
    playhead_us: f64,
    last_answer: Answer,
}

impl Run {
    pub fn line(&mut self, _line: &str) -> Answer {
        Answer::default()
    }

    /// What the last line answered.
    pub fn last_answer(&self) -> &Answer {
        &self.last_answer
    }

    /// The cluster as `sim state` prints it.
    pub fn snapshot(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    pub fn complete(&self, _line: &str) -> Vec<String> {
        Vec::new()
    }

    pub fn scene(&self) -> Scene {
        Scene { now_us: self.playhead_us as i64, ..Scene::default() }
    }

    /// The playhead with its fraction, for positions between events.
    pub fn playhead_us(&self) -> f64 {
        self.playhead_us
    }

    /// The newest moment of the run.
    pub fn newest_us(&self) -> i64 {
        self.playhead_us as i64
    }

    /// Moves the playhead on; says whether any event was passed.
    pub fn advance(&mut self, by_us: f64) -> bool {
        self.playhead_us += by_us;
        false
    }

    pub fn next_event(&mut self) -> bool {
        false
    }

    pub fn previous_event(&mut self) -> bool {
        false
    }

    pub fn seek(&mut self, to_us: i64) {
        self.playhead_us = to_us as f64;
    }

    /// The events of the run, past the playhead too.
    pub fn events(&self) -> &[EventLine] {
        &[]
    }
}

//! Lessons: what is to be seen, predicted and done, as data; and a run of one, which knows what has been reached.
//!
//! A lesson is a file of JSON (its steps, goals, predictions and console lines) with one file of texts a language.
//! Reached steps and locked predictions belong to the run and survive every jump in history; goals look at the branch
//! where the learner stands.

pub mod lesson;
pub mod run;

pub use lesson::{Lesson, Texts};
pub use run::{Hint, LessonRun, Verdict};

//! Lessons: what is to be seen, predicted and done, as data; and a run of one, which knows what has been reached.
//!
//! A lesson is a file of JSON (its steps, goals, predictions and console lines) with one file of texts a language.
//! Reached steps and locked predictions belong to the run and survive every jump in history; goals look at the branch
//! where the learner stands.
//!
//! ```text
//! files -> Classroom: a shelf of lessons, the open one (LessonRun), the verbs lesson, answer, hint, goal
//! Classroom + Shell + Timeline: a line goes on, and after every move the open step's goal is looked at
//! Classroom -> Panel (what to show), News (what to say), Bookmark (what to keep)
//! ```

pub mod bookmark;
pub mod capability;
pub mod classroom;
pub mod lesson;
pub mod markup;
pub mod panel;
pub mod run;
pub mod script;
pub mod shipped;
mod solution;

pub use bookmark::Bookmark;
pub use classroom::{Classroom, News, VERBS};
pub use lesson::{Lesson, Texts};
pub use panel::Panel;
pub use run::{Ending, Hint, LessonRun, Verdict};

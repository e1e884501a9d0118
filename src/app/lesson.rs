//! The lesson column: what of the open lesson is shown, and what its buttons do.

use super::msg::AppEffect;
use super::state::AppState;

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LessonColumn {}

/// What the lesson column asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum LessonMsg {
    /// Open a lesson by its id.
    Open(String),
    Leave,
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: LessonMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        LessonMsg::Open(id) => return super::lines::enter(state, &format!("sim lesson {id}")),
        LessonMsg::Leave => state.run.classroom.leave(),
    }
    Vec::new()
}

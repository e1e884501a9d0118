//! The inspector: facts, journey, bytes and reasons of what is selected.

use super::msg::AppEffect;
use super::state::AppState;

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inspector {
    pub open: bool,
}

/// What the inspector asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum InspectMsg {
    Toggle,
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: InspectMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        InspectMsg::Toggle => state.inspector.open = !state.inspector.open,
    }
    Vec::new()
}

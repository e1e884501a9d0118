//! The home page: the catalogue of lessons and the progress of the visitor.

use super::msg::{AppEffect, Screen};
use super::state::AppState;

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Home {}

/// What the home page asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum HomeMsg {
    OpenFreePlay,
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: HomeMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        HomeMsg::OpenFreePlay => state.screen = Screen::Stage,
    }
    Vec::new()
}

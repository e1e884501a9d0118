//! Free play: what can be added to the cluster, each as its console line.

use super::msg::AppEffect;
use super::state::AppState;

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Palette {
    pub open: bool,
}

/// What the palette asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum PaletteMsg {
    Toggle,
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: PaletteMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        PaletteMsg::Toggle => state.palette.open = !state.palette.open,
    }
    Vec::new()
}

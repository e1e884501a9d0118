//! What the pointer and the keys choose: the selection, a tool's target, what lies under the pointer.

use super::msg::{AppEffect, Msg};
use super::state::{AppState, INSPECTOR_BESIDE, Offer};
use super::tools::{self, Outcome};
use super::travel::go_back;
use super::update::{START_LOAD, create_topic};
use super::{lines, palette};
use crate::view::hit;
use crate::view::narrate;
use crate::view::table;

/// Messages about what is pointed at.
pub(super) fn pointing(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        Msg::Tool(tool) => {
            let outcome = tools::apply(state, tool);
            act(state, outcome)
        }
        Msg::Delay(delay) => slow_down(state, delay),
        Msg::StartLoad => lines::enter(state, START_LOAD),
        Msg::CreateTopic => lines::enter(state, &create_topic(state)),
        Msg::Undo => lines::enter(state, "sim undo"),
        Msg::FollowSelected => {
            let wanted = state.selection.as_ref().and_then(|target| hit::mark_of(&state.scene, target));
            state.followed = wanted.filter(|mark| state.followed != Some(*mark));
            Vec::new()
        }
        Msg::ReturnToLeft => go_back(state, Offer::Fork),
        Msg::BringBack => go_back(state, Offer::Cluster),
        Msg::TakeBack => match state.toast.take().and_then(|toast| toast.offer) {
            Some(offer) => go_back(state, offer),
            None => Vec::new(),
        },
        Msg::Select(target) => match (state.armed.clone(), target) {
            (Some(armed), Some(target)) => {
                let outcome = tools::on_target(&state.scene, &armed, &target, state.delay);
                act(state, outcome)
            }
            (_, target) => {
                // What is selected already is looked into.
                state.inspector.open |= target.is_some() && target == state.selection;
                select(state, target)
            }
        },
        Msg::Press(x, y) => {
            let target = hit::hit(&state.scene, &state.layout(), state.run.playhead_us(), x, y);
            pointing(state, Msg::Select(target))
        }
        Msg::MoveSelection(arrow) => {
            let from = state.selection.as_ref();
            let target = if state.table {
                table::step(&table::tables(&state.scene, state.words), from, arrow)
            } else {
                hit::step(&state.scene, &state.layout(), from, arrow)
            };
            select(state, target)
        }
        _ => {
            if state.home.share.take().is_some() {
                return vec![AppEffect::Focus("share")];
            }
            if state.help {
                state.help = false;
                return vec![AppEffect::LeaveHelp];
            } else if state.palette.open {
                return palette::update(state, palette::PaletteMsg::Toggle);
            } else if state.armed.take().is_some() {
                return Vec::new();
            } else if state.inspector.open && state.window < INSPECTOR_BESIDE {
                // It lies over the stage there.
                state.inspector.open = false;
                return vec![AppEffect::FocusStage];
            } else {
                state.selection = None;
            }
            Vec::new()
        }
    }
}

/// What the Slow tool adds from now on; a selected broker gets it at once, also one that was slowed down otherwise.
fn slow_down(state: &mut AppState, delay: u8) -> Vec<AppEffect> {
    state.delay = delay.min(tools::DELAYS.len() as u8 - 1);
    let node = state.selection.as_ref().and_then(hit::Target::node);
    match node.filter(|node| tools::is_slow(&state.scene, *node)) {
        Some(node) => {
            lines::enter(state, &format!("sim slow broker {node} {}", tools::DELAYS[usize::from(state.delay)]))
        }
        None => Vec::new(),
    }
}

fn act(state: &mut AppState, outcome: Outcome) -> Vec<AppEffect> {
    match outcome {
        Outcome::Line(line) => {
            state.armed = None;
            lines::enter(state, &line)
        }
        Outcome::Arm(armed) => {
            state.armed = Some(armed);
            Vec::new()
        }
        Outcome::Nothing => {
            state.armed = None;
            Vec::new()
        }
    }
}

fn select(state: &mut AppState, target: Option<hit::Target>) -> Vec<AppEffect> {
    if state.selection != target {
        state.inspector.byte = None;
        state.inspector.picked = None;
    }
    state.selection = target;
    state.dirty = true;
    match &state.selection {
        Some(target) => {
            let (name, facts) = narrate::describe(&state.scene, target, state.words);
            vec![AppEffect::Announce(std::iter::once(name).chain(facts).collect::<Vec<_>>().join(", "))]
        }
        None => Vec::new(),
    }
}

pub(super) fn hover(state: &mut AppState, at: Option<(f64, f64)>) -> Vec<AppEffect> {
    let found = at.and_then(|(x, y)| {
        let target = hit::hit(&state.scene, &state.layout(), state.run.playhead_us(), x, y)?;
        Some((target, (x, y)))
    });
    let same = match (&found, &state.hovered) {
        (Some((a, _)), Some((b, _))) => a == b,
        (None, None) => true,
        _ => false,
    };
    if !same {
        state.hovered = found;
        state.dirty = true;
    }
    Vec::new()
}

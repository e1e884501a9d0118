//! The inspector: facts, journey, bytes and reasons of what is selected; and the lists of the dock whose lines select it.

use super::msg::{AppEffect, DockTab, Msg};
use super::state::AppState;
use super::update::update as apply;
use crate::kafka::log_lines::Level;
use crate::view::inspect::Inspection;
use crate::view::inspect::bytes::{Dump, Step};
use crate::view::logs::LogFilter;
use crate::view::narrate;

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inspector {
    pub open: bool,
    /// The byte that the pointer or the keys are on.
    pub byte: Option<u32>,
    pub logs: LogFilter,
    /// Only events whose line has this text.
    pub events: String,
    /// The place in the journal of the line that was picked last.
    pub picked: Option<u64>,
}

/// What the inspector asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum InspectMsg {
    Toggle,
    Open,
    /// Jump to *Why?*.
    Why,
    /// The pointer is on a byte of the selected batch, or has left them.
    Byte(Option<u32>),
    /// An arrow key moves along the bytes; a row of the grid has so many.
    Step(Step, u32),
    /// A line of Events or Logs: its moment, and its object.
    Pick(u64),
    EventsText(String),
    LogsText(String),
    LogsLevel(Option<Level>),
    LogsProcess(Option<String>),
    /// All bytes, in the dock.
    ShowBytes,
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: InspectMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        InspectMsg::Toggle => state.inspector.open = !state.inspector.open,
        InspectMsg::Open => state.inspector.open = true,
        InspectMsg::Why => {
            state.inspector.open = true;
            return vec![AppEffect::Focus("why")];
        }
        InspectMsg::Byte(byte) => state.inspector.byte = byte,
        InspectMsg::Step(step, width) => return move_along(state, step, width),
        InspectMsg::Pick(number) => return pick(state, number),
        InspectMsg::EventsText(text) => state.inspector.events = text,
        InspectMsg::LogsText(text) => state.inspector.logs.text = text,
        InspectMsg::LogsLevel(level) => state.inspector.logs.level = level,
        InspectMsg::LogsProcess(process) => state.inspector.logs.process = process,
        InspectMsg::ShowBytes => state.dock = DockTab::Bytes,
    }
    Vec::new()
}

/// The page about the selection; None without one, or where it is not there.
pub fn page(state: &AppState) -> Option<Inspection> {
    state.run.inspect(&state.scene, state.selection.as_ref()?, state.words)
}

/// The byte that is marked: the chosen one while the batch has it, else the first of the selected record.
pub fn marked(dump: &Dump, chosen: Option<u32>) -> u32 {
    let first = dump.lit.map_or(0, |(from, _)| from);
    chosen.filter(|byte| dump.field_at(*byte).is_some()).unwrap_or(first)
}

fn move_along(state: &mut AppState, step: Step, width: u32) -> Vec<AppEffect> {
    let Some(dump) = page(state).and_then(|page| page.bytes) else { return Vec::new() };
    let from = marked(&dump, state.inspector.byte);
    let to = dump.step(from, step, width);
    state.inspector.byte = Some(to);
    let (before, now) = (dump.field_at(from), dump.field_at(to));
    let field = now.and_then(|field| dump.fields.get(field as usize)).filter(|_| before != now);
    field.map(|field| AppEffect::Announce(format!("{}: {}", field.name, field.value))).into_iter().collect()
}

/// The playhead goes to the moment of a line, and its object is selected.
fn pick(state: &mut AppState, number: u64) -> Vec<AppEffect> {
    let Some(at_us) = state.run.moment_of(number) else { return Vec::new() };
    let mut effects = apply(state, Msg::Look(at_us));
    state.inspector.picked = Some(number);
    let target = state.run.object_of(&state.scene, number, state.words);
    if let Some(target) = target {
        let (name, facts) = narrate::describe(&state.scene, &target, state.words);
        effects.push(AppEffect::Announce(std::iter::once(name).chain(facts).collect::<Vec<_>>().join(", ")));
        state.inspector.byte = None;
        state.selection = Some(target);
    }
    effects
}

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
    /// To the next or the previous event that speaks of the selection; of any event without one.
    NextOfSelection,
    PreviousOfSelection,
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
        InspectMsg::NextOfSelection => return walk(state, true),
        InspectMsg::PreviousOfSelection => return walk(state, false),
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

/// How many events of the world a search for the next one of the selection may let pass.
const FURTHEST: u32 = 20_000;

/// The playhead goes to an event that speaks of the selection.
fn walk(state: &mut AppState, forward: bool) -> Vec<AppEffect> {
    let Some(target) = state.selection.clone() else {
        return apply(state, if forward { Msg::NextEvent } else { Msg::PreviousEvent });
    };
    state.playback.playing = false;
    if !forward {
        let before = state.run.last_about(&state.scene, &target);
        return before.map(|at_us| apply(state, Msg::Look(at_us))).unwrap_or_default();
    }
    super::lines::interrupt(state);
    for _ in 0..FURTHEST {
        let known = state.run.told();
        if !state.run.next_event() || state.run.is_about_since(&state.scene, &target, known) {
            break;
        }
    }
    state.refresh();
    Vec::new()
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

#[cfg(test)]
mod tests {
    use super::super::keymap::Stroke;
    use super::super::msg::{Screen, Theme};
    use super::super::update;
    use super::*;
    use crate::view::hit::Target;
    use crate::view::words::Words;

    fn state() -> AppState {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        update(&mut state, Msg::Show(Screen::Stage));
        update(&mut state, Msg::Resized { stage: (908.0, 554.0), window: 1440.0 });
        state
    }

    fn press(state: &mut AppState, key: &str) -> Vec<AppEffect> {
        let stroke = Stroke { key: key.into(), modified: false, on_stage: true, in_field: false };
        update(state, Msg::Key(stroke))
    }

    /// The newest record of the first row.
    fn record(state: &AppState) -> Target {
        let row = &state.scene.rows[0];
        let lane = row.reference().expect("the row has a log");
        Target::Record { row: 0, broker: lane.broker, offset: lane.log_end_offset - 1 }
    }

    #[test]
    fn what_is_selected_already_is_looked_into() {
        let mut state = state();
        let target = record(&state);
        update(&mut state, Msg::Select(Some(target.clone())));
        assert!(!state.inspector.open);
        update(&mut state, Msg::Select(Some(target.clone())));
        assert!(state.inspector.open);
        assert!(page(&state).is_some_and(|page| page.title.starts_with("Record at offset ")));
        press(&mut state, "i");
        assert!(!state.inspector.open);
        assert_eq!(press(&mut state, "w"), [AppEffect::Focus("why")]);
        assert!(state.inspector.open && state.selection == Some(target));
    }

    #[test]
    fn escape_takes_an_inspector_away_that_lies_over_the_stage() {
        let mut state = state();
        let target = record(&state);
        update(&mut state, Msg::Select(Some(target)));
        press(&mut state, "Enter");
        update(&mut state, Msg::Resized { stage: (700.0, 554.0), window: 1100.0 });
        press(&mut state, "Escape");
        assert!(!state.inspector.open && state.selection.is_some());
        press(&mut state, "Escape");
        assert_eq!(state.selection, None);
    }

    #[test]
    fn a_line_of_the_lists_leads_to_its_moment_and_its_object() {
        let mut state = state();
        let appended = state.run.events().iter().rev().find(|event| event.name == "BatchAppended").cloned();
        let line = appended.expect("records were written");
        let before = state.scene.now_us;
        update(&mut state, Msg::Inspect(InspectMsg::Pick(line.number)));
        assert_eq!((state.scene.now_us, state.inspector.picked), (line.at_us, Some(line.number)));
        assert!(state.scene.now_us <= before && !state.playback.playing);
        let selected = state.selection.clone().expect("the line speaks of a batch");
        assert!(matches!(selected, Target::Batch { .. } | Target::Record { .. }), "{selected:?}");
        assert_eq!(state.run.about(&state.scene, &selected, [line.number].into_iter()), [line.number]);
        update(&mut state, Msg::Inspect(InspectMsg::Pick(u64::MAX)));
        assert_eq!(state.selection, Some(selected), "a line that is not there changes nothing");
    }

    #[test]
    fn arrows_along_the_bytes_name_the_field_when_it_changes() {
        let mut state = state();
        let target = record(&state);
        update(&mut state, Msg::Select(Some(target)));
        update(&mut state, Msg::Inspect(InspectMsg::Byte(Some(15))));
        let crossed = update(&mut state, Msg::Inspect(InspectMsg::Step(Step::Right, 16)));
        assert_eq!(crossed, [AppEffect::Announce("magic: 2".into())]);
        update(&mut state, Msg::Inspect(InspectMsg::Step(Step::Right, 16)));
        let within = update(&mut state, Msg::Inspect(InspectMsg::Step(Step::Right, 16)));
        assert_eq!((within, state.inspector.byte), (Vec::new(), Some(18)), "still in the checksum");
    }

    #[test]
    fn shift_walks_along_the_events_of_the_selection() {
        let mut state = state();
        update(&mut state, Msg::Select(Some(Target::Broker(2))));
        let end = state.scene.now_us;
        press(&mut state, "<");
        let back = state.scene.now_us;
        assert!(back < end);
        let at_back = |state: &AppState| {
            let here = state.run.events().iter().filter(|event| event.at_us == back).map(|event| event.number);
            state.run.about(&state.scene, &Target::Broker(2), here.collect::<Vec<_>>().into_iter())
        };
        assert!(!at_back(&state).is_empty(), "an event of broker 2 happened then");
        let known = state.run.told();
        press(&mut state, ">");
        assert!(state.run.is_about_since(&state.scene, &Target::Broker(2), known));
    }
}

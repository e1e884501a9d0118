//! What each message does.

use super::console::LineKind;
use super::keymap;
use super::msg::{AppEffect, Msg, Theme};
use super::playback::Advance;
use super::run::Answer;
use super::state::AppState;
use super::tools::{self, Outcome};
use crate::view::hit;
use crate::view::narrate;

/// The lines that make the cluster a visit begins with.
pub const OPENING: [&str; 4] = [
    "sim new --preset trio",
    "kafka-topics --create --topic orders --partitions 3 --replication-factor 1",
    "kafka-console-consumer --topic orders --from-beginning &",
    START_LOAD,
];

/// A light load on six keys that stays easy to follow by eye.
const START_LOAD: &str = "sim produce shop --topic orders --keys uma,vic,yun,ana,han,sam --count 1000000 --every 60ms";

/// Applies one message.
pub fn update(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    match msg {
        Msg::Frame(wall_ms) => frame(state, wall_ms),
        Msg::TogglePlay => play(state, !state.playback.playing),
        Msg::NextEvent => step(state, true),
        Msg::PreviousEvent => step(state, false),
        Msg::Slower => speed(state, i32::from(state.playback.speed) - 1),
        Msg::Faster => speed(state, i32::from(state.playback.speed) + 1),
        Msg::Speed(index) => speed(state, i32::from(index)),
        Msg::Seek(to_us) => {
            state.run.seek(to_us);
            state.refresh();
            Vec::new()
        }
        Msg::Scrub(to_us) => {
            state.scrub = Some(to_us);
            Vec::new()
        }
        Msg::Line(line) => run_line(state, &line),
        Msg::Input(text) => {
            state.console.input = text;
            redraw(state)
        }
        Msg::Submit => {
            let line = state.console.submit();
            let empty = line.trim().is_empty() && state.console.awaits().is_none();
            if empty { redraw(state) } else { run_line(state, if line.is_empty() { "\n" } else { &line }) }
        }
        Msg::Older => {
            state.console.older();
            redraw(state)
        }
        Msg::Newer => {
            state.console.newer();
            redraw(state)
        }
        Msg::Complete => {
            let candidates = state.run.complete(&state.console.input, state.console.input.len() as u32);
            state.console.complete(&candidates);
            state.dirty = true;
            vec![AppEffect::ScrollConsole]
        }
        Msg::FocusConsole => {
            state.dock = super::msg::DockTab::Console;
            state.dirty = true;
            vec![AppEffect::FocusConsole]
        }
        Msg::Hover(at) => hover(state, at),
        Msg::Tool(_) | Msg::StartLoad | Msg::Select(_) | Msg::Press(..) | Msg::MoveSelection(_) | Msg::Leave => {
            pointing(state, msg)
        }
        Msg::Key(stroke) => match keymap::message(&stroke, state.letters) {
            Some(meant) => update(state, meant),
            None => Vec::new(),
        },
        other => chrome(state, other),
    }
}

/// Messages that change how things are shown and never the run.
fn chrome(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        Msg::NextProducer => state.producer = cycle(state.producer, state.scene.producers.len()),
        Msg::NextConsumer => state.consumer = cycle(state.consumer, state.scene.consumers.len()),
        Msg::ShowRow(row) => state.phone_row = row,
        Msg::Dock(tab) => {
            state.dock = tab;
            return vec![AppEffect::ScrollConsole];
        }
        Msg::ToggleTheme => {
            state.theme = if state.theme == Theme::Light { Theme::Dark } else { Theme::Light };
            let value = state.theme.name().to_owned();
            return vec![AppEffect::Dress, AppEffect::Remember { key: "theme", value }];
        }
        Msg::Language(words) => {
            state.words = words;
            let value = words.tag().to_owned();
            return vec![AppEffect::Dress, AppEffect::Remember { key: "language", value }];
        }
        Msg::ToggleHelp => state.help = !state.help,
        Msg::ToggleLetters => state.letters = !state.letters,
        Msg::Resized { stage, window } => {
            state.stage = stage;
            state.window = window;
        }
        Msg::Hidden(hidden) => {
            state.hidden = hidden;
            state.playback.rest();
        }
        Msg::ReducedMotion(reduced) => {
            state.playback.reduced = reduced;
            state.playback.rest();
        }
        _ => state.dirty = false,
    }
    Vec::new()
}

/// Messages about what is pointed at.
fn pointing(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        Msg::Tool(tool) => {
            let outcome = tools::apply(state, tool);
            act(state, outcome)
        }
        Msg::StartLoad => run_line(state, START_LOAD),
        Msg::Select(target) => match (state.armed.clone(), target) {
            (Some(armed), Some(target)) => {
                let outcome = tools::on_target(&state.scene, &armed, &target);
                act(state, outcome)
            }
            (_, target) => select(state, target),
        },
        Msg::Press(x, y) => {
            let target = hit::hit(&state.scene, &state.layout(), state.run.playhead_us(), x, y);
            pointing(state, Msg::Select(target))
        }
        Msg::MoveSelection(arrow) => {
            let layout = state.layout();
            let target = hit::step(&state.scene, &layout, state.selection.as_ref(), arrow);
            select(state, target)
        }
        _ => {
            if state.help {
                state.help = false;
            } else if state.armed.take().is_none() {
                state.selection = None;
            }
            Vec::new()
        }
    }
}

fn act(state: &mut AppState, outcome: Outcome) -> Vec<AppEffect> {
    match outcome {
        Outcome::Line(line) => {
            state.armed = None;
            run_line(state, &line)
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

fn hover(state: &mut AppState, at: Option<(f64, f64)>) -> Vec<AppEffect> {
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

fn redraw(state: &mut AppState) -> Vec<AppEffect> {
    state.dirty = true;
    Vec::new()
}

fn cycle(index: u32, count: usize) -> u32 {
    if count == 0 { 0 } else { (index + 1) % count as u32 }
}

fn frame(state: &mut AppState, wall_ms: f64) -> Vec<AppEffect> {
    if let Some(to_us) = state.scrub.take() {
        state.run.seek(to_us);
        state.refresh();
    }
    let moved = match state.playback.frame(wall_ms) {
        Advance::Nothing => return Vec::new(),
        Advance::By(us) => {
            state.run.advance(us);
            true
        }
        Advance::ToNextEvent => state.run.next_event(),
    };
    if moved {
        state.refresh();
    }
    Vec::new()
}

fn play(state: &mut AppState, playing: bool) -> Vec<AppEffect> {
    state.playback.playing = playing;
    state.playback.rest();
    redraw(state)
}

fn speed(state: &mut AppState, index: i32) -> Vec<AppEffect> {
    state.playback.set_speed(index);
    redraw(state)
}

/// One event on or back; playing stops, for stepping is looking.
fn step(state: &mut AppState, forward: bool) -> Vec<AppEffect> {
    state.playback.playing = false;
    if forward {
        state.run.next_event();
    } else {
        state.run.previous_event();
    }
    state.refresh();
    let (wait, next) = narrate::next_event(&state.scene, state.words);
    vec![AppEffect::Announce(format!("{wait} {next}"))]
}

/// Runs lines as if typed, each echoed with its answer; lines of a here-document follow theirs.
fn run_line(state: &mut AppState, text: &str) -> Vec<AppEffect> {
    for line in text.lines() {
        if let Some(typed) = state.console.enter(line) {
            let answer = state.run.line(&typed.line, &typed.document).clone();
            show(state, &answer);
        }
    }
    state.refresh();
    vec![AppEffect::ScrollConsole]
}

/// Shows what a line answered, and what tools in the background printed that ended during it.
fn show(state: &mut AppState, answer: &Answer) {
    for (kind, text) in [(LineKind::Out, &answer.stdout), (LineKind::Err, &answer.stderr)] {
        if !text.is_empty() {
            state.console.print(kind, text);
        }
    }
    for (name, answer) in &answer.ended {
        state.console.print(LineKind::Notice, &state.words.console_ended(name));
        show(state, answer);
    }
}

/// Runs the opening lines of a visit.
pub(super) fn open(state: &mut AppState) {
    for line in OPENING {
        run_line(state, line);
    }
}

#[cfg(test)]
mod tests {
    use super::super::msg::{DockTab, Tool};
    use super::*;
    use crate::view::hit::Target;
    use crate::view::words::Words;

    fn state() -> AppState {
        AppState::new(Words::English, Theme::Light, false)
    }

    fn last_command(state: &AppState) -> Option<&str> {
        state.console.lines.iter().rev().find(|line| line.kind == LineKind::Command).map(|line| line.text.as_str())
    }

    #[test]
    fn a_click_on_a_tool_echoes_its_console_line() {
        let mut state = state();
        update(&mut state, Msg::Tool(Tool::Kill));
        assert!(state.armed.is_some(), "no target yet");
        update(&mut state, Msg::Select(Some(Target::Broker(2))));
        assert_eq!(last_command(&state), Some("sim kill 2"));
        assert!(state.armed.is_none());
    }

    #[test]
    fn escape_leaves_one_thing_at_a_time() {
        let mut state = state();
        update(&mut state, Msg::Select(Some(Target::Broker(2))));
        update(&mut state, Msg::ToggleHelp);
        update(&mut state, Msg::Leave);
        assert!(!state.help && state.selection.is_some());
        update(&mut state, Msg::Leave);
        assert_eq!(state.selection, None);
    }

    #[test]
    fn settings_are_remembered() {
        let mut state = state();
        let effects = update(&mut state, Msg::Language(Words::Korean));
        assert!(effects.contains(&AppEffect::Remember { key: "language", value: "ko".into() }));
        let effects = update(&mut state, Msg::ToggleTheme);
        assert!(effects.contains(&AppEffect::Remember { key: "theme", value: "dark".into() }));
        update(&mut state, Msg::Dock(DockTab::Events));
        assert_eq!(state.dock, DockTab::Events);
    }

    #[test]
    fn a_visit_plays_at_once_but_not_under_reduced_motion() {
        assert!(state().playback.playing);
        assert!(!AppState::new(Words::English, Theme::Light, true).playback.playing);
    }
}

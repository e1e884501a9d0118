//! Console lines: typed, clicked or pasted, they are carried out one after the other, each echoed with its answer.

use super::console::LineKind;
use super::msg::AppEffect;
use super::run::Answer;
use super::state::AppState;
use super::{errand, incident, lesson};

/// Events that a line may bring at once before the page draws again.
pub(super) const AT_ONCE: u64 = 4_000;

/// Takes lines in as if typed; lines of a here-document follow theirs.
pub(super) fn enter(state: &mut AppState, text: &str) -> Vec<AppEffect> {
    for line in if text.is_empty() { [""].into_iter().collect::<Vec<_>>() } else { text.lines().collect() } {
        if let Some(typed) = state.console.enter(line) {
            errand::enqueue(state, typed);
        }
    }
    work(state, AT_ONCE)
}

/// Carries lines on for at most so many events.
pub(super) fn work(state: &mut AppState, events: u64) -> Vec<AppEffect> {
    let mut effects = vec![AppEffect::ScrollConsole];
    loop {
        if !state.run.is_busy() {
            let Some(typed) = state.waiting.pop_front() else { break };
            if let Some(lesson) = state.run.classroom.wants(&typed.line) {
                effects.extend(errand::hold(state, lesson, typed));
                break;
            }
            state.run.begin(&typed.line, &typed.document);
        }
        let Some(answer) = state.run.work(events) else { break };
        effects.extend(answered(state, &answer));
    }
    state.refresh();
    if !state.run.is_busy() {
        incident::look(state);
    }
    effects
}

/// Gives up the line that is being carried out and those behind it; false if there is none.
pub(super) fn interrupt(state: &mut AppState) -> bool {
    if !state.run.is_busy() {
        return false;
    }
    state.waiting.clear();
    if let Some(answer) = state.run.interrupt() {
        answered(state, &answer);
    }
    state.refresh();
    true
}

fn answered(state: &mut AppState, answer: &Answer) -> Vec<AppEffect> {
    show(state, answer);
    let mut effects = lesson::keep(state);
    if let Some(at) = answer.forked_us {
        let text = state.words.transport_forked(crate::view::clock::moment(at));
        state.offer(text.clone(), super::state::Offer::Fork);
        effects.push(AppEffect::Announce(text));
    }
    effects
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

/// What Esc means in the prompt: the nearest of a running line, an open here-document, and what is typed.
pub(super) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    state.dirty = true;
    if interrupt(state) {
        return vec![AppEffect::ScrollConsole];
    }
    if errand::give_up(state) {
        return vec![AppEffect::ScrollConsole];
    }
    if state.console.abandon() {
        let text = state.words.console_abandoned().to_owned();
        state.console.print(LineKind::Notice, &text);
        return vec![AppEffect::ScrollConsole];
    }
    if !state.console.input.is_empty() {
        state.console.input.clear();
        return Vec::new();
    }
    vec![AppEffect::FocusStage]
}

/// Several pasted lines: all but the last are entered, the last one is left to be typed on.
pub(super) fn paste(state: &mut AppState, text: &str) -> Vec<AppEffect> {
    let Some((lines, rest)) = text.rsplit_once('\n') else { return Vec::new() };
    let first = format!("{}{lines}", state.console.submit());
    let effects = enter(state, first.trim_end_matches('\r'));
    state.console.input = rest.to_owned();
    effects
}

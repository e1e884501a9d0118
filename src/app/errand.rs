//! Fetching the files of a lesson. What waits for them, lines that were typed or a bookmark, is kept until they are there
//! or are given up; nothing is lost by a fetch that fails.

use std::collections::{BTreeMap, VecDeque};

use super::console::{LineKind, Typed};
use super::lines;
use super::msg::AppEffect;
use super::state::AppState;

/// A lesson whose files are under way, or did not come.
#[derive(Clone, PartialEq, Debug)]
pub struct Errand {
    pub lesson: String,
    /// Why the files did not come; none while they are under way.
    pub failed: Option<String>,
    /// Paths that are still to come, and the texts of those that have.
    awaited: Vec<String>,
    come: BTreeMap<String, String>,
    language: &'static str,
    /// The line that opens the lesson, and what was entered behind it.
    held: VecDeque<Typed>,
    /// Goes on from the lesson's bookmark when the files are there.
    resumes: bool,
}

impl Errand {
    pub fn is_under_way(&self) -> bool {
        self.failed.is_none()
    }

    /// Whether lines wait for it.
    pub fn holds_lines(&self) -> bool {
        !self.held.is_empty()
    }
}

fn lesson_path(id: &str) -> String {
    format!("lessons/{id}/lesson.json")
}

fn text_path(id: &str, tag: &str) -> String {
    format!("lessons/{id}/text.{tag}.json")
}

/// Asks for what is missing of a lesson in the language of the page.
fn ask(state: &mut AppState, lesson: &str, held: VecDeque<Typed>, resumes: bool) -> Vec<AppEffect> {
    let language = state.words.tag();
    let classroom = &state.run.classroom;
    let mut awaited = Vec::new();
    if !classroom.has_lesson(lesson) {
        awaited.push(lesson_path(lesson));
    }
    if !classroom.has(lesson, language) {
        awaited.push(text_path(lesson, language));
    }
    let effects = awaited.iter().cloned().map(AppEffect::Fetch).collect();
    let (lesson, come) = (lesson.to_owned(), BTreeMap::new());
    state.lesson.errand = Some(Errand { lesson, failed: None, awaited, come, language, held, resumes });
    state.dirty = true;
    effects
}

/// A line needs a lesson that is not there: it waits, and all behind it.
pub(super) fn hold(state: &mut AppState, lesson: &str, line: Typed) -> Vec<AppEffect> {
    let mut held = std::mem::take(&mut state.waiting);
    held.push_front(line);
    ask(state, lesson, held, false)
}

/// A line was entered. While files are under way it waits with those before it.
pub(super) fn enqueue(state: &mut AppState, line: Typed) {
    match &mut state.lesson.errand {
        Some(errand) if errand.is_under_way() && errand.holds_lines() => errand.held.push_back(line),
        _ => state.waiting.push_back(line),
    }
}

/// The words of the open lesson in the language that the page speaks now.
pub(super) fn translate(state: &mut AppState) -> Vec<AppEffect> {
    state.run.classroom.speak(state.words.tag());
    let Some(id) = state.run.classroom.run().map(|run| run.lesson().id.clone()) else { return Vec::new() };
    let is_busy = state.lesson.errand.as_ref().is_some_and(|errand| errand.holds_lines() || errand.resumes);
    if is_busy || state.run.classroom.has(&id, state.words.tag()) {
        return Vec::new();
    }
    ask(state, &id, VecDeque::new(), false)
}

/// Fetches what a bookmark needs, then goes on from it.
pub(super) fn fetch_to_resume(state: &mut AppState, lesson: &str) -> Vec<AppEffect> {
    if state.run.classroom.has(lesson, state.words.tag()) {
        return super::lesson::go_on(state, lesson);
    }
    ask(state, lesson, VecDeque::new(), true)
}

/// Whether a file is one that is waited for.
pub(super) fn awaits(state: &AppState, path: &str) -> bool {
    state.lesson.errand.as_ref().is_some_and(|errand| errand.awaited.iter().any(|own| own == path))
}

/// A file has come, or has not.
pub(super) fn fetched(state: &mut AppState, path: &str, body: Result<String, String>) -> Vec<AppEffect> {
    let Some(errand) = state.lesson.errand.as_mut().filter(|errand| errand.awaited.iter().any(|own| own == path))
    else {
        return Vec::new();
    };
    state.dirty = true;
    match body {
        Ok(text) => {
            errand.awaited.retain(|own| own != path);
            errand.come.insert(path.to_owned(), text);
            if !errand.awaited.is_empty() {
                return Vec::new();
            }
        }
        Err(why) => return fail(state, why),
    }
    match put_on_shelf(state) {
        Ok(()) => deliver(state),
        Err(why) => fail(state, why),
    }
}

fn fail(state: &mut AppState, why: String) -> Vec<AppEffect> {
    let Some(errand) = state.lesson.errand.as_mut().filter(|errand| errand.is_under_way()) else { return Vec::new() };
    errand.failed = Some(why);
    let text = state.words.lesson_not_fetched(&errand.lesson);
    state.console.print(LineKind::Notice, &text);
    vec![AppEffect::Announce(text), AppEffect::ScrollConsole]
}

fn put_on_shelf(state: &mut AppState) -> Result<(), String> {
    let Some(errand) = &state.lesson.errand else { return Ok(()) };
    let (id, tag) = (&errand.lesson, errand.language);
    if let Some(text) = errand.come.get(&lesson_path(id)) {
        state.run.classroom.shelve(text)?;
    }
    match errand.come.get(&text_path(id, tag)) {
        Some(text) => state.run.classroom.translate(id, tag, text),
        None => Ok(()),
    }
}

/// The files are there: what waited for them goes on.
fn deliver(state: &mut AppState) -> Vec<AppEffect> {
    let Some(mut errand) = state.lesson.errand.take() else { return Vec::new() };
    if errand.resumes {
        return fetch_to_resume(state, &errand.lesson);
    }
    errand.held.append(&mut state.waiting);
    state.waiting = errand.held;
    let mut effects = lines::work(state, lines::AT_ONCE);
    effects.extend(translate(state));
    effects
}

/// Asks once more for what did not come.
pub(super) fn retry(state: &mut AppState) -> Vec<AppEffect> {
    let Some(errand) = state.lesson.errand.take() else { return Vec::new() };
    ask(state, &errand.lesson, errand.held, errand.resumes)
}

/// Gives the files up, and the lines that waited for them. False if there was nothing to give up.
pub(super) fn give_up(state: &mut AppState) -> bool {
    let Some(errand) = state.lesson.errand.take() else { return false };
    state.dirty = true;
    let text = state.words.lesson_given_up(&errand.lesson);
    state.console.print(LineKind::Notice, &text);
    true
}

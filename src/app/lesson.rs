//! The lesson column: what of the open lesson is looked at, what its buttons do, and what becomes of the news.
//!
//! Its acts are console lines: the console shows them, and whoever types them does the same. What is kept of a visit goes
//! to the browser's storage after every piece of news and every line ([`super::progress`]).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::errand::{self, Errand};
use super::keepsake::Taken;
use super::msg::{AppEffect, Screen};
use super::progress::{PROGRESS, Progress, aside_key, bookmark_key, read_bookmark};
use super::sheet::SheetPage;
use super::state::AppState;
use super::{lines, sheet};
use crate::lessons::markup::plain;
use crate::lessons::shipped::IDS;
use crate::lessons::{Ending, News, Verdict};
use crate::view::clock::moment;

/// How long before a step was reached the second look at it begins, in microseconds.
const REPLAY_US: i64 = 40_000;

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LessonColumn {
    /// The step that is looked at, from 0; one behind the last for what there is to take along.
    pub shown: u32,
    /// Options that are chosen and not locked, from 0, by prediction.
    pub chosen: BTreeMap<String, u32>,
    /// It was opened by a click or an address: the focus goes to its title once it is there.
    to_focus: bool,
    /// Files that are under way or did not come.
    pub errand: Option<Errand>,
    pub progress: Progress,
    /// Bookmarks of lessons that were left, as they are kept.
    bookmarks: BTreeMap<String, String>,
    /// Keys under which something was set aside.
    asides: BTreeSet<String>,
}

impl LessonColumn {
    /// A lesson was begun and not finished, and can be gone on with.
    pub fn can_go_on(&self, lesson: &str) -> bool {
        self.bookmarks.contains_key(lesson)
    }

    /// Bookmarks of lessons that were left, as they are kept.
    pub fn bookmarks(&self) -> &BTreeMap<String, String> {
        &self.bookmarks
    }

    /// Takes in what was reached elsewhere; what there is to keep of it.
    pub(super) fn join(&mut self, taken: Taken) -> Vec<AppEffect> {
        self.progress.join(&taken.progress);
        let mut effects = vec![AppEffect::Remember { key: PROGRESS.to_owned(), value: self.progress.write() }];
        for (lesson, text) in taken.bookmarks {
            if let Entry::Vacant(place) = self.bookmarks.entry(lesson) {
                effects.push(AppEffect::Remember { key: bookmark_key(place.key()), value: text.clone() });
                place.insert(text);
            }
        }
        effects
    }
}

/// What the lesson column asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum LessonMsg {
    /// Opens a lesson: where it was left, or from the beginning.
    Open(String),
    /// From the beginning.
    Begin(String),
    Leave,
    /// Looks at a step, from 0.
    Show(u32),
    /// On from the step that is looked at: to the next one, at the end to the next lesson.
    Next,
    /// Chooses an option of a prediction, from 0.
    Choose(String, u32),
    /// Locks the chosen option.
    Lock(String),
    Hint,
    Undo,
    /// Runs the console lines of the open step.
    Solve,
    /// Goes back to the moment that decided a step, and plays.
    Replay(u32),
    /// Fetches again what did not come.
    Retry,
    GiveUp,
    /// Nothing: what was pressed is only to be read.
    Stay,
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: LessonMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        LessonMsg::Open(id) => return open(state, &id),
        LessonMsg::Begin(id) => {
            state.lesson.to_focus = true;
            return lines::enter(state, &format!("sim lesson {id}"));
        }
        LessonMsg::Leave => return leave(state),
        LessonMsg::Show(step) => show(state, step),
        LessonMsg::Next => return next(state),
        LessonMsg::Choose(id, option) => {
            state.lesson.chosen.insert(id, option);
        }
        LessonMsg::Lock(id) => {
            let Some(option) = state.lesson.chosen.get(&id) else { return Vec::new() };
            let mut effects = lines::enter(state, &format!("sim answer {id} {}", option + 1));
            // The button that locked is gone, and the focus would be gone with it.
            effects.push(AppEffect::FocusLesson);
            return effects;
        }
        LessonMsg::Hint if state.run.classroom.run().is_some() => return lines::enter(state, "sim hint"),
        LessonMsg::Hint => {}
        LessonMsg::Undo if state.run.can_undo() => return lines::enter(state, "sim undo"),
        LessonMsg::Undo => {}
        LessonMsg::Solve => return solve(state),
        LessonMsg::Replay(step) => return replay(state, step),
        LessonMsg::Retry => return errand::retry(state),
        LessonMsg::GiveUp => {
            errand::give_up(state);
            return vec![AppEffect::FocusStage];
        }
        LessonMsg::Stay => {}
    }
    Vec::new()
}

/// The open lesson's id.
fn id(state: &AppState) -> Option<String> {
    state.run.classroom.run().map(|run| run.lesson().id.clone())
}

/// The topics that the step which is looked at speaks of: in its goal as texts, in its lines behind `--topic`.
pub(super) fn topics(state: &AppState) -> Vec<String> {
    let Some(lesson) = state.run.classroom.run().map(|run| run.lesson()) else { return Vec::new() };
    let last = (lesson.steps.len() as u32).saturating_sub(1);
    let Some(step) = lesson.steps.get(state.lesson.shown.min(last) as usize) else { return Vec::new() };
    let mut names: Vec<&str> = step.goal.split('"').skip(1).step_by(2).collect();
    for line in &step.cli {
        let words: Vec<&str> = line.split_whitespace().collect();
        names.extend(words.windows(2).filter(|pair| pair[0] == "--topic").map(|pair| pair[1]));
    }
    let rows = &state.scene.rows;
    let known = |name: &&str| rows.iter().any(|row| row.topic == **name || row.tp() == **name);
    let topic = |name: &str| match rows.iter().find(|row| row.tp() == name) {
        Some(row) => row.topic.clone(),
        None => name.to_owned(),
    };
    names.into_iter().filter(known).map(topic).collect()
}

/// The lesson behind this one.
pub fn following(lesson: &str) -> Option<&'static str> {
    let at = IDS.iter().position(|id| *id == lesson)?;
    IDS.get(at + 1).copied()
}

fn open(state: &mut AppState, lesson: &str) -> Vec<AppEffect> {
    if id(state).as_deref() == Some(lesson) {
        state.screen = Screen::Stage;
        return Vec::new();
    }
    let mut effects = put_away(state);
    state.lesson.to_focus = true;
    if state.lesson.can_go_on(lesson) {
        effects.extend(errand::fetch_to_resume(state, lesson));
    } else {
        effects.extend(lines::enter(state, &format!("sim lesson {lesson}")));
    }
    effects
}

/// Goes on from a lesson's bookmark; the lesson is on the shelf. One that cannot be read is set aside, and the lesson
/// begins again.
pub(super) fn go_on(state: &mut AppState, lesson: &str) -> Vec<AppEffect> {
    lines::interrupt(state);
    let text = state.lesson.bookmarks.get(lesson).cloned().unwrap_or_default();
    let resumed = read_bookmark(&text).map_err(|_| ()).and_then(|bookmark| state.run.resume(&bookmark).map_err(|_| ()));
    if resumed.is_ok() {
        state.playback.playing = false;
        state.selection = None;
        state.refresh();
        return Vec::new();
    }
    let mut effects = set_aside(state, &bookmark_key(lesson), text);
    state.lesson.bookmarks.remove(lesson);
    effects.push(notice(state, state.words.lesson_begins_again(lesson)));
    effects.extend(lines::enter(state, &format!("sim lesson {lesson}")));
    effects
}

fn notice(state: &mut AppState, text: String) -> AppEffect {
    state.tell(text.clone());
    AppEffect::Announce(text)
}

/// Moves a text that cannot be read out of the way.
fn set_aside(state: &mut AppState, key: &str, text: String) -> Vec<AppEffect> {
    let taken = &mut state.lesson.asides;
    let aside = aside_key(key, |key| taken.contains(key).then(String::new));
    taken.insert(aside.clone());
    vec![AppEffect::Remember { key: aside, value: text }, AppEffect::Forget { key: key.to_owned() }]
}

/// Takes in what an earlier visit left in the browser.
pub(super) fn restore(state: &mut AppState, stored: &dyn Fn(&str) -> Option<String>) -> Vec<AppEffect> {
    let mut effects = Vec::new();
    let keys = IDS.iter().map(|id| bookmark_key(id)).chain([PROGRESS.to_owned()]);
    for key in keys {
        let asides = (1..=9).map(|number| format!("{key}.aside.{number}"));
        state.lesson.asides.extend(asides.filter(|key| stored(key).is_some()));
    }
    if let Some(text) = stored(PROGRESS) {
        match Progress::read(&text) {
            Ok(progress) => state.lesson.progress = progress,
            Err(why) => {
                effects.extend(set_aside(state, PROGRESS, text));
                let text = match why {
                    super::progress::Unreadable::Damaged => state.words.lesson_progress_damaged().to_owned(),
                    super::progress::Unreadable::Newer(_) => state.words.lesson_progress_newer().to_owned(),
                };
                effects.push(notice(state, text));
            }
        }
    }
    let kept = IDS.iter().filter_map(|id| Some(((*id).to_owned(), stored(&bookmark_key(id))?)));
    state.lesson.bookmarks = kept.collect();
    effects
}

/// Keeps where the open lesson stands.
fn put_away(state: &mut AppState) -> Vec<AppEffect> {
    let Some(bookmark) = state.run.bookmark() else { return Vec::new() };
    let (key, value) = (bookmark_key(bookmark.lesson()), bookmark.to_json());
    if state.lesson.bookmarks.get(bookmark.lesson()) == Some(&value) {
        return Vec::new();
    }
    state.lesson.bookmarks.insert(bookmark.lesson().to_owned(), value.clone());
    vec![AppEffect::Remember { key, value }]
}

fn keep_progress(state: &AppState) -> AppEffect {
    AppEffect::Remember { key: PROGRESS.to_owned(), value: state.lesson.progress.write() }
}

/// Leaves the lesson; the cluster stays. A finished lesson needs no bookmark any more.
fn leave(state: &mut AppState) -> Vec<AppEffect> {
    let mut effects = put_away(state);
    if let Some(run) = state.run.classroom.run().filter(|run| run.is_done()) {
        let id = run.lesson().id.clone();
        state.lesson.bookmarks.remove(&id);
        effects.push(AppEffect::Forget { key: bookmark_key(&id) });
    }
    state.run.classroom.leave();
    effects.push(AppEffect::FocusStage);
    effects
}

/// Steps that can be looked at: those behind, the open one, and the end when all are behind.
fn furthest(state: &AppState) -> u32 {
    state.run.classroom.run().map_or(0, |run| run.step())
}

fn show(state: &mut AppState, step: u32) {
    state.lesson.shown = step.min(furthest(state));
}

fn next(state: &mut AppState) -> Vec<AppEffect> {
    let Some(run) = state.run.classroom.run() else { return Vec::new() };
    let (steps, lesson) = (run.lesson().steps.len() as u32, run.lesson().id.clone());
    if state.lesson.shown < steps {
        let mut to = state.lesson.shown + 1;
        while run.ending(to) == Some(Ending::Locked) {
            to += 1;
        }
        show(state, to);
        return vec![AppEffect::FocusLesson];
    }
    let mut effects = leave(state);
    match following(&lesson) {
        Some(following) => effects.extend(open(state, following)),
        None => effects.extend(super::update::update(state, super::Msg::Show(Screen::Home))),
    }
    effects
}

/// The open step's lines, each as if typed.
fn solve(state: &mut AppState) -> Vec<AppEffect> {
    let Some(step) = state.run.classroom.run().and_then(|run| run.open_step()) else { return Vec::new() };
    let lines = step.cli.join("\n");
    let mut effects = lines::enter(state, &lines);
    effects.push(AppEffect::FocusLesson);
    effects
}

/// Shortly before a step was reached, and on from there.
fn replay(state: &mut AppState, step: u32) -> Vec<AppEffect> {
    let Some(run) = state.run.classroom.run() else { return Vec::new() };
    let reached = |step: u32| match run.ending(step) {
        Some(Ending::Reached { at_us }) => Some(at_us),
        _ => None,
    };
    let Some(at) = reached(step) else { return Vec::new() };
    let begun = (0..step).rev().find_map(reached).unwrap_or(0);
    let effects = super::update::update(state, super::Msg::Look((at - REPLAY_US).max(begun)));
    state.playback.playing = !state.playback.reduced;
    effects
}

/// What there is to say and to keep after a message: called after every one.
pub(super) fn attend(state: &mut AppState) -> Vec<AppEffect> {
    let news = state.run.classroom.take_news();
    if news.is_empty() {
        return Vec::new();
    }
    state.dirty = true;
    let mut effects = Vec::new();
    for piece in news {
        if piece == News::Opened && std::mem::take(&mut state.lesson.to_focus) {
            effects.push(AppEffect::Focus("lesson-title"));
        }
        if let Some(text) = tell(state, piece) {
            effects.push(AppEffect::Announce(text));
        }
    }
    effects.extend(keep(state));
    effects
}

/// Keeps progress and bookmark if they changed.
pub(super) fn keep(state: &mut AppState) -> Vec<AppEffect> {
    let mut effects = put_away(state);
    if let Some(run) = state.run.classroom.run()
        && state.lesson.progress.note(run)
    {
        effects.push(keep_progress(state));
    }
    effects
}

/// What a piece of news means for the column, and what is said of it.
fn tell(state: &mut AppState, news: News) -> Option<String> {
    let words = state.words;
    match news {
        News::Opened => {
            let open = furthest(state);
            state.lesson.shown = open;
            state.lesson.chosen.clear();
            state.screen = Screen::Stage;
            state.selection = None;
            sheet::bring_up(state, SheetPage::Lesson);
            if state.run.is_held() {
                state.playback.playing = false;
            }
            let panel = state.run.lesson()?;
            Some(words.lesson_opened(panel.id, plain(&panel.title, words.tag())))
        }
        News::Answered { id, verdict: Verdict { chosen, .. } } => {
            state.lesson.shown = furthest(state);
            state.lesson.chosen.remove(&id);
            Some(words.lesson_locked(chosen + 1))
        }
        News::Reached { step } => {
            state.lesson.shown = step;
            let at = moment(state.scene.now_us);
            Some(words.lesson_reached(step + 1, at))
        }
        News::Skipped { step } => Some(words.lesson_skipped(step + 1)),
        News::Done => Some(words.lesson_done().to_owned()),
        News::Left => Some(words.lesson_left().to_owned()),
    }
}

/// Time that goes on by itself stops before a prediction. Where the step before it was reached just now, that one stays
/// in sight: what it means comes first.
pub(super) fn come_to_rest(state: &mut AppState) -> Vec<AppEffect> {
    if state.lesson.shown < furthest(state) {
        state.playback.playing = false;
        return Vec::new();
    }
    hold_time(state)
}

/// Time waits: a prediction is asked. Says so, and shows it.
pub(super) fn hold_time(state: &mut AppState) -> Vec<AppEffect> {
    state.playback.playing = false;
    state.lesson.shown = furthest(state);
    sheet::bring_up(state, SheetPage::Lesson);
    let text = state.words.lesson_time_waits().to_owned();
    vec![notice(state, text)]
}

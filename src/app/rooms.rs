//! Runs that are not looked at: the one of free play while a lesson or a link is open, and the one of a link. And the way
//! of a run into a link and out of it.
//!
//! Whatever is opened, what the visitor did in free play stays, and is there again when they come back.

use std::sync::Arc;

use super::address::Address;
use super::home::{refuse, show};
use super::lesson::{self, LessonMsg};
use super::lines;
use super::link::{Link, MAX_CHARACTERS, Opening};
use super::msg::{AppEffect, Screen};
use super::state::AppState;
use crate::sim::timeline::Timeline;
use crate::view::clock;

/// Events that may bring a link's run at once before the page draws.
const AT_ONCE: u64 = 4_000;
/// Some programs cut links that are longer, in characters.
const LONG: usize = 2_000;

#[derive(Default)]
pub struct Rooms {
    /// The run of free play, while another one is shown.
    free: Option<Timeline>,
    /// The run of the link that was opened last, while another one is shown.
    left: Option<(String, Timeline)>,
    /// The link whose run is shown, and that run's origin.
    shared: Option<(String, Arc<()>)>,
    /// The link that is being opened.
    pub opening: Option<(String, Opening)>,
}

/// A link that is shown to be copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// Behind the `#`, with it.
    hash: String,
    /// The whole address, once the browser has said it.
    pub url: Option<String>,
    /// What became of it: copied, or to be copied by hand; and what to look out for.
    pub says: Vec<String>,
    pub text: String,
}

impl Rooms {
    /// The link that this run came from.
    pub fn shared_text(&self, timeline: &Timeline) -> Option<String> {
        let (text, origin) = self.shared.as_ref()?;
        Arc::ptr_eq(origin, timeline.origin()).then(|| text.clone())
    }
}

/// Opens a link, or says why not. A short run is there at once, a longer one is replayed in pieces.
pub(super) fn open_link(state: &mut AppState, text: &str) -> Vec<AppEffect> {
    if let Some((_, timeline)) = state.home.rooms.left.take_if(|(left, _)| left == text) {
        return enter(state, text.to_owned(), timeline);
    }
    match Link::read(text).and_then(Opening::begin) {
        Ok(opening) => {
            let mut effects = show(state, Screen::Home);
            state.home.notice = None;
            state.home.rooms.opening = Some((text.to_owned(), opening));
            effects.extend(work(state, AT_ONCE));
            effects
        }
        Err(bad) => {
            let (title, text) = bad.told(state.words);
            refuse(state, title, text)
        }
    }
}

/// Goes on with the link that is being opened.
pub(super) fn work(state: &mut AppState, events: u64) -> Vec<AppEffect> {
    let Some((text, mut opening)) = state.home.rooms.opening.take() else { return Vec::new() };
    state.dirty = true;
    match opening.go_on(events) {
        Ok(false) => {
            state.home.rooms.opening = Some((text, opening));
            Vec::new()
        }
        Ok(true) => match opening.end() {
            Ok(timeline) => enter(state, text, timeline),
            Err(bad) => {
                let (title, text) = bad.told(state.words);
                refuse(state, title, text)
            }
        },
        Err(bad) => {
            let (title, text) = bad.told(state.words);
            refuse(state, title, text)
        }
    }
}

/// The visitor does not want to wait for a link.
pub(super) fn cancel(state: &mut AppState) -> Vec<AppEffect> {
    state.home.rooms.opening = None;
    let title = state.words.link_cancelled().to_owned();
    refuse(state, title, state.words.link_nothing().to_owned())
}

/// Shows the run of a link.
fn enter(state: &mut AppState, text: String, timeline: Timeline) -> Vec<AppEffect> {
    let mut effects = leave_lesson(state);
    leave(state);
    state.home.rooms.shared = Some((text, timeline.origin().clone()));
    exchange(state, timeline);
    state.playback.playing = false;
    effects.extend(show(state, Screen::Stage));
    state.tell(state.words.link_opened(clock::moment(state.scene.now_us)));
    effects
}

/// Puts the run that is shown aside, if it is the visitor's own or a link's: another one is about to take its place.
pub(super) fn leave(state: &mut AppState) {
    lines::interrupt(state);
    let timeline = state.run.timeline();
    match state.home.rooms.shared_text(timeline) {
        Some(text) => state.home.rooms.left = Some((text, timeline.clone())),
        None if state.run.classroom.run().is_none() => state.home.rooms.free = Some(timeline.clone()),
        None => {}
    }
}

fn leave_lesson(state: &mut AppState) -> Vec<AppEffect> {
    match state.run.classroom.run() {
        Some(_) => lesson::update(state, LessonMsg::Leave),
        None => Vec::new(),
    }
}

fn exchange(state: &mut AppState, timeline: Timeline) {
    state.run.exchange(timeline);
    state.selection = None;
    state.hovered = None;
    state.waiting.clear();
    state.refresh();
}

/// Back to the run of free play.
pub(super) fn enter_free_play(state: &mut AppState) -> Vec<AppEffect> {
    if Address::of_stage(state) == Address::Play {
        return Vec::new();
    }
    let was_lesson = state.run.classroom.run().is_some();
    let effects = leave_lesson(state);
    if !was_lesson {
        leave(state);
    }
    if let Some(timeline) = state.home.rooms.free.take() {
        exchange(state, timeline);
    }
    effects
}

/// Makes a link to the run that is shown.
pub(super) fn share(state: &mut AppState) -> Vec<AppEffect> {
    let words = state.words;
    let link = Link::of(state.run.timeline());
    let hash = Address::Run(link.text()).text();
    let text = words.link_share_text(link.commands());
    if hash.len() > MAX_CHARACTERS {
        let (n, most) = (clock::grouped(hash.len() as u64), clock::grouped(MAX_CHARACTERS as u64));
        state.home.share = Some(Share { hash, url: None, says: vec![words.link_too_long(most, n)], text });
        return vec![AppEffect::Focus("share-close")];
    }
    state.home.share = Some(Share { hash: hash.clone(), url: None, says: Vec::new(), text });
    vec![AppEffect::Copy(hash)]
}

/// The browser took the link into the clipboard, or did not.
pub(super) fn shared(state: &mut AppState, url: String, copied: bool) {
    let words = state.words;
    let Some(share) = state.home.share.as_mut().filter(|share| url.ends_with(&share.hash)) else { return };
    let n = clock::grouped(url.len() as u64);
    share.says = vec![if copied { words.link_copied(n) } else { words.link_refused(n) }];
    if url.len() > LONG {
        share.says.push(words.link_long().to_owned());
    }
    share.url = Some(url);
}

#[cfg(test)]
mod tests {
    use super::super::home::HomeMsg;
    use super::super::msg::{Msg, Theme};
    use super::super::update;
    use super::*;
    use crate::sim::digest::digest;
    use crate::view::words::Words;

    fn state() -> AppState {
        AppState::new(Words::English, Theme::Light, true)
    }

    fn visit(state: &mut AppState, hash: &str) -> Vec<AppEffect> {
        let effects = update(state, Msg::Home(HomeMsg::Visit(hash.into())));
        while state.is_working() {
            update(state, Msg::Work(500));
        }
        effects
    }

    fn line(state: &mut AppState, line: &str) {
        update(state, Msg::Line(line.into()));
        while state.is_working() {
            update(state, Msg::Work(u64::MAX));
        }
    }

    /// The link that the button makes.
    fn link(state: &mut AppState) -> String {
        let effects = update(state, Msg::Home(HomeMsg::Share));
        let copied = effects.into_iter().find_map(|effect| match effect {
            AppEffect::Copy(hash) => Some(hash),
            _ => None,
        });
        copied.expect("a link is copied")
    }

    fn place(state: &AppState) -> (String, crate::sim::timeline::Moment) {
        (digest(state.run.timeline().world()), state.run.timeline().now())
    }

    #[test]
    fn a_shared_run_opens_elsewhere_at_the_same_moment() {
        let mut here = state();
        visit(&mut here, "#/play");
        line(&mut here, "sim kill 2 ; sim advance 300ms");
        update(&mut here, Msg::Look(170_000));
        let hash = link(&mut here);
        let mut there = state();
        visit(&mut there, &hash);
        assert_eq!(there.screen, Screen::Stage);
        assert_eq!(place(&there), place(&here));
        assert_eq!(there.run.newest_us(), here.run.newest_us(), "what lay ahead lies ahead");
        assert_eq!(Address::of(&there).text(), hash, "a page that is loaded again opens it again");
        assert!(!there.playback.playing);
    }

    #[test]
    fn a_link_takes_nothing_from_free_play_and_is_there_again() {
        let mut state = state();
        visit(&mut state, "#/play");
        line(&mut state, "sim new --preset solo ; kafka-topics --create --topic mine");
        let hash = link(&mut state);
        line(&mut state, "kafka-topics --create --topic later ; sim advance 5ms");
        let mine = place(&state);
        visit(&mut state, &hash);
        assert_ne!(place(&state), mine);
        line(&mut state, "sim advance 7ms");
        let theirs = place(&state);
        visit(&mut state, "#/play");
        assert_eq!((place(&state), Address::of(&state)), (mine, Address::Play));
        visit(&mut state, "#/");
        visit(&mut state, &hash);
        assert_eq!(place(&state), theirs, "Back leads to where it was left");
    }

    #[test]
    fn a_bad_link_changes_nothing_and_says_why() {
        let mut state = state();
        visit(&mut state, "#/play");
        let before = place(&state);
        let good = link(&mut state);
        for bad in ["#/run/".to_owned(), good.replacen("/1.", "/7.", 1), good[..good.len() - 9].to_owned()] {
            visit(&mut state, &bad);
            assert_eq!((state.screen, Address::of(&state)), (Screen::Home, Address::Home));
            let notice = state.home.notice.take().expect("it says why");
            assert!(notice.text.ends_with("nothing of yours has changed."), "{notice:?}");
            visit(&mut state, "#/play");
            assert_eq!(place(&state), before);
        }
    }

    #[test]
    fn a_long_run_is_rebuilt_in_pieces_and_can_be_cancelled() {
        let mut here = state();
        visit(&mut here, "#/play");
        line(&mut here, "sim advance 20s");
        let hash = link(&mut here);
        let mut there = state();
        update(&mut there, Msg::Home(HomeMsg::Visit(hash)));
        let progress = there.home.rooms.opening.as_ref().map(|(_, opening)| opening.progress());
        let (done, all) = progress.expect("it takes a while");
        assert!(done >= AT_ONCE && done < all, "{done} of {all}");
        update(&mut there, Msg::Home(HomeMsg::Cancel));
        assert!(!there.is_working() && there.home.notice.is_some() && there.screen == Screen::Home);
    }

    #[test]
    fn the_link_is_told_with_its_length_whether_the_clipboard_takes_it_or_not() {
        let mut state = state();
        visit(&mut state, "#/play");
        let hash = link(&mut state);
        let url = format!("https://example.org/{hash}");
        for (copied, says) in [(true, "Copied."), (false, "refused the clipboard")] {
            update(&mut state, Msg::Home(HomeMsg::Shared { url: url.clone(), copied }));
            let share = state.home.share.clone().expect("it is shown");
            assert!(share.says[0].contains(says) && share.says[0].contains("characters"), "{share:?}");
            assert_eq!(share.url.as_deref(), Some(url.as_str()));
        }
        update(&mut state, Msg::Home(HomeMsg::CloseShare));
        assert_eq!(state.home.share, None);
    }
}

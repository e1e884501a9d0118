//! Messages about time: frames, steps, seeks, and the way back to a run that was left.

use super::msg::{AppEffect, Msg, Screen};
use super::playback::Advance;
use super::state::{AppState, Offer};
use super::{home, incident, lesson, lines, palette, update};
use crate::view::narrate;

pub(super) fn frame(state: &mut AppState, wall_ms: f64) -> Vec<AppEffect> {
    state.age_toast(wall_ms);
    if state.screen == Screen::Home {
        home::frame(state, wall_ms);
        return Vec::new();
    }
    let mut effects = incident::frame(state, wall_ms);
    let settled = palette::settle(state);
    if !settled.is_empty() {
        effects.extend(settled);
        return effects;
    }
    if state.is_working() {
        // Time belongs to the line; what plays goes on behind it.
        state.playback.rest();
        return effects;
    }
    if let Some(to_us) = state.scrub.take() {
        seek(state, to_us);
    }
    let moved = match state.playback.frame(wall_ms) {
        Advance::Nothing => return effects,
        Advance::By(us) => {
            let late = state.playback.frame_ms > 40.0;
            state.pace = if late { (state.pace / 2).max(40) } else { (state.pace + 40).min(4_000) };
            state.run.advance(us, state.pace);
            true
        }
        Advance::ToNextEvent => state.run.next_event(),
    };
    if moved {
        state.refresh();
    }
    if state.run.is_held() {
        effects.extend(lesson::come_to_rest(state));
        return effects;
    }
    effects.extend(tell_newest(state, wall_ms));
    effects
}

/// While it plays, what happened is summed up politely, at most once a second.
fn tell_newest(state: &mut AppState, wall_ms: f64) -> Vec<AppEffect> {
    let now = state.scene.now_us;
    let events = state.run.events();
    let known = &events[..events.partition_point(|event| event.at_us <= now)];
    let Some(newest) = known.last().filter(|event| event.number != state.told.0 && wall_ms - state.told.1 >= 1_000.0)
    else {
        return Vec::new();
    };
    let first = known.partition_point(|event| event.number <= state.told.0);
    let text = narrate::summary(&known[first.min(known.len() - 1)..], state.words);
    state.told = (newest.number, wall_ms);
    vec![AppEffect::Announce(text)]
}

/// The playhead moves; a line that was under way is given up, for time is not its own any more.
pub(super) fn seek(state: &mut AppState, to_us: i64) -> Vec<AppEffect> {
    lines::interrupt(state);
    state.run.seek(to_us);
    state.refresh();
    Vec::new()
}

/// To the checkpoint before or behind the playhead; the start and the newest moment count as such.
pub(super) fn to_checkpoint(state: &mut AppState, forward: bool) -> Vec<AppEffect> {
    let now = state.scene.now_us;
    let named = state.run.checkpoints().into_iter().map(|(_, at)| at);
    let all = named.chain([0, state.run.newest_us()]);
    let found = if forward { all.filter(|at| *at > now).min() } else { all.filter(|at| *at < now).max() };
    match found {
        Some(at) => update(state, Msg::Look(at)),
        None => Vec::new(),
    }
}

pub(super) fn play(state: &mut AppState, playing: bool) -> Vec<AppEffect> {
    if playing && state.run.is_held() {
        return lesson::hold_time(state);
    }
    let playing = playing && incident::broken(state).is_none();
    state.playback.playing = playing;
    state.playback.rest();
    state.refresh();
    Vec::new()
}

pub(super) fn speed(state: &mut AppState, index: i32) -> Vec<AppEffect> {
    state.playback.set_speed(index);
    state.refresh();
    Vec::new()
}

/// One event on or back; playing stops, for stepping is looking.
pub(super) fn step(state: &mut AppState, forward: bool) -> Vec<AppEffect> {
    state.playback.playing = false;
    lines::interrupt(state);
    if forward {
        if state.run.is_held() {
            return lesson::hold_time(state);
        }
        state.run.next_event();
    } else {
        state.run.previous_event();
    }
    state.refresh();
    let (wait, next) = narrate::next_event(&state.scene, state.words);
    vec![AppEffect::Announce(format!("{wait} {next}"))]
}

/// Back to a run that was left; where that was a mistake, the notice leads forth again.
pub(super) fn go_back(state: &mut AppState, offer: Offer) -> Vec<AppEffect> {
    lines::interrupt(state);
    let found = match offer {
        Offer::Fork => state.run.return_to_left(),
        Offer::Cluster => state.run.bring_back(),
    };
    state.playback.playing = false;
    state.refresh();
    if !found {
        return Vec::new();
    }
    let text = state.words.transport_returned(crate::view::clock::moment(state.scene.now_us));
    state.offer(text.clone(), offer);
    vec![AppEffect::Announce(text)]
}

#[cfg(test)]
mod tests {
    use super::super::msg::Theme;
    use super::*;
    use crate::view::words::Words;

    fn state() -> AppState {
        AppState::new(Words::English, Theme::Light, false)
    }

    #[test]
    fn a_fork_is_taken_back_by_the_button_of_its_notice_and_the_other_way_round() {
        let mut state = state();
        update(&mut state, Msg::Line("sim checkpoint here ; sim advance 200ms".into()));
        let whole = (state.run.newest_us(), state.run.events().len());
        update(&mut state, Msg::Look(160_000));
        update(&mut state, Msg::Line("sim kill 2".into()));
        assert!(state.scene.brokers.iter().any(|broker| broker.state.is_down()));
        update(&mut state, Msg::TakeBack);
        assert_eq!((state.run.newest_us(), state.run.events().len()), whole);
        assert_eq!(state.scene.now_us, whole.0, "at its end");
        assert!(state.scene.brokers.iter().all(|broker| broker.state.serves()) && state.run.checkpoints().len() == 1);
        update(&mut state, Msg::ReturnToLeft);
        assert!(state.scene.brokers.iter().any(|broker| broker.state.is_down()), "the fork was kept too");
    }

    #[test]
    fn while_it_plays_a_summary_is_said_once_a_second_at_most() {
        let mut state = state();
        state.screen = Screen::Stage;
        update(&mut state, Msg::Speed(7));
        let said = |state: &mut AppState, at: f64| {
            let effects = update(state, Msg::Frame(at));
            effects.into_iter().filter(|effect| matches!(effect, AppEffect::Announce(_))).count()
        };
        let count: usize = (1..=300).map(|frame| said(&mut state, 1_000.0 + f64::from(frame) * 16.0)).sum();
        assert!((2..=5).contains(&count), "{count} times in 4.8 s");
    }
}

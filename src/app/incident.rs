//! What is kept for the day on which something of ours breaks: the seed, the moment and the lines that led there; and a
//! broken invariant, which stops time and is shown as our bug.

use std::sync::Arc;

use super::address::Address;
use super::console::LineKind;
use super::link::{Link, MAX_CHARACTERS};
use super::msg::AppEffect;
use super::state::AppState;
use crate::sim::invariants::{Violation, check_cluster};
use crate::view::clock;

/// The most lines that are kept; the newest.
const LINES: usize = 400;
/// How often the page looks at the run and keeps what a report needs, in milliseconds of wall time.
const EVERY_MS: f64 = 2_000.0;
/// Runs of up to so many events are looked at whole whenever a line has ended: every log and every acknowledged record.
const WHOLE: u64 = 60_000;

/// What the page keeps of this.
#[derive(Default)]
pub struct Incident {
    /// With the run that it broke in: another one is not blamed.
    broken: Option<(Arc<()>, Broken)>,
    /// The run whose broken invariant was put away: it is not told of again.
    excused: Option<Arc<()>>,
    /// The wall clock when the run was looked at last.
    looked_ms: f64,
    /// The place of the run that was kept last.
    kept: Option<(Arc<()>, u64)>,
}

/// What a report needs: it is kept where a crash of the program cannot reach it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Seed, moment and lines, ready to be copied.
    pub report: String,
    /// The address that leads back to this moment.
    pub hash: String,
}

/// A broken invariant, as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    pub title: String,
    /// What was found, and behind which event.
    pub detail: String,
    pub report: String,
}

impl Kept {
    /// What there is to keep of this moment.
    pub fn of(state: &AppState) -> Kept {
        let run = Address::Run(Link::unsealed(state.run.timeline()).text()).text();
        let command = (run.len() <= MAX_CHARACTERS).then(|| replay(&run));
        let hash = match Address::of_stage(state) {
            Address::Lesson(id) => Address::Lesson(id).text(),
            _ if run.len() <= MAX_CHARACTERS => run,
            _ => Address::Play.text(),
        };
        Kept { report: report(state, command), hash }
    }
}

/// The command that comes to the same moment outside of a browser.
fn replay(run: &str) -> String {
    format!("highwater replay {}", run.trim_start_matches("#/run/"))
}

/// Seed, moment, the command that replays the run, and the lines as they were typed.
fn report(state: &AppState, command: Option<String>) -> String {
    let commands = state.console.lines.iter().filter(|line| line.kind == LineKind::Command);
    let lines: Vec<&str> = commands.map(|line| line.text.as_str()).collect();
    let first = lines.len().saturating_sub(LINES);
    let seed = state.run.timeline().scenario().seed;
    let version = crate::sim::recording::ENGINE;
    let moment = clock::moment(state.scene.now_us);
    let head = format!("# Highwater {version}, seed {seed}, at {moment}, event {}\n", state.scene.step);
    let command = command.map_or_else(String::new, |command| format!("{command}\n"));
    format!("{head}{command}# lines\n{}\n", lines[first..].join("\n"))
}

/// What is broken in the run that is shown.
pub fn broken(state: &AppState) -> Option<&Broken> {
    let (origin, broken) = state.incident.broken.as_ref()?;
    Arc::ptr_eq(origin, state.run.timeline().origin()).then_some(broken)
}

/// Looks at the run from time to time, and keeps what a report needs.
pub(super) fn frame(state: &mut AppState, wall_ms: f64) -> Vec<AppEffect> {
    if wall_ms - state.incident.looked_ms < EVERY_MS || state.is_working() {
        return Vec::new();
    }
    state.incident.looked_ms = wall_ms;
    let place = (state.run.timeline().branch().clone(), state.scene.step);
    let same = |(branch, step): &(Arc<()>, u64)| Arc::ptr_eq(branch, &place.0) && *step == place.1;
    if state.incident.kept.as_ref().is_some_and(same) {
        return Vec::new();
    }
    state.incident.kept = Some(place);
    if let Err(violation) = check_cluster(state.run.timeline().world()) {
        found(state, &violation);
    }
    vec![AppEffect::Keep(Kept::of(state))]
}

/// A line has ended: looks at every invariant of this moment, where that takes no time.
pub(super) fn look(state: &mut AppState) {
    if state.scene.step > WHOLE {
        return;
    }
    if let Err(violation) = state.run.timeline().check() {
        found(state, &violation);
    }
}

/// Stops time and says what broke.
fn found(state: &mut AppState, violation: &Violation) {
    let origin = state.run.timeline().origin().clone();
    if state.incident.excused.as_ref().is_some_and(|excused| Arc::ptr_eq(excused, &origin)) {
        return;
    }
    let now = state.scene.now_us;
    let events = state.run.events();
    let last = events[..events.partition_point(|event| event.at_us <= now)].last();
    let event = last.map_or_else(String::new, |event| format!("{} {}", event.name, event.text));
    let detail = state.words.error_behind(clock::moment(now), &violation.detail, event);
    let title = state.words.error_invariant(violation.invariant);
    let report = format!("# {violation}\n{}", Kept::of(state).report);
    state.playback.playing = false;
    state.waiting.clear();
    state.incident.broken = Some((origin, Broken { title, detail, report }));
    state.dirty = true;
}

/// Shows the banner as if an invariant were broken, for tests of the page.
pub fn pretend(state: &mut AppState) {
    found(state, &Violation { invariant: "nothing is broken", detail: "a script asked for this banner".to_owned() });
}

/// The banner is put away; the run can be looked at, and is not blamed again.
pub(super) fn put_away(state: &mut AppState) {
    if let Some((origin, _)) = state.incident.broken.take() {
        state.incident.excused = Some(origin);
    }
    state.dirty = true;
}

/// The report of what is shown as broken goes into the clipboard.
pub(super) fn copy(state: &mut AppState) -> Vec<AppEffect> {
    let Some(broken) = broken(state) else { return Vec::new() };
    vec![AppEffect::CopyText(broken.report.clone())]
}

#[cfg(test)]
mod tests {
    use super::super::home::HomeMsg;
    use super::super::msg::{Msg, Theme};
    use super::super::update;
    use super::*;
    use crate::view::words::Words;

    fn state() -> AppState {
        let mut state = AppState::new(Words::English, Theme::Light, false);
        update(&mut state, Msg::Home(HomeMsg::OpenFreePlay));
        state
    }

    fn violation() -> Violation {
        Violation { invariant: "offsets grow", detail: "orders-0 on node 1: batch 3..3".into() }
    }

    #[test]
    fn what_is_kept_names_seed_moment_and_lines_and_leads_back() {
        let mut state = state();
        update(&mut state, Msg::Line("sim kill 2 ; sim advance 70ms".into()));
        let kept = Kept::of(&state);
        assert!(kept.report.contains("seed 1, at 00:00."), "{}", kept.report);
        assert!(kept.report.ends_with("sim advance 150ms\nsim kill 2 ; sim advance 70ms\n"), "{}", kept.report);
        let mut again = AppState::new(Words::English, Theme::Light, true);
        update(&mut again, Msg::Home(HomeMsg::Visit(kept.hash)));
        while again.is_working() {
            update(&mut again, Msg::Work(u64::MAX));
        }
        assert_eq!(again.run.timeline().now(), state.run.timeline().now());
    }

    #[test]
    fn a_moment_is_kept_once_in_a_while_and_not_twice() {
        let mut state = state();
        state.playback.playing = false;
        let mut keeps = |at: f64| {
            let effects = update(&mut state, Msg::Frame(at));
            effects.into_iter().filter(|effect| matches!(effect, AppEffect::Keep(_))).count()
        };
        assert_eq!([3_000.0, 3_500.0, 6_000.0].map(&mut keeps), [1, 0, 0], "time stands still");
        update(&mut state, Msg::NextEvent);
        assert!(update(&mut state, Msg::Frame(9_000.0)).iter().any(|effect| matches!(effect, AppEffect::Keep(_))));
    }

    #[test]
    fn a_broken_invariant_stops_time_and_is_told_as_our_bug() {
        let mut state = state();
        look(&mut state);
        assert_eq!(super::broken(&state), None, "nothing is broken");
        found(&mut state, &violation());
        let broken = super::broken(&state).cloned().expect("it is shown");
        assert!(!state.playback.playing);
        update(&mut state, Msg::TogglePlay);
        assert!(!state.playback.playing, "time stands still as long as it is shown");
        assert!(broken.title.contains("offsets grow"), "{broken:?}");
        assert!(broken.detail.contains("batch 3..3") && broken.detail.contains("00:00."), "{broken:?}");
        assert!(broken.report.contains("seed 1") && broken.report.starts_with("# offsets grow: orders-0"));
        assert!(broken.report.contains("\nhighwater replay 1."), "{}", broken.report);
        let effects = update(&mut state, Msg::Home(HomeMsg::CopyReport));
        assert!(effects.contains(&AppEffect::CopyText(broken.report)));
    }

    #[test]
    fn what_was_put_away_is_not_told_again_but_another_clusters_is() {
        let mut state = state();
        found(&mut state, &violation());
        update(&mut state, Msg::Home(HomeMsg::Excuse));
        found(&mut state, &violation());
        assert_eq!(super::broken(&state), None);
        update(&mut state, Msg::Line("sim new --preset solo".into()));
        found(&mut state, &violation());
        assert!(super::broken(&state).is_some());
        update(&mut state, Msg::Line("sim new --preset trio".into()));
        assert_eq!(super::broken(&state), None, "another cluster is not blamed");
    }
}

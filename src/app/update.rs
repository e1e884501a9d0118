//! What each message does.

use super::lines;
use super::msg::{AppEffect, Msg, Theme};
use super::pointing::{hover, pointing};
use super::sheet::SheetPage;
use super::state::AppState;
use super::travel::{frame, play, seek, speed, step, to_checkpoint};
use super::{errand, home, inspect, keymap, lesson, palette, sheet};

/// The lines that make the cluster a visit begins with: real commands, and a moment of time to have something to see.
pub const OPENING: [&str; 5] = [
    "sim new --preset trio",
    "kafka-topics --create --topic orders --partitions 3 --replication-factor 3 --config min.insync.replicas=2",
    "kafka-console-consumer --topic orders --from-beginning &",
    START_LOAD,
    "sim advance 150ms",
];

/// What the empty stage offers.
pub fn create_topic(state: &AppState) -> String {
    let factor = state.scene.brokers.len().clamp(1, 3);
    format!("kafka-topics --create --topic orders --partitions 3 --replication-factor {factor}")
}

/// A light load on eight keys that reach all three partitions and stay easy to follow by eye.
pub(super) const START_LOAD: &str =
    "sim produce shop --topic orders --keys uma,vic,yun,ana,han,sam,kim,lee --count 1000000 --every 3ms";

/// Applies one message.
pub fn update(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    let inspecting = state.inspector.open;
    let mut effects = apply(state, msg);
    effects.extend(lesson::attend(state));
    if state.inspector.open && !inspecting {
        sheet::bring_up(state, SheetPage::Inspector);
    }
    effects
}

fn apply(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    match msg {
        Msg::Frame(wall_ms) => frame(state, wall_ms),
        Msg::TogglePlay => play(state, !state.playback.playing),
        Msg::NextEvent => step(state, true),
        Msg::PreviousEvent => step(state, false),
        Msg::Slower => speed(state, i32::from(state.playback.speed) - 1),
        Msg::Faster => speed(state, i32::from(state.playback.speed) + 1),
        Msg::Speed(index) => speed(state, i32::from(index)),
        Msg::Seek(to_us) => seek(state, to_us),
        Msg::Look(to_us) => {
            state.playback.playing = false;
            seek(state, to_us)
        }
        Msg::PreviousCheckpoint | Msg::NextCheckpoint => to_checkpoint(state, msg == Msg::NextCheckpoint),
        Msg::Scrub(to_us) => {
            state.scrub = Some(to_us);
            Vec::new()
        }
        Msg::Line(line) => lines::enter(state, &line),
        Msg::Input(text) => {
            state.console.input = text;
            redraw(state)
        }
        Msg::Submit => {
            let line = state.console.submit();
            let empty = line.trim().is_empty() && state.console.awaits().is_none();
            if empty { redraw(state) } else { lines::enter(state, &line) }
        }
        Msg::Work(events) if state.home.rooms.opening.is_some() => super::rooms::work(state, events),
        Msg::Work(events) => lines::work(state, events),
        Msg::Escape => lines::escape(state),
        Msg::Paste(text) => lines::paste(state, &text),
        Msg::Older => {
            state.console.older();
            redraw(state)
        }
        Msg::Newer => {
            state.console.newer();
            redraw(state)
        }
        Msg::Complete => complete(state),
        Msg::FocusConsole => {
            state.dock = super::msg::DockTab::Console;
            sheet::bring_up(state, SheetPage::Dock);
            state.dirty = true;
            vec![AppEffect::FocusConsole]
        }
        Msg::Hover(at) => hover(state, at),
        msg if is_pointing(&msg) => pointing(state, msg),
        Msg::Lesson(_) | Msg::Sheet(_) | Msg::Home(_) | Msg::Fetched { .. } | Msg::Inspect(_) | Msg::Palette(_) => {
            part(state, msg)
        }
        Msg::Key(stroke) => {
            match keymap::message(&stroke, state.letters).and_then(|meant| keymap::on_screen(state.screen, meant)) {
                Some(meant) => update(state, meant),
                None => Vec::new(),
            }
        }
        other => chrome(state, other),
    }
}

/// Messages of the parts of the page that have a module of their own.
fn part(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    match msg {
        Msg::Lesson(msg) => lesson::update(state, msg),
        Msg::Sheet(msg) => {
            sheet::update(state, msg);
            Vec::new()
        }
        Msg::Home(msg) => home::update(state, msg),
        Msg::Fetched { path, text } if errand::awaits(state, &path) => errand::fetched(state, &path, text),
        Msg::Fetched { path, text } => home::fetched(state, &path, text),
        Msg::Inspect(msg) => inspect::update(state, msg),
        Msg::Palette(msg) => palette::update(state, msg),
        _ => Vec::new(),
    }
}

fn complete(state: &mut AppState) -> Vec<AppEffect> {
    let candidates = state.run.complete(&state.console.input, state.console.input.len() as u32);
    state.console.complete(&candidates);
    state.dirty = true;
    vec![AppEffect::ScrollConsole]
}

/// Messages that change how things are shown and never the run.
fn chrome(state: &mut AppState, msg: Msg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        Msg::NextProducer => state.producer = cycle(state.producer, state.scene.producers.len()),
        Msg::NextConsumer => state.consumer = cycle(state.consumer, state.scene.consumers.len()),
        Msg::ShowRow(row) => state.phone_row = row,
        Msg::MoreRows => {
            let slots = state.layout().slots;
            let strips = slots.iter().any(|slot| slot.quiet);
            let paged = slots.iter().filter(|slot| slot.quiet == strips);
            let next = paged.map(|slot| slot.row + 1).max().unwrap_or(0);
            state.first_row = if next < state.scene.rows.len() as u32 { next } else { 0 };
        }
        Msg::Dock(tab) => {
            state.dock = tab;
            sheet::bring_up(state, SheetPage::Dock);
            return vec![AppEffect::ScrollConsole];
        }
        Msg::Show(screen) => return home::show(state, screen),
        Msg::ToggleTable => return update(state, Msg::ShowTable(!state.table)),
        Msg::ShowTable(table) if state.table == table => {}
        Msg::ShowTable(table) => {
            state.table = table;
            return vec![AppEffect::FocusStage];
        }
        Msg::ToggleTheme => {
            state.theme = if state.theme == Theme::Light { Theme::Dark } else { Theme::Light };
            return vec![AppEffect::Dress, remember("theme", state.theme.name())];
        }
        Msg::Language(words) => {
            state.words = words;
            let mut effects = vec![AppEffect::Dress, remember("language", words.tag())];
            effects.extend(home::language_changed(state));
            effects.extend(errand::translate(state));
            return effects;
        }
        Msg::ToggleHelp => {
            state.help = !state.help;
            return vec![if state.help { AppEffect::FocusHelp } else { AppEffect::LeaveHelp }];
        }
        Msg::ToggleLetters => {
            state.letters = !state.letters;
            let value = if state.letters { "on" } else { "off" }.to_owned();
            return vec![AppEffect::Remember { key: "letters".to_owned(), value }];
        }
        Msg::Follow(mark) => state.followed = mark.filter(|mark| state.followed != Some(*mark)),
        Msg::Zoom(level) => state.zoom = level,
        Msg::Resized { stage, window } => {
            // A stage that is not shown has no size.
            if stage.0 > 0.0 {
                state.stage = stage;
            }
            state.window = window;
        }
        Msg::Hidden(hidden) => {
            state.hidden = hidden;
            state.playback.rest();
            if hidden {
                return lesson::keep(state);
            }
        }
        Msg::ReducedMotion(reduced) => {
            state.playback.reduced = reduced;
            state.playback.rest();
        }
        _ => state.dirty = false,
    }
    Vec::new()
}

/// The message is about what is pointed at, or does something to it.
fn is_pointing(msg: &Msg) -> bool {
    matches!(
        msg,
        Msg::Tool(_)
            | Msg::Delay(_)
            | Msg::FollowSelected
            | Msg::TakeBack
            | Msg::ReturnToLeft
            | Msg::BringBack
            | Msg::Undo
            | Msg::StartLoad
            | Msg::CreateTopic
            | Msg::Select(_)
            | Msg::Press(..)
            | Msg::MoveSelection(_)
            | Msg::Leave
    )
}

fn redraw(state: &mut AppState) -> Vec<AppEffect> {
    state.dirty = true;
    Vec::new()
}

fn cycle(index: u32, count: usize) -> u32 {
    if count == 0 { 0 } else { (index + 1) % count as u32 }
}

/// Runs the opening lines of a visit.
pub(super) fn open(state: &mut AppState) {
    for line in OPENING {
        lines::enter(state, line);
    }
    while state.is_working() {
        lines::work(state, u64::MAX);
    }
}

fn remember(key: &str, value: &str) -> AppEffect {
    AppEffect::Remember { key: key.into(), value: value.into() }
}

#[cfg(test)]
mod tests {
    use super::super::console::LineKind;
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
        assert!(effects.contains(&AppEffect::Remember { key: "language".into(), value: "ko".into() }));
        let effects = update(&mut state, Msg::ToggleTheme);
        assert!(effects.contains(&AppEffect::Remember { key: "theme".into(), value: "dark".into() }));
        update(&mut state, Msg::Dock(DockTab::Events));
        assert_eq!(state.dock, DockTab::Events);
    }

    #[test]
    fn a_visit_plays_at_once_but_not_under_reduced_motion() {
        assert!(state().playback.playing);
        assert!(!AppState::new(Words::English, Theme::Light, true).playback.playing);
    }

    fn printed(state: &AppState) -> String {
        state.console.lines.iter().map(|line| format!("{}\n", line.text)).collect()
    }

    #[test]
    fn a_visit_opens_on_a_living_cluster() {
        let state = state();
        assert!(printed(&state).contains("Created topic orders."), "{}", printed(&state));
        assert_eq!((state.scene.rows.len(), state.scene.producers.len(), state.scene.consumers.len()), (3, 1, 1));
        assert!(
            state.scene.rows.iter().all(|row| row.lanes.iter().any(|lane| !lane.tiles.is_empty())),
            "records in all rows"
        );
        assert!(!state.is_working() && state.vacancy().is_none());
    }

    #[test]
    fn escape_ends_a_line_that_lets_time_pass_and_those_behind_it() {
        let mut state = state();
        let before = state.scene.now_us;
        update(&mut state, Msg::Line("sim advance 30d\nsim kill 1".into()));
        assert!(state.is_working());
        update(&mut state, Msg::Escape);
        assert!(!state.is_working() && printed(&state).ends_with("interrupted\n"));
        assert!(state.scene.now_us > before, "the time that passed has passed");
        assert!(state.scene.brokers.iter().all(|broker| broker.state.serves()), "the line behind it was dropped");
    }

    #[test]
    fn a_line_in_the_past_forks_and_says_so() {
        let mut state = state();
        update(&mut state, Msg::Line("sim advance 200ms".into()));
        let end = state.run.newest_us();
        update(&mut state, Msg::Seek(100_000));
        assert_eq!((state.scene.now_us, state.run.newest_us()), (100_000, end), "looking back loses nothing");
        let known = state.run.events().len();
        update(&mut state, Msg::Line("sim kill 2".into()));
        assert_eq!(state.run.left_us(), Some((100_000, end)));
        assert!(state.toast.as_ref().is_some_and(|toast| toast.text.contains("00:00.100")));
        assert!(state.run.events().len() < known && state.run.newest_us() == 100_000, "what lay ahead is another run");
    }

    #[test]
    fn stepping_back_undoes_stepping_on() {
        let mut state = state();
        let before = state.scene.clone();
        update(&mut state, Msg::NextEvent);
        assert_eq!(state.scene.step, before.step + 1);
        update(&mut state, Msg::PreviousEvent);
        assert_eq!((state.scene.step, &state.scene.rows), (before.step, &before.rows));
        assert!(!state.playback.playing, "stepping is looking");
    }

    #[test]
    fn a_view_that_was_asked_for_is_shown_whatever_the_picture_of_the_button_was() {
        let mut state = state();
        for (msg, table) in [(Msg::ShowTable(true), true), (Msg::ShowTable(true), true), (Msg::ToggleTable, false)] {
            update(&mut state, msg);
            assert_eq!(state.table, table);
        }
        assert_eq!(update(&mut state, Msg::ShowTable(false)), [], "it is shown already");
    }

    #[test]
    fn pasted_lines_run_and_the_last_piece_is_left_to_be_typed_on() {
        let mut state = state();
        update(&mut state, Msg::Paste("cat > /tmp/a <<E\none\nE\ncat /tmp/a\nsim st".into()));
        assert!(printed(&state).ends_with("cat /tmp/a\none\n"), "{}", printed(&state));
        assert_eq!(state.console.input, "sim st");
    }

    #[test]
    fn checkpoints_are_places_to_jump_between() {
        let mut state = state();
        update(&mut state, Msg::Line("sim checkpoint here ; sim advance 1s".into()));
        update(&mut state, Msg::PreviousCheckpoint);
        assert_eq!(Some(state.scene.now_us), state.run.checkpoints().first().map(|(_, at)| *at));
        update(&mut state, Msg::NextCheckpoint);
        assert_eq!(state.scene.now_us, state.run.newest_us());
    }

    #[test]
    fn a_followed_key_is_the_key_of_the_selected_record_and_is_let_go_again() {
        let mut state = state();
        let row = &state.scene.rows[0];
        let (broker, tile) =
            (row.leader.expect("it is led"), row.reference().and_then(|lane| lane.tiles.last()).cloned());
        let tile = tile.expect("records in all rows");
        update(&mut state, Msg::Select(Some(Target::Record { row: 0, broker, offset: tile.offset })));
        update(&mut state, Msg::FollowSelected);
        assert_eq!(state.followed, Some(tile.mark));
        update(&mut state, Msg::FollowSelected);
        assert_eq!(state.followed, None);
    }

    #[test]
    fn a_cut_between_a_client_and_a_leader_is_in_the_picture() {
        use crate::view::scene::Place;
        let mut state = state();
        update(&mut state, Msg::Line("sim cut shop 3".into()));
        assert_eq!(state.scene.client_cuts, [(Place::Producer(0), Place::Broker(3))]);
    }
}

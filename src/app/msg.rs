//! Messages in, effects out.

use super::home::HomeMsg;
use super::incident::Kept;
use super::inspect::InspectMsg;
use super::keymap::Stroke;
use super::lesson::LessonMsg;
use super::palette::PaletteMsg;
use super::sheet::SheetMsg;
use crate::view::hit::{Arrow, Target};
use crate::view::layout::Level;
use crate::view::scene::KeyMark;
use crate::view::words::Words;

/// A panel of the dock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DockTab {
    #[default]
    Console,
    Logs,
    Events,
    Bytes,
}

/// What fills the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Screen {
    /// The catalogue of lessons.
    #[default]
    Home,
    /// The cluster, with the lesson beside it if one is open.
    Stage,
}

/// A tool of the toolbar. Each becomes a console line for the selection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    Kill,
    /// Stops a running broker, starts one that is down.
    StopOrStart,
    /// Cuts the link between two nodes; mends it if it is cut.
    Cut,
    Slow,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// Everything that can happen to the program.
#[derive(Clone, PartialEq, Debug)]
pub enum Msg {
    /// A frame of the browser, with its clock in milliseconds.
    Frame(f64),
    TogglePlay,
    NextEvent,
    PreviousEvent,
    Slower,
    Faster,
    Speed(u8),
    /// Move the playhead to a moment, in microseconds since the start.
    Seek(i64),
    /// The same from a pointer that is dragged: acted on at the next frame, the last one wins.
    Scrub(i64),
    /// Move the playhead to a moment and stay there.
    Look(i64),
    PreviousCheckpoint,
    NextCheckpoint,
    /// Run console lines as if typed.
    Line(String),
    /// Let a line that lets time pass go on for so many events.
    Work(u64),
    Input(String),
    Submit,
    /// Several lines were pasted into the prompt.
    Paste(String),
    /// Esc in the prompt.
    Escape,
    Older,
    Newer,
    Complete,
    FocusConsole,
    Tool(Tool),
    /// What the Slow tool adds, as an index into the delays; the selection gets it at once.
    Delay(u8),
    /// Follow this key; none gives all their colour back.
    Follow(Option<KeyMark>),
    /// Follow the key of the selected record, or no longer.
    FollowSelected,
    /// How much a row shows; none is as much as fits.
    Zoom(Option<Level>),
    /// The last line that acted is taken back.
    Undo,
    /// Takes back what the notice tells of.
    TakeBack,
    /// Back to the run that the last fork left.
    ReturnToLeft,
    /// Back to the cluster that another took the place of.
    BringBack,
    StartLoad,
    CreateTopic,
    Select(Option<Target>),
    /// The pointer is over this point of the stage, or has left it.
    Hover(Option<(f64, f64)>),
    /// The stage was clicked at this point.
    Press(f64, f64),
    MoveSelection(Arrow),
    /// Show another producer or consumer in the card.
    NextProducer,
    NextConsumer,
    /// On a phone: the partition to show.
    ShowRow(u32),
    /// Where not all partitions fit: the next ones, behind the last the first again.
    MoreRows,
    Dock(DockTab),
    Show(Screen),
    /// A file of the site is here, or it cannot be had.
    Fetched {
        path: String,
        text: Result<String, String>,
    },
    Lesson(LessonMsg),
    Sheet(SheetMsg),
    Home(HomeMsg),
    Inspect(InspectMsg),
    Palette(PaletteMsg),
    /// The stage as a table instead of a picture, or the other way round.
    ToggleTable,
    /// The stage as a table (true) or as a picture.
    ShowTable(bool),
    ToggleTheme,
    Language(Words),
    ToggleHelp,
    ToggleLetters,
    /// Esc: closes what is open, drops the armed tool, then the selection.
    Leave,
    Key(Stroke),
    /// The size of the stage and of the window, in CSS pixels.
    Resized {
        stage: (f64, f64),
        window: f64,
    },
    Hidden(bool),
    ReducedMotion(bool),
}

/// What only a browser can do.
#[derive(Clone, PartialEq, Debug)]
pub enum AppEffect {
    FocusConsole,
    FocusStage,
    /// The focus goes to the element with this id, once it is drawn.
    Focus(&'static str),
    /// The list of keys was opened: the focus goes into it.
    FocusHelp,
    /// The list of keys was closed: the focus goes back to where it was.
    LeaveHelp,
    /// The same for the palette.
    FocusPalette,
    LeavePalette,
    /// The console has new lines: show the last one.
    ScrollConsole,
    /// Put the page's address with this behind it into the clipboard; [`HomeMsg::Shared`] tells.
    Copy(String),
    /// Put this text into the clipboard.
    CopyText(String),
    /// Offer a text as a file to be saved.
    Save {
        name: String,
        text: String,
    },
    /// Keep what a report needs where a crash of the program cannot reach it.
    Keep(Kept),
    /// Keep a text in the browser under a key.
    Remember {
        key: String,
        value: String,
    },
    /// Keep nothing under a key any more.
    Forget {
        key: String,
    },
    /// Fetch a file of the site, by its path from the page; [`Msg::Fetched`] brings it.
    Fetch(String),
    /// The focus goes to the heading of the lesson column.
    FocusLesson,
    /// The document's theme or language changed.
    Dress,
    /// Say it politely to a screen reader.
    Announce(String),
}

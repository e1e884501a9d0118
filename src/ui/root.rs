//! The root: owns the state, turns events of the browser into messages and effects into calls of the browser.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::render::{AnimationFrame, request_animation_frame};
use web_sys::{Element, HtmlCanvasElement, HtmlElement};
use yew::{Callback, Component, Context, Html, NodeRef, html};

use super::dock::Dock;
use super::help::Help;
use super::home::{HomePage, PaperPage};
use super::inspector::{InspectorPanel, InspectorRail};
use super::lesson::{Awaited, LessonColumn};
use super::palette::Palette;
use super::sheet::SheetHead;
use super::shown::Shown;
use super::stage::{FlightPainter, Stage};
use super::table::Table;
use super::toast::toast;
use super::toolbar::{Picked, Toolbar};
use super::topbar::TopBar;
use super::transport::Transport;
use super::{bridge, crash, events, platform, share};
use crate::app::address::Address;
use crate::app::home::{self, HomeMsg};
use crate::app::incident;
use crate::app::msg::Screen;
use crate::app::sheet::{self, SheetPage};
use crate::app::{AppEffect, AppState, Msg, create_topic, update};
use crate::view::flight;
use crate::view::narrate;

/// Between two drawings of the page while it plays; flights are painted every frame all the same.
const DRAW_EVERY_MS: f64 = 30.0;
/// How much of a frame a console line may take that lets time pass, in milliseconds of wall time, and in what pieces.
const WORK_MS: f64 = 12.0;
const WORK_EVENTS: u64 = 200;

pub enum RootMsg {
    App(Msg),
    /// A script changed the state: draw it, and do what it brought.
    Changed(Vec<AppEffect>),
}

pub struct Root {
    state: Rc<RefCell<AppState>>,
    stage: NodeRef,
    canvas: NodeRef,
    painter: FlightPainter,
    /// The canvas of the home page's panorama, and who paints it.
    panorama: (NodeRef, FlightPainter),
    shown: Shown,
    /// The address that the browser shows.
    address: String,
    announced: String,
    /// Who had the focus before a dialog took it.
    before: Option<HtmlElement>,
    drawn_ms: f64,
    frame: Option<AnimationFrame>,
    size: Option<platform::SizeWatch>,
    _listeners: Vec<EventListener>,
}

impl Component for Root {
    type Message = RootMsg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let (words, theme) = (platform::language(), platform::theme());
        platform::dress(theme, words);
        let mut state = AppState::new(words, theme, platform::reduced_motion());
        state.letters = platform::remembered("letters").is_none_or(|value| value != "off");
        let state = Rc::new(RefCell::new(state));
        let changed = ctx.link().callback(RootMsg::Changed);
        bridge::install(&state, &changed);
        crash::watch();
        let mut root = Root {
            state,
            stage: NodeRef::default(),
            canvas: NodeRef::default(),
            painter: FlightPainter::default(),
            panorama: (NodeRef::default(), FlightPainter::default()),
            address: platform::hash(),
            shown: Shown::default(),
            announced: String::new(),
            before: None,
            drawn_ms: 0.0,
            frame: None,
            size: None,
            _listeners: events::listeners(ctx.link().callback(RootMsg::App)),
        };
        let effects = root.state.borrow_mut().restore(&platform::remembered);
        effects.into_iter().for_each(|effect| root.act(ctx, effect));
        root.visit(ctx);
        root.prepare();
        root.next_frame(ctx);
        root
    }

    fn update(&mut self, ctx: &Context<Self>, msg: RootMsg) -> bool {
        let now = match msg {
            RootMsg::Changed(effects) => {
                effects.into_iter().for_each(|effect| self.act(ctx, effect));
                None
            }
            RootMsg::App(msg) => {
                let at = if let Msg::Frame(at) = msg { Some(at) } else { None };
                self.apply(ctx, msg);
                if at.is_some() {
                    self.work(ctx);
                }
                at
            }
        };
        self.follow_address();
        let (dirty, playing, brisk) = {
            let state = self.state.borrow();
            (state.dirty, is_playing(&state), state.is_brisk())
        };
        let soon = now.is_some_and(|at| playing && at - self.drawn_ms < DRAW_EVERY_MS);
        if now.is_some() {
            self.next_frame(ctx);
            if !brisk {
                self.paint();
            }
        }
        if !dirty || soon {
            return false;
        }
        self.drawn_ms = now.unwrap_or(self.drawn_ms);
        self.prepare();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let state = self.state.borrow();
        let send = ctx.link().callback(RootMsg::App);
        let words = state.words;
        let layout = state.layout();
        let tip = (state.hovered.as_ref())
            .map(|(target, at)| (narrate::describe(&state.scene, target, words), *at))
            .map(|((name, facts), (x, y))| (name, facts, (x + 14.0).min(layout.width - 190.0), y + 16.0));
        html! {
            <div class={classes(&state)} style={state.sheet.dragged.map(|height| format!("--sheet:{height}px"))}>
                { skips(&state) }
                <TopBar words={words} theme={state.theme} screen={state.screen} lesson={state.run.classroom.run().is_some()} help={state.help} send={send.clone()} />
                <div class="slot sheet-slot">{ sheet_head(&state, &send) }</div>
                <div class="slot lesson-slot">{ if state.shows_lesson() {
                    html! { <LessonColumn words={words} column={self.shown.lesson.clone()} awaited={awaited(&state)} send={send.clone()} /> }
                } else {
                    html! { <span></span> }
                } }</div>
                <main class="stage">
                    <Toolbar words={words} keys={self.shown.keys.clone()} armed={state.armed.clone()}
                        picked={Picked::of(&state)} table={state.table} adding={state.palette.open} delay={state.delay}
                        followed={state.followed} zoom={(state.zoom, layout.level)}
                        rows={state.phone().then(|| self.shown.rows.clone())} row={state.phone_row} send={send.clone()} />
                    <Stage words={words} label={narrate::stage_label(&state.scene, words)} parts={self.shown.parts.clone()}
                        size={(layout.width, layout.height)} tip={tip} vacancy={state.vacancy()} gaps={state.gaps(&layout)} folded={layout.folded} create_topic={create_topic(&state)}
                        node={self.stage.clone()} canvas={self.canvas.clone()} send={send.clone()} />
                    <div class="table-slot">{ if state.table {
                        html! { <Table label={narrate::stage_label(&state.scene, words)} tables={self.shown.tables.clone()}
                            selection={state.selection.clone()} send={send.clone()} /> }
                    } else {
                        html! { <span></span> }
                    } }</div>
                </main>
                <Transport words={words} playing={state.playback.playing} speed={state.playback.speed}
                    now_us={state.scene.now_us} newest_us={state.run.newest_us()} scale={self.shown.scale}
                    left={state.run.left_us()} checkpoints={state.run.checkpoints()}
                    steps={self.shown.steps.clone()} snapshots={self.shown.snapshots.clone()}
                    next={narrate::next_event(&state.scene, words)} ticks={self.shown.ticks.clone()} phone={state.phone()}
                    send={send.clone()} />
                <Dock words={words} tab={state.dock} lines={self.shown.lines.clone()} input={state.console.input.clone()}
                    awaits={state.console.awaits().map(str::to_owned)} working={state.is_working()}
                    events={self.shown.events.clone()} folded={state.run.folded()}
                    logs={self.shown.logs.clone()} processes={self.shown.processes.clone()} about={self.shown.about.clone()}
                    inspector={state.inspector.clone()} page={self.shown.page.clone()} send={send.clone()} />
                <div class="slot inspector-slot">{ if state.inspector.open {
                    html! { <InspectorPanel words={words} page={self.shown.page.clone()} selected={state.selection.is_some()}
                        byte={state.inspector.byte} send={send.clone()} /> }
                } else {
                    html! { <InspectorRail words={words} name={Picked::of(&state).map(|picked| picked.name)} send={send.clone()} /> }
                } }</div>
                <div class="slot home-slot">{ if let Some(reading) = &self.shown.reading {
                    html! { <PaperPage words={words} reading={reading.clone()} /> }
                } else if state.screen == Screen::Home {
                    html! {
                        <HomePage words={words} shelf={home::shelf(&state)} missing={state.home.missing.clone()}
                            notice={state.home.notice.clone()} opening={home::opening(&state)} panorama={self.shown.panorama.clone()}
                            canvas={self.panorama.0.clone()} send={send.clone()} />
                    }
                } else {
                    html! { <span></span> }
                } }</div>
                <Palette words={words} shown={self.shown.palette.clone()} send={send.clone()} />
                <Help words={words} open={state.help} letters={state.letters} send={send.clone()} />
                <div class="share-box">{ share::card(state.home.share.as_ref(), words, &send) }</div>
                <div class="broken-box">{ crash::banner(incident::broken(&state).filter(|_| state.screen == Screen::Stage), words, &send) }</div>
                <div class="toast-box">{ toast(&state, &send) }</div>
                <div class="vh" id="live" role="status" aria-live="polite">{ self.announced.clone() }</div>
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        // Where a drawing takes a visible piece of time, what flies is painted with the picture: both show one moment.
        if self.state.borrow().is_brisk() {
            self.paint();
        }
        if !first {
            return;
        }
        let send = ctx.link().callback(RootMsg::App);
        if let Some(element) = self.stage.cast::<Element>() {
            let watched = element.clone();
            self.size = platform::SizeWatch::new(&element, move || measure(&watched, &send));
        }
        platform::scroll_to_end("console");
    }
}

/// The links that lead past the bars.
fn skips(state: &AppState) -> Html {
    let words = state.words;
    html! {
        <nav class="skips" aria-label={words.chrome_skip()}>
            <a class="skip" href="#stage" onclick={skip(if state.table { "table" } else { "stage" })}>{ words.chrome_skip_stage() }</a>
            <a class="skip" href="#prompt" onclick={skip("prompt")}>{ words.chrome_skip_console() }</a>
        </nav>
    }
}

/// On a phone: the head of the sheet over the stage.
fn sheet_head(state: &AppState, send: &Callback<Msg>) -> Html {
    if !state.phone() || state.screen != Screen::Stage {
        return html! { <span></span> };
    }
    html! {
        <SheetHead words={state.words} pages={sheet::pages(state)} page={sheet::page(state)} height={state.sheet.height}
            send={send.clone()} />
    }
}

/// The page's class list: which of its parts take room.
fn classes(state: &AppState) -> String {
    let mut classes = String::from("app");
    if state.phone() && state.screen == Screen::Stage {
        let page = match sheet::page(state) {
            SheetPage::Lesson => "lesson",
            SheetPage::Dock => "dock",
            SheetPage::Inspector => "inspector",
        };
        classes = format!("app sheet-{} page-{page}", state.sheet.height.name());
    }
    for (name, on) in [
        ("phone", state.phone()),
        ("with-lesson", state.shows_lesson()),
        ("with-inspector", state.inspector.open),
        ("with-rail", !state.inspector.open),
        ("as-table", state.table),
        ("at-home", state.screen == Screen::Home),
    ] {
        if on {
            classes.push(' ');
            classes.push_str(name);
        }
    }
    classes
}

/// The focus goes there without the address changing.
fn skip(id: &'static str) -> impl Fn(web_sys::MouseEvent) {
    move |event| {
        event.prevent_default();
        platform::focus(id);
    }
}

/// Time goes on by itself on the screen that is shown.
fn is_playing(state: &AppState) -> bool {
    match state.screen {
        Screen::Home => state.home.panorama.as_ref().is_some_and(|panorama| panorama.playback.playing),
        Screen::Stage => state.playback.playing,
    }
}

/// The lesson whose files are under way.
fn awaited(state: &AppState) -> Option<Awaited> {
    let errand = state.lesson.errand.as_ref()?;
    Some(Awaited { lesson: errand.lesson.clone(), failed: errand.failed.clone() })
}

/// Tells the program how large the stage is.
fn measure(stage: &Element, send: &Callback<Msg>) {
    let frame = stage.get_bounding_client_rect();
    send.emit(Msg::Resized { stage: (frame.width(), frame.height()), window: platform::window_width() });
}

impl Root {
    fn next_frame(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        self.frame = Some(request_animation_frame(move |at| link.send_message(RootMsg::App(Msg::Frame(at)))));
    }

    fn apply(&mut self, ctx: &Context<Self>, msg: Msg) {
        if matches!(&msg, Msg::Home(HomeMsg::Visit(_))) {
            self.address = platform::hash();
        }
        let effects = update(&mut self.state.borrow_mut(), msg);
        for effect in effects {
            self.act(ctx, effect);
        }
    }

    /// Goes where the page's address leads.
    fn visit(&mut self, ctx: &Context<Self>) {
        self.apply(ctx, Msg::Home(HomeMsg::Visit(platform::hash())));
        self.follow_address();
    }

    /// The browser's address follows what is shown; where the visitor did not choose it, in place of the one before.
    fn follow_address(&mut self) {
        let state = self.state.borrow();
        let address = Address::of(&state).text();
        if address != self.address {
            let instead = !self.address.starts_with("#/") || state.home.notice.is_some();
            platform::show_address(&address, instead);
            self.address = address;
            self.panorama.1 = FlightPainter::default();
            platform::scroll_to_top();
        }
    }

    /// Lets a line that takes time go on, as long as the frame allows.
    fn work(&mut self, ctx: &Context<Self>) {
        let begun = platform::wall_ms();
        while self.state.borrow().is_working() && platform::wall_ms() - begun < WORK_MS {
            self.apply(ctx, Msg::Work(WORK_EVENTS));
        }
    }

    fn paint(&mut self) {
        let state = self.state.borrow();
        if state.screen == Screen::Home {
            let (Some(canvas), Some(panorama)) = (self.panorama.0.cast::<HtmlCanvasElement>(), &state.home.panorama)
            else {
                return;
            };
            let layout = panorama.layout();
            let now = panorama.run().playhead_us();
            let capsules = flight::capsules(&panorama.scene, &layout, now, panorama.motion());
            self.panorama.1.paint(&canvas, layout.width, layout.height, &capsules, &[]);
            return;
        }
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else { return };
        let layout = state.layout();
        let capsules = flight::capsules(&state.scene, &layout, state.run.playhead_us(), state.motion());
        let ribbons = flight::ribbons(&state.scene, &layout);
        self.painter.followed = state.followed;
        self.painter.paint(&canvas, layout.width, layout.height, &capsules, &ribbons);
    }

    fn act(&mut self, ctx: &Context<Self>, effect: AppEffect) {
        match effect {
            AppEffect::Copy(hash) => {
                let send = ctx.link().callback(RootMsg::App);
                wasm_bindgen_futures::spawn_local(async move {
                    let url = platform::address_with(&hash);
                    let copied = platform::copy(&url).await;
                    send.emit(Msg::Home(HomeMsg::Shared { url, copied }));
                    gloo::timers::callback::Timeout::new(0, || platform::select_all("share-link")).forget();
                });
            }
            AppEffect::CopyText(text) => {
                wasm_bindgen_futures::spawn_local(async move {
                    platform::copy(&text).await;
                });
            }
            AppEffect::Save { name, text } => crash::save(&name, &text),
            AppEffect::Keep(kept) => crash::keep(&kept),
            AppEffect::Fetch(path) => {
                let send = ctx.link().callback(RootMsg::App);
                wasm_bindgen_futures::spawn_local(async move {
                    let text = platform::fetch(&path).await;
                    send.emit(Msg::Fetched { path, text });
                });
            }
            AppEffect::FocusConsole => platform::focus("prompt"),
            // After Yew has drawn the picture or the tables.
            AppEffect::FocusStage => {
                later(|| {
                    platform::focus("stage");
                    platform::focus_first("#table [tabindex='0'], #table[tabindex='0']");
                });
            }
            AppEffect::Focus(id) => platform::focus_when_there(id),
            AppEffect::FocusHelp => self.enter("help-close"),
            AppEffect::FocusPalette => self.enter("palette-first"),
            AppEffect::LeaveHelp => self.leave("help"),
            AppEffect::LeavePalette => self.leave("add"),
            AppEffect::ScrollConsole => {
                // After Yew has drawn the new lines.
                later(|| platform::scroll_to_end("console"));
            }
            AppEffect::Remember { key, value } => platform::remember(&key, &value),
            AppEffect::Forget { key } => platform::forget(&key),
            AppEffect::FocusLesson => platform::focus_when_there("step-title"),
            AppEffect::Dress => {
                let state = self.state.borrow();
                platform::dress(state.theme, state.words);
                self.painter.dress();
                self.panorama.1.dress();
            }
            AppEffect::Announce(text) => self.announced = text,
        }
    }

    /// A dialog opens: the focus goes into it and will come back.
    fn enter(&mut self, id: &'static str) {
        self.before = platform::focused();
        later(move || platform::focus(id));
    }

    fn leave(&mut self, id: &'static str) {
        let before = self.before.take();
        later(move || platform::give_back(before, id));
    }

    /// Computes what the next drawing shows.
    fn prepare(&mut self) {
        self.shown.prepare(&mut self.state.borrow_mut());
    }
}

/// After Yew has drawn what this message brought.
fn later(act: impl FnOnce() + 'static) {
    gloo::timers::callback::Timeout::new(0, act).forget();
}

//! The home page: what this is, the panorama, the catalogue with the visitor's progress.

mod catalogue;
mod paper;
mod strip;

use catalogue::Catalogue;
pub use paper::PaperPage;
use strip::Strip;
use web_sys::{Element, HtmlInputElement};
use yew::{Callback, Component, Context, Html, NodeRef, Properties, TargetCast, html};

use super::stage::{part, patterns};
use super::{Send, Shared, platform};
use crate::app::home::{HomeMsg, Notice, OpeningView};
use crate::app::keepsake;
use crate::app::shelf::Shelf;
use crate::app::{AppState, Msg};
use crate::view::picture::Part;
use crate::view::timeline::{Scale, Ticks};
use crate::view::words::Words;

/// The panorama at one moment.
#[derive(Clone, PartialEq)]
pub struct PanoramaView {
    pub parts: Vec<Shared<Part>>,
    pub size: (f64, f64),
    /// One sentence about the picture.
    pub label: String,
    pub now_us: i64,
    pub newest_us: i64,
    pub playing: bool,
    pub scale: Scale,
    pub ticks: Shared<Ticks>,
}

impl PanoramaView {
    /// What the home page shows of its panorama; what did not change stays the same objects.
    pub fn of(state: &AppState, old: Option<PanoramaView>) -> Option<PanoramaView> {
        let panorama = state.home.panorama.as_ref()?;
        let (layout, run) = (panorama.layout(), panorama.run());
        let (parts, mut ticks) = old.map_or_else(Default::default, |old| (old.parts, Some(old.ticks)));
        let scale = Scale::fit(run.newest_us(), 0.0, panorama.strip_width());
        let mut grown = ticks.as_ref().map_or_else(Ticks::default, |ticks| (**ticks).clone());
        if grown.follow(run.events(), run.folded_ticks(), &scale, run.branches()) {
            ticks = Some(Shared::new(grown));
        }
        Some(PanoramaView {
            parts: crate::ui::renew(parts, panorama.picture(&layout, state.words)),
            size: (layout.width, layout.height),
            label: panorama.label(state.words),
            now_us: panorama.scene.now_us,
            newest_us: run.newest_us(),
            playing: panorama.playback.playing,
            scale,
            ticks: ticks.unwrap_or_else(|| Shared::new(Ticks::default())),
        })
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    /// None until the catalogue is here.
    pub shelf: Option<Shelf>,
    /// Why the catalogue is not here.
    pub missing: Option<String>,
    pub notice: Option<Notice>,
    /// A link that is being opened.
    pub opening: Option<OpeningView>,
    pub panorama: Option<PanoramaView>,
    /// The canvas above the panorama.
    pub canvas: NodeRef,
    pub send: Send,
}

pub struct HomePage {
    room: NodeRef,
    size: Option<platform::SizeWatch>,
}

impl Component for HomePage {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        HomePage { room: NodeRef::default(), size: None }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        html! {
            <main class="home" id="home">
                <div class="slot">{ notice(props) }</div>
                <div class="slot">{ opening(props) }</div>
                { hero(props) }
                <section class="pano" aria-label={props.words.home_panorama()}>
                    <div class="pano-room" ref={self.room.clone()}></div>
                    <div class="slot">{ self.panorama(props) }</div>
                </section>
                <div class="slot">{ catalogue(props) }</div>
                { keeping(props) }
                { footer(props.words) }
            </main>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let Some(room) = self.room.cast::<Element>().filter(|_| first) else { return };
        let (watched, send) = (room.clone(), ctx.props().send.clone());
        let measure = move || send.emit(Msg::Home(HomeMsg::Resized(watched.get_bounding_client_rect().width())));
        measure();
        self.size = platform::SizeWatch::new(&room, measure);
    }
}

impl HomePage {
    fn panorama(&self, props: &Props) -> Html {
        let Some(shown) = &props.panorama else { return html! { <span></span> } };
        let (width, height) = (shown.size.0.to_string(), shown.size.1.to_string());
        html! {
            <div class="pano-in">
                <div class="pano-scroll" tabindex="0" role="group" aria-label={shown.label.clone()}>
                    <div class="pano-box" style={format!("width:{width}px;height:{height}px")}>
                        <svg class="stage-svg" viewBox={format!("0 0 {width} {height}")} width={width} height={height} aria-hidden="true">
                            { patterns() }
                            <g class="picture">{ for shown.parts.iter().map(part) }</g>
                        </svg>
                        <canvas class="flights" ref={props.canvas.clone()} aria-hidden="true"></canvas>
                    </div>
                </div>
                <Strip words={props.words} now_us={shown.now_us} newest_us={shown.newest_us} playing={shown.playing}
                    scale={shown.scale} ticks={shown.ticks.clone()} send={props.send.clone()} />
            </div>
        }
    }
}

fn open(send: &Send, msg: HomeMsg) -> Callback<web_sys::MouseEvent> {
    send.reform(move |_| Msg::Home(msg.clone()))
}

fn notice(props: &Props) -> Html {
    let Some(notice) = &props.notice else { return html! { <span></span> } };
    html! {
        <div class="state err" id="notice" role="alert">
            <b>{ notice.title.clone() }</b>
            <p>{ notice.text.clone() }</p>
            <button class="btn" id="dismiss" onclick={open(&props.send, HomeMsg::Dismiss)}>{ props.words.home_dismiss() }</button>
        </div>
    }
}

fn opening(props: &Props) -> Html {
    let Some(opening) = &props.opening else { return html! { <span></span> } };
    let percent = (opening.share * 100.0).round();
    html! {
        <div class="state" id="opening" role="status">
            <b>{ opening.title.clone() }</b>
            <p>{ opening.text.clone() }</p>
            <div class="bar" role="progressbar" aria-label={opening.title.clone()} aria-valuemin="0" aria-valuemax="100"
                aria-valuenow={percent.to_string()}><i style={format!("width:{percent}%")}></i></div>
            <button class="btn" id="cancel" onclick={open(&props.send, HomeMsg::Cancel)}>{ props.words.link_cancel() }</button>
        </div>
    }
}

fn hero(props: &Props) -> Html {
    let words = props.words;
    let start = props.shelf.as_ref().and_then(|shelf| shelf.start.clone());
    html! {
        <section class="hero">
            <div>
                <h1>{ words.home_title() }</h1>
                <p>{ lead(words) }</p>
            </div>
            <div class="cta">
                <div class="slot">{ match start {
                    Some(start) => html! {
                        <a class="btn primary big" id="start" href={format!("#/lesson/{}", start.lesson)}>{ start.label }</a>
                    },
                    None => html! { <span></span> },
                } }</div>
                <a class="btn big" id="open-play" href="#/play">{ words.home_play() }</a>
            </div>
        </section>
    }
}

/// The sentence with its code as code.
fn lead(words: Words) -> Html {
    let text = words.home_lead();
    match text.split_once("send()") {
        Some((before, after)) => html! { <>{ before }<code>{ "send()" }</code>{ after }</> },
        None => html! { <>{ text }</> },
    }
}

fn catalogue(props: &Props) -> Html {
    match (&props.shelf, &props.missing) {
        (Some(shelf), _) => html! { <Catalogue words={props.words} shelf={shelf.clone()} send={props.send.clone()} /> },
        (None, Some(why)) => html! {
            <div class="state err" id="no-catalogue" role="alert">
                <p>{ props.words.home_missing(why) }</p>
                <button class="btn" onclick={open(&props.send, HomeMsg::OpenHome)}>{ props.words.home_again() }</button>
            </div>
        },
        (None, None) => html! { <p class="waiting">{ props.words.home_loading() }</p> },
    }
}

/// What was reached, to be taken along and brought back.
fn keeping(props: &Props) -> Html {
    let words = props.words;
    let send = props.send.clone();
    let onchange = move |event: yew::Event| {
        let field = event.target_unchecked_into::<HtmlInputElement>();
        let file = field.files().and_then(|files| files.get(0));
        let Some(file) = file else { return };
        let send = send.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let read = platform::read_file(&file, keepsake::MAX_BYTES).await;
            send.emit(Msg::Home(HomeMsg::Import(read)));
        });
        // The same file may be chosen again.
        field.set_value("");
    };
    html! {
        <section class="keepsake" aria-label={words.keep_label()}>
            <p>{ words.home_local() }</p>
            <button class="btn" id="export" onclick={open(&props.send, HomeMsg::Export)}>{ words.keep_export() }</button>
            <label class="btn" for="import">{ words.keep_import() }
                <input class="vh" id="import" type="file" accept=".json,application/json" {onchange} />
            </label>
        </section>
    }
}

fn footer(words: Words) -> Html {
    html! {
        <footer class="hf">
            <p>{ words.app_trademark() }</p>
            <div class="links">
                <a href="#/simplified" id="to-simplified">{ words.home_simplified() }</a>
                <a href="#/licence" id="to-licence">{ words.home_licence() }</a>
                <span>{ words.home_checked() }</span>
            </div>
        </footer>
    }
}

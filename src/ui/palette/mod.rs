//! Free play: the sheets that build console lines.

mod field;

use web_sys::{KeyboardEvent, SubmitEvent};
use yew::{Html, Properties, function_component, html};

use super::{Send, Shared, icons, platform};
use crate::app::palette::{self as adding, Answered, Field, PaletteMsg, Sheet};
use crate::app::{AppState, Msg};
use crate::view::words::Words;

/// A field as its sheet shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Filled {
    pub field: Field,
    pub value: String,
}

/// What the palette shows.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    pub sheet: Sheet,
    pub fields: Vec<Filled>,
    /// The line that the sheet builds.
    pub line: String,
    pub answered: Option<Answered>,
    /// Producers with a load that can be stopped.
    pub loads: Vec<String>,
    /// Names of topics, to choose from while typing.
    pub topics: Vec<String>,
    pub producers: Vec<String>,
    /// A run of another cluster is kept.
    pub aside: bool,
    /// A line is being carried out.
    pub working: bool,
}

impl Shown {
    pub fn of(state: &AppState) -> Shown {
        let (palette, scene) = (&state.palette, &state.scene);
        let sheet = palette.sheet;
        let asked = sheet.fields().iter().filter(|field| adding::is_asked(palette, scene, sheet, **field));
        let filled = |field: &Field| Filled { field: *field, value: adding::value(palette, scene, sheet, *field) };
        let mut topics: Vec<String> = scene.rows.iter().map(|row| row.topic.clone()).collect();
        topics.dedup();
        Shown {
            sheet,
            fields: asked.map(filled).collect(),
            line: adding::line(palette, scene, sheet),
            answered: palette.answered.clone(),
            loads: scene.producers.iter().filter(|card| card.loaded).map(|card| card.name.clone()).collect(),
            topics,
            producers: scene.producers.iter().map(|card| card.name.clone()).collect(),
            aside: state.run.has_aside(),
            working: state.is_working(),
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub shown: Option<Shared<Shown>>,
    pub send: Send,
}

#[function_component]
pub fn Palette(props: &Props) -> Html {
    html! {
        <div class="palette-box">{ match &props.shown {
            Some(shown) => dialog(props, shown),
            None => html! { <span></span> },
        } }</div>
    }
}

fn dialog(props: &Props, shown: &Shown) -> Html {
    let words = props.words;
    let onsubmit = props.send.reform(|event: SubmitEvent| {
        event.prevent_default();
        Msg::Palette(PaletteMsg::Run)
    });
    let trap = |event: KeyboardEvent| platform::keep_inside("palette", &event);
    html! {
        <div class="palette" id="palette" role="dialog" aria-modal="true" aria-label={words.palette_title()} onkeydown={trap}>
            <div class="help-head">
                <h2>{ words.palette_title() }</h2>
                <button class="icon" aria-label={words.chrome_close()}
                    onclick={props.send.reform(|_| Msg::Palette(PaletteMsg::Toggle))}>{ icons::close() }</button>
            </div>
            <div class="seg kinds" role="group" aria-label={words.palette_kinds()}>
                { for Sheet::ALL.into_iter().map(|sheet| kind(props, shown, sheet)) }
            </div>
            <form {onsubmit} autocomplete="off">
                <div class="fields">{ for shown.fields.iter().enumerate().map(|(index, filled)| {
                    field::field(words, shown, filled, index == 0, &props.send)
                }) }</div>
                <div class="warn">{ warning(words, shown) }</div>
                <p class="line"><span class="vh">{ words.palette_line() }</span><code>{ for shown.line.split(' ').map(|word| html! {
                    <span><span class="word">{ word.to_owned() }</span>{ " " }</span>
                }) }</code></p>
                <div class="row">
                    <button class="btn primary" id="palette-run" type="submit" disabled={shown.working}>{ run(words, shown.sheet) }</button>
                </div>
            </form>
            <div class="answer" role="status">{ answer(words, shown) }</div>
            <div class="loads">{ for shown.loads.iter().map(|name| stop(props, name)) }</div>
            <div class="back">{ bring_back(props, shown) }</div>
        </div>
    }
}

fn kind(props: &Props, shown: &Shown, sheet: Sheet) -> Html {
    let words = props.words;
    let label = match sheet {
        Sheet::Topic => words.palette_topic(),
        Sheet::Producer => words.palette_producer(),
        Sheet::Consumer => words.palette_consumer(),
        Sheet::Load => words.palette_load(),
        Sheet::Settings => words.palette_settings(),
        Sheet::Cluster => words.palette_cluster(),
    };
    let onclick = props.send.reform(move |_| Msg::Palette(PaletteMsg::Show(sheet)));
    html! {
        <button key={format!("{sheet:?}")} type="button" id={format!("palette-{}", format!("{sheet:?}").to_lowercase())}
            aria-pressed={(shown.sheet == sheet).to_string()} {onclick}>{ label }</button>
    }
}

fn run(words: Words, sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::Topic => words.palette_run_topic(),
        Sheet::Producer => words.palette_run_producer(),
        Sheet::Consumer => words.palette_run_consumer(),
        Sheet::Load => words.palette_run_load(),
        Sheet::Settings => words.palette_run_settings(),
        Sheet::Cluster => words.palette_run_cluster(),
    }
}

fn warning(words: Words, shown: &Shown) -> Html {
    if shown.sheet == Sheet::Cluster {
        html! { <p class="note">{ words.palette_warning() }</p> }
    } else {
        html! { <span></span> }
    }
}

fn answer(words: Words, shown: &Shown) -> Html {
    match shown.answered.as_ref().filter(|answered| answered.sheet == shown.sheet) {
        Some(answered) if answered.refused => html! { <pre class="refused">{ answered.text.clone() }</pre> },
        Some(answered) if answered.text.is_empty() => html! { <p>{ words.palette_done() }</p> },
        Some(answered) => html! { <pre>{ answered.text.clone() }</pre> },
        None => html! { <span></span> },
    }
}

fn stop(props: &Props, name: &str) -> Html {
    let (said, name) = (props.words.palette_stop(name), name.to_owned());
    let key = name.clone();
    let onclick = props.send.reform(move |_| Msg::Palette(PaletteMsg::StopLoad(name.clone())));
    html! { <button key={key} class="btn" type="button" {onclick}>{ said }</button> }
}

fn bring_back(props: &Props, shown: &Shown) -> Html {
    if shown.sheet == Sheet::Cluster && shown.aside {
        html! {
            <button class="btn" id="bring-back" type="button" onclick={props.send.reform(|_| Msg::BringBack)}>
                { props.words.palette_bring_back() }
            </button>
        }
    } else {
        html! { <span></span> }
    }
}

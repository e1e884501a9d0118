//! The dock: Console, Logs, Events and Bytes.

mod bytes;
mod lists;

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Event, HtmlInputElement, InputEvent, KeyboardEvent, MouseEvent};
use yew::{Callback, Html, Properties, TargetCast, function_component, html};

use super::{Send, Shared};
use crate::app::Msg;
use crate::app::console::{ConsoleLine, LineKind};
use crate::app::inspect::Inspector;
use crate::app::msg::DockTab;
use crate::view::inspect::Inspection;
use crate::view::logs::LogRow;
use crate::view::scene::EventLine;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub tab: DockTab,
    pub lines: Shared<Vec<ConsoleLine>>,
    pub input: String,
    /// The word that ends the here-document being typed.
    pub awaits: Option<String>,
    /// A line is being carried out.
    pub working: bool,
    /// The newest events up to the playhead, newest last; empty unless the tab is open.
    pub events: Shared<Vec<EventLine>>,
    /// Events that are too old for the list.
    pub folded: u64,
    /// The newest log lines up to the playhead, newest last; empty unless the tab is open.
    pub logs: Shared<Vec<LogRow>>,
    /// Every process that has logged something.
    pub processes: Shared<Vec<String>>,
    /// Places in the journal of the shown lines that speak of the selection, ascending.
    pub about: Shared<Vec<u64>>,
    /// Filters, and the marked byte.
    pub inspector: Inspector,
    /// The page about the selection, if its bytes are asked for.
    pub page: Option<Shared<Inspection>>,
    pub send: Send,
}

#[function_component]
pub fn Dock(props: &Props) -> Html {
    let words = props.words;
    let tab = |tab: DockTab, id: &'static str, name: &'static str| {
        let selected = (props.tab == tab).to_string();
        html! {
            <button role="tab" id={format!("tab-{id}")} aria-controls="pane" aria-selected={selected}
                onclick={props.send.reform(move |_| Msg::Dock(tab))}>{ name }</button>
        }
    };
    let open = match props.tab {
        DockTab::Console => "tab-console",
        DockTab::Logs => "tab-logs",
        DockTab::Events => "tab-events",
        DockTab::Bytes => "tab-bytes",
    };
    html! {
        <section class="dock" aria-label={words.dock_label()}>
            <div class="tabs">
                <div class="tablist" role="tablist">
                    { tab(DockTab::Console, "console", words.dock_console()) }
                    { tab(DockTab::Logs, "logs", words.dock_logs()) }
                    { tab(DockTab::Events, "events", words.dock_events()) }
                    { tab(DockTab::Bytes, "bytes", words.dock_bytes()) }
                </div>
                <div class="tab-side">{ lists::filters(props) }</div>
            </div>
            <div class="pane" id="pane" role="tabpanel" aria-labelledby={open}>
                { match props.tab {
                    DockTab::Console => console(props),
                    DockTab::Logs => lists::logs(props),
                    DockTab::Events => lists::events(props),
                    DockTab::Bytes => bytes::bytes(props),
                } }
            </div>
        </section>
    }
}

fn console(props: &Props) -> Html {
    let words = props.words;
    let (mark, hint) = match &props.awaits {
        Some(end) => ("|", words.console_document(end)),
        None => ("$", words.dock_prompt_hint().to_owned()),
    };
    html! {
        <div class="console-box" key="console" onclick={when(&props.send, to_prompt)}>
            <Lines lines={props.lines.clone()} words={words} />
            <label class="prompt">
                <span class="dim" aria-hidden="true">{ mark }</span>
                <span class="vh">{ words.dock_prompt() }</span>
                <input id="prompt" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                    placeholder={if props.working { String::new() } else { hint }}
                    value={props.input.clone()} enterkeyhint="send"
                    oninput={props.send.reform(|event: InputEvent| {
                        Msg::Input(event.target_unchecked_into::<HtmlInputElement>().value())
                    })}
                    onpaste={when(&props.send, pasted)}
                    onkeydown={when(&props.send, prompt_key)} />
                <span class="busy" role="status">{ if props.working { words.console_working() } else { "" } }</span>
            </label>
        </div>
    }
}

/// Several lines at once are entered one after the other; a single one is pasted as usual.
fn pasted(event: Event) -> Option<Msg> {
    let text = event.dyn_ref::<ClipboardEvent>()?.clipboard_data()?.get_data("text").ok()?;
    if !text.contains('\n') {
        return None;
    }
    event.prevent_default();
    Some(Msg::Paste(text))
}

/// Sends a message for those events that mean one.
fn when<E: 'static>(send: &Send, meaning: fn(E) -> Option<Msg>) -> Callback<E> {
    let send = send.clone();
    Callback::from(move |event| {
        if let Some(msg) = meaning(event) {
            send.emit(msg);
        }
    })
}

/// A click into the output puts the cursor into the prompt, unless text was being marked.
fn to_prompt(_: MouseEvent) -> Option<Msg> {
    let marked = super::platform::window().get_selection().ok().flatten().is_some_and(|marked| !marked.is_collapsed());
    (!marked).then_some(Msg::FocusConsole)
}

fn prompt_key(event: KeyboardEvent) -> Option<Msg> {
    if event.is_composing() {
        return None;
    }
    let empty = event.target_unchecked_into::<HtmlInputElement>().value().is_empty();
    let msg = match event.key().as_str() {
        "Enter" => Msg::Submit,
        "ArrowUp" => Msg::Older,
        "ArrowDown" => Msg::Newer,
        // An empty line lets Tab leave the field.
        "Tab" if !event.shift_key() && !empty => Msg::Complete,
        "Escape" => Msg::Escape,
        _ => return None,
    };
    event.prevent_default();
    Some(msg)
}

#[derive(Properties, PartialEq)]
struct LinesProps {
    lines: Shared<Vec<ConsoleLine>>,
    words: Words,
}

#[function_component]
fn Lines(props: &LinesProps) -> Html {
    html! {
        <div class="console" id="console" role="log" aria-label={props.words.dock_output()} tabindex="0">
            { for props.lines.iter().map(line) }
        </div>
    }
}

fn line(line: &ConsoleLine) -> Html {
    let class = match line.kind {
        LineKind::Command | LineKind::Document => "cmd",
        LineKind::Out => "out",
        LineKind::Err => "err",
        LineKind::Notice => "dim",
    };
    let text = if line.text.is_empty() { " ".to_owned() } else { line.text.clone() };
    let prompt = match line.kind {
        LineKind::Command => "$ ",
        LineKind::Document => "| ",
        _ => "",
    };
    html! { <div key={line.id.to_string()} class={class}><span class="dim">{ prompt }</span>{ text }</div> }
}

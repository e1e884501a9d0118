//! Events and Logs: lines that select their object and their moment.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement, InputEvent, KeyboardEvent};
use yew::{Callback, Html, TargetCast, html};

use super::Props;
use crate::app::Msg;
use crate::app::inspect::InspectMsg;
use crate::app::msg::DockTab;
use crate::view::clock;
use crate::view::logs::{Level, LogRow};
use crate::view::scene::{EventLine, Tone};

pub fn events(props: &Props) -> Html {
    let words = props.words;
    let note = match (props.events.is_empty(), props.folded) {
        (true, _) if !props.inspector.events.is_empty() => words.dock_no_match().to_owned(),
        (true, _) => words.dock_no_events().to_owned(),
        (false, 0) => String::new(),
        (false, folded) => words.dock_folded(folded),
    };
    html! {
        <div class="logs" key="events" id="events">
            <ol aria-label={words.dock_events()} onkeydown={walk}>{ for props.events.iter().map(|line| event(line, props)) }</ol>
            <p class="dim">{ note }</p>
        </div>
    }
}

pub fn logs(props: &Props) -> Html {
    let words = props.words;
    let note = if props.logs.is_empty() { words.dock_no_match() } else { "" };
    html! {
        <div class="logs" key="logs" id="logs">
            <ol aria-label={words.dock_logs()} onkeydown={walk}>{ for props.logs.iter().map(|row| log(row, props)) }</ol>
            <p class="dim">{ note }</p>
        </div>
    }
}

/// What narrows the open list down.
pub fn filters(props: &Props) -> Html {
    let words = props.words;
    let text = |value: &str, wrap: fn(String) -> InspectMsg| {
        let typed = props.send.reform(move |event: InputEvent| {
            Msg::Inspect(wrap(event.target_unchecked_into::<HtmlInputElement>().value()))
        });
        html! {
            <input type="search" class="filter" id="filter" aria-label={words.dock_filter()} placeholder={words.dock_filter()}
                autocomplete="off" spellcheck="false" value={value.to_owned()} oninput={typed} />
        }
    };
    match props.tab {
        DockTab::Events => {
            html! { <div class="filters" key="events">{ text(&props.inspector.events, InspectMsg::EventsText) }</div> }
        }
        DockTab::Logs => html! {
            <div class="filters" key="logs">
                { text(&props.inspector.logs.text, InspectMsg::LogsText) }
                { levels(props) }
                { processes(props) }
            </div>
        },
        _ => html! { <small class="end" key="end">{ words.app_trademark() }</small> },
    }
}

const LEVELS: [(&str, Option<Level>); 3] = [("INFO", None), ("WARN", Some(Level::Warn)), ("ERROR", Some(Level::Error))];

fn chosen(event: &yew::Event) -> String {
    event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default()
}

fn levels(props: &Props) -> Html {
    let now = props.inspector.logs.level;
    let change = props.send.reform(|event: yew::Event| {
        let name = chosen(&event);
        let level = LEVELS.iter().find(|(known, _)| *known == name).and_then(|(_, level)| *level);
        Msg::Inspect(InspectMsg::LogsLevel(level))
    });
    html! {
        <select class="filter" id="filter-level" aria-label={props.words.dock_level()} onchange={change}>{
            for LEVELS.iter().map(|(name, level)| html! { <option key={*name} value={*name} selected={now == *level}>{ *name }</option> })
        }</select>
    }
}

fn processes(props: &Props) -> Html {
    let now = props.inspector.logs.process.clone();
    let change = props.send.reform(|event: yew::Event| {
        Msg::Inspect(InspectMsg::LogsProcess(Some(chosen(&event)).filter(|name| !name.is_empty())))
    });
    html! {
        <select class="filter" id="filter-process" aria-label={props.words.dock_process()} onchange={change}>
            <option value="" selected={now.is_none()}>{ props.words.dock_all_processes() }</option>
            { for props.processes.iter().map(|name| html! {
                <option key={name.clone()} value={name.clone()} selected={now.as_ref() == Some(name)}>{ name.clone() }</option>
            }) }
        </select>
    }
}

/// Up and down walk through the list; Tab stops at its newest line only.
fn walk(event: KeyboardEvent) {
    let here = event.target_dyn_into::<Element>().and_then(|button| button.parent_element());
    let there = here.and_then(|line| match event.key().as_str() {
        "ArrowUp" => line.previous_element_sibling(),
        "ArrowDown" => line.next_element_sibling(),
        "Home" => line.parent_element()?.first_element_child(),
        "End" => line.parent_element()?.last_element_child(),
        _ => None,
    });
    let button =
        there.and_then(|line| line.first_element_child()).and_then(|button| button.dyn_into::<HtmlElement>().ok());
    if let Some(button) = button {
        event.prevent_default();
        event.stop_propagation();
        let _ = button.focus();
    }
}

/// What a line's place in the journal makes of its class: picked, or about the selection.
fn state(number: u64, props: &Props) -> &'static str {
    if props.inspector.picked == Some(number) {
        " picked"
    } else if props.about.binary_search(&number).is_ok() {
        " on"
    } else {
        ""
    }
}

fn pick(number: u64, props: &Props) -> Callback<yew::MouseEvent> {
    props.send.reform(move |_| Msg::Inspect(InspectMsg::Pick(number)))
}

fn event(event: &EventLine, props: &Props) -> Html {
    let class = match event.tone {
        Tone::Plain => "lg",
        Tone::Lagging => "lg lag",
        Tone::Failing => "lg fail",
    };
    let class = format!("{class}{}", state(event.number, props));
    let (head, micros) = clock::clock(event.at_us);
    let newest = props.events.last().is_some_and(|last| last.number == event.number);
    html! {
        <li key={event.number.to_string()}>
            <button class={class} tabindex={if newest { "0" } else { "-1" }} onclick={pick(event.number, props)}>
                <time>{ head }<small>{ micros }</small></time><b>{ event.name.clone() }</b><span>{ event.text.clone() }</span>
            </button>
        </li>
    }
}

fn log(row: &LogRow, props: &Props) -> Html {
    let class = match row.level {
        Level::Info => "lg log",
        Level::Warn => "lg log lag",
        Level::Error => "lg log fail",
    };
    let class = format!("{class}{}", state(row.number, props));
    let newest = props.logs.last().is_some_and(|last| (last.number, last.part) == (row.number, row.part));
    html! {
        <li key={format!("{}-{}", row.number, row.part)}>
            <button class={class} tabindex={if newest { "0" } else { "-1" }} title={row.class} onclick={pick(row.number, props)}>
                <time>{ row.time.clone() }</time><b>{ row.level.to_string() }</b><i>{ row.process.clone() }</i><span>{ row.text.clone() }</span>
            </button>
        </li>
    }
}

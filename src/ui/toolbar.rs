//! Above the stage: the keys in sight on the left, the faults on the right; on a phone, the partitions.

use yew::{Html, Properties, function_component, html};

use super::stage::glyph_icon;
use super::{Send, Shared, icons};
use crate::app::Msg;
use crate::app::msg::Tool;
use crate::app::state::Armed;
use crate::view::scene::{KeyLegend, Tone};
use crate::view::words::Words;

/// Keys shown before the rest becomes a count.
const KEYS: usize = 8;

/// A partition on a phone: its name, how much it needs attention, and why.
pub type RowTab = (String, Tone, Option<&'static str>);

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub keys: Shared<Vec<KeyLegend>>,
    pub armed: Option<Armed>,
    /// The name of what is selected.
    pub selected: Option<String>,
    /// The selection runs: the button says Stop.
    pub running: bool,
    /// On a phone: the partitions, how much each needs attention, and which is shown.
    pub rows: Option<Shared<Vec<RowTab>>>,
    pub row: u32,
    pub send: Send,
}

#[function_component]
pub fn Toolbar(props: &Props) -> Html {
    match &props.rows {
        Some(rows) => html! {
            <div class="toolbar narrow">
                <div class="rows">{ tabs(props, rows) }</div>
                <div class="tools" role="group" aria-label={props.words.tool_group()}>{ tools(props) }</div>
                <span class="hint" aria-live="polite">{ hint(props) }</span>
            </div>
        },
        None => html! {
            <div class="toolbar">
                <div class="keys">{ for props.keys.iter().take(KEYS).map(key) }{ more(props) }</div>
                <span class="spacer"></span>
                <span class="hint" aria-live="polite">{ hint(props) }</span>
                <div class="tools" role="group" aria-label={props.words.tool_group()}>{ tools(props) }</div>
            </div>
        },
    }
}

fn key(legend: &KeyLegend) -> Html {
    html! {
        <span key={legend.key.clone()} class={format!("k{}", legend.mark.hue)}>
            { glyph_icon(legend.mark) }<b>{ legend.key.clone() }</b>
        </span>
    }
}

fn more(props: &Props) -> Html {
    let rest = props.keys.len().saturating_sub(KEYS);
    html! { <span class="more" key="more">{ if rest > 0 { props.words.stage_keys_more(rest) } else { String::new() } }</span> }
}

fn hint(props: &Props) -> Html {
    let words = props.words;
    let text = match (&props.armed, &props.selected) {
        (Some(Armed { tool: Tool::Cut, first: Some(_) }), _) => words.tool_choose_other(),
        (Some(Armed { tool: Tool::Kill | Tool::StopOrStart, .. }), _) => words.tool_choose_client(),
        (Some(_), _) => words.tool_choose_broker(),
        (None, Some(name)) => return html! { <b class="picked">{ name.clone() }</b> },
        (None, None) => "",
    };
    html! { <span>{ text }</span> }
}

fn tools(props: &Props) -> Html {
    let words = props.words;
    let stop = if props.running { (icons::stop(), words.tool_stop()) } else { (icons::start(), words.tool_start()) };
    let all = [
        (Tool::Kill, "kill", icons::kill(), words.tool_kill()),
        (Tool::StopOrStart, "stop", stop.0, stop.1),
        (Tool::Cut, "cut", icons::cut(), words.tool_cut()),
        (Tool::Slow, "slow", icons::slow(), words.tool_slow()),
    ];
    let button = |(tool, id, icon, label): (Tool, &'static str, Html, &'static str)| {
        let pressed = props.armed.as_ref().is_some_and(|armed| armed.tool == tool);
        let send = props.send.reform(move |_| Msg::Tool(tool));
        html! {
            <button key={id} id={format!("tool-{id}")} class="tool" aria-pressed={pressed.to_string()} onclick={send}>
                { icon }<span>{ label }</span>
            </button>
        }
    };
    html! { <span class="toolrow">{ for all.into_iter().map(button) }</span> }
}

fn tabs(props: &Props, rows: &[RowTab]) -> Html {
    let tab = |(index, (name, trouble, why)): (usize, &RowTab)| {
        let send = props.send.reform(move |_| Msg::ShowRow(index as u32));
        let dot = match trouble {
            Tone::Plain => "dotlag off",
            Tone::Lagging => "dotlag",
            Tone::Failing => "dotlag fail",
        };
        html! {
            <button key={name.clone()} aria-pressed={(props.row == index as u32).to_string()} title={*why} onclick={send}>
                { name }<i class={dot}></i><span class="vh">{ why.unwrap_or_default() }</span>
            </button>
        }
    };
    html! { <div class="seg" role="group" aria-label={props.words.tool_partitions()}>{ for rows.iter().enumerate().map(tab) }</div> }
}

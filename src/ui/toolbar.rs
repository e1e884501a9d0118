//! Above the stage: picture or table, the keys in sight, what can be added and broken; on a phone, the partitions.

use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::{Html, Properties, TargetCast, function_component, html};

use super::stage::glyph_icon;
use super::{Send, Shared, icons};
use crate::app::inspect::InspectMsg;
use crate::app::msg::Tool;
use crate::app::palette::PaletteMsg;
use crate::app::state::Armed;
use crate::app::tools::{self, DELAYS};
use crate::app::{AppState, Msg};
use crate::view::hit;
use crate::view::layout::Level;
use crate::view::narrate;
use crate::view::scene::{KeyLegend, KeyMark, Tone};
use crate::view::words::Words;

/// Keys shown before the rest becomes a count.
const KEYS: usize = 8;

/// A partition on a phone: its name, how much it needs attention, and why.
pub type RowTab = (String, Tone, Option<&'static str>);

/// What is selected, as far as tools care.
#[derive(Clone, PartialEq, Debug)]
pub struct Picked {
    pub name: String,
    /// It runs: the button says Stop.
    pub running: bool,
    /// Its links are slowed down: the button says Full speed.
    pub slow: bool,
    /// The key of the record.
    pub key: Option<KeyMark>,
    /// Clients have no links that could be slowed down.
    pub is_client: bool,
}

impl Picked {
    /// The selection; None without one.
    pub fn of(state: &AppState) -> Option<Picked> {
        let target = state.selection.as_ref()?;
        let (name, _) = narrate::describe(&state.scene, target, state.words);
        Some(Picked {
            name,
            running: tools::target_runs(&state.scene, target),
            slow: target.node().is_some_and(|node| tools::is_slow(&state.scene, node)),
            key: hit::mark_of(&state.scene, target),
            is_client: matches!(target, hit::Target::Producer(_) | hit::Target::Consumer(_)),
        })
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub keys: Shared<Vec<KeyLegend>>,
    pub armed: Option<Armed>,
    pub picked: Option<Picked>,
    pub table: bool,
    pub adding: bool,
    /// Index into the delays of the Slow tool.
    pub delay: u8,
    pub followed: Option<KeyMark>,
    /// The level that the viewer has chosen, and the one that is shown.
    pub zoom: (Option<Level>, Level),
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
                <button id="view-table" class="tool viewtool" aria-pressed={props.table.to_string()}
                    onclick={props.send.reform(|_| Msg::ToggleTable)}>{ icons::table() }<span>{ props.words.tool_table() }</span></button>
                <div class="toolline">
                    { add(props) }
                    <div class="tools" role="group" aria-label={props.words.tool_group()}>{ tools(props) }</div>
                </div>
                <div class={if props.armed.is_none() && props.picked.is_none() { "context none" } else { "context" }}>
                    { hint(props) }{ actions(props) }
                </div>
            </div>
        },
        None => html! {
            <div class="toolbar">
                { view(props) }
                <div class="keys" role="group" aria-label={props.words.tool_follow()}>{ for props.keys.iter().take(KEYS).map(|legend| key(props, legend)) }{ more(props) }</div>
                <span class="spacer"></span>
                <div class="context">{ hint(props) }{ actions(props) }</div>
                { zoom(props) }
                { add(props) }
                <span class="vr"></span>
                <div class="tools" role="group" aria-label={props.words.tool_group()}>{ tools(props) }</div>
            </div>
        },
    }
}

fn view(props: &Props) -> Html {
    let words = props.words;
    let half = |table: bool, id: &'static str, label: &'static str| {
        let onclick = props.send.reform(move |_| Msg::ShowTable(table));
        html! { <button id={id} aria-pressed={(props.table == table).to_string()} {onclick}>{ label }</button> }
    };
    html! {
        <div class="seg views" role="group" aria-label={words.tool_view()}>
            { half(false, "view-picture", words.tool_picture()) }{ half(true, "view-table", words.tool_table()) }
        </div>
    }
}

/// A key of the legend: pressed, it is followed.
fn key(props: &Props, legend: &KeyLegend) -> Html {
    let mark = legend.mark;
    let followed = props.followed == Some(mark);
    let label = props.words.tool_follow_one(&legend.key);
    let onclick = props.send.reform(move |_| Msg::Follow(Some(mark)));
    html! {
        <button key={legend.key.clone()} class={format!("k{}", mark.hue)} title={label.clone()} aria-label={label}
            aria-pressed={followed.to_string()} {onclick}>{ glyph_icon(mark) }<b>{ legend.key.clone() }</b></button>
    }
}

fn more(props: &Props) -> Html {
    let rest = props.keys.len().saturating_sub(KEYS);
    html! { <span class="more" key="more">{ if rest > 0 { props.words.stage_keys_more(rest) } else { String::new() } }</span> }
}

fn hint(props: &Props) -> Html {
    let words = props.words;
    let text = match (&props.armed, &props.picked) {
        (Some(Armed { tool: Tool::Cut, first: Some(_) }), _) => words.tool_choose_other(),
        (Some(Armed { tool: Tool::Cut, .. }), _) => words.tool_choose_end(),
        (Some(Armed { tool: Tool::Kill | Tool::StopOrStart, .. }), _) => words.tool_choose_client(),
        (Some(_), _) => words.tool_choose_broker(),
        (None, Some(picked)) => {
            return html! { <span class="hint" aria-live="polite"><b class="picked">{ picked.name.clone() }</b></span> };
        }
        (None, None) => "",
    };
    html! { <span class="hint" aria-live="polite">{ text }</span> }
}

/// What can be done to the selection besides breaking it.
fn actions(props: &Props) -> Html {
    let words = props.words;
    let Some(picked) = props.picked.as_ref().filter(|_| props.armed.is_none()) else {
        return html! { <span class="acts"></span> };
    };
    let follows = picked.key.map(|mark| props.followed == Some(mark));
    html! {
        <span class="acts">
            <button class="tool" id="act-inspect" onclick={props.send.reform(|_| Msg::Inspect(InspectMsg::Toggle))}>{ words.tool_inspect() }</button>
            <span class="slot">{ match follows {
                Some(on) => html! {
                    <button class="tool" id="act-follow" aria-pressed={on.to_string()}
                        onclick={props.send.reform(|_| Msg::FollowSelected)}>{ if on { words.tool_unfollow() } else { words.tool_follow() } }</button>
                },
                None => html! { <span></span> },
            } }</span>
        </span>
    }
}

/// Flow to records: as much as fits, or what the viewer wants.
fn zoom(props: &Props) -> Html {
    let words = props.words;
    let steps = [Level::Dense, Level::Compact, Level::Records];
    let (chosen, shown) = props.zoom;
    let at = steps.iter().position(|level| *level == shown).unwrap_or(2);
    let text = match (chosen, shown) {
        (None, _) => words.tool_zoom_auto(),
        (_, Level::Dense) => words.tool_zoom_flow(),
        (_, Level::Compact) => words.tool_zoom_compact(),
        (_, Level::Records) => words.tool_zoom_records(),
    };
    let oninput = props.send.reform(move |event: InputEvent| {
        let index: usize = event.target_unchecked_into::<HtmlInputElement>().value().parse().unwrap_or(2);
        Msg::Zoom(steps.get(index).copied())
    });
    html! {
        <label class="zoom" title={text}>
            <span aria-hidden="true">{ words.tool_zoom_flow() }</span><span class="vh">{ words.tool_zoom() }</span>
            <input type="range" id="zoom" min="0" max="2" step="1" value={at.to_string()} aria-valuetext={text}
                {oninput} ondblclick={props.send.reform(|_| Msg::Zoom(None))} />
            <span aria-hidden="true">{ words.tool_zoom_records() }</span>
        </label>
    }
}

fn add(props: &Props) -> Html {
    html! {
        <button class="btn add" id="add" aria-expanded={props.adding.to_string()} aria-haspopup="dialog"
            onclick={props.send.reform(|_| Msg::Palette(PaletteMsg::Toggle))}>{ icons::add() }<span>{ props.words.tool_add() }</span></button>
    }
}

fn tools(props: &Props) -> Html {
    let words = props.words;
    let (running, slow) = props.picked.as_ref().map_or((true, false), |picked| (picked.running, picked.slow));
    let stop = if running { (icons::stop(), words.tool_stop()) } else { (icons::start(), words.tool_start()) };
    let all = [
        (Tool::Kill, "kill", icons::kill(), words.tool_kill()),
        (Tool::StopOrStart, "stop", stop.0, stop.1),
        (Tool::Cut, "cut", icons::cut(), words.tool_cut()),
        (Tool::Slow, "slow", icons::slow(), if slow { words.tool_slow_off() } else { words.tool_slow() }),
    ];
    let client = props.picked.as_ref().is_some_and(|picked| picked.is_client);
    let button = |(tool, id, icon, label): (Tool, &'static str, Html, &'static str)| {
        let pressed = props.armed.as_ref().is_some_and(|armed| armed.tool == tool);
        let send = props.send.reform(move |_| Msg::Tool(tool));
        html! {
            <button key={id} id={format!("tool-{id}")} class="tool" aria-label={label} title={label} aria-pressed={pressed.to_string()}
                disabled={client && tool == Tool::Slow} onclick={send}>{ icon }<span>{ label }</span></button>
        }
    };
    let delay = props.send.reform(|event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        Msg::Delay(index.clamp(0, DELAYS.len() as i32 - 1) as u8)
    });
    html! {
        <span class="toolrow">
            { for all.into_iter().map(button) }
            <select key="delay" id="delay" class="delay" aria-label={words.tool_delay()} title={words.tool_delay()} onchange={delay}>
                { for DELAYS.iter().enumerate().map(|(index, text)| html! {
                    <option key={*text} value={index.to_string()} selected={usize::from(props.delay) == index}>{ spaced(text) }</option>
                }) }
            </select>
        </span>
    }
}

/// `200ms` as it is read: `200 ms`.
fn spaced(text: &str) -> String {
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    format!("{} {}", &text[..unit], &text[unit..])
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

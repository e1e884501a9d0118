//! The bytes of a batch: a grid that the pointer and the arrow keys read field by field.

use web_sys::KeyboardEvent;
use yew::{Callback, Html, Properties, function_component, html, use_effect_with};

use crate::app::Msg;
use crate::app::inspect::{InspectMsg, marked};
use crate::ui::{Send, platform};
use crate::view::inspect::bytes::{self, Field, HexRow, Step};
use crate::view::words::Words;

/// A dump as a property.
#[derive(Clone, PartialEq)]
pub struct Dump(pub bytes::Dump);

#[derive(Properties, PartialEq)]
pub struct Props {
    pub id: &'static str,
    pub words: Words,
    pub dump: Dump,
    /// The byte that was pointed at.
    pub byte: Option<u32>,
    /// Bytes in a row, and the most rows.
    pub width: u32,
    pub most: u32,
    /// Each row has its bytes as text too.
    pub text: bool,
    pub send: Send,
}

#[function_component]
pub fn HexGrid(props: &Props) -> Html {
    let dump = &props.dump.0;
    let marked = marked(dump, props.byte);
    let rows = dump.rows(props.width, props.most, marked);
    let field = dump.field_at(marked).and_then(|field| dump.fields.get(field as usize));
    let keys = {
        let (send, width) = (props.send.clone(), props.width);
        Callback::from(move |event: KeyboardEvent| {
            if let Some(step) = step(&event) {
                event.prevent_default();
                send.emit(Msg::Inspect(InspectMsg::Step(step, width)));
            }
        })
    };
    {
        // The marked byte comes into sight when it or the batch changes.
        let (id, seen) = (props.id, (marked, dump.base_offset, dump.bytes.len()));
        use_effect_with(seen, move |_| platform::reveal(id, ".at"));
    }
    let line = format!("{}-field", props.id);
    html! {
        <div class="hexbox">
            <div class="hex" id={props.id} tabindex="0" role="group" aria-label={props.words.bytes_label()}
                aria-describedby={line.clone()} onkeydown={keys}>{ for rows.iter().map(|row| hex_row(row, props)) }</div>
            <p class="hexfield" id={line}>{ for field.map(described) }</p>
        </div>
    }
}

/// `crc 17–20: 9eb86801, computed`.
fn described(field: &Field) -> Html {
    let last = field.to - 1;
    let place = if last == field.from { last.to_string() } else { format!("{}–{last}", field.from) };
    html! { <span><b>{ field.name }</b><i>{ place }</i><span>{ field.value.clone() }</span></span> }
}

fn step(event: &KeyboardEvent) -> Option<Step> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    Some(match event.key().as_str() {
        "ArrowLeft" => Step::Left,
        "ArrowRight" => Step::Right,
        "ArrowUp" => Step::Up,
        "ArrowDown" => Step::Down,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return None,
    })
}

fn hex_row(row: &HexRow, props: &Props) -> Html {
    let runs = row.runs.iter().map(|run| {
        let mut class = String::from("run");
        for (name, on) in [("lit", run.lit), ("f", run.marked), ("at", run.cursor)] {
            if on {
                class.push(' ');
                class.push_str(name);
            }
        }
        let at = run.at;
        let point = props.send.reform(move |_| Msg::Inspect(InspectMsg::Byte(Some(at))));
        let press = props.send.reform(move |_| Msg::Inspect(InspectMsg::Byte(Some(at))));
        html! { <span key={at.to_string()} class={class} onmouseenter={point} onclick={press}>{ run.hex.clone() }</span> }
    });
    html! {
        <div class="hexrow" key={row.at.to_string()}>
            <span class="no">{ format!("{:04x}", row.at) }</span>
            <span class="hx">{ for runs }</span>
            <span class="tx" aria-hidden="true">{ if props.text { row.text.clone() } else { String::new() } }</span>
        </div>
    }
}

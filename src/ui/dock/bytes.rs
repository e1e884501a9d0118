//! Bytes: the selected batch in hex, with the name and the value of each field beside it.

use yew::{Children, Html, Properties, function_component, html, use_effect_with};

use super::Props;
use crate::app::Msg;
use crate::app::inspect::{InspectMsg, marked};
use crate::ui::inspector::{Dump, HexGrid};
use crate::ui::platform;
use crate::view::inspect::bytes;

/// Rows of 16 bytes at once; a larger batch shows those around the marked byte.
const ROWS: u32 = 256;

pub fn bytes(props: &Props) -> Html {
    let words = props.words;
    let dump = props.page.as_ref().and_then(|page| page.bytes.as_ref());
    match dump {
        Some(dump) => html! {
            <div class="bytes" key="bytes" id="bytes">
                <HexGrid id="dock-hex" words={words} dump={Dump(dump.clone())} byte={props.inspector.byte} width={16} most={ROWS}
                    text={true} send={props.send.clone()} />
                <FieldList now={marked(dump, props.inspector.byte)} label={words.bytes_fields()}>{ for fields(dump, props) }</FieldList>
            </div>
        },
        None => html! { <div class="bytes none" key="none" id="bytes"><p>{ words.bytes_nothing() }</p></div> },
    }
}

#[derive(Properties, PartialEq)]
struct FieldListProps {
    /// The marked byte: its field comes into sight.
    now: u32,
    label: &'static str,
    children: Children,
}

#[function_component]
fn FieldList(props: &FieldListProps) -> Html {
    use_effect_with(props.now, |_| platform::reveal("dock-fields", ".on"));
    html! {
        <div class="fieldbox"><ol class="fields" id="dock-fields" aria-label={props.label}>{ for props.children.iter() }</ol></div>
    }
}

/// The fields of the record that the marked byte lies in, or of the selected one; then the header.
fn fields(dump: &bytes::Dump, props: &Props) -> Vec<Html> {
    let now = dump.field_at(marked(dump, props.inspector.byte));
    let field = |place: u32| dump.fields.get(place as usize);
    let at_first = dump.lit.and_then(|(from, _)| field(dump.field_at(from)?)?.record);
    let record = now.and_then(field).and_then(|field| field.record).or(at_first);
    let shown = (0..).zip(&dump.fields).filter(|(_, field)| field.record.is_none() || field.record == record);
    let line = |(place, field): (u32, &bytes::Field)| {
        let from = field.from;
        let class = match (Some(place) == now, field.record.is_some()) {
            (true, _) => "fd on",
            (false, true) => "fd rec",
            (false, false) => "fd",
        };
        html! {
            <li key={place.to_string()}>
                <button class={class} tabindex={if Some(place) == now { "0" } else { "-1" }}
                    onclick={props.send.reform(move |_| Msg::Inspect(InspectMsg::Byte(Some(from))))}>
                    <b>{ field.name }</b><span>{ field.value.clone() }</span>
                </button>
            </li>
        }
    };
    let (of_record, header): (Vec<_>, Vec<_>) = shown.partition(|(_, field)| field.record.is_some());
    of_record.into_iter().chain(header).map(line).collect()
}

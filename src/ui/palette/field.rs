//! One field of a sheet: typed, or chosen from what Kafka knows.

use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::{Html, TargetCast, html};

use super::{Filled, Shown};
use crate::app::Msg;
use crate::app::palette::{BURST, Field, KEYED, PaletteMsg, VIP};
use crate::ui::Send;
use crate::view::words::Words;

pub fn field(words: Words, shown: &Shown, filled: &Filled, first: bool, send: &Send) -> Html {
    let Filled { field, value } = filled.clone();
    let id = if first { "palette-first".to_owned() } else { format!("field-{}", format!("{field:?}").to_lowercase()) };
    let name = label(words, field);
    let control = if field.choices().is_empty() {
        let oninput = send.reform(move |event: InputEvent| {
            Msg::Palette(PaletteMsg::Set(field, event.target_unchecked_into::<HtmlInputElement>().value()))
        });
        let known = match field {
            Field::Topic => &shown.topics[..],
            Field::Producer => &shown.producers[..],
            _ => &[],
        };
        let list = format!("list-{id}");
        html! {
            <span class="typed">
                <input type="text" id={id.clone()} name={format!("{field:?}").to_lowercase()} spellcheck="false"
                    {value} list={(!known.is_empty()).then(|| list.clone())} {oninput} />
                <datalist id={list}>{ for known.iter().map(|one| html! { <option key={one.clone()} value={one.clone()} /> }) }</datalist>
            </span>
        }
    } else {
        let onchange = send.reform(move |event: Event| {
            Msg::Palette(PaletteMsg::Set(field, event.target_unchecked_into::<HtmlSelectElement>().value()))
        });
        html! {
            <span class="typed"><select id={id.clone()} name={format!("{field:?}").to_lowercase()} {onchange}>
                { for field.choices().iter().map(|choice| html! {
                    <option key={*choice} value={*choice} selected={*choice == value}>{ said(words, field, choice) }</option>
                }) }
            </select></span>
        }
    };
    html! {
        <label key={format!("{:?}-{field:?}", shown.sheet)} for={id}>
            <span class={field.key().map(|_| "mono")}>{ name }</span>{ control }
        </label>
    }
}

/// Kafka's own name of a setting, else a word.
fn label(words: Words, field: Field) -> &'static str {
    match field {
        Field::Name => words.palette_name(),
        Field::Partitions => words.palette_partitions(),
        Field::ReplicationFactor => words.palette_replication(),
        Field::Producer => words.palette_producer_name(),
        Field::Topic => words.palette_topic_name(),
        Field::Shape => words.palette_shape(),
        Field::Keys => words.palette_keys(),
        Field::Value => words.palette_value(),
        Field::Partition => words.palette_partition(),
        Field::Pace => words.palette_pace(),
        Field::Count => words.palette_count(),
        Field::Size => words.palette_size(),
        Field::Preset => words.palette_preset(),
        Field::Brokers => words.palette_brokers(),
        Field::Racks => words.palette_racks(),
        Field::Seed => words.palette_seed(),
        other => other.key().unwrap_or_default(),
    }
}

fn said(words: Words, field: Field, choice: &'static str) -> &'static str {
    match (field, choice) {
        (Field::Shape, KEYED) => words.palette_shape_keys(),
        (Field::Shape, BURST) => words.palette_shape_burst(),
        (Field::Shape, "") => words.palette_shape_steady(),
        (Field::Shape, "users") => words.palette_shape_users(),
        (Field::Shape, "orders") => words.palette_shape_orders(),
        (Field::Shape, "mixed") => words.palette_shape_mixed(),
        (Field::Shape, "celebrity") => words.palette_shape_celebrity(),
        (Field::Shape, "celebrity-salted") => words.palette_shape_celebrity_salted(),
        (Field::Shape, "celebrity-composite") => words.palette_shape_celebrity_composite(),
        (_, "") => words.palette_default(),
        (Field::Partitioner, VIP) => words.palette_vip(),
        (Field::Partitioner, _) => words.palette_round_robin(),
        (_, text) => text,
    }
}

//! The stage: the picture as SVG, one canvas above it for what flies.

mod painter;
mod svg;

pub use crate::view::picture::tile;
pub use painter::FlightPainter;
pub use svg::{glyph_icon, part, patterns, shapes};
use web_sys::{Element, MouseEvent, PointerEvent};
use yew::{Html, NodeRef, Properties, function_component, html};

use super::{Send, Shared};
use crate::app::Msg;
use crate::app::palette::{PaletteMsg, Sheet};
use crate::app::state::Vacancy;
use crate::view::layout::Frame;
use crate::view::picture::Part;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    /// One sentence about the whole picture.
    pub label: String,
    pub parts: Vec<Shared<Part>>,
    pub size: (f64, f64),
    /// What the pointer is over: name, facts, place of the card.
    pub tip: Option<(String, Vec<String>, f64, f64)>,
    /// What is missing before there is anything to see.
    pub vacancy: Option<Vacancy>,
    /// Where a client is missing: what the palette has for it, and where it will stand.
    pub gaps: Vec<(Sheet, Frame)>,
    /// Partitions that do not fit.
    pub folded: u32,
    /// The line that makes a first topic.
    pub create_topic: String,
    pub node: NodeRef,
    pub canvas: NodeRef,
    pub send: Send,
}

/// The point of an event in stage pixels.
fn point(node: &NodeRef, event: &MouseEvent) -> Option<(f64, f64)> {
    let frame = node.cast::<Element>()?.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - frame.left(), f64::from(event.client_y()) - frame.top()))
}

#[function_component]
pub fn Stage(props: &Props) -> Html {
    let (node, send) = (props.node.clone(), props.send.clone());
    let onclick = move |event: MouseEvent| {
        if let Some((x, y)) = point(&node, &event) {
            send.emit(Msg::Press(x, y));
        }
    };
    let (node, send) = (props.node.clone(), props.send.clone());
    let onpointermove = move |event: PointerEvent| {
        if event.pointer_type() != "touch" {
            send.emit(Msg::Hover(point(&node, &event)));
        }
    };
    let onpointerleave = props.send.reform(|_: PointerEvent| Msg::Hover(None));
    let (width, height) = (props.size.0.to_string(), props.size.1.to_string());
    html! {
        <div class="stage-box" id="stage" ref={props.node.clone()} tabindex="0" role="group" aria-label={props.label.clone()}
            {onclick} {onpointermove} {onpointerleave}>
            <svg class="stage-svg" viewBox={format!("0 0 {width} {height}")} width={width} height={height} aria-hidden="true">
                { svg::patterns() }
                <g class="picture">{ for props.parts.iter().map(svg::part) }</g>
            </svg>
            <canvas class="flights" ref={props.canvas.clone()} aria-hidden="true"></canvas>
            <div class="overlay">{ tip(props) }</div>
            <div class="gaps">{ for props.gaps.iter().map(|gap| fill(props, gap)) }</div>
            <div class="gaps">{ more(props) }</div>
            <div class="vacancy">{ vacancy(props) }</div>
        </div>
    }
}

fn tip(props: &Props) -> Html {
    match &props.tip {
        Some((name, facts, x, y)) => html! {
            <div class="tip" role="status" style={format!("transform:translate({x}px,{y}px)")}>
                <b>{ name.clone() }</b>
                <ul>{ for facts.iter().map(|fact| html! { <li>{ fact.clone() }</li> }) }</ul>
            </div>
        },
        None => html! { <span></span> },
    }
}

/// The way to the partitions that do not fit.
fn more(props: &Props) -> Html {
    if props.folded == 0 {
        return html! { <span></span> };
    }
    html! {
        <button class="btn quiet more" id="more-rows" onclick={props.send.reform(|event: MouseEvent| {
            event.stop_propagation();
            Msg::MoreRows
        })}>{ props.words.stage_more_rows(props.folded) }</button>
    }
}

/// The way to a client in the place where it will stand.
fn fill(props: &Props, (sheet, frame): &(Sheet, Frame)) -> Html {
    let sheet = *sheet;
    let (id, text) = match sheet {
        Sheet::Producer => ("add-producer", props.words.palette_add_producer()),
        _ => ("add-consumer", props.words.palette_add_consumer()),
    };
    let place = format!("left:{}px;top:{}px;width:{}px;height:{}px", frame.x, frame.y, frame.w, frame.h);
    html! {
        <div class="gap" key={id} style={place}>
            <button class="btn" id={id} onclick={props.send.reform(move |event: MouseEvent| {
                event.stop_propagation();
                Msg::Palette(PaletteMsg::Show(sheet))
            })}>{ text }</button>
        </div>
    }
}

fn vacancy(props: &Props) -> Html {
    let (sheet, other) = match props.vacancy {
        Some(Vacancy::NothingProduced) => (Sheet::Load, props.words.palette_add_load()),
        _ => (Sheet::Topic, props.words.palette_add_topic()),
    };
    let (title, hint, id, label, msg) = match props.vacancy {
        None => return html! { <span></span> },
        Some(Vacancy::NoTopic) => (
            props.words.stage_no_topic(),
            "",
            "create-topic",
            html! { <code>{ props.create_topic.clone() }</code> },
            Msg::CreateTopic,
        ),
        Some(Vacancy::NothingProduced) => {
            let hint = props.words.stage_nothing_produced_hint();
            let label = html! { <span>{ props.words.tool_start_load() }</span> };
            (props.words.stage_nothing_produced(), hint, "start-load", label, Msg::StartLoad)
        }
    };
    html! {
        <div class="state">
            <b>{ title }</b>
            <p>{ hint }</p>
            <button class="btn" id={id} onclick={props.send.reform(move |event: MouseEvent| {
                event.stop_propagation();
                msg.clone()
            })}>{ label }</button>
            <button class="btn quiet" id="add-here" onclick={props.send.reform(move |event: MouseEvent| {
                event.stop_propagation();
                Msg::Palette(PaletteMsg::Show(sheet))
            })}>{ other }</button>
        </div>
    }
}

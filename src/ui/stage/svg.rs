//! Shapes to SVG elements, one to one.

use yew::{AttrValue, Html, Properties, function_component, html};

use crate::ui::Shared;
use crate::view::picture::Part;
use crate::view::scene::KeyMark;
use crate::view::shape::{Anchor, Shape, glyph_path};

#[derive(Properties, PartialEq)]
struct PartProps {
    part: Shared<Part>,
}

/// A part redraws only when it is another one.
#[function_component]
fn PartView(props: &PartProps) -> Html {
    html! { <g class={props.part.class}>{ for props.part.shapes.iter().map(shape) }</g> }
}

pub fn part(part: &Shared<Part>) -> Html {
    html! { <PartView key={part.key.clone()} part={part.clone()} /> }
}

/// Shapes that are no part of the picture.
pub fn shapes(shapes: &[Shape]) -> Html {
    html! { <g>{ for shapes.iter().map(shape) }</g> }
}

fn number(value: f64) -> AttrValue {
    AttrValue::from(value.to_string())
}

fn shape(shape: &Shape) -> Html {
    match shape {
        Shape::Rect { class, x, y, w, h, r } => html! {
            <rect class={class.clone()} x={number(*x)} y={number(*y)} width={number(*w)} height={number(*h)} rx={number(*r)} />
        },
        Shape::Line { class, x1, y1, x2, y2 } => html! {
            <line class={class.clone()} x1={number(*x1)} y1={number(*y1)} x2={number(*x2)} y2={number(*y2)} />
        },
        Shape::Circle { class, x, y, r } => html! {
            <circle class={class.clone()} cx={number(*x)} cy={number(*y)} r={number(*r)} />
        },
        Shape::Path { class, d } => html! { <path class={class.clone()} d={d.clone()} /> },
        Shape::Text { class, x, y, anchor, text, turned } => {
            let anchor = match anchor {
                Anchor::Start => None,
                Anchor::Middle => Some("middle"),
                Anchor::End => Some("end"),
            };
            let turn = turned.then(|| format!("rotate(-90 {x} {y})"));
            html! {
                <text class={class.clone()} x={number(*x)} y={number(*y)} text-anchor={anchor} transform={turn}>{ text }</text>
            }
        }
        Shape::Group { class, shapes } => html! { <g class={class.clone()}>{ for shapes.iter().map(self::shape) }</g> },
    }
}

/// The hatches that the classes of the picture fill with.
pub fn patterns() -> Html {
    let hatch = |id: &'static str, size: &'static str| {
        html! {
            <pattern id={id} width={size} height={size} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <line x1="0" y1="0" x2="0" y2={size} class={id} />
            </pattern>
        }
    };
    html! { <defs>{ hatch("hatch", "6") }{ hatch("hatch-lag", "5") }{ hatch("hatch-ink", "4") }</defs> }
}

/// A key's glyph on its own, for text.
pub fn glyph_icon(mark: KeyMark) -> Html {
    html! {
        <svg class="ig" width="11" height="11" viewBox="-6 -6 12 12" aria-hidden="true">
            <path class="gl" d={glyph_path(mark.glyph, 0.0, 0.0, 5.5)} />
        </svg>
    }
}

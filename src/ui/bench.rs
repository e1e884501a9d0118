//! Pictures made for measuring: `cargo xtask bench` asks for them frame by frame and counts the time between.
//!
//! They go through the painter of the stage, with nothing of a run behind them.

use std::cell::RefCell;
use std::f64::consts::TAU;

use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

use super::stage::FlightPainter;
use crate::view::flight::{Capsule, Ribbon, Style};
use crate::view::layout::Point;
use crate::view::scene::KeyMark;

const CAPSULES: u32 = 300;
const RIBBONS: u32 = 1_000;
/// Frames for one way across the canvas.
const WAY: f64 = 240.0;

/// A function for scripts: it paints frame `number` of a picture, "capsules" or "ribbons", onto a canvas.
pub fn frames() -> JsValue {
    let painter = RefCell::new(FlightPainter::default());
    let frame = move |picture: String, number: f64, canvas: HtmlCanvasElement| {
        let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
        let (mut capsules, mut ribbons) = (Vec::new(), Vec::new());
        match picture.as_str() {
            "capsules" => capsules.extend((0..CAPSULES).map(|index| capsule(index, number, width, height))),
            _ => ribbons.extend((0..RIBBONS).map(|index| ribbon(index, width, height))),
        }
        painter.borrow_mut().paint(&canvas, width, height, &capsules, &ribbons);
    };
    Closure::<dyn Fn(String, f64, HtmlCanvasElement)>::new(frame).into_js_value()
}

/// One of many on their ways from left to right, each with four records of different keys.
fn capsule(index: u32, number: f64, width: f64, height: f64) -> Capsule {
    let place = (f64::from(index) * 0.618 + number / WAY).fract();
    Capsule {
        message: u64::from(index),
        style: Style::Records,
        x: place * width,
        y: (f64::from(index) + 0.5) / f64::from(CAPSULES) * height,
        heading: (1.0, 0.0),
        width: 44.0,
        height: 16.0,
        marks: (0..4)
            .map(|mark| KeyMark { hue: 1 + ((index + mark) % 8) as u8, glyph: 1 + (index % 8) as u8 })
            .collect(),
        text: String::new(),
        lagging: false,
        ticked: false,
        route: Vec::new(),
        arrives: String::new(),
    }
}

/// One of many around the middle.
fn ribbon(index: u32, width: f64, height: f64) -> Ribbon {
    let turn = f64::from(index) / f64::from(RIBBONS) * TAU;
    let (x, y) = (width / 2.0, height / 2.0);
    Ribbon {
        from: Point { x, y },
        to: Point { x: x + turn.cos() * x, y: y + turn.sin() * y },
        width: 1.0 + f64::from(index % 6),
        text: format!("{index}/s"),
    }
}

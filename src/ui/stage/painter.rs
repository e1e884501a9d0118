//! Paints what flies on the canvas above the picture, once a frame, outside Yew.
//!
//! Where a capsule is and what it says comes from [`crate::view::flight`]; here are only strokes and fills.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, Path2d};

use crate::ui::platform;
use crate::view::flight::{Capsule, Ribbon, Style};
use crate::view::scene::KeyMark;
use crate::view::shape::glyph_path;

/// Length of a trail in pixels: fixed, so that speed does not exaggerate.
const TRAIL: f64 = 26.0;

/// The colours of the theme, read from the style sheet when the theme changes.
#[derive(Clone, Default)]
struct Colours {
    ink: String,
    ink2: String,
    surface: String,
    paper: String,
    fail: String,
    lag: String,
    fail_wash: String,
    mono: String,
    keys: Vec<String>,
}

#[derive(Default)]
pub struct FlightPainter {
    colours: Colours,
    /// The same for what is not followed.
    quiet: Colours,
    /// The key that keeps its colour.
    pub followed: Option<KeyMark>,
    /// The canvas's size in device pixels, set when it changes.
    size: (u32, u32),
    empty: bool,
}

impl FlightPainter {
    /// Reads the theme again.
    pub fn dress(&mut self) {
        let colour = |name: &str| platform::style_value(name);
        self.colours = Colours {
            ink: colour("--ink"),
            ink2: colour("--ink-2"),
            surface: colour("--surface"),
            paper: colour("--paper"),
            fail: colour("--fail"),
            lag: colour("--lag"),
            fail_wash: colour("--fail-wash"),
            mono: colour("--font-mono"),
            keys: (0..=8).map(|hue| colour(&format!("--k{hue}"))).collect(),
        };
        let grey = colour("--ink-4");
        self.quiet =
            Colours { ink: grey.clone(), ink2: grey.clone(), fail: grey.clone(), lag: grey, ..self.colours.clone() };
        self.empty = false;
    }

    pub fn paint(
        &mut self,
        canvas: &HtmlCanvasElement,
        width: f64,
        height: f64,
        capsules: &[Capsule],
        ribbons: &[Ribbon],
    ) {
        let empty = capsules.is_empty() && ribbons.is_empty();
        if empty && self.empty {
            return;
        }
        let Some(pen) = canvas.get_context("2d").ok().flatten().and_then(|pen| pen.dyn_into().ok()) else { return };
        let pen: CanvasRenderingContext2d = pen;
        if self.colours.keys.is_empty() {
            self.dress();
        }
        let scale = platform::device_pixel_ratio();
        let size = ((width * scale).round() as u32, (height * scale).round() as u32);
        if self.size != size {
            self.size = size;
            canvas.set_width(size.0);
            canvas.set_height(size.1);
            let _ = canvas.set_attribute("style", &format!("width:{width}px;height:{height}px"));
        }
        let _ = pen.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0);
        pen.clear_rect(0.0, 0.0, width, height);
        ribbons.iter().for_each(|ribbon| self.ribbon(&pen, ribbon));
        capsules.iter().for_each(|capsule| self.route(&pen, capsule));
        capsules.iter().for_each(|capsule| self.capsule(&pen, capsule));
        self.empty = empty;
    }

    /// A band with its rate in the middle.
    fn ribbon(&self, pen: &CanvasRenderingContext2d, ribbon: &Ribbon) {
        let c = &self.colours;
        let (from, to) = (ribbon.from, ribbon.to);
        pen.set_stroke_style_str(&with_alpha(&c.ink, 0.28));
        pen.set_line_width(ribbon.width);
        pen.begin_path();
        pen.move_to(from.x, from.y);
        pen.line_to(to.x, to.y);
        pen.stroke();
        let (x, y) = ((from.x + to.x) / 2.0, (from.y + to.y) / 2.0);
        let room = (to.x - from.x).abs();
        if room > 0.0 && room < 60.0 {
            return;
        }
        pen.set_font(&format!("10px {}", c.mono));
        pen.set_fill_style_str(&c.ink2);
        pen.set_text_baseline("middle");
        pen.set_text_align(if room > 0.0 { "center" } else { "left" });
        let (dx, dy) = if room > 0.0 { (0.0, -ribbon.width / 2.0 - 8.0) } else { (ribbon.width / 2.0 + 6.0, 0.0) };
        // A halo of paper, for the text may lie over a card's edge.
        pen.set_stroke_style_str(&c.surface);
        pen.set_line_width(3.0);
        let _ = pen.stroke_text(&ribbon.text, x + dx, y + dy);
        let _ = pen.fill_text(&ribbon.text, x + dx, y + dy);
    }

    /// The way of a message that stands still, and when it arrives.
    fn route(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule) {
        let Some((first, rest)) = capsule.route.split_first() else { return };
        let c = &self.colours;
        pen.set_stroke_style_str(&c.ink2);
        pen.set_line_width(1.5);
        pen.begin_path();
        pen.move_to(first.x, first.y);
        rest.iter().for_each(|point| pen.line_to(point.x, point.y));
        pen.stroke();
        if capsule.height > 14.0 {
            pen.set_font(&format!("9px {}", c.mono));
            pen.set_fill_style_str(&c.ink2);
            pen.set_text_baseline("middle");
            pen.set_text_align("center");
            let _ = pen.fill_text(&capsule.arrives, capsule.x, capsule.y - capsule.height / 2.0 - 7.0);
        }
    }

    fn capsule(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule) {
        let other = self.followed.is_some_and(|followed| !capsule.marks.contains(&followed));
        let c = if other { &self.quiet } else { &self.colours };
        pen.save();
        let _ = pen.translate(capsule.x.round() + 0.5, capsule.y.round() + 0.5);
        pen.set_line_width(1.3);
        pen.set_line_join("round");
        match capsule.style {
            Style::Beat => self.beat(pen, capsule),
            Style::Note => self.body(pen, capsule, &c.paper, &c.ink2, false),
            Style::Records => {
                self.trail(pen, capsule, &c.ink);
                // A capsule that has no room for its marks is as solid as the records in it.
                let solid = capsule.marks.is_empty() && capsule.text.is_empty();
                self.body(pen, capsule, if solid { &c.ink } else { &c.surface }, &c.ink, true);
                self.marks(pen, capsule);
            }
            Style::Ask => {
                self.trail(pen, capsule, if capsule.lagging { &c.lag } else { &c.ink });
                self.body(pen, capsule, &c.paper, if capsule.lagging { &c.lag } else { &c.ink2 }, true);
            }
            Style::Ack => {
                self.trail(pen, capsule, &c.ink);
                self.body(pen, capsule, &c.ink, &c.ink, true);
                if capsule.height > 10.0 {
                    self.tick(pen, 0.0, &c.surface);
                }
            }
            Style::Held => {
                dashes(pen, &[3.0, 2.0]);
                let edge = if capsule.lagging { &c.lag } else { &c.ink2 };
                self.body(pen, capsule, &c.paper, if capsule.ticked { &c.ink } else { edge }, false);
                if capsule.ticked {
                    self.tick(pen, 13.0 - capsule.width / 2.0, &c.ink);
                }
            }
            Style::Stuck => {
                dashes(pen, &[3.0, 2.0]);
                self.body(pen, capsule, &c.paper, &c.fail, true);
            }
            Style::Error => {
                self.trail(pen, capsule, &c.fail);
                self.body(pen, capsule, &c.fail_wash, &c.fail, true);
            }
        }
        self.text(pen, capsule, c);
        pen.restore();
    }

    /// The outline: round behind, a nose ahead; a nose only where something flies.
    fn body(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule, fill: &str, stroke: &str, nose: bool) {
        let (w, h) = (capsule.width / 2.0, capsule.height / 2.0);
        let upright = capsule.heading.1.abs() > 0.5;
        pen.begin_path();
        if !nose || upright {
            let _ = pen.arc(-w + h, 0.0, h, std::f64::consts::FRAC_PI_2, -std::f64::consts::FRAC_PI_2);
            let _ = pen.arc(w - h, 0.0, h, -std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2);
        } else {
            let ahead = if capsule.heading.0 < 0.0 { -1.0 } else { 1.0 };
            let tip = h * 0.67;
            pen.move_to(ahead * (w - tip), -h);
            pen.line_to(ahead * w, 0.0);
            pen.line_to(ahead * (w - tip), h);
            pen.line_to(-ahead * (w - h), h);
            pen.quadratic_curve_to(-ahead * (w + h * 0.1), h, -ahead * w, 0.0);
            pen.quadratic_curve_to(-ahead * (w + h * 0.1), -h, -ahead * (w - h), -h);
        }
        pen.close_path();
        pen.set_fill_style_str(fill);
        pen.fill();
        pen.set_stroke_style_str(stroke);
        pen.stroke();
        dashes(pen, &[]);
    }

    fn trail(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule, ink: &str) {
        let (hx, hy) = capsule.heading;
        let back = if hx.abs() > 0.5 { capsule.width / 2.0 } else { capsule.height / 2.0 };
        let (x0, y0) = (-hx * back, -hy * back);
        let (x1, y1) = (x0 - hx * TRAIL, y0 - hy * TRAIL);
        let fade = pen.create_linear_gradient(x0, y0, x1, y1);
        let _ = fade.add_color_stop(0.0, &with_alpha(ink, 0.5));
        let _ = fade.add_color_stop(1.0, &with_alpha(ink, 0.0));
        pen.set_stroke_style_canvas_gradient(&fade);
        pen.set_line_width(2.0);
        pen.begin_path();
        pen.move_to(x0, y0);
        pen.line_to(x1, y1);
        pen.stroke();
        pen.set_line_width(1.3);
    }

    fn marks(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule) {
        let count = capsule.marks.len() as f64;
        let text = if capsule.text.is_empty() { 0.0 } else { capsule.text.chars().count() as f64 * 6.0 + 2.0 };
        let first = -(count * 13.0 + text) / 2.0 + 6.5;
        for (index, KeyMark { hue, glyph }) in capsule.marks.iter().enumerate() {
            let path = glyph_path(*glyph, first + index as f64 * 13.0, 0.0, 4.8);
            if let Ok(path) = Path2d::new_with_path_string(&path) {
                let quiet = self.followed.is_some_and(|followed| followed != KeyMark { hue: *hue, glyph: *glyph });
                pen.set_fill_style_str(&self.colours.keys[if quiet { 0 } else { usize::from(*hue).min(8) }]);
                pen.fill_with_path_2d(&path);
            }
        }
    }

    fn tick(&self, pen: &CanvasRenderingContext2d, x: f64, colour: &str) {
        pen.set_stroke_style_str(colour);
        pen.set_line_width(1.7);
        pen.begin_path();
        pen.move_to(x - 4.2, 0.3);
        pen.line_to(x - 1.2, 3.3);
        pen.line_to(x + 4.3, -3.2);
        pen.stroke();
    }

    fn beat(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule) {
        let upright = capsule.heading.1.abs() > 0.5;
        if !upright {
            let _ = pen.rotate(std::f64::consts::FRAC_PI_2);
        }
        pen.set_stroke_style_str(&self.colours.paper);
        pen.set_line_width(3.5);
        pen.begin_path();
        pen.move_to(0.0, -7.0);
        pen.line_to(0.0, 7.0);
        pen.stroke();
        pen.set_stroke_style_str(&self.colours.ink);
        pen.set_line_width(1.2);
        pen.begin_path();
        for (index, (x, y)) in
            [(0.0, -7.0), (0.0, -4.0), (-4.0, -1.6), (4.0, 1.6), (0.0, 4.0), (0.0, 7.0)].iter().enumerate()
        {
            if index == 0 { pen.move_to(*x, *y) } else { pen.line_to(*x, *y) }
        }
        pen.stroke();
    }

    fn text(&self, pen: &CanvasRenderingContext2d, capsule: &Capsule, c: &Colours) {
        if capsule.text.is_empty() {
            return;
        }
        let (size, colour, weight) = match capsule.style {
            Style::Note => (9.0, &c.ink2, ""),
            Style::Error => (10.0, &c.fail, "700 "),
            Style::Stuck => (10.0, &c.fail, ""),
            _ if capsule.lagging => (10.0, &c.lag, ""),
            _ => (10.0, &c.ink, ""),
        };
        pen.set_font(&format!("{weight}{size}px {}", c.mono));
        pen.set_fill_style_str(colour);
        pen.set_text_baseline("middle");
        pen.set_text_align(if capsule.style == Style::Records { "right" } else { "center" });
        let nudge = match capsule.style {
            Style::Ask | Style::Stuck | Style::Error => -capsule.heading.0 * 1.5,
            Style::Records => capsule.width / 2.0 - 9.0,
            Style::Held if capsule.ticked => 7.0,
            _ => 0.0,
        };
        let _ = pen.fill_text(&capsule.text, nudge, 0.8);
    }
}

fn dashes(pen: &CanvasRenderingContext2d, lengths: &[f64]) {
    let array: js_sys::Array = lengths.iter().map(|length| wasm_bindgen::JsValue::from_f64(*length)).collect();
    let _ = pen.set_line_dash(&array);
}

/// `#rrggbb` with an alpha.
fn with_alpha(colour: &str, alpha: f64) -> String {
    let hex = colour.trim_start_matches('#');
    let part = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()).unwrap_or(128);
    format!("rgba({},{},{},{alpha})", part(0), part(2), part(4))
}

//! The picture: from a [`Scene`] and a [`Layout`] to shapes. No decisions are left to the page but how to put shapes into SVG.
//!
//! The picture comes in [`Part`]s, so that a page redraws only those that changed. Grammar, the same everywhere: solid =
//! leader or done; outline = follower or available; dashed = not final yet; hatched = missing or unread. Every hue has a
//! second carrier: a glyph, a hatch, a shape, a word.

mod brokers;
mod consumer;
mod lane;
mod panorama;
mod phone;
mod producer;
mod rails;

pub use phone::gutter as phone_gutter;
pub use phone::replication as phone_replication;
pub use rails::{control_x, heartbeat_x, replication_path};
use serde::Serialize;

use super::hit::Target;
use super::inspect::Face;
use super::layout::{Form, Layout};
use super::scene::{KeyMark, Role, Scene, Tile};
use super::shape::{Shape, Sheet, glyph_path};
use super::words::Words;

/// One independently redrawn piece of the picture.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Part {
    /// Stable identity among the parts of a picture.
    pub key: String,
    pub class: &'static str,
    pub shapes: Vec<Shape>,
}

/// How the viewer looks at the scene: what does not belong to the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lens {
    pub words: Words,
    pub selection: Option<Target>,
    /// Which producer and which consumer have their card open, as indices into the scene.
    pub producer: u32,
    pub consumer: u32,
    /// The key whose records keep their colour while the others turn grey.
    pub followed: Option<KeyMark>,
}

impl Lens {
    /// The class of a mark that is not the followed one.
    fn hush(&self, mark: KeyMark) -> &'static str {
        if self.followed.is_some_and(|followed| followed != mark) { " hush" } else { "" }
    }
}

/// Draws the scene.
pub fn picture(scene: &Scene, layout: &Layout, lens: &Lens) -> Vec<Part> {
    match layout.form {
        Form::Phone { .. } => return phone::picture(scene, layout, lens),
        Form::Panorama => return panorama::picture(scene, layout, lens),
        Form::Wide => {}
    }
    let mut parts = vec![
        part("rails", "rails", |sheet| rails::wires(sheet, scene, layout)),
        part("control", "kraft", |sheet| brokers::control_strip(sheet, scene, layout, lens)),
        part("producer", "producer", |sheet| producer::card(sheet, scene, layout, lens)),
    ];
    for broker in &scene.brokers {
        parts.push(part(&format!("broker-{}", broker.id), "brokers", |sheet| {
            brokers::card(sheet, scene, layout, lens, broker);
        }));
    }
    parts.push(part("consumer", "consumers", |sheet| consumer::card(sheet, scene, layout, lens)));
    parts.push(part("rows", "rails", |sheet| rails::rows(sheet, scene, layout, lens)));
    for (index, row) in layout.slots.iter().filter_map(|slot| Some((slot.row, scene.rows.get(slot.row as usize)?))) {
        for replica in &row.lanes {
            let key = format!("lane-{index}-{}", replica.broker);
            parts.push(part(&key, "lane-part", |sheet| lane::draw(sheet, scene, layout, lens, index, replica)));
        }
        parts.push(part(&format!("notes-{index}"), "notes", |sheet| {
            rails::notes(sheet, scene, layout, lens, index);
        }));
    }
    parts
}

/// A record's tile by itself, 26 by 34.
pub fn tile(face: &Face) -> Vec<Shape> {
    let mut sheet = Sheet::default();
    let tile = Tile { mark: face.mark, kind: face.kind, ..Tile::default() };
    let role = if face.leads { Role::Leader } else { Role::Follower };
    lane::tile_at(&mut sheet, &Lens::default(), &tile, 0.5, 0.5, 25.0, 33.0, role, face.committed);
    sheet.shapes
}

fn part(key: &str, class: &'static str, draw: impl FnOnce(&mut Sheet)) -> Part {
    let mut sheet = Sheet::default();
    draw(&mut sheet);
    Part { key: key.to_owned(), class, shapes: sheet.shapes }
}

/// A key's glyph alone, coloured by its hue; `solid` or hollow.
fn glyph(sheet: &mut Sheet, lens: &Lens, mark: KeyMark, x: f64, y: f64, size: f64, solid: bool) {
    let class = format!("gl k{}{}{}", mark.hue, if solid { "" } else { " un" }, lens.hush(mark));
    sheet.path(&class, glyph_path(mark.glyph, x, y, size));
}

/// Four ink corner brackets around a box.
fn brackets(sheet: &mut Sheet, x: f64, y: f64, w: f64, h: f64) {
    let (r, b) = (x + w, y + h);
    sheet.path(
        "sel",
        format!(
            "M{x} {}V{y}H{} M{} {y}H{r}V{} M{r} {}V{b}H{} M{} {b}H{x}V{}",
            y + 5.0,
            x + 5.0,
            r - 5.0,
            y + 5.0,
            b - 5.0,
            r - 5.0,
            x + 5.0,
            b - 5.0
        ),
    );
}

/// A red cross where a wire is dead.
fn cross(sheet: &mut Sheet, x: f64, y: f64) {
    sheet.path("xport", format!("M{} {}l6.4 6.4M{} {}l6.4 -6.4", x - 3.2, y - 3.2, x - 3.2, y + 3.2));
}

/// Shortens a text to what fits in `width` of the monospaced face.
fn fit(text: &str, size: f64, width: f64) -> String {
    fit_by(text, width, |text| super::shape::mono_width(text, size))
}

/// The same for the sans face.
fn fit_sans(text: &str, size: f64, width: f64) -> String {
    fit_by(text, width, |text| super::shape::sans_width(text, size))
}

fn fit_by(text: &str, width: f64, measure: impl Fn(&str) -> f64) -> String {
    if measure(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        let mut longer = short.clone();
        longer.push(c);
        if measure(&longer) + measure("…") > width {
            break;
        }
        short = longer;
    }
    short.push('…');
    short
}

//! Drawn shapes as plain data: what the picture functions return and the page turns into SVG, one to one.
//!
//! Coordinates are CSS pixels of the stage. Colour, stroke and type come from the class, so both themes share one picture.

use serde::Serialize;

/// Where a text is anchored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Anchor {
    #[default]
    Start,
    Middle,
    End,
}

/// One SVG element.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub enum Shape {
    Rect { class: String, x: f64, y: f64, w: f64, h: f64, r: f64 },
    Line { class: String, x1: f64, y1: f64, x2: f64, y2: f64 },
    Circle { class: String, x: f64, y: f64, r: f64 },
    Path { class: String, d: String },
    Text { class: String, x: f64, y: f64, anchor: Anchor, text: String, turned: bool },
    Group { class: String, shapes: Vec<Shape> },
}

/// A list of shapes being drawn. Later shapes lie above earlier ones.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Sheet {
    pub shapes: Vec<Shape>,
}

impl Sheet {
    pub fn rect(&mut self, class: &str, x: f64, y: f64, w: f64, h: f64, r: f64) {
        self.shapes.push(Shape::Rect { class: class.into(), x, y, w: w.max(0.0), h: h.max(0.0), r });
    }

    pub fn line(&mut self, class: &str, x1: f64, y1: f64, x2: f64, y2: f64) {
        self.shapes.push(Shape::Line { class: class.into(), x1, y1, x2, y2 });
    }

    pub fn circle(&mut self, class: &str, x: f64, y: f64, r: f64) {
        self.shapes.push(Shape::Circle { class: class.into(), x, y, r });
    }

    pub fn path(&mut self, class: &str, d: impl Into<String>) {
        self.shapes.push(Shape::Path { class: class.into(), d: d.into() });
    }

    pub fn text(&mut self, class: &str, x: f64, y: f64, text: impl Into<String>) {
        self.write(class, x, y, Anchor::Start, text.into());
    }

    pub fn text_middle(&mut self, class: &str, x: f64, y: f64, text: impl Into<String>) {
        self.write(class, x, y, Anchor::Middle, text.into());
    }

    pub fn text_end(&mut self, class: &str, x: f64, y: f64, text: impl Into<String>) {
        self.write(class, x, y, Anchor::End, text.into());
    }

    /// A text that runs upwards, centred on the point.
    pub fn text_turned(&mut self, class: &str, x: f64, y: f64, text: impl Into<String>) {
        let text = text.into();
        self.shapes.push(Shape::Text { class: class.into(), x, y, anchor: Anchor::Middle, text, turned: true });
    }

    fn write(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: String) {
        self.shapes.push(Shape::Text { class: class.into(), x, y, anchor, text, turned: false });
    }

    pub fn group(&mut self, class: &str, draw: impl FnOnce(&mut Sheet)) {
        let mut inner = Sheet::default();
        draw(&mut inner);
        self.shapes.push(Shape::Group { class: class.into(), shapes: inner.shapes });
    }

    /// A chip: a small box sized by its glyphs, with `x`, `y` at its top left corner. Returns its width.
    pub fn chip(&mut self, class: &str, x: f64, y: f64, h: f64, text: &str) -> f64 {
        let width = chip_width(text);
        self.rect(&format!("chip {class}"), x, y, width, h, 3.0);
        self.text_middle(&format!("chip-t {class}"), x + width / 2.0, y + h - 3.1, text);
        width
    }
}

/// Width of a chip with this text.
pub fn chip_width(text: &str) -> f64 {
    mono_width(text, 9.5) + 9.0
}

/// Width of a text in the monospaced face: Hangul and other wide glyphs take a full em.
pub fn mono_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if is_wide(c) { size } else { size * 0.605 }).sum()
}

/// Width of a text in the sans face, on the safe side.
pub fn sans_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if is_wide(c) { size * 0.95 } else { size * 0.56 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff00}'..='\u{ff60}')
}

/// The outline of a key's glyph as SVG path data, centred on the point; `size` is half its box. Glyph 0 (no key) is a dot.
pub fn glyph_path(glyph: u8, x: f64, y: f64, size: f64) -> String {
    let s = size;
    let at = |dx: f64, dy: f64| format!("{:.2} {:.2}", x + dx * s, y + dy * s);
    match glyph {
        1 => circle_path(x, y, s * 0.82),
        2 => format!("M{}H{:.2}V{:.2}H{:.2}Z", at(-0.72, -0.72), x + 0.72 * s, y + 0.72 * s, x - 0.72 * s),
        3 => format!("M{}L{}L{}Z", at(0.0, -0.9), at(0.94, 0.72), at(-0.94, 0.72)),
        4 => format!("M{}L{}L{}L{}Z", at(0.0, -1.04), at(0.9, 0.0), at(0.0, 1.04), at(-0.9, 0.0)),
        5 => format!("M{}L{}L{}Z", at(0.0, 0.9), at(0.94, -0.72), at(-0.94, -0.72)),
        6 => {
            let (a, b) = (0.32, 0.9);
            let points = [
                (-a, -b),
                (a, -b),
                (a, -a),
                (b, -a),
                (b, a),
                (a, a),
                (a, b),
                (-a, b),
                (-a, a),
                (-b, a),
                (-b, -a),
                (-a, -a),
            ];
            let mut d = String::from("M");
            for (index, (dx, dy)) in points.iter().enumerate() {
                if index > 0 {
                    d.push('L');
                }
                d.push_str(&at(*dx, *dy));
            }
            d.push('Z');
            d
        }
        7 => format!("M{}A{r:.2} {r:.2} 0 0 1 {}Z", at(-0.3, -0.82), at(-0.3, 0.82), r = 0.82 * s),
        8 => {
            let bar = |left: f64| {
                let (l, r) = (x + left * s, x + (left + 0.6) * s);
                format!("M{l:.2} {:.2}H{r:.2}V{:.2}H{l:.2}Z", y - 0.84 * s, y + 0.84 * s)
            };
            format!("{}{}", bar(-0.8), bar(0.2))
        }
        _ => circle_path(x, y, s * 0.34),
    }
}

fn circle_path(x: f64, y: f64, r: f64) -> String {
    format!("M{:.2} {y:.2}A{r:.2} {r:.2} 0 1 1 {:.2} {y:.2}A{r:.2} {r:.2} 0 1 1 {:.2} {y:.2}Z", x - r, x + r, x - r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_are_sized_by_glyph() {
        assert!((chip_width("follower") - 55.0).abs() < 0.1);
        assert!(chip_width("팔로워") < chip_width("follower"));
        assert!(chip_width("코디네이터") < chip_width("coordinator"));
    }

    #[test]
    fn every_glyph_is_a_closed_path_of_its_own() {
        let mut all: Vec<String> = (0..=8).map(|glyph| glyph_path(glyph, 0.0, 0.0, 5.0)).collect();
        assert!(all.iter().all(|d| d.starts_with('M') && d.ends_with('Z')));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 9);
    }
}

//! Where things stand on the stage: a pure function of width, height and counts.
//!
//! Positions depend on counts and configuration only, never on data, so nothing jumps while time runs. The window of a row
//! is set by its leader and shared by all its replicas: the same offset has the same x on every broker, and a gap is a
//! length. The log end offset always stands at the right end of the window.

mod rows;

pub use rows::WORDED;
use rows::measures;
use serde::Serialize;

use super::scene::{Row, Scene};

/// A rectangle in stage pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Frame {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Frame {
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    pub fn holds(&self, x: f64, y: f64) -> bool {
        x >= self.x && x <= self.right() && y >= self.y && y <= self.bottom()
    }
}

/// How much a row shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Level {
    /// Tiles, ruler, flags; capsules with their records.
    Records,
    /// Tiles and two numbers; capsules with a count.
    Compact,
    /// A strip whose ink is the records per bin.
    Dense,
}

/// Heights inside a row, from its top.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct RowMeasures {
    pub rail: f64,
    pub title: f64,
    pub flags: f64,
    pub cells: f64,
    pub cell_h: f64,
    pub ruler: f64,
    pub isr: f64,
    pub near: f64,
    pub far: f64,
}

/// A visible row: where it stands, and how much it shows.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Slot {
    /// Index into the scene's rows.
    pub row: u32,
    pub top: f64,
    pub height: f64,
    pub level: Level,
    pub measures: RowMeasures,
    /// The lesson's step is about other rows: it stands on a quiet ground.
    pub quiet: bool,
    /// Its topic's name stands above it.
    pub headed: bool,
}

impl Slot {
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// The y of the client rail.
    pub fn rail(&self) -> f64 {
        self.top + self.measures.rail
    }
}

/// What the viewer wants to see of the rows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wish {
    /// How much every row shows at least; rows that do not fit then are folded.
    pub level: Option<Level>,
    /// Rows that come first and are given the room, by index: those that a lesson's step is about.
    pub lit: Vec<u32>,
    /// A row that is opened where it stands, if rows are strips.
    pub opened: Option<u32>,
    /// Where not all rows fit: the first one in sight.
    pub first: u32,
}

/// Wide (columns of brokers), a phone (one partition, top to bottom), or the panorama (one partition, side by side).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Form {
    Wide,
    /// Shows this row of the scene only.
    Phone {
        row: u32,
    },
    /// The first row of the scene, without the control plane.
    Panorama,
}

/// The geometry of the whole stage.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub form: Form,
    /// Of the roomiest row.
    pub level: Level,
    pub control: Frame,
    pub producer: Frame,
    pub group: Frame,
    /// One a broker, in the scene's order. On a phone: one a lane of the shown row, the leader first.
    pub cards: Vec<(i32, Frame)>,
    /// The visible rows from top to bottom; on a phone a single one.
    pub slots: Vec<Slot>,
    pub pitch: f64,
    /// Cells a lane shows.
    pub cells: u32,
    /// Rows of the scene that do not fit.
    pub folded: u32,
}

const MARGIN: f64 = 12.0;
const PRODUCER: f64 = 148.0;
const GAP: f64 = 26.0;
const GROUP_GAP: f64 = 22.0;
const GROUP: f64 = 152.0;
const HEAD: f64 = 62.0;
const BROKER_HEAD: f64 = 31.0;
/// The gap that marks a segment boundary.
pub const SEGMENT_GAP: f64 = 4.0;
/// The lowest row whose words can be read.
const ROW_MIN: f64 = 26.0;

/// Lays out the stage for a scene.
pub fn lay_out(scene: &Scene, width: f64, height: f64, form: Form) -> Layout {
    lay_out_at(scene, width, height, form, &Wish::default())
}

/// The same for what the viewer wants to see.
pub fn lay_out_at(scene: &Scene, width: f64, height: f64, form: Form, wish: &Wish) -> Layout {
    match form {
        Form::Wide => wide(scene, width, height, wish),
        Form::Phone { row } => phone(scene, width, row),
        Form::Panorama => panorama(scene, width),
    }
}

fn wide(scene: &Scene, width: f64, height: f64, wish: &Wish) -> Layout {
    let brokers = scene.brokers.len().max(1) as f64;
    let inner = width - MARGIN - PRODUCER - GAP - GROUP_GAP - GROUP - MARGIN;
    let broker_w = ((inner - 8.0 * (brokers - 1.0)) / brokers).floor().max(96.0);
    // Where there is room, a larger cell is easier to read than a longer window.
    let pitch = match broker_w - 29.0 {
        narrow if narrow < 190.0 => 16.0,
        middle if middle < 300.0 => 17.0,
        _ => 20.0,
    };
    let cells = ((broker_w - 18.0 - 11.0 - 14.0) / pitch).floor().clamp(2.0, 60.0) as u32;
    let all = (height - HEAD - BROKER_HEAD - 8.0).max(ROW_MIN);
    let (slots, foot) = rows::place(scene, all, cells, wish, HEAD + BROKER_HEAD);
    // Few rows stand at the top; the cards reach to the floor all the same.
    let floor = slots.last().map_or(HEAD + BROKER_HEAD, Slot::bottom);
    let bottom = floor.max(height - 8.0 - foot).floor() + 0.5;
    let left = MARGIN + PRODUCER + GAP;
    let cards = (scene.brokers.iter().enumerate())
        .map(|(index, broker)| {
            let x = left + index as f64 * (broker_w + 8.0) + 0.5;
            (broker.id, Frame { x, y: HEAD + 0.5, w: broker_w - 1.0, h: bottom - HEAD - 0.5 })
        })
        .collect();
    let cluster_w = brokers * broker_w + 8.0 * (brokers - 1.0);
    let group_x = (width - MARGIN - GROUP).max(left + cluster_w + GROUP_GAP) + 0.5;
    Layout {
        width,
        height: bottom + 8.0 + foot,
        form: Form::Wide,
        level: slots.iter().map(|slot| slot.level).min().unwrap_or(Level::Records),
        control: Frame { x: left + 0.5, y: 4.5, w: cluster_w - 1.0, h: 38.0 },
        producer: Frame { x: MARGIN + 0.5, y: 4.5, w: PRODUCER - 1.0, h: bottom - 4.5 },
        group: Frame { x: group_x, y: 4.5, w: GROUP - 1.0, h: bottom - 4.5 },
        cards,
        folded: (scene.rows.len() - slots.len().min(scene.rows.len())) as u32,
        slots,
        pitch,
        cells,
    }
}

const PANORAMA_HEAD: f64 = 22.5;
const PANORAMA_ROW: f64 = 160.0;

/// The wide form without its head and margins: words stand above the cards.
fn panorama(scene: &Scene, width: f64) -> Layout {
    let shift = PANORAMA_HEAD - HEAD - BROKER_HEAD;
    let wish = Wish::default();
    let mut layout = wide(scene, width + 2.0 * MARGIN, HEAD + BROKER_HEAD + PANORAMA_ROW + 8.0, &wish);
    let place = |frame: Frame| Frame { x: frame.x - MARGIN, y: PANORAMA_HEAD, h: PANORAMA_ROW, ..frame };
    layout.producer = place(layout.producer);
    layout.group = place(layout.group);
    layout.cards.iter_mut().for_each(|(_, card)| *card = place(*card));
    let level = Level::Records;
    layout.slots.truncate(1);
    for slot in &mut layout.slots {
        let (top, measures) = (slot.top + shift, measures(level, PANORAMA_ROW));
        *slot = Slot { top, height: PANORAMA_ROW, level, measures, ..*slot };
    }
    let height = PANORAMA_HEAD + PANORAMA_ROW + 1.0;
    Layout { width, height, form: Form::Panorama, control: Frame::default(), level, ..layout }
}

/// Heights inside the leader's card on a phone.
const PHONE_ROW: RowMeasures = RowMeasures {
    rail: 0.0,
    title: 19.5,
    flags: 36.5,
    cells: 42.0,
    cell_h: 31.0,
    ruler: 78.0,
    isr: 9.0,
    near: 0.0,
    far: 0.0,
};
const PHONE_MARGIN: f64 = 16.5;
const PHONE_PITCH: f64 = 29.0;
const PHONE_LEADER: f64 = 102.0;
const PHONE_FOLLOWER: f64 = 66.0;

fn phone(scene: &Scene, width: f64, row: u32) -> Layout {
    let card_w = width - 2.0 * PHONE_MARGIN;
    let shown = scene.rows.get(row as usize);
    let leader = shown.and_then(Row::reference).map(|lane| lane.broker);
    let mut cards: Vec<(i32, Frame)> = Vec::new();
    let leader_top = 88.5;
    cards.extend(leader.map(|id| (id, Frame { x: PHONE_MARGIN, y: leader_top, w: card_w, h: PHONE_LEADER })));
    let mut y = leader_top + PHONE_LEADER + 36.0;
    for lane in shown.map(|row| row.lanes.as_slice()).unwrap_or_default() {
        if Some(lane.broker) != leader {
            cards.push((lane.broker, Frame { x: PHONE_MARGIN + 28.0, y, w: card_w - 56.0, h: PHONE_FOLLOWER }));
            y += PHONE_FOLLOWER + 9.0;
        }
    }
    let group_y = y + if cards.len() > 1 { 4.0 } else { 0.0 };
    let cells = ((card_w - 42.0 - 38.0) / PHONE_PITCH).floor().clamp(4.0, 20.0) as u32;
    Layout {
        width,
        height: group_y + 54.0,
        form: Form::Phone { row },
        level: Level::Records,
        control: Frame { x: PHONE_MARGIN, y: 0.0, w: card_w, h: 0.0 },
        producer: Frame { x: PHONE_MARGIN, y: 6.5, w: card_w, h: 46.0 },
        group: Frame { x: PHONE_MARGIN, y: group_y, w: card_w, h: 46.0 },
        cards,
        slots: vec![Slot {
            row,
            top: leader_top,
            height: PHONE_LEADER,
            level: Level::Records,
            measures: PHONE_ROW,
            quiet: false,
            headed: false,
        }],
        pitch: PHONE_PITCH,
        cells,
        folded: 0,
    }
}

/// A point on the stage.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Layout {
    pub fn is_phone(&self) -> bool {
        matches!(self.form, Form::Phone { .. })
    }

    /// Where a row of the scene stands, if it is visible.
    pub fn slot(&self, row: u32) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.row == row)
    }

    pub fn card(&self, broker: i32) -> Option<Frame> {
        self.cards.iter().find(|(id, _)| *id == broker).map(|(_, frame)| *frame)
    }

    /// The y of a row's client rail.
    pub fn rail(&self, row: u32) -> Option<f64> {
        self.slot(row).map(Slot::rail)
    }

    /// Where a broker's lane begins and its ruler ends.
    pub fn lane_span(&self, card: Frame) -> (f64, f64) {
        (card.x + 8.5, card.right() - 8.5)
    }

    /// Left edge of the slot of the log end offset: the right end of the window.
    pub fn end_slot(&self, card: Frame) -> f64 {
        match self.form {
            Form::Wide | Form::Panorama => card.x + 19.5 + f64::from(self.cells) * self.pitch + SEGMENT_GAP,
            // The leader's card and the followers' cards share the same x for the same offset.
            Form::Phone { .. } => PHONE_MARGIN + 42.0 + f64::from(self.cells) * self.pitch + SEGMENT_GAP,
        }
    }

    /// The centre of the log end offset's slot: where the rail meets the leader.
    pub fn station(&self, card: Frame) -> f64 {
        self.end_slot(card) + self.cell_width() / 2.0
    }

    pub fn cell_width(&self) -> f64 {
        if self.is_phone() { self.pitch - 3.0 } else { self.pitch - 2.0 }
    }

    /// Left edge of the cell of an offset, for a window that ends at `end` and has segment boundaries at `boundaries`.
    pub fn cell_x(&self, card: Frame, offset: i64, end: i64, boundaries: &[i64]) -> f64 {
        let gaps = boundaries.iter().filter(|base| **base > offset && **base <= end && **base > 0).count();
        self.end_slot(card) - (end - offset) as f64 * self.pitch - gaps as f64 * SEGMENT_GAP
    }

    /// The first offset of a row's window.
    pub fn window_start(&self, row: &Row) -> i64 {
        row.reference().map_or(0, |lane| (lane.log_end_offset - i64::from(self.cells)).max(lane.log_start_offset))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{BrokerCard, Row};
    use super::*;

    fn scene(brokers: i32, rows: i32) -> Scene {
        Scene {
            brokers: (1..=brokers).map(|id| BrokerCard { id, ..BrokerCard::default() }).collect(),
            rows: (0..rows).map(|partition| Row { partition, ..Row::default() }).collect(),
            ..Scene::default()
        }
    }

    #[test]
    fn the_mock_stage_has_the_mocks_measures() {
        let layout = lay_out(&scene(3, 3), 908.0, 554.0, Form::Wide);
        assert_eq!(layout.cards[0].1.w, 172.0);
        assert_eq!((layout.slots[0].height, layout.pitch, layout.cells), (151.0, 16.0, 8));
        assert_eq!(layout.rail(0), Some(114.5));
        assert_eq!(layout.rail(2), Some(416.5));
        assert_eq!(layout.group.x, 744.5);
        assert_eq!(layout.station(layout.cards[0].1), 345.0);
        assert_eq!(layout.level, Level::Records);
    }

    #[test]
    fn the_log_end_stands_at_the_same_place_whatever_the_data() {
        let layout = lay_out(&scene(3, 3), 1200.0, 554.0, Form::Wide);
        let card = layout.cards[1].1;
        assert_eq!(layout.cell_x(card, 7, 7, &[0]), layout.cell_x(card, 90, 90, &[0, 88]));
        assert_eq!(layout.cell_x(card, 89, 90, &[]) + layout.pitch, layout.end_slot(card));
        assert_eq!(layout.cell_x(card, 80, 90, &[85]), layout.cell_x(card, 80, 90, &[]) - SEGMENT_GAP);
    }

    #[test]
    fn many_partitions_turn_dense_and_then_fold() {
        assert_eq!(lay_out(&scene(3, 6), 1400.0, 554.0, Form::Wide).level, Level::Compact);
        assert_eq!(lay_out(&scene(3, 9), 1400.0, 554.0, Form::Wide).level, Level::Dense);
        let folded = lay_out(&scene(3, 40), 1400.0, 554.0, Form::Wide);
        assert_eq!(folded.slots.len() as u32 + folded.folded, 40);
        assert!(folded.folded > 0);
    }

    #[test]
    fn nothing_leaves_the_stage_at_the_widths_of_the_design() {
        for (width, brokers) in [(908.0, 3), (1440.0, 3), (1120.0, 5), (1440.0, 1)] {
            let layout = lay_out(&scene(brokers, 3), width, 554.0, Form::Wide);
            assert!(layout.group.right() <= width, "{width} {brokers}");
            assert!(layout.station(layout.cards[0].1) < layout.cards[0].1.right());
        }
        for width in [390.0, 360.0, 700.0] {
            let layout = lay_out(&scene(3, 3), width, 404.0, Form::Phone { row: 1 });
            assert!(layout.group.right() <= width);
            assert!(layout.slot(1).is_some() && layout.slot(0).is_none());
        }
    }
}

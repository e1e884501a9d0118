//! A lane: one replica of a partition on one broker.
//!
//! Tiles of the window, slivers for what is older, a ruler with offsets, a tall tick at each segment boundary, the
//! dashed high watermark and the caret of the log end. A follower shows its own high watermark.

use super::super::hit::Target;
use super::super::layout::{Frame, Layout, Level, Slot, WORDED};
use super::super::scene::{KeyMark, Lane, Role, Row, Scene, Tile, TileKind};
use super::super::shape::{Sheet, chip_width, glyph_path, mono_width};
use super::{Lens, brackets, fit};

pub fn draw(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, index: u32, lane: &Lane) {
    let row = &scene.rows[index as usize];
    let (Some(card), Some(slot)) = (layout.card(lane.broker), layout.slot(index)) else { return };
    let top = slot.top;
    let dead = lane.role == Role::Offline;
    sheet.group(if dead { "lane dead" } else { "lane" }, |sheet| {
        if slot.level == Level::Dense {
            strip(sheet, layout, lens, row, lane, card, slot);
        } else {
            title(sheet, layout, lens, row, lane, card, slot);
            cells(sheet, layout, lens, row, lane, card, slot, index);
            let own = Target::Lane { row: index, broker: lane.broker };
            if lens.selection.as_ref().is_some_and(|it| *it == own || *it == Target::Partition(index)) {
                let ((left, right), measures) = (layout.lane_span(card), &slot.measures);
                let (from, to) = (top + measures.title - 13.0, top + measures.cells + measures.cell_h + 4.0);
                brackets(sheet, left - 4.0, from, right - left + 8.0, to - from);
            }
            if slot.level == Level::Records {
                ruler(sheet, layout, lens, row, lane, card, slot);
            }
        }
    });
}

/// The longest pair of numbers that a compact row makes room for beside its name.
pub const WIDEST: &str = "HW 99999  LEO 99999";

/// Name, role and epoch.
pub fn title(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, lane: &Lane, card: Frame, slot: &Slot) {
    let (x, y) = (layout.lane_span(card).0, slot.top + slot.measures.title);
    let leads = lane.role == Role::Leader;
    // In a narrow card the name goes before the word: the epoch says too that it leads.
    let short = leads && mono_width(&row.tp(), 11.0) > card.w - 88.0;
    let room = card.w
        - 18.0
        - if short {
            28.0 + 8.0
        } else if leads {
            70.0
        } else {
            64.0
        };
    let name = fit(&row.tp(), 11.0, room);
    sheet.text(if leads { "lane-t lead" } else { "lane-t" }, x, y, name.clone());
    let chip_x = (x + mono_width(&name, 11.0) + 7.5).round() + 0.5;
    if short {
        sheet.chip("solid", chip_x, y - 10.5, 13.0, &format!("e{}", row.leader_epoch));
    } else {
        role_chip(sheet, lens, row, lane, chip_x, y - 10.5);
    }
    if slot.level == Level::Compact {
        let text =
            format!("{}  {}", lens.words.stage_hw(lane.high_watermark), lens.words.stage_leo(lane.log_end_offset));
        let measures = &slot.measures;
        let behind = chip_x + chip_width(&lens.words.stage_leader(row.leader_epoch)) + 6.0;
        // Left of the station's drop, at the same place on every broker, whatever the numbers are.
        let (end, room) = (layout.station(card) - 9.0, mono_width(WIDEST, 9.5));
        if slot.height >= super::rails::ROOMY {
            let foot = slot.top + measures.cells + measures.cell_h + 12.0;
            sheet.text_end("leo-t dim", layout.end_slot(card) - 2.0, foot, text);
        } else if behind + room <= end {
            sheet.text_end("leo-t dim", end, y, text);
        } else {
            // Under the cells the rails of followers pass.
            let foot = slot.top + measures.cells + measures.cell_h + 11.0;
            sheet.text_end("leo-t dim", layout.end_slot(card) - 2.0, foot, text);
        }
    }
}

pub fn role_chip(sheet: &mut Sheet, lens: &Lens, row: &Row, lane: &Lane, x: f64, y: f64) {
    match lane.role {
        Role::Leader => sheet.chip("solid", x, y, 13.0, &lens.words.stage_leader(row.leader_epoch)),
        Role::Follower => sheet.chip("hollow", x, y, 13.0, lens.words.stage_follower()),
        // Its broker is down and the metadata still name it.
        Role::Offline if row.leader == Some(lane.broker) => {
            sheet.chip("gone", x, y, 13.0, &lens.words.stage_leader(row.leader_epoch))
        }
        Role::Offline => sheet.chip("gone", x, y, 13.0, lens.words.stage_offline()),
    };
}

#[expect(clippy::too_many_arguments, reason = "one call site; a struct for it would say nothing more")]
pub fn cells(
    sheet: &mut Sheet,
    layout: &Layout,
    lens: &Lens,
    row: &Row,
    lane: &Lane,
    card: Frame,
    slot: &Slot,
    index: u32,
) {
    let (start, end) = (layout.window_start(row), end_of(row));
    let (y, height) = (slot.top + slot.measures.cells, slot.measures.cell_h);
    let boundaries = boundaries(row);
    let x_of = |offset: i64| layout.cell_x(card, offset, end, boundaries);
    if start > lane.log_start_offset {
        for step in 0..3 {
            sheet.rect("stub", layout.lane_span(card).0 + f64::from(step) * 3.0, y + 3.5, 1.5, height - 7.0, 0.0);
        }
    }
    for tile in lane.tiles.iter().filter(|tile| tile.offset >= start && tile.offset < end) {
        let committed = tile.offset < lane.high_watermark;
        tile_at(sheet, lens, tile, x_of(tile.offset) + 0.5, y, layout.cell_width(), height, lane.role, committed);
        let target = Target::Record { row: index, broker: lane.broker, offset: tile.offset };
        if lens.selection.as_ref() == Some(&target) {
            brackets(sheet, x_of(tile.offset) - 1.5, y - 2.5, layout.cell_width() + 4.0, height + 5.0);
        }
    }
    if let Some(Target::Batch { row: of, broker, base_offset }) = &lens.selection
        && (*of, *broker) == (index, lane.broker)
    {
        let own =
            lane.tiles.iter().filter(|tile| tile.batch == *base_offset && tile.offset >= start).map(|tile| tile.offset);
        if let Some((first, last)) = own.clone().min().zip(own.max()) {
            let (left, right) = (x_of(first) - 1.5, x_of(last) + layout.cell_width() + 2.5);
            brackets(sheet, left, y - 2.5, right - left, height + 5.0);
        }
    }
    if end == 0 && lane.role == Role::Leader {
        sheet.group("tile ghost inc", |sheet| {
            sheet.rect("box", x_of(0) + 0.5, y, layout.cell_width(), height, 2.0);
        });
    }
    missing(sheet, layout, lens, row, lane, card, slot);
}

/// What a follower does not have yet: dashed slots while it is in sync, a hatched band once it lags.
fn missing(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, lane: &Lane, card: Frame, slot: &Slot) {
    let (start, end) = (layout.window_start(row), end_of(row));
    let first = lane.log_end_offset.max(start);
    if lane.role != Role::Follower || first >= end {
        return;
    }
    let (y, height) = (slot.top + slot.measures.cells, slot.measures.cell_h);
    let x_of = |offset: i64| layout.cell_x(card, offset, end, boundaries(row));
    if row.isr.contains(&lane.broker) {
        for offset in first..end {
            sheet.group("tile ghost inc", |sheet| {
                sheet.rect("box", x_of(offset) + 0.5, y, layout.cell_width(), height, 2.0);
            });
        }
        return;
    }
    let left = x_of(first) + 2.5;
    let right = x_of(end) - 1.5;
    sheet.rect("missing", left, y, right - left, height, 2.0);
    let text = lens.words.stage_behind(end - lane.log_end_offset);
    if layout.is_phone() {
        if right - left > mono_width(&text, 10.5) {
            sheet.text_middle("lagt", (left + right) / 2.0, y + height / 2.0 + 3.5, text);
        }
    } else if slot.level == Level::Records {
        let below = slot.top + slot.measures.ruler + 7.5;
        sheet.path("lagbr", format!("M{} {below}v4H{}v-4", left + 4.0, right - 1.0));
        sheet.text_middle("lagt", (left + right) / 2.0, below + 14.5, text);
    }
}

/// One record.
#[expect(clippy::too_many_arguments, reason = "a tile is its box and its state; all of them vary at both call sites")]
pub fn tile_at(
    sheet: &mut Sheet,
    lens: &Lens,
    tile: &Tile,
    x: f64,
    y: f64,
    w: f64,
    h: f64,
    role: Role,
    committed: bool,
) {
    let (middle, centre) = (x + w / 2.0, y + h / 2.0);
    match tile.kind {
        TileKind::CommitMarker | TileKind::AbortMarker => {
            let commit = tile.kind == TileKind::CommitMarker;
            let narrow = (w * 0.5).max(7.0);
            sheet.rect(if commit { "marker" } else { "marker abort" }, middle - narrow / 2.0, y, narrow, h, 2.0);
            let (class, letter) = if commit { ("mark-c", "C") } else { ("mark-a", "A") };
            sheet.text_middle(class, middle, centre + 3.0, letter);
        }
        TileKind::Record | TileKind::Tombstone => {
            let KeyMark { hue, glyph } = tile.mark;
            let role = if role == Role::Leader { "lead" } else { "foll" };
            let state = if committed { "" } else { " un" };
            let hush = lens.hush(tile.mark);
            sheet.group(&format!("tile k{hue} {role}{state}{hush}"), |sheet| {
                sheet.rect("box", x, y, w, h, 2.0);
                sheet.path("gl", glyph_path(glyph, middle, centre, (w * 0.35).min(h * 0.35)));
                if tile.kind == TileKind::Tombstone {
                    sheet.line("tomb", x + 2.5, y + h - 4.0, x + w - 2.5, y + 4.0);
                }
            });
        }
    }
}

/// The line under the cells with its ticks and labels, the high watermark and the log end.
pub fn ruler(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, lane: &Lane, card: Frame, slot: &Slot) {
    let (start, end) = (layout.window_start(row), end_of(row));
    let y = slot.top + slot.measures.ruler;
    let x_of = |offset: i64| layout.cell_x(card, offset, end, boundaries(row)) - 0.5;
    let (left, right) = layout.lane_span(card);
    sheet.line("ruler", left, y, right, y);
    let ticks: String = (start..=end).map(|offset| format!("M{} {y}v2.5", x_of(offset))).collect();
    sheet.path("ruler", ticks);
    let tall: String = (lane.segments.iter().filter(|base| **base > start && **base <= end))
        .map(|base| format!("M{} {}v7", x_of(*base) - 2.0, y - 3.5))
        .collect();
    if !tall.is_empty() {
        sheet.path("segb", tall);
    }
    let leads = lane.role == Role::Leader;
    let caret = log_end(sheet, lens, lane, x_of(lane.log_end_offset.max(start)), y, leads);
    labels(sheet, layout, (start, end.min(lane.log_end_offset)), caret, y, &x_of);
    high_watermark(sheet, lens, layout, lane, (start, end), slot, &x_of, leads);
}

/// The caret and its number; returns the span of x that the text takes.
fn log_end(sheet: &mut Sheet, lens: &Lens, lane: &Lane, x: f64, y: f64, leads: bool) -> (f64, f64) {
    let dim = if leads { "" } else { " dim" };
    sheet.path(&format!("leo{dim}"), format!("M{} {}h6.4L{x} {}Z", x - 3.2, y + 5.2, y + 0.2));
    let text = if leads { lens.words.stage_leo(lane.log_end_offset) } else { lane.log_end_offset.to_string() };
    let width = mono_width(&text, 9.5);
    let from = if leads { x + 11.0 - width } else { x - width / 2.0 };
    sheet.text(&format!("leo-t{dim}"), from, y + 13.5, text);
    (from, from + width)
}

/// Even offsets, as many as fit without touching each other or the log end.
fn labels(sheet: &mut Sheet, layout: &Layout, span: (i64, i64), caret: (f64, f64), y: f64, x_of: &dyn Fn(i64) -> f64) {
    let widest = mono_width(&span.1.to_string(), 9.5) + 6.0;
    let every = (1..).map(|step| step * 2).find(|step| *step as f64 * layout.pitch >= widest).unwrap_or(2);
    for offset in (span.0..span.1).filter(|offset| offset % every == 0) {
        let (text, middle) = (offset.to_string(), x_of(offset) + 0.5 + layout.cell_width() / 2.0);
        let half = mono_width(&text, 9.5) / 2.0;
        if middle + half + 3.0 < caret.0 || middle - half - 3.0 > caret.1 {
            sheet.text_middle("rul", middle, y + 13.5, text);
        }
    }
}

/// A follower's high watermark where there is no ruler.
pub fn watermark(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, lane: &Lane, card: Frame, slot: &Slot) {
    let window = (layout.window_start(row), end_of(row));
    let x_of = |offset: i64| layout.cell_x(card, offset, window.1, boundaries(row)) - 0.5;
    high_watermark(sheet, lens, layout, lane, window, slot, &x_of, false);
}

#[expect(clippy::too_many_arguments, reason = "private to the ruler, which holds all of these")]
fn high_watermark(
    sheet: &mut Sheet,
    lens: &Lens,
    layout: &Layout,
    lane: &Lane,
    window: (i64, i64),
    slot: &Slot,
    x_of: &dyn Fn(i64) -> f64,
    leads: bool,
) {
    if window.1 == 0 && !leads {
        return;
    }
    if lane.high_watermark < window.0 {
        // It lies among the older records: its flag stands over their slivers, and nothing in sight is committed.
        let text = format!("‹ {}", lens.words.stage_hw(lane.high_watermark));
        if !layout.is_phone() {
            let left = layout.lane_span(layout.card(lane.broker).unwrap_or_default()).0;
            sheet.text(if leads { "flag b" } else { "flag dim" }, left, slot.top + slot.measures.flags, text);
        }
        return;
    }
    let x = x_of(lane.high_watermark.min(window.1));
    let (flag, foot) = (slot.top + slot.measures.flags, slot.top + slot.measures.ruler);
    sheet.path(if leads { "hw" } else { "hw dim" }, format!("M{x} {}V{foot}", flag - 7.0));
    let text = lens.words.stage_hw(lane.high_watermark);
    // On a phone a follower's flag shares its line with the name and the role.
    let shared = if layout.is_phone() && !leads { layout.lane_span(layout.cards[0].1).0 + 148.0 } else { 0.0 };
    if x - 4.0 - mono_width(&text, 10.0) < shared {
        return;
    }
    sheet.text_end(if leads { "flag b" } else { "flag dim" }, x - 4.0, flag, text);
}

/// The dense form: 25 bins of the window, ink strength = records per bin.
fn strip(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, lane: &Lane, card: Frame, slot: &Slot) {
    let (left, right) = layout.lane_span(card);
    let (y, height) = (slot.top + slot.measures.cells, slot.measures.cell_h);
    let label = if layout.cards.first().is_some_and(|(id, _)| *id == lane.broker) || lane.role == Role::Leader {
        row.tp()
    } else {
        String::new()
    };
    let width = (right - left - 2.0).max(20.0);
    let leads = lane.role == Role::Leader;
    if !label.is_empty() && slot.height >= WORDED {
        let label = fit(&label, 9.5, width * 0.6);
        // The rail runs behind the name.
        sheet.rect("labelbg", left - 1.0, y - 11.0, mono_width(&label, 9.5) + 3.0, 10.0, 0.0);
        sheet.text(if leads { "m95" } else { "m95 i3" }, left, y - 3.0, label);
    }
    let end = end_of(row);
    let window = i64::from(layout.cells.max(25));
    let start = (end - window).max(0);
    let bin = width / window as f64;
    for tile in lane.tiles.iter().filter(|tile| tile.offset >= start) {
        let x = left + 1.0 + (window - (end - tile.offset)) as f64 * bin;
        let class = match (leads, tile.offset < lane.high_watermark) {
            (_, false) => "heat un",
            (true, true) => "heat",
            (false, true) => "heat pale",
        };
        let KeyMark { hue, .. } = tile.mark;
        let followed = format!("heat followed k{hue}");
        sheet.rect(
            if lens.followed == Some(tile.mark) { &followed } else { class },
            x,
            y,
            (bin - 0.8).max(0.8),
            height,
            0.0,
        );
    }
    if leads {
        sheet.line("ruler", left + 1.0, y + height + 1.5, left + 1.0 + width, y + height + 1.5);
    } else {
        sheet.rect("heatbox", left + 0.5, y - 1.5, width, height + 3.0, 1.5);
    }
    let behind = end - lane.log_end_offset;
    if behind > 0 && !row.isr.contains(&lane.broker) {
        let gap = (behind as f64 * bin).min(width);
        sheet.rect("missing", left + 1.0 + width - gap, y, gap, height, 1.0);
    }
}

fn end_of(row: &Row) -> i64 {
    row.reference().map_or(0, |lane| lane.log_end_offset)
}

fn boundaries(row: &Row) -> &[i64] {
    row.reference().map_or(&[], |lane| lane.segments.as_slice())
}

//! The consumer's card: where it stands in each row. One card spans the rows it reads.

use super::super::hit::Target;
use super::super::layout::{Frame, Layout, Level, Slot};
use super::super::scene::{ClientState, ConsumerCard, Position, Row, Scene};
use super::super::shape::{Sheet, chip_width, sans_width};
use super::{Lens, fit, fit_sans};

/// How many offsets the scale covers.
const SCALE: i64 = 16;

pub fn card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens) {
    let Frame { x, y, w, h } = layout.group;
    let Some(consumer) = scene.consumers.get(lens.consumer as usize).or(scene.consumers.first()) else {
        sheet.rect("card client vacant", x, y, w, h, 10.0);
        sheet.text("t11 i3", x + 11.5, y + 19.5, lens.words.stage_no_consumer());
        return;
    };
    let chosen = matches!(&lens.selection, Some(Target::Consumer(name)) if *name == consumer.name);
    sheet.rect(if chosen { "card group chosen" } else { "card group" }, x, y, w, h, 10.0);
    head(sheet, scene, layout, lens, consumer);
    for slot in &layout.slots {
        let Some(row) = scene.rows.get(slot.row as usize) else { continue };
        let Some(position) = consumer.positions.iter().find(|position| position.row == slot.row) else { continue };
        let (top, inset) = (slot.top, if slot.height < 22.0 { 0.5 } else { 2.5 });
        sheet.rect("card client", x + 4.0, top + inset, w - 8.0, (slot.height - inset * 2.0).max(8.0), 7.0);
        match slot.level {
            Level::Records => full(sheet, layout, lens, row, position, slot),
            Level::Compact => short(sheet, layout, lens, row, position, top + 22.0, true),
            Level::Dense => short(sheet, layout, lens, row, position, top + slot.height / 2.0 + 4.0, false),
        }
    }
}

fn head(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, consumer: &ConsumerCard) {
    let Frame { x, y, w, .. } = layout.group;
    let others = scene.consumers.len().saturating_sub(1);
    let words = lens.words;
    let right = x + w - 11.5;
    let more = words.stage_more_clients(others);
    let room = if others > 0 { w - 29.0 - chip_width(&more) } else { w - 23.0 };
    let name = fit_sans(&consumer.name, 13.0, room);
    let role_fits = sans_width(&name, 13.0) + sans_width(words.stage_consumer(), 11.0) + 8.0 <= w - 23.0;
    sheet.text("b13", x + 11.5, y + 19.5, name);
    if others > 0 {
        sheet.chip("hollow", right - chip_width(&more), y + 8.0, 15.0, &more);
    } else if role_fits {
        sheet.text_end("t11 i3", right, y + 19.5, words.stage_consumer());
    }
    match (consumer.state, &consumer.group) {
        (ClientState::Running, Some(group)) => sheet.text("m10 i2", x + 11.5, y + 38.5, fit(group, 10.0, w - 24.0)),
        (ClientState::Running, None) => {
            sheet.chip("hollow", x + 11.5, y + 28.0, 15.0, words.stage_by_hand());
        }
        (state, _) => {
            let text = match state {
                ClientState::Frozen => words.stage_frozen(),
                ClientState::Crashed => words.stage_crashed(),
                _ => words.stage_closed(),
            };
            super::producer::client_chip(sheet, lens, state, x + 11.5 + chip_width(text), y + 28.0);
        }
    }
    sheet.text("t11 i3", x + 11.5, y + 75.5, words.stage_delivered(consumer.delivered));
}

fn lag_of(row: &Row, position: &Position) -> Option<i64> {
    let leader = row.reference()?;
    let at = position.committed.or(position.position)?;
    Some((leader.high_watermark - at).max(0))
}

/// Name and lag, then the scale when there is room for it.
fn short(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, position: &Position, y: f64, scaled: bool) {
    let Frame { x, w, .. } = layout.group;
    let lag = lag_of(row, position);
    let taken = lag.map_or(0.0, |lag| sans_width(&lens.words.stage_lag(lag.max(99)), 11.0) + 8.0);
    sheet.text("lane-t", x + 13.0, y, fit(&row.tp(), 11.0, w - 25.0 - taken));
    if let Some(lag) = lag {
        sheet.text_end(if lag > SCALE { "t11 lag" } else { "t11 i2" }, x + w - 12.0, y, lens.words.stage_lag(lag));
    }
    if scaled {
        scale(sheet, layout, row, position, y + 14.0);
    }
}

pub(super) fn full(sheet: &mut Sheet, layout: &Layout, lens: &Lens, row: &Row, position: &Position, slot: &Slot) {
    let top = slot.top;
    let Frame { x, w, .. } = layout.group;
    short(sheet, layout, lens, row, position, top + 47.0, false);
    if position.paused {
        let text = lens.words.stage_paused();
        sheet.chip("hollow", x + w - 12.0 - chip_width(text), top + 15.5, 15.0, text);
    }
    let y = top + 80.0;
    scale(sheet, layout, row, position, y);
    let (left, right) = (x + 13.0, x + w - 13.5);
    if let Some((at, px)) = place(row, position.position, left, right) {
        label(sheet, "t10", &lens.words.stage_position(at), px, y - 4.5, (left, right));
    }
    if let Some((at, px)) = place(row, position.committed, left, right) {
        label(sheet, "t10 i2", &lens.words.stage_committed(at), px, y + 18.0, (left, right));
    }
    bars(sheet, position, left, right, top + slot.height - 14.0);
}

/// A label beside its mark, on the side where there is room.
fn label(sheet: &mut Sheet, class: &str, text: &str, x: f64, y: f64, span: (f64, f64)) {
    if x - span.0 > 66.0 {
        sheet.text_end(class, x - 7.0, y, text);
    } else {
        sheet.text(class, x + 7.0, y, text);
    }
}

fn place(row: &Row, offset: Option<i64>, left: f64, right: f64) -> Option<(i64, f64)> {
    let end = row.reference()?.high_watermark;
    let offset = offset?;
    let share = ((offset - (end - SCALE)) as f64 / SCALE as f64).clamp(0.0, 1.0);
    Some((offset, left + (right - left) * share))
}

/// The last offsets up to the high watermark: solid = committed (or read, without commits), ink hatch = read but not
/// committed, dashed = unread.
fn scale(sheet: &mut Sheet, layout: &Layout, row: &Row, position: &Position, y: f64) {
    let Frame { x, w, .. } = layout.group;
    let (left, right) = (x + 13.0, x + w - 13.5);
    let Some(leader) = row.reference() else { return };
    let begin = place(row, Some(0.max(leader.log_start_offset)), left, right).map_or(left, |(_, px)| px);
    sheet.rect("well2", left, y, right - left, 6.0, 1.5);
    let read = place(row, position.position, left, right);
    let committed = place(row, position.committed, left, right);
    let done = committed.or(read).map_or(begin, |(_, px)| px);
    if done > begin {
        sheet.rect("done", begin, y, done - begin, 6.0, 1.5);
    }
    let read_to = read.map_or(done, |(_, px)| px).max(done);
    if read_to > done + 0.5 {
        sheet.rect("read", done, y - 0.5, read_to - done, 7.0, 0.0);
    }
    if right > read_to + 0.5 && leader.high_watermark > 0 {
        let lagging = lag_of(row, position).is_some_and(|lag| lag > SCALE);
        let class = if lagging { "unread hot" } else { "unread" };
        sheet.rect(class, read_to, y - 0.5, right - read_to, 7.0, 0.0);
    }
    sheet.path("hw", format!("M{right} {}v22", y - 8.0));
    if let Some((_, px)) = read {
        sheet.path("pos", format!("M{px} {}l-3.5 -5.5h7z", y - 2.0));
    }
    if let Some((_, px)) = committed {
        sheet.path("com", format!("M{px} {}l-3.5 5.5h7z", y + 8.5));
    }
}

/// Records delivered in the last slices of time.
fn bars(sheet: &mut Sheet, position: &Position, left: f64, right: f64, floor: f64) {
    if position.delivered.is_empty() {
        return;
    }
    sheet.line("ruler", left, floor + 0.5, right, floor + 0.5);
    let step = (right - left) / position.delivered.len() as f64;
    let most = position.delivered.iter().copied().max().unwrap_or(0).max(4);
    let d: String = (position.delivered.iter().enumerate().filter(|(_, count)| **count > 0))
        .map(|(index, count)| {
            let height = 22.0 * f64::from(*count) / f64::from(most);
            format!("M{:.1} {floor}v-{height:.1}h{:.1}v{height:.1}z", left + index as f64 * step, step - 1.2)
        })
        .collect();
    if !d.is_empty() {
        sheet.path("spark", d);
    }
}

//! The producer's card: serializer, partitioner, and one accumulator a row. Clients are round.

use super::super::hit::Target;
use super::super::layout::{Frame, Layout, Level, Slot};
use super::super::scene::{ClientState, KeptBatch, KeptState, KeyMark, ProducerCard, Queue, Scene};
use super::super::shape::{Sheet, chip_width, mono_width};
use super::{Lens, fit, fit_sans, glyph};

pub fn card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens) {
    let Frame { x, y, w, h } = layout.producer;
    let Some(producer) = scene.producers.get(lens.producer as usize).or(scene.producers.first()) else {
        sheet.rect("card client vacant", x, y, w, h, 10.0);
        sheet.text("t11 i3", x + 11.5, y + 19.5, lens.words.stage_no_producer());
        return;
    };
    let chosen = matches!(&lens.selection, Some(Target::Producer(name)) if *name == producer.name);
    sheet.rect(if chosen { "card client chosen" } else { "card client" }, x, y, w, h, 10.0);
    head(sheet, scene, layout, lens, producer);
    if layout.level == Level::Dense {
        totals(sheet, layout, lens, producer);
        return;
    }
    bus(sheet, layout);
    for slot in layout.slots.iter().filter(|slot| slot.level != Level::Dense) {
        sheet.line("sep", x + 0.5, slot.top + 0.5, x + w - 0.5, slot.top + 0.5);
        let empty = Queue { row: slot.row, ..Queue::default() };
        let queue = producer.queues.iter().find(|queue| queue.row == slot.row).unwrap_or(&empty);
        accumulator(sheet, scene, layout, lens, queue, slot);
    }
}

fn head(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, producer: &ProducerCard) {
    let Frame { x, y, w, .. } = layout.producer;
    let others = scene.producers.len().saturating_sub(1);
    let role = if others > 0 { lens.words.stage_more_clients(others) } else { lens.words.stage_producer().to_owned() };
    let dead = producer.state == ClientState::Crashed || producer.state == ClientState::Closed;
    sheet.text(if dead { "b13 dead" } else { "b13" }, x + 11.5, y + 19.5, fit_sans(&producer.name, 13.0, w - 84.0));
    match producer.state {
        ClientState::Running if others > 0 => {
            let width = chip_width(&role);
            sheet.chip("hollow", x + w - 11.5 - width, y + 8.0, 15.0, &role);
        }
        ClientState::Running => sheet.text_end("t11 i3", x + w - 11.5, y + 19.5, role),
        state => client_chip(sheet, lens, state, x + w - 11.5, y + 8.0),
    }
    sheet.text("m95 i2", x + 11.5, y + 34.5, fit(&producer.config, 9.5, w - 20.0));
    let hex: Vec<String> = producer.serialized.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let mut bytes = hex.join(" ");
    if producer.serialized.len() > 3 {
        bytes.push('…');
    }
    if bytes.is_empty() {
        bytes = lens.words.stage_nothing_yet().to_owned();
    }
    let target =
        producer.partitioned.map_or(lens.words.stage_nothing_yet().to_owned(), |n| lens.words.stage_to_partition(n));
    for (left, title, text) in
        [(11.5, lens.words.stage_serializer(), bytes), (78.5, lens.words.stage_partitioner(), target)]
    {
        sheet.rect("well", x + left, y + 43.5, 57.0, 35.0, 5.0);
        sheet.text_middle("t95 i2", x + left + 28.5, y + 57.5, title);
        sheet.text_middle("m10", x + left + 28.5, y + 71.5, text);
    }
    sheet.path("arrow", format!("M{} {}h6m-2.5 -2.5l2.5 2.5l-2.5 2.5", x + 70.0, y + 61.0));
}

/// The chip of a client that does not run, its right edge at `right`.
pub fn client_chip(sheet: &mut Sheet, lens: &Lens, state: ClientState, right: f64, y: f64) {
    let (class, text) = match state {
        ClientState::Running => return,
        ClientState::Frozen => ("late fill", lens.words.stage_frozen()),
        ClientState::Crashed => ("failfill", lens.words.stage_crashed()),
        ClientState::Closed => ("hollow", lens.words.stage_closed()),
    };
    sheet.chip(class, right - chip_width(text), y, 15.0, text);
}

/// The wire from the partitioner to every accumulator.
fn bus(sheet: &mut Sheet, layout: &Layout) {
    let Frame { x, y, .. } = layout.producer;
    let roomy = || layout.slots.iter().filter(|slot| slot.level != Level::Dense);
    let last = roomy().next_back().map_or(y + 84.0, Slot::rail);
    let left = x + 19.0;
    sheet.path("wire", format!("M{} {}v4.5H{left}V{last}", x + 107.0, y + 78.5));
    for rail in roomy().map(Slot::rail) {
        sheet.line("wire", left, rail, x + 30.0, rail);
        sheet.line("wire", x + 135.5, rail, x + 147.5, rail);
        sheet.circle("knot", left, rail, 2.0);
    }
}

fn accumulator(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, queue: &Queue, slot: &Slot) {
    let (x, top) = (layout.producer.x + 30.0, slot.top);
    let rail = slot.rail();
    let (w, h) = (105.0, if slot.level == Level::Records { 25.0 } else { 19.0 });
    sheet.rect("batch", x, rail - h / 2.0, w, h, 4.0);
    let words = lens.words;
    if queue.open.is_empty() && queue.waiting == 0 {
        sheet.text("t10 i3", x + 10.5, rail + 3.6, words.stage_empty());
    } else {
        glyphs(sheet, lens, &queue.open, queue.open.len() as u32 + queue.waiting, x + 12.5, rail, 13.0, 7, true);
    }
    let tp = scene.rows.get(queue.row as usize).map(super::super::scene::Row::tp).unwrap_or_default();
    if slot.level != Level::Records {
        sheet.text("lane-t", x - 0.5, rail + h / 2.0 + 13.0, fit(&tp, 11.0, w));
        if slot.height >= super::rails::ROOMY {
            compact_queue(sheet, lens, queue, x, rail + h / 2.0 + 20.0);
        }
        return;
    }
    // Room for five digits, whatever is in it: the name does not jump.
    let (bytes, room) = (words.stage_bytes(queue.bytes), w - mono_width("16384 B", 10.0) - 4.0);
    let room = if mono_width(&tp, 11.0) <= room || queue.open.is_empty() { w } else { room };
    sheet.text("lane-t", x - 0.5, top + 47.0, fit(&tp, 11.0, room));
    if !queue.open.is_empty() {
        sheet.text_end("m10 i3", x + w + 0.5, top + 47.0, bytes);
        linger(sheet, lens, queue, x, top);
    }
    kept(sheet, lens, queue, x, top + 84.5, slot.height - 84.0);
}

/// Under the name in a compact row: how long the open batch still lingers, or what is kept.
fn compact_queue(sheet: &mut Sheet, lens: &Lens, queue: &Queue, x: f64, y: f64) {
    if !queue.open.is_empty() {
        linger(sheet, lens, queue, x, y - 54.0);
    } else if !queue.kept.is_empty() {
        kept(sheet, lens, queue, x, y, 50.0);
    }
}

pub(super) fn linger(sheet: &mut Sheet, lens: &Lens, queue: &Queue, x: f64, top: f64) {
    let words = lens.words;
    sheet.rect("track", x - 0.5, top + 54.0, 106.0, 3.0, 1.5);
    let share = if queue.linger_us == 0 { 1.0 } else { (queue.waited_us as f64 / queue.linger_us as f64).min(1.0) };
    sheet.rect("fill", x - 0.5, top + 54.0, 106.0 * share, 3.0, 1.5);
    let text = if queue.linger_us == 0 {
        words.stage_linger_none().to_owned()
    } else if share >= 1.0 {
        words.stage_ready().to_owned()
    } else {
        words.stage_linger(queue.waited_us / 1000, queue.linger_us / 1000)
    };
    sheet.text("t10 i2", x - 0.5, top + 69.0, text);
}

/// The batches that were sent and are kept until their answer is here. The oldest is spelt out.
pub(super) fn kept(sheet: &mut Sheet, lens: &Lens, queue: &Queue, x: f64, y: f64, room: f64) {
    let mut left = x;
    for (index, batch) in queue.kept.iter().enumerate() {
        let shown = batch.marks.len().clamp(1, 5) as f64;
        let width = shown * 13.0 + 11.0;
        let rest = if index + 1 < queue.kept.len() { 20.0 } else { 0.0 };
        if left + width + rest > x + 106.0 {
            sheet.text("m10 i3", left + 1.0, y + 14.0, format!("+{}", queue.kept.len() - index));
            break;
        }
        sheet.rect("batch kept", left, y, width, 21.0, 4.0);
        glyphs(sheet, lens, &batch.marks, batch.records, left + 12.0, y + 10.5, 13.0, 5, false);
        left += width + 4.0;
    }
    let Some(batch) = queue.kept.first().filter(|_| room > 40.0) else { return };
    sheet.text("m10 i2", x - 0.5, y + 33.5, sequence(lens, batch));
    let (class, text) = match batch.state {
        KeptState::AwaitingAck => ("t10 i3", lens.words.stage_kept().to_owned()),
        KeptState::AckOnItsWay => ("t10 i3", lens.words.stage_ack_coming().to_owned()),
        KeptState::Retrying(times) => ("t10 fail", lens.words.stage_retry(times)),
    };
    if room > 56.0 {
        sheet.text(class, x - 0.5, y + 46.5, text);
    }
}

fn sequence(lens: &Lens, batch: &KeptBatch) -> String {
    match batch.base_sequence {
        Some(first) if batch.records > 1 => lens.words.stage_seq_range(first + batch.records as i32 - 1, first),
        Some(first) => lens.words.stage_seq(first),
        None => lens.words.stage_batch_of(batch.records),
    }
}

/// A run of glyphs; what does not fit becomes a count.
#[expect(clippy::too_many_arguments, reason = "drawing one line of marks; every argument is a plain measure")]
pub fn glyphs(
    sheet: &mut Sheet,
    lens: &Lens,
    marks: &[KeyMark],
    total: u32,
    x: f64,
    y: f64,
    step: f64,
    room: usize,
    solid: bool,
) {
    let all = marks.len() as u32 == total && marks.len() <= room;
    // A count of four digits takes the room of one more glyph.
    let spared = if total > 999 { 3 } else { 2 };
    let shown = if all { marks.len() } else { marks.len().min(room - spared) };
    for (index, mark) in marks.iter().take(shown).enumerate() {
        glyph(sheet, lens, *mark, x + index as f64 * step, y, 5.0, solid);
    }
    if !all {
        sheet.text("m10 i2", x + shown as f64 * step - 4.0, y + 3.5, format!("+{}", total as usize - shown));
    }
}

/// The dense form: the totals only.
fn totals(sheet: &mut Sheet, layout: &Layout, lens: &Lens, producer: &ProducerCard) {
    let Frame { x, y, .. } = layout.producer;
    sheet.text("t11 i2", x + 11.5, y + 104.0, lens.words.stage_acked(producer.acked));
    if producer.failed > 0 {
        sheet.text("t11 fail", x + 11.5, y + 120.0, lens.words.stage_failed(producer.failed));
    }
}

//! Rails and wires: where messages may go, drawn before any goes there.
//!
//! A client request runs along the row's upper rail and stops at the leader's station; replication runs along the lower
//! rails; the control wire above the brokers carries everything that belongs to no row.

use super::super::layout::{Frame, Layout, Level, Slot, WORDED};
use super::super::narrate::trouble;
use super::super::scene::{Place, Role, Row, Scene, Tone};
use super::super::shape::{Sheet, mono_width, sans_width};
use super::{Lens, cross, lane};

/// The control wires: clients to brokers, brokers to the controller.
pub fn wires(sheet: &mut Sheet, scene: &Scene, layout: &Layout) {
    let (floor, ceiling) = (layout.control.bottom() + 0.5, layout.control.bottom() + 19.5);
    let bus = floor + 9.5;
    sheet.line("wire faint", layout.producer.right(), bus, layout.group.x, bus);
    for broker in &scene.brokers {
        let Some(card) = layout.card(broker.id) else { continue };
        let x = heartbeat_x(card);
        let cut = scene.cuts.iter().any(|(a, b)| {
            let other = if *a == broker.id { *b } else { *a };
            (*a == broker.id || *b == broker.id) && scene.control.voters.iter().any(|voter| voter.id == other)
        });
        if cut || broker.state.is_down() {
            sheet.line("wire", x, floor, x, floor + 5.0);
            sheet.line("wire", x, ceiling - 5.0, x, ceiling);
            cross(sheet, x, bus);
        } else {
            sheet.line("wire", x, floor, x, ceiling);
        }
        sheet.line("wire faint", control_x(card), bus, control_x(card), ceiling);
    }
}

/// Where a broker's wire to the controllers leaves its card.
pub fn heartbeat_x(card: Frame) -> f64 {
    card.x + 22.0
}

/// Where the control wire of the clients enters a broker.
pub fn control_x(card: Frame) -> f64 {
    card.x + (card.w * 0.5).floor()
}

/// The rails of every row, with ports and stations.
pub fn rows(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens) {
    for slot in &layout.slots {
        let Some(row) = scene.rows.get(slot.row as usize) else { continue };
        let rail = slot.rail();
        let (left, right) = (layout.producer.right() + 0.5, layout.group.x);
        let chosen = lens.selection.as_ref().and_then(super::Target::row) == Some(slot.row);
        if row.leader.is_some() {
            sheet.line(if chosen { "rail chosen" } else { "rail" }, left, rail, right, rail);
        } else {
            sheet.line("rail", left, rail, left + 9.0, rail);
            sheet.line("rail", right - 8.0, rail, right, rail);
            cross(sheet, left + 14.0, rail);
        }
        replication(sheet, scene, layout, row, slot);
        client_cuts(sheet, scene, layout, lens, row, rail);
        gate(sheet, scene, layout, lens, row, slot);
        let size = if slot.level == Level::Dense { 2.5 } else { 3.5 };
        sheet.circle("port", left, rail, size);
        sheet.circle("port", right, rail, size);
        station(sheet, layout, row, slot);
    }
}

/// The part of a row's rail that a cut makes useless: red, with a gap between two strokes.
fn client_cuts(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, row: &Row, rail: f64) {
    let Some((leader, card)) = row.leader.and_then(|id| Some((id, layout.card(id)?))) else { return };
    let station = layout.station(card) + 0.5;
    for (client, node) in &scene.client_cuts {
        let (from, to) = match client {
            Place::Producer(index) if *index == lens.producer => (layout.producer.right() + 0.5, station),
            Place::Consumer(index) if *index == lens.consumer => (layout.group.x, station),
            _ => continue,
        };
        if *node == Place::Broker(leader) {
            let gap = from + if to > from { 13.0 } else { -11.0 };
            sheet.line("rail cut", from, rail, to, rail);
            sheet.rect("cutgap", gap - 3.0, rail - 4.0, 6.0, 8.0, 0.0);
            sheet.path("cutm", format!("M{} {}l5 -14M{} {}l5 -14", gap - 6.0, rail + 7.0, gap + 1.0, rail + 7.0));
        }
    }
}

fn station(sheet: &mut Sheet, layout: &Layout, row: &Row, slot: &Slot) {
    let rail = slot.rail();
    let Some(card) = row.leader.and_then(|id| layout.card(id)) else { return };
    let x = layout.station(card) + 0.5;
    if row.leader_silent {
        cross(sheet, x, rail);
        return;
    }
    if slot.level != Level::Dense {
        let foot = slot.top + slot.measures.cells - 2.5;
        sheet.line("drop", x, rail, x, foot - 5.0);
        sheet.path("drop-h", format!("M{} {}h6l-3 5z", x - 3.0, foot - 5.0));
    }
    sheet.circle("port lead", x, rail, if slot.level == Level::Dense { 3.0 } else { 4.0 });
}

/// A red stop where the rail enters the leader that refuses what the producer writes.
fn gate(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, row: &Row, slot: &Slot) {
    let rail = slot.rail();
    let producer = scene.producers.get(lens.producer as usize).or(scene.producers.first());
    let Some(card) = row.leader.and_then(|id| layout.card(id)).filter(|_| row.refuses(producer)) else { return };
    let half = if slot.level == Level::Dense { 6.0 } else { 10.0 };
    sheet.rect("gate", card.x - 2.0, rail - half, 5.0, half * 2.0, 1.0);
}

/// One rail from the leader to each follower: the inner one to a neighbour, the outer one to others.
fn replication(sheet: &mut Sheet, scene: &Scene, layout: &Layout, row: &Row, slot: &Slot) {
    let Some(leader) = row.leader else { return };
    for lane in row.lanes.iter().filter(|lane| lane.broker != leader) {
        let Some([from, to]) = replication_path(scene, layout, row, lane.broker, slot) else { continue };
        let cut = scene.cuts.contains(&(leader.min(lane.broker), leader.max(lane.broker)));
        if cut {
            cut_rail(sheet, from, to);
        } else if lane.role != Role::Offline {
            let class = if row.isr.contains(&lane.broker) { "rail rep" } else { "rail rep slow" };
            sheet.line(class, from.0, from.1, to.0, to.1);
        }
        // The rails of a strip lie too close together for ports.
        let ports = slot.level != Level::Dense;
        if row.leader_silent {
            cross(sheet, from.0, from.1);
        } else if ports {
            sheet.circle("port lead", from.0, from.1, 3.5);
        }
        if lane.role == Role::Offline {
            cross(sheet, to.0, to.1);
        } else if ports {
            sheet.circle("port", to.0, to.1, 3.5);
        }
    }
}

/// A rail that a cut has parted: red up to two strokes, with a real gap between them.
fn cut_rail(sheet: &mut Sheet, from: (f64, f64), to: (f64, f64)) {
    let (left, right, y) = (from.0.min(to.0), from.0.max(to.0), from.1);
    let middle = (left + right) / 2.0;
    sheet.line("rail rep cut", left, y, middle - 6.0, y);
    sheet.line("rail rep cut", middle + 6.0, y, right, y);
    sheet.path("cutm", format!("M{} {}l5 -14M{} {}l5 -14", middle - 9.0, y + 7.0, middle + 4.0, y + 7.0));
}

/// From the leader's port to the follower's.
pub fn replication_path(
    scene: &Scene,
    layout: &Layout,
    row: &Row,
    follower: i32,
    slot: &Slot,
) -> Option<[(f64, f64); 2]> {
    let column = |id: i32| scene.brokers.iter().position(|broker| broker.id == id);
    let leader = row.leader?;
    let (a, b) = (column(leader)?, column(follower)?);
    let (from, to) = (layout.card(leader)?, layout.card(follower)?);
    let y = slot.top + if a.abs_diff(b) == 1 { slot.measures.near } else { slot.measures.far };
    let edge = |card: Frame, right: bool| if right { layout.lane_span(card).1 } else { layout.lane_span(card).0 };
    Some([(edge(from, b > a), y), (edge(to, a > b), y)])
}

/// Compact rows of at least this height have the in-sync replicas under their tiles.
pub const ROOMY: f64 = 90.0;

/// A compact row has room for the in-sync replicas: below the numbers, or on one line with them.
fn shows_isr(layout: &Layout, row: &Row, slot: &Slot) -> bool {
    if slot.level != Level::Compact || slot.height < ROOMY {
        return false;
    }
    let card = layout.cards.first().map_or(0.0, |(_, card)| card.w);
    let chips = 27.0 + 22.5 + 17.0 * row.replicas.len() as f64 + 35.0;
    slot.height >= ROOMY + 14.0 || card - 40.0 >= chips + mono_width(lane::WIDEST, 9.5)
}

/// The in-sync replicas beside the leader, and the note left of a row that is in trouble.
pub fn notes(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, index: u32) {
    let row = &scene.rows[index as usize];
    let Some(slot) = layout.slot(index) else { return };
    let top = slot.top;
    if slot.level == Level::Records || shows_isr(layout, row, slot) {
        isr(sheet, scene, layout, lens, row, slot);
    }
    if slot.level == Level::Dense && slot.height < WORDED {
        let text = format!("p{}", row.partition);
        sheet.text_end(if slot.quiet { "m95 i2" } else { "m95" }, layout.control.x - 6.0, slot.bottom() - 4.5, text);
    }
    if slot.headed {
        sheet.text("m95 i2", layout.control.x + 9.0, slot.top - 4.0, row.topic.clone());
    }
    let Some(text) = trouble(row, lens.words) else { return };
    let class = if row.trouble() == Tone::Failing { "fail" } else { "lag" };
    let x = layout.producer.right() + if slot.level == Level::Dense { 23.5 } else { 20.0 };
    let from = match slot.level {
        Level::Records => 44.0,
        _ if slot.height < WORDED => 2.0,
        _ => 7.0,
    };
    sheet.line(&format!("mnote {class}"), x, top + from, x, slot.bottom() - from.min(7.0));
    if slot.level == Level::Records {
        let middle = top + (44.0 + slot.height - 7.0) / 2.0;
        let text = if row.leader_silent { silence(slot, lens) } else { text };
        sheet.text_turned(&format!("mnote-t {class}"), x - 7.0, middle, text);
    } else {
        let text = if row.leader_silent { lens.words.stage_leader_silent_short() } else { text };
        in_short(sheet, layout, row, slot, &format!("mnote-t {class}"), text);
    }
}

/// What stands in the margin of a row whose leader is silent: in full where the height allows.
fn silence(slot: &Slot, lens: &Lens) -> &'static str {
    let (full, short) = (lens.words.stage_leader_silent(), lens.words.stage_leader_silent_short());
    if sans_width(full, 10.5) <= slot.height - 56.0 { full } else { short }
}

/// In a low row the margin has no room for words: they stand where the row's rail enters the leader, on a ground of
/// their own; without a leader, in the first column.
fn in_short(sheet: &mut Sheet, layout: &Layout, row: &Row, slot: &Slot, class: &str, text: &str) {
    let leader = row.leader.and_then(|id| layout.card(id));
    let Some(card) = leader.or(layout.cards.first().map(|(_, card)| *card)) else { return };
    let (width, room) = (sans_width(text, 10.5), layout.station(card) - card.x - 20.0);
    let named = leader.is_some() && slot.level == Level::Dense;
    let name = if named { mono_width(&row.tp(), 9.5).min(room * 0.6) + 8.0 } else { 0.0 };
    let (x, y) = (layout.lane_span(card).0 + name, slot.top + slot.measures.rail + 3.5);
    if name + width <= room {
        sheet.rect("labelbg", x - 2.0, y - 9.0, width + 4.0, 12.0, 0.0);
        sheet.text(class, x, y, text);
    }
}

fn isr(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, row: &Row, slot: &Slot) {
    let Some(card) = row.leader.and_then(|id| layout.card(id)) else { return };
    // The port of a follower on the left stands where the words would begin.
    let column = |id: i32| scene.brokers.iter().position(|broker| broker.id == id);
    let left = row.lanes.iter().any(|lane| column(lane.broker) < row.leader.and_then(column));
    let x = layout.lane_span(card).0 + if left { 27.0 } else { 0.0 };
    let y = slot.top + slot.measures.isr + 0.5;
    isr_chips(sheet, scene, lens, row, x, y, layout.lane_span(card).1);
}

/// `ISR 1 2 3 min 2`: leader solid, in sync outlined, lagging dashed, dead red and struck; then the eligible leaders, if
/// they end before `end`.
pub fn isr_chips(sheet: &mut Sheet, scene: &Scene, lens: &Lens, row: &Row, x: f64, y: f64, end: f64) {
    sheet.text("isr-l", x, y + 10.0, lens.words.stage_isr());
    let mut left = x + 22.5;
    let mut order: Vec<i32> = row.leader.into_iter().collect();
    order.extend(row.replicas.iter().copied().filter(|id| Some(*id) != row.leader));
    for id in order {
        let dead = (scene.brokers.iter()).any(|broker| broker.id == id && broker.state.is_down());
        let class = match (Some(id) == row.leader, row.isr.contains(&id), dead) {
            (_, _, true) => "gone",
            (true, _, _) => "solid",
            (_, true, _) => "hollow",
            (_, false, _) => "late",
        };
        let width = chip_of(id);
        sheet.rect(&format!("chip {class}"), left, y, width, 13.0, 2.0);
        sheet.text_middle(&format!("chip-t {class}"), left + width / 2.0, y + 10.1, id.to_string());
        if class == "gone" {
            sheet.line("chip-x", left + 1.0, y + 12.0, left + width - 1.0, y + 1.0);
        }
        left += width + 4.0;
    }
    let class = if row.below_min_isr() { "isr-l bad" } else { "isr-l" };
    let text = lens.words.stage_min_isr(row.min_isr);
    if left + 3.0 + sans_width(&text, 10.0) > end {
        return;
    }
    sheet.text(class, left + 3.0, y + 10.0, text.clone());
    left += 3.0 + sans_width(&text, 10.0) + 10.0;
    if row.elr.is_empty() || left + 23.0 + 17.0 * row.elr.len() as f64 > end {
        return;
    }
    sheet.text("isr-l", left, y + 10.0, lens.words.stage_elr());
    left += 23.0;
    for id in &row.elr {
        let width = chip_of(*id);
        sheet.rect("chip hollow", left, y, width, 13.0, 2.0);
        sheet.text_middle("chip-t hollow", left + width / 2.0, y + 10.1, id.to_string());
        left += width + 4.0;
    }
}

/// Width of the chip of a broker's id.
fn chip_of(id: i32) -> f64 {
    13.0_f64.max(id.to_string().len() as f64 * 5.8 + 4.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::layout::{Form, lay_out};
    use super::super::super::sample;
    use super::super::super::scene::NodeState;
    use super::super::super::shape::Shape;
    use super::*;

    /// Class and text of everything written about the first row.
    fn written(scene: &Scene, height: f64) -> Vec<(String, String)> {
        written_at(scene, 1440.0, height)
    }

    fn written_at(scene: &Scene, width: f64, height: f64) -> Vec<(String, String)> {
        let layout = lay_out(scene, width, height, Form::Wide);
        let mut sheet = Sheet::default();
        notes(&mut sheet, scene, &layout, &Lens::default(), 0);
        let texts = sheet.shapes.into_iter().filter_map(|shape| match shape {
            Shape::Text { class, text, .. } => Some((class, text)),
            _ => None,
        });
        texts.collect()
    }

    fn says(written: &[(String, String)], class: &str, text: &str) -> bool {
        written.iter().any(|(a, b)| a == class && b == text)
    }

    #[test]
    fn a_silent_leader_is_said_in_words_wherever_there_are_words() {
        let mut scene = sample::scene();
        scene.rows[0].leader_silent = true;
        assert!(says(&written(&scene, 800.0), "mnote-t fail", "leader does not answer"));
        assert!(says(&written(&scene, 560.0), "mnote-t fail", "no answer"));
        assert!(says(&written(&scene, 360.0), "mnote-t fail", "no answer"), "a compact row");
        assert!(says(&written_at(&scene, 1024.0, 354.0), "mnote-t fail", "no answer"), "a narrow one");
        (scene.rows[0].leader, scene.rows[0].leader_silent) = (None, false);
        assert!(says(&written(&scene, 560.0), "mnote-t fail", "no leader"));
    }

    #[test]
    fn in_the_isr_a_broker_without_a_process_is_struck_and_one_that_stands_still_is_not() {
        let mut scene = sample::scene();
        assert!(says(&written(&scene, 560.0), "chip-t solid", "1"));
        scene.brokers[0].state = NodeState::Frozen;
        assert!(says(&written(&scene, 560.0), "chip-t solid", "1"));
        scene.brokers[0].state = NodeState::Killed;
        assert!(says(&written(&scene, 560.0), "chip-t gone", "1"));
    }
}

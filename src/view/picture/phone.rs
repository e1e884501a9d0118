//! The picture on a phone: one partition, top to bottom: producer, leader, followers, consumer.
//!
//! Tiles keep the same x on every replica, so offsets compare vertically. The consume rail runs in the left gutter.

use super::super::hit::Target;
use super::super::layout::{Form, Frame, Layout, Point, Slot};
use super::super::scene::{BrokerCard, ConsumerCard, Lane, NodeState, ProducerCard, Role, Row, Scene};
use super::super::shape::{Sheet, chip_width};
use super::{Lens, Part, brokers, cross, fit, fit_sans, lane, part, producer, rails};

pub fn picture(scene: &Scene, layout: &Layout, lens: &Lens) -> Vec<Part> {
    let Form::Phone { row: index } = layout.form else { return Vec::new() };
    let mut parts = vec![part("producer", "producer", |sheet| producer_card(sheet, scene, layout, lens, index))];
    let Some(row) = scene.rows.get(index as usize) else {
        parts.push(part("consumer", "consumers", |sheet| {
            let Frame { x, y, w, h } = layout.group;
            sheet.rect("card client vacant", x, y, w, h, 10.0);
            if scene.consumers.is_empty() {
                sheet.text("t11 i3", x + 23.5, y + 27.0, lens.words.stage_no_consumer());
            }
        }));
        return parts;
    };
    parts.push(part("rails", "rails", |sheet| wires(sheet, scene, layout, lens, row)));
    for replica in &row.lanes {
        let key = format!("lane-{index}-{}", replica.broker);
        parts.push(part(&key, "lane-part", |sheet| card(sheet, scene, layout, lens, index, row, replica)));
    }
    parts.push(part("ports", "rails", |sheet| ports(sheet, layout, row)));
    parts.push(part("consumer", "consumers", |sheet| consumer_card(sheet, scene, layout, lens, index, row)));
    parts
}

fn producer_card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, index: u32) {
    let Frame { x, y, w, h } = layout.producer;
    let Some(card) = shown_producer(scene, lens) else {
        sheet.rect("card client vacant", x, y, w, h, 10.0);
        sheet.text("t11 i3", x + 11.5, y + 27.0, lens.words.stage_no_producer());
        return;
    };
    sheet.rect("card client", x, y, w, h, 10.0);
    sheet.text("b13", x + 11.5, y + 18.5, fit_sans(&card.name, 13.0, 150.0));
    sheet.text("m10 i2", x + 11.5, y + 34.5, fit(&card.config, 10.0, 150.0));
    let Some(queue) = card.queues.iter().find(|queue| queue.row == index) else { return };
    let mut left = x + 174.0;
    let open = 24.0 + 13.0 * queue.open.len().clamp(2, 5) as f64;
    sheet.rect("batch", left, y + 9.0, open, 27.0, 4.0);
    if !queue.open.is_empty() {
        let total = queue.open.len() as u32 + queue.waiting;
        producer::glyphs(sheet, lens, &queue.open, total, left + 14.0, y + 22.5, 13.0, 5, true);
    }
    left += open + 8.0;
    if let Some(batch) = queue.kept.first() {
        let width = 14.0 + 13.0 * batch.marks.len().clamp(1, 4) as f64;
        if left + width < x + w - 8.0 {
            sheet.rect("batch kept", left, y + 9.0, width, 27.0, 4.0);
            producer::glyphs(sheet, lens, &batch.marks, batch.records, left + 13.0, y + 22.5, 13.0, 4, false);
        }
    }
}

fn shown_producer<'a>(scene: &'a Scene, lens: &Lens) -> Option<&'a ProducerCard> {
    scene.producers.get(lens.producer as usize).or(scene.producers.first())
}

fn wires(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, row: &Row) {
    let Some((_, leader)) = layout.cards.first() else { return };
    let x = layout.station(*leader) + 0.5;
    if row.leader.is_some() {
        sheet.line("rail", x, layout.producer.bottom(), x, leader.y);
        sheet.line("rail", gutter(layout), leader.bottom(), gutter(layout), layout.group.y);
        replication_rails(sheet, scene, layout, row);
        if row.leader_silent {
            sheet.text_end("mnote-t fail", x - 12.0, layout.producer.bottom() + 21.0, lens.words.stage_leader_silent());
        } else if row.refuses(shown_producer(scene, lens)) {
            sheet.rect("gate", x - 11.0, leader.y - 6.0, 22.0, 5.0, 1.0);
        }
    } else {
        sheet.line("rail", x, layout.producer.bottom(), x, layout.producer.bottom() + 10.0);
        cross(sheet, x, layout.producer.bottom() + 17.0);
        sheet.text_end("mnote-t fail", x - 12.0, layout.producer.bottom() + 21.0, lens.words.stage_no_leader());
    }
}

/// From the leader to every follower: straight down to the first, along the right gutter to the others.
fn replication_rails(sheet: &mut Sheet, scene: &Scene, layout: &Layout, row: &Row) {
    let Some(leader) = row.leader else { return };
    for lane in row.lanes.iter().filter(|lane| lane.broker != leader) {
        let Some(path) = replication(layout, lane.broker) else { continue };
        let cut = scene.cuts.contains(&(leader.min(lane.broker), leader.max(lane.broker)));
        let class = match (cut, row.isr.contains(&lane.broker)) {
            (true, _) => "rail rep cut",
            (false, true) => "rail rep",
            (false, false) => "rail rep slow",
        };
        for pair in path.windows(2) {
            sheet.line(class, pair[0].x, pair[0].y, pair[1].x, pair[1].y);
        }
        let (Some(first), Some(last)) = (path.first(), path.last()) else { continue };
        if cut {
            let y = first.y + (path[1].y - first.y) * 0.75;
            sheet.rect("cutgap", first.x - 4.0, y - 4.0, 8.0, 8.0, 0.0);
            sheet.path("cutm", format!("M{} {}l14 -5M{} {}l14 -5", first.x - 7.0, y - 1.5, first.x - 7.0, y + 6.5));
        }
        sheet.circle("port lead", first.x, first.y, 3.5);
        if lane.role == Role::Offline {
            cross(sheet, last.x, last.y);
        } else {
            sheet.circle("port", last.x, last.y, 3.5);
        }
    }
}

/// From the leader's port to a follower's, with its corners.
pub fn replication(layout: &Layout, follower: i32) -> Option<Vec<Point>> {
    let (_, leader) = layout.cards.first()?;
    let rank = layout.cards.iter().position(|(id, _)| *id == follower)?;
    let card = layout.cards[rank].1;
    if rank <= 1 {
        let x = (layout.width / 2.0).floor() + 0.5;
        return Some(vec![Point { x, y: leader.bottom() }, Point { x, y: card.y }]);
    }
    let (x, y) = (card.right() + 14.0, card.y + card.h / 2.0);
    Some(vec![Point { x, y: leader.bottom() }, Point { x, y }, Point { x: card.right(), y }])
}

/// The x of the rail that the consumer reads along.
pub fn gutter(layout: &Layout) -> f64 {
    layout.group.x + 14.0
}

fn card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, index: u32, row: &Row, replica: &Lane) {
    let Some(frame) = layout.card(replica.broker) else { return };
    let Frame { x, y, w, h } = frame;
    let broker = scene.brokers.iter().find(|broker| broker.id == replica.broker);
    let dead = broker.is_some_and(|broker| broker.state.is_down());
    let slow = broker.is_some_and(|broker| broker.state == NodeState::Frozen || broker.slowed_us.is_some());
    let chosen = lens.selection == Some(Target::Broker(replica.broker));
    let state = if dead {
        " dead"
    } else if slow {
        " slow"
    } else {
        ""
    };
    let class = format!("card server{state}{}", if chosen { " chosen" } else { "" });
    sheet.rect(&class, x, y, w, h, 4.0);
    if dead {
        sheet.rect("hatchfill", x + 0.5, y + 0.5, w - 1.0, h - 1.0, 3.5);
    }
    if broker.is_some_and(|broker| broker.state == NodeState::Killed) {
        sheet.rect("deadbar", x - 0.5, y - 0.5, w + 1.0, 3.0, 0.0);
    }
    let name = lens.words.stage_broker(replica.broker);
    let leads = row.leader == Some(replica.broker) || h > 80.0;
    sheet.text(if dead { "b13 dead" } else { "b13" }, x + 11.5, y + 19.5, name);
    lane::role_chip(sheet, lens, row, replica, x + 76.0, y + 9.0);
    let Some(slot) = layout.slot(index) else { return };
    if !leads {
        let slot = &Slot { top: y - 16.0, ..*slot };
        condition(sheet, lens, broker, x + w - 9.0, y + 8.0);
        sheet.group(if dead { "lane dead" } else { "lane" }, |sheet| {
            lane::cells(sheet, layout, lens, row, replica, frame, slot, index);
            lane::watermark(sheet, layout, lens, row, replica, frame, slot);
        });
        return;
    }
    let slot = &Slot { top: y, ..*slot };
    sheet.group(if dead { "lane dead" } else { "lane" }, |sheet| {
        lane::cells(sheet, layout, lens, row, replica, frame, slot, index);
        lane::ruler(sheet, layout, lens, row, replica, frame, slot);
    });
    let chips =
        22.5 + 17.0 * row.replicas.len() as f64 + 3.0 + chip_width(&lens.words.stage_min_isr(row.min_isr)) - 9.0;
    if w - 190.0 > chips {
        rails::isr_chips(sheet, scene, lens, row, x + 170.0, y + 9.0, x + w - 8.0);
    }
}

/// What a broker is doing other than serving, as a chip whose right edge is at `right`.
fn condition(sheet: &mut Sheet, lens: &Lens, broker: Option<&BrokerCard>, right: f64, y: f64) {
    let Some((class, text)) = broker.and_then(|broker| brokers::state_chips(lens, broker).into_iter().next()) else {
        return;
    };
    sheet.chip(class, right - chip_width(&text), y, 15.0, &text);
}

fn ports(sheet: &mut Sheet, layout: &Layout, row: &Row) {
    let Some((_, leader)) = layout.cards.first() else { return };
    if row.leader.is_none() {
        return;
    }
    let x = layout.station(*leader) + 0.5;
    sheet.circle("port", x, layout.producer.bottom(), 3.5);
    sheet.circle("port", gutter(layout), layout.group.y, 3.5);
    if row.leader_silent {
        cross(sheet, x, leader.y);
        cross(sheet, gutter(layout), leader.bottom());
        return;
    }
    let cells = layout.slots.first().map_or(0.0, |slot| slot.measures.cells);
    let foot = leader.y + cells - 3.0;
    sheet.line("drop", x, leader.y, x, foot - 5.0);
    sheet.path("drop-h", format!("M{} {}h7l-3.5 6z", x - 3.5, foot - 6.0));
    sheet.circle("port lead", x, leader.y, 4.0);
    sheet.circle("port lead", gutter(layout), leader.bottom(), 3.5);
}

fn consumer_card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, index: u32, row: &Row) {
    let Frame { x, y, w, h } = layout.group;
    let Some(consumer) = shown_consumer(scene, lens) else {
        sheet.rect("card client vacant", x, y, w, h, 10.0);
        sheet.text("t11 i3", x + 23.5, y + 27.0, lens.words.stage_no_consumer());
        return;
    };
    sheet.rect("card client", x, y, w, h, 10.0);
    sheet.text("b13", x + 23.5, y + 18.5, fit_sans(&consumer.name, 13.0, 138.0));
    let Some(at) = consumer.positions.iter().find(|position| position.row == index) else { return };
    let (Some(position), Some(leader)) = (at.position, row.reference()) else { return };
    sheet.text("t11 i2", x + 23.5, y + 34.5, lens.words.stage_position(position));
    let lag = (leader.high_watermark - position).max(0);
    let (left, right) = (x + 170.0, x + w - 14.0);
    let px = right - (right - left) * (lag as f64 / 16.0).min(1.0);
    sheet.rect("well2", left, y + 19.5, right - left, 6.0, 1.5);
    sheet.rect("done", left, y + 19.5, px - left, 6.0, 1.5);
    if lag > 0 {
        sheet.rect("unread", px, y + 19.0, right - px, 7.0, 0.0);
    }
    sheet.path("hw", format!("M{right} {}v20", y + 12.5));
    sheet.path("pos", format!("M{px} {}l-3.5 -6h7z", y + 17.5));
    sheet.text("t11 i2", left, y + 40.0, lens.words.stage_lag(lag));
}

fn shown_consumer<'a>(scene: &'a Scene, lens: &Lens) -> Option<&'a ConsumerCard> {
    scene.consumers.get(lens.consumer as usize).or(scene.consumers.first())
}

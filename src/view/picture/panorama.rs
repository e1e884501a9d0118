//! The panorama: one partition from the producer to the consumer, side by side, without the control plane.

use super::super::layout::{Frame, Layout};
use super::super::scene::{BrokerCard, ClientState, NodeState, Queue, Scene};
use super::super::shape::{Sheet, chip_width};
use super::{Lens, Part, brokers, consumer, fit, fit_sans, lane, part, producer, rails};

pub fn picture(scene: &Scene, layout: &Layout, lens: &Lens) -> Vec<Part> {
    let mut parts = vec![part("producer", "producer", |sheet| producer_card(sheet, scene, layout, lens))];
    for broker in &scene.brokers {
        parts.push(part(&format!("broker-{}", broker.id), "brokers", |sheet| {
            broker_card(sheet, layout, lens, broker);
        }));
    }
    parts.push(part("consumer", "consumers", |sheet| consumer_card(sheet, scene, layout, lens)));
    parts.push(part("rows", "rails", |sheet| rails::rows(sheet, scene, layout, lens)));
    let Some(row) = scene.rows.first() else { return parts };
    for replica in &row.lanes {
        let key = format!("lane-{}", replica.broker);
        parts.push(part(&key, "lane-part", |sheet| lane::draw(sheet, scene, layout, lens, 0, replica)));
    }
    parts.push(part("notes", "notes", |sheet| rails::notes(sheet, scene, layout, lens, 0)));
    parts
}

/// The word above a card.
fn label(sheet: &mut Sheet, frame: Frame, text: impl Into<String>) {
    sheet.text("t11 i3", frame.x + 1.5, frame.y - 8.5, text);
}

fn producer_card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens) {
    let frame = layout.producer;
    let Frame { x, y, w, h } = frame;
    label(sheet, frame, lens.words.stage_producer());
    let Some(card) = scene.producers.first() else {
        sheet.rect("card client vacant", x, y, w, h, 10.0);
        return;
    };
    sheet.rect("card client", x, y, w, h, 10.0);
    sheet.text("b13", x + 13.0, y + 24.5, fit_sans(&card.name, 13.0, w - 30.0));
    sheet.text("m95 i2", x + 13.0, y + 40.0, fit(&card.config, 9.5, w - 24.0));
    let empty = Queue::default();
    let queue = card.queues.iter().find(|queue| queue.row == 0).unwrap_or(&empty);
    let (left, top) = (x + 13.0, y + 54.0);
    sheet.rect("batch", left, top, w - 26.0, 26.0, 4.0);
    if queue.open.is_empty() && queue.waiting == 0 {
        sheet.text("t10 i3", left + 10.5, top + 16.6, lens.words.stage_empty());
    } else {
        let total = queue.open.len() as u32 + queue.waiting;
        producer::glyphs(sheet, lens, &queue.open, total, left + 14.0, top + 13.0, 13.0, 7, true);
        producer::linger(sheet, lens, queue, left + 0.5, top - 22.0);
    }
    producer::kept(sheet, lens, queue, left + 0.5, top + 55.0, 46.0);
}

fn broker_card(sheet: &mut Sheet, layout: &Layout, lens: &Lens, broker: &BrokerCard) {
    let Some(frame) = layout.card(broker.id) else { return };
    let Frame { x, y, w, h } = frame;
    label(sheet, frame, lens.words.stage_broker(broker.id));
    let state = if broker.state.is_down() {
        " dead"
    } else if broker.fenced || broker.slowed_us.is_some() || broker.state == NodeState::Frozen {
        " slow"
    } else {
        ""
    };
    sheet.rect(&format!("card server{state}"), x, y, w, h, 4.0);
    let mut right = x + w;
    for (class, text) in brokers::state_chips(lens, broker) {
        let width = chip_width(&text);
        sheet.chip(class, (right - width).floor() + 0.5, y - 20.0, 15.0, &text);
        right -= width + 5.0;
    }
}

fn consumer_card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens) {
    let frame = layout.group;
    let Frame { x, y, w, h } = frame;
    label(sheet, frame, lens.words.stage_consumer());
    let running = scene.consumers.first().filter(|card| card.state != ClientState::Closed);
    let Some(card) = running else {
        sheet.rect("card client vacant", x, y, w, h, 10.0);
        return;
    };
    sheet.rect("card client", x, y, w, h, 10.0);
    sheet.text("b13", x + 13.0, y + 24.5, fit_sans(&card.name, 13.0, w - 30.0));
    let (Some(row), Some(position)) = (scene.rows.first(), card.positions.iter().find(|position| position.row == 0))
    else {
        return;
    };
    if let Some(slot) = layout.slots.first() {
        consumer::full(sheet, layout, lens, row, position, slot);
    }
}

//! What lies under a point of the stage, and how a selection moves by keys: pure geometry.

use serde::Serialize;

use super::flight;
use super::layout::Layout;
use super::scene::{KeyMark, Row, Scene};

/// Something that can be pointed at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub enum Target {
    Broker(i32),
    Controller(i32),
    /// A replica of a row.
    Lane {
        row: u32,
        broker: i32,
    },
    /// A record in a replica's log.
    Record {
        row: u32,
        broker: i32,
        offset: i64,
    },
    /// A batch in a replica's log, by its first offset.
    Batch {
        row: u32,
        broker: i32,
        base_offset: i64,
    },
    /// A partition with all its replicas.
    Partition(u32),
    /// A record by its identity, while no log has it.
    Sent(u64),
    /// A client by name.
    Producer(String),
    Consumer(String),
    /// A message on its way.
    Message(u64),
}

impl Target {
    /// The row it belongs to.
    pub fn row(&self) -> Option<u32> {
        match self {
            Target::Lane { row, .. } | Target::Record { row, .. } | Target::Batch { row, .. } => Some(*row),
            Target::Partition(row) => Some(*row),
            _ => None,
        }
    }

    /// The node it is or lies on.
    pub fn node(&self) -> Option<i32> {
        match self {
            Target::Broker(id) | Target::Controller(id) => Some(*id),
            Target::Lane { broker, .. } | Target::Record { broker, .. } | Target::Batch { broker, .. } => Some(*broker),
            _ => None,
        }
    }
}

/// The mark of the key of a record or of the first record of a message.
pub fn mark_of(scene: &Scene, target: &Target) -> Option<KeyMark> {
    match target {
        Target::Record { row, broker, offset } => {
            let lane = scene.rows.get(*row as usize)?.lane_of(Some(*broker))?;
            lane.tiles.iter().find(|tile| tile.offset == *offset).map(|tile| tile.mark)
        }
        Target::Message(id) => {
            let flight = scene.flights.iter().find(|flight| flight.message == *id && !flight.marks.is_empty())?;
            flight.marks.first().copied()
        }
        _ => None,
    }
}

/// A direction of the arrow keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrow {
    Left,
    Right,
    Up,
    Down,
}

/// The topmost thing under the point: flights lie above tiles, tiles above cards.
pub fn hit(scene: &Scene, layout: &Layout, now_us: f64, x: f64, y: f64) -> Option<Target> {
    let flying = flight::capsules(scene, layout, now_us, flight::Motion::Flying);
    if let Some(capsule) = flying.iter().rev().find(|capsule| capsule.holds(x, y)) {
        return Some(Target::Message(capsule.message));
    }
    for (index, row) in scene.rows.iter().enumerate() {
        if let Some(found) = hit_row(layout, index as u32, row, x, y) {
            return Some(found);
        }
    }
    if let Some((id, _)) = layout.cards.iter().find(|(_, frame)| frame.holds(x, y)) {
        return Some(Target::Broker(*id));
    }
    if layout.control.holds(x, y) {
        return scene.control.active.or(scene.control.voters.first().map(|voter| voter.id)).map(Target::Controller);
    }
    if layout.producer.holds(x, y) {
        return scene.producers.first().map(|producer| Target::Producer(producer.name.clone()));
    }
    if layout.group.holds(x, y) {
        return scene.consumers.first().map(|consumer| Target::Consumer(consumer.name.clone()));
    }
    None
}

fn hit_row(layout: &Layout, index: u32, row: &Row, x: f64, y: f64) -> Option<Target> {
    let slot = layout.slot(index)?;
    for lane in &row.lanes {
        let card = layout.card(lane.broker)?;
        let top = if layout.is_phone() { card.y } else { slot.top };
        let cells = top + slot.measures.cells;
        if !card.holds(x, y) || y < top || (!layout.is_phone() && y >= top + slot.height) {
            continue;
        }
        let reference = row.reference()?;
        let end = reference.log_end_offset;
        for tile in &lane.tiles {
            let left = layout.cell_x(card, tile.offset, end, &reference.segments);
            let inside = x >= left && x < left + layout.pitch && y >= cells - 2.0;
            if tile.offset >= layout.window_start(row) && inside && y <= cells + slot.measures.cell_h + 2.0 {
                return Some(Target::Record { row: index, broker: lane.broker, offset: tile.offset });
            }
        }
        if !layout.is_phone() && y > top + slot.measures.title - 14.0 && y < top + slot.measures.ruler + 16.0 {
            return Some(Target::Lane { row: index, broker: lane.broker });
        }
        // Below the leader's ruler stands what belongs to the whole partition: ISR, minimum, eligible replicas.
        if !layout.is_phone() && row.leader == Some(lane.broker) && y > top + slot.measures.ruler + 16.0 {
            return Some(Target::Partition(index));
        }
    }
    None
}

/// Where an arrow key moves the selection: along offsets on a record, between columns and rows on lanes.
pub fn step(scene: &Scene, layout: &Layout, from: Option<&Target>, arrow: Arrow) -> Option<Target> {
    let Some(from) = from else { return scene.brokers.first().map(|broker| Target::Broker(broker.id)) };
    match (from, arrow) {
        (Target::Record { row, broker, offset }, Arrow::Left | Arrow::Right) => {
            let moved = offset + if arrow == Arrow::Left { -1 } else { 1 };
            let shown = scene.rows.get(*row as usize)?;
            let lane = shown.lane_of(Some(*broker))?;
            let exists = moved >= layout.window_start(shown) && lane.tiles.iter().any(|tile| tile.offset == moved);
            if exists { Some(Target::Record { row: *row, broker: *broker, offset: moved }) } else { Some(from.clone()) }
        }
        (Target::Record { row, broker, .. }, Arrow::Up) => Some(Target::Lane { row: *row, broker: *broker }),
        (Target::Record { row, broker, .. }, Arrow::Down) => down(scene, *row, *broker).or(Some(from.clone())),
        (Target::Lane { row, broker }, Arrow::Left | Arrow::Right) => {
            let broker = neighbour(scene, *broker, arrow)?;
            Some(Target::Lane { row: *row, broker })
        }
        (Target::Lane { row, broker }, Arrow::Down) => {
            let lane = scene.rows.get(*row as usize).and_then(|shown| shown.lane_of(Some(*broker)));
            match lane.and_then(|lane| lane.tiles.last()) {
                Some(tile) => Some(Target::Record { row: *row, broker: *broker, offset: tile.offset }),
                None => down(scene, *row, *broker).or(Some(from.clone())),
            }
        }
        (Target::Lane { row: 0, broker }, Arrow::Up) => Some(Target::Broker(*broker)),
        (Target::Lane { row, broker }, Arrow::Up) => Some(Target::Lane { row: row - 1, broker: *broker }),
        (Target::Broker(id), Arrow::Left | Arrow::Right) => neighbour(scene, *id, arrow).map(Target::Broker),
        (Target::Broker(id), Arrow::Down) => down(scene, u32::MAX, *id).or(Some(from.clone())),
        (Target::Broker(_), Arrow::Up) => scene.control.active.map(Target::Controller).or(Some(from.clone())),
        (Target::Batch { row, broker, base_offset: offset }, _) => {
            Some(Target::Record { row: *row, broker: *broker, offset: *offset })
        }
        (Target::Partition(row), _) => {
            let lane = scene.rows.get(*row as usize).and_then(Row::reference)?;
            Some(Target::Lane { row: *row, broker: lane.broker })
        }
        _ => scene.brokers.first().map(|broker| Target::Broker(broker.id)),
    }
}

/// The same column one row down.
fn down(scene: &Scene, row: u32, broker: i32) -> Option<Target> {
    let next = row.wrapping_add(1);
    (next < scene.rows.len() as u32).then_some(Target::Lane { row: next, broker })
}

/// The broker in the next column, staying at the edge.
fn neighbour(scene: &Scene, id: i32, arrow: Arrow) -> Option<i32> {
    let at = scene.brokers.iter().position(|broker| broker.id == id)?;
    let to = if arrow == Arrow::Left { at.saturating_sub(1) } else { (at + 1).min(scene.brokers.len() - 1) };
    Some(scene.brokers[to].id)
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Form, lay_out};
    use super::super::sample;
    use super::*;

    #[test]
    fn a_point_finds_the_record_under_it_on_every_broker() {
        let scene = sample::scene();
        let layout = lay_out(&scene, 908.0, 554.0, Form::Wide);
        let (_, card) = layout.cards[0];
        let end = scene.rows[0].reference().expect("the sample has a leader").log_end_offset;
        let x = layout.cell_x(card, end - 1, end, &scene.rows[0].lanes[0].segments) + 7.0;
        let y = layout.slots[0].top + layout.slots[0].measures.cells + 10.0;
        assert_eq!(hit(&scene, &layout, 0.0, x, y), Some(Target::Record { row: 0, broker: 1, offset: end - 1 }));
        assert_eq!(hit(&scene, &layout, 0.0, card.x + 20.0, card.y + 12.0), Some(Target::Broker(1)));
        let isr = layout.slots[0].top + layout.slots[0].measures.isr - 2.0;
        assert_eq!(hit(&scene, &layout, 0.0, card.x + 60.0, isr), Some(Target::Partition(0)));
        assert_eq!(hit(&scene, &layout, 0.0, 5.0, 5.0), None);
    }

    #[test]
    fn arrows_walk_from_broker_to_row_to_record_and_stop_at_the_edges() {
        let scene = sample::scene();
        let layout = lay_out(&scene, 908.0, 554.0, Form::Wide);
        let go = |from: Option<&Target>, arrow| step(&scene, &layout, from, arrow).expect("the sample is not empty");
        let broker = go(None, Arrow::Right);
        assert_eq!(broker, Target::Broker(1));
        assert_eq!(go(Some(&broker), Arrow::Left), Target::Broker(1));
        let lane = go(Some(&broker), Arrow::Down);
        assert_eq!(lane, Target::Lane { row: 0, broker: 1 });
        let record = go(Some(&lane), Arrow::Down);
        assert_eq!(record, Target::Record { row: 0, broker: 1, offset: 47 });
        assert_eq!(go(Some(&record), Arrow::Right), record);
        assert_eq!(go(Some(&record), Arrow::Left), Target::Record { row: 0, broker: 1, offset: 46 });
    }
}

//! The stage as tables: every number of the picture, in words and with the same things to select.

use serde::Serialize;

use super::clock;
use super::hit::{Arrow, Target};
use super::narrate;
use super::scene::{
    ConsumerCard, Flight, FlightKind, FlightState, KeptBatch, KeyMark, Lane, ProducerCard, Queue, Role, Row, Scene,
};
use super::words::Words;

/// A table with its caption.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Table {
    /// Stable identity among the tables of a page.
    pub key: String,
    pub title: String,
    pub heads: Vec<Head>,
    pub lines: Vec<Line>,
}

/// The head of a column; numbers are set flush right.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Head {
    pub text: &'static str,
    pub number: bool,
}

/// A row, and what it is on the stage.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Line {
    pub key: String,
    pub target: Option<Target>,
    /// A rule stands above it.
    pub first: bool,
    pub cells: Vec<Cell>,
}

/// How a cell is set, the same grammar as in the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Mark {
    #[default]
    Plain,
    /// The name of the row.
    Name,
    Leader,
    Follower,
    Late,
    Gone,
    /// A number that is too high.
    Lagging,
    Failing,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Cell {
    pub text: String,
    pub mark: Mark,
}

fn cell(text: impl ToString) -> Cell {
    Cell { text: text.to_string(), mark: Mark::Plain }
}

fn marked(text: impl ToString, mark: Mark) -> Cell {
    Cell { text: text.to_string(), mark }
}

fn heads(plain: &[(&'static str, bool)]) -> Vec<Head> {
    plain.iter().map(|(text, number)| Head { text, number: *number }).collect()
}

/// A consumer that is further behind than this is set amber, as in the picture.
const LAG: i64 = 16;

/// All tables of a scene.
pub fn tables(scene: &Scene, words: Words) -> Vec<Table> {
    let mut found = vec![nodes(scene, words), replicas(scene, words)];
    found.extend(scene.producers.iter().map(|card| producer(scene, card, words)));
    found.extend(scene.consumers.iter().map(|card| consumer(scene, card, words)));
    found.push(in_flight(scene, words));
    found.retain(|table| !table.lines.is_empty());
    found
}

fn nodes(scene: &Scene, words: Words) -> Table {
    let controllers = scene.control.voters.iter().filter(|voter| scene.brokers.iter().all(|card| card.id != voter.id));
    let controllers = controllers.map(|voter| {
        let state =
            if voter.up { marked(words.table_up(), Mark::Plain) } else { marked(words.table_down(), Mark::Gone) };
        let leads = scene.control.active == Some(voter.id);
        let role = if leads { marked(words.stage_leader(scene.control.epoch), Mark::Leader) } else { cell("") };
        Line {
            key: format!("node-{}", voter.id),
            target: Some(Target::Controller(voter.id)),
            first: true,
            cells: vec![marked(words.place_controller(voter.id), Mark::Name), state, role, cell("")],
        }
    });
    let brokers = scene.brokers.iter().map(|broker| {
        let state = match narrate::condition(broker, words) {
            Some(text) if broker.state.is_down() => marked(text, Mark::Gone),
            Some(text) => marked(text, Mark::Late),
            None => cell(words.table_up()),
        };
        let slow = broker.slowed_us.map(|extra| words.stage_slow(format!("+{}", clock::span(extra))));
        let state = match slow {
            Some(slow) if state.mark == Mark::Plain => marked(slow, Mark::Late),
            Some(slow) => marked(format!("{}, {slow}", state.text), state.mark),
            None => state,
        };
        let lanes = || scene.rows.iter().flat_map(|row| row.lanes.iter().map(move |lane| (row, lane)));
        let leads = lanes().filter(|(row, lane)| lane.broker == broker.id && row.leader == Some(broker.id)).count();
        let holds = lanes().filter(|(_, lane)| lane.broker == broker.id).count();
        Line {
            key: format!("node-{}", broker.id),
            target: Some(Target::Broker(broker.id)),
            first: true,
            cells: vec![marked(words.place_broker(broker.id), Mark::Name), state, cell(leads), cell(holds - leads)],
        }
    });
    Table {
        key: "nodes".into(),
        title: words.table_nodes().into(),
        heads: heads(&[
            (words.table_node(), false),
            (words.table_state(), false),
            (words.table_leads(), true),
            (words.table_follows(), true),
        ]),
        lines: brokers.chain(controllers).collect(),
    }
}

fn replicas(scene: &Scene, words: Words) -> Table {
    let mut lines = Vec::new();
    for (index, row) in scene.rows.iter().enumerate() {
        let end = row.reference().map_or(0, |lane| lane.log_end_offset);
        let mut lanes: Vec<&Lane> = row.lanes.iter().collect();
        lanes.sort_by_key(|lane| (Some(lane.broker) != row.leader, lane.broker));
        for (place, lane) in lanes.into_iter().enumerate() {
            lines.push(replica(row, lane, index as u32, end, place == 0, words));
        }
    }
    Table {
        key: "replicas".into(),
        title: words.table_replicas().into(),
        heads: heads(&[
            (words.table_partition(), false),
            (words.table_broker(), false),
            (words.table_role(), false),
            (words.table_epoch(), true),
            (words.table_log_start(), true),
            ("HW", true),
            ("LEO", true),
            (words.table_behind(), true),
            ("ISR", false),
        ]),
        lines,
    }
}

fn replica(row: &Row, lane: &Lane, index: u32, end: i64, first: bool, words: Words) -> Line {
    let in_sync = row.isr.contains(&lane.broker);
    let role = match lane.role {
        Role::Leader => marked(words.table_leader(), Mark::Leader),
        Role::Follower => marked(words.stage_follower(), Mark::Follower),
        Role::Offline => marked(words.stage_offline(), Mark::Gone),
    };
    let isr = match (in_sync, row.elr.contains(&lane.broker)) {
        (true, _) => cell(words.table_in()),
        (false, true) => marked("ELR", Mark::Follower),
        (false, false) => marked(words.table_out(), Mark::Late),
    };
    let behind = end - lane.log_end_offset;
    let leads = row.leader == Some(lane.broker);
    Line {
        key: format!("{}-{}", row.tp(), lane.broker),
        target: Some(Target::Lane { row: index, broker: lane.broker }),
        first,
        cells: vec![
            marked(row.tp(), Mark::Name),
            cell(words.place_broker(lane.broker)),
            role,
            cell(if leads { row.leader_epoch.to_string() } else { String::new() }),
            cell(lane.log_start_offset),
            cell(lane.high_watermark),
            cell(lane.log_end_offset),
            marked(behind, if behind > 0 && !in_sync { Mark::Lagging } else { Mark::Plain }),
            isr,
        ],
    }
}

/// The keys that marks stand for, as far as the legend goes.
fn keys(scene: &Scene, marks: &[KeyMark], words: Words) -> String {
    let name = |mark: &KeyMark| {
        let known = scene.keys.iter().find(|legend| legend.mark == *mark);
        known.map_or(words.stage_null_key().to_owned(), |legend| legend.key.clone())
    };
    let shown: Vec<String> = marks.iter().take(6).map(name).collect();
    if marks.len() > shown.len() { format!("{}, …", shown.join(", ")) } else { shown.join(", ") }
}

fn producer(scene: &Scene, card: &ProducerCard, words: Words) -> Table {
    let target = Target::Producer(card.name.clone());
    let line = |(index, row): (usize, &Row)| {
        let queue = card.queues.iter().find(|queue| queue.row == index as u32);
        let empty = Queue::default();
        let queue = queue.unwrap_or(&empty);
        let filling = match (queue.open.is_empty(), queue.bytes) {
            (true, _) => words.stage_empty().to_owned(),
            (false, bytes) => format!("{} ({})", keys(scene, &queue.open, words), words.stage_bytes(bytes)),
        };
        let linger = match (queue.open.is_empty(), queue.linger_us) {
            (true, _) | (_, 0) => String::new(),
            (false, total) => words.table_of_ms(queue.waited_us / 1_000, total / 1_000),
        };
        let kept: Vec<String> = queue.kept.iter().take(3).map(|batch| kept(scene, batch, words)).collect();
        let more = queue.kept.len().saturating_sub(3);
        let kept = if more > 0 { format!("{} +{more}", kept.join("; ")) } else { kept.join("; ") };
        Line {
            key: row.tp(),
            target: Some(target.clone()),
            first: true,
            cells: vec![marked(row.tp(), Mark::Name), cell(filling), cell(linger), cell(kept)],
        }
    };
    Table {
        key: format!("producer-{}", card.name),
        title: words.table_producer(&card.config, &card.name),
        heads: heads(&[
            (words.table_partition(), false),
            (words.table_filling(), false),
            ("linger", true),
            (words.table_awaiting(), false),
        ]),
        lines: scene.rows.iter().enumerate().map(line).collect(),
    }
}

fn kept(scene: &Scene, batch: &KeptBatch, words: Words) -> String {
    let keys = keys(scene, &batch.marks, words);
    match batch.base_sequence {
        Some(first) if batch.records > 1 => {
            format!("{} ({keys})", words.stage_seq_range(first + batch.records as i32 - 1, first))
        }
        Some(first) => format!("{} ({keys})", words.stage_seq(first)),
        None => format!("{} ({keys})", words.stage_batch_of(batch.records)),
    }
}

fn consumer(scene: &Scene, card: &ConsumerCard, words: Words) -> Table {
    let line = |position: &super::scene::Position| {
        let row = scene.rows.get(position.row as usize)?;
        let leader = row.reference()?;
        let at = position.committed.or(position.position);
        let lag = at.map(|at| (leader.high_watermark - at).max(0));
        let number = |offset: Option<i64>| offset.map_or(cell("–"), cell);
        let state = if position.paused { words.stage_paused() } else { words.table_reading() };
        Some(Line {
            key: row.tp(),
            target: Some(Target::Consumer(card.name.clone())),
            first: true,
            cells: vec![
                marked(row.tp(), Mark::Name),
                number(position.position),
                number(position.committed),
                lag.map_or(cell("–"), |lag| marked(lag, if lag > LAG { Mark::Lagging } else { Mark::Plain })),
                cell(state),
            ],
        })
    };
    Table {
        key: format!("consumer-{}", card.name),
        title: words.table_consumer(words.stage_delivered(card.delivered), &card.name),
        heads: heads(&[
            (words.table_partition(), false),
            (words.table_position(), true),
            (words.table_committed(), true),
            (words.table_lag(), true),
            (words.table_state(), false),
        ]),
        lines: card.positions.iter().filter_map(line).collect(),
    }
}

fn in_flight(scene: &Scene, words: Words) -> Table {
    let line = |(index, flight): (usize, &Flight)| {
        let name = match (flight.kind, flight.state) {
            (FlightKind::Ack, _) => "Produce response".to_owned(),
            (FlightKind::Produce, _) => "Produce".to_owned(),
            (FlightKind::Fetch, _) => "Fetch".to_owned(),
            (FlightKind::Records, _) => "Fetch response".to_owned(),
            (FlightKind::Heartbeat, _) => "BrokerHeartbeat".to_owned(),
            (FlightKind::Control, _) => flight.label.clone(),
        };
        let (arrives, mark) = match flight.state {
            FlightState::Flying => (clock::moment(flight.arrives_us), Mark::Plain),
            FlightState::Held => (words.table_held().to_owned(), Mark::Plain),
            FlightState::Stuck => (words.table_stuck().to_owned(), Mark::Failing),
        };
        let sent = if flight.state == FlightState::Held { String::new() } else { clock::moment(flight.sent_us) };
        Line {
            key: format!("{}-{index}", flight.message),
            target: Some(Target::Message(flight.message)),
            first: true,
            cells: vec![
                marked(name, Mark::Name),
                cell(narrate::name_of(scene, &flight.from, words)),
                cell(narrate::name_of(scene, &flight.to, words)),
                carries(scene, flight, words),
                cell(sent),
                marked(arrives, mark),
            ],
        }
    };
    Table {
        key: "flights".into(),
        title: words.table_in_flight().into(),
        heads: heads(&[
            (words.table_request(), false),
            (words.table_from(), false),
            (words.table_to(), false),
            (words.table_carries(), false),
            (words.table_sent(), true),
            (words.table_arrives(), true),
        ]),
        lines: scene.flights.iter().enumerate().map(line).collect(),
    }
}

fn carries(scene: &Scene, flight: &Flight, words: Words) -> Cell {
    let tp = flight.row.and_then(|row| scene.rows.get(row as usize)).map(Row::tp).unwrap_or_default();
    if let Some(error) = &flight.error {
        return marked(format!("{tp} {error}").trim(), Mark::Failing);
    }
    let text = match flight.kind {
        FlightKind::Fetch => words.table_asks(flight.label.trim_end_matches('?'), &tp),
        FlightKind::Produce | FlightKind::Records if flight.records > 0 => {
            format!("{tp}, {} ({})", words.stage_batch_of(flight.records), keys(scene, &flight.marks, words))
        }
        _ => tp,
    };
    cell(text)
}

/// Where an arrow key moves the selection: up and down by a row, left and right by a table. The first row that stands for
/// the selection counts as the present place.
pub fn step(tables: &[Table], from: Option<&Target>, arrow: Arrow) -> Option<Target> {
    let lines: Vec<(usize, &Target)> = (tables.iter().enumerate())
        .flat_map(|(index, table)| table.lines.iter().filter_map(move |line| Some((index, line.target.as_ref()?))))
        .collect();
    let Some(at) = from.and_then(|from| lines.iter().position(|(_, target)| *target == from)) else {
        return lines.first().map(|(_, target)| (*target).clone());
    };
    let (table, here) = lines[at];
    // Rows that stand for the same thing are one step.
    let found = match arrow {
        Arrow::Down => lines[at..].iter().find(|(_, target)| *target != here),
        Arrow::Up => lines[..at].last(),
        Arrow::Right => lines[at..].iter().find(|(index, _)| *index > table),
        Arrow::Left => {
            let before = lines[..at].iter().rfind(|(index, _)| *index < table).map(|(index, _)| *index);
            lines.iter().find(|(index, _)| Some(*index) == before)
        }
    };
    Some(found.map_or_else(|| here.clone(), |(_, target)| (*target).clone()))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn table(key: &str) -> Table {
        let found = tables(&sample::scene(), Words::English);
        found.into_iter().find(|table| table.key == key).expect("the sample has this table")
    }

    fn texts(line: &Line) -> Vec<&str> {
        line.cells.iter().map(|cell| cell.text.as_str()).collect()
    }

    #[test]
    fn every_replica_has_its_numbers_and_its_place_in_the_isr() {
        let replicas = table("replicas");
        let shown: Vec<_> = replicas.lines.iter().map(texts).collect();
        assert_eq!(shown[0], ["orders-0", "broker 1", "leader", "5", "0", "46", "48", "0", "in"]);
        assert_eq!(shown[1], ["orders-0", "broker 2", "follower", "", "0", "44", "46", "2", "in"]);
        assert_eq!(shown[2], ["orders-0", "broker 3", "follower", "", "0", "41", "41", "7", "out"]);
        assert_eq!((replicas.lines[1].cells[7].mark, replicas.lines[2].cells[7].mark), (Mark::Plain, Mark::Lagging));
    }

    #[test]
    fn the_leader_stands_first_and_only_there_a_rule_is_drawn() {
        let mut scene = sample::scene();
        scene.rows[0].leader = Some(2);
        let found = tables(&scene, Words::English);
        let lines = &found.iter().find(|table| table.key == "replicas").expect("there are replicas").lines;
        let order: Vec<_> = lines.iter().map(|line| (line.cells[1].text.as_str(), line.first)).collect();
        assert_eq!(order, [("broker 2", true), ("broker 1", false), ("broker 3", false)]);
    }

    #[test]
    fn messages_say_from_where_to_where_and_what_they_carry() {
        let flights = table("flights");
        let shown: Vec<_> = flights.lines.iter().map(|line| texts(line)[..4].to_vec()).collect();
        assert_eq!(shown[0], ["Fetch", "billing-1", "broker 1", "orders-0 from 46"]);
        assert_eq!(shown[1], ["Fetch response", "broker 1", "broker 2", "orders-0, 1 records (uma)"]);
        assert_eq!(shown[2][..3], ["Produce", "checkout", "broker 1"]);
    }

    #[test]
    fn arrows_walk_the_rows_of_all_tables_and_stop_at_the_ends() {
        let found = tables(&sample::scene(), Words::English);
        let go = |from: Option<&Target>, arrow| step(&found, from, arrow).expect("there are rows");
        let first = go(None, Arrow::Down);
        assert_eq!(first, Target::Broker(1));
        assert_eq!(go(Some(&first), Arrow::Up), first);
        assert_eq!(go(Some(&first), Arrow::Down), Target::Broker(2));
        let lane = go(Some(&first), Arrow::Right);
        assert_eq!(lane, Target::Lane { row: 0, broker: 1 });
        assert_eq!(go(Some(&lane), Arrow::Left), first);
        let producer = go(Some(&lane), Arrow::Right);
        assert_eq!(producer, Target::Producer("checkout".into()));
        assert_eq!(go(Some(&producer), Arrow::Down), Target::Message(1), "a client with several rows is one thing");
        assert_eq!(go(Some(&Target::Message(3)), Arrow::Down), Target::Message(3));
    }
}

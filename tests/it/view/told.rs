//! A scene, a layout and tables as text that a person can read and compare: what the snapshots hold.
//!
//! How many events and metadata records it took to get there is left out: that is the engine's business and tested there.

use std::fmt::Write;

use highwater::view::clock::{clock, span};
use highwater::view::flight::{Motion, capsules};
use highwater::view::layout::Layout;
use highwater::view::picture::Part;
use highwater::view::scene::{
    ConsumerCard, Flight, FlightState, KeptState, KeyMark, Lane, NodeState, Place, ProducerCard, Row, Scene, TileKind,
    Upcoming,
};
use highwater::view::shape::Shape;
use highwater::view::table::{Mark, Table};

/// Everything of a scene, in the order of the picture: time, brokers, rows with their lanes, clients, messages.
pub fn scene(scene: &Scene) -> String {
    let mut text = String::new();
    let mut say = |line: String| writeln!(text, "{}", line.trim_end()).expect("a text takes every line");
    say(format!("at {}{}", moment(scene.now_us), next(scene)));
    let voter = |id: i32, up: bool| format!("{id}{}", if up { "" } else { " down" });
    let voters = scene.control.voters.iter().map(|voter_card| voter(voter_card.id, voter_card.up));
    say(format!("controllers {}, active {}", list(voters), or_none(scene.control.active)));
    for broker in &scene.brokers {
        let fenced = if broker.fenced { ", fenced" } else { "" };
        let slowed = broker.slowed_us.map(|us| format!(", +{}", span(us))).unwrap_or_default();
        let rack = broker.rack.as_ref().map(|rack| format!(", rack {rack}")).unwrap_or_default();
        let state = if broker.state == NodeState::Up { String::new() } else { format!(" {:?}", broker.state) };
        say(format!("broker {}{state}{fenced}{slowed}{rack}", broker.id));
    }
    for (a, b) in &scene.cuts {
        say(format!("cut between brokers {a} and {b}"));
    }
    for (client, node) in &scene.client_cuts {
        say(format!("cut between {} and {}", place(scene, client), place(scene, node)));
    }
    scene.rows.iter().for_each(|shown| say(row(scene, shown)));
    scene.producers.iter().for_each(|card| say(producer(scene, card)));
    scene.consumers.iter().for_each(|card| say(consumer(scene, card)));
    let mut flights: Vec<&Flight> = scene.flights.iter().collect();
    flights.sort_by_key(|flight| (flight.sent_us, flight.arrives_us, flight.message));
    flights.iter().for_each(|shown| say(flight(scene, shown)));
    text
}

fn moment(us: i64) -> String {
    let (head, rest) = clock(us);
    format!("{head} {rest}")
}

fn list(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

fn or_none(item: Option<impl ToString>) -> String {
    item.map_or("none".into(), |item| item.to_string())
}

fn next(scene: &Scene) -> String {
    let Some(next) = &scene.next else { return "; nothing is left to happen".into() };
    let what = match &next.what {
        Upcoming::Delivery { what, place: at, .. } => format!("{what} arrives at {}", place(scene, at)),
        Upcoming::Timer { what, place: at } => format!("{what} of {}", place(scene, at)),
        Upcoming::Command => "a command".into(),
    };
    format!("; next: {what} in {}", span((next.at_us - scene.now_us).unsigned_abs()))
}

fn place(scene: &Scene, place: &Place) -> String {
    match place {
        Place::Broker(id) => format!("broker {id}"),
        Place::Controller(id) => format!("controller {id}"),
        Place::Producer(index) => scene.producers[*index as usize].name.clone(),
        Place::Consumer(index) => scene.consumers[*index as usize].name.clone(),
        Place::Tool(name) => format!("tool {name}"),
    }
}

fn key(scene: &Scene, mark: KeyMark) -> String {
    match scene.keys.iter().find(|legend| legend.mark == mark) {
        Some(legend) => legend.key.clone(),
        None if mark == KeyMark::default() => "-".into(),
        None => format!("k{}/{}", mark.hue, mark.glyph),
    }
}

fn row(scene: &Scene, row: &Row) -> String {
    let silent = if row.leader_silent { " (silent)" } else { "" };
    let elr = if row.elr.is_empty() { String::new() } else { format!(", elr {}", list(row.elr.iter())) };
    let mut text = format!(
        "{}  leader {}{silent} in epoch {}, replicas {}, isr {}{elr}, min {}",
        row.tp(),
        or_none(row.leader),
        row.leader_epoch,
        list(row.replicas.iter()),
        list(row.isr.iter()),
        row.min_isr
    );
    for shown in &row.lanes {
        let _ = write!(text, "\n  {}", lane(scene, shown));
    }
    text
}

/// `[a b][c`: batches in brackets, a bar where the high watermark stands, the tiles' keys.
fn lane(scene: &Scene, lane: &Lane) -> String {
    let mut tiles = String::new();
    let mut batch = None;
    for tile in &lane.tiles {
        if tile.offset == lane.high_watermark {
            tiles.push_str(" |");
        }
        if batch != Some(tile.batch) {
            tiles.push_str(if batch.is_some() { " / " } else { " " });
            batch = Some(tile.batch);
        } else {
            tiles.push(' ');
        }
        let kind = if tile.kind == TileKind::Record { String::new() } else { format!("({:?})", tile.kind) };
        let text = tile.key.clone().unwrap_or_else(|| "-".into());
        assert!(tile.mark != KeyMark::default() || tile.key.is_none(), "a record with a key has a mark");
        tiles.push_str(&format!("{text}{kind}"));
        if tile.key.is_some() {
            assert_eq!(scene.keys.iter().find(|legend| legend.key == text).map(|legend| legend.mark), Some(tile.mark));
        }
    }
    let segments =
        if lane.segments.len() > 1 { format!(", segments {}", list(lane.segments.iter())) } else { String::new() };
    format!(
        "{} {:?}: {} to {}, HW {}{segments}:{tiles}",
        lane.broker, lane.role, lane.log_start_offset, lane.log_end_offset, lane.high_watermark
    )
}

fn producer(scene: &Scene, card: &ProducerCard) -> String {
    let loaded = if card.loaded { ", loaded" } else { "" };
    let mut text = format!(
        "producer {} {:?} {}{loaded}: acked {}, failed {}, last key {}, last partition {}",
        card.name,
        card.state,
        card.config,
        card.acked,
        card.failed,
        String::from_utf8_lossy(&card.serialized),
        or_none(card.partitioned)
    );
    for queue in &card.queues {
        let open = list(queue.open.iter().map(|mark| key(scene, *mark)));
        let _ = write!(
            text,
            "\n  for {}: open [{open}] {} bytes, waited {} of {}, {} more",
            scene.rows[queue.row as usize].tp(),
            queue.bytes,
            span(queue.waited_us),
            span(queue.linger_us),
            queue.waiting
        );
        for kept in &queue.kept {
            let state = match kept.state {
                KeptState::AwaitingAck => "awaits its ack".into(),
                KeptState::AckOnItsWay => "its ack is on its way".into(),
                KeptState::Retrying(attempts) => format!("retried, {attempts} attempts"),
            };
            let marks = list(kept.marks.iter().map(|mark| key(scene, *mark)));
            let _ = write!(
                text,
                "\n    kept [{marks}] {} records, sequence {}, {state}",
                kept.records,
                or_none(kept.base_sequence)
            );
        }
    }
    text
}

fn consumer(scene: &Scene, card: &ConsumerCard) -> String {
    let mut text = format!(
        "consumer {} {:?} in {}: delivered {}",
        card.name,
        card.state,
        or_none(card.group.as_ref()),
        card.delivered
    );
    for position in &card.positions {
        let paused = if position.paused { ", paused" } else { "" };
        let _ = write!(
            text,
            "\n  of {}: position {}, committed {}{paused}",
            scene.rows[position.row as usize].tp(),
            or_none(position.position),
            or_none(position.committed)
        );
    }
    text
}

fn flight(scene: &Scene, flight: &Flight) -> String {
    let along = flight.row.map(|row| format!(" for {}", scene.rows[row as usize].tp())).unwrap_or_default();
    let way = match flight.state {
        FlightState::Flying => {
            let progress = flight.progress(scene.now_us as f64);
            progress.map_or("not on its way".into(), |part| format!("{} % of its way", (part * 100.0).round()))
        }
        state => format!("{state:?}"),
    };
    let marks = if flight.marks.is_empty() {
        String::new()
    } else {
        format!(" [{}]", list(flight.marks.iter().map(|mark| key(scene, *mark))))
    };
    let error = flight.error.as_ref().map(|error| format!(", {error}")).unwrap_or_default();
    format!(
        "{:?} {}{marks}: {} to {}{along}, {way}{error}",
        flight.kind,
        flight.label,
        place(scene, &flight.from),
        place(scene, &flight.to)
    )
}

/// How much of it the stage has room for, what is written in each part of the picture, and the capsules. Shapes that say
/// nothing are left out: how they look is for eyes to judge.
pub fn stage(scene: &Scene, layout: &Layout, parts: &[Part]) -> String {
    let mut text = format!(
        "{} x {}, {:?}, {:?}: {} rows, {} folded; {} cells a lane, {} px each\n",
        layout.width,
        layout.height,
        layout.form,
        layout.level,
        layout.slots.len(),
        layout.folded,
        layout.cells,
        layout.pitch
    );
    for part in parts {
        let mut words = Vec::new();
        part.shapes.iter().for_each(|shape| read(shape, &mut words));
        // Which metadata record is the newest is the engine's business.
        let newest = words.iter().position(|word| *word == "__cluster_metadata").map_or(words.len(), |at| at + 1);
        words.truncate(newest);
        if !words.is_empty() {
            let _ = writeln!(text, "{}: {}", part.key, words.join(" · "));
        }
    }
    for capsule in capsules(scene, layout, scene.now_us as f64, Motion::Flying) {
        let inside = capsule.x >= 0.0 && capsule.x <= layout.width && capsule.y >= 0.0 && capsule.y <= layout.height;
        assert!(inside, "{capsule:?} is outside of the stage");
        let _ = writeln!(text, "capsule {:?} \"{}\" of {} marks", capsule.style, capsule.text, capsule.marks.len());
    }
    text
}

fn read<'a>(shape: &'a Shape, words: &mut Vec<&'a str>) {
    match shape {
        Shape::Text { text, .. } => words.push(text),
        Shape::Group { shapes, .. } => shapes.iter().for_each(|shape| read(shape, words)),
        _ => {}
    }
}

/// Tables as columns.
pub fn tables(tables: &[Table]) -> String {
    let mut text = String::new();
    for table in tables {
        let _ = writeln!(text, "{}", table.title);
        let heads: Vec<String> = table.heads.iter().map(|head| head.text.to_string()).collect();
        let cells = table.lines.iter().map(|line| {
            let mark = |mark: Mark| {
                if matches!(mark, Mark::Plain | Mark::Name) { String::new() } else { format!(" ({mark:?})") }
            };
            line.cells.iter().map(|cell| format!("{}{}", cell.text, mark(cell.mark))).collect::<Vec<String>>()
        });
        let lines: Vec<Vec<String>> = std::iter::once(heads).chain(cells).collect();
        let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for line in &lines {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width));
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        text.push('\n');
    }
    text
}

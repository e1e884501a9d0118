//! Where messages are: positions along orthogonal paths, a pure function of the playhead.
//!
//! A flight has no animation state: its place is `lerp(path, (now - sent) / (arrives - sent))`. Scrubbing is playing.

use serde::Serialize;

use super::layout::{Form, Layout, Level, Point};
use super::picture::{control_x, heartbeat_x, phone_gutter, phone_replication, replication_path};
use super::scene::{Flight, FlightKind, FlightState, KeyMark, Place, Row, Scene};

/// How a capsule is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Style {
    /// Filled with records, nose leads, short trail.
    Records,
    /// Hollow, asks a question.
    Ask,
    /// Solid, with a tick.
    Ack,
    /// Dashed, no trail: waits at the broker.
    Held,
    /// Red and named.
    Error,
    /// Red and dashed: caught in a cut link.
    Stuck,
    /// Small, for requests that belong to no row.
    Note,
    /// A beat in the wire.
    Beat,
}

/// A message as it is drawn at one moment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Capsule {
    pub message: u64,
    pub style: Style,
    pub x: f64,
    pub y: f64,
    /// Unit vector of its motion; one of four directions.
    pub heading: (f64, f64),
    pub width: f64,
    pub height: f64,
    pub marks: Vec<KeyMark>,
    pub text: String,
    /// It belongs to a replica that is not in sync.
    pub lagging: bool,
    /// It has an answer to carry: a tick.
    pub ticked: bool,
    /// Where it flies along and when it arrives; only where motion is reduced and it stands still.
    pub route: Vec<Point>,
    pub arrives: String,
}

/// A band along a rail: records per second instead of single messages.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Ribbon {
    pub from: Point,
    pub to: Point,
    pub width: f64,
    pub text: String,
}

/// How messages are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Motion {
    /// Where they are at the playhead.
    #[default]
    Flying,
    /// Once, at the middle of their way, with the way and the time of arrival.
    Still,
    /// Only those that wait; the rest are rates.
    Fast,
}

impl Capsule {
    pub fn holds(&self, x: f64, y: f64) -> bool {
        (x - self.x).abs() <= self.width / 2.0 + 3.0 && (y - self.y).abs() <= self.height / 2.0 + 3.0
    }
}

/// All capsules at `now_us`, in drawing order: what waits lies under what moves.
pub fn capsules(scene: &Scene, layout: &Layout, now_us: f64, motion: Motion) -> Vec<Capsule> {
    let mut waiting: Vec<u32> = Vec::new();
    let held = |flight: &&Flight| flight.state == FlightState::Held;
    let moving = scene.flights.iter().filter(|flight| !held(flight));
    (scene.flights.iter().filter(held).chain(moving))
        .filter_map(|flight| {
            let path = path(scene, layout, flight)?;
            let found = match flight.state {
                FlightState::Flying if motion == Motion::Fast => None,
                FlightState::Flying if motion == Motion::Still => {
                    flight.progress(now_us)?;
                    let (at, heading) = along(&path, 0.5);
                    let arrives = super::clock::moment(flight.arrives_us);
                    Some(Capsule { route: path, arrives, ..capsule(layout, flight, at, heading) })
                }
                FlightState::Flying => {
                    let progress = flight.progress(now_us)?;
                    let (at, heading) = along(&path, progress);
                    Some(capsule(layout, flight, at, heading))
                }
                // In a strip nothing waits in sight.
                FlightState::Held if level_of(layout, flight) == Level::Dense => None,
                FlightState::Held => {
                    let at = held_at(layout, flight, &path, &mut waiting)?;
                    Some(capsule(layout, flight, at, (1.0, 0.0)))
                }
                FlightState::Stuck => {
                    let (at, heading) = along(&path, stuck_at(&path));
                    Some(capsule(layout, flight, at, heading))
                }
            };
            found.map(|capsule| Capsule { lagging: is_lagging(scene, flight), ..capsule })
        })
        .collect()
}

/// Records per second that make a ribbon one pixel wider; its width is linear in the rate.
const RATE_PER_PIXEL: f64 = 100.0;
const RIBBON_MAX: f64 = 14.0;

/// The bands of every row, from the producer to the leader and on to the consumer.
pub fn ribbons(scene: &Scene, layout: &Layout) -> Vec<Ribbon> {
    let mut found = Vec::new();
    for (index, (row, flux)) in scene.rows.iter().zip(&scene.flux).enumerate() {
        let Some(station) = row.leader.and_then(|id| layout.card(id)).map(|card| layout.station(card) + 0.5) else {
            continue;
        };
        let ends = match (layout.form, layout.rail(index as u32)) {
            (Form::Wide | Form::Panorama, Some(y)) => {
                let point = |x: f64| Point { x, y };
                let (left, right) = (point(layout.producer.right() + 4.5), point(layout.group.x - 4.0));
                [(left, point(station - 4.5), flux.appended), (point(station + 4.5), right, flux.fetched)]
            }
            (Form::Phone { row }, _) if row == index as u32 => {
                let Some((_, card)) = layout.cards.first() else { continue };
                let (rail, gutter) = (station, phone_gutter(layout));
                let down = |x: f64, top: f64, bottom: f64| (Point { x, y: top + 4.0 }, Point { x, y: bottom - 4.0 });
                let (a, b) = down(rail, layout.producer.bottom(), card.y);
                let (c, d) = down(gutter, card.bottom(), layout.group.y);
                [(a, b, flux.appended), (c, d, flux.fetched)]
            }
            _ => continue,
        };
        for (from, to, rate) in ends.into_iter().filter(|(_, _, rate)| *rate >= 0.05) {
            let width = (rate / RATE_PER_PIXEL).clamp(1.0, RIBBON_MAX);
            found.push(Ribbon { from, to, width, text: format!("{}/s", super::clock::count(rate)) });
        }
    }
    found
}

/// A held request stands in the leader's card, left of the station; several stand in line.
fn held_at(layout: &Layout, flight: &Flight, path: &[Point], waiting: &mut Vec<u32>) -> Option<Point> {
    let acks = flight.kind == FlightKind::Ack;
    let end = if acks { *path.first()? } else { *path.last()? };
    let row = flight.row.unwrap_or(u32::MAX);
    if is_replication(flight) {
        return pull_at(layout, flight, path);
    }
    // On a phone answers wait at another rail than fetches.
    let row = if layout.is_phone() && acks { row | 1 << 31 } else { row };
    let rank = waiting.iter().filter(|found| **found == row).count() as f64;
    waiting.push(row);
    if layout.is_phone() {
        // Inside the card: the gutter runs close to its edge.
        if acks {
            return Some(Point { x: end.x - width_of(layout, flight) / 2.0 - 7.0, y: end.y - 18.0 - rank * 22.0 });
        }
        let edge = layout.cards.first().map_or(0.0, |(_, card)| card.x + 6.0) + width_of(layout, flight) / 2.0;
        return Some(Point { x: end.x.max(edge), y: end.y - 16.0 - rank * 22.0 });
    }
    let room = 12.0 + width_of(layout, flight) / 2.0;
    Some(Point { x: end.x - room - rank * (width_of(layout, flight) + 6.0), y: end.y })
}

/// What a cut has caught stands on the side it came from: well before the gap in the middle where the way is long.
fn stuck_at(path: &[Point]) -> f64 {
    let length: f64 = path.windows(2).map(|pair| (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y)).sum();
    if length < 80.0 { 0.1 } else { 0.3 }
}

/// A follower's fetch that waits stands at the leader's end of its rail: in the middle of a short one.
fn pull_at(layout: &Layout, flight: &Flight, path: &[Point]) -> Option<Point> {
    if level_of(layout, flight) == Level::Dense {
        return None;
    }
    let length: f64 = path.windows(2).map(|pair| (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y)).sum();
    let room = width_of(layout, flight) / 2.0 + 8.0;
    // On a long rail it stands clear of what waits on the short rail beside it.
    Some(along(path, if length < room * 2.0 { 0.5 } else { 1.0 - (room + 40.0).min(length / 2.0) / length }).0)
}

fn is_replication(flight: &Flight) -> bool {
    flight.row.is_some() && matches!((&flight.from, &flight.to), (Place::Broker(_), Place::Broker(_)))
}

/// A replica that is not in sync asks for this, or is sent it.
fn is_lagging(scene: &Scene, flight: &Flight) -> bool {
    let row = flight.row.and_then(|row| scene.rows.get(row as usize)).filter(|_| is_replication(flight));
    let outside = |row: &Row, place: &Place| matches!(place, Place::Broker(id) if !row.isr.contains(id));
    row.is_some_and(|row| outside(row, &flight.from) || outside(row, &flight.to))
}

/// The point at `share` of a path's length, and the direction there.
pub fn along(path: &[Point], share: f64) -> (Point, (f64, f64)) {
    let lengths: Vec<f64> = path.windows(2).map(|pair| (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y)).collect();
    let mut left = share.clamp(0.0, 1.0) * lengths.iter().sum::<f64>();
    let mut last = (path.first().copied().unwrap_or(Point { x: 0.0, y: 0.0 }), (1.0, 0.0));
    for (pair, length) in path.windows(2).zip(lengths) {
        if length <= 0.0 {
            continue;
        }
        let heading = ((pair[1].x - pair[0].x) / length, (pair[1].y - pair[0].y) / length);
        let gone = left.min(length);
        last = (Point { x: pair[0].x + heading.0 * gone, y: pair[0].y + heading.1 * gone }, heading);
        if left <= length {
            break;
        }
        left -= length;
    }
    last
}

/// The path of a flight; `None` when it leaves or enters something that is not on this stage.
pub fn path(scene: &Scene, layout: &Layout, flight: &Flight) -> Option<Vec<Point>> {
    let path = match layout.form {
        Form::Phone { row } => phone_path(scene, layout, flight, row)?,
        Form::Panorama => row_path(scene, layout, flight, flight.row?)?,
        Form::Wide => match flight.row {
            Some(row) => row_path(scene, layout, flight, row)?,
            None => control_path(layout, flight)?,
        },
    };
    Some(path)
}

fn row_path(scene: &Scene, layout: &Layout, flight: &Flight, row: u32) -> Option<Vec<Point>> {
    let rail = layout.rail(row)?;
    let (out, back) = (&flight.from, &flight.to);
    if let (Place::Broker(a), Place::Broker(b)) = (out, back) {
        let shown = scene.rows.get(row as usize)?;
        let follower = if shown.leader == Some(*a) { *b } else { *a };
        let [from, to] = replication_path(scene, layout, shown, follower, layout.slot(row)?)?;
        let mut path = vec![Point { x: from.0, y: from.1 }, Point { x: to.0, y: to.1 }];
        if *a == follower {
            path.reverse();
        }
        return Some(path);
    }
    let end = |place: &Place| -> Option<Point> {
        match place {
            Place::Broker(id) => Some(Point { x: layout.station(layout.card(*id)?) + 0.5, y: rail }),
            Place::Producer(_) | Place::Tool(_) => Some(Point { x: layout.producer.right() + 0.5, y: rail }),
            Place::Consumer(_) => Some(Point { x: layout.group.x, y: rail }),
            Place::Controller(_) => None,
        }
    };
    Some(vec![end(out)?, end(back)?])
}

/// The control wire: from a client along the wire above the brokers and down; from a broker straight up.
fn control_path(layout: &Layout, flight: &Flight) -> Option<Vec<Point>> {
    let (floor, ceiling) = (layout.control.bottom() + 0.5, layout.control.bottom() + 19.5);
    let bus = floor + 9.5;
    let mut path = match (&flight.from, &flight.to) {
        (Place::Broker(id), Place::Controller(_)) | (Place::Controller(_), Place::Broker(id)) => {
            let x = heartbeat_x(layout.card(*id)?);
            // Whole below the strip, never on its words.
            vec![Point { x, y: ceiling }, Point { x, y: floor + 7.0 }]
        }
        (Place::Broker(a), Place::Broker(b)) => {
            let (from, to) = (control_x(layout.card(*a)?), control_x(layout.card(*b)?));
            return Some(vec![
                Point { x: from, y: ceiling },
                Point { x: from, y: bus },
                Point { x: to, y: bus },
                Point { x: to, y: ceiling },
            ]);
        }
        (client, other) | (other, client) if is_client(client) => {
            // Whole beside the client's card, never on its words.
            let half = width_of(layout, flight) / 2.0 + 2.0;
            let reads = matches!(client, Place::Consumer(_));
            let x = if reads { layout.group.x - half } else { layout.producer.right() + half };
            let start = Point { x, y: bus };
            match other {
                Place::Broker(id) => {
                    let x = control_x(layout.card(*id)?);
                    vec![start, Point { x, y: bus }, Point { x, y: ceiling }]
                }
                Place::Controller(_) => {
                    let x = layout.control.x + 60.0;
                    vec![start, Point { x, y: bus }, Point { x, y: floor }]
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    let outward = matches!(flight.from, Place::Controller(_)) || (is_client(&flight.to) && !is_client(&flight.from));
    if outward {
        path.reverse();
    }
    Some(path)
}

fn is_client(place: &Place) -> bool {
    matches!(place, Place::Producer(_) | Place::Consumer(_) | Place::Tool(_))
}

fn phone_path(scene: &Scene, layout: &Layout, flight: &Flight, shown: u32) -> Option<Vec<Point>> {
    if flight.row != Some(shown) {
        return None;
    }
    let leader = scene.rows.get(shown as usize)?.leader?;
    let card = layout.card(leader)?;
    let column = |x: f64, top: f64, bottom: f64| vec![Point { x, y: top }, Point { x, y: bottom }];
    let (mut path, up) = match (&flight.from, &flight.to) {
        (Place::Producer(_) | Place::Tool(_), Place::Broker(_)) => {
            (column(layout.station(card) + 0.5, layout.producer.bottom(), card.y), false)
        }
        (Place::Broker(_), Place::Producer(_) | Place::Tool(_)) => {
            (column(layout.station(card) + 0.5, layout.producer.bottom(), card.y), true)
        }
        (Place::Broker(_), Place::Consumer(_)) => (column(phone_gutter(layout), card.bottom(), layout.group.y), false),
        (Place::Consumer(_), Place::Broker(_)) => (column(phone_gutter(layout), card.bottom(), layout.group.y), true),
        (Place::Broker(a), Place::Broker(b)) => {
            (phone_replication(layout, if *a == leader { *b } else { *a })?, *a != leader)
        }
        _ => return None,
    };
    if up {
        path.reverse();
    }
    Some(path)
}

fn style(flight: &Flight) -> Style {
    match (flight.state, flight.kind) {
        (FlightState::Stuck, _) => Style::Stuck,
        (FlightState::Held, _) => Style::Held,
        _ if flight.error.is_some() => Style::Error,
        (_, FlightKind::Produce | FlightKind::Records) => Style::Records,
        (_, FlightKind::Fetch) => Style::Ask,
        (_, FlightKind::Ack) => Style::Ack,
        (_, FlightKind::Heartbeat) => Style::Beat,
        (_, FlightKind::Control) => Style::Note,
    }
}

/// How much the row shows that a message runs along; the control wire shows all of it.
fn level_of(layout: &Layout, flight: &Flight) -> Level {
    flight.row.and_then(|row| layout.slot(row)).map_or(Level::Records, |slot| slot.level)
}

/// Marks that a capsule shows before it turns to a count.
const MARKS: usize = 4;

fn text(layout: &Layout, flight: &Flight) -> String {
    match style(flight) {
        Style::Error => flight.error.clone().unwrap_or_default(),
        Style::Records if flight.records == 0 => flight.label.clone(),
        Style::Records if level_of(layout, flight) != Level::Records => format!("×{}", flight.records),
        Style::Records if flight.records as usize > MARKS => format!("+{}", flight.records as usize - (MARKS - 1)),
        Style::Records | Style::Ack | Style::Beat => String::new(),
        Style::Stuck if flight.records > 0 => format!("×{}", flight.records),
        Style::Ask | Style::Held | Style::Stuck | Style::Note => flight.label.clone(),
    }
}

fn shown_marks(layout: &Layout, flight: &Flight) -> Vec<KeyMark> {
    if style(flight) != Style::Records || level_of(layout, flight) != Level::Records {
        return Vec::new();
    }
    let most = if flight.records as usize > MARKS { MARKS - 1 } else { MARKS };
    flight.marks.iter().copied().take(most).collect()
}

fn width_of(layout: &Layout, flight: &Flight) -> f64 {
    let text = super::shape::mono_width(&text(layout, flight), if style(flight) == Style::Note { 9.0 } else { 10.0 });
    let marks = shown_marks(layout, flight).len() as f64;
    match style(flight) {
        Style::Beat => 14.0,
        Style::Ack => 30.0,
        Style::Records => 22.0 + marks * 13.0 + if text > 0.0 { text + 2.0 } else { 0.0 },
        Style::Ask | Style::Stuck => 22.0 + text,
        Style::Held if flight.kind == FlightKind::Ack => 36.0 + text,
        Style::Held => 24.0 + text,
        Style::Error => 34.0 + text,
        Style::Note => 14.0 + text,
    }
}

fn capsule(layout: &Layout, flight: &Flight, at: Point, heading: (f64, f64)) -> Capsule {
    let style = style(flight);
    let level = level_of(layout, flight);
    // Messages of a strip are dots of its rail; what belongs to no row has the control wire to itself.
    let dense = level == Level::Dense;
    Capsule {
        message: flight.message,
        style,
        x: at.x,
        y: at.y,
        heading,
        width: if dense { width_of(layout, flight).min(26.0) } else { width_of(layout, flight) },
        height: match style {
            Style::Note => 13.0,
            Style::Beat => 9.0,
            _ if dense => 8.0,
            _ if level == Level::Compact => 14.0,
            _ => 18.0,
        },
        marks: if dense { Vec::new() } else { shown_marks(layout, flight) },
        text: if dense { String::new() } else { text(layout, flight) },
        lagging: false,
        ticked: flight.kind == FlightKind::Ack && style == Style::Held,
        route: Vec::new(),
        arrives: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::lay_out;
    use super::super::sample;
    use super::*;

    #[test]
    fn a_fetch_runs_from_the_consumer_along_the_rail_to_the_station() {
        let scene = sample::scene();
        let layout = lay_out(&scene, 908.0, 554.0, Form::Wide);
        let fetch = scene.flights.iter().find(|flight| flight.kind == FlightKind::Fetch).expect("sample has a fetch");
        let path = path(&scene, &layout, fetch).expect("both ends are on the stage");
        assert_eq!(path.first(), Some(&Point { x: 744.5, y: 114.5 }));
        assert_eq!(path.last(), Some(&Point { x: 345.5, y: 114.5 }));
    }

    #[test]
    fn positions_are_a_function_of_the_playhead_alone() {
        let scene = sample::scene();
        let layout = lay_out(&scene, 1440.0, 554.0, Form::Wide);
        let there = capsules(&scene, &layout, 12_384_206.0, Motion::Flying);
        let _ = capsules(&scene, &layout, 12_389_000.0, Motion::Flying);
        assert_eq!(capsules(&scene, &layout, 12_384_206.0, Motion::Flying), there);
        assert!(!there.is_empty());
    }

    #[test]
    fn with_reduced_motion_a_flight_stands_at_the_middle_of_its_way_and_says_when_it_arrives() {
        let scene = sample::scene();
        let layout = lay_out(&scene, 1440.0, 554.0, Form::Wide);
        let (early, late) = (12_384_206.0, 12_385_000.0);
        let still = capsules(&scene, &layout, early, Motion::Still);
        let flying = still.iter().filter(|capsule| !capsule.route.is_empty()).collect::<Vec<_>>();
        assert!(!flying.is_empty() && flying.iter().all(|capsule| capsule.arrives.starts_with("00:12.")));
        let later = capsules(&scene, &layout, late, Motion::Still);
        let same = |capsule: &&Capsule| later.iter().any(|other| other == *capsule);
        assert!(flying.into_iter().any(|capsule| same(&capsule)), "time does not move it");
    }

    #[test]
    fn when_time_runs_fast_rates_take_the_place_of_messages() {
        let mut scene = sample::scene();
        let layout = lay_out(&scene, 1440.0, 554.0, Form::Wide);
        scene.flux = vec![crate::view::scene::Flux { appended: 500.0, fetched: 250.0 }];
        let found = ribbons(&scene, &layout);
        assert_eq!(found.iter().map(|ribbon| ribbon.width).collect::<Vec<_>>(), [5.0, 2.5]);
        assert_eq!(found[0].text, "500/s");
        let left = capsules(&scene, &layout, 12_384_206.0, Motion::Fast);
        assert!(left.len() < capsules(&scene, &layout, 12_384_206.0, Motion::Flying).len());
    }

    #[test]
    fn a_path_is_followed_by_length_and_not_by_corner() {
        let corner = [Point { x: 0.0, y: 0.0 }, Point { x: 30.0, y: 0.0 }, Point { x: 30.0, y: 10.0 }];
        assert_eq!(along(&corner, 0.5), (Point { x: 20.0, y: 0.0 }, (1.0, 0.0)));
        assert_eq!(along(&corner, 1.0), (Point { x: 30.0, y: 10.0 }, (0.0, 1.0)));
        assert_eq!(along(&corner, 0.0), (Point { x: 0.0, y: 0.0 }, (1.0, 0.0)));
    }

    #[test]
    fn on_a_phone_only_the_shown_row_has_flights() {
        let scene = sample::scene();
        let layout = lay_out(&scene, 390.0, 404.0, Form::Phone { row: 0 });
        let shown = capsules(&scene, &layout, 12_384_206.0, Motion::Flying);
        assert!(!shown.is_empty());
        assert!(shown.iter().all(|capsule| capsule.x >= 0.0 && capsule.x <= 390.0));
        let other = lay_out(&scene, 390.0, 404.0, Form::Phone { row: 2 });
        assert!(capsules(&scene, &other, 12_384_206.0, Motion::Flying).len() < shown.len());
    }
}

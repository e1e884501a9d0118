//! Sentences about the scene: the label of the stage, the next event, the name of a thing.

use super::clock::{moment, span};
use super::hit::Target;
use super::scene::{BrokerCard, EventLine, NodeState, Place, Role, Row, Scene, Upcoming};
use super::words::Words;

/// Rows in trouble that the label of the stage names.
const TROUBLES: usize = 4;

/// The whole picture for those who do not see it: one sentence, and the rows that are in trouble.
pub fn stage_label(scene: &Scene, words: Words) -> String {
    let up = scene.brokers.iter().filter(|broker| broker.state.serves() && !broker.fenced).count();
    let whole = words.stage_label(up, scene.flights.len(), scene.rows.len(), moment(scene.now_us), scene.brokers.len());
    let troubles = scene.rows.iter().filter_map(|row| Some(format!(" {}: {}.", row.tp(), trouble(row, words)?)));
    troubles.take(TROUBLES).fold(whole, |text, trouble| text + &trouble)
}

/// What is wrong with a row, the worst first; `None` if nothing is.
pub fn trouble(row: &Row, words: Words) -> Option<&'static str> {
    if row.leader.is_none() && !row.lanes.is_empty() {
        Some(words.stage_no_leader())
    } else if row.leader_silent {
        Some(words.stage_leader_silent())
    } else if row.below_min_isr() {
        Some(words.stage_below_min())
    } else {
        row.under_replicated().then(|| words.stage_under_replicated())
    }
}

/// What a broker is doing other than serving.
pub fn condition(broker: &BrokerCard, words: Words) -> Option<&'static str> {
    match broker.state {
        NodeState::Killed => Some(words.stage_killed()),
        NodeState::Stopped => Some(words.stage_stopped()),
        NodeState::Frozen => Some(words.stage_frozen()),
        NodeState::Recovering => Some(words.stage_recovering()),
        NodeState::Draining => Some(words.stage_draining()),
        NodeState::Up => broker.fenced.then(|| words.stage_fenced()),
    }
}

/// The time until the next event and the event: `1.4 ms` and `to next: ack reaches checkout`.
pub fn next_event(scene: &Scene, words: Words) -> (String, String) {
    let Some(next) = &scene.next else { return (String::new(), words.transport_idle().to_owned()) };
    let wait = span((next.at_us - scene.now_us).max(0) as u64);
    let what = match &next.what {
        Upcoming::Delivery { what, about: Some(tp), place } => {
            words.next_delivers_for(tp, what, name_of(scene, place, words))
        }
        Upcoming::Delivery { what, about: None, place } => words.next_delivers(what, name_of(scene, place, words)),
        Upcoming::Timer { what, place } => words.next_timer(what, name_of(scene, place, words)),
        Upcoming::Command => words.next_command().to_owned(),
    };
    (wait, words.transport_next_event(what))
}

/// What happened in a while: how many events, and the loudest of them, else the last.
pub fn summary(events: &[EventLine], words: Words) -> String {
    let Some(told) = events.iter().max_by_key(|event| (event.tone, event.number)) else { return String::new() };
    let text = format!("{} {}", told.name, told.text);
    if events.len() > 1 { words.transport_summary(events.len(), text) } else { text }
}

/// What a place is called.
pub fn name_of(scene: &Scene, place: &Place, words: Words) -> String {
    match place {
        Place::Broker(id) => words.place_broker(id),
        Place::Controller(id) => words.place_controller(id),
        Place::Producer(index) => {
            scene.producers.get(*index as usize).map_or_else(String::new, |producer| producer.name.clone())
        }
        Place::Consumer(index) => {
            scene.consumers.get(*index as usize).map_or_else(String::new, |consumer| consumer.name.clone())
        }
        Place::Tool(name) => name.clone(),
    }
}

/// What a selection is called, and a few facts about it.
pub fn describe(scene: &Scene, target: &Target, words: Words) -> (String, Vec<String>) {
    match target {
        Target::Broker(id) => (words.place_broker(id), broker_facts(scene, *id, words)),
        Target::Controller(id) => (words.place_controller(id), Vec::new()),
        Target::Lane { row, broker } => match scene.rows.get(*row as usize) {
            Some(shown) => {
                (format!("{}, {}", shown.tp(), words.place_broker(broker)), lane_facts(scene, *row, *broker, words))
            }
            None => (words.place_broker(broker), Vec::new()),
        },
        Target::Record { row, broker, offset } => record(scene, *row, *broker, *offset, words),
        Target::Batch { row, broker, base_offset } => {
            let (tp, facts) = describe(scene, &Target::Lane { row: *row, broker: *broker }, words);
            (format!("{tp}, {}", words.tip_batch(base_offset)), facts)
        }
        Target::Partition(row) => match scene.rows.get(*row as usize) {
            Some(shown) => (shown.tp(), trouble(shown, words).map(str::to_owned).into_iter().collect()),
            None => (String::new(), Vec::new()),
        },
        Target::Sent(_) => (words.inspect_sent().to_owned(), Vec::new()),
        Target::Producer(name) | Target::Consumer(name) => (name.clone(), Vec::new()),
        Target::Message(id) => match scene.flights.iter().find(|flight| flight.message == *id) {
            Some(flight) => {
                let ends = [&flight.from, &flight.to].map(|place| name_of(scene, place, words));
                let [from, to] = ends;
                (
                    flight.label.clone(),
                    vec![
                        format!("{from} → {to}"),
                        format!("{} → {}", moment(flight.sent_us), moment(flight.arrives_us)),
                    ],
                )
            }
            None => (String::new(), Vec::new()),
        },
    }
}

fn broker_facts(scene: &Scene, id: i32, words: Words) -> Vec<String> {
    let broker = scene.brokers.iter().find(|broker| broker.id == id);
    let condition = broker.and_then(|broker| condition(broker, words)).map(str::to_owned);
    let leads: Vec<String> = scene.rows.iter().filter(|row| row.leader == Some(id)).map(|row| row.tp()).collect();
    let leads = (!leads.is_empty()).then(|| words.tip_leads(leads.join(", ")));
    condition.into_iter().chain(leads).collect()
}

fn lane_facts(scene: &Scene, row: u32, broker: i32, words: Words) -> Vec<String> {
    let lane = scene.rows.get(row as usize).and_then(|shown| shown.lane_of(Some(broker)));
    let Some((shown, lane)) = scene.rows.get(row as usize).zip(lane) else { return Vec::new() };
    let role = match lane.role {
        Role::Leader => words.stage_leader(shown.leader_epoch),
        Role::Follower => words.stage_follower().to_owned(),
        Role::Offline => words.stage_offline().to_owned(),
    };
    let facts = [role, words.stage_hw(lane.high_watermark), words.stage_leo(lane.log_end_offset)];
    facts.into_iter().chain(trouble(shown, words).map(str::to_owned)).collect()
}

fn record(scene: &Scene, row: u32, broker: i32, offset: i64, words: Words) -> (String, Vec<String>) {
    let Some(shown) = scene.rows.get(row as usize) else { return (String::new(), Vec::new()) };
    let title = words.tip_record(offset, shown.tp());
    let Some(lane) = shown.lane_of(Some(broker)) else { return (title, Vec::new()) };
    let Some(tile) = lane.tiles.iter().find(|tile| tile.offset == offset) else { return (title, Vec::new()) };
    let committed = offset < lane.high_watermark;
    let mut facts =
        vec![if committed { words.tip_record_committed() } else { words.tip_record_uncommitted() }.to_owned()];
    facts.push(tile.key.as_ref().map_or(words.tip_key_null().to_owned(), |key| words.tip_key(key)));
    facts.extend(tile.value.clone());
    facts.push(words.tip_batch(tile.batch));
    (title, facts)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::scene::NextEvent;
    use super::*;

    #[test]
    fn the_next_event_is_named_with_its_time_in_both_languages() {
        let mut scene = sample::scene();
        let what = |about| Upcoming::Delivery { what: "Fetch".into(), about, place: Place::Broker(1) };
        scene.next = Some(NextEvent { at_us: scene.now_us + 1_400, what: what(Some("orders-0".to_owned())) });
        assert_eq!(next_event(&scene, Words::English).1, "to next: Fetch for orders-0 reaches broker 1");
        assert_eq!(next_event(&scene, Words::Korean).1, "뒤: orders-0의 Fetch가 브로커 1에 도착");
        scene.next = Some(NextEvent { at_us: scene.now_us + 1_400, what: what(None) });
        let (wait, text) = next_event(&scene, Words::English);
        assert_eq!((wait.as_str(), text.as_str()), ("1.4 ms", "to next: Fetch reaches broker 1"));
        assert_eq!(next_event(&scene, Words::Korean).1, "뒤: Fetch가 브로커 1에 도착");
        scene.next = None;
        assert_eq!(next_event(&scene, Words::English).1, "Nothing is due.");
    }

    #[test]
    fn a_record_is_described_by_where_it_lies_and_whether_it_is_committed() {
        let scene = sample::scene();
        let (title, facts) = describe(&scene, &Target::Record { row: 0, broker: 1, offset: 47 }, Words::English);
        assert_eq!(title, "orders-0, offset 47");
        assert!(facts.contains(&"not committed".to_owned()));
        assert!(facts.contains(&"key yun".to_owned()));
    }
}

//! `sim ledger`: what became of the records of the whole run, as JSON. The metrics are those of the goal language, by
//! the same names.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Number;

use crate::goal::{Course, Goal, Present, Rules, Scope, Value, Watch};
use crate::kafka::ids::NodeId;
use crate::sim::ledger::Totals;
use crate::sim::state::state;
use crate::sim::timeline::Timeline;

#[derive(Serialize)]
struct LedgerState {
    totals: Totals,
    /// By name.
    topics: Vec<TopicLedger>,
}

#[derive(Serialize)]
struct TopicLedger {
    name: String,
    acked_lost: Option<Number>,
    dup_in_log: Option<Number>,
    max_share: Option<Number>,
    share_of_leader: Vec<LeaderShare>,
}

#[derive(Serialize)]
struct LeaderShare {
    broker: i32,
    share: Option<Number>,
}

pub(super) fn ledger(timeline: &Timeline) -> String {
    let topics = state(timeline.world()).topics;
    let brokers: Vec<NodeId> = timeline.scenario().brokers().collect();
    let of_topic = |name: &str| {
        let metric = |metric: &str| ask(timeline, &format!("L.{metric}({name:?})"));
        let share = |broker: &NodeId| LeaderShare {
            broker: broker.0,
            share: ask(timeline, &format!("L.share_of_leader({name:?}, {broker})")),
        };
        TopicLedger {
            name: name.to_string(),
            acked_lost: metric("acked_lost"),
            dup_in_log: metric("dup_in_log"),
            max_share: metric("max_share"),
            share_of_leader: brokers.iter().map(share).collect(),
        }
    };
    let topics = topics.iter().map(|topic| of_topic(&topic.name)).collect();
    let ledger = LedgerState { totals: timeline.ledger().totals(), topics };
    serde_json::to_string(&ledger).expect("numbers and names have a form in JSON")
}

/// The number that a metric of the whole run is; whole ones without a fraction.
fn ask(timeline: &Timeline, metric: &str) -> Option<Number> {
    let goal = Goal::new(&format!("{metric} == none"), Rules::of(Scope::Step)).ok()?;
    let present = Present::of(timeline);
    let mut course = Course::of_run(present);
    course.watch(&goal);
    course.follow(present);
    match Watch::new(Arc::new(goal)).part_value(&course, present) {
        number @ Value::Num(_) => serde_json::from_str(&number.to_string()).ok(),
        _ => None,
    }
}

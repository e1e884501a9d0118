//! Toolbar tools as console lines for what is selected.

use super::msg::Tool;
use super::state::{AppState, Armed};
use crate::view::hit::Target;
use crate::view::scene::{NodeState, Place, Scene};

/// The delays that the Slow tool can add, and the one that it begins with.
pub const DELAYS: [&str; 4] = ["50ms", "200ms", "1s", "8s"];
pub const FIRST_DELAY: u8 = 1;

/// What a tool does now.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    Line(String),
    Arm(Armed),
    Nothing,
}

/// A tool was clicked: act on the selection if it fits, else wait for a target.
pub fn apply(state: &AppState, tool: Tool) -> Outcome {
    if state.armed.as_ref().is_some_and(|armed| armed.tool == tool) {
        return Outcome::Nothing;
    }
    match &state.selection {
        Some(target) => on_target(&state.scene, &Armed { tool, first: None }, target, state.delay),
        None => Outcome::Arm(Armed { tool, first: None }),
    }
}

/// An armed tool meets a target.
pub fn on_target(scene: &Scene, armed: &Armed, target: &Target, delay: u8) -> Outcome {
    let client = match target {
        Target::Producer(name) | Target::Consumer(name) => Some(name),
        _ => None,
    };
    match (armed.tool, target.node(), client) {
        (Tool::Kill, Some(node), _) => Outcome::Line(format!("sim kill {node}")),
        (Tool::Kill, _, Some(name)) => Outcome::Line(format!("sim crash {name}")),
        (Tool::StopOrStart, Some(node), _) => {
            Outcome::Line(format!("sim {} {node}", if runs(scene, node) { "stop" } else { "start" }))
        }
        (Tool::StopOrStart, _, Some(name)) => {
            Outcome::Line(format!("sim {} {name}", if client_runs(scene, name) { "close" } else { "start" }))
        }
        (Tool::Slow, Some(node), _) => {
            let delay = if is_slow(scene, node) { "off" } else { DELAYS[usize::from(delay).min(DELAYS.len() - 1)] };
            Outcome::Line(format!("sim slow broker {node} {delay}"))
        }
        (Tool::Cut, Some(node), _) => cut(scene, armed, &node.to_string()),
        (Tool::Cut, _, Some(name)) => cut(scene, armed, name),
        _ => Outcome::Arm(armed.clone()),
    }
}

fn cut(scene: &Scene, armed: &Armed, end: &str) -> Outcome {
    match &armed.first {
        Some(first) if first != end => {
            let verb = if is_cut(scene, first, end) { "heal" } else { "cut" };
            Outcome::Line(format!("sim {verb} {first} {end}"))
        }
        _ => Outcome::Arm(Armed { tool: Tool::Cut, first: Some(end.to_owned()) }),
    }
}

/// Nothing gets through between two processes, each a node's id or a client's name.
fn is_cut(scene: &Scene, a: &str, b: &str) -> bool {
    let name = |place: &Place| match place {
        Place::Broker(id) | Place::Controller(id) => id.to_string(),
        Place::Producer(index) => scene.producers.get(*index as usize).map_or(String::new(), |card| card.name.clone()),
        Place::Consumer(index) => scene.consumers.get(*index as usize).map_or(String::new(), |card| card.name.clone()),
        Place::Tool(name) => name.clone(),
    };
    let nodes = scene.cuts.iter().map(|(a, b)| (a.to_string(), b.to_string()));
    let clients = scene.client_cuts.iter().map(|(client, node)| (name(client), name(node)));
    nodes.chain(clients).any(|(x, y)| (x == a && y == b) || (x == b && y == a))
}

/// The node's links are slowed down, so that the button says Full speed.
pub fn is_slow(scene: &Scene, node: i32) -> bool {
    scene.brokers.iter().any(|broker| broker.id == node && broker.slowed_us.is_some())
}

/// The target runs, so that the button says Stop and not Start.
pub fn target_runs(scene: &Scene, target: &Target) -> bool {
    match (target, target.node()) {
        (_, Some(node)) => runs(scene, node),
        (Target::Producer(name) | Target::Consumer(name), _) => client_runs(scene, name),
        _ => true,
    }
}

/// Whether the node's process runs, so that the button says Stop and not Start.
fn runs(scene: &Scene, node: i32) -> bool {
    let broker = scene.brokers.iter().find(|broker| broker.id == node);
    let voter = scene.control.voters.iter().find(|voter| voter.id == node);
    match (broker, voter) {
        (Some(broker), _) => !matches!(broker.state, NodeState::Killed | NodeState::Stopped),
        (None, Some(voter)) => voter.up,
        (None, None) => true,
    }
}

fn client_runs(scene: &Scene, name: &str) -> bool {
    use crate::view::scene::ClientState::{Closed, Crashed};
    let producer = scene.producers.iter().find(|producer| producer.name == name).map(|producer| producer.state);
    let consumer = scene.consumers.iter().find(|consumer| consumer.name == name).map(|consumer| consumer.state);
    !matches!(producer.or(consumer), Some(Crashed | Closed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use crate::view::scene::NodeState;

    fn arm(tool: Tool) -> Armed {
        Armed { tool, first: None }
    }

    #[test]
    fn a_click_is_the_console_line_for_it() {
        let scene = sample::scene();
        let line = |tool, target: &Target| on_target(&scene, &arm(tool), target, FIRST_DELAY);
        assert_eq!(line(Tool::Kill, &Target::Broker(2)), Outcome::Line("sim kill 2".into()));
        assert_eq!(line(Tool::Kill, &Target::Producer("shop".into())), Outcome::Line("sim crash shop".into()));
        assert_eq!(line(Tool::StopOrStart, &Target::Lane { row: 0, broker: 3 }), Outcome::Line("sim stop 3".into()));
        assert_eq!(line(Tool::Slow, &Target::Broker(1)), Outcome::Line("sim slow broker 1 200ms".into()));
    }

    #[test]
    fn a_broker_that_is_down_is_started_and_a_slow_one_made_fast() {
        let mut scene = sample::scene();
        scene.brokers[1].state = NodeState::Killed;
        scene.brokers[0].slowed_us = Some(200_000);
        let start = on_target(&scene, &arm(Tool::StopOrStart), &Target::Broker(2), FIRST_DELAY);
        assert_eq!(start, Outcome::Line("sim start 2".into()));
        let fast = on_target(&scene, &arm(Tool::Slow), &Target::Broker(1), FIRST_DELAY);
        assert_eq!(fast, Outcome::Line("sim slow broker 1 off".into()));
    }

    #[test]
    fn a_link_needs_two_ends_and_is_mended_when_it_is_cut() {
        let mut scene = sample::scene();
        let first = on_target(&scene, &arm(Tool::Cut), &Target::Broker(1), FIRST_DELAY);
        let Outcome::Arm(armed) = first else { panic!("one end is not a link") };
        assert_eq!(on_target(&scene, &armed, &Target::Broker(1), FIRST_DELAY), Outcome::Arm(armed.clone()));
        assert_eq!(on_target(&scene, &armed, &Target::Broker(3), FIRST_DELAY), Outcome::Line("sim cut 1 3".into()));
        scene.cuts.push((1, 3));
        assert_eq!(on_target(&scene, &armed, &Target::Broker(3), FIRST_DELAY), Outcome::Line("sim heal 1 3".into()));
    }
}

//! The logs of the world's processes, as a view of the journal.

use std::sync::Arc;

use crate::kafka::controller::quorum::CONTROLLER_PORT;
use crate::kafka::ids::ProcessId;
use crate::kafka::log_lines::{Address, Cluster, LogLine, Scribe};
use crate::time::SimTime;

use super::scenario::NodeSpec;
use super::timeline::Timeline;
use super::world::{World, broker_host};

/// What log lines name of a world.
pub fn cluster(world: &World) -> Cluster {
    let address = |spec: &NodeSpec| match spec.roles.is_broker() {
        true => Address { host: broker_host(&world.scenario, spec.id), port: 9092, rack: spec.rack.clone() },
        false => Address { host: Arc::from(format!("controller-{}", spec.id)), port: CONTROLLER_PORT, rack: None },
    };
    let nodes = world.scenario.nodes.iter().map(|spec| (spec.id, address(spec)));
    Cluster { id: world.cluster_id, nodes: nodes.collect() }
}

/// Everything that a process has printed up to the playhead.
pub fn log_of(timeline: &Timeline, process: ProcessId) -> Vec<(SimTime, LogLine)> {
    let mut scribe = Scribe::new(Arc::new(cluster(timeline.world())));
    let mut log = Vec::new();
    for entry in timeline.journal().iter().filter(|entry| entry.process == process) {
        log.extend(scribe.write(entry.at, process, &entry.event).into_iter().map(|line| (entry.at, line)));
    }
    log
}

//! server.properties of a node: what its place in the cluster says, and what the scenario sets for every node.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scenario::{NodeSpec, Roles, Scenario};
use super::world::broker_host;
use crate::kafka::controller::quorum::CONTROLLER_PORT;
use crate::kafka::ids::NodeId;

/// The port of every broker.
pub const BROKER_PORT: u16 = 9092;

fn controller_address(id: NodeId) -> String {
    format!("controller-{id}:{CONTROLLER_PORT}")
}

/// The keys that the node was started with.
pub fn node_properties(scenario: &Scenario, spec: &NodeSpec) -> Arc<BTreeMap<String, String>> {
    let (roles, folder) = match spec.roles {
        Roles::Broker => ("broker", "brokers"),
        Roles::Controller => ("controller", "controllers"),
        Roles::Combined => ("broker,controller", "brokers"),
    };
    let mut listeners = Vec::new();
    if spec.roles.is_broker() {
        listeners.push(format!("PLAINTEXT://{}:{BROKER_PORT}", broker_host(scenario, spec.id)));
    }
    if spec.roles.is_controller() {
        listeners.push(format!("CONTROLLER://{}", controller_address(spec.id)));
    }
    let controllers: Vec<String> = scenario.controllers().map(controller_address).collect();
    let rows = [
        ("process.roles", roles.to_string()),
        // Kafka takes one for the other when only one is given.
        ("node.id", spec.id.to_string()),
        ("broker.id", spec.id.to_string()),
        ("controller.listener.names", "CONTROLLER".to_string()),
        ("controller.quorum.bootstrap.servers", controllers.join(",")),
        ("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT".to_string()),
        ("log.dirs", format!("/{folder}/{}", spec.id)),
        ("listeners", listeners.join(",")),
    ];
    let mut properties: BTreeMap<String, String> =
        rows.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
    if spec.roles == Roles::Broker {
        properties.insert("advertised.listeners".to_string(), listeners.join(","));
    }
    if let Some(rack) = spec.rack.as_ref().filter(|_| spec.roles.is_broker()) {
        properties.insert("broker.rack".to_string(), rack.to_string());
    }
    properties.extend(scenario.server_config.iter().map(|(key, value)| (key.clone(), value.clone())));
    Arc::new(properties)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::config::broker;

    #[test]
    fn kafka_would_start_every_node_of_the_presets() {
        for preset in super::super::scenario::PRESETS {
            let scenario = Scenario::preset(preset).expect("it is a preset");
            for spec in &scenario.nodes {
                let parsed = broker::parse(&node_properties(&scenario, spec), &mut Vec::new());
                assert_eq!(parsed.err().map(|error| error.to_string()), None, "{preset} {}", spec.id);
            }
        }
    }
}

//! Leader, ISR and ELR decisions for one partition, once and over a series of events.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare};
use highwater::kafka::controller::partition_change::{Election, PartitionChange, RECOVERED, RECOVERING};
use highwater::kafka::ids::{LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use highwater::kafka::image::{NO_LEADER_CHANGE, PartitionRegistration};
use highwater::kafka::protocol::metadata_records::PartitionChangeRecord;

fn nodes(list: &Value) -> Vec<NodeId> {
    list.as_array().expect("a list").iter().map(|id| NodeId(id.as_i64().expect("an id") as i32)).collect()
}

fn recovery(name: &Value) -> i8 {
    if name == "RECOVERING" { RECOVERING } else { RECOVERED }
}

fn registration(from: &Value) -> PartitionRegistration {
    let number = |key: &str| from[key].as_i64().expect("a number") as i32;
    PartitionRegistration {
        replicas: nodes(&from["replicas"]),
        isr: nodes(&from["isr"]),
        removing_replicas: nodes(&from["removing"]),
        adding_replicas: nodes(&from["adding"]),
        elr: nodes(&from["elr"]),
        last_known_elr: nodes(&from["lastKnownElr"]),
        leader: Some(NodeId(number("leader"))).filter(|leader| leader.0 >= 0),
        leader_epoch: LeaderEpoch(number("leaderEpoch")),
        partition_epoch: PartitionEpoch(number("partitionEpoch")),
        directories: Vec::new(),
        leader_recovery_state: recovery(&from["recovery"]),
    }
}

fn ids(list: &[NodeId]) -> Value {
    json!(list.iter().map(|node| node.0).collect::<Vec<_>>())
}

fn recovery_name(state: i8) -> &'static str {
    if state == RECOVERING { "RECOVERING" } else { "RECOVERED" }
}

fn shown_registration(of: &PartitionRegistration) -> Value {
    json!({
        "replicas": ids(&of.replicas),
        "isr": ids(&of.isr),
        "removing": ids(&of.removing_replicas),
        "adding": ids(&of.adding_replicas),
        "elr": ids(&of.elr),
        "lastKnownElr": ids(&of.last_known_elr),
        "leader": of.leader.map_or(-1, |leader| leader.0),
        "recovery": recovery_name(of.leader_recovery_state),
        "leaderEpoch": of.leader_epoch.0,
        "partitionEpoch": of.partition_epoch.0,
    })
}

fn shown_record(record: &PartitionChangeRecord) -> Value {
    let list = |value: &Option<Vec<NodeId>>| value.as_ref().map_or(Value::Null, |list| ids(list));
    json!({
        "isr": list(&record.isr),
        "leader": if record.leader == NO_LEADER_CHANGE { Value::Null } else { json!(record.leader.0) },
        "replicas": list(&record.replicas),
        "removing": list(&record.removing_replicas),
        "adding": list(&record.adding_replicas),
        "recovery": if record.leader_recovery_state < 0 { Value::Null }
            else { json!(recovery_name(record.leader_recovery_state)) },
        "elr": list(&record.eligible_leader_replicas),
        "lastKnownElr": list(&record.last_known_elr),
    })
}

/// Applies one ask and gives what Kafka's row would say of it.
fn answer(partition: &mut PartitionRegistration, min_isr: &Value, elr: &Value, alive: &Value, ask: &Value) -> Value {
    let alive = nodes(alive);
    let is_acceptable = |node: NodeId| alive.contains(&node);
    let directory = |_: NodeId| Uuid::ZERO;
    let before = partition.clone();
    let min_isr = min_isr.as_i64().expect("a number") as i32;
    let mut change = PartitionChange::new(&before, (Uuid::ZERO, 0), &is_acceptable, min_isr, &directory);
    change.elr_enabled = elr.as_bool().expect("a flag");
    change.election = match ask["election"].as_str() {
        Some("PREFERRED") => Election::Preferred,
        Some("UNCLEAN") => Election::Unclean,
        _ => Election::Online,
    };
    let set = |field: &mut Vec<NodeId>, key: &str| {
        if !ask[key].is_null() {
            *field = nodes(&ask[key]);
        }
    };
    set(&mut change.target_isr, "targetIsr");
    set(&mut change.target_replicas, "targetReplicas");
    set(&mut change.target_removing, "targetRemoving");
    set(&mut change.target_adding, "targetAdding");
    set(&mut change.unclean_shutdown, "uncleanShutdownReplicas");
    if !ask["targetRecovery"].is_null() {
        change.target_recovery = recovery(&ask["targetRecovery"]);
    }
    if ask["useLastKnownLeaderInBalancedRecovery"] == false {
        change.last_known_leader_recovers = false;
    }
    match change.build() {
        None => json!({"record": null}),
        Some(mut record) => {
            // The recorded registrations have no directories.
            record.directories = None;
            partition.merge(&record);
            json!({"record": shown_record(&record), "after": shown_registration(partition)})
        }
    }
}

#[test]
fn cases_partition_change() {
    check_file("partition-change.json", |case, _| {
        let mut partition = registration(&case["partition"]);
        let actual = answer(&mut partition, &case["minIsr"], &case["elrEnabled"], &case["alive"], &case["ask"]);
        compare(&answers(case, &["partition", "minIsr", "elrEnabled", "alive", "ask"]), &actual)
    });
}

#[test]
fn cases_partition_change_history() {
    check_file("partition-change-history.json", |case, _| {
        let mut partition = registration(&case["start"]);
        for (number, step) in (0..).zip(case["steps"].as_array().expect("a list")) {
            let actual = answer(&mut partition, &case["minIsr"], &case["elrEnabled"], &step["alive"], &step["ask"]);
            if let Outcome::Failed(what) = compare(&answers(step, &["event", "alive", "ask"]), &actual) {
                return Outcome::Failed(format!("step {number} ({}): {what}", step["event"]));
            }
        }
        Outcome::Held
    });
}

//! What a node must be given for the roles that it plays (`process.roles`).

use super::listeners::{self, controller_advertised, controller_listeners, inter_broker, normalised};
use super::quorum::parse_voters;
use super::require;
use crate::kafka::config::value::{Values, config_exception};
use crate::kafka::config::{Level, LogLine, log_line};
use crate::kafka::errors::KafkaException;

const NAMES: &str = "controller.listener.names";

/// # Errors
/// What contradicts the roles, in Kafka's order. A broker is warned of keys that belong to controllers.
pub(super) fn check(values: &Values, log: &mut Vec<LogLine>) -> Result<(), KafkaException> {
    let voters: Vec<i32> =
        parse_voters(values.get_list("controller.quorum.voters"), false)?.into_iter().map(|(id, _)| id).collect();
    if voters.is_empty() && values.get_list("controller.quorum.bootstrap.servers").is_empty() {
        return Err(config_exception(
            "If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap \
             controllers or controller.quorum.voters must contain a parseable set of controllers.",
        ));
    }
    match values.get_list("process.roles") {
        [role] if role == "broker" => check_broker(values, &voters, log),
        [role] if role == "controller" => {
            check_only_controller(values)?;
            check_controller(values, &voters)
        }
        _ => check_controller(values, &voters),
    }
}

fn check_broker(values: &Values, voters: &[i32], log: &mut Vec<LogLine>) -> Result<(), KafkaException> {
    let id = values.get_int("node.id");
    require(
        !voters.contains(&id),
        format!(
            "If process.roles contains just the 'broker' role, the node id {id} must not be included in the set of \
             voters controller.quorum.voters={}",
            scala_set(voters)
        ),
    )?;
    let names = values.get_list(NAMES);
    let lacking = format!("{NAMES} must contain at least one value when running KRaft with just the broker role");
    require(!names.is_empty(), lacking)?;
    require(
        controller_listeners(values)?.is_empty(),
        format!(
            "{NAMES} must not contain a value appearing in the 'listeners' configuration when running KRaft with just \
             the broker role"
        ),
    )?;
    for name in names {
        let name = normalised(name)?;
        if !listeners::security_protocols(values)?.contains_key(&name) {
            return Err(config_exception(format!(
                "Controller listener with name {name} defined in {NAMES} not found in listener.security.protocol.map  \
                 (an explicit security mapping for each controller listener is required if \
                 listener.security.protocol.map is non-empty, or if there are security protocols other than PLAINTEXT \
                 in use)"
            )));
        }
    }
    let auto_join = "controller.quorum.auto.join.enable";
    let reason = format!("{auto_join} is only supported when process.roles contains the 'controller' role.");
    require(!values.get_bool(auto_join), reason)?;
    warn_broker(values, log);
    Ok(())
}

/// Keys that only controllers act upon.
fn warn_broker(values: &Values, log: &mut Vec<LogLine>) {
    let mut warn = |text: String| log_line(log, Level::Warn, "KafkaConfig", text);
    let names = values.get_list(NAMES);
    if names.len() > 1 {
        let names = names.join(", ");
        warn(format!(
            "{NAMES} has multiple entries; only the first will be used since process.roles=broker: [{names}]"
        ));
    }
    for key in ["create.topic.policy.class.name", "alter.config.policy.class.name"] {
        if values.is_given(key) {
            let roles = values.get_list("process.roles").join(", ");
            warn(format!("{key} is defined in {roles}. It should be defined in the controller role."));
        }
    }
    for key in ["num.partitions", "default.replication.factor"] {
        if values.is_given(key) {
            warn(format!(
                "{key} is defined in the broker role. This configuration will be ignored in 5.0. Please set {key} in \
                 the controller role instead."
            ));
        }
    }
}

fn check_only_controller(values: &Values) -> Result<(), KafkaException> {
    require(
        controller_advertised(values)?.len() == listeners::listeners(values)?.len(),
        format!(
            "The listeners config must only contain KRaft controller listeners from {NAMES} when \
             process.roles=controller"
        ),
    )?;
    if values.get_str("inter.broker.listener.name").is_none() {
        return Ok(());
    }
    let (name, _) = inter_broker(values)?;
    require(
        !values.get_list(NAMES).contains(&name),
        format!(
            "{NAMES} must not contain an explicitly set inter.broker.listener.name configuration value when \
             process.roles=controller'"
        ),
    )
}

fn check_controller(values: &Values, voters: &[i32]) -> Result<(), KafkaException> {
    let id = values.get_int("node.id");
    require(
        voters.is_empty() || voters.contains(&id),
        format!(
            "If process.roles contains the 'controller' role, the node id {id} must be included in the set of voters \
             controller.quorum.voters={}",
            scala_set(voters)
        ),
    )?;
    let in_listeners = "appearing in the 'listeners' configuration when running the KRaft controller role";
    let lacking = format!("{NAMES} must contain at least one value {in_listeners}");
    require(!controller_advertised(values)?.is_empty(), lacking)?;
    let bound = listeners::listeners(values)?;
    require(
        values.get_list(NAMES).iter().all(|name| bound.iter().any(|endpoint| endpoint.listener == *name)),
        format!("{NAMES} must only contain values {in_listeners}"),
    )
}

/// How Scala writes an immutable set of numbers: up to four in the order of insertion, more in that of their hashes.
fn scala_set(ids: &[i32]) -> String {
    let text = |ids: &[i32]| ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    match ids.len() {
        0..=4 => format!("Set({})", text(ids)),
        _ => format!("HashSet({})", text(&in_hash_order(ids, 0))),
    }
}

/// `scala.collection.Hashing.improve`.
fn improved(hash: u32) -> u32 {
    let hash = hash.wrapping_add(!(hash << 9));
    let hash = hash ^ (hash >> 14);
    let hash = hash.wrapping_add(hash << 4);
    hash ^ (hash >> 10)
}

/// A node of Scala's hash trie: first the elements that stand alone under five bits of their hash, then its subtrees.
fn in_hash_order(ids: &[i32], shift: u32) -> Vec<i32> {
    let slot = |id: i32| (improved(id as u32) >> shift) & 31;
    let under = |bits: u32| ids.iter().copied().filter(|id| slot(*id) == bits).collect::<Vec<_>>();
    let slots: Vec<Vec<i32>> = (0..32).map(under).collect();
    let alone = slots.iter().filter(|slot| slot.len() == 1).flatten().copied();
    let deeper = slots.iter().filter(|slot| slot.len() > 1).flat_map(|slot| match shift < 30 {
        true => in_hash_order(slot, shift + 5),
        false => slot.clone(),
    });
    alone.chain(deeper).collect()
}

#[cfg(test)]
mod tests {
    use super::scala_set;

    #[test]
    fn sets_of_numbers_are_written_as_scala_writes_them() {
        assert_eq!(scala_set(&[]), "Set()");
        assert_eq!(scala_set(&[3, 1]), "Set(3, 1)");
        assert_eq!(scala_set(&[1, 2, 3, 4, 5]), "HashSet(5, 1, 2, 3, 4)");
        assert_eq!(scala_set(&[33, 1, 65, 2, 97, 3]), "HashSet(1, 33, 2, 3, 65, 97)");
    }
}

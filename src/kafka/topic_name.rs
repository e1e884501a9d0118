//! Which names a topic may have (`org.apache.kafka.common.internals.Topic`).

use super::errors::{ExceptionClass, KafkaException};

/// Longest name, so that the folder of a partition still fits a file system's 255 characters.
pub const MAX_NAME_LENGTH: u32 = 249;

/// Topics that the cluster makes and writes itself.
pub const INTERNAL_TOPICS: [&str; 3] = ["__consumer_offsets", "__transaction_state", "__share_group_state"];

/// # Errors
/// What is wrong with the name, as `Topic name is invalid: '.' is not allowed`.
pub fn validate(name: &str) -> Result<(), String> {
    validate_as("Topic name", name)
}

/// [`validate`] as clients see it.
///
/// # Errors
/// InvalidTopicException.
pub fn check(name: &str) -> Result<(), KafkaException> {
    validate(name).map_err(|message| KafkaException::with(ExceptionClass::INVALID_TOPIC, message))
}

/// The rules of topic names for a `group.instance.id` (`JoinGroupRequest.validateGroupInstanceId`).
///
/// # Errors
/// InvalidConfigurationException.
pub fn check_group_instance_id(id: &str) -> Result<(), KafkaException> {
    let invalid = |message| KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, message);
    validate_as("Group instance id", id).map_err(invalid)
}

fn validate_as(what: &str, name: &str) -> Result<(), String> {
    let reason = if name.is_empty() {
        "the empty string is not allowed".to_string()
    } else if name == "." || name == ".." {
        format!("'{name}' is not allowed")
    } else if name.encode_utf16().count() > MAX_NAME_LENGTH as usize {
        format!("the length of '{name}' is longer than the max allowed length {MAX_NAME_LENGTH}")
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        format!("'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")
    } else {
        return Ok(());
    };
    Err(format!("{what} is invalid: {reason}"))
}

/// Whether the topic is one of the cluster's own.
pub fn is_internal(name: &str) -> bool {
    INTERNAL_TOPICS.contains(&name)
}

/// Whether the name has a character that metrics cannot tell apart from another: `.` and `_`.
pub fn has_collision_chars(name: &str) -> bool {
    name.contains(['.', '_'])
}

/// The name as metrics have it: `_` for `.`.
pub fn unify_collision_chars(name: &str) -> String {
    name.replace('.', "_")
}

/// Whether metrics cannot tell the names apart; equal names collide too.
pub fn has_collision(a: &str, b: &str) -> bool {
    unify_collision_chars(a) == unify_collision_chars(b)
}

/// Whether two different topics would collide.
pub fn collides(a: &str, b: &str) -> bool {
    a != b && has_collision(a, b)
}

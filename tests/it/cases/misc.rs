//! Error codes, exception classes, backoff, compression ratios, names and addresses.

use serde_json::{Value, json};

use super::serde::error_json;
use super::{Outcome, answers, check_file, compare};
use highwater::kafka::client::backoff::ExponentialBackoff;
use highwater::kafka::client::bootstrap::{host_of, parse_servers, port_of};
use highwater::kafka::client::consumer::offset_and_metadata::OffsetAndMetadata;
use highwater::kafka::client::producer::ProducerRecord;
use highwater::kafka::client::producer::compression_ratio::CompressionRatio;
use highwater::kafka::errors::{ErrorCode, ExceptionClass, KafkaException};
use highwater::kafka::ids::{LeaderEpoch, NodeId, TopicIdPartition, TopicPartition, Uuid};
use highwater::kafka::node::Node;
use highwater::kafka::record::Bytes;
use highwater::kafka::{java, member, sanitizer, topic_name};

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} is text"))
}

fn superclasses(class: ExceptionClass) -> Vec<&'static str> {
    std::iter::successors(class.superclass(), |class| class.superclass()).map(ExceptionClass::simple_name).collect()
}

fn flags(is_a: impl Fn(&str) -> bool) -> Value {
    json!({
        "retriable": is_a("RetriableException"),
        "invalidMetadata": is_a("InvalidMetadataException"),
        "refreshRetriable": is_a("RefreshRetriableException"),
        "abortable": is_a("TransactionAbortableException"),
        "applicationRecoverable": is_a("ApplicationRecoverableException"),
        "invalidConfiguration": is_a("InvalidConfigurationException"),
        "authorization": is_a("AuthorizationException"),
        "authentication": is_a("AuthenticationException"),
    })
}

#[test]
fn cases_errors() {
    check_file("errors.json", |case, _| {
        let code = ErrorCode::from_code(case["code"].as_i64().expect("a code") as i16);
        let mut actual = json!({
            "retriable": code.is_retriable(),
            "invalidMetadata": code.is_invalid_metadata(),
            "refreshRetriable": code.is_refresh_retriable(),
            "abortable": code.is_abortable(),
            "applicationRecoverable": code.is_application_recoverable(),
            "invalidConfiguration": code.is_invalid_configuration(),
            "authorization": code.is_authorization(),
            "authentication": code.is_authentication(),
            "code": code.code(),
            "name": code.name(),
            "exception": code.class().map(ExceptionClass::simple_name),
            "package": code.class().map(ExceptionClass::package),
            "superclasses": code.class().map_or_else(Vec::new, superclasses),
            "message": code.message(),
        });
        if ErrorCode::from_name(code.name()) != Some(code) {
            actual["name"] = json!("not found again by its name");
        }
        compare(case, &actual)
    });
}

#[test]
fn cases_exceptions() {
    check_file("exceptions.json", |case, _| {
        let full_name = format!("{}.{}", text(case, "package"), text(case, "exception"));
        let Some(class) = ExceptionClass::from_full_name(&full_name) else {
            return Outcome::Failed(format!("no class {full_name}"));
        };
        let mut actual = flags(|name| class.is_a(name));
        let codes = ErrorCode::ALL.iter().filter(|code| code.class() == Some(class));
        actual["exception"] = json!(class.simple_name());
        actual["package"] = json!(class.package());
        actual["superclasses"] = json!(superclasses(class));
        actual["api"] = json!(class.is_a("ApiException"));
        actual["errors"] = json!(codes.map(|code| code.name()).collect::<Vec<_>>());
        actual["abstract"] = json!(class.is_abstract());
        compare(case, &actual)
    });
}

#[test]
fn cases_misc() {
    check_file("misc.json", |case, _| match text(case, "what") {
        "backoff" => {
            let number = |field: &str| case[field].as_i64().expect("a number");
            let backoff = ExponentialBackoff::new(number("initial"), number("multiplier") as i32, number("max"), 0.0);
            assert_eq!(case["attempts"], "0..13 and 1000");
            let attempts = (0..=13).chain([1000]);
            let waits: Vec<i64> =
                attempts.map(|attempts| backoff.backoff(attempts, || unreachable!("no jitter"))).collect();
            compare(&case["result"], &json!(waits))
        }
        "compression ratio" => {
            let float = |value: &Value| value.as_f64().expect("a number") as f32;
            let mut ratio = CompressionRatio(float(&case["initial"]));
            for (index, step) in case["steps"].as_array().expect("steps").iter().enumerate() {
                ratio.update(float(&step[0]));
                if ratio.0 != float(&step[1]) {
                    return Outcome::Failed(format!("step {index}: Kafka {}, we {}", step[1], ratio.0));
                }
            }
            Outcome::Held
        }
        other => Outcome::Failed(format!("no check of {other}")),
    });
}

fn outcome(result: Result<Value, KafkaException>) -> Value {
    match result {
        Ok(result) => json!({"result": result}),
        Err(error) => json!({"error": error_json(&error)}),
    }
}

fn bootstrap(value: &str) -> Value {
    let parsed = parse_servers(value.split(','), |_| false, &mut Vec::new());
    let addresses = |servers: Vec<_>| {
        servers
            .iter()
            .map(|server: &highwater::kafka::client::bootstrap::HostPort| format!("{}:{}", server.host, server.port))
            .collect()
    };
    let mut actual = outcome(parsed.map(addresses));
    actual["getHost"] = json!(host_of(value));
    actual["getPort"] = json!(port_of(value));
    actual
}

fn to_string(value: &str) -> Option<String> {
    let (what, arguments) = value.strip_suffix(')')?.split_once('(')?;
    let arguments: Vec<&str> = arguments.split(", ").collect();
    let uuid = |text: &str| {
        let (high, low) = text.strip_prefix("Uuid(")?.strip_suffix(')')?.split_once(',')?;
        let half = |text: &str| text.trim().parse::<i64>().ok().map(|n| u128::from(n as u64));
        Some(Uuid(half(high)? << 64 | half(low)?))
    };
    match what {
        "TopicPartition" => Some(TopicPartition::new(arguments[0], arguments[1].parse().ok()?).to_string()),
        "TopicIdPartition" => {
            let topic_partition = TopicPartition::new(arguments[2], arguments[1].parse().ok()?);
            Some(TopicIdPartition { topic_id: uuid(arguments[0])?, topic_partition }.to_string())
        }
        "Uuid" => uuid(value).map(|uuid| uuid.to_string()),
        "OffsetAndMetadata" => Some(offset_and_metadata_of(&arguments)?.ok()?.to_string()),
        "Node.noNode" => Some(Node::no_node().to_string()),
        "Node" => Some(node_of(&arguments)?.to_string()),
        "ProducerRecord" => Some(producer_record_of(&arguments)?.to_string()),
        _ => None,
    }
}

/// `5`, `5, m`, `5, Optional.of(2), m`.
fn offset_and_metadata_of(arguments: &[&str]) -> Option<Result<OffsetAndMetadata, KafkaException>> {
    let epoch = |text: &str| {
        let epoch = text.strip_prefix("Optional.of(").and_then(|rest| rest.strip_suffix(')'));
        epoch.map(|epoch| LeaderEpoch(epoch.parse().expect("an epoch")))
    };
    let offset = arguments[0].parse().ok()?;
    match arguments[1..] {
        [] => Some(OffsetAndMetadata::new(offset, None, "")),
        [metadata] => Some(OffsetAndMetadata::new(offset, None, metadata)),
        [leader_epoch, metadata] => Some(OffsetAndMetadata::new(offset, epoch(leader_epoch), metadata)),
        _ => None,
    }
}

/// `1, h, 9092`, then perhaps a rack, then perhaps whether it is fenced.
fn node_of(arguments: &[&str]) -> Option<Node> {
    let [id, host, port, ref rest @ ..] = *arguments else { return None };
    let rack = rest.first().filter(|rack| **rack != "null").map(|rack| rack.to_string());
    let is_fenced = rest.get(1).is_some_and(|fenced| *fenced == "true");
    Some(Node { id: NodeId(id.parse().ok()?), host: host.to_string(), port: port.parse().ok()?, rack, is_fenced })
}

/// `t, 1, 5L, k, v`, or without timestamp, or without partition too, or only topic and value.
fn producer_record_of(arguments: &[&str]) -> Option<ProducerRecord> {
    let (topic, rest) = arguments.split_first()?;
    let (value, rest) = rest.split_last()?;
    let mut rest = rest.to_vec();
    let key = rest.pop();
    let bytes = |text: &str| (text != "null").then(|| Bytes::from(text.as_bytes()));
    Some(ProducerRecord {
        object: None,
        topic: (*topic).into(),
        partition: rest.first().and_then(|partition| partition.parse().ok()),
        timestamp_ms: rest.get(1).and_then(|timestamp| timestamp.trim_end_matches('L').parse().ok()),
        key: key.and_then(bytes),
        value: bytes(value),
        headers: Vec::new(),
    })
}

/// `offset -1`.
fn offset_and_metadata(value: &str) -> Value {
    let offset = value.strip_prefix("offset ").expect("an offset").parse().expect("a number");
    outcome(OffsetAndMetadata::new(offset, None, "").map(|_| json!("ok")))
}

/// Topic, partition, timestamp, each or null.
fn producer_record(value: &Value) -> Value {
    let partition = value[1].as_i64().map(|partition| partition as i32);
    let checked = ProducerRecord::check(value[0].as_str(), partition, value[2].as_i64());
    outcome(checked.map(|()| json!("ok")))
}

const RE2J: &str = "RE2J expressions come with the consumer group protocol";

#[test]
fn cases_validation() {
    check_file("validation.json", |case, _| {
        let illegal = |message: String| KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message);
        let value = || text(case, "value");
        let actual = match text(case, "what") {
            "topic" => {
                let name = text(case, "name");
                let mut actual = outcome(topic_name::check(name).map(|()| json!("ok")));
                actual["internal"] = json!(topic_name::is_internal(name));
                actual["hasCollisionChars"] = json!(topic_name::has_collision_chars(name));
                actual["unified"] = json!(topic_name::unify_collision_chars(name));
                actual
            }
            "collision" => json!({"result": topic_name::has_collision(text(case, "a"), text(case, "b"))}),
            "bootstrap" => bootstrap(value()),
            "group.instance.id" => outcome(topic_name::check_group_instance_id(value()).map(|()| json!("ok"))),
            "Uuid.fromString" => outcome(
                Uuid::parse(value())
                    .map_err(illegal)
                    .map(|uuid| json!([((uuid.0 >> 64) as i64).to_string(), (uuid.0 as i64).to_string()])),
            ),
            "Sanitizer.sanitize" => json!({"result": sanitizer::sanitize(value())}),
            "toString" => match to_string(value()) {
                Some(text) => json!({"result": text}),
                None => return Outcome::Failed(format!("no class for {}", value())),
            },
            "leave or join reason" => json!({"result": member::truncate_reason(value()).encode_utf16().count()}),
            "OffsetAndMetadata" => offset_and_metadata(value()),
            "ProducerRecord(topic, partition, timestamp, k, v)" => producer_record(&case["value"]),
            "regex" | "regex match (Pattern.compile(r).matcher(topic).matches())" => {
                return Outcome::Listed(RE2J);
            }
            other => return Outcome::Failed(format!("no check of {other}")),
        };
        compare(&answers(case, &["what", "name", "value", "a", "b", "portError"]), &actual)
    });
}

#[test]
fn numbers_of_java_that_no_double_holds_are_infinite() {
    assert_eq!(java::parse_double("-1e999"), Some(f64::NEG_INFINITY));
}

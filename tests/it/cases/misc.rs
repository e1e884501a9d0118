//! Error codes, exception classes, backoff, compression ratios, names and addresses.

use serde_json::{Value, json};

use super::serde::error_json;
use super::{Outcome, answers, check_file, compare};
use highwater::kafka::client::backoff::ExponentialBackoff;
use highwater::kafka::client::bootstrap::{host_of, parse_servers, port_of};
use highwater::kafka::client::producer::compression_ratio::CompressionRatio;
use highwater::kafka::errors::{ErrorCode, ExceptionClass, KafkaException};
use highwater::kafka::ids::{TopicIdPartition, TopicPartition, Uuid};
use highwater::kafka::{java, sanitizer, topic_name};

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
        _ => None,
    }
}

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
                None => return Outcome::Listed("not yet: this class has no counterpart"),
            },
            "leave or join reason" => return Outcome::Listed("not yet: groups"),
            "OffsetAndMetadata" => return Outcome::Listed("not yet: groups"),
            "regex" | "regex match (Pattern.compile(r).matcher(topic).matches())" => {
                return Outcome::Listed("RE2J expressions come with the consumer group protocol");
            }
            _ => return Outcome::Listed("not yet: this class has no counterpart"),
        };
        compare(&answers(case, &["what", "name", "value", "a", "b", "portError"]), &actual)
    });
}

#[test]
fn numbers_of_java_that_no_double_holds_are_infinite() {
    assert_eq!(java::parse_double("-1e999"), Some(f64::NEG_INFINITY));
}

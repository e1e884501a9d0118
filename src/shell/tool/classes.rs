//! The Java classes that a tool's option may name, beyond those of configs: what `Class.forName` finds and what comes of
//! making one and using it as something else.

use super::exception;
use crate::kafka::config::classes;
use crate::kafka::errors::KafkaException;

/// A class that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It has a public constructor without parameters.
    Makeable,
    /// It has none.
    NotMakeable,
    Interface,
}

impl Kind {
    /// How `Class.toString` begins.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Interface => "interface",
            Kind::Makeable | Kind::NotMakeable => "class",
        }
    }
}

const DECODERS: &str = "org.apache.kafka.tools.api.";
const FORMATTERS: &str = "org.apache.kafka.tools.consumer.";
const MAKEABLE_FORMATTERS: [&str; 7] = [
    "DefaultMessageFormatter",
    "GroupMetadataMessageFormatter",
    "LoggingMessageFormatter",
    "NoOpMessageFormatter",
    "OffsetsMessageFormatter",
    "TransactionLogMessageFormatter",
    "group.share.ShareGroupStateMessageFormatter",
];

/// What kind of class has this full name; none if there is none.
pub fn find(class: &str) -> Option<Kind> {
    let (package, simple) = class.rsplit_once('.').unwrap_or(("", class));
    if let Some(name) = class.strip_prefix(DECODERS) {
        return match name {
            "DefaultDecoder" | "IntegerDecoder" | "LongDecoder" | "StringDecoder" => Some(Kind::Makeable),
            "Decoder" | "RecordReader" => Some(Kind::Interface),
            _ => None,
        };
    }
    if let Some(name) = class.strip_prefix(FORMATTERS) {
        return match name {
            "CoordinatorRecordMessageFormatter" => Some(Kind::NotMakeable),
            _ if MAKEABLE_FORMATTERS.contains(&name) => Some(Kind::Makeable),
            _ => None,
        };
    }
    match class {
        "org.apache.kafka.common.MessageFormatter" => return Some(Kind::Interface),
        "org.apache.kafka.tools.LineMessageReader" => return Some(Kind::Makeable),
        _ => {}
    }
    if !classes::exists(class) {
        return None;
    }
    Some(match (is_interface(package, simple), is_makeable(package, simple)) {
        (true, _) => Kind::Interface,
        (false, true) => Kind::Makeable,
        (false, false) => Kind::NotMakeable,
    })
}

/// Whether an existing class is an interface, as far as configs are about such.
fn is_interface(package: &str, simple: &str) -> bool {
    match package {
        "java.lang" => matches!(simple, "CharSequence" | "Comparable" | "Iterable" | "Runnable"),
        "java.util" => matches!(simple, "Collection" | "List" | "Map" | "Set"),
        _ => matches!(
            simple,
            "Serializer"
                | "Deserializer"
                | "Serde"
                | "Partitioner"
                | "Consumer"
                | "Producer"
                | "Callback"
                | "ConsumerInterceptor"
                | "ProducerInterceptor"
                | "ConsumerPartitionAssignor"
                | "MetricsReporter"
        ),
    }
}

/// Whether it has a public constructor without parameters.
fn is_makeable(package: &str, simple: &str) -> bool {
    match package {
        "java.lang" => {
            matches!(
                simple,
                "Error"
                    | "Exception"
                    | "Object"
                    | "RuntimeException"
                    | "String"
                    | "StringBuilder"
                    | "Thread"
                    | "Throwable"
            )
        }
        "java.util" => {
            matches!(
                simple,
                "ArrayList" | "Date" | "HashMap" | "HashSet" | "LinkedList" | "Properties" | "Random" | "TreeMap"
            )
        }
        _ => ["Serializer", "Deserializer", "Assignor", "Reporter", "Partitioner"]
            .iter()
            .any(|end| simple.ends_with(end)),
    }
}

/// Why a class cannot be made and used as an `interface`, which it does not implement.
pub fn refusal(class: &str, interface: &str) -> KafkaException {
    match find(class) {
        None => exception("java.lang.ClassNotFoundException", class),
        Some(Kind::Interface | Kind::NotMakeable) => no_constructor(class),
        Some(Kind::Makeable) => exception("java.lang.ClassCastException", &cast_text(class, interface)),
    }
}

/// A class or interface that has no constructor without parameters.
pub fn no_constructor(class: &str) -> KafkaException {
    exception("java.lang.NoSuchMethodException", &format!("{class}.<init>()"))
}

/// What Java 17 says when an object of one class is cast to another; Java's own classes come with the JVM, Kafka's from
/// the class path.
fn cast_text(from: &str, to: &str) -> String {
    let app = "in unnamed module of loader 'app'";
    let homes = if from.starts_with("java.") {
        format!("{from} is in module java.base of loader 'bootstrap'; {to} is {app}")
    } else {
        format!("{from} and {to} are {app}")
    };
    format!("class {from} cannot be cast to class {to} ({homes})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_is_something_else_is_refused_for_what_it_is() {
        let refused = |class| refusal(class, "org.apache.kafka.common.MessageFormatter").to_string();
        assert_eq!(refused("no.Such"), "java.lang.ClassNotFoundException: no.Such");
        assert_eq!(refused("java.lang.Integer"), "java.lang.NoSuchMethodException: java.lang.Integer.<init>()");
        assert_eq!(refused("java.util.List"), "java.lang.NoSuchMethodException: java.util.List.<init>()");
        assert!(
            refused("java.lang.String").contains("java.lang.String is in module java.base of loader 'bootstrap'; ")
        );
        assert!(refused("org.apache.kafka.tools.api.LongDecoder").contains("are in unnamed module of loader 'app')"));
        assert_eq!(find("org.apache.kafka.tools.api.Decoder").map(Kind::word), Some("interface"));
    }
}

//! Serializers and deserializers.

use serde_json::{Value, json};

use super::{answers, check_file, compare, hex, unhex};
use highwater::kafka::client::serde::{Charset, Datum, Serde, java_uuid_text, parse_java_uuid};
use highwater::kafka::errors::KafkaException;
use highwater::kafka::java;

/// `{"exception", "message", "cause"}` as the recordings have it.
pub fn error_json(error: &KafkaException) -> Value {
    let mut json = json!({"exception": error.class.simple_name(), "message": error.message});
    if let Some(cause) = &error.cause {
        json["cause"] = error_json(cause);
    }
    json
}

/// The type of a name like `String UTF-8` or `List<Integer>`.
pub fn serde_of(name: &str) -> Result<Serde, KafkaException> {
    if let Some(inner) = name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')) {
        return Ok(Serde::List(Box::new(serde_of(inner)?)));
    }
    if let Some(encoding) = name.strip_prefix("String ") {
        return Charset::for_name(encoding).map(Serde::Text);
    }
    let class = format!("org.apache.kafka.common.serialization.{name}Serializer");
    Ok(Serde::from_class(&class).unwrap_or_else(|| panic!("no serializer {name}")))
}

/// A value of the type that `serde` takes, from what stands in the case.
fn datum(serde: &Serde, value: &Value) -> Option<Datum> {
    let text = || value.as_str().expect("text");
    let number = || value.as_i64().unwrap_or_else(|| text().parse().expect("a number"));
    if value.is_null() {
        return None;
    }
    Some(match serde {
        Serde::Text(_) => Datum::Text(text().to_string()),
        Serde::Integer => Datum::Integer(number() as i32),
        Serde::Long => Datum::Long(number()),
        Serde::Short => Datum::Short(number() as i16),
        Serde::Double => Datum::Double(java::parse_double(text()).expect("a double")),
        Serde::Float => Datum::Float(java_float(text())),
        Serde::Boolean => Datum::Boolean(value.as_bool().expect("a flag")),
        Serde::Uuid => Datum::Uuid(parse_java_uuid(text()).expect("a UUID")),
        Serde::Void => unreachable!("void has no values"),
        Serde::Bytes => Datum::Bytes(unhex(text())),
        Serde::ByteArray => Datum::ByteArray(unhex(text())),
        Serde::ByteBuffer => Datum::ByteBuffer(buffer(text())),
        Serde::List(inner) => {
            Datum::List(value.as_array().expect("a list").iter().map(|item| datum(inner, item)).collect())
        }
    })
}

fn java_float(text: &str) -> f32 {
    match text {
        "NaN" => f32::NAN,
        "Infinity" => f32::INFINITY,
        "-Infinity" => f32::NEG_INFINITY,
        _ => text.parse().expect("a float"),
    }
}

/// `01020304 with limit 3` is the first three bytes; a position is ignored by the serializer.
fn buffer(text: &str) -> Vec<u8> {
    let mut words = text.split(' ');
    let mut bytes = unhex(words.next().unwrap_or_default());
    let words: Vec<&str> = words.collect();
    if let Some(at) = words.iter().position(|word| *word == "limit") {
        bytes.truncate(words[at + 1].parse().expect("a limit"));
    }
    bytes
}

/// A value of the class that `wrongClass` names.
fn of_class(class: &str, value: &Value) -> Datum {
    let number =
        || value.as_i64().unwrap_or_else(|| value.as_str().and_then(|text| text.parse().ok()).expect("a number"));
    match class {
        "String" => Datum::Text(value.as_str().expect("text").to_string()),
        "Integer" => Datum::Integer(number() as i32),
        "Long" => Datum::Long(number()),
        "Short" => Datum::Short(number() as i16),
        "Double" => Datum::Double(1.5),
        "Float" => Datum::Float(1.5),
        "Boolean" => Datum::Boolean(true),
        "UUID" => Datum::Uuid(1),
        "byte[]" => Datum::ByteArray(vec![1]),
        "HeapByteBuffer" | "ByteBuffer" => Datum::ByteBuffer(vec![1]),
        "Bytes" => Datum::Bytes(vec![1]),
        "ArrayList" => {
            let item =
                |item: &Value| item.as_str().map_or_else(|| Datum::Integer(0), |text| Datum::Text(text.to_string()));
            Datum::List(value.as_array().expect("a list").iter().map(|value| Some(item(value))).collect())
        }
        other => panic!("no value of class {other}"),
    }
}

fn json_of(datum: &Datum) -> Value {
    match datum {
        Datum::Text(text) => json!(text),
        Datum::Integer(n) => json!(n),
        Datum::Short(n) => json!(n),
        Datum::Boolean(b) => json!(b),
        Datum::Long(n) => json!(n.to_string()),
        Datum::Double(n) => json!(java::double_text(*n)),
        Datum::Float(n) => json!(java::float_text(*n)),
        Datum::Uuid(id) => json!(java_uuid_text(*id)),
        Datum::ByteArray(bytes) | Datum::Bytes(bytes) | Datum::ByteBuffer(bytes) => json!(hex(bytes)),
        Datum::List(items) => items.iter().map(|item| item.as_ref().map_or(Value::Null, json_of)).collect(),
    }
}

fn serialize(case: &Value, serde: &Serde) -> Result<Value, KafkaException> {
    if let (Serde::Text(charset), Some(units)) = (serde, case["valueUtf16"].as_str()) {
        let units = unhex(units);
        let units = units.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        return Ok(json!(hex(&charset.encode(units))));
    }
    let value = match case["wrongClass"].as_str() {
        Some(class) => Some(of_class(class, &case["value"])),
        None => datum(serde, &case["value"]),
    };
    Ok(serde.serialize(value.as_ref())?.map_or(Value::Null, |bytes| json!(hex(&bytes))))
}

fn run(case: &Value) -> Result<Value, KafkaException> {
    let mut name = case["type"].as_str().expect("a type").to_string();
    if case["op"] == "configure" {
        let words = case["value"].as_str().expect("text");
        name = format!("String {}", words.split(' ').nth(1).expect("an encoding"));
    } else if name == "String" || name == "List<String>" {
        name = name.replace("String", "String UTF-8");
    }
    let serde = serde_of(&name)?;
    if case["op"] == "serialize" {
        return serialize(case, &serde);
    }
    let bytes = case["bytes"].as_str().map(unhex);
    Ok(serde.deserialize(bytes.as_deref())?.map_or(Value::Null, |datum| json_of(&datum)))
}

#[test]
fn cases_serde() {
    check_file("serde.json", |case, _| {
        let actual = match run(case) {
            Ok(result) => json!({"result": result}),
            Err(error) => json!({"error": error_json(&error)}),
        };
        compare(&answers(case, &["op", "type", "value", "valueUtf16", "bytes", "wrongClass"]), &actual)
    });
}

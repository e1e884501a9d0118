//! Serializers and deserializers: what a record's key and value are on the way between an application and its bytes
//! (`org.apache.kafka.common.serialization`).
//!
//! Simplifications: text has the encodings of [`Charset`], others count as unsupported; a `ByteBuffer` is its bytes from
//! 0 to its limit; a list's inner type is part of [`Serde`] and not looked up from configuration.

mod charset;
mod list;

pub use charset::Charset;

use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;

/// A value as an application has it. Absent values (Java's null) are `Option::None` around it.
#[derive(Clone, PartialEq, Debug)]
pub enum Datum {
    Text(String),
    Integer(i32),
    Long(i64),
    Short(i16),
    Double(f64),
    Float(f32),
    Boolean(bool),
    Uuid(u128),
    /// `byte[]`.
    ByteArray(Vec<u8>),
    /// Kafka's own wrapper of `byte[]`.
    Bytes(Vec<u8>),
    ByteBuffer(Vec<u8>),
    List(Vec<Option<Datum>>),
}

impl Datum {
    /// Full name of the Java class.
    pub const fn class_name(&self) -> &'static str {
        match self {
            Datum::Text(_) => "java.lang.String",
            Datum::Integer(_) => "java.lang.Integer",
            Datum::Long(_) => "java.lang.Long",
            Datum::Short(_) => "java.lang.Short",
            Datum::Double(_) => "java.lang.Double",
            Datum::Float(_) => "java.lang.Float",
            Datum::Boolean(_) => "java.lang.Boolean",
            Datum::Uuid(_) => "java.util.UUID",
            Datum::ByteArray(_) => "[B",
            Datum::Bytes(_) => BYTES,
            Datum::ByteBuffer(_) => "java.nio.HeapByteBuffer",
            Datum::List(_) => "java.util.ArrayList",
        }
    }
}

const BYTES: &str = "org.apache.kafka.common.utils.Bytes";

/// A type of keys or values with its serializer and deserializer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Serde {
    Text(Charset),
    Integer,
    Long,
    Short,
    Double,
    Float,
    Boolean,
    Uuid,
    Void,
    Bytes,
    ByteArray,
    ByteBuffer,
    List(Box<Serde>),
}

impl Serde {
    /// The type whose serializer or deserializer a class is, as
    /// `org.apache.kafka.common.serialization.IntegerSerializer`. Lists need an inner type and are not found here.
    pub fn from_class(class: &str) -> Option<Serde> {
        let simple = class.strip_prefix("org.apache.kafka.common.serialization.")?;
        let name = simple.strip_suffix("Deserializer").or_else(|| simple.strip_suffix("Serializer"))?;
        Some(match name {
            "String" => Serde::Text(Charset::Utf8),
            "Integer" => Serde::Integer,
            "Long" => Serde::Long,
            "Short" => Serde::Short,
            "Double" => Serde::Double,
            "Float" => Serde::Float,
            "Boolean" => Serde::Boolean,
            "UUID" => Serde::Uuid,
            "Void" => Serde::Void,
            "Bytes" => Serde::Bytes,
            "ByteArray" => Serde::ByteArray,
            "ByteBuffer" => Serde::ByteBuffer,
            _ => return None,
        })
    }

    /// The name in the class: `Integer` of `IntegerSerializer`.
    pub const fn name(&self) -> &'static str {
        match self {
            Serde::Text(_) => "String",
            Serde::Integer => "Integer",
            Serde::Long => "Long",
            Serde::Short => "Short",
            Serde::Double => "Double",
            Serde::Float => "Float",
            Serde::Boolean => "Boolean",
            Serde::Uuid => "UUID",
            Serde::Void => "Void",
            Serde::Bytes => "Bytes",
            Serde::ByteArray => "ByteArray",
            Serde::ByteBuffer => "ByteBuffer",
            Serde::List(_) => "List",
        }
    }

    /// Full name of the serializer's class.
    pub fn serializer_class(&self) -> String {
        format!("org.apache.kafka.common.serialization.{}Serializer", self.name())
    }

    /// The Java class of the values that it takes.
    const fn value_class(&self) -> &'static str {
        match self {
            Serde::Text(_) => "java.lang.String",
            Serde::Integer => "java.lang.Integer",
            Serde::Long => "java.lang.Long",
            Serde::Short => "java.lang.Short",
            Serde::Double => "java.lang.Double",
            Serde::Float => "java.lang.Float",
            Serde::Boolean => "java.lang.Boolean",
            Serde::Uuid => "java.util.UUID",
            Serde::Void => "java.lang.Void",
            Serde::Bytes => BYTES,
            Serde::ByteArray => "[B",
            Serde::ByteBuffer => "java.nio.ByteBuffer",
            Serde::List(_) => "java.util.List",
        }
    }

    /// Bytes of a value; nothing stays nothing.
    ///
    /// # Errors
    /// ClassCastException for a value of another type.
    pub fn serialize(&self, value: Option<&Datum>) -> Result<Option<Vec<u8>>, KafkaException> {
        let Some(value) = value else { return Ok(None) };
        let bytes = match (self, value) {
            (Serde::Text(charset), Datum::Text(text)) => charset.encode(text.encode_utf16()),
            (Serde::Integer, Datum::Integer(n)) => n.to_be_bytes().to_vec(),
            (Serde::Long, Datum::Long(n)) => n.to_be_bytes().to_vec(),
            (Serde::Short, Datum::Short(n)) => n.to_be_bytes().to_vec(),
            (Serde::Double, Datum::Double(n)) => n.to_bits().to_be_bytes().to_vec(),
            (Serde::Float, Datum::Float(n)) => n.to_bits().to_be_bytes().to_vec(),
            (Serde::Boolean, Datum::Boolean(b)) => vec![u8::from(*b)],
            (Serde::Uuid, Datum::Uuid(id)) => java_uuid_text(*id).into_bytes(),
            (Serde::Bytes, Datum::Bytes(bytes))
            | (Serde::ByteArray, Datum::ByteArray(bytes))
            | (Serde::ByteBuffer, Datum::ByteBuffer(bytes)) => bytes.clone(),
            (Serde::List(inner), Datum::List(items)) => list::serialize(inner, items)?,
            _ => return Err(class_cast(value.class_name(), self.value_class())),
        };
        Ok(Some(bytes))
    }

    /// The value in some bytes; nothing stays nothing.
    ///
    /// # Errors
    /// SerializationException when the bytes are no such value; VoidDeserializer throws IllegalArgumentException and
    /// ListDeserializer also KafkaException.
    pub fn deserialize(&self, bytes: Option<&[u8]>) -> Result<Option<Datum>, KafkaException> {
        let Some(bytes) = bytes else { return Ok(None) };
        let datum = match self {
            Serde::Text(charset) => Datum::Text(charset.decode(bytes)),
            Serde::Integer => Datum::Integer(i32::from_be_bytes(sized(bytes, "IntegerDeserializer")?)),
            Serde::Long => Datum::Long(i64::from_be_bytes(sized(bytes, "LongDeserializer")?)),
            Serde::Short => Datum::Short(i16::from_be_bytes(sized(bytes, "ShortDeserializer")?)),
            Serde::Double => Datum::Double(f64::from_bits(u64::from_be_bytes(sized(bytes, "Deserializer")?))),
            Serde::Float => Datum::Float(f32::from_bits(u32::from_be_bytes(sized(bytes, "Deserializer")?))),
            Serde::Boolean => match sized::<1>(bytes, "BooleanDeserializer")?[0] {
                0 => Datum::Boolean(false),
                1 => Datum::Boolean(true),
                other => {
                    let message = format!("Unexpected byte received by BooleanDeserializer: {}", other as i8);
                    return Err(serialization(message));
                }
            },
            Serde::Uuid => Datum::Uuid(
                parse_java_uuid(&Charset::Utf8.decode(bytes))
                    .map_err(|cause| serialization("Error parsing data into UUID").caused_by(cause))?,
            ),
            Serde::Void => {
                let message = "Data should be null for a VoidDeserializer.";
                return Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message));
            }
            Serde::Bytes => Datum::Bytes(bytes.to_vec()),
            Serde::ByteArray => Datum::ByteArray(bytes.to_vec()),
            Serde::ByteBuffer => Datum::ByteBuffer(bytes.to_vec()),
            Serde::List(inner) => Datum::List(list::deserialize(inner, bytes)?),
        };
        Ok(Some(datum))
    }
}

fn serialization(message: impl Into<String>) -> KafkaException {
    KafkaException::with(ExceptionClass::SERIALIZATION, message)
}

fn sized<const N: usize>(bytes: &[u8], deserializer: &str) -> Result<[u8; N], KafkaException> {
    bytes.try_into().map_err(|_| serialization(format!("Size of data received by {deserializer} is not {N}")))
}

/// What Java 17 says when a value is cast to a class that it is not of.
fn class_cast(from: &str, to: &str) -> KafkaException {
    // Java's own classes come with the JVM; Kafka's come from the class path.
    let home = |class: &str| {
        if class.starts_with("org.") {
            "in unnamed module of loader 'app'"
        } else {
            "in module java.base of loader 'bootstrap'"
        }
    };
    let homes = if home(from) == home(to) {
        format!("{from} and {to} are {}", home(from))
    } else {
        format!("{from} is {}; {to} is {}", home(from), home(to))
    };
    let message = format!("class {from} cannot be cast to class {to} ({homes})");
    KafkaException::with(ExceptionClass::CLASS_CAST, message)
}

/// `java.util.UUID.toString`: 36 characters, not Kafka's own short form.
pub fn java_uuid_text(id: u128) -> String {
    let hex = format!("{id:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// `java.util.UUID.fromString`: five hexadecimal numbers between dashes; each is cut to its own width from the left.
///
/// # Errors
/// IllegalArgumentException or its subclass NumberFormatException.
pub fn parse_java_uuid(text: &str) -> Result<u128, KafkaException> {
    let illegal = |message: String| KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message);
    if text.encode_utf16().count() > 36 {
        return Err(illegal("UUID string too large".to_string()));
    }
    let parts: Vec<&str> = text.split('-').collect();
    if parts.len() != 5 {
        return Err(illegal(format!("Invalid UUID string: {text}")));
    }
    let mut id = 0_u128;
    for (part, bits) in parts.iter().zip([32_u32, 16, 16, 16, 48]) {
        let number = u128::from(java::parse_hex_part(part)? as u64);
        id = (id << bits) | (number & ((1 << bits) - 1));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_uuids_read_what_they_print() {
        let id = 0x550e8400_e29b_41d4_a716_446655440000;
        assert_eq!(java_uuid_text(id), "550e8400-e29b-41d4-a716-446655440000");
        assert_eq!(parse_java_uuid(&java_uuid_text(id)), Ok(id));
        assert_eq!(
            parse_java_uuid("fffffffff-1-1-1-+1").map(java_uuid_text),
            Ok("ffffffff-0001-0001-0001-000000000001".into())
        );
    }

    #[test]
    fn a_class_of_java_is_never_one_of_kafka() {
        let error = Serde::Bytes.serialize(Some(&Datum::Integer(1))).expect_err("another class");
        assert!(
            error.to_string().ends_with("org.apache.kafka.common.utils.Bytes is in unnamed module of loader 'app')")
        );
    }
}

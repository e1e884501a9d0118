//! The wire format: how every field of a request, a response or a metadata record becomes bytes, at flexible
//! versions (compact lengths, tagged fields), after `org.apache.kafka.common.protocol.types`.
//!
//! One macro, [`wire_struct!`], turns a list of fields into a struct, its encoding, its decoding, its JSON form (as
//! `kafka-dump-log` prints metadata records) and a description that a test compares with Kafka's own schemas.

use std::fmt::Write;
use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, ProducerEpoch, ProducerId, Uuid};
use crate::kafka::record::RecordBatch;

/// Bytes end before the value does, or a length makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// One field of a schema, as `apis.json` describes it: name, tag, type and nested fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    pub name: &'static str,
    pub tag: Option<u32>,
    pub type_name: String,
    pub fields: Vec<Field>,
}

/// Reads values from the front of a byte slice.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, count: u64) -> Result<&'a [u8], Malformed> {
        let count = usize::try_from(count).map_err(|_| Malformed)?;
        let (head, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    pub fn unsigned_varint(&mut self) -> Result<u32, Malformed> {
        let mut value = 0_u32;
        for shift in (0..35).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u32::from(byte & 0x7f).checked_shl(shift).ok_or(Malformed)?;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }
}

/// Writes an unsigned varint of at most five bytes.
pub fn write_unsigned_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A length as flexible versions write it: plus one, so that 0 can mean null.
fn write_compact_len(len: usize, out: &mut Vec<u8>) {
    write_unsigned_varint(u32::try_from(len).expect("messages are smaller than 4 GiB") + 1, out);
}

/// A type that can stand in a message.
pub trait Wire: Sized {
    /// The name of the type in Kafka's schemas.
    fn type_name() -> String;
    fn write(&self, out: &mut Vec<u8>);
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed>;
    fn write_json(&self, out: &mut String);
    /// The fields of a struct, or of the structs in an array; empty for everything else.
    fn fields() -> Vec<Field> {
        Vec::new()
    }
}

macro_rules! wire_number {
    ($($type:ty => $name:literal),* $(,)?) => {$(
        impl Wire for $type {
            fn type_name() -> String {
                $name.to_string()
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                let bytes = from.take(size_of::<$type>() as u64)?;
                Ok(<$type>::from_be_bytes(bytes.try_into().map_err(|_| Malformed)?))
            }
            fn write_json(&self, out: &mut String) {
                let _ = write!(out, "{self}");
            }
        }
    )*};
}
wire_number!(i8 => "INT8", i16 => "INT16", i32 => "INT32", i64 => "INT64", u16 => "UINT16");

macro_rules! wire_newtype {
    ($($type:ident($inner:ty)),* $(,)?) => {$(
        impl Wire for $type {
            fn type_name() -> String {
                <$inner>::type_name()
            }
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                <$inner>::read(from).map($type)
            }
            fn write_json(&self, out: &mut String) {
                self.0.write_json(out);
            }
        }
    )*};
}
wire_newtype!(
    NodeId(i32),
    LeaderEpoch(i32),
    PartitionEpoch(i32),
    BrokerEpoch(i64),
    ProducerId(i64),
    ProducerEpoch(i16),
);

impl Wire for bool {
    fn type_name() -> String {
        "BOOLEAN".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(from.take(1)?[0] != 0)
    }
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

impl Wire for ErrorCode {
    fn type_name() -> String {
        "INT16".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.code().write(out);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        i16::read(from).map(ErrorCode::from_code)
    }
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "{}", self.code());
    }
}

impl Wire for Uuid {
    fn type_name() -> String {
        "UUID".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Uuid(u128::from_be_bytes(from.take(16)?.try_into().map_err(|_| Malformed)?)))
    }
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "\"{self}\"");
    }
}

/// JSON text of a string, escaped as Jackson escapes it.
fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Wire for Arc<str> {
    fn type_name() -> String {
        "COMPACT_STRING".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        write_compact_len(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Option::<Arc<str>>::read(from)?.ok_or(Malformed)
    }
    fn write_json(&self, out: &mut String) {
        write_json_string(self, out);
    }
}

impl Wire for Option<Arc<str>> {
    fn type_name() -> String {
        "COMPACT_NULLABLE_STRING".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(text) => text.write(out),
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let Some(len) = from.unsigned_varint()?.checked_sub(1) else { return Ok(None) };
        let text = std::str::from_utf8(from.take(u64::from(len))?).map_err(|_| Malformed)?;
        Ok(Some(Arc::from(text)))
    }
    fn write_json(&self, out: &mut String) {
        match self {
            None => out.push_str("null"),
            Some(text) => text.write_json(out),
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn type_name() -> String {
        format!("compact[]{}", T::type_name())
    }
    fn write(&self, out: &mut Vec<u8>) {
        write_compact_len(self.len(), out);
        self.iter().for_each(|item| item.write(out));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Option::<Vec<T>>::read(from)?.ok_or(Malformed)
    }
    fn write_json(&self, out: &mut String) {
        out.push('[');
        for (place, item) in self.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            item.write_json(out);
        }
        out.push(']');
    }
    fn fields() -> Vec<Field> {
        T::fields()
    }
}

impl<T: Wire> Wire for Option<Vec<T>> {
    fn type_name() -> String {
        format!("compact[]{}?", T::type_name())
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(items) => items.write(out),
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let Some(len) = from.unsigned_varint()?.checked_sub(1) else { return Ok(None) };
        (0..len).map(|_| T::read(from)).collect::<Result<Vec<T>, Malformed>>().map(Some)
    }
    fn write_json(&self, out: &mut String) {
        match self {
            None => out.push_str("null"),
            Some(items) => items.write_json(out),
        }
    }
    fn fields() -> Vec<Field> {
        T::fields()
    }
}

/// The `records` field of Produce and Fetch: whole batches, one behind the other.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Records(pub Vec<RecordBatch>);

impl Records {
    /// Bytes of all batches together.
    pub fn size_in_bytes(&self) -> i32 {
        self.0.iter().map(RecordBatch::size_in_bytes).sum()
    }
}

impl Wire for Option<Records> {
    fn type_name() -> String {
        "COMPACT_NULLABLE_RECORDS".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        let Some(records) = self else { return out.push(0) };
        write_compact_len(records.0.iter().map(|batch| batch.bytes().len()).sum(), out);
        records.0.iter().for_each(|batch| out.extend_from_slice(batch.bytes()));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let Some(len) = from.unsigned_varint()?.checked_sub(1) else { return Ok(None) };
        let mut bytes = from.take(u64::from(len))?;
        let mut batches = Vec::new();
        while !bytes.is_empty() {
            // baseOffset (8) and length (4) stand before the part that the length counts.
            let length = bytes.get(8..12).ok_or(Malformed)?;
            let length = u32::from_be_bytes(length.try_into().map_err(|_| Malformed)?);
            let size = usize::try_from(length).map_err(|_| Malformed)?.checked_add(12).ok_or(Malformed)?;
            let (batch, rest) = bytes.split_at_checked(size).ok_or(Malformed)?;
            batches.push(RecordBatch::parse(Arc::from(batch), Arc::from([])).map_err(|_| Malformed)?);
            bytes = rest;
        }
        Ok(Some(Records(batches)))
    }
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "{}", self.as_ref().map_or(0, Records::size_in_bytes));
    }
}

/// `camelCase` of a field name, as Kafka's JSON converters write it.
pub fn camel_case(snake: &str, out: &mut String) {
    let mut upper = false;
    for c in snake.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
}

/// Writes tagged fields: count, then tag, size and value of each, in the order of their tags.
pub fn write_tags(tags: &[(u32, Vec<u8>)], out: &mut Vec<u8>) {
    write_unsigned_varint(tags.len() as u32, out);
    for (tag, value) in tags {
        write_unsigned_varint(*tag, out);
        write_unsigned_varint(value.len() as u32, out);
        out.extend_from_slice(value);
    }
}

macro_rules! wire_struct {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* } $(tags { $($tag:literal => $tfield:ident: $ttype:ty = $default:expr,)* })?) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name {
            $(pub $field: $type,)*
            $($(pub $tfield: $ttype,)*)?
        }

        impl $crate::kafka::protocol::wire::Wire for $name {
            fn type_name() -> String {
                "struct".to_string()
            }
            #[allow(unused_mut, reason = "structs without tagged fields never push one")]
            fn write(&self, out: &mut Vec<u8>) {
                $($crate::kafka::protocol::wire::Wire::write(&self.$field, out);)*
                let mut tags: Vec<(u32, Vec<u8>)> = Vec::new();
                $($(if self.$tfield != $default {
                    let mut value = Vec::new();
                    $crate::kafka::protocol::wire::Wire::write(&self.$tfield, &mut value);
                    tags.push(($tag, value));
                })*)?
                $crate::kafka::protocol::wire::write_tags(&tags, out);
            }
            fn read(
                from: &mut $crate::kafka::protocol::wire::Reader<'_>,
            ) -> Result<Self, $crate::kafka::protocol::wire::Malformed> {
                $(let $field = $crate::kafka::protocol::wire::Wire::read(from)?;)*
                $($(let mut $tfield: $ttype = $default;)*)?
                for _ in 0..from.unsigned_varint()? {
                    let tag = from.unsigned_varint()?;
                    let size = from.unsigned_varint()?;
                    #[allow(unused_variables, reason = "a struct may know no tags at all")]
                    let value = from.take(u64::from(size))?;
                    match tag {
                        $($($tag => {
                            let mut value = $crate::kafka::protocol::wire::Reader::new(value);
                            $tfield = $crate::kafka::protocol::wire::Wire::read(&mut value)?;
                        })*)?
                        // An unknown tag belongs to a newer peer: it is skipped, as Kafka does.
                        _ => {}
                    }
                }
                Ok($name { $($field,)* $($($tfield,)*)? })
            }
            #[allow(unused_mut, unused_assignments, unused_variables, reason = "an empty struct has no separators")]
            fn write_json(&self, out: &mut String) {
                out.push('{');
                let mut first = true;
                $(
                    if !first { out.push(','); }
                    first = false;
                    out.push('"');
                    $crate::kafka::protocol::wire::camel_case(stringify!($field), out);
                    out.push_str("\":");
                    $crate::kafka::protocol::wire::Wire::write_json(&self.$field, out);
                )*
                $($(if self.$tfield != $default {
                    if !first { out.push(','); }
                    first = false;
                    out.push('"');
                    $crate::kafka::protocol::wire::camel_case(stringify!($tfield), out);
                    out.push_str("\":");
                    $crate::kafka::protocol::wire::Wire::write_json(&self.$tfield, out);
                })*)?
                out.push('}');
            }
            fn fields() -> Vec<$crate::kafka::protocol::wire::Field> {
                vec![
                    $($crate::kafka::protocol::wire::Field {
                        name: stringify!($field).trim_start_matches("r#"),
                        tag: None,
                        type_name: <$type as $crate::kafka::protocol::wire::Wire>::type_name(),
                        fields: <$type as $crate::kafka::protocol::wire::Wire>::fields(),
                    },)*
                    $($($crate::kafka::protocol::wire::Field {
                        name: stringify!($tfield),
                        tag: Some($tag),
                        type_name: <$ttype as $crate::kafka::protocol::wire::Wire>::type_name(),
                        fields: <$ttype as $crate::kafka::protocol::wire::Wire>::fields(),
                    },)*)?
                ]
            }
        }

        impl $crate::kafka::protocol::wire::Wire for Option<$name> {
            fn type_name() -> String {
                "struct".to_string()
            }
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    None => out.push(0xff),
                    Some(value) => {
                        out.push(1);
                        value.write(out);
                    }
                }
            }
            fn read(
                from: &mut $crate::kafka::protocol::wire::Reader<'_>,
            ) -> Result<Self, $crate::kafka::protocol::wire::Malformed> {
                match <i8 as $crate::kafka::protocol::wire::Wire>::read(from)? {
                    value if value < 0 => Ok(None),
                    _ => $name::read(from).map(Some),
                }
            }
            fn write_json(&self, out: &mut String) {
                match self {
                    None => out.push_str("null"),
                    Some(value) => value.write_json(out),
                }
            }
            fn fields() -> Vec<$crate::kafka::protocol::wire::Field> {
                $name::fields()
            }
        }
    };
}
pub(crate) use wire_struct;

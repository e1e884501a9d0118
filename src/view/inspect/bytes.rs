//! The bytes of a batch v2 with the name and the value of every field (`DefaultRecordBatch`, `DefaultRecord`).

use serde::Serialize;

use crate::kafka::record::varint::{read_varint, read_varlong};
use crate::kafka::record::{Compression, RECORD_BATCH_OVERHEAD, RecordBatch};
use crate::time::SimTime;
use crate::view::project::records::text;
use crate::view::words::Words;

/// The encoded batch, and what each of its bytes is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Dump {
    pub base_offset: i64,
    pub last_offset: i64,
    pub bytes: Vec<u8>,
    /// In the order of the bytes, without gaps.
    pub fields: Vec<Field>,
    /// The bytes of the selected record, from and to.
    pub lit: Option<(u32, u32)>,
}

/// A field of the batch or of one of its records.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Field {
    /// Kafka's name for it.
    pub name: &'static str,
    pub from: u32,
    pub to: u32,
    pub value: String,
    /// Offset of the record that it belongs to; None in the batch's header.
    pub record: Option<i64>,
}

impl Dump {
    /// The field that has this byte.
    pub fn field_at(&self, byte: u32) -> Option<u32> {
        let place = self.fields.partition_point(|field| field.to <= byte);
        (place < self.fields.len()).then_some(place as u32)
    }
}

/// A way along the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Left,
    Right,
    Up,
    Down,
    First,
    Last,
}

/// A row of the hex grid.
#[derive(Clone, PartialEq, Debug)]
pub struct HexRow {
    /// Place of its first byte.
    pub at: u32,
    pub runs: Vec<Run>,
    /// The bytes as text; a dot for what is none.
    pub text: String,
}

/// Neighbouring bytes of one field.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    pub at: u32,
    pub hex: String,
    pub field: u32,
    /// They belong to the selected record.
    pub lit: bool,
    /// They belong to the marked field.
    pub marked: bool,
    /// The marked byte alone.
    pub cursor: bool,
}

impl Dump {
    /// Where a key leads from a byte, in rows of `width` bytes.
    pub fn step(&self, from: u32, step: Step, width: u32) -> u32 {
        let last = (self.bytes.len() as u32).saturating_sub(1);
        match step {
            Step::Left => from.saturating_sub(1),
            Step::Right => (from + 1).min(last),
            Step::Up => from.checked_sub(width).unwrap_or(from),
            Step::Down => Some(from + width).filter(|to| *to <= last).unwrap_or(from),
            Step::First => 0,
            Step::Last => last,
        }
    }

    /// At most `most` rows of `width` bytes, the selected record and the marked byte among them. Marking a byte that is
    /// shown moves nothing.
    pub fn rows(&self, width: u32, most: u32, marked: u32) -> Vec<HexRow> {
        let all = (self.bytes.len() as u32).div_ceil(width);
        let record = self.lit.map_or(0, |(from, _)| from / width);
        let first = record.saturating_sub(1).min(all.saturating_sub(most));
        let row = marked / width;
        let first = first.min(row).max((row + 1).saturating_sub(most));
        (first..all.min(first + most)).map(|row| self.row(row * width, width, marked)).collect()
    }

    fn row(&self, at: u32, width: u32, marked: u32) -> HexRow {
        let end = (at + width).min(self.bytes.len() as u32);
        let chosen = self.field_at(marked);
        let mut runs: Vec<Run> = Vec::new();
        for byte in at..end {
            let field = self.field_at(byte).unwrap_or_default();
            let cursor = byte == marked;
            let hex = format!("{:02x}", self.bytes[byte as usize]);
            match runs.last_mut() {
                Some(run) if run.field == field && !run.cursor && !cursor => {
                    run.hex.push(' ');
                    run.hex.push_str(&hex);
                }
                _ => {
                    let lit = self.lit.is_some_and(|(from, to)| from <= byte && byte < to);
                    runs.push(Run { at: byte, hex, field, lit, marked: chosen == Some(field), cursor });
                }
            }
        }
        let own = &self.bytes[at as usize..end as usize];
        let text = own.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '·' }).collect();
        HexRow { at, runs, text }
    }
}

const HEADER: [(&str, u32); 13] = [
    ("baseOffset", 8),
    ("batchLength", 4),
    ("partitionLeaderEpoch", 4),
    ("magic", 1),
    ("crc", 4),
    ("attributes", 2),
    ("lastOffsetDelta", 4),
    ("baseTimestamp", 8),
    ("maxTimestamp", 8),
    ("producerId", 8),
    ("producerEpoch", 2),
    ("baseSequence", 4),
    ("recordsCount", 4),
];

/// Takes a batch apart; `record` is the offset of the record to light up.
pub fn dump(batch: &RecordBatch, record: Option<i64>, words: Words) -> Dump {
    let bytes = batch.bytes().to_vec();
    let mut fields = Vec::new();
    let mut from = 0;
    for (name, width) in HEADER {
        let value = header_value(batch, name, words);
        fields.push(Field { name, from, to: from + width, value, record: None });
        from += width;
    }
    if batch.compression() == Compression::None {
        read_records(batch, &bytes, &mut fields);
    }
    let known = fields.last().map_or(0, |field| field.to);
    if known < bytes.len() as u32 {
        let value = words.bytes_compressed(batch.compression().name());
        fields.push(Field { name: "records", from: known, to: bytes.len() as u32, value, record: None });
    }
    let of_record = |field: &&Field| record.is_some() && field.record == record;
    let first = fields.iter().find(of_record).map(|field| field.from);
    let lit = first.zip(fields.iter().rev().find(of_record).map(|field| field.to));
    Dump { base_offset: batch.base_offset(), last_offset: batch.last_offset(), bytes, fields, lit }
}

fn header_value(batch: &RecordBatch, name: &str, words: Words) -> String {
    match name {
        "baseOffset" => batch.base_offset().to_string(),
        "batchLength" => (batch.size_in_bytes() - 12).to_string(),
        "partitionLeaderEpoch" => batch.partition_leader_epoch().to_string(),
        "magic" => batch.magic().to_string(),
        "crc" if batch.crc() == batch.computed_crc() => words.bytes_crc_right(format!("{:08x}", batch.crc())),
        "crc" => words.bytes_crc_wrong(format!("{:08x}", batch.computed_crc()), format!("{:08x}", batch.crc())),
        "attributes" => attributes(batch),
        "lastOffsetDelta" => batch.last_offset_delta().to_string(),
        "baseTimestamp" => timestamp(batch.base_timestamp()),
        "maxTimestamp" => timestamp(batch.max_timestamp()),
        "producerId" => batch.producer_id().to_string(),
        "producerEpoch" => batch.producer_epoch().to_string(),
        "baseSequence" => batch.base_sequence().to_string(),
        _ => batch.count().to_string(),
    }
}

/// `0: none, CreateTime`.
fn attributes(batch: &RecordBatch) -> String {
    let mut parts = vec![batch.compression().name(), batch.timestamp_type().name()];
    parts.extend(batch.is_transactional().then_some("isTransactional"));
    parts.extend(batch.is_control().then_some("isControl"));
    parts.extend(batch.delete_horizon_ms().map(|_| "hasDeleteHorizon"));
    format!("{}: {}", batch.attributes(), parts.join(", "))
}

/// Milliseconds since 1970, and the date that they are.
fn timestamp(ms: i64) -> String {
    match u64::try_from(ms) {
        Ok(since) if since < 100_000_000_000_000 => format!("{ms} ({})", SimTime::from_micros(since * 1_000)),
        _ => ms.to_string(),
    }
}

/// A cursor over the bytes of the records.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: u32,
    record: i64,
    fields: &'a mut Vec<Field>,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at as usize..]
    }

    fn push(&mut self, name: &'static str, width: u32, value: String) {
        self.fields.push(Field { name, from: self.at, to: self.at + width, value, record: Some(self.record) });
        self.at += width;
    }

    fn int(&mut self, name: &'static str) -> Option<i32> {
        let mut rest = self.rest();
        let before = rest.len();
        let value = read_varint(&mut rest).ok()?;
        self.push(name, (before - rest.len()) as u32, value.to_string());
        Some(value)
    }

    fn long(&mut self, name: &'static str, show: impl Fn(i64) -> String) -> Option<i64> {
        let mut rest = self.rest();
        let before = rest.len();
        let value = read_varlong(&mut rest).ok()?;
        self.push(name, (before - rest.len()) as u32, show(value));
        Some(value)
    }

    /// Bytes behind their length; -1 is null and has none.
    fn sized(&mut self, length: &'static str, name: &'static str) -> Option<()> {
        let width = u32::try_from(self.int(length)?).unwrap_or(0);
        let content = self.rest().get(..width as usize)?;
        if width > 0 {
            self.push(name, width, text(content));
        }
        Some(())
    }
}

fn read_records(batch: &RecordBatch, bytes: &[u8], fields: &mut Vec<Field>) {
    let mut at = RECORD_BATCH_OVERHEAD as u32;
    for number in 0..i64::from(batch.count()) {
        let mut cursor = Cursor { bytes, at, record: batch.base_offset() + number, fields };
        let begin = cursor.fields.len();
        let delta = read_record(&mut cursor, batch.base_timestamp());
        at = cursor.at;
        match delta {
            // Compaction leaves gaps: the record's own delta says where it stands.
            Some(delta) => {
                let record = Some(batch.base_offset() + i64::from(delta));
                fields[begin..].iter_mut().for_each(|field| field.record = record);
            }
            // What cannot be read stays one piece.
            None => {
                fields.truncate(begin);
                return;
            }
        }
    }
}

/// One record; gives its offset delta.
fn read_record(cursor: &mut Cursor, base_timestamp: i64) -> Option<i32> {
    cursor.int("length")?;
    let attributes = *cursor.rest().first()?;
    cursor.push("attributes", 1, attributes.to_string());
    cursor.long("timestampDelta", |delta| format!("{delta} = {}", timestamp(base_timestamp + delta)))?;
    let delta = cursor.int("offsetDelta")?;
    cursor.sized("keyLength", "key")?;
    cursor.sized("valueLength", "value")?;
    let headers = cursor.int("headersCount")?;
    for _ in 0..headers.max(0) {
        cursor.sized("headerKeyLength", "headerKey")?;
        cursor.sized("headerValueLength", "headerValue")?;
    }
    Some(delta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ids::Rid;
    use crate::kafka::record::{BatchBuilder, Header, Record, TimestampType};

    fn batch(compression: Compression) -> RecordBatch {
        let mut builder = BatchBuilder::new(compression, TimestampType::CreateTime, 46, 16_384);
        for (place, key) in [Some("yun"), None].into_iter().enumerate() {
            let record = Record {
                timestamp_ms: 1_767_225_612_353 + place as i64,
                key: key.map(|key| key.as_bytes().into()),
                value: Some(b"v".as_slice().into()),
                headers: vec![Header { key: "h".into(), value: None }],
            };
            builder.append(record, Rid(place as u64));
        }
        builder.close()
    }

    #[test]
    fn every_byte_of_a_batch_belongs_to_exactly_one_field() {
        for compression in [Compression::None, Compression::Gzip] {
            let batch = batch(compression);
            let dump = dump(&batch, None, Words::English);
            let mut at = 0;
            for field in &dump.fields {
                assert_eq!(field.from, at, "{}", field.name);
                assert!(field.to > field.from, "{} has bytes", field.name);
                at = field.to;
            }
            assert_eq!(at as i32, batch.size_in_bytes());
            assert!((0..at).all(|byte| {
                let field = &dump.fields[dump.field_at(byte).expect("every byte has a field") as usize];
                field.from <= byte && byte < field.to
            }));
            assert_eq!(dump.field_at(at), None);
        }
    }

    #[test]
    fn fields_have_kafkas_names_and_their_values() {
        let dump = dump(&batch(Compression::None), Some(47), Words::English);
        let of = |record: Option<i64>| -> Vec<String> {
            let own = dump.fields.iter().filter(|field| field.record == record);
            own.map(|field| format!("{}={}", field.name, field.value)).collect()
        };
        let header = of(None);
        assert_eq!(header[0], "baseOffset=46");
        assert_eq!(header[5], "attributes=0: none, CreateTime");
        assert!(header[4].ends_with(", computed"), "{}", header[4]);
        assert_eq!(header[7], "baseTimestamp=1767225612353 (2026-01-01 00:00:12,353)");
        assert_eq!(
            of(Some(46))[3..],
            [
                "offsetDelta=0",
                "keyLength=3",
                "key=yun",
                "valueLength=1",
                "value=v",
                "headersCount=1",
                "headerKeyLength=1",
                "headerKey=h",
                "headerValueLength=-1"
            ]
        );
        assert_eq!(of(Some(47))[3..5], ["offsetDelta=1", "keyLength=-1"]);
        let (from, to) = dump.lit.expect("record 47 is lit");
        assert_eq!(dump.fields[dump.field_at(from).expect("a field") as usize].name, "length");
        assert_eq!(to as usize, dump.bytes.len());
    }

    #[test]
    fn the_grid_shows_every_byte_once_and_marks_one_field() {
        let dump = dump(&batch(Compression::None), Some(47), Words::English);
        let rows = dump.rows(16, u32::MAX / 32, 17);
        let shown: Vec<String> = rows.iter().flat_map(|row| &row.runs).map(|run| run.hex.clone()).collect();
        let hex: Vec<String> = dump.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown.join(" "), hex.join(" "));
        let runs: Vec<&Run> = rows.iter().flat_map(|row| &row.runs).collect();
        assert!(runs.iter().filter(|run| run.marked).all(|run| dump.fields[run.field as usize].name == "crc"));
        assert_eq!(runs.iter().filter(|run| run.cursor).map(|run| run.at).collect::<Vec<_>>(), [17]);
        let few = dump.rows(16, 2, dump.bytes.len() as u32 - 1);
        assert_eq!(few.last().map(|row| row.at), rows.last().map(|row| row.at), "the marked byte is among them");
        assert_eq!(few.len(), 2);
    }

    #[test]
    fn keys_walk_along_the_bytes_and_stop_at_the_ends() {
        let dump = dump(&batch(Compression::None), None, Words::English);
        let last = dump.bytes.len() as u32 - 1;
        assert_eq!(dump.step(0, Step::Left, 16), 0);
        assert_eq!(dump.step(0, Step::Down, 16), 16);
        assert_eq!(dump.step(5, Step::Up, 16), 5);
        assert_eq!(dump.step(last, Step::Right, 16), last);
        assert_eq!((dump.step(9, Step::First, 16), dump.step(9, Step::Last, 16)), (0, last));
    }

    #[test]
    fn a_compressed_batch_keeps_its_records_in_one_piece() {
        let dump = dump(&batch(Compression::Gzip), Some(46), Words::English);
        let last = dump.fields.last().expect("fields");
        assert_eq!((last.name, last.value.as_str(), dump.lit), ("records", "compressed: gzip", None));
    }
}

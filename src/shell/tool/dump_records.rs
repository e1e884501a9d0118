//! How kafka-dump-log prints batches and records.

use super::exception;
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::record::{ControlRecordType, EndTransactionMarker, KraftVoters, RecordBatch, StoredRecord};
use crate::shell::options::joptsimple::{Given, OptionError};
use crate::shell::output::Output;

/// How keys and values are read.
pub enum Decoder {
    /// Two of Kafka's own decoder classes, one for keys and one for values.
    Classes(Plain, Plain),
    /// `--cluster-metadata-decoder`.
    ClusterMetadata,
    /// `--offsets-decoder`.
    Offsets,
}

/// `org.apache.kafka.tools.api.*Decoder`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plain {
    String,
    Integer,
    Long,
}

const PACKAGE: &str = "org.apache.kafka.tools.api.";

impl Decoder {
    pub fn choose(given: &Given) -> Result<Decoder, KafkaException> {
        if given.has("offsets-decoder") {
            return Ok(Decoder::Offsets);
        }
        if given.has("cluster-metadata-decoder") {
            return Ok(Decoder::ClusterMetadata);
        }
        let of_option = |error: OptionError| exception(error.class(), &error.message());
        let value = plain(given.one("value-decoder-class").map_err(of_option)?)?;
        let key = plain(given.one("key-decoder-class").map_err(of_option)?)?;
        Ok(Decoder::Classes(key, value))
    }

    /// Key and value as text; none for what is not printed.
    fn parse(&self, record: &StoredRecord) -> Result<(Option<String>, Option<String>), KafkaException> {
        let (key, value) = (record.record.key.as_deref(), record.record.value.as_deref());
        match self {
            Decoder::Classes(key_decoder, value_decoder) => {
                let key = key.map(|bytes| key_decoder.text(bytes)).transpose()?;
                let value = value.map(|bytes| value_decoder.text(bytes)).transpose()?;
                Ok((key, value))
            }
            Decoder::ClusterMetadata => Ok((None, Some(super::run::metadata_record(record.offset, value)))),
            Decoder::Offsets if key.is_none() => Err(exception(
                "java.lang.RuntimeException",
                &format!(
                    "Failed to decode message at offset {} using offset topic decoder (message had a missing key)",
                    record.offset
                ),
            )),
            Decoder::Offsets => Ok((Some(no_group_record(record.offset, key.unwrap_or(&[]))), None)),
        }
    }
}

/// What is said of a key that is none of the group coordinator's (`OffsetsMessageParser`).
fn no_group_record(offset: i64, key: &[u8]) -> String {
    /// Types of records that a group coordinator writes are below this.
    const TYPES: i16 = 32;
    match key.first_chunk().map(|version| i16::from_be_bytes(*version)) {
        None => format!("Error at offset {offset}, skipping. Could not read key's version."),
        Some(kind) if (0..TYPES).contains(&kind) => {
            format!("Error at offset {offset}, skipping. not yet: consumer groups")
        }
        Some(kind) => format!("Unknown record type {kind} at offset {offset}, skipping."),
    }
}

fn plain(class: Option<&str>) -> Result<Plain, KafkaException> {
    match class.map(|class| class.strip_prefix(PACKAGE).unwrap_or("")) {
        None | Some("StringDecoder") => Ok(Plain::String),
        Some("IntegerDecoder") => Ok(Plain::Integer),
        Some("LongDecoder") => Ok(Plain::Long),
        Some(_) => Err(exception("java.lang.RuntimeException", "Failed to load decoder class")
            .caused_by(exception("java.lang.ClassNotFoundException", class.unwrap_or("")))),
    }
}

impl Plain {
    fn text(self, bytes: &[u8]) -> Result<String, KafkaException> {
        let short = || KafkaException::new(ExceptionClass::named("java.nio.BufferUnderflowException"), None);
        match self {
            Plain::String => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Plain::Integer => match bytes.first_chunk() {
                Some(four) => Ok(i32::from_be_bytes(*four).to_string()),
                None => Err(short()),
            },
            Plain::Long => match bytes.first_chunk() {
                Some(eight) => Ok(i64::from_be_bytes(*eight).to_string()),
                None => Err(short()),
            },
        }
    }
}

/// One line a batch; `position` is where it stands in the file.
pub fn print_batch(batch: &RecordBatch, position: u64, output: &mut Output) {
    let horizon = match batch.delete_horizon_ms() {
        Some(ms) => format!("OptionalLong[{ms}]"),
        None => "OptionalLong.empty".to_string(),
    };
    output.out(format!(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
         partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {horizon} position: {position} \
         {}: {} size: {} magic: {} compresscodec: {} crc: {} isvalid: {}",
        batch.base_offset(),
        batch.last_offset(),
        batch.count(),
        batch.base_sequence(),
        batch.last_sequence(),
        batch.producer_id(),
        batch.producer_epoch(),
        batch.partition_leader_epoch(),
        batch.is_transactional(),
        batch.is_control(),
        batch.timestamp_type(),
        batch.max_timestamp(),
        batch.size_in_bytes(),
        batch.magic(),
        batch.compression(),
        batch.crc(),
        batch.is_valid(),
    ));
}

/// One line a record.
pub fn print_record(
    batch: &RecordBatch,
    record: &StoredRecord,
    decoder: &Decoder,
    contents: bool,
    skip_metadata: bool,
    output: &mut Output,
) -> Result<(), KafkaException> {
    let mut line = String::new();
    let mut prefix = "| ";
    if !skip_metadata {
        line.push_str(&metadata(batch, record));
        prefix = " ";
    }
    if contents && !batch.is_control() {
        let (key, value) = decoder.parse(record)?;
        if let Some(key) = key {
            line.push_str(&format!("{prefix}key: {key}"));
            prefix = " ";
        }
        if let Some(value) = value {
            line.push_str(&format!("{prefix}payload: {value}"));
        }
    }
    output.out(line);
    Ok(())
}

fn metadata(batch: &RecordBatch, record: &StoredRecord) -> String {
    let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
    let headers: Vec<&str> = record.record.headers.iter().map(|header| &*header.key).collect();
    let mut text = format!(
        "| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
        record.offset,
        batch.timestamp_type(),
        record.record.timestamp_ms,
        size(record.record.key.as_deref()),
        size(record.record.value.as_deref()),
        record.sequence,
        headers.join(",")
    );
    if batch.is_control() {
        text.push_str(&control(record));
    }
    text
}

fn control(record: &StoredRecord) -> String {
    let key = record.record.key.as_deref().unwrap_or(&[]);
    let value = record.record.value.as_deref().unwrap_or(&[]);
    match EndTransactionMarker::of_record(key, value) {
        Some(marker) => {
            format!(" endTxnMarker: {} coordinatorEpoch: {}", marker.control_type().name(), marker.coordinator_epoch)
        }
        None => match ControlRecordType::of_key(key) {
            Some(ControlRecordType::KraftVersion) => {
                let version = value.get(2..4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i16::from_be_bytes);
                format!(" KRaftVersion {{\"version\":0,\"kRaftVersion\":{version}}}")
            }
            Some(ControlRecordType::KraftVoters) => {
                format!(
                    " KRaftVoters {}",
                    KraftVoters::parse(value).map(|voters| voters_json(&voters)).unwrap_or_default()
                )
            }
            Some(kind) => format!(" controlType: {}({})", kind.name(), kind.id()),
            None => " controlType: UNKNOWN(-1)".to_string(),
        },
    }
}

/// The voters as Kafka's converter writes them.
fn voters_json(voters: &KraftVoters) -> String {
    let voter = |row: &crate::kafka::record::QuorumVoter| {
        let endpoint = |at: &crate::kafka::record::VoterEndpoint| {
            format!("{{\"name\":\"{}\",\"host\":\"{}\",\"port\":{}}}", at.name, at.host, at.port)
        };
        let endpoints: Vec<String> = row.endpoints.iter().map(endpoint).collect();
        format!(
            "{{\"voterId\":{},\"voterDirectoryId\":\"{}\",\"endpoints\":[{}],\"kRaftVersionFeature\":\
             {{\"minSupportedVersion\":0,\"maxSupportedVersion\":1}}}}",
            row.voter.id,
            row.voter.directory_id,
            endpoints.join(",")
        )
    };
    let voters: Vec<String> = voters.voters.iter().map(voter).collect();
    format!("{{\"version\":0,\"voters\":[{}]}}", voters.join(","))
}

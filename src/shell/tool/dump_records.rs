//! How kafka-dump-log prints batches and records.

use super::coordinator_log::CoordinatorLog;
use super::run::unreadable;
use super::{classes, exception};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use crate::kafka::record::{
    ControlRecordType, EndTransactionMarker, KraftVoters, LeaderChange, RecordBatch, StoredRecord, Voter,
};
use crate::shell::options::joptsimple::{Given, OptionError};
use crate::shell::output::Output;

/// How keys and values are read.
pub enum Decoder {
    /// Two of Kafka's own decoder classes, one for keys and one for values.
    Classes(Plain, Plain),
    /// `--cluster-metadata-decoder`.
    ClusterMetadata,
    /// `--offsets-decoder`, `--transaction-log-decoder`, `--share-group-state-decoder`.
    Coordinator(CoordinatorLog),
    /// `--remote-log-metadata-decoder`.
    RemoteLogMetadata,
}

/// `org.apache.kafka.tools.api.*Decoder`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plain {
    String,
    Integer,
    Long,
    /// `DefaultDecoder` leaves the bytes as they are: an array, which Java prints by class and hash.
    Default,
}

const PACKAGE: &str = "org.apache.kafka.tools.api.";

impl Decoder {
    pub fn choose(given: &Given) -> Result<Decoder, KafkaException> {
        // With several of them Kafka takes the first in this order.
        let chosen = [
            ("offsets-decoder", Decoder::Coordinator(CoordinatorLog::ConsumerOffsets)),
            ("transaction-log-decoder", Decoder::Coordinator(CoordinatorLog::TransactionState)),
            ("cluster-metadata-decoder", Decoder::ClusterMetadata),
            ("remote-log-metadata-decoder", Decoder::RemoteLogMetadata),
            ("share-group-state-decoder", Decoder::Coordinator(CoordinatorLog::ShareGroupState)),
        ];
        if let Some((_, decoder)) = chosen.into_iter().find(|(option, _)| given.has(option)) {
            return Ok(decoder);
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
            Decoder::RemoteLogMetadata => Ok((
                None,
                Some(format!("Error at offset {}, skipping. {}", record.offset, unreadable(value.unwrap_or(&[])))),
            )),
            Decoder::Coordinator(log) => match key {
                Some(key) => Ok((Some(log.key_text(record.offset, key)), None)),
                None => {
                    let text = format!(
                        "Failed to decode message at offset {} using the specified decoder (message had a missing key)",
                        record.offset
                    );
                    Err(exception("java.lang.RuntimeException", &text))
                }
            },
        }
    }
}

impl CoordinatorLog {
    /// What is said of a key that is none of this coordinator's (`CoordinatorRecordMessageParser`).
    fn key_text(self, offset: i64, key: &[u8]) -> String {
        match self.record_type(key) {
            Err(_) => format!("Error at offset {offset}, skipping. Could not read key's version."),
            Ok(kind) if self.knows(kind) => format!("Error at offset {offset}, skipping. {}", self.not_yet()),
            Ok(kind) => format!("Unknown record type {kind} at offset {offset}, skipping."),
        }
    }
}

fn plain(class: Option<&str>) -> Result<Plain, KafkaException> {
    match class.map(|class| class.strip_prefix(PACKAGE).unwrap_or("")) {
        None | Some("StringDecoder") => Ok(Plain::String),
        Some("IntegerDecoder") => Ok(Plain::Integer),
        Some("LongDecoder") => Ok(Plain::Long),
        Some("DefaultDecoder") => Ok(Plain::Default),
        Some(_) => Err(no_decoder(class.unwrap_or(""))),
    }
}

/// Why a class cannot be the decoder (`Utils.newInstance`).
fn no_decoder(class: &str) -> KafkaException {
    match classes::find(class) {
        None => exception("java.lang.RuntimeException", "Failed to load decoder class")
            .caused_by(exception("java.lang.ClassNotFoundException", class)),
        Some(_) if class == format!("{PACKAGE}Decoder") => {
            let message = format!("Could not find a public no-argument constructor for {class}");
            KafkaException::with(ExceptionClass::KAFKA, message)
        }
        Some(kind) => exception("java.lang.ClassCastException", &format!("{} {class}", kind.word())),
    }
}

impl Plain {
    fn text(self, bytes: &[u8]) -> Result<String, KafkaException> {
        let short = || KafkaException::new(ExceptionClass::named("java.nio.BufferUnderflowException"), None);
        match self {
            Plain::Default => Ok(java::array_text(bytes)),
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
        // It stands there even if the decoder throws.
        output.stdout.extend_from_slice(metadata(batch, record).as_bytes());
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
            Some(ControlRecordType::SnapshotHeader) => {
                let time = value.get(2..10).and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_be_bytes);
                format!(" SnapshotHeader {{\"version\":0,\"lastContainedLogTimestamp\":{time}}}")
            }
            Some(ControlRecordType::SnapshotFooter) => " SnapshotFooter {\"version\":0}".to_string(),
            Some(ControlRecordType::LeaderChange) => {
                let change = LeaderChange::parse(value).map(|change| leader_change_json(&change));
                format!(" LeaderChange: {}", change.unwrap_or_default())
            }
            Some(kind) => format!(" controlType: {}({})", kind.name(), kind.id()),
            None => " controlType: UNKNOWN(-1)".to_string(),
        },
    }
}

/// A change of the Raft leader as Kafka's converter writes it.
fn leader_change_json(change: &LeaderChange) -> String {
    let voter = |voter: &Voter| match change.version {
        0 => format!("{{\"voterId\":{}}}", voter.id),
        _ => format!("{{\"voterId\":{},\"voterDirectoryId\":\"{}\"}}", voter.id, voter.directory_id),
    };
    let list = |voters: &[Voter]| voters.iter().map(voter).collect::<Vec<_>>().join(",");
    format!(
        "{{\"version\":{},\"leaderId\":{},\"voters\":[{}],\"grantingVoters\":[{}]}}",
        change.version,
        change.leader,
        list(&change.voters),
        list(&change.granting_voters)
    )
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

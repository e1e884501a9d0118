//! kafka-dump-log (`org.apache.kafka.tools.DumpLogSegments`): reads files of a node's log directory. It needs no broker
//! and takes no virtual time.

use super::dump_index::{Mismatches, TimeFaults, dump_index, dump_snapshot, dump_time_index, dump_txn_index};
use super::dump_records::{Decoder, print_batch, print_record};
use super::{Machine, Prepared, exception, help_or_version, no_such_file, refuse_not_yet, usage};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::record::RecordBatch;
use crate::shell::options::joptsimple::{self, Given, OptionError, check_required};
use crate::shell::options::{Argument, Built, OptionSpec, Table};
use crate::shell::output::{Output, trace};

const fn decoder_class(name: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec { name, argument: Argument::Optional("class"), built: Built::Yes, help }
}

pub static TABLE: Table = Table {
    tool: "kafka-dump-log",
    about: "This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly \
            corrupt log segment.",
    options: &[
        OptionSpec::flag("cluster-metadata-decoder", "reads records as those of __cluster_metadata"),
        OptionSpec::flag("deep-iteration", "shows each record, not only batches"),
        OptionSpec::value("files", "file,file", "the files to read; required"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::flag("index-sanity-check", "only checks an index as a starting broker does"),
        decoder_class("key-decoder-class", "how keys are read"),
        OptionSpec::value("max-bytes", "bytes", "reads no further into a log than this"),
        OptionSpec::value("max-message-size", "bytes", "the largest batch that an index entry may point at (5242880)"),
        OptionSpec::flag("offsets-decoder", "reads records as those of __consumer_offsets"),
        OptionSpec::flag("print-data-log", "shows keys and values"),
        OptionSpec::flag("remote-log-metadata-decoder", "reads records as those of tiered storage"),
        OptionSpec::flag("share-group-state-decoder", "reads records as those of __share_group_state"),
        OptionSpec::flag("skip-record-metadata", "shows of each record only key and value"),
        OptionSpec::flag("transaction-log-decoder", "reads records as those of __transaction_state"),
        decoder_class("value-decoder-class", "how values are read"),
        OptionSpec::flag("verify-index-only", "only verifies an index, without showing it"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

const DECODERS: [&str; 7] = [
    "offsets-decoder",
    "transaction-log-decoder",
    "cluster-metadata-decoder",
    "remote-log-metadata-decoder",
    "share-group-state-decoder",
    "value-decoder-class",
    "key-decoder-class",
];

/// Reads the words behind `kafka-dump-log`, and the files.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut output = Output::default();
    match dump(words, machine, &mut output) {
        Ok(()) => Prepared::Ended(output),
        Err(End::Printed(end)) => Prepared::Ended(output.then(end)),
        Err(End::Uncaught(error)) => {
            let stderr = format!("Exception in thread \"main\" {}", trace(&error));
            Prepared::Ended(output.then(Output { stderr, status: 1, ..Output::default() }))
        }
    }
}

/// How the tool ends before all files are dumped.
pub(super) enum End {
    Printed(Output),
    Uncaught(KafkaException),
}

impl From<String> for End {
    fn from(message: String) -> End {
        End::Printed(usage(&TABLE, &message))
    }
}

impl From<OptionError> for End {
    fn from(error: OptionError) -> End {
        End::Uncaught(exception(error.class(), &error.message()))
    }
}

impl From<KafkaException> for End {
    fn from(error: KafkaException) -> End {
        End::Uncaught(error)
    }
}

fn dump(words: &[String], machine: &dyn Machine, output: &mut Output) -> Result<(), End> {
    let given = joptsimple::parse(&TABLE, words)?;
    if words.is_empty() {
        return Err(End::Printed(usage(&TABLE, TABLE.about)));
    }
    if let Some(end) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(end));
    }
    check_required(&given, &["files"])?;
    if let Some(end) = refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(end));
    }
    let files = given.one("files")?.unwrap_or("");
    // Java's split drops empty parts at the end, but an empty text has one part.
    let mut parts: Vec<&str> = files.split(',').collect();
    while parts.len() > 1 && parts.last() == Some(&"") {
        parts.pop();
    }
    let mut mismatches = Mismatches::default();
    let mut time_faults = TimeFaults::default();
    let mut jumps = Jumps::default();
    for part in parts {
        let path = java_path(part);
        output.out(format!("Dumping {path}"));
        let file = File::new(&path);
        match file.suffix {
            ".log" | ".checkpoint" => dump_log(&file, &given, machine, output, &mut jumps)?,
            ".index" => dump_index(&file, &given, machine, output, &mut mismatches)?,
            ".timeindex" => dump_time_index(&file, &given, machine, output, &mut time_faults)?,
            ".snapshot" => dump_snapshot(&file.read(machine)?, output),
            ".txnindex" => {
                file.base_offset()?;
                dump_txn_index(&machine.read(file.path).unwrap_or_default(), output);
            }
            _ => output.err(format!("Ignoring unknown file {path}")),
        }
    }
    mismatches.print(output);
    time_faults.print(output);
    jumps.print(output);
    Ok(())
}

/// A path as `java.io.File` prints it: without doubled slashes and without one at its end.
fn java_path(text: &str) -> String {
    let mut path = String::new();
    for c in text.chars() {
        if c != '/' || !path.ends_with('/') {
            path.push(c);
        }
    }
    if path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    path
}

/// A path and what its name tells.
pub(super) struct File<'a> {
    pub path: &'a str,
    /// The folder with a slash behind it.
    folder: &'a str,
    name: &'a str,
    /// From the last dot of the name; empty without a dot.
    suffix: &'a str,
}

impl<'a> File<'a> {
    fn new(path: &'a str) -> File<'a> {
        let start = path.rfind('/').map_or(0, |slash| slash + 1);
        let (folder, name) = path.split_at(start);
        let suffix = name.rfind('.').map_or("", |dot| &name[dot..]);
        File { path, folder, name, suffix }
    }

    fn stem(&self) -> &'a str {
        self.name.split('.').next().unwrap_or("")
    }

    /// The offset in the name of a segment's file.
    pub fn base_offset(&self) -> Result<i64, KafkaException> {
        let stem = self.stem();
        let message = format!("For input string: \"{stem}\"");
        stem.parse().map_err(|_| KafkaException::with(ExceptionClass::NUMBER_FORMAT, message))
    }

    pub fn read(&self, machine: &dyn Machine) -> Result<Vec<u8>, KafkaException> {
        machine.read(self.path).ok_or_else(|| no_such_file(self.path))
    }

    /// Another file of the same segment.
    pub fn sibling(&self, machine: &dyn Machine, suffix: &str) -> Result<Vec<u8>, KafkaException> {
        let root = if self.folder.starts_with('/') { "" } else { "/" };
        let path = format!("{root}{}{}{suffix}", self.folder, self.stem());
        machine.read(&path).ok_or_else(|| no_such_file(&path))
    }
}

/// What is said of a snapshot of the metadata log: `OFFSET-EPOCH.checkpoint`, or the one that formatting left.
fn snapshot_head(file: &File) -> Result<String, KafkaException> {
    if file.name == "bootstrap.checkpoint" {
        return Ok("KRaft bootstrap snapshot".to_string());
    }
    let number = |text: &str| {
        let message = format!("For input string: \"{text}\"");
        text.parse::<i64>().map_err(|_| KafkaException::with(ExceptionClass::NUMBER_FORMAT, message))
    };
    let (offset, epoch) = file.stem().split_once('-').unwrap_or((file.stem(), ""));
    Ok(format!("Snapshot end offset: {}, epoch: {}", number(offset)?, number(epoch)?))
}

/// Offsets of a log that do not follow each other.
#[derive(Default)]
struct Jumps {
    files: Vec<(String, Vec<(i64, i64)>)>,
}

impl Jumps {
    fn print(&self, output: &mut Output) {
        for (file, pairs) in &self.files {
            output.err(format!("Non-consecutive offsets in {file}"));
            // Kafka puts each find at the head of a list.
            for (first, second) in pairs.iter().rev() {
                output.err(format!("  {first} is followed by {second}"));
            }
        }
    }
}

fn dump_log(
    file: &File,
    given: &Given,
    machine: &dyn Machine,
    output: &mut Output,
    jumps: &mut Jumps,
) -> Result<(), End> {
    let max_bytes = given.int("max-bytes")?.unwrap_or(i32::MAX);
    let decoder = Decoder::choose(given)?;
    if file.suffix == ".log" {
        output.out(format!("Log starting offset: {}", file.base_offset()?));
    } else {
        output.out(snapshot_head(file)?);
    }
    let mut bytes = file.read(machine)?;
    if max_bytes < 0 {
        let (size, path) = (bytes.len(), file.path);
        let message = format!(
            "Invalid size: {max_bytes} in read from FileRecords(size={size}, file={path}, start=0, end=2147483647)"
        );
        return Err(End::Uncaught(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message)));
    }
    bytes.truncate(usize::try_from(max_bytes).unwrap_or(0));
    let contents = given.has("print-data-log") || DECODERS.iter().any(|name| given.has(name));
    let deep = contents || given.has("deep-iteration");
    let skip_metadata = given.has("skip-record-metadata");
    let mut position: u64 = 0;
    let mut pairs = Vec::new();
    // The first record of a file is compared too: one that does not begin at 0 has a jump there.
    let mut last_offset = -1;
    for batch in FileBatches::new(&bytes, file.path) {
        let batch = batch?;
        print_batch(&batch, position, output);
        if deep {
            let records = batch.records().map_err(|error| {
                KafkaException::with(ExceptionClass::KAFKA, error.message.clone().unwrap_or_default())
            })?;
            for record in &records {
                if record.offset != last_offset + 1 {
                    pairs.push((last_offset, record.offset));
                }
                last_offset = record.offset;
                print_record(&batch, record, &decoder, contents, skip_metadata, output)?;
            }
        }
        position += batch.size_in_bytes() as u64;
    }
    let trailing = bytes.len() as u64 - position;
    if trailing > 0 && max_bytes == i32::MAX {
        output.out(format!("Found {trailing} invalid bytes at the end of {}", file.name));
    }
    if !pairs.is_empty() {
        jumps.files.push((file.path.to_string(), pairs));
    }
    Ok(())
}

/// The batches of a log file, one behind another (`FileLogInputStream`). What is too short to be one ends it.
pub(super) struct FileBatches<'a> {
    rest: &'a [u8],
    path: &'a str,
}

impl<'a> FileBatches<'a> {
    pub fn new(bytes: &'a [u8], path: &'a str) -> FileBatches<'a> {
        FileBatches { rest: bytes, path }
    }

    fn read(&mut self) -> Result<Option<RecordBatch>, String> {
        /// Base offset and length.
        const LOG_OVERHEAD: u64 = 12;
        /// The smallest record of format 0.
        const MIN_RECORD_OVERHEAD: i32 = 14;
        /// All that stands in front of a batch's contents up to its magic.
        const HEADER_UP_TO_MAGIC: u64 = 17;
        if self.rest.len() as u64 <= HEADER_UP_TO_MAGIC {
            return Ok(None);
        }
        let length = i32::from_be_bytes(self.rest[8..12].try_into().expect("the slice has four bytes"));
        if length < MIN_RECORD_OVERHEAD {
            return Err(format!(
                "Found record size {length} smaller than minimum record overhead ({MIN_RECORD_OVERHEAD}) in file {}.",
                self.path
            ));
        }
        let size = LOG_OVERHEAD + length as u64;
        if (self.rest.len() as u64) < size {
            return Ok(None);
        }
        let (batch, rest) = self.rest.split_at(size as usize);
        self.rest = rest;
        RecordBatch::parse(batch.into(), [].into()).map(Some).map_err(|error| format!("{error:?}"))
    }
}

impl Iterator for FileBatches<'_> {
    type Item = Result<RecordBatch, KafkaException>;

    fn next(&mut self) -> Option<Self::Item> {
        let class = ExceptionClass::named("common.errors.CorruptRecordException");
        let read = self.read().map_err(|message| KafkaException::with(class, message)).transpose();
        if matches!(read, Some(Err(_))) {
            self.rest = &[];
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_batch_ends_a_file_and_a_length_that_cannot_be_is_an_error() {
        let garbage = b"garbage that is no batch at all and is long enough to be read as one";
        assert!(FileBatches::new(garbage, "x.log").next().is_none());
        let error = FileBatches::new(&[0; 40], "x.log").next().expect("an end").unwrap_err();
        assert_eq!(
            error.to_string(),
            "org.apache.kafka.common.errors.CorruptRecordException: Found record size 0 smaller than minimum record \
             overhead (14) in file x.log."
        );
        assert!(FileBatches::new(&[0; 17], "x.log").next().is_none());
    }

    #[test]
    fn paths_are_printed_as_java_prints_them() {
        assert_eq!(java_path("a//b/"), "a/b");
        assert_eq!(java_path("/"), "/");
        let file = File::new("/brokers/1/orders-0/00000000000000000099.log");
        assert_eq!((file.suffix, file.stem()), (".log", "00000000000000000099"));
        assert_eq!(file.base_offset(), Ok(99));
        assert_eq!(File::new("a.b/c").suffix, "");
    }
}

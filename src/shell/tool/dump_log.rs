//! kafka-dump-log (`org.apache.kafka.tools.DumpLogSegments`): reads files of a node's log directory. It needs no broker
//! and takes no virtual time.

use super::dump_index::{Mismatches, TimeFaults, dump_index, dump_snapshot, dump_time_index};
use super::dump_records::{Decoder, print_batch, print_record};
use super::{Machine, Prepared, exception, help_or_version, no_such_file, refuse_not_yet, usage};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::record::{RecordBatch, batches};
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
        OptionSpec::flag("remote-log-metadata-decoder", "reads records as those of tiered storage").not_yet(),
        OptionSpec::flag("share-group-state-decoder", "reads records as those of __share_group_state").not_yet(),
        OptionSpec::flag("skip-record-metadata", "shows of each record only key and value"),
        OptionSpec::flag("transaction-log-decoder", "reads records as those of __transaction_state").not_yet(),
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
    for part in parts {
        let path = java_path(part);
        output.out(format!("Dumping {path}"));
        let file = File::new(&path);
        match file.suffix {
            ".log" | ".checkpoint" => dump_log(&file, &given, machine, output)?,
            ".index" => dump_index(&file, &given, machine, output, &mut mismatches)?,
            ".timeindex" => dump_time_index(&file, &given, machine, output, &mut time_faults)?,
            ".snapshot" => dump_snapshot(&file.read(machine)?, output),
            ".txnindex" => {}
            _ => output.err(format!("Ignoring unknown file {path}")),
        }
    }
    mismatches.print(output);
    time_faults.print(output);
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

fn dump_log(file: &File, given: &Given, machine: &dyn Machine, output: &mut Output) -> Result<(), End> {
    let max_bytes = given.int("max-bytes")?.unwrap_or(i32::MAX);
    let decoder = Decoder::choose(given)?;
    if file.suffix == ".log" {
        output.out(format!("Log starting offset: {}", file.base_offset()?));
    } else {
        return Err(End::Printed(Output::not_yet("snapshots of the metadata log in kafka-dump-log")));
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
    let mut jumps = Vec::new();
    let mut last_offset = None;
    for batch in log_batches(&bytes)? {
        print_batch(&batch, position, output);
        if deep {
            let records = batch.records().map_err(|error| {
                KafkaException::with(ExceptionClass::KAFKA, error.message.clone().unwrap_or_default())
            })?;
            for record in &records {
                if last_offset.is_some_and(|last| record.offset != last + 1) {
                    jumps.push((last_offset.unwrap_or(-1), record.offset));
                }
                last_offset = Some(record.offset);
                print_record(&batch, record, &decoder, contents, skip_metadata, output)?;
            }
        }
        position += batch.size_in_bytes() as u64;
    }
    let trailing = bytes.len() as u64 - position;
    if trailing > 0 && max_bytes == i32::MAX {
        output.out(format!("Found {trailing} invalid bytes at the end of {}", file.name));
    }
    if !jumps.is_empty() {
        output.err(format!("Non-consecutive offsets in {}", file.path));
        // Kafka puts each find at the head of a list.
        for (first, second) in jumps.iter().rev() {
            output.err(format!("  {first} is followed by {second}"));
        }
    }
    Ok(())
}

pub(super) fn log_batches(bytes: &[u8]) -> Result<Vec<RecordBatch>, KafkaException> {
    let corrupt =
        |message: String| KafkaException::with(ExceptionClass::named("common.errors.CorruptRecordException"), message);
    let found = batches(bytes).map_err(|error| corrupt(error.message))?;
    found
        .into_iter()
        .map(|batch| {
            RecordBatch::parse(batch.bytes().clone(), [].into()).map_err(|error| corrupt(format!("{error:?}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

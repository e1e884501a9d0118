//! Standard input as records: `org.apache.kafka.tools.LineMessageReader`.

use super::exception;
use crate::kafka::client::tool::{ProduceRecord, ToolHeader};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::shell::properties::Properties;
use regex_lite::Regex;

/// How lines fall into headers, key and value.
#[derive(Clone, Debug)]
pub struct LineReader {
    topic: String,
    parse_key: bool,
    key_separator: String,
    parse_headers: bool,
    headers_delimiter: String,
    headers_separator: Regex,
    headers_key_separator: String,
    ignore_error: bool,
    null_marker: Option<String>,
}

/// Java's `String.split` for a pattern: empty parts at the end are dropped, a text without a match is one part.
fn java_split(pattern: &Regex, text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut start = 0;
    for found in pattern.find_iter(text) {
        if found.end() == 0 {
            continue;
        }
        parts.push(text[start..found.start()].to_string());
        start = found.end();
    }
    if start == 0 && parts.is_empty() {
        return vec![text.to_string()];
    }
    parts.push(text[start..].to_string());
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    parts
}

fn kafka(message: impl Into<String>) -> KafkaException {
    KafkaException::with(ExceptionClass::KAFKA, message)
}

impl LineReader {
    /// `configure`: `properties` holds `topic` and the reader's own keys.
    pub fn configure(properties: &Properties) -> Result<LineReader, KafkaException> {
        let text = |key: &str, default: &str| properties.get(key).cloned().unwrap_or_else(|| default.to_string());
        let flag = |key: &str| properties.get(key).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        let separator = text("headers.separator", ",");
        let reader = LineReader {
            topic: text("topic", ""),
            parse_key: flag("parse.key"),
            key_separator: text("key.separator", "\t"),
            parse_headers: flag("parse.headers"),
            headers_delimiter: text("headers.delimiter", "\t"),
            headers_separator: Regex::new(&separator).map_err(|_| invalid_pattern(&separator))?,
            headers_key_separator: text("headers.key.separator", ":"),
            ignore_error: flag("ignore.error"),
            null_marker: properties.get("null.marker").cloned(),
        };
        reader.check_separators(&separator)?;
        Ok(reader)
    }

    fn check_separators(&self, separator: &str) -> Result<(), KafkaException> {
        let marker = self.null_marker.as_deref();
        let pairs = [
            ("headers.delimiter", "headers.separator", self.headers_delimiter == separator),
            ("headers.delimiter", "headers.key.separator", self.headers_delimiter == self.headers_key_separator),
            ("headers.separator", "headers.key.separator", separator == self.headers_key_separator),
            ("null.marker", "key.separator", marker == Some(&self.key_separator)),
            ("null.marker", "headers.separator", marker == Some(separator)),
            ("null.marker", "headers.delimiter", marker == Some(&self.headers_delimiter)),
            ("null.marker", "headers.key.separator", marker == Some(&self.headers_key_separator)),
        ];
        match pairs.iter().find(|(_, _, equal)| *equal) {
            Some((one, other, _)) => Err(kafka(format!("{one} and {other} may not be equal"))),
            None => Ok(()),
        }
    }

    /// Reads all lines, up to the first that cannot be read.
    pub fn read(&self, input: &[u8]) -> (Vec<ProduceRecord>, Option<KafkaException>) {
        let text = String::from_utf8_lossy(input);
        let mut records = Vec::new();
        for (index, line) in java_lines(&text).into_iter().enumerate() {
            match self.record(line, index + 1) {
                Ok(record) => records.push(record),
                Err(error) => return (records, Some(error)),
            }
        }
        (records, None)
    }

    fn record(&self, line: &str, number: usize) -> Result<ProduceRecord, KafkaException> {
        let mut rest = line;
        let mut part = |enabled: bool, demarcation: &str, name: &str| {
            if !enabled {
                return Ok(None);
            }
            match rest.find(demarcation) {
                Some(at) => {
                    let found = &rest[..at];
                    rest = &rest[at + demarcation.len()..];
                    Ok(Some(found))
                }
                None if self.ignore_error => Ok(None),
                None => Err(kafka(format!("No {name} found on line number {number}: '{line}'"))),
            }
        };
        let headers = part(self.parse_headers, &self.headers_delimiter, "headers delimiter")?;
        let key = part(self.parse_key, &self.key_separator, "key separator")?;
        let headers = match headers {
            Some(text) if !self.is_null(text) => self.headers(text, number)?,
            _ => Vec::new(),
        };
        Ok(ProduceRecord {
            topic: self.topic.clone(),
            key: key.and_then(|key| self.bytes(key)),
            value: self.bytes(rest),
            headers,
        })
    }

    fn is_null(&self, text: &str) -> bool {
        self.null_marker.as_deref() == Some(text)
    }

    fn bytes(&self, text: &str) -> Option<Vec<u8>> {
        (!self.is_null(text)).then(|| text.as_bytes().to_vec())
    }

    fn headers(&self, text: &str, number: usize) -> Result<Vec<ToolHeader>, KafkaException> {
        let mut headers = Vec::new();
        for pair in java_split(&self.headers_separator, text) {
            match pair.split_once(&self.headers_key_separator) {
                Some((key, _)) if self.is_null(key) => {
                    return Err(kafka(format!(
                        "Header keys should not be equal to the null marker '{key}' as they can't be null"
                    )));
                }
                Some((key, value)) => headers.push((key.to_string(), self.bytes(value))),
                None if self.ignore_error => headers.push((pair, None)),
                None => {
                    return Err(kafka(format!(
                        "No header key separator found in pair '{pair}' on line number {number}"
                    )));
                }
            }
        }
        Ok(headers)
    }
}

/// `BufferedReader.readLine`: a line ends at `\n`, `\r` or `\r\n`; the last one needs no end.
fn java_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(end) = rest.find(['\n', '\r']) else {
            lines.push(rest);
            break;
        };
        lines.push(&rest[..end]);
        let skip = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[end + skip..];
    }
    lines
}

/// What Java says of a pattern that it cannot read; the position is only known for the commonest case.
pub fn invalid_pattern(pattern: &str) -> KafkaException {
    let message = if pattern.contains('[') && !pattern.contains(']') {
        let index = pattern.encode_utf16().count().saturating_sub(1);
        format!("Unclosed character class near index {index}\n{pattern}\n{}^", " ".repeat(index))
    } else {
        format!("Invalid pattern\n{pattern}")
    };
    exception("java.util.regex.PatternSyntaxException", &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(pairs: &[(&str, &str)]) -> Result<LineReader, String> {
        let mut properties: Properties = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        properties.insert("topic".to_string(), "t".to_string());
        LineReader::configure(&properties).map_err(|error| error.message.unwrap_or_default())
    }

    fn shown(pairs: &[(&str, &str)], input: &str) -> Vec<String> {
        let (records, failure) = reader(pairs).expect("good properties").read(input.as_bytes());
        let text = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            None => "null".to_string(),
        };
        let show = |record: &ProduceRecord| {
            let headers: Vec<String> =
                record.headers.iter().map(|(key, value)| format!("{key}:{}", text(value))).collect();
            format!("[{}] {} = {}", headers.join(","), text(&record.key), text(&record.value))
        };
        let mut lines: Vec<String> = records.iter().map(show).collect();
        lines.extend(failure.and_then(|error| error.message));
        lines
    }

    #[test]
    fn plain_lines_are_values() {
        assert_eq!(
            shown(&[], "one\n\ntwo\r\nno end"),
            ["[] null = one", "[] null = ", "[] null = two", "[] null = no end"]
        );
        assert_eq!(shown(&[], ""), Vec::<String>::new());
    }

    #[test]
    fn a_key_stands_before_the_first_separator() {
        let pairs = [("parse.key", "true"), ("key.separator", ":")];
        assert_eq!(
            shown(&pairs, "k:v\nk::v\n:v\nk:\nno"),
            ["[] k = v", "[] k = :v", "[]  = v", "[] k = ", "No key separator found on line number 5: 'no'"]
        );
    }

    #[test]
    fn headers_come_first() {
        let pairs = [("parse.headers", "true"), ("parse.key", "true")];
        assert_eq!(
            shown(&pairs, "h1:v1,h2:v2\tk1\tvalue1\na:\tk2\tvalue2\nh\tk\tv"),
            [
                "[h1:v1,h2:v2] k1 = value1",
                "[a:] k2 = value2",
                "No header key separator found in pair 'h' on line number 3"
            ]
        );
        let lenient = [("parse.headers", "true"), ("ignore.error", "true")];
        assert_eq!(shown(&lenient, "h1\tvalue\nplain"), ["[h1:null] null = value", "[] null = plain"]);
    }

    #[test]
    fn the_null_marker_makes_null() {
        let pairs = [("parse.key", "true"), ("key.separator", ":"), ("null.marker", "NULL")];
        assert_eq!(shown(&pairs, "k2:NULL\nNULL:v3"), ["[] k2 = null", "[] null = v3"]);
    }

    #[test]
    fn separators_must_differ() {
        let refused = |pairs: &[(&str, &str)]| reader(pairs).err();
        assert_eq!(
            refused(&[("headers.delimiter", ",")]),
            Some("headers.delimiter and headers.separator may not be equal".to_string())
        );
        assert_eq!(
            refused(&[("null.marker", "\t")]),
            Some("null.marker and key.separator may not be equal".to_string())
        );
    }
}

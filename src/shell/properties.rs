//! Java property files (`Properties.load`), as `--command-config` and its kin name them, and `key=value` arguments.

use std::collections::BTreeMap;

/// Keys and values; of a key that is given twice the last wins.
pub type Properties = BTreeMap<String, String>;

/// Reads a property file: `key=value`, `key: value` or `key value`, `#` and `!` comments, a backslash joins lines.
pub fn load(text: &str) -> Properties {
    let mut properties = Properties::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = line.to_string();
        while ends_in_open_backslash(&logical) {
            logical.pop();
            let Some(next) = lines.next() else { break };
            logical.push_str(next.trim_start());
        }
        let (key, value) = key_and_value(&logical);
        properties.insert(unescape(key), unescape(value));
    }
    properties
}

/// `CommandLineUtils.parseKeyValueArgs`: `key=value`; a missing value is an empty one.
pub fn from_arguments(arguments: &[&str]) -> Properties {
    let pair = |argument: &&str| {
        let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
        (key.to_string(), value.to_string())
    };
    arguments.iter().map(pair).collect()
}

fn ends_in_open_backslash(line: &str) -> bool {
    line.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1
}

fn key_and_value(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.char_indices().find(|(_, c)| {
        let is_end = !escaped && (matches!(c, '=' | ':') || c.is_whitespace());
        escaped = *c == '\\' && !escaped;
        is_end
    });
    let Some((end, _)) = end else { return (line, "") };
    let rest = line[end..].trim_start();
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (&line[..end], rest.trim_start())
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let code: String = chars.by_ref().take(4).collect();
                let unit = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                plain.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_java_reads_it() {
        let file = "# comment\nacks=1\n  client.id : from-file \nlong=a\\\n   b\nkey\\ with = tab\\t\\u0041\nlonely\n";
        let read = load(file);
        let pairs: Vec<(&str, &str)> = read.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [("acks", "1"), ("client.id", "from-file "), ("key with", "tab\tA"), ("lonely", ""), ("long", "ab"),]
        );
    }

    #[test]
    fn an_argument_without_a_value_is_empty() {
        let read = from_arguments(&["a=b=c", "lonely", "=5"]);
        assert_eq!(read.get("a").map(String::as_str), Some("b=c"));
        assert_eq!(read.get("lonely").map(String::as_str), Some(""));
        assert_eq!(read.get("").map(String::as_str), Some("5"));
    }
}

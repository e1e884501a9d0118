//! A topic filter as the tools read it: a comma means "or", the whole name must match (`TopicFilter.IncludeList`).

use regex_lite::Regex;
use serde::{Deserialize, Serialize};

/// A regular expression over topic names.
///
/// Simplification: Java's look-around and possessive quantifiers are refused as invalid.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct TopicPattern {
    text: String,
    /// The text as it is matched.
    regex: Regex,
}

impl PartialEq for TopicPattern {
    fn eq(&self, other: &TopicPattern) -> bool {
        self.text == other.text && self.regex.as_str() == other.regex.as_str()
    }
}

/// A pattern in a recording.
#[derive(Serialize, Deserialize)]
struct Written {
    text: String,
    regex: String,
}

impl From<TopicPattern> for Written {
    fn from(pattern: TopicPattern) -> Written {
        Written { regex: pattern.regex.as_str().to_string(), text: pattern.text }
    }
}

impl TryFrom<Written> for TopicPattern {
    type Error = String;
    fn try_from(written: Written) -> Result<TopicPattern, String> {
        let regex = Regex::new(&written.regex).map_err(|_| format!("'{}' is not a pattern", written.regex))?;
        Ok(TopicPattern { text: written.text, regex })
    }
}

impl TopicPattern {
    /// A filter as kafka-topics and kafka-get-offsets take it. The error is the pattern that Kafka complains of.
    pub fn include_list(raw: &str) -> Result<TopicPattern, String> {
        let text: String = raw.trim().replace(',', "|").replace(' ', "");
        let quotes = ['"', '\''];
        let text = text.trim_start_matches(quotes).trim_end_matches(quotes);
        Self::compile(raw, text).ok_or_else(|| text.to_string())
    }

    /// A plain regular expression, as `--include` of the console consumer takes it: a comma is a comma.
    pub fn plain(raw: &str) -> Option<TopicPattern> {
        Self::compile(raw, raw)
    }

    fn compile(raw: &str, text: &str) -> Option<TopicPattern> {
        // Compiled alone first: an unbalanced parenthesis must not be closed by the group around it.
        Regex::new(text).ok()?;
        let regex = Regex::new(&format!("^(?:{text})$")).ok()?;
        Some(TopicPattern { text: raw.to_string(), regex })
    }

    /// Whether the whole name matches.
    pub fn takes(&self, topic: &str) -> bool {
        self.regex.is_match(topic)
    }

    /// The text as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_means_or_and_the_whole_name_must_match() {
        let pattern = TopicPattern::include_list("orders, cli.*").expect("a good pattern");
        assert!(pattern.takes("orders") && pattern.takes("clicks"));
        assert!(!pattern.takes("orders-eu") && !pattern.takes("my-orders"));
        assert!(TopicPattern::include_list("'quoted'").expect("quotes fall away").takes("quoted"));
    }

    #[test]
    fn an_invalid_pattern_is_handed_back() {
        assert_eq!(TopicPattern::include_list("[").map(|_| ()), Err("[".to_string()));
        assert_eq!(TopicPattern::include_list("a)(b").map(|_| ()), Err("a)(b".to_string()));
        assert!(!TopicPattern::plain("orders-eu,other").expect("a comma is a comma").takes("other"));
    }
}

//! Why a part of a goal is not true, as data: the console prints it in one line of English, a panel says it in the language
//! of its reader.

use std::fmt;

use super::value::duration_text;

/// What is missing for a goal, with the source text that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    Part {
        source: String,
        reason: Reason,
    },
    /// One of the two sides would do.
    Either(Vec<Missing>, Vec<Missing>),
}

/// Why one part is not true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// A prediction is not locked.
    NotAnswered,
    /// The values of its sides.
    Is(Vec<String>),
    /// A thing that the cluster does not have.
    NoSuchThing(String),
    /// A topic that the cluster does not have.
    NoSuchTopic(String),
    /// An expression without a value.
    NoneYet(String),
    /// What should be false is true.
    IsTrue(String),
    /// A clock that runs: microseconds left, and microseconds in all.
    TimeLeft { left: i64, of: i64 },
    /// The event that a window would begin with.
    NotHappened(String),
    /// Events in order: how many have come, of how many, and the next one.
    Sequence { reached: u32, of: u32, next: String },
    /// Events that should not be: how many, and when the first one was, in microseconds since the start.
    Happened { count: u32, first_us: i64 },
    /// Events so far.
    SoFar(u32),
    /// Records or partitions looked at, and one that contradicts.
    Checked { count: u64, not_for: Option<String> },
    /// A reason, and the newest event that fails in one condition only: its name, the field, its value.
    NearMiss { reason: Box<Reason>, event: String, field: String, value: String },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: &[Missing]| parts.iter().map(Missing::to_string).collect::<Vec<_>>().join(" and ");
        match self {
            Missing::Part { source, reason } => write!(f, "{source} - {reason}"),
            Missing::Either(left, right) => write!(f, "{} or {}", joined(left), joined(right)),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotAnswered => f.write_str("lock your prediction first"),
            Reason::Is(values) => write!(f, "is {}", values.join(" and ")),
            Reason::NoSuchThing(source) => write!(f, "{source} does not exist yet"),
            Reason::NoSuchTopic(topic) => write!(f, "topic {topic} does not exist yet"),
            Reason::NoneYet(source) => write!(f, "there is none yet: {source}"),
            Reason::IsTrue(source) => write!(f, "{source} is true"),
            Reason::TimeLeft { left, of } => write!(f, "{} of {}", duration_text(*left), duration_text(*of)),
            Reason::NotHappened(event) => write!(f, "{event} has not happened yet"),
            Reason::Sequence { reached, of, next } => write!(f, "{reached} of {of}: waiting for {next}"),
            Reason::Happened { count, first_us } => write!(f, "{count} so far, the first at {}", clock(*first_us)),
            Reason::SoFar(count) => write!(f, "{count} so far"),
            Reason::Checked { count, not_for: None } => write!(f, "{count} checked"),
            Reason::Checked { count, not_for: Some(one) } => write!(f, "{count} checked; not for {one}"),
            Reason::NearMiss { reason, event, field, value } => {
                write!(f, "{reason}; the newest {event} has {field} = {value}")
            }
        }
    }
}

impl Missing {
    /// For a panel that shows the goal in words of its own: what is there now, without the source. `tag` is the language,
    /// `en` or `ko`. Empty where there is nothing to add.
    pub fn in_words(&self, tag: &str) -> String {
        let joined = |parts: &[Missing], and: &str| {
            let words = parts.iter().map(|part| part.in_words(tag)).filter(|words| !words.is_empty());
            words.collect::<Vec<_>>().join(and)
        };
        match (self, tag) {
            (Missing::Part { reason, .. }, "ko") => reason.korean(),
            (Missing::Part { reason, .. }, _) => reason.english(),
            (Missing::Either(left, right), "ko") => format!("{} 또는 {}", joined(left, ", "), joined(right, ", ")),
            (Missing::Either(left, right), _) => format!("{} or {}", joined(left, " and "), joined(right, " and ")),
        }
    }
}

/// Nothing is in it: an empty list or set.
fn is_empty(values: &[String]) -> bool {
    values.iter().all(|value| matches!(value.as_str(), "{}" | "[]"))
}

impl Reason {
    fn english(&self) -> String {
        match self {
            Reason::NotAnswered => String::new(),
            Reason::Is(values) if is_empty(values) => "none so far".to_string(),
            Reason::Is(values) => format!("now {}", values.join(" and ")),
            Reason::NoneYet(_) => "none so far".to_string(),
            Reason::Checked { count: 1, not_for: None } => "1 looked at".to_string(),
            Reason::Checked { count, not_for: None } => format!("{count} looked at"),
            Reason::Checked { count, not_for: Some(one) } => format!("{count} looked at; not true of {one}"),
            Reason::NearMiss { reason, event, field, value } => {
                format!("{}; the newest {event} has {field} {value}", reason.english())
            }
            Reason::TimeLeft { left, of } => format!("{} of {} left", duration_text(*left), duration_text(*of)),
            Reason::IsTrue(_) => "not so now".to_string(),
            other => other.to_string(),
        }
    }

    fn korean(&self) -> String {
        match self {
            Reason::NotAnswered => String::new(),
            Reason::Is(values) if is_empty(values) => "아직 없어요".to_string(),
            Reason::Is(values) => format!("지금 {}", values.join(", ")),
            Reason::NoSuchThing(source) => format!("{source}: 아직 없어요"),
            Reason::NoSuchTopic(topic) => format!("토픽 {topic}: 아직 없어요"),
            Reason::NoneYet(_) => "아직 없어요".to_string(),
            Reason::IsTrue(_) => "지금은 그렇지 않아요".to_string(),
            Reason::TimeLeft { left, of } => format!("{} 중 {} 남음", duration_text(*of), duration_text(*left)),
            Reason::NotHappened(event) => format!("{event}: 아직 일어나지 않았어요"),
            Reason::Sequence { reached, of, next } => format!("{of}개 중 {reached}개, 다음은 {next}"),
            Reason::Happened { count, first_us } => format!("지금까지 {count}번, 처음은 {}", clock(*first_us)),
            Reason::SoFar(count) => format!("지금까지 {count}번"),
            Reason::Checked { count, not_for: None } => format!("{count}개 확인"),
            Reason::Checked { count, not_for: Some(one) } => format!("{count}개 확인, 맞지 않는 것: {one}"),
            Reason::NearMiss { reason, event, field, value } => {
                format!("{}, 가장 새 {event}의 {field}: {value}", reason.korean())
            }
        }
    }
}

/// Seconds since time 0, as the transport bar shows them.
fn clock(micros: i64) -> String {
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    format!("{sign}{}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_says_what_is_there_in_both_languages_and_the_console_says_it_with_the_source() {
        let part = |reason| Missing::Part { source: "hw(\"orders-0\") == 48".to_string(), reason };
        let hw = part(Reason::Is(vec!["46".to_string()]));
        assert_eq!(hw.to_string(), "hw(\"orders-0\") == 48 - is 46");
        assert_eq!((hw.in_words("en").as_str(), hw.in_words("ko").as_str()), ("now 46", "지금 46"));
        let prediction = part(Reason::NotAnswered);
        assert_eq!(prediction.in_words("ko"), "", "the goal says it in its own words");
        let either = Missing::Either(vec![hw], vec![part(Reason::SoFar(2))]);
        assert_eq!(either.in_words("en"), "now 46 or 2 so far");
        assert_eq!(either.in_words("ko"), "지금 46 또는 지금까지 2번");
    }
}

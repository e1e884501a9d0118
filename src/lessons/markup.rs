//! The markup inside the texts of a lesson: code, emphasis, and things of the cluster by name.
//!
//! ```text
//! `acks=all`        code, as it would be typed
//! *predict*         emphasis
//! {broker:1}        a broker; so also {controller:101}, {client:shop}, {partition:orders-0}, {topic:orders}
//! {key:user123}     a record with this key
//! {offset:46–47}    a place in a log
//! {hw} {leo}        the marks of a log
//! ```
//!
//! A brace that opens nothing of this list is a brace; so JSON may stand in a text as it is. Inside code nothing else is
//! read.

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Span {
    Words(String),
    Code(String),
    Strong(String),
    Broker(String),
    Controller(String),
    Client(String),
    Partition(String),
    Topic(String),
    Key(String),
    Offset(String),
    HighWatermark,
    LogEnd,
}

impl Span {
    /// The words of it, without their look.
    pub fn text(&self) -> &str {
        match self {
            Span::Words(text) | Span::Code(text) | Span::Strong(text) => text,
            Span::Broker(name) | Span::Controller(name) | Span::Client(name) | Span::Partition(name) => name,
            Span::Topic(name) | Span::Key(name) | Span::Offset(name) => name,
            Span::HighWatermark => "HW",
            Span::LogEnd => "LEO",
        }
    }
}

/// Reads a text. Every text has a reading: what is no markup is words.
pub fn parse(text: &str) -> Vec<Span> {
    let (mut spans, mut words, mut rest) = (Vec::new(), String::new(), text);
    while let Some(first) = rest.chars().next() {
        if let Some((span, after)) = enclosed(rest) {
            if !words.is_empty() {
                spans.push(Span::Words(std::mem::take(&mut words)));
            }
            spans.push(span);
            rest = after;
        } else {
            words.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !words.is_empty() {
        spans.push(Span::Words(words));
    }
    spans
}

/// A text without its markup, for the console; `tag` is its language, `en` or `ko`.
pub fn plain(text: &str, tag: &str) -> String {
    let words = |span: &Span| match (span, tag) {
        (Span::Broker(id), "ko") => format!("브로커 {id}"),
        (Span::Broker(id), _) => format!("broker {id}"),
        (Span::Controller(id), "ko") => format!("컨트롤러 {id}"),
        (Span::Controller(id), _) => format!("controller {id}"),
        _ => span.text().to_string(),
    };
    parse(text).iter().map(words).collect()
}

/// The span that a text begins with, and what follows it.
fn enclosed(text: &str) -> Option<(Span, &str)> {
    let within = |open: char, close: char| {
        let (inner, after) = text.strip_prefix(open)?.split_once(close)?;
        (!inner.is_empty() && !inner.starts_with(' ')).then_some((inner, after))
    };
    match text.chars().next()? {
        '`' => within('`', '`').map(|(code, after)| (Span::Code(code.to_string()), after)),
        '*' => within('*', '*').map(|(words, after)| (Span::Strong(words.to_string()), after)),
        '{' => {
            let (inner, after) = within('{', '}')?;
            thing(inner).map(|span| (span, after))
        }
        _ => None,
    }
}

fn thing(inner: &str) -> Option<Span> {
    match inner {
        "hw" => return Some(Span::HighWatermark),
        "leo" => return Some(Span::LogEnd),
        _ => {}
    }
    let (kind, name) = inner.split_once(':').filter(|(_, name)| !name.is_empty())?;
    let name = name.to_string();
    Some(match kind {
        "broker" => Span::Broker(name),
        "controller" => Span::Controller(name),
        "client" => Span::Client(name),
        "partition" => Span::Partition(name),
        "topic" => Span::Topic(name),
        "key" => Span::Key(name),
        "offset" => Span::Offset(name),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_code_and_emphasis_are_told_from_words() {
        let words = |text: &str| Span::Words(text.to_string());
        assert_eq!(
            parse("{broker:1} wrote {key:yun} at {offset:46–47}, above the {hw}. *Nobody* reads `acks=all`."),
            [
                Span::Broker("1".into()),
                words(" wrote "),
                Span::Key("yun".into()),
                words(" at "),
                Span::Offset("46–47".into()),
                words(", above the "),
                Span::HighWatermark,
                words(". "),
                Span::Strong("Nobody".into()),
                words(" reads "),
                Span::Code("acks=all".into()),
                words("."),
            ]
        );
        assert_eq!(parse("{client:shop}이"), [Span::Client("shop".into()), words("이")]);
    }

    #[test]
    fn what_opens_nothing_is_words() {
        for text in ["value {\"orderId\":\"order456\"}", "{", "{:}", "{ship:1}", "2 * 3 * 4", "`", "``", "a *b", ""] {
            assert_eq!(plain(text, "en"), text);
            assert!(parse(text).iter().all(|span| matches!(span, Span::Words(_))), "{text}");
        }
        assert_eq!(parse("`{broker:1} *x*`"), [Span::Code("{broker:1} *x*".into())]);
    }

    #[test]
    fn the_console_gets_the_words_alone() {
        let text = "On {client:shop}, send {key:user123} to {broker:1}.";
        assert_eq!(plain(text, "en"), "On shop, send user123 to broker 1.");
        assert_eq!(plain("{broker:2}가 `46`을 요청했어요.", "ko"), "브로커 2가 46을 요청했어요.");
    }
}

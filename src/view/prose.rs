//! Texts of lessons as they are shown: a word for a thing looks like the thing on the stage at this moment.

use super::scene::{BrokerCard, KeyMark, NodeState, Scene};
use super::words::Words;
use crate::lessons::markup::{Span, parse};

/// A piece of a shown text.
#[derive(Clone, PartialEq, Debug)]
pub enum Word {
    Text(String),
    Code(String),
    Strong(String),
    /// A thing: the class of its look, what it is called, and the mark of a record's key.
    Thing {
        class: &'static str,
        text: String,
        mark: Option<KeyMark>,
    },
}

/// A shown text.
pub type Prose = Vec<Word>;

/// Reads a text with its markup. A key has its mark once it has appeared in the run, and a dashed edge before.
pub fn prose(text: &str, scene: &Scene, words: Words) -> Prose {
    let thing = |class, text: String| Word::Thing { class, text, mark: None };
    let word = |span: Span| match span {
        Span::Words(text) => Word::Text(text),
        Span::Code(text) | Span::Topic(text) | Span::Partition(text) => Word::Code(text),
        Span::Strong(text) => Word::Strong(text),
        Span::Broker(id) => {
            let card = scene.brokers.iter().find(|broker| broker.id.to_string() == id);
            thing(card.map_or("follower", |card| broker(card, scene)), words.place_broker(id))
        }
        Span::Controller(id) => thing("follower", words.place_controller(id)),
        Span::Client(name) => thing("client", name),
        Span::Offset(offset) => thing("un", offset),
        Span::HighWatermark => thing("hw", words.lesson_high_watermark().to_owned()),
        Span::LogEnd => thing("leo", words.lesson_log_end().to_owned()),
        Span::Key(key) => {
            let mark = scene.keys.iter().find(|legend| legend.key == key).map(|legend| legend.mark);
            Word::Thing { class: if mark.is_some() { "rec" } else { "un" }, text: key, mark }
        }
    };
    parse(text).into_iter().map(word).collect()
}

/// How a broker looks at this moment: down, in trouble, leading something, or only following.
fn broker(card: &BrokerCard, scene: &Scene) -> &'static str {
    if card.state.is_down() {
        "dead"
    } else if card.fenced || card.slowed_us.is_some() || card.state != NodeState::Up {
        "late"
    } else if scene.rows.iter().any(|row| row.leader == Some(card.id)) {
        "leader"
    } else {
        "follower"
    }
}

/// The words alone.
pub fn plain(prose: &[Word]) -> String {
    let text = |word: &Word| match word {
        Word::Text(text) | Word::Code(text) | Word::Strong(text) | Word::Thing { text, .. } => text.clone(),
    };
    prose.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn classes(text: &str, scene: &Scene) -> Vec<&'static str> {
        let class = |word: Word| if let Word::Thing { class, .. } = word { Some(class) } else { None };
        prose(text, scene, Words::English).into_iter().filter_map(class).collect()
    }

    #[test]
    fn a_broker_in_a_sentence_looks_as_it_does_on_the_stage() {
        let mut scene = sample::scene();
        assert_eq!(classes("{broker:1}", &scene), ["leader"]);
        scene.brokers[0].slowed_us = Some(5);
        scene.brokers[1].state = NodeState::Killed;
        assert_eq!(
            classes("{broker:1} {broker:2} {broker:9} {client:shop}", &scene),
            ["late", "dead", "follower", "client"]
        );
        assert_eq!(plain(&prose("{broker:2}가 `46`을", &scene, Words::Korean)), "브로커 2가 46을");
    }

    #[test]
    fn a_key_has_the_mark_of_the_run_once_it_has_appeared() {
        let scene = sample::scene();
        let legend = scene.keys.first().expect("the sample has keys");
        let shown = prose(&format!("{{key:{}}} {{key:nobody}}", legend.key), &scene, Words::English);
        assert!(matches!(&shown[0], Word::Thing { class: "rec", mark: Some(mark), .. } if *mark == legend.mark));
        assert!(matches!(&shown[2], Word::Thing { class: "un", mark: None, .. }));
    }
}

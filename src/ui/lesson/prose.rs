//! Texts with things of the cluster in them.

use yew::{Html, html};

use crate::ui::stage::glyph_icon;
use crate::view::prose::Word;

pub fn prose(words: &[Word]) -> Html {
    html! { <span class="prose">{ for words.iter().map(word) }</span> }
}

fn word(word: &Word) -> Html {
    match word {
        Word::Text(text) => html! { <>{ text.clone() }</> },
        Word::Code(text) => html! { <code>{ text.clone() }</code> },
        Word::Strong(text) => html! { <strong>{ text.clone() }</strong> },
        Word::Thing { class, text, mark: None } => html! { <span class={format!("n {class}")}>{ text.clone() }</span> },
        Word::Thing { class, text, mark: Some(mark) } => html! {
            <span class={format!("n {class} k{}", mark.hue)}>{ glyph_icon(*mark) }<i>{ text.clone() }</i></span>
        },
    }
}

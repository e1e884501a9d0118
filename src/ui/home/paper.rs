//! A page of the documentation.

use yew::{Html, Properties, function_component, html};

use crate::app::reading::{Block, Paper, Reading, Span};
use crate::ui::Shared;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub reading: Shared<Reading>,
}

#[function_component]
pub fn PaperPage(props: &Props) -> Html {
    let (words, reading) = (props.words, &props.reading);
    let title = match reading.paper {
        Paper::Simplified => words.home_simplified(),
        Paper::Licence => words.home_licence(),
    };
    html! {
        <main class="home paper" id="home">
            <nav class="back"><a href="#/" id="paper-back">{ words.home_back() }</a></nav>
            <article id="paper" tabindex="-1" aria-label={title}>
                <div class="slot">{ state(props, title) }</div>
                <div class="text" lang="en">{ for reading.blocks.iter().map(block) }</div>
            </article>
            { super::footer(words) }
        </main>
    }
}

/// The page's own words about the page: in which language it is, that it is on its way, or why it is not here.
fn state(props: &Props, title: &'static str) -> Html {
    let words = props.words;
    match &props.reading.missing {
        Some(why) => {
            html! { <div class="state err" role="alert"><b>{ title }</b><p>{ words.home_paper_missing(why) }</p></div> }
        }
        None if props.reading.blocks.is_empty() => html! { <p class="waiting">{ words.home_paper_loading() }</p> },
        None if words == Words::English => html! { <span></span> },
        None => html! { <p class="only">{ words.home_paper_english() }</p> },
    }
}

fn block(block: &Block) -> Html {
    match block {
        Block::Heading(1, text) => html! { <h1>{ spans(text) }</h1> },
        Block::Heading(_, text) => html! { <h2>{ spans(text) }</h2> },
        Block::Paragraph(text) => html! { <p>{ spans(text) }</p> },
        Block::Code(text) => html! { <pre>{ text.clone() }</pre> },
        Block::List(items) => html! { <ul>{ for items.iter().map(|item| html! { <li>{ spans(item) }</li> }) }</ul> },
        Block::Table(head, rows) => {
            let row = |row: &Vec<Vec<Span>>| html! { <tr>{ for row.iter().map(|cell| html! { <td>{ spans(cell) }</td> }) }</tr> };
            html! {
                <div class="wide"><table>
                    <thead><tr>{ for head.iter().map(|cell| html! { <th scope="col">{ spans(cell) }</th> }) }</tr></thead>
                    <tbody>{ for rows.iter().map(row) }</tbody>
                </table></div>
            }
        }
    }
}

fn spans(text: &[Span]) -> Html {
    let span = |span: &Span| match span {
        Span::Text(text) => html! { <span>{ text.clone() }</span> },
        Span::Code(text) => html! { <code>{ text.clone() }</code> },
    };
    html! { <>{ for text.iter().map(span) }</> }
}

//! Chapters as log cells, and the lessons of the chosen one.

use yew::{Html, Properties, function_component, html};

use crate::app::Msg;
use crate::app::home::HomeMsg;
use crate::app::shelf::{Cell, ChapterRow, LessonRow, Shelf};
use crate::ui::Send;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub shelf: Shelf,
    pub send: Send,
}

#[function_component]
pub fn Catalogue(props: &Props) -> Html {
    let shelf = &props.shelf;
    html! {
        <section class="cat" aria-label={props.words.home_chapters()}>
            <div>
                <h2>{ shelf.title.clone() }<small>{ shelf.lag.clone() }</small></h2>
                <ol class="chap">{ for shelf.chapters.iter().map(|row| chapter(props, row)) }</ol>
            </div>
            <aside aria-labelledby="chapter">
                <h2 id="chapter">{ shelf.chapter.clone() }<small>{ shelf.chapter_sum.clone() }</small></h2>
                <ol class="less">{ for shelf.lessons.iter().map(lesson) }</ol>
            </aside>
        </section>
    }
}

fn chapter(props: &Props, row: &ChapterRow) -> Html {
    let number = row.number;
    html! {
        <li key={number} class={if row.chosen { "on" } else { "" }}>
            <button aria-pressed={row.chosen.to_string()} data-chapter={number.to_string()}
                onclick={props.send.reform(move |_| Msg::Home(HomeMsg::Chapter(number)))}>
                <span class="no">{ number }</span>
                <span class="ct"><b>{ row.title.clone() }</b><small>{ row.gist.clone() }</small></span>
                <span class="cells" aria-hidden="true">{ for row.cells.iter().map(|cell| self::cell(*cell, props.words)) }</span>
                <span class="of" aria-hidden="true">{ row.done.clone() }</span>
                <span class="vh">{ row.label.clone() }</span>
            </button>
        </li>
    }
}

fn cell(cell: Cell, words: Words) -> Html {
    let class = match cell {
        Cell::Done => "done",
        Cell::You => "now",
        Cell::Begun => "begun",
        Cell::Open => "",
        Cell::ToCome => "tocome",
    };
    html! { <i class={class}>{ if cell == Cell::You { html! { <em>{ words.home_you() }</em> } } else { html! { <em hidden={true}></em> } } }</i> }
}

fn lesson(row: &LessonRow) -> Html {
    let class = match row.cell {
        Cell::Done => "done",
        Cell::You => "now",
        Cell::Begun => "begun",
        Cell::Open => "",
        Cell::ToCome => "tocome",
    };
    let inside = html! {
        <>
            { sign(row.cell) }
            <span><b>{ code(&row.title) }</b><small>{ code(&row.gist) }</small><small class="how">{ row.state.clone() }</small></span>
            <time>{ row.minutes.clone() }</time>
        </>
    };
    html! {
        <li key={row.id.clone()} class={class} data-lesson={row.id.clone()}>{
            if row.cell == Cell::ToCome {
                html! { <div class="row">{ inside }</div> }
            } else {
                html! { <a class="row" href={format!("#/lesson/{}", row.id)}>{ inside }</a> }
            }
        }</li>
    }
}

/// Identifiers of Kafka inside a title are code: words with a dot, an equals sign or a call.
fn code(text: &str) -> Html {
    let is_code = |word: &str| {
        let bare = word.trim_end_matches([',', '.', ':', '?']);
        bare.ends_with("()") || (bare.contains('.') && bare.is_ascii()) || bare.contains('=') && bare.len() > 1
    };
    let piece = |word: &str| {
        if is_code(word) {
            html! { <code>{ word.to_owned() }</code> }
        } else {
            html! { <span>{ word.to_owned() }</span> }
        }
    };
    html! { <>{ for text.split_inclusive(' ').map(|word| html! { <>{ piece(word.trim_end()) }{ if word.ends_with(' ') { " " } else { "" } }</> }) }</> }
}

fn sign(cell: Cell) -> Html {
    let drawn = match cell {
        Cell::Done => html! {
            <g><circle class="solid" cx="9" cy="9" r="7.5" /><path class="tick" d="M5.6 9.2l2.4 2.4 4.4-5" /></g>
        },
        Cell::You | Cell::Begun => html! {
            <g><circle class="ring" cx="9" cy="9" r="7.2" /><path class="go" d="M7.2 5.8v6.4L12.4 9z" /></g>
        },
        Cell::Open => html! { <g><circle class="ring" cx="9" cy="9" r="7.2" /></g> },
        Cell::ToCome => html! { <g><circle class="ring dashed" cx="9" cy="9" r="7.2" /></g> },
    };
    html! { <svg class="sign" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">{ drawn }</svg> }
}

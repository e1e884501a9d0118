//! The lesson column.

mod card;
mod prose;

use yew::{Html, Properties, function_component, html};

use self::card::{card, goal, hint};
use self::prose::prose;
use super::{Send, Shared, icons};
use crate::app::Msg;
use crate::app::lesson::LessonMsg;
use crate::view::lesson::{Cell, CellLook, Column, EndPage, HintButton, Page, StepPage};
use crate::view::words::Words;

/// The lesson whose files are under way, and why they did not come.
#[derive(Clone, PartialEq, Debug)]
pub struct Awaited {
    pub lesson: String,
    pub failed: Option<String>,
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub column: Option<Shared<Column>>,
    pub awaited: Option<Awaited>,
    pub send: Send,
}

/// Sends a message of the lesson column.
fn on<E>(send: &Send, msg: LessonMsg) -> yew::Callback<E> {
    send.reform(move |_| Msg::Lesson(msg.clone()))
}

#[function_component]
pub fn LessonColumn(props: &Props) -> Html {
    let words = props.words;
    html! {
        <aside class="lesson" id="lesson" aria-label={words.lesson_label()}>
            <div class="awaited-slot">{ props.awaited.as_ref().map_or_else(|| html! { <span></span> }, |it| awaited(it, props)) }</div>
            { match &props.column {
                Some(column) => open(column, props),
                None => html! { <div class="lesson-body" key="none"></div> },
            } }
        </aside>
    }
}

/// Files that are under way, or did not come.
fn awaited(awaited: &Awaited, props: &Props) -> Html {
    let (words, send) = (props.words, &props.send);
    match &awaited.failed {
        None => html! {
            <div class="state awaited" key="awaited" role="status">
                <b>{ words.lesson_opening(&awaited.lesson) }</b>
                <p>{ words.lesson_opening_note() }</p>
                <span class="cells" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i><i></i></span>
            </div>
        },
        Some(why) => html! {
            <div class="state err awaited" key="awaited" role="alert">
                <b>{ words.lesson_not_fetched(&awaited.lesson) }</b>
                <p>{ words.lesson_not_fetched_note() }</p>
                <p class="mono">{ why.clone() }</p>
                <button class="btn" id="lesson-retry" onclick={on(send, LessonMsg::Retry)}>{ words.lesson_retry() }</button>
                <button class="btn quiet" id="lesson-give-up" onclick={on(send, LessonMsg::GiveUp)}>{ words.lesson_give_up() }</button>
            </div>
        },
    }
}

fn open(column: &Shared<Column>, props: &Props) -> Html {
    let (words, send) = (props.words, &props.send);
    let at = match &column.page {
        Page::Step(step) => format!("step-{}", step.step),
        Page::End(_) => "end".to_owned(),
    };
    html! {
        <div class="lesson-open" key="open">
            <div class="lesson-body" key={format!("{}-{at}", column.id)}>
                <div class="eyebrow">
                    <span>{ &column.chapter }</span><span class="spacer"></span><span>{ &column.minutes }</span>
                    <button class="icon" id="lesson-restart" aria-label={words.lesson_restart()} title={words.lesson_restart()}
                        onclick={on(send, LessonMsg::Begin(column.id.clone()))}>{ icons::restart() }</button>
                    <button class="icon" id="lesson-leave" aria-label={words.lesson_leave()} title={words.lesson_leave()}
                        onclick={on(send, LessonMsg::Leave)}>{ icons::close() }</button>
                </div>
                <h1 id="lesson-title" tabindex="-1">{ prose(&column.title) }</h1>
                <div class="steps">
                    <ol aria-label={words.lesson_steps()}>{ for column.cells.iter().map(|it| cell(it, send)) }</ol>
                    <span>{ &column.place }</span>
                </div>
                { match &column.page {
                    Page::Step(page) => step(page, props),
                    Page::End(page) => end(page, words),
                } }
            </div>
            { foot(column, props) }
        </div>
    }
}

fn cell(cell: &Cell, send: &Send) -> Html {
    let class = match cell.look {
        CellLook::Done => "done",
        CellLook::Now => "now",
        CellLook::Ahead => "",
        CellLook::Locked => "locked",
    };
    let current = if cell.shown { "step" } else { "false" };
    html! {
        <li key={cell.step}>
            <button class={class} aria-label={cell.label.clone()} title={cell.label.clone()} aria-current={current}
                disabled={!cell.open} onclick={on(send, LessonMsg::Show(cell.step))}><i></i></button>
        </li>
    }
}

fn step(page: &StepPage, props: &Props) -> Html {
    let (words, send) = (props.words, &props.send);
    html! {
        <div class="page">
            <div class="idea-slot">{ match &page.idea {
                Some(idea) => html! { <p class="idea">{ prose(idea) }</p> },
                None => html! { <span></span> },
            } }</div>
            <div class="differs-slot">{ differs(page, words) }</div>
            <h2 class="step-title" id="step-title" tabindex="-1">{ prose(&page.title) }</h2>
            <div class="insight-slot">{ insight(page, words, send) }</div>
            <div class="narration"><p>{ prose(&page.narration) }</p></div>
            <div class="locked-slot">{ match &page.locked {
                Some(why) => html! { <p class="state">{ why.clone() }</p> },
                None => html! { <span></span> },
            } }</div>
            <div class="cards">{ for page.predictions.iter().map(|it| card(it, words, send)) }</div>
            <div class="goals-slot">{ goals(page, words) }</div>
            <div class="watch-slot">{ section(words.lesson_watch(), page.watch.as_ref(), "watch") }</div>
            <div class="hints-slot">{ hints(page, words, send) }</div>
        </div>
    }
}

fn differs(page: &StepPage, words: Words) -> Html {
    if page.differs.is_empty() {
        return html! { <span></span> };
    }
    let row = |(key, value): &(String, String)| html! { <code key={key.clone()}>{ format!("{key}={value}") }</code> };
    html! { <p class="differs"><span>{ words.lesson_differs() }</span>{ for page.differs.iter().map(row) }</p> }
}

fn goals(page: &StepPage, words: Words) -> Html {
    if page.goals.is_empty() {
        return html! { <span></span> };
    }
    html! {
        <section class="sec goals">
            <h3>{ words.lesson_goals() }<small>{ words.lesson_goals_checked() }</small></h3>
            <ul>{ for page.goals.iter().map(|it| goal(it, words)) }</ul>
        </section>
    }
}

fn section(title: &str, text: Option<&crate::view::prose::Prose>, class: &'static str) -> Html {
    match text {
        Some(text) => html! {
            <section class={format!("sec {class}")}><h3>{ title.to_owned() }</h3><p>{ prose(text) }</p></section>
        },
        None => html! { <span></span> },
    }
}

fn hints(page: &StepPage, words: Words, send: &Send) -> Html {
    if page.hints.is_empty() {
        return html! { <span></span> };
    }
    html! {
        <section class="sec hints" id="hints" aria-live="polite">
            <h3>{ words.lesson_hints() }</h3>
            <ol>{ for page.hints.iter().map(|it| hint(it, words, send)) }</ol>
        </section>
    }
}

fn insight(page: &StepPage, words: Words, send: &Send) -> Html {
    let Some(text) = &page.insight else { return html! { <span></span> } };
    let again = match &page.replay {
        Some(at) => html! {
            <button class="btn again" id="lesson-replay" onclick={on(send, LessonMsg::Replay(page.step))}>
                { icons::again() }{ words.lesson_replay() }<time>{ at.clone() }</time>
            </button>
        },
        None => html! { <span></span> },
    };
    html! {
        <section class="sec insight">
            <h3>{ words.lesson_insight() }</h3>
            <p>{ prose(text) }</p>
            <div class="again-slot">{ again }</div>
        </section>
    }
}

fn end(page: &EndPage, words: Words) -> Html {
    let row = |(title, text): &(crate::view::prose::Prose, crate::view::prose::Prose)| {
        html! { <li><b>{ prose(title) }</b><p>{ prose(text) }</p></li> }
    };
    html! {
        <div class="page end">
            <h2 class="step-title" id="step-title" tabindex="-1">{ words.lesson_aha() }</h2>
            <p class="aha">{ prose(&page.aha) }</p>
            <section class="sec"><h3>{ words.lesson_misconception() }</h3><p>{ prose(&page.misconception) }</p></section>
            <section class="sec recap"><h3>{ words.lesson_recap() }</h3><ol>{ for page.recap.iter().map(row) }</ol></section>
        </div>
    }
}

fn foot(column: &Column, props: &Props) -> Html {
    let (words, send, foot) = (props.words, &props.send, &column.foot);
    let hint = match &foot.hint {
        Some(HintButton::Next(label)) => html! {
            <button class="btn quiet" id="lesson-hint" onclick={on(send, LessonMsg::Hint)}>{ label.clone() }</button>
        },
        Some(HintButton::Solve) => html! {
            <button class="btn quiet" id="lesson-solution" onclick={on(send, LessonMsg::Solve)}>{ words.lesson_solution() }</button>
        },
        None => html! { <span></span> },
    };
    html! {
        <footer class="lesson-foot">
            <div class="hint-slot">{ hint }</div>
            <button class="btn quiet" id="lesson-undo" disabled={!foot.undo} onclick={on(send, LessonMsg::Undo)}>{ words.lesson_undo() }</button>
            <span class="spacer"></span>
            <button class="btn primary" id="lesson-next" disabled={!foot.can_go_on} onclick={on(send, LessonMsg::Next)}>{ &foot.next }</button>
        </footer>
    }
}

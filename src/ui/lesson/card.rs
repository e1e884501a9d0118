//! Predictions, goals and hints.

use web_sys::{HtmlElement, KeyboardEvent};
use yew::{Html, TargetCast, html};

use wasm_bindgen::JsCast;

use super::on;
use super::prose::prose;
use crate::app::lesson::LessonMsg;
use crate::ui::Send;
use crate::view::lesson::{Card, CardStage, GoalLine, GoalLook, HintCard, OptionLine, OptionLook};
use crate::view::words::Words;

pub fn card(card: &Card, words: Words, send: &Send) -> Html {
    let title =
        if matches!(card.stage, CardStage::Asked { .. }) { words.lesson_predict() } else { words.lesson_predicted() };
    let question = format!("question-{}", card.id);
    let nothing_chosen = card.stage == CardStage::Asked { chosen: false };
    let option = |(number, line): (usize, &OptionLine)| {
        // Tab stops at the chosen option, or at the first one.
        let stop = line.look == OptionLook::Chosen || nothing_chosen && number == 0;
        option(card, number as u32, line, stop, send)
    };
    html! {
        <section class="sec predict" key={card.id.clone()}>
            <h3>{ title }<small>{ words.lesson_not_scored() }</small></h3>
            <p class="q" id={question.clone()}>{ prose(&card.question) }</p>
            <div role="radiogroup" aria-labelledby={question} onkeydown={walk}>{ for card.options.iter().enumerate().map(option) }</div>
            <div class="lock-slot">{ lock(card, words, send) }</div>
        </section>
    }
}

fn lock(card: &Card, words: Words, send: &Send) -> Html {
    let CardStage::Asked { chosen } = card.stage else { return html! { <span></span> } };
    html! {
        <div class="lockrow">
            <span>{ words.lesson_run_decides() }</span>
            <button class="btn primary" id={format!("lock-{}", card.id)} disabled={!chosen}
                onclick={on(send, LessonMsg::Lock(card.id.clone()))}>{ words.lesson_lock() }</button>
        </div>
    }
}

fn option(card: &Card, number: u32, line: &OptionLine, stop: bool, send: &Send) -> Html {
    let class = match line.look {
        OptionLook::Idle => "opt",
        OptionLook::Chosen => "opt on",
        OptionLook::Locked => "opt on locked",
        OptionLook::Right => "opt on right",
        OptionLook::Wrong => "opt on wrong",
        OptionLook::Happens => "opt right happens",
        OptionLook::Past => "opt past",
    };
    let asked = matches!(card.stage, CardStage::Asked { .. });
    let checked = matches!(line.look, OptionLook::Chosen | OptionLook::Locked | OptionLook::Right | OptionLook::Wrong);
    let tempting = match &line.tempting {
        Some(text) => html! { <small class="tempting">{ prose(text) }</small> },
        None => html! { <span></span> },
    };
    html! {
        <button key={number} type="button" class={class} role="radio" aria-checked={checked.to_string()} aria-disabled={(!asked).to_string()}
            tabindex={if !asked || stop { "0" } else { "-1" }}
            onclick={on(send, if asked { LessonMsg::Choose(card.id.clone(), number) } else { LessonMsg::Stay })}>
            <i></i>
            <span>{ prose(&line.text) }<small class="note">{ line.note }</small><span class="tempting-slot">{ tempting }</span></span>
        </button>
    }
}

/// Arrows walk through the options and choose, as radio buttons do.
fn walk(event: KeyboardEvent) {
    let Some(here) = event.target_dyn_into::<HtmlElement>() else { return };
    let there = match event.key().as_str() {
        "ArrowUp" | "ArrowLeft" => {
            here.previous_element_sibling().or_else(|| here.parent_element()?.last_element_child())
        }
        "ArrowDown" | "ArrowRight" => {
            here.next_element_sibling().or_else(|| here.parent_element()?.first_element_child())
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    if let Some(there) = there.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = there.focus();
        there.click();
    }
}

pub fn goal(line: &GoalLine, words: Words) -> Html {
    let (class, spoken) = match line.look {
        GoalLook::Done => ("goal done", words.lesson_goal_done()),
        _ => ("goal", words.lesson_goal_open()),
    };
    html! {
        <li class={class} title={line.source.clone()}>
            { ring(line.look) }
            <div><span class="vh">{ format!("{spoken}: ") }</span>{ prose(&line.text) }<small>{ line.note.clone() }</small></div>
        </li>
    }
}

/// An open ring, an arc that counts, or a tick.
fn ring(look: GoalLook) -> Html {
    match look {
        GoalLook::Done => html! {
            <svg class="ring done" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <circle cx="9" cy="9" r="7.5" /><path d="M5.6 9.2l2.4 2.4 4.4-5" />
            </svg>
        },
        GoalLook::Counting(part) => html! {
            <svg class="ring counting" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <circle cx="9" cy="9" r="7" />
                <circle class="arc" cx="9" cy="9" r="7" pathLength="100" stroke-dasharray={format!("{} 100", (part * 100.0).round())}
                    transform="rotate(-90 9 9)" />
            </svg>
        },
        GoalLook::Open => html! {
            <svg class="ring" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><circle cx="9" cy="9" r="7" /></svg>
        },
    }
}

pub fn hint(hint: &HintCard, words: Words, send: &Send) -> Html {
    match hint {
        HintCard::Words(text) => html! { <li key="words"><p>{ prose(text) }</p></li> },
        HintCard::Click(text) => {
            html! { <li key="click"><b>{ words.lesson_hint_click() }</b><p>{ prose(text) }</p></li> }
        }
        HintCard::Lines(lines) => {
            let line = |text: &String| html! { <code class="cli">{ text.clone() }</code> };
            html! {
                <li key="lines">
                    <b>{ words.lesson_hint_lines() }</b>
                    <div class="clis">{ for lines.iter().map(line) }</div>
                    <button class="btn" id="lesson-run" onclick={on(send, LessonMsg::Solve)}>{ words.lesson_solve() }</button>
                </li>
            }
        }
    }
}

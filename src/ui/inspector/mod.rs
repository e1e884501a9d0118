//! The inspector: facts, reasons, journey and bytes of what is selected.

mod hex;

pub use hex::{Dump, HexGrid};
use yew::{Html, Properties, function_component, html};

use super::stage::{shapes, tile};
use super::{Send, Shared, icons};
use crate::app::Msg;
use crate::app::inspect::InspectMsg;
use crate::view::clock::moment;
use crate::view::inspect::{Changed, Fact, Inspection, Link, Reason, Stop, Try, Why};
use crate::view::scene::Tone;
use crate::view::words::Words;

/// Rows of bytes in the inspector; the dock shows all.
const HEX_ROWS: u32 = 12;
const HEX_WIDTH: u32 = 8;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    /// The page; None where the selection is not there.
    pub page: Option<Shared<Inspection>>,
    /// Something is selected.
    pub selected: bool,
    pub byte: Option<u32>,
    pub send: Send,
}

#[function_component]
pub fn InspectorPanel(props: &Props) -> Html {
    let words = props.words;
    html! {
        <aside class="inspector" id="inspector" aria-label={words.inspect_label()}>
            <div class="insp-h">
                <div class="crumb">{ match &props.page {
                    Some(page) => html! { <span>{ for page.crumbs.iter().map(|link| crumb(link, props)) }</span> },
                    None => html! { <span>{ words.inspect_label() }</span> },
                } }</div>
                <button class="icon" id="inspector-close" aria-label={words.inspect_close()}
                    onclick={props.send.reform(|_| Msg::Inspect(InspectMsg::Toggle))}>{ icons::forward() }</button>
            </div>
            <div class="insp-b" tabindex="0" role="group" aria-label={words.inspect_label()}>{ match &props.page {
                Some(page) => body(page, props),
                None => vacant(props),
            } }</div>
        </aside>
    }
}

#[derive(Properties, PartialEq)]
pub struct RailProps {
    pub words: Words,
    /// What is selected.
    pub name: Option<String>,
    pub send: Send,
}

/// The inspector folded to the edge of the page.
#[function_component]
pub fn InspectorRail(props: &RailProps) -> Html {
    let words = props.words;
    let name = props.name.clone().unwrap_or_else(|| words.inspect_label().to_owned());
    html! {
        <aside class={if props.name.is_some() { "inspector rail full" } else { "inspector rail" }} aria-label={words.inspect_label()}>
            <button id="inspector-open" aria-label={words.inspect_open()} aria-expanded="false"
                onclick={props.send.reform(|_| Msg::Inspect(InspectMsg::Open))}>
                { icons::back() }<span aria-hidden="true">{ name }</span>
            </button>
        </aside>
    }
}

fn vacant(props: &Props) -> Html {
    let words = props.words;
    let (head, text) = match props.selected {
        true => (words.inspect_gone(), words.inspect_gone_hint()),
        false => (words.inspect_nothing(), words.inspect_nothing_hint()),
    };
    html! { <div class="insp-none"><strong>{ head }</strong><p>{ text }</p></div> }
}

fn body(page: &Inspection, props: &Props) -> Html {
    let words = props.words;
    html! {
        <div>
            <div class="insp-t">
                { match &page.face {
                    Some(face) => html! {
                        <svg class="stage-svg" width="26" height="34" viewBox="0 0 26 34" aria-hidden="true">{ shapes(&tile(face)) }</svg>
                    },
                    None => html! { <span></span> },
                } }
                <div><strong>{ page.title.clone() }</strong><small>{ page.subtitle.clone() }</small></div>
            </div>
            <dl class="kv">{ for page.facts.iter().map(fact) }</dl>
            <div>{ for page.why.iter().map(|asked| why(asked, props)) }</div>
            <div>{ for page.changed.iter().map(|changed| change(changed, words)) }</div>
            <div>{ if page.tries.is_empty() { html! { <span></span> } } else { tries(&page.tries, props) } }</div>
            <div>{ if page.journey.is_empty() { html! { <span></span> } } else { journey(&page.journey, props) } }</div>
            <div>{ if page.links.is_empty() { html! { <span></span> } } else { links(&page.links, props) } }</div>
            <div>{ for page.bytes.iter().map(|dump| html! {
                <section class="sec">
                    <div class="sec-h">
                        <h2>{ words.inspect_batch(range(dump.base_offset, dump.last_offset)) }</h2>
                        <span>{ words.inspect_size(dump.bytes.len()) }</span>
                    </div>
                    <HexGrid id="insp-hex" words={words} dump={Dump(dump.clone())} byte={props.byte} width={HEX_WIDTH}
                        most={HEX_ROWS} text={false} send={props.send.clone()} />
                    <button class="btn quiet" onclick={props.send.reform(|_| Msg::Inspect(InspectMsg::ShowBytes))}>
                        { words.inspect_show_bytes() }
                    </button>
                </section>
            }) }</div>
        </div>
    }
}

fn range(first: i64, last: i64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

/// A name that selects its thing; plain where there is none.
fn named(link: &Link, props: &Props) -> Html {
    match link.target.clone() {
        Some(target) => html! {
            <button class="link" onclick={props.send.reform(move |_| Msg::Select(Some(target.clone())))}>{ link.text.clone() }</button>
        },
        None => html! { <b>{ link.text.clone() }</b> },
    }
}

fn crumb(link: &Link, props: &Props) -> Html {
    html! { <span class="one" key={link.text.clone()}>{ named(link, props) }</span> }
}

fn fact(fact: &Fact) -> Html {
    html! {
        <div key={fact.name.clone()}>
            <dt>{ for fact.name.split_inclusive('.').map(|part| html! { <>{ part.to_owned() }<wbr /></> }) }</dt>
            <dd>{ fact.value.clone() }<small>{ fact.note.clone() }</small></dd>
        </div>
    }
}

fn why(asked: &Why, props: &Props) -> Html {
    html! {
        <section class="sec" key="why">
            <h2 id="why" tabindex="-1">{ asked.question.clone() }</h2>
            <ol class="why">{ for asked.chain.iter().enumerate().map(|(place, reason)| link_of(place, reason, props)) }</ol>
        </section>
    }
}

fn link_of(place: usize, reason: &Reason, props: &Props) -> Html {
    let at = reason.at_us.map(|at| (at, moment(at)));
    // A moment that the sentence names is the way to it; else it stands behind the sentence.
    let split = at.as_ref().and_then(|(_, clock)| reason.text.split_once(clock.as_str()));
    let (head, tail) = split.map_or((reason.text.as_str(), ""), |(head, tail)| (head.trim_end(), tail));
    let link = Link { text: head.to_owned(), target: reason.target.clone() };
    html! {
        <li key={place.to_string()}>
            <span class={if split.is_some() { "what" } else { "what apart" }}>
                { named(&link, props) }{ " " }<span>{ for at.map(|(at, _)| when(at, split.is_some(), props)) }</span>{ tail.to_owned() }
            </span>
            <small>{ reason.detail.clone() }</small>
        </li>
    }
}

/// A moment that the playhead may go to.
fn when(at: i64, whole: bool, props: &Props) -> Html {
    let label = props.words.inspect_go(moment(at));
    html! { <button class="link when" aria-label={label} onclick={props.send.reform(move |_| Msg::Look(at))}>{ if whole { moment(at) } else { short(at) } }</button> }
}

/// Seconds are enough in the first minute.
fn short(at: i64) -> String {
    let whole = moment(at);
    whole.strip_prefix("00:").map_or_else(|| whole.clone(), str::to_owned)
}

fn change(changed: &Changed, words: Words) -> Html {
    html! {
        <section class="sec" key="changed">
            <div class="sec-h"><h2>{ words.inspect_changed() }</h2><span>{ words.inspect_since(short(changed.since_us)) }</span></div>
            <table class="delta"><tbody>{ for changed.rows.iter().map(|row| html! {
                <tr key={row.name} class={tone(row.tone)}><th scope="row">{ row.name }</th><td>{ row.was }</td><td>{ row.now }</td></tr>
            }) }</tbody></table>
        </section>
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Lagging => "lag",
        Tone::Failing => "fail",
    }
}

fn tries(tries: &[Try], props: &Props) -> Html {
    html! {
        <section class="sec" key="try">
            <h2>{ props.words.inspect_try() }</h2>
            <div class="acts">{ for tries.iter().map(|one| {
                let line = one.line.clone();
                html! {
                    <button class="btn" key={one.line.clone()} title={one.line.clone()}
                        onclick={props.send.reform(move |_| Msg::Line(line.clone()))}>{ one.text.clone() }</button>
                }
            }) }</div>
        </section>
    }
}

fn journey(stops: &[Stop], props: &Props) -> Html {
    let words = props.words;
    let stop = |(place, stop): (usize, &Stop)| {
        let class = if stop.at_us.is_none() { "todo" } else { tone(stop.tone) };
        html! {
            <li key={place.to_string()} class={class}>
                <span>{ stop.text.clone() }</span>
                { match stop.at_us {
                    Some(at) => when(at, false, props),
                    None => html! { <time aria-label={words.inspect_missing()}>{ "–" }</time> },
                } }
            </li>
        }
    };
    html! {
        <section class="sec" key="journey">
            <h2>{ words.inspect_journey() }</h2>
            <ol class="journey">{ for stops.iter().enumerate().map(stop) }</ol>
        </section>
    }
}

fn links(links: &[Link], props: &Props) -> Html {
    html! {
        <section class="sec" key="links">
            <h2>{ props.words.inspect_belongs() }</h2>
            <p class="parts">{ for links.iter().map(|link| crumb(link, props)) }</p>
        </section>
    }
}

//! Time: the timeline with its playhead, and the buttons under it.

use web_sys::{Element, HtmlInputElement, InputEvent, KeyboardEvent, PointerEvent};
use yew::{Html, NodeRef, Properties, TargetCast, function_component, html, use_node_ref};

use super::{Send, Shared, icons};
use crate::app::Msg;
use crate::view::clock::{self, SPEEDS};
use crate::view::scene::{Tone, Track};
use crate::view::timeline::{Scale, StepMark, Ticks};
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub playing: bool,
    pub speed: u8,
    pub now_us: i64,
    pub newest_us: i64,
    /// Time to the next event, and the sentence about it.
    pub next: (String, String),
    pub scale: Scale,
    pub ticks: Shared<Ticks>,
    /// From where to where the run goes that was left by the last fork.
    pub left: Option<(i64, i64)>,
    /// Moments with a name.
    pub checkpoints: Vec<(String, i64)>,
    /// Where the steps of the open lesson begin.
    pub steps: Vec<StepMark>,
    /// Moments from which the run can be rebuilt.
    pub snapshots: Vec<i64>,
    pub phone: bool,
    pub send: Send,
}

#[function_component]
pub fn Transport(props: &Props) -> Html {
    let words = props.words;
    let (clock, micros) = clock::clock(props.now_us);
    let play = if props.playing { words.transport_pause() } else { words.transport_play() };
    html! {
        <section class="transport" aria-label={words.transport_label()}>
            <Timeline words={words} now_us={props.now_us} newest_us={props.newest_us} scale={props.scale}
                ticks={props.ticks.clone()} left={props.left} checkpoints={props.checkpoints.clone()}
                steps={props.steps.clone()} snapshots={props.snapshots.clone()} phone={props.phone}
                send={props.send.clone()} />
            <div class="row">
                <button class="tbtn" id="previous" aria-label={words.transport_previous()} title={words.transport_previous()}
                    onclick={props.send.reform(|_| Msg::PreviousEvent)}>{ icons::previous() }</button>
                <button class="play" id="play" aria-label={play} title={play}
                    onclick={props.send.reform(|_| Msg::TogglePlay)}>{ icons::play(props.playing) }</button>
                <button class="tbtn" id="next" aria-label={words.transport_next()} title={words.transport_next()}
                    onclick={props.send.reform(|_| Msg::NextEvent)}>{ icons::next() }</button>
                <span class="clock" id="clock">{ clock }<small>{ format!(".{micros}") }</small></span>
                <span class="next-ev"><b>{ props.next.0.clone() }</b>{ " " }{ props.next.1.clone() }</span>
                <span class="spacer"></span>
                <span class="slot">{ back(props) }</span>
                { speed(props) }
            </div>
        </section>
    }
}

/// The way to the run that the last fork left.
fn back(props: &Props) -> Html {
    if props.left.is_none() {
        return html! { <span></span> };
    }
    html! {
        <button class="btn quiet" id="return" onclick={props.send.reform(|_| Msg::ReturnToLeft)}>
            { icons::earlier() }<span>{ props.words.transport_return_to_left() }</span>
        </button>
    }
}

fn speed(props: &Props) -> Html {
    let send = props.send.reform(|event: InputEvent| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value();
        Msg::Speed(value.parse().unwrap_or(0))
    });
    let text = clock::speed(props.speed);
    html! {
        <label class="speed">
            <span class="vh">{ props.words.transport_speed() }</span>
            <input type="range" id="speed" min="0" max={(SPEEDS.len() - 1).to_string()} step="1"
                value={props.speed.to_string()} aria-valuetext={text.clone()} oninput={send} />
            <span class="mono">{ text }</span>
        </label>
    }
}

#[derive(Properties, PartialEq)]
struct TimelineProps {
    words: Words,
    now_us: i64,
    newest_us: i64,
    scale: Scale,
    ticks: Shared<Ticks>,
    left: Option<(i64, i64)>,
    checkpoints: Vec<(String, i64)>,
    steps: Vec<StepMark>,
    snapshots: Vec<i64>,
    phone: bool,
    send: Send,
}

/// The moment under the pointer.
fn moment(node: &NodeRef, event: &PointerEvent, scale: &Scale, newest_us: i64) -> Option<i64> {
    let frame = node.cast::<Element>()?.get_bounding_client_rect();
    Some(scale.moment(f64::from(event.client_x()) - frame.left(), newest_us))
}

#[function_component]
fn Timeline(props: &TimelineProps) -> Html {
    let node = use_node_ref();
    let (words, scale, newest) = (props.words, props.scale, props.newest_us);
    let drag = |down: bool| {
        let (node, send) = (node.clone(), props.send.clone());
        move |event: PointerEvent| {
            if down && let Some(element) = node.cast::<Element>() {
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            if event.buttons() & 1 == 1
                && let Some(at) = moment(&node, &event, &scale, newest)
            {
                send.emit(Msg::Scrub(at));
            }
        }
    };
    let (send, now) = (props.send.clone(), props.now_us);
    let onkeydown = move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now - scale.span_us / 200,
            "ArrowRight" | "ArrowUp" => now + scale.span_us / 200,
            "PageDown" => now - scale.span_us / 20,
            "PageUp" => now + scale.span_us / 20,
            "Home" => 0,
            "End" => newest,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        send.emit(Msg::Scrub(to.clamp(0, newest)));
    };
    let width = scale.left + scale.width;
    let text = words.transport_playhead(clock::moment(props.now_us));
    html! {
        <div class="timeline" id="timeline" ref={node.clone()} role="slider" tabindex="0" aria-label={words.transport_timeline()}
            aria-valuemin="0" aria-valuemax={(newest / 1000).to_string()} aria-valuenow={(now / 1000).to_string()}
            aria-valuetext={text} onpointerdown={drag(true)} onpointermove={drag(false)} {onkeydown}>
            <svg class="tl" viewBox={format!("0 -15 {width} 82")} width={width.to_string()} height="82" aria-hidden="true">
                <Rows words={words} scale={scale} ticks={props.ticks.clone()} phone={props.phone} />
                <g>{ left(props) }</g>
                <g>{ for props.steps.iter().map(|mark| step(mark, props.scale.x(props.now_us))) }</g>
                <g>{ for props.snapshots.iter().map(|at| snapshot(*at, &props.scale)) }</g>
                <g>{ for props.checkpoints.iter().map(|checkpoint| diamond(checkpoint, &props.scale)) }</g>
                { head(props) }
            </svg>
        </div>
    }
}

/// The run that was left, dashed above the present one.
fn left(props: &TimelineProps) -> Html {
    let Some((from, to)) = props.left else { return html! { <g></g> } };
    let (x1, x2) = (props.scale.x(from), props.scale.x(to).max(props.scale.x(from) + 8.0));
    let room = props.scale.left + props.scale.width - x2;
    let head = props.scale.x(props.now_us);
    // Clear of the playhead's handle.
    let (text_x, anchor) = match room > 140.0 {
        true if (x2 - 8.0..x2 + 110.0).contains(&head) => ((x2 + 8.0).max(head + 10.0), "start"),
        true => (x2 + 8.0, "start"),
        false => (x1 - 8.0, "end"),
    };
    html! {
        <g>
            <path class="forkl" d={format!("M{x1} 2V-7.5H{x2}")} />
            <circle class="knot2" cx={x1.to_string()} cy="2" r="2" />
            <circle class="ckpt" cx={x2.to_string()} cy="-7.5" r="2.5" />
            <text class="fork-t" x={text_x.to_string()} y="-4" text-anchor={anchor}>{ props.words.transport_earlier_run() }</text>
        </g>
    }
}

/// The number of a lesson's step over the moment at which it begins.
fn step(mark: &StepMark, head: f64) -> Html {
    let class = if mark.now { "tl-s now" } else { "tl-s" };
    // Where the handle of the playhead stands on it, it stands beside the handle.
    let half = mark.text.chars().count() as f64 * 3.0;
    let x = match (mark.x - head).abs() < half + 7.0 {
        true if head < 30.0 => head + 9.0 + half,
        true => head - 9.0 - half,
        false => mark.x.max(half + 1.0),
    };
    html! { <text key={mark.text.clone()} class={class} x={x.to_string()} y="-5" text-anchor="middle">{ mark.text.clone() }</text> }
}

fn snapshot(at: i64, scale: &Scale) -> Html {
    let x = scale.x(at);
    html! { <path key={at.to_string()} class="ckpt" d={format!("M{x} 50.5l2.5 2.5l-2.5 2.5l-2.5 -2.5z")} /> }
}

fn diamond((name, at): &(String, i64), scale: &Scale) -> Html {
    let x = scale.x(*at);
    html! {
        <path key={name.clone()} class="ckpt named" d={format!("M{x} 49.5l3.5 3.5l-3.5 3.5l-3.5 -3.5z")}><title>{ name }</title></path>
    }
}

fn head(props: &TimelineProps) -> Html {
    let (x, newest) = (props.scale.x(props.now_us), props.scale.x(props.newest_us));
    let past = (newest - props.scale.left).max(0.0).to_string();
    html! {
        <g class="headg">
            <rect class="tl-past" x={props.scale.left.to_string()} y="2" width={past} height="48" rx="3" />
            <line class="newest" x1={newest.to_string()} x2={newest.to_string()} y1="2" y2="50" />
            <g transform={format!("translate({} 0)", x.round() + 0.5)}>
                <line class="head" x1="0" y1="-4" x2="0" y2="56" />
                <path class="head-h" d="M-5.5 -12h11v7l-5.5 5.5l-5.5 -5.5z" />
            </g>
        </g>
    }
}

#[derive(Properties, PartialEq)]
struct RowsProps {
    words: Words,
    scale: Scale,
    ticks: Shared<Ticks>,
    phone: bool,
}

/// What changes only with events: rows, ticks, labels.
#[function_component]
fn Rows(props: &RowsProps) -> Html {
    let (words, scale) = (props.words, &props.scale);
    let right = scale.left + scale.width;
    let rows = [
        (Track::Produce, words.transport_produce(), 5.0),
        (Track::Replicate, words.transport_replicate(), 16.0),
        (Track::Consume, words.transport_consume(), 27.0),
        (Track::Control, words.transport_control(), 38.0),
    ];
    let row = |(index, (track, name, top)): (usize, (Track, &'static str, f64))| {
        let plain = props.ticks.path(track, Tone::Plain, top, 7.0);
        let label = if props.phone { "" } else { name };
        html! {
            <g key={name}>
                <text class="tl-l" x="0" y={(top + 6.6).to_string()}>{ label }</text>
                <path class={format!("ev e{index}")} d={plain} />
                <path class="ev lag full" d={props.ticks.path(track, Tone::Lagging, 2.0, 48.0)} />
                <path class="ev fail full" d={props.ticks.path(track, Tone::Failing, 2.0, 48.0)} />
            </g>
        }
    };
    let label = |(us, text): (i64, String)| {
        let x = scale.x(us);
        let anchor = if us == 0 {
            "start"
        } else if x > right - 12.0 {
            "end"
        } else {
            "middle"
        };
        html! {
            <g key={us.to_string()}>
                <line class="ruler" x1={(x.round() + 0.5).to_string()} x2={(x.round() + 0.5).to_string()} y1="50" y2="55" />
                <text x={x.to_string()} y="65" text-anchor={anchor}>{ text }</text>
            </g>
        }
    };
    let line = |y: &'static str| {
        html! { <line class="tl-sep" x1={scale.left.to_string()} x2={right.to_string()} y1={y} y2={y} /> }
    };
    html! {
        <g class="tl-track">
            <rect class="tl-bg" x={scale.left.to_string()} y="2" width={scale.width.to_string()} height="48" rx="3" />
            <g>{ line("14.5") }{ line("25.5") }{ line("36.5") }</g>
            <g>{ for rows.into_iter().enumerate().map(row) }</g>
            <path class="evb lag" d={props.ticks.blocks(Tone::Lagging, 38.0, 8.0)} />
            <path class="evb fail" d={props.ticks.blocks(Tone::Failing, 38.0, 8.0)} />
            <g>{ for scale.labels().into_iter().map(label) }</g>
        </g>
    }
}

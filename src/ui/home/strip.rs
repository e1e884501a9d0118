//! The panorama's time: a play button, and a line with ticks whose playhead can be dragged.

use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::{Html, Properties, function_component, html, use_node_ref};

use crate::app::Msg;
use crate::app::home::HomeMsg;
use crate::ui::{Send, Shared, icons};
use crate::view::clock;
use crate::view::scene::{Tone, Track};
use crate::view::timeline::{Scale, Ticks};
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub now_us: i64,
    pub newest_us: i64,
    pub playing: bool,
    pub scale: Scale,
    pub ticks: Shared<Ticks>,
    pub send: Send,
}

/// One element: the line with the button and the clock.
#[function_component]
pub fn Strip(props: &Props) -> Html {
    let (words, now, newest, scale) = (props.words, props.now_us, props.newest_us, props.scale);
    let node = use_node_ref();
    let drag = |down: bool| {
        let (node, send) = (node.clone(), props.send.clone());
        move |event: PointerEvent| {
            let Some(element) = node.cast::<Element>() else { return };
            if down {
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            if event.buttons() & 1 == 1 {
                let x = f64::from(event.client_x()) - element.get_bounding_client_rect().left();
                send.emit(Msg::Home(HomeMsg::Scrub(scale.moment(x, newest))));
            }
        }
    };
    let send = props.send.clone();
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
        send.emit(Msg::Home(HomeMsg::Scrub(to.clamp(0, newest))));
    };
    let play = if props.playing { words.transport_pause() } else { words.transport_play() };
    let head = scale.x(now).round() + 0.5;
    html! {
        <div class="pstrip">
            <button class="play" id="pano-play" aria-label={play} title={play}
                onclick={props.send.reform(|_| Msg::Home(HomeMsg::TogglePlay))}>{ icons::play(props.playing) }</button>
            <div class="pline" id="pano-time" ref={node.clone()} role="slider" tabindex="0"
                aria-label={words.home_panorama_time()} aria-valuemin="0" aria-valuemax={(newest / 1000).to_string()}
                aria-valuenow={(now / 1000).to_string()} aria-valuetext={words.transport_playhead(clock::moment(now))}
                onpointerdown={drag(true)} onpointermove={drag(false)} {onkeydown}>
                <svg class="tl" viewBox={format!("0 -4 {} 26", scale.width)} width={scale.width.to_string()} height="26"
                    aria-hidden="true">
                    <Marks scale={scale} ticks={props.ticks.clone()} />
                    <g transform={format!("translate({head} 0)")}>
                        <line class="head" x1="0" y1="0" x2="0" y2="20" />
                        <path class="head-h" d="M-5.5 -4h11v7l-5.5 5.5l-5.5 -5.5z" />
                    </g>
                </svg>
            </div>
            <span class="mono" id="pano-clock">{ clock::moment(now) }</span>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct MarksProps {
    scale: Scale,
    ticks: Shared<Ticks>,
}

/// The line and its ticks, which change only with events: records in ink, what replicates and reads paler.
#[function_component]
fn Marks(props: &MarksProps) -> Html {
    let tracks =
        [(Track::Replicate, "ev e1"), (Track::Consume, "ev e2"), (Track::Produce, "ev e0"), (Track::Control, "ev e3")];
    let row = |(track, class): (Track, &'static str)| {
        html! {
            <g key={class}>
                <path class={class} d={props.ticks.path(track, Tone::Plain, 7.0, 7.0)} />
                <path class="ev lag" d={props.ticks.path(track, Tone::Lagging, 4.0, 13.0)} />
                <path class="ev fail" d={props.ticks.path(track, Tone::Failing, 4.0, 13.0)} />
            </g>
        }
    };
    html! {
        <g>
            <line class="wire" x1="0" y1="10.5" x2={props.scale.width.to_string()} y2="10.5" />
            <g>{ for tracks.into_iter().map(row) }</g>
        </g>
    }
}

//! Keys and legend.

use web_sys::KeyboardEvent;
use yew::{Html, Properties, function_component, html};

use super::{Send, icons, platform};
use crate::app::Msg;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub open: bool,
    pub letters: bool,
    pub send: Send,
}

#[function_component]
pub fn Help(props: &Props) -> Html {
    html! { <div class="help-box">{ if props.open { dialog(props) } else { html! { <span></span> } } }</div> }
}

fn dialog(props: &Props) -> Html {
    let words = props.words;
    let trap = |event: KeyboardEvent| platform::keep_inside("keys", &event);
    let keys = [
        (&["Space"][..], words.help_space()),
        (&[",", "."][..], words.help_step()),
        (&["⇧ ,", "⇧ ."][..], words.help_about()),
        (&["[", "]"][..], words.help_checkpoints()),
        (&["-", "="][..], words.help_speed()),
        (&["←", "→", "↑", "↓"][..], words.help_arrows()),
        (&["Enter", "I"][..], words.help_inspect()),
        (&["W"][..], words.help_why()),
        (&["Esc"][..], words.help_esc()),
        (&["K", "X", "S"][..], words.help_kill()),
        (&["A"][..], words.help_add()),
        (&["F"][..], words.help_follow()),
        (&["T"][..], words.help_view()),
        (&["H", "U"][..], words.help_lesson()),
        (&["1", "2", "3", "4"][..], words.help_tabs()),
        (&["`"][..], words.help_console()),
        (&["?"][..], words.help_help()),
    ];
    let legend = [
        ("lead k1", words.help_legend_leader()),
        ("lead un k1", words.help_legend_uncommitted()),
        ("foll k1", words.help_legend_follower()),
        ("ghost inc", words.help_legend_ontheway()),
        ("ghost lagging", words.help_legend_missing()),
    ];
    html! {
        <div class="help" id="keys" role="dialog" aria-modal="true" aria-label={words.help_title()} onkeydown={trap}>
            <div class="help-head">
                <h2>{ words.help_title() }</h2>
                <button class="icon" id="help-close" aria-label={words.chrome_close()} onclick={props.send.reform(|_| Msg::ToggleHelp)}>
                    { icons::close() }
                </button>
            </div>
            <dl>{ for keys.into_iter().map(|(keys, does)| html! {
                <div key={does}><dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt><dd>{ does }</dd></div>
            }) }</dl>
            <p class="note">{ words.help_single() }</p>
            <label class="note">
                <input type="checkbox" checked={props.letters} onchange={props.send.reform(|_| Msg::ToggleLetters)} />
                { " " }{ words.help_single_toggle() }
            </label>
            <h3>{ words.help_legend() }</h3>
            <ul class="legend">{ for legend.into_iter().map(|(class, means)| html! {
                <li key={class}>{ sample(class) }<span>{ means }</span></li>
            }) }</ul>
            <p class="note">{ words.help_legend_key() }</p>
            <p class="note">{ words.app_trademark() }</p>
        </div>
    }
}

fn sample(class: &'static str) -> Html {
    let glyph = if class.contains("ghost") { "" } else { "M3.5 13.5a4 4 0 1 1 8 0a4 4 0 1 1 -8 0Z" };
    html! {
        <svg class="stage-svg" width="17" height="27" viewBox="0 0 15 27" aria-hidden="true">
            <g class={format!("tile {class}")}>
                <rect class="box" x="0.5" y="0.5" width="14" height="26" rx="2" />
                <path class="gl" d={glyph} />
            </g>
        </svg>
    }
}

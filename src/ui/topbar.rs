//! The top bar: brand, the way between lessons and free play, language, theme, help.

use yew::{Html, Properties, function_component, html};

use super::{Send, icons};
use crate::app::Msg;
use crate::app::home::HomeMsg;
use crate::app::msg::{Screen, Theme};
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub theme: Theme,
    pub screen: Screen,
    /// A lesson is open.
    pub lesson: bool,
    pub help: bool,
    pub send: Send,
}

#[function_component]
pub fn TopBar(props: &Props) -> Html {
    let words = props.words;
    let language = |to: Words, text: &'static str| {
        let send = props.send.reform(move |_| Msg::Language(to));
        html! { <button aria-pressed={(words == to).to_string()} lang={to.tag()} onclick={send}>{ text }</button> }
    };
    let theme_label = match props.theme {
        Theme::Light => words.chrome_theme_to_dark(),
        Theme::Dark => words.chrome_theme_to_light(),
    };
    let home = props.screen == Screen::Home;
    let place = |here: bool| here.then_some("page");
    html! {
        <header class="topbar">
            <a class="wordmark" id="brand" href="#/" aria-label={words.chrome_home()}>
                { icons::brand() }<span>{ words.app_name() }</span>
            </a>
            <nav class="seg nav" aria-label={words.chrome_screens()}>
                <a href="#/" id="to-lessons" aria-current={place(home || props.lesson)}>{ words.chrome_lessons() }</a>
                <a href="#/play" id="to-play" aria-current={place(!home && !props.lesson)}>{ words.app_free_play() }</a>
            </nav>
            <span class="spacer"></span>
            <div class="seg" role="group" aria-label={words.chrome_language()}>
                { language(Words::English, "EN") }
                { language(Words::Korean, "한국어") }
            </div>
            <button class="icon" id="theme" aria-label={theme_label} title={theme_label}
                onclick={props.send.reform(|_| Msg::ToggleTheme)}>{ icons::theme() }</button>
            <div class="slot">{ if home {
                html! { <span></span> }
            } else {
                html! {
                    <button class="btn" id="share" aria-label={words.link_share()} onclick={props.send.reform(|_| Msg::Home(HomeMsg::Share))}>
                        { icons::share() }<span>{ words.link_share() }</span>
                    </button>
                }
            } }</div>
            <button class="icon" id="help" aria-label={words.chrome_help()} title={words.chrome_help()}
                aria-expanded={props.help.to_string()} aria-haspopup="dialog"
                onclick={props.send.reform(|_| Msg::ToggleHelp)}>{ icons::help() }</button>
        </header>
    }
}

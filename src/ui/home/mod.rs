//! The home page.

use yew::{Html, Properties, function_component, html};

use super::Send;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub send: Send,
}

#[function_component]
pub fn HomePage(_props: &Props) -> Html {
    html! { <main class="home"></main> }
}

//! The stage as tables: every number of the picture, with the same selection.

use yew::{Html, Properties, function_component, html};

use super::Send;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub send: Send,
}

#[function_component]
pub fn Table(_props: &Props) -> Html {
    html! { <div class="tablebox"></div> }
}

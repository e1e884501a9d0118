//! The lesson column.

use yew::{Html, Properties, function_component, html};

use super::Send;
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub send: Send,
}

#[function_component]
pub fn LessonColumn(_props: &Props) -> Html {
    html! { <aside class="lesson"></aside> }
}

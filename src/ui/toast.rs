//! A notice over the stage, with a button where it tells of something that can be taken back.

use yew::{Html, html};

use super::Send;
use crate::app::{AppState, Msg};

pub fn toast(state: &AppState, send: &Send) -> Html {
    let Some(toast) = &state.toast else { return html! { <span></span> } };
    html! {
        <div class="toast" id="toast">
            <span>{ toast.text.clone() }</span>
            <span class="slot">{ match toast.offer {
                Some(_) => html! {
                    <button id="take-back" onclick={send.reform(|_| Msg::TakeBack)}>{ state.words.transport_undo() }</button>
                },
                None => html! { <span></span> },
            } }</span>
        </div>
    }
}

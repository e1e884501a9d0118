//! The card with a link to the run.

use yew::{Html, html};

use super::{Send, icons};
use crate::app::Msg;
use crate::app::home::HomeMsg;
use crate::app::rooms::Share;
use crate::view::words::Words;

/// Nothing while no link is shown.
pub fn card(share: Option<&Share>, words: Words, send: &Send) -> Html {
    let Some(share) = share else { return html! { <span></span> } };
    html! {
        <div class="share" role="dialog" aria-modal="false" aria-label={words.link_share_title()}>
            <div class="help-head">
                <h2>{ words.link_share_title() }</h2>
                <button class="icon" id="share-close" aria-label={words.chrome_close()}
                    onclick={send.reform(|_| Msg::Home(HomeMsg::CloseShare))}>{ icons::close() }</button>
            </div>
            <p>{ share.text.clone() }</p>
            <div class="slot">{ field(share, words) }</div>
            <div role="status"><ul>{ for share.says.iter().map(|line| html! { <li key={line.clone()}>{ line.clone() }</li> }) }</ul></div>
        </div>
    }
}

fn field(share: &Share, words: Words) -> Html {
    match &share.url {
        Some(url) => {
            html! { <input id="share-link" readonly={true} value={url.clone()} aria-label={words.link_share_label()} /> }
        }
        None => html! { <span></span> },
    }
}

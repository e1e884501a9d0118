//! What is shown when something of ours breaks. After a panic the program cannot draw any more: what is to be shown is kept
//! outside of it, in the page's own script (`www/boot.js`), and that script shows it.

use wasm_bindgen::{JsCast, JsValue};
use yew::{Html, html};

use super::{Send, platform};
use crate::app::Msg;
use crate::app::home::HomeMsg;
use crate::app::incident::{Broken, Kept};
use crate::view::words::Words;

/// A function of the page's script; none in a document without it.
fn script(name: &str) -> Option<js_sys::Function> {
    let boot = js_sys::Reflect::get(&platform::window(), &"highwaterBoot".into()).ok()?;
    js_sys::Reflect::get(&boot, &name.into()).ok()?.dyn_into().ok()
}

/// Hands a panic over to the page's script.
pub fn watch() {
    yew::set_custom_panic_hook(Box::new(|panic| {
        let text = panic.to_string();
        web_sys::console::error_1(&JsValue::from_str(&text));
        if let Some(show) = script("crashed") {
            let _ = show.call1(&JsValue::NULL, &JsValue::from_str(&text));
        }
    }));
}

/// Keeps what a report needs.
pub fn keep(kept: &Kept) {
    if let Some(keep) = script("keep") {
        let _ = keep.call2(&JsValue::NULL, &JsValue::from_str(&kept.report), &JsValue::from_str(&kept.hash));
    }
}

/// Offers a text as a file.
pub fn save(name: &str, text: &str) {
    if let Some(save) = script("save") {
        let _ = save.call2(&JsValue::NULL, &JsValue::from_str(name), &JsValue::from_str(text));
    }
}

/// The banner of a broken invariant; nothing while nothing is broken.
pub fn banner(broken: Option<&Broken>, words: Words, send: &Send) -> Html {
    let Some(broken) = broken else { return html! { <span></span> } };
    let on = |msg: HomeMsg| send.reform(move |_| Msg::Home(msg.clone()));
    html! {
        <div class="broken" id="broken" role="alert">
            <b>{ broken.title.clone() }</b>
            <p>{ words.error_invariant_advice() }</p>
            <p class="mono">{ broken.detail.clone() }</p>
            <textarea id="broken-report" readonly={true} rows="4" aria-label={words.error_report()} value={broken.report.clone()} />
            <div class="crash-acts">
                <button class="btn primary" id="broken-copy" onclick={on(HomeMsg::CopyReport)}>{ words.error_copy() }</button>
                <button class="btn" id="broken-away" onclick={on(HomeMsg::Excuse)}>{ words.error_look_on() }</button>
            </div>
        </div>
    }
}

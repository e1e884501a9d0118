//! Events of the document, as messages.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::{Send, platform};
use crate::app::Msg;
use crate::app::home::HomeMsg;
use crate::app::keymap::Stroke;

/// Keys, the page's visibility, the wish for less motion, and the address.
pub fn listeners(send: Send) -> Vec<EventListener> {
    let link = send.clone();
    let keys = EventListener::new_with_options(
        &platform::document(),
        "keydown",
        gloo::events::EventListenerOptions::enable_prevent_default(),
        move |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                && let Some(stroke) = stroke(event)
            {
                if matches!(stroke.key.as_str(), " " | "`" | "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight") {
                    event.prevent_default();
                }
                link.emit(Msg::Key(stroke));
            }
        },
    );
    let link = send.clone();
    let visibility = EventListener::new(&platform::document(), "visibilitychange", move |_| {
        link.emit(Msg::Hidden(platform::document().hidden()));
    });
    let link = send.clone();
    let motion = platform::on_reduced_motion(move |reduced| link.emit(Msg::ReducedMotion(reduced)));
    let link = send.clone();
    let address = EventListener::new(&platform::window(), "popstate", move |_| {
        link.emit(Msg::Home(HomeMsg::Visit(platform::hash())));
    });
    [keys, visibility, address].into_iter().chain(motion).collect()
}

/// A key press as the program wants it; `None` where a control keeps its own keys.
fn stroke(event: &KeyboardEvent) -> Option<Stroke> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within =
        |selector: &str| target.as_ref().is_some_and(|element| element.closest(selector).ok().flatten().is_some());
    let key = event.key();
    let on_stage = within("#stage, #table");
    let arrows = key.starts_with("Arrow");
    let own = within("input, textarea, select") && key != "Escape";
    let pressed = within("button, a, [role=slider]") && (key == " " || key == "Enter");
    if own || pressed || (arrows && !on_stage) || within("#prompt") {
        return None;
    }
    Some(Stroke { key, modified: event.ctrl_key() || event.meta_key() || event.alt_key(), on_stage, in_field: false })
}

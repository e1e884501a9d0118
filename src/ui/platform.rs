//! What the page asks of the browser: settings, media queries, styles, focus, sizes.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, HtmlElement, KeyboardEvent, ResizeObserver, Window};

use crate::app::msg::Theme;
use crate::view::words::Words;

pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// A setting kept in this browser; `None` where it is absent or storage is refused.
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(&format!("highwater.{key}")).ok().flatten()
}

pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(&format!("highwater.{key}"), value);
    }
}

pub fn forget(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(&format!("highwater.{key}"));
    }
}

fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// The language: as chosen before, else the browser's.
pub fn language() -> Words {
    let tag = remembered("language").or_else(|| window().navigator().language()).unwrap_or_default();
    Words::from_tag(&tag)
}

/// The theme: as chosen before, else the system's.
pub fn theme() -> Theme {
    let dark = remembered("theme").map_or_else(|| matches("(prefers-color-scheme: dark)"), |name| name == "dark");
    if dark { Theme::Dark } else { Theme::Light }
}

pub fn reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// Calls back whenever the viewer asks for less motion, or for it back.
pub fn on_reduced_motion(callback: impl Fn(bool) + 'static) -> Option<EventListener> {
    let list = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten()?;
    let asked = list.clone();
    Some(EventListener::new(&list, "change", move |_| callback(asked.matches())))
}

/// Puts theme and language on the document.
pub fn dress(theme: Theme, words: Words) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme.name());
        let _ = root.set_attribute("lang", words.tag());
    }
}

/// The value of a custom property of the style sheet.
pub fn style_value(name: &str) -> String {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    style.and_then(|style| style.get_property_value(name).ok()).unwrap_or_default().trim().to_owned()
}

pub fn device_pixel_ratio() -> f64 {
    window().device_pixel_ratio().max(1.0)
}

/// The wall clock, in milliseconds since the page opened.
pub fn wall_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

pub fn window_width() -> f64 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1440.0)
}

/// Scrolls an element's nearest scrolling box, and nothing else, until what the selector finds in the element is in sight.
pub fn reveal(id: &str, selector: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    let Some(found) = element.query_selector(selector).ok().flatten() else { return };
    let Some(scroller) = element.parent_element() else { return };
    let (inner, outer) = (found.get_bounding_client_rect(), scroller.get_bounding_client_rect());
    let above = outer.top() - inner.top();
    let below = inner.bottom() - outer.bottom();
    let by = if above > 0.0 {
        -above - 20.0
    } else if below > 0.0 {
        below + 20.0
    } else {
        return;
    };
    scroller.set_scroll_top(scroller.scroll_top() + by as i32);
}

pub fn window_height() -> f64 {
    window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(900.0)
}

pub fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// How often the page is looked at for an element that is to come, and how long it waits in between, in milliseconds.
const LOOKS: u32 = 20;
const LOOK_EVERY_MS: u32 = 16;

/// Gives the focus to an element that is being drawn: what needs a component of its own takes more than one turn of the
/// event loop.
pub fn focus_when_there(id: &'static str) {
    look_for(id, LOOKS);
}

fn look_for(id: &'static str, looks: u32) {
    gloo::timers::callback::Timeout::new(if looks == LOOKS { 0 } else { LOOK_EVERY_MS }, move || {
        match document().get_element_by_id(id) {
            Some(_) => focus(id),
            None if looks > 1 => look_for(id, looks - 1),
            None => {}
        }
    })
    .forget();
}

/// The first element that fits takes the focus, if there is one.
pub fn focus_first(selector: &str) {
    if let Some(element) = document().query_selector(selector).ok().flatten()
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        let _ = element.focus();
    }
}

/// The part of the address behind and with its `#`.
pub fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Shows another address: a new place for the browser's Back, or `instead` of the present one.
pub fn show_address(hash: &str, instead: bool) {
    let Ok(history) = window().history() else { return };
    let none = wasm_bindgen::JsValue::NULL;
    let _ = match instead {
        true => history.replace_state_with_url(&none, "", Some(hash)),
        false => history.push_state_with_url(&none, "", Some(hash)),
    };
}

/// The page's address with another part behind and with the `#`.
pub fn address_with(hash: &str) -> String {
    let whole = window().location().href().unwrap_or_default();
    format!("{}{hash}", whole.split('#').next().unwrap_or_default())
}

/// Puts a text into the clipboard; false where the browser refuses.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Absent where the page is not served safely.
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into()).unwrap_or_default();
    let Ok(clipboard) = clipboard.dyn_into::<web_sys::Clipboard>() else { return false };
    wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// The focus goes into a field, with all of its text selected.
pub fn select_all(id: &str) {
    let field =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlInputElement>().ok());
    if let Some(field) = field {
        let _ = field.focus();
        field.select();
    }
}

/// A text file of the site, by its path from the page.
///
/// # Errors
/// Why it cannot be had, in the browser's words or as a status.
pub async fn fetch(path: &str) -> Result<String, String> {
    let said = |error: wasm_bindgen::JsValue| {
        error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
    };
    let answer = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str(path)).await.map_err(said)?;
    let answer: web_sys::Response = answer.dyn_into().map_err(said)?;
    if !answer.ok() {
        return Err(format!("{} {}", answer.status(), answer.status_text()));
    }
    let text = wasm_bindgen_futures::JsFuture::from(answer.text().map_err(said)?).await.map_err(said)?;
    Ok(text.as_string().unwrap_or_default())
}

/// The text of a file that the visitor chose, unless it has more than `most` bytes: then as many spaces and one more.
///
/// # Errors
/// Why the browser cannot read it, in its words.
pub async fn read_file(file: &web_sys::File, most: u64) -> Result<String, String> {
    if file.size() > most as f64 {
        return Ok(" ".repeat(most as usize + 1));
    }
    let read = wasm_bindgen_futures::JsFuture::from(file.text()).await;
    read.map(|text| text.as_string().unwrap_or_default()).map_err(|error| format!("{error:?}"))
}

/// Shows the page from its top.
pub fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Who has the focus now.
pub fn focused() -> Option<HtmlElement> {
    document().active_element().and_then(|element| element.dyn_into().ok())
}

/// Gives the focus back to who had it; to the element with this id where that one is gone.
pub fn give_back(before: Option<HtmlElement>, id: &str) {
    match before.filter(|element| element.is_connected() && element.tag_name() != "BODY") {
        Some(element) => {
            let _ = element.focus();
        }
        None => focus(id),
    }
}

/// Tab goes round inside an open dialog.
pub fn keep_inside(id: &str, event: &KeyboardEvent) {
    const STOPS: &str = "button:not([disabled]), input, select, a[href]";
    let Some(dialog) = document().get_element_by_id(id).filter(|_| event.key() == "Tab") else { return };
    let Ok(stops) = dialog.query_selector_all(STOPS) else { return };
    let stop = |index: u32| stops.item(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let (first, last) = (stop(0), stop(stops.length().saturating_sub(1)));
    let here: Option<web_sys::Node> = document().active_element().map(Into::into);
    let at = |edge: &Option<HtmlElement>| edge.as_ref().map(|edge| edge.clone().into()) == here;
    let to = match event.shift_key() {
        true if at(&first) => last,
        false if at(&last) => first,
        _ => return,
    };
    event.prevent_default();
    if let Some(to) = to {
        let _ = to.focus();
    }
}

/// Shows the end of what scrolls.
pub fn scroll_to_end(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.set_scroll_top(element.scroll_height());
    }
}

/// Calls back whenever the element's size changes, until it is dropped.
pub struct SizeWatch {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl SizeWatch {
    pub fn new(element: &Element, callback: impl FnMut() + 'static) -> Option<SizeWatch> {
        let callback = Closure::new(callback);
        let observer = ResizeObserver::new(AsRef::<wasm_bindgen::JsValue>::as_ref(&callback).unchecked_ref()).ok()?;
        observer.observe(element);
        Some(SizeWatch { observer, _callback: callback })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

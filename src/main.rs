//! Two programs: in a browser the page, natively the console.

#[cfg(target_arch = "wasm32")]
fn main() {
    // The element of the static shell in index.html; Yew takes its place.
    if let Some(element) = web_sys::window().and_then(|window| window.document()?.get_element_by_id("app")) {
        highwater::ui::mount(element);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}

//! Opens the page in the test's own document and speaks to it as a script does.

mod script;

use highwater::ui::Root;
use yew::AppHandle;

pub use script::*;

/// Mounts the program, in English and light whatever the browser prefers.
pub async fn open() -> AppHandle<Root> {
    js("localStorage.setItem('highwater.language', 'en'); localStorage.setItem('highwater.theme', 'light')");
    mount().await
}

/// Mounts the program at free play with the settings that this browser remembers.
pub async fn mount() -> AppHandle<Root> {
    mount_at("#/play").await
}

/// Mounts the program at an address.
pub async fn mount_at(hash: &str) -> AppHandle<Root> {
    js(&format!("history.replaceState(null, '', '{hash}')"));
    let document = web_sys::window().and_then(|window| window.document()).expect("a page has a document");
    let host = document.create_element("div").expect("an element can be made");
    let style = "position:absolute;inset:0;display:grid;width:1200px;height:800px";
    host.set_attribute("style", style).expect("a style can be set");
    document.body().expect("a page has a body").append_child(&host).expect("the host can be appended");
    js("delete window.highwater");
    let handle = highwater::ui::mount(host);
    wait_until("window.highwater && document.getElementById('console')").await;
    handle
}

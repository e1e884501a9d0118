//! Opens the page in the test's own document and speaks to it as a script does.

use highwater::ui::Root;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use yew::AppHandle;

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

/// Evaluates a script.
pub fn js(script: &str) -> JsValue {
    match js_sys::eval(script) {
        Ok(value) => value,
        Err(error) => panic!("{script}\n{error:?}"),
    }
}

pub fn text(script: &str) -> String {
    let value = js(script);
    value.as_string().unwrap_or_else(|| panic!("{script} gave {value:?}, which is no text"))
}

pub fn number(script: &str) -> f64 {
    let value = js(script);
    value.as_f64().unwrap_or_else(|| panic!("{script} gave {value:?}, which is no number"))
}

pub fn holds(script: &str) -> bool {
    js(&format!("!!({script})")).is_truthy()
}

pub async fn sleep(ms: u32) {
    let timer = js(&format!("new Promise(done => setTimeout(done, {ms}))"));
    JsFuture::from(timer.unchecked_into::<js_sys::Promise>()).await.expect("a timer ends");
}

/// Waits for what a frame or a line in pieces brings; fails after ten seconds.
pub async fn wait_until(script: &str) {
    for _ in 0..400 {
        if holds(script) {
            return;
        }
        sleep(25).await;
    }
    panic!("it did not come about: {script}\n{}", text("document.body.innerText"));
}

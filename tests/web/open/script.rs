//! What a test asks of the document that it runs in.

use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

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

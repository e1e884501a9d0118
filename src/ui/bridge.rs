//! `window.highwater`: the program for scripts and tests. Typed in `www/highwater.d.ts`.
//!
//! Values are plain objects; offsets and times are numbers, for no count of a run outgrows 2^53.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;
use wasm_bindgen::prelude::*;
use yew::Callback;

use crate::app::incident;
use crate::app::{AppEffect, AppState, Msg, update};

#[derive(Serialize)]
struct Answer<'a> {
    stdout: &'a str,
    stderr: &'a str,
    status: i32,
}

fn plain<T: Serialize>(value: &T) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::NULL)
}

/// Puts the object on the window. `changed` is called after anything that changed the state, with what the page has to do.
pub fn install(state: &Rc<RefCell<AppState>>, changed: &Callback<Vec<AppEffect>>) {
    let api = js_sys::Object::new();
    let (shared, redraw) = (Rc::clone(state), changed.clone());
    let run = Closure::<dyn Fn(String) -> JsValue>::new(move |line: String| {
        let (answer, effects) = {
            let mut state = shared.borrow_mut();
            // What is under way ends first, then the line runs to its end.
            let mut effects = update(&mut state, Msg::Line(line));
            while state.is_working() {
                effects.extend(update(&mut state, Msg::Work(u64::MAX)));
            }
            let answer = state.run.last_answer();
            (plain(&Answer { stdout: &answer.stdout, stderr: &answer.stderr, status: answer.status }), effects)
        };
        redraw.emit(effects);
        answer
    });
    let shared = Rc::clone(state);
    let snapshot = Closure::<dyn Fn() -> JsValue>::new(move || plain(&shared.borrow().run.snapshot()));
    let shared = Rc::clone(state);
    let events = Closure::<dyn Fn(Option<f64>) -> JsValue>::new(move |since: Option<f64>| {
        let from = since.map_or(i64::MIN, |ms| (ms * 1_000.0) as i64);
        let state = shared.borrow();
        let now = state.scene.now_us;
        let found: Vec<_> =
            state.run.events().iter().filter(|event| event.at_us >= from && event.at_us <= now).collect();
        plain(&found)
    });
    let (shared, redraw) = (Rc::clone(state), changed.clone());
    let seek = Closure::<dyn Fn(f64)>::new(move |ms: f64| {
        let effects = update(&mut shared.borrow_mut(), Msg::Seek((ms * 1_000.0) as i64));
        redraw.emit(effects);
    });
    let (shared, redraw) = (Rc::clone(state), changed.clone());
    let fail = Closure::<dyn Fn(String)>::new(move |what: String| {
        if what == "panic" {
            panic!("asked to fail by a script");
        }
        incident::pretend(&mut shared.borrow_mut());
        redraw.emit(Vec::new());
    });
    let set = |name: &str, function: JsValue| {
        let _ = js_sys::Reflect::set(&api, &JsValue::from_str(name), &function);
    };
    set("frame", super::bench::frames());
    set("run", run.into_js_value());
    set("snapshot", snapshot.into_js_value());
    set("events", events.into_js_value());
    set("seek", seek.into_js_value());
    set("fail", fail.into_js_value());
    let _ = js_sys::Reflect::set(&super::platform::window(), &JsValue::from_str("highwater"), &api);
}

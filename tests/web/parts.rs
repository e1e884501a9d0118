//! Parts of the page by themselves: the lesson column, the inspector and the palette, each on a program of its own. What
//! they send is applied, and they are drawn again.
#![cfg(target_arch = "wasm32")]

#[path = "open/script.rs"]
mod script;

use std::cell::RefCell;

use highwater::app::msg::Theme;
use highwater::app::{AppState, Msg, inspect, update};
use highwater::lessons::shipped::LESSONS;
use highwater::ui::inspector::InspectorPanel;
use highwater::ui::lesson::LessonColumn;
use highwater::ui::palette::{Palette, Shown};
use highwater::ui::{Send, Shared};
use highwater::view::hit::Target;
use highwater::view::words::Words;
use script::{holds, js, number, text, wait_until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use yew::{AppHandle, Component, Context, Html, Properties, html};

wasm_bindgen_test_configure!(run_in_browser);

/// A part of the page, and what has to be done before it is there.
#[derive(Clone, Copy, Properties)]
struct BenchProps {
    prepare: fn(&mut AppState),
    draw: fn(&mut AppState, Send) -> Html,
}

impl PartialEq for BenchProps {
    /// A bench shows one part for as long as it stands.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Holds the program of one part, without the frames of a page.
struct Bench {
    state: RefCell<AppState>,
}

/// Applies a message to its end.
fn tell(state: &mut AppState, msg: Msg) {
    update(state, msg);
    while state.is_working() {
        update(state, Msg::Work(u64::MAX));
    }
}

impl Component for Bench {
    type Message = Msg;
    type Properties = BenchProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        (ctx.props().prepare)(&mut state);
        Bench { state: RefCell::new(state) }
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        tell(&mut self.state.borrow_mut(), msg);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let drawn = (ctx.props().draw)(&mut self.state.borrow_mut(), ctx.link().callback(|msg| msg));
        html! { <div class="bench">{ drawn }</div> }
    }
}

fn mount(prepare: fn(&mut AppState), draw: fn(&mut AppState, Send) -> Html) -> AppHandle<Bench> {
    let document = web_sys::window().and_then(|window| window.document()).expect("a page has a document");
    let host = document.create_element("div").expect("an element can be made");
    document.body().expect("a page has a body").append_child(&host).expect("the host can be appended");
    yew::Renderer::<Bench>::with_root_and_props(host, BenchProps { prepare, draw }).render()
}

async fn press(selector: &str) {
    let quoted = serde_json::to_string(selector).expect("text is JSON");
    wait_until(&format!("document.querySelector({quoted}) && !document.querySelector({quoted}).disabled")).await;
    js(&format!("document.querySelector({quoted}).click()"));
}

async fn says(selector: &str, part: &str) {
    let quoted = serde_json::to_string(selector).expect("text is JSON");
    wait_until(&format!("document.querySelector({quoted})?.innerText.includes(`{part}`)")).await;
}

/// With L05 open. Its files are on the shelf already, so nothing is fetched.
fn lesson(state: &mut AppState) {
    let files = LESSONS.iter().find(|files| files.id == "L05").expect("there is such a lesson");
    let classroom = &mut state.run.classroom;
    classroom.shelve(files.lesson).expect("the lesson is good");
    classroom.translate("L05", "en", files.english).expect("and so are its words");
    tell(state, Msg::Line("sim lesson L05".into()));
}

#[wasm_bindgen_test]
async fn the_lesson_column_asks_locks_hints_and_goes_on() {
    let page = mount(lesson, |state, send| {
        let column = state.column().map(Shared::new);
        html! { <LessonColumn words={state.words} column={column} awaited={None} send={send} /> }
    });
    says("#lesson h1", "Which partition").await;
    let lock = "[...document.querySelectorAll('.lockrow .btn')]";
    assert!(holds(&format!("{lock}.length === 1 && {lock}[0].disabled")), "nothing is chosen yet");
    assert!(holds("document.querySelector('#lesson-next').disabled"), "nothing is reached yet");
    assert!(!holds("document.querySelector('.lesson .tempting')"), "nothing is given away");
    press(".lesson [role=radio]:nth-child(2)").await;
    wait_until("document.querySelectorAll('[role=radio][aria-checked=true]').length === 1").await;
    press(".lockrow .btn").await;
    wait_until("!document.querySelector('.lockrow')").await;
    for hint in 1..=3 {
        says("#lesson-hint", &format!("Hint {hint}/3")).await;
        press("#lesson-hint").await;
        wait_until(&format!("document.querySelectorAll('#hints li').length === {hint}")).await;
    }
    says("#hints li:last-child", "sim produce shop --topic orders --key user123").await;
    press("#lesson-solution").await;
    says(".lesson .insight", "before anything touched the network").await;
    assert!(holds("document.querySelector('.opt.wrong') && document.querySelector('.opt.happens')"), "the run decided");
    press("#lesson-next").await;
    says("#step-title", "Same key, same partition").await;
    assert!(!holds("document.querySelector('.lesson .insight')"), "the next step has nothing to tell yet");
    assert_eq!(text("document.querySelector('.steps > span').innerText"), "Step 2 of 6");
    press(".steps li:first-child button").await;
    says("#step-title", "Predict user123").await;
    page.destroy();
}

/// With the first record of orders-0 selected, at its leader.
fn record(state: &mut AppState) {
    let row = state.scene.rows.first().expect("there is a partition");
    let (broker, offset) = (row.leader.expect("it has a leader"), 0);
    tell(state, Msg::Select(Some(Target::Record { row: 0, broker, offset })));
    state.inspector.open = true;
}

#[wasm_bindgen_test]
async fn the_inspector_shows_facts_and_follows_its_links() {
    let page = mount(record, |state, send| {
        let shown = inspect::page(state).map(Shared::new);
        let (selected, byte) = (state.selection.is_some(), state.inspector.byte);
        html! { <InspectorPanel words={state.words} page={shown} selected={selected} byte={byte} send={send} /> }
    });
    says("#inspector .kv", "timestampType").await;
    says("#inspector", "uma").await;
    assert_eq!(number("document.querySelectorAll('#insp-hex').length"), 1.0, "the bytes of its batch are there");
    let title = text("document.querySelector('#inspector .insp-t strong').innerText");
    press("#inspector .crumb button, #inspector .crumb a").await;
    wait_until(&format!("document.querySelector('#inspector .insp-t strong')?.innerText !== `{title}`")).await;
    page.destroy();
}

#[wasm_bindgen_test]
async fn the_palette_shows_its_line_and_what_kafka_says_to_it() {
    let page = mount(
        |state| tell(state, Msg::Palette(highwater::app::palette::PaletteMsg::Toggle)),
        |state, send| {
            let shown = state.palette.open.then(|| Shared::new(Shown::of(state)));
            html! { <Palette words={state.words} shown={shown} send={send} /> }
        },
    );
    says("#palette code", "kafka-topics --create --topic payments").await;
    js("(() => { const field = document.getElementById('palette-first'); field.value = 'a b'; \
        field.dispatchEvent(new InputEvent('input', { bubbles: true })); })()");
    says("#palette code", "--topic 'a b'").await;
    press("#palette-run").await;
    says("#palette .refused", "InvalidTopicException").await;
    js("(() => { const field = document.getElementById('palette-first'); field.value = 'trips'; \
        field.dispatchEvent(new InputEvent('input', { bubbles: true })); })()");
    wait_until("!document.querySelector('#palette .refused')").await;
    press("#palette-run").await;
    says("#palette .answer", "Created topic trips.").await;
    for sheet in ["producer", "load", "settings", "consumer", "cluster", "topic"] {
        press(&format!("#palette-{sheet}")).await;
        wait_until(&format!("document.querySelector('#palette-{sheet}').getAttribute('aria-pressed') === 'true'"))
            .await;
        let unnamed =
            "[...document.querySelectorAll('#palette input, #palette select')].filter(one => !one.labels.length)";
        assert!(holds(&format!("{unnamed}.length === 0")), "every field of {sheet} has a name");
    }
    press("#palette .help-head button").await;
    wait_until("!document.getElementById('palette')").await;
    page.destroy();
}

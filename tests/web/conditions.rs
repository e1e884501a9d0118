//! What comes and goes beside what comes and goes. Yew 0.23 panics where a component without an element stands between a
//! child that appears and one that goes away (Yew issue 4092): so every component has one root element, and every
//! condition a container of its own.
#![cfg(target_arch = "wasm32")]

mod open;

use open::{js, number, open, text, wait_until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use yew::{AppHandle, Component, Context, Html, function_component, html};

wasm_bindgen_test_configure!(run_in_browser);

/// A component as they are written here: nothing to show is an empty element, not no element.
#[function_component]
fn Quiet() -> Html {
    html! { <span class="quiet"></span> }
}

/// Three neighbours: one that appears when the other goes, and a quiet component between them.
struct Neighbours {
    turned: u32,
}

impl Component for Neighbours {
    type Message = ();
    type Properties = ();

    fn create(_: &Context<Self>) -> Self {
        Neighbours { turned: 0 }
    }

    fn update(&mut self, _: &Context<Self>, (): ()) -> bool {
        self.turned += 1;
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let odd = self.turned % 2 == 1;
        html! {
            <div id="neighbours" data-turned={self.turned.to_string()}>
                <div class="slot">{ if odd { html! { <p>{ "new" }</p> } } else { html! { <span></span> } } }</div>
                <Quiet />
                <ul>{ for (0..self.turned % 3).map(|number| html! { <li key={number}>{ number }</li> }) }</ul>
                <Quiet />
                <div class="slot">{ if odd { html! { <span></span> } } else { html! { <p>{ "old" }</p> } } }</div>
            </div>
        }
    }
}

#[wasm_bindgen_test]
async fn neighbours_of_a_quiet_component_come_and_go() {
    let document = web_sys::window().and_then(|window| window.document()).expect("a page has a document");
    let host = document.create_element("div").expect("an element can be made");
    document.body().expect("a page has a body").append_child(&host).expect("the host can be appended");
    let handle: AppHandle<Neighbours> = yew::Renderer::<Neighbours>::with_root(host).render();
    for turned in 1..=12 {
        handle.send_message(());
        wait_until(&format!("document.getElementById('neighbours')?.dataset.turned === '{turned}'")).await;
        let shown = text("document.getElementById('neighbours').innerText.trim().split('\\n').join(' ')");
        let (first, last) = if turned % 2 == 1 { ("new", "") } else { ("", "old") };
        assert!(shown.starts_with(first) && shown.ends_with(last), "{turned}: {shown}");
        assert_eq!(number("document.querySelectorAll('#neighbours li').length"), f64::from(turned % 3));
    }
    handle.destroy();
}

/// A part of the page that comes and goes: what makes it come, what makes it go, and how it is found.
const PARTS: [(&str, &str, &str); 6] = [
    ("document.getElementById('help').click()", "document.getElementById('help-close').click()", "#keys"),
    ("document.getElementById('add').click()", "document.getElementById('add').click()", "#palette"),
    ("document.getElementById('share').click()", "document.getElementById('share-close').click()", ".share"),
    ("document.getElementById('view-table').click()", "document.getElementById('view-picture').click()", "#table"),
    (
        "document.getElementById('inspector-open').click()",
        "document.getElementById('inspector-close').click()",
        "#inspector",
    ),
    ("highwater.run('sim lesson L05')", "document.getElementById('lesson-leave').click()", "#lesson-leave"),
];

#[wasm_bindgen_test]
async fn every_part_of_the_page_comes_and_goes_beside_every_other() {
    let page = open().await;
    js(
        "if (document.getElementById('play').getAttribute('aria-label') === 'Pause') document.getElementById('play').click()",
    );
    for (number, (come, go, found)) in PARTS.iter().enumerate() {
        for (other_come, other_go, other) in &PARTS[number + 1..] {
            // In at once, in the same turn of the event loop, and out the same way and one by one.
            js(&format!("{come}; {other_come}"));
            wait_until(&format!("document.querySelector('{found}') && document.querySelector('{other}')")).await;
            js(go);
            wait_until(&format!("!document.querySelector('{found}') && document.querySelector('{other}')")).await;
            js(&format!("{come}; {other_go}"));
            wait_until(&format!("document.querySelector('{found}') && !document.querySelector('{other}')")).await;
            js(go);
            wait_until(&format!("!document.querySelector('{found}')")).await;
        }
    }
    let before = number("highwater.snapshot().step");
    js("document.getElementById('next').click()");
    wait_until(&format!("highwater.snapshot().step > {before}")).await;
    page.destroy();
}

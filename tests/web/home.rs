//! The home page in a browser: the way to it and from it, its panorama, and links that lead nowhere.
#![cfg(target_arch = "wasm32")]

mod open;

use open::{holds, js, mount_at, number, open, sleep, text, wait_until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const CLOCK: &str = "document.getElementById('pano-clock').innerText";
const AT_HOME: &str = "document.querySelector('.app.at-home #home')";

#[wasm_bindgen_test]
async fn the_home_page_answers_to_hands() {
    open().await.destroy();
    let page = mount_at("#").await;
    wait_until(AT_HOME).await;
    a_plain_visit_is_at_home_and_the_panorama_lives().await;
    the_panorama_is_stopped_and_dragged_by_keys().await;
    the_catalogue_is_fetched_and_shown().await;
    free_play_is_a_click_away_and_back_leads_home().await;
    an_address_that_leads_nowhere_is_told_in_words().await;
    page.destroy();
}

async fn a_plain_visit_is_at_home_and_the_panorama_lives() {
    wait_until("document.querySelectorAll('#home .pano .tile').length > 20").await;
    let before = text(CLOCK);
    wait_until(&format!("{CLOCK} !== '{before}'")).await;
    assert!(holds("document.querySelectorAll('h1').length === 1 && document.querySelector('#home h1')"));
    assert!(holds("location.hash === '#/'"), "{}", text("location.hash"));
    let steps = number("highwater.snapshot().step");
    sleep(200).await;
    assert_eq!(number("highwater.snapshot().step"), steps, "the visitor's run stands still");
}

async fn the_panorama_is_stopped_and_dragged_by_keys() {
    js("document.getElementById('pano-play').click()");
    wait_until("document.getElementById('pano-play').getAttribute('aria-label') === 'Play'").await;
    let press = |key: &str| {
        js(&format!(
            "document.getElementById('pano-time').dispatchEvent(new KeyboardEvent('keydown', \
             {{ key: '{key}', bubbles: true, cancelable: true }}))"
        ));
    };
    press("Home");
    wait_until(&format!("{CLOCK} === '00:00.000'")).await;
    press("End");
    wait_until(&format!("{CLOCK} > '00:00.200'")).await;
    press("PageDown");
    let label = text("document.querySelector('.pano-scroll').getAttribute('aria-label')");
    assert!(label.contains("orders-0 at ") && label.contains("led by broker 1"), "{label}");
}

/// The test runner serves the project's files as the site's.
async fn the_catalogue_is_fetched_and_shown() {
    wait_until("document.querySelectorAll('#home .chap > li').length === 7").await;
    assert!(holds("!document.getElementById('no-catalogue')"));
}

async fn free_play_is_a_click_away_and_back_leads_home() {
    js("document.getElementById('open-play').click()");
    wait_until("!document.getElementById('home')").await;
    assert!(holds("location.hash === '#/play'"));
    js("history.back()");
    wait_until(AT_HOME).await;
    wait_until("document.querySelectorAll('#home .pano .tile').length > 20").await;
    js("history.forward()");
    wait_until("!document.getElementById('home')").await;
}

async fn an_address_that_leads_nowhere_is_told_in_words() {
    js("location.hash = '#/nowhere/at/all'");
    wait_until("document.getElementById('notice')").await;
    assert!(text("document.getElementById('notice').innerText").contains("/nowhere/at/all"));
    assert!(holds("location.hash === '#/'"));
    js("document.getElementById('dismiss').click()");
    wait_until("!document.getElementById('notice')").await;
}

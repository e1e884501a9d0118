//! The page as hands use it: the prompt with its history, completion and Esc, buttons, languages.
#![cfg(target_arch = "wasm32")]

mod open;

use open::{holds, js, mount, number, open, sleep, text, wait_until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Types into the prompt.
fn write(line: &str) {
    let line = serde_json::to_string(line).expect("text is JSON");
    js(&format!(
        "(() => {{ const prompt = document.getElementById('prompt'); prompt.focus(); prompt.value = {line}; \
         prompt.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); }})()"
    ));
}

fn press(key: &str) {
    js(&format!(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }}))"
    ));
}

async fn prompt_is(wanted: &str) {
    wait_until(&format!("document.getElementById('prompt').value === '{wanted}'")).await;
}

async fn shown(part: &str) {
    wait_until(&format!("document.getElementById('console').innerText.includes(`{part}`)")).await;
}

#[wasm_bindgen_test]
async fn the_page_answers_to_hands() {
    let page = open().await;
    the_prompt_runs_recalls_and_completes().await;
    a_here_document_is_typed_line_by_line().await;
    escape_ends_a_long_line().await;
    buttons_and_keys_move_time().await;
    every_control_has_a_name_and_its_place_in_the_order();
    the_timeline_and_the_events_are_walked_by_keys().await;
    the_list_of_keys_takes_and_gives_back_the_focus().await;
    the_language_changes_everywhere().await;
    page.destroy();
    a_reloaded_page_remembers_and_starts_anew().await;
    the_wish_for_less_motion_is_obeyed().await;
    a_browser_without_webassembly_is_told_so_in_words();
}

async fn the_prompt_runs_recalls_and_completes() {
    write("kafka-get-offsets --topic orders --partitions 0 --time earliest");
    press("Enter");
    shown("orders:0:0").await;
    prompt_is("").await;
    press("ArrowUp");
    prompt_is("kafka-get-offsets --topic orders --partitions 0 --time earliest").await;
    press("Escape");
    prompt_is("").await;
    write("kafka-to");
    press("Tab");
    prompt_is("kafka-topics ").await;
    press("Escape");
}

async fn a_here_document_is_typed_line_by_line() {
    write("cat > /tmp/note <<EOF");
    press("Enter");
    wait_until("document.getElementById('prompt').placeholder.includes('EOF')").await;
    write("first line of the note");
    press("Enter");
    write("EOF");
    press("Enter");
    wait_until("!document.getElementById('prompt').placeholder.includes('EOF')").await;
    assert_eq!(text("highwater.run('cat /tmp/note').stdout"), "first line of the note\n");
}

async fn escape_ends_a_long_line() {
    let before = number("highwater.snapshot().time_ms");
    write("sim advance 300d");
    press("Enter");
    wait_until(&format!("highwater.snapshot().time_ms > {before} + 100")).await;
    press("Escape");
    shown("interrupted").await;
    assert!(number("highwater.snapshot().time_ms") < 300.0 * 86_400_000.0);
    let after = number("highwater.snapshot().time_ms");
    assert_eq!(text("highwater.run('kafka-topics --list').stdout"), "orders\n", "the console goes on");
    assert!(number("highwater.snapshot().time_ms") >= after);
}

async fn buttons_and_keys_move_time() {
    js(
        "if (document.getElementById('play').getAttribute('aria-label') === 'Pause') document.getElementById('play').click()",
    );
    wait_until("document.getElementById('play').getAttribute('aria-label') === 'Play'").await;
    let step = number("highwater.snapshot().step");
    js("document.getElementById('next').click()");
    wait_until(&format!("highwater.snapshot().step === {}", step + 1.0)).await;
    js("document.getElementById('previous').click()");
    wait_until(&format!("highwater.snapshot().step === {step}")).await;
    js("document.getElementById('stage').focus()");
    press(" ");
    wait_until(&format!("highwater.snapshot().step > {step}")).await;
    press(" ");
    js("document.getElementById('tab-events').click()");
    wait_until("document.querySelectorAll('#events li').length > 5").await;
    js("document.getElementById('tab-console').click()");
    sleep(50).await;
}

async fn the_language_changes_everywhere() {
    js("document.querySelector('.topbar button[lang=ko]').click()");
    wait_until("document.documentElement.lang === 'ko'").await;
    wait_until("document.getElementById('stage').getAttribute('aria-label').includes('브로커')").await;
    assert!(holds("document.getElementById('tab-console').innerText === '콘솔'"));
    js("document.getElementById('theme').click()");
    wait_until("document.documentElement.dataset.theme === 'dark'").await;
}

/// Everything that Tab stops at.
const STOPS: &str = "[...document.querySelectorAll('.app a[href], .app button, .app input, .app [tabindex]')]\
    .filter(one => one.tabIndex >= 0 && one.getClientRects().length)";

fn every_control_has_a_name_and_its_place_in_the_order() {
    let nameless = text(&format!(
        "{STOPS}.filter(one => !(one.getAttribute('aria-label') || one.closest('label')?.innerText || one.innerText || '').trim())\
         .map(one => one.outerHTML).join()"
    ));
    assert_eq!(nameless, "", "controls without a name");
    assert!(holds(&format!("{STOPS}.every(one => one.tabIndex === 0)")), "the order of the page is the order of Tab");
    let order = text(&format!("{STOPS}.map(one => one.id).filter(id => id).join(' ')"));
    let wanted = "brand to-lessons to-play theme share help view-picture view-table zoom add tool-kill tool-stop tool-cut tool-slow \
                  stage timeline previous play next speed tab-console tab-logs tab-events tab-bytes console prompt inspector-open";
    assert_eq!(order, wanted);
    assert!(holds("[...document.querySelectorAll('svg, canvas')].every(one => one.closest('[aria-hidden=true]'))"));
}

async fn the_timeline_and_the_events_are_walked_by_keys() {
    js("document.getElementById('timeline').focus()");
    let newest = number("highwater.snapshot().time_ms");
    press("Home");
    wait_until("highwater.snapshot().time_ms === 0").await;
    press("End");
    wait_until(&format!("highwater.snapshot().time_ms >= {newest}")).await;
    press("PageDown");
    wait_until(&format!("highwater.snapshot().time_ms < {newest}")).await;
    js("document.getElementById('tab-events').click()");
    wait_until("document.querySelectorAll('#events li').length > 5").await;
    assert_eq!(number("document.querySelectorAll('#events button[tabindex=\"0\"]').length"), 1.0, "one stop for Tab");
    js("document.querySelector('#events button[tabindex=\"0\"]').focus()");
    press("Home");
    let first = number("[...document.querySelectorAll('#events button')].indexOf(document.activeElement)");
    press("ArrowDown");
    let second = number("[...document.querySelectorAll('#events button')].indexOf(document.activeElement)");
    assert_eq!((first, second), (0.0, 1.0));
    let before = number("highwater.snapshot().time_ms");
    js("document.activeElement.click()");
    wait_until(&format!("highwater.snapshot().time_ms < {before}")).await;
    js("document.getElementById('tab-console').click()");
    sleep(50).await;
}

async fn the_list_of_keys_takes_and_gives_back_the_focus() {
    js("document.getElementById('help').focus(); document.getElementById('help').click()");
    wait_until("document.activeElement.id === 'help-close'").await;
    assert!(holds("document.querySelector('[role=dialog]').getAttribute('aria-label') === 'Keys and legend'"));
    press("Escape");
    wait_until("!document.querySelector('[role=dialog]') && document.activeElement.id === 'help'").await;
}

async fn a_reloaded_page_remembers_and_starts_anew() {
    wait_until("!document.querySelector('.app')").await;
    let page = mount().await;
    assert!(holds("document.documentElement.lang === 'ko' && document.documentElement.dataset.theme === 'dark'"));
    assert_eq!(text("document.getElementById('tab-console').innerText"), "콘솔");
    assert!(number("highwater.snapshot().time_ms") < 1_000.0, "a new run");
    wait_until("document.getElementById('play').getAttribute('aria-label') === '일시정지'").await;
    js("document.getElementById('stage').focus()");
    press(" ");
    // A listener of the first page would have pressed it twice.
    wait_until("document.getElementById('play').getAttribute('aria-label') === '재생'").await;
    page.destroy();
}

async fn the_wish_for_less_motion_is_obeyed() {
    js("window.wish = Object.assign(new EventTarget(), { matches: true }); \
        window.ask = window.matchMedia; \
        window.matchMedia = query => query.includes('reduced-motion') ? window.wish : window.ask(query)");
    let page = mount().await;
    sleep(300).await;
    assert!(holds("document.getElementById('play').getAttribute('aria-label') === '재생'"), "nothing plays by itself");
    let step = number("highwater.snapshot().step");
    js("document.getElementById('play').click()");
    wait_until(&format!("highwater.snapshot().step > {step}")).await;
    sleep(300).await;
    assert_eq!(number("highwater.snapshot().step"), step + 1.0, "one event, then rest");
    js("const speed = document.getElementById('speed'); speed.value = 6; \
        speed.dispatchEvent(new InputEvent('input', { bubbles: true }))");
    js("window.wish.matches = false; window.wish.dispatchEvent(new Event('change'))");
    wait_until(&format!("highwater.snapshot().step > {step} + 30")).await;
    js("window.matchMedia = window.ask");
    page.destroy();
}

#[wasm_bindgen::prelude::wasm_bindgen(module = "/www/boot.js")]
extern "C" {
    fn refuse(reason: &str, detail: &str);
}

fn a_browser_without_webassembly_is_told_so_in_words() {
    js("document.body.insertAdjacentHTML('beforeend', '<div id=boot></div>')");
    for (language, part) in [("en", "This page needs WebAssembly"), ("ko", "WebAssembly가 필요")] {
        js(&format!("document.documentElement.lang = '{language}'"));
        refuse("unsupported", "no such thing");
        assert!(text("document.getElementById('boot').innerText").contains(part), "{language}");
        assert!(holds("document.getElementById('boot').getAttribute('role') === 'alert'"));
    }
}

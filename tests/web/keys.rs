//! The page as hands use it: the prompt with its history, completion and Esc, buttons, languages.
#![cfg(target_arch = "wasm32")]

mod open;

use open::{holds, js, number, open, sleep, text, wait_until};
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
    open().await;
    the_prompt_runs_recalls_and_completes().await;
    a_here_document_is_typed_line_by_line().await;
    escape_ends_a_long_line().await;
    buttons_and_keys_move_time().await;
    the_language_changes_everywhere().await;
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

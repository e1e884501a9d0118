//! The page as scripts see it: it opens alive, runs lines, tells its state, and goes back in time.
#![cfg(target_arch = "wasm32")]

mod open;

use open::{holds, js, number, open, text, wait_until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// One test, because the page is mounted once and time goes on in it.
#[wasm_bindgen_test]
async fn the_page_opens_alive_runs_lines_and_goes_back_in_time() {
    open().await;
    opens_alive().await;
    a_line_answers_and_is_shown().await;
    the_snapshot_is_what_sim_state_prints();
    bad_lines_are_refused_in_words();
    the_playhead_goes_back_and_forth().await;
    a_line_in_the_past_forks().await;
}

async fn opens_alive() {
    let shown = text("document.getElementById('console').innerText");
    assert!(shown.contains("sim new --preset trio") && shown.contains("Created topic orders."), "{shown}");
    assert!(number("document.querySelectorAll('#stage svg .tile').length") > 8.0, "records are on the stage");
    let before = number("highwater.snapshot().step");
    wait_until(&format!("highwater.snapshot().step > {before}")).await;
    js(
        "if (document.getElementById('play').getAttribute('aria-label') === 'Pause') document.getElementById('play').click()",
    );
    wait_until("document.getElementById('play').getAttribute('aria-label') === 'Play'").await;
}

async fn a_line_answers_and_is_shown() {
    assert_eq!(
        text("JSON.stringify(highwater.run('kafka-topics --list'))"),
        r#"{"stdout":"orders\n","stderr":"","status":0}"#
    );
    wait_until("document.getElementById('console').innerText.includes('kafka-topics --list')").await;
    let several = text("highwater.run('cat > /tmp/keys <<END\\na:1\\nb:2\\nEND\\ncat /tmp/keys').stdout");
    assert_eq!(several, "a:1\nb:2\n", "a here-document comes line by line, and the last line answers");
    assert_eq!(number("highwater.run('sim produce shop --topic orders --key uma --wait acked').status"), 0.0);
}

fn the_snapshot_is_what_sim_state_prints() {
    let script =
        "JSON.stringify(highwater.snapshot()) === JSON.stringify(JSON.parse(highwater.run('sim state').stdout))";
    assert!(holds(script), "{}", text("JSON.stringify(highwater.snapshot())"));
    let keys = "time_ms,step,seed,controller,brokers,topics,groups,producers,consumers,transactions";
    assert_eq!(text("Object.keys(highwater.snapshot()).join()"), keys);
    assert!(number("highwater.snapshot().topics[0].partitions[0].logs[0].log_end_offset") > 0.0);
}

fn bad_lines_are_refused_in_words() {
    let lines = [
        "'",
        "\"",
        "$(",
        "$(leader nowhere-0)",
        "| |",
        "sim",
        "sim seek -5",
        "sim advance 99999999999999999999h",
        "kafka-topics --create",
        "sim kill 99",
        "cat /nowhere",
        "kafka-console-consumer --topic orders",
        "\u{0}\u{feff}가나다",
        "sim step x",
        "sim produce shop --topic orders --count -1",
        "sim slow broker 1",
        "& ; ;",
        "> x",
    ];
    for line in lines {
        let script = format!("highwater.run({})", serde_json::to_string(line).expect("text is JSON"));
        assert!(number(&format!("{script}.status")) > 0.0, "{line:?} is refused");
        assert!(
            holds(&format!("{script}.stderr.length > 5 || {script}.stdout.length > 5")),
            "{line:?} is refused in words"
        );
    }
    js("highwater.seek(-1e300); highwater.seek(NaN); highwater.events(NaN)");
}

async fn the_playhead_goes_back_and_forth() {
    js("highwater.seek(highwater.snapshot().time_ms + 80)");
    let (late, then) = (text("JSON.stringify(highwater.snapshot())"), number("highwater.snapshot().time_ms"));
    js("highwater.seek(40)");
    assert_eq!(number("highwater.snapshot().time_ms"), 40.0);
    wait_until("document.getElementById('clock').innerText.startsWith('00:00.040')").await;
    assert!(holds("highwater.events().every(event => event.at_us <= 40000)"), "the future is not told");
    assert!(holds("highwater.events(20).every(event => event.at_us >= 20000) && highwater.events(20).length > 3"));
    js(&format!("highwater.seek({})", then + 1.0));
    js(&format!("highwater.seek({then})"));
    let again = text("JSON.stringify(highwater.snapshot())");
    assert_eq!(late, again, "the same moment is the same cluster");
}

async fn a_line_in_the_past_forks() {
    js("highwater.seek(60)");
    js("highwater.run('sim kill 3')");
    assert_eq!(text("highwater.snapshot().brokers.map(broker => broker.state).join()"), "up,up,crashed");
    wait_until("document.getElementById('toast')").await;
    wait_until("document.querySelector('#timeline .fork-t')").await;
    assert!(
        text("document.getElementById('stage').innerText + document.querySelector('#stage svg').textContent")
            .contains("killed")
    );
}

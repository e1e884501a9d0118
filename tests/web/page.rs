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
    kafkas_tools_do_their_work();
    the_snapshot_is_what_sim_state_prints();
    bad_lines_are_refused_in_words();
    a_selection_is_inspected_and_found_in_the_lists().await;
    the_playhead_goes_back_and_forth().await;
    a_line_in_the_past_forks().await;
    undo_takes_a_fork_back().await;
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

/// A line that ends well; its output.
fn run(line: &str) -> String {
    let script = format!("highwater.run({})", serde_json::to_string(line).expect("text is JSON"));
    js(&format!("window.answer = {script}"));
    assert_eq!(number("answer.status"), 0.0, "{line}: {}", text("answer.stderr"));
    text("answer.stdout")
}

fn kafkas_tools_do_their_work() {
    assert_eq!(
        run("kafka-topics --create --topic parcels --partitions 2 --replication-factor 1"),
        "Created topic parcels.\n"
    );
    assert!(run("kafka-topics --describe --topic parcels").contains("PartitionCount: 2\tReplicationFactor: 1"));
    run(
        r"printf 'a:one\nb:two\n' | kafka-console-producer --topic parcels --reader-property parse.key=true --reader-property key.separator=:",
    );
    let read = run(
        "kafka-console-consumer --topic parcels --from-beginning --max-messages 2 --formatter-property print.key=true",
    );
    let mut lines: Vec<&str> = read.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a\tone", "b\ttwo"]);
    let offsets = run("kafka-get-offsets --topic parcels");
    let ends =
        offsets.lines().map(|line| line.rsplit(':').next().and_then(|end| end.parse::<u32>().ok()).unwrap_or(99));
    assert_eq!(ends.sum::<u32>(), 2, "{offsets}");
    let dump =
        run("kafka-dump-log --files /brokers/$(leader orders-0)/orders-0/00000000000000000000.log --print-data-log");
    assert!(dump.starts_with("Dumping ") && dump.contains("baseOffset: 0 ") && dump.contains("payload:"), "{dump}");
    run("kafka-topics --delete --topic parcels");
    assert_eq!(run("kafka-topics --list"), "orders\n");
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

/// A line of Events selects its batch; the inspector, the bytes and the lists speak of it.
async fn a_selection_is_inspected_and_found_in_the_lists() {
    // Behind the first batches; the lines that were refused left the playhead at the start.
    js("highwater.seek(150)");
    let before = number("highwater.snapshot().time_ms");
    js("document.getElementById('tab-events').click()");
    wait_until("document.getElementById('filter')").await;
    js("(() => { const field = document.getElementById('filter'); field.value = 'batchappended'; \
         field.dispatchEvent(new InputEvent('input', { bubbles: true })); })()");
    let names = "[...document.querySelectorAll('#events li b')]";
    wait_until(&format!("{names}.length > 0 && {names}.every(name => name.innerText === 'BatchAppended')")).await;
    js("document.querySelector('#events li:last-child button').click()");
    wait_until("document.querySelector('#events .picked')").await;
    wait_until("document.getElementById('inspector-open')").await;
    js("document.getElementById('inspector-open').click()");
    wait_until("document.querySelector('#inspector .journey')").await;
    assert_eq!(text("document.getElementById('inspector').getAttribute('aria-label')"), "Inspector");
    assert!(holds("document.getElementById('why').innerText.startsWith('Why')"));
    assert!(holds("document.querySelectorAll('#inspector .journey li').length >= 5"));
    js("document.getElementById('tab-bytes').click()");
    wait_until("document.getElementById('dock-hex')").await;
    js("document.getElementById('dock-hex').focus()");
    let field = "document.querySelector('#dock-fields .on b').innerText";
    assert_eq!(text(field), "baseOffset");
    js(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }))",
    );
    wait_until(&format!("{field} === 'magic'")).await;
    js("[...document.querySelectorAll('#dock-fields button')].find(one => one.innerText.startsWith('crc')).click()");
    wait_until(&format!("{field} === 'crc'")).await;
    js("document.getElementById('tab-logs').click()");
    wait_until("document.querySelectorAll('#logs li').length > 5").await;
    assert!(holds(
        "[...document.querySelectorAll('#logs li b')].every(level => /INFO|WARN|ERROR/.test(level.innerText))"
    ));
    js("document.getElementById('inspector-close').click()");
    wait_until("document.getElementById('inspector-open')").await;
    js("document.getElementById('tab-console').click()");
    js(&format!("highwater.seek({before})"));
}

async fn the_playhead_goes_back_and_forth() {
    js("highwater.seek(250)");
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
    let written = "highwater.snapshot().topics[0].partitions.reduce((sum, one) => sum + one.logs[0].log_end_offset, 0)";
    let (then_step, then_written) = (number("highwater.snapshot().step"), number(written));
    js("highwater.seek(40)");
    assert!(number("highwater.snapshot().step") < then_step, "fewer events lie behind an earlier moment");
    assert!(number(written) < then_written, "what was written later is not there yet");
    wait_until("document.querySelector('#timeline .newest')").await;
    js(&format!("highwater.seek({then})"));
    assert_eq!(number("highwater.snapshot().step"), then_step, "looking back took nothing away");
}

async fn a_line_in_the_past_forks() {
    js("highwater.seek(60)");
    js("highwater.run('sim kill 3')");
    assert_eq!(text("highwater.snapshot().brokers.map(broker => broker.state).join()"), "up,up,crashed");
    wait_until("document.getElementById('toast')").await;
    wait_until("document.querySelector('#timeline .fork-t')").await;
    let seen = "document.querySelector('#stage svg').textContent";
    assert!(text(seen).contains("killed"));
    // The metadata still name the dead broker; nine seconds later they name another.
    assert_eq!(number("highwater.snapshot().topics[0].partitions.filter(one => one.leader === 3).length"), 1.0);
    let label = "document.getElementById('stage').getAttribute('aria-label')";
    assert!(text(label).contains("leader does not answer") && !text(label).contains("no leader"), "{}", text(label));
    run("sim advance 12s");
    wait_until(&format!("!{label}.includes('leader does not answer')")).await;
    let led_by_others =
        "highwater.snapshot().topics[0].partitions.every(one => [1, 2].includes(one.leader) && one.isr.length === 2)";
    assert!(holds(led_by_others), "{}", text("JSON.stringify(highwater.snapshot().topics[0].partitions)"));
}

async fn undo_takes_a_fork_back() {
    run("sim undo");
    assert_eq!(text("highwater.snapshot().brokers.map(broker => broker.state).join()"), "up,up,up");
    assert_eq!(number("highwater.snapshot().time_ms"), 60.0);
    let label = "document.getElementById('stage').getAttribute('aria-label')";
    wait_until(&format!("!{label}.includes('leader') && {label}.includes('3 of 3')")).await;
    assert!(!text("document.querySelector('#stage svg').textContent").contains("killed"));
}

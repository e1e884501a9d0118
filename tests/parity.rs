//! The same numbers on x86-64 and in the browser: this file runs natively and in a headless Chromium, and both must
//! meet the same literals.

use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::digest::digest;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// FNV-1a over whole words; a digest of its own, so that a fault in the crate's cannot hide itself.
fn fold(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_stream_of_random_numbers_is_the_same_everywhere() {
    let mut rng = Rng::stream(7, "parity");
    let digest = fold((0..10_000).map(|_| rng.next_u64()));
    assert_eq!(format!("{digest:016x}"), "c9a7bd418a30871c");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn fractions_are_the_same_bits_everywhere() {
    let mut rng = Rng::stream(7, "fractions");
    let digest = fold((0..1_000).map(|_| rng.unit().to_bits()));
    assert_eq!(format!("{digest:016x}"), "54d5ced93526cfd6");
}

/// A run through the whole engine: every kind of process, every codec that can be written, faults and time travel.
const RUN: &str = "\
sim new --preset trio --seed 7
kafka-topics --create --topic orders --partitions 3 --replication-factor 1
sim client add reader --consumer --topics orders auto.offset.reset=earliest process.ms=3
sim client add shop --producer linger.ms=5 batch.size=600
sim client add zip --producer compression.type=gzip acks=1
sim produce shop --topic orders --keys user123,order-1,order-2 --wait acked
sim load zip --topic orders --rate 40 --for 20s --profile mixed
sim load shop --topic orders --rate 25 --for 20s --size 120 --profile orders
sim advance 2s
sim slow broker 2 30ms
printf 'k1:v1\\nk2:v2\\n:empty\\n' | kafka-console-producer --topic orders \
--reader-property parse.key=true --reader-property key.separator=:
sim kill 1
sim advance 4s
sim checkpoint dark
sim cut shop 2
sim freeze reader
sim advance 3s
sim thaw reader
sim heal all
sim slow broker 2 off
sim start 1
sim advance 9s
sim crash reader
sim start reader
sim advance 15s
sim seek 3s
sim restore dark
sim seek 33s
sim check
kafka-get-offsets --topic orders
kafka-console-consumer --topic orders --from-beginning --max-messages 60 --timeout-ms 5000 \
--formatter-property print.timestamp=true --formatter-property print.key=true --formatter-property print.offset=true
kafka-dump-log --files /brokers/$(leader orders-2)/orders-2/00000000000000000000.log --print-data-log
sim state
";

/// What the run above ends in: the world, everything that was printed (offsets, record timestamps, checksums), and
/// every fact that happened. A change of the engine's behaviour changes it; then, and only then, it is replaced by
/// what the failing test says.
const END: &str = "steps=11834 world=161181f67d717f6c printed=68548c692dc762fa facts=0b0b33107c4c6490";

fn hash_text(text: &str) -> u64 {
    fold(text.bytes().map(u64::from))
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_run_of_the_whole_engine_has_one_digest_everywhere() {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("the preset exists"));
    let mut shell = Shell::new(&[]);
    let mut printed = String::new();
    for line in RUN.lines() {
        let output = shell.run_line(&mut timeline, line).output;
        let text = format!("> {line}\n{}{}", String::from_utf8_lossy(&output.stdout), output.stderr);
        assert_eq!(output.status, 0, "{text}\n{}", replay());
        printed.push_str(&text);
    }
    let facts: String = timeline.journal().iter().map(|entry| format!("{entry:?}\n")).collect();
    let steps = timeline.world().step;
    let end = format!(
        "steps={steps} world={} printed={:016x} facts={:016x}",
        digest(timeline.world()),
        hash_text(&printed),
        hash_text(&facts)
    );
    let (_, state) = printed.rsplit_once("> sim state").expect("the last line of the run");
    assert!(printed.contains("CreateTime:1767225600"), "records bear the virtual clock's milliseconds");
    assert_eq!(end, END, "\nthe state was{state}{}", replay());
}

fn replay() -> String {
    format!("the run, with seed 7, for `cargo run -- console -`:\n{RUN}sim digest\n")
}

//! The same numbers on x86-64 and in the browser: this file runs natively and in a headless Chromium, and both must
//! meet the same literals.

use highwater::rng::Rng;

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

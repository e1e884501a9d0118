//! Hue and glyph of record keys, by first appearance in a run and stable for the run.
//!
//! The first eight keys get the eight hues, each with its own glyph. A ninth key takes hue 1 with the next glyph, so a
//! pair of hue and glyph is unique for the first 64 keys.

use std::collections::BTreeMap;

use super::scene::KeyMark;

/// The keys seen so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct KeyMarks {
    seen: BTreeMap<Vec<u8>, KeyMark>,
    order: Vec<Vec<u8>>,
}

impl KeyMarks {
    /// The mark of `key`, given to it now if it is new; the mark of "no key" for `None`.
    pub fn mark(&mut self, key: Option<&[u8]>) -> KeyMark {
        let Some(key) = key else { return KeyMark::default() };
        if let Some(mark) = self.seen.get(key) {
            return *mark;
        }
        let mark = nth(self.order.len() as u32);
        self.seen.insert(key.to_vec(), mark);
        self.order.push(key.to_vec());
        mark
    }

    /// The keys in order of first appearance.
    pub fn in_order(&self) -> impl Iterator<Item = (&[u8], KeyMark)> {
        self.order.iter().map(|key| (key.as_slice(), self.seen[key]))
    }
}

fn nth(index: u32) -> KeyMark {
    let hue = index % 8;
    let glyph = (index + index / 8) % 8;
    KeyMark { hue: hue as u8 + 1, glyph: glyph as u8 + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ninth_key_reuses_the_first_hue_with_the_next_glyph() {
        let mut marks = KeyMarks::default();
        let first = marks.mark(Some(b"k0"));
        for n in 1..8 {
            marks.mark(Some(format!("k{n}").as_bytes()));
        }
        let ninth = marks.mark(Some(b"k8"));
        assert_eq!((first.hue, first.glyph), (1, 1));
        assert_eq!((ninth.hue, ninth.glyph), (1, 2));
        assert_eq!(marks.mark(Some(b"k0")), first, "a key keeps its mark");
        assert_eq!(marks.mark(None), KeyMark::default());
    }

    #[test]
    fn the_first_64_keys_differ_in_hue_or_glyph() {
        let mut all: Vec<KeyMark> = (0..64).map(nth).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 64);
    }
}

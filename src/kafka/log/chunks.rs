//! A growing list that is cheap to clone: full chunks are shared, only the last few elements are copied.

use std::sync::Arc;

/// Elements of a shared chunk.
const CHUNK: usize = 64;

/// A list that grows and shrinks at its end.
#[derive(Clone, Debug)]
pub struct Chunks<T> {
    full: Vec<Arc<[T]>>,
    /// Fewer than 64 elements.
    tail: Vec<T>,
}

impl<T: Clone> Chunks<T> {
    pub fn new() -> Self {
        Chunks { full: Vec::new(), tail: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len()
    }

    pub fn is_empty(&self) -> bool {
        self.full.is_empty() && self.tail.is_empty()
    }

    pub fn push(&mut self, element: T) {
        self.tail.push(element);
        if self.tail.len() == CHUNK {
            self.full.push(std::mem::take(&mut self.tail).into());
        }
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.full.len() * CHUNK),
        }
    }

    pub fn last(&self) -> Option<&T> {
        self.tail.last().or_else(|| self.full.last().and_then(|chunk| chunk.last()))
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.iter_from(0)
    }

    /// The elements from `index` on.
    pub fn iter_from(&self, index: usize) -> impl DoubleEndedIterator<Item = &T> {
        let index = index.min(self.len());
        let (head, rest, tail) = match self.full.get(index / CHUNK) {
            Some(chunk) => (&chunk[index % CHUNK..], &self.full[index / CHUNK + 1..], &self.tail[..]),
            None => (&[][..], &[][..], &self.tail[index - self.full.len() * CHUNK..]),
        };
        head.iter().chain(rest.iter().flat_map(|chunk| chunk.iter())).chain(tail)
    }

    /// How many elements stand before the first one that `holds` is false for; `holds` is true for a prefix.
    pub fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        let ends_before = |chunk: &Arc<[T]>| chunk.last().is_some_and(&holds);
        let chunks = self.full.partition_point(ends_before);
        let within = match self.full.get(chunks) {
            Some(chunk) => chunk.partition_point(holds),
            None => self.tail.partition_point(holds),
        };
        chunks * CHUNK + within
    }

    /// Drops all but the first `len` elements.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.full.len() * CHUNK {
            self.tail.truncate(len - self.full.len() * CHUNK);
            return;
        }
        self.tail = self.full[len / CHUNK][..len % CHUNK].to_vec();
        self.full.truncate(len / CHUNK);
    }
}

impl<T: Clone> Default for Chunks<T> {
    fn default() -> Self {
        Chunks::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_behave_like_a_vector_at_every_length() {
        let mut chunks = Chunks::new();
        let mut vector = Vec::new();
        for n in 0..300_u32 {
            chunks.push(n);
            vector.push(n);
            assert_eq!((chunks.len(), chunks.last(), chunks.get(n as usize + 1)), (vector.len(), vector.last(), None));
        }
        for cut in [300, 299, 257, 256, 255, 130, 64, 63, 1, 0] {
            chunks.truncate(cut);
            vector.truncate(cut);
            assert!(chunks.iter().eq(&vector) && chunks.iter().rev().eq(vector.iter().rev()), "{cut}");
            for from in [0, cut / 2, cut] {
                assert!(chunks.iter_from(from).eq(&vector[from..]), "{cut} from {from}");
                assert_eq!(chunks.partition_point(|n| (*n as usize) < from), from);
                assert_eq!(chunks.get(from), vector.get(from));
            }
            assert_eq!(chunks.is_empty(), vector.is_empty());
        }
    }
}

//! How well records of a topic compress, by experience (`CompressionRatioEstimator`): a producer fills a batch up to the
//! size that it expects after compression.

/// Ratio of compressed to plain size, 1 at first. It falls slowly, a little at every better batch, and rises fast, so
/// that few batches turn out too large.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CompressionRatio(pub f32);

impl Default for CompressionRatio {
    fn default() -> Self {
        CompressionRatio(1.0)
    }
}

impl CompressionRatio {
    const IMPROVING_STEP: f32 = 0.005;
    const DETERIORATE_STEP: f32 = 0.05;

    /// Takes note of the ratio of one batch.
    pub fn update(&mut self, observed: f32) {
        if observed > self.0 {
            self.0 = observed.max(self.0 + Self::DETERIORATE_STEP);
        } else if observed < self.0 {
            self.0 = observed.max(self.0 - Self::IMPROVING_STEP);
        }
    }

    /// The ratio of one batch, from bytes.
    pub fn of(compressed: i32, plain: i32) -> Self {
        CompressionRatio(compressed as f32 / plain as f32)
    }

    /// After a batch that turned out too large: no better than plain, or as bad as that batch.
    pub fn reset(&mut self, observed: CompressionRatio) {
        self.0 = observed.0.max(1.0);
    }
}

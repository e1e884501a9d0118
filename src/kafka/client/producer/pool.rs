//! Buffer memory that batches share (`BufferPool`).
//!
//! Only amounts are kept, no buffers: whether a chunk is reused or new makes no difference to what is left. One send
//! waits at a time, because the application has one thread.

use crate::kafka::errors::{ExceptionClass, KafkaException};

/// All numbers are bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct BufferPool {
    total: i64,
    /// The size that most are of: `batch.size`.
    poolable: i32,
    available: i64,
    /// What a waiting send wants, and what it has been given of that.
    wanted: Option<i64>,
    accumulated: i64,
}

/// Why no memory was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denied {
    /// Others have to give some back first.
    Short,
    /// There would never be enough.
    BeyondTotal,
}

impl BufferPool {
    pub fn new(total: i64, poolable: i32) -> BufferPool {
        BufferPool { total, poolable, available: total, wanted: None, accumulated: 0 }
    }

    /// What nobody has, not even a waiting send.
    pub fn available(&self) -> i64 {
        self.available
    }

    pub fn has_waiter(&self) -> bool {
        self.wanted.is_some()
    }

    /// Takes `size` bytes, or begins to wait for them. Whoever waits asks again, or gives up.
    pub fn allocate(&mut self, size: i64) -> Result<(), Denied> {
        if size > self.total {
            return Err(Denied::BeyondTotal);
        }
        if self.available + self.accumulated < size {
            self.wanted = Some(size);
            return Err(Denied::Short);
        }
        self.give_up();
        self.available -= size;
        Ok(())
    }

    /// Gives memory back; a waiting send gets it first, piece by piece.
    pub fn deallocate(&mut self, size: i64) {
        self.available += size;
        let missing = self.wanted.map_or(0, |wanted| wanted - self.accumulated);
        let got = missing.min(self.available);
        (self.available, self.accumulated) = (self.available - got, self.accumulated + got);
    }

    /// What a send is told that asked for `size` bytes in vain.
    pub fn exception(&self, denied: Denied, size: i64, max_block_ms: i64) -> KafkaException {
        let BufferPool { total, available, poolable, .. } = self;
        match denied {
            Denied::BeyondTotal => KafkaException::with(
                ExceptionClass::ILLEGAL_ARGUMENT,
                format!(
                    "Attempt to allocate {size} bytes, but there is a hard limit of {total} on memory allocations."
                ),
            ),
            Denied::Short => KafkaException::with(
                ExceptionClass::from_full_name("org.apache.kafka.clients.producer.BufferExhaustedException")
                    .expect("the class table has it"),
                format!(
                    "Failed to allocate {size} bytes within the configured max blocking time {max_block_ms} ms. Total \
                     memory: {total} bytes. Available memory: {available} bytes. Poolable size: {poolable} bytes"
                ),
            ),
        }
    }

    /// The waiting send is over: what it had got goes back.
    pub fn give_up(&mut self) {
        self.wanted = None;
        self.available += std::mem::take(&mut self.accumulated);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_send_gets_what_comes_back_before_anybody_sees_it() {
        let mut pool = BufferPool::new(100, 40);
        assert_eq!((pool.allocate(40), pool.allocate(40), pool.allocate(60)), (Ok(()), Ok(()), Err(Denied::Short)));
        assert_eq!((pool.available(), pool.has_waiter()), (20, true));
        pool.deallocate(30);
        assert_eq!(pool.available(), 0, "the send has 50 of its 60");
        pool.give_up();
        assert_eq!((pool.available(), pool.has_waiter()), (50, false));
        assert_eq!(pool.allocate(101), Err(Denied::BeyondTotal));
    }
}

//! How long a client waits before it tries again (`ExponentialBackoff`).

mod double_double;

use double_double::power_to_reach;

/// Waits that grow by a factor from one attempt to the next, up to a bound, each a little off by chance so that clients
/// do not come back all at once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ExponentialBackoff {
    initial_ms: i64,
    multiplier: i32,
    max_ms: i64,
    /// Share by which a wait may be shorter or longer, 0 to 1.
    jitter: f64,
    /// The wait of every attempt that grows no longer, before jitter.
    bound: f64,
}

impl ExponentialBackoff {
    /// The factor of all clients (`RETRY_BACKOFF_EXP_BASE`).
    pub const MULTIPLIER: i32 = 2;
    /// The jitter of all clients (`RETRY_BACKOFF_JITTER`).
    pub const JITTER: f64 = 0.2;

    /// From `initial_ms` up to `max_ms`, both milliseconds; an initial wait above the bound counts as the bound.
    pub fn new(initial_ms: i64, multiplier: i32, max_ms: i64, jitter: f64) -> Self {
        let first = initial_ms.min(max_ms);
        // Kafka computes the bound as `first * multiplier ^ (log(max / first) / log(multiplier))` in doubles, which can
        // come out a hair below `max_ms`; cut to whole milliseconds it is then one less.
        let bound = if max_ms > initial_ms {
            let start = initial_ms.max(1);
            first as f64 * power_to_reach(f64::from(multiplier), max_ms as f64 / start as f64)
        } else {
            first as f64
        };
        ExponentialBackoff { initial_ms: first, multiplier, max_ms, jitter, bound }
    }

    /// The waits of clients between `retry.backoff.ms` and `retry.backoff.max.ms`.
    pub fn of_client(initial_ms: i64, max_ms: i64) -> Self {
        Self::new(initial_ms, Self::MULTIPLIER, max_ms, Self::JITTER)
    }

    /// The waits of a broker that the controller refuses to register: from 100 ms up to its session time-out, with little
    /// jitter (`BrokerLifecycleManager.resendExponentialBackoff`).
    pub fn of_broker(session_timeout_ms: i64) -> Self {
        Self::new(100, Self::MULTIPLIER, session_timeout_ms, 0.02)
    }

    /// Milliseconds to wait after `attempts` failures, counted from 0. `random` is asked once, for a number in `[0, 1)`,
    /// unless the jitter is 0 or the wait cannot grow.
    pub fn backoff(&self, attempts: u64, random: impl FnOnce() -> f64) -> i64 {
        if self.max_ms <= self.initial_ms {
            return self.initial_ms;
        }
        let mut term = self.initial_ms as f64;
        let mut attempt = 0;
        while attempt < attempts && term < self.bound {
            term *= f64::from(self.multiplier);
            attempt += 1;
        }
        let term = if term > self.bound || attempt < attempts { self.bound } else { term };
        let factor = if self.jitter < f64::MIN_POSITIVE {
            1.0
        } else {
            let (low, high) = (1.0 - self.jitter, 1.0 + self.jitter);
            low + random() * (high - low)
        };
        ((factor * term) as i64).min(self.max_ms)
    }
}

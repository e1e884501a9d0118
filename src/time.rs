//! Virtual time.
//!
//! Every moment in the simulation is a [`SimTime`]: microseconds since the Unix epoch. A run starts at a fixed date
//! (never at 0, because record timestamps are absolute in Kafka), and only the world moves the clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A span of virtual time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
pub struct SimDuration(u64);

impl SimDuration {
    pub const ZERO: SimDuration = SimDuration(0);
    /// Longer than any run; used for "no limit".
    pub const MAX: SimDuration = SimDuration(u64::MAX / 4);

    pub const fn from_micros(micros: u64) -> Self {
        SimDuration(micros)
    }

    pub const fn from_millis(millis: u64) -> Self {
        SimDuration(millis.saturating_mul(1_000))
    }

    pub const fn from_secs(secs: u64) -> Self {
        SimDuration(secs.saturating_mul(1_000_000))
    }

    /// A config value in milliseconds; negative values count as zero, huge ones as [`SimDuration::MAX`].
    pub fn from_config_ms(millis: i64) -> Self {
        let micros = u64::try_from(millis).unwrap_or(0).saturating_mul(1_000);
        SimDuration(micros.min(Self::MAX.0))
    }

    pub const fn as_micros(self) -> u64 {
        self.0
    }

    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }
}

/// A moment of virtual time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
pub struct SimTime(u64);

impl SimTime {
    /// 2026-01-01T00:00:00Z, where a run starts unless its scenario says otherwise.
    pub const DEFAULT_START: SimTime = SimTime(1_767_225_600_000_000);

    pub const fn from_micros(micros: u64) -> Self {
        SimTime(micros)
    }

    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds since the epoch, as record timestamps count them (rounded down).
    pub const fn as_epoch_ms(self) -> i64 {
        (self.0 / 1_000) as i64
    }

    /// How long after `earlier` this moment is; zero if it is not after it.
    pub const fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// Microseconds from `start` to this moment, negative before it (the boot happens before time 0).
    pub const fn micros_from(self, start: SimTime) -> i64 {
        self.0 as i64 - start.0 as i64
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    fn sub(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(rhs.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(rhs.0))
    }
}

impl fmt::Display for SimTime {
    /// ISO date and time in UTC with milliseconds, as `2026-01-01 00:00:12,384` (Kafka's log4j layout).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 / 1_000;
        let (year, month, day) = civil_from_days((ms / 86_400_000) as i64);
        let in_day = ms % 86_400_000;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02},{:03}",
            in_day / 3_600_000,
            in_day / 60_000 % 60,
            in_day / 1_000 % 60,
            in_day % 1_000
        )
    }
}

/// Gregorian date of a day count since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// Day count since 1970-01-01 of a Gregorian date (the inverse of the above).
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_start_is_new_year_2026() {
        assert_eq!(SimTime::DEFAULT_START.to_string(), "2026-01-01 00:00:00,000");
        assert_eq!(days_from_civil(2026, 1, 1) * 86_400_000, SimTime::DEFAULT_START.as_epoch_ms());
    }

    #[test]
    fn boot_times_are_negative() {
        let start = SimTime::DEFAULT_START;
        let boot = start - SimDuration::from_millis(3);
        assert_eq!(boot.micros_from(start), -3_000);
        assert_eq!(start.since(boot), SimDuration::from_millis(3));
    }
}

//! How times, spans and speeds are written.

/// A count in groups of three digits: 1 204 000.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<String> =
        digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join("\u{202f}")
}

/// A moment of the run: `00:12.384` and its last three digits, `206`, apart, because they are set smaller.
pub fn clock(us: i64) -> (String, String) {
    let sign = if us < 0 { "-" } else { "" };
    let us = us.unsigned_abs();
    let (ms, rest) = (us / 1_000, us % 1_000);
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let head = if hours > 0 { format!("{sign}{hours}:{minutes:02}") } else { format!("{sign}{minutes:02}") };
    (format!("{head}:{seconds:02}.{:03}", ms % 1_000), format!("{rest:03}"))
}

/// A moment without its microseconds: `00:12.384`.
pub fn moment(us: i64) -> String {
    clock(us).0
}

/// A span in its natural unit: `850 µs`, `1.4 ms`, `12 ms`, `2.5 s`, `3 min`.
pub fn span(us: u64) -> String {
    let tenths = |value: u64, unit: u64, name: &str| {
        let tenth = value * 10 / unit;
        if tenth < 100 && !tenth.is_multiple_of(10) {
            format!("{}.{} {name}", tenth / 10, tenth % 10)
        } else {
            format!("{} {name}", tenth / 10)
        }
    };
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => tenths(us, 1_000, "ms"),
        1_000_000..120_000_000 => tenths(us, 1_000_000, "s"),
        _ => tenths(us, 60_000_000, "min"),
    }
}

/// A rate or another count that need not be exact: `0.4`, `12`, `1 240`.
pub fn count(value: f64) -> String {
    if value < 9.95 && value.fract() >= 0.05 {
        return format!("{value:.1}");
    }
    let whole = value.round() as u64;
    if whole >= 1_000 { format!("{} {:03}", whole / 1_000, whole % 1_000) } else { whole.to_string() }
}

/// The speeds of the slider: virtual time per wall time as (numerator, denominator).
pub const SPEEDS: [(u32, u32); 19] = [
    (1, 1000),
    (1, 500),
    (1, 200),
    (1, 100),
    (1, 50),
    (1, 20),
    (1, 10),
    (1, 5),
    (1, 2),
    (1, 1),
    (2, 1),
    (5, 1),
    (10, 1),
    (20, 1),
    (50, 1),
    (100, 1),
    (200, 1),
    (500, 1),
    (1000, 1),
];

/// `1/50×`, `1×`, `200×`.
pub fn speed(index: u8) -> String {
    let (up, down) = SPEEDS[usize::from(index).min(SPEEDS.len() - 1)];
    if down == 1 { format!("{up}×") } else { format!("{up}/{down}×") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_microseconds_apart() {
        assert_eq!(clock(12_384_206), ("00:12.384".into(), "206".into()));
        assert_eq!(clock(-3_000).0, "-00:00.003");
        assert_eq!(clock(3_600_000_000 + 62_000_000).0, "1:01:02.000");
    }

    #[test]
    fn counts_have_three_digits_apart() {
        assert_eq!([0.42, 12.3, 1_240.4].map(count), ["0.4", "12", "1 240"]);
    }

    #[test]
    fn spans_take_their_natural_unit() {
        let all: Vec<String> = [850, 1_400, 12_000, 2_500_000, 60_000_000, 180_000_000].map(span).into();
        assert_eq!(all, ["850 µs", "1.4 ms", "12 ms", "2.5 s", "60 s", "3 min"]);
    }

    #[test]
    fn speeds_run_from_a_thousandth_to_a_thousand_in_rising_order() {
        assert_eq!(
            (speed(0), speed(4), speed(9), speed(18)),
            ("1/1000×".into(), "1/50×".into(), "1×".into(), "1000×".into())
        );
        assert!(SPEEDS.windows(2).all(|pair| pair[0].0 * pair[1].1 < pair[1].0 * pair[0].1));
    }
}

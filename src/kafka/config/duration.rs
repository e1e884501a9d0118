//! ISO-8601 durations as `java.time.Duration.parse` reads them: `P3D`, `PT1H30M`, `pt0.5s`, `-PT1H`.

/// The duration in nanoseconds; None where Java throws.
pub fn parse(text: &str) -> Option<i128> {
    let text = text.to_ascii_uppercase();
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, &text[..]),
    };
    let rest = rest.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let (days, date) = amount(date, 'D')?;
    let (hours, time) = amount(time, 'H')?;
    let (minutes, time) = amount(time, 'M')?;
    let seconds = seconds(time)?;
    if !date.is_empty() {
        return None;
    }
    let whole = i128::from(days) * 86_400 + i128::from(hours) * 3_600 + i128::from(minutes) * 60;
    let nanos = sign * (whole * 1_000_000_000 + seconds);
    i64::try_from(nanos.div_euclid(1_000_000_000)).ok().map(|_| nanos)
}

/// A whole number before `unit`, if the unit is there; and what follows.
fn amount(text: &str, unit: char) -> Option<(i64, &str)> {
    match text.split_once(unit) {
        None => Some((0, text)),
        Some((number, rest)) => Some((whole_number(number)?, rest)),
    }
}

fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Nanoseconds of `5S`, `-5.25S`, `5,5S`; nothing is 0.
fn seconds(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let number = text.strip_suffix('S')?;
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if part.len() > 9 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos: i128 = format!("{part:0<9}").parse().ok()?;
    let nanos = if whole.starts_with('-') { -nanos } else { nanos };
    Some(i128::from(whole_number(whole)?) * 1_000_000_000 + nanos)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn durations_are_read_as_java_reads_them() {
        assert_eq!(parse("PT1H"), Some(3_600_000_000_000));
        assert_eq!(parse("pt0.5s"), Some(500_000_000));
        assert_eq!(parse("P1DT1M"), Some(86_460_000_000_000));
        assert_eq!(parse("-PT-0.5S"), Some(500_000_000));
        for wrong in ["", "P", "PT", "P1DT", "1H", "PT1", "P1H", "PT1M1H", "PT1.5H", "P1Y", "PT1.0000000001S", "PTS"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

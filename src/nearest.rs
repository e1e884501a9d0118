//! The nearest valid word, for what was mistyped.

/// The word of `valid` that is fewest single-letter edits (insert, delete, replace, swap of neighbours) away from
/// `typed`, if that is few enough to be a slip; of equals the first.
pub fn nearest<'a>(typed: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (typed.chars().count() / 3).max(1) as u32;
    let mut best: Option<(u32, &str)> = None;
    for word in valid {
        let distance = if word.len() > typed.len() && word.starts_with(typed) { 1 } else { distance(typed, word) };
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, word));
        }
    }
    best.map(|(_, word)| word)
}

/// `"; did you mean X?"`, or nothing.
pub fn did_you_mean<'a>(typed: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, valid).map(|word| format!("; did you mean {word}?")).unwrap_or_default()
}

/// Optimal string alignment distance.
fn distance(a: &str, b: &str) -> u32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<u32>> = vec![(0..=b.len() as u32).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i as u32];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + u32::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word() {
        let words = ["advance", "step", "state", "stop"];
        assert_eq!(nearest("advence", words), Some("advance"));
        assert_eq!(nearest("sate", words), Some("state"));
        assert_eq!(nearest("adv", words), Some("advance"));
        assert_eq!(nearest("zzzz", words), None);
        assert_eq!(did_you_mean("setp", words), "; did you mean step?");
    }
}

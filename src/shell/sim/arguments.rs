//! The words behind a `sim` verb: plain words, `--options`, durations, ranges of names.

use crate::nearest::did_you_mean;
use crate::time::SimDuration;

/// Words split into plain ones and options. An option takes the next word unless it is a flag.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arguments {
    pub plain: Vec<String>,
    options: Vec<(String, String)>,
}

impl Arguments {
    /// Splits `words`; `values` and `flags` are the options that the verb has.
    pub fn split(words: &[String], values: &[&str], flags: &[&str]) -> Result<Arguments, String> {
        let mut arguments = Arguments::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                arguments.plain.push(word.clone());
                continue;
            };
            let (name, joined) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (option, None),
            };
            let value = if flags.contains(&name) {
                String::new()
            } else if !values.contains(&name) {
                let known = values.iter().chain(flags).copied();
                return Err(format!("there is no --{name} here{}", did_you_mean(name, known)));
            } else if let Some(value) = joined.or_else(|| words.next().cloned()) {
                value
            } else {
                return Err(format!("--{name} needs a value"));
            };
            if arguments.has(name) && name != "header" {
                return Err(format!("--{name} stands twice"));
            }
            arguments.options.push((name.to_string(), value));
        }
        Ok(arguments)
    }

    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(given, _)| given == name)
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.options.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| format!("--{name} needs a number, not '{value}'"))
    }

    pub fn duration(&self, name: &str) -> Result<Option<SimDuration>, String> {
        self.value(name).map(|value| duration(value).map_err(|error| format!("--{name}: {error}"))).transpose()
    }

    /// Items of `--name a,b`.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        self.value(name).map(|value| value.split(',').map(str::to_string).collect())
    }

    /// The option's value as one of `words`.
    pub fn one_of<'a>(&self, name: &str, words: &[&'a str]) -> Result<Option<&'a str>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match words.iter().find(|word| **word == value) {
            Some(word) => Ok(Some(word)),
            None => {
                let near = did_you_mean(value, words.iter().copied());
                Err(format!("--{name} is {}, not '{value}'{near}", words.join(", ")))
            }
        }
    }

    /// Refuses plain words behind the first `most`.
    pub fn at_most(&self, most: u32) -> Result<(), String> {
        match self.plain.get(most as usize) {
            Some(word) => Err(format!("'{word}' is not understood here")),
            None => Ok(()),
        }
    }

    /// The plain word at `index`, which is `what`.
    pub fn word(&self, index: u32, what: &str) -> Result<&str, String> {
        self.plain.get(index as usize).map(String::as_str).ok_or_else(|| format!("{what} is missing"))
    }
}

/// `20ms`, `5s`, `3m`, `2h`, `7d`, with a fraction if need be: `12.384s`.
pub fn duration(text: &str) -> Result<SimDuration, String> {
    let bad = || format!("'{text}' is not a duration: 20ms 5s 3m 2h 7d");
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(bad)?;
    let (number, unit) = text.split_at(unit_at);
    let micros: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return Err(bad()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 || number.ends_with('.') {
        return Err(bad());
    }
    let whole: u64 = whole.parse().map_err(|_| bad())?;
    let mut total = whole.checked_mul(micros).ok_or_else(bad)?;
    let mut place = micros;
    for digit in fraction.bytes() {
        place /= 10;
        total = total.checked_add(place * u64::from(digit - b'0')).ok_or_else(bad)?;
    }
    if total > SimDuration::MAX.as_micros() {
        return Err(bad());
    }
    Ok(SimDuration::from_micros(total))
}

/// Names with ranges spelled out: `oms-1..15` is `oms-1` to `oms-15`.
pub fn names(words: &[String]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for word in words {
        let Some((first, last)) = word.split_once("..") else {
            names.push(word.clone());
            continue;
        };
        let start = first.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
        let (stem, first) = first.split_at(start);
        let bad = || format!("'{word}' is not a range: oms-1..15");
        let (low, high): (u32, u32) = (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
        if low > high || high - low >= 1000 {
            return Err(bad());
        }
        names.extend((low..=high).map(|number| format!("{stem}{number}")));
    }
    Ok(names)
}

/// `key=value`; an empty value unsets the key.
pub fn setting(word: &str) -> Result<(String, String), String> {
    match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err(format!("'{word}' is not a setting: key=value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Arguments, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        Arguments::split(&words, &["topic", "count", "header"], &["null"])
    }

    #[test]
    fn options_are_known_and_stand_once() {
        let got = split("shop --topic=a --null --count 3 --header x --header y").expect("a good line");
        assert_eq!((got.value("topic"), got.number::<u32>("count")), (Some("a"), Ok(Some(3))));
        assert_eq!(got.values("header").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(split("--topc a"), Err("there is no --topc here; did you mean topic?".to_string()));
        assert_eq!(split("--topic"), Err("--topic needs a value".to_string()));
        assert_eq!(split("--topic a --topic b"), Err("--topic stands twice".to_string()));
        assert_eq!(got.at_most(0), Err("'shop' is not understood here".to_string()));
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("20ms"), Ok(SimDuration::from_millis(20)));
        assert_eq!(duration("12.384s"), Ok(SimDuration::from_micros(12_384_000)));
        assert_eq!(duration("2h"), Ok(SimDuration::from_secs(7200)));
        assert_eq!(duration("7d"), Ok(SimDuration::from_secs(604_800)));
        for bad in ["5", "s", "1.s", "-1s", "1x", "99999999999999d", "1e3s"] {
            assert_eq!(duration(bad), Err(format!("'{bad}' is not a duration: 20ms 5s 3m 2h 7d")), "{bad}");
        }
    }

    #[test]
    fn ranges_are_spelled_out() {
        let words = ["a".to_string(), "oms-2..4".to_string()];
        assert_eq!(names(&words), Ok(["a", "oms-2", "oms-3", "oms-4"].map(str::to_string).to_vec()));
        assert!(names(&["oms-4..2".to_string()]).is_err() && names(&["x..y".to_string()]).is_err());
        assert_eq!(setting("a=b=c"), Ok(("a".to_string(), "b=c".to_string())));
        assert!(setting("a").is_err());
    }
}

//! The texts of the page in both languages, typed: every text of `strings/{en,ko}.toml` is a method of [`Words`].
//!
//! Korean particles follow the last sound of the word before them: `{who:이/가}` in a text becomes 이 after a final
//! consonant and 가 after a vowel. Latin words are read by their spelling, digits by their Korean names.

use serde::Serialize;

/// The language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Words {
    #[default]
    English,
    Korean,
}

include!(concat!(env!("OUT_DIR"), "/strings.rs"));

impl Words {
    /// BCP 47 tag, as for `lang` attributes and for the setting kept in the browser.
    pub fn tag(self) -> &'static str {
        match self {
            Words::English => "en",
            Words::Korean => "ko",
        }
    }

    /// The language whose tag begins `tag` (`ko-KR` is Korean); English for every other.
    pub fn from_tag(tag: &str) -> Words {
        if tag.starts_with("ko") { Words::Korean } else { Words::English }
    }
}

/// How a spoken word ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Vowel,
    Rieul,
    Consonant,
}

fn ending(word: &str) -> Ending {
    let Some(last) = word.chars().rev().find(|c| c.is_alphanumeric()) else { return Ending::Vowel };
    match last {
        '가'..='힣' => match (last as u32 - '가' as u32) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        },
        // 영 일 이 삼 사 오 육 칠 팔 구
        '1' | '7' | '8' => Ending::Rieul,
        '0' | '3' | '6' => Ending::Consonant,
        '2' | '4' | '5' | '9' => Ending::Vowel,
        'l' | 'L' | 'r' | 'R' => Ending::Rieul,
        'm' | 'n' | 'b' | 'k' | 'p' | 't' | 'M' | 'N' => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

/// The particle of `pair` (`이/가`, `은/는`, `을/를`, `과/와`, `으로/로`) that follows `word`. A word that ends in ㄹ takes
/// 로, not 으로.
pub fn particle<'a>(word: &str, pair: &'a str) -> &'a str {
    let (closed, open) = pair.split_once('/').unwrap_or((pair, pair));
    match ending(word) {
        Ending::Consonant => closed,
        Ending::Rieul if closed != "으로" => closed,
        _ => open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_follow_the_last_sound() {
        assert_eq!(particle("브로커 2", "이/가"), "가");
        assert_eq!(particle("브로커 1", "이/가"), "이");
        assert_eq!(particle("yun", "과/와"), "과");
        assert_eq!(particle("uma", "을/를"), "를");
        assert_eq!(particle("파티션", "은/는"), "은");
        assert_eq!(particle("브로커 1", "으로/로"), "로");
        assert_eq!(particle("브로커 3", "으로/로"), "으로");
    }

    #[test]
    fn a_text_has_its_arguments_filled_in_both_languages() {
        assert_eq!(Words::English.stage_linger(14, 20), "linger 14 of 20 ms");
        assert_eq!(Words::Korean.stage_linger(14, 20), "linger 20 ms 중 14 ms");
        assert_eq!(Words::Korean.next_delivers("Fetch", "브로커 1"), "Fetch가 브로커 1에 도착");
    }

    #[test]
    fn the_browser_language_decides_between_the_two() {
        assert_eq!(Words::from_tag("ko-KR"), Words::Korean);
        assert_eq!(Words::from_tag("de"), Words::English);
    }
}

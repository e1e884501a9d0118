//! Links that hold a whole run: its cluster with the seed, its commands, and where the playhead stands.
//!
//! A link comes from anywhere. Everything in it is checked before it is believed: its letters, its version, its size, that
//! its run can be replayed and comes to the end that the link names. A bad one changes nothing.
//!
//! ```text
//! #/run/1.eJyNkk1...    version . base64url(zlib(JSON of a recording and the playhead))
//! ```

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::sim::recording::{BadRecording, ENGINE, Recording, Replay};
use crate::sim::timeline::{Moment, Timeline};
use crate::view::clock;
use crate::view::words::Words;

/// What is written now.
pub const VERSION: u32 = 1;
/// The longest text of a link that is looked at, in characters, and what may come out of it, in bytes.
pub const MAX_CHARACTERS: usize = 64_000;
const MAX_BYTES: u64 = 2_000_000;
/// Bounds of a run that is replayed for a visitor: seconds of work.
const MAX_COMMANDS: usize = 2_000;
const MAX_EVENTS: u64 = 1_000_000;
const MAX_NODES: usize = 100;

/// Why a link is not opened. Nothing has changed then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadLink {
    /// It does not begin with a version.
    NoVersion,
    /// A page of a later version made it.
    Newer(u32),
    /// Letters are missing or others than they were.
    Damaged,
    TooLong(usize),
    /// More than so many bytes, commands, events or nodes.
    TooMuch(Size),
    /// Another version of the engine made it, and this one comes to another end or refuses a command.
    OtherEngine(String),
    /// Its run contradicts itself: in the words of the recording.
    Wrong(String),
}

/// What there is too much of, and how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    Bytes,
    Commands(u64),
    Events(u64),
    Nodes(u64),
}

/// A run as a link holds it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The whole branch, also what lies behind the playhead.
    recording: Recording,
    playhead: Moment,
}

impl Link {
    pub fn of(timeline: &Timeline) -> Link {
        let mut whole = timeline.clone();
        whole.seek(whole.end());
        Link { recording: Recording::of(&whole), playhead: timeline.now() }
    }

    /// What led to the playhead, made in a moment: without what lies ahead and without the digest of the end.
    pub fn unsealed(timeline: &Timeline) -> Link {
        Link { recording: Recording::unsealed(timeline), playhead: timeline.now() }
    }

    /// How many commands it holds.
    pub fn commands(&self) -> usize {
        self.recording.commands.len()
    }

    /// Its text, the version in front.
    pub fn text(&self) -> String {
        let json = serde_json::to_string(self).expect("every part of a link has a form in JSON");
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(json.as_bytes()).expect("writing into memory does not fail");
        let packed = packer.finish().expect("writing into memory does not fail");
        format!("{VERSION}.{}", letters(&packed))
    }

    /// # Errors
    /// Why it is no link, or none that is opened here.
    pub fn read(text: &str) -> Result<Link, BadLink> {
        if text.len() > MAX_CHARACTERS {
            return Err(BadLink::TooLong(text.len()));
        }
        let (version, rest) = text.split_once('.').ok_or(BadLink::NoVersion)?;
        let number = version.parse::<u32>().ok().filter(|number| number.to_string() == version);
        match number.ok_or(BadLink::NoVersion)? {
            VERSION => {}
            newer if newer > VERSION => return Err(BadLink::Newer(newer)),
            _ => return Err(BadLink::NoVersion),
        }
        // One text for one link: unused bits and letters behind its end are damage too.
        let packed = bytes(rest).filter(|packed| letters(packed) == rest).ok_or(BadLink::Damaged)?;
        let mut json = Vec::new();
        let mut unpacker = flate2::bufread::ZlibDecoder::new(packed.as_slice());
        let unpacked = unpacker.by_ref().take(MAX_BYTES + 1).read_to_end(&mut json);
        if json.len() as u64 > MAX_BYTES {
            return Err(BadLink::TooMuch(Size::Bytes));
        }
        if unpacked.is_err() || unpacker.total_in() != packed.len() as u64 {
            return Err(BadLink::Damaged);
        }
        let link: Link = serde_json::from_slice(&json).map_err(|error| match serde_json::from_slice(&json) {
            // Read as far as any version is, to tell a newer page's link from a damaged one.
            Ok(Made { recording: Engine { engine } }) if engine != ENGINE => BadLink::OtherEngine(engine),
            _ if error.is_data() => BadLink::Wrong(error.to_string()),
            _ => BadLink::Damaged,
        })?;
        link.check().map(|()| link)
    }

    fn check(&self) -> Result<(), BadLink> {
        let Recording { engine, commands, end, scenario, .. } = &self.recording;
        if engine != ENGINE {
            return Err(BadLink::OtherEngine(engine.clone()));
        }
        if commands.len() > MAX_COMMANDS {
            return Err(BadLink::TooMuch(Size::Commands(commands.len() as u64)));
        }
        let events = commands.iter().map(|recorded| recorded.step).chain([end.step]).max().unwrap_or(0);
        if events > MAX_EVENTS {
            return Err(BadLink::TooMuch(Size::Events(events)));
        }
        if scenario.nodes.len() > MAX_NODES {
            return Err(BadLink::TooMuch(Size::Nodes(scenario.nodes.len() as u64)));
        }
        match self.recording.comes_through(self.playhead) {
            true => Ok(()),
            false => Err(BadLink::Wrong("the playhead stands where the run does not come through".to_owned())),
        }
    }
}

/// The parts of a link that every version has.
#[derive(Deserialize)]
struct Made {
    recording: Engine,
}

#[derive(Deserialize)]
struct Engine {
    engine: String,
}

/// A link that is being opened: its run is replayed in pieces.
pub struct Opening {
    replay: Replay,
    playhead: Moment,
    start_us: i64,
}

impl Opening {
    /// # Errors
    /// Why it cannot be.
    pub fn begin(link: Link) -> Result<Opening, BadLink> {
        let start_us = link.recording.scenario.start.as_micros();
        let replay = Replay::begin(link.recording).map_err(BadLink::from)?;
        Ok(Opening { replay, playhead: link.playhead, start_us: start_us as i64 })
    }

    /// Goes on for at most so many events; true once it is there.
    ///
    /// # Errors
    /// What is wrong with the run.
    pub fn go_on(&mut self, events: u64) -> Result<bool, BadLink> {
        self.replay.go_on(events).map_err(BadLink::from)
    }

    /// The run, with the playhead where the link has it.
    ///
    /// # Errors
    /// The run does not come through that moment.
    pub fn end(self) -> Result<Timeline, BadLink> {
        let mut timeline = self.replay.end();
        timeline.seek(self.playhead);
        match timeline.now() == self.playhead {
            true => Ok(timeline),
            false => Err(BadLink::Wrong("the run does not come through the playhead".to_owned())),
        }
    }

    /// Events that have happened, and events in all.
    pub fn progress(&self) -> (u64, u64) {
        self.replay.progress()
    }

    /// The moment that is being rebuilt.
    pub fn moment(&self) -> String {
        clock::moment(self.playhead.at.as_micros() as i64 - self.start_us)
    }
}

impl From<BadRecording> for BadLink {
    fn from(bad: BadRecording) -> BadLink {
        match bad {
            BadRecording::OtherEngine(engine) => BadLink::OtherEngine(engine),
            // The same version number, and yet another engine: one in between two releases.
            BadRecording::OtherEnd { .. } | BadRecording::Refused(..) => BadLink::OtherEngine(ENGINE.to_owned()),
            other => BadLink::Wrong(other.to_string()),
        }
    }
}

impl BadLink {
    /// A head and a sentence.
    pub fn told(&self, words: Words) -> (String, String) {
        let head = match self {
            BadLink::Newer(_) => words.link_newer_title(),
            BadLink::NoVersion | BadLink::Damaged => words.link_damaged_title(),
            BadLink::TooLong(_) | BadLink::TooMuch(_) => words.link_large_title(),
            BadLink::OtherEngine(_) => words.link_engine_title(),
            BadLink::Wrong(_) => words.link_wrong_title(),
        };
        let text = match self {
            BadLink::Newer(version) => words.link_newer(VERSION, version),
            BadLink::NoVersion => words.link_no_version().to_owned(),
            BadLink::Damaged => words.link_damaged().to_owned(),
            BadLink::TooLong(characters) => {
                words.link_too_long(clock::grouped(MAX_CHARACTERS as u64), clock::grouped(*characters as u64))
            }
            BadLink::TooMuch(Size::Bytes) => words.link_bytes(MAX_BYTES / 1_000_000),
            BadLink::TooMuch(Size::Commands(n)) => {
                words.link_commands(clock::grouped(MAX_COMMANDS as u64), clock::grouped(*n))
            }
            BadLink::TooMuch(Size::Events(n)) => words.link_events(clock::grouped(MAX_EVENTS), clock::grouped(*n)),
            BadLink::TooMuch(Size::Nodes(n)) => words.link_nodes(MAX_NODES, n),
            BadLink::OtherEngine(engine) => words.link_engine(engine, ENGINE),
            BadLink::Wrong(why) => words.link_wrong(why),
        };
        (head.to_owned(), format!("{text} {}", words.link_nothing()))
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for addresses (RFC 4648, section 5), without padding.
fn letters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

/// Back again; None if a letter does not belong there.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let value = |letter: u8| ALPHABET.iter().position(|known| *known == letter).map(|value| value as u32);
    let mut found = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0;
        for place in 0..4 {
            bits = bits << 6 | chunk.get(place).map_or(Some(0), |letter| value(*letter))?;
        }
        found.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::msg::{Msg, Theme};
    use super::super::{AppState, update};
    use super::*;
    use crate::sim::digest::digest;

    /// A run with commands before and behind its playhead.
    fn run() -> Timeline {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        let lines = [
            "sim new --preset solo --seed 9",
            "sim client add reader --consumer --topics t",
            "sim produce shop --topic t --key a --count 6 --every 2ms",
            "sim advance 20ms ; sim slow broker 1 3ms ; sim advance 20ms",
        ];
        for line in lines {
            update(&mut state, Msg::Line(line.into()));
            while state.is_working() {
                update(&mut state, Msg::Work(u64::MAX));
            }
        }
        update(&mut state, Msg::Look(25_000));
        state.run.timeline().clone()
    }

    fn open(text: &str, events: u64) -> Result<Timeline, BadLink> {
        let mut opening = Opening::begin(Link::read(text)?)?;
        while !opening.go_on(events)? {}
        opening.end()
    }

    #[test]
    fn a_link_opens_the_same_run_at_the_same_moment() {
        let timeline = run();
        let text = Link::of(&timeline).text();
        for events in [u64::MAX, 7, 1] {
            let opened = open(&text, events).expect("it is a good link");
            assert_eq!(opened.now(), timeline.now());
            assert_eq!(digest(opened.world()), digest(timeline.world()));
            assert_eq!((opened.end(), opened.commands()), (timeline.end(), timeline.commands()));
        }
        assert!(text.len() < 2_000, "{} characters", text.len());
        assert!(text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter)));
    }

    #[test]
    fn a_link_without_a_digest_opens_the_run_up_to_the_playhead() {
        let timeline = run();
        let opened = open(&Link::unsealed(&timeline).text(), u64::MAX).expect("it is a good link");
        assert_eq!((opened.now(), opened.end()), (timeline.now(), timeline.now()));
        assert_eq!(digest(opened.world()), digest(timeline.world()));
    }

    #[test]
    fn letters_stand_for_bytes_of_every_length() {
        for length in 0..40u8 {
            let packed: Vec<u8> = (0..length).map(|n| n.wrapping_mul(97).wrapping_add(length)).collect();
            assert_eq!(bytes(&letters(&packed)), Some(packed));
        }
        assert_eq!(letters(b"\xfb\xff\xfe"), "-__-", "the alphabet for addresses");
        assert_eq!((bytes("A"), bytes("AA=="), bytes("가나")), (None, None, None));
    }

    /// A link whose JSON was changed by hand and packed again.
    fn forged(change: impl Fn(&mut serde_json::Value)) -> String {
        let mut json = serde_json::to_value(Link::of(&run())).expect("it has a form in JSON");
        change(&mut json);
        packed(json.to_string().as_bytes())
    }

    fn packed(json: &[u8]) -> String {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(json).expect("writing into memory does not fail");
        format!("1.{}", letters(&packer.finish().expect("writing into memory does not fail")))
    }

    #[test]
    fn every_bad_link_is_refused_for_its_own_reason() {
        let good = Link::of(&run()).text();
        let why = |text: &str| open(text, u64::MAX).expect_err("it is a bad link");
        assert_eq!(why(&good.replacen("1.", "2.", 1)), BadLink::Newer(2));
        assert_eq!((why(""), why("x.y"), why("0.AAAA")), (BadLink::NoVersion, BadLink::NoVersion, BadLink::NoVersion));
        assert_eq!(why(&good[..good.len() / 2]), BadLink::Damaged);
        assert_eq!(why(&"A".repeat(MAX_CHARACTERS + 1)), BadLink::TooLong(MAX_CHARACTERS + 1));
        assert_eq!(why(&packed(&vec![b' '; MAX_BYTES as usize + 1])), BadLink::TooMuch(Size::Bytes));
        let newer = forged(|json| json["recording"]["engine"] = "9.0.0".into());
        assert_eq!(why(&newer), BadLink::OtherEngine("9.0.0".into()));
        let new_field = forged(|json| {
            json["recording"]["engine"] = "9.0.0".into();
            json["what"] = "ever".into();
        });
        assert_eq!(why(&new_field), BadLink::OtherEngine("9.0.0".into()), "also where it cannot be read to its end");
        let events = forged(|json| json["recording"]["end"]["step"] = (MAX_EVENTS + 1).into());
        assert_eq!(why(&events), BadLink::TooMuch(Size::Events(MAX_EVENTS + 1)));
        let commands = forged(|json| {
            let first = json["recording"]["commands"][0].clone();
            json["recording"]["commands"] = vec![first; MAX_COMMANDS + 1].into();
        });
        assert_eq!(why(&commands), BadLink::TooMuch(Size::Commands(MAX_COMMANDS as u64 + 1)));
        let nodes = forged(|json| {
            let first = json["recording"]["scenario"]["nodes"][0].clone();
            json["recording"]["scenario"]["nodes"] = vec![first; MAX_NODES + 1].into();
        });
        assert_eq!(why(&nodes), BadLink::TooMuch(Size::Nodes(MAX_NODES as u64 + 1)));
        let other_end = forged(|json| json["recording"]["digest"] = "0".repeat(16).into());
        assert_eq!(why(&other_end), BadLink::OtherEngine(ENGINE.into()));
        let behind = forged(|json| json["playhead"]["step"] = 900_000.into());
        assert!(matches!(why(&behind), BadLink::Wrong(_)));
        assert!(matches!(why(&packed(b"[1, 2]")), BadLink::Wrong(_)));
        assert_eq!(why(&packed(b"{")), BadLink::Damaged);
    }

    #[test]
    fn every_reason_is_told_in_words_of_its_own_in_both_languages() {
        let all = [
            BadLink::NoVersion,
            BadLink::Newer(3),
            BadLink::Damaged,
            BadLink::TooLong(70_123),
            BadLink::TooMuch(Size::Bytes),
            BadLink::TooMuch(Size::Commands(5_000)),
            BadLink::TooMuch(Size::Events(5_000_000)),
            BadLink::TooMuch(Size::Nodes(500)),
            BadLink::OtherEngine("9.0.0".into()),
            BadLink::Wrong("why".into()),
        ];
        for words in [Words::English, Words::Korean] {
            let mut told: Vec<(String, String)> = all.iter().map(|bad| bad.told(words)).collect();
            assert!(told.iter().all(|(_, text)| text.ends_with(words.link_nothing())));
            told.sort();
            told.dedup();
            assert_eq!(told.len(), all.len());
        }
    }

    /// Numbers in a JSON value.
    fn numbers(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Number(_) => 1,
            serde_json::Value::Array(items) => items.iter().map(numbers).sum(),
            serde_json::Value::Object(fields) => fields.values().map(numbers).sum(),
            _ => 0,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn no_mangled_link_panics_or_changes_anything(
            cut in 0usize..1_000, insert in 0usize..1_000, letter in any::<char>(), flip in 0usize..1_000, kind in 0u8..4,
        ) {
            thread_local! {
                static GOOD: String = Link::of(&run()).text();
            }
            let good = GOOD.with(String::clone);
            let mut letters: Vec<char> = good.chars().collect();
            match kind {
                0 => letters.truncate(cut % good.len()),
                1 => letters.insert(insert % good.len(), letter),
                2 => { letters.remove(cut % good.len()); }
                _ => letters[flip % good.len()] = letter,
            }
            let text: String = letters.into_iter().collect();
            if text != good {
                prop_assert!(Link::read(&text).is_err(), "{}", text);
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            prop_assert!(Link::read(&text).is_err());
        }
    }

    /// Forged with care: the checksum holds, and one number of the run is another one.
    #[test]
    fn no_forged_number_panics() {
        let original = serde_json::to_value(Link::of(&run())).expect("it has a form in JSON");
        let count = numbers(&original);
        let mut opened = 0;
        for index in 0..count {
            for forged in [0i64, -1, 1, i64::from(i32::MAX), i64::MAX, i64::MIN, 999_999] {
                let mut json = original.clone();
                replace(&mut json, &mut Some(index), forged);
                let text = packed(json.to_string().as_bytes());
                opened += u32::from(open(&text, 2_000_000).is_ok());
            }
        }
        assert!(count > 20, "{count} numbers were forged");
        assert!(opened < count as u32 * 3, "{opened} of {count} still opened: some numbers do not matter, most do");
    }

    /// Puts another number in the place of the `index`-th.
    fn replace(value: &mut serde_json::Value, index: &mut Option<usize>, forged: i64) {
        match value {
            serde_json::Value::Number(_) => {
                if *index == Some(0) {
                    *value = forged.into();
                }
                *index = index.and_then(|left| left.checked_sub(1));
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| replace(item, index, forged)),
            serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, index, forged)),
            _ => {}
        }
    }
}

//! Transcripts of Apache Kafka's own tools, typed into the console and compared command by command.
//!
//! `tests/oracle/AREA/NAME.txt` was recorded from real tools and real nodes. Every file is typed through the code of
//! `console --transcript`; a command answers as Kafka's, or later (what it needs is not built: the output says `not yet`,
//! or the recording shows a consumer group or `__consumer_offsets`, or a topic whose making said so), or it failed. One line of figures an area is printed;
//! `tests/oracle/figures.txt` holds what was reached, and may only get better.
//!
//! `HIGHWATER_TRANSCRIPTS=DIR cargo test --test it transcripts -- --nocapture` runs another folder of the same layout
//! and tells every failure with its file and line; areas that are missing there are no error.

mod compare;
mod later;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use compare::{blocks, difference};
use highwater::shell::script::{recorded_cluster, type_transcript};
use highwater::shell::transcript::read;
use highwater::sim::timeline::Timeline;
use later::Later;

/// What came of the commands of one area.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Figures {
    as_kafka: u32,
    later: u32,
    /// `FILE:LINE: COMMAND`, and what differs.
    failed: Vec<String>,
}

impl Figures {
    fn line(&self, area: &str) -> String {
        let failed = self.failed.len() as u32;
        let total = self.as_kafka + self.later + failed;
        format!("transcripts {area} as-kafka={} later={} failed={failed} total={total}", self.as_kafka, self.later)
    }

    fn add(&mut self, other: Figures) {
        self.as_kafka += other.as_kafka;
        self.later += other.later;
        self.failed.extend(other.failed);
    }
}

/// Types a transcript and gives all that it prints, in the form of a transcript.
fn typed(text: &str) -> Result<String, String> {
    let transcript = read(text)?;
    let mut shown = String::new();
    let cluster = recorded_cluster(&transcript)?;
    type_transcript(&transcript, Timeline::new(cluster), &mut |text| shown.push_str(text));
    Ok(shown)
}

/// Compares a recording with what we print. `file` names it in complaints.
fn compared(file: &str, recorded: &str) -> Figures {
    let run = catch_unwind(AssertUnwindSafe(|| typed(recorded)));
    let shown = match run {
        Ok(Ok(shown)) => shown,
        Ok(Err(error)) => return Figures { failed: vec![format!("{file}:{error}")], ..Figures::default() },
        Err(_) => return Figures { failed: vec![format!("{file}: the console panicked")], ..Figures::default() },
    };
    let mut figures = Figures::default();
    let mut later = Later::default();
    let mut ours = blocks(&shown);
    for wanted in blocks(recorded) {
        // Typed lines stand in the same order; what a background tool printed may stand elsewhere.
        let found = ours.iter().position(|block| block.title == wanted.title).map(|index| ours.remove(index));
        let got = found.unwrap_or_default();
        if wanted.as_typed {
            continue;
        }
        match difference(&wanted, &got) {
            None => figures.as_kafka += 1,
            Some(_) if later.explains(&wanted, &got) => figures.later += 1,
            Some(what) => figures.failed.push(format!("{file}:{}: {}\n{what}", wanted.line, wanted.title)),
        }
    }
    figures
}

fn texts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    paths
}

fn run_area(folder: &Path, area: &str) -> Figures {
    let mut figures = Figures::default();
    for path in texts(&folder.join(area)).iter().filter(|path| path.extension().is_some_and(|ending| ending == "txt")) {
        let text = std::fs::read_to_string(path).expect("a transcript is UTF-8");
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        figures.add(compared(&format!("{area}/{name}"), &text));
    }
    figures
}

/// The areas of a folder, sorted.
fn areas(folder: &Path) -> Vec<String> {
    let folders = texts(folder).into_iter().filter(|path| path.is_dir());
    folders.filter_map(|path| Some(path.file_name()?.to_str()?.to_string())).collect()
}

/// What was reached: `AREA as-kafka=N failed=N`, at least and at most.
fn reached(text: &str) -> Vec<(String, u32, u32)> {
    let number = |word: &str, name: &str| {
        let digits = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("{name}=N stands there, not {word}"))
    };
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    rows.map(|row| match row.split_whitespace().collect::<Vec<_>>().as_slice() {
        [area, as_kafka, failed] => (area.to_string(), number(as_kafka, "as-kafka"), number(failed, "failed")),
        _ => panic!("a row is AREA as-kafka=N failed=N, not {row}"),
    })
    .collect()
}

/// What is worse than it was.
fn fallen(area: &str, figures: &Figures, reached: &[(String, u32, u32)]) -> Option<String> {
    let Some((_, as_kafka, failed)) = reached.iter().find(|(name, ..)| name == area) else {
        return Some(format!("{area} has no row in tests/oracle/figures.txt"));
    };
    let now = figures.failed.len() as u32;
    (figures.as_kafka < *as_kafka || now > *failed).then(|| {
        let failures = figures.failed.join("\n\n");
        format!("{}\nit was as-kafka={as_kafka} failed={failed}\n\n{failures}", figures.line(area))
    })
}

#[test]
fn transcripts_answer_as_the_real_tools_did() {
    if let Some(other) = std::env::var_os("HIGHWATER_TRANSCRIPTS").map(PathBuf::from) {
        for area in areas(&other) {
            let figures = run_area(&other, &area);
            println!("{}", figures.line(&area));
            figures.failed.iter().for_each(|failure| println!("\n{failure}"));
        }
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let figures_file = std::fs::read_to_string(folder.join("figures.txt")).expect("the figures are in the checkout");
    let reached = reached(&figures_file);
    assert_eq!(areas(&folder), reached.iter().map(|(area, ..)| area.clone()).collect::<Vec<_>>());
    let mut worse = Vec::new();
    for (area, ..) in &reached {
        let figures = run_area(&folder, area);
        println!("{}", figures.line(area));
        worse.extend(fallen(area, &figures, &reached));
    }
    assert!(worse.is_empty(), "{}", worse.join("\n\n"));
}

#[test]
fn a_wrong_answer_is_told_with_its_line() {
    let text =
        "# x\n# preset: none\n$ printf 'a\\n'\n> a\n? 0\n$ printf 'b\\n'\n> a\n? 0\n# as-typed\n$ nothing\n> a\n? 0\n";
    let figures = compared("x/y.txt", text);
    assert_eq!((figures.as_kafka, figures.later), (1, 0));
    assert_eq!(figures.failed, ["x/y.txt:6: printf 'b\\n'\nstdout\nb\ninstead of\na"]);
    assert_eq!(figures.line("x"), "transcripts x as-kafka=1 later=0 failed=1 total=2");
    assert_eq!(fallen("x", &figures, &reached("x as-kafka=1 failed=1\n")), None);
    assert!(fallen("x", &figures, &reached("x as-kafka=1 failed=0\n")).is_some());
    assert!(fallen("x", &figures, &reached("x as-kafka=2 failed=1\n")).is_some());
    assert!(fallen("x", &figures, &[]).is_some());
}

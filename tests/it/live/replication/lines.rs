//! The log lines of a recording, looked for in the log of the same process here: level, class and wording, with numbers,
//! ids, hosts and directories as they may be. Where a line stands is not compared, what it says of sets in another order
//! neither; lines that are left out on purpose do not count.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::Value;

use super::Play;
use crate::logs::{Line, left_out};

/// What is alike in lines of one kind.
pub struct Kinds {
    places: Vec<(Regex, &'static str)>,
}

impl Kinds {
    pub fn new() -> Kinds {
        let place = |text: &str, to| (Regex::new(text).expect("the pattern is well formed"), to);
        Kinds {
            places: vec![
                place(r" \((x\d+|repeated; count varied)\)$", ""),
                place(r"\{\{\.\.\.\}\}.*$", "\u{2026}"),
                place(r"\{\{[^{}]*\}\}", "#"),
                place(r"/(brokers|controllers)/\d+", "#"),
                place(r"\b(broker|controller)-\d+(/127\.0\.0\.1)?(:|,)", "#$3"),
                // Leaders were not balanced where it was recorded.
                place("electPreferred, ", ""),
                place(r"[A-Za-z0-9_-]{22}\b", "#"),
                place(r"-?\d+", "#"),
                place(r"# ?ms\b", "# ms"),
                place(r"Optional\[LogOffsetMetadata\(offset=#, metadata=[^)]*(\)\])?\)\]", "Optional.empty"),
                place(r"#(, #)+", "#"),
                place(r"\[#?\]", "[]"),
            ],
        }
    }

    /// The kind of a line.
    pub fn of(&self, text: &str) -> String {
        self.places.iter().fold(text.to_string(), |text, (place, to)| place.replace_all(&text, *to).into_owned())
    }
}

/// What came of the lines of a scenario.
#[derive(Clone, Default)]
pub struct Lines {
    pub held: u32,
    pub left_out: u32,
    pub missing: Vec<String>,
}

impl Play {
    /// The lines of a process here, as recordings write them.
    fn our_lines(&mut self, process: &str) -> Vec<String> {
        let log = self.shell.run_line(&mut self.timeline, &format!("sim logs {process}")).output.stdout_text();
        let message = |line: &str| {
            let (_, rest) = line.split_once("] ")?;
            let (level, rest) = rest.split_once(' ')?;
            let (message, logger) = rest.rsplit_once(" (")?;
            Some(format!("{level} {} - {message}", logger.trim_end_matches(')')))
        };
        log.lines().filter_map(message).collect()
    }

    /// Looks for every recorded line of a broker or a controller.
    pub(super) fn compare_lines(&mut self, kinds: &Kinds) -> Lines {
        let mut found = Lines::default();
        let processes = self.recording["log_lines"].as_object().cloned().unwrap_or_default();
        for (process, lines) in processes {
            let Some((_, id)) = process.split_once('-') else { continue };
            let ours: BTreeSet<String> = self.our_lines(id).iter().map(|line| kinds.of(line)).collect();
            for text in lines.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let Some(line) = Line::read(text) else { continue };
                // An exception stands behind a bar.
                let kind = kinds.of(text.split(" | ").next().unwrap_or_default());
                let is_there = match kind.split_once('\u{2026}') {
                    Some((beginning, _)) => ours.iter().any(|ours| ours.starts_with(beginning)),
                    None => ours.contains(&kind),
                };
                match () {
                    () if is_there => found.held += 1,
                    () if left_out::reason(&line).is_some() => found.left_out += 1,
                    () => found.missing.push(format!("{process}: {text}")),
                }
            }
        }
        found
    }
}

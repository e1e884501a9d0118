//! Says what is being done and how far it is: a line for each step with the time since the start, and while a long
//! program runs a line every few seconds with its own count.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::outcome::{Failure, Outcome, remedy_for};

static STARTED: OnceLock<Instant> = OnceLock::new();
/// How many of a program's last lines are kept to be shown if it fails.
const KEPT_LINES: usize = 200;

pub fn start_clock() {
    STARTED.get_or_init(Instant::now);
}

/// Minutes and seconds since the task began, as `1:07`.
pub fn elapsed() -> String {
    let seconds = STARTED.get_or_init(Instant::now).elapsed().as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

pub fn say(text: impl AsRef<str>) {
    println!("[{:>5}] {}", elapsed(), text.as_ref());
}

/// What a running program has told so far.
#[derive(Default)]
struct Heard {
    count: Option<(u32, u32)>,
    lines: VecDeque<String>,
}

impl Heard {
    fn hear(&mut self, line: &str) {
        if let Some(count) = cargo_count(line) {
            self.count = Some(count);
        } else if !line.trim().is_empty() {
            if self.lines.len() == KEPT_LINES {
                self.lines.pop_front();
            }
            self.lines.push_back(line.to_string());
        }
    }
}

/// Runs a program whose output matters only if it fails. Prints `what` now, how far it is while it runs, and its
/// last lines with a remedy if it ends badly.
pub fn run_quietly(what: &str, command: &mut Command, remedy: &str) -> Outcome<()> {
    say(what);
    // Cargo draws its bar into a pipe too if told how wide it may be: its "120/412" is how far we are.
    command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "100");
    command.env("CARGO_TERM_COLOR", "never").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        Failure::new(format!("{what}: {} did not start: {error}", command.get_program().display()), remedy)
    })?;
    let heard = Arc::new(Mutex::new(Heard::default()));
    let outputs = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    let listeners: Vec<_> = outputs.into_iter().flatten().map(|pipe| listen(pipe, Arc::clone(&heard))).collect();
    let began = Instant::now();
    let mut meter = Meter::default();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => meter.tick(began.elapsed(), &heard.lock().expect("listeners do not panic")),
            Err(error) => return Err(Failure::new(format!("{what}: {error}"), remedy)),
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    meter.clear();
    for listener in listeners {
        listener.join().expect("a listener only reads lines");
    }
    if status.success() {
        return Ok(());
    }
    let heard = heard.lock().expect("listeners do not panic");
    let tail: Vec<&str> = heard.lines.iter().map(String::as_str).collect();
    let tail = tail.join("\n");
    eprintln!("{tail}");
    Err(Failure::new(format!("{what} ({status})"), remedy_for(&tail, remedy)))
}

fn listen(pipe: Box<dyn Read + Send>, heard: Arc<Mutex<Heard>>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        // A progress bar ends its lines with a carriage return.
        while let Ok(true) = read_to_line_end(&mut reader, &mut line) {
            let text = String::from_utf8_lossy(&line).replace("\u{1b}[K", "");
            heard.lock().expect("the other listener does not panic").hear(text.trim_end());
        }
    })
}

/// Reads up to a line feed or a carriage return; false at the end of the stream.
fn read_to_line_end(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(!line.is_empty());
        }
        if let Some(end) = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            line.extend_from_slice(&buffer[..end]);
            reader.consume(end + 1);
            return Ok(true);
        }
        let taken = buffer.len();
        line.extend_from_slice(buffer);
        reader.consume(taken);
    }
}

/// Finds `120/412` in a line like `    Building [===>      ] 120/412: syn, serde`.
fn cargo_count(line: &str) -> Option<(u32, u32)> {
    let rest = line.trim_start().strip_prefix("Building [")?;
    let counts = rest.split_once("] ")?.1;
    let counts = counts.split([':', ' ']).next()?;
    let (done, all) = counts.split_once('/')?;
    Some((done.parse().ok()?, all.parse().ok()?))
}

/// Repeats how far a program is: over one line on a terminal, as a new line each 15 seconds elsewhere.
#[derive(Default)]
struct Meter {
    last: Option<Instant>,
    drawn: bool,
}

impl Meter {
    fn tick(&mut self, running: Duration, heard: &Heard) {
        let terminal = std::io::stdout().is_terminal();
        let pause = if terminal { Duration::from_secs(1) } else { Duration::from_secs(15) };
        if running < pause || self.last.is_some_and(|last| last.elapsed() < pause) {
            return;
        }
        self.last = Some(Instant::now());
        let far = match heard.count {
            Some((done, all)) => format!("{done} of {all} crates"),
            None => heard.lines.back().map_or(String::new(), |line| line.trim().chars().take(80).collect()),
        };
        if terminal {
            print!("\r\u{1b}[K[{:>5}]   {far}", elapsed());
            let _ = std::io::stdout().flush();
            self.drawn = true;
        } else {
            say(format!("  {far}"));
        }
    }

    fn clear(&mut self) {
        if self.drawn {
            print!("\r\u{1b}[K");
        }
    }
}

/// Runs a program with its output shown as it comes, and gives back the lines of its standard output.
pub fn run_shown(what: &str, command: &mut Command, remedy: &str) -> Outcome<(bool, Vec<String>)> {
    say(what);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        Failure::new(format!("{what}: {} did not start: {error}", command.get_program().display()), remedy)
    })?;
    let pipe = child.stdout.take().expect("standard output is piped");
    let mut lines = Vec::new();
    for line in BufReader::new(pipe).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line).into_owned();
        println!("{line}");
        lines.push(line);
    }
    let status = child.wait().map_err(|error| Failure::new(format!("{what}: {error}"), remedy))?;
    Ok((status.success(), lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_bar_says_how_far_it_is() {
        assert_eq!(cargo_count("    Building [====>    ] 120/412: syn, serde"), Some((120, 412)));
        assert_eq!(cargo_count("    Building [====>    ] 7/9"), Some((7, 9)));
        assert_eq!(cargo_count("   Compiling syn v2.0.100"), None);
    }

    #[test]
    fn a_carriage_return_ends_a_line_too() {
        let mut reader = std::io::Cursor::new(b"one\rtwo\nthree".to_vec());
        let mut line = Vec::new();
        let mut lines = Vec::new();
        while read_to_line_end(&mut reader, &mut line).expect("memory does not fail") {
            lines.push(String::from_utf8(line.clone()).expect("ASCII"));
        }
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn a_failing_program_ends_in_a_failure_with_its_remedy() {
        let mut command = Command::new("cargo");
        command.arg("no-such-command-here");
        let failure = run_quietly("trying", &mut command, "look again").expect_err("cargo has no such command");
        assert_eq!(failure.remedy, "look again");
    }
}

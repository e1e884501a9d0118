//! Transcripts: lines with what they printed, as text.
//!
//! ```text
//! # preset: trio
//! $ kafka-topics --list
//! > orders
//! ? 0
//! ```
//! `$ ` a line, `| ` a line of its here-document, `> ` standard output, `! ` standard error, `? ` the status, `& NAME` what
//! a tool in the background printed until it ended, `~ >` the last line had no newline. A file without `$ ` lines is a
//! plain script: every line is typed as it stands.

use super::line::opens_here_document;
use super::output::Output;

/// A file to type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript {
    /// `# AREA/NAME` on the first line.
    pub name: Option<String>,
    /// `# preset:`; none in a plain script.
    pub preset: Option<String>,
    /// `# config: KEY=VALUE`.
    pub config: Vec<(String, String)>,
    /// `# bootstrap: broker N`.
    pub bootstrap: Option<i32>,
    pub entries: Vec<Entry>,
}

/// A line to type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub line: String,
    /// The lines of its here-document.
    pub document: Vec<String>,
    /// Where it stands in the file, from 1.
    pub number: u32,
}

/// Reads a transcript or a plain script. Errors are `NUMBER: what is wrong`.
pub fn read(text: &str) -> Result<Transcript, String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_transcript = lines.iter().any(|line| line.starts_with("$ ") || line.starts_with("# preset:"));
    let name = lines.first().and_then(|line| line.strip_prefix("# ")).filter(|name| !name.contains(':'));
    let mut transcript = Transcript { name: name.map(str::to_string), ..Transcript::default() };
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let number = at as u32 + 1;
        at += 1;
        if let Some(head) = line.strip_prefix("# ") {
            transcript.head(head, number)?;
        }
        let typed = if is_transcript { line.strip_prefix("$ ") } else { Some(*line) };
        let Some(typed) = typed.filter(|typed| !typed.trim().is_empty() && !typed.trim_start().starts_with('#')) else {
            continue;
        };
        let document = match opens_here_document(typed) {
            Some(end) => here_document(&lines, &mut at, &end, is_transcript)
                .ok_or_else(|| format!("{number}: the file is not ended by a line {end}"))?,
            None => Vec::new(),
        };
        transcript.entries.push(Entry { line: typed.to_string(), document, number });
    }
    Ok(transcript)
}

/// The lines up to the one that says `end`; in a transcript they stand behind `| `.
fn here_document(lines: &[&str], at: &mut usize, end: &str, is_transcript: bool) -> Option<Vec<String>> {
    let mut document = Vec::new();
    loop {
        let line = lines.get(*at)?;
        *at += 1;
        let line = if is_transcript { line.strip_prefix("| ").or(line.strip_prefix('|'))? } else { line };
        if line == end {
            return Some(document);
        }
        document.push(line.to_string());
    }
}

impl Transcript {
    fn head(&mut self, head: &str, number: u32) -> Result<(), String> {
        let Some((name, value)) = head.split_once(':') else { return Ok(()) };
        let value = value.trim();
        match name {
            "preset" => self.preset = Some(value.to_string()),
            "config" => {
                let (key, value) = value.split_once('=').ok_or_else(|| format!("{number}: # config: KEY=VALUE"))?;
                self.config.push((key.trim().to_string(), value.trim().to_string()));
            }
            "bootstrap" => {
                let broker = value.strip_prefix("broker ").and_then(|id| id.parse().ok());
                self.bootstrap = Some(broker.ok_or_else(|| format!("{number}: # bootstrap: broker N"))?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The line as a transcript shows it, its here-document below it.
pub fn show_entry(entry: &Entry) -> String {
    let mut text = format!("$ {}\n", entry.line);
    if let Some(end) = opens_here_document(&entry.line) {
        for line in entry.document.iter().chain([&end]) {
            text.push_str(&format!("| {line}\n"));
        }
    }
    text
}

/// What a line printed, as a transcript shows it.
pub fn show_output(output: &Output) -> String {
    let mut text = show_stream('>', &output.stdout_text());
    text.push_str(&show_stream('!', &output.stderr));
    text.push_str(&format!("? {}\n", output.status));
    text
}

/// What a tool in the background printed.
pub fn show_background(name: &str, output: &Output) -> String {
    format!("& {name}\n{}", show_output(output))
}

fn show_stream(mark: char, stream: &str) -> String {
    let mut text = String::new();
    for line in stream.split_terminator('\n') {
        let blank = if line.is_empty() { "" } else { " " };
        text.push_str(&format!("{mark}{blank}{line}\n"));
    }
    if !stream.is_empty() && !stream.ends_with('\n') {
        text.push_str(&format!("~ {mark}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_lines_are_read_and_the_rest_is_ignored() {
        let text = "# area/name\n# preset: solo\n# config: a.b=c=d\n# bootstrap: broker 3\n# note: x\n\
                    $ cat > f <<EOF\n| one\n|\n| EOF\n? 0\n$ ls /\n> f\n! e\n? 1\n";
        let read = read(text).expect("a good transcript");
        assert_eq!((read.preset.as_deref(), read.bootstrap), (Some("solo"), Some(3)));
        assert_eq!(read.config, [("a.b".to_string(), "c=d".to_string())]);
        let lines: Vec<&str> = read.entries.iter().map(|entry| entry.line.as_str()).collect();
        assert_eq!(lines, ["cat > f <<EOF", "ls /"]);
        assert_eq!(read.entries[0].document, ["one", ""]);
        assert_eq!(show_entry(&read.entries[0]), "$ cat > f <<EOF\n| one\n| \n| EOF\n");
    }

    #[test]
    fn a_plain_script_is_typed_as_it_stands() {
        let read = read("# a comment\n\nsim new\ncat > f <<END\n  kept\nEND\n").expect("a good script");
        assert_eq!(read.preset, None);
        assert_eq!(read.entries.len(), 2);
        assert_eq!((read.entries[1].document.as_slice(), read.entries[1].number), (&["  kept".to_string()][..], 4));
        assert_eq!(super::read("cat > f <<END\n").unwrap_err(), "1: the file is not ended by a line END");
    }

    #[test]
    fn streams_are_shown_apart() {
        let output = Output { stdout: b"a\n\nb".to_vec(), stderr: "oh\n".to_string(), status: 1 };
        assert_eq!(show_output(&output), "> a\n>\n> b\n~ >\n! oh\n? 1\n");
        assert_eq!(show_background("c1", &Output::silent()), "& c1\n? 0\n");
        assert_eq!(show_output(&Output::printed("\n")), ">\n? 0\n");
    }
}

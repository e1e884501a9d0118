//! The console panel: lines shown, the line being typed, history and completion.

use crate::shell::session::needs_document;

/// Lines kept on the screen; older ones scroll out for good.
const SCROLLBACK: usize = 2_000;
const HISTORY: usize = 200;

/// Where a console line came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    Command,
    /// A line of a here-document.
    Document,
    Out,
    Err,
    /// From the page itself: a notice, completion candidates.
    Notice,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsoleLine {
    /// Number of the line since the page opened; the key of its element.
    pub id: u64,
    pub kind: LineKind,
    pub text: String,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Console {
    pub lines: Vec<ConsoleLine>,
    pub input: String,
    next_id: u64,
    history: Vec<String>,
    /// How far back in the history the input stands; 0 is the line being typed.
    back: usize,
    /// The line being typed while the history is shown.
    draft: String,
    /// A line whose here-document is being typed.
    open: Option<Open>,
}

/// A line that waits for the lines of its here-document.
#[derive(Clone, PartialEq, Debug)]
struct Open {
    line: String,
    end: String,
    document: Vec<String>,
}

/// A line with the lines of its here-document, ready to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typed {
    pub line: String,
    pub document: Vec<String>,
}

impl Console {
    pub fn print(&mut self, kind: LineKind, text: &str) {
        for line in text.trim_end_matches('\n').split('\n') {
            self.lines.push(ConsoleLine { id: self.next_id, kind, text: line.to_owned() });
            self.next_id += 1;
        }
        let excess = self.lines.len().saturating_sub(SCROLLBACK);
        self.lines.drain(..excess);
    }

    /// Takes the typed line: it goes to the history and the input is empty again.
    pub fn submit(&mut self) -> String {
        let line = std::mem::take(&mut self.input);
        self.back = 0;
        self.draft.clear();
        if !line.trim().is_empty() && self.history.last() != Some(&line) {
            self.history.push(line.clone());
            let excess = self.history.len().saturating_sub(HISTORY);
            self.history.drain(..excess);
        }
        line
    }

    /// Takes a whole line in: an open here-document takes it as its next line, else it is a line to run. Gives the line
    /// that is complete now.
    pub fn enter(&mut self, line: &str) -> Option<Typed> {
        if let Some(mut open) = self.open.take() {
            self.print(LineKind::Document, line);
            if line == open.end {
                return Some(Typed { line: open.line, document: open.document });
            }
            open.document.push(line.to_owned());
            self.open = Some(open);
            return None;
        }
        self.print(LineKind::Command, line);
        match needs_document(line) {
            Some(end) => {
                self.open = Some(Open { line: line.to_owned(), end, document: Vec::new() });
                None
            }
            None => Some(Typed { line: line.to_owned(), document: Vec::new() }),
        }
    }

    /// The word that ends the here-document being typed.
    pub fn awaits(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.end.as_str())
    }

    /// Gives up the here-document being typed; false if there is none.
    pub fn abandon(&mut self) -> bool {
        self.open.take().is_some()
    }

    /// One line further back.
    pub fn older(&mut self) {
        if self.back == 0 {
            self.draft = self.input.clone();
        }
        self.back = (self.back + 1).min(self.history.len());
        self.show();
    }

    /// One line forward, at last to the line that was being typed.
    pub fn newer(&mut self) {
        self.back = self.back.saturating_sub(1);
        self.show();
    }

    fn show(&mut self) {
        self.input = match self.back {
            0 => self.draft.clone(),
            back => self.history[self.history.len() - back].clone(),
        };
    }

    /// Replaces the last word by what all candidates share; several candidates that share nothing more are listed.
    pub fn complete(&mut self, candidates: &[String]) {
        let Some(first) = candidates.first() else { return };
        let start = self.input.rfind(' ').map_or(0, |space| space + 1);
        let mut shared = first.as_str();
        for other in candidates {
            let same = shared.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
            shared = &shared[..same.unwrap_or(shared.len().min(other.len()))];
        }
        let typed = &self.input[start..];
        if candidates.len() == 1 {
            let space = if first.ends_with('=') || first.ends_with('/') { "" } else { " " };
            self.input = format!("{}{first}{space}", &self.input[..start]);
        } else if shared.len() > typed.len() {
            self.input = format!("{}{shared}", &self.input[..start]);
        } else {
            self.print(LineKind::Notice, &candidates.join("  "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(lines: &[&str]) -> Console {
        let mut console = Console::default();
        for line in lines {
            console.input = (*line).to_owned();
            console.submit();
        }
        console
    }

    #[test]
    fn history_goes_back_and_returns_to_the_draft() {
        let mut console = typed(&["sim state", "sim check"]);
        console.input = "sim ev".into();
        console.older();
        assert_eq!(console.input, "sim check");
        console.older();
        console.older();
        assert_eq!(console.input, "sim state");
        console.newer();
        console.newer();
        assert_eq!(console.input, "sim ev");
    }

    #[test]
    fn a_repeated_line_and_an_empty_line_are_kept_once_and_never() {
        let mut console = typed(&["a", "a", "  ", "b"]);
        console.older();
        console.older();
        assert_eq!(console.input, "a");
        console.older();
        assert_eq!(console.input, "a");
    }

    #[test]
    fn completion_goes_as_far_as_the_candidates_agree() {
        let mut console = Console { input: "kafka-to".into(), ..Console::default() };
        console.complete(&["kafka-topics".into()]);
        assert_eq!(console.input, "kafka-topics ");
        console.input = "sim s".into();
        console.complete(&["start".into(), "state".into()]);
        assert_eq!(console.input, "sim sta");
        console.complete(&["start".into(), "state".into()]);
        assert_eq!(console.input, "sim sta");
        assert_eq!(console.lines.last().map(|line| line.text.as_str()), Some("start  state"));
    }

    #[test]
    fn a_here_document_is_typed_line_by_line_and_can_be_given_up() {
        let mut console = Console::default();
        assert_eq!(console.enter("cat > f <<EOF"), None);
        assert_eq!(console.awaits(), Some("EOF"));
        assert_eq!(console.enter("sim state"), None);
        let typed = Typed { line: "cat > f <<EOF".into(), document: vec!["sim state".into()] };
        assert_eq!(console.enter("EOF"), Some(typed));
        console.enter("cat > f <<EOF");
        assert!(console.abandon() && !console.abandon());
        assert!(console.enter("sim state").is_some());
    }

    #[test]
    fn old_lines_scroll_out() {
        let mut console = Console::default();
        for n in 0..3_000 {
            console.print(LineKind::Out, &n.to_string());
        }
        assert_eq!(console.lines.len(), SCROLLBACK);
        assert_eq!(console.lines[0].text, "1000");
    }
}

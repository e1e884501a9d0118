//! Comparing what was printed with what real Kafka printed, by the rules of the recordings: standard output and status
//! count, of standard error the first line, placeholders stand for any text.

/// A command, or what a tool in the background printed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Block {
    /// The typed line, or `& NAME`.
    pub title: String,
    /// Where it stands in its file, from 1.
    pub line: u32,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    pub status: Option<i32>,
    /// Standard output ended without a newline.
    pub open_end: bool,
    /// `# as-typed`: not compared.
    pub as_typed: bool,
}

/// Splits a transcript into its blocks.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut as_typed = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line == "# as-typed" {
            as_typed = true;
        } else if line.starts_with("$ ") || line.starts_with("& ") {
            let title = line.strip_prefix("$ ").unwrap_or(line).to_string();
            blocks.push(Block { title, line: number, as_typed: std::mem::take(&mut as_typed), ..Block::default() });
        } else if let Some(block) = blocks.last_mut() {
            match (line.split_at_checked(1), line.get(2..).unwrap_or("")) {
                (Some((">", _)), text) => block.stdout.push(text.to_string()),
                (Some(("!", _)), text) => block.stderr.push(text.to_string()),
                (Some(("?", _)), text) => block.status = text.parse().ok(),
                (Some(("~", _)), ">") => block.open_end = true,
                _ => {}
            }
        }
    }
    blocks
}

/// What is wrong with `got`, if anything.
pub fn difference(wanted: &Block, got: &Block) -> Option<String> {
    if wanted.status != got.status {
        return Some(format!("status {:?} instead of {:?}", got.status, wanted.status));
    }
    let same = same_lines(&wanted.stdout, &got.stdout)
        || is_unordered(&wanted.title) && same_set(wanted, got)
        || is_timed(&wanted.title) && same_lines(&timeless(&wanted.stdout), &timeless(&got.stdout))
        || wanted.title.starts_with("kafka-metadata-quorum") && same_set(&quorum(wanted), &quorum(got));
    if !same {
        return Some(format!("stdout\n{}\ninstead of\n{}", got.stdout.join("\n"), wanted.stdout.join("\n")));
    }
    if wanted.open_end != got.open_end {
        return Some("the end of the last line differs".to_string());
    }
    let first = wanted.stderr.first().map_or("", String::as_str);
    let free = |line: &str| line.is_empty() || line.starts_with('[') || line.starts_with(' ') || line.starts_with("{{");
    let ours = got.stderr.first().map_or("", String::as_str);
    // With nothing expected only a log entry may stand there.
    if wanted.stderr.is_empty() && !free(ours) || !free(first) && !same_line(first, ours) {
        return Some(format!("stderr begins with\n{ours}\ninstead of\n{first}"));
    }
    None
}

/// A consumer of several partitions prints their records in no fixed order.
fn is_unordered(line: &str) -> bool {
    line.starts_with("kafka-console-consumer") && !line.contains("--partition") || line.starts_with("& ")
}

/// In the metadata log it depends on timing how many idle records stand where, and so what batches say of themselves:
/// only the records matter.
fn is_timed(line: &str) -> bool {
    line.starts_with("kafka-dump-log") && line.contains("--cluster-metadata-decoder")
}

fn timeless(lines: &[String]) -> Vec<String> {
    let is_timed = |line: &&String| line.contains("\"NO_OP_RECORD\"") || line.starts_with("baseOffset: ");
    lines.iter().filter(|line| !is_timed(line)).cloned().collect()
}

/// A description of the quorum without what varies: the order of the observers, and how many idle records there are.
fn quorum(block: &Block) -> Block {
    let line = |line: &String| {
        if let Some(list) = line.strip_prefix("CurrentObservers:") {
            let mut observers: Vec<&str> = list.trim().trim_matches(['[', ']']).split(", {").collect();
            observers.iter_mut().for_each(|observer| *observer = observer.trim_start_matches('{'));
            observers.sort_unstable();
            return format!("CurrentObservers: {observers:?}");
        }
        let mut cells: Vec<&str> = line.split('\t').collect();
        if cells.len() == 8 && cells[2].trim().parse::<i64>().is_ok() {
            cells[2] = "{{number}}";
        }
        cells.join("\t")
    };
    Block { stdout: block.stdout.iter().map(line).collect(), ..block.clone() }
}

fn same_set(wanted: &Block, got: &Block) -> bool {
    let mut left: Vec<&String> = got.stdout.iter().collect();
    wanted.stdout.len() == left.len()
        && wanted.stdout.iter().all(|line| {
            let found = left.iter().position(|ours| same_line(line, ours));
            found.map(|index| left.remove(index)).is_some()
        })
}

/// Placeholders that stand for any number of lines.
const MANY: [&str; 3] = ["{{stack}}", "{{repeated}}", "{{help}}"];

fn same_lines(wanted: &[String], got: &[String]) -> bool {
    match wanted.split_first() {
        None => got.is_empty(),
        Some((line, rest)) if MANY.contains(&line.as_str()) => {
            (0..=got.len()).any(|skipped| same_lines(rest, &got[skipped..]))
        }
        Some((line, rest)) => {
            got.split_first().is_some_and(|(ours, behind)| same_line(line, ours) && same_lines(rest, behind))
        }
    }
}

/// Whether our line is the wanted one; `{{..}}` stands for any text, runs of blanks and tabs count as one.
pub fn same_line(wanted: &str, ours: &str) -> bool {
    let wanted = any_address(&collapse(wanted));
    let mut parts = Vec::new();
    let mut rest = wanted.as_str();
    while let Some((text, behind)) = rest.split_once("{{") {
        let Some((_, after)) = behind.split_once("}}") else { break };
        parts.push(text);
        rest = after;
    }
    parts.push(rest);
    matches(&parts, &collapse(ours))
}

/// `127.0.0.1` in front of a node's port stands for our address of that node.
fn any_address(wanted: &str) -> String {
    ["127.0.0.1:{{port", "127.0.0.1\",\"port\":{{port"]
        .iter()
        .fold(wanted.to_string(), |line, address| line.replace(address, &address.replace("127.0.0.1", "{{host}}")))
}

fn matches(parts: &[&str], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else { return text.is_empty() };
    let Some(behind) = text.strip_prefix(first) else { return false };
    if rest.is_empty() {
        return behind.is_empty();
    }
    // The placeholder takes some characters, then the next part must begin.
    let ends = behind.char_indices().map(|(at, _)| at).chain([behind.len()]);
    ends.filter(|at| behind[*at..].starts_with(rest[0])).any(|at| matches(rest, &behind[at..]))
}

fn collapse(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        let c = if c == '\t' { ' ' } else { c };
        if c != ' ' || !text.ends_with(' ') {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        blocks(text).remove(0)
    }

    #[test]
    fn placeholders_stand_for_text_and_lines() {
        assert!(same_line("Topic: a\tTopicId: {{topic-id}}\tX", "Topic: a  TopicId: abc X"));
        assert!(!same_line("Topic: {{x}} end", "Topic: a b"));
        assert!(
            same_line("at 127.0.0.1:{{port-1}} (x)", "at broker-1:9092 (x)") && !same_line("127.0.0.1", "broker-1")
        );
        assert!(same_line("{{n}}", "") && same_line("a{{n}}b{{n}}", "axxbb"));
        let wanted = block("$ x\n> a\n> {{stack}}\n> b\n? 0\n");
        assert_eq!(difference(&wanted, &block("$ x\n> a\n> 1\n> 2\n> b\n? 0\n")), None);
        assert_eq!(difference(&wanted, &block("$ x\n> a\n> b\n? 0\n")), None);
        assert!(difference(&wanted, &block("$ x\n> b\n? 0\n")).is_some());
    }

    #[test]
    fn observers_of_a_quorum_stand_in_any_order() {
        let row = |text: &str| block(&format!("$ kafka-metadata-quorum x\n> CurrentObservers:  [{text}]\n? 0\n"));
        let wanted = row(r#"{"id": 2, "d": "{{x}}"}, {"id": 1, "d": "{{y}}"}"#);
        assert_eq!(difference(&wanted, &row(r#"{"id": 1, "d": "a"}, {"id": 2, "d": "b"}"#)), None);
        assert!(difference(&wanted, &row(r#"{"id": 1, "d": "a"}, {"id": 3, "d": "b"}"#)).is_some());
        assert!(difference(&wanted, &row(r#"{"id": 1, "d": "a"}"#)).is_some());
    }

    #[test]
    fn only_the_first_line_of_standard_error_counts() {
        let wanted = block("$ x\n! Missing\n! {{help}}\n? 1\n");
        assert_eq!(difference(&wanted, &block("$ x\n! Missing\n! ours\n? 1\n")), None);
        assert!(difference(&wanted, &block("$ x\n! other\n? 1\n")).is_some());
        let logged = block("$ x\n! [{{timestamp}}] WARN x\n? 0\n");
        assert_eq!(difference(&logged, &block("$ x\n? 0\n")), None);
        assert!(difference(&block("$ x\n? 0\n"), &block("$ x\n! oh\n? 0\n")).is_some());
    }

    #[test]
    fn status_and_open_ends_count() {
        assert!(difference(&block("$ x\n? 0\n"), &block("$ x\n? 1\n")).is_some());
        assert!(difference(&block("$ x\n> a\n~ >\n? 0\n"), &block("$ x\n> a\n? 0\n")).is_some());
        assert!(block("# as-typed\n$ x\n").as_typed);
    }
}

//! The warnings and errors that a tool's client logs stand on the tool's standard error among its own lines, in the order
//! of their times (Kafka's tools-log4j2.yaml: WARN and above).

use crate::kafka::log_lines::{Level, LogLine};
use crate::shell::output::Output;
use crate::time::SimTime;

/// Puts the log of the tool's client into what the tool printed.
pub fn with_client_log(mut output: Output, log: Vec<(SimTime, LogLine)>) -> Output {
    let loud = log.into_iter().filter(|(_, line)| line.level >= Level::Warn);
    let mut rows: Vec<(String, String)> = loud.map(|(at, line)| (at.to_string(), format!("[{at}] {line}\n"))).collect();
    if rows.is_empty() {
        return output;
    }
    // A line without a date belongs to the dated one before it; in front of all of them it is a summing up, which a tool
    // prints when its client is done.
    let mut own: Vec<(String, String)> = Vec::new();
    let mut undated = String::new();
    for line in output.stderr.split_inclusive('\n') {
        match (date(line), own.last_mut()) {
            (Some(date), _) => own.push((date.to_string(), line.to_string())),
            (None, Some((_, row))) => row.push_str(line),
            (None, None) => undated.push_str(line),
        }
    }
    rows.extend(own);
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    output.stderr = rows.into_iter().map(|(_, row)| row).collect::<String>() + &undated;
    output
}

/// `2026-01-01 00:00:00,012` of a line that begins with it in brackets; such dates sort as they stand.
fn date(line: &str) -> Option<&str> {
    let (date, _) = line.strip_prefix('[')?.split_once("] ")?;
    (date.len() == 23 && date.as_bytes()[4] == b'-').then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimDuration;

    fn warning(at: u64, message: &str) -> (SimTime, LogLine) {
        let message = message.to_string();
        let line = LogLine { level: Level::Warn, logger: "a.B", message, exception: None };
        (SimTime::DEFAULT_START + SimDuration::from_millis(at), line)
    }

    #[test]
    fn warnings_stand_among_the_tools_own_lines_by_their_time() {
        let stderr =
            "[2026-01-01 00:00:00,005] ERROR own (c.D)\nException: x\nProcessed a total of 0 messages\n".into();
        let output = Output { stderr, ..Output::default() };
        let output = with_client_log(output, vec![warning(1, "first"), warning(9, "last")]);
        assert_eq!(
            output.stderr,
            "[2026-01-01 00:00:00,001] WARN first (a.B)\n[2026-01-01 00:00:00,005] ERROR own (c.D)\nException: x\n\
             Processed a total of 0 messages\n[2026-01-01 00:00:00,009] WARN last (a.B)\n"
        );
    }

    #[test]
    fn a_tools_summing_up_comes_last() {
        let output = Output { stderr: "Processed a total of 0 messages\n".into(), ..Output::default() };
        let output = with_client_log(output, vec![warning(1, "first")]);
        assert_eq!(output.stderr, "[2026-01-01 00:00:00,001] WARN first (a.B)\nProcessed a total of 0 messages\n");
    }
}

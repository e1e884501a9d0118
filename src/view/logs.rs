//! Log lines of all processes as the Logs panel shows them, in the words of the real server and the real clients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kafka::ids::ProcessId;
pub use crate::kafka::log_lines::Level;
use crate::kafka::log_lines::{Cluster, Scribe};
use crate::sim::journal::Journal;
use crate::time::SimTime;

/// Lines kept; the oldest go first.
const KEPT: usize = 20_000;

/// One line of one process's log.
#[derive(Clone, PartialEq, Debug)]
pub struct LogRow {
    /// Place in the journal of the event that it tells of; several lines may tell of one.
    pub number: u64,
    /// Which of them.
    pub part: u32,
    pub at_us: i64,
    /// `00:00:21,902`, as log4j writes the time of day.
    pub time: String,
    pub process: String,
    pub level: Level,
    /// The name of the class that wrote it, without its package.
    pub class: &'static str,
    pub text: String,
}

/// Which lines are shown.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LogFilter {
    pub text: String,
    /// This level and those above.
    pub level: Option<Level>,
    pub process: Option<String>,
}

impl LogFilter {
    /// Upper and lower case do not differ.
    pub fn takes(&self, row: &LogRow) -> bool {
        self.level.is_none_or(|level| row.level >= level)
            && self.process.as_ref().is_none_or(|process| *process == row.process)
            && has(&self.text, [row.text.as_str(), row.class])
    }
}

/// Whether one of the texts has the wanted one in it; nothing wanted is everywhere.
pub fn has<'a>(wanted: &str, texts: impl IntoIterator<Item = &'a str>) -> bool {
    let wanted = wanted.trim().to_lowercase();
    wanted.is_empty() || texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
}

/// The logs of a branch, read on as its journal grows.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    rows: Vec<LogRow>,
    scribes: BTreeMap<ProcessId, Scribe>,
    processes: BTreeSet<String>,
    read: u64,
}

impl Logs {
    /// Reads what the journal has beyond what was read.
    pub fn follow(
        &mut self,
        journal: &Journal,
        start: SimTime,
        cluster: &Arc<Cluster>,
        name: &dyn Fn(ProcessId) -> String,
    ) {
        if journal.len() <= self.read {
            return;
        }
        for (entry, number) in journal.iter_from(self.read).zip(self.read..) {
            let process = entry.process;
            let scribe = self.scribes.entry(process).or_insert_with(|| Scribe::new(cluster.clone()));
            for (line, part) in scribe.write(entry.at, process, &entry.event).into_iter().zip(0..) {
                let process = name(process);
                self.processes.insert(process.clone());
                let text = match &line.exception {
                    Some(exception) => format!("{}\n{exception}", line.message),
                    None => line.message,
                };
                let time = entry.at.to_string();
                self.rows.push(LogRow {
                    number,
                    part,
                    at_us: entry.at.micros_from(start),
                    time: time.split(' ').nth(1).unwrap_or(&time).to_owned(),
                    process,
                    level: line.level,
                    class: line.logger.rsplit('.').next().unwrap_or(line.logger),
                    text,
                });
            }
        }
        self.read = journal.len();
        if self.rows.len() > KEPT * 2 {
            self.rows.drain(..self.rows.len() - KEPT);
        }
    }

    /// Every process that has logged something.
    pub fn processes(&self) -> impl Iterator<Item = &str> {
        self.processes.iter().map(String::as_str)
    }

    /// The newest lines up to a moment that the filter takes, newest last.
    pub fn newest(&self, until_us: i64, filter: &LogFilter, most: usize) -> Vec<LogRow> {
        let end = self.rows.partition_point(|row| row.at_us <= until_us);
        let mut found: Vec<LogRow> =
            self.rows[..end].iter().rev().filter(|row| filter.takes(row)).take(most).cloned().collect();
        found.reverse();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::Shell;
    use crate::sim::log;
    use crate::sim::scenario::Scenario;
    use crate::sim::timeline::Timeline;

    fn timeline() -> Timeline {
        let mut timeline = Timeline::new(Scenario::preset("trio").expect("trio is a preset"));
        let mut shell = Shell::new(&[]);
        for line in ["kafka-topics --create --topic orders --replication-factor 3", "sim kill 2", "sim advance 12s"] {
            shell.run_line(&mut timeline, line);
        }
        timeline
    }

    fn logs(timeline: &Timeline) -> Logs {
        let mut logs = Logs::default();
        let world = timeline.world();
        let cluster = Arc::new(log::cluster(world));
        logs.follow(timeline.journal(), world.start(), &cluster, &|process| world.name_of(process).to_string());
        logs
    }

    #[test]
    fn lines_are_those_of_the_processes_in_the_order_of_time() {
        let timeline = timeline();
        let logs = logs(&timeline);
        let rows = logs.newest(i64::MAX, &LogFilter::default(), usize::MAX);
        assert!(rows.is_sorted_by_key(|row| row.at_us), "in order");
        let fenced = rows.iter().find(|row| row.text.contains("Fencing broker 2")).expect("broker 2 is fenced");
        assert_eq!((fenced.level, fenced.time.len()), (Level::Info, 12));
        let nodes = timeline.world().nodes.keys().map(|id| ProcessId::Node(*id));
        let all = nodes.chain(timeline.world().clients.keys().map(|index| ProcessId::Client(*index)));
        let own: usize = all.map(|process| log::log_of(&timeline, process).len()).sum();
        assert_eq!(rows.len(), own, "no line is lost and none is told twice");
    }

    #[test]
    fn a_filter_takes_levels_processes_and_texts() {
        let logs = logs(&timeline());
        let all = |filter: &LogFilter| logs.newest(i64::MAX, filter, usize::MAX);
        let warnings = all(&LogFilter { level: Some(Level::Warn), ..LogFilter::default() });
        assert!(!warnings.is_empty() && warnings.iter().all(|row| row.level >= Level::Warn));
        let text = all(&LogFilter { text: "FENCING broker".into(), ..LogFilter::default() });
        assert!(!text.is_empty() && text.iter().all(|row| row.text.to_lowercase().contains("fencing broker")));
        let process = logs.processes().next().expect("somebody logs").to_owned();
        let own = all(&LogFilter { process: Some(process.clone()), ..LogFilter::default() });
        assert!(!own.is_empty() && own.iter().all(|row| row.process == process));
        let early = logs.newest(0, &LogFilter::default(), 5);
        assert!(early.len() == 5 && early.iter().all(|row| row.at_us <= 0), "the future is not told");
    }
}

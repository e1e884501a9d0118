//! Scripts and transcripts: many lines, one after the other.

use super::session::Shell;
use super::transcript::{Entry, Transcript, show_background, show_entry, show_output};
use crate::kafka::ids::NodeId;
use crate::sim::scenario::Scenario;
use crate::sim::timeline::Timeline;

/// The cluster that the recordings were made with; `none` and scripts without a head get the smallest.
///
/// # Errors
/// A preset that does not exist.
pub fn recorded_cluster(transcript: &Transcript) -> Result<Scenario, String> {
    let preset = match transcript.preset.as_deref() {
        None | Some("none") => "solo",
        Some(preset) => preset,
    };
    let mut scenario = Scenario::preset(preset).ok_or_else(|| format!("there is no preset {preset}"))?;
    if preset == "trio" {
        scenario.set_racks(&["a".into(), "b".into(), "c".into()]);
    }
    scenario.set_server("group.initial.rebalance.delay.ms", "0");
    scenario.set_server("log.cleaner.dedupe.buffer.size", "8388608");
    for (key, value) in &transcript.config {
        scenario.set_server(key, value);
    }
    Ok(scenario)
}

/// Types a transcript and shows what it prints in the same form.
pub fn type_transcript(transcript: &Transcript, mut timeline: Timeline, show: &mut dyn FnMut(&str)) {
    let mut shell = Shell::new(&[]);
    shell.waits_for_ends = true;
    shell.bootstrap = transcript.bootstrap.map(NodeId).or_else(|| timeline.scenario().brokers().next());
    for entry in &transcript.entries {
        let outcome = shell.run_with(&mut timeline, &entry.line, &entry.document);
        show(&format!("{}{}", show_entry(entry), show_output(&outcome.output)));
        for (name, output) in &outcome.background {
            show(&show_background(name, output));
        }
    }
    for (name, output) in shell.close_all(&mut timeline) {
        show(&show_background(&name, &output));
    }
}

/// What a script's line has led to.
pub enum After {
    GoOn,
    /// The line failed and the script stops.
    Stop,
}

/// Types one entry of a script; `print` takes standard output and standard error.
pub fn type_entry(
    shell: &mut Shell,
    timeline: &mut Timeline,
    entry: &Entry,
    print: &mut dyn FnMut(&[u8], &str),
) -> After {
    let outcome = shell.run_with(timeline, &entry.line, &entry.document);
    print(&outcome.output.stdout, &outcome.output.stderr);
    for (_, output) in &outcome.background {
        print(&output.stdout, &output.stderr);
    }
    if outcome.output.status == 0 { After::GoOn } else { After::Stop }
}

//! Scripts and transcripts: many lines, one after the other.

use super::session::{LineOutcome, Shell};
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
    // All but one were recorded with little memory for the cleaner; that one shows every config of a broker.
    if transcript.name.as_deref() != Some("configs/broker-describe-all") {
        scenario.set_server("log.cleaner.dedupe.buffer.size", "8388608");
    }
    for (key, value) in &transcript.config {
        scenario.set_server(key, value);
    }
    Ok(scenario)
}

/// Carries out a line with its here-document; a layer above the shell may bring its own way.
pub type CarryOut<'c> = dyn FnMut(&mut Shell<'_>, &mut Timeline, &Entry) -> LineOutcome + 'c;

/// Types a transcript and shows what it prints in the same form.
pub fn type_transcript(transcript: &Transcript, timeline: Timeline, show: &mut dyn FnMut(&str)) {
    let by_itself = &mut |shell: &mut Shell<'_>, timeline: &mut Timeline, entry: &Entry| {
        shell.run_with(timeline, &entry.line, &entry.document)
    };
    type_transcript_with(transcript, timeline, &mut Shell::new(&[]), by_itself, show);
}

/// The same with a shell whose questions are answered elsewhere.
pub fn type_transcript_with(
    transcript: &Transcript,
    mut timeline: Timeline,
    shell: &mut Shell<'_>,
    carry_out: &mut CarryOut<'_>,
    show: &mut dyn FnMut(&str),
) {
    shell.waits_for_ends = true;
    shell.bootstrap = transcript.bootstrap.map(NodeId).or_else(|| timeline.scenario().brokers().next());
    for entry in &transcript.entries {
        let outcome = carry_out(shell, &mut timeline, entry);
        show(&format!("{}{}", show_entry(entry), show_output(&outcome.output)));
        for (name, output) in &outcome.background {
            show(&show_background(name, output));
        }
    }
    for (name, output) in shell.close_all(&mut timeline) {
        show(&show_background(&name, &output));
    }
}

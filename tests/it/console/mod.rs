//! The console's lines of `sim`: every form acts, a bad line changes nothing and says what was wrong.

mod bad_lines;
mod disks;
mod producers;
mod tools;
mod verbs;

use highwater::shell::Shell;
use highwater::shell::output::Output;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;

/// A console with a cluster.
struct Console {
    shell: Shell<'static>,
    timeline: Timeline,
}

impl Console {
    /// The preset `trio`, with a topic `orders` of three partitions, one on each broker.
    fn trio() -> Console {
        let scenario = Scenario::preset("trio").expect("the preset exists");
        let mut console = Console { shell: Shell::new(&[]), timeline: Timeline::new(scenario) };
        console.ok("kafka-topics --create --topic orders --replica-assignment 1,2,3");
        console
    }

    fn type_line(&mut self, line: &str) -> Output {
        self.shell.run_line(&mut self.timeline, line).output
    }

    /// Types a line that must succeed and gives what it prints.
    fn ok(&mut self, line: &str) -> String {
        let output = self.type_line(line);
        assert_eq!(output.status, 0, "{line}: {}{}", output.stdout_text(), output.stderr);
        output.stdout_text()
    }

    /// Types a line that must fail and gives what it says of that.
    fn fails(&mut self, line: &str) -> String {
        let output = self.type_line(line);
        assert_ne!(output.status, 0, "{line} succeeded: {}", output.stdout_text());
        output.stderr
    }

    fn digest(&mut self) -> String {
        self.ok("sim digest")
    }

    fn state(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.ok("sim state")).expect("the state is JSON")
    }
}

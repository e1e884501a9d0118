//! The shell: a line and a timeline go in, what the line prints comes out.

use std::sync::Arc;

use super::line::{CommandLine, opens_here_document};
use super::output::Output;
use super::printf::printf;
use super::sim::parse::{Life, SimLine};
use super::tool::client_log::with_client_log;
use super::tool::console_consumer::ENDLESS;
use super::tool::{LATER, Machine, Prepared, Printing, TOOLS, Tool, find, is_later, run::finish};
use super::waiting::{GoalSign, NextMove, OpenLine, Started, Waiting};
use super::words::Word;
use super::{files, places, sim};
use crate::kafka::client::tool::{ToolEnd, ToolRequest, ToolWork};
use crate::kafka::ids::{ClientIndex, NodeId, ProcessId};
use crate::nearest::did_you_mean;
use crate::sim::command::Command;
use crate::sim::log::log_of;
use crate::sim::timeline::Timeline;
use crate::sim::world::{World, broker_host};
use crate::time::{SimDuration, SimTime};

/// What a line did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineOutcome {
    pub output: Output,
    /// Tools in the background that ended during this line, with all that they printed.
    pub background: Vec<(String, Output)>,
}

/// A tool in the background.
#[derive(Clone, Debug)]
struct Running {
    name: String,
    index: ClientIndex,
    before: Output,
    printing: Printing,
}

/// The console's own state; everything else is in the timeline.
pub struct Shell<'a> {
    /// Verbs of `sim` that a higher layer answers ([`super::waiting::NextMove::Question`]).
    questions: &'a [&'a str],
    /// What `sim step --until goal` goes by; the layer that knows lessons keeps it up to date.
    pub goal: GoalSign,
    /// The broker that tools are pointed at.
    pub bootstrap: Option<NodeId>,
    /// In a transcript `sim stop` and `sim close` wait until the process has ended, `sim start` until it is in service.
    pub waits_for_ends: bool,
    running: Vec<Running>,
    /// Names of background tools that a line has closed or crashed. In a transcript what such a tool printed is shown
    /// then, even if it had ended before.
    called_off: Vec<String>,
    pub(super) open: Option<OpenLine>,
}

/// A tool in the foreground is interrupted after so much virtual time.
pub(super) const LONGEST_RUN: SimDuration = SimDuration::from_secs(3600);

/// The virtual machine that tools run on.
struct Host<'t> {
    world: &'t World,
    bootstrap: Option<NodeId>,
}

/// The port of every broker's listener.
const BROKER_PORT: i32 = 9092;

impl Host<'_> {
    /// The broker of `broker-N`.
    fn broker_named(&self, host: &str) -> Option<NodeId> {
        let id = host.strip_prefix("broker-")?.parse().map(NodeId).ok()?;
        self.world.scenario.brokers().find(|broker| *broker == id)
    }
}

impl Machine for Host<'_> {
    fn now(&self) -> SimTime {
        self.world.now
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        files::read(self.world, path)
    }

    fn knows_host(&self, host: &str) -> bool {
        self.broker_named(host).is_some()
    }

    fn listener(&self, host: &str, port: i32) -> Option<NodeId> {
        let first = || self.world.scenario.brokers().next().filter(|_| matches!(host, "localhost" | "127.0.0.1"));
        self.broker_named(host).or_else(first).filter(|_| port == BROKER_PORT)
    }

    fn default_broker(&self) -> Option<NodeId> {
        self.bootstrap
    }

    fn address(&self, broker: NodeId) -> String {
        format!("{}:{BROKER_PORT}", broker_host(&self.world.scenario, broker))
    }

    /// The number is drawn from how many clients there have been, so that a run repeats.
    fn draw_group_number(&self) -> u32 {
        (self.world.clients.len() as u32).wrapping_mul(48_271).wrapping_add(self.world.scenario.seed as u32) % 100_000
    }
}

impl<'a> Shell<'a> {
    pub fn new(questions: &'a [&'a str]) -> Shell<'a> {
        Shell {
            questions,
            goal: GoalSign::NoLesson,
            bootstrap: None,
            waits_for_ends: false,
            running: Vec::new(),
            called_off: Vec::new(),
            open: None,
        }
    }

    /// Nothing runs in the background any more: the cluster is another one.
    pub fn forget(&mut self) {
        self.running.clear();
        self.called_off.clear();
    }

    /// Carries out one line without a here-document.
    pub fn run_line(&mut self, timeline: &mut Timeline, line: &str) -> LineOutcome {
        self.run_with(timeline, line, &[])
    }

    /// Carries out one line; `document` are the lines of its here-document.
    pub fn run_with(&mut self, timeline: &mut Timeline, line: &str, document: &[String]) -> LineOutcome {
        self.begin(timeline, line, document);
        loop {
            if let Some(outcome) = self.go_on(timeline, u64::MAX) {
                return outcome;
            }
            if let Some(NextMove::Question(words)) = self.next_move() {
                self.answer(Output::not_yet(format!("sim {}", words.join(" "))));
            }
        }
    }

    /// Ends what still runs in the background, as at the end of a transcript.
    pub fn close_all(&mut self, timeline: &mut Timeline) -> Vec<(String, Output)> {
        let mut ended = Vec::new();
        while let Some(running) = self.running.first().cloned() {
            let _ = timeline.do_now(Command::CloseClient { name: Arc::from(&*running.name) });
            self.called_off.push(running.name.clone());
            wait_for(timeline, running.index);
            let before = ended.len();
            self.collect(timeline, &mut ended);
            if ended.len() == before {
                self.running.remove(0);
            }
        }
        ended
    }

    /// Begins a command; also gives the file that its standard output goes into.
    pub(super) fn begin_command(
        &mut self,
        timeline: &mut Timeline,
        command: &CommandLine,
        document: &[String],
    ) -> (Started, Option<String>) {
        let failed = |error: String| (Started::Ended(Output::failed(error)), None);
        let expanded = match Expanded::new(command, timeline.world()) {
            Ok(expanded) => expanded,
            Err(error) => return failed(error),
        };
        if let Some(path) = expanded.into.as_deref().filter(|path| files::is_of_node(path)) {
            return failed(format!("{path}: the directories of nodes can only be looked at"));
        }
        let stdin = match &expanded.feeder {
            None => Vec::new(),
            Some(words) => match feed(words, timeline.world()) {
                Ok(bytes) => bytes,
                Err(error) => return failed(error),
            },
        };
        let started = self.simple(timeline, &expanded, &stdin, document);
        (started, expanded.into.filter(|_| command.here_document.is_none()))
    }

    /// What a command prints goes to its file, and tools in the background that have ended are heard.
    pub(super) fn finish_command(
        &mut self,
        timeline: &mut Timeline,
        mut output: Output,
        into: Option<String>,
        background: &mut Vec<(String, Output)>,
    ) -> Output {
        self.collect(timeline, background);
        if let Some(path) = into {
            let bytes = Arc::from(std::mem::take(&mut output.stdout));
            if let Err(refusal) = timeline.do_now(Command::WriteFile { path: Arc::from(path), bytes }) {
                return Output::failed(refusal.0);
            }
        }
        output
    }

    fn simple(&mut self, timeline: &mut Timeline, line: &Expanded, stdin: &[u8], document: &[String]) -> Started {
        let (word, rest) = (line.words[0].as_str(), &line.words[1..]);
        let output = match word {
            "sim" => return self.sim(timeline, rest),
            "printf" => printf(rest).map_or_else(Output::failed, |stdout| Output { stdout, ..Output::default() }),
            "cat" if line.document => write_document(timeline, line.into.as_deref(), document),
            "cat" => match feed(&line.words, timeline.world()) {
                Ok(stdout) => Output { stdout, ..Output::default() },
                Err(error) => Output::failed(error),
            },
            "ls" => list(timeline.world(), rest),
            _ => match find(word) {
                Some(tool) => return self.tool(timeline, tool, rest, stdin, line.background),
                None if is_later(word) => Output::not_yet(word),
                None => {
                    Output::failed(format!("{word}: there is no such command{}", did_you_mean(word, command_words())))
                }
            },
        };
        Started::Ended(output)
    }

    fn sim(&mut self, timeline: &mut Timeline, words: &[String]) -> Started {
        let verb = words.first().map_or("", String::as_str);
        if self.questions.contains(&verb) {
            return Started::Waits(Waiting::Answer { words: words.to_vec(), answer: None });
        }
        let line = match sim::parse::parse(words) {
            Ok(line) => line,
            Err(error) => return Started::Ended(Output::failed(error)),
        };
        if matches!(line, SimLine::New(_)) {
            self.running.clear();
        }
        if let SimLine::Life { act: Life::Close | Life::Crash, words } = &line {
            self.called_off.extend(words.iter().cloned());
        }
        sim::execute::execute(timeline, &line, self.waits_for_ends)
    }

    fn tool(
        &mut self,
        timeline: &mut Timeline,
        tool: &Tool,
        words: &[String],
        stdin: &[u8],
        background: bool,
    ) -> Started {
        let host = Host { world: timeline.world(), bootstrap: self.bootstrap };
        let (request, before, printing) = match (tool.prepare)(words, stdin, &host) {
            Prepared::Ended(output) => return Started::Ended(output),
            Prepared::Runs { request, before, printing } => (request, before, printing),
        };
        if !background && is_endless(&request) {
            return Started::Ended(Output::failed(ENDLESS));
        }
        let name = request.name.clone();
        if let Err(refusal) = timeline.do_now(Command::RunTool { request }) {
            return Started::Ended(before.then(Output::failed(refusal.0)));
        }
        let Some((index, _)) = timeline.world().client_named(&name) else {
            return Started::Ended(before.then(Output::failed(format!("{name} did not start"))));
        };
        if background {
            self.running.push(Running { name, index, before, printing: *printing });
            return Started::Ended(Output::silent());
        }
        let limit = timeline.world().now + LONGEST_RUN;
        Started::Waits(Waiting::Tool { index, name, limit, before, printing })
    }

    /// Hands over what background tools printed that have ended.
    fn collect(&mut self, timeline: &Timeline, ended: &mut Vec<(String, Output)>) {
        let has_ended = |running: &Running| {
            let slot = timeline.world().clients.get(&running.index);
            let is_shown = !self.waits_for_ends || self.called_off.contains(&running.name);
            is_shown && slot.is_none_or(|slot| !slot.is_running())
        };
        let (done, left) = self.running.iter().cloned().partition(has_ended);
        self.running = left;
        self.called_off.clear();
        for running in done {
            let output = running.before.then(ended_output(timeline, running.index, &running.printing));
            ended.push((running.name, output));
        }
    }
}

/// A console consumer that nothing ends.
fn is_endless(request: &ToolRequest) -> bool {
    matches!(&request.work, ToolWork::ConsoleConsume(asked) if asked.max_messages.is_none() && asked.timeout_ms.is_none())
}

/// Lets time pass until a client has ended; false if it does not within an hour.
pub(super) fn wait_for(timeline: &mut Timeline, index: ClientIndex) -> bool {
    let limit = timeline.world().now + LONGEST_RUN;
    while timeline.world().clients.get(&index).is_some_and(|slot| slot.is_running()) {
        if timeline.next_at().is_none_or(|at| at > limit) || timeline.step().is_none() {
            return false;
        }
    }
    true
}

pub(super) fn ended_output(timeline: &Timeline, index: ClientIndex, printing: &Printing) -> Output {
    let Some(tool) = timeline.world().clients.get(&index).and_then(|slot| slot.tool()) else {
        return Output::failed("the tool is not part of this history");
    };
    let end = tool.end.as_ref().unwrap_or(&ToolEnd::Crashed);
    let output = finish(printing, &tool.items, end, timeline.world().now);
    with_client_log(output, log_of(timeline, ProcessId::Client(index)))
}

/// A command with its words spelled out.
struct Expanded {
    feeder: Option<Vec<String>>,
    words: Vec<String>,
    into: Option<String>,
    document: bool,
    background: bool,
}

impl Expanded {
    fn new(command: &CommandLine, world: &World) -> Result<Expanded, String> {
        let resolve = |words: &[String]| places::resolve(world, words);
        let all = |words: &[Word]| words.iter().map(|word| word.expand(&resolve)).collect::<Result<Vec<_>, _>>();
        Ok(Expanded {
            feeder: command.feeder.as_deref().map(all).transpose()?,
            words: all(&command.words)?,
            into: command.into.as_ref().map(|word| word.expand(&resolve)).transpose()?,
            document: command.here_document.is_some(),
            background: command.background,
        })
    }
}

/// What `printf ..` or `cat FILE..` prints.
fn feed(words: &[String], world: &World) -> Result<Vec<u8>, String> {
    if words[0] == "printf" {
        return printf(&words[1..]);
    }
    if words.len() < 2 {
        return Err("cat: a file is missing".to_string());
    }
    let mut bytes = Vec::new();
    for path in &words[1..] {
        bytes.extend(files::read(world, path).ok_or_else(|| format!("cat: {path}: No such file or directory"))?);
    }
    Ok(bytes)
}

fn write_document(timeline: &mut Timeline, path: Option<&str>, document: &[String]) -> Output {
    let mut text = document.join("\n");
    if !document.is_empty() {
        text.push('\n');
    }
    let path = Arc::from(path.unwrap_or(""));
    match timeline.do_now(Command::WriteFile { path, bytes: Arc::from(text.into_bytes()) }) {
        Ok(()) => Output::silent(),
        Err(refusal) => Output::failed(refusal.0),
    }
}

fn list(world: &World, words: &[String]) -> Output {
    let folder = words.first().map_or("/", String::as_str);
    match files::list(world, folder) {
        Some(names) => Output::printed(names.iter().map(|name| format!("{name}\n")).collect::<String>()),
        None => Output::failed(format!("ls: cannot access '{folder}': No such file or directory")),
    }
}

/// Every word that a line can begin with.
pub fn command_words() -> impl Iterator<Item = &'static str> {
    let tools = TOOLS.iter().map(|tool| tool.table.tool);
    ["sim", "printf", "cat", "ls"].into_iter().chain(tools).chain(LATER)
}

/// The delimiter of the here-document that a line opens: its lines must follow.
pub fn needs_document(line: &str) -> Option<String> {
    opens_here_document(line)
}

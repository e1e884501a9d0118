//! Two programs: in the browser the page starts itself, natively the console runs scripts.

#[cfg(target_arch = "wasm32")]
fn main() {
    let app = web_sys::window().and_then(|window| window.document()).and_then(|page| page.get_element_by_id("app"));
    if let Some(app) = app {
        highwater::ui::mount(app);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    console::main(std::env::args().skip(1).collect())
}

#[cfg(not(target_arch = "wasm32"))]
mod console {
    use highwater::app::link::{BadLink, Link, Opening};
    use highwater::lessons::panel::{PredictionState, StepState};
    use highwater::lessons::{Classroom, News, VERBS};
    use highwater::shell::Shell;
    use highwater::shell::script::{recorded_cluster, type_transcript_with};
    use highwater::shell::session::needs_document;
    use highwater::shell::sim::execute::scenario;
    use highwater::shell::sim::parse::NewRun;
    use highwater::shell::transcript::{Entry, read};
    use highwater::sim::digest::digest;
    use highwater::sim::timeline::Timeline;
    use highwater::view::words::Words;
    use std::io::{BufRead, IsTerminal, Read, Write};
    use std::process::ExitCode;

    const USAGE: &str = "usage: highwater console [--keep-going] [--seed N] [--preset NAME] [SCRIPT | -]\n       \
                         highwater console --transcript FILE\n       \
                         highwater replay LINK";

    /// What the command line asks for.
    #[derive(Default)]
    struct Options {
        keep_going: bool,
        transcript: bool,
        new: NewRun,
        script: Option<String>,
    }

    fn malformed(message: impl std::fmt::Display) -> ExitCode {
        eprintln!("{message}");
        ExitCode::from(2)
    }

    fn options(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = arguments.iter();
        if words.next().map(String::as_str) != Some("console") {
            return Err(USAGE.to_string());
        }
        while let Some(word) = words.next() {
            let mut value = || words.next().cloned().ok_or_else(|| format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "--keep-going" => options.keep_going = true,
                "--seed" => {
                    let text = value()?;
                    options.new.seed = Some(text.parse().map_err(|_| format!("--seed needs a number, not '{text}'"))?);
                }
                "--preset" => options.new.preset = Some(value()?),
                "--transcript" => options.transcript = true,
                option if option.starts_with("--") => return Err(format!("there is no {option}\n{USAGE}")),
                _ if options.script.is_some() => return Err(format!("one script at a time\n{USAGE}")),
                _ => options.script = Some(word.clone()),
            }
        }
        Ok(options)
    }

    /// Replays the run of a link of the page, up to its end, and says whether every invariant held after every event.
    fn replay(text: &str) -> ExitCode {
        let text = text.rsplit('/').next().unwrap_or(text);
        let told = |bad: BadLink| {
            let (head, text) = bad.told(Words::English);
            format!("{head}. {text}")
        };
        let opened = Link::read(text).and_then(Opening::begin).and_then(|mut opening| {
            while !opening.go_on(u64::MAX)? {}
            opening.end()
        });
        let timeline = match opened.map_err(told) {
            Ok(timeline) => timeline,
            Err(error) => return malformed(error),
        };
        let (seed, now) = (timeline.scenario().seed, timeline.now());
        println!("seed {seed}, {} commands, {} events, digest {}", now.commands, now.step, digest(timeline.world()));
        match timeline.check_history() {
            Ok(()) => {
                println!("every invariant held");
                ExitCode::SUCCESS
            }
            Err(violation) => {
                eprintln!("{violation}");
                ExitCode::FAILURE
            }
        }
    }

    pub fn main(arguments: Vec<String>) -> ExitCode {
        if let [word, link] = arguments.as_slice()
            && word == "replay"
        {
            return replay(link);
        }
        let options = match options(&arguments) {
            Ok(options) => options,
            Err(error) => return malformed(error),
        };
        let Some(path) = options.script.clone() else {
            return if options.transcript { malformed(USAGE) } else { interactive(&options) };
        };
        let mut text = String::new();
        let found = match path.as_str() {
            "-" => std::io::stdin().read_to_string(&mut text).map(|_| ()),
            path => std::fs::read_to_string(path).map(|read| text = read),
        };
        if let Err(error) = found {
            return malformed(format!("{path}: {error}"));
        }
        if options.transcript { transcript(&path, &text, &options) } else { script(&path, &text, &options) }
    }

    fn transcript(path: &str, text: &str, options: &Options) -> ExitCode {
        let transcript = match read(text) {
            Ok(transcript) => transcript,
            Err(error) => return malformed(format!("{path}:{error}")),
        };
        let cluster = match transcript.preset {
            Some(_) => recorded_cluster(&transcript),
            None => scenario(&options.new),
        };
        match cluster {
            Ok(mut cluster) => {
                cluster.seed = options.new.seed.unwrap_or(cluster.seed);
                let mut classroom = match Classroom::stocked() {
                    Ok(classroom) => classroom,
                    Err(error) => return malformed(error),
                };
                let carry_out = &mut |shell: &mut Shell<'_>, timeline: &mut Timeline, entry: &Entry| {
                    classroom.run_with(shell, timeline, &entry.line, &entry.document)
                };
                let show = &mut |shown: &str| print!("{shown}");
                type_transcript_with(&transcript, Timeline::new(cluster), &mut Shell::new(&VERBS), carry_out, show);
                ExitCode::SUCCESS
            }
            Err(error) => malformed(format!("{path}: {error}")),
        }
    }

    fn script(path: &str, text: &str, options: &Options) -> ExitCode {
        let script = match read(text) {
            Ok(script) => script,
            Err(error) => return malformed(format!("{path}:{error}")),
        };
        for entry in &script.entries {
            if let Err(error) = highwater::shell::line::parse(&entry.line) {
                return malformed(format!("{path}:{}: {error}", entry.number));
            }
        }
        let mut desk = match Desk::new(options) {
            Ok(desk) => desk,
            Err(error) => return malformed(error),
        };
        let mut failed = false;
        for entry in &script.entries {
            if desk.type_entry(entry) != 0 {
                failed = true;
                eprintln!("{path}:{}: failed: {}", entry.number, entry.line);
                if !options.keep_going {
                    break;
                }
            }
        }
        for (_, output) in desk.shell.close_all(&mut desk.timeline) {
            print_streams(&output.stdout, &output.stderr);
        }
        ExitCode::from(u8::from(failed))
    }

    /// A console with its cluster and all lessons.
    struct Desk {
        timeline: Timeline,
        shell: Shell<'static>,
        classroom: Classroom,
    }

    impl Desk {
        fn new(options: &Options) -> Result<Desk, String> {
            let timeline = Timeline::new(scenario(&options.new)?);
            Ok(Desk { timeline, shell: Shell::new(&VERBS), classroom: Classroom::stocked()? })
        }

        /// Carries out a line and prints what it prints; gives its status.
        fn type_entry(&mut self, entry: &Entry) -> i32 {
            let Desk { timeline, shell, classroom } = self;
            let outcome = classroom.run_with(shell, timeline, &entry.line, &entry.document);
            print_streams(&outcome.output.stdout, &outcome.output.stderr);
            for (_, output) in &outcome.background {
                print_streams(&output.stdout, &output.stderr);
            }
            outcome.output.status
        }

        /// Says what happened in the lesson, and what there is to do.
        fn tell(&mut self) {
            let news = self.classroom.take_news();
            let Some(panel) = self.classroom.panel(&self.timeline).filter(|_| !news.is_empty()) else { return };
            for item in &news {
                match item {
                    News::Opened => eprintln!("{} {}\n{}", panel.id, panel.title, panel.idea),
                    News::Answered { verdict, .. } if verdict.is_right() => eprintln!("The run agrees."),
                    News::Answered { .. } => eprintln!("The run shows otherwise."),
                    News::Reached { step } => {
                        let step = &panel.steps[*step as usize];
                        eprintln!(
                            "{}. {}: reached. {}",
                            step.number,
                            step.title,
                            step.insight.as_deref().unwrap_or("")
                        );
                    }
                    News::Skipped { step } => {
                        let step = &panel.steps[*step as usize];
                        let StepState::Locked(why) = &step.state else { continue };
                        eprintln!("{}. {}: {why}", step.number, step.title);
                    }
                    News::Done => eprintln!("{}", panel.aha.as_deref().unwrap_or("")),
                    News::Left => {}
                }
            }
            let Some(step) = panel.open.map(|open| &panel.steps[open as usize]) else { return };
            eprintln!("{}. {}: {}", step.number, step.title, step.narration);
            for asked in step.predictions.iter().filter(|asked| asked.state == PredictionState::Asked) {
                eprintln!("{} {}", asked.id, asked.question);
                for (number, option) in (1..).zip(&asked.options) {
                    eprintln!("  {number}. {}", option.text);
                }
            }
        }
    }

    fn interactive(options: &Options) -> ExitCode {
        let mut desk = match Desk::new(options) {
            Ok(desk) => desk,
            Err(error) => return malformed(error),
        };
        let prompts = std::io::stdin().is_terminal();
        let mut lines = std::io::stdin().lock().lines();
        loop {
            if prompts {
                eprint!("> ");
            }
            let Some(Ok(line)) = lines.next() else { return ExitCode::SUCCESS };
            if matches!(line.trim(), "exit" | "quit") {
                return ExitCode::SUCCESS;
            }
            let mut entry = Entry { line, document: Vec::new(), number: 0 };
            if let Some(end) = needs_document(&entry.line) {
                entry.document = lines.by_ref().map_while(Result::ok).take_while(|line| *line != end).collect();
            }
            desk.type_entry(&entry);
            if prompts {
                desk.tell();
            }
        }
    }

    /// A closed pipe is no error of ours: what cannot be written is dropped.
    fn print_streams(stdout: &[u8], stderr: &str) {
        let _ = std::io::stdout().write_all(stdout).and_then(|()| std::io::stdout().flush());
        let _ = std::io::stderr().write_all(stderr.as_bytes());
    }
}

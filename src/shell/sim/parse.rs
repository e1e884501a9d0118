//! `sim` lines as typed forms. Names of clients and nodes are looked up later, when the line acts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arguments::{Arguments, duration, names, setting};
use super::condition::{self, Condition};
use super::parse_clients;
use super::verbs;
use crate::goal::{Goal, Rules, Scope};
use crate::kafka::client::producer::application::SendJob;
use crate::nearest::did_you_mean;
use crate::sim::command::{ClientCall, ClientSpec};
use crate::time::SimDuration;

/// A line behind `sim`.
#[derive(Clone, PartialEq, Debug)]
pub enum SimLine {
    New(NewRun),
    Advance(SimDuration),
    Step(u64),
    StepUntil {
        condition: Condition,
        within: SimDuration,
    },
    Produce(Box<ProduceLine>),
    LoadStop(String),
    ClientAdd {
        names: Vec<String>,
        spec: ClientSpec,
    },
    ClientSet {
        names: Vec<String>,
        changes: BTreeMap<String, Option<String>>,
    },
    ClientCall {
        name: String,
        call: ClientCall,
    },
    Life {
        act: Life,
        words: Vec<String>,
    },
    Cut(String, String),
    Heal(String, String),
    HealAll,
    Isolate(String),
    /// Links of one node to the controllers work again.
    HealNode(String),
    Slow {
        node: String,
        extra: Option<SimDuration>,
    },
    Checkpoint(String),
    Restore(String),
    Seek(SimDuration),
    Undo,
    State,
    Events(Look),
    Logs {
        process: String,
        grep: Option<String>,
    },
    Check,
    Digest,
    Goal(Box<Goal>),
    Ledger,
    Help(Option<String>),
}

/// What happens to processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    Start,
    Close,
    Crash,
    Kill,
    PowerOff,
    Destroy,
    Stop,
    Freeze,
    Thaw,
}

/// `sim new`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewRun {
    pub preset: Option<String>,
    pub brokers: Option<u32>,
    pub controllers: Option<u32>,
    pub racks: Option<Vec<String>>,
    /// `--start`, as typed.
    pub start: Option<String>,
    pub seed: Option<u64>,
}

/// `sim produce` and `sim load`.
#[derive(Clone, PartialEq, Debug)]
pub struct ProduceLine {
    pub name: String,
    /// `until` is set when the line acts.
    pub job: SendJob,
    /// `--for` of a load.
    pub lasts: Option<SimDuration>,
    pub wait: Option<WaitFor>,
}

/// `--wait`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    Sent,
    Appended,
    Acked,
}

/// `sim events`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Look {
    pub since: Option<String>,
    pub grep: Option<String>,
    pub json: bool,
}

/// Events of one `sim step N` at most.
const MOST_STEPS: u64 = 10_000_000;

/// Virtual time that `--until` waits without `--for`.
const UNTIL_LIMIT: SimDuration = SimDuration::from_secs(600);

/// Reads the words behind `sim`. Errors say what was wrong, with the nearest valid word.
pub fn parse(words: &[String]) -> Result<SimLine, String> {
    let Some((verb, rest)) = words.split_first() else {
        return Err("sim: a verb is missing: sim help lists them".to_string());
    };
    let forms = verbs::forms(verb);
    if forms.is_empty() {
        return Err(format!("sim: there is no '{verb}'{}", did_you_mean(verb, verbs::verbs())));
    }
    if forms.iter().all(|form| !form.built) {
        return Err(format!("not yet: sim {verb}"));
    }
    let line = parse_verb(verb, rest);
    line.map_err(|error| if error.starts_with("not yet: ") { error } else { format!("sim {verb}: {error}") })
}

fn parse_verb(verb: &str, rest: &[String]) -> Result<SimLine, String> {
    match verb {
        "new" => new(rest),
        "advance" => {
            let words = plain(rest, 1)?;
            Ok(SimLine::Advance(duration(words.word(0, "a duration")?)?))
        }
        "step" => step(rest),
        "produce" => parse_clients::produce(rest),
        "load" => parse_clients::load(rest),
        "client" => parse_clients::client(rest),
        "start" => life(Life::Start, rest),
        "close" => life(Life::Close, rest),
        "crash" => life(Life::Crash, rest),
        "kill" => life(Life::Kill, rest),
        "power-off" => life(Life::PowerOff, rest),
        "destroy" => life(Life::Destroy, rest),
        "stop" => life(Life::Stop, rest),
        "freeze" => life(Life::Freeze, rest),
        "thaw" => life(Life::Thaw, rest),
        "cut" => {
            let words = plain(rest, 2)?;
            Ok(SimLine::Cut(word(&words, 0)?, word(&words, 1)?))
        }
        "heal" => heal(rest),
        "isolate" => Ok(SimLine::Isolate(word(&plain(rest, 1)?, 0)?)),
        "slow" => slow(rest),
        "checkpoint" => Ok(SimLine::Checkpoint(name(rest)?)),
        "restore" => Ok(SimLine::Restore(name(rest)?)),
        "seek" => Ok(SimLine::Seek(duration(plain(rest, 1)?.word(0, "a time")?)?)),
        "undo" => plain(rest, 0).map(|_| SimLine::Undo),
        "state" => plain(rest, 0).map(|_| SimLine::State),
        "check" => plain(rest, 0).map(|_| SimLine::Check),
        "digest" => plain(rest, 0).map(|_| SimLine::Digest),
        "goal" => goal(rest),
        "ledger" => plain(rest, 0).map(|_| SimLine::Ledger),
        "events" => {
            let words = Arguments::split(rest, &["since", "grep"], &["json"])?;
            words.at_most(0)?;
            let text = |option: &str| words.value(option).map(str::to_string);
            Ok(SimLine::Events(Look { since: text("since"), grep: text("grep"), json: words.has("json") }))
        }
        "logs" => {
            let words = Arguments::split(rest, &["grep"], &[])?;
            words.at_most(1)?;
            let process = words.word(0, "a node or a client")?.to_string();
            Ok(SimLine::Logs { process, grep: words.value("grep").map(str::to_string) })
        }
        "help" => help(rest),
        _ => Err(format!("not yet: sim {verb}")),
    }
}

fn plain(words: &[String], most: u32) -> Result<Arguments, String> {
    let words = Arguments::split(words, &[], &[])?;
    words.at_most(most)?;
    Ok(words)
}

fn word(words: &Arguments, index: u32) -> Result<String, String> {
    words.word(index, "a node or a client").map(str::to_string)
}

fn name(words: &[String]) -> Result<String, String> {
    plain(words, 1)?.word(0, "a name").map(str::to_string)
}

/// A goal is one word; quotes keep it together.
fn goal(words: &[String]) -> Result<SimLine, String> {
    let [text] = words else {
        return Err("a goal is one quoted word: sim goal 'leo(\"orders-0\") >= 1'".to_string());
    };
    let goal = Goal::new(text, Rules::of(Scope::Step)).map_err(|error| error.to_string())?;
    Ok(SimLine::Goal(Box::new(goal)))
}

fn new(words: &[String]) -> Result<SimLine, String> {
    let words = Arguments::split(words, &["preset", "brokers", "controllers", "racks", "start", "seed"], &[])?;
    words.at_most(0)?;
    let size = |name: &str| match words.number::<u32>(name)? {
        Some(count) if !(1..=99).contains(&count) => Err(format!("--{name} is 1 to 99, not {count}")),
        count => Ok(count),
    };
    if words.list("racks").is_some_and(|racks| racks.iter().any(String::is_empty)) {
        return Err("--racks a,b,c: a name is empty".to_string());
    }
    Ok(SimLine::New(NewRun {
        preset: words.value("preset").map(str::to_string),
        brokers: size("brokers")?,
        controllers: size("controllers")?,
        racks: words.list("racks"),
        start: words.value("start").map(str::to_string),
        seed: words.number("seed")?,
    }))
}

fn step(words: &[String]) -> Result<SimLine, String> {
    let words = Arguments::split(words, &["until", "for"], &[])?;
    words.at_most(1)?;
    let within = words.duration("for")?;
    if let Some(condition) = words.value("until") {
        words.at_most(0)?;
        return Ok(SimLine::StepUntil {
            condition: condition::parse(condition)?,
            within: within.unwrap_or(UNTIL_LIMIT),
        });
    }
    if within.is_some() {
        return Err("--for belongs to --until".to_string());
    }
    match words.plain.first() {
        None => Ok(SimLine::Step(1)),
        Some(count) => match count.parse() {
            Ok(count) if (1..=MOST_STEPS).contains(&count) => Ok(SimLine::Step(count)),
            _ => Err(format!("'{count}' is not a number of events: 1 to {MOST_STEPS}")),
        },
    }
}

fn life(act: Life, words: &[String]) -> Result<SimLine, String> {
    if words.first().is_some_and(|word| word == "app" || word == "fetcher") {
        let verb = if act == Life::Freeze { "freeze" } else { "thaw" };
        return Err(format!("not yet: sim {verb} {}", words[0]));
    }
    if let Some(option) = words.iter().find(|word| word.starts_with("--")) {
        return Err(format!("not yet: {option}"));
    }
    if words.is_empty() {
        return Err("a name is missing".to_string());
    }
    Ok(SimLine::Life { act, words: names(words)? })
}

fn heal(words: &[String]) -> Result<SimLine, String> {
    let words = plain(words, 2)?;
    match words.plain.as_slice() {
        [all] if all == "all" => Ok(SimLine::HealAll),
        [node] => Ok(SimLine::HealNode(node.clone())),
        _ => Ok(SimLine::Heal(word(&words, 0)?, word(&words, 1)?)),
    }
}

fn slow(words: &[String]) -> Result<SimLine, String> {
    let words = plain(words, 3)?;
    match words.word(0, "broker")? {
        "broker" => {}
        "fetcher" => return Err("not yet: sim slow fetcher".to_string()),
        other => {
            return Err(format!("'{other}' is not broker or fetcher{}", did_you_mean(other, ["broker", "fetcher"])));
        }
    }
    let node = words.word(1, "a broker")?.to_string();
    let extra = match words.word(2, "a duration or off")? {
        "off" => None,
        text => Some(duration(text)?),
    };
    Ok(SimLine::Slow { node, extra })
}

fn help(words: &[String]) -> Result<SimLine, String> {
    match words {
        [] => Ok(SimLine::Help(None)),
        [verb] if !verbs::forms(verb).is_empty() => Ok(SimLine::Help(Some(verb.clone()))),
        [verb, ..] => Err(format!("there is no '{verb}'{}", did_you_mean(verb, verbs::verbs()))),
    }
}

/// Settings `key=value`; an empty value is None.
pub(super) fn settings(words: &[String]) -> Result<BTreeMap<String, Option<String>>, String> {
    let pair =
        |word: &String| setting(word).map(|(key, value)| (key, if value.is_empty() { None } else { Some(value) }));
    words.iter().map(pair).collect()
}

/// A topic's or client's name as the simulation keeps it.
pub(super) fn shared(text: &str) -> Arc<str> {
    Arc::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<SimLine, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        parse(&words)
    }

    #[test]
    fn time_and_faults_are_read() {
        assert_eq!(line("advance 30s"), Ok(SimLine::Advance(SimDuration::from_secs(30))));
        assert_eq!(line("step"), Ok(SimLine::Step(1)));
        assert!(matches!(
            line("step --until hw:orders-0=3 --for 1m"),
            Ok(SimLine::StepUntil { within, .. }) if within == SimDuration::from_secs(60)
        ));
        assert_eq!(
            line("kill 1 2"),
            Ok(SimLine::Life { act: Life::Kill, words: vec!["1".to_string(), "2".to_string()] })
        );
        assert_eq!(line("heal all"), Ok(SimLine::HealAll));
        assert_eq!(
            line("slow broker 2 200ms"),
            Ok(SimLine::Slow { node: "2".to_string(), extra: Some(SimDuration::from_millis(200)) })
        );
        assert_eq!(line("seek 1.5s"), Ok(SimLine::Seek(SimDuration::from_millis(1500))));
        assert!(matches!(line("new --preset trio --seed 7"), Ok(SimLine::New(NewRun { seed: Some(7), .. }))));
    }

    #[test]
    fn a_bad_line_says_what_was_wrong() {
        for (text, error) in [
            ("advence 3s", "sim: there is no 'advence'; did you mean advance?"),
            ("advance 3", "sim advance: '3' is not a duration: 20ms 5s 3m 2h 7d"),
            ("advance", "sim advance: a duration is missing"),
            ("state now", "sim state: 'now' is not understood here"),
            ("new --sead 3", "sim new: there is no --sead here; did you mean seed?"),
            ("power-off", "sim power-off: a name is missing"),
            ("freeze app c1", "not yet: sim freeze app"),
            ("crash c1 --mid-batch", "not yet: --mid-batch"),
            ("step --for 3s", "sim step: --for belongs to --until"),
            ("cut 1", "sim cut: a node or a client is missing"),
            ("kill", "sim kill: a name is missing"),
            ("slow brocker 1 3s", "sim slow: 'brocker' is not broker or fetcher; did you mean broker?"),
        ] {
            assert_eq!(line(text), Err(error.to_string()), "{text}");
        }
    }
}

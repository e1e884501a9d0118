//! `sim` lines act: typed forms become commands and moves of the timeline.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::look;
use super::parse::{Life, NewRun, ProduceLine, SimLine};
use super::parse_clients::start_date;
use super::verbs;
use super::wait::check_possible;
use crate::kafka::broker::lifecycle::Lifecycle;
use crate::kafka::ids::{NodeId, ProcessId};
use crate::nearest::did_you_mean;
use crate::shell::output::Output;
use crate::shell::places;
use crate::shell::session::{LONGEST_RUN, wait_for};
use crate::shell::waiting::{Started, Waiting};
use crate::sim::command::{ClientSpec, Command};
use crate::sim::scenario::{PRESETS, Scenario};
use crate::sim::timeline::Timeline;
use crate::sim::world::World;
use crate::time::{SimDuration, SimTime};

/// Begins a line. With `waits` an orderly end of a process is waited for, and that a broker is in service.
pub fn execute(timeline: &mut Timeline, line: &SimLine, waits: bool) -> Started {
    let begun = match line {
        SimLine::Advance(duration) => Ok(Started::Waits(Waiting::Time { until: timeline.world().now + *duration })),
        SimLine::Step(count) => Ok(Started::Waits(Waiting::Steps { left: *count })),
        SimLine::StepUntil { condition, within } => check_possible(timeline, condition).map(|()| {
            let (limit, first) = (timeline.world().now + *within, timeline.journal().len());
            Started::Waits(Waiting::Condition { condition: condition.clone(), limit, within: *within, first })
        }),
        SimLine::Produce(line) => produce(timeline, line),
        line => act(timeline, line, waits).map(Started::Ended),
    };
    begun.unwrap_or_else(|error| Started::Ended(Output::failed(error)))
}

/// Carries out a line that lets no time pass.
fn act(timeline: &mut Timeline, line: &SimLine, waits: bool) -> Result<Output, String> {
    match line {
        SimLine::New(new) => timeline.restart(scenario(new)?),
        SimLine::LoadStop(name) => give(timeline, Command::StopLoad { name: named(timeline, name)? })?,
        SimLine::ClientAdd { names, spec } => {
            let add = |name: &String| {
                client_name(name)?;
                Ok(Command::AddClient { name: Arc::from(&**name), spec: spec.clone() })
            };
            give_all(timeline, names.iter().map(add).collect::<Result<_, String>>()?)?;
        }
        SimLine::ClientSet { names, changes } => {
            let mut output = Output::default();
            let mut commands = Vec::new();
            for name in names {
                if timeline.world().client_named(name).is_some_and(|(_, slot)| slot.is_running()) {
                    output.out(format!("{name} was restarted with its new configuration"));
                }
                commands.push(Command::SetClient { name: named(timeline, name)?, changes: changes.clone() });
            }
            give_all(timeline, commands)?;
            return Ok(output);
        }
        SimLine::ClientCall { name, call } => {
            give(timeline, Command::Call { name: named(timeline, name)?, call: call.clone() })?;
        }
        SimLine::Life { act, words } => live(timeline, *act, words, waits)?,
        SimLine::Cut(a, b) => pairs(timeline, a, b, |a, b| Command::Cut { a, b })?,
        SimLine::Heal(a, b) => pairs(timeline, a, b, |a, b| Command::Heal { a, b })?,
        SimLine::HealAll => give(timeline, Command::HealAll)?,
        SimLine::Isolate(node) => with_controllers(timeline, node, |a, b| Command::Cut { a, b })?,
        SimLine::HealNode(node) => {
            let healed = with_controllers(timeline, node, |a, b| Command::Heal { a, b });
            healed.map_err(|error| {
                let near = if error.contains("did you mean") { String::new() } else { did_you_mean(node, ["all"]) };
                error + &near
            })?;
        }
        SimLine::Slow { node, extra } => {
            let slow = |id| Command::Slow { process: ProcessId::Node(id), extra: *extra };
            give_all(timeline, nodes(timeline, node)?.into_iter().map(slow).collect())?;
        }
        SimLine::Checkpoint(name) => timeline.mark(Arc::from(&**name)),
        SimLine::Restore(name) => {
            let moment = timeline.marked(name).ok_or_else(|| {
                let known: Vec<String> = timeline.marks().map(|(name, _)| name.to_string()).collect();
                format!("there is no checkpoint {name}{}", did_you_mean(name, known.iter().map(String::as_str)))
            })?;
            timeline.jump(|timeline| timeline.seek(moment));
        }
        SimLine::Seek(time) => {
            let at = timeline.scenario().start + *time;
            timeline.jump(|timeline| timeline.seek_time(at));
        }
        SimLine::Undo => {
            if !timeline.undo() {
                return Err("there is nothing to undo".to_string());
            }
        }
        SimLine::Help(verb) => return Ok(Output::printed(verbs::help(verb.as_deref()))),
        look => return look::look(timeline, look),
    }
    Ok(Output::silent())
}

fn give(timeline: &mut Timeline, command: Command) -> Result<(), String> {
    timeline.do_now(command).map_err(|refusal| refusal.0)
}

/// All of them or none, as one thing to undo.
fn give_all(timeline: &mut Timeline, mut commands: Vec<Command>) -> Result<(), String> {
    match commands.len() {
        0 => Ok(()),
        1 => give(timeline, commands.remove(0)),
        _ => give(timeline, Command::All(commands)),
    }
}

/// A new client's name must not mean something else in a line.
fn client_name(name: &str) -> Result<(), String> {
    let taken = name.parse::<i32>().is_ok() || matches!(name, "all" | "add" | "set" | "app" | "fetcher" | "stop");
    let odd = name.is_empty() || name.contains([':', ',', '=']) || name.starts_with('-');
    if taken || odd { Err(format!("'{name}' cannot be a client's name")) } else { Ok(()) }
}

/// The name of a client that exists.
fn named(timeline: &Timeline, name: &str) -> Result<Arc<str>, String> {
    match timeline.world().client_named(name) {
        Some((_, slot)) => Ok(slot.name.clone()),
        None => Err(places::no_client(timeline.world(), name)),
    }
}

fn nodes(timeline: &Timeline, word: &str) -> Result<Vec<NodeId>, String> {
    places::nodes(timeline.world(), word).unwrap_or_else(|| Err(format!("'{word}' is not a node")))
}

/// The scenario that `sim new` asks for.
pub fn scenario(new: &NewRun) -> Result<Scenario, String> {
    let preset = new.preset.as_deref().unwrap_or("trio");
    if preset == "notes-diagram" {
        return Err("not yet: --preset notes-diagram".to_string());
    }
    let mut scenario = Scenario::preset(preset)
        .ok_or_else(|| format!("there is no preset '{preset}'{}", did_you_mean(preset, PRESETS)))?;
    if new.brokers.is_some() || new.controllers.is_some() {
        let brokers = new.brokers.unwrap_or_else(|| scenario.brokers().count() as u32);
        scenario.set_size(brokers, new.controllers.unwrap_or(1));
    }
    if let Some(racks) = &new.racks {
        let racks: Vec<Arc<str>> = racks.iter().map(|rack| Arc::from(&**rack)).collect();
        scenario.set_racks(&racks);
    }
    if let Some(text) = &new.start {
        let micros = start_date(text).ok_or_else(|| format!("'{text}' is not a date: 2026-01-01T00:00:00Z"))?;
        scenario.start = SimTime::from_micros(micros);
    }
    scenario.seed = new.seed.unwrap_or(scenario.seed);
    Ok(scenario)
}

fn produce(timeline: &mut Timeline, line: &ProduceLine) -> Result<Started, String> {
    let name: Arc<str> = Arc::from(&*line.name);
    let mut commands = Vec::new();
    if timeline.world().client_named(&name).is_none() {
        client_name(&name)?;
        let spec = ClientSpec::Producer { config: Default::default() };
        commands.push(Command::AddClient { name: name.clone(), spec });
    }
    let mut job = line.job.clone();
    job.until = line.lasts.map(|lasts| timeline.world().now + lasts);
    let before = counts(timeline, &name);
    let entries = timeline.journal().len();
    let count = job.count.unwrap_or(0);
    commands.push(Command::Produce { name: name.clone(), job });
    give_all(timeline, commands)?;
    Ok(match line.wait {
        None => Started::Ended(Output::silent()),
        Some(wait) => {
            let limit = timeline.world().now + LONGEST_RUN;
            Started::Waits(Waiting::Produced { name, wait, count, before, first: entries, limit })
        }
    })
}

/// What a producer's application has done so far.
#[derive(Default)]
pub struct Counts {
    pub sent: u64,
    pub ended: u64,
    pub failures: u64,
}

pub(in crate::shell) fn counts(timeline: &Timeline, name: &str) -> Counts {
    let app = timeline.world().client_named(name).and_then(|(_, slot)| slot.producer());
    app.map_or_else(Counts::default, |app| Counts {
        sent: app.counters.sent,
        ended: app.counters.succeeded + app.counters.failed,
        failures: app.failures.len() as u64,
    })
}

/// The first exception since, as Java prints it.
pub(in crate::shell) fn failure(timeline: &Timeline, name: &str, before: u64) -> Option<String> {
    let (_, slot) = timeline.world().client_named(name)?;
    let (_, error) = slot.producer()?.failures.get(before as usize)?;
    Some(format!("{name}: {error}"))
}

fn live(timeline: &mut Timeline, act: Life, words: &[String], waits: bool) -> Result<(), String> {
    // All words are looked up first, so that a bad one changes nothing.
    let mut found_nodes = BTreeSet::new();
    let mut clients = Vec::new();
    for word in words {
        match places::nodes(timeline.world(), word) {
            Some(ids) if word.parse::<i32>().is_ok() => found_nodes.extend(ids?),
            Some(ids) => found_nodes.extend(of_set(timeline, act, word, ids?)?),
            None => match (named(timeline, word), act) {
                // A tool in the background may have ended by itself.
                (Ok(name), Life::Close) if is_ended_tool(timeline, &name) => {}
                (Ok(name), _) => clients.push(name),
                (Err(_), Life::Kill | Life::Stop) => return Err(places::unknown_node(timeline.world(), word)),
                (Err(error), _) => return Err(error),
            },
        }
    }
    let mut commands = Vec::new();
    for id in &found_nodes {
        commands.push(node_command(act, *id)?);
    }
    let mut indexes = Vec::new();
    for name in clients {
        let (index, _) = timeline.world().client_named(&name).expect("it was looked up above");
        indexes.push(index);
        commands.push(client_command(act, name, ProcessId::Client(index))?);
    }
    give_all(timeline, commands)?;
    for id in found_nodes.into_iter().filter(|_| waits) {
        match act {
            Life::Stop => wait_while(timeline, |world| world.nodes[&id].node().is_some()),
            Life::Start => wait_while(timeline, |world| {
                world.broker(id).is_some_and(|broker| broker.lifecycle != Lifecycle::Running)
            }),
            _ => {}
        }
    }
    if waits && act == Life::Close {
        indexes.into_iter().for_each(|index| {
            wait_for(timeline, index);
        });
    }
    Ok(())
}

fn is_ended_tool(timeline: &Timeline, name: &str) -> bool {
    let slot = timeline.world().client_named(name).map(|(_, slot)| slot);
    slot.is_some_and(|slot| slot.tool().is_some() && !slot.is_running())
}

/// Of a set of nodes those that the act is for: `all` starts what is down and stops what runs.
fn of_set(timeline: &Timeline, act: Life, word: &str, ids: Vec<NodeId>) -> Result<Vec<NodeId>, String> {
    let fits = |id: &NodeId| {
        let slot = &timeline.world().nodes[id];
        match act {
            Life::Start => slot.node().is_none(),
            Life::Thaw => slot.frozen,
            Life::Stop | Life::Freeze => slot.node().is_some() && !slot.frozen,
            Life::Destroy => slot.spec.roles.is_broker(),
            Life::PowerOff => slot.node().is_some(),
            Life::Kill | Life::Close | Life::Crash => slot.node().is_some(),
        }
    };
    let state = match act {
        Life::Start => "is down",
        Life::Thaw => "is frozen",
        _ => "runs",
    };
    let fitting: Vec<NodeId> = ids.into_iter().filter(fits).collect();
    if fitting.is_empty() { Err(format!("no node of '{word}' {state}")) } else { Ok(fitting) }
}

fn client_command(act: Life, name: Arc<str>, process: ProcessId) -> Result<Command, String> {
    Ok(match act {
        Life::Start => Command::StartClient { name },
        Life::Close => Command::CloseClient { name },
        Life::Crash => Command::CrashClient { name },
        Life::Freeze => Command::Freeze { process },
        Life::Thaw => Command::Thaw { process },
        Life::Kill | Life::PowerOff | Life::Destroy => return Err(format!("{name} is a client: sim crash {name}")),
        Life::Stop => return Err(format!("{name} is a client: sim close {name}")),
    })
}

fn node_command(act: Life, node: NodeId) -> Result<Command, String> {
    let process = ProcessId::Node(node);
    Ok(match act {
        Life::Start => Command::Start { node },
        Life::Kill => Command::Kill { node },
        Life::PowerOff => Command::PowerOff { node },
        Life::Destroy => Command::Destroy { node },
        Life::Stop => Command::Stop { node },
        Life::Freeze => Command::Freeze { process },
        Life::Thaw => Command::Thaw { process },
        Life::Close => return Err(format!("{node} is a node: sim stop {node}")),
        Life::Crash => return Err(format!("{node} is a node: sim kill {node}")),
    })
}

/// A node that is shut down is given five virtual minutes (`controlled.shutdown` has no limit of its own).
fn wait_while(timeline: &mut Timeline, goes_on: impl Fn(&World) -> bool) {
    let limit = timeline.world().now + SimDuration::from_secs(300);
    while goes_on(timeline.world()) {
        if timeline.next_at().is_none_or(|at| at > limit) || timeline.step().is_none() {
            return;
        }
    }
}

fn pairs(
    timeline: &mut Timeline,
    a: &str,
    b: &str,
    command: impl Fn(ProcessId, ProcessId) -> Command,
) -> Result<(), String> {
    let (a, b) = (places::process(timeline.world(), a)?, places::process(timeline.world(), b)?);
    if a == b {
        return Err("a link has two ends".to_string());
    }
    give(timeline, command(a, b))
}

fn with_controllers(
    timeline: &mut Timeline,
    node: &str,
    command: impl Fn(ProcessId, ProcessId) -> Command,
) -> Result<(), String> {
    let a = places::process(timeline.world(), node)?;
    if !matches!(a, ProcessId::Node(_)) {
        return Err(format!("{node} is a client: sim cut takes two ends"));
    }
    let ends = timeline.scenario().controllers().map(ProcessId::Node).filter(|b| *b != a);
    let commands: Vec<Command> = ends.map(|b| command(a, b)).collect();
    if commands.is_empty() {
        return Err(format!("{node} is the only controller"));
    }
    give_all(timeline, commands)
}

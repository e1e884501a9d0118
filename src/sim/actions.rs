//! What commands do to the world. A refused command changes nothing.

use crate::kafka::broker::disk::Disk;
use crate::kafka::controller::raft::QuorumDisk;
use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId, Uuid};
use crate::kafka::seeded::SeededBug;
use crate::rng::Rng;

use super::command::{Command, Refusal};
use super::node::NodeDisk;
use super::slots::NodeState;
use super::world::World;

pub(super) type Events = Vec<(ProcessId, Event)>;

pub(super) fn refuse<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(text.into()))
}

impl World {
    /// Acts now, before the next event.
    ///
    /// # Errors
    /// What makes the command impossible, in a sentence; then nothing has changed, except by the first ones of several
    /// commands: who gives them works on a copy.
    pub fn apply(&mut self, command: &Command) -> Result<Events, Refusal> {
        let mut events = Vec::new();
        for process in command.processes() {
            self.check_known(process)?;
        }
        match command {
            Command::AddClient { name, spec } => self.add_client(name, spec, &mut events)?,
            Command::SetClient { name, changes } => self.set_client(name, changes, &mut events)?,
            Command::StartClient { name } => self.start_client(name, &mut events)?,
            Command::CloseClient { name } => self.close_client(name, &mut events)?,
            Command::CrashClient { name } | Command::Interrupt { name } => self.crash_client(name, &mut events)?,
            Command::Produce { .. } | Command::StopLoad { .. } | Command::Call { .. } => {
                self.drive_client(command, &mut events)?;
            }
            Command::RunTool { request } => self.run_tool(request, &mut events),
            Command::Kill { node } => self.kill(*node, &mut events)?,
            Command::PowerOff { node } => self.power_off(*node, &mut events)?,
            Command::Destroy { node } => self.destroy(*node, &mut events)?,
            Command::Stop { node } => self.stop(*node, &mut events)?,
            Command::Start { node } => self.boot_node(*node, &mut events)?,
            Command::Freeze { process } => self.freeze(*process, &mut events)?,
            Command::Thaw { process } => self.thaw(*process, &mut events)?,
            Command::Cut { a, b } => {
                self.network.cut(*a, *b);
                events.push((*a, Event::LinkCut { a: *a, b: *b }));
            }
            Command::Heal { a, b } => {
                if !self.network.heal(self.now, *a, *b) {
                    return refuse(format!("nothing is cut between {} and {}", self.name_of(*a), self.name_of(*b)));
                }
                events.push((*a, Event::LinkHealed { a: *a, b: *b }));
            }
            Command::HealAll => {
                for (a, b) in self.network.cuts().collect::<Vec<_>>() {
                    self.network.heal(self.now, a, b);
                    events.push((a, Event::LinkHealed { a, b }));
                }
            }
            Command::Slow { process, extra } => self.network.set_slow(*process, *extra),
            Command::All(commands) => {
                for command in commands {
                    events.extend(self.apply(command)?);
                }
            }
            Command::WriteFile { path, bytes } => {
                self.files.insert(path.clone(), bytes.clone());
            }
        }
        Ok(events)
    }

    /// Calls into a process outside of an event, then carries out what it wants.
    pub(super) fn within(
        &mut self,
        process: ProcessId,
        events: &mut Events,
        act: impl FnOnce(&mut World, &mut Effects),
    ) {
        let mut fx = Effects::default();
        act(self, &mut fx);
        let now = self.now;
        let wake = match process {
            ProcessId::Node(id) => {
                let node = self.nodes.get(&id).and_then(|slot| slot.node());
                node.and_then(|node| crate::kafka::effects::Process::poll_timeout(node, now))
            }
            ProcessId::Client(index) => {
                let slot = self.clients.get(&index).filter(|slot| slot.is_running());
                slot.and_then(|slot| slot.client.process().poll_timeout(now))
            }
        };
        self.note_wake(process, wake);
        self.carry_out(process, fx, events);
        self.notice_exit(process, events);
    }

    fn check_known(&self, process: ProcessId) -> Result<(), Refusal> {
        let known = match process {
            ProcessId::Node(id) => self.nodes.contains_key(&id),
            ProcessId::Client(index) => self.clients.contains_key(&index),
        };
        if known { Ok(()) } else { refuse(format!("there is no {process}")) }
    }

    fn running_node(&self, node: NodeId) -> Result<(), Refusal> {
        match self.nodes.get(&node) {
            None => refuse(format!("there is no node {node}")),
            Some(slot) if slot.node().is_none() => refuse(format!("node {node} does not run")),
            Some(_) => Ok(()),
        }
    }

    fn kill(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        self.running_node(node)?;
        let slot = self.nodes.get_mut(&node).expect("it was found above");
        slot.frozen = false;
        let disk = slot.node().expect("it runs").clone().into_disk();
        slot.state = NodeState::Crashed(disk);
        let crash = slot.ending(false);
        self.end_process(ProcessId::Node(node), events, crash);
        Ok(())
    }

    /// Controllers flush their log before they answer for it: they lose nothing.
    fn power_off(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        let Some(slot) = self.nodes.get(&node) else { return refuse(format!("there is no node {node}")) };
        let runs = slot.node().is_some();
        events.push((ProcessId::Node(node), Event::MachineCrashed { node }));
        if runs {
            self.kill(node, events)?;
        }
        let now = self.now;
        let slot = self.nodes.get_mut(&node).expect("it was found above");
        let (NodeState::Crashed(disk) | NodeState::Stopped(disk)) = &mut slot.state else {
            unreachable!("it was killed above")
        };
        if SeededBug::QuorumLogUnflushed.is_planted()
            && let Some(replica) = &mut disk.controller
        {
            replica.log.log.power_off(now);
        }
        let lost = disk.broker.as_mut().map(|disk| disk.power_off(now)).unwrap_or_default();
        for (tp, from, to) in lost {
            events.push((ProcessId::Node(node), Event::UnflushedLost { broker: node, tp, from, to }));
        }
        Ok(())
    }

    fn destroy(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        let Some(slot) = self.nodes.get(&node) else { return refuse(format!("there is no node {node}")) };
        if slot.spec.roles.is_controller() {
            return refuse(format!("not yet: sim destroy of a controller, {node}"));
        }
        if slot.node().is_some() {
            self.kill(node, events)?;
        }
        let (seed, now) = (self.scenario.seed, self.now);
        let slot = self.nodes.get_mut(&node).expect("it was found above");
        let directory_id = Uuid(Rng::stream(seed, &format!("disk {node} after life {}", slot.life)).uuid());
        let observer = Some(QuorumDisk::new(directory_id, now));
        slot.state = NodeState::Crashed(NodeDisk { broker: Some(Disk::new(directory_id)), observer, controller: None });
        events.push((ProcessId::Node(node), Event::DiskDestroyed { broker: node }));
        Ok(())
    }

    fn stop(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        self.running_node(node)?;
        let slot = self.nodes.get_mut(&node).expect("it was found above");
        if slot.frozen {
            return refuse(format!("node {node} is frozen: it cannot take a signal"));
        }
        if let NodeState::Up(running) = &slot.state {
            slot.state = NodeState::Stopping(running.clone());
        }
        let now = self.now;
        self.within(ProcessId::Node(node), events, |world, fx| {
            let running = world.nodes.get_mut(&node).and_then(|slot| slot.node_mut());
            running.expect("it runs").begin_shutdown(now, fx);
        });
        Ok(())
    }

    fn boot_node(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        match self.nodes.get(&node) {
            None => return refuse(format!("there is no node {node}")),
            Some(slot) if slot.node().is_some() => return refuse(format!("node {node} runs already")),
            Some(_) => {}
        }
        self.start_node(node);
        let process = ProcessId::Node(node);
        events.push((process, Event::ProcessStarted { process }));
        Ok(())
    }

    fn freeze(&mut self, process: ProcessId, events: &mut Events) -> Result<(), Refusal> {
        if !self.is_alive(process) {
            return refuse(format!("{} does not run", self.name_of(process)));
        }
        match self.set_frozen(process, true) {
            true => refuse(format!("{} is frozen already", self.name_of(process))),
            false => {
                events.push((process, Event::ProcessFrozen { process }));
                Ok(())
            }
        }
    }

    /// The process goes on where it was: first it reads what has arrived meanwhile, in order.
    fn thaw(&mut self, process: ProcessId, events: &mut Events) -> Result<(), Refusal> {
        if !self.set_frozen(process, false) {
            return refuse(format!("{} is not frozen", self.name_of(process)));
        }
        events.push((process, Event::ProcessThawed { process }));
        let waiting = std::mem::take(self.inbox(process));
        for envelope in waiting {
            self.hand_over(envelope, events);
        }
        Ok(())
    }

    /// Sets the flag and says what it was.
    fn set_frozen(&mut self, process: ProcessId, frozen: bool) -> bool {
        let flag = match process {
            ProcessId::Node(id) => &mut self.nodes.get_mut(&id).expect("it was found before").frozen,
            ProcessId::Client(index) => &mut self.clients.get_mut(&index).expect("it was found before").frozen,
        };
        std::mem::replace(flag, frozen)
    }
}

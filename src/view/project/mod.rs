//! From the world to the scene: everything that the picture shows comes from here, and nothing here decides anything.
//!
//! A projection reads the state of processes and the parcels between them. It is a pure function of the world; only the
//! marks of record keys are handed in, because a key keeps its mark for the whole run.

mod clients;
mod cluster;
mod flights;
pub(in crate::view) mod records;

use std::collections::BTreeMap;

use crate::kafka::ids::{ClientIndex, NodeId, ProcessId, TopicPartition};
use crate::kafka::image::MetadataImage;
use crate::sim::world::World;
use crate::view::keys::KeyMarks;
use crate::view::scene::{KeyLegend, Place, Scene};

pub(in crate::view) use clients::{consumer_of, producer_of, state_of};

/// How many keys the legend names.
const LEGEND: usize = 24;

/// What the parts of a projection share: names for places, and marks for keys.
struct Projection<'a> {
    world: &'a World,
    image: Option<&'a MetadataImage>,
    /// Row of each visible partition.
    rows: BTreeMap<TopicPartition, u32>,
    producers: BTreeMap<ClientIndex, u32>,
    consumers: BTreeMap<ClientIndex, u32>,
    marks: &'a mut KeyMarks,
}

/// The scene of a world at its present moment.
pub fn project(world: &World, marks: &mut KeyMarks) -> Scene {
    let image = newest_image(world);
    let mut rows = BTreeMap::new();
    let visible = image.iter().flat_map(|image| image.topics.values()).filter(|topic| !topic.name.starts_with("__"));
    for (index, tp) in visible
        .flat_map(|topic| topic.partitions.keys().map(|number| TopicPartition::new(topic.name.clone(), *number)))
        .enumerate()
    {
        rows.insert(tp, index as u32);
    }
    let running = || world.clients.iter().filter(|(_, slot)| clients::is_shown(slot));
    let number = |(index, (client, _)): (usize, (&ClientIndex, _))| (*client, index as u32);
    let producers =
        running().filter(|(_, slot)| clients::producer_of(slot).is_some()).enumerate().map(number).collect();
    let consumers =
        running().filter(|(_, slot)| clients::consumer_of(slot).is_some()).enumerate().map(number).collect();
    let mut projection = Projection { world, image, rows, producers, consumers, marks };
    let mut scene = Scene {
        now_us: world.micros(),
        step: world.step,
        control: projection.control_strip(),
        brokers: projection.brokers(),
        rows: projection.rows(),
        cuts: projection.cuts(),
        client_cuts: projection.client_cuts(),
        next: projection.next(),
        ..Scene::default()
    };
    scene.producers = projection.producers();
    scene.consumers = projection.consumers();
    scene.flights = projection.flights();
    let legend = |(key, mark): (&[u8], _)| KeyLegend { key: records::text(key), mark };
    scene.keys = projection.marks.in_order().take(LEGEND).map(legend).collect();
    scene
}

/// The newest picture of the cluster that any running process has: the active controller's, or a broker's.
pub(in crate::view) fn newest_image(world: &World) -> Option<&MetadataImage> {
    let brokers = world.nodes.keys().filter_map(|id| world.broker(*id)).map(|broker| &broker.image);
    let controller = world.active_controller().map(|controller| &controller.image);
    controller
        .into_iter()
        .chain(brokers)
        .reduce(|best, image| if image.next_offset > best.next_offset { image } else { best })
}

impl Projection<'_> {
    /// Where a process stands in the picture.
    fn place(&self, process: ProcessId) -> Place {
        match process {
            ProcessId::Node(id) => self.node_place(id),
            ProcessId::Client(index) => match (self.producers.get(&index), self.consumers.get(&index)) {
                (Some(producer), _) => Place::Producer(*producer),
                (None, Some(consumer)) => Place::Consumer(*consumer),
                (None, None) => Place::Tool(self.world.name_of(process).to_string()),
            },
        }
    }

    fn node_place(&self, id: NodeId) -> Place {
        let broker = self.world.nodes.get(&id).is_some_and(|slot| slot.spec.roles.is_broker());
        if broker { Place::Broker(id.0) } else { Place::Controller(id.0) }
    }

    fn row(&self, tp: &TopicPartition) -> Option<u32> {
        self.rows.get(tp).copied()
    }
}

//! How much happens: rates of rows, and what consumers got lately.

use super::Run;
use crate::kafka::event::Event;
use crate::kafka::ids::TopicPartition;
use crate::time::SimDuration;
use crate::view::scene::{Flux, Row, Scene};

/// The time that rates are taken over, in microseconds, and the most entries of the journal that are read for them.
const FLUX_US: i64 = 1_000_000;
const FLUX_ENTRIES: usize = 6_000;
/// The bars below a consumer's scale: how many, and how much time each stands for, in microseconds.
const SLICES: i64 = 30;
const SLICE_US: i64 = 5_000;

impl Run {
    /// Fills in how many records poll() returned in each of the last slices of time.
    pub(super) fn count_delivered(&self, scene: &mut Scene) {
        let world = self.timeline.world();
        let newest = world.micros().div_euclid(SLICE_US);
        let Scene { consumers, rows, .. } = scene;
        for entry in self.timeline.journal().iter().rev().take(FLUX_ENTRIES) {
            let age = newest - self.since_start(entry.at).div_euclid(SLICE_US);
            if age >= SLICES {
                break;
            }
            let Event::Delivered { client, tp, .. } = &entry.event else { continue };
            let name = world.name_of(*client);
            let Some(card) = consumers.iter_mut().find(|card| *card.name == *name) else { continue };
            let position = card.positions.iter_mut().find(|position| {
                let row = rows.get(position.row as usize);
                row.is_some_and(|row| row.partition == tp.partition && *row.topic == *tp.topic)
            });
            if let Some(position) = position {
                position.delivered.resize(SLICES as usize, 0);
                position.delivered[(SLICES - 1 - age) as usize] += 1;
            }
        }
    }

    /// Records per second of virtual time of each row, over the last moments up to the playhead: appended, and fetched.
    pub fn flux(&self, rows: &[Row]) -> Vec<Flux> {
        let world = self.timeline.world();
        let mut flux: Vec<Flux> = rows.iter().map(|_| Flux::default()).collect();
        let row =
            |tp: &TopicPartition| rows.iter().position(|row| row.partition == tp.partition && *row.topic == *tp.topic);
        let mut begin = world.now;
        for entry in self.timeline.journal().iter().rev().take(FLUX_ENTRIES) {
            if world.now.micros_from(entry.at) > FLUX_US {
                begin = world.now - SimDuration::from_micros(FLUX_US as u64);
                break;
            }
            begin = entry.at;
            match &entry.event {
                Event::BatchAppended { tp, base_offset, last_offset, .. } => {
                    row(tp).into_iter().for_each(|row| flux[row].appended += (last_offset - base_offset + 1) as f64);
                }
                Event::RecordsFetched { tp, records, .. } => {
                    row(tp).into_iter().for_each(|row| flux[row].fetched += f64::from(*records));
                }
                _ => {}
            }
        }
        let seconds = (world.now.micros_from(begin) as f64 / 1e6).max(1e-6);
        flux.into_iter().map(|sum| Flux { appended: sum.appended / seconds, fetched: sum.fetched / seconds }).collect()
    }
}

//! How the height of the stage is shared out among the rows.
//!
//! All rows are equal unless some are lit: rows that a lesson's step is about, or a row that was opened. Lit rows come
//! first and get what the others can spare; the others turn into strips, and fold where even strips do not fit.

use super::super::scene::Scene;
use super::{Level, ROW_MIN, RowMeasures, Slot, Wish};

const ROW_MAX: f64 = 186.0;
/// The height of an opened row among strips, and of a strip beside lit rows.
const OPENED: f64 = 104.0;
const STRIP: f64 = 16.0;
/// Strips below this height have no words.
const THIN: f64 = 22.0;
/// Strips of at least this height have the name of their partition above them; lower ones have its number beside them.
pub const WORDED: f64 = 34.0;
/// Room for the name of a topic above its strips.
const HEADING: f64 = 15.0;
/// Room for the line about rows that do not fit.
const FOLDED: f64 = 14.0;
/// The lowest rows that have room for all of a record, and for tiles at all.
const RECORDS_MIN: f64 = 120.0;
const COMPACT_MIN: f64 = 64.0;

/// The rows of a scene in `all` pixels from `top`, and the room below them for the line about those that are folded.
pub(super) fn place(scene: &Scene, all: f64, cells: u32, wish: &Wish, top: f64) -> (Vec<Slot>, f64) {
    let rows = scene.rows.len() as u32;
    let lit: Vec<u32> = (0..rows).filter(|row| wish.lit.contains(row)).collect();
    if !lit.is_empty() && (lit.len() as u32) < rows && !fits_whole(rows, all, cells) {
        return among_strips(scene, &lit, all, cells, wish, top);
    }
    let (slots, foot) = equal(scene, all, cells, wish, top);
    let strips = slots.first().is_some_and(|slot| slot.level == Level::Dense);
    match wish.opened.filter(|row| strips && slots.iter().any(|slot| slot.row == *row)) {
        Some(opened) if slots.len() > 1 => (open(slots, opened, cells, all - foot), foot),
        _ => (slots, foot),
    }
}

/// One of the strips gets room for tiles, and the others give way.
fn open(mut slots: Vec<Slot>, opened: u32, cells: u32, space: f64) -> Vec<Slot> {
    let headings = slots.iter().filter(|slot| slot.headed).count() as f64 * HEADING;
    let left = ((space - OPENED - headings) / (slots.len() - 1) as f64).floor();
    if left < STRIP {
        return slots;
    }
    let mut y = slots[0].top - if slots[0].headed { HEADING } else { 0.0 };
    for slot in &mut slots {
        y += if slot.headed { HEADING } else { 0.0 };
        let height = if slot.row == opened { OPENED } else { left.min(slot.height) };
        let level = if slot.row == opened { level(height, cells) } else { Level::Dense };
        *slot = Slot { top: y, height, level, measures: measures(level, height), ..*slot };
        y += height;
    }
    slots
}

/// All rows have room for everything: nobody need give way.
fn fits_whole(rows: u32, all: f64, cells: u32) -> bool {
    level((all / f64::from(rows.max(1))).floor(), cells) == Level::Records
}

fn equal(scene: &Scene, all: f64, cells: u32, wish: &Wish, top: f64) -> (Vec<Slot>, f64) {
    let rows = scene.rows.len() as u32;
    let lowest = match wish.level {
        Some(Level::Records) => RECORDS_MIN,
        Some(Level::Compact) => COMPACT_MIN,
        _ => ROW_MIN,
    };
    // Where rows are folded a line below says how many.
    let foot = if f64::from(rows) * lowest > all { FOLDED } else { 0.0 };
    let space = all - foot;
    let shown = rows.min(((space / lowest).floor() as u32).max(1)).max(1);
    let highest = match wish.level {
        Some(Level::Compact) => RECORDS_MIN - 1.0,
        Some(Level::Dense) => COMPACT_MIN - 1.0,
        _ => ROW_MAX,
    };
    let begin = wish.first.min(rows.saturating_sub(shown));
    // Strips without words have the names of their topics above them, where there are several.
    let topic = |row: u32| scene.rows.get(row as usize).map(|row| row.topic.as_str());
    let first = |row: &u32| *row == begin || topic(*row) != topic(*row - 1);
    let topics = f64::from((begin..begin + shown).filter(|row| first(row)).count() as u32);
    let each = space / f64::from(shown);
    let several = (1..rows).any(|row| topic(row) != topic(0));
    let headed = several && each < WORDED && (space - topics * HEADING) / f64::from(shown) >= STRIP;
    let headings = if headed { topics * HEADING } else { 0.0 };
    let height = ((space - headings) / f64::from(shown)).min(highest).floor();
    let level = level(height, cells);
    let mut y = top;
    let slots = (begin..begin + shown).map(|row| {
        let headed = headed && first(&row);
        y += if headed { HEADING } else { 0.0 };
        let quiet = !wish.lit.is_empty() && !wish.lit.contains(&row);
        let slot = Slot { row, top: y, height, level, measures: measures(level, height), quiet, headed };
        y += height;
        slot
    });
    (slots.collect(), foot)
}

/// Lit rows first, and the others as strips, by topic.
fn among_strips(scene: &Scene, lit: &[u32], all: f64, cells: u32, wish: &Wish, top: f64) -> (Vec<Slot>, f64) {
    let topic = |row: u32| scene.rows.get(row as usize).map(|row| row.topic.as_str());
    let others: Vec<u32> = (0..scene.rows.len() as u32).filter(|row| !lit.contains(row)).collect();
    let headed = |index: usize| index == 0 || topic(others[index]) != topic(others[index - 1]);
    let headings = (0..others.len()).filter(|index| headed(*index)).count() as f64;
    let wanted = others.len() as f64 * STRIP + headings * HEADING;
    let count = lit.len() as f64;
    let lowest = match wish.level {
        Some(Level::Records) => RECORDS_MIN,
        Some(Level::Compact) => COMPACT_MIN,
        // Tiles for what the step is about come before a strip for every other row.
        None if count * COMPACT_MIN + HEADING + STRIP + FOLDED <= all => COMPACT_MIN,
        _ => ROW_MIN,
    };
    // Strips fold only where the lit rows would have no room for tiles.
    let spared = (all - count * lowest - FOLDED).max(0.0);
    let foot = if wanted > spared + FOLDED { FOLDED } else { 0.0 };
    let for_strips = if foot > 0.0 { spared } else { wanted };
    let highest = match wish.level {
        Some(Level::Dense) => COMPACT_MIN - 1.0,
        _ => ROW_MAX,
    };
    let height = ((all - for_strips - foot) / count).min(highest).floor().max(ROW_MIN);
    let lit_level = level(height, cells);
    let mut slots = Vec::new();
    let mut y = top;
    for row in lit.iter().copied() {
        let measures = measures(lit_level, height);
        slots.push(Slot { row, top: y, height, level: lit_level, measures, quiet: false, headed: false });
        y += height;
    }
    // What the lit rows leave goes to the strips.
    let floor = top + all - foot;
    let room = ((floor - y - headings * HEADING) / others.len() as f64).clamp(STRIP, COMPACT_MIN - 1.0).floor();
    let fitting = ((floor - y - HEADING) / room).floor().max(0.0) as usize;
    let begin = others.iter().position(|row| *row >= wish.first).unwrap_or(0);
    let begin = if fitting < others.len() { begin.min(others.len() - fitting) } else { 0 };
    for (index, row) in others.iter().copied().enumerate().skip(begin) {
        let headed = headed(index) || index == begin;
        let heading = if headed { HEADING } else { 0.0 };
        if y + heading + room > floor + 0.5 {
            break;
        }
        y += heading;
        let measures = measures(Level::Dense, room);
        slots.push(Slot { row, top: y, height: room, level: Level::Dense, measures, quiet: true, headed });
        y += room;
    }
    (slots, foot)
}

fn level(row_height: f64, cells: u32) -> Level {
    if row_height >= RECORDS_MIN && cells >= 6 {
        Level::Records
    } else if row_height >= COMPACT_MIN && cells >= 4 {
        Level::Compact
    } else {
        Level::Dense
    }
}

pub(super) fn measures(level: Level, height: f64) -> RowMeasures {
    match level {
        Level::Records => RowMeasures {
            rail: 21.5,
            title: 47.0,
            flags: 62.0,
            cells: 67.5,
            cell_h: 25.0,
            ruler: 97.5,
            isr: height - 34.0,
            near: height - 27.5,
            far: height - 11.5,
        },
        Level::Compact => RowMeasures {
            rail: 12.5,
            title: 31.0,
            flags: 31.0,
            cells: 38.5,
            cell_h: (height - 38.0 - 16.0).clamp(10.0, 25.0),
            ruler: (height - 12.0).min(67.5),
            isr: height - 24.0,
            near: height - 8.5,
            far: height - 4.5,
        },
        Level::Dense => RowMeasures {
            rail: if height < THIN { 2.5 } else { 7.5 },
            title: 19.0,
            flags: 19.0,
            cells: if height < THIN { 5.5 } else { 13.5 },
            cell_h: if height < THIN { 7.0 } else { (height - 13.5 - 9.0).clamp(6.0, 14.0) },
            ruler: height - 5.0,
            isr: height,
            near: height - 4.5,
            far: height - 2.5,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::scene::{BrokerCard, Row};
    use super::super::{Form, Layout, lay_out_at};
    use super::*;

    fn stage(topics: &[(&str, u32)], lit: &[u32], level: Option<Level>) -> Layout {
        let rows = |(topic, count): &(&str, u32)| {
            let topic = (*topic).to_owned();
            (0..*count).map(move |partition| Row {
                topic: topic.clone(),
                partition: partition as i32,
                ..Row::default()
            })
        };
        let scene = Scene {
            brokers: (1..=3).map(|id| BrokerCard { id, ..BrokerCard::default() }).collect(),
            rows: topics.iter().flat_map(rows).collect(),
            ..Scene::default()
        };
        lay_out_at(&scene, 1120.0, 554.0, Form::Wide, &Wish { level, lit: lit.to_vec(), ..Wish::default() })
    }

    #[test]
    fn the_rows_of_a_lessons_step_are_large_and_the_others_are_strips_below_them() {
        let layout = stage(&[("orders", 3), ("vip-orders", 10)], &[0, 1, 2], None);
        let levels: Vec<Level> = layout.slots.iter().map(|slot| slot.level).collect();
        assert_eq!((layout.slots.len(), layout.folded), (13, 0));
        assert!(
            levels[..3].iter().all(|level| *level == Level::Compact) && layout.slots[0].height > 85.0,
            "{levels:?}"
        );
        assert!(levels[3..].iter().all(|level| *level == Level::Dense));
        let headed: Vec<u32> = layout.slots.iter().filter(|slot| slot.headed).map(|slot| slot.row).collect();
        assert_eq!(headed, [3], "a topic is named once");
    }

    #[test]
    fn lit_rows_keep_their_tiles_on_a_low_stage_and_strips_are_paged_through() {
        let scene = Scene {
            brokers: vec![BrokerCard::default()],
            rows: (0..13).map(|partition| Row { partition, ..Row::default() }).collect(),
            ..Scene::default()
        };
        let stage = |first| {
            let wish = Wish { lit: vec![0, 1, 2], first, ..Wish::default() };
            lay_out_at(&scene, 788.0, 440.0, Form::Wide, &wish)
        };
        let (begin, end) = (stage(0), stage(12));
        assert!(begin.slots[..3].iter().all(|slot| slot.level == Level::Compact) && begin.folded > 0);
        assert_eq!((begin.slots[3].row, end.slots.last().map(|slot| slot.row)), (3, Some(12)));
        assert_eq!((begin.slots.len(), begin.folded), (end.slots.len(), end.folded));
    }

    #[test]
    fn lit_rows_come_first_wherever_they_are() {
        let layout = stage(&[("a", 6), ("b", 2)], &[6, 7], None);
        let order: Vec<u32> = layout.slots.iter().map(|slot| slot.row).collect();
        assert_eq!(order, [6, 7, 0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_opened_strip_has_room_for_tiles_where_it_stands() {
        let wish = |opened| Wish { opened, ..Wish::default() };
        let scene = Scene {
            brokers: (1..=3).map(|id| BrokerCard { id, ..BrokerCard::default() }).collect(),
            rows: (0..12).map(|partition| Row { partition, ..Row::default() }).collect(),
            ..Scene::default()
        };
        let layout = |opened| lay_out_at(&scene, 1120.0, 554.0, Form::Wide, &wish(opened));
        assert!(layout(None).slots.iter().all(|slot| slot.level == Level::Dense));
        let open = layout(Some(6));
        let order: Vec<u32> = open.slots.iter().map(|slot| slot.row).collect();
        assert_eq!(order, (0..12).collect::<Vec<u32>>());
        assert_eq!((open.slots[6].level, open.slots[6].height), (Level::Compact, OPENED));
        assert!(open.slots.iter().filter(|slot| slot.level == Level::Dense).count() == 11);
    }

    #[test]
    fn rows_that_do_not_fit_come_into_sight_from_another_first_one() {
        let scene = Scene {
            brokers: vec![BrokerCard::default()],
            rows: (0..40).map(|partition| Row { partition, ..Row::default() }).collect(),
            ..Scene::default()
        };
        let rows = |first| {
            let wish = Wish { first, ..Wish::default() };
            let layout = lay_out_at(&scene, 1120.0, 554.0, Form::Wide, &wish);
            (layout.slots[0].row, layout.slots[layout.slots.len() - 1].row, layout.folded)
        };
        let (_, last, folded) = rows(0);
        assert!(folded > 0 && last + folded == 39);
        assert_eq!(rows(last + 1).0, (last + 1).min(40 - last - 1));
        assert_eq!((rows(39).1, rows(39).2), (39, folded), "as many as ever");
    }

    #[test]
    fn rows_never_overlap_and_never_leave_the_stage() {
        for lit in [vec![], vec![0], vec![4, 5], (0..10).collect(), (0..14).collect()] {
            for level in [None, Some(Level::Records), Some(Level::Compact), Some(Level::Dense)] {
                let layout = stage(&[("a", 4), ("b", 10)], &lit, level);
                let pairs = layout.slots.windows(2);
                assert!(pairs.into_iter().all(|pair| pair[0].bottom() <= pair[1].top + 0.5), "{lit:?} {level:?}");
                let floor = layout.cards[0].1.bottom() + 0.5;
                assert!(layout.slots.iter().all(|slot| slot.bottom() <= floor), "{lit:?} {level:?}");
                assert_eq!(layout.slots.len() as u32 + layout.folded, 14);
            }
        }
    }

    #[test]
    fn where_all_rows_have_room_nobody_gives_way() {
        let layout = stage(&[("orders", 3)], &[1], None);
        assert!(layout.slots.iter().all(|slot| slot.level == Level::Records && slot.height == layout.slots[0].height));
        let quiet: Vec<bool> = layout.slots.iter().map(|slot| slot.quiet).collect();
        assert_eq!(quiet, [true, false, true]);
    }
}

//! Back in time, away from a lesson and back to it.

use highwater::lessons::{Bookmark, Ending, News};
use highwater::sim::digest::digest;

use super::console::Desk;
use super::{Table, lesson, right};

const SEND: &str = "sim produce shop --topic orders --key user123 --value order456 --wait acked";

#[test]
fn a_goal_waits_for_the_predictions_of_its_step() {
    let mut desk = Desk::at("L05");
    desk.ok(SEND);
    assert_eq!(desk.step(), 0);
    desk.ok("sim answer L05.P1 2");
    assert_eq!(desk.step(), 1, "the lock is the last thing that was missing");
}

#[test]
fn reached_steps_and_locked_predictions_survive_going_back() {
    let lesson = lesson("L05");
    let mut table = Table::open(&lesson);
    let beginning = table.timeline.now();
    let wrong = 1 - right(&lesson, "L05.P1");
    table.lock_all(|_| wrong);
    table.solve_step();
    table.timeline.seek(beginning);
    assert!(!table.run.observe(&table.timeline));
    assert_eq!((table.run.step(), table.run.verdict("L05.P1").map(|verdict| verdict.chosen)), (1, Some(wrong)));
    assert!(table.run.lock(&table.timeline, "L05.P1", 0).is_err(), "locked is locked");
    // On the new branch nothing of the old one counts.
    let missing =
        table.run.solve_step(&mut table.shell, &mut table.timeline).expect_err("five records are one too few");
    assert!(missing.contains("count_key(\"orders\", \"user123\") >= 6 - is 5"), "{missing}");
}

#[test]
fn the_window_of_a_step_begins_where_the_learner_went_back_to() {
    let mut desk = Desk::at("L05");
    let stored = "sim goal 'H.any(BatchSent{p:\"shop\"})'";
    desk.ok("sim answer L05.P1 1");
    desk.ok("sim checkpoint begin");
    desk.ok(SEND);
    assert_eq!((desk.step(), desk.type_line(stored).status), (1, 1), "the record belongs to the step before");
    let reached = desk.now_us();
    // Played again, the old events are in the window; where the step began, its own window begins again.
    desk.ok("sim restore begin");
    desk.ok("sim step --until event:BatchSent");
    assert_eq!(desk.type_line(stored).status, 0);
    desk.ok(&format!("sim seek {}ms", reached / 1000 + 1));
    assert_eq!(desk.type_line(stored).status, 1);
    // A command on the way makes another branch, whose window stays.
    desk.ok("sim restore begin");
    desk.ok("sim produce shop --topic orders --key user123 --wait acked");
    desk.ok("sim advance 5s");
    assert_eq!(desk.type_line(stored).status, 0);
}

#[test]
fn undo_takes_back_the_last_line_and_never_the_opening() {
    let mut desk = Desk::at("L05");
    assert_eq!(desk.fails("sim undo"), "there is nothing to undo\n");
    let before = digest(desk.timeline.world());
    desk.ok("sim produce shop --topic orders --key a");
    desk.ok("sim undo");
    assert_eq!(digest(desk.timeline.world()), before);
    assert_eq!(desk.fails("sim undo"), "there is nothing to undo\n");
}

#[test]
fn opening_a_lesson_again_is_a_new_beginning() {
    let mut desk = Desk::at("L05");
    let before = digest(desk.timeline.world());
    desk.ok("sim answer L05.P1 1");
    desk.ok(SEND);
    desk.ok("sim lesson L05");
    assert_eq!((desk.step(), digest(desk.timeline.world())), (0, before));
    desk.ok("sim answer L05.P1 1");
}

#[test]
fn a_new_cluster_ends_the_lesson() {
    let mut desk = Desk::at("L05");
    desk.classroom.take_news();
    desk.ok("sim new --preset solo");
    assert!(desk.classroom.run().is_none());
    assert_eq!(desk.classroom.take_news(), [News::Left]);
}

/// A desk where L05 is open at its third step, the playhead before the end, with hints taken.
fn on_the_way() -> Desk {
    let mut desk = Desk::at("L05");
    desk.ok("sim answer L05.P1 3");
    desk.ok(SEND);
    desk.ok("sim produce shop --topic orders --key user123 --values a,b,c,d,e");
    desk.ok("sim produce shop --topic orders --keys order-1,order-4 --wait acked");
    desk.ok("sim advance 2s");
    desk.ok("sim hint");
    desk.ok(&format!("sim seek {}ms", desk.now_us() / 1000 - 500));
    desk
}

#[test]
fn a_lesson_that_was_left_goes_on_where_it_was() {
    let mut desk = on_the_way();
    let json = desk.classroom.bookmark(&desk.timeline).expect("a lesson is open").to_json();
    let mut later = Desk::new();
    later.ok("sim kill 1");
    let bookmark = Bookmark::from_json(&json).expect("it was written just now");
    later.classroom.resume(&bookmark, &mut later.shell, &mut later.timeline).expect("it belongs to this engine");
    assert_eq!((later.timeline.now(), later.timeline.end()), (desk.timeline.now(), desk.timeline.end()));
    assert_eq!(later.classroom.panel(&later.timeline), desk.classroom.panel(&desk.timeline));
    assert_eq!(later.classroom.bookmark(&later.timeline), Some(bookmark));
    assert_eq!(desk.ok("sim hint"), later.ok("sim hint"), "the hints go on");
    for desk in [&mut desk, &mut later] {
        desk.ok("sim answer L05.P2 2");
        desk.ok("sim produce shop --topic orders --count 12");
        desk.ok("sim step --until goal");
        assert_eq!(desk.step(), 3);
        desk.ok("sim undo");
    }
    assert_eq!(digest(later.timeline.world()), digest(desk.timeline.world()));
}

#[test]
fn a_bookmark_that_cannot_be_believed_changes_nothing() {
    let desk = on_the_way();
    let json = desk.classroom.bookmark(&desk.timeline).expect("a lesson is open").to_json();
    let unreadable = |text: &str| Bookmark::from_json(text).expect_err("it cannot be read");
    assert!(unreadable("").starts_with("this is not a bookmark: "));
    assert!(unreadable(&json.replace("\"playhead\"", "\"plumhead\"")).starts_with("this is not a bookmark: "));
    let newer = json.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(unreadable(&newer), "this bookmark has version 2; version 1 can be read");
    let mut other = Desk::at("L05");
    let before = (digest(other.timeline.world()), other.step());
    let mut refused = |from: &str, to: &str| {
        assert!(json.contains(from), "{from} in {json}");
        let bookmark = Bookmark::from_json(&json.replacen(from, to, 1)).expect("it has the right form");
        let Desk { classroom, shell, timeline } = &mut other;
        classroom.resume(&bookmark, shell, timeline).expect_err("it is refused")
    };
    assert_eq!(refused("\"lesson\":\"L05\"", "\"lesson\":\"L99\""), "L99 is not on the shelf");
    assert_eq!(refused("\"L05.P1\":", "\"L05.P7\":"), "L05 has changed since the bookmark was made");
    assert_eq!(refused("\"chosen\":2", "\"chosen\":9"), "L05 has changed since the bookmark was made");
    assert_eq!(refused("\"opening\":3", "\"opening\":300"), "this bookmark is not one of its own run");
    assert!(refused("\"engine\":\"", "\"engine\":\"9").contains("engine 9"));
    let playhead = json.find("\"playhead\":").map(|from| &json[from..]).expect("it has one");
    let playhead = &playhead[..=playhead.find('}').expect("it ends")];
    // The moment's own numbers are right, but not beside each other: no command was given yet at the run's end.
    let forged = playhead.replacen(&format!("\"commands\":{}", desk.timeline.now().commands), "\"commands\":0", 1);
    assert_ne!(forged, playhead);
    assert_eq!(refused(playhead, &forged), "this bookmark is not one of its own run");
    assert_eq!((digest(other.timeline.world()), other.step()), before);
}

#[test]
fn locked_steps_count_as_reached_when_they_open() {
    let text = highwater::lessons::shipped::LESSONS.iter().find(|files| files.id == "L05").expect("it is there").lesson;
    let needy = text.replace("\"predictions\": []\n  }", "\"predictions\": [], \"needs\": [\"registry\"]\n  }");
    let lesson = std::sync::Arc::new(highwater::lessons::Lesson::read(&needy).expect("it is still a lesson"));
    let mut table = Table::open(&lesson);
    table.lock_all(|_| 0);
    table.solve_step();
    assert_eq!(table.run.step(), 2, "the second step is locked");
    assert_eq!(table.run.ending(1), Some(Ending::Locked));
    table.lock_all(|_| 0);
    // The fourth to the sixth are locked too: with the third all are behind.
    table.solve_step();
    assert!(table.run.is_done());
}

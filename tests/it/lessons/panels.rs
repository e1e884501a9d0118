//! What the panel of a lesson shows, and what it does not give away.

use highwater::lessons::panel::{HintPanel, Panel, PredictionState, StepState};

use super::console::Desk;

fn panel(desk: &mut Desk) -> Panel {
    desk.classroom.panel(&desk.timeline).expect("a lesson with words is open")
}

#[test]
fn a_panel_shows_what_is_there_and_gives_nothing_away() {
    let mut desk = Desk::at("L05");
    let shown = panel(&mut desk);
    assert_eq!((shown.id.as_str(), shown.open, &shown.aha), ("L05", Some(0), &None));
    let step = &shown.steps[0];
    assert_eq!((step.number, &step.state, &step.insight, step.hints.len()), (1, &StepState::Open, &None, 0));
    assert_eq!(step.predictions[0].state, PredictionState::Asked);
    assert!(step.predictions[0].options.iter().all(|option| option.tempting.is_none()));
    assert_eq!(step.goal.len(), 2);
    assert!(step.goal.iter().all(|part| !part.holds));
    assert_eq!(step.goal.iter().map(|part| part.text.is_empty()).collect::<Vec<_>>(), [true, false], "the first asks");
    assert_eq!(step.goal[1].why, ["0 looked at"]);
    assert_eq!(shown.steps[1].state, StepState::Ahead);
    assert!(shown.steps[1].goal.is_empty());

    desk.ok("sim answer L05.P1 2");
    let locked = panel(&mut desk);
    assert_eq!(locked.steps[0].predictions[0].state, PredictionState::Locked { chosen: 1 });
    assert_eq!(locked.steps[0].goal.iter().map(|part| part.holds).collect::<Vec<_>>(), [true, false]);
    assert!(locked.steps[0].predictions[0].options.iter().all(|option| option.tempting.is_none()));

    desk.ok("sim hint");
    desk.ok("sim hint");
    desk.ok("sim hint");
    let hints = panel(&mut desk).steps[0].hints.clone();
    assert!(
        matches!(&hints[..], [HintPanel::Words(_), HintPanel::Click(_), HintPanel::Lines(lines)] if lines.len() == 1)
    );
}

#[test]
fn a_reached_step_tells_the_outcome_and_the_last_one_the_point() {
    let mut desk = Desk::at("L05");
    desk.ok("sim answer L05.P1 2");
    desk.ok("sim produce shop --topic orders --key user123 --value order456 --wait acked");
    let shown = panel(&mut desk);
    let step = &shown.steps[0];
    assert!(matches!(step.state, StepState::Reached { at_us } if at_us > 0 && at_us <= desk.now_us()));
    assert!(step.insight.is_some() && step.hints.is_empty());
    assert_eq!(step.predictions[0].state, PredictionState::Told { chosen: 1, happens: 0 });
    let tempting: Vec<bool> = step.predictions[0].options.iter().map(|option| option.tempting.is_some()).collect();
    assert_eq!(tempting, [false, true, true]);
    desk.ok("sim lesson L05 --solve");
    let done = panel(&mut desk);
    assert!(done.open.is_none() && done.aha.is_some());
    assert!(done.steps.iter().all(|step| matches!(step.state, StepState::Reached { .. })));
}

#[test]
fn a_panel_speaks_the_language_that_was_asked_for() {
    let mut desk = Desk::at("L05");
    let english = panel(&mut desk).title;
    desk.classroom.speak("ko");
    let korean = panel(&mut desk).title;
    assert!(english.is_ascii() && !korean.is_ascii(), "{english} {korean}");
    desk.classroom.speak("xx");
    assert_eq!(panel(&mut desk).title, english, "another language stands in");
}

//! A click is its console line: what it sends is the command that the line parses to, so a run that was clicked and one
//! that was typed are the same run.

use std::collections::BTreeMap;

use highwater::app::console::LineKind;
use highwater::app::lesson::LessonMsg;
use highwater::app::msg::Tool;
use highwater::app::palette::{BURST, Field, PaletteMsg, Sheet, VIP};
use highwater::app::{Msg, palette};
use highwater::lessons::Bookmark;
use highwater::lessons::shipped::IDS;
use highwater::view::hit::Target;

use super::column::Visit;

/// A lesson that was just opened.
fn opened(lesson: &str) -> Visit {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open(lesson);
    visit
}

/// The whole run, with all its commands, and where the lesson stands in it.
fn run_of(visit: &Visit) -> Bookmark {
    visit.state.run.bookmark().expect("a lesson is open")
}

/// What the console shows as typed.
fn commands(visit: &Visit) -> Vec<String> {
    let lines = visit.state.console.lines.iter();
    lines.filter(|line| line.kind == LineKind::Command).map(|line| line.text.clone()).collect()
}

#[test]
fn a_lesson_that_is_clicked_through_is_the_run_of_one_that_is_typed() {
    for lesson in IDS {
        let [mut clicked, mut typed] = [opened(lesson), opened(lesson)];
        while clicked.state.run.classroom.run().is_some_and(|run| !run.is_done()) {
            let run = typed.state.run.classroom.run().expect("a lesson is open");
            let step = run.step() as usize;
            let (cli, asked) = (run.lesson().steps[step].cli.clone(), run.lesson().steps[step].predictions.clone());
            for prediction in asked {
                clicked.predict(&prediction.id, 1);
                typed.line(&format!("sim answer {} 2", prediction.id));
            }
            clicked.press(LessonMsg::Solve);
            cli.iter().for_each(|line| typed.line(line));
            assert_eq!(run_of(&clicked), run_of(&typed), "{lesson}.{}", step + 1);
            clicked.press(LessonMsg::Next);
        }
        assert_eq!(commands(&clicked), commands(&typed), "every click is echoed: {lesson}");
        for visit in [&mut clicked, &mut typed] {
            visit.line("sim check");
        }
        assert_eq!(clicked.step(), typed.step());
    }
}

/// Presses the same thing in one of two runs that are alike, types what it echoed in the other; both stay alike.
fn press_and_type(clicked: &mut Visit, typed: &mut Visit, what: &str, press: impl Fn(&mut Visit)) -> Vec<String> {
    let before = commands(clicked).len();
    press(clicked);
    let lines = commands(clicked).split_off(before);
    lines.iter().for_each(|line| typed.line(line));
    assert_eq!(run_of(clicked), run_of(typed), "{what}: {lines:?}");
    lines
}

#[test]
fn every_tool_of_the_toolbar_is_the_line_that_it_echoes() {
    let targets = [
        Target::Broker(2),
        Target::Controller(101),
        Target::Producer("shop".into()),
        Target::Lane { row: 0, broker: 3 },
        Target::Partition(0),
    ];
    for tool in [Tool::Kill, Tool::StopOrStart, Tool::Slow, Tool::Cut] {
        let mut acted = 0;
        let [mut clicked, mut typed] = [opened("L05"), opened("L05")];
        for target in &targets {
            let what = format!("{tool:?} on {target:?}");
            // Twice, for what is stopped is started, and what is cut is mended.
            for _ in 0..2 {
                let lines = press_and_type(&mut clicked, &mut typed, &what, |visit| {
                    visit.send(Msg::Select(None));
                    visit.send(Msg::Tool(tool));
                    visit.send(Msg::Select(Some(target.clone())));
                    if visit.state.armed.is_some() {
                        visit.send(Msg::Select(Some(Target::Broker(1))));
                    }
                    visit.send(Msg::Leave);
                });
                acted += lines.len();
            }
        }
        assert!(acted > 3, "{tool:?} acts: {acted}");
    }
}

#[test]
fn every_sheet_of_the_palette_is_the_line_that_it_echoes() {
    for sheet in Sheet::ALL.into_iter().filter(|sheet| *sheet != Sheet::Cluster) {
        let [mut clicked, mut typed] = [opened("L05"), opened("L05")];
        for field in sheet.fields() {
            let choices = field.choices();
            for choice in if choices.is_empty() { &[""] } else { choices } {
                let what = format!("{sheet:?} with {field:?} {choice}");
                let lines = press_and_type(&mut clicked, &mut typed, &what, |visit| {
                    visit.send(Msg::Palette(PaletteMsg::Show(sheet)));
                    if !choices.is_empty() {
                        visit.send(Msg::Palette(PaletteMsg::Set(*field, (*choice).to_string())));
                    }
                    let shown = palette::line(&visit.state.palette, &visit.state.scene, sheet);
                    visit.send(Msg::Palette(PaletteMsg::Run));
                    assert_eq!(commands(visit).last(), Some(&shown), "what runs is what was shown");
                });
                assert_eq!(lines.len(), 1, "{what}");
            }
        }
    }
}

/// A sheet with what is filled into its fields.
type Filled = (Sheet, Vec<(Field, &'static str)>);

/// What a learner fills into the sheets of the palette, step by step, to finish L05.
fn by_the_palette() -> Vec<Vec<Filled>> {
    let burst = |keys: &'static str, more: &[(Field, &'static str)]| {
        let fixed = [(Field::Producer, "shop"), (Field::Topic, "orders"), (Field::Shape, BURST), (Field::Keys, keys)];
        let plain = [(Field::Value, ""), (Field::Partition, "")];
        (Sheet::Load, [&fixed[..], &plain[..], more].concat())
    };
    let load = |topic, profile, pace| {
        let fields =
            vec![(Field::Producer, "shop"), (Field::Topic, topic), (Field::Shape, profile), (Field::Pace, pace)];
        (Sheet::Load, fields)
    };
    let settings = vec![(Field::Producer, "shop"), (Field::Linger, ""), (Field::Partitioner, VIP)];
    vec![
        vec![burst("user123", &[(Field::Value, "order456"), (Field::Count, "1")])],
        vec![burst("user123", &[(Field::Count, "5")]), burst("order-1,order-4", &[(Field::Count, "2")])],
        vec![burst("", &[(Field::Count, "12")])],
        vec![burst("user123", &[(Field::Partition, "2"), (Field::Count, "1")])],
        vec![load("orders", "celebrity", "200")],
        vec![(Sheet::Settings, settings), load("vip-orders", "mixed", "100")],
    ]
}

#[test]
fn a_lesson_is_finished_with_the_sheets_of_the_palette_alone() {
    let mut visit = opened("L05");
    for (step, sheets) in by_the_palette().into_iter().enumerate() {
        for prediction in ["L05.P1", "L05.P2"] {
            visit.predict(prediction, 0);
        }
        for (sheet, fields) in sheets {
            visit.send(Msg::Palette(PaletteMsg::Show(sheet)));
            for (field, text) in fields {
                visit.send(Msg::Palette(PaletteMsg::Set(field, text.into())));
            }
            visit.send(Msg::Palette(PaletteMsg::Run));
            let answered = visit.state.palette.answered.clone().expect("the line has ended");
            assert!(!answered.refused, "{}", answered.text);
        }
        if visit.step() as usize == step {
            visit.line("sim step --until goal --for 5s");
        }
        assert_eq!(visit.step() as usize, step + 1, "{:?}", commands(&visit));
    }
}

#[test]
fn the_buttons_of_the_page_are_the_lines_that_they_echo() {
    let [mut clicked, mut typed] = [opened("L05"), opened("L05")];
    for visit in [&mut clicked, &mut typed] {
        visit.line("sim answer L05.P1 1");
    }
    let buttons = [
        Msg::StartLoad,
        Msg::Palette(PaletteMsg::StopLoad("shop".into())),
        Msg::CreateTopic,
        Msg::Undo,
        Msg::Lesson(LessonMsg::Hint),
        Msg::Lesson(LessonMsg::Undo),
    ];
    for button in buttons {
        let lines =
            press_and_type(&mut clicked, &mut typed, &format!("{button:?}"), |visit| visit.send(button.clone()));
        assert!(!lines.is_empty(), "{button:?} says what it does");
    }
}

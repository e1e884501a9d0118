//! Every goal, judgement and challenge of the curriculum is read and checked; changed ones are accepted and refused as
//! a second checker, written in another language, accepts and refuses them.

use std::collections::BTreeSet;

use highwater::goal::vocabulary::{EVENTS, FUNCTIONS, METRICS};
use highwater::goal::{Goal, Rules, Scope};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expressions {
    predictions: BTreeSet<String>,
    goals: Vec<Expression>,
}

#[derive(Deserialize)]
struct Expression {
    at: String,
    scope: String,
    goal: String,
}

#[derive(Deserialize)]
struct Changed {
    scope: String,
    goal: String,
    good: bool,
}

fn expressions() -> Expressions {
    serde_json::from_str(include_str!("expressions.json")).expect("the file is good JSON")
}

fn scope(name: &str) -> Scope {
    match name {
        "step" => Scope::Step,
        "challenge" => Scope::Challenge,
        _ => Scope::Judgement,
    }
}

#[test]
fn every_goal_of_the_curriculum_is_read_and_checked() {
    let all = expressions();
    let rules = |scope| Rules { scope, predictions: Some(&all.predictions) };
    let mut failed = Vec::new();
    for row in &all.goals {
        if let Err(error) = Goal::new(&row.goal, rules(scope(&row.scope))) {
            failed.push(format!("{}: {error}\n  {}", row.at, row.goal));
        }
    }
    let total = all.goals.len();
    println!("goals held={} failed={} total={total}", total - failed.len(), failed.len());
    assert!(failed.is_empty() && total == 404, "{}", failed.join("\n"));
}

#[test]
fn changed_goals_are_judged_as_by_a_second_checker() {
    let all = expressions();
    let changed: Vec<Changed> = serde_json::from_str(include_str!("mutated.json")).expect("the file is good JSON");
    let mut failed = Vec::new();
    for row in &changed {
        let rules = Rules { scope: scope(&row.scope), predictions: Some(&all.predictions) };
        let ours = Goal::new(&row.goal, rules);
        if ours.is_ok() != row.good {
            let said = ours.err().map_or("good".to_string(), |error| error.to_string());
            failed.push(format!("{}\n  theirs: {}, ours: {said}", row.goal, row.good));
        }
    }
    println!("changed goals held={} failed={} total={}", changed.len() - failed.len(), failed.len(), changed.len());
    assert!(failed.is_empty() && changed.len() >= 300, "{}", failed.join("\n"));
}

#[test]
fn every_word_of_the_vocabulary_is_used_by_a_goal_or_listed_here() {
    let all = expressions();
    let mut used = BTreeSet::new();
    for row in &all.goals {
        let goal = Goal::new(&row.goal, Rules::of(scope(&row.scope))).expect("it is checked above");
        used.extend(goal.words().names.iter().cloned());
    }
    let functions = FUNCTIONS.iter().map(|row| row.name.to_string());
    let metrics = METRICS.iter().map(|row| format!("L.{}", row.name));
    let events = EVENTS.iter().map(|row| row.name.to_string());
    let unused: Vec<String> = functions.chain(metrics).chain(events).filter(|name| !used.contains(name)).collect();
    insta::assert_snapshot!(unused.join(" "));
}

#[test]
fn words_that_the_engine_cannot_answer_yet_are_these() {
    let later = |rows: &[highwater::goal::vocabulary::Function]| {
        rows.iter().filter(|row| !row.built).map(|row| row.name).collect::<Vec<_>>().join(" ")
    };
    let events: Vec<&str> = EVENTS.iter().filter(|row| !row.built).map(|row| row.name).collect();
    let fields =
        EVENTS.iter().flat_map(|row| row.later_fields.iter().map(move |field| format!("{}.{field}", row.name)));
    insta::assert_snapshot!(format!(
        "functions: {}\nmetrics: {}\nevents: {}\nfields: {}",
        later(FUNCTIONS),
        later(METRICS),
        events.join(" "),
        fields.collect::<Vec<_>>().join(" ")
    ));
}

#[test]
fn a_goal_knows_which_of_its_words_come_later() {
    let goal =
        Goal::new("leo(\"a-0\") >= 1 && grp(\"g\").members == 1 && H.any(Acked{copies:3})", Rules::of(Scope::Step));
    let words = goal.expect("it is good").words().clone();
    assert_eq!(words.later.into_iter().collect::<Vec<_>>(), ["Acked.copies", "grp"]);
}

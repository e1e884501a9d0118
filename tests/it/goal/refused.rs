//! Each rule of the language, broken once: the message names the place and, where there is one, the nearest word.

use std::collections::BTreeSet;

use highwater::goal::{Goal, Rules, Scope};

fn refusal(text: &str) -> String {
    refusal_in(Scope::Step, text)
}

fn refusal_in(scope: Scope, text: &str) -> String {
    let predictions = BTreeSet::from(["L05.P1".to_string()]);
    match Goal::new(text, Rules { scope, predictions: Some(&predictions) }) {
        Ok(_) => format!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn unknown_words_are_refused_with_the_nearest_one() {
    let all = [
        "lea(\"a-0\") == 1",
        "elapse > 5s",
        "leo == 1",
        "H.any(Ackd)",
        "H.cuont(Acked) > 1",
        "L.max_shar(\"a\") > 0.5",
        "topic(\"a\").partitons == 1",
        "H.any(Acked{latncy>5ms})",
        "H.last(Acked).latncy > 5ms",
        "H.max(Acked.latncy) > 5ms",
        "topic(\"a\").config[\"retention.byte\"] == 1",
        "metric(\"c\", \"records-lag\") > 1",
        "answered(\"L05.P2\")",
        "[1].size == 1",
        "{1}.contains(1)",
    ];
    insta::assert_snapshot!(all.map(|text| format!("{text}\n    {}", refusal(text))).join("\n"));
}

#[test]
fn arity_and_types_are_checked() {
    let all = [
        "leo() == 1",
        "leo(\"a-0\", 1, 2) == 1",
        "leo(1) == 1",
        "L.acked_lost() == 0",
        "H.any() ",
        "H.seq(Acked)",
        "H.any(true)",
        "H.max(Acked) > 5ms",
        "H.max(Acked.p) == \"a\"",
        "H.within(30) .any(Acked)",
        "H.during(Acked).any(Delivered)",
        "H.last(Acked).latency >= 50",
        "leo(\"a-0\") == \"1\"",
        "leo(\"a-0\") ~ \"1\"",
        "\"a\" < \"b\"",
        "[1] == {1}",
        "[1, \"a\"].len == 2",
        "1 in 3",
        "\"a\" in [1]",
        "1s in 0..5",
        "5s + 3 == 8s",
        "now + now == now",
        "5s * 5s == 25s",
        "-\"a\" == \"b\"",
        "!leo(\"a-0\")",
        "leo(\"a-0\") && true",
        "leo(\"a-0\")",
        "none",
        "H",
        "H == H0",
        "Acked",
        "true ? 1 : 5s",
        "1 ? true : false",
        "any_rec(\"a\", true)",
        "any_rec(\"a\", r -> r.key)",
        "since(x -> true) > 1s",
        "all_recs(\"a\", r -> any_rec(\"b\", s -> r.key == s.ky))",
        "topic(\"a\").config[leo(\"a-0\")] == 1",
        "segments(\"a-0\")[\"x\"] == 1",
        "segments(\"a-0\").contains_all([\"x\"])",
        "L.within(5s).acked_lost(\"a\") == 0",
        "round(1, true)",
    ];
    insta::assert_snapshot!(all.map(|text| format!("{text}\n    {}", refusal(text))).join("\n"));
}

#[test]
fn literals_that_cannot_be_a_value_are_refused() {
    let all = [
        "leo(\"orders\") == 1",
        "topic(\"or ders\").exists",
        "broker(1).state == \"op\"",
        "\"op\" == broker(1).state",
        "broker(1).state in [\"up\", \"crashd\"]",
        "broker(1).state != none ? broker(1).state == \"up\" : false",
        "H.any(Retry{err:\"NOT_LEADER\"})",
        "H.any(Retry{err in [\"NOT_LEADER_OR_FOLLOWER\", \"X\"]})",
        "H.any(SendFailed{err:\"NOT_LEADER_OR_FOLLOWER\"})",
        "H.any(BatchSent{reason!=\"lingre\"})",
        "cons(\"c\").assignment == [\"orders\"]",
        "cons(\"c\").assignment.contains_all([\"orders\"])",
    ];
    insta::assert_snapshot!(all.map(|text| format!("{text}\n    {}", refusal(text))).join("\n"));
}

#[test]
fn scopes_have_words_of_their_own() {
    assert_eq!(
        refusal_in(Scope::Challenge, "H.any(Acked)"),
        "at character 1: a challenge has no steps: H0 instead of H"
    );
    assert_eq!(
        refusal_in(Scope::Judgement, "answered(\"L05.P1\")"),
        "at character 1: answered() cannot judge a prediction"
    );
    assert_eq!(refusal_in(Scope::Challenge, "round(1, H0.any(Acked))"), "accepted: round(1, H0.any(Acked))");
    assert_eq!(refusal("answered(\"L05.P1\")"), "accepted: answered(\"L05.P1\")");
}

//! The verbs of `sim`, with their forms: help, completion and the nearest word come from here.

/// A form of a verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    pub verb: &'static str,
    /// What stands behind `sim VERB`.
    pub usage: &'static str,
    pub effect: &'static str,
    pub built: bool,
}

const fn built(verb: &'static str, usage: &'static str, effect: &'static str) -> Form {
    Form { verb, usage, effect, built: true }
}

const fn later(verb: &'static str, usage: &'static str, effect: &'static str) -> Form {
    Form { verb, usage, effect, built: false }
}

/// Every form, in the order in which `sim help` shows them.
pub const FORMS: &[Form] = &[
    built(
        "new",
        "[--preset solo|dev|trio] [--brokers N] [--controllers N] [--racks a,b,c] [--start DATE] [--seed N]",
        "a fresh cluster",
    ),
    built("advance", "DURATION", "lets time pass: 20ms 5s 3m 2h 7d"),
    built("step", "[N]", "the next N events"),
    built(
        "step",
        "--until CONDITION [--for 10m]",
        "until hw:tp=N, hw:tp@B=N, leo:tp@B=N, leader:tp=B|none, isr:tp=1,2, idle, goal or event:Name{field:value}",
    ),
    built(
        "produce",
        "P --topic T [--key K|--keys a,b] [--value V|--values a,b] [--null] [--header k=v] [--partition N] \
         [--timestamp MS] [--size B] [--json OBJECT] [--count N] [--every 2ms] [--mode forget|sync|callback] \
         [--wait sent|appended|acked]",
        "producer P, made if it is new, calls send()",
    ),
    built("load", "P --topic T --rate N [--for 60s] [--size B] [--profile NAME]", "a steady load"),
    built("load", "stop P", "ends a load"),
    built("client", "add NAME.. --producer|--consumer [--topics T,..|--assign tp,..] [key=value ..]", "new clients"),
    built("client", "NAME.. set key=value ..", "new configs; an empty value unsets the key"),
    built(
        "client",
        "NAME poll [--timeout 1s] | flush | assign tp,.. | seek tp N|beginning|end | pause|resume tp",
        "a call by hand",
    ),
    built("start", "NAME.. | NODE..", "starts clients, boots nodes"),
    built("close", "NAME..", "ends clients in order"),
    built("crash", "NAME..", "kills clients"),
    built("kill", "NODE..", "kills nodes; what was written survives"),
    built("power-off", "NODE..", "a machine crash: what was not on disk is lost"),
    built("destroy", "NODE..", "a machine crash, and the disk is lost"),
    built("stop", "NODE..", "shuts nodes down in order"),
    built("cut", "A B", "nothing gets through between two processes"),
    built("heal", "A B | all", "links work again"),
    built("isolate", "NODE", "cuts a broker off the controllers"),
    built("slow", "broker NODE 200ms | broker NODE off", "all that goes to and from a broker takes longer"),
    built("freeze", "NAME.. | NODE..", "stops whole processes, as a long garbage collection does"),
    built("thaw", "NAME.. | NODE..", "lets them go on"),
    built("checkpoint", "NAME", "remembers this moment"),
    built("restore", "NAME", "goes back to it"),
    built("seek", "12.384s", "goes to a moment of this run"),
    built("undo", "", "goes back to before the last line that acted; right behind restore or seek, to where it was"),
    built("state", "", "the cluster as JSON"),
    built("events", "[--since NAME|TIME] [--grep REGEX] [--json]", "what has happened"),
    built("logs", "NODE|CLIENT [--grep REGEX]", "log lines of a process"),
    built("check", "", "every invariant: ok, or what is violated"),
    built("digest", "", "a hash of the whole state"),
    built("goal", "'EXPRESSION'", "whether a goal is reached; if not, what is missing"),
    built("ledger", "", "what became of every record, as JSON"),
    built("lesson", "ID [--solve]", "opens a lesson; --solve replays its solution"),
    built("answer", "PREDICTION N", "locks a prediction: sim answer L05.P1 2"),
    built("hint", "", "the next hint of the open step"),
    built("help", "[VERB]", "these lines"),
    later("restart", "NAME.. [--down 20s]", "an orderly close, then a start"),
    later("group", "G set key=value ..", "configs of every member of a group"),
    later("drop-next", "request|ack CLIENT [API]", "one message is lost"),
    later("fail-next", "API CLIENT ERROR", "one request fails"),
    later("interrupt", "P", "interrupts the application's thread"),
    later("app", "NAME ..", "an application that reads and writes"),
    later("broker", "N|all set key=value", "configs of brokers"),
    later("effects", "STORE ..", "where effects of processing land"),
    later("registry", "register SUBJECT FILE", "a schema"),
    later("rolling-restart", "NAME.. [--down 20s]", "one by one"),
    later("inject", "poison|flaky ..", "records that fail"),
    later("redrive", "T.DLQ --to T", "back from the dead letters"),
    later("audit", "T", "stored against acknowledged"),
    later("locate", "--topic T --keys a,b", "where keys go"),
    later("timeline", "tp", "a partition's history"),
    later("history", "NAME", "a client's history"),
    later("note", "ID TEXT", "a note on a record"),
    later("sniff", "NAME", "what a client sends"),
    later("capacity", "--rate N --size B --retention 7d --rf 3", "a sizing sheet"),
    later("chaos", "NAME", "a tape of faults"),
    later("scenario", "NAME", "a canned scenario"),
    later("toy", "..", "the scenes of two lessons"),
];

/// Every verb once, in the order of the forms.
pub fn verbs() -> Vec<&'static str> {
    let mut verbs: Vec<&'static str> = FORMS.iter().map(|form| form.verb).collect();
    verbs.dedup();
    verbs
}

/// The forms of a verb; none if there is no such verb.
pub fn forms(verb: &str) -> Vec<&'static Form> {
    FORMS.iter().filter(|form| form.verb == verb).collect()
}

/// What `sim help` prints.
pub fn help(verb: Option<&str>) -> String {
    let shown = FORMS.iter().filter(|form| verb.is_none_or(|verb| form.verb == verb) && (form.built || verb.is_some()));
    let line = |form: &Form| {
        let blank = if form.usage.is_empty() { "" } else { " " };
        let mark = if form.built { "" } else { " (not yet)" };
        format!("sim {}{blank}{}\n    {}{mark}\n", form.verb, form.usage, form.effect)
    };
    shown.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_verb_stand_together() {
        let verbs = verbs();
        let mut sorted = verbs.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), verbs.len());
        assert!(help(None).contains("sim advance DURATION\n"));
        assert!(!help(None).contains("not yet") && help(Some("drop-next")).contains("(not yet)"));
    }
}

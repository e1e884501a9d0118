//! `sim produce`, `sim load` and `sim client`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arguments::{Arguments, names, setting};
use super::parse::{ProduceLine, SimLine, WaitFor, settings, shared};
use crate::kafka::client::consumer::application::ConsumerBehaviour;
use crate::kafka::client::producer::application::{SendJob, SendMode};
use crate::kafka::client::producer::workload::KeyProfile;
use crate::kafka::ids::TopicPartition;
use crate::kafka::record::Header;
use crate::nearest::did_you_mean;
use crate::sim::command::{ClientCall, ClientSpec, Reads};
use crate::time::SimDuration;

pub(super) fn produce(words: &[String]) -> Result<SimLine, String> {
    let values = [
        "topic",
        "key",
        "keys",
        "value",
        "values",
        "header",
        "partition",
        "timestamp",
        "size",
        "json",
        "count",
        "every",
        "mode",
        "wait",
    ];
    let words = Arguments::split(words, &values, &["null"])?;
    words.at_most(1)?;
    let name = words.word(0, "the producer's name")?.to_string();
    let keys = list_or_one(&words, "keys", "key")?;
    let values = list_or_one(&words, "values", "value")?;
    if words.has("null") && !values.is_empty() {
        return Err("--null and --value cannot stand together".to_string());
    }
    let object = words.value("json").map(object).transpose()?;
    if object.is_some() && (words.has("null") || !values.is_empty()) {
        return Err("--json and --value cannot stand together".to_string());
    }
    let longest = keys.len().max(values.len()).max(1) as u64;
    let mode = match words.one_of("mode", &["forget", "sync", "callback"])? {
        Some("forget") => SendMode::Forget,
        Some("sync") => SendMode::Sync,
        _ => SendMode::Callback,
    };
    let wait = words.one_of("wait", &["sent", "appended", "acked"])?.map(|word| match word {
        "sent" => WaitFor::Sent,
        "appended" => WaitFor::Appended,
        _ => WaitFor::Acked,
    });
    let partition: Option<i32> = words.number("partition")?;
    let timestamp_ms: Option<i64> = words.number("timestamp")?;
    let numbers = [("partition", partition.map(i64::from)), ("timestamp", timestamp_ms)];
    if let Some((option, Some(number))) = numbers.iter().find(|(_, number)| number.is_some_and(|number| number < 0)) {
        return Err(format!("--{option} is at least 0, not {number}"));
    }
    let job = SendJob {
        topic: shared(words.value("topic").ok_or("--topic is missing")?),
        keys: keys.into_iter().map(Some).collect(),
        values,
        null_value: words.has("null"),
        object,
        headers: words.values("header").map(header).collect::<Result<_, _>>()?,
        partition,
        timestamp_ms,
        size: words.number("size")?,
        count: Some(words.number("count")?.unwrap_or(longest)),
        every: words.duration("every")?.unwrap_or(SimDuration::ZERO),
        until: None,
        mode,
        profile: None,
        is_load: false,
    };
    if job.count == Some(0) {
        return Err("--count is at least 1".to_string());
    }
    Ok(SimLine::Produce(Box::new(ProduceLine { name, job, lasts: None, wait })))
}

/// The text of `--json`, which is an object.
fn object(text: &str) -> Result<Arc<str>, String> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_)) => Ok(shared(text)),
        _ => Err(format!("--json needs an object such as '{{\"a\":1}}', not '{text}'")),
    }
}

/// Items of `--keys a,b`, or the one of `--key a`.
fn list_or_one(words: &Arguments, list: &str, one: &str) -> Result<Vec<Arc<str>>, String> {
    if words.has(list) && words.has(one) {
        return Err(format!("--{list} and --{one} cannot stand together"));
    }
    let items = words.list(list).or_else(|| words.value(one).map(|value| vec![value.to_string()]));
    Ok(items.unwrap_or_default().iter().map(|item| shared(item)).collect())
}

fn header(text: &str) -> Result<Header, String> {
    let (key, value) = setting(text).map_err(|_| format!("--header needs k=v, not '{text}'"))?;
    Ok(Header { key: shared(&key), value: Some(Arc::from(value.into_bytes())) })
}

pub(super) fn load(words: &[String]) -> Result<SimLine, String> {
    let words = Arguments::split(words, &["topic", "rate", "for", "size", "profile"], &[])?;
    if words.plain.first().is_some_and(|word| word == "stop") {
        words.at_most(2)?;
        return Ok(SimLine::LoadStop(words.word(1, "the producer's name")?.to_string()));
    }
    words.at_most(1)?;
    let name = words.word(0, "the producer's name")?.to_string();
    let rate: u64 = words.number("rate")?.ok_or("--rate is missing")?;
    if !(1..=1_000_000).contains(&rate) {
        return Err(format!("--rate is 1 to 1000000 records a second, not {rate}"));
    }
    let profile = match words.value("profile") {
        None => None,
        Some(text) => Some(KeyProfile::from_name(text).ok_or_else(|| {
            let known = KeyProfile::ALL.iter().map(|(name, _)| *name);
            format!("there is no profile '{text}'{}", did_you_mean(text, known))
        })?),
    };
    let job = SendJob {
        topic: shared(words.value("topic").ok_or("--topic is missing")?),
        keys: Vec::new(),
        values: Vec::new(),
        null_value: false,
        object: None,
        headers: Vec::new(),
        partition: None,
        timestamp_ms: None,
        size: words.number("size")?,
        count: None,
        every: SimDuration::from_micros(1_000_000 / rate),
        until: None,
        mode: SendMode::Callback,
        profile,
        is_load: true,
    };
    let lasts = words.duration("for")?;
    Ok(SimLine::Produce(Box::new(ProduceLine { name, job, lasts, wait: None })))
}

pub(super) fn client(words: &[String]) -> Result<SimLine, String> {
    if words.first().is_some_and(|word| word == "add") {
        return add(&words[1..]);
    }
    if let Some(at) = words.iter().position(|word| word == "set") {
        let changes = settings(&words[at + 1..])?;
        if at == 0 || changes.is_empty() {
            return Err("NAME.. set key=value ..".to_string());
        }
        no_later_keys(changes.iter().filter(|(_, value)| value.is_some()).map(|(key, _)| key))?;
        return Ok(SimLine::ClientSet { names: names(&words[..at])?, changes });
    }
    call(words)
}

fn add(words: &[String]) -> Result<SimLine, String> {
    let words = Arguments::split(words, &["group", "topics", "pattern", "assign"], &["producer", "consumer"])?;
    let (pairs, plain): (Vec<String>, Vec<String>) = words.plain.iter().cloned().partition(|word| word.contains('='));
    let names = names(&plain)?;
    if names.is_empty() {
        return Err("a name is missing".to_string());
    }
    if words.has("producer") == words.has("consumer") {
        return Err("one of --producer and --consumer must stand".to_string());
    }
    for later in ["group", "pattern"] {
        if words.has(later) {
            return Err(format!("not yet: --{later}"));
        }
    }
    let mut config: BTreeMap<String, String> = pairs.iter().map(|pair| setting(pair)).collect::<Result<_, _>>()?;
    if words.has("producer") {
        no_later_keys(config.keys())?;
        if let Some(key) = ConsumerBehaviour::KEYS.into_iter().find(|key| config.contains_key(*key)) {
            return Err(format!("{key} is a key of consumers"));
        }
        if words.has("topics") || words.has("assign") {
            return Err("--topics and --assign belong to --consumer".to_string());
        }
        return Ok(SimLine::ClientAdd { names, spec: ClientSpec::Producer { config } });
    }
    let behaviour = behaviour(&mut config)?;
    let reads = match (words.list("topics"), words.list("assign")) {
        (Some(_), Some(_)) => return Err("--topics and --assign cannot stand together".to_string()),
        (Some(topics), None) => Reads::Topics(topics.iter().map(|topic| shared(topic)).collect()),
        (None, Some(list)) => Reads::Partitions(partitions(&list)?),
        (None, None) => Reads::Nothing,
    };
    Ok(SimLine::ClientAdd { names, spec: ClientSpec::Consumer { config, behaviour, reads } })
}

/// Takes the simulator's own keys out of a consumer's configs.
fn behaviour(config: &mut BTreeMap<String, String>) -> Result<ConsumerBehaviour, String> {
    let mut behaviour = ConsumerBehaviour::default();
    for key in ConsumerBehaviour::KEYS {
        if let Some(text) = config.remove(key) {
            behaviour.set(key, Some(&text))?;
        }
    }
    no_later_keys(config.keys())?;
    Ok(behaviour)
}

/// The simulator's own keys that arrive later.
const LATER_KEYS: [&str; 7] = ["commit", "callback", "listener", "processing", "on-error", "retry", "effect"];

fn no_later_keys<'a>(mut keys: impl Iterator<Item = &'a String>) -> Result<(), String> {
    match keys.find(|key| LATER_KEYS.contains(&key.as_str()) || *key == "group.id") {
        Some(key) if key == "group.id" => Err("not yet: --group".to_string()),
        Some(key) => Err(format!("not yet: {key}=")),
        None => Ok(()),
    }
}

fn partitions(list: &[String]) -> Result<Vec<TopicPartition>, String> {
    list.iter().map(|text| partition(text)).collect()
}

fn partition(text: &str) -> Result<TopicPartition, String> {
    TopicPartition::parse(text).ok_or_else(|| format!("'{text}' is not a partition: orders-0"))
}

const CALLS: [&str; 12] = [
    "poll",
    "flush",
    "assign",
    "seek",
    "pause",
    "resume",
    "process",
    "commit",
    "subscribe",
    "metrics",
    "partitions-for",
    "connect",
];

/// `NAME CALL ..`.
fn call(words: &[String]) -> Result<SimLine, String> {
    let words = Arguments::split(words, &["timeout"], &["sync", "async"])?;
    let name = words.word(0, "a client's name")?.to_string();
    let verb = words.word(1, "what the client shall do")?;
    let tp = |index: u32| partition(words.word(index, "a partition")?);
    let most = match verb {
        "poll" | "flush" => 2,
        "seek" => 4,
        _ => 3,
    };
    let call = match verb {
        "poll" => ClientCall::Poll { timeout: words.duration("timeout")?.unwrap_or(SimDuration::from_secs(1)) },
        "flush" => ClientCall::Flush,
        "assign" => {
            let list: Vec<String> = words.word(2, "a partition")?.split(',').map(str::to_string).collect();
            ClientCall::Assign(partitions(&list)?)
        }
        "seek" => match words.word(3, "an offset, beginning or end")? {
            "beginning" => ClientCall::SeekToBeginning { tp: Some(tp(2)?) },
            "end" => ClientCall::SeekToEnd { tp: Some(tp(2)?) },
            text => {
                let offset = text.parse().ok().filter(|offset| *offset >= 0);
                let offset = offset.ok_or_else(|| format!("'{text}' is not an offset, beginning or end"))?;
                ClientCall::Seek { tp: tp(2)?, offset }
            }
        },
        "pause" => ClientCall::Pause(tp(2)?),
        "resume" => ClientCall::Resume(tp(2)?),
        known if CALLS.contains(&known) => return Err(format!("not yet: sim client {name} {known}")),
        other => return Err(format!("a client has no '{other}'{}", did_you_mean(other, CALLS))),
    };
    words.at_most(most)?;
    Ok(SimLine::ClientCall { name, call })
}

/// A date or a moment for `--start`: `2026-01-01` or `2026-01-01T00:00:00Z`, in microseconds since the epoch.
pub(super) fn start_date(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let time = time.strip_suffix('Z').unwrap_or(time);
    let mut clock = time.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next().unwrap_or(Some(0))?);
    let sane = (1970..=2500).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    if !sane || parts.next().is_some() || clock.next().is_some() {
        return None;
    }
    let days = crate::time::days_from_civil(year, month, day);
    u64::try_from(((days * 24 + hour) * 60 + minute) * 60 + second).ok()?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn line(text: &str) -> Result<SimLine, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        parse(&words)
    }

    #[test]
    fn one_record_for_each_key() {
        let Ok(SimLine::Produce(line)) = line("produce shop --topic orders --keys a,b,c --wait acked") else {
            panic!("a good line")
        };
        assert_eq!((line.job.count, line.wait, line.job.keys.len()), (Some(3), Some(WaitFor::Acked), 3));
        assert_eq!(line.job.mode, SendMode::Callback);
    }

    #[test]
    fn a_load_has_a_rate() {
        let Ok(SimLine::Produce(line)) = line("load web --topic t --rate 20 --for 10s --profile mixed") else {
            panic!("a good line")
        };
        assert_eq!((line.job.every, line.lasts), (SimDuration::from_millis(50), Some(SimDuration::from_secs(10))));
        assert!(line.job.is_load && line.job.count.is_none());
    }

    #[test]
    fn clients_are_made_set_and_called() {
        let Ok(SimLine::ClientAdd { names, spec }) =
            line("client add c1 c2 --consumer --assign orders-0 process.ms=5 auto.offset.reset=earliest")
        else {
            panic!("a good line")
        };
        assert_eq!(names, ["c1", "c2"]);
        let ClientSpec::Consumer { config, behaviour, .. } = spec else { panic!("a consumer") };
        assert_eq!((behaviour.process_ms, config.len()), (5, 1));
        assert!(matches!(line("client c1 set acks=1 linger.ms="), Ok(SimLine::ClientSet { .. })));
        assert!(matches!(
            line("client c1 seek orders-0 end"),
            Ok(SimLine::ClientCall { call: ClientCall::SeekToEnd { .. }, .. })
        ));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("produce --topic t", "sim produce: the producer's name is missing"),
            ("produce p", "sim produce: --topic is missing"),
            (
                "produce p --topic t --mode snc",
                "sim produce: --mode is forget, sync, callback, not 'snc'; did you mean sync?",
            ),
            ("produce p --topic t --count x", "sim produce: --count needs a number, not 'x'"),
            ("load p --topic t", "sim load: --rate is missing"),
            ("client add c", "sim client: one of --producer and --consumer must stand"),
            ("client add c --consumer --group g", "not yet: --group"),
            ("client add c --consumer group.id=g", "not yet: --group"),
            ("client c set group.id=g", "not yet: --group"),
            ("client c pol", "sim client: a client has no 'pol'; did you mean poll?"),
            ("client c commit", "not yet: sim client c commit"),
        ] {
            assert_eq!(line(text), Err(error.to_string()), "{text}");
        }
    }

    #[test]
    fn a_start_is_a_date() {
        assert_eq!(start_date("2026-01-01"), Some(1_767_225_600_000_000));
        assert_eq!(start_date("2026-01-01T00:00:01Z"), Some(1_767_225_601_000_000));
        assert_eq!(start_date("tomorrow"), None);
    }
}

//! The console line that a sheet of the palette builds.

use super::{BURST, Field, KEYED, Palette, Sheet, value};
use crate::view::scene::Scene;

/// The console line of a sheet.
pub fn line(palette: &Palette, scene: &Scene, sheet: Sheet) -> String {
    let get = |field| value(palette, scene, sheet, field).trim().to_owned();
    let mut words: Vec<String> = Vec::new();
    let mut say = |text: &str| words.push(text.to_owned());
    // Only what is not left empty is said: the rest is Kafka's default.
    let given = |field: Field| Some(get(field)).filter(|text| !text.is_empty());
    match sheet {
        Sheet::Topic => {
            say("kafka-topics --create --topic");
            say(&word(&get(Field::Name)));
            for (option, field) in
                [("--partitions", Field::Partitions), ("--replication-factor", Field::ReplicationFactor)]
            {
                given(field).into_iter().for_each(|text| say(&format!("{option} {}", word(&text))));
            }
            for field in [Field::MinIsr, Field::CleanupPolicy, Field::Retention, Field::SegmentBytes] {
                let setting = field.key().zip(given(field));
                setting
                    .into_iter()
                    .for_each(|(key, text)| say(&format!("--config {}", word(&format!("{key}={text}")))));
            }
        }
        Sheet::Producer => {
            say("sim client add");
            say(&word(&get(Field::Name)));
            say("--producer");
            for field in [Field::Acks, Field::Linger, Field::BatchSize, Field::Idempotence, Field::Partitioner] {
                let setting = field.key().zip(given(field));
                setting.into_iter().for_each(|(key, text)| say(&word(&format!("{key}={text}"))));
            }
        }
        Sheet::Settings => {
            say("sim client");
            say(&word(&get(Field::Producer)));
            say("set");
            for field in [Field::Linger, Field::BatchSize, Field::Acks, Field::Partitioner] {
                let setting = field.key().zip(given(field));
                setting.into_iter().for_each(|(key, text)| say(&word(&format!("{key}={text}"))));
            }
        }
        Sheet::Consumer => {
            say("sim client add");
            say(&word(&get(Field::Name)));
            say("--consumer --topics");
            say(&word(&get(Field::Topic)));
            say(&word(&format!("auto.offset.reset={}", get(Field::Reset))));
        }
        Sheet::Load => return load(&get),
        Sheet::Cluster => {
            say("sim new --preset");
            say(&word(&get(Field::Preset)));
            for (option, field) in [("--brokers", Field::Brokers), ("--racks", Field::Racks), ("--seed", Field::Seed)] {
                given(field).into_iter().for_each(|text| say(&format!("{option} {}", word(&text))));
            }
        }
    }
    words.join(" ")
}

fn load(get: &dyn Fn(Field) -> String) -> String {
    let (producer, topic, shape) = (word(&get(Field::Producer)), word(&get(Field::Topic)), get(Field::Shape));
    let option = |name: &str, field: Field| match get(field) {
        text if text.is_empty() => String::new(),
        text => format!(" {name} {}", word(&text)),
    };
    let (keys, count, size) =
        (option("--keys", Field::Keys), option("--count", Field::Count), option("--size", Field::Size));
    let records = [keys, option("--value", Field::Value), option("--partition", Field::Partition), count].concat();
    match shape.as_str() {
        BURST => format!("sim produce {producer} --topic {topic}{records}{size}"),
        KEYED => {
            let pace = get(Field::Pace);
            // `--every` is a time between two records; a pace is records a second.
            let every =
                pace.parse().ok().filter(|rate: &u64| (1..=1_000_000).contains(rate)).map(|rate| 1_000_000 / rate);
            let every = match every {
                Some(us) if us % 1_000 == 0 => format!("{}ms", us / 1_000),
                Some(us) => format!("{us}us"),
                None => word(&pace),
            };
            format!("sim produce {producer} --topic {topic}{records} --every {every}{size}")
        }
        profile => {
            let profile = if profile.is_empty() { String::new() } else { format!(" --profile {}", word(profile)) };
            format!("sim load {producer} --topic {topic}{}{size}{profile}", option("--rate", Field::Pace))
        }
    }
}

/// A word of a console line: quoted where the shell would take something in it for its own.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,=:/+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

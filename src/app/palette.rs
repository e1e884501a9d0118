//! Free play: what can be added to the cluster. Every sheet is the console line that it builds, shown before it runs.
//!
//! Nothing is checked here: the line runs as if typed, and what Kafka says to it stands under the form, which stays.

mod line;

use std::collections::BTreeMap;

pub use line::line;
use line::word;

use super::lines;
use super::msg::AppEffect;
use super::state::AppState;
use crate::view::scene::Scene;

/// A sheet of the palette: one kind of line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Sheet {
    #[default]
    Topic,
    Producer,
    Consumer,
    Load,
    /// Other settings for a producer that is there.
    Settings,
    /// Another cluster in the place of this one.
    Cluster,
}

impl Sheet {
    pub const ALL: [Sheet; 6] =
        [Sheet::Topic, Sheet::Producer, Sheet::Load, Sheet::Settings, Sheet::Consumer, Sheet::Cluster];

    /// Its fields, in the order in which they are asked for.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Sheet::Topic => &[
                Field::Name,
                Field::Partitions,
                Field::ReplicationFactor,
                Field::MinIsr,
                Field::CleanupPolicy,
                Field::Retention,
                Field::SegmentBytes,
            ],
            Sheet::Producer => {
                &[Field::Name, Field::Acks, Field::Linger, Field::BatchSize, Field::Idempotence, Field::Partitioner]
            }
            Sheet::Load => &[
                Field::Producer,
                Field::Topic,
                Field::Shape,
                Field::Keys,
                Field::Value,
                Field::Partition,
                Field::Pace,
                Field::Count,
                Field::Size,
            ],
            Sheet::Settings => &[Field::Producer, Field::Linger, Field::BatchSize, Field::Acks, Field::Partitioner],
            Sheet::Consumer => &[Field::Name, Field::Topic, Field::Reset],
            Sheet::Cluster => &[Field::Preset, Field::Brokers, Field::Racks, Field::Seed],
        }
    }
}

/// Something that a sheet asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    Name,
    Partitions,
    ReplicationFactor,
    MinIsr,
    CleanupPolicy,
    Retention,
    SegmentBytes,
    Acks,
    Linger,
    BatchSize,
    Idempotence,
    Partitioner,
    Producer,
    Topic,
    Shape,
    Keys,
    Value,
    /// The partition that every record is sent to, whatever its key.
    Partition,
    Pace,
    Count,
    Size,
    Reset,
    Preset,
    Brokers,
    Racks,
    Seed,
}

/// The fully named class, as a client's config wants it.
const ROUND_ROBIN: &str = "org.apache.kafka.clients.producer.RoundRobinPartitioner";
/// An application's own one.
pub const VIP: &str = "VipPartitioner";
/// Loads with keys of their own: one by one at a pace, or all at once. The others are profiles of `sim load`.
pub const KEYED: &str = "keys";
pub const BURST: &str = "burst";

impl Field {
    /// What there is to choose from; none where it is typed. An empty choice is Kafka's default.
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Field::CleanupPolicy => &["", "delete", "compact", "compact,delete"],
            Field::Acks => &["", "all", "1", "0"],
            Field::Idempotence => &["", "true", "false"],
            Field::Partitioner => &["", ROUND_ROBIN, VIP],
            Field::Shape => {
                &[KEYED, BURST, "", "users", "orders", "mixed", "celebrity", "celebrity-salted", "celebrity-composite"]
            }
            Field::Reset => &["earliest", "latest", "none"],
            Field::Preset => &["trio", "solo", "dev"],
            _ => &[],
        }
    }

    /// Kafka's or the console's own name, where the field has one.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Field::Partitions => Some("--partitions"),
            Field::ReplicationFactor => Some("--replication-factor"),
            Field::MinIsr => Some("min.insync.replicas"),
            Field::CleanupPolicy => Some("cleanup.policy"),
            Field::Retention => Some("retention.ms"),
            Field::SegmentBytes => Some("segment.bytes"),
            Field::Acks => Some("acks"),
            Field::Linger => Some("linger.ms"),
            Field::BatchSize => Some("batch.size"),
            Field::Idempotence => Some("enable.idempotence"),
            Field::Partitioner => Some("partitioner.class"),
            Field::Reset => Some("auto.offset.reset"),
            _ => None,
        }
    }

    /// Has no say in this shape of load.
    fn idle(self, shape: &str) -> bool {
        match self {
            Field::Keys | Field::Value | Field::Partition | Field::Count => shape != KEYED && shape != BURST,
            Field::Pace => shape == BURST,
            _ => false,
        }
    }
}

/// What the last line of the palette was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    pub sheet: Sheet,
    pub refused: bool,
    /// What the tool printed, in its own words.
    pub text: String,
}

/// What it keeps besides the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Palette {
    pub open: bool,
    pub sheet: Sheet,
    typed: BTreeMap<(Sheet, Field), String>,
    /// The sheet whose line is being carried out.
    running: Option<Sheet>,
    pub answered: Option<Answered>,
}

/// What the palette asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum PaletteMsg {
    /// Opens it where it was left, or closes it.
    Toggle,
    Show(Sheet),
    Set(Field, String),
    /// Runs the line of the sheet in sight.
    Run,
    StopLoad(String),
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: PaletteMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        PaletteMsg::Toggle => {
            state.palette.open = !state.palette.open;
            return vec![if state.palette.open { AppEffect::FocusPalette } else { AppEffect::LeavePalette }];
        }
        PaletteMsg::Show(sheet) => {
            let was_open = std::mem::replace(&mut state.palette.open, true);
            state.palette.sheet = sheet;
            if !was_open {
                return vec![AppEffect::FocusPalette];
            }
        }
        PaletteMsg::Set(field, text) => {
            let sheet = state.palette.sheet;
            state.palette.typed.insert((sheet, field), text);
            state.palette.answered = None;
        }
        PaletteMsg::Run => return run(state),
        PaletteMsg::StopLoad(name) => return lines::enter(state, &format!("sim load stop {}", word(&name))),
    }
    Vec::new()
}

fn run(state: &mut AppState) -> Vec<AppEffect> {
    let sheet = state.palette.sheet;
    let line = line(&state.palette, &state.scene, sheet);
    state.palette.answered = None;
    if sheet == Sheet::Cluster {
        state.run.set_aside();
    }
    state.palette.running = Some(sheet);
    let mut effects = lines::enter(state, &line);
    effects.extend(settle(state));
    effects
}

/// Takes in what the line was answered, once it has ended.
pub(super) fn settle(state: &mut AppState) -> Vec<AppEffect> {
    if state.is_working() {
        return Vec::new();
    }
    let Some(sheet) = state.palette.running.take() else { return Vec::new() };
    let answer = state.run.last_answer();
    let text = format!("{}{}", answer.stdout, answer.stderr).trim_end().to_owned();
    let refused = answer.status != 0;
    if !refused {
        // The next thing needs another name.
        state.palette.typed.remove(&(sheet, Field::Name));
    }
    state.dirty = true;
    let said = if text.is_empty() { Vec::new() } else { vec![AppEffect::Announce(text.clone())] };
    state.palette.answered = Some(Answered { sheet, refused, text });
    if sheet == Sheet::Cluster && !refused {
        state.palette.open = false;
        let text = state.words.palette_left().to_owned();
        state.offer(text, super::state::Offer::Cluster);
        return said.into_iter().chain([AppEffect::LeavePalette]).collect();
    }
    said
}

/// A field as it stands in its form: as typed, else what is suggested.
pub fn value(palette: &Palette, scene: &Scene, sheet: Sheet, field: Field) -> String {
    palette.typed.get(&(sheet, field)).cloned().unwrap_or_else(|| suggested(scene, sheet, field))
}

/// The field matters for what is chosen in the others.
pub fn is_asked(palette: &Palette, scene: &Scene, sheet: Sheet, field: Field) -> bool {
    sheet != Sheet::Load || !field.idle(&value(palette, scene, sheet, Field::Shape))
}

fn suggested(scene: &Scene, sheet: Sheet, field: Field) -> String {
    let topics = || scene.rows.iter().map(|row| row.topic.as_str());
    let clients = || {
        let producers = scene.producers.iter().map(|card| card.name.as_str());
        producers.chain(scene.consumers.iter().map(|card| card.name.as_str()))
    };
    let brokers = scene.brokers.len();
    match (sheet, field) {
        (Sheet::Topic, Field::Name) => free_name("payments", topics()),
        (Sheet::Producer, Field::Name) => free_name("till", clients()),
        (Sheet::Consumer, Field::Name) => free_name("reader", clients()),
        (_, Field::Partitions) => "3".into(),
        (_, Field::ReplicationFactor) => brokers.clamp(1, 3).to_string(),
        (_, Field::MinIsr) if brokers >= 3 => "2".into(),
        (_, Field::Producer) => scene.producers.last().map_or("till".to_owned(), |card| card.name.clone()),
        (_, Field::Topic) => topics().next_back().unwrap_or("orders").to_owned(),
        (_, Field::Shape) => KEYED.into(),
        (_, Field::Keys) => "uma,vic,yun,ana".into(),
        (_, Field::Pace) => "20".into(),
        (_, Field::Count) => "1000".into(),
        (Sheet::Settings, Field::Linger) => "5".into(),
        (_, Field::Reset) => "earliest".into(),
        (_, Field::Preset) => "trio".into(),
        _ => String::new(),
    }
}

/// The name itself, or with the first number that makes it new.
fn free_name<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<&str> = taken.collect();
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(&name.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::console::LineKind;
    use super::super::msg::{Msg, Theme};
    use super::*;
    use crate::app::update as apply;
    use crate::view::words::Words;

    fn state() -> AppState {
        AppState::new(Words::English, Theme::Light, true)
    }

    fn tell(state: &mut AppState, msg: PaletteMsg) {
        apply(state, Msg::Palette(msg));
        while state.is_working() {
            apply(state, Msg::Work(u64::MAX));
        }
        apply(state, Msg::Frame(1.0));
    }

    fn fill(state: &mut AppState, sheet: Sheet, fields: &[(Field, &str)]) -> String {
        tell(state, PaletteMsg::Show(sheet));
        for (field, text) in fields {
            tell(state, PaletteMsg::Set(*field, (*text).to_owned()));
        }
        line(&state.palette, &state.scene, sheet)
    }

    fn last_command(state: &AppState) -> &str {
        let commands = state.console.lines.iter().rev().find(|line| line.kind == LineKind::Command);
        commands.map_or("", |line| line.text.as_str())
    }

    #[test]
    fn a_topic_is_the_line_that_was_shown_and_is_there_afterwards() {
        let mut state = state();
        let shown = fill(&mut state, Sheet::Topic, &[(Field::Name, "trips"), (Field::Retention, "60000")]);
        assert_eq!(
            shown,
            "kafka-topics --create --topic trips --partitions 3 --replication-factor 3 \
             --config min.insync.replicas=2 --config retention.ms=60000"
        );
        tell(&mut state, PaletteMsg::Run);
        assert_eq!(last_command(&state), shown);
        assert_eq!(state.scene.rows.iter().filter(|row| row.topic == "trips").count(), 3);
        let answered = state.palette.answered.as_ref().expect("the line has ended");
        assert_eq!((answered.refused, answered.text.as_str()), (false, "Created topic trips."));
    }

    #[test]
    fn what_kafka_refuses_stands_under_the_form_in_its_own_words_and_the_form_stays() {
        let mut state = state();
        fill(&mut state, Sheet::Topic, &[(Field::Name, "my topic"), (Field::ReplicationFactor, "7")]);
        tell(&mut state, PaletteMsg::Run);
        assert!(last_command(&state).contains("--topic 'my topic'"), "{}", last_command(&state));
        let answered = state.palette.answered.clone().expect("the line has ended");
        assert!(answered.refused && answered.text.contains("InvalidTopicException"), "{}", answered.text);
        assert!(state.palette.open);
        assert_eq!(value(&state.palette, &state.scene, Sheet::Topic, Field::Name), "my topic");
    }

    #[test]
    fn producers_and_consumers_join_with_their_configs() {
        let mut state = state();
        let configs = [(Field::Acks, "1"), (Field::Linger, "20"), (Field::Idempotence, "false")];
        let shown = fill(&mut state, Sheet::Producer, &configs);
        assert_eq!(shown, "sim client add till --producer acks=1 linger.ms=20 enable.idempotence=false");
        tell(&mut state, PaletteMsg::Run);
        assert!(state.scene.producers.iter().any(|card| card.name == "till" && card.config == "acks=1 linger.ms=20"));
        assert_eq!(value(&state.palette, &state.scene, Sheet::Producer, Field::Name), "till-2", "the next one");
        let shown = fill(&mut state, Sheet::Consumer, &[]);
        assert_eq!(shown, "sim client add reader --consumer --topics orders auto.offset.reset=earliest");
        tell(&mut state, PaletteMsg::Run);
        assert!(state.scene.consumers.iter().any(|card| card.name == "reader"));
    }

    #[test]
    fn loads_come_at_a_pace_at_once_or_by_a_profile() {
        let mut state = state();
        let load = |state: &mut AppState, shape| fill(state, Sheet::Load, &[(Field::Shape, shape)]);
        let paced = load(&mut state, KEYED);
        assert_eq!(paced, "sim produce shop --topic orders --keys uma,vic,yun,ana --count 1000 --every 50ms");
        assert_eq!(load(&mut state, BURST), "sim produce shop --topic orders --keys uma,vic,yun,ana --count 1000");
        assert_eq!(load(&mut state, "celebrity"), "sim load shop --topic orders --rate 20 --profile celebrity");
        tell(&mut state, PaletteMsg::Run);
        assert!(state.scene.producers[0].loaded);
        tell(&mut state, PaletteMsg::StopLoad("shop".into()));
        assert_eq!(last_command(&state), "sim load stop shop");
        assert!(!state.scene.producers[0].loaded);
    }

    #[test]
    fn the_sheets_offer_only_lines_that_the_engine_takes() {
        for sheet in Sheet::ALL {
            let mut state = state();
            for field in sheet.fields() {
                for choice in field.choices() {
                    state.palette.typed.clear();
                    fill(&mut state, sheet, &[(*field, choice)]);
                    tell(&mut state, PaletteMsg::Run);
                    let answered = state.palette.answered.clone().expect("the line has ended");
                    assert!(!answered.refused, "{}: {}", last_command(&state), answered.text);
                }
            }
        }
    }

    #[test]
    fn another_cluster_leaves_the_present_run_which_can_be_brought_back() {
        let mut state = state();
        let before = (state.scene.now_us, state.scene.rows.clone());
        fill(&mut state, Sheet::Cluster, &[(Field::Preset, "solo")]);
        tell(&mut state, PaletteMsg::Run);
        assert_eq!((last_command(&state), state.scene.rows.len()), ("sim new --preset solo", 0));
        assert!(!state.palette.open && state.toast.is_some());
        apply(&mut state, Msg::TakeBack);
        assert_eq!((state.scene.now_us, state.scene.rows.clone()), before);
    }
}

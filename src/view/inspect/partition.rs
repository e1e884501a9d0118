//! A partition, and one replica of it.

use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::narrate;
use crate::view::scene::{Role, Row, Tone};

use super::leaving::{newest, silence, why_not_fetching, why_out};
use super::{Evidence, Fact, Inspection, Link, Reason, Why, commit, fact, listed};

pub fn of_partition(evidence: &Evidence, index: u32) -> Option<Inspection> {
    let words = evidence.words;
    let (row, tp) = (evidence.row(index)?, evidence.tp(index)?);
    let registration = evidence.registration(&tp)?;
    let reference = row.reference();
    let mut facts = vec![
        fact("leader", row.leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string())),
        fact("leaderEpoch", row.leader_epoch),
        fact("replicas", listed(&row.replicas)),
        fact("isr", listed(&row.isr)),
        fact("elr", listed(&row.elr)),
    ];
    if !registration.last_known_elr.is_empty() {
        facts.push(fact("lastKnownElr", listed(&registration.last_known_elr)));
    }
    if let Some(lane) = reference {
        facts.push(fact("highWatermark", lane.high_watermark));
        facts.push(fact("logEndOffset", lane.log_end_offset));
        facts.push(fact("logStartOffset", lane.log_start_offset));
    }
    facts.push(fact("partitionEpoch", registration.partition_epoch));
    facts.extend(configs(evidence, &tp.topic));
    let subtitle = match row.leader {
        Some(leader) => words.inspect_led(leader, row.leader_epoch),
        None => words.stage_no_leader().to_owned(),
    };
    let replica = |lane: &crate::view::scene::Lane| Link {
        text: words.place_broker(lane.broker),
        target: Some(Target::Lane { row: index, broker: lane.broker }),
    };
    Some(Inspection {
        crumbs: vec![Link { text: row.topic.clone(), target: None }, Link { text: row.tp(), target: None }],
        title: row.tp(),
        subtitle: match narrate::trouble(row, words) {
            Some(trouble) => format!("{subtitle}, {trouble}"),
            None => subtitle,
        },
        facts,
        why: Some(why(evidence, index, row, &tp)),
        links: row.lanes.iter().map(replica).collect(),
        ..Inspection::default()
    })
}

/// Configs that decide what the partition accepts, and those that the topic sets, with their sources.
fn configs(evidence: &Evidence, topic: &str) -> Vec<Fact> {
    let mut keys = vec!["min.insync.replicas".to_owned(), "unclean.leader.election.enable".to_owned()];
    if let Some(image) = evidence.image() {
        keys.extend(image.topic_overrides(topic).keys().map(|key| key.to_string()));
    }
    keys.dedup();
    let mut known: Vec<String> = Vec::new();
    let mut facts = Vec::new();
    for key in keys {
        if known.contains(&key) {
            continue;
        }
        let Some(config) = evidence.topic_config(topic, &key) else { continue };
        let value = config.value.as_deref().unwrap_or("null").to_owned();
        facts.push(Fact { name: key.clone(), value, note: Some(evidence.source(config.source).to_owned()) });
        known.push(key);
    }
    facts
}

/// The worst of what there is to ask; else why this broker leads.
fn why(evidence: &Evidence, index: u32, row: &Row, tp: &TopicPartition) -> Why {
    let words = evidence.words;
    let min = evidence.effective_min_isr(row);
    let missing = || row.replicas.iter().filter(|replica| !row.isr.contains(replica));
    let (question, chain) = if row.leader.is_none() {
        (words.why_no_leader(), why_leaderless(evidence, row, tp))
    } else if row.leader_silent {
        (words.why_leader_does_not_answer(), why_silent(evidence, row))
    } else if (row.isr.len() as i32) < min {
        let text = words.why_below_min(row.isr.len(), min);
        let mut chain = vec![Reason::new(text, words.why_below_min_detail())];
        chain.extend(missing().flat_map(|replica| why_out(evidence, tp, *replica)));
        (words.why_refused(), chain)
    } else if row.under_replicated() {
        let mut chain: Vec<Reason> = missing().flat_map(|replica| why_out(evidence, tp, *replica)).collect();
        chain.extend(waiting(evidence, index, row, tp));
        (words.why_under_replicated(), chain)
    } else {
        let mut chain = why_leads(evidence, index, row, tp);
        chain.extend(commit::cut_links(evidence, row));
        chain.extend(waiting(evidence, index, row, tp));
        (words.why_leads(), chain)
    };
    Why { question: question.to_owned(), chain }
}

/// Why the high watermark stands where it stands, and whom it waits for.
fn waiting(evidence: &Evidence, index: u32, row: &Row, tp: &TopicPartition) -> Vec<Reason> {
    let Some((leader, leading)) = evidence.leading(tp) else { return Vec::new() };
    let mut chain = vec![commit::high_watermark(evidence, row, leader, leading)];
    let lane = row.lane_of(Some(leader));
    if let Some(lane) = lane.filter(|lane| lane.high_watermark < lane.log_end_offset) {
        chain.extend(commit::followers(evidence, index, tp, leader, lane.high_watermark));
    }
    chain
}

/// Nobody is eligible: everyone's process is down or fenced.
fn why_leaderless(evidence: &Evidence, row: &Row, tp: &TopicPartition) -> Vec<Reason> {
    let words = evidence.words;
    let at = newest(evidence, |event| matches!(event, Event::Leaderless { tp: of } if of == tp));
    let eligible: Vec<i32> = row.isr.iter().chain(&row.elr).copied().collect();
    let unclean = evidence.topic_config(&tp.topic, "unclean.leader.election.enable");
    let detail = match unclean.and_then(|config| config.value).as_deref() {
        Some("true") => words.why_nobody_alive(),
        _ => words.why_nobody_eligible(),
    };
    let first = Reason::new(words.why_lost_leader(row.tp(), listed(&eligible)), detail);
    let mut chain = vec![match at {
        Some(at) => first.at(evidence.us(at)),
        None => first,
    }];
    for replica in &row.replicas {
        let fenced = evidence.card(*replica).is_some_and(|card| card.fenced);
        match silence(evidence, *replica) {
            Some(reason) => chain.push(reason),
            None if fenced => {
                let text = words.why_is_fenced(words.place_broker(replica));
                chain.push(Reason::new(text, words.why_is_fenced_detail()).about(Target::Broker(*replica)));
            }
            None => {
                let text = words.why_not_eligible(words.place_broker(replica));
                chain.push(Reason::new(text, words.why_not_eligible_detail()).about(Target::Broker(*replica)));
            }
        }
    }
    chain
}

/// The metadata still name a leader that does not answer.
fn why_silent(evidence: &Evidence, row: &Row) -> Vec<Reason> {
    let words = evidence.words;
    let Some(leader) = row.leader else { return Vec::new() };
    let mut chain = vec![Reason::new(words.why_leader_silent(words.place_broker(leader)), words.why_not_noticed())];
    chain.extend(super::broker::session(evidence, leader));
    chain.extend(silence(evidence, leader));
    chain
}

/// When and how the present leader came to lead.
fn why_leads(evidence: &Evidence, index: u32, row: &Row, tp: &TopicPartition) -> Vec<Reason> {
    let words = evidence.words;
    let Some(leader) = row.leader else { return Vec::new() };
    let elected = evidence.back().find_map(|entry| match &entry.event {
        Event::LeaderElected { tp: of, leader: who, clean, preferred } if of == tp && who.0 == leader => {
            Some((entry.at, *clean, *preferred))
        }
        _ => None,
    });
    let who = words.place_broker(leader);
    let lane = Target::Lane { row: index, broker: leader };
    let is_first = row.replicas.first() == Some(&leader);
    let reason = match elected {
        Some((at, clean, preferred)) => {
            let detail = match (clean, preferred) {
                (false, _) => words.why_elected_unclean(),
                (true, true) => words.why_elected_preferred(),
                (true, false) => words.why_elected_clean(),
            };
            let text = words.why_elected(who, row.leader_epoch, evidence.clock(at));
            Reason::new(text, detail).at(evidence.us(at))
        }
        None if is_first => Reason::new(words.why_first_replica(who), words.why_first_replica_detail()),
        None => Reason::new(words.why_leads_since_start(who), ""),
    };
    vec![reason.about(lane)]
}

pub fn of_replica(evidence: &Evidence, index: u32, broker: i32) -> Option<Inspection> {
    let words = evidence.words;
    let (row, tp) = (evidence.row(index)?, evidence.tp(index)?);
    let lane = row.lane_of(Some(broker))?;
    let log = evidence.log(&tp, broker)?;
    let role = match lane.role {
        Role::Leader => words.stage_leader(row.leader_epoch),
        Role::Follower => words.stage_follower().to_owned(),
        Role::Offline => words.stage_offline().to_owned(),
    };
    let mut facts = vec![
        fact("role", role),
        fact("inSync", row.isr.contains(&broker)),
        fact("highWatermark", lane.high_watermark),
        fact("logEndOffset", lane.log_end_offset),
        fact("logStartOffset", lane.log_start_offset),
        fact("lastStableOffset", log.last_stable_offset()),
        fact("size", format!("{} B", log.size_in_bytes())),
        fact("segments", listed(&lane.segments)),
    ];
    if let Some((leader, leading)) = evidence.leading(&tp)
        && leader != broker
        && let Some(follower) = leading.followers.get(&NodeId(broker))
    {
        let end = follower.log_end_offset.map_or_else(|| "–".to_owned(), |end| end.to_string());
        facts.push(fact("lastFetchOffset", end));
        if follower.log_end_offset.is_some() {
            let ago = evidence.world.now.since(follower.last_fetch).as_micros();
            facts.push(fact("lastFetch", words.inspect_ago(span(ago))));
        }
    }
    let (question, chain) = why_replica(evidence, index, row, &tp, broker);
    let newest = lane.tiles.last().map(|tile| Link {
        text: words.inspect_newest(tile.offset),
        target: Some(Target::Record { row: index, broker, offset: tile.offset }),
    });
    Some(Inspection {
        crumbs: vec![
            Link { text: row.tp(), target: Some(Target::Partition(index)) },
            Link { text: words.place_broker(broker), target: None },
        ],
        title: words.inspect_replica(broker, row.tp()),
        subtitle: words.inspect_replica_of(words.place_broker(broker)),
        facts,
        why: (!chain.is_empty()).then_some(Why { question: question.to_owned(), chain }),
        links: newest.into_iter().collect(),
        ..Inspection::default()
    })
}

fn why_replica(
    evidence: &Evidence,
    index: u32,
    row: &Row,
    tp: &TopicPartition,
    broker: i32,
) -> (&'static str, Vec<Reason>) {
    let words = evidence.words;
    if row.leader == Some(broker) {
        let why = why(evidence, index, row, tp);
        let question = if row.trouble() == Tone::Plain { words.why_leads() } else { words.why_in_trouble() };
        return (question, why.chain);
    }
    if !row.isr.contains(&broker) {
        return (words.why_not_in_isr(), why_out(evidence, tp, broker));
    }
    let missing = row.reference().map_or(0, |lane| lane.log_end_offset)
        - row.lane_of(Some(broker)).map_or(0, |lane| lane.log_end_offset);
    if missing > 0 {
        let mut chain = vec![Reason::new(words.why_is_behind(missing), words.why_behind_detail())];
        chain.extend(why_not_fetching(evidence, tp, broker));
        return (words.why_behind(), chain);
    }
    let end = row.lane_of(Some(broker)).map_or(0, |lane| lane.log_end_offset);
    (words.why_in_isr(), vec![Reason::new(words.why_has_all(), words.why_caught_up_detail(end))])
}

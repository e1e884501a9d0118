//! The control strip and the broker cards. Servers are square.

use super::super::hit::Target;
use super::super::layout::{Frame, Layout, Level};
use super::super::scene::{BrokerCard, NodeState, Role, Scene};
use super::super::shape::{Sheet, chip_width, mono_width};
use super::{Lens, fit};

/// The controllers, their epoch, and the end of the metadata log.
pub fn control_strip(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens) {
    let Frame { x, y, w, h } = layout.control;
    let control = &scene.control;
    let selected = matches!(lens.selection, Some(Target::Controller(_)));
    sheet.rect(if selected { "card ctl chosen" } else { "card ctl" }, x, y, w, h, 4.0);
    let many = control.voters.len() > 1;
    let name = if many { lens.words.stage_quorum_many() } else { lens.words.stage_quorum() };
    sheet.text("b11", x + 11.5, y + 16.5, name);
    sheet.text("m10 i2", x + 11.5, y + 30.5, lens.words.stage_epoch(control.epoch));
    let mut at = x + 124.0;
    for (index, voter) in control.voters.iter().enumerate() {
        if index > 0 {
            sheet.line("wire", at - 8.0, y + 19.5, at, y + 19.5);
        }
        let leads = control.active == Some(voter.id);
        let text = if leads { lens.words.stage_voter_leader(voter.id) } else { voter.id.to_string() };
        let width = (mono_width(&text, 10.0) + 14.0).round();
        let class = match (voter.up, leads) {
            (false, _) => "voter dead",
            (true, true) => "voter lead",
            (true, false) => "voter",
        };
        sheet.rect(class, at, y + 11.0, width, 17.0, 8.5);
        let text_class = if leads { "voter-t lead" } else { "voter-t" };
        sheet.text_middle(text_class, at + width / 2.0, y + 23.2, text);
        at += width + 8.0;
    }
    let left = at + 18.0;
    let room = x + w - left - 12.0;
    if room > 120.0 {
        sheet.text("m10 i2", left, y + 16.5, fit("__cluster_metadata", 10.0, room));
        let last = control.last_record.as_deref().unwrap_or(lens.words.stage_metadata_none());
        sheet.text("m10 i3", left, y + 30.5, fit(last, 10.0, room));
    }
    if room > 190.0 {
        metadata_cells(sheet, x + w - 12.0, y + 9.0, control.end_offset);
    }
}

/// The last records of the metadata log, the newest solid, with its end offset.
fn metadata_cells(sheet: &mut Sheet, right: f64, y: f64, end_offset: i64) {
    let text = end_offset.to_string();
    let left = right - mono_width(&text, 9.5) - 4.0;
    for step in 0..end_offset.clamp(0, 6) {
        let x = left - 8.0 * (step as f64 + 1.0);
        sheet.rect(if step == 0 { "mcell last" } else { "mcell" }, x + 0.5, y, 6.0, 9.0, 1.0);
    }
    sheet.text_end("leo-t dim", right, y + 8.5, text);
}

/// A broker: frame, name, state chips, row separators.
pub fn card(sheet: &mut Sheet, scene: &Scene, layout: &Layout, lens: &Lens, broker: &BrokerCard) {
    let Some(frame) = layout.card(broker.id) else { return };
    let Frame { x, y, w, h } = frame;
    let dead = broker.state.is_down();
    let selected = lens.selection == Some(Target::Broker(broker.id));
    let state = if dead {
        " dead"
    } else if broker.fenced || broker.slowed_us.is_some() || broker.state == NodeState::Frozen {
        " slow"
    } else {
        ""
    };
    sheet.rect(&format!("card server{state}{}", if selected { " chosen" } else { "" }), x, y, w, h, 4.0);
    if dead {
        sheet.rect("hatchfill", x + 0.5, y + 0.5, w - 1.0, h - 1.0, 3.5);
    }
    if broker.state == NodeState::Killed {
        sheet.rect("deadbar", x - 0.5, y - 0.5, w + 1.0, 3.0, 0.0);
    }
    let name = lens.words.stage_broker(broker.id);
    sheet.text(if broker.state == NodeState::Killed { "b13 dead" } else { "b13" }, x + 8.5, y + 20.0, name);
    let mut right = x + w - 8.5;
    for (class, text) in chips(scene, layout, lens, broker) {
        let width = chip_width(&text);
        if right - width > x + 70.0 {
            sheet.chip(class, (right - width).floor() + 0.5, y + 7.5, 15.0, &text);
            right -= width + 5.0;
        }
    }
    for slot in layout.slots.iter().filter(|slot| slot.quiet && !dead) {
        let headed = if slot.headed { 14.0 } else { 0.0 };
        sheet.rect("quiet", x + 0.5, slot.top - headed + 1.0, w - 1.0, slot.height + headed - 1.0, 0.0);
    }
    for top in layout.slots.iter().filter(|slot| slot.height > 20.0).map(|slot| slot.top) {
        sheet.line("sep", x + 0.5, top + 0.5, x + w - 0.5, top + 0.5);
    }
}

/// What a broker does other than serving, the most important first.
pub fn state_chips(lens: &Lens, broker: &BrokerCard) -> Vec<(&'static str, String)> {
    let words = lens.words;
    let mut found: Vec<(&'static str, String)> = Vec::new();
    match broker.state {
        NodeState::Up => {}
        NodeState::Killed => found.push(("failfill", words.stage_killed().into())),
        NodeState::Stopped => found.push(("hollow", words.stage_stopped().into())),
        NodeState::Frozen => found.push(("late fill", words.stage_frozen().into())),
        NodeState::Recovering => found.push(("hollow", words.stage_recovering().into())),
        NodeState::Draining => found.push(("hollow", words.stage_draining().into())),
    }
    if broker.fenced && broker.state.serves() {
        found.push(("late", words.stage_fenced().into()));
    }
    if let Some(slowed) = broker.slowed_us {
        found.push(("late fill", words.stage_slow(format!("+{}", super::super::clock::span(slowed)))));
    }
    found
}

/// State chips, the most important first (rightmost).
fn chips(scene: &Scene, layout: &Layout, lens: &Lens, broker: &BrokerCard) -> Vec<(&'static str, String)> {
    let mut found = state_chips(lens, broker);
    for (a, b) in &scene.cuts {
        let other = if *a == broker.id { *b } else { *a };
        if *a == broker.id || *b == broker.id {
            found.push(("gone", format!("✕ {other}")));
        }
    }
    if layout.level == Level::Dense && found.is_empty() {
        let lanes = scene.rows.iter().flat_map(|row| &row.lanes).filter(|lane| lane.broker == broker.id);
        let (leads, follows): (Vec<_>, Vec<_>) = lanes.partition(|lane| lane.role == Role::Leader);
        found.push(("hollow", format!("■ {} □ {}", leads.len(), follows.len())));
    }
    if let Some(rack) = &broker.rack {
        found.push(("hollow", rack.clone()));
    }
    found
}

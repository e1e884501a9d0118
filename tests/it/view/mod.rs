//! What the page shows at moments that matter, as text. Each is reached by console lines, as a visitor would.
//!
//! A test that fails prints the difference. If it is what was wanted, `INSTA_UPDATE=always cargo test --test it view::`
//! writes the snapshots anew; read them before they are committed.

mod told;

use highwater::app::msg::Theme;
use highwater::app::{AppState, Msg, update};
use highwater::view::layout::Level;
use highwater::view::table;
use highwater::view::words::Words;

/// A page without a browser, on the cluster that a visit begins with.
struct Page(AppState);

impl Page {
    fn open() -> Page {
        Page(AppState::new(Words::English, Theme::Light, true))
    }

    /// A cluster of three brokers with nothing on it but what these lines make.
    fn with(lines: &[&str]) -> Page {
        let mut page = Page::open();
        page.lines(&["sim new --preset trio"]);
        page.lines(lines);
        page
    }

    fn send(&mut self, msg: Msg) {
        update(&mut self.0, msg);
        while self.0.is_working() {
            update(&mut self.0, Msg::Work(u64::MAX));
        }
    }

    /// Every line must succeed.
    fn lines(&mut self, lines: &[&str]) {
        for line in lines {
            self.send(Msg::Line((*line).into()));
            let answer = self.0.run.last_answer();
            assert_eq!(answer.status, 0, "{line}: {}", answer.stderr);
        }
    }

    fn scene(&self) -> String {
        told::scene(&self.0.scene)
    }

    fn stage(&self) -> String {
        let layout = self.0.layout();
        told::stage(&self.0.scene, &layout, &self.0.picture(&layout))
    }
}

const ORDERS: [&str; 3] = [
    "kafka-topics --create --topic orders --replica-assignment 1:2:3,2:3:1 --config min.insync.replicas=2",
    "sim client add shop --producer linger.ms=20",
    "sim client add reader --consumer --topics orders auto.offset.reset=earliest",
];

/// Two partitions with a few records, all of them replicated and read.
fn settled() -> Page {
    let mut page = Page::with(&ORDERS);
    page.lines(&["sim produce shop --topic orders --keys uma,vic,yun,ana --count 8 --wait acked", "sim advance 1s"]);
    page
}

#[test]
fn a_visit_begins_with_a_cluster_that_lives() {
    let page = Page::open();
    insta::assert_snapshot!(page.scene());
    insta::assert_snapshot!("the_stage_of_a_first_visit", page.stage());
}

#[test]
fn records_wait_in_the_producer_fly_to_the_leader_and_are_kept_until_the_ack() {
    let mut page = settled();
    page.lines(&["sim produce shop --topic orders --keys uma,vic --count 3", "sim advance 5ms"]);
    let waiting = page.scene();
    page.lines(&["sim step --until event:BatchSent", "sim advance 200us"]);
    let flying = page.scene();
    page.lines(&["sim step --until event:BatchAppended"]);
    insta::assert_snapshot!([waiting, flying, page.scene()].join("\n"));
    insta::assert_snapshot!("the_stage_with_records_in_flight", page.stage());
}

#[test]
fn a_killed_leader_is_silent_until_another_is_elected() {
    let mut page = settled();
    page.lines(&["sim kill 1", "sim produce shop --topic orders --keys uma,vic --count 2", "sim advance 100ms"]);
    let silent = page.scene();
    page.lines(&["sim step --until leader:orders-0=2", "sim advance 500ms"]);
    insta::assert_snapshot!([silent, page.scene()].join("\n"));
    insta::assert_snapshot!("the_stage_without_broker_1", page.stage());
}

#[test]
fn what_was_sent_into_a_cut_link_is_stuck() {
    let mut page = settled();
    page.lines(&["sim cut 1 2", "sim cut shop 2", "sim produce shop --topic orders --keys uma,vic --count 4"]);
    page.lines(&["sim advance 600ms"]);
    insta::assert_snapshot!(page.scene());
    insta::assert_snapshot!("the_stage_with_a_cut_link", page.stage());
}

#[test]
fn acting_in_the_past_leaves_a_branch_behind() {
    let mut page = settled();
    page.lines(&["sim checkpoint before", "sim produce shop --topic orders --keys uma --count 2 --wait acked"]);
    let (there, end) = (page.scene(), page.0.run.newest_us());
    page.lines(&["sim restore before"]);
    let back = page.scene();
    page.lines(&["sim produce shop --topic orders --keys ana --count 1 --wait acked"]);
    let (from, to) = page.0.run.left_us().expect("a branch was left");
    assert!(from < to && to == end, "what was left goes from {from} to {to}");
    insta::assert_snapshot!([there, back, page.scene()].join("\n"));
    let said = page.0.toast.as_ref().map(|toast| toast.text.clone());
    insta::assert_snapshot!("the_notice_of_a_fork", said.unwrap_or_default());
    page.send(Msg::ReturnToLeft);
    assert_eq!(page.0.run.newest_us(), end, "the branch that was left is there again");
}

#[test]
fn many_partitions_are_shown_with_less_of_each() {
    let assignment = |count: usize| vec!["1:2:3"; count].join(",");
    for (count, level) in [(2, Level::Records), (5, Level::Compact), (12, Level::Dense)] {
        let create = format!("kafka-topics --create --topic orders --replica-assignment {}", assignment(count));
        let mut page = Page::with(&[&create, ORDERS[1]]);
        page.lines(&["sim produce shop --topic orders --count 60 --every 1ms --wait acked"]);
        assert_eq!(page.0.layout().level, level, "{count} partitions");
        insta::assert_snapshot!(format!("the_stage_with_{count}_partitions"), page.stage());
        let english = page.stage();
        page.send(Msg::Language(Words::Korean));
        assert_ne!(page.stage(), english, "it speaks Korean as well");
    }
}

#[test]
fn a_phone_shows_one_partition_from_top_to_bottom() {
    let mut page = settled();
    page.send(Msg::Resized { stage: (390.0, 460.0), window: 390.0 });
    page.send(Msg::ShowRow(1));
    insta::assert_snapshot!(page.stage());
}

#[test]
fn tables_tell_all_that_the_picture_shows() {
    let mut page = settled();
    page.lines(&["sim kill 3", "sim produce shop --topic orders --keys uma,vic --count 3", "sim advance 25ms"]);
    let text = |page: &Page| told::tables(&table::tables(&page.0.scene, page.0.words));
    insta::assert_snapshot!(text(&page));
    page.send(Msg::Language(Words::Korean));
    insta::assert_snapshot!("tables_in_korean", text(&page));
}

#[test]
fn the_same_lines_show_the_same_scene() {
    let [one, other] = [settled(), settled()];
    assert_eq!(one.0.scene, other.0.scene);
    assert_eq!(one.stage(), other.stage());
}

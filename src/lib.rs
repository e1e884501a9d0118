//! Highwater: a faithful Apache Kafka cluster that runs in a browser tab, and teaches.
//!
//! From the ground up: [`time`] and [`rng`] are all that a run may draw from; [`kafka`] has the records, the log and the
//! processes as state machines that neither read nor write; [`sim`] makes them a world with a network, faults, a journal
//! and a past that can be visited; [`shell`] speaks to it in Kafka's own command lines; [`view`] makes pictures of it as
//! plain data, [`app`] a program, and `ui` a page of a browser.
//!
//! ```
//! use highwater::{shell::Shell, sim::{scenario::Scenario, timeline::Timeline}};
//!
//! let mut cluster = Timeline::new(Scenario::preset("trio").expect("one of the presets"));
//! let mut shell = Shell::new(&[]);
//! let mut say = |line| shell.run_line(&mut cluster, line).output.stdout_text();
//! assert_eq!(say("kafka-topics --create --topic orders"), "Created topic orders.\n");
//! assert_eq!(say("sim check"), "ok\n");
//! ```

pub mod app;
pub mod goal;
pub mod kafka;
pub mod lessons;
pub mod nearest;
pub mod rng;
pub mod shell;
pub mod sim;
pub mod time;
#[cfg(feature = "torture")]
pub mod torture;
pub mod view;

#[cfg(target_arch = "wasm32")]
pub mod ui;

//! The program minus the browser: state, messages, what each message does.
//!
//! [`update`] is the only place where anything changes. It returns [`AppEffect`]s for what only a browser can do. A button,
//! a key and a console line become the same line for the shell, and the console shows it.

pub mod address;
pub mod catalogue;
pub mod console;
pub mod errand;
pub mod home;
pub mod incident;
pub mod inspect;
pub mod keepsake;
pub mod keymap;
pub mod lesson;
mod lines;
pub mod link;
pub mod msg;
pub mod palette;
pub mod panorama;
pub mod playback;
mod pointing;
pub mod progress;
pub mod reading;
pub mod rooms;
pub mod run;
pub mod sheet;
pub mod shelf;
pub mod state;
pub mod tools;
mod travel;
mod update;

pub use msg::{AppEffect, Msg};
pub use state::AppState;
pub use update::{create_topic, update};

//! Pictures and words as plain data.
//!
//! [`scene`] says what there is to see at one moment, [`layout`] where it stands, [`picture`] which shapes it becomes and
//! [`flight`] where messages are at any instant; [`hit`] answers what lies under a point. [`words`] is the catalogue of texts.
//! Nothing here knows of a browser, and nothing here remembers: the same scene and playhead give the same picture.

pub mod clock;
pub mod events;
pub mod flight;
pub mod hit;
pub mod inspect;
pub mod keys;
pub mod layout;
pub mod lesson;
pub mod logs;
pub mod narrate;
pub mod picture;
pub mod project;
pub mod prose;
#[cfg(test)]
pub(crate) mod sample;
pub mod scene;
pub mod shape;
pub mod table;
pub mod timeline;
pub mod words;

//! The controller.
pub mod placement;

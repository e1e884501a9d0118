//! The native test binary.

mod cases;
mod tidy;

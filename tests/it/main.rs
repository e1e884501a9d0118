//! The native test binary.

mod cases;

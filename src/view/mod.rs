//! Pictures and words as plain data.

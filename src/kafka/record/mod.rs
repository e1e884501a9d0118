//! Record batches v2 and their exact bytes.

pub mod varint;

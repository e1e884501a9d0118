//! One partition log.

//! The browser. No decisions.

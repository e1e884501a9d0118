//! The program minus the browser.

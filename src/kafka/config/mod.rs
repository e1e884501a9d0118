//! Config tables and their checks.

//! The words that goals know, as tables. A word whose capability the engine does not have yet is checked like any other,
//! and has no value: functions and metrics are `none`, events match nothing.

mod events;
mod functions;
mod objects;

pub use events::EVENTS;
pub use functions::{CLIENT_METRICS, FUNCTIONS, METRICS, NAMES, QUERIES, WINDOWED_METRICS};
pub use objects::{CONFIGS, OBJECTS};

/// A function, a metric of the ledger or a query of a history window. Types are written as [`super::types`] reads
/// them; that of an optional parameter ends in `?`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function {
    pub name: &'static str,
    /// Name and type.
    pub params: &'static [(&'static str, &'static str)],
    pub returns: &'static str,
    /// The engine can answer it.
    pub built: bool,
}

/// A kind of event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventRow {
    pub name: &'static str,
    /// Name and type.
    pub fields: &'static [(&'static str, &'static str)],
    /// It has a begin and an end.
    pub interval: bool,
    /// The engine tells of it.
    pub built: bool,
    /// Fields that have no value yet.
    pub later_fields: &'static [&'static str],
}

/// Position of an event in [`EVENTS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct EventKind(pub u16);

impl EventKind {
    pub fn named(name: &str) -> Option<EventKind> {
        EVENTS.iter().position(|row| row.name == name).map(|at| EventKind(at as u16))
    }

    pub fn row(self) -> &'static EventRow {
        &EVENTS[usize::from(self.0)]
    }

    /// Position of a field among the event's fields.
    pub fn field(self, name: &str) -> Option<u32> {
        self.row().fields.iter().position(|(field, _)| *field == name).map(|at| at as u32)
    }
}

/// The row of a name in one of the tables of functions.
pub fn function(table: &'static [Function], name: &str) -> Option<&'static Function> {
    table.iter().find(|row| row.name == name)
}

/// The value of a name in a table of pairs.
pub fn pair<T: Copy>(table: &'static [(&'static str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

//! Options of the real tools: one table a tool, read in the dialect of the library that the real tool uses.
//!
//! The table gives the parser its names, `--help` its lines, completion its words. Names and the kind of argument are
//! Kafka's; the help texts are ours.

pub mod argparse4j;
pub mod joptsimple;

use std::fmt::Write;

/// Whether an option takes an argument, and what the argument is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument {
    None,
    Required(&'static str),
    Optional(&'static str),
}

/// Whether an option does its work here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Built {
    Yes,
    /// Accepted, then refused with `not yet: --x`.
    NotYet,
}

/// One row of a tool's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OptionSpec {
    pub name: &'static str,
    pub argument: Argument,
    pub built: Built,
    pub help: &'static str,
}

/// The options of one tool.
#[derive(PartialEq, Eq, Debug)]
pub struct Table {
    /// The tool's name without `.sh`.
    pub tool: &'static str,
    /// What `--help` says first, and with some tools a call without arguments.
    pub about: &'static str,
    pub options: &'static [OptionSpec],
}

impl OptionSpec {
    pub const fn flag(name: &'static str, help: &'static str) -> OptionSpec {
        OptionSpec { name, argument: Argument::None, built: Built::Yes, help }
    }

    pub const fn value(name: &'static str, what: &'static str, help: &'static str) -> OptionSpec {
        OptionSpec { name, argument: Argument::Required(what), built: Built::Yes, help }
    }

    pub const fn not_yet(self) -> OptionSpec {
        OptionSpec { name: self.name, argument: self.argument, built: Built::NotYet, help: self.help }
    }
}

impl Table {
    pub fn find(&self, name: &str) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| option.name == name)
    }

    /// The option table that stands behind `--help` and behind usage errors.
    pub fn help(&self) -> String {
        let head = |option: &OptionSpec| match option.argument {
            Argument::None => format!("--{}", option.name),
            Argument::Required(what) => format!("--{} <{what}>", option.name),
            Argument::Optional(what) => format!("--{} [{what}]", option.name),
        };
        let width = self.options.iter().map(|option| head(option).len()).max().unwrap_or(0);
        let mut text = String::new();
        for option in self.options {
            let mark = if option.built == Built::NotYet { " (not yet)" } else { "" };
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{:width$}  {}{mark}", head(option), option.help);
        }
        text
    }
}

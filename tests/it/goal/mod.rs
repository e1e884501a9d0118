//! The goal language: what it accepts and refuses, what goals are worth, and that counting and reading again agree.

mod examples;
mod expressions;
mod reference;
mod refused;

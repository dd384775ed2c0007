//! Random workflow bodies, and what each of them does.
//!
//! [`mod@write`] makes programs: typed, ending, with effects that can be seen; each follows from a list of choices
//! ([`choices`]), which can be made again and made smaller. [`run`] finds what a program does without rustc. The two
//! oracles that hold the generator of machines to it are in `codegen/src/oracle` (against the control-flow graph) and
//! in `tests/generated` (against rustc).

pub mod batch;
pub mod choices;
pub mod constructs;
pub mod library;
pub mod outside;
pub mod plain;
pub mod run;
pub mod settle;
pub mod tasks;
pub mod value;
pub mod world;
pub mod write;

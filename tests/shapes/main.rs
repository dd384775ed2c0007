//! Workflows of all shapes under the engine: functions, generic ones, and what a library brings.

mod attributes;
mod bare;
mod functions;
mod generic;
mod hygiene;
mod steps;

//! Workflows of all shapes under the engine: functions, and what a library brings.

mod functions;

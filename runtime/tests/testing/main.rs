//! The test kit: does it let good workflows through, and catch bad ones?

// Activities are `async` by form.
#![allow(clippy::unused_async)]

mod attempts;
mod bad;
mod conformance;
mod constructs;
mod good;
mod local_steps;
mod schema;
mod schema_types;
mod simulated;
mod updates;
mod virtual_time;

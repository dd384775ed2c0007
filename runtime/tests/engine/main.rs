//! The engine as a user sees it, with a workflow that is written out by hand.

mod basics;
mod script;
mod support;

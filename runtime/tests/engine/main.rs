//! The engine as a user sees it, with a workflow that is written out by hand.

mod activities;
mod basics;
mod behind;
mod cancelling;
mod crashes;
mod described;
mod directory;
mod executing;
mod gate;
mod guarantees;
mod health;
mod history;
mod hostile;
mod identity;
mod large;
mod ledger;
mod limits;
mod local_steps;
mod parking;
mod queue;
mod script;
mod support;
mod tasks;
mod timers;
mod updates;

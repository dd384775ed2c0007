//! Tests of Longhaul as a whole; each folder is one test program. Here stands what they use from another crate.

pub mod sites;

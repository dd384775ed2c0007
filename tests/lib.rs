//! Tests of Longhaul as a whole; each folder is one test program.

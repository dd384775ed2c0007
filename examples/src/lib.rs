//! The examples of Longhaul are programs: see `hello/` and `checkout/` beside this folder.

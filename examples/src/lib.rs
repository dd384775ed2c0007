//! The examples of Longhaul are programs: see `hello/`, `sites/` and `checkout/` beside this folder.

//! All that the table tells, each in a process of its own, so that none finds the memory or the disk of another.

use std::error::Error;
use std::process::Command;

use crate::report;

const PARTS: [&str; 9] =
    ["throughput", "signals", "starts", "queries", "active", "due", "events", "sleeping", "timers"];

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    report::head();
    let mut failed = Vec::new();
    for part in PARTS {
        // What it prints are lines of the table.
        let status = Command::new(std::env::current_exe()?).arg(part).status()?;
        if !status.success() {
            failed.push(part);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("these failed: {}", failed.join(", ")).into()) }
}

//! An optional record of what could be seen from outside: each acknowledgement, each attempt at an activity.
//! The crash test checks the guarantees against it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use longhaul::prelude::*;

use super::shop::open_lines;

/// One thing that was seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Seen {
    /// A start was acknowledged.
    Started { id: String },
    /// A decision was acknowledged.
    Decided { id: String },
    /// A note was acknowledged.
    Noted { id: String, number: u32 },
    /// An attempt at an activity began.
    Activity { name: String, key: String, input: String },
}

/// Where it is written, if it is.
#[derive(Default)]
pub struct Audit(Option<Mutex<File>>);

impl Audit {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Ok(Audit(Some(Mutex::new(open_lines(path)?))))
    }

    /// Whether anything is written.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub fn see(&self, seen: &Seen) -> Result<(), Failure> {
        let Some(file) = &self.0 else { return Ok(()) };
        let mut line = serde_json::to_vec(seen)?;
        line.push(b'\n');
        let mut file = file.lock().map_err(|_| Failure::msg("the audit's lock is poisoned"))?;
        Ok(file.write_all(&line)?)
    }

    pub fn activity(&self, name: &str, key: &str, input: &impl Serialize) -> Result<(), Failure> {
        let input = serde_json::to_string(input)?;
        self.see(&Seen::Activity { name: name.to_owned(), key: key.to_owned(), input })
    }
}

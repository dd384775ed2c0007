//! When an operation was begun, from the log of its run.

use std::collections::BTreeMap;

use super::flights::View;
use super::logged::Logged;
use crate::machine::OpId;
use crate::store::{CommandRecord, LogEntry, RunNo, Seq, StoreError};
use crate::time::Moment;

/// How many transitions are looked at, at most.
const LOOKS: usize = 256;

/// Finds when operations of a run were begun that has had so many transitions. Those that would take too long to find are left
/// out, as is what cannot be read.
///
/// Operations are numbered in the order in which they were begun, so the log is searched by halves.
pub(super) fn begun(
    view: View<'_>,
    run: RunNo,
    ops: &[OpId],
    transitions: u64,
) -> Result<BTreeMap<OpId, Moment>, StoreError> {
    let mut search = Search { log: Logged::of(view, run)?, looks: LOOKS, read: BTreeMap::new() };
    let mut found = BTreeMap::new();
    for op in ops {
        if let Some(at) = search.find(*op, transitions)? {
            found.insert(*op, at);
        }
    }
    Ok(found)
}

struct Search<'a> {
    log: Logged<'a>,
    looks: usize,
    /// What the transitions that were looked at began, and when.
    read: BTreeMap<u64, Option<Begun>>,
}

#[derive(Clone)]
struct Begun {
    at: Moment,
    /// By rising numbers.
    ops: Vec<OpId>,
}

impl Search<'_> {
    fn find(&mut self, op: OpId, transitions: u64) -> Result<Option<Moment>, StoreError> {
        let (mut low, mut high) = (0, transitions);
        while low < high {
            let middle = low.midpoint(high);
            // The last one up to the middle that began anything.
            let mut at = middle;
            let begun = loop {
                match self.look(at)? {
                    Some(begun) if !begun.ops.is_empty() => break Some(begun),
                    None => return Ok(None),
                    Some(_) if at == low => break None,
                    Some(_) => at -= 1,
                }
            };
            match begun {
                Some(begun) if begun.ops.contains(&op) => return Ok(Some(begun.at)),
                Some(begun) if begun.ops[0] > op => high = at,
                _ => low = middle + 1,
            }
        }
        Ok(None)
    }

    /// What a transition began; `None` where that cannot be told.
    fn look(&mut self, seq: u64) -> Result<Option<Begun>, StoreError> {
        if let Some(known) = self.read.get(&seq) {
            return Ok(known.clone());
        }
        if self.looks == 0 {
            return Ok(None);
        }
        self.looks -= 1;
        self.read.insert(seq, None);
        for (seq, entry) in self.log.around(Seq(seq))?.unwrap_or_default().entries {
            self.read.insert(seq.0, Some(Begun::by(&entry)));
        }
        Ok(self.read.get(&seq).cloned().flatten())
    }
}

impl Begun {
    fn by(entry: &LogEntry) -> Self {
        let begins = |command: &CommandRecord| !matches!(command, CommandRecord::Cancel { .. });
        let begun = entry.commands.iter().filter(|command| begins(command));
        let mut ops: Vec<OpId> = begun.map(CommandRecord::op).collect();
        ops.sort_unstable();
        Begun { at: entry.at, ops }
    }
}

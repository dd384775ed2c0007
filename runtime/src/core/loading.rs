//! Loading a run: its stored state, and the transitions that were logged since, made again.

use std::collections::BTreeMap;

use super::fold::again;
use super::hot::Written;
use super::input::Need;
use super::registry::Registry;
use super::run::Run;
use crate::store::{self, Damage, DamageReason, LogEntry, Phase, RunNo, RunRecord, Seq, Table};

/// The runs that are being loaded.
#[derive(Default)]
pub(super) struct Loading(BTreeMap<RunNo, Loaded>);

/// A run that was loaded.
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) written: Written,
}

impl Loading {
    /// What is missing next to load a run.
    pub(super) fn need(&self, no: RunNo) -> Need {
        self.0.get(&no).map_or(Need::Run(no), |loaded| Need::Tail(no, loaded.run.record.seq))
    }

    /// Takes up the stored state.
    pub(super) fn state(&mut self, no: RunNo, bytes: &[u8]) -> Result<(), Damage> {
        let record: RunRecord = store::open(Table::Runs, &no.key(), bytes)?;
        let written = Written { state: bytes.len(), tail: 0, open: record.phase == Phase::Open };
        self.0.insert(no, Loaded { run: Run::stored(record), written });
        Ok(())
    }

    /// Takes up the log entry behind what was taken up so far; gives the run where there is none.
    pub(super) fn entry(
        &mut self,
        registry: &Registry,
        no: RunNo,
        seq: Seq,
        bytes: Option<&[u8]>,
    ) -> Result<Option<Loaded>, Damage> {
        let (Some(bytes), Some(loaded)) = (bytes, self.0.get_mut(&no)) else { return Ok(self.0.remove(&no)) };
        let key = no.log_key(seq);
        let entry: LogEntry = store::open(Table::Log, &key, bytes)?;
        let workflow = &loaded.run.record.workflow;
        let made = match registry.folding(workflow) {
            Some(registry) => again(&mut loaded.run, &registry, &entry).map_err(|error| error.to_string()),
            None => Err(format!("workflow `{workflow}` is not registered")),
        };
        loaded.written.tail += bytes.len();
        made.map(|()| None).map_err(|error| {
            let reason = format!("{error}; open the store with the binary that wrote it");
            Damage::new(Table::Log, &key, DamageReason::Undecodable(reason))
        })
    }

    /// Gives up loading a run.
    pub(super) fn give_up(&mut self, no: RunNo) {
        self.0.remove(&no);
    }
}

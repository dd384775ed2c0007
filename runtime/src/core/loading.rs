//! Loading a run: its stored state, and the transitions that were logged since, made again.

use std::collections::BTreeMap;

use super::fold::again;
use super::hot::Written;
use super::input::Need;
use super::registry::Registry;
use super::run::Run;
use super::tasks::Tasks;
use crate::store::{
    self, Damage, DamageReason, LogEntry, Phase, RunNo, Seq, StoredRun, Table, Tail, TimerKey,
};

/// The runs that are being loaded.
#[derive(Default)]
pub(super) struct Loading(BTreeMap<RunNo, Loaded>);

/// A run that was loaded.
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) written: Written,
    pub(super) tail: Tail,
    /// How it stands, as it is stored with the state of an earlier transition.
    ahead: Option<Box<Phase>>,
    /// Timers of which it is not known whether the run waits for them.
    unsure: Vec<TimerKey>,
}

impl Loading {
    /// What is missing next to load a run.
    pub(super) fn need(&self, no: RunNo) -> Need {
        let Some(loaded) = self.0.get(&no) else { return Need::Run(no) };
        loaded.unsure.last().map_or(Need::Tail(no, loaded.run.record.seq), |timer| Need::Timer(*timer))
    }

    /// Takes up the stored state.
    pub(super) fn state(&mut self, no: RunNo, bytes: &[u8]) -> Result<(), Damage> {
        let StoredRun { mut record, tail, .. } = StoredRun::open(&no.key(), bytes)?;
        let open = *record.stands() == Phase::Open;
        let ahead = record.ahead.take();
        let written = Written { state: bytes.len() - tail.len(), tail: 0, open };
        self.0.insert(no, Loaded { run: Run::stored(record), written, tail, ahead, unsure: Vec::new() });
        Ok(())
    }

    /// Takes up the log entry behind what was taken up so far; gives the run where there is none.
    pub(super) fn entry(
        &mut self,
        (registry, tasks): (&Registry, &Tasks),
        no: RunNo,
        seq: Seq,
        bytes: Option<&[u8]>,
    ) -> Result<Option<Loaded>, Damage> {
        let Some(loaded) = self.0.get_mut(&no) else { return Ok(None) };
        let Some(bytes) = bytes else { return Ok(self.end(no, tasks)) };
        let key = no.log_key(seq);
        // Behind the stored state, each is a row of its own.
        let entry: LogEntry = store::open(Table::Log, &key, bytes)?;
        loaded.written.fall_behind(bytes.len());
        let Some(registry) = registry.folding(&loaded.run.record.workflow) else {
            loaded.run.pass_over(&entry);
            return Ok(None);
        };
        again(&mut loaded.run, &registry, &entry).map(|()| None).map_err(|error| {
            let reason = format!("{error}; open the store with the binary that wrote it, or with one whose code does the same each time");
            Damage::new(Table::Log, &key, DamageReason::Undecodable(reason))
        })
    }

    /// There are no more entries.
    pub(super) fn end(&mut self, no: RunNo, tasks: &Tasks) -> Option<Loaded> {
        let loaded = self.0.get_mut(&no)?;
        if let Some(stored) = &mut loaded.run.behind {
            stored.ahead = loaded.ahead.take();
            loaded.unsure = loaded.run.strike_off_calls(no, tasks);
        }
        if loaded.unsure.is_empty() { self.0.remove(&no) } else { None }
    }

    /// Takes up whether a timer is armed; gives the run where nothing more is unsure.
    pub(super) fn timer(&mut self, timer: TimerKey, is_armed: bool) -> Option<Loaded> {
        let loaded = self.0.get_mut(&timer.run)?;
        loaded.unsure.retain(|unsure| *unsure != timer);
        if !is_armed {
            loaded.run.record.armed.remove(timer.op);
        }
        if loaded.unsure.is_empty() { self.0.remove(&timer.run) } else { None }
    }

    /// Gives up loading a run.
    pub(super) fn give_up(&mut self, no: RunNo) {
        self.0.remove(&no);
    }
}

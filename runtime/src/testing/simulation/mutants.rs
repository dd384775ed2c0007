//! Engines that are broken on purpose: each must be found out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec;
use crate::core::{Asker, AttemptEnd, Input, Reply};
use crate::engine::{Driver, Work};
use crate::store::{Batch, Encoded, LogEntry, LogRow, RunNo, Seq, StoredRun, Table, Tail, Write, write_run};

/// What is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sabotage {
    /// What a turn lets out is let out before its batch is durable.
    LetsOutEarly,
    /// Nothing new is written to a table.
    ForgetsToWrite(Table),
    /// Nothing is deleted from a table.
    ForgetsToDelete(Table),
    /// Each signal is handed over twice.
    SignalsTwice,
    /// Of the log entries that stand in a run's record, the first is left out.
    LosesAnEntry,
    /// Log entries that stood in a run's record stay there when they become a row.
    DoublesEntries,
    /// What comes in one turn is taken up the other way round.
    TurnsAround,
    /// It is not heard that attempts are completed, but that they panic.
    NeverCompleted,
    /// Whoever tells something by a token is told that it is of no use.
    RefusesTokens,
    /// Each update is handed over with arguments that its validator refuses.
    RefusesUpdates,
}

struct Nobody;

impl<A> Asker<A> for Nobody {
    fn send(self: Box<Self>, _: A) {}

    fn is_gone(&self) -> bool {
        true
    }
}

pub(super) fn on_work(sabotage: Option<&Sabotage>, work: &mut Vec<Work>) {
    match sabotage {
        Some(Sabotage::SignalsTwice) => {
            let mut twice = Vec::new();
            for one in work.drain(..) {
                if let Work::Input(Input::Signal { run, name, args, .. }) = &one {
                    let (run, name, args) = (*run, name.clone(), args.clone());
                    twice.push(Work::Input(Input::Signal { run, name, args, reply: Reply::new(Nobody) }));
                }
                twice.push(one);
            }
            *work = twice;
        }
        Some(Sabotage::TurnsAround) => work.reverse(),
        Some(Sabotage::NeverCompleted) => {
            for one in work {
                if let Work::Input(Input::Attempted { end: end @ AttemptEnd::Completed(_), .. }) = one {
                    *end = AttemptEnd::Panicked("round again".to_owned());
                }
            }
        }
        Some(Sabotage::RefusesTokens) => {
            for one in work {
                if let Work::Input(Input::Outside { token, .. }) = one {
                    "of no use".clone_into(&mut token.secret);
                }
            }
        }
        Some(Sabotage::RefusesUpdates) => {
            for one in work {
                if let Work::Input(Input::Update { asked, .. }) = one {
                    asked.args = codec::encode(&(7_u64,)).expect("a number can be encoded");
                }
            }
        }
        _ => {}
    }
}

pub(super) fn on_batch(
    sabotage: Option<&Sabotage>,
    driver: &mut Driver,
    batch: Option<Arc<Batch>>,
) -> Option<Arc<Batch>> {
    let batch = batch?;
    if let Some(Sabotage::LetsOutEarly) = sabotage {
        driver.landed();
    }
    let is_written = |write: &Write<'_>| match sabotage {
        Some(Sabotage::ForgetsToWrite(table)) => write.table != *table || write.value.is_none(),
        Some(Sabotage::ForgetsToDelete(table)) => write.table != *table || write.value.is_some(),
        _ => true,
    };
    let written: Batch = batch.writes().filter(is_written).collect();
    Some(Arc::new(match sabotage {
        Some(Sabotage::LosesAnEntry) => with_tails(&written, |tail, _| drop(tail.drain(..tail.len().min(1)))),
        Some(Sabotage::DoublesEntries) => with_tails(&written, Vec::extend_from_slice),
        _ => written,
    }))
}

/// The batch with other entries in the records of runs; those that are a row in it are shown, too.
fn with_tails(batch: &Batch, change: impl Fn(&mut Vec<LogEntry>, &[LogEntry])) -> Batch {
    let entries =
        |entries: Vec<(Seq, LogEntry)>| entries.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>();
    let rows = batch.writes().filter(|write| write.table == Table::Log);
    let rows = rows.filter_map(|write| LogRow::open(write.key, write.value?).ok());
    let rows: BTreeMap<RunNo, _> = rows.map(|row| (row.run, entries(row.entries))).collect();
    let mut changed = Batch::default();
    for write in batch.writes() {
        let stored = write.value.filter(|_| write.table == Table::Runs);
        let stored = stored.and_then(|bytes| StoredRun::open(write.key, bytes).ok());
        let (Some(stored), Some(run)) = (stored, RunNo::from_key(write.key)) else {
            changed.push(write);
            continue;
        };
        let mut tail = entries(stored.entries().expect("it was written here"));
        change(&mut tail, rows.get(&run).map_or(&[], Vec::as_slice));
        let first = stored.record.seq.0 - tail.len() as u64;
        let (mut written, mut memory) = (Tail::default(), Vec::new());
        for (seq, entry) in (first..).zip(&tail) {
            written.push(&Encoded::new(Seq(seq), entry, &mut memory));
        }
        write_run(run, &stored.record, &written, &mut changed);
    }
    changed
}

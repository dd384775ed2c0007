//! Opening: the store is opened and its pending work read on the engine's own thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::activities::Activities;
use super::clock::Clock;
use super::shell::Shell;
use super::{Engine, Inner, Message, Shared, thread_panicked};
use crate::activity::RegisteredActivity;
use crate::core::{Limits, Registry, Shard};
use crate::error::OpenError;
use crate::machine::OpId;
use crate::store::{
    self, Damage, DamageReason, LogEntry, MARK_KEY, MarkRecord, RunNo, Seq, Store, Table, TaskId, TaskRecord,
};

/// How many rows are read at a time.
const PAGE: usize = 1_024;

/// What an engine is opened with.
pub(super) struct Opening {
    pub(super) store: Box<dyn FnOnce() -> Result<Box<dyn Store>, OpenError> + Send>,
    pub(super) registry: Registry,
    pub(super) activities: BTreeMap<&'static str, RegisteredActivity>,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) tokio: Handle,
}

pub(super) async fn open(opening: Opening) -> Result<Engine, OpenError> {
    let (messages, inbox) = mpsc::channel();
    let (ready, opened) = oneshot::channel();
    let shared = Arc::new(Shared {
        counted: opening.clock.is_virtual().then(|| AtomicU64::new(0)),
        ..Shared::default()
    });
    let (to_thread, seen) = (messages.clone(), Arc::clone(&shared));
    let thread = std::thread::Builder::new()
        .name("longhaul-engine".to_owned())
        .spawn(move || {
            let _ended = EndGuard(Arc::clone(&seen));
            let shell = match prepare(opening, to_thread, inbox, seen) {
                Ok(shell) => shell,
                // The opener that has gone needs no error.
                Err(error) => return drop(ready.send(Err(error))),
            };
            match ready.send(Ok(shell.open_runs())) {
                Ok(()) => shell.run(),
                Err(_) => shell.close(None),
            }
        })
        .map_err(|error| OpenError::Thread(error.to_string()))?;
    let recovered = match opened.await {
        Ok(Ok(recovered)) => recovered,
        Ok(Err(error)) => {
            // So that the directory is free again when the caller sees the error.
            return match thread.join() {
                Ok(()) => Err(error),
                Err(_) => Err(OpenError::Thread(format!("it panicked after: {error}"))),
            };
        }
        Err(_) => return Err(OpenError::Thread("it panicked".to_owned())),
    };
    Ok(Engine { inner: Arc::new(Inner { messages, shared, recovered, thread: Some(thread) }) })
}

/// Says so when the engine's thread ends by a panic, which is a bug of ours.
struct EndGuard(Arc<Shared>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end(thread_panicked());
        }
    }
}

fn prepare(
    opening: Opening,
    messages: mpsc::Sender<Message>,
    inbox: mpsc::Receiver<Message>,
    shared: Arc<Shared>,
) -> Result<Shell, OpenError> {
    let store = (opening.store)()?;
    let last_run = store.last_key(Table::Runs)?;
    let mark: MarkRecord = match store.get(Table::Meta, MARK_KEY)? {
        Some(bytes) => store::open(Table::Meta, MARK_KEY, &bytes)?,
        None if last_run.is_none() => MarkRecord::default(),
        // It was written with the first run.
        None => return Err(Damage::new(Table::Meta, MARK_KEY, DamageReason::Missing).into()),
    };
    let next_run = match last_run {
        None => RunNo(0),
        Some(key) => {
            let Some(last) = RunNo::from_key(&key) else {
                let reason = DamageReason::Undecodable("its key is no run number".to_owned());
                return Err(Damage::new(Table::Runs, &key, reason).into());
            };
            RunNo(last.0 + 1)
        }
    };
    if let Some(counted) = &shared.counted {
        counted.store((next_run.0 << 32) + 1, Ordering::Relaxed);
    }
    let mut shard = Shard::new(opening.registry, opening.limits, &mark, next_run);
    recover_tasks(&*store, &mut shard, RunNo(mark.tasks_from))?;
    let is_virtual = opening.clock.is_virtual();
    let activities = Activities::new(opening.activities, opening.tokio, messages.clone(), is_virtual);
    Ok(Shell::new(shard, store, inbox, messages, activities, opening.clock, mark.moment, shared))
}

/// Reads the activity calls that have not ended. Their number is that of the work in flight, not of the runs.
fn recover_tasks(store: &dyn Store, shard: &mut Shard, from: RunNo) -> Result<(), OpenError> {
    let mut from = TaskId { run: from, op: OpId(0) }.key().to_vec();
    // A transition may have called many: its entry is read once.
    let mut last_entry: Option<((RunNo, Seq), Result<LogEntry, Damage>)> = None;
    loop {
        let rows = store.scan(Table::Tasks, &from, PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        // The least key after the last one.
        from.clone_from(last);
        from.push(0);
        for (key, bytes) in rows {
            let Some(id) = TaskId::from_key(&key) else {
                let reason = DamageReason::Undecodable("its key is no activity call".to_owned());
                tracing::error!("{}", Damage::new(Table::Tasks, &key, reason));
                continue;
            };
            let record: TaskRecord = match store::open(Table::Tasks, &key, &bytes) {
                Ok(record) => record,
                Err(damage) => {
                    shard.recover(id, Err(damage));
                    continue;
                }
            };
            let place = (id.run, record.seq);
            let (_, entry) = match last_entry.take() {
                Some(entry) if entry.0 == place => last_entry.insert(entry),
                _ => last_entry.insert((place, read_entry(store, id.run, record.seq))),
            };
            shard.recover(id, entry.as_ref().map(|entry| (record, entry)).map_err(Clone::clone));
        }
    }
}

fn read_entry(store: &dyn Store, run: RunNo, seq: Seq) -> Result<LogEntry, Damage> {
    let key = run.log_key(seq);
    let damage = |reason| Damage::new(Table::Log, &key, reason);
    let entry = store
        .get(Table::Log, &key)
        .map_err(|error| damage(DamageReason::Unreadable(error.to_string())))?
        .ok_or_else(|| damage(DamageReason::Missing))?;
    store::open(Table::Log, &key, &entry)
}

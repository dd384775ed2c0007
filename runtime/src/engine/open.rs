//! Opening: the store is opened and its pending work read on the engine's own thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::activities::Activities;
use super::clock::Clock;
use super::committer::Committer;
use super::limits::{Bounds, Queue};
use super::meter::Meter;
use super::pulse::Pulse;
use super::recover::{Recovered, recover};
use super::shell::Shell;
use super::{Engine, Inner, Message, Shared, thread_panicked};
use crate::activity::RegisteredActivity;
use crate::core::{Limits, Registry};
use crate::error::OpenError;
use crate::store::Store;

/// What an engine is opened with.
pub(super) struct Opening {
    pub(super) store: Box<dyn FnOnce() -> Result<Arc<dyn Store>, OpenError> + Send>,
    pub(super) registry: Registry,
    pub(super) activities: BTreeMap<&'static str, RegisteredActivity>,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) bounds: Bounds,
    pub(super) tokio: Handle,
}

pub(super) async fn open(opening: Opening) -> Result<Engine, OpenError> {
    let (messages, inbox) = mpsc::channel();
    let (ready, opened) = oneshot::channel();
    let shared = Arc::new(Shared {
        counted: opening.clock.is_virtual().then(|| AtomicU64::new(0)),
        queue: Queue::of(opening.bounds.queue),
        bounds: opening.bounds,
        pulse: Pulse::new(opening.bounds.slow),
        meter: Meter::new(&opening.registry),
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

/// Says so when the engine's thread ends by a panic, which is a bug of ours; and lets nobody wait for it any more.
struct EndGuard(Arc<Shared>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end(thread_panicked());
        }
        // Whatever the reason.
        self.0.queue.close();
    }
}

fn prepare(
    opening: Opening,
    messages: mpsc::Sender<Message>,
    inbox: mpsc::Receiver<Message>,
    shared: Arc<Shared>,
) -> Result<Shell, OpenError> {
    let store = (opening.store)()?;
    let Recovered { driver, next_run } = recover(Arc::clone(&store), opening.registry, opening.limits)?;
    if let Some(counted) = &shared.counted {
        counted.store((next_run.0 << 32) + 1, Ordering::Relaxed);
    }
    let is_virtual = opening.clock.is_virtual();
    let activities =
        Activities::new(opening.activities, opening.tokio, messages.clone(), is_virtual, opening.bounds);
    // Virtual time stands still while a commit is made, so there is nothing to be made meanwhile.
    let committer = (!is_virtual)
        .then(|| Committer::new(Arc::clone(&store), messages, Arc::clone(&shared)))
        .transpose()
        .map_err(|error| OpenError::Thread(error.to_string()))?;
    Ok(Shell::new(driver, store, committer, inbox, activities, opening.clock, shared))
}

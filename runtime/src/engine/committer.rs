//! The thread that commits: while one batch becomes durable, the engine's thread makes the next.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::JoinHandle;

use super::{Message, Shared};
use crate::store::{Batch, Store, StoreError};

/// Commits batches in their order on a thread of its own, until one fails.
pub(super) struct Committer {
    batches: Option<Sender<Arc<Batch>>>,
    /// How many batches have become durable since the last report.
    reports: Receiver<Result<usize, StoreError>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// `wake` hears of each report, in case the engine's thread sleeps.
    pub(super) fn new(
        store: Arc<dyn Store>,
        wake: Sender<Message>,
        shared: Arc<Shared>,
    ) -> std::io::Result<Self> {
        let (batches, queue) = mpsc::channel::<Arc<Batch>>();
        let (report, reports) = mpsc::channel();
        let thread = std::thread::Builder::new().name("longhaul-commit".to_owned()).spawn(move || {
            let wake = Wake(wake);
            while let Ok(batch) = queue.recv() {
                // Those that wait meanwhile become durable together.
                let batches: Vec<_> = std::iter::once(batch).chain(queue.try_iter()).collect();
                let (committed, many) = (shared.commit(&*store, &batches), batches.len());
                let is_last = committed.is_err();
                // Their memory is for the engine's thread to use again.
                drop(batches);
                // An engine that has ended hears no more.
                let heard = report.send(committed.map(|()| many)).is_ok() && wake.wake();
                if is_last || !heard {
                    break;
                }
            }
            // Before the last wake: who then looks for a report sees that there will be none.
            drop(report);
        })?;
        Ok(Committer { batches: Some(batches), reports, thread: Some(thread) })
    }

    /// Queues a batch.
    pub(super) fn submit(&self, batch: Arc<Batch>) {
        if let Some(batches) = &self.batches {
            // Where nobody takes it any more, the report says why.
            let _ = batches.send(batch);
        }
    }

    /// How many of the oldest batches have become durable since the last report, if that is known.
    pub(super) fn report(&self) -> Option<Result<usize, StoreError>> {
        match self.reports.try_recv() {
            Ok(report) => Some(report),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(gone())),
        }
    }

    /// As [`report`](Self::report), once it is known of at least one.
    pub(super) fn wait(&self) -> Result<usize, StoreError> {
        self.reports.recv().unwrap_or_else(|_| Err(gone()))
    }
}

/// Wakes the engine's thread; also when the committing thread ends.
struct Wake(Sender<Message>);

impl Wake {
    fn wake(&self) -> bool {
        self.0.send(Message::Committed).is_ok()
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.wake();
    }
}

fn gone() -> StoreError {
    StoreError::new("commit", "the committing thread has ended")
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committing thread panicked");
        }
    }
}

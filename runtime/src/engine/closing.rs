//! The store's end.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::store::{Store, StoreError};

/// How long an engine's end waits for the store to give its memory and its threads free. fjall's may be in the middle of a compaction,
/// which takes as long as it takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Closes a store and gives it free, which is what lets go of its data directory.
///
/// What takes long at that has no part in what is durable, and goes on behind the end of the engine; the directory stays locked
/// meanwhile. A process that ends then cuts it short, which any open stands.
pub(super) fn close(store: Arc<dyn Store>) -> Result<(), StoreError> {
    let closed = store.close();
    if let Err(error) = &closed {
        tracing::error!(%error, "the store was not closed in an orderly way");
    }
    if !is_dropped_within(store, PATIENCE) {
        tracing::warn!(
            waited = ?PATIENCE,
            "all is durable, but the store is still at work in the background; its directory stays locked until that is done"
        );
    }
    closed
}

/// Drops a value on a thread of its own, and says whether that was done in time.
fn is_dropped_within<T: Send + 'static>(value: T, patience: Duration) -> bool {
    let (done, dropped) = mpsc::channel::<()>();
    // Where there can be no thread, the closure is dropped here, and what is in it.
    let spawned = thread::Builder::new().name("longhaul-closing".to_owned()).spawn(move || {
        drop(value);
        drop(done);
    });
    drop(spawned);
    dropped.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender};

    use super::*;

    /// Whose end waits until it is let, and tells when it is done.
    struct Slow(Receiver<()>, Sender<()>);

    impl Drop for Slow {
        fn drop(&mut self) {
            assert!(self.0.recv().is_err());
            self.1.send(()).unwrap();
        }
    }

    #[test]
    fn what_takes_long_to_end_is_not_waited_for_and_ends_all_the_same() {
        let ((hold, held), (ended, end)) = (mpsc::channel(), mpsc::channel());
        assert!(!is_dropped_within(Slow(held, ended), Duration::from_millis(1)));
        assert!(end.try_recv().is_err());
        drop(hold);
        end.recv().unwrap();
    }

    #[test]
    fn what_ends_at_once_has_ended() {
        let ((hold, held), (ended, end)) = (mpsc::channel(), mpsc::channel());
        drop(hold);
        assert!(is_dropped_within(Slow(held, ended), Duration::from_mins(10)));
        end.try_recv().unwrap();
    }
}

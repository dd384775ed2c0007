//! The engine: the shell around the core.

use std::marker::PhantomData;

/// A handle to a run of workflow `W`.
pub struct RunHandle<W> {
    workflow: PhantomData<fn() -> W>,
}

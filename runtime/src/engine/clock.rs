//! The engine's clock: the system's, or a virtual one for tests.

use std::time::SystemTime;

use crate::time::Moment;

/// Where an engine gets the time from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    virtual_start: Option<Moment>,
}

impl Clock {
    /// The system's clock. Where it goes back, the engine's time stands still until it has caught up.
    pub fn system() -> Self {
        Clock::default()
    }

    /// Virtual time, which begins at `start` (or where the store's ended, if that is later). When no input is
    /// ready, no activity runs, and somebody awaits the end of a run (or [`Engine::advance`](super::Engine::advance)),
    /// it jumps to the next timer, retry or timeout. An attempt at an activity that waits in
    /// [`ActivityContext::sleep`](crate::ActivityContext::sleep) does not run in that sense. Ids and seeds are counted, so that a
    /// test is the same each time.
    pub fn virtual_from(start: Moment) -> Self {
        Clock { virtual_start: Some(start) }
    }

    pub(super) fn is_virtual(self) -> bool {
        self.virtual_start.is_some()
    }

    /// The time, which never goes back behind `last`.
    #[allow(clippy::disallowed_methods)] // the one place that reads it
    pub(super) fn now(self, last: Moment) -> Moment {
        let now = self.virtual_start.unwrap_or_else(|| {
            // A clock before 1970 counts as 1970.
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Moment(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
        });
        last.max(now)
    }
}

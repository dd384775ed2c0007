//! How many attempts at activities run at once, in all and of each activity; and those that wait for their turn.

use std::collections::{BTreeMap, BTreeSet};

use super::registry::Registry;
use crate::store::{TaskId, Text};
use crate::time::Moment;

/// The attempts that run, counted, and the calls whose next attempt has no room.
#[derive(Default)]
pub(super) struct Slots {
    /// How many may run in all; `None` is any number.
    limit: Option<usize>,
    /// Nothing is started any more.
    closed: bool,
    running: usize,
    of_activity: BTreeMap<Text, OfActivity>,
    /// Attempts that nobody waits for any more, until they have ended.
    leaving: BTreeMap<(TaskId, u32), String>,
    /// Those that wait, but for those that wait for others of their activity; by when they were due.
    queue: BTreeSet<(Moment, TaskId)>,
}

#[derive(Default)]
struct OfActivity {
    running: usize,
    /// Those that wait for others of this activity.
    queue: BTreeSet<(Moment, TaskId)>,
}

impl Slots {
    pub(super) fn limited(limit: usize) -> Self {
        Slots { limit: Some(limit), ..Slots::default() }
    }

    /// Nothing is started from now on.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    fn has_room(&self) -> bool {
        !self.closed && self.limit.is_none_or(|limit| self.running < limit)
    }

    /// Takes a slot for an attempt that has just come up; behind those that wait already there is none.
    pub(super) fn take(&mut self, activity: &str, registry: &Registry) -> bool {
        self.queue.is_empty() && self.has_room() && self.take_of(activity, registry)
    }

    fn take_of(&mut self, activity: &str, registry: &Registry) -> bool {
        let limit = registry.activity(activity).and_then(|(_, options)| options.max_concurrent);
        // Where there is no limit, nothing is counted: it could not wait for anything.
        if let Some(limit) = limit {
            let of = self.of_activity.entry(activity.to_owned().into()).or_default();
            if of.running >= limit.max(1) {
                return false;
            }
            of.running += 1;
        }
        self.running += 1;
        true
    }

    /// An attempt has ended.
    pub(super) fn free(&mut self, activity: &str) {
        self.running = self.running.saturating_sub(1);
        let Some(of) = self.of_activity.get_mut(activity) else { return };
        of.running = of.running.saturating_sub(1);
        self.queue.extend(of.queue.pop_first());
    }

    /// An attempt was given up: it has its slot until it has ended.
    pub(super) fn leaves(&mut self, id: TaskId, attempt: u32, activity: &str) {
        self.leaving.insert((id, attempt), activity.to_owned());
    }

    /// An attempt that was given up has ended; `false` when it is none of those.
    pub(super) fn left(&mut self, id: TaskId, attempt: u32) -> bool {
        let left = self.leaving.remove(&(id, attempt));
        left.as_deref().map(|activity| self.free(activity)).is_some()
    }

    pub(super) fn queue(&mut self, id: TaskId, due: Moment) {
        self.queue.insert((due, id));
    }

    pub(super) fn leave_queue(&mut self, id: TaskId, due: Moment, activity: &str) {
        if !self.queue.remove(&(due, id))
            && let Some(of) = self.of_activity.get_mut(activity)
        {
            of.queue.remove(&(due, id));
        }
    }

    /// The next one that there is room for; the slot is taken then. `look` gives its activity, and when it was due.
    pub(super) fn next(
        &mut self,
        look: impl Fn(TaskId) -> Option<(Text, Moment)>,
        registry: &Registry,
    ) -> Option<TaskId> {
        while self.has_room() {
            let (_, id) = self.queue.pop_first()?;
            let Some((activity, due)) = look(id) else { continue };
            if self.take_of(&activity, registry) {
                return Some(id);
            }
            self.of_activity.entry(activity).or_default().queue.insert((due, id));
        }
        None
    }
}

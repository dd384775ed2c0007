//! Opening a store: the activity calls that had not ended.

use super::shard::Shard;
use super::tasks::Called;
use crate::activity::ActivityOutcome;
use crate::store::{CommandRecord, Damage, LogEntry, ParkReason, StoredCall, TaskId, TaskRecord};

impl Shard {
    /// Takes up an activity call that had not ended when the store was last closed. Its attempt starts anew, unless it is completed from outside.
    /// `workflow` is that of its run, as far as it can be read.
    /// `entry` is that of the transition that called.
    pub(crate) fn recover(&mut self, call: StoredCall, entry: &LogEntry, workflow: Option<&str>) {
        let workflow = workflow.and_then(|name| Some(self.registry.workflow(name)?.name));
        if let Some(called) = call_input(entry, call.task, workflow) {
            return self.take_up(call, called);
        }
        let (activity, op) = (&call.record.activity, call.task.op.0);
        self.lose_for(call.place, format!("the log has no call of `{activity}` as operation {op}"));
    }

    /// Takes note of a call whose row, or whose arguments, cannot be read; its row stands at this place.
    pub(crate) fn lose(&mut self, place: TaskId, damage: &Damage) {
        self.lose_for(place, damage.to_string());
    }

    fn lose_for(&mut self, place: TaskId, reason: String) {
        let reason = ParkReason::Damaged { reason };
        self.tasks.lose(place, reason.clone());
        self.touch(place.run).park = Some(reason);
    }

    fn take_up(&mut self, call: StoredCall, called: Called) {
        let StoredCall { place, task: id, record } = call;
        let TaskRecord { cancelled, abandoned, .. } = record;
        let ends = cancelled && record.later.is_none();
        let activity = record.activity.clone();
        self.tasks.add((id, place.op), record, called, &self.registry);
        if ends {
            // It was told, and its attempt is gone.
            self.tasks.hold(id);
            self.touch(id.run).ended.push((id, ActivityOutcome::Cancelled));
        } else if !self.registry.can_run(&activity) {
            self.tasks.hold(id);
            if !abandoned {
                self.touch(id.run).park = Some(ParkReason::UnknownActivity { activity: activity.into() });
            }
        }
    }
}

/// The call of `id`, as it was made.
fn call_input(entry: &LogEntry, id: TaskId, workflow: Option<&'static str>) -> Option<Called> {
    // Commands are in the order of their operations.
    let at = entry.commands.binary_search_by_key(&id.op, CommandRecord::op).ok()?;
    match &entry.commands[at] {
        CommandRecord::Activity { input, options, .. } => {
            Some(Called { input: input.clone(), options: options.clone(), at: entry.at, workflow })
        }
        CommandRecord::Timer { .. } | CommandRecord::Cancel { .. } => None,
    }
}

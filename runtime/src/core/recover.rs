//! Opening a store: the activity calls that had not ended.

use super::shard::Shard;
use crate::codec::Payload;
use crate::store::{CommandRecord, Damage, LogEntry, ParkReason, TaskId, TaskRecord};

impl Shard {
    /// Takes up an activity call that had not ended when the store was last closed. Its attempt starts anew.
    pub(crate) fn recover(&mut self, id: TaskId, found: Result<(TaskRecord, &LogEntry), Damage>) {
        let lost = match found {
            Ok((record, entry)) => match call_input(entry, id) {
                Some(input) => {
                    let activity = record.activity.clone();
                    self.tasks.add(id, record, input);
                    if !self.registry.can_run(&activity) {
                        self.tasks.hold(id);
                        self.touch(id.run).park = Some(ParkReason::UnknownActivity { activity });
                    }
                    return;
                }
                None => format!("the log has no call of `{}` as operation {}", record.activity, id.op.0),
            },
            Err(damage) => damage.to_string(),
        };
        let reason = ParkReason::Damaged { reason: lost };
        self.tasks.lose(id, reason.clone());
        self.touch(id.run).park = Some(reason);
    }
}

/// What the call of `id` was given.
fn call_input(entry: &LogEntry, id: TaskId) -> Option<Payload> {
    // Commands are in the order of their operations.
    let at = entry.commands.binary_search_by_key(&id.op, CommandRecord::op).ok()?;
    match &entry.commands[at] {
        CommandRecord::Activity { input, .. } => Some(input.clone()),
        CommandRecord::Timer { .. } => None,
    }
}

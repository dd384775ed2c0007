//! Opening a store: the activity calls that had not ended.

use super::shard::Shard;
use super::tasks::Called;
use crate::activity::ActivityOutcome;
use crate::store::{CommandRecord, Damage, LogEntry, ParkReason, TaskId, TaskRecord};

impl Shard {
    /// Takes up an activity call that had not ended when the store was last closed. Its attempt starts anew, unless it is completed from outside.
    /// `workflow` is that of its run, as far as it can be read.
    pub(crate) fn recover(
        &mut self,
        id: TaskId,
        found: Result<(TaskRecord, &LogEntry), Damage>,
        workflow: Option<&str>,
    ) {
        let workflow = workflow.and_then(|name| Some(self.registry.workflow(name)?.name));
        let lost = match found {
            Ok((record, entry)) => match call_input(entry, id, workflow) {
                Some(called) => return self.take_up(id, record, called),
                None => format!("the log has no call of `{}` as operation {}", record.activity, id.op.0),
            },
            Err(damage) => damage.to_string(),
        };
        let reason = ParkReason::Damaged { reason: lost };
        self.tasks.lose(id, reason.clone());
        self.touch(id.run).park = Some(reason);
    }

    fn take_up(&mut self, id: TaskId, record: TaskRecord, called: Called) {
        let TaskRecord { cancelled, abandoned, .. } = record;
        let ends = cancelled && record.later.is_none();
        let activity = record.activity.clone();
        self.tasks.add(id, record, called, &self.registry);
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

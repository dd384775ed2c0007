//! Runs that are ahead of their stored state, and whose workflow is not registered: the transitions behind that state cannot be made
//! again. What happens to such a run is logged, and its state is left as it is, for a binary that has the code.
//!
//! What can be told without the code is how it stands, what it was called with since, and what it waits for: of that the rows are there.

use super::run::{Run, armed_by};
use super::tasks::Tasks;
use crate::machine::OpId;
use crate::store::{
    EventRecord, LogEntry, Operation, Outcome, Phase, RunNo, RunRecord, Seq, TaskId, TimerKey,
};

impl Run {
    /// Takes note of a transition of which no code can be run.
    pub(super) fn pass_over(&mut self, entry: &LogEntry) {
        let record = &mut self.record;
        if self.behind.is_none() {
            self.behind = Some(Box::new(record.clone()));
            (record.value, record.frame, record.input) = Default::default();
        }
        match &entry.outcome {
            Outcome::Stepped => {
                let events = std::mem::take(&mut record.inbox);
                let events = || events.iter().chain(&entry.events);
                for op in events().filter_map(EventRecord::resolves) {
                    record.armed.remove(op);
                }
                record.cancelled |= events().any(|event| *event == EventRecord::Cancelled);
                entry.commands.iter().filter_map(armed_by).for_each(|armed| record.armed.insert(armed));
                // One that ends is stored.
                record.phase = Phase::Open;
                record.seq = Seq(record.seq.0 + 1);
                record.updated = entry.at;
            }
            Outcome::Parked(reason) => {
                self.park(reason.clone(), entry.events.clone(), entry.at);
            }
            Outcome::Terminated(reason) => {
                self.terminate(reason.clone(), entry.events.clone(), entry.at);
            }
        }
    }

    /// Strikes off the calls that the run does not wait for any more. Gives the timers of which that is not known.
    pub(super) fn strike_off_calls(&mut self, no: RunNo, tasks: &Tasks) -> Vec<TimerKey> {
        let unread: Vec<OpId> = self.record.inbox.iter().filter_map(EventRecord::resolves).collect();
        let (mut gone, mut unsure) = (Vec::new(), Vec::new());
        for armed in self.record.armed.iter().filter(|armed| !unread.contains(&armed.op)) {
            match armed.operation {
                Operation::Timer(deadline) => unsure.push(TimerKey { deadline, run: no, op: armed.op }),
                Operation::Activity(_) if tasks.is_waited_for(TaskId { run: no, op: armed.op }) => {}
                Operation::Activity(_) => gone.push(armed.op),
            }
        }
        for op in gone {
            self.record.armed.remove(op);
        }
        unsure
    }

    /// The stored state as it is to be written: where the run stands otherwise than is written there.
    pub(super) fn standing_after(&mut self) -> Option<&RunRecord> {
        let stored = self.behind.as_mut()?;
        let ahead = (self.record.phase != stored.phase).then(|| Box::new(self.record.phase.clone()));
        if stored.ahead == ahead {
            return None;
        }
        stored.ahead = ahead;
        Some(stored)
    }
}

//! Asking a run to cancel, and ending it from outside.

use super::input::{Output, Reply, Target};
use super::shard::Shard;
use crate::error::CancelError;
use crate::store::{EventRecord, RunNo};

impl Shard {
    /// The request goes into the run's inbox, once.
    pub(super) fn cancel(
        &mut self,
        target: &Target,
        reply: Reply<Result<(), CancelError>>,
        out: &mut Output,
    ) {
        let run = match self.open_run(target) {
            Ok(run) => run,
            Err(error) => return out.effects.push(reply.with(Err(error))),
        };
        let is_request = |event: &EventRecord| *event == EventRecord::Cancelled;
        let known = self
            .hot
            .get(run)
            .is_some_and(|hot| hot.run.record.cancelled || hot.run.record.inbox.iter().any(is_request));
        let touch = self.touch(run);
        if !known && !touch.events.iter().any(is_request) {
            touch.events.push(EventRecord::Cancelled);
        }
        touch.acks.push(reply.with(Ok(())));
    }

    /// The run ends in this turn. The first reason stands.
    pub(super) fn terminate(
        &mut self,
        target: &Target,
        reason: String,
        reply: Reply<Result<(), CancelError>>,
        out: &mut Output,
    ) {
        match self.open_run(target) {
            Ok(run) => {
                let touch = self.touch(run);
                touch.terminate.get_or_insert(reason);
                touch.acks.push(reply.with(Ok(())));
            }
            Err(error) => out.effects.push(reply.with(Err(error))),
        }
    }

    fn open_run(&self, target: &Target) -> Result<RunNo, CancelError> {
        let run = match target {
            Target::Run(run) => *run,
            Target::Id(id) => match self.run_of(id) {
                Some(Ok(Some(run))) => run,
                Some(Err(damage)) => return Err(damage.into()),
                Some(Ok(None)) | None => return Err(CancelError::NotFound { id: id.clone() }),
            },
        };
        let record = &self.loaded(run)?.record;
        if record.phase.is_closed() {
            Err(CancelError::Closed { id: record.id.to_string() })
        } else {
            Ok(run)
        }
    }
}

//! What is refused is refused for a reason: the model tries it again, and must come to the same.

use super::model::{Holds, Model, ModelRun, Told, broken, holds};
use super::outside::End;
use crate::codec::Payload;
use crate::core::{Offers, Refusal, Run};
use crate::error::{CompletionError, EngineError, StartError, UpdateError};
use crate::store::{EventRecord, Outcome, Phase, RunNo, RunRecord};
use crate::time::Moment;

impl Model {
    /// What is told from outside is heard from those who have the token, and from no others; it is acknowledged once it is durable.
    pub(super) fn check_told(&mut self, no: u64, answer: &Result<bool, CompletionError>) -> Holds {
        let Some(told) = self.tellings.remove(&no) else {
            return broken("asked", format!("telling {no} was answered twice, or nobody told it"));
        };
        match answer {
            Ok(_) => self.check_heard(&told),
            Err(error) => self.check_unheard(&told, error),
        }
    }

    fn check_heard(&self, Told { token, activity, end, has_token }: &Told) -> Holds {
        let (task, attempt) = (token.task, token.attempt);
        holds("asked", *has_token, || {
            format!("one without the token was heard on attempt {attempt} at {task:?}, `{activity}`")
        })?;
        let row = self.tasks.get(&task);
        let is_durable = match end {
            Some(End::Completed(_)) => row.is_none(),
            Some(End::Failed { .. } | End::Panicked(_)) => row.is_none_or(|row| row.attempt > attempt),
            Some(End::Broken(_) | End::Later | End::Dropped) | None => true,
        };
        holds("G1", is_durable, || {
            format!("the end of attempt {attempt} at {task:?} was acknowledged; stored is {row:?}")
        })
    }

    /// The call has ended, or the attempt that the token was of was given up, or it is one of another activity.
    fn check_unheard(&mut self, told: &Told, error: &CompletionError) -> Holds {
        let Told { token, activity, .. } = told;
        let row = self.tasks.get(&token.task);
        let right = match error {
            CompletionError::Ended => row.is_none() || self.damaged.is_some() || self.is_unreadable,
            // What this binary cannot run it holds, and hears nothing of it either.
            CompletionError::Stale => !row.is_some_and(|row| {
                row.attempt == token.attempt
                    && row.later.as_ref().is_some_and(|later| later.token == token.secret)
                    && self.registry.activity(&row.activity).is_some()
            }),
            CompletionError::OtherActivity { found, asked } => {
                asked == activity && found != activity && row.is_none_or(|row| row.activity == found.as_str())
            }
            CompletionError::Engine(EngineError::Damaged(damage)) => {
                let damage = damage.clone();
                return holds("G10", self.is_damaged(&damage), || {
                    format!("there is no damage, but: {damage}")
                });
            }
            CompletionError::NoToken
            | CompletionError::Codec(_)
            | CompletionError::TooLarge(_)
            | CompletionError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => false,
        };
        holds("G3", right, || format!("{token} of `{activity}` was refused: {error}; stored is {row:?}"))
    }

    /// Whether the run is parked with as many signals as it may have, or was when the turn began.
    pub(super) fn is_full(&self, run: RunNo) -> bool {
        let Some(run) = self.runs.get(&run) else { return false };
        let signals = |events: &[EventRecord]| {
            events.iter().filter(|event| matches!(event, EventRecord::Signal { .. })).count()
        };
        let is_full_now =
            matches!(run.record().phase, Phase::Parked(_)) && signals(&run.record().inbox) >= self.max_inbox;
        let (Some(before), Some(last)) = (&run.before, run.log.last()) else { return is_full_now };
        let was_parked = matches!(before.record.phase, Phase::Parked(_));
        is_full_now || (was_parked && signals(&before.record.inbox) + signals(&last.events) >= self.max_inbox)
    }

    /// Whether a run cannot be made from this input.
    pub(super) fn refuses_input(&self, workflow: &str, input: &Payload) -> bool {
        let workflow = self.registry.workflow(workflow);
        workflow.is_none_or(|workflow| Run::start(workflow, "a".into(), input, 0, self.mark.moment).is_err())
    }

    /// Whether the run's code refuses this update so, as it is now or among the events of its last transition.
    pub(super) fn refuses(
        &self,
        run: RunNo,
        (update, name, args): (&str, &str, &Payload),
        refusal: &Refusal,
    ) -> bool {
        if let UpdateError::BadId { len } = refusal {
            return *len == update.len() && !(1..=StartError::MAX_ID_BYTES).contains(len);
        }
        let Some(found) = self.runs.get(&run) else { return false };
        let several = self.updates_asked.get(&run).is_some_and(|asked| *asked > 1);
        match refusal {
            // Where others were to be handled with it, one of them may be why the transition did not stand.
            UpdateError::NotHandled { .. } if several => return true,
            // The run may have been driven on in the same turn.
            UpdateError::Parked { .. }
                if matches!(found.record().phase, Phase::Parked(_)) || found.was_parked() =>
            {
                return true;
            }
            _ => {}
        }
        let event = EventRecord::Update { id: update.into(), name: name.to_owned(), args: args.clone() };
        let gives = |record: &RunRecord, events: &[EventRecord], at: usize, now: Moment| {
            let mut events = events.to_vec();
            events.insert(at, event.clone());
            let mut offers = Offers::at([at]);
            let _transition =
                Run::stored(record.clone()).advance_with(&self.registry, events, &mut offers, now);
            let refused = offers.into_refused();
            refused.get(&at).is_some_and(|found| format!("{found:?}") == format!("{refusal:?}"))
        };
        if gives(found.record(), &[], 0, self.mark.moment) {
            return true;
        }
        let (Some(before), Some(last)) = (&found.before, found.log.last()) else { return false };
        (0..=last.events.len()).any(|at| gives(&before.record, &last.events, at, last.at))
    }
}

impl ModelRun {
    /// Whether it was parked before its last transition.
    fn was_parked(&self) -> bool {
        self.before.as_ref().is_some_and(|before| matches!(before.record.phase, Phase::Parked(_)))
            || self.log.last().is_some_and(|entry| matches!(entry.outcome, Outcome::Parked(_)))
    }
}

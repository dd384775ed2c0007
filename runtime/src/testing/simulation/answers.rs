//! Answers against the model: each tells what is durable, and nothing else.

use std::collections::BTreeMap;

use super::ask::{Answer, Ask, AskNo};
use super::model::{Asked, Holds, Model, ModelRun, broken, holds, is_unread};
use super::names;
use crate::codec::{self, Payload};
use crate::core::{Ending, NoEnding, Refusal, Run, RunDescription, RunStatus};
use crate::engine::RunPage;
use crate::error::{
    CancelError, HandleError, QueryError, RedriveError, SignalError, StartError, UpdateError,
};
use crate::store::{EventRecord, Phase, RunNo, RunRecord};

impl Model {
    /// A client is told this now. Gives the handle that it has from it.
    pub(super) fn hear(&mut self, no: AskNo, answer: &Answer) -> Holds<Option<(String, RunNo)>> {
        self.see(answer_name(answer));
        if let Answer::Outside(answer) = answer {
            return self.check_told(no, answer).map(|()| None);
        }
        let Some(asked) = self.asked.get(&no).cloned() else {
            return broken("asked", format!("question {no} was answered twice, or never asked"));
        };
        let handle = match answer.damage() {
            Some(damage) => {
                let is_there = self.is_damaged(damage);
                holds("G10", is_there && !asked.logged, || format!("there is no damage, but: {damage}"))
                    .map(|()| None)
            }
            None => self.check_answer(&asked, answer),
        };
        self.forget(no);
        handle
    }

    fn check_answer(&mut self, asked: &Asked, answer: &Answer) -> Holds<Option<(String, RunNo)>> {
        let Asked { ask, run, logged } = asked;
        match (ask, answer) {
            (Ask::Start { workflow, id, input, .. }, Answer::Started(answer)) => {
                return self.check_started(workflow, id, input, answer);
            }
            (Ask::Find { workflow, id }, Answer::Found(answer)) => {
                return self.check_found(workflow, id, answer);
            }
            (Ask::Signal { id, name, .. }, Answer::Signalled(answer)) => match answer {
                Ok(()) => holds("G1", *logged, || {
                    format!("`{name}` to run `{id}` was acknowledged, but is not durable")
                }),
                Err(SignalError::Closed { .. }) => {
                    let closed = run.is_some_and(|run| self.is_closed(run));
                    holds("G7", closed && !logged, || format!("`{name}` was refused, since `{id}` had ended"))
                }
                Err(SignalError::InboxFull { limit, .. }) => {
                    let full = *limit == self.max_inbox && run.is_some_and(|run| self.is_full(run));
                    holds("G7", full && !logged, || {
                        format!("`{name}` was refused, since `{id}` had too many")
                    })
                }
                Err(error) => broken("asked", format!("`{name}` to run `{id}`: {error}")),
            },
            (Ask::Update { update, name, args, .. }, Answer::Updated(answer)) => {
                let run = run.unwrap_or(RunNo(u64::MAX));
                let accepted = self.updates.get(&(run, update.clone()));
                let is_it = accepted.is_some_and(|row| row.name == *name && codec::same(&row.args, args));
                holds("asked", is_it || answer.is_err(), || {
                    format!("update `{update}` was answered as `{name}` with {args:?}, it is {accepted:?}")
                })?;
                self.check_updated(run, (update, name, args), *logged, answer)
            }
            (Ask::Cancel { id }, Answer::Cancelled(answer)) => self.check_cancelled(id, answer, |run| {
                let asked = |event: &EventRecord| *event == EventRecord::Cancelled;
                run.cancelled || run.inbox.iter().any(asked) || run.phase.is_closed()
            }),
            (Ask::Terminate { id, .. }, Answer::Cancelled(answer)) => {
                self.check_cancelled(id, answer, |run| matches!(run.phase, Phase::Terminated(_)))
            }
            (Ask::Query { name, args, .. }, Answer::Queried(answer)) => {
                self.check_queried(run.unwrap_or(RunNo(u64::MAX)), name, args, answer)
            }
            (Ask::Describe { .. }, Answer::Described(answer)) => match answer {
                Ok(description) => self.check_described(run.unwrap_or(RunNo(u64::MAX)), description),
                Err(damage) => broken("G10", format!("there is no damage, but: {damage}")),
            },
            (Ask::Wait { id }, Answer::Ended(answer)) => {
                self.check_ended(id, run.unwrap_or(RunNo(u64::MAX)), answer)
            }
            (Ask::Redrive { id }, Answer::Redriven(answer)) => self.check_redriven(id, answer),
            (Ask::List, Answer::Listed(answer)) => match answer {
                Ok(page) => {
                    for damage in &page.damaged {
                        let is_there = self.is_damaged(damage);
                        holds("G10", is_there, || format!("there is no damage, but: {damage}"))?;
                    }
                    self.check_listed(page)
                }
                Err(error) => broken("G10", error.to_string()),
            },
            (Ask::Now, Answer::Told(now)) => holds("G8", *now >= self.mark.moment, || {
                format!("it is said to be {now}, before {}", self.mark.moment)
            }),
            _ => broken("asked", format!("{ask:?} was answered by {answer:?}")),
        }?;
        Ok(None)
    }

    fn is_closed(&self, run: RunNo) -> bool {
        self.runs.get(&run).is_some_and(|run| run.record().phase.is_closed())
    }

    fn check_started(
        &self,
        workflow: &str,
        id: &str,
        input: &Payload,
        answer: &Result<RunNo, StartError>,
    ) -> Holds<Option<(String, RunNo)>> {
        let found = self.run_of(id);
        let same = found.is_some_and(|(_, run)| {
            let first = run.log.first().and_then(|entry| entry.events.first());
            matches!(first, Some(EventRecord::Started { workflow: name, input: with, .. })
                if name == workflow && codec::same(with, input))
        });
        match answer {
            Ok(no) => {
                let is_it = same && found.is_some_and(|(found, _)| found == *no);
                holds("G1", is_it, || format!("run `{id}` was acknowledged as {no}, but is not durable so"))?;
                Ok(Some((id.to_owned(), *no)))
            }
            Err(StartError::IdInUse { .. }) => {
                let in_use = found.is_some() && !same;
                holds("G1", in_use, || format!("run `{id}` was refused as in use, and is not"))?;
                Ok(None)
            }
            Err(StartError::BadId { len }) => {
                holds("asked", *len == id.len(), || format!("`{id}` has not {len} bytes")).map(|()| None)
            }
            Err(StartError::UnknownWorkflow { .. }) => {
                let unknown = self.registry.workflow(workflow).is_none();
                holds("asked", unknown, || format!("workflow {workflow} is not unknown")).map(|()| None)
            }
            Err(StartError::Input(_)) => {
                let bad = self.refuses_input(workflow, input);
                holds("asked", bad, || format!("the input of `{id}` was refused")).map(|()| None)
            }
            Err(error) => broken("G10", format!("start of `{id}`: {error}")),
        }
    }

    fn check_found(
        &self,
        workflow: &str,
        id: &str,
        answer: &Result<RunNo, HandleError>,
    ) -> Holds<Option<(String, RunNo)>> {
        let found = self.run_of(id).map(|(no, run)| (no, run.record().workflow.as_str()));
        let right = match answer {
            Ok(no) => found == Some((*no, workflow)),
            Err(HandleError::NotFound { .. }) => self.may_be_missing(id),
            Err(HandleError::OtherWorkflow { .. }) => found.is_some_and(|(_, other)| other != workflow),
            Err(_) => false,
        };
        holds("G1", right, || format!("`{id}` of {workflow} was found to be {answer:?}, it is {found:?}"))?;
        Ok(answer.as_ref().ok().map(|no| (id.to_owned(), *no)))
    }

    fn check_updated(
        &self,
        run: RunNo,
        asked: (&str, &str, &Payload),
        logged: bool,
        answer: &Result<Option<Payload>, Refusal>,
    ) -> Holds {
        let (update, ..) = asked;
        let key = (run, update.to_owned());
        let (accepted, done) = (self.updates.get(&key), self.answers.get(&key));
        let closed = self.is_closed(run);
        let right = match answer {
            Ok(Some(told)) => done == Some(told),
            Ok(None) => accepted.is_some(),
            Err(UpdateError::Unfinished { .. }) => closed && accepted.is_some() && done.is_none(),
            Err(UpdateError::Closed { .. }) => closed && accepted.is_none(),
            // It may be in use by one that is asked for in the same turn, whatever becomes of that.
            Err(UpdateError::IdInUse { .. }) => {
                !logged && (accepted.is_some() || self.asks_for_update(run, update) > 1)
            }
            // Under virtual time, one that was accepted is not waited for in vain.
            Err(UpdateError::Parked { .. }) if logged || accepted.is_some() => {
                self.runs.get(&run).is_some_and(|run| matches!(run.record().phase, Phase::Parked(_)))
            }
            Err(refusal) if self.refuses(run, asked, refusal) => !logged,
            Err(
                UpdateError::Rejected(_)
                | UpdateError::Parked { .. }
                | UpdateError::NotHandled { .. }
                | UpdateError::Panicked { .. }
                | UpdateError::BadId { .. }
                | UpdateError::Handler(_)
                | UpdateError::Failed(_)
                | UpdateError::Codec(_)
                | UpdateError::TooLarge(_)
                | UpdateError::Engine(_),
            ) => false,
        };
        holds("G1", right, || {
            format!("update {key:?} was answered by {answer:?}; accepted is {accepted:?}, done is {done:?}")
        })
    }

    /// How many ask for it.
    fn asks_for_update(&self, run: RunNo, update: &str) -> usize {
        let asks = self.asked.values().filter(|asked| asked.run == Some(run)).map(|asked| &asked.ask);
        asks.filter(|ask| matches!(ask, Ask::Update { update: of, .. } if of == update)).count()
    }

    fn check_cancelled(
        &self,
        id: &str,
        answer: &Result<(), CancelError>,
        is_done: impl FnOnce(&RunRecord) -> bool,
    ) -> Holds {
        let found = self.run_of(id).map(|(_, run)| run.record());
        let right = match answer {
            Ok(()) => found.is_some_and(is_done),
            Err(CancelError::NotFound { .. }) => self.may_be_missing(id),
            Err(CancelError::Closed { .. }) => found.is_some_and(|run| run.phase.is_closed()),
            Err(CancelError::Engine(_)) => false,
        };
        let phase = found.map(|run| &run.phase);
        holds("G1", right, || format!("the end of `{id}` was answered by {answer:?}; it is {phase:?}"))
    }

    fn check_queried(
        &self,
        run: RunNo,
        name: &str,
        args: &Payload,
        answer: &Result<Payload, QueryError>,
    ) -> Holds {
        let mut stored = Run::stored(self.run(run)?.record().clone());
        let expected = stored.query(&self.registry, name, args);
        let same = match (&expected, answer) {
            (Ok(expected), Ok(answer)) => expected == answer,
            (Err(expected), Err(answer)) => format!("{expected:?}") == format!("{answer:?}"),
            _ => false,
        };
        holds("G7", same, || {
            format!("query `{name}` of run {run} gave {answer:?}; what is durable gives {expected:?}")
        })
    }

    fn check_described(&self, run: RunNo, told: &RunDescription) -> Holds {
        let found = self.run(run)?;
        let record = found.record();
        let status = match &record.phase {
            Phase::Open => RunStatus::Open,
            Phase::Parked(_) => RunStatus::Parked,
            Phase::Completed(_) => RunStatus::Completed,
            Phase::Failed(_) => RunStatus::Failed,
            Phase::Cancelled(_) => RunStatus::Cancelled,
            Phase::Terminated(_) => RunStatus::Terminated,
        };
        let parked = match &record.phase {
            Phase::Parked(reason) => Some(reason),
            _ => None,
        };
        let right = told.run == run
            && told.id == record.id
            && told.workflow == record.workflow
            && told.status == status
            && told.transitions == found.log.len() as u64
            && (told.created, told.updated) == (record.created, record.updated)
            && told.parked.as_ref() == parked
            && self.check_waits(run, told, record);
        holds("G9", right, || format!("run {run} is described as {told:?}; it is {record:?}"))
    }

    /// Whether what is told of a run's machine is right.
    fn check_waits(&self, run: RunNo, told: &RunDescription, record: &RunRecord) -> bool {
        let waits = told.waits_for.iter().map(|wait| wait.op);
        if self.registry.workflow(&record.workflow).is_none() && self.stored_at(run) != Some(record.seq) {
            // Without its code all there is to know is in the rows.
            let waits: Vec<_> = waits.collect();
            return waits.iter().all(|op| record.armed.get(*op).is_some())
                && self.rows_of(run).iter().all(|op| waits.contains(op));
        }
        waits.eq(record.armed.iter().map(|armed| armed.op))
            && told.state == record.state
            && told.unread == record.inbox.len()
    }

    /// A list is made before its turn, so the last transition of each run may be missing.
    fn check_listed(&self, page: &RunPage) -> Holds {
        let told: BTreeMap<_, _> = page.runs.iter().map(|run| (run.run, run)).collect();
        for (no, run) in &self.runs {
            match told.get(no) {
                Some(told) if told.transitions + 1 == run.log.len() as u64 => {}
                Some(told) => self.check_described(*no, told)?,
                None if self.lacks(*no) || page.damaged.iter().any(|damage| is_unread(*no, damage)) => {}
                None => holds("G1", self.may_be_missing(&run.record().id), || format!("{no} is not listed"))?,
            }
        }
        let unknown = told.keys().find(|no| !self.runs.contains_key(no));
        holds("asked", unknown.is_none(), || format!("{unknown:?} is listed"))
    }

    fn check_ended(&self, id: &str, run: RunNo, answer: &Result<Ending, NoEnding>) -> Holds {
        let phase = &self.run(run)?.record().phase;
        let right = match answer {
            Ok(Ending::Completed(output)) => *phase == Phase::Completed(output.clone()),
            Ok(Ending::Failed(error)) => *phase == Phase::Failed(error.clone()),
            Ok(Ending::Cancelled(error)) => *phase == Phase::Cancelled(error.clone()),
            Err(NoEnding::Terminated(reason)) => *phase == Phase::Terminated(reason.clone()),
            Err(NoEnding::Parked(reason)) => *phase == Phase::Parked(reason.clone()),
            Err(NoEnding::Damaged(_)) => false,
        };
        holds("G1", right, || format!("run `{id}` was said to have ended with {answer:?}; it is {phase:?}"))
    }

    fn check_redriven(&self, id: &str, answer: &Result<(), RedriveError>) -> Holds {
        let phase = self.run_of(id).map(|(_, run)| &run.record().phase);
        let right = match answer {
            Ok(()) => phase.is_some_and(|phase| !matches!(phase, Phase::Parked(_))),
            Err(RedriveError::NotFound { .. }) => self.may_be_missing(id),
            Err(RedriveError::StillParked { reason, .. }) => phase == Some(&Phase::Parked(reason.clone())),
            Err(RedriveError::Engine(_)) => false,
        };
        holds("G9", right, || format!("run `{id}` was driven on with {answer:?}; it is {phase:?}"))
    }

    /// Where the engine has nothing to do, all questions are answered but those that wait for what open runs have not come to yet.
    pub(super) fn check_idle(&self) -> Holds {
        let waits = |asked: &Asked| match &asked.ask {
            Ask::Wait { .. } | Ask::Update { done: true, .. } => {
                asked.run.is_some_and(|run| !self.is_closed(run))
            }
            _ => false,
        };
        let forgotten = self.asked.values().find(|asked| !waits(asked));
        holds("liveness", forgotten.is_none(), || {
            format!("{:?} was not answered", forgotten.map(|asked| &asked.ask))
        })
    }

    /// After an orderly end, the state of each run that has moved in this life is stored as it is. One that a crash has left
    /// behind its log, and that was not needed since, is as the crash left it.
    pub(super) fn check_closed(&self) -> Holds {
        let known = |run: &ModelRun| self.registry.workflow(&run.record().workflow).is_some();
        for (no, run) in self.runs.iter().filter(|(_, run)| run.has_moved && known(run)) {
            let stored = self.stored_at(*no);
            holds("G5", stored == Some(run.record().seq), || {
                format!("run {no} was closed at {stored:?}, it is at {:?}", run.record().seq)
            })?;
        }
        Ok(())
    }
}

fn answer_name(answer: &Answer) -> &'static str {
    fn of<T, E>(answer: &Result<T, E>, ok: &'static str, error: fn(&E) -> &'static str) -> &'static str {
        answer.as_ref().err().map_or(ok, error)
    }
    match answer {
        Answer::Started(answer) => of(answer, "start: ok", names::start),
        Answer::Found(answer) => of(answer, "find: ok", names::find),
        Answer::Signalled(answer) => of(answer, "signal: ok", names::signal),
        Answer::Updated(answer) => of(answer, "update: ok", names::update),
        Answer::Cancelled(answer) => of(answer, "cancel: ok", names::cancel),
        Answer::Queried(answer) => of(answer, "query: ok", names::query),
        Answer::Described(answer) => of(answer, "describe: ok", |_| "describe: damage"),
        Answer::Ended(answer) => names::result(answer),
        Answer::Redriven(answer) => of(answer, "redrive: ok", names::redrive),
        Answer::Listed(answer) => of(answer, "list: ok", |_| "list: damage"),
        Answer::Outside(answer) => of(answer, "by token: ok", names::completion),
        Answer::Told(_) => "time: ok",
    }
}

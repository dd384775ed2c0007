//! Starting and finding runs: an id has one run.

use super::hot::Written;
use super::input::{Output, Starting};
use super::run::Run;
use super::settle::Question;
use super::shard::Shard;
use crate::codec::{self, Payload};
use crate::error::{HandleError, StartError};
use crate::store::{EventRecord, RunNo, Table, Tail, Text};
use crate::time::Moment;

impl Shard {
    pub(super) fn start(&mut self, now: Moment, starting: Starting, out: &mut Output) {
        let Starting { workflow, id, input, seed, reply, ending } = starting;
        if id.is_empty() || id.len() > StartError::MAX_ID_BYTES {
            return out.effects.push(reply.with(Err(StartError::BadId { len: id.len() })));
        }
        match self.run_of(&id) {
            Some(Ok(Some(run))) => {
                let attached = self.attach(run, workflow, id, &input);
                if let (Ok(run), Some(reply)) = (&attached, ending) {
                    self.questions.push(Question::Wait { run: *run, reply });
                }
                return out.effects.push(reply.with(attached));
            }
            Some(Err(damage)) => return out.effects.push(reply.with(Err(damage.into()))),
            Some(Ok(None)) | None => {}
        }
        let Some(kind) = self.registry.workflow(workflow) else {
            return out.effects.push(reply.with(Err(StartError::UnknownWorkflow { workflow })));
        };
        let id = Text::from(id);
        let run = match Run::start(kind, id.clone(), &input, seed, now) {
            Ok(run) => run,
            Err(error) => return out.effects.push(reply.with(Err(StartError::Input(error)))),
        };
        let no = self.next_run;
        self.next_run = RunNo(no.0 + 1);
        self.open_runs += 1;
        self.hot.insert(no, run, Written::default(), Tail::default());
        out.batch.seal(Table::Ids, id.as_bytes(), &no);
        let touch = self.touch(no);
        touch.events.push(EventRecord::Started { id, workflow: workflow.into(), input, seed });
        touch.acks.push(reply.with(Ok(no)));
        if let Some(reply) = ending {
            self.questions.push(Question::Wait { run: no, reply });
        }
    }

    /// A start whose id has a run already gives that run, if it is the same start.
    fn attach(&self, run: RunNo, workflow: &str, id: String, input: &Payload) -> Result<RunNo, StartError> {
        let found = self.loaded(run)?;
        let in_use = |difference| {
            Err(StartError::IdInUse { id, workflow: found.record.workflow.to_string(), difference })
        };
        if found.record.workflow != workflow {
            return in_use("another workflow");
        }
        // Begun in this turn: its input is still among the events.
        let begun = self.touched.get(&run).and_then(|touch| started_with(&touch.events));
        let started = match (begun, self.inputs.get(&run)) {
            (Some(started), _) | (None, Some(Ok(started))) => started,
            (None, Some(Err(damage))) => return Err(damage.clone().into()),
            (None, None) => return in_use("an input that could not be compared"),
        };
        if codec::same(started, input) { Ok(run) } else { in_use("another input") }
    }

    pub(super) fn find(&self, workflow: &'static str, id: String) -> Result<RunNo, HandleError> {
        match self.run_of(&id) {
            Some(Ok(Some(run))) => {
                let record = &self.loaded(run)?.record;
                if record.workflow == workflow {
                    return Ok(run);
                }
                Err(HandleError::OtherWorkflow { id, found: record.workflow.to_string(), asked: workflow })
            }
            Some(Err(damage)) => Err(damage.into()),
            Some(Ok(None)) | None => Err(HandleError::NotFound { id }),
        }
    }
}

/// The input of the start among these events.
pub(super) fn started_with(events: &[EventRecord]) -> Option<&Payload> {
    events.iter().find_map(|event| match event {
        EventRecord::Started { input, .. } => Some(input),
        _ => None,
    })
}

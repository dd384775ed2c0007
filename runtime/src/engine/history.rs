//! What happened to a run, from its log; and whether the log still gives what is stored.

use thiserror::Error;

use super::Engine;
use super::flights::View;
use crate::core::{Effect, FoldError, Reply, WorkflowType, fold_seeing};
use crate::error::EngineError;
use crate::store::{self, Damage, LogEntry, RunNo, RunRecord, Seq, StoreError, Table};

/// The log of one run: what went into each transition, and what came out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The run's id.
    pub id: String,
    /// Its number in its store.
    pub run: RunNo,
    /// Its workflow.
    pub workflow: String,
    /// The transitions, from the first.
    pub transitions: Vec<LogEntry>,
}

/// The log of a run was not read, or does not give what is stored.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// There is no run of this id.
    #[error("there is no run `{id}`")]
    NotFound {
        /// The id.
        id: String,
    },
    /// The workflow is not registered, so that its log cannot be folded.
    #[error(
        "workflow `{workflow}` is not registered: add `.workflow::<{workflow}>()` to the engine's builder"
    )]
    UnknownWorkflow {
        /// The workflow's name.
        workflow: String,
    },
    /// The log gives something else than was logged.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The log gives another state than the stored one.
    #[error("run `{id}`: folding its {transitions} transitions gives another state than the stored one")]
    OtherState {
        /// The run's id.
        id: String,
        /// How many transitions were folded.
        transitions: usize,
    },
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A log that is to be read.
pub(crate) struct Reading {
    pub(super) id: String,
    pub(super) reply: Reply<Result<Read, HistoryError>>,
}

/// A log that was read, and the state stored with it.
pub(crate) struct Read {
    history: History,
    /// The bytes of the run's record.
    stored: Vec<u8>,
    /// How many transitions it has had.
    at: Seq,
    workflow: Option<WorkflowType>,
}

impl Reading {
    /// Reads what is stored; the outer error is the store's own.
    pub(super) fn read(
        &self,
        view: View<'_>,
        workflow: impl FnOnce(&str) -> Option<WorkflowType>,
    ) -> Result<Result<Read, HistoryError>, StoreError> {
        Ok(match read(view, &self.id)? {
            Ok(Some(Found { run, stored, record, transitions })) => Ok(Read {
                workflow: workflow(&record.workflow),
                at: record.seq,
                history: History { id: self.id.clone(), run, workflow: record.workflow, transitions },
                stored,
            }),
            Ok(None) => Err(HistoryError::NotFound { id: self.id.clone() }),
            Err(damage) => Err(HistoryError::Engine(EngineError::Damaged(damage))),
        })
    }

    /// The answer, ready to be sent.
    pub(super) fn answer(self, answer: Result<Read, HistoryError>) -> Effect {
        self.reply.with(answer)
    }
}

struct Found {
    run: RunNo,
    stored: Vec<u8>,
    record: RunRecord,
    transitions: Vec<LogEntry>,
}

fn read(view: View<'_>, id: &str) -> Result<Result<Option<Found>, Damage>, StoreError> {
    let Some(bytes) = view.get(Table::Ids, id.as_bytes())? else { return Ok(Ok(None)) };
    let run = match store::open::<RunNo>(Table::Ids, id.as_bytes(), &bytes) {
        Ok(run) => run,
        Err(damage) => return Ok(Err(damage)),
    };
    let Some(stored) = view.get(Table::Runs, &run.key())? else { return Ok(Ok(None)) };
    let record = match store::open::<RunRecord>(Table::Runs, &run.key(), &stored) {
        Ok(record) => record,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut transitions = Vec::new();
    // Those behind the stored state are read to the last.
    for seq in (0..).map(Seq) {
        let key = run.log_key(seq);
        let bytes = match view.get(Table::Log, &key)? {
            None if seq >= record.seq => break,
            bytes => bytes.unwrap_or_default(),
        };
        match store::open::<LogEntry>(Table::Log, &key, &bytes) {
            Ok(entry) => transitions.push(entry),
            Err(damage) => return Ok(Err(damage)),
        }
    }
    Ok(Ok(Some(Found { run, stored, record, transitions })))
}

impl Engine {
    /// What happened to a run: its transitions from the first, each with what went in and what came out.
    ///
    /// It reads the whole log at once, so it is for looking at one run, not at all of them.
    pub async fn history(&self, id: impl Into<String>) -> Result<History, HistoryError> {
        Ok(self.ask_history(id.into()).await??.history)
    }

    /// Checks guarantee G6 on a run: folds its log from the first transition and compares the outcome, byte for
    /// byte, with what is logged and stored. Gives how many transitions were folded.
    pub async fn verify(&self, id: impl Into<String>) -> Result<usize, HistoryError> {
        self.ask_history(id.into()).await??.verify()
    }
}

impl Read {
    fn verify(self) -> Result<usize, HistoryError> {
        let Read { history, stored, at, workflow } = self;
        let workflow = workflow.ok_or(HistoryError::UnknownWorkflow { workflow: history.workflow })?;
        let transitions = history.transitions.len();
        let mut is_stored = false;
        fold_seeing(&workflow, &history.transitions, |record| {
            if record.seq == at {
                is_stored = record.to_stored(history.run) == stored;
            }
        })?;
        if !is_stored {
            return Err(HistoryError::OtherState { id: history.id, transitions });
        }
        Ok(transitions)
    }
}

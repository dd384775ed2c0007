//! What happened to a run, from its log; and whether the log still gives what is stored.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use thiserror::Error;

use super::Engine;
use super::ask::Answer;
use super::handle::RunHandle;
use super::reading::{Head, Page, Part};
use crate::core::{FoldError, Folding, Target};
use crate::error::EngineError;
use crate::machine::OpId;
use crate::store::{CommandRecord, EventRecord, LogEntry, RunNo, RunRecord, Seq};

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

/// A transition of a run, as [`RunHandle::history`] shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// Its number, from 0.
    pub seq: Seq,
    /// What went in, and what came out.
    pub transition: LogEntry,
    /// The names of the activities whose ends are among its events.
    pub activities: BTreeMap<OpId, String>,
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
    /// The run has not had this transition.
    #[error(
        "run `{id}` has no transition {}: it has had {transitions}, and the first is transition 0",
        seq.0
    )]
    NoTransition {
        /// The run's id.
        id: String,
        /// The transition asked for.
        seq: Seq,
        /// How many it has had.
        transitions: u64,
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

/// The transitions of a run from the first to the newest there is, read as they are asked for.
///
/// A [`Stream`], or an iterator whose [`next`](Self::next) is awaited. After an error it is over. What is in memory is one page (256
/// transitions at most), however many the run has had.
#[must_use = "nothing is read until it is asked for"]
pub struct HistoryStream {
    engine: Engine,
    ready: VecDeque<HistoryEntry>,
    /// The activities that have been called and not ended, as far as it was read.
    called: BTreeMap<OpId, String>,
    next: Seq,
    stage: Stage,
}

enum Stage {
    Asking {
        of: Option<(RunNo, Seq)>,
        page: Answer<Result<Page, HistoryError>>,
    },
    /// There is more behind what is ready.
    More {
        run: RunNo,
        stored: Seq,
    },
    Over,
}

impl HistoryStream {
    fn new(engine: Engine, target: Target) -> Self {
        let stage = Stage::Asking { of: None, page: engine.ask_reading(Part::Head(target)) };
        HistoryStream { engine, ready: VecDeque::new(), called: BTreeMap::new(), next: Seq(0), stage }
    }

    /// The next transition; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<HistoryEntry, HistoryError>> {
        poll_fn(|cx| self.poll_entry(cx)).await
    }

    fn poll_entry(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<HistoryEntry, HistoryError>>> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(entry)));
            }
            self.stage = match &mut self.stage {
                Stage::Over => return Poll::Ready(None),
                Stage::More { run, stored } => {
                    let (run, stored) = (*run, *stored);
                    let page = self.engine.ask_reading(Part::Log { run, from: self.next, stored });
                    Stage::Asking { of: Some((run, stored)), page }
                }
                Stage::Asking { of, page } => {
                    let of = *of;
                    let page = ready!(page.as_mut().poll(cx));
                    match page.map_err(HistoryError::from).and_then(|page| page) {
                        Ok(page) => self.take_up(of, page),
                        Err(error) => {
                            self.stage = Stage::Over;
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                }
            };
        }
    }

    fn take_up(&mut self, of: Option<(RunNo, Seq)>, page: Page) -> Stage {
        match (of, page) {
            (_, Page::Head(head)) => Stage::More { run: head.run, stored: head.record.seq },
            (Some((run, stored)), Page::Log { transitions, is_last }) => {
                for transition in transitions {
                    let entry = self.entry(transition);
                    self.ready.push_back(entry);
                }
                if is_last { Stage::Over } else { Stage::More { run, stored } }
            }
            (None, Page::Log { .. }) | (_, Page::Begun(_)) => Stage::Over,
        }
    }

    fn entry(&mut self, transition: LogEntry) -> HistoryEntry {
        let mut activities = BTreeMap::new();
        for event in &transition.events {
            if let EventRecord::Activity { op, .. } = event {
                activities.extend(self.called.remove(op).map(|name| (*op, name)));
            }
        }
        for command in &transition.commands {
            if let CommandRecord::Activity { op, activity, .. } = command {
                self.called.insert(*op, activity.to_string());
            }
        }
        let seq = self.next;
        self.next = Seq(seq.0 + 1);
        HistoryEntry { seq, transition, activities }
    }
}

impl Stream for HistoryStream {
    type Item = Result<HistoryEntry, HistoryError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_entry(cx)
    }
}

impl std::fmt::Debug for HistoryStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryStream").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<W> RunHandle<W> {
    /// What happened to the run: its transitions from the first, as a stream. The run may be open, parked or ended.
    ///
    /// ```
    /// use longhaul::Engine;
    /// use longhaul::prelude::*;
    ///
    /// #[activity]
    /// async fn greet(name: String) -> String { format!("Hello, {name}!") }
    ///
    /// #[workflow]
    /// async fn greeting(ctx: &Context, name: String) -> Result<String, Failure> {
    ///     Ok(greet(name).await?)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::builder().workflow::<greeting>().activity::<greet>().open_in_memory().await?;
    /// let run = engine.start::<greeting>("Ann".to_owned()).await?;
    /// run.result().await?;
    /// let mut history = run.history();
    /// let mut events = Vec::new();
    /// while let Some(entry) = history.next().await {
    ///     let entry = entry?.to_json();
    ///     events.push(entry["events"][0]["kind"].clone());
    /// }
    /// assert_eq!(events, ["Started", "ActivityCompleted"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(&self) -> HistoryStream {
        HistoryStream::new(self.engine().clone(), Target::Run(self.run()))
    }
}

impl Engine {
    /// What happened to a run: its transitions from the first, each with what went in and what came out.
    ///
    /// All of it is in memory then; [`RunHandle::history`] gives it piece by piece.
    pub async fn history(&self, id: impl Into<String>) -> Result<History, HistoryError> {
        let head = self.read_head(Target::Id(id.into())).await?;
        let mut transitions = Vec::new();
        let mut reader = Reader::new(self, &head, Seq(0));
        while let Some(page) = reader.page().await? {
            transitions.extend(page);
        }
        let Head { run, record, .. } = head;
        Ok(History { id: record.id.into(), run, workflow: record.workflow.into(), transitions })
    }

    /// Checks guarantee G6 on a run: folds its log from the first transition and compares the outcome, byte for
    /// byte, with what is logged and stored. Gives how many transitions were folded.
    pub async fn verify(&self, id: impl Into<String>) -> Result<usize, HistoryError> {
        let head = self.read_head(Target::Id(id.into())).await?;
        let mut folding = Folding::from_start(head.workflow()?);
        let (mut is_stored, mut transitions) = (false, 0);
        let mut reader = Reader::new(self, &head, Seq(0));
        while let Some(page) = reader.page().await? {
            transitions += page.len();
            folding.go_on(&page, |record| {
                if record.seq == head.record.seq {
                    let ahead = head.record.ahead.clone();
                    is_stored = RunRecord { ahead, ..record.clone() }.is_stored_as(head.run, &head.stored);
                }
            })?;
        }
        if !is_stored {
            return Err(HistoryError::OtherState { id: head.record.id.into(), transitions });
        }
        Ok(transitions)
    }

    pub(super) async fn read_head(&self, target: Target) -> Result<Head, HistoryError> {
        match self.ask_reading(Part::Head(target)).await?? {
            Page::Head(head) => Ok(*head),
            _ => unreachable!("the head was asked for"),
        }
    }
}

impl Head {
    pub(super) fn workflow(&self) -> Result<crate::core::WorkflowType, HistoryError> {
        let unknown = || HistoryError::UnknownWorkflow { workflow: self.record.workflow.to_string() };
        self.workflow.ok_or_else(unknown)
    }
}

/// Reads the transitions of a run from one on, page by page.
pub(super) struct Reader<'a> {
    engine: &'a Engine,
    run: RunNo,
    stored: Seq,
    next: Seq,
    is_over: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(engine: &'a Engine, head: &Head, from: Seq) -> Self {
        Reader { engine, run: head.run, stored: head.record.seq, next: from, is_over: false }
    }

    /// How many transitions the run has had, as far as it was read.
    pub(super) fn transitions(&self) -> u64 {
        self.next.0
    }

    /// The next page; `None` behind the last.
    pub(super) async fn page(&mut self) -> Result<Option<Vec<LogEntry>>, HistoryError> {
        if self.is_over {
            return Ok(None);
        }
        let part = Part::Log { run: self.run, from: self.next, stored: self.stored };
        match self.engine.ask_reading(part).await?? {
            Page::Log { transitions, is_last } => {
                self.is_over = is_last;
                self.next = Seq(self.next.0 + transitions.len() as u64);
                Ok(Some(transitions))
            }
            _ => unreachable!("the log was asked for"),
        }
    }
}

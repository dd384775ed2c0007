//! The state of a run after one of its transitions, from its log.

use std::collections::BTreeMap;

use cbor4ii::core::Value as Cbor;
use serde_json::{Map, Value, json};

use super::Engine;
use super::handle::RunHandle;
use super::history::{HistoryError, Reader};
use super::json;
use super::reading::Head;
use crate::codec::{Payload, plain, to_json, to_map};
use crate::core::{Folding, RunStatus, Target, status_of};
use crate::machine::TASKS;
use crate::store::{Armed, EventRecord, Phase, RunNo, RunRecord, Seq};
use crate::time::Moment;

/// How a run stood after one of its transitions; see [`RunHandle::at`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PastState {
    /// The run's id.
    pub id: String,
    /// Its number in its store.
    pub run: RunNo,
    /// Its workflow.
    pub workflow: String,
    /// The transition after which it stood so.
    pub seq: Seq,
    /// When that was.
    pub at: Moment,
    /// How it stood.
    pub status: RunStatus,
    /// Why, where it was parked or terminated.
    pub reason: Option<String>,
    /// Its output or error, where it had ended with one.
    pub result: Option<Value>,
    /// The name of the state that its machine was in.
    pub state: String,
    /// The activities and timers that it waited for.
    pub waits_for: Vec<Armed>,
    /// The workflow's value: `self`, as handlers see it.
    pub value: Value,
    /// What the machine had in its slots, by their names: the variables that are needed later, and what is waited for. An async
    /// method that is being awaited is an object in its slot, with its own state under `at`.
    pub variables: Map<String, Value>,
    /// The tasks that the run had begun and not dropped: an object each, with `op` (its number), `state` (`Running`, `Done`, `Cancelled` or
    /// `Trigger`), and, while it runs, `body`, `at` and `variables`.
    pub tasks: Vec<Value>,
    /// What it had accepted and not handled: more than nothing on parked and terminated runs only.
    pub unread: Vec<EventRecord>,
}

impl PastState {
    fn of(run: RunNo, record: RunRecord) -> Self {
        let (reason, result) = match &record.phase {
            Phase::Open | Phase::Cancelled(None) => (None, None),
            Phase::Parked(reason) => (Some(reason.to_string()), None),
            Phase::Terminated(reason) => (Some(reason.clone()), None),
            Phase::Completed(result) | Phase::Failed(result) | Phase::Cancelled(Some(result)) => {
                (None, Some(json::payload(result)))
            }
        };
        let (variables, tasks) = frame(&record.frame.payload());
        PastState {
            run,
            // It has had one at least.
            seq: Seq(record.seq.0.saturating_sub(1)),
            at: record.updated,
            status: status_of(&record.phase),
            reason,
            result,
            value: json::payload(&record.value),
            variables,
            tasks,
            id: record.id.into(),
            workflow: record.workflow.into(),
            state: record.state,
            waits_for: record.armed.into_list(),
            unread: record.inbox,
        }
    }

    /// The state as JSON; `docs/OPERATING.md` lists the fields. More may come.
    pub fn to_json(&self) -> Value {
        let no_names = BTreeMap::new();
        json!({
            "id": self.id,
            "run": self.run.0,
            "workflow": self.workflow,
            "seq": self.seq.0,
            "at": self.at.to_string(),
            "status": format!("{:?}", self.status),
            "reason": self.reason,
            "result": self.result,
            "state": self.state,
            "waits_for": self.waits_for.iter().map(json::armed).collect::<Value>(),
            "self": self.value,
            "variables": self.variables,
            "tasks": self.tasks,
            "unread": self.unread.iter().map(|event| json::event(event, &no_names)).collect::<Value>(),
        })
    }
}

/// The slots of a stored frame, and the run's tasks.
fn frame(frame: &Payload) -> (Map<String, Value>, Vec<Value>) {
    let Some(Cbor::Map(fields)) = plain(frame) else { return (Map::new(), Vec::new()) };
    let Value::Object(mut slots) = machine(Cbor::Map(fields)) else { return (Map::new(), Vec::new()) };
    slots.remove("at");
    match slots.remove(TASKS) {
        Some(Value::Array(tasks)) => (slots, tasks),
        _ => (slots, Vec::new()),
    }
}

/// A machine's fields, or what is in one of its slots. The tasks of a function that is awaited are within it.
fn machine(value: Cbor) -> Value {
    let Cbor::Map(fields) = value else { return to_json(value) };
    to_map(fields.into_iter().map(|(name, value)| match (&name, value) {
        (Cbor::Text(text), Cbor::Array(tasks)) if text == TASKS => {
            (name, tasks.into_iter().map(task).collect())
        }
        (_, value) => (name, machine(value)),
    }))
}

/// A stored task: what is encoded within it is shown decoded.
fn task(stored: Cbor) -> Value {
    let Cbor::Map(fields) = stored else { return to_json(stored) };
    let mut shown = Map::new();
    for (name, value) in fields {
        let Cbor::Text(name) = name else { continue };
        match (name.as_str(), value) {
            ("state", Cbor::Map(state)) => {
                for (kind, content) in state {
                    let Cbor::Text(kind) = kind else { continue };
                    content_of_task(&kind, content, &mut shown);
                    shown.insert("state".to_owned(), kind.into());
                }
            }
            (_, value) => {
                shown.insert(name, to_json(value));
            }
        }
    }
    shown.into()
}

fn content_of_task(kind: &str, content: Cbor, shown: &mut Map<String, Value>) {
    match (kind, content) {
        ("Running", Cbor::Map(fields)) => {
            for (name, value) in fields {
                match (name, value) {
                    (Cbor::Text(name), Cbor::Bytes(frame)) if name == "frame" => {
                        let fields = plain(&Payload(frame)).map(machine);
                        let Some(Value::Object(mut slots)) = fields else { continue };
                        shown.extend(slots.remove("at").map(|at| ("at".to_owned(), at)));
                        shown.insert("variables".to_owned(), slots.into());
                    }
                    (Cbor::Text(name), value) => {
                        shown.insert(name, to_json(value));
                    }
                    _ => {}
                }
            }
        }
        ("Done", Cbor::Bytes(output)) => {
            shown.insert("output".to_owned(), json::payload(&Payload(output)));
        }
        (_, Cbor::Bytes(value)) => {
            shown.insert("value".to_owned(), json::payload(&Payload(value)));
        }
        (_, value) => {
            shown.insert("value".to_owned(), to_json(value));
        }
    }
}

impl<W> RunHandle<W> {
    /// How the run stood after its transition of this number; the first has number 0.
    ///
    /// Its log is folded, so the code that made the transitions is run again, up to that one. Nothing of it leaves: no
    /// activity is called. The newest stored state needs no code.
    ///
    /// ```
    /// use longhaul::Engine;
    /// use longhaul::prelude::*;
    /// use longhaul::store::Seq;
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Tally {
    ///     votes: Vec<String>,
    /// }
    ///
    /// #[workflow]
    /// impl Tally {
    ///     #[run]
    ///     async fn run(&mut self, ctx: &Context, quorum: usize) {
    ///         ctx.wait_until(|| self.votes.len() >= quorum).await;
    ///     }
    ///
    ///     #[signal]
    ///     fn vote(&mut self, name: String) {
    ///         self.votes.push(name);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::builder().workflow::<Tally>().open_in_memory().await?;
    /// let tally = engine.start::<Tally>(2).await?;
    /// tally.vote("Ann").await?;
    /// tally.vote("Bob").await?;
    /// let past = tally.at(Seq(1)).await?;
    /// assert_eq!(past.variables["quorum"], 2);
    /// assert_eq!(past.value["votes"][0], "Ann");
    /// assert_eq!(past.value["votes"].as_array().unwrap().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`HistoryError::NoTransition`] where the run has not had it; [`HistoryError::Fold`] where the code makes something else of
    /// the log than it did.
    pub async fn at(&self, seq: Seq) -> Result<PastState, HistoryError> {
        state_at(self.engine(), Target::Run(self.run()), seq).await
    }
}

impl Engine {
    /// How the run of this id stood after its transition of this number, whichever workflow it is of; see [`RunHandle::at`].
    pub async fn state_at(&self, id: impl Into<String>, seq: Seq) -> Result<PastState, HistoryError> {
        state_at(self, Target::Id(id.into()), seq).await
    }
}

async fn state_at(engine: &Engine, target: Target, seq: Seq) -> Result<PastState, HistoryError> {
    let head = engine.read_head(target).await?;
    let (no, stored) = (head.run, head.record.seq);
    // How many transitions there are to make, in all.
    let wanted = seq.0.saturating_add(1);
    if wanted == stored.0 {
        return Ok(PastState::of(no, head.record));
    }
    let is_behind = wanted > stored.0;
    let from = if is_behind { stored } else { Seq(0) };
    let mut reader = Reader::new(engine, &head, from);
    let mut folding = None;
    loop {
        let before = reader.transitions();
        let Some(mut page) = reader.page().await? else {
            let (id, transitions) = (head.record.id.into(), reader.transitions());
            return Err(HistoryError::NoTransition { id, seq, transitions });
        };
        let rest = usize::try_from(wanted - before).unwrap_or(usize::MAX);
        let is_there = rest <= page.len();
        page.truncate(rest);
        if page.is_empty() {
            continue;
        }
        let folding = match &mut folding {
            Some(folding) => folding,
            None => folding.insert(begin(&head, is_behind)?),
        };
        folding.go_on(&page, |_| {})?;
        if is_there {
            let folded = folding.take_record().expect("it was folded up to there");
            return Ok(PastState::of(no, folded));
        }
    }
}

/// Begins behind the stored state, or with the first transition.
fn begin(head: &Head, behind_stored: bool) -> Result<Folding, HistoryError> {
    let workflow = head.workflow()?;
    Ok(if behind_stored {
        Folding::from_state(workflow, head.record.clone())
    } else {
        Folding::from_start(workflow)
    })
}

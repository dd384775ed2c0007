//! Reading the log of a run, a page at a time: other work goes on between two pages.

use std::collections::BTreeMap;

use super::begun::begun;
use super::flights::View;
use super::logged::Logged;
use crate::core::{Effect, Reply, Target, WorkflowType};
use crate::error::EngineError;
use crate::machine::OpId;
use crate::store::{
    self, Damage, DamageReason, LogEntry, RunNo, RunRecord, Seq, StoreError, StoredRun, Table,
};
use crate::time::Moment;

use super::history::HistoryError;

/// How many transitions a page has at most.
pub(super) const PAGE: usize = 256;
/// Behind how many bytes a page ends.
const PAGE_BYTES: usize = 1 << 20;

/// What is to be read.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// How the run is stored; no transitions.
    Head(Target),
    /// The transitions from one on. Those before `stored` have to be there.
    Log { run: RunNo, from: Seq, stored: Seq },
    /// When operations were begun, of a run that has had so many transitions.
    Begun { run: RunNo, ops: Vec<OpId>, transitions: u64 },
}

/// A part of a log that is to be read.
pub(crate) struct Reading {
    pub(super) part: Part,
    pub(super) reply: Reply<Result<Page, HistoryError>>,
}

/// What was read.
pub(crate) enum Page {
    Head(Box<Head>),
    Log {
        transitions: Vec<LogEntry>,
        /// Whether there was nothing behind them.
        is_last: bool,
    },
    Begun(BTreeMap<OpId, Moment>),
}

/// A run as it is stored; its log may have transitions behind.
pub(crate) struct Head {
    pub(super) run: RunNo,
    pub(super) record: RunRecord,
    /// The bytes of the record.
    pub(super) stored: Vec<u8>,
    pub(super) workflow: Option<WorkflowType>,
}

impl Reading {
    /// Reads what is stored; the outer error is the store's own.
    pub(super) fn read(
        &self,
        view: View<'_>,
        workflow: impl FnOnce(&str) -> Option<WorkflowType>,
    ) -> Result<Result<Page, HistoryError>, StoreError> {
        let read = match &self.part {
            Part::Head(target) => return head(view, target, workflow),
            Part::Begun { run, ops, transitions } => {
                return begun(view, *run, ops, *transitions).map(|begun| Ok(Page::Begun(begun)));
            }
            Part::Log { run, from, stored } => log(view, *run, *from, *stored)?,
        };
        Ok(read.map_err(|damage| EngineError::Damaged(damage).into()))
    }

    /// The answer, ready to be sent.
    pub(super) fn answer(self, answer: Result<Page, HistoryError>) -> Effect {
        self.reply.with(answer)
    }
}

fn head(
    view: View<'_>,
    target: &Target,
    workflow: impl FnOnce(&str) -> Option<WorkflowType>,
) -> Result<Result<Page, HistoryError>, StoreError> {
    let damaged = |damage| Ok(Err(EngineError::Damaged(damage).into()));
    let run = match target {
        Target::Run(run) => *run,
        Target::Id(id) => {
            let Some(bytes) = view.get(Table::Ids, id.as_bytes())? else {
                return Ok(Err(HistoryError::NotFound { id: id.clone() }));
            };
            match store::open::<RunNo>(Table::Ids, id.as_bytes(), &bytes) {
                Ok(run) => run,
                Err(damage) => return damaged(damage),
            }
        }
    };
    let Some(stored) = view.get(Table::Runs, &run.key())? else {
        return damaged(Damage::new(Table::Runs, &run.key(), DamageReason::Missing));
    };
    let record = match StoredRun::open(&run.key(), &stored) {
        Ok(stored) => stored.record,
        Err(damage) => return damaged(damage),
    };
    let workflow = workflow(&record.workflow);
    Ok(Ok(Page::Head(Box::new(Head { run, record, stored, workflow }))))
}

fn log(view: View<'_>, run: RunNo, from: Seq, stored: Seq) -> Result<Result<Page, Damage>, StoreError> {
    let log = Logged::of(view, run)?;
    let (mut transitions, mut read, mut next) = (Vec::new(), 0, from);
    while transitions.len() < PAGE && read < PAGE_BYTES {
        let found = match log.around(next)? {
            Ok(found) => found,
            Err(damage) => return Ok(Err(damage)),
        };
        if found.entries.is_empty() {
            // Those behind the stored state are read to the last.
            let is_last = next >= stored;
            let missing = || Damage::new(Table::Log, &run.log_key(next), DamageReason::Missing);
            return Ok(if is_last { Ok(Page::Log { transitions, is_last }) } else { Err(missing()) });
        }
        read += found.bytes;
        let room = PAGE - transitions.len();
        let first = next;
        for (seq, entry) in found.entries.into_iter().filter(|(seq, _)| *seq >= first).take(room) {
            transitions.push(entry);
            next = Seq(seq.0 + 1);
        }
    }
    Ok(Ok(Page::Log { transitions, is_last: false }))
}

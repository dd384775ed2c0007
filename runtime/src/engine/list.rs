//! Listing runs, in bounded steps.

use super::flights::View;
use crate::core::{Effect, ListFilter, Reply, RunDescription, Shard};
use crate::error::EngineError;
use crate::store::{Damage, RunNo, RunRecord, StoreError, StoredRun, Table};

/// How many rows are read in one step.
const STEP: usize = 256;

/// Some of the runs that a filter let through.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RunPage {
    /// The runs, in the order in which they were started.
    pub runs: Vec<RunDescription>,
    /// Records that stood among them and cannot be read.
    pub damaged: Vec<Damage>,
    /// What to give as [`ListFilter::after`] for the next page; `None` after the last.
    pub next: Option<RunNo>,
}

/// A list that is being made.
pub(crate) struct Listing {
    filter: ListFilter,
    page: RunPage,
    reply: Reply<Result<RunPage, EngineError>>,
}

impl Listing {
    /// A page has one run at least, or a caller would ask for the same page for ever.
    pub(crate) fn new(mut filter: ListFilter, reply: Reply<Result<RunPage, EngineError>>) -> Self {
        filter.limit = filter.limit.max(1);
        Listing { filter, page: RunPage::default(), reply }
    }

    /// One step: says whether it was the last.
    pub(super) fn step(&mut self, view: View<'_>, shard: &mut Shard) -> Result<bool, StoreError> {
        let Some(from) = self.filter.after.map_or(Some(0), |after| after.0.checked_add(1)).map(RunNo) else {
            return Ok(true);
        };
        let rows = view.scan(Table::Runs, &from.key(), STEP)?;
        let mut complete = rows.len() < STEP;
        for (key, bytes) in rows {
            if self.page.runs.len() >= self.filter.limit {
                self.page.next = self.filter.after;
                complete = true;
                break;
            }
            match StoredRun::open(&key, &bytes).map(|stored| stored.record) {
                // How a run stands is always stored; what else there is to tell may be newer.
                Ok(record) if self.filter.takes(&record) => {
                    let run = RunNo::from_key(&key).unwrap_or(from);
                    match describe(view, shard, run, &record)? {
                        Ok(description) => self.page.runs.push(description),
                        Err(damage) => self.page.damaged.push(damage),
                    }
                }
                Ok(_) => {}
                Err(damage) => self.page.damaged.push(damage),
            }
            self.filter.after = RunNo::from_key(&key).or(self.filter.after);
        }
        Ok(complete)
    }

    /// The list, as far as it was made.
    pub(super) fn answer(self) -> Effect {
        self.reply.with(Ok(self.page))
    }
}

/// Describes a run whose stored state is `record`.
fn describe(
    view: View<'_>,
    shard: &mut Shard,
    run: RunNo,
    record: &RunRecord,
) -> Result<Result<RunDescription, Damage>, StoreError> {
    let is_newest = || Ok(view.get(Table::Log, &run.log_key(record.seq))?.is_none());
    if !shard.is_hot(run) && is_newest()? {
        return Ok(Ok(shard.describe_stored(run, record)));
    }
    while let Some(need) = shard.need_run(run) {
        let (table, key) = need.place();
        shard.admit(need, view.get(table, &key));
    }
    Ok(shard.describe(run))
}

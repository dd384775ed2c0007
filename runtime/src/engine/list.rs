//! Listing runs, in bounded steps.

use crate::core::{ListFilter, Reply, RunDescription};
use crate::error::EngineError;
use crate::store::{Damage, RunNo};

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
pub(super) struct Listing {
    pub(super) filter: ListFilter,
    pub(super) page: RunPage,
    pub(super) reply: Reply<Result<RunPage, EngineError>>,
}

impl Listing {
    /// A page has one run at least, or a caller would ask for the same page for ever.
    pub(super) fn new(mut filter: ListFilter, reply: Reply<Result<RunPage, EngineError>>) -> Self {
        filter.limit = filter.limit.max(1);
        Listing { filter, page: RunPage::default(), reply }
    }
}

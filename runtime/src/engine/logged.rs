//! Reading the log of a run, wherever its entries are: in the run's record or in rows of table `log`.

use super::flights::View;
use crate::store::{Damage, DamageReason, LogEntry, LogRow, RunNo, Seq, StoreError, StoredRun, Table};

/// The log of a run, as it is stored at one moment.
pub(super) struct Logged<'a> {
    view: View<'a>,
    run: RunNo,
    /// The entries that stand in the run's record, or why they cannot be read.
    tail: Result<Vec<(Seq, LogEntry)>, Damage>,
}

/// Entries that stand in one place.
#[derive(Default)]
pub(super) struct Found {
    pub(super) entries: Vec<(Seq, LogEntry)>,
    /// About how many bytes they have.
    pub(super) bytes: usize,
}

impl<'a> Logged<'a> {
    /// The log of a run.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub(super) fn of(view: View<'a>, run: RunNo) -> Result<Self, StoreError> {
        let key = run.key();
        let stored = view.get(Table::Runs, &key)?;
        let stored = stored.ok_or_else(|| Damage::new(Table::Runs, &key, DamageReason::Missing));
        Ok(Logged::with(view, run, stored.and_then(|stored| StoredRun::open(&key, &stored)).as_ref()))
    }

    /// The log of a run with this record.
    pub(super) fn with(view: View<'a>, run: RunNo, stored: Result<&StoredRun, &Damage>) -> Self {
        Logged { view, run, tail: stored.map_err(Clone::clone).and_then(StoredRun::entries) }
    }

    /// The entries that stand where this one does, which is among them; none where it is nowhere.
    ///
    /// # Errors
    ///
    /// The outer one is the store's own, the inner one says that the place is damaged.
    pub(super) fn around(&self, seq: Seq) -> Result<Result<Found, Damage>, StoreError> {
        let has_it = |entries: &[(Seq, LogEntry)]| entries.iter().any(|(found, _)| *found == seq);
        if let Ok(tail) = &self.tail
            && has_it(tail)
        {
            // Few, and short.
            return Ok(Ok(Found { entries: tail.clone(), bytes: 0 }));
        }
        let (from, end) = (self.run.log_key(seq), self.run.log_key(Seq(u64::MAX)));
        let Some((key, row)) = self.view.first(Table::Log, &from, &end)? else {
            return Ok(self.tail.as_ref().map(|_| Found::default()).map_err(Clone::clone));
        };
        Ok(LogRow::open(&key, &row).map(|found| match found.entries {
            entries if has_it(&entries) => Found { entries, bytes: row.len() },
            _ => Found::default(),
        }))
    }

    /// This entry.
    ///
    /// # Errors
    ///
    /// As with [`around`](Self::around). It is missing, too, is damage.
    pub(super) fn entry(&self, seq: Seq) -> Result<Result<LogEntry, Damage>, StoreError> {
        let missing = || Damage::new(Table::Log, &self.run.log_key(seq), DamageReason::Missing);
        let found = self.around(seq)?;
        Ok(found.and_then(|found| {
            let mut entries = found.entries.into_iter();
            entries.find(|(found, _)| *found == seq).map(|(_, entry)| entry).ok_or_else(missing)
        }))
    }
}

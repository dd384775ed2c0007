//! A copy of a data directory whose journal ends in damage, without that end.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::journal::{Cut, Item, JournalDamage, Journals, readable_rows};
use super::{DataDir, FjallStore, RunNo, Store, StoredRun, Table, open};
use crate::error::RepairError;

/// Where the copy is made, before it is a store.
const UNFINISHED: &str = "store.unfinished";

/// What a [`repair`] has made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// What the copy lacks of the newest journal; none where there was nothing to cut off.
    pub cut: Option<Cut>,
    /// How many commits were acknowledged and are not in the copy; none where that is not known.
    pub lost: Option<u64>,
    /// How many rows can be read in what was cut off, by table. No checksum says that they are right.
    pub rows: BTreeMap<Table, u64>,
    /// The runs to which these rows belong.
    pub runs: Vec<TouchedRun>,
}

/// A run of which something was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedRun {
    /// Its number.
    pub number: RunNo,
    /// Its id, where that can be read.
    pub id: Option<String>,
    /// Whether it is in the copy, as it was before what was cut off.
    pub is_kept: bool,
}

/// Copies the data directory `from`, whose open is refused because the end of its journal is damaged, to the new directory
/// `to`, without that end; and says what the copy lacks.
///
/// The copy is as the directory was after one of its last commits: what was acknowledged later is lost, and activities that were
/// completed later are run again. `from` is not changed. The program `longhaul-repair` does the same
/// (`cargo install longhaul --features repair`).
///
/// # Errors
///
/// Where something that is whole stands behind the damage, nothing is copied: it would be lost with it. Neither is it where `from` is
/// in use or is no data directory, or where `to` has something in it. Damage elsewhere than at the end of the journal is not mended,
/// and told.
///
/// ```
/// # use longhaul::store::{Batch, FjallStore, Store, Table};
/// # let folder = tempfile::tempdir()?;
/// # let (from, to) = (folder.path().join("data"), folder.path().join("repaired"));
/// # let store = FjallStore::open(&from)?;
/// # for n in 0..3 {
/// #     let mut batch = Batch::default();
/// #     batch.put(Table::Meta, [n], vec![n; 9]);
/// #     store.commit(&batch)?;
/// # }
/// # drop(store);
/// # let path = from.join("store/0.jnl");
/// # let mut journal = std::fs::read(&path)?;
/// # let end = journal.iter().rposition(|byte| *byte != 0).unwrap_or_default();
/// # journal[end] ^= 1;
/// # std::fs::write(&path, journal)?;
/// let refused = FjallStore::open(&from).unwrap_err();
/// assert!(refused.to_string().contains("is commit 2, but commit 3 was acknowledged"));
///
/// let repaired = longhaul::repair(&from, &to)?;
/// assert_eq!(repaired.lost, Some(1));
/// assert_eq!(repaired.rows[&Table::Meta], 1);
/// FjallStore::open(&to)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn repair(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Repaired, RepairError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let directory = DataDir::look(from)?;
    let acknowledged = directory.acknowledged().map_err(|source| RepairError::io(from, source))?;
    let journals = Journals::survey(&directory.store_path()).map_err(|source| {
        match source.downcast::<JournalDamage>() {
            Ok(damage) => RepairError::Refused(*damage),
            Err(source) => RepairError::Unreadable { path: from.to_owned(), source: source.into() },
        }
    })?;
    let torn = copy(&directory, &journals, to)?;
    let store = FjallStore::open(to).map_err(|source| RepairError::NotMended(Box::new(source)))?;
    let last = store.last_commit();
    let lost = acknowledged.map(|acknowledged| acknowledged.0.saturating_sub(last.0));
    let items = readable_rows(&torn);
    let rows = items.iter().filter_map(|item| Some((store.table_numbered(item.keyspace)?, item)));
    let (rows, runs) = touched(&store, &rows.collect::<Vec<_>>());
    store.close().map_err(|source| RepairError::NotMended(Box::new(source.into())))?;
    Ok(Repaired { cut: journals.cut, lost, rows, runs })
}

/// Copies all but what is to be cut off, and gives that.
fn copy(from: &DataDir, journals: &Journals, to: &Path) -> Result<Vec<u8>, RepairError> {
    let io = |source| RepairError::io(to, source);
    fs::create_dir_all(to).map_err(io)?;
    if fs::read_dir(to).map_err(io)?.next().is_some() {
        return Err(RepairError::NotEmpty { path: to.to_owned() });
    }
    // Under a name that no engine opens, until it is whole.
    let unfinished = to.join(UNFINISHED);
    copy_folder(&from.store_path(), &unfinished).map_err(io)?;
    let torn = match &journals.cut {
        None => Vec::new(),
        Some(cut) => {
            let name = cut.journal.file_name().unwrap_or_default();
            Cut { journal: unfinished.join(name), ..cut.clone() }.carry_out().map_err(io)?
        }
    };
    fs::rename(unfinished, to.join("store")).map_err(io)?;
    DataDir::adopt(to).map_err(io)?;
    Ok(torn)
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    File::open(to)?.sync_all()
}

/// How many rows of which tables there are, and the runs that they belong to.
fn touched(store: &FjallStore, rows: &[(Table, &Item<'_>)]) -> (BTreeMap<Table, u64>, Vec<TouchedRun>) {
    let (mut counts, mut runs) = (BTreeMap::new(), BTreeMap::new());
    for (table, item) in rows {
        *counts.entry(*table).or_default() += 1;
        let key = item.key;
        let (number, id) = match table {
            Table::Runs | Table::Log | Table::Tasks | Table::Updates | Table::Answers => (key.get(..8), None),
            Table::Timers => (key.get(8..16), None),
            Table::Ids => {
                let number = open::<RunNo>(Table::Ids, key, item.value).ok();
                if let Some(number) = number {
                    runs.insert(number, std::str::from_utf8(key).ok().map(str::to_owned));
                }
                continue;
            }
            Table::Meta => continue,
        };
        if let Some(number) = number.and_then(RunNo::from_key) {
            runs.entry(number).or_insert(id);
        }
    }
    let runs = runs.into_iter().map(|(number, id)| {
        let key = number.key();
        let stored = store.get(Table::Runs, &key).ok().flatten();
        let record = stored.as_ref().and_then(|stored| StoredRun::open(&key, stored).ok());
        TouchedRun {
            number,
            id: id.or(record.map(|stored| stored.record.id.into())),
            is_kept: stored.is_some(),
        }
    });
    (counts, runs.collect())
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Cut { journal, batches, at, bytes }) = &self.cut else {
            f.write_str("the journal has no damage at its end: nothing was cut off")?;
            return match self.lost {
                Some(lost) if lost > 0 => write!(f, "\nacknowledged commits that it lacks: {lost}"),
                _ => Ok(()),
            };
        };
        let journal = journal.display();
        writeln!(f, "{journal}: kept {batches} batches, {at} bytes; cut off {bytes} bytes behind them")?;
        match self.lost {
            Some(lost) => write!(f, "acknowledged commits that are lost: {lost}")?,
            None => f.write_str("whether it was acknowledged is not known")?,
        }
        for (table, rows) in &self.rows {
            write!(f, "\nrows of table `{table}` in what was cut off: {rows}")?;
        }
        for TouchedRun { number, id, is_kept } in &self.runs {
            let id = id.as_deref().unwrap_or("its id cannot be read");
            let fate = if *is_kept { "is as it was before" } else { "is lost" };
            write!(f, "\nrun {number} ({id}) {fate}")?;
        }
        Ok(())
    }
}

//! The journal, read by ourselves before fjall reads it.
//!
//! fjall takes the first thing in a journal that it cannot read for the end, and cuts the file there: what is behind a
//! damaged place would be lost without a word. So each journal is surveyed first, and not changed by that. A batch is only begun
//! once the one before it is synced; hence a place that cannot be read is either the last batch, torn before it was
//! acknowledged, or damage of what was acknowledged: where a whole batch stands behind it, or where the commit that was
//! acknowledged last is not before it.

mod batch;
mod survey;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(super) use self::batch::{Item, readable_rows};
use self::survey::{Rest, Survey, read_rest, survey};
use super::commits::CommitNo;

/// Something that was acknowledged cannot be read in a journal. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalDamage {
    /// A place cannot be read, and what was acknowledged after it stands behind it.
    #[error(
        "{} cannot be read from byte {at} on, and what was acknowledged later stands behind it, at byte {behind}: \
         restore the data directory from a backup", path.display()
    )]
    Middle {
        /// The journal.
        path: PathBuf,
        /// Where it cannot be read.
        at: u64,
        /// Where a whole batch stands behind that.
        behind: u64,
    },
    /// The end of a journal that was finished cannot be read.
    #[error(
        "{} cannot be read from byte {at} on, and there is a later journal: restore the data directory from a \
         backup", path.display()
    )]
    Finished {
        /// The journal.
        path: PathBuf,
        /// Where it cannot be read.
        at: u64,
    },
    /// The newest journal ends before the last commit that was acknowledged.
    #[error(
        "{} can be read up to byte {at}, which is commit {last}, but commit {acknowledged} was acknowledged: restore the data \
         directory from a backup, or let `longhaul-repair` (the function `longhaul::repair`) make a copy that ends there and say \
         what it lacks", path.display()
    )]
    End {
        /// The journal.
        path: PathBuf,
        /// Up to where it can be read, in bytes.
        at: u64,
        /// The number of the last commit that can be read; 0 where there is none.
        last: u64,
        /// The number of the last commit that was acknowledged.
        acknowledged: u64,
    },
    /// A journal between two others is not there.
    #[error("{} is missing: restore the data directory from a backup", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
}

/// What was cut off the end of the newest journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The journal.
    pub journal: PathBuf,
    /// How many whole batches are before it.
    pub batches: u64,
    /// Where it was cut, in bytes from the beginning.
    pub at: u64,
    /// How many bytes were cut off, zeros at the end aside.
    pub bytes: u64,
}

/// All journals of a store, surveyed and without damage that can be seen in them alone.
#[derive(Debug)]
pub(super) struct Journals {
    /// What is to be cut off the newest one.
    pub(super) cut: Option<Cut>,
    /// The number of the last commit in them; none where they are empty.
    pub(super) last: Option<CommitNo>,
    /// Where the newest one ends, if there is one.
    end: Option<(PathBuf, u64)>,
}

impl Journals {
    /// Surveys the journals of the store at `path`.
    pub(super) fn survey(path: &Path) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let surveys = survey_all(path)?;
        let newest = surveys.len().saturating_sub(1);
        let mut journals = Journals { cut: None, last: None, end: None };
        for (nth, Survey { path, batches, whole: at, last, rest }) in surveys.into_iter().enumerate() {
            match rest {
                Rest::Nothing => {}
                Rest::BatchAt(behind) => return Err(JournalDamage::Middle { path, at, behind }.into()),
                Rest::Torn(_) if nth < newest => return Err(JournalDamage::Finished { path, at }.into()),
                Rest::Torn(bytes) => {
                    journals.cut = Some(Cut { journal: path.clone(), batches, at, bytes });
                }
            }
            journals.last = last.or(journals.last);
            journals.end = Some((path, at));
        }
        Ok(journals)
    }

    /// Sees that the commit acknowledged last is among what was read, of which `last` is the last.
    pub(super) fn check_end(
        &self,
        last: Option<CommitNo>,
        acknowledged: Option<CommitNo>,
    ) -> Result<(), JournalDamage> {
        let last = last.map_or(0, |last| last.0);
        match acknowledged {
            Some(CommitNo(acknowledged)) if last < acknowledged => {
                let (path, at) = self.end.clone().unwrap_or_default();
                Err(JournalDamage::End { path, at, last, acknowledged })
            }
            _ => Ok(()),
        }
    }
}

impl Cut {
    /// Cuts off what is to be, and gives it.
    pub(super) fn carry_out(&self) -> io::Result<Vec<u8>> {
        let torn = read_rest(&self.journal, self.at)?;
        let file = File::options().write(true).open(&self.journal)?;
        file.set_len(self.at)?;
        file.sync_all()?;
        Ok(torn)
    }

    /// Puts back what was cut off.
    pub(super) fn undo(&self, torn: &[u8]) -> io::Result<()> {
        let mut file = File::options().write(true).open(&self.journal)?;
        file.seek(SeekFrom::Start(self.at))?;
        file.write_all(torn)?;
        file.sync_all()
    }
}

/// Surveys the journals of the store at `path`, oldest first. Only the last one is still being written.
fn survey_all(path: &Path) -> Result<Vec<Survey>, Box<dyn Error + Send + Sync>> {
    let mut journals = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(number) = name.and_then(|name| name.strip_suffix(".jnl")?.parse::<u64>().ok()) {
            journals.push((number, path));
        }
    }
    journals.sort_unstable();
    // They are numbered one by one, and go from the oldest on.
    if let Some(pair) = journals.windows(2).find(|pair| pair[0].0 + 1 != pair[1].0) {
        return Err(JournalDamage::Missing { path: path.join(format!("{}.jnl", pair[0].0 + 1)) }.into());
    }
    Ok(journals.into_iter().map(|(_, path)| survey(path)).collect::<io::Result<_>>()?)
}

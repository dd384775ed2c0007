//! [`RepairError`].

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::OpenError;
use crate::store::JournalDamage;

/// A data directory was not repaired. It was not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RepairError {
    /// It is no data directory, is in use, or is of a newer format.
    #[error(transparent)]
    Directory(#[from] OpenError),
    /// Something that is whole would be lost with what is damaged.
    #[error("{0}; a copy without it would also lose what is whole behind it")]
    Refused(JournalDamage),
    /// The directory to copy to has something in it.
    #[error("{} is not empty: give a new directory", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The directory that it is in.
        path: PathBuf,
        /// What the system said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The copy cannot be opened either: more than the end of the journal is damaged.
    #[error("the copy cannot be opened: {0}; restore the data directory from a backup")]
    NotMended(#[source] Box<OpenError>),
}

impl RepairError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        RepairError::Unreadable { path: path.to_owned(), source: Arc::new(source) }
    }
}

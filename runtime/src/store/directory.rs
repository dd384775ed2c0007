//! The data directory: `LOCK` says who has it, `FORMAT` says that it is ours, `store/` is fjall's.
//! `store.new/` is what becomes `store/`.

use std::error::Error;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::commits::{Acknowledged, CommitNo};
use crate::error::OpenError;

/// The format of the directory as a whole; records have versions of their own.
const FORMAT: u32 = 1;
const MAGIC: &str = "longhaul data directory, format ";
const OURS: [&str; 5] = ["LOCK", "FORMAT", "FORMAT.new", "store.new", "store"];

/// A data directory that this process has to itself until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    // Held for its lock; a copy may come without.
    _lock: Option<File>,
}

impl DataDir {
    /// Takes the directory, making it where there is none. A directory that is not ours is left untouched.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Directory { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(io)?;
        check_ours(path)?;
        let lock = Some(lock(path)?);
        if !path.join("FORMAT").exists() {
            write_format(path).map_err(io)?;
        }
        Ok(DataDir { path: path.to_owned(), _lock: lock })
    }

    /// Takes a directory that there is, changing nothing in it.
    pub(crate) fn look(path: &Path) -> Result<Self, OpenError> {
        check_ours(path)?;
        if !path.join("FORMAT").exists() || !path.join("store").exists() {
            let reason = "there is no store in it".to_owned();
            return Err(OpenError::NotOurs { path: path.to_owned(), reason });
        }
        let lock = match File::open(path.join("LOCK")) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(OpenError::Directory { path: path.to_owned(), source }),
        };
        if let Some(lock) = &lock {
            take(lock, path)?;
        }
        Ok(DataDir { path: path.to_owned(), _lock: lock })
    }

    /// Makes a directory ours that has a store already.
    pub(crate) fn adopt(path: &Path) -> io::Result<()> {
        write_format(path)
    }

    /// The number of the last commit that was acknowledged, where it is known.
    pub(crate) fn acknowledged(&self) -> io::Result<Option<CommitNo>> {
        Acknowledged::read(&self.acknowledged_path())
    }

    /// Lets `make` make the store where there is none: aside and then renamed, so that a crash leaves it whole or
    /// not there.
    pub(crate) fn make_store(
        &self,
        make: impl FnOnce(&Path) -> Result<(), StoreError>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.store_path().exists() {
            return Ok(());
        }
        let new = self.path.join("store.new");
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        make(&new)?;
        File::open(&new)?.sync_all()?;
        fs::rename(&new, self.store_path())?;
        Ok(File::open(&self.path)?.sync_all()?)
    }

    /// Writes as much as a table's part and takes it away again: an error tells what is wrong with the disk.
    pub(crate) fn try_disk(&self) -> io::Result<()> {
        const BYTES: usize = 1 << 20;
        let path = self.path.join("trial");
        let mut file = File::create(&path)?;
        let tried = file.write_all(&vec![1; BYTES]).and_then(|()| file.sync_all());
        fs::remove_file(&path)?;
        tried
    }

    /// Where it is kept which commit was acknowledged last.
    pub(crate) fn acknowledged_path(&self) -> PathBuf {
        self.path.join(Acknowledged::NAME)
    }

    /// Where fjall keeps its files.
    pub(crate) fn store_path(&self) -> PathBuf {
        self.path.join("store")
    }
}

fn check_ours(path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Directory { path: path.to_owned(), source };
    let not_ours = |reason: String| OpenError::NotOurs { path: path.to_owned(), reason };
    match fs::read(path.join("FORMAT")) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let found = text
                .strip_prefix(MAGIC)
                .and_then(|rest| rest.trim_end().parse::<u32>().ok())
                .ok_or_else(|| not_ours("its file FORMAT is not one that Longhaul wrote".to_owned()))?;
            if found > FORMAT {
                return Err(OpenError::NewerFormat { path: path.to_owned(), found, supported: FORMAT });
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // New, or left by a crash while it was being made: then `store` is not there yet.
            for entry in fs::read_dir(path).map_err(io)? {
                let name = entry.map_err(io)?.file_name();
                if name == "store" || !OURS.iter().any(|ours| name == *ours) {
                    return Err(not_ours(format!(
                        "it holds `{}` and no file FORMAT",
                        name.to_string_lossy()
                    )));
                }
            }
            Ok(())
        }
        Err(error) => Err(io(error)),
    }
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Directory { path: path.to_owned(), source };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join("LOCK"))
        .map_err(io)?;
    take(&file, path)?;
    let holder = format!("process {} since {}\n", std::process::id(), jiff::Timestamp::now());
    file.set_len(0).map_err(io)?;
    file.rewind().map_err(io)?;
    file.write_all(holder.as_bytes()).map_err(io)?;
    Ok(file)
}

/// Locks the file `LOCK`.
fn take(mut file: &File, path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Directory { path: path.to_owned(), source };
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(io)?;
            let holder = match holder.trim() {
                "" => "a process that is just starting".to_owned(),
                holder => holder.to_owned(),
            };
            Err(OpenError::Locked { path: path.to_owned(), holder })
        }
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

/// Written aside and renamed, so that a crash leaves it whole or not there.
fn write_format(path: &Path) -> io::Result<()> {
    let new = path.join("FORMAT.new");
    let mut file = File::create(&new)?;
    writeln!(file, "{MAGIC}{FORMAT}")?;
    file.sync_all()?;
    fs::rename(&new, path.join("FORMAT"))?;
    File::open(path)?.sync_all()
}

//! A store whose answers are compared with what they must be.

use std::sync::Arc;

use crate::store::{Batch, Row, Store, StoreError, Table};

/// What a store did instead of what it must.
pub(super) type Found = String;

/// A store, asked with expectations.
pub(super) struct Checked<S>(pub(super) S);

impl<S: Store> Checked<S> {
    pub(super) fn commit(&self, batch: &Batch) -> Result<(), Found> {
        self.0.commit(batch).map_err(|error| failed(&error))
    }

    pub(super) fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), Found> {
        self.0.commit_all(batches).map_err(|error| failed(&error))
    }

    /// Commits rows of one table.
    pub(super) fn put(&self, table: Table, rows: &[(&[u8], &[u8])]) -> Result<(), Found> {
        let mut batch = Batch::default();
        for (key, value) in rows {
            batch.put(table, *key, value);
        }
        self.commit(&batch)
    }

    pub(super) fn get(&self, table: Table, key: &[u8], expected: Option<&[u8]>) -> Result<(), Found> {
        let found = self.0.get(table, key).map_err(|error| failed(&error))?;
        if found.as_deref() == expected {
            return Ok(());
        }
        let (found, expected) = (Bytes::of(found.as_deref()), Bytes::of(expected));
        Err(format!("key {} in table `{table}` is {found}, not {expected}.", Bytes(key)))
    }

    pub(super) fn scan(
        &self,
        table: Table,
        from: &[u8],
        limit: usize,
        expected: &[Row],
    ) -> Result<(), Found> {
        let found = self.0.scan(table, from, limit).map_err(|error| failed(&error))?;
        if found == expected {
            return Ok(());
        }
        let (asked, rows) = (
            format!("a scan of table `{table}` from {} on, {limit} rows at most,", Bytes(from)),
            found.len(),
        );
        Err(match found.iter().zip(expected).position(|(found, expected)| found != expected) {
            None => format!("{asked} gives {rows} rows, not {}.", expected.len()),
            Some(at) => format!(
                "{asked} gives, as row {at}, {} with {}, not {} with {}.",
                Bytes(&found[at].0),
                Bytes(&found[at].1),
                Bytes(&expected[at].0),
                Bytes(&expected[at].1),
            ),
        })
    }

    pub(super) fn last_key(&self, table: Table, expected: Option<&[u8]>) -> Result<(), Found> {
        let found = self.0.last_key(table).map_err(|error| failed(&error))?;
        if found.as_deref() == expected {
            return Ok(());
        }
        let (found, expected) = (Bytes::of(found.as_deref()), Bytes::of(expected));
        Err(format!("the last key of table `{table}` is {found}, not {expected}."))
    }

    /// All of a table, in each way there is to read it.
    pub(super) fn table(&self, table: Table, expected: &[Row]) -> Result<(), Found> {
        self.scan(table, &[], usize::MAX, expected)?;
        self.last_key(table, expected.last().map(|(key, _)| key.as_slice()))?;
        expected.iter().try_for_each(|(key, value)| self.get(table, key, Some(value)))
    }

    pub(super) fn close(self) -> Result<(), Found> {
        self.0.close().map_err(|error| failed(&error))
    }
}

pub(super) fn failed(error: &StoreError) -> Found {
    format!("it failed: {error}.")
}

pub(super) fn row(key: &[u8], value: &[u8]) -> Row {
    (key.to_vec(), value.to_vec())
}

/// Bytes as a person reads them.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn of(bytes: Option<&[u8]>) -> String {
        bytes.map_or_else(|| "not there".to_owned(), |bytes| Bytes(bytes).to_string())
    }
}

impl std::fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 32;
        write!(f, "\"{}\"", self.0[..self.0.len().min(SHOWN)].escape_ascii())?;
        if self.0.len() > SHOWN { write!(f, ".. ({} bytes)", self.0.len()) } else { Ok(()) }
    }
}

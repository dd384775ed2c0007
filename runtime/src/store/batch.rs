//! What is written in one commit.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Table, envelope};

/// Changes that become durable together or not at all. No key is changed twice in one batch.
///
/// All keys and values lie one after the other in one piece of memory, because a batch of a busy engine has hundreds of them.
///
/// ```
/// use longhaul::store::{Batch, Table, Write};
///
/// let mut batch = Batch::default();
/// batch.put(Table::Ids, "order-42", [1]);
/// batch.delete(Table::Ids, "order-41");
/// let values: Vec<Option<&[u8]>> = batch.writes().map(|write| write.value).collect();
/// assert_eq!(values, [Some([1].as_slice()), None]);
///
/// let only_deletes: Batch = batch.writes().filter(|write| write.value.is_none()).collect();
/// assert_eq!(only_deletes.get(0), Some(Write { table: Table::Ids, key: b"order-41", value: None }));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Batch {
    bytes: Vec<u8>,
    changes: Vec<Change>,
}

/// One change of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write<'a> {
    /// Where.
    pub table: Table,
    /// Which.
    pub key: &'a [u8],
    /// The new value, or `None` to delete.
    pub value: Option<&'a [u8]>,
}

/// Where in a batch's bytes a change is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Change {
    table: Table,
    is_delete: bool,
    key_at: usize,
    value_at: usize,
    end: usize,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many keys are changed.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// How many bytes the keys and values are.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The change at a place, from 0.
    pub fn get(&self, at: usize) -> Option<Write<'_>> {
        self.changes.get(at).map(|change| self.write(change))
    }

    /// The changes, in order.
    pub fn writes(&self) -> impl ExactSizeIterator<Item = Write<'_>> + DoubleEndedIterator + Clone {
        self.changes.iter().map(|change| self.write(change))
    }

    /// The same memory with nothing in it, unless that is more than is worth keeping.
    pub(crate) fn emptied(mut self) -> Batch {
        const MOST: usize = 4 << 20;
        if self.bytes.capacity() > MOST || self.changes.capacity() * size_of::<Change>() > MOST {
            return Batch::default();
        }
        self.bytes.clear();
        self.changes.clear();
        self
    }

    /// Sets a key.
    pub fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.push(Write { table, key: key.as_ref(), value: Some(value.as_ref()) });
    }

    /// Deletes a key; one that is not there is fine.
    pub fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.push(Write { table, key: key.as_ref(), value: None });
    }

    /// One batch that does what these do one after the other: of the changes of a key it has the last.
    pub fn merged<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Batch {
        let writes = batches.into_iter().flat_map(Batch::writes);
        let newest: BTreeMap<_, _> = writes.map(|write| ((write.table, write.key), write)).collect();
        newest.into_values().collect()
    }

    /// Adds a change.
    pub fn push(&mut self, Write { table, key, value }: Write<'_>) {
        let key_at = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let value_at = self.bytes.len();
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.changed(table, value.is_none(), key_at, value_at);
    }

    /// Sets a key to a record in its envelope; gives the length of that in bytes.
    pub(crate) fn seal<T: Serialize>(&mut self, table: Table, key: impl AsRef<[u8]>, record: &T) -> usize {
        let key = key.as_ref();
        self.seal_by(table, key, |bytes| envelope::seal_behind(bytes, table, key, record))
    }

    /// Sets a key to what `seal` puts behind the bytes that it is given; gives the length of that.
    pub(super) fn seal_by(
        &mut self,
        table: Table,
        key: &[u8],
        seal: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> usize {
        let key_at = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let value_at = self.bytes.len();
        self.bytes = seal(std::mem::take(&mut self.bytes));
        self.changed(table, false, key_at, value_at);
        self.bytes.len() - value_at
    }

    fn changed(&mut self, table: Table, is_delete: bool, key_at: usize, value_at: usize) {
        self.changes.push(Change { table, is_delete, key_at, value_at, end: self.bytes.len() });
    }

    fn write(&self, change: &Change) -> Write<'_> {
        let Change { table, is_delete, key_at, value_at, end } = *change;
        let value = (!is_delete).then(|| &self.bytes[value_at..end]);
        Write { table, key: &self.bytes[key_at..value_at], value }
    }
}

impl<'a> Extend<Write<'a>> for Batch {
    fn extend<I: IntoIterator<Item = Write<'a>>>(&mut self, writes: I) {
        writes.into_iter().for_each(|write| self.push(write));
    }
}

impl<'a> FromIterator<Write<'a>> for Batch {
    fn from_iter<I: IntoIterator<Item = Write<'a>>>(writes: I) -> Self {
        let mut batch = Batch::default();
        batch.extend(writes);
        batch
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.writes()).finish()
    }
}

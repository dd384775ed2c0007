//! The commits in flight: what they write is seen by later turns at once, what they let out waits until they are durable.

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::core::Effect;
use crate::store::{Batch, Row, Store, StoreError, Table, Write};

/// The commits that are not known to be durable yet, from the oldest.
#[derive(Default)]
pub(super) struct Flights(VecDeque<Flight>);

struct Flight {
    batch: Arc<Batch>,
    /// Released once the batch, and with it all before, is durable.
    effects: Vec<Effect>,
    /// The places of the batch's changes, in the order of their tables and keys. Most batches are never asked for it.
    order: OnceCell<Vec<usize>>,
}

/// The new values of keys; `None` where one was deleted.
type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl Flights {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes note of a commit that begins.
    pub(super) fn begin(&mut self, batch: Arc<Batch>, effects: Vec<Effect>) {
        self.0.push_back(Flight { batch, effects, order: OnceCell::new() });
    }

    /// Lets effects that need no commit of their own wait for the newest one: they may tell of what it writes. Gives
    /// them back where nothing is in flight.
    pub(super) fn hold(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        match self.0.back_mut() {
            Some(newest) => {
                newest.effects.extend(effects);
                Vec::new()
            }
            None => effects,
        }
    }

    /// The oldest commit is durable: gives what it lets out, and its batch.
    pub(super) fn land(&mut self) -> Option<(Vec<Effect>, Arc<Batch>)> {
        self.0.pop_front().map(|flight| (flight.effects, flight.batch))
    }

    /// The newest change of a key.
    fn change(&self, table: Table, key: &[u8]) -> Option<Write<'_>> {
        let from = |flight| Flight::from(flight, table, key).next();
        self.0.iter().rev().filter_map(from).find(|write| write.key == key)
    }

    /// All changes of a table from a key on, newer over older ones.
    fn changes(&self, table: Table, from: &[u8]) -> Changes {
        let mut changes = Changes::new();
        for flight in &self.0 {
            for write in flight.from(table, from) {
                changes.insert(write.key.to_vec(), write.value.map(<[u8]>::to_vec));
            }
        }
        changes
    }
}

impl Flight {
    fn place(&self, at: usize) -> Option<(Table, &[u8])> {
        self.batch.get(at).map(|write| (write.table, write.key))
    }

    /// The changes of a table from a key on, in the order of their keys.
    fn from(&self, table: Table, key: &[u8]) -> impl Iterator<Item = Write<'_>> {
        let order = self.order.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.batch.len()).collect();
            order.sort_unstable_by(|one, other| self.place(*one).cmp(&self.place(*other)));
            order
        });
        let at = order.partition_point(|at| self.place(*at) < Some((table, key)));
        order[at..].iter().filter_map(|at| self.batch.get(*at)).take_while(move |write| write.table == table)
    }
}

/// What a store holds, once the commits in flight are durable.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) flights: &'a Flights,
}

impl View<'_> {
    /// As [`Store::get`].
    pub(super) fn get(self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.flights.change(table, key) {
            Some(write) => Ok(write.value.map(<[u8]>::to_vec)),
            None => self.store.get(table, key),
        }
    }

    /// The first row from a key on, and up to another one, of a table in which nothing is deleted.
    pub(super) fn first(self, table: Table, from: &[u8], end: &[u8]) -> Result<Option<Row>, StoreError> {
        let stored = self.store.scan(table, from, 1)?.pop();
        let flying = self.flights.0.iter().rev().filter_map(|flight| flight.from(table, from).next());
        // Of the same key, the newest change is the first.
        let flying = flying.min_by(|one, other| one.key.cmp(other.key));
        let first = match (stored, flying) {
            (Some(stored), Some(flying)) if *stored.0 < *flying.key => Some(stored),
            (_, Some(flying)) => flying.value.map(|value| (flying.key.to_vec(), value.to_vec())),
            (stored, None) => stored,
        };
        Ok(first.filter(|(key, _)| **key <= *end))
    }

    /// As [`Store::scan`].
    pub(super) fn scan(self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        if self.flights.is_empty() {
            return self.store.scan(table, from, limit);
        }
        let mut changes = self.flights.changes(table, from);
        let (mut rows, mut from) = (Vec::new(), from.to_vec());
        loop {
            let stored = self.store.scan(table, &from, limit)?;
            let is_last = stored.len() < limit;
            for (key, value) in stored {
                rows.extend(take_before(&mut changes, &key));
                match changes.remove(&key) {
                    Some(changed) => rows.extend(changed.map(|value| (key.clone(), value))),
                    None => rows.push((key.clone(), value)),
                }
                // The least key after this one.
                from = key;
                from.push(0);
            }
            if is_last {
                rows.extend(present(std::mem::take(&mut changes)));
            }
            if is_last || rows.len() >= limit {
                rows.truncate(limit);
                return Ok(rows);
            }
        }
    }
}

/// Takes the rows out of `changes` that come before `key`.
fn take_before(changes: &mut Changes, key: &Vec<u8>) -> impl Iterator<Item = Row> {
    let before = if changes.first_key_value().is_some_and(|(first, _)| first < key) {
        let rest = changes.split_off(key);
        std::mem::replace(changes, rest)
    } else {
        Changes::new()
    };
    present(before)
}

/// The rows that are there after the changes.
fn present(changes: Changes) -> impl Iterator<Item = Row> {
    changes.into_iter().filter_map(|(key, value)| Some((key, value?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::{MemoryDisk, MemoryStore};

    fn batch(changes: &BTreeMap<u8, Option<u8>>) -> Batch {
        let mut batch = Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(Table::Ids, [*key], [*value]),
                None => batch.delete(Table::Ids, [*key]),
            }
        }
        batch
    }

    /// What is stored where so many of these have landed, what is in flight where so many of those were reported, and what is stored when
    /// all are.
    fn in_flight(
        all: &[BTreeMap<u8, Option<u8>>],
        landed: usize,
        reported: usize,
    ) -> (MemoryStore, Flights, MemoryStore) {
        let (stored, whole) = (MemoryDisk::new().store(), MemoryDisk::new().store());
        let mut flights = Flights::default();
        for (at, changes) in all.iter().enumerate() {
            let batch = batch(changes);
            whole.commit(&batch).unwrap();
            if at < landed {
                stored.commit(&batch).unwrap();
            }
            flights.begin(Arc::new(batch), Vec::new());
        }
        for _ in 0..reported.min(landed) {
            flights.land();
        }
        (stored, flights, whole)
    }

    fn changes() -> impl Strategy<Value = BTreeMap<u8, Option<u8>>> {
        proptest::collection::btree_map(0..24u8, proptest::option::of(any::<u8>()), 0..12)
    }

    proptest! {
        /// Whatever is stored, and however much of it is in flight (or stored already and not reported yet), reads give
        /// what they would if all were stored.
        #[test]
        fn a_read_sees_what_is_in_flight(
            all in proptest::collection::vec(changes(), 1..5),
            landed in 0..5usize,
            reported in 0..5usize,
            from in 0..26u8,
            limit in 1..9usize,
        ) {
            let (stored, flights, whole) = in_flight(&all, landed, reported);
            let view = View { store: &stored, flights: &flights };
            let seen = view.scan(Table::Ids, &[from], limit).unwrap();
            prop_assert_eq!(seen, whole.scan(Table::Ids, &[from], limit).unwrap());
            prop_assert_eq!(view.get(Table::Ids, &[from]).unwrap(), whole.get(Table::Ids, &[from]).unwrap());
            prop_assert_eq!(view.get(Table::Runs, &[from]).unwrap(), None);
        }

        /// As above, where nothing is deleted.
        #[test]
        fn the_first_row_is_found_in_flight_or_stored(
            all in proptest::collection::vec(proptest::collection::btree_map(0..24u8, any::<u8>(), 0..4), 1..5),
            landed in 0..5usize,
            reported in 0..5usize,
            from in 0..26u8,
            end in 0..26u8,
        ) {
            let changes = |all: BTreeMap<u8, u8>| all.into_iter().map(|(key, value)| (key, Some(value))).collect();
            let (stored, flights, whole) = in_flight(&all.into_iter().map(changes).collect::<Vec<_>>(), landed, reported);
            let view = View { store: &stored, flights: &flights };
            let first = whole.scan(Table::Ids, &[from], 1).unwrap().pop();
            prop_assert_eq!(
                view.first(Table::Ids, &[from], &[end]).unwrap(),
                first.filter(|(key, _)| key[0] <= end)
            );
        }
    }
}

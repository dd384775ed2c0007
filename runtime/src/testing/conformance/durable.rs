//! Points about what is left of a store when it is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StorePlace;
use super::checked::{Checked, Found, row};
use crate::store::{Batch, Row, Store, Table};

pub(super) fn what_was_committed_is_there_after_a_reopen(place: &mut impl StorePlace) -> Result<(), Found> {
    for close in [false, true, false] {
        let store = Checked(place.open());
        for n in 0..20_u8 {
            let mut batch = Batch::default();
            batch.put(Table::Runs, [n], vec![n; 100]);
            batch.put(Table::Tasks, [n], vec![n]);
            store.commit(&batch)?;
            let mut batch = Batch::default();
            batch.put(Table::Runs, [n], vec![n, u8::from(close)]);
            batch.delete(Table::Tasks, [n]);
            store.commit(&batch)?;
        }
        // The newest is what is lost first.
        store.put(Table::Meta, &[(b"mark", &[u8::from(close)])])?;
        if close {
            store.close()?;
        } else {
            drop(store);
        }
        let rows: Vec<_> = (0..20).map(|n| row(&[n], &[n, u8::from(close)])).collect();
        let store = Checked(place.open());
        store.table(Table::Runs, &rows)?;
        store.table(Table::Tasks, &[])?;
        store.table(Table::Meta, &[row(b"mark", &[u8::from(close)])])?;
    }
    Ok(())
}

pub(super) fn closing_loses_nothing(place: &mut impl StorePlace) -> Result<(), Found> {
    Checked(place.open()).close()?;
    for n in 0..4_u8 {
        let store = Checked(place.open());
        store.put(Table::Answers, &[(&[n], b"answer")])?;
        store.close()?;
        let rows: Vec<_> = (0..=n).map(|n| row(&[n], b"answer")).collect();
        let store = Checked(place.open());
        store.table(Table::Answers, &rows)?;
        store.close()?;
    }
    Ok(())
}

/// What a store should hold.
type Model = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

fn apply(model: &mut Model, batch: &Batch) {
    for write in batch.writes() {
        let place = (write.table, write.key.to_vec());
        match write.value {
            Some(value) => model.insert(place, value.to_vec()),
            None => model.remove(&place),
        };
    }
}

fn rows(model: &Model, table: Table) -> Vec<Row> {
    let rows = model.iter().filter(|((of, _), _)| *of == table);
    rows.map(|((_, key), value)| (key.clone(), value.clone())).collect()
}

/// A stream of numbers: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn byte(&mut self, below: u64) -> u8 {
        self.roll(below).to_le_bytes()[0]
    }

    fn index(&mut self, below: usize) -> usize {
        usize::try_from(self.roll(below as u64)).expect("it is below a `usize`")
    }

    fn key(&mut self) -> Vec<u8> {
        (0..=self.roll(3)).map(|_| self.byte(4) * 85).collect()
    }

    fn batch(&mut self) -> Batch {
        let mut changes: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>> = BTreeMap::new();
        for _ in 0..self.roll(20) {
            let place = (Table::ALL[self.index(Table::ALL.len())], self.key());
            let value = (self.roll(3) > 0).then(|| vec![self.byte(256); self.index(300)]);
            changes.insert(place, value);
        }
        let mut batch = Batch::default();
        for ((table, key), value) in changes {
            match value {
                Some(value) => batch.put(table, key, value),
                None => batch.delete(table, key),
            }
        }
        batch
    }
}

pub(super) fn many_batches_and_reopens_agree_with_a_map(place: &mut impl StorePlace) -> Result<(), Found> {
    let mut dice = Dice(1);
    let mut model = Model::new();
    for opened in 0..8 {
        let store = Checked(place.open());
        for round in 0..40 {
            let wrong = |found| format!("in opening {opened}, after {round} batches, {found}");
            let table = Table::ALL[dice.index(Table::ALL.len())];
            let key = dice.key();
            store.get(table, &key, model.get(&(table, key.clone())).map(Vec::as_slice)).map_err(wrong)?;
            let rows = rows(&model, table);
            store.table(table, &rows).map_err(wrong)?;
            let (from, limit) = (rows.partition_point(|(of, _)| *of < key), dice.index(10));
            let end = rows.len().min(from + limit);
            store.scan(table, &key, limit, &rows[from..end]).map_err(wrong)?;
            let batch = dice.batch();
            store.commit(&batch).map_err(wrong)?;
            apply(&mut model, &batch);
        }
        if dice.roll(2) == 0 {
            store.close()?;
        }
    }
    holds(&Checked(place.open()), &model)
}

pub(super) fn batches_committed_together_are_as_if_one_after_the_other(
    place: &mut impl StorePlace,
) -> Result<(), Found> {
    let mut model = Model::new();
    // The last round is without a failure.
    for way in 0..=place.ways_to_fail() {
        let store = Checked(place.open());
        store.commit_all(&[])?;
        let first = number(16 * way);
        // An empty one among them, so that there is no number of theirs to count by.
        let batches = [steps(first), Arc::default(), steps(first + 1), steps(first + 2), Arc::default()];
        store.commit_all(&batches)?;
        for batch in &batches {
            apply(&mut model, batch);
        }
        holds(&store, &model)?;
        drop(store);
        let store = Checked(place.open());
        holds(&store, &model).map_err(|found| format!("after a reopen, {found}"))?;
        if way == place.ways_to_fail() {
            break;
        }
        place.fail_next_commit(&store.0, way);
        let batches = [steps(first + 4), steps(first + 5), steps(first + 6)];
        if store.0.commit_all(&batches).is_ok() || store.0.commit_all(&batches).is_ok() {
            return Err(format!("batches are committed together when that was to fail in way {way}."));
        }
        let _ = store.0.close();
        drop(store);
        let store = Checked(place.open());
        let mut found = holds(&store, &model);
        for batch in &batches {
            if found.is_ok() {
                break;
            }
            apply(&mut model, batch);
            found = holds(&store, &model);
        }
        found.map_err(|found| format!("after failing in way {way}, and a reopen, {found}"))?;
    }
    Ok(())
}

/// What a batch writes: there are not so many ways of failing that it does not fit.
fn number(n: usize) -> u8 {
    u8::try_from(n).expect("at most a dozen ways")
}

/// A batch that changes what the one before it wrote, and leaves something that only it writes.
fn steps(n: u8) -> Arc<Batch> {
    let mut batch = Batch::default();
    for table in Table::ALL {
        batch.put(table, b"same", [n]);
        batch.put(table, [n], [n; 500]);
        batch.put(table, [n, 0], [n]);
        batch.delete(table, [n.wrapping_sub(1)]);
    }
    Arc::new(batch)
}

fn holds<S: Store>(store: &Checked<S>, model: &Model) -> Result<(), Found> {
    Table::ALL.into_iter().try_for_each(|table| store.table(table, &rows(model, table)))
}

pub(super) fn a_failed_commit_is_the_last_and_is_there_whole_or_not_at_all(
    place: &mut impl StorePlace,
) -> Result<(), Found> {
    let batch = |n: u8| {
        let mut batch = Batch::default();
        for table in Table::ALL {
            batch.put(table, b"same", vec![n]);
            batch.put(table, [n], vec![n; 5_000]);
            batch.delete(table, [n.wrapping_sub(1)]);
        }
        batch
    };
    let mut model = Model::new();
    for way in 0..place.ways_to_fail() {
        let store = Checked(place.open());
        let n = number(3 * way + 1);
        store.commit(&batch(n))?;
        apply(&mut model, &batch(n));
        place.fail_next_commit(&store.0, way);
        if store.0.commit(&batch(n + 1)).is_ok() {
            return Err(format!("a commit that was to fail in way {way} succeeds."));
        }
        // The engine closes what has failed, whatever comes of it.
        for _ in 0..2 {
            if store.0.commit(&batch(n + 2)).is_ok() {
                return Err(format!("a commit succeeds after one that failed in way {way}."));
            }
        }
        let _ = store.0.close();
        drop(store);
        let store = Checked(place.open());
        let mut with = model.clone();
        apply(&mut with, &batch(n + 1));
        let is_lost = holds(&store, &model);
        if is_lost.is_err() {
            holds(&store, &with)
                .map_err(|found| format!("after failing in way {way}, and a reopen, {found}"))?;
            model = with;
        }
    }
    Ok(())
}

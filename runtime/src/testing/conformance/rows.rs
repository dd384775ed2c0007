//! Points about rows: what is committed is there.

use super::StorePlace;
use super::checked::{Checked, Found, row};
use crate::store::{Batch, Table};

/// The longest key of ours: a run number and the longest id.
const LONGEST_KEY: usize = 8 + 1_024;

pub(super) fn a_new_store_is_empty(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    for table in Table::ALL {
        store.table(table, &[])?;
        store.get(table, b"a", None)?;
    }
    Ok(())
}

pub(super) fn each_table_has_its_own_rows(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    for table in Table::ALL {
        store.put(table, &[(b"key", table.name().as_bytes()), (table.name().as_bytes(), b"mine")])?;
    }
    for table in Table::ALL {
        let mut rows = [row(b"key", table.name().as_bytes()), row(table.name().as_bytes(), b"mine")];
        rows.sort_unstable();
        store.table(table, &rows)?;
    }
    Ok(())
}

pub(super) fn a_batch_is_there_whole_when_its_commit_returns(
    place: &mut impl StorePlace,
) -> Result<(), Found> {
    let store = Checked(place.open());
    // More of them than a store might set aside.
    for round in 0..200_u32 {
        let mut batch = Batch::default();
        for table in Table::ALL {
            batch.put(table, b"same", round.to_be_bytes());
            batch.put(table, round.to_be_bytes(), b"new");
            if round > 0 {
                batch.delete(table, (round - 1).to_be_bytes());
            }
        }
        store.commit(&batch)?;
        for table in Table::ALL {
            store.table(table, &[row(&round.to_be_bytes(), b"new"), row(b"same", &round.to_be_bytes())])?;
        }
    }
    Ok(())
}

pub(super) fn an_overwritten_key_has_its_new_value(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    for value in [&b"first"[..], b"a longer one", b"", b"z", b"a"] {
        store.put(Table::Runs, &[(b"key", value)])?;
        store.table(Table::Runs, &[row(b"key", value)])?;
    }
    Ok(())
}

pub(super) fn a_deleted_key_is_gone(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    store.put(Table::Tasks, &[(b"a", b"1"), (b"b", b"2"), (b"c", b"3")])?;
    for _ in 0..2 {
        let mut batch = Batch::default();
        batch.delete(Table::Tasks, b"b");
        batch.delete(Table::Tasks, b"never there");
        store.commit(&batch)?;
        store.get(Table::Tasks, b"b", None)?;
        store.table(Table::Tasks, &[row(b"a", b"1"), row(b"c", b"3")])?;
    }
    store.put(Table::Tasks, &[(b"b", b"again")])?;
    store.table(Table::Tasks, &[row(b"a", b"1"), row(b"b", b"again"), row(b"c", b"3")])
}

pub(super) fn an_empty_batch_changes_nothing(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    store.commit(&Batch::default())?;
    store.table(Table::Runs, &[])?;
    store.put(Table::Runs, &[(b"a", b"1")])?;
    store.commit(&Batch::default())?;
    store.table(Table::Runs, &[row(b"a", b"1")])
}

pub(super) fn values_and_keys_of_all_sizes_read_back(place: &mut impl StorePlace) -> Result<(), Found> {
    let sizes = [0, 1, 4_095, 4_096, 4_097, 65_535, 65_536, 1 << 20, 8 << 20];
    let mut rows = Vec::new();
    for (at, size) in (0_u8..).zip(sizes) {
        rows.push((vec![b'z', at], vec![at; size]));
        rows.push((vec![b'n', at], noise(at, size)));
    }
    for size in [1, 255, 256, 1_024, LONGEST_KEY] {
        rows.push((vec![b'k'; size], size.to_be_bytes().to_vec()));
    }
    rows.sort_unstable();
    let store = Checked(place.open());
    // One batch of all but the first, because batches have sizes too.
    let (first, others) = rows.split_at(1);
    for rows in [first, others] {
        let mut batch = Batch::default();
        for (key, value) in rows {
            batch.put(Table::Log, key.as_slice(), value.clone());
        }
        store.commit(&batch)?;
    }
    store.get(Table::Log, &vec![b'k'; LONGEST_KEY - 1], None)?;
    store.get(Table::Log, &vec![b'k'; 70_000], None)?;
    store.table(Table::Log, &rows)?;
    drop(store);
    Checked(place.open()).table(Table::Log, &rows)
}

/// Bytes that do not compress.
fn noise(seed: u8, len: usize) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        // xorshift64 (Marsaglia, 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..len).map(|_| next()).collect()
}

//! Points about reads: their order and bounds, and what they see beside a commit.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::StorePlace;
use super::checked::{Checked, Found, failed, row};
use crate::store::{Batch, Row, Store, Table};

pub(super) fn a_scan_is_in_the_order_of_the_keys(place: &mut impl StorePlace) -> Result<(), Found> {
    let keys: [&[u8]; 14] = [
        &[0],
        &[0, 0],
        &[0, 1],
        &[1],
        b"a",
        b"a\0",
        b"a\0\0",
        b"a\x01",
        b"aa",
        b"ab",
        b"b",
        &[0x7f, 0xff],
        &[0x80],
        &[0xff, 0xff],
    ];
    let store = Checked(place.open());
    // From the middle, in several batches and in none's order.
    for at in 0..keys.len() {
        let key = keys[(at * 5 + 7) % keys.len()];
        store.put(Table::Ids, &[(key, key)])?;
    }
    let rows = keys.map(|key| row(key, key));
    store.table(Table::Ids, &rows)?;
    drop(store);
    Checked(place.open()).table(Table::Ids, &rows)
}

/// Rows under the keys 10, 20, .., as two bytes.
fn tens<S: Store>(store: &Checked<S>) -> Result<Vec<Row>, Found> {
    let rows: Vec<_> =
        (1..=100_u16).map(|ten| row(&(10 * ten).to_be_bytes(), ten.to_string().as_bytes())).collect();
    for rows in rows.chunks(7) {
        let mut batch = Batch::default();
        for (key, value) in rows {
            batch.put(Table::Timers, key.as_slice(), value.clone());
        }
        // Neighbours that a scan must not run into.
        batch.put(Table::Tasks, rows[0].0.as_slice(), vec![]);
        batch.put(Table::Ids, rows[0].0.as_slice(), vec![]);
        store.commit(&batch)?;
    }
    Ok(rows)
}

pub(super) fn a_scan_begins_at_from(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    let rows = tens(&store)?;
    for from in 0..=1_005_u16 {
        let at = rows.partition_point(|(key, _)| key.as_slice() < from.to_be_bytes().as_slice());
        let end = rows.len().min(at + 3);
        store.scan(Table::Timers, &from.to_be_bytes(), 3, &rows[at..end])?;
    }
    store.scan(Table::Timers, &[], 1, &rows[..1])?;
    store.scan(Table::Timers, &[0], 1, &rows[..1])?;
    // Behind a key stands what is longer.
    store.scan(Table::Timers, &[0, 10, 0], 1, &rows[1..2])?;
    store.scan(Table::Timers, &[0xff; 40], 1, &[])
}

pub(super) fn a_scan_ends_at_its_limit(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    let rows = tens(&store)?;
    for limit in 0..=rows.len() + 1 {
        store.scan(Table::Timers, &[], limit, &rows[..limit.min(rows.len())])?;
    }
    store.scan(Table::Timers, &[], usize::MAX, &rows)?;
    // What was deleted does not count.
    let mut batch = Batch::default();
    rows[..50].iter().for_each(|(key, _)| batch.delete(Table::Timers, key.as_slice()));
    store.commit(&batch)?;
    store.scan(Table::Timers, &[], 3, &rows[50..53])?;
    store.scan(Table::Timers, &rows[20].0, 3, &rows[50..53])
}

pub(super) fn the_last_key_is_the_greatest_that_is_there(place: &mut impl StorePlace) -> Result<(), Found> {
    let store = Checked(place.open());
    store.put(Table::Runs, &[(b"m", b""), (b"c", b"")])?;
    store.last_key(Table::Runs, Some(b"m"))?;
    store.put(Table::Runs, &[(b"m\0", b"")])?;
    store.last_key(Table::Runs, Some(b"m\0"))?;
    store.put(Table::Runs, &[(b"a", b"")])?;
    store.last_key(Table::Runs, Some(b"m\0"))?;
    store.last_key(Table::Log, None)?;
    for (deleted, last) in
        [(&b"m\0"[..], Some(&b"m"[..])), (b"m", Some(b"c")), (b"c", Some(b"a")), (b"a", None)]
    {
        let mut batch = Batch::default();
        batch.delete(Table::Runs, deleted);
        store.commit(&batch)?;
        store.last_key(Table::Runs, last)?;
    }
    Ok(())
}

/// How many commits are read beside, and how many keys each changes.
const COMMITS: u32 = 300;
const KEYS: u8 = 16;

/// A value that says of which commit it is, over and over.
fn stamp(commit: u32) -> Vec<u8> {
    commit.to_be_bytes().repeat(64)
}

/// Of which commit a value is.
fn stamped(value: Option<&[u8]>) -> Result<u32, Found> {
    let value = value.ok_or("a key that is only ever overwritten is not there.")?;
    let commit = value.first_chunk().map(|commit| u32::from_be_bytes(*commit));
    commit
        .filter(|commit| stamp(*commit) == value)
        .ok_or_else(|| "a value is a mixture of two commits.".to_owned())
}

pub(super) fn a_read_beside_a_commit_sees_each_key_before_or_after(
    place: &mut impl StorePlace,
) -> Result<(), Found> {
    let store = Checked(place.open());
    let batch = |commit| {
        let mut batch = Batch::default();
        for (table, key) in
            [Table::Runs, Table::Log].into_iter().flat_map(|table| (0..KEYS).map(move |key| (table, key)))
        {
            batch.put(table, [key], stamp(commit));
        }
        batch.put(Table::Ids, commit.to_be_bytes(), vec![]);
        // No key is changed twice in one batch.
        if commit > 0 {
            batch.delete(Table::Ids, (commit - 1).to_be_bytes());
        }
        batch
    };
    store.commit(&batch(0))?;
    let (done, ended) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        let readers: Vec<_> =
            (0..2).map(|_| threads.spawn(|| read_beside(&store.0, &done, &ended))).collect();
        let committed = (1..=COMMITS).try_for_each(|commit| {
            store.commit(&batch(commit))?;
            done.store(commit, Ordering::Release);
            Ok(())
        });
        ended.store(true, Ordering::Release);
        for reader in readers {
            reader.join().map_err(|_| "a read panicked.".to_owned())??;
        }
        committed
    })
}

/// Reads until all commits are made.
fn read_beside(store: &impl Store, done: &AtomicU32, ended: &AtomicBool) -> Result<(), Found> {
    let mut latest = [0; KEYS as usize];
    loop {
        let is_last = ended.load(Ordering::Acquire);
        for key in 0..KEYS {
            let least = latest[usize::from(key)].max(done.load(Ordering::Acquire));
            let commit = stamped(store.get(Table::Runs, &[key]).map_err(|error| failed(&error))?.as_deref())?;
            if commit < least {
                return Err(format!(
                    "key {key} is that of commit {commit}, after commit {least} had returned or was seen."
                ));
            }
            latest[usize::from(key)] = commit;
        }
        let least = done.load(Ordering::Acquire);
        let rows = store.scan(Table::Log, &[], usize::MAX).map_err(|error| failed(&error))?;
        if !rows
            .iter()
            .map(|(key, _)| key.as_slice())
            .eq((0..KEYS).map(|key| [key]).collect::<Vec<_>>().iter())
        {
            return Err("a scan does not give each key once, in order.".to_owned());
        }
        for (_, value) in &rows {
            let commit = stamped(Some(value))?;
            if commit < least {
                return Err(format!(
                    "a scan gives a value of commit {commit}, after commit {least} had returned."
                ));
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

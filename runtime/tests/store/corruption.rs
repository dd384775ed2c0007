//! What a disk can do to the journal. A torn end was never acknowledged and is cut off; damage of what was acknowledged is
//! told, and nothing is changed.
//!
//! Some bytes are tried; `LONGHAUL_EVERY_BYTE=1` tries all.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use longhaul::error::OpenError;
use longhaul::store::{Batch, FjallStore, JournalDamage, Store, Table};

use crate::directory::{approvals, approve, builder, copy, find, start};
use crate::script::Do;

/// A directory as a killed process left it, without what the journal has of it.
pub(crate) struct Left {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) journal: Vec<u8>,
    /// The last batch, which is long and does not compress.
    pub(crate) last: Range<usize>,
}

/// What a process is known to have acknowledged before it was killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known {
    /// All but the last batch.
    AllButLast,
    /// All.
    All,
    /// Nothing, because the file is not there.
    Nothing,
}

/// How a journal was damaged.
type Damage = fn(&mut Vec<u8>, usize);

impl Left {
    pub(crate) async fn make(known: Known) -> Left {
        Self::make_after(known, false).await
    }

    /// `flushed`: all before the last batch is in the tables.
    async fn make_after(known: Known, flushed: bool) -> Left {
        let live = tempfile::tempdir().unwrap();
        let mut engine = builder().open(live.path()).await.unwrap();
        let mut run = start(&engine, "a", [Do::Approvals(9)]).await;
        approve(&run, "ann").await;
        if flushed {
            drop(run);
            engine.shutdown().await.unwrap();
            engine = builder().open(live.path()).await.unwrap();
            run = find(&engine, "a").await;
        }
        let before = journal(live.path());
        let acknowledged = fs::read(live.path().join("ACKNOWLEDGED")).unwrap();
        approve(&run, &noise(6_000)).await;
        let journal = journal(live.path());
        let dir = tempfile::tempdir().unwrap();
        copy(live.path(), dir.path());
        assert!(journal.starts_with(&before) && journal.len() > before.len() + 6_000);
        drop(engine);
        let path = dir.path().join("ACKNOWLEDGED");
        match known {
            Known::AllButLast => fs::write(path, acknowledged).unwrap(),
            Known::All => {}
            Known::Nothing => fs::remove_file(path).unwrap(),
        }
        Left { dir, last: before.len()..journal.len(), journal }
    }

    /// The directory, when the journal is this one.
    pub(crate) fn with(&self, journal: &[u8]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::remove_file(self.dir.path().join("store/0.jnl")).unwrap_or_default();
        copy(self.dir.path(), dir.path());
        fs::write(dir.path().join("store/0.jnl"), journal).unwrap();
        dir
    }

    /// How many approvals there are when the journal is this one; what was whole goes on and is durable.
    async fn open(&self, journal: &[u8]) -> Result<usize, OpenError> {
        let dir = self.with(journal);
        let path = dir.path().join("store/0.jnl");
        let engine = match builder().open(dir.path()).await {
            Ok(engine) => engine,
            Err(error) => {
                assert!(trimmed(&fs::read(&path).unwrap()) == trimmed(journal), "the journal was changed");
                return Err(error);
            }
        };
        let run = find(&engine, "a").await;
        let found = approvals(&run).await.len();
        approve(&run, "eve").await;
        drop(run);
        engine.shutdown().await.unwrap();
        let engine = builder().open(dir.path()).await.unwrap();
        engine.verify("a").await.unwrap();
        assert_eq!(approvals(&find(&engine, "a").await).await.len(), found + 1);
        Ok(found)
    }
}

/// The journal, up to its last byte that is not zero.
fn journal(dir: &Path) -> Vec<u8> {
    trimmed(&fs::read(dir.join("store/0.jnl")).unwrap()).to_vec()
}

/// Bytes without the zeros at their end, which say nothing: fjall cuts them off.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0);
    &bytes[..end.map_or(0, |end| end + 1)]
}

/// Text that does not compress.
pub(crate) fn noise(len: usize) -> String {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
    };
    (0..len).map(|_| next()).collect()
}

/// What becomes of the end of a journal.
const WAYS: [(&str, Damage); 4] = [
    ("cut off", |journal, at| journal.truncate(at)),
    ("zeros to the end", |journal, at| journal[at..].fill(0)),
    ("a missing sector", |journal, at| {
        let end = journal.len().min(at + 512);
        journal[at..end].fill(0);
    }),
    ("garbled", |journal, at| journal[at..].iter_mut().for_each(|byte| *byte ^= 0x5a)),
];

/// All of a range, or about so many of it, its ends among them.
fn sample(range: Range<usize>, about: usize) -> impl Iterator<Item = usize> {
    let every = std::env::var_os("LONGHAUL_EVERY_BYTE").is_some();
    let step = if every { 1 } else { (range.len() / about).max(1) };
    let last = range.end - 1;
    range.step_by(step).chain([last])
}

#[tokio::test]
async fn a_batch_that_was_torn_is_cut_off_and_all_before_it_is_there() {
    let left = Left::make(Known::AllButLast).await;
    assert_eq!(left.open(&left.journal).await.unwrap(), 2);
    for (way, damage) in WAYS {
        for at in sample(left.last.clone(), 10) {
            let mut journal = left.journal.clone();
            damage(&mut journal, at);
            let found = left.open(&journal).await.unwrap_or_else(|error| panic!("{way} at {at}: {error}"));
            // A hole of zeros may be where zeros were.
            let expected = if journal == left.journal { 2 } else { 1 };
            assert_eq!(found, expected, "{way} at {at}");
        }
    }
}

/// What waits for a sync is committed together. None of it is acknowledged before all is synced, so a power cut may leave any of its sectors and
/// not others.
#[test]
fn what_was_committed_together_may_be_torn_anywhere() {
    let live = tempfile::tempdir().unwrap();
    let store = FjallStore::open(live.path()).unwrap();
    let batch = |n: u8| {
        let mut batch = Batch::default();
        batch.put(Table::Runs, [n], noise(2_000));
        batch.put(Table::Meta, b"same", [n]);
        batch
    };
    store.commit(&batch(0)).unwrap();
    let acknowledged = fs::read(live.path().join("ACKNOWLEDGED")).unwrap();
    let whole = journal(live.path()).len();
    store.commit_all(&[1, 2, 3].map(|n| Arc::new(batch(n)))).unwrap();
    let journal = journal(live.path());
    for at in sample(whole..journal.len(), 12) {
        let dir = tempfile::tempdir().unwrap();
        copy(live.path(), dir.path());
        let mut torn = journal.clone();
        WAYS[2].1(&mut torn, at);
        fs::write(dir.path().join("store/0.jnl"), &torn).unwrap();
        fs::write(dir.path().join("ACKNOWLEDGED"), &acknowledged).unwrap();
        let opened = FjallStore::open(dir.path()).unwrap_or_else(|error| panic!("a sector at {at}: {error}"));
        let last = u8::from(torn == journal) * 3;
        assert_eq!(opened.get(Table::Meta, b"same").unwrap(), Some(vec![last]), "a sector at {at}");
        assert_eq!(opened.scan(Table::Runs, &[], 9).unwrap().len(), usize::from(last) + 1);
    }
}

#[tokio::test]
async fn g10_damage_of_the_last_batch_is_told_where_it_is_known_to_be_acknowledged() {
    let left = Left::make(Known::All).await;
    assert_eq!(left.open(&left.journal).await.unwrap(), 2);
    for (way, damage) in WAYS {
        for at in sample(left.last.clone(), 10) {
            let mut journal = left.journal.clone();
            damage(&mut journal, at);
            if journal == left.journal {
                continue; // a hole of zeros where zeros were
            }
            let error = left.open(&journal).await.expect_err("it is damaged");
            let OpenError::Store(store) = &error else { panic!("{way} at {at}: {error}") };
            let Some(JournalDamage::End { at: end, last, acknowledged, .. }) = store.source.downcast_ref()
            else {
                panic!("{way} at {at}: {error}")
            };
            assert_eq!(*end, left.last.start as u64, "{way} at {at}");
            assert_eq!(*last + 1, *acknowledged, "{way} at {at}");
            assert!(error.to_string().contains("`longhaul-repair`"), "{error}");
        }
    }
    // Zeros from the beginning: nothing says that there was anything.
    for end in [vec![], vec![0; left.journal.len()]] {
        let error = left.open(&end).await.unwrap_err().to_string();
        assert!(error.contains("up to byte 0, which is commit 0, but commit "), "{error}");
    }
}

/// When all that a journal had is in the tables, fjall removes it. Only the tables then tell which commit is the last.
#[tokio::test]
async fn g10_damage_of_the_only_batch_in_the_journal_is_told_where_it_is_known_to_be_acknowledged() {
    for known in [Known::AllButLast, Known::All] {
        let mut left = Left::make_after(known, true).await;
        left.journal.drain(..left.last.start);
        left.last = 0..left.journal.len();
        assert_eq!(left.open(&left.journal).await.unwrap(), 2);
        for end in sample(1..left.last.end, 5) {
            let opened = left.open(&left.journal[..end]).await;
            match known {
                Known::All => assert!(opened.unwrap_err().to_string().contains("byte 0"), "{end} bytes"),
                _ => assert_eq!(opened.unwrap(), 1, "{end} bytes"),
            }
        }
    }
}

#[tokio::test]
async fn without_a_word_of_what_was_acknowledged_a_damaged_end_is_taken_for_a_torn_one() {
    let left = Left::make(Known::Nothing).await;
    assert_eq!(left.open(&left.journal[..left.last.end - 1]).await.unwrap(), 1);
}

#[tokio::test]
async fn g10_a_flipped_bit_in_what_was_acknowledged_loses_nothing_without_a_word() {
    let left = Left::make(Known::AllButLast).await;
    let (mut told, mut harmless) = (0, 0);
    for at in sample(0..left.last.start, 70) {
        let mut journal = left.journal.clone();
        journal[at] ^= 1 << (at % 8);
        let error = match left.open(&journal).await {
            // A sequence number that is another, and still between its neighbours, says the same.
            Ok(found) => {
                assert_eq!(found, 2, "byte {at}");
                harmless += 1;
                continue;
            }
            Err(error) => error,
        };
        let OpenError::Store(store) = &error else { panic!("byte {at}: {error}") };
        let damage = store.source.downcast_ref::<JournalDamage>();
        assert!(matches!(damage, Some(JournalDamage::Middle { .. })), "byte {at}: {error}");
        told += 1;
    }
    assert!(told > 50 && harmless * 20 < told, "{told} told, {harmless} harmless");
}

#[tokio::test]
async fn g10_a_sector_or_a_journal_that_is_missing_is_told() {
    let left = Left::make(Known::AllButLast).await;
    for at in (0..left.last.start - 512).step_by(512) {
        let mut journal = left.journal.clone();
        journal[at..at + 512].fill(0);
        assert!(left.open(&journal).await.is_err(), "a sector of zeros at {at}");
    }
    let dir = tempfile::tempdir().unwrap();
    copy(left.dir.path(), dir.path());
    fs::write(dir.path().join("store/0.jnl"), &left.journal).unwrap();
    fs::write(dir.path().join("store/2.jnl"), "").unwrap();
    let error = builder().open(dir.path()).await.unwrap_err().to_string();
    assert!(error.contains("1.jnl is missing: restore"), "{error}");
}

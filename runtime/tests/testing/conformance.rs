//! The suite for stores: those there are pass it, and one that is wrong in one way is found out, at the point that says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use longhaul::store::{
    Batch, CommitFault, FjallStore, MemoryDisk, MemoryStore, Row, Store, StoreError, Table, Write,
};
use longhaul::testing::{StorePlace, StorePoint, store_conformance};

store_conformance!(memory: MemoryDisk::new());
store_conformance!(disk: {
    let folder = tempfile::tempdir().unwrap();
    move || FjallStore::open(folder.path()).unwrap()
});

/// One way of being wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Right,
    NotEmptyAtFirst,
    TablesShareTheirRows,
    LastWriteForgotten,
    SeenLate,
    FirstValueKept,
    NothingDeleted,
    DeletingNothingFails,
    EmptyBatchFails,
    EmptyBatchTakesBack,
    LargeValuesCut,
    EmptyValuesDeleted,
    LongKeysCut,
    LongKeysPanic,
    ScanSignedOrder,
    ScanByLength,
    ScanBehindFrom,
    ScanPrefix,
    ScanOneTooMany,
    ScanOneTooFew,
    ScanPaged,
    LastKeyNewest,
    LastKeyDeleted,
    ValuesTorn,
    MissingForAMoment,
    OldForAMoment,
    NewestForgotten,
    DeletedComesBack,
    ForgottenUnlessClosed,
    CloseForgets,
    CloseOfNothingFails,
    TogetherTurnedRound,
    TogetherLastForgotten,
    TogetherLastFirst,
    TogetherFailureNotTold,
    FailedHalf,
    FailedNotTold,
    FailedGoesOn,
}

/// A place of stores that are wrong in one way.
#[derive(Debug, Clone)]
struct Broken {
    way: Way,
    disk: MemoryDisk,
    /// The next commit fails.
    fail: Arc<Mutex<bool>>,
}

struct BrokenStore {
    place: Broken,
    store: MemoryStore,
    last: Mutex<Last>,
}

/// A row, and what it was before.
type Replaced = (Table, Vec<u8>, Option<Vec<u8>>);

#[derive(Default)]
struct Last {
    /// What the newest batch replaced.
    replaced: Vec<Replaced>,
    /// What has not been applied yet.
    late: Batch,
    newest_key: BTreeMap<&'static str, Vec<u8>>,
    is_closed: bool,
}

impl Broken {
    fn new(way: Way) -> Self {
        Broken { way, disk: MemoryDisk::new(), fail: Arc::default() }
    }
}

impl StorePlace for Broken {
    type Store = BrokenStore;

    fn open(&mut self) -> BrokenStore {
        if self.way == Way::NotEmptyAtFirst && self.disk.commits() == 0 {
            self.disk.write(Table::Meta, b"made", Some(&[]));
        }
        BrokenStore { place: self.clone(), store: self.disk.store(), last: Mutex::default() }
    }

    fn ways_to_fail(&self) -> usize {
        1
    }

    fn fail_next_commit(&mut self, _store: &BrokenStore, _way: usize) {
        *self.fail.lock().unwrap() = true;
    }
}

fn refused() -> StoreError {
    StoreError::new("commit", "it is broken")
}

impl BrokenStore {
    fn is(&self, way: Way) -> bool {
        self.place.way == way
    }

    fn table(&self, table: Table) -> Table {
        if self.is(Way::TablesShareTheirRows) { Table::Runs } else { table }
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        assert!(!self.is(Way::LongKeysPanic) || key.len() <= 65_535, "the key is too long");
        let len = if self.is(Way::LongKeysCut) { key.len().min(255) } else { key.len() };
        key[..len].to_vec()
    }

    fn take_back(&self, replaced: &[Replaced]) {
        for (table, key, value) in replaced.iter().rev() {
            self.place.disk.write(*table, key, value.as_deref());
        }
    }

    /// The batch as this store takes it.
    fn bend(&self, batch: &Batch) -> Batch {
        let mut bent: Vec<Replaced> = Vec::new();
        for write in batch.writes() {
            let (table, key) = (self.table(write.table), self.key(write.key));
            let old = self.place.disk.read(table, &key);
            let value = match write.value {
                Some(_) if self.is(Way::FirstValueKept) && old.is_some() => old,
                Some(value) if self.is(Way::EmptyValuesDeleted) && value.is_empty() => None,
                Some(value) if self.is(Way::LargeValuesCut) => {
                    Some(value[..value.len().min(65_535)].to_vec())
                }
                None if self.is(Way::NothingDeleted) => old,
                value => value.map(<[u8]>::to_vec),
            };
            bent.retain(|(other, at, _)| (other, at) != (&table, &key));
            bent.push((table, key, value));
        }
        if self.is(Way::LastWriteForgotten) && bent.len() > 4 {
            bent.pop();
        }
        bent.iter().map(|(table, key, value)| Write { table: *table, key, value: value.as_deref() }).collect()
    }

    fn fail(&self, batch: &Batch) -> Result<(), StoreError> {
        match self.place.way {
            Way::FailedHalf => {
                let half = batch.writes().take(batch.len() / 2).collect();
                self.store.commit(&half)?;
                self.place.disk.fail_commit(0, CommitFault::Lost);
                self.store.commit(&Batch::default())
            }
            Way::FailedNotTold => Ok(()),
            Way::FailedGoesOn => Err(refused()),
            _ => {
                self.place.disk.fail_commit(0, CommitFault::Lost);
                self.store.commit(batch)
            }
        }
    }
}

impl Store for BrokenStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(self.table(table), &self.key(key))
    }

    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut rows = self.store.scan(self.table(table), from, usize::MAX)?;
        match self.place.way {
            Way::ScanSignedOrder => rows.sort_by_key(|(key, _)| {
                key.iter().map(|byte| i16::from(byte.cast_signed())).collect::<Vec<_>>()
            }),
            Way::ScanByLength => rows.sort_by_key(|(key, _)| (key.len(), key.clone())),
            Way::ScanBehindFrom => rows.retain(|(key, _)| key != from),
            Way::ScanPrefix => rows.retain(|(key, _)| key.starts_with(&from[..from.len().min(1)])),
            _ => {}
        }
        let limit = match self.place.way {
            Way::ScanOneTooMany => limit.saturating_add(1),
            Way::ScanOneTooFew if limit > 20 => limit - 1,
            Way::ScanPaged => limit.min(64),
            _ => limit,
        };
        rows.truncate(limit);
        Ok(rows)
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        let newest = self.last.lock().unwrap().newest_key.get(table.name()).cloned();
        let last = self.store.last_key(self.table(table))?;
        Ok(match self.place.way {
            Way::LastKeyNewest if last.is_some() => newest,
            Way::LastKeyDeleted => last.max(newest),
            _ => last,
        })
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() && self.is(Way::EmptyBatchFails) {
            return Err(refused());
        }
        if std::mem::take(&mut *self.place.fail.lock().unwrap()) {
            return self.fail(batch);
        }
        let mut last = self.last.lock().unwrap();
        if batch.is_empty() && self.is(Way::EmptyBatchTakesBack) {
            self.take_back(&last.replaced);
        }
        let batch = self.bend(batch);
        last.replaced.clear();
        for Write { table, key, value } in batch.writes() {
            let old = self.place.disk.read(table, key);
            if value.is_none() && old.is_none() && self.is(Way::DeletingNothingFails) {
                return Err(refused());
            }
            if value.is_some() {
                let newest = last.newest_key.entry(table.name()).or_default();
                if self.is(Way::LastKeyNewest) || newest.as_slice() < key {
                    *newest = key.to_vec();
                }
            }
            last.replaced.push((table, key.to_vec(), old));
        }
        match self.place.way {
            Way::SeenLate => {
                let late = std::mem::replace(&mut last.late, batch);
                self.store.commit(&late)
            }
            Way::ValuesTorn | Way::MissingForAMoment | Way::OldForAMoment => {
                let committed = self.store.commit(&batch);
                // As it is for a moment, and then again as it should be.
                for (write, (_, _, old)) in batch.writes().zip(&last.replaced).take(3) {
                    let wrong = match self.place.way {
                        Way::MissingForAMoment => None,
                        Way::OldForAMoment => old.clone(),
                        _ => old.as_deref().zip(write.value).map(|(old, new)| {
                            let half = new.len() / 2;
                            [&new[..half], &old[half.min(old.len())..]].concat()
                        }),
                    };
                    self.place.disk.write(write.table, write.key, wrong.as_deref());
                    sleep(Duration::from_micros(200));
                    self.place.disk.write(write.table, write.key, write.value);
                }
                committed
            }
            _ => self.store.commit(&batch),
        }
    }

    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        let fails = *self.place.fail.lock().unwrap();
        let mut batches: Vec<&Batch> = batches.iter().map(Arc::as_ref).collect();
        match self.place.way {
            Way::TogetherTurnedRound => batches.reverse(),
            Way::TogetherLastForgotten => batches.truncate(3),
            // What comes of a failure is not what came first.
            Way::TogetherLastFirst if fails => {
                self.store.commit(batches[batches.len() - 1])?;
                *self.place.fail.lock().unwrap() = false;
                return self.fail(batches[0]);
            }
            Way::TogetherFailureNotTold if fails => {
                return batches.iter().try_for_each(|batch| self.store.commit(batch));
            }
            _ => {}
        }
        batches.into_iter().try_for_each(|batch| self.commit(batch))
    }

    fn close(&self) -> Result<(), StoreError> {
        let mut last = self.last.lock().unwrap();
        last.is_closed = true;
        match self.place.way {
            Way::CloseForgets => self.take_back(&last.replaced),
            Way::CloseOfNothingFails if self.place.disk.commits() == 0 => return Err(refused()),
            _ => {}
        }
        self.store.close()
    }
}

impl Drop for BrokenStore {
    fn drop(&mut self) {
        let last = self.last.lock().unwrap();
        match self.place.way {
            Way::ForgottenUnlessClosed if last.is_closed => {}
            Way::NewestForgotten | Way::ForgottenUnlessClosed => self.take_back(&last.replaced),
            Way::DeletedComesBack => {
                let deleted = last
                    .replaced
                    .iter()
                    .filter(|(table, key, _)| self.place.disk.read(*table, key).is_none());
                self.take_back(&deleted.cloned().collect::<Vec<_>>());
            }
            _ => {}
        }
    }
}

/// Each way of being wrong, and the point that says so.
const WAYS: [(Way, StorePoint); 37] = [
    (Way::NotEmptyAtFirst, StorePoint::New),
    (Way::TablesShareTheirRows, StorePoint::Tables),
    (Way::LastWriteForgotten, StorePoint::Whole),
    (Way::SeenLate, StorePoint::Whole),
    (Way::FirstValueKept, StorePoint::Overwritten),
    (Way::NothingDeleted, StorePoint::Deleted),
    (Way::DeletingNothingFails, StorePoint::Deleted),
    (Way::EmptyBatchFails, StorePoint::EmptyBatch),
    (Way::EmptyBatchTakesBack, StorePoint::EmptyBatch),
    (Way::LargeValuesCut, StorePoint::Sizes),
    (Way::EmptyValuesDeleted, StorePoint::Sizes),
    (Way::LongKeysCut, StorePoint::Sizes),
    (Way::LongKeysPanic, StorePoint::Sizes),
    (Way::ScanSignedOrder, StorePoint::Order),
    (Way::ScanByLength, StorePoint::Order),
    (Way::ScanBehindFrom, StorePoint::From),
    (Way::ScanPrefix, StorePoint::From),
    (Way::ScanOneTooMany, StorePoint::Limit),
    (Way::ScanOneTooFew, StorePoint::Limit),
    (Way::ScanPaged, StorePoint::Limit),
    (Way::LastKeyNewest, StorePoint::LastKey),
    (Way::LastKeyDeleted, StorePoint::LastKey),
    (Way::ValuesTorn, StorePoint::Meanwhile),
    (Way::MissingForAMoment, StorePoint::Meanwhile),
    (Way::OldForAMoment, StorePoint::Meanwhile),
    (Way::NewestForgotten, StorePoint::Reopened),
    (Way::DeletedComesBack, StorePoint::Many),
    (Way::ForgottenUnlessClosed, StorePoint::Reopened),
    (Way::CloseForgets, StorePoint::Closed),
    (Way::CloseOfNothingFails, StorePoint::Closed),
    (Way::TogetherTurnedRound, StorePoint::Together),
    (Way::TogetherLastForgotten, StorePoint::Together),
    (Way::TogetherLastFirst, StorePoint::Together),
    (Way::TogetherFailureNotTold, StorePoint::Together),
    (Way::FailedHalf, StorePoint::Failed),
    (Way::FailedNotTold, StorePoint::Failed),
    (Way::FailedGoesOn, StorePoint::Failed),
];

#[test]
fn a_store_that_is_wrong_in_one_way_is_found_out_at_the_point_that_says_so() {
    for point in StorePoint::ALL {
        point.check(Broken::new(Way::Right)).unwrap();
        assert!(WAYS.iter().any(|(_, finder)| finder == point), "nothing is wrong at {point:?}");
    }
    let mut told = Vec::new();
    for (way, point) in WAYS {
        let checked = std::panic::catch_unwind(|| point.check(Broken::new(way)));
        match checked {
            Ok(Ok(())) => panic!("{way:?} passes {point:?}"),
            Ok(Err(wrong)) => {
                assert_eq!(wrong.point, point);
                told.push(wrong.to_string());
            }
            Err(_) => assert_eq!(way, Way::LongKeysPanic, "a check panicked"),
        }
    }
    let expected = "A scan begins with the first key that is not below `from`, which need not be there. \
                    But: a scan of table `timers` from \"\\x00\\n\" on, 3 rows at most, gives, as row 0, \
                    \"\\x00\\x14\" with \"2\", not \"\\x00\\n\" with \"1\".";
    assert!(told.iter().any(|told| told == expected), "{told:#?}");
}

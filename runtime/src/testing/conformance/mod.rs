//! What every [`Store`] must do, as tests that any implementation runs: [`store_conformance!`](super::store_conformance).
//!
//! Each point is one sentence of the trait's contract, checked through the trait alone. What only a machine without power can
//! show, that a commit is on the disk when it returns, is not among them.

mod checked;
mod durable;
mod reads;
mod rows;

use std::fmt;

use crate::store::{CommitFault, MemoryDisk, MemoryStore, Store};

/// Where a store keeps what outlives it: the suite opens stores in it, one after the other.
///
/// A closure that opens a store is one, for a store that cannot be made to fail.
pub trait StorePlace {
    /// The store.
    type Store: Store;

    /// Opens the store as it is now: empty the first time, later with all that was committed. The one before was dropped.
    fn open(&mut self) -> Self::Store;

    /// In how many ways a commit can be made to fail here. Each of them is tried; where it is 0, nothing is known of failing commits.
    fn ways_to_fail(&self) -> usize;

    /// Lets the next commit of `store`, which was opened here, fail in this way, counted from 0.
    fn fail_next_commit(&mut self, store: &Self::Store, way: usize);
}

impl<F: FnMut() -> S, S: Store> StorePlace for F {
    type Store = S;

    fn open(&mut self) -> S {
        self()
    }

    fn ways_to_fail(&self) -> usize {
        0
    }

    fn fail_next_commit(&mut self, _store: &S, way: usize) {
        unreachable!("a closure has no way {way} to let a commit fail");
    }
}

/// The ways in which commits of a [`MemoryStore`] fail.
const MEMORY_FAULTS: [CommitFault; 3] =
    [CommitFault::Lost, CommitFault::AppliedButReported, CommitFault::Full];

impl StorePlace for MemoryDisk {
    type Store = MemoryStore;

    fn open(&mut self) -> MemoryStore {
        self.store()
    }

    fn ways_to_fail(&self) -> usize {
        MEMORY_FAULTS.len()
    }

    fn fail_next_commit(&mut self, _store: &MemoryStore, way: usize) {
        self.fail_commit(0, MEMORY_FAULTS[way]);
    }
}

/// One thing that a store must do and does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{point} But: {found}")]
pub struct NonConformance {
    /// What it must do.
    pub point: StorePoint,
    /// What it does instead.
    pub found: String,
}

macro_rules! points {
    ($($point:ident, $module:ident::$name:ident, $text:literal;)+) => {
        /// One sentence of what every [`Store`] must do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum StorePoint {
            $(#[doc = $text] $point,)+
        }

        impl StorePoint {
            /// All points.
            pub const ALL: &[StorePoint] = &[$(StorePoint::$point),+];

            /// The name of the point's test.
            pub const fn name(self) -> &'static str {
                match self {
                    $(StorePoint::$point => stringify!($name),)+
                }
            }

            /// Checks this point in a new place.
            ///
            /// # Errors
            ///
            /// A store there does something else.
            pub fn check(self, mut place: impl StorePlace) -> Result<(), NonConformance> {
                let checked = match self {
                    $(StorePoint::$point => $module::$name(&mut place),)+
                };
                checked.map_err(|found| NonConformance { point: self, found })
            }
        }

        impl fmt::Display for StorePoint {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(StorePoint::$point => $text,)+
                })
            }
        }
    };
}

points! {
    New, rows::a_new_store_is_empty, "A new store is empty.";
    Tables, rows::each_table_has_its_own_rows, "The same key in two tables is two rows.";
    Whole, rows::a_batch_is_there_whole_when_its_commit_returns,
        "When a commit returns, all of its batch is there, in all tables.";
    Overwritten, rows::an_overwritten_key_has_its_new_value, "A key that is set again has its new value.";
    Deleted, rows::a_deleted_key_is_gone, "A key that was deleted is gone, until it is set again; deleting one that is not there is fine.";
    EmptyBatch, rows::an_empty_batch_changes_nothing, "An empty batch can be committed, and changes nothing.";
    Sizes, rows::values_and_keys_of_all_sizes_read_back,
        "Values of 0 bytes to 8 MiB and keys of 1 byte to 1,032 read back as they were; to ask for a longer key is no error.";
    Order, reads::a_scan_is_in_the_order_of_the_keys, "A scan gives rows in the order of their keys, as unsigned bytes.";
    From, reads::a_scan_begins_at_from, "A scan begins with the first key that is not below `from`, which need not be there.";
    Limit, reads::a_scan_ends_at_its_limit, "A scan gives `limit` rows, and fewer only where there are no more.";
    LastKey, reads::the_last_key_is_the_greatest_that_is_there, "The last key is the greatest that is there.";
    Meanwhile, reads::a_read_beside_a_commit_sees_each_key_before_or_after,
        "A read on another thread beside a commit sees each key as it was before or as it is after, and never goes back.";
    Reopened, durable::what_was_committed_is_there_after_a_reopen,
        "What was committed, a deletion too, is there after a reopen, whether the store was closed or not.";
    Together, durable::batches_committed_together_are_as_if_one_after_the_other,
        "Batches that are committed together are there as if one after the other, the last of them too; after a failure, the first of them or none.";
    Closed, durable::closing_loses_nothing, "Closing succeeds, also when there is nothing to close, and loses nothing.";
    Many, durable::many_batches_and_reopens_agree_with_a_map, "Many batches, reads and reopens agree with a map.";
    Failed, durable::a_failed_commit_is_the_last_and_is_there_whole_or_not_at_all,
        "After a commit that failed no other succeeds; after a reopen its batch is there whole or not at all, and all before it.";
}

/// Makes a module of `#[test]`s that a [`Store`] does what every store must; see [`StorePoint`].
///
/// It is given an expression that makes a new [`StorePlace`]: a [`MemoryDisk`], a closure that opens a store, or a type of one's own,
/// which can also let commits fail. Each test makes a new one.
///
/// ```
/// use longhaul::store::{FjallStore, MemoryDisk};
/// use longhaul::testing::store_conformance;
///
/// store_conformance!(memory: MemoryDisk::new());
/// store_conformance!(disk: {
///     let folder = tempfile::tempdir().unwrap();
///     move || FjallStore::open(folder.path()).unwrap()
/// });
/// # fn main() {}
/// ```
///
/// Without tests, a point at a time:
///
/// ```
/// use longhaul::store::MemoryDisk;
/// use longhaul::testing::StorePoint;
///
/// for point in StorePoint::ALL {
///     point.check(MemoryDisk::new())?;
/// }
/// # Ok::<(), longhaul::testing::NonConformance>(())
/// ```
#[doc(inline)]
pub use crate::__store_conformance as store_conformance;

#[doc(hidden)]
#[macro_export]
macro_rules! __store_conformance {
    ($suite:ident: $place:expr $(,)?) => {
        $crate::__store_conformance! {
            @tests $suite, $place;
            New a_new_store_is_empty
            Tables each_table_has_its_own_rows
            Whole a_batch_is_there_whole_when_its_commit_returns
            Overwritten an_overwritten_key_has_its_new_value
            Deleted a_deleted_key_is_gone
            EmptyBatch an_empty_batch_changes_nothing
            Sizes values_and_keys_of_all_sizes_read_back
            Order a_scan_is_in_the_order_of_the_keys
            From a_scan_begins_at_from
            Limit a_scan_ends_at_its_limit
            LastKey the_last_key_is_the_greatest_that_is_there
            Meanwhile a_read_beside_a_commit_sees_each_key_before_or_after
            Reopened what_was_committed_is_there_after_a_reopen
            Together batches_committed_together_are_as_if_one_after_the_other
            Closed closing_loses_nothing
            Many many_batches_and_reopens_agree_with_a_map
            Failed a_failed_commit_is_the_last_and_is_there_whole_or_not_at_all
        }
    };
    (@tests $suite:ident, $place:expr; $($point:ident $name:ident)+) => {
        mod $suite {
            #[allow(unused_imports)]
            use super::*;

            // Each point is listed.
            const _: () = assert!($crate::testing::StorePoint::ALL.len() == [$(stringify!($point)),+].len());

            $(
                #[test]
                fn $name() {
                    if let Err(wrong) = $crate::testing::StorePoint::$point.check($place) {
                        panic!("{wrong}");
                    }
                }
            )+
        }
    };
}

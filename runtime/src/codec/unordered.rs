//! Collections that have no order of their own: a `HashMap` goes over its entries in another order in each process.
//!
//! They are written in the order of their bytes, so that the same value is the same bytes. And that there was one is noted: code
//! that goes over it may do something else when it is run again, so it is never relied on that it does the same.

use std::cell::Cell;

use super::MAX_DEPTH;
use super::read::Reader;
use super::write::Writer;

thread_local! {
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

/// What `run` gives, and whether something without an order was written or read meanwhile.
pub(crate) fn watch<T>(run: impl FnOnce() -> T) -> (T, bool) {
    let before = SEEN.replace(false);
    let given = run();
    (given, SEEN.replace(before))
}

/// Whether the type of this name, or what it borrows, has no order. If so, that is noted.
#[inline(never)]
pub(super) fn is(type_name: &str) -> bool {
    let name = type_name.trim_start_matches('&');
    // `HashMap` and `HashSet`, with any hasher; what most crates that have a map of their own build upon.
    let is = name.starts_with("std::collections::hash::") || name.starts_with("hashbrown::");
    if is {
        SEEN.set(true);
    }
    is
}

impl Writer {
    /// Puts what was written from byte `from` on in the order of its bytes: entries, each of so many values.
    pub(super) fn put_in_order(&mut self, from: usize, values: usize) {
        let written = self.take_from(from);
        let mut reader = Reader::new(&written, MAX_DEPTH);
        let (mut entries, mut begin) = (Vec::new(), 0);
        while begin < written.len() {
            // What cannot be read is left as it is, in one piece.
            let whole = (0..values).all(|_| reader.skip().is_ok());
            let end = if whole { written.len() - reader.left() } else { written.len() };
            entries.push(&written[begin..end]);
            begin = end;
        }
        entries.sort_unstable();
        for entry in entries {
            self.raw(entry);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_types)] // which is what this is about
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

    use serde::{Deserialize, Serialize};

    use super::super::{decode, encode};
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Shelf {
        before: u8,
        stock: HashMap<String, HashSet<(u32, String)>>,
        after: Vec<u8>,
    }

    fn shelf(items: impl Iterator<Item = u32>) -> Shelf {
        let item = |n: u32| (format!("{n}"), (0..n).map(|n| (n, "x".repeat(n as usize))).collect());
        Shelf { before: 1, stock: items.map(item).collect(), after: vec![2, 3] }
    }

    #[test]
    fn what_has_no_order_is_written_in_that_of_its_bytes() {
        let (there, back_again) = (shelf(0..40), shelf((0..40).rev()));
        assert_eq!(encode(&there).unwrap(), encode(&back_again).unwrap());
        assert_eq!(decode::<Shelf>(&encode(&there).unwrap()).unwrap(), back_again);
        let words: HashSet<&str> = HashSet::from(["bb", "a", "c", "aa", ""]);
        assert_eq!(encode(&words).unwrap(), encode(&["", "a", "c", "aa", "bb"]).unwrap());
        assert_eq!(encode(&HashMap::<u8, u8>::new()).unwrap(), encode(&BTreeMap::<u8, u8>::new()).unwrap());
    }

    #[test]
    fn what_has_no_order_is_noted_where_it_is_written_and_where_it_is_read() {
        let seen = |run: &mut dyn FnMut()| watch(run).1;
        let map = encode(&HashMap::from([(1, 2)])).unwrap();
        assert!(seen(&mut || drop(encode(&(1, HashSet::from([1]))))));
        assert!(seen(&mut || drop(encode(&Some(HashMap::<u8, u8>::new())))));
        assert!(seen(&mut || drop(decode::<Option<HashMap<u8, u8>>>(&map))));
        assert!(!seen(&mut || drop(decode::<BTreeMap<u8, u8>>(&map))));
        assert!(!seen(&mut || drop(encode(&(vec![1], BTreeSet::from([1]), BTreeMap::from([(1, "x")]))))));
        // One within another notes its own only.
        let (inner, outer) = watch(|| seen(&mut || drop(encode(&HashSet::from([1])))));
        assert!(inner && !outer);
    }
}

//! What a `for` loop over durable things keeps between its turns.

use std::collections::{BTreeMap, BTreeSet, LinkedList, VecDeque};
use std::ops::{Range, RangeFrom, RangeInclusive};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::listed::Whose;

/// What a `for` loop with an await in it can go over by value.
#[diagnostic::on_unimplemented(
    message = "a `for` loop with an await in it cannot go over `{Self}`",
    label = "its position cannot be stored",
    note = "collect it first: `for x in it.collect::<Vec<_>>()`; ranges, `Vec`, `VecDeque`, arrays, `Option`, ordered maps and sets, and `&kept` work as they are"
)]
pub trait IntoCursor {
    /// What each turn gets.
    type Item;
    /// What is kept between the turns.
    type Cursor: Cursor<Item = Self::Item>;
    /// Begins the loop.
    fn into_cursor(self) -> Self::Cursor;
}

/// Begins a loop over `items`. That the cursor is a parameter lets rustc say once what is wrong with the items.
pub fn cursor<I: IntoCursor<Cursor = C>, C>(items: I) -> C {
    items.into_cursor()
}

/// A storable iterator.
pub trait Cursor {
    /// What each turn gets.
    type Item;
    /// The next turn's item, or `None` at the end.
    fn next(&mut self) -> Option<Self::Item>;
}

/// The items not yet visited. Stored as the list of them.
#[derive(Debug)]
pub struct Remaining<T> {
    items: VecDeque<T>,
    whose: Whose,
}

impl<T> Remaining<T> {
    pub(super) fn of(items: VecDeque<T>) -> Self {
        Remaining { items, whose: Whose::new() }
    }
}

impl<T> Cursor for Remaining<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        self.whose.gone += u64::from(item.is_some());
        item
    }
}

impl<T: Serialize> Serialize for Remaining<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.whose.tell();
        self.items.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Remaining<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        VecDeque::deserialize(deserializer).map(Remaining::of)
    }
}

macro_rules! drained {
    ($(<$($p:ident),*> $(const $n:ident)? $from:ty => $item:ty;)*) => {$(
        impl<$($p,)* $(const $n: usize)?> IntoCursor for $from {
            type Item = $item;
            type Cursor = Remaining<$item>;
            fn into_cursor(self) -> Remaining<$item> {
                Remaining::of(self.into_iter().collect())
            }
        }
    )*};
}

drained! {
    <T> Vec<T> => T;
    <T> VecDeque<T> => T;
    <T> Box<[T]> => T;
    <T> const N [T; N] => T;
    <T> LinkedList<T> => T;
    <T> Option<T> => T;
    <T, E> Result<T, E> => T;
    <T> BTreeSet<T> => T;
    <K, V> BTreeMap<K, V> => (K, V);
}

/// A range of integers. Unlike serde's form of `RangeInclusive` it keeps whether the last one was given out.
#[derive(Debug, Serialize, Deserialize)]
pub struct Counter<T> {
    /// The next number, or `None` after the last.
    next: Option<T>,
    /// The last number; `None` where the type's own end is it.
    last: Option<T>,
}

/// An integer or character that a range can be counted by. Sealed by being of no use elsewhere.
pub trait Count: Copy + PartialOrd {
    /// The next number, if the type has one.
    fn following(self) -> Option<Self>;
    /// The number before this one, if the type has one.
    fn preceding(self) -> Option<Self>;
}

macro_rules! counts {
    ($($int:ty)*) => {$(
        impl Count for $int {
            fn following(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn preceding(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}

counts!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl<T: Count> Cursor for Counter<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        let current = self.next?;
        self.next = if self.last == Some(current) { None } else { current.following() };
        Some(current)
    }
}

impl Count for char {
    fn following(self) -> Option<Self> {
        (self..=char::MAX).nth(1)
    }
    fn preceding(self) -> Option<Self> {
        ('\0'..self).next_back()
    }
}

// One impl for all integers, so that rustc infers the type of `0..3` from what is done with the numbers.
impl<T: Count> IntoCursor for Range<T> {
    type Item = T;
    type Cursor = Counter<T>;
    fn into_cursor(self) -> Counter<T> {
        if self.is_empty() {
            return Counter { next: None, last: None };
        }
        Counter { next: Some(self.start), last: self.end.preceding() }
    }
}

impl<T: Count> IntoCursor for RangeInclusive<T> {
    type Item = T;
    type Cursor = Counter<T>;
    fn into_cursor(self) -> Counter<T> {
        if self.is_empty() {
            return Counter { next: None, last: None };
        }
        Counter { next: Some(*self.start()), last: Some(*self.end()) }
    }
}

impl<T: Count> IntoCursor for RangeFrom<T> {
    type Item = T;
    type Cursor = Counter<T>;
    fn into_cursor(self) -> Counter<T> {
        Counter { next: Some(self.start), last: None }
    }
}

/// The item at position `index` of a fresh pass over something kept: how `for x in &kept` finds its place
/// again. For slices, `Vec` and `VecDeque` it takes constant time.
pub fn nth<I: IntoIterator>(items: I, index: usize) -> Option<I::Item> {
    items.into_iter().nth(index)
}

/// The items of a fresh pass over something kept, from position `index` on. It counts those that are taken.
pub fn from<I: IntoIterator>(items: I, index: &mut usize) -> From<'_, I::IntoIter> {
    let mut items = items.into_iter();
    if let Some(last) = index.checked_sub(1) {
        items.nth(last);
    }
    From { items, index }
}

/// See [`from`].
#[derive(Debug)]
pub struct From<'i, I> {
    items: I,
    index: &'i mut usize,
}

impl<I: Iterator> Iterator for From<'_, I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.next()?;
        *self.index += 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<C: Cursor>(mut cursor: C) -> Vec<C::Item> {
        std::iter::from_fn(|| cursor.next()).collect()
    }

    #[test]
    fn ranges_give_what_rust_gives() {
        assert_eq!(all((2..5).into_cursor()), [2, 3, 4]);
        assert_eq!(all((250u8..=255).into_cursor()), [250, 251, 252, 253, 254, 255]);
        assert!(all((i32::MIN..i32::MIN).into_cursor()).is_empty());
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = 5..=2;
        assert!(all(reversed.into_cursor()).is_empty());
    }

    #[test]
    fn an_inclusive_range_that_was_stored_after_its_last_item_is_over() {
        let mut cursor = (1u8..=1).into_cursor();
        assert_eq!(cursor.next(), Some(1));
        let mut cursor: Counter<u8> = crate::codec::decode(&crate::codec::encode(&cursor).unwrap()).unwrap();
        assert_eq!(cursor.next(), None);
    }
}

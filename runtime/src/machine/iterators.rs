//! Iterators that a `for` loop with an await in it drains before its first turn: what they give is stored, so what it
//! is made of need not be.
//!
//! Only those are here that end, and that give the same in the same order each time: not the iterators of a `HashMap`.

use std::collections::{btree_map, btree_set, linked_list, vec_deque};
use std::iter::{
    Chain, Cloned, Copied, Cycle, Empty, Enumerate, Filter, FilterMap, FlatMap, Flatten, Fuse, Inspect, Map,
    MapWhile, Once, Peekable, Repeat, RepeatWith, Rev, Scan, Skip, SkipWhile, StepBy, Successors, Take,
    TakeWhile, Zip,
};
use std::ops::{Range, RangeFrom, RangeInclusive};
use std::{array, option, result, slice, str, vec};

use super::cursor::{Count, IntoCursor, Remaining};

/// An iterator that gives the same in the same order each time.
#[diagnostic::on_unimplemented(
    message = "a `for` loop with an await in it cannot go over `{Self}`",
    label = "what this gives, and in which order, may be different each time",
    note = "collect it into something ordered first: `let items: Vec<_> = it.collect();`"
)]
pub trait Ordered: Iterator {}

/// One that ends.
#[diagnostic::on_unimplemented(
    message = "a `for` loop with an await in it cannot go over `{Self}`",
    label = "it is drained before the first turn, and this may never end",
    note = "end it with `.take(n)`; or count in a `loop`"
)]
pub trait Finite: Ordered {}

/// One that can be asked again for what it has given: its closures change nothing.
#[diagnostic::on_unimplemented(
    message = "a `for` loop with an await in it cannot find its place in this iterator again",
    label = "a closure of it changes something each time it is asked",
    note = "collect it first: `let items: Vec<_> = it.collect();`, then loop over `items`"
)]
pub trait Repeatable: Iterator + Clone {}

#[diagnostic::do_not_recommend]
impl<I: Iterator + Clone> Repeatable for I {}

/// The iterator, once it is sure that it can be asked again.
pub fn repeated<I: Repeatable>(items: I) -> I {
    items
}

macro_rules! ordered {
    ($([$($generics:tt)*] $iterator:ty $(where $($bound:ident: $trait:ident),*)?;)*) => {$(
        impl<$($generics)*> Ordered for $iterator where Self: Iterator, $($($bound: Ordered),*)? {}
    )*};
}

macro_rules! drained {
    ($([$($generics:tt)*] $iterator:ty $(where $($bound:ident: $trait:ident),*)?;)*) => {$(
        impl<$($generics)*> Ordered for $iterator where Self: Iterator, $($($bound: Ordered),*)? {}
        impl<$($generics)*> Finite for $iterator where Self: Iterator, $($($bound: $trait),*)? {}
        impl<$($generics)*> IntoCursor for $iterator where Self: Iterator, $($($bound: $trait),*)? {
            type Item = <Self as Iterator>::Item;
            type Cursor = Remaining<<Self as Iterator>::Item>;
            fn into_cursor(self) -> Self::Cursor {
                Remaining::of(self.collect())
            }
        }
    )*};
}

drained! {
    [T] vec::IntoIter<T>;
    ['a, T] vec::Drain<'a, T>;
    [T] vec_deque::IntoIter<T>;
    ['a, T] vec_deque::Drain<'a, T>;
    ['a, T] vec_deque::Iter<'a, T>;
    [T, const N: usize] array::IntoIter<T, N>;
    [T] linked_list::IntoIter<T>;
    [T] result::IntoIter<T>;
    [T] option::IntoIter<T>;
    ['a, T] option::Iter<'a, T>;
    ['a, T] slice::Iter<'a, T>;
    ['a, T] slice::IterMut<'a, T>;
    ['a, T] slice::Chunks<'a, T>;
    ['a, T] slice::Windows<'a, T>;
    [K, V] btree_map::IntoIter<K, V>;
    [K, V] btree_map::IntoKeys<K, V>;
    [K, V] btree_map::IntoValues<K, V>;
    ['a, K, V] btree_map::Iter<'a, K, V>;
    ['a, K, V] btree_map::Keys<'a, K, V>;
    ['a, K, V] btree_map::Values<'a, K, V>;
    ['a, K, V] btree_map::Range<'a, K, V>;
    [T] btree_set::IntoIter<T>;
    ['a, T] btree_set::Iter<'a, T>;
    ['a, T] btree_set::Range<'a, T>;
    ['a] str::Chars<'a>;
    ['a] str::CharIndices<'a>;
    ['a] str::Bytes<'a>;
    ['a] str::Lines<'a>;
    ['a] str::SplitWhitespace<'a>;
    [T] Empty<T>;
    [T] Once<T>;
    [I] Rev<I> where I: Finite;
    [I] Enumerate<I> where I: Finite;
    [I] Skip<I> where I: Finite;
    [I] StepBy<I> where I: Finite;
    [I] Fuse<I> where I: Finite;
    [I: Iterator] Peekable<I> where I: Finite;
    [I, F] Map<I, F> where I: Finite;
    [I, F] Filter<I, F> where I: Finite;
    [I, F] FilterMap<I, F> where I: Finite;
    [I, F] Inspect<I, F> where I: Finite;
    [I, F] SkipWhile<I, F> where I: Finite;
    [I] Copied<I> where I: Finite;
    [I] Cloned<I> where I: Finite;
    [A, B] Chain<A, B> where A: Finite, B: Finite;
    // As long as the first, or shorter.
    [A, B] Zip<A, B> where A: Finite, B: Ordered;
    [I] Take<I> where I: Ordered;
    [I, F] TakeWhile<I, F> where I: Ordered;
    [I, F] MapWhile<I, F> where I: Ordered;
    [I, S, F] Scan<I, S, F> where I: Ordered;
}

// Within each item another loop: that it ends is for whoever writes it to see.
impl<I: Finite, U: IntoIterator, F: FnMut(I::Item) -> U> Ordered for FlatMap<I, U, F> {}
impl<I: Finite, U: IntoIterator, F: FnMut(I::Item) -> U> Finite for FlatMap<I, U, F> {}
impl<I: Finite, U: IntoIterator, F: FnMut(I::Item) -> U> IntoCursor for FlatMap<I, U, F> {
    type Item = U::Item;
    type Cursor = Remaining<U::Item>;
    fn into_cursor(self) -> Self::Cursor {
        Remaining::of(self.collect())
    }
}
impl<I: Finite> Ordered for Flatten<I>
where
    I::Item: IntoIterator,
    Self: Iterator,
{
}
impl<I: Finite> Finite for Flatten<I>
where
    I::Item: IntoIterator,
    Self: Iterator,
{
}
impl<I: Finite> IntoCursor for Flatten<I>
where
    I::Item: IntoIterator,
    Self: Iterator,
{
    type Item = <Self as Iterator>::Item;
    type Cursor = Remaining<<Self as Iterator>::Item>;
    fn into_cursor(self) -> Self::Cursor {
        Remaining::of(self.collect())
    }
}

ordered! {
    [T: Clone] Repeat<T>;
    [F] RepeatWith<F>;
    [T, F] Successors<T, F>;
    [I: Clone] Cycle<I> where I: Finite;
    [T: Count] RangeFrom<T>;
}

impl<T: Count> Ordered for Range<T> where Self: Iterator {}
impl<T: Count> Finite for Range<T> where Self: Iterator {}
impl<T: Count> Ordered for RangeInclusive<T> where Self: Iterator {}
impl<T: Count> Finite for RangeInclusive<T> where Self: Iterator {}

#[cfg(test)]
mod tests {
    use super::super::cursor::Cursor;
    use super::*;

    fn all<I: IntoCursor>(items: I) -> Vec<I::Item> {
        let mut cursor = items.into_cursor();
        std::iter::from_fn(|| cursor.next()).collect()
    }

    #[test]
    #[allow(clippy::manual_repeat_n)] // An endless one, cut off.
    fn what_ends_is_drained() {
        assert_eq!(all([1, 2, 3].into_iter().rev().enumerate()), [(0, 3), (1, 2), (2, 1)]);
        assert_eq!(all([1, 2].into_iter().zip(5..)), [(1, 5), (2, 6)]);
        assert_eq!(all(std::iter::repeat('x').take(2)), ['x', 'x']);
        assert_eq!(all((0..5).filter(|x| x % 2 == 0).map(|x| x * 2)), [0, 4, 8]);
        assert_eq!(all(vec![vec![1], vec![2, 3]].into_iter().flatten()), [1, 2, 3]);
        assert_eq!(all([1, 2].into_iter().flat_map(|x| [x, x])), [1, 1, 2, 2]);
    }
}

//! Iterators whose order differs from one process to the next: a loop with an await in it cannot find its place in them again, and what is found among
//! their items is not found again.
//!
//! What is borrowed may be gone over by any iterator, one of the user's own too; so it is told which ones are refused, and not which
//! ones are taken. The generator sees no types: rustc picks the first of two methods of one name that there is.

use std::collections::{hash_map, hash_set};
use std::iter::{
    Chain, Cloned, Copied, Enumerate, Filter, FilterMap, FlatMap, Flatten, Fuse, Inspect, Map, MapWhile,
    Peekable, Skip, SkipWhile, StepBy, Take, TakeWhile, Zip,
};
use std::marker::PhantomData;

use super::kept::Borrow;

/// An iterator over what a hash function has put in order, or an adapter around one.
pub trait Hashed {}

macro_rules! hashed {
    ($([$($generics:tt)*] $iterator:ty;)*) => {$(
        impl<$($generics)*> Hashed for $iterator {}
    )*};
}

hashed! {
    ['a, K, V] hash_map::Iter<'a, K, V>;
    ['a, K, V] hash_map::IterMut<'a, K, V>;
    ['a, K, V] hash_map::Keys<'a, K, V>;
    ['a, K, V] hash_map::Values<'a, K, V>;
    ['a, K, V] hash_map::ValuesMut<'a, K, V>;
    ['a, K, V] hash_map::Drain<'a, K, V>;
    [K, V] hash_map::IntoIter<K, V>;
    [K, V] hash_map::IntoKeys<K, V>;
    [K, V] hash_map::IntoValues<K, V>;
    ['a, T] hash_set::Iter<'a, T>;
    ['a, T] hash_set::Drain<'a, T>;
    [T] hash_set::IntoIter<T>;
    ['a, T, S] hash_set::Union<'a, T, S>;
    ['a, T, S] hash_set::Intersection<'a, T, S>;
    ['a, T, S] hash_set::Difference<'a, T, S>;
    ['a, T, S] hash_set::SymmetricDifference<'a, T, S>;
    [I: Hashed] Copied<I>;
    [I: Hashed] Cloned<I>;
    [I: Hashed] Enumerate<I>;
    [I: Hashed] Fuse<I>;
    [I: Hashed + Iterator] Peekable<I>;
    [I: Hashed] Skip<I>;
    [I: Hashed] StepBy<I>;
    [I: Hashed] Take<I>;
    [I: Hashed, F] Filter<I, F>;
    [I: Hashed, F] FilterMap<I, F>;
    [I: Hashed, F] Inspect<I, F>;
    [I: Hashed, F] Map<I, F>;
    [I: Hashed, F] MapWhile<I, F>;
    [I: Hashed, F] SkipWhile<I, F>;
    [I: Hashed, F] TakeWhile<I, F>;
    [I: Hashed + Iterator, U: IntoIterator, F: FnMut(I::Item) -> U] FlatMap<I, U, F>;
    // Of these two the generator asks about the second one by itself.
    [I: Hashed, J] Chain<I, J>;
    [I: Hashed, J] Zip<I, J>;
}

impl<I: Hashed + Iterator> Hashed for Flatten<I> where I::Item: IntoIterator {}

/// What no iterator of the first choice is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be gone over again after an await",
    label = "after a restart it is in another order",
    note = "use a `BTreeMap` or a `BTreeSet`; or sort first: `let mut items: Vec<_> = it.cloned().collect(); items.sort();`"
)]
pub trait InOrder {}

/// The iterator that a loop goes over.
#[derive(Debug)]
pub struct Order<I>(PhantomData<fn() -> I>);

/// The iterator that a loop over `items` goes over.
pub fn order<I: IntoIterator>(_: I) -> Order<I::IntoIter> {
    Order(PhantomData)
}

/// What is kept of a value that was found among what an iterator gives, and the iterator.
#[derive(Debug)]
pub struct Found<K, I>(PhantomData<fn() -> (K, I)>);

/// What is kept of a value that was found among these items.
pub fn found<K, I>(_: &K, _: Order<I>) -> Found<K, I> {
    Found(PhantomData)
}

/// First choice: what is in no order is refused.
pub trait IfHashed<I> {
    /// Only if it is in order, which it is not.
    fn is_kept(&self)
    where
        I: InOrder,
    {
    }
}
impl<I: Hashed> IfHashed<I> for &Order<I> {}
impl<I: Hashed> IfHashed<I> for &Found<Borrow, I> {}

/// Second choice: all else is taken.
pub trait IfNot {
    /// It is.
    fn is_kept(&self) {}
}
impl<I> IfNot for Order<I> {}
impl<K, I> IfNot for Found<K, I> {}

//! What was read of a place before an await: the receiver of a method, or the left side of a comparison.
//!
//! In `self.count.max(num().await)` Rust copies the number before the argument is evaluated; in `self.items.push(num().await)`
//! it lends the list, and looks at it afterwards. Which of the two it is depends on types: on whether the value is `Copy`, and on
//! whether the method changes it. The generator sees no types, so rustc decides. What is `Copy` is copied into a slot. The call
//! is then made on a [`Watched`] copy, which is asked for the value, as by `self` and by `&self`, or is asked to be changed,
//! as by `&mut self`: then the call is begun again on the place itself, before any of its arguments is evaluated.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

mod choices;
mod macros;

pub use super::kept::{TypeOf, type_of};
pub use choices::{
    AsClone, AsCopy, AsLent, AsShown, AsShownMut, ChangedInPlace, IfBorrow, IfBorrowMut, IfBoxed, IfCopied,
    IfCopy, IfLent, IfNot, IfReference, IfShown, IfShownMut,
};
pub use macros::{as_it_was, called, compared, lent, receiver, shown, watched};

/// A copy of what was at the place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Copied<T>(T);

/// A copy of what a shared borrow at the place showed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shown<T>(T);

/// A copy of what a mutable borrow at the place showed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShownMut<T>(T);

/// Nothing: the place is lent, and looked at afterwards.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lent;

impl<T> Copied<T> {
    /// The copy.
    pub fn value(&self) -> Option<&T> {
        Some(&self.0)
    }

    /// Nothing is asked so far.
    pub fn asked(&self) -> Asked {
        Asked(Cell::new(false))
    }

    /// What a method is called on.
    pub fn watched<'w, P: ?Sized>(&self, asked: &'w Asked, _: TypeOf<P>) -> Watched<'w, T>
    where
        T: Clone,
    {
        Watched { value: self.0.clone(), asked }
    }
}

impl<T> Shown<T> {
    /// Nothing is asked so far.
    pub fn asked(&self) -> Asked {
        Asked(Cell::new(false))
    }

    /// What a method is called on.
    pub fn watched<'w, P: ?Sized>(&'w self, asked: &'w Asked, _: TypeOf<P>) -> Watched<'w, &'w T> {
        Watched { value: &self.0, asked }
    }
}

impl<T> ShownMut<T> {
    /// Nothing is asked so far.
    pub fn asked(&self) -> Asked {
        Asked(Cell::new(false))
    }

    /// What a method is called on.
    pub fn watched<'w, P: ?Sized>(&'w mut self, asked: &'w Asked, _: TypeOf<P>) -> Watched<'w, &'w mut T> {
        Watched { value: &mut self.0, asked }
    }
}

impl Lent {
    /// No copy.
    pub fn value<T: ?Sized>(&self) -> Option<&T> {
        None
    }

    /// It is the place.
    pub fn asked(&self) -> Asked {
        Asked(Cell::new(true))
    }

    /// What a method would be called on, for its type: out of a box can be moved.
    pub fn watched<P: ?Sized>(&self, _: &Asked, _: TypeOf<P>) -> Box<P> {
        unreachable!("the method is called on the place")
    }
}

/// Whether a method has to be called on the place itself.
#[derive(Debug)]
pub struct Asked(Cell<bool>);

impl Asked {
    /// Whether it has to be.
    pub fn for_the_place(&self) -> bool {
        self.0.get()
    }
}

/// A copy that notes when it is asked to be changed.
#[derive(Debug)]
pub struct Watched<'w, T> {
    value: T,
    asked: &'w Asked,
}

impl<T> Deref for Watched<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Watched<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.asked.0.set(true);
        &mut self.value
    }
}

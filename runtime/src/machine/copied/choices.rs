//! By which rustc chooses how a place is kept: of the traits whose method has one name, the first that is there for a type.

use std::ops::Deref;

use super::{Copied, Lent, Shown, ShownMut, TypeOf};

/// How a place is kept: as a copy of what a shared borrow there shows.
#[derive(Debug)]
pub struct AsShown;

/// How a place is kept: as a copy of what a mutable borrow there shows.
#[derive(Debug)]
pub struct AsShownMut;

/// How a place is kept: as a copy.
#[derive(Debug)]
pub struct AsCopy;

/// How a place is kept: as a clone of what leads to a copy.
#[derive(Debug)]
pub struct AsClone;

/// How a place is kept: not at all.
#[derive(Debug)]
pub struct AsLent;

impl AsShown {
    /// Copies what is shown.
    pub fn keep<T: Copy>(self, place: &&T) -> Shown<T> {
        Shown(**place)
    }
}

impl AsShownMut {
    /// Copies what is shown.
    pub fn keep<T: Copy>(self, place: &&mut T) -> ShownMut<T> {
        ShownMut(**place)
    }
}

impl AsCopy {
    /// Copies the value.
    pub fn keep<T: Copy>(self, place: &T) -> Copied<T> {
        Copied(*place)
    }
}

impl AsClone {
    /// Clones what leads to the value.
    pub fn keep<T: Clone>(self, place: &T) -> Copied<T> {
        Copied(place.clone())
    }
}

impl AsLent {
    /// Keeps nothing.
    pub fn keep<T: ?Sized>(self, _: &T) -> Lent {
        Lent
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $choice:ident: [$($generics:tt)*] $type:ty => $how:ident;)*) => {$(
        $(#[$doc])*
        pub trait $choice {
            /// How to keep it.
            fn how(&self) -> $how {
                $how
            }
        }
        impl<$($generics)*> $choice for $type {}
    )*};
}

choices! {
    /// First choice: what a shared borrow shows, which methods that take it by value copy.
    IfShown: ['x, T: Copy] &&&&&TypeOf<&'x T> => AsShown;
    /// The same of a mutable one.
    IfShownMut: ['x, T: Copy] &&&&&TypeOf<&'x mut T> => AsShownMut;
    /// Second choice: another borrow is made again.
    IfBorrow: ['x, T: ?Sized] &&&&TypeOf<&'x T> => AsLent;
    /// The same of a mutable one.
    IfBorrowMut: ['x, T: ?Sized] &&&&TypeOf<&'x mut T> => AsLent;
    /// Third choice: what is copied.
    IfCopy: [T: Copy] &&&TypeOf<T> => AsCopy;
    /// Fourth choice: a box of what is copied.
    IfBoxed: [T: Deref<Target: Copy + Sized> + Clone] &&TypeOf<T> => AsClone;
    /// Last: all else.
    IfNot: [T: ?Sized] &TypeOf<T> => AsLent;
}

/// What no `Copy` type is.
#[diagnostic::on_unimplemented(
    message = "whether this method changes `{Self}` or a copy of it depends on the types",
    label = "this is `Copy`, and is read before the argument is awaited if the method takes it by value",
    note = "await first: `let value = f().await;`, then call the method with `value`"
)]
pub trait ChangedInPlace {}

/// First choice: of what is copied it cannot be told.
pub trait IfCopied<T> {
    /// Only if it is changed where it is.
    fn is_changed(&self)
    where
        T: ChangedInPlace,
    {
    }
}
impl<T: Copy> IfCopied<T> for &&TypeOf<T> {}
impl<T: Copy> IfCopied<T> for &&TypeOf<&mut T> {}

/// Second choice: borrows are looked through.
pub trait IfReference {
    /// It is.
    fn is_changed(&self) {}
}
impl<T: ?Sized> IfReference for &TypeOf<&T> {}

/// Last: all else is lent.
pub trait IfLent {
    /// It is.
    fn is_changed(&self) {}
}
impl<T: ?Sized> IfLent for TypeOf<T> {}

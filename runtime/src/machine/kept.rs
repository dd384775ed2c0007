//! What is kept of a variable that was looked up in something kept: nothing if it borrows, since it can be looked up
//! again; itself if it is a value of its own. The generator sees no types, so rustc decides, by the traits here.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::frame::Stored;

/// A value of its own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Own<T>(T);

/// A borrow: nothing of it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct Borrow;

impl<T> Own<T> {
    /// The value, so that it need not be looked up again.
    pub fn found(self) -> Option<T> {
        Some(self.0)
    }
}

impl Borrow {
    /// Nothing: look it up again.
    pub fn found<T>(self) -> Option<T> {
        None
    }
}

/// The type of a value.
#[derive(Debug)]
pub struct TypeOf<T: ?Sized>(PhantomData<fn(&T)>);

/// The type of `value`.
pub fn type_of<T: ?Sized>(_: &T) -> TypeOf<T> {
    TypeOf::any()
}

impl<T: ?Sized> TypeOf<T> {
    /// A type that is known otherwise.
    #[must_use]
    pub fn any() -> Self {
        TypeOf(PhantomData)
    }
}

/// How a value is kept: as itself.
#[derive(Debug)]
pub struct AsOwn;

/// How a value is kept: by looking it up again.
#[derive(Debug)]
pub struct AsBorrow;

impl AsOwn {
    /// Keeps a value.
    pub fn keep<T>(self, value: T) -> Own<T> {
        Own(value)
    }
}

impl AsBorrow {
    /// Lets a borrow go.
    pub fn keep<T>(self, _: T) -> Borrow {
        Borrow
    }
}

/// What is a borrow for sure. (`&str` can be read by serde, though not from bytes that are gone.)
pub trait Borrowing {}
impl<T: ?Sized> Borrowing for &T {}
impl<T: ?Sized> Borrowing for &mut T {}
impl<T: Borrowing> Borrowing for Option<T> {}
impl<T: Borrowing, E> Borrowing for Result<T, E> {}
impl<A: Borrowing, B> Borrowing for (A, B) {}

/// First choice: what borrows is looked up again.
pub trait IfBorrowing {
    /// How to keep a value of this type.
    fn how(&self) -> AsBorrow {
        AsBorrow
    }
}
impl<T: Borrowing> IfBorrowing for &&TypeOf<T> {}

/// Second choice: what can be stored is.
pub trait IfStored {
    /// How to keep a value of this type.
    fn how(&self) -> AsOwn {
        AsOwn
    }
}
impl<T: Stored> IfStored for &TypeOf<T> {}

/// Last: an iterator, and what else cannot be stored, borrows from somewhere.
pub trait IfNeither {
    /// How to keep a value of this type.
    fn how(&self) -> AsBorrow {
        AsBorrow
    }
}
impl<T> IfNeither for TypeOf<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! keep {
        ($value:expr) => {
            (&&&type_of(&$value)).how().keep($value)
        };
    }

    #[test]
    fn what_borrows_is_let_go_and_the_rest_is_kept() {
        let word = String::from("word");
        let words = [word.clone()];
        assert_eq!(keep!(word.as_str()).found(), None::<&str>);
        assert_eq!(keep!(words.first()).found(), None::<Option<&String>>);
        assert!(keep!(words.iter()).found::<std::slice::Iter<'_, String>>().is_none());
        assert_eq!(keep!(word.len()).found(), Some(4));
        assert_eq!(keep!(word.clone()).found(), Some(word));
    }
}

//! What stands in the place of a field that was moved away, while its variable is kept: nobody looks at it, as the code assigns
//! the field before. Of what is `Copy` nothing was moved away, so that it is a copy; of all else it is what `Default` gives. Which
//! of the two it is, rustc says.

use super::kept::TypeOf;

/// What can stand in a field's place.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` is moved out of its variable, and assigned only after an `.await`",
    label = "until it is assigned here, its place has to hold something",
    note = "take it with `std::mem::replace(&mut variable.field, ..)` or `std::mem::take` instead of moving it, \
            make its type `Default`, or assign the field before the `.await`"
)]
pub trait Replaceable: Default {}
impl<T: Default> Replaceable for T {}

/// A copy of what is there.
#[derive(Debug)]
pub struct Copied<T>(T);

/// What `Default` gives.
#[derive(Debug)]
pub struct Defaulted<T>(fn() -> T);

impl<T: Copy> Copied<T> {
    /// What stands in the field's place.
    pub fn get(&self) -> T {
        self.0
    }
}

impl<T> Defaulted<T> {
    /// What stands in the field's place.
    pub fn get(&self) -> T {
        (self.0)()
    }
}

/// First choice: a copy.
pub trait IfCopied<T> {
    /// The spare of a field.
    fn spare(&self, field: &T) -> Copied<T>;
}
impl<T: Copy> IfCopied<T> for &TypeOf<T> {
    fn spare(&self, field: &T) -> Copied<T> {
        Copied(*field)
    }
}

/// All else.
pub trait IfOther<T> {
    /// The spare of a field.
    fn spare(&self, field: &T) -> Defaulted<T>
    where
        T: Replaceable;
}
impl<T> IfOther<T> for TypeOf<T> {
    fn spare(&self, _: &T) -> Defaulted<T>
    where
        T: Replaceable,
    {
        Defaulted(T::default)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::type_of;
    use super::*;

    macro_rules! spare {
        ($field:expr) => {
            (&&type_of(&$field)).spare(&$field).get()
        };
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct NoDefault(u8);

    #[test]
    fn a_spare_is_a_copy_or_the_default() {
        let (copied, text) = (NoDefault(3), "text".to_owned());
        assert_eq!(spare!(copied), NoDefault(3));
        assert_eq!(spare!(text), "");
    }
}

//! What `?` becomes. The standard library's own trait for it is not stable, so here is its shape again.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::task::Poll;

use super::context::Context;
use super::frame::Slot;
use super::wait::Wait;

/// A value that `?` can be used on.
#[diagnostic::on_unimplemented(
    message = "`?` works on `Result` and `Option` only, not on `{Self}`",
    label = "`?` cannot be used on this",
    note = "awaiting an activity gives a `Result`; a `#[query]` or plain method gives what it returns"
)]
pub trait Question {
    /// What `?` gives.
    type Output;
    /// What `?` returns early with.
    type Residual;
    /// Splits the two.
    fn question(self) -> ControlFlow<Self::Residual, Self::Output>;
}

impl<T, E> Question for Result<T, E> {
    type Output = T;
    type Residual = Result<Infallible, E>;
    fn question(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}

impl<T> Question for Option<T> {
    type Output = T;
    type Residual = Option<Infallible>;
    fn question(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Some(value) => ControlFlow::Continue(value),
            None => ControlFlow::Break(None),
        }
    }
}

/// A type that can be returned by a `?` on something whose residual is `R`.
#[diagnostic::on_unimplemented(
    message = "`?` cannot turn `{R}` into `{Self}`",
    label = "this method returns `{Self}`",
    note = "on an `Option` where a `Result` is returned: `.ok_or(..)?`; on a `Result` where an `Option` is: `.ok()?`"
)]
pub trait FromResidual<R> {
    /// Makes the value to return.
    fn from_residual(residual: R) -> Self;
}

impl<T, E, F: FromError<E>> FromResidual<Result<Infallible, E>> for Result<T, F> {
    fn from_residual(residual: Result<Infallible, E>) -> Self {
        match residual {
            Err(error) => Err(F::from_error(error)),
            Ok(never) => match never {},
        }
    }
}

/// `From`, as the `?` on a `Result` needs it. It is a trait of its own to say in its error what one writes.
#[diagnostic::on_unimplemented(
    message = "`?` couldn't convert the error: `{Self}: From<{E}>` is not satisfied",
    label = "the error here is of the type `{E}`",
    note = "implement it, or change the error here: `.map_err(|error| ..)?`",
    note = "steps fail with an `ActivityError`: `impl<E: std::fmt::Debug> From<ActivityError<E>> for {Self}` is for all of them",
    note = "`Result<_, Failure>` takes any error"
)]
pub trait FromError<E> {
    /// Makes it of the other.
    fn from_error(error: E) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E, F: From<E>> FromError<E> for F {
    fn from_error(error: E) -> Self {
        F::from(error)
    }
}

impl<T> FromResidual<Option<Infallible>> for Option<T> {
    fn from_residual(_: Option<Infallible>) -> Self {
        None
    }
}

/// What `.await?` comes to.
pub enum Asked<T, R> {
    /// The value behind the `?`.
    Value(T),
    /// It is not ready.
    Pending,
    /// What the `?` returns.
    Returned(R),
}

/// Polls what is in a slot and asks: what `.await?` becomes.
#[inline(never)] // It is the same for all awaits of one type that stand in functions of one type.
pub fn ask<W, R>(slot: &mut Slot<W>, ctx: &Context) -> Asked<<W::Output as Question>::Output, R>
where
    W: Wait,
    W::Output: Question,
    R: FromResidual<<W::Output as Question>::Residual>,
{
    match slot.get_mut().poll(ctx) {
        Poll::Pending => Asked::Pending,
        Poll::Ready(output) => match output.question() {
            ControlFlow::Continue(value) => Asked::Value(value),
            ControlFlow::Break(residual) => Asked::Returned(R::from_residual(residual)),
        },
    }
}

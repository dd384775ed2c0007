//! How a workflow's body reads as plain async Rust: what rust-analyzer sees of it, and nobody runs.
//!
//! rust-analyzer sets `cfg(rust_analyzer)`. The generator hands it the async methods as they were written
//! ([`for_rust_analyzer!`](crate::for_rust_analyzer)), so that completion, hints and definitions are those of the user's own
//! code. For that `.await` needs a type: each operation is a future here. `scripts/rust-analyzer.sh` asks a real server.
#![allow(missing_docs)]

use std::future::{Pending, pending};

use crate::Failure;
use crate::activity::{Activity, ActivityCall, ActivityError, ConfiguredCall};
use crate::machine::{
    Awaitable, BoundedJoinAll, BoundedTryJoinAll, Call, Cancelled, CancelledWait, Condition, Context,
    Elapsed, Function, HandlersWait, JoinAll, LocalStep, OpId, Scope, Shield, Sleep, SleepUntil, Spawn,
    StepBlock, Stored, Task, TaskReference, Timeout, Trigger, TryJoinAll, Wait, WaitWriter,
};

pub use crate::{__join as join, __select as select, __try_join as try_join};

/// What can be awaited in a workflow is a future here.
macro_rules! awaited {
    ($([$($generics:tt)*] $operation:ty => $output:ty;)*) => {$(
        impl<$($generics)*> IntoFuture for $operation {
            type Output = $output;
            type IntoFuture = Pending<$output>;
            fn into_future(self) -> Pending<$output> {
                pending()
            }
        }
    )*};
}

awaited! {
    [A: Activity] ActivityCall<A> => <Self as Awaitable>::Output;
    [A: Activity] ConfiguredCall<A> => <Self as Awaitable>::Output;
    [F: Function] Call<F> => F::Output;
    [T: Stored] LocalStep<T> => Result<T, ActivityError<Failure>>;
    [] Sleep => ();
    [] SleepUntil => ();
    [F: FnMut() -> bool] Condition<'_, F> => ();
    [A: IntoFuture] Timeout<A> => Result<A::Output, Elapsed>;
    [] CancelledWait => ();
    [] HandlersWait => ();
    [A: IntoFuture] Scope<A> => Result<A::Output, Cancelled>;
    [A: IntoFuture] Shield<A> => A::Output;
    [T: Stored] Task<T> => Result<T, Cancelled>;
    [T: Stored] &mut Task<T> => Result<T, Cancelled>;
    [T: Stored] TaskReference<T> => Result<T, Cancelled>;
    [T: Stored] Trigger<T> => T;
    [T: Stored] &Trigger<T> => T;
    [A: IntoFuture] JoinAll<A> => Vec<A::Output>;
    [A: IntoFuture] BoundedJoinAll<A> => Vec<A::Output>;
    [A: IntoFuture<Output = Result<T, E>>, T, E] TryJoinAll<A> => Result<Vec<T>, E>;
    [A: IntoFuture<Output = Result<T, E>>, T, E] BoundedTryJoinAll<A> => Result<Vec<T>, E>;
}

/// An `async` block, or a call of an async method, is a future; so it stands wherever an operation does.
impl<F: Future> Awaitable for F
where
    F::Output: 'static,
{
    type Output = F::Output;
    type Wait = Pending<F::Output>;
    fn begin(self, _: &Context) -> Self::Wait {
        pending()
    }
}

impl<T, F: Future<Output = Result<T, Failure>> + Send + 'static> StepBlock for F {
    type Output = T;
}

impl<T: 'static> Wait for Pending<T> {
    type Output = T;
    fn poll(&mut self, _: &Context) -> std::task::Poll<T> {
        std::task::Poll::Pending
    }
    fn armed(&self, _: &mut dyn FnMut(OpId)) {}
    fn write(&self, _: &mut WaitWriter<'_>) -> Result<(), crate::codec::CodecError> {
        unreachable!("nobody runs this")
    }
    fn read(_: &[u8]) -> Result<Self, crate::codec::CodecError> {
        unreachable!("nobody runs this")
    }
}

impl<A: Awaitable> Spawn for A {
    type Output = A::Output;
    fn spawn(self, _: &Context) -> Task<A::Output> {
        unreachable!("nobody runs this")
    }
}

/// Results of branches: all values, or the first error.
pub trait Branches {
    type Values;
    type Error;
    fn all(self) -> Result<Self::Values, Self::Error>;
}

macro_rules! branches {
    ($($name:ident),*) => {
        impl<Failed, $($name),*> Branches for ($(Result<$name, Failed>,)*) {
            type Values = ($($name,)*);
            type Error = Failed;
            #[allow(non_snake_case)]
            fn all(self) -> Result<Self::Values, Failed> {
                let ($($name,)*) = self;
                Ok(($($name?,)*))
            }
        }
    };
}

branches!(A);
branches!(A, B);
branches!(A, B, C);
branches!(A, B, C, D);
branches!(A, B, C, D, E);
branches!(A, B, C, D, E, F);
branches!(A, B, C, D, E, F, G);
branches!(A, B, C, D, E, F, G, H);

/// `join!` in a workflow.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    ($($branch:expr),* $(,)?) => { ($($branch.await,)*) };
}

/// `try_join!` in a workflow.
#[doc(hidden)]
#[macro_export]
macro_rules! __try_join {
    ($($branch:expr),* $(,)?) => { $crate::plain::Branches::all(($($branch.await,)*)) };
}

/// `select!` in a workflow.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    (biased; $($arms:tt)*) => { $crate::__select!(@ {} $($arms)*) };
    (@ {$($done:tt)*}) => {
        match ::core::hint::black_box(0_usize) { $($done)* _ => ::core::unreachable!() }
    };
    (@ {$($done:tt)*} else => $then:expr $(,)?) => { $crate::__select!(@ {$($done)* 0 => $then,}) };
    (@ {$($done:tt)*} $pat:pat = $operation:expr $(, if $guard:expr)? => $then:block, $($arms:tt)*) => {
        $crate::__select!(@ {$($done)*} $pat = $operation $(, if $guard)? => $then $($arms)*)
    };
    (@ {$($done:tt)*} $pat:pat = $operation:expr $(, if $guard:expr)? => $then:block $($arms:tt)*) => {
        $crate::__select!(@ {
            $($done)*
            0 $(if $guard)? => { if let $pat = $operation.await { $then } else { ::core::unreachable!() } }
        } $($arms)*)
    };
    (@ {$($done:tt)*} $pat:pat = $operation:expr $(, if $guard:expr)? => $then:expr $(, $($arms:tt)*)?) => {
        $crate::__select!(@ {
            $($done)*
            0 $(if $guard)? => { if let $pat = $operation.await { $then } else { ::core::unreachable!() } }
        } $($($arms)*)?)
    };
    (@ $($rest:tt)*) => { ::core::compile_error!("a branch of `select!` is `pattern = awaitable => what to do`") };
    ($($arms:tt)*) => { $crate::__select!(@ {} $($arms)*) };
}

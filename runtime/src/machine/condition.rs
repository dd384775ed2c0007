//! Waiting for a condition, and waiting at most so long.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::context::Context;

/// A condition on the run's own data; see [`Context::wait_until`](super::Context::wait_until).
///
/// The closure borrows what it looks at, so it cannot be stored: the generator evaluates the expression anew
/// each time. That is why it must be awaited where it is written.
#[must_use = "a condition does nothing until it is awaited"]
pub struct Condition<'c, F> {
    pub(super) condition: F,
    pub(super) ctx: &'c Context,
}

impl<F: FnMut() -> bool> Condition<'_, F> {
    /// Whether it holds now.
    pub fn holds(mut self) -> bool {
        let holds = (self.condition)();
        if holds {
            self.ctx.goes_on_at_once();
            self.ctx.progress();
        } else {
            self.ctx.watch();
        }
        holds
    }
}

/// The time of a [`timeout`] was up first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("the time was up before the operation was done")]
pub struct Elapsed;

/// An operation with a limit of time; see [`timeout`].
#[must_use = "a timeout does nothing until it is awaited"]
pub struct Timeout<A> {
    limit: Duration,
    operation: A,
}

/// Awaits `operation` for at most `limit`: `Ok` with its output, or `Err(Elapsed)`.
///
/// The generator compiles `timeout(..).await` into a race of the two where it is written; what is not done
/// when the time is up is disarmed in the same transition. A limit of zero still lets the operation be checked once.
///
/// As with tokio's, the time counts from where `timeout(..)` stands, whatever the operation is: an `async` block that was put into
/// a variable before begins then, too.
pub fn timeout<A>(limit: Duration, operation: A) -> Timeout<A> {
    Timeout { limit, operation }
}

impl<A> Timeout<A> {
    /// The limit and the operation.
    pub fn into_parts(self) -> (Duration, A) {
        (self.limit, self.operation)
    }
}

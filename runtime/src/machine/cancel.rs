//! Cancellation: scopes that end early, shields that do not.
//!
//! A cancelled scope goes on as long as it can: an activity that it waits for gives
//! [`ActivityError::Cancelled`](crate::ActivityError::Cancelled), a task gives [`Cancelled`], `ctx.cancelled()` is ready. When it can
//! go no further (it waits for something that has no such answer), it is given up: its variables are dropped, and whoever
//! awaits the scope gets [`Cancelled`]. A shield within it is waited for first.

use std::task::Poll;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::context::Context;
use super::wait::{Awaitable, OpId, Wait, stored_by_serde};

/// A task or scope was cancelled before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("it was cancelled before it was done")]
pub struct Cancelled;

/// Whether a scope is cancelled, and how. Its names are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cancel {
    /// It is not.
    #[default]
    Not,
    /// By request: its code is told, and goes on with that.
    Told,
    /// By being dropped: nobody awaits it any more, and it is not told. What is shielded in it goes on, nothing else.
    Dropped,
}

impl Cancel {
    /// Whether it is cancelled in one way or the other.
    pub(super) fn is_some(self) -> bool {
        self != Cancel::Not
    }
}

/// How the code that is being stepped stands to cancellation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    /// Whether the scope around it is cancelled.
    pub(super) cancel: Cancel,
    /// A shield within that scope is around it.
    pub(super) shielded: bool,
    /// The task that it belongs to; none for the run itself.
    pub(super) task: Option<OpId>,
}

impl Standing {
    /// How the run's own code stands.
    pub(super) fn of_run(cancelled: bool) -> Self {
        let cancel = if cancelled { Cancel::Told } else { Cancel::Not };
        Standing { cancel, ..Standing::default() }
    }

    /// The cancellation, as far as no shield keeps it off.
    pub(super) fn reaching(self) -> Cancel {
        if self.shielded { Cancel::Not } else { self.cancel }
    }
}

/// Waits until the scope is cancelled; see [`Context::cancelled`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[must_use = "nothing is waited for until this is awaited"]
pub struct CancelledWait(pub(super) ());

impl Awaitable for CancelledWait {
    type Output = ();
    type Wait = CancelledWait;
    fn begin(self, _: &Context) -> CancelledWait {
        self
    }
}

impl Wait for CancelledWait {
    type Output = ();
    fn poll(&mut self, ctx: &Context) -> Poll<()> {
        if ctx.is_cancelled() && !ctx.is_dropped() { ctx.ready(()) } else { ctx.pending() }
    }
    fn armed(&self, _: &mut dyn FnMut(OpId)) {}

    stored_by_serde!();
}

/// Waits until no async handler is running; see [`Context::all_handlers_finished`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[must_use = "nothing is waited for until this is awaited"]
pub struct HandlersWait(pub(super) ());

impl Awaitable for HandlersWait {
    type Output = ();
    type Wait = HandlersWait;
    fn begin(self, _: &Context) -> HandlersWait {
        self
    }
}

impl Wait for HandlersWait {
    type Output = ();
    fn poll(&mut self, ctx: &Context) -> Poll<()> {
        if ctx.is_handling() { ctx.pending() } else { ctx.ready(()) }
    }
    fn armed(&self, _: &mut dyn FnMut(OpId)) {}

    stored_by_serde!();
}

/// Protects `operation` from cancellation: what is in it goes on, and whoever is cancelled around it waits for it.
///
/// The generator compiles `shield(..).await` where it is written; the operation is something awaitable or an `async` block.
/// In it `ctx.is_cancelled()` and `ctx.cancelled()` still tell. Cleaning up after a cancellation is what it is for:
///
/// ```
/// use longhaul::prelude::*;
///
/// #[activity]
/// async fn charge(cents: u64) -> Result<String, Failure> { Ok(format!("charge of {cents}")) }
///
/// #[activity]
/// async fn refund(charge: String) {}
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Order {}
///
/// #[workflow]
/// impl Order {
///     #[run]
///     async fn run(&mut self, ctx: &Context, cents: u64) -> Result<(), Failure> {
///         let charge = charge(cents).await?;
///         let shipped = ctx.scope(async { ctx.sleep(days(3)).await }).await;
///         if shipped.is_err() {
///             shield(refund(charge)).await?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub fn shield<A>(operation: A) -> Shield<A> {
    Shield(operation)
}

/// An operation that is not cancelled; see [`shield`].
#[must_use = "a shield does nothing until it is awaited"]
pub struct Shield<A>(A);

impl<A> Shield<A> {
    /// What it protects.
    pub fn into_inner(self) -> A {
        self.0
    }
}

/// Operations whose cancellation ends with them; see [`Context::scope`].
#[must_use = "a scope does nothing until it is awaited"]
pub struct Scope<A>(pub(super) A);

impl<A> Scope<A> {
    /// What is in it.
    pub fn into_inner(self) -> A {
        self.0
    }
}

impl Context {
    /// Enters a shield; [`leave_shield`](Self::leave_shield) with what this gives. Generated code calls these.
    pub fn enter_shield(&self) -> bool {
        let mut standing = self.stepping.standing.get();
        let outer = standing.shielded;
        standing.shielded = true;
        self.stepping.standing.set(standing);
        outer
    }

    /// Leaves a shield, done or not.
    pub fn leave_shield(&self, outer: bool, done: bool) {
        let mut standing = self.stepping.standing.get();
        standing.shielded = outer;
        self.stepping.standing.set(standing);
        if !done {
            self.stepping.shields.set(self.stepping.shields.get() + 1);
        }
    }

    /// How many shields have been found to go on, in this step.
    pub fn shields(&self) -> u32 {
        self.stepping.shields.get()
    }

    /// Whether the scope that was just polled, with `shields` as they were before, is to be given up. The engine lets
    /// one scope after the other be given up, the innermost first, when nothing in the run can go on.
    pub fn gives_up(&self, shields: u32) -> bool {
        // What was dropped is given up as a whole, so that no code of it runs.
        let gives_up =
            self.stepping.giving_up.get() && self.tells_cancel() && self.stepping.shields.get() == shields;
        if gives_up {
            self.stepping.giving_up.set(false);
            self.goes_on_at_once();
            self.progress();
        }
        gives_up
    }

    /// Whether the code that is being stepped is told of its cancellation.
    pub(super) fn tells_cancel(&self) -> bool {
        self.cancel() == Cancel::Told
    }

    /// Whether the code that is being stepped was dropped, and is not in a shield.
    pub(super) fn is_dropped(&self) -> bool {
        self.cancel() == Cancel::Dropped
    }

    /// How an operation of the code that is being stepped is cancelled: not at all in a shield.
    pub(super) fn cancel(&self) -> Cancel {
        self.stepping.standing.get().reaching()
    }
}

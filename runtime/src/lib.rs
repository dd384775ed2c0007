//! Durable workflows for Rust, compiled to state machines.
//!
//! A workflow is plain `async` Rust in an impl marked [`#[workflow]`](macro@workflow). `cargo build` turns it into an
//! explicit machine whose position and live variables are data; an [`Engine`] stores every transition and drives the
//! machines through crashes, restarts and long waits. What touches the outside world is an
//! [`#[activity]`](macro@activity).
//!
//! ```
//! use longhaul::Engine;
//! use longhaul::prelude::*;
//!
//! #[activity(start_to_close = "10s", retry(initial = "200ms", max_attempts = 5))]
//! async fn charge(order: u32, cents: u64) -> Result<String, Failure> {
//!     Ok(format!("receipt of {cents} for order {order}"))
//! }
//!
//! #[derive(Default, Serialize, Deserialize)]
//! pub struct Checkout {
//!     approved_by: Option<String>,
//! }
//!
//! #[workflow]
//! impl Checkout {
//!     #[run]
//!     async fn run(&mut self, ctx: &Context, order: u32) -> Result<String, Failure> {
//!         if timeout(days(3), ctx.wait_until(|| self.approved_by.is_some())).await.is_err() {
//!             return Err(Failure::msg("nobody approved it"));
//!         }
//!         Ok(charge(order, 1_999).await?)
//!     }
//!
//!     #[signal]
//!     fn approve(&mut self, by: String) {
//!         self.approved_by = Some(by);
//!     }
//!
//!     #[query]
//!     fn approved(&self) -> bool {
//!         self.approved_by.is_some()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::builder().workflow::<Checkout>().activity::<charge>().open_in_memory().await?;
//! let checkout = engine.start::<Checkout>(42).id("order-42").await?;
//! checkout.approve("ann").await?;
//! assert!(checkout.approved().await?);
//! assert_eq!(checkout.result().await?, "receipt of 1999 for order 42");
//! # engine.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `metrics` (off by default): counters and histograms by the `metrics` facade; `docs/OPERATING.md` has the table.
//! - `testing` (off by default): the test kit, `longhaul::testing`. Enable it for your dev-dependencies.
//! - `repair` (off by default): the program `longhaul-repair`, which does what [`repair`] does.

pub mod activity;
pub mod codec;
pub mod core;
pub mod engine;
pub mod error;
mod failure;
pub mod machine;
#[cfg(rust_analyzer)]
#[doc(hidden)]
pub mod plain;
pub mod prelude;
#[cfg(feature = "testing")]
pub mod sample;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
pub mod workflow;

// Generated code names this crate by its own name, here too.
extern crate self as longhaul;

pub use activity::{
    Activity, ActivityCall, ActivityContext, ActivityError, ActivityOptions, RetryPolicy, TimedOut,
};
pub use engine::{
    AcceptedUpdate, Engine, EngineBuilder, History, HistoryEntry, HistoryError, HistoryStream, ListFilter,
    PastState, RunDescription, RunHandle, RunStatus, Update,
};
pub use error::{
    CancelError, CompletionError, EngineError, HandleError, OpenError, QueryError, RedriveError, RunError,
    SignalError, StartError, TooLarge, UpdateError,
};
pub use failure::{Failure, Never};
/// Makes the methods marked `#[activity]` of an impl activities that share the value as their dependencies.
///
/// Each such method takes `&self`, may take an [`ActivityContext`], and becomes an associated function to call in
/// workflows: `Payments::charge(order, cents).await`. Register the value with
/// [`EngineBuilder::activities`].
///
/// ```
/// use longhaul::prelude::*;
///
/// struct Payments {
///     prefix: String, // a client, a pool, anything
/// }
///
/// #[activities]
/// impl Payments {
///     #[activity(start_to_close = "30s")]
///     async fn charge(&self, ctx: ActivityContext, cents: u64) -> Result<String, Failure> {
///         Ok(format!("{} {} {cents}", self.prefix, ctx.idempotency_key()))
///     }
/// }
/// ```
pub use longhaul_macros::activities;
/// Makes an `async fn` an activity: a step that may do anything, runs at least once, and never again once it has
/// completed.
///
/// Called in a workflow, it gives an [`ActivityCall`], whose `.await` gives `Result<T, ActivityError<E>>` for a
/// function that returns `Result<T, E>`, or `Result<T, ActivityError<Never>>` for one that returns a plain `T`. Its
/// arguments are owned values that serde can store; an [`ActivityContext`] may be among its parameters and is not passed
/// by the caller. The name also is a type, for [`EngineBuilder::activity`].
///
/// Options, all of them optional (see [`ActivityOptions`]): `start_to_close = "10s"` (how long one attempt may take; default
/// 60 s), `schedule_to_close` (all attempts), `schedule_to_start` (the wait for a start), `heartbeat` (how long an attempt may be
/// silent), `retry(initial = "200ms", coefficient = 2.0, max_interval = "1m", max_attempts = 5)` (see [`RetryPolicy`]),
/// `fatal(PaymentError::Declined { .. })` (which errors are not tried again), `cancellation = WaitCompleted` (see
/// [`Cancellation`](activity::Cancellation)), and `max_concurrent = 10` (how many attempts run at once). A call can say its
/// own, in front of the `.await`; see [`ActivityCall`].
/// In a crate that renames this one (`lh = { package = "longhaul" }`), `crate = lh` says so, here as in
/// [`#[activities]`](macro@activities) and [`#[workflow]`](macro@workflow).
///
/// ```
/// use longhaul::prelude::*;
///
/// #[activity(start_to_close = "10s", retry(max_attempts = 5))]
/// async fn reserve(ctx: ActivityContext, items: Vec<String>) -> Result<u32, Failure> {
///     if items.is_empty() { Err(Failure::msg("nothing to reserve")) } else { Ok(ctx.attempt) }
/// }
/// ```
pub use longhaul_macros::activity;
/// Marks a method of a [`#[workflow]`](macro@workflow) impl as a query: `fn name(&self, ..) -> Answer`. It answers from the
/// last committed state, whether the run waits, is parked, or has ended.
pub use longhaul_macros::query;
/// Marks the method of a [`#[workflow]`](macro@workflow) impl that a run executes:
/// `async fn run(&mut self, ctx: &Context, input: Input) -> Result<Output, Error>`. The context may be left out, and there may
/// be no input or several.
pub use longhaul_macros::run;
/// Marks a method of a [`#[workflow]`](macro@workflow) impl as a signal: `fn name(&mut self, ..)`. It is handled once for
/// each time it was sent, in the order in which signals were accepted, before the run goes on.
///
/// An `async fn` runs beside [`#[run]`](macro@run): its part before the first await at once, the rest as it goes. It may take the
/// [`Context`], and share `&mut self`: the two take turns at awaits.
pub use longhaul_macros::signal;
/// Marks a method of a [`#[workflow]`](macro@workflow) impl as an update: a signal that answers. `fn name(&mut self, ..) -> Answer`,
/// or an `async fn`, which runs beside [`#[run]`](macro@run) as an async signal does.
///
/// `#[update(validate = check)]` names a method `fn check(&self, ..) -> Result<(), E>` that is asked first, with the
/// update's arguments by reference: an update that it refuses leaves no trace, and is answered with its error. The update
/// itself returns `Result<_, E>` then.
pub use longhaul_macros::update;
/// Compiles an impl into a durable workflow.
///
/// The type is what signals and queries see; it derives `Default`, `Serialize` and `Deserialize`. The impl has one
/// [`#[run]`](macro@run) method, any number of [`#[signal]`](macro@signal)s and [`#[query]`](macro@query)s, other async methods
/// (awaited from `run`, they are part of the machine), and plain items.
///
/// Beside the impl it puts an enum of the machine's states (`CheckoutState`) and a typed handle (`CheckoutHandle`).
/// `docs/GENERATED_CODE.md` walks through an expansion.
///
/// A state is called after what it waits for (`AwaitPack`), with a number among equals. The names are stored, so one that is to
/// outlive a change of the code can be given by hand, on the statement or on a branch: `#[state(Packing)] pack(item).await?;`.
///
/// In an async method, `.await` takes what is durable: activity calls, `ctx.sleep`, `ctx.sleep_until`,
/// `ctx.wait_until`, other async methods of the impl, and `timeout(limit, ..)` around these. `join!`, `try_join!` and `select!` run
/// branches beside each other, a branch being something awaitable or an `async` block:
///
/// ```
/// use longhaul::prelude::*;
///
/// #[activity]
/// async fn pack(item: String) -> String {
///     item.to_uppercase()
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Packing {
///     stopped: bool,
/// }
///
/// #[workflow]
/// impl Packing {
///     #[run]
///     async fn run(&mut self, ctx: &Context, items: Vec<String>) -> Result<Vec<String>, Failure> {
///         let mut packed = Vec::new();
///         for item in &items {
///             select! {
///                 done = pack(item.clone()) => packed.push(done?),
///                 () = ctx.wait_until(|| self.stopped) => break,
///             }
///         }
///         let (label, ()) = join!(pack("label".to_owned()), async {
///             ctx.sleep(minutes(5)).await;
///             self.stopped = true;
///         });
///         packed.push(label?);
///         Ok(packed)
///     }
///
///     #[signal]
///     fn stop(&mut self) {
///         self.stopped = true;
///     }
/// }
/// ```
///
/// An async method may take references: of an `&T` the machine keeps a copy, a `String` of an `&str`, a `Vec<T>` of an `&[T]`.
/// It may be generic, `async fn pack<T: Stored>(..)`, and take `impl Into<T>`. `#[run]` and handlers take values.
///
/// # Functions
///
/// On an `async fn` of its own it makes a machine that any workflow awaits, as a part of its own run. The function's name
/// is also a type: a workflow without signals and queries, for runs of its own.
///
/// ```
/// # use longhaul::Engine;
/// use longhaul::prelude::*;
///
/// #[workflow]
/// async fn remind(ctx: &Context, name: &str, times: u32) -> String {
///     for _ in 0..times {
///         ctx.sleep(std::time::Duration::from_millis(1)).await;
///     }
///     format!("{name} was reminded {times} times")
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Invoice;
///
/// #[workflow]
/// impl Invoice {
///     #[run]
///     async fn run(&mut self, ctx: &Context, customer: String) -> String {
///         remind(ctx, &customer, 3).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().workflow::<Invoice>().workflow::<remind>().open_in_memory().await?;
/// let invoice = engine.start::<Invoice>("ann".to_owned()).await?;
/// assert_eq!(invoice.result().await?, "ann was reminded 3 times");
/// let alone: RemindHandle = engine.start::<remind>(("bob".to_owned(), 1)).await?;
/// assert_eq!(alone.result().await?, "bob was reminded 1 times");
/// # engine.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Generic workflows
///
/// A generic impl lists the types that runs are started with. Each is a workflow under the name that stands there, or
/// under one given by hand; the handle of `Checkout<Card>` is a `CheckoutHandle<Checkout<Card>>`.
///
/// ```
/// use longhaul::prelude::*;
///
/// trait Payment: Stored {
///     fn cents(&self) -> u64;
/// }
/// # #[derive(Serialize, Deserialize)]
/// # struct Card(u64);
/// # impl Payment for Card { fn cents(&self) -> u64 { self.0 } }
/// # #[derive(Serialize, Deserialize)]
/// # struct Cash(u64);
/// # impl Payment for Cash { fn cents(&self) -> u64 { self.0 } }
///
/// #[derive(Serialize, Deserialize)]
/// struct Checkout<P> {
///     payments: Vec<P>,
/// }
/// # impl<P> Default for Checkout<P> { fn default() -> Self { Checkout { payments: Vec::new() } } }
///
/// #[workflow(for = [Checkout<Card>, Checkout<Cash> as "cash-checkout"])]
/// impl<P: Payment> Checkout<P> {
///     #[run]
///     async fn run(&mut self, ctx: &Context, first: P) -> u64 {
///         self.payments.push(first);
///         ctx.sleep(days(1)).await;
///         self.payments.iter().map(Payment::cents).sum()
///     }
///
///     #[signal]
///     fn pay(&mut self, payment: P) {
///         self.payments.push(payment);
///     }
/// }
/// assert_eq!(Checkout::<Card>::NAME, "Checkout<Card>");
/// assert_eq!(Checkout::<Cash>::NAME, "cash-checkout");
/// ```
pub use longhaul_macros::workflow;
pub use machine::{
    Cancelled, Context, Elapsed, Stored, Task, Trigger, join_all, shield, timeout, try_join_all,
};
pub use store::repair;
pub use time::{Moment, days, hours, minutes, seconds};
pub use workflow::Workflow;

/// Tokens that only rust-analyzer sees; generated code has the async methods of a workflow in it, as they were written.
#[cfg(rust_analyzer)]
#[doc(hidden)]
#[macro_export]
macro_rules! for_rust_analyzer {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Tokens that only rust-analyzer sees; generated code has the async methods of a workflow in it, as they were written.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! for_rust_analyzer {
    ($($tokens:tt)*) => {};
}

/// The README's program is compiled and run with the other doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

//! Calls of activities, as values.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Activity, CallOptions, Cancellation, RetryPolicy};

/// A call of an activity, not yet begun: awaiting, joining or spawning it begins it.
///
/// How it is tried can be said for each call, in front of the `.await`; the rest is as the activity's attribute says.
///
/// ```
/// use longhaul::activity::Cancellation;
/// use longhaul::{RetryPolicy, prelude::*};
///
/// #[activity(start_to_close = "10s")]
/// async fn reserve(item: String) -> Result<u32, Failure> { Ok(1) }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Order {}
///
/// #[workflow]
/// impl Order {
///     #[run]
///     async fn run(&mut self, ctx: &Context, item: String) -> Result<u32, Failure> {
///         let first = reserve(item.clone()).retry(RetryPolicy::never()).await;
///         if let Ok(number) = first {
///             return Ok(number);
///         }
///         Ok(reserve(item).start_to_close(minutes(2)).cancellation(Cancellation::WaitCompleted).await?)
///     }
/// }
/// ```
///
/// ```compile_fail
/// # use longhaul::prelude::*;
/// # #[activity] async fn add(a: u8, b: u8) -> u8 { a + b }
/// async fn not_a_workflow() {
///     add(1, 2).await;      // only a workflow can await it
/// }
/// ```
#[must_use = "an activity call does nothing until it is awaited"]
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "'de: 'static"), transparent)]
pub struct ActivityCall<A: Activity> {
    pub(crate) input: A::Input,
}

/// An [`ActivityCall`] with options of its own.
#[must_use = "an activity call does nothing until it is awaited"]
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "'de: 'static"))]
pub struct ConfiguredCall<A: Activity> {
    pub(crate) input: A::Input,
    pub(crate) options: Box<CallOptions>,
}

impl<A: Activity> ActivityCall<A> {
    /// A call with these arguments.
    pub fn new(input: A::Input) -> Self {
        ActivityCall { input }
    }

    /// The call with these options.
    pub fn with(self, options: CallOptions) -> ConfiguredCall<A> {
        ConfiguredCall { input: self.input, options: Box::new(options) }
    }
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {
        impl<A: Activity> ActivityCall<A> {
            $($(#[$doc])*
            pub fn $name(self, $name: $ty) -> ConfiguredCall<A> {
                self.with(CallOptions { $name: Some($name), ..CallOptions::default() })
            })*
        }

        impl<A: Activity> ConfiguredCall<A> {
            $($(#[$doc])*
            pub fn $name(mut self, $name: $ty) -> Self {
                self.options.$name = Some($name);
                self
            })*
        }
    };
}

options! {
    /// How long one attempt may take; see [`ActivityOptions`](super::ActivityOptions).
    start_to_close: Duration;
    /// How long all attempts may take together; see [`ActivityOptions`](super::ActivityOptions).
    schedule_to_close: Duration;
    /// How long an attempt may wait for its start; see [`ActivityOptions`](super::ActivityOptions).
    schedule_to_start: Duration;
    /// How long an attempt may be silent; see [`ActivityOptions`](super::ActivityOptions).
    heartbeat: Duration;
    /// When and how often to try again.
    retry: RetryPolicy;
    /// What becomes of it when its caller is cancelled.
    cancellation: Cancellation;
}

//! How an activity is tried: its timeouts, its retries, and what cancelling it means.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How an activity is tried, as `#[activity(..)]` says it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityOptions {
    /// How long one attempt may take before it is given up and tried again. Default: 60 seconds.
    pub start_to_close: Duration,
    /// How long all attempts may take together, with the waits between them. An attempt that could not begin before is not
    /// made. Default: no limit.
    pub schedule_to_close: Option<Duration>,
    /// How long an attempt may wait for its start where as many run as may; after that the call has timed out and is not
    /// tried again. Default: no limit.
    pub schedule_to_start: Option<Duration>,
    /// How long an attempt may be silent, once it has started, before it is given up and tried again; see
    /// [`ActivityContext::heartbeat`](super::ActivityContext::heartbeat). Default: as long as it runs.
    pub heartbeat: Option<Duration>,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// What becomes of it when its caller is cancelled.
    pub cancellation: Cancellation,
    /// How many attempts at this activity run at the same time in an engine. Default: no limit but the engine's.
    pub max_concurrent: Option<usize>,
}

impl ActivityOptions {
    /// The default of [`ActivityOptions::start_to_close`].
    pub const DEFAULT_START_TO_CLOSE: Duration = Duration::from_mins(1);
}

impl Default for ActivityOptions {
    #[inline(never)] // Each activity has a call of it.
    fn default() -> Self {
        ActivityOptions {
            start_to_close: Self::DEFAULT_START_TO_CLOSE,
            schedule_to_close: None,
            schedule_to_start: None,
            heartbeat: None,
            retry: RetryPolicy::default(),
            cancellation: Cancellation::default(),
            max_concurrent: None,
        }
    }
}

/// What becomes of a call when the code that awaits it is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Cancellation {
    /// The caller has [`ActivityError::Cancelled`](super::ActivityError::Cancelled) at once. The attempt is told; one that
    /// has not asked for its cancellation is dropped where it stands.
    #[default]
    TryCancel,
    /// The attempt is told, and the caller waits for what it comes to. It is not tried again, also not when a crash cuts it short after it was
    /// told: then the caller has [`ActivityError::Cancelled`](super::ActivityError::Cancelled). A call that is left in any
    /// other way (it lost a `select!`, its task was dropped) is not waited for.
    WaitCompleted,
    /// The caller has [`ActivityError::Cancelled`](super::ActivityError::Cancelled) at once, and the activity goes on, with
    /// its retries, as if nothing had happened. Nobody sees its result.
    Abandon,
}

/// When a failed attempt is tried again: after `initial`, then each time `coefficient` times later, at most
/// `max_interval`, and at most `max_attempts` attempts in all. Of each wait, a part of up to `jitter` may be left out.
///
/// The defaults are Temporal's: 1 s, × 2, at most 100 × the first interval, no jitter, no limit of attempts.
///
/// ```
/// use longhaul::RetryPolicy;
/// use std::time::Duration;
/// let policy = RetryPolicy::default();
/// assert_eq!(policy.delay_after(1), Some(Duration::from_secs(1)));
/// assert_eq!(policy.delay_after(3), Some(Duration::from_secs(4)));
/// assert_eq!(policy.delay_after(99), Some(Duration::from_secs(100)));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// The wait before the second attempt.
    pub initial: Duration,
    /// By what each wait is multiplied for the next; at least 1.
    pub coefficient: f64,
    /// The longest wait; `None` is 100 × `initial`.
    pub max_interval: Option<Duration>,
    /// How many attempts in all; `None` is no limit.
    pub max_attempts: Option<u32>,
    /// Which part of a wait may be left out, from 0 (none) to 1 (all: "full jitter"): how much differs from call to call and from attempt to
    /// attempt, so that calls which failed together are not all tried again together. It follows from the run, the call and the attempt, and
    /// is nowhere near even for few of them. A wait that an error asks for ([`Retry::After`](super::Retry::After)) is not shortened.
    #[serde(default, skip_serializing_if = "is_none")]
    pub jitter: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_none(jitter: &f64) -> bool {
    *jitter == 0.0
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            initial: Duration::from_secs(1),
            coefficient: 2.0,
            max_interval: None,
            max_attempts: None,
            jitter: 0.0,
        }
    }
}

impl RetryPolicy {
    /// A single attempt.
    ///
    /// ```
    /// assert_eq!(longhaul::RetryPolicy::never().delay_after(1), None);
    /// ```
    #[must_use]
    pub fn never() -> Self {
        RetryPolicy { max_attempts: Some(1), ..RetryPolicy::default() }
    }

    /// The wait after the failed attempt of this number (the first is 1), or `None` when it was the last. With jitter it is the longest
    /// that the wait may be.
    pub fn delay_after(&self, attempt: u32) -> Option<Duration> {
        if self.is_last(attempt) {
            return None;
        }
        let cap = self.max_interval.unwrap_or(self.initial.saturating_mul(100));
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.coefficient.max(1.0).powi(exponent);
        let seconds = self.initial.as_secs_f64() * factor;
        Some(Duration::try_from_secs_f64(seconds).map_or(cap, |delay| delay.min(cap)))
    }

    /// The wait after the failed attempt of this number, of which `share` of what may be left out is left out: 0 for none, 1 for all.
    ///
    /// ```
    /// use longhaul::RetryPolicy;
    /// use std::time::Duration;
    /// let policy = RetryPolicy { jitter: 0.5, ..RetryPolicy::default() };
    /// assert_eq!(policy.jittered_after(2, 0.0), Some(Duration::from_secs(2)));
    /// assert_eq!(policy.jittered_after(2, 1.0), Some(Duration::from_secs(1)));
    /// ```
    pub fn jittered_after(&self, attempt: u32, share: f64) -> Option<Duration> {
        let longest = self.delay_after(attempt)?;
        // What is no number counts as none.
        let part = self.jitter.clamp(0.0, 1.0) * share.clamp(0.0, 1.0);
        let shorter = Duration::try_from_secs_f64(longest.as_secs_f64() * (1.0 - part));
        Some(if part > 0.0 { shorter.map_or(longest, |wait| wait.min(longest)) } else { longest })
    }

    /// Whether the attempt of this number is the last.
    pub(crate) fn is_last(&self, attempt: u32) -> bool {
        self.max_attempts.is_some_and(|max| attempt >= max)
    }
}

/// What one call says of its own; the rest is as the activity's attribute says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CallOptions {
    /// See [`ActivityOptions::start_to_close`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_to_close: Option<Duration>,
    /// See [`ActivityOptions::schedule_to_close`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_to_close: Option<Duration>,
    /// See [`ActivityOptions::schedule_to_start`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_to_start: Option<Duration>,
    /// See [`ActivityOptions::heartbeat`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Duration>,
    /// See [`ActivityOptions::retry`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    /// See [`ActivityOptions::cancellation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
}

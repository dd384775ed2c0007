//! Moments as the engine counts them: whole microseconds since 1970-01-01 UTC.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in microseconds since 1970-01-01 UTC. What the engine stores and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment `duration` later, rounded *up* to the next microsecond: a timer may be late, never early.
    ///
    /// A sum beyond the year 9999 is held there.
    ///
    /// ```
    /// use longhaul::Moment;
    /// use std::time::Duration;
    /// assert_eq!(Moment(5).after(Duration::from_nanos(1_001)), Moment(7));
    /// ```
    #[must_use]
    pub fn after(self, duration: Duration) -> Moment {
        let micros = duration.as_nanos().div_ceil(1_000);
        let sum = u128::from(self.0) + micros;
        Moment(u64::try_from(sum).unwrap_or(Self::END.0).min(Self::END.0))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The last moment that a [`jiff::Timestamp`] can show.
    pub(crate) const END: Moment = Moment(253_402_207_200_999_999);
}

impl From<Moment> for jiff::Timestamp {
    fn from(moment: Moment) -> Self {
        let micros = i64::try_from(moment.0.min(Moment::END.0)).unwrap_or(i64::MAX);
        jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl From<jiff::Timestamp> for Moment {
    /// A moment before 1970 becomes 1970, which is in the past all the same; parts of a microsecond round up.
    fn from(timestamp: jiff::Timestamp) -> Self {
        let nanos = u128::try_from(timestamp.as_nanosecond()).unwrap_or(0);
        Moment(u64::try_from(nanos.div_ceil(1_000)).unwrap_or(Self::END.0).min(Self::END.0))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        jiff::Timestamp::from(*self).fmt(f)
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `n` seconds.
#[must_use]
pub const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// `n` minutes.
#[must_use]
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n.saturating_mul(MINUTE))
}

/// `n` hours.
#[must_use]
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n.saturating_mul(HOUR))
}

/// `n` days of 24 hours.
///
/// ```
/// assert_eq!(longhaul::days(2), longhaul::hours(48));
/// ```
#[must_use]
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n.saturating_mul(DAY))
}

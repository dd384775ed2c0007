//! How figures are told: a line of a table each, with what is expected and whether it holds.

use std::fmt::Display;
use std::time::Duration;

/// Whether a figure is what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Yes,
    No,
    /// Nothing was expected; the figure is there to compare others with.
    Told,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Holds::Yes } else { Holds::No }
    }
}

/// The head of the table.
pub(crate) fn head() {
    println!("| what | measured | expected | holds |");
    println!("|---|---|---|---|");
}

/// One line of the table.
pub(crate) fn row(
    what: impl Display,
    measured: impl Display,
    expected: impl Display,
    holds: impl Into<Holds>,
) {
    let holds = match holds.into() {
        Holds::Yes => "yes",
        Holds::No => "**no**",
        Holds::Told => "",
    };
    println!("| {what} | {measured} | {expected} | {holds} |");
}

/// What so many percent of the times are not above, or zero where there are none. The times are sorted.
pub(crate) fn percentile(times: &mut [Duration], percent: f64) -> Duration {
    times.sort_unstable();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let at = (times.len().saturating_sub(1) as f64 * percent / 100.0) as usize;
    times.get(at).copied().unwrap_or_default()
}

/// In milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How many a second.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn rate(many: u64, time: Duration) -> f64 {
    many as f64 / time.as_secs_f64()
}

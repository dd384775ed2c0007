//! What an engine tells about a run, as lines for somebody to read.

use std::fmt;

use super::describe::{AttemptState, Awaited, RunDescription, RunStatus, Waiting, WaitingFor};

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RunStatus::Open => "open",
            RunStatus::Parked => "parked",
            RunStatus::Completed => "completed",
            RunStatus::Failed => "failed",
            RunStatus::Cancelled => "cancelled",
            RunStatus::Terminated => "terminated",
        })
    }
}

/// A line for the run, one for what its code waits for, and one for each activity and timer.
impl fmt::Display for RunDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RunDescription { id, workflow, status, state, updated, transitions, .. } = self;
        write!(f, "{id} ({workflow}) is {status}, in {state} since {updated}, {transitions} transitions")?;
        if self.cancel_requested && *status != RunStatus::Cancelled {
            f.write_str(", asked to cancel")?;
        }
        if self.unread > 0 {
            write!(f, ", {} unread", self.unread)?;
        }
        if let Some(reason) = &self.parked {
            write!(f, ": {reason}")?;
        }
        if let Some(reason) = &self.terminated {
            write!(f, ": {reason}")?;
        }
        if let Some(awaited) = &self.awaits {
            write!(f, "\n  {awaited}")?;
        }
        self.waits_for.iter().try_for_each(|waiting| write!(f, "\n  {waiting}"))
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Awaited { source, file, line } = self;
        write!(f, "at `{source}`")?;
        if file.is_empty() || *line == 0 { Ok(()) } else { write!(f, " ({file}:{line})") }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            WaitingFor::Timer { deadline } => write!(f, "a timer until {deadline}")?,
            WaitingFor::Activity { name, attempt, state, last_error, .. } => {
                write!(f, "{name}, attempt {attempt}, {state}")?;
                if let Some(error) = last_error {
                    write!(f, "; the one before: {error}")?;
                }
            }
        }
        match self.since {
            Some(since) => write!(f, " (called {since})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AttemptState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttemptState::Waiting { until } => write!(f, "waiting until {until}"),
            AttemptState::Queued { since } => write!(f, "queued since {since}"),
            AttemptState::Running { since } => write!(f, "running since {since}"),
            AttemptState::Outside { since } => write!(f, "to be completed from outside since {since}"),
            AttemptState::Held => f.write_str("held while the run is parked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::OpId;
    use crate::store::{ParkReason, RunNo};
    use crate::time::Moment;

    #[test]
    fn a_run_is_a_line_and_each_thing_that_it_waits_for_is_one() {
        let at = |seconds: u64| Moment(seconds * 1_000_000);
        let waiting = |op, since, what| Waiting { op: OpId(op), since, what };
        let charge = WaitingFor::Activity {
            name: "charge".to_owned(),
            attempt: 3,
            state: AttemptState::Waiting { until: at(9) },
            last_error: Some("the card was refused".to_owned()),
            last_heartbeat: None,
        };
        let mut run = RunDescription {
            id: "order-7".to_owned(),
            run: RunNo(1),
            workflow: "Checkout".to_owned(),
            status: RunStatus::Open,
            state: "AwaitCharge".to_owned(),
            awaits: Some(Awaited { source: "charge(order)", file: "src/shop.rs", line: 7 }),
            waits_for: vec![
                waiting(0, Some(at(1)), charge),
                waiting(1, None, WaitingFor::Timer { deadline: at(3_600) }),
            ],
            unread: 0,
            created: at(0),
            updated: at(1),
            transitions: 2,
            parked: None,
            cancel_requested: false,
            terminated: None,
        };
        let shown = "order-7 (Checkout) is open, in AwaitCharge since 1970-01-01T00:00:01Z, 2 transitions\n  \
                     at `charge(order)` (src/shop.rs:7)\n  \
                     charge, attempt 3, waiting until 1970-01-01T00:00:09Z; the one before: the card was refused \
                     (called 1970-01-01T00:00:01Z)\n  a timer until 1970-01-01T01:00:00Z";
        assert_eq!(run.to_string(), shown);
        run.waits_for.clear();
        run.status = RunStatus::Parked;
        run.parked = Some(ParkReason::Panic { message: "index out of bounds".to_owned() });
        run.unread = 2;
        run.cancel_requested = true;
        let shown = run.to_string();
        assert!(shown.starts_with("order-7 (Checkout) is parked, in AwaitCharge since"), "{shown}");
        assert!(
            shown.contains(", asked to cancel, 2 unread: ") && shown.contains("index out of bounds"),
            "{shown}"
        );
    }
}

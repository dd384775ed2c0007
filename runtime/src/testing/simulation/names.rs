//! Names of all that can happen, by which a simulation counts it. Each is a match without an "all others": what is new among events,
//! commands, orders, errors and faults does not compile until it is named here, as something that must happen or as what cannot.

use super::disk::Fate;
use super::outside::Happening;
use crate::activity::{ActivityOutcome, Cancellation, TimedOut, Timeout};
use crate::core::{AttemptEnd, Ending, NoEnding, Order, Refusal, Stop};
use crate::error::{
    CancelError, CompletionError, EngineError, HandleError, QueryError, RedriveError, SignalError,
    StartError, UpdateError,
};
use crate::store::{CommandRecord, EventRecord, Outcome, ParkReason, Table};

/// A function that names each variant, and the names of those that can occur in a simulation.
macro_rules! names {
    ($($name:ident, $all:ident: $of:ty { $($can:pat => $text:literal,)+ } never { $($never:pat => $other:literal,)* })+) => {
        $(
            pub(super) fn $name(of: &$of) -> &'static str {
                match of {
                    $($can => $text,)+
                    $($never => $other,)*
                }
            }

            #[cfg(test)]
            const $all: &[&str] = &[$($text),+];
        )+

        /// All that can happen.
        #[cfg(test)]
        pub(super) const POSSIBLE: &[&[&str]] = &[$($all),+];
    };
}

// An engine of a simulation has no thread, which says `Closed` and `Poisoned` (`tests/engine/guarantees.rs`). Handles make the errors
// `Handler`, `Codec`, `TooLarge`, `NoToken` and `Failed`, and the engine is not asked.
names! {
    event, EVENTS: EventRecord {
        EventRecord::Started { .. } => "event: started",
        EventRecord::Signal { .. } => "event: signal",
        EventRecord::Update { .. } => "event: update",
        EventRecord::Cancelled => "event: cancelled",
        EventRecord::Timer { .. } => "event: timer",
        EventRecord::Activity { outcome: ActivityOutcome::Completed(_), .. } => "event: activity completed",
        EventRecord::Activity { outcome: ActivityOutcome::Failed(_), .. } => "event: activity failed",
        EventRecord::Activity { outcome: ActivityOutcome::Panicked(_), .. } => "event: activity panicked",
        EventRecord::Activity { outcome: ActivityOutcome::Cancelled, .. } => "event: activity cancelled",
        EventRecord::Activity {
            outcome: ActivityOutcome::TimedOut(TimedOut { timeout: Timeout::StartToClose, .. }),
            ..
        } => "event: activity timed out, StartToClose",
        EventRecord::Activity {
            outcome: ActivityOutcome::TimedOut(TimedOut { timeout: Timeout::ScheduleToClose, .. }),
            ..
        } => "event: activity timed out, ScheduleToClose",
        EventRecord::Activity {
            outcome: ActivityOutcome::TimedOut(TimedOut { timeout: Timeout::ScheduleToStart, .. }),
            ..
        } => "event: activity timed out, ScheduleToStart",
    } never {
        // No activity of the kit gives up after one that fell silent: it is tried again (`tests/testing/attempts/timeouts.rs`).
        EventRecord::Activity {
            outcome: ActivityOutcome::TimedOut(TimedOut { timeout: Timeout::Heartbeat, .. }),
            ..
        } => "event: activity timed out, Heartbeat",
    }
    command, COMMANDS: CommandRecord {
        CommandRecord::Activity { .. } => "command: activity",
        CommandRecord::Timer { .. } => "command: timer",
        CommandRecord::Cancel { .. } => "command: cancel",
    } never {}
    cancelled_call, CANCELLED: Cancellation {
        Cancellation::WaitCompleted => "cancelled call: WaitCompleted",
    } never {
        // What is not waited for is gone from the state at once, and no command: `order: stop Cancel` is of the first,
        // "a call that is left to itself" of `tests/waits.rs` of the second.
        Cancellation::TryCancel => "cancelled call: TryCancel",
        Cancellation::Abandon => "cancelled call: Abandon",
    }
    // The machine and the values in a simulation are those that were stored, and handles refuse a bad signal or update before it is
    // asked (`tests/engine/parking.rs` and `hostile.rs` have them).
    outcome, OUTCOMES: Outcome {
        Outcome::Stepped => "stepped",
        Outcome::Terminated(_) => "terminated",
        Outcome::Parked(ParkReason::Panic { .. }) => "parked: Panic",
        Outcome::Parked(ParkReason::UnknownWorkflow { .. }) => "parked: UnknownWorkflow",
        Outcome::Parked(ParkReason::UnknownActivity { .. }) => "parked: UnknownActivity",
        Outcome::Parked(ParkReason::BrokenActivity { .. }) => "parked: BrokenActivity",
        Outcome::Parked(ParkReason::Damaged { .. }) => "parked: Damaged",
    } never {
        Outcome::Parked(ParkReason::Fault(_)) => "parked: Fault",
        Outcome::Parked(ParkReason::BadValue { .. }) => "parked: BadValue",
        Outcome::Parked(ParkReason::BadSignal { .. }) => "parked: BadSignal",
        Outcome::Parked(ParkReason::BadUpdate { .. }) => "parked: BadUpdate",
    }
    order, ORDERS: Order {
        Order::Start { .. } => "order: start",
        Order::Stop { how: Stop::Tell, .. } => "order: stop Tell",
        Order::Stop { how: Stop::Cancel, .. } => "order: stop Cancel",
        Order::Stop { how: Stop::Drop, .. } => "order: stop Drop",
    } never {}
    attempt, ATTEMPTS: AttemptEnd {
        AttemptEnd::Completed(_) => "attempt: completed",
        AttemptEnd::Failed { .. } => "attempt: failed",
        AttemptEnd::Panicked(_) => "attempt: panicked",
        AttemptEnd::Broken(_) => "attempt: broken",
        AttemptEnd::Later => "attempt: later",
        AttemptEnd::Dropped => "attempt: dropped",
    } never {}
    happening, HAPPENINGS: Happening {
        Happening::Ends { .. } => "outside: an end",
        Happening::Beats { .. } => "outside: a heartbeat",
        Happening::HandsOut { .. } => "outside: a token",
        Happening::Outside { .. } => "outside: by token",
    } never {}
    start, STARTS: StartError {
        StartError::UnknownWorkflow { .. } => "start: UnknownWorkflow",
        StartError::IdInUse { .. } => "start: IdInUse",
        StartError::BadId { .. } => "start: BadId",
        StartError::Input(_) => "start: Input",
        StartError::Engine(EngineError::Damaged(_)) => "start: Damaged",
    } never {
        StartError::TooLarge(_) => "start: TooLarge",
        StartError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "start: Engine",
    }
    find, FINDS: HandleError {
        HandleError::NotFound { .. } => "find: NotFound",
        HandleError::OtherWorkflow { .. } => "find: OtherWorkflow",
        HandleError::Engine(EngineError::Damaged(_)) => "find: Damaged",
    } never {
        HandleError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "find: Engine",
    }
    signal, SIGNALS: SignalError {
        SignalError::Closed { .. } => "signal: Closed",
        SignalError::InboxFull { .. } => "signal: InboxFull",
        SignalError::Engine(EngineError::Damaged(_)) => "signal: Damaged",
    } never {
        SignalError::Handler(_) => "signal: Handler",
        SignalError::Codec(_) => "signal: Codec",
        SignalError::TooLarge(_) => "signal: TooLarge",
        SignalError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "signal: Engine",
    }
    update, UPDATES: Refusal {
        UpdateError::Rejected(_) => "update: Rejected",
        UpdateError::Closed { .. } => "update: Closed",
        UpdateError::Unfinished { .. } => "update: Unfinished",
        UpdateError::Parked { .. } => "update: Parked",
        UpdateError::NotHandled { .. } => "update: NotHandled",
        UpdateError::Panicked { .. } => "update: Panicked",
        UpdateError::IdInUse { .. } => "update: IdInUse",
        UpdateError::BadId { .. } => "update: BadId",
        UpdateError::Engine(EngineError::Damaged(_)) => "update: Damaged",
    } never {
        UpdateError::Failed(_) => "update: Failed",
        UpdateError::Handler(_) => "update: Handler",
        UpdateError::Codec(_) => "update: Codec",
        UpdateError::TooLarge(_) => "update: TooLarge",
        UpdateError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "update: Engine",
    }
    cancel, CANCELS: CancelError {
        CancelError::NotFound { .. } => "cancel: NotFound",
        CancelError::Closed { .. } => "cancel: Closed",
        CancelError::Engine(EngineError::Damaged(_)) => "cancel: Damaged",
    } never {
        CancelError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "cancel: Engine",
    }
    query, QUERIES: QueryError {
        // A name that the workflow does not have.
        QueryError::Handler(_) => "query: Handler",
        QueryError::Panicked { .. } => "query: Panicked",
        QueryError::Unreadable { .. } => "query: Unreadable",
        QueryError::Engine(EngineError::Damaged(_)) => "query: Damaged",
    } never {
        QueryError::Codec(_) => "query: Codec",
        QueryError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "query: Engine",
    }
    redrive, REDRIVES: RedriveError {
        RedriveError::NotFound { .. } => "redrive: NotFound",
        RedriveError::StillParked { .. } => "redrive: StillParked",
        RedriveError::Engine(EngineError::Damaged(_)) => "redrive: Damaged",
    } never {
        RedriveError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "redrive: Engine",
    }
    result, RESULTS: Result<Ending, NoEnding> {
        Ok(Ending::Completed(_)) => "result: completed",
        Ok(Ending::Failed(_)) => "result: failed",
        Ok(Ending::Cancelled(_)) => "result: cancelled",
        Err(NoEnding::Terminated(_)) => "result: Terminated",
        Err(NoEnding::Parked(_)) => "result: Parked",
        Err(NoEnding::Damaged(_)) => "result: Damaged",
    } never {}
    completion, COMPLETIONS: CompletionError {
        CompletionError::Ended => "by token: Ended",
        CompletionError::Stale => "by token: Stale",
        CompletionError::OtherActivity { .. } => "by token: OtherActivity",
        CompletionError::Engine(EngineError::Damaged(_)) => "by token: Damaged",
    } never {
        CompletionError::NoToken => "by token: NoToken",
        CompletionError::Codec(_) => "by token: Codec",
        CompletionError::TooLarge(_) => "by token: TooLarge",
        CompletionError::Engine(EngineError::Closed | EngineError::Poisoned(_)) => "by token: Engine",
    }
    damage, DAMAGES: Table {
        Table::Runs => "told: damage of runs",
        Table::Log => "told: damage of log",
        Table::Tasks => "told: damage of tasks",
        Table::Ids => "told: damage of ids",
        Table::Meta => "told: damage of meta",
        Table::Updates => "told: damage of updates",
        Table::Answers => "told: damage of answers",
    } never {
        // Its rows have no values.
        Table::Timers => "told: damage of timers",
    }
    commit, COMMITS: Fate {
        Fate::Applied => "commit: applied",
        Fate::Lost => "commit: lost",
        Fate::AppliedButReported => "commit: applied but reported as failed",
        Fate::FirstApplied => "commit: the first applied",
        Fate::Full => "commit: full",
        Fate::Poisoned => "commit: poisoned",
    } never {}
    together, TOGETHER: Fate {
        Fate::Applied => "together: applied",
        Fate::Lost => "together: lost",
        Fate::AppliedButReported => "together: applied but reported as failed",
        Fate::FirstApplied => "together: the first applied",
        Fate::Full => "together: full",
        Fate::Poisoned => "together: poisoned",
    } never {}
}

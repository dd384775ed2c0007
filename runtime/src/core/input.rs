//! What goes into a shard and what comes out.

use std::time::Duration;

use super::describe::RunDescription;
use super::tally::Tally;
use super::token::Token;
use super::update::UpdateReply;
use crate::activity::Retry;
use crate::codec::Payload;
use crate::error::{
    CancelError, CompletionError, HandleError, QueryError, RedriveError, SignalError, StartError,
};
use crate::machine::Ended;
use crate::store::{Batch, Damage, ParkReason, RunNo, Seq, Table, TaskId, Text, TimerKey};
use crate::time::Moment;

/// How a run ended, with its encoded output or error.
pub type Ending = Ended<Payload, Payload>;

/// Why the end of a run is not awaited any more.
#[derive(Debug, Clone)]
pub(crate) enum NoEnding {
    Damaged(Damage),
    /// It is parked, and nobody waits for it to be driven on.
    Parked(ParkReason),
    /// It was ended from outside, for this reason.
    Terminated(String),
}

/// Which run.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Run(RunNo),
    Id(String),
}

/// An update that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) run: RunNo,
    /// The update's own id.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) args: Payload,
}

/// What the caller of an update waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Accepted,
    Done,
}

/// A start that is asked for.
pub(crate) struct Starting {
    pub(crate) workflow: &'static str,
    pub(crate) id: String,
    pub(crate) input: Payload,
    pub(crate) seed: u64,
    pub(crate) reply: Reply<Result<RunNo, StartError>>,
    /// For the end of the run, where that is awaited as well. Dropped where there is no run.
    pub(crate) ending: Option<Reply<Result<Ending, NoEnding>>>,
}

/// Who asked.
pub(crate) trait Asker<A>: Send {
    /// Hands over the answer.
    fn send(self: Box<Self>, answer: A);
    /// Whether nobody waits for the answer any more.
    fn is_gone(&self) -> bool;
}

/// Where an answer goes. The core makes the answer, the shell sends it once its cause is durable.
pub(crate) struct Reply<A>(Box<dyn Asker<A>>);

impl<A: Send + 'static> Reply<A> {
    pub(crate) fn new(asker: impl Asker<A> + 'static) -> Self {
        Reply(Box::new(asker))
    }

    /// The answer, ready to be sent.
    pub(crate) fn with(self, answer: A) -> Effect {
        Effect::Reply(Box::new(move || self.0.send(answer)))
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.is_gone()
    }
}

/// What a shard is asked.
pub(crate) enum Input {
    Start(Starting),
    Find {
        workflow: &'static str,
        id: String,
        reply: Reply<Result<RunNo, HandleError>>,
    },
    Signal {
        run: RunNo,
        name: String,
        args: Payload,
        reply: Reply<Result<(), SignalError>>,
    },
    /// Answered when the update has come to the stage, or was refused.
    Update {
        asked: Asked,
        stage: Stage,
        reply: UpdateReply,
    },
    Cancel {
        target: Target,
        reply: Reply<Result<(), CancelError>>,
    },
    Terminate {
        target: Target,
        reason: String,
        reply: Reply<Result<(), CancelError>>,
    },
    Query {
        run: RunNo,
        name: String,
        args: Payload,
        reply: Reply<Result<Payload, QueryError>>,
    },
    Describe {
        run: RunNo,
        reply: Reply<Result<RunDescription, Damage>>,
    },
    /// Answered when the run has ended.
    Wait {
        run: RunNo,
        reply: Reply<Result<Ending, NoEnding>>,
    },
    Redrive {
        id: String,
        reply: Reply<Result<(), RedriveError>>,
    },
    /// An attempt at an activity ended. `details` are those of a heartbeat that was not told before.
    Attempted {
        task: TaskId,
        attempt: u32,
        end: AttemptEnd,
        details: Option<Payload>,
    },
    /// An attempt has given a sign of life.
    Heartbeat {
        task: TaskId,
        attempt: u32,
        details: Payload,
    },
    /// An attempt hands out its token; this is the secret part of it.
    Token {
        task: TaskId,
        attempt: u32,
        secret: String,
    },
    /// Somebody outside has something to tell of an attempt.
    Outside {
        token: Token,
        told: Told,
        reply: Reply<Result<bool, CompletionError>>,
    },
    /// From now on no attempt is started.
    NoMoreAttempts,
}

/// What somebody outside tells of an attempt.
#[derive(Debug)]
pub(crate) enum Told {
    /// Of the activity of this name: it has ended so.
    Ended(&'static str, AttemptEnd),
    Heartbeat(Payload),
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum AttemptEnd {
    Completed(Payload),
    Failed {
        error: Payload,
        display: String,
        retry: Retry,
    },
    Panicked(String),
    Broken(String),
    /// Its result comes from outside.
    Later,
    /// It was dropped where it stood.
    Dropped,
}

/// How an attempt is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is told that it is cancelled, and goes on.
    Tell,
    /// It is told; where it does not ask, it is dropped.
    Cancel,
    /// It is dropped.
    Drop,
}

/// What the shell does once the writes are durable, in this order.
pub(crate) enum Effect {
    Reply(Box<dyn FnOnce() + Send>),
    /// To be done with an attempt at an activity.
    Attempt(Order),
    /// To be logged: a run was parked.
    Parked {
        id: String,
        reason: ParkReason,
    },
    /// To be logged: something was left undone because of a damaged record.
    Damaged(Damage),
}

/// What is to be done with an attempt at an activity.
pub(crate) enum Order {
    Start {
        task: TaskId,
        activity: &'static str,
        /// The workflow that called, if it is known.
        workflow: Option<&'static str>,
        run_id: Text,
        attempt: u32,
        input: Payload,
        /// The heartbeat timeout.
        heartbeat: Option<Duration>,
        /// Those of the last heartbeat of an earlier attempt.
        details: Option<Payload>,
        /// When the attempt is given up at the latest.
        deadline: Moment,
    },
    Stop {
        task: TaskId,
        attempt: u32,
        how: Stop,
    },
}

/// What a shard did.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) batch: Batch,
    pub(crate) effects: Vec<Effect>,
    pub(crate) tally: Tally,
}

/// A stored value that a shard must be handed before it can go on.
#[derive(Debug, Clone)]
pub(crate) enum Need {
    /// Which run has this id.
    Id(String),
    /// The run.
    Run(RunNo),
    /// A transition of the run that its stored state may not have yet.
    Tail(RunNo, Seq),
    /// Whether the timer is armed.
    Timer(TimerKey),
    /// What the table has of a run's update with this id.
    Update(Table, RunNo, String),
}

impl Need {
    /// Where it is stored.
    pub(crate) fn place(&self) -> (Table, Vec<u8>) {
        match self {
            Need::Id(id) => (Table::Ids, id.as_bytes().to_vec()),
            Need::Run(run) => (Table::Runs, run.key().to_vec()),
            Need::Tail(run, seq) => (Table::Log, run.log_key(*seq).to_vec()),
            Need::Timer(timer) => (Table::Timers, timer.key().to_vec()),
            Need::Update(table, run, id) => (*table, run.update_key(id)),
        }
    }
}

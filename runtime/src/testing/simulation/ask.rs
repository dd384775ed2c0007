//! What clients ask of the engine, and what they are told.

use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::Payload;
use crate::core::{
    Asked, Asker, Ending, Input, ListFilter, NoEnding, Refusal, Reply, RunDescription, Stage, Starting,
    Target,
};
use crate::engine::{Listing, RunPage, Work};
use crate::error::{
    CancelError, CompletionError, EngineError, HandleError, QueryError, RedriveError, SignalError,
    StartError, UpdateError,
};
use crate::store::{Damage, RunNo};
use crate::time::Moment;

/// Something that a client asks. A run is called by its id.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ask {
    Start { workflow: &'static str, id: String, input: Payload, seed: u64 },
    Find { workflow: &'static str, id: String },
    Signal { id: String, name: &'static str, args: Payload },
    Update { id: String, update: String, name: &'static str, args: Payload, done: bool },
    Cancel { id: String },
    Terminate { id: String, reason: String },
    Query { id: String, name: &'static str, args: Payload },
    Describe { id: String },
    Wait { id: String },
    Redrive { id: String },
    List,
    Now,
}

/// What a client was told.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Started(Result<RunNo, StartError>),
    Found(Result<RunNo, HandleError>),
    Signalled(Result<(), SignalError>),
    Updated(Result<Option<Payload>, Refusal>),
    Cancelled(Result<(), CancelError>),
    Queried(Result<Payload, QueryError>),
    Described(Result<RunDescription, Damage>),
    Ended(Result<Ending, NoEnding>),
    Redriven(Result<(), RedriveError>),
    Listed(Result<RunPage, EngineError>),
    Told(Moment),
    /// To somebody outside who told something of an attempt.
    Outside(Result<bool, CompletionError>),
}

/// Which question an answer is to: they are counted over all lives of the engine.
pub(super) type AskNo = u64;

/// Where answers arrive.
#[derive(Clone, Default)]
pub(super) struct Mail(Arc<Mutex<Vec<(AskNo, Answer)>>>);

impl Mail {
    pub(super) fn take(&self) -> Vec<(AskNo, Answer)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where the answer to question `no` goes.
    pub(super) fn reply<A: Send + 'static>(&self, no: AskNo, read: fn(A) -> Answer) -> Reply<A> {
        Reply::new(Caller { no, read, mail: self.clone() })
    }
}

struct Caller<A> {
    no: AskNo,
    read: fn(A) -> Answer,
    mail: Mail,
}

impl<A: Send> Asker<A> for Caller<A> {
    fn send(self: Box<Self>, answer: A) {
        let answer = (self.read)(answer);
        self.mail.0.lock().unwrap_or_else(PoisonError::into_inner).push((self.no, answer));
    }

    fn is_gone(&self) -> bool {
        false
    }
}

impl Answer {
    /// The damage, where one is the answer.
    pub(super) fn damage(&self) -> Option<&Damage> {
        let error = match self {
            Answer::Described(Err(damage)) | Answer::Ended(Err(NoEnding::Damaged(damage))) => {
                return Some(damage);
            }
            Answer::Started(Err(StartError::Engine(error)))
            | Answer::Found(Err(HandleError::Engine(error)))
            | Answer::Signalled(Err(SignalError::Engine(error)))
            | Answer::Updated(Err(UpdateError::Engine(error)))
            | Answer::Cancelled(Err(CancelError::Engine(error)))
            | Answer::Queried(Err(QueryError::Engine(error)))
            | Answer::Redriven(Err(RedriveError::Engine(error)))
            | Answer::Listed(Err(error))
            | Answer::Outside(Err(CompletionError::Engine(error))) => error,
            _ => return None,
        };
        match error {
            EngineError::Damaged(damage) => Some(damage),
            _ => None,
        }
    }
}

impl Ask {
    /// The run that it is about.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Ask::Start { id, .. }
            | Ask::Find { id, .. }
            | Ask::Signal { id, .. }
            | Ask::Update { id, .. }
            | Ask::Cancel { id }
            | Ask::Terminate { id, .. }
            | Ask::Query { id, .. }
            | Ask::Describe { id }
            | Ask::Wait { id }
            | Ask::Redrive { id } => Some(id),
            Ask::List | Ask::Now => None,
        }
    }

    /// Whether a client needs the run's number to ask it: that is in the handle which a start gave it.
    pub(super) fn needs_number(&self) -> bool {
        matches!(
            self,
            Ask::Signal { .. }
                | Ask::Update { .. }
                | Ask::Query { .. }
                | Ask::Describe { .. }
                | Ask::Wait { .. }
        )
    }

    /// The question as the engine is asked it.
    pub(super) fn to_work(&self, run: Option<RunNo>, no: AskNo, mail: &Mail) -> Work {
        // Without a number nothing is asked that needs one.
        let run = run.unwrap_or(RunNo(u64::MAX));
        let input = match self.clone() {
            Ask::Start { workflow, id, input, seed } => {
                let reply = mail.reply(no, Answer::Started);
                Input::Start(Starting { workflow, id, input, seed, reply, ending: None })
            }
            Ask::Find { workflow, id } => Input::Find { workflow, id, reply: mail.reply(no, Answer::Found) },
            Ask::Signal { name, args, .. } => {
                Input::Signal { run, name: name.to_owned(), args, reply: mail.reply(no, Answer::Signalled) }
            }
            Ask::Update { update, name, args, done, .. } => Input::Update {
                asked: Asked { run, id: update, name: name.to_owned(), args },
                stage: if done { Stage::Done } else { Stage::Accepted },
                reply: mail.reply(no, Answer::Updated),
            },
            Ask::Cancel { id } => {
                Input::Cancel { target: Target::Id(id), reply: mail.reply(no, Answer::Cancelled) }
            }
            Ask::Terminate { id, reason } => {
                Input::Terminate { target: Target::Id(id), reason, reply: mail.reply(no, Answer::Cancelled) }
            }
            Ask::Query { name, args, .. } => {
                Input::Query { run, name: name.to_owned(), args, reply: mail.reply(no, Answer::Queried) }
            }
            Ask::Describe { .. } => Input::Describe { run, reply: mail.reply(no, Answer::Described) },
            Ask::Wait { .. } => Input::Wait { run, reply: mail.reply(no, Answer::Ended) },
            Ask::Redrive { id } => Input::Redrive { id, reply: mail.reply(no, Answer::Redriven) },
            Ask::List => {
                let filter = ListFilter { limit: usize::MAX, ..ListFilter::default() };
                return Work::List(Listing::new(filter, mail.reply(no, Answer::Listed)));
            }
            Ask::Now => return Work::Now(mail.reply(no, Answer::Told)),
        };
        Work::Input(input)
    }
}

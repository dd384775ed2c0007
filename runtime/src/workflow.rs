//! [`Workflow`]: what `#[workflow]` implements.

use std::task::Poll;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codec::{self, CodecError, Payload, StoredError};
use crate::engine::RunHandle;
use crate::machine::{Context, MachineDescription, Spawned, Steps, Stored, Sub};
#[cfg(feature = "testing")]
use crate::sample::{SampleError, Sampler};

/// A workflow: its value (what handlers see), its machine, its handlers. `#[workflow]` implements it; one
/// does not write it by hand.
pub trait Workflow: Default + Serialize + Deserialize<'static> + 'static {
    /// The name under which runs are stored: the type's.
    const NAME: &'static str;
    /// What a run is started with: the argument of `#[run]`, a tuple where there are several, `()` where there is none.
    type Input: Stored;
    /// What a run that ends well gives.
    type Output: Stored;
    /// What a run that fails gives; [`Never`](crate::Never) where `#[run]` returns no `Result`.
    type Error: StoredError;
    /// The typed handle, with a method for each signal and query.
    type Handle: From<RunHandle<Self>>;

    /// The signals, by name.
    const SIGNALS: &'static [SignalType];
    /// The names of the queries.
    const QUERIES: &'static [&'static str];
    /// The updates, by name.
    const UPDATES: &'static [SignalType] = &[];

    /// Lets the machine go as far as it can.
    fn step(
        &mut self,
        ctx: &Context,
        machine: &mut Sub<Self::Input>,
    ) -> Poll<Result<Self::Output, Self::Error>>;

    /// Lets a task go as far as it can: the body is that of an async method, or of an `async` block in one.
    fn step_spawned(&mut self, ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned> {
        let _ = crate::machine::no_such_task::<()>(ctx, &spawned);
        spawned
    }

    /// Handles a signal.
    fn signal(&mut self, ctx: &Context, name: &str, args: &Payload) -> Result<(), HandlerError>;

    /// Asks whether an update may be accepted: `Some` is the encoded answer of one that may not.
    fn validate(&self, name: &str, args: &Payload) -> Result<Option<Payload>, HandlerError> {
        let _ = args;
        Err(HandlerError::unknown(Self::NAME, "update", name, &[]))
    }

    /// Handles an accepted update: gives its encoded answer, or begins the machine of an async handler.
    fn update(&mut self, ctx: &Context, name: &str, args: &Payload) -> Result<Option<Payload>, HandlerError> {
        let _ = (ctx, args);
        Err(HandlerError::unknown(Self::NAME, "update", name, &[]))
    }

    /// Answers a query.
    fn query(&self, name: &str, args: &Payload) -> Result<Payload, HandlerError>;

    /// The machines: that of `#[run]` first, then those of the other async methods.
    fn describe() -> Vec<MachineDescription>;

    /// Finds its [local steps](Context::run), and those of the functions that it awaits.
    fn steps(steps: &mut Steps) {
        steps.awaited::<Self>();
    }
}

/// One type of a generic workflow that runs can be started with: what `#[workflow(for = [..])]` lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no instance of its workflow that runs can have",
    label = "not listed in `#[workflow(for = [..])]`",
    note = "list it: `#[workflow(for = [{Self}])]`"
)]
pub trait Instance: Default + Serialize + Deserialize<'static> + 'static {
    /// The name under which its runs are stored: the type's, as it is listed, or the one given there.
    const NAME: &'static str;
}

/// What is known of a signal besides its handler.
#[derive(Clone, Copy)]
pub struct SignalType {
    /// Its name.
    pub name: &'static str,
    /// Whether encoded arguments are of the handler's types: asked before a signal is accepted.
    pub check: fn(&Payload) -> Result<(), CodecError>,
    /// Makes encoded arguments from random choices: how the test kit sends signals.
    #[cfg(feature = "testing")]
    pub sample: fn(&mut Sampler<'_>) -> Result<Payload, SampleError>,
    /// The form of encoded arguments, for schemas.
    #[cfg(feature = "testing")]
    pub(crate) form: fn(&mut crate::testing::Tracer) -> longhaul_describe::schema::Type,
}

impl SignalType {
    /// A signal with arguments `A`, a tuple.
    pub const fn of<A: Serialize + Deserialize<'static>>(name: &'static str) -> Self {
        SignalType {
            name,
            check: |payload| codec::decode::<A>(payload).map(drop),
            #[cfg(feature = "testing")]
            sample: |sampler| sampler.payload::<A>(),
            #[cfg(feature = "testing")]
            form: crate::testing::Tracer::trace::<A>,
        }
    }
}

/// The arguments of a handler, decoded.
pub fn handler_arguments<A: Deserialize<'static>>(name: &str, args: &Payload) -> Result<A, HandlerError> {
    codec::decode(args).map_err(|source| HandlerError::Codec { name: name.to_owned(), source })
}

/// The answer of a query, encoded.
pub fn handler_answer<A: Serialize>(name: &str, answer: &A) -> Result<Payload, HandlerError> {
    codec::encode(answer).map_err(|source| HandlerError::Codec { name: name.to_owned(), source })
}

impl std::fmt::Debug for SignalType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignalType({})", self.name)
    }
}

impl HandlerError {
    /// There is no handler of that name.
    pub fn unknown(workflow: &'static str, kind: &'static str, name: &str, known: &[&'static str]) -> Self {
        HandlerError::Unknown { workflow, kind, name: name.to_owned(), known: known.to_vec() }
    }
}

/// Why a signal or query was not handled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HandlerError {
    /// The workflow has no such handler.
    #[error("workflow `{workflow}` has no {kind} `{name}`; it has {known:?}")]
    Unknown {
        /// The workflow.
        workflow: &'static str,
        /// `signal` or `query`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The arguments do not decode, or the answer does not encode.
    #[error("`{name}`: {source}")]
    Codec {
        /// The handler.
        name: String,
        /// What is wrong.
        source: CodecError,
    },
}

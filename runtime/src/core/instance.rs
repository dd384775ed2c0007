//! A run's workflow value and machine, without their types.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use super::run::panic_text;
use crate::codec::{self, CodecError, Payload};
use crate::machine::{Context, Ended, MachineDescription, Process, Sheet, Steps};
use crate::workflow::{HandlerError, SignalType, Workflow};

/// A workflow value and its machine, in memory. Not `Send`: it lives on the engine's thread.
pub trait Instance {
    /// Lets the machine go as far as it can; gives the encoded output or error at the end.
    fn step(&mut self, ctx: &Context) -> Poll<Ended<Payload, Payload>>;
    /// Handles a signal.
    fn signal(&mut self, ctx: &Context, name: &str, args: &Payload) -> Result<(), HandlerError>;
    /// Asks whether an update may be accepted: `Some` is the answer of one that may not.
    fn validate(&self, name: &str, args: &Payload) -> Result<Option<Payload>, HandlerError>;
    /// Handles an accepted update.
    fn update(&mut self, ctx: &Context, id: &str, name: &str, args: &Payload) -> Result<(), HandlerError>;
    /// Answers a query.
    fn query(&self, name: &str, args: &Payload) -> Result<Payload, HandlerError>;
    /// The workflow value, encoded.
    fn value(&self) -> Result<Payload, CodecError>;
    /// The machine as it was taken down after its last step.
    fn frame(&self) -> &Sheet;
}

struct Typed<W: Workflow> {
    value: Guarded<W>,
    machine: Guarded<Process<W>>,
}

/// A value of the user's whose panic on being dropped goes no further.
struct Guarded<T>(Option<T>);

impl<T> Guarded<T> {
    fn new(value: T) -> Self {
        Guarded(Some(value))
    }

    fn get(&self) -> &T {
        self.0.as_ref().expect("it is there until the drop")
    }

    fn get_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("it is there until the drop")
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        let mut value = self.0.take();
        guarded(&mut || drop(value.take()));
    }
}

#[inline(never)]
fn guarded(end: &mut dyn FnMut()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(end)) {
        tracing::error!("a workflow's value panicked when it was dropped: {}", panic_text(&*panic));
    }
}

impl<W: Workflow> Instance for Typed<W> {
    fn step(&mut self, ctx: &Context) -> Poll<Ended<Payload, Payload>> {
        let Poll::Ready(ended) = self.machine.get_mut().step(self.value.get_mut(), ctx) else {
            return Poll::Pending;
        };
        let encoded = match ended {
            Ended::Completed(output) => ctx.encode(&output).map(Ended::Completed),
            Ended::Failed(error) => ctx.encode_error(&error).map(Ended::Failed),
            Ended::Cancelled(None) => Some(Ended::Cancelled(None)),
            Ended::Cancelled(Some(error)) => {
                ctx.encode_error(&error).map(|error| Ended::Cancelled(Some(error)))
            }
        };
        // Without an encoding the context has a fault, and the step does not stand.
        encoded.map_or(Poll::Pending, Poll::Ready)
    }

    fn signal(&mut self, ctx: &Context, name: &str, args: &Payload) -> Result<(), HandlerError> {
        self.machine.get_mut().signal(self.value.get_mut(), ctx, name, args)
    }

    fn validate(&self, name: &str, args: &Payload) -> Result<Option<Payload>, HandlerError> {
        self.value.get().validate(name, args)
    }

    fn update(&mut self, ctx: &Context, id: &str, name: &str, args: &Payload) -> Result<(), HandlerError> {
        self.machine.get_mut().update(self.value.get_mut(), ctx, id, name, args)
    }

    fn query(&self, name: &str, args: &Payload) -> Result<Payload, HandlerError> {
        self.value.get().query(name, args)
    }

    fn value(&self) -> Result<Payload, CodecError> {
        codec::encode(self.value.get())
    }

    fn frame(&self) -> &Sheet {
        self.machine.get().sheet()
    }
}

/// An instance, or why its parts do not decode.
pub type Loaded = Result<Box<dyn Instance>, CodecError>;

/// What an engine knows of a workflow, without its types.
#[derive(Debug, Clone, Copy)]
pub struct WorkflowType {
    /// Its name.
    pub name: &'static str,
    /// Its machines.
    pub describe: fn() -> Vec<MachineDescription>,
    /// Its signals.
    pub signals: &'static [SignalType],
    /// Its updates.
    pub updates: &'static [SignalType],
    /// Its queries.
    pub queries: &'static [&'static str],
    /// Finds its local steps.
    pub steps: fn(&mut Steps),
    /// An instance before its first step, from the encoded input.
    pub new: fn(&Payload) -> Loaded,
    /// An instance as it was stored: the encoded value and frame.
    pub load: fn(&Payload, Vec<u8>) -> Loaded,
}

impl WorkflowType {
    /// The type of workflow `W`.
    pub fn of<W: Workflow>() -> Self {
        WorkflowType {
            name: W::NAME,
            describe: W::describe,
            signals: W::SIGNALS,
            updates: W::UPDATES,
            queries: W::QUERIES,
            steps: W::steps,
            new: |input| {
                let machine = Guarded::new(Process::start(codec::decode(input)?));
                Ok(Box::new(Typed { value: Guarded::new(W::default()), machine }))
            },
            load: |value, frame| {
                let machine = Guarded::new(Process::stored(frame));
                Ok(Box::new(Typed::<W> { value: Guarded::new(codec::decode(value)?), machine }))
            },
        }
    }
}

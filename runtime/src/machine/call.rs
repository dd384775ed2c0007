//! Functions marked `#[workflow]`: machines of their own, which any workflow awaits in place.

use std::marker::PhantomData;
use std::task::Poll;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cancel::Standing;
use super::context::Context;
use super::describe::MachineDescription;
use super::drive::{Sub, no_such_task};
use super::frame::Stored;
use super::functions::Awaited;
use super::held::Held;
use super::machines::{Bodies, Machines};
use super::spawned::Spawned;
use super::wait::{Awaitable, OpId, Wait, WaitWriter};
use crate::codec::CodecError;

/// What `#[workflow]` implements for the type beside an `async fn`: the function's machine. One does not write it by hand.
pub trait Function: 'static {
    /// Its name.
    const NAME: &'static str;
    /// What it is called with, the context aside: one argument as it is, several as a tuple.
    type Arguments: Stored;
    /// What awaiting a call gives.
    type Output;
    /// The names of its local steps.
    const STEPS: &'static [&'static str] = &[];
    /// Lets the machine go as far as it can.
    fn step(ctx: &Context, machine: &mut Sub<Self::Arguments>) -> Poll<Self::Output>;
    /// Lets a task that the function has begun go as far as it can.
    fn step_spawned(ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned> {
        let _ = no_such_task::<()>(ctx, &spawned);
        spawned
    }
    /// The machine as data, and those of the `async` blocks in it that are values.
    fn describe() -> Vec<MachineDescription>;
}

/// The bodies of a function.
struct OfFunction<'m, F: Function> {
    main: &'m mut Sub<F::Arguments>,
    output: Option<F::Output>,
}

impl<F: Function> Bodies for OfFunction<'_, F> {
    fn main(&self) -> &Held {
        &self.main.held
    }

    fn step(&mut self, ctx: &Context) -> Poll<()> {
        F::step(ctx, self.main).map(|output| self.output = Some(output))
    }

    fn step_spawned(&mut self, ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned> {
        F::step_spawned(ctx, spawned)
    }

    fn named(&self) -> Vec<OpId> {
        Vec::new()
    }
}

/// A call of a function marked `#[workflow]`, not yet begun.
///
/// Awaited in a workflow, the function's machine runs within the caller's run, and is stored within its frame.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<F: Function> {
    arguments: F::Arguments,
    function: PhantomData<fn() -> F>,
}

impl<F: Function> Call<F> {
    /// A call with these arguments. Generated code makes it.
    pub fn new(arguments: F::Arguments) -> Self {
        Call { arguments, function: PhantomData }
    }
}

/// Its arguments are what is stored of it.
impl<F: Function> Serialize for Call<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.arguments.serialize(serializer)
    }
}

impl<'de, F: Function> Deserialize<'de> for Call<F>
where
    F::Arguments: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        F::Arguments::deserialize(deserializer).map(Call::new)
    }
}

impl<F: Function> Awaitable for Call<F> {
    type Output = F::Output;
    type Wait = CallWait<F>;

    fn begin(self, _: &Context) -> CallWait<F> {
        CallWait { main: Sub::start(self.arguments), machines: Machines::start() }
    }
}

/// A begun call. Its stored form is the function's frame as it is, a map within the caller's.
pub struct CallWait<F: Function> {
    main: Sub<F::Arguments>,
    machines: Machines,
}

impl<F: Function> Wait for CallWait<F> {
    type Output = F::Output;
    const TAKES_DOWN: bool = true;

    fn poll(&mut self, ctx: &Context) -> Poll<F::Output> {
        let outer = ctx.standing();
        let root = Standing { task: None, ..outer };
        let mut function = OfFunction::<F> { main: &mut self.main, output: None };
        let polled = self.machines.step(&mut function, ctx, root);
        let output = function.output.filter(|_| polled.is_ready());
        ctx.stand(outer);
        match output {
            Some(output) => {
                self.machines.hand_over(ctx);
                Poll::Ready(output)
            }
            None => Poll::Pending,
        }
    }

    fn functions(called: &mut Vec<Awaited>) {
        called.push(Awaited::of::<F>());
    }

    #[cfg(feature = "testing")]
    fn stored() -> super::stored::StoredWait {
        super::stored::StoredWait::Function { name: F::NAME, describe: F::describe }
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.machines.sheet(&self.main.held).armed().iter().copied().for_each(armed);
    }

    fn write(&self, out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        self.machines.write(&self.main.held, out)
    }

    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        Ok(CallWait { main: Sub::stored(bytes.to_vec()), machines: Machines::stored("a function", bytes) })
    }
}

/// What is stored of an argument that an async function takes as `&T`: a `String` for `&str`, a `Vec<T>` for `&[T]`, a `T` for
/// any other.
pub fn keep_a_copy<T: ToOwned + ?Sized>(value: &T) -> T::Owned {
    value.to_owned()
}

/// What was awaited in a statement of its own: what has to be used is said there.
#[inline]
pub fn unused<T>(output: T) -> T {
    output
}

/// What plain async Rust puts into `Box::pin(..)`, such as a call of a function by itself, needs no box here, but may have
/// one.
#[cfg(not(rust_analyzer))]
#[diagnostic::do_not_recommend]
impl<A: Awaitable + Unpin> Awaitable for std::pin::Pin<Box<A>> {
    type Output = A::Output;
    type Wait = A::Wait;

    fn begin(self, ctx: &Context) -> A::Wait {
        std::pin::Pin::into_inner(self).begin(ctx)
    }
}

//! Triggers: a value that one part of a run waits for and another gives.

use std::fmt;
use std::marker::PhantomData;
use std::task::Poll;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::context::Context;
use super::frame::Stored;
use super::task::{self, ByReference, Request};
use super::wait::{Awaitable, OpId, Wait, stored_by_serde};
use crate::codec::{self, Payload};

/// A value that is given once, by a handler or a task, and awaited elsewhere; see [`Context::trigger`].
///
/// Its clones are the same trigger. What it was resolved with is remembered as long as there is a handle to it, so it may be
/// resolved before it is awaited, and awaited more than once.
pub struct Trigger<T> {
    op: OpId,
    value: PhantomData<fn() -> T>,
}

impl<T: Stored> Trigger<T> {
    pub(super) fn new(op: OpId) -> Self {
        Trigger { op, value: PhantomData }
    }

    /// Gives the value. Only the first one counts.
    ///
    /// # Panics
    ///
    /// When the value cannot be encoded; the run is parked then.
    #[allow(clippy::needless_pass_by_value)] // It is given away.
    pub fn resolve(&self, value: T) {
        let mut encoded = Ok(Payload::default());
        let names = task::naming(&mut || encoded = codec::encode(&value));
        let encoded = encoded.unwrap_or_else(|error| panic!("{error}"));
        task::request(Request::Resolve(self.op, encoded, names));
    }
}

impl<T> Clone for Trigger<T> {
    fn clone(&self) -> Self {
        Trigger { op: self.op, value: PhantomData }
    }
}

impl<T> fmt::Debug for Trigger<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trigger({})", self.op.0)
    }
}

impl<T> Serialize for Trigger<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        task::name(self.op, serializer)
    }
}

impl<'de, T> Deserialize<'de> for Trigger<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Trigger { op: OpId::deserialize(deserializer)?, value: PhantomData })
    }
}

impl<T: Stored> Awaitable for Trigger<T> {
    type Output = T;
    type Wait = Trigger<T>;
    fn begin(self, _: &Context) -> Trigger<T> {
        self
    }
}

impl<T: Stored> Awaitable for &Trigger<T> {
    type Output = T;
    type Wait = Trigger<T>;
    fn begin(self, _: &Context) -> Trigger<T> {
        self.clone()
    }
}

impl<T: Stored> ByReference for &Trigger<T> {
    type Awaitable = Trigger<T>;
    fn by_reference(self) -> Trigger<T> {
        self.clone()
    }
}

impl<T: Stored> ByReference for &mut Trigger<T> {
    type Awaitable = Trigger<T>;
    fn by_reference(self) -> Trigger<T> {
        self.clone()
    }
}

impl<T: Stored> Wait for Trigger<T> {
    type Output = T;

    fn poll(&mut self, ctx: &Context) -> Poll<T> {
        let Some(value) = ctx.tasks_with(self.op, |tasks| tasks.triggered(self.op)) else {
            return ctx.pending();
        };
        match codec::decode(&value) {
            Ok(value) => ctx.ready(value),
            Err(error) => {
                ctx.fault(error);
                Poll::Pending
            }
        }
    }

    fn armed(&self, _: &mut dyn FnMut(OpId)) {}

    stored_by_serde!();
}

//! A task's machine, without its types.

use std::any::Any;
use std::sync::Arc;
use std::task::Poll;

use serde::Serialize;

use super::context::Context;
use super::drive::Sub;
use super::held::Held;
use super::sheet::Sheet;
use super::wait::OpId;
use crate::activity::ErasedActivity;
use crate::codec::Payload;

/// A task's machine, its types erased.
pub struct Spawned {
    /// Which body: an async method's name, or that of the machine and the block within it.
    body: String,
    form: Form,
    /// What was taken down after the last step.
    pub(super) sheet: Arc<Sheet>,
    /// The encoded output, once it is done.
    pub(super) output: Option<Payload>,
    /// The tasks and triggers that the output has handles of.
    pub(super) named: Vec<OpId>,
    /// Whether it waits for nothing but operations that it names, as of the last step.
    pub(super) by_operation: bool,
    /// The code of a local step, where it is that which is asked for by the body's name.
    pub(super) handed: Option<ErasedActivity>,
}

enum Form {
    Stored,
    /// A `Sub<A>`.
    Hot(Box<dyn Any>),
}

impl Spawned {
    /// A task before its first step.
    pub(super) fn start<A: 'static>(body: &str, args: A) -> Self {
        Self::new(body.to_owned(), Form::Hot(Box::new(Sub::start(args))), Sheet::default())
    }

    pub(super) fn stored(body: String, frame: Vec<u8>) -> Self {
        Self::new(body, Form::Stored, Sheet::stored(frame))
    }

    #[inline(never)]
    fn new(body: String, form: Form, sheet: Sheet) -> Self {
        let (output, named, handed) = (None, Vec::new(), None);
        Spawned { body, form, sheet: Arc::new(sheet), output, named, by_operation: false, handed }
    }

    /// Which body it has.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Steps it, once its types are known.
    pub(super) fn step<A: 'static>(&mut self, step: impl FnOnce(&mut Sub<A>)) {
        if let Form::Stored = self.form {
            self.form = Form::Hot(Box::new(Sub::<A>::stored(self.sheet.bytes().into_owned())));
        }
        let Form::Hot(sub) = &mut self.form else { return };
        let sub = sub.downcast_mut::<Sub<A>>().expect("a body has one type of arguments");
        step(sub);
        self.sheet = taken_down(&sub.held);
    }
}

#[inline(never)]
fn taken_down(held: &Held) -> Arc<Sheet> {
    Arc::new(held.sheet().clone())
}

/// Steps a task that is an async method of the workflow's impl, or any other body that stands alone.
///
/// `step` drives its machine; generated code calls this from `Workflow::step_spawned`.
pub fn step_method<A: 'static, T: Serialize>(
    spawned: &mut Spawned,
    ctx: &Context,
    step: impl FnOnce(&mut Sub<A>) -> Poll<T>,
) {
    let mut output = None;
    spawned.step(|sub: &mut Sub<A>| {
        if let Poll::Ready(value) = step(sub) {
            output = ctx.encode_named(&value);
        }
    });
    if let Some((payload, named)) = output {
        spawned.output = Some(payload);
        spawned.named = named;
    }
}

//! A list of operations of which so many run at once.

use std::cell::RefCell;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::context::Context;
use super::super::parts::Parts;
use super::super::sheet::Draft;
use super::super::wait::{Awaitable, OpId, Wait};
use super::Beside;
use super::running::{FEW, Running};
use crate::codec::Error;

/// Those that have not been begun, and those that run.
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "A: Serialize, T: Serialize",
    deserialize = "A: Deserialize<'de>, T: Deserialize<'de>"
))]
pub(super) struct BoundedWait<A: Awaitable, T> {
    later: VecDeque<A>,
    /// The place of the first of these.
    next: usize,
    running: Running<A::Wait, T>,
    /// What was written of those that have not been begun, where they are not few.
    #[serde(skip)]
    parts: RefCell<Option<Box<Parts>>>,
}

impl<A: Awaitable, T> BoundedWait<A, T> {
    pub(super) fn begin(operations: Vec<A>, limit: usize, ctx: &Context) -> Self {
        let mut later = VecDeque::from(operations);
        let first = later.drain(..limit.min(later.len()));
        let running = Running::begin(first.collect::<Vec<_>>(), ctx);
        BoundedWait { later, next: running.len(), running, parts: RefCell::default() }
    }

    pub(super) fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.running.armed(armed);
    }
}

impl<A: Awaitable, T> Beside<A::Wait, T> for BoundedWait<A, T> {
    /// As one is done, another is begun; it may be ready at once.
    fn poll(
        &mut self,
        ctx: &Context,
        mut done: impl FnMut(&mut Running<A::Wait, T>, usize, <A::Wait as Wait>::Output) -> bool,
    ) {
        loop {
            let (mut ended, mut stopped) = (0, false);
            self.running.poll(ctx, |running, place, output| {
                ended += 1;
                stopped = !done(running, place, output);
                !stopped
            });
            if stopped || ended == 0 || self.later.is_empty() {
                return;
            }
            for operation in self.later.drain(..ended.min(self.later.len())) {
                if let Some(parts) = self.parts.get_mut() {
                    parts.change(self.next as u64);
                }
                self.running.add(self.next, operation.begin(ctx));
                self.next += 1;
            }
        }
    }

    fn is_done(&self) -> bool {
        self.later.is_empty() && self.running.is_done()
    }

    fn outputs(&mut self) -> Vec<T> {
        self.running.outputs()
    }
}

impl<A: Awaitable + Serialize, T: Serialize> BoundedWait<A, T> {
    /// Writes it as its `Serialize` does. Where they are many, only what has changed is encoded.
    pub(super) fn write(&self, draft: &mut Draft) -> Result<(), Error> {
        draft.out.begin_map(3)?;
        draft.out.text("later");
        self.write_later(draft)?;
        draft.out.text("next");
        draft.out.part(&self.next)?;
        draft.out.text("running");
        self.running.write(draft)?;
        draft.out.end();
        Ok(())
    }

    fn write_later(&self, draft: &mut Draft) -> Result<(), Error> {
        let mut parts = self.parts.borrow_mut();
        if parts.is_none() && self.later.len() <= FEW {
            return draft.out.part(&self.later);
        }
        let first = self.next as u64;
        let parts = parts.get_or_insert_with(|| {
            let mut parts = Box::new(Parts::default());
            (first..).zip(&self.later).for_each(|(place, _)| parts.change(place));
            parts
        });
        draft.out.begin_list(self.later.len())?;
        let later = parts.whole(&mut |numbers, draft| {
            let here = (first.max(*numbers.start())..=*numbers.end())
                .map_while(|place| self.later.get(usize::try_from(place - first).ok()?));
            here.into_iter().try_for_each(|operation| draft.out.part(operation))
        })?;
        later.into_iter().try_for_each(|later| draft.share(2, later))?;
        draft.out.end();
        Ok(())
    }
}

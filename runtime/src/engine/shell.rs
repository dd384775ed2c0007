//! The engine's thread: waits for what there is to do, lets the driver do it, commits, carries out the effects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::activities::Activities;
use super::answers::Answers;
use super::clock::Clock;
use super::closing;
use super::committer::Committer;
use super::driver::{Driver, Work};
use super::limits::Bounds;
use super::meter::Levels;
use super::{Message, Shared};
use crate::core::{Effect, Input, Reply};
use crate::error::EngineError;
use crate::store::{Batch, Store, StoreError};
use crate::time::Moment;

/// How long an answer to what was just let out is looked for before the thread sleeps: to be woken takes longer than many an
/// activity, and than a caller needs to ask the next thing.
const LOOK_OUT: Duration = Duration::from_micros(50);
/// How many batches are in flight at most. What is ready when a sync ends follows in one commit.
const IN_FLIGHT: usize = 8;
/// How many rows a batch has at most that the engine's thread commits itself. A larger one is of many runs, and some of these will have
/// something to say before it is durable.
const ALONE_ROWS: usize = 32;

pub(super) struct Shell {
    driver: Driver,
    store: Arc<dyn Store>,
    /// Who commits while the next batch is made; `None` where that is never done.
    committer: Option<Committer>,
    inbox: Receiver<Message>,
    /// A message that was seen to be there.
    next: Option<Message>,
    /// Nothing between two turns: the memory for the messages of the next one, and for its work.
    messages: Vec<Message>,
    work: Vec<Work>,
    /// Whether something was let out since a message was last waited for.
    has_let_out: bool,
    activities: Activities,
    clock: Clock,
    now: Moment,
    /// Who lets virtual time pass, and until when.
    advances: VecDeque<(Moment, Reply<Moment>)>,
    /// Who waits for the attempts at activities to end, and until when; then the engine ends.
    finishing: Option<(Moment, Reply<Result<(), EngineError>>)>,
    /// What came behind the request to end: dropped once it can be told why.
    unheard: Vec<Message>,
    shared: Arc<Shared>,
}

/// Why the loop ends.
enum End {
    Asked(Option<Reply<Result<(), EngineError>>>),
    Failed(StoreError),
}

/// What there is to wait for.
enum Patience {
    /// Something is due.
    None,
    AtMost(Duration),
    ForAMessage,
}

impl Shell {
    pub(super) fn new(
        driver: Driver,
        store: Arc<dyn Store>,
        committer: Option<Committer>,
        inbox: Receiver<Message>,
        activities: Activities,
        clock: Clock,
        shared: Arc<Shared>,
    ) -> Self {
        let (now, advances) = (clock.now(driver.now()), VecDeque::new());
        shared.pulse.parked_runs.store(driver.shard().parked_runs(), Ordering::Release);
        Shell {
            driver,
            store,
            committer,
            inbox,
            next: None,
            messages: Vec::new(),
            work: Vec::new(),
            has_let_out: false,
            activities,
            clock,
            now,
            advances,
            finishing: None,
            unheard: Vec::new(),
            shared,
        }
    }

    pub(super) fn open_runs(&self) -> u64 {
        self.driver.shard().open_runs()
    }

    pub(super) fn run(mut self) {
        loop {
            match self.turn() {
                Ok(()) => {}
                Err(End::Asked(reply)) => return self.close(reply),
                Err(End::Failed(error)) => return self.poison(error),
            }
        }
    }

    /// One turn: messages in, a commit begun, effects out.
    fn turn(&mut self) -> Result<(), End> {
        self.land_all(IN_FLIGHT - 1).map_err(|error| self.fail(error))?;
        let mut messages = self.gather();
        self.shared.pulse.turn_begins();
        self.shared.queue.leave(messages.iter().filter(|message| message.is_queued()).count());
        self.now = self.clock.now(self.now);
        let (mut work, mut end) = (std::mem::take(&mut self.work), None);
        for message in messages.drain(..) {
            match message {
                message if end.is_some() => self.unheard.push(message),
                // Its asker is told that the engine has ended.
                message if self.finishing.is_some() && !message.is_of_attempts() => drop(message),
                Message::Work(one) => {
                    if let Work::Input(Input::Attempted { task, attempt, .. }) = &one {
                        self.activities.ended(*task, *attempt);
                    }
                    work.push(one);
                }
                Message::Committed => {}
                Message::Advance(duration, reply) => {
                    self.advances.push_back((self.now.after(duration), reply));
                }
                Message::Rest(rest) => self.activities.rest(self.now, rest),
                Message::Shutdown(reply) => end = Some(End::Asked(Some(reply))),
                Message::Finish(grace, reply) => {
                    self.shared.end(EngineError::Closed);
                    work.push(Work::Input(Input::NoMoreAttempts));
                    self.finishing = Some((self.now.after(grace), reply));
                }
                Message::Stop => end = Some(End::Asked(None)),
            }
        }
        self.activities.wake(self.now);
        let batch = self.driver.turn(self.now, work.drain(..)).map_err(|error| self.fail(error))?;
        (self.messages, self.work) = (messages, work);
        if let Some(batch) = batch {
            self.commit(batch).map_err(|error| self.fail(error))?;
        }
        if self.finishing.is_some() {
            // What is in flight may begin attempts.
            self.land_all(0).map_err(|error| self.fail(error))?;
        }
        let now = self.now;
        let is_done = self.activities.running() == 0 && !self.driver.shard().is_touched();
        if let Some((_, reply)) = self.finishing.take_if(|(until, _)| is_done || *until <= now) {
            end.get_or_insert(End::Asked(Some(reply)));
        }
        self.land_all(if end.is_some() { 0 } else { IN_FLIGHT }).map_err(|error| self.fail(error))?;
        self.show();
        self.shared.pulse.turn_ends();
        end.map_or(Ok(()), Err)
    }

    /// Shows how things stand after a turn.
    fn show(&mut self) {
        let (tally, shard) = (self.driver.take_tally(), self.driver.shard());
        let levels = Levels {
            queue: self.shared.queue.len(),
            hot: shard.hot_runs(),
            open: shard.open_runs(),
            parked: shard.parked_runs(),
            activities: self.activities.running(),
        };
        self.shared.hot_runs.store(levels.hot, Ordering::Release);
        self.shared.pulse.parked_runs.store(levels.parked, Ordering::Release);
        self.shared.meter.turned(&tally, &levels);
    }

    /// Commits a batch: here and now when it is small and there is nothing else to do meanwhile, which spares two changes of thread.
    fn commit(&mut self, batch: Arc<Batch>) -> Result<(), StoreError> {
        self.shared.attentive.store(false, Ordering::Release);
        self.look_ahead();
        match &self.committer {
            Some(committer)
                if self.next.is_some() || self.driver.in_flight() > 1 || batch.len() > ALONE_ROWS =>
            {
                committer.submit(batch);
            }
            _ => {
                self.shared.commit(&*self.store, &[batch])?;
                self.driver.landed();
            }
        }
        Ok(())
    }

    /// Takes note of the batches that have become durable, waits until no more than `most` are in flight, and carries out what
    /// that lets out.
    fn land_all(&mut self, most: usize) -> Result<(), StoreError> {
        while let Some(committer) = &self.committer
            && self.driver.in_flight() > 0
        {
            let landed = match committer.report() {
                None if self.driver.in_flight() <= most => break,
                None => committer.wait(),
                Some(landed) => landed,
            };
            (0..landed?).for_each(|_| self.driver.landed());
        }
        self.let_out();
        Ok(())
    }

    /// What is ready; else waits for a message or the next deadline.
    fn gather(&mut self) -> Vec<Message> {
        let mut messages = std::mem::take(&mut self.messages);
        messages.extend(self.next.take());
        self.drain(&mut messages);
        if !messages.is_empty() || self.driver.has_work() {
            return messages;
        }
        let first = match self.patience() {
            Patience::None => return messages,
            Patience::AtMost(wait) => match self.look_out().map_or_else(|| self.inbox.recv_timeout(wait), Ok)
            {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => return messages,
                Err(RecvTimeoutError::Disconnected) => Message::Stop,
            },
            Patience::ForAMessage => {
                self.look_out().map_or_else(|| self.inbox.recv(), Ok).unwrap_or(Message::Stop)
            }
        };
        messages.push(first);
        self.drain(&mut messages);
        messages
    }

    /// A message that comes soon after something was let out.
    fn look_out(&mut self) -> Option<Message> {
        if !std::mem::take(&mut self.has_let_out) {
            return None;
        }
        #[allow(clippy::disallowed_methods)] // how long to look out is no input of the core's
        let now = Instant::now;
        let until = now() + LOOK_OUT;
        self.shared.attentive.store(self.driver.in_flight() == 0, Ordering::Release);
        while now() < until {
            for _ in 0..16 {
                if let Ok(message) = self.inbox.try_recv() {
                    return Some(message);
                }
                std::hint::spin_loop();
            }
            // Those who are to answer may need this core.
            std::thread::yield_now();
        }
        self.shared.attentive.store(false, Ordering::Release);
        None
    }

    fn drain(&self, messages: &mut Vec<Message>) {
        let Bounds { batch, batch_bytes, .. } = self.shared.bounds;
        let mut bytes: usize = messages.iter().map(Message::weight).sum();
        while messages.len() < batch
            && bytes < batch_bytes
            && let Ok(message) = self.inbox.try_recv()
        {
            bytes += message.weight();
            messages.push(message);
        }
    }

    /// Sees whether something has been asked meanwhile.
    fn look_ahead(&mut self) {
        while self.next.is_none() {
            match self.inbox.try_recv() {
                // Reports are looked for anyway.
                Ok(Message::Committed) => {}
                Ok(message) => self.next = Some(message),
                Err(_) => return,
            }
        }
    }

    /// How long to wait for a message. Virtual time moves here and nowhere else.
    fn patience(&mut self) -> Patience {
        let now = self.clock.now(self.now);
        let next = self.driver.shard().next_deadline().into_iter().chain(self.activities.next_wake());
        let next = next.chain(self.finishing.as_ref().map(|(until, _)| *until)).min();
        if next.is_some_and(|next| next <= now) {
            return Patience::None;
        }
        if !self.clock.is_virtual() {
            for (_, reply) in self.advances.drain(..) {
                send(reply, now);
            }
            return next.map_or(Patience::ForAMessage, |next| Patience::AtMost(next.since(now)));
        }
        if self.activities.is_busy() {
            return Patience::ForAMessage;
        }
        self.driver.give_up_on_parked();
        self.let_out();
        while let Some((until, _)) = self.advances.front() {
            if let Some(next) = next.filter(|next| next <= until) {
                self.now = next;
                return Patience::None;
            }
            self.now = now.max(*until);
            if let Some((_, reply)) = self.advances.pop_front() {
                send(reply, self.now);
            }
        }
        match next {
            Some(next) if self.driver.shard().is_awaited() || self.finishing.is_some() => {
                self.now = next;
                Patience::None
            }
            _ => Patience::ForAMessage,
        }
    }

    /// Carries out what may be.
    fn let_out(&mut self) {
        // Who is told something below may look at it.
        self.shared.running_activities.store(self.activities.running(), Ordering::Release);
        let mut answers = Answers::default();
        for effect in self.driver.let_out() {
            self.has_let_out = true;
            match effect {
                Effect::Reply(send) => answers.push(send),
                Effect::Attempt(order) => self.activities.carry_out(order),
                Effect::Parked { id, reason } => tracing::warn!(run = id, %reason, "run parked"),
                Effect::Damaged(damage) => {
                    self.shared.pulse.damaged.fetch_add(1, Ordering::AcqRel);
                    tracing::error!(%damage, "left undone");
                }
            }
        }
        self.shared.running_activities.store(self.activities.running(), Ordering::Release);
        // A test is the same each time.
        answers.hand_over((!self.clock.is_virtual()).then(|| self.activities.tokio()));
    }

    /// Says why the engine ends, before the askers whose answers are dropped then look for it.
    fn fail(&self, error: StoreError) -> End {
        self.shared.end(EngineError::Poisoned(error.clone()));
        self.shared.queue.close();
        End::Failed(error)
    }

    /// Ends in an orderly way.
    ///
    /// The turn that was asked to has waited for all that was in flight.
    pub(super) fn close(self, reply: Option<Reply<Result<(), EngineError>>>) {
        // Before the askers whose answers are dropped here look for the reason.
        self.shared.end(EngineError::Closed);
        let Shell {
            driver, store, committer, mut activities, inbox, next, advances, unheard, shared, ..
        } = self;
        shared.queue.close();
        activities.cancel_all();
        let batch = driver.last_batch();
        drop((committer, inbox, next, advances, unheard));
        let written = if batch.is_empty() { Ok(()) } else { store.commit(&batch) };
        if let Err(error) = &written {
            tracing::error!(%error, "the last states were not written; the next open makes them again");
        }
        drop(activities);
        let closed = closing::close(store);
        if let Some(reply) = reply {
            send(reply, written.and(closed).map_err(EngineError::Poisoned));
        }
    }

    /// The store failed: nothing is acknowledged any more, and all askers are told why.
    fn poison(self, error: StoreError) {
        tracing::error!(%error, "the store failed: the engine stops and acknowledges nothing any more");
        let why = EngineError::Poisoned(error);
        let Shell {
            driver,
            store,
            committer,
            mut activities,
            inbox,
            mut next,
            advances,
            finishing,
            unheard,
            ..
        } = self;
        activities.cancel_all();
        drop((driver, committer, activities, advances, unheard));
        // The directory stays ours until the engine is given up.
        let reply = match finishing {
            Some((_, reply)) => Some(reply),
            None => loop {
                match next.take().map_or_else(|| inbox.recv(), Ok) {
                    Ok(Message::Shutdown(reply) | Message::Finish(_, reply)) => break Some(reply),
                    Ok(Message::Stop) | Err(_) => break None,
                    Ok(_) => {}
                }
            },
        };
        drop(inbox);
        // What is to be said is said by `why`.
        let _ = closing::close(store);
        if let Some(reply) = reply {
            send(reply, Err(why));
        }
    }
}

/// Sends an answer that waits for no write.
fn send<A: Send + 'static>(reply: Reply<A>, answer: A) {
    if let Effect::Reply(send) = reply.with(answer) {
        send();
    }
}

//! The engine's thread: takes what is ready, lets the core handle it, commits, releases the effects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::activities::Activities;
use super::clock::Clock;
use super::list::Listing;
use super::{Message, Shared};
use crate::core::{Effect, Input, Output, Reply, RunDescription, Shard};
use crate::error::EngineError;
use crate::store::{self, Damage, RunNo, RunRecord, Store, StoreError, Table};
use crate::time::Moment;

/// How many messages are taken up in one turn at most.
const TURN: usize = 1_024;
/// How many rows of a list are read in one turn.
const LIST_STEP: usize = 256;

pub(super) struct Shell {
    shard: Shard,
    store: Box<dyn Store>,
    inbox: Receiver<Message>,
    messages: Sender<Message>,
    activities: Activities,
    clock: Clock,
    /// The time of the last turn.
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
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        shard: Shard,
        store: Box<dyn Store>,
        inbox: Receiver<Message>,
        messages: Sender<Message>,
        activities: Activities,
        clock: Clock,
        last: Moment,
        shared: Arc<Shared>,
    ) -> Self {
        let (now, advances) = (clock.now(last), VecDeque::new());
        let (unheard, finishing) = (Vec::new(), None);
        Shell { shard, store, inbox, messages, activities, clock, now, advances, finishing, unheard, shared }
    }

    pub(super) fn open_runs(&self) -> u64 {
        self.shard.open_runs()
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

    /// One turn: messages in, one commit, effects out.
    fn turn(&mut self) -> Result<(), End> {
        let mut out = Output::default();
        while let Some((from, limit)) = self.shard.wants_timers() {
            let rows =
                self.store.scan(Table::Timers, &from.key(), limit).map_err(|error| self.fail(error))?;
            self.shard.admit_timers(rows.into_iter().map(|(key, _)| key), &mut out);
        }
        let mut messages = self.gather().into_iter();
        self.now = self.clock.now(self.now);
        let mut end = None;
        for message in &mut messages {
            match message {
                // Its asker is told that the engine has ended.
                message if self.finishing.is_some() && !message.is_of_attempts() => drop(message),
                Message::Input(input) => self.input(input, &mut out),
                Message::List(listing) => self.list(listing)?,
                Message::History(reading) => reading
                    .read(&*self.store, |name| self.shard.workflow(name))
                    .map_err(|error| self.fail(error))?,
                Message::Advance(duration, reply) => {
                    self.advances.push_back((self.now.after(duration), reply));
                }
                Message::Now(reply) => send(reply, self.now),
                Message::Rest(rest) => self.activities.rest(self.now, rest),
                Message::Shutdown(reply) => end = Some(End::Asked(Some(reply))),
                Message::Finish(grace, reply) => {
                    self.shared.end(EngineError::Closed);
                    self.input(Input::NoMoreAttempts, &mut out);
                    self.finishing = Some((self.now.after(grace), reply));
                }
                Message::Stop => end = Some(End::Asked(None)),
            }
            if end.is_some() {
                break;
            }
        }
        self.unheard.extend(messages);
        self.activities.wake(self.now);
        self.shard.fire(self.now, &mut out);
        while let Some(need) = self.shard.need_touched() {
            self.supply(need);
        }
        self.shard.settle(self.now, &mut out);
        if !out.batch.is_empty() {
            self.store.commit(out.batch).map_err(|error| self.fail(error))?;
        }
        self.shard.committed();
        for effect in out.effects {
            self.release(effect);
        }
        self.shared.running_activities.store(self.activities.running(), Ordering::Release);
        self.shared.hot_runs.store(self.shard.hot_runs(), Ordering::Release);
        let now = self.now;
        let is_done = self.activities.running() == 0 && !self.shard.is_touched();
        if let Some((_, reply)) = self.finishing.take_if(|(until, _)| is_done || *until <= now) {
            end.get_or_insert(End::Asked(Some(reply)));
        }
        end.map_or(Ok(()), Err)
    }

    fn input(&mut self, input: Input, out: &mut Output) {
        if let Input::Attempted { task, attempt, .. } = &input {
            self.activities.ended(*task, *attempt);
        }
        while let Some(need) = self.shard.need(&input) {
            self.supply(need);
        }
        self.shard.handle(self.now, input, out);
    }

    fn supply(&mut self, need: crate::core::Need) {
        let (table, key) = need.place();
        let found = self.store.get(table, &key);
        self.shard.admit(need, found);
    }

    /// What is ready; else waits for a message or the next deadline.
    fn gather(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        self.drain(&mut messages);
        if !messages.is_empty() || self.shard.is_touched() {
            return messages;
        }
        let first = match self.patience() {
            Patience::None => return messages,
            Patience::AtMost(wait) => match self.inbox.recv_timeout(wait) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => return messages,
                Err(RecvTimeoutError::Disconnected) => Message::Stop,
            },
            Patience::ForAMessage => self.inbox.recv().unwrap_or(Message::Stop),
        };
        messages.push(first);
        self.drain(&mut messages);
        messages
    }

    fn drain(&self, messages: &mut Vec<Message>) {
        while messages.len() < TURN
            && let Ok(message) = self.inbox.try_recv()
        {
            messages.push(message);
        }
    }

    /// How long to wait for a message. Virtual time moves here and nowhere else.
    fn patience(&mut self) -> Patience {
        let now = self.clock.now(self.now);
        let next = self.shard.next_deadline().into_iter().chain(self.activities.next_wake());
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
        for answer in self.shard.give_up_on_parked() {
            self.release(answer);
        }
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
            Some(next) if self.shard.is_awaited() || self.finishing.is_some() => {
                self.now = next;
                Patience::None
            }
            _ => Patience::ForAMessage,
        }
    }

    fn release(&mut self, effect: Effect) {
        match effect {
            Effect::Reply(send) => send(),
            effect @ (Effect::StartActivity { .. } | Effect::StopActivity { .. }) => {
                self.activities.carry_out(effect);
            }
            Effect::Parked { id, reason } => tracing::warn!(run = id, %reason, "run parked"),
            Effect::Damaged(damage) => tracing::error!(%damage, "left undone"),
        }
    }

    /// One step of a list; the next one takes its turn behind the messages that are there.
    fn list(&mut self, mut listing: Listing) -> Result<(), End> {
        let Some(from) = listing.filter.after.map_or(Some(0), |after| after.0.checked_add(1)).map(RunNo)
        else {
            send(listing.reply, Ok(listing.page));
            return Ok(());
        };
        let rows = self.store.scan(Table::Runs, &from.key(), LIST_STEP).map_err(|error| self.fail(error))?;
        let mut complete = rows.len() < LIST_STEP;
        for (key, bytes) in rows {
            if listing.page.runs.len() >= listing.filter.limit {
                listing.page.next = listing.filter.after;
                complete = true;
                break;
            }
            match store::open::<RunRecord>(Table::Runs, &key, &bytes) {
                // How a run stands is always stored; what else there is to tell may be newer.
                Ok(record) if listing.filter.takes(&record) => {
                    let run = RunNo::from_key(&key).unwrap_or(from);
                    match self.describe(run, &record).map_err(|error| self.fail(error))? {
                        Ok(description) => listing.page.runs.push(description),
                        Err(damage) => listing.page.damaged.push(damage),
                    }
                }
                Ok(_) => {}
                Err(damage) => listing.page.damaged.push(damage),
            }
            listing.filter.after = RunNo::from_key(&key).or(listing.filter.after);
        }
        if complete {
            send(listing.reply, Ok(listing.page));
        } else if self.messages.send(Message::List(listing)).is_err() {
            unreachable!("the receiver is a field beside the sender");
        }
        Ok(())
    }

    /// Describes a run whose stored state is `record`.
    fn describe(
        &mut self,
        run: RunNo,
        record: &RunRecord,
    ) -> Result<Result<RunDescription, Damage>, StoreError> {
        let is_newest = || Ok(self.store.get(Table::Log, &run.log_key(record.seq))?.is_none());
        if !self.shard.is_hot(run) && is_newest()? {
            return Ok(Ok(self.shard.describe_stored(run, record)));
        }
        while let Some(need) = self.shard.need_run(run) {
            self.supply(need);
        }
        Ok(self.shard.describe(run))
    }

    /// Says why the engine ends, before the askers whose answers are dropped then look for it.
    fn fail(&self, error: StoreError) -> End {
        self.shared.end(EngineError::Poisoned(error.clone()));
        End::Failed(error)
    }

    /// Ends in an orderly way.
    pub(super) fn close(self, reply: Option<Reply<Result<(), EngineError>>>) {
        let Shell { mut shard, mut store, mut activities, shared, inbox, unheard, advances, .. } = self;
        // Before the askers whose answers are dropped with these look for the reason.
        shared.end(EngineError::Closed);
        activities.cancel_all();
        let mut out = Output::default();
        shard.write_overdue(true, &mut out);
        drop((shard, inbox, unheard, advances));
        // So that the next binary, which may be another, begins with the states and has nothing to do again.
        let written = if out.batch.is_empty() { Ok(()) } else { store.commit(out.batch) };
        let closed = written.and_then(|()| store.close());
        if let Err(error) = &closed {
            tracing::error!(%error, "the store was not closed in an orderly way");
        }
        if let Some(reply) = reply {
            send(reply, closed.map_err(EngineError::Poisoned));
        }
    }

    /// The store failed: nothing is acknowledged any more, and all askers are told why.
    fn poison(self, error: StoreError) {
        tracing::error!(%error, "the store failed: the engine stops and acknowledges nothing any more");
        let Shell { shard, store, mut activities, inbox, .. } = self;
        let why = EngineError::Poisoned(error);
        activities.cancel_all();
        drop((shard, activities));
        // The directory stays ours until the engine is given up.
        let reply = loop {
            match inbox.recv() {
                Ok(Message::Shutdown(reply)) => break Some(reply),
                Ok(Message::Stop) | Err(_) => break None,
                Ok(_) => {}
            }
        };
        drop(inbox);
        if let Err(error) = store.close() {
            tracing::error!(%error, "the store was not closed in an orderly way");
        }
        if let Some(reply) = reply {
            send(reply, Err(why));
        }
    }
}

/// Sends an answer that waits for no write.
pub(super) fn send<A: Send + 'static>(reply: Reply<A>, answer: A) {
    if let Effect::Reply(send) = reply.with(answer) {
        send();
    }
}

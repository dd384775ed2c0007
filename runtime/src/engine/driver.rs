//! The engine but for threads, channels and clocks: what it is asked goes in, batches to commit and effects come out.
//!
//! A turn hands the core what there is, and gives one batch. The next turn may follow before that batch is durable: it sees
//! what the batch writes ([`Flights`]), and what it lets out waits in turn. Whoever drives it (the engine's thread,
//! a simulation) commits the batches in order, says when each is [durable](Driver::landed), and carries out what is
//! [let out](Driver::let_out).

use std::collections::VecDeque;
use std::sync::Arc;

use super::flights::{Flights, View};
use super::list::Listing;
use super::logged::Logged;
use super::reading::Reading;
use crate::core::{Effect, Input, Need, Output, Reply, Shard, Tally};
use crate::store::{Batch, Seq, Store, StoreError, Table};
use crate::time::Moment;

/// What the engine is asked that takes a turn.
pub(crate) enum Work {
    Input(Input),
    List(Listing),
    History(Reading),
    /// What time it is.
    Now(Reply<Moment>),
}

pub(crate) struct Driver {
    shard: Shard,
    store: Arc<dyn Store>,
    flights: Flights,
    /// Lists that are being made: a step a turn.
    lists: VecDeque<Listing>,
    /// What is still to be taken up in this turn.
    work: VecDeque<Work>,
    /// What this turn has come to so far.
    turn: Output,
    /// The memory of a turn that has landed, for the next one.
    spare: Output,
    /// What may be carried out.
    out: Vec<Effect>,
    /// What there is to count of the last turn.
    tally: Tally,
    /// The time of the last turn.
    now: Moment,
}

impl Driver {
    /// A driver of the runs of a store, over what was recovered from it; `last` is the store's last moment.
    pub(super) fn new(shard: Shard, store: Arc<dyn Store>, last: Moment) -> Self {
        Driver {
            shard,
            store,
            flights: Flights::default(),
            lists: VecDeque::new(),
            work: VecDeque::new(),
            turn: Output::default(),
            spare: Output::default(),
            out: Vec::new(),
            tally: Tally::default(),
            now: last,
        }
    }

    /// The core.
    pub(crate) fn shard(&self) -> &Shard {
        &self.shard
    }

    /// The time of the last turn.
    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// How many batches are not durable yet.
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Whether there is something to do without anything being asked and before the next deadline.
    pub(crate) fn has_work(&self) -> bool {
        self.shard.is_touched() || !self.lists.is_empty()
    }

    /// One turn: work in, a batch to commit out, if there is something to write.
    ///
    /// # Errors
    ///
    /// The store cannot be read. Then nothing more is to be done with it; who waits for an answer does so until the driver
    /// is dropped.
    pub(crate) fn turn(
        &mut self,
        now: Moment,
        work: impl IntoIterator<Item = Work>,
    ) -> Result<Option<Arc<Batch>>, StoreError> {
        self.now = self.now.max(now);
        self.work.extend(work);
        for _ in 0..self.lists.len() {
            self.list_on()?;
        }
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Input(input) => self.input(input),
                Work::List(listing) => {
                    self.lists.push_back(listing);
                    self.list_on()?;
                }
                Work::History(reading) => self.read(reading)?,
                Work::Now(reply) => self.turn.effects.push(reply.with(self.now)),
            }
        }
        self.shard.fire(self.now, &mut self.turn);
        for run in self.shard.touched_runs() {
            while let Some(need) = self.shard.need_run(run) {
                self.supply(need);
            }
        }
        self.shard.settle(self.now, &mut self.turn);
        self.shard.end_turn();
        let batch = self.take_off();
        self.load_timers()?;
        Ok(batch)
    }

    /// The batch of a turn begins its flight, if it has something to write.
    fn take_off(&mut self) -> Option<Arc<Batch>> {
        let Output { batch, effects, tally } = std::mem::take(&mut self.turn);
        self.tally = tally;
        if batch.is_empty() {
            self.turn.batch = batch;
            self.out.extend(self.flights.hold(effects));
            return None;
        }
        self.turn = std::mem::take(&mut self.spare);
        let batch = Arc::new(batch);
        self.flights.begin(Arc::clone(&batch), effects);
        Some(batch)
    }

    /// The oldest batch in flight is durable.
    pub(crate) fn landed(&mut self) {
        let Some((mut effects, batch)) = self.flights.land() else { return };
        if self.out.is_empty() {
            std::mem::swap(&mut self.out, &mut effects);
        }
        self.out.append(&mut effects);
        self.spare.effects = effects;
        if let Ok(batch) = Arc::try_unwrap(batch) {
            self.spare.batch = batch.emptied();
        }
    }

    /// What there is to count of the last turn.
    pub(super) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// What is to be carried out now, in this order: each cause of it is durable.
    pub(crate) fn let_out(&mut self) -> std::vec::Drain<'_, Effect> {
        self.out.drain(..)
    }

    /// Answers those who wait for what only they could bring about.
    pub(crate) fn give_up_on_parked(&mut self) {
        let answers = self.shard.give_up_on_parked();
        self.out.extend(self.flights.hold(answers));
    }

    /// The last batch before the store is closed, so that the next binary, which may be another, begins with the states and
    /// has nothing to do again.
    pub(crate) fn last_batch(mut self) -> Batch {
        let mut out = Output::default();
        self.shard.write_overdue(true, &mut out);
        out.batch
    }

    /// Fills up the timers in memory, so that the next deadline is known.
    pub(super) fn load_timers(&mut self) -> Result<(), StoreError> {
        while let Some((from, limit)) = self.shard.wants_timers() {
            let rows = self.view().scan(Table::Timers, &from.key(), limit)?;
            let mut found = Output::default();
            self.shard.admit_timers(rows.into_iter().map(|(key, _)| key), &mut found);
            self.out.extend(self.flights.hold(found.effects));
        }
        Ok(())
    }

    fn input(&mut self, input: Input) {
        while let Some(need) = self.shard.need(&input) {
            self.supply(need);
        }
        if let Some(run) = self.shard.need_start(&input) {
            let first = Logged::of(self.view(), run).and_then(|log| log.entry(Seq(0)));
            self.shard.admit_start(run, first);
        }
        self.shard.handle(self.now, input, &mut self.turn);
    }

    fn supply(&mut self, need: Need) {
        let (table, key) = need.place();
        let found = self.view().get(table, &key);
        self.shard.admit(need, found);
    }

    /// One step of the first list; the next one takes its turn.
    fn list_on(&mut self) -> Result<(), StoreError> {
        let Some(mut listing) = self.lists.pop_front() else { return Ok(()) };
        let view = View { store: &*self.store, flights: &self.flights };
        let complete = listing.step(view, &mut self.shard);
        if matches!(complete, Ok(true)) {
            self.turn.effects.push(listing.answer());
        } else {
            self.lists.push_back(listing);
        }
        complete.map(|_| ())
    }

    fn read(&mut self, reading: Reading) -> Result<(), StoreError> {
        match reading.read(self.view(), |name| self.shard.workflow(name)) {
            Ok(answer) => {
                self.turn.effects.push(reading.answer(answer));
                Ok(())
            }
            Err(error) => {
                self.work.push_front(Work::History(reading));
                Err(error)
            }
        }
    }

    fn view(&self) -> View<'_> {
        View { store: &*self.store, flights: &self.flights }
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "width_tests.rs"]
mod width_tests;

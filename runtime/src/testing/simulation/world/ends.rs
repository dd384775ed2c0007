//! How the life of an engine ends: by a crash, by a store that fails, in an orderly way; and what is damaged between two lives.

use std::rc::Rc;
use std::sync::Arc;

use super::World;
use crate::store::{Batch, Store, StoreError, Table};
use crate::testing::simulation::disk::{Fate, Flipped, Mended};
use crate::testing::simulation::model::{Holds, broken, holds};

impl World {
    /// The world as a crash now would leave it, when so many of the batches in flight that are not known to be durable are.
    pub(in crate::testing::simulation) fn crashed(&self, survive: usize) -> Holds<World> {
        let mut world = World {
            kit: Rc::clone(&self.kit),
            limits: self.limits,
            model: self.model.clone(),
            outside: self.outside.clone(),
            clock: self.clock,
            known: self.known.clone(),
            next_ask: self.next_ask,
            heard: self.heard.clone(),
            recording: self.recording.clone(),
            tables: self.tables.clone(),
            life: None,
            flipped: None,
            #[cfg(test)]
            sabotage: self.sabotage.clone(),
        };
        if let Some(life) = &self.life {
            world.tables = life.store.tables();
            world.model.is_ending = true;
            for (at, batch) in life.flying.iter().enumerate().take(life.durable + survive) {
                if at >= life.durable {
                    world.tables.apply(batch);
                }
                world.take_note(batch)?;
            }
        }
        world.model.is_ending = false;
        world.flipped.clone_from(&self.flipped);
        world.mend()?;
        world.outside.crash();
        world.model.crash();
        Ok(world)
    }

    /// The process ends.
    pub(in crate::testing::simulation) fn crash(&mut self, survive: usize) -> Holds {
        let in_flight = self.in_flight();
        self.recording.note("crash", || format!("{survive} of {in_flight} in flight survive"));
        let lost = self.unsure() - survive.min(self.unsure());
        self.model.see(match (survive.min(self.unsure()), lost) {
            (0, 0) => "crash with nothing in flight",
            (0, _) => "crash with what is in flight lost",
            (_, 0) => "crash with what is in flight written",
            _ => "crash with a part of what is in flight written",
        });
        *self = self.crashed(survive)?;
        Ok(())
    }

    /// Until the next process ends, a bit of a stored value is not what it was.
    pub(in crate::testing::simulation) fn damage(&mut self, nth: u64, bit: u64) {
        self.flipped = self.tables.flip(nth, bit);
        if let Some(Flipped { table, key, .. }) = &self.flipped {
            self.recording.note("damage", || format!("{table} {key:02x?}"));
            self.model.damaged = Some((*table, key.clone()));
        }
    }

    /// What was damaged is as it was; nobody has written to it.
    pub(super) fn mend(&mut self) -> Holds {
        let Some(flipped) = self.flipped.take() else { return Ok(()) };
        self.model.damaged = None;
        match self.tables.mend(&flipped) {
            Mended::AsItWas => Ok(()),
            // The run has ended without it.
            Mended::Deleted if flipped.table == Table::Tasks => Ok(()),
            mended => broken("G10", format!("{flipped:?} was damaged, and then it was {mended:?}")),
        }
    }

    /// The store failed: the engine ends, acknowledges nothing any more, and is opened again some day. Of what was in flight
    /// all that is durable is there then, and so is `applied`.
    pub(super) fn poison(&mut self, error: &StoreError, applied: &[Arc<Batch>]) -> Holds {
        self.recording.note("poisoned", || error.to_string());
        self.model.see(if error.action == "read" { "failed read" } else { "failed commit" });
        let Some(life) = self.life.take() else { return Ok(()) };
        // Who waited for an answer finds that nobody gives it.
        drop((life.out, life.driver, life.work));
        let answers = life.mail.take();
        holds("G11", answers.is_empty(), || format!("{answers:?} were told after the store had failed"))?;
        for batch in life.flying.iter().take(life.durable).chain(applied) {
            self.take_note(batch)?;
        }
        self.tables = life.store.tables();
        self.mend()?;
        self.outside.crash();
        self.model.crash();
        Ok(())
    }

    /// The engine ends in an orderly way: nothing is in flight any more.
    pub(in crate::testing::simulation) fn close(&mut self) -> Holds {
        let Some(life) = self.life.take() else { return Ok(()) };
        self.recording.note("close", String::new);
        self.model.see("close");
        let batch = life.driver.last_batch();
        if !batch.is_empty() {
            life.store.decide(Fate::Applied);
            if let Err(error) = life.store.commit(&batch) {
                return broken("G11", format!("the last batch: {error}"));
            }
            self.take_note(&batch)?;
        }
        self.tables = life.store.tables();
        self.mend()?;
        let closed = self.model.check_closed();
        self.outside.crash();
        self.model.crash();
        closed
    }
}

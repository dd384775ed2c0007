//! A simulated world: an engine, life after life, its disk, those who ask it, and the world outside. It goes on in small
//! steps, and the process may end between any two of them.

mod ends;
mod outward;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::ask::{Ask, AskNo, Mail};
use super::disk::{Fate, Flipped, SimulatedStore, Tables};
use super::kit::{Binary, Kit};
use super::model::{Holds, Model, broken, holds, written};
use super::names;
use super::outside::Outside;
use super::record::Recording;
use crate::core::{Effect, Input, Limits};
use crate::engine::{Driver, Recovered, Work, recover};
use crate::error::OpenError;
use crate::store::{Batch, RunNo, Store, Table};
use crate::time::Moment;

/// How many batches are in flight at most: as with the eight of the engine's own thread, a turn sees several that are not durable.
pub(super) const IN_FLIGHT: usize = 4;

pub(super) struct World {
    kit: Rc<Kit>,
    limits: Limits,
    pub(super) model: Model,
    pub(super) outside: Outside,
    /// The system's clock, which may go back.
    pub(super) clock: Moment,
    /// The handles that clients have.
    pub(super) known: BTreeMap<String, RunNo>,
    next_ask: AskNo,
    /// The questions that were answered, as far as nobody has taken note.
    pub(super) heard: Vec<AskNo>,
    pub(super) recording: Recording,
    /// What is durable, while no engine lives.
    tables: Tables,
    life: Option<Life>,
    /// What is damaged, until this life ends.
    flipped: Option<Flipped>,
    /// What is broken on purpose, to see that it is found out.
    #[cfg(test)]
    pub(super) sabotage: Option<super::mutants::Sabotage>,
}

/// An engine, from its open to its end.
struct Life {
    driver: Driver,
    store: SimulatedStore,
    mail: Mail,
    /// What the engine is to take up in its next turn.
    work: Vec<Work>,
    /// The batches in flight, from the oldest, and how many of them are durable.
    flying: VecDeque<Arc<Batch>>,
    durable: usize,
    /// What may be carried out.
    out: VecDeque<Effect>,
    /// Whether it takes up nothing new.
    finishing: bool,
}

/// A step of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The engine makes a turn.
    Turn,
    /// The oldest batch in flight is written, or is not.
    Commit(Fate),
    /// All that are in flight are written together, or are not.
    Together(Fate),
    /// The engine is told that it is durable.
    Land,
    /// One effect is carried out.
    Out,
    /// The `n`th of what is to happen outside happens.
    Happen(usize),
    /// The clock goes to this moment.
    Pass(Moment),
}

impl World {
    pub(super) fn new(kit: Rc<Kit>, limits: Limits, seed: u64) -> Self {
        World {
            model: Model::new(Rc::clone(&kit), limits.inbox),
            kit,
            limits,
            outside: Outside::new(seed),
            clock: super::BEGIN,
            known: BTreeMap::new(),
            next_ask: 0,
            heard: Vec::new(),
            recording: Recording::default(),
            tables: Tables::default(),
            life: None,
            flipped: None,
            #[cfg(test)]
            sabotage: None,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.life.is_some()
    }

    /// How many batches are in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.life.as_ref().map_or(0, |life| life.flying.len())
    }

    /// How many of them are not known to be durable.
    pub(super) fn unsure(&self) -> usize {
        self.life.as_ref().map_or(0, |life| life.flying.len() - life.durable)
    }

    /// What is durable.
    #[cfg(test)]
    pub(super) fn tables(&self) -> Tables {
        self.life.as_ref().map_or_else(|| self.tables.clone(), |life| life.store.tables())
    }

    /// From the next open on it is this binary.
    pub(super) fn deploy(&mut self, binary: Binary) {
        self.model.registry = self.kit.registry_of(binary).clone();
    }

    /// Who waits for what only they could bring about is told so, as under virtual time.
    pub(super) fn give_up(&mut self) {
        if let Some(life) = &mut self.life {
            self.recording.note("give up", String::new);
            life.driver.give_up_on_parked();
            life.out.extend(life.driver.let_out());
        }
    }

    /// The engine is opened; its `fails`th read fails, if there is one. `false` when it could not be opened for that.
    pub(super) fn open(&mut self, fails: Option<u64>) -> Holds<bool> {
        let store = SimulatedStore::on(std::mem::take(&mut self.tables));
        if let Some(reads) = fails {
            store.fail_read_after(reads);
        }
        self.recording.note("open", || format!("failing read: {fails:?}"));
        let opened = recover(Arc::new(store.clone()), self.model.registry.clone(), self.limits);
        let Recovered { driver, next_run } = match opened {
            Ok(recovered) => recovered,
            Err(error) => {
                self.tables = store.tables();
                self.recording.note("not opened", || error.to_string());
                let is_told = matches!(&error, OpenError::Damaged(damage) if self.model.is_damaged(damage));
                if !is_told {
                    self.model.see("crash while opening");
                }
                holds("G10", fails.is_some() || is_told, || format!("the store cannot be opened: {error}"))?;
                self.mend()?;
                return Ok(false);
            }
        };
        let last = self.model.runs.last_key_value().map_or(RunNo(0), |(last, _)| RunNo(last.0 + 1));
        holds("G1", next_run == last, || format!("the next run is {next_run}, not {last}"))?;
        // The number of the last run, and those that have called something.
        let reads = store.reads_of(Table::Runs);
        let calling: BTreeSet<RunNo> = self.model.tasks.keys().map(|task| task.run).collect();
        holds("G5", reads <= 1 + calling.len() as u64, || {
            format!("opening read {reads} times from the runs, of which {} wait for calls", calling.len())
        })?;
        let open = driver.shard().open_runs();
        holds("G5", open == self.model.mark.open_runs, || format!("{open} runs are open after the open"))?;
        self.life = Some(Life {
            driver,
            store,
            mail: Mail::default(),
            work: Vec::new(),
            flying: VecDeque::new(),
            durable: 0,
            out: VecDeque::new(),
            finishing: false,
        });
        Ok(true)
    }

    /// A client asks something: the engine hears of it in its next turn. `None` when the client cannot.
    pub(super) fn ask(&mut self, ask: &Ask) -> Option<AskNo> {
        let run = ask.id().and_then(|id| self.known.get(id).copied());
        let life = self.life.as_mut().filter(|life| !life.finishing)?;
        if ask.needs_number() && run.is_none() {
            return None;
        }
        let no = self.next_ask;
        self.next_ask += 1;
        self.recording.note("ask", || format!("{no}: {ask:?}"));
        self.model.ask(no, ask, run);
        life.work.push(ask.to_work(run, no, &life.mail));
        Some(no)
    }

    /// From now on the engine begins no attempt and takes up nothing new.
    pub(super) fn finish(&mut self) {
        if let Some(life) = self.life.as_mut().filter(|life| !life.finishing) {
            self.recording.note("finish", String::new);
            self.model.see("finish");
            life.finishing = true;
            life.work.push(Work::Input(Input::NoMoreAttempts));
        }
    }

    /// From now on so many reads go well, and the next one does not.
    pub(super) fn fail_read_after(&mut self, reads: u64) {
        if let Some(life) = &self.life {
            life.store.fail_read_after(reads);
        }
    }

    /// Whether a step can be made.
    pub(super) fn can(&self, step: Step) -> bool {
        let Some(life) = &self.life else { return matches!(step, Step::Pass(_)) };
        match step {
            Step::Turn => life.flying.len() < IN_FLIGHT && life.out.is_empty(),
            Step::Commit(_) | Step::Together(_) => life.durable < life.flying.len(),
            // What a batch lets out is told of when it lands, not of when the next one does.
            Step::Land => life.durable > 0 && life.out.is_empty(),
            Step::Out => !life.out.is_empty(),
            Step::Happen(n) => n < self.outside.pending(),
            Step::Pass(_) => true,
        }
    }

    /// Whether a turn would do something.
    pub(super) fn has_work(&self) -> bool {
        let is_due = |life: &Life| {
            let next = life.driver.shard().next_deadline();
            next.is_some_and(|next| next <= self.clock.max(life.driver.now()))
        };
        self.life.as_ref().is_some_and(|life| !life.work.is_empty() || life.driver.has_work() || is_due(life))
    }

    /// Whether an engine lives that has done all that it can do before something happens.
    fn is_idle(&self) -> bool {
        let idle = |life: &Life| life.flying.is_empty() && life.out.is_empty();
        self.life.as_ref().is_some_and(idle) && !self.has_work()
    }

    /// When something is due next, in the engine or outside.
    pub(super) fn next_moment(&self) -> Option<Moment> {
        let deadline = self.life.as_ref().and_then(|life| life.driver.shard().next_deadline());
        deadline.into_iter().chain(self.outside.next()).min()
    }

    /// Makes a step, if it can be made.
    pub(super) fn step(&mut self, step: Step) -> Holds {
        if !self.can(step) {
            return Ok(());
        }
        match step {
            Step::Turn => self.turn(),
            Step::Commit(fate) => self.commit(fate, 1),
            Step::Together(fate) => self.commit(fate, IN_FLIGHT),
            Step::Land => self.land(),
            Step::Out => self.carry_out(),
            Step::Happen(n) => {
                self.happen(n);
                Ok(())
            }
            Step::Pass(moment) => {
                if self.is_idle() {
                    self.model.check_idle()?;
                }
                self.recording.note("clock", || moment.to_string());
                if moment < self.clock {
                    self.model.see("the clock goes back");
                }
                self.clock = moment;
                Ok(())
            }
        }
    }

    fn turn(&mut self) -> Holds {
        let Some(life) = &mut self.life else { return Ok(()) };
        let mut work = std::mem::take(&mut life.work);
        #[cfg(test)]
        super::mutants::on_work(self.sabotage.as_ref(), &mut work);
        self.recording.note("turn", || format!("{} pieces of work at {}", work.len(), self.clock));
        match life.driver.turn(self.clock, work.drain(..)) {
            Ok(batch) => {
                #[cfg(test)]
                let batch = super::mutants::on_batch(self.sabotage.as_ref(), &mut life.driver, batch);
                if let Some(batch) = batch {
                    self.recording.batch(&batch);
                    life.flying.push_back(batch);
                }
                life.out.extend(life.driver.let_out());
                Ok(())
            }
            Err(error) => self.poison(&error, &[]),
        }
    }

    /// Up to so many of the oldest batches in flight are written, or are not.
    fn commit(&mut self, fate: Fate, most: usize) -> Holds {
        let Some(life) = &mut self.life else { return Ok(()) };
        let batches: Vec<_> = life.flying.iter().skip(life.durable).take(most).cloned().collect();
        self.recording.note("commit", || format!("{fate:?}, of {}", batches.len()));
        self.model.see(if batches.len() > 1 { names::together(&fate) } else { names::commit(&fate) });
        life.store.decide(fate);
        let committed = match batches.as_slice() {
            [batch] => life.store.commit(batch),
            batches => life.store.commit_all(batches),
        };
        if let Some(misuse) = life.store.misuse() {
            return broken("G11", misuse);
        }
        match committed {
            Ok(()) => {
                life.durable += batches.len();
                Ok(())
            }
            // What was applied is there after the next open.
            Err(error) => self.poison(&error, &batches[..fate.applied(batches.len())]),
        }
    }

    /// A batch is durable.
    fn take_note(&mut self, batch: &Batch) -> Holds {
        for (run, _, entry) in written(batch)? {
            self.outside.ledger.check(run, &entry)?;
        }
        self.model.land(batch)
    }

    fn land(&mut self) -> Holds {
        let Some(life) = &mut self.life else { return Ok(()) };
        let Some(batch) = life.flying.pop_front() else { return Ok(()) };
        life.durable -= 1;
        self.recording.note("land", String::new);
        self.take_note(&batch)?;
        let Some(life) = &mut self.life else { return Ok(()) };
        life.driver.landed();
        life.out.extend(life.driver.let_out());
        Ok(())
    }

    /// A number that no other state of a world has from which something else could follow.
    #[cfg(test)]
    pub(super) fn digest(&self) -> u64 {
        let text = format!("{:?}{:?}{:?}{:?}", self.tables, self.outside, self.clock, self.known);
        xxhash_rust::xxh3::xxh3_64(text.as_bytes())
    }
}

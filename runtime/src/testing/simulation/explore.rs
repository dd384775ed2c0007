//! Everywhere a crash: a small scenario is played with the end of the process between any two of its steps, and, from there
//! on, between any two again.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::fair::{self, Clients, Next};
use super::kit::Kit;
use super::model::{Broken, Holds, broken, holds};
use super::outside::Course;
use super::record::Recording;
use super::world::World;
use crate::core::Limits;

/// How many steps a scenario may take without a crash.
const MOST_STEPS: u64 = 5_000;

/// Says whether a world is as it should be when nothing more happens in it.
pub(super) type Expected = Rc<dyn Fn(&World, &Clients) -> Holds>;

/// A small story: who asks what, and how it ends.
#[derive(Clone)]
pub(super) struct Scenario {
    pub(super) kit: Rc<Kit>,
    pub(super) limits: Limits,
    pub(super) clients: Clients,
    pub(super) expected: Expected,
    /// What becomes of attempts.
    pub(super) seed: u64,
    /// What becomes of attempts.
    pub(super) course: Course,
    #[cfg(test)]
    pub(super) sabotage: Option<super::mutants::Sabotage>,
}

/// Where the process ended: before which step of its life, and how many of the batches in flight survived.
type Crash = (u64, usize);

/// A crash, or several, after which a guarantee does not hold.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) broken: Broken,
    pub(super) crashes: Vec<Crash>,
    /// What happened.
    pub(super) lines: Vec<String>,
}

/// How far a scenario was explored.
#[derive(Debug, Default)]
pub(super) struct Explored {
    /// How many lives came to their end.
    pub(super) lives: u64,
    /// How many crashes there were.
    pub(super) crashes: u64,
    /// How many of them led to a state that was known.
    pub(super) known: u64,
    /// What was seen, in all lives.
    pub(super) seen: BTreeSet<String>,
}

struct Explorer<'a> {
    scenario: &'a Scenario,
    /// The states from which all crashes of up to so many are explored.
    visited: BTreeSet<(u32, u64)>,
    explored: Explored,
    path: Vec<Crash>,
}

impl Scenario {
    /// Plays the scenario with up to `crashes` crashes, at all places.
    pub(super) fn explore(&self, crashes: u32) -> Result<Explored, Box<Found>> {
        let mut explorer = Explorer {
            scenario: self,
            visited: BTreeSet::new(),
            explored: Explored::default(),
            path: vec![],
        };
        let outcome = explorer.live(self.world(), self.clients.clone(), crashes);
        match outcome {
            Ok(()) => Ok(explorer.explored),
            Err(broken) => {
                let crashes = explorer.path;
                let lines = self.play(&crashes);
                Err(Box::new(Found { broken, crashes, lines }))
            }
        }
    }

    fn world(&self) -> World {
        let mut world = World::new(Rc::clone(&self.kit), self.limits, self.seed);
        world.outside.course = self.course;
        #[cfg(test)]
        {
            world.sabotage.clone_from(&self.sabotage);
        }
        world
    }

    /// Plays it with these crashes, and tells what happened.
    fn play(&self, crashes: &[Crash]) -> Vec<String> {
        let (mut world, mut clients) = (self.world(), self.clients.clone());
        world.recording = Recording::in_words();
        let mut outcome = Ok(());
        for life in 0..=crashes.len() {
            let until = crashes.get(life).map_or(u64::MAX, |(until, _)| *until);
            outcome = world.open(None).and_then(|_| {
                let mut steps = 0;
                while steps < until.min(MOST_STEPS) && one_step(&mut world, &mut clients)? {
                    steps += 1;
                }
                Ok(())
            });
            if let (Ok(()), Some((_, survive))) = (&outcome, crashes.get(life)) {
                outcome = world.crash(*survive);
                clients.crash();
            }
            if outcome.is_err() {
                break;
            }
        }
        let mut lines = world.recording.lines().to_vec();
        lines.extend(outcome.err().map(|broken| format!("{broken:?}")));
        lines
    }
}

/// One step of a world without faults; `false` when there is none.
fn one_step(world: &mut World, clients: &mut Clients) -> Holds<bool> {
    match fair::next(world, clients) {
        Some(Next::Step(step)) => world.step(step)?,
        Some(Next::Ask(at)) => clients.ask(world, at),
        None => return Ok(false),
    }
    clients.hear(world);
    Ok(true)
}

impl Explorer<'_> {
    /// One life of the engine, to its end, with crashes before each of its steps.
    fn live(&mut self, mut world: World, mut clients: Clients, crashes: u32) -> Holds {
        if crashes > 0 {
            self.crash_while_opening(&world)?;
        }
        world.open(None)?;
        for step in 0..MOST_STEPS {
            if crashes > 0 {
                for survive in 0..=world.unsure() {
                    self.path.push((step, survive));
                    self.crash(&world, &clients, survive, crashes)?;
                    self.path.pop();
                }
            }
            if !one_step(&mut world, &mut clients)? {
                self.explored.lives += 1;
                self.explored.seen.extend(world.model.seen.keys().cloned());
                return (self.scenario.expected)(&world, &clients);
            }
        }
        broken("liveness", format!("there is no end after {MOST_STEPS} steps"))
    }

    fn crash(&mut self, world: &World, clients: &Clients, survive: usize, crashes: u32) -> Holds {
        self.explored.crashes += 1;
        let (crashed, mut clients) = (world.crashed(survive)?, clients.clone());
        clients.crash();
        let digest =
            xxhash_rust::xxh3::xxh3_64_with_seed(format!("{clients:?}").as_bytes(), crashed.digest());
        if !self.visited.insert((crashes - 1, digest)) {
            self.explored.known += 1;
            return Ok(());
        }
        self.live(crashed, clients, crashes - 1)
    }

    /// The process ends at each read that opening makes: nothing has changed then.
    fn crash_while_opening(&mut self, world: &World) -> Holds {
        for read in 0.. {
            let mut opened = world.crashed(0)?;
            let before = opened.tables();
            if opened.open(Some(read))? {
                return Ok(());
            }
            self.explored.crashes += 1;
            holds("G10", before == opened.tables(), || "an open that failed has written".to_owned())?;
        }
        Ok(())
    }
}

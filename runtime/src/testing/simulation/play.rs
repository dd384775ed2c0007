//! A random simulation: its moves are made; then the faults stop, and all must come to rest.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ask::Ask;
use super::dice::Dice;
use super::disk::Fate;
use super::fair::{self, Clients, Manner, Next};
use super::kit::{Binary, Kit};
use super::model::{Broken, Holds, Transitions, broken, holds};
use super::outside::Course;
use super::plan::{Move, Plan, signals};
use super::record::Recording;
use super::world::{Step, World};
use crate::store::Phase;

/// How many steps it may take, for each run and each of what it does, until all is at rest.
const MOST_STEPS: u64 = 10_000;

/// How a simulation went in which all guarantees held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Played {
    /// A number that follows from all that happened, and its order.
    pub(super) hash: u64,
    /// How much happened.
    pub(super) count: u64,
    /// How often a run of a workflow went from one state to another.
    pub(super) transitions: Transitions,
    /// How often each of what can happen did.
    pub(super) seen: BTreeMap<String, u64>,
}

/// One in which one did not hold.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) broken: Broken,
    /// What happened, if it was to be told.
    pub(super) lines: Vec<String>,
}

/// How a plan is played.
#[derive(Clone, Default)]
pub(super) struct Playing {
    /// Whether what happens is told in words.
    in_words: bool,
    #[cfg(test)]
    pub(super) sabotage: Option<super::mutants::Sabotage>,
}

impl Playing {
    /// What happens is told in words.
    pub(super) fn in_words() -> Self {
        Playing {
            in_words: true,
            #[cfg(test)]
            sabotage: None,
        }
    }

    pub(super) fn play(&self, kit: &Rc<Kit>, plan: &Plan) -> Result<Played, Box<Failed>> {
        let mut world = World::new(Rc::clone(kit), plan.limits, plan.seed);
        if self.in_words {
            world.recording = Recording::in_words();
        }
        #[cfg(test)]
        {
            world.sabotage.clone_from(&self.sabotage);
        }
        (kit.fix)(false);
        let outcome = plan.moves.iter().try_for_each(|one| make(&mut world, one));
        match outcome.and_then(|()| rest(&mut world, plan.seed)) {
            Ok(()) => Ok(Played {
                hash: world.recording.hash(),
                count: world.recording.count,
                transitions: world.model.transitions,
                seen: world.model.seen,
            }),
            Err(broken) => Err(Box::new(Failed { broken, lines: world.recording.lines().to_vec() })),
        }
    }
}

fn make(world: &mut World, one: &Move) -> Holds {
    if let Move::CrashOpening(read) = one {
        world.crash(0)?;
        return world.open(Some(*read)).map(drop);
    }
    if !world.is_alive() {
        world.open(None)?;
    }
    match one {
        Move::Ask(ask) => {
            world.ask(ask);
            Ok(())
        }
        Move::Go(steps) => go(world, *steps),
        Move::Turn => world.step(Step::Turn),
        Move::Commit(fate) => {
            in_flight(world)?;
            world.step(Step::Commit(*fate))
        }
        Move::Together(fate) => {
            in_flight(world)?;
            world.step(Step::Together(*fate))
        }
        Move::Land => world.step(Step::Land),
        Move::Happen(nth) => {
            let pending = world.outside.pending().max(1) as u64;
            world.step(Step::Happen(usize::try_from(nth % pending).unwrap_or(0)))
        }
        Move::Pass(duration) => world.step(Step::Pass(world.clock.after(*duration))),
        Move::Back(duration) => {
            let back = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            let clock = crate::time::Moment(world.clock.0.saturating_sub(back));
            world.step(Step::Pass(clock))
        }
        Move::Crash(survive) => {
            in_flight(world)?;
            world.crash(*survive)
        }
        Move::CrashOpening(_) => Ok(()),
        Move::FailRead(reads) => {
            world.fail_read_after(*reads);
            Ok(())
        }
        Move::Deploy(binary) => {
            world.crash(2)?;
            world.deploy(*binary);
            Ok(())
        }
        Move::Damage { nth, bit } => {
            world.crash(2)?;
            world.damage(*nth, *bit);
            Ok(())
        }
        Move::GiveUp => {
            world.give_up();
            Ok(())
        }
        Move::Close => close(world),
        Move::Finish(steps) => {
            world.finish();
            go(world, *steps)?;
            close(world)
        }
    }
}

/// Where nothing is in flight, the engine makes a turn.
fn in_flight(world: &mut World) -> Holds {
    if world.unsure() == 0 && world.has_work() { world.step(Step::Turn) } else { Ok(()) }
}

/// So many steps without faults, where there are as many.
fn go(world: &mut World, steps: u64) -> Holds {
    let mut nobody = Clients::default();
    for _ in 0..steps {
        if !step(world, &mut nobody)? {
            break;
        }
    }
    Ok(())
}

fn step(world: &mut World, clients: &mut Clients) -> Holds<bool> {
    match fair::next(world, clients) {
        Some(Next::Step(step)) => world.step(step)?,
        Some(Next::Ask(at)) => clients.ask(world, at),
        None => return Ok(false),
    }
    clients.hear(world);
    Ok(true)
}

/// An orderly end: nothing is in flight any more.
fn close(world: &mut World) -> Holds {
    world.step(Step::Turn)?;
    while world.in_flight() > 0 || world.can(Step::Out) {
        world.step(Step::Out)?;
        world.step(Step::Commit(Fate::Applied))?;
        world.step(Step::Land)?;
    }
    world.close()
}

/// Goes on until nothing more happens, or, where runs may go on for ever, for a good while. Gives whether nothing more happens.
fn calm(world: &mut World, asks: impl IntoIterator<Item = Ask>) -> Holds<bool> {
    let mut clients = Clients::of(asks, Manner::Patient);
    for _ in 0..MOST_STEPS {
        if !world.is_alive() {
            world.open(None)?;
            clients.crash();
        }
        if !step(world, &mut clients)? {
            return clients.all_answered().map(|()| true);
        }
    }
    clients.all_answered()?;
    holds("liveness", !world.model.kit().comes_to_rest, || {
        let open: Vec<_> = open_runs(world).collect();
        format!("there is no end after {MOST_STEPS} steps without a fault; open are {open:?}")
    })?;
    Ok(false)
}

/// The faults stop: all goes on to its end, in a bounded number of steps.
fn rest(world: &mut World, seed: u64) -> Holds {
    world.recording.note("rest", String::new);
    world.outside.course = Course::Well;
    // What has failed by a mistake in the workflows' code is opened with the fix.
    world.crash(0)?;
    (world.model.kit().fix)(true);
    world.deploy(Binary::Whole);
    calm(world, [])?;
    let redrives: Vec<_> = open_runs(world).map(|id| Ask::Redrive { id }).collect();
    calm(world, redrives)?;
    let parked = world.model.runs.values().find(|run| matches!(run.record().phase, Phase::Parked(_)));
    if let Some(run) = parked {
        return broken("G9", format!("`{}` is parked for good: {:?}", run.record().id, run.record().phase));
    }
    let mut dice = Dice::of(seed);
    for _ in 0..2 {
        let mut asks = Vec::new();
        for id in open_runs(world).collect::<Vec<_>>() {
            let workflow = world.model.run_of(&id).map(|(_, run)| run.record().workflow.clone());
            if let Some(sort) = workflow.and_then(|workflow| world.model.kit().sort(&workflow)) {
                asks.push(Ask::Find { workflow: sort.workflow.name, id: id.clone() });
                asks.extend(signals(sort, &id, &mut dice));
            }
        }
        // A run may end before its last signal. What is left of it then waits for nothing but signals.
        let at_rest = calm(world, asks)?;
        holds("liveness", !at_rest || !world.model.has_work(), || {
            "nothing more happens, and there are timers or calls left".to_owned()
        })?;
    }
    let cancels: Vec<_> = open_runs(world).map(|id| Ask::Cancel { id }).collect();
    calm(world, cancels)?;
    let ends: Vec<_> = open_runs(world).map(|id| Ask::Terminate { id, reason: "rest".to_owned() }).collect();
    calm(world, ends)?;
    let open: Vec<_> = open_runs(world).collect();
    holds("liveness", open.is_empty(), || format!("{open:?} have not ended"))?;
    holds("liveness", !world.model.has_work(), || "all runs have ended, and there is work left".to_owned())?;
    for (no, run) in &world.model.runs {
        if let Some(check) = world.model.kit().ended.get(run.record().workflow.as_str()) {
            check(*no, run.record(), &world.outside.ledger)
                .or_else(|why| broken("ended", format!("run `{}`: {why}", run.record().id)))?;
        }
    }
    let at_rest = look(world)?;
    close(world)?;
    holds("liveness", at_rest && look(world)?, || {
        format!("{MOST_STEPS} steps after all runs have ended it is not at rest")
    })
}

/// Looks at all runs.
fn look(world: &mut World) -> Holds<bool> {
    let mut asks = vec![Ask::List];
    for run in world.model.runs.values() {
        let (id, record) = (run.record().id.to_string(), run.record());
        let Some(sort) = world.model.kit().sort(&record.workflow) else { continue };
        asks.push(Ask::Find { workflow: sort.workflow.name, id: id.clone() });
        asks.push(Ask::Describe { id: id.clone() });
        asks.push(Ask::Wait { id });
    }
    calm(world, asks)
}

fn open_runs(world: &World) -> impl Iterator<Item = String> {
    let open = world.model.runs.values().filter(|run| !run.record().phase.is_closed());
    open.map(|run| run.record().id.to_string())
}

//! In which order a run and its tasks go on, until nothing does.
//!
//! This is the meaning of tasks as `docs/ARCHITECTURE.md` tells it. Whoever runs a program (its source, or its machines)
//! steps one body at a time; [`settle`] says which.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::outside::{Call, answer};
use crate::run::Evaluated;
use crate::tasks::{Cancel, Standing, Tasks};
use crate::value::Value;
use crate::world::World;

/// The bodies of a run and its tasks, as whoever runs the program has them.
pub trait Bodies {
    /// Lets the run itself go on, or the function; its output, once it has one.
    fn run(&mut self) -> Evaluated<Option<Value>>;
    /// A task begins, with what was spawned.
    fn begin(&mut self, task: u64, what: Value) -> Evaluated<()>;
    /// An async handler begins, as a task.
    fn begin_handler(&mut self, task: u64, call: &Call) -> Evaluated<()>;
    /// A handler that is not async; what it gives.
    fn handle(&mut self, call: &Call) -> Evaluated;
    /// Lets a task go on.
    fn task(&mut self, task: u64) -> Evaluated<Option<Value>>;
    /// A task goes on no more.
    fn forget(&mut self, task: u64);
    /// The tasks and triggers that something is a handle of.
    fn named(&mut self) -> Evaluated<BTreeSet<u64>>;
}

/// How a run has ended.
#[derive(Debug)]
pub enum Ended {
    /// With an output.
    With(Value),
    /// It was cancelled, and given up.
    GivenUp,
}

/// What giving up came to.
enum GivenUp {
    Nothing,
    Something,
    Run(Ended),
}

/// Lets the run and its tasks go on until nothing does; how the run has ended, once it has.
pub fn settle(world: &RefCell<World>, bodies: &mut dyn Bodies) -> Evaluated<Option<Ended>> {
    let cancel = if world.borrow().cancelled { Cancel::Told } else { Cancel::Not };
    let root = Standing { cancel, ..Standing::default() };
    deliver(world, bodies, root)?;
    if cancel == Cancel::Told {
        world.borrow_mut().tasks.cancel_of_run(cancel);
    }
    let mut begins = !std::mem::replace(&mut world.borrow_mut().has_begun, true);
    loop {
        let before = world.borrow().progress;
        world.borrow_mut().progress += u64::from(std::mem::take(&mut begins));
        if let Some(output) = step_run(world, bodies, root)? {
            return Ok(Some(Ended::With(output)));
        }
        step_from(world, bodies, 0)?;
        if world.borrow().progress != before {
            continue;
        }
        let named = bodies.named()?;
        if world.borrow_mut().tasks.drop_unnamed(&named) {
            continue;
        }
        match give_up(world, bodies, root)? {
            GivenUp::Nothing => return Ok(None),
            GivenUp::Something => {}
            GivenUp::Run(ended) => return Ok(Some(ended)),
        }
    }
}

/// Lets a function that is awaited go on, and the tasks that it has begun; its output, once it has one.
pub fn settle_function(
    world: &RefCell<World>,
    bodies: &mut dyn Bodies,
    called: &mut Option<Tasks>,
) -> Evaluated<Option<Value>> {
    let (outer, begins) = (world.borrow().standing, called.is_none());
    world.borrow_mut().enter(called.take().unwrap_or_default());
    let output = go_on(world, bodies, Standing { task: None, ..outer }, begins);
    let mut world = world.borrow_mut();
    let tasks = world.leave();
    world.standing = outer;
    if let Ok(Some(_)) = output {
        world.tasks.take_over(tasks);
    } else {
        *called = Some(tasks);
    }
    output
}

fn go_on(
    world: &RefCell<World>,
    bodies: &mut dyn Bodies,
    root: Standing,
    mut begins: bool,
) -> Evaluated<Option<Value>> {
    let cancel = root.reaching();
    if cancel != Cancel::Not {
        world.borrow_mut().tasks.cancel_of_run(cancel);
    }
    loop {
        let before = world.borrow().progress;
        // That it begins is something that went on.
        world.borrow_mut().progress += u64::from(std::mem::take(&mut begins));
        world.borrow_mut().standing = root;
        let output = bodies.run()?;
        follow(world, bodies)?;
        if output.is_some() {
            return Ok(output);
        }
        step_from(world, bodies, 0)?;
        if world.borrow().progress != before {
            continue;
        }
        let named = bodies.named()?;
        if world.borrow_mut().tasks.drop_unnamed(&named) {
            continue;
        }
        // It gives up when what awaits it does, but for tasks that are cancelled where it is not.
        let around = world.borrow().giving_up;
        if !around && cancel != Cancel::Not {
            return Ok(None);
        }
        if give_up_task(world, bodies)? {
            continue;
        }
        let waits = cancel != Cancel::Not && world.borrow().tasks.has_running_children(None);
        world.borrow_mut().giving_up = around && !waits;
        return Ok(None);
    }
}

/// Handlers are called in order, an async one up to its first await, before anything else goes on.
fn deliver(world: &RefCell<World>, bodies: &mut dyn Bodies, root: Standing) -> Evaluated<()> {
    let inbox = std::mem::take(&mut world.borrow_mut().inbox);
    for call in inbox {
        world.borrow_mut().standing = root;
        let number = call.handler.answers.then_some(call.number);
        if call.handler.is_async {
            let task = world.borrow_mut().begin_handler(number);
            bodies.begin_handler(task, &call)?;
            step_from(world, bodies, task)?;
        } else {
            let output = bodies.handle(&call)?;
            follow(world, bodies)?;
            answered(world, number.map(|number| (number, output)));
        }
    }
    Ok(())
}

fn answered(world: &RefCell<World>, given: Option<(u64, Value)>) {
    if let Some((number, output)) = given {
        world.borrow_mut().trace.push(answer(number, &output.debug()));
    }
}

fn step_run(world: &RefCell<World>, bodies: &mut dyn Bodies, root: Standing) -> Evaluated<Option<Value>> {
    world.borrow_mut().standing = root;
    let output = bodies.run()?;
    if output.is_none() {
        follow(world, bodies)?;
    }
    Ok(output)
}

/// Steps each task from `next` on, those that are begun meanwhile, too.
fn step_from(world: &RefCell<World>, bodies: &mut dyn Bodies, mut next: u64) -> Evaluated<()> {
    loop {
        let found = world.borrow().tasks.next_running(next);
        let Some(task) = found else { return Ok(()) };
        step(world, bodies, task)?;
        next = task + 1;
    }
}

fn step(world: &RefCell<World>, bodies: &mut dyn Bodies, task: u64) -> Evaluated<()> {
    let cancel = world.borrow().tasks.cancellation(task);
    world.borrow_mut().standing = Standing { cancel, shielded: false, task: Some(task) };
    if let Some(output) = bodies.task(task)? {
        bodies.forget(task);
        let given = {
            let mut world = world.borrow_mut();
            world.progress += 1;
            world.tasks.ended(task, output)
        };
        answered(world, given);
    }
    follow(world, bodies)
}

/// What was spawned begins, and what handles have asked for is done.
fn follow(world: &RefCell<World>, bodies: &mut dyn Bodies) -> Evaluated<()> {
    let spawned = std::mem::take(&mut world.borrow_mut().spawned);
    for (task, what) in spawned {
        bodies.begin(task, what)?;
    }
    world.borrow_mut().follow_requests();
    Ok(())
}

/// Lets one cancelled scope of a task, or a task, end; whether one did.
fn give_up_task(world: &RefCell<World>, bodies: &mut dyn Bodies) -> Evaluated<bool> {
    let cancelled = world.borrow().tasks.cancelled();
    for task in cancelled {
        if world.borrow().tasks.has_running_children(Some(task)) {
            continue;
        }
        let (before, shields) = (world.borrow().progress, world.borrow().shields);
        world.borrow_mut().giving_up = true;
        step(world, bodies, task)?;
        world.borrow_mut().giving_up = false;
        if world.borrow().progress != before {
            return Ok(true);
        }
        if world.borrow().shields == shields {
            bodies.forget(task);
            let mut world = world.borrow_mut();
            world.progress += 1;
            world.tasks.give_up(task);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lets one cancelled scope or task end, the run itself last.
fn give_up(world: &RefCell<World>, bodies: &mut dyn Bodies, root: Standing) -> Evaluated<GivenUp> {
    if give_up_task(world, bodies)? {
        return Ok(GivenUp::Something);
    }
    if root.cancel == Cancel::Not || world.borrow().tasks.has_running_children(None) {
        return Ok(GivenUp::Nothing);
    }
    let (before, shields) = (world.borrow().progress, world.borrow().shields);
    world.borrow_mut().giving_up = true;
    let output = step_run(world, bodies, root)?;
    world.borrow_mut().giving_up = false;
    if let Some(output) = output {
        return Ok(GivenUp::Run(Ended::With(output)));
    }
    if world.borrow().progress != before {
        return Ok(GivenUp::Something);
    }
    let waits = world.borrow().shields != shields;
    Ok(if waits { GivenUp::Nothing } else { GivenUp::Run(Ended::GivenUp) })
}

//! Waiting: operations are begun and polled, branches run in order, as `emit/machine/suspend.rs` and `branches.rs`
//! write it.

use std::collections::BTreeMap;

use longhaul_programs::run::list::ListOf;
use longhaul_programs::run::{Env, Evaluated, Flow, Program};
use longhaul_programs::value::{Cell, Place, Value, cell};
use longhaul_programs::world::World;
use syn::{Ident, Pat};

use super::arms::parsed;
use super::frame::{At, Called, Content, Frame, Frames, Polling, Waiting, wrong};
use super::locals::Locals;
use super::{Machine, Machines};
use crate::analyse::SlotKind;
use crate::cfg::{BlockId, Concurrency, ConstructId, Poll, Polled, TaskId};

impl Machines<'_> {
    /// Puts a begun operation into its slot.
    pub(super) fn begin(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        poll: BlockId,
        operation: Value,
        call: Option<&Ident>,
    ) -> Evaluated<()> {
        let (kind, content) = match (operation, call) {
            (Value::Tuple(mut given), Some(method)) => {
                let method = method.to_string();
                // One argument as it is, several as a tuple.
                let arguments = match (self.machines[&method].arguments, given.pop()) {
                    (1, Some(argument)) => vec![argument],
                    (_, Some(Value::Tuple(arguments))) => arguments,
                    _ => return wrong("a call without its arguments"),
                };
                (SlotKind::Call(poll), Content::Call(Box::new(Frame::new(&method, arguments))))
            }
            (Value::Operation(name, given), None) if matches!(&*name, "join_all" | "try_join_all") => {
                let (mut list, mut running) = (ListOf::new(&name, given)?, BTreeMap::new());
                self.begin_of_list(&mut list, &mut running)?;
                (SlotKind::Wait(poll), Content::List(list, running))
            }
            (operation, None) => (SlotKind::Wait(poll), Content::Wait(self.begun(operation)?)),
            (other, _) => return wrong(format!("{other:?} is begun")),
        };
        frame.slots.insert(machine.slot(kind)?, content);
        Ok(())
    }

    fn begun(&self, operation: Value) -> Evaluated<Waiting> {
        Ok(match operation {
            Value::Machine(..) => Waiting::Handle(self.program.world.borrow_mut().spawn(operation), true),
            Value::Handle(_) => Waiting::Handle(operation, false),
            Value::Operation(name, _) if &*name == "cancelled" => Waiting::Until(World::cancelled_here),
            Value::Operation(name, _) if &*name == "all_handlers_finished" => {
                Waiting::Until(World::handlers_finished)
            }
            Value::Function(name, arguments) => {
                let called = Called { frames: Frames::new(&name, arguments), tasks: None };
                Waiting::Function(Box::new(called))
            }
            Value::Operation(name, values) if &*name == "run" => Waiting::Operation(self.begin_step(values)?),
            Value::Operation(name, arguments) => {
                let number = self.program.world.borrow_mut().begin(&name, &arguments);
                Waiting::Operation(number.or_else(wrong)?)
            }
            other => return wrong(format!("{other:?} is begun")),
        })
    }

    fn output(&self, waiting: &mut Waiting) -> Evaluated<Option<Value>> {
        let world = &self.program.world;
        match waiting {
            Waiting::Operation(number) => Ok(world.borrow_mut().poll(*number)),
            Waiting::Handle(Value::Handle(handle), is_block) => {
                world.borrow_mut().poll_handle(handle.0, *is_block).or_else(wrong)
            }
            Waiting::Handle(other, _) => wrong(format!("{other:?} is waited for")),
            Waiting::Until(holds) => Ok(holds(&mut world.borrow_mut()).then(Value::unit)),
            Waiting::Function(called) => self.function(called),
        }
    }

    /// Begins a local step: its code is found by its name, and has what was captured.
    fn begin_step(&self, values: Vec<Value>) -> Evaluated<u64> {
        let Ok([Value::Text(name), mut captured]) = <[Value; 2]>::try_from(values) else {
            return wrong("a step is a name and what it captures");
        };
        let Some((captures, body)) = self.steps.get(&name) else {
            return wrong(format!("there is no step {name}"));
        };
        let mut env = Env::default();
        for capture in captures {
            let Value::Tuple(parts) = captured else { return wrong(format!("{capture} was not captured")) };
            let Ok([value, rest]) = <[Value; 2]>::try_from(parts) else {
                return wrong(format!("{capture} was not captured"));
            };
            env.bind(&capture.to_string(), cell(value));
            captured = rest;
        }
        let output = match Program::now(self.program.block(&mut env, body)) {
            Err(Flow::Return(output)) => output,
            output => output?,
        };
        let text = format!("step {}", name.rsplit('.').next().unwrap_or_default());
        Ok(self.program.world.borrow_mut().arm(output, None, &text))
    }

    /// Polls what is in a slot, and binds the output; `false` where it is not there yet.
    pub(super) fn poll(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        block: BlockId,
        poll: &Poll,
        workflow: &Cell,
    ) -> Evaluated<bool> {
        let output = match &poll.what {
            Polled::Operation => match frame.slots.get_mut(&machine.slot(SlotKind::Wait(block))?) {
                Some(Content::Wait(waiting)) => self.output(waiting)?,
                Some(Content::List(list, running)) => self.list(list, running)?,
                _ => return wrong("what is waited for was not kept"),
            },
            Polled::Call { .. } => match frame.slots.get_mut(&machine.slot(SlotKind::Call(block))?) {
                Some(Content::Call(inner)) => match self.step(inner, workflow)? {
                    Polling::Ready(value) => Some(value),
                    Polling::Pending => None,
                },
                _ => return wrong("a called machine was not kept"),
            },
            Polled::Branches(construct) => self.branches(machine, frame, locals, *construct, workflow)?,
            Polled::Condition(_) => return wrong("a condition is not in a slot"),
        };
        let done = output.is_some();
        if let Some(output) = output {
            locals.bind(machine, poll.output, cell(output));
        }
        Ok(done)
    }

    fn begin_of_list(&self, list: &mut ListOf, running: &mut BTreeMap<usize, Waiting>) -> Evaluated<()> {
        for (place, operation) in list.begun() {
            running.insert(place, self.begun(operation)?);
        }
        Ok(())
    }

    /// Polls all of a list; as some end, others begin.
    fn list(&self, list: &mut ListOf, running: &mut BTreeMap<usize, Waiting>) -> Evaluated<Option<Value>> {
        loop {
            let before = running.len();
            for place in running.keys().copied().collect::<Vec<_>>() {
                let Some(waiting) = running.get_mut(&place) else { continue };
                let Some(output) = self.output(waiting)? else { continue };
                running.remove(&place);
                if let Some(error) = list.ended(place, output)? {
                    return Ok(Some(error));
                }
            }
            if let Some(outputs) = list.outputs() {
                return Ok(Some(outputs));
            }
            if running.len() == before {
                return Ok(None);
            }
            self.begin_of_list(list, running)?;
        }
    }

    /// Runs a branch; a scope or shield around it does what it does, also to what is begun there.
    fn run_branch(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        task: TaskId,
        kind: Concurrency,
        begin: Option<(BlockId, Value, Option<&Ident>)>,
        workflow: &Cell,
    ) -> Evaluated<Option<Value>> {
        let world = &self.program.world;
        let (shielded, shields) = (world.borrow().standing.shielded, world.borrow().shields);
        world.borrow_mut().standing.shielded |= kind == Concurrency::Shield;
        if let Some((entry, operation, call)) = begin {
            self.begin(machine, frame, entry, operation, call)?;
        }
        let output = self.run_task(machine, frame, task, workflow)?;
        let mut world = world.borrow_mut();
        world.standing.shielded = shielded;
        Ok(match kind {
            Concurrency::Shield => {
                world.shields += u64::from(output.is_none());
                output
            }
            Concurrency::Scope => match output {
                Some(output) => Some(Value::variant("Ok", [output])),
                None if world.gives_up(shields) => {
                    Some(Value::variant("Err", [Value::variant("Cancelled", [])]))
                }
                None => None,
            },
            _ => output,
        })
    }

    fn branches(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        construct: ConstructId,
        workflow: &Cell,
    ) -> Evaluated<Option<Value>> {
        let data = &machine.graph.constructs[construct.0];
        let race = matches!(data.kind, Concurrency::Select | Concurrency::Timeout);
        if race {
            for output in &data.outputs {
                locals.bind(machine, *output, cell(Value::Moved));
            }
        }
        for (number, task) in data.branches.iter().enumerate() {
            let entry = machine.graph.tasks[task.0].entry;
            let call = match machine.graph.poll(entry).map(|poll| &poll.what) {
                Some(Polled::Call { method, .. }) => Some(method),
                _ => None,
            };
            let operation = frame.begun.remove(&entry);
            if machine.position(frame, *task)? == At::Done {
                continue;
            }
            let begin = operation.map(|operation| (entry, operation, call));
            let Some(value) = self.run_branch(machine, frame, *task, data.kind, begin, workflow)? else {
                continue;
            };
            if let Some(pattern) = data.doors.get(number).and_then(|door| door.pattern.as_ref()) {
                let place = Place::whole(cell(value.clone()));
                let pattern = parsed(Pat::parse_multi, pattern)?;
                if !self.program.bind_pattern(&mut locals.env.clone(), &pattern, &place)? {
                    continue;
                }
            }
            if race {
                let name = machine.graph.var(data.outputs[number]).ident.to_string();
                if let Some(output) = locals.env.lookup(&name) {
                    *output.borrow_mut() = value;
                }
                return Ok(Some(Value::Int(i64::try_from(number).expect("there are few branches"))));
            }
            if matches!(data.kind, Concurrency::Scope | Concurrency::Shield) {
                return Ok(Some(value));
            }
            if let (Concurrency::TryJoin, Value::Variant(name, inner)) = (data.kind, &value)
                && &**name == "Err"
            {
                return Ok(Some(Value::Variant(name.clone(), inner.clone())));
            }
            frame.slots.insert(machine.slot(SlotKind::Output(*task))?, Content::Value(value));
        }
        let mut shut = data.branches.iter().zip(&data.doors);
        if !data.doors.is_empty()
            && shut
                .all(|(task, door)| door.may_shut() && machine.position(frame, *task).ok() == Some(At::Done))
        {
            return Ok(Some(Value::Int(i64::try_from(data.branches.len()).expect("there are few branches"))));
        }
        for task in &data.branches {
            if race || machine.position(frame, *task)? != At::Done {
                return Ok(None);
            }
        }
        let mut outputs = Vec::new();
        for task in &data.branches {
            match frame.slots.remove(&machine.slot(SlotKind::Output(*task))?) {
                Some(Content::Value(Value::Variant(_, mut inner))) if data.kind == Concurrency::TryJoin => {
                    outputs.extend(inner.pop());
                }
                Some(Content::Value(value)) => outputs.push(value),
                _ => return wrong("the output of a branch was not kept"),
            }
        }
        let all = Value::Tuple(outputs);
        Ok(Some(if data.kind == Concurrency::TryJoin { Value::variant("Ok", [all]) } else { all }))
    }
}
